// SPDX-License-Identifier: Apache-2.0
// Set-associative TLB of 4 KiB translations: one tag per line of eight neighbouring pages, each page with its valid bit.
//
// read         cycle 0 read_en and the page; cycle 1 `hit` from the tags, and the way that a walk
//              of this line shall fill; cycle 2 the page. One per cycle
// write        a line into a way; seen by reads of later cycles. Refused (write_ready) by a
//              sweep_write. write_ppn stands for one cycle longer
// sweep        sweep_read in a cycle without read_en, sweep_write with the same in the next one: all
//              ways of the set that match lose their valid bits
// one way      a line sits in at most one way: a walk fills the way in which its line was found,
//              and there is at most one walk of a line (see vmso_xlat_slots)
// reset        contents are random: the fence unit sweeps all sets before the first read
`include "vmso_assert.svh"
module vmso_xlat_tlb
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned Ways = 4,
  localparam int unsigned Sets = Cfg.tlb_lines / Ways,
  localparam int unsigned SetW = $clog2(Sets),
  localparam int unsigned CtxW = vmso_math_pkg::index_width(Cfg.contexts)  // cached ones exist
) (
  input  logic            clk,
  input  logic            rst_n,
  input  logic            read_en,
  input  context_t        read_ctx,
  input  page_t           read_page,
  output logic            hit,         // cycle 1
  output logic [1:0]      fill_way,    // cycle 1
  output ppn_t            hit_ppn,     // cycle 2
  input  logic            write_valid,
  output logic            write_ready,
  input  context_t        write_ctx,
  input  line_t           write_line,
  input  logic [1:0]      write_way,
  input  logic [7:0]      write_good,  // pages that are valid
  input  ppn_t [7:0]      write_ppn,
  input  logic            sweep_read,
  input  sweep_t          sweep,
  input  logic [SetW-1:0] sweep_index,
  input  logic            sweep_write,
  input  sweep_t          swept
);
  if (Sets < 2 || Cfg.tlb_lines != Ways * 2**SetW) begin : gen_bad_lines
    $error("vmso_xlat_tlb: tlb_lines = %0d, but it must be a power of two, at least 8",
           Cfg.tlb_lines);
  end
  typedef struct packed {
    logic [CtxW-1:0] ctx;
    line_t           line;
    logic [7:0]      good;
  } tag_t;

  // Folds the page number over the sets, and contexts apart.
  function automatic logic [SetW-1:0] set_of(context_t ctx, line_t line);
    logic [SetW-1:0] set;
    set = '0;
    for (int unsigned b = 0; b < 42; b += SetW) set ^= SetW'(line >> b);
    for (int unsigned b = 0; b < 14; b += SetW) set ^= SetW'({ctx, 2'b00} >> b);
    return set;
  endfunction

  // -- cycle 0: tags are read ---------------------------------------------------------------------
  logic [SetW-1:0] set, set_q;
  context_t        ctx_q;
  page_t           page_q;
  logic [SetW-1:0] write_set;
  tag_t            tags [Ways];

  always_comb begin
    set = set_of(read_ctx, read_page[44:3]);
    if (sweep_read) set = sweep.by_page ? set_of(sweep.ctx, sweep.page[44:3]) : sweep_index;
  end
  assign write_set = set_of(write_ctx, write_line);
  assign write_ready = !sweep_write;
  always_ff @(posedge clk) begin
    if (read_en || sweep_read) set_q <= set;
    ctx_q <= read_ctx;
    page_q <= read_page;
  end
  for (genvar w = 0; w < Ways; w++) begin : gen_tag
    logic write_en;
    tag_t write_tag;
    logic swept_here;
    assign swept_here = swept.lines && (swept.all || tags[w].ctx == swept.ctx[CtxW-1:0])
                        && ((tags[w].line ^ swept.page[44:3]) & ~swept.mask[44:3]) == '0;
    assign write_en = sweep_write ? swept_here : write_valid && write_way == 2'(w);
    assign write_tag = sweep_write ? '0 : '{
      ctx: write_ctx[CtxW-1:0], line: write_line, good: write_good
    };
    vmso_ram_1w1r #(.Depth(Sets), .LaneBits($bits(tag_t))) u_ram (
      .clk, .write_en, .write_addr(sweep_write ? set_q : write_set),
      .write_data(write_tag), .read_en(read_en || sweep_read), .read_addr(set), .read_data(tags[w])
    );
  end

  // -- cycle 1: match; data of all ways is read ---------------------------------------------------
  logic [Ways-1:0] match, empty;
  logic [1:0]      turn_q, match_way, empty_way, way_q;
  logic [2:0]      place_q;
  logic [7:0][43:0] data [Ways];

  always_comb begin
    match_way = '0;
    empty_way = turn_q;
    hit       = 1'b0;
    for (int unsigned w = 0; w < Ways; w++) begin
      match[w] = tags[w].good != '0 && tags[w].ctx == ctx_q[CtxW-1:0]
                 && tags[w].line == page_q[44:3];
      empty[w] = tags[w].good == '0;
      if (match[w]) match_way = 2'(w);
    end
    // a free way, else the next one in turn
    for (int unsigned i = Ways; i > 0; i--) begin
      if (empty[turn_q + 2'(i - 1)]) empty_way = turn_q + 2'(i - 1);
    end
    for (int unsigned w = 0; w < Ways; w++) begin
      if (match[w] && match_way == 2'(w)) hit = tags[w].good[page_q[2:0]];
    end
    fill_way = match != '0 ? match_way : empty_way;
  end
  always_ff @(posedge clk) begin
    if (!rst_n) turn_q <= '0;
    else if (write_valid && write_ready) turn_q <= turn_q + 1'b1;
  end
  // Data follow their tag one cycle later, as reads do: who has met the old tag gets the old page.
  logic            data_valid_q;
  logic [1:0]      data_way_q;
  logic [SetW-1:0] data_set_q;
  always_ff @(posedge clk) begin
    if (!rst_n) data_valid_q <= 1'b0;
    else data_valid_q <= write_valid && write_ready;
  end
  always_ff @(posedge clk) begin
    data_way_q <= write_way;
    data_set_q <= write_set;
  end
  for (genvar w = 0; w < Ways; w++) begin : gen_data
    vmso_ram_1w1r #(.Depth(Sets), .LaneBits(8*44)) u_ram (
      .clk, .write_en(data_valid_q && data_way_q == 2'(w)), .write_addr(data_set_q),
      .write_data(write_ppn), .read_en(1'b1), .read_addr(set_q), .read_data(data[w])
    );
  end

  // -- cycle 2: data of the way -------------------------------------------------------------------
  always_ff @(posedge clk) begin
    way_q   <= match_way;
    place_q <= page_q[2:0];
  end
  assign hit_ppn = data[way_q][place_q];

  logic unused_sweep;  // the walk cache's
  assign unused_sweep = ^{sweep, swept, ctx_q};

`ifdef VMSO_CHECKS
  logic read_q;
  always_ff @(posedge clk) read_q <= read_en && rst_n;
  `VMSO_INTG(SweepOrRead, !(read_en && sweep_read))
  `VMSO_IMPL_IF(OneWay, read_q, $onehot0(match))
`endif
endmodule : vmso_xlat_tlb
