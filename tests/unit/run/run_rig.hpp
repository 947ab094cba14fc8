// SPDX-License-Identifier: Apache-2.0
// The neighbours of vmso_run, each with random times of its own: job and ring (loads, chains), xlat
// (hits, walks, refusals, fences), seg (looks at jobs only after an event, fetches, kills) and
// read (takes pieces). What must come out is predicted by run_model.hpp.
//
// Found wrong: a lookup of a run that has one outstanding or that the plan does not have, a piece
// with another place than the plan and the present version of the page map give, or one that is not
// cut where a tag will stand or a sum begins, bytes shown as
// ready that are not, a wrong end, a job that is never finished, a killed one that is free before
// its translations are home or whose slot is taken, bytes of which seg and run count different
// ones; an elder that no mark has made, that ends for no reason, or of an entry that is free, and a
// fence that is held back without one.
#pragma once
#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "run_model.hpp"
#include "unit_bench.hpp"

namespace vmso::run_test {

constexpr uint64_t kPpn = 0xfffffffffffull;

struct Knobs {
  unsigned load_percent = 50;    // cycles with a load, if jobs wait and an entry is free
  unsigned lookup_percent = 90;  // lookup_ready
  unsigned walk_percent = 40;    // lookups that miss
  unsigned walk_latency = 120;   // longest walk, cycles
  unsigned hit_latency = 4;
  unsigned walk_slots = 8;
  unsigned share_percent = 20;   // cycles in which the queue that is looked at has its share
  unsigned busy_percent = 5;     // misses refused although a walk is free
  unsigned piece_percent = 80;   // piece_ready
  unsigned fetch_percent = 70;   // cycles with a fetch, if one is possible
  unsigned land_percent = 20;    // cycles in which the next slot of a job lands
  unsigned kill_per_mille = 0;   // cycles in which a healthy job is killed
  unsigned mark_per_mille = 0;   // cycles in which a fence begins
  unsigned fault_per_mille = 0;  // pages that fault
  unsigned whole_percent = 0;    // fetches of everything that is ready
  uint32_t mss = 0;              // if not 0: fetches take just so many payload bytes, or the rest
  int held_queue = -1;           // no slot of this queue lands
  int cold_queue = -1;           // no walk of this queue ends; all its lookups miss
  bool true_places = false;      // payload begins behind the header, else anywhere in the frame
  bool heed_hold = false;        // fences wait for hold_fence
  bool reuse = false;            // the entry that was freed last is loaded first
};

template <typename Model>
class Rig : public unit::UnitBench<Model> {
 public:
  Rig(unsigned jobs, Knobs knobs, uint64_t seed)
      : unit::UnitBench<Model>(int(seed % 1000 + 1)), knobs(knobs), rng_(seed), table_(jobs) {
    pages.fault_per_mille = knobs.fault_per_mille;
    auto &d = this->dut();
    d.load_valid = d.chain_slot_valid = d.fill_valid = d.busy_valid = d.fetch_valid = 0;
    d.mark_valid = 0;
    this->reset();
    d.walk_free = 1;
    d.piece_ready = d.lookup_ready = 0;
    for (int i = 0; i < 1000 && !this->dut().run_ready; i++) this->tick();
    REQUIRE(this->dut().run_ready);
    for (unsigned j = 0; j < jobs; j++) home_.push_back(j);
  }

  Knobs knobs;
  PageMap pages;
  std::deque<Job> waiting;
  uint64_t finished = 0, killed = 0, pieces = 0, marks = 0, lookups = 0, busies = 0, fulls = 0;
  uint64_t faults_seen = 0, bads_seen = 0, runs_redone = 0, longest_mark = 0;
  std::vector<End> ends;  // of blocked jobs, as they were seen
  std::vector<uint64_t> load_cycles, lookup_cycles, fill_cycles, event_cycles, fetch_cycles,
      piece_cycles, kill_cycles, free_cycles;  // when each came; a piece: when it was shown
  std::vector<unsigned> lookup_jobs;
  std::vector<unsigned> elders;            // as they came
  uint64_t longest_hold = 0;               // cycles in which no fence might begin
  bool fetching = true;                    // seg sends commands
  void fence_now() { fence_due_ = true; }  // of all contexts
  bool fencing() const { return fence_due_ || mark_ != 0; }
  bool holds() { return this->dut().hold_fence; }
  // the elder's job, or -1
  int elder() { return this->dut().elder_valid ? int(this->dut().elder_job) : -1; }
  unsigned queue_of(unsigned job) const { return table_[job].job.queue; }

  bool busy() const { return !waiting.empty() || active_ != 0; }

