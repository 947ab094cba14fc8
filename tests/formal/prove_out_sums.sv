// SPDX-License-Identifier: Apache-2.0
// The 16-bit ones'-complement arithmetic of the room `out` against its definition: a sum is what is left
// when 65535 is taken away from the integer until it is below 65536, 0 only if the integer is; a checksum
// is what brings the sum to 65535, and never 0 in UDP (RFC 768, RFC 1071). Integers that differ by a
// multiple of 65535, none of them 0, have one checksum: so parts may be folded or not, and minus a number
// is plus its complement.
module prove_out_sums
  import vmso_out_pkg::*;
(
  input logic        clk,
  input logic [19:0] integer_sum,
  input logic [3:0]  apart,        // another one, by so many times 65535
  input logic        udp
);
  logic [15:0] folded, csum;
  logic [16:0] once;
  assign folded = fold20(integer_sum);
  assign once   = fold_once(integer_sum);
  assign csum   = checksum(integer_sum, udp);

  logic [20:0] other;
  assign other = 21'(integer_sum) + 21'd65535 * 21'(apart);

  // a multiple of 65535, from 0 to 17 of them
  function automatic logic is_multiple(logic [20:0] number);
    logic found;
    found = 1'b0;
    for (int unsigned k = 0; k < 18; k++) if (number == 21'(k * 65535)) found = 1'b1;
    return found;
  endfunction

  always_ff @(posedge clk) begin
    fold_is_remainder: assert (integer_sum >= 20'(folded) && is_multiple(21'(integer_sum) - 21'(folded)));
    fold_is_zero: assert ((folded == '0) == (integer_sum == '0));
    once_is_congruent: assert (integer_sum >= 20'(once) && is_multiple(21'(integer_sum) - 21'(once)));
    once_is_small: assert (once <= 17'h1000e);
    checksum_completes: assert (is_multiple(21'(integer_sum) + 21'(csum)));
    csum_of_congruent: assert (integer_sum == '0 || other[20] || csum == checksum(other[19:0], udp));
    zero_of_udp: assert (!udp || csum != '0);
    zero_of_others: assert (udp || csum == ~folded);
    reach_storm: cover (integer_sum == 20'hffff0 && folded == '1);
    reach_carry: cover (integer_sum[15:0] == '1 && integer_sum[19:16] == 4'd2 && once[16]);
    reach_udp_zero: cover (udp && csum == '1 && integer_sum != '0);
  end
endmodule : prove_out_sums
