// SPDX-License-Identifier: Apache-2.0
// Two-place buffer that cuts a stream in both directions: valid, payload and ready are registered.
//
// latency     one cycle
// throughput  one transfer per cycle
// reset       control only
`include "vmso_assert.svh"
module vmso_skid #(
  parameter int unsigned Bits = 8  // bits of the payload
) (
  input  logic            clk,
  input  logic            rst_n,
  input  logic            in_valid,
  output logic            in_ready,
  input  logic [Bits-1:0] in,
  output logic            out_valid,
  input  logic            out_ready,
  output logic [Bits-1:0] out
);
  logic [Bits-1:0] head_q, spare_q;
  logic            head_valid_q, spare_valid_q;

  assign in_ready  = !spare_valid_q;
  assign out_valid = head_valid_q;
  assign out       = head_q;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      head_valid_q  <= 1'b0;
      spare_valid_q <= 1'b0;
    end else if (out_ready || !head_valid_q) begin
      head_valid_q  <= spare_valid_q || in_valid;
      spare_valid_q <= 1'b0;
    end else begin
      spare_valid_q <= spare_valid_q || in_valid;
    end
  end
  always_ff @(posedge clk) begin
    if (out_ready || !head_valid_q) head_q <= spare_valid_q ? spare_q : in;
    if (in_ready) spare_q <= in;
  end

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(SpareNeedsHead, spare_valid_q, head_valid_q)
`endif
endmodule : vmso_skid
