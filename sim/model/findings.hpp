// SPDX-License-Identifier: Apache-2.0
// The two ways in which something goes wrong, kept apart.
//
// Error     ends the run: a bad option, an unreadable file, misuse of a class. Thrown.
// Findings  what the device under test did wrong. Collected, so that one report has everything; a
//           run is good if there are none.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace vmso {

struct Error : std::runtime_error {
  explicit Error(const std::string &text, int code = 1)
      : std::runtime_error(text), exit_code(code) {}
  int exit_code;  // of the program
};

// A finding without the report below it.
inline std::string first_line(const std::string &finding) {
  return finding.substr(0, finding.find('\n'));
}

class Findings {
 public:
  static constexpr size_t kKept = 50;  // texts kept; all are counted

  void add(std::string text) {
    if (count_++ == 0) first_cycle_ = now;
    if (texts_.size() < kKept) {
      texts_.push_back("cycle " + std::to_string(now) + ": " + std::move(text));
    }
  }
  size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  uint64_t first_cycle() const { return first_cycle_; }  // of the first one
  const std::vector<std::string> &texts() const { return texts_; }
  // All texts, one a line: what a test prints.
  std::string report() const {
    std::string all;
    for (const std::string &text : texts_) all += text + "\n";
    if (count_ > texts_.size()) all += std::to_string(count_ - texts_.size()) + " more\n";
    return all;
  }
  void clear() {
    count_ = 0;
    texts_.clear();
  }

  uint64_t now = 0;  // cycle, kept by the owner

 private:
  size_t count_ = 0;
  uint64_t first_cycle_ = 0;
  std::vector<std::string> texts_;
};

}  // namespace vmso
