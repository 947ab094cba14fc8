// SPDX-License-Identifier: Apache-2.0
// Per queue: how many orders have left, and do its orders fall (FLUSH)?
//
// left        valid only, any cycle
// ctl_left    count of ctl_queue modulo 2^16, one cycle after the address
// flush_set, flush_clear   valid/ready, one of them a cycle, after the head's own set
// look_flush  answers look_queue in the same cycle; a set of cycle t is seen in t+1
// reset       ready comes when a walk over all queues has cleared both
module vmso_out_left
  import vmso_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic         clk,
  input  logic         rst_n,
  output logic         ready,
  input  logic         left_valid,
  input  queue_t       left_queue,
  input  queue_t       ctl_queue,
  output order_count_t ctl_left,
  input  logic         fail_valid,
  input  queue_t       fail_queue,
  input  logic         flush_set_valid,
  output logic         flush_set_ready,
  input  queue_t       flush_set,
  input  logic         flush_clear_valid,
  output logic         flush_clear_ready,
  input  queue_t       flush_clear,
  input  queue_t       look_queue,
  output logic         look_flush
);
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned Depth  = Cfg.queues < 2 ? 2 : Cfg.queues;
  typedef logic [QueueW-1:0] index_t;

  // -- clearing ------------------------------------------------------------------------------------
  index_t clear_at_q;
  logic   clearing_q;
  assign ready = !clearing_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      clear_at_q <= '0;
      clearing_q <= 1'b1;
    end else if (clearing_q) begin
      clear_at_q <= clear_at_q + 1'b1;
      clearing_q <= clear_at_q != index_t'(Cfg.queues - 1);
    end
  end

  // -- left: read, then add one; two of one queue in a row hand the new count over -----------------
  logic         add_q, again_q, count_we;
  index_t       add_queue_q, count_waddr;
  order_count_t count_rdata, count_next, count_next_q, count_wdata;

  assign count_next  = (again_q ? count_next_q : count_rdata) + 1'b1;
  assign count_we    = clearing_q || add_q;
  assign count_waddr = clearing_q ? clear_at_q : add_queue_q;
  assign count_wdata = clearing_q ? '0 : count_next;
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_count (
    .clk, .write_en(count_we), .write_addr(count_waddr), .write_data(count_wdata),
    .read_en(left_valid), .read_addr(left_queue[QueueW-1:0]), .read_data(count_rdata)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_count_copy (
    .clk, .write_en(count_we), .write_addr(count_waddr), .write_data(count_wdata),
    .read_en(1'b1), .read_addr(ctl_queue[QueueW-1:0]), .read_data(ctl_left)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) add_q <= 1'b0;
    else add_q <= left_valid;
  end
  always_ff @(posedge clk) begin
    add_queue_q  <= left_queue[QueueW-1:0];
    again_q      <= add_q && add_queue_q == left_queue[QueueW-1:0];
    count_next_q <= count_next;
  end

  // -- flush ---------------------------------------------------------------------------------------
  logic   flush_we;
  index_t flush_waddr;
  assign flush_set_ready   = !clearing_q && !fail_valid;
  assign flush_clear_ready = flush_set_ready && !flush_set_valid;
  always_comb begin
    flush_we    = clearing_q || fail_valid || flush_set_valid || flush_clear_valid;
    flush_waddr = flush_clear[QueueW-1:0];
    if (flush_set_valid) flush_waddr = flush_set[QueueW-1:0];
    if (fail_valid) flush_waddr = fail_queue[QueueW-1:0];
    if (clearing_q) flush_waddr = clear_at_q;
  end
  vmso_lutram #(.Depth(Depth), .Bits(1)) u_flush (
    .clk, .write_en(flush_we), .write_addr(flush_waddr),
    .write_data(!clearing_q && (fail_valid || flush_set_valid)),
    .read_addr(look_queue[QueueW-1:0]), .read_data(look_flush)
  );

  logic unused_bits;  // index bits beyond this configuration
  assign unused_bits = ^{left_queue, ctl_queue, fail_queue, flush_set, flush_clear, look_queue};
endmodule : vmso_out_left