  void step() {
    auto &d = this->dut();
    drive_load(d);
    drive_chain(d);
    drive_xlat(d);
    drive_seg(d);
    d.piece_ready = chance(knobs.piece_percent);
    this->settle();
    sample_pieces(d);
    sample_load(d);
    sample_chain(d);
    sample_xlat(d);
    sample_seg(d);
    sample_elder(d);
    this->tick();
  }

  // Kills the jobs of a queue, as soon as the channel is free.
  void kill(unsigned queue, unsigned most = 1000) {
    for (unsigned j = 0; j < table_.size() && most > 0; j++) {
      Entry &e = table_[j];
      if (!e.used || e.job.queue != queue || e.ending) continue;
      e.ending = true;
      e.listed = false;
      kill_due_.push_back(j);
      most--;
    }
  }
  // Is one of the queue's jobs in its entry?
  bool has_job(unsigned queue) const {
    return std::any_of(table_.begin(), table_.end(),
                       [&](const Entry &e) { return e.used && e.job.queue == queue; });
  }
  void steps(unsigned n) {
    while (n-- > 0) step();
  }
  void drain() {
    uint64_t quiet = 0, last = 0;
    while (busy()) {
      step();
      uint64_t progress = finished + pieces + killed;
      quiet = progress == last ? quiet + 1 : 0;
      last = progress;
      if (quiet > 20000) FAIL(who_waits());
    }
    for (auto &[queue, count] : asked_) CHECK(count == 0);
  }

 private:
  struct Entry {
    bool used = false;
    Job job;
    Plan plan;
    unsigned base = 0;  // run place of plan.runs[0], modulo 32
    bool base_known = false;
    uint64_t ordered = 0;    // bytes asked for by fetches
    uint64_t taken = 0;      // bytes of pieces that were shown
    uint32_t count = 0;      // seg's count of taken bytes, modulo 2^18
    size_t new_lookups = 0;  // first lookups seen
    unsigned fetches = 0;    // offered and not all pieces shown
    bool listed = false, ending = false;
    std::optional<uint64_t> killed = {};  // in this cycle
    size_t chain_next = 0;                // next slot that lands
    bool avail = false, landing = false;
    std::array<int, 32> outstanding = {};
    std::array<bool, 32> refused = {};
    std::array<Page, 32> filled = {};
  };
  struct Ask {
    unsigned job, run, ctx;
    uint64_t vpn;
    uint64_t due;
    bool walk, refuse;
  };
  struct Fetch {
    unsigned job;
    uint32_t bytes, pos;
    bool last, to_template, kill;
    unsigned tag;
  };
  struct Look {
    bool valid = false;
    unsigned job = 0;
    uint32_t total = 0;
    bool blocked = false, full = false, chain_done = false;
    unsigned ready_runs = 0;
  };

  bool chance(unsigned percent) { return rng_() % 100 < percent; }
  bool rare(unsigned per_mille) { return rng_() % 1000 < per_mille; }

  // -- job: loads
  // -----------------------------------------------------------------------------------
  void drive_load(Model &d) {
    d.load_valid = 0;
    load_recent_ = loading_.has_value();
    loading_.reset();
    while (!freed_.empty() && freed_.front().first <= this->now()) {
      if (knobs.reuse)
        home_.push_front(freed_.front().second);
      else
        home_.push_back(freed_.front().second);
      freed_.pop_front();
    }
    if (load_recent_ || waiting.empty() || home_.empty() || !chance(knobs.load_percent)) return;
    unsigned j = home_.front();
    home_.pop_front();
    const Job &job = waiting.front();
    loading_ = j;
    d.load_valid = 1;
    d.load_job = uint8_t(j);
    d.load_queue = uint16_t(job.queue % queues());
    d.load_kind = uint8_t(job.kind);
    d.load_status = uint8_t(job.status);
    d.load_slots = uint16_t(job.chain.size() + 1);
    d.load_payload_bytes = job.kind == 0 ? 0 : job.payload;
    d.load_header_bytes = uint16_t(job.refused() ? 0 : job.header);
    d.load_tag = job.tag;
    d.load_csum = job.csum;
    d.load_csum_from = uint16_t(job.csum_from);
    d.load_template_addr = job.tmpl.addr;
    d.load_template_ctx = uint16_t(job.contexts[job.tmpl.space]);
    d.load_addr0 = job.buffer0.addr;
    d.load_bytes0 = job.refused() ? 0 : job.buffer0.bytes;
    d.load_ctx0 = uint16_t(job.contexts[job.buffer0.space]);
    d.load_addr1 = job.buffer1.addr;
    d.load_bytes1 = job.refused() ? 0 : job.buffer1.bytes;
    d.load_ctx1 = uint16_t(job.contexts[job.buffer1.space]);
    d.load_template_space = uint8_t(job.tmpl.space);
    d.load_space0 = uint8_t(job.buffer0.space);
    d.load_space1 = uint8_t(job.buffer1.space);
    d.load_skip_bytes = job.skip;
    uint64_t contexts = 0;
    for (unsigned s = 0; s < 4; s++) {
      contexts |= uint64_t(job.contexts[s]) << 12 * s | uint64_t(job.granted[s]) << (48 + s);
    }
    d.load_contexts = contexts;
  }
  void sample_load(Model &) {
    if (!loading_) return;
    Entry &e = table_[*loading_];
    REQUIRE(!e.used);
    Entry old = e;
    e = Entry{};
    e.used = true;
    e.base = old.base;
    e.base_known = old.base_known;
    e.count = old.count;
    e.job = waiting.front();
    waiting.pop_front();
    e.plan = plan(e.job);
    e.listed = true;
    active_++;
    load_cycles.push_back(this->now());
  }

