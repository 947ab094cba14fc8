// SPDX-License-Identifier: Apache-2.0
// What every plan does: make a load of its options, leave out what is not wanted, hand figures
// over.
#pragma once
#include <string>

#include "bench/plans.hpp"

namespace vmso::bench {

class Plan {
 public:
  Plan(const PlanOptions &options, const Take &take) : options_(options), take_(take) {}

 protected:
  static constexpr Config kConfigs[] = {Config::kSmall, Config::kDefault, Config::kWide};

  Workload load(Config config) const {
    Workload w;
    w.config = config;
    w.seed = options_.seed;
    w.stop = options_.stop;
    if (taken_ == 0) {
      w.wave = options_.wave;
      w.files = options_.files;
    }
    return w;
  }

  bool wanted(const std::string &name, const Workload &w) const {
    if (options_.names) {
      options_.names->insert(name);
      return false;
    }
    return name.find(options_.only) != std::string::npos &&
           (options_.config.empty() || options_.config == config_info(w.config).name) &&
           (!options_.latency || options_.latency == w.latency) &&
           (!options_.queues || options_.queues == w.queues);
  }

  const PlanOptions &plan_options() const { return options_; }

  void give(const Figure &figure) {
    taken_++;
    take_(figure);
  }

 private:
  const PlanOptions &options_;
  const Take &take_;
  size_t taken_ = 0;
};

}  // namespace vmso::bench
