// SPDX-License-Identifier: Apache-2.0
// The neighbours of vmso_out: seg's orders, read's landing and store, the queue controller, cpl and
// the MAC, with random times of their own, and a list of what must come out in which order.
//
// What becomes of an order is known when it is taken, strictly in order: it is dead if it had come
// before a burial of its queue that is two cycles old or more, or behind a failure that was not
// buried since. Rows are overwritten with junk in the cycle after they are given back, templates
// are reused, and unread bytes of the store are always junk. The counts for the controller are
// compared exactly, in every cycle, for a random queue.
#pragma once
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>

#include "out_model.hpp"
#include "unit_bench.hpp"

namespace vmso::unit {

enum OrderKind { kFrame = 0, kEnd = 1, kFail = 2 };
enum class Kind { kPlain, kTcp, kUdp, kCsum };
constexpr unsigned kQueues = 4;
constexpr unsigned kStatusBadTemplate = 0x24, kStatusOption = 0x26;

struct Failure {
  unsigned status = 0, cause = 0, level = 0, access = 0;
  uint64_t va = 0;
};

struct Job {
  unsigned queue = 0, slot = 0, slots = 1, profile = 1;
  uint64_t cookie = 0;
  bool completion = true, interrupt = false;
  Kind kind = Kind::kTcp;
  Seed seed = Seed::kCompute;
  IdMode id_mode = IdMode::kIncrement, outer_id_mode = IdMode::kIncrement;
  bool outer_checksum = false;
  std::optional<uint32_t> tag;  // is inserted
  // kCsum: where the sum begins, in the frame without a tag, and the field behind that
  size_t csum_from = 0, csum_offset = 0;
  Template header;               // bytes empty: no template
  size_t told_header_bytes = 0;  // what the job says, right or wrong; outer l3 0: no tunnel
  size_t told_l3 = 0, told_l4 = 0, told_outer_l3 = 0, told_outer_l4 = 0;
  uint64_t pseudo = 0;
  Bytes payload;
  size_t mss = 1;
  unsigned refused = 0;      // status with which the parser must refuse it
  bool not_checked = false;  // the room job has refused it: nothing is known of it
  std::optional<Failure> template_fails;
  // while it runs
  bool loaded = false, fetched = false;
  unsigned tmpl = 0;
  size_t segment = 0, sent = 0;

  bool segments() const { return kind == Kind::kTcp || kind == Kind::kUdp; }
  unsigned head() const {  // as is, fields, tunnel
    if (not_checked) return 0;
    if (segments()) return told_outer_l3 ? 2 : 1;
    return kind == Kind::kCsum || tag ? 1 : 0;
  }
  bool has_template() const { return told_header_bytes || head(); }
  size_t tag_bytes() const { return tag && !not_checked ? 4 : 0; }
  // Place in the frame with the tag of a byte of the frame without.
  size_t place(size_t at) const { return at + (at >= kTagAt ? tag_bytes() : 0); }
  // Bytes from `at` to where the tag will stand.
  size_t room(size_t at) const { return tag_bytes() && at < kTagAt ? kTagAt - at : SIZE_MAX; }
  bool sums(size_t at) const { return kind != Kind::kCsum || at >= csum_from; }
  void tell() {
    told_header_bytes = header.bytes.size();
    told_l3 = header.inner.l3;
    told_l4 = header.inner.l4;
    told_outer_l3 = header.outer ? header.outer->l3 : 0;
    told_outer_l4 = header.outer ? header.outer->l4 : 0;
  }
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
  static constexpr unsigned kLaneFrames = 4;
  static constexpr StoreRows kRows = store_rows(kBus);
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
    bool fails;             // queue_fail comes with it
  };
  struct Order {
    uint64_t number;
    unsigned queue, rows, row;
    bool gather;    // in the gather lane
    int frame;      // frame slot, -1 none
    int free_tmpl;  // template that goes home with it, -1 none
    bool wait_tmpl;
    // unless it is dead
    std::optional<Frame> sends;
    std::optional<End> ends;
  };
  struct Drop {
    unsigned tmpl;
    bool fetched;
    uint64_t number;  // of the first order behind it
    uint64_t since;   // cycle in which it could be given back
  };
  struct Bury {
    unsigned queue;
    bool tells_nothing;
    uint64_t since;
  };
  // Counts by queue, as they were in a cycle.
  struct Counts {
    std::array<unsigned, kQueues> left{}, ends{};
  };
  struct State {
    bool poison = false;
    Failure f;
    uint64_t sum = 0;
    unsigned landed = 0, expected = 0;
  };
  struct Landing {
    int frame;                // -1: template
    unsigned tmpl, pos, row;  // pos: in the frame without a tag
    Bytes bytes;              // left to land
    std::optional<Failure> fails;
    Job job;  // without its content
  };

