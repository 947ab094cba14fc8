// SPDX-License-Identifier: Apache-2.0
// Everything after which a queue may have something to load, put into the one load list.
//
// A queue is listed by: a producer doorbell, ENABLE and the end of an unload (ctl), places of its
// completion ring that were given back (consumed), wake from seg, one of its jobs freed or ended, the
// end of one of its batches (loader), more to fetch (again).
// An event is always pushed after the state that it tells of can be read. Valid-only events pass
// through small FIFOs; if one overflows, all queues are listed once.
//
// Doorbells go into a short FIFO that is served in turn with the list, as long as it has room: a queue that was
// idle does not wait behind all those that have more to fetch.
//
// pop         valid/ready, fair: first listed, first served. pop_first: from the short FIFO; only_first: nothing
//             else can be taken now
// freed       jobs of a queue freed ever, modulo 256; written here, the old value comes in free_freed
`include "vmso_assert.svh"
module vmso_ring_events
  import vmso_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned JobW   = vmso_math_pkg::index_width(Cfg.jobs)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  input  logic              doorbell_valid,  // of a producer
  output logic              doorbell_ready,
  input  doorbell_t         doorbell,
  input  logic              consumed_valid,
  input  queue_t            consumed_queue,
  input  logic              wake_valid,
  output logic              wake_ready,
  input  queue_t            wake_queue,
  input  logic              ended_valid,
  input  queue_t            ended_queue,
  input  logic              load_valid,    // job_load: job belongs to queue
  input  logic [JobW-1:0]   load_job,
  input  logic [QueueW-1:0] load_queue,
  input  logic              job_free_valid,
  input  logic [JobW-1:0]   job_free,
  input  logic              again_valid,
  output logic              again_ready,
  input  logic [QueueW-1:0] again,
  input  logic              batch_end_valid,
  output logic              batch_end_ready,
  input  logic [QueueW-1:0] batch_end,
  input  logic              ctl_valid,
  output logic              ctl_ready,
  input  logic [QueueW-1:0] ctl_queue,
  input  logic              producer_clear,  // from ctl: the producer of ctl_queue becomes 0
  output logic              producer_en,
  output logic [QueueW-1:0] producer_queue,
  output slot_idx_t         producer,
  output logic [QueueW-1:0] free_queue,
  input  logic [7:0]        free_freed,
  output logic              freed_en,
  output logic [QueueW-1:0] freed_queue,
  output logic [7:0]        freed,
  output logic              pop_valid,
  input  logic              pop_ready,
  output logic [QueueW-1:0] pop,
  output logic              pop_first,
  input  logic              only_first
);
  localparam int unsigned Queues = 1 << QueueW;

  // -- doorbells -------------------------------------------------------------------------------------
  logic              ring_now;
  logic [QueueW-1:0] bell_queue;

  assign bell_queue     = doorbell.queue[QueueW-1:0];
  assign doorbell_ready = ready && !producer_clear;
  assign ring_now       = doorbell_valid && doorbell_ready;
  assign producer_en    = ring_now || producer_clear;
  assign producer_queue = producer_clear ? ctl_queue : bell_queue;
  assign producer       = producer_clear ? '0 : doorbell.value;

  // -- freed jobs: count, then note ------------------------------------------------------------------
  logic [QueueW-1:0] queue_of_job, counting;
  logic              count_valid, count_ready, counted_q;
  logic [JobW:0]     unused_free_count;
  logic              unused_free_ready;

  vmso_lutram #(.Depth(Cfg.jobs), .Bits(QueueW)) u_queue_of_job (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_queue),
    .read_addr(job_free), .read_data(queue_of_job)
  );
  vmso_fifo #(.Bits(QueueW), .Depth(Cfg.jobs)) u_free (
    .clk, .rst_n, .in_valid(job_free_valid), .in_ready(unused_free_ready), .in(queue_of_job),
    .out_valid(count_valid), .out_ready(count_ready), .out(counting), .count(unused_free_count)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) counted_q <= 1'b0;
    else counted_q <= count_valid && !counted_q;  // the old count is here in this cycle
  end
  assign count_ready = counted_q;
  assign free_queue  = counting;
  assign freed_en    = counted_q;
  assign freed_queue = counting;
  assign freed       = free_freed + 1'b1;

  // -- notes -----------------------------------------------------------------------------------------
  logic              free_note_valid, free_note_ready, free_overflow;
  logic              end_note_valid, end_note_ready, end_overflow;
  logic              consumed_note_valid, consumed_note_ready, consumed_overflow;
  logic [QueueW-1:0] free_note, end_note, consumed_note;
  logic              batch_note_valid, batch_note_ready;
  logic [QueueW-1:0] batch_note;
  logic [2:0]        unused_batch_count;

  vmso_ring_note #(.QueueW(QueueW)) u_free_note (
    .clk, .rst_n, .note_valid(freed_en), .note(freed_queue),
    .out_valid(free_note_valid), .out_ready(free_note_ready), .out(free_note),
    .overflow(free_overflow)
  );
  vmso_ring_note #(.QueueW(QueueW)) u_end_note (
    .clk, .rst_n, .note_valid(ended_valid), .note(ended_queue[QueueW-1:0]),
    .out_valid(end_note_valid), .out_ready(end_note_ready), .out(end_note), .overflow(end_overflow)
  );
  vmso_ring_note #(.QueueW(QueueW)) u_consumed_note (
    .clk, .rst_n, .note_valid(consumed_valid), .note(consumed_queue[QueueW-1:0]),
    .out_valid(consumed_note_valid), .out_ready(consumed_note_ready), .out(consumed_note),
    .overflow(consumed_overflow)
  );
  vmso_fifo #(.Bits(QueueW), .Depth(4)) u_batch (
    .clk, .rst_n, .in_valid(batch_end_valid), .in_ready(batch_end_ready), .in(batch_end),
    .out_valid(batch_note_valid), .out_ready(batch_note_ready), .out(batch_note),
    .count(unused_batch_count)
  );

  logic [QueueW:0]   scan_left_q;
  logic [QueueW-1:0] scan_q;
  logic              scan_ready;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      scan_left_q <= '0;
      scan_q      <= '0;
    end else begin
      if (free_overflow || end_overflow || consumed_overflow) scan_left_q <= (QueueW + 1)'(Queues);
      else if (scan_ready) scan_left_q <= scan_left_q - 1'b1;
      if (scan_ready) scan_q <= scan_q + 1'b1;
    end
  end

  // -- one push a cycle: a doorbell at once, the others in turn --------------------------------------
  logic [7:0]        request, grant;
  logic [2:0]        unused_index;
  logic              push_valid, list_ready, to_first, first_merged, first_valid, first_room;
  logic [QueueW-1:0] push;

  assign request = {scan_left_q != '0, ctl_valid, consumed_note_valid, wake_valid, end_note_valid,
                    free_note_valid, batch_note_valid, again_valid};
  vmso_rr_arbiter #(.Num(8)) u_arbiter (
    .clk, .rst_n, .request, .advance(!ring_now && list_ready), .grant, .grant_index(unused_index)
  );
  assign {scan_ready, ctl_ready, consumed_note_ready, wake_ready, end_note_ready, free_note_ready,
          batch_note_ready, again_ready} = ring_now || !list_ready ? '0 : grant;
  assign push_valid = (ring_now && !to_first) || (!ring_now && list_ready && request != '0);
  always_comb begin
    push = '0;
    if (ring_now) push = bell_queue;
    else begin
      if (grant[0]) push |= again;
      if (grant[1]) push |= batch_note;
      if (grant[2]) push |= free_note;
      if (grant[3]) push |= end_note;
      if (grant[4]) push |= wake_queue[QueueW-1:0];
      if (grant[5]) push |= consumed_note;
      if (grant[6]) push |= ctl_queue;
      if (grant[7]) push |= scan_q;
    end
  end

  // -- the short FIFO: a doorbell that finds its queue last in it is merged ----------------------------
  localparam int unsigned FirstDepth = 8;
  logic              list_valid, first_turn_q;
  logic [QueueW-1:0] first, oldest, last_first_q;
  logic [vmso_math_pkg::count_width(FirstDepth)-1:0] first_count;
  assign to_first     = ring_now && (first_room || first_merged);
  assign first_merged = bell_queue == last_first_q
                        && 32'(first_count) > 32'(pop_valid && pop_ready && pop_first);
  vmso_fifo #(.Bits(QueueW), .Depth(FirstDepth)) u_first (
    .clk, .rst_n, .in_valid(to_first && !first_merged), .in_ready(first_room), .in(bell_queue),
    .out_valid(first_valid), .out_ready(pop_ready && pop_first), .out(first), .count(first_count)
  );
  always_ff @(posedge clk) if (to_first) last_first_q <= bell_queue;

  assign ready = list_ready;
  vmso_ring_list #(.Num(Queues)) u_list (
    .clk, .rst_n, .ready(list_ready), .push_valid, .push, .pop_valid(list_valid),
    .pop_ready(pop_ready && !pop_first && !only_first), .pop(oldest)
  );
  assign pop_first = first_valid && (first_turn_q || !list_valid || only_first);
  assign pop_valid = pop_first || (list_valid && !only_first);
  assign pop       = pop_first ? first : oldest;
  always_ff @(posedge clk) begin
    if (!rst_n) first_turn_q <= 1'b1;
    else if (pop_valid && pop_ready) first_turn_q <= !pop_first;
  end

  logic unused_bits;
  assign unused_bits = ^{doorbell, wake_queue, ended_queue, consumed_queue};

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(FreeFifoHasRoom, job_free_valid, unused_free_ready)
`endif
endmodule : vmso_ring_events
