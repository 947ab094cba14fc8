// SPDX-License-Identifier: Apache-2.0
// A figure: one measured number with everything that it needs to be understood, and what it has to
// be. Written as a table, JSON and CSV.
#pragma once
#include <cstdio>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/workload.hpp"

namespace vmso::bench {

struct Figure {
  std::string name;  // "segment_1514"
  std::string
      variant;         // what distinguishes rows of one name beside the columns below; may be empty
  std::string x_name;  // a sweep: what varies, and its value
  double x = 0;
  std::string config;
  unsigned latency = 0;  // cycles
  bool reorder = false;
  unsigned queues = 1;
  std::string unit;  // "cycles/frame"
  double measured = 0;
  double limit = 0;   // 0: there is none, as for a loss
  std::string bound;  // what the limit is: "wire beats", "R beats", ...
  std::optional<double> must, aim;
  bool more_is_better = false;
  double wire_beats = 0, read_beats = 0;  // a frame; 0 where it means nothing
  std::vector<Stage> stages;

  bool meets_must() const { return meets(must, 0); }
  // Most aims are the limit itself, and a window of thousands of frames ends somewhere in a frame:
  // the model's 99.8 % counts as the limit.
  bool meets_aim() const { return meets(aim, 0.002); }
  // limit / measured, or its inverse where more is better: 1 is perfect.
  double efficiency() const { return more_is_better ? measured / limit : limit / measured; }
  // What the stage counters say holds the load up, in words.
  std::string bottleneck() const;

 private:
  bool meets(const std::optional<double> &bar, double slack) const {
    return !bar ||
           (more_is_better ? measured >= *bar * (1 - slack) : measured <= *bar * (1 + slack));
  }
};

void print_header(std::FILE *out);
void print_row(std::FILE *out, const Figure &figure);
nlohmann::json to_json(const std::vector<Figure> &figures);
std::string to_csv(const std::vector<Figure> &figures);

// Runs a load and fills a figure in cycles per frame.
Figure rate_figure(const std::string &name, const std::string &variant, const Workload &workload,
                   std::optional<double> must, std::optional<double> aim);

}  // namespace vmso::bench
