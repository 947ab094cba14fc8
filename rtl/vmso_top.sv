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
  parameter  int unsigned StoreLimit    = Base.store_limit,
  parameter  int unsigned FirstSlots    = Base.first_slots,
  parameter  int unsigned Jobs          = Base.jobs,
  parameter  int unsigned WalkSlots     = Base.walk_slots,
  parameter  int unsigned TlbLines      = Base.tlb_lines,
  parameter  int unsigned TemplateBytes = Base.template_bytes,
  parameter  int unsigned MaxFrame      = Base.max_frame,
  parameter  int unsigned RamParity     = 0,
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
  output logic [Vectors-1:0]  irq
);

  localparam vmso_config_pkg::config_t Cfg = '{
    data_bits: DataBits, queues: Queues, contexts: Contexts, vectors: Vectors,
    read_latency: ReadLatency, frame_slots: FrameSlots, store_bytes: StoreBytes,
    store_limit: StoreLimit, first_slots: FirstSlots, jobs: Jobs,
    runs_per_job: Base.runs_per_job, walk_slots: WalkSlots, tlb_lines: TlbLines,
    template_bytes: TemplateBytes, max_frame: MaxFrame
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
  if (StoreBytes / BusBytes > 2048 || StoreBytes != 2**$clog2(StoreBytes)
      || StoreBytes < 2 * MaxFrame) begin : gen_bad_store
    $error("vmso_top: StoreBytes = %0d, but it must be a power of two, 2 x MaxFrame .. 2048 rows",
           StoreBytes);
  end
  if (StoreLimit > StoreBytes / BusBytes || StoreLimit * BusBytes < MaxFrame)
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
  if (TemplateBytes < 256 || TemplateBytes > 511 || TemplateBytes % BusBytes != 0)
  begin : gen_bad_template_bytes
    $error("vmso_top: TemplateBytes = %0d, but it must be 256..511 in whole beats", TemplateBytes);
  end
  if (MaxFrame < 1518 || MaxFrame > 16128) begin : gen_bad_max_frame
    $error("vmso_top: MaxFrame = %0d, but it must be 1518..16128 bytes", MaxFrame);
  end
  if (RamParity != 0) begin : gen_bad_parity
    $error("vmso_top: RamParity = %0d, but this release builds without RAM parity (0)", RamParity);
  end

  // -- control ---------------------------------------------------------------------------------------
  logic            core_rst_n, soft_reset_pulse, soft_reset_busy, hold_reads, reads_idle;
  logic            ring_ready, run_ready, xlat_ready, seg_ready, out_ready, cpl_ready;
  windows_t        windows;
  logic [31:0]     read_timeout;
  logic [15:0]     read_window;
  logic [11:0]     store_limit;
  flag_masks_t     flag_masks;
  counter_inc_t    counter_inc;
  sticky_t         sticky_set;
  logic [31:0]     irq_set;
  logic            doorbell_valid, doorbell_ready, queue_config_valid, command_valid, command_ready;
  doorbell_t       doorbell;
  queue_config_t   queue_config;
  queue_command_t  command;
  logic            fence_valid, fence_ready, commit_refused_pulse;
  fence_t          fence;
  logic [15:0]     fence_done_number;
  queue_t          status_queue, query_queue, ctl_queue;
  queue_state_e    status_state;
  slot_idx_t       status_producer, status_fetched, status_cpl_produced, status_cpl_consumer;

  // -- reads and writes -------------------------------------------------------------------------------
  logic            walk_req_valid, walk_req_ready, slot_req_valid, slot_req_ready;
  logic            tmpl_req_valid, tmpl_req_ready, payload_req_valid, payload_req_ready;
  read_req_t       walk_req, slot_req, tmpl_req, payload_req;
  read_id_t        walk_req_id, slot_req_id, tmpl_req_id, payload_req_id;
  logic            read_rsp_valid;
  read_rsp_t       read_rsp;
  logic [DataBits-1:0] read_data;
  logic            read_colour;
  logic [1:0]      colour_busy;
  logic            write_valid, write_ready, write_done_valid, write_done_ok;
  write_req_t      write;

  // -- jobs and runs ------------------------------------------------------------------------------------
  logic            slot_valid, slot_ready, job_load_valid, job_free_valid, tmpl_free_valid;
  job_load_t       job_load;
  job_t            job_free;
  template_t       tmpl_free;
  logic [Jobs-1:0] chain_avail;
  logic            chain_pop_valid, chain_slot_valid;
  job_t            chain_pop_job;
  further_slot_t   chain_slot;
  read_resp_e      chain_slot_resp;
  logic            lookup_valid, lookup_ready, fill_valid, busy_valid, walk_free;
  lookup_t         lookup;
  fill_t           fill;
  run_ref_t        busy;
  job_t            status_job, end_job, ready_event, clear_job;
  run_status_t     run_status;
  run_end_t        run_end;
  logic            ready_event_valid, clear_valid, clear_ready, fetch_valid, fetch_ready;
  fetch_t          fetch;
  logic            piece_valid, piece_ready, fetch_idle;
  piece_t          piece;
  logic            mark_valid, mark_ready, mark_all, hold_issue, issue_held;
  context_t        mark_ctx;
