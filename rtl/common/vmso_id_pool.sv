// SPDX-License-Identifier: Apache-2.0
// Lends numbers 0..Num-1 out and takes them back in any order.
//
// take        valid/ready source; take_id holds still until it is taken
// give        valid only, never refused: a number that is out still owns its place in the list
// home        numbers at home, 0..Num; Num: nothing is out
// latency     a number given back in cycle t can be taken in t+1
// throughput  one take and one give per cycle, also both at once, also at the last number
// order       longest at home goes first, so a number is reused as late as possible
// reset       pointers only; first_lap_q stands in for initialising the list
`include "vmso_assert.svh"
module vmso_id_pool #(
  parameter  int unsigned Num    = 64,  // power of two, 2..4096
  localparam int unsigned IdW    = $clog2(Num),
  localparam int unsigned CountW = IdW + 1
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              take_valid,
  input  logic              take_ready,
  output logic [IdW-1:0]    take_id,
  input  logic              give_valid,
  input  logic [IdW-1:0]    give_id,
  output logic [CountW-1:0] home
);
  if (Num < 2 || Num > 4096 || Num != 2**IdW) begin : gen_bad_num
    $error("vmso_id_pool: Num = %0d, but it must be a power of two from 2 to 4096", Num);
  end
  logic [IdW-1:0]    rd_ptr_q, wr_ptr_q, listed;
  logic [CountW-1:0] home_q;
  logic              first_lap_q;  // list[rd_ptr_q] was never written; it would hold rd_ptr_q
  logic              take;

  assign take_valid = home_q != '0;
  assign take_id    = first_lap_q ? rd_ptr_q : listed;
  assign take       = take_valid && take_ready;
  assign home       = home_q;

  vmso_lutram #(.Depth(Num), .Bits(IdW)) u_list (
    .clk,
    .write_en(give_valid), .write_addr(wr_ptr_q), .write_data(give_id),
    .read_addr(rd_ptr_q), .read_data(listed)
  );

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      rd_ptr_q    <= '0;
      wr_ptr_q    <= '0;
      home_q      <= CountW'(Num);
      first_lap_q <= 1'b1;
    end else begin
      home_q <= home_q + CountW'(give_valid) - CountW'(take);
      if (give_valid) wr_ptr_q <= wr_ptr_q + 1'b1;
      if (take) rd_ptr_q <= rd_ptr_q + 1'b1;
      if (take && rd_ptr_q == '1) first_lap_q <= 1'b0;
    end
  end

`ifdef VMSO_CHECKS
  logic [Num-1:0] out_q;  // what the holders believe, kept apart from the list
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      out_q <= '0;
    end else begin
      if (take) out_q[take_id] <= 1'b1;
      if (give_valid) out_q[give_id] <= 1'b0;
    end
  end
  `VMSO_INTG_IF(GiveOnlyWhatIsOut, give_valid, out_q[give_id])
  `VMSO_IMPL_IF(TakeOnlyWhatIsHome, take_valid, !out_q[take_id])
  `VMSO_IMPL(NoIdLost, 32'(home_q) + $countones(out_q) == Num)
`endif
endmodule : vmso_id_pool
