// SPDX-License-Identifier: Apache-2.0
// Who gets the walk slots? vmso_run_ask and vmso_xlat together; each test is a mix of queues that
// ask for pages which nobody has asked for before, so that every lookup of a line needs a walk.
//
// A `hog` keeps 32 runs of many jobs waiting all the time: more than there are walk slots, whatever
// the latency. Another queue must find its share beside it, and soon. Cycles throughout.
#include "Vwalks0.h"
#include "Vwalks1.h"
#include "Vwalks2.h"
#include "xlat_rig.hpp"

using namespace vmso::xlat;

namespace {

constexpr uint64_t kTables = 0x100000, kLine = 0x8000;  // bytes of a line of eight pages
constexpr uint64_t kSteps = 18;                         // cycles from a free slot to an ask at most

template <typename Model>
class Walks : public Rig<Model> {
 public:
  explicit Walks(unsigned l, int seed = 1) : Rig<Model>(seed) {
    auto &d = this->dut();
    d.load_valid = 0;
    d.forget = d.forget_job = 0;
    for (unsigned i = 0; i < 4; i++) d.dying[i] = 0;
    // every entry of a table leads to the same next table: any address is mapped, no line is like
    // another
    for (unsigned level = 0; level < 4; level++) {
      for (unsigned i = 0; i < 512; i++) {
        const uint64_t to = level ? kTables + (level - 1) * 0x1000 : 0x10000000 + i * 0x1000;
        this->memory.words[kTables + level * 0x1000 + i * 8] = to | 0x67;
      }
    }
    Context c;
    c.format = VMSO_FORMAT_X86_64_L4;
    c.root = kTables + 3 * 0x1000;
    this->commit(1, c);
    this->run();
    this->latency = [l](uint64_t) { return l; };
    Want unused;
    unused.result = Result{};
    this->wants.assign(this->max_keys, unused);
    queue_of.assign(this->max_keys / 32, 0);
    dropped.assign(this->max_keys, 0);
    refused_at.assign(this->max_keys, 0);
    for (int i = 0; i < 1024; i++) cycle();  // the lists are cleared
  }

  std::vector<unsigned> queue_of;    // by job
  std::vector<uint8_t> dropped;      // by run
  std::vector<uint64_t> refused_at;  // by run; 0: does not wait
  std::map<unsigned, uint64_t> fills, asks, charges, opened;
  std::map<unsigned, unsigned> held;     // walk slots
  std::vector<unsigned> asked;           // runs, in order
  std::vector<unsigned> charged;         // queues, in order
  std::map<unsigned, uint64_t> longest;  // refused to asked for again
  uint64_t shortest = ~0ull;
  std::function<void(unsigned, unsigned)> on_fill = [](unsigned, unsigned) {};
  std::array<uint64_t, 4> met{};  // join with close, redo, dropped, pop
  unsigned forget_percent = 100;
  unsigned most_held = 0;
  bool check_rate = true;  // no fence stops lookups, no entry comes from another queue
  unsigned turns = 2;      // asks of any other queue while one waits

  unsigned quarter() const { return std::max(1u, this->slots / 4); }
  void own(unsigned job, unsigned queue) {
    auto &d = this->dut();
    queue_of[job] = queue;
    d.load_valid = 1;
    d.load_job = uint8_t(job);
    d.load_queue = uint16_t(queue);
    cycle();
    d.load_valid = 0;
  }
  // A page in a line that was never used, in the queue's own part of the address space.
  uint64_t fresh(unsigned queue) {
    return (1 + queue % 64) * 0x100000000ull + next_[queue]++ * kLine;
  }
  void put(unsigned job, unsigned run, uint64_t va) {
    const size_t i = job * 32 + run;
    Want w;
    w.ctx = 1;
    w.queue = queue_of[job];
    w.va = va;
    REQUIRE(bool(this->wants[i].result));
    this->wants[i] = w;
    dropped[i] = 0;
    this->queue(i);
  }
  void put(unsigned job, unsigned run) { put(job, run, fresh(queue_of[job])); }
  void dying(unsigned job, bool on) {
    auto &word = this->dut().dying[job / 32];
    word = on ? word | 1u << job % 32 : word & ~(1u << job % 32);
  }
  bool waits(size_t i) const { return refused_at[i] != 0; }
  bool to_ask_empty() const { return this->to_ask.empty(); }
  bool job_waits(unsigned j) const {
    return std::any_of(&refused_at[j * 32], &refused_at[j * 32] + 32, [](auto at) { return at; });
  }
  bool job_wants(unsigned j) const {
    return std::any_of(&this->wants[j * 32], &this->wants[j * 32] + 32,
                       [](auto &w) { return !w.result; });
  }

