// SPDX-License-Identifier: Apache-2.0
// Fences of a configuration with 16 sweep steps; commands and neighbours are free in every cycle, but ranges
// are ordered. Two claims:
//   plan    before its restart a batch has swept what each of its commands names. The solver chooses a place
//           in the batch, a page and a context; `reached` says that the command there names them, all of it
//           rounded to 16 pages. Of the page's line a step, or all sets in one go, have been swept in TLB and
//           walk cache; and, in the walk cache, where the other half of a 4 MiB leaf lies that maps the page
//   order   match, sweep, restart, hold, mark, flip, drain, number, as the neighbours see it, each once a
//           batch and none before those it waits for
module prove_xlat_fence
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 4, contexts: 4096, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 4, runs_per_job: 32,
    walk_slots: 8, tlb_lines: 64, formats: 32'h1ff, template_bytes: 256, max_frame: 9216
  }
) (
  input logic       clk,
  input logic       want_fence,
  input fence_t     any_fence,
  input context_t   miss_ctx,
  input logic       ending,
  input logic       storm,
  input logic       sweep_yield,
  input logic       paused,
  input logic       dead_offered,
  input logic       mark_ready,
  input logic       issue_held,
  input logic [1:0] colour_busy
);
  logic       start_q = 1'b0;
  logic       rst_n;
  logic [1:0] watch;      // place in the batch
  page_t      page;
  context_t   ctx;
  f_anyconst1 u_watch [1:0] (.y(watch));
  f_anyconst1 u_page [44:0] (.y(page));
  f_anyconst1 u_ctx [11:0] (.y(ctx));
  always_ff @(posedge clk) start_q <= 1'b1;
  assign rst_n = start_q;

  logic            fence_valid, fence_ready, swept, match_on, add_valid, add_all, match_clear, take;
  logic            miss_matches, sweep_read, sweep_write, pause, restart, commit_valid, mark_valid;
  logic            hold_issue, read_colour;
  logic [15:0]     fence_done_number;
  logic [3:0]      sweep_index, write_index;
  context_t        add_ctx, commit_ctx;
  context_config_t commit_cfg;
  sweep_t          sweep, write;
  mark_t           mark;
  // an offer stands
  logic   offered_q;
  fence_t fence, fence_q;
  assign fence       = offered_q ? fence_q : any_fence;
  assign fence_valid = offered_q || (want_fence && !(fence.kind == FenceRange && fence.first > fence.last));
  assign take        = fence_valid && fence_ready;
  always_ff @(posedge clk) begin
    offered_q <= rst_n && fence_valid && !fence_ready;
    fence_q   <= fence;
  end
  vmso_xlat_fence #(.Cfg(Cfg), .Sets(16)) u_dut (
    .clk, .rst_n, .fence_valid, .fence_ready, .fence, .fence_done_number, .swept, .match_on, .add_valid,
    .add_all, .add_ctx, .match_clear, .miss_ctx, .miss_matches, .ending, .storm, .sweep_read, .sweep,
    .sweep_index, .sweep_write, .write, .write_index, .sweep_yield, .pause, .paused, .restart,
    .dead_offered, .commit_valid, .commit_ctx, .commit_cfg, .mark_valid, .mark_ready, .mark, .hold_issue,
    .issue_held, .read_colour, .colour_busy
  );

  // -- the batch, as it was given -------------------------------------------------------------------
  logic        any_all_q, commits_q;
  logic [2:0]  count_q;
  logic [3:0]  named_q;
  logic [15:0] number_q, commit_number_q;
  fence_t      cmd_q;      // at the place
  logic        here, reached;
  page_t       first, last;
  always_ff @(posedge clk) begin
    if (!rst_n || match_clear) begin
      count_q   <= '0;
      named_q   <= '0;
      any_all_q <= 1'b0;
      commits_q <= 1'b0;
    end else if (take) begin
      count_q <= count_q + 1'b1;
      named_q[count_q[1:0]] <= 1'b1;
      if (fence.kind == FenceAll) any_all_q <= 1'b1;
      if (fence.kind == FenceCommit) commits_q <= 1'b1;
    end
    if (take) number_q <= fence.number;
    if (take && count_q == 3'(watch)) cmd_q <= fence;
  end
  assign here  = count_q > 3'(watch);
  assign first = {cmd_q.first[44:4], 4'h0};
  assign last  = {cmd_q.last[44:4], 4'hf};
  always_comb begin
    reached = here && (cmd_q.ctx == ctx || cmd_q.kind == FenceAll);
    if (cmd_q.kind == FenceRange && (page < first || page > last)) reached = 1'b0;
  end

  // -- what has been swept ----------------------------------------------------------------------------
  page_t      half;        // of the other half of a 4 MiB leaf
  logic       step, meant, finds, finds_half, in_block, half_in_block;
  logic       covered_q, half_covered_q, all_swept_q;
  logic [3:0] run_q, half_run_q, all_run_q;   // sets that were swept in one go
  assign half  = page ^ page_t'(512);
  assign step  = sweep_read;
  assign meant = (sweep.all || sweep.ctx == ctx)
                 && (!sweep.leaf_only || (cmd_q.leaf_only && cmd_q.kind != FenceCommit));
  assign in_block      = ((page ^ sweep.page) & ~sweep.mask) == '0;
  assign half_in_block = ((half[44:9] ^ sweep.page[44:9]) & ~sweep.mask[44:9]) == '0;
  assign finds      = meant && sweep.lines && in_block && (!sweep.by_page || sweep.mask == page_t'(7));
  assign finds_half = meant && half_in_block && (!sweep.by_page || sweep.mask == page_t'(7));
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      all_run_q   <= '0;
      all_swept_q <= 1'b0;
    end else if (step && !swept) begin
      all_run_q <= sweep.all && !sweep.by_page && sweep.lines && !sweep.leaf_only && sweep.mask == '1
                   && sweep_index == all_run_q ? all_run_q + 1'b1 : '0;
      if (all_run_q == '1 && sweep_index == '1) all_swept_q <= 1'b1;
    end
    if (!rst_n || match_clear) begin
      covered_q      <= 1'b0;
      half_covered_q <= 1'b0;
      run_q          <= '0;
      half_run_q     <= '0;
    end else if (step) begin
      run_q      <= '0;
      half_run_q <= '0;
      if (finds) begin
        if (sweep.by_page) covered_q <= 1'b1;
        else if (sweep_index == '0 || sweep_index == run_q) run_q <= sweep_index + 1'b1;
        if (!sweep.by_page && run_q == '1 && sweep_index == '1) covered_q <= 1'b1;
      end
      if (finds_half) begin
        if (sweep.by_page) half_covered_q <= 1'b1;
        else if (sweep_index == '0 || sweep_index == half_run_q) half_run_q <= sweep_index + 1'b1;
        if (!sweep.by_page && half_run_q == '1 && sweep_index == '1) half_covered_q <= 1'b1;
      end
    end
  end

  // -- the order, as the neighbours see it ---------------------------------------------------------------
  typedef enum logic [3:0] {
    Quiet = 4'd0, Takes = 4'd1, Matches = 4'd2, Restarted = 4'd3, Holds = 4'd4, Marked = 4'd5, Flipped = 4'd6
  } phase_e;
  phase_e      phase_q;
  logic        colour_q, busy_q, held_q, stalled_q, pause_q, paused_q, drained_q, marks;
  logic [3:0]  since_q;    // cycles in the phase, 15 at most
  logic [15:0] done_q;
  logic [6:0]  steps_q;    // of a command
  assign marks = mark_valid && mark_ready;
  always_ff @(posedge clk) begin
    since_q <= since_q == '1 ? since_q : since_q + 1'b1;
    if (!rst_n) begin
      phase_q <= Quiet;
    end else if (match_clear) begin
      phase_q <= Takes;
    end else if (phase_q == Takes && match_on) begin
      phase_q <= Matches;
      since_q <= '0;
    end else if (restart) begin
      phase_q <= Restarted;
      since_q <= '0;
    end else if (phase_q == Restarted && hold_issue) begin
      phase_q <= Holds;
    end else if (marks) begin
      phase_q <= Marked;
    end else if (phase_q == Marked) begin
      phase_q <= Flipped;   // the colour turns with this edge
      since_q <= '0;
    end else if (phase_q == Flipped && u_dut.state_d == 4'd1) begin
      phase_q <= Quiet;
    end
    colour_q    <= rst_n && read_colour;
    busy_q      <= colour_busy[!read_colour];
    paused_q    <= paused;
    held_q      <= hold_issue && (held_q || issue_held);
    drained_q   <= rst_n && phase_q == Flipped && since_q >= 4'd3;
    done_q      <= rst_n ? fence_done_number : '0;
    stalled_q   <= rst_n && u_dut.state_q == 4'd6 && !sweep_read;
    pause_q     <= pause;
    steps_q <= u_dut.state_q == 4'd4 ? '0 : steps_q + 7'(sweep_read);
  end

  // -- for the step of the induction -----------------------------------------------------------------------
  typedef struct packed {
    logic  ranged;
    logic  leaf_only;
    page_t first;
    page_t last;
  } reach_t;
  reach_t kept, other;
  logic   behind, sweeping, widening, ranged, sets, lines, halves, near, mine, in1, in2, ordered;
  logic   half_among, half_in_range;
  page_t  span, full, mask, at_page, from, upto;
  logic [3:0] state;
  assign state    = u_dut.state_q;
  assign kept     = u_dut.u_reach.mem[watch];
  assign widening = state == 4'd5;
  assign sweeping = state == 4'd6;
  assign behind   = here && swept && match_on && state > 4'd3 && (u_dut.at_q > watch || state > 4'd6);
  assign mine     = here && swept && reached && (u_dut.at_q == watch || any_all_q);
  assign ranged   = u_dut.ranged;
  assign sets     = u_dut.pass_q == 2'd0;
  assign lines    = u_dut.pass_q == 2'd1;
  assign halves   = u_dut.pass_q == 2'd2;
  assign from     = u_dut.first;
  assign upto     = u_dut.last;
  assign at_page  = u_dut.page_q;
  assign span     = upto - from;
  always_comb begin
    full = span;
    for (int unsigned i = 1; i < 45; i *= 2) full |= full >> i;
    ordered = 1'b1;
    other   = '0;
    for (int unsigned i = 0; i < 4; i++) begin
      other = u_dut.u_reach.mem[i];
      if (i < 32'(count_q) && other.ranged && other.first > other.last) ordered = 1'b0;
    end
  end
  assign mask = full & ~(full >> (u_dut.widen_q + 6'd1));  // its highest widen + 1 bits
  assign near = span[44:9] == '0;
  assign in1  = ((page ^ from) & ~u_dut.span_q) == '0;
  assign in2  = ((page ^ upto) & ~u_dut.span_q) == '0;
  // some line of the other half is in the range, and before the one that is next
  assign half_in_range = {half[44:9], 9'h1ff} >= from && {half[44:9], 9'h0} <= upto;
  assign half_among    = {half[44:9], 9'h1ff} >= from && {half[44:9], 9'h0} < at_page && at_page > from;

  always_ff @(posedge clk) begin
    if (rst_n) begin
      // the plan
      all_is_swept: assert (!restart || !reached || (covered_q && half_covered_q));
      swept_with_reset: assert (!swept || all_swept_q);
      steps_bounded: assert (!sweep_read || steps_q < 7'd66);
      stalls_once: assert (!stalled_q || !sweeping || sweep_read);
      widens_shortly: assert (!widening || u_dut.widen_q <= 6'd44);
      // the order
      takes_before_match: assert (!take || phase_q == Takes);
      sweeps_in_match: assert (!sweep_read || !swept || (phase_q == Matches && match_on && since_q >= 4'd2));
      restarts_when_paused: assert (!restart || (phase_q == Matches && paused_q && pause_q && match_on));
      commits_with_restart: assert (commit_valid == (restart && commits_q) && (!commit_valid || !here
                                    || cmd_q.kind != FenceCommit
                                    || (commit_ctx == cmd_q.ctx && commit_cfg == cmd_q.cfg)));
      match_ends: assert (!match_on || phase_q inside {Takes, Matches});
      match_is_the_batch: assert (!match_on || !here || miss_matches
                                  || (miss_ctx != cmd_q.ctx && cmd_q.kind != FenceAll));
      holds_after: assert (!hold_issue || phase_q inside {Holds, Marked}
                           || (phase_q == Restarted && since_q >= 4'd9));
      marks_when_held: assert (!mark_valid || (phase_q == Holds && hold_issue && held_q));
      marks_the_batch: assert (!mark_valid || (mark.all == any_all_q && mark.valid == named_q
                               && (!here || mark.ctx[watch] == cmd_q.ctx)));
      flips_behind_mark: assert ((read_colour != colour_q) == (phase_q == Flipped && since_q == '0));
      number_when_drained: assert (fence_done_number == done_q
                                   || (drained_q && !busy_q && fence_done_number == number_q));
      // for the step
      phases_agree: assert (
        state == 4'd2 ? phase_q == Takes : state == 4'd3 ? phase_q inside {Takes, Matches}
        : state == 4'd10 ? phase_q == Restarted : state == 4'd11 ? phase_q inside {Restarted, Holds}
        : state == 4'd12 ? phase_q == Holds : state == 4'd13 ? phase_q == Marked
        : state == 4'd14 ? phase_q == Flipped
        : phase_q == (state > 4'd3 && swept ? Matches : Quiet));
      times_agree: assert (state == 4'd3 ? (phase_q == Takes ? u_dut.count_q == '0
                                            : since_q + 4'd1 == u_dut.count_q || since_q >= 4'd14)
                           : state > 4'd3 && state < 4'd10 && swept ? since_q >= 4'd2
                           : state == 4'd10 ? since_q == u_dut.count_q
                           : state == 4'd11 && phase_q == Restarted ? since_q >= 4'd9
                           : state != 4'd14 || since_q == u_dut.count_q);
      pauses_agree: assert (state != 4'd8 || u_dut.count_q == '0 || pause_q);
      states_agree: assert (state <= 4'd14 && (swept ? state != '0 : state inside {4'd0, 4'd1, 4'd4, 4'd6, 4'd7}
                            && count_q == '0 && u_dut.at_q == '0 && !any_all_q));
      batch_agrees: assert (u_dut.taken_q == count_q && u_dut.named_q == named_q && u_dut.all_q == any_all_q
                            && u_dut.commit_q == commits_q && count_q <= 3'd4
                            && named_q == 4'((5'd1 << count_q) - 5'd1)
                            && (count_q == '0 ? !commits_q && !any_all_q : u_dut.number_q == number_q));
      some_is_taken: assert (!swept || state < 4'd2 || count_q != '0 || (state == 4'd2 && offered_q));
      kept_agrees: assert (!here || (kept.ranged == (cmd_q.kind == FenceRange) && kept.first == cmd_q.first
                           && kept.leaf_only == (cmd_q.leaf_only && cmd_q.kind != FenceCommit)
                           && kept.last == cmd_q.last && u_dut.ctx_q[watch] == cmd_q.ctx
                           && (cmd_q.kind != FenceAll || any_all_q)
                           && (cmd_q.kind != FenceCommit || (commits_q && u_dut.commit_ctx_q == cmd_q.ctx
                                                             && u_dut.commit_cfg_q == cmd_q.cfg))));
      ranges_ordered: assert (ordered && (!offered_q || fence_q.kind != FenceRange
                                          || fence_q.first <= fence_q.last));
      places_agree: assert (state inside {4'd4, 4'd5, 4'd6} ? !swept || u_dut.at_q < count_q
                            : !(state inside {4'd0, 4'd2, 4'd3}) || u_dut.at_q == '0);
      all_at_once: assert (!any_all_q || state == 4'd1 || u_dut.at_q == '0);
      last_at_end: assert (!swept || state < 4'd7 || state == 4'd15 || any_all_q
                           || 3'(u_dut.at_q) + 3'd1 == count_q);
      widening_agrees: assert (!widening || (ranged && swept && at_page == from && u_dut.end_q == upto
                               && !u_dut.second_q && sets && u_dut.index_q == '0
                               && (u_dut.span_q & ~full) == '0 && (mask & ~u_dut.span_q) == '0
                               && (u_dut.widen_q == '0 ? u_dut.span_q == span : !near && u_dut.two_q)
                               && steps_q == '0));
      sweep_agrees: assert (!sweeping || (
        lines ? ranged && near && !u_dut.second_q && u_dut.span_q == page_t'(7) && at_page >= from
                && at_page <= upto && at_page[2:0] == '0 && u_dut.end_q == upto
                && {steps_q, 3'd0} == at_page[9:0] - from[9:0]
        : halves ? ranged && near && u_dut.span_q == page_t'(7)
                   && at_page == ((u_dut.second_q ? upto : from) ^ page_t'(512))
                   && steps_q == 7'(span[9:3]) + 7'd1 + 7'(u_dut.second_q)
        : ranged ? sets && u_dut.two_q && u_dut.span_q == full && !near
                   && at_page == (u_dut.second_q ? upto : from) && u_dut.end_q == upto
                   && steps_q == {2'd0, u_dut.second_q, u_dut.index_q}
                 : sets && !u_dut.two_q && u_dut.span_q == '1 && !u_dut.second_q
                   && steps_q == {3'd0, u_dut.index_q}));
      blocks_hold: assert (!(sweeping && sets && ranged) || page < from || page > upto || in1 || in2);
      behind_is_swept: assert (!behind || !reached || (covered_q && half_covered_q));
      lines_are_swept: assert (!(sweeping && lines && mine)
                               || ((page[44:3] >= at_page[44:3] || covered_q)
                                   && (!half_among || half_covered_q)));
      halves_are_swept: assert (!(sweeping && halves && mine)
                                || (covered_q && (!half_in_range || half_covered_q)
                                    && (!u_dut.second_q || half[44:9] != (from[44:9] ^ 36'd1)
                                        || half_covered_q)));
      sets_are_swept: assert (!(sweeping && sets && mine) || (
        (u_dut.index_q == '0 || (ranged && (u_dut.second_q ? !in2 : !in1))
         || (run_q == u_dut.index_q && half_run_q == u_dut.index_q))
        && (!ranged || !u_dut.second_q || !in1 || (covered_q && half_covered_q))));
      reset_is_swept: assert (swept || (state == 4'd6 ? all_run_q == u_dut.index_q
                                        : state inside {4'd7, 4'd1} ? all_swept_q
                                        : all_run_q == '0));
      reach_lines: cover (restart && here && cmd_q.kind == FenceRange && halves && steps_q == 7'd4);
      reach_blocks: cover (sweeping && u_dut.second_q && sets && mine && in2 && !in1);
      reach_batch: cover (restart && count_q == 3'd2 && commits_q && reached && cmd_q.kind == FenceRange);
      reach_number: cover (drained_q && fence_done_number != done_q);
      reach_stall: cover (stalled_q && sweeping && swept);
    end
  end
endmodule : prove_xlat_fence
