// SPDX-License-Identifier: Apache-2.0
// Clock and reset of a unit test's model: the one place that touches `clk`.
//
// A test drives inputs, calls `settle()` to read combinational outputs of this cycle, and `tick()`
// to take the rising edge. Inputs change after the edge, outputs are read before it. An assertion
// of the RTL that fails ends the test case through Catch2.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "model/coverage.hpp"
#include "verilated.h"
#include "vmso_catch.hpp"

namespace vmso::unit {

// Rows of the frame store of the configuration with this bus: all, and those of the gather lane,
// behind which frames take the others in turn.
struct StoreRows {
  unsigned all, lane;
  unsigned ring() const { return all - lane; }
  // Of the ring, counted up over its end.
  unsigned wrapped(unsigned row) const { return row < all ? row : row - ring(); }
};
constexpr StoreRows store_rows(unsigned bus_bytes) {
  return bus_bytes == 64   ? StoreRows{1024, 146}
         : bus_bytes == 32 ? StoreRows{2048, 290}
                           : StoreRows{4096, 578};
}

template <typename Model>
class UnitBench {
 public:
  // `seed` chooses the random power-on state.
  explicit UnitBench(int seed = 1) : context_(std::make_unique<VerilatedContext>()) {
    context_->randReset(2);
    context_->randSeed(seed);
    context_->fatalOnError(false);
    model_ = std::make_unique<Model>(context_.get());
    model_->clk = 0;
    set_reset(true);
  }
  ~UnitBench() {
    Verilated::threadContextp(context_.get());  // 5.006 hangs with another live model's context
    model_->final();
    write_coverage(*model_);
    model_.reset();
  }
  UnitBench(const UnitBench &) = delete;
  UnitBench &operator=(const UnitBench &) = delete;

  Model *operator->() { return model_.get(); }
  Model &dut() { return *model_; }
  uint64_t now() const { return now_; }

  void reset(int cycles = 4) {
    set_reset(true);
    for (int i = 0; i < cycles; i++) tick();
    set_reset(false);
  }
  void settle() {
    model_->eval();
    low_ = true;
  }
  // For a test that breaks a neighbour's promise on purpose: assertions are silent from now on.
  void without_assertions() { context_->assertOn(false); }
  void tick() {
    edge();
    if (failed()) FAIL("an assertion of the RTL failed in cycle " << now_);
  }
  // The same for a test of assertions: what they print, nothing if they hold.
  std::string tick_aloud() {
    char *text = nullptr;
    size_t bytes = 0;
    std::FILE *out = std::exchange(stdout, open_memstream(&text, &bytes));
    edge();
    std::fclose(std::exchange(stdout, out));
    std::string said(text, bytes);
    std::free(text);
    if (failed()) {
      context_->gotError(false);
      context_->gotFinish(false);
    }
    return said;
  }

 private:
  void edge() {
    if (!low_) model_->eval();  // the model has to see clk low between two edges
    model_->clk = 1;
    model_->eval();  // inputs first, then the registers
    model_->clk = 0;
    low_ = false;
    now_++;
  }
  bool failed() const { return context_->gotError() || context_->gotFinish(); }
  void set_reset(bool active) {  // a RAM has no reset
    if constexpr (requires { model_->rst_n; }) model_->rst_n = !active;
  }

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Model> model_;
  uint64_t now_ = 0;
  bool low_ = false;  // clk was low in an evaluation since the last edge
};

}  // namespace vmso::unit
