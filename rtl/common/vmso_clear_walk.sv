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
  logic              clearing_q;
  logic [IndexW-1:0] index_q;
  assign clearing = clearing_q;
  assign index    = index_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      clearing_q <= 1'b1;
      index_q    <= '0;
    end else if (clearing_q) begin
      index_q <= index_q + 1'b1;
      if (index_q == IndexW'(Num - 1)) clearing_q <= 1'b0;
    end
  end
endmodule : vmso_clear_walk
