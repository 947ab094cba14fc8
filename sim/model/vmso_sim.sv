// SPDX-License-Identifier: Apache-2.0
// vmso_top as the harness clocks it: each input passes a register.
//
// What is driven before an edge stands at the engine right after it, as behind any neighbour's
// flip-flop, and one evaluation of the model does a whole cycle. With bare inputs it would take two,
// and Verilator evaluates all that depends on an input in each of them.
module vmso_sim #(
  parameter  int unsigned Config   = 1,  // 0 small, 1 default, 2 wide
  localparam vmso_config_pkg::config_t Cfg = vmso_config_pkg::named(Config),
  localparam int unsigned DataBits = Cfg.data_bits,
  localparam int unsigned BusBytes = DataBits / 8,
  localparam int unsigned Vectors  = Cfg.vectors
) (
  input  logic                clk,
  input  logic                rst_n,
  input  logic [24:0]         s_axil_awaddr,
  input  logic [2:0]          s_axil_awprot,
  input  logic                s_axil_awvalid,
  output logic                s_axil_awready,
  input  logic [31:0]         s_axil_wdata,
  input  logic [3:0]          s_axil_wstrb,
  input  logic                s_axil_wvalid,
  output logic                s_axil_wready,
  output logic [1:0]          s_axil_bresp,
  output logic                s_axil_bvalid,
  input  logic                s_axil_bready,
  input  logic [24:0]         s_axil_araddr,
  input  logic [2:0]          s_axil_arprot,
  input  logic                s_axil_arvalid,
  output logic                s_axil_arready,
  output logic [31:0]         s_axil_rdata,
  output logic [1:0]          s_axil_rresp,
  output logic                s_axil_rvalid,
  input  logic                s_axil_rready,
  output logic [9:0]          m_axi_arid,
  output logic [63:0]         m_axi_araddr,
  output logic [7:0]          m_axi_arlen,
  output logic [2:0]          m_axi_arsize,
  output logic [1:0]          m_axi_arburst,
  output logic [3:0]          m_axi_arcache,
  output logic [2:0]          m_axi_arprot,
  output logic                m_axi_arvalid,
  input  logic                m_axi_arready,
  input  logic [9:0]          m_axi_rid,
  input  logic [DataBits-1:0] m_axi_rdata,
  input  logic [1:0]          m_axi_rresp,
  input  logic                m_axi_rlast,
  input  logic                m_axi_rvalid,
  output logic                m_axi_rready,
  output logic [9:0]          m_axi_awid,
  output logic [63:0]         m_axi_awaddr,
  output logic [7:0]          m_axi_awlen,
  output logic [2:0]          m_axi_awsize,
  output logic [1:0]          m_axi_awburst,
  output logic [3:0]          m_axi_awcache,
  output logic [2:0]          m_axi_awprot,
  output logic                m_axi_awvalid,
  input  logic                m_axi_awready,
  output logic [DataBits-1:0] m_axi_wdata,
  output logic [BusBytes-1:0] m_axi_wstrb,
  output logic                m_axi_wlast,
  output logic                m_axi_wvalid,
  input  logic                m_axi_wready,
  input  logic [9:0]          m_axi_bid,
  input  logic [1:0]          m_axi_bresp,
  input  logic                m_axi_bvalid,
  output logic                m_axi_bready,
  output logic [DataBits-1:0] m_axis_tdata,
  output logic [BusBytes-1:0] m_axis_tkeep,
  output logic                m_axis_tlast,
  output logic                m_axis_tvalid,
  input  logic                m_axis_tready,
  output logic [27:0]         m_axis_tuser,
  output logic [Vectors-1:0]  irq,
  output logic                retire_valid,
  output logic                retire_pending,
  output logic [31:0]         retire_number,
  output logic [1:0]          retire_fate,
  output logic [11:0]         retire_queue,
  output logic [15:0]         retire_slot,
  output logic [15:0]         retire_slots,
  output logic [63:0]         retire_cookie,
  output logic [31:0]         retire_segment,
  output logic [31:0]         retire_offset,
  output logic [15:0]         retire_bytes,
  output logic                retire_ends,
  output logic [7:0]          retire_status,
  output logic [63:0]         retire_va
);
  logic rst_n_q;

  logic [24:0]         awaddr_q, araddr_q;
  logic [31:0]         wdata_q;
  logic [3:0]          wstrb_q;
  logic [2:0]          awprot_q, arprot_q;
  logic                awvalid_q, wvalid_q, bready_q, arvalid_q, rready_q;
  logic [DataBits-1:0] mem_rdata_q;
  logic [9:0]          mem_rid_q, mem_bid_q;
  logic [1:0]          mem_rresp_q, mem_bresp_q;
  logic                mem_arready_q, mem_rlast_q, mem_rvalid_q;
  logic                mem_awready_q, mem_wready_q, mem_bvalid_q;
  logic                wire_tready_q;

  always_ff @(posedge clk) begin
    rst_n_q       <= rst_n;
    awaddr_q      <= s_axil_awaddr;
    awprot_q      <= s_axil_awprot;
    awvalid_q     <= s_axil_awvalid;
    wdata_q       <= s_axil_wdata;
    wstrb_q       <= s_axil_wstrb;
    wvalid_q      <= s_axil_wvalid;
    bready_q      <= s_axil_bready;
    araddr_q      <= s_axil_araddr;
    arprot_q      <= s_axil_arprot;
    arvalid_q     <= s_axil_arvalid;
    rready_q      <= s_axil_rready;
    mem_arready_q <= m_axi_arready;
    mem_rid_q     <= m_axi_rid;
    mem_rdata_q   <= m_axi_rdata;
    mem_rresp_q   <= m_axi_rresp;
    mem_rlast_q   <= m_axi_rlast;
    mem_rvalid_q  <= m_axi_rvalid;
    mem_awready_q <= m_axi_awready;
    mem_wready_q  <= m_axi_wready;
    mem_bid_q     <= m_axi_bid;
    mem_bresp_q   <= m_axi_bresp;
    mem_bvalid_q  <= m_axi_bvalid;
    wire_tready_q <= m_axis_tready;
  end

`ifdef VMSO_NETLIST  // of one configuration: it has no parameters
  vmso_top u_top (
`else
  vmso_top #(.Config(Config), .Retire(1)) u_top (
`endif
    .clk, .rst_n(rst_n_q),
    .s_axil_awaddr(awaddr_q), .s_axil_awprot(awprot_q), .s_axil_awvalid(awvalid_q),
    .s_axil_wdata(wdata_q), .s_axil_wstrb(wstrb_q), .s_axil_wvalid(wvalid_q),
    .s_axil_bready(bready_q),
    .s_axil_araddr(araddr_q), .s_axil_arprot(arprot_q), .s_axil_arvalid(arvalid_q),
    .s_axil_rready(rready_q),
    .m_axi_arready(mem_arready_q), .m_axi_rid(mem_rid_q), .m_axi_rdata(mem_rdata_q),
    .m_axi_rresp(mem_rresp_q), .m_axi_rlast(mem_rlast_q), .m_axi_rvalid(mem_rvalid_q),
    .m_axi_awready(mem_awready_q), .m_axi_wready(mem_wready_q), .m_axi_bid(mem_bid_q),
    .m_axi_bresp(mem_bresp_q), .m_axi_bvalid(mem_bvalid_q),
    .m_axis_tready(wire_tready_q), .*
  );
`ifndef VMSO_NETLIST  // gates have no names
  vmso_sight #(.Cfg(Cfg)) u_sight (.clk);
`endif
endmodule : vmso_sim
