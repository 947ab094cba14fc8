// SPDX-License-Identifier: Apache-2.0
// The memory manager beside the traffic: buffers move, go and come back, large pages are split and
// joined, tables are freed, roots change and processes end, while the engine sends from them.
// Every frame has to be right, and what a fence has freed must not be read again: the manager
// looks (host/memory_manager.hpp).
#include "park_test.hpp"

namespace vmso::test {
namespace {

constexpr unsigned one(Churn kind) { return 1u << unsigned(kind); }
constexpr Churn kOurs[] = {Churn::kMap,  Churn::kUnmap, Churn::kMove, Churn::kSplit,
                           Churn::kJoin, Churn::kTable, Churn::kRoot};

// Queues that park, with somebody who leads them on, and fences that are told in memory too.
SystemOptions churning(uint64_t fixed_seed, const char *config = "small") {
  SystemOptions o = options(fixed_seed, config);
  o.park = true;
  o.log2_faults = 5;
  o.pager = PagerKnobs{.delay = 100, .jitter = 200};
  o.fence_status = true;
  o.churn = ChurnKnobs{};
  o.keep_frames = false;
  return o;
}

// What an end of a process may set: STOP of a queue that parks, and places of completions that are
// handed back when their queue was reset in between.
constexpr uint32_t kExitBits =
    VMSO_REG_STICKY_COMMAND_IGNORED_bm | VMSO_REG_STICKY_CONSUMER_DOORBELL_bm;

// As many processes as formats or queues, page sizes in turn.
void mix_formats(SystemOptions &o, unsigned queues, unsigned round = 0) {
  o.queues = queues;
  for (unsigned i = 0; i < queues; i++) {
    const Format &f = formats()[(i + round) % formats().size()];
    if (!f.levels) continue;
    o.spaces.push_back({f.code, f.pages[(i + round) % f.pages.size()].size});
  }
  if (o.spaces.empty()) o.spaces.push_back({});
  o.processes = unsigned(o.spaces.size());
}

// Keeps queues busy with jobs from buffers that stay: what the manager does, it does to pages that
// are being read.
class Busy {
 public:
  explicit Busy(const SystemOptions &o, size_t bytes = 9000, unsigned buffers = 4)
      : s_(o), random_(o.seed, "busy"), bytes_(pattern(bytes, o.seed)), buffers_(buffers) {
    for (unsigned q = 0; q < s_.queues(); q++) place(q);
  }
  // New buffers for a queue: those that it had are gone.
  void place(unsigned q) {
    places_.resize(s_.queues());
    places_[q].clear();
    for (unsigned i = 0; i < buffers_; i++) {
      places_[q].push_back(s_.process_of(q).place(bytes_));
    }
  }
  void keep(unsigned jobs = 3) {
    for (unsigned q = 0; q < s_.queues(); q++) {
      while (s_.scoreboard.open(q) < jobs && post(q)) {
      }
    }
  }
  bool post(unsigned q) {
    size_t skip = random_.below(bytes_.size() - 1);
    size_t bytes = 1 + random_.below(bytes_.size() - skip);
    const UserBuffer &b = places_[q][random_.below(places_[q].size())];
    JobSpec spec = tcp_job(1, uint16_t(300 + random_.below(1100)));
    spec.payload.clear();
    spec.view = std::span(bytes_).subspan(skip, bytes);
    spec.placed = {{b.va + skip, uint32_t(bytes)}};
    return s_.try_post(q, spec).has_value();
  }
  void run(uint64_t cycles, unsigned jobs = 3) {
    for (uint64_t end = s_.now() + cycles; s_.now() < end && s_.findings().empty();) {
      keep(jobs);
      s_.steps(50);
    }
  }
  // Nothing new; what is under way ends, and nothing was wrong.
  void end() {
    MemoryManager &mm = s_.memory_manager();
    mm.knobs.rate = 0;
    s_.run_until([&] { return mm.under_way() == 0; }, 200000);
    VMSO_CHECK_CLEAN(s_);
  }
  System &system() { return s_; }
  const ChurnCounts &counts() { return s_.memory_manager().counts; }

