// SPDX-License-Identifier: Apache-2.0
// vmso bench: options, the table, JSON and CSV. What is measured is in bench/.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "app/arguments.hpp"
#include "app/commands.hpp"
#include "attack/attacker.hpp"
#include "bench/fair.hpp"
#include "bench/plans.hpp"
#include "model/nearest.hpp"
#include "version.hpp"

namespace vmso {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  bool quick = false;
  std::string attacker, honest;
  std::string json, csv, only, config, wave;
  RecordFiles files;
  std::optional<unsigned> latency, queues;
  uint64_t seed = 1;
};

// ---- names: what --only, --attacker and --honest can find

enum FigurePlan { kSweeps, kQuick, kFair };
constexpr const char *kPlanCommands[] = {"vmso bench", "vmso bench --quick", "vmso bench fair"};

std::set<std::string> figure_names(FigurePlan which) {
  std::set<std::string> names;
  bench::FairOptions options;
  options.plan.names = &names;
  bench::Take none = [](const bench::Figure &) {};
  bench::TakeRow no_rows = [](const bench::FairRow &) {};
  if (which == kSweeps) bench::run_sweeps(options.plan, none);
  if (which == kQuick) bench::run_quick(options.plan, none);
  if (which == kFair) bench::run_fair(options, no_rows, none);
  return names;
}

std::vector<std::string> attacker_names() {
  std::vector<std::string> names = {"none"};
  names.insert(names.end(), attack_names().begin(), attack_names().end());
  return names;
}

std::vector<std::string> honest_names() {
  std::vector<std::string> names;
  for (const bench::HonestLoad &load : bench::honest_loads()) names.push_back(load.name);
  return names;
}

template <typename Names>
bool contained(const std::string &part, const Names &names) {
  return std::ranges::any_of(
      names, [&](const std::string &name) { return name.find(part) != std::string::npos; });
}

// A part of a name is enough: of "gather_lane" also "gather" or "lane" may have been meant.
template <typename Names>
std::string guess(const std::string &part, const Names &names) {
  std::vector<std::string> parts(names.begin(), names.end());
  for (const std::string &name : names) {
    for (size_t from = 0; from != std::string::npos;) {
      for (size_t to = name.find('_', from);; to = name.find('_', to + 1)) {
        parts.push_back(name.substr(from, to - from));
        if (to == std::string::npos) break;
      }
      from = name.find('_', from);
      if (from != std::string::npos) from++;
    }
  }
  return did_you_mean(part, parts);
}

template <typename Names>
void must_be_contained(const char *option, const char *what, const std::string &part,
                       const Names &names) {
  if (contained(part, names)) return;
  throw Error(
      fmt::format("{}: no {} has '{}' in its name{}", option, what, part, guess(part, names)), 2);
}

void must_be_figure(const std::string &part, FigurePlan which) {
  if (contained(part, figure_names(which))) return;
  for (FigurePlan other : {kSweeps, kQuick, kFair}) {
    if (!contained(part, figure_names(other))) continue;
    throw Error(fmt::format("--only: no figure of {} has '{}' in its name, but {} has such",
                            kPlanCommands[which], part, kPlanCommands[other]),
                2);
  }
  std::string meant = guess(part, figure_names(which));
  for (FigurePlan other : {kSweeps, kQuick, kFair}) {
    if (meant.empty()) meant = guess(part, figure_names(other));
  }
  throw Error(fmt::format("--only: no figure has '{}' in its name{}", part, meant), 2);
}

// ---- files

void write(const char *option, const std::string &path, const std::string &text) {
  std::ofstream file(path);
  if (!(file << text).flush()) throw Error(fmt::format("{}: cannot write {}", option, path));
}

