// SPDX-License-Identifier: Apache-2.0
// Judges the prefetched slots in order and hands first slots of jobs to the job room.
//
// batches     `take` pushes what the fetcher asked for; their slots come in that order from the store
// peek        look-ahead: the state of the next batch's queue is asked for (peek_en, answers one cycle
//             later) while the present batch is worked on, so that a change of queue costs no cycle.
//             In other cycles load_queue and the query are of the queue at work, to stay up to date
// share       a slot waits while its queue has more than its share of the job entries: they come back
//             within some beats if the queue flows. Only if slots of other queues are behind and no entry
//             at all has come back for Patience cycles it is dropped
// drop        a queue that may not load now (share, bytes ahead, no completion place), a slot that is not
//             the one expected, or a framing error: the rest of the batch is dropped, a new life of the
//             queue begins, and fetching starts again at the load index
// running     of queue_q, combinational: else its batches are dropped and its load state is not touched
// forget      the controller writes the load state of ctl_queue: what is known of it here is void
// slot        valid/ready; valid may fall without ready if its queue stops running
// throughput  one slot per two cycles
`include "vmso_assert.svh"
module vmso_ring_load
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned Blocks = Cfg.first_slots / BatchSlots
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              take,
  input  batch_t            take_batch,
  output logic              give,
  // slots from the store
  input  logic              store_valid,
  output logic              store_ready,
  input  first_slot_t       store_slot,
  input  read_resp_e        store_resp,
  input  logic              store_void,
  input  logic              store_last,
  output logic              drop,
  // state of queues
  output logic              peek_en,
  output logic [QueueW-1:0] load_queue,
  input  slot_idx_t         load_producer,
  input  load_state_t       load_load_state,
  input  seen_t             load_seen,
  input  logic [7:0]        load_freed,
  input  logic [3:0]        load_log2_slots,
  input  logic [3:0]        load_log2_entries,
  input  queue_contexts_t   load_contexts,
  input  query_t            query,
  input  logic              peek_hold,      // the query of this cycle is for the fetcher
  input  logic              query_other,    // the query asked in this cycle is not load_queue's
  output logic              load_state_en,
  output logic [QueueW-1:0] load_state_queue,
  output load_state_t       load_state,
  output logic              seen_en,        // of load_state_queue too
  output seen_t             seen,
  // controller
  output logic [QueueW-1:0] run_queue,
  input  logic              running,
  input  logic              forget,
  input  logic [QueueW-1:0] ctl_queue,
  // out
  input  logic [7:0]        job_home,
  output logic              slot_valid,
  input  logic              slot_ready,
  output slot_t             slot,
  output logic              bad_en,         // record of a framing error
  output bad_t              bad,
  output logic              bad_valid,      // attention of the controller, with load_state_queue
  input  logic              bad_ready,
  output logic              batch_end_valid,
  input  logic              batch_end_ready,
  output logic [QueueW-1:0] batch_end
);
  localparam int unsigned BlockW = $clog2(Blocks);
  localparam logic [24:0] LoadLimit = 25'd262144;  // payload bytes loaded and not issued, per queue
  // beats of two largest frames
  localparam logic [11:0] Patience = 12'(2 * Cfg.max_frame * 8 / Cfg.data_bits);

  // -- peek: next batch and the state of its queue ---------------------------------------------------
  logic [BlockW:0]   take_q, peek_q;
  batch_t            next;
  logic              next_asked_q, next_valid_q, next_used, next_dead_q;
  batch_t            next_q;
  load_state_t       next_state_q;
  seen_t             next_seen_q;
  query_t            next_query_q;
  slot_idx_t         next_producer_q;
  logic [7:0]        next_freed_q;
  logic [3:0]        next_log2_slots_q, next_log2_entries_q;
  queue_contexts_t   next_contexts_q;
  logic [QueueW-1:0] queue_q;     // queue at work

  vmso_lutram #(.Depth(Blocks), .Bits($bits(batch_t))) u_batches (
    .clk, .write_en(take), .write_addr(take_q[BlockW-1:0]), .write_data(take_batch),
    .read_addr(peek_q[BlockW-1:0]), .read_data(next)
  );
  // not in the cycle in which the queue's state is written: the RAM would give the old one
  assign peek_en    = take_q != peek_q && !next_asked_q && (!next_valid_q || next_used)
                      && !peek_hold
                      && !((load_state_en || seen_en) && next.queue[QueueW-1:0] == queue_q);
  assign load_queue = peek_en ? next.queue[QueueW-1:0] : queue_q;

  // its state is being written, or was since it was asked for
  // (the one that is used in this cycle may not be the one that is asked about)
  logic              next_forgotten, used_forgotten;
  logic [QueueW-1:0] next_queue;
  assign next_queue     = peek_en ? next.queue[QueueW-1:0] : next_q.queue[QueueW-1:0];
  assign next_forgotten = forget && next_queue == ctl_queue;
  assign used_forgotten = forget && next_q.queue[QueueW-1:0] == ctl_queue;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      take_q       <= '0;
      peek_q       <= '0;
      next_asked_q <= 1'b0;
      next_valid_q <= 1'b0;
      next_dead_q  <= 1'b0;
    end else begin
      if (take) take_q <= take_q + 1'b1;
      if (peek_en) peek_q <= peek_q + 1'b1;
      next_asked_q <= peek_en;
      next_valid_q <= next_asked_q || (next_valid_q && !next_used);
      next_dead_q  <= next_forgotten || (next_dead_q && !peek_en);
    end
  end
  always_ff @(posedge clk) begin
    if (peek_en) next_q <= next;
    if (next_asked_q) begin
      next_state_q        <= load_load_state;
      next_seen_q         <= load_seen;
      next_query_q        <= query;
      next_producer_q     <= load_producer;
      next_freed_q        <= load_freed;
      next_log2_slots_q   <= load_log2_slots;
      next_log2_entries_q <= load_log2_entries;
      next_contexts_q     <= load_contexts;
    end
  end

  // -- work: the batch whose slots come now ------------------------------------------------------------
  logic            open_q;        // a batch is at work
  logic            known_q;       // the registers below are the truth about queue_q
  logic            seen_known_q;  // seen_q is
  logic            dead_q;        // the batch at work is of a life that the controller has ended
  logic            settle_q;      // they changed in the last cycle: the gate is not up to date
  logic            dropping_q, dropped_q;
  batch_t          batch_q;
  logic [3:0]      index_q;       // slot in the batch
  load_state_t     state_q, state_d;
  seen_t           seen_q;
  query_t          query_q;
  slot_idx_t       producer_q;
  logic [7:0]      freed_q;
  slot_idx_t       ring_slots_q;
  logic [3:0]      log2_entries_q;
  queue_contexts_t contexts_q;
  logic            fresh_query_q; // `query` and `load_freed` of this cycle are queue_q's

  // gate, one cycle behind
  logic       gate_q, share_q, same_life_q, here_q, behind_q;
  slot_idx_t  reach_q, used;
  logic [7:0] held;
  assign held = state_q.jobs - freed_q;
  assign used = (state_q.reserved - query_q.ended) + query_q.backlog;
  always_ff @(posedge clk) begin
    gate_q <= unissued(state_q.loaded, query_q.issued, held) < LoadLimit
              && 17'(used) < (17'd1 << log2_entries_q) - 17'd1 && !state_q.bad;
    share_q <= 9'(held) <= {job_home, 1'b0};
    same_life_q <= batch_q.life == state_q.life;
    here_q     <= slot_idx_t'(batch_q.start + 16'(index_q)) == state_q.load;
    behind_q   <= 1'(slot_idx_t'(batch_q.start + 16'(index_q) - state_q.load) >> 15);
    reach_q    <= producer_q - state_q.load;
  end

  logic      live, ours, framing, bad_count, bad_chain, refuse, offer, consume, pass;
  logic      start_drop, finish;
  bad_code_e code;
  assign live         = open_q && !settle_q && !dropping_q && store_valid && !store_void;
  assign run_queue    = queue_q;
  assign ours         = running && !dead_q && same_life_q;
  assign bad_count    = store_slot.slots == '0
                        || store_slot.slots > ring_slots_q;
  assign bad_chain    = store_slot.slots > reach_q;
  assign framing      = store_resp != RespOkay || bad_count || bad_chain;
  always_comb begin
    unique case (store_resp)
      RespOkay:    code = bad_count ? BadSlotCount : BadChain;
      RespSlvErr:  code = BadSlvErr;
      RespDecErr:  code = BadDecErr;
      RespWindow:  code = BadWindow;
      default:     code = BadTimeout;
    endcase
  end

  // what becomes of the slot
  logic       wanted, waits, lost_patience, others_q;
  logic [11:0] waited_q;       // cycles since a job entry came back
  logic [7:0]  home_q;
  assign lost_patience = waited_q == Patience;
  assign waits   = !share_q && !(others_q && lost_patience);
  assign wanted  = live && ours && here_q && gate_q && share_q;
  assign offer   = wanted && !framing && (batch_end_ready || !store_last);
  assign consume = offer && slot_ready;
  assign pass    = live && ours && behind_q;
  assign refuse  = live && !pass
                   && (!ours || !here_q || !gate_q || (!share_q && !waits)
                       || (wanted && framing && bad_ready));
  assign bad_valid  = wanted && framing;
  assign start_drop = refuse && (!offer || !slot_ready);

  // the entry leaves the store
  assign store_ready = consume || ((pass || start_drop || (dropping_q && !settle_q))
                                   && (batch_end_ready || !store_last));
  assign finish      = store_valid && store_ready && store_last && open_q;
  assign give        = finish;
  assign drop        = open_q && dropping_q;

  assign slot_valid = offer;
  assign slot = '{
    queue: queue_t'(queue_q), slot: state_q.load, data: store_slot, contexts: contexts_q,
    abort_it: state_q.abort_it, skip_bytes: state_q.skip_bytes,
    skip_segments: state_q.skip_segments,
    fold: state_q.fold
  };
  assign bad_en = bad_valid && bad_ready;
  assign bad    = '{code: code, cookie: store_resp == RespOkay ? store_slot.cookie : '0};

  // -- new state of the queue ------------------------------------------------------------------------
  bytes_t     payload, fresh_bytes;
  logic [4:0] est;
  assign payload     = store_slot.kind == KindNop ? '0 : store_slot.payload_bytes;
  assign fresh_bytes = payload > state_q.skip_bytes ? payload - state_q.skip_bytes : '0;
  always_comb begin
    est = '0;
    for (int unsigned i = 0; i < 24; i++) begin
      if (payload[i]) est = 5'(i) + 5'd1;
    end
  end

  always_comb begin
    state_d = state_q;
    if (consume) begin
      state_d.load          = state_q.load + store_slot.slots;
      state_d.stride        = store_slot.slots;
      state_d.est           = est;
      state_d.loaded        = state_q.loaded + 26'(fresh_bytes);
      state_d.jobs          = state_q.jobs + 1'b1;
      state_d.reserved      = state_q.reserved + 1'b1;
      state_d.abort_it         = 1'b0;
      state_d.skip_bytes    = '0;
      state_d.skip_segments = '0;
    end
    if (start_drop) begin
      state_d.life = state_q.life + 1'b1;
      state_d.hint = '0;
      if (bad_en) state_d.bad = 1'b1;
    end
    if (finish && !dropped_q && !start_drop && !pass && state_q.hint != 2'd3) begin
      state_d.hint = state_q.hint + 1'b1;
    end
  end
  assign load_state_en    = consume || (ours && (start_drop || (finish && !dropping_q)));
  assign seen_en          = finish;
  assign seen = '{slots: seen_q.slots + 10'(batch_q.count), blocks: seen_q.blocks + 1'b1};
  assign load_state_queue = queue_q;
  assign load_state       = state_d;
  assign batch_end_valid  = finish;
  assign batch_end        = queue_q;

  // -- next batch ------------------------------------------------------------------------------------
  logic same_queue, forgotten;
  assign same_queue = next_q.queue[QueueW-1:0] == queue_q;
  assign forgotten  = forget && queue_q == ctl_queue;
  assign next_used  = next_valid_q && (!open_q || finish);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      open_q     <= 1'b0;
      known_q    <= 1'b0;
      seen_known_q <= 1'b0;
      dead_q     <= 1'b0;
      settle_q   <= 1'b0;
      dropping_q <= 1'b0;
      fresh_query_q <= 1'b0;
      others_q   <= 1'b0;
      waited_q   <= '0;
    end else begin
      settle_q <= load_state_en || next_used || pass;
      fresh_query_q <= !peek_en && !query_other && !next_used;
      if (next_used) open_q <= 1'b1;
      else if (finish) open_q <= 1'b0;
      if (next_used) known_q <= !next_dead_q && !used_forgotten;
      else if (forgotten) known_q <= 1'b0;
      if (next_used) seen_known_q <= 1'b1;
      if (next_used) dead_q <= next_dead_q || used_forgotten;
      else if (forgotten) dead_q <= 1'b1;
      if (next_used || finish) dropping_q <= 1'b0;
      else if (start_drop) dropping_q <= 1'b1;
      // slots of other queues are behind: certain that there are none only when nothing is
      if (take && take_batch.queue[QueueW-1:0] != queue_q) others_q <= 1'b1;
      else if (next_used && !(same_queue && known_q)) others_q <= 1'b1;
      else if (take_q == peek_q && !next_asked_q && !next_valid_q) others_q <= 1'b0;
      if (!live || share_q || job_home != home_q) waited_q <= '0;
      else if (!lost_patience) waited_q <= waited_q + 1'b1;
    end
  end
  always_ff @(posedge clk) begin
    home_q <= job_home;
    if (finish || !open_q) dropped_q <= 1'b0;
    else if (start_drop || pass) dropped_q <= 1'b1;
    if (load_state_en) state_q <= state_d;
    if (seen_en) seen_q <= seen;
    if (store_valid && store_ready) index_q <= index_q + 1'b1;
    if (fresh_query_q) begin
      query_q <= query;
      freed_q <= load_freed;
    end
    if (next_used) begin
      queue_q        <= next_q.queue[QueueW-1:0];
      batch_q        <= next_q;
      index_q        <= '0;
      producer_q     <= next_producer_q;
      ring_slots_q   <= slot_idx_t'(16'd1 << next_log2_slots_q);
      log2_entries_q <= next_log2_entries_q;
      contexts_q     <= next_contexts_q;
      if (!(same_queue && known_q) || forgotten) begin
        state_q <= next_state_q;
        query_q <= next_query_q;
        freed_q <= next_freed_q;
      end
      if (!(same_queue && seen_known_q)) seen_q <= next_seen_q;
    end
  end

  logic unused_bits;
  assign unused_bits = ^{batch_q.queue, query_q.in_debt, slot};

`ifdef VMSO_CHECKS
  `VMSO_IMPL(SlotHasItsBatch, !(store_valid && store_ready) || open_q)
  `VMSO_IMPL(VoidOnlyWhenDropping,
             !(open_q && !settle_q && store_valid && store_void) || dropping_q)
`endif
endmodule : vmso_ring_load
