// SPDX-License-Identifier: Apache-2.0
// Translation: from {context, page} to a physical page or a cause.
//
// lookup        valid/ready; lookup_ready is independent of lookup_valid. One per cycle; it pauses
//               for a cycle per TLB set and a few more during a fence, and for a cycle per waiter
//               of a walk at most. Every lookup gets exactly one `fill` or one `busy` (ask again
//               later)
// fill          valid only, in any order. A TLB hit, a large page in the walk cache, an identity page or
//               a fault without a table: 4 cycles after the handshake. After a walk: see below
// advise        a range to be translated ahead: see vmso_xlat_advise. Its look-ups take every eighth cycle at
//               most; advise_stop gives it up
// busy          valid only: no slot is free, the line's walk is just being ended, or another walk
//               is about to cache the upper levels that this one needs too
// walk_free     level: a walk slot is free and no lookup that is asked again is under way. Such a
//               lookup finds the slot, if lookup_waits was high since: no new one takes the last
// share_full    combinational: share_queue holds a quarter of the walk slots
// walk_charge   valid only, with a table read: the queue that opened the walk
// walk_req      64 aligned bytes; one slot has at most one read out. Windows are checked by the
//               read port
// latency       with R cycles from the request's handshake to the last beat on read_data: 3 + R + 2
//               if the parent is in the walk cache, n (R + 1) + 4 for n levels
// fence         see vmso_xlat_fence; none begins while hold_fence, which waits for look-ups alone
// formats       those of Cfg.formats; csr lets no COMMIT of another one through
// reset         xlat_ready when all contexts are off and the TLB is empty; nothing is taken before
// read_rsp      all reads that were asked before a reset have been answered before it
module vmso_xlat
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic                     clk,
  input  logic                     rst_n,
  output logic                     xlat_ready,
  input  windows_t                 windows,
  input  logic                     lookup_valid,
  output logic                     lookup_ready,
  input  lookup_t                  lookup,
  output logic                     fill_valid,
  output fill_t                    fill,
  output logic                     busy_valid,
  output run_ref_t                 busy,
  output logic                     walk_free,
  input  logic                     lookup_waits,
  input  queue_t                   share_queue,
  output logic                     share_full,
  output logic                     walk_charge_valid,
  output queue_t                   walk_charge_queue,
  output logic                     walk_req_valid,
  input  logic                     walk_req_ready,
  output read_req_t                walk_req,
  input  read_id_t                 walk_req_id,
  input  logic                     read_rsp_valid,
  input  read_rsp_t                read_rsp,
  input  logic [Cfg.data_bits-1:0] read_data,
  input  logic                     advise_valid,
  output logic                     advise_ready,
  input  advise_t                  advise,
  input  logic                     advise_stop,
  output logic                     advise_busy,
  output bytes_t                   advise_present,
  input  logic                     fence_valid,
  output logic                     fence_ready,
  input  fence_t                   fence,
  output logic [15:0]              fence_done_number,
  output logic                     mark_valid,
  input  logic                     mark_ready,
  output mark_t                    mark,
  input  logic                     hold_fence,
  output logic                     hold_issue,
  input  logic                     issue_held,
  output logic                     read_colour,
  input  logic [1:0]               colour_busy,
  output logic                     count_lookups,
  output logic                     count_tlb_hits,
  output logic                     count_walks,
  output logic                     count_table_reads,
  output logic                     count_pwc_hits
);
  localparam int unsigned Slots = Cfg.walk_slots;
  localparam int unsigned SlotW = vmso_math_pkg::index_width(Slots);
  localparam int unsigned LineW = SlotW + vmso_math_pkg::index_width(512 / Cfg.data_bits);
  localparam int unsigned KeyW  = vmso_math_pkg::index_width(Cfg.jobs) + 5;
  localparam int unsigned TlbSets = Cfg.tlb_lines / 4;
  localparam int unsigned Sets  = TlbSets < 16 ? 16 : TlbSets;  // sweep steps
  localparam int unsigned SetW  = $clog2(TlbSets);
  localparam int unsigned PwcMost = Cfg.tlb_lines < 64 ? 16 : Cfg.tlb_lines > 1024 ? 256
                                    : Cfg.tlb_lines / 4;
  localparam int unsigned PwcW  = $clog2(PwcMost);

  if (Cfg.data_bits > 512 || Cfg.runs_per_job != 32 || Slots < 2 || Slots > 64
      || Slots != 2**SlotW) begin : gen_bad_sizes
    $error("vmso_xlat: walk_slots = %0d, but it must be a power of two, 2..64, with 32 runs a job",
           Slots);
  end

  // -- fence --------------------------------------------------------------------------------------
  logic            swept, cleared, match_on, match_clear, add_valid, add_all, miss_matches, ending;
  logic            storm, sweep_read, sweep_write, at_matching;
  logic            pause, paused, restart, dead_offered, commit_valid;
  sweep_t          sweep, sweep_late;
  context_t        add_ctx, commit_ctx;
  lookup_t         miss;
  logic            gives_up, ghost_valid, ghost_turn, look_ready, known, known_fault, ghost_busy,
                   charge_ghost, crowded, miss_valid, miss_busy;
  lookup_t         ghost, look;
  slot_t           miss_at, ghost_slot;
  logic [2:0]      turn_q;
  context_config_t commit_cfg;
  logic [$clog2(Sets)-1:0] sweep_index, sweep_write_index;
  logic            sweep_yield;
  logic            fence_taken;

  assign fence_ready = xlat_ready && fence_taken;
  vmso_xlat_fence #(.Cfg(Cfg), .Sets(Sets)) u_fence (
    .clk, .rst_n, .fence_valid(fence_valid && xlat_ready), .fence_ready(fence_taken), .fence,
    .fence_done_number, .swept, .match_on, .add_valid, .add_all, .add_ctx, .match_clear,
    .miss_ctx(miss.ctx), .miss_matches, .ending, .storm(storm || hold_fence), .sweep_read, .sweep,
    .sweep_index, .sweep_write, .write(sweep_late), .write_index(sweep_write_index), .sweep_yield,
    .pause, .paused, .restart, .dead_offered, .commit_valid, .commit_ctx, .commit_cfg, .mark_valid,
    .mark_ready, .mark, .hold_issue, .issue_held, .read_colour, .colour_busy
  );
  assign xlat_ready = swept && cleared;

  // -- translating ahead --------------------------------------------------------------------------
  assign ghost_turn   = ghost_valid && turn_q == '0;
  assign look         = ghost_turn ? ghost : lookup;
  assign lookup_ready = look_ready && !ghost_turn;
  always_ff @(posedge clk) begin
    if (!rst_n) turn_q <= '0;
    else if (look_ready || !ghost_turn) turn_q <= turn_q + 1'b1;  // a turn is not lost to a pause
  end
  vmso_xlat_advise u_advise (
    .clk, .rst_n, .advise_valid(advise_valid && xlat_ready), .advise_ready, .advise,
    .stop(advise_stop), .busy(advise_busy), .present(advise_present), .look_valid(ghost_valid),
    .look_taken(ghost_turn && look_ready), .look(ghost), .refused(miss_busy && miss.ghost),
    .waits(miss_valid && miss.ghost && !miss_busy), .look_slot(miss_at), .known, .known_fault,
    .waits_slot(ghost_slot), .slot_busy(ghost_busy)
  );

  // -- lookup -------------------------------------------------------------------------------------
  logic            read_en, tlb_hit, pwc_hit, pwc_leaf, miss_pwc_hit, tlb_hit_pulse;
  logic            hit_valid, breathe, redo_valid, redo_ready;
  context_config_t look_cfg, redo_cfg;
  context_t        pwc_ctx, redo_ctx;
  page_t           pwc_page;
  logic [1:0]      tlb_way, miss_way;
  logic [2:0]      pwc_level, start_level;
  ppn_t            pwc_ppn, tlb_ppn, start_ppn;
  logic            again_next, again_under_way, slot_free;
  rules_t          start_rules;
  fill_t           hit;
  slot_t           redo_slot;
  line_t           redo_line;

  vmso_xlat_lookup u_lookup (
    .clk, .rst_n, .stop(!xlat_ready || sweep_read || pause || breathe),
    .lookup_valid(lookup_valid || ghost_turn), .lookup_ready(look_ready), .lookup(look), .read_en,
    .cfg(look_cfg), .tlb_hit, .tlb_way, .pwc_ctx, .pwc_page, .pwc_hit, .pwc_leaf, .pwc_level,
    .pwc_ppn, .tlb_ppn, .miss_valid, .miss, .gives_up, .miss_way, .miss_pwc_hit, .start_level,
    .start_rules, .start_ppn, .tlb_hit_pulse, .answer_valid(hit_valid), .answer(hit), .known,
    .known_fault, .again_next, .again_under_way, .idle(paused)
  );
  assign walk_free = slot_free && !again_under_way;
  vmso_xlat_context #(.Cfg(Cfg)) u_context (
    .clk, .rst_n, .cleared, .look_en(read_en), .look_ctx(look.ctx), .look_cfg,
    .redo_en(redo_valid && redo_ready), .redo_ctx, .redo_cfg, .commit_valid, .commit_ctx,
    .commit_cfg
  );

  // -- caches -------------------------------------------------------------------------------------
  logic       write_valid, write_ready, insert_valid, insert_leaf;
  context_t   write_ctx, insert_ctx;
  line_t      write_line;
  page_t      insert_page;
  logic [1:0] write_way;
  logic [2:0] insert_level;
  logic [7:0] write_good;
  ppn_t [7:0] write_ppn;
  ppn_t       insert_ppn;

  // a lookup, or a fill of the TLB, that was refused for the sweep has the next cycle
  always_ff @(posedge clk) begin
    if (!rst_n) sweep_yield <= 1'b0;
    else sweep_yield <= (lookup_valid && sweep_read) || (write_valid && sweep_write);
  end
  vmso_xlat_tlb #(.Cfg(Cfg)) u_tlb (
    .clk, .rst_n, .read_en, .read_ctx(look.ctx), .read_page(look.vpn[44:0]), .hit(tlb_hit),
    .fill_way(tlb_way), .hit_ppn(tlb_ppn), .write_valid, .write_ready,
    .write_ctx, .write_line, .write_way, .write_good, .write_ppn, .sweep_read,
    .sweep, .sweep_index(sweep_index[SetW-1:0]), .sweep_write, .swept(sweep_late)
  );
  vmso_xlat_pwc #(.Cfg(Cfg)) u_pwc (
    .clk, .rst_n, .look_ctx(pwc_ctx), .look_page(pwc_page), .look_hit(pwc_hit),
    .look_leaf(pwc_leaf), .look_level(pwc_level), .look_ppn(pwc_ppn), .insert_valid, .insert_ctx,
    .insert_page, .insert_level, .insert_leaf, .insert_ppn, .sweep_valid(sweep_write),
    .sweep(sweep_late), .sweep_index(sweep_write_index[PwcW-1:0])
  );

  // -- walks --------------------------------------------------------------------------------------
  logic             miss_opened, pop, pop_any, close, free_valid, at_any;
  logic             passed_valid, done_valid, first_looks, first_valid, first_fault, working;
  slot_t            miss_slot, first_slot, free_slot, at_slot, walk_req_slot;
  queue_t           charge_queue;
  logic [Slots-1:0] dead, walk_dropped, done_dropped;
  logic [KeyW-1:0]  pop_key, at_head, at_tail, at_key, at_next;
  logic [1:0]       at_way;
  logic [2:0]       at_page, first_level;
  logic             at_late;
  cause_e           first_cause;
  ppn_t             first_ppn;
  walk_t            open, done;
  logic [LineW-1:0] line_addr;
  logic [Cfg.data_bits-1:0] line_data;

  assign open = '{
    slot: miss_slot, ctx: miss.ctx, line: miss.vpn[44:3], page: miss.vpn[2:0], fast: !miss.ghost,
    level: start_level, rules: start_rules, kind: WalkTable, cause: CauseNone, ppn: start_ppn
  };
  vmso_xlat_slots #(.Cfg(Cfg)) u_slots (
    .clk, .rst_n, .miss_valid, .miss, .miss_way,
    .miss_upper(start_level != '0), .miss_opened, .miss_slot, .miss_busy,
    .keep_one(lookup_waits || again_next), .slot_free, .share_queue, .share_full, .crowded,
    .miss_at, .ghost_slot, .ghost_busy, .charge_ghost,
    .charge_slot(walk_req_slot), .charge_queue,
    .match_on, .match_clear, .add_valid, .add_all, .add_ctx, .miss_matches, .restart, .dead, .storm,
    .dropped(walk_dropped | done_dropped), .redo_valid, .redo_ready, .redo_slot, .redo_ctx,
    .redo_line, .passed_valid, .pop_slot(first_slot), .pop_any, .pop_key, .pop_looks(first_looks),
    .pop, .close,
    .free_valid, .free_slot, .at_slot, .at_matching, .at_any, .at_head, .at_tail, .at_way,
    .at_key, .at_next, .at_page, .at_late
  );
  vmso_xlat_walk #(.Cfg(Cfg)) u_walk (
    .clk, .rst_n, .open_valid(miss_opened), .open, .redo_valid, .redo_ready, .redo_slot,
    .redo_ctx, .redo_line, .redo_cfg, .dead,
    .dropped(walk_dropped), .dead_offered, .walk_req_valid, .walk_req_ready, .walk_req,
    .walk_req_slot,
    .walk_req_id, .read_rsp_valid, .read_rsp, .read_data, .insert_valid, .insert_ctx, .insert_page,
    .insert_level, .insert_leaf, .insert_ppn, .passed_valid, .answer_slot(first_slot),
    .answer_looks(first_looks), .answer_valid(first_valid), .answer_fault(first_fault),
    .answer_cause(first_cause), .answer_level(first_level), .answer_ppn(first_ppn),
    .done_valid, .done, .line_addr, .line_data
  );

  logic  answer_valid, answer_ready, refuse;
  fill_t answer, fill_d;
  vmso_xlat_finish #(.Cfg(Cfg)) u_finish (
    .clk, .rst_n, .dead, .dropped(done_dropped),
    .working, .done_valid, .done, .line_addr, .line_data, .close, .at_slot, .at_any,
    .at_head, .at_tail, .at_way, .at_key, .at_next, .at_page, .at_late, .free_valid, .free_slot,
    .answer_valid, .answer_ready, .refuse, .answer, .tlb_write_valid(write_valid),
    .tlb_write_ready(write_ready), .tlb_write_ctx(write_ctx), .tlb_write_line(write_line),
    .tlb_write_way(write_way), .tlb_write_good(write_good),
    .tlb_write_ppn(write_ppn)
  );
  assign ending = working && at_matching;

  // advice that found no walk slot twice, and others have them
  assign gives_up = miss_busy && miss.advise && miss.again && crowded && !miss.ghost;

  // -- one answer per cycle: a hit, else the first waiter of a walk, else what the finisher has ---
  logic [2:0] breath_q;  // gaps that go down the lookup pipeline
  assign pop          = first_valid && !hit_valid && pop_any;
  assign answer_ready = !first_looks && (refuse ? !miss_busy : !hit_valid);  // pop has the list
  // A waiter that hits keep waiting: one gap at a time. Whether a miss is refused comes late, so for a
  // refusal each miss counts.
  assign breathe      = answer_valid && (first_looks || (refuse ? miss_valid : hit_valid))
                        && breath_q == '0;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      breath_q   <= '0;
      fill_valid <= 1'b0;
      busy_valid <= 1'b0;
    end else begin
      breath_q   <= {breath_q[1:0], breathe};
      fill_valid <= hit_valid || pop || (answer_valid && !refuse && answer_ready);
      busy_valid <= (miss_busy && !gives_up && !miss.ghost)
                    || (answer_valid && refuse && answer_ready);
    end
  end
  // whoever answers: the page is used only if it lies in a window now
  logic inside_window;
  always_comb begin
    fill_d = answer;
    if (hit_valid) begin
      fill_d = hit;
    end else if (first_valid) begin
      fill_d = '{
        job: job_t'(pop_key[KeyW-1:5]), run: pop_key[4:0], fault: first_fault, cause: first_cause,
        level: first_level, ppn: first_ppn
      };
    end
  end
  vmso_axi_window u_window (.windows, .page(fill_d.ppn), .inside_window);
  always_ff @(posedge clk) begin
    fill <= fill_d;
    if (!fill_d.fault && !inside_window) begin
      fill.fault <= 1'b1;
      fill.cause <= CauseDataWindow;
    end
    busy <= miss_busy ? '{job: miss.job, run: miss.run} : '{job: answer.job, run: answer.run};
  end

  always_ff @(posedge clk) begin
    count_lookups     <= read_en;
    count_tlb_hits    <= tlb_hit_pulse;
    count_walks       <= miss_opened;
    count_table_reads <= walk_req_valid && walk_req_ready;
    count_pwc_hits    <= miss_opened && miss_pwc_hit;
    walk_charge_queue <= charge_queue;
  end
  always_ff @(posedge clk) begin
    if (!rst_n) walk_charge_valid <= 1'b0;
    else walk_charge_valid <= walk_req_valid && walk_req_ready && !charge_ghost;
  end

  logic unused_index;  // the walk cache has fewer entries than the TLB sets
  assign unused_index = ^sweep_write_index;
endmodule : vmso_xlat
