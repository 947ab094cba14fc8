// SPDX-License-Identifier: Apache-2.0
// Judges one page-table entry for a user read: a pointer, a leaf, or the first check that fails.
//
// Combinational. The format chooses the rules; built: x86-64, four and five levels. Order of the
// checks: present, reserved bits and bad leaves, address width, user access, accessed flag (leaf).
// Level n maps pages of 2^(12+9n) bytes.
module vmso_xlat_decode
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
(
  input  logic [63:0] entry,
  input  logic [2:0]  level,
  input  rules_t      rules,
  output logic        leaf,   // else a pointer
  output logic        fault,
  output cause_e      cause,  // CauseNone without fault
  output ppn_t        ppn     // next table, or first page of the leaf
);
  logic        not_present, reserved, wide, no_user, not_accessed;
  logic [39:0] frame;  // bits 51:12
  logic [19:0] beyond;  // bits 51:32 that lie at or above pa_bits

  // x86-64
  always_comb begin
    frame = entry[51:12];
    leaf  = level == 3'd0 || (entry[7] && level <= 3'd2);
    not_present  = !entry[0];
    reserved     = entry[63] && !rules.xd;
    unique case (level)
      3'd0: ;
      3'd1: if (leaf) begin
        reserved    = reserved || entry[20:13] != '0;
        frame[8:0]  = '0;  // bit 12 is a memory type
      end
      3'd2: if (leaf) begin
        reserved    = reserved || entry[29:13] != '0 || !rules.gb;
        frame[17:0] = '0;
      end
      default: reserved = reserved || entry[7];
    endcase
    beyond = 20'hfffff;
    if (rules.pa_bits >= 6'd32) beyond = 20'hfffff << (rules.pa_bits - 6'd32);
    wide         = (entry[51:32] & beyond) != '0;
    no_user      = !entry[2] && !rules.priv;
    not_accessed = leaf && !entry[5] && !rules.af_ignore;
  end

  always_comb begin
    cause = CauseNone;
    if (not_present) cause = CauseNotPresent;
    else if (reserved) cause = CauseReserved;
    else if (wide) cause = CauseAddrWidth;
    else if (no_user) cause = CauseNoUser;
    else if (not_accessed) cause = CauseAccessFlag;
  end
  assign fault = not_present || reserved || wide || no_user || not_accessed;
  assign ppn   = {4'd0, frame};

  // software, cache and write bits never matter; other formats' options
  logic unused_bits;
  assign unused_bits = ^{entry[62:52], entry[11:8], entry[6], entry[4:3], entry[1], rules.format,
                         rules.pse, rules.rsw, rules.napot, rules.pbmt, rules.hpd};
endmodule : vmso_xlat_decode
