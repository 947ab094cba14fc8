// SPDX-License-Identifier: Apache-2.0
// Frame slots and frame store rows: where does the next frame go, and is there room for it?
//
// take        valid only, at most every second cycle: an order takes the slot `frame` and take_rows
//             rows from `row` on
// left        valid only: gives back a slot and rows, in the order in which they were taken
// slot_free   a slot is there
// rows_free   rows_wanted more rows are within min(store_limit, rows of the ring). A frame always goes if no
//             row is in use. What was taken or came back shows two cycles later
// reset       all free
`include "vmso_assert.svh"
module vmso_seg_credit
  import vmso_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic        clk,
  input  logic        rst_n,
  input  logic [11:0] store_limit,
  input  logic        take,
  input  logic [11:0] take_rows,
  input  logic        left_valid,
  input  row_t        left_rows,
  output frame_t      frame,
  output row_t        row,
  output logic        slot_free,
  input  logic [11:0] rows_wanted,
  output logic        rows_free
);
  localparam int unsigned Rows   = vmso_config_pkg::ring_rows(Cfg);
  localparam int unsigned Store  = vmso_config_pkg::store_rows(Cfg);
  localparam int unsigned FrameW = $clog2(Cfg.frame_slots);
  localparam int unsigned RowW   = $clog2(Store);
  if (Store != 2**RowW || Store > 4096) begin : gen_bad_rows
    $error("vmso_seg: %0d frame store rows, but it must be a power of two up to 4096", Store);
  end
  if (Cfg.frame_slots != 2**FrameW || Cfg.frame_slots > 256) begin : gen_bad_slots
    $error("vmso_seg: frame_slots = %0d, but it must be a power of two up to 256", Cfg.frame_slots);
  end

  logic [FrameW:0]   slots_used_q;
  logic [FrameW-1:0] frame_q;
  logic [RowW-1:0]   row_q;
  logic [RowW:0]     behind;   // the first row of the next frame, the ring's end not yet seen to
  logic [11:0]       rows_used_q, limit_q;
  logic [11:0]       room_q;   // rows within the limit, as of the last cycle
  logic              none_q;
  logic [11:0]       taken, given;

  assign behind    = {1'b0, row_q} + (RowW + 1)'(taken);
  assign taken     = take ? take_rows : '0;
  assign given     = left_valid ? 12'(left_rows) : '0;
  assign frame     = frame_t'(frame_q);
  assign row       = row_t'(row_q);
  assign slot_free = slots_used_q != (FrameW + 1)'(Cfg.frame_slots);
  assign rows_free = rows_wanted <= room_q || none_q;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      slots_used_q <= '0;
      frame_q      <= '0;
      row_q        <= RowW'(Cfg.gather_rows);
      rows_used_q  <= '0;
      room_q       <= '0;
      none_q       <= 1'b0;
    end else begin
      slots_used_q <= slots_used_q + (FrameW + 1)'(take) - (FrameW + 1)'(left_valid);
      frame_q      <= frame_q + FrameW'(take);
      row_q        <= behind[RowW] ? RowW'(behind[RowW-1:0]) + RowW'(Cfg.gather_rows)
                                   : behind[RowW-1:0];
      rows_used_q  <= rows_used_q + taken - given;
      room_q       <= rows_used_q < limit_q ? limit_q - rows_used_q : '0;
      none_q       <= rows_used_q == '0;
    end
  end
  always_ff @(posedge clk) limit_q <= 32'(store_limit) > Rows ? 12'(Rows) : store_limit;

`ifdef VMSO_CHECKS
  logic took_q;
  always_ff @(posedge clk) took_q <= take && rst_n;
  `VMSO_IMPL_IF(TakeEverySecondCycle, take, !took_q)
  `VMSO_INTG_IF(LeftWasTaken, left_valid, slots_used_q != '0 && rows_used_q >= given)
  `VMSO_IMPL_IF(TakeFindsSlot, take, slot_free)
  `VMSO_IMPL(RowsInRange, 32'(rows_used_q) <= Rows)
`endif
endmodule : vmso_seg_credit
