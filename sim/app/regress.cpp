// SPDX-License-Identifier: Apache-2.0
// vmso regress: its options, and reports of shards that become one.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "app/arguments.hpp"
#include "app/regression.hpp"

namespace vmso {
namespace {

using namespace regress;

int merge(const RegressArguments &a, const std::string &program) {
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
  write_reports(a, whole);
  print_summary(whole, a.holes, program);
  return whole.good() ? 0 : 1;
}

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
         "  vmso regress --mix faults --seeds 7 --timeline out.json --wave out.fst:21400..25000\n"
         "  vmso regress --shard 3/8 --seeds 1..8000 --json part3.json --junit part3.xml\n"
         "  vmso regress --merge part*.json --json all.json --junit all.xml\n";
}

}  // namespace

void add_regress(CLI::App &app, Program &program) {
  auto a = std::make_shared<RegressArguments>();
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
  command->add_option("--minutes", a->minutes, "no seed begins after so long; 0: whatever it takes")
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
      ->add_option(kWaveOption, a->wave,
                   "waveform: F.fst or F.fst:FROM..TO, in cycles; of one seed alone")
      ->type_name(kFile);
  command->add_flag("--no-shrink", a->no_shrink, "leave failing scenarios as they are");
  command->add_flag("--dry-run", a->dry_run, "show the scenarios and stop; nothing is written");
  command->add_flag("--quiet", a->quiet, "no progress");
  command
      ->add_option("--merge", a->merge,
                   "run nothing: the reports (--json) of shards as one of them all")
      ->type_name(kInput);
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
    check_arguments(*command);
    if (a->merge.empty()) {
      program.exit_code = Regression(*a, program).run();
    } else {
      only_merge_options(*command);
      program.exit_code = merge(*a, program.name);
    }
  });
}

}  // namespace vmso
