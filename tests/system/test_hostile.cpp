// SPDX-License-Identifier: Apache-2.0
// Hostile owners beside honest ones: what is promised to the honest ones, whatever the others do.
#include "hostile_run.hpp"

namespace vmso::test {
namespace {

constexpr double kSlowestAccess = 200;  // cycles of a register access, whatever the engine does

HostileOptions hostile(uint64_t fixed_seed, const char *config, std::vector<std::string> attacks,
                       unsigned honest) {
  HostileOptions o;
  o.system = options(fixed_seed, config);
  o.system.queues = honest + unsigned(attacks.size());
  o.attacks = std::move(attacks);
  o.system.log2_slots = o.system.log2_completions = 8;
  return o;
}

// Two honest queues that get commands, beside as many kinds of hostile ones as fit.
HostileOptions mixed(const char *config) {
  std::vector<std::string> attacks = {"all_fault", "reset_loop"};
  if (config != std::string("small")) {
    attacks.insert(attacks.end(), {"stop_cold_32", "garbage", "doorbells"});
  }
  auto o = hostile(0x910, config, attacks, 2);
  o.commands = true;
  o.cycles = 60000;
  return o;
}

void check_times(const char *config) {
  auto o = mixed(config);
  VMSO_SAY_HOW(o.system);
  HostileRun run(o);
  HostileResult r = run.run();
  INFO(config << ": slowest command " << r.slowest_what);
  CHECK(run.system().findings().report() == "");
  CHECK(r.slowest_command <= command_bar(o.system));
  CHECK(double(r.slowest_access) <= kSlowestAccess);
}

}  // namespace

TEST_CASE("Every attack is made and honest frames beside it are right", "[hostile]") {
  for (const std::string &name : attack_names()) {
    auto o = hostile(0x900, "small", {name}, 2);
    o.cycles = 5000;
    o.system.read.latency = 30;
    VMSO_SAY_HOW(o.system);
    INFO(name);
    HostileRun run(o);
    HostileResult r = run.run();
    CHECK(run.system().findings().report() == "");
    CHECK(run.hostile()[0]->jobs_posted() > 0);
    if (name == "reset_loop") CHECK(run.hostile()[0]->commands_done() > 0);
    if (name != "all_fault" && name != "cold_32" && name != "stop_cold_32") {
      CHECK(r.honest_frames[0] > 0);
      CHECK(r.honest_frames[1] > 0);
    }
  }
}

TEST_CASE("Honest frames are right beside hostile owners in any order of memory", "[hostile]") {
  for (ReadOrder order : {ReadOrder::kInOrder, ReadOrder::kById, ReadOrder::kInterleaved}) {
    auto o = hostile(0x901 + unsigned(order), "default",
                     {"garbage", "table_loops", "refused", "doorbells", "never_reaps"}, 3);
    o.system.read.order = order;
    o.system.read.jitter = order == ReadOrder::kInOrder ? 0 : 40;
    o.cycles = 20000;
    o.honest_load = unsigned(order);
    VMSO_SAY_HOW(o.system);
    HostileRun run(o);
    HostileResult r = run.run();
    CHECK(run.system().findings().report() == "");
    CHECK(r.hostile_frames > 0);
    CHECK(r.hostile_completions > 0);
    for (uint64_t frames : r.honest_frames) CHECK(frames > 0);
  }
}

TEST_CASE("Reads of a hostile owner that are lost and records that cannot be written harm nobody",
          "[hostile]") {
  auto o = hostile(0x905, "default", {"refused", "never_reaps", "garbage"}, 2);
  o.memory_errors = true;
  o.cycles = 30000;
  VMSO_SAY_HOW(o.system);
  HostileRun run(o);
  HostileResult r = run.run();
  CHECK(run.system().findings().report() == "");
  for (uint64_t frames : r.honest_frames) CHECK(frames > 0);
  CHECK(run.system().writes.errors > 0);
}

TEST_CASE("Commands of honest queues and register accesses end in time beside hostile owners",
          "[hostile]") {
  for (const char *config : {"small", "default"}) check_times(config);
}

TEST_CASE("Commands of honest queues end in time beside hostile owners on wide",
          "[.][pending-liveness][hostile]") {
  check_times("wide");
}

TEST_CASE("Honest queues that get commands are not silent for long beside hostile owners",
          "[.][pending-liveness][hostile]") {
  for (const char *config : {"small", "default", "wide"}) {
    auto o = mixed(config);
    VMSO_SAY_HOW(o.system);
    HostileRun run(o);
    HostileResult r = run.run();
    INFO(config << ": " << r.longest_silence << " cycles");
    CHECK(double(r.longest_silence) <= 2.0 * o.system.read.latency + 1000);
  }
}

TEST_CASE("Soft resets among hostile owners start anew and lose no frame that was called sent",
          "[hostile]") {
  auto o = hostile(0x920, "default", {"garbage", "reset_loop", "cold_32"}, 3);
  o.soft_resets = o.commands = true;
  o.cycles = 60000;
  VMSO_SAY_HOW(o.system);
  HostileRun run(o);
  HostileResult r = run.run();
  CHECK(run.system().findings().report() == "");
  CHECK(double(r.slowest_access) <= kSlowestAccess);
  for (uint64_t frames : r.honest_frames) CHECK(frames > 0);
}

TEST_CASE("Hostile owners of all kinds for long", "[.][long][pending-liveness][hostile]") {
  const ReadOrder orders[] = {ReadOrder::kInOrder, ReadOrder::kById, ReadOrder::kInterleaved};
  for (unsigned round = 0; round < 60; round++) {
    Random random(seed(0xa00) + round, "rounds");
    const char *config = std::array{"small", "default", "wide"}[round % 3];
    unsigned hostile_queues =
        round % 3 == 0 ? 1 + unsigned(random.below(2)) : 1 + unsigned(random.below(6));
    std::vector<std::string> attacks;
    for (unsigned i = 0; i < hostile_queues; i++) {
      attacks.push_back(attack_names()[random.below(attack_names().size())]);
    }
    auto o = hostile(seed(0xa00) + round, config, attacks, 2);
    o.system.read.latency = unsigned(random.between(2, 250));
    o.system.read.order = orders[random.below(3)];
    o.system.read.jitter =
        o.system.read.order == ReadOrder::kInOrder ? 0 : unsigned(random.below(60));
    o.system.backpressure = std::array{"none", "random:0.3", "stall:100@40"}[random.below(3)];
    o.honest_load = size_t(random.below(4));
    o.commands = true;
    o.soft_resets = random.below(3) == 0;
    o.memory_errors = random.below(3) == 0;
    o.cycles = 60000;
    VMSO_SAY_HOW(o.system);
    INFO("round " << round << ": " << fmt::format("{}", fmt::join(attacks, ", ")));
    HostileRun run(o);
    HostileResult r = run.run();
    INFO("slowest command " << r.slowest_what);
    CHECK(run.system().findings().report() == "");
    CHECK(double(r.slowest_access) <= kSlowestAccess);
    // A MAC that is slow makes frames slow that have begun, and the commands that wait for them.
    if (o.system.backpressure == "none") CHECK(r.slowest_command <= command_bar(o.system));
  }
}

}  // namespace vmso::test