  // -- ring: chains
  // ---------------------------------------------------------------------------------
  void drive_chain(Model &d) {
    unsigned j = unsigned(rng_() % table_.size());
    for (unsigned i = 0; i < 4; i++, j = (j + 1) % unsigned(table_.size())) {
      Entry &e = table_[j];
      if (e.used && !e.avail && !e.landing && e.chain_next < e.job.chain.size() &&
          int(e.job.queue) != knobs.held_queue && chance(knobs.land_percent)) {
        e.avail = true;
      }
    }
    for (unsigned w = 0; w < 4; w++) {
      uint32_t word = 0;
      for (unsigned b = 0; b < 32 && w * 32 + b < table_.size(); b++) {
        word |= uint32_t(table_[w * 32 + b].avail) << b;
      }
      d.chain_avail[w] = word;
    }
    d.chain_slot_valid = 0;
    for (int w = 0; w < 16; w++) d.chain_slot[w] = uint32_t(rng_());
    if (popped_ && popped_due_ == this->now()) {
      Entry &e = table_[*popped_];
      d.chain_slot_valid = 1;
      if (e.landing) {
        const Slot &slot = e.job.chain[e.chain_next++];
        e.landing = false;
        d.chain_slot_resp = uint8_t(slot.resp);
        for (unsigned p = 0; p < 4 && !slot.resp; p++) {
          const Buffer &b = slot.places[p];
          uint64_t word1 = b.bytes | uint64_t(b.space) << 24 | b.reserved << 26;
          d.chain_slot[4 * p] = uint32_t(b.addr);
          d.chain_slot[4 * p + 1] = uint32_t(b.addr >> 32);
          d.chain_slot[4 * p + 2] = uint32_t(word1);
          d.chain_slot[4 * p + 3] = uint32_t(word1 >> 32);
        }
        if (slot.resp) {
          d.chain_slot[0] = uint32_t(slot.places[0].addr);
          d.chain_slot[1] = uint32_t(slot.places[0].addr >> 32);
        }
      }
      popped_.reset();
    }
  }
  void sample_chain(Model &d) {
    if (!d.chain_pop_valid) return;
    REQUIRE(!popped_);
    Entry &e = table_[d.chain_pop_job];
    REQUIRE(e.used);
    REQUIRE(e.avail);
    // a kill shows to the room in the second cycle after its command, and a pop one later
    if (e.killed) REQUIRE(this->now() <= *e.killed + 2);
    e.avail = false;
    e.landing = true;
    popped_ = d.chain_pop_job;
    popped_due_ = this->now() + 4 + rng_() % 7;
  }

