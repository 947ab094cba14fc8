// SPDX-License-Identifier: Apache-2.0
// Order of the prefetched batches: within a queue as they were asked for, among the queues in turn.
//
// A batch lies in one block of the prefetch store from `take` until the loader gives it back. The first
// batch of a queue that is here is listed when its slots have landed; those behind it wait in a list of links
// for the one before them to go. So no queue waits for the slots of another one, whatever memory does.
//
// take        valid only, with a free block; `behind`: when it was decided the queue had batches here, the last of
//             them in block `front`
// landed      valid only: nothing more comes of the read of this batch
// pick        valid/ready: the batch whose slots are read next. The queue that was picked last goes on with
//             its next batch if nobody else is listed, or if it is bound to
// work        the loader's batch; end: it is done with it, see visit_end_e. A batch put aside waits in
//             vmso_ring_waiting, from end_index on, until its queue may load again
// follows     of work, one cycle later: the queue's next batch goes on where this one ends, in the same life; it
//             has follow_count slots
// bind        level, while it follows: it comes next, whoever is listed, if it has landed and nothing else was
//             picked. may_bind: it still can; bound: it does
// throughput  a pick per cycle; a landing waits for an end of the same cycle
// reset       walks clear the sets; `ready` is low meanwhile
`include "vmso_assert.svh"
module vmso_ring_batches
  import vmso_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned Blocks = Cfg.first_slots / BatchSlots,
  localparam int unsigned BlockW = $clog2(Blocks)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  // fetcher
  input  logic              take,
  input  batch_t            take_batch,
  input  logic              behind,
  input  block_t            front,
  output block_t            take_block,
  output logic [6:0]        blocks_free,
  // store
  input  logic              landed_valid,
  input  logic [BlockW-1:0] landed,
  output logic              pick_valid,
  input  logic              pick_ready,
  output visit_t            pick,
  // loader
  input  visit_t            work,
  input  logic              drop,           // the rest of work is not wanted
  output logic              follows,
  output logic [3:0]        follow_count,
  input  logic              bind_next,
  output logic              may_bind,
  output logic              bound,
  input  logic              end_valid,
  input  visit_end_e        end_how,
  input  logic [2:0]        end_index,
  input  logic              end_first,      // work's queue holds no job entry
  // shares
  input  logic [7:0]        job_home,
  output logic [QueueW-1:0] wait_queue,
  input  logic [7:0]        wait_held,      // one cycle after wait_queue
  input  logic              wait_running,   // likewise
  output logic [6:0]        firsts          // batches put aside of queues that hold none
);
  typedef logic [BlockW-1:0] b_t;
  typedef struct packed {
    b_t         block;
    logic [2:0] index;
    logic       later;  // the queue's next batch is bound to come behind it
  } place_t;

  // -- blocks ------------------------------------------------------------------------------------------
  b_t              work_block, new_block, last_q;
  logic            given, unused_free, busy_ready, linked_ready, waits_ready, awaited_ready;
  logic [BlockW:0] home;
  assign work_block  = work.block[BlockW-1:0];
  assign given       = end_valid && end_how == EndGiven;
  assign ready       = busy_ready && linked_ready && waits_ready && awaited_ready;
  assign take_block  = block_t'(new_block);
  assign blocks_free = ready ? 7'(home) : '0;
  vmso_id_pool #(.Num(Blocks)) u_pool (
    .clk, .rst_n, .take_valid(unused_free), .take_ready(take), .take_id(new_block),
    .give_valid(given), .give_id(work_block), .home
  );

  // -- links within a queue ------------------------------------------------------------------------
  logic       link, front_busy, land_waits, work_linked, last_linked;
  b_t         front_block, land, work_next, last_next;
  assign front_block = front[BlockW-1:0];
  // its batch is still the last one that was taken of this queue: no other has been since
  assign link = take && behind && front_busy && !(given && work_block == front_block);
  vmso_flags #(.Num(Blocks)) u_busy (
    .clk, .rst_n, .ready(busy_ready), .put_valid(take), .put(new_block), .drop_valid(given),
    .drop(work_block), .ask(front_block), .is_in(front_busy)
  );
  vmso_flags #(.Num(Blocks), .Asks(2)) u_linked (
    .clk, .rst_n, .ready(linked_ready), .put_valid(link), .put(front_block), .drop_valid(given),
    .drop(work_block), .ask({last_q, work_block}), .is_in({last_linked, work_linked})
  );
  vmso_lutram #(.Depth(Blocks), .Bits(BlockW), .Reads(2)) u_next (
    .clk, .write_en(link), .write_addr(front_block), .write_data(new_block),
    .read_addr({last_q, work_block}), .read_data({last_next, work_next})
  );
  // behind another one that has not been given back
  vmso_flags #(.Num(Blocks)) u_waits (
    .clk, .rst_n, .ready(waits_ready), .put_valid(link), .put(new_block),
    .drop_valid(given && work_linked), .drop(work_next), .ask(land), .is_in(land_waits)
  );

  // -- landings ----------------------------------------------------------------------------------------
  // One waits for the end of a batch: which of the two comes first decides who lists it.
  logic kept_valid, land_valid, land_go, unused_land_room;
  b_t   kept;
  logic [vmso_math_pkg::count_width(Blocks)-1:0] unused_land_count, unused_list_count;
  assign land_valid = kept_valid || landed_valid;
  assign land       = kept_valid ? kept : landed;
  assign land_go    = land_valid && !end_valid && ready;
  vmso_fifo #(.Bits(BlockW), .Depth(Blocks)) u_landed (
    .clk, .rst_n, .in_valid(landed_valid && (kept_valid || !land_go)),
    .in_ready(unused_land_room), .in(landed),
    .out_valid(kept_valid), .out_ready(land_go), .out(kept), .count(unused_land_count)
  );

  // -- who is listed -----------------------------------------------------------------------------------
  // A landing is picked in its own cycle if nothing else is listed.
  logic [Blocks-1:0] landed_q;  // landed, not the first of its queue, and not picked
  logic              later, land_lists, land_awaited, end_lists, list_full, list_valid, list_pop,
                     unused_list_room;
  logic [2:0]        later_index;
  b_t                land_front;
  place_t            land_place, end_place, listed, list;
  assign later      = end_valid && end_how == EndLater;
  assign land_lists = land_go && (!land_waits || land_awaited);
  assign land_place = land_waits ? '{block: land_front, index: later_index, later: 1'b1}
                                 : '{block: land, index: '0, later: 1'b0};
  assign end_lists  = (given || later) && work_linked && landed_q[work_next];
  assign end_place  = later ? '{block: work_block, index: end_index, later: 1'b1}
                            : '{block: work_next, index: '0, later: 1'b0};
  // The batch of a queue that was idle when it was asked for goes before all others.
  logic [Blocks-1:0] idle_q;
  logic              first_valid, first_pop, land_idle, unused_first_room;
  assign land_idle = idle_q[land] && !land_waits;
  b_t   first;
  logic [vmso_math_pkg::count_width(Blocks)-1:0] unused_first_count;
  vmso_fifo #(.Bits(BlockW), .Depth(Blocks)) u_first (
    .clk, .rst_n, .in_valid(land_lists && land_idle && (list_full || !list_pop)),
    .in_ready(unused_first_room), .in(land), .out_valid(first_valid), .out_ready(first_pop),
    .out(first), .count(unused_first_count)
  );
  assign list_valid = list_full || land_lists;
  assign list       = list_full ? listed : land_place;
  vmso_fifo #(.Bits($bits(place_t)), .Depth(Blocks)) u_list (
    .clk, .rst_n, .in_valid(end_lists || (land_lists && !land_idle && (list_full || !list_pop))),
    .in_ready(unused_list_room), .in(end_lists ? end_place : land_place),
    .out_valid(list_full), .out_ready(list_pop), .out(listed), .count(unused_list_count)
  );
  // the one before it waits for this batch to land
  vmso_flags #(.Num(Blocks)) u_awaited (
    .clk, .rst_n, .ready(awaited_ready), .put_valid(later && !end_lists), .put(work_next),
    .drop_valid(land_go), .drop(land), .ask(land), .is_in(land_awaited)
  );
  vmso_lutram #(.Depth(Blocks), .Bits(BlockW + 3)) u_awaiting (
    .clk, .write_en(later), .write_addr(work_next), .write_data({work_block, end_index}),
    .read_addr(land), .read_data({land_front, later_index})
  );

  logic            again_valid, again_pop, again_turn_q;
  place_t          again;
  vmso_ring_waiting #(.Cfg(Cfg), .Bits($bits(place_t)), .Depth(Blocks)) u_waiting (
    .clk, .rst_n, .put_valid(end_valid && end_how == EndAside),
    .put_queue(work.batch.queue[QueueW-1:0]), .put({work_block, end_index, 1'b0}),
    .put_first(end_first), .job_home,
    .wait_queue, .wait_held, .wait_running, .out_valid(again_valid), .out_ready(again_pop),
    .out(again),
    .firsts
  );

  // -- pick --------------------------------------------------------------------------------------------
  logic   open_q;      // last_q is picked and the loader is not done with it
  logic   bound_q, picked, ends_last, drops_last, on_valid, others, pick_on, pick_first,
          pick_again;
  place_t place;
  batch_t batch;
  assign ends_last  = end_valid && work_block == last_q;
  assign drops_last = drop && work_block == last_q;
  assign on_valid   = open_q && last_linked && landed_q[last_next] && !ends_last && !drops_last;
  assign others     = first_valid || list_valid || again_valid;
  assign pick_on    = on_valid && (bound_q || !others);
  assign pick_first = !pick_on && first_valid;
  assign pick_again = !pick_on && !pick_first && again_valid && (again_turn_q || !list_valid);
  assign pick_valid = pick_on || (!bound_q && others);
  assign picked     = pick_valid && pick_ready;
  assign first_pop  = picked && pick_first;
  assign list_pop   = picked && !pick_on && !pick_first && !pick_again;
  assign again_pop  = picked && pick_again;
  always_comb begin
    if (pick_on) place = '{block: last_next, index: '0, later: 1'b0};
    else if (pick_first) place = '{block: first, index: '0, later: 1'b0};
    else if (pick_again) place = again;
    else place = list;
  end
  assign pick       = '{batch: batch, block: block_t'(place.block), index: place.index,
                        on: pick_on};

  logic [Blocks-1:0] on_q;  // the queue's next was picked behind this one
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      open_q       <= 1'b0;
      bound_q      <= 1'b0;
      again_turn_q <= 1'b0;
    end else begin
      open_q <= picked || (open_q && !ends_last);
      if (picked) bound_q <= place.later;
      else if (ends_last || drops_last) bound_q <= 1'b0;
      else if (bind_next && may_bind) bound_q <= 1'b1;
      if (list_pop || again_pop) again_turn_q <= !pick_again;
    end
  end
  always_ff @(posedge clk) begin
    if (land_go && land_waits) landed_q[land] <= 1'b1;
    if (end_valid && end_how == EndBack) landed_q[work_block] <= 1'b1;
    if (take) begin
      landed_q[new_block] <= 1'b0;
      idle_q[new_block]   <= take_batch.idle;
    end
    if (picked) begin
      last_q            <= place.block;
      on_q[last_q]      <= pick_on;
      on_q[place.block] <= 1'b0;
      if (pick_on) landed_q[last_next] <= 1'b0;
    end
  end

  // -- the batch behind the one at work ----------------------------------------------------------------
  batch_t next_batch;
  vmso_lutram #(.Depth(Blocks), .Bits($bits(batch_t)), .Reads(2)) u_batches (
    .clk, .write_en(take), .write_addr(new_block), .write_data(take_batch),
    .read_addr({place.block, work_next}), .read_data({batch, next_batch})
  );
  always_ff @(posedge clk) begin
    follows <= work_linked && next_batch.life == work.batch.life
               && next_batch.start == work.batch.start + slot_idx_t'(work.batch.count);
    follow_count <= next_batch.count;
  end
  assign may_bind = work_block == last_q && landed_q[work_next];
  assign bound    = (bound_q && work_block == last_q) || on_q[work_block];

  logic unused_bits;
  assign unused_bits = ^{front, work, next_batch.queue, next_batch.idle};

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(TakeFreeBlock, take, unused_free)
  `VMSO_IMPL_IF(LandedHasRoom, landed_valid, unused_land_room)
  `VMSO_IMPL_IF(ListHasRoom, end_lists || land_lists, unused_list_room)
  `VMSO_IMPL_IF(LaterHasNext, later, work_linked)
  `VMSO_IMPL_IF(BoundComesNext, bound_q, on_valid || ends_last || drops_last)
  `VMSO_IMPL_IF(SameQueue, picked && pick_on, batch.queue == queue_of_last_q)
  queue_t queue_of_last_q;
  always_ff @(posedge clk) if (picked) queue_of_last_q <= batch.queue;
`endif
endmodule : vmso_ring_batches
