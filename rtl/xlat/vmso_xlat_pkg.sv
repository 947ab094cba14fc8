// SPDX-License-Identifier: Apache-2.0
// Records and rules that the modules of the translation room share.
package vmso_xlat_pkg;
  import vmso_pkg::*;
  import vmso_rec_pkg::*;

  typedef logic [41:0] line_t;  // page_t without the page of eight
  typedef logic [5:0]  slot_t;  // walk slot

  // What one step of a fence forgets in TLB and walk cache, and where it looks for it.
  typedef struct packed {
    logic     all;        // of all contexts
    context_t ctx;
    logic     by_page;    // where `page` would be; else everywhere, one index a step
    logic     leaf_only;  // pointers stay
    logic     lines;      // lines of the TLB too
    page_t    page;       // what maps a page that equals this one but for the bits of the mask
    page_t    mask;
  } sweep_t;

  // What of a context's configuration judges its entries.
  typedef struct packed {
    format_e    format;
    logic [5:0] pa_bits;
    logic       af_ignore;
    logic       priv;
    logic       gb;
    logic       xd;
    logic       pse;
    logic       rsw;
    logic       napot;
    logic       pbmt;
    logic       hpd;
  } rules_t;

  typedef enum logic [1:0] {
    WalkTable = 2'd0,  // `ppn` is the table to read; at the end: the entries of a level 0 line
    WalkSuper = 2'd1,  // at the end: `ppn` is the first page of a larger leaf that maps the line
    WalkFault = 2'd2,  // every page of the line has the fault `cause`
    WalkRefuse = 2'd3  // every waiter is told to ask again
  } walk_kind_e;

  // A walk under way. There is one copy: in a FIFO, with a read, in the event stage or at the end.
  typedef struct packed {
    slot_t      slot;
    context_t   ctx;
    line_t      line;
    logic [2:0] page;   // of the lookup that opened it
    logic       fast;   // that lookup is the first waiter
    logic [2:0] level;
    rules_t     rules;  // latched when the walk begins
    walk_kind_e kind;
    cause_e     cause;
    ppn_t       ppn;
  } walk_t;

  function automatic rules_t rules_of(context_config_t cfg);
    logic unused_rest;
    unused_rest = ^{cfg.root, cfg.limit};
    return '{
      format: cfg.format, pa_bits: cfg.pa_bits, af_ignore: cfg.af_ignore, priv: cfg.priv,
      gb: cfg.gb, xd: cfg.xd, pse: cfg.pse, rsw: cfg.rsw, napot: cfg.napot, pbmt: cfg.pbmt,
      hpd: cfg.hpd
    };
  endfunction

  // Does a page lie at or above an address width of pa_bits, 12..63? No shift: it costs twice as much.
  function automatic logic page_beyond(vpn_t page, logic [5:0] pa_bits);
    logic beyond;
    beyond = 1'b0;
    for (int unsigned b = 0; b < 52; b++) beyond |= page[b] && 6'(b + 12) >= pa_bits;
    return beyond;
  endfunction

  // Is a format built? Bit n of `formats`: code n.
  function automatic logic built(int unsigned formats, format_e format);
    return formats[5'(format)];
  endfunction

  // Cause of a lookup that fails before any table is read. All pages of a line share it.
  function automatic cause_e early_cause(format_e format, logic [5:0] pa_bits, vpn_t vpn);
    logic same_from_26, same_from_35, same_from_44;  // bits from there on are equal
    logic beyond;
    same_from_44 = vpn[51:44] == '0 || vpn[51:44] == '1;
    same_from_35 = same_from_44 && (vpn[43:35] == '0 || vpn[43:35] == '1) && vpn[43] == vpn[44];
    same_from_26 = same_from_35 && (vpn[34:26] == '0 || vpn[34:26] == '1) && vpn[34] == vpn[35];
    unique case (format)
      FormatIdentity: beyond = page_beyond(vpn, pa_bits);
      FormatX86_32: beyond = vpn[51:20] != '0;
      FormatSv39: beyond = !same_from_26;
      FormatX86_64L4, FormatSv48: beyond = !same_from_35;
      FormatX86_64L5, FormatSv57: beyond = !same_from_44;
      FormatAArch64: beyond = vpn[51:36] != '0;
      default: return CauseCtxOff;
    endcase
    return beyond ? CauseVaRange : CauseNone;
  endfunction

  function automatic logic [2:0] root_level(format_e format);
    unique case (format)
      FormatX86_32: return 3'd1;
      FormatSv39: return 3'd2;
      FormatX86_64L5, FormatSv57: return 3'd4;
      default: return 3'd3;
    endcase
  endfunction

  // An entry's place in its table.
  typedef struct packed {
    logic [6:0] group;  // of eight entries: what a walk reads at once
    logic [2:0] entry;  // in the group
  } entry_place_t;
  // x86-32 has ten bits a level and 4 bytes an entry, the others nine and 8: a table always has 4 KiB.
  function automatic entry_place_t entry_index(format_e format, page_t page, logic [2:0] level);
    unique case (level)
      3'd1: return format == FormatX86_32 ? page[19:10] : {1'b0, page[17:9]};
      3'd2: return {1'b0, page[26:18]};
      3'd3: return {1'b0, page[35:27]};
      3'd4: return {1'b0, page[44:36]};
      default: return format == FormatX86_32 ? page[9:0] : {1'b0, page[8:0]};
    endcase
  endfunction
  // Byte offset of a group in its table.
  function automatic logic [11:0] group_offset(format_e format, logic [6:0] group);
    return format == FormatX86_32 ? {group, 5'd0} : {group[5:0], 6'd0};
  endfunction
  // Which 8 bytes of the 64 around it hold an entry. x86-32: the half of them that `entry` bit 0 tells.
  function automatic logic [2:0] entry_word(format_e format, logic odd_group, logic [2:0] entry);
    return format == FormatX86_32 ? {odd_group, entry[2:1]} : entry;
  endfunction
  function automatic logic [63:0] entry_bits(format_e format, logic [63:0] word, logic odd);
    return format == FormatX86_32 ? {32'd0, odd ? word[63:32] : word[31:0]} : word;
  endfunction

  // Page of a leaf at `level` that starts at `base`.
  function automatic ppn_t page_of(format_e format, ppn_t base, logic [35:0] page,
                                   logic [2:0] level);
    unique case (level)
      3'd1: return base | (format == FormatX86_32 ? 44'(page[9:0]) : 44'(page[8:0]));
      3'd2: return base | 44'(page[17:0]);
      3'd3: return base | 44'(page[26:0]);
      3'd4: return base | 44'(page[35:0]);
      default: return base;
    endcase
  endfunction

endpackage : vmso_xlat_pkg
