// SPDX-License-Identifier: Apache-2.0
// The neighbours of vmso_axi: four classes of readers, one writer, and host memory.
//
// The bench keeps its own account of every read from its handshake on: what must be broadcast, in
// which order per id, and what must not reach the bus. Memory answers bursts in any order and may
// mix beats of different ids; `hold` keeps chosen bursts back until the test lets them go.
// A request of a class whose ids are all in quarantine, or of any class while AR hangs, is dead: it
// must be answered with a timeout at once and must not reach the bus.
#pragma once
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "unit_bench.hpp"

namespace vmso::unit {

enum Class { kWalk = 0, kSlot = 1, kTemplate = 2, kPayload = 3 };
enum RspResp { kOkay = 0, kSlvErr = 1, kDecErr = 2, kRefused = 3, kTimedOut = 4 };

struct Request {
  uint64_t addr;
  unsigned len;  // beats - 1
};
struct Response {
  unsigned cls, id;
  bool has_data, last;
  unsigned resp;
  uint64_t cycle;
};
struct Write {
  uint64_t addr;
  std::array<uint32_t, 8> data;
};

template <typename Model>
class AxiBench : public UnitBench<Model> {
 public:
  static constexpr unsigned kBus = sizeof(Model::m_axi_rdata);
  static constexpr unsigned kIds[4] = {kBus == 16 ? 8 : kBus == 32 ? 16 : 32, 64, 32, kBus * 4};
  static constexpr unsigned kPageBeats = 4096 / kBus;

  // A read from its handshake until nothing more of it can come.
  struct Read {
    uint64_t addr;
    unsigned len, colour;
    uint64_t asked;        // cycle of the handshake
    unsigned beats = 0;    // broadcast
    bool refused = false;  // must not reach the bus
    bool on_bus = false;
    bool timed_out = false;
  };
  struct Dead {
    unsigned id, colour;
    uint64_t asked;
  };
  struct Burst {
    unsigned id;
    uint64_t addr;
    unsigned len, beat = 0;
    bool held = false;
  };
  struct Knobs {
    unsigned ar_percent = 80, r_percent = 80;
    bool interleave = true;
    unsigned latency = 20;
    unsigned aw_percent = 60, w_percent = 60, b_percent = 50;
  };

  std::mt19937_64 rng;
  Knobs knobs;
  std::array<std::deque<Request>, 4> want;      // offered one after the other
  std::map<unsigned, Read> reads;               // by bus id
  std::array<std::optional<Dead>, 4> dead;      // accepted, to be answered at once
  unsigned dead_answers = 0, slowest_dead = 0;  // cycles from handshake to answer
  uint64_t slowest_timeout = 0;
  bool forgets = false;  // the test takes reads out of `reads`: counts are not compared
  std::vector<std::pair<Burst, uint64_t>> memory;  // bursts and when they may answer
  std::vector<Response> responses;
  std::vector<std::pair<unsigned, uint64_t>> ar_log;  // class and cycle of each AR
  std::vector<std::pair<unsigned, uint64_t>> ask_log;
  std::function<bool(const Burst &)> hold = [](const Burst &) { return false; };
  std::function<unsigned(uint64_t)> error_at = [](uint64_t) { return 0u; };  // rresp of a beat
  unsigned flight = 0;              // beats asked for and not broadcast or given up
  unsigned max_flight_payload = 0;  // flight seen at a payload handshake, the first one apart
  unsigned sticky_timeouts = 0, sticky_windows = 0, stalls = 0, beats_counted = 0, beats_sent = 0;
  unsigned gap_every = 0;  // if not 0, R is busy in all but every n-th cycle

  std::deque<Write> want_writes;
  struct Pending {
    Write write;
    bool refused;
  };
  std::deque<Pending> writes;  // in order, unanswered
  std::map<uint64_t, uint8_t> bytes_written;
  std::function<unsigned(uint64_t)> write_error_at = [](uint64_t) { return 0u; };
  std::deque<unsigned> b_due;  // bresp of complete writes
  std::vector<bool> done;      // write_done_ok in order
  unsigned max_outstanding = 0;

