// SPDX-License-Identifier: Apache-2.0
// Block RAM against one watched lane of one watched word, both chosen by the solver: what was written
// there last is what is read, a word read while it is written is the old one, and the output holds.
module prove_ram_1w1r #(
  parameter int unsigned Depth    = 5,
  parameter int unsigned Lanes    = 2,
  parameter int unsigned LaneBits = 2,
  parameter int unsigned AddrW    = 3
) (
  input  logic                      clk,
  input  logic [Lanes-1:0]          write_en,
  input  logic [AddrW-1:0]          write_addr,
  input  logic [Lanes*LaneBits-1:0] write_data,
  input  logic                      read_en,
  input  logic [AddrW-1:0]          read_addr
);
  logic [AddrW-1:0]                word;
  logic                            lane;
  logic [Lanes-1:0][LaneBits-1:0]  write_lanes, read_lanes;

  f_anyconst1 u_word [AddrW-1:0] (.y(word));
  f_anyconst1 u_lane (.y(lane));
  assign write_lanes = write_data;

  vmso_ram_1w1r #(.Depth(Depth), .Lanes(Lanes), .LaneBits(LaneBits)) u_dut (
    .clk, .write_en, .write_addr, .write_data, .read_en, .read_addr, .read_data(read_lanes)
  );

  // model: the watched lane, and what a read of it has shown
  logic                known_q = 1'b0, shown_q = 1'b0;
  logic [LaneBits-1:0] lane_q, out_q;
  logic                collided_q = 1'b0, held_q = 1'b0;
  logic                write;
  assign write = write_en[lane] && write_addr == word;
  always_ff @(posedge clk) begin
    if (write) begin
      known_q <= 1'b1;
      lane_q  <= write_lanes[lane];
    end
    if (read_en) begin
      shown_q    <= known_q && read_addr == word;
      out_q      <= lane_q;
      collided_q <= known_q && write && read_addr == word && write_lanes[lane] != lane_q;
    end
    held_q <= shown_q && !read_en;
  end

  always_comb begin
    assume (32'(write_addr) < Depth);
    assume (32'(read_addr) < Depth);
    assume (32'(word) < Depth);
  end
  always_ff @(posedge clk) begin
    reads_what_was_written: assert (!shown_q || read_lanes[lane] == out_q);
    reach_old_word: cover (shown_q && collided_q);
    reach_hold: cover (held_q && read_lanes[lane] != lane_q);
  end
endmodule : prove_ram_1w1r
