// SPDX-License-Identifier: Apache-2.0
// Stand in for what surrounds the walks of vmso_xlat in a proof: caches hit, contexts and entries say and
// fences last what and as long as the solver likes; but an entry of level 0 never points further.
module vmso_xlat_tlb
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned SetW = $clog2(Cfg.tlb_lines / 4)
) (
  input  logic            clk,
  input  logic            rst_n,
  input  logic            read_en,
  input  context_t        read_ctx,
  input  page_t           read_page,
  output logic            hit,
  output logic [1:0]      fill_way,
  output ppn_t            hit_ppn,
  input  logic            write_valid,
  output logic            write_ready,
  input  context_t        write_ctx,
  input  line_t           write_line,
  input  logic [1:0]      write_way,
  input  logic [7:0]      write_good,
  input  ppn_t [7:0]      write_ppn,
  input  logic            sweep_read,
  input  sweep_t          sweep,
  input  logic [SetW-1:0] sweep_index,
  input  logic            sweep_write,
  input  sweep_t          swept
);
  f_anyseq1 u_hit (.y(hit));
  f_anyseq1 u_ppn [43:0] (.y(hit_ppn));
  assign fill_way    = '0;
  assign write_ready = !sweep_write;
endmodule : vmso_xlat_tlb

module vmso_xlat_pwc
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned SweepW = $clog2(Cfg.tlb_lines < 64 ? 16 : Cfg.tlb_lines > 1024 ? 256
                                          : Cfg.tlb_lines / 4)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  context_t          look_ctx,
  input  page_t             look_page,
  output logic              look_hit,
  output logic              look_leaf,
  output logic [2:0]        look_level,
  output ppn_t              look_ppn,
  input  logic              insert_valid,
  input  context_t          insert_ctx,
  input  page_t             insert_page,
  input  logic [2:0]        insert_level,
  input  logic              insert_leaf,
  input  ppn_t              insert_ppn,
  input  logic              sweep_valid,
  input  sweep_t            sweep,
  input  logic [SweepW-1:0] sweep_index
);
  logic [1:0] level;
  f_anyseq1 u_hit (.y(look_hit));
  f_anyseq1 u_leaf (.y(look_leaf));
  f_anyseq1 u_level [1:0] (.y(level));
  f_anyseq1 u_ppn [43:0] (.y(look_ppn));
  assign look_level = 3'(level) + 1'b1;
endmodule : vmso_xlat_pwc

module vmso_xlat_context
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic            clk,
  input  logic            rst_n,
  output logic            cleared,
  input  logic            look_en,
  input  context_t        look_ctx,
  output context_config_t look_cfg,
  input  logic            redo_en,
  input  context_t        redo_ctx,
  output context_config_t redo_cfg,
  input  logic            commit_valid,
  input  context_t        commit_ctx,
  input  context_config_t commit_cfg
);
  context_config_t any_look, any_redo;
  f_anyseq1 u_look [$bits(context_config_t)-1:0] (.y(any_look));
  f_anyseq1 u_redo [$bits(context_config_t)-1:0] (.y(any_redo));
  assign cleared = 1'b1;
  always_ff @(posedge clk) begin
    if (look_en) look_cfg <= any_look;
    if (redo_en) redo_cfg <= any_redo;
  end
endmodule : vmso_xlat_context

module vmso_xlat_decode
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter int unsigned Formats = 32'h1ff
) (
  input  logic [63:0] entry,
  input  logic [2:0]  level,
  input  logic [3:0]  page,
  input  rules_t      rules,
  output logic        leaf,
  output logic        fault,
  output cause_e      cause,
  output ppn_t        ppn
);
  logic any_leaf, any_fault;
  f_anyseq1 u_leaf (.y(any_leaf));
  f_anyseq1 u_fault (.y(any_fault));
  f_anyseq1 u_ppn [43:0] (.y(ppn));
  assign leaf  = any_leaf || level == '0;
  assign fault = any_fault;
  assign cause = any_fault ? CauseNotPresent : CauseNone;
endmodule : vmso_xlat_decode

