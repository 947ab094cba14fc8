// SPDX-License-Identifier: Apache-2.0
// vmso regress: seeds, workers, progress, what is kept of a failure. What a scenario is and does is
// in regress/.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "app/commands.hpp"
#include "app/file.hpp"
#include "regress/results.hpp"
#include "regress/shrink.hpp"
#include "regress/workers.hpp"

namespace vmso {
namespace {

namespace fs = std::filesystem;
using namespace regress;
using Clock = std::chrono::steady_clock;

constexpr size_t kKept = 10;           // failures of which more than the line is kept
constexpr unsigned kShrinkTries = 60;  // runs of one failure
constexpr double kLeastPatience = 20;  // seconds of a run of one failure
constexpr uint64_t kWindow = 10000;    // cycles of the waveform before a finding
constexpr uint64_t kBehind = 500;      // and behind it
constexpr uint64_t kLooksAhead = 100;  // seeds that tell which models are needed

struct Arguments {
  std::string seeds = "1..100", mix = "all", shard, json, junit, failures = "failures";
  std::vector<std::string> merge;
  std::vector<std::string> knobs = std::vector<std::string>(kKnobs);
  unsigned at_once = std::max(1u, std::thread::hardware_concurrency());
  RecordFiles files;
  std::string wave;
  double minutes = 0, patience = 600;
  size_t holes = 0;
  bool no_shrink = false, dry_run = false, quiet = false;
};

// --json and --junit.
class Reports {
 public:
  explicit Reports(const Arguments &a) {
    if (!a.json.empty()) json_.emplace("--json", a.json);
    if (!a.junit.empty()) junit_.emplace("--junit", a.junit);
  }
  void write(const Summary &s) {
    if (json_) json_->write(to_json(s).dump(1) + "\n");
    if (junit_) junit_->write(junit(s));
  }

 private:
  std::optional<WholeFile> json_, junit_;
};

void show(const Summary &s, size_t holes) {
  fmt::print("mix       {}: {}\n{}", s.mix, mix_named(s.mix).help, words(s, holes));
  for (const Failure &f : s.failures) {
    fmt::print("failed    {}\n", f.shrunk.empty() ? f.again : f.shrunk);
    if (!f.folder.empty()) fmt::print("          {}\n", f.folder);
  }
}

int merge(const Arguments &a) {
  Reports reports(a);
  std::vector<Summary> shards;
  for (const std::string &path : a.merge) {
    std::ifstream file(path);
    if (!file) throw Error("--merge: cannot read " + path);
    try {
      shards.push_back(summary_from(nlohmann::json::parse(file)));
    } catch (const std::exception &error) {
      throw Error(fmt::format("--merge: {} is no report of vmso regress: {}", path, error.what()));
    }
  }
  Summary whole;
  try {
    whole = merged(shards);
  } catch (const Error &error) {
    throw Error(fmt::format("--merge: {}", error.what()));
  }
  reports.write(whole);
  show(whole, a.holes);
  return whole.good() ? 0 : 1;
}

class Regression {
 public:
  Regression(const Arguments &a, const Program &program)
      : a_(a), program_(program), mix_(mix_named(a.mix)), seeds_(parse_seeds(a.seeds, a.shard)) {
    for (const KnobInfo &k : knobs()) {
      const std::string &text = a.knobs[size_t(k.knob)];
      if (!text.empty()) fixed_[k.knob] = knob_value(k, text);
    }
    summary_.command = command(mix_.name, parse_seeds(a.seeds, "").range(), fixed_);
    summary_.mix = mix_.name;
    summary_.seeds = seeds_;
  }

  int run() {
    must_be_one_seed();
    if (a_.dry_run) return show_scenarios();
    Reports reports(a_);
    load_models();
    begun_ = Clock::now();
    RunOptions with;
    with.files = a_.files;
    if (!a_.wave.empty()) with.wave = parse_wave(a_.wave);
    Workers workers([&](uint64_t seed) { return judge(scenario(seed), with); }, limits(a_.at_once));
    const bool whole =
        workers.run([this] { return next(); }, [this](const TaskEnd &end) { ended(end); },
                    [this] { progress(); });
    clear_progress();
    summary_.seconds = elapsed();
    if (whole) explain();
    const bool cut = !whole || stopped();
    if (cut) summary_.missing = {seeds_.share()};
    std::ranges::sort(summary_.failures, {}, &Failure::seed);
    reports.write(summary_);
    show(summary_, a_.holes);
    return cut ? 130 : summary_.good() ? 0 : 1;
  }

