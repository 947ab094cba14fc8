// SPDX-License-Identifier: Apache-2.0
// Random scenarios: what is drawn, that it can be had again, what becomes of tasks that crash or
// hang, how a failure is made smaller.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "regress/explain.hpp"
#include "regress/mistake.hpp"
#include "regress/results.hpp"
#include "regress/scenario_run.hpp"
#include "regress/shrink.hpp"
#include "regress/workers.hpp"
#include "system_test.hpp"

namespace vmso::test {

using namespace regress;

TEST_CASE("Knobs stand in the table where their numbers say, with values in their range",
          "[regress]") {
  REQUIRE(knobs().size() == kKnobs);
  for (size_t i = 0; i < kKnobs; i++) {
    const KnobInfo &k = knobs()[i];
    INFO(k.name);
    CHECK(size_t(k.knob) == i);
    CHECK(k.first <= k.simplest);
    CHECK(k.simplest <= k.last);
    for (uint64_t value : {k.first, k.simplest, k.last}) {
      CHECK(knob_value(k, knob_text(k.knob, value)) == value);
    }
    for (const char *bad : {"", "-1", "x", "1x", "99999999999999999999"}) {
      CHECK_THROWS_AS(knob_value(k, bad), Error);
    }
    if (k.words.empty() && k.first > 0) {
      CHECK_THROWS_AS(knob_value(k, std::to_string(k.first - 1)), Error);
    }
    CHECK_THROWS_AS(knob_value(k, std::to_string(k.last + 1)), Error);
  }
}

// Its values agree with each other and are in their ranges.
static void check_settled(const Scenario &s) {
  Scenario again = s;
  settle(again);
  CHECK(again == s);
  for (const KnobInfo &k : knobs()) {
    CHECK(s[k.knob] >= k.first);
    CHECK(s[k.knob] <= k.last);
  }
}

TEST_CASE("A scenario is drawn from its seed alone, and a fixed knob moves no other one",
          "[regress]") {
  for (const Mix &mix : mixes()) {
    INFO(mix.name);
    unsigned different = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
      Scenario s = draw(mix, seed, {});
      CHECK(s == draw(mix, seed, {}));
      check_settled(s);
      Scenario fixed = draw(mix, seed, {{Knob::kLatency, 77}});
      different += fixed != s;
      fixed[Knob::kLatency] = s[Knob::kLatency];
      CHECK(fixed == s);
      // Its values as options of a mix that draws nothing are the same scenario.
      Fixed values;
      for (const KnobInfo &k : knobs()) values[k.knob] = s[k.knob];
      CHECK(draw(mix_named("plain"), seed, values) == s);
    }
    CHECK(different > 250);
  }
}

TEST_CASE("Any bytes are a scenario, and every value of a knob with names is one of them",
          "[regress]") {
  CHECK(scenario_of({}) == simplest(0));
  const std::vector<uint8_t> seed = {0x21, 0x43, 0, 0, 0, 0, 0, 0x80};
  CHECK(scenario_of(seed) == simplest(0x8000000000004321));
  CHECK(scenario_of(std::span(seed).first(1)) == simplest(0x21));
  Random random(1, "bytes");
  for (unsigned i = 0; i < 2000; i++) {
    check_settled(scenario_of(random_bytes(random.below(80), random)));
  }
  const std::set<Knob> not_alone = {Knob::kProcesses, Knob::kPage, Knob::kPolicy, Knob::kFaultRing,
                                    Knob::kAttack};  // settle() takes them away
  for (const KnobInfo &k : knobs()) {
    if (not_alone.contains(k.knob)) continue;
    INFO(k.name);
    std::set<uint64_t> seen;
    uint64_t most = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
      std::vector<uint8_t> bytes(8 + size_t(k.knob) + 1);
      bytes.back() = uint8_t(byte);
      const uint64_t value = scenario_of(bytes)[k.knob];
      seen.insert(value);
      most = std::max(most, value);
    }
    if (!k.words.empty()) CHECK(seen.size() == k.words.size());
    if (k.words.empty() && k.last < 100) CHECK(most > k.simplest);
  }
}

