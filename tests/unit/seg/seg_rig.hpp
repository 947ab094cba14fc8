// SPDX-License-Identifier: Apache-2.0
// The neighbours of vmso_seg, each with random times of its own: ring and job (loads, unloads,
// wakes), run (readiness, fetches, jobs that die in their own time), xlat (fences), out (orders
// leave in order).
//
// Found wrong: an order that is not the next of its queue's jobs or that nothing ready covers, one
// of a failed or half unloaded queue, a frame whose rows or slot are in use or beyond the limit, a
// fetch without its order, a kill that nobody asked for or that reads of its job follow, a template
// that is not dropped with its job or twice, an order or fetch during a fence, a query or count
// that does not follow, a wake that is missing, an unload with another head, a job that is never
// finished.
#pragma once
#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "seg_model.hpp"
#include "unit_bench.hpp"

namespace vmso::seg_test {

struct Sizes {
  unsigned queues, jobs, bus_bytes, frame_slots, rows;  // rows of the ring
  unsigned lane;                                        // and of the gather lane
};
constexpr Sizes kSmall = {4, 32, 16, 64, 4096 - 578, 578},
                kDefault = {64, 64, 32, 128, 2048 - 290, 290},
                kWide = {1024, 128, 64, 256, 1024 - 146, 146},
                kSmallNoLane = {4, 32, 16, 64, 4096, 0};

struct Knobs {
  unsigned load_percent = 60;      // cycles with a load, if jobs wait and an entry is free
  unsigned jobs_per_queue = 1000;  // loaded at once
  unsigned fill_percent = 80;      // cycles in which a run is filled
  bool in_order = false;           // runs fill in order
  unsigned fetch_percent = 80;     // fetch_ready while no fetch is busy
  unsigned piece_percent = 80;     // cycles of a busy fetch in which a piece leaves
  unsigned left_percent = 50;      // cycles in which an order leaves
  unsigned left_delay = 20;        // cycles of an order, at least
  bool left_by_wire = false;       // an order leaves when its beats or cycles of out have passed
  unsigned reap_percent = 20;      // cycles in which one of the dying jobs comes home
  int homeless_queue = -1;         // its dying jobs do not come home
  int cold_queue = -1;             // its runs are not filled
  unsigned wake_percent = 50;      // wake_ready
  unsigned hold_per_mille = 0;     // cycles in which a fence begins
  unsigned unload_per_mille = 0;   // cycles in which a queue is stopped and goes on
  unsigned store_limit = 4095;     // rows
  bool entry_wanted = false;       // by other queues
};

struct Order {
  unsigned kind, queue, slot, segment, bytes, status;
  uint64_t cycle;
};

// What an unload found at the head of its queue.
struct Heads {
  uint64_t none = 0, fresh = 0, tmpl = 0, begun = 0, resumed = 0, behind_failed = 0;
};
struct Unload {
  unsigned queue;
  uint64_t begin, end;  // cycles: valid, ready
  unsigned kills;
};

template <typename Model>
class Rig : public unit::UnitBench<Model> {
 public:
  Rig(const Sizes &sizes, Knobs knobs, uint64_t seed)
      : unit::UnitBench<Model>(int(seed % 1000 + 1)),
        knobs(knobs),
        sizes(sizes),
        rng_(seed),
        entries_(sizes.jobs),
        queues_(sizes.queues),
        row_(sizes.lane) {
    auto &d = this->dut();
    d.slot_debit_valid = d.walk_debit_valid = d.rate_valid = 0;
    d.rate_period = 4096;
    d.load_valid = d.weight_valid = d.event_valid = d.left_valid = d.unload_valid = 0;
    d.lane_landed_valid = d.left_gather = 0;
    d.hold_issue = d.fetch_ready = d.wake_ready = d.entry_wanted = 0;
    d.query_queue = d.ctl_queue = 0;
    d.store_limit = knobs.store_limit;
    this->reset();
    for (int i = 0; i < 3000 && !d.seg_ready; i++) this->tick();
    REQUIRE(d.seg_ready);
    for (unsigned j = 0; j < sizes.jobs; j++) home_.push_back(j);
    for (unsigned t = 0; t < 256; t++) templates_.push_back(t);
  }

