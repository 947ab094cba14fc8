// SPDX-License-Identifier: Apache-2.0
// The sum of a beat against its definition: the masked bytes, each at its frame position's parity, as
// one integer of which 65535 is taken away until it is below 65536; 0 only if all bytes are 0.
//
// In two steps: the integer before folding is the one of the definition, and of each such integer
// the folded and perhaps swapped sum is the remainder.
module prove_read_sum #(
  parameter int unsigned BusBytes = 16
) (
  input logic                     clk,
  input logic                     odd,
  input logic [BusBytes-1:0]      mask,
  input logic [BusBytes-1:0][7:0] data
);
  logic [15:0] sum;
  logic [2:0]  age_q = '0;  // cycles since power-on, up to 4
  vmso_read_sum #(.BusBytes(BusBytes)) u_dut (.clk, .odd, .mask, .data, .sum);

  // sums of the bytes in even and odd lanes
  function automatic logic [12:0] bytes_of(logic [BusBytes-1:0] en, logic [BusBytes-1:0][7:0] bytes,
                                           int unsigned first);
    logic [BusBytes/4-1:0][8:0] pair;
    logic [BusBytes/8-1:0][9:0] four;
    for (int unsigned i = 0; i < BusBytes / 4; i++) begin
      pair[i] = 9'(en[4*i+first] ? bytes[4*i+first] : 8'd0)
                + 9'(en[4*i+2+first] ? bytes[4*i+2+first] : 8'd0);
    end
    for (int unsigned i = 0; i < BusBytes / 8; i++) four[i] = 10'(pair[2*i]) + 10'(pair[2*i+1]);
    bytes_of = '0;
    for (int unsigned i = 0; i < BusBytes / 8; i++) bytes_of = bytes_of + 13'(four[i]);
  endfunction

  logic [12:0]      even_q, even_q2, even_q3, odd_lanes_q, odd_lanes_q2, odd_lanes_q3;
  logic [2:0]       swap_q;
  always_ff @(posedge clk) begin
    if (age_q != 3'd4) age_q <= age_q + 1'b1;
    even_q       <= bytes_of(mask, data, 0);
    even_q2      <= even_q;
    even_q3      <= even_q2;
    odd_lanes_q  <= bytes_of(mask, data, 1);
    odd_lanes_q2 <= odd_lanes_q;
    odd_lanes_q3 <= odd_lanes_q2;
    swap_q       <= {swap_q[1:0], odd};
  end

  // the definition: even lanes hold the high bytes, at an odd rotation the low ones
  logic [20:0] all, gone;
  assign all  = swap_q[2] ? {odd_lanes_q3, 8'd0} + 21'(even_q3) : {even_q3, 8'd0} + 21'(odd_lanes_q3);
  assign gone = all - 21'(sum);  // a multiple of 65535, from 0 to 15 of them
  logic is_multiple;
  always_comb begin
    is_multiple = 1'b0;
    for (int unsigned k = 0; k < 16; k++) if (gone == 21'(k * 65535)) is_multiple = 1'b1;
  end
  always_ff @(posedge clk) begin
    integer_agrees: assert (age_q < 3'd2 || u_dut.all == {even_q2, 8'd0} + 21'(odd_lanes_q2));
    sum_is_remainder: assert (age_q < 3'd3 || is_multiple);
    zero_is_zero: assert (age_q < 3'd3 || (sum == '0) == (all == '0));
    reach_all_ones: cover (age_q == 3'd4 && sum == '1);
    reach_carry: cover (age_q == 3'd4 && all[20:16] == 5'd6 && sum < 16'd4);
    reach_zero: cover (age_q == 3'd4 && sum == '0);
  end
endmodule : prove_read_sum
