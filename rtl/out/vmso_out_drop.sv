// SPDX-License-Identifier: Apache-2.0
// Gives back the templates of jobs that were unloaded: each when the orders that came before its drop have
// left, and its own reads, if there are any, have landed and were parsed.
//
// drop        valid only
// come, gone  numbers of orders that have come and left
// look        look_done answers look_tmpl in the same cycle
// free        valid/ready
// order       they take turns: one that has to wait holds up no other
// throughput  a look a cycle
// reset       control
`include "vmso_assert.svh"
module vmso_out_drop
  import vmso_pkg::*;
  import vmso_out_pkg::precedes;
#(
  parameter int unsigned Templates = 128
) (
  input  logic         clk,
  input  logic         rst_n,
  input  order_count_t come,
  input  order_count_t gone,
  input  logic         drop_valid,
  input  tmpl_drop_t   drop,
  output template_t    look_tmpl,
  input  logic         look_done,
  output logic         free_valid,
  input  logic         free_ready,
  output template_t    free
);
  typedef struct packed {
    tmpl_drop_t   drop;
    order_count_t number;  // of the first order that came behind it
    logic         alone;   // the orders before it had left when it was looked at, however far
                           // the numbers come round
  } waiting_t;
  waiting_t     in, first;
  logic         first_valid, alone, room, take, back;
  logic [vmso_math_pkg::count_width(Templates)-1:0] unused_count;

  assign alone = first.alone || !precedes(gone, first.number);
  assign in   = drop_valid ? '{drop: drop, number: come, alone: 1'b0}
                           : '{drop: first.drop, number: first.number, alone: alone};
  assign take = free_valid ? free_ready : !drop_valid;  // back to the tail, if nobody else comes
  assign back = first_valid && !free_valid && !drop_valid;
  // one place more than templates: the first may go round while all of them wait
  vmso_fifo #(.Bits($bits(waiting_t)), .Depth(Templates + 1)) u_waiting (
    .clk, .rst_n, .in_valid(drop_valid || back), .in_ready(room), .in,
    .out_valid(first_valid), .out_ready(take), .out(first), .count(unused_count)
  );
  assign look_tmpl  = first.drop.tmpl;
  assign free_valid = first_valid && alone && (!first.drop.fetched || look_done);
  assign free       = first.drop.tmpl;

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(DropHasRoom, drop_valid, room)
`else
  logic unused_room;
  assign unused_room = room;
`endif
endmodule : vmso_out_drop
