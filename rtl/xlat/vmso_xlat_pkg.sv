// SPDX-License-Identifier: Apache-2.0
// Records and rules that the modules of the translation room share.
package vmso_xlat_pkg;
  import vmso_pkg::*;
  import vmso_rec_pkg::*;

  typedef logic [48:0] line_t;  // vpn without the page of eight
  typedef logic [5:0]  slot_t;  // walk slot

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
    WalkSuper = 2'd1,  // `ppn` is the first page of a leaf above level 0 that maps the whole line
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

  // Cause of a lookup that fails before any table is read. All pages of a line share it.
  function automatic cause_e early_cause(format_e format, logic [5:0] pa_bits, vpn_t vpn);
    cause_e cause;
    cause = CauseNone;
    unique case (format)
      FormatIdentity: if (page_beyond(vpn, pa_bits)) cause = CauseVaRange;
      FormatX86_64L4: if (vpn[51:35] != '0 && vpn[51:35] != '1) cause = CauseVaRange;
      FormatX86_64L5: if (vpn[51:44] != '0 && vpn[51:44] != '1) cause = CauseVaRange;
      default: cause = CauseCtxOff;
    endcase
    return cause;
  endfunction

  function automatic logic [2:0] root_level(format_e format);
    return format == FormatX86_64L5 ? 3'd4 : 3'd3;
  endfunction

  // Index of the wanted entry in its table: line of eight, and place in it.
  function automatic logic [8:0] entry_index(logic [44:0] vpn, logic [2:0] level);
    unique case (level)
      3'd1: return vpn[17:9];
      3'd2: return vpn[26:18];
      3'd3: return vpn[35:27];
      3'd4: return vpn[44:36];
      default: return vpn[8:0];
    endcase
  endfunction

  // Page of a leaf at `level` that starts at `base`.
  function automatic ppn_t page_of(ppn_t base, logic [35:0] vpn, logic [2:0] level);
    unique case (level)
      3'd1: return base | 44'(vpn[8:0]);
      3'd2: return base | 44'(vpn[17:0]);
      3'd3: return base | 44'(vpn[26:0]);
      3'd4: return base | 44'(vpn[35:0]);
      default: return base;
    endcase
  endfunction

endpackage : vmso_xlat_pkg
