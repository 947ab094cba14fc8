// SPDX-License-Identifier: Apache-2.0
// Runs that have to be asked for again: which one is next?
//
// A job has a ring of its waiting runs, in order of arrival. The waiting jobs of a queue form a list, in
// order too, and the first job of each list is the queue's one token: queues take turns, so a run never
// stands behind those of another queue. One step of two cycles at a time:
//
// attach      a job whose ring was empty goes to the end of its queue's list
// pick        the oldest token, if ask_on: the oldest run of its job is asked for and the token goes to the
//             tail. A run that was asked for again before lets the queue's next job pass
// pass        instead of a pick, the token goes to the tail: its queue holds a quarter of the walk slots
//             (share_full) and fewer tokens passed since the last ask than wait, or its job is dying: that goes
//             to the end. So while a queue below its quarter waits for its turn, those that hold one are asked
//             for once at most, all together
// elder       instead of the oldest token, in turns with it: the oldest run of elder_job, whatever its queue
//             holds. The lists stay as they are
//
// push        valid only, one per cycle; tried: it was asked for again and refused
// ask         valid only, in the cycle after one with ask_on, which must be low while an asked run is under
//             way; picks: in this cycle, or in the next one; passes: not in this one
// look        combinational: share_full of share_queue, look_dying of look_job
// count       combinational: runs of count_job that wait. forget: they are dropped, all at once, if forget_ready
// fairness    a queue below its quarter is asked for after at most one run of each other queue that waits.
//             The kinds of steps take turns, and with a slot free at most three queues hold a quarter:
//             with ask_on there is an ask within 4 x 4 + 2 cycles, but for tokens of dying jobs. While there is
//             an elder, every second ask is its own at most
// dying jobs  nothing of them is asked for. A job that has nothing left stays in the list until its turn, which
//             then goes on with the next job; if its entry belongs to another queue by then, it moves there
// latency     push to ask 4 cycles, if nobody else waits
// elder       level; elder_valid is low for a cycle between two of them
// waits       a run waits here
// reset       control; rings by the init walk; a walk clears the lists, one queue a cycle: no step meanwhile
`include "vmso_assert.svh"
module vmso_run_wait
  import vmso_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned JobW = vmso_math_pkg::index_width(Cfg.jobs)
) (
  input  logic            clk,
  input  logic            rst_n,
  input  logic            init_valid,
  input  logic [JobW-1:0] init_job,
  input  logic            load_valid,
  input  logic [JobW-1:0] load_job,
  input  queue_t          load_queue,
  input  logic            push_valid,
  input  logic [JobW-1:0] push_job,
  input  run_t            push_run,
  input  logic            push_tried,
  output logic            waits,
  input  logic            elder_valid,
  input  logic [JobW-1:0] elder_job,
  output queue_t          share_queue,
  input  logic            share_full,
  output logic [JobW-1:0] look_job,
  input  logic            look_dying,
  input  logic            ask_on,
  output logic            ask_valid,
  output logic [JobW-1:0] ask_job,
  output run_t            ask_run,
  output logic            picks,
  output logic            passes,
  input  logic [JobW-1:0] count_job,
  output ptr_t            count,
  input  logic            forget,
  output logic            forget_ready
);
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned CountW = vmso_math_pkg::count_width(Cfg.jobs);
  typedef logic [JobW-1:0] index_t;
  typedef logic [QueueW-1:0] owner_t;
  typedef enum logic [1:0] {StepAttach = 2'd0, StepPick = 2'd1, StepElder = 2'd2} step_e;
  typedef struct packed {
    logic tried;
    run_t run;
  } place_t;
  typedef struct packed {
    logic   valid;  // else the queue's list is empty
    index_t job;    // the last one of it
  } tail_t;

  // -- rings: one per job --------------------------------------------------------------------------
  logic   step_q, pops, empty, last, first_en;
  index_t node, job_q, first_at;
  ptr_t   push_ptr, end_ptr, look_ptr, node_ptr, first_now, count_end, count_first;
  place_t first, read, pushed_q;
  logic   beside_q;

  assign look_job = job_q;
  assign empty    = look_ptr == end_ptr;
  assign last     = ptr_t'(look_ptr + 1'b1) == end_ptr;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(ptr_t)), .Reads(3)) u_ends (
    .clk, .write_en(init_valid || push_valid), .write_addr(init_valid ? init_job : push_job),
    .write_data(init_valid ? '0 : ptr_t'(push_ptr + 1'b1)),
    .read_addr({count_job, job_q, push_job}), .read_data({count_end, end_ptr, push_ptr})
  );
  assign forget_ready = !pops && !init_valid;
  assign count        = count_end - count_first;
  assign first_en     = init_valid || pops || forget;
  always_comb begin
    first_at  = job_q;
    first_now = look_ptr + 1'b1;
    if (init_valid) begin
      first_at  = init_job;
      first_now = '0;
    end else if (!pops) begin
      first_at  = count_job;
      first_now = count_end;
    end
  end
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(ptr_t)), .Reads(2)) u_look_ptrs (
    .clk, .write_en(first_en), .write_addr(first_at), .write_data(first_now),
    .read_addr({count_job, job_q}), .read_data({count_first, look_ptr})
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(ptr_t))) u_node_ptrs (
    .clk, .write_en(first_en), .write_addr(first_at), .write_data(first_now),
    .read_addr(node), .read_data(node_ptr)
  );

  // -- first cycle of a step: which one? -----------------------------------------------------------
  logic       clearing, start, fresh_valid, token_valid, stale_q, elder_may_q;
  logic [2:0] wants, grant;
  logic [1:0] grant_index;
  logic       turn_valid_q, turn_ends;
  index_t     fresh, token, turn_q, next;
  owner_t     clear_at, owner, listed_in, queue, queue_q;
  step_e      what_q;
  tail_t      tail, tail_data;

  vmso_clear_walk #(.Num(1 << QueueW)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));
  assign wants      = {elder_valid && elder_may_q && ask_on && waits,
                       (turn_valid_q || token_valid) && ask_on, fresh_valid};
  assign start      = !step_q && !clearing && wants != '0;
  vmso_rr_arbiter #(.Num(3)) u_choice (
    .clk, .rst_n, .request(wants), .advance(start), .grant, .grant_index
  );
  assign node     = grant[StepAttach] ? fresh : grant[StepElder] ? elder_job
                    : turn_valid_q ? turn_q : token;
  assign queue    = grant[StepAttach] ? owner : listed_in;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(QueueW)) u_owners (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_queue[QueueW-1:0]),
    .read_addr(node), .read_data(owner)
  );
  always_ff @(posedge clk) begin
    if (start) begin
      what_q  <= step_e'(grant_index);
      job_q   <= node;
      queue_q <= queue;
      stale_q <= owner != listed_in;
    end
  end
  vmso_ram_1w1r #(.Depth(Cfg.jobs * Runs), .LaneBits($bits(place_t))) u_rings (
    .clk, .write_en(push_valid), .write_addr({push_job, push_ptr[4:0]}),
    .write_data({push_tried, push_run}),
    .read_en(start), .read_addr({node, node_ptr[4:0]}), .read_data(read)
  );
  // a job that stayed in its list with nothing left gets its next run in the cycle in which it is read
  always_ff @(posedge clk) begin
    if (start) begin
      beside_q <= push_valid && push_job == node && push_ptr[4:0] == node_ptr[4:0];
      pushed_q <= {push_tried, push_run};
    end
  end
  assign first = beside_q ? pushed_q : read;

  // -- second cycle: what becomes of the job -------------------------------------------------------
  logic [CountW-1:0] others, skips_q;
  logic   attach, pick, elder, sole, pass, rotate, stay, leave, moves, stall, go, listed, list;
  assign attach = step_q && what_q == StepAttach;
  assign pick   = step_q && what_q == StepPick;
  assign elder  = step_q && what_q == StepElder;
  assign sole   = tail.job == job_q;
  assign moves  = pick && !empty && stale_q;  // to the list of the queue that has its entry now
  always_comb begin
    {ask_valid, pass, rotate, stay, leave} = '0;
    if (pick) begin
      if (empty || stale_q) begin
        leave = 1'b1;
      end else if (look_dying || (share_full && skips_q < others)) begin
        pass   = 1'b1;
        rotate = look_dying && !sole;
      end else begin
        ask_valid = 1'b1;
        leave     = last;
        rotate    = !last && first.tried && !sole;
        stay      = !last && !rotate;
      end
    end else if (elder) begin
      ask_valid = !empty && !look_dying;
    end
  end
  assign turn_ends = !(leave && !ask_valid) || sole;
  assign pops  = ask_valid;
  assign stall = moves && list;  // the fresh list takes one job a cycle
  assign go    = step_q && !stall;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      step_q       <= 1'b0;
      turn_valid_q <= 1'b0;
      skips_q      <= '0;
    end else begin
      step_q <= start || (step_q && stall);
      if (pick && go) turn_valid_q <= !turn_ends;
      if (pick && ask_valid) skips_q <= '0;
      else if (pass && skips_q < others) skips_q <= skips_q + 1'b1;
    end
  end
  always_ff @(posedge clk) if (pick) turn_q <= next;
  // high for nothing after a forget, until its next turn
  always_ff @(posedge clk) begin
    if (!elder_valid || (push_valid && push_job == elder_job)) elder_may_q <= 1'b1;
    else if (elder && (empty || last || look_dying)) elder_may_q <= 1'b0;
  end
  assign share_queue = queue_t'(queue_q);
  assign ask_job     = job_q;
  assign ask_run     = first.run;
  assign picks       = pick || elder || (start && !grant[StepAttach]);
  assign passes      = (pick || elder) && !ask_valid;

  // -- lists ---------------------------------------------------------------------------------------
  // list: the job is put on the fresh list, in the cycle in which it leaves its queue's list too
  logic   unused_flags_ready, fresh_room, token_room, tokens;
  index_t token_in;
  logic [CountW-1:0] unused_fresh_count;
  assign list = push_valid && (!listed || (leave && !moves && push_job == job_q));
  vmso_flags #(.Num(Cfg.jobs)) u_listed (
    .clk, .rst_n, .ready(unused_flags_ready), .put_valid(list), .put(push_job),
    .drop_valid(leave && !moves), .drop(job_q), .ask(push_job), .is_in(listed)
  );
  vmso_fifo #(.Bits(JobW), .Depth(Cfg.jobs)) u_fresh (
    .clk, .rst_n, .in_valid(list || moves), .in_ready(fresh_room), .in(list ? push_job : job_q),
    .out_valid(fresh_valid), .out_ready(start && grant[StepAttach]), .out(fresh),
    .count(unused_fresh_count)
  );
  assign tokens   = (attach && !tail.valid) || pass || stay || rotate
                    || (leave && ask_valid && !sole);
  assign token_in = rotate || leave ? next : job_q;
  vmso_fifo #(.Bits(JobW), .Depth(Cfg.jobs)) u_tokens (
    .clk, .rst_n, .in_valid(tokens), .in_ready(token_room), .in(token_in),
    .out_valid(token_valid), .out_ready(start && grant[StepPick] && !turn_valid_q), .out(token),
    .count(others)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(JobW)) u_next (
    .clk, .write_en((attach && tail.valid) || rotate), .write_addr(tail.job), .write_data(job_q),
    .read_addr(job_q), .read_data(next)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(QueueW)) u_listed_in (
    .clk, .write_en(attach), .write_addr(job_q), .write_data(queue_q),
    .read_addr(node), .read_data(listed_in)
  );
  assign tail_data = '{valid: !leave && !clearing, job: job_q};
  vmso_ram_1w1r #(.Depth(1 << QueueW), .LaneBits($bits(tail_t))) u_tails (
    .clk, .write_en(clearing || attach || rotate || (leave && go && sole)),
    .write_addr(clearing ? clear_at : queue_q), .write_data(tail_data),
    .read_en(start), .read_addr(queue), .read_data(tail)
  );
  assign waits = fresh_valid || token_valid || turn_valid_q || step_q;

  logic unused_bits;
  // each list holds every job
  assign unused_bits = ^load_queue ^ node_ptr[5] ^ fresh_room ^ token_room;

`ifdef VMSO_CHECKS
  logic [Cfg.jobs-1:0][5:0] held_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      held_q <= '0;
    end else if (push_valid && pops && push_job == job_q) begin
      held_q[job_q] <= held_q[job_q];
    end else begin
      if (forget) held_q[count_job] <= '0;
      if (push_valid) held_q[push_job] <= held_q[push_job] + 1'b1;
      if (pops) held_q[job_q] <= held_q[job_q] - 1'b1;
    end
  end
  `VMSO_INTG_IF(RingHasRoom, push_valid, held_q[push_job] != 6'd32)
  `VMSO_IMPL_IF(ForgetsAlone, forget, forget_ready && !(push_valid && push_job == count_job))
  `VMSO_IMPL_IF(PopsWhatWaits, pops, held_q[job_q] != '0)
  `VMSO_IMPL_IF(FreshHasRoom, list || moves, fresh_room)
  `VMSO_IMPL_IF(TokenHasRoom, tokens, token_room)
  `VMSO_IMPL_IF(ListStands, pick, tail.valid)
  `VMSO_IMPL_IF(WaitsAreKnown, !waits, held_q == '0)
  `VMSO_INTG_IF(LoadOfAFreeEntry, load_valid, held_q[load_job] == '0)
`endif
endmodule : vmso_run_wait