  // -- xlat
  // -----------------------------------------------------------------------------------------
  void drive_xlat(Model &d) {
    d.fill_valid = d.busy_valid = 0;
    d.lookup_ready = chance(knobs.lookup_percent);
    // a slot is kept for the run that is asked again, until it is known what becomes of it
    if (again_under_way_ > 0) again_under_way_--;
    d.walk_free = walks() < knobs.walk_slots && again_under_way_ == 0;
    d.share_full = chance(knobs.share_percent);
    d.fill_ppn = rng_() & kPpn;
    d.fill_cause = uint8_t(rng_());
    // a random one of those that are due, so that answers overtake each other
    std::vector<size_t> due;
    for (size_t i = 0; i < asks_.size(); i++) {
      if (int(table_[asks_[i].job].job.queue) == knobs.cold_queue) continue;
      if (asks_[i].due <= this->now() && !asks_[i].refuse) due.push_back(i);
    }
    if (!due.empty()) {
      size_t i = due[rng_() % due.size()];
      Ask a = asks_[i];
      asks_.erase(asks_.begin() + long(i));
      Page page = pages.look(a.ctx, a.vpn);
      d.fill_valid = 1;
      fill_cycles.push_back(this->now());
      d.fill_job = uint8_t(a.job);
      d.fill_run = uint8_t(a.run);
      d.fill_fault = page.fault;
      if (page.fault) d.fill_cause = uint8_t(page.cause);
      d.fill_level = uint8_t(page.level);
      if (!page.fault) d.fill_ppn = page.ppn & kPpn;
      Entry &e = table_[a.job];
      e.outstanding[a.run]--;
      e.filled[a.run] = page;
    }
    for (size_t i = 0; i < asks_.size(); i++) {
      if (asks_[i].refuse && asks_[i].due <= this->now()) {
        d.busy_valid = 1;
        d.busy_job = uint8_t(asks_[i].job);
        d.busy_run = uint8_t(asks_[i].run);
        table_[asks_[i].job].outstanding[asks_[i].run]--;
        asks_.erase(asks_.begin() + long(i));
        busies++;
        break;
      }
    }
  }
  void sample_xlat(Model &d) {
    if (lookup_held_) {  // what was offered stands
      REQUIRE(d.lookup_valid);
      REQUIRE(lookup_seen_ == lookup_of(d));
    }
    const bool waits = d.lookup_waits;
    REQUIRE((waits || waiting_before_ == 0));
    waiting_before_ = waiting_;
    if (d.busy_valid) {
      table_[d.busy_job].refused[d.busy_run] = true;
      if (!table_[d.busy_job].killed) waiting_++;
    }
    lookup_held_ = d.lookup_valid && !d.lookup_ready;
    lookup_seen_ = lookup_of(d);
    if (!d.lookup_valid || !d.lookup_ready) return;
    lookup_cycles.push_back(this->now());
    lookup_jobs.push_back(d.lookup_job);
    lookups++;
    Entry &e = table_[d.lookup_job];
    REQUIRE(e.used);
    REQUIRE(e.outstanding[d.lookup_run] == 0);
    e.outstanding[d.lookup_run]++;
    // the run that lives in this place: the oldest that is not used up
    if (!e.base_known) {
      e.base = d.lookup_run;
      e.base_known = true;
    }
    size_t first = run_at(e, e.taken);
    size_t index = first + (d.lookup_run + 64 - (e.base + first) % 32) % 32;
    INFO("job " << int(d.lookup_job) << " place " << int(d.lookup_run) << " run " << index);
    REQUIRE(index < e.plan.runs.size());
    const Run &run = e.plan.runs[index];
    REQUIRE(uint64_t(d.lookup_vpn) == run.va >> 12);
    REQUIRE(unsigned(d.lookup_ctx) == run.ctx);
    REQUIRE(unsigned(d.lookup_queue) == e.job.queue % queues());
    REQUIRE(bool(d.lookup_advise) == (e.job.kind == 5));
    REQUIRE(!d.lookup_ghost);
    const bool again = d.lookup_again;
    // the refused runs of a killed job are dropped; a fence may ask for them anew
    if (!e.killed) REQUIRE(again == e.refused[d.lookup_run]);
    if (again) {
      REQUIRE(walks() < knobs.walk_slots);
      REQUIRE(again_under_way_ == 0);
      if (!e.killed) waiting_--;
      waiting_before_ = std::min(waiting_before_, waiting_);
      e.refused[d.lookup_run] = false;
      again_under_way_ = 3;
    }
    if (index >= e.new_lookups) {
      REQUIRE(index == e.new_lookups);  // in order
      e.new_lookups++;
    } else {
      if (e.job.kind == 5) REQUIRE(again);  // a mark makes nothing of an ADVISE job anew
      runs_redone++;
    }
    bool miss = chance(knobs.walk_percent);
    const unsigned kept = waits && !again;  // the last slot
    bool refuse = miss && (walks() + kept >= knobs.walk_slots || chance(knobs.busy_percent));
    uint64_t due = this->now() + (miss && !refuse ? knobs.hit_latency + rng_() % knobs.walk_latency
                                                  : knobs.hit_latency);
    asks_.push_back({d.lookup_job, d.lookup_run, run.ctx, run.va >> 12, due, miss, refuse});
  }
  // of the configuration with so many jobs
  unsigned queues() const { return table_.size() == 32 ? 4 : table_.size() == 64 ? 64 : 1024; }
  unsigned walks() const {
    return unsigned(std::count_if(asks_.begin(), asks_.end(),
                                  [](const Ask &a) { return a.walk && !a.refuse; }));
  }
  static std::array<uint64_t, 4> lookup_of(const Model &d) {
    return {d.lookup_job, d.lookup_run, d.lookup_ctx, d.lookup_vpn};
  }

