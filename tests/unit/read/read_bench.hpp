// SPDX-License-Identifier: Apache-2.0
// The neighbours of vmso_read: run's pieces, the read port, seg's frame slots
// and rows, and `out`.
//
// Frames get rows and slots in order and are checked in order, as `out` does
// it: it looks at the state of the oldest frame, and in the very cycle in which
// all bytes count as landed, sum and poison must be final and its rows
// readable. Reads return in any order, beats of different ids mixed; beats may
// fail and bursts may end without data. A copy of the whole store is kept byte
// by byte, so a byte that was written where it should not be is found at the
// end. Pieces are asked for some time before they come, and whether any of a queue is under way is
// compared exactly, in every cycle, for a random queue.
#pragma once
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "unit_bench.hpp"

namespace vmso::unit {

enum ReadResp { kOkay = 0, kSlvErr = 1, kDecErr = 2, kRefused = 3, kTimedOut = 4 };
struct Failure {
  unsigned status = 0, cause = 0;
  uint64_t va = 0;
  bool operator==(const Failure &) const = default;
};
inline Failure failure(unsigned resp, uint64_t va) {
  switch (resp) {  // status and cause codes as the driver sees them
    case kSlvErr:
      return {0x41, 0x42, va};
    case kDecErr:
      return {0x41, 0x43, va};
    case kRefused:
      return {0x40, 0x31, va};
    default:
      return {0x42, 0x4f, va};
  }
}

// One piece as a test asks for it. Beat numbers count from the start of the
// burst.
struct PieceSpec {
  unsigned offset;  // in its page
  unsigned bytes;
  std::map<unsigned, unsigned> fails;  // beat -> kSlvErr or kDecErr
  int killed_at = -1;                  // this beat and the later ones never come
  unsigned killed_resp = kTimedOut;
};
struct FrameSpec {
  unsigned header = 0;  // frame position of the first payload byte
  std::vector<PieceSpec> pieces;
};

template <typename Model>
class ReadBench : public UnitBench<Model> {
 public:
  static constexpr unsigned kBus = sizeof(Model::read_data);
  static constexpr unsigned kSlots = kBus * 4;
  static constexpr StoreRows kRows = store_rows(kBus);
  static constexpr unsigned kQueues = 4;
  static constexpr unsigned kTemplates = kBus == 64 ? 256 : kBus == 32 ? 128 : 64;

  struct Knobs {
    unsigned piece_percent = 70, ready_percent = 80, rsp_percent = 80;
    bool in_order = false;
    unsigned foreign_percent = 10;  // beats of other classes in between
  };
  struct Piece {
    bool to_template;
    unsigned dest, row, pos;
    uint64_t pa, va;
    PieceSpec spec;
    unsigned queue;
    bool sums;  // its bytes count for the checksum
  };
  struct Burst {
    Piece piece;
    unsigned cls, id, beats, beat = 0;
  };
  struct Frame {
    unsigned slot, row, rows, first, end;
    unsigned expected;
    unsigned landed = 0;         // broadcast
    std::vector<uint8_t> bytes;  // by position
    std::vector<bool> known;     // arrived well
    std::vector<bool> counts;    // for the checksum
    unsigned lowest = ~0u;
    std::optional<Failure> failed;
  };
  struct Template {
    std::vector<bool> good = std::vector<bool>(512), counts = std::vector<bool>(512);
    uint64_t sum = 0;  // as it was told
    unsigned expected = 0, landed = 0, done = 0;
    std::vector<uint8_t> bytes = std::vector<uint8_t>(512);
    std::vector<uint8_t> store = std::vector<uint8_t>(512);
    std::vector<bool> written = std::vector<bool>(512);
    std::optional<uint64_t> lowest_model, lowest_seen;
    std::optional<Failure> model, seen;
  };

  std::mt19937_64 rng;
  Knobs knobs;
  std::deque<Piece> pieces;
  std::vector<Burst> bursts;
  std::deque<Frame> frames;
  std::map<unsigned, Template> templates;
  std::deque<unsigned> to_open;
  uint64_t frames_checked = 0, beats = 0, last_rsp = 0, first_complete = 0, poisoned = 0;
  uint64_t piece_stalls = 0, cycles_with_piece = 0;
  uint64_t none_seen = 0, some_seen = 0;  // answers about queues

