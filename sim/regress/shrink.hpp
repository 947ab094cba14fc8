// SPDX-License-Identifier: Apache-2.0
// Makes a failing scenario smaller: fewer jobs, queues and features as long as the same thing is
// wrong.
#pragma once
#include <functional>

#include "regress/knobs.hpp"

namespace vmso::regress {

// A finding without what differs from run to run: numbers are #.
std::string kind_of_finding(const std::string &text);

struct Shrunk {
  Scenario scenario;
  unsigned tries = 0;
};
// `same`: the scenario still fails the same way. Asked at most `most` times.
Shrunk shrink(const Scenario &failing, const std::function<bool(const Scenario &)> &same,
              unsigned most);

}  // namespace vmso::regress
