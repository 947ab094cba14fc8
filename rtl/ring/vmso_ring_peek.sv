// SPDX-License-Identifier: Apache-2.0
// Look-ahead of the loader: keeps the batches whose slots are being read, and asks for the state of the
// next one's queue while the present one is worked on, so that a change of queue costs no cycle.
//
// picked      valid only, while `room`: their slots come in that order from the store
// peek        the state is asked for in the cycle of peek_en, the answers are there one cycle later. In
//             other cycles load_queue is the queue at work
// next        valid/used; next_dead: the controller has written the load state of its queue since
`include "vmso_assert.svh"
module vmso_ring_peek
  import vmso_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              picked,
  input  visit_t            pick,
  output logic              room,
  input  queue_t            work_queue,
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
  output logic              next_dead
);
  localparam int unsigned Depth = 4;  // as far as the store reads ahead of the loader
  visit_t            first;
  logic              first_valid, asked_q, valid_q, dead_q, forgotten;
  logic [2:0]        unused_count;
  peeked_t           next_q;
  logic [QueueW-1:0] queue;

  // one that is picked while nothing else is here is asked about in the same cycle
  logic   kept_valid;
  visit_t kept;
  assign first_valid = kept_valid || picked;
  assign first       = kept_valid ? kept : pick;
  vmso_fifo #(.Bits($bits(visit_t)), .Depth(Depth)) u_visits (
    .clk, .rst_n, .in_valid(picked && (kept_valid || !peek_en)), .in_ready(room), .in(pick),
    .out_valid(kept_valid), .out_ready(peek_en), .out(kept), .count(unused_count)
  );
  // not in the cycle in which the queue's state is written: the RAM would give the old one
  assign peek_en    = first_valid && !asked_q && (!valid_q || next_used) && !hold
                      && !(work_written && first.batch.queue == work_queue);
  assign load_queue = peek_en ? first.batch.queue[QueueW-1:0] : work_queue[QueueW-1:0];

  // its state is being written, or was since it was asked for
  assign queue = peek_en ? first.batch.queue[QueueW-1:0] : next_q.visit.batch.queue[QueueW-1:0];
  assign forgotten = forget && queue == ctl_queue;
  assign next_valid = valid_q || asked_q;
  // not `forgotten`: the batch that is used in this cycle may not be the one that is asked about
  assign next_dead  = dead_q
                      || (forget && next_q.visit.batch.queue[QueueW-1:0] == ctl_queue);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      asked_q <= 1'b0;
      valid_q <= 1'b0;
      dead_q  <= 1'b0;
    end else begin
      asked_q <= peek_en;
      valid_q <= next_valid && !next_used;
      dead_q  <= forgotten || (dead_q && !peek_en);
    end
  end
  // the answers of this cycle are used at once if nothing is at work
  assign next = !asked_q ? next_q : '{
    visit: next_q.visit, state: load_load_state, seen: load_seen, query: query,
    producer: load_producer, freed: load_freed, log2_slots: load_log2_slots,
    log2_entries: load_log2_entries, contexts: load_contexts
  };
  always_ff @(posedge clk) begin
    if (asked_q) next_q <= next;
    if (peek_en) next_q.visit <= first;
  end

  logic unused_bits;
  assign unused_bits = ^work_queue;

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(PickedWhereRoomIs, picked, room)
`endif
endmodule : vmso_ring_peek
