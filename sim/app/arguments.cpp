// SPDX-License-Identifier: Apache-2.0
#include "app/arguments.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "app/commands.hpp"
#include "app/file.hpp"

namespace vmso {
namespace {

namespace fs = std::filesystem;

// `text` without what an option has behind the file's name.
std::string path_in(const CLI::Option &option, const std::string &text) {
  return option.get_name() == kWaveOption ? parse_wave(text).path : text;
}

bool can_be_written(const std::string &path) {
  std::error_code none;
  const bool was_there = fs::exists(fs::symlink_status(path, none));
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return false;
  close(file);
  if (!was_there) fs::remove(path, none);
  return true;
}

// Also one that is not there yet.
bool can_hold_files(const fs::path &folder) {
  std::error_code none;
  if (fs::exists(folder, none)) {
    return fs::is_directory(folder, none) && access(folder.c_str(), W_OK | X_OK) == 0;
  }
  const fs::path parent = folder.parent_path();
  return parent != folder && can_hold_files(parent.empty() ? "." : parent);
}

// A file that an option names.
struct Named {
  std::string option, path;
  std::string type;  // kFile, kInput, kFolder
};

std::vector<Named> files_of(const CLI::App &command) {
  std::vector<Named> all;
  for (const CLI::Option *option : command.get_options()) {
    const std::string type = option->get_type_name();
    if (type != kFile && type != kInput && type != kFolder) continue;
    for (const std::string &text : option->results()) {
      const std::string path = path_in(*option, text);
      if (!is_stream(path)) all.push_back({option->get_name(), path, type});
    }
  }
  return all;
}

void check_values(const CLI::App &command) {
  for (const CLI::Option *option : command.get_options()) {
    for (const std::string &text : option->results()) {
      if (text.empty()) throw Error(option->get_name() + ": its value is empty", 2);
    }
  }
}

void check_different(const std::vector<Named> &files) {
  std::map<fs::path, const Named *> uses;
  for (const Named &file : files) {
    std::error_code none;
    auto [before, first] =
        uses.insert({fs::weakly_canonical(fs::absolute(file.path), none), &file});
    if (first || (file.type != kFile && before->second->type != kFile)) continue;
    throw Error(
        fmt::format("{}: {} is what {} names, too", file.option, file.path, before->second->option),
        2);
  }
}

}  // namespace

void check_arguments(const CLI::App &command) {
  check_values(command);
  const std::vector<Named> files = files_of(command);
  check_different(files);
  for (const Named &file : files) {
    const bool good = file.type == kFile     ? can_be_written(file.path)
                      : file.type == kFolder ? can_hold_files(file.path)
                                             : true;
    if (!good) throw Error(fmt::format("{}: cannot write {}", file.option, file.path));
  }
}

}  // namespace vmso
