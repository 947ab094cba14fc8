// SPDX-License-Identifier: Apache-2.0
// The gather lane: rows of the frame store apart, for segments that the runs of a job cannot cover at once.
// One segment is filled at a time, run by run; when it is whole it gets its order like any other, and the
// next one can be filled while it waits to leave.
//
// start       valid only, if may_start: a segment of `rows` rows of this queue is begun
// may_start   of this queue and as many rows: nobody else is being filled or goes before, there is a frame
//             and there are rows. It goes on to stand until `start`, for the queue that has waited for it
// mine        this queue's segment is being filled: bytes of it were fetched, into frame and row
// fill        valid only: more bytes of it are fetched, of so many runs at most
// finish      valid only: all of it is fetched and ordered
// abort       valid only: it is given up; nobody starts until what was fetched has landed
// eager       of this queue: the segment before took more runs than are held at once, so the next will, too.
//             job_over: that was the last of its job
// left        valid only: the oldest one that was ordered has left
// landed      valid only: bytes of the lane's that have landed
// wait        valid only: the token of this queue stays here until it may start, or until rows have come back
// again       valid/ready: its token goes back to the list. back: its turn has ended, without `wait`: if it
//             was to start and has not, it does not need to any more
// queues take turns: who has to wait stands in a FIFO, and who is at its head goes before all others
// reset       control
`include "vmso_assert.svh"
module vmso_seg_gather
  import vmso_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned Frames = vmso_config_pkg::LaneFrames,
  localparam int unsigned RowW   = $clog2(Cfg.gather_rows + 1)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic [QueueW-1:0] queue,
  input  logic [11:0]       rows,
  output logic              may_start,
  output logic              mine,
  output pos_t              bytes,
  output lane_frame_t       frame,
  output row_t              row,
  input  logic              start,
  input  logic              fill,
  input  pos_t              fill_bytes,
  input  logic [5:0]        fill_runs,
  input  logic              finish,
  input  logic              job_over,
  output logic              eager,
  input  logic              abort,
  input  logic              left,
  input  logic              landed_valid,
  input  pos_t              landed,
  input  logic              wait_valid,
  input  logic              back_valid,
  input  logic [QueueW-1:0] back_queue,
  output logic              again_valid,
  input  logic              again_ready,
  output logic [QueueW-1:0] again_queue
);
  localparam int unsigned Rows = Cfg.gather_rows;
  typedef logic [RowW-1:0] lane_row_t;

  // -- frames and rows: taken and given back in order; a frame's rows lie side by side -----------------
  logic [2:0]              held_q;       // frames that are filled or ordered
  lane_frame_t             next_q, oldest_q;
  lane_row_t               behind_q;     // behind the newest
  lane_row_t [Frames-1:0]  begins_q;     // of each frame
  lane_row_t               oldest_at, at;
  logic                    none, wrapped, behind_fits, before_fits, fits;
  logic                    fill_valid_q, drain_q, takes_back;
  logic [QueueW-1:0]       fill_queue_q;
  pos_t                    bytes_q;

  assign none        = held_q == '0;
  assign oldest_at   = begins_q[oldest_q];
  assign wrapped     = behind_q <= oldest_at;
  assign behind_fits = 32'(behind_q) + 32'(rows) <= (wrapped ? 32'(oldest_at) : Rows);
  assign before_fits = !wrapped && 32'(rows) < 32'(oldest_at);
  assign fits        = none || (32'(held_q) != Frames && (behind_fits || before_fits));
  // row 0 is left free: a landing counts from one row before its frame
  assign at          = none || !behind_fits ? lane_row_t'(1) : behind_q;
  assign takes_back  = abort && mine;

  assign mine  = fill_valid_q && fill_queue_q == queue;
  assign bytes = mine ? bytes_q : '0;
  assign frame = mine ? next_q - 1'b1 : next_q;
  assign row   = mine ? row_t'(begins_q[frame]) : row_t'(at);
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      held_q       <= '0;
      next_q       <= '0;
      oldest_q     <= '0;
      fill_valid_q <= 1'b0;
    end else begin
      held_q   <= held_q + 3'(start) - 3'(left) - 3'(takes_back);
      next_q   <= next_q + lane_frame_t'(start) - lane_frame_t'(takes_back);
      oldest_q <= oldest_q + lane_frame_t'(left);
      if (start) fill_valid_q <= 1'b1;
      else if ((finish || abort) && mine) fill_valid_q <= 1'b0;
    end
  end
  always_ff @(posedge clk) begin
    if (start) begin
      begins_q[next_q] <= at;
      behind_q         <= at + lane_row_t'(rows);
      fill_queue_q     <= queue;
    end
    if (takes_back) behind_q <= begins_q[frame];
    if (start) bytes_q <= fill_bytes;
    else if (fill) bytes_q <= bytes_q + fill_bytes;
  end

  // -- is the next segment of this job like the last one? ----------------------------------------------
  localparam int unsigned HeldRuns = 32;
  logic [6:0] runs_q, runs;  // stands at 64 and above
  logic       eager_q;       // for fill_queue_q
  assign runs  = (start ? '0 : runs_q) + 7'(fill_runs);
  assign eager = eager_q && fill_queue_q == queue;
  always_ff @(posedge clk) begin
    if (!rst_n) eager_q <= 1'b0;
    else if (start || takes_back || (job_over && fill_queue_q == queue)) eager_q <= 1'b0;
    else if (finish) eager_q <= 32'(runs) > HeldRuns;
  end
  always_ff @(posedge clk) if (fill) runs_q <= runs[6] ? 7'd64 : runs;

  // -- what was given up has to land ------------------------------------------------------------------
  logic [15:0] flying_q;  // bytes that were fetched and have not landed, of all frames of the lane
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      flying_q <= '0;
      drain_q  <= 1'b0;
    end else begin
      flying_q <= flying_q + (fill ? 16'(fill_bytes) : '0) - (landed_valid ? 16'(landed) : '0);
      drain_q  <= takes_back || (drain_q && flying_q != '0);
    end
  end

  // -- who goes before: one at a time -------------------------------------------------------------------
  logic              owner_valid_q, parked_q, sent_q, pull, first_valid, room, is_owner, parks;
  logic [QueueW-1:0] owner_q, first;
  logic [vmso_math_pkg::count_width(2**QueueW)-1:0] unused_count;

  assign is_owner  = owner_valid_q && owner_q == queue;
  assign may_start = !fill_valid_q && !drain_q && fits
                     && (owner_valid_q ? is_owner : !first_valid);
  // the owner found too few rows: it comes again when some have come back
  assign parks     = wait_valid && is_owner;
  vmso_fifo #(.Bits(QueueW), .Depth(2**QueueW)) u_waiting (
    .clk, .rst_n, .in_valid(wait_valid && !is_owner), .in_ready(room), .in(queue),
    .out_valid(first_valid), .out_ready(pull), .out(first), .count(unused_count)
  );
  assign pull        = !owner_valid_q && !fill_valid_q && !drain_q && !start;
  assign again_valid = owner_valid_q && (parked_q ? sent_q && !drain_q : !sent_q);
  assign again_queue = owner_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      owner_valid_q <= 1'b0;
    end else if (!owner_valid_q) begin
      owner_valid_q <= pull && first_valid;
    end else if ((start && is_owner)
                 || (back_valid && back_queue == owner_q && !parked_q && sent_q)) begin
      owner_valid_q <= 1'b0;
    end
  end
  always_ff @(posedge clk) begin
    if (!owner_valid_q) begin
      owner_q  <= first;
      parked_q <= 1'b0;
      sent_q   <= 1'b0;
    end else if (parks) begin
      parked_q <= 1'b1;
      sent_q   <= left || none;
    end else if (parked_q) begin
      if (left || none) sent_q <= 1'b1;
      if (again_valid && again_ready) parked_q <= 1'b0;
    end else if (again_valid && again_ready) begin
      sent_q <= 1'b1;
    end
  end

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(OneIsFilled, start, !fill_valid_q && !drain_q && fill)
  `VMSO_IMPL_IF(FillsItsOwn, fill, start || mine)
  `VMSO_IMPL_IF(StartsInside, start, 32'(at) + 32'(rows) <= Rows && 32'(held_q) != Frames)
  `VMSO_IMPL_IF(EachWaitsOnce, wait_valid && !is_owner, room)
  `VMSO_INTG_IF(LeftWasOrdered, left, held_q > 3'(fill_valid_q))
  `VMSO_INTG_IF(LandedWasFetched, landed_valid, flying_q >= 16'(landed))
`else
  logic unused_room;  // a place for each queue
  assign unused_room = room;
`endif
endmodule : vmso_seg_gather
