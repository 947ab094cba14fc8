// SPDX-License-Identifier: Apache-2.0
// All kinds of jobs through the whole engine: UDP, tunnels, generic checksums, tags to insert; what
// has to come out is the reference's business.
#include "regress/random_job.hpp"
#include "system_test.hpp"

namespace vmso::test {

TEST_CASE("Random jobs of all kinds are the frames of the reference", "[kinds][random]") {
  for (const char *config : {"small", "default", "wide"}) {
    for (uint64_t fixed : {0x600, 0x601, 0x602}) {
      auto o = options(fixed, config);
      Random r(o.seed, "test");
      any_surroundings(o, r);
      VMSO_SAY_HOW(o);
      System s(o);
      for (unsigned i = 0; i < 150; i++) {
        s.post(unsigned(i % 4), regress::random_job({}, r));
      }
      VMSO_CHECK_CLEAN(s);
    }
  }
}

}  // namespace vmso::test