TEST_CASE("Jobs are advised before, and reads are lost for good", "[regress]") {
  for (uint64_t seed : {1, 2, 3, 4}) {
    Scenario s = draw(mix_named("send"), seed, {{Knob::kConfig, 0}, {Knob::kPosted, 40}});
    s[Knob::kAdvise] = 70;
    s[Knob::kLost] = 5;
    s[Knob::kPolicy] = seed % 3;
    settle(s);
    INFO(describe(s));
    ScenarioRun run(s);
    const Outcome o = run.run();
    CHECK(o.findings == std::vector<std::string>{});
  }
}

TEST_CASE("A record that memory refuses costs its queue a RESET, and no other one anything",
          "[regress]") {
  uint64_t restarted = 0;
  for (uint64_t seed : {1, 2, 3, 4}) {
    Scenario s = draw(mix_named("send"), seed, {{Knob::kConfig, 0}, {Knob::kPosted, 200}});
    s[Knob::kLostRecords] = 800;
    settle(s);
    INFO(describe(s));
    ScenarioRun run(s);
    const Outcome o = run.run();
    CHECK(o.findings == std::vector<std::string>{});
    const uint64_t now = o.coverage.hits("commands", kResetOfError);
    CHECK(now <= run.system().writes.errors);
    restarted += now;
  }
  CHECK(restarted > 8);
}

TEST_CASE("Two bytes can make a checksum 0", "[regress]") {
  Random random(1, "zeros");
  std::map<std::string, unsigned> zeros;
  for (unsigned i = 0; i < 4000; i++) {
    JobSpec spec = random_job({.kind = Kinds(i % 4)}, random);
    const JobSpec before = spec;
    make_checksum_zero(spec);
    unsigned changed = 0;
    for (size_t n = 0; n < spec.payload.size(); n++)
      changed += spec.payload[n] != before.payload[n];
    for (size_t n = 0; n < spec.header.bytes.size(); n++) {
      changed += spec.header.bytes[n] != before.header.bytes[n];
    }
    CHECK(changed <= 2);
    if (changed == 0) continue;
    const bool csum = spec.kind == VMSO_KIND_CSUM, udp = spec.kind == VMSO_KIND_UDP_SEG;
    const reference::Job job = reference_job(spec, spec.payload.size());
    const size_t bytes = csum ? spec.payload.size() : reference::segment_bytes(job, 0);
    const auto frame = reference::frame(job, 0, std::span(spec.payload).first(bytes));
    const bool outer = spec.header.bytes != before.header.bytes && !csum;
    const size_t field = (csum    ? spec.csum_start + size_t{spec.csum_offset}
                          : outer ? spec.header.outer_l4 + 6u
                                  : spec.header.l4 + (udp ? 6u : 16u)) +
                         (spec.vlan ? kTag : 0);
    const unsigned value = outer || udp || (csum && spec.csum_offset == 6) ? 0xff : 0;
    INFO(i << " " << field << (outer ? " outer" : ""));
    CHECK((frame.at(field) == value && frame.at(field + 1) == value));
    zeros[csum ? "csum" : outer ? "outer" : udp ? "udp" : "tcp"]++;
  }
  for (const char *kind : {"csum", "outer", "udp", "tcp"}) CHECK(zeros[kind] > 50);
}

TEST_CASE("A buffer where nothing can be is a fault of its job alone", "[regress]") {
  Coverage seen;
  for (uint64_t seed = 1; seed <= 12; seed++) {
    Scenario s = draw(mix_named("send"), seed, {{Knob::kConfig, 0}, {Knob::kPosted, 60}});
    s[Knob::kNowhere] = 40;
    s[Knob::kFormat] = seed % (mixed_formats() + 1);
    settle(s);
    INFO(describe(s));
    const Outcome o = ScenarioRun(s).run();
    CHECK(o.findings == std::vector<std::string>{});
    seen.add(o.coverage);
  }
  CHECK(seen.hits("entries", "VA_RANGE") > 0);
  CHECK(seen.hits("entries", "NOT_PRESENT") > 0);
}

