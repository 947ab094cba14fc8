// SPDX-License-Identifier: Apache-2.0
// Runs: the descriptors of every loaded job become pieces inside one page, each is translated once and
// kept until it is read; fetch commands turn them into reads. This file wires the parts of the room.
//
// job_load    valid only, at most every second cycle, after run_ready. A refused job or a no-op gets no
//             runs: chain_done at once
// chain_look  answered by chain_avail in the same cycle; chain_pop and slot: see vmso_run_slots
// lookup      valid/ready; fill, busy: valid only. A wanted run has exactly one request outstanding.
//             walk_free, lookup_waits, share: see vmso_run_ask
// run_status  of status_job, combinational; run_end of end_job, one cycle later
// ready_event valid only, in the first cycle in which run_status shows the progress
// fetch       valid/ready: see vmso_run_fetch; mark: see vmso_run_ctl. A killed job dies: see vmso_run_reap
// hold_fence  level: no fence may begin, for as long as some look-ups take: see vmso_run_elder
// asked       valid only: a piece of this queue will be offered
// piece       valid/ready
// job_free    valid only: after a job's last fetch, or when it has died: nothing of it is left in the room
// rate        builder: one run per cycle, a job of one run one cycle
// latency     job_load to lookup 1, fill to ready_event 2, fetch to piece 2 cycles
`include "vmso_assert.svh"
module vmso_run
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic                clk,
  input  logic                rst_n,
  output logic                run_ready,
  input  logic                job_load_valid,
  input  job_load_t           job_load,
  output job_t                chain_look,
  input  logic                chain_avail,
  output logic                chain_pop_valid,
  output job_t                chain_pop_job,
  input  logic                chain_slot_valid,
  input  further_slot_t       chain_slot,
  input  read_resp_e          chain_slot_resp,
  output logic                lookup_valid,
  input  logic                lookup_ready,
  output lookup_t             lookup,
  input  logic                fill_valid,
  input  fill_t               fill,
  input  logic                busy_valid,
  input  run_ref_t            busy,
  input  logic                walk_free,
  output logic                lookup_waits,
  output queue_t              share_queue,
  input  logic                share_full,
  input  job_t                status_job,
  output run_status_t         run_status,
  input  job_t                end_job,
  output run_end_t            run_end,
  output logic                ready_event_valid,
  output job_t                ready_event,
  input  logic                fetch_valid,
  output logic                fetch_ready,
  input  fetch_t              fetch,
  output logic                piece_valid,
  input  logic                piece_ready,
  output piece_t              piece,
  output logic                fetch_idle,
  output logic                asked_valid,
  output queue_t              asked_queue,
  output logic                job_free_valid,
  output job_t                job_free,
  input  logic                mark_valid,
  output logic                mark_ready,
  input  mark_t               mark,
  output logic                hold_fence,
  output logic                count_faults
);
  if (Cfg.runs_per_job != Runs) begin : gen_bad_runs
    $error("vmso_run: runs_per_job = %0d, but it must be 32", Cfg.runs_per_job);
  end
  if (Cfg.jobs < 4 || Cfg.jobs > 256 || Cfg.jobs != 2**$clog2(Cfg.jobs)) begin : gen_bad_jobs
    $error("vmso_run: jobs = %0d, but it must be a power of two, 4..256", Cfg.jobs);
  end
  localparam int unsigned JobW = vmso_math_pkg::index_width(Cfg.jobs);
  typedef logic [JobW-1:0] index_t;

  // -- load --------------------------------------------------------------------------------------------
  logic     refused, load_valid;
  index_t   load_job;
  cursor_t  load_cursor;
  buffers_t load_buffers;
  bank_t    load_slots;
  logic     headed;

  assign load_job   = job_load.job[JobW-1:0];
  assign refused    = job_load.status != StatusOk || job_load.kind == KindNop;
  assign load_valid = job_load_valid && !refused;
  assign headed     = job_load.header_bytes != '0;
  assign load_buffers = '{queue: job_load.queue, buffer0: job_load.buffer0,
                          buffer1: job_load.buffer1};
  always_comb begin
    load_cursor            = '0;
    load_cursor.cur.bad    = BadNot;
    load_cursor.tmpl       = headed;
    load_cursor.advise     = job_load.kind == KindAdvise;
    load_cursor.fresh      = 1'b1;
    load_cursor.todo0      = headed && job_load.buffer0.bytes != '0;
    load_cursor.todo1      = job_load.buffer1.bytes != '0;
    load_cursor.asked      = load_slots;
    load_cursor.taken      = load_slots;
    load_cursor.slots_left = job_load.slots - 1'b1;
    load_cursor.left       = job_load.payload_bytes - (headed ? '0 : job_load.buffer0.bytes);
    load_cursor.skip       = job_load.skip_bytes;
    load_cursor.cur.addr   = headed ? job_load.template_ref.addr : job_load.buffer0.addr;
    load_cursor.cur.bytes  = headed ? bytes_t'(job_load.header_bytes) : job_load.buffer0.bytes;
    load_cursor.cur.ctx    = headed ? job_load.template_ref.ctx : job_load.buffer0.ctx;
    load_cursor.cur.space  = headed ? job_load.template_ref.space : job_load.buffer0.space;
  end

  // -- wires -------------------------------------------------------------------------------------------
  logic                init_valid, let_go, look_busy, work_dying, slot_dying, pressed;
  logic                kill_valid, reap_valid, reap_ready, reap_moves, reaped_valid, reaped_ready;
  index_t              look_job;
  index_t              init_job;
  logic                turn_valid, turn_ready, turn_waits, work_idle, save_valid, ended_valid;
  index_t              turn_job, work_job;
  cursor_t             turn_cursor, save;
  buffers_t            turn_buffers;
  aside_e              save_why;
  logic                freed_valid, taken_valid, want_valid, landed_valid, place_en;
  logic                turn_busy, slots_busy;
  bank_t               want_slots, place_bank, count_bank, place_slots;
  run_t                taken_run;
  index_t              taken_job, landed_job;
  logic [1:0]          place_at;
  desc_t               place;
  logic [2:0]          place_count;
  logic                new_valid, new_ready, put_valid, done_valid, done_ready, done_set;
  lookup_t             new_lookup;
  run_t                put_run;
  run_entry_t          put;
  logic                spoil_valid, spoil_ready, bad_valid, bad_ready;
  logic [JobW+4:0]     bad_ref;
  logic                forget, forget_ready, again_dying;
  index_t              again_job;
  logic                op_valid, op_ready, op_done, redo_valid, cancel_valid,
                       move_valid;
  row_op_e             op;
  index_t              op_job, row_job, redo_job, move_job;
  taken_t              row_taken, move;
  logic                scan_begin, answered, elder_valid, issue_valid;
  index_t              scan_first, elder_job;
  ptr_t                redo_left;
  ptr_t                waiting, row_alloc, work_head, status_alloc, status_head, status_prefix;
  run_mask_t           redo_mask, cancel_mask;
  run_t                redo_first;
  logic [17:0]         status_total, status_taken, status_ready, status_present;
  logic                taken_discard;
  queue_contexts_t     mark_contexts;
  logic                status_blocked, progress_valid, last_valid, done_queued;
  index_t              status_index, progress_job, last_job, done_job;
  logic [JobW:0]       jobs_q;  // jobs in the room
  logic [1:0]          unused_bad_count;
  logic [2:0]          unused_done_count;

  assign status_index = status_job[JobW-1:0];

  assign look_busy    = turn_busy || slots_busy;
  assign cancel_valid = op_valid && op_ready && op == OpClear;

  // what an ADVISE job has of translations is never used, so there is nothing to make again, and what it
  // has counted would count twice
  always_comb begin
    mark_contexts = job_load.contexts;
    if (job_load.kind == KindAdvise) mark_contexts.valid = '0;
  end

  // -- parts -------------------------------------------------------------------------------------------
  vmso_run_turn #(.Cfg(Cfg)) u_turn (
    .clk, .rst_n, .load_valid, .load_job, .load_cursor, .load_buffers,
    .save_valid, .save_job(work_job), .save, .save_why, .ended_valid, .ended_job(work_job),
    .freed_valid, .freed_job(taken_job), .landed_valid, .landed_job,
    .let_go, .look_job, .look_busy(turn_busy),
    .work_idle, .turn_valid, .turn_ready, .turn_waits, .turn_job, .turn_cursor, .turn_buffers
  );
  vmso_run_build #(.Cfg(Cfg)) u_build (
    .clk, .rst_n, .init_valid, .init_job,
    .turn_valid, .turn_ready, .turn_waits, .turn_job, .turn_cursor, .turn_buffers,
    .work_idle, .work_job, .head(work_head), .place_en, .place_bank, .place_at, .place, .count_bank,
    .place_count, .place_slots, .want_valid, .want_slots,
    .save_valid, .save, .save_why, .ended_valid,
    .dying(work_dying), .pause(pressed), .new_valid, .new_ready, .new_lookup, .put_valid, .put_run,
    .put, .bad_valid(spoil_valid), .bad_ready(spoil_ready), .done_valid, .done_ready, .done_set,
    .status_job(status_index), .status_alloc, .row_job, .row_alloc
  );
  vmso_run_slots #(.Cfg(Cfg)) u_slots (
    .clk, .rst_n, .init_valid, .init_job, .load_valid, .load_job,
    .load_contexts(job_load.contexts), .load_slots,
    .want_valid, .want_job(work_job), .want_slots, .dying(slot_dying), .look_job,
    .look_busy(slots_busy), .chain_look, .chain_avail, .chain_pop_valid, .chain_pop_job,
    .chain_slot_valid, .chain_slot, .chain_slot_resp, .landed_valid, .landed_job,
    .place_en, .place_job(work_job), .place_bank, .place_at, .place, .count_bank, .place_count,
    .place_slots
  );
  vmso_run_ask #(.Cfg(Cfg)) u_ask (
    .clk, .rst_n, .init_valid, .init_job, .load_valid, .load_job, .load_queue(job_load.queue),
    .load_advise(job_load.kind == KindAdvise), .new_valid, .new_ready, .new_lookup, .busy_valid,
    .busy,
    .redo_valid, .redo_job, .redo_mask, .redo_first,
    .cancel_valid, .cancel_job(op_job), .cancel_mask,
    .elder_valid, .elder_job, .walk_free, .lookup_waits, .share_queue, .share_full, .lookup_valid,
    .lookup_ready, .lookup, .again_job, .again_dying, .refused_job(row_job), .refused(waiting),
    .forget, .forget_ready
  );
  // an error run is answered here, one cycle after it was put
  vmso_fifo #(.Bits(JobW + 5), .Depth(2)) u_bad (
    .clk, .rst_n, .in_valid(spoil_valid), .in_ready(spoil_ready), .in({work_job, put_run}),
    .out_valid(bad_valid), .out_ready(bad_ready), .out(bad_ref), .count(unused_bad_count)
  );
  vmso_run_rows #(.Cfg(Cfg)) u_rows (
    .clk, .rst_n, .init_valid, .init_job, .put_valid, .put_job(work_job), .put_run, .put,
    .fill_valid, .fill, .bad_valid, .bad_ready, .bad_job(bad_ref[JobW+4:5]),
    .bad_run(bad_ref[4:0]), .op_valid, .op_ready, .op, .op_job, .op_dropped(cancel_mask),
    .op_done, .row_job, .refused(waiting), .forget, .forget_ready, .row_taken, .row_alloc,
    .redo_valid, .redo_job, .redo_mask, .redo_first, .redo_left, .answered,
    .move_valid, .move_job, .move,
    .status_job(status_index), .status_total, .status_blocked, .status_present,
    .status_prefix, .progress_valid, .progress_job, .end_job(end_job[JobW-1:0]), .run_end,
    .count_faults
  );
  vmso_run_fetch #(.Cfg(Cfg)) u_fetch (
    .clk, .rst_n, .init_valid, .init_job, .put_valid, .put_job(work_job), .put_run, .put,
    .fill_valid, .fill, .move_valid, .move_job, .move, .load_valid, .load_job,
    .load_cuts('{tag: job_load.tag, csum: job_load.csum, csum_from: job_load.csum_from}),
    .fetch_valid, .fetch_ready, .fetch, .piece_valid, .piece_ready, .piece, .fetch_idle,
    .taken_valid, .taken_job, .taken_run, .taken_discard, .asked_queue, .freed_valid, .last_valid,
    .kill_valid,
    .last_job,
    .work_job, .work_head, .status_job(status_index), .status_head, .status_taken, .row_job,
    .row_taken
  );
  vmso_run_ctl #(.Cfg(Cfg)) u_ctl (
    .clk, .rst_n, .init_valid, .init_job, .run_ready,
    .load_valid, .load_job, .load_contexts(mark_contexts),
    .mark_valid, .mark_ready, .mark, .empty(jobs_q == '0), .scan_begin, .scan_first,
    .reap_valid, .reap_ready, .reap_moves,
    .reap_job(look_job), .op_valid, .op_ready, .op, .op_job
  );
  vmso_run_reap #(.Jobs(Cfg.jobs), .Asks(3)) u_reap (
    .clk, .rst_n, .kill_valid, .kill(last_job), .ask({again_job, work_job, chain_look[JobW-1:0]}),
    .dying({again_dying, work_dying, slot_dying}), .look(look_job), .let_go, .look_busy,
    .op_valid(reap_valid), .op_ready(reap_ready), .op_done, .moves(reap_moves), .pressed,
    .free_valid(reaped_valid), .free_ready(reaped_ready)
  );
  assign issue_valid = fetch_valid && fetch_ready && (!fetch.to_template || fetch.job_last);
  // A frame of another queue holds the turn of seg until it has its rows; as many again are in front of it.
  localparam int unsigned FrameBeats = Cfg.max_frame / vmso_config_pkg::bus_bytes(Cfg) + 1;
  vmso_run_elder #(.Jobs(Cfg.jobs), .LongGrace(2 * FrameBeats + 128)) u_elder (
    .clk, .rst_n, .begin_valid(scan_begin), .scan_first, .mark_valid(redo_valid),
    .mark_job(redo_job), .mark_left(redo_left), .answer_valid(answered), .answer_job(row_job),
    .put_valid, .put_job(work_job), .issue_valid, .issue_job(fetch.job[JobW-1:0]),
    .free_valid(job_free_valid), .free_job(job_free[JobW-1:0]), .elder_valid,
    .elder_job, .hold_fence
  );
  always_ff @(posedge clk) begin
    if (!rst_n) jobs_q <= '0;
    else jobs_q <= jobs_q + (JobW + 1)'(job_load_valid) - (JobW + 1)'(job_free_valid);
  end
  assign asked_valid    = taken_valid && !taken_discard;
  assign reaped_ready   = !last_valid;
  assign job_free_valid = last_valid || reaped_valid;
  assign job_free       = last_valid ? job_t'(last_job) : job_t'(look_job);

  // -- chain_done, events and status -------------------------------------------------------------------
  // A job is done when the builder has seen all of it, or has nothing to build. One that was cleared
  // stays unfinished until the next load.
  logic has_runs, unfinished, unused_flags_ready;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(1)) u_has_runs (
    .clk, .write_en(job_load_valid), .write_addr(load_job), .write_data(load_valid),
    .read_addr(status_index), .read_data(has_runs)
  );
  vmso_flags #(.Num(Cfg.jobs)) u_unfinished (
    .clk, .rst_n, .ready(unused_flags_ready), .put_valid(load_valid), .put(load_job),
    .drop_valid(done_set), .drop(work_job), .ask(status_index), .is_in(unfinished)
  );
  vmso_fifo #(.Bits(JobW), .Depth(4)) u_done (
    .clk, .rst_n, .in_valid(done_valid), .in_ready(done_ready), .in(work_job),
    .out_valid(done_queued), .out_ready(!progress_valid), .out(done_job),
    .count(unused_done_count)
  );
  assign ready_event_valid = progress_valid || done_queued;
  assign ready_event       = progress_valid ? job_t'(progress_job) : job_t'(done_job);

  ptr_t status_held;
  assign status_held = status_alloc - status_head;
  // 32 whole pages are 2^17 bytes; the difference to what was taken is read as a signed number of 18
  // bits, so one byte of them is held back until a byte was taken
  assign status_ready = status_total == {!status_taken[17], status_taken[16:0]}
                        ? status_total - 1'b1 : status_total;
  assign run_status  = '{ready_total: status_ready, blocked: status_blocked,
                         full: status_held[5] && status_prefix == status_alloc,
                         ready_runs: status_prefix - status_head,
                         chain_done: !(has_runs && unfinished), present: status_present};

  logic unused_bits;
  assign unused_bits = ^{job_load, status_job, end_job, status_held, taken_run};

`ifdef VMSO_CHECKS
  logic load_recent_q;
  always_ff @(posedge clk) load_recent_q <= job_load_valid && rst_n;
  `VMSO_INTG_IF(LoadAfterReady, job_load_valid, run_ready)
  `VMSO_INTG_IF(LoadEverySecondCycle, job_load_valid, !load_recent_q)
  `VMSO_INTG_IF(FirstSlotWithinPayload, load_valid,
                25'(job_load.buffer0.bytes) + 25'(job_load.buffer1.bytes)
                <= 25'(job_load.payload_bytes))
  `VMSO_INTG_IF(MarkWhileIdle, mark_valid, fetch_idle)
  vmso_run_check #(.Cfg(Cfg)) u_check (
    .clk, .rst_n, .put_valid, .put_job(work_job), .put_run, .put_bad(put.bad != BadNot),
    .fill_valid, .fill_job(fill.job[JobW-1:0]), .fill_run(fill.run), .fill_fault(fill.fault),
    .busy_valid, .busy_job(busy.job[JobW-1:0]), .busy_run(busy.run),
    .again_valid(lookup_valid && lookup_ready && lookup.again), .again_job(lookup.job[JobW-1:0]),
    .again_run(lookup.run), .forget, .forget_job(row_job), .refused(waiting),
    .cancel_valid, .cancel_job(op_job), .cancel_mask,
    .redo_valid, .redo_job, .redo_mask, .read_valid(asked_valid), .read_job(taken_job),
    .read_run(taken_run), .free_valid(job_free_valid), .free_job(job_free[JobW-1:0])
  );
`endif
endmodule : vmso_run
