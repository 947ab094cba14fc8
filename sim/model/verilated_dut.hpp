// SPDX-License-Identifier: Apache-2.0
// A Verilated vmso_sim as a Dut. The only place that knows Verilator's port types.
//
// An assertion that fails prints through stdio; its text is caught in a memory stream that stands
// in for stdout during eval(), and becomes a finding of the owner instead of the end of the
// process.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "model/coverage.hpp"
#include "model/dut.hpp"
#include "model/wave.hpp"
#include "svdpi.h"
#include "verilated.h"

namespace vmso {

template <typename Model>
class VerilatedDut : public Dut {
 public:
  explicit VerilatedDut(const DutOptions &options) {
    context_.threads(1);  // else it has a pool of threads, which a forked process has not
    context_.randReset(2);
    context_.randSeed(int(options.seed % 0x7fffffff) + 1);
    context_.fatalOnError(false);
    context_.traceEverOn(!options.wave.path.empty());
    text_ = open_memstream(&text_buffer_, &text_size_);
    if (!text_) throw Error("no memory for the text of the model");
    model_ = std::make_unique<Model>(&context_);
    wave_ = std::make_unique<Wave>(*model_, options.wave, options.period_ps);
    model_->clk = 0;
    evaluate();
  }
  ~VerilatedDut() override {
    Verilated::threadContextp(&context_);
    wave_->close();
    quietly([&] { model_->final(); });
    write_coverage(*model_);
    wave_.reset();
    model_.reset();
    std::fclose(text_);
    std::free(text_buffer_);
  }
  VerilatedDut(const VerilatedDut &) = delete;
  VerilatedDut &operator=(const VerilatedDut &) = delete;

  void step() override {
    copy_in();
    model_->clk = 1;
    evaluate();
    copy_out();
    wave_->high(cycle_);
    model_->clk = 0;
    evaluate();
    wave_->low(cycle_);
    cycle_++;
  }
  std::string failure() override {
    if (!context_.gotError() && !context_.gotFinish()) return {};
    context_.gotError(false);
    context_.gotFinish(false);
    std::fflush(text_);
    std::string all(text_buffer_, text_size_);
    std::rewind(text_);
    return all;
  }

 protected:
  // Functions of the model that are called next are those of this instance; false: there is none.
  bool enter(const char *instance) {
    Verilated::threadContextp(&context_);
    svScope scope = svGetScopeFromName(instance);
    if (!scope) return false;
    svSetScope(scope);
    return true;
  }

 private:
  template <typename F>
  void quietly(F &&f) {
    std::FILE *out = stdout;
    stdout = text_;
    f();
    stdout = out;
  }
  void evaluate() {
    quietly([&] {
      Verilated::threadContextp(&context_);
      model_->eval();
    });
  }
  template <typename Port>
  static void put(Port &port, const Beat &beat) {
    std::memcpy(&port, beat.bytes.data(), sizeof(port));
  }
  template <typename Port>
  static void get(Beat &beat, const Port &port) {
    std::memcpy(beat.bytes.data(), &port, sizeof(port));
  }

  void copy_in() {
    Model &m = *model_;
    m.rst_n = in.rst_n;
    m.s_axil_awaddr = in.s_axil_awaddr;
    m.s_axil_awprot = in.s_axil_awprot;
    m.s_axil_awvalid = in.s_axil_awvalid;
    m.s_axil_wdata = in.s_axil_wdata;
    m.s_axil_wstrb = in.s_axil_wstrb;
    m.s_axil_wvalid = in.s_axil_wvalid;
    m.s_axil_bready = in.s_axil_bready;
    m.s_axil_araddr = in.s_axil_araddr;
    m.s_axil_arprot = in.s_axil_arprot;
    m.s_axil_arvalid = in.s_axil_arvalid;
    m.s_axil_rready = in.s_axil_rready;
    m.m_axi_arready = in.m_axi_arready;
    m.m_axi_rid = in.m_axi_rid;
    put(m.m_axi_rdata, in.m_axi_rdata);
    m.m_axi_rresp = in.m_axi_rresp;
    m.m_axi_rlast = in.m_axi_rlast;
    m.m_axi_rvalid = in.m_axi_rvalid;
    m.m_axi_awready = in.m_axi_awready;
    m.m_axi_wready = in.m_axi_wready;
    m.m_axi_bid = in.m_axi_bid;
    m.m_axi_bresp = in.m_axi_bresp;
    m.m_axi_bvalid = in.m_axi_bvalid;
    m.m_axis_tready = in.m_axis_tready;
  }
  void copy_out() {
    const Model &m = *model_;
    out.s_axil_awready = m.s_axil_awready;
    out.s_axil_wready = m.s_axil_wready;
    out.s_axil_bresp = m.s_axil_bresp;
    out.s_axil_bvalid = m.s_axil_bvalid;
    out.s_axil_arready = m.s_axil_arready;
    out.s_axil_rdata = m.s_axil_rdata;
    out.s_axil_rresp = m.s_axil_rresp;
    out.s_axil_rvalid = m.s_axil_rvalid;
    out.m_axi_arid = m.m_axi_arid;
    out.m_axi_araddr = m.m_axi_araddr;
    out.m_axi_arlen = m.m_axi_arlen;
    out.m_axi_arsize = m.m_axi_arsize;
    out.m_axi_arburst = m.m_axi_arburst;
    out.m_axi_arvalid = m.m_axi_arvalid;
    out.m_axi_rready = m.m_axi_rready;
    out.m_axi_awid = m.m_axi_awid;
    out.m_axi_awaddr = m.m_axi_awaddr;
    out.m_axi_awlen = m.m_axi_awlen;
    out.m_axi_awsize = m.m_axi_awsize;
    out.m_axi_awburst = m.m_axi_awburst;
    out.m_axi_awvalid = m.m_axi_awvalid;
    get(out.m_axi_wdata, m.m_axi_wdata);
    out.m_axi_wstrb = m.m_axi_wstrb;
    out.m_axi_wlast = m.m_axi_wlast;
    out.m_axi_wvalid = m.m_axi_wvalid;
    out.m_axi_bready = m.m_axi_bready;
    get(out.m_axis_tdata, m.m_axis_tdata);
    out.m_axis_tkeep = m.m_axis_tkeep;
    out.m_axis_tlast = m.m_axis_tlast;
    out.m_axis_tvalid = m.m_axis_tvalid;
    out.m_axis_tuser = m.m_axis_tuser;
    out.irq = m.irq;
    out.retire_valid = m.retire_valid;
    if (m.retire_valid) copy_retired();
  }

  void copy_retired() {
    const Model &m = *model_;
    out.retire = {.number = m.retire_number,
                  .fate = Fate(m.retire_fate),
                  .ends = bool(m.retire_ends),
                  .status = m.retire_status,
                  .queue = m.retire_queue,
                  .slot = m.retire_slot,
                  .slots = m.retire_slots,
                  .bytes = m.retire_bytes,
                  .segment = m.retire_segment,
                  .offset = m.retire_offset,
                  .cookie = m.retire_cookie,
                  .va = m.retire_va};
  }

  VerilatedContext context_;
  std::FILE *text_ = nullptr;
  char *text_buffer_ = nullptr;
  size_t text_size_ = 0;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Wave> wave_;
  uint64_t cycle_ = 1;  // begins with the next edge
};

}  // namespace vmso
