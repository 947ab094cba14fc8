// SPDX-License-Identifier: Apache-2.0
// Claim: orders retire as long as nobody outside is owed anything. While an order is pending, no read is open,
// no write is open, and neither the MAC nor memory keeps a beat waiting, one retires within Patience cycles.
//
// A read that is never answered (quarantined) is open for good: the claim is silent from then on.
`include "vmso_assert.svh"
module vmso_retire_no_hang #(
  parameter int unsigned Patience = 4096  // cycles; a fence holds segments, not what was ordered
) (
  input logic clk,
  input logic rst_n,
  input logic retire_valid,
  input logic retire_pending,
  input logic read_begins,    // AR handshake
  input logic read_ends,      // R handshake with last
  input logic write_begins,   // AW handshake
  input logic write_ends,     // B handshake
  input logic outside_waits   // a channel is valid and not ready
);
  logic [15:0] reads_q, writes_q;
  logic [$clog2(Patience+1)-1:0] still_q;
  logic owed;
  assign owed = reads_q != '0 || writes_q != '0 || outside_waits;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      reads_q  <= '0;
      writes_q <= '0;
      still_q  <= '0;
    end else begin
      reads_q  <= reads_q + 16'(read_begins) - 16'(read_ends);
      writes_q <= writes_q + 16'(write_begins) - 16'(write_ends);
      still_q  <= retire_valid || !retire_pending || owed ? '0 : still_q + 1'b1;
    end
  end
  `VMSO_INTG(RetiresInTime, 32'(still_q) < Patience)
endmodule : vmso_retire_no_hang
