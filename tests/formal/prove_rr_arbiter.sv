// SPDX-License-Identifier: Apache-2.0
// Round robin: a requester that stays is served within Num grants, and only who asked is served.
// The watched requester is chosen by the solver.
module prove_rr_arbiter #(
  parameter int unsigned Num = 4
) (
  input  logic           clk,
  input  logic [Num-1:0] free_request
);
  localparam int unsigned IndexW = vmso_math_pkg::index_width(Num);
  logic [1:0]        start_q = '0;
  logic              rst_n;
  logic [Num-1:0]    request, grant, watched;
  logic [IndexW-1:0] grant_index, watch;
  logic [IndexW:0]   waited_q;
  logic              waiting_q;

  f_anyconst1 u_watch [IndexW-1:0] (.y(watch));
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n   = start_q != '0;
  assign watched = Num'(1) << watch;
  assign request = free_request | (waiting_q ? watched : '0);

  vmso_rr_arbiter #(.Num(Num)) u_dut (
    .clk, .rst_n, .request, .advance(1'b1), .grant, .grant_index
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      waited_q  <= '0;
      waiting_q <= 1'b0;
    end else begin
      waiting_q <= (request & watched) != '0 && (grant & watched) == '0;
      waited_q  <= (request & watched) != '0 && (grant & watched) == '0 ? waited_q + 1'b1 : '0;
    end
  end
  always_ff @(posedge clk) begin
    if (rst_n) begin
      bounded_wait: assert (32'(waited_q) < Num);
      one_hot: assert ((grant & (grant - 1'b1)) == '0);
      index_agrees: assert (grant == '0 || grant == Num'(1) << grant_index);
      reach_longest_wait: cover (32'(waited_q) == Num - 1);
    end
  end
endmodule : prove_rr_arbiter
