// SPDX-License-Identifier: Apache-2.0
// Rate limits of queues.
#include "bench/shares.hpp"
#include "system_test.hpp"

namespace vmso::test {

TEST_CASE("A queue sends what its limit says, in bytes and in frames", "[rate][system]") {
  for (Config config : {Config::kSmall, Config::kDefault, Config::kWide}) {
    for (bool frames : {false, true}) {
      for (uint32_t bytes : {64u, 1514u}) {
        for (double share : {0.1, 0.9}) {
          bench::RateOptions o;
          o.config = config;
          o.latency = 100;
          o.frames = frames;
          o.frame_bytes = bytes;
          o.share = share;
          o.periods = 12;
          INFO(config_info(config).name << ", " << share << " of frames of " << bytes
                                        << " bytes, in " << (frames ? "frames" : "bytes"));
          double got = bench::measure_rate(o);
          CHECK(got >= 0.99);
          CHECK(got <= 1.01);
        }
      }
    }
  }
}

TEST_CASE("A queue that waits for its limit leaves the wire to the others", "[rate][system]") {
  auto o = options(0xd7);
  o.config = Config::kDefault;
  o.queues = 3;
  o.rate_bytes = {1500, 0, 0};  // about a hundredth of the wire
  o.rate_frames = {0, 1, 0};
  o.keep_frames = false;
  VMSO_SAY_HOW(o);
  System s(o);
  for (unsigned i = 0; i < 120; i++) {
    for (unsigned q = 0; q < 3; q++) {
      JobSpec spec = tcp_job(1448);
      spec.doorbell = false;
      s.post(q, spec);
    }
  }
  for (unsigned q = 0; q < 3; q++) s.doorbell(q);
  REQUIRE(s.run_until([&] { return s.completions(2).size() == 120; }, 12000));  // 5800 at full rate
  CHECK(s.completions(0).size() <= 5);
  CHECK(s.completions(1).size() <= 5);
  VMSO_CHECK_CLEAN(s);  // and the others get through
}

}  // namespace vmso::test
