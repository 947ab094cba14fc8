// SPDX-License-Identifier: Apache-2.0
// FIFO of numbers that holds each number at most once.
//
// push        valid only, never refused; a number that is listed already is not listed again
// pop         valid/ready; a number pushed in cycle t can be popped in t+1
// guarantee   a push in the cycle of the number's own pop lists it again: what happened before a push
//             is seen by whoever looks after the pop that follows
// throughput  one push and one pop per cycle
// reset       a walk clears the marks; `ready` is low meanwhile and pushes are lost
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
  logic            clearing_q;
  logic [NumW-1:0] clear_q;
  logic            push_mark, pop_mark;     // marks of the number that is pushed; differ: listed
  logic            out_mark, popping, same, do_push, fifo_ready, fifo_valid;
  logic [vmso_math_pkg::count_width(Num + 1)-1:0] unused_count;

  assign ready     = !clearing_q;
  assign pop_valid = fifo_valid && !clearing_q;
  assign popping   = pop_valid && pop_ready;
  assign same      = popping && pop == push;
  assign do_push   = push_valid && !clearing_q && (push_mark == pop_mark || same);

  // One place more than numbers: the list may be full in the cycle of a push beside a pop.
  // Each mark has one writer. A pop makes the two agree: the entry brings the push mark along.
  vmso_lutram #(.Depth(Num), .Bits(1)) u_push_mark (
    .clk, .write_en(clearing_q || do_push), .write_addr(clearing_q ? clear_q : push),
    .write_data(!clearing_q && !push_mark), .read_addr(push), .read_data(push_mark)
  );
  vmso_lutram #(.Depth(Num), .Bits(1)) u_pop_mark (
    .clk, .write_en(clearing_q || popping), .write_addr(clearing_q ? clear_q : pop),
    .write_data(!clearing_q && out_mark), .read_addr(push), .read_data(pop_mark)
  );
  vmso_fifo #(.Bits(NumW + 1), .Depth(Num + 1)) u_fifo (
    .clk, .rst_n, .in_valid(do_push), .in_ready(fifo_ready), .in({!push_mark, push}),
    .out_valid(fifo_valid), .out_ready(popping), .out({out_mark, pop}), .count(unused_count)
  );

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      clearing_q <= 1'b1;
      clear_q    <= '0;
    end else if (clearing_q) begin
      clear_q <= clear_q + 1'b1;
      if (clear_q == NumW'(Num - 1)) clearing_q <= 1'b0;
    end
  end

`ifdef VMSO_CHECKS
  `VMSO_IMPL(ListHasRoom, !do_push || fifo_ready)
`endif
endmodule : vmso_ring_list
