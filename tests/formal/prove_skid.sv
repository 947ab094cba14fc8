// SPDX-License-Identifier: Apache-2.0
// Skid: order, no loss, and an offered payload that stands until it is taken.
module prove_skid #(
  parameter int unsigned Bits = 3
) (
  input  logic            clk,
  input  logic            in_valid,
  input  logic [Bits-1:0] in,
  input  logic            out_ready
);
  logic [1:0]      start_q = '0;
  logic            rst_n, in_ready, out_valid;
  logic [Bits-1:0] out;

  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  vmso_skid #(.Bits(Bits)) u_dut (
    .clk, .rst_n, .in_valid, .in_ready, .in, .out_valid, .out_ready, .out
  );

  logic [1:0][Bits-1:0] model_q;
  logic [1:0]           held_q;
  logic                 push, pop, offered_q;
  logic [Bits-1:0]      offered_out_q;
  assign push = in_valid && in_ready;
  assign pop  = out_valid && out_ready;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      held_q    <= '0;
      offered_q <= 1'b0;
    end else begin
      held_q    <= held_q + 2'(push) - 2'(pop);
      offered_q <= out_valid && !out_ready;
      for (int unsigned i = 0; i < 2; i++) begin
        if (pop && i == 0) model_q[0] <= model_q[1];
        if (push && i == 32'(held_q) - 32'(pop)) model_q[i] <= in;
      end
    end
    offered_out_q <= out;
  end
  always_ff @(posedge clk) begin
    if (rst_n) begin
      order_kept: assert (!out_valid || out == model_q[0]);
      valid_means_held: assert (out_valid == (held_q != '0));
      ready_means_room: assert (in_ready == (held_q != 2'd2));
      offer_stands: assert (!offered_q || (out_valid && out == offered_out_q));
      reach_both: cover (held_q == 2'd2);
      reach_pass: cover (push && pop);
    end
  end
endmodule : prove_skid
