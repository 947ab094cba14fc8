// SPDX-License-Identifier: Apache-2.0
// Set of numbers: every answer is that of a plain bit vector.
module prove_flags #(
  parameter int unsigned Num = 5
) (
  input  logic            clk,
  input  logic            want_put,
  input  logic [2:0]      put,
  input  logic            want_drop,
  input  logic [2:0]      drop,
  input  logic [1:0][2:0] ask
);
  logic [1:0]     start_q = '0;
  logic           rst_n, ready, put_valid, drop_valid;
  logic [1:0]     is_in;
  logic [Num-1:0] set_q;

  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n      = start_q != '0;
  assign put_valid  = want_put && ready && rst_n;
  assign drop_valid = want_drop && ready && rst_n;

  vmso_flags #(.Num(Num), .Asks(2)) u_dut (
    .clk, .rst_n, .ready, .put_valid, .put, .drop_valid, .drop, .ask, .is_in
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      set_q <= '0;
    end else begin
      if (drop_valid) set_q[drop] <= 1'b0;
      if (put_valid) set_q[put] <= 1'b1;
    end
  end
  always_comb begin
    exists: assume (put < 3'(Num) && drop < 3'(Num) && ask[0] < 3'(Num) && ask[1] < 3'(Num));
  end
  always_ff @(posedge clk) begin
    if (rst_n) begin
      first_agrees: assert (is_in[0] == set_q[ask[0]]);
      second_agrees: assert (is_in[1] == set_q[ask[1]]);
      reach_all: cover (set_q == '1);
      reach_same: cover (put_valid && drop_valid && put == drop && set_q[put]);
      reach_empty_again: cover (drop_valid && $onehot(set_q) && set_q[drop] && !put_valid);
    end
  end
endmodule : prove_flags