 private:
  System s_;
  Random random_;
  std::vector<uint8_t> bytes_;
  unsigned buffers_;
  std::vector<std::vector<UserBuffer>> places_;  // by queue
};

uint64_t done(const ChurnCounts &counts, Churn kind) { return counts.done[size_t(kind)]; }

bool has_kind(const SpaceOptions &space, Churn kind) {
  return (kind != Churn::kSplit && kind != Churn::kJoin) || space.page != PageSize::k4K;
}

// Each kind alone (with the one that undoes it), then all of them.
void every_change(const SpaceOptions &space, bool park) {
  auto o = churning(0x7600 + unsigned(space.format));
  o.space = space;
  o.park = park;
  VMSO_SAY_HOW(o);
  INFO(described(space) << (park ? ", park" : ", abort"));
  Busy busy(o);
  ChurnKnobs &knobs = busy.system().memory_manager().knobs;
  knobs.rate = 20000;
  for (Churn kind : kOurs) {
    if (!has_kind(space, kind)) continue;
    if (!park && (kind == Churn::kMap || kind == Churn::kUnmap)) continue;
    INFO(churn_name(kind));
    knobs.kinds = one(kind);
    if (kind == Churn::kMap) knobs.kinds |= one(Churn::kUnmap);
    if (kind == Churn::kJoin) knobs.kinds |= one(Churn::kSplit);
    // Of x86-32's 4 MiB pages only the parts have a table below the root.
    if (kind == Churn::kTable && has_kind(space, Churn::kSplit)) knobs.kinds |= one(Churn::kSplit);
    uint64_t before = done(busy.counts(), kind);
    busy.run(5000);
    CHECK(busy.system().findings().report() == "");
    CHECK(done(busy.counts(), kind) > before + (kind == Churn::kSplit ? 0 : 3));
  }
  knobs.kinds = ChurnKnobs::kAll;
  busy.run(8000);
  busy.end();
}

}  // namespace

TEST_CASE("Every change of every format leaves the frames right where queues park",
          "[churn][format]") {
  for (const SpaceOptions &space : all_spaces()) {
    if (space.format != VMSO_FORMAT_IDENTITY && space.features.xd) every_change(space, true);
  }
}

TEST_CASE("Every change that keeps a mapping valid is unseen by queues that end jobs at a fault",
          "[churn][format]") {
  for (const SpaceOptions &space : all_spaces()) {
    if (space.format != VMSO_FORMAT_IDENTITY && space.features.xd) every_change(space, false);
  }
}

namespace {

// A job on pages that nobody knows, and so many cycles behind its doorbell one change: in front of
// a walk, in its middle, at the fill, between reads, while its queue parks or goes on. Every
// `step`th offset below `end`.
void change_at_offsets(const SpaceOptions &space, bool park, unsigned first, unsigned step) {
  constexpr unsigned kEnd = 601;
  auto o = churning(0x7690 + unsigned(space.format));
  o.space = space;
  o.park = park;
  o.read.latency = 60;
  o.pager = PagerKnobs{.delay = 40, .jitter = 80};
  VMSO_SAY_HOW(o);
  Busy busy(o, 9000, 1);
  System &s = busy.system();
  MemoryManager &mm = s.memory_manager();
  auto quiet = [&] { return mm.under_way() == 0 && s.scoreboard.idle() && s.reads.idle(); };
  for (Churn kind : kOurs) {
    if (!has_kind(space, kind)) continue;
    if (!park && (kind == Churn::kMap || kind == Churn::kUnmap)) continue;
    const uint64_t before = busy.counts().actions();
    unsigned jobs = 0;
    for (unsigned offset = first; offset < kEnd; offset += step, jobs++) {
      INFO(described(space) << (park ? ", park, " : ", abort, ") << churn_name(kind) << " after "
                            << offset << " cycles");
      mm.knobs.exact = jobs % 3 != 0;
      mm.knobs.leaf_only = jobs % 3 == 1;
      uint16_t number = 0;
      vmso_fence_start(&s.device(), VMSO_FENCE_ALL, 0, 0, 0, &number);
      REQUIRE(vmso_fence_wait(&s.device(), number) == VMSO_OK);
      REQUIRE(busy.post(0));
      s.steps(offset);
      // What has been split can be joined, what was taken away be mapped.
      if (!mm.start(kind, 0)) {
        for (Churn other : {Churn::kSplit, Churn::kJoin, Churn::kUnmap, Churn::kMove}) {
          bool absent = other == Churn::kUnmap;
          if (has_kind(space, other) && (park || !absent) && mm.start(other, 0)) break;
        }
      }
      REQUIRE(s.run_until(quiet, 100000));
      REQUIRE(s.findings().report() == "");
    }
    CHECK(busy.counts().actions() - before > jobs / 2);
  }
  busy.end();
}

void changes_at_offsets(unsigned step) {
  unsigned first = 0;
  for (const SpaceOptions &space : all_spaces()) {
    if (space.format == VMSO_FORMAT_IDENTITY || !space.features.xd) continue;
    for (bool park : {true, false}) change_at_offsets(space, park, first++ % step, step);
  }
}

}  // namespace

TEST_CASE("A change at many a cycle of a cold job leaves its frames right", "[churn][offset]") {
  changes_at_offsets(61);
}
TEST_CASE("A change at each of 600 cycles of a cold job leaves its frames right",
          "[.][long][churn][offset]") {
  changes_at_offsets(1);
}

TEST_CASE("All changes at once under queues of mixed formats and slow memory that reorders",
          "[churn]") {
  for (const char *config : kConfigs) {
    for (unsigned queues : {1u, 4u, 16u}) {
      auto o = churning(0x7610 + queues, config);
      if (queues > config_info(o.config).queues) continue;
      mix_formats(o, queues, queues / 4);
      o.read.latency = 250;
      o.read.jitter = 120;
      o.read.order = ReadOrder::kInterleaved;
      o.churn->rate = 8000;
      VMSO_SAY_HOW(o);
      INFO(config << ", " << queues << " queues");
      Busy busy(o, 14000);
      busy.run(70000);
      busy.end();
      CHECK(busy.counts().actions() > 60);
      CHECK(busy.counts().by_memory > 10);
      CHECK(busy.counts().by_register > 10);
      CHECK(busy.system().pager().counts.retries > 0);
    }
  }
}

TEST_CASE("A fence of just what has changed is enough with and without leaf_only", "[churn]") {
  for (bool leaf_only : {false, true}) {
    for (unsigned round = 0; round < 7; round++) {
      auto o = churning(0x7620 + round);
      mix_formats(o, 4, round);
      o.churn->rate = 15000;
      o.churn->exact = true;
      o.churn->leaf_only = leaf_only;
      VMSO_SAY_HOW(o);
      INFO("round " << round << (leaf_only ? ", leaf_only" : ""));
      Busy busy(o);
      busy.run(15000);
      busy.end();
      const ChurnCounts &c = busy.counts();
      CHECK(c.ranges > 40);
      CHECK(c.larger + c.contexts + c.alls == 0);
      CHECK((c.leaf_only > 20) == leaf_only);
    }
  }
}

TEST_CASE("A table page of any level and format is not read again once it was freed",
          "[churn][format]") {
  for (const Format &f : formats()) {
    for (unsigned level = 0; level + 1 < f.levels; level++) {
      for (bool exact : {true, false}) {
        auto o = churning(0x7630 + unsigned(f.code));
        o.space.format = f.code;
        o.churn->level = level;
        o.churn->kinds = one(Churn::kTable);
        o.churn->rate = 20000;
        o.churn->exact = exact;
        o.read.latency = exact ? 60 : 150;
        o.read.order = ReadOrder::kById;
        VMSO_SAY_HOW(o);
        INFO(f.option << " level " << level);
        Busy busy(o);
        busy.run(7000);
        // Tables become empty too, and are taken out for good until a page comes back.
        busy.system().memory_manager().knobs.kinds |= one(Churn::kUnmap);
        busy.run(4000);
        busy.end();
        CHECK(busy.counts().tables[level] > 10);
      }
    }
  }
}

TEST_CASE("A root changes under walks in flight", "[churn]") {
  for (const char *config : kConfigs) {
    for (bool park : {true, false}) {
      auto o = churning(0x7640, config);
      mix_formats(o, 4);
      o.park = park;
      o.churn->kinds = one(Churn::kRoot);
      o.churn->rate = 10000;
      o.read.latency = 250;
      o.read.jitter = 100;
      o.read.order = ReadOrder::kInterleaved;
      VMSO_SAY_HOW(o);
      INFO(config << (park ? ", park" : ", abort"));
      Busy busy(o, 40000);
      busy.run(30000);
      busy.end();
      CHECK(busy.counts().commits > 20);
    }
  }
}

TEST_CASE("Fences are done while the MAC takes nothing", "[churn]") {
  for (const char *config : kConfigs) {
    auto o = churning(0x7650, config);
    mix_formats(o, 4);
    o.churn->rate = 10000;
    constexpr uint64_t kStall = 30000;
    o.backpressure = fmt::format("stall:{}@1500", kStall);
    VMSO_SAY_HOW(o);
    INFO(config);
    Busy busy(o);
    busy.run(3 * kStall);
    uint64_t actions = busy.counts().actions();
    busy.end();
    CHECK(actions > 200);
    CHECK(busy.counts().longest_fence < kStall / 4);
  }
}

TEST_CASE("A process ends with jobs queued and another one of another format gets its number",
          "[churn]") {
  for (const char *config : kConfigs) {
    auto o = churning(0x7660, config);
    o.queues = 4;
    o.processes = 2;
    o.open_all = true;
    o.churn->rate = 8000;
    o.read.latency = 150;
    o.read.jitter = 80;
    o.read.order = ReadOrder::kInterleaved;
    VMSO_SAY_HOW(o);
    Busy busy(o);
    System &s = busy.system();
    s.allowed_sticky = kExitBits;
    Random random(o.seed, "lives");
    std::vector<SpaceOptions> spaces = all_spaces();
    for (unsigned life = 0; life < 40 && s.findings().empty(); life++) {
      busy.run(random.below(1500), 6);
      busy.keep(6);
      unsigned index = unsigned(random.below(2));
      SpaceOptions next = spaces[random.below(spaces.size())];
      INFO(config << " life " << life << ", " << described(next));
      s.replace_process(index, next, random.below(2));
      for (unsigned q = index; q < s.queues(); q += 2) busy.place(q);
    }
    busy.run(2000);
    busy.end();
    CHECK(done(busy.counts(), Churn::kExit) == 40);
  }
}

TEST_CASE("A storm of a thousand fences of all kinds under load ends each of them", "[churn]") {
  for (const char *config : kConfigs) {
    auto o = churning(0x7670, config);
    mix_formats(o, config_info(o.config).queues >= 8 ? 8 : 4);
    o.churn->rate = 100000;  // as fast as registers allow
    o.read.latency = 120;
    o.read.jitter = 40;
    o.read.order = ReadOrder::kById;
    VMSO_SAY_HOW(o);
    INFO(config);
    Busy busy(o);
    while (busy.counts().fences() < 1000 && busy.system().findings().empty()) busy.run(1000);
    busy.end();
    const ChurnCounts &c = busy.counts();
    CHECK(c.most_at_once == 4);
    for (uint64_t kind :
         {c.ranges, c.larger, c.narrow, c.contexts, c.alls, c.commits, c.leaf_only}) {
      CHECK(kind > 15);
    }
  }
}

TEST_CASE("A page or a table that is freed without a fence is found out", "[churn][harness]") {
  for (bool table : {false, true}) {
    auto o = churning(0x7680);
    VMSO_SAY_HOW(o);
    INFO((table ? "table" : "page"));
    Busy busy(o, 4000, 1);
    System &s = busy.system();
    Random random(o.seed, "pages");
    uint64_t freed = 0;
    for (unsigned i = 0; i < 20 && s.findings().empty(); i++) {
      busy.run(500);
      Process &p = s.process();
      uint64_t va = *p.some_page(random);
      auto change = table ? p.replace_table(va, 0) : p.move_page(va);
      REQUIRE(change);
      p.space().put(change->writes);
      freed = table ? change->tables[0].pa : change->frames[0];
      if (table) {  // the fence is one that may keep pointers to tables
        uint16_t number = 0;
        vmso_fence_start_leaf_only(&s.device(), VMSO_FENCE_RANGE, 1, change->first,
                                   change->last - change->first + 1, &number);
        CHECK(vmso_fence_wait(&s.device(), number) == VMSO_OK);
      }
      s.memory_manager().bury(0, *change, table ? Churn::kTable : Churn::kMove);
      busy.run(500);
    }
    CHECK_THAT(s.findings().report(), ContainsSubstring(fmt::format("{:x}", freed >> 12)));
  }
}

TEST_CASE("The marker of a freed page on the wire is a finding of its own", "[churn][harness]") {
  auto o = churning(0x7681);
  VMSO_SAY_HOW(o);
  Busy busy(o, 4000, 1);
  System &s = busy.system();
  s.reads.check_owners = false;
  busy.run(2000);
  s.run_until([&] { return s.reads.idle(); }, 10000);
  Random random(o.seed, "pages");
  auto change = s.process().move_page(*s.process().some_page(random));
  REQUIRE(change);
  s.process().space().put(change->writes);
  s.memory_manager().bury(0, *change, Churn::kMove);
  busy.run(3000);
  CHECK_THAT(s.findings().report(), ContainsSubstring("stale bytes"));
  CHECK_THAT(s.findings().report(), ContainsSubstring("freed by move"));
}

namespace {

// Everything drawn: configuration, formats, policy of each queue, memory, MAC, fences; processes
// end now and then.
uint64_t churn_at_random(uint64_t seed, const char *config, uint64_t cycles) {
  auto o = churning(seed, config);
  Random random(o.seed, "churn options");
  mix_formats(o, unsigned(1 + random.below(std::min(config_info(o.config).queues, 16u))),
              unsigned(random.below(64)));
  if (random.below(3) == 0) {
    o.parks.resize(o.queues);
    for (unsigned q = 0; q < o.queues; q++) o.parks[q] = random.below(2);
  }
  o.open_all = true;
  o.fence_status = random.below(4) != 0;
  o.log2_faults = unsigned(random.below(6));
  o.log2_slots = unsigned(random.between(4, 8));
  o.log2_completions = 4;
  o.pager = PagerKnobs{.notice = random.below(500),
                       .delay = random.below(500),
                       .jitter = random.below(1500),
                       .ahead = unsigned(random.below(3))};
  o.churn->rate = double(uint64_t{1000} << random.below(7));
  o.churn->batch = unsigned(random.between(1, 4));
  o.churn->exact = random.below(2);
  o.churn->grave = random.between(1, 100);
  o.read.latency = unsigned(random.between(10, 250));
  o.read.jitter = unsigned(random.below(2) * random.below(200));
  o.read.order = ReadOrder(random.below(3));
  o.read.ar_stall = random.below(3) ? 0 : 0.3;
  if (random.below(3) == 0) o.backpressure = "random:0.4";
  if (random.below(6) == 0) o.backpressure = "stall:5000@400";
  VMSO_SAY_HOW(o);
  INFO(config << " seed " << seed << ", " << o.queues << " queues, " << o.processes
              << " processes");
  Busy busy(o, 1 + random.below(20000) + 2000, unsigned(random.between(1, 6)));
  System &s = busy.system();
  s.allowed_sticky = kFaultBits | kExitBits;
  std::vector<SpaceOptions> spaces = all_spaces();
  bool lives = random.below(2);
  for (uint64_t end = s.now() + cycles; s.now() < end && s.findings().empty();) {
    busy.run(random.below(cycles / 4), unsigned(random.between(1, 6)));
    if (!lives) continue;
    unsigned index = unsigned(random.below(s.processes()));
    s.replace_process(index, spaces[random.below(spaces.size())], random.below(2));
    for (unsigned q = 0; q < s.queues(); q++) {
      if (s.process_of(q).id() == index) busy.place(q);
    }
  }
  busy.end();
  return busy.counts().actions();
}

void churn_seeds(uint64_t first, uint64_t count, uint64_t cycles) {
  for (const char *config : kConfigs) {
    uint64_t actions = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
      actions += churn_at_random(seed, config, cycles);
    }
    CHECK(actions > 20 * count);
  }
}

}  // namespace

TEST_CASE("A living address space at random", "[churn][random]") { churn_seeds(0x7700, 8, 20000); }
TEST_CASE("A living address space at random for long", "[.][long][churn]") {
  churn_seeds(0x7800, 60, 40000);
}

}  // namespace vmso::test
