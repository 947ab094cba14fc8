// SPDX-License-Identifier: Apache-2.0
// Block RAM with one write and one read port.
//
// write       lanes of `LaneBits` bits, one enable each
// read        registered: data of the address in cycle t stands in t+1 and holds while !read_en
// collision   reading what is written in the same cycle gives the old word
// reset       none; contents are random after power-on
module vmso_ram_1w1r #(
  parameter  int unsigned Depth    = 512,  // words, >= 2
  parameter  int unsigned Lanes    = 1,    // write enables
  parameter  int unsigned LaneBits = 8,    // bits per write enable
  localparam int unsigned AddrW    = vmso_math_pkg::index_width(Depth)
) (
  input  logic                             clk,
  input  logic             [Lanes-1:0]     write_en,
  input  logic             [AddrW-1:0]     write_addr,
  input  logic [Lanes*LaneBits-1:0]        write_data,
  input  logic                             read_en,
  input  logic             [AddrW-1:0]     read_addr,
  output logic [Lanes*LaneBits-1:0]        read_data
);
  if (Depth < 2) begin : gen_bad_depth
    $error("vmso_ram_1w1r: Depth = %0d, but it must be at least 2", Depth);
  end
  logic [Lanes*LaneBits-1:0] mem [Depth];

`ifdef VERILATOR
  // The same in one assignment: of the loop below each lane becomes a pending write of its own, which
  // the simulator looks after in every cycle.
  function automatic logic [Lanes*LaneBits-1:0] merged(
    logic [Lanes*LaneBits-1:0] word, logic [Lanes-1:0] en
  );
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      if (en[lane]) begin
        word[lane*LaneBits +: LaneBits] = write_data[lane*LaneBits +: LaneBits];
      end
    end
    return word;
  endfunction
  always_ff @(posedge clk) begin
    if (write_en != '0) begin
      mem[write_addr] <= Lanes == 1 ? write_data : merged(mem[write_addr], write_en);
    end
  end
`else
  always_ff @(posedge clk) begin
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      if (write_en[lane]) begin
        mem[write_addr][lane*LaneBits +: LaneBits] <= write_data[lane*LaneBits +: LaneBits];
      end
    end
  end
`endif
  always_ff @(posedge clk) if (read_en) read_data <= mem[read_addr];
endmodule : vmso_ram_1w1r
