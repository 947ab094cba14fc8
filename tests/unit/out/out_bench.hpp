// SPDX-License-Identifier: Apache-2.0
// The neighbours of vmso_out: seg's orders, read's landing and store, the queue controller, cpl and
// the MAC, with random times of their own, and a list of what must come out in which order.
//
// Everything that leaves is predicted when its order goes in, as orders leave strictly in order:
// FLUSH follows from the orders before. Rows are overwritten with junk in the cycle after they are
// given back, templates are reused, and unread bytes of the store are always junk.
#pragma once
#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>

#include "out_model.hpp"
#include "unit_bench.hpp"

namespace vmso::unit {

enum OrderKind { kFrame = 0, kEnd = 1, kFail = 2, kDiscard = 3 };

struct Failure {
  unsigned status = 0, cause = 0, level = 0, access = 0;
  uint64_t va = 0;
};

struct Job {
  unsigned queue = 0, slot = 0, slots = 1, profile = 1;
  uint64_t cookie = 0;
  bool completion = true, interrupt = false;
  bool tcp = true;
  Seed seed = Seed::kCompute;
  IdMode id_mode = IdMode::kIncrement;
  Template header;                                         // bytes empty: no template
  size_t told_header_bytes = 0, told_l3 = 0, told_l4 = 0;  // what the job says, right or wrong
  uint64_t pseudo = 0;
  Bytes payload;
  size_t mss = 1;
  bool bad = false;  // the parser must refuse it
  std::optional<Failure> template_fails;
  // while it runs
  bool loaded = false, fetched = false;
  unsigned tmpl = 0;
  size_t segment = 0, sent = 0;
};

struct Knobs {
  unsigned land_percent = 70;   // cycles with a beat of landing
  unsigned order_percent = 60;  // cycles with an order, if room
  unsigned ready_percent = 80;  // MAC
  unsigned end_percent = 70, fail_percent = 70;
  bool state_registered = true;  // frame_state comes one cycle after state_frame, or at once
};

template <typename Model>
class OutBench : public UnitBench<Model> {
 public:
  using Base = UnitBench<Model>;
  static constexpr unsigned kBus = sizeof(Model::m_axis_data);
  static constexpr unsigned kFrameSlots = kBus * 4;
  static constexpr unsigned kRows = kBus == 64 ? 1024 : 32768 / kBus;
  static constexpr unsigned kTemplates = kBus == 64 ? 256 : kBus == 32 ? 128 : 64;

  struct Frame {
    Bytes bytes;
    uint32_t user;
    uint64_t order;
  };
  struct End {
    unsigned queue, slot, slots;
    uint64_t cookie;
    bool write, irq;
    Failure f;
    uint64_t segments, bytes;
    uint64_t beats_before;  // beats on the wire until the end of its frame
  };
  struct Left {
    unsigned queue, rows, row;
    int frame;      // frame slot, -1 none
    int free_tmpl;  // template that goes home with it, -1 none
    bool wait_tmpl;
  };
  struct State {
    bool poison = false;
    Failure f;
    uint64_t sum = 0;
    unsigned landed = 0, expected = 0;
  };
  struct Landing {
    int frame;  // -1: template
    unsigned tmpl, pos, row;
    Bytes bytes;  // left to land
    std::optional<Failure> fails;
  };

  Rng rng;
  Knobs knobs;
  Masks masks;
  std::deque<Frame> frames;
  std::deque<End> ends;
  std::deque<Left> lefts;
  std::deque<std::pair<unsigned, unsigned>> fails;
  std::deque<Landing> landings;
  std::vector<uint8_t> store;
  std::array<State, kFrameSlots> state;
  std::array<unsigned, kTemplates> tmpl_left_to_land{};
  std::deque<unsigned> tmpl_home;
  std::vector<unsigned> issued, left_count;
  std::vector<bool> flush;
  uint64_t orders = 0, beats_out = 0, beats_planned = 0, frames_out = 0, dropped = 0,
           dropped_seen = 0;
  uint64_t bytes_seen = 0, frames_seen = 0;
  uint64_t told_beats = 0;     // beats of all frames whose jobs' ends were told
  unsigned whole_at_once = 0;  // soft resets that did not have to wait
  unsigned frames_in_use = 0, rows_in_use = 0, next_row = 0;
  uint64_t first_beat = 0, last_beat = 0, last_landing = 0;  // cycles
  uint64_t gaps = 0;  // cycles between first and last beat without valid
  bool ready_always = false;

