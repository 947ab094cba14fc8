// SPDX-License-Identifier: Apache-2.0
// vmso_csr with its records as plain vectors, with a choice of address formats, and with or without a
// gather lane.
module csr_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter int unsigned Config = 0,
  parameter int unsigned Formats = vmso_config_pkg::AllFormats,
  parameter bit          Lane = 1'b1,
  localparam vmso_config_pkg::config_t Chosen =
    vmso_config_pkg::with_formats(vmso_config_pkg::named(Config), Formats),
  localparam vmso_config_pkg::config_t Cfg =
    Lane ? Chosen : vmso_config_pkg::without_gather(Chosen)
) (
  input  logic                   clk,
  input  logic                   rst_n,
  input  logic [24:0]            s_axil_awaddr,
  input  logic                   s_axil_awvalid,
  output logic                   s_axil_awready,
  input  logic [31:0]            s_axil_wdata,
  input  logic [3:0]             s_axil_wstrb,
  input  logic                   s_axil_wvalid,
  output logic                   s_axil_wready,
  output logic [1:0]             s_axil_bresp,
  output logic                   s_axil_bvalid,
  input  logic                   s_axil_bready,
  input  logic [24:0]            s_axil_araddr,
  input  logic                   s_axil_arvalid,
  output logic                   s_axil_arready,
  output logic [31:0]            s_axil_rdata,
  output logic [1:0]             s_axil_rresp,
  output logic                   s_axil_rvalid,
  input  logic                   s_axil_rready,
  output logic                   doorbell_valid,
  input  logic                   doorbell_ready,
  output logic [11:0]            doorbell_queue,
  output logic                   doorbell_consumer,
  output logic [15:0]            doorbell_value,
  output logic                   queue_config_valid,
  output logic [11:0]            queue_config_queue,
  output logic [2:0]             queue_config_index,
  output logic [63:0]            queue_config_data,
  output logic                   command_valid,
  output logic [11:0]            command_queue,
  output logic [2:0]             command_cmd,
  output logic                   command_notify,
  output logic                   advise_valid,
  input  logic                   advise_ready,
  output logic [11:0]            advise_ctx,
  output logic [44:0]            advise_first,
  output logic [44:0]            advise_last,
  output logic                   advise_stop,
  input  logic                   advise_busy,
  input  logic [23:0]            advise_present,
  output logic [55:0]            fault_base,
  output logic [3:0]             fault_log2_records,
  output logic [15:0]            fault_consumer,
  input  fault_ring_t            fault_ring,
  output logic                   fence_status_on,
  output logic [55:0]            fence_status,
  output logic                   fault_read_valid,
  input  logic                   fault_read_ready,
  output logic [11:0]            fault_read_queue,
  output logic [2:0]             fault_read_word,
  input  logic [31:0]            fault_read_data,
  output logic                   fence_valid,
  input  logic                   fence_ready,
  output logic [1:0]             fence_kind,
  output logic [11:0]            fence_ctx,
  output logic                   fence_leaf_only,
  output logic [44:0]            fence_first,
  output logic [44:0]            fence_last,
  output logic [15:0]            fence_number,
  output logic [3:0]             cfg_format,
  output logic [5:0]             cfg_pa_bits,
  output logic [8:0]             cfg_flags,  // af_ignore lowest, as in the register
  output logic [43:0]            cfg_root,
  output logic [43:0]            cfg_limit,
  input  logic [15:0]            fence_done_number,
  output logic [3:0][43:0]       window_base,
  output logic [3:0][43:0]       window_limit,
  output logic [31:0]            read_timeout,
  output logic [15:0]            read_window,
  output logic [11:0]            store_limit,
  output logic [15:0]            rate_period,
  output logic [3:0][2:0][11:0]  flag_masks,
  output logic                   soft_reset_pulse,
  input  logic                   soft_reset_busy,
  input  logic                   ready_status,
  output logic [11:0]            status_queue,
  output logic [2:0]             status_latency,
  input  logic [7:0]             status,
  input  logic [15:0]            status_producer,
  input  logic [15:0]            status_fetched,
  input  logic [15:0]            status_cpl_produced,
  input  logic [15:0]            status_cpl_consumer,
  input  logic [NumCounters*8-1:0] counter_inc,
  input  logic [NumSticky-1:0]   sticky_set,
  input  logic                   link_dead,
  input  logic [3:0][8:0]        quarantined_count,
  input  logic [31:0]            irq_set,
  output logic [Cfg.vectors-1:0] irq
);
  doorbell_t      doorbell;
  queue_config_t  queue_config;
  queue_command_t command;
  fence_t         fence;
  system_ring_t   system_ring;
  advise_t        advise;
  windows_t       windows;

  assign {doorbell_queue, doorbell_consumer, doorbell_value} = doorbell;
  assign {queue_config_queue, queue_config_index, queue_config_data} = queue_config;
  assign command_queue = command.queue;
  assign command_cmd   = command.cmd;
  assign command_notify = command.notify;
  assign status_latency = 3'(StatusLatency);
  assign fence_kind    = fence.kind;
  assign fence_ctx     = fence.ctx;
  assign fence_leaf_only = fence.leaf_only;
  assign fence_first   = fence.first;
  assign fence_last    = fence.last;
  assign fence_number  = fence.number;
  assign cfg_format    = fence.cfg.format;
  assign cfg_pa_bits   = fence.cfg.pa_bits;
  assign cfg_flags     = {fence.cfg.hpd, fence.cfg.pbmt, fence.cfg.napot, fence.cfg.rsw,
                          fence.cfg.pse, fence.cfg.xd, fence.cfg.gb, fence.cfg.priv,
                          fence.cfg.af_ignore};
  assign advise_ctx          = advise.ctx;
  assign advise_first        = advise.first;
  assign advise_last         = advise.last;
  assign fault_base          = {system_ring.base, 5'd0};
  assign fault_log2_records  = system_ring.log2_records;
  assign fault_consumer      = system_ring.consumer;
  assign fence_status_on     = system_ring.status_on;
  assign fence_status        = {system_ring.status, 5'd0};
  assign cfg_root      = fence.cfg.root;
  assign cfg_limit     = fence.cfg.limit;
  always_comb begin
    for (int unsigned i = 0; i < 4; i++) begin
      window_base[i]  = windows[i].base;
      window_limit[i] = windows[i].limit;
    end
  end

  vmso_csr #(.Cfg(Cfg)) u_csr (
    .clk, .rst_n,
    .s_axil_awaddr, .s_axil_awprot('0), .s_axil_awvalid, .s_axil_awready,
    .s_axil_wdata, .s_axil_wstrb, .s_axil_wvalid, .s_axil_wready,
    .s_axil_bresp, .s_axil_bvalid, .s_axil_bready,
    .s_axil_araddr, .s_axil_arprot('0), .s_axil_arvalid, .s_axil_arready,
    .s_axil_rdata, .s_axil_rresp, .s_axil_rvalid, .s_axil_rready,
    .doorbell_valid, .doorbell_ready, .doorbell, .queue_config_valid, .queue_config,
    .command_valid, .command, .fence_valid, .fence_ready, .fence,
    .fence_done_number, .windows, .read_timeout, .read_window, .store_limit, .rate_period,
    .flag_masks, .soft_reset_pulse, .soft_reset_busy, .ready_status,
    .status_queue, .status(queue_status_t'(status)), .status_producer, .status_fetched,
    .status_cpl_produced, .status_cpl_consumer,
    .advise_valid, .advise_ready, .advise, .advise_stop, .advise_busy, .advise_present,
    .system_ring, .fault_ring, .fault_read_valid, .fault_read_ready, .fault_read_queue,
    .fault_read_word, .fault_read_data,
    .counter_inc(counter_inc), .sticky_set, .link_dead, .quarantined_count, .irq_set, .irq
  );
endmodule : csr_top
