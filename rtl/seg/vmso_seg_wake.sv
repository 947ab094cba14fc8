// SPDX-License-Identifier: Apache-2.0
// Tells ring which queues it should look at; none is lost.
//
// set         valid only; an event of the queue that stands last in the FIFO anyway is merged with
//             it
// room        one more set finds a place even if one is under way; the scheduler waits for it
// wake        valid/ready
// reset       control
`include "vmso_assert.svh"
module vmso_seg_wake #(
  parameter int unsigned QueueW = 6,
  parameter int unsigned Depth  = 16
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              set_valid,
  input  logic [QueueW-1:0] set,
  output logic              room,
  output logic              wake_valid,
  input  logic              wake_ready,
  output logic [QueueW-1:0] wake
);
  localparam int unsigned CountW = vmso_math_pkg::count_width(Depth);
  logic [CountW-1:0] count;
  logic [QueueW-1:0] last_q;
  logic              merged, in_ready;

  assign merged = set == last_q && count > CountW'(wake_ready);
  assign room   = count < CountW'(Depth - 1);
  vmso_fifo #(.Bits(QueueW), .Depth(Depth)) u_fifo (
    .clk, .rst_n, .in_valid(set_valid && !merged), .in_ready, .in(set),
    .out_valid(wake_valid), .out_ready(wake_ready), .out(wake), .count
  );
  always_ff @(posedge clk) if (set_valid) last_q <= set;

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(SetFindsPlace, set_valid, merged || in_ready)
`else
  logic unused_ready;
  assign unused_ready = in_ready;
`endif
endmodule : vmso_seg_wake
