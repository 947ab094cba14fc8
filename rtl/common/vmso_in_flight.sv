// SPDX-License-Identifier: Apache-2.0
// Is something of this number under way? Two tallies: what began and what ended.
//
// begins, ends  valid only, both in one cycle too; of each number at most 2^Bits - 1 are under way
// none          of `look`, one cycle after it: as of two cycles before the look, see vmso_tally. An end
//               never shows before its beginning, so `none` is never true of what began before that
// reset         ready, see vmso_tally
module vmso_in_flight #(
  parameter  int unsigned Num    = 64,
  parameter  int unsigned Bits   = 10,
  localparam int unsigned IndexW = vmso_math_pkg::index_width(Num)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  input  logic              begins_valid,
  input  logic [IndexW-1:0] begins,
  input  logic              ends_valid,
  input  logic [IndexW-1:0] ends,
  input  logic [IndexW-1:0] look,
  output logic              none
);
  logic [Bits-1:0] begun, ended;
  logic            unused_ready;  // both walks take the same time
  vmso_tally #(.Num(Num), .Bits(Bits)) u_begun (
    .clk, .rst_n, .ready, .add_valid(begins_valid), .add(begins), .look, .count(begun)
  );
  vmso_tally #(.Num(Num), .Bits(Bits)) u_ended (
    .clk, .rst_n, .ready(unused_ready), .add_valid(ends_valid), .add(ends), .look, .count(ended)
  );
  assign none = begun == ended;
endmodule : vmso_in_flight