  Rng rng;
  Knobs knobs;
  Masks masks;
  std::deque<Frame> frames;
  std::deque<End> ends;
  std::deque<Order> waiting, leaving;  // taken in between
  std::deque<Drop> drops;
  std::deque<Bury> buries;
  std::deque<Landing> landings;
  std::vector<uint8_t> store;
  std::array<State, kFrameSlots + kLaneFrames> state;
  std::array<bool, kLaneFrames> lane_used{};  // one at a time has rows: those of all begin at 1
  std::array<unsigned, kTemplates> tmpl_left_to_land{};
  std::deque<unsigned> tmpl_home;
  std::array<bool, kQueues> failed{};                           // told and not buried since
  std::array<uint64_t, kQueues> bound{};                        // what came before is buried
  std::array<std::optional<uint64_t>, kQueues> failed_order{};  // of the queue's last failure
  uint64_t left_orders = 0, voided = 0, dead_frames = 0, bury_worst = 0, drop_worst = 0;
  uint64_t orders = 0, beats_out = 0, beats_planned = 0, frames_out = 0, dropped = 0,
           dropped_seen = 0;
  uint64_t bytes_seen = 0, frames_seen = 0;
  uint64_t told_beats = 0;     // beats of all frames whose jobs' ends were told
  unsigned whole_at_once = 0;  // soft resets that did not have to wait
  unsigned frames_in_use = 0, rows_in_use = 0, next_row = kRows.lane;
  uint64_t first_beat = 0, last_beat = 0, last_landing = 0;  // cycles
  uint64_t gaps = 0;  // cycles between first and last beat without valid
  bool ready_always = false;

  OutBench(uint64_t seed, Knobs k = {})
      : Base(int(seed % 1000 + 1)), rng(seed), knobs(k), store(size_t(kRows.all) * kBus) {
    auto &d = this->dut();
    d.masks_first = masks.first;
    d.masks_middle = masks.middle;
    d.masks_last = masks.last;
    d.masks_profile = 1;
    d.load_valid = d.order_valid = d.tmpl_write_valid = d.tmpl_done_valid = 0;
    d.bury_valid = d.bury_queue = d.bury_void = d.tmpl_drop_valid = 0;
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
    d.bury_valid = d.tmpl_drop_valid = 0;
    frames.clear();
    ends.clear();
    waiting.clear();
    leaving.clear();
    drops.clear();
    buries.clear();
    landings.clear();
    got_.clear();
    returned_.reset();
    home_.clear();
    shown_.clear();
    shown_bound_.fill(0);
    counts_ = {};
    history_.fill({});
    known_ = 0;
    state.fill({});
    lane_used.fill(false);
    tmpl_left_to_land.fill(0);
    failed.fill(false);
    bound.fill(0);
    failed_order.fill({});
    left_orders = 0;
    orders = beats_out = beats_planned = told_beats = frames_out = frames_seen = dropped =
        dropped_seen = 0;
    frames_in_use = rows_in_use = 0;
    next_row = kRows.lane;
    start();
  }

  bool chance(unsigned percent) { return rng() % 100 < percent; }

  // -- inputs that are valid for one cycle: set before step()
  // --------------------------------------

  bool can_load() const { return !tmpl_home.empty(); }
  void load(Job &job) {
    if (job.told_header_bytes == 0 && !job.header.bytes.empty()) job.tell();
    job.loaded = true;
    auto &d = this->dut();
    if (job.has_template()) {
      job.tmpl = tmpl_home.front();
      tmpl_home.pop_front();
      tmpl_left_to_land[job.tmpl] = 0;
    }
    d.load_valid = 1;
    d.load_tmpl = uint8_t(job.tmpl);
    d.load_head = uint8_t(job.head());
    d.load_segments = job.segments();
    d.load_udp = job.kind == Kind::kUdp;
    d.load_tag = job.tag_bytes() != 0;
    d.load_tag_word = job.tag.value_or(0);
    d.load_csum = job.kind == Kind::kCsum;
    d.load_csum_udp = job.csum_offset == 6;
    d.load_csum_from = uint16_t(job.csum_from);
    d.load_csum_pos = uint16_t(job.csum_from + job.csum_offset);
    d.load_id_mode = uint8_t(job.id_mode);
    d.load_outer_id_mode = uint8_t(job.outer_id_mode);
    d.load_outer_csum = job.outer_checksum;
    d.load_profile = uint8_t(job.profile);
    d.load_l4_mode = uint8_t(job.seed);
    d.load_header_bytes = uint16_t(job.told_header_bytes);
    d.load_l3 = uint16_t(job.told_l3);
    d.load_l4 = uint16_t(job.told_l4);
    d.load_outer_l3 = uint16_t(job.told_outer_l3);
    d.load_outer_l4 = uint16_t(job.told_outer_l4);
  }

