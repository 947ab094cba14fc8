// SPDX-License-Identifier: Apache-2.0
// Not a design: signals that nobody drives, which the lint's gate has to find. `check -assert` does
// not: the slang front end ties them to x, and what depends on them goes away.
module undriven (
  input  logic       clk,
  input  logic [3:0] data,
  output logic       whole,
  output logic [3:0] part,
  output logic       member
);
  typedef struct packed {
    logic driven;
    logic forgotten;
  } pair_t;
  logic  nobody;
  logic  [1:0] half;
  pair_t pair, pair_q;

  assign half[0]     = data[0];  // half[1] is left out
  assign pair.driven = data[1];
  always_ff @(posedge clk) pair_q <= pair;
  assign whole  = nobody && data[2];
  assign part   = half[1] ? data : '0;
  assign member = pair_q.forgotten ^ pair_q.driven;
endmodule : undriven
