// SPDX-License-Identifier: Apache-2.0
// Fences: takes them in batches and carries a batch out, one at a time.
//
// fence        valid/ready; ready depends on fence.kind: a second COMMIT does not fit into a batch.
//              What comes while a batch runs forms the next one; different contexts in a batch make
//              it {all}
// order        match on (matching walks end nothing any more) -> sweep TLB and walk cache ->
//              lookups pause until their pipeline is empty -> restart: matching walks die, a COMMIT
//              takes effect, match off -> settle -> hold_issue until issue_held -> mark -> flip
//              read_colour, hold off -> drain the old colour -> done number
// COMMIT       of an existing context and a format that is built, or off: csr has judged it
// storm        while a walk that two fences killed is not answered, no batch begins
// latency      sets (2 x sets beside lookups in every cycle) + mark + drain + 30 cycles
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
  output logic              match_all,
  output context_t          match_ctx,
  input  logic              ending,        // a matching walk is just being ended
  input  logic              storm,
  output logic              sweep_read,
  output logic [IndexW-1:0] sweep_index,
  output logic              sweep_write,   // the next cycle
  output logic [IndexW-1:0] sweep_write_index,
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
  output logic              mark_all,
  output context_t          mark_ctx,
  output logic              hold_issue,
  input  logic              issue_held,
  output logic              read_colour,
  input  logic [1:0]        colour_busy
);
  localparam logic [3:0] SettleCycles = 4'd8;  // fill register and run's way into its rows
  localparam logic [3:0] DrainCycles  = 4'd3;  // from a handshake to colour_busy
  typedef struct packed {
    logic            all;
    context_t        ctx;
    logic            commit;
    context_t        commit_ctx;
    context_config_t commit_cfg;
    logic [15:0]     number;
  } batch_t;

  // -- what waits: the next batch -----------------------------------------------------------------
  batch_t waiting_q, joined;
  logic   waiting_valid_q, begins, wants_all;

  assign fence_ready = !(waiting_valid_q && waiting_q.commit && fence.kind == FenceCommit);
  assign wants_all = fence.kind == FenceAll;
  always_comb begin
    joined        = waiting_q;
    joined.number = fence.number;
    if (!waiting_valid_q || begins) begin  // the first of a batch
      joined.all    = wants_all;
      joined.ctx    = fence.ctx;
      joined.commit = 1'b0;
    end else if (wants_all || fence.ctx != waiting_q.ctx) begin
      joined.all = 1'b1;
    end
    if (fence.kind == FenceCommit) begin
      joined.commit     = 1'b1;
      joined.commit_ctx = fence.ctx;
      joined.commit_cfg = fence.cfg;
    end
  end
  always_ff @(posedge clk) begin
    if (!rst_n) waiting_valid_q <= 1'b0;
    else if (fence_valid && fence_ready) waiting_valid_q <= 1'b1;
    else if (begins) waiting_valid_q <= 1'b0;
  end
  always_ff @(posedge clk) if (fence_valid && fence_ready) waiting_q <= joined;

  // -- the batch that runs ------------------------------------------------------------------------
  typedef enum logic [3:0] {
    FenceInit = 4'd0, FenceIdle = 4'd1, FenceEnding = 4'd2, FenceSweep = 4'd3,
    FenceSwept = 4'd4, FencePause = 4'd5, FenceRestart = 4'd6, FenceSettle = 4'd7,
    FenceHold = 4'd8, FenceMark = 4'd9, FenceFlip = 4'd10, FenceDrain = 4'd11
  } state_e;
  state_e            state_d, state_q;
  batch_t            batch_q;
  logic              init_q, colour_q;
  logic [3:0]        count_d, count_q;  // cycles in the state
  logic [IndexW-1:0] index_d, index_q, write_index_q;
  logic              step_q;
  logic [15:0]       done_q;

  assign begins = state_q == FenceIdle && waiting_valid_q && !storm;
  always_comb begin
    state_d = state_q;
    count_d = count_q == '1 ? count_q : count_q + 1'b1;
    index_d = index_q;
    unique case (state_q)
      FenceInit: begin
        index_d = '0;
        state_d = FenceSweep;
      end
      FenceIdle: begin
        index_d = '0;
        count_d = '0;
        if (begins) state_d = FenceEnding;
      end
      FenceEnding: if (!ending && count_q >= 4'd3) state_d = FenceSweep;
      FenceSweep: if (sweep_read) begin
        index_d = index_q + 1'b1;
        if (index_q == '1) state_d = FenceSwept;
      end
      FenceSwept: begin
        state_d = init_q ? FenceIdle : FencePause;
        count_d = '0;
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
      step_q   <= 1'b0;
    end else begin
      step_q  <= sweep_read;
      state_q <= state_d;
      if (state_q == FenceIdle) init_q <= 1'b0;
      if (state_q == FenceFlip) colour_q <= !colour_q;
      if (state_q == FenceDrain && state_d == FenceIdle) done_q <= batch_q.number;
    end
  end
  always_ff @(posedge clk) begin
    count_q <= count_d;
    index_q <= index_d;
    write_index_q <= index_q;
    if (begins) batch_q <= waiting_q;
  end

  assign swept       = !init_q;
  // in the first cycle of the batch the slots compare
  assign match_on    = (state_q == FenceEnding && count_q != '0) || state_q == FenceSweep
                       || state_q == FenceSwept || state_q == FencePause
                       || state_q == FenceRestart;
  assign match_all   = init_q || batch_q.all;
  assign match_ctx   = batch_q.ctx;
  assign sweep_read  = state_q == FenceSweep && !(sweep_yield && step_q);
  assign sweep_index = index_q;
  assign sweep_write = step_q;
  assign sweep_write_index = write_index_q;
  assign pause       = state_q == FencePause || state_q == FenceRestart;
  assign restart     = state_q == FenceRestart;
  assign commit_valid = restart && batch_q.commit;
  assign commit_ctx  = batch_q.commit_ctx;
  assign commit_cfg  = batch_q.commit_cfg;
  assign hold_issue  = state_q == FenceHold || state_q == FenceMark || state_q == FenceFlip;
  assign mark_valid  = state_q == FenceMark;
  assign mark_all    = batch_q.all;
  assign mark_ctx    = batch_q.ctx;
  assign read_colour = colour_q;
  assign fence_done_number = done_q;

`ifdef VMSO_CHECKS
  `VMSO_INTG(CommitWasJudged, !fence_valid || fence.kind != FenceCommit
                              || (built(Cfg.formats, fence.cfg.format) && 32'(fence.ctx) < Cfg.contexts))
  `VMSO_INTG(ColourIsFree, state_q != FenceFlip || !colour_busy[!colour_q])
  `VMSO_INTG(StaysHeld, state_q != FenceMark || issue_held)
  `VMSO_IMPL(RestartIsAlone, !restart || paused)
`endif
  logic unused_range;  // a range is carried out as its context
  assign unused_range = ^{fence.first, fence.last};
endmodule : vmso_xlat_fence
