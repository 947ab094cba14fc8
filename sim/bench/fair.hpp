// SPDX-License-Identifier: Apache-2.0
// `vmso bench fair`: does one queue harm the others? Every attack beside every kind of honest
// queue, the latency of a lone small frame, weights, jobs of different slot counts, rate limits. A
// row is handed over as soon as it is there.
#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "bench/cell.hpp"
#include "bench/plans.hpp"

namespace vmso::bench {

struct FairOptions {
  PlanOptions plan;              // `only` is for the rows without attacker; empty: all rows
  std::string attacker, honest;  // names contain this; empty: all
  std::optional<unsigned> queues;
  bool cells_only = false;  // an attacker or an honest load was asked for
};

// One attack: a row of the table.
struct FairRow {
  Cell cell;
  Loss loss;
  double fair = 0;  // frames a cycle of an honest queue, its share
  double seconds = 0;
  // What the row has to be; a Figure each: loss, silence, turn, commands, registers.
  std::vector<Figure> figures;
  bool meets_must() const;
};

using TakeRow = std::function<void(const FairRow &)>;

// Rows first, then figures without attacker.
void run_fair(const FairOptions &options, const TakeRow &take_row, const Take &take);
// The heads for `vmso bench --quick`, as figures.
void run_fair_heads(const PlanOptions &options, const Take &take);

void print_fair_header(std::FILE *out);
void print_row(std::FILE *out, const FairRow &row);
nlohmann::json to_json(const std::vector<FairRow> &rows);
std::string to_csv(const std::vector<FairRow> &rows);

}  // namespace vmso::bench
