// SPDX-License-Identifier: Apache-2.0
// The records that cross from one room to the next.
//
// Widths here are the maxima over all legal configurations (an index of 4096 queues has 12 bits in
// `small` too); unused high bits are constant zero and vanish in synthesis.
// Every channel is named after its record: <chan>_valid, <chan>_ready, <chan>. A channel without
// _ready is never refused: its receiver has reserved the place, or can always take one per cycle.
package vmso_pkg;
  import vmso_rec_pkg::*;

  typedef logic [11:0] queue_t;     // send queue
  typedef logic [11:0] context_t;   // address space
  typedef logic [7:0]  job_t;       // place in the job table
  typedef logic [4:0]  run_t;       // place in a job's run FIFO
  typedef logic [7:0]  template_t;  // place in the template store
  typedef logic [8:0]  frame_t;     // frame slot; taken and given back in order. Behind those of
                                    // the orders: the gather lane's
  typedef logic [$clog2(vmso_config_pkg::LaneFrames)-1:0] lane_frame_t;  // of the gather lane's
  typedef logic [11:0] row_t;       // row of the frame store
  typedef logic [13:0] pos_t;       // byte position in a frame, or bytes of a frame
  typedef logic [23:0] bytes_t;     // payload bytes of a job; also a count of segments
  typedef logic [15:0] slot_idx_t;  // free-running ring index
  typedef logic [51:0] vpn_t;       // virtual address 63:12
  typedef logic [44:0] page_t;      // virtual address 56:12; the bits above repeat the highest
  typedef logic [43:0] ppn_t;       // physical address 55:12
  typedef logic [55:0] pa_t;        // physical byte address

  // ---- configuration and control (csr to everybody) -------------------------------------------

  // One RAM window: 4 KiB frames base..limit, both inclusive; base > limit is empty.
  typedef struct packed {
    ppn_t limit;
    ppn_t base;
  } window_t;
  typedef window_t [3:0] windows_t;

  // Write of one 8-byte queue configuration register (queue must be OFF; csr sees to that).
  typedef struct packed {
    queue_t      queue;
    // byte offset / 8: 0 ring base, 1 ring shape, 2 completion base, 3 completion shape,
    // 4 contexts, 5 weight, 6 rate
    logic [2:0]  index;
    logic [63:0] data;
  } queue_config_t;
  // Fields of those registers.
  typedef struct packed {
    logic [42:0] reserved;
    logic [4:0]  vector;       // 20:16
    logic [6:0]  reserved0;
    logic        park;         // 8   at a fault; else its job ends
    logic [3:0]  reserved1;
    logic [3:0]  log2_slots;   // 3:0, 2..15
  } ring_shape_t;
  typedef struct packed {
    logic [59:0] reserved;
    logic [3:0]  log2_entries; // 3:0, 1..15
  } completion_shape_t;
  typedef struct packed {
    logic [11:0] reserved;
    logic [3:0]  valid;        // 51:48, one bit a space
    context_t [3:0] id;        // 47:0, space 0 lowest
  } queue_contexts_t;
  typedef struct packed {
    logic [55:0] reserved;
    logic [7:0]  weight;       // 7:0, 1024 bytes a turn (quantum_beats); 0 counts as 1
  } queue_weight_t;
  typedef struct packed {
    logic [15:0] reserved;
    logic [15:0] frames;       // 47:32, in a rate period; 0: no limit
    logic [7:0]  reserved0;
    logic [23:0] bytes;        // 23:0, likewise
  } queue_rate_t;

  typedef struct packed {
    queue_t     queue;
    logic       notify;  // raise the queue's interrupt when it has been carried out
    queue_cmd_e cmd;
  } queue_command_t;
  // What the registers show of a queue beside its indices.
  typedef struct packed {
    logic         fault;     // a fault has parked it and was not acknowledged
    logic         drained;   // no read or write of it is on the bus, and none will come
    logic         no_reads;  // the same for reads: its memory may be freed
    logic         refused;   // the last command was not taken, or there was nothing to do for it
    logic         pending;   // a command was taken and has not been carried out
    queue_state_e state;
  } queue_status_t;

  // Where the engine tells the kernel: the fault ring and the word with the number of the last fence done.
  typedef struct packed {
    logic [50:0] base;          // of the fault ring / 32
    logic [3:0]  log2_records;  // 0: no ring
    slot_idx_t   consumer;
    logic        status_on;
    logic [50:0] status;        // address of the word / 32
  } system_ring_t;
  // How far the fault ring is.
  typedef struct packed {
    logic      writing;  // a record is under way
    slot_idx_t producer;
  } fault_ring_t;

  // Cycles from status_queue to its queue_status_t, exactly: one queue a cycle may be asked for, and
  // the answers come in order. 1..4.
  localparam int unsigned StatusLatency = 1;

  // A write to a doorbell page.
  typedef struct packed {
    queue_t    queue;
    logic      consumer;  // 0: ring producer, 1: completion consumer
    slot_idx_t value;
  } doorbell_t;

  // One context, as COMMIT hands it over.
  typedef struct packed {
    format_e    format;
    logic [5:0] pa_bits;
    logic       af_ignore;  // 1: accessed flag is not required
    logic       priv;       // 1: user access is not required
    logic       gb;         // x86-64: 1 GiB leaves exist
    logic       xd;         // x86-64: bit 63 is execute-disable
    logic       pse;
    logic       rsw;
    logic       napot;
    logic       pbmt;
    logic       hpd;
    ppn_t       root;       // root table; identity: first page
    ppn_t       limit;      // identity: last page
  } context_config_t;

  typedef enum logic [1:0] {FenceAll = 2'd0, FenceContext = 2'd1, FenceRange = 2'd2,
                            FenceCommit = 2'd3} fence_kind_e;
  typedef struct packed {
    fence_kind_e     kind;
    logic            leaf_only; // pointers to tables may stay cached
    context_t        ctx;
    page_t           first;     // FenceRange: first and last page
    page_t           last;
    context_config_t cfg;       // FenceCommit
    logic [15:0]     number;    // DONE reports the highest number that has completed
  } fence_t;
  // Pages to translate ahead.
  typedef struct packed {
    context_t ctx;
    page_t    first;
    page_t    last;
  } advise_t;
  localparam int unsigned FenceBatch = 4;  // commands that are carried out together
  // Whose translations are to be made again.
  typedef struct packed {
    logic                        all;
    logic [FenceBatch-1:0]       valid;
    context_t [FenceBatch-1:0]   ctx;
  } mark_t;

  // Increments of the counters, per cycle. Order = register order.
  localparam int unsigned NumCounters = 32;
  typedef enum logic [4:0] {
    CountCycles = 0, CountFrames = 1, CountFrameBytes = 2, CountWireBeats = 3, CountReadBeats = 4,
    CountJobs = 5, CountSegments = 6, CountCompletions = 7, CountLookups = 8, CountTlbHits = 9,
    CountWalks = 10, CountTableReads = 11, CountPwcHits = 12, CountFaults = 13, CountDropped = 14,
    CountSlotReads = 15, CountOutBusy = 16, CountOutBlocked = 17, CountOutStarved = 18,
    CountWindowStall = 19,
    CountLoadBusy = 20, CountLoadBlocked = 21, CountLoadStarved = 22,
    CountXlatBusy = 23, CountXlatBlocked = 24, CountXlatStarved = 25,
    CountSegBusy = 26, CountSegBlocked = 27, CountSegStarved = 28,
    CountReadBusy = 29, CountReadBlocked = 30, CountReadStarved = 31
  } counter_e;
  typedef logic [NumCounters-1:0][7:0] counter_inc_t;

  // Sticky bits, set by pulses, cleared by writing 1. Index = bit number.
  typedef enum logic [3:0] {
    StickyReadTimeout = 0, StickyWriteError = 1, StickyWindow = 2, StickyCommitRefused = 3,
    StickyConsumerDoorbell = 4, StickyCommandIgnored = 5, StickyQueueError = 6, StickyParity = 7,
    StickyLinkDead = 8, StickyFault = 9, StickyFaultOverflow = 10
  } sticky_e;
  localparam int unsigned NumSticky = 11;
  typedef logic [NumSticky-1:0] sticky_t;

  typedef logic [3:0][2:0][11:0] flag_masks_t;  // [profile][0 first, 1 middle, 2 last]

  // ---- reads

  typedef enum logic [1:0] {
    ReadWalk = 2'd0, ReadSlot = 2'd1, ReadTemplate = 2'd2, ReadPayload = 2'd3
  } read_class_e;
  typedef struct packed {
    pa_t        addr;   // any byte of the first beat; the burst starts at that beat
    logic [7:0] len;    // beats - 1; the burst lies inside one 4 KiB page
  } read_req_t;
  typedef logic [7:0] read_id_t;
  typedef enum logic [2:0] {
    RespOkay = 3'd0, RespSlvErr = 3'd1, RespDecErr = 3'd2, RespWindow = 3'd3, RespTimeout = 3'd4
  } read_resp_e;
  // One per cycle, broadcast to all rooms, never refused. `ended` without data (a refused or timed
  // out burst) stands for all beats of the burst that have not come.
  typedef struct packed {
    read_class_e cls;
    read_id_t    id;
    logic        has_data;  // a beat is on read_data
    logic        last;      // nothing more will come for this id
    read_resp_e  resp;
  } read_rsp_t;

  // Write of one 32-byte record (aligned to 32).
  typedef struct packed {
    pa_t          addr;
    logic [255:0] data;
  } write_req_t;

  // ---- ring to job, job to everybody ------------------------------------------------------------

  typedef struct packed {
    logic [63:0] addr;
    bytes_t      bytes;
    context_t    ctx;
    logic [1:0]  space;         // that gave the context
  } buffer_ref_t;

  // A first slot in 16 bits: its halfwords, each turned by its number, XORed. A change inside one
  // aligned halfword always shows, a random one of several with 65535 of 65536. Further slots and
  // the template's bytes are not in it. A job that is resumed must have the fold that it had.
  typedef logic [15:0] fold_t;
  function automatic fold_t fold_of(first_slot_t slot);
    logic [511:0] bits;
    logic [31:0]  twice;  // a halfword twice, to turn it
    fold_t        fold;
    bits = slot;
    fold = '0;
    for (int unsigned i = 0; i < 32; i++) begin
      twice = {2{bits[16*i +: 16]}};
      fold ^= twice[i%16 +: 16];
    end
    return fold;
  endfunction

  // What is done to the headers of a job's frames.
  typedef enum logic [1:0] {
    HeadAsIs   = 2'd0,         // nothing
    HeadFields = 2'd1,         // fields of one layer, a tag or a checksum are written
    HeadTunnel = 2'd2          // fields of two layers
  } head_e;
  // And how: for `out` alone, which keeps it with the template. Positions count in the frame, that is
  // with the tag that is inserted.
  typedef struct packed {
    logic        segments;     // TCP_SEG, UDP_SEG: the template is parsed, its fields are written
    logic        udp;
    l4_mode_e    l4_mode;
    id_mode_e    id_mode;
    logic [1:0]  flag_profile;
    logic [8:0]  l3;
    logic [8:0]  l4;
    logic        outer_has_l4; // UDP or GRE; else IP in IP
    logic [8:0]  outer_l3;
    logic [8:0]  outer_l4;
    id_mode_e    outer_id_mode;
    logic        outer_csum;
    logic        tag;          // is inserted
    logic [31:0] tag_word;     // TPID, TCI
    logic        csum;         // one checksum over a part of the frame
    logic        csum_udp;     // 0 is written as FFFF
    logic        csum_odd;     // the part begins at an odd byte
    pos_t        csum_pos;     // of the field
  } header_t;
  localparam pos_t TagAt = pos_t'(12);  // where a tag is inserted: behind the addresses
  localparam logic [15:0] TagCustomer = 16'h8100, TagService = 16'h88a8;  // TPIDs, IEEE 802.1Q
  // Of the checksum field in its header, RFC 768. A checksum of UDP that is 0 means that there is none.
  localparam logic [15:0] UdpCsumOffset = 16'd6;

  // Does a job hold a place in the template store? Also one without a template: its header_t stands there.
  function automatic logic has_template(logic [8:0] header_bytes, head_e head);
    return header_bytes != '0 || head != HeadAsIs;
  endfunction

  // A loaded job, broadcast once (job_load), at most every second cycle.
  typedef struct packed {
    job_t        job;
    queue_t      queue;
    kind_e       kind;
    status_e     status;        // not StatusOk: refused; no runs are built, one order ends it
    slot_idx_t   slot;          // its first slot
    slot_idx_t   slots;         // slots of the job
    logic [63:0] cookie;
    logic        completion_wanted;
    logic        interrupt_wanted;
    bytes_t      payload_bytes;
    logic [15:0] mss;           // payload bytes per frame; of a kind without segments: all
    logic [8:0]  header_bytes;  // to be read; 0: none
    head_e       head;
    logic        tag;           // four bytes are inserted
    template_t   tmpl;          // has_template: held until the order with `last` has left
    header_t     header;
    logic        csum;          // only what stands at csum_from or behind it, in the frame without
    pos_t        csum_from;     // a tag, is summed
    buffer_ref_t template_ref;
    buffer_ref_t buffer0;       // bytes 0: unused place
    buffer_ref_t buffer1;
    queue_contexts_t contexts;  // for the spaces of further slots
    bytes_t      skip_bytes;    // resume: payload bytes that were sent before
    bytes_t      skip_segments; // resume: segments that were sent before
    fold_t       fold;          // of its first slot
  } job_load_t;

  // ---- run and xlat -----------------------------------------------------------------------------

  typedef struct packed {
    job_t     job;
    run_t     run;
    queue_t   queue;  // its walk is charged to this queue's share of the walk slots
    context_t ctx;
    vpn_t     vpn;
    logic     again;  // it was asked for before: a walk slot was free for it when it was chosen
    logic     advise; // nobody needs it: it never takes a walk slot of the last half
    logic     ghost;  // inside xlat: nobody is told
  } lookup_t;
  // The answer to a lookup, from a hit or at the end of a walk.
  typedef struct packed {
    job_t       job;
    run_t       run;
    logic       fault;
    cause_e     cause;
    logic [2:0] level;
    ppn_t       ppn;
  } fill_t;
  typedef struct packed {
    job_t job;
    run_t run;
  } run_ref_t;

  // How far a job's runs reach, seen by seg. Counters run on from job to job.
  typedef struct packed {
    logic [17:0] ready_total;  // bytes of all in-order translated runs ever, modulo 2^18
    logic        blocked;      // the first run behind them is a fault or an error: see run_end
    logic        full;         // the run FIFO is full and every run in it is translated
    logic [5:0]  ready_runs;   // how many are translated, in order
    logic        chain_done;   // all descriptors were seen and their sum agrees
    logic [17:0] present;      // advise: pieces of the in-order runs that have a translation
  } run_status_t;
  // What stands behind the ready runs of a blocked job.
  typedef struct packed {
    status_e     status;       // StatusFault/StatusBus/StatusTimeout: cause and level count;
                               // else SUM_MISMATCH, SPACE, ADDR_WRAP, RESERVED_SET ...
    cause_e      cause;
    logic [2:0]  level;
    access_e     access;
    logic [63:0] va;           // first byte of the run
    logic [1:0]  space;
  } run_end_t;

  // ---- seg, read and out ------------------------------------------------------------------------

  // Reads of one segment (or of one template), carried out from the head of the job's runs.
  typedef struct packed {
    queue_t    queue;
    job_t      job;
    logic      to_template;    // lands in the template store
    logic      discard;        // advise: its runs are done with, nothing is read
    template_t tmpl;
    frame_t    frame;
    row_t      row;            // frame store row of frame position 0
    pos_t      pos;            // of the first byte, in the frame without a tag
    pos_t      bytes;          // 0: no reads, but job_last still counts
    logic      job_last;       // the job's last command: its entry is free afterwards
    logic      kill;           // the job dies (no reads): its entry is free when its fills are home
  } fetch_t;
  // A piece of a fetch inside one page: one AXI burst (split further only at 256 beats).
  typedef struct packed {
    fetch_t      fetch;
    pa_t         addr;
    logic [63:0] va;
    logic [1:0]  space;        // of va
    pos_t        pos;          // position of its first byte in the frame (template)
    logic [12:0] bytes;        // 1..4096
    logic        sums;         // its bytes count for the checksum
    logic        last;         // last piece of the fetch
  } piece_t;

  typedef enum logic [1:0] {
    OrderFrame = 2'd0,         // a frame, when all its bytes have landed
    OrderEnd = 2'd1,           // ends its job with `status`, without a frame (OK for no-ops)
    OrderFail = 2'd2           // tombstone: ends its job with status, cause, va; flushes the queue
  } order_kind_e;
  typedef struct packed {
    order_kind_e kind;
    queue_t      queue;
    logic        last;         // last of its job: template and completion place are given back
    slot_idx_t   slot;
    slot_idx_t   slots;
    logic [63:0] cookie;
    logic        completion_wanted;
    logic        interrupt_wanted;
    head_e       head;
    logic        tag;
    logic        first;        // first segment of the job (segment number 0)
    bytes_t      job_bytes;    // payload bytes of the whole job (full checksum seed)
    bytes_t      segment;      // number of this segment
    bytes_t      sent;         // payload bytes before this segment
    pos_t        bytes;        // payload bytes of this frame
    logic [8:0]  header_bytes; // that were read
    template_t   tmpl;
    logic        tmpl_fetched; // the template's reads were ordered: it will land (or fail)
    row_t        row;          // frame store row of frame position 0
    row_t        rows;         // rows that it holds of the ring, 0 if no frame
    logic        gather;       // its payload is in the gather lane
    lane_frame_t lane_frame;
    status_e     status;
    cause_e      cause;
    logic [2:0]  level;
    access_e     access;
    logic [63:0] va;
    logic [1:0]  space;        // of va; of a frame: of its template
    fold_t       fold;         // of the job's first slot
  } order_t;

  // The template of a job that was unloaded: free when its orders have left and its reads have landed.
  typedef struct packed {
    template_t tmpl;
    logic      fetched;
  } tmpl_drop_t;

  // An order has left: its frame slot and rows are free.
  typedef struct packed {
    queue_t queue;
    logic   sent;  // as a frame
    row_t   rows;
    logic   gather; // of the gather lane
  } left_t;

  // What is told of an order that leaves, beside left_t: for the retire port alone.
  typedef struct packed {
    logic        ends;         // its job ends with it
    logic        fails;        // and its queue stops there
    status_e     status;       // of the job, if it ends
    logic [63:0] va;           // what failed
  } left_told_t;

  // The retire port: docs/retire.md.
  typedef enum logic [1:0] {
    FateSent = 2'd0,           // its frame leaves
    FateEnded = 2'd1,          // its job ends without a frame: a no-op, ADVISE, or refused
    FateFailed = 2'd2,         // its job ends with an error, and nothing behind it is sent
    FateDropped = 2'd3         // nothing is sent or told of it
  } retire_fate_e;
  typedef struct packed {
    logic [31:0]  number;      // 0, 1, .. since rst_n, without gaps
    retire_fate_e fate;
    queue_t       queue;
    slot_idx_t    slot;        // first of its job
    slot_idx_t    slots;
    logic [63:0]  cookie;
    bytes_t       segment;     // number of it in its job; FateFailed: of the one not sent
    bytes_t       offset;      // payload bytes of the job in front of it
    pos_t         bytes;       // payload bytes of its frame
    logic         ends;        // its job ends with it,
    status_e      status;      // like this
    logic [63:0]  va;          // of its first payload byte; FateFailed: what failed; 0: neither
  } retire_t;

  // State of a frame slot's payload.
  typedef struct packed {
    logic        poison;       // some byte did not arrive well
    status_e     status;       // of the lowest failed byte
    cause_e      cause;
    logic [63:0] va;
    logic [1:0]  space;        // of va
    logic [15:0] sum;          // ones'-complement sum of the landed bytes, each in its frame lane
    pos_t        landed;       // bytes that have landed or failed
  } frame_state_t;

  // ---- ends --------------------------------------------------------------------------------------

  // A job has ended: what its completion says.
  typedef struct packed {
    queue_t      queue;
    slot_idx_t   slot;
    slot_idx_t   slots;
    logic [63:0] cookie;
    logic        write;        // write a completion (else only the place is given back)
    logic        irq;
    status_e     status;
    cause_e      cause;
    logic [2:0]  level;
    access_e     access;
    logic [63:0] va;
    logic [1:0]  space;        // of va
    bytes_t      segments;
    bytes_t      bytes;
  } job_end_t;

  // Can a job with this status go on when its cause is mended? Then its queue parks, if that is its policy.
  function automatic logic may_park(status_e status);
    return status inside {StatusFault, StatusBus, StatusTimeout};
  endfunction

  // A queue's frames stop here: out tells the queue controller, which unloads.
  typedef struct packed {
    queue_t    queue;
    logic      parks;          // may_park of the job's status
    slot_idx_t slot;           // first slot of the job
    slot_idx_t slots;
    bytes_t    segments;       // sent of it
    bytes_t    bytes;
    fold_t     fold;           // of its first slot
  } queue_fail_t;

  // What the queue controller reads of seg and out while it unloads: orders ever, modulo 2^16.
  typedef logic [15:0] order_count_t;

endpackage : vmso_pkg