  Knobs knobs;
  const Sizes sizes;
  std::vector<Order> orders;
  uint64_t fences = 0, unloads = 0, fails = 0, kills = 0, tmpl_drops = 0, wakes = 0, gathers = 0,
           lane_parts = 0, not_built = 0;
  Heads heads;
  std::vector<Unload> unload_log;
  unsigned used_queues = sizes.queues;  // the others are not unloaded at random
  uint64_t longest_hold = 0, slot_peak = 0, row_peak = 0;
  std::vector<uint64_t> debt_cycles;  // cycles in which query_in_debt of watch_queue was seen
  std::map<unsigned, std::vector<uint64_t>> ready_cycles;  // by slot: status shows progress
  std::map<unsigned, uint64_t> load_cycle;                 // by slot
  std::optional<unsigned> watch_queue;                     // else queries are random
  std::vector<unsigned> named;                             // queues to give their entries
  bool leaving = true;                                     // the MAC takes frames
  std::vector<uint64_t> cost;                              // what was ordered cost, by queue

  void post(Job job) {
    auto &q = queues_[job.queue];
    job.slot = q.next_slot & 0xffff;
    job.cookie = rng_();
    q.next_slot += job.slots;
    q.todo.push_back(job);
  }
  void set_weight(unsigned queue, unsigned weight) {
    auto &d = this->dut();
    d.weight_valid = 1;
    d.weight_queue = queue;
    d.weight = weight;
    this->tick();
    d.weight_valid = 0;
  }
  void set_rate(unsigned queue, unsigned bytes, unsigned frames) {
    auto &d = this->dut();
    d.rate_valid = 1;
    d.weight_queue = queue;
    d.rate = bytes | uint64_t(frames) << 32;
    this->tick();
    d.rate_valid = 0;
  }
  void unload_now(unsigned queue) { unload_due_.push_back({queue, 0}); }
  void fence_now() { fence_due_ = true; }
  bool busy() const {
    for (const auto &q : queues_) {
      if (!q.todo.empty() || !q.jobs.empty() || q.left != q.issued) return true;
    }
    return home_.size() != sizes.jobs || !expected_.empty() || unload_ || !unload_due_.empty();
  }
  unsigned todo(unsigned queue) const { return unsigned(queues_[queue].todo.size()); }
  unsigned loaded(unsigned queue) const { return unsigned(queues_[queue].jobs.size()); }
  unsigned entries_free() const { return unsigned(home_.size()); }
  bool unloading() const { return unload_ || !unload_due_.empty(); }
  const std::vector<uint64_t> &wake_cycles_of(unsigned queue) { return wake_cycles_[queue]; }
  // Nothing is issued in the next cycles; loads and translations go on.
  void fence_at_start(unsigned cycles) {
    auto &d = this->dut();
    d.hold_issue = 1;
    hold_until_ = this->now() + cycles;
    while (this->now() < hold_until_) step();
    release_ = true;
  }
  bool owed() const {
    return std::any_of(queues_.begin(), queues_.end(), [](const Queue &q) { return q.owed; });
  }

  void steps(unsigned n) {
    while (n-- > 0) step();
  }
  void drain(unsigned patience = 5000) {
    uint64_t quiet = 0, last = 0;
    while (busy()) {
      step();
      uint64_t progress = orders.size() + lane_parts + loads_ + finished_ + left_count_;
      quiet = progress == last ? quiet + 1 : 0;
      last = progress;
      if (quiet > patience) FAIL(who_waits());
    }
    steps(60);
    for (unsigned i = 0; i < 1000 && owed(); i++) step();
    for (unsigned q = 0; q < sizes.queues; q++) {
      INFO("queue " << q);
      CHECK(!queues_[q].owed);
    }
  }

  void step() {
    auto &d = this->dut();
    d.entry_wanted = knobs.entry_wanted;
    drive_load(d);
    drive_run(d);
    drive_out(d);
    drive_control(d);
    this->settle();
    sample_queries(d);
    sample_wake(d);
    sample_order(d);
    sample_tmpl_drop(d);
    sample_fetch(d);
    sample_control(d);
    if (d.preempt_valid) named.push_back(d.preempt_queue);
    last_end_job_ = d.end_job;
    this->tick();
  }

 private:
  struct Loaded {
    Job job;
    unsigned entry, tmpl;
    unsigned segments, sent;  // issued, with what was skipped
    bool tmpl_fetched = false, frame_fetched = false, charged = false;
    unsigned lane_bytes = 0, lane_frame = 0, lane_row = 0;  // of its segment in the gather lane
    std::optional<bool> tmpl_final = {};  // what its last order, or its drop, said of the template
  };
  struct Queue {
    std::deque<Job> todo;
    std::deque<unsigned> jobs;  // entries that are not wholly issued, oldest first
    unsigned next_slot = 0x7ff0;
    uint32_t issued_bytes = 0;
    uint16_t issued = 0, left = 0;
    std::optional<unsigned> slots_told = {};  // of the job in this slot: to `debits`
    bool owed = false;                        // a wake
    bool stopped = false;
    bool failed = false;  // a tombstone was ordered and no unload has ended since
  };
  struct Entry {
    bool used = false, dying = false;
    Loaded loaded;
    RunEntry run;
    uint64_t load_cycle = 0;
  };
  struct Fetch {
    unsigned entry, frame, row, pos, bytes;
    bool last, kill;
    bool gather = false;  // the last part of `bytes`
  };
  struct InFlight {
    unsigned kind, queue, row, rows, cycles;
    uint64_t due;
    bool gather;
  };

