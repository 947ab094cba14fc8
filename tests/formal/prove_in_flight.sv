// SPDX-License-Identifier: Apache-2.0
// `none` against the count of what is under way of one watched number of four, chosen by the solver: as of
// two cycles before the look, and never true while something is under way that began before that.
module prove_in_flight #(
  parameter int unsigned Num  = 4,
  parameter int unsigned Bits = 3
) (
  input logic       clk,
  input logic       want_begin,
  input logic [1:0] begins,
  input logic       want_end,
  input logic [1:0] ends,
  input logic [1:0] look
);
  logic [1:0] start_q = '0;
  logic       rst_n, ready, none, begins_valid, ends_valid;
  logic [1:0] watch, look_q;
  f_anyconst1 u_watch [1:0] (.y(watch));
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n        = start_q != '0;
  assign begins_valid = want_begin && ready && rst_n;
  assign ends_valid   = want_end && ready && rst_n;

  vmso_in_flight #(.Num(Num), .Bits(Bits)) u_dut (
    .clk, .rst_n, .ready, .begins_valid, .begins, .ends_valid, .ends, .look, .none
  );

  logic            begins_watch, ends_watch, ready_q, ready_q2;
  logic [Bits-1:0] way_q, way_q2, way_q3;  // under way before this cycle, before the last one, ..
  logic [Bits-1:0] begun_q, ended_q;
  assign begins_watch = begins_valid && begins == watch;
  assign ends_watch   = ends_valid && ends == watch;
  always_ff @(posedge clk) begin
    way_q    <= rst_n ? way_q + Bits'(begins_watch) - Bits'(ends_watch) : '0;
    way_q2   <= rst_n ? way_q : '0;
    way_q3   <= rst_n ? way_q2 : '0;
    begun_q  <= rst_n ? begun_q + Bits'(begins_watch) : '0;
    ended_q  <= rst_n ? ended_q + Bits'(ends_watch) : '0;
    ready_q  <= rst_n && ready;
    ready_q2 <= rst_n && ready_q;
    look_q   <= look;
  end
  always_comb begin
    ends_what_began: assume (!ends_watch || way_q != '0 || begins_watch);
    has_room: assume (!begins_watch || way_q != '1 || ends_watch);
  end

  logic adds, gives, cleared;
  assign adds    = u_dut.u_begun.add_q && u_dut.u_begun.index_q == watch;
  assign gives   = u_dut.u_ended.add_q && u_dut.u_ended.index_q == watch;
  assign cleared = ready || watch < u_dut.u_begun.clear_at;
  always_ff @(posedge clk) begin
    if (rst_n) begin
      begun_kept: assert (!cleared || (u_dut.u_begun.u_count.mem[watch] == begun_q - Bits'(adds)
                          && u_dut.u_begun.u_look.mem[watch] == begun_q - Bits'(adds)));
      ended_kept: assert (!cleared || (u_dut.u_ended.u_count.mem[watch] == ended_q - Bits'(gives)
                          && u_dut.u_ended.u_look.mem[watch] == ended_q - Bits'(gives)));
      begun_grows: assert (!adds || u_dut.u_begun.next == begun_q);
      ended_grows: assert (!gives || u_dut.u_ended.next == ended_q);
      walks_agree: assert (u_dut.u_begun.clear_at == u_dut.u_ended.clear_at
                           && u_dut.ready == u_dut.unused_ready);
      nothing_yet: assert (ready || (begun_q == '0 && ended_q == '0 && !u_dut.u_begun.add_q
                           && !u_dut.u_ended.add_q));
      way_agrees: assert (way_q == begun_q - ended_q);
      none_agrees: assert (!ready_q2 || look_q != watch || none == (way_q3 == '0));
      reach_full: cover (ready_q2 && way_q == '1);
      reach_none_again: cover (ready_q2 && look_q == watch && none && begun_q == Bits'(2)
                               && way_q == '0);
      reach_both: cover (ready_q2 && begins_watch && ends_watch && way_q == '0);
    end
  end
endmodule : prove_in_flight
