// SPDX-License-Identifier: Apache-2.0
// Writes completions: one 32-byte record per ended job that wants one, in the order in which the
// jobs ended, and never over a record that the driver has not consumed.
//
// out_end      ends of jobs from the order FIFO; ring_end: ends that the queue controller reports.
//              They wait for the write port: nothing else does
// consumer     a completion consumer doorbell: taken every other cycle, whatever the write port
//              does. Judged by the indices before the cycle that takes it: outside [old value,
//              produced] it is ignored and sticky_consumer pulses
// consumed     pulse: a consumer index has moved; a query_queue of that cycle is answered with it
// queue_reset  the queue's indices are 0 again (`ended` runs on). Taken within 4 cycles, whatever
//              the write port does; only when no end of the queue is in here: see ctl_idle. It wins
//              over a consumer doorbell of its cycle
// write        the record; its place was reserved when the job was loaded: no driver is waited for
// write_done   in order; an interrupt is raised after the record it announces has been answered
// ended        pulse: a job of the queue has ended, written or not
// parking      an out_end with a status that may park, of a queue that parks, ends nothing: it is kept for
//              the fault record, see vmso_cpl_fault: fault, abort, fault_read, system_ring
// write_failed pulse: a record was answered with an error; its queue's vector is raised too
// notify       valid only, any cycle: raises the queue's vector one cycle later
// ctl_idle     one cycle after ctl_queue: every end of the queue that was accepted before this
//              cycle is counted in `ended`, and if it wrote a record, write_done has told of it.
//              False for up to three cycles longer, and as long as an end of the queue is accepted
//              every few cycles
// query        registered, one cycle after query_queue; status likewise
// throughput   an end per cycle and beside it a consumer doorbell per 2 cycles; the ready of ends
//              depends on write_ready and on the valid of what goes first
// count_completions  pulse: a record was answered without an error
// reset        a walk clears the indices of all queues; nothing is taken while cpl_ready is low
`include "vmso_assert.svh"
module vmso_cpl
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic          clk,
  input  logic          rst_n,
  output logic          cpl_ready,
  input  logic          queue_config_valid,
  input  queue_config_t queue_config,
  input  logic          out_end_valid,
  output logic          out_end_ready,
  input  job_end_t      out_end,
  input  logic          ring_end_valid,
  output logic          ring_end_ready,
  input  job_end_t      ring_end,
  input  logic          consumer_valid,
  output logic          consumer_ready,
  input  queue_t        consumer_queue,
  input  slot_idx_t     consumer_value,
  output logic          consumed_valid,
  output queue_t        consumed_queue,
  input  system_ring_t  system_ring,
  input  logic [15:0]   fence_done,
  output fault_ring_t   fault_ring,
  input  logic          fault_valid,
  input  logic          abort_valid,
  input  queue_t        fault_queue,
  input  logic          fault_read_valid,
  output logic          fault_read_ready,
  input  queue_t        fault_read_queue,
  input  logic [2:0]    fault_read_word,
  output logic [31:0]   fault_read_data,
  output logic          sticky_fault,
  output logic          sticky_fault_overflow,
  input  logic          queue_reset_valid,
  output logic          queue_reset_ready,
  input  queue_t        queue_reset_queue,
  input  logic          notify_valid,
  input  queue_t        notify_queue,
  output logic          write_valid,
  input  logic          write_ready,
  output write_req_t    write,
  input  logic          write_done_valid,
  input  logic          write_done_ok,
  output logic          ended_valid,
  output queue_t        ended_queue,
  output logic          write_failed_valid,
  output queue_t        write_failed_queue,
  input  queue_t        ctl_queue,
  output logic          ctl_idle,
  input  queue_t        query_queue,
  output logic [15:0]   query_ended,
  output logic [15:0]   query_backlog,
  input  queue_t        status_queue,
  output slot_idx_t     status_cpl_produced,
  output slot_idx_t     status_cpl_consumer,
  output logic [31:0]   irq_set,
  output logic          sticky_consumer,
  output logic          count_completions
);
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned QueueDepth = 1 << QueueW;
  localparam int unsigned InFlight = vmso_config_pkg::writes_in_flight(Cfg);
  localparam int unsigned FlightW = vmso_math_pkg::count_width(InFlight + 1);  // one in the stage

  typedef enum logic [1:0] {
    WriteCompletion = 2'd0, WriteFault = 2'd1, WriteStatus = 2'd2
  } write_e;
  typedef struct packed {
    write_e     kind;
    queue_t     queue;
    logic       irq;
    logic [4:0] vector;
  } flight_t;

  // -- reset of one queue: takes both write ports of the indices for a cycle ----------------------
  logic clearing, flights_ready, faults_ready, bell_q, finish, reset;
  logic [QueueW-1:0] clear_queue, reset_queue;

  vmso_clear_walk #(.Num(QueueDepth)) u_walk (.clk, .rst_n, .clearing, .index(clear_queue));
  assign cpl_ready = !clearing && flights_ready && faults_ready;
  // No end starts while it waits: after the one that may finish now the port of ends is free.
  assign queue_reset_ready = !clearing && !bell_q && !finish;
  assign reset       = queue_reset_valid && queue_reset_ready;
  assign reset_queue = queue_reset_queue[QueueW-1:0];

  // -- choose: one end a cycle, read its queue's state --------------------------------------------
  logic     busy_q;        // an end is in the act stage
  logic     parks, parks_q, park;
  job_end_t end_in, end_d, end_q, abort_end;
  logic [QueueW-1:0] end_queue;
  logic     start, end_valid, abort_end_valid, abort_end_ready;
  logic     flight_in_ready;

  assign start          = !clearing && (!busy_q || finish) && !queue_reset_valid;
  assign ring_end_ready  = start;
  assign abort_end_ready = start && !ring_end_valid;
  assign out_end_ready   = start && !ring_end_valid && !abort_end_valid;
  assign end_valid       = ring_end_valid || abort_end_valid || out_end_valid;
  assign parks           = !ring_end_valid && !abort_end_valid && park && may_park(out_end.status);
  assign end_in          = ring_end_valid ? ring_end : abort_end_valid ? abort_end : out_end;
  assign end_queue       = end_in.queue[QueueW-1:0];
  always_comb begin
    end_d       = end_in;
    end_d.write = end_in.write && !parks;
  end

  always_ff @(posedge clk) begin
    if (!rst_n) busy_q <= 1'b0;
    else if (start) busy_q <= end_valid;
    else if (finish) busy_q <= 1'b0;
  end
  always_ff @(posedge clk) begin
    if (start) begin
      end_q   <= end_d;
      parks_q <= parks;
    end
  end

  // -- state of all queues ------------------------------------------------------------------------
  logic        produced_we, ended_we, consumer_we;
  logic [QueueW-1:0] write_queue, consumer_write_queue;
  slot_idx_t   produced_d, consumer_d, read_produced, produced_op, bell_produced, bell_consumer,
               query_produced, query_consumer;
  logic [15:0] ended_d, read_ended, ended_op;
  slot_idx_t   written_produced_q;
  logic [15:0] written_ended_q;
  logic        same_queue_q;  // the end before wrote this queue's state while it was read
  logic        base_we, shape_we;
  logic [63:0] base;
  logic [3:0]  log2_entries;
  logic [4:0]  vector;
  ring_shape_t config_shape;
  completion_shape_t config_completion;
  logic [QueueW-1:0] config_queue;

  assign config_shape = ring_shape_t'(queue_config.data);
  assign config_completion = completion_shape_t'(queue_config.data);
  assign config_queue = queue_config.queue[QueueW-1:0];
  assign base_we = queue_config_valid && queue_config.index == 3'd2;
  assign shape_we = queue_config_valid && queue_config.index == 3'd3;

  vmso_cpl_index #(.Cfg(Cfg)) u_index (
    .clk, .produced_we, .ended_we, .write_queue, .produced(produced_d), .ended(ended_d),
    .consumer_we, .consumer_write_queue, .consumer(consumer_d),
    .end_en(start), .end_queue, .end_produced(read_produced),
    .end_ended(read_ended), .bell_queue(consumer_queue[QueueW-1:0]), .bell_produced,
    .bell_consumer, .query_queue(query_queue[QueueW-1:0]), .query_ended, .query_produced,
    .query_consumer, .status_queue(status_queue[QueueW-1:0]),
    .status_produced(status_cpl_produced), .status_consumer(status_cpl_consumer)
  );
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits(64)) u_base (
    .clk, .write_en(base_we), .write_addr(config_queue), .write_data(queue_config.data),
    .read_en(start), .read_addr(end_queue), .read_data(base)
  );
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits(4)) u_entries (
    .clk, .write_en(shape_we), .write_addr(config_queue),
    .write_data(config_completion.log2_entries),
    .read_en(start), .read_addr(end_queue), .read_data(log2_entries)
  );
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits(5)) u_vector (
    .clk, .write_en(queue_config_valid && queue_config.index == 3'd1), .write_addr(config_queue),
    .write_data(config_shape.vector),
    .read_en(start), .read_addr(end_queue), .read_data(vector)
  );

  // combinational: an end that parks begins no write
  vmso_lutram #(.Depth(QueueDepth), .Bits(1)) u_park (
    .clk, .write_en(clearing || (queue_config_valid && queue_config.index == 3'd1)),
    .write_addr(clearing ? clear_queue : config_queue), .write_data(!clearing && config_shape.park),
    .read_addr(end_queue), .read_data(park)
  );
  queue_contexts_t config_contexts, contexts;
  assign config_contexts = queue_contexts_t'(queue_config.data);
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits(48)) u_contexts (
    .clk, .write_en(queue_config_valid && queue_config.index == 3'd4), .write_addr(config_queue),
    .write_data(config_contexts.id), .read_en(start), .read_addr(end_queue), .read_data(contexts.id)
  );
  assign contexts.reserved = '0;
  assign contexts.valid    = '0;

  always_ff @(posedge clk) begin
    if (start) begin
      same_queue_q       <= finish && end_queue == end_q.queue[QueueW-1:0];
      written_produced_q <= produced_d;
      written_ended_q    <= ended_d;
    end
  end
  assign produced_op   = same_queue_q ? written_produced_q : read_produced;
  assign ended_op      = same_queue_q ? written_ended_q : read_ended;
  assign query_backlog = query_produced - query_consumer;

  // -- act: the queue's state is here; write the record and the new state -------------------------
  completion_t record;
  logic [15:0] place;

  // A request does not change while it stands.
  logic       note_valid, note_turn, note_turn_q, waits_q, note_is_fault;
  write_req_t note, end_write;
  logic [QueueW-1:0] note_queue;
  assign note_turn   = waits_q ? note_turn_q : note_valid;
  assign write_valid = (note_turn ? note_valid : busy_q && end_q.write) && flight_in_ready;
  assign write       = note_turn ? note : end_write;
  assign finish      = busy_q && (!end_q.write || (write_ready && flight_in_ready && !note_turn));
  always_ff @(posedge clk) begin
    if (!rst_n) waits_q <= 1'b0;
    else waits_q <= write_valid && !write_ready;
  end
  always_ff @(posedge clk) note_turn_q <= note_turn;

  assign place = produced_op & ~(16'hffff << log2_entries);
  assign end_write.addr = base[55:0] + {35'b0, place, 5'b0};
  assign end_write.data = record;
  always_comb begin
    record                = '0;
    record.cookie         = end_q.cookie;
    record.payload_bytes  = end_q.bytes;
    record.segments       = end_q.segments;
    record.status         = end_q.status;
    record.queue          = 16'(end_q.queue);
    record.consumer_index = end_q.slot + end_q.slots;
    // a place and a cause belong to what could not be read, and to nothing else
    if (end_q.status[7:4] == StatusFault[7:4]) begin
      record.cause  = end_q.cause;
      record.va     = end_q.va;
      record.level  = end_q.level;
      record.access = end_q.access;
    end
    record.phase          = !produced_op[log2_entries];  // 1 in the first lap
  end

  always_comb begin
    produced_we = finish;
    ended_we    = finish;
    write_queue = end_q.queue[QueueW-1:0];
    produced_d  = produced_op + 16'(end_q.write);
    ended_d     = ended_op + 16'(!parks_q);
    if (reset) begin  // the ring reserves places relative to `ended`
      produced_we = 1'b1;
      write_queue = reset_queue;
      produced_d  = '0;
    end
    if (clearing) begin
      produced_we = 1'b1;
      ended_we    = 1'b1;
      write_queue = clear_queue;
      produced_d  = '0;
      ended_d     = '0;
    end
  end

  assign ended_valid = finish && !parks_q;
  assign ended_queue = end_q.queue;

  // -- consumer doorbells: read, then judge and write ---------------------------------------------
  queue_t    bell_queue_q;
  slot_idx_t bell_value_q, bell_step;
  logic      bell_ok, bell_undone_q, moved_q;

  assign consumer_ready = !clearing && !bell_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      bell_q  <= 1'b0;
      moved_q <= 1'b0;
    end else begin
      bell_q  <= consumer_valid && consumer_ready;
      moved_q <= bell_ok && bell_step != '0;
    end
  end
  always_ff @(posedge clk) begin
    if (consumer_ready) begin
      bell_queue_q  <= consumer_queue;
      bell_value_q  <= consumer_value;
      bell_undone_q <= reset && reset_queue == consumer_queue[QueueW-1:0];
    end
  end
  assign bell_step = bell_value_q - bell_consumer;
  assign bell_ok   = bell_q && !bell_undone_q
                     && bell_step <= slot_idx_t'(bell_produced - bell_consumer);
  assign sticky_consumer = bell_q && !bell_undone_q && !bell_ok;

  always_comb begin
    consumer_we          = bell_ok || reset || clearing;
    consumer_write_queue = clearing ? clear_queue
                         : bell_q ? bell_queue_q[QueueW-1:0] : reset_queue;
    consumer_d           = bell_q ? bell_value_q : '0;
  end
  // the next doorbell is taken in this cycle at the earliest
  assign consumed_valid = moved_q;
  assign consumed_queue = bell_queue_q;

  // -- answer: interrupts follow the record that they announce ------------------------------------
  flight_t flight_in, flight;
  logic    flight_valid, record_irq, notify_q;
  logic [4:0] notify_vector;
  logic [vmso_math_pkg::count_width(InFlight)-1:0] unused_flight_count;

  assign flight_in = '{
    kind: !note_turn ? WriteCompletion : note_is_fault ? WriteFault : WriteStatus,
    queue: note_turn ? queue_t'(note_queue) : end_q.queue, irq: end_q.irq && !note_turn,
    vector: vector
  };
  vmso_fifo #(.Bits($bits(flight_t)), .Depth(InFlight)) u_flight (
    .clk, .rst_n,
    .in_valid(write_valid && write_ready), .in_ready(flight_in_ready), .in(flight_in),
    .out_valid(flight_valid), .out_ready(write_done_valid), .out(flight),
    .count(unused_flight_count)
  );
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits(5)) u_notify_vector (
    .clk, .write_en(queue_config_valid && queue_config.index == 3'd1), .write_addr(config_queue),
    .write_data(config_shape.vector),
    .read_en(1'b1), .read_addr(notify_queue[QueueW-1:0]), .read_data(notify_vector)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) notify_q <= 1'b0;
    else notify_q <= notify_valid;
  end
  assign record_irq = write_done_valid && flight.kind == WriteCompletion
                      && (flight.irq || !write_done_ok);
  assign irq_set = (record_irq ? 32'd1 << flight.vector : '0)
                   | (notify_q ? 32'd1 << notify_vector : '0);
  assign write_failed_valid = write_done_valid && !write_done_ok && flight.kind != WriteStatus;
  assign write_failed_queue = flight.queue;
  assign count_completions  = write_done_valid && write_done_ok && flight.kind == WriteCompletion;

  // -- idle: nothing in the act stage, none that has left it just now, none unanswered ------------
  // A beginning shows after three cycles: the act stage and the cycle behind it cover that.
  logic [QueueW-1:0] look_q, left_queue_q;
  logic              left_q, no_flights, no_faults;

  vmso_in_flight #(.Num(QueueDepth), .Bits(FlightW)) u_flights (
    .clk, .rst_n, .ready(flights_ready),
    .begins_valid(start && end_valid && end_d.write), .begins(end_queue),
    .ends_valid(write_done_valid && flight.kind == WriteCompletion),
    .ends(flight.queue[QueueW-1:0]), .look(ctl_queue[QueueW-1:0]), .none(no_flights)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) left_q <= 1'b0;
    else left_q <= busy_q;
  end
  always_ff @(posedge clk) begin
    look_q       <= ctl_queue[QueueW-1:0];
    left_queue_q <= end_q.queue[QueueW-1:0];
  end
  assign ctl_idle = no_flights && no_faults && !(busy_q && end_q.queue[QueueW-1:0] == look_q)
                    && !(left_q && left_queue_q == look_q);

  // -- faults -------------------------------------------------------------------------------------
  vmso_cpl_fault #(.Cfg(Cfg)) u_fault (
    .clk, .rst_n, .ready(faults_ready), .system_ring, .fence_done, .fault_ring,
    .keep_valid(finish && parks_q), .keep(end_q),
    .keep_ctx(end_q.access == AccessSlot ? '0 : contexts.id[end_q.space]), .fault_valid,
    .abort_valid, .fault_queue(fault_queue[QueueW-1:0]), .end_valid(abort_end_valid),
    .end_ready(abort_end_ready), .job_end(abort_end), .note_valid,
    .note_ready(write_ready && flight_in_ready && note_turn),
    .note, .note_is_fault, .note_queue,
    .note_done_valid(write_done_valid && flight.kind == WriteFault),
    .note_done_queue(flight.queue[QueueW-1:0]), .read_valid(fault_read_valid),
    .read_ready(fault_read_ready), .read_queue(fault_read_queue[QueueW-1:0]),
    .read_word(fault_read_word), .read_data(fault_read_data), .look(ctl_queue[QueueW-1:0]),
    .none(no_faults), .sticky_fault, .sticky_overflow(sticky_fault_overflow)
  );

  logic unused_config;
  assign unused_config = ^{config_shape.reserved, config_shape.reserved0, config_contexts, contexts,
                           fault_queue, fault_read_queue,
                           config_shape.reserved1, config_shape.log2_slots,
                           config_completion.reserved, base[63:56], queue_config.queue,
                           query_queue, status_queue, ctl_queue, notify_queue, queue_reset_queue};

`ifdef VMSO_CHECKS
  slot_idx_t consumer_of [QueueDepth];  // beside the RAM, for PlaceIsFree
  slot_idx_t consumer_now;
  assign consumer_now = consumer_of[end_q.queue[QueueW-1:0]];
  always_ff @(posedge clk) if (consumer_we) consumer_of[consumer_write_queue] <= consumer_d;
  `VMSO_INTG_IF(AnswerHasItsWrite, write_done_valid, flight_valid)
  `VMSO_INTG_IF(PlaceIsFree, finish && end_q.write,
                slot_idx_t'(produced_op - consumer_now) < (16'd1 << log2_entries))
  `VMSO_INTG_IF(BaseIsAligned, finish && end_q.write, base[4:0] == '0)
  `VMSO_INTG_IF(ResetFindsNoEnd, reset && busy_q, end_q.queue[QueueW-1:0] != reset_queue)
`endif
endmodule : vmso_cpl
