// SPDX-License-Identifier: Apache-2.0
// Records inside the rooms ring and job.
package vmso_ring_pkg;
  import vmso_pkg::*;
  import vmso_rec_pkg::*;

  localparam int unsigned BatchSlots  = 8;   // slots of one prefetch block
  localparam int unsigned SlotIds     = 64;  // reads of class slot in flight
  // Further slots of a job: held or in flight, so many that a latency brings enough for the gather lane; and
  // streamed from the prefetch store.
  localparam int unsigned ChainPlaces = 16, StreamPlaces = 4;
  typedef logic [$clog2(ChainPlaces)-1:0] chain_place_t;

  typedef logic [5:0] block_t;  // prefetch block
  // A queue's prefetched batches belong to a life; those of another one are useless. Lives are counted on by
  // the loader, in the order of the batches, and by the controller, which passes to life 255 or 0 only
  // when no batch is here. The loader leaves batches of the life that it ends, so some of life 255 may wait
  // while it is 0, 1 .. 254, but not longer: no batch is ever taken for one of a later life.
  typedef logic [7:0] life_t;

  // A first slot on its way from ring to job; its framing was checked.
  typedef struct packed {
    queue_t          queue;
    slot_idx_t       slot;
    first_slot_t     data;
    queue_contexts_t contexts;
    logic            abort_it;       // the job ends here with StatusAborted
    bytes_t          skip_bytes;
    bytes_t          skip_segments;
    fold_t           fold;           // of the slot when the skipped part was sent
  } slot_t;

  // First job of a queue that seg had not issued whole when the queue was unloaded.
  typedef struct packed {
    logic      any;       // 0: every loaded job had been issued whole
    slot_idx_t slot;
    bytes_t    segments;  // issued of this job since its beginning, those of earlier tries included
    bytes_t    bytes;
    fold_t     fold;      // of its first slot
  } unload_head_t;

  // Prefetched slots start .. start + count - 1 of a queue.
  typedef struct packed {
    queue_t     queue;
    slot_idx_t  start;
    logic [3:0] count;  // 1..8
    life_t      life;   // load_state_t.life when it was asked for
    logic       idle;   // nothing of the queue was here when its doorbell came
  } batch_t;

  // A batch on its way to the loader, from its slot `index` on.
  typedef struct packed {
    batch_t     batch;
    block_t     block;  // where it lies in the prefetch store
    logic [2:0] index;
    logic       on;     // it goes on where the visit before it ended: the queue has kept its turn
  } visit_t;
  // How the loader's work on a batch ends.
  typedef enum logic [1:0] {
    EndGiven = 2'd0,  // every slot has been judged: the block is free
    EndAside = 2'd1,  // the queue has its share of the job entries: the batch waits, from a slot on
    EndLater = 2'd2,  // so it does until the queue's next one has landed, into which a job reaches
    EndBack  = 2'd3   // the one before it waits, and nothing of this one was judged
  } visit_end_e;

  // Loading side of a queue: written by the loader while the queue runs, by the controller while it does
  // not.
  typedef struct packed {
    slot_idx_t   load;           // next slot to be loaded
    logic [1:0]  hint;           // next batches may have 2^hint slots
    slot_idx_t   stride;         // slots of the job loaded last
    logic [4:0]  est;            // log2 (rounded up) of the payload bytes of that job
    logic [25:0] loaded;         // payload bytes loaded ever
    logic [7:0]  jobs;           // jobs loaded ever
    logic [15:0] reserved;       // completion places taken ever
    life_t       life;
    logic        bad;            // framing error at `load`, reported
    logic        abort_it;       // the job at `load` is to end as aborted
    bytes_t      skip_bytes;     // of the job at `load`
    bytes_t      skip_segments;
    fold_t       fold;           // of that job's first slot when it was loaded before
  } load_state_t;

  // What has left the prefetch store: written by the loader alone.
  typedef struct packed {
    logic [9:0] slots;   // ever
    logic [6:0] blocks;
  } seen_t;

  // Fetching side of a queue: written by the fetcher alone.
  typedef struct packed {
    slot_idx_t  fetch;        // next slot to be fetched
    logic [9:0] sent;         // batch slots asked for ever
    logic [6:0] sent_blocks;  // and batches
    block_t     tail;         // the last of these batches
    life_t      life;
    logic       bad;          // producer out of range, reported
    logic       more;         // slots were left when it was looked at last
  } fetch_state_t;

  // What the other rooms say of a queue, one cycle after they were asked.
  typedef struct packed {
    logic [25:0] issued;
    logic        in_debt;
    logic [15:0] ended;
    logic [15:0] backlog;
  } query_t;

  // Visit that is next at the loader, and the state of its queue.
  typedef struct packed {
    visit_t          visit;
    load_state_t     state;
    seen_t           seen;
    query_t          query;
    slot_idx_t       producer;
    logic [7:0]      freed;
    logic [3:0]      log2_slots;
    logic [3:0]      log2_entries;
    queue_contexts_t contexts;
  } peeked_t;

  // A job whose further slots the chain store is to have: `streamed` of them come from the loader, one
  // after the other, the rest is read.
  typedef struct packed {
    logic [6:0] job;
    queue_t     queue;
    slot_idx_t  slot;      // first slot of the job
    slot_idx_t  slots;     // 2 or more
    logic [2:0] streamed;  // 0..StreamPlaces, less than slots
  } chain_start_t;

  // Configuration of a queue as far as the ring needs it.
  typedef struct packed {
    logic        base_ok;     // ring base below 2^56 and aligned to 64, completion base to 32
    logic [49:0] base;        // ring base / 64
    logic [3:0]  log2_slots;
    logic        park;        // at a fault; else its job ends
    logic [3:0]  log2_entries;
  } ring_config_t;

  typedef enum logic [2:0] {
    BadSlotCount = 3'd0, BadChain = 3'd1, BadSlvErr = 3'd2, BadDecErr = 3'd3, BadWindow = 3'd4,
    BadTimeout = 3'd5
  } bad_code_e;
  typedef struct packed {
    bad_code_e   code;
    logic [63:0] cookie;  // 0 if the slot could not be read
  } bad_t;

  // Slot read and what it is for.
  typedef struct packed {
    queue_t     queue;
    pa_t        addr;
    logic [7:0] len;
    logic       chain;
    block_t     block;   // batch: place in the prefetch store
    logic [6:0] job;     // chain: job and place
    chain_place_t place;
  } slot_read_t;

  // What the controller does with a queue, and how far it has come.
  typedef enum logic [2:0] {
    DoStop = 3'd0, DoReset = 3'd1, DoFail = 3'd2, DoError = 3'd3, DoWriteError = 3'd4,
    DoPreempt = 3'd5, DoAbort = 3'd6
  } what_e;
  typedef enum logic [1:0] {
    PhaseIdle = 2'd0,    // nothing
    PhaseBlocked = 2'd1, // nothing more of it is loaded; the slots on their way to seg arrive
    PhaseUnload = 2'd2,  // seg takes its jobs off the list
    PhaseDrain = 2'd3    // what it has under way ends
  } phase_e;
  typedef struct packed {
    what_e  what;
    phase_e phase;
    logic   shown;       // its state tells that nothing is read any more
  } transit_t;

  // Mask of the slots of a ring.
  function automatic slot_idx_t ring_mask(logic [3:0] log2_slots);
    return ~(16'hffff << log2_slots);
  endfunction

  // May a queue that holds so many job entries have another one, while `home` are free? Some are for short jobs
  // of queues that were idle, some for queues that hold none; of the rest a queue has at most twice as many as
  // are free then.
  function automatic logic has_share(vmso_config_pkg::config_t cfg, logic [7:0] held,
                                     logic [7:0] home);
    logic [7:0] idle, others, rest;
    idle   = 8'(vmso_config_pkg::idle_jobs(cfg));
    others = 8'(vmso_config_pkg::idle_jobs(cfg) + vmso_config_pkg::first_jobs(cfg));
    rest   = home - others;
    return held == '0 ? home > idle : home > others && 9'(held) <= {rest, 1'b0};
  endfunction

  // Payload bytes loaded and not issued; a queue without loaded jobs has none, and a difference
  // below zero cannot be.
  function automatic logic [24:0] unissued(logic [25:0] loaded, logic [25:0] issued,
                                           logic [7:0] held);
    logic [25:0] diff;
    diff = loaded - issued;
    return held == '0 || diff[25] ? '0 : diff[24:0];
  endfunction

endpackage : vmso_ring_pkg