  bool chance(unsigned percent) { return rng_() % 100 < percent; }
  unsigned beats(unsigned bytes) const { return (bytes + sizes.bus_bytes - 1) / sizes.bus_bytes; }

  // -- ring and job ------------------------------------------------------------------------------
  void drive_debit(auto &d) {
    if (debited_ == this->now() && d.slot_debit_valid) return;
    d.slot_debit_valid = !debits_.empty();
    if (debits_.empty()) return;
    d.slot_debit_queue = debits_.front().first;
    d.slot_debit_beats = debits_.front().second;
    debited_ = this->now();
    debits_.pop_front();
  }
  void drive_load(auto &d) {
    d.load_valid = 0;
    drive_debit(d);
    bool recent = recent_load_;
    recent_load_ = false;
    if (recent || home_.empty() || templates_.empty() || !chance(knobs.load_percent)) return;
    std::vector<unsigned> ready;
    for (unsigned i = 0; i < sizes.queues && ready.empty(); i++) {
      unsigned q = (next_queue_ + i) % sizes.queues;
      if (!queues_[q].todo.empty() && !queues_[q].stopped &&
          queues_[q].jobs.size() < knobs.jobs_per_queue) {
        ready.push_back(q);
      }
    }
    if (ready.empty()) return;
    unsigned q = ready[0];
    Job job = queues_[q].todo.front();
    // its slots are read before it is loaded, as many beats of them in a cycle as ring tells
    if (queues_[q].slots_told != job.slot) {
      for (unsigned beats = job.slots * std::max(1u, 64 / sizes.bus_bytes); beats > 0;) {
        const unsigned told = std::min(63u, beats);
        debits_.push_back({uint16_t(q), uint8_t(told)});
        beats -= told;
      }
      queues_[q].slots_told = job.slot;
      drive_debit(d);
    }
    if (!debits_.empty()) return;
    next_queue_ = q + 1;
    queues_[q].todo.pop_front();
    unsigned e = home_.front();
    home_.pop_front();
    Entry &entry = entries_[e];
    REQUIRE(!entry.used);
    entry.used = true;
    entry.dying = false;
    entry.load_cycle = load_cycle[job.slot] = this->now();
    entry.loaded = {.job = job,
                    .entry = e,
                    .tmpl = templates_.front(),
                    .segments = job.skip_segments,
                    .sent = job.skip_bytes};
    templates_.pop_front();
    entry.run.load(job, rng_);
    queues_[q].jobs.push_back(e);
    d.load_valid = 1;
    d.load_job = e;
    d.load_queue = q;
    d.load_kind = job.kind;
    d.load_status = job.status;
    d.load_slot = job.slot;
    d.load_slots = job.slots;
    d.load_cookie = job.cookie;
    d.load_payload_bytes = job.payload;
    d.load_mss = job.mss;
    d.load_header_bytes = job.refused() ? 0 : job.header;
    d.load_head = uint8_t(job.head());
    d.load_tag = job.tag && !job.refused();
    d.load_tmpl = entry.loaded.tmpl;
    d.load_skip_bytes = job.skip_bytes;
    d.load_skip_segments = job.skip_segments;
    recent_load_ = true;
    loads_++;
  }

