// SPDX-License-Identifier: Apache-2.0
// The lookup pipeline: what becomes of one {context, page}?
//
// lookup       valid/ready; ready = !stop, independent of valid; one per cycle
// answer       cycle 3 after the handshake, valid only: a TLB hit, a large page of the walk cache, an
//              identity page, or a fault that needs no table. Not judged against the windows
// miss         cycle 2, valid only: none of these. start: the table where its walk would begin
// gives_up     cycle 2: the miss is answered, as a fault without a cause: it is nobody's
// ghost        answered beside: known, cycle 3, and known_fault
// again_next   a lookup that is asked again is in cycle 1; again_under_way: in cycle 1 or 2
// idle         no lookup is in cycles 1..3
// reset        valid bits
module vmso_xlat_lookup
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
(
  input  logic            clk,
  input  logic            rst_n,
  input  logic            stop,
  input  logic            lookup_valid,
  output logic            lookup_ready,
  input  lookup_t         lookup,
  output logic            read_en,      // cycle 0: TLB and context
  // cycle 1
  input  context_config_t cfg,
  input  logic            tlb_hit,
  input  logic [1:0]      tlb_way,
  output context_t        pwc_ctx,
  output page_t           pwc_page,
  input  logic            pwc_hit,
  input  logic            pwc_leaf,
  input  logic [2:0]      pwc_level,
  input  ppn_t            pwc_ppn,
  // cycle 2
  input  ppn_t            tlb_ppn,
  output logic            miss_valid,
  output lookup_t         miss,
  input  logic            gives_up,
  output logic [1:0]      miss_way,
  output logic            miss_pwc_hit,
  output logic [2:0]      start_level,
  output rules_t          start_rules,
  output ppn_t            start_ppn,
  output logic            tlb_hit_pulse,
  // cycle 3
  output logic            answer_valid,
  output fill_t           answer,
  output logic            known,
  output logic            known_fault,
  output logic            again_next,
  output logic            again_under_way,
  output logic            idle
);
  // -- cycle 0: taken; TLB tags and configuration are read ----------------------------------------
  logic    tag_valid_q;
  lookup_t tag_q;

  assign lookup_ready = !stop;
  assign read_en      = lookup_valid && lookup_ready;
  always_ff @(posedge clk) begin
    if (!rst_n) tag_valid_q <= 1'b0;
    else tag_valid_q <= read_en;
  end
  always_ff @(posedge clk) tag_q <= lookup;

  // -- cycle 1: tags match, the walk cache is looked up, the context judges -----------------------
  logic   way_valid_q, hit_q, large_q, direct_q, identity_q, beyond_q;
  cause_e cause_d, cause_q;
  lookup_t way_q;

  assign pwc_ctx = tag_q.ctx;
  assign pwc_page = tag_q.vpn[44:0];
  assign cause_d = early_cause(cfg.format, cfg.pa_bits, tag_q.vpn);
  always_ff @(posedge clk) begin
    if (!rst_n) way_valid_q <= 1'b0;
    else way_valid_q <= tag_valid_q;
  end
  always_ff @(posedge clk) begin
    way_q        <= tag_q;
    cause_q      <= cause_d;
    identity_q   <= cfg.format == FormatIdentity;
    direct_q     <= cause_d != CauseNone || cfg.format == FormatIdentity;
    beyond_q     <= tag_q.vpn[43:0] < cfg.root || tag_q.vpn[43:0] > cfg.limit;
    hit_q        <= tlb_hit;
    large_q      <= pwc_hit && pwc_leaf;
    miss_way     <= tlb_way;
    miss_pwc_hit <= pwc_hit;
    start_rules  <= rules_of(cfg);
    if (!pwc_hit) start_level <= root_level(cfg.format);
    else start_level <= pwc_leaf ? pwc_level : pwc_level - 1'b1;
    start_ppn    <= pwc_hit ? pwc_ppn : cfg.root;
  end

  // -- cycle 2: hit or miss; the way's data comes -------------------------------------------------
  logic    page_valid_q, page_ghost_q;
  fill_t   page_q;
  logic    page_beyond_q;

  assign miss          = way_q;
  assign miss_valid    = way_valid_q && !direct_q && !hit_q && !large_q;
  assign tlb_hit_pulse = way_valid_q && !direct_q && (hit_q || large_q);
  function automatic fill_t answer_now();
    fill_t page_d;
    page_d = '{
      job: way_q.job, run: way_q.run, fault: 1'b0, cause: CauseNone, level: 3'd0, ppn: tlb_ppn
    };
    if (!hit_q) begin
      page_d.level = start_level;
      page_d.ppn   = page_of(start_rules.format, start_ppn, way_q.vpn[35:0], start_level);
    end
    if (identity_q) begin
      page_d.level = LevelNone;
      page_d.ppn   = way_q.vpn[43:0];
    end
    if (gives_up) page_d.fault = 1'b1;
    if (cause_q != CauseNone) begin
      page_d.fault = 1'b1;
      page_d.cause = cause_q;
      page_d.level = LevelNone;
    end
    return page_d;
  endfunction
  always_ff @(posedge clk) begin
    if (!rst_n) page_valid_q <= 1'b0;
    else page_valid_q <= way_valid_q && (direct_q || hit_q || large_q || gives_up);
  end
  always_ff @(posedge clk) begin
    if (way_valid_q) page_q <= answer_now();
    page_ghost_q  <= way_q.ghost;
    page_beyond_q <= identity_q && beyond_q;
  end

  // -- cycle 3: the limits of identity ------------------------------------------------------------
  assign answer_valid = page_valid_q && !page_ghost_q;
  assign known        = page_valid_q && page_ghost_q;
  assign known_fault  = answer.fault;
  always_comb begin
    answer = page_q;
    if (!page_q.fault && page_beyond_q) begin
      answer.fault = 1'b1;
      answer.cause = CauseDataWindow;
    end
  end
  assign again_next      = tag_valid_q && tag_q.again;
  assign again_under_way = again_next || (way_valid_q && way_q.again);
  assign idle = !tag_valid_q && !way_valid_q && !page_valid_q;
endmodule : vmso_xlat_lookup
