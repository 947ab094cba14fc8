// SPDX-License-Identifier: Apache-2.0
#include "app/unknown.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "model/nearest.hpp"

namespace vmso {
namespace {

using Commands = std::vector<const CLI::App *>;

Commands children(const CLI::App &command) {
  Commands all;
  for (const CLI::App *child : command.get_subcommands(nullptr)) all.push_back(child);
  return all;
}

std::vector<std::string> names(const Commands &commands) {
  std::vector<std::string> all;
  for (const CLI::App *command : commands) all.push_back(command->get_name());
  return all;
}

// The command itself, those below it, and so on.
Commands family(const CLI::App &command) {
  Commands all = {&command};
  for (const CLI::App *child : children(command)) {
    for (const CLI::App *one : family(*child)) all.push_back(one);
  }
  return all;
}

// --queues=3 or -queues: "queues".
std::string bare(const std::string &word) {
  std::string name = word.substr(0, word.find('='));
  return name.substr(std::min(name.find_first_not_of('-'), name.size()));
}

bool has(const std::vector<std::string> &words, const std::string &word) {
  return std::ranges::find(words, word) != words.end();
}

// "; send and regress have it"; empty if nobody has.
std::string owners_of(const std::string &name, const CLI::App &app, const Commands &asked) {
  std::vector<std::string> owners;
  for (const CLI::App *command : family(app)) {
    if (std::ranges::find(asked, command) != asked.end()) continue;
    if (has(option_names(*command), name)) owners.push_back(command_path(*command));
  }
  if (owners.empty()) return "";
  const std::string last = owners.back();
  owners.pop_back();
  if (owners.empty()) return fmt::format("; {} has it", last.empty() ? "vmso itself" : last);
  return fmt::format("; {} and {} have it", fmt::join(owners, ", "), last);
}

std::string unknown_option(const std::string &word, const CLI::App &app, const Commands &asked) {
  const std::string name = bare(word), path = command_path(*asked.back());
  std::vector<std::string> options;
  for (const CLI::App *command : asked) {
    for (const std::string &option : option_names(*command)) options.push_back(option);
  }
  const std::string owners = has(options, name) ? "" : owners_of(name, app, asked);
  const auto near = nearest(name, options);
  const std::string guess = near ? fmt::format("; did you mean '--{}'?", *near) : "";
  const std::string text = word.substr(0, word.find('='));
  if (!path.empty()) return fmt::format("{} has no option '{}'{}{}", path, text, owners, guess);
  const char *where = owners.empty() ? "" : " before the command";
  return fmt::format("there is no option '{}'{}{}{}", text, where, owners, guess);
}

std::string unknown_command(const std::string &word, const CLI::App &app) {
  const std::string guess = did_you_mean(word, names(children(app)));
  if (!guess.empty()) return fmt::format("there is no command '{}'{}", word, guess);
  for (const CLI::App *command : family(app)) {
    if (command->get_name() == word) {
      return fmt::format("there is no command '{}'; did you mean '{}'?", word,
                         command_path(*command));
    }
  }
  return fmt::format("there is no command '{}', but {}", word,
                     fmt::join(names(children(app)), ", "));
}

// Neither an option nor, as the command does not ask for so many, a value.
std::string one_too_many(const std::string &word, const Commands &asked) {
  std::vector<std::string> better = names(children(*asked.front()));
  std::string guess = did_you_mean(word, better);
  for (const CLI::App *command : asked) {
    if (guess.empty() && has(option_names(*command), word)) {
      guess = fmt::format("; did you mean '--{}'?", word);
    }
  }
  return fmt::format("{}: nothing asks for the word '{}'{}", command_path(*asked.back()), word,
                     guess);
}

}  // namespace

std::string command_path(const CLI::App &command) {
  if (!command.get_parent()) return "";
  const std::string above = command_path(*command.get_parent());
  return above.empty() ? command.get_name() : above + " " + command.get_name();
}

std::vector<std::string> option_names(const CLI::App &command) {
  std::vector<std::string> all;
  for (const CLI::Option *option : command.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    for (const std::string &name : option->get_lnames()) all.push_back(name);
  }
  return all;
}

std::optional<std::string> unknown_word(const CLI::App &app) {
  // From the program down; a command that lets its options fall through has no words of its own.
  for (const CLI::App *at = &app; at;) {
    Commands asked = {at};
    const CLI::App *next = nullptr;
    if (auto parsed = at->get_subcommands(); !parsed.empty()) next = parsed.front();
    if (next && next->get_fallthrough()) asked.push_back(next);
    for (const std::string &word : at->remaining()) {
      if (word == "--") continue;
      if (word.starts_with("-")) return unknown_option(word, app, asked);
      return at == &app ? unknown_command(word, app) : one_too_many(word, asked);
    }
    at = next;
  }
  return std::nullopt;
}

}  // namespace vmso