  // -- run ---------------------------------------------------------------------------------------
  void drive_run(auto &d) {
    d.event_valid = 0;
    if (fetch_busy_) {
      if (fetch_left_ == 0) {
        fetch_busy_ = false;
      } else if (chance(knobs.piece_percent)) {
        unsigned taken = entries_[fetch_entry_].run.take(fetch_left_);
        fetch_left_ -= taken;
        if (fetch_lane_) lane_flying_ += taken;
        if (fetch_left_ == 0) {
          fetch_busy_ = false;
          if (fetch_last_) free_entry(fetch_entry_);
        }
      }
    }
    if (chance(knobs.fill_percent)) {
      std::vector<unsigned> open;
      for (unsigned e = 0; e < sizes.jobs; e++) {
        Entry &entry = entries_[e];
        if (!entry.used || this->now() < entry.load_cycle + 2) continue;
        if (int(entry.loaded.job.queue) == knobs.cold_queue) continue;
        if (entry.run.can_fill() || entry.run.can_end()) open.push_back(e);
      }
      if (!open.empty()) {
        unsigned e = open[rng_() % open.size()];
        // run's elder: beside fences every second translation is the oldest job's
        if (knobs.in_order || (knobs.hold_per_mille != 0 && chance(50))) {
          e = *std::min_element(open.begin(), open.end(), [&](unsigned a, unsigned b) {
            return entries_[a].load_cycle < entries_[b].load_cycle;
          });
        }
        RunEntry &run = entries_[e].run;
        bool fill = run.can_fill() && (!run.can_end() || knobs.in_order || chance(70));
        bool shown = fill ? run.fill(knobs.in_order, rng_) : run.finish_chain();
        if (knobs.in_order && run.can_end()) run.finish_chain();
        if (shown) {
          d.event_valid = 1;
          d.event_job = e;
          ready_cycles[entries_[e].loaded.job.slot].push_back(this->now());
        }
      }
    }
    const RunEntry &run = entries_[d.status_job % sizes.jobs].run;
    d.status_ready_total = run.total_ready;
    d.status_ready_runs = run.ready_runs();
    d.status_blocked = run.blocked();
    d.status_full = run.full();
    d.status_chain_done = run.chain_done();
    const End &end = entries_[last_end_job_ % sizes.jobs].run.end;
    d.end_status = end.status;
    d.end_cause = end.cause;
    d.end_level = end.level;
    d.end_access = end.access;
    d.end_va = end.va;
    d.fetch_ready = !fetch_busy_ && chance(knobs.fetch_percent);
    d.fetch_idle = !fetch_busy_;
    if (!dying_.empty() && chance(knobs.reap_percent)) {
      size_t i = rng_() % dying_.size();
      unsigned e = dying_[i];
      if (int(entries_[e].loaded.job.queue) == knobs.homeless_queue) return;
      dying_.erase(dying_.begin() + long(i));
      entries_[e].run.drop();
      free_entry(e);
    }
  }
  void free_entry(unsigned e) {
    Loaded &l = entries_[e].loaded;
    if (l.tmpl_final) CHECK(*l.tmpl_final == l.tmpl_fetched);
    entries_[e].used = false;
    templates_.push_back(l.tmpl);
    home_.push_back(e);
    finished_++;
  }

  void sample_fetch(auto &d) {
    if (!d.fetch_valid) return;
    CHECK_FALSE(held_);
    unsigned e = d.fetch_job;
    REQUIRE(e < sizes.jobs);
    REQUIRE(entries_[e].used);
    Loaded &l = entries_[e].loaded;
    CHECK(d.fetch_queue == l.job.queue);
    if (d.fetch_kill) return sample_kill(d, e);
    REQUIRE_FALSE(entries_[e].dying);
    bool lane = !d.fetch_to_template && d.fetch_bytes != 0 && d.fetch_frame >= sizes.frame_slots;
    if (lane) {
      CHECK(d.fetch_pos == l.job.header + l.lane_bytes);
      CHECK(d.fetch_row >= 1);
      CHECK(d.fetch_row < sizes.lane);
      if (l.lane_bytes != 0) CHECK(d.fetch_frame == l.lane_frame);
      if (l.lane_bytes != 0) CHECK(d.fetch_row == l.lane_row);
    }
    // a part of a segment whose order comes with a later one
    bool part =
        lane && (expected_.empty() || expected_.front().entry != e || expected_.front().kill ||
                 l.lane_bytes + d.fetch_bytes < expected_.front().bytes);
    if (part) {
      CHECK_FALSE(d.fetch_job_last);
      if (!d.fetch_ready) return;
      CHECK(d.fetch_bytes <= entries_[e].run.available());
      l.lane_bytes += d.fetch_bytes;
      l.lane_frame = d.fetch_frame;
      l.lane_row = d.fetch_row;
      lane_parts++;
      begin_fetch(d, e, lane);
      return;
    }
    if (!d.fetch_to_template) {
      REQUIRE(!expected_.empty());  // its order comes with it or before it
      const Fetch &f = expected_.front();
      REQUIRE(e == f.entry);
      REQUIRE_FALSE(f.kill);
      CHECK(lane == f.gather);
      CHECK(d.fetch_bytes == f.bytes - (lane ? l.lane_bytes : 0));
      CHECK(d.fetch_job_last == f.last);
      if (lane) {
        CHECK(d.fetch_frame == sizes.frame_slots + f.frame);
        CHECK(d.fetch_row == f.row);
      } else if (f.bytes != 0) {
        CHECK(d.fetch_frame == f.frame);
        CHECK(d.fetch_row == f.row);
        CHECK(d.fetch_pos == f.pos);
      }
    }
    if (!d.fetch_ready) return;
    RunEntry &run = entries_[e].run;
    CHECK(d.fetch_bytes <= run.available());
    if (d.fetch_to_template) {
      CHECK_FALSE(l.tmpl_fetched);
      CHECK_FALSE(l.frame_fetched);
      CHECK(d.fetch_bytes == l.job.header);
      CHECK(d.fetch_pos == 0);
      CHECK(d.fetch_tmpl == l.tmpl);
      CHECK_FALSE(d.fetch_job_last);
      l.tmpl_fetched = true;
    } else {
      CHECK((l.job.refused() || l.tmpl_fetched == (l.job.header != 0)));
      l.frame_fetched = true;
      l.lane_bytes = 0;
      expected_.pop_front();
    }
    begin_fetch(d, e, lane);
  }
  void begin_fetch(auto &d, unsigned e, bool lane) {
    if (d.fetch_bytes != 0) {
      fetch_busy_ = true;
      fetch_entry_ = e;
      fetch_left_ = d.fetch_bytes;
      fetch_last_ = d.fetch_job_last;
      fetch_lane_ = lane;
    } else if (d.fetch_job_last) {
      free_entry(e);
    }
  }

