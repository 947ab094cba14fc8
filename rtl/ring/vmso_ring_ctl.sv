// SPDX-License-Identifier: Apache-2.0
// Queue controller: commands, failed queues and framing errors, one queue at a time.
//
// A queue that leaves RUN is unloaded: nothing more of it is handed to job (blocked); seg turns its
// loaded jobs into discards and tells the first job that was not issued whole; then every order of
// the queue has to leave, every prefetched batch of it, and every end of it has to reach cpl. After
// that nothing of the queue is on chip but its state, which is written anew:
//   STOP       STOPPED, goes on at the first job not issued whole, skipping what was issued
//   RESET      OFF, indices 0 (cpl's too); out drops the queue's frames (flush_set before the unload)
//   fail       from out: RUN again, at resume_slot. A fail that comes in during another unload wins:
//              its resume_slot is taken, nothing is skipped
//   framing    ERROR with one completion; also if a completion could not be written, then without one
// ABORT in STOPPED marks a job that was sent in part: after ENABLE it ends as aborted.
// ENABLE       from OFF (the ring must be well formed) or STOPPED. Other commands are ignored: sticky
// fail         accepted within two cycles, whatever the controller does
// out_end_*    the channel of ends from out to cpl: ends that out has made before its last order left
//              are known to have passed when 16 transfers or 8 cycles without valid were seen
// fc           state of `queue`: fc_* and fc_query of this cycle are its own if the flags say so
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
  output logic              command_ready,
  input  queue_command_t    command,
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
  // state of the queue
  output logic [QueueW-1:0] queue,
  output logic              query_en,
  input  logic              fc_mine,
  input  logic              fc_query_mine,
  input  queue_state_e      fc_state,
  input  load_state_t       fc_load_state,
  input  fetch_state_t      fc_fetch_state,
  input  bad_t              fc_bad,
  input  ring_config_t      fc_config,
  input  query_t            fc_query,
  input  logic              fetch_busy,     // the fetcher works on this queue
  output logic              state_en,
  output queue_state_e      state,
  output logic              load_state_en,  // waits for load_state_ready
  input  logic              load_state_ready,
  output load_state_t       load_state,
  output logic              producer_clear,
  output logic              event_valid,
  input  logic              event_ready,
  output logic              blocked,
  output logic              give_up,
  // other rooms
  output logic              unload_valid,
  input  logic              unload_ready,
  input  unload_head_t      unload_head,
  input  order_count_t      ctl_issued,
  input  order_count_t      ctl_left,
  input  logic              out_end_valid,
  input  logic              out_end_ready,
  output logic              flush_set_valid,
  input  logic              flush_set_ready,
  output logic              flush_clear_valid,
  input  logic              flush_clear_ready,
  output logic              queue_reset_valid,
  input  logic              queue_reset_ready,
  output logic              end_valid,
  input  logic              end_ready,
  output job_end_t          end_job,
  output logic              sticky_ignored,
  output logic              sticky_error
);
  localparam int unsigned Queues = 1 << QueueW;

  typedef enum logic [4:0] {
    WaitRequest = 5'd0, WaitLook = 5'd1, Block = 5'd3, WaitFlushSet = 5'd4,
    WaitDrain = 5'd5, WaitUnload = 5'd6, WaitLeft = 5'd7, WaitEnds = 5'd8, WaitFlushClear = 5'd9,
    WaitState = 5'd10, WaitCompletion = 5'd11, WaitCpl = 5'd12, WaitWrite = 5'd13,
    WaitEvent = 5'd14, Finish = 5'd15, Mark = 5'd16
  } ctl_fsm_e;
  typedef enum logic [2:0] {
    DoStop = 3'd0, DoReset = 3'd1, DoFail = 3'd2, DoError = 3'd3, DoWriteError = 3'd4
  } what_e;

  // -- requests --------------------------------------------------------------------------------------
  // A fail is kept per queue until its FLUSH is cleared.
  logic              fail_take, fail_pending, fail_drop, fails_ready, attention_ready;
  logic [QueueW-1:0] fail_queue;
  slot_idx_t         resume_slot;

  assign fail_queue       = queue_fail.queue[QueueW-1:0];
  assign queue_fail_ready = ready;
  assign fail_take        = queue_fail_valid && queue_fail_ready;
  vmso_flags #(.Num(Queues)) u_fails (
    .clk, .rst_n, .ready(fails_ready), .put_valid(fail_take), .put(fail_queue),
    .drop_valid(fail_drop), .drop(queue), .ask(queue), .is_in(fail_pending)
  );
  vmso_ram_1w1r #(.Depth(Queues), .LaneBits(16)) u_resume_slot (
    .clk, .write_en(fail_take), .write_addr(fail_queue), .write_data(queue_fail.resume_slot),
    .read_en(1'b1), .read_addr(queue), .read_data(resume_slot)
  );

  // Queues that need attention: failed in out, or a framing error.
  logic              attention_push, attention_valid, attention_take;
  logic [QueueW-1:0] attention_in, attention;
  assign load_bad_ready  = attention_ready && !fail_take;
  assign fetch_bad_ready = attention_ready && !fail_take && !load_bad_valid;
  assign attention_push  = fail_take || load_bad_valid || fetch_bad_valid;
  assign attention_in    = fail_take ? fail_queue : load_bad_valid ? load_bad : fetch_bad;
  vmso_ring_list #(.Num(Queues)) u_attention (
    .clk, .rst_n, .ready(attention_ready), .push_valid(attention_push), .push(attention_in),
    .pop_valid(attention_valid), .pop_ready(attention_take), .pop(attention)
  );

  logic              command_in_valid, command_take, failed_valid, failed_take, unused_failed_ready;
  logic [QueueW+2:0] command_in;
  logic [QueueW-1:0] failed;
  logic [4:0]        unused_command_count;
  vmso_fifo #(.Bits(QueueW + 3), .Depth(16)) u_command (
    .clk, .rst_n, .in_valid(command_valid), .in_ready(command_ready),
    .in({command.queue[QueueW-1:0], command.cmd}),
    .out_valid(command_in_valid), .out_ready(command_take), .out(command_in),
    .count(unused_command_count)
  );
  // a list, not a FIFO: all writes in flight may fail, and the last one of a queue fails only once
  vmso_ring_list #(.Num(Queues)) u_failed (
    .clk, .rst_n, .ready(unused_failed_ready), .push_valid(write_failed_valid),
    .push(write_failed_queue[QueueW-1:0]),
    .pop_valid(failed_valid), .pop_ready(failed_take), .pop(failed)
  );

  // -- state -------------------------------------------------------------------------------------------
  ctl_fsm_e          fsm_q, fsm_d;
  what_e             what_q, what_d;
  logic [QueueW-1:0] queue_q;
  queue_cmd_e        cmd_q;        // CmdNone: attention
  logic              write_failed_q;
  logic [4:0]        count_q;      // cycles waited; transfers seen
  logic [3:0]        quiet_q;
  logic              decide, rewrite, bad_now, framing_q;
  unload_head_t      head_q;
  load_state_t       load_q;
  query_t            query_q;
  logic              resume_q;     // a fail decides where to go on
  slot_idx_t         bad_slot_q;
  bad_t              bad_q;
  logic              fetch_gen_q;
  ring_config_t      config_q;

  assign ready          = attention_ready && fails_ready;
  assign attention_take = fsm_q == WaitRequest && ready;
  assign command_take   = attention_take && !attention_valid;
  assign failed_take    = command_take && !command_in_valid;
  assign queue          = queue_q;
  assign query_en       = fsm_q == WaitState;

  // -- decide ------------------------------------------------------------------------------------------
  logic shape_ok, partly_sent, ignore, enable, mark, unload;
  assign bad_now  = fc_load_state.bad
                    || (fc_fetch_state.bad && fc_fetch_state.gen == fc_load_state.gen);
  assign shape_ok = fc_config.base_ok && fc_config.log2_slots >= 4'd2
                    && fc_config.log2_entries != '0;
  assign partly_sent = fc_load_state.skip_segments != '0;
  always_comb begin
    what_d = DoStop;
    ignore = 1'b0;
    enable = 1'b0;
    mark   = 1'b0;
    unload = 1'b0;
    if (write_failed_q) begin
      what_d = DoWriteError;
      unload = fc_state == QueueRun || fc_state == QueueStopped;
    end else begin
      unique case (cmd_q)
        CmdNone: begin
          what_d = fail_pending ? DoFail : DoError;
          unload = fc_state == QueueRun && (fail_pending || bad_now);
        end
        CmdEnable: begin
          enable = fc_state == QueueStopped || (fc_state == QueueOff && shape_ok);
          ignore = !enable;
        end
        CmdStop: begin
          what_d = DoStop;
          unload = fc_state == QueueRun;
          ignore = !unload;
        end
        CmdReset: begin
          what_d = DoReset;
          unload = 1'b1;
        end
        CmdAbort: begin
          mark   = fc_state == QueueStopped && partly_sent;
          ignore = !mark;
        end
        default: ignore = 1'b1;
      endcase
    end
  end

  // -- sequence ------------------------------------------------------------------------------------------
  logic quiet, ends_passed;
  assign decide      = fsm_q == WaitLook && fc_mine && count_q >= 5'd2;
  assign quiet       = fc_mine && count_q >= 5'd8 && ctl_issued == ctl_left
                       && fc_fetch_state.sent == fc_load_state.seen && !fetch_busy;
  assign ends_passed = count_q == 5'd16 || quiet_q == 4'd8;

  always_comb begin
    fsm_d = fsm_q;
    unique case (fsm_q)
      WaitRequest: begin
        if (ready && (attention_valid || command_in_valid || failed_valid)) fsm_d = WaitLook;
      end
      WaitLook: begin
        if (decide) fsm_d = unload ? Block : enable ? WaitEvent : mark ? Mark : WaitRequest;
      end
      Mark:        if (load_state_ready) fsm_d = Finish;
      Block:       fsm_d = what_q == DoReset ? WaitFlushSet : WaitDrain;
      WaitFlushSet: if (flush_set_ready) fsm_d = WaitDrain;
      WaitDrain:   if (count_q >= 5'd12 && !fetch_busy) fsm_d = WaitUnload;
      WaitUnload:  if (unload_ready) fsm_d = WaitLeft;
      WaitLeft:    if (quiet) fsm_d = WaitEnds;
      WaitEnds:    if (ends_passed) fsm_d = WaitFlushClear;
      WaitFlushClear: if (flush_clear_ready) fsm_d = WaitState;
      WaitState: begin
        if (fc_query_mine && fc_mine && count_q >= 5'd2) begin
          fsm_d = what_q == DoError && !resume_q ? WaitCompletion
                : what_q == DoReset ? WaitCpl : WaitWrite;
        end
      end
      WaitCompletion: if (end_ready) fsm_d = WaitWrite;
      WaitCpl:     if (queue_reset_ready) fsm_d = WaitWrite;
      WaitWrite:   if (load_state_ready) fsm_d = WaitEvent;
      WaitEvent:   if (event_ready) fsm_d = Finish;
      Finish:      fsm_d = WaitRequest;
      default:     fsm_d = WaitRequest;
    endcase
  end

  always_ff @(posedge clk) begin
    if (!rst_n) fsm_q <= WaitRequest;
    else fsm_q <= fsm_d;
  end
  always_ff @(posedge clk) begin
    if (fsm_q != fsm_d) count_q <= '0;
    else if (fsm_q == WaitEnds) count_q <= count_q + 5'(out_end_valid && out_end_ready);
    else if (count_q != '1) count_q <= count_q + 5'd1;
    if (fsm_q != WaitEnds || out_end_valid) quiet_q <= '0;
    else quiet_q <= quiet_q + 1'b1;

    if (fsm_q == WaitRequest) begin
      queue_q        <= attention_valid ? attention
                      : command_in_valid ? command_in[QueueW+2:3] : failed;
      cmd_q          <= attention_valid || !command_in_valid ? CmdNone
                      : queue_cmd_e'(command_in[2:0]);
      write_failed_q <= !attention_valid && !command_in_valid;
    end
    if (decide) begin
      what_q     <= what_d;
      bad_q      <= fc_bad;
      config_q   <= fc_config;
      framing_q  <= fc_load_state.bad;
      bad_slot_q <= fc_load_state.load;
    end
    if (fsm_q == WaitUnload) head_q <= unload_head;
    if (fsm_q == WaitFlushClear) resume_q <= fail_pending && what_q != DoReset;
    if (fsm_q == WaitState || decide) begin
      load_q  <= fc_load_state;
      fetch_gen_q <= fc_fetch_state.gen;
      query_q <= fc_query;
    end
  end
  assign fail_drop = fsm_q == WaitFlushClear && flush_clear_ready;

  assign blocked           = !(fsm_q inside {WaitRequest, WaitLook, Finish, Mark})
                             && !(fsm_q == WaitEvent && cmd_q == CmdEnable);
  assign give_up           = fsm_q == WaitLeft;
  assign unload_valid      = fsm_q == WaitUnload;
  assign flush_set_valid   = fsm_q == WaitFlushSet;
  assign flush_clear_valid = fsm_q == WaitFlushClear;
  assign queue_reset_valid = fsm_q == WaitCpl;
  assign event_valid       = fsm_q == WaitEvent;
  assign sticky_ignored    = decide && ignore;
  assign sticky_error      = fsm_q == Block && (what_q == DoError || what_q == DoWriteError);
  assign producer_clear    = fsm_q == WaitWrite && what_q == DoReset;

  // -- what is written -------------------------------------------------------------------------------
  // The state changes first (FLUSH) and last; a queue that runs again is listed after that.
  queue_state_e final_state;
  always_comb begin
    unique case (what_q)
      DoStop:       final_state = QueueStopped;
      DoReset:      final_state = QueueOff;
      DoFail:       final_state = QueueRun;
      DoError:      final_state = resume_q ? QueueRun : QueueError;
      default:      final_state = QueueError;
    endcase
  end
  assign rewrite = fsm_q == WaitWrite && load_state_ready;
  always_comb begin
    state_en = 1'b0;
    state    = QueueFlush;
    if (decide && unload) begin
      state_en = 1'b1;
    end else if (decide && enable) begin
      state_en = 1'b1;
      state    = QueueRun;
    end else if (rewrite) begin
      state_en = 1'b1;
      state    = final_state;
    end
  end

  assign load_state_en = fsm_q == WaitWrite || fsm_q == Mark;
  always_comb begin
    load_state = load_q;
    if (fsm_q == Mark) begin
      load_state.abort_it = 1'b1;
    end else begin
      // the fetcher starts anew: not its own last one, which may be two turns old and marked bad
      load_state.gen      = !fetch_gen_q;
      load_state.bad      = 1'b0;
      load_state.hint     = '0;
      load_state.stride   = 16'd1;
      load_state.loaded   = query_q.issued;
      load_state.reserved = query_q.ended;
      if (what_q == DoReset) begin
        load_state.load          = '0;
        load_state.abort_it         = 1'b0;
        load_state.skip_bytes    = '0;
        load_state.skip_segments = '0;
      end else if (resume_q) begin
        load_state.load          = resume_slot;
        load_state.abort_it         = 1'b0;
        load_state.skip_bytes    = '0;
        load_state.skip_segments = '0;
      end else if (head_q.any) begin
        load_state.load          = head_q.slot;
        load_state.abort_it         = 1'b0;
        load_state.skip_bytes    = head_q.bytes;
        load_state.skip_segments = head_q.segments;
      end
    end
  end

  // -- completion of a framing error -----------------------------------------------------------------
  logic [49:0] bad_line;
  slot_idx_t   bad_place;
  assign bad_place = bad_slot_q & ring_mask(config_q.log2_slots);
  assign bad_line  = config_q.base + 50'(bad_place);
  assign end_valid = fsm_q == WaitCompletion;
  always_comb begin
    end_job        = '0;
    end_job.queue  = queue_t'(queue_q);
    end_job.slot   = bad_slot_q;
    end_job.write  = 1'b1;
    end_job.irq    = 1'b1;
    end_job.level  = LevelNone;
    end_job.cookie = framing_q ? bad_q.cookie : '0;
    end_job.status = StatusDoorbell;
    if (framing_q) begin
      unique case (bad_q.code)
        BadSlotCount: end_job.status = StatusSlotCount;
        BadChain:     end_job.status = StatusChainBeyond;
        default: begin
          end_job.access = AccessSlot;
          end_job.va     = {8'b0, bad_line, 6'b0};
          unique case (bad_q.code)
            BadSlvErr: begin
              end_job.status = StatusBus;
              end_job.cause  = CauseDataSlvErr;
            end
            BadDecErr: begin
              end_job.status = StatusBus;
              end_job.cause  = CauseDataDecErr;
            end
            BadWindow: begin
              end_job.status = StatusFault;
              end_job.cause  = CauseDataWindow;
            end
            default: begin
              end_job.status = StatusTimeout;
              end_job.cause  = CauseBusTimeout;
            end
          endcase
        end
      endcase
    end
  end

  logic unused_bits;
  assign unused_bits = ^{command.queue, queue_fail.queue, write_failed_queue, fc_fetch_state.fetch,
                         fc_fetch_state.sent_blocks, config_q.base_ok,
                         config_q.log2_entries, query_q.in_debt, query_q.backlog};
endmodule : vmso_ring_ctl