  explicit AxiBench(uint64_t seed) : UnitBench<Model>(int(seed % 1000 + 1)), rng(seed) {
    auto &d = this->dut();
    set_window(0, 0x100, 0x1ff);
    set_window(1, 0xfffff000000, 0xfffff0000ff);
    d.read_timeout = 0;
    d.read_window = 4096;
    d.read_colour = 0;
    d.hold_reads = 0;
    for (unsigned c = 0; c < 4; c++) d.req_valid[c] = 0;
    d.write_valid = d.m_axi_arready = d.m_axi_rvalid = d.m_axi_awready = d.m_axi_wready = 0;
    d.m_axi_bvalid = d.m_axi_bid = 0;
    this->reset();
    for (unsigned i = 0; i < 300; i++) this->tick();  // the tables are cleared
  }

  void set_window(unsigned i, uint64_t base, uint64_t limit) {
    windows_[i] = {base, limit};
    this->dut().window_base[i] = base;
    this->dut().window_limit[i] = limit;
  }
  bool inside(uint64_t addr) const {
    uint64_t page = addr >> 12;
    return std::ranges::any_of(windows_,
                               [&](auto &w) { return page >= w.first && page <= w.second; });
  }
  bool in_page(const Request &q) const { return q.addr % 4096 / kBus + q.len < kPageBeats; }
  bool chance(unsigned percent) { return rng() % 100 < percent; }
  void ask(unsigned cls, uint64_t addr, unsigned len) { want[cls].push_back({addr, len}); }
  Request random_request(bool good = true) {
    unsigned first = unsigned(rng() % kPageBeats);
    unsigned len = unsigned(rng() % std::min(kPageBeats - first, 12u));
    uint64_t page = good ? 0x100 + rng() % 0x100 : 0x200 + rng() % 0x100;
    return {page << 12 | first * kBus | rng() % kBus, len};
  }
  bool quiet() const {
    return std::ranges::all_of(want, [](auto &q) { return q.empty(); }) && reads.empty() &&
           want_writes.empty() && writes.empty() &&
           std::ranges::none_of(dead, [](auto &r) { return r.has_value(); });
  }
  // Reads of a class that were given up and whose last beat has not come.
  unsigned gone(unsigned cls) const {
    return unsigned(std::ranges::count_if(
        reads, [&](auto &r) { return r.first >> 8 == cls && r.second.timed_out; }));
  }
  void release_all() {
    for (auto &m : memory) m.first.held = false;
  }

  static std::array<uint8_t, kBus> pattern(uint64_t addr) {
    std::array<uint8_t, kBus> bytes;
    uint64_t x = addr * 0x9e3779b97f4a7c15ull + 1;
    for (auto &b : bytes) {
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;
      b = uint8_t(x >> 32);
    }
    return bytes;
  }

  void step() {
    drive();
    this->settle();
    sample();
    this->tick();
  }
  void run(unsigned budget = 20000) {
    for (unsigned i = 0; !quiet(); i++) {
      INFO("reads out " << reads.size() << ", bursts in memory " << memory.size() << ", writes "
                        << writes.size());
      REQUIRE(i < budget);
      step();
    }
    for (unsigned i = 0; i < 4; i++) step();
  }
  void steps(unsigned n) {
    for (unsigned i = 0; i < n; i++) step();
  }

 private:
  std::array<std::pair<uint64_t, uint64_t>, 2> windows_;
  std::optional<size_t> offer_;
  bool b_offered_ = false;
  std::array<uint8_t, kBus> sent_{};  // data of the beat of the cycle before
  bool sent_valid_ = false, sent_read_was_live_ = false;
  std::array<int, 4> id_shown_{-1, -1, -1, -1};
  std::vector<uint8_t> w_bytes_;
  std::array<unsigned, 4> gone_before_{};  // in the cycle before: the port counts one cycle later
  uint64_t ar_stood_ = 0;                  // cycles that an offer on AR has stood