  OutBench(uint64_t seed, Knobs k = {})
      : Base(int(seed % 1000 + 1)),
        rng(seed),
        knobs(k),
        store(size_t(kRows) * kBus),
        issued(4),
        left_count(4),
        flush(4) {
    auto &d = this->dut();
    d.masks_first = masks.first;
    d.masks_middle = masks.middle;
    d.masks_last = masks.last;
    d.masks_profile = 1;
    d.load_valid = d.order_valid = d.tmpl_write_valid = d.tmpl_done_valid = 0;
    d.flush_set_valid = d.flush_clear_valid = 0;
    d.end_ready = d.queue_fail_ready = d.m_axis_ready = 0;
    d.ctl_queue = 0;
    d.hold_frames = d.port_rst_n = 0;
    for (auto &b : store) b = uint8_t(rng());
    start();
  }
  void start() {
    auto &d = this->dut();
    tmpl_home.clear();
    for (unsigned i = 0; i < kTemplates; i++) tmpl_home.push_back(i);
    this->reset();
    d.port_rst_n = 1;
    unsigned waited = 0;
    while (this->settle(), !d.out_ready) {
      this->tick();
      REQUIRE(waited++ < 2000);
    }
  }

  // A soft reset as vmso_soft_reset makes it, in the middle of anything: the output FIFO lives on,
  // and the MAC gets every frame whose job's end was told. The MAC may stand still until it has to
  // move.
  void soft_reset(unsigned ready_percent) {
    auto &d = this->dut();
    d.hold_frames = 1;
    unsigned waited = 0;
    for (;; waited++) {
      knobs.ready_percent = waited < 30 ? ready_percent : 50;
      REQUIRE(waited < 5000);
      this->settle();
      bool whole = d.frames_whole;
      step();
      if (whole) break;
    }
    whole_at_once += waited <= 1;
    d.rst_n = 0;
    uint64_t planned = beats_planned;
    for (unsigned i = 0; i < 8; i++) step();
    d.rst_n = 1;
    d.hold_frames = 0;
    knobs.ready_percent = 50;
    for (unsigned i = 0; i < 40; i++) step();
    CHECK(got_.empty());
    CHECK(told_beats <= beats_out);
    CHECK(beats_out <= planned);
    knobs.ready_percent = 80;
  }

  // A soft reset: everything that was begun is forgotten, by the neighbours too.
  void forget() {
    auto &d = this->dut();
    d.load_valid = d.order_valid = d.tmpl_write_valid = d.tmpl_done_valid = 0;
    d.flush_set_valid = d.flush_clear_valid = 0;
    frames.clear();
    ends.clear();
    lefts.clear();
    fails.clear();
    landings.clear();
    got_.clear();
    returned_.reset();
    state.fill({});
    tmpl_left_to_land.fill(0);
    issued.assign(issued.size(), 0);
    left_count.assign(left_count.size(), 0);
    flush.assign(flush.size(), false);
    orders = beats_out = beats_planned = told_beats = frames_out = frames_seen = dropped =
        dropped_seen = 0;
    frames_in_use = rows_in_use = next_row = 0;
    start();
  }

  bool chance(unsigned percent) { return rng() % 100 < percent; }

  // -- inputs that are valid for one cycle: set before step()
  // --------------------------------------

