// SPDX-License-Identifier: Apache-2.0
// Translates pages: contexts, TLB, walk cache, walk slots, fence.
//
// lookup       one per cycle; the answer of a hit, of an identity context, or of a page that needs no table
//              to be refused comes on fill four cycles later
// fill, busy   valid only; busy: no walk slot was free, look it up again later (walk_free tells when)
// a miss joins the walk of its {context, line of eight pages} or opens one; hits never wait for walks
// walk_req     one 64-byte line per level and walk
// fence        vmso_xlat_fence
// superpages   are kept in the TLB as lines of eight 4 KiB pieces
// reset        all contexts are off; xlat_ready when the TLB has its valid bits
`include "vmso_assert.svh"
module vmso_xlat
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic                     clk,
  input  logic                     rst_n,
  output logic                     xlat_ready,
  input  windows_t                 windows,
  input  logic                     lookup_valid,
  output logic                     lookup_ready,
  input  lookup_t                  lookup,
  output logic                     fill_valid,
  output fill_t                    fill,
  output logic                     busy_valid,
  output run_ref_t                 busy,
  output logic                     walk_free,
  output logic                     walk_req_valid,
  input  logic                     walk_req_ready,
  output read_req_t                walk_req,
  input  read_id_t                 walk_req_id,
  input  logic                     read_rsp_valid,
  input  read_rsp_t                read_rsp,
  input  logic [Cfg.data_bits-1:0] read_data,
  input  logic                     fence_valid,
  output logic                     fence_ready,
  input  fence_t                   fence,
  output logic [15:0]              fence_done_number,
  output logic                     commit_refused_pulse,
  output logic                     mark_valid,
  input  logic                     mark_ready,
  output logic                     mark_all,
  output context_t                 mark_ctx,
  output logic                     hold_issue,
  input  logic                     issue_held,
  output logic                     read_colour,
  input  logic [1:0]               colour_busy,
  output logic                     count_lookups,
  output logic                     count_tlb_hits,
  output logic                     count_walks,
  output logic                     count_table_reads,
  output logic                     count_pwc_hits
);
  localparam int unsigned CtxW = vmso_math_pkg::index_width(Cfg.contexts);
  localparam int unsigned SetW = $clog2(Cfg.tlb_lines / 4);

  // -- fence --------------------------------------------------------------------------------------------------------
  logic            freeze, freeze_all, freeze_idle, restart, restart_ready, commit_valid, pwc_clear;
  logic            sweep_read, sweep_write;
  context_t        freeze_ctx, commit_ctx;
  context_config_t commit_cfg;
  logic [SetW-1:0] sweep_set;

  vmso_xlat_fence #(.Cfg(Cfg)) u_fence (
    .clk, .rst_n, .ready(xlat_ready), .fence_valid, .fence_ready, .fence,
    .done_number(fence_done_number), .commit_refused_pulse, .freeze, .freeze_all, .freeze_ctx,
    .freeze_idle, .restart, .restart_ready, .commit_valid, .commit_ctx, .commit_cfg, .pwc_clear,
    .sweep_read, .sweep_write, .sweep_set, .hold_issue, .issue_held, .mark_valid, .mark_ready,
    .mark_all, .mark_ctx, .read_colour, .colour_busy
  );

  // -- contexts: off after reset, then as COMMIT wrote them; one copy for lookups, one for walks --------------
  logic [(1 << CtxW)-1:0] on_q;
  context_config_t        lookup_cfg_ram, lookup_cfg, walk_cfg_ram, walk_cfg;
  logic [CtxW-1:0]        walk_cfg_ctx;
  logic                   lookup_on_q, walk_on_q, accept;

  assign accept = lookup_valid && lookup_ready;
  vmso_ram_1w1r #(.Depth(1 << CtxW), .LaneBits($bits(context_config_t))) u_lookup_cfg (
    .clk, .write_en(commit_valid), .write_addr(commit_ctx[CtxW-1:0]), .write_data(commit_cfg),
    .read_en(1'b1), .read_addr(lookup.ctx[CtxW-1:0]), .read_data(lookup_cfg_ram)
  );
  vmso_ram_1w1r #(.Depth(1 << CtxW), .LaneBits($bits(context_config_t))) u_walk_cfg (
    .clk, .write_en(commit_valid), .write_addr(commit_ctx[CtxW-1:0]), .write_data(commit_cfg),
    .read_en(1'b1), .read_addr(walk_cfg_ctx), .read_data(walk_cfg_ram)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) on_q <= '0;
    else if (commit_valid) on_q[commit_ctx[CtxW-1:0]] <= 1'b1;
  end
  always_ff @(posedge clk) begin
    lookup_on_q <= on_q[lookup.ctx[CtxW-1:0]] && 32'(lookup.ctx) < Cfg.contexts;
    walk_on_q   <= on_q[walk_cfg_ctx];
  end
  always_comb begin
    lookup_cfg = lookup_cfg_ram;
    walk_cfg   = walk_cfg_ram;
    if (!lookup_on_q) lookup_cfg.format = FormatOff;
    if (!walk_on_q) walk_cfg.format = FormatOff;
  end

  // -- stage tag: configuration is here; what needs no table is decided ------------------------------------------
  logic       tag_valid_q, tag_fault, tag_identity, identity_in, range_bad;
  lookup_t    tag_q;
  cause_e     tag_cause;
  ppn_t       identity_ppn;

  assign identity_ppn = tag_q.vpn[43:0];
  always_comb begin
    range_bad = 1'b0;
    unique case (lookup_cfg.format)
      FormatX86_64L4: range_bad = tag_q.vpn[51:35] != {17{tag_q.vpn[51]}};
      FormatX86_64L5: range_bad = tag_q.vpn[51:44] != {8{tag_q.vpn[51]}};
      default: for (int unsigned b = 12; b < 64; b++) begin
        if (b >= 32'(lookup_cfg.pa_bits) && tag_q.vpn[b-12]) range_bad = 1'b1;
      end
    endcase
    tag_identity = lookup_cfg.format == FormatIdentity;
    tag_fault    = 1'b1;
    tag_cause    = CauseNone;
    if (lookup_cfg.format == FormatOff) tag_cause = CauseCtxOff;
    else if (range_bad) tag_cause = CauseVaRange;
    else if (tag_identity && (!identity_in || identity_ppn < lookup_cfg.root
                              || identity_ppn > lookup_cfg.limit)) tag_cause = CauseDataWindow;
    else tag_fault = 1'b0;
  end
  vmso_xlat_window u_identity_window (.windows, .ppn(identity_ppn), .inside_window(identity_in));

  // -- stage data: the way's line is here; hit or miss -----------------------------------------------------------------
  logic            data_valid_q, data_decided_q, tlb_hit, page_hit, miss_valid, miss_busy;
  lookup_t         data_q;
  fill_t           data_fill_q, hit_fill, answer;
  logic [7:0][44:0] line;
  logic            answer_valid, answer_ready, answer_retry, tlb_write_valid, hit_valid;
  context_t        tlb_write_ctx;
  logic [48:0]     tlb_write_line;
  logic [7:0][44:0] tlb_write_data;

  vmso_xlat_tlb #(.Cfg(Cfg)) u_tlb (
    .clk, .rst_n, .read_en(accept), .read_ctx(lookup.ctx), .read_line(lookup.vpn[51:3]),
    .hit(tlb_hit), .hit_data(line),
    .write_valid(tlb_write_valid), .write_ctx(tlb_write_ctx), .write_line(tlb_write_line),
    .write_data(tlb_write_data), .sweep_read, .sweep_write, .sweep_set, .sweep_all(freeze_all),
    .sweep_ctx(freeze_ctx)
  );
  assign page_hit   = tlb_hit && line[data_q.vpn[2:0]][44];
  assign hit_valid  = data_valid_q && (data_decided_q || page_hit);
  assign miss_valid = data_valid_q && !data_decided_q && !page_hit;
  always_comb begin
    hit_fill = data_fill_q;
    if (!data_decided_q) hit_fill.ppn = line[data_q.vpn[2:0]][43:0];
  end

  logic [2:0] starve_q;  // cycles that an answer has waited for hits
  assign lookup_ready = !sweep_read && starve_q != '1 && xlat_ready;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      tag_valid_q  <= 1'b0;
      data_valid_q <= 1'b0;
      fill_valid   <= 1'b0;
      busy_valid   <= 1'b0;
      starve_q     <= '0;
    end else begin
      tag_valid_q  <= accept;
      data_valid_q <= tag_valid_q;
      fill_valid   <= hit_valid || (answer_valid && answer_ready && !answer_retry);
      busy_valid   <= miss_busy || (answer_valid && answer_ready && answer_retry);
      if (!answer_valid || answer_ready) starve_q <= '0;
      else if (starve_q != '1) starve_q <= starve_q + 1'b1;
    end
  end
  // an answer waits for the fill port, and one to be retried for the busy port
  assign answer_ready = answer_retry ? !miss_busy : !hit_valid;
  always_ff @(posedge clk) begin
    tag_q          <= lookup;
    data_q         <= tag_q;
    data_decided_q <= tag_fault || tag_identity;
    data_fill_q    <= '{job: tag_q.job, run: tag_q.run, fault: tag_fault, cause: tag_cause,
                        level: LevelNone, ppn: identity_ppn};
    fill           <= hit_valid ? hit_fill : answer;
    busy           <= miss_busy ? '{job: data_q.job, run: data_q.run}
                                : '{job: answer.job, run: answer.run};
  end

  // -- walks --------------------------------------------------------------------------------------------------------------
  vmso_xlat_walk #(.Cfg(Cfg)) u_walk (
    .clk, .rst_n, .windows, .miss_valid, .miss(data_q), .miss_busy, .miss_opened(count_walks),
    .walk_free, .cfg_ctx(walk_cfg_ctx), .cfg(walk_cfg),
    .walk_req_valid, .walk_req_ready, .walk_req, .walk_req_id, .read_rsp_valid, .read_rsp,
    .read_data, .answer_valid, .answer_ready, .answer, .answer_retry,
    .tlb_write_valid, .tlb_write_ctx, .tlb_write_line, .tlb_write_data,
    .freeze, .freeze_all, .freeze_ctx, .freeze_idle, .restart, .restart_ready, .pwc_clear,
    .pwc_hit(count_pwc_hits)
  );
  assign count_lookups     = accept;
  assign count_tlb_hits    = data_valid_q && !data_decided_q && page_hit;
  assign count_table_reads = walk_req_valid && walk_req_ready;

  logic unused_bits;
  assign unused_bits = ^{lookup_cfg, commit_ctx, walk_cfg};

`ifdef VMSO_CHECKS
  `VMSO_IMPL(OneFill, !(hit_valid && answer_valid && answer_ready && !answer_retry))
`endif
endmodule : vmso_xlat
