// SPDX-License-Identifier: Apache-2.0
// The requests of a class that can read nothing any more: one at a time, accepted and answered.
//
// take        a request was accepted; only while `idle`
// told        valid/ready: the request wants its answer; not before the third cycle after `take`, so
//             that it is no faster than an answer from the bus can be
// idle        nothing is to be answered, and the answer of the last one has been broadcast before this
//             cycle, so its id may be lent
// throughput  one request per 5 cycles
// reset       idle
module vmso_axi_dead
  import vmso_axi_pkg::*;
(
  input  logic  clk,
  input  logic  rst_n,
  input  logic  take,
  input  dead_t taken,
  output logic  idle,
  output logic  told_valid,
  input  logic  told_ready,
  output dead_t told
);
  typedef enum logic [2:0] {
    DeadIdle = 3'd0, DeadRest1 = 3'd1, DeadRest2 = 3'd2, DeadAsk = 3'd3, DeadTold = 3'd4
  } state_e;
  state_e state_q, state_d;

  assign idle       = state_q == DeadIdle;
  assign told_valid = state_q == DeadAsk;
  always_comb begin
    state_d = state_q;
    unique case (state_q)
      DeadIdle:  if (take) state_d = DeadRest1;
      DeadRest1: state_d = DeadRest2;
      DeadRest2: state_d = DeadAsk;
      DeadAsk:   if (told_ready) state_d = DeadTold;
      default:   state_d = DeadIdle;
    endcase
  end
  always_ff @(posedge clk) begin
    if (!rst_n) state_q <= DeadIdle;
    else state_q <= state_d;
  end
  always_ff @(posedge clk) if (take) told <= taken;
endmodule : vmso_axi_dead
