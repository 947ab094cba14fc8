// SPDX-License-Identifier: Apache-2.0
// Keeps valid-only events of queues until the load list can look at them; none is lost.
//
// event       valid only. An event of the queue that stands last in the FIFO anyway is merged with it
// out         valid/ready
// overflow    pulse: the FIFO was full and the event was dropped; the owner must visit all queues
`include "vmso_assert.svh"
module vmso_ring_note #(
  parameter  int unsigned QueueW = 6,
  parameter  int unsigned Depth  = 8
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              note_valid,
  input  logic [QueueW-1:0] note,
  output logic              out_valid,
  input  logic              out_ready,
  output logic [QueueW-1:0] out,
  output logic              overflow
);
  localparam int unsigned CountW = vmso_math_pkg::count_width(Depth);
  logic [QueueW-1:0] last_q;
  logic [CountW-1:0] count;
  logic              merged, in_ready;

  assign merged   = note == last_q
                    && (count > CountW'(1) || (count == CountW'(1) && !out_ready));
  assign overflow = note_valid && !merged && !in_ready;

  vmso_fifo #(.Bits(QueueW), .Depth(Depth)) u_fifo (
    .clk, .rst_n, .in_valid(note_valid && !merged), .in_ready, .in(note),
    .out_valid, .out_ready, .out, .count
  );
  always_ff @(posedge clk) if (note_valid && in_ready) last_q <= note;
endmodule : vmso_ring_note