  bool dies(unsigned job) { return this->dut().dying[job / 32] >> job % 32 & 1; }
  // Dying jobs take turns, as with the reaper.
  unsigned next_dying() {
    const unsigned jobs = this->max_keys / 32;
    for (unsigned i = 0; i < jobs; i++) {
      reaped_ = (reaped_ + 1) % jobs;
      if (dies(reaped_)) break;
    }
    return reaped_;
  }
  // All that is outstanding of a dying job waits to be asked for again: it is dropped.
  void forget(unsigned job) {
    auto &d = this->dut();
    const auto *first = &this->wants[job * 32];
    const auto wanted = std::count_if(first, first + 32, [](auto &w) { return !w.result; });
    if (!dies(job) || wanted == 0) return;
    REQUIRE(d.forget_count <= wanted);
    if (d.forget_count != wanted || !d.forget_ready || this->random() % 100 >= forget_percent)
      return;
    d.forget = 1;
    this->settle();
    for (size_t i = job * 32; i < job * 32 + 32; i++) {
      if (this->wants[i].result) continue;
      REQUIRE(waits(i));
      set_waiting(i, 0);
      dropped[i] = 1;
      this->wants[i].asked = false;
      this->wants[i].result = Result{};
    }
  }

  void cycle() {
    auto &d = this->dut();
    const unsigned dies = next_dying();
    d.forget_job = uint8_t(dies);
    d.forget = 0;
    this->settle();
    const uint64_t now = this->now();
    forget(dies);
    check_idle(now);
    if (d.asked_valid) {
      check_turn(d.asked_queue);
      const size_t i = d.asked_job * 32u + d.asked_run;
      REQUIRE(waits(i));
      REQUIRE(d.asked_queue == queue_of[d.asked_job]);
      longest[d.asked_queue] = std::max(longest[d.asked_queue], now - refused_at[i]);
      shortest = std::min(shortest, now - refused_at[i]);
      set_waiting(i, 0);
      asks[d.asked_queue]++;
      asked.push_back(unsigned(i));
    }
    for (unsigned m = 0; m < 4; m++) met[m] += d.meets >> m & 1;
    if (d.freed_valid) {
      const unsigned q = owner_[d.freed_slot];
      if (held[q]-- == quarter()) crossed_[q] = now;
    }
    if (d.opened_valid) {
      owner_[d.opened_slot] = d.opened_queue;
      if (check_rate) check_share(d.opened_queue, now);
      if (++held[d.opened_queue] == quarter()) crossed_[d.opened_queue] = now;
      most_held = std::max(most_held, held[d.opened_queue]);
      if (held[d.opened_queue] >= quarter()) others_asks_[d.opened_queue].clear();
      opened[d.opened_queue]++;
    }
    if (d.walk_charge_valid) {
      charges[d.walk_charge_queue]++;
      charged.push_back(d.walk_charge_queue);
    }
    if (d.refused_valid) {
      const size_t i = d.refused_job * 32u + d.refused_run;
      const unsigned q = queue_of[d.refused_job];
      if (waiting_[q].empty()) others_asks_[q].clear();
      set_waiting(i, now);
    }
    const bool fill = d.fill_valid;
    const unsigned job = d.fill_job, run = d.fill_run;
    this->step();
    if (fill) {
      fills[queue_of[job]]++;
      on_fill(job, run);
    }
  }
  void cycles(uint64_t n) {
    while (n-- > 0) cycle();
  }
  // Until nothing is wanted any more.
  void finish(uint64_t limit = 100000) {
    for (uint64_t n = 0; !this->all_filled(); n++) {
      if (n > limit) FAIL("hangs: " << this->state());
      cycle();
    }
    cycles(40);
  }

