// SPDX-License-Identifier: Apache-2.0
// Bytes become a scenario (regress::scenario_of), which is run and judged like any other. A finding
// ends the process with the line that has it again.
#include <cstdio>
#include <cstdlib>

#include "model/findings.hpp"
#include "regress/scenario_run.hpp"

using namespace vmso;
using namespace vmso::regress;

namespace {

// Small ones: a thousand of them tell more than one that is a thousand times as long.
void limit(Scenario &s) {
  s[Knob::kConfig] = 0;
  s[Knob::kPosted] = std::min<uint64_t>(s[Knob::kPosted], 40);
  s[Knob::kGap] = std::min<uint64_t>(s[Knob::kGap], 300);
  s[Knob::kBuffers] = std::min<uint64_t>(s[Knob::kBuffers], 200);
  s[Knob::kHostile] = std::min<uint64_t>(s[Knob::kHostile], 2);
  s[Knob::kLatency] = std::min<uint64_t>(s[Knob::kLatency], 300);
  settle(s);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  Scenario s = scenario_of({data, bytes});
  limit(s);
  if (std::getenv("VMSO_SHOW")) std::fprintf(stderr, "%s\n", reproduce(s).c_str());
  Outcome o;
  try {
    o = ScenarioRun(s).run();
  } catch (const Error &error) {  // of the harness: no model, no memory
    std::fprintf(stderr, "%s\n%s\n", reproduce(s).c_str(), error.what());
    std::abort();
  }
  if (o.good()) return 0;
  std::fprintf(stderr, "%s\n", reproduce(s).c_str());
  for (const std::string &finding : o.findings) std::fprintf(stderr, "%s\n", finding.c_str());
  std::abort();
}
