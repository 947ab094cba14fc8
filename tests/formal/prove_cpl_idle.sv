// SPDX-License-Identifier: Apache-2.0
// A queue that is told idle: none of its ends is in here, each is counted, each of its records was
// answered. One watched queue of two, chosen by the solver; up to 8 records are on their way. Ends
// of both sources, answers, doorbells, resets and the ready of the write port are free. Nobody parks:
// prove_cpl_fault.sv.
module prove_cpl_idle
  import vmso_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 2, contexts: 8, vectors: 1, read_latency: 64, frame_slots: 64,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 32, runs_per_job: 32,
    walk_slots: 8, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256,
    max_frame: 9216
  }
) (
  input logic       clk,
  input logic       out_end_valid,
  input logic       out_queue,
  input logic       out_write,
  input logic       ring_end_valid,
  input logic       ring_queue,
  input logic       ring_write,
  input logic       consumer_valid,
  input logic       consumer_queue,
  input slot_idx_t  consumer_value,
  input logic       queue_reset_valid,
  input logic       queue_reset_queue,
  input logic       write_ready,
  input logic       want_done,
  input logic       done_ok,
  input logic       look
);
  logic [1:0]    start_q = '0;
  logic          rst_n, watch, ready, ready_q, out_end_ready, ring_end_ready, done, ctl_idle;
  logic          look_q;
  logic          write_valid, ended_valid, failed_valid, consumer_ready, reset_ready;
  logic          consumed_valid, sticky, counted;
  job_end_t      out_end, ring_end;
  queue_t        ended_queue, failed_queue, consumed_queue;
  write_req_t    write;
  logic [15:0]   query_ended, query_backlog;
  slot_idx_t     produced, consumer;
  logic [31:0]   irq_set, fault_data;
  queue_config_t no_config;
  system_ring_t  no_ring;
  fault_ring_t   fault_ring;
  logic          fault_read_ready, sticky_fault, sticky_overflow;
  f_anyconst1 u_watch (.y(watch));
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n     = start_q != '0;
  assign no_config = '0;
  assign no_ring   = '0;
  always_comb begin
    out_end        = '0;
    out_end.queue  = queue_t'(out_queue);
    out_end.write  = out_write;
    ring_end       = '0;
    ring_end.queue = queue_t'(ring_queue);
    ring_end.write = ring_write;
  end

  vmso_cpl #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .cpl_ready(ready), .queue_config_valid(1'b0), .queue_config(no_config),
    .out_end_valid, .out_end_ready, .out_end, .ring_end_valid, .ring_end_ready, .ring_end,
    .consumer_valid, .consumer_ready, .consumer_queue(queue_t'(consumer_queue)), .consumer_value,
    .consumed_valid, .consumed_queue, .queue_reset_valid, .queue_reset_ready(reset_ready),
    .queue_reset_queue(queue_t'(queue_reset_queue)), .notify_valid(1'b0), .notify_queue('0),
    .write_valid, .write_ready, .write, .write_done_valid(done), .write_done_ok(done_ok),
    .ended_valid, .ended_queue, .write_failed_valid(failed_valid),
    .write_failed_queue(failed_queue), .ctl_queue(queue_t'(look)), .ctl_idle,
    .query_queue(queue_t'(look)), .query_ended, .query_backlog, .status_queue('0),
    .status_cpl_produced(produced), .status_cpl_consumer(consumer), .irq_set,
    .sticky_consumer(sticky), .count_completions(counted), .system_ring(no_ring),
    .fence_done('0), .fault_ring, .fault_valid(1'b0), .abort_valid(1'b0), .fault_queue('0),
    .fault_read_valid(1'b0), .fault_read_ready, .fault_read_queue('0), .fault_read_word('0),
    .fault_read_data(fault_data), .sticky_fault, .sticky_fault_overflow(sticky_overflow)
  );

  logic        inside_q;      // an end of `watch` was taken and is not counted
  logic        inside_write_q;
  logic        quiet_q;       // `watch` was told idle, and no end of it has come since
  logic [3:0]  way_q, all_q;  // records without an answer: of `watch`, of all
  logic [3:0]  begun_q, answered_q;
  logic [15:0] taken_q, left_q;
  logic [7:0]  places_q;      // records on their way, the oldest first: of `watch`?
  logic [2:0]  still_q;       // cycles without anything of `watch`
  logic        issues, answers, ends, takes_ring, takes_out;
  assign takes_ring  = ring_end_valid && ring_end_ready;
  assign takes_out   = out_end_valid && out_end_ready;
  assign takes       = (takes_ring && ring_queue == watch) || (takes_out && out_queue == watch);
  assign takes_write = (takes_ring && ring_queue == watch && ring_write)
                       || (takes_out && out_queue == watch && out_write);
  assign issues      = write_valid && write_ready;
  assign done        = want_done && all_q != '0;
  assign answers     = done && places_q[0];
  assign ends        = ended_valid && ended_queue[0] == watch;
  assign told        = rst_n && ready_q && ctl_idle && look_q == watch;
  always_ff @(posedge clk) begin
    look_q  <= look;
    ready_q <= rst_n && ready;
    if (!rst_n) begin
      inside_q       <= 1'b0;
      inside_write_q <= 1'b0;
      quiet_q        <= 1'b0;
      way_q          <= '0;
      all_q          <= '0;
      begun_q        <= '0;
      answered_q     <= '0;
      taken_q        <= '0;
      left_q         <= '0;
      places_q       <= '0;
      still_q        <= '0;
    end else begin
      inside_q       <= takes || (inside_q && !ends);
      inside_write_q <= takes ? takes_write : inside_write_q && !ends;
      quiet_q        <= (quiet_q || told) && !takes;
      way_q          <= way_q + 4'(issues && ends) - 4'(answers);
      all_q          <= all_q + 4'(issues) - 4'(done);
      begun_q        <= begun_q + 4'(takes_write);
      answered_q     <= answered_q + 4'(answers);
      taken_q        <= taken_q + 16'(takes);
      left_q         <= left_q + 16'(ends);
      if (done) places_q <= places_q >> 1;
      if (issues) places_q[3'(all_q - 4'(done))] <= ends;
      if (takes || inside_q || way_q != '0) still_q <= '0;
      else if (still_q != '1) still_q <= still_q + 1'b1;
    end
  end

  // for the step of the induction
  logic cleared, adds, gives, kept;
  assign cleared = ready || watch < u_dut.u_flights.u_begun.clear_at;
  assign adds    = u_dut.u_flights.u_begun.add_q && u_dut.u_flights.u_begun.index_q == watch;
  assign gives   = u_dut.u_flights.u_ended.add_q && u_dut.u_flights.u_ended.index_q == watch;
  always_comb begin
    kept = 1'b1;
    for (int unsigned i = 0; i < 8; i++) begin
      if (i < 32'(all_q) ? (u_dut.u_flight.u_mem.mem[u_dut.u_flight.rd_ptr_q + 3'(i)][6] == watch)
                           != places_q[i] : places_q[i]) kept = 1'b0;
    end
  end

  logic completions;  // nothing else is on its way
  always_comb begin
    completions = 1'b1;
    for (int unsigned i = 0; i < 8; i++) begin
      if (i < 32'(all_q) && (u_dut.u_flight.u_mem.mem[u_dut.u_flight.rd_ptr_q + 3'(i)]
                             >> (6 + $bits(queue_t))) != '0) completions = 1'b0;
    end
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      idle_is_idle: assert (!told || (!inside_q && way_q == '0));
      ended_is_told: assert (!told || query_ended == taken_q);
      quiet_writes_nothing: assert (!quiet_q || !write_valid || u_dut.end_q.queue[0] != watch);
      quiet_stays: assert (!quiet_q || (!ends && !answers && (!failed_valid
                           || failed_queue[0] != watch)));
      idle_comes: assert (still_q < 3'd2 || !ready_q || look_q != watch || ctl_idle);
      answers_agree: assert (!done || failed_valid == !done_ok);
      inside_agrees: assert (inside_q == (u_dut.busy_q && u_dut.end_q.queue[0] == watch)
                             && inside_write_q == (inside_q && u_dut.end_q.write));
      way_agrees: assert (kept && all_q == u_dut.u_flight.count_q && 32'(all_q) <= 8
                          && way_q == 4'($countones(places_q)) && u_dut.u_flight.wr_ptr_q
                          == 3'(u_dut.u_flight.rd_ptr_q + all_q[2:0]));
      begun_agrees: assert (begun_q == 4'(answered_q + way_q + 4'(inside_write_q)));
      taken_agrees: assert (taken_q == 16'(left_q + 16'(inside_q)));
      quiet_agrees: assert (!quiet_q || (!inside_q && way_q == '0));
      begun_kept: assert (!cleared || (u_dut.u_flights.u_begun.u_count.mem[watch]
                          == begun_q - 4'(adds) && u_dut.u_flights.u_begun.u_look.mem[watch]
                          == begun_q - 4'(adds)));
      answered_kept: assert (!cleared || (u_dut.u_flights.u_ended.u_count.mem[watch]
                             == answered_q - 4'(gives) && u_dut.u_flights.u_ended.u_look.mem[watch]
                             == answered_q - 4'(gives)));
      begun_grows: assert (!adds || u_dut.u_flights.u_begun.next == begun_q);
      answered_grows: assert (!gives || u_dut.u_flights.u_ended.next == answered_q);
      left_kept: assert (!cleared || (u_dut.u_index.u_end.mem[watch][15:0] == left_q
                         && u_dut.u_index.u_query.mem[watch][15:0] == left_q));
      left_grows: assert (!inside_q || u_dut.ended_op == left_q);
      walks_agree: assert (u_dut.u_flights.u_begun.clear_at == u_dut.u_flights.u_ended.clear_at
                           && u_dut.u_flights.u_begun.clear_at == u_dut.clear_queue
                           && u_dut.clearing == !ready && u_dut.u_flights.unused_ready == ready);
      nothing_yet: assert (ready || (taken_q == '0 && begun_q == '0 && all_q == '0 && !adds
                           && !gives && !u_dut.busy_q));
      nobody_parks: assert (!(u_dut.busy_q && u_dut.parks_q)
                            && (!cleared || !u_dut.u_park.mem[watch])
                            && (!ready || !u_dut.u_park.mem[!watch]));
      no_faults: assert (u_dut.u_fault.state_q == 3'd0 && u_dut.u_fault.u_faults.count_q == '0
                         && u_dut.u_fault.u_aborts.count_q == '0
                         && !(u_dut.waits_q && u_dut.note_turn_q) && completions);
      none_here: assert (u_dut.u_fault.u_here.u_begun.clear_at == u_dut.clear_queue
                         && u_dut.u_fault.u_here.u_ended.clear_at == u_dut.clear_queue
                         && u_dut.u_fault.ready == ready && !u_dut.u_fault.u_here.u_begun.add_q
                         && !u_dut.u_fault.u_here.u_ended.add_q
                         && (!cleared || (u_dut.u_fault.u_here.u_begun.u_look.mem[watch] == '0
                                          && u_dut.u_fault.u_here.u_ended.u_look.mem[watch] == '0)));
      reach_full: cover (32'(all_q) == 8 && u_dut.busy_q && !write_valid);
      reach_quiet: cover (quiet_q && taken_q == 16'd2 && begun_q == 4'd2);
      reach_failed: cover (told && taken_q == 16'd1 && $past(failed_valid, 5));
      reach_late: cover (still_q == 3'd1 && ready_q && look_q == watch && !ctl_idle);
      reach_other: cover (quiet_q && taken_q != '0 && issues && all_q != '0);
    end
  end
endmodule : prove_cpl_idle
