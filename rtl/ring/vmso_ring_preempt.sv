// SPDX-License-Identifier: Apache-2.0
// Queues that are to give their job entries to others: named by seg while more queues wait for their first
// entry than give theirs, known here until the controller has unloaded them.
//
// firsts      queues that wait and hold no entry
// wanted      seg may name one
// put         valid only, of seg: dropped if it is not wanted any more, or known already
// attention   valid/ready: the controller is to visit the queue
// look        combinational: is it here? drop: valid only, look is done with
// reset       empty
`include "vmso_assert.svh"
module vmso_ring_preempt #(
  parameter  int unsigned QueueW = 6,
  localparam int unsigned Places = 4
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic [6:0]        firsts,
  output logic              wanted,
  input  logic              put_valid,
  input  logic [QueueW-1:0] put,
  output logic              attention_valid,
  input  logic              attention_ready,
  output logic [QueueW-1:0] attention,
  input  logic [QueueW-1:0] look,
  output logic              is_in,
  input  logic              drop
);
  localparam int unsigned PlaceW = $clog2(Places);
  typedef logic [Places-1:0] places_t;

  logic [Places-1:0][QueueW-1:0] queue_q;
  places_t           valid_q, told_q, looks, puts, take, tell;
  logic [PlaceW:0]   count;
  logic [PlaceW-1:0] teller;
  always_comb begin
    count  = '0;
    teller = '0;
    for (int unsigned i = 0; i < Places; i++) begin
      looks[i] = valid_q[i] && queue_q[i] == look;
      puts[i]  = valid_q[i] && queue_q[i] == put;
      count += (PlaceW + 1)'(valid_q[i]);
      if (valid_q[i] && !told_q[i]) teller = PlaceW'(i);
    end
    // lowest free place
    take = put_valid && wanted && puts == '0 ? ~valid_q & (valid_q + 1'b1) : '0;
  end
  assign is_in           = looks != '0;
  assign attention_valid = (valid_q & ~told_q) != '0;
  assign attention       = queue_q[teller];
  assign tell            = attention_valid && attention_ready ? places_t'(1) << teller : '0;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      valid_q <= '0;
      wanted  <= 1'b0;
    end else begin
      valid_q <= (valid_q & ~(drop ? looks : '0)) | take;
      wanted  <= valid_q != '1 && firsts > 7'(count) && take == '0;
    end
  end
  always_ff @(posedge clk) begin
    told_q <= (told_q | tell) & ~take;
    for (int unsigned i = 0; i < Places; i++) begin
      if (take[i]) queue_q[i] <= put;
    end
  end

`ifdef VMSO_CHECKS
  `VMSO_IMPL(NamedOnce, $countones(looks) <= 1)
`endif
endmodule : vmso_ring_preempt
