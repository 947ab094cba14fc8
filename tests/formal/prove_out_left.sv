// SPDX-License-Identifier: Apache-2.0
// The queue table of `out` against one watched queue of four, chosen by the solver: the count of what has
// left, also when orders leave in every cycle, and FLUSH.
module prove_out_left
  import vmso_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 4, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 32768, store_limit: 736, first_slots: 128, jobs: 32, runs_per_job: 32,
    walk_slots: 8, tlb_lines: 128, template_bytes: 256, max_frame: 9216
  }
) (
  input logic       clk,
  input logic       want_left,
  input logic [1:0] left_queue,
  input logic       want_fail,
  input logic [1:0] fail_queue,
  input logic       set_valid,
  input logic [1:0] set_queue,
  input logic       clear_valid,
  input logic [1:0] clear_queue
);
  logic [1:0]   start_q = '0;
  logic         rst_n, ready, set_ready, clear_ready, look_flush, left, fail;
  logic [1:0]   watch;
  order_count_t ctl_left;
  f_anyconst1 u_watch [1:0] (.y(watch));
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;
  assign left  = want_left && ready && rst_n;  // no order before ready
  assign fail  = want_fail && ready && rst_n;

  vmso_out_left #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .ready, .left_valid(left), .left_queue(queue_t'(left_queue)),
    .ctl_queue(queue_t'(watch)), .ctl_left, .fail_valid(fail), .fail_queue(queue_t'(fail_queue)),
    .flush_set_valid(set_valid), .flush_set_ready(set_ready), .flush_set(queue_t'(set_queue)),
    .flush_clear_valid(clear_valid), .flush_clear_ready(clear_ready),
    .flush_clear(queue_t'(clear_queue)), .look_queue(queue_t'(watch)), .look_flush
  );

  logic         flush_q, ready_q, ready_q2, left_watch, left_q, left_q2;
  order_count_t count_q, count_q2, count_q3;  // before this cycle, before the last one, ..
  assign left_watch = left && left_queue == watch;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      count_q <= '0;
      flush_q <= 1'b0;
    end else begin
      count_q <= count_q + 16'(left_watch);
      if (clear_valid && clear_ready && clear_queue == watch) flush_q <= 1'b0;
      if (set_valid && set_ready && set_queue == watch) flush_q <= 1'b1;
      if (fail && fail_queue == watch) flush_q <= 1'b1;
    end
    count_q2 <= rst_n ? count_q : '0;
    count_q3 <= rst_n ? count_q2 : '0;
    ready_q  <= rst_n && ready;
    ready_q2 <= rst_n && ready_q;
    left_q   <= left_watch;
    left_q2  <= left_q;
  end

  // for the step of the induction: what the RAMs hold, and what is on its way to them
  logic         adds, cleared;
  order_count_t stored;
  assign adds    = u_dut.add_q && u_dut.add_queue_q == watch;
  assign cleared = ready || watch < u_dut.clear_at_q;
  assign stored  = count_q - 16'(adds);
  always_ff @(posedge clk) begin
    if (rst_n) begin
      count_kept: assert (!cleared || (u_dut.u_count.mem[watch] == stored
                          && u_dut.u_count_copy.mem[watch] == stored));
      count_grows: assert (!adds || u_dut.count_next == count_q);
      no_count_yet: assert (ready || (count_q == '0 && !u_dut.add_q && !flush_q));
      flush_kept: assert (!cleared || u_dut.u_flush.mem[watch] == flush_q);
      // what the neighbours see
      left_agrees: assert (!ready_q2 || ctl_left == count_q3);
      flush_agrees: assert (!ready || look_flush == flush_q);
      reach_every_cycle: cover (ready_q2 && left_q2 && left_q && left_watch);
      reach_count: cover (ready_q2 && ctl_left == 16'd3);
      reach_flush: cover (ready_q2 && flush_q && clear_valid && clear_ready && clear_queue == watch);
    end
  end
endmodule : prove_out_left
