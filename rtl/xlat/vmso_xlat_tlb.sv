// SPDX-License-Identifier: Apache-2.0
// Set-associative TLB of lines of eight neighbouring pages, four ways.
//
// read         address in t, way and line of it in t+2: tags first, the data of the hitting way next
// write        a whole line into the way whose turn it is; dropped when the sweep writes in that cycle
// sweep        one set per two cycles: sweep_read blocks the read port for a cycle; then the matching ways
//              lose their valid bit
// reset        valid bits are cleared by a sweep {all} that the fence unit runs first
module vmso_xlat_tlb
  import vmso_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned Ways = 4,
  localparam int unsigned Sets = Cfg.tlb_lines / Ways,
  localparam int unsigned SetW = $clog2(Sets)
) (
  input  logic             clk,
  input  logic             rst_n,
  input  logic             read_en,
  input  context_t         read_ctx,
  input  logic [48:0]      read_line,
  output logic             hit,         // two cycles after read_en
  output logic [7:0][44:0] hit_data,    // {valid, ppn} of each page
  input  logic             write_valid,
  input  context_t         write_ctx,
  input  logic [48:0]      write_line,
  input  logic [7:0][44:0] write_data,
  input  logic             sweep_read,
  input  logic             sweep_write,  // the cycle after
  input  logic [SetW-1:0]  sweep_set,
  input  logic             sweep_all,
  input  context_t         sweep_ctx
);
  typedef struct packed {
    logic        valid;
    context_t    ctx;
    logic [48:0] line;
  } tag_t;

  function automatic logic [SetW-1:0] set_of(context_t ctx, logic [48:0] line);
    logic [SetW-1:0] set;
    set = '0;
    for (int unsigned b = 0; b < 24; b++) set[b % SetW] = set[b % SetW] ^ line[b];
    for (int unsigned b = 0; b < 12; b++) set[(b + 3) % SetW] = set[(b + 3) % SetW] ^ ctx[b];
    return set;
  endfunction

  tag_t [Ways-1:0] tags;
  tag_t            want_q, write_tag;
  logic [Ways-1:0] match, tag_we, sweep_kill;
  logic [SetW-1:0] read_set, read_set_q, write_set, tag_waddr;
  logic [1:0]      way, turn_q, way_q;
  logic            read_q, hit_q;
  logic [Ways-1:0][359:0] line_data;

  assign read_set  = sweep_read ? sweep_set : set_of(read_ctx, read_line);
  assign write_set = set_of(write_ctx, write_line);
  assign tag_waddr = sweep_write ? sweep_set : write_set;
  assign write_tag = sweep_write ? '0 : '{valid: 1'b1, ctx: write_ctx, line: write_line};
  for (genvar w = 0; w < Ways; w++) begin : gen_way
    assign sweep_kill[w] = sweep_all || tags[w].ctx == sweep_ctx;
    assign tag_we[w] = sweep_write ? sweep_kill[w] : write_valid && turn_q == 2'(w);
    assign match[w]  = tags[w] == want_q;
    vmso_ram_1w1r #(.Depth(Sets), .LaneBits($bits(tag_t))) u_tag (
      .clk, .write_en(tag_we[w]), .write_addr(tag_waddr), .write_data(write_tag),
      .read_en(read_en || sweep_read), .read_addr(read_set), .read_data(tags[w])
    );
    vmso_ram_1w1r #(.Depth(Sets), .LaneBits(360)) u_data (
      .clk, .write_en(write_valid && !sweep_write && turn_q == 2'(w)), .write_addr(write_set),
      .write_data(write_data), .read_en(1'b1), .read_addr(read_set_q), .read_data(line_data[w])
    );
  end
  always_comb begin
    way = '0;
    for (int unsigned w = 0; w < Ways; w++) if (match[w]) way = 2'(w);
  end
  always_ff @(posedge clk) begin
    want_q     <= '{valid: 1'b1, ctx: read_ctx, line: read_line};
    read_set_q <= read_set;
    way_q      <= way;
  end
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      read_q <= 1'b0;
      hit_q  <= 1'b0;
      turn_q <= '0;
    end else begin
      read_q <= read_en;
      hit_q  <= read_q && match != '0;
      if (write_valid) turn_q <= turn_q + 1'b1;
    end
  end
  assign hit      = hit_q;
  assign hit_data = line_data[way_q];
endmodule : vmso_xlat_tlb
