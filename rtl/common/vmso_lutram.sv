// SPDX-License-Identifier: Apache-2.0
// Small RAM with one write port and asynchronous read ports (LUT RAM): a read-modify-write in one cycle.
//
// read        combinational; a word written in cycle t is read in t+1
// reset       none; contents are random after power-on
module vmso_lutram #(
  parameter  int unsigned Depth = 64,  // words, >= 1
  parameter  int unsigned Bits  = 8,   // bits of a word
  parameter  int unsigned Reads = 1,   // read ports; for words of many bits copies are smaller
  localparam int unsigned AddrW = vmso_math_pkg::index_width(Depth)
) (
  input  logic                        clk,
  input  logic                        write_en,
  input  logic [AddrW-1:0]            write_addr,
  input  logic [Bits-1:0]             write_data,
  input  logic [Reads-1:0][AddrW-1:0] read_addr,
  output logic [Reads-1:0][Bits-1:0]  read_data
);
  logic [Bits-1:0] mem [Depth];

  always_ff @(posedge clk) if (write_en) mem[write_addr] <= write_data;
  for (genvar i = 0; i < Reads; i++) begin : gen_read
    assign read_data[i] = mem[read_addr[i]];
  end
endmodule : vmso_lutram
