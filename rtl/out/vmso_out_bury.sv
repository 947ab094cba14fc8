// SPDX-License-Identifier: Apache-2.0
// Buries the orders of a queue where they wait: notes the death, waits until every judgement knows it, and
// then reaches what was taken before that and is being sent.
//
// bury        valid/ready: those that have come by the first cycle without a fail die; see vmso_out_dead
// void        valid/ready, only with bury_void: a frame of void_queue that is being sent tells nothing
// fail        valid only: all later orders of the queue die, until a burial
// look        see vmso_out_dead
// latency     bury_ready two cycles after the death was noted, later only while void waits
// reset       ready, see vmso_out_dead
module vmso_out_bury
  import vmso_pkg::*;
#(
  parameter  int unsigned Queues = 64,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Queues)
) (
  input  logic         clk,
  input  logic         rst_n,
  output logic         ready,
  input  order_count_t come,
  input  order_count_t gone,
  input  logic         fail_valid,
  input  queue_t       fail_queue,
  input  logic         bury_valid,
  output logic         bury_ready,
  input  queue_t       bury_queue,
  input  logic         bury_void,
  output logic         void_valid,
  input  logic         void_ready,
  output queue_t       void_queue,
  input  queue_t       look_queue,
  input  order_count_t look_number,
  output logic         look_dead
);
  typedef enum logic [1:0] {BuryWrite = 2'd0, BurySettle = 2'd1, BuryVoid = 2'd2} bury_e;
  bury_e bury_q;
  logic  bury_now, fail_now;

  // What is judged two cycles after the burial is judged dead; what was taken before may be voided. A
  // failure that is taken in between came before the burial, and kills nobody who comes after it.
  assign bury_now   = bury_valid && bury_q == BuryWrite && !fail_valid;
  assign fail_now   = fail_valid && !(bury_q == BurySettle && fail_queue == bury_queue);
  assign bury_ready = bury_q == BuryVoid && (void_ready || !bury_void);
  assign void_valid = bury_q == BuryVoid && bury_void;
  assign void_queue = bury_queue;
  always_ff @(posedge clk) begin
    if (!rst_n) bury_q <= BuryWrite;
    else begin
      unique case (bury_q)
        BuryWrite: if (bury_now) bury_q <= BurySettle;
        BurySettle: bury_q <= BuryVoid;
        default: if (bury_ready) bury_q <= BuryWrite;
      endcase
    end
  end

  vmso_out_dead #(.Queues(Queues)) u_dead (
    .clk, .rst_n, .ready, .come, .gone, .fail_valid(fail_now), .fail_queue(fail_queue[QueueW-1:0]),
    .bury_valid(bury_now), .bury_queue(bury_queue[QueueW-1:0]),
    .look_queue(look_queue[QueueW-1:0]), .look_number, .look_dead
  );

  logic unused_bits;  // index bits beyond this configuration
  assign unused_bits = ^{look_queue, fail_queue, bury_queue};
endmodule : vmso_out_bury