  explicit ReadBench(uint64_t seed)
      : UnitBench<Model>(int(seed % 1000 + 1)),
        rng(seed),
        store_(size_t(kRows.all) * kBus),
        known_(store_.size()) {
    auto &d = this->dut();
    d.piece_valid = d.rsp_valid = d.frame_open_valid = d.store_read_en = 0;
    d.req_ready[0] = d.req_ready[1] = 0;
    d.asked_valid = d.asked_queue = d.ctl_queue = 0;
    d.state_frame = 0;
    start();
  }
  void start(bool wait = true) {
    this->reset();
    for (unsigned c = 0; c < 2; c++) home_[c].clear();
    for (unsigned i = 0; i < 32; i++) home_[0].push_back(i);
    for (unsigned i = 0; i < kSlots; i++) home_[1].push_back(i);
    for (unsigned i = 0; wait && (this->settle(), !this->dut().read_ready); i++) {
      REQUIRE(i < 2000);
      this->tick();
    }
  }

  // A soft reset: the read port has no read out, everything that was begun is
  // forgotten.
  void forget(bool wait) {
    auto &d = this->dut();
    d.piece_valid = d.rsp_valid = d.frame_open_valid = d.store_read_en = d.asked_valid = 0;
    pieces.clear();
    asked_ = answers_ = 0;
    ended_.reset();
    under_way_.fill(0);
    bursts.clear();
    frames.clear();
    templates.clear();
    to_open.clear();
    offered_.reset();
    row_read_.reset();
    complete_ = false;
    looked_slot_ = -1;
    next_slot_ = rows_used_ = 0;
    next_row_ = kRows.lane;
    start(wait);
  }

  bool chance(unsigned percent) { return rng() % 100 < percent; }
  static uint8_t byte_at(uint64_t pa) {
    uint64_t x = (pa + 1) * 0x9e3779b97f4a7c15ull;
    return uint8_t(x >> 29 ^ x >> 53);
  }
  static unsigned beats_of(unsigned offset, unsigned bytes) {
    return (offset % kBus + bytes + kBus - 1) / kBus;
  }
  bool has_room(unsigned bytes) const {
    return frames.size() < kSlots && rows_used_ + (bytes + kBus - 1) / kBus <= kRows.ring();
  }
  void add(const FrameSpec &spec) {
    unsigned payload = 0;
    for (auto &p : spec.pieces) payload += p.bytes;
    unsigned end = spec.header + payload;
    Frame f{.slot = next_slot_,
            .row = next_row_,
            .rows = (end + kBus - 1) / kBus,
            .first = spec.header,
            .end = end,
            .expected = payload,
            .bytes = std::vector<uint8_t>(end),
            .known = std::vector<bool>(end),
            .counts = std::vector<bool>(end),
            .failed = {}};
    REQUIRE(has_room(end));
    next_slot_ = (next_slot_ + 1) % kSlots;
    next_row_ = kRows.wrapped(next_row_ + f.rows);
    rows_used_ += f.rows;
    to_open.push_back(f.slot);
    unsigned pos = spec.header;
    for (auto &p : spec.pieces) {
      uint64_t page = rng() % (1ull << 44), va_page = rng() % (1ull << 52);
      pieces.push_back({false, f.slot, f.row, pos, page << 12 | p.offset, va_page << 12 | p.offset,
                        p, unsigned(rng() % kQueues), rng() % 4 != 0});
      for (unsigned i = 0; i < p.bytes; i++) f.counts[pos + i] = pieces.back().sums;
      pos += p.bytes;
    }
    frames.push_back(std::move(f));
  }
  bool template_free(unsigned t) const { return !templates.contains(t); }
  void add_template(unsigned t, const std::vector<PieceSpec> &list) {
    Template tmpl;
    unsigned pos = 0;
    uint64_t va = rng() << 13;
    for (auto &p : list) {
      uint64_t page = rng() % (1ull << 44);
      uint64_t piece_va = (va & ~0xfffull) | p.offset;
      pieces.push_back({true, t, unsigned(rng() % 2048), pos, page << 12 | p.offset, piece_va, p,
                        unsigned(rng() % kQueues), rng() % 2 != 0});
      for (unsigned i = 0; i < p.bytes; i++) tmpl.counts[pos + i] = pieces.back().sums;
      va += 4096;
      pos += p.bytes;
    }
    tmpl.expected = pos;
    templates[t] = tmpl;
  }
  bool quiet() const {
    return pieces.empty() && bursts.empty() && frames.empty() && templates.empty();
  }

