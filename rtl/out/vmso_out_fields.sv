// SPDX-License-Identifier: Apache-2.0
// Rows of header fields: the values of a frame's fields wait here, each in the lane it will leave in, until
// the stream lays them over the frame. Two sides: one for the frame that leaves, one for the next.
//
// early       valid/ready: fields of the next frame, in its rows 0 .. Rows - 1
// late        valid/ready, goes before early: fields of the frame that leaves. In the row of a field it is
//             never later than the row is read
// index       a side keeps row 0 and the rows from `first` on; early has first = 1
// clear       pulses: nothing is written on that side. Not in the cycle of a write to it
// read        combinational: read_en tells the lanes of read_data that are fields
// throughput  one fields_t a cycle, two if they reach over the end of a row
// reset       control; the rows keep what they had
`include "vmso_assert.svh"
module vmso_out_fields
  import vmso_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg),
  localparam int unsigned IndexW   = $clog2(vmso_config_pkg::template_rows(Cfg))
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  logic                     early_valid,
  output logic                     early_ready,
  input  fields_t                  early,
  input  logic                     early_side,
  input  logic                     late_valid,
  output logic                     late_ready,
  input  fields_t                  late,
  input  logic                     late_side,
  input  frame_row_t               late_first,
  input  logic [1:0]               clear,  // by side
  input  logic                     read_side,
  input  logic [IndexW-1:0]        read_index,
  output logic [BusBytes-1:0]      read_en,
  output logic [Cfg.data_bits-1:0] read_data
);
  localparam int unsigned OffW   = $clog2(BusBytes);
  localparam int unsigned Blocks = BusBytes / 16;  // of a row: fields_t spans one
  localparam int unsigned Halves = BusBytes / 2;
  localparam int unsigned Rows   = 2**IndexW;

  // -- one row a cycle -----------------------------------------------------------------------------
  fields_t           now;
  logic              valid, side, second_q, straddles, done;
  frame_row_t        first, row, behind;
  logic [IndexW-1:0] index;
  logic [3:0]        shift;
  logic [31:0]       block;

  assign valid       = late_valid || early_valid;
  assign now         = late_valid ? late : early;
  assign side        = late_valid ? late_side : early_side;
  assign first       = late_valid ? late_first : frame_row_t'(1);
  assign done        = second_q || !straddles;
  assign late_ready  = done;
  assign early_ready = done && !late_valid;
  assign shift       = now.pos[3:0];
  assign block       = 32'(now.pos[OffW-1:0]) >> 4;
  assign row         = frame_row_t'(now.pos >> OffW) + frame_row_t'(second_q);
  assign behind      = row - first;
  assign index       = row == '0 ? '0 : IndexW'(behind) + 1'b1;
  always_ff @(posedge clk) begin
    if (!rst_n) second_q <= 1'b0;
    else second_q <= valid && !done;
  end

  // -- lanes: 16 of them stand for all blocks of the row --------------------------------------------
  // what runs over the end of its block goes on at the beginning of the next one
  logic [15:0]         mask, from_shift, ring_mask;
  logic [7:0][15:0]    ring;  // by halfword, low byte first
  logic [3:0][15:0]    half;
  logic [BusBytes-1:0] lanes;

  assign mask       = {2'b00, {2{now.en[3]}}, 2'b00, {2{now.en[2]}}, 4'b0000, {2{now.en[1]}},
                       {2{now.en[0]}}};
  assign ring_mask  = (mask << shift) | (mask >> (5'd16 - 5'(shift)));
  assign from_shift = 16'hffff << shift;
  assign straddles  = block == Blocks - 1 && (ring_mask & ~from_shift) != '0;
  // without a field the lanes hold nothing, whatever that is; mostly there is none (simulation speed)
  always_comb begin
    half  = 'x;
    ring  = 'x;
    lanes = '0;
    if (valid) begin
      for (int unsigned i = 0; i < 4; i++) half[i] = {now.half[i][7:0], now.half[i][15:8]};
      if (now.pos[0]) begin  // both halfwords that the field touches
        half[0] = now.half[0];
        half[1] = now.half[0];
      end
      for (int unsigned i = 0; i < 8; i++) begin
        unique case (3'(i) - shift[3:1])
          3'd1:    ring[i] = half[1];
          3'd4:    ring[i] = half[2];
          3'd6:    ring[i] = half[3];
          default: ring[i] = half[0];
        endcase
      end
      for (int unsigned b = 0; b < Blocks; b++) begin
        lanes[16*b +: 16] = (block == b && !second_q ? ring_mask & from_shift : '0)
                            | (block + 1 == (second_q ? Blocks : 0) + b ? ring_mask & ~from_shift
                                                                        : '0);
      end
    end
  end

  // -- the rows ------------------------------------------------------------------------------------
  // A row that nothing was written to yet is written whole: its other lanes are no fields.
  typedef struct packed {
    logic [1:0]  en;
    logic [15:0] half;
  } lane_t;
  logic [1:0][Rows-1:0] written_q;
  logic                 fresh;
  logic [Halves-1:0]    write_en;
  lane_t [Halves-1:0]   write, read;

  assign fresh = !written_q[side][index];
  always_comb begin
    write_en  = '0;
    write     = 'x;
    read_en   = '0;
    read_data = 'x;
    if (valid) begin
      for (int unsigned i = 0; i < Halves; i++) begin
        write_en[i] = fresh || lanes[2*i +: 2] != '0;
        write[i]    = '{en: lanes[2*i +: 2], half: ring[i%8]};
      end
    end
    if (written_q[read_side][read_index]) begin
      for (int unsigned i = 0; i < Halves; i++) begin
        read_en[2*i +: 2]     = read[i].en;
        read_data[16*i +: 16] = read[i].half;
      end
    end
  end
  vmso_lutram #(.Depth(2 * Rows), .Bits($bits(lane_t) * Halves), .Lanes(Halves)) u_rows (
    .clk, .write_en, .write_addr({side, index}), .write_data(write),
    .read_addr({read_side, read_index}), .read_data(read)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      written_q <= '0;
    end else begin
      for (int unsigned i = 0; i < 2; i++) if (clear[i]) written_q[i] <= '0;
      if (valid) written_q[side][index] <= 1'b1;
    end
  end

`ifdef VMSO_CHECKS
  logic early_second_q;
  always_ff @(posedge clk) early_second_q <= rst_n && valid && !done && !late_valid;
  `VMSO_IMPL_IF(NobodyCutsIn, early_second_q, !late_valid)
  `VMSO_IMPL_IF(ClearMeetsNoWrite, valid, !clear[side])
  `VMSO_IMPL_IF(RowIsKept, valid, row == '0 || 32'(behind) + 1 < Rows)
  `VMSO_IMPL_IF(OddIsAlone, valid && now.pos[0], now.en == 4'b0001)
`endif
endmodule : vmso_out_fields
