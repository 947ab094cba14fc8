// SPDX-License-Identifier: Apache-2.0
// The subcommands of `vmso`: each adds itself to the command line; its callback leaves the exit
// code in `exit_code`.
#pragma once
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "system/system.hpp"

namespace vmso {

struct Program {
  std::string name = "vmso";  // as it was called
  int exit_code = 0;
  const volatile std::sig_atomic_t *stop = nullptr;  // not 0 after Ctrl-C
  // Words that are values of an option, for completion; asked for only then.
  std::map<const CLI::Option *, std::function<std::vector<std::string>()>> words;
};
// An option F.fst[:from..to]: a file and cycles; a missing `to` is the end. Throws Error, exit code
// 2.
WaveOptions parse_wave(const std::string &text);
// A list with commas, in lower case. Throws Error, exit code 2, if a name in it is empty.
std::vector<std::string> parse_list(const char *option, const std::vector<std::string> &given);

// A number of an option's value, both ends included; no NaN lies between them.
template <typename T>
CLI::Validator in_range(T first, T last) {
  auto judge = [first, last](const std::string &text) {
    T value{};
    bool number = CLI::detail::lexical_cast(text, value);
    if (number && value >= first && value <= last) return std::string();
    if (std::is_integral_v<T>)
      number = text.find_first_not_of("-0123456789") == text.npos;  // too long for T
    return fmt::format("{} is {} {} to {}", text, number ? "not in the range" : "no number from",
                       first, last);
  };
  return CLI::Validator(judge, fmt::format("{}..{}", first, last));
}

// The option's value is one of these, in any case.
void one_of(CLI::Option *option, Program &program, const std::vector<std::string> &words);
// The option's value is a file that is written, one that is read, or a folder to write into: help
// says so, completion offers files or folders, check_outputs() looks at them.
constexpr const char *kFile = "FILE", *kInput = "INPUT", *kFolder = "FOLDER";
constexpr const char *kWaveOption = "--wave";  // there is more than a file in it

// Words for options; of formats without mix, which `send` has.
std::vector<std::string> config_names(), format_names(), page_names();

// Options that every command has which runs one engine: which one, and the host around it.
struct HostArguments {
  std::string config = "default", backpressure = "none", wave;
  RecordFiles files;
  unsigned latency = 100, jitter = 0;
  bool reorder = false;
  uint64_t seed = 1;
};
void add_host_options(CLI::App &command, HostArguments &arguments, Program &program);
// --pcap, --log, --timeline; `of`: of which run, for the help.
void add_record_options(CLI::App &command, RecordFiles &files, const std::string &of);
SystemOptions system_options(const HostArguments &arguments, const Program &program);

void add_send(CLI::App &app, Program &program);
void add_segment(CLI::App &app, Program &program);
void add_bench(CLI::App &app, Program &program);
void add_regress(CLI::App &app, Program &program);

// What `vmso --version` says.
std::string version_text();

}  // namespace vmso