  bool can_load() const { return !tmpl_home.empty(); }
  void load(Job &job) {
    if (job.told_header_bytes == 0 && !job.header.bytes.empty()) {
      job.told_header_bytes = job.header.bytes.size();
      job.told_l3 = job.header.l3;
      job.told_l4 = job.header.l4;
    }
    job.loaded = true;
    auto &d = this->dut();
    if (job.told_header_bytes) {
      job.tmpl = tmpl_home.front();
      tmpl_home.pop_front();
      tmpl_left_to_land[job.tmpl] = 0;
    }
    d.load_valid = 1;
    d.load_tmpl = uint8_t(job.tmpl);
    d.load_kind = job.tcp ? 3 : 1;
    d.load_l4_mode = uint8_t(job.seed);
    d.load_header_bytes = uint16_t(job.told_header_bytes);
    d.load_l3 = uint16_t(job.told_l3);
    d.load_l4 = uint16_t(job.told_l4);
  }

  size_t next_bytes(const Job &job) const {
    return std::min(job.mss, job.payload.size() - job.sent);
  }
  unsigned rows_for(size_t bytes) const { return unsigned((bytes + kBus - 1) / kBus); }
  bool has_room(const Job &job) const {
    return frames_in_use < kFrameSlots &&
           rows_in_use + rows_for(job.told_header_bytes + next_bytes(job)) <= kRows;
  }

  // Issues one order of the job; true if it was the job's last. `payload_fails`: this frame's
  // payload. `status`: of an end or a tombstone.
  bool issue(Job &job, OrderKind kind, std::optional<Failure> payload_fails = {},
             Failure status = {}) {
    auto &d = this->dut();
    size_t bytes = kind == kFrame ? next_bytes(job) : 0;
    bool last =
        kind != kFrame ? kind != kFail || rng() % 2 : job.sent + bytes == job.payload.size();
    bool has_tmpl = job.told_header_bytes != 0;
    if (kind == kFrame && has_tmpl && !job.fetched) {
      job.fetched = true;
      tmpl_left_to_land[job.tmpl] = unsigned(job.told_header_bytes);
      Bytes content = job.header.bytes;
      content.resize(job.told_header_bytes);
      landings.push_back({-1, job.tmpl, 0, 0, content, job.template_fails});
    }
    unsigned frame = unsigned(orders % kFrameSlots);
    unsigned rows = kind == kFrame ? rows_for(job.told_header_bytes + bytes) : 0;
    d.order_valid = 1;
    d.order_frame = uint8_t(frame);
    d.order_kind = uint8_t(kind);
    d.order_queue = uint16_t(job.queue);
    d.order_last = last;
    d.order_slot = uint16_t(job.slot);
    d.order_slots = uint16_t(job.slots);
    d.order_cookie = job.cookie;
    d.order_completion = job.completion;
    d.order_interrupt = job.interrupt;
    d.order_job_kind = job.tcp ? 3 : 1;
    d.order_l4_mode = uint8_t(job.seed);
    d.order_id_mode = uint8_t(job.id_mode);
    d.order_profile = uint8_t(job.profile);
    d.order_first = job.segment == 0;
    d.order_job_bytes = uint32_t(job.payload.size());
    d.order_segment = uint32_t(job.segment);
    d.order_sent = uint32_t(job.sent);
    d.order_bytes = uint16_t(bytes);
    d.order_header_bytes = uint16_t(job.told_header_bytes);
    d.order_tmpl = uint8_t(job.tmpl);
    d.order_tmpl_fetched = job.fetched;
    d.order_l3 = uint16_t(job.told_l3);
    d.order_l4 = uint16_t(job.told_l4);
    d.order_row = uint16_t(next_row);
    d.order_rows = uint16_t(rows);
    d.order_status = uint8_t(status.status);
    d.order_cause = uint8_t(status.cause);
    d.order_level = uint8_t(status.level);
    d.order_access = uint8_t(status.access);
    d.order_va = status.va;

    // landing of its payload
    if (kind == kFrame) {
      state[frame] = State{};
      state[frame].expected = unsigned(bytes);
      if (bytes) {
        Bytes part(job.payload.begin() + long(job.sent),
                   job.payload.begin() + long(job.sent + bytes));
        landings.push_back(
            {int(frame), 0, unsigned(job.told_header_bytes), next_row, part, payload_fails});
      }
    }

    // what must leave
    bool tmpl_fails = kind == kFrame && has_tmpl && (job.template_fails || job.bad);
    bool failing = kind == kFail || tmpl_fails || (kind == kFrame && bytes && payload_fails);
    End end{job.queue,     job.slot, job.slots,   job.cookie, true,
            job.interrupt, status,   job.segment, job.sent,   beats_planned};
    if (flush[job.queue]) {
      dropped += kind != kDiscard;
    } else if (failing) {
      if (kind == kFrame) {
        end.f = tmpl_fails ? (job.template_fails ? *job.template_fails : Failure{0x24, 0, 0, 1, 0})
                           : *payload_fails;
      }
      ends.push_back(end);
      fails.emplace_back(job.queue, uint16_t(job.slot + job.slots));
      flush[job.queue] = true;
    } else if (kind == kEnd) {
      end.write = job.completion || job.interrupt || status.status != 0;
      ends.push_back(end);
    } else if (kind == kFrame) {
      Frame f;
      if (job.tcp) {
        f.bytes = segment(job.header, job.pseudo, job.payload,
                          {job.segment, job.sent, bytes, job.segment == 0, last}, job.id_mode,
                          job.profile == 1 ? masks : Masks{0, 0, 0});
      } else {
        f.bytes = job.header.bytes;
        f.bytes.insert(f.bytes.end(), job.payload.begin(), job.payload.end());
        if (f.bytes.size() < 60) f.bytes.resize(60);
      }
      f.user = (job.slot & 0x7fffu) << 13 | job.queue << 1;
      f.order = orders;
      beats_planned += rows_for(f.bytes.size());
      frames.push_back(f);
      if (last) {
        end.write = job.completion || job.interrupt;
        end.segments++;
        end.bytes += bytes;
        end.beats_before = beats_planned;
        ends.push_back(end);
      }
    }
    lefts.push_back({job.queue, rows, next_row, kind == kFrame ? int(frame) : -1,
                     last && has_tmpl ? int(job.tmpl) : -1, job.fetched});
    orders++;
    issued[job.queue]++;
    frames_in_use++;
    rows_in_use += rows;
    next_row = (next_row + rows) % kRows;
    job.segment++;
    job.sent += bytes;
    return last;
  }

