// SPDX-License-Identifier: Apache-2.0
// Which orders of one watched queue of two are dead, against a reference without numbers: of the orders in
// the FIFO the first `dead_q` ones, or all. The numbers begin shortly before they come round.
//
// Fails and burials come in one of three cycles at most: else the scan may stand still.
module prove_out_dead
  import vmso_pkg::*;
#(
  parameter int unsigned Queues = 2
) (
  input logic       clk,
  input logic       want_come,
  input logic       want_gone,
  input logic       want_fail,
  input logic       want_bury,
  input logic       at,
  input logic       look,
  input logic [2:0] look_at   // place in the FIFO
);
  logic [1:0]   start_q = '0;
  logic         rst_n, ready, fail, bury, comes, goes, look_dead, watch, look_q;
  order_count_t base, come_q, gone_q;
  f_anyconst1 u_watch (.y(watch));
  f_anyconst1 u_base [2:0] (.y(base[2:0]));
  assign base[15:3] = '1;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  logic [2:0] held_q, dead_q, dead_q2;   // orders in the FIFO; the first ones of them that are dead
  logic       failed_q, failed_q2, gone_before_q, wrote_q, wrote_q2, ready_q;
  logic [4:0] stale_q;                   // cycles since the last dead one has left
  assign fail  = want_fail && ready && rst_n && !wrote_q && !wrote_q2;
  assign bury  = want_bury && !want_fail && ready && rst_n && !wrote_q && !wrote_q2;
  assign comes = want_come && ready && rst_n && held_q != 3'd4;
  assign goes  = want_gone && held_q != '0 && rst_n;

  vmso_out_dead #(.Queues(Queues)) u_dut (
    .clk, .rst_n, .ready, .come(come_q), .gone(gone_q), .fail_valid(fail), .fail_queue(at),
    .bury_valid(bury), .bury_queue(at), .look_queue(look), .look_number(gone_q + 16'(look_at)),
    .look_dead
  );

  logic forgotten;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      come_q   <= base;
      gone_q   <= base;
      held_q   <= '0;
      dead_q   <= '0;
      failed_q <= 1'b0;
      wrote_q  <= 1'b0;
      wrote_q2 <= 1'b0;
      stale_q  <= '0;
    end else begin
      come_q <= come_q + 16'(comes);
      gone_q <= gone_q + 16'(goes);
      held_q <= held_q + 3'(comes) - 3'(goes);
      if (bury && at == watch) begin
        dead_q   <= held_q - 3'(goes);
        failed_q <= 1'b0;
      end else begin
        dead_q <= dead_q - 3'(goes && dead_q != '0);
        if (fail && at == watch) failed_q <= 1'b1;
      end
      wrote_q  <= fail || bury;
      wrote_q2 <= wrote_q;
      stale_q  <= forgotten || failed_q || dead_q != '0 || (bury && at == watch) ? '0 : stale_q + 1'b1;
    end
    failed_q2     <= rst_n && failed_q;
    dead_q2       <= rst_n ? dead_q : '0;
    gone_before_q <= goes;
    look_q        <= look;
    ready_q       <= rst_n && ready;
  end

  // for the step of the induction: the entry, its copy that the scan reads, and how old it may get
  typedef struct packed {
    logic         dying;
    logic         bounded;
    order_count_t bound;
  } death_t;
  death_t entry, copy, read;
  logic   cleared, current;
  assign entry     = u_dut.u_look.mem[watch];
  assign copy      = u_dut.u_scan.mem[watch];
  assign read      = u_dut.u_scan.read_data;
  assign forgotten = !entry.dying;
  assign cleared   = ready || watch < u_dut.clear_at;
  assign current   = ready && !u_dut.written_q && u_dut.scanned_q == watch;
  localparam logic [4:0] Oldest = 5'd12;
  always_ff @(posedge clk) begin
    if (rst_n) begin
      numbers_agree: assert (come_q - gone_q == 16'(held_q) && held_q <= 3'd4 && dead_q <= held_q);
      copies_agree: assert (!cleared || entry == copy);
      read_agrees: assert (!current || !read.dying || read == entry || forgotten);
      nothing_yet: assert (ready || (held_q == '0 && dead_q == '0 && !failed_q));
      entry_agrees: assert (!cleared || (failed_q ? entry.dying && !entry.bounded
                            : dead_q != '0 ? entry.dying && entry.bounded
                                             && entry.bound == gone_q + 16'(dead_q)
                            : !entry.dying || (entry.bounded && gone_q - entry.bound <= 16'(stale_q))));
      forgets_in_time: assert (!ready || stale_q <= Oldest);
      // what the judge sees: of this look all that was written two cycles before it or earlier
      look_agrees: assert (!ready_q || look_q != watch || look_at >= held_q
                           || look_dead == (failed_q2 || 3'(look_at) + 3'(gone_before_q) < dead_q2));
      reach_dead_and_alive: cover (ready && !failed_q && dead_q == 3'd2 && held_q == 3'd4);
      reach_forgotten: cover (ready_q && gone_q != base && u_dut.forget && u_dut.scanned_q == watch);
      reach_second_life: cover (bury && at == watch && dead_q == 3'd2 && held_q == 3'd3);
      reach_round: cover (come_q == 16'd1 && gone_q == 16'hffff && dead_q == 3'd1);
    end
  end
endmodule : prove_out_dead
