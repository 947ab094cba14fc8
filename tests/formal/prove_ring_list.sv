// SPDX-License-Identifier: Apache-2.0
// List that holds each number at most once: against a set of what was pushed since its last pop and
// a shift register. Pushes and pops are free, also of what is listed and while it is cleared.
module prove_ring_list #(
  parameter  int unsigned Num  = 4,
  localparam int unsigned NumW = $clog2(Num)
) (
  input  logic            clk,
  input  logic            push_valid,
  input  logic [NumW-1:0] push,
  input  logic            pop_ready
);
  typedef logic [NumW-1:0] number_t;
  logic [1:0] start_q = '0;
  logic       rst_n, ready, pop_valid, popping, same, lists;
  number_t    pop, watch;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;
  f_anyconst1 u_watch [NumW-1:0] (.y(watch));

  vmso_ring_list #(.Num(Num)) u_dut (
    .clk, .rst_n, .ready, .push_valid, .push, .pop_valid, .pop_ready, .pop
  );

  logic [Num-1:0]           owed_q;    // pushed since its last pop, or in the cycle of it
  logic [Num-1:0][NumW-1:0] order_q;   // number 0 is popped next
  logic [NumW:0]            held_q;
  logic [NumW+1:0]          others_q;  // popped while `watch` waits
  assign popping = pop_valid && pop_ready;
  assign same    = popping && pop == push;
  assign lists   = push_valid && ready && (!owed_q[push] || same);
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      owed_q   <= '0;
      held_q   <= '0;
      others_q <= '0;
    end else begin
      if (popping) owed_q[pop] <= 1'b0;
      if (push_valid && ready) owed_q[push] <= 1'b1;
      held_q <= held_q + (NumW + 1)'(lists) - (NumW + 1)'(popping);
      for (int unsigned i = 0; i < Num; i++) begin
        if (popping && i + 1 < Num) order_q[i] <= order_q[i+1];
        if (lists && i == 32'(held_q) - 32'(popping)) order_q[i] <= push;
      end
      if (!owed_q[watch] || (popping && pop == watch)) others_q <= '0;
      else if (popping && others_q != '1) others_q <= others_q + 1'b1;
    end
  end

  // what is in the list itself
  logic [NumW:0]  count;
  logic           twice, kept;
  logic [Num-1:0] listed, cleared;
  logic [NumW:0]  ahead;    // in the list before `watch`
  number_t [Num-1:0] places;
  assign count = u_dut.wr_ptr_q - u_dut.rd_ptr_q;
  always_comb begin
    twice  = 1'b0;
    kept   = 1'b1;
    ahead = '0;
    for (int unsigned i = 0; i < Num; i++) begin
      places[i]  = u_dut.u_mem.mem[u_dut.rd_ptr_q[NumW-1:0] + NumW'(i)];
      listed[i]  = u_dut.u_listed.u_put.mem[i] ^ u_dut.u_listed.u_drop.mem[i];
      cleared[i] = ready || i < 32'(u_dut.u_listed.clear_at);
      if (i < 32'(count) && (places[i] != order_q[i] || !owed_q[order_q[i]])) kept = 1'b0;
      if (i < 32'(count) && places[i] == watch) ahead = (NumW + 1)'(i);
    end
    for (int unsigned i = 0; i < Num; i++) begin
      for (int unsigned j = i + 1; j < Num; j++) begin
        if (j < 32'(count) && places[i] == places[j]) twice = 1'b1;
      end
    end
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      pops_what_is_owed: assert (!popping || owed_q[pop]);
      none_lost: assert (pop_valid == (owed_q != '0));
      order_kept: assert (!pop_valid || pop == order_q[0]);
      never_twice: assert (!twice);
      places_agree: assert (kept && 32'(count) == $countones(owed_q));
      flags_agree: assert (((listed ^ owed_q) & cleared) == '0);
      empty_at_first: assert (ready || owed_q == '0);
      never_over: assert (32'(count) <= Num && count == held_q);
      first_come: assert (32'(others_q) + 32'(ahead) < Num);
      reach_full: cover (owed_q == '1 && ready);
      reach_again: cover (push_valid && same && owed_q == '1);
      reach_longest_wait: cover (32'(others_q) == Num - 1 && popping && pop == watch);
    end
  end
endmodule : prove_ring_list
