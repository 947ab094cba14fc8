// SPDX-License-Identifier: Apache-2.0
// SEQN of the catalogue: jobs of different kinds behind and beside each other, a MAC that stalls,
// queues that are stopped in the middle. In every configuration.
#include <algorithm>
#include <map>

#include "catalogue_run.hpp"

namespace vmso::test {
namespace {

using Sizes = std::vector<size_t>;

JobSpec cut(size_t bytes, unsigned mss) { return job_of(tcp_request(base_tcp(), bytes, mss)); }

Sizes cut_sizes(size_t bytes, size_t mss) {
  Sizes sizes(bytes / mss, mss);
  if (bytes % mss > 0) sizes.push_back(bytes % mss);
  return sizes;
}

SystemOptions busy(uint64_t seed, const char *config) {
  SystemOptions o = options(seed, config);
  o.read.order = ReadOrder::kInterleaved;
  o.read.jitter = 60;
  return o;
}

}  // namespace

TEST_CASE("SEQN-01: a plain frame of 60 bytes between two segmented jobs", "[catalogue][seqn]") {
  for (const char *config : kEveryConfig) {
    SystemOptions o = busy(0x5e01, config);
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    for (unsigned i = 0; i < 20; i++) {
      run.post(cut(5000 + i, 1448));
      run.post(frame_job(60));
      run.post(cut(3000 + i, 700));
    }
    run.finish();
    const auto &completions = run.system().completions(0);
    REQUIRE(completions.size() == 60);
    CHECK(std::ranges::is_sorted(completions, {}, &Completion::cookie));
    CHECK(std::ranges::all_of(completions, &Completion::ok));
  }
}

TEST_CASE("SEQN-02: many an MSS on queues that take turns, each job its own", "[catalogue][seqn]") {
  const unsigned all_mss[] = {1448, 536, 1, 9000, 64, 1447, 333};
  for (const char *config : kEveryConfig) {
    SystemOptions o = busy(0x5e02, config);
    o.queues = 4;
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    std::vector<Sizes> expected;
    for (unsigned i = 0; i < 56; i++) {
      unsigned mss = all_mss[i % 7];
      size_t bytes = std::min<size_t>(20 * mss, 12000) + i;
      run.post(cut(bytes, mss), i % 4);
      expected.push_back(cut_sizes(bytes, mss));
    }
    auto outcomes = run.finish();
    for (size_t i = 0; i < outcomes.size(); i++) {
      CHECK(payloads_of(outcomes[i].frames) == expected[i]);
    }
  }
}

TEST_CASE("SEQN-03: segmentation off and on again with another MSS and other headers",
          "[catalogue][seqn]") {
  for (const char *config : kEveryConfig) {
    SystemOptions o = busy(0x5e03, config);
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    for (unsigned i = 0; i < 12; i++) {
      run.post(cut(9000, 1448 - i));
      run.post(frame_job(1000 + i));
      TcpHeaders h = base_tcp();
      h.ipv6 = true;
      h.tags = i % 4;
      run.post(tcp_request(h, 5000, 300 + i));
      run.post(udp_request({}, 3000, 999));
      run.post(tunnel_request({}, base_tcp(), true, 3000, 500));
      Request sum = tcp_request(base_tcp(), 500);
      sum.job.kind = VMSO_KIND_CSUM;
      sum.job.csum_start = 34;
      sum.job.csum_offset = 16;
      run.post(sum);
    }
    auto outcomes = run.finish();
    CHECK(std::ranges::all_of(outcomes, [](const Outcome &o) { return o.completion.ok(); }));
    for (unsigned i = 0; i < 12; i++) {
      CHECK(payloads_of(outcomes[6 * i].frames) == cut_sizes(9000, 1448 - i));
      CHECK(payloads_of(outcomes[6 * i + 2].frames) == cut_sizes(5000, 300 + i));
    }
  }
}

// That tkeep has no holes, that data stands and that a frame has no gap is what the sink looks at.
TEST_CASE("SEQN-04: a MAC that stalls at random, in most cycles, and behind each beat of a frame",
          "[catalogue][seqn]") {
  for (const char *config : kEveryConfig) {
    SystemOptions o = options(0x5e04, config);
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    System &s = run.system();
    Request r = tcp_request(base_tcp(), 3000);
    Frames expected = referee::reference_frames(r);
    auto check = [&](const std::string &pattern) {
      INFO(pattern);
      s.sink.pattern = Backpressure::parse(pattern);
      run.post(r);
      run.post(cut(1, 1));
      CHECK(run.finish().at(0).frames == expected);
    };
    for (const char *pattern :
         {"random:0.1", "random:0.5", "random:0.9", "1of:2", "1of:3", "1of:7"})
      check(pattern);
    for (unsigned beats = 1; beats <= 1514 / s.config().bus_bytes() + 2; beats++) {
      for (unsigned cycles : {1u, 5u}) check(fmt::format("stall:{}@{}", cycles, beats));
    }
  }
}

TEST_CASE("SEQN-05: STOP and RESET in the middle of a segmented job leave no frame in part",
          "[catalogue][seqn]") {
  for (const char *config : kEveryConfig) {
    SystemOptions o = options(0x5e05, config);
    o.queues = 2;
    o.keep_frames = true;
    VMSO_SAY_HOW(o);
    for (unsigned cycles = 0; cycles < 800; cycles += 67) {
      INFO("after " << cycles << " cycles");
      System s(o);
      for (unsigned queue : {0u, 1u}) {
        for (unsigned i = 0; i < 3; i++) s.post(queue, cut(20000, 1448));
      }
      s.steps(cycles);
      s.check(vmso_queue_command(&s.device(), 1, VMSO_CMD_STOP), "STOP");
      CHECK(vmso_queue_wait(&s.device(), 1, VMSO_QUEUE_STOPPED) == VMSO_OK);
      s.restart_queue(0);
      s.post(0, cut(5000, 536));
      s.check(vmso_queue_command(&s.device(), 1, VMSO_CMD_ENABLE), "ENABLE");
      VMSO_CHECK_CLEAN(s);
      for (const StreamFrame &f : s.frames()) {
        CHECK_FALSE(f.error);
        CHECK(parse_frame(f.bytes).faults.empty());
      }
      CHECK(s.completions(1).size() == 3);
      CHECK(s.completions(0).back().ok());
    }
  }
}

TEST_CASE("SEQN-06: 2^16 + 1 jobs, indices and counters go on", "[catalogue][seqn]") {
  constexpr uint64_t kJobs = (1 << 16) + 1;
  for (const char *config : kEveryConfig) {
    SystemOptions o = options(0x5e06, config);
    o.keep_frames = false;
    VMSO_SAY_HOW(o);
    System s(o);
    UserBuffer buffer = s.process().place(pattern(60));
    JobSpec spec = frame_job(60);
    spec.payload = pattern(60);
    spec.placed = {buffer};
    Posted last;
    for (uint64_t i = 0; i < kJobs; i++) {
      spec.completion_wanted = i % 64 == 0 || i + 1 == kJobs;
      last = s.post(0, spec);
    }
    VMSO_CHECK_CLEAN(s);
    CHECK(last.slot == 0);
    CHECK(s.completions(0).back().consumer == 1);
    CHECK(vmso_counter(&s.device(), VMSO_REG_COUNTER_FRAMES) == kJobs);
  }
}

}  // namespace vmso::test
