// SPDX-License-Identifier: Apache-2.0
// Chooses fairly among the queues, cuts their jobs at MSS, and orders each segment: its place in the
// order FIFO, its rows of the frame store, its reads.
//
// job_load     valid only; run_status of status_job is combinational, run_end of end_job registered
// fetch        valid/ready, with or after its order; order: valid only, order_frame = its number modulo
//              the frame slots; left gives slot and rows back
// choice       deficit round robin with debt: a queue keeps its turn until its balance (beats) is
//              negative, its next segment is not ready, or it has no job
// unload       one queue at a time, between turns: its jobs become discards
// hold_issue   no order or fetch is begun; issue_held: none is under way, run's fetches are done too
// query        registered, one cycle after query_queue; ctl likewise
// throughput   one order per two cycles within a turn
// reset        walks clear the tables; seg_ready low meanwhile
`include "vmso_assert.svh"
module vmso_seg
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_seg_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic          clk,
  input  logic          rst_n,
  output logic          seg_ready,
  input  logic          job_load_valid,
  input  job_load_t     job_load,
  input  logic          queue_config_valid,
  input  queue_config_t queue_config,
  input  logic          ready_event_valid,
  input  job_t          ready_event,
  output job_t          status_job,
  input  run_status_t   run_status,
  output job_t          end_job,
  input  run_end_t      run_end,
  output logic          fetch_valid,
  input  logic          fetch_ready,
  output fetch_t        fetch,
  output logic          order_valid,
  output order_t        order,
  output frame_t        order_frame,
  input  logic          left_valid,
  input  left_t         left,
  output logic          clear_valid,
  input  logic          clear_ready,
  output job_t          clear_job,
  input  logic          unload_valid,
  output logic          unload_ready,
  input  queue_t        unload_queue,
  output logic          unload_head_any,
  output slot_idx_t     unload_head_slot,
  output bytes_t        unload_head_segments,
  output bytes_t        unload_head_bytes,
  input  queue_t        query_queue,
  output logic [25:0]   query_issued_bytes,
  output logic          query_in_debt,
  input  queue_t        ctl_queue,
  output order_count_t  ctl_issued,
  input  logic          hold_issue,
  output logic          issue_held,
  input  logic          fetch_idle,
  input  logic [11:0]   store_limit,
  output logic          wake_valid,
  input  logic          wake_ready,
  output queue_t        wake_queue,
  output logic          count_segments,
  output logic          count_seg_busy,
  output logic          count_seg_blocked,
  output logic          count_seg_starved
);
  localparam int unsigned QueueW   = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned Depth    = 1 << QueueW;
  localparam int unsigned JobW     = $clog2(Cfg.jobs);
  localparam int unsigned BusBytes = Cfg.data_bits / 8;
  localparam int unsigned BeatW    = $clog2(BusBytes);
  localparam int unsigned Rows     = vmso_config_pkg::store_rows(Cfg);
  localparam int unsigned FrameW   = $clog2(Cfg.frame_slots);
  localparam int unsigned MaxBeats = (Cfg.max_frame + BusBytes - 1) / BusBytes;
  localparam int unsigned SlotBeats = 64 / BusBytes > 0 ? 64 / BusBytes : 1;
  typedef logic signed [23:0] balance_t;
  typedef logic [QueueW-1:0]  q_t;
  typedef logic [JobW-1:0]    j_t;

  typedef enum logic [3:0] {
    StIdle = 4'd0, StQueue = 4'd1, StJob = 4'd2, StLook = 4'd3, StAct = 4'd4, StTurnEnd = 4'd5,
    StUnJob = 4'd6, StUnLook = 4'd7, StUnClear = 4'd8, StUnDiscard = 4'd9, StUnEnd = 4'd10,
    StSkip = 4'd11
  } state_e;
  state_e state_q, state_d;

  // -- the lists ----------------------------------------------------------------------------------------------
  q_t   queue_q, pop_queue;
  logic list_cleared, jobs_cleared, pop_valid, pop_ready, relist_valid, relist_ready;
  logic loaded_valid, has_job, has_next, job_pop;
  j_t   loaded_job, head, next;

  vmso_seg_list #(.Cfg(Cfg)) u_list (
    .clk, .rst_n, .cleared(list_cleared),
    .load_valid(job_load_valid), .load_job(job_load.job[JobW-1:0]),
    .load_queue(job_load.queue[QueueW-1:0]),
    .event_valid(ready_event_valid), .event_job(ready_event[JobW-1:0]),
    .load_event_valid(loaded_valid), .load_event_job(loaded_job),
    .relist_valid, .relist_ready, .relist(queue_q), .pop_valid, .pop_ready, .pop(pop_queue)
  );
  vmso_seg_jobs #(.Cfg(Cfg)) u_jobs (
    .clk, .rst_n, .cleared(jobs_cleared),
    .load_valid(job_load_valid), .load_job(job_load.job[JobW-1:0]),
    .load_queue(job_load.queue[QueueW-1:0]), .loaded_valid, .loaded_job,
    .head_queue(queue_q), .has_job, .head, .has_next, .next, .pop(job_pop)
  );

  // -- tables by job ----------------------------------------------------------------------------------------
  seg_job_t  load_record, record;
  j_t        record_addr, job_q;
  logic      record_en, clearing_q, progress_we, taken_we;
  j_t        clear_q;
  progress_t progress_ram, progress_q, progress_d;
  logic [Cfg.jobs-1:0] begun_q, failed_q;
  logic [17:0] taken, taken_d;

  assign load_record = '{
    queue: job_load.queue, kind: job_load.kind, status: job_load.status, slot: job_load.slot,
    slots: job_load.slots, cookie: job_load.cookie,
    completion_wanted: job_load.completion_wanted, interrupt_wanted: job_load.interrupt_wanted,
    payload_bytes: job_load.payload_bytes, mss: job_load.mss, header_bytes: job_load.header_bytes,
    tmpl: job_load.tmpl, l4_mode: job_load.l4_mode, id_mode: job_load.id_mode,
    flag_profile: job_load.flag_profile, l3_offset: job_load.l3_offset,
    l4_offset: job_load.l4_offset, skip_bytes: job_load.skip_bytes,
    skip_segments: job_load.skip_segments
  };
  vmso_ram_1w1r #(.Depth(Cfg.jobs), .LaneBits($bits(seg_job_t))) u_record (
    .clk, .write_en(job_load_valid), .write_addr(job_load.job[JobW-1:0]), .write_data(load_record),
    .read_en(record_en), .read_addr(record_addr), .read_data(record)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(progress_t))) u_progress (
    .clk, .write_en(progress_we), .write_addr(job_q), .write_data(progress_d),
    .read_addr(job_q), .read_data(progress_ram)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(18)) u_taken (
    .clk, .write_en(clearing_q || taken_we), .write_addr(clearing_q ? clear_q : job_q),
    .write_data(clearing_q ? '0 : taken_d), .read_addr(job_q), .read_data(taken)
  );

  // -- tables by queue -----------------------------------------------------------------------------------------
  typedef struct packed {
    balance_t     balance;
    logic [25:0]  issued_bytes;
    order_count_t orders;
  } account_t;
  account_t     account_q, account_d;
  account_t     account_read [3];  // turn, query, controller
  logic         account_we, account_clearing_q;
  q_t           account_clear_q;
  logic [7:0]   weight;
  queue_weight_t config_weight;
  logic         queue_read_en;
  q_t           queue_read;

  assign config_weight = queue_weight_t'(queue_config.data);
  assign queue_read_en = state_q == StIdle;
  assign queue_read    = unload_valid ? unload_queue[QueueW-1:0] : pop_queue;
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(8)) u_weight (
    .clk, .write_en(queue_config_valid && queue_config.index == 3'd5),
    .write_addr(queue_config.queue[QueueW-1:0]), .write_data(config_weight.weight),
    .read_en(queue_read_en), .read_addr(queue_read), .read_data(weight)
  );
  for (genvar copy = 0; copy < 3; copy++) begin : gen_account
    vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(account_t))) u_account (
      .clk, .write_en(account_clearing_q || account_we),
      .write_addr(account_clearing_q ? account_clear_q : queue_q),
      .write_data(account_clearing_q ? '0 : account_d),
      .read_en(copy == 0 ? queue_read_en : 1'b1),
      .read_addr(copy == 0 ? queue_read
                 : copy == 1 ? query_queue[QueueW-1:0] : ctl_queue[QueueW-1:0]),
      .read_data(account_read[copy])
    );
  end
  assign query_issued_bytes = account_read[1].issued_bytes;
  assign query_in_debt      = account_read[1].balance[23];
  assign ctl_issued         = account_read[2].orders;

  // -- credits: frame slots and rows ----------------------------------------------------------------------------
  logic [FrameW:0]   slots_used_q;
  logic [FrameW-1:0] frame_q;
  logic [11:0]       rows_used_q, rows_wanted_q, row_limit_q;
  row_t              row_q;
  logic              slot_free, rows_free, emit, emit_rows;
  logic [11:0]       emitted_rows;

  assign slot_free    = slots_used_q != (FrameW+1)'(Cfg.frame_slots);
  assign rows_free    = rows_used_q + rows_wanted_q <= row_limit_q || rows_used_q == '0;
  assign emitted_rows = emit && emit_rows ? rows_wanted_q : '0;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      slots_used_q <= '0;
      rows_used_q  <= '0;
      frame_q      <= '0;
      row_q        <= '0;
    end else begin
      slots_used_q <= slots_used_q + (FrameW+1)'(emit) - (FrameW+1)'(left_valid);
      rows_used_q  <= rows_used_q + emitted_rows - (left_valid ? 12'(left.rows) : '0);
      if (emit) frame_q <= frame_q + 1'b1;
      row_q <= (row_q + row_t'(emitted_rows)) & row_t'(Rows - 1);
    end
  end
  always_ff @(posedge clk) begin
    row_limit_q <= 32'(store_limit) > Rows ? 12'(Rows) : store_limit;
  end

  // -- flags of the turn
  logic unloading_q, head_any_q, cur_failed, had_job_q, clear_begun_q, next_want;
  logic more_q;  // relist after this turn: work that was not refused, or a debt to pay
  seg_job_t next_record_q;

  // -- the job at work ---------------------------------------------------------------------------------------------
  seg_job_t  cur_q;
  logic      next_valid_q;   // record holds the next job of the queue
  j_t        next_job_q;
  logic      next_reading_q;
  bytes_t    rest;
  logic      needs_tmpl;
  // look: what is wanted and what is there
  logic signed [17:0] avail_q;
  run_status_t        status_q;
  pos_t               want_q;
  logic               last_q;
  logic [15:0]        cut;
  pos_t               want_d;
  logic [14:0]        frame_bytes;
  logic [11:0]        beats;

  assign rest       = cur_q.payload_bytes - progress_q.sent;
  assign needs_tmpl = cur_q.header_bytes != '0 && !progress_q.tmpl_fetched
                      && cur_q.status == StatusOk && cur_q.kind != KindNop;
  assign cut        = rest > bytes_t'(cur_q.mss) ? cur_q.mss : rest[15:0];
  assign want_d     = needs_tmpl ? pos_t'(cur_q.header_bytes) : pos_t'(cut);
  assign frame_bytes = 15'(cur_q.header_bytes) + 15'(pos_t'(cut));
  assign beats      = 12'((32'(frame_bytes) + BusBytes - 1) >> BeatW);
  assign status_job = job_t'(job_q);
  assign end_job    = job_t'(job_q);
  always_ff @(posedge clk) begin
    if (state_q == StLook) begin
      avail_q       <= $signed(run_status.ready_total - taken);
      status_q      <= run_status;
      want_q        <= want_d;
      last_q        <= 24'(cut) == rest;
      rows_wanted_q <= beats;
    end
  end

  // -- decide -----------------------------------------------------------------------------------------------------
  logic   refused, enough, act_frame, act_tmpl, act_end, act_fail, act_gather, leave, can_emit;
  logic   fetch_in_valid, fetch_in_ready, job_done, discard;
  fetch_t fetch_in;
  order_t order_d;
  logic [1:0] unused_fetch_count;

  assign refused    = cur_q.status != StatusOk || cur_q.kind == KindNop;
  assign enough     = avail_q >= $signed(18'(want_q));
  assign act_end    = refused;
  assign act_tmpl   = !refused && needs_tmpl && enough;
  assign act_frame  = !refused && !needs_tmpl && enough && (!last_q || status_q.chain_done);
  assign act_fail   = !refused && !act_tmpl && !act_frame && status_q.blocked;
  assign act_gather = !refused && !act_tmpl && !act_frame && !status_q.blocked && status_q.full
                      && !enough;
  assign leave      = !act_end && !act_tmpl && !act_frame && !act_fail && !act_gather;
  assign can_emit   = !hold_issue && fetch_in_ready && slot_free;

  logic act, act_go;
  assign act    = state_q == StAct && !leave;
  assign act_go = act && can_emit && (!act_frame || rows_free);
  assign emit   = (act_go && !act_tmpl) || discard;
  assign emit_rows = act_frame && !discard;
  assign job_done  = act_go && (act_end || (act_frame && last_q));

  always_comb begin
    fetch_in = '{
      job: job_t'(job_q), to_template: act_tmpl, tmpl: cur_q.tmpl, frame: frame_t'(frame_q),
      row: row_q, pos: act_tmpl ? '0 : pos_t'(cur_q.header_bytes),
      bytes: act_end ? '0 : want_q, job_last: job_done
    };
    fetch_in_valid = act_go && (act_tmpl || act_frame || act_end);
  end
  always_comb begin
    order_d = '{
      kind: OrderFrame, queue: cur_q.queue, last: last_q, slot: cur_q.slot, slots: cur_q.slots,
      cookie: cur_q.cookie, completion_wanted: cur_q.completion_wanted,
      interrupt_wanted: cur_q.interrupt_wanted, job_kind: cur_q.kind, l4_mode: cur_q.l4_mode,
      id_mode: cur_q.id_mode, flag_profile: cur_q.flag_profile,
      first: progress_q.segments == '0, job_bytes: cur_q.payload_bytes,
      segment: progress_q.segments, sent: progress_q.sent, bytes: want_q,
      header_bytes: cur_q.header_bytes, tmpl: cur_q.tmpl,
      tmpl_fetched: progress_q.tmpl_fetched, l3_offset: cur_q.l3_offset,
      l4_offset: cur_q.l4_offset, row: row_q, rows: row_t'(rows_wanted_q), status: StatusOk,
      cause: CauseNone, level: LevelNone, access: AccessPayload, va: '0
    };
    if (discard || act_end || act_fail || act_gather) begin
      order_d.kind  = discard ? OrderDiscard : act_end ? OrderEnd : OrderFail;
      order_d.last  = 1'b1;
      order_d.bytes = '0;
      order_d.rows  = '0;
      order_d.status = act_gather ? StatusNeedsGather : act_fail ? run_end.status : cur_q.status;
      if (act_fail && !discard) begin
        order_d.cause  = run_end.cause;
        order_d.level  = run_end.level;
        order_d.access = run_end.access;
        order_d.va     = run_end.va;
      end
    end
  end
  vmso_fifo #(.Bits($bits(fetch_t)), .Depth(2)) u_fetch (
    .clk, .rst_n, .in_valid(fetch_in_valid), .in_ready(fetch_in_ready), .in(fetch_in),
    .out_valid(fetch_valid), .out_ready(fetch_ready), .out(fetch), .count(unused_fetch_count)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) order_valid <= 1'b0;
    else order_valid <= emit;
  end
  always_ff @(posedge clk) begin
    order       <= order_d;
    order_frame <= frame_t'(frame_q);
  end

  // -- accounts of the turn ------------------------------------------------------------------------------------------
  logic [11:0] read_beats, cost;
  logic [11:0] load_cost;
  balance_t    quantum;
  logic        first_order;
  bytes_t      dropped_bytes;

  assign read_beats  = 12'((32'(want_q) + 2*BusBytes - 2) >> BeatW);
  assign load_cost   = 12'(SlotBeats) + 12'(32'(cur_q.header_bytes) >> BeatW);
  assign first_order = progress_q.segments == cur_q.skip_segments;
  assign cost = (act_frame ? (rows_wanted_q > read_beats ? rows_wanted_q : read_beats) : 12'd1)
                + (first_order ? load_cost : '0);
  assign quantum = $signed({16'b0, weight == '0 ? 8'd1 : weight}) * $signed(24'(MaxBeats));
  // payload that no frame will carry any more
  assign dropped_bytes = act_frame && !discard ? bytes_t'(want_q) : rest;

  always_comb begin
    account_d = account_q;
    if (state_q == StTurnEnd && !has_job && account_q.balance > 0) account_d.balance = '0;
  end
  always_ff @(posedge clk) begin
    if (state_q == StQueue) begin
      account_q <= account_read[0];
      if (!unloading_q) account_q.balance <= account_read[0].balance + quantum;
    end else if (emit) begin
      account_q.orders <= account_q.orders + 1'b1;
      if (!discard) account_q.balance <= account_q.balance - $signed(24'(cost));
      account_q.issued_bytes <= account_q.issued_bytes + 26'(dropped_bytes);
    end
  end
  assign account_we = state_q == StTurnEnd || state_q == StUnEnd;

  // -- progress of the job --------------------------------------------------------------------------------------------
  always_comb begin
    progress_d = progress_q;
    if (act_tmpl) progress_d.tmpl_fetched = 1'b1;
    if (act_frame) begin
      progress_d.segments = progress_q.segments + 1'b1;
      progress_d.sent     = progress_q.sent + bytes_t'(want_q);
    end
  end
  assign taken_d  = unloading_q ? run_status.ready_total : taken + 18'(want_q);
  assign taken_we = (act_go && (act_tmpl || act_frame))
                    || (state_q == StUnClear && clear_valid && clear_ready);
  assign progress_we = act_go && !job_done;
  assign cur_failed = failed_q[job_q];

  // -- the turn: next state --------------------------------------------------------------------------------------------
  logic job_over;
  assign job_over  = job_done;
  assign job_pop   = job_over || (state_q == StUnDiscard && (discard || cur_failed));
  assign pop_ready = state_q == StIdle && !unload_valid && !clearing_q && !wake_valid;
  assign discard   = state_q == StUnDiscard && !cur_failed && slot_free;
  // not while a fetch is under way, nor while a fence turns runs back; once begun it stands
  assign clear_valid = state_q == StUnClear
                       && (clear_begun_q || (!hold_issue && fetch_idle && !fetch_valid));
  assign clear_job   = job_t'(job_q);
  assign relist_valid = state_q == StSkip;
  assign unload_ready = state_q == StUnEnd;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle: if (!clearing_q && (unload_valid || (pop_valid && !wake_valid))) state_d = StQueue;
      // balance and weight are here; the head of the list is read
      StQueue: state_d = unloading_q ? StUnJob : StJob;
      // the head's record is here
      StJob: begin
        if (account_q.balance < 0) state_d = StTurnEnd;
        else if (!had_job_q) state_d = StTurnEnd;
        else state_d = StLook;
      end
      StLook: state_d = cur_failed ? StTurnEnd : StAct;
      StAct: begin
        // what was looked at may be of an old translation: look again until the hold ends
        if (hold_issue) state_d = StLook;
        else if (leave) state_d = StTurnEnd;
        else if (act_go) begin
          if (act_fail || act_gather) state_d = StTurnEnd;
          else if (!act_tmpl && account_q.balance < $signed(24'(cost))) state_d = StTurnEnd;
          else if (job_over) state_d = next_valid_q || next_reading_q ? StLook : StTurnEnd;
          else state_d = StLook;
        end
      end
      StTurnEnd: state_d = more_q ? StSkip : StIdle;
      StSkip: if (relist_ready) state_d = StIdle;
      StUnJob: state_d = has_job ? StUnLook : StUnEnd;
      StUnLook: state_d = StUnClear;
      StUnClear: if (clear_valid && clear_ready) state_d = StUnDiscard;
      StUnDiscard: if (job_pop) state_d = StUnJob;
      default: state_d = StIdle;  // StUnEnd
    endcase
  end

  // -- the turn: registers ---------------------------------------------------------------------------------------------
  logic load_cur, load_next;

  assign load_next = job_over && state_d == StLook;
  assign load_cur  = state_q == StJob || state_q == StUnLook;
  // record port: the head while a turn begins, the job behind the current one afterwards
  assign record_en   = state_q == StQueue || state_q == StUnJob || next_want;
  assign record_addr = state_q == StQueue || state_q == StUnJob ? head : next;
  assign next_want = (state_q == StLook || state_q == StAct) && !next_valid_q && !next_reading_q
                     && has_next && !job_pop;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q        <= StIdle;
      unloading_q    <= 1'b0;
      next_valid_q   <= 1'b0;
      next_reading_q <= 1'b0;
      more_q         <= 1'b0;
      head_any_q     <= 1'b0;
      begun_q        <= '0;
      failed_q       <= '0;
      wake_valid     <= 1'b0;
      clear_begun_q  <= 1'b0;
    end else begin
      state_q <= state_d;
      clear_begun_q <= clear_valid && !clear_ready;
      if (state_q == StIdle) unloading_q <= unload_valid && !clearing_q;
      if (job_load_valid) begin
        begun_q[job_load.job[JobW-1:0]]  <= 1'b0;
        failed_q[job_load.job[JobW-1:0]] <= 1'b0;
      end
      if (progress_we) begun_q[job_q] <= 1'b1;
      if (act_go && (act_fail || act_gather)) failed_q[job_q] <= 1'b1;
      // the job behind: its record comes one cycle after it was asked for
      next_reading_q <= next_want;
      if (next_reading_q) next_valid_q <= 1'b1;
      if (load_next || state_q == StQueue || state_q == StTurnEnd) next_valid_q <= 1'b0;
      if (state_q == StIdle || load_next) next_reading_q <= 1'b0;
      // why the turn ends
      if (state_q == StJob) more_q <= account_q.balance < 0;
      if (state_q == StLook && cur_failed) more_q <= 1'b0;
      if (state_q == StAct) begin
        if (leave) more_q <= 1'b0;
        else if (act_go) more_q <= !(act_fail || act_gather);
      end
      if (state_q == StIdle) head_any_q <= 1'b0;
      if (state_q == StUnClear && !head_any_q && !cur_failed) head_any_q <= 1'b1;
      // ring looks again when a turn has ended: something was issued, or a debt was paid
      if (state_q == StTurnEnd) wake_valid <= 1'b1;
      else if (wake_ready) wake_valid <= 1'b0;
    end
  end
  always_ff @(posedge clk) begin
    if (state_q == StIdle) queue_q <= queue_read;
    if (state_q == StQueue) had_job_q <= has_job;
    if (state_q == StTurnEnd) wake_queue <= queue_t'(queue_q);
    if (state_q == StQueue || state_q == StUnJob) job_q <= head;
    if (load_cur) cur_q <= record;
    if (load_next) begin
      job_q <= next_job_q;
      cur_q <= next_reading_q ? record : next_record_q;
    end
    if (next_want) next_job_q <= next;
    if (next_reading_q) next_record_q <= record;
    if (state_q == StUnClear && !head_any_q && !cur_failed) begin
      unload_head_slot     <= cur_q.slot;
      unload_head_segments <= progress_q.segments;
      unload_head_bytes    <= progress_q.sent;
    end
  end
  assign unload_head_any = head_any_q;

  // progress: from the table for a job that has begun, else from its load record
  seg_job_t begin_record;
  j_t       begin_job;
  assign begin_record = load_next ? (next_reading_q ? record : next_record_q) : record;
  assign begin_job    = load_next ? next_job_q : job_q;
  always_ff @(posedge clk) begin
    if (load_cur || load_next) begin
      if (load_cur && begun_q[begin_job]) progress_q <= progress_ram;
      else progress_q <= '{tmpl_fetched: 1'b0, segments: begin_record.skip_segments,
                           sent: begin_record.skip_bytes};
    end else if (act_go) begin
      progress_q <= progress_d;
    end
  end

  // -- clearing walks --------------------------------------------------------------------------------------------------
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      clearing_q         <= 1'b1;
      account_clearing_q <= 1'b1;
      clear_q            <= '0;
      account_clear_q    <= '0;
    end else begin
      if (clearing_q) clear_q <= clear_q + 1'b1;
      if (clear_q == '1) clearing_q <= 1'b0;
      if (account_clearing_q) account_clear_q <= account_clear_q + 1'b1;
      if (account_clear_q == '1) account_clearing_q <= 1'b0;
    end
  end
  assign seg_ready = list_cleared && jobs_cleared && !clearing_q && !account_clearing_q;

  assign issue_held = hold_issue && !clear_begun_q && fetch_idle && !fetch_valid && !order_valid;
  assign count_segments    = act_go && act_frame;
  assign count_seg_busy    = act_go;
  assign count_seg_blocked = act && !act_go;
  assign count_seg_starved = state_q == StIdle && !pop_valid;

  logic unused_bits;
  assign unused_bits = ^{queue_config.queue, config_weight.reserved, job_load.template_ref,
                         job_load.buffer0, job_load.buffer1, job_load.contexts, left.queue,
                         account_read[1].orders, account_read[2].balance,
                         account_read[2].issued_bytes, account_read[1].balance[22:0],
                         query_queue, ctl_queue, unload_queue, job_load.job, job_load.queue,
                         ready_event, unused_fetch_count, status_q.ready_total,
                         cur_q.skip_bytes, begin_record};

`ifdef VMSO_CHECKS
  `VMSO_INTG(LeftWasIssued, !left_valid || slots_used_q != '0)
  `VMSO_IMPL(RowsInRange, 32'(rows_used_q) <= Rows)
`endif
endmodule : vmso_seg