  // -- seg
  // ------------------------------------------------------------------------------------------
  // Index of the run that holds byte `at` of the job (runs.size() if beyond).
  size_t run_at(const Entry &e, uint64_t at) const {
    size_t i = 0;
    while (i < e.plan.runs.size() && at >= e.plan.runs[i].bytes) at -= e.plan.runs[i++].bytes;
    return i;
  }
  uint64_t offset_at(const Entry &e, uint64_t at) const {
    for (const Run &r : e.plan.runs) {
      if (at < r.bytes) return at;
      at -= r.bytes;
    }
    return at;
  }

  void drive_seg(Model &d) {
    // fence: stop, wait for the fetch server, mark, go on
    const bool may = !knobs.heed_hold || !d.hold_fence;
    if (mark_ == 0 && may && (fence_due_ || rare(knobs.mark_per_mille))) {
      mark_ = 1;
      mark_all_ = fence_due_ || chance(20);
      fence_due_ = false;
      mark_ctx_ = 1 + unsigned(rng_() % 8);
      // from here on xlat answers from the new tables
      for (unsigned c = 0; c < 64; c++)
        if (mark_all_ || c == mark_ctx_) pages.version[c]++;
      marks++;
    }
    d.mark_all = mark_all_;
    d.mark_ctx = uint16_t(mark_all_ ? rng_() % 4096 : mark_ctx_);
    if (!offer_ && mark_ == 0 && !kill_due_.empty()) {
      offer_kill(kill_due_.front());
      kill_due_.pop_front();
    } else if (!offer_ && mark_ == 0 && rare(knobs.kill_per_mille)) {
      unsigned j = unsigned(rng_() % table_.size());
      if (table_[j].used && !table_[j].ending && !load_of(j)) offer_kill(j);
    }
    if (!offer_ && mark_ == 0 && fetching && look_.valid) act(d);
    look_.valid = false;
    d.fetch_valid = offer_.has_value();
    if (offer_) {
      d.fetch_job = uint8_t(offer_->job);
      d.fetch_to_template = offer_->to_template;
      d.fetch_tmpl = uint8_t(offer_->job);
      d.fetch_frame = uint8_t(offer_->tag);
      d.fetch_row = uint16_t(rng_()) & 0x7ff;
      d.fetch_pos = uint16_t(offer_->pos);
      d.fetch_bytes = uint16_t(offer_->bytes);
      d.fetch_job_last = offer_->last;
      d.fetch_kill = offer_->kill;
      d.fetch_queue = uint16_t(table_[offer_->job].job.queue);
    }
    d.mark_valid = mark_ == 2;
    // look at a listed job
    look_job_ = unsigned(rng_() % table_.size());
    for (size_t i = 0; i < table_.size(); i++) {
      unsigned j = (look_job_ + unsigned(i)) % unsigned(table_.size());
      if (table_[j].used && table_[j].listed && !load_of(j)) {
        look_job_ = j;
        break;
      }
    }
    d.status_job = uint8_t(look_job_);
    d.end_job = uint8_t(look_job_);
  }
  bool load_of(unsigned j) const { return loading_ && *loading_ == j; }
  void offer_kill(unsigned j) {
    offer_ = Fetch{j, 0, 0, false, false, true, unsigned(rng_() & 0xff)};
    table_[j].ending = true;
    table_[j].listed = false;
  }