TEST_CASE("Mistakes are refused as their status says, and one that goes through is found",
          "[regress]") {
  for (const Mistake &m : mistakes()) {
    INFO(vmso_status_name(m.status));
    for (uint64_t seed = 1; seed <= 8; seed++) {
      SystemOptions o;
      o.seed = seed;
      System s(o);
      Random random(seed, "mistakes");
      JobSpec spec;
      do {
        spec = random_job({.payload = kAnyPayload}, random);
      } while (!m.fits(spec));
      const JobSpec sound = spec;
      m.make(spec, random);
      const bool known = seed % 2;  // to the scoreboard
      if (known) spec.refused = m.status;
      s.post(0, spec);
      s.post(0, sound);
      s.drain();
      s.conclude();
      if (known) CHECK(s.findings().report() == "");
      if (!known) CHECK(s.findings().report().find("the job is sound") != std::string::npos);
    }
  }
  // nothing is wrong with it, and it should be refused
  SystemOptions o;
  System s(o);
  Random random(1, "mistakes");
  JobSpec spec = random_job({.kind = kTcp}, random);
  spec.refused = VMSO_STATUS_KIND;
  s.post(0, spec);
  s.drain();
  CHECK(s.findings().report().find("is expected to send") != std::string::npos);
  CHECK(s.findings().report().find("should be refused with KIND") != std::string::npos);
}

// Of tests/data/scenarios.txt: a line that `vmso regress` has printed.
Scenario scenario_of_line(const std::string &line) {
  std::istringstream words(line);
  std::string word, value;
  for (const char *should : {"vmso", "regress", "--mix", "plain", "--seeds"}) {
    words >> word;
    REQUIRE(word == should);
  }
  uint64_t seed = 0;
  words >> seed;
  Scenario s = simplest(seed);
  while (words >> word >> value) {
    auto k = std::ranges::find(knobs(), word,
                               [](const KnobInfo &k) { return "--" + std::string(k.name); });
    REQUIRE(k != knobs().end());
    s[k->knob] = knob_value(*k, value);
  }
  REQUIRE(reproduce(s) == line);
  return s;
}

TEST_CASE("Scenarios that went wrong once go well", "[regress]") {
  const char *source = std::getenv("VMSO_SOURCE_DIR");
  REQUIRE(source);
  std::ifstream file(std::string(source) + "/tests/data/scenarios.txt");
  unsigned count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    INFO(line);
    CHECK(ScenarioRun(scenario_of_line(line)).run().findings == std::vector<std::string>{});
    count++;
  }
  CHECK(count >= 2);
}

TEST_CASE("Scenarios of every mix end with nothing wrong, the same way each time", "[regress]") {
  for (const Mix &mix : mixes()) {
    for (uint64_t seed : {1, 2, 3, 4}) {
      Scenario s = draw(mix, seed, {});
      INFO("vmso regress --mix " << mix.name << " --seeds " << seed);
      Outcome first = ScenarioRun(s).run();
      CHECK(first.findings == std::vector<std::string>{});
      CHECK(first.frames > 0);
      if (seed > 1) continue;
      Outcome second = ScenarioRun(s).run();
      CHECK(to_json(second) == to_json(first));
      CHECK(to_json(outcome_from(to_json(first))) == to_json(first));
    }
  }
}

TEST_CASE("Scenarios with every knob at an end go well", "[regress]") {
  for (const KnobInfo &k : knobs()) {
    for (uint64_t value : {k.first, k.last}) {
      if (k.knob == Knob::kPosted && value == k.last) continue;  // minutes
      Scenario s = simplest(5);
      s[Knob::kPosted] = 4;
      s[Knob::kAbsent] = 30;
      s[Knob::kPolicy] = kPark;
      s[k.knob] = value;
      settle(s);
      INFO(k.name << " " << knob_text(k.knob, value));
      Outcome o = ScenarioRun(s).run();
      CHECK(o.findings == std::vector<std::string>{});
    }
  }
}

TEST_CASE("What a finding is of does not depend on its numbers", "[regress]") {
  CHECK(kind_of_finding("cycle 17: queue 3: job 0x1f has not ended\nmore") ==
        kind_of_finding("cycle 9000: queue 12: job 0x2 has not ended"));
  CHECK(kind_of_finding("cycle 17: queue 3") != kind_of_finding("cycle 17: frame 3"));
}

