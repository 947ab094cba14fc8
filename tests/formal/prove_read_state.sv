// SPDX-License-Identifier: Apache-2.0
// State of the frame slots against one watched slot, chosen by the solver: landed bytes, their
// ones'-complement sum by its definition (an integer, less 65535 where it is above), poison.
module prove_read_state
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 4, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 4,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 32, runs_per_job: 32,
    walk_slots: 2, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256,
    max_frame: 9216
  }
) (
  input logic        clk,
  input logic        open_valid,
  input frame_t      open_frame,
  input logic        fail_valid,
  input frame_t      fail_frame,
  input logic [2:0]  fail_pos,
  input logic        land_valid,
  input frame_t      land_frame,
  input logic [6:0]  land_bytes,
  input logic [15:0] land_sum
);
  logic [1:0]   watch;
  logic         rst_n = 1'b0, ready;
  frame_state_t state;
  always_ff @(posedge clk) rst_n <= 1'b1;
  f_anyconst1 u_watch [1:0] (.y(watch));

  vmso_read_state #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .ready, .frame_open_valid(open_valid), .frame_open(open_frame),
    .fail_valid, .fail_frame, .fail_pos(pos_t'(fail_pos)), .fail_status(StatusBus),
    .fail_cause(CauseDataSlvErr), .fail_va(64'(fail_pos)), .fail_space(fail_pos[1:0]),
    .land_valid, .land_frame, .land_bytes(pos_t'(land_bytes)), .land_sum,
    .state_frame(frame_t'(watch)), .frame_state(state)
  );

  logic        opened_q = 1'b0, poison_q, failed_before_q = 1'b0;
  logic        opens, lands, fails;
  pos_t        landed_q;
  logic [15:0] sum_q;
  logic [16:0] sum_now;
  logic [2:0]  lowest_q, lowest_before_q;
  assign opens   = open_valid && open_frame[1:0] == watch;
  assign lands   = land_valid && land_frame[1:0] == watch;
  assign fails   = fail_valid && fail_frame[1:0] == watch;
  assign sum_now = 17'(sum_q) + 17'(land_sum);
  always_ff @(posedge clk) begin
    failed_before_q <= opened_q && poison_q;
    lowest_before_q <= lowest_q;
    if (opens) begin
      opened_q <= 1'b1;
      landed_q <= '0;
      sum_q    <= '0;
      poison_q <= 1'b0;
    end else begin
      if (lands) begin
        landed_q <= landed_q + pos_t'(land_bytes);
        sum_q    <= 16'(sum_now > 17'd65535 ? sum_now - 17'd65535 : sum_now);
      end
      if (fails) begin
        poison_q <= 1'b1;
        lowest_q <= poison_q && lowest_q < fail_pos ? lowest_q : fail_pos;
      end
    end
  end

  // what the neighbours owe, of all slots
  logic [3:0]  open_q = '0;
  pos_t [3:0]  total_q;
  always_ff @(posedge clk) begin
    if (land_valid) total_q[land_frame[1:0]] <= total_q[land_frame[1:0]] + pos_t'(land_bytes);
    if (open_valid) begin
      open_q[open_frame[1:0]]  <= 1'b1;
      total_q[open_frame[1:0]] <= '0;
    end
  end
  always_comb begin
    after_ready: assume ((rst_n && ready) || !(open_valid || fail_valid || land_valid));
    opened_before: assume (!land_valid || open_q[land_frame[1:0]]);
    one_at_a_time: assume (!opens || !(lands || fails));
    open_is_apart: assume (!open_valid || !land_valid || open_frame[1:0] != land_frame[1:0]);
    frame_ends: assume (!land_valid || 32'(total_q[land_frame[1:0]]) + 32'(land_bytes) < 2**14);
    bytes_land: assume (!land_valid || land_bytes != '0);
  end
  // of all slots, for the step of the induction
  logic [3:0] fresh, clean, total_agrees;
  for (genvar i = 0; i < 4; i++) begin : gen_slot
    assign fresh[i] = u_dut.u_fresh.u_put.mem[i] != u_dut.u_fresh.u_drop.mem[i];
    assign clean[i] = u_dut.u_clean.u_put.mem[i] != u_dut.u_clean.u_drop.mem[i];
    assign total_agrees[i] = !open_q[i] || total_q[i] ==
        (fresh[i] ? '0 : u_dut.u_progress.mem[i][$bits(pos_t)-1:0]);
  end
  logic settled_q = 1'b0;
  always_ff @(posedge clk) settled_q <= opened_q && !opens && !fails;
  always_ff @(posedge clk) begin
    totals_agree: assert (total_agrees == '1);
    stays_ready: assert ((open_q == '0 && !opened_q) || (rst_n && ready));
    if (opened_q) begin
      copies_agree: assert (fresh[watch] ? landed_q == '0 && sum_q == '0
                            : u_dut.u_progress.mem[watch] == {sum_q, landed_q}
                              && u_dut.u_progress_seen.mem[watch] == {sum_q, landed_q});
      clean_agrees: assert (clean[watch] == !poison_q);
      lowest_agrees: assert (!poison_q || (u_dut.u_lowest.mem[watch] == pos_t'(lowest_q)
                             && u_dut.u_failure.mem[watch]
                             == {StatusBus, CauseDataSlvErr, 64'(lowest_q), lowest_q[1:0]}));
      landed_agrees: assert (state.landed == landed_q);
      sum_agrees: assert (state.sum == sum_q);
      poison_agrees: assert (state.poison == poison_q);
      lowest_tells: assert (!settled_q || !failed_before_q || !poison_q
                            || state.va == 64'(lowest_before_q));
      reach_carry: cover (lands && sum_now == 17'h1fffe && landed_q > 14'd64);
      reach_again: cover (opens && poison_q && landed_q == 14'd100);
      reach_lower: cover (settled_q && failed_before_q && lowest_q == 3'd1 && landed_q != '0);
    end
  end
endmodule : prove_read_state
