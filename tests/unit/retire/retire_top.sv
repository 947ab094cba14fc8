// SPDX-License-Identifier: Apache-2.0
// The checks of the retire port beside each other, with plain ports for their unit test.
module retire_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
(
  input logic        clk,
  input logic        rst_n,
  input logic        retire_valid,
  input logic        retire_pending,
  input logic [31:0] number,
  input logic [1:0]  fate,
  input logic [11:0] of_queue,
  input logic [15:0] slot,
  input logic [15:0] slots,
  input logic [23:0] segment,
  input logic [23:0] offset,
  input logic [13:0] bytes,
  input logic        ends,
  input logic        payload_beat,
  input logic        last_beat,
  input logic [26:0] last_user,
  input logic        read_begins,
  input logic        read_ends,
  input logic        write_begins,
  input logic        write_ends,
  input logic        outside_waits
);
  retire_t retire;
  assign retire = '{
    number: number, fate: retire_fate_e'(fate), queue: of_queue, slot: slot, slots: slots, cookie: '0,
    segment: segment, offset: offset, bytes: bytes, ends: ends, status: StatusOk, va: '0
  };
  vmso_retire_unique #(.Queues(4)) u_unique (.clk, .rst_n, .retire_valid, .retire);
  vmso_retire_in_order #(.Queues(4)) u_in_order (.clk, .rst_n, .retire_valid, .retire);
  vmso_retire_nothing_behind #(.Queues(4)) u_nothing_behind (.clk, .rst_n, .retire_valid, .retire);
  vmso_retire_causal #(.BusBytes(16)) u_causal (
    .clk, .rst_n, .retire_valid, .retire, .payload_beat, .last_beat, .last_user
  );
  vmso_retire_no_hang #(.Patience(100)) u_no_hang (
    .clk, .rst_n, .retire_valid, .retire_pending, .read_begins, .read_ends, .write_begins, .write_ends,
    .outside_waits
  );
endmodule : retire_top
