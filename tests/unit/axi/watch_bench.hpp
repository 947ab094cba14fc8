// SPDX-License-Identifier: Apache-2.0
// A model whose assertions are the subject: did one fail?
//
// Unlike UnitBench it does not start in reset, and a failed assertion is a result.
#pragma once
#include <memory>

#include "model/coverage.hpp"
#include "verilated.h"
#include "vmso_catch.hpp"

namespace vmso::unit {

template <typename Model>
class WatchBench {
 public:
  // `seed` chooses the random power-on state.
  explicit WatchBench(int seed = 1) : context_(std::make_unique<VerilatedContext>()) {
    context_->randReset(2);
    context_->randSeed(seed);
    context_->fatalOnError(false);
    model_ = std::make_unique<Model>(context_.get());
    model_->clk = 0;
  }
  ~WatchBench() {
    Verilated::threadContextp(context_.get());  // 5.006 hangs with another live model's context
    model_->final();
    write_coverage(*context_);
    model_.reset();
  }
  WatchBench(const WatchBench &) = delete;
  WatchBench &operator=(const WatchBench &) = delete;

  Model &dut() { return *model_; }
  // One cycle with the inputs as they are.
  void tick() {
    model_->eval();
    model_->clk = 1;
    model_->eval();
    model_->clk = 0;
    model_->eval();
  }
  void reset() {
    model_->rst_n = 0;
    for (unsigned i = 0; i < 4; i++) tick();
    model_->rst_n = 1;
  }
  bool broken() const { return context_->gotError(); }

 private:
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Model> model_;
};

}  // namespace vmso::unit
