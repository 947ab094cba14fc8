// SPDX-License-Identifier: Apache-2.0
// FIFO order and no loss: against a shift register that is obviously right.
module prove_fifo #(
  parameter int unsigned Depth = 3,
  parameter int unsigned Bits  = 3
) (
  input  logic            clk,
  input  logic            in_valid,
  input  logic [Bits-1:0] in,
  input  logic            out_ready
);
  localparam int unsigned CountW = vmso_math_pkg::count_width(Depth);
  logic [1:0]        start_q = '0;
  logic              rst_n;
  logic              in_ready, out_valid;
  logic [Bits-1:0]   out;
  logic [CountW-1:0] count;

  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  vmso_fifo #(.Bits(Bits), .Depth(Depth)) u_dut (
    .clk, .rst_n, .in_valid, .in_ready, .in, .out_valid, .out_ready, .out, .count
  );

  logic [Depth-1:0][Bits-1:0] model_q;  // entry 0 leaves next
  logic [CountW-1:0]          held_q;
  logic                       push, pop;
  assign push = in_valid && in_ready;
  assign pop  = out_valid && out_ready;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      held_q <= '0;
    end else begin
      held_q <= held_q + CountW'(push) - CountW'(pop);
      for (int unsigned i = 0; i < Depth; i++) begin
        if (pop && i + 1 < Depth) model_q[i] <= model_q[i+1];
        if (push && i == 32'(held_q) - 32'(pop)) model_q[i] <= in;
      end
    end
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      order_kept: assert (!out_valid || out == model_q[0]);
      none_lost: assert (count == held_q);
      valid_means_held: assert (out_valid == (held_q != '0));
      ready_means_room: assert (in_ready == (held_q != CountW'(Depth)));
      reach_full: cover (held_q == CountW'(Depth));
      reach_pass: cover (push && pop && held_q == CountW'(Depth - 1));
    end
  end
endmodule : prove_fifo
