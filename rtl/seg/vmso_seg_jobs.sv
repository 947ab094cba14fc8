// SPDX-License-Identifier: Apache-2.0
// The loaded jobs of each queue in order: a linked list through the job entries.
//
// load         valid only; kept until the list has a cycle for it (a pop goes first)
// loaded       pulse: the job stands in its queue's list now
// head         of head_queue, combinational: has_job, and the oldest job
// pop          takes the head of head_queue off; next_job of the head stands on next, if has_next
// reset        a walk clears the queues; cleared low meanwhile
`include "vmso_assert.svh"
module vmso_seg_jobs
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
  output logic              loaded_valid,
  output logic [JobW-1:0]   loaded_job,
  input  logic [QueueW-1:0] head_queue,
  output logic              has_job,
  output logic [JobW-1:0]   head,
  output logic              has_next,
  output logic [JobW-1:0]   next,
  input  logic              pop
);
  localparam int unsigned Depth = 1 << QueueW;
  typedef struct packed {
    logic [QueueW-1:0] queue;
    logic [JobW-1:0]   job;
  } insert_t;
  // written by insert
  typedef struct packed {
    logic [JobW-1:0] tail;
    logic [JobW:0]   count;  // jobs ever put in, modulo
  } in_t;
  // written by pop and by the insert into an empty list
  typedef struct packed {
    logic [JobW-1:0] head;
  } head_t;

  logic            clearing_q, insert_valid, insert_ready, fifo_ready, empty_before;
  logic [QueueW-1:0] clear_q;
  insert_t         insert, load;
  logic [JobW:0]   unused_count, out_here, out_head, out_d;
  in_t             in_here, in_head, in_d;
  logic [JobW-1:0] head_d;
  logic            head_we, out_we;
  logic [QueueW-1:0] head_addr, out_addr, in_addr;

  assign load = '{queue: load_queue, job: load_job};
  vmso_fifo #(.Bits($bits(insert_t)), .Depth(Cfg.jobs)) u_loads (
    .clk, .rst_n, .in_valid(load_valid), .in_ready(fifo_ready), .in(load),
    .out_valid(insert_valid), .out_ready(insert_ready), .out(insert), .count(unused_count)
  );
  assign insert_ready = !pop && !clearing_q;
  assign loaded_valid = insert_valid && insert_ready;
  assign loaded_job   = insert.job;
  assign empty_before = in_here.count == out_here;

  assign in_addr = clearing_q ? clear_q : insert.queue;
  assign in_d    = clearing_q ? '0 : '{tail: insert.job, count: in_here.count + 1'b1};
  vmso_lutram #(.Depth(Depth), .Bits($bits(in_t))) u_in_insert (
    .clk, .write_en(clearing_q || loaded_valid), .write_addr(in_addr), .write_data(in_d),
    .read_addr(insert.queue), .read_data(in_here)
  );
  vmso_lutram #(.Depth(Depth), .Bits($bits(in_t))) u_in_head (
    .clk, .write_en(clearing_q || loaded_valid), .write_addr(in_addr), .write_data(in_d),
    .read_addr(head_queue), .read_data(in_head)
  );
  assign out_we   = clearing_q || pop;
  assign out_addr = clearing_q ? clear_q : head_queue;
  assign out_d    = clearing_q ? '0 : out_head + 1'b1;
  vmso_lutram #(.Depth(Depth), .Bits(JobW + 1)) u_out_insert (
    .clk, .write_en(out_we), .write_addr(out_addr), .write_data(out_d),
    .read_addr(insert.queue), .read_data(out_here)
  );
  vmso_lutram #(.Depth(Depth), .Bits(JobW + 1)) u_out_head (
    .clk, .write_en(out_we), .write_addr(out_addr), .write_data(out_d),
    .read_addr(head_queue), .read_data(out_head)
  );
  assign head_we   = pop || (loaded_valid && empty_before);
  assign head_addr = pop ? head_queue : insert.queue;
  assign head_d    = pop ? next : insert.job;
  vmso_lutram #(.Depth(Depth), .Bits($bits(head_t))) u_head (
    .clk, .write_en(head_we), .write_addr(head_addr), .write_data(head_d),
    .read_addr(head_queue), .read_data(head)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(JobW)) u_next (
    .clk, .write_en(loaded_valid && !empty_before), .write_addr(in_here.tail),
    .write_data(insert.job), .read_addr(head), .read_data(next)
  );
  assign has_job  = in_head.count != out_head;
  assign has_next = has_job && in_head.count != out_head + 1'b1;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      clearing_q <= 1'b1;
      clear_q    <= '0;
    end else begin
      if (clearing_q) clear_q <= clear_q + 1'b1;
      if (clear_q == '1) clearing_q <= 1'b0;
    end
  end
  assign cleared = !clearing_q;

`ifdef VMSO_CHECKS
  `VMSO_INTG(LoadHasPlace, !load_valid || fifo_ready)
  `VMSO_IMPL(PopOfSomething, !pop || has_job)
  logic unused_tail;
  assign unused_tail = ^in_head.tail;
`endif
endmodule : vmso_seg_jobs
