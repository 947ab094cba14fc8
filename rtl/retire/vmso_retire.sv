// SPDX-License-Identifier: Apache-2.0
// The retire port: one record for each order that leaves, for whoever checks or logs. docs/retire.md is its
// contract. It only listens; nothing of the engine waits for it or reads it.
//
// order, frame_open, piece, left, left_told   as they pass between seg, run, read and out; piece when it is taken
// retire      valid only, one cycle after left_valid: not later than the last beat of its frame on the wire
// pending     orders were made that have not left
// address     that of an order's first payload byte is seen as its first piece passes: the first one after
//             its frame slot was opened
// reset       core_rst_n forgets the orders that have not left; rst_n begins to number anew
module vmso_retire
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic       clk,
  input  logic       rst_n,
  input  logic       core_rst_n,
  input  logic       order_valid,
  input  order_t     order,
  input  frame_t     order_frame,
  input  logic       frame_open_valid,
  input  frame_t     frame_open,
  input  logic       piece_valid,
  input  piece_t     piece,
  input  logic       left_valid,
  input  left_t      left,
  input  left_told_t left_told,
  output logic       retire_valid,
  output retire_t    retire,
  output logic       retire_pending
);
  localparam int unsigned Frames = vmso_config_pkg::landing_frames(Cfg);
  localparam int unsigned FrameW = vmso_math_pkg::index_width(Frames);
  localparam int unsigned SlotW  = vmso_math_pkg::index_width(Cfg.frame_slots);

  // -- the orders on their way -----------------------------------------------------------------------
  typedef struct packed {
    order_kind_e kind;
    queue_t      queue;
    slot_idx_t   slot;
    slot_idx_t   slots;
    logic [63:0] cookie;
    bytes_t      segment;
    bytes_t      sent;
    pos_t        bytes;
    frame_t      frame;
  } note_t;
  note_t          noted, next;
  logic [SlotW:0] come_q, gone_q;  // one bit more than an index: full and empty differ

  assign noted = '{
    kind: order.kind, queue: order.queue, slot: order.slot, slots: order.slots,
    cookie: order.cookie, segment: order.segment, sent: order.sent, bytes: order.bytes,
    frame: order.gather ? frame_t'(Cfg.frame_slots) + frame_t'(order.lane_frame) : order_frame
  };
  vmso_lutram #(.Depth(Cfg.frame_slots), .Bits($bits(note_t))) u_notes (
    .clk, .write_en(order_valid), .write_addr(come_q[SlotW-1:0]), .write_data(noted),
    .read_addr(gone_q[SlotW-1:0]), .read_data(next)
  );
  always_ff @(posedge clk) begin
    if (!core_rst_n) begin
      come_q <= '0;
      gone_q <= '0;
    end else begin
      come_q <= come_q + (SlotW+1)'(order_valid);
      gone_q <= gone_q + (SlotW+1)'(left_valid);
    end
  end
  assign retire_pending = come_q != gone_q;

  // -- where their payload begins --------------------------------------------------------------------
  logic [Frames-1:0] opened_q;
  logic              first;
  logic [63:0]       va;

  assign first = piece_valid && !piece.fetch.to_template && opened_q[FrameW'(piece.fetch.frame)];
  always_ff @(posedge clk) begin
    if (first) opened_q[FrameW'(piece.fetch.frame)] <= 1'b0;
    if (frame_open_valid) opened_q[FrameW'(frame_open)] <= 1'b1;
  end
  vmso_lutram #(.Depth(Frames), .Bits(64)) u_addresses (
    .clk, .write_en(first), .write_addr(FrameW'(piece.fetch.frame)), .write_data(piece.va),
    .read_addr(FrameW'(next.frame)), .read_data(va)
  );

  // -- what is told ------------------------------------------------------------------------------------
  logic [31:0]  number_q;
  retire_fate_e fate;

  assign fate = left.sent ? FateSent : !left_told.ends ? FateDropped
                : left_told.fails ? FateFailed : FateEnded;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      number_q     <= '0;
      retire_valid <= 1'b0;
    end else begin
      number_q     <= number_q + 32'(left_valid);
      retire_valid <= left_valid;
    end
  end
  always_ff @(posedge clk) begin
    if (left_valid) begin
      retire <= '{
        number: number_q, fate: fate, queue: next.queue, slot: next.slot, slots: next.slots,
        cookie: next.cookie, segment: next.segment, offset: next.sent, bytes: next.bytes,
        ends: left_told.ends, status: left_told.ends ? left_told.status : StatusOk,
        va: fate == FateFailed ? left_told.va
            : next.kind == OrderFrame && next.bytes != '0 ? va : '0
      };
    end
  end

  logic unused;
  assign unused = ^{order, piece, left, frame_open};
endmodule : vmso_retire
