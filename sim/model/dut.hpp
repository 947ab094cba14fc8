// SPDX-License-Identifier: Apache-2.0
// vmso_top behind one small interface, whatever its configuration: flat pins and a step.
//
// Names are the RTL's. Only Bench calls step().
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "model/findings.hpp"
#include "model/retired.hpp"
#include "model/sight.hpp"

namespace vmso {

// One beat of up to 64 bytes, byte 0 = lane 0.
struct Beat {
  std::array<uint8_t, 64> bytes{};
};

enum class Config { kSmall, kDefault, kWide };

// A named configuration as the harness sees it (the capability registers are checked against it).
struct ConfigInfo {
  std::string name;
  unsigned data_bits, queues, contexts, vectors, max_frame, template_bytes;
  unsigned bus_bytes() const { return data_bits / 8; }
};
const ConfigInfo &config_info(Config config);
// Throws Error for a name that does not exist.
Config config_named(const std::string &name);

struct WaveOptions {
  std::string path;                                              // empty: none
  uint64_t from = 0, to = std::numeric_limits<uint64_t>::max();  // cycles, both recorded
};

struct DutOptions {
  Config config = Config::kDefault;
  uint64_t seed = 1;          // random power-on state
  uint64_t period_ps = 4000;  // of the clock, for the waves
  WaveOptions wave = {};
};

struct DutInputs {
  uint8_t rst_n = 0;
  uint32_t s_axil_awaddr = 0, s_axil_wdata = 0, s_axil_araddr = 0;
  uint8_t s_axil_awprot = 0, s_axil_awvalid = 0, s_axil_wstrb = 0, s_axil_wvalid = 0;
  uint8_t s_axil_bready = 0, s_axil_arprot = 0, s_axil_arvalid = 0, s_axil_rready = 0;
  uint8_t m_axi_arready = 0;
  uint16_t m_axi_rid = 0;
  Beat m_axi_rdata;
  uint8_t m_axi_rresp = 0, m_axi_rlast = 0, m_axi_rvalid = 0;
  uint8_t m_axi_awready = 0, m_axi_wready = 0;
  uint16_t m_axi_bid = 0;
  uint8_t m_axi_bresp = 0, m_axi_bvalid = 0;
  uint8_t m_axis_tready = 0;
};

struct DutOutputs {
  uint8_t s_axil_awready = 0, s_axil_wready = 0, s_axil_bresp = 0, s_axil_bvalid = 0;
  uint8_t s_axil_arready = 0, s_axil_rresp = 0, s_axil_rvalid = 0;
  uint32_t s_axil_rdata = 0;
  uint16_t m_axi_arid = 0, m_axi_awid = 0;
  uint64_t m_axi_araddr = 0, m_axi_awaddr = 0;
  uint8_t m_axi_arlen = 0, m_axi_arsize = 0, m_axi_arburst = 0, m_axi_arvalid = 0;
  uint8_t m_axi_rready = 0;
  uint8_t m_axi_awlen = 0, m_axi_awsize = 0, m_axi_awburst = 0, m_axi_awvalid = 0;
  Beat m_axi_wdata;
  uint64_t m_axi_wstrb = 0;
  uint8_t m_axi_wlast = 0, m_axi_wvalid = 0, m_axi_bready = 0;
  Beat m_axis_tdata;
  uint64_t m_axis_tkeep = 0;
  uint8_t m_axis_tlast = 0, m_axis_tvalid = 0;
  uint32_t m_axis_tuser = 0, irq = 0;
  uint8_t retire_valid = 0;
  Retired retire;  // of this cycle, if there is one
};

class Dut {
 public:
  virtual ~Dut() = default;
  DutInputs in;
  DutOutputs out;
  // One rising edge: registers take the inputs of the step before, `in` is driven right after it,
  // `out` follows both.
  virtual void step() = 0;
  virtual std::string failure() = 0;  // what RTL assertions have said since the last call
  // Looks inside; false if there is nothing to be seen: gates have no names.
  virtual bool look(Sight &) { return false; }
};

// Throws Error if there is no such model or the wave cannot be written.
std::unique_ptr<Dut> make_dut(const DutOptions &options);

}  // namespace vmso