  // What seg does with what it saw one cycle ago.
  void act(Model &d) {
    Entry &e = table_[look_.job];
    if (!e.used || e.ending) return;
    uint32_t diff = (look_.total - e.count) & 0x3ffff;
    int64_t ready = diff >= 0x20000 ? int64_t(diff) - 0x40000 : int64_t(diff);
    INFO("job " << look_.job << " ready " << ready << " ordered " << e.ordered << " of "
                << e.plan.bytes << " bad " << e.plan.bad << " blocked " << look_.blocked << " done "
                << look_.chain_done);
    REQUIRE(ready + int64_t(e.ordered) <= int64_t(e.plan.bytes));
    if (ready < 0) REQUIRE(-ready < 4096);
    if (look_.chain_done) REQUIRE(!e.plan.bad);
    if (look_.full) fulls++;
    REQUIRE(look_.ready_runs <= 32);
    if (look_.full) REQUIRE(look_.ready_runs == 32);
    if (look_.full && !look_.blocked) {
      size_t first = run_at(e, e.taken);
      uint64_t end = 0;
      for (size_t i = 0; i < first + 32 && i < e.plan.runs.size(); i++) end += e.plan.runs[i].bytes;
      uint64_t all = end - e.ordered;
      // one byte of 2^17 is held back, as the difference is a signed number
      if (e.fetches == 0) REQUIRE(int64_t(all == 0x20000 ? all - 1 : all) == ready);
    }
    uint64_t left = e.plan.bytes - e.ordered;
    if (ready > 0) {
      if (!chance(knobs.fetch_percent)) return;
      bool headed = e.ordered < e.job.header;
      uint64_t most = std::min<uint64_t>(uint64_t(ready), 9216);
      if (headed) most = e.job.header - e.ordered;
      if (most > uint64_t(ready)) {
        e.listed = look_.blocked;
        if (look_.blocked) check_end(d, e, uint64_t(ready));
        return;
      }
      if (knobs.mss && !headed) {
        most = std::min<uint64_t>(knobs.mss, left);
        if (most > uint64_t(ready)) {
          e.listed = false;
          return;
        }
      }
      bool last_possible = look_.chain_done && !e.plan.bad;
      uint64_t bytes =
          headed || knobs.mss || chance(knobs.whole_percent) ? most : 1 + rng_() % most;
      if (chance(10)) bytes = most;
      if (bytes == left && !last_possible) {  // the last segment waits for the chain's end
        if (look_.blocked) {
          check_end(d, e, uint64_t(ready));
          return;
        }
        if (left == 1 || headed) {
          e.listed = false;
          return;
        }
        bytes--;
      }
      offer(e, uint32_t(bytes), bytes == left);
      return;
    }
    if (left == 0 && look_.chain_done) {
      offer(e, 0, true);
      return;
    }
    if (look_.blocked) {
      check_end(d, e, 0);
      return;
    }
    e.listed = false;
  }
  void offer(Entry &e, uint32_t bytes, bool last) {
    bool headed = e.ordered < e.job.header;
    uint32_t pos = headed ? uint32_t(e.ordered) : e.job.header;
    if (!headed && !knobs.true_places) {
      uint64_t r = rng_();
      pos = uint32_t(r % (r >> 32 & 1 ? 20 : 4096));
    }
    offer_ = Fetch{look_.job, bytes, pos, last, headed, false, unsigned(rng_() & 0xff)};
    e.ordered += bytes;
    e.count = (e.count + bytes) & 0x3ffff;
    e.fetches++;
    e.ending = last;
  }
  // The job is blocked `ready` bytes from here: its end was asked for in the cycle before.
  void check_end(Model &d, Entry &e, uint64_t ready) {
    uint64_t at = e.ordered + ready;
    size_t index = run_at(e, at);
    End want;
    if (index == e.plan.runs.size()) {
      REQUIRE(e.plan.bad);
      want = e.plan.end;
      bads_seen++;
    } else {
      const Run &run = e.plan.runs[index];
      const Page &page = e.filled[(e.base + index) % 32];
      REQUIRE(page.fault);
      want = fault_end(page, run.va + offset_at(e, at), run.tmpl);
      REQUIRE(unsigned(d.end_space) == run.space);
      faults_seen++;
    }
    End got = {d.end_status, d.end_cause, d.end_level, d.end_access, d.end_va};
    INFO("blocked at byte " << at << ": status " << got.status << " want " << want.status
                            << ", cause " << got.cause << " want " << want.cause << ", va "
                            << std::hex << got.va << " want " << want.va);
    REQUIRE(got == want);
    ends.push_back(got);
    // a fault may be mended by a later fence: sometimes wait for it
    if (knobs.mark_per_mille && index < e.plan.runs.size() && chance(50)) {
      e.listed = true;
      return;
    }
    offer_kill(look_.job);
  }