  // The job of a tombstone, or the next one of the queue that is unloaded.
  void sample_kill(auto &d, unsigned e) {
    if (!d.fetch_ready) return;
    Entry &entry = entries_[e];
    Loaded &l = entry.loaded;
    INFO("cycle " << this->now() << " kill of job " << e << " of queue " << l.job.queue);
    REQUIRE_FALSE(entry.dying);
    CHECK(d.fetch_bytes == 0);
    CHECK_FALSE(d.fetch_to_template);
    CHECK_FALSE(d.fetch_job_last);
    if (!expected_.empty() && expected_.front().kill && expected_.front().entry == e) {
      expected_.pop_front();
    } else {
      for (const Fetch &f : expected_) REQUIRE(f.entry != e);
      Queue &q = queues_[l.job.queue];
      if (!late_kills_.empty()) {
        REQUIRE(late_kills_.front() == e);
        late_kills_.pop_front();
      } else {
        REQUIRE(unload_);
        REQUIRE(*unload_ == l.job.queue);
        REQUIRE(!q.jobs.empty());
        REQUIRE(q.jobs.front() == e);
        q.jobs.pop_front();
        unloaded(l);
      }
      CHECK(l.tmpl_final.has_value() == l.job.has_template());
      kills++;
    }
    entry.dying = true;
    dying_.push_back(e);
  }
  void unloaded(const Loaded &l) {
    half_unloaded_ = true;
    bool tmpl = l.tmpl_final && *l.tmpl_final;
    if (dropped_.empty()) {
      if (queues_[*unload_].failed) heads.behind_failed++;
      if (l.segments != l.job.skip_segments)
        heads.begun++;
      else if (tmpl)
        heads.tmpl++;
      else if (l.segments != 0)
        heads.resumed++;
      else
        heads.fresh++;
    }
    dropped_.push_back(l.job);
    dropped_.back().skip_bytes = l.sent;
    dropped_.back().skip_segments = l.segments;
    queues_[*unload_].issued_bytes += l.job.payload - l.sent;
  }
  void sample_tmpl_drop(auto &d) {
    if (!d.tmpl_drop_valid) return;
    REQUIRE(unload_);
    half_unloaded_ = true;
    const Queue &q = queues_[*unload_];
    for (size_t i = 0; i < q.jobs.size() && i < 3; i++) {  // two kills are on their way at most
      Loaded &l = entries_[q.jobs[i]].loaded;
      if (l.tmpl != d.tmpl_drop_tmpl || !l.job.has_template()) continue;
      REQUIRE_FALSE(l.tmpl_final);
      l.tmpl_final = d.tmpl_drop_fetched;
      tmpl_drops++;
      return;
    }
    FAIL("template " << int(d.tmpl_drop_tmpl) << " is not of a job to be unloaded");
  }

