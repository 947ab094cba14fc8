// SPDX-License-Identifier: Apache-2.0
// What queues have made the engine read beside templates and payload: R beats of slots and of page-table
// lines, charged when they are asked for, whatever becomes of them.
//
// slot        valid only: a read of slot_beats for slot_queue; walk: of one line for walk_queue. Each waits
//             in a FIFO of eight; together they are not more than one a cycle for long: that is what the
//             read port takes
// debit       beats of look_queue ever, modulo 2^16, one cycle after the address
// reset       a walk clears the counts; `ready` is low meanwhile
`include "vmso_assert.svh"
module vmso_seg_debits
  import vmso_seg_pkg::*;
#(
  parameter  int unsigned Queues    = 64,
  parameter  int unsigned LineBeats = 1,
  localparam int unsigned QueueW    = vmso_math_pkg::index_width(Queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  input  logic              slot_valid,
  input  logic [QueueW-1:0] slot_queue,
  input  logic [5:0]        slot_beats,
  input  logic              walk_valid,
  input  logic [QueueW-1:0] walk_queue,
  input  logic [QueueW-1:0] look_queue,
  output debit_t            debit
);
  localparam int unsigned Depth = 1 << QueueW;
  typedef struct packed {
    logic [QueueW-1:0] queue;
    logic [5:0]        beats;
  } entry_t;

  // -- one a cycle: slots first --------------------------------------------------------------------
  entry_t     slot_in, slot_first, entry, entry_q;
  logic       slot_room, slot_waits, walk_room, walk_waits, take, take_q;
  logic [3:0] unused_slot_count, unused_walk_count;
  logic [QueueW-1:0] walk_first;
  assign slot_in = '{queue: slot_queue, beats: slot_beats};
  vmso_fifo #(.Bits($bits(entry_t)), .Depth(8)) u_slots (
    .clk, .rst_n, .in_valid(slot_valid), .in_ready(slot_room), .in(slot_in),
    .out_valid(slot_waits), .out_ready(ready), .out(slot_first), .count(unused_slot_count)
  );
  vmso_fifo #(.Bits(QueueW), .Depth(8)) u_walks (
    .clk, .rst_n, .in_valid(walk_valid), .in_ready(walk_room), .in(walk_queue),
    .out_valid(walk_waits), .out_ready(ready && !slot_waits), .out(walk_first),
    .count(unused_walk_count)
  );
  assign take  = ready && (slot_waits || walk_waits);
  assign entry = slot_waits ? slot_first : '{queue: walk_first, beats: 6'(LineBeats)};

  // -- read, then add; two of one queue in a row hand the new count over ----------------------------
  logic              clearing, again_q, we;
  logic [QueueW-1:0] clear_at, write_at;
  debit_t            old, sum, sum_q, data;
  assign ready    = !clearing;
  assign sum      = (again_q ? sum_q : old) + debit_t'(entry_q.beats);
  assign we       = clearing || take_q;
  assign write_at = clearing ? clear_at : entry_q.queue;
  assign data     = clearing ? '0 : sum;
  vmso_clear_walk #(.Num(Depth)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(debit_t))) u_add (
    .clk, .write_en(we), .write_addr(write_at), .write_data(data),
    .read_en(take), .read_addr(entry.queue), .read_data(old)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(debit_t))) u_look (
    .clk, .write_en(we), .write_addr(write_at), .write_data(data),
    .read_en(1'b1), .read_addr(look_queue), .read_data(debit)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) take_q <= 1'b0;
    else take_q <= take;
  end
  always_ff @(posedge clk) begin
    entry_q <= entry;
    again_q <= take_q && entry_q.queue == entry.queue;
    sum_q   <= sum;
  end

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(SlotHasRoom, slot_valid, slot_room)
  `VMSO_IMPL_IF(WalkHasRoom, walk_valid, walk_room)
`else
  logic unused_room;
  assign unused_room = slot_room ^ walk_room;
`endif
endmodule : vmso_seg_debits
