// SPDX-License-Identifier: Apache-2.0
// Faults and aborts of two queues, at most one of a queue here; what was kept of a queue is not written while
// one is. The ring, the port of notes and the way of the ends are free.
module prove_cpl_fault
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 2, contexts: 4, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 4, runs_per_job: 32,
    walk_slots: 8, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256, max_frame: 9216
  }
) (
  input logic         clk,
  input system_ring_t ring,
  input logic [15:0]  fence_done,
  input logic         want_keep,
  input logic         keep_queue,
  input job_end_t     any_keep,
  input logic         want_fault,
  input logic         want_abort,
  input logic         queue,
  input logic         end_ready,
  input logic         note_ready,
  input logic         want_done,
  input logic         done_queue,
  input logic         want_read,
  input logic         read_queue,
  input logic [2:0]   read_word
);
  logic start_q = 1'b0;
  logic rst_n, ready, keep_valid, fault_valid, abort_valid, end_valid, note_valid, note_is_fault;
  logic note_queue, done, sticky_fault, sticky_overflow, none, read_ready, ended, watch;
  job_end_t   keep, job_end;
  write_req_t note;
  always_ff @(posedge clk) start_q <= 1'b1;
  assign rst_n = start_q;
  f_anyconst1 u_watch (.y(watch));

  logic [1:0] fault_q, abort_q, sent_q;  // here; of a fault: its record is on its way
  logic [1:0] here, kept_q;
  logic [7:0] cookie_q;                  // low bits, of the watched queue's job
  assign here        = fault_q | abort_q;
  assign keep_valid  = want_keep && !here[keep_queue] && ready;
  assign fault_valid = want_fault && !here[queue] && ready && kept_q[queue]
                       && !(keep_valid && keep_queue == queue);
  assign abort_valid = want_abort && !want_fault && !here[queue] && ready && kept_q[queue]
                       && !(keep_valid && keep_queue == queue);
  assign done        = want_done && sent_q[done_queue];
  always_comb begin
    keep       = any_keep;
    keep.queue = queue_t'(keep_queue);
  end
  fault_ring_t unused_ring;
  logic [31:0] unused_data;
  vmso_cpl_fault #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .ready, .system_ring(ring), .fence_done, .fault_ring(unused_ring), .keep_valid, .keep,
    .keep_ctx('0), .fault_valid, .abort_valid, .fault_queue(queue), .end_valid, .end_ready, .job_end,
    .note_valid, .note_ready, .note, .note_is_fault, .note_queue, .note_done_valid(done),
    .note_done_queue(done_queue), .read_valid(want_read), .read_ready, .read_queue, .read_word,
    .read_data(unused_data), .look(watch), .none, .sticky_fault, .sticky_overflow
  );
  logic lost, writes;
  fault_record_t record;
  assign record = fault_record_t'(note.data);
  assign ended  = end_valid && end_ready;
  assign writes = note_valid && note_ready && note_is_fault;
  assign lost   = sticky_fault && !done;   // no room for a record
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      fault_q <= '0;
      abort_q <= '0;
      sent_q  <= '0;
      kept_q  <= '0;
    end else begin
      if (keep_valid) kept_q[keep_queue] <= 1'b1;
      if (ended) abort_q[job_end.queue[0]] <= 1'b0;
      if (lost) fault_q[u_dut.queue_q] <= 1'b0;
      if (done) fault_q[done_queue] <= 1'b0;
      if (done) sent_q[done_queue] <= 1'b0;
      if (writes) sent_q[note_queue] <= 1'b1;
      if (fault_valid) fault_q[queue] <= 1'b1;
      if (abort_valid) abort_q[queue] <= 1'b1;
    end
    keep_again_q <= rst_n && keep_valid && keep_queue == watch && kept_q[watch];
    if (keep_valid && keep_queue == watch) cookie_q <= keep.cookie[7:0];
  end
  logic       keep_again_q;
  logic [1:0] waits;   // for its turn
  assign waits = here & ~sent_q;
  always_ff @(posedge clk) begin
    if (rst_n) begin
      ends_once: assert (!ended || abort_q[job_end.queue[0]]);
      writes_once: assert (!writes || (fault_q[note_queue] && !sent_q[note_queue]));
      lost_once: assert (!lost || (fault_q[u_dut.queue_q] && !sent_q[u_dut.queue_q]));
      ends_what_was_kept: assert (!ended || job_end.queue[0] != watch || job_end.cookie[7:0] == cookie_q);
      writes_what_was_kept: assert (!writes || note_queue != watch || record.cookie[7:0] == cookie_q);
      none_forgotten: assert (u_dut.state_q != 3'd0 || u_dut.faults_valid || u_dut.aborts_valid || waits == '0);
      one_here: assert ((fault_q & abort_q) == '0 && (sent_q & ~fault_q) == '0);
      reach_both: cover (here == 2'b11 && abort_q == 2'b01);
      reach_lost: cover (lost && sent_q != '0);
      reach_end: cover (ended && fault_q != '0);
      reach_second: cover (abort_valid && queue == watch && keep_again_q && sent_q[!watch]);
    end
  end
endmodule : prove_cpl_fault