  // -- out ---------------------------------------------------------------------------------------
  void drive_out(auto &d) {
    d.left_valid = 0;
    d.lane_landed_valid = lane_flying_ != 0 && chance(50);
    if (d.lane_landed_valid) {
      d.lane_landed = std::min<unsigned>(lane_flying_, 1 + unsigned(rng_() % sizes.bus_bytes));
      lane_flying_ -= d.lane_landed;
    }
    if (flight_.empty() || !leaving) return;
    const InFlight &f = flight_.front();
    if (knobs.left_by_wire) {
      if (++wire_beats_ < f.cycles) return;
      wire_beats_ = 0;
    } else if (this->now() < f.due || !chance(knobs.left_percent)) {
      return;
    }
    d.left_valid = 1;
    d.left_queue = f.queue;
    d.left_rows = f.rows;
    d.left_gather = f.gather;
    Queue &q = queues_[f.queue];
    q.left++;
    rows_used_ -= f.rows;
    left_count_++;
    if (f.kind == kOrderFail) unload_due_.push_back({f.queue, this->now() + 3});
    flight_.pop_front();
  }

  void sample_order(auto &d) {
    if (!d.order_valid) return;
    unsigned qi = d.order_queue;
    REQUIRE(qi < sizes.queues);
    Queue &q = queues_[qi];
    INFO("cycle " << this->now() << " queue " << qi << " kind " << int(d.order_kind) << " slot "
                  << d.order_slot << " segment " << d.order_segment);
    REQUIRE(!q.jobs.empty());
    REQUIRE_FALSE(q.failed);
    REQUIRE_FALSE((half_unloaded_ && *unload_ == qi));
    unsigned e = q.jobs.front();
    Loaded &l = entries_[e].loaded;
    const Job &job = l.job;
    RunEntry &run = entries_[e].run;
    // carried as they are
    CHECK(d.order_slot == job.slot);
    CHECK(d.order_slots == job.slots);
    CHECK(d.order_cookie == job.cookie);
    CHECK(d.order_flags == (job.cookie & 3));
    CHECK(d.order_head == job.head());
    CHECK(d.order_tag == (job.tag && !job.refused()));
    CHECK(d.order_fold == ((job.cookie >> 16) & 0xffff));
    CHECK(d.order_job_bytes == job.payload);
    CHECK(d.order_header_bytes == (job.refused() ? 0 : job.header));
    if (job.has_template()) CHECK(d.order_tmpl == l.tmpl);
    // where the job stands
    CHECK(d.order_segment == l.segments);
    CHECK(d.order_sent == l.sent);
    CHECK(d.order_first == (l.segments == 0));
    // the slot
    CHECK(d.order_frame == orders.size() % sizes.frame_slots);
    REQUIRE(flight_.size() < sizes.frame_slots);
    unsigned rest = job.payload - l.sent;
    unsigned want = std::min(rest, job.mss);
    bool last = want == rest;
    unsigned rows = beats(job.header + want + (job.tag ? 4 : 0));
    unsigned taken = (l.sent - job.skip_bytes) + (d.order_tmpl_fetched ? job.header : 0);
    uint64_t cycles = job.head() == kTunnel ? 7 : job.head() == kFields ? 3 : 2;
    uint64_t frame_cycles = 0, wire_cycles = cycles;
    switch (d.order_kind) {
      case kOrderFrame:
        REQUIRE(!job.refused());
        CHECK_FALSE(held_);
        CHECK(d.order_bytes == want);
        CHECK(d.order_last == last);
        CHECK(d.order_status == 0);
        if (d.order_gather) {
          CHECK(d.order_row >= 1);
          CHECK(d.order_row + rows <= sizes.lane);
          rows = 0;
          gathers++;
        } else {
          CHECK(d.order_row == row_);
        }
        CHECK(d.order_rows == rows);
        CHECK(d.order_tmpl_fetched == (job.header != 0));
        if (last) CHECK(run.chain_done());
        CHECK((rows_used_ == 0 || rows_used_ + rows <= std::min(sizes.rows, knobs.store_limit)));
        expected_.push_back({e, d.order_gather ? unsigned(d.order_lane_frame) : d.order_frame,
                             d.order_row, job.header, want, last, false, bool(d.order_gather)});
        wire_cycles = std::max<uint64_t>(cycles, std::max(rows, beats(60)));
        frame_cycles = want == 0 ? 0 : (want + 2 * sizes.bus_bytes - 2) / sizes.bus_bytes;
        rows_used_ += rows;
        row_ += rows;
        if (row_ >= sizes.lane + sizes.rows) row_ -= sizes.rows;
        l.segments++;
        l.sent += want;
        q.issued_bytes += want;
        if (last) q.jobs.pop_front();
        break;
      case kOrderEnd:
        REQUIRE(job.refused());
        CHECK_FALSE(held_);
        CHECK(d.order_status == job.status);
        expected_.push_back({e, 0, 0, 0, 0, true, false});
        q.issued_bytes += rest;
        q.jobs.pop_front();
        break;
      case kOrderFail: {
        REQUIRE(!job.refused());
        bool tmpl_next = job.header != 0 && !d.order_tmpl_fetched;
        unsigned needed = taken + (tmpl_next ? job.header : want);
        CHECK((run.ready_bytes < needed || (last && !run.chain_done())));
        // without a gather lane too many pieces are an end, too
        End end = run.blocked() ? run.end : End{kNotBuilt, 0, kLevelNone, 0, 0};
        if (!run.blocked()) {
          CHECK(sizes.lane == 0);
          CHECK(run.full());
          not_built++;
        }
        CHECK(d.order_status == end.status);
        CHECK(d.order_cause == end.cause);
        CHECK(d.order_level == end.level);
        CHECK(d.order_access == end.access);
        CHECK(d.order_va == end.va);
        if (run.blocked()) CHECK(d.order_space == (end.va & 3));
        l.tmpl_final = d.order_tmpl_fetched;
        expected_.push_back({e, 0, 0, 0, 0, false, true});
        q.issued_bytes += rest;
        q.jobs.pop_front();
        q.failed = true;
        fails++;
        break;
      }
      default:
        FAIL("no such order");
    }
    if (d.order_kind != kOrderFrame) {
      CHECK(d.order_last);
      CHECK(d.order_bytes == 0);
      CHECK(d.order_rows == 0);
      rows = 0;
    }
    if (cost.size() != sizes.queues) cost.assign(sizes.queues, 0);
    cost[qi] += std::max(wire_cycles, frame_cycles) + (l.charged ? 0 : load_cost(job));
    l.charged = true;
    orders.push_back({d.order_kind, qi, d.order_slot, d.order_segment, d.order_bytes,
                      d.order_status, this->now()});
    q.issued++;
    q.owed = true;
    flight_.push_back({d.order_kind, qi, d.order_row, rows, unsigned(wire_cycles),
                       this->now() + knobs.left_delay, bool(d.order_gather)});
    slot_peak = std::max(slot_peak, uint64_t(flight_.size()));
    row_peak = std::max(row_peak, uint64_t(rows_used_));
  }
  uint64_t load_cost(const Job &job) const {
    unsigned slot_beats = std::max(1u, 64 / sizes.bus_bytes);
    return job.slots * slot_beats +
           (job.refused() || job.header == 0
                ? 0
                : (job.header + 2 * sizes.bus_bytes - 2) / sizes.bus_bytes);
  }

