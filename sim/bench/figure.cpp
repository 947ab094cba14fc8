// SPDX-License-Identifier: Apache-2.0
#include "bench/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace vmso::bench {
namespace {

std::string number(const std::optional<double> &value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

int digits_of(const Figure &f) { return f.measured >= 1000 ? 0 : 3; }

}  // namespace

std::string Figure::bottleneck() const {
  // The stage that is hardly ever held up and hardly ever idle is the one that all others wait for.
  auto slowest =
      std::ranges::min_element(stages, {}, [](const Stage &s) { return s.blocked + s.starved; });
  return slowest == stages.end() ? "" : slowest->name;
}

void print_header(std::FILE *out) {
  fmt::print(out,
             "{:<20} {:<16} {:<8} {:>4} {:<8} {:>5} {:>9} {:>9} {:>6} {:<10} {:>8} {:>8}  {}\n",
             "figure", "variant", "config", "lat", "order", "queue", "limit", "measured", "l/m",
             "limited by", "must", "aim", "");
}

void print_row(std::FILE *out, const Figure &f) {
  int digits = digits_of(f);
  const char *verdict = !f.meets_must() ? "BELOW THE MUST" : !f.meets_aim() ? "below the aim" : "";
  std::string variant = f.x_name.empty() ? f.variant : fmt::format("{} {:g}", f.x_name, f.x);
  bool limited = f.limit > 0;
  fmt::print(out,
             "{:<20} {:<16} {:<8} {:>4} {:<8} {:>5} {:>9} {:>9} {:>6} {:<10} {:>8} {:>8}  {}\n",
             f.name, variant, f.config, f.latency, f.reorder ? "reorder" : "in order", f.queues,
             limited ? number(f.limit, digits) : "-",
             std::isinf(f.measured) ? "never" : number(f.measured, digits),
             limited ? number(f.efficiency(), 3) : "-", f.bound, number(f.must, digits),
             number(f.aim, digits), verdict);
  std::fflush(out);
}

nlohmann::json to_json(const std::vector<Figure> &figures) {
  nlohmann::json all = nlohmann::json::array();
  for (const Figure &f : figures) {
    nlohmann::json j = {{"name", f.name},
                        {"variant", f.variant},
                        {"config", f.config},
                        {"latency", f.latency},
                        {"order", f.reorder ? "reorder" : "in order"},
                        {"queues", f.queues},
                        {"measured", f.measured},
                        {"limit", f.limit},
                        {"limit_over_measured", f.efficiency()},
                        {"limited_by", f.bound},
                        {"unit", f.unit},
                        {"must", f.must ? nlohmann::json(*f.must) : nullptr},
                        {"aim", f.aim ? nlohmann::json(*f.aim) : nullptr},
                        {"meets_must", f.meets_must()},
                        {"meets_aim", f.meets_aim()},
                        {"bottleneck", f.bottleneck()},
                        {"wire_beats", f.wire_beats},
                        {"read_beats", f.read_beats}};
    if (!f.x_name.empty()) j["x"] = {{"name", f.x_name}, {"value", f.x}};
    for (const Stage &s : f.stages) {
      j["stages"][s.name] = {{"busy", s.busy}, {"blocked", s.blocked}, {"starved", s.starved}};
    }
    all.push_back(j);
  }
  return all;
}

std::string to_csv(const std::vector<Figure> &figures) {
  std::string text =
      "name,variant,x_name,x,config,latency,order,queues,unit,measured,limit,limited_by,must,aim,"
      "wire_beats,read_beats\n";
  for (const Figure &f : figures) {
    text += fmt::format("{},{},{},{:g},{},{},{},{},{},{:.4f},{:.4f},{},{},{},{:.4f},{:.4f}\n",
                        f.name, f.variant, f.x_name, f.x, f.config, f.latency,
                        f.reorder ? "reorder" : "in order", f.queues, f.unit, f.measured, f.limit,
                        f.bound, f.must ? fmt::format("{:.4f}", *f.must) : "",
                        f.aim ? fmt::format("{:.4f}", *f.aim) : "", f.wire_beats, f.read_beats);
  }
  return text;
}

Figure rate_figure(const std::string &name, const std::string &variant, const Workload &workload,
                   std::optional<double> must, std::optional<double> aim) {
  Rates r = measure(workload);
  Figure f;
  f.name = name;
  f.variant = variant;
  f.config = config_info(workload.config).name;
  f.latency = workload.latency;
  f.reorder = workload.reorder;
  f.queues = workload.queues;
  f.unit = "cycles/frame";
  f.measured = r.cycles;
  f.limit = r.limit();
  f.bound = r.bound();
  f.must = must;
  f.aim = aim;
  f.wire_beats = r.wire_beats;
  f.read_beats = r.read_beats;
  f.stages = r.stages;
  return f;
}

}  // namespace vmso::bench
