// SPDX-License-Identifier: Apache-2.0
// Queues that are to give entries, against two plain sets of eight queues: those named and not
// dropped, and those of them whose attention was given. Firsts, puts, looks and drops are free;
// there are more queues than places.
module prove_ring_preempt #(
  parameter  int unsigned QueueW = 3,
  localparam int unsigned Queues = 1 << QueueW
) (
  input  logic              clk,
  input  logic [6:0]        firsts,
  input  logic              put_valid,
  input  logic [QueueW-1:0] put,
  input  logic              attention_ready,
  input  logic [QueueW-1:0] look,
  input  logic              drop
);
  logic [1:0]        start_q = '0;
  logic              rst_n, wanted, attention_valid, is_in, names;
  logic [QueueW-1:0] attention;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  vmso_ring_preempt #(.QueueW(QueueW)) u_dut (
    .clk, .rst_n, .firsts, .wanted, .put_valid, .put, .attention_valid, .attention_ready,
    .attention, .look, .is_in, .drop
  );

  logic [Queues-1:0] named_q, given_q;
  logic [6:0]        firsts_q, count_q;  // of the cycle before
  logic              named_any_q, waits_q;
  logic [6:0]        count;
  assign names = put_valid && wanted && !named_q[put];
  assign count = 7'($countones(named_q));
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      named_q <= '0;
      given_q <= '0;
      waits_q <= 1'b0;
    end else begin
      if (drop) named_q[look] <= 1'b0;
      if (attention_valid && attention_ready) given_q[attention] <= 1'b1;
      if (names) begin
        named_q[put] <= 1'b1;
        given_q[put] <= 1'b0;
      end
      // an attention that is neither taken nor dropped
      waits_q <= attention_valid && !attention_ready && !drop;
    end
    firsts_q    <= rst_n ? firsts : '0;
    count_q     <= rst_n ? count : '0;
    named_any_q <= rst_n && names;
  end

  // the places, for the step of the induction
  logic [Queues-1:0] held, told;
  logic [3:0]        places;
  always_comb begin
    held   = '0;
    told   = '0;
    places = '0;
    for (int unsigned i = 0; i < 4; i++) begin
      if (u_dut.valid_q[i]) held[u_dut.queue_q[i]] = 1'b1;
      if (u_dut.valid_q[i] && u_dut.told_q[i]) told[u_dut.queue_q[i]] = 1'b1;
      places += 4'(u_dut.valid_q[i]);
    end
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      is_in_agrees: assert (is_in == named_q[look]);
      held_once: assert (held == named_q && count == 7'(places));
      told_agrees: assert (told == (named_q & given_q));
      given_once: assert (!attention_valid || (named_q[attention] && !given_q[attention]));
      given_at_all: assert (attention_valid || (named_q & ~given_q) == '0);
      attention_stands: assert (!waits_q || attention_valid);
      wanted_for_some: assert (!wanted || (firsts_q > count_q && count_q != 7'd4));
      wanted_in_time: assert (wanted || firsts_q <= count_q || count_q == 7'd4 || named_any_q);
      never_too_many: assert (!names || count < firsts_q);
      reach_full: cover (count == 7'd4 && (named_q & given_q) == named_q);
      reach_again: cover (names && given_q[put]);
      reach_unwanted: cover (put_valid && !wanted && named_any_q && firsts_q > count);
      reach_known: cover (put_valid && wanted && named_q[put]);
      reach_drop_beside: cover (names && drop && is_in && count == 7'd3);
    end
  end
endmodule : prove_ring_preempt
