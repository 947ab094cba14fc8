// SPDX-License-Identifier: Apache-2.0
// Rows of `vmso bench fair` as a table, JSON and CSV. What misses its must has a star.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/fair.hpp"

namespace vmso::bench {
namespace {

std::string cycles(double value) {
  return value == kInfinite ? "never" : fmt::format("{:.0f}", value);
}

std::string star(const FairRow &row, const char *name, const std::string &text) {
  for (const Figure &f : row.figures) {
    if (f.name == name) return text + (f.meets_must() ? " " : "*");
  }
  return text;
}

std::string attacker(const Cell &c) {
  return c.options.attacker.empty() ? "none" : c.options.attacker;
}

double distance(double frames_a_cycle) {
  return frames_a_cycle > 0 ? 1 / frames_a_cycle : kInfinite;
}

}  // namespace

void print_fair_header(std::FILE *out) {
  fmt::print(out,
             "{:<13} {:<10} {:<8} {:>5} {:>8} {:>9} {:>7} {:>7} {:>7} {:>8} {:>8} | {:>7} {:>7} "
             "{:>7} {:>7} {:>6} {:>5}\n",
             "attacker", "honest", "config", "queue", "fair", "got", "loss %", "worst", "spread",
             "silence", "of one", "STOP", "ENABLE", "RESET", "fence", "regs", "s");
}

void print_row(std::FILE *out, const FairRow &r) {
  const Cell &c = r.cell;
  double bar = c.options.command_bar();
  auto command = [&](double value) { return cycles(value) + (value <= bar ? " " : "*"); };
  fmt::print(out,
             "{:<13} {:<10} {:<8} {:>5} {:>8.1f} {:>9} {:>7} {:>7.2f} {:>7.2f} {:>8} {:>8} | {:>7} "
             "{:>7} {:>7} {:>7} {:>6} {:>5.1f}  {}\n",
             attacker(c), c.options.honest.name, config_info(c.options.config).name,
             c.options.queues, distance(r.fair),
             c.frames > 0 ? fmt::format("{:.1f}", distance(c.frames)) : "never",
             star(r, "fair_loss", fmt::format("{:.2f}", r.loss.mean)), r.loss.worst, r.loss.spread,
             star(r, "fair_silence", cycles(c.silence_any)),
             star(r, "fair_turn", cycles(c.silence_queue)), command(c.commands.stop),
             command(c.commands.enable), command(c.commands.reset), command(c.commands.fence),
             star(r, "fair_register", cycles(c.register_access)), r.seconds, first_line(c.trouble));
  std::fflush(out);
}

nlohmann::json to_json(const std::vector<FairRow> &rows) {
  nlohmann::json all = nlohmann::json::array();
  for (const FairRow &r : rows) {  // an infinite number is null
    const Cell &c = r.cell;
    all.push_back({{"attacker", attacker(c)},
                   {"honest", c.options.honest.name},
                   {"config", config_info(c.options.config).name},
                   {"latency", c.options.latency},
                   {"queues", c.options.queues},
                   {"fair_cycles_per_frame", distance(r.fair)},
                   {"cycles_per_frame", distance(c.frames)},
                   {"loss_percent", r.loss.mean},
                   {"worst_loss_percent", r.loss.worst},
                   {"spread_percent", r.loss.spread},
                   {"judged_loss_percent", r.loss.judged()},
                   {"silence", c.silence_any},
                   {"silence_must", c.options.silence_bar()},
                   {"silence_of_one", c.silence_queue},
                   {"silence_of_one_must", c.options.turn_bar()},
                   {"stop", c.commands.stop},
                   {"enable", c.commands.enable},
                   {"reset", c.commands.reset},
                   {"fence", c.commands.fence},
                   {"command_must", c.options.command_bar()},
                   {"register_access", c.register_access},
                   {"trouble", c.trouble},
                   {"meets_must", r.meets_must()}});
  }
  return all;
}

std::string to_csv(const std::vector<FairRow> &rows) {
  std::string text =
      "attacker,honest,config,latency,queues,fair,got,loss,worst,spread,judged,silence,"
      "silence_of_one,stop,enable,reset,fence,register\n";
  for (const FairRow &r : rows) {
    const Cell &c = r.cell;
    text += fmt::format("{},{},{},{},{},{:.3f},{:.3f},{:.3f},{:.3f},{:.3f},{:.3f}", attacker(c),
                        c.options.honest.name, config_info(c.options.config).name,
                        c.options.latency, c.options.queues, distance(r.fair), distance(c.frames),
                        r.loss.mean, r.loss.worst, r.loss.spread, r.loss.judged());
    for (double value : {c.silence_any, c.silence_queue, c.commands.stop, c.commands.enable,
                         c.commands.reset, c.commands.fence, c.register_access}) {
      text += "," + cycles(value);
    }
    text += "\n";
  }
  return text;
}

}  // namespace vmso::bench
