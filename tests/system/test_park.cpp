// SPDX-License-Identifier: Apache-2.0
// Queues that park: a fault holds its job, the kernel mends it, the job goes on where it stopped.
// The scoreboard sees to it that no frame is lost, none comes twice and all are byte for byte right.
#include "system_test.hpp"

namespace vmso::test {
namespace {

SystemOptions parking(uint64_t fixed_seed, const char *config = "small") {
  SystemOptions o = options(fixed_seed, config);
  o.park = true;
  o.log2_faults = 3;
  return o;
}

constexpr const char *kConfigs[] = {"small", "default", "wide"};

}  // namespace

TEST_CASE("Pages that come only when they are asked for lose no frame", "[park]") {
  for (const char *config : kConfigs) {
    auto o = parking(0x70, config);
    o.pager = PagerKnobs{.delay = 300};
    o.demand_paging = true;
    o.queues = 2;
    VMSO_SAY_HOW(o);
    System s(o);
    for (unsigned i = 0; i < 4; i++) s.post(i % 2, tcp_job(9000 + 1000 * i));
    VMSO_CHECK_CLEAN(s);
    CHECK(s.pager().counts.faults >= 4 * 3);
    CHECK(s.pager().counts.retries == s.pager().counts.faults);
    CHECK(s.pager().counts.aborts == 0);
  }
}

}  // namespace vmso::test
