// SPDX-License-Identifier: Apache-2.0
// Has everything ready for the next queue's turn while the present one is served.
//
// pop         valid/ready: its token is kept until the turn is taken
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
  output logic              turn_any,
  output logic [JobW-1:0]   turn_head
);
  logic              kept_q, read_q;  // read_q: the ports were addressed for queue_q last cycle
  logic [QueueW-1:0] queue_q;
  logic              take;

  assign take          = turn_valid && turn_ready;
  assign pop_ready     = !hold_turn && (!kept_q || take);
  assign look_queue    = hold_turn ? hold_queue : queue_q;
  assign account_queue = hold_turn ? hold_queue : pop_valid && pop_ready ? pop : queue_q;
  assign kept          = kept_q;
  // a job that came just now has not been read
  assign turn_valid    = kept_q && read_q && !hold_turn && look_any == turn_any;
  assign turn_queue    = queue_q;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      kept_q <= 1'b0;
      read_q <= 1'b0;
    end else begin
      if (!hold_turn) kept_q <= pop_valid || (kept_q && !take);
      read_q <= kept_q && !take && !hold_turn;
    end
  end
  always_ff @(posedge clk) begin
    turn_any  <= look_any;
    turn_head <= look_head;
    if (pop_valid && pop_ready) queue_q <= pop;
  end
endmodule : vmso_seg_turn
