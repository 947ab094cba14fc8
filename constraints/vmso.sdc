# Timing constraints of vmso_top: one clock, and every port synchronous to it.
#
# Set vmso_period (ns) before reading this file to aim elsewhere than at 250 MHz. There is no other
# clock inside, no clock domain crossing, no multicycle and no false path: nothing may be relaxed.
# Neighbours are given vmso_share of the period on each side of a port.
#
# Tried with OpenSTA 2.0.17 (Debian) by scripts/constraints: read without a warning, and no input,
# output or register of the netlist of `small` is left without a constraint. SDC 2.1 and Tcl.
if {![info exists vmso_period]} { set vmso_period 4.0 }
if {![info exists vmso_share]}  { set vmso_share 0.3 }

create_clock -name clk -period $vmso_period [get_ports clk]
set_clock_uncertainty [expr {0.02 * $vmso_period}] [get_clocks clk]

# rst_n is a synchronous reset: timed like any other input
set_input_delay [expr {$vmso_share * $vmso_period}] -clock clk [get_ports {
  rst_n
  s_axil_awaddr* s_axil_awprot* s_axil_awvalid s_axil_wdata* s_axil_wstrb* s_axil_wvalid
  s_axil_bready s_axil_araddr* s_axil_arprot* s_axil_arvalid s_axil_rready
  m_axi_arready m_axi_rid* m_axi_rdata* m_axi_rresp* m_axi_rlast m_axi_rvalid
  m_axi_awready m_axi_wready m_axi_bid* m_axi_bresp* m_axi_bvalid m_axis_tready
}]
set_output_delay [expr {$vmso_share * $vmso_period}] -clock clk [get_ports {
  s_axil_awready s_axil_wready s_axil_bresp* s_axil_bvalid s_axil_arready s_axil_rdata*
  s_axil_rresp* s_axil_rvalid
  m_axi_arid* m_axi_araddr* m_axi_arlen* m_axi_arsize* m_axi_arburst* m_axi_arcache* m_axi_arprot*
  m_axi_arvalid m_axi_rready
  m_axi_awid* m_axi_awaddr* m_axi_awlen* m_axi_awsize* m_axi_awburst* m_axi_awcache* m_axi_awprot*
  m_axi_awvalid m_axi_wdata* m_axi_wstrb* m_axi_wlast m_axi_wvalid m_axi_bready
  m_axis_tdata* m_axis_tkeep* m_axis_tlast m_axis_tvalid m_axis_tuser* irq*
}]
