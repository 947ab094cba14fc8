// SPDX-License-Identifier: Apache-2.0
// What did a valid/ready channel do in this cycle? Pulses for counters, one cycle later: busy moved,
// blocked waited for its consumer, starved had nothing to offer. Exactly one of them a cycle.
module vmso_occupancy (
  input  logic clk,
  input  logic rst_n,
  input  logic valid,
  input  logic ready,
  output logic busy,
  output logic blocked,
  output logic starved
);
  always_ff @(posedge clk) begin
    busy    <= rst_n && valid && ready;
    blocked <= rst_n && valid && !ready;
    starved <= rst_n && !valid;
  end
endmodule : vmso_occupancy
