// SPDX-License-Identifier: Apache-2.0
// One line for each order that retired, made for grep: NAME=VALUE, always all names, in one order.
#pragma once
#include <cstdio>
#include <string>

#include "debug/observer.hpp"

namespace vmso {

std::string log_line(const Retired &order);

class RetireLog : public Observer {
 public:
  explicit RetireLog(const std::string &path);  // throws Error
  ~RetireLog() override;
  RetireLog(const RetireLog &) = delete;
  RetireLog &operator=(const RetireLog &) = delete;
  void retired(const Retired &order) override;
  void flush() override;

 private:
  std::FILE *file_;
  std::string path_;
};

}  // namespace vmso