 private:
  // Runs at once would write into the same file.
  void must_be_one_seed() const {
    if (seeds_.count() == 1) return;
    const RecordFiles &f = a_.files;
    const std::pair<const char *, const std::string &> options[] = {
        {"--pcap", f.pcap}, {"--log", f.log}, {"--timeline", f.timeline}, {"--wave", a_.wave}};
    for (const auto &[option, path] : options) {
      if (path.empty()) continue;
      throw Error(
          fmt::format("{}: it is written of one seed, and there are {}", option, seeds_.count()),
          2);
    }
  }

  Scenario scenario(uint64_t seed) const { return draw(mix_, seed, fixed_); }

  Workers::Limits limits(unsigned at_once) const {
    return {.at_once = at_once, .patience = a_.patience, .stop = program_.stop};
  }
  // Of one made smaller: a hang shall not cost the whole patience each time.
  Workers::Limits limits_of_try() const {
    Workers::Limits l = limits(1);
    l.patience = std::min(a_.patience, std::max(kLeastPatience, 4 * longest_good_));
    return l;
  }

  std::string judge(const Scenario &s, const RunOptions &with = {}) const {
    RunOptions options = with;
    options.stop = program_.stop;
    return to_json(ScenarioRun(s, options).run()).dump();
  }

  int show_scenarios() const {
    for (uint64_t i = 0; i < seeds_.count(); i++) {
      uint64_t seed = seeds_.nth(i);
      fmt::print("{}: {}\n", seed, describe(scenario(seed)));
    }
    return 0;
  }

