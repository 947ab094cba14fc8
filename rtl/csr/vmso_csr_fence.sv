// SPDX-License-Identifier: Apache-2.0
// Numbers fences and keeps up to four of them for xlat.
//
// request     valid/ready; `commit` takes ctx and cfg of the request, else kind, context and range
//             of the fence registers; next_number is the number that the request gets
// fence       valid/ready, in order of their numbers
// flush       xlat is in reset: drops what waits, numbers start at 1 again
// range       see vmso_csr_span
`include "vmso_assert.svh"
module vmso_csr_fence
  import vmso_pkg::*;
(
  input  logic            clk,
  input  logic            rst_n,
  input  logic            flush,
  input  fence_kind_e     what_kind,
  input  logic            what_leaf_only,
  input  context_t        what_ctx,
  input  logic [63:0]     va,
  input  logic [63:0]     bytes,
  input  logic            request_valid,
  output logic            request_ready,
  input  logic            request_commit,
  input  context_t        request_ctx,
  input  context_config_t request_cfg,
  output logic [15:0]     next_number,
  output logic [15:0]     last_number,
  output logic            fence_valid,
  input  logic            fence_ready,
  output fence_t          fence
);
  localparam int unsigned Places = 4;
  localparam int unsigned CountW = vmso_math_pkg::count_width(Places);

  logic [15:0]       number_q;
  page_t             first, last;  // follow va and bytes by one cycle; GO comes later
  fence_t            entry;
  logic [CountW-1:0] unused_count;
  logic              fifo_rst_n, unused;

  assign next_number = number_q + 1'b1;
  assign last_number = number_q;
  assign fifo_rst_n  = rst_n && !flush;
  assign unused      = ^unused_count;

  vmso_csr_span u_span (.clk, .va, .bytes, .first, .last);
  always_ff @(posedge clk) begin
    if (!fifo_rst_n) number_q <= '0;
    else if (request_valid && request_ready) number_q <= next_number;
  end

  always_comb begin
    entry.kind   = request_commit ? FenceCommit : what_kind;
    entry.ctx    = request_commit ? request_ctx : what_ctx;
    entry.leaf_only = what_leaf_only;
    entry.first  = first;
    entry.last   = last;
    entry.cfg    = request_cfg;
    entry.number = next_number;
  end
  vmso_fifo #(.Bits($bits(fence_t)), .Depth(Places)) u_fifo (
    .clk, .rst_n(fifo_rst_n),
    .in_valid(request_valid), .in_ready(request_ready), .in(entry),
    .out_valid(fence_valid), .out_ready(fence_ready), .out(fence),
    .count(unused_count)
  );
endmodule : vmso_csr_fence
