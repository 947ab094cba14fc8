// SPDX-License-Identifier: Apache-2.0
// A set of numbers 0..Num-1 in LUT RAM: two of them change and some are asked about in one cycle, for a
// fraction of the logic that Num flip-flops with their decoders and multiplexers take.
//
// A number is in the set while its bits in two RAMs differ. Each RAM has one writer: `put` makes the
// bits differ, `drop` makes them equal.
//
// put, drop   valid only, also of what is in the set already or not in it; put wins over a drop of the
//             same number
// ask         combinational: is it in the set? As it was before the puts and drops of this cycle
// ready       low while a walk of Num cycles after reset empties the set; no put, no drop meanwhile, and
//             nothing is in it
`include "vmso_assert.svh"
module vmso_flags #(
  parameter  int unsigned Num    = 64,  // >= 1
  parameter  int unsigned Asks   = 1,   // numbers asked about at once
  localparam int unsigned IndexW = vmso_math_pkg::index_width(Num)
) (
  input  logic                        clk,
  input  logic                        rst_n,
  output logic                        ready,
  input  logic                        put_valid,
  input  logic [IndexW-1:0]           put,
  input  logic                        drop_valid,
  input  logic [IndexW-1:0]           drop,
  input  logic [Asks-1:0][IndexW-1:0] ask,
  output logic [Asks-1:0]             is_in
);
  logic              clearing, put_en, drop_en, put_bit, drop_bit, dropped, differing;
  logic [IndexW-1:0] clear_at, put_addr, drop_addr;

  assign ready = !clearing;
  vmso_clear_walk #(.Num(Num)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));

  assign put_en    = clearing || put_valid;
  assign put_addr  = clearing ? clear_at : put;
  assign put_bit   = !clearing && !differing;
  assign drop_en   = clearing || (drop_valid && !(put_valid && put == drop));
  assign drop_addr = clearing ? clear_at : drop;
  assign drop_bit  = !clearing && dropped;

  logic [Asks-1:0] was_put, was_dropped;
  vmso_lutram #(.Depth(Num), .Bits(1), .Reads(Asks + 1)) u_put (
    .clk, .write_en(put_en), .write_addr(put_addr), .write_data(put_bit),
    .read_addr({drop, ask}), .read_data({dropped, was_put})
  );
  vmso_lutram #(.Depth(Num), .Bits(1), .Reads(Asks + 1)) u_drop (
    .clk, .write_en(drop_en), .write_addr(drop_addr), .write_data(drop_bit),
    .read_addr({put, ask}), .read_data({differing, was_dropped})
  );
  assign is_in = clearing ? '0 : was_put ^ was_dropped;

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(QuietWhileClearing, clearing, !put_valid && !drop_valid)
`endif
endmodule : vmso_flags