  void drive() {
    auto &d = this->dut();
    for (unsigned c = 0; c < 4; c++) {
      d.req_valid[c] = !want[c].empty() && !stuck_unknown();
      if (!want[c].empty()) {
        d.req_addr[c] = want[c].front().addr;
        d.req_len[c] = uint8_t(want[c].front().len);
      } else {
        d.req_addr[c] = rng() & 0xffffffffffffff;
      }
    }
    d.m_axi_arready = chance(knobs.ar_percent);
    if (!offer_ && chance(knobs.r_percent)) {
      std::vector<size_t> ready;
      for (size_t i = 0; i < memory.size(); i++) {
        auto &[b, due] = memory[i];
        bool oldest = std::none_of(memory.begin(), memory.begin() + long(i),
                                   [&](auto &m) { return m.first.id == b.id; });
        if (b.held || due > this->now() || !oldest) continue;
        if (!knobs.interleave && b.beat > 0) {
          ready = {i};
          break;
        }
        ready.push_back(i);
      }
      if (!ready.empty()) offer_ = ready[rng() % ready.size()];
    }
    d.m_axi_rvalid = offer_.has_value();
    if (offer_) {
      const Burst &b = memory[*offer_].first;
      uint64_t addr = (b.addr & ~uint64_t(kBus - 1)) + b.beat * kBus;
      auto bytes = pattern(addr);
      std::memcpy(&d.m_axi_rdata, bytes.data(), kBus);
      d.m_axi_rid = uint16_t(b.id);
      d.m_axi_rlast = b.beat == b.len;
      d.m_axi_rresp = uint8_t(error_at(addr));
    } else {
      d.m_axi_rid = uint16_t(rng() & 0x3ff);
      d.m_axi_rlast = rng() & 1;
      d.m_axi_rresp = rng() & 3;
    }
    d.write_valid = !want_writes.empty();
    if (!want_writes.empty()) {
      d.write_addr = want_writes.front().addr;
      std::memcpy(&d.write_data, want_writes.front().data.data(), 32);
    }
    d.m_axi_awready = chance(knobs.aw_percent);
    d.m_axi_wready = chance(knobs.w_percent);
    if (!b_offered_) b_offered_ = !b_due.empty() && chance(knobs.b_percent);
    d.m_axi_bvalid = b_offered_;
    d.m_axi_bresp = b_offered_ ? uint8_t(b_due.front()) : uint8_t(rng() & 3);
  }

  void sample() {
    auto &d = this->dut();
    check_colours();
    check_dead();
    sample_responses();
    sample_requests();
    sample_ar();
    sample_r();
    sample_writes();
    sticky_timeouts += d.sticky_timeout;
    sticky_windows += d.sticky_window;
    stalls += d.count_window_stall;
    beats_counted += d.count_read_beats;
  }

  // colour_busy and reads_idle speak of the reads before this cycle
  void check_colours() {
    auto &d = this->dut();
    unsigned busy = 0;
    for (auto &[id, r] : reads) {
      if (!r.timed_out) busy |= 1u << r.colour;
    }
    for (auto &r : dead) {
      if (r) busy |= 1u << r->colour;
    }
    REQUIRE(unsigned(d.colour_busy) == busy);
    REQUIRE(bool(d.reads_idle) == (busy == 0));
  }

  bool all_gone(unsigned c) const { return gone_before_[c] == kIds[c]; }
  void check_dead() {
    auto &d = this->dut();
    bool must = false;
    for (unsigned c = 0; c < 4; c++) {
      if (!forgets) REQUIRE(d.quarantined[c] == gone_before_[c]);
      must = must || all_gone(c);
    }
    if (!forgets) {
      if (must) REQUIRE(d.link_dead);
      if (!must && ar_stood_ < d.read_timeout) REQUIRE(!d.link_dead);
      if (surely_stuck()) REQUIRE(d.link_dead);
    }
    stuck_ = surely_stuck() || (d.link_dead && !must);
  }
  // AR counts as stuck after one to 1.125 timeouts. In between link_dead tells, unless some class
  // is dead anyway: nobody asks then, so that the bench need not know.
  bool surely_stuck() {
    auto &d = this->dut();
    return d.read_timeout != 0 && ar_stood_ > std::max(d.read_timeout, 256u) * 9 / 8 + 16;
  }
  bool stuck_unknown() {
    auto &d = this->dut();
    return d.read_timeout != 0 && ar_stood_ >= d.read_timeout && !surely_stuck() &&
           (all_gone(0) || all_gone(1) || all_gone(2) || all_gone(3));
  }
  bool stuck_ = false;  // an offer on AR has stood for a timeout

