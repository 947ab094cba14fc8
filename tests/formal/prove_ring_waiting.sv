// SPDX-License-Identifier: Apache-2.0
// Batches that wait for their queue's share: three of four, of two queues; the reference is a shift
// register. How many entries a queue holds and how many are free is chosen anew in every cycle, so
// nothing rests on who gives them back when. One is kept for short jobs of idle queues, one for
// queues that hold none. `watch` is one batch, chosen by the solver: how long does it wait?
module prove_ring_waiting
  import vmso_ring_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 64, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 32768, store_limit: 736, first_slots: 128, jobs: 32, runs_per_job: 32,
    walk_slots: 8, tlb_lines: 128, template_bytes: 256, max_frame: 9216
  },
  parameter int unsigned Depth = 3
) (
  input  logic       clk,
  input  logic       want_put,
  input  logic       put_queue,
  input  logic [1:0] put,
  input  logic       put_first,
  input  logic [7:0] job_home,
  input  logic [7:0] wait_held,
  input  logic       out_ready
);
  typedef struct packed {
    logic       first;
    logic       queue;
    logic [1:0] batch;
  } entry_t;
  logic [1:0] start_q = '0;
  logic       rst_n, put_valid, out_valid, may, room, rotate, leaves;
  logic [5:0] wait_queue;
  logic [1:0] out, watch;
  logic [6:0] firsts;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;
  f_anyconst1 u_watch [1:0] (.y(watch));

  vmso_ring_waiting #(.Cfg(Cfg), .Bits(2), .Depth(Depth)) u_dut (
    .clk, .rst_n, .put_valid, .put_queue({5'd0, put_queue}), .put, .put_first, .job_home,
    .wait_queue, .wait_held, .out_valid, .out_ready, .out, .firsts
  );

  entry_t [Depth-1:0] order_q;   // number 0 is the first one
  entry_t             head;
  logic [3:0]         here_q;    // put and not come out
  logic [2:0]         held_q, stay, others_q, slow_q, ahead;
  logic               stood_q;   // the first one was it before
  logic               turn, allows;
  assign put_valid = want_put && rst_n && 32'(held_q) < Depth && !here_q[put];
  assign head      = order_q[0];
  assign rotate    = u_dut.rotate;
  assign leaves    = out_valid && out_ready;
  assign stay      = held_q - 3'(rotate || leaves);
  assign may       = has_share(Cfg, wait_held, job_home);
  assign room      = 32'(job_home) > vmso_config_pkg::idle_jobs(Cfg);
  assign turn      = (rotate || leaves) && head.batch == watch;
  assign allows    = room && out_ready && !put_valid;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      here_q   <= '0;
      held_q   <= '0;
      stood_q  <= 1'b0;
      others_q <= '0;
      slow_q   <= '0;
    end else begin
      held_q  <= stay + 3'(put_valid || rotate);
      stood_q <= held_q != '0 && !rotate && !leaves;
      if (leaves) here_q[out] <= 1'b0;
      if (put_valid) here_q[put] <= 1'b1;
      for (int unsigned i = 0; i < Depth; i++) begin
        if ((rotate || leaves) && i + 1 < Depth) order_q[i] <= order_q[i+1];
        if (put_valid && i == 32'(stay)) order_q[i] <= '{put_first, put_queue, put};
        if (rotate && i == 32'(stay)) order_q[i] <= '{wait_held == '0, head.queue, head.batch};
      end
      if (!here_q[watch] || turn) begin
        others_q <= '0;
        slow_q   <= '0;
      end else begin
        if (rotate || leaves) others_q <= others_q + 1'b1;
        if (allows && ahead != '0) slow_q <= slow_q + 1'b1;
      end
    end
  end

  // the FIFO's places, for the step of the induction
  logic       kept;
  logic [2:0] flagged;
  logic [3:0] seen;
  always_comb begin
    kept    = 1'b1;
    flagged = '0;
    seen    = '0;
    ahead   = '0;
    for (int unsigned i = 0; i < Depth; i++) begin
      if (i < 32'(held_q)) begin
        if (u_dut.u_fifo.u_mem.mem[u_dut.u_fifo.rd_ptr_q + 2'(i)]
            != {order_q[i].first, 5'd0, order_q[i].queue, order_q[i].batch}) kept = 1'b0;
        flagged += 3'(order_q[i].first);
        seen[order_q[i].batch] = 1'b1;
        if (order_q[i].batch == watch) ahead = 3'(i);
      end
    end
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      out_is_here: assert (!out_valid || here_q[out]);
      out_agrees: assert (!out_valid || (out == head.batch && wait_queue == 6'(head.queue)));
      none_lost: assert (u_dut.count == held_q && 3'($countones(here_q)) == held_q);
      places_agree: assert (kept && seen == here_q && u_dut.u_fifo.wr_ptr_q
                            == 2'(u_dut.u_fifo.rd_ptr_q + held_q[1:0]));
      firsts_agree: assert (firsts == 7'(flagged));
      out_has_share: assert (!out_valid || (may && room));
      held_is_known: assert (stood_q || (!out_valid && !rotate));
      comes_out: assert (!stood_q || !may || out_valid);
      goes_round: assert (rotate == (stood_q && !may && room && !put_valid && held_q > 3'd1));
      turn_comes: assert (!here_q[watch] || 32'(others_q) + 32'(ahead) < Depth);
      turn_in_time: assert (!here_q[watch] || 32'(slow_q) + 2 * 32'(ahead)
                            <= 2 * (Depth - 1) + 32'(stood_q && ahead != '0));
      reach_full_round: cover (rotate && 32'(held_q) == Depth && head.batch == watch);
      reach_flag_lost: cover (rotate && head.first);
      reach_longest_wait: cover (leaves && turn && 32'(others_q) == Depth - 1
                                 && 32'(slow_q) == 2 * (Depth - 1));
      reach_nothing_free: cover (stood_q && !may && held_q > 3'd1 && !put_valid && !rotate);
      reach_put_beside: cover (leaves && put_valid && put_first && head.first);
    end
  end
endmodule : prove_ring_waiting
