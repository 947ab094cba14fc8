// SPDX-License-Identifier: Apache-2.0
// FIFO in LUT RAM that falls through: what is pushed in cycle t can be popped in t+1.
//
// in          valid/ready; in_ready = not full, independent of out_ready
// out         valid/ready; payload stands until it is taken
// count       entries held, 0..Depth
// throughput  one push and one pop per cycle
// reset       pointers only
`include "vmso_assert.svh"
module vmso_fifo #(
  parameter  int unsigned Bits   = 8,   // bits of an entry
  parameter  int unsigned Depth  = 4,   // entries, any number >= 1
  localparam int unsigned CountW = vmso_math_pkg::count_width(Depth)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              in_valid,
  output logic              in_ready,
  input  logic [Bits-1:0]   in,
  output logic              out_valid,
  input  logic              out_ready,
  output logic [Bits-1:0]   out,
  output logic [CountW-1:0] count
);
  if (Depth < 1) begin : gen_bad_depth
    $error("vmso_fifo: Depth = %0d, but it must be at least 1", Depth);
  end
  localparam int unsigned PtrW = vmso_math_pkg::index_width(Depth);
  localparam logic [PtrW-1:0] LastPtr = PtrW'(Depth - 1);

  logic [PtrW-1:0]   rd_ptr_q, wr_ptr_q;
  logic [CountW-1:0] count_q;
  logic              push, pop;

  assign in_ready  = count_q != CountW'(Depth);
  assign out_valid = count_q != '0;
  assign push      = in_valid && in_ready;
  assign pop       = out_valid && out_ready;
  assign count     = count_q;

  vmso_lutram #(.Depth(Depth), .Bits(Bits)) u_mem (
    .clk,
    .write_en(push), .write_addr(wr_ptr_q), .write_data(in),
    .read_addr(rd_ptr_q), .read_data(out)
  );

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      rd_ptr_q <= '0;
      wr_ptr_q <= '0;
      count_q  <= '0;
    end else begin
      if (push) wr_ptr_q <= wr_ptr_q == LastPtr ? '0 : wr_ptr_q + 1'b1;
      if (pop) rd_ptr_q <= rd_ptr_q == LastPtr ? '0 : rd_ptr_q + 1'b1;
      count_q <= count_q + CountW'(push) - CountW'(pop);
    end
  end

`ifdef VMSO_CHECKS
  `VMSO_IMPL(CountInRange, 32'(count_q) <= Depth)
`endif
endmodule : vmso_fifo