 private:
  unsigned reaped_ = 0;
  bool is_dying(size_t i) { return this->dut().dying[i / 32 / 32] >> i / 32 % 32 & 1; }
  bool any_dying(const std::set<size_t> &runs) {
    return std::any_of(runs.begin(), runs.end(), [&](size_t i) { return is_dying(i); });
  }
  void set_waiting(size_t i, uint64_t at) {
    const unsigned q = queue_of[i / 32];
    refused_at[i] = at;
    if (at)
      waiting_[q].insert(i);
    else
      waiting_[q].erase(i);
  }
  // Something has waited at least so long, and may be asked for.
  bool has_waited(unsigned q, uint64_t now, uint64_t cycles) {
    return std::any_of(waiting_[q].begin(), waiting_[q].end(),
                       [&](size_t i) { return refused_at[i] + cycles <= now && !is_dying(i); });
  }
  // The last free slot never goes to a queue with a quarter while one without has waited: as it was
  // when the steps for this choice began. A queue with a dying job at its head is left out until
  // that is gone.
  void check_share(unsigned q, uint64_t now) {
    unsigned all = 0;
    for (auto [_, n] : held) all += n;
    if (held[q] < quarter() || all + 1 < this->slots || crossed_[q] + kSteps > now) return;
    for (auto &[other, runs] : waiting_) {
      if (other == q || held[other] >= quarter() || crossed_[other] + kSteps > now) continue;
      if (any_dying(runs)) continue;
      INFO("queue " << q << " holds " << held[q] << " slots and opens one, queue " << other
                    << " holds " << held[other] << " and waits");
      CHECK(!has_waited(other, now, kSteps));
    }
  }
  // While a queue below its quarter waits each other one is asked for once, and once before it was
  // in its list.
  void check_turn(unsigned q) {
    others_asks_[q].clear();
    for (auto &[other, runs] : waiting_) {
      if (other == q || runs.empty()) continue;
      if (held[other] >= quarter() || any_dying(runs)) {
        others_asks_[other].clear();
        continue;
      }
      INFO("queue " << q << " is asked for before queue " << other);
      CHECK(++others_asks_[other][q] <= turns);
    }
  }
  // With a slot for it, something that waits is asked for soon.
  void check_idle(uint64_t now) {
    auto &d = this->dut();
    bool any = false;
    if (d.walk_free && !d.asked_valid && check_rate)
      for (auto &[q, runs] : waiting_) any |= has_waited(q, now, 4);
    idle_ = any ? idle_ + 1 : 0;
    CHECK(idle_ <= kSteps);
    longest_idle = std::max(longest_idle, idle_);
  }

 public:
  unsigned longest_idle = 0;

 private:
  std::map<unsigned, std::set<size_t>> waiting_;
  std::map<unsigned, std::map<unsigned, unsigned>> others_asks_;
  std::map<unsigned, uint64_t> crossed_;  // when a queue came to its quarter or lost it
  unsigned idle_ = 0;
  std::map<unsigned, uint64_t> next_;
  std::map<unsigned, unsigned> owner_;
};

// Walks of the hog and the honest queue in 20 000 cycles, and the honest one's longest way to a
// page.
struct Rates {
  uint64_t hog = 0, honest = 0, longest = 0;
};
template <typename Model>
Rates rates(unsigned latency, unsigned hog_jobs, unsigned honest_runs) {
  Walks<Model> w(latency);
  const unsigned honest = hog_jobs;
  for (unsigned j = 0; j < hog_jobs; j++) w.own(j, 0);
  w.own(honest, 1);
  uint64_t longest = 0;
  w.on_fill = [&](unsigned job, unsigned run) {
    const auto &want = w.wants[job * 32 + run];
    if (job == honest) longest = std::max(longest, want.filled_at - want.taken_at);
    w.put(job, run);
  };
  for (unsigned j = 0; j < hog_jobs; j++)
    for (unsigned r = 0; r < 32; r++) w.put(j, r);
  w.cycles(4000);
  for (unsigned r = 0; r < honest_runs; r++) w.put(honest, r);
  w.cycles(2000);
  w.fills.clear();
  longest = 0;
  w.cycles(20000);
  return {w.fills[0], w.fills[1], longest};
}

}  // namespace

