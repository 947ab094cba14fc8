// SPDX-License-Identifier: Apache-2.0
// Stands in for vmso_ram_1w1r in a proof: a RAM of more than 16 words answers as the solver likes,
// so the run places of the jobs cost nothing, and any of their runs may have been tried before.
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
  if (Depth > 16) begin : gen_free
    f_anyseq1 u_data [Lanes*LaneBits-1:0] (.y(read_data));
  end else begin : gen_real
    logic [Lanes*LaneBits-1:0] mem [Depth];
    always_ff @(posedge clk) begin
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        if (write_en[lane]) begin
          mem[write_addr][lane*LaneBits +: LaneBits] <= write_data[lane*LaneBits +: LaneBits];
        end
      end
    end
    always_ff @(posedge clk) if (read_en) read_data <= mem[read_addr];
  end
endmodule : vmso_ram_1w1r