  void sample_requests() {
    auto &d = this->dut();
    for (unsigned c = 0; c < 4; c++) {
      if (d.req_valid[c] && id_shown_[c] >= 0) REQUIRE(int(d.req_id[c]) == id_shown_[c]);
      bool taken = d.req_valid[c] && d.req_ready[c];
      id_shown_[c] = d.req_valid[c] && !taken ? int(d.req_id[c]) : -1;
      // an id may change from "none at home" to one at home: only what was shown as ready must
      // stand
      if (!d.req_ready[c]) id_shown_[c] = -1;
      if (!taken) continue;
      REQUIRE(!d.hold_reads);
      REQUIRE(d.req_id[c] < kIds[c]);
      Request q = want[c].front();
      want[c].pop_front();
      unsigned id = c << 8 | d.req_id[c];
      INFO("class " << c << " id " << unsigned(d.req_id[c]));
      REQUIRE(!dead[c]);
      if (all_gone(c) || stuck_) {
        if (!all_gone(c)) REQUIRE(!reads.contains(id));
        dead[c] = {id, unsigned(d.read_colour), this->now()};
        asked_now_++;
        continue;
      }
      REQUIRE(!reads.contains(id));
      if (c == kPayload) {
        bool alone = std::ranges::none_of(
            reads, [](auto &r) { return r.first >> 8 == kPayload && !r.second.timed_out; });
        REQUIRE((flight < d.read_window || alone));
        if (!alone) max_flight_payload = std::max(max_flight_payload, flight);
      }
      if (c == kSlot) REQUIRE(flight < d.read_window + 32u);
      reads[id] = {.addr = q.addr,
                   .len = q.len,
                   .colour = unsigned(d.read_colour),
                   .asked = this->now(),
                   .refused = !inside(q.addr) || !in_page(q)};
      asked_now_ += q.len + 1;
      ask_log.push_back({c, this->now()});
    }
    flight += asked_now_;
    asked_now_ = 0;
    for (unsigned c = 0; c < 4; c++) gone_before_[c] = gone(c);
  }
  unsigned asked_now_ = 0;

  void sample_ar() {
    auto &d = this->dut();
    ar_stood_ = d.m_axi_arvalid && !d.m_axi_arready ? ar_stood_ + 1 : 0;
    if (!d.m_axi_arvalid) return;
    auto it = reads.find(d.m_axi_arid);
    REQUIRE(it != reads.end());
    Read &r = it->second;
    REQUIRE(!r.refused);
    REQUIRE(d.m_axi_araddr == (r.addr & ~uint64_t(kBus - 1)));
    REQUIRE(d.m_axi_arlen == r.len);
    REQUIRE(1u << d.m_axi_arsize == kBus);
    REQUIRE(d.m_axi_arburst == 1);
    if (!d.m_axi_arready) return;
    REQUIRE(!r.on_bus);
    r.on_bus = true;
    Burst b{.id = d.m_axi_arid, .addr = d.m_axi_araddr, .len = d.m_axi_arlen};
    b.held = hold(b);
    memory.push_back({b, this->now() + knobs.latency + rng() % (knobs.latency + 1)});
    ar_log.push_back({d.m_axi_arid >> 8, this->now()});
  }

  void sample_r() {
    auto &d = this->dut();
    REQUIRE(d.m_axi_rready);
    sent_valid_ = offer_.has_value();
    if (!offer_) return;
    beats_sent++;
    Burst &b = memory[*offer_].first;
    sent_ = pattern((b.addr & ~uint64_t(kBus - 1)) + b.beat * kBus);
    Read &r = reads.at(b.id);
    sent_read_was_live_ = !r.timed_out;
    if (b.beat++ == b.len) {
      if (r.timed_out) reads.erase(b.id);  // home again
      memory.erase(memory.begin() + long(*offer_));
    }
    offer_.reset();
  }