// Walks of one queue alone and of two at once: what is lost is a wait for a slot, 13 cycles between
// two of them, and what the other drives out of the walk cache.
TEMPLATE_TEST_CASE("beside a hog a queue gets nine tenths of its half of the walks", "[share]",
                   Vwalks0, Vwalks1, Vwalks2) {
  for (unsigned latency : {100u, 250u}) {
    const unsigned hogs = std::is_same_v<TestType, Vwalks0> ? 20 : 40;
    const Rates all = rates<TestType>(latency, hogs, 0);
    for (unsigned runs : {1u, 4u, 32u}) {
      const Rates alone = rates<TestType>(latency, 0, runs);
      const Rates both = rates<TestType>(latency, hogs, runs);
      INFO("latency " << latency << ", " << runs << " runs: hog alone " << all.hog
                      << ", honest alone " << alone.honest << ", beside the hog " << both.honest
                      << " longest " << both.longest << ", hog " << both.hog);
      if (getenv("FIGURES")) WARN("see above");
      CHECK(both.honest * 100 >= std::min(alone.honest * 75, all.hog / 2 * 90));
      if (runs == 4) CHECK(both.honest * 100 >= std::min(alone.honest * 85, all.hog / 2 * 90));
      CHECK((both.honest + both.hog) * 100 >= all.hog * 97);
      if (runs == 1) CHECK(both.longest <= 2 * latency + 100);
    }
  }
}

TEMPLATE_TEST_CASE("alone a queue uses all walk slots", "[share]", Vwalks0, Vwalks1, Vwalks2) {
  Walks<TestType> w(1000);
  for (unsigned j = 0; j < 4; j++) w.own(j, 3);
  w.on_fill = [&](unsigned job, unsigned run) { w.put(job, run); };
  for (unsigned i = 0; i < 128; i++) w.put(i / 32, i % 32);
  w.cycles(20000);
  CHECK(w.held[3] == w.slots);
  const uint64_t before = w.fills[3];
  w.cycles(20000);
  // each slot makes a walk in a latency, 13 cycles at its end, and a twentieth has a table more
  CHECK(w.fills[3] - before >= 20000 * w.slots / 1100);
}

TEMPLATE_TEST_CASE("a queue that holds all slots gets none until the other has its quarter",
                   "[share]", Vwalks0, Vwalks1, Vwalks2) {
  Walks<TestType> w(300);
  for (unsigned j = 0; j < 20; j++) w.own(j, 0);
  w.own(20, 1);
  w.on_fill = [&](unsigned job, unsigned run) {
    if (job < 20) w.put(job, run);
  };
  for (unsigned j = 0; j < 20; j++)
    for (unsigned r = 0; r < 32; r++) w.put(j, r);
  w.cycles(6000);
  REQUIRE(w.held[0] >= w.slots - 2);
  w.put(20, 0);  // its tables, once
  while (!w.wants[20 * 32].result) w.cycle();
  w.opened.clear();
  for (unsigned r = 1; r < 32; r++) w.put(20, r);
  const unsigned enough = w.quarter();
  while (w.opened[1] < enough) {
    w.cycle();
    REQUIRE(w.opened[0] <= 2);  // those that were chosen before
  }
  // from then on both have a quarter or more: they take turns
  w.opened.clear();
  w.cycles(2000);
  CHECK(w.opened[1] >= std::min<uint64_t>(31 - enough, w.opened[0] * 9 / 10));
}

TEMPLATE_TEST_CASE("many queues that wait are asked for in turn", "[share]", Vwalks0, Vwalks1,
                   Vwalks2) {
  for (int seed = 1; seed < 4; seed++) {
    Walks<TestType> w(100, seed);
    const unsigned queues = w.max_keys == 1024 ? 4 : 16, jobs = w.max_keys / 32;
    for (unsigned j = 0; j < jobs; j++) w.own(j, j < queues ? j : unsigned(w.random() % queues));
    std::vector<unsigned> quiet;
    w.on_fill = [&](unsigned job, unsigned run) {
      if (w.random() % 8) {
        // its own line, a neighbour of it, or anything of the next job
        w.put(job, run,
              w.random() % 3 ? w.fresh(w.queue_of[job]) : w.wants[job * 32 + run].va + 0x1000);
      } else {
        quiet.push_back(job * 32 + run);
      }
      if (quiet.size() > 50) {
        const unsigned at = unsigned(w.random() % quiet.size()), i = quiet[at];
        quiet.erase(quiet.begin() + at);
        w.put(i / 32, i % 32);
      }
    };
    for (unsigned j = 0; j < jobs; j++)
      for (unsigned r = 0; r < 32; r++) w.put(j, r);
    w.cycles(30000);
    uint64_t least = ~0ull, most = 0;
    for (unsigned q = 0; q < queues; q++) {
      least = std::min(least, w.opened[q]);
      most = std::max(most, w.opened[q]);
    }
    CHECK(least * 10 >= most * 7);  // nobody wants the same all the time
    w.on_fill = [](unsigned, unsigned) {};
    w.finish(200000);
    w.check();
  }
}

