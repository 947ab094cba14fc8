// SPDX-License-Identifier: Apache-2.0
// All per-queue state of the ring: one RAM per writer, copied per reader.
//
// fc_queue      port of the fetcher and the controller; load_queue: of the loader; chain_queue: of the
//               chains; free_queue: of the freed count itself; wait_queue: of the batches that wait for
//               their share; status_queue: of the registers. All answer one cycle later, with what was
//               written before the cycle of the address
// running       of run_queue, combinational: its state is RUN
// writes        valid only; two writers of one RAM (load state) are arbitrated by their owner
// clear         after reset a walk zeroes everything; `ready` is low meanwhile
module vmso_ring_state
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  input  logic              queue_config_valid,
  input  queue_config_t     queue_config,
  // writers
  input  logic              producer_en,
  input  logic [QueueW-1:0] producer_queue,
  input  slot_idx_t         producer,
  input  logic              state_en,
  input  logic [QueueW-1:0] state_queue,
  input  queue_state_e      state,
  input  logic              no_reads,
  input  logic              drained,
  input  logic              load_state_en,
  input  logic [QueueW-1:0] load_state_queue,
  input  load_state_t       load_state,
  input  logic              seen_en,
  input  logic [QueueW-1:0] seen_queue,
  input  seen_t             seen,
  input  logic              fetch_state_en,
  input  logic [QueueW-1:0] fetch_state_queue,
  input  fetch_state_t      fetch_state,
  input  logic              bad_en,
  input  logic [QueueW-1:0] bad_queue,
  input  bad_t              bad,
  input  logic              freed_en,
  input  logic [QueueW-1:0] freed_queue,
  input  logic [7:0]        freed,
  // readers
  input  logic [QueueW-1:0] fc_queue,
  output slot_idx_t         fc_producer,
  output queue_state_e      fc_state,
  output load_state_t       fc_load_state,
  output seen_t             fc_seen,
  output fetch_state_t      fc_fetch_state,
  output bad_t              fc_bad,
  output logic [7:0]        fc_freed,
  output ring_config_t      fc_config,
  input  logic [QueueW-1:0] load_queue,
  output slot_idx_t         load_producer,
  output load_state_t       load_load_state,
  output seen_t             load_seen,
  output logic [7:0]        load_freed,
  output logic [3:0]        load_log2_slots,
  output logic [3:0]        load_log2_entries,
  output queue_contexts_t   load_contexts,
  input  logic [QueueW-1:0] chain_queue,
  output logic [49:0]       chain_base,
  output logic [3:0]        chain_log2_slots,
  input  logic [QueueW-1:0] free_queue,
  output logic [7:0]        free_freed,
  input  logic [QueueW-1:0] wait_queue,
  output logic [7:0]        wait_held,      // its jobs loaded and not freed
  output logic              wait_running,
  input  logic [QueueW-1:0] run_queue,
  output logic              running,
  input  logic [QueueW-1:0] status_queue,
  output queue_state_e      status_state,
  output logic              status_no_reads,
  output logic              status_drained,
  output slot_idx_t         status_producer,
  output slot_idx_t         status_fetched
);
  localparam int unsigned Depth = 1 << QueueW;

  logic              clearing;
  logic [QueueW-1:0] clear_at;
  assign ready = !clearing;
  vmso_clear_walk #(.Num(Depth)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));

  // -- configuration -------------------------------------------------------------------------------
  ring_shape_t       shape;
  completion_shape_t completion;
  logic [QueueW-1:0] config_queue;
  logic              base_en, shape_en, completion_en, entries_en, contexts_en;
  logic              completion_ok, fc_completion_ok, park;
  logic [50:0]       base, fc_base;
  logic [3:0]        log2_slots, log2_entries;
  logic [51:0]       contexts, contexts_out;

  assign shape        = ring_shape_t'(queue_config.data);
  assign completion   = completion_shape_t'(queue_config.data);
  assign config_queue = clearing ? clear_at : queue_config.queue[QueueW-1:0];
  assign base_en      = clearing || (queue_config_valid && queue_config.index == 3'd0);
  assign shape_en     = clearing || (queue_config_valid && queue_config.index == 3'd1);
  assign completion_en = clearing || (queue_config_valid && queue_config.index == 3'd2);
  assign completion_ok = !clearing && queue_config.data[63:56] == '0
                         && queue_config.data[4:0] == '0;
  assign entries_en   = clearing || (queue_config_valid && queue_config.index == 3'd3);
  assign contexts_en  = clearing || (queue_config_valid && queue_config.index == 3'd4);
  assign base = clearing ? '0
    : {queue_config.data[63:56] == '0 && queue_config.data[5:0] == '0, queue_config.data[55:6]};
  assign log2_slots   = clearing ? '0 : shape.log2_slots;
  assign park         = !clearing && shape.park;
  assign log2_entries = clearing ? '0 : completion.log2_entries;
  assign contexts     = clearing ? '0 : queue_config.data[51:0];

  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(51)) u_base_fc (
    .clk, .write_en(base_en), .write_addr(config_queue), .write_data(base),
    .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_base)
  );
  logic unused_chain_base_ok;
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(51)) u_base_chain (
    .clk, .write_en(base_en), .write_addr(config_queue), .write_data(base),
    .read_en(1'b1), .read_addr(chain_queue), .read_data({unused_chain_base_ok, chain_base})
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(5)) u_shape_fc (
    .clk, .write_en(shape_en), .write_addr(config_queue), .write_data({park, log2_slots}),
    .read_en(1'b1), .read_addr(fc_queue), .read_data({fc_config.park, fc_config.log2_slots})
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(4)) u_slots_load (
    .clk, .write_en(shape_en), .write_addr(config_queue), .write_data(log2_slots),
    .read_en(1'b1), .read_addr(load_queue), .read_data(load_log2_slots)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(4)) u_slots_chain (
    .clk, .write_en(shape_en), .write_addr(config_queue), .write_data(log2_slots),
    .read_en(1'b1), .read_addr(chain_queue), .read_data(chain_log2_slots)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(4)) u_entries_fc (
    .clk, .write_en(entries_en), .write_addr(config_queue), .write_data(log2_entries),
    .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_config.log2_entries)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(4)) u_entries_load (
    .clk, .write_en(entries_en), .write_addr(config_queue), .write_data(log2_entries),
    .read_en(1'b1), .read_addr(load_queue), .read_data(load_log2_entries)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(1)) u_completion_ok (
    .clk, .write_en(completion_en), .write_addr(config_queue), .write_data(completion_ok),
    .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_completion_ok)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(52)) u_contexts (
    .clk, .write_en(contexts_en), .write_addr(config_queue), .write_data(contexts),
    .read_en(1'b1), .read_addr(load_queue), .read_data(contexts_out)
  );
  assign fc_config.base_ok = fc_base[50] && fc_completion_ok;
  assign fc_config.base    = fc_base[49:0];
  assign load_contexts = {12'b0, contexts_out};

  // -- indices and states ----------------------------------------------------------------------------
  logic              producer_we, state_we, load_we, seen_we, fetch_we, freed_we, is_run;
  logic [QueueW-1:0] producer_addr, state_addr, load_addr, seen_addr, fetch_addr, freed_addr;
  slot_idx_t         producer_data;
  logic [4:0]        state_data;
  logic [2:0]        fc_state_bits, status_state_bits;
  load_state_t       load_data;
  seen_t             seen_data;
  slot_idx_t         status_load;
  life_t             status_life;
  fetch_state_t      fetch_data, status_fetch_state;
  logic [7:0]        freed_data;

  assign producer_we   = clearing || producer_en;
  assign producer_addr = clearing ? clear_at : producer_queue;
  assign producer_data = clearing ? '0 : producer;
  assign state_we      = clearing || state_en;
  assign state_addr    = clearing ? clear_at : state_queue;
  assign state_data    = clearing ? {2'b11, QueueOff} : {drained, no_reads, state};
  assign is_run        = !clearing && state == QueueRun;
  assign load_we       = clearing || load_state_en;
  assign load_addr     = clearing ? clear_at : load_state_queue;
  assign load_data     = clearing ? '0 : load_state;
  assign seen_we       = clearing || seen_en;
  assign seen_addr     = clearing ? clear_at : seen_queue;
  assign seen_data     = clearing ? '0 : seen;
  assign fetch_we      = clearing || fetch_state_en;
  assign fetch_addr    = clearing ? clear_at : fetch_state_queue;
  assign fetch_data    = clearing ? '0 : fetch_state;
  assign freed_we      = clearing || freed_en;
  assign freed_addr    = clearing ? clear_at : freed_queue;
  assign freed_data    = clearing ? '0 : freed;

  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_producer_fc (
    .clk, .write_en(producer_we), .write_addr(producer_addr), .write_data(producer_data),
    .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_producer)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_producer_load (
    .clk, .write_en(producer_we), .write_addr(producer_addr), .write_data(producer_data),
    .read_en(1'b1), .read_addr(load_queue), .read_data(load_producer)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_producer_status (
    .clk, .write_en(producer_we), .write_addr(producer_addr), .write_data(producer_data),
    .read_en(1'b1), .read_addr(status_queue), .read_data(status_producer)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(3)) u_state_fc (
    .clk, .write_en(state_we), .write_addr(state_addr),
    .write_data(state_data[2:0]), .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_state_bits)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(5)) u_state_status (
    .clk, .write_en(state_we), .write_addr(state_addr), .write_data(state_data),
    .read_en(1'b1), .read_addr(status_queue),
    .read_data({status_drained, status_no_reads, status_state_bits})
  );
  vmso_lutram #(.Depth(Depth), .Bits(1)) u_running (
    .clk, .write_en(state_we), .write_addr(state_addr), .write_data(is_run),
    .read_addr(run_queue), .read_data(running)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(load_state_t))) u_load_fc (
    .clk, .write_en(load_we), .write_addr(load_addr), .write_data(load_data),
    .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_load_state)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(load_state_t))) u_load_load (
    .clk, .write_en(load_we), .write_addr(load_addr), .write_data(load_data),
    .read_en(1'b1), .read_addr(load_queue), .read_data(load_load_state)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(24)) u_load_status (
    .clk, .write_en(load_we), .write_addr(load_addr), .write_data({load_data.life, load_data.load}),
    .read_en(1'b1), .read_addr(status_queue), .read_data({status_life, status_load})
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(seen_t))) u_seen_fc (
    .clk, .write_en(seen_we), .write_addr(seen_addr), .write_data(seen_data),
    .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_seen)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(seen_t))) u_seen_load (
    .clk, .write_en(seen_we), .write_addr(seen_addr), .write_data(seen_data),
    .read_en(1'b1), .read_addr(load_queue), .read_data(load_seen)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(fetch_state_t))) u_fetch_fc (
    .clk, .write_en(fetch_we), .write_addr(fetch_addr), .write_data(fetch_data),
    .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_fetch_state)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(fetch_state_t))) u_fetch_status (
    .clk, .write_en(fetch_we), .write_addr(fetch_addr), .write_data(fetch_data),
    .read_en(1'b1), .read_addr(status_queue), .read_data(status_fetch_state)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(8)) u_freed_fc (
    .clk, .write_en(freed_we), .write_addr(freed_addr), .write_data(freed_data),
    .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_freed)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(8)) u_freed_load (
    .clk, .write_en(freed_we), .write_addr(freed_addr), .write_data(freed_data),
    .read_en(1'b1), .read_addr(load_queue), .read_data(load_freed)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(8)) u_freed_free (
    .clk, .write_en(freed_we), .write_addr(freed_addr), .write_data(freed_data),
    .read_en(1'b1), .read_addr(free_queue), .read_data(free_freed)
  );
  logic [7:0] wait_jobs, wait_freed;
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(8)) u_jobs_wait (
    .clk, .write_en(load_we), .write_addr(load_addr), .write_data(load_data.jobs),
    .read_en(1'b1), .read_addr(wait_queue), .read_data(wait_jobs)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(8)) u_freed_wait (
    .clk, .write_en(freed_we), .write_addr(freed_addr), .write_data(freed_data),
    .read_en(1'b1), .read_addr(wait_queue), .read_data(wait_freed)
  );
  assign wait_held = wait_jobs - wait_freed;
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(1)) u_running_wait (
    .clk, .write_en(state_we), .write_addr(state_addr), .write_data(is_run),
    .read_en(1'b1), .read_addr(wait_queue), .read_data(wait_running)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(bad_t))) u_bad (
    .clk, .write_en(bad_en), .write_addr(bad_queue), .write_data(bad),
    .read_en(1'b1), .read_addr(fc_queue), .read_data(fc_bad)
  );
  assign fc_state       = queue_state_e'(fc_state_bits);
  assign status_state   = queue_state_e'(status_state_bits);
  // of a life that the fetcher has not looked at, or of a queue that does not run, nothing is fetched ahead
  assign status_fetched = status_fetch_state.life == status_life
                          && status_state inside {QueueRun, QueueFlush} ? status_fetch_state.fetch
                                                                        : status_load;

  logic unused_bits;
  assign unused_bits = ^{queue_config.queue, shape.reserved, shape.vector, shape.reserved0,
                         shape.reserved1, completion.reserved, unused_chain_base_ok,
                         status_fetch_state.sent, status_fetch_state.sent_blocks,
                         status_fetch_state.tail, status_fetch_state.bad,
                         status_fetch_state.more};
endmodule : vmso_ring_state
