// SPDX-License-Identifier: Apache-2.0
// Claim: nothing behind a failure is sent. When a segment could not be sent, the next frame of its queue is that
// segment (RETRY), the first one of the job behind (ABORT), or the first one at slot 0 (RESET): never a later
// one of the job, and never one of a job further on.
`include "vmso_assert.svh"
module vmso_retire_nothing_behind
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
    slot_idx_t behind;
    bytes_t    segment;
  } failure_t;
  failure_t          failures [Queues];
  failure_t          failure;
  logic [Queues-1:0] failed_q;
  logic [QueueW-1:0] queue;
  logic              fails, goes_on;

  assign queue   = QueueW'(retire.queue);
  assign failure = failures[queue];
  assign fails   = retire_valid && retire.fate == FateFailed;
  // a job that ends without a frame goes on as well
  assign goes_on = retire_valid && retire.fate inside {FateSent, FateEnded} && failed_q[queue];
  always_ff @(posedge clk) begin
    if (!rst_n) failed_q <= '0;
    else if (fails) failed_q[queue] <= 1'b1;
    else if (goes_on) failed_q[queue] <= 1'b0;
  end
  always_ff @(posedge clk) begin
    if (fails) begin
      failures[queue] <= '{
        slot: retire.slot, behind: retire.slot + retire.slots, segment: retire.segment
      };
    end
  end
  `VMSO_INTG_IF(NothingBehindAFailure, goes_on,
                (retire.slot == failure.slot && retire.segment == failure.segment)
                || retire.slot == failure.behind || retire.slot == '0)

  logic unused;
  assign unused = ^retire;
endmodule : vmso_retire_nothing_behind
