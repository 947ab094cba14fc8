// SPDX-License-Identifier: Apache-2.0
// The loaded jobs of each queue in order: a linked list through the job entries.
//
// load        valid only, at most every second cycle; in its list, at the latest, when two cycles
//             have passed. load_idle: all are in
// put         pulse: a job became the head of an empty list; look shows it one cycle later
// look        of look_queue, combinational: has it a job, and its oldest one
// next        of cur_job, combinational: has it a job behind it, and which
// pop         takes cur_job, the head of pop_queue, off its list
// event       in: something about this job has changed. Out, two cycles later, if it is the head of
//             its list: events of others need no visit, a turn looks at them when they come up
// fresh       valid/ready: the new head of this queue wants a visit, because run will never
//             announce it (load_quiet) or because nobody else does (idle); or somebody asks for one
// visit       valid/ready, ready within some cycles: visit_queue wants one
// throughput  one pop per two cycles beside one load per two cycles
// reset       at init the lists, flags by a walk of jobs cycles
`include "vmso_assert.svh"
module vmso_seg_jobs #(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned JobW   = $clog2(Cfg.jobs)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              init_valid,
  input  logic [QueueW-1:0] init_queue,
  input  logic              load_valid,
  input  logic [JobW-1:0]   load_job,
  input  logic [QueueW-1:0] load_queue,
  input  logic              load_quiet,
  output logic              load_idle,
  input  logic              event_valid,
  input  logic [JobW-1:0]   event_job,
  output logic              head_event_valid,
  output logic [JobW-1:0]   head_event_job,
  input  logic              idle,
  input  logic              visit_valid,
  output logic              visit_ready,
  input  logic [QueueW-1:0] visit_queue,
  output logic              fresh_valid,
  input  logic              fresh_ready,
  output logic [QueueW-1:0] fresh_queue,
  output logic              put_valid,
  output logic [QueueW-1:0] put_queue,
  input  logic [QueueW-1:0] look_queue,
  output logic              look_any,
  output logic [JobW-1:0]   look_head,
  input  logic [JobW-1:0]   cur_job,
  output logic              next_any,
  output logic [JobW-1:0]   next,
  input  logic              pop,
  input  logic [QueueW-1:0] pop_queue
);
  localparam int unsigned Depth = 1 << QueueW;
  typedef struct packed {
    logic              quiet;
    logic [QueueW-1:0] queue;
    logic [JobW-1:0]   job;
  } insert_t;

  // -- insert: one job at a time, behind the tail -------------------------------------------------
  insert_t         load, insert;
  logic            insert_valid, insert_ready, room, link, here_any;
  logic [1:0]      unused_count;
  logic [JobW-1:0] here_tail;

  assign load = '{quiet: load_quiet, queue: load_queue, job: load_job};
  vmso_fifo #(.Bits($bits(insert_t)), .Depth(2)) u_loads (
    .clk, .rst_n, .in_valid(load_valid), .in_ready(room), .in(load),
    .out_valid(insert_valid), .out_ready(insert_ready), .out(insert), .count(unused_count)
  );
  assign load_idle    = !insert_valid;
  assign insert_ready = !pop && !init_valid;
  assign link         = insert_valid && insert_ready && here_any;
  assign put_valid    = insert_valid && insert_ready && !here_any;
  assign put_queue    = insert.queue;

  // -- tables: `any` and head are written by put and pop, which exclude each other ----------------
  logic              any_we, any;
  logic [QueueW-1:0] any_queue;
  logic [JobW-1:0]   new_head;
  assign any_we    = init_valid || put_valid || (pop && !next_any);
  assign any       = !init_valid && put_valid;
  assign any_queue = init_valid ? init_queue : put_valid ? insert.queue : pop_queue;
  assign new_head  = put_valid ? insert.job : next;
  vmso_lutram #(.Depth(Depth), .Bits(1), .Reads(2)) u_any (
    .clk, .write_en(any_we), .write_addr(any_queue), .write_data(any),
    .read_addr({insert.queue, look_queue}), .read_data({here_any, look_any})
  );
  vmso_lutram #(.Depth(Depth), .Bits(JobW)) u_head (
    .clk, .write_en(put_valid || (pop && next_any)),
    .write_addr(put_valid ? insert.queue : pop_queue),
    .write_data(new_head), .read_addr(look_queue), .read_data(look_head)
  );
  // init only so that the two addresses differ: Yosys cannot map a large single-port LUT RAM
  vmso_lutram #(.Depth(Depth), .Bits(JobW)) u_tail (
    .clk, .write_en(init_valid || put_valid || link),
    .write_addr(init_valid ? init_queue : insert.queue), .write_data(insert.job),
    .read_addr(insert.queue), .read_data(here_tail)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(JobW)) u_next (
    .clk, .write_en(link), .write_addr(here_tail), .write_data(insert.job),
    .read_addr(cur_job), .read_data(next)
  );

  // -- flags by job -------------------------------------------------------------------------------
  logic            is_head, event_valid_q;
  logic [JobW-1:0] event_job_q;
  logic [1:0]      unused_flags_ready;
  // another job stands behind it
  vmso_flags #(.Num(Cfg.jobs)) u_linked (
    .clk, .rst_n, .ready(unused_flags_ready[0]), .put_valid(link), .put(here_tail),
    .drop_valid(load_valid), .drop(load_job), .ask(cur_job), .is_in(next_any)
  );
  // it is, or was, the head of its list
  vmso_flags #(.Num(Cfg.jobs)) u_heads (
    .clk, .rst_n, .ready(unused_flags_ready[1]), .put_valid(put_valid || (pop && next_any)),
    .put(new_head), .drop_valid(load_valid), .drop(load_job), .ask(event_job_q), .is_in(is_head)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      event_valid_q    <= 1'b0;
      head_event_valid <= 1'b0;
    end else begin
      event_valid_q    <= event_valid;
      head_event_valid <= event_valid_q && is_head;
    end
  end
  always_ff @(posedge clk) begin
    event_job_q    <= event_job;
    head_event_job <= event_job_q;
  end

  // -- fresh: at most one per job, and one visit ---------------------------------------------------------------
  logic              fresh_room, fresh_put;
  logic [QueueW-1:0] fresh_in;
  logic [vmso_math_pkg::count_width(Cfg.jobs+1)-1:0] fresh_count;
  assign fresh_put   = put_valid && (insert.quiet || idle);
  assign fresh_in    = fresh_put ? insert.queue : visit_queue;
  assign visit_ready = !fresh_put && fresh_count == '0;
  vmso_fifo #(.Bits(QueueW), .Depth(Cfg.jobs + 1)) u_fresh (
    .clk, .rst_n, .in_valid(fresh_put || (visit_valid && visit_ready)), .in_ready(fresh_room),
    .in(fresh_in),
    .out_valid(fresh_valid), .out_ready(fresh_ready), .out(fresh_queue),
    .count(fresh_count)
  );

`ifdef VMSO_CHECKS
  logic [Cfg.jobs-1:0] waiting_q;  // loaded, not in a list yet
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      waiting_q <= '0;
    end else begin
      if (insert_valid && insert_ready) waiting_q[insert.job] <= 1'b0;
      if (load_valid) waiting_q[load_job] <= 1'b1;
    end
  end
  `VMSO_IMPL_IF(LoadHasPlace, load_valid, room)
  `VMSO_IMPL_IF(FreshHasPlace, fresh_put, fresh_room)
  `VMSO_INTG_IF(EventAfterTheJobIsListed, event_valid_q, !waiting_q[event_job_q])
`else
  logic unused_room;
  assign unused_room = room ^ fresh_room;
`endif
endmodule : vmso_seg_jobs
