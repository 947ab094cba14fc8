// SPDX-License-Identifier: Apache-2.0
// Which queues to look at: a FIFO of queue ids in which each stands at most once.
//
// event        valid only: something about this job changed for the better; its queue is listed unless
//              it stands in the list already. Kept as one bit per job, so none is lost
// relist       valid/ready: the queue goes to the tail
// pop          valid/ready: the queue of the head; its in-list bit is cleared before it is looked at, so
//              an event during the look lists it again
// job_queue    written at load: the queue of a job
// reset        the in-list bits are cleared by a walk; ready_out low meanwhile
`include "vmso_assert.svh"
module vmso_seg_list
  import vmso_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned JobW   = $clog2(Cfg.jobs)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              cleared,
  input  logic              load_valid,
  input  logic [JobW-1:0]   load_job,
  input  logic [QueueW-1:0] load_queue,
  input  logic              event_valid,
  input  logic [JobW-1:0]   event_job,
  input  logic              load_event_valid,  // a job was put into its queue
  input  logic [JobW-1:0]   load_event_job,
  input  logic              relist_valid,
  output logic              relist_ready,
  input  logic [QueueW-1:0] relist,
  output logic              pop_valid,
  input  logic              pop_ready,
  output logic [QueueW-1:0] pop
);
  localparam int unsigned Depth = 1 << QueueW;

  // -- events: the next job with one, and its queue -------------------------------------------------------
  logic [Cfg.jobs-1:0] event_q, grant;
  logic [JobW-1:0]     picked, picked_q;
  logic                picked_valid_q, pick_ready;
  logic [QueueW-1:0]   picked_queue;

  vmso_rr_arbiter #(.Num(Cfg.jobs)) u_pick (
    .clk, .rst_n, .request(event_q), .advance(pick_ready), .grant, .grant_index(picked)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(QueueW)) u_job_queue (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_queue),
    .read_addr(picked_q), .read_data(picked_queue)
  );

  // -- push: the scheduler first ---------------------------------------------------------------------------
  logic              clearing_q, listed, push_event, push, popped, fifo_ready, bit_we;
  logic [QueueW-1:0] clear_q, look, pushed, bit_addr;
  logic [QueueW:0]   unused_count;

  assign popped       = pop_valid && pop_ready;
  assign relist_ready = !popped && !clearing_q;
  assign look         = relist_valid ? relist : picked_queue;
  assign push_event   = picked_valid_q && !relist_valid && !popped && !clearing_q;
  assign pick_ready   = !picked_valid_q || push_event;
  assign push         = (relist_valid && relist_ready || push_event) && !listed;
  assign pushed       = look;
  vmso_lutram #(.Depth(Depth), .Bits(1)) u_listed (
    .clk, .write_en(bit_we), .write_addr(bit_addr), .write_data(push && !clearing_q),
    .read_addr(look), .read_data(listed)
  );
  assign bit_we   = clearing_q || popped || push;
  assign bit_addr = clearing_q ? clear_q : popped ? pop : pushed;
  vmso_fifo #(.Bits(QueueW), .Depth(Depth)) u_fifo (
    .clk, .rst_n, .in_valid(push), .in_ready(fifo_ready), .in(pushed),
    .out_valid(pop_valid), .out_ready(pop_ready), .out(pop), .count(unused_count)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      event_q        <= '0;
      picked_valid_q <= 1'b0;
      clearing_q     <= 1'b1;
      clear_q        <= '0;
    end else begin
      if (pick_ready) picked_valid_q <= event_q != '0;
      if (pick_ready) event_q <= event_q & ~grant;
      if (event_valid) event_q[event_job] <= 1'b1;
      if (load_event_valid) event_q[load_event_job] <= 1'b1;
      if (clearing_q) clear_q <= clear_q + 1'b1;
      if (clear_q == '1) clearing_q <= 1'b0;
    end
  end
  always_ff @(posedge clk) if (pick_ready) picked_q <= picked;
  assign cleared = !clearing_q;

`ifdef VMSO_CHECKS
  `VMSO_IMPL(EachQueueOnce, !push || fifo_ready)
`endif
endmodule : vmso_seg_list