  // In this process, so that those of the seeds find them built, in memory and past their reset.
  void load_models() const {
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

  std::optional<uint64_t> next() {
    if (next_ >= seeds_.count()) return std::nullopt;
    if (a_.minutes > 0 && elapsed() > 60 * a_.minutes) return std::nullopt;
    return seeds_.nth(next_++);
  }

  // A crash or a hang is a finding, too.
  static Outcome outcome_of(const TaskEnd &end) {
    if (end.how == TaskEnd::How::kDone) return outcome_from(nlohmann::json::parse(end.text));
    Outcome o;
    o.findings = {
        fmt::format("{}: {}", end.how == TaskEnd::How::kHung ? "hang" : "crash", end.text)};
    o.findings_count = 1;
    return o;
  }

  // The command that runs scenarios again; `mix` and the knobs that it does not draw like that.
  static std::string command(const std::string &mix, const std::string &seeds, const Fixed &fixed) {
    std::string text = fmt::format("vmso regress --mix {} --seeds {}", mix, seeds);
    for (const auto &[knob, value] : fixed) {
      text += fmt::format(" --{} {}", knob_info(knob).name, knob_text(knob, value));
    }
    return text;
  }

  void ended(const TaskEnd &end) {
    ended_++;
    Failure failure;
    failure.seed = end.task;
    failure.again = command(mix_.name, std::to_string(end.task), fixed_);
    Outcome outcome = outcome_of(end);
    summary_.add(end.task, outcome, end.seconds);
    if (outcome.good()) {
      longest_good_ = std::max(longest_good_, end.seconds);
      return;
    }
    failure.findings = outcome.findings;
    if (end.how == TaskEnd::How::kDone) cycle_of_[end.task] = outcome.first_finding;
    clear_progress();
    fmt::print(stderr, "seed {}: {}\n  {}\n", end.task, first_line(failure.findings.front()),
               failure.again);
    summary_.failures.push_back(std::move(failure));
  }

  static std::string first_line(const std::string &text) { return text.substr(0, text.find('\n')); }

  // ---- failures: a folder each, and the same with less in it
  void explain() {
    for (size_t i = 0; i < std::min(summary_.failures.size(), kKept); i++) {
      Failure &f = summary_.failures[i];
      if (!a_.no_shrink) shrink_failure(f);
      if (stopped()) return;
      keep(f);
      if (stopped()) return;
    }
  }
  bool stopped() const { return program_.stop && *program_.stop; }

  void shrink_failure(Failure &f) {
    const std::string kind = kind_of_finding(f.findings.front());
    unsigned tried = 0;
    auto same = [&](const Scenario &s) {
      if (!a_.quiet) note(fmt::format("seed {}: made smaller, try {}", f.seed, ++tried));
      Workers worker([&](uint64_t) { return judge(s); }, limits_of_try());
      auto end = worker.one(f.seed);
      if (!end) return false;
      Outcome o = outcome_of(*end);
      return !o.good() && kind_of_finding(o.findings.front()) == kind;
    };
    Shrunk shrunk = shrink(scenario(f.seed), same, kShrinkTries);
    clear_progress();
    f.shrunk = reproduce(shrunk.scenario);
    fmt::print(stderr, "seed {}, as small as {} tries made it:\n  {}\n", f.seed, shrunk.tries,
               f.shrunk);
  }

  // The run again, recorded; the waveform has the cycles before the finding.
  void keep(Failure &f) {
    fs::path folder = fs::path(a_.failures) / std::to_string(f.seed);
    fs::create_directories(folder);
    f.folder = folder.string();
    auto cycle = cycle_of_.find(f.seed);
    if (cycle != cycle_of_.end()) {
      if (!a_.quiet) note(fmt::format("seed {}: again, recorded", f.seed));
      RunOptions with;
      with.files = {.pcap = (folder / "frames.pcapng").string(),
                    .log = (folder / "retire.log").string(),
                    .timeline = (folder / "timeline.json").string()};
      with.wave.path = (folder / "wave.fst").string();
      with.wave.from = cycle->second > kWindow ? cycle->second - kWindow : 0;
      with.wave.to = cycle->second + kBehind;
      Workers worker([&](uint64_t) { return judge(scenario(f.seed), with); }, limits(1));
      worker.one(f.seed);
      clear_progress();
    }
    std::ofstream report(folder / "report.txt");
    report << f.again << "\n";
    if (!f.shrunk.empty()) report << f.shrunk << "\n";
    report << "\n" << describe(scenario(f.seed)) << "\n\n";
    for (const std::string &finding : f.findings) report << finding << "\n";
    if (!report.flush()) throw Error("--failures: cannot write " + f.folder + "/report.txt");
  }

  // ---- what people see
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }

  void note(const std::string &text) {
    if (!isatty(STDERR_FILENO)) return;
    fmt::print(stderr, "\r\x1b[K{}", text);
    std::fflush(stderr);
    noted_ = true;
  }
  void clear_progress() {
    if (std::exchange(noted_, false)) fmt::print(stderr, "\r\x1b[K");
  }

  void progress() {
    if (a_.quiet || elapsed() < shown_ + (isatty(STDERR_FILENO) ? 0.5 : 30)) return;
    shown_ = elapsed();
    double rate = double(ended_) / shown_;
    double left = rate > 0 ? double(seeds_.count() - ended_) / rate : 0;
    if (a_.minutes > 0) left = std::min(left, std::max(0.0, 60 * a_.minutes - shown_));
    std::string text = fmt::format("{} of {} seeds, {} failed, {:.1f} seeds/s, {:.0f} s left",
                                   ended_, seeds_.count(), summary_.failures.size(), rate, left);
    if (isatty(STDERR_FILENO)) {
      note(text);
    } else {
      fmt::print(stderr, "{}\n", text);
    }
  }

