// SPDX-License-Identifier: Apache-2.0
// Round-robin choice among requesters.
//
// grant       one-hot or zero, combinational from request; zero only if no request
// fairness    the winner of a cycle with `advance` goes to the back; no requester waits for more than
//             Num - 1 grants of others
// reset       priority starts at requester 0
`include "vmso_assert.svh"
module vmso_rr_arbiter #(
  parameter  int unsigned Num    = 4,  // requesters, >= 1
  localparam int unsigned IndexW = vmso_math_pkg::index_width(Num)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic [Num-1:0]    request,
  input  logic              advance,  // the grant of this cycle was used
  output logic [Num-1:0]    grant,
  output logic [IndexW-1:0] grant_index
);
  logic [Num-1:0] behind_q;  // requesters that have not had their turn in this round
  logic [Num-1:0] favoured, eligible, below;

  assign favoured = request & behind_q;
  assign eligible = favoured != '0 ? favoured : request;
  // the one carry chain: all bits up to the lowest one of eligible change
  assign below    = eligible - 1'b1;
  assign grant    = eligible & ~below;

  always_comb begin
    grant_index = '0;
    for (int unsigned i = 0; i < Num; i++) if (grant[i]) grant_index |= IndexW'(i);
  end

  always_ff @(posedge clk) begin
    if (!rst_n) behind_q <= '1;
    // everybody above the winner
    else if (advance && request != '0) behind_q <= ~(eligible ^ below);
  end

`ifdef VMSO_CHECKS
  `VMSO_IMPL(GrantIsOneHot, $onehot0(grant))
  `VMSO_IMPL(GrantWasAsked, (grant & ~request) == '0)
  `VMSO_IMPL(SomeoneIsServed, request == '0 || grant != '0)
`endif
endmodule : vmso_rr_arbiter
