// SPDX-License-Identifier: Apache-2.0
// What headers cost: templates of every length, UDP, tunnels, tags, tiny segments, kinds in turn.
#pragma once
#include "bench/plans.hpp"

namespace vmso::bench {

// Part of the quick table.
void run_segmentation(const PlanOptions &options, const Take &take);

}  // namespace vmso::bench