  void step() {
    drive();
    this->settle();
    sample();
    this->tick();
  }
  void run(unsigned budget = 200000) {
    for (unsigned i = 0; !quiet(); i++) {
      INFO("pieces " << pieces.size() << ", bursts " << bursts.size() << ", frames "
                     << frames.size() << ", templates " << templates.size());
      REQUIRE(i < budget);
      step();
    }
  }
  // Reads the whole store and compares every byte that was ever landed.
  void check_store() {
    auto &d = this->dut();
    d.rsp_valid = d.piece_valid = d.frame_open_valid = d.asked_valid = 0;
    answers_ = 0;
    for (unsigned row = 0; row < kRows.all; row++) {
      d.store_read_en = 1;
      d.store_read_row = uint16_t(row);
      this->tick();
      d.store_read_en = 0;
      this->settle();
      d.store_read_row = uint16_t(row + 1);  // data stands while nothing is read
      this->tick();
      this->settle();
      compare_row(row, 0, kBus);
    }
  }

 private:
  std::vector<uint8_t> store_;
  std::vector<bool> known_;
  std::deque<unsigned> home_[2];
  unsigned next_slot_ = 0, next_row_ = kRows.lane, rows_used_ = 0;
  std::optional<Piece> offered_;
  // of the response of this cycle
  int rsp_burst_ = -1;
  // the checker: which frame is looked at, since when, which row is being read
  int looked_slot_ = -1;
  unsigned looked_for_ = 0, read_row_ = 0;
  bool complete_ = false;
  std::optional<unsigned> row_read_;
  // pieces by queue, from being asked for to their ends, now and in the last three cycles
  using Counts = std::array<unsigned, kQueues>;
  size_t asked_ = 0;  // of `pieces`
  std::optional<unsigned> ended_;
  Counts under_way_{};
  std::array<Counts, 3> history_{};
  unsigned answers_ = 0, looked_ = 0;

  void compare_row(unsigned row, unsigned from, unsigned to) {
    const auto *got = reinterpret_cast<const uint8_t *>(&this->dut().store_read_data);
    for (unsigned i = from; i < to; i++) {
      size_t at = size_t(row) * kBus + i;
      if (!known_[at] || got[i] == store_[at]) continue;
      INFO("row " << row << " lane " << i);
      REQUIRE(unsigned(got[i]) == unsigned(store_[at]));
    }
  }

  void drive() {
    auto &d = this->dut();
    d.frame_open_valid = !to_open.empty() && d.read_ready && chance(80);
    d.frame_open = d.frame_open_valid ? uint8_t(to_open.front()) : uint8_t(rng());
    bool opens = d.frame_open_valid;
    bool asks =
        d.read_ready && asked_ < std::min<size_t>(pieces.size(), 8) && chance(knobs.piece_percent);
    d.asked_valid = asks;
    d.asked_queue = uint16_t(asks ? pieces[asked_++].queue : rng() % kQueues);
    d.ctl_queue = uint16_t(rng() % kQueues);
    if (!offered_ && asked_ > 0 && chance(knobs.piece_percent)) {
      const Piece &p = pieces.front();
      // a frame is opened at or before its first piece
      bool closed = std::ranges::find(to_open, p.dest) != to_open.end() &&
                    !(opens && to_open.front() == p.dest);
      if (p.to_template || !closed) {
        offered_ = p;
        pieces.pop_front();
        asked_--;
      }
    }
    d.piece_valid = offered_.has_value();
    if (offered_) {
      const Piece &p = *offered_;
      d.piece_to_template = p.to_template;
      d.piece_tmpl = uint8_t(p.to_template ? p.dest : rng());
      d.piece_frame = uint8_t(p.to_template ? rng() : p.dest);
      d.piece_row = uint16_t(p.row);
      d.piece_addr = p.pa;
      d.piece_va = p.va;
      d.piece_pos = uint16_t(p.pos);
      d.piece_bytes = uint16_t(p.spec.bytes);
      d.piece_sums = p.sums;
      d.piece_queue = uint16_t(p.queue);
    }
    for (unsigned c = 0; c < 2; c++) {
      d.req_ready[c] = !home_[c].empty() && chance(knobs.ready_percent);
      d.req_id[c] = uint8_t(home_[c].empty() ? rng() : home_[c].front());
    }
    drive_response();
    drive_checker();
  }

