// SPDX-License-Identifier: Apache-2.0
// RAM has no reset: after each one its owner writes every word once, at `index`, while `clearing`.
//
// clearing    from reset on for Num cycles
module vmso_clear_walk #(
  parameter  int unsigned Num    = 64,  // words, >= 1
  localparam int unsigned IndexW = vmso_math_pkg::index_width(Num)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              clearing,
  output logic [IndexW-1:0] index
);
  localparam int unsigned CountW = vmso_math_pkg::count_width(Num);
  logic [CountW-1:0] count_q;
  assign clearing = count_q != CountW'(Num);
  assign index    = count_q[IndexW-1:0];
  always_ff @(posedge clk) begin
    if (!rst_n) count_q <= '0;
    else if (clearing) count_q <= count_q + 1'b1;
  end
endmodule : vmso_clear_walk
