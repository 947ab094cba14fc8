// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <set>

#include "app/commands.hpp"
#include "host/formats.hpp"
#include "model/nearest.hpp"

namespace vmso {
namespace {

void must_be_fst(const std::string &path) {
  if (path.empty() || path.ends_with(".fst")) return;
  throw Error("--wave: '" + path + "' does not end in .fst, and no other format is written", 2);
}

}  // namespace

WaveOptions parse_wave(const std::string &text) {
  WaveOptions wave{text};
  size_t colon = text.rfind(':');
  if (colon == std::string::npos || text.ends_with(".fst")) {
    must_be_fst(text);
    return wave;
  }
  unsigned long long from = 0, to = 0;
  int used = 0;
  std::string range = text.substr(colon + 1);
  if (std::sscanf(range.c_str(), "%llu..%n", &from, &used) != 1 || used == 0) {
    throw Error("--wave: '" + range + "' is not a range FROM..TO of cycles", 2);
  }
  if (size_t(used) < range.size()) {
    int end = 0;
    if (std::sscanf(range.c_str() + used, "%llu%n", &to, &end) != 1 ||
        size_t(used + end) != range.size() || to < from) {
      throw Error("--wave: '" + range + "' is not a range FROM..TO of cycles", 2);
    }
    wave.to = to;
  }
  wave.path = text.substr(0, colon);
  wave.from = from;
  must_be_fst(wave.path);
  return wave;
}

std::vector<std::string> parse_list(const char *option, const std::vector<std::string> &given) {
  std::vector<std::string> names;
  for (const std::string &text : given) {
    for (size_t at = 0; at <= text.size();) {
      size_t end = std::min(text.find(',', at), text.size());
      std::string name = text.substr(at, end - at);
      if (name.empty()) {
        throw Error(fmt::format("{}: an empty name in the list '{}'", option, text), 2);
      }
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
      names.push_back(name);
      at = end + 1;
    }
  }
  return names;
}

void one_of(CLI::Option *option, Program &program, const std::vector<std::string> &words) {
  auto judge = [words](std::string &text) {
    for (const std::string &word : words) {
      if (CLI::detail::to_lower(text) != CLI::detail::to_lower(word)) continue;
      text = word;
      return std::string();
    }
    return none_of(text, words);
  };
  option->transform(CLI::Validator(judge, fmt::format("{{{}}}", fmt::join(words, ","))));
  program.words[option] = [words] { return words; };
}

std::vector<std::string> config_names() {
  std::vector<std::string> names;
  for (Config config : {Config::kSmall, Config::kDefault, Config::kWide}) {
    names.push_back(config_info(config).name);
  }
  return names;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const Format &f : formats()) names.push_back(f.option);
  return names;
}

std::vector<std::string> page_names() {
  std::set<PageSize> sizes;
  for (const Format &f : formats()) {
    for (const Format::Page &page : f.pages) sizes.insert(page.size);
  }
  std::vector<std::string> names;
  for (PageSize size : sizes) names.push_back(page_option(size));
  return names;
}

void add_host_options(CLI::App &command, HostArguments &a, Program &program) {
  auto *config = command.add_option("--config", a.config, "named configuration");
  one_of(config->capture_default_str(), program, config_names());
  command.add_option("--latency", a.latency, "cycles from a read's address to its data")
      ->check(in_range(1, 100000))
      ->capture_default_str();
  command.add_flag("--reorder", a.reorder, "read data comes out of order and interleaved");
  command.add_option("--jitter", a.jitter, "up to so many more cycles of latency, random")
      ->check(in_range(0, 100000))
      ->capture_default_str();
  auto *backpressure = command.add_option("--backpressure", a.backpressure,
                                          "of the MAC: none, random:P, 1of:N, stall:N@M");
  backpressure->capture_default_str();
  program.words[backpressure] = [] {
    return std::vector<std::string>{"none", "random:", "1of:", "stall:"};
  };
  command.add_option("--seed", a.seed, "of everything random")->capture_default_str();
  command.add_option(kWaveOption, a.wave, "write a waveform: F.fst or F.fst:FROM..TO, in cycles")
      ->type_name(kFile);
  add_record_options(command, a.files, "");
}

void add_record_options(CLI::App &command, RecordFiles &files, const std::string &of) {
  command
      .add_option("--pcap", files.pcap,
                  "write the frames; F.pcapng: each with its job, address and cycle" + of)
      ->type_name(kFile);
  command.add_option("--log", files.log, "write a line for each order that retired" + of)
      ->type_name(kFile);
  command
      .add_option("--timeline", files.timeline,
                  "write what happened when, for Perfetto: F.json" + of)
      ->type_name(kFile);
}

SystemOptions system_options(const HostArguments &a, const Program &program) {
  SystemOptions o;
  o.config = config_named(a.config);
  o.seed = a.seed;
  o.read.latency = a.latency;
  o.read.jitter = a.jitter;
  o.read.order = a.reorder ? ReadOrder::kInterleaved : ReadOrder::kInOrder;
  o.backpressure = a.backpressure;
  Backpressure::parse(a.backpressure);
  o.wave = parse_wave(a.wave);
  o.files = a.files;
  o.stop = program.stop;
  return o;
}

}  // namespace vmso