  void drive_response() {
    auto &d = this->dut();
    uint8_t data[kBus];
    for (auto &b : data) b = uint8_t(rng());
    rsp_burst_ = -1;
    d.rsp_valid = 0;
    d.rsp_class = rng() & 3;
    d.rsp_id = uint8_t(rng());
    d.rsp_has_data = rng() & 1;
    d.rsp_last = rng() & 1;
    d.rsp_resp = rng() % 5;
    if (chance(knobs.foreign_percent)) {  // a walk or a slot
      d.rsp_valid = 1;
      d.rsp_class = rng() & 1;
    } else if (!bursts.empty() && chance(knobs.rsp_percent)) {
      rsp_burst_ = knobs.in_order ? 0 : int(rng() % bursts.size());
      const Burst &b = bursts[size_t(rsp_burst_)];
      const PieceSpec &s = b.piece.spec;
      bool killed = s.killed_at == int(b.beat);
      d.rsp_valid = 1;
      d.rsp_class = uint8_t(b.cls == 0 ? 2 : 3);
      d.rsp_id = uint8_t(b.id);
      d.rsp_has_data = !killed;
      d.rsp_last = killed || b.beat + 1 == b.beats;
      auto fail = s.fails.find(b.beat);
      d.rsp_resp = uint8_t(killed                  ? s.killed_resp
                           : fail != s.fails.end() ? fail->second
                                                   : unsigned(kOkay));
      if (!killed && fail == s.fails.end()) {
        uint64_t pa = (b.piece.pa & ~uint64_t(kBus - 1)) + b.beat * kBus;
        for (unsigned i = 0; i < kBus; i++) data[i] = byte_at(pa + i);
      }
    }
    std::memcpy(&d.read_data, data, kBus);
  }

  void drive_checker() {
    auto &d = this->dut();
    d.store_read_en = 0;
    d.store_read_row = uint16_t(rng() & 0x7ff);
    int slot = frames.empty() ? -1 : int(frames.front().slot);
    // not before it was opened
    if (slot >= 0 && std::ranges::find(to_open, unsigned(slot)) != to_open.end()) slot = -1;
    if (slot != looked_slot_) {
      looked_slot_ = slot;
      looked_for_ = 0;
    } else {
      looked_for_++;
    }
    d.state_frame = uint8_t(slot >= 0 ? slot : int(rng() % kSlots));
  }

  void sample() {
    auto &d = this->dut();
    check_rows();
    check_frame();
    check_template_writes();
    if (d.frame_open_valid) to_open.pop_front();
    cycles_with_piece += d.piece_valid;
    piece_stalls += d.piece_valid && !d.piece_ready;
    for (unsigned c = 0; c < 2; c++) {  // a request is taken with its piece or not at all
      bool requested = d.req_valid[c] && d.req_ready[c];
      REQUIRE(requested == (offered_ && d.piece_ready && offered_->to_template == (c == 0)));
    }
    if (offered_ && d.piece_ready) {
      unsigned c = offered_->to_template ? 0 : 1;
      REQUIRE(d.req_valid[c]);
      REQUIRE(!d.req_valid[1 - c]);
      REQUIRE(d.req_ready[c]);
      unsigned n = beats_of(offered_->spec.offset, offered_->spec.bytes);
      REQUIRE((d.req_addr[c] & ~uint64_t(kBus - 1)) == (offered_->pa & ~uint64_t(kBus - 1)));
      REQUIRE(d.req_len[c] == n - 1);
      bursts.push_back({*offered_, c, home_[c].front(), n});
      home_[c].pop_front();
      offered_.reset();
    } else if (!offered_) {
      REQUIRE(!d.req_valid[0]);
      REQUIRE(!d.req_valid[1]);
    }
    check_under_way();
    if (rsp_burst_ >= 0) respond();
  }

