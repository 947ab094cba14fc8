// SPDX-License-Identifier: Apache-2.0
// Walks under way: asks for lines, judges the wanted entry when a line has come, and goes down.
//
// open         valid only: a walk that a lookup opened; its table is known
// redo         valid/ready: a slot whose walk was dropped; begins again at the root that its
//              context has now
// request      a group of eight entries: 64 bytes, of x86-32 32. Cycle after open; the next level's request in the cycle after the line's last beat.
//              Lower levels go first. A request that was offered stays offered
// answer       valid only: the first waiter's, in the cycle after the last beat (event stage).
//              Where there is no room for it the finisher gives it. answer_looks: the same, also for a
//              dead walk; from registers
// done         valid only: a walk that has come to its end, for the finisher, which has room for
//              all
// insert       valid only: a good entry of an upper level
// passed       valid only: a walk reads no upper table any more; what it has read is inserted
// dead walks   read nothing more, answer nobody and insert nothing: they are dropped where they are
//              met
// room         every slot has at most one walk, so the FIFOs never overflow
// reset        control; nothing is out after reset, or it is never answered
`include "vmso_assert.svh"
module vmso_xlat_walk
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned Slots    = Cfg.walk_slots,
  localparam int unsigned SlotW    = vmso_math_pkg::index_width(Slots),
  localparam int unsigned Beats    = 512 / Cfg.data_bits,  // of a line
  localparam int unsigned BeatW    = vmso_math_pkg::index_width(Beats),
  localparam int unsigned LineW    = SlotW + BeatW
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  logic                     open_valid,
  input  walk_t                    open,
  input  logic                     redo_valid,
  output logic                     redo_ready,
  input  slot_t                    redo_slot,
  input  context_t                 redo_ctx,
  input  line_t                    redo_line,
  input  context_config_t          redo_cfg,    // cycle after redo's handshake; holds
  input  logic [Slots-1:0]         dead,
  output logic [Slots-1:0]         dropped,
  output logic                     dead_offered,  // a dead walk's request waits to be taken
  output logic                     walk_req_valid,
  input  logic                     walk_req_ready,
  output read_req_t                walk_req,
  output slot_t                    walk_req_slot,
  input  read_id_t                 walk_req_id,
  input  logic                     read_rsp_valid,
  input  read_rsp_t                read_rsp,
  input  logic [Cfg.data_bits-1:0] read_data,
  output logic                     insert_valid,
  output context_t                 insert_ctx,
  output page_t                    insert_page,
  output logic [2:0]               insert_level,
  output logic                     insert_leaf,
  output ppn_t                     insert_ppn,
  output logic                     passed_valid,  // of answer_slot
  output slot_t                    answer_slot,
  output logic                     answer_looks,
  output logic                     answer_valid,
  output logic                     answer_fault,
  output cause_e                   answer_cause,
  output logic [2:0]               answer_level,
  output ppn_t                     answer_ppn,
  output logic                     done_valid,
  output walk_t                    done,
  input  logic [LineW-1:0]         line_addr,     // {slot, beat}
  output logic [Cfg.data_bits-1:0] line_data      // one cycle later
);
  localparam int unsigned PerBeat  = 8 / Beats;  // entries of a beat
  localparam int unsigned PerBeatW = $clog2(PerBeat);
  localparam int unsigned Ids      = 2**SlotW;
  localparam int unsigned CountW   = vmso_math_pkg::count_width(Slots);
  typedef logic [SlotW-1:0] index_t;

  // -- walks that begin again: configuration, then the check that lookups do ----------------------
  logic   redo_valid_q, redo_push;
  walk_t  redo;
  slot_t  redo_slot_q;
  context_t redo_ctx_q;
  line_t  redo_line_q;

  assign redo_ready = !redo_valid_q;
  assign redo_push  = redo_valid_q && !open_valid;
  always_ff @(posedge clk) begin
    if (!rst_n) redo_valid_q <= 1'b0;
    else redo_valid_q <= redo_valid_q ? !redo_push : redo_valid;
  end
  always_ff @(posedge clk) begin
    if (redo_ready) begin
      redo_slot_q <= redo_slot;
      redo_ctx_q  <= redo_ctx;
      redo_line_q <= redo_line;
    end
  end
  always_comb begin
    redo = '{
      slot: redo_slot_q, ctx: redo_ctx_q, line: redo_line_q, page: '0, fast: 1'b0,
      level: root_level(redo_cfg.format), rules: rules_of(redo_cfg), kind: WalkTable,
      cause: early_cause(redo_cfg.format, redo_cfg.pa_bits,
                         {{7{redo_line_q[41]}}, redo_line_q, 3'd0}),
      ppn: redo_cfg.root
    };
    if (redo.cause != CauseNone) begin
      redo.kind  = WalkFault;
      redo.level = LevelNone;
    end else if (redo_cfg.format == FormatIdentity) begin
      redo.kind = WalkRefuse;  // no table: the lookup pipeline answers
    end
  end

  // -- walks that want a line: new ones, and those that go down -----------------------------------
  logic  fresh_valid, fresh_pop, down_valid, down_pop, down_push;
  walk_t fresh, down, down_next;
  logic  fresh_room, down_room;
  logic [CountW-1:0] fresh_count, down_count;

  vmso_fifo #(.Bits($bits(walk_t)), .Depth(Slots)) u_fresh (
    .clk, .rst_n, .in_valid(open_valid || redo_push), .in_ready(fresh_room),
    .in(open_valid ? open : redo), .out_valid(fresh_valid), .out_ready(fresh_pop), .out(fresh),
    .count(fresh_count)
  );
  vmso_fifo #(.Bits($bits(walk_t)), .Depth(Slots)) u_down (
    .clk, .rst_n, .in_valid(down_push), .in_ready(down_room), .in(down_next),
    .out_valid(down_valid), .out_ready(down_pop), .out(down), .count(down_count)
  );

  // -- request ------------------------------------------------------------------------------------
  logic  offered_q, offered_down_q;  // the request of the last cycle was not taken
  logic  fresh_dead, down_dead, fresh_wants, down_wants, use_down, taken, direct, direct_room;
  walk_t asking;
  entry_place_t index;

  assign fresh_dead  = fresh_valid && dead[fresh.slot[SlotW-1:0]]
                       && !(offered_q && !offered_down_q);
  assign down_dead   = down_valid && dead[down.slot[SlotW-1:0]]
                       && !(offered_q && offered_down_q);
  assign fresh_wants = fresh_valid && !fresh_dead && fresh.kind == WalkTable;
  assign down_wants  = down_valid && !down_dead;
  assign use_down    = offered_q ? offered_down_q : down_wants;
  assign asking      = use_down ? down : fresh;
  assign walk_req_valid = use_down ? down_wants : fresh_wants;
  assign taken       = walk_req_valid && walk_req_ready;
  assign index       = entry_index(asking.rules.format, {asking.line, asking.page}, asking.level);
  assign walk_req    = '{
    addr: {asking.ppn, group_offset(asking.rules.format, index.group)},
    len: asking.rules.format == FormatX86_32 ? 8'((Beats + 1) / 2 - 1) : 8'(Beats - 1)
  };
  assign walk_req_slot = asking.slot;
  assign dead_offered = walk_req_valid && dead[asking.slot[SlotW-1:0]];
  // a new walk that needs no line goes to the event stage, in a cycle in which no line comes
  assign direct      = fresh_valid && !fresh_dead && fresh.kind != WalkTable && direct_room;
  assign down_pop    = down_dead || (taken && use_down);
  assign fresh_pop   = fresh_dead || (taken && !use_down) || direct;
  always_ff @(posedge clk) begin
    if (!rst_n) offered_q <= 1'b0;
    else offered_q <= walk_req_valid && !walk_req_ready;
  end
  always_ff @(posedge clk) offered_down_q <= use_down;

  // -- a line comes -------------------------------------------------------------------------------
  logic             beat, last, line_bad, leaf, entry_fault, goes_down;
  walk_t            flight;
  logic [SlotW-1:0] id;
  entry_place_t     wanted;
  logic [2:0]       word;         // that holds it, of the 64 bytes around
  logic [63:0]      here, there;  // that word, if this is its beat; else what was kept of it
  logic [63:0]      entry;
  read_resp_e       line_resp;
  cause_e           entry_cause, line_cause;
  ppn_t             entry_ppn;
  logic [Ids-1:0][BeatW-1:0] beat_q;   // beats that have come
  logic [Ids-1:0][2:0]       resp_q;   // first error of them

  assign beat = read_rsp_valid && read_rsp.cls == ReadWalk;
  assign last = beat && read_rsp.last;
  assign id   = read_rsp.id[SlotW-1:0];
  vmso_lutram #(.Depth(Ids), .Bits($bits(walk_t))) u_flight (
    .clk, .write_en(taken), .write_addr(walk_req_id[SlotW-1:0]), .write_data(asking),
    .read_addr(id), .read_data(flight)
  );
  assign wanted = entry_index(flight.rules.format, {flight.line, flight.page}, flight.level);
  assign word   = entry_word(flight.rules.format, wanted.group[0], wanted.entry);
  assign here   = read_data[(32'(word) & (PerBeat - 1))*64 +: 64];
  if (Beats == 1) begin : gen_whole_line
    assign there = here;
  end else begin : gen_beats
    logic [63:0] kept;
    logic        has_wanted;
    logic [2:0]  word_read;  // of those that the walk reads
    assign word_read  = entry_word(flight.rules.format, 1'b0, wanted.entry);
    assign has_wanted = beat_q[id] == BeatW'(32'(word_read) >> PerBeatW);
    vmso_lutram #(.Depth(Ids), .Bits(64)) u_kept (
      .clk, .write_en(beat && has_wanted), .write_addr(id), .write_data(here), .read_addr(id),
      .read_data(kept)
    );
    assign there = has_wanted ? here : kept;
  end
  assign entry = entry_bits(flight.rules.format, there, wanted.entry[0]);
  vmso_ram_1w1r #(.Depth(Slots * Beats < 2 ? 2 : 2**LineW), .LaneBits(Cfg.data_bits)) u_lines (
    .clk, .write_en(beat && read_rsp.has_data), .write_addr({flight.slot[SlotW-1:0], beat_q[id]}),
    .write_data(read_data), .read_en(1'b1), .read_addr(line_addr), .read_data(line_data)
  );
  vmso_xlat_decode #(.Formats(Cfg.formats)) u_decode (
    .entry, .level(flight.level), .page({flight.line[0], flight.page}), .rules(flight.rules), .leaf,
    .fault(entry_fault), .cause(entry_cause), .ppn(entry_ppn)
  );

  assign line_resp = read_resp_e'(resp_q[id]) == RespOkay ? read_rsp.resp
                                                          : read_resp_e'(resp_q[id]);
  assign line_bad  = line_resp != RespOkay;
  always_comb begin
    unique case (line_resp)
      RespSlvErr: line_cause = CauseTableSlvErr;
      RespWindow: line_cause = CauseTableWindow;
      RespTimeout: line_cause = CauseBusTimeout;
      default: line_cause = CauseTableDecErr;
    endcase
  end
  assign goes_down = !line_bad && !entry_fault && !leaf
                     && !dead[flight.slot[SlotW-1:0]];
  assign down_push = last && goes_down;
  always_comb begin
    down_next       = flight;
    down_next.level = flight.level - 1'b1;
    down_next.ppn   = entry_ppn;
  end
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      beat_q <= '0;
      resp_q <= '0;
    end else if (beat) begin
      beat_q[id] <= read_rsp.last ? '0 : beat_q[id] + BeatW'(read_rsp.has_data);
      resp_q[id] <= read_rsp.last ? '0 : line_resp;
    end
  end

  // -- event stage: the end of a walk, or an upper level passed -----------------------------------
  logic   event_valid_q, event_down_q, event_leaf_q, entry_fault_q, event_dead;
  logic   event_end;
  cause_e entry_cause_q;
  walk_t  event_d, event_q;
  page_t  event_page;

  assign direct_room = !last;
  always_comb begin
    event_d = fresh;
    if (last) begin
      event_d     = flight;
      event_d.ppn = entry_ppn;
      if (line_bad) begin
        event_d.kind  = WalkFault;
        event_d.cause = line_cause;
      end else if (flight.level != '0 && entry_fault) begin
        event_d.kind  = WalkFault;
        event_d.cause = entry_cause;
      end else if (flight.level != '0 && leaf) begin
        event_d.kind = WalkSuper;
      end
    end
  end
  always_ff @(posedge clk) begin
    if (!rst_n) event_valid_q <= 1'b0;
    else event_valid_q <= last || direct;
  end
  always_ff @(posedge clk) begin
    event_q       <= event_d;
    event_down_q  <= last && goes_down;
    event_leaf_q  <= last && leaf;
    entry_fault_q <= entry_fault;
    entry_cause_q <= entry_cause;
  end

  assign event_page = {event_q.line, event_q.page};
  assign event_dead = dead[event_q.slot[SlotW-1:0]];
  assign event_end  = event_valid_q && !event_down_q && !event_dead;

  assign insert_valid = event_valid_q && !event_dead
                        && (event_down_q || (event_leaf_q && event_q.kind == WalkSuper));
  assign insert_ctx   = event_q.ctx;
  assign insert_page  = event_page;
  assign insert_level = event_q.level;
  assign insert_leaf  = event_q.kind == WalkSuper;
  assign insert_ppn   = event_q.ppn;

  assign passed_valid = event_valid_q && (!event_down_q || event_q.level == 3'd1);

  assign done_valid = event_end;
  assign done       = event_q;

  assign answer_slot  = event_q.slot;
  assign answer_looks = event_valid_q && !event_down_q && event_q.fast
                        && event_q.kind != WalkRefuse;
  assign answer_valid = answer_looks && !event_dead;
  assign answer_level = event_q.level;
  assign answer_ppn   = page_of(event_q.rules.format, event_q.ppn, event_page[35:0], event_q.level);
  always_comb begin
    answer_fault = 1'b1;
    if (event_q.kind == WalkFault) begin
      answer_cause = event_q.cause;
    end else begin
      answer_fault = event_q.kind == WalkTable && entry_fault_q;
      answer_cause = event_q.kind == WalkTable ? entry_cause_q : CauseNone;
    end
  end

  // -- dead walks are dropped ---------------------------------------------------------------------
  always_comb begin
    dropped = '0;
    if (fresh_dead) dropped[fresh.slot[SlotW-1:0]] = 1'b1;
    if (down_dead) dropped[down.slot[SlotW-1:0]] = 1'b1;
    if (event_valid_q && !event_down_q && event_dead) dropped[event_q.slot[SlotW-1:0]] = 1'b1;
  end

`ifdef VMSO_CHECKS
  logic [Ids-1:0] out_q;  // ids with a read out
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      out_q <= '0;
    end else begin
      if (last) out_q[id] <= 1'b0;
      if (taken) out_q[walk_req_id[SlotW-1:0]] <= 1'b1;
    end
  end
  `VMSO_INTG_IF(LineWasAsked, beat, out_q[id])
  `VMSO_INTG_IF(IdIsFree, taken, !out_q[walk_req_id[SlotW-1:0]])
  `VMSO_IMPL_IF(FreshHasRoom, open_valid || redo_push, fresh_room)
  `VMSO_IMPL_IF(DownHasRoom, down_push, down_room)
  `VMSO_IMPL_IF(LevelsEnd, down_push, flight.level != '0)
  `VMSO_IMPL_IF(WidthKept, down_push, (entry_ppn >> (flight.rules.pa_bits - 6'd12)) == '0)
`endif
  logic unused_bits;
  assign unused_bits = ^{fresh_count, down_count, fresh_room, down_room, walk_req_id, read_rsp.id,
                         index.entry, wanted.group[6:1]};
endmodule : vmso_xlat_walk