TEST_CASE("A scenario is made as small as what is wrong lets it be", "[regress]") {
  Scenario s = draw(mix_named("all"), 4711, {{Knob::kPosted, 500}, {Knob::kQueues, 40}});
  s[Knob::kConfig] = uint64_t(Config::kDefault);
  s[Knob::kQueues] = 40;
  s[Knob::kMac] = kStalls;
  auto same = [](const Scenario &t) {
    return t[Knob::kPosted] >= 37 && t[Knob::kQueues] >= 3 && t[Knob::kMac] == kStalls;
  };
  REQUIRE(same(s));
  Shrunk shrunk = shrink(s, same, 500);
  Scenario expected = simplest(4711);
  expected[Knob::kPosted] = 37;
  expected[Knob::kQueues] = 3;
  expected[Knob::kMac] = kStalls;
  expected[Knob::kConfig] = shrunk.scenario[Knob::kConfig];
  CHECK(shrunk.scenario == expected);
  CHECK(shrunk.tries <= 500);
  Shrunk cut_short = shrink(s, same, 3);
  CHECK(cut_short.tries == 3);
  CHECK(same(cut_short.scenario));
}

TEST_CASE("A task that crashes, hangs or throws is its own trouble alone", "[regress]") {
  auto task = [](uint64_t n) -> std::string {
    if (n == 3) raise(SIGKILL);  // Catch has handlers for the others
    if (n == 5) {
      for (;;) pause();
    }
    if (n == 7) throw Error("no good");
    if (n == 8) _exit(9);
    return std::string(200000, char('a' + n));  // more than a pipe holds
  };
  Workers workers(task, {.at_once = 3, .patience = 1});
  std::map<uint64_t, TaskEnd> ends;
  uint64_t next = 0;
  bool whole = workers.run(
      [&]() -> std::optional<uint64_t> {
        if (next == 12) return std::nullopt;
        return next++;
      },
      [&](const TaskEnd &end) { ends[end.task] = end; }, [] {});
  CHECK(whole);
  REQUIRE(ends.size() == 12);
  for (const auto &[n, end] : ends) {
    INFO(n);
    auto how = n == 5                       ? TaskEnd::How::kHung
               : n == 3 || n == 7 || n == 8 ? TaskEnd::How::kCrashed
                                            : TaskEnd::How::kDone;
    CHECK(end.how == how);
    if (how == TaskEnd::How::kDone) CHECK(end.text == std::string(200000, char('a' + n)));
  }
  CHECK(ends[3].text.find("signal 9") != std::string::npos);
  CHECK(ends[5].text == "no end within 1 s");
  CHECK(ends[7].text == "no good");
  CHECK(ends[8].text == "exit code 9");
}

TEST_CASE("With few processes to be had, tasks go on with fewer at once", "[regress]") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int lowest = dup(STDIN_FILENO);  // the lowest number that is free
  close(lowest);
  const rlimit few{rlim_t(lowest) + 3, before.rlim_max};  // a task's two ends, and one that lasts
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::set<uint64_t> ended;
  uint64_t next = 0;
  Workers workers([](uint64_t n) { return std::to_string(n); }, {.at_once = 8});
  const bool whole = workers.run(
      [&]() -> std::optional<uint64_t> {
        if (next == 20) return std::nullopt;
        return next++;
      },
      [&](const TaskEnd &end) {
        if (end.text == std::to_string(end.task)) ended.insert(end.task);
      },
      [] {});
  const rlimit none{rlim_t(lowest) + 1, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  CHECK_THROWS_WITH(workers.one(1), ContainsSubstring("no process: "));
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(whole);
  CHECK(ended.size() == 20);
}

