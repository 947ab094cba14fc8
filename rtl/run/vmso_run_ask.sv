// SPDX-License-Identifier: Apache-2.0
// The lookup port: new runs and runs that have to be asked for again take turns.
//
// new         valid/ready, payload stands until taken; combinational to lookup
// busy        valid only: that lookup was refused
// redo        valid only: these runs of a job are wanted again, oldest first from redo_first on
// lookup      valid/ready, payload stands until taken. Asked again oldest first, only if a walk slot was
//             free in the cycle before
// latency     busy to lookup: 4 cycles; redo to lookup: 7
// room        every run is in at most one of: redo mask, job in hand, list, here, xlat; so nothing
//             overflows
// reset       control; redo masks by the init walk
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
  input  logic            new_valid,
  output logic            new_ready,
  input  lookup_t         new_lookup,
  input  logic            busy_valid,
  input  run_ref_t        busy,
  input  logic            redo_valid,
  input  logic [JobW-1:0] redo_job,
  input  run_mask_t       redo_mask,
  input  run_t            redo_first,
  input  logic            walk_free,
  output logic            lookup_valid,
  input  logic            lookup_ready,
  output lookup_t         lookup
);
  localparam int unsigned RefW = JobW + 5;
  typedef struct packed {
    run_t      first;
    run_mask_t mask;
  } redo_t;

  // -- redo: a mask per job; the mask of the job in hand goes into the list, one run per cycle ---------
  // The mask in hand is turned: bit 0 is run first_q, which is the oldest.
  logic            again_valid, again_room, again_first, take, drain, hand_last, redo_write;
  logic [JobW-1:0] again_job, mask_job, job_q;
  logic [JobW:0]   unused_again_count;
  redo_t           old, now;
  run_mask_t       hand_q, lowest;
  run_t            first_q, place, drain_run;

  assign drain     = hand_q != '0 && !busy_valid;
  assign lowest    = hand_q & (~hand_q + 1'b1);
  assign hand_last = hand_q == lowest;
  always_comb begin
    place = '0;
    for (int unsigned i = 0; i < Runs; i++) if (lowest[i]) place |= run_t'(i);
  end
  assign drain_run = first_q + place;

  assign take     = again_valid && !redo_valid && !init_valid
                    && (hand_q == '0 || (drain && hand_last));
  assign mask_job = init_valid ? init_job : redo_valid ? redo_job : again_job;
  always_comb begin
    now = '0;
    if (redo_valid && !init_valid) begin
      now.first = redo_first;
      now.mask  = old.mask | redo_mask;
    end
  end
  assign again_first = redo_valid && old.mask == '0 && redo_mask != '0;
  assign redo_write  = init_valid || redo_valid || take;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(redo_t))) u_masks (
    .clk, .write_en(redo_write), .write_addr(mask_job), .write_data(now),
    .read_addr(mask_job), .read_data(old)
  );
  vmso_fifo #(.Bits(JobW), .Depth(Cfg.jobs)) u_again (
    .clk, .rst_n, .in_valid(again_first), .in_ready(again_room), .in(redo_job),
    .out_valid(again_valid), .out_ready(take), .out(again_job), .count(unused_again_count)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) hand_q <= '0;
    else if (take) hand_q <= run_mask_t'({old.mask, old.mask} >> old.first);
    else if (drain) hand_q <= hand_q & ~lowest;
  end
  always_ff @(posedge clk) begin
    if (take) begin
      job_q   <= again_job;
      first_q <= old.first;
    end
  end

  // -- list: refs of runs that are to be asked for -----------------------------------------------------
  logic            push, pop, ref_valid_q, ask_valid_q, to_ask, retry_taken;
  logic [RefW-1:0] push_ref, head_ref, ask_ref_q, wr_ptr_q, rd_ptr_q;
  logic [RefW:0]   count_q;

  assign push     = busy_valid || drain;
  assign push_ref = busy_valid ? {busy.job[JobW-1:0], busy.run} : {job_q, drain_run};
  assign to_ask   = ref_valid_q && (!ask_valid_q || retry_taken);
  assign pop      = count_q != '0 && (!ref_valid_q || to_ask);
  vmso_ram_1w1r #(.Depth(Cfg.jobs * Runs), .LaneBits(RefW)) u_list (
    .clk, .write_en(push), .write_addr(wr_ptr_q), .write_data(push_ref),
    .read_en(pop), .read_addr(rd_ptr_q), .read_data(head_ref)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      wr_ptr_q    <= '0;
      rd_ptr_q    <= '0;
      count_q     <= '0;
      ref_valid_q <= 1'b0;
      ask_valid_q <= 1'b0;
    end else begin
      if (push) wr_ptr_q <= wr_ptr_q + 1'b1;
      if (pop) rd_ptr_q <= rd_ptr_q + 1'b1;
      count_q     <= count_q + (RefW + 1)'(push) - (RefW + 1)'(pop);
      ref_valid_q <= pop || (ref_valid_q && !to_ask);
      ask_valid_q <= to_ask || (ask_valid_q && !retry_taken);
    end
  end
  always_ff @(posedge clk) if (to_ask) ask_ref_q <= head_ref;

  // -- what the oldest of them is ----------------------------------------------------------------------
  logic [$bits(context_t)+$bits(vpn_t)-1:0] target;
  queue_t                                   ask_queue;
  vmso_ram_1w1r #(.Depth(Cfg.jobs * Runs), .LaneBits($bits(context_t) + $bits(vpn_t))) u_targets (
    .clk, .write_en(new_valid && new_ready),
    .write_addr({new_lookup.job[JobW-1:0], new_lookup.run}),
    .write_data({new_lookup.ctx, new_lookup.vpn}),
    .read_en(to_ask), .read_addr(head_ref), .read_data(target)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(queue_t))) u_queues (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_queue),
    .read_addr(ask_ref_q[RefW-1:5]), .read_data(ask_queue)
  );

  // -- choice; a lookup that was offered stands --------------------------------------------------------
  logic    walk_free_q, offered_q, retry_q, retry_last_q, retry_wanted, retry;
  lookup_t again;
  assign again = '{job: job_t'(ask_ref_q[RefW-1:5]), run: ask_ref_q[4:0], queue: ask_queue,
                   ctx: target[$bits(vpn_t) +: $bits(context_t)], vpn: target[$bits(vpn_t)-1:0]};
  assign retry_wanted = ask_valid_q && walk_free_q;
  assign retry        = offered_q ? retry_q : retry_wanted && (!new_valid || !retry_last_q);
  assign lookup_valid = retry || new_valid;
  assign lookup       = retry ? again : new_lookup;
  assign new_ready    = lookup_ready && !retry;
  assign retry_taken  = lookup_ready && retry;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      walk_free_q  <= 1'b0;
      offered_q    <= 1'b0;
      retry_q      <= 1'b0;
      retry_last_q <= 1'b0;
    end else begin
      walk_free_q <= walk_free;
      offered_q   <= lookup_valid && !lookup_ready;
      retry_q     <= retry;
      if (lookup_valid) retry_last_q <= retry;
    end
  end

  logic unused_bits;
  assign unused_bits = ^busy ^ again_room;

`ifdef VMSO_CHECKS
  `VMSO_IMPL(ListHasRoom, !push || !count_q[RefW])
  `VMSO_IMPL(AgainHasRoom, !again_first || again_room)
  `VMSO_IMPL(RedoIsNew, !redo_valid || (old.mask & redo_mask) == '0)
`endif
endmodule : vmso_run_ask
