// SPDX-License-Identifier: Apache-2.0
// Page-walk cache: for each upper level the tables that its entries point to, direct mapped.
//
// look         combinational: the lowest level with a hit, and the table below it
// insert       pointer found at insert_level (1..4)
// clear        every fence clears it whole: refilling costs one read per level and region
// reset        valid bits
module vmso_xlat_pwc
  import vmso_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic       clk,
  input  logic       rst_n,
  input  context_t   look_ctx,
  input  vpn_t       look_vpn,
  output logic       look_hit,
  output logic [2:0] look_level,  // level of the table below the hit, 0..3
  output ppn_t       look_table,
  input  logic       insert_valid,
  input  context_t   insert_ctx,
  input  vpn_t       insert_vpn,
  input  logic [2:0] insert_level,
  input  ppn_t       insert_table,
  input  logic       clear
);
  localparam int unsigned Entries [5] = '{2, Cfg.tlb_lines / 8, Cfg.tlb_lines / 32, 16, 8};
  logic [4:0] hits;
  ppn_t [4:0] tables;
  assign hits[0]   = 1'b0;
  assign tables[0] = '0;

  for (genvar level = 1; level < 5; level++) begin : gen_level
    localparam int unsigned Shift = 9 * level;  // vpn bits below this level's index
    localparam int unsigned IndexW = $clog2(Entries[level]);
    localparam int unsigned KeyW = 52 - Shift;
    typedef struct packed {
      context_t        ctx;
      logic [KeyW-1:0] key;
      ppn_t            table_ppn;
    } entry_t;
    logic [Entries[level]-1:0] valid_q;
    logic [IndexW-1:0] look_index, insert_index;
    entry_t found, inserted;
    logic   insert_here;

    assign look_index   = look_vpn[Shift +: IndexW] ^ IndexW'(look_ctx);
    assign insert_index = insert_vpn[Shift +: IndexW] ^ IndexW'(insert_ctx);
    assign inserted = '{ctx: insert_ctx, key: insert_vpn[51:Shift], table_ppn: insert_table};
    assign insert_here = insert_valid && insert_level == 3'(level);
    vmso_lutram #(.Depth(Entries[level]), .Bits($bits(entry_t))) u_entries (
      .clk, .write_en(insert_here), .write_addr(insert_index), .write_data(inserted),
      .read_addr(look_index), .read_data(found)
    );
    always_ff @(posedge clk) begin
      if (!rst_n || clear) valid_q <= '0;
      else if (insert_here) valid_q[insert_index] <= 1'b1;
    end
    assign hits[level]   = valid_q[look_index] && found.ctx == look_ctx
                           && found.key == look_vpn[51:Shift];
    assign tables[level] = found.table_ppn;
  end
  always_comb begin
    look_hit   = hits != '0;
    look_level = '0;
    look_table = '0;
    for (int unsigned level = 4; level >= 1; level--) begin
      if (hits[level]) begin
        look_level = 3'(level - 1);
        look_table = tables[level];
      end
    end
  end
  logic unused_vpn;
  assign unused_vpn = ^{look_vpn[8:0], insert_vpn[8:0]};
endmodule : vmso_xlat_pwc
