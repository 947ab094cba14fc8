// SPDX-License-Identifier: Apache-2.0
// Walk slots: which lines are being walked, who waits for each, and whose share each one is.
//
// miss         one per cycle: joins the walk of its {context, line}, opens one (miss_opened,
//              miss_slot), or is refused: no slot is free, the walk is closing, or miss_upper and
//              another walk is reading the upper tables of the same 2 MiB (it leaves their entries
//              in the walk cache, so nothing is lost and no table is read twice)
// advise       opens a walk only while more than half of the slots are free; crowded: it is others that hold
//              half of them. A ghost does not wait for the
//              walk that it opened or met: miss_at; at_busy: the walk of ghost_slot is under way. Its slot
//              is nobody's share
// shares       while others wait (keep_one) a new lookup does not open the last free slot: it is for
//              the one that is asked again, which never finds it gone. share_full, combinational:
//              share_queue opened a quarter of the slots, at least one, or more. A slot is its
//              opener's, whoever joins
// state        Free -> Wait (the walk is under way) -> Closing (joins no more) -> Free; a dead walk
//              goes to Redo, from where redo hands it out again, or, if nobody waits for it any more, to Free
// late         of a waiter: the reads of its walk may be older than its question. A page that was made present
//              in between, without a fence, is not seen there: see vmso_xlat_finish. Whoever asks again is not
//              late: the walk that it joins was opened after it had asked first
// waiters      a linked list per slot through a RAM of {job, run}, in order of arrival. head is
//              combinational from pop_slot; pop takes it off, in a cycle with pop_looks. The finisher goes
//              through the list by itself
// one cycle    what may happen to the same slot at once. A walk is in one place: where it is asked
//              for, at the event stage (pop), in line for the finisher, in the finisher (close, free)
//                       join    pop     dropped   redo    close   free    open
//                join    -      yes     yes       yes     yes     no, Closing     no, was Free
//                pop            -       no, dead  no      no, the finisher comes later   no
//                dropped                -         no, the walk ends first    no   no
//                redo                             -       no, no walk             no
//                close                                    -       no, 2 cycles later     no
//              Of different slots any two may meet, but join and open: there is one miss. The no's
//              are asserted, each yes is met in the unit test
// charge       charge_queue: whose slot charge_slot is, combinational
// dead         matching walks while match_on, and from restart on those that were under way then. Walks
//              match that an `add` of the batch named, and later ones that miss_matches; at_matching: that
//              of at_slot
// storm        a walk was killed by two fences and its waiters still wait
// reset        states and counts
`include "vmso_assert.svh"
module vmso_xlat_slots
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned Slots = Cfg.walk_slots,
  localparam int unsigned SlotW = vmso_math_pkg::index_width(Slots),
  localparam int unsigned KeyW  = vmso_math_pkg::index_width(Cfg.jobs) + 5,
  localparam int unsigned CtxW  = vmso_math_pkg::index_width(Cfg.contexts)  // walked ones exist
) (
  input  logic             clk,
  input  logic             rst_n,
  input  logic             miss_valid,
  input  lookup_t          miss,
  input  logic [1:0]       miss_way,
  input  logic             miss_upper,   // its walk begins above level 0
  input  logic             keep_one,
  output logic             miss_opened,
  output slot_t            miss_slot,
  output logic             miss_busy,
  output logic             crowded,
  output slot_t            miss_at,
  input  slot_t            ghost_slot,
  output logic             ghost_busy,
  output logic             slot_free,
  input  queue_t           share_queue,
  output logic             share_full,
  input  slot_t            charge_slot,
  output queue_t           charge_queue,
  output logic             charge_ghost,
  // the fence
  input  logic             match_on,
  input  logic             match_clear,
  input  logic             add_valid,
  input  logic             add_all,
  input  context_t         add_ctx,
  input  logic             miss_matches,
  input  logic             restart,
  output logic [Slots-1:0] dead,
  output logic             storm,
  // walks: these slots' walks were found dead and dropped
  input  logic [Slots-1:0] dropped,
  output logic             redo_valid,
  input  logic             redo_ready,
  output slot_t            redo_slot,
  output context_t         redo_ctx,
  output line_t            redo_line,
  // event stage
  input  logic             passed_valid, // the walk of pop_slot is below the upper tables
  input  slot_t            pop_slot,
  output logic             pop_any,     // somebody waits
  output logic [KeyW-1:0]  pop_key,
  input  logic             pop_looks,
  input  logic             pop,
  // finisher
  input  logic             close,       // slot at_slot closes
  input  logic             free_valid,
  input  slot_t            free_slot,
  input  slot_t            at_slot,
  output logic             at_matching,
  output logic             at_any,
  output logic [KeyW-1:0]  at_head,
  output logic [KeyW-1:0]  at_tail,
  output logic [1:0]       at_way,
  input  logic [KeyW-1:0]  at_key,
  output logic [KeyW-1:0]  at_next,     // not in a cycle with pop_looks
  output logic [2:0]       at_page,
  output logic             at_late
);
  typedef enum logic [1:0] {
    SlotFree = 2'd0, SlotWait = 2'd1, SlotRedo = 2'd2, SlotClosing = 2'd3
  } state_e;
  typedef logic [SlotW-1:0] index_t;

  typedef logic [Slots-1:0] slots_t;  // one bit a slot

  slots_t [1:0] state_q;  // bit b of all states
  logic [CtxW-1:0] ctx_q [Slots];
  line_t        line_q [Slots];
  logic [1:0]   way_q [Slots];
  slots_t       empty_q, dead_q, matched_q, popped_q, upper_q;
  slots_t       killed_q, killed_twice_q;  // by a fence

  // Those in a state; the states after some have moved to another.
  function automatic slots_t in_state(state_e state);
    return (state_q[1] ^ {Slots{~state[1]}}) & (state_q[0] ^ {Slots{~state[0]}});
  endfunction
  function automatic slots_t [1:0] moved(slots_t [1:0] states, slots_t who, state_e state);
    return {state[1] ? states[1] | who : states[1] & ~who,
            state[0] ? states[0] | who : states[0] & ~who};
  endfunction

  // -- a miss: join, open or refuse ---------------------------------------------------------------
  slots_t           same, region, match, free, redo, tired, matching;
  index_t           match_index, free_index, redo_index, take_index;
  logic             join_it, may_open, take;  // take: the slot gets one more waiter
  logic [KeyW-1:0]  miss_key, next_key;
  logic             many_free_q;  // more than half, whatever the last cycle has opened
  slots_t           advise_q;

  assign miss_key = {miss.job[KeyW-6:0], miss.run};
  always_comb begin
    region = '0;
    same   = '0;
    for (int unsigned s = 0; s < Slots; s++) begin
      if (ctx_q[s] == miss.ctx[CtxW-1:0] && line_q[s][41:6] == miss.vpn[44:9]) begin
        region[s] = upper_q[s];
        same[s]   = line_q[s][5:0] == miss.vpn[8:3];
      end
    end
  end
  assign free     = in_state(SlotFree);
  assign match    = same & ~free;
  assign matching = match_on ? matched_q : '0;
  assign redo     = in_state(SlotRedo) & ~matching;
  assign tired    = killed_twice_q & ~free;
  always_comb begin
    match_index = '0;
    free_index  = '0;
    redo_index  = '0;
    if (match != '0) begin
      for (int unsigned s = 0; s < Slots; s++) if (match[s]) match_index |= index_t'(s);
    end
    for (int unsigned s = Slots; s > 0; s--) if (free[s-1]) free_index = index_t'(s - 1);
    if (redo != '0) begin
      for (int unsigned s = Slots; s > 0; s--) if (redo[s-1]) redo_index = index_t'(s - 1);
    end
  end
  assign slot_free   = free != '0;
  assign join_it     = miss_valid && (match & ~in_state(SlotClosing)) != '0;
  assign may_open    = slot_free && (miss.again || !keep_one || (free & (free - 1'b1)) != '0)
                       && (!miss.advise || many_free_q);
  assign miss_opened = miss_valid && match == '0 && may_open && !(miss_upper && region != '0);
  assign miss_slot   = slot_t'(free_index);
  assign take        = (join_it || miss_opened) && !miss.ghost;
  assign miss_at     = slot_t'(take_index);
  assign ghost_busy  = !free[ghost_slot[SlotW-1:0]];
  assign take_index  = join_it ? match_index : free_index;
  assign miss_busy   = miss_valid && !join_it && !miss_opened;
  assign dead        = dead_q | matching;
  assign storm       = tired != '0;

  always_ff @(posedge clk) begin
    many_free_q <= $countones(free) > Slots / 2 + 1;
    crowded     <= $countones(~free & ~advise_q) >= Slots / 2;
    if (miss_opened) advise_q[free_index] <= miss.advise;
  end

  // -- shares -------------------------------------------------------------------------------------
  localparam int unsigned QueueW  = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned CountW  = vmso_math_pkg::count_width(Slots);
  localparam int unsigned Quarter = Slots < 4 ? 1 : Slots / 4;
  logic [QueueW-1:0] owner_q [Slots];
  slots_t            ghost_q;
  logic [QueueW-1:0] charged;
  logic [CountW-1:0] held;

  always_comb begin
    held = '0;
    for (int unsigned s = 0; s < Slots; s++) begin
      held += CountW'(!free[s] && !ghost_q[s] && owner_q[s] == share_queue[QueueW-1:0]);
    end
  end
  assign share_full = 32'(held) >= Quarter;
  always_ff @(posedge clk) begin
    if (miss_opened) begin
      owner_q[free_index] <= miss.queue[QueueW-1:0];
      ghost_q[free_index] <= miss.ghost;
    end
  end
  // a copy of owner_q: cheaper than a multiplexer
  vmso_lutram #(.Depth(Slots), .Bits(QueueW + 1)) u_charge (
    .clk, .write_en(miss_opened), .write_addr(free_index),
    .write_data({miss.ghost, miss.queue[QueueW-1:0]}),
    .read_addr(charge_slot[SlotW-1:0]), .read_data({charge_ghost, charged})
  );
  assign charge_queue = queue_t'(charged);

  // -- waiters ------------------------------------------------------------------------------------
  logic [KeyW-1:0] list_addr, match_tail, pop_tail, pop_first, pop_second, at_first, at_second;
  logic            heads, moves;
  index_t          pop_index, at_index;

  assign pop_index = pop_slot[SlotW-1:0];
  assign at_index  = at_slot[SlotW-1:0];
  assign pop_any   = !empty_q[pop_index];
  assign pop_key   = popped_q[pop_index] ? pop_second : pop_first;
  assign list_addr = pop_looks ? pop_key : at_key;
  assign at_any    = !empty_q[at_index];
  assign at_matching = matched_q[at_index];
  assign at_head   = popped_q[at_index] ? at_second : at_first;
  assign at_way    = way_q[at_index];
  assign at_next   = next_key;
  // The head: the waiter that found nobody there, or who moved up since then (popped_q); one RAM for
  // each of the two writers.
  assign heads  = take && (miss_opened || empty_q[match_index]
                           || (pop && pop_index == match_index && pop_key == match_tail));
  assign moves  = pop && pop_key != pop_tail;
  vmso_lutram #(.Depth(Slots), .Bits(KeyW), .Reads(2)) u_first (
    .clk, .write_en(heads), .write_addr(take_index), .write_data(miss_key),
    .read_addr({pop_index, at_index}), .read_data({pop_first, at_first})
  );
  vmso_lutram #(.Depth(Slots), .Bits(KeyW), .Reads(2)) u_second (
    .clk, .write_en(moves), .write_addr(pop_index), .write_data(next_key),
    .read_addr({pop_index, at_index}), .read_data({pop_second, at_second})
  );
  vmso_lutram #(.Depth(Slots), .Bits(KeyW), .Reads(3)) u_tail (
    .clk, .write_en(take), .write_addr(take_index), .write_data(miss_key),
    .read_addr({match_index, pop_index, at_index}), .read_data({match_tail, pop_tail, at_tail})
  );
  vmso_lutram #(.Depth(1 << KeyW), .Bits(KeyW)) u_next (
    .clk, .write_en(take && join_it && !empty_q[match_index]), .write_addr(match_tail),
    .write_data(miss_key), .read_addr(list_addr), .read_data(next_key)
  );
  vmso_lutram #(.Depth(1 << KeyW), .Bits(4)) u_page (
    .clk, .write_en(take), .write_addr(miss_key),
    .write_data({join_it && !miss.again, miss.vpn[2:0]}),
    .read_addr(at_key), .read_data({at_late, at_page})
  );

  // walks that died and are nobody's
  slots_t joins, unwanted;
  assign joins    = join_it && take ? slots_t'(1) << match_index : '0;
  assign unwanted = dropped & empty_q & ~joins;

  // A lookup that did not find the inserted entry may be one cycle behind.
  logic   passed_q;
  index_t passed_index_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      passed_q <= 1'b0;
      upper_q  <= '0;
    end else begin
      passed_q <= passed_valid;
      upper_q  <= upper_q & ~unwanted;
      if (passed_q) upper_q[passed_index_q] <= 1'b0;
      if (redo_valid && redo_ready) upper_q[redo_index] <= 1'b1;
      if (miss_opened) upper_q[free_index] <= miss_upper;
    end
  end
  always_ff @(posedge clk) passed_index_q <= pop_index;

  always_ff @(posedge clk) begin
    if (pop && !moves) empty_q[pop_index] <= 1'b1;
    if (moves) popped_q[pop_index] <= 1'b1;
    if (miss_opened) empty_q[free_index] <= 1'b1;
    if (take) empty_q[take_index] <= 1'b0;
    if (heads) popped_q[take_index] <= 1'b0;
    if (match_clear) begin
      matched_q <= '0;
    end else if (add_valid) begin
      for (int unsigned s = 0; s < Slots; s++) begin
        if (add_all || ctx_q[s] == add_ctx[CtxW-1:0]) matched_q[s] <= 1'b1;
      end
    end
    if (miss_opened) begin
      matched_q[free_index] <= miss_matches;
      ctx_q[free_index]  <= miss.ctx[CtxW-1:0];
      line_q[free_index] <= miss.vpn[44:3];
      way_q[free_index]  <= miss_way;
    end
  end

  // -- states -------------------------------------------------------------------------------------
  slots_t opens, redoes, closes, frees;
  slots_t [1:0] state_d;
  assign opens   = miss_opened ? slots_t'(1) << free_index : '0;
  assign redoes  = redo_valid && redo_ready ? slots_t'(1) << redo_index : '0;
  assign closes  = close ? slots_t'(1) << at_index : '0;
  assign frees   = free_valid ? slots_t'(1) << free_slot[SlotW-1:0] : '0;
  always_comb begin
    state_d = moved(state_q, dropped, SlotRedo);
    state_d = moved(state_d, redoes | opens, SlotWait);
    state_d = moved(state_d, closes, SlotClosing);
    state_d = moved(state_d, frees | unwanted, SlotFree);
  end
  assign redo_valid = redo != '0;
  assign redo_slot  = slot_t'(redo_index);
  // a copy of ctx_q and line_q: cheaper than a wide multiplexer
  vmso_lutram #(.Depth(Slots), .Bits($bits(context_t) + $bits(line_t))) u_redo (
    .clk, .write_en(miss_opened), .write_addr(free_index), .write_data({miss.ctx, miss.vpn[44:3]}),
    .read_addr(redo_index), .read_data({redo_ctx, redo_line})
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q        <= '0;
      dead_q         <= '0;
      killed_q       <= '0;
      killed_twice_q <= '0;
    end else begin
      state_q        <= state_d;
      dead_q         <= (dead_q | (restart ? in_state(SlotWait) & matching : '0)) & ~dropped;
      killed_q       <= (killed_q | dropped) & ~opens;
      killed_twice_q <= (killed_twice_q | (killed_q & dropped)) & ~(opens | unwanted);
    end
  end

`ifdef VMSO_CHECKS
  slots_t pops;
  assign pops = pop ? slots_t'(1) << pop_index : '0;
  `VMSO_INTG_IF(MatchStands, match_on, !(add_valid || match_clear))
  `VMSO_IMPL_IF(PopLooks, pop, pop_looks)
  `VMSO_IMPL_IF(OneWalkPerLine, miss_valid, $onehot0(match))
  `VMSO_IMPL_IF(DroppedWasUnderWay, dropped != '0, (dropped & (free | redo)) == '0)
  `VMSO_IMPL_IF(NobodyIsForgotten, free_valid, (frees & ~in_state(SlotClosing)) == '0)
  `VMSO_IMPL_IF(NoJoinOfWhatEnds, joins != '0, (joins & (frees | free)) == '0)
  `VMSO_IMPL(OneThingPerWalk, ((pops & (dropped | redoes | closes | frees | free)) |
             (dropped & (redoes | closes | frees)) | (redoes & (closes | frees)) |
             (closes & frees)) == '0)
  `VMSO_IMPL_IF(OneTake, join_it, !miss_opened)
  `VMSO_INTG_IF(AskedAgainWithASlot, miss_valid && miss.again, slot_free)
`endif
  logic unused_bits;
  assign unused_bits = ^{add_ctx, miss.queue, miss.vpn[51:45], miss.job[7:KeyW-5], pop_slot,
                         at_slot,
                         free_slot, ghost_slot, share_queue, charge_slot};
endmodule : vmso_xlat_slots
