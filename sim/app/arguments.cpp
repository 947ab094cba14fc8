// SPDX-License-Identifier: Apache-2.0
#include "app/arguments.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "app/commands.hpp"
#include "app/file.hpp"

namespace vmso {
namespace {

namespace fs = std::filesystem;

// `text` without what an option has behind the file's name.
std::string path_in(const CLI::Option &option, const std::string &text) {
  return option.get_name() == kWaveOption ? parse_wave(text).path : text;
}

// Without a try, which could leave a file, or wait.
bool can_be_written(const std::string &path) {
  std::error_code none;
  const fs::path target = target_of(path);
  if (fs::exists(target, none)) {
    return !fs::is_directory(target, none) && access(target.c_str(), W_OK) == 0;
  }
  const fs::path folder = target.parent_path();
  return access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0;
}

// Also one that is not there yet: the first missing folder of its path is made and taken away
// again, as some places cannot have any.
bool can_hold_files(const fs::path &folder) {
  std::error_code error;
  if (fs::exists(folder, error)) {
    return fs::is_directory(folder, error) && access(folder.c_str(), W_OK | X_OK) == 0;
  }
  fs::path first = folder;
  while (first.has_parent_path() && !fs::exists(first.parent_path(), error)) {
    first = first.parent_path();
  }
  return fs::create_directory(first, error) && fs::remove(first, error);
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
      if (type == kFolder || !is_stream(path)) all.push_back({option->get_name(), path, type});
      if (option->get_name() == kWaveOption) all.push_back({kWaveOption, path + ".hier", type});
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

bool same_file(const Named &a, const Named &b) {
  std::error_code none;
  if (fs::equivalent(a.path, b.path, none)) return true;  // also by a hard link
  return fs::weakly_canonical(fs::absolute(target_of(a.path)), none) ==
         fs::weakly_canonical(fs::absolute(target_of(b.path)), none);
}

void check_different(const std::vector<Named> &files) {
  for (size_t i = 0; i < files.size(); i++) {
    for (size_t j = 0; j < i; j++) {
      const Named &a = files[i], &b = files[j];
      if ((a.type != kFile && b.type != kFile) || !same_file(a, b)) continue;
      throw Error(fmt::format("{}: {} is what {} names, too", a.option, a.path, b.option), 2);
    }
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
