// SPDX-License-Identifier: Apache-2.0
// Page-walk cache: good entries of the upper levels, direct mapped per level. A pointer shortens a walk, a
// leaf (a large page) answers by itself. Level n maps 2^(12+9n) bytes; an entry of x86-32 level 1 maps two
// of these and is kept in each half that was asked for.
//
// look         combinational: the hit at the lowest level
// insert       an entry that passed all checks, found at insert_level 1..4; seen by the next cycle
// sweep        takes the look port (no look in that cycle): an entry of every level, that of a page or that
//              at sweep_index, loses its valid bit if it matches; an insert in that cycle must not match
// reset        valid bits, by a walk as long as the entries of a level
`include "vmso_assert.svh"
module vmso_xlat_pwc
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned Most   = Cfg.tlb_lines < 64 ? 16 : Cfg.tlb_lines > 1024 ? 256
                                   : Cfg.tlb_lines / 4,  // entries of level 1
  localparam int unsigned SweepW = $clog2(Most),
  localparam int unsigned CtxW   = vmso_math_pkg::index_width(Cfg.contexts)  // cached ones exist
) (
  input  logic              clk,
  input  logic              rst_n,
  input  context_t          look_ctx,
  input  page_t             look_page,
  output logic              look_hit,
  output logic              look_leaf,
  output logic [2:0]        look_level,  // of the entry that hit
  output ppn_t              look_ppn,    // table below, or first page of the leaf
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
  context_t         at_ctx;
  page_t            at_page;
  logic [4:1]       hits, leaves;
  ppn_t [4:1]       ppns;

  assign at_ctx  = sweep_valid ? sweep.ctx : look_ctx;
  assign at_page = sweep_valid ? sweep.page : look_page;
  for (genvar level = 1; level < 5; level++) begin : gen_level
    localparam int unsigned Entries = level == 1 ? Most : level == 2 ? 16 : 8;
    localparam int unsigned IndexW  = $clog2(Entries);
    localparam int unsigned Shift   = 9 * level;  // page bits that the entry does not see
    localparam int unsigned KeyW    = 45 - Shift;
    typedef struct packed {
      logic [CtxW-1:0] ctx;
      logic [KeyW-1:0] key;
      logic            leaf;
      ppn_t            ppn;
    } entry_t;
    logic               valid, valid_ready;
    logic [IndexW-1:0]  look_index, insert_index;
    entry_t             found, inserted;
    logic               insert_here, swept;

    assign look_index   = sweep_valid && !sweep.by_page
                          ? sweep_index[IndexW-1:0] : at_page[Shift +: IndexW] ^ IndexW'(at_ctx);
    assign insert_index = insert_page[Shift +: IndexW] ^ IndexW'(insert_ctx);
    assign insert_here  = insert_valid && insert_level == 3'(level);
    assign inserted = '{
      ctx: insert_ctx[CtxW-1:0], key: insert_page[44:Shift], leaf: insert_leaf, ppn: insert_ppn
    };
    vmso_lutram #(.Depth(Entries), .Bits($bits(entry_t))) u_entries (
      .clk, .write_en(insert_here), .write_addr(insert_index), .write_data(inserted),
      .read_addr(look_index), .read_data(found)
    );
    always_comb begin
      swept = 1'b0;
      if (sweep_valid) begin
        swept = (sweep.all || found.ctx == sweep.ctx[CtxW-1:0]) && (found.leaf || !sweep.leaf_only)
                && ((found.key ^ sweep.page[44:Shift]) & ~sweep.mask[44:Shift]) == '0;
      end
    end
    // the sweep that comes with reset finds the set empty, or emptying itself
    vmso_flags #(.Num(Entries)) u_valid (
      .clk, .rst_n, .ready(valid_ready), .put_valid(insert_here), .put(insert_index),
      .drop_valid(swept && valid_ready), .drop(look_index), .ask(look_index), .is_in(valid)
    );
    assign hits[level]   = valid && found.ctx == look_ctx[CtxW-1:0]
                           && found.key == look_page[44:Shift];
    assign leaves[level] = found.leaf;
    assign ppns[level]   = found.ppn;
  end

  always_comb begin
    look_hit   = hits != '0;
    look_leaf  = 1'b0;
    look_level = '0;
    look_ppn   = '0;
    for (int unsigned level = 4; level > 0; level--) begin
      if (hits[level]) begin
        look_leaf  = leaves[level];
        look_level = 3'(level);
        look_ppn   = ppns[level];
      end
    end
  end

  logic unused_page;  // below level 1
  assign unused_page = ^{sweep.lines, look_ctx, insert_ctx, at_ctx, at_page, insert_page[8:0]};

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(NoMatchingInsert, insert_valid && sweep_valid,
                !(sweep.all || insert_ctx == sweep.ctx))
`endif
endmodule : vmso_xlat_pwc
