// SPDX-License-Identifier: Apache-2.0
// Has everything ready for the next queue's turn while the present one is served.
//
// pop         valid/ready: its token is kept until the turn is taken; one that goes first overtakes the one kept,
//             if it may
// turn        valid/ready: turn_queue, turn_any, turn_head, and on the read ports that this module
//             addresses: account, quantum and the head's record
// hold_turn   level: the read ports serve hold_queue; the kept queue is read again afterwards
// any, head   are those of the cycle before, which the record belongs to
// throughput  a turn every two cycles
// reset       control
module vmso_seg_turn #(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned JobW   = $clog2(Cfg.jobs)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              pop_valid,
  output logic              pop_ready,
  input  logic [QueueW-1:0] pop,
  input  logic              pop_first,
  input  logic              may_swap,       // the present turn does not end in this cycle
  input  logic              hold_turn,
  input  logic [QueueW-1:0] hold_queue,
  output logic [QueueW-1:0] account_queue,  // address of the account that is needed next cycle
  output logic [QueueW-1:0] look_queue,
  input  logic              look_any,
  input  logic [JobW-1:0]   look_head,
  output logic              kept,           // a queue waits for its turn
  output logic              turn_valid,
  input  logic              turn_ready,
  output logic [QueueW-1:0] turn_queue,
  output logic              turn_first,     // it goes first: what is left of its turn
  output logic              turn_any,
  output logic [JobW-1:0]   turn_head
);
  logic              kept_q, read_q;  // read_q: the ports were addressed for queue_q last cycle
  logic              parked_q, take, swap, unpark, keep;
  logic [QueueW-1:0] queue_q, parked_queue_q;

  // One that goes first takes the place of one that has been kept: that is parked until it is its turn.
  assign take          = turn_valid && turn_ready;
  assign swap          = pop_valid && pop_first && kept_q && may_swap && !turn_first && !take
                         && !parked_q && !hold_turn;
  assign unpark        = parked_q && (!kept_q || take) && !hold_turn && !(pop_valid && pop_first);
  assign pop_ready     = swap || (!hold_turn && (!kept_q || take) && !unpark);
  assign keep          = pop_valid && pop_ready;
  assign look_queue    = hold_turn ? hold_queue : queue_q;
  always_comb begin
    if (hold_turn) account_queue = hold_queue;
    else if (unpark) account_queue = parked_queue_q;
    else account_queue = keep ? pop : queue_q;
  end
  assign kept          = kept_q || parked_q;
  // a job that came just now has not been read
  assign turn_valid    = kept_q && read_q && !hold_turn && look_any == turn_any;
  assign turn_queue    = queue_q;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      kept_q   <= 1'b0;
      parked_q <= 1'b0;
      read_q   <= 1'b0;
    end else begin
      if (!hold_turn) kept_q <= keep || unpark || (kept_q && !take);
      parked_q <= swap || (parked_q && !unpark);
      read_q   <= kept_q && !take && !swap && !hold_turn;
    end
  end
  always_ff @(posedge clk) begin
    turn_any  <= look_any;
    turn_head <= look_head;
    if (swap) parked_queue_q <= queue_q;
    if (keep) begin
      queue_q    <= pop;
      turn_first <= pop_first;
    end else if (unpark) begin
      queue_q    <= parked_queue_q;
      turn_first <= 1'b0;
    end
  end
endmodule : vmso_seg_turn
