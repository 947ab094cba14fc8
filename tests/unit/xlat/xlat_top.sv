// SPDX-License-Identifier: Apache-2.0
// vmso_xlat with plain ports for its unit test.
module xlat_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  int unsigned Config  = 1,
  parameter  int unsigned Formats = vmso_config_pkg::AllFormats,
  localparam vmso_config_pkg::config_t Cfg =
    vmso_config_pkg::with_formats(vmso_config_pkg::named(Config), Formats)
) (
  input  logic         clk,
  input  logic         rst_n,
  output logic         xlat_ready,
  output logic [31:0]  line_beats,
  output logic [31:0]  jobs,
  output logic [31:0]  walk_slots,
  output logic [31:0]  sets,
  input  logic [43:0]  window_base [4],
  input  logic [43:0]  window_limit [4],
  input  logic         lookup_valid,
  output logic         lookup_ready,
  input  logic [7:0]   lookup_job,
  input  logic [4:0]   lookup_run,
  input  logic [11:0]  lookup_queue,
  input  logic [11:0]  lookup_ctx,
  input  logic [51:0]  lookup_vpn,
  input  logic         lookup_again,
  input  logic         lookup_advise,
  input  logic         lookup_waits,
  output logic         fill_valid,
  output logic [7:0]   fill_job,
  output logic [4:0]   fill_run,
  output logic         fill_fault,
  output logic [7:0]   fill_cause,
  output logic [2:0]   fill_level,
  output logic [43:0]  fill_ppn,
  output logic         busy_valid,
  output logic [7:0]   busy_job,
  output logic [4:0]   busy_run,
  output logic         walk_free,
  input  logic [11:0]  share_queue,
  output logic         share_full,
  output logic         walk_charge_valid,
  output logic [11:0]  walk_charge_queue,
  output logic         walk_req_valid,
  input  logic         walk_req_ready,
  output logic [55:0]  walk_req_addr,
  output logic [7:0]   walk_req_len,
  input  logic [7:0]   walk_req_id,
  input  logic         rsp_valid,
  input  logic [1:0]   rsp_class,
  input  logic [7:0]   rsp_id,
  input  logic         rsp_has_data,
  input  logic         rsp_last,
  input  logic [2:0]   rsp_resp,
  input  logic [511:0] rsp_data,
  input  logic         advise_valid,
  output logic         advise_ready,
  input  logic [11:0]  advise_ctx,
  input  logic [44:0]  advise_first,
  input  logic [44:0]  advise_last,
  input  logic         advise_stop,
  output logic         advise_busy,
  output logic [23:0]  advise_present,
  input  logic         fence_valid,
  output logic         fence_ready,
  input  logic [1:0]   fence_kind,
  input  logic [11:0]  fence_ctx,
  input  logic         fence_leaf_only,
  input  logic [44:0]  fence_first,
  input  logic [44:0]  fence_last,
  input  logic [15:0]  fence_number,
  input  logic [3:0]   cfg_format,
  input  logic [5:0]   cfg_pa_bits,
  input  logic         cfg_af_ignore,
  input  logic         cfg_priv,
  input  logic         cfg_gb,
  input  logic         cfg_xd,
  input  logic         cfg_pse,
  input  logic         cfg_rsw,
  input  logic         cfg_napot,
  input  logic         cfg_pbmt,
  input  logic         cfg_hpd,
  input  logic [43:0]  cfg_root,
  input  logic [43:0]  cfg_limit,
  output logic [15:0]  fence_done_number,
  output logic         mark_valid,
  input  logic         mark_ready,
  output logic         mark_all,
  output logic [3:0]   mark_named,
  output logic [11:0]  mark_ctx [4],
  output logic         hold_issue,
  input  logic         issue_held,
  output logic         read_colour,
  input  logic [1:0]   colour_busy,
  output logic         count_lookups,
  output logic         count_tlb_hits,
  output logic         count_walks,
  output logic         count_table_reads,
  output logic         count_pwc_hits
);
  windows_t  windows;
  lookup_t   lookup;
  fill_t     fill;
  run_ref_t  busy;
  read_req_t walk_req;
  read_rsp_t read_rsp;
  fence_t    fence;
  mark_t     mark;

  assign mark_all   = mark.all;
  assign mark_named = mark.valid;
  for (genvar c = 0; c < 4; c++) begin : gen_mark
    assign mark_ctx[c] = mark.ctx[c];
  end
  assign line_beats = 512 / Cfg.data_bits;
  assign jobs       = Cfg.jobs;
  assign walk_slots = Cfg.walk_slots;
  assign sets       = Cfg.tlb_lines / 4;
  for (genvar w = 0; w < 4; w++) begin : gen_window
    assign windows[w] = '{limit: window_limit[w], base: window_base[w]};
  end
  assign lookup = '{
    job: lookup_job, run: lookup_run, queue: lookup_queue, ctx: lookup_ctx, vpn: lookup_vpn,
    again: lookup_again,
    advise: lookup_advise, ghost: 1'b0
  };
  assign fill_job   = fill.job;
  assign fill_run   = fill.run;
  assign fill_fault = fill.fault;
  assign fill_cause = fill.cause;
  assign fill_level = fill.level;
  assign fill_ppn   = fill.ppn;
  assign busy_job   = busy.job;
  assign busy_run   = busy.run;
  assign walk_req_addr = walk_req.addr;
  assign walk_req_len  = walk_req.len;
  assign read_rsp = '{
    cls: read_class_e'(rsp_class), id: rsp_id, has_data: rsp_has_data, last: rsp_last,
    resp: read_resp_e'(rsp_resp)
  };
  assign fence = '{
    kind: fence_kind_e'(fence_kind), leaf_only: fence_leaf_only, ctx: fence_ctx,
    first: fence_first, last: fence_last, number: fence_number,
    cfg: '{
      format: format_e'(cfg_format), pa_bits: cfg_pa_bits, af_ignore: cfg_af_ignore,
      priv: cfg_priv, gb: cfg_gb, xd: cfg_xd, pse: cfg_pse, rsw: cfg_rsw, napot: cfg_napot,
      pbmt: cfg_pbmt, hpd: cfg_hpd, root: cfg_root, limit: cfg_limit
    }
  };
  vmso_xlat #(.Cfg(Cfg)) u_xlat (
    .clk, .rst_n, .xlat_ready, .windows, .lookup_valid, .lookup_ready, .lookup, .fill_valid, .fill,
    .busy_valid, .busy, .walk_free, .lookup_waits, .share_queue, .share_full, .walk_charge_valid,
    .walk_charge_queue, .walk_req_valid, .walk_req_ready, .walk_req, .walk_req_id,
    .read_rsp_valid(rsp_valid), .read_rsp, .read_data(rsp_data[Cfg.data_bits-1:0]), .advise_valid,
    .advise_ready, .advise('{ctx: advise_ctx, first: advise_first, last: advise_last}),
    .advise_stop, .advise_busy, .advise_present, .fence_valid, .fence_ready, .fence, .fence_done_number, .mark_valid, .mark_ready,
    .mark, .hold_fence(1'b0), .hold_issue, .issue_held, .read_colour, .colour_busy, .count_lookups,
    .count_tlb_hits, .count_walks, .count_table_reads, .count_pwc_hits
  );
  logic unused_data;
  assign unused_data = ^rsp_data;
endmodule : xlat_top
