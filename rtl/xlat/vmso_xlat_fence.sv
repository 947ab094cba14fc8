// SPDX-License-Identifier: Apache-2.0
// Fences: takes up to four commands as a batch and carries them out, one batch at a time.
//
// fence        valid/ready; taken while a batch is being collected, at most one COMMIT a batch. What comes
//              later waits for the next batch
// order        take -> match on (matching walks end nothing any more) -> one sweep of TLB and walk cache a
//              command -> lookups pause until their pipeline is empty -> restart: matching walks die, a
//              COMMIT takes effect, match off -> settle -> hold_issue until issue_held -> mark -> flip
//              read_colour, hold off -> drain the old colour -> done number
// matches      walks, by context: whatever a walk has read above its leaf may be what was changed. add_valid
//              tells the slots one command; miss_matches is for a walk that is being opened
// sweeps       of caches, by page. {all}, a context, or a COMMIT: every set. A range is rounded outwards to
//              16 pages (a NAPOT leaf). If it has no more than 8 x sets pages (512 at least), the sets of
//              its lines are swept, then the other halves of the 4 MiB leaves at its ends. A larger one is
//              rounded outwards to two aligned blocks of a power of two pages, and every set is swept once
//              for each
// COMMIT       of an existing context and a format that is built, or off: csr has judged it
// storm        no batch begins: a walk that two fences killed is not answered, or a job that two fences
//              marked is not served (vmso_run_elder)
// latency      one page 22 cycles + mark + drain; else sets (2 x sets beside lookups in every cycle), a
//              large range twice that + 45, + mark + drain + 20
// reset        sweeps everything once; `swept` afterwards
`include "vmso_assert.svh"
module vmso_xlat_fence
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  parameter  int unsigned Sets   = 128,  // sweep steps, a power of two
  localparam int unsigned IndexW = $clog2(Sets)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              fence_valid,
  output logic              fence_ready,
  input  fence_t            fence,
  output logic [15:0]       fence_done_number,
  output logic              swept,
  output logic              match_on,
  output logic              add_valid,
  output logic              add_all,
  output context_t          add_ctx,
  output logic              match_clear,
  input  context_t          miss_ctx,
  output logic              miss_matches,
  input  logic              ending,        // a matching walk is just being ended
  input  logic              storm,
  output logic              sweep_read,    // and what is to be found, in this cycle
  output sweep_t            sweep,
  output logic [IndexW-1:0] sweep_index,
  output logic              sweep_write,   // the same, one cycle later
  output sweep_t            write,
  output logic [IndexW-1:0] write_index,
  input  logic              sweep_yield,   // somebody was refused for the sweep in the last cycle
  output logic              pause,         // no lookup may begin
  input  logic              paused,        // none is in the pipeline
  output logic              restart,
  input  logic              dead_offered,  // a request of before the restart is not taken yet
  output logic              commit_valid,
  output context_t          commit_ctx,
  output context_config_t   commit_cfg,
  output logic              mark_valid,
  input  logic              mark_ready,
  output mark_t             mark,
  output logic              hold_issue,
  input  logic              issue_held,
  output logic              read_colour,
  input  logic [1:0]        colour_busy
);
  localparam logic [3:0] MatchCycles  = 4'd3;  // from the last command to a match that holds
  localparam logic [3:0] SettleCycles = 4'd8;  // fill register and run's way into its rows
  localparam logic [3:0] DrainCycles  = 4'd3;  // from a handshake to colour_busy
  localparam int unsigned Commands = FenceBatch;
  localparam int unsigned NearBits = IndexW + 3 < 9 ? 9 : IndexW + 3;  // log2 pages of a near block

  typedef enum logic [3:0] {
    FenceInit = 4'd0, FenceIdle = 4'd1, FenceTake = 4'd2, FenceEnding = 4'd3, FencePlan = 4'd4,
    FenceWiden = 4'd5, FenceSweep = 4'd6, FenceSwept = 4'd7, FencePause = 4'd8,
    FenceRestart = 4'd9, FenceSettle = 4'd10, FenceHold = 4'd11, FenceMark = 4'd12,
    FenceFlip = 4'd13, FenceDrain = 4'd14
  } state_e;
  state_e     state_d, state_q;
  logic       init_q, colour_q;
  logic [3:0] count_d, count_q;  // cycles in the state
  logic [15:0] done_q;

  // -- the batch ----------------------------------------------------------------------------------
  typedef struct packed {
    logic     ranged;
    logic     leaf_only;
    page_t    first;
    page_t    last;
  } reach_t;
  logic            take, added_q, commit_q, begins;
  logic [2:0]      taken_q;  // commands of the batch
  logic [1:0]      at_q;     // the one that is swept
  logic            all_q;
  logic [Commands-1:0]     named_q;
  context_t [Commands-1:0] ctx_q;
  context_t        commit_ctx_q;
  context_config_t commit_cfg_q;
  logic [15:0]     number_q;
  reach_t          taken, reach;

  assign fence_ready = state_q == FenceTake && 32'(taken_q) != Commands
                       && !(commit_q && fence.kind == FenceCommit);
  assign take        = fence_valid && fence_ready;
  assign begins      = state_q == FenceIdle && fence_valid && !storm;
  assign taken = '{
    ranged: fence.kind == FenceRange, leaf_only: fence.leaf_only && fence.kind != FenceCommit,
    first: fence.first, last: fence.last
  };
  vmso_lutram #(.Depth(Commands), .Bits($bits(reach_t))) u_reach (
    .clk, .write_en(take), .write_addr(taken_q[1:0]), .write_data(taken), .read_addr(at_q),
    .read_data(reach)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      all_q    <= 1'b0;
      named_q  <= '0;
      taken_q  <= '0;
      added_q  <= 1'b0;
      commit_q <= 1'b0;
    end else begin
      added_q <= take;
      if (begins) begin
        all_q    <= 1'b0;
        named_q  <= '0;
        taken_q  <= '0;
        commit_q <= 1'b0;
      end else if (take) begin
        named_q[taken_q[1:0]] <= 1'b1;
        all_q    <= all_q || fence.kind == FenceAll;
        taken_q  <= taken_q + 1'b1;
        commit_q <= commit_q || fence.kind == FenceCommit;
      end
    end
  end
  always_ff @(posedge clk) begin
    if (take) begin
      ctx_q[taken_q[1:0]] <= fence.ctx;
      number_q            <= fence.number;
      if (fence.kind == FenceCommit) begin
        commit_ctx_q <= fence.ctx;
        commit_cfg_q <= fence.cfg;
      end
    end
  end

  // -- match: the slots compare one command a cycle, a new walk is compared with all --------------
  logic [1:0] last_taken;
  assign last_taken  = taken_q[1:0] - 1'b1;
  assign add_valid   = added_q;
  assign add_all     = all_q;
  assign add_ctx     = ctx_q[last_taken];
  assign match_clear = begins;
  always_comb begin
    miss_matches = all_q;
    for (int unsigned c = 0; c < Commands; c++) begin
      if (named_q[c] && ctx_q[c] == miss_ctx) miss_matches = 1'b1;
    end
  end

  // -- what a command sweeps ----------------------------------------------------------------------
  // Few: line by line, then the two halves; else all sets for one block, or for each of two.
  typedef enum logic [1:0] {PassSets = 2'd0, PassLines = 2'd1, PassHalves = 2'd2} pass_e;
  pass_e             pass_q;
  logic              two_q, second_q, step_q, near, last_step, last_command, index_ends, ranged;
  page_t             first, last, page_q, end_q;
  page_t             span_q;  // last - first, then with all bits below its highest one: the mask
  logic [5:0]        widen_q;
  logic [IndexW-1:0] index_q, index_q2;
  sweep_t            sweep_q;

  assign first = {reach.first[44:4], 4'h0};
  assign last  = {reach.last[44:4], 4'hf};
  assign near   = span_q[44:NearBits] == '0;
  assign ranged = reach.ranged && !all_q && !init_q;
  assign last_command = all_q || 3'(at_q) + 1'b1 == taken_q || init_q;
  assign index_ends   = index_q == '1;
  always_comb begin
    unique case (pass_q)
      PassSets:  last_step = index_ends && (!two_q || second_q);
      PassLines: last_step = 1'b0;
      default:   last_step = second_q;  // PassHalves
    endcase
  end
  always_ff @(posedge clk) begin
    unique case (state_q)
      FencePlan: begin
        pass_q   <= PassSets;
        second_q <= 1'b0;
        two_q    <= 1'b0;
        index_q  <= '0;
        page_q   <= first;
        end_q    <= last;
        span_q   <= ranged ? last - first : '1;
        widen_q  <= '0;
      end
      FenceWiden: begin
        widen_q <= widen_q + 1'b1;
        two_q   <= 1'b1;
        span_q  <= span_q | (span_q >> 1);
        if (near && widen_q == '0) begin
          pass_q <= PassLines;
          span_q <= page_t'(7);
        end
      end
      FenceSweep: if (sweep_read) begin
        index_q <= index_q + 1'b1;
        unique case (pass_q)
          PassSets: if (index_ends) begin
            second_q <= 1'b1;
            page_q   <= end_q;
          end
          PassLines: begin
            page_q <= page_q + 45'd8;
            if (page_q[44:3] == end_q[44:3]) begin
              pass_q <= PassHalves;
              page_q <= first ^ 45'h200;
            end
          end
          default: begin
            second_q <= 1'b1;
            page_q   <= last ^ 45'h200;
          end
        endcase
      end
      default: ;
    endcase
  end
  always_comb begin
    sweep = '{
      all: init_q || all_q, ctx: ctx_q[at_q], by_page: pass_q != PassSets,
      leaf_only: reach.leaf_only && !init_q && !all_q, lines: pass_q != PassHalves, page: page_q,
      mask: span_q
    };
  end
  assign sweep_read  = state_q == FenceSweep && !(sweep_yield && step_q);
  assign sweep_index = index_q;
  assign sweep_write = step_q;
  assign write       = sweep_q;
  assign write_index = index_q2;
  always_ff @(posedge clk) begin
    if (!rst_n) step_q <= 1'b0;
    else step_q <= sweep_read;
  end
  always_ff @(posedge clk) begin
    sweep_q  <= sweep;
    index_q2 <= index_q;
  end

  // -- the batch that runs ------------------------------------------------------------------------
  always_comb begin
    state_d = state_q;
    count_d = count_q == '1 ? count_q : count_q + 1'b1;
    unique case (state_q)
      FenceInit: state_d = FencePlan;
      FenceIdle: if (begins) state_d = FenceTake;
      FenceTake: begin
        count_d = '0;
        if (!take) state_d = FenceEnding;
      end
      FenceEnding: if (!ending && count_q >= MatchCycles) state_d = FencePlan;
      FencePlan: state_d = ranged ? FenceWiden : FenceSweep;
      FenceWiden: if ((near && widen_q == '0) || widen_q == 6'd44) state_d = FenceSweep;
      FenceSweep: begin
        count_d = '0;
        if (sweep_read && last_step) state_d = last_command ? FenceSwept : FencePlan;
      end
      FenceSwept: begin
        count_d = '0;
        state_d = init_q ? FenceIdle : FencePause;
      end
      FencePause: if (paused && count_q >= 4'd1) state_d = FenceRestart;
      FenceRestart: begin
        state_d = FenceSettle;
        count_d = '0;
      end
      FenceSettle: if (count_q >= SettleCycles && !dead_offered) state_d = FenceHold;
      FenceHold: if (issue_held) state_d = FenceMark;
      FenceMark: if (mark_ready) state_d = FenceFlip;
      FenceFlip: begin
        state_d = FenceDrain;
        count_d = '0;
      end
      default: if (count_q >= DrainCycles && !colour_busy[!colour_q]) state_d = FenceIdle;
    endcase
  end
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q  <= FenceInit;
      init_q   <= 1'b1;
      colour_q <= 1'b0;
      done_q   <= '0;
      at_q     <= '0;
    end else begin
      state_q <= state_d;
      if (state_q == FenceIdle) init_q <= 1'b0;
      if (state_q == FenceFlip) colour_q <= !colour_q;
      if (state_q == FenceDrain && state_d == FenceIdle) done_q <= number_q;
      if (state_q == FenceIdle) at_q <= '0;
      else if (state_q == FenceSweep && state_d == FencePlan) at_q <= at_q + 1'b1;
    end
  end
  always_ff @(posedge clk) count_q <= count_d;

  assign swept        = !init_q;
  assign match_on     = state_q inside {FenceEnding, FencePlan, FenceWiden, FenceSweep, FenceSwept,
                                        FencePause, FenceRestart} && !init_q;
  assign pause        = state_q == FencePause || state_q == FenceRestart;
  assign restart      = state_q == FenceRestart;
  assign commit_valid = restart && commit_q;
  assign commit_ctx   = commit_ctx_q;
  assign commit_cfg   = commit_cfg_q;
  assign hold_issue   = state_q == FenceHold || state_q == FenceMark || state_q == FenceFlip;
  assign mark_valid   = state_q == FenceMark;
  assign mark         = '{all: all_q, valid: named_q, ctx: ctx_q};
  assign read_colour  = colour_q;
  assign fence_done_number = done_q;

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(CommitWasJudged, fence_valid, fence.kind != FenceCommit
                              || (built(Cfg.formats, fence.cfg.format)
                                  && 32'(fence.ctx) < Cfg.contexts))
  `VMSO_INTG_IF(RangeIsOrdered, fence_valid, fence.kind != FenceRange || fence.first <= fence.last)
  `VMSO_INTG_IF(ColourIsFree, state_q == FenceFlip, !colour_busy[!colour_q])
  `VMSO_INTG_IF(StaysHeld, state_q == FenceMark, issue_held)
  `VMSO_IMPL_IF(RestartIsAlone, restart, paused)
  `VMSO_IMPL_IF(SomethingIsTaken, state_q == FenceEnding, taken_q != '0)
`endif
endmodule : vmso_xlat_fence
