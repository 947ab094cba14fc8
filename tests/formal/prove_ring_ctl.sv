// SPDX-License-Identifier: Apache-2.0
// A queue over any sequence of commands, faults and failures: each job ends once, in order. Other queues
// only take time of the controller. What surrounds it is free but for these: nothing of a queue is loaded
// unless it runs and was listed; orders end or fail in order, none after a failure or behind what was
// unloaded; cpl ends a job whose failure parks the queue at an ABORT, any other one as soon as it likes;
// `told` is not said while an end is owed, nor `left` before it is true; commands come at most in every
// second cycle. Jobs are of one slot; their numbers count modulo 4.
module prove_ring_ctl
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 2, contexts: 4, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 4, runs_per_job: 32,
    walk_slots: 8, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256, max_frame: 9216
  }
) (
  input logic       clk,
  input logic       want_command,
  input logic [2:0] any_command,
  input logic       want_load,
  input logic       want_end,      // of a job whose orders have left
  input logic       want_fail,
  input logic       want_parks,    // its cause can be mended
  input logic       want_owed,     // cpl ends the job that failed
  input logic       want_gone,     // the last order leaves
  input logic       want_bad,
  input logic       write_failed,
  input logic       yields,
  input logic       yield_valid,
  input logic       mine,
  input logic       arriving,
  input logic       told,
  input logic       read_none,
  input logic       held,
  input logic       load_ready,
  input logic       event_ready,
  input logic       unload_ready,
  input logic [1:0] unload_ahead,  // jobs issued whole and not ended
  input logic       unload_any,
  input logic       unload_part,   // and a part of the next one
  input logic       bury_ready,
  input logic       reset_ready,
  input logic       end_ready
);
  logic start_q = 1'b0;
  logic rst_n, parks;
  always_ff @(posedge clk) start_q <= 1'b1;
  assign rst_n = start_q;
  f_anyconst1 u_parks (.y(parks));  // the queue's policy

  // -- what is known of the queue -----------------------------------------------------------------
  typedef logic [1:0] job_num_t;
  queue_state_e queue_state_q;
  job_num_t     load_q;      // next job to be loaded
  job_num_t     ended_q;     // next job to end
  job_num_t     limit_q;     // of those unloaded, the first that was not issued whole
  logic         unloaded_q, part_q, dead_q, gone_q, owed_q, bad_q, skip_q, kept_q;
  job_num_t     kept_job_q;  // failed and not ended
  logic         faulted_q, aborted_q, command_q;
  logic         listed_q;    // the loader may look at it
  logic [1:0]   age_q;       // cycles since then: nothing is issued and has left in fewer
  logic         fail_valid, fail_ready, fails, ends, loads, owed_ends, gone, aborts, faults, begins;
  logic         stands;      // orders may be under way
  job_num_t     limit;

  logic           ready, command_valid, done_pending, refused, has_fault, notify, load_bad_ready,
                  fetch_bad_ready, yield_ready, yield_drop, query_en, state_en, no_reads, drained,
                  load_en, brake, producer_clear, event_valid, unload_valid, bury_valid, bury_void,
                  queue_reset_valid, end_valid, sticky_ignored, sticky_error, put_error;
  logic           queue, unload_queue;
  queue_state_e   state;
  load_state_t    fc_load, new_load;
  fetch_state_t   fc_fetch;
  seen_t          fc_seen;
  query_t         fc_query;
  bad_t           fc_bad;
  ring_config_t   fc_config;
  unload_head_t   head;
  queue_fail_t    fail;
  queue_command_t command;
  job_end_t       end_job;
  always_comb begin
    fc_load               = '0;
    fc_load.load          = slot_idx_t'(load_q);
    fc_load.bad           = bad_q;
    fc_load.skip_segments = bytes_t'(skip_q);
    fc_fetch              = '0;
    fc_seen               = '0;
    fc_query              = '0;
    fc_bad                = '0;
    fc_config             = '{base_ok: 1'b1, base: '0, log2_slots: 4'd8, park: parks,
                              log2_entries: 4'd8};
    fail                  = '0;
    fail.parks            = want_parks;
    fail.slot             = slot_idx_t'(ended_q);
    fail.slots            = 16'd1;
    head                  = '0;
    head.any              = unload_any;
    head.slot             = slot_idx_t'(limit);
    head.segments         = bytes_t'(unload_part);
    command.queue         = '0;
    command.notify        = 1'b0;
    command.cmd           = queue_cmd_e'(any_command);
  end
  vmso_ring_ctl #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .ready, .command_valid, .command, .status_queue('0),
    .status_pending(done_pending), .status_refused(refused), .status_fault(has_fault),
    .notify_valid(notify), .queue_fail_valid(fail_valid), .queue_fail_ready(fail_ready),
    .queue_fail(fail), .write_failed_valid(write_failed && ready), .write_failed_queue('0),
    .load_bad_valid(1'b0), .load_bad_ready, .load_bad('0), .fetch_bad_valid(1'b0),
    .fetch_bad_ready, .fetch_bad('0), .yield_valid, .yield_ready, .yield('0), .yields, .yield_drop,
    .queue, .query_en, .query_mine(mine), .fc_state(queue_state_q), .fc_load_state(fc_load),
    .fc_seen, .fc_fetch_state(fc_fetch), .fc_freed(8'(held)), .fc_bad, .fc_config, .fc_query,
    .arriving, .ctl_issued('0), .ctl_left(order_count_t'(!gone_q)),
    .ctl_told(told && !owed_q), .ctl_read(read_none), .state_en, .state, .no_reads, .drained,
    .load_state_en(load_en), .load_state_ready(load_ready), .load_state(new_load),
    .brake_valid(brake), .producer_clear, .event_valid, .event_ready, .unload_valid, .unload_ready,
    .unload_queue, .unload_head(head), .bury_valid, .bury_ready, .bury_void, .fault_valid(faults),
    .abort_valid(aborts), .queue_reset_valid, .queue_reset_ready(reset_ready), .end_valid,
    .end_ready, .end_job, .sticky_ignored, .sticky_error
  );

  // -- what happens around it -----------------------------------------------------------------------
  // The first jobs of those unloaded were issued whole, all of them if there is no other.
  assign limit  = unload_any && 2'(load_q - ended_q) > unload_ahead ? ended_q + unload_ahead
                                                                  : load_q;
  assign stands = !gone_q && !dead_q;
  assign loads  = want_load && queue_state_q == QueueRun && listed_q && !bad_q
                  && 2'(load_q - ended_q) != 2'd2;
  assign ends   = want_end && stands && age_q == '1 && ended_q != (unloaded_q ? limit_q : load_q);
  assign fail_valid = want_fail && stands && !ends && age_q == '1
                      && (ended_q != (unloaded_q ? limit_q : load_q) || (unloaded_q && part_q));
  assign fails     = fail_valid && fail_ready;
  assign owed_ends = want_owed && owed_q;
  assign gone      = want_gone && unloaded_q && (dead_q || ended_q == limit_q) && !fails;
  assign begins    = load_en && load_ready && new_load.life != '0;  // it runs
  assign command_valid = want_command && ready && !command_q;
  assign put_error     = u_dut.error_put;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      queue_state_q <= QueueOff;
      load_q        <= '0;
      ended_q       <= '0;
      limit_q       <= '0;
      kept_job_q    <= '0;
      gone_q        <= 1'b1;
      {unloaded_q, part_q, dead_q, owed_q, bad_q, skip_q, kept_q} <= '0;
      {faulted_q, aborted_q, listed_q, command_q} <= '0;
      age_q         <= '0;
    end else begin
      if (loads) load_q <= load_q + 1'b1;
      if (want_bad && queue_state_q == QueueRun) bad_q <= 1'b1;
      if (ends || owed_ends) ended_q <= ended_q + 1'b1;
      if (fails) begin
        dead_q     <= 1'b1;
        kept_q     <= want_parks && parks;
        kept_job_q <= ended_q;
        owed_q     <= !(want_parks && parks);
      end
      if (ends || owed_ends) kept_q <= 1'b0;
      if (owed_ends) owed_q <= 1'b0;
      if (aborts) owed_q <= 1'b1;
      faulted_q <= faults || (faulted_q && !ends && !aborts);
      aborted_q <= aborts || (aborted_q && !begins);
      if (unload_valid && unload_ready) begin
        unloaded_q <= 1'b1;
        limit_q    <= limit;
        part_q     <= unload_any && unload_part && limit != load_q;
      end
      if (gone || (bury_valid && bury_ready)) gone_q <= 1'b1;
      if (state_en) queue_state_q <= state;
      if (load_en && load_ready) begin
        load_q <= job_num_t'(new_load.load);
        bad_q  <= new_load.bad;
        skip_q <= new_load.skip_segments != '0;
      end
      if (begins) {unloaded_q, dead_q, gone_q} <= '0;
      if (begins) listed_q <= 1'b0;
      else if (event_valid && event_ready) listed_q <= 1'b1;
      if (begins) age_q <= '0;
      else if (listed_q && age_q != '1) age_q <= age_q + 1'b1;
      command_q <= command_valid;
      if (queue_reset_valid && reset_ready) begin
        ended_q <= '0;
        kept_q  <= 1'b0;
      end
    end
  end

  // -- what must be true ------------------------------------------------------------------------------
  logic goes_on;  // a queue that goes on, or can
  assign goes_on = load_en && load_ready
                   && u_dut.final_state inside {QueueRun, QueueParked, QueueStopped};
  always_ff @(posedge clk) begin
    if (rst_n) begin
      goes_on_where_it_ended: assert (!goes_on || (job_num_t'(new_load.load) == ended_q && !ends
                                                   && !fails && !owed_q));
      aborts_what_failed: assert (!aborts || (kept_q && kept_job_q == ended_q && !owed_q && !ends
                                              && queue_state_q == QueueParked));
      parks_at_what_failed: assert (!faults || (kept_q && kept_job_q == ended_q && !owed_q));
      parked_is_quiet: assert (queue_state_q != QueueParked || (gone_q && !owed_q));
      reach_parked: cover (queue_state_q == QueueParked);
      reach_retried: cover (faulted_q && ends);
      reach_aborted: cover (aborted_q && begins);
    end
  end
endmodule : prove_ring_ctl
