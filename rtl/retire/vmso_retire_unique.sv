// SPDX-License-Identifier: Apache-2.0
// Claim: every order retires once. Orders are numbered without gaps, and no segment of a job is sent twice.
//
// A queue that was RESET begins at slot 0 again: its first segment there may look like the last one seen.
`include "vmso_assert.svh"
module vmso_retire_unique
  import vmso_pkg::*;
#(
  parameter int unsigned Queues = 64
) (
  input logic    clk,
  input logic    rst_n,
  input logic    retire_valid,
  input retire_t retire
);
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Queues);
  typedef struct packed {
    slot_idx_t slot;
    bytes_t    segment;
  } sent_t;
  sent_t             sent [Queues];  // last
  logic [Queues-1:0] any_q;
  logic [31:0]       number_q;
  logic [QueueW-1:0] queue;
  logic              is_sent, again, anew;

  assign queue   = QueueW'(retire.queue);
  assign is_sent = retire_valid && retire.fate == FateSent;
  assign again   = any_q[queue] && sent[queue].slot == retire.slot
                   && retire.segment <= sent[queue].segment;
  assign anew    = retire.slot == '0 && retire.segment == '0;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      number_q <= '0;
      any_q    <= '0;
    end else if (retire_valid) begin
      number_q <= number_q + 1'b1;
      if (is_sent) any_q[queue] <= 1'b1;
    end
  end
  always_ff @(posedge clk) begin
    if (is_sent) sent[queue] <= '{slot: retire.slot, segment: retire.segment};
  end
  `VMSO_INTG_IF(NumbersHaveNoGap, retire_valid, retire.number == number_q)
  `VMSO_INTG_IF(SentOnce, is_sent, !again || anew)

  logic unused;
  assign unused = ^retire;
endmodule : vmso_retire_unique