// Whether what was to be written of the first figure was: not every figure is a run of that kind.
class Recorded {
 public:
  explicit Recorded(const Arguments &a) {
    want(kWaveOption, parse_wave(a.wave).path);
    want("--pcap", a.files.pcap);
    want("--log", a.files.log);
    want("--timeline", a.files.timeline);
  }
  void check() const {
    for (const auto &[option, path, before] : wanted_) {
      if (changed(path) != before) continue;
      throw Error(fmt::format("{}: nothing is recorded of the first of these figures", option));
    }
  }

 private:
  using Time = std::optional<fs::file_time_type>;
  struct Wanted {
    const char *option;
    std::string path;
    Time before;
  };
  static Time changed(const std::string &path) {
    std::error_code none;
    const auto time = fs::last_write_time(path, none);
    return none ? std::nullopt : Time(time);
  }
  void want(const char *option, const std::string &path) {
    if (path.empty() || (fs::exists(path) && !fs::is_regular_file(path))) return;
    wanted_.push_back({option, path, changed(path)});
  }
  std::vector<Wanted> wanted_;
};

bench::PlanOptions plan(const Arguments &a, const Program &program) {
  bench::PlanOptions options;
  options.seed = a.seed;
  options.only = a.only;
  options.config = a.config;
  options.latency = a.latency;
  options.queues = a.queues;
  options.wave = parse_wave(a.wave);
  options.files = a.files;
  options.stop = program.stop;
  return options;
}

int run_fair(const Arguments &a, const Program &program) {
  must_be_contained("--attacker", "attack", a.attacker, attacker_names());
  must_be_contained("--honest", "honest load", a.honest, honest_names());
  must_be_figure(a.only, kFair);
  const Recorded recorded(a);
  bench::FairOptions options;
  options.plan = plan(a, program);
  options.plan.queues.reset();  // each row has its own idea of how many there are
  options.queues = a.queues;
  options.attacker = a.attacker;
  options.honest = a.honest;
  options.cells_only = !a.attacker.empty() || !a.honest.empty();
  std::vector<bench::FairRow> rows;
  std::vector<bench::Figure> figures;
  size_t below_must = 0;
  auto start = std::chrono::steady_clock::now();
  bench::run_fair(
      options,
      [&](const bench::FairRow &row) {
        if (rows.empty()) bench::print_fair_header(stdout);
        bench::print_row(stdout, row);
        below_must += !row.meets_must();
        rows.push_back(row);
      },
      [&](const bench::Figure &f) {
        if (figures.empty()) bench::print_header(stdout);
        bench::print_row(stdout, f);
        below_must += !f.meets_must();
        figures.push_back(f);
      });
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (rows.empty() && figures.empty()) throw Error("no row is like that", 2);
  if (!a.json.empty()) {
    nlohmann::json j = {{"rows", bench::to_json(rows)},   {"figures", bench::to_json(figures)},
                        {"command", "vmso bench fair"},   {"seed", a.seed},
                        {"verilator", kVerilatorVersion}, {"seconds", seconds}};
    write("--json", a.json, j.dump(1) + "\n");
  }
  if (!a.csv.empty()) write("--csv", a.csv, bench::to_csv(rows));
  fmt::print(stderr, "{:.0f} s\n", seconds);
  fmt::print("{} rows; below a must: {}\n", rows.size() + figures.size(), below_must);
  recorded.check();
  return below_must ? 1 : 0;
}

