// SPDX-License-Identifier: Apache-2.0
// The count of one watched number of four, chosen by the solver, also when it is added in every cycle and
// beside any others.
module prove_tally #(
  parameter int unsigned Num  = 4,
  parameter int unsigned Bits = 16
) (
  input logic       clk,
  input logic       want_add,
  input logic [1:0] add,
  input logic [1:0] look
);
  logic [1:0]      start_q = '0;
  logic            rst_n, ready, add_valid;
  logic [1:0]      watch, look_q;
  logic [Bits-1:0] count;
  f_anyconst1 u_watch [1:0] (.y(watch));
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n     = start_q != '0;
  assign add_valid = want_add && ready && rst_n;

  vmso_tally #(.Num(Num), .Bits(Bits)) u_dut (
    .clk, .rst_n, .ready, .add_valid, .add, .look, .count
  );

  logic            add_watch, add_q, add_q2, ready_q, ready_q2;
  logic [Bits-1:0] count_q, count_q2, count_q3;  // before this cycle, before the last one, ..
  assign add_watch = add_valid && add == watch;
  always_ff @(posedge clk) begin
    count_q  <= rst_n ? count_q + Bits'(add_watch) : '0;
    count_q2 <= rst_n ? count_q : '0;
    count_q3 <= rst_n ? count_q2 : '0;
    ready_q  <= rst_n && ready;
    ready_q2 <= rst_n && ready_q;
    add_q    <= add_watch;
    add_q2   <= add_q;
    look_q   <= look;
  end

  // for the step of the induction: what the RAMs hold, and what is on its way to them
  logic            adds, cleared;
  logic [Bits-1:0] stored;
  assign adds    = u_dut.add_q && u_dut.index_q == watch;
  assign cleared = ready || watch < u_dut.clear_at;
  assign stored  = count_q - Bits'(adds);
  always_ff @(posedge clk) begin
    if (rst_n) begin
      count_kept: assert (!cleared || (u_dut.u_count.mem[watch] == stored
                          && u_dut.u_look.mem[watch] == stored));
      count_grows: assert (!adds || u_dut.next == count_q);
      no_count_yet: assert (ready || (count_q == '0 && !u_dut.add_q));
      // what the neighbours see
      count_agrees: assert (!ready_q2 || look_q != watch || count == count_q3);
      reach_every_cycle: cover (ready_q2 && add_q2 && add_q && add_watch);
      reach_count: cover (ready_q2 && look_q == watch && count == Bits'(3));
    end
  end
endmodule : prove_tally
