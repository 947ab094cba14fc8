// SPDX-License-Identifier: Apache-2.0
// Counts events by number, modulo 2^Bits. Two of them with one writer each, one for what begins and one
// for what ends, tell what is in flight without a count that two rooms would have to write.
//
// add         valid only, any cycle, the same number in a row too
// count       of `look`, one cycle after it: with every event that came two or more cycles before the look
// reset       a walk of Num cycles sets all counts to 0; `ready` is low meanwhile and nothing may be added
`include "vmso_assert.svh"
module vmso_tally #(
  parameter  int unsigned Num    = 64,
  parameter  int unsigned Bits   = 16,
  localparam int unsigned IndexW = vmso_math_pkg::index_width(Num)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  input  logic              add_valid,
  input  logic [IndexW-1:0] add,
  input  logic [IndexW-1:0] look,
  output logic [Bits-1:0]   count
);
  localparam int unsigned Depth = 1 << IndexW;
  logic              clearing, add_q, again_q, we;
  logic [IndexW-1:0] clear_at, index_q, write_addr;
  logic [Bits-1:0]   old, next, next_q, write_data;

  assign ready = !clearing;
  vmso_clear_walk #(.Num(Depth)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));

  // read, then add one; two of one number in a row hand the new count over
  assign next       = (again_q ? next_q : old) + 1'b1;
  assign we         = clearing || add_q;
  assign write_addr = clearing ? clear_at : index_q;
  assign write_data = clearing ? '0 : next;
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(Bits)) u_count (
    .clk, .write_en(we), .write_addr, .write_data,
    .read_en(add_valid), .read_addr(add), .read_data(old)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(Bits)) u_look (
    .clk, .write_en(we), .write_addr, .write_data,
    .read_en(1'b1), .read_addr(look), .read_data(count)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) add_q <= 1'b0;
    else add_q <= add_valid;
  end
  always_ff @(posedge clk) begin
    index_q <= add;
    again_q <= add_q && index_q == add;
    next_q  <= next;
  end

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(NothingWhileClearing, clearing, !add_valid)
`endif
endmodule : vmso_tally
