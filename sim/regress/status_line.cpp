// SPDX-License-Identifier: Apache-2.0
#include "regress/status_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace vmso::regress {

void StatusLine::show(const std::string &text) {
  if (quiet_ || !isatty(STDERR_FILENO)) return;
  fmt::print(stderr, "\r\x1b[K{}", text);
  std::fflush(stderr);
  shown_ = true;
}

void StatusLine::clear() {
  if (std::exchange(shown_, false)) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace vmso::regress
