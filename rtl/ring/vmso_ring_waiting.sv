// SPDX-License-Identifier: Apache-2.0
// Batches of queues that hold their share of the job entries, until they hold less.
//
// put         valid only, never refused: there are `Depth` of them at most
// out         valid/ready: the first one whose queue may have an entry (see has_share). Those before it go
//             to the end while entries are free for those that hold none; those that hold some always do. One of
//             a queue that does not run comes out too: it is of no use
// held        entries that wait_queue holds, and whether it runs, one cycle later
// firsts      batches whose queue held none when they were put or passed over last, and the first one if its queue
//             holds none by now: so it is never 0 while a queue that holds none waits
// latency     two cycles for each that stays; no queue that holds none is passed over while no entry is free
`include "vmso_assert.svh"
module vmso_ring_waiting
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  parameter  int unsigned Bits  = 8,
  parameter  int unsigned Depth = 32,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              put_valid,
  input  logic [QueueW-1:0] put_queue,
  input  logic [Bits-1:0]   put,
  input  logic              put_first,      // its queue holds none
  input  logic [7:0]        job_home,
  output logic [QueueW-1:0] wait_queue,
  input  logic [7:0]        wait_held,
  input  logic              wait_running,
  output logic              out_valid,
  input  logic              out_ready,
  output logic [Bits-1:0]   out,
  output logic [6:0]        firsts
);
  logic valid, pop, rotate, known_q, may, first, in_first, first_comes, first_goes, late;
  logic unused_room;
  logic [6:0] firsts_q;
  logic [vmso_math_pkg::count_width(Depth + 1)-1:0] count;

  // one place more than batches: the first one goes to the end also if all are here
  vmso_fifo #(.Bits(1 + QueueW + Bits), .Depth(Depth + 1)) u_fifo (
    .clk, .rst_n, .in_valid(put_valid || rotate), .in_ready(unused_room),
    .in({in_first, put_valid ? {put_queue, put} : {wait_queue, out}}),
    .out_valid(valid), .out_ready(pop), .out({first, wait_queue, out}), .count
  );
  assign may       = has_share(Cfg, wait_held, job_home) || !wait_running;
  assign out_valid = valid && known_q && may;
  assign rotate    = valid && known_q && !may && !put_valid
                     && (wait_held != '0 || 32'(job_home) > vmso_config_pkg::idle_jobs(Cfg))
                     && 32'(count) > 1;
  assign pop       = rotate || (out_valid && out_ready);
  assign in_first    = put_valid ? put_first : wait_held == '0;
  assign first_comes = (put_valid || rotate) && in_first;
  assign first_goes  = pop && first;
  assign late        = valid && known_q && !first && wait_held == '0;
  assign firsts      = firsts_q + 7'(late);
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      known_q  <= 1'b0;
      firsts_q <= '0;
    end else begin
      known_q  <= valid && !pop;
      firsts_q <= firsts_q + 7'(first_comes) - 7'(first_goes);
    end
  end

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(RoomForAll, put_valid || rotate, unused_room)
`endif
endmodule : vmso_ring_waiting
