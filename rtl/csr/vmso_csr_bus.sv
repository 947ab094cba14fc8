// SPDX-License-Identifier: Apache-2.0
// The AXI4-Lite slave: turns the five channels into one stream of requests, one at a time.
//
// write       address and data in either order; each channel holds one that waits
// latency     a request in the cycle of its (last) handshake if nothing is in the way
// req         valid/ready; reads and writes take turns when both wait; a request comes only when its
//             response has room, so a master that does not take B can still read
// rsp         valid-only, one for each request, at least one cycle after it
// order       B in order of AW, R in order of AR (AXI4-Lite asks for no order between them)
`include "vmso_assert.svh"
module vmso_csr_bus (
  input  logic        clk,
  input  logic        rst_n,
  input  logic [24:0] s_axil_awaddr,
  input  logic [2:0]  s_axil_awprot,
  input  logic        s_axil_awvalid,
  output logic        s_axil_awready,
  input  logic [31:0] s_axil_wdata,
  input  logic [3:0]  s_axil_wstrb,
  input  logic        s_axil_wvalid,
  output logic        s_axil_wready,
  output logic [1:0]  s_axil_bresp,
  output logic        s_axil_bvalid,
  input  logic        s_axil_bready,
  input  logic [24:0] s_axil_araddr,
  input  logic [2:0]  s_axil_arprot,
  input  logic        s_axil_arvalid,
  output logic        s_axil_arready,
  output logic [31:0] s_axil_rdata,
  output logic [1:0]  s_axil_rresp,
  output logic        s_axil_rvalid,
  input  logic        s_axil_rready,
  output logic        req_valid,
  input  logic        req_ready,
  output logic        req_write,
  output logic [22:0] req_addr,   // word address
  output logic [31:0] req_data,
  output logic [3:0]  req_strb,
  input  logic        rsp_valid,
  input  logic [31:0] rsp_data,
  input  logic        rsp_err     // SLVERR
);
  localparam logic [1:0] RespOk = 2'd0, RespSlv = 2'd2;

  logic        aw_full_q, w_full_q, ar_full_q;  // one request waits
  logic [22:0] awaddr_q, araddr_q, write_addr, read_addr;
  logic [31:0] wdata_q, rdata_q;
  logic [3:0]  wstrb_q;
  logic        bvalid_q, rvalid_q, berr_q, rerr_q;
  logic        busy_q, write_q;                 // a request is under way, and which
  logic        can_write, can_read, take;
  logic        unused;

  assign unused         = ^{s_axil_awprot, s_axil_arprot, s_axil_awaddr[1:0], s_axil_araddr[1:0]};
  assign s_axil_awready = !aw_full_q;
  assign s_axil_wready  = !w_full_q;
  assign s_axil_arready = !ar_full_q;
  assign s_axil_bvalid  = bvalid_q;
  assign s_axil_bresp   = berr_q ? RespSlv : RespOk;
  assign s_axil_rvalid  = rvalid_q;
  assign s_axil_rresp   = rerr_q ? RespSlv : RespOk;
  assign s_axil_rdata   = rdata_q;

  // What is taken at once is not kept. A write goes first; while its answer stands on B no other can, so that a read gets its turn.
  assign can_write = (aw_full_q || s_axil_awvalid) && (w_full_q || s_axil_wvalid) && !bvalid_q;
  assign can_read  = (ar_full_q || s_axil_arvalid) && !rvalid_q;
  assign req_valid = !busy_q && (can_write || can_read);
  assign req_write = can_write;
  assign write_addr = aw_full_q ? awaddr_q : s_axil_awaddr[24:2];
  assign read_addr  = ar_full_q ? araddr_q : s_axil_araddr[24:2];
  assign req_addr  = req_write ? write_addr : read_addr;
  assign req_data  = w_full_q ? wdata_q : s_axil_wdata;
  assign req_strb  = w_full_q ? wstrb_q : s_axil_wstrb;
  assign take      = req_valid && req_ready;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      aw_full_q <= 1'b0;
      w_full_q  <= 1'b0;
      ar_full_q <= 1'b0;
      bvalid_q  <= 1'b0;
      rvalid_q  <= 1'b0;
      busy_q    <= 1'b0;
      write_q   <= 1'b0;
    end else begin
      if (s_axil_awvalid && s_axil_awready) aw_full_q <= 1'b1;
      if (s_axil_wvalid && s_axil_wready) w_full_q <= 1'b1;
      if (s_axil_arvalid && s_axil_arready) ar_full_q <= 1'b1;
      if (take) begin
        busy_q  <= 1'b1;
        write_q <= req_write;
        if (req_write) begin
          aw_full_q <= 1'b0;
          w_full_q  <= 1'b0;
        end else begin
          ar_full_q <= 1'b0;
        end
      end
      if (s_axil_bready) bvalid_q <= 1'b0;
      if (s_axil_rready) rvalid_q <= 1'b0;
      if (rsp_valid) begin
        busy_q <= 1'b0;
        if (write_q) bvalid_q <= 1'b1;
        else rvalid_q <= 1'b1;
      end
    end
  end
  always_ff @(posedge clk) begin
    if (s_axil_awready) awaddr_q <= s_axil_awaddr[24:2];
    if (s_axil_arready) araddr_q <= s_axil_araddr[24:2];
    if (s_axil_wready) begin
      wdata_q <= s_axil_wdata;
      wstrb_q <= s_axil_wstrb;
    end
    if (rsp_valid && write_q) berr_q <= rsp_err;
    if (rsp_valid && !write_q) begin
      rerr_q  <= rsp_err;
      rdata_q <= rsp_data;
    end
  end

  vmso_axil_rules u_rules (
    .clk, .rst_n,
    .awaddr(s_axil_awaddr), .awvalid(s_axil_awvalid), .awready(s_axil_awready),
    .wdata(s_axil_wdata), .wstrb(s_axil_wstrb), .wvalid(s_axil_wvalid), .wready(s_axil_wready),
    .bresp(s_axil_bresp), .bvalid(s_axil_bvalid), .bready(s_axil_bready),
    .araddr(s_axil_araddr), .arvalid(s_axil_arvalid), .arready(s_axil_arready),
    .rdata(s_axil_rdata), .rresp(s_axil_rresp), .rvalid(s_axil_rvalid), .rready(s_axil_rready)
  );

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(ResponseOnlyWhenAsked, rsp_valid, busy_q)
`endif
endmodule : vmso_csr_bus