  size_t next_bytes(const Job &job) const {
    return std::min(job.mss, job.payload.size() - job.sent);
  }
  unsigned rows_for(size_t bytes) const { return unsigned((bytes + kBus - 1) / kBus); }
  unsigned rows_for(const Job &job, size_t bytes) const {
    return rows_for(job.told_header_bytes + bytes + job.tag_bytes());
  }
  bool has_room(const Job &job) const {
    return frames_in_use < kFrameSlots &&
           rows_in_use + rows_for(job, next_bytes(job)) <= kRows.ring();
  }
  // What a landing has to know of its job.
  static Job outline(const Job &job) {
    Job j;
    j.kind = job.kind;
    j.tag = job.tag;
    j.csum_from = job.csum_from;
    return j;
  }

  // The template's reads are ordered: with its first frame, or alone.
  void fetch(Job &job) {
    job.fetched = true;
    tmpl_left_to_land[job.tmpl] = unsigned(job.told_header_bytes);
    Bytes content = job.header.bytes;
    content.resize(job.told_header_bytes);
    landings.push_back({-1, job.tmpl, 0, 0, content, job.template_fails, outline(job)});
  }

  // Issues one order of the job; true if it was the job's last. `payload_fails`: this frame's
  // payload. `status`: of an end or a tombstone.
  bool issue(Job &job, OrderKind kind, std::optional<Failure> payload_fails = {},
             Failure status = {}) {
    auto &d = this->dut();
    size_t bytes = kind == kFrame ? next_bytes(job) : 0;
    bool last = kind != kFrame || job.sent + bytes == job.payload.size();
    bool is_read = job.told_header_bytes != 0;
    if (kind == kFrame && is_read && !job.fetched) fetch(job);
    unsigned frame = unsigned(orders % kFrameSlots);
    unsigned rows = kind == kFrame ? rows_for(job, bytes) : 0;
    bool gather =
        bytes && rows < kRows.lane && std::ranges::count(lane_used, true) == 0 && rng() % 6 == 0;
    d.order_valid = 1;
    d.order_frame = uint16_t(frame);
    d.order_gather = gather;
    d.order_lane_frame = uint8_t(rng() % kLaneFrames);
    unsigned row = gather ? 1 : next_row;
    if (gather) {
      rows = 0;
      frame = kFrameSlots + d.order_lane_frame;
      lane_used[d.order_lane_frame] = true;
    }
    d.order_kind = uint8_t(kind);
    d.order_queue = uint16_t(job.queue);
    d.order_last = last;
    d.order_slot = uint16_t(job.slot);
    d.order_slots = uint16_t(job.slots);
    d.order_cookie = job.cookie;
    d.order_completion = job.completion;
    d.order_interrupt = job.interrupt;
    d.order_head = uint8_t(job.head());
    d.order_tag = job.tag_bytes() != 0;
    d.order_first = job.segment == 0;
    d.order_job_bytes = uint32_t(job.payload.size());
    d.order_segment = uint32_t(job.segment);
    d.order_sent = uint32_t(job.sent);
    d.order_bytes = uint16_t(bytes);
    d.order_header_bytes = uint16_t(job.told_header_bytes);
    d.order_tmpl = uint8_t(job.tmpl);
    d.order_tmpl_fetched = job.fetched;
    d.order_row = uint16_t(row);
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
        landings.push_back({int(frame), 0, unsigned(job.told_header_bytes), row, part,
                            payload_fails, outline(job)});
      }
    }

    // what leaves with it
    bool tmpl_fails = kind == kFrame && is_read && (job.template_fails || job.refused);
    bool failing = kind == kFail || tmpl_fails || (kind == kFrame && bytes && payload_fails);
    Order order{orders,
                job.queue,
                rows,
                row,
                gather,
                kind == kFrame ? int(frame) : -1,
                last && job.has_template() ? int(job.tmpl) : -1,
                job.fetched,
                {},
                {}};
    End end{job.queue, job.slot,    job.slots, job.cookie, true,   job.interrupt,
            status,    job.segment, job.sent,  0,          failing};
    if (failing) {
      if (kind == kFrame) {
        end.f = !tmpl_fails          ? *payload_fails
                : job.template_fails ? *job.template_fails
                                     : Failure{job.refused, 0, 0, 1, 0};
      }
      order.ends = end;
    } else if (kind == kEnd) {
      end.write = job.completion || job.interrupt || status.status != 0;
      order.ends = end;
    } else {
      Frame f;
      f.bytes = frame_of(job, {job.segment, job.sent, bytes, job.segment == 0, last});
      f.user = (job.slot & 0x7fffu) << 13 | job.queue << 1;
      f.order = orders;
      order.sends = f;
      if (last) {
        end.write = job.completion || job.interrupt;
        end.segments++;
        end.bytes += bytes;
        order.ends = end;
      }
    }
    waiting.push_back(order);
    orders++;
    frames_in_use++;
    rows_in_use += rows;
    next_row = kRows.wrapped(next_row + rows);
    job.segment++;
    job.sent += bytes;
    return last;
  }

  // What has to be on the wire.
  Bytes frame_of(const Job &job, Cut cut) const {
    Bytes frame;
    if (job.segments()) {
      frame = segment(job.header, job.payload, cut,
                      {job.seed != Seed::kNone, job.pseudo, job.id_mode, job.outer_id_mode,
                       job.outer_checksum, job.profile == 1 ? masks : Masks{0, 0, 0}});
    } else {
      frame = job.header.bytes;
      frame.insert(frame.end(), job.payload.begin(), job.payload.end());
      if (job.kind == Kind::kCsum) write_checksum(frame, job.csum_from, job.csum_offset);
    }
    if (job.tag_bytes()) insert_tag(frame, *job.tag);
    if (frame.size() < kMinFrame) frame.resize(kMinFrame);
    return frame;
  }

  // seg takes the job off its list: no order of it comes any more.
  void kill(Job &job) {
    if (!job.has_template()) return;
    auto &d = this->dut();
    d.tmpl_drop_valid = 1;
    d.tmpl_drop_tmpl = uint8_t(job.tmpl);
    d.tmpl_drop_fetched = job.fetched;
    drops.push_back({job.tmpl, job.fetched, orders, this->now()});
  }

  // No order of the queue comes until `burying` is over.
  void bury_later(unsigned queue, bool tells_nothing) {
    buries.push_back({queue, tells_nothing, this->now()});
  }
  void bury(unsigned queue, bool tells_nothing) {
    bury_later(queue, tells_nothing);
    while (!buries.empty()) step();
  }
  bool burying(unsigned queue) const {
    for (auto &b : buries)
      if (b.queue == queue) return true;
    return false;
  }
  // An end of the queue is still to be told.
  bool telling(unsigned queue) const {
    for (auto &e : ends)
      if (e.queue == queue) return true;
    return false;
  }

  // One beat of landing of a random (or the oldest) frame or template.
  void land() {
    if (landings.empty()) return;
    auto &d = this->dut();
    size_t which = rng() % std::min<size_t>(landings.size(), 8);
    Landing &l = landings[which];
    unsigned n = std::min<unsigned>(unsigned(l.bytes.size()), pick(rng, 1, kBus));
    if (knobs.land_percent == 100) n = std::min<unsigned>(unsigned(l.bytes.size()), kBus);
    n = unsigned(std::min<size_t>(n, l.job.room(l.pos)));  // cut where the tag will stand
    uint64_t sum = 0;
    if (l.frame >= 0) {
      State &s = state[size_t(l.frame)];
      for (unsigned i = 0; i < n; i++) {
        size_t pos = l.job.place(l.pos + i);
        store[size_t(kRows.wrapped(l.row + pos / kBus)) * kBus + pos % kBus] = l.bytes[i];
        if (l.job.sums(l.pos + i)) sum += pos % 2 ? l.bytes[i] : unsigned(l.bytes[i]) << 8;
      }
      s.sum += sum;
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
        size_t pos = l.job.place(l.pos + i);
        beat[pos % kBus] = l.bytes[i];
        en[pos / kBus % 2] |= 1ull << pos % kBus;
        if (l.job.sums(l.pos + i)) sum += pos % 2 ? l.bytes[i] : unsigned(l.bytes[i]) << 8;
      }
      unsigned row = unsigned(l.job.place(l.pos) / kBus);
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
      d.tmpl_done_sum = fold(sum);
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
    const State &s = state[frame % state.size()];
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
    d.ctl_queue = uint16_t(rng() % kQueues);
    d.bury_valid = !buries.empty();
    if (d.bury_valid) {
      d.bury_queue = uint16_t(buries.front().queue);
      d.bury_void = buries.front().tells_nothing;
    }
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
    d.tmpl_drop_valid = 0;
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
      if (first_beat && !(frames.empty() && waiting.empty())) gaps++;
    }
    dropped_seen += d.count_dropped;
    bytes_seen += d.count_frame_bytes;
    frames_seen += d.count_frames;
    if (!d.rst_n || !d.out_ready) {
      waiting.clear();
      leaving.clear();
      counts_ = {};
      history_.fill({});
      known_ = 0;
      return;
    }
    check_left();
    check_bury();
    CHECK((d.queue_fail_valid && d.queue_fail_ready) ==
          (d.end_valid && d.end_ready && !ends.empty() && ends.front().fails));
    if (d.end_valid && d.end_ready) check_end();
    if (d.taken) take();
    check_counts();
  }

  void check_left() {
    auto &d = this->dut();
    int freed = -1;
    if (d.left_valid) {
      REQUIRE(!leaving.empty());
      Order o = leaving.front();
      leaving.pop_front();
      CHECK(d.left_queue == o.queue);
      CHECK(d.left_rows == o.rows);
      CHECK(bool(d.left_gather) == o.gather);
      REQUIRE(bool(d.left_ends) == o.ends.has_value());
      if (o.ends) {
        CHECK(bool(d.left_fails) == o.ends->fails);
        CHECK(unsigned(d.left_status) == o.ends->f.status);
        if (o.ends->fails) CHECK(d.left_va == o.ends->f.va);
      }
      if (o.frame >= 0) CHECK(state[size_t(o.frame)].landed == state[size_t(o.frame)].expected);
      if (o.free_tmpl >= 0) {
        freed = o.free_tmpl;
        REQUIRE(d.tmpl_free_valid);
        CHECK(int(d.tmpl_free) == o.free_tmpl);
        if (o.wait_tmpl) CHECK(tmpl_left_to_land[size_t(o.free_tmpl)] == 0);
        home_.push_back(unsigned(o.free_tmpl));
      }
      counts_.left[o.queue]++;
      left_orders++;
      returned_ = o;
    }
    for (auto &drop : drops) {
      bool could =
          left_orders >= drop.number && (!drop.fetched || tmpl_left_to_land[drop.tmpl] == 0);
      if (!could) drop.since = this->now();
      drop_worst = std::max(drop_worst, this->now() - drop.since);
    }
    if (!d.tmpl_free_valid || freed >= 0) return;
    auto drop = std::ranges::find_if(drops, [&](auto &x) { return x.tmpl == d.tmpl_free; });
    REQUIRE(drop != drops.end());  // else nobody gave it back, or it comes home twice
    CHECK(left_orders - d.left_valid >= drop->number);
    if (drop->fetched) CHECK(tmpl_left_to_land[drop->tmpl] == 0);
    home_.push_back(drop->tmpl);
    drops.erase(drop);
  }

  void check_bury() {
    auto &d = this->dut();
    if (d.buried) {
      REQUIRE(d.bury_valid);
      unsigned q = d.bury_queue;
      bound[q] = orders - d.order_valid;
      shown_.push_back({this->now(), q, bound[q]});
    }
    if (!d.bury_valid || !d.bury_ready) return;
    Bury b = buries.front();
    buries.pop_front();
    if (!buries.empty()) buries.front().since = this->now() + 1;
    REQUIRE(bound[b.queue] + 2 * kFrameSlots > orders);
    failed[b.queue] = false;
    bury_worst = std::max(bury_worst, this->now() - b.since);
    // what is being sent, and has not been told
    if (!b.tells_nothing || leaving.empty() || leaving.front().queue != b.queue) return;
    if (!leaving.front().ends) return;
    voided++;
    REQUIRE(!ends.empty());
    ends.pop_back();
    leaving.front().ends.reset();
    counts_.ends[b.queue]--;
  }

  void take() {
    auto &d = this->dut();
    REQUIRE(!waiting.empty());
    Order o = waiting.front();
    waiting.pop_front();
    unsigned q = o.queue;
    while (!shown_.empty() && shown_.front().at + 2 <= this->now()) {
      shown_bound_[shown_.front().queue] = shown_.front().bound;
      shown_.pop_front();
    }
    bool dead =
        o.number < shown_bound_[q] || (failed_order[q] && *failed_order[q] >= shown_bound_[q]);
    if (dead) {
      dropped++;
      dead_frames += o.sends.has_value();
      o.ends.reset();
    } else {
      if (o.sends) {
        beats_planned += rows_for(o.sends->bytes.size());
        frames.push_back(*o.sends);
      }
      if (o.ends) {
        o.ends->beats_before = beats_planned;
        ends.push_back(*o.ends);
        counts_.ends[q]++;
        if (o.ends->fails) failed_order[q] = o.number;
      }
    }
    INFO("order " << o.number << " of queue " << q);
    REQUIRE(leaving.size() + d.left_valid <= 1);
    o.sends.reset();
    leaving.push_back(o);
  }

  // Each answer is of the queue of the last cycle, as of two cycles before that one.
  void check_counts() {
    auto &d = this->dut();
    if (known_ >= 4) {
      INFO("queue " << looked_);
      CHECK(d.ctl_left == uint16_t(history_[2].left[looked_]));
      REQUIRE(bool(d.ctl_end_none) == (history_[2].ends[looked_] == 0));
    } else {
      known_++;
    }
    history_[2] = history_[1];
    history_[1] = history_[0];
    history_[0] = counts_;
    looked_ = d.ctl_queue;
  }

  // Credits of the order that left in this cycle take effect after the edge.
  void give_back() {
    for (unsigned tmpl : home_) tmpl_home.push_back(tmpl);
    home_.clear();
    if (!returned_) return;
    Order l = *returned_;
    returned_.reset();
    frames_in_use--;
    rows_in_use -= l.rows;
    for (size_t i = 0; i < size_t(l.rows) * kBus; i++)
      store[size_t(kRows.wrapped(l.row + unsigned(i / kBus))) * kBus + i % kBus] = uint8_t(rng());
    if (l.gather) lane_used[size_t(l.frame) - kFrameSlots] = false;
    if (l.frame >= 0) state[size_t(l.frame)].sum = rng() & 0xffff;
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
    counts_.ends[e.queue]--;
    if (!e.fails) return;
    CHECK(d.queue_fail_queue == e.queue);
    CHECK(bool(d.queue_fail_parks) == (e.f.status >= 0x40 && e.f.status <= 0x42));
    CHECK(d.queue_fail_slot == e.slot);
    CHECK(d.queue_fail_slots == e.slots);
    CHECK(d.queue_fail_segments == e.segments);
    CHECK(d.queue_fail_bytes == e.bytes);
    CHECK(d.queue_fail_fold == uint16_t(e.cookie));
    failed[e.queue] = true;
  }

  // Steps without new orders until everything has left.
  void drain(unsigned budget = 100000) {
    for (unsigned i = 0; !(waiting.empty() && leaving.empty() && ends.empty() && frames.empty() &&
                           drops.empty() && buries.empty() && landings.empty());
         i++) {
      INFO("orders waiting " << waiting.size() << ", leaving " << leaving.size() << ", frames "
                             << frames.size() << ", ends " << ends.size() << ", drops "
                             << drops.size() << ", landings " << landings.size());
      REQUIRE(i < budget);
      if (chance(knobs.land_percent)) land();
      step();
    }
    for (unsigned i = 0; i < 4; i++) step();
    CHECK(dropped_seen == dropped);
    CHECK(frames_seen == frames_out);
    CHECK(bury_worst <= 24);  // whatever MAC and memory do
    CHECK(drop_worst <= 2 * kTemplates + 64);
  }

 private:
  Bytes got_;
  std::optional<Order> returned_;
  std::vector<unsigned> home_;  // templates, after the edge
  struct Shown {
    uint64_t at;
    unsigned queue;
    uint64_t bound;
  };
  std::deque<Shown> shown_;  // burials that the judge may not know yet
  std::array<uint64_t, kQueues> shown_bound_{};
  Counts counts_;
  std::array<Counts, 3> history_{};
  unsigned known_ = 0, looked_ = 0;
};

}  // namespace vmso::unit
