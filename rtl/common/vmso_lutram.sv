// SPDX-License-Identifier: Apache-2.0
// Small RAM with one write port and asynchronous read ports (LUT RAM): a read-modify-write in one cycle.
//
// write       lanes of equal width, one enable each
// read        combinational; a word written in cycle t is read in t+1
// reset       none; contents are random after power-on
module vmso_lutram #(
  parameter  int unsigned Depth = 64,  // words, >= 1
  parameter  int unsigned Bits  = 8,   // bits of a word
  parameter  int unsigned Reads = 1,   // read ports; for words of many bits copies are smaller
  parameter  int unsigned Lanes = 1,   // write enables
  localparam int unsigned AddrW = vmso_math_pkg::index_width(Depth)
) (
  input  logic                        clk,
  input  logic [Lanes-1:0]            write_en,
  input  logic [AddrW-1:0]            write_addr,
  input  logic [Bits-1:0]             write_data,
  input  logic [Reads-1:0][AddrW-1:0] read_addr,
  output logic [Reads-1:0][Bits-1:0]  read_data
);
  localparam int unsigned LaneBits = Bits / Lanes;
  if (Bits % Lanes != 0) begin : gen_bad_lanes
    $error("vmso_lutram: %0d bits are not %0d lanes", Bits, Lanes);
  end
  logic [Bits-1:0] mem [Depth];

  if (Lanes == 1) begin : gen_word
    always_ff @(posedge clk) if (write_en) mem[write_addr] <= write_data;
  end else begin : gen_lanes
`ifdef VERILATOR
    // one assignment: see vmso_ram_1w1r
    function automatic logic [Bits-1:0] merged(logic [Bits-1:0] word);
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        if (write_en[lane]) begin
          word[lane*LaneBits +: LaneBits] = write_data[lane*LaneBits +: LaneBits];
        end
      end
      return word;
    endfunction
    always_ff @(posedge clk) if (write_en != '0) mem[write_addr] <= merged(mem[write_addr]);
`else
    always_ff @(posedge clk) begin
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        if (write_en[lane]) begin
          mem[write_addr][lane*LaneBits +: LaneBits] <= write_data[lane*LaneBits +: LaneBits];
        end
      end
    end
`endif
  end
  for (genvar i = 0; i < Reads; i++) begin : gen_read
    assign read_data[i] = mem[read_addr[i]];
  end
endmodule : vmso_lutram