// What prove_xlat_fence says of the order, with all waits as the solver likes.
module vmso_xlat_fence
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  parameter  int unsigned Sets   = 128,
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
  input  logic              ending,
  input  logic              storm,
  output logic              sweep_read,
  output sweep_t            sweep,
  output logic [IndexW-1:0] sweep_index,
  output logic              sweep_write,
  output sweep_t            write,
  output logic [IndexW-1:0] write_index,
  input  logic              sweep_yield,
  output logic              pause,
  input  logic              paused,
  output logic              restart,
  input  logic              dead_offered,
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
  // 0 idle, 1 take, 2 ending, 3 sweep, 4 pause, 5 restart, 6 settle
  logic [2:0] state_q;
  logic [1:0] count_q;
  logic       goes, step, all_q, added_q, step_q;
  context_t   ctx_q;
  f_anyseq1 u_goes (.y(goes));
  f_anyseq1 u_step (.y(step));
  assign fence_ready  = state_q == 3'd1;
  assign swept        = 1'b1;
  assign match_on     = state_q inside {3'd2, 3'd3, 3'd4, 3'd5};
  assign add_valid    = added_q;
  assign add_all      = all_q;
  assign add_ctx      = ctx_q;
  assign match_clear  = state_q == 3'd0 && fence_valid && !storm;
  assign miss_matches = state_q != 3'd0 && (state_q != 3'd1) && (all_q || ctx_q == miss_ctx);
  assign sweep_read   = state_q == 3'd3 && step && !(sweep_yield && step_q);
  assign sweep_write  = step_q;
  assign pause        = state_q inside {3'd4, 3'd5};
  assign restart      = state_q == 3'd5;
  always_ff @(posedge clk) begin
    count_q <= count_q == '1 ? count_q : count_q + 1'b1;
    if (!rst_n) begin
      state_q <= '0;
      added_q <= 1'b0;
      step_q  <= 1'b0;
    end else begin
      added_q <= state_q == 3'd1 && fence_valid;
      step_q  <= sweep_read;
      unique case (state_q)
        3'd0: if (match_clear) state_q <= 3'd1;
        3'd1: begin
          count_q <= '0;
          if (fence_valid) begin
            state_q <= 3'd2;
            all_q   <= fence.kind == FenceAll;
            ctx_q   <= fence.ctx;
          end
        end
        3'd2: if (!ending && count_q == '1) state_q <= 3'd3;
        3'd3: begin
          count_q <= '0;
          if (goes && !sweep_read) state_q <= 3'd4;
        end
        3'd4: if (paused && count_q != '0) state_q <= 3'd5;
        3'd5: state_q <= 3'd6;
        default: if (goes && !dead_offered) state_q <= 3'd0;
      endcase
    end
  end
  assign fence_done_number = '0;
  assign sweep             = '0;
  assign sweep_index       = '0;
  assign write             = '0;
  assign write_index       = '0;
  assign commit_valid      = 1'b0;
  assign commit_ctx        = '0;
  assign commit_cfg        = '0;
  assign mark_valid        = 1'b0;
  assign mark              = '0;
  assign hold_issue        = 1'b0;
  assign read_colour       = 1'b0;
endmodule : vmso_xlat_fence

module vmso_xlat_advise
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
(
  input  logic       clk,
  input  logic       rst_n,
  input  logic       advise_valid,
  output logic       advise_ready,
  input  advise_t    advise,
  input  logic       stop,
  output logic       busy,
  output bytes_t     present,
  output logic       look_valid,
  input  logic       look_taken,
  output lookup_t    look,
  input  logic       refused,
  input  logic       waits,
  input  slot_t      look_slot,
  input  logic       known,
  input  logic       known_fault,
  output slot_t      waits_slot,
  input  logic       slot_busy
);
  logic any_ctx, any_line;
  f_anyseq1 u_valid (.y(look_valid));
  f_anyseq1 u_ctx (.y(any_ctx));
  f_anyseq1 u_line (.y(any_line));
  always_comb begin
    look        = '0;
    look.ctx    = context_t'(any_ctx);
    look.vpn[3] = any_line;
    look.advise = 1'b1;
    look.ghost  = 1'b1;
  end
  assign advise_ready = 1'b0;
  assign busy         = 1'b0;
  assign present      = '0;
  assign waits_slot   = '0;
endmodule : vmso_xlat_advise

module vmso_axi_window
  import vmso_pkg::*;
(
  input  windows_t windows,
  input  ppn_t     page,
  output logic     inside_window
);
  f_anyseq1 u_inside (.y(inside_window));
endmodule : vmso_axi_window

module vmso_ram_1w1r #(
  parameter  int unsigned Depth    = 512,
  parameter  int unsigned Lanes    = 1,
  parameter  int unsigned LaneBits = 8,
  localparam int unsigned AddrW    = vmso_math_pkg::index_width(Depth)
) (
  input  logic                         clk,
  input  logic             [Lanes-1:0] write_en,
  input  logic             [AddrW-1:0] write_addr,
  input  logic [Lanes*LaneBits-1:0]    write_data,
  input  logic                         read_en,
  input  logic             [AddrW-1:0] read_addr,
  output logic [Lanes*LaneBits-1:0]    read_data
);
  assign read_data = '0;  // entries: vmso_xlat_decode says what it likes of them
endmodule : vmso_ram_1w1r
