// SPDX-License-Identifier: Apache-2.0
// Faults of parked queues: one record a queue, the fault ring in host memory, and the end of a job that is
// given up. Writes the fence status word too: all that the engine tells the kernel, not a queue's owner.
//
// keep         valid only: a job has stopped at a fault and its queue parks; what is known of it is kept
//              until the next one of the queue
// fault        valid only: the queue shows PARKED: its record goes to the ring; sticky_overflow if that has no
//              room. sticky_fault when it has been written, or cannot be
// abort        valid only: end of the kept job, for its completion
// limits       of a queue at most one fault or abort is here, and its keep is long done: see look
// note         valid/ready: a record to write. It stands until taken; note_done when it was answered
// read         valid/ready: word read_word of the queue's record, read_data one cycle later
// fence_done   number of the last fence done: written to status_word whenever it has changed
// look         none: nothing of this queue is here, see vmso_in_flight
// ring         log2_records 0: no ring. Full: producer - consumer = records, or not below
// fault_ring   writing: a record stands or is not answered. Without a ring the producer is 0 once none is
// reset        control; what is kept is not, and is not read before it was written
`include "vmso_assert.svh"
module vmso_cpl_fault
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  input  system_ring_t      system_ring,
  input  logic [15:0]       fence_done,
  output fault_ring_t       fault_ring,
  input  logic              keep_valid,
  input  job_end_t          keep,
  input  context_t          keep_ctx,
  input  logic              fault_valid,
  input  logic              abort_valid,
  input  logic [QueueW-1:0] fault_queue,
  output logic              end_valid,
  input  logic              end_ready,
  output job_end_t          job_end,
  output logic              note_valid,
  input  logic              note_ready,
  output write_req_t        note,
  output logic              note_is_fault,
  output logic [QueueW-1:0] note_queue,
  input  logic              note_done_valid,  // of a fault record
  input  logic [QueueW-1:0] note_done_queue,
  input  logic              read_valid,
  output logic              read_ready,
  input  logic [QueueW-1:0] read_queue,
  input  logic [2:0]        read_word,
  output logic [31:0]       read_data,
  input  logic [QueueW-1:0] look,
  output logic              none,
  output logic              sticky_fault,
  output logic              sticky_overflow
);
  localparam int unsigned Queues = 1 << QueueW;
  localparam int unsigned CountW = vmso_math_pkg::count_width(Queues);
  typedef struct packed {
    job_end_t job_end;
    context_t ctx;
  } kept_t;
  typedef enum logic [2:0] {
    FaultIdle = 3'd0, FaultRead = 3'd1, FaultWrite = 3'd2, FaultLost = 3'd3, FaultAbort = 3'd4,
    FaultStatus = 3'd5
  } state_e;
  state_e state_d, state_q;

  // -- who waits: at most one entry a queue in both -----------------------------------------------
  logic              faults_room, aborts_room, faults_valid, aborts_valid, take_fault, take_abort;
  logic [QueueW-1:0] faults_first, aborts_first;
  logic [CountW-1:0] unused_faults, unused_aborts;
  vmso_fifo #(.Bits(QueueW), .Depth(Queues)) u_faults (
    .clk, .rst_n, .in_valid(fault_valid), .in_ready(faults_room), .in(fault_queue),
    .out_valid(faults_valid), .out_ready(take_fault), .out(faults_first), .count(unused_faults)
  );
  vmso_fifo #(.Bits(QueueW), .Depth(Queues)) u_aborts (
    .clk, .rst_n, .in_valid(abort_valid), .in_ready(aborts_room), .in(fault_queue),
    .out_valid(aborts_valid), .out_ready(take_abort), .out(aborts_first), .count(unused_aborts)
  );

  // -- what is kept -------------------------------------------------------------------------------
  kept_t             kept, kept_in;
  logic              takes, aborts_q;
  logic [QueueW-1:0] read_at, queue_q;
  logic [2:0]        word_q;

  assign takes      = take_fault || take_abort;
  assign read_ready = !takes;
  assign read_at    = take_abort ? aborts_first : take_fault ? faults_first : read_queue;
  assign kept_in    = '{job_end: keep, ctx: keep_ctx};
  vmso_ram_1w1r #(.Depth(Queues), .LaneBits($bits(kept_t))) u_kept (
    .clk, .write_en(keep_valid), .write_addr(keep.queue[QueueW-1:0]), .write_data(kept_in),
    .read_en(takes || (read_valid && read_ready)), .read_addr(read_at), .read_data(kept)
  );
  always_ff @(posedge clk) begin
    word_q <= read_word;
    if (takes) begin
      queue_q  <= read_at;
      aborts_q <= take_abort;
    end
  end

  // -- the record ---------------------------------------------------------------------------------
  fault_record_t record, record_q;
  logic [3:0]    log2_records;
  logic [15:0]   producer_q, place;
  logic          full, status_due, status_sent, fault_sent, writing;
  logic [15:0]   status_q;  // number that was written last
  pa_t           addr_q;    // of the record that stands: the ring may be another one by now
  logic [CountW-1:0] unanswered_q;  // records

  assign log2_records = system_ring.log2_records;
  assign full         = 16'(producer_q - system_ring.consumer) >= 16'(16'd1 << log2_records);
  assign place        = producer_q & ~(16'hffff << log2_records);
  assign fault_ring   = '{writing: writing, producer: producer_q};
  always_comb begin
    record               = '0;
    record.cookie        = kept.job_end.cookie;
    record.va            = kept.job_end.va;
    record.queue         = 16'(kept.job_end.queue);
    record.ctx           = 16'(kept.ctx);
    record.cause         = kept.job_end.cause;
    record.level         = kept.job_end.level;
    record.access        = kept.job_end.access;
    record.space         = kept.job_end.access == AccessSlot ? '0 : kept.job_end.space;
    record.segment       = kept.job_end.segments;
    record.payload_bytes = kept.job_end.bytes;
    record.slot          = kept.job_end.slot[14:0];
  end
  assign read_data = record[32*word_q +: 32];

  // -- one after the other ------------------------------------------------------------------------
  assign status_due = system_ring.status_on && status_q != fence_done;
  always_comb begin
    state_d    = state_q;
    take_fault = 1'b0;
    take_abort = 1'b0;
    unique case (state_q)
      FaultIdle: begin
        take_abort = aborts_valid;
        take_fault = faults_valid && !aborts_valid;
        if (takes) state_d = FaultRead;
        else if (status_due) state_d = FaultStatus;
      end
      FaultRead: begin
        state_d = aborts_q ? FaultAbort : log2_records == '0 || full ? FaultLost : FaultWrite;
      end
      FaultWrite, FaultStatus: if (note_ready) state_d = FaultIdle;
      FaultLost:  if (!note_done_valid) state_d = FaultIdle;
      default: if (end_ready && !note_done_valid) state_d = FaultIdle;  // FaultAbort
    endcase
  end
  assign status_sent = state_q == FaultStatus && note_ready;
  assign fault_sent  = state_q == FaultWrite && note_ready;
  assign writing     = state_q == FaultWrite || unanswered_q != '0;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q      <= FaultIdle;
      producer_q   <= '0;
      status_q     <= '0;
      unanswered_q <= '0;
    end else begin
      state_q <= state_d;
      unanswered_q <= unanswered_q + CountW'(fault_sent) - CountW'(note_done_valid);
      if (fault_sent) producer_q <= producer_q + 1'b1;
      else if (log2_records == '0 && !writing) producer_q <= '0;
      if (!system_ring.status_on) status_q <= '0;
      else if (status_sent) status_q <= note.data[15:0];
    end
  end
  always_ff @(posedge clk) begin
    if (state_q == FaultRead) begin
      record_q               <= record;
      record_q.record_number <= producer_q;
      record_q.phase         <= !producer_q[log2_records];  // 1 in the first lap
      addr_q                 <= {system_ring.base, 5'd0} + pa_t'({place, 5'd0});
    end else if (state_q == FaultIdle) begin
      record_q <= fault_record_t'(256'(fence_done));
    end
  end
  assign note_valid    = state_q inside {FaultWrite, FaultStatus};
  assign note_is_fault = state_q == FaultWrite;
  assign note_queue    = queue_q;
  assign note.addr     = state_q == FaultWrite ? addr_q : {system_ring.status, 5'd0};
  assign note.data     = record_q;

  // -- end of a job that is given up: `kept` stands until the next read ---------------------------
  job_end_t end_q;
  always_ff @(posedge clk) begin
    if (state_q == FaultRead) begin
      end_q       <= kept.job_end;
      end_q.write <= 1'b1;
    end
  end
  assign end_valid = state_q == FaultAbort && !note_done_valid;
  assign job_end   = end_q;

  // -- what is here of a queue --------------------------------------------------------------------
  logic ended;
  assign ended = state_q == FaultLost || (end_valid && end_ready);
  vmso_in_flight #(.Num(Queues), .Bits(2)) u_here (
    .clk, .rst_n, .ready, .begins_valid(fault_valid || abort_valid), .begins(fault_queue),
    .ends_valid(note_done_valid || ended), .ends(note_done_valid ? note_done_queue : queue_q),
    .look, .none
  );
  assign sticky_fault    = note_done_valid || (state_q == FaultLost && !note_done_valid);
  assign sticky_overflow = state_q == FaultLost && !note_done_valid && log2_records != '0;

`ifdef VMSO_CHECKS
  `VMSO_INTG(OneOfAQueue, !(fault_valid && abort_valid))
  `VMSO_IMPL_IF(FaultHasRoom, fault_valid, faults_room)
  `VMSO_IMPL_IF(AbortHasRoom, abort_valid, aborts_room)
`else
  logic unused_room;
  assign unused_room = ^{faults_room, aborts_room};
`endif
  logic unused_kept;
  assign unused_kept = ^{kept, keep.queue};
endmodule : vmso_cpl_fault
