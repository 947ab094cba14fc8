// SPDX-License-Identifier: Apache-2.0
// What a driver gets wrong now and then: a slot or a template that breaks one rule, half of the
// time by as little as can be, and the status with which the job has to be refused. Statuses are
// those of docs/programmers_guide.md; a mistake that breaks two rules is made only where the guide
// says which one is told.
#pragma once
#include <span>

#include "model/random.hpp"
#include "system/system.hpp"

namespace vmso::regress {

struct Mistake {
  vmso_status status;
  bool (*fits)(const JobSpec &spec);
  void (*make)(JobSpec &spec, Random &random);
};
std::span<const Mistake> mistakes();

// One that fits; `spec` is refused then.
void make_mistake(JobSpec &spec, Random &random);

}  // namespace vmso::regress
