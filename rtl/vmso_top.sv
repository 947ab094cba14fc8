// SPDX-License-Identifier: Apache-2.0
// The transmit engine: registers on s_axil, host memory on m_axi, frames on m_axis.
//
// One clock; `rst_n` is synchronous, active low, and resets the interconnect too (AXI's own rule).
// Parameters: `Config` picks a named configuration (0 small, 1 default, 2 wide: vmso_config_pkg);
// each other parameter overrides one number of it and is checked below.
// m_axis_tuser = {first slot index of the job 15, queue 12, err 1}.
// This file only wires; each room is described in its own header and in docs/architecture.md.
module vmso_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  int unsigned Config        = 1,
  localparam vmso_config_pkg::config_t Base = vmso_config_pkg::named(Config),
  parameter  int unsigned DataBits      = Base.data_bits,
  parameter  int unsigned Queues        = Base.queues,
  parameter  int unsigned Contexts      = Base.contexts,
  parameter  int unsigned Vectors       = Base.vectors,
  parameter  int unsigned ReadLatency   = Base.read_latency,
  parameter  int unsigned FrameSlots    = Base.frame_slots,
  parameter  int unsigned StoreBytes    = Base.store_bytes,
  parameter  int unsigned GatherRows    = Base.gather_rows,
  parameter  int unsigned StoreLimit    = Base.store_limit,
  parameter  int unsigned FirstSlots    = Base.first_slots,
  parameter  int unsigned Jobs          = Base.jobs,
  parameter  int unsigned WalkSlots     = Base.walk_slots,
  parameter  int unsigned TlbLines      = Base.tlb_lines,
  parameter  int unsigned Formats       = Base.formats,
  parameter  int unsigned TemplateBytes = Base.template_bytes,
  parameter  int unsigned MaxFrame      = Base.max_frame,
  parameter  int unsigned RamParity     = 0,
  parameter  int unsigned Retire        = 0,  // 1: with a retire port, docs/retire.md
  // AxCACHE and AxPROT of all reads, of all writes
  parameter  logic [3:0]  ArCache       = 4'b0011,
  parameter  logic [2:0]  ArProt        = 3'b000,
  parameter  logic [3:0]  AwCache       = 4'b0011,
  parameter  logic [2:0]  AwProt        = 3'b000,
  localparam int unsigned BusBytes      = DataBits / 8
) (
  input  logic                clk,
  input  logic                rst_n,
  // registers
  input  logic [24:0]         s_axil_awaddr,
  input  logic [2:0]          s_axil_awprot,
  input  logic                s_axil_awvalid,
  output logic                s_axil_awready,
  input  logic [31:0]         s_axil_wdata,
  input  logic [3:0]          s_axil_wstrb,
  input  logic                s_axil_wvalid,
  output logic                s_axil_wready,
  output logic [1:0]          s_axil_bresp,
  output logic                s_axil_bvalid,
  input  logic                s_axil_bready,
  input  logic [24:0]         s_axil_araddr,
  input  logic [2:0]          s_axil_arprot,
  input  logic                s_axil_arvalid,
  output logic                s_axil_arready,
  output logic [31:0]         s_axil_rdata,
  output logic [1:0]          s_axil_rresp,
  output logic                s_axil_rvalid,
  input  logic                s_axil_rready,
  // host memory
  output logic [9:0]          m_axi_arid,
  output logic [63:0]         m_axi_araddr,
  output logic [7:0]          m_axi_arlen,
  output logic [2:0]          m_axi_arsize,
  output logic [1:0]          m_axi_arburst,
  output logic [3:0]          m_axi_arcache,
  output logic [2:0]          m_axi_arprot,
  output logic                m_axi_arvalid,
  input  logic                m_axi_arready,
  input  logic [9:0]          m_axi_rid,
  input  logic [DataBits-1:0] m_axi_rdata,
  input  logic [1:0]          m_axi_rresp,
  input  logic                m_axi_rlast,
  input  logic                m_axi_rvalid,
  output logic                m_axi_rready,
  output logic [9:0]          m_axi_awid,
  output logic [63:0]         m_axi_awaddr,
  output logic [7:0]          m_axi_awlen,
  output logic [2:0]          m_axi_awsize,
  output logic [1:0]          m_axi_awburst,
  output logic [3:0]          m_axi_awcache,
  output logic [2:0]          m_axi_awprot,
  output logic                m_axi_awvalid,
  input  logic                m_axi_awready,
  output logic [DataBits-1:0] m_axi_wdata,
  output logic [BusBytes-1:0] m_axi_wstrb,
  output logic                m_axi_wlast,
  output logic                m_axi_wvalid,
  input  logic                m_axi_wready,
  input  logic [9:0]          m_axi_bid,
  input  logic [1:0]          m_axi_bresp,
  input  logic                m_axi_bvalid,
  output logic                m_axi_bready,
  // frames
  output logic [DataBits-1:0] m_axis_tdata,
  output logic [BusBytes-1:0] m_axis_tkeep,
  output logic                m_axis_tlast,
  output logic                m_axis_tvalid,
  input  logic                m_axis_tready,
  output logic [27:0]         m_axis_tuser,
  output logic [Vectors-1:0]  irq,
  // what leaves, order by order: nobody has to listen
  output logic                retire_valid,
  output logic                retire_pending,
  output logic [31:0]         retire_number,
  output logic [1:0]          retire_fate,
  output logic [11:0]         retire_queue,
  output logic [15:0]         retire_slot,
  output logic [15:0]         retire_slots,
  output logic [63:0]         retire_cookie,
  output logic [31:0]         retire_segment,
  output logic [31:0]         retire_offset,
  output logic [15:0]         retire_bytes,
  output logic                retire_ends,
  output logic [7:0]          retire_status,
  output logic [63:0]         retire_va
);

  localparam vmso_config_pkg::config_t Cfg = '{
    data_bits: DataBits, queues: Queues, contexts: Contexts, vectors: Vectors,
    read_latency: ReadLatency, frame_slots: FrameSlots, store_bytes: StoreBytes,
    gather_rows: GatherRows, store_limit: StoreLimit, first_slots: FirstSlots, jobs: Jobs,
    runs_per_job: Base.runs_per_job, walk_slots: WalkSlots, tlb_lines: TlbLines,
    formats: Formats, template_bytes: TemplateBytes, max_frame: MaxFrame
  };

  // -- parameter checks ----------------------------------------------------------------------------
  if (Config > 2) begin : gen_bad_config
    $error("vmso_top: Config = %0d, but it must be 0 (small), 1 (default) or 2 (wide)", Config);
  end
  if (DataBits != 128 && DataBits != 256 && DataBits != 512) begin : gen_bad_data_bits
    $error("vmso_top: DataBits = %0d, but it must be 128, 256 or 512", DataBits);
  end
  if (Queues < 1 || Queues > 4096) begin : gen_bad_queues
    $error("vmso_top: Queues = %0d, but it must be 1..4096", Queues);
  end
  if (Contexts < 1 || Contexts > 4096) begin : gen_bad_contexts
    $error("vmso_top: Contexts = %0d, but it must be 1..4096", Contexts);
  end
  if (Vectors < 1 || Vectors > 32) begin : gen_bad_vectors
    $error("vmso_top: Vectors = %0d, but it must be 1..32", Vectors);
  end
  if (ReadLatency < 1 || ReadLatency > 4096) begin : gen_bad_read_latency
    $error("vmso_top: ReadLatency = %0d, but it must be 1..4096 cycles", ReadLatency);
  end
  if (FrameSlots < 8 || FrameSlots > 256 || FrameSlots != 2**$clog2(FrameSlots))
  begin : gen_bad_frame_slots
    $error("vmso_top: FrameSlots = %0d, but it must be a power of two, 8..256", FrameSlots);
  end
  if (StoreBytes / BusBytes > 4096 || StoreBytes != 2**$clog2(StoreBytes)
      || StoreBytes < 2 * MaxFrame) begin : gen_bad_store
    $error("vmso_top: StoreBytes = %0d, but it must be a power of two, 2 x MaxFrame .. 4096 rows",
           StoreBytes);
  end
  if (GatherRows != 0 && (GatherRows % 2 != 0 || (GatherRows - 1) * BusBytes < MaxFrame
                          || (StoreBytes / BusBytes - GatherRows) * BusBytes < 2 * MaxFrame))
  begin : gen_bad_gather
    $error("vmso_top: GatherRows = %0d, but it must be 0, or even and hold a frame and a row",
           GatherRows);
  end
  if (StoreLimit > StoreBytes / BusBytes - GatherRows || StoreLimit * BusBytes < MaxFrame)
  begin : gen_bad_store_limit
    $error("vmso_top: StoreLimit = %0d rows, but it must hold one largest frame and fit the store",
           StoreLimit);
  end
  if (FirstSlots < 16 || FirstSlots > 512 || FirstSlots != 2**$clog2(FirstSlots))
  begin : gen_bad_first_slots
    $error("vmso_top: FirstSlots = %0d, but it must be a power of two, 16..512", FirstSlots);
  end
  if (Jobs < 4 || Jobs > 128 || Jobs != 2**$clog2(Jobs)) begin : gen_bad_jobs
    $error("vmso_top: Jobs = %0d, but it must be a power of two, 4..128", Jobs);
  end
  if (WalkSlots < 2 || WalkSlots > 64 || WalkSlots != 2**$clog2(WalkSlots))
  begin : gen_bad_walk_slots
    $error("vmso_top: WalkSlots = %0d, but it must be a power of two, 2..64", WalkSlots);
  end
  if (TlbLines < 16 || TlbLines > 8192 || TlbLines != 2**$clog2(TlbLines))
  begin : gen_bad_tlb_lines
    $error("vmso_top: TlbLines = %0d, but it must be a power of two, 16..8192", TlbLines);
  end
  if (Formats > 32'h1ff || Formats % 4 != 3) begin : gen_bad_formats
    $error("vmso_top: Formats = %0h, but it must be a mask of codes 0..8, with 0 and 1",
           Formats);
  end
  if (TemplateBytes < 256 || TemplateBytes > 511 || TemplateBytes % BusBytes != 0)
  begin : gen_bad_template_bytes
    $error("vmso_top: TemplateBytes = %0d, but it must be 256..511 in whole beats", TemplateBytes);
  end
  if (MaxFrame < 1518 || MaxFrame > 16128) begin : gen_bad_max_frame
    $error("vmso_top: MaxFrame = %0d, but it must be 1518..16128 bytes", MaxFrame);
  end
  if (Retire > 1) begin : gen_bad_retire
    $error("vmso_top: Retire = %0d, but it must be 0 or 1", Retire);
  end
  if (RamParity != 0) begin : gen_bad_parity
    $error("vmso_top: RamParity = %0d, but this release builds without RAM parity (0)", RamParity);
  end

  // -- channels: named after their records (vmso_pkg), declared by their producer ------------------------
  // csr
  logic                        doorbell_valid, queue_config_valid, command_valid, fence_valid,
                               soft_reset_pulse;
  doorbell_t                   doorbell;
  queue_config_t               queue_config;
  queue_command_t              command;
  logic [15:0]                 rate_period;
  fence_t                      fence;
  advise_t                     advise;
  logic                        advise_valid, advise_ready, advise_stop, advise_busy;
  bytes_t                      advise_present;
  system_ring_t                system_ring;
  logic                        fault_read_valid;
  queue_t                      fault_read_queue;
  logic [2:0]                  fault_read_word;
  windows_t                    windows;
  logic [31:0]                 read_timeout;
  logic [15:0]                 read_window;
  logic [11:0]                 store_limit;
  flag_masks_t                 flag_masks;
  queue_t                      status_queue;
  // ring
  logic                        ring_ready, ring_doorbell_ready, notify_valid, count_jobs,
                               count_slot_reads, slot_req_valid, wake_ready, slot_valid,
                               chain_slot_valid, unload_valid, bury_valid, bury_void,
                               queue_fail_ready, ring_end_valid,
                               queue_reset_valid;
  queue_status_t               status;
  slot_idx_t                   status_producer, status_fetched;
  sticky_t                     ring_sticky;
  logic                        fault_valid, abort_valid;
  queue_t                      fault_queue;
  read_req_t                   slot_req;
  logic                        slot_debit_valid;
  queue_t                      slot_debit_queue;
  logic [5:0]                  slot_debit_beats;
  queue_t                      query_queue, unload_queue, ctl_queue, bury_queue, notify_queue,
                               queue_reset_queue;
  vmso_ring_pkg::slot_t        slot;
  logic                        chain_avail;
  job_t                        chain_look;
  further_slot_t               chain_slot;
  read_resp_e                  chain_slot_resp;
  job_end_t                    ring_end;
  // job
  logic                        slot_ready, job_load_valid;
  job_t                        slot_job;
  logic [7:0]                  job_home;
  job_load_t                   job_load;
  // run
  logic                        run_ready, chain_pop_valid, lookup_valid, ready_event_valid,
                               fetch_ready, piece_valid, fetch_idle, job_free_valid, asked_valid,
                               mark_ready, hold_fence, count_faults;
  job_t                        chain_pop_job, ready_event, job_free;
  lookup_t                     lookup;
  logic                        lookup_waits;
  queue_t                      share_queue;
  run_status_t                 run_status;
  run_end_t                    run_end;
  piece_t                      piece;
  // xlat
  logic                        xlat_ready, lookup_ready, fill_valid, busy_valid, walk_free,
                               walk_req_valid, fence_ready, mark_valid,
                               hold_issue, read_colour, count_lookups, count_tlb_hits,
                               count_walks, count_table_reads, count_pwc_hits,
                               share_full, walk_charge_valid;
  queue_t                      walk_charge_queue;
  fill_t                       fill;
  run_ref_t                    busy;
  read_req_t                   walk_req;
  logic [15:0]                 fence_done_number;
  mark_t                       mark;
  // seg
  logic                        seg_ready, fetch_valid, order_valid, tmpl_drop_valid, unload_ready,
                               unload_head_any, query_in_debt, issue_held, wake_valid,
                               count_segments, count_seg_busy, count_seg_blocked,
                               count_seg_starved;
  job_t                        status_job, end_job;
  fetch_t                      fetch;
  order_t                      order;
  tmpl_drop_t                  tmpl_drop;
  frame_t                      order_frame, frame_open;
  logic                        frame_open_valid, lane_landed_valid;
  pos_t                        lane_landed;
  slot_idx_t                   unload_head_slot;
  bytes_t                      unload_head_segments, unload_head_bytes;
  fold_t                       unload_head_fold;
  logic [25:0]                 query_issued_bytes;
  order_count_t                ctl_issued;
  queue_t                      wake_queue;
  logic                        entry_wanted, preempt_valid;
  queue_t                      preempt_queue;
  // read
  logic                        read_ready, piece_ready, tmpl_req_valid, payload_req_valid,
                               tmpl_write_valid, tmpl_done_valid, tmpl_done_fail;
  read_req_t                   tmpl_req, payload_req;
  logic [DataBits-1:0]         store_read_data, tmpl_write_data;
  frame_state_t                frame_state;
  template_t                   tmpl_write_tmpl, tmpl_done_tmpl;
  logic [1:0][BusBytes-1:0]    tmpl_bank_en;
  logic [1:0][3:0]             tmpl_bank_row;
  pos_t                        tmpl_done_bytes;
  status_e                     tmpl_done_status;
  cause_e                      tmpl_done_cause;
  logic [63:0]                 tmpl_done_va;
  logic [15:0]                 tmpl_done_sum;
  // out
  logic                        out_ready, left_valid, tmpl_free_valid, out_end_valid,
                               queue_fail_valid, bury_ready, ctl_end_none,
                               store_read_en, count_frames, count_wire_beats, count_dropped,
                               count_out_busy, count_out_blocked, count_out_starved;
  left_t                       left;
  left_told_t                  left_told;
  template_t                   tmpl_free;
  queue_t                      asked_queue;
  job_end_t                    out_end;
  queue_fail_t                 queue_fail;
  order_count_t                ctl_left;
  row_t                        store_read_row;
  frame_t                      state_frame;
  logic [7:0]                  count_frame_bytes;
  // cpl
  logic                        cpl_ready, out_end_ready, ring_end_ready, consumer_ready,
                               queue_reset_ready, write_valid, ended_valid, write_failed_valid,
                               sticky_consumer, count_completions, consumed_valid, ctl_idle,
                               sticky_fault, sticky_fault_overflow, fault_read_ready;
  logic [31:0]                 fault_read_data;
  fault_ring_t                 fault_ring;
  write_req_t                  write;
  queue_t                      ended_queue, write_failed_queue, consumed_queue;
  logic [15:0]                 query_ended, query_backlog;
  slot_idx_t                   status_cpl_produced, status_cpl_consumer;
  logic [31:0]                 irq_set;
  // axi
  logic [1:0]                  colour_busy;
  logic [3:0][8:0]             quarantined_count;
  logic                        link_dead, ctl_read_none, ctl_arriving;
  logic                        reads_idle, walk_req_ready, slot_req_ready, tmpl_req_ready,
                               payload_req_ready, read_rsp_valid, write_ready, write_done_valid,
                               write_done_ok, count_read_beats, count_window_stall,
                               sticky_timeout, sticky_window;
  read_id_t                    walk_req_id, slot_req_id, tmpl_req_id, payload_req_id;
  read_rsp_t                   read_rsp;
  logic [DataBits-1:0]         read_data;

  // -- glue ---------------------------------------------------------------------------------------------------
  logic         core_rst_n, soft_reset_busy, hold_reads, hold_frames, frames_whole, engine_ready;
  logic         doorbell_ready, consumer_valid, ring_doorbell_valid;
  counter_inc_t counter_inc;
  sticky_t      sticky_set;

  assign engine_ready = ring_ready && run_ready && xlat_ready && seg_ready && read_ready
                        && out_ready && cpl_ready && core_rst_n;
  assign ring_doorbell_valid = doorbell_valid && !doorbell.consumer;
  assign consumer_valid      = doorbell_valid && doorbell.consumer;
  assign doorbell_ready      = doorbell.consumer ? consumer_ready : ring_doorbell_ready;

  always_comb begin
    sticky_set = ring_sticky;
    sticky_set[StickyReadTimeout]     |= sticky_timeout;
    sticky_set[StickyWindow]          |= sticky_window;
    sticky_set[StickyWriteError]      |= write_done_valid && !write_done_ok && core_rst_n;
    sticky_set[StickyFault]           |= sticky_fault;
    sticky_set[StickyFaultOverflow]   |= sticky_fault_overflow;
    sticky_set[StickyConsumerDoorbell] |= sticky_consumer;
  end

  // stages: slots to jobs, look-ups, segments, pieces to reads (out and its window above)
  logic load_busy, load_blocked, load_starved, xlat_busy, xlat_blocked, xlat_starved;
  logic piece_busy, piece_blocked, piece_starved;
  vmso_occupancy u_load_occupancy (
    .clk, .rst_n(core_rst_n), .valid(slot_valid), .ready(slot_ready), .busy(load_busy),
    .blocked(load_blocked), .starved(load_starved)
  );
  vmso_occupancy u_xlat_occupancy (
    .clk, .rst_n(core_rst_n), .valid(lookup_valid), .ready(lookup_ready), .busy(xlat_busy),
    .blocked(xlat_blocked), .starved(xlat_starved)
  );
  vmso_occupancy u_read_occupancy (
    .clk, .rst_n(core_rst_n), .valid(piece_valid), .ready(piece_ready), .busy(piece_busy),
    .blocked(piece_blocked), .starved(piece_starved)
  );

  always_comb begin
    counter_inc                   = '0;
    counter_inc[CountCycles]      = 8'd1;
    counter_inc[CountFrames]      = 8'(count_frames);
    counter_inc[CountFrameBytes]  = count_frame_bytes;
    counter_inc[CountWireBeats]   = 8'(count_wire_beats);
    counter_inc[CountReadBeats]   = 8'(count_read_beats);
    counter_inc[CountJobs]        = 8'(count_jobs);
    counter_inc[CountSegments]    = 8'(count_segments);
    counter_inc[CountCompletions] = 8'(count_completions);
    counter_inc[CountLookups]     = 8'(count_lookups);
    counter_inc[CountTlbHits]     = 8'(count_tlb_hits);
    counter_inc[CountWalks]       = 8'(count_walks);
    counter_inc[CountTableReads]  = 8'(count_table_reads);
    counter_inc[CountPwcHits]     = 8'(count_pwc_hits);
    counter_inc[CountFaults]      = 8'(count_faults);
    counter_inc[CountDropped]     = 8'(count_dropped);
    counter_inc[CountSlotReads]   = 8'(count_slot_reads);
    counter_inc[CountOutBusy]     = 8'(count_out_busy);
    counter_inc[CountOutBlocked]  = 8'(count_out_blocked);
    counter_inc[CountOutStarved]  = 8'(count_out_starved);
    counter_inc[CountWindowStall] = 8'(count_window_stall);
    counter_inc[CountLoadBusy]    = 8'(load_busy);
    counter_inc[CountLoadBlocked] = 8'(load_blocked);
    counter_inc[CountLoadStarved] = 8'(load_starved);
    counter_inc[CountXlatBusy]    = 8'(xlat_busy);
    counter_inc[CountXlatBlocked] = 8'(xlat_blocked);
    counter_inc[CountXlatStarved] = 8'(xlat_starved);
    counter_inc[CountSegBusy]     = 8'(count_seg_busy);
    counter_inc[CountSegBlocked]  = 8'(count_seg_blocked);
    counter_inc[CountSegStarved]  = 8'(count_seg_starved);
    counter_inc[CountReadBusy]    = 8'(piece_busy);
    counter_inc[CountReadBlocked] = 8'(piece_blocked);
    counter_inc[CountReadStarved] = 8'(piece_starved);
  end

  // In the first cycle of a reset cpl still offers what it is about to forget.
  logic port_write_valid;
  assign port_write_valid = write_valid && core_rst_n;

  vmso_soft_reset u_soft_reset (
    .clk, .rst_n, .soft_reset_pulse, .soft_reset_busy, .core_rst_n, .hold_reads, .reads_idle,
    .write_taken(port_write_valid && write_ready), .write_done(write_done_valid),
    .hold_frames, .frames_whole
  );

  // -- rooms, in the order of the data ----------------------------------------------------------------------
  vmso_csr #(.Cfg(Cfg)) u_csr (
    .clk, .rst_n, .s_axil_awaddr, .s_axil_awprot, .s_axil_awvalid, .s_axil_awready, .s_axil_wdata,
    .s_axil_wstrb, .s_axil_wvalid, .s_axil_wready, .s_axil_bresp, .s_axil_bvalid, .s_axil_bready,
    .s_axil_araddr, .s_axil_arprot, .s_axil_arvalid, .s_axil_arready, .s_axil_rdata,
    .s_axil_rresp, .s_axil_rvalid, .s_axil_rready, .doorbell_valid, .doorbell_ready, .doorbell,
    .queue_config_valid, .queue_config, .command_valid, .command, .fence_valid,
    .fence_ready, .fence, .fence_done_number, .windows, .read_timeout,
    .read_window, .store_limit, .flag_masks, .soft_reset_pulse, .soft_reset_busy,
    .ready_status(engine_ready), .status_queue, .status, .status_producer, .status_fetched,
    .status_cpl_produced, .status_cpl_consumer, .advise_valid, .advise_ready, .advise, .advise_stop,
    .advise_busy, .advise_present, .system_ring, .fault_ring, .fault_read_valid,
    .fault_read_ready, .fault_read_queue, .fault_read_word, .fault_read_data, .counter_inc,
    .sticky_set, .link_dead,
    .quarantined_count, .rate_period, .irq_set, .irq
  );
  vmso_ring #(.Cfg(Cfg)) u_ring (
    .clk, .rst_n(core_rst_n), .ring_ready, .doorbell_valid(ring_doorbell_valid),
    .doorbell_ready(ring_doorbell_ready), .doorbell, .queue_config_valid, .queue_config,
    .command_valid, .command, .status_queue, .status, .status_producer,
    .notify_valid, .notify_queue, .slot_debit_valid, .slot_debit_queue, .slot_debit_beats,
    .sent_valid(left_valid && left.sent), .sent_queue(left.queue), .status_fetched, .count_jobs,
    .count_slot_reads, .sticky_set(ring_sticky), .slot_req_valid,
    .slot_req_ready, .slot_req, .slot_req_id, .read_rsp_valid, .read_rsp, .read_data,
    .query_queue, .query_issued_bytes, .query_in_debt, .query_ended, .query_backlog, .wake_valid,
    .wake_ready, .wake_queue, .entry_wanted, .preempt_valid, .preempt_queue,
    .ended_valid, .ended_queue, .consumed_valid, .consumed_queue,
    .write_failed_valid, .write_failed_queue, .slot_valid, .slot_ready, .slot_job, .slot,
    .job_home, .job_load_valid, .job_load,
    .chain_look, .chain_avail, .chain_pop_valid, .chain_pop_job, .chain_slot_valid, .chain_slot,
    .chain_slot_resp, .job_free_valid, .job_free, .unload_valid, .unload_ready, .unload_queue,
    .unload_head_any, .unload_head_slot, .unload_head_segments, .unload_head_bytes,
    .unload_head_fold, .ctl_queue,
    .ctl_arriving, .ctl_issued, .ctl_left, .ctl_end_none, .ctl_idle, .ctl_read_none, .bury_valid,
    .bury_ready, .bury_queue, .bury_void, .queue_fail_valid, .queue_fail_ready, .queue_fail,
    .ring_end_valid, .ring_end_ready, .ring_end, .fault_valid, .abort_valid, .fault_queue,
    .queue_reset_valid, .queue_reset_ready, .queue_reset_queue
  );
  vmso_job #(.Cfg(Cfg)) u_job (
    .clk, .rst_n(core_rst_n), .slot_valid, .slot_ready, .slot_job, .slot, .job_home,
    .job_load_valid,
    .job_load, .ctl_queue, .ctl_arriving, .job_free_valid, .job_free, .tmpl_free_valid, .tmpl_free
  );
  vmso_run #(.Cfg(Cfg)) u_run (
    .clk, .rst_n(core_rst_n), .run_ready, .job_load_valid, .job_load, .chain_look, .chain_avail,
    .chain_pop_valid, .chain_pop_job, .chain_slot_valid, .chain_slot, .chain_slot_resp,
    .lookup_valid, .lookup_ready, .lookup, .fill_valid, .fill, .busy_valid, .busy, .walk_free,
    .lookup_waits, .share_queue, .share_full,
    .status_job, .run_status, .end_job, .run_end, .ready_event_valid, .ready_event, .fetch_valid,
    .fetch_ready, .fetch, .piece_valid, .piece_ready, .piece, .fetch_idle, .asked_valid,
    .asked_queue, .job_free_valid, .job_free, .mark_valid, .mark_ready, .mark, .hold_fence,
    .count_faults
  );
  vmso_xlat #(.Cfg(Cfg)) u_xlat (
    .clk, .rst_n(core_rst_n), .xlat_ready, .windows, .lookup_valid, .lookup_ready, .lookup,
    .fill_valid, .fill, .busy_valid, .busy, .walk_free, .lookup_waits, .share_queue, .share_full,
    .walk_charge_valid, .walk_charge_queue,
    .walk_req_valid, .walk_req_ready,
    .walk_req, .walk_req_id, .read_rsp_valid, .read_rsp, .read_data, .advise_valid, .advise_ready,
    .advise,
    .advise_stop, .advise_busy, .advise_present, .fence_valid, .fence_ready,
    .fence, .fence_done_number, .mark_valid, .mark_ready, .mark, .hold_fence,
    .hold_issue, .issue_held, .read_colour, .colour_busy, .count_lookups,
    .count_tlb_hits, .count_walks, .count_table_reads, .count_pwc_hits
  );
  vmso_seg #(.Cfg(Cfg)) u_seg (
    .clk, .rst_n(core_rst_n), .seg_ready, .job_load_valid, .job_load, .queue_config_valid,
    .queue_config, .ready_event_valid, .ready_event, .status_job, .run_status, .end_job, .run_end,
    .fetch_valid, .fetch_ready, .fetch, .order_valid, .order, .order_frame, .frame_open_valid,
    .frame_open, .lane_landed_valid, .lane_landed, .left_valid, .left,
    .slot_debit_valid, .slot_debit_queue, .slot_debit_beats, .walk_debit_valid(walk_charge_valid),
    .walk_debit_queue(walk_charge_queue), .rate_period, .tmpl_drop_valid, .tmpl_drop,
    .unload_valid, .unload_ready, .unload_queue,
    .unload_head_any, .unload_head_slot, .unload_head_segments, .unload_head_bytes,
    .unload_head_fold, .query_queue,
    .query_issued_bytes, .query_in_debt, .ctl_queue, .ctl_issued, .hold_issue, .issue_held,
    .fetch_idle, .store_limit, .wake_valid, .wake_ready, .wake_queue, .entry_wanted,
    .preempt_valid, .preempt_queue, .count_segments,
    .count_seg_busy, .count_seg_blocked, .count_seg_starved
  );
  vmso_read #(.Cfg(Cfg)) u_read (
    .clk, .rst_n(core_rst_n), .read_ready, .piece_valid, .piece_ready, .piece, .asked_valid,
    .asked_queue, .ctl_queue, .ctl_none(ctl_read_none), .tmpl_req_valid,
    .tmpl_req_ready, .tmpl_req, .tmpl_req_id, .payload_req_valid, .payload_req_ready,
    .payload_req, .payload_req_id, .read_rsp_valid, .read_rsp, .read_data,
    .frame_open_valid, .frame_open, .store_read_en, .store_read_row,
    .store_read_data, .state_frame, .frame_state, .tmpl_write_valid, .tmpl_write_tmpl,
    .tmpl_bank_en, .tmpl_bank_row, .tmpl_write_data, .tmpl_done_valid, .tmpl_done_tmpl,
    .tmpl_done_bytes, .tmpl_done_fail, .tmpl_done_status, .tmpl_done_cause, .tmpl_done_va,
    .tmpl_done_sum, .lane_landed_valid, .lane_landed
  );
  vmso_out #(.Cfg(Cfg), .Retire(Retire != 0)) u_out (
    .clk, .rst_n(core_rst_n), .port_rst_n(rst_n), .hold_frames, .frames_whole,
    .out_ready, .flag_masks, .job_load_valid, .job_load, .order_valid,
    .order, .order_frame, .left_valid, .left, .left_told, .tmpl_free_valid, .tmpl_free,
    .end_valid(out_end_valid), .end_ready(out_end_ready), .job_end(out_end), .queue_fail_valid,
    .queue_fail_ready, .queue_fail, .bury_valid, .bury_ready, .bury_queue, .bury_void,
    .tmpl_drop_valid, .tmpl_drop, .ctl_queue, .ctl_left, .ctl_end_none, .store_read_en,
    .store_read_row, .store_read_data, .state_frame, .frame_state, .tmpl_write_valid,
    .tmpl_write_tmpl, .tmpl_bank_en, .tmpl_bank_row, .tmpl_write_data, .tmpl_done_valid,
    .tmpl_done_tmpl, .tmpl_done_bytes, .tmpl_done_fail, .tmpl_done_status, .tmpl_done_cause,
    .tmpl_done_va, .tmpl_done_sum, .m_axis_data(m_axis_tdata), .m_axis_keep(m_axis_tkeep),
    .m_axis_last(m_axis_tlast), .m_axis_valid(m_axis_tvalid), .m_axis_ready(m_axis_tready),
    .m_axis_user(m_axis_tuser), .count_frames, .count_frame_bytes, .count_wire_beats,
    .count_dropped, .count_out_busy, .count_out_blocked, .count_out_starved
  );
  vmso_cpl #(.Cfg(Cfg)) u_cpl (
    .clk, .rst_n(core_rst_n), .cpl_ready, .queue_config_valid, .queue_config, .out_end_valid,
    .out_end_ready, .out_end, .ring_end_valid, .ring_end_ready, .ring_end, .consumer_valid,
    .consumer_ready, .consumer_queue(doorbell.queue), .consumer_value(doorbell.value),
    .consumed_valid, .consumed_queue, .system_ring, .fence_done(fence_done_number), .fault_ring,
    .fault_valid, .abort_valid, .fault_queue, .fault_read_valid, .fault_read_ready,
    .fault_read_queue, .fault_read_word, .fault_read_data, .sticky_fault, .sticky_fault_overflow,
    .queue_reset_valid, .queue_reset_ready, .queue_reset_queue, .notify_valid, .notify_queue,
    .ctl_queue, .ctl_idle, .write_valid, .write_ready,
    .write, .write_done_valid, .write_done_ok, .ended_valid, .ended_queue, .write_failed_valid,
    .write_failed_queue, .query_queue, .query_ended, .query_backlog, .status_queue,
    .status_cpl_produced, .status_cpl_consumer, .irq_set, .sticky_consumer, .count_completions
  );
  vmso_axi #(
    .Cfg(Cfg), .ArCache(ArCache), .ArProt(ArProt), .AwCache(AwCache), .AwProt(AwProt)
  ) u_axi (
    .clk, .rst_n, .windows, .read_timeout, .read_window, .read_colour, .hold_reads, .colour_busy,
    .reads_idle, .walk_req_valid, .walk_req_ready, .walk_req, .walk_req_id, .slot_req_valid,
    .slot_req_ready, .slot_req, .slot_req_id, .tmpl_req_valid, .tmpl_req_ready, .tmpl_req,
    .tmpl_req_id, .payload_req_valid, .payload_req_ready, .payload_req, .payload_req_id,
    .read_rsp_valid, .read_rsp, .read_data, .write_valid(port_write_valid), .write_ready, .write,
    .write_done_valid, .write_done_ok, .count_read_beats, .count_window_stall, .sticky_timeout,
    .sticky_window, .quarantined_count, .link_dead,
    .m_axi_arid, .m_axi_araddr, .m_axi_arlen, .m_axi_arsize, .m_axi_arburst, .m_axi_arcache,
    .m_axi_arprot, .m_axi_arvalid, .m_axi_arready, .m_axi_rid, .m_axi_rdata, .m_axi_rresp,
    .m_axi_rlast, .m_axi_rvalid, .m_axi_rready, .m_axi_awid, .m_axi_awaddr, .m_axi_awlen,
    .m_axi_awsize, .m_axi_awburst, .m_axi_awcache, .m_axi_awprot, .m_axi_awvalid, .m_axi_awready,
    .m_axi_wdata, .m_axi_wstrb, .m_axi_wlast, .m_axi_wvalid, .m_axi_wready, .m_axi_bid,
    .m_axi_bresp, .m_axi_bvalid, .m_axi_bready
  );

  // -- the retire port: listens ---------------------------------------------------------------------------
  retire_t retire;
  if (Retire != 0) begin : gen_retire
    vmso_retire #(.Cfg(Cfg)) u_retire (
      .clk, .rst_n, .core_rst_n, .order_valid, .order, .order_frame, .frame_open_valid, .frame_open,
      .piece_valid(piece_valid && piece_ready), .piece, .left_valid, .left, .left_told,
      .retire_valid, .retire, .retire_pending
    );
