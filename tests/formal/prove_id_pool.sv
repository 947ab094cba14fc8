// SPDX-License-Identifier: Apache-2.0
// Number pool: no number is lent twice, none is lost. The neighbour gives back only what is out.
module prove_id_pool #(
  parameter int unsigned Num = 4
) (
  input  logic                   clk,
  input  logic                   take_ready,
  input  logic                   want_give,
  input  logic [$clog2(Num)-1:0] give_id
);
  logic [1:0]             start_q = '0;
  logic                   rst_n, take_valid, give_valid, take;
  logic [$clog2(Num)-1:0] take_id;
  logic [$clog2(Num):0]   home;
  logic [Num-1:0]         out_q;
  logic [$clog2(Num):0]   out_count;

  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n      = start_q != '0;
  assign give_valid = want_give && out_q[give_id] && rst_n;
  assign take       = take_valid && take_ready;

  vmso_id_pool #(.Num(Num)) u_dut (
    .clk, .rst_n, .take_valid, .take_ready, .take_id, .give_valid, .give_id, .home
  );
  always_ff @(posedge clk) begin
    if (!rst_n) out_q <= '0;
    else out_q <= (out_q | (Num'(take) << take_id)) & ~(Num'(give_valid) << give_id);
  end
  always_comb begin
    out_count = '0;
    for (int unsigned i = 0; i < Num; i++) out_count += ($clog2(Num)+1)'(out_q[i]);
  end
  always_ff @(posedge clk) begin
    if (rst_n) begin
      lent_once: assert (!take_valid || !out_q[take_id]);
      none_lost: assert (32'(home) + 32'(out_count) == Num);
      reach_all_out: cover (out_count == ($clog2(Num)+1)'(Num));
      reach_last_swap: cover (take && give_valid && home == 1);
    end
  end
endmodule : prove_id_pool