TEST_CASE("a queue is asked for oldest first, a run that is refused again lets others pass",
          "[share]") {
  Walks<Vwalks0> w(200);
  for (unsigned j = 0; j < 4; j++) w.own(j, 2);
  w.own(4, 1);
  w.on_fill = [&](unsigned job, unsigned run) {
    if (job == 4) w.put(job, run);
  };
  for (unsigned r = 0; r < 32; r++) w.put(4, r);
  w.cycles(3000);  // all slots
  w.asked.clear();
  for (unsigned j = 0; j < 4; j++)
    for (unsigned r = 0; r < 8; r++) w.put(j, r, (10 + j * 8 + r) * 0x100000000ull);
  w.cycles(3000);
  w.on_fill = [](unsigned, unsigned) {};
  w.finish();
  std::vector<unsigned> order, expected;
  for (unsigned i : w.asked)
    if (i < 4 * 32) order.push_back(i);
  for (unsigned i = 0; i < 4 * 32; i++)
    if (i % 32 < 8) expected.push_back(i);
  CHECK(order == expected);
}

TEST_CASE("a refused run is asked for 5 cycles later and every 5 cycles", "[share][rate]") {
  Walks<Vwalks0> w(200);
  w.own(0, 2);
  w.put(0, 0, 0x40000000);
  w.put(0, 1, 0x40010000);  // the same upper tables, which are being read
  w.cycles(30);
  CHECK(w.shortest == 5);
  w.asks.clear();
  w.cycles(100);
  CHECK(w.asks[2] >= 100 / 9);  // its refusal takes 4 cycles
  w.put(0, 2, 0x40020000);
  w.put(0, 3, 0x40030000);
  w.cycles(30);
  w.asks.clear();
  w.cycles(100);
  CHECK(w.asks[2] >= 100 / 5 - 1);
  w.finish();
}

TEMPLATE_TEST_CASE("each page-table read is charged to the queue that opened the walk", "[share]",
                   Vwalks0, Vwalks1, Vwalks2) {
  Walks<TestType> w(50);
  for (unsigned j = 0; j < 3; j++) w.own(j, j + 1);
  const uint64_t before = w.table_reads;
  w.put(0, 0, 0x40000000);  // four tables
  w.cycles(40);
  w.put(1, 0, 0x40001000);  // joins
  w.finish();
  w.put(2, 0, 0x40010000);  // one table
  w.finish();
  CHECK(w.charges[1] == 4);
  CHECK(w.charges[2] == 0);
  CHECK(w.charges[3] == 1);
  CHECK(w.table_reads - before == 5);
}

TEMPLATE_TEST_CASE("runs of dying jobs are dropped while nobody gets a slot", "[dying]", Vwalks0,
                   Vwalks1, Vwalks2) {
  Walks<TestType> w(4000);
  const unsigned jobs = w.max_keys / 32;
  for (unsigned j = 0; j < jobs; j++) w.own(j, j % 4);
  for (unsigned j = 0; j < jobs; j++)
    for (unsigned r = 0; r < 32; r++) w.put(j, r);
  while (!w.to_ask_empty()) w.cycle();
  w.cycles(20);
  // a job somewhere in the middle of its queue's list, beside all the others
  const unsigned last = jobs - 3;
  w.dying(last, true);
  const uint64_t from = w.now();
  while (w.job_waits(last)) {
    w.cycle();
    REQUIRE(w.now() - from <= 10);
  }
  for (unsigned r = 0; r < 32; r++) CHECK(w.dropped[last * 32 + r]);
  // its entry is used by another queue, whose runs have their turn
  w.dying(last, false);
  w.own(last, (last + 1) % 4);
  for (unsigned r = 0; r < 32; r++) w.put(last, r);
  w.latency = [](uint64_t) { return 50u; };
  w.finish(200000);
  for (unsigned r = 0; r < 32; r++) CHECK(!w.dropped[last * 32 + r]);
}