  // Each answer is of the queue of the last cycle, as of two cycles before that one. A read ends
  // one cycle after its last response.
  void check_under_way() {
    auto &d = this->dut();
    if (!d.read_ready) answers_ = 0;
    if (answers_ >= 4) {
      INFO("queue " << looked_ << ", under way " << history_[2][looked_]);
      REQUIRE(bool(d.ctl_none) == (history_[2][looked_] == 0));
      (d.ctl_none ? none_seen : some_seen)++;
    } else {
      answers_++;
    }
    if (d.asked_valid) under_way_[d.asked_queue]++;
    if (ended_) under_way_[*ended_]--;
    ended_.reset();
    history_[2] = history_[1];
    history_[1] = history_[0];
    history_[0] = under_way_;
    looked_ = d.ctl_queue;
  }

  void respond() {
    auto &d = this->dut();
    Burst &b = bursts[size_t(rsp_burst_)];
    const PieceSpec &s = b.piece.spec;
    unsigned offset = s.offset % kBus;
    unsigned from = b.beat == 0 ? 0 : b.beat * kBus - offset;  // bytes of the piece
    unsigned to = d.rsp_has_data ? std::min(s.bytes, (b.beat + 1) * kBus - offset) : s.bytes;
    bool good = d.rsp_has_data && d.rsp_resp == kOkay;
    beats++;
    last_rsp = this->now();
    if (b.piece.to_template) {
      Template &t = templates.at(b.piece.dest);
      t.landed += to - from;
      if (good) {
        for (unsigned i = from; i < to; i++) {
          t.bytes[b.piece.pos + i] = byte_at(b.piece.pa + i);
          t.good[b.piece.pos + i] = true;
        }
      } else if (!t.lowest_model || b.piece.pos + from < *t.lowest_model) {
        t.lowest_model = b.piece.pos + from;
        t.model = failure(d.rsp_resp, b.piece.va + from);
      }
    } else {
      auto f = std::ranges::find_if(frames, [&](auto &x) { return x.slot == b.piece.dest; });
      REQUIRE(f != frames.end());
      f->landed += to - from;
      for (unsigned i = from; i < to; i++) {
        unsigned pos = b.piece.pos + i;
        size_t at = size_t(kRows.wrapped(f->row + pos / kBus)) * kBus + pos % kBus;
        known_[at] = false;  // what a failed beat leaves behind is nobody's business
        if (!good) continue;
        f->bytes[pos] = byte_at(b.piece.pa + i);
        f->known[pos] = true;
        store_[at] = f->bytes[pos];
        known_[at] = true;
      }
      if (!good && b.piece.pos + from < f->lowest) {
        f->lowest = b.piece.pos + from;
        f->failed = failure(d.rsp_resp, b.piece.va + from);
      }
    }
    b.beat++;
    if (d.rsp_last) {
      ended_ = b.piece.queue;
      home_[b.cls].push_back(b.id);
      bursts.erase(bursts.begin() + rsp_burst_);
    }
  }

  // Sum by position, two bytes to a halfword, end-around: a plain reading of
  // RFC 1071.
  static uint16_t fold(uint64_t sum) {
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return uint16_t(sum);
  }
  static uint16_t sum_of(const std::vector<uint8_t> &bytes, const std::vector<bool> &known,
                         const std::vector<bool> &counts) {
    uint64_t sum = 0;
    for (size_t pos = 0; pos < bytes.size(); pos++) {
      if (known[pos] && counts[pos]) sum += uint64_t(bytes[pos]) << (pos % 2 ? 0 : 8);
    }
    return fold(sum);
  }

