// SPDX-License-Identifier: Apache-2.0
// The table of contexts, with a read port for lookups and one for walks that begin again.
//
// look, redo   registered: configuration of the index in t stands in t+1 and holds while not
//              enabled
// commit       written at the edge; read in the same cycle gives the old configuration
// reset        a walk over all contexts switches them off; `cleared` afterwards
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
  output context_config_t look_cfg,  // off if there is no such context
  input  logic            redo_en,
  input  context_t        redo_ctx,
  output context_config_t redo_cfg,
  input  logic            commit_valid,
  input  context_t        commit_ctx,
  input  context_config_t commit_cfg
);
  localparam int unsigned Depth = Cfg.contexts < 2 ? 2 : Cfg.contexts;
  localparam int unsigned AddrW = $clog2(Depth);
  localparam int unsigned CountW = vmso_math_pkg::count_width(Depth);

  logic [CountW-1:0] clear_q;  // next context to switch off; Depth: done
  logic              write_en, look_exists_q, redo_exists_q;
  logic [AddrW-1:0]  write_addr;
  context_config_t   write_data, look_stored, redo_stored;

  assign cleared    = clear_q == CountW'(Depth);
  assign write_en   = !cleared || commit_valid;
  assign write_addr = cleared ? commit_ctx[AddrW-1:0] : clear_q[AddrW-1:0];
  assign write_data = cleared ? commit_cfg : '0;
  always_ff @(posedge clk) begin
    if (!rst_n) clear_q <= '0;
    else if (!cleared) clear_q <= clear_q + 1'b1;
  end

  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(context_config_t))) u_look (
    .clk, .write_en, .write_addr, .write_data, .read_en(look_en),
    .read_addr(look_ctx[AddrW-1:0]), .read_data(look_stored)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(context_config_t))) u_redo (
    .clk, .write_en, .write_addr, .write_data, .read_en(redo_en),
    .read_addr(redo_ctx[AddrW-1:0]), .read_data(redo_stored)
  );
  always_ff @(posedge clk) begin
    if (look_en) look_exists_q <= 32'(look_ctx) < Cfg.contexts;
    if (redo_en) redo_exists_q <= 32'(redo_ctx) < Cfg.contexts;
  end
  logic unused_ctx;
  assign unused_ctx = ^{look_ctx, redo_ctx, commit_ctx};  // compared, or checked by the fence unit
  always_comb begin
    look_cfg = look_stored;
    redo_cfg = redo_stored;
    if (!look_exists_q) look_cfg.format = FormatOff;
    if (!redo_exists_q) redo_cfg.format = FormatOff;
  end
endmodule : vmso_xlat_context
