// SPDX-License-Identifier: Apache-2.0
// Rate limits: what a queue may send in a period, and the queues that wait for the next one.
//
// A queue may begin a frame while what it sent is below its limits; what it sends beyond them counts
// against the periods that follow, so the mean is the limit.
// turn_limit  of limit_queue, one cycle after the address; 0: none
// account     of the queue at work, with its limit; the rest is combinational from them:
// passes      a period has passed that is not in the account; passed: the account with it
// over        the queue has to wait; after: the account when a frame has gone
// hold        valid only: this queue waits for the next period
// again       valid/ready: its token goes back to the list
// period      cycles; 0 counts as 1
// reset       control, at init the limits
`include "vmso_assert.svh"
module vmso_seg_rate
  import vmso_pkg::*;
  import vmso_seg_pkg::*;
#(
  parameter  int unsigned Queues = 64,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              init_valid,
  input  logic [QueueW-1:0] init_queue,
  input  logic              config_valid,
  input  logic [QueueW-1:0] config_queue,
  input  queue_rate_t       config_rate,
  input  logic [15:0]       period,
  input  logic [QueueW-1:0] limit_queue,
  output limit_t            turn_limit,
  input  limit_t            limit,
  input  rate_t             account,
  output logic              passes,
  output rate_t             passed,
  output logic              over,
  input  pos_t              frame_bytes,
  output rate_t             after,
  input  logic              hold_valid,
  input  logic [QueueW-1:0] hold_queue,
  output logic              again_valid,
  input  logic              again_ready,
  output logic [QueueW-1:0] again_queue
);
  localparam int unsigned Depth = 1 << QueueW;

  // -- periods -------------------------------------------------------------------------------------
  logic [15:0] left_q;
  epoch_t      now_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      left_q <= '0;
      now_q  <= '0;
    end else if (left_q <= 16'd1) begin
      left_q <= period;
      now_q  <= now_q + 1'b1;
    end else begin
      left_q <= left_q - 1'b1;
    end
  end

  // -- limits --------------------------------------------------------------------------------------
  logic   config_we;
  limit_t config_data;
  logic [QueueW-1:0] config_at;
  assign config_we   = init_valid || config_valid;
  assign config_at   = init_valid ? init_queue : config_queue;
  assign config_data = init_valid ? '0 : '{bytes: config_rate.bytes, frames: config_rate.frames};
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(limit_t))) u_limit (
    .clk, .write_en(config_we), .write_addr(config_at), .write_data(config_data),
    .read_en(1'b1), .read_addr(limit_queue), .read_data(turn_limit)
  );

  // -- what was used -------------------------------------------------------------------------------
  logic [24:0] bytes_left;
  logic [16:0] frames_left;
  logic        no_bytes, no_frames;
  assign bytes_left  = {1'b0, account.bytes} - {1'b0, limit.bytes};
  assign frames_left = {1'b0, account.frames} - {1'b0, limit.frames};
  assign no_bytes    = bytes_left[24] || bytes_left == '0 || limit.bytes == '0;
  assign no_frames   = frames_left[16] || frames_left == '0 || limit.frames == '0;
  assign passes      = limit != '0 && account.epoch != now_q;
  assign passed      = '{
    epoch: no_bytes && no_frames ? now_q : account.epoch + 1'b1,
    bytes: no_bytes ? '0 : bytes_left[23:0], frames: no_frames ? '0 : frames_left[15:0]
  };
  assign over = (limit.bytes != '0 && !bytes_left[24]) || (limit.frames != '0 && !frames_left[16]);
  always_comb begin
    after = account;
    after.bytes  = account.bytes + 24'(frame_bytes);
    after.frames = account.frames + 1'b1;
  end

  // -- queues that wait: the first came first, so none behind it is due before it --------------------
  typedef struct packed {
    logic [QueueW-1:0] queue;
    epoch_t            epoch;
  } waiting_t;
  waiting_t in, first;
  logic     room, first_valid;
  logic [vmso_math_pkg::count_width(Depth)-1:0] unused_count;
  assign in = '{queue: hold_queue, epoch: now_q};
  vmso_fifo #(.Bits($bits(waiting_t)), .Depth(Depth)) u_waiting (
    .clk, .rst_n, .in_valid(hold_valid), .in_ready(room), .in,
    .out_valid(first_valid), .out_ready(again_valid && again_ready), .out(first),
    .count(unused_count)
  );
  assign again_valid = first_valid && first.epoch != now_q;
  assign again_queue = first.queue;

  logic unused_bits;
  assign unused_bits = ^{config_rate.reserved, config_rate.reserved0};
`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(EachWaitsOnce, hold_valid, room)
`else
  logic unused_room;
  assign unused_room = room;
`endif
endmodule : vmso_seg_rate
