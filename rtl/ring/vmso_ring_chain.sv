// SPDX-License-Identifier: Apache-2.0
// Holds at most ChainPlaces further slots of each loaded job, in order: the first ones come from the loader, if
// the prefetch store has them (`streamed`), it fetches the others itself.
//
// start       valid only, while room; at most one per two cycles, with the first slot's acceptance
// stream      valid/ready: the job's streamed slots, one after the other, after the start. Ready waits only
//             for landings of reads, which are bounded, and for the FIFO of events. A job whose streamed
//             slots do not all come must be freed
// stale       of stale_job, combinational: reads of the place's last job are in flight. They would
//             overwrite what is streamed: a job that starts now must have nothing streamed
// free        valid only: what is held of the job is dropped. Reads of it may still be in flight: a new
//             job in the same place starts to fetch when they are home
// look        avail answers in the same cycle: the next further slot of that job is here
// pop         valid only, of a job whose slot is here, at most one outstanding; the slot comes 3 + 512 / data_bits
//             cycles later or, when other events of chains are in the way, some cycles after that. One
//             that could not be read has its bus address in place 0
// read        one slot per burst; jobs that want slots take turns
// throughput  one event (start, streamed slot, free, pop, landing, fetch) per cycle; landing waits in a FIFO that holds
//             every read that can be in flight
// reset       a walk clears the jobs' states; `ready` is low meanwhile
`include "vmso_assert.svh"
module vmso_ring_chain
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned JobW   = vmso_math_pkg::index_width(Cfg.jobs),
  localparam int unsigned Rows   = 512 / Cfg.data_bits,
  localparam int unsigned PlaceBits = $bits(chain_place_t)
) (
  input  logic                     clk,
  input  logic                     rst_n,
  output logic                     ready,
  input  logic                     start_valid,
  input  chain_start_t             start_in,
  output logic                     room,
  input  logic [JobW-1:0]          stale_job,
  output logic                     stale,
  input  logic                     stream_valid,
  output logic                     stream_ready,
  input  logic [6:0]               stream_job,
  input  logic [1:0]               stream_place,
  input  logic [511:0]             stream_slot,
  input  read_resp_e               stream_resp,
  output logic [QueueW-1:0]        chain_queue,  // answered one cycle later
  input  logic [49:0]              chain_base,
  input  logic [3:0]               chain_log2_slots,
  input  logic                     free_valid,
  input  logic [JobW-1:0]          free_job,
  output logic                     read_valid,
  input  logic                     read_ready,
  output slot_read_t               read,
  input  logic                     row_en,
  input  logic [6+PlaceBits:0]     row_place,    // {job, place}
  input  logic [1:0]               row,
  input  read_resp_e               row_resp,
  input  logic [Cfg.data_bits-1:0] row_data,
  input  logic                     done_valid,   // the read of row_place is over
  input  read_resp_e               done_resp,    // of the rows that never came
  input  logic [JobW-1:0]          chain_look,
  output logic                     chain_avail,
  input  logic                     chain_pop_valid,
  input  logic [JobW-1:0]          chain_pop_job,
  output logic                     chain_slot_valid,
  output further_slot_t            chain_slot,
  output read_resp_e               chain_slot_resp
);
  localparam int unsigned PlaceW  = JobW + PlaceBits;
  localparam int unsigned Places  = Cfg.jobs * ChainPlaces;
  localparam int unsigned RowW    = vmso_math_pkg::index_width(Rows);
  localparam int unsigned RowBits = Cfg.data_bits + 3;

  typedef logic [PlaceBits:0] chain_count_t;  // 0..ChainPlaces
  typedef struct packed {
    logic       active;
    logic       stale;     // reads of the place's last job are in flight
    slot_idx_t  left;      // slots to be asked for
    slot_idx_t  next;      // ring index of the next one
    chain_place_t write;   // place of the next one
    chain_place_t head;    // place of the next one to be popped
    chain_count_t held;    // places taken
    chain_count_t flight;  // reads in flight
    logic [ChainPlaces-1:0] landed;
  } chain_t;
  typedef struct packed {
    logic [QueueW-1:0] queue;
    logic [49:0] base;
    logic [3:0]  log2_slots;
  } where_t;
  typedef struct packed {
    logic            streamed;  // a slot of `job` has come; else the job starts
    logic [1:0]      place;     // of the slot
    logic [JobW-1:0] job;
    slot_idx_t       slot;
    slot_idx_t       slots;
    logic [2:0]      count;     // slots that will be streamed
    where_t          where;
  } start_t;

  // -- events that have to wait ------------------------------------------------------------------------
  localparam int unsigned StartDepth = 8;
  logic              streamed, event_q, event_streamed_q;
  logic [1:0]        event_place_q;
  start_t            event_in, start;
  chain_start_t      start_in_q;
  logic              start_here, start_take, start_fits;
  logic              land_valid, land_take, land_room;
  logic [PlaceW-1:0] land;
  logic [3:0]        start_count;
  logic [6:0]        unused_land_count;

  // A start waits a cycle for its ring; so does a streamed slot, that it stays behind its start.
  assign chain_queue = start_in.queue[QueueW-1:0];
  assign streamed    = stream_valid && stream_ready;
  always_ff @(posedge clk) begin
    if (!rst_n) event_q <= 1'b0;
    else event_q <= start_valid || streamed;
  end
  always_ff @(posedge clk) begin
    start_in_q       <= start_in;
    event_streamed_q <= streamed;
    event_place_q    <= stream_place;
    if (streamed) start_in_q.job <= stream_job;
  end
  assign event_in = '{
    streamed: event_streamed_q, place: event_place_q, job: start_in_q.job[JobW-1:0],
    slot: start_in_q.slot, slots: start_in_q.slots, count: start_in_q.streamed,
    where: '{queue: start_in_q.queue[QueueW-1:0], base: chain_base, log2_slots: chain_log2_slots}
  };
  vmso_fifo #(.Bits($bits(start_t)), .Depth(StartDepth)) u_start (
    .clk, .rst_n, .in_valid(event_q), .in_ready(start_fits), .in(event_in),
    .out_valid(start_here), .out_ready(start_take), .out(start), .count(start_count)
  );
  // one may be on its way
  assign room = start_count < 4'(StartDepth - 1);
  vmso_fifo #(.Bits(PlaceW), .Depth(SlotIds)) u_land (
    .clk, .rst_n, .in_valid(done_valid), .in_ready(land_room), .in(row_place[PlaceW-1:0]),
    .out_valid(land_valid), .out_ready(land_take), .out(land), .count(unused_land_count)
  );

  // -- one event a cycle: free, load, pop, landing, fetch -------------------------------------------
  logic            clearing, pop_wait_q, is_pop, is_fetch, want_valid, list_ready, want_push;
  logic [JobW-1:0] clear_at, pop_job_q, job, want;
  chain_t          old, now;
  where_t          where;
  logic            read_full_q;
  vmso_clear_walk #(.Num(Cfg.jobs)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));

  assign ready = !clearing && list_ready;
  always_comb begin
    start_take = 1'b0;
    land_take  = 1'b0;
    is_pop     = 1'b0;
    is_fetch   = 1'b0;
    job        = want;
    if (clearing) begin
      job = clear_at;
    end else if (free_valid) begin
      job = free_job;
    end else if (start_here) begin
      job = start.job;
      start_take = 1'b1;
    end else if (pop_wait_q) begin
      job = pop_job_q;
      is_pop = 1'b1;
    end else if (land_valid) begin
      job = land[PlaceW-1:PlaceBits];
      land_take = 1'b1;
    end else begin
      is_fetch = want_valid && !read_full_q;
    end
  end

  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(chain_t))) u_state (
    .clk, .write_en(clearing || free_valid || start_take || is_pop || land_take || is_fetch),
    .write_addr(job), .write_data(now), .read_addr(job), .read_data(old)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(where_t))) u_where (
    .clk, .write_en(start_take && !start.streamed), .write_addr(job), .write_data(start.where),
    .read_addr(job), .read_data(where)
  );

  logic can_fetch;
  assign can_fetch = old.active && !old.stale && old.left != '0
                     && old.held != chain_count_t'(ChainPlaces);
  always_comb begin
    now = old;
    want_push = 1'b0;
    if (clearing) begin
      now = '0;
    end else if (free_valid) begin
      now.active = 1'b0;
    end else if (start_take && start.streamed) begin
      now.landed[chain_place_t'(start.place)] = 1'b1;
    end else if (start_take) begin
      now        = '0;
      now.active = 1'b1;
      now.stale  = old.flight != '0;
      now.flight = old.flight;
      now.held   = chain_count_t'(start.count);
      now.write  = chain_place_t'(start.count);
      now.left   = start.slots - 16'd1 - 16'(start.count);
      now.next   = start.slot + 16'd1 + 16'(start.count);
      want_push  = now.left != '0;
    end else if (is_pop) begin
      now.landed[old.head] = 1'b0;
      now.head  = old.head + 1'b1;
      now.held  = old.held - 1'b1;
      want_push = 1'b1;
    end else if (land_take) begin
      now.flight = old.flight - 1'b1;
      if (old.stale) begin
        now.stale = old.flight != chain_count_t'(1);
        want_push = old.flight == chain_count_t'(1);
      end else begin
        now.landed[land[PlaceBits-1:0]] = 1'b1;
      end
    end else if (is_fetch && can_fetch) begin
      now.left   = old.left - 1'b1;
      now.next   = old.next + 1'b1;
      now.write  = old.write + 1'b1;
      now.held   = old.held + 1'b1;
      now.flight = old.flight + 1'b1;
      want_push  = old.left != 16'd1 && old.held != chain_count_t'(ChainPlaces - 1);
    end
  end

  vmso_ring_list #(.Num(Cfg.jobs)) u_want (
    .clk, .rst_n, .ready(list_ready), .push_valid(want_push), .push(job),
    .pop_valid(want_valid), .pop_ready(is_fetch), .pop(want)
  );

  logic avail;
  // both as they were before the event of this cycle
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(1)) u_stale (
    .clk, .write_en(1'b1), .write_addr(job), .write_data(now.flight != '0),
    .read_addr(stale_job), .read_data(stale)
  );
  assign avail = now.active && !now.stale && now.landed[now.head];
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(1)) u_avail (
    .clk, .write_en(1'b1), .write_addr(job), .write_data(avail),
    .read_addr(chain_look), .read_data(chain_avail)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      pop_wait_q <= 1'b0;
    end else begin
      pop_wait_q <= chain_pop_valid || (pop_wait_q && !is_pop);
    end
  end
  always_ff @(posedge clk) if (chain_pop_valid) pop_job_q <= chain_pop_job;

  // -- read request ------------------------------------------------------------------------------------
  // One adder serves the next slot to be asked for and the one that is popped, which is as many
  // slots before it as are held.
  slot_idx_t   slot_place;
  logic [49:0] line, read_line_q, pop_line_q;
  logic [6:0]  read_job_q;
  logic [QueueW-1:0] read_queue_q;
  chain_place_t read_place_q;
  assign slot_place = (old.next - (is_pop ? slot_idx_t'(old.held) : '0))
                      & ring_mask(where.log2_slots);
  assign line       = where.base + 50'(slot_place);
  always_ff @(posedge clk) begin
    if (!rst_n) read_full_q <= 1'b0;
    else read_full_q <= (is_fetch && can_fetch) || (read_full_q && !read_ready);
  end
  always_ff @(posedge clk) begin
    if (is_fetch) begin
      read_line_q  <= line;
      read_job_q   <= 7'(job);
      read_queue_q <= where.queue;
      read_place_q <= old.write;
    end
  end
  assign read_valid = read_full_q;
  assign read = '{queue: queue_t'(read_queue_q), addr: {read_line_q, 6'b0},
                   len: 8'(Rows - 1), chain: 1'b1, block: '0,
                  job: read_job_q, place: read_place_q};

  // -- landing and pop: rows of the popped slot one after the other ---------------------------------
  logic [PlaceW-1:0]  pop_place_q;
  logic [RowW-1:0]    pop_row_q, got_row_q;
  logic               pop_busy_q, got_q, got_last_q;
  logic [RowBits-1:0] got;
  logic [2:0]         lost, lost_q;
  read_resp_e         got_resp, resp_q;
  further_slot_t      slot_q;
  logic [PlaceW+RowW-1:0] row_addr, pop_addr;

  // a streamed slot is written where no read lands
  logic               stream_write;
  logic [RowW-1:0]    stream_row_q;
  logic [PlaceW-1:0]  write_place;
  logic [Cfg.data_bits-1:0] write_row;
  assign stream_write = stream_valid && !row_en && !done_valid && room;
  assign stream_ready = stream_write && stream_row_q == RowW'(Rows - 1);
  always_ff @(posedge clk) begin
    if (!rst_n || !stream_valid || stream_ready) stream_row_q <= '0;
    else if (stream_write) stream_row_q <= stream_row_q + 1'b1;
  end
  assign write_place = row_en || done_valid ? row_place[PlaceW-1:0]
                                            : {stream_job[JobW-1:0], chain_place_t'(stream_place)};
  always_comb begin
    write_row = row_data;
    for (int unsigned r = 0; r < Rows; r++) begin
      if (!row_en && RowW'(r) == stream_row_q) begin
        write_row = stream_slot[r*Cfg.data_bits +: Cfg.data_bits];
      end
    end
  end
  assign row_addr = {write_place, row_en ? RowW'(row) : stream_row_q};
  assign pop_addr = {pop_place_q, pop_row_q};
  vmso_ram_1w1r #(.Depth(Places << RowW), .LaneBits(RowBits)) u_rows (
    .clk, .write_en(row_en || stream_write), .write_addr(row_addr),
    .write_data({row_en ? row_resp : stream_resp, write_row}),
    .read_en(pop_busy_q), .read_addr(pop_addr), .read_data(got)
  );
  vmso_lutram #(.Depth(Places), .Bits(3)) u_lost (
    .clk, .write_en(done_valid || stream_write), .write_addr(write_place),
    .write_data(done_valid ? done_resp : RespOkay),
    .read_addr(pop_place_q), .read_data(lost)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      pop_busy_q <= 1'b0;
      got_q      <= 1'b0;
      chain_slot_valid <= 1'b0;
    end else begin
      pop_busy_q <= is_pop || (pop_busy_q && pop_row_q != RowW'(Rows - 1));
      got_q      <= pop_busy_q;
      chain_slot_valid <= got_q && got_last_q;
    end
  end
  assign got_resp = read_resp_e'(got[RowBits-1 -: 3]);
  always_ff @(posedge clk) begin
    if (is_pop) begin
      pop_place_q <= {job, old.head};
      pop_line_q  <= line;
      pop_row_q   <= '0;
    end else begin
      pop_row_q <= pop_row_q + 1'b1;
    end
    got_row_q  <= pop_row_q;
    got_last_q <= pop_row_q == RowW'(Rows - 1);
    lost_q     <= lost;
    if (got_q) begin
      for (int unsigned r = 0; r < Rows; r++) begin
        if (RowW'(r) == got_row_q) begin
          slot_q[r*Cfg.data_bits +: Cfg.data_bits] <= got[Cfg.data_bits-1:0];
        end
      end
      if (lost_q != RespOkay) resp_q <= read_resp_e'(lost_q);
      else if (got_row_q == '0 || resp_q == RespOkay) resp_q <= got_resp;
    end
  end
  assign chain_slot_resp = resp_q;
  always_comb begin
    chain_slot = slot_q;
    if (resp_q != RespOkay) chain_slot.place[0].addr = {8'b0, pop_line_q, 6'b0};
  end

  logic unused_bits;
  assign unused_bits = ^{row_place, row, start_in, start_in_q, stream_job};

`ifdef VMSO_CHECKS
  logic [Cfg.jobs-1:0] here_q;
  always_ff @(posedge clk) here_q[job] <= avail && rst_n;
  `VMSO_INTG_IF(PopOnlyWhatIsHere, chain_pop_valid, here_q[chain_pop_job])
  `VMSO_INTG_IF(OnePopAtATime, chain_pop_valid, !pop_wait_q)
  `VMSO_IMPL_IF(StartFifoHasRoom, event_q, start_fits)
  `VMSO_INTG_IF(StartWhereRoomIs, start_valid, room)
  `VMSO_INTG_IF(NothingStreamedOnStale, start_valid && stale, start_in.streamed == '0)
  `VMSO_IMPL_IF(LandFifoHasRoom, done_valid, land_room)
`endif
endmodule : vmso_ring_chain