TEST_CASE("What is known of a failure is kept, and it is told if it does not come back",
          "[regress]") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / fmt::format("vmso_explain_{}", getpid());
  const fs::path runs = folder / "runs";  // a judge is in another process
  fs::create_directories(folder / "4");
  std::ofstream(folder / "4" / "timeline.json") << "of yesterday";
  auto text_of = [](const fs::path &path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  unsigned fails_until = 1000;  // this run of it
  auto judge = [&](const Scenario &, const RunOptions &with) {
    std::ofstream(runs, std::ios::app) << 'x';
    if (!with.files.log.empty()) std::ofstream(with.files.log) << "recorded";
    Outcome o;
    if (text_of(runs).size() <= fails_until) {
      o.findings = {"cycle 17: queue 3 is wrong"};
      o.findings_count = 1;
    }
    return to_json(o).dump();
  };
  Scenario s = draw(mix_named("all"), 4, {});
  StatusLine status(true);
  Explainer explainer({.folder = folder.string()}, judge, status);
  auto explained = [&](unsigned until, std::optional<uint64_t> cycle) {
    std::error_code none;
    fs::remove(runs, none);
    fails_until = until;
    Failure f;
    f.seed = 4;
    f.again = "vmso line";
    f.findings = {"cycle 16: queue 2 is wrong"};
    explainer.explain(f, s, cycle);
    return f;
  };

  Failure f = explained(1000, 17);  // it always comes back
  CHECK(f.findings.size() == 1);
  CHECK(f.shrunk == reproduce(simplest(4)));
  CHECK(f.folder == (folder / "4").string());
  CHECK(text_of(folder / "4" / "retire.log") == "recorded");
  CHECK_FALSE(fs::exists(folder / "4" / "timeline.json"));
  CHECK(text_of(folder / "4" / "report.txt") == "vmso line\nsmaller: " + f.shrunk + "\n\n" +
                                                    describe(s) +
                                                    "\n\ncycle 16: queue 2 is wrong\n");

  f = explained(0, std::nullopt);  // it never does; nothing says which cycles to record
  REQUIRE(f.findings.size() == 2);
  CHECK(f.findings[1] == "run again, it says: nothing; so it hangs on more than its seed");
  CHECK(f.shrunk.empty());
  CHECK_FALSE(fs::exists(folder / "4" / "retire.log"));
  CHECK(text_of(runs).size() == 1);

  f = explained(1, 17);  // once; then nothing of it can be made smaller
  REQUIRE(f.findings.size() == 2);
  CHECK(f.findings[1] == "recorded, with other start values, it says: nothing");
  CHECK(f.shrunk.empty());

  fs::remove_all(folder);
  std::ofstream(folder) << "no folder";
  CHECK_THROWS_WITH(explained(1000, 17), ContainsSubstring("--failures: cannot make"));
  fs::remove(folder);
}

TEST_CASE("An interrupted regression ends at once and leaves no process", "[regress]") {
  volatile std::sig_atomic_t stop = 0;
  Workers workers(
      [](uint64_t) -> std::string {
        for (;;) pause();
      },
      {.at_once = 2, .patience = 600, .stop = &stop});
  unsigned looks = 0;
  CHECK_FALSE(workers.run([]() -> std::optional<uint64_t> { return 1; }, [](const TaskEnd &) {},
                          [&] { stop = ++looks == 3; }));
  CHECK(looks == 3);
}

TEST_CASE("A task that was told to end by somebody else has not crashed", "[regress]") {
  Workers workers([](uint64_t) -> std::string { throw Error("interrupted", 130); }, {});
  unsigned begun = 0, ends = 0;
  CHECK_FALSE(workers.run(
      [&]() -> std::optional<uint64_t> {
        if (begun == 3) return std::nullopt;
        return begun++;
      },
      [&](const TaskEnd &) { ends++; }, [] {}));
  CHECK(begun == 1);
  CHECK(ends == 0);
}

