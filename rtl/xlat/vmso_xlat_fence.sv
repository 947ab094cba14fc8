// SPDX-License-Identifier: Apache-2.0
// Invalidation, one batch at a time: match on, sweep, restart, settle, mark, colour, drain.
//
// fence        valid/ready; commands that come while one runs form the next batch: plain ones merge to
//              {all}, a COMMIT joins only a batch without one (else it waits at the port)
// done_number  highest number that has completed
// freeze       level: no matching walk is taken up and nothing of it is written
// commit       in the cycle of restart: the context's new configuration
// mark         run turns every old translation back to wanted; seg holds meanwhile
// colour       flips while seg holds; done when the reads of the old colour have returned
// reset        a sweep {all} gives the TLB its valid bits; ready afterwards
`include "vmso_assert.svh"
module vmso_xlat_fence
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned SetW = $clog2(Cfg.tlb_lines / 4)
) (
  input  logic            clk,
  input  logic            rst_n,
  output logic            ready,
  input  logic            fence_valid,
  output logic            fence_ready,
  input  fence_t          fence,
  output logic [15:0]     done_number,
  output logic            commit_refused_pulse,
  output logic            freeze,
  output logic            freeze_all,
  output context_t        freeze_ctx,
  input  logic            freeze_idle,
  output logic            restart,
  input  logic            restart_ready,
  output logic            commit_valid,
  output context_t        commit_ctx,
  output context_config_t commit_cfg,
  output logic            pwc_clear,
  output logic            sweep_read,
  output logic            sweep_write,
  output logic [SetW-1:0] sweep_set,
  output logic            hold_issue,
  input  logic            issue_held,
  output logic            mark_valid,
  input  logic            mark_ready,
  output logic            mark_all,
  output context_t        mark_ctx,
  output logic            read_colour,
  input  logic [1:0]      colour_busy
);
  localparam int unsigned SettleCycles = 16;  // lookup to run fill, with room
  typedef enum logic [3:0] {
    WaitFence = 4'd0, WaitIdle = 4'd1, SweepRead = 4'd2, SweepWrite = 4'd3, WaitLines = 4'd4,
    Settle = 4'd5, WaitHeld = 4'd6, WaitMark = 4'd7, WaitReads = 4'd8
  } state_e;
  typedef struct packed {
    logic            all;
    context_t        ctx;
    logic            commit;
    context_t        commit_ctx;
    context_config_t cfg;
    logic [15:0]     number;
  } batch_t;

  state_e     state_q;
  batch_t     now_q, next_q, merged;
  logic       next_valid_q, started_q, take, legal;
  logic [SetW-1:0] set_q;
  logic [4:0] settle_q;
  logic       is_commit;

  // -- the next batch ---------------------------------------------------------------------------------------------
  assign is_commit   = fence.kind == FenceCommit;
  assign fence_ready = started_q && !(next_valid_q && next_q.commit && is_commit);
  assign take        = state_q == WaitFence && started_q && next_valid_q;
  always_comb begin
    unique case (fence.cfg.format)
      FormatOff: legal = 1'b1;
      FormatIdentity: legal = fence.cfg.pa_bits >= 6'd32 && fence.cfg.pa_bits <= 6'd56;
      FormatX86_64L4, FormatX86_64L5: legal = fence.cfg.pa_bits >= 6'd32
                                              && fence.cfg.pa_bits <= 6'd52;
      default: legal = 1'b0;
    endcase
    for (int unsigned b = 32; b < 56; b++) begin
      if (fence.cfg.format != FormatOff && b >= 32'(fence.cfg.pa_bits)
          && fence.cfg.root[b-12]) begin
        legal = 1'b0;
      end
    end
    if (32'(fence.ctx) >= Cfg.contexts) legal = 1'b0;
  end
  always_comb begin
    merged = next_q;
    if (!next_valid_q || take) begin
      merged.all    = fence.kind == FenceAll;
      merged.ctx    = fence.ctx;
      merged.commit = 1'b0;
    end else if (fence.kind == FenceAll || fence.ctx != next_q.ctx) begin
      merged.all = 1'b1;
    end
    if (is_commit && legal) begin
      merged.commit     = 1'b1;
      merged.commit_ctx = fence.ctx;
      merged.cfg        = fence.cfg;
    end
    merged.number = fence.number;
  end
  assign commit_refused_pulse = fence_valid && fence_ready && is_commit && !legal;
  always_ff @(posedge clk) begin
    if (!rst_n) next_valid_q <= 1'b0;
    else if (fence_valid && fence_ready) next_valid_q <= 1'b1;
    else if (take) next_valid_q <= 1'b0;
  end
  always_ff @(posedge clk) begin
    if (fence_valid && fence_ready) next_q <= merged;
    if (take) now_q <= next_q;
    if (!rst_n) now_q.all <= 1'b1;
  end

  // -- the batch at work --------------------------------------------------------------------------------------------
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q     <= SweepRead;
      started_q   <= 1'b0;
      set_q       <= '0;
      settle_q    <= '0;
      read_colour <= 1'b0;
      done_number <= '0;
    end else begin
      unique case (state_q)
        WaitFence: if (take) state_q <= WaitIdle;
        WaitIdle: if (freeze_idle) state_q <= SweepRead;
        SweepRead: state_q <= SweepWrite;
        SweepWrite: begin
          set_q   <= set_q + 1'b1;
          state_q <= SweepRead;
          if (set_q == '1) begin
            state_q   <= started_q ? WaitLines : WaitFence;
            started_q <= 1'b1;
          end
        end
        WaitLines: if (restart_ready) state_q <= Settle;
        Settle: begin
          settle_q <= settle_q + 1'b1;
          if (32'(settle_q) == SettleCycles - 1) begin
            settle_q <= '0;
            state_q  <= WaitHeld;
          end
        end
        WaitHeld: if (issue_held) state_q <= WaitMark;
        WaitMark: if (mark_ready) begin
          state_q     <= WaitReads;
          read_colour <= !read_colour;
        end
        default: if (!colour_busy[!read_colour]) begin  // WaitReads
          state_q     <= WaitFence;
          done_number <= now_q.number;
        end
      endcase
    end
  end
  assign ready        = started_q;
  assign freeze       = state_q == SweepRead || state_q == SweepWrite || state_q == WaitLines
                        || state_q == WaitIdle;
  assign freeze_all   = now_q.all;
  assign freeze_ctx   = now_q.ctx;
  assign restart      = state_q == WaitLines && restart_ready;
  assign commit_valid = restart && now_q.commit;
  assign commit_ctx   = now_q.commit_ctx;
  assign commit_cfg   = now_q.cfg;
  assign pwc_clear    = restart || state_q == WaitIdle;
  assign sweep_read   = state_q == SweepRead;
  assign sweep_write  = state_q == SweepWrite;
  assign sweep_set    = set_q;
  assign hold_issue   = state_q == WaitHeld || state_q == WaitMark;
  assign mark_valid   = state_q == WaitMark;
  assign mark_all     = now_q.all;
  assign mark_ctx     = now_q.ctx;

  logic unused_bits;
  assign unused_bits = ^{fence.first, fence.last};
endmodule : vmso_xlat_fence
