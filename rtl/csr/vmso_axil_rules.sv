// SPDX-License-Identifier: Apache-2.0
// Rules of AXI4-Lite that master and slave owe each other, checked in simulation: what is offered
// stands until it is taken, and a response never comes without its request.
// `master` rules are INTG (the system owes them), slave rules are IMPL.
`include "vmso_assert.svh"
module vmso_axil_rules (
  input logic        clk,
  input logic        rst_n,
  input logic [24:0] awaddr,
  input logic        awvalid,
  input logic        awready,
  input logic [31:0] wdata,
  input logic [3:0]  wstrb,
  input logic        wvalid,
  input logic        wready,
  input logic [1:0]  bresp,
  input logic        bvalid,
  input logic        bready,
  input logic [24:0] araddr,
  input logic        arvalid,
  input logic        arready,
  input logic [31:0] rdata,
  input logic [1:0]  rresp,
  input logic        rvalid,
  input logic        rready
);
`ifdef VMSO_CHECKS
  logic        aw_wait_q, w_wait_q, b_wait_q, ar_wait_q, r_wait_q;  // was offered and not taken
  logic [24:0] awaddr_q, araddr_q;
  logic [35:0] w_q;
  logic [1:0]  bresp_q;
  logic [33:0] r_q;
  logic [7:0]  aw_open_q, w_open_q, ar_open_q;  // requests without their response

  always_ff @(posedge clk) begin
    awaddr_q <= awaddr;
    araddr_q <= araddr;
    w_q      <= {wstrb, wdata};
    bresp_q  <= bresp;
    r_q      <= {rresp, rdata};
    if (!rst_n) begin
      aw_wait_q <= 1'b0;
      w_wait_q  <= 1'b0;
      b_wait_q  <= 1'b0;
      ar_wait_q <= 1'b0;
      r_wait_q  <= 1'b0;
      aw_open_q <= '0;
      w_open_q  <= '0;
      ar_open_q <= '0;
    end else begin
      aw_wait_q <= awvalid && !awready;
      w_wait_q  <= wvalid && !wready;
      b_wait_q  <= bvalid && !bready;
      ar_wait_q <= arvalid && !arready;
      r_wait_q  <= rvalid && !rready;
      aw_open_q <= aw_open_q + 8'(awvalid && awready) - 8'(bvalid && bready);
      w_open_q  <= w_open_q + 8'(wvalid && wready) - 8'(bvalid && bready);
      ar_open_q <= ar_open_q + 8'(arvalid && arready) - 8'(rvalid && rready);
    end
  end
  `VMSO_INTG_IF(AwStands, aw_wait_q, awvalid && awaddr == awaddr_q)
  `VMSO_INTG_IF(WStands, w_wait_q, wvalid && {wstrb, wdata} == w_q)
  `VMSO_INTG_IF(ArStands, ar_wait_q, arvalid && araddr == araddr_q)
  `VMSO_IMPL_IF(BStands, b_wait_q, bvalid && bresp == bresp_q)
  `VMSO_IMPL_IF(RStands, r_wait_q, rvalid && {rresp, rdata} == r_q)
  `VMSO_IMPL_IF(BHasRequest, bvalid, aw_open_q != '0 && w_open_q != '0)
  `VMSO_IMPL_IF(RHasRequest, rvalid, ar_open_q != '0)
`else
  logic unused;
  assign unused = ^{clk, rst_n, awaddr, awvalid, awready, wdata, wstrb, wvalid, wready, bresp,
                    bvalid, bready, araddr, arvalid, arready, rdata, rresp, rvalid, rready};
`endif
endmodule : vmso_axil_rules