namespace {

// Seeds 1..10: 3 and 6 fail, in an order in which no shard has them.
Summary summary_of(uint64_t shard, uint64_t shards) {
  Summary s;
  s.command = "vmso regress --mix all --seeds 1..10";
  s.mix = "all";
  s.seeds = {.first = 1, .last = 10, .shard = shard, .shards = shards};
  for (uint64_t i = s.seeds.count(); i-- > 0;) {
    const uint64_t seed = s.seeds.nth(i);
    Outcome o;
    o.cycles = 1000 * seed;
    o.jobs = seed;
    o.frames = 2 * seed;
    o.bytes = 100 * seed;
    o.coverage.hit("faults", seed % 2 ? "NOT_PRESENT park" : "NOT_PRESENT abort", seed);
    s.add(seed, o, 0.5);
    if (seed != 3 && seed != 6) continue;
    const std::string name = std::to_string(seed);
    s.failures.push_back(
        {seed, "again " + name, "shrunk " + name, {"first <" + name, "second"}, "folder/" + name});
  }
  std::ranges::sort(s.failures, {}, &Failure::seed);
  s.seconds = 0.5 * double(s.judged());
  return s;
}

Summary read_back(const Summary &s) {
  return summary_from(nlohmann::json::parse(to_json(s).dump()));
}

}  // namespace

TEST_CASE("Shards of a regression have the report of the whole", "[regress]") {
  const Summary whole = summary_of(1, 1);
  CHECK(to_json(read_back(whole)) == to_json(whole));
  for (uint64_t n : {1, 2, 3, 7, 10, 12}) {
    INFO(n << " shards");
    std::vector<Summary> shards;
    for (uint64_t i = n; i > 0; i--) shards.push_back(read_back(summary_of(i, n)));
    const Summary sum = merged(shards);
    CHECK(to_json(sum) == to_json(whole));
    CHECK(junit(sum) == junit(whole));
    Summary alone = whole;
    alone.parts = n;
    CHECK(words(sum, 3) == words(alone, 3));
  }
}

TEST_CASE("A shard that is missing, cut short, twice there or of another regression is told",
          "[regress]") {
  std::vector<Summary> shards = {summary_of(1, 3), summary_of(3, 3)};
  for (Summary &s : shards) s.failures.clear();
  Summary sum = merged(shards);
  CHECK(sum.missing == std::vector<std::string>{"2/3"});
  CHECK(sum.judged() == 7);
  CHECK(sum.asked() == 10);
  CHECK_FALSE(sum.good());
  CHECK(words(sum, 0).find("missing   shards 2/3\n") != std::string::npos);
  CHECK(junit(sum).find("7 of 10 seeds judged; missing: 2/3") != std::string::npos);
  CHECK(junit(sum).find("errors=\"1\"") != std::string::npos);

  shards.push_back(summary_of(2, 3));
  shards.back().failures.clear();
  CHECK(merged(shards).good());
  shards.back().missing = {"2/3"};  // it has judged its seeds, but was not let to its end
  CHECK_FALSE(merged(shards).good());
  shards.back().missing.clear();
  shards.back().times.erase(5);  // --minutes
  CHECK_FALSE(merged(shards).good());
  CHECK(merged(shards).missing.empty());

  shards.push_back(summary_of(2, 3));
  CHECK_THROWS_WITH(merged(shards), "shard 2/3 is there twice");
  shards.back() = summary_of(1, 4);
  CHECK_THROWS_AS(merged(shards), Error);
  shards.back() = summary_of(2, 3);
  shards.back().command += " --queues 2";
  CHECK_THROWS_AS(merged(shards), Error);
  CHECK_THROWS_AS(merged({}), Error);
  CHECK_THROWS_AS(parse_seeds("1..10", "1/1000001"), Error);
  CHECK(parse_seeds("010", "").first == 10);
}

TEST_CASE("Coverage knows its bins and adds up", "[regress]") {
  Coverage a, b;
  a.hit("faults", "NOT_PRESENT park");
  b.hit("faults", "NOT_PRESENT park", 2);
  a.add(b);
  CHECK(a.hits("faults", "NOT_PRESENT park") == 3);
  CHECK(a.hits("faults", "NOT_PRESENT abort") == 0);
  CHECK_THROWS_AS(a.hit("faults", "NOT_PRESENT never"), Error);
  CHECK_THROWS_AS(a.hit("moods", "good"), Error);
  for (const Cross &cross : crosses()) {
    if (cross.name == std::string("faults")) CHECK(a.holes(cross).size() + 1 == cross.bins.size());
  }
}

}  // namespace vmso::test
