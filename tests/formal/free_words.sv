// SPDX-License-Identifier: Apache-2.0
// Stand in for the RAMs in a proof that watches one word of each: they keep that word, `word`, which the
// top names with an assumption, and answer for all others as the solver likes.
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
  logic [AddrW-1:0]          word;
  logic [Lanes*LaneBits-1:0] kept, any;
  f_anyconst1 u_word [AddrW-1:0] (.y(word));
  f_anyseq1 u_any [Lanes*LaneBits-1:0] (.y(any));
  always_ff @(posedge clk) begin
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      if (write_en[lane] && write_addr == word) begin
        kept[lane*LaneBits +: LaneBits] <= write_data[lane*LaneBits +: LaneBits];
      end
    end
    if (read_en) read_data <= read_addr == word ? kept : any;
  end
endmodule : vmso_ram_1w1r

module vmso_lutram #(
  parameter  int unsigned Depth = 64,
  parameter  int unsigned Bits  = 8,
  parameter  int unsigned Reads = 1,
  localparam int unsigned AddrW = vmso_math_pkg::index_width(Depth)
) (
  input  logic                        clk,
  input  logic                        write_en,
  input  logic [AddrW-1:0]            write_addr,
  input  logic [Bits-1:0]             write_data,
  input  logic [Reads-1:0][AddrW-1:0] read_addr,
  output logic [Reads-1:0][Bits-1:0]  read_data
);
  logic [AddrW-1:0]           word;
  logic [Bits-1:0]            kept;
  logic [Reads-1:0][Bits-1:0] any;
  f_anyconst1 u_word [AddrW-1:0] (.y(word));
  f_anyseq1 u_any [Reads*Bits-1:0] (.y(any));
  always_ff @(posedge clk) if (write_en && write_addr == word) kept <= write_data;
  for (genvar i = 0; i < Reads; i++) begin : gen_read
    assign read_data[i] = read_addr[i] == word ? kept : any[i];
  end
endmodule : vmso_lutram
