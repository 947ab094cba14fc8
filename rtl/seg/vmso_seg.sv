// SPDX-License-Identifier: Apache-2.0
// Chooses fairly among the queues, cuts their jobs at MSS, and orders each segment: its place in
// the order FIFO, its rows of the frame store, its reads.
//
// job_load     valid only, at most every second cycle, after seg_ready
// ready_event  valid only, not before run_status shows what it tells of, nor in the cycle after
//              job_load
// run_status   of status_job, combinational; run_end of end_job, one cycle later
// lane_landed  valid only: bytes of the gather lane's that have landed. A segment that the runs cannot cover
//              goes there part by part, see vmso_seg_gather; only its own queue waits for it
// fetch        valid/ready, in the cycle of its order or later; order: valid only, order_frame =
//              its number modulo the frame slots; left gives slot and rows back
// choice       deficit round robin with debt. A turn that begins with nothing to spend gets one quantum,
//              and goes to the tail if that does not pay the debt. A queue keeps its turn until it has
//              spent all, its next segment is not ready, or it has no job; the only one that wants a turn
//              keeps it. A queue leaves the round with something to spend, never more than a quantum, and
//              keeps that: what it sends next is part of the same turn, before those that wait for theirs. Who
//              fills the gather lane has every second turn until the segment is whole, so that nobody waits for
//              the lane longer than that takes, and pays for it afterwards
// cost         see vmso_seg_charge, and vmso_seg_debits for slots and page-table lines: in the balance when
//              the next turn begins
// preempt      while entry_wanted: the queue has begun a long job and holds more than it, or has sent much of
//              it since it was loaded, in bytes or in segments, or it has jobs and waits for its rate's next
//              period, or for the first time since its last order for the gather lane, or is deep in debt after
//              it has paid: others are to have its job entries
// rate         a queue that has sent what it may waits for the next period, see vmso_seg_rate
// unload       one queue at a time, and of it one job between two orders of the others: its jobs leave
//              their list and die in `run` (fetch.kill), its account stays. Nobody waits for their walks
// hold_issue   no fetch is begun; issue_held, one cycle later: none is under way, run's are done
//              too
// query        registered, one cycle after query_queue; ctl likewise. wake comes after they show it
// throughput   one order per two cycles, also if every order has its own job, or its own queue
// latency      a lone job has its order 3 cycles after its bytes are ready, at the earliest 8 after
//              its load
// reset        a walk clears the tables; seg_ready low meanwhile
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
  output logic          frame_open_valid,
  output frame_t        frame_open,
  input  logic          lane_landed_valid,
  input  pos_t          lane_landed,
  input  logic          left_valid,
  input  left_t         left,
  output logic          tmpl_drop_valid,
  output tmpl_drop_t    tmpl_drop,
  input  logic          unload_valid,
  output logic          unload_ready,
  input  queue_t        unload_queue,
  output logic          unload_head_any,
  output slot_idx_t     unload_head_slot,
  output bytes_t        unload_head_segments,
  output bytes_t        unload_head_bytes,
  output fold_t         unload_head_fold,
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
  input  logic          entry_wanted,
  output logic          preempt_valid,
  output queue_t        preempt_queue,
  // charges and limits
  input  logic          slot_debit_valid,
  input  queue_t        slot_debit_queue,
  input  logic [5:0]    slot_debit_beats,
  input  logic          walk_debit_valid,
  input  queue_t        walk_debit_queue,
  input  logic [15:0]   rate_period,
  output logic          count_segments,
  output logic          count_seg_busy,
  output logic          count_seg_blocked,
  output logic          count_seg_starved
);
  localparam int unsigned QueueW   = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned JobW     = $clog2(Cfg.jobs);
  localparam int unsigned DeepBits = $clog2(Cfg.max_frame / vmso_config_pkg::bus_bytes(Cfg));
  localparam bytes_t      LongRest = bytes_t'(16384);  // left of a job that is long
  localparam int unsigned SentBits = 16;  // 2^SentBits bytes sent of it are much
  localparam int unsigned CutBits  = 7;   // and so are 2^CutBits segments: tiny ones cost more
  localparam int unsigned InitW    = QueueW > JobW ? QueueW : JobW;
  typedef logic [QueueW-1:0] q_t;
  typedef logic [JobW-1:0]   j_t;
  if (Cfg.jobs < 4 || Cfg.jobs > 256 || Cfg.jobs != 2**JobW) begin : gen_bad_jobs
    $error("vmso_seg: jobs = %0d, but it must be a power of two from 4 to 256", Cfg.jobs);
  end

  typedef enum logic [2:0] {
    WaitTurn = 3'd0,    // no queue has its turn
    Look = 3'd1,        // what can its job do?
    Act = 3'd2,         // do it, or wait for credits
    WaitRecord = 3'd3,  // of the job behind
    Unload = 3'd4       // a queue is unloaded
  } state_e;
  state_e state_q, state_d;

  // -- init: walk over all tables -----------------------------------------------------------------
  logic             init;
  logic [InitW-1:0] init_index;
  vmso_clear_walk #(.Num(2**InitW)) u_walk (.clk, .rst_n, .clearing(init), .index(init_index));
  logic debits_ready;
  assign seg_ready = !init && debits_ready;

  // -- lists, accounts, the next turn -------------------------------------------------------------
  q_t       init_queue, load_queue, pop, look_queue, account_queue, turn_queue;
  j_t       load_job, look_head, next, turn_head, event_job;
  logic     load_quiet, load_idle, fresh_valid, fresh_ready, put_valid, look_any, next_any;
  logic     event_valid, visit_ready, pop_valid, pop_ready, pop_first, kept, turn_valid, turn_ready,
            turn_first, turn_any;
  q_t       fresh_queue, put_queue;
  account_t turn_account;
  balance_t turn_quantum;
  // the queue and the job at work
  q_t       queue_q;
  j_t       job_q;
  seg_job_t cur_q;
  account_t account_q, account_d;
  balance_t quantum_q;
  bytes_t   rest_q;
  logic     has_job_q;   // job_q, cur_q, rest_q are valid
  logic     idle_q;      // nobody has or wants a turn
  logic     arrived_q;   // the empty queue got a job since
  logic     fresh_q;     // the turn has not looked at a job yet
  // what a cycle decides
  logic     un_due, un_yields, un_start, un_reads, un_loads, un_kills, un_ends, un_busy, act_go;
  logic     unloading, job_pop, turn_over, turn_again, turn_hold, rate_passes, rate_pass, passed_q,
            back_valid_q, back_again_q;
  logic     back_rate_q, back_lane_q, back_hold_q, held_valid, held_ready, over_rate;
  logic     turn_lane, turn_soon, back_soon_q;
  logic     rate_held_valid, rate_held_ready, lane_held_valid, lane_held_ready;
  q_t       held, rate_held, lane_held;
  limit_t   turn_limit, limit_q;
  rate_t    rate_passed, rate_after;
  debit_t   turn_debit;
  logic     write_q, write_fills_q, account_we;
  q_t       back_q, write_queue_q;
  account_t write_account_q;
  queue_weight_t config_weight;

  assign init_queue = init_index[QueueW-1:0];
  assign load_queue = job_load.queue[QueueW-1:0];
  assign load_job   = job_load.job[JobW-1:0];
  assign load_quiet = job_load.status != StatusOk || job_load.kind == KindNop;
  vmso_seg_jobs #(.Cfg(Cfg)) u_jobs (
    .clk, .rst_n, .init_valid(init), .init_queue, .load_valid(job_load_valid), .load_job,
    .load_queue, .load_quiet, .load_idle, .event_valid(ready_event_valid),
    .event_job(ready_event[JobW-1:0]), .head_event_valid(event_valid), .head_event_job(event_job),
    .idle(idle_q), .visit_valid(un_ends && write_q), .visit_ready,
    .visit_queue(unload_queue[QueueW-1:0]), .fresh_valid, .fresh_ready, .fresh_queue, .put_valid,
    .put_queue, .look_queue,
    .look_any, .look_head, .cur_job(job_q), .next_any, .next, .pop(job_pop), .pop_queue(queue_q)
  );
  vmso_seg_list #(.Cfg(Cfg)) u_list (
    .clk, .rst_n, .init_valid(init), .init_queue, .load_valid(job_load_valid), .load_job,
    .load_queue, .job_event_valid(event_valid), .job_event(event_job), .fresh_valid, .fresh_ready,
    .fresh_queue, .credit_valid(write_q), .credit_queue(write_queue_q),
    .credit(write_account_q.balance > 0 || write_fills_q), .pop_valid, .pop_ready, .pop, .pop_first,
    .back_valid(back_valid_q),
    .back_again(back_again_q), .back_soon(back_soon_q), .back_hold(back_hold_q), .back(back_q),
    .held_valid, .held_ready, .held
  );
  assign config_weight = queue_weight_t'(queue_config.data);
  vmso_seg_accounts #(.Cfg(Cfg)) u_accounts (
    .clk, .init_valid(init), .init_queue,
    .weight_valid(queue_config_valid && queue_config.index == 3'd5),
    .weight_queue(queue_config.queue[QueueW-1:0]), .weight(config_weight.weight),
    .write_valid(write_q), .write_queue(write_queue_q), .write(write_account_q),
    .turn_queue(account_queue), .turn_account, .turn_quantum,
    .query_queue(query_queue[QueueW-1:0]), .query_issued_bytes, .query_in_debt,
    .ctl_queue(ctl_queue[QueueW-1:0]), .ctl_issued
  );
  cut_t cut;  // the frame at hand
  vmso_seg_debits #(.Queues(Cfg.queues), .LineBeats(512 / Cfg.data_bits)) u_debits (
    .clk, .rst_n, .ready(debits_ready), .slot_valid(slot_debit_valid),
    .slot_queue(slot_debit_queue[QueueW-1:0]), .slot_beats(slot_debit_beats),
    .walk_valid(walk_debit_valid), .walk_queue(walk_debit_queue[QueueW-1:0]),
    .look_queue(account_queue), .debit(turn_debit)
  );
  vmso_seg_rate #(.Queues(Cfg.queues)) u_rate (
    .clk, .rst_n, .init_valid(init), .init_queue,
    .config_valid(queue_config_valid && queue_config.index == 3'd6),
    .config_queue(queue_config.queue[QueueW-1:0]), .config_rate(queue_rate_t'(queue_config.data)),
    .period(rate_period), .limit_queue(account_queue), .turn_limit,
    .limit(limit_q), .account(account_q.rate), .passes(rate_passes), .passed(rate_passed),
    .over(over_rate),
    .frame_bytes(pos_t'(cut.total + pos_t'(added_bytes(cur_q.header_bytes, cur_q.tag)))),
    .after(rate_after), .hold_valid(back_valid_q && back_rate_q), .hold_queue(back_q),
    .again_valid(rate_held_valid), .again_ready(rate_held_ready), .again_queue(rate_held)
  );
  // tokens that were kept elsewhere
  assign held_valid      = lane_held_valid || rate_held_valid;
  assign held            = lane_held_valid ? lane_held : rate_held;
  assign lane_held_ready = held_ready;
  assign rate_held_ready = held_ready && !lane_held_valid;
  vmso_seg_turn #(.Cfg(Cfg)) u_turn (
    .clk, .rst_n, .pop_valid, .pop_ready, .pop, .pop_first, .may_swap(count_seg_blocked),
    .hold_turn(unloading),
    .hold_queue(unload_queue[QueueW-1:0]), .account_queue, .look_queue, .look_any, .look_head,
    .kept, .turn_valid, .turn_ready, .turn_queue, .turn_first, .turn_any, .turn_head
  );

  // -- unload ---------------------------------------------------------------------------------------
  vmso_seg_unload u_unload (
    .clk, .rst_n, .unload_valid, .unload_ready, .head_any(unload_head_any),
    .head_slot(unload_head_slot), .head_segments(unload_head_segments),
    .head_bytes(unload_head_bytes), .head_fold(unload_head_fold), .others(pop_valid || kept),
    .turn_over, .due(un_due), .yields(un_yields), .start(un_start), .active(unloading),
    .reads(un_reads), .load_idle, .look_any, .loads(un_loads), .kills(un_kills), .act_go,
    .ends(un_ends), .visit_ready, .written(write_q), .busy(un_busy), .job(cur_q),
    .progress(account_q.progress)
  );

  // -- records of the jobs: one port for heads, one for the job behind ----------------------------
  seg_job_t load_record, head_record, next_record, record;
  logic     next_read_q;  // next_record is the job behind job_q
  j_t       next_q;
  assign load_record = '{
    kind: job_load.kind, status: job_load.status, slot: job_load.slot, slots: job_load.slots,
    cookie: job_load.cookie, completion_wanted: job_load.completion_wanted,
    interrupt_wanted: job_load.interrupt_wanted, payload_bytes: job_load.payload_bytes,
    mss: job_load.mss, header_bytes: job_load.header_bytes,
    header_space: job_load.template_ref.space, tmpl: job_load.tmpl,
    head: job_load.head, tag: job_load.tag,
    skip_bytes: job_load.skip_bytes, skip_segments: job_load.skip_segments,
    fold: job_load.fold
  };
  vmso_ram_1w1r #(.Depth(Cfg.jobs), .LaneBits($bits(seg_job_t))) u_head_record (
    .clk, .write_en(job_load_valid), .write_addr(load_job), .write_data(load_record),
    .read_en(1'b1), .read_addr(look_head), .read_data(head_record)
  );
  vmso_ram_1w1r #(.Depth(Cfg.jobs), .LaneBits($bits(seg_job_t))) u_next_record (
    .clk, .write_en(job_load_valid), .write_addr(load_job), .write_data(load_record),
    .read_en(1'b1), .read_addr(next), .read_data(next_record)
  );

  // -- bytes taken of each job's runs, ever -------------------------------------------------------
  logic        taken_we;
  logic [17:0] taken, taken_d;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(18)) u_taken (
    .clk, .write_en(init || taken_we), .write_addr(init ? init_index[JobW-1:0] : job_q),
    .write_data(init ? '0 : taken_d), .read_addr(job_q), .read_data(taken)
  );

  // -- look and decide ----------------------------------------------------------------------------
  act_e        look_act, act;
  logic        needs_tmpl, look_on, relook, no_lane, fetch_room, fetch_none, go;
  logic [5:0]  runs;
  logic        ordered;  // an order goes with it
  logic        eager, gathering, gathers, may_gather, lane_start, lane_wait;
  pos_t        gathered;
  lane_frame_t lane_frame;
  row_t        lane_row;
  logic        slot_free, rows_free, wake_room, job_over;
  logic [17:0] present;
  frame_t      frame;
  row_t        row;

  assign needs_tmpl = cur_q.header_bytes != '0 && !account_q.progress.tmpl_fetched;
  assign status_job = job_t'(job_q);
  assign end_job    = job_t'(job_q);
  vmso_seg_look #(.Cfg(Cfg)) u_look (
    .clk, .look(look_on), .job(cur_q), .needs_tmpl, .rest(rest_q), .taken, .run_status,
    .drained(fetch_none && fetch_idle), .gathering, .gathered, .eager, .act(look_act),
    .relook, .no_lane, .cut, .runs, .present
  );
  assign act      = un_kills ? ActKill : look_act;
  assign job_over = act inside {ActEnd, ActFail} || (act == ActFrame && cut.last);
  assign ordered  = !(act inside {ActTmpl, ActKill, ActSkip, ActGather});
  assign go       = fetch_room && wake_room && (!ordered || slot_free)
                    && (act != ActFrame || rows_free || gathering)
                    && (act != ActGather || gathering || may_gather);
  assign act_go   = go && !hold_issue
                    && ((state_q == Act && act != ActNone) || un_kills);
  vmso_seg_credit #(.Cfg(Cfg)) u_credit (
    .clk, .rst_n, .store_limit, .take(act_go && ordered),
    .take_rows(act == ActFrame && !gathering ? cut.rows : '0), .left_valid, .left_rows(left.rows),
    .frame, .row,
    .slot_free, .rows_wanted(cut.rows), .rows_free
  );
  assign gathers    = gathering || act == ActGather;
  assign lane_start = act_go && act == ActGather && !gathering;
  if (Cfg.gather_rows != 0) begin : gen_lane
    vmso_seg_gather #(.Cfg(Cfg)) u_gather (
      .clk, .rst_n, .queue(queue_q), .rows(cut.rows), .may_start(may_gather), .mine(gathering),
      .bytes(gathered), .frame(lane_frame), .row(lane_row), .start(lane_start),
      .fill(act_go && (act == ActGather || (act == ActFrame && gathering))),
      .fill_bytes(cut.want), .fill_runs(runs), .finish(act_go && act == ActFrame && gathering),
      .job_over(job_pop), .eager,
      .abort(act_go && act inside {ActFail, ActKill} && gathering),
      .left(left_valid && left.gather), .landed_valid(lane_landed_valid), .landed(lane_landed),
      .wait_valid(lane_wait), .back_valid(back_valid_q && !back_again_q && !back_lane_q),
      .back_queue(back_q),
      .again_valid(lane_held_valid), .again_ready(lane_held_ready), .again_queue(lane_held)
    );
  end else begin : gen_no_lane
    assign {may_gather, gathering, eager, lane_held_valid} = '0;
    assign {gathered, lane_frame, lane_row, lane_held} = '0;
    logic unused_lane;
    assign unused_lane = ^{lane_landed_valid, lane_landed, lane_wait, lane_held_ready, lane_start,
                           runs, back_lane_q};
  end
  vmso_seg_order #(.Cfg(Cfg)) u_order (
    .clk, .rst_n, .go(act_go), .act, .queue(queue_t'(queue_q)), .job(job_t'(job_q)),
    .fields(cur_q), .progress(account_q.progress), .cut, .present, .frame, .row,
    .gathering(gathers), .gathered, .lane_frame, .lane_row, .run_end, .no_lane, .order_valid,
    .order, .order_frame, .frame_open_valid, .frame_open, .fetch_room,
    .fetch_idle(fetch_none), .fetch_valid, .fetch_ready, .fetch,
    .tmpl_drop_valid, .tmpl_drop
  );

  // -- one step of the turn -----------------------------------------------------------------------
  logic paid_up, spends_all, spent, owes, in_debt, alone, serves, empty, pay, load_next, take;
  logic wake_d, fails, un_mine;
  assign spent   = account_q.balance <= 0;
  assign owes    = spent && !gathering;  // a segment in the gather lane is paid when it is whole
  assign in_debt = deep_debt(account_q.balance, DeepBits);
  // nobody else wants a turn: neither one that waits nor the one whose turn was over in the last cycle
  assign alone   = !pop_valid && !kept && !unload_valid && !(back_valid_q && back_again_q);
  assign serves  = has_job_q && !account_q.failed;
  assign empty   = !has_job_q && !arrived_q && !(put_valid && put_queue == queue_q);
  assign fails   = act == ActFail;
  assign un_mine = un_busy && queue_q == unload_queue[QueueW-1:0];

  always_comb begin
    state_d    = state_q;
    turn_over  = 1'b0;
    turn_again = 1'b0;
    turn_hold  = 1'b0;
    turn_lane  = 1'b0;
    turn_soon  = gathering;
    rate_pass  = 1'b0;
    pay        = 1'b0;
    look_on    = 1'b0;
    load_next  = 1'b0;
    unique case (state_q)
      WaitTurn: ;
      Look: begin
        if (un_mine) begin
          turn_over  = 1'b1;
        end else if (unload_valid && !un_yields) begin
          turn_over  = 1'b1;
          turn_again = 1'b1;
        end else if (hold_issue) begin
          state_d = Look;
        end else if (serves && rate_passes && !passed_q) begin
          rate_pass = 1'b1;  // one period for each order or turn
        end else if (serves && over_rate) begin
          turn_over = 1'b1;
          turn_hold = 1'b1;
        end else if (owes && !fresh_q && !alone) begin
          turn_over  = 1'b1;
          turn_again = 1'b1;
        end else if (owes) begin
          pay        = wake_room;
          look_on    = pay && paid_up && serves;
          turn_over  = pay && !look_on && (paid_up || !alone);
          turn_again = !paid_up || (!has_job_q && !empty);
        end else if (!serves) begin
          turn_over  = 1'b1;
          turn_again = !has_job_q && !empty;
        end else begin
          look_on = 1'b1;
        end
        if (look_on) state_d = Act;
      end
      Act: begin
        if (hold_issue || relook) begin
          state_d = Look;
        end else if (look_act == ActNone) begin
          look_on   = alone;  // nobody is kept waiting: a look in each cycle
          turn_over = !alone;
        end else if (act == ActGather && !gathering && !may_gather) begin
          turn_over = 1'b1;
          turn_lane = 1'b1;
        end else if (go) begin
          turn_over  = fails || (job_over && !next_any) || (spends_all && !alone);
          turn_again = spends_all;
          turn_soon  = act == ActGather;
          load_next  = job_over && !turn_over && next_read_q;
          state_d    = job_over && next_any && !next_read_q ? WaitRecord : Look;
        end else if (unload_valid) begin
          turn_over  = 1'b1;
          turn_again = 1'b1;
        end
      end
      WaitRecord: begin
        load_next = 1'b1;
        state_d   = Look;
      end
      default:   if (unload_ready || (un_kills && act_go)) state_d = WaitTurn;  // Unload
    endcase
    take     = 1'b0;
    un_start = 1'b0;
    if (turn_over || state_q == WaitTurn) begin
      take     = turn_valid && !un_due;
      un_start = un_due && !init;
      state_d  = un_start ? Unload : take ? Look : WaitTurn;
    end
  end
  assign turn_ready = take;
  assign job_pop    = act_go && (job_over || act == ActKill);

  // -- the account after it -----------------------------------------------------------------------
  vmso_seg_charge #(.Cfg(Cfg)) u_charge (
    .act_go, .act, .cut, .gathering, .rest(rest_q), .job_over, .lane_wait, .pay, .forgive(un_ends),
    .job(cur_q), .rate_pass, .rate_passed, .rate_after,
    .quantum(quantum_q), .account(account_q), .paid_up, .spends_all,
    .account_next(account_d)
  );
  assign account_we = act_go || pay || un_ends || turn_hold || rate_pass || lane_wait;
  assign lane_wait  = turn_lane;
  assign wake_d     = (act_go && !(act inside {ActTmpl, ActKill, ActGather}))
                      || (pay && in_debt && !deep_debt(account_d.balance, DeepBits));

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      idle_q       <= 1'b0;
      write_q      <= 1'b0;
      back_valid_q <= 1'b0;
    end else begin
      idle_q       <= state_q == WaitTurn && alone;
      write_q      <= account_we;
      back_valid_q <= turn_over;
    end
  end
  logic wake_q;
  always_ff @(posedge clk) begin
    wake_q          <= wake_d && rst_n;
    write_queue_q   <= queue_q;
    write_account_q <= account_d;
    write_fills_q   <= act_go ? act == ActGather : gathering;
    back_again_q    <= turn_again;
    back_soon_q     <= turn_soon;
    back_hold_q     <= turn_hold || turn_lane;
    back_rate_q     <= turn_hold;
    back_lane_q     <= turn_lane;
    back_q          <= queue_q;
  end
  q_t wake;
  vmso_seg_wake #(.QueueW(QueueW)) u_wake (
    .clk, .rst_n, .set_valid(wake_q), .set(write_queue_q), .room(wake_room),
    .wake_valid, .wake_ready, .wake
  );
  assign wake_queue = queue_t'(wake);

  // -- job entries for others ---------------------------------------------------------------------
  logic   yields, unpaid;
  bytes_t sent_now, cuts_now;  // since the job was loaded
  assign sent_now = account_q.progress.sent - cur_q.skip_bytes;
  assign cuts_now = account_q.progress.segments - cur_q.skip_segments;
  assign yields   = act_go && act == ActFrame && !cut.last
                    && ((rest_q >= LongRest && (next_any || sent_now >= bytes_t'(1 << SentBits)))
                        || cuts_now >= bytes_t'(1 << CutBits));
  // once: who was unloaded when its turn in the lane came has lost it, and keeps its entries the next time
  logic   lane_yields;
  assign lane_yields = turn_lane && !account_q.waited;
  assign unpaid   = pay && has_job_q && deep_debt(account_d.balance, DeepBits);
  always_ff @(posedge clk) begin
    preempt_valid <= entry_wanted && (yields || turn_hold || unpaid || lane_yields) && rst_n;
    preempt_queue <= queue_t'(queue_q);
  end

  assign taken_we = act_go && act inside {ActTmpl, ActFrame, ActSkip, ActGather};
  assign taken_d  = taken + 18'(cut.want);

  // -- the queue and the job at work --------------------------------------------------------------
  logic      carry_on;  // the job has begun in an earlier turn
  progress_t progress;
  assign record   = load_next ? next_record : head_record;
  assign carry_on = !load_next && turn_account.begun;
  assign progress = carry_on ? turn_account.progress
                    : '{tmpl_fetched: 1'b0, segments: record.skip_segments,
                        sent: record.skip_bytes};

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q     <= WaitTurn;
      next_read_q <= 1'b0;
    end else begin
      state_q     <= state_d;
      next_read_q <= next_any && !load_next && !take && !un_loads;
    end
  end
  always_ff @(posedge clk) begin
    next_q <= next;
    if (account_we) account_q <= account_d;
    if (act_go && act inside {ActFrame, ActSkip}) rest_q <= rest_q - bytes_t'(cut.total);
    if (put_valid && put_queue == queue_q) arrived_q <= 1'b1;
    if (state_q == Look && state_d != Look) fresh_q <= 1'b0;
    passed_q <= rate_pass || (passed_q && !act_go && !take);
    if (take) begin
      queue_q   <= turn_queue;
      has_job_q <= turn_any;
      arrived_q <= put_valid && put_queue == turn_queue;
      fresh_q   <= 1'b1;
      quantum_q <= turn_quantum;
    end
    if (take || un_loads) begin
      account_q <= turn_account;
      // one that goes first has something to spend: debits are for its next turn
      if (un_loads || !turn_first) begin
        account_q.debited <= turn_debit;
        account_q.balance <= turn_account.balance
                             - balance_t'({8'd0, debit_t'(turn_debit - turn_account.debited)});
      end
      limit_q           <= turn_limit;
    end
    if (un_reads) queue_q <= unload_queue[QueueW-1:0];
    if (take || load_next || un_loads) begin
      job_q              <= load_next ? next_q : turn_head;
      cur_q              <= record;
      account_q.progress <= progress;
      rest_q             <= record.payload_bytes - progress.sent;
    end
  end

  // -- fence, counters ----------------------------------------------------------------------------
  always_ff @(posedge clk) begin
    if (!rst_n) issue_held <= 1'b0;
    else issue_held <= hold_issue && fetch_none && fetch_idle;
  end
  assign count_segments    = act_go && act == ActFrame && cur_q.kind != KindAdvise;
  assign count_seg_busy    = act_go;
  assign count_seg_blocked = state_q == Act && look_act != ActNone && !act_go;
  assign count_seg_starved = state_q == WaitTurn || (state_q == Act && look_act == ActNone);

  logic unused_bits;
  assign unused_bits = ^{queue_config.queue, config_weight.reserved, job_load.template_ref,
                         job_load.header, job_load.csum, job_load.csum_from,
                         job_load.buffer0, job_load.buffer1, job_load.contexts, left,
                         query_queue, ctl_queue, unload_queue, job_load.job, job_load.queue,
                         ready_event, slot_debit_queue, walk_debit_queue};

`ifdef VMSO_CHECKS
  logic load_recent_q;
  always_ff @(posedge clk) load_recent_q <= job_load_valid && rst_n;
  `VMSO_INTG_IF(LoadAfterReady, job_load_valid, seg_ready)
  `VMSO_INTG_IF(LoadEverySecondCycle, job_load_valid, !load_recent_q)
  `VMSO_INTG_IF(UnloadStands, un_busy, unload_valid)
  `VMSO_IMPL_IF(NothingIssuedInDebt, state_q == Act && act_go, !owes)
  `VMSO_IMPL(NothingIssuedInAHold, !(hold_issue && act_go))
  `VMSO_IMPL_IF(RestIsLeft, act_go && act == ActFrame, bytes_t'(cut.total) <= rest_q)
`endif
endmodule : vmso_seg
