// SPDX-License-Identifier: Apache-2.0
// Judges the prefetched slots as they are picked and hands first slots of jobs to the job room.
//
// batches     see vmso_ring_peek; load_queue and the query are of the queue at work in cycles without
//             peek_en, to stay up to date
// verdict     what becomes of the slot at the store's output; the first line that holds decides:
//               Hold     nothing is there
//               Further  a slot of the job taken last: into the chain store (Hold if the queue stops: the
//                        job is dying, and what was to be streamed is judged as any other slot)
//               Hold     what is known of the queue changed in the last cycle
//               Void     the rest of a batch that was dropped or put aside
//               Drop     the queue does not run, or the batch is of another life
//               Pass     it lies before the load index: the chain reads it or has read it
//               Drop     it lies beyond the load index; bytes ahead, completion places, known error
//               Drop     framing, when the controller takes the report; Hold until then
//               Aside    the queue has its share of the job entries, or none is free; Drop for a batch of a
//                        queue that was idle, or of one that holds an entry and goes on with a long job or has
//                        more than 16 KiB to issue of each entry: it leaves its block to others
//               Later    the job reaches into the queue's next batch, and that cannot come next: it has not landed,
//                        or another queue's was picked already. Hold while it is being bound
//               Hold     a job of several slots while the chain store has no room for its start
//               Take     when the job room has an entry
// further     the slots behind a first one that come before those of any other queue (rest of the batch, and
//             the queue's next one, which is bound to come next if it goes on) are streamed, as many as the
//             chain store can hold; the chain reads the others itself, so nothing waits for a slot that could
//             be blocked. None is streamed where reads of the entry's last job are in flight: they would land
//             on them
// drop        a queue that may not load now (bytes ahead, no completion place), a slot that is not
//             the one expected, or a framing error: the rest of the batch is dropped, a new life of the
//             queue begins, and fetching starts again at the load index
// aside       the batch is picked again from this slot on when the queue may load (Aside) or its next batch has
//             landed (Later); one that was picked to go on behind it is read again too
// running     of queue_q, combinational: else its batches are dropped and its load state is not touched
// forget      the controller writes the load state of ctl_queue: what is known of it here is void
// slot        valid/ready; valid may fall without ready if its queue stops running
// throughput  one first slot per two cycles; a streamed one beside it, one per cycle if more
`include "vmso_assert.svh"
module vmso_ring_load
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  // batches
  input  logic              picked,
  input  visit_t            pick,
  output logic              pick_room,
  output visit_t            work,
  input  logic              follows,
  input  logic [3:0]        follow_count,
  output logic              bind_next,
  input  logic              may_bind,
  input  logic              bound,
  output logic              end_valid,
  output visit_end_e        end_how,
  output logic [2:0]        end_index,
  output logic              end_first,      // work's queue holds no job entry
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
  input  job_t              slot_job,
  output slot_t             slot,
  // further slots, to the chain store
  output logic              start_valid,    // with the slot's handshake
  output chain_start_t      start,
  input  logic              chain_stale,    // reads of slot_job's last job are in flight
  input  logic              chain_room,
  output logic              stream_valid,
  input  logic              stream_ready,
  output logic [6:0]        stream_job,
  output logic [1:0]        stream_place,
  output logic              bad_en,         // record of a framing error
  output bad_t              bad,
  output logic              bad_valid,      // attention of the controller, with load_state_queue
  input  logic              bad_ready,
  output logic              batch_end_valid,
  input  logic              batch_end_ready,
  output logic [QueueW-1:0] batch_end
);
  localparam bytes_t      ShortBytes = bytes_t'(16384);  // a job is short up to so many
  localparam logic [24:0] LoadLimit = 25'd262144;  // payload bytes loaded and not issued, per queue

  // -- next batch and the state of its queue ---------------------------------------------------------
  logic    next_valid, next_used, next_dead;
  peeked_t next;
  batch_t  batch_q;  // at work
  vmso_ring_peek #(.Cfg(Cfg)) u_peek (
    .clk, .rst_n, .picked, .pick, .room(pick_room), .work_queue(batch_q.queue),
    .work_written(load_state_en || seen_en), .hold(peek_hold), .forget, .ctl_queue, .peek_en,
    .load_queue, .load_producer, .load_load_state, .load_seen, .load_freed, .load_log2_slots,
    .load_log2_entries, .load_contexts, .query, .next_valid, .next_used, .next, .next_dead
  );

  // -- work: the batch whose slots come now ------------------------------------------------------------
  logic            open_q;        // a batch is at work
  logic            known_q;       // the registers below are the truth about queue_q
  logic            seen_known_q;  // seen_q is
  logic            dead_q;        // the batch at work is of a life that the controller has ended
  logic            settle_q;      // they changed in the last cycle: the gate is not up to date
  logic            dropping_q, dropped_q;
  logic            aside_q;       // it is put aside from slot aside_index_q on
  logic            later_q;       // until the queue's next batch has landed
  logic            back_q;        // as the one before it was, and goes back too
  block_t          block_q;
  logic [2:0]      index_q;       // slot in the batch
  logic [2:0]      aside_index_q;
  logic            stream_q;      // the next slots are further ones of the job taken last
  logic [2:0]      stream_left_q; // so many
  logic [6:0]      stream_job_q;
  logic [1:0]      stream_place_q;
  load_state_t     state_q, state_d;
  seen_t           seen_q;
  query_t          query_q;
  slot_idx_t       producer_q;
  logic [7:0]      freed_q;
  slot_idx_t       ring_slots_q;
  logic [3:0]      log2_entries_q;
  queue_contexts_t contexts_q;
  logic            fresh_query_q; // `query` and `load_freed` of this cycle are queue_q's

  logic [QueueW-1:0] queue_q;
  assign queue_q = batch_q.queue[QueueW-1:0];

  // gate, one cycle behind; the place is that of the slot that comes after those streamed
  logic       gate_q, share_q, idle_q, long_q, same_life_q, here_q, behind_q;
  slot_idx_t  reach_q, used, place;
  logic [7:0] held;
  logic [24:0] to_issue;
  assign held = state_q.jobs - freed_q;
  assign used = (state_q.reserved - query_q.ended) + query_q.backlog;
  assign place = batch_q.start + 16'(index_q) + 16'(stream_q);
  assign to_issue = unissued(state_q.loaded, query_q.issued, held);
  always_ff @(posedge clk) begin
    long_q <= to_issue[24:14] >= 11'(held);
    gate_q <= to_issue < LoadLimit
              && 17'(used) < (17'd1 << log2_entries_q) - 17'd1 && !state_q.bad;
    share_q    <= has_share(Cfg, held, job_home);
    idle_q     <= batch_q.idle && held == '0;
    same_life_q <= batch_q.life == state_q.life;
    here_q     <= place == state_q.load;
    behind_q   <= 1'(slot_idx_t'(place - state_q.load) >> 15);
    reach_q    <= producer_q - state_q.load;
  end

  logic      ours, framing, bad_count, bad_chain;
  bad_code_e code;
  assign run_queue    = queue_q;
  assign ours         = running && !dead_q;
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

  // -- what becomes of the slot ----------------------------------------------------------------------
  typedef enum logic [2:0] {
    Hold = 3'd0, Take = 3'd1, Further = 3'd2, Pass = 3'd3, Drop = 3'd4, Void = 3'd5, Aside = 3'd6,
    Later = 3'd7
  } verdict_e;
  verdict_e    verdict;
  logic        chained, more, leave, unbound, short, may_have, leaves;
  logic [3:0]  rest;           // slots behind this one in its batch
  logic [4:0]  sure;           // that will come behind this one before those of any other queue
  slot_idx_t   further;        // slots of the job
  assign further = store_slot.slots - 16'd1;
  assign chained = further != '0 && store_slot.kind != KindNop;
  assign rest    = batch_q.count - 4'd1 - 4'(index_q);
  assign more    = chained && further > 16'(rest);
  assign sure    = 5'(rest) + (follows && bound ? 5'(follow_count) : 5'd0);
  assign short    = store_slot.payload_bytes <= ShortBytes;
  assign may_have = share_q || (idle_q && short);
  assign leaves   = batch_q.idle || (held != '0 && (!short || long_q));
  assign unbound = more && follows && !bound;
  assign bad_valid = store_valid && open_q && !stream_q && !settle_q && !dropping_q && ours
                     && same_life_q && here_q && gate_q && framing;
  always_comb begin
    bind_next = 1'b0;
    if (!store_valid || !open_q) verdict = Hold;
    else if (stream_q) verdict = ours ? Further : Hold;
    else if (settle_q) verdict = Hold;
    else if (dropping_q) verdict = Void;
    else if (!ours || !same_life_q) verdict = Drop;
    else if (behind_q) verdict = Pass;
    else if (!here_q || !gate_q) verdict = Drop;
    else if (framing) verdict = bad_ready ? Drop : Hold;
    else if (!may_have) verdict = leaves ? Drop : Aside;
    else if (unbound) begin
      bind_next = may_bind;
      verdict   = may_bind ? Hold : Later;
    end else if (chained && !chain_room) verdict = Hold;
    else verdict = Take;
  end

  // the entry leaves the store
  logic offer, consume, streamed, start_drop, start_aside, pass, finish, given;
  assign leave       = batch_end_ready || !store_last;
  assign offer       = verdict == Take && leave;
  assign consume     = offer && slot_ready;
  assign stream_valid = verdict == Further && leave;
  assign streamed    = stream_valid && stream_ready;
  assign pass        = verdict == Pass;
  assign start_drop  = verdict == Drop;
  assign start_aside = verdict inside {Aside, Later};
  assign store_ready = consume || streamed
                       || ((pass || start_drop || start_aside || verdict == Void) && leave);
  assign finish      = store_valid && store_ready && store_last;
  assign drop        = open_q && dropping_q;

  assign end_valid = finish;
  always_comb begin
    if (back_q) end_how = EndBack;
    else if (aside_q) end_how = later_q ? EndLater : EndAside;
    else if (start_aside) end_how = verdict == Later ? EndLater : EndAside;
    else end_how = EndGiven;
  end
  assign end_index = aside_q ? aside_index_q : index_q;
  assign end_first = held == '0;
  assign work      = '{batch: batch_q, block: block_q, index: index_q, on: back_q};

  // further slots: as many as are sure, the chain reads the others
  logic [2:0] stream_count;
  always_comb begin
    stream_count = 3'(StreamPlaces);
    if (sure < 5'(StreamPlaces)) stream_count = sure[2:0];
    if (further < 16'(stream_count)) stream_count = further[2:0];
    if (chain_stale) stream_count = '0;
  end
  assign start_valid = consume && chained;
  assign start = '{job: slot_job[6:0], queue: queue_t'(queue_q), slot: state_q.load,
                   slots: store_slot.slots, streamed: stream_count};
  assign stream_job   = stream_job_q;
  assign stream_place = stream_place_q;

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
    if (given && !dropped_q && !start_drop && !pass && state_q.hint != 2'd3) begin
      state_d.hint = state_q.hint + 1'b1;
    end
  end
  assign given            = finish && end_how == EndGiven;
  assign load_state_en    = consume || (ours && same_life_q
                                        && (start_drop || (given && !dropping_q)));
  assign seen_en          = given;
  assign seen = '{slots: seen_q.slots + 10'(batch_q.count), blocks: seen_q.blocks + 1'b1};
  assign load_state_queue = queue_q;
  assign load_state       = state_d;
  assign batch_end_valid  = given;
  assign batch_end        = queue_q;

  // -- next batch ------------------------------------------------------------------------------------
  logic same_queue, forgotten;
  assign same_queue = next.visit.batch.queue[QueueW-1:0] == queue_q;
  assign forgotten  = forget && queue_q == ctl_queue;
  assign next_used  = next_valid && (!open_q || finish);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      open_q     <= 1'b0;
      known_q    <= 1'b0;
      seen_known_q <= 1'b0;
      dead_q     <= 1'b0;
      settle_q   <= 1'b0;
      dropping_q <= 1'b0;
      stream_q   <= 1'b0;
      fresh_query_q <= 1'b0;
      aside_q    <= 1'b0;
      back_q     <= 1'b0;
    end else begin
      settle_q <= load_state_en || next_used || pass;
      fresh_query_q <= !peek_en && !query_other && !next_used;
      if (next_used) open_q <= 1'b1;
      else if (finish) open_q <= 1'b0;
      if (next_used) known_q <= !next_dead;
      else if (forgotten) known_q <= 1'b0;
      if (next_used) seen_known_q <= 1'b1;
      if (next_used) dead_q <= next_dead;
      else if (forgotten) dead_q <= 1'b1;
      if (next_used) dropping_q <= next.visit.on && (aside_q || start_aside);
      else if (start_drop || start_aside) dropping_q <= 1'b1;
      if (next_used) aside_q <= next.visit.on && (aside_q || start_aside);
      else if (start_aside) aside_q <= 1'b1;
      if (next_used) back_q <= next.visit.on && (aside_q || start_aside);
      // a queue that stops loses the rest: its job is dying
      if (start_valid) stream_q <= stream_count != '0;
      else if (!ours || (streamed && stream_left_q == 3'd1)) stream_q <= 1'b0;
    end
  end
  always_ff @(posedge clk) begin
    if (start_aside) begin
      aside_index_q <= index_q;
      later_q       <= verdict == Later;
    end
    if (finish || !open_q) dropped_q <= 1'b0;
    else if (start_drop || pass) dropped_q <= 1'b1;
    if (load_state_en) state_q <= state_d;
    if (seen_en) seen_q <= seen;
    if (store_valid && store_ready) index_q <= index_q + 1'b1;
    if (start_valid) begin
      stream_left_q  <= stream_count;
      stream_job_q   <= slot_job[6:0];
      stream_place_q <= '0;
    end else if (streamed) begin
      stream_left_q  <= stream_left_q - 1'b1;
      stream_place_q <= stream_place_q + 1'b1;
    end
    if (fresh_query_q) begin
      query_q <= query;
      freed_q <= load_freed;
    end
    if (next_used) begin
      batch_q        <= next.visit.batch;
      block_q        <= next.visit.block;
      index_q        <= next.visit.index;
      producer_q     <= next.producer;
      ring_slots_q   <= slot_idx_t'(16'd1 << next.log2_slots);
      log2_entries_q <= next.log2_entries;
      contexts_q     <= next.contexts;
      if (!(same_queue && known_q) || forgotten) begin
        state_q <= next.state;
        query_q <= next.query;
        freed_q <= next.freed;
      end
      if (!(same_queue && seen_known_q)) seen_q <= next.seen;
    end
  end

  logic unused_bits;
  assign unused_bits = ^{batch_q.queue, query_q.in_debt, slot, slot_job, next.query.in_debt};

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(SlotHasItsBatch, store_valid && store_ready, open_q)
  `VMSO_IMPL_IF(VoidOnlyWhenDropping, open_q && !settle_q && store_valid && store_void, dropping_q)
  `VMSO_IMPL_IF(StreamedComeNext, stream_q, (streamed && stream_left_q == 3'd1) || !ours
                               || !next_used || next.visit.on)
  `VMSO_IMPL_IF(StreamHasLeft, stream_q, stream_left_q != '0)
`endif
endmodule : vmso_ring_load
