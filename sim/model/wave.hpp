// SPDX-License-Identifier: Apache-2.0
// The wave of a model, in cycles. A model that is built without waves (VMSO_MODEL_WAVES = 0) has
// one that cannot be opened.
//
// It is flushed every so many cycles: a run that is killed (a time limit) runs no destructor, and
// an FST is readable only up to its last flush. Meanwhile its names are in PATH.hier beside it.
#pragma once
#include <memory>

#include "model/dut.hpp"
#if VMSO_MODEL_WAVES
#include "verilated_fst_c.h"
#endif

namespace vmso {

#if VMSO_MODEL_WAVES
class Wave {
 public:
  template <typename Model>
  Wave(Model &model, const WaveOptions &options, uint64_t period_ps)
      : options_(options), period_ps_(period_ps) {
    if (options.path.empty()) return;
    file_ = std::make_unique<VerilatedFstC>();
    model.trace(file_.get(), 99);
    file_->open(options.path.c_str());
    if (!file_->isOpen()) throw Error("--wave: cannot write " + options.path);
  }
  void close() {
    if (file_) file_->close();
  }
  // After the rising edge at which `cycle` begins.
  void high(uint64_t cycle) {
    if (records(cycle)) file_->dump(cycle * period_ps_);
  }
  void low(uint64_t cycle) {
    if (!records(cycle)) return;
    file_->dump(cycle * period_ps_ + period_ps_ / 2);
    if (cycle % kCyclesKept == 0) file_->flush();
  }

 private:
  static constexpr uint64_t kCyclesKept = 4096;  // lost at most when the run is killed
  bool records(uint64_t cycle) const {
    return file_ && cycle >= options_.from && cycle <= options_.to;
  }

  WaveOptions options_;
  uint64_t period_ps_;
  std::unique_ptr<VerilatedFstC> file_;
};
#else
class Wave {
 public:
  template <typename Model>
  Wave(Model &, const WaveOptions &options, uint64_t) {
    if (!options.path.empty()) throw Error("--wave: this model is built without waves");
  }
  void close() {}
  void high(uint64_t) {}
  void low(uint64_t) {}
};
#endif

}  // namespace vmso
