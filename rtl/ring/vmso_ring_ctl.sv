// SPDX-License-Identifier: Apache-2.0
// Queue controller: commands, failed queues and framing errors, by short visits that wait for nobody.
//
// A queue that leaves RUN is in transit. Each visit looks at what the rooms still hold of it, does the next
// step if that can be done, and puts the queue back into its list:
//   Blocked    nothing more of it is loaded; the jobs on their way to seg arrive there
//   Unload     seg takes its jobs off the list and tells the first one that was not issued whole
//   Drain      what is under way of it ends: its own orders, ends of jobs and writes, for all but a failure
//              also its entries and reads
// and its state is written anew:
//   STOP       STOPPED when its issued orders have left; goes on at the first job not issued whole, skipping
//              what was issued
//   RESET      OFF, indices 0 (cpl's too). Its orders are buried, wherever they wait, so it needs nothing of
//              the MAC. Takes over a transit that is under way. no_reads is shown before OFF if it comes first
//   fail       from out: RUN again, behind the failed job; its orders are buried. A fail that comes in during
//              another transit wins: that is where the queue goes on. If the job can go on when its cause is
//              mended and the queue parks: PARKED when it is home, in front of the segment that failed; fault
//              tells cpl to write the record. STOPPED in its place, and no record, if that was under way
//   ABORT      of PARKED: RUN again behind the job when cpl has written its completion
//   preempt    RUN again when it is unloaded as for STOP, which may take over: others have its job entries first
//   framing    ERROR with one completion; also if a completion could not be written, then without one
// ABORT in STOPPED marks a job that was sent in part: after ENABLE it ends as aborted. RETRY in PARKED: RUN.
// A fault stays pending until ACK_FAULT, RETRY, ABORT or RESET.
// ENABLE       from OFF (the ring must be well formed) or STOPPED. What cannot be done is ignored: the queue
//              shows it as refused, sticky
// visit        at most 20 cycles, and those of handshakes that end within some cycles
// held         fc_*, ctl_* and query of one cycle, see vmso_ring: what is under way shows in some room until
//              it has ended
// done         the queue's interrupt is raised if its command asks for it
`include "vmso_assert.svh"
module vmso_ring_ctl
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  input  logic              command_valid,
  input  queue_command_t    command,
  input  logic [QueueW-1:0] status_queue,
  output logic              status_pending,
  output logic              status_refused,
  output logic              status_fault,
  output logic              notify_valid,    // of queue
  input  logic              queue_fail_valid,
  output logic              queue_fail_ready,
  input  queue_fail_t       queue_fail,
  input  logic              write_failed_valid,
  input  queue_t            write_failed_queue,
  input  logic              load_bad_valid,
  output logic              load_bad_ready,
  input  logic [QueueW-1:0] load_bad,
  input  logic              fetch_bad_valid,
  output logic              fetch_bad_ready,
  input  logic [QueueW-1:0] fetch_bad,
  // it is to give its job entries to others: yields is of `queue`
  input  logic              yield_valid,
  output logic              yield_ready,
  input  logic [QueueW-1:0] yield,
  input  logic              yields,
  output logic              yield_drop,
  // state of the queue, and what is held of it
  output logic [QueueW-1:0] queue,
  output logic              query_en,
  input  logic              query_mine,      // fc_* and fc_query of this cycle are of `queue`
  input  queue_state_e      fc_state,
  input  load_state_t       fc_load_state,
  input  seen_t             fc_seen,
  input  fetch_state_t      fc_fetch_state,
  input  logic [7:0]        fc_freed,
  input  bad_t              fc_bad,
  input  ring_config_t      fc_config,
  input  query_t            fc_query,
  // the fetcher works on it, or a slot of it is on its way to seg
  input  logic              arriving,
  input  order_count_t      ctl_issued,
  input  order_count_t      ctl_left,
  // no end of a job of it is on its way, no record unanswered
  input  logic              ctl_told,
  input  logic              ctl_read,        // no read of it is under way
  // writes
  output logic              state_en,
  output queue_state_e      state,
  output logic              no_reads,
  output logic              drained,
  output logic              load_state_en,   // waits for load_state_ready
  input  logic              load_state_ready,
  output load_state_t       load_state,
  output logic              brake_valid,     // its jobs are loaded one at a time from now on
  output logic              producer_clear,
  output logic              event_valid,
  input  logic              event_ready,
  // other rooms
  output logic              unload_valid,
  input  logic              unload_ready,
  output logic [QueueW-1:0] unload_queue,
  input  unload_head_t      unload_head,
  output logic              bury_valid,
  input  logic              bury_ready,
  output logic              bury_void,
  output logic              fault_valid,     // of queue: cpl writes its fault record
  output logic              abort_valid,     // or the completion of its failed job
  output logic              queue_reset_valid,
  input  logic              queue_reset_ready,
  output logic              end_valid,
  input  logic              end_ready,
  output job_end_t          end_job,
  output logic              sticky_ignored,
  output logic              sticky_error
);
  localparam int unsigned Queues = 1 << QueueW;
  localparam logic [1:0]  Settled = 2'd3;  // cycles until every answer is of `queue`

  typedef enum logic [3:0] {
    WaitVisit = 4'd0, Look = 4'd1, Decide = 4'd2, WaitBury = 4'd3, WaitCpl = 4'd4, WaitWrite = 4'd5,
    WaitEvent = 4'd6, Finish = 4'd7, WaitAgain = 4'd8
  } ctl_fsm_e;
  // What a visit does.
  typedef enum logic [3:0] {
    ActNothing = 4'd0, ActAgain = 4'd1, ActStart = 4'd2, ActUnload = 4'd3, ActDrain = 4'd4,
    ActTakeOver = 4'd5, ActShow = 4'd6, ActEnd = 4'd7, ActEnable = 4'd8, ActMark = 4'd9,
    ActIgnore = 4'd10, ActForget = 4'd11, ActAck = 4'd12
  } act_e;

  ctl_fsm_e          fsm_q, fsm_d;
  logic [QueueW-1:0] queue_q;
  logic [1:0]        settle_q;
  act_e              act, act_q;
  logic              decide;

  // -- requests --------------------------------------------------------------------------------------
  logic              commands_ready, fails_ready, failed_ready, unloaded_ready, unload_list_ready;
  logic              transit_ready, visit_valid, again_ready, pending, taken, notify, done,
                     touched_q;
  logic              attention_valid, attention_ready, fail_take, fail_pending, fail_drop;
  logic              unacked, unacked_q, unacked_ready;
  logic              write_failed, write_failed_drop, unloaded, unloaded_drop, unload_push;
  logic [QueueW-1:0] visit, attention, fail_queue;
  queue_cmd_e        cmd;
  queue_fail_t       fail;
  logic [QueueW-1:0] failed;

  assign ready = commands_ready && fails_ready && failed_ready && unloaded_ready
                 && unload_list_ready && unacked_ready
                 && transit_ready;
  assign queue = queue_q;
  vmso_ring_commands #(.Queues(Cfg.queues)) u_commands (
    .clk, .rst_n, .ready(commands_ready), .command_valid, .command, .status_queue,
    .status_pending, .status_refused, .ctl_queue(queue_q), .ctl_pending(pending),
    .ctl_taken(taken), .ctl_cmd(cmd), .ctl_notify(notify), .done_valid(done),
    .ignored(act_q == ActIgnore), .attention_valid, .attention_ready, .attention,
    .again_valid(fsm_q == WaitAgain), .again_ready,
    .visit_valid, .visit_ready(fsm_q == WaitVisit && ready), .visit, .sticky_ignored
  );

  // A fail is kept per queue until its transit has ended, where it was until the next one: ABORT needs it.
  assign fail_queue       = queue_fail.queue[QueueW-1:0];
  assign queue_fail_ready = ready && !write_failed_valid;
  assign fail_take        = queue_fail_valid && queue_fail_ready;
  vmso_flags #(.Num(Queues)) u_fails (
    .clk, .rst_n, .ready(fails_ready), .put_valid(fail_take), .put(fail_queue),
    .drop_valid(fail_drop), .drop(queue_q), .ask(queue_q), .is_in(fail_pending)
  );
  vmso_ram_1w1r #(.Depth(Queues), .LaneBits($bits(queue_fail_t))) u_fail (
    .clk, .write_en(fail_take), .write_addr(fail_queue), .write_data(queue_fail),
    .read_en(1'b1), .read_addr(queue_q), .read_data(fail)
  );
  // Records that could not be written come one a cycle, as many as are in flight: everything else waits.
  assign failed = write_failed_queue[QueueW-1:0];
  vmso_flags #(.Num(Queues)) u_write_failed (
    .clk, .rst_n, .ready(failed_ready), .put_valid(write_failed_valid),
    .put(failed), .drop_valid(write_failed_drop), .drop(queue_q),
    .ask(queue_q), .is_in(write_failed)
  );

  assign load_bad_ready    = attention_ready && !write_failed_valid && !fail_take;
  assign fetch_bad_ready   = load_bad_ready && !load_bad_valid;
  assign yield_ready       = fetch_bad_ready && !fetch_bad_valid;
  assign attention_valid   = write_failed_valid || fail_take || load_bad_valid || fetch_bad_valid
                             || yield_valid;
  assign attention = write_failed_valid ? failed : fail_take ? fail_queue
                   : load_bad_valid ? load_bad : fetch_bad_valid ? fetch_bad : yield;

  // -- unload: queues for seg, one after the other, and its answers -----------------------------------
  unload_head_t head;
  vmso_ring_list #(.Num(Queues)) u_unload (
    .clk, .rst_n, .ready(unload_list_ready), .push_valid(unload_push), .push(queue_q),
    .pop_valid(unload_valid), .pop_ready(unload_ready), .pop(unload_queue)
  );
  vmso_flags #(.Num(Queues)) u_unloaded (
    .clk, .rst_n, .ready(unloaded_ready), .put_valid(unload_valid && unload_ready),
    .put(unload_queue), .drop_valid(unloaded_drop), .drop(queue_q), .ask(queue_q), .is_in(unloaded)
  );
  vmso_ram_1w1r #(.Depth(Queues), .LaneBits($bits(unload_head_t))) u_head (
    .clk, .write_en(unload_valid && unload_ready), .write_addr(unload_queue),
    .write_data(unload_head), .read_en(1'b1), .read_addr(queue_q), .read_data(head)
  );

  // -- transits --------------------------------------------------------------------------------------
  logic              clearing, transit_en, transit_we;
  logic [QueueW-1:0] clear_at, transit_at;
  transit_t          transit_d, transit_data, transit;
  vmso_clear_walk #(.Num(Queues)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));
  assign transit_ready = !clearing;
  assign transit_we    = clearing || transit_en;
  assign transit_at    = clearing ? clear_at : queue_q;
  assign transit_data  = clearing ? '0 : transit_d;
  vmso_ram_1w1r #(.Depth(Queues), .LaneBits($bits(transit_t))) u_transit (
    .clk, .write_en(transit_we), .write_addr(transit_at), .write_data(transit_data),
    .read_en(1'b1), .read_addr(queue_q), .read_data(transit)
  );

  // -- look: everything of one cycle -------------------------------------------------------------------
  // Jobs that were loaded and not freed, and slots in the prefetch store, are known from counts.
  logic         bad_now, shape_ok, partly_sent, left_all, none_held, batches_gone, life_ends;
  logic         told_q, read_q, arriving_q, pending_q, notify_q, fail_q, write_failed_q, unloaded_q,
                yields_q;
  logic         bad_now_q, shape_ok_q, partly_sent_q, left_all_q, none_held_q, batches_gone_q;
  queue_state_e state_q;
  load_state_t  load_q;
  query_t       query_q;
  bad_t         bad_q;
  ring_config_t config_q;
  transit_t     transit_q;
  queue_cmd_e   cmd_q;
  what_e        what, what_q;
  queue_fail_t  where_q;  // of the last fail
  unload_head_t head_q;
  logic         error_put, error_holds;  // a framing error's completion

  assign query_en     = fsm_q == Look;
  assign bad_now      = fc_load_state.bad
                        || (fc_fetch_state.bad && fc_fetch_state.life == fc_load_state.life);
  assign shape_ok     = fc_config.base_ok && fc_config.log2_slots >= 4'd2
                        && fc_config.log2_entries != '0;
  assign partly_sent  = fc_load_state.skip_segments != '0;
  assign left_all     = ctl_issued == ctl_left;
  assign none_held    = fc_load_state.jobs == fc_freed;
  assign batches_gone = fc_fetch_state.sent == fc_seen.slots;
  assign decide       = fsm_q == Decide;
  always_ff @(posedge clk) begin
    if (fsm_q == Look) begin
      state_q        <= fc_state;
      load_q         <= fc_load_state;
      query_q        <= fc_query;
      bad_q          <= fc_bad;
      config_q       <= fc_config;
      transit_q      <= transit;
      pending_q      <= pending && !touched_q;  // cmd is still the one before
      cmd_q          <= cmd;
      notify_q       <= notify;
      fail_q         <= fail_pending;
      write_failed_q <= write_failed;
      unloaded_q     <= unloaded;
      yields_q       <= yields;
      told_q         <= ctl_told && !error_holds;
      read_q         <= ctl_read;
      arriving_q     <= arriving;
      bad_now_q      <= bad_now;
      shape_ok_q     <= shape_ok;
      partly_sent_q  <= partly_sent;
      left_all_q     <= left_all;
      none_held_q    <= none_held;
      batches_gone_q <= batches_gone;
      where_q        <= fail;
      head_q         <= head;
    end
  end

  // -- decide ------------------------------------------------------------------------------------------
  logic resets, stops, resume, parks, home, over, error_room, enables, runs_again;
  assign resets    = pending_q && cmd_q == CmdReset;
  assign stops     = pending_q && cmd_q == CmdStop;
  assign resume    = fail_q && transit_q.what != DoReset && transit_q.what != DoWriteError;
  assign parks     = resume && where_q.parks && config_q.park;
  assign home      = none_held_q && read_q;
  assign life_ends = load_q.life >= life_t'(254) && !batches_gone_q;
  assign enables   = (cmd_q == CmdEnable && (state_q == QueueStopped
                                             || (state_q == QueueOff && shape_ok_q)))
                     || (cmd_q == CmdRetry && state_q == QueueParked);
  assign runs_again = !parks && (transit_q.what inside {DoFail, DoAbort}
                                 || (transit_q.what == DoError && resume)
                                 || (transit_q.what == DoPreempt && !stops));
  always_comb begin
    unique case (transit_q.what)
      DoReset: over = home && told_q;
      DoFail:  over = told_q && (home || !parks);
      DoAbort: over = told_q;
      default: over = home && told_q && left_all_q;
    endcase
    if (life_ends && runs_again) over = 1'b0;
    if (transit_q.what == DoError && !resume && !error_room) over = 1'b0;
  end
  always_comb begin
    act  = ActNothing;
    what = transit_q.what;
    unique case (transit_q.phase)
      PhaseIdle: begin
        act = ActStart;
        if (resets) begin
          what = DoReset;
        end else if (write_failed_q) begin
          what = DoWriteError;
          if (!(state_q inside {QueueRun, QueueStopped, QueueParked})) act = ActForget;
        end else if (state_q == QueueRun && stops) begin
          what = DoStop;  // before a failure: there may be no end of them
        end else if (state_q == QueueRun && fail_q) begin
          what = DoFail;
        end else if (state_q == QueueRun && bad_now_q) begin
          what = DoError;
        end else if (state_q == QueueRun && yields_q) begin
          what = DoPreempt;
        end else if (!pending_q) begin
          act = ActNothing;
        end else if (enables) begin
          act = life_ends ? ActAgain : ActEnable;
          what = DoStop;
        end else if (cmd_q == CmdAbort && state_q == QueueStopped && partly_sent_q) begin
          act = ActMark;
        end else if (cmd_q == CmdAbort && state_q == QueueParked) begin
          what = DoAbort;
        end else if (cmd_q == CmdAckFault && unacked_q) begin
          act = ActAck;
        end else begin
          act = ActIgnore;
        end
      end
      PhaseBlocked: act = arriving_q ? ActAgain : ActUnload;
      PhaseUnload:  act = unloaded_q ? ActDrain : ActAgain;
      default: begin  // PhaseDrain
        if (resets && transit_q.what != DoReset) act = ActTakeOver;
        else if (over) act = ActEnd;
        else act = transit_q.what == DoReset && home && !transit_q.shown ? ActShow : ActAgain;
      end
    endcase
    if (transit_q.phase inside {PhaseBlocked, PhaseUnload} && resets) what = DoReset;
    if (act == ActTakeOver) what = DoReset;
    if (transit_q.phase != PhaseIdle && what == DoPreempt && stops) what = DoStop;
  end

  // -- the visit ---------------------------------------------------------------------------------------
  logic buries, ends, writes, again, resume_q, parks_q;
  assign ends   = act_q == ActEnd;
  assign buries = (act_q == ActDrain && what_q inside {DoReset, DoFail}) || act_q == ActTakeOver
                  || (ends && fail_q && !(what_q inside {DoReset, DoFail}));
  assign writes = ends || act_q inside {ActEnable, ActMark};
  always_comb begin
    fsm_d = fsm_q;
    unique case (fsm_q)
      WaitVisit: if (visit_valid && ready) fsm_d = Look;
      Look:      if (query_mine && settle_q == Settled) fsm_d = Decide;
      Decide:    fsm_d = WaitBury;
      WaitBury: begin
        if (!buries || bury_ready) begin
          fsm_d = ends && what_q == DoReset ? WaitCpl : writes ? WaitWrite : Finish;
        end
      end
      WaitCpl:   if (queue_reset_ready) fsm_d = WaitWrite;
      WaitWrite: if (load_state_ready) fsm_d = WaitEvent;
      WaitEvent: if (event_ready) fsm_d = Finish;
      // a command of this cycle may be for this queue
      Finish:    if (!command_valid) fsm_d = again ? WaitAgain : WaitVisit;
      default:   if (again_ready) fsm_d = WaitVisit;  // WaitAgain
    endcase
  end
  always_ff @(posedge clk) begin
    if (!rst_n) fsm_q <= WaitVisit;
    else fsm_q <= fsm_d;
  end
  always_ff @(posedge clk) begin
    if (fsm_q == WaitVisit) begin
      queue_q   <= visit;
      settle_q  <= '0;
    end else if (settle_q != Settled) begin
      settle_q <= settle_q + 1'b1;
    end
    // a command that came after cmd_q was read, a RESET in its place too, is not what this visit carries
    // out; before that, one of the cycle before
    touched_q <= taken || (touched_q && !(fsm_q inside {WaitVisit, Look}));
    if (decide) begin
      act_q  <= act;
      what_q <= what;
    end
  end

  // -- commands that are carried out -----------------------------------------------------------------
  logic         carried_out;
  queue_state_e final_state;
  always_comb begin
    unique case (act_q)
      ActEnable, ActMark, ActIgnore, ActAck: carried_out = 1'b1;
      ActEnd:  carried_out = pending_q && ((what_q == DoReset && cmd_q == CmdReset)
                                           || (what_q == DoStop && cmd_q == CmdStop)
                                           || (what_q == DoAbort && cmd_q == CmdAbort));
      default: carried_out = 1'b0;
    endcase
  end
  assign done  = fsm_q == Finish && !command_valid && carried_out && !touched_q;
  assign again = !(act_q inside {ActNothing, ActEnable, ActMark, ActIgnore, ActForget, ActEnd, ActAck})
                 || touched_q || (pending_q && !carried_out)
                 || (ends && write_failed_q && !(what_q inside {DoReset, DoWriteError}));
  assign notify_valid = done && notify_q;

  assign bury_valid        = fsm_q == WaitBury && buries;
  assign bury_void         = what_q == DoReset;
  assign queue_reset_valid = fsm_q == WaitCpl;
  assign event_valid       = fsm_q == WaitEvent;
  assign unload_push       = decide && act == ActUnload;
  assign unloaded_drop     = decide && act == ActDrain;
  assign yield_drop        = fsm_q == Finish && !command_valid && yields_q
                             && (ends || act_q inside {ActNothing, ActEnable, ActMark, ActIgnore,
                                                       ActForget, ActAck});
  assign fail_drop         = fsm_q == Finish && ends && !command_valid;
  assign write_failed_drop = fsm_q == Finish && !command_valid
                             && (act_q == ActForget
                                 || (ends && what_q inside {DoReset, DoWriteError}));
  assign sticky_error      = fsm_q == WaitEvent && event_ready && ends && final_state == QueueError;
  assign brake_valid       = fsm_q == WaitWrite && ends
                             && (what_q == DoFail || (what_q == DoPreempt && resume_q));
  assign producer_clear    = fsm_q == WaitWrite && ends && what_q == DoReset;

  assign transit_en = decide && act inside {ActStart, ActUnload, ActDrain, ActTakeOver, ActShow,
                                            ActEnd};
  always_comb begin
    transit_d.what  = what;
    transit_d.shown = act == ActShow;
    unique case (act)
      ActStart:  transit_d.phase = PhaseBlocked;
      ActUnload: transit_d.phase = PhaseUnload;
      ActEnd:    transit_d.phase = PhaseIdle;
      default:   transit_d.phase = PhaseDrain;
    endcase
  end

  // -- what is written -------------------------------------------------------------------------------
  // The state changes first (FLUSH) and last; a queue that runs again is listed after that.
  logic rewrite;
  assign rewrite = fsm_q == WaitWrite && load_state_ready;
  always_ff @(posedge clk) begin
    if (decide) begin
      resume_q <= resume;
      parks_q  <= parks;
    end
  end
  always_comb begin
    unique case (what_q)
      DoStop:  final_state = act_q == ActEnable ? QueueRun : QueueStopped;
      DoReset: final_state = QueueOff;
      DoFail, DoPreempt: final_state = parks_q ? QueueParked : QueueRun;
      DoAbort: final_state = QueueRun;
      DoError: final_state = !resume_q ? QueueError : parks_q ? QueueParked : QueueRun;
      default: final_state = QueueError;
    endcase
  end

  // -- faults that park: told when the state shows it --------------------------------------------------
  logic acks;
  assign acks = rewrite && (act_q == ActEnable || (ends && what_q inside {DoReset, DoAbort}));
  vmso_flags #(.Num(Queues), .Asks(2)) u_unacked (
    .clk, .rst_n, .ready(unacked_ready), .put_valid(fault_valid), .put(queue_q),
    .drop_valid(acks || (fsm_q == Finish && act_q == ActAck)), .drop(queue_q),
    .ask({status_queue, queue_q}), .is_in({status_fault, unacked})
  );
  always_ff @(posedge clk) if (fsm_q == Look) unacked_q <= unacked;
  assign fault_valid = rewrite && ends && final_state == QueueParked;
  assign abort_valid = decide && act == ActStart && what == DoAbort;
  // A framing error's completion is still to be written, and nobody looks at that.
  always_comb begin
    state_en = (rewrite && act_q != ActMark) || (decide && act inside {ActStart, ActShow});
    state    = QueueFlush;
    no_reads = 1'b0;
    drained  = 1'b0;
    if (decide) begin
      no_reads = act == ActShow;
    end else begin
      state    = final_state;
      no_reads = final_state != QueueRun;
      drained  = !(final_state inside {QueueRun, QueueParked}) && !error_put;
    end
  end

  unload_head_t from;  // where it goes on; not any: where it stood
  always_comb begin
    from = head_q;
    if (what_q == DoReset) begin
      from     = '0;
      from.any = 1'b1;
    end else if (parks_q) begin  // in front of what failed
      from = '{any: 1'b1, slot: where_q.slot, segments: where_q.segments, bytes: where_q.bytes,
               fold: where_q.fold};
    end else if (resume_q || what_q == DoAbort) begin  // behind it
      from = '{any: 1'b1, slot: where_q.slot + where_q.slots, segments: '0, bytes: '0,
               fold: where_q.fold};
    end
  end
  assign load_state_en = fsm_q == WaitWrite;
  always_comb begin
    load_state = load_q;
    if (final_state == QueueRun) load_state.life = load_q.life + 1'b1;
    if (act_q == ActMark) load_state.abort_it = 1'b1;
    if (ends) begin
      load_state.bad      = 1'b0;
      load_state.hint     = '0;
      load_state.stride   = 16'd1;
      load_state.loaded   = query_q.issued;
      load_state.reserved = query_q.ended;
      if (from.any) begin
        load_state.load          = from.slot;
        load_state.abort_it      = 1'b0;
        load_state.skip_bytes    = from.bytes;
        load_state.skip_segments = from.segments;
        load_state.fold          = from.fold;
      end
    end
  end

  // -- completion of a framing error -------------------------------------------------------------------
  assign error_put = rewrite && ends && what_q == DoError && !resume_q;
  vmso_ring_error #(.QueueW(QueueW)) u_error (
    .clk, .rst_n, .room(error_room), .put_valid(error_put), .put_queue(queue_q),
    .put_slot(load_q.load), .put_framing(load_q.bad), .put_bad(bad_q), .put_config(config_q),
    .ctl_queue(queue_q), .holds(error_holds), .end_valid, .end_ready, .end_job
  );

  logic unused_bits;
  assign unused_bits = ^{command, where_q.queue, write_failed_queue, fc_fetch_state.fetch,
                         fc_fetch_state.sent_blocks, fc_fetch_state.tail,
                         fc_fetch_state.more, fc_seen.blocks,
                         config_q.base_ok,
                         config_q.log2_entries, query_q.in_debt, query_q.backlog};
endmodule : vmso_ring_ctl
