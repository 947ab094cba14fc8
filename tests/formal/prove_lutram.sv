// SPDX-License-Identifier: Apache-2.0
// LUT RAM against one watched word, chosen by the solver: a read in the next cycle sees the write.
module prove_lutram #(
  parameter int unsigned Depth = 5,
  parameter int unsigned Bits  = 2,
  parameter int unsigned AddrW = 3
) (
  input  logic             clk,
  input  logic             write_en,
  input  logic [AddrW-1:0] write_addr,
  input  logic [Bits-1:0]  write_data,
  input  logic [AddrW-1:0] read_addr
);
  logic [AddrW-1:0] word;
  logic [Bits-1:0]  read_data, word_q;
  logic             known_q = 1'b0, again_q = 1'b0;

  f_anyconst1 u_word [AddrW-1:0] (.y(word));
  vmso_lutram #(.Depth(Depth), .Bits(Bits)) u_dut (
    .clk, .write_en, .write_addr, .write_data, .read_addr, .read_data
  );
  always_ff @(posedge clk) begin
    again_q <= known_q && write_en && write_addr == word && write_data != word_q;
    if (write_en && write_addr == word) begin
      known_q <= 1'b1;
      word_q  <= write_data;
    end
  end
  always_comb begin
    assume (32'(write_addr) < Depth);
    assume (32'(read_addr) < Depth);
    assume (32'(word) < Depth);
  end
  always_ff @(posedge clk) begin
    reads_what_was_written: assert (!known_q || read_addr != word || read_data == word_q);
    reach_read_at_once: cover (again_q && read_addr == word);
    reach_other_write: cover (known_q && write_en && write_addr != word && read_addr == word);
  end
endmodule : prove_lutram
