// SPDX-License-Identifier: Apache-2.0
// The write port: 32-byte records to host memory, in order, under one AXI id.
//
// write       valid/ready; addr is aligned to 32. Accepted while less than writes_in_flight are unanswered
// write_done  valid-only, one per write, in order; write_done_ok: BRESP was OKAY
// window      a record outside the windows never reaches the bus; it is answered with not ok
// AW and W    independent of each other; 2 beats at 128 bit, else one with strobes
// latency     handshake to AWVALID and WVALID 1 cycle; B to write_done 1 cycle
// throughput  one write per cycle, at 128 bit one per two cycles
`include "vmso_assert.svh"
module vmso_axi_write
  import vmso_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  parameter  logic [3:0]  AwCache = 4'b0011,  // normal, non-cacheable, bufferable
  parameter  logic [2:0]  AwProt = 3'b000,    // unprivileged, secure, data
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg)
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  windows_t                 windows,
  input  logic                     write_valid,
  output logic                     write_ready,
  input  write_req_t               write,
  output logic                     write_done_valid,
  output logic                     write_done_ok,
  output logic [9:0]               m_axi_awid,
  output logic [63:0]              m_axi_awaddr,
  output logic [7:0]               m_axi_awlen,
  output logic [2:0]               m_axi_awsize,
  output logic [1:0]               m_axi_awburst,
  output logic [3:0]               m_axi_awcache,
  output logic [2:0]               m_axi_awprot,
  output logic                     m_axi_awvalid,
  input  logic                     m_axi_awready,
  output logic [Cfg.data_bits-1:0] m_axi_wdata,
  output logic [BusBytes-1:0]      m_axi_wstrb,
  output logic                     m_axi_wlast,
  output logic                     m_axi_wvalid,
  input  logic                     m_axi_wready,
  input  logic [1:0]               m_axi_bresp,
  input  logic                     m_axi_bvalid,
  output logic                     m_axi_bready
);
  localparam int unsigned LaneW = $clog2(BusBytes);
  localparam int unsigned Outstanding = vmso_config_pkg::writes_in_flight(Cfg);

  // -- take: check the window, note the order --------------------------------------------------------
  logic       take, inside_window, order_ready, order_valid, order_good, order_pop;
  logic [vmso_math_pkg::count_width(Outstanding)-1:0] unused_order_count;
  logic       aw_left_q, w_left_q, aw_end, w_end;  // of the write that is being sent
  write_req_t write_q;

  vmso_axi_window u_window (.windows, .page(write.addr[55:12]), .inside_window);
  assign aw_end      = !aw_left_q || m_axi_awready;
  assign w_end       = !w_left_q || (m_axi_wready && m_axi_wlast);
  assign write_ready = order_ready && aw_end && w_end;
  assign take        = write_valid && write_ready;
  vmso_fifo #(.Bits(1), .Depth(Outstanding)) u_order (
    .clk, .rst_n, .in_valid(take), .in_ready(order_ready), .in(inside_window),
    .out_valid(order_valid), .out_ready(order_pop), .out(order_good), .count(unused_order_count)
  );

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      aw_left_q <= 1'b0;
      w_left_q  <= 1'b0;
    end else begin
      aw_left_q <= take ? inside_window : !aw_end;
      w_left_q  <= take ? inside_window : !w_end;
    end
  end
  always_ff @(posedge clk) if (take) write_q <= write;

  // -- AW and W ------------------------------------------------------------------------------------
  assign m_axi_awvalid = aw_left_q;
  assign m_axi_awid    = '0;
  assign m_axi_awaddr  = {8'd0, write_q.addr[55:LaneW], LaneW'(0)};
  assign m_axi_awlen   = BusBytes < 32 ? 8'd1 : 8'd0;
  assign m_axi_awsize  = 3'(LaneW);
  assign m_axi_awburst = 2'b01;
  assign m_axi_awcache = AwCache;
  assign m_axi_awprot  = AwProt;
  assign m_axi_wvalid  = w_left_q;
  if (BusBytes == 16) begin : gen_two_beats
    logic second_q;
    always_ff @(posedge clk) begin
      if (!rst_n) second_q <= 1'b0;
      else if (m_axi_wvalid && m_axi_wready) second_q <= !second_q;
    end
    assign m_axi_wlast = second_q;
    assign m_axi_wdata = second_q ? write_q.data[255:128] : write_q.data[127:0];
    assign m_axi_wstrb = '1;
  end else begin : gen_one_beat
    assign m_axi_wlast = 1'b1;
    assign m_axi_wdata = {BusBytes/32{write_q.data}};
    if (BusBytes == 32) begin : gen_full
      assign m_axi_wstrb = '1;
    end else begin : gen_half
      assign m_axi_wstrb = write_q.addr[5] ? {32'hffff_ffff, 32'd0} : {32'd0, 32'hffff_ffff};
    end
  end

  // -- done: in order; a refused write is answered when it is the oldest -------------------------------
  assign m_axi_bready = order_valid && order_good;
  assign order_pop    = order_valid && (!order_good || m_axi_bvalid);
  always_ff @(posedge clk) begin
    if (!rst_n) write_done_valid <= 1'b0;
    else write_done_valid <= order_pop;
  end
  always_ff @(posedge clk) write_done_ok <= order_good && !m_axi_bresp[1];

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(RecordIsAligned, write_valid, write.addr[4:0] == '0)
`endif
  logic unused_bits;
  assign unused_bits = ^{write_q.addr[LaneW-1:0], m_axi_bresp[0]};
endmodule : vmso_axi_write
