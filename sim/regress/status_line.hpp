// SPDX-License-Identifier: Apache-2.0
// One line on a terminal's stderr that is written over and over; nothing where stderr is a file.
#pragma once
#include <string>

namespace vmso::regress {

class StatusLine {
 public:
  explicit StatusLine(bool quiet) : quiet_(quiet) {}
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine &) = delete;
  StatusLine &operator=(const StatusLine &) = delete;
  void show(const std::string &text);
  void clear();  // before anything else is written

 private:
  bool quiet_, shown_ = false;
};

}  // namespace vmso::regress