  // One beat of landing of a random (or the oldest) frame or template.
  void land() {
    if (landings.empty()) return;
    auto &d = this->dut();
    size_t which = rng() % std::min<size_t>(landings.size(), 8);
    Landing &l = landings[which];
    unsigned n = std::min<unsigned>(unsigned(l.bytes.size()), pick(rng, 1, kBus));
    if (knobs.land_percent == 100) n = std::min<unsigned>(unsigned(l.bytes.size()), kBus);
    if (l.frame >= 0) {
      State &s = state[size_t(l.frame)];
      for (unsigned i = 0; i < n; i++) {
        unsigned pos = l.pos + i;
        store[(size_t(l.row) * kBus + pos) % store.size()] = l.bytes[i];
        s.sum += pos % 2 ? l.bytes[i] : unsigned(l.bytes[i]) << 8;
      }
      s.landed += n;
      if (l.fails) {
        s.poison = true;
        s.f = *l.fails;
      }
      last_landing = this->now();
    } else {
      Bytes beat(kBus);
      for (auto &b : beat) b = uint8_t(rng());
      uint64_t en[2] = {0, 0};
      for (unsigned i = 0; i < n; i++) {
        unsigned pos = l.pos + i;
        beat[pos % kBus] = l.bytes[i];
        en[pos / kBus % 2] |= 1ull << pos % kBus;
      }
      unsigned row = l.pos / kBus;
      d.tmpl_write_valid = 1;
      d.tmpl_write_tmpl = uint8_t(l.tmpl);
      d.tmpl_bank_en0 = en[0];  // as many bits as there are lanes
      d.tmpl_bank_en1 = en[1];
      d.tmpl_bank_row0 = uint8_t((row + 1) / 2);
      d.tmpl_bank_row1 = uint8_t(row / 2);
      std::memcpy(&d.tmpl_write_data, beat.data(), kBus);
      d.tmpl_done_valid = 1;
      d.tmpl_done_tmpl = uint8_t(l.tmpl);
      d.tmpl_done_bytes = uint16_t(n);
      bool failed = l.fails && (l.bytes.size() == n || rng() % 2);
      d.tmpl_done_fail = failed;
      if (failed) {
        d.tmpl_done_status = uint8_t(l.fails->status);
        d.tmpl_done_cause = uint8_t(l.fails->cause);
        // later parts of it fail at higher addresses
        d.tmpl_done_va = l.fails->va + (l.bytes.size() == n ? 0 : 1 + rng() % 100);
      }
      tmpl_left_to_land[l.tmpl] -= n;
    }
    l.pos += n;
    l.bytes.erase(l.bytes.begin(), l.bytes.begin() + n);
    if (l.bytes.empty()) landings.erase(landings.begin() + long(which));
  }

