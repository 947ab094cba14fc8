// SPDX-License-Identifier: Apache-2.0
// Goes round all ids for reads that are late, and makes room for answers when R has no gap.
//
// scan        the id whose age is looked at; moves on every cycle, but stands while `late` says of it
//             that it has to be answered; a round takes as many cycles as there are ids
// gap         nothing is on R: one of those who ask is answered in this cycle, a late read first
// asks        somebody else than a late read waits for a gap
// hold        no class may be accepted / payload may not: what is accepted becomes a beat, so R has a
//             gap at the latest when memory has given all that it owes. A late read holds all classes
//             after LateWait cycles, and until a whole round has found none; others hold payload after
//             256 cycles without a gap and all classes after 511, until the gap
// reset       nobody is late
module vmso_axi_scan
  import vmso_pkg::*;
#(
  parameter logic [3:0][8:0] LastId = '0  // of each class
) (
  input  logic        clk,
  input  logic        rst_n,
  input  logic        late,
  input  logic        gap,
  input  logic        asks,
  output read_class_e scan_class,
  output read_id_t    scan_id,
  output logic        hold_all,
  output logic        hold_payload
);
  localparam logic [8:0] LateWait = 9'd64;

  logic [8:0] wait_q;  // cycles that somebody has waited since the last gap
  logic       found_q; // a late read was found in this round
  logic       late_hold_q, class_end, round_end;

  assign class_end = 9'(scan_id) == LastId[scan_class];
  assign round_end = class_end && scan_class == ReadPayload && !late;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      scan_class  <= ReadWalk;
      scan_id     <= '0;
      wait_q      <= '0;
      found_q     <= 1'b0;
      late_hold_q <= 1'b0;
    end else begin
      if (!late) begin
        scan_id <= class_end ? '0 : scan_id + 1'b1;
        if (class_end) scan_class <= read_class_e'(2'(scan_class) + 1'b1);
      end
      if (gap || !(late || asks)) wait_q <= '0;
      else if (wait_q != '1) wait_q <= wait_q + 1'b1;
      found_q <= late || (found_q && !round_end);
      if (late && wait_q >= LateWait) late_hold_q <= 1'b1;
      else if (round_end && !found_q) late_hold_q <= 1'b0;
    end
  end
  assign hold_all     = late_hold_q || wait_q == '1;
  assign hold_payload = wait_q[8];
endmodule : vmso_axi_scan
