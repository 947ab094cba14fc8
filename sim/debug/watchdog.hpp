// SPDX-License-Identifier: Apache-2.0
// Ends a run in which nothing moves. It looks at the handshakes of the ports: a cycle with one is
// progress. What to say about a hang is the business of who owns the parts (System::hang_report).
#pragma once
#include <cstdint>

#include "model/dut.hpp"

namespace vmso {

class Watchdog {
 public:
  uint64_t patience = 20000;  // cycles without a handshake

  void sample(const DutOutputs &out, const DutInputs &in, uint64_t now) {
    bool moves = (out.m_axis_tvalid && in.m_axis_tready) || (in.m_axi_rvalid && out.m_axi_rready) ||
                 (out.m_axi_arvalid && in.m_axi_arready) || (out.m_axi_wvalid && in.m_axi_wready) ||
                 (in.m_axi_bvalid && out.m_axi_bready) ||
                 (in.s_axil_awvalid && out.s_axil_awready) ||
                 (in.s_axil_arvalid && out.s_axil_arready);
    if (moves) last_ = now;
  }
  void pet(uint64_t now) { last_ = now; }
  uint64_t still_since(uint64_t now) const { return now - last_; }
  bool barks(uint64_t now) const { return now - last_ > patience; }

 private:
  uint64_t last_ = 0;
};

// Valid without ready (or the other way round) on each channel: who waits for whom.
inline std::string port_states(const DutOutputs &out, const DutInputs &in) {
  auto one = [](const char *name, bool valid, bool ready) {
    return std::string(name) + (valid ? ready ? " moves" : " waits for ready" : " idle");
  };
  const std::string ports[] = {one("m_axi_ar", out.m_axi_arvalid, in.m_axi_arready),
                               one("m_axi_r", in.m_axi_rvalid, out.m_axi_rready),
                               one("m_axi_aw", out.m_axi_awvalid, in.m_axi_awready),
                               one("m_axi_w", out.m_axi_wvalid, in.m_axi_wready),
                               one("m_axi_b", in.m_axi_bvalid, out.m_axi_bready),
                               one("m_axis", out.m_axis_tvalid, in.m_axis_tready),
                               one("s_axil_aw", in.s_axil_awvalid, out.s_axil_awready),
                               one("s_axil_ar", in.s_axil_arvalid, out.s_axil_arready)};
  std::string text;
  for (const std::string &port : ports) text += (text.empty() ? "" : ", ") + port;
  return text;
}

}  // namespace vmso
