// SPDX-License-Identifier: Apache-2.0
// Writes completions: one 32-byte record per ended job that wants one, in the order in which the
// jobs ended, and never over a record that the driver has not consumed.
//
// out_end      ends of jobs from the order FIFO; ring_end: ends that the queue controller reports
// consumer     a completion consumer doorbell; outside [old value, produced] it is ignored and
//              sticky_consumer pulses
// queue_reset  the queue went OFF: its indices are 0 again (no write of it is in flight then)
// write        the record; the place was reserved when the job was loaded, so cpl waits for no driver
// write_done   in order; an interrupt is raised after the record it announces has been answered
// ended        pulse: a job of the queue has ended, written or not
// write_failed pulse: a record of the queue was answered with an error
// query        registered, one cycle after query_queue; status: registered, one cycle after status_queue
// throughput   one operation per cycle; ready depends on write_ready, not on valid
// reset        a walk clears the indices of all queues; cpl_ready is low meanwhile
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
  input  logic          queue_reset_valid,
  output logic          queue_reset_ready,
  input  queue_t        queue_reset_queue,
  output logic          write_valid,
  input  logic          write_ready,
  output write_req_t    write,
  input  logic          write_done_valid,
  input  logic          write_done_ok,
  output logic          ended_valid,
  output queue_t        ended_queue,
  output logic          write_failed_valid,
  output queue_t        write_failed_queue,
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

  typedef struct packed {
    slot_idx_t   produced;
    slot_idx_t   consumer;
    logic [15:0] ended;
  } index_t;
  typedef struct packed {
    logic [3:0]  log2_entries;
    logic [4:0]  vector;
  } shape_t;
  typedef enum logic [1:0] {OpEnd = 2'd0, OpConsume = 2'd1, OpReset = 2'd2} op_e;
  typedef struct packed {
    queue_t     queue;
    logic       irq;
    logic [4:0] vector;
  } flight_t;

  // -- choose: one operation a cycle, read its queue's state --------------------------------------
  logic     clearing_q;
  logic [QueueW-1:0] clear_queue_q;
  logic     busy_q;        // cycle 2 of an operation
  op_e      op_q;
  job_end_t end_q;
  slot_idx_t value_q;
  queue_t   op_queue, op_queue_q;
  logic     start, finish;
  logic     flight_in_ready;

  assign start = !clearing_q && (!busy_q || finish);
  assign queue_reset_ready = start;
  assign consumer_ready    = start && !queue_reset_valid;
  assign ring_end_ready    = consumer_ready && !consumer_valid;
  assign out_end_ready     = ring_end_ready && !ring_end_valid;
  assign op_queue = queue_reset_valid ? queue_reset_queue : consumer_valid ? consumer_queue
                  : ring_end_valid ? ring_end.queue : out_end.queue;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      busy_q        <= 1'b0;
      clearing_q    <= 1'b1;
      clear_queue_q <= '0;
    end else begin
      if (start) busy_q <= queue_reset_valid || consumer_valid || ring_end_valid || out_end_valid;
      if (clearing_q) clear_queue_q <= clear_queue_q + 1'b1;
      if (clear_queue_q == '1) clearing_q <= 1'b0;
    end
  end
  always_ff @(posedge clk) begin
    if (start) begin
      op_q       <= queue_reset_valid ? OpReset : consumer_valid ? OpConsume : OpEnd;
      end_q      <= ring_end_valid ? ring_end : out_end;
      value_q    <= consumer_value;
      op_queue_q <= op_queue;
    end
  end
  assign cpl_ready = !clearing_q;

  // -- state of all queues: one writer, three readers ----------------------------------------------
  logic   index_we;
  logic [QueueW-1:0] index_waddr;
  index_t index_d, index_read, index_op, index_query, index_status, written_q;
  logic   same_queue_q;  // the operation before wrote this queue's state while it was read
  logic   base_we, shape_we;
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

  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits($bits(index_t))) u_index_op (
    .clk, .write_en(index_we), .write_addr(index_waddr), .write_data(index_d),
    .read_en(start), .read_addr(op_queue[QueueW-1:0]), .read_data(index_read)
  );
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits($bits(index_t))) u_index_query (
    .clk, .write_en(index_we), .write_addr(index_waddr), .write_data(index_d),
    .read_en(1'b1), .read_addr(query_queue[QueueW-1:0]), .read_data(index_query)
  );
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits($bits(index_t))) u_index_status (
    .clk, .write_en(index_we), .write_addr(index_waddr), .write_data(index_d),
    .read_en(1'b1), .read_addr(status_queue[QueueW-1:0]), .read_data(index_status)
  );
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits(64)) u_base (
    .clk, .write_en(base_we), .write_addr(config_queue), .write_data(queue_config.data),
    .read_en(start), .read_addr(op_queue[QueueW-1:0]), .read_data(base)
  );
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits(4)) u_entries (
    .clk, .write_en(shape_we), .write_addr(config_queue),
    .write_data(config_completion.log2_entries),
    .read_en(start), .read_addr(op_queue[QueueW-1:0]), .read_data(log2_entries)
  );
  vmso_ram_1w1r #(.Depth(QueueDepth), .LaneBits(5)) u_vector (
    .clk, .write_en(queue_config_valid && queue_config.index == 3'd1), .write_addr(config_queue),
    .write_data(config_shape.vector),
    .read_en(start), .read_addr(op_queue[QueueW-1:0]), .read_data(vector)
  );

  always_ff @(posedge clk) begin
    if (start) begin
      same_queue_q <= finish && op_queue[QueueW-1:0] == op_queue_q[QueueW-1:0];
      written_q    <= index_d;
    end
  end
  assign index_op = same_queue_q ? written_q : index_read;

  assign query_ended         = index_query.ended;
  assign query_backlog       = index_query.produced - index_query.consumer;
  assign status_cpl_produced = index_status.produced;
  assign status_cpl_consumer = index_status.consumer;

  // -- act: the queue's state is here; write the record and the new state --------------------------
  completion_t record;
  logic [15:0] place;
  logic        write_it, consume_ok;

  assign write_it    = op_q == OpEnd && end_q.write;
  assign write_valid = busy_q && write_it && flight_in_ready;
  assign finish      = busy_q && (!write_it || (write_ready && flight_in_ready));
  assign consume_ok  = slot_idx_t'(value_q - index_op.consumer)
                       <= slot_idx_t'(index_op.produced - index_op.consumer);

  assign place = index_op.produced & ~(16'hffff << log2_entries);
  assign write.addr = base[55:0] + {35'b0, place, 5'b0};
  assign write.data = record;
  always_comb begin
    record                = '0;
    record.cookie         = end_q.cookie;
    record.payload_bytes  = end_q.bytes;
    record.segments       = end_q.segments;
    record.status         = end_q.status;
    record.cause          = end_q.cause;
    record.va             = end_q.va;
    record.queue          = 16'(end_q.queue);
    record.consumer_index = end_q.slot + end_q.slots;
    record.level          = end_q.level;
    record.access         = end_q.access;
    record.phase          = !index_op.produced[log2_entries];  // 1 in the first lap
  end

  always_comb begin
    index_d = index_op;
    unique case (op_q)
      OpEnd: begin
        index_d.ended = index_op.ended + 1'b1;
        if (end_q.write) index_d.produced = index_op.produced + 1'b1;
      end
      OpConsume: if (consume_ok) index_d.consumer = value_q;
      default: begin  // OpReset; `ended` runs on, the ring reserves places relative to it
        index_d.produced = '0;
        index_d.consumer = '0;
      end
    endcase
    if (clearing_q) index_d = '0;
  end
  assign index_we    = clearing_q || finish;
  assign index_waddr = clearing_q ? clear_queue_q : op_queue_q[QueueW-1:0];

  assign ended_valid       = finish && op_q == OpEnd;
  assign ended_queue       = op_queue_q;
  assign sticky_consumer   = finish && op_q == OpConsume && !consume_ok;
  assign count_completions = write_valid && write_ready;

  // -- answer: interrupts follow the record that they announce -------------------------------------
  flight_t flight_in, flight;
  logic    flight_valid;
  logic [vmso_math_pkg::count_width(InFlight)-1:0] unused_flight_count;

  assign flight_in = '{queue: op_queue_q, irq: end_q.irq, vector: vector};
  vmso_fifo #(.Bits($bits(flight_t)), .Depth(InFlight)) u_flight (
    .clk, .rst_n,
    .in_valid(write_valid && write_ready), .in_ready(flight_in_ready), .in(flight_in),
    .out_valid(flight_valid), .out_ready(write_done_valid), .out(flight),
    .count(unused_flight_count)
  );
  assign irq_set = write_done_valid && write_done_ok && flight.irq ? 32'd1 << flight.vector : '0;
  assign write_failed_valid = write_done_valid && !write_done_ok;
  assign write_failed_queue = flight.queue;

  logic unused_config;
  assign unused_config = ^{config_shape.reserved, config_shape.reserved0, config_shape.park,
                           config_shape.reserved1, config_shape.log2_slots,
                           config_completion.reserved, base[63:56], queue_config.queue,
                           query_queue, status_queue,
                           index_status.ended};

`ifdef VMSO_CHECKS
  `VMSO_INTG(AnswerHasItsWrite, !write_done_valid || flight_valid)
  `VMSO_INTG(PlaceIsFree, !(finish && write_it)
             || slot_idx_t'(index_op.produced - index_op.consumer) < (16'd1 << log2_entries))
  `VMSO_INTG(BaseIsAligned, !(finish && write_it) || base[4:0] == '0)
`endif
endmodule : vmso_cpl
