// SPDX-License-Identifier: Apache-2.0
// How far do the runs of each job reach? Keeps, per job, the prefix of translated runs, their bytes, and
// a mask of the translated runs beyond it.
//
// The runs of a job in their order: head (pieces come from here, vmso_run_fetch) <= prefix <= alloc
// (put up to here, vmso_run_build). A run is:
//
//   state      where                mask  becomes, by
//   not put    alloc and on           0   wanted: put. bad: put and bad
//   wanted     prefix .. alloc - 1    0   fill at the prefix: reached, or stopping if it is a fault;
//                                         fill elsewhere: answered. dropped: op_dropped.
//                                         taken: OpClear, if all of them wait refused
//   answered   behind the prefix      1   when the prefix has come to it: reached, or stopping.
//                                         wanted: OpMark
//   bad        alloc - 1              1   when the prefix has come to it: stopping
//   stopping   prefix, blocked        1   wanted: OpMark; an error run is bad again
//   dropped    prefix .. alloc - 1    1   of a dying job, whose prefix stands still (blocked)
//   reached    head .. prefix - 1     0   taken: its last piece. wanted: OpMark
//   taken      before the head        0   its place is not put
//
// OpMark moves the prefix back to the head. OpClear, when nothing is wanted that is not waiting to be asked
// for again, moves head and prefix to alloc: every run is taken.
//
// put         static part of a new run
// fill        valid only, one per cycle, any order within a job; seen in status 2 cycles later
// bad         valid/ready: a new run is an error run (at least one cycle after its put)
// op          valid/ready: OpMark makes all translated runs of a job wanted again and hands them to redo;
//             OpClear forgets all runs that were not taken if none is wanted but those of op_dropped and those
//             that wait to be asked for again, `refused` of row_job: forget, one cycle after the handshake; op_done
//             two cycles after it tells whether it did, and move hands the new place to the fetch server.
//             op_dropped will not be asked for again, whether it did or not
//             redo_left: runs of the job that are not answered, the marked ones too
// answered    valid only: a run of row_job is answered, as a fill or bad told one cycle ago
// advise      a run without a translation is as good as one with; status_present counts those with
// status      combinational; event: valid only, in the first cycle in which status shows a job's progress
// run_end     of end_job one cycle later, if status says blocked
// order       fill first, then op, bad, and runs at a prefix that were answered before: of the job that was
//             changed last, or else of those that are listed. A fill or bad behind the prefix takes one such
//             run of its job with it, so that the prefix never falls behind the answers
// reset       control; rows by the init walk
`include "vmso_assert.svh"
module vmso_run_rows
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned JobW = vmso_math_pkg::index_width(Cfg.jobs)
) (
  input  logic            clk,
  input  logic            rst_n,
  input  logic            init_valid,
  input  logic [JobW-1:0] init_job,
  input  logic            put_valid,
  input  logic [JobW-1:0] put_job,
  input  run_t            put_run,
  input  run_entry_t      put,
  input  logic            fill_valid,
  input  fill_t           fill,
  input  logic            bad_valid,
  output logic            bad_ready,
  input  logic [JobW-1:0] bad_job,
  input  run_t            bad_run,
  input  logic            op_valid,
  output logic            op_ready,
  input  row_op_e         op,
  input  logic [JobW-1:0] op_job,
  input  run_mask_t       op_dropped,
  output logic            op_done,
  output logic [JobW-1:0] row_job,     // for the queries row_taken, row_alloc, refused
  input  ptr_t            refused,
  input  logic            forget_ready,
  output logic            forget,
  input  taken_t          row_taken,
  input  ptr_t            row_alloc,
  output logic            redo_valid,
  output logic [JobW-1:0] redo_job,
  output run_mask_t       redo_mask,
  output run_t            redo_first,  // oldest run of the job
  output ptr_t            redo_left,
  output logic            answered,
  output logic            move_valid,
  output logic [JobW-1:0] move_job,
  output taken_t          move,
  input  logic [JobW-1:0] status_job,
  output logic [17:0]     status_total,
  output logic            status_blocked,
  output logic [17:0]     status_present,
  output ptr_t            status_prefix,
  output logic            progress_valid,
  output logic [JobW-1:0] progress_job,
  input  logic [JobW-1:0] end_job,
  output run_end_t        run_end,
  output logic            count_faults
);
  typedef struct packed {
    logic [17:0] total;
    logic        blocked;
    logic [17:0] present;
    ptr_t        prefix;
  } reach_t;
  typedef struct packed {
    reach_t    reach;
    logic      bad;   // the last run is an error run
    run_mask_t mask;  // answered runs from the prefix on; a fault there stays in it
  } row_t;
  typedef struct packed {
    logic       fault;
    cause_e     cause;
    logic [2:0] level;
  } answer_t;
  typedef enum logic [2:0] {
    DoFill = 3'd0, DoBad = 3'd1, DoFollow = 3'd2, DoMark = 3'd3, DoClear = 3'd4
  } do_e;

  // -- choose: what changes which row, and read the run ------------------------------------------------
  logic            follow_valid, follow_take, go_on, chosen, chosen_q, stale, good;
  logic [JobW-1:0] job, job_q, follow_job;
  run_t            run, run_q, seen, guess, read, read_q;  // read: the run whose entry is read
  ptr_t            seen_prefix;
  do_e             what, what_q;
  answer_t         answer_q, answer_late, answer;
  run_mask_t       dropped_q;
  run_entry_t      entry;

  assign op_ready    = !fill_valid;
  assign bad_ready   = !fill_valid && !op_valid;
  // the row of the cycle before is not written yet: its prefix would be old
  assign follow_take = follow_valid && bad_ready && !bad_valid
                       && !(chosen_q && job_q == follow_job);
  assign go_on       = good && bad_ready && !bad_valid && !follow_take;
  assign chosen      = fill_valid || op_valid || bad_valid || follow_take || go_on;
  always_comb begin
    what = DoFollow;
    job  = follow_take ? follow_job : job_q;
    run  = '0;
    if (fill_valid) begin
      what = DoFill;
      job  = fill.job[JobW-1:0];
      run  = fill.run;
    end else if (op_valid) begin
      what = op == OpMark ? DoMark : DoClear;
      job  = op_job;
    end else if (bad_valid) begin
      what = DoBad;
      job  = bad_job;
      run  = bad_run;
    end
  end
  // The run at the prefix is read. When the row is being changed, its prefix most likely moves on by one; an
  // answer to the run where it was tells that it does not.
  assign seen  = seen_prefix[4:0];
  assign stale = chosen_q && job_q == job;
  assign guess = seen + 5'(stale);
  assign read  = what inside {DoFill, DoBad} && run == seen ? seen : guess;
  always_ff @(posedge clk) begin
    if (!rst_n) chosen_q <= 1'b0;
    else chosen_q <= chosen;
  end
  always_ff @(posedge clk) begin
    what_q   <= what;
    job_q    <= job;
    run_q    <= run;
    read_q   <= read;
    dropped_q <= op_dropped;
    answer_q <= '{fault: fill.fault, cause: fill.cause, level: fill.level};
  end

  vmso_ram_1w1r #(.Depth(Cfg.jobs * Runs), .LaneBits($bits(run_entry_t))) u_entries (
    .clk, .write_en(put_valid), .write_addr({put_job, put_run}), .write_data(put),
    .read_en(1'b1), .read_addr({job, read}), .read_data(entry)
  );
  vmso_ram_1w1r #(.Depth(Cfg.jobs * Runs), .LaneBits($bits(answer_t))) u_answers (
    .clk, .write_en(fill_valid), .write_addr({fill.job[JobW-1:0], fill.run}),
    .write_data({fill.fault, fill.cause, fill.level}),
    .read_en(1'b1), .read_addr({job, read}), .read_data(answer_late)
  );

  // -- change the row ----------------------------------------------------------------------------------
  row_t      row, next;
  logic      answers, answers_it, in_order, stops, quiet, more;
  run_mask_t keep, range, wanted;
  ptr_t      prefix;
  run_t      newest, after_prefix;

  assign row_job  = job_q;
  assign prefix   = row.reach.prefix;
  assign answers  = what_q == DoFill || what_q == DoBad;
  assign answers_it = answers && run_q == prefix[4:0];
  assign answer   = answers_it ? answer_q : answer_late;
  assign in_order = chosen_q && !row.reach.blocked && read_q == prefix[4:0]
                    && (answers_it
                        || ((answers || what_q == DoFollow) && row.mask[prefix[4:0]]));
  assign stops    = entry.bad != BadNot || (answer.fault && !entry.advise);
  assign good     = in_order && !stops;
  // mark: translated runs before the prefix; clear: all runs from the prefix on
  assign range    = run_range(what_q == DoMark ? row_taken.head : prefix,
                              what_q == DoMark ? prefix : row_alloc);
  assign newest   = row_alloc[4:0] - 1'b1;
  assign after_prefix = prefix[4:0] + 1'b1;
  assign keep     = row.bad ? row.mask & (run_mask_t'(1) << newest) : '0;
  // wanted runs that are not known to wait are on their way: their answers are still to come
  assign wanted   = range & ~(row.mask | dropped_q);
  assign quiet    = chosen_q && what_q == DoClear && forget_ready
                    && 32'(refused) == 32'($countones(wanted));
  assign forget   = quiet;

  always_comb begin
    next = row;
    if (answers) next.mask[run_q] = 1'b1;
    if (what_q == DoBad) next.bad = 1'b1;
    if (good) begin
      next.mask[prefix[4:0]] = 1'b0;
      next.reach.prefix      = prefix + 1'b1;
      next.reach.total       = row.reach.total + 18'(entry.bytes);
      next.reach.present     = (entry.fresh ? '0 : row.reach.present) + 18'(!answer.fault);
    end else if (in_order) begin
      next.reach.blocked = 1'b1;
    end
    if (what_q == DoMark) begin
      next.mask          = keep;
      next.reach.blocked = 1'b0;
      next.reach.prefix  = row_taken.head;
      next.reach.total   = row_taken.taken - 18'(row_taken.off);
    end
    if (what_q == DoClear) begin
      next.mask          = row.mask | dropped_q;
      next.reach.blocked = 1'b1;  // a dropped run has no answer
    end
    if (quiet) begin
      next.mask          = '0;
      next.bad           = 1'b0;
      next.reach.blocked = 1'b0;
      next.reach.prefix  = row_alloc;
      next.reach.total   = row_taken.taken;
    end
    if (init_valid) next = '0;
  end
  // the run at the new prefix was answered before; after a mark that may be the error run
  assign more = good ? row.mask[after_prefix] : what_q == DoMark && row.bad;

  logic            row_en;
  logic [JobW-1:0] write_job;
  assign row_en    = chosen_q || init_valid;
  assign write_job = init_valid ? init_job : job_q;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(row_t))) u_rows (
    .clk, .write_en(row_en), .write_addr(write_job), .write_data(next),
    .read_addr(job_q), .read_data(row)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(6)) u_prefix (
    .clk, .write_en(row_en), .write_addr(write_job), .write_data(next.reach.prefix),
    .read_addr(job), .read_data(seen_prefix)
  );
  reach_t reach;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(reach_t))) u_status (
    .clk, .write_en(row_en), .write_addr(write_job), .write_data(next.reach),
    .read_addr(status_job), .read_data(reach)
  );
  assign status_total   = reach.total;
  assign status_blocked = reach.blocked;
  assign status_present = reach.present;
  assign status_prefix  = reach.prefix;

  // -- jobs whose prefix can go on ---------------------------------------------------------------------
  logic          list, listed, follow_room, unused_flags_ready;
  logic [JobW:0] unused_follow_count;
  assign list = chosen_q && more && !listed && !go_on;
  vmso_flags #(.Num(Cfg.jobs)) u_listed (
    .clk, .rst_n, .ready(unused_flags_ready), .put_valid(list), .put(job_q),
    .drop_valid(follow_take), .drop(follow_job), .ask(job_q), .is_in(listed)
  );
  vmso_fifo #(.Bits(JobW), .Depth(Cfg.jobs)) u_follow (
    .clk, .rst_n, .in_valid(list), .in_ready(follow_room), .in(job_q),
    .out_valid(follow_valid), .out_ready(follow_take), .out(follow_job),
    .count(unused_follow_count)
  );

  // -- results -----------------------------------------------------------------------------------------
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      progress_valid <= 1'b0;
      redo_valid     <= 1'b0;
      move_valid     <= 1'b0;
      count_faults   <= 1'b0;
    end else begin
      progress_valid <= in_order;
      redo_valid     <= chosen_q && what_q == DoMark;
      move_valid     <= quiet;
      count_faults   <= in_order && entry.bad == BadNot && answer.fault && !entry.advise;
    end
  end
  assign op_done  = move_valid;
  assign answered = chosen_q && answers;
  always_ff @(posedge clk) begin
    progress_job <= job_q;
    redo_job     <= job_q;
    redo_mask    <= (range | row.mask) & ~keep;
    redo_first   <= row_taken.head[4:0];
    redo_left    <= row_alloc - row_taken.head - ptr_t'(row.bad);
    move_job     <= job_q;
    move         <= '{head: row_alloc, off: '0, taken: row_taken.taken};
  end

  // -- ends --------------------------------------------------------------------------------------------
  typedef struct packed {
    answer_t     answer;
    bad_e        bad;
    logic        tmpl;
    logic [63:0] va;
    logic [1:0]  space;
  } end_t;
  end_t        end_in, ended;
  logic [11:0] end_offset;
  // what was taken of a run before a mark is not in question
  assign end_offset = entry.offset + (prefix == row_taken.head ? row_taken.off : '0);
  assign end_in = '{answer: answer, bad: entry.bad, tmpl: entry.tmpl, va: {entry.vpn, end_offset},
                    space: entry.space};
  vmso_ram_1w1r #(.Depth(Cfg.jobs), .LaneBits($bits(end_t))) u_ends (
    .clk, .write_en(in_order && stops), .write_addr(job_q), .write_data(end_in),
    .read_en(1'b1), .read_addr(end_job), .read_data(ended)
  );
  vmso_run_end u_end (
    .bad(ended.bad), .tmpl(ended.tmpl), .cause(ended.answer.cause), .level(ended.answer.level),
    .va(ended.va), .space(ended.space), .run_end
  );

  logic unused_bits;
  assign unused_bits = ^{fill.ppn, fill.job, seen_prefix, ended.answer.fault,
                         follow_room};

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(ListHasRoom, list, follow_room)
  `VMSO_IMPL_IF(NobodyIsForgotten,
                chosen_q && !next.reach.blocked && next.mask[next.reach.prefix[4:0]],
                list || listed || go_on)
`endif
endmodule : vmso_run_rows
