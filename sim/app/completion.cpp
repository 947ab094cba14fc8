// SPDX-License-Identifier: Apache-2.0
#include "app/completion.hpp"

#include <algorithm>

#include "app/unknown.hpp"

namespace vmso {
namespace {

bool separates(const std::string &word) { return word == "=" || word == ":"; }

// What bash took apart put together again; `head`: what of the last word stands before the
// cursor's.
struct Line {
  std::vector<std::string> words;
  std::string head;
};

Line joined(const std::vector<std::string> &words) {
  Line line;
  bool goes_on = false;
  for (size_t i = 0; i < words.size(); i++) {
    const bool joins = goes_on || (separates(words[i]) && i > 0);
    line.head = joins ? line.words.back() : "";
    if (joins) {
      line.words.back() += words[i];
    } else {
      line.words.push_back(words[i]);
    }
    goes_on = joins && separates(words[i]);
  }
  if (line.words.empty()) line.words.push_back("");
  if (goes_on) line.head = line.words.back();
  return line;
}

// An option of the command, or of one above it that it falls through to.
const CLI::Option *option_named(const CLI::App &command, const std::string &name) {
  for (const CLI::Option *option : command.get_options()) {
    if (option->check_name(name)) return option;
  }
  return command.get_fallthrough() && command.get_parent()
             ? option_named(*command.get_parent(), name)
             : nullptr;
}

// The command below that has this name, else the command itself.
const CLI::App *below_named(const CLI::App &command, const std::string &name) {
  for (const CLI::App *below : command.get_subcommands(nullptr)) {
    if (below->check_name(name)) return below;
  }
  return &command;
}

std::vector<std::string> options_of(const CLI::App &command) {
  std::vector<std::string> all;
  for (const std::string &name : option_names(command)) all.push_back("--" + name);
  if (command.get_fallthrough() && command.get_parent()) {
    for (const std::string &name : options_of(*command.get_parent())) {
      if (std::ranges::find(all, name) == all.end()) all.push_back(name);
    }
  }
  return all;
}

std::vector<std::string> values_of(const CLI::Option &option, const Program &program,
                                   const std::string &begun) {
  if (auto known = program.words.find(&option); known != program.words.end()) {
    std::vector<std::string> words = known->second();
    const size_t comma = begun.rfind(',');  // of a list: behind its last comma
    if (comma != std::string::npos) {
      for (std::string &word : words) word.insert(0, begun.substr(0, comma + 1));
    }
    return words;
  }
  const std::string type = option.get_type_name();
  if (!option.nonpositional() || type == kFile || type == kInput)
    return {std::string("<") + kFile + ">"};
  if (type == kFolder) return {std::string("<") + kFolder + ">"};
  return {};
}

}  // namespace

std::string bash_completion() {
  return R"(_vmso() {
  local said
  said=$("${1/#\~/$HOME}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  case $said in
    '') ;;
    '<FILE>') compopt -o default ;;
    '<FOLDER>') compopt -o dirnames ;;
    *) mapfile -t COMPREPLY <<<"$said" ;;
  esac
  case ${COMPREPLY[0]-} in *:) compopt -o nospace ;; esac
}
complete -F _vmso vmso
)";
}

std::string completions(const CLI::App &app, const Program &program,
                        const std::vector<std::string> &given) {
  const Line line = joined(given);
  const CLI::App *command = &app;
  const CLI::Option *asks = nullptr;  // the option whose value comes next
  bool asks_for_more = false;         // and then another one
  for (size_t i = 0; i + 1 < line.words.size(); i++) {
    const std::string &word = line.words[i];
    if (word.starts_with("-")) {
      const bool has_value = word.find('=') != std::string::npos;
      asks = has_value ? nullptr : option_named(*command, word);
      if (asks && asks->get_items_expected_max() == 0) asks = nullptr;  // a flag
      asks_for_more = asks && asks->get_items_expected_max() > 1 && asks->get_allow_extra_args();
    } else if (asks) {
      if (!asks_for_more) asks = nullptr;
    } else {
      command = below_named(*command, word);
    }
  }

  std::string begun = line.words.back(), before;
  std::vector<std::string> words;
  if (begun.starts_with("-") && begun.find('=') != std::string::npos) {
    const size_t value = begun.find('=') + 1;
    before = begun.substr(0, value);
    const CLI::Option *option = option_named(*command, begun.substr(0, value - 1));
    if (option) words = values_of(*option, program, begun.substr(value));
  } else if (begun.starts_with("-")) {
    words = options_of(*command);
  } else if (asks) {
    words = values_of(*asks, program, begun);
  } else {
    for (const CLI::App *below : command->get_subcommands(nullptr)) {
      words.push_back(below->get_name());
    }
    for (const CLI::Option *option : command->get_options()) {
      if (option->get_positional()) words = values_of(*option, program, begun);
    }
    if (words.empty()) words = options_of(*command);
  }

  std::string text;
  for (const std::string &word : words) {
    if (word.starts_with("<")) return word + "\n";
    const std::string whole = before + word;
    if (whole.starts_with(begun)) text += whole.substr(line.head.size()) + "\n";
  }
  return text;
}

}  // namespace vmso
