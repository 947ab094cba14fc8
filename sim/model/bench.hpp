// SPDX-License-Identifier: Apache-2.0
// The one place for the clock. Per cycle:
//
//   1  settled          all parts sample the outputs; nobody drives
//   2  before the edge  all parts drive what their registers show from this edge on; they read no
//                       port, so no loop closes through a part
//   3  rising edge      the engine's registers take the inputs of the cycle before; then the new
//                       inputs stand, and the outputs follow
//
// `Parts` has sample(out, in, now), drive(in, now) and restart(in): back to idle, as rst_n resets
// the interconnect too. `in` of sample is what was driven, for monitors. No test touches clk or
// calls eval.
#pragma once
#include <memory>
#include <set>
#include <utility>

#include "model/assertion.hpp"
#include "model/findings.hpp"
#include "model/warm_dut.hpp"

namespace vmso {

class Bench {
 public:
  static constexpr size_t kMostBroken = 20;  // cycles with failing assertions; then the run ends

  Bench(std::unique_ptr<Dut> dut, Findings &findings) : Bench(WarmDut{std::move(dut)}, findings) {}
  Bench(WarmDut warm, Findings &findings)
      : dut_(std::move(warm.dut)), findings_(findings), now_(warm.now) {}

  uint64_t now() const { return now_; }
  const DutOutputs &out() const { return dut_->out; }
  const DutInputs &in() const { return dut_->in; }
  bool look(Sight &sight) { return dut_->look(sight); }

  template <typename Parts>
  void cycle(Parts &parts) {
    findings_.now = now_;
    parts.sample(dut_->out, dut_->in, now_);
    now_++;
    parts.drive(dut_->in, now_);
    dut_->step();
    listen();
  }

  // The same for an engine that is past its reset: parts begin beside it.
  template <typename Parts>
  void join(Parts &parts) {
    parts.restart(dut_->in);
  }
  // `cycles` edges at which the engine sees rst_n = 0. Outputs mean nothing before, so nobody
  // samples.
  template <typename Parts>
  void reset(Parts &parts, unsigned cycles = 4) {
    parts.restart(dut_->in);
    for (unsigned i = 0; i <= cycles; i++) {
      dut_->in.rst_n = i == cycles;
      dut_->step();
      now_++;
    }
    dut_->failure();  // what random power-on state said before it was reset
  }

 private:
  void listen() {
    std::string text = dut_->failure();
    if (text.empty()) [[likely]]
      return;
    findings_.now = now_;
    for (const std::string &broken : broken_assertions(text)) {
      if (told_.insert(broken).second) findings_.add(broken);  // once, however often
    }
    if (++broken_ > kMostBroken) throw Error("assertions go on failing:\n" + findings_.report());
  }

  std::unique_ptr<Dut> dut_;
  Findings &findings_;
  uint64_t now_ = 0;
  size_t broken_ = 0;
  std::set<std::string> told_;
};

}  // namespace vmso