  void sample_seg(Model &d) {
    look_ = Look{};
    if (table_[look_job_].used && table_[look_job_].listed && !load_of(look_job_)) {
      look_ = {true,
               look_job_,
               d.status_ready_total,
               bool(d.status_blocked),
               bool(d.status_full),
               bool(d.status_chain_done),
               d.status_ready_runs};
    }
    if (d.ready_event_valid) {
      event_cycles.push_back(this->now());
      REQUIRE(d.ready_event < table_.size());
      Entry &e = table_[d.ready_event];
      if (e.used && !e.ending) e.listed = true;
    }
    if (d.fetch_valid && d.fetch_ready) {
      fetch_cycles.push_back(this->now());
      if (!offer_->to_template || offer_->last || offer_->kill) issued_ = offer_->job;
      if (offer_->last || offer_->kill) expect_free_.push_back(offer_->job);
      if (offer_->kill) {
        Entry &e = table_[offer_->job];
        e.killed = this->now();
        waiting_ -= std::count(e.refused.begin(), e.refused.end(), true);
        waiting_before_ = std::min(waiting_before_, waiting_);
        kill_cycles.push_back(this->now());
        killed++;
      } else if (offer_->bytes == 0) {
        table_[offer_->job].fetches--;
      } else {
        fetches_.push_back(*offer_);
      }
      offer_.reset();
    }
    if (mark_ == 1 && !offer_ && d.fetch_idle && fetches_.empty()) {
      mark_ = 2;
      mark_begin_ = this->now() + 1;
    } else if (mark_ == 2) {
      look_.valid = false;
      REQUIRE(d.fetch_idle);
      if (d.mark_ready) {
        mark_ = 0;
        longest_mark = std::max(longest_mark, this->now() - mark_begin_ + 1);
      }
    }
    if (d.fetch_idle && !(d.fetch_valid && d.fetch_ready))
      REQUIRE((fetches_.empty() && !d.piece_valid));
    if (d.asked_valid) asked_[d.asked_queue]++;
    if (d.job_free_valid) {
      unsigned j = d.job_free;
      auto it = std::find(expect_free_.begin(), expect_free_.end(), j);
      INFO("job_free " << j);
      REQUIRE(it != expect_free_.end());
      expect_free_.erase(it);
      Entry &e = table_[j];
      for (int n : e.outstanding) REQUIRE(n == 0);
      REQUIRE(e.fetches == 0);
      REQUIRE_FALSE(e.landing);
      free_cycles.push_back(this->now());
      d.status_job = uint8_t(j);
      this->settle();
      REQUIRE(uint32_t(d.status_ready_total) == e.count);
      if (e.killed) {
        e.base_known = false;  // an error run may have taken a place, too
      } else if (e.base_known) {
        REQUIRE(e.taken == e.plan.bytes);
      }
      e.used = e.listed = e.avail = false;
      freed_at_[j] = this->now();
      e.landing = false;
      e.base = (e.base + unsigned(e.new_lookups)) % 32;
      active_--;
      finished++;
      freed_.push_back({this->now() + 1 + rng_() % 5, j});
      std::sort(freed_.begin(), freed_.end());
    }
  }

  // -- elder
  // ---------------------------------------------------------------------------------------
  // Marks make elders; issues, kills and the next mark end them.
  void sample_elder(Model &d) {
    const int now = d.elder_valid ? int(d.elder_job) : -1;
    if (mark_ == 2) last_mark_ = this->now();
    if (now >= 0 && now != elder_) {
      INFO("elder " << now << " after " << elder_);
      REQUIRE(elder_ == -1);  // one cycle between two
      REQUIRE(this->now() <= last_mark_ + 2);
      REQUIRE(table_[unsigned(now)].used);
      elders.push_back(unsigned(now));
    } else if (now < 0 && elder_ >= 0) {
      const Entry &e = table_[unsigned(elder_)];
      // its entry may have been loaded anew in this very cycle
      const bool dead = !e.used || e.killed || freed_at_[unsigned(elder_)] + 1 == this->now();
      const bool marked = mark_ == 2 && this->now() <= mark_begin_ + 3;
      INFO("elder " << elder_ << " of queue " << e.job.queue << " ends, issued " << issued_before_);
      REQUIRE((dead || marked || int(issued_before_) == elder_));
    }
    elder_ = now;
    if (now >= 0) {
      const Entry &e = table_[unsigned(now)];
      REQUIRE((e.used || this->now() == freed_at_[unsigned(now)]));
    }
    REQUIRE((!d.hold_fence || now >= 0));
    hold_ = d.hold_fence ? hold_ + 1 : 0;
    longest_hold = std::max(longest_hold, hold_);
    issued_before_ = issued_;
    issued_ = -1;
  }

