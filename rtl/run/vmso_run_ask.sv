// SPDX-License-Identifier: Apache-2.0
// The lookup port: new runs and runs that have to be asked for again take turns.
//
// new         valid/ready, payload stands until taken; combinational to lookup
// busy        valid only: that lookup was refused
// redo        valid only: these runs of a job are wanted again, oldest first from redo_first on; they are
//             asked for like new ones, one per cycle
// cancel      valid only, not beside a redo: no run of this job's redo is asked for any more, but those of a job
//             in hand. cancel_mask, combinational: those that are not
// lookup      valid/ready, payload stands until taken. `again`: it was refused before. Of those one is under
//             way at a time, queues take turns, oldest first within a queue: see vmso_run_wait
// walk_free   a walk slot is free and no refused run is under way. That slot is kept for the one that is
//             then chosen, as long as lookup_waits: some refused run waits, since a cycle at least
// share_full  combinational: share_queue holds a quarter of the walk slots
// elder       its refused runs are asked for in turns with those of all others: see vmso_run_wait
// again_dying combinational: again_job is not to be asked for again; what was offered, and its redo, is still
//             asked for, once. refused, combinational: refused runs of refused_job that wait; forget: they are
//             dropped, if forget_ready
// latency     busy to lookup: 5 cycles; redo to lookup: 3; one refused run every 5 cycles
// room        every run is in at most one of: redo mask, job in hand, list, here, xlat; so nothing
//             overflows
// reset       control; redo masks by the init walk; see vmso_run_wait
`include "vmso_assert.svh"
module vmso_run_ask
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
  input  logic            load_advise,
  input  logic            new_valid,
  output logic            new_ready,
  input  lookup_t         new_lookup,
  input  logic            busy_valid,
  input  run_ref_t        busy,
  input  logic            redo_valid,
  input  logic [JobW-1:0] redo_job,
  input  run_mask_t       redo_mask,
  input  run_t            redo_first,
  input  logic            cancel_valid,
  input  logic [JobW-1:0] cancel_job,
  output run_mask_t       cancel_mask,
  input  logic            elder_valid,
  input  logic [JobW-1:0] elder_job,
  input  logic            walk_free,
  output logic            lookup_waits,
  output queue_t          share_queue,
  input  logic            share_full,
  output logic            lookup_valid,
  input  logic            lookup_ready,
  output lookup_t         lookup,
  output logic [JobW-1:0] again_job,
  input  logic            again_dying,
  input  logic [JobW-1:0] refused_job,
  output ptr_t            refused,
  input  logic            forget,
  output logic            forget_ready
);
  typedef struct packed {
    run_t      first;
    run_mask_t mask;
  } redo_t;

  // -- redo: a mask per job; the runs of the job in hand are asked for, one per cycle -------------------
  // The mask in hand is turned: bit 0 is run first_q, which is the oldest.
  logic            again_valid, again_room, again_first, take, drain, hand_last, redo_write;
  logic [JobW-1:0] redone_job, mask_job, job_q;
  logic [JobW:0]   unused_again_count;
  redo_t           old, now;
  run_mask_t       hand_q, lowest;
  run_t            first_q, place, drain_run;

  assign lowest    = hand_q & (~hand_q + 1'b1);
  assign hand_last = hand_q == lowest;
  always_comb begin
    place = '0;
    for (int unsigned i = 0; i < Runs; i++) if (lowest[i]) place |= run_t'(i);
  end
  assign drain_run = first_q + place;

  logic again_listed, unused_listed_ready;
  assign take     = again_valid && !redo_valid && !cancel_valid && !init_valid
                    && (hand_q == '0 || (drain && hand_last));
  always_comb begin
    if (init_valid) mask_job = init_job;
    else if (redo_valid) mask_job = redo_job;
    else if (cancel_valid) mask_job = cancel_job;
    else mask_job = redone_job;
  end
  assign cancel_mask = old.mask;
  always_comb begin
    now = '0;
    if (redo_valid && !init_valid) begin
      now.first = redo_first;
      now.mask  = old.mask | redo_mask;
    end
  end
  assign again_first = redo_valid && redo_mask != '0 && !again_listed;
  assign redo_write  = init_valid || redo_valid || cancel_valid || take;
  // one that was cancelled stays in the list until its turn
  vmso_flags #(.Num(Cfg.jobs)) u_again_listed (
    .clk, .rst_n, .ready(unused_listed_ready), .put_valid(again_first), .put(redo_job),
    .drop_valid(take), .drop(redone_job), .ask(redo_job), .is_in(again_listed)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(redo_t))) u_masks (
    .clk, .write_en(redo_write), .write_addr(mask_job), .write_data(now),
    .read_addr(mask_job), .read_data(old)
  );
  vmso_fifo #(.Bits(JobW), .Depth(Cfg.jobs)) u_again (
    .clk, .rst_n, .in_valid(again_first), .in_ready(again_room), .in(redo_job),
    .out_valid(again_valid), .out_ready(take), .out(redone_job), .count(unused_again_count)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) hand_q <= '0;
    else if (take) hand_q <= run_mask_t'({old.mask, old.mask} >> old.first);
    else if (drain) hand_q <= hand_q & ~lowest;
  end
  always_ff @(posedge clk) begin
    if (take) begin
      job_q   <= redone_job;
      first_q <= old.first;
    end
  end

  // -- refused runs, and the one that is to be asked for ------------------------------------------------
  logic            waits, picks, passes, passed_q, pick_valid, ask_valid_q, ask_again_q, ask_free,
                   retry_taken;
  logic [JobW-1:0] pick_job, next_job, ask_job_q;
  run_t            pick_run, next_run, ask_run_q;
  queue_t          ask_queue;
  logic            ask_advise;

  vmso_run_wait #(.Cfg(Cfg)) u_wait (
    .clk, .rst_n, .init_valid, .init_job, .load_valid, .load_job, .load_queue,
    .push_valid(busy_valid), .push_job(busy.job[JobW-1:0]), .push_run(busy.run),
    .push_tried(busy.job[JobW-1:0] == ask_job_q && busy.run == ask_run_q), .waits,
    .elder_valid, .elder_job, .share_queue, .share_full,
    .look_job(again_job), .look_dying(again_dying),
    .ask_on(walk_free && ask_free && !(ask_valid_q && ask_again_q) && !passed_q),
    .ask_valid(pick_valid), .passes,
    .ask_job(pick_job), .ask_run(pick_run), .picks, .count_job(refused_job),
    .count(refused), .forget, .forget_ready
  );
  assign ask_free = !ask_valid_q || retry_taken;
  assign drain    = hand_q != '0 && ask_free && !picks;
  // dying jobs that let others pass leave the run in hand its turn
  always_ff @(posedge clk) begin
    if (!rst_n) passed_q <= 1'b0;
    else passed_q <= (passes || passed_q) && hand_q != '0 && !drain;
  end
  assign next_job = pick_valid ? pick_job : job_q;
  assign next_run = pick_valid ? pick_run : drain_run;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      ask_valid_q  <= 1'b0;
      lookup_waits <= 1'b0;
    end else begin
      ask_valid_q  <= pick_valid || drain || (ask_valid_q && !retry_taken);
      lookup_waits <= busy_valid || waits || (ask_valid_q && ask_again_q);
    end
  end
  always_ff @(posedge clk) begin
    if (pick_valid || drain) begin
      ask_job_q   <= next_job;
      ask_run_q   <= next_run;
      ask_again_q <= pick_valid;
    end
  end
  logic [$bits(context_t)+$bits(vpn_t)-1:0] target;
  vmso_ram_1w1r #(.Depth(Cfg.jobs * Runs), .LaneBits($bits(context_t) + $bits(vpn_t))) u_targets (
    .clk, .write_en(new_valid && new_ready),
    .write_addr({new_lookup.job[JobW-1:0], new_lookup.run}),
    .write_data({new_lookup.ctx, new_lookup.vpn}),
    .read_en(pick_valid || drain), .read_addr({next_job, next_run}), .read_data(target)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(1 + $bits(queue_t))) u_queues (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data({load_advise, load_queue}),
    .read_addr(ask_job_q), .read_data({ask_advise, ask_queue})
  );

  // -- choice; a lookup that was offered stands --------------------------------------------------------
  logic    offered_q, retry_q, retry_last_q, retry;
  lookup_t again;
  assign again = '{job: job_t'(ask_job_q), run: ask_run_q, queue: ask_queue,
                   ctx: target[$bits(vpn_t) +: $bits(context_t)], vpn: target[$bits(vpn_t)-1:0],
                   again: ask_again_q, advise: ask_advise, ghost: 1'b0};
  assign retry        = offered_q ? retry_q : ask_valid_q && (!new_valid || !retry_last_q);
  assign lookup_valid = retry || new_valid;
  assign lookup       = retry ? again : new_lookup;
  assign new_ready    = lookup_ready && !retry;
  assign retry_taken  = lookup_ready && retry;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      offered_q    <= 1'b0;
      retry_q      <= 1'b0;
      retry_last_q <= 1'b0;
    end else begin
      offered_q <= lookup_valid && !lookup_ready;
      retry_q   <= retry;
      if (lookup_valid) retry_last_q <= retry;
    end
  end

  logic unused_bits;
  assign unused_bits = ^busy ^ again_room;

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(OneAtATime, pick_valid, !ask_valid_q)
  `VMSO_IMPL_IF(AgainHasRoom, again_first, again_room)
  `VMSO_INTG_IF(CancelBesideNoRedo, cancel_valid, !redo_valid)
  `VMSO_IMPL_IF(RedoIsNew, redo_valid, (old.mask & redo_mask) == '0)
`endif
endmodule : vmso_run_ask