  // -- one cycle
  // -----------------------------------------------------------------------------------

  void show_state(unsigned frame) {
    auto &d = this->dut();
    const State &s = state[frame % kFrameSlots];
    d.state_poison = s.poison;
    d.state_status = uint8_t(s.f.status);
    d.state_cause = uint8_t(s.f.cause);
    d.state_va = s.f.va;
    d.state_sum = fold(s.sum);
    d.state_landed = uint16_t(s.landed);
  }

  void step() {
    auto &d = this->dut();
    d.m_axis_ready = ready_always || chance(knobs.ready_percent);
    d.end_ready = chance(knobs.end_percent);
    d.queue_fail_ready = chance(knobs.fail_percent);
    this->settle();
    if (!knobs.state_registered) {
      show_state(d.state_frame);
      this->settle();
    }
    sample();
    bool read = d.store_read_en;
    unsigned row = d.store_read_row, frame = d.state_frame;
    Bytes beat(kBus);
    if (read)
      std::memcpy(beat.data(), &store[size_t(row) * kBus], kBus);
    else
      for (auto &b : beat) b = uint8_t(rng());
    give_back();
    this->tick();
    d.load_valid = d.order_valid = d.tmpl_write_valid = d.tmpl_done_valid = 0;
    std::memcpy(&d.store_read_data, beat.data(), kBus);
    if (knobs.state_registered) show_state(frame);
  }

  void sample() {
    auto &d = this->dut();
    if (d.m_axis_valid) {
      if (first_beat == 0) first_beat = this->now();
      if (d.m_axis_ready) beat();
    } else {
      INFO("frame " << frames_out << " has a gap after " << got_.size() << " bytes");
      REQUIRE(got_.empty());
      if (first_beat && !frames.empty()) gaps++;
    }
    if (d.end_valid && d.end_ready) check_end();
    if (d.queue_fail_valid && d.queue_fail_ready) {
      REQUIRE(!fails.empty());
      CHECK(d.queue_fail_queue == fails.front().first);
      CHECK(d.queue_fail_slot == fails.front().second);
      fails.pop_front();
    }
    if (d.left_valid) {
      REQUIRE(!lefts.empty());
      Left l = lefts.front();
      lefts.pop_front();
      CHECK(d.left_queue == l.queue);
      CHECK(d.left_rows == l.rows);
      CHECK(d.tmpl_free_valid == (l.free_tmpl >= 0));
      if (l.frame >= 0) CHECK(state[size_t(l.frame)].landed == state[size_t(l.frame)].expected);
      if (l.free_tmpl >= 0) {
        CHECK(int(d.tmpl_free) == l.free_tmpl);
        if (l.wait_tmpl) CHECK(tmpl_left_to_land[size_t(l.free_tmpl)] == 0);
      }
      returned_ = l;
    } else {
      CHECK(!d.tmpl_free_valid);
    }
    dropped_seen += d.count_dropped;
    bytes_seen += d.count_frame_bytes;
    frames_seen += d.count_frames;
  }

