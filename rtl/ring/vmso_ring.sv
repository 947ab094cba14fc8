// SPDX-License-Identifier: Apache-2.0
// The send queues: doorbells, queue states, prefetch of slots, chains, and the queue controller that
// unloads a queue for STOP, RESET, a failed frame or a framing error. This file wires.
//
// doorbell      valid/ready, of producers: ready within some cycles
// consumed      valid only, cpl: places of the queue's completion ring were given back, after the query shows it
// command       valid only: see vmso_ring_commands; status_*: one cycle after status_queue
// notify        valid only: raise the interrupt of notify_queue
// query         query_queue is applied in cycle t, the answers of seg and cpl stand in t+1. They may
//               be a few cycles old, but query_ended and query_backlog belong to one another
// slot          first slots of jobs with sound framing, to job; one per two cycles; valid may fall when
//               the controller stops its queue
// slot_job      stands with slot_ready: the entry that the slot gets
// job_home      free job entries: what a queue may hold of them is has_share of vmso_ring_pkg
// wake          seg: the queue has issued, or came out of debt; after the query shows it
// sent          valid only, out: a frame of the queue has left. After a failure its jobs are loaded one at
//               a time until then, so that a queue whose jobs all fail takes little of what others need
// slot_debit    valid only: beats of slots that are read for the queue
// ended         valid only, cpl: a job of the queue has ended, after the query shows it
// unload        ready: seg has taken the queue's loaded jobs off its lists; unload_head_* in that cycle
// ctl           what the other rooms hold of ctl_queue, one cycle later or in the same (ctl_arriving)
// bury          valid/ready: see vmso_out
// payload count job_load.payload_bytes - skip_bytes (0 for no-ops and if below 0) is added for each job,
//               refused ones too; a queue that holds no job counts as issued whole, whatever seg says
// preempt       valid only, while entry_wanted: a queue that is to give its job entries to others, see
//               vmso_ring_preempt: it is unloaded, and goes on when it has an entry again
// fault, abort  valid only, of fault_queue: cpl writes its fault record, or the completion of its failed job
// queue_reset   to cpl, for RESET: the queue's completion indices become 0
// reset         walks clear the queues' states; ring_ready is low meanwhile
`include "vmso_assert.svh"
module vmso_ring
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic                     clk,
  input  logic                     rst_n,
  output logic                     ring_ready,
  // csr
  input  logic                     doorbell_valid,
  output logic                     doorbell_ready,
  input  doorbell_t                doorbell,
  input  logic                     queue_config_valid,
  input  queue_config_t            queue_config,
  input  logic                     command_valid,
  input  queue_command_t           command,
  input  queue_t                   status_queue,
  output queue_status_t            status,
  output slot_idx_t                status_producer,
  output slot_idx_t                status_fetched,
  output logic                     notify_valid,
  output queue_t                   notify_queue,
  output logic                     count_jobs,
  output logic                     count_slot_reads,
  output logic                     slot_debit_valid,
  output queue_t                   slot_debit_queue,
  output logic [5:0]               slot_debit_beats,
  output sticky_t                  sticky_set,
  // axi
  output logic                     slot_req_valid,
  input  logic                     slot_req_ready,
  output read_req_t                slot_req,
  input  read_id_t                 slot_req_id,
  input  logic                     read_rsp_valid,
  input  read_rsp_t                read_rsp,
  input  logic [Cfg.data_bits-1:0] read_data,
  // seg, cpl
  output queue_t                   query_queue,
  input  logic [25:0]              query_issued_bytes,
  input  logic                     query_in_debt,
  input  logic [15:0]              query_ended,
  input  logic [15:0]              query_backlog,
  input  logic                     wake_valid,
  output logic                     wake_ready,
  input  queue_t                   wake_queue,
  output logic                     entry_wanted,
  input  logic                     preempt_valid,
  input  queue_t                   preempt_queue,
  input  logic                     sent_valid,
  input  queue_t                   sent_queue,
  input  logic                     ended_valid,
  input  queue_t                   ended_queue,
  input  logic                     consumed_valid,
  input  queue_t                   consumed_queue,
  input  logic                     write_failed_valid,
  input  queue_t                   write_failed_queue,
  // job
  output logic                     slot_valid,
  input  logic                     slot_ready,
  input  job_t                     slot_job,
  output vmso_ring_pkg::slot_t     slot,
  input  logic [7:0]               job_home,
  input  logic                     job_load_valid,
  input  job_load_t                job_load,
  // run
  input  job_t                     chain_look,
  output logic                     chain_avail,
  input  logic                     chain_pop_valid,
  input  job_t                     chain_pop_job,
  output logic                     chain_slot_valid,
  output further_slot_t            chain_slot,
  output read_resp_e               chain_slot_resp,
  input  logic                     job_free_valid,
  input  job_t                     job_free,
  // queue controller
  output logic                     unload_valid,
  input  logic                     unload_ready,
  output queue_t                   unload_queue,
  input  logic                     unload_head_any,
  input  slot_idx_t                unload_head_slot,
  input  bytes_t                   unload_head_segments,
  input  bytes_t                   unload_head_bytes,
  input  fold_t                    unload_head_fold,
  output queue_t                   ctl_queue,
  input  logic                     ctl_arriving,   // job
  input  order_count_t             ctl_issued,     // seg
  input  order_count_t             ctl_left,       // out
  input  logic                     ctl_end_none,   // out
  input  logic                     ctl_idle,       // cpl
  input  logic                     ctl_read_none,  // read
  output logic                     bury_valid,
  input  logic                     bury_ready,
  output queue_t                   bury_queue,
  output logic                     bury_void,
  input  logic                     queue_fail_valid,
  output logic                     queue_fail_ready,
  input  queue_fail_t              queue_fail,
  output logic                     ring_end_valid,
  input  logic                     ring_end_ready,
  output job_end_t                 ring_end,
  output logic                     fault_valid,
  output logic                     abort_valid,
  output queue_t                   fault_queue,
  output logic                     queue_reset_valid,
  input  logic                     queue_reset_ready,
  output queue_t                   queue_reset_queue
);
  import vmso_ring_pkg::*;
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned JobW   = vmso_math_pkg::index_width(Cfg.jobs);
  localparam int unsigned BlockW = $clog2(Cfg.first_slots / BatchSlots);
  typedef logic [QueueW-1:0] index_t;

  if (Cfg.first_slots < 2 * BatchSlots || Cfg.first_slots > 512
      || Cfg.first_slots != 2**$clog2(Cfg.first_slots)) begin : gen_bad_first_slots
    $error("vmso_ring: first_slots = %0d, but it must be a power of two, 16..512",
           Cfg.first_slots);
  end
  if (Cfg.jobs < 4 || Cfg.jobs > 128 || Cfg.jobs != 2**$clog2(Cfg.jobs)) begin : gen_bad_jobs
    $error("vmso_ring: jobs = %0d, but it must be a power of two, 4..128", Cfg.jobs);
  end

  logic state_ready, events_ready, store_ok, batches_ready, chain_ready, ctl_ready, flight_ready;
  assign ring_ready = state_ready && events_ready && store_ok && batches_ready && chain_ready
                      && ctl_ready && flight_ready;

  // -- wires -------------------------------------------------------------------------------------------
  logic            producer_en, state_en, load_state_en, fetch_state_en, bad_en, freed_en;
  index_t          producer_queue, load_state_queue, fetch_state_queue, freed_queue, free_queue;
  slot_idx_t       producer;
  queue_state_e    state;
  logic            no_reads, drained, running, seen_en;
  index_t          run_queue, unload_index;
  seen_t           seen, fc_seen, load_seen;
  load_state_t     load_state;
  fetch_state_t    fetch_state;
  bad_t            bad;
  logic [7:0]      freed, free_freed;

  index_t          fc_queue;
  slot_idx_t       fc_producer;
  queue_state_e    fc_state;
  load_state_t     fc_load_state;
  fetch_state_t    fc_fetch_state;
  bad_t            fc_bad;
  logic [7:0]      fc_freed;
  ring_config_t    fc_config;
  index_t          load_queue, chain_queue;
  slot_idx_t       load_producer;
  load_state_t     load_load_state;
  logic [7:0]      load_freed;
  logic [3:0]      load_log2_slots, load_log2_entries, chain_log2_slots;
  queue_contexts_t load_contexts;
  logic [49:0]     chain_base;
  query_t          query;

  logic            pop_valid, pop_ready, pop_first, only_first, fetch_pop;
  index_t          pop;
  logic            again_valid, again_ready, batch_end_valid, batch_end_ready;
  index_t          again, batch_end;
  logic            event_valid, event_ready, producer_clear;
  logic            fetch_bad_valid, fetch_bad_ready, load_bad_valid, load_bad_ready;
  index_t          fetch_bad, fetch_busy_queue;
  logic            fetch_busy;
  logic            fetch_read_valid, fetch_read_ready, chain_read_valid, chain_read_ready;
  slot_read_t      fetch_read, chain_read;
  batch_t          batch;
  logic            take, behind, drop, peek_en;
  block_t          take_block, front;
  logic [6:0]      blocks_free;
  logic            landed_valid, pick_valid, pick_ready, pick_room, store_pick_ready, follows,
                   bind_next, may_bind, bound, end_valid;
  logic [BlockW-1:0] landed;
  visit_t          pick, work;
  logic [3:0]      follow_count;
  visit_end_e      end_how;
  logic [2:0]      end_index;
  logic            end_first, yield_valid, yield_ready, yields, yield_drop;
  logic [6:0]      firsts;
  index_t          yield;
  index_t          wait_queue;
  logic [7:0]      wait_held;
  logic            wait_running;
  logic            store_valid, store_ready, store_void, store_last;
  logic [511:0]    store_slot;
  read_resp_e      store_resp;
  logic            start_valid, chain_stale, chain_room, stream_valid, stream_ready;
  chain_start_t    start;
  logic [6:0]      stream_job;
  logic [1:0]      stream_place;
  logic            chain_row_en, chain_done_valid;
  logic [6+$bits(chain_place_t):0] chain_place;
  logic [1:0]      chain_row;
  read_resp_e      chain_done_resp;
  logic            load_write, ctl_write, ctl_write_ready, ctl_query_en;
  load_state_t     load_new, ctl_new;
  index_t          load_write_queue, ctl_index;
  unload_head_t    unload_head;

  // -- who asks about which queue ----------------------------------------------------------------------
  logic query_mine_q;
  assign fetch_pop   = pop_valid && pop_ready;
  assign fc_queue    = fetch_pop ? pop : ctl_index;
  index_t query_index;
  assign query_index = fetch_pop ? pop : ctl_query_en && !peek_en ? ctl_index : load_queue;
  assign query_queue = queue_t'(query_index);
  assign query = '{issued: query_issued_bytes, in_debt: query_in_debt, ended: query_ended,
                   backlog: query_backlog};
  always_ff @(posedge clk) begin
    query_mine_q <= ctl_query_en && !peek_en && !fetch_pop;
  end

  assign load_state_en    = load_write || ctl_write;
  assign ctl_write_ready  = !load_write;
  assign load_state_queue = load_write ? load_write_queue : ctl_index;
  assign load_state       = load_write ? load_new : ctl_new;

  vmso_ring_state #(.Cfg(Cfg)) u_state (
    .clk, .rst_n, .ready(state_ready), .queue_config_valid, .queue_config,
    .producer_en, .producer_queue, .producer, .state_en, .state_queue(ctl_index), .state, .no_reads,
    .drained, .load_state_en, .load_state_queue, .load_state,
    .seen_en, .seen_queue(load_write_queue), .seen,
    .fetch_state_en, .fetch_state_queue, .fetch_state,
    .bad_en, .bad_queue(load_write_queue), .bad, .freed_en, .freed_queue, .freed,
    .fc_queue, .fc_producer, .fc_state, .fc_load_state, .fc_seen, .fc_fetch_state, .fc_bad,
    .fc_freed, .fc_config,
    .load_queue, .load_producer, .load_load_state, .load_seen, .load_freed, .load_log2_slots,
    .load_log2_entries, .load_contexts,
    .chain_queue, .chain_base, .chain_log2_slots, .free_queue, .free_freed, .wait_queue, .wait_held,
    .wait_running, .run_queue, .running,
    .status_queue(status_queue[QueueW-1:0]), .status_state(status.state),
    .status_no_reads(status.no_reads), .status_drained(status.drained), .status_producer,
    .status_fetched
  );

  vmso_ring_events #(.Cfg(Cfg)) u_events (
    .clk, .rst_n, .ready(events_ready), .doorbell_valid, .doorbell_ready, .doorbell,
    .consumed_valid, .consumed_queue,
    .wake_valid, .wake_ready, .wake_queue, .ended_valid, .ended_queue,
    .load_valid(job_load_valid), .load_job(job_load.job[JobW-1:0]),
    .load_queue(job_load.queue[QueueW-1:0]), .job_free_valid, .job_free(job_free[JobW-1:0]),
    .again_valid, .again_ready, .again, .batch_end_valid, .batch_end_ready, .batch_end,
    .ctl_valid(event_valid), .ctl_ready(event_ready), .ctl_queue(ctl_index), .producer_clear,
    .producer_en, .producer_queue, .producer, .free_queue, .free_freed, .freed_en, .freed_queue,
    .freed, .pop_valid, .pop_ready, .pop, .pop_first, .only_first
  );

  logic braked, brake_valid, unused_brake_ready;
  vmso_flags #(.Num(1 << QueueW)) u_brake (
    .clk, .rst_n, .ready(unused_brake_ready), .put_valid(brake_valid), .put(ctl_index),
    .drop_valid(sent_valid), .drop(sent_queue[QueueW-1:0]),
    .ask(fetch_busy_queue), .is_in(braked)
  );
  vmso_ring_fetch #(.Cfg(Cfg)) u_fetch (
    .clk, .rst_n, .pop_valid, .pop_ready, .pop, .pop_first, .only_first,
    .fc_producer, .fc_state, .fc_load_state, .fc_seen, .fc_fetch_state, .fc_freed, .fc_config,
    .braked, .fc_query(query), .job_home, .blocks_free, .block_next(take_block),
    .read_valid(fetch_read_valid), .read_ready(fetch_read_ready), .read(fetch_read), .batch,
    .behind, .front, .fetch_state_en, .fetch_state_queue, .fetch_state, .again_valid, .again_ready,
    .again,
    .bad_valid(fetch_bad_valid), .bad_ready(fetch_bad_ready), .bad(fetch_bad),
    .busy(fetch_busy), .busy_queue(fetch_busy_queue)
  );

  // -- slot reads: batches and chains in turn ----------------------------------------------------------
  // One that waits keeps its place: a request does not change while it stands.
  logic       chain_last_q, waits_q, pick_chain, issue_valid;
  slot_read_t issue;
  assign pick_chain       = waits_q ? chain_last_q
                                    : chain_read_valid && !(fetch_read_valid && chain_last_q);
  assign chain_read_ready = slot_req_ready && pick_chain;
  assign fetch_read_ready = slot_req_ready && !pick_chain;
  assign take             = fetch_read_valid && fetch_read_ready;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      waits_q      <= 1'b0;
      chain_last_q <= 1'b0;
    end else begin
      waits_q <= slot_req_valid && !slot_req_ready;
      if (slot_req_valid) chain_last_q <= pick_chain;
    end
  end
  assign issue            = pick_chain ? chain_read : fetch_read;
  assign slot_req_valid   = chain_read_valid || fetch_read_valid;
  assign slot_req         = '{addr: issue.addr, len: issue.len};
  assign issue_valid      = slot_req_valid && slot_req_ready;
  assign count_slot_reads = issue_valid;
  assign slot_debit_valid = issue_valid;
  assign slot_debit_queue = issue.queue;
  assign slot_debit_beats = issue.len[5:0] + 6'd1;

  logic   read_ends_valid, slots_none;
  queue_t read_ends_queue;
  vmso_in_flight #(.Num(Cfg.queues)) u_slot_reads (
    .clk, .rst_n, .ready(flight_ready), .begins_valid(issue_valid),
    .begins(issue.queue[QueueW-1:0]), .ends_valid(read_ends_valid),
    .ends(read_ends_queue[QueueW-1:0]), .look(ctl_index), .none(slots_none)
  );
  vmso_ring_store #(.Cfg(Cfg)) u_store (
    .clk, .rst_n, .ready(store_ok), .issue_valid, .issue_id(slot_req_id), .issue,
    .read_rsp_valid, .read_rsp, .read_data, .landed_valid, .landed,
    .pick_valid(pick_valid && pick_room), .pick_ready(store_pick_ready), .pick,
    .ends_valid(read_ends_valid), .ends_queue(read_ends_queue), .slot_valid(store_valid),
    .slot_ready(store_ready), .slot(store_slot), .slot_resp(store_resp),
    .slot_void(store_void), .slot_last(store_last), .drop, .drop_block(work.block),
    .chain_row_en, .chain_place, .chain_row, .chain_done_valid, .chain_done_resp
  );
  assign pick_ready = store_pick_ready && pick_room;
  vmso_ring_batches #(.Cfg(Cfg)) u_batches (
    .clk, .rst_n, .ready(batches_ready), .take, .take_batch(batch), .behind, .front, .take_block,
    .blocks_free, .landed_valid, .landed, .pick_valid, .pick_ready, .pick, .work, .drop, .follows,
    .follow_count, .bind_next, .may_bind, .bound, .end_valid, .end_how, .end_index, .end_first,
    .job_home, .wait_queue, .wait_held, .wait_running, .firsts
  );

  vmso_ring_load #(.Cfg(Cfg)) u_load (
    .clk, .rst_n, .picked(pick_valid && pick_ready), .pick, .pick_room, .work, .follows,
    .follow_count, .bind_next, .may_bind, .bound, .end_valid, .end_how, .end_index, .end_first,
    .store_valid, .store_ready, .store_slot(first_slot_t'(store_slot)), .store_resp, .store_void,
    .store_last, .drop,
    .peek_en, .load_queue, .load_producer, .load_load_state, .load_seen, .load_freed,
    .load_log2_slots,
    .load_log2_entries, .load_contexts, .query, .peek_hold(fetch_pop),
    .query_other(fetch_pop || ctl_query_en),
    .load_state_en(load_write), .load_state_queue(load_write_queue), .load_state(load_new),
    .seen_en, .seen, .run_queue, .running, .forget(ctl_write && ctl_write_ready),
    .ctl_queue(ctl_index),
    .job_home, .slot_valid, .slot_ready, .slot_job, .slot,
    .start_valid, .start, .chain_stale, .chain_room, .stream_valid, .stream_ready, .stream_job,
    .stream_place,
    .bad_en, .bad, .bad_valid(load_bad_valid), .bad_ready(load_bad_ready),
    .batch_end_valid, .batch_end_ready, .batch_end
  );
  assign count_jobs = slot_valid && slot_ready;

  vmso_ring_chain #(.Cfg(Cfg)) u_chain (
    .clk, .rst_n, .ready(chain_ready), .start_valid, .start_in(start), .room(chain_room),
    .stale_job(slot_job[JobW-1:0]), .stale(chain_stale), .stream_valid, .stream_ready,
    .stream_job, .stream_place, .stream_slot(store_slot), .stream_resp(store_resp),
    .chain_queue, .chain_base, .chain_log2_slots,
    .free_valid(job_free_valid), .free_job(job_free[JobW-1:0]),
    .read_valid(chain_read_valid), .read_ready(chain_read_ready), .read(chain_read),
    .row_en(chain_row_en), .row_place(chain_place), .row(chain_row), .row_resp(read_rsp.resp),
    .row_data(read_data), .done_valid(chain_done_valid), .done_resp(chain_done_resp),
    .chain_look(chain_look[JobW-1:0]), .chain_avail, .chain_pop_valid,
    .chain_pop_job(chain_pop_job[JobW-1:0]),
    .chain_slot_valid, .chain_slot, .chain_slot_resp
  );

  // -- queue controller --------------------------------------------------------------------------------
  // A read that has not been handed over counts with what asks for it: a job's chain with the job, but
  // not the one that stands at the port; a batch with the fetcher. One that was handed over in the last two
  // cycles is not counted yet.
  logic       sticky_ignored, sticky_error, chain_asks, arriving, status_pending, status_refused;
  logic       status_fault, pending_q, refused_q, fault_q;
  logic [1:0] asked_q;
  always_ff @(posedge clk) begin
    pending_q <= status_pending;
    refused_q <= status_refused;
    fault_q   <= status_fault;
    asked_q   <= {asked_q[0], chain_asks};
  end
  assign status.pending = pending_q;
  assign status.refused = refused_q;
  assign status.fault   = fault_q;
  assign chain_asks  = chain_read_valid && chain_read.queue[QueueW-1:0] == ctl_index;
  assign arriving    = ctl_arriving || (fetch_busy && fetch_busy_queue == ctl_index);
  assign unload_head = '{any: unload_head_any, slot: unload_head_slot,
                         segments: unload_head_segments, bytes: unload_head_bytes,
                         fold: unload_head_fold};
  vmso_ring_preempt #(.QueueW(QueueW)) u_preempt (
    .clk, .rst_n, .firsts, .wanted(entry_wanted), .put_valid(preempt_valid),
    .put(preempt_queue[QueueW-1:0]), .attention_valid(yield_valid), .attention_ready(yield_ready),
    .attention(yield), .look(ctl_index), .is_in(yields), .drop(yield_drop)
  );
  vmso_ring_ctl #(.Cfg(Cfg)) u_ctl (
    .clk, .rst_n, .ready(ctl_ready), .command_valid, .command,
    .status_queue(status_queue[QueueW-1:0]), .status_pending, .status_refused, .status_fault,
    .notify_valid,
    .queue_fail_valid, .queue_fail_ready, .queue_fail, .write_failed_valid, .write_failed_queue,
    .load_bad_valid, .load_bad_ready, .load_bad(load_write_queue),
    .fetch_bad_valid, .fetch_bad_ready, .fetch_bad, .yield_valid, .yield_ready, .yield, .yields,
    .yield_drop, .queue(ctl_index), .query_en(ctl_query_en), .query_mine(query_mine_q), .fc_state,
    .fc_load_state, .fc_seen, .fc_fetch_state, .fc_freed, .fc_bad, .fc_config, .fc_query(query),
    .arriving, .ctl_issued, .ctl_left, .ctl_told(ctl_end_none && ctl_idle),
    .ctl_read(ctl_read_none && slots_none && !chain_asks && asked_q == '0),
    .state_en, .state, .no_reads, .drained, .load_state_en(ctl_write),
    .load_state_ready(ctl_write_ready), .load_state(ctl_new), .brake_valid, .producer_clear,
    .event_valid,
    .event_ready, .unload_valid, .unload_ready, .unload_queue(unload_index), .unload_head,
    .bury_valid, .bury_ready, .bury_void, .fault_valid, .abort_valid, .queue_reset_valid,
    .queue_reset_ready,
    .end_valid(ring_end_valid), .end_ready(ring_end_ready), .end_job(ring_end),
    .sticky_ignored, .sticky_error
  );
  assign unload_queue      = queue_t'(unload_index);
  assign ctl_queue         = queue_t'(ctl_index);
  assign bury_queue        = queue_t'(ctl_index);
  assign notify_queue      = queue_t'(ctl_index);
  assign fault_queue       = queue_t'(ctl_index);
  assign queue_reset_queue = queue_t'(ctl_index);
  assign sticky_set = (sticky_t'(sticky_ignored) << StickyCommandIgnored)
                      | (sticky_t'(sticky_error) << StickyQueueError);

  logic unused_bits;
  assign unused_bits = ^{status_queue, job_load, job_free, slot_job, chain_look, chain_pop_job,
                         issue.queue, read_ends_queue, sent_queue, preempt_queue};
endmodule : vmso_ring