  // -- read
  // -----------------------------------------------------------------------------------------
  void sample_pieces(Model &d) {
    std::array<uint64_t, 6> shown = {d.piece_job, d.piece_addr,  d.piece_va,
                                     d.piece_pos, d.piece_bytes, d.piece_sums};
    if (piece_held_) {
      REQUIRE(d.piece_valid);
      REQUIRE(shown == piece_shown_);
    }
    bool old = piece_held_;
    piece_held_ = d.piece_valid && !d.piece_ready;
    piece_shown_ = shown;
    if (!d.piece_valid || old) return;
    pieces++;
    piece_cycles.push_back(this->now());
    REQUIRE(!fetches_.empty());
    Fetch &f = fetches_.front();
    Entry &e = table_[f.job];
    REQUIRE(asked_[e.job.queue] > 0);
    asked_[e.job.queue]--;
    REQUIRE(unsigned(d.piece_job) == f.job);
    REQUIRE(unsigned(d.piece_frame) == f.tag);
    size_t index = run_at(e, e.taken);
    uint64_t offset = offset_at(e, e.taken);
    REQUIRE(index < e.plan.runs.size());
    const Run &run = e.plan.runs[index];
    uint64_t va = run.va + offset;
    Page page = pages.look(run.ctx, run.va >> 12);
    uint32_t most = std::min(f.bytes, e.job.room(f.pos));
    uint32_t bytes = uint32_t(std::min<uint64_t>(run.bytes - offset, most));
    INFO("job " << f.job << " run " << index << " offset " << offset << " va " << std::hex << va
                << " got " << d.piece_va << std::dec << ", bytes " << bytes << " got "
                << int(d.piece_bytes) << ", mark " << mark_);
    REQUIRE(uint64_t(d.piece_va) == va);
    REQUIRE(unsigned(d.piece_space) == run.space);
    REQUIRE(unsigned(d.piece_bytes) == bytes);
    REQUIRE(unsigned(d.piece_pos) == e.job.place(f.pos));
    REQUIRE(bool(d.piece_sums) == e.job.sums(f.pos));
    REQUIRE(bool(d.piece_last) == (bytes == f.bytes));
    uint64_t addr = (page.ppn & kPpn) << 12 | (va & 0xfff);
    if (mark_ == 0) {  // before mark the old page may still be read
      REQUIRE(!page.fault);
      REQUIRE(uint64_t(d.piece_addr) == addr);
    }
    e.taken += bytes;
    f.bytes -= bytes;
    f.pos = (f.pos + bytes) & 0x3fff;
    if (f.bytes == 0) {
      e.fetches--;
      fetches_.pop_front();
    }
  }

 public:
  std::string who_waits() {
    std::string s = "no progress in cycle " + std::to_string(this->now()) + ":";
    for (size_t j = 0; j < table_.size(); j++) {
      Entry &e = table_[j];
      if (!e.used) continue;
      auto &d = this->dut();
      d.status_job = uint8_t(j);
      this->settle();
      s += "\n job " + std::to_string(j) + " ordered " + std::to_string(e.ordered) + " of " +
           std::to_string(e.plan.bytes) + " bad " + std::to_string(e.plan.bad) + " listed " +
           std::to_string(e.listed) + " ending " + std::to_string(e.ending) + " lookups " +
           std::to_string(e.new_lookups) + " of " + std::to_string(e.plan.runs.size()) + " slots " +
           std::to_string(e.chain_next) + " of " + std::to_string(e.job.chain.size()) + "; total " +
           std::to_string(int(d.status_ready_total) - int(e.count)) + " blocked " +
           std::to_string(int(d.status_blocked)) + " full " + std::to_string(int(d.status_full)) +
           " chain_done " + std::to_string(int(d.status_chain_done));
    }
    s += "\n mark " + std::to_string(mark_) + " asks " + std::to_string(asks_.size());
    return s;
  }

 private:
  std::mt19937_64 rng_;
  std::vector<Entry> table_;
  std::deque<unsigned> home_;
  std::deque<std::pair<uint64_t, unsigned>> freed_;
  std::optional<unsigned> loading_, popped_;
  std::deque<unsigned> kill_due_;
  std::map<unsigned, int> asked_;  // by queue: pieces that were announced and not shown
  std::vector<unsigned> expect_free_;
  unsigned again_under_way_ = 0;              // cycles
  int64_t waiting_ = 0, waiting_before_ = 0;  // refused runs of jobs that live
  bool load_recent_ = false, lookup_held_ = false, piece_held_ = false;
  std::array<uint64_t, 6> piece_shown_ = {};
  std::array<uint64_t, 4> lookup_seen_ = {};
  uint64_t popped_due_ = 0, mark_begin_ = 0;
  std::vector<Ask> asks_;
  std::optional<Fetch> offer_;
  std::deque<Fetch> fetches_;
  Look look_;
  int elder_ = -1;
  std::map<unsigned, uint64_t> freed_at_;
  long issued_ = -1, issued_before_ = -1;  // the job of which something was asked in this cycle
  uint64_t hold_ = 0, last_mark_ = 0;
  unsigned look_job_ = 0;
  int mark_ = 0;  // 1: waits for the fetch server, 2: marking
  bool mark_all_ = false, fence_due_ = false;
  unsigned mark_ctx_ = 1;
  size_t active_ = 0;
};

}  // namespace vmso::run_test
