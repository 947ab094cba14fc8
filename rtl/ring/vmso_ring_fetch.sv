// SPDX-License-Identifier: Apache-2.0
// Asks for batches of slots: takes a queue off the load list, looks whether it may load more, and
// reads up to 2^hint slots (not beyond producer, ring end or 4 KiB) into one prefetch block.
//
// After a job with more further slots than are streamed, or with further slots and so many bytes that few
// slots may be ahead, one slot is read where the next job of that length would leave the next first slot:
// the chain reads what lies between. Else slots are read one after the other, and never fewer because of
// the bytes ahead: a job at the end of a batch that was cut short would have its chain read slots that come again.
//
// A queue that holds job entries and whose slots were dropped needs its share of them first; one that flows
// may prefetch beyond it. A braked queue has one job at a time, and one slot of it. A queue that may not load
// is dropped from the list; an event brings it back. One that only lacks a block, or has more to fetch, goes
// to the end of the list. In the cycle of the pop `fc_*` is asked about the queue popped, the answer (state
// and query) is there one cycle later.
//
// idle        of a batch: the doorbell's queue had fetched all, nothing of it is here and it holds no job. Such
//             a batch may take the last block
// latency     pop to read: 3 cycles; throughput: one batch per 4 cycles
// batch       taken in the cycle in which the read is handed over; behind: batches of the queue were here when
//             it was decided, the last of them in block `front`
// bad         the producer is more than a ring ahead of the slots loaded: reported once, to ctl
`include "vmso_assert.svh"
module vmso_ring_fetch
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              pop_valid,
  output logic              pop_ready,
  input  logic [QueueW-1:0] pop,
  input  logic              pop_first,     // its doorbell came
  output logic              only_first,
  input  slot_idx_t         fc_producer,
  input  queue_state_e      fc_state,
  input  load_state_t       fc_load_state,
  input  seen_t             fc_seen,
  input  fetch_state_t      fc_fetch_state,
  input  logic [7:0]        fc_freed,
  input  ring_config_t      fc_config,
  input  logic              braked,        // busy_queue, combinational
  input  query_t            fc_query,
  input  logic [7:0]        job_home,      // free job entries
  input  logic [6:0]        blocks_free,
  input  block_t            block_next,    // the block that a batch would take
  output logic              read_valid,
  input  logic              read_ready,
  output slot_read_t        read,
  output batch_t            batch,         // taken with read
  output logic              behind,
  output block_t            front,
  output logic              fetch_state_en,
  output logic [QueueW-1:0] fetch_state_queue,
  output fetch_state_t      fetch_state,
  output logic              again_valid,
  input  logic              again_ready,
  output logic [QueueW-1:0] again,
  output logic              bad_valid,     // attention of the controller
  input  logic              bad_ready,
  output logic [QueueW-1:0] bad,
  output logic              busy,          // working on busy_queue
  output logic [QueueW-1:0] busy_queue
);
  localparam int unsigned RowsPerSlot = 512 / Cfg.data_bits;
  // a block for queues that were idle
  localparam logic [6:0]  IdleBlocks  = 7'd1;
  localparam logic [6:0]  ManyBlocks  = 7'(Cfg.first_slots / BatchSlots / 2);
  // 2^17 payload bytes are loaded ahead of issue, per queue, or twice that of small jobs: of those of 4 KiB, in
  // memory that nobody has looked at, 2^17 are too few for the five reads that each waits for
  localparam int unsigned AheadW    = 18;
  localparam int unsigned LargeLog2 = 13;  // jobs above 2^13 bytes: few slots are ahead

  typedef enum logic [2:0] {
    WaitQueue = 3'd0, WaitState = 3'd1, Decide = 3'd2, WaitAgain = 3'd3, WaitBad = 3'd4
  } fetch_fsm_e;
  fetch_fsm_e        fsm_q, fsm_d;
  logic [QueueW-1:0] queue_q;

  // The last block is for queues that were idle; all others have been looked at once when they wait for one.
  assign pop_ready  = fsm_q == WaitQueue;
  assign only_first = blocks_free <= IdleBlocks;
  assign busy       = fsm_q != WaitQueue;
  assign busy_queue = queue_q;

  // -- WaitState: the queue's state is here --------------------------------------------------------
  logic        restart, passed;  // go on at the load index
  slot_idx_t   used;
  logic [9:0]  flight;           // slots in the prefetch store or on their way to it
  logic [6:0]  flight_blocks;
  logic [7:0]  held;
  logic [24:0] backlog_bytes;

  assign flight        = fc_fetch_state.sent - fc_seen.slots;
  assign flight_blocks = fc_fetch_state.sent_blocks - fc_seen.blocks;
  assign passed        = fc_fetch_state.fetch - fc_load_state.load >= 16'h8000;
  assign restart       = fc_fetch_state.life != fc_load_state.life || flight == '0 || passed;
  assign held          = fc_load_state.jobs - fc_freed;
  assign backlog_bytes = unissued(fc_load_state.loaded, fc_query.issued, held);
  assign used          = (fc_load_state.reserved - fc_query.ended) + fc_query.backlog;

  logic              braked_q, first_q, idle_q, run_q, bad_q, known_bad_q, bytes_ok_q, places_ok_q,
                     share_ok_q, refresh_q, are_large, large_q, tight_q;
  logic [4:0]        est_q;
  slot_idx_t         fetch_q, producer_q, stride_q, mask_q;
  logic [1:0]        hint_q;
  logic [9:0]        flight_q;
  logic [AheadW-1:0] ahead_q;  // slots that may be loaded ahead, those in flight too, less one
  logic [49:0]       base_q;
  fetch_state_t      state_q;

  assign are_large = fc_load_state.est > 5'(LargeLog2);
  always_ff @(posedge clk) begin
    if (fsm_q == WaitQueue) begin
      queue_q <= pop;
      first_q <= pop_first;
    end
    if (fsm_q == WaitState) begin
      run_q       <= fc_state == QueueRun;
      known_bad_q <= fc_load_state.bad
                     || (fc_fetch_state.bad && fc_fetch_state.life == fc_load_state.life);
      bad_q       <= slot_idx_t'(fc_producer - fc_load_state.load)
                     > slot_idx_t'(16'd1 << fc_config.log2_slots);
      bytes_ok_q  <= backlog_bytes[24:AheadW] == '0 && !(are_large && backlog_bytes[AheadW-1]);
      ahead_q     <= {!are_large && !backlog_bytes[AheadW-1], ~backlog_bytes[AheadW-2:0]}
                     >> fc_load_state.est;
      places_ok_q <= 18'(used) + 18'(flight)
                     < (18'd1 << fc_config.log2_entries) - 18'd1;
      share_ok_q  <= (held == '0 || has_share(Cfg, held, job_home)
                         || fc_load_state.hint != '0)
                     && (flight_blocks == '0 || flight_blocks + IdleBlocks <= blocks_free)
                     && !fc_query.in_debt
                     && !(braked && (held != '0 || flight != '0));
      braked_q    <= braked;
      behind      <= flight_blocks != '0;
      idle_q      <= first_q && held == '0 && flight == '0 && !fc_fetch_state.more;
      fetch_q     <= restart ? fc_load_state.load : fc_fetch_state.fetch;
      refresh_q   <= restart;
      producer_q  <= fc_producer;
      stride_q    <= fc_load_state.stride;
      tight_q     <= blocks_free < ManyBlocks && fc_load_state.stride == 16'd1;
      est_q       <= fc_load_state.est;
      large_q     <= are_large;
      hint_q      <= fc_load_state.hint;
      flight_q    <= flight;
      mask_q      <= ring_mask(fc_config.log2_slots);
      base_q      <= fc_config.base;
      state_q     <= fc_fetch_state;
      state_q.life <= fc_load_state.life;
      state_q.bad  <= 1'b0;
    end
  end

  // -- Decide: how much, from where ------------------------------------------------------------------
  // Each limit as the slots of the batch that it allows: the batch has those that all allow.
  typedef logic [AheadW:0] limit_t;
  typedef logic [BatchSlots-1:0] slots_t;
  function automatic slots_t first(limit_t n);
    return n[AheadW:3] != '0 ? '1 : ~(slots_t'('1) << n[2:0]);
  endfunction
  function automatic slots_t one_and(limit_t n);
    return first(n) << 1 | slots_t'(1'b1);
  endfunction

  slot_idx_t  avail, place, to_end;  // to the last slot of the ring
  logic [5:0] to_page;               // to the last slot of the page
  limit_t     fit;                   // as ahead_q, without those in flight
  logic [3:0] want, count;
  slots_t     slots, whole;
  logic       go, strided, busy_blocks;
  slot_idx_t  advance;

  assign avail   = producer_q - fetch_q;
  assign place   = fetch_q & mask_q;
  assign to_end  = ~fetch_q & mask_q;
  assign to_page = ~(base_q[5:0] + place[5:0]);
  assign fit     = limit_t'(ahead_q) - limit_t'(flight_q);
  assign strided = stride_q > slot_idx_t'(1 + StreamPlaces) || (stride_q > 16'd1 && large_q);
  // While blocks are scarce those of one queue hold few bytes: others wait for its last slot to be loaded.
  always_comb begin
    want = 4'd1 << hint_q;
    if (strided || braked_q || (tight_q && est_q >= 5'd12 && !large_q)) want = 4'd1;
    else if (tight_q && est_q == 5'd11 && hint_q[1]) want = 4'd2;
  end
  assign whole   = first(limit_t'(want)) & first(limit_t'(avail)) & one_and(limit_t'(to_end))
                   & one_and(limit_t'(to_page));
  assign slots   = whole & one_and(fit);
  always_comb begin
    count = '0;
    for (int unsigned i = 0; i < BatchSlots; i++) begin
      if (slots[i] && (i == BatchSlots - 1 || !slots[(i+1)%BatchSlots])) count |= 4'(i + 1);
    end
  end
  assign advance = !strided ? 16'(count) : stride_q < avail ? stride_q : avail;
  assign go = run_q && !known_bad_q && avail != '0 && bytes_ok_q && !fit[AheadW] && places_ok_q
              && share_ok_q && (large_q || slots == whole);

  // it waits with the others for a block
  assign busy_blocks = idle_q ? blocks_free == '0 : only_first;
  assign read_valid = fsm_q == Decide && go && !bad_q && !busy_blocks;
  assign read = '{
    queue: queue_t'(queue_q), addr: {50'(base_q + 50'(place)), 6'b0},
    len: 8'(8'(count) * 8'(RowsPerSlot) - 8'd1),
    chain: 1'b0, block: block_next, job: '0, place: '0
  };
  assign front = state_q.tail;
  assign batch = '{queue: queue_t'(queue_q), start: fetch_q, count: count, life: state_q.life,
                   idle: idle_q};

  assign fetch_state_queue = queue_q;
  always_comb begin
    fetch_state       = state_q;
    fetch_state.fetch = fetch_q;
    if (bad_q) begin
      fetch_state.bad = 1'b1;
    end else if (go && !busy_blocks) begin
      fetch_state.fetch       = fetch_q + advance;
      fetch_state.sent        = state_q.sent + 10'(count);
      fetch_state.sent_blocks = state_q.sent_blocks + 1'b1;
      fetch_state.tail        = block_next;
    end
    fetch_state.more = go && !busy_blocks ? advance != avail : avail != '0;
    fetch_state_en = 1'b0;
    if (fsm_q == Decide && !known_bad_q) begin
      fetch_state_en = bad_q ? run_q : go && !busy_blocks ? read_ready
                             : refresh_q || fetch_state.more != state_q.more;
    end
  end

  assign again_valid = fsm_q == WaitAgain;
  assign again       = queue_q;
  assign bad_valid   = fsm_q == WaitBad;
  assign bad         = queue_q;

  always_comb begin
    fsm_d = fsm_q;
    unique case (fsm_q)
      WaitQueue: if (pop_valid && pop_ready) fsm_d = WaitState;
      WaitState: fsm_d = Decide;
      Decide: begin
        if (run_q && bad_q && !known_bad_q) fsm_d = WaitBad;
        else if (!go || bad_q) fsm_d = WaitQueue;
        else if (busy_blocks) fsm_d = WaitAgain;
        else if (read_ready) fsm_d = advance == avail ? WaitQueue : WaitAgain;
      end
      WaitAgain: if (again_ready) fsm_d = WaitQueue;
      WaitBad:   if (bad_ready) fsm_d = WaitQueue;
      default:   fsm_d = WaitQueue;
    endcase
  end
  always_ff @(posedge clk) begin
    if (!rst_n) fsm_q <= WaitQueue;
    else fsm_q <= fsm_d;
  end

  logic unused_bits;
  assign unused_bits = ^{fc_config.park, fc_load_state.abort_it, fc_load_state.skip_bytes,
                         fc_load_state.skip_segments, fc_load_state.fold, fc_config.base_ok};
endmodule : vmso_ring_fetch