  const Arguments &a_;
  const Program &program_;
  const Mix &mix_;
  Seeds seeds_;
  Fixed fixed_;
  Summary summary_;
  std::map<uint64_t, uint64_t> cycle_of_;  // of the first finding, by seed
  uint64_t next_ = 0, ended_ = 0;
  double longest_good_ = 0;  // seconds
  Clock::time_point begun_;
  double shown_ = 0;
  bool noted_ = false;
};

void only_merge_options(const CLI::App &command) {
  const std::set<std::string> fit = {"--merge", "--json", "--junit", "--holes", "--quiet"};
  for (const CLI::Option *option : command.get_options()) {
    if (option->count() > 0 && !fit.contains(option->get_name())) {
      throw Error(fmt::format("--merge: nothing is run, {} means nothing", option->get_name()), 2);
    }
  }
}

std::string footer() {
  std::string text = "Mixes:\n";
  for (const Mix &mix : mixes()) text += fmt::format("  {:8} {}\n", mix.name, mix.help);
  return text +
         "A knob that is not given is drawn from the seed, as the mix says. Exit code 0: every "
         "seed was\n"
         "judged and none has failed.\n"
         "Examples:\n"
         "  vmso regress --seeds 1..1000\n"
         "  vmso regress --mix hostile --config wide --minutes 10 --seeds 1..100000\n"
         "  vmso regress --mix faults --seeds 7 --dry-run\n"
         "  vmso regress --mix faults --seeds 7 --timeline out.json --wave out.fst:0..20000\n"
         "  vmso regress --shard 3/8 --seeds 1..8000 --json part3.json --junit part3.xml\n"
         "  vmso regress --merge part*.json --json all.json --junit all.xml\n";
}

}  // namespace

void add_regress(CLI::App &app, Program &program) {
  auto a = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand(
      "regress", "Random scenarios on all cores: traffic, faults, hostile owners");
  command->add_option("--seeds", a->seeds, "a seed, or A..B")->capture_default_str();
  auto *mix = command->add_option("--mix", a->mix, "what scenarios are drawn from, see below");
  mix->capture_default_str();
  program.words[mix] = [] {
    std::vector<std::string> names;
    for (const Mix &one : mixes()) names.emplace_back(one.name);
    return names;
  };
  command->add_option("--jobs", a->at_once, "processes at once")
      ->check(in_range(1, 1024))
      ->capture_default_str();
  command->add_option("--minutes", a->minutes, "no seed begins after so long")
      ->check(in_range(0.0, 1e6));
  command->add_option("--patience", a->patience, "seconds of a seed, then it hangs")
      ->check(in_range(1.0, 1e6))
      ->capture_default_str();
  command->add_option("--shard", a->shard, "I/N: only every Nth seed, from the Ith on");
  command->add_option("--json", a->json, "write what was found and what was covered")
      ->type_name(kFile);
  command->add_option("--junit", a->junit, "the same for CI systems: a test case a seed")
      ->type_name(kFile);
  command->add_option("--failures", a->failures, "folder for what is known of failures")
      ->type_name(kFolder)
      ->capture_default_str();
  command->add_option("--holes", a->holes, "name so many bins of each cross that nothing hit");
  add_record_options(*command, a->files, "; of one seed alone");
  command
      ->add_option("--wave", a->wave,
                   "waveform: F.fst or F.fst:FROM..TO, in cycles; of one seed alone")
      ->type_name(kFile);
  command->add_flag("--no-shrink", a->no_shrink, "leave failing scenarios as they are");
  command->add_flag("--dry-run", a->dry_run, "show the scenarios and stop");
  command->add_flag("--quiet", a->quiet, "no progress");
  command
      ->add_option("--merge", a->merge,
                   "run nothing: the reports (--json) of shards as one of them all")
      ->type_name(kFile);
  for (const KnobInfo &k : knobs()) {
    std::string values = k.words.empty() ? fmt::format("{}..{}", k.first, k.last)
                                         : fmt::format("{}", fmt::join(k.words, ","));
    auto *option =
        command->add_option(fmt::format("--{}", k.name), a->knobs[size_t(k.knob)], k.help);
    option->type_name(values)->group("Knobs");
    if (!k.words.empty()) program.words[option] = [&k] { return k.words; };
  }
  command->footer(footer());
  command->callback([a, &program, command] {
    if (a->merge.empty()) {
      program.exit_code = Regression(*a, program).run();
    } else {
      only_merge_options(*command);
      program.exit_code = merge(*a);
    }
  });
}

}  // namespace vmso
