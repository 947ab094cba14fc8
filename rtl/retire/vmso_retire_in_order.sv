// SPDX-License-Identifier: Apache-2.0
// Claim: a queue's jobs retire in the order of its ring, and the segments of a job one behind the other: each
// begins where the payload of the one before it ended, however often the queue was unloaded in between.
//
// A job that failed may go on at the segment that could not be sent (RETRY), or be left (ABORT). One that was
// sent in part may end there (ABORT in STOPPED). A queue that was RESET begins at slot 0. Dropped orders count
// for nothing.
`include "vmso_assert.svh"
module vmso_retire_in_order
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
    slot_idx_t slot;     // of the job that retired last,
    slot_idx_t behind;   // of the one behind it
    bytes_t    segment;  // that comes next
    bytes_t    offset;   // bytes that retired of it
    logic      open;     // more of it may come
    logic      over;     // the next job may come
  } job_t;
  job_t              jobs [Queues];
  job_t              job;
  logic [Queues-1:0] any_q;
  logic [QueueW-1:0] queue;
  logic              counts, goes_on, is_next, begins;

  assign queue   = QueueW'(retire.queue);
  assign counts  = retire_valid && retire.fate != FateDropped;
  assign job     = jobs[queue];
  assign begins  = retire.fate == FateEnded || (retire.segment == '0 && retire.offset == '0);
  assign goes_on = job.open && retire.slot == job.slot && retire.segment == job.segment
                   && retire.offset == job.offset;
  assign is_next = job.over && begins && retire.slot == job.behind;
  always_ff @(posedge clk) begin
    if (!rst_n) any_q <= '0;
    else if (counts) any_q[queue] <= 1'b1;
  end
  always_ff @(posedge clk) begin
    if (counts) begin
      jobs[queue] <= '{
        slot: retire.slot, behind: retire.slot + retire.slots,
        segment: retire.segment + bytes_t'(retire.fate == FateSent),
        offset: retire.offset + (retire.fate == FateSent ? bytes_t'(retire.bytes) : '0),
        open: !retire.ends || retire.fate == FateFailed,
        over: retire.ends
      };
    end
  end
  `VMSO_INTG_IF(InOrderOfTheRing, counts && any_q[queue],
                goes_on || is_next || (begins && retire.slot == '0))
  `VMSO_INTG_IF(FirstIsTheFirst, counts && !any_q[queue], begins && retire.slot == '0)

  logic unused;
  assign unused = ^retire;
endmodule : vmso_retire_in_order
