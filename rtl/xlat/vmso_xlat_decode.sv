// SPDX-License-Identifier: Apache-2.0
// Judges one x86-64 page-table entry for a user read: a pointer, a leaf, or the first check that fails.
//
// Combinational. Order of the checks: present, reserved bits and bad leaves, address width, user access,
// accessed flag (leaf). `level` 0 is the 4 KiB level. A leaf's ppn is that of the page `line_vpn` names.
module vmso_xlat_decode
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
(
  input  logic [63:0]     entry,
  input  logic [2:0]      level,
  input  vpn_t            vpn,
  input  context_config_t cfg,
  output logic            leaf,   // else a pointer
  output logic            fault,
  output cause_e          cause,
  output ppn_t            ppn     // next table, or the page
);
  logic        reserved, wide, user_bad, access_bad;
  logic [39:0] frame;  // entry bits 51:12

  assign frame = entry[51:12];
  assign leaf  = level == 3'd0 || (entry[7] && level <= 3'd2);
  always_comb begin
    reserved = !cfg.xd && entry[63];
    if (entry[7]) begin
      if (level >= 3'd3) reserved = 1'b1;
      if (level == 3'd2 && !cfg.gb) reserved = 1'b1;
      if (level == 3'd2 && entry[29:13] != '0) reserved = 1'b1;
      if (level == 3'd1 && entry[20:13] != '0) reserved = 1'b1;
    end
    wide = 1'b0;
    for (int unsigned b = 32; b < 52; b++) if (b >= 32'(cfg.pa_bits) && entry[b]) wide = 1'b1;
    user_bad   = !entry[2] && !cfg.priv;
    access_bad = leaf && !entry[5] && !cfg.af_ignore;
  end
  always_comb begin
    fault = 1'b1;
    if (!entry[0]) cause = CauseNotPresent;
    else if (reserved) cause = CauseReserved;
    else if (wide) cause = CauseAddrWidth;
    else if (user_bad) cause = CauseNoUser;
    else if (access_bad) cause = CauseAccessFlag;
    else begin
      cause = CauseNone;
      fault = 1'b0;
    end
  end
  always_comb begin
    ppn = {4'b0, frame};
    if (leaf && level == 3'd1) ppn = {4'b0, frame[39:9], vpn[8:0]};
    if (leaf && level == 3'd2) ppn = {4'b0, frame[39:18], vpn[17:0]};
  end
  logic unused_bits;
  assign unused_bits = ^{entry[62:52], entry[11:8], entry[6], entry[4:3], entry[1], vpn[51:18],
                         cfg.format, cfg.pse, cfg.rsw, cfg.napot, cfg.pbmt, cfg.hpd, cfg.root,
                         cfg.limit};
endmodule : vmso_xlat_decode