  // Credits of the order that left in this cycle take effect after the edge.
  void give_back() {
    if (!returned_) return;
    Left l = *returned_;
    returned_.reset();
    left_count[l.queue]++;
    frames_in_use--;
    rows_in_use -= l.rows;
    for (size_t i = 0; i < size_t(l.rows) * kBus; i++)
      store[(size_t(l.row) * kBus + i) % store.size()] = uint8_t(rng());
    if (l.frame >= 0) state[size_t(l.frame)].sum = rng() & 0xffff;
    if (l.free_tmpl >= 0) tmpl_home.push_back(unsigned(l.free_tmpl));
  }

  void beat() {
    auto &d = this->dut();
    uint8_t data[kBus];
    std::memcpy(data, &d.m_axis_data, kBus);
    uint64_t keep = d.m_axis_keep;
    unsigned n = unsigned(__builtin_popcountll(keep));
    CHECK(keep == (n == 64 ? ~0ull : (1ull << n) - 1));
    CHECK((d.m_axis_last || n == kBus));
    got_.insert(got_.end(), data, data + n);
    beats_out++;
    last_beat = this->now();
    if (!d.m_axis_last) return;
    REQUIRE(!frames.empty());
    const Frame &want = frames.front();
    INFO("order " << want.order << ": " << difference(got_, want.bytes));
    REQUIRE(got_ == want.bytes);
    REQUIRE(d.m_axis_user == want.user);
    frames.pop_front();
    got_.clear();
    frames_out++;
  }

  static std::string difference(const Bytes &got, const Bytes &want) {
    if (got.size() != want.size()) {
      return "bytes " + std::to_string(got.size()) + ", expected " + std::to_string(want.size());
    }
    std::string text;
    for (size_t i = 0; i < got.size() && text.size() < 300; i++) {
      if (got[i] != want[i]) {
        char part[64];
        std::snprintf(part, sizeof part, "[%zu] got %02x expected %02x  ", i, got[i], want[i]);
        text += part;
      }
    }
    return text;
  }

  void check_end() {
    auto &d = this->dut();
    REQUIRE(!ends.empty());
    End e = ends.front();
    ends.pop_front();
    INFO("end of queue " << e.queue << " slot " << e.slot << " status " << e.f.status);
    CHECK(d.end_queue == e.queue);
    CHECK(d.end_slot == e.slot);
    CHECK(d.end_slots == e.slots);
    CHECK(d.end_cookie == e.cookie);
    CHECK(d.end_write == e.write);
    CHECK(d.end_irq == e.irq);
    REQUIRE(unsigned(d.end_status) == e.f.status);
    CHECK(unsigned(d.end_cause) == e.f.cause);
    CHECK(unsigned(d.end_level) == e.f.level);
    CHECK(unsigned(d.end_access) == e.f.access);
    CHECK(d.end_va == e.f.va);
    CHECK(d.end_segments == e.segments);
    CHECK(d.end_bytes == e.bytes);
    CHECK(e.beats_before <= beats_out + 4);  // its frame lies in the output FIFO at least
    told_beats = e.beats_before;
  }

  // Steps without new orders until everything has left.
  void drain(unsigned budget = 100000) {
    for (unsigned i = 0; !lefts.empty() || !ends.empty() || !fails.empty() || !frames.empty();
         i++) {
      INFO("orders waiting " << lefts.size() << ", frames " << frames.size() << ", ends "
                             << ends.size() << ", landings " << landings.size());
      REQUIRE(i < budget);
      if (chance(knobs.land_percent)) land();
      step();
    }
    for (unsigned i = 0; i < 4; i++) step();
    CHECK(dropped_seen == dropped);
    CHECK(frames_seen == frames_out);
  }

  // The controller's end of an unload: counts agree, FLUSH goes.
  void clear_flush(unsigned queue) {
    auto &d = this->dut();
    d.ctl_queue = uint16_t(queue);
    step();
    step();
    this->settle();
    CHECK(d.ctl_left == uint16_t(issued[queue]));
    d.flush_clear = uint16_t(queue);
    d.flush_clear_valid = 1;
    bool taken = false;
    while (!taken) {
      this->settle();
      taken = d.flush_clear_ready;
      step();
    }
    d.flush_clear_valid = 0;
    flush[queue] = false;
  }

 private:
  Bytes got_;
  std::optional<Left> returned_;
};

}  // namespace vmso::unit
