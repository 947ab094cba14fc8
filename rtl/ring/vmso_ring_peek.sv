// SPDX-License-Identifier: Apache-2.0
// Look-ahead of the loader: keeps the batches whose slots are to come, and asks for the state of the
// next one's queue while the present one is worked on, so that a change of queue costs no cycle.
//
// batches     `take` pushes what the fetcher asked for; their slots come in that order from the store
// peek        the state is asked for in the cycle of peek_en, the answers are there one cycle later. In
//             other cycles load_queue is the queue at work
// next        valid/used; next_dead: the controller has written the load state of its queue since
// none        no batch is known of beside the one at work: only then there may be no next one later
// follows     the next batch goes on where the one at work ends: same queue and life
// settled     `follows` is up to date, or nothing is there that could follow
`include "vmso_assert.svh"
module vmso_ring_peek
  import vmso_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned Blocks = Cfg.first_slots / BatchSlots
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              take,
  input  batch_t            take_batch,
  input  batch_t            work,           // batch at work
  input  logic              work_written,   // state of its queue is being written
  input  logic              hold,           // the query of this cycle is for the fetcher
  input  logic              forget,         // the controller writes the load state of ctl_queue
  input  logic [QueueW-1:0] ctl_queue,
  output logic              peek_en,
  output logic [QueueW-1:0] load_queue,
  input  slot_idx_t         load_producer,
  input  load_state_t       load_load_state,
  input  seen_t             load_seen,
  input  logic [7:0]        load_freed,
  input  logic [3:0]        load_log2_slots,
  input  logic [3:0]        load_log2_entries,
  input  queue_contexts_t   load_contexts,
  input  query_t            query,
  output logic              next_valid,
  input  logic              next_used,
  output peeked_t           next,
  output logic              next_dead,
  output logic              none,
  output logic              follows,
  output logic              settled
);
  localparam int unsigned BlockW = $clog2(Blocks);
  logic [BlockW:0]   take_q, peek_q;
  batch_t            first;
  logic              asked_q, valid_q, dead_q, forgotten;
  logic [QueueW-1:0] queue;

  vmso_lutram #(.Depth(Blocks), .Bits($bits(batch_t))) u_batches (
    .clk, .write_en(take), .write_addr(take_q[BlockW-1:0]), .write_data(take_batch),
    .read_addr(peek_q[BlockW-1:0]), .read_data(first)
  );
  // not in the cycle in which the queue's state is written: the RAM would give the old one
  assign peek_en    = take_q != peek_q && !asked_q && (!valid_q || next_used) && !hold
                      && !(work_written && first.queue == work.queue);
  assign load_queue = peek_en ? first.queue[QueueW-1:0] : work.queue[QueueW-1:0];

  // its state is being written, or was since it was asked for
  assign queue      = peek_en ? first.queue[QueueW-1:0] : next.batch.queue[QueueW-1:0];
  assign forgotten  = forget && queue == ctl_queue;
  assign next_valid = valid_q;
  // not `forgotten`: the batch that is used in this cycle may not be the one that is asked about
  assign next_dead  = dead_q || (forget && next.batch.queue[QueueW-1:0] == ctl_queue);
  assign none       = take_q == peek_q && !asked_q && !valid_q;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      take_q  <= '0;
      peek_q  <= '0;
      asked_q <= 1'b0;
      valid_q <= 1'b0;
      dead_q  <= 1'b0;
    end else begin
      if (take) take_q <= take_q + 1'b1;
      if (peek_en) peek_q <= peek_q + 1'b1;
      asked_q <= peek_en;
      valid_q <= asked_q || (valid_q && !next_used);
      dead_q  <= forgotten || (dead_q && !peek_en);
    end
  end
  always_ff @(posedge clk) begin
    if (peek_en) next.batch <= first;
    if (asked_q) begin
      next.state        <= load_load_state;
      next.seen         <= load_seen;
      next.query        <= query;
      next.producer     <= load_producer;
      next.freed        <= load_freed;
      next.log2_slots   <= load_log2_slots;
      next.log2_entries <= load_log2_entries;
      next.contexts     <= load_contexts;
    end
  end

  logic compared_q, follows_q;  // the pair of batches has stood since the last cycle
  always_ff @(posedge clk) begin
    if (!rst_n) compared_q <= 1'b0;
    else compared_q <= valid_q && !next_used;
  end
  always_ff @(posedge clk) begin
    follows_q <= next.batch.queue == work.queue && next.batch.life == work.life
                 && next.batch.start == work.start + slot_idx_t'(work.count);
  end
  assign follows = compared_q && follows_q;
  assign settled = compared_q || none;
endmodule : vmso_ring_peek
