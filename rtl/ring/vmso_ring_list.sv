// SPDX-License-Identifier: Apache-2.0
// FIFO of numbers that holds each number at most once.
//
// push        valid only, never refused; a number that is listed already is not listed again
// pop         valid/ready; a number pushed in cycle t can be popped in t+1
// guarantee   a push in the cycle of the number's own pop lists it again: what happened before a push
//             is seen by whoever looks after the pop that follows
// throughput  one push and one pop per cycle
// reset       a walk clears the flags; `ready` is low meanwhile and pushes are lost
`include "vmso_assert.svh"
module vmso_ring_list #(
  parameter  int unsigned Num  = 64,  // numbers 0..Num-1, Num a power of two >= 2
  localparam int unsigned NumW = vmso_math_pkg::index_width(Num)
) (
  input  logic            clk,
  input  logic            rst_n,
  output logic            ready,
  input  logic            push_valid,
  input  logic [NumW-1:0] push,
  output logic            pop_valid,
  input  logic            pop_ready,
  output logic [NumW-1:0] pop
);
  logic listed, popping, same, do_push, fifo_ready, fifo_valid;
  logic [vmso_math_pkg::count_width(Num + 1)-1:0] unused_count;

  assign pop_valid = fifo_valid;
  assign popping   = pop_valid && pop_ready;
  assign same      = popping && pop == push;
  assign do_push   = push_valid && ready && (!listed || same);
  vmso_flags #(.Num(Num)) u_listed (
    .clk, .rst_n, .ready, .put_valid(do_push), .put(push), .drop_valid(popping), .drop(pop),
    .ask(push), .is_in(listed)
  );
  // One place more than numbers: the list may be full in the cycle of a push beside a pop.
  vmso_fifo #(.Bits(NumW), .Depth(Num + 1)) u_fifo (
    .clk, .rst_n, .in_valid(do_push), .in_ready(fifo_ready), .in(push),
    .out_valid(fifo_valid), .out_ready(popping), .out(pop), .count(unused_count)
  );

`ifdef VMSO_CHECKS
  `VMSO_IMPL(ListHasRoom, !do_push || fifo_ready)
`endif
endmodule : vmso_ring_list