  void sample_responses() {
    auto &d = this->dut();
    // a beat of the cycle before is broadcast now, if somebody waits for it
    bool expected = sent_valid_ && sent_read_was_live_;
    bool beat = d.rsp_valid && d.rsp_has_data;
    REQUIRE(beat == expected);
    if (!d.rsp_valid) return;
    unsigned id = unsigned(d.rsp_class) << 8 | d.rsp_id;
    INFO("response class " << unsigned(d.rsp_class) << " id " << unsigned(d.rsp_id));
    responses.push_back(
        {d.rsp_class, d.rsp_id, bool(d.rsp_has_data), bool(d.rsp_last), d.rsp_resp, this->now()});
    if (auto &r = dead[d.rsp_class]; r && r->id == id) {
      REQUIRE(!d.rsp_has_data);
      REQUIRE(d.rsp_last);
      REQUIRE(unsigned(d.rsp_resp) == kTimedOut);
      REQUIRE(this->now() - r->asked >= 4);  // no faster than the bus
      slowest_dead = std::max(slowest_dead, unsigned(this->now() - r->asked));
      dead_answers++;
      flight--;
      r.reset();
      return;
    }
    auto it = reads.find(id);
    REQUIRE(it != reads.end());
    Read &r = it->second;
    REQUIRE(!r.timed_out);
    if (d.rsp_has_data) {
      uint64_t addr = (r.addr & ~uint64_t(kBus - 1)) + r.beats * kBus;
      unsigned error = error_at(addr);
      REQUIRE(unsigned(d.rsp_resp) == (error == 2 ? kSlvErr : error == 3 ? kDecErr : kOkay));
      REQUIRE(std::memcmp(&d.read_data, sent_.data(), kBus) == 0);
      REQUIRE(bool(d.rsp_last) == (r.beats == r.len));
      r.beats++;
      flight--;
      if (d.rsp_last) reads.erase(id);
      return;
    }
    REQUIRE(d.rsp_last);
    flight -= r.len + 1 - r.beats;
    if (r.refused && unsigned(d.rsp_resp) == kRefused) {
      reads.erase(id);
    } else {
      REQUIRE(unsigned(d.rsp_resp) == kTimedOut);
      REQUIRE(d.read_timeout != 0);
      REQUIRE(this->now() - r.asked >= d.read_timeout);
      r.timed_out = true;
      slowest_timeout = std::max(slowest_timeout, this->now() - r.asked);
    }
  }

  void sample_writes() {
    auto &d = this->dut();
    if (d.write_done_valid) {
      REQUIRE(!writes.empty());
      Pending p = writes.front();
      writes.pop_front();
      bool ok = !p.refused && write_error_at(p.write.addr) < 2;
      REQUIRE(bool(d.write_done_ok) == ok);
      done.push_back(ok);
    }
    if (d.write_valid && d.write_ready) {
      Write w = want_writes.front();
      want_writes.pop_front();
      writes.push_back({w, !inside(w.addr)});
      if (inside(w.addr)) expected_.push_back(w);
      max_outstanding = std::max(max_outstanding, unsigned(writes.size()));
    }
    if (d.m_axi_awvalid && d.m_axi_awready) {
      REQUIRE(inside(d.m_axi_awaddr));
      REQUIRE(d.m_axi_awlen == (kBus == 16 ? 1 : 0));
      REQUIRE(1u << d.m_axi_awsize == kBus);
      REQUIRE(d.m_axi_awburst == 1);
      REQUIRE(d.m_axi_awid == 0);
      aw_waiting_.push_back(d.m_axi_awaddr);
    }
    if (d.m_axi_wvalid && d.m_axi_wready) {
      const auto *bytes = reinterpret_cast<const uint8_t *>(&d.m_axi_wdata);
      for (unsigned i = 0; i < kBus; i++) {
        w_bytes_.push_back(bytes[i]);
        w_enable_.push_back(d.m_axi_wstrb >> i & 1);
      }
      if (d.m_axi_wlast) {
        w_done_.push_back({w_bytes_, w_enable_});
        w_bytes_.clear();
        w_enable_.clear();
      }
    }
    if (b_offered_ && d.m_axi_bready) {
      b_offered_ = false;
      b_due.pop_front();
    }
    if (!aw_waiting_.empty() && !w_done_.empty()) finish_write();
  }
  std::vector<bool> w_enable_;
  std::deque<std::pair<std::vector<uint8_t>, std::vector<bool>>> w_done_;
  std::deque<uint64_t> aw_waiting_;  // addresses whose data has not ended
  std::deque<Write> expected_;

  void finish_write() {
    auto [bytes, enable] = w_done_.front();
    uint64_t at = aw_waiting_.front() & ~uint64_t(kBus - 1);
    w_done_.pop_front();
    aw_waiting_.pop_front();
    REQUIRE(!expected_.empty());
    Write w = expected_.front();
    expected_.pop_front();
    std::array<uint8_t, 32> want;
    std::memcpy(want.data(), w.data.data(), 32);
    unsigned enabled = 0;
    for (size_t i = 0; i < bytes.size(); i++) {
      if (!enable[i]) continue;
      enabled++;
      uint64_t byte_at = at + i;
      REQUIRE((byte_at >= w.addr && byte_at < w.addr + 32));
      REQUIRE(bytes[i] == want[byte_at - w.addr]);
    }
    REQUIRE(enabled == 32);
    b_due.push_back(write_error_at(w.addr));
  }
};

}  // namespace vmso::unit
