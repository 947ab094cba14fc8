// SPDX-License-Identifier: Apache-2.0
// Chooses the next burst among the four classes: the lowest class first, but nobody waits long.
//
// request     [0] walk, [1] slot, [2] template, [3] payload; a request stands until it is granted
// grant       one-hot or zero, combinational; zero only if no request
// advance     the grant of this cycle was used
// waiting     a class that stands is granted within 8 grants: after Patience grants of others it goes
//             first, the highest such class before the lower ones
// reset       nobody has waited
`include "vmso_assert.svh"
module vmso_axi_pick (
  input  logic       clk,
  input  logic       rst_n,
  input  logic [3:0] request,
  input  logic       advance,
  output logic [3:0] grant
);
  localparam logic [2:0] Patience = 3'd5;

  logic [3:1][2:0] waited_q;  // grants of others while it stood
  logic [3:1]      urgent;

  always_comb begin
    for (int unsigned i = 1; i < 4; i++) urgent[i] = request[i] && waited_q[i] >= Patience;
    if (urgent[3]) grant = 4'b1000;
    else if (urgent[2]) grant = 4'b0100;
    else if (urgent[1]) grant = 4'b0010;
    else grant = request & (~request + 1'b1);
  end

  for (genvar i = 1; i < 4; i++) begin : gen_waited
    always_ff @(posedge clk) begin
      if (!rst_n) waited_q[i] <= '0;
      else if (advance && (grant[i] || !request[i])) waited_q[i] <= '0;
      else if (advance && grant != '0 && waited_q[i] != '1) waited_q[i] <= waited_q[i] + 1'b1;
    end
    `VMSO_IMPL_IF(WaitIsBounded, waited_q[i] == 3'd7, grant[i] || !request[i])
  end
`ifdef VMSO_CHECKS
  `VMSO_IMPL(GrantIsOneHot, $onehot0(grant))
  `VMSO_IMPL(GrantWasAsked, (grant & ~request) == '0 && (request == '0 || grant != '0))
`endif
endmodule : vmso_axi_pick
