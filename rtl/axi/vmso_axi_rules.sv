// SPDX-License-Identifier: Apache-2.0
// Rules of AXI4 that the engine and host memory owe each other, checked in simulation: what is
// offered stands until it is taken, a burst stays in its 4 KiB page, an id is not used twice at once,
// responses have their requests and their number of beats, and no more writes are open than the engine
// says: each read id once, 1..256 beats a burst, MaxWrites writes, AW and W one burst apart.
// What memory owes is INTG, what the engine owes is IMPL. No outputs; empty in synthesis.
`include "vmso_assert.svh"
module vmso_axi_rules #(
  parameter  int unsigned DataBits = 256,
  parameter  int unsigned MaxWrites = 64,  // writes that the engine may have open, 1..2^30
  localparam int unsigned BusBytes = DataBits / 8
) (
  input logic                clk,
  input logic                rst_n,
  input logic [9:0]          arid,
  input logic [63:0]         araddr,
  input logic [7:0]          arlen,
  input logic                arvalid,
  input logic                arready,
  input logic [9:0]          rid,
  input logic [DataBits-1:0] rdata,
  input logic [1:0]          rresp,
  input logic                rlast,
  input logic                rvalid,
  input logic                rready,
  input logic [63:0]         awaddr,
  input logic [7:0]          awlen,
  input logic                awvalid,
  input logic                awready,
  input logic [DataBits-1:0] wdata,
  input logic [BusBytes-1:0] wstrb,
  input logic                wlast,
  input logic                wvalid,
  input logic                wready,
  input logic [9:0]          bid,
  input logic [1:0]          bresp,
  input logic                bvalid,
  input logic                bready
);
`ifdef VMSO_CHECKS
  localparam int unsigned LaneW = $clog2(BusBytes);

  // -- offers stand ----------------------------------------------------------------------------------
  logic                ar_wait_q, r_wait_q, aw_wait_q, w_wait_q, b_wait_q;
  logic [81:0]         ar_q;
  logic [12:0]         r_q;
  logic [DataBits-1:0] rdata_q, wdata_q;
  logic [71:0]         aw_q;
  logic [BusBytes:0]   w_q;
  logic [11:0]         b_q;
  always_ff @(posedge clk) begin
    ar_q    <= {arid, araddr, arlen};
    r_q     <= {rid, rresp, rlast};
    rdata_q <= rdata;
    aw_q    <= {awaddr, awlen};
    w_q     <= {wstrb, wlast};
    wdata_q <= wdata;
    b_q     <= {bid, bresp};
    if (!rst_n) begin
      ar_wait_q <= 1'b0;
      r_wait_q  <= 1'b0;
      aw_wait_q <= 1'b0;
      w_wait_q  <= 1'b0;
      b_wait_q  <= 1'b0;
    end else begin
      ar_wait_q <= arvalid && !arready;
      r_wait_q  <= rvalid && !rready;
      aw_wait_q <= awvalid && !awready;
      w_wait_q  <= wvalid && !wready;
      b_wait_q  <= bvalid && !bready;
    end
  end
  `VMSO_IMPL_IF(ArStands, ar_wait_q, arvalid && {arid, araddr, arlen} == ar_q)
  `VMSO_IMPL_IF(AwStands, aw_wait_q, awvalid && {awaddr, awlen} == aw_q)
  `VMSO_IMPL_IF(WStands, w_wait_q, wvalid && {wstrb, wlast} == w_q && wdata == wdata_q)
  `VMSO_INTG_IF(RStands, r_wait_q, rvalid && {rid, rresp, rlast} == r_q && rdata == rdata_q)
  `VMSO_INTG_IF(BStands, b_wait_q, bvalid && {bid, bresp} == b_q)

  // -- bursts stay in their page ---------------------------------------------------------------------
  `VMSO_IMPL_IF(ArInPage, arvalid, 32'(araddr[11:LaneW]) + 32'(arlen) < 2**(12-LaneW))
  `VMSO_IMPL_IF(AwInPage, awvalid, 32'(awaddr[11:LaneW]) + 32'(awlen) < 2**(12-LaneW))

  // -- reads: one per id, each with its beats --------------------------------------------------------
  logic [1023:0] out_q;
  logic [8:0]    mem [1024];       // beats to come, valid where out_q is 1
  logic [8:0]    left_ar, left_r;
  assign left_ar = out_q[arid] ? mem[arid] : '0;
  assign left_r  = out_q[rid] ? mem[rid] : '0;
  always_ff @(posedge clk) begin
    if (!rst_n) out_q <= '0;
    else if (arvalid && arready) out_q[arid] <= 1'b1;
    if (rvalid && rready) mem[rid] <= left_r - 1'b1;
    if (arvalid && arready) mem[arid] <= 9'(arlen) + 1'b1;
  end
  `VMSO_IMPL_IF(ArIdIsFree, arvalid, left_ar == '0)
  `VMSO_INTG_IF(RHasRequest, rvalid, left_r != '0)
  `VMSO_INTG_IF(RLastIsLast, rvalid, rlast == (left_r == 9'd1))

  // -- writes: beats of W against AW, B after both ---------------------------------------------------
  // AW taken and not answered, W ended and not answered, beats of the present W burst
  logic [31:0] aw_open_q, w_open_q, w_beat_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      aw_open_q <= '0;
      w_open_q  <= '0;
      w_beat_q  <= '0;
    end else begin
      aw_open_q <= aw_open_q + 32'(awvalid && awready) - 32'(bvalid && bready);
      w_open_q  <= w_open_q + 32'(wvalid && wready && wlast) - 32'(bvalid && bready);
      if (wvalid && wready) w_beat_q <= wlast ? '0 : w_beat_q + 1'b1;
    end
  end
  `VMSO_IMPL(WritesInRange, aw_open_q <= MaxWrites && w_open_q <= MaxWrites)
  `VMSO_IMPL(WIsNotFarAhead, w_open_q <= aw_open_q + 1'b1 && aw_open_q <= w_open_q + 1'b1)
  `VMSO_IMPL_IF(WHasItsBeats, wvalid, wlast == (w_beat_q == (BusBytes < 32 ? 32'd1 : 32'd0)))
  `VMSO_INTG_IF(BHasRequest, bvalid, aw_open_q != '0 && w_open_q != '0)
  `VMSO_INTG_IF(BIdIsOurs, bvalid, bid == '0)
`else
  logic unused;
  assign unused = ^{clk, rst_n, arid, araddr, arlen, arvalid, arready, rid, rdata, rresp, rlast,
                    rvalid, rready, awaddr, awlen, awvalid, awready, wdata, wstrb, wlast, wvalid,
                    wready, bid, bresp, bvalid, bready};
`endif
endmodule : vmso_axi_rules