// Jobs die and their entries come back for other queues, beside fences, at random.
TEMPLATE_TEST_CASE("every run is answered or dropped once", "[dying]", Vwalks0, Vwalks1, Vwalks2) {
  for (int seed = 1; seed < 4; seed++) {
    INFO("seed " << seed);
    Walks<TestType> w(60, seed);
    auto &random = w.random;
    w.latency = [&](uint64_t) { return unsigned(5 + random() % 150); };
    w.out_of_order = seed & 1;
    w.stall = 2;
    w.forget_percent = 40;
    w.check_rate = false;
    const unsigned jobs = w.max_keys / 32;
    w.turns = 4;  // an entry that comes from another queue waits for that one's turn first
    std::vector<bool> dying(4);
    auto each = [&](unsigned queue, auto what) {
      for (unsigned j = 0; j < jobs; j++)
        if (w.queue_of[j] == queue) what(j);
    };
    auto pick_alive = [&](unsigned q) {
      const unsigned to = unsigned(random() % 4);
      return dying[to] ? q : to;
    };
    for (unsigned j = 0; j < jobs; j++) w.own(j, unsigned(random() % 4));
    for (int round = 0; round < 6000; round++) {
      const unsigned j = unsigned(random() % jobs), q = w.queue_of[j];
      if (dying[q]) {
        bool wanted = false;
        each(q, [&](unsigned i) { wanted |= w.job_wants(i); });
        if (!wanted) {
          each(q, [&](unsigned i) {
            w.dying(i, false);
            w.own(i, pick_alive(q));
          });
          dying[q] = false;
        }
      } else if (random() % 64 == 0) {
        dying[q] = true;
        each(q, [&](unsigned i) { w.dying(i, true); });
      } else {
        for (unsigned r = 0; r < 32; r++) {
          if (!w.wants[j * 32 + r].result || random() % 4) continue;
          const uint64_t near = 0x40000000 + random() % 4096 * 0x1000;
          w.put(j, r, random() % 2 ? w.fresh(w.queue_of[j]) : near);
        }
      }
      if (random() % 400 == 0) w.fence(0, 0);
      w.cycles(random() % 16);
    }
    w.finish(200000);
    for (unsigned i = 0; i < w.max_keys; i++) {
      if (w.wants[i].va && !w.dropped[i]) w.check(i);
      REQUIRE(!w.waits(i));
    }
  }
}

// What vmso_xlat_slots says may happen to one slot in one cycle does happen, and each waiter is
// answered as the tables say.
TEST_CASE("a waiter joins in the cycle of a pop a close a drop and a redo", "[meet]") {
  std::array<uint64_t, 4> met{};
  for (int seed = 1; seed < 40 && std::ranges::count(met, 0u); seed++) {
    Walks<Vwalks0> w(5, seed);
    auto &random = w.random;
    w.latency = [&](uint64_t) { return unsigned(1 + random() % 30); };
    w.check_rate = false;
    w.turns = 1000;
    for (unsigned j = 0; j < 32; j++) w.own(j, j % 4);
    uint64_t line = 0x40000000;
    for (int round = 0; round < 200; round++) {
      for (unsigned n = 0; n < 40; n++) {
        const unsigned i = unsigned(random() % w.max_keys);
        if (w.wants[i].result) w.put(i / 32, i % 32, line + random() % 8 * 0x1000);
        w.cycles(random() % 3);
      }
      if (random() % 2) w.fence(0, 0);
      line += kLine;
    }
    w.finish();
    for (unsigned i = 0; i < w.max_keys; i++)
      if (w.wants[i].va) w.check(i);
    for (unsigned m = 0; m < 4; m++) met[m] += w.met[m];
  }
  CHECK(met[0] > 0);
  CHECK(met[1] > 0);
  CHECK(met[2] > 0);
  CHECK(met[3] > 0);
}
