// SPDX-License-Identifier: Apache-2.0
// Claim: what leaves has come. No frame ends on the wire that did not retire, in the same order and for the
// same queue and job; and no more payload retires than the payload reads have brought.
//
// Sent orders that are not on the wire yet are as many as frames of one beat fit between the last read and the
// wire. rst_n is the wire's: that of the port, not of the core.
`include "vmso_assert.svh"
module vmso_retire_causal
  import vmso_pkg::*;
#(
  parameter int unsigned BusBytes = 32
) (
  input logic        clk,
  input logic        rst_n,
  input logic        retire_valid,
  input retire_t     retire,
  input logic        payload_beat,  // R handshake of the payload's class
  input logic        last_beat,     // m_axis handshake with last
  input logic [26:0] last_user      // {slot 15, queue 12}
);
  localparam int unsigned Depth = 16;
  typedef logic [26:0] user_t;
  logic [63:0] come_q, gone_q;  // payload bytes; never wrap
  user_t       user, first;
  logic        is_sent, room, any, waits;
  logic [vmso_math_pkg::count_width(Depth)-1:0] count;

  assign is_sent = retire_valid && retire.fate == FateSent;
  assign user    = {retire.slot[14:0], retire.queue};
  // a frame whose last beat passes in the cycle in which it retires never waits here
  assign waits   = is_sent && !(last_beat && !any);
  vmso_fifo #(.Bits($bits(user_t)), .Depth(Depth)) u_sent (
    .clk, .rst_n, .in_valid(waits), .in_ready(room), .in(user), .out_valid(any),
    .out_ready(last_beat), .out(first), .count
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      come_q <= '0;
      gone_q <= '0;
    end else begin
      if (payload_beat) come_q <= come_q + 64'(BusBytes);
      if (is_sent) gone_q <= gone_q + 64'(retire.bytes);
    end
  end
  `VMSO_INTG_IF(FrameHasRetired, last_beat,
                (any ? first : is_sent ? user : ~last_user) == last_user)
  `VMSO_INTG_IF(RetiredSoonLeaves, waits, room)
  `VMSO_INTG_IF(PayloadHasCome, is_sent, gone_q + 64'(retire.bytes) <= come_q)

  logic unused;
  assign unused = ^{retire, count};
endmodule : vmso_retire_causal
