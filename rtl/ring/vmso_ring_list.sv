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
  // As deep as there are numbers: a push may meet a full list only beside the pop that makes room.
  logic [NumW:0] rd_ptr_q, wr_ptr_q;
  logic          listed, popping, same, do_push;

  assign pop_valid = rd_ptr_q != wr_ptr_q;
  assign popping   = pop_valid && pop_ready;
  assign same      = popping && pop == push;
  assign do_push   = push_valid && ready && (!listed || same);
  vmso_flags #(.Num(Num)) u_listed (
    .clk, .rst_n, .ready, .put_valid(do_push), .put(push), .drop_valid(popping), .drop(pop),
    .ask(push), .is_in(listed)
  );
  vmso_lutram #(.Depth(Num), .Bits(NumW)) u_mem (
    .clk, .write_en(do_push), .write_addr(wr_ptr_q[NumW-1:0]), .write_data(push),
    .read_addr(rd_ptr_q[NumW-1:0]), .read_data(pop)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      rd_ptr_q <= '0;
      wr_ptr_q <= '0;
    end else begin
      if (do_push) wr_ptr_q <= wr_ptr_q + 1'b1;
      if (popping) rd_ptr_q <= rd_ptr_q + 1'b1;
    end
  end

`ifdef VMSO_CHECKS
  logic [NumW:0] count;
  assign count = wr_ptr_q - rd_ptr_q;
  `VMSO_IMPL_IF(ListHasRoom, do_push, 32'(count) < Num || popping)
`endif
endmodule : vmso_ring_list