`ifdef VMSO_CHECKS  // one claim each, of the ports alone
    vmso_retire_unique #(.Queues(Queues)) u_unique (.clk, .rst_n, .retire_valid, .retire);
    vmso_retire_in_order #(.Queues(Queues)) u_in_order (.clk, .rst_n, .retire_valid, .retire);
    vmso_retire_nothing_behind #(.Queues(Queues)) u_nothing_behind (
      .clk, .rst_n, .retire_valid, .retire
    );
    vmso_retire_causal #(.BusBytes(BusBytes)) u_causal (
      .clk, .rst_n, .retire_valid, .retire,
      .payload_beat(m_axi_rvalid && m_axi_rready && read_class_e'(m_axi_rid[9:8]) == ReadPayload),
      .last_beat(m_axis_tvalid && m_axis_tready && m_axis_tlast), .last_user(m_axis_tuser[27:1])
    );
    vmso_retire_no_hang u_no_hang (
      .clk, .rst_n, .retire_valid, .retire_pending,
      .read_begins(m_axi_arvalid && m_axi_arready),
      .read_ends(m_axi_rvalid && m_axi_rready && m_axi_rlast),
      .write_begins(m_axi_awvalid && m_axi_awready), .write_ends(m_axi_bvalid && m_axi_bready),
      .outside_waits((m_axi_arvalid && !m_axi_arready) || (m_axi_awvalid && !m_axi_awready)
                     || (m_axi_wvalid && !m_axi_wready) || (m_axis_tvalid && !m_axis_tready))
    );
`endif
  end else begin : gen_no_retire
    assign retire_valid   = 1'b0;
    assign retire_pending = 1'b0;
    assign retire         = '0;
    logic unused_told;
    assign unused_told = ^left_told;
  end
  assign retire_number  = retire.number;
  assign retire_fate    = retire.fate;
  assign retire_queue   = retire.queue;
  assign retire_slot    = retire.slot;
  assign retire_slots   = retire.slots;
  assign retire_cookie  = retire.cookie;
  assign retire_segment = 32'(retire.segment);
  assign retire_offset  = 32'(retire.offset);
  assign retire_bytes   = 16'(retire.bytes);
  assign retire_ends    = retire.ends;
  assign retire_status  = 8'(retire.status);
  assign retire_va      = retire.va;

endmodule : vmso_top
