// SPDX-License-Identifier: Apache-2.0
#include "regress/explain.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "regress/shrink.hpp"

namespace vmso::regress {
namespace {

namespace fs = std::filesystem;
constexpr unsigned kShrinkTries = 60;  // runs of one failure
constexpr uint64_t kWindow = 10000;    // cycles of the waveform before a finding
constexpr uint64_t kBehind = 500;      // and behind it

// In a failure's folder; what an earlier run has left of them says nothing of this one.
constexpr const char *kReport = "report.txt", *kFrames = "frames.pcapng", *kLog = "retire.log",
                     *kTimeline = "timeline.json", *kWave = "wave.fst";
constexpr const char *kKeptFiles[] = {kReport, kFrames, kLog, kTimeline, kWave, "wave.fst.hier"};

const std::string kHang = "hang: ", kCrash = "crash: ";

bool hangs(const Failure &failure) { return failure.findings.front().starts_with(kHang); }

std::string first_finding(const Outcome &outcome) {
  return outcome.good() ? "nothing" : first_line(outcome.findings.front());
}

bool is_same(const Outcome &outcome, const Failure &failure) {
  return !outcome.good() &&
         kind_of_finding(outcome.findings.front()) == kind_of_finding(failure.findings.front());
}

}  // namespace

Outcome outcome_of(const TaskEnd &end) {
  if (end.how == TaskEnd::How::kDone) return outcome_from(nlohmann::json::parse(end.text));
  Outcome o;
  o.findings = {(end.how == TaskEnd::How::kHung ? kHang : kCrash) + end.text};
  o.findings_count = 1;
  return o;
}

std::string patience_option(double seconds) { return fmt::format(" --patience {}", seconds); }

void Explainer::explain(Failure &failure, const Scenario &scenario, std::optional<uint64_t> cycle) {
  if (options_.shrink && !stopped()) shrink(failure, scenario);
  keep(failure, scenario, cycle);
}

void Explainer::shrink(Failure &failure, const Scenario &scenario) {
  unsigned tried = 0;
  Outcome last;
  auto same = [&](const Scenario &s) {
    if (stopped()) return false;
    status_.show(fmt::format("seed {}: made smaller, try {}", failure.seed, ++tried));
    const bool whole = tried == 1 && !hangs(failure);
    Workers worker(
        [&](uint64_t) { return judge_(s, {}); },
        {.patience = whole ? options_.patience : options_.patience_of_try, .stop = options_.stop});
    auto end = worker.one(failure.seed);
    if (!end) return false;
    last = outcome_of(*end);
    return is_same(last, failure);
  };
  const bool again = same(scenario);
  if (stopped()) return;
  if (!again) {
    const std::string text = fmt::format(
        "run again, it says: {}; so it hangs on more than its seed", first_finding(last));
    status_.clear();
    fmt::print(stderr, "seed {}: {}\n", failure.seed, text);
    failure.findings.push_back(text);
    return;
  }
  const Shrunk shrunk = regress::shrink(scenario, same, kShrinkTries);
  if (shrunk.scenario == scenario) return;
  failure.shrunk = reproduce(shrunk.scenario);
  if (hangs(failure)) failure.shrunk += patience_option(options_.patience);
  status_.clear();
  fmt::print(stderr, "seed {}, as small as {} tries made it:\n  {}\n", failure.seed, tried - 1,
             as_called(failure.shrunk, options_.program));
}

void Explainer::keep(Failure &failure, const Scenario &scenario, std::optional<uint64_t> cycle) {
  const fs::path folder = fs::path(options_.folder) / std::to_string(failure.seed);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(fmt::format("--failures: cannot make {}: {}", folder.string(), error.message()));
  }
  for (const char *name : kKeptFiles) fs::remove(folder / name, error);
  failure.folder = folder.string();
  if (cycle && !stopped()) record(failure, scenario, *cycle);
  std::ofstream report(folder / kReport);
  report << as_called(failure.again, options_.program) << "\n";
  if (!failure.shrunk.empty()) {
    report << "smaller: " << as_called(failure.shrunk, options_.program) << "\n";
  }
  report << "\n" << describe(scenario) << "\n\n";
  for (const std::string &finding : failure.findings) report << finding << "\n";
  if (!report.flush()) {
    throw Error(fmt::format("--failures: cannot write {}", (folder / kReport).string()));
  }
}

// The run again, recorded; the waveform has the cycles before the finding.
void Explainer::record(Failure &failure, const Scenario &scenario, uint64_t cycle) {
  status_.show(fmt::format("seed {}: again, recorded", failure.seed));
  const fs::path folder = failure.folder;
  RunOptions with;
  with.files = {.pcap = (folder / kFrames).string(),
                .log = (folder / kLog).string(),
                .timeline = (folder / kTimeline).string()};
  with.wave.path = (folder / kWave).string();
  with.wave.from = cycle > kWindow ? cycle - kWindow : 0;
  with.wave.to = cycle + kBehind;
  Workers worker([&](uint64_t) { return judge_(scenario, with); },
                 {.patience = options_.patience, .stop = options_.stop});
  auto end = worker.one(failure.seed);
  status_.clear();
  if (!end) {
    failure.findings.push_back("its recording was interrupted");
    return;
  }
  const Outcome recorded = outcome_of(*end);
  if (is_same(recorded, failure)) return;
  const std::string text =
      fmt::format("recorded, with other start values, it says: {}", first_finding(recorded));
  fmt::print(stderr, "seed {}: {}\n", failure.seed, text);
  failure.findings.push_back(text);
}

}  // namespace vmso::regress
