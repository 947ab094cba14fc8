// SPDX-License-Identifier: Apache-2.0
#include "bench/fair.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <tuple>

#include "attack/attacker.hpp"
#include "bench/plan.hpp"
#include "bench/shares.hpp"

namespace vmso::bench {
namespace {

constexpr double kRegisterBar = 200;  // cycles of any register access

struct Place {
  Config config;
  unsigned latency;
};
constexpr Place kPlaces[] = {{Config::kWide, 250}, {Config::kDefault, 100}};

Figure figure(const char *name, const std::string &variant, const Place &place, unsigned queues,
              const char *unit, double measured, std::optional<double> must) {
  Figure f;
  f.name = name;
  f.variant = variant;
  f.config = config_info(place.config).name;
  f.latency = place.latency;
  f.queues = queues;
  f.unit = unit;
  f.measured = measured;
  f.must = must;
  f.bound = "share";
  return f;
}

class Fair : public Plan {
 public:
  Fair(const FairOptions &o, const TakeRow &take_row, const Take &take)
      : Plan(o.plan, take), o_(o), take_row_(take_row) {}

  void cells() {
    for (const Place &place : kPlaces) {
      std::vector<std::string> attackers = {"none"};  // as a measure for the others
      attackers.insert(attackers.end(), attack_names().begin(), attack_names().end());
      for (const std::string &attacker : attackers) {
        for (const HonestLoad &honest : honest_loads()) {
          for (unsigned queues : {2u, 8u, 64u}) {
            if (attacker.find(o_.attacker) == std::string::npos ||
                honest.name.find(o_.honest) == std::string::npos || !wanted("cell", place) ||
                (o_.queues && *o_.queues != queues)) {
              continue;
            }
            take_row_(row(place, attacker, honest, queues));
          }
        }
      }
    }
  }

  FairRow row(const Place &place, const std::string &attacker, const HonestLoad &honest,
              unsigned queues) {
    auto start = std::chrono::steady_clock::now();
    FairRow r;
    CellOptions o;
    o.config = place.config;
    o.latency = place.latency;
    o.queues = queues;
    o.honest = honest;
    o.seed = o_.plan.seed;
    o.stop = o_.plan.stop;
    auto [it, fresh] = fair_.try_emplace({place.config, queues, honest.name});
    if (fresh) {
      it->second = run_cell(o);
    }
    if (attacker == "none") {
      r.cell = it->second;
    } else {
      o.attacker = attacker;
      if (rows_++ == 0) {
        o.wave = o_.plan.wave;
        o.files = o_.plan.files;
      }
      r.cell = run_cell(o);
    }
    r.loss = loss(r.cell, it->second);
    r.fair = it->second.frames;
    std::string variant = attacker + " " + honest.name;
    auto add = [&](const char *name, const char *unit, double measured, double must) {
      r.figures.push_back(figure(name, variant, place, queues, unit, measured, must));
    };
    add("fair_loss", "%", r.loss.judged(), queues > 8 ? 1 : 3);
    add("fair_silence", "cycles", r.cell.silence_any, o.silence_bar());
    add("fair_turn", "cycles", r.cell.silence_queue, o.turn_bar());
    add("fair_command", "cycles", r.cell.commands.worst(), o.command_bar());
    add("fair_register", "cycles", r.cell.register_access, kRegisterBar);
    r.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return r;
  }

  // Of a lone small frame: the mean and the largest but one in a hundred; of a thousand the median.
  void idle(const Place &place, unsigned bulk, unsigned samples) {
    if (bulk >= config_info(place.config).queues + 1 || !wanted("idle_64", place)) return;
    if (o_.queues && *o_.queues != bulk) return;
    IdleOptions o;
    o.config = place.config;
    o.latency = place.latency;
    o.bulk = bulk;
    o.samples = samples;
    o.seed = o_.plan.seed;
    o.stop = o_.plan.stop;
    IdleLatency r = measure_idle(o);
    auto add = [&](const char *variant, double measured, std::optional<double> must) {
      give(figure("idle_64", variant, place, bulk, "cycles", measured, must));
    };
    bool few = bulk <= 8;
    add("mean", r.mean(), few ? std::optional(700.0) : std::nullopt);
    add("p99", r.quantile(0.99), few ? std::optional(950.0) : std::nullopt);
    add("median", r.quantile(0.5), few ? std::nullopt : std::optional(3.0 * place.latency));
  }

  void weights(const Place &place, uint32_t job_bytes, uint64_t cycles) {
    if (!wanted("weights_1_8", place) || (o_.queues && *o_.queues != 2)) return;
    WeightOptions o;
    o.config = place.config;
    o.latency = place.latency;
    o.job_bytes = job_bytes;
    o.cycles = cycles;
    o.seed = o_.plan.seed;
    o.stop = o_.plan.stop;
    double ratio = measure_weights(o);
    Figure f = figure("weights_1_8", fmt::format("{} B: 1:{:.2f}", job_bytes, ratio), place, 2, "%",
                      100 * std::abs(ratio / o.weight - 1), 10);
    give(f);
  }

