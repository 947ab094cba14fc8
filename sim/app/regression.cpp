// SPDX-License-Identifier: Apache-2.0
#include "app/regression.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "app/file.hpp"

namespace vmso {
namespace {

using namespace regress;

constexpr int kInterrupted = 130;      // exit code
constexpr size_t kKept = 10;           // failures of which more than the line is kept
constexpr double kLeastPatience = 20;  // seconds of a run of one failure
constexpr uint64_t kLooksAhead = 100;  // seeds that tell which models are needed

// The command that runs scenarios again; `mix` and the knobs that it does not draw like that.
std::string command(const std::string &mix, const std::string &seeds, const Fixed &fixed) {
  std::string text = fmt::format("vmso regress --mix {} --seeds {}", mix, seeds);
  for (const auto &[knob, value] : fixed) {
    text += fmt::format(" --{} {}", knob_info(knob).name, knob_text(knob, value));
  }
  return text;
}

}  // namespace

void write_reports(const RegressArguments &a, const Summary &s) {
  if (!a.json.empty()) write_whole("--json", a.json, json_text(to_json(s), 1) + "\n");
  if (!a.junit.empty()) write_whole("--junit", a.junit, junit(s));
}

void print_summary(const Summary &s, size_t holes, const std::string &program) {
  fmt::print("mix       {}: {}\n{}", s.mix, mix_named(s.mix).help, words(s, holes));
  for (const Failure &f : s.failures) {
    fmt::print("failed    {}\n          {}\n", as_called(f.again, program),
               first_line(f.findings.front()));
    if (!f.shrunk.empty()) fmt::print("          smaller: {}\n", as_called(f.shrunk, program));
    if (!f.folder.empty()) fmt::print("          {}\n", f.folder);
  }
  const auto kept =
      std::ranges::count_if(s.failures, [](const Failure &f) { return !f.folder.empty(); });
  if (kept > 0 && size_t(kept) < s.failures.size()) {
    fmt::print("kept      more than the line of {} of {}\n", kept, s.failures.size());
  }
}

Regression::Regression(const RegressArguments &a, const Program &program)
    : a_(a),
      program_(program),
      mix_(mix_named(a.mix)),
      seeds_(parse_seeds(a.seeds, a.shard)),
      status_(a.quiet) {
  for (const KnobInfo &k : knobs()) {
    const std::string &text = a.knobs[size_t(k.knob)];
    if (!text.empty()) fixed_[k.knob] = knob_value(k, text);
  }
  summary_.command = command(mix_.name, parse_seeds(a.seeds, "").range(), fixed_);
  summary_.mix = mix_.name;
  summary_.seeds = seeds_;
}

int Regression::run() {
  must_be_one_seed();
  tell_what_is_taken_away();
  if (a_.dry_run) return show_scenarios();
  load_models();
  begun_ = Clock::now();
  const bool whole = run_seeds();
  summary_.seconds = elapsed();
  std::ranges::sort(summary_.failures, {}, &Failure::seed);
  if (whole && !summary_.failures.empty()) {
    write_before_explaining();
    explain();
  }
  if (!whole) summary_.missing = {seeds_.share()};
  try {
    write_reports(a_, summary_);
  } catch (const Error &) {  // what was found is seen, whatever the disk says
    print_summary(summary_, a_.holes, program_.name);
    throw;
  }
  print_summary(summary_, a_.holes, program_.name);
  if (summary_.judged() < seeds_.count()) {
    fmt::print(stderr, "vmso: {}; {} of {} seeds were not judged\n",
               starved_              ? "there were no more processes"
               : stopped() || !whole ? "it was stopped"
                                     : "--minutes are over",
               seeds_.count() - summary_.judged(), seeds_.count());
  }
  return stopped() || (!whole && !starved_) ? kInterrupted : summary_.good() ? 0 : 1;
}

// Runs at once would write into the same file.
void Regression::must_be_one_seed() const {
  if (seeds_.count() == 1) return;
  const RecordFiles &f = a_.files;
  const std::pair<const char *, const std::string &> options[] = {
      {"--pcap", f.pcap}, {"--log", f.log}, {"--timeline", f.timeline}, {kWaveOption, a_.wave}};
  for (const auto &[option, path] : options) {
    if (path.empty()) continue;
    throw Error(
        fmt::format("{}: it is written of one seed, and there are {}", option, seeds_.count()), 2);
  }
}

// A knob that was given may be more than a scenario can have beside the others.
void Regression::tell_what_is_taken_away() const {
  for (const auto &[knob, value] : fixed_) {
    for (uint64_t i = 0; i < std::min(seeds_.count(), kLooksAhead); i++) {
      Reasons reasons;
      const uint64_t seed = seeds_.nth(i), has = draw(mix_, seed, fixed_, &reasons)[knob];
      if (has == value) continue;
      fmt::print(stderr, "vmso: --{} {} is {} in seed {}{}: {}\n", knob_info(knob).name,
                 knob_text(knob, value), knob_text(knob, has), seed,
                 seeds_.count() > 1 ? ", and perhaps in others" : "", reasons.at(knob));
      break;
    }
  }
}

int Regression::show_scenarios() const {
  for (uint64_t i = 0; i < seeds_.count(); i++) {
    uint64_t seed = seeds_.nth(i);
    fmt::print("{}: {}\n", seed, describe(scenario(seed)));
  }
  return 0;
}

// In this process, so that those of the seeds find them built, in memory and past their reset.
void Regression::load_models() const {
  std::set<uint64_t> configs;
  for (uint64_t i = 0; i < std::min(seeds_.count(), kLooksAhead); i++) {
    configs.insert(scenario(seeds_.nth(i))[Knob::kConfig]);
  }
  for (uint64_t config : configs) make_dut({.config = Config(config)});
  if (seeds_.count() < kWarmStates) return;  // each seed warms its own
  for (uint64_t i = 0; i < std::min(seeds_.count(), kLooksAhead); i++) {
    prepare_warm_dut(dut_options(system_options(scenario(seeds_.nth(i)))));
  }
}

std::string Regression::judge(const Scenario &s, const RunOptions &with) const {
  RunOptions options = with;
  options.stop = program_.stop;
  return json_text(to_json(ScenarioRun(s, options).run()));
}

bool Regression::run_seeds() {
  RunOptions with;
  with.files = a_.files;
  if (!a_.wave.empty()) with.wave = parse_wave(a_.wave);
  Workers workers([&](uint64_t seed) { return judge(scenario(seed), with); },
                  {.at_once = a_.at_once, .patience = a_.patience, .stop = program_.stop});
  bool whole = false;
  try {
    whole = workers.run([this] { return next(); }, [this](const TaskEnd &end) { ended(end); },
                        [this] { progress(); });
  } catch (const Error &error) {  // no more processes to be had: what is known stays known
    status_.clear();
    fmt::print(stderr, "vmso: {}\n", error.what());
    starved_ = true;
  }
  status_.clear();
  return whole;
}

std::optional<uint64_t> Regression::next() {
  if (next_ >= seeds_.count()) return std::nullopt;
  if (a_.minutes > 0 && elapsed() > 60 * a_.minutes) return std::nullopt;
  return seeds_.nth(next_++);
}

void Regression::ended(const TaskEnd &end) {
  ended_++;
  const Outcome outcome = outcome_of(end);
  summary_.add(end.task, outcome, end.seconds);
  if (outcome.good()) {
    longest_good_ = std::max(longest_good_, end.seconds);
    return;
  }
  Failure failure;
  failure.seed = end.task;
  failure.again = command(mix_.name, std::to_string(end.task), fixed_);
  if (end.how == TaskEnd::How::kHung) failure.again += patience_option(a_.patience);
  failure.findings = outcome.findings;
  if (end.how == TaskEnd::How::kDone) cycle_of_[end.task] = outcome.first_finding;
  status_.clear();
  fmt::print(stderr, "seed {}: {}\n  {}\n", end.task, first_line(failure.findings.front()),
             as_called(failure.again, program_.name));
  summary_.failures.push_back(std::move(failure));
}

// What follows can take long, and whatever stops it shall not cost what is known. A stream would
// have it twice.
void Regression::write_before_explaining() {
  RegressArguments files = a_;
  for (std::string *path : {&files.json, &files.junit}) {
    if (is_stream(*path)) path->clear();
  }
  try {
    write_reports(files, summary_);
  } catch (const Error &error) {
    fmt::print(stderr, "vmso: {}\n", error.what());
  }
}

void Regression::explain() {
  Explainer explainer(
      {.folder = a_.failures,
       .shrink = !a_.no_shrink,
       .patience = a_.patience,
       .patience_of_try = std::min(a_.patience, std::max(kLeastPatience, 4 * longest_good_)),
       .program = program_.name,
       .stop = program_.stop},
      [this](const Scenario &s, const RunOptions &with) { return judge(s, with); }, status_);
  const size_t count = std::min(summary_.failures.size(), kKept);
  for (size_t i = 0; i < count; i++) {
    Failure &failure = summary_.failures[i];
    auto cycle = cycle_of_.find(failure.seed);
    try {
      explainer.explain(failure, scenario(failure.seed),
                        cycle == cycle_of_.end() ? std::nullopt : std::optional(cycle->second));
    } catch (const Error &error) {
      status_.clear();
      fmt::print(stderr, "vmso: seed {}: {}\n", failure.seed, error.what());
    }
  }
}

double Regression::elapsed() const {
  return std::chrono::duration<double>(Clock::now() - begun_).count();
}

void Regression::progress() {
  const bool terminal = isatty(STDERR_FILENO);
  if (a_.quiet || elapsed() < progress_at_ + (terminal ? 0.5 : 30)) return;
  progress_at_ = elapsed();
  double rate = double(ended_) / progress_at_;
  double left = rate > 0 ? double(seeds_.count() - ended_) / rate : 0;
  if (a_.minutes > 0) left = std::min(left, std::max(0.0, 60 * a_.minutes - progress_at_));
  std::string text = fmt::format("{} of {} seeds, {} failed, {:.1f} seeds/s, {:.0f} s left", ended_,
                                 seeds_.count(), summary_.failures.size(), rate, left);
  if (terminal) {
    status_.show(text);
  } else {
    fmt::print(stderr, "{}\n", text);
  }
}

}  // namespace vmso
