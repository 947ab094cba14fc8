// SPDX-License-Identifier: Apache-2.0
// Judges one page-table entry for a user read: a pointer, a leaf, or the first check that fails.
//
// Combinational. The format's family says where an entry keeps its facts; what follows from the facts is
// the same for all. Order of the checks: present, reserved bits, level, address width, alignment, user
// access, readable, accessed flag. Sources: Intel SDM volume 3, "Paging"; RISC-V privileged architecture,
// "Supervisor-level ISA"; Arm ARM, VMSAv8-64 descriptors. docs/translation.md has the bits side by side.
//
// Formats  bit n: format code n is built; the others' logic is left out
module vmso_xlat_decode
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter int unsigned Formats = 32'h1ff
) (
  input  logic [63:0] entry,   // x86-32: in the low half
  input  logic [2:0]  level,
  input  logic [3:0]  page,    // vpn 3:0, for the pages of a NAPOT entry
  input  rules_t      rules,
  output logic        leaf,    // else a pointer
  output logic        fault,
  output cause_e      cause,   // CauseNone without fault
  output ppn_t        ppn      // next table, or first page of the leaf
);
  // What an entry says, wherever its format keeps it.
  typedef struct packed {
    logic leaf;
    logic reserved;    // a bit or an encoding that must not be
    logic bad_level;
    logic user;
    logic readable;
    logic accessed;
    ppn_t frame;
  } facts_t;
  logic is_x86_32, is_x86_64, is_riscv, is_arm;
  assign is_x86_32 = built(Formats, FormatX86_32) && rules.format == FormatX86_32;
  assign is_x86_64 = (built(Formats, FormatX86_64L4) && rules.format == FormatX86_64L4)
                     || (built(Formats, FormatX86_64L5) && rules.format == FormatX86_64L5);
  assign is_riscv  = (built(Formats, FormatSv39) && rules.format == FormatSv39)
                     || (built(Formats, FormatSv48) && rules.format == FormatSv48)
                     || (built(Formats, FormatSv57) && rules.format == FormatSv57);
  assign is_arm    = built(Formats, FormatAArch64) && rules.format == FormatAArch64;

  // -- facts, by family ---------------------------------------------------------------------------
  logic [43:0] low_mask, low;  // frame bits below the size of the leaf
  facts_t      is;
  logic        napot, low_reserved, misaligned;

  assign napot = entry[63];
  always_comb begin
    is = '0;
    // the same places in both x86 families: P 0, U/S 2, A 5, PS 7
    if (is_x86_32) begin
      is = '{
        leaf: level == 3'd0 || (entry[7] && rules.pse), reserved: 1'b0, bad_level: 1'b0,
        user: entry[2], readable: 1'b1, accessed: entry[5], frame: {24'd0, entry[31:12]}
      };
    end
    if (is_x86_64) begin
      is = '{
        leaf: level == 3'd0 || (entry[7] && level <= 3'd2),
        reserved: (entry[63] && !rules.xd) || (entry[7] && level >= 3'd3)
                  || (entry[7] && level == 3'd2 && !rules.gb),
        bad_level: 1'b0, user: entry[2], readable: 1'b1, accessed: entry[5],
        frame: {4'd0, entry[51:12]}
      };
    end
    // V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, RSW 9:8, PPN 53:10, PBMT 62:61, N 63
    if (is_riscv) begin
      is = '{
        leaf: entry[1] || entry[3],
        reserved: (!entry[1] && entry[2]) || entry[58:54] != '0
                  || (entry[60:59] != '0 && !rules.rsw),
        bad_level: 1'b0, user: entry[4], readable: entry[1], accessed: entry[6],
        frame: entry[53:10]
      };
      if (is.leaf) begin
        is.reserved = is.reserved || (rules.pbmt ? entry[62:61] == 2'd3 : entry[62:61] != '0)
                      || (napot && !(rules.napot && level == 3'd0 && entry[13:10] == 4'b1000));
      end else begin
        is.reserved  = is.reserved || napot || entry[62:61] != '0 || entry[7:6] != '0 || entry[4];
        is.bad_level = level == 3'd0;
        is.user      = 1'b1;
      end
    end
    // valid 0, table or page 1, AP[1] 6, AF 10, APTable[0] 61
    if (is_arm) begin
      is = '{
        leaf: level == 3'd0 || !entry[1], reserved: 1'b0,
        bad_level: !entry[1] && (level == 3'd0 || level == 3'd3), user: entry[6],
        readable: 1'b1, accessed: entry[10], frame: {8'd0, entry[47:12]}
      };
      if (!is.leaf) is.user = !entry[61] || rules.hpd;
    end
  end

  // -- what follows -------------------------------------------------------------------------------
  logic reserved, wide, no_user, no_read, not_accessed;

  always_comb begin
    unique case (level)
      3'd1: low_mask = is_x86_32 ? 44'h3ff : 44'h1ff;
      3'd2: low_mask = 44'h3ffff;
      3'd3: low_mask = 44'h7ffffff;
      3'd4: low_mask = 44'hfffffffff;
      default: low_mask = '0;
    endcase
  end
  assign leaf         = is.leaf;
  assign low          = is.leaf ? is.frame & low_mask : '0;
  // x86 keeps a memory type in the lowest of them; Arm does not look at any
  assign low_reserved = (is_x86_32 || is_x86_64) && low[43:1] != '0;
  assign misaligned   = is_riscv && low != '0;
  assign reserved     = is.reserved || low_reserved;
  assign wide         = page_beyond({8'd0, is.frame}, rules.pa_bits);
  assign no_user      = !is.user && !rules.priv;
  assign no_read      = is.leaf && !is.readable;
  assign not_accessed = is.leaf && !is.accessed && !rules.af_ignore;
  always_comb begin
    cause = CauseNone;
    if (!entry[0]) cause = CauseNotPresent;
    else if (reserved) cause = CauseReserved;
    else if (is.bad_level) cause = CauseBadLevel;
    else if (wide) cause = CauseAddrWidth;
    else if (misaligned) cause = CauseMisaligned;
    else if (no_user) cause = CauseNoUser;
    else if (no_read) cause = CauseNoRead;
    else if (not_accessed) cause = CauseAccessFlag;
  end
  assign fault = !entry[0] || reserved || is.bad_level || wide || misaligned || no_user || no_read
                 || not_accessed;
  always_comb begin
    ppn = is.frame & ~low;
    if (is_riscv && is.leaf && napot) ppn[3:0] = page;
  end

  // software, cache, write and execute bits never matter
  logic unused_bits;
  assign unused_bits = ^{entry, rules};
endmodule : vmso_xlat_decode