  void check_frame() {
    auto &d = this->dut();
    if (complete_ || looked_slot_ < 0 || looked_for_ < 1) return;
    Frame &f = frames.front();
    INFO("frame " << frames_checked << " slot " << f.slot << " row " << f.row << " bytes "
                  << f.first << ".." << f.end);
    REQUIRE(d.state_landed <= f.landed);
    if (d.state_landed != f.expected) return;
    REQUIRE(bool(d.state_poison) == f.failed.has_value());
    if (!f.failed)
      REQUIRE(unsigned(d.state_sum) ==
              unsigned(sum_of(f.bytes, f.known, f.counts)));  // else nobody uses it
    if (f.failed) {
      poisoned++;
      REQUIRE(unsigned(d.state_status) == f.failed->status);
      REQUIRE(unsigned(d.state_cause) == f.failed->cause);
      REQUIRE(d.state_va == f.failed->va);
      REQUIRE(d.state_space == (f.failed->va >> 12 & 3));
    }
    first_complete = this->now();
    complete_ = true;
    read_row_ = 0;
    row_read_.reset();
    read_next_row();  // in this very cycle
  }
  void read_next_row() {
    auto &d = this->dut();
    d.store_read_en = 1;
    d.store_read_row = uint16_t(kRows.wrapped(frames.front().row + read_row_));
    row_read_ = read_row_++;
  }
  void check_rows() {
    if (!complete_) return;
    Frame &f = frames.front();
    if (row_read_) {
      INFO("frame " << frames_checked << " slot " << f.slot << " row " << *row_read_ << " of "
                    << f.rows);
      unsigned begin = *row_read_ * kBus;
      compare_row(kRows.wrapped(f.row + *row_read_),
                  f.first > begin ? std::min(f.first - begin, kBus) : 0,
                  std::min(kBus, f.end - begin));
    }
    if (read_row_ < f.rows) {
      read_next_row();
      return;
    }
    rows_used_ -= f.rows;
    frames.pop_front();
    frames_checked++;
    complete_ = false;
    looked_slot_ = -1;
    row_read_.reset();
  }

  void check_template_writes() {
    auto &d = this->dut();
    if (d.tmpl_write_valid) {
      const auto *data = reinterpret_cast<const uint8_t *>(&d.tmpl_write_data);
      for (unsigned b = 0; b < 2; b++) {
        for (unsigned i = 0; i < kBus; i++) {
          if (!(uint64_t(d.tmpl_bank_en[b]) >> i & 1)) continue;
          unsigned at = (2u * d.tmpl_bank_row[b] + b) * kBus + i;
          auto t = templates.find(d.tmpl_write_tmpl);
          REQUIRE(t != templates.end());
          INFO("template byte " << at);
          REQUIRE(at < t->second.expected);
          REQUIRE(!t->second.written[at]);
          t->second.written[at] = true;
          t->second.store[at] = data[i];
        }
      }
    }
    if (!d.tmpl_done_valid) return;
    auto it = templates.find(d.tmpl_done_tmpl);
    REQUIRE(it != templates.end());
    Template &t = it->second;
    t.done += d.tmpl_done_bytes;
    t.sum += d.tmpl_done_sum;
    REQUIRE(t.done <= t.landed);
    if (d.tmpl_done_fail) {
      Failure f{d.tmpl_done_status, d.tmpl_done_cause, d.tmpl_done_va};
      if (!t.lowest_seen || f.va < *t.lowest_seen) {
        t.lowest_seen = f.va;
        t.seen = f;
      }
    }
    if (t.done < t.expected) return;
    REQUIRE(t.done == t.expected);
    REQUIRE(t.seen.has_value() == t.model.has_value());
    if (t.model) REQUIRE(*t.seen == *t.model);
    REQUIRE(fold(t.sum) == sum_of(t.bytes, t.good, t.counts));
    for (unsigned i = 0; i < t.expected; i++) {
      if (!t.good[i]) continue;
      REQUIRE(t.written[i]);
      REQUIRE(unsigned(t.store[i]) == unsigned(t.bytes[i]));
    }
    templates.erase(it);
  }
};

}  // namespace vmso::unit