  // -- wakes and queries -------------------------------------------------------------------------
  void sample_wake(auto &d) {
    if (!d.wake_valid || !d.wake_ready) return;
    REQUIRE(d.wake_queue < sizes.queues);
    queues_[d.wake_queue].owed = false;
    wakes++;
    wake_cycles_[d.wake_queue].push_back(this->now());
  }
  void sample_queries(auto &d) {
    if (asked_) {
      INFO("cycle " << this->now() << " query of queue " << *asked_);
      if (asked_bytes_) CHECK(d.query_issued_bytes == (*asked_bytes_ & 0x3ffffff));
      CHECK(d.ctl_issued == asked_issued_);
      if (d.query_in_debt && watch_queue) debt_cycles.push_back(this->now());
    }
    asked_ = d.query_queue;
    asked_bytes_ = queues_[*asked_].issued_bytes;
    if (unload_ && *unload_ == *asked_) asked_bytes_.reset();  // jobs are on their way to be killed
    asked_issued_ = queues_[*asked_].issued;
  }

  // -- fences and unloads ------------------------------------------------------------------------
  void drive_control(auto &d) {
    d.wake_ready = chance(knobs.wake_percent);
    d.query_queue = watch_queue ? *watch_queue : rng_() % sizes.queues;
    if (d.wake_valid && !watch_queue) d.query_queue = d.wake_queue;
    d.ctl_queue = d.query_queue;
    if (release_) d.hold_issue = 0;
    release_ = false;
    if (!d.hold_issue && (fence_due_ || rng_() % 1000 < knobs.hold_per_mille)) {
      d.hold_issue = 1;
      hold_since_ = this->now();
      fence_due_ = false;
    }
    if (!unload_ && !unload_due_.empty() && this->now() >= unload_due_.front().second) {
      unload_ = unload_due_.front().first;
      unload_due_.pop_front();
    } else if (!unload_ && rng_() % 1000 < knobs.unload_per_mille) {
      unload_ = rng_() % used_queues;
    }
    d.unload_valid = unload_.has_value();
    if (unload_) {
      d.unload_queue = *unload_;
      if (!queues_[*unload_].stopped) unload_log.push_back({*unload_, this->now(), 0, 0});
      queues_[*unload_].stopped = true;
    }
  }
  void sample_control(auto &d) {
    if (d.hold_issue && !release_ && this->now() >= hold_until_) {
      if (held_ && chance(20)) {  // the fence has done its work
        release_ = true;
        held_ = false;
        fences++;
      } else if (!held_ && d.issue_held && this->now() > hold_since_) {
        longest_hold = std::max(longest_hold, this->now() - hold_since_);
        CHECK_FALSE(d.fetch_valid);
        CHECK_FALSE(fetch_busy_);
        held_ = true;
        for (auto &entry : entries_) {
          if (entry.used && chance(70)) entry.run.redo();
        }
      }
    }
    if (d.unload_valid && d.unload_ready) end_unload(d);
  }
  void end_unload(auto &d) {
    Queue &q = queues_[*unload_];
    for (unsigned e : q.jobs) {  // their kills are on their way
      late_kills_.push_back(e);
      unloaded(entries_[e].loaded);
    }
    q.jobs.clear();
    CHECK(late_kills_.size() <= 2);
    if (dropped_.empty()) heads.none++;
    CHECK(d.unload_head_any == !dropped_.empty());
    if (!dropped_.empty()) {
      const Job &head = dropped_.front();
      CHECK(d.unload_head_slot == head.slot);
      CHECK(d.unload_head_segments == head.skip_segments);
      CHECK(d.unload_head_bytes == head.skip_bytes);
    }
    for (auto job = dropped_.rbegin(); job != dropped_.rend(); ++job) {
      job->fault_run = job->fault_run >= 0 ? int(rng_() % 4) : -1;
      q.todo.push_front(*job);
    }
    unload_log.back().end = this->now();
    unload_log.back().kills = unsigned(dropped_.size());
    dropped_.clear();
    half_unloaded_ = false;
    q.stopped = q.failed = false;
    unload_.reset();
    unloads++;
  }

