// SPDX-License-Identifier: Apache-2.0
// Ends walks, one at a time: judges all pages of the line, answers its waiters, fills the TLB.
//
// done         valid only; there is a place for every slot
// answer       valid/ready: one waiter, judged on its own entry. refuse: ask again, instead of an
//              answer; also instead of a fault, if the waiter is late (vmso_xlat_slots): what was made present
//              needs no fence, so a fault has to be of a read that is younger than the question
// tlb_write    valid/ready; only pages whose entries are good by themselves. A slot is free three
//              cycles later, when every lookup that missed the line before has been refused
// latency      eight pages in 11 cycles, waiters are answered meanwhile; then the next walk. A large page
//              fills nothing: its end is that of its waiters
// dead walks   are dropped instead of begun. working: at_slot's is being ended
// reset        control
`include "vmso_assert.svh"
module vmso_xlat_finish
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned Slots = Cfg.walk_slots,
  localparam int unsigned SlotW = vmso_math_pkg::index_width(Slots),
  localparam int unsigned Beats = 512 / Cfg.data_bits,
  localparam int unsigned BeatW = vmso_math_pkg::index_width(Beats),
  localparam int unsigned LineW = SlotW + BeatW,
  localparam int unsigned KeyW  = vmso_math_pkg::index_width(Cfg.jobs) + 5
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  logic [Slots-1:0]         dead,
  output logic [Slots-1:0]         dropped,
  output logic                     working,
  input  logic                     done_valid,
  input  walk_t                    done,
  output logic [LineW-1:0]         line_addr,
  input  logic [Cfg.data_bits-1:0] line_data,
  // slots
  output logic                     close,
  output slot_t                    at_slot,
  input  logic                     at_any,
  input  logic [KeyW-1:0]          at_head,
  input  logic [KeyW-1:0]          at_tail,
  input  logic [1:0]               at_way,
  output logic [KeyW-1:0]          at_key,
  input  logic [KeyW-1:0]          at_next,
  input  logic [2:0]               at_page,
  input  logic                     at_late,
  output logic                     free_valid,
  output slot_t                    free_slot,
  output logic                     answer_valid,
  input  logic                     answer_ready,
  output logic                     refuse,
  output fill_t                    answer,
  output logic                     tlb_write_valid,
  input  logic                     tlb_write_ready,
  output context_t                 tlb_write_ctx,
  output line_t                    tlb_write_line,
  output logic [1:0]               tlb_write_way,
  output logic [7:0]               tlb_write_good,
  output ppn_t [7:0]               tlb_write_ppn
);
  localparam int unsigned PerBeat  = 8 / Beats;
  localparam int unsigned PerBeatW = $clog2(PerBeat);
  localparam int unsigned CountW   = vmso_math_pkg::count_width(Slots);
  typedef enum logic [2:0] {
    FinishIdle = 3'd0, FinishClose = 3'd1, FinishHead = 3'd2, FinishWaiters = 3'd3,
    FinishWrite = 3'd4
  } state_e;

  // -- the walk that is being ended ---------------------------------------------------------------
  state_e state_d, state_q;
  walk_t  next, walk_q;
  logic   next_valid, next_pop, next_dead, begins, room, judged_all, waiters_q, from_entries, fills;
  logic [KeyW-1:0]   key_q;
  logic [CountW-1:0] count;

  vmso_fifo #(.Bits($bits(walk_t)), .Depth(Slots)) u_done (
    .clk, .rst_n, .in_valid(done_valid), .in_ready(room), .in(done), .out_valid(next_valid),
    .out_ready(next_pop), .out(next), .count
  );
  assign next_dead = dead[next.slot[SlotW-1:0]];
  assign next_pop  = next_valid && (next_dead || state_q == FinishIdle);
  assign begins    = next_valid && !next_dead && state_q == FinishIdle;
  always_comb begin
    dropped = '0;
    if (next_valid && next_dead) dropped[next.slot[SlotW-1:0]] = 1'b1;
  end
  assign working     = state_q != FinishIdle;
  assign close       = state_q == FinishClose;
  assign at_slot     = walk_q.slot;
  assign at_key      = key_q;

  logic free_now;
  always_comb begin
    state_d  = state_q;
    free_now = 1'b0;
    unique case (state_q)
      FinishIdle:  if (begins) state_d = FinishClose;
      FinishClose: state_d = FinishHead;
      FinishHead:  state_d = FinishWaiters;
      FinishWaiters: if (!waiters_q && (judged_all || !fills)) begin
        state_d = fills ? FinishWrite : FinishIdle;
        free_now = !fills;
      end
      default: if (tlb_write_ready) begin  // FinishWrite
        state_d  = FinishIdle;
        free_now = 1'b1;
      end
    endcase
  end
  // what misses in the tags before the write reaches the slots two cycles later
  logic  free_valid_q, free_valid_q2;
  slot_t free_slot_q, free_slot_q2;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q       <= FinishIdle;
      free_valid_q  <= 1'b0;
      free_valid_q2 <= 1'b0;
    end else begin
      state_q       <= state_d;
      free_valid_q  <= free_now;
      free_valid_q2 <= free_valid_q;
    end
  end
  always_ff @(posedge clk) begin
    if (begins) walk_q <= next;
    free_slot_q  <= walk_q.slot;
    free_slot_q2 <= free_slot_q;
  end
  assign free_valid = free_valid_q2;
  assign free_slot  = free_slot_q2;

  // -- judge: one page per cycle, from the opener's on --------------------------------------------
  logic [3:0] asked_q;                 // pages asked for
  logic       entry_valid_q, good_valid_q, judged_valid;
  logic [2:0] asked_page, asked_word, entry_page_q, good_page_q, word;
  logic [63:0] word_bits, entry;
  logic       unused_leaf, entry_fault, good_q;
  cause_e     entry_cause, cause_q;
  ppn_t       entry_ppn, ppn_q;

  assign fills        = walk_q.kind == WalkTable;
  assign from_entries = fills || walk_q.kind == WalkSuper;
  assign asked_page   = walk_q.page + asked_q[2:0];
  assign asked_word   = entry_word(walk_q.rules.format, 1'b0, asked_page);
  assign line_addr    = {walk_q.slot[SlotW-1:0], BeatW'(32'(asked_word) >> PerBeatW)};
  assign word         = entry_word(walk_q.rules.format, walk_q.line[0], entry_page_q);
  assign word_bits    = line_data[(32'(word) & (PerBeat - 1))*64 +: 64];
  assign entry        = entry_bits(walk_q.rules.format, word_bits, entry_page_q[0]);
  vmso_xlat_decode #(.Formats(Cfg.formats)) u_decode (
    .entry, .level(3'd0), .page({walk_q.line[0], entry_page_q}), .rules(walk_q.rules),
    .leaf(unused_leaf), .fault(entry_fault), .cause(entry_cause), .ppn(entry_ppn)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      entry_valid_q <= 1'b0;
      good_valid_q  <= 1'b0;
    end else begin
      entry_valid_q <= working && from_entries && !asked_q[3];
      good_valid_q  <= entry_valid_q && working;
    end
  end
  always_ff @(posedge clk) begin
    if (begins) asked_q <= '0;
    else if (working && !asked_q[3]) asked_q <= asked_q + 1'b1;
    entry_page_q <= asked_page;
    good_page_q  <= entry_page_q;
    if (walk_q.kind == WalkSuper) begin
      good_q  <= 1'b1;
      cause_q <= CauseNone;
      ppn_q   <= page_of(walk_q.rules.format, walk_q.ppn, {walk_q.line[32:0], entry_page_q},
                         walk_q.level);
    end else begin
      good_q  <= !entry_fault;
      cause_q <= entry_cause;
      ppn_q   <= entry_ppn;
    end
  end

  cause_e [7:0]   page_cause_q;
  ppn_t [7:0]     page_ppn_q;
  logic [7:0]     judged_q, page_good_q;

  assign judged_valid = good_valid_q;
  assign judged_all   = judged_q == '1;
  always_ff @(posedge clk) begin
    if (begins) begin
      judged_q <= '0;
    end else if (judged_valid) begin
      judged_q[good_page_q] <= 1'b1;
    end
    if (judged_valid) begin
      page_good_q[good_page_q] <= good_q;
      page_ppn_q[good_page_q]  <= ppn_q;
      page_cause_q[good_page_q] <= cause_q;
    end
  end

  // -- answer the waiters -------------------------------------------------------------------------
  assign answer_valid = state_q == FinishWaiters && waiters_q
                        && (!from_entries || judged_q[at_page]);
  assign refuse = walk_q.kind == WalkRefuse || (answer.fault && at_late);
  always_comb begin
    answer = '{
      job: job_t'(key_q[KeyW-1:5]), run: key_q[4:0], fault: !page_good_q[at_page],
      cause: page_cause_q[at_page], level: walk_q.level, ppn: page_ppn_q[at_page]
    };
    if (walk_q.kind == WalkFault) begin
      answer.fault = 1'b1;
      answer.cause = walk_q.cause;
    end
  end
  always_ff @(posedge clk) begin
    if (state_q == FinishHead) begin
      key_q     <= at_head;
      waiters_q <= at_any;
    end else if (answer_valid && answer_ready) begin
      key_q     <= at_next;
      waiters_q <= key_q != at_tail;
    end
  end

  // -- fill the TLB -------------------------------------------------------------------------------
  assign tlb_write_valid = state_q == FinishWrite;
  assign tlb_write_ctx   = walk_q.ctx;
  assign tlb_write_line  = walk_q.line;
  assign tlb_write_way   = at_way;
  assign tlb_write_good  = page_good_q;
  assign tlb_write_ppn   = page_ppn_q;

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(DoneHasRoom, done_valid, room)
`endif
  logic unused_bits;
  assign unused_bits = ^{count, room, walk_q.fast};
endmodule : vmso_xlat_finish
