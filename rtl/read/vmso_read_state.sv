// SPDX-License-Identifier: Apache-2.0
// What has landed in each frame slot: ones'-complement sum, bytes, and the lowest failed byte.
//
// open         valid only: the slot starts anew
// land         valid only, one a cycle, in any order of frames
// state        of state_frame, registered: one cycle after the address, land of that cycle included
//              a cycle later
// reset        flags only; `fresh` stands in for clearing the RAM
`include "vmso_assert.svh"
module vmso_read_state
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_read_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic         clk,
  input  logic         rst_n,
  input  logic         open_valid,
  input  frame_t       open,
  input  logic         land_valid,
  input  beat_t        land,
  input  logic [15:0]  land_sum,
  input  frame_t       state_frame,
  output frame_state_t frame_state
);
  localparam int unsigned FrameW = $clog2(Cfg.frame_slots);
  typedef struct packed {
    logic [15:0] sum;
    pos_t        landed;
  } total_t;
  typedef struct packed {
    pos_t        pos;
    status_e     status;
    cause_e      cause;
    logic [63:0] va;
  } poison_t;

  logic [Cfg.frame_slots-1:0] fresh_q, poisoned_q;
  logic [FrameW-1:0] frame, query;
  total_t      old, base, total, query_total;
  poison_t     poison, old_poison, query_poison;
  logic [16:0] wide_sum;
  logic        take_poison;

  assign frame = land.frame[FrameW-1:0];
  assign query = state_frame[FrameW-1:0];
  assign base  = fresh_q[frame] ? '0 : old;
  assign wide_sum = {1'b0, base.sum} + {1'b0, land_sum};
  assign total = '{sum: wide_sum[15:0] + 16'(wide_sum[16]),
                   landed: base.landed + pos_t'(land.bytes)};
  assign poison = '{pos: land.pos, status: land.status, cause: land.cause, va: land.va};
  assign take_poison = land_valid && land.fail
                       && (!poisoned_q[frame] || land.pos < old_poison.pos);

  vmso_lutram #(.Depth(Cfg.frame_slots), .Bits($bits(total_t))) u_total (
    .clk, .write_en(land_valid), .write_addr(frame), .write_data(total),
    .read_addr(frame), .read_data(old)
  );
  vmso_lutram #(.Depth(Cfg.frame_slots), .Bits($bits(total_t))) u_total_query (
    .clk, .write_en(land_valid), .write_addr(frame), .write_data(total),
    .read_addr(query), .read_data(query_total)
  );
  vmso_lutram #(.Depth(Cfg.frame_slots), .Bits($bits(poison_t))) u_poison (
    .clk, .write_en(take_poison), .write_addr(frame), .write_data(poison),
    .read_addr(frame), .read_data(old_poison)
  );
  vmso_lutram #(.Depth(Cfg.frame_slots), .Bits($bits(poison_t))) u_poison_query (
    .clk, .write_en(take_poison), .write_addr(frame), .write_data(poison),
    .read_addr(query), .read_data(query_poison)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      fresh_q    <= '1;
      poisoned_q <= '0;
    end else begin
      if (land_valid) fresh_q[frame] <= 1'b0;
      if (take_poison) poisoned_q[frame] <= 1'b1;
      if (open_valid) begin
        fresh_q[open[FrameW-1:0]]    <= 1'b1;
        poisoned_q[open[FrameW-1:0]] <= 1'b0;
      end
    end
  end
  always_ff @(posedge clk) begin
    frame_state <= '{
      poison: poisoned_q[query], status: query_poison.status, cause: query_poison.cause,
      va: query_poison.va,
      sum: fresh_q[query] ? '0 : query_total.sum,
      landed: fresh_q[query] ? '0 : query_total.landed
    };
  end

  logic unused_bits;
  assign unused_bits = ^{land, state_frame, open, old_poison, query_poison};

`ifdef VMSO_CHECKS
  `VMSO_INTG(OpenIsNotLanding, !(open_valid && land_valid && open == land.frame))
`endif
endmodule : vmso_read_state