  std::string who_waits() {
    std::string text = "nothing moves in cycle " + std::to_string(this->now()) + ":";
    for (unsigned q = 0; q < sizes.queues; q++) {
      const Queue &s = queues_[q];
      if (s.jobs.empty() && s.todo.empty()) continue;
      text += " queue " + std::to_string(q) + " has " + std::to_string(s.jobs.size()) + " loaded";
      if (!s.jobs.empty()) {
        const Entry &e = entries_[s.jobs.front()];
        text += " (head job " + std::to_string(s.jobs.front()) + " avail " +
                std::to_string(e.run.available()) + " blocked " + std::to_string(e.run.blocked()) +
                " full " + std::to_string(e.run.full()) + " sent " + std::to_string(e.loaded.sent) +
                " of " + std::to_string(e.loaded.job.payload) + ")";
      }
      text += " and " + std::to_string(s.todo.size()) + " to load;";
    }
    text += " orders in flight " + std::to_string(flight_.size()) + ", fetches expected " +
            std::to_string(expected_.size()) + ", entries free " + std::to_string(home_.size());
    return text;
  }

  std::mt19937_64 rng_;
  std::vector<Entry> entries_;
  std::vector<Queue> queues_;
  std::deque<unsigned> home_, templates_;
  std::deque<Fetch> expected_;
  std::deque<InFlight> flight_;
  std::vector<Job> dropped_;
  std::vector<unsigned> dying_;
  std::deque<unsigned> late_kills_;  // of an unload that has ended
  std::deque<std::pair<unsigned, uint64_t>> unload_due_;
  std::optional<unsigned> unload_, asked_;
  std::optional<uint32_t> asked_bytes_;
  uint16_t asked_issued_ = 0;
  unsigned next_queue_ = 0, rows_used_ = 0, row_, last_end_job_ = 0;
  unsigned fetch_entry_ = 0, fetch_left_ = 0, wire_beats_ = 0;
  std::deque<std::pair<uint16_t, uint8_t>> debits_;  // queue and beats
  std::optional<uint64_t> debited_;
  unsigned lane_flying_ = 0;  // bytes of the gather lane that are to land
  bool fetch_busy_ = false, fetch_last_ = false, fetch_lane_ = false, recent_load_ = false,
       held_ = false;
  bool fence_due_ = false, release_ = false, half_unloaded_ = false;
  std::map<unsigned, std::vector<uint64_t>> wake_cycles_;
  uint64_t hold_until_ = 0, hold_since_ = 0, loads_ = 0, finished_ = 0, left_count_ = 0;
};

}  // namespace vmso::seg_test