int run(const Arguments &a, const Program &program) {
  must_be_figure(a.only, a.quick ? kQuick : kSweeps);
  const Recorded recorded(a);
  std::vector<bench::Figure> figures;
  size_t below_must = 0, below_aim = 0;
  auto start = std::chrono::steady_clock::now();
  bench::print_header(stdout);
  bench::Take take = [&](const bench::Figure &f) {
    bench::print_row(stdout, f);
    below_must += !f.meets_must();
    below_aim += !f.meets_aim();
    figures.push_back(f);
  };
  bench::PlanOptions options = plan(a, program);
  if (a.quick) {
    bench::run_quick(options, take);
  } else {
    bench::run_sweeps(options, take);
  }
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (figures.empty()) throw Error("no figure is like that", 2);
  if (!a.json.empty()) {
    nlohmann::json j = {{"figures", bench::to_json(figures)},
                        {"command", fmt::format("vmso bench{}", a.quick ? " --quick" : "")},
                        {"seed", a.seed},
                        {"verilator", kVerilatorVersion},
                        {"seconds", seconds}};
    write("--json", a.json, j.dump(1) + "\n");
  }
  if (!a.csv.empty()) write("--csv", a.csv, bench::to_csv(figures));
  fmt::print(stderr, "{:.0f} s\n", seconds);
  fmt::print("{} figures", figures.size());
  if (a.quick) fmt::print("; below the must: {}, below the aim: {}", below_must, below_aim);
  fmt::print("\n");
  recorded.check();
  return below_must ? 1 : 0;
}

}  // namespace

void add_bench(CLI::App &app, Program &program) {
  auto a = std::make_shared<Arguments>();
  CLI::App *s = app.add_subcommand(
      "bench", "Measures rates and latencies in cycles, each beside the limit of its load");
  s->add_flag("--quick", a->quick,
              "the table with musts and aims, within six minutes; exit code 1 below a must");
  auto *only = s->add_option("--only", a->only, "only figures whose name contains this");
  program.words[only] = [] {
    auto names = figure_names(kSweeps);
    for (auto plan : {kQuick, kFair}) names.merge(figure_names(plan));
    return std::vector(names.begin(), names.end());
  };
  one_of(s->add_option("--config", a->config, "only figures of this configuration"), program,
         config_names());
  s->add_option("--latency", a->latency, "only figures at this latency");
  s->add_option("--queues", a->queues, "only figures with so many queues");
  s->add_option(kWaveOption, a->wave,
                "waveform of the first figure: F.fst or F.fst:FROM..TO, in cycles")
      ->type_name(kFile);
  add_record_options(*s, a->files, "; of the first figure");
  s->add_option("--seed", a->seed, "of everything random")->capture_default_str();
  s->add_option("--json", a->json, "write all figures to this file")->type_name(kFile);
  s->add_option("--csv", a->csv, "the same as a table")->type_name(kFile);
  s->footer(
      "Cycles are those of the engine's clock; limit is the larger of the beats that have to be\n"
      "read and the beats on the wire. Without --quick the sweeps run that scripts/plot draws.\n"
      "Examples:\n"
      "  vmso bench --quick\n"
      "  vmso bench --quick --only plain_64 --config wide --latency 100 --wave out.fst\n"
      "  vmso bench --quick --only lone_1514 --config wide --timeline out.json\n"
      "  vmso bench --json sweep.json --csv sweep.csv");
  CLI::App *fair = s->add_subcommand(
      "fair", "What one attacker takes from honest queues; lone frames, weights, mixed slots");
  program
      .words[fair->add_option("--attacker", a->attacker, "only attacks whose name contains this")] =
      attacker_names;
  program.words[fair->add_option("--honest", a->honest,
                                 "only honest loads whose name contains this")] = honest_names;
  fair->fallthrough();  // all options of bench
  fair->footer(
      "A star marks what misses its must. fair, got: cycles between frames of an honest queue, "
      "its\n"
      "fair share and what it has; loss of all, of the worst, and what the worst of as many "
      "honest\n"
      "queues loses by turns alone; silence: longest time without an honest frame, and of one "
      "queue;\n"
      "then the slowest command of an honest queue and the slowest register access, in cycles.\n"
      "Examples:\n"
      "  vmso bench fair --json fair.json --csv fair.csv\n"
      "  vmso bench fair --attacker cold --honest 4k --config wide --queues 2\n"
      "  vmso bench fair --only weights");
  s->callback([a, fair, &program, s] {
    check_arguments(*s);
    program.exit_code = fair->parsed() ? run_fair(*a, program) : run(*a, program);
  });
}

}  // namespace vmso