  // Frames of 1..6 buffers, at random: slots of the jobs are read once, whatever they turn out to
  // be.
  void mixed_slots(const Place &place, uint32_t bytes, unsigned queues) {
    if (!wanted("mixed_slots", place) || (o_.queues && *o_.queues != queues)) return;
    Workload w = load(place.config);
    w.latency = place.latency;
    w.kind = VMSO_KIND_FRAME;
    w.job_bytes = bytes;
    w.fragments = 6;
    w.fewer_fragments = true;
    w.variants = 24;
    w.queues = queues;
    w.frames = bytes > 1000 ? 1500 : 6000;
    double share = bytes > 1000 ? 0.99 : 0.95;
    Figure f = rate_figure("mixed_slots", fmt::format("{} B", bytes), w, {}, {});
    f.must = f.limit / share;
    give(f);
  }

  void honest_rows() {
    for (const Place &place : kPlaces) {
      idle(place, 8, 200);
      if (place.config == Config::kWide) idle(place, 1024, 120);
      for (unsigned queues : {1u, 8u}) {
        mixed_slots(place, 128, queues);
        mixed_slots(place, 1514, queues);
      }
    }
    for (const Place &place : {kPlaces[0], kPlaces[1], Place{Config::kSmall, 100}}) {
      for (uint32_t bytes : {64u, 1000u, 14480u, 65160u}) weights(place, bytes, 100000);
    }
    rate_limits();
  }

  // The heads of it all: one cell of each kind of attack, at 512 bit.
  void heads(const Take &take) {
    struct Head {
      const char *attacker;
      unsigned honest, queues;
    };
    constexpr Head kHeads[] = {{"all_fault", 0, 8}, {"cold_32", 3, 2},    {"mss_1", 1, 8},
                               {"no_ops", 0, 8},    {"reset_loop", 2, 8}, {"stop_cold_32", 1, 8}};
    for (const Head &head : kHeads) {
      if (!wanted_any(kPlaces[0])) continue;
      FairRow r = row(kPlaces[0], head.attacker, honest_loads()[head.honest], head.queues);
      for (const Figure &f : r.figures) {
        if (f.name.find(o_.plan.only) != std::string::npos) take(f);
      }
    }
    idle(kPlaces[0], 8, 80);
    weights(kPlaces[0], 1000, 40000);
  }

 private:
  bool wanted(const std::string &name, const Place &place) const {
    Workload w;
    w.config = place.config;
    w.latency = place.latency;
    w.queues = o_.plan.queues.value_or(w.queues);
    return Plan::wanted(name, w);
  }
  bool wanted_any(const Place &place) const {
    for (const char *name :
         {"fair_loss", "fair_silence", "fair_turn", "fair_command", "fair_register"}) {
      if (wanted(name, place)) return true;
    }
    return false;
  }

  void rate_limits() {
    for (const Place &place : {kPlaces[0], kPlaces[1]}) {
      for (uint32_t bytes : {64u, 1514u}) {
        for (double share : {0.1, 0.9}) rate_limit(place, bytes, share);
      }
    }
  }

  void rate_limit(const Place &place, uint32_t bytes, double share) {
    if (!wanted("rate_limit", place)) return;
    RateOptions r;
    r.config = place.config;
    r.latency = place.latency;
    r.frame_bytes = bytes;
    r.share = share;
    r.seed = o_.plan.seed;
    r.stop = o_.plan.stop;
    Figure f;
    f.name = "rate_limit";
    f.variant = fmt::format("{} B, {:.0f} %", bytes, 100 * share);
    f.config = config_info(place.config).name;
    f.latency = place.latency;
    f.unit = "of the limit";
    f.limit = 1;
    f.measured = 1 + std::abs(measure_rate(r) - 1);
    f.bound = "the limit";
    f.must = 1.01;
    give(f);
  }

  const FairOptions &o_;
  const TakeRow &take_row_;
  size_t rows_ = 0;
  std::map<std::tuple<Config, unsigned, std::string>, Cell> fair_;  // without attacker
};

}  // namespace

bool FairRow::meets_must() const {
  for (const Figure &f : figures) {
    if (!f.meets_must()) return false;
  }
  return cell.trouble.empty();
}

void run_fair(const FairOptions &options, const TakeRow &take_row, const Take &take) {
  Fair fair(options, take_row, take);
  // Its rows have no names that `only` knows.
  if ((options.plan.only.empty() || options.cells_only) && !options.plan.names) fair.cells();
  if (!options.cells_only) fair.honest_rows();
}

void run_fair_heads(const PlanOptions &options, const Take &take) {
  FairOptions o;
  o.plan = options;
  o.queues = options.queues;
  TakeRow none = [](const FairRow &) {};
  Fair fair(o, none, take);
  fair.heads(take);
}

}  // namespace vmso::bench
