// SPDX-License-Identifier: Apache-2.0
// Registers, doorbells, counters and interrupts: everything that software reaches.
//
// The map is docs/registers.md, made from regs/vmso.rdl. This module wires: vmso_csr_bus
// (AXI4-Lite), vmso_csr_access (decode and RAM-backed registers), vmso_csr_global (generated),
// counters, fences.
//
// queue_config, command, soft_reset_pulse  valid-only
// doorbell, fence                 valid/ready; the engine takes a doorbell within 32 cycles, whatever
//                                 memory and MAC do; fence numbers run from 1 and wrap at 16 bit
// status_queue                    one queue a cycle; `status` comes exactly StatusLatency cycles
//                                 later, the other status_* by then, while the queue stands
// sticky_set, irq_set             pulses; a bit that is set and cleared in one cycle stays set
// link_dead                       level: a class of reads has no id left
// quarantined_count               ids of each class that wait for a late answer; index read_class_e
// counter_inc                     per cycle; CountCycles comes from the top like the rest
// ready_status                    the engine has cleared its RAM; low while it is in reset
`include "vmso_assert.svh"
module vmso_csr
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic                   clk,
  input  logic                   rst_n,
  input  logic [24:0]            s_axil_awaddr,
  input  logic [2:0]             s_axil_awprot,
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
  input  logic [2:0]             s_axil_arprot,
  input  logic                   s_axil_arvalid,
  output logic                   s_axil_arready,
  output logic [31:0]            s_axil_rdata,
  output logic [1:0]             s_axil_rresp,
  output logic                   s_axil_rvalid,
  input  logic                   s_axil_rready,
  // to the engine
  output logic                   doorbell_valid,
  input  logic                   doorbell_ready,
  output doorbell_t              doorbell,
  output logic                   queue_config_valid,
  output queue_config_t          queue_config,
  output logic                   command_valid,
  output queue_command_t         command,
  output logic                   fence_valid,
  input  logic                   fence_ready,
  output fence_t                 fence,
  input  logic [15:0]            fence_done_number,
  output windows_t               windows,
  output logic [31:0]            read_timeout,
  output logic [15:0]            read_window,
  output logic [11:0]            store_limit,
  output logic [15:0]            rate_period,
  output flag_masks_t            flag_masks,
  output logic                   soft_reset_pulse,
  input  logic                   soft_reset_busy,
  input  logic                   ready_status,
  // from the engine
  output queue_t                 status_queue,
  input  queue_status_t          status,
  input  slot_idx_t              status_producer,
  input  slot_idx_t              status_fetched,
  input  slot_idx_t              status_cpl_produced,
  input  slot_idx_t              status_cpl_consumer,
  output logic                   advise_valid,
  input  logic                   advise_ready,
  output advise_t                advise,
  output logic                   advise_stop,
  input  logic                   advise_busy,
  input  bytes_t                 advise_present,
  output system_ring_t           system_ring,
  input  fault_ring_t            fault_ring,
  output logic                   fault_read_valid,
  input  logic                   fault_read_ready,
  output queue_t                 fault_read_queue,
  output logic [2:0]             fault_read_word,
  input  logic [31:0]            fault_read_data,
  input  counter_inc_t           counter_inc,
  input  sticky_t                sticky_set,
  input  logic                   link_dead,
  input  logic [3:0][8:0]        quarantined_count,
  input  logic [31:0]            irq_set,
  output logic [Cfg.vectors-1:0] irq
);
  localparam int unsigned Vectors = Cfg.vectors;

  // -- bus and decode -----------------------------------------------------------------------------
  logic            req_valid, req_ready, req_write, rsp_valid, rsp_err;
  logic [22:0]     req_addr;
  logic [31:0]     req_data, rsp_data;
  logic [3:0]      req_strb;
  logic            global_write_en, global_fence_go, go_refused, ignored_pulse,
                   commit_refused_pulse, clear_done;
  logic [9:0]      global_addr;
  logic [31:0]     global_write_data, global_read_data;
  logic [3:0]      global_write_strb;
  logic            counter_read_valid, counter_read_done;
  logic [4:0]      counter_read_index;
  logic [63:0]     counter_read_value;
  logic            fence_request_valid, fence_request_ready, fence_request_commit;
  context_t        fence_request_ctx;
  context_config_t fence_request_cfg;
  logic [15:0]     fence_next_number, fence_last_number;
  fence_kind_e     fence_kind;

  vmso_csr_bus u_bus (
    .clk, .rst_n,
    .s_axil_awaddr, .s_axil_awprot, .s_axil_awvalid, .s_axil_awready,
    .s_axil_wdata, .s_axil_wstrb, .s_axil_wvalid, .s_axil_wready,
    .s_axil_bresp, .s_axil_bvalid, .s_axil_bready,
    .s_axil_araddr, .s_axil_arprot, .s_axil_arvalid, .s_axil_arready,
    .s_axil_rdata, .s_axil_rresp, .s_axil_rvalid, .s_axil_rready,
    .req_valid, .req_ready, .req_write, .req_addr, .req_data, .req_strb,
    .rsp_valid, .rsp_data, .rsp_err
  );

  vmso_csr_access #(.Cfg(Cfg)) u_access (
    .clk, .rst_n,
    .req_valid, .req_ready, .req_write, .req_addr, .req_data, .req_strb,
    .rsp_valid, .rsp_data, .rsp_err,
    .global_write_en, .global_addr, .global_write_data, .global_write_strb, .global_read_data,
    .global_fence_go, .global_fence_legal(fence_kind != FenceCommit),
    .counter_read_valid, .counter_read_index, .counter_read_done, .counter_read_value,
    .engine_up(!soft_reset_busy), .engine_ready(ready_status),
    .clear_start(soft_reset_pulse), .clear_done,
    .doorbell_valid, .doorbell_ready, .doorbell,
    .queue_config_valid, .queue_config,
    .command_valid, .command,
    .fence_request_valid, .fence_request_ready, .fence_request_commit, .fence_request_ctx,
    .fence_request_cfg, .fence_next_number, .go_refused,
    .status_queue, .status, .status_producer, .status_fetched, .status_cpl_produced,
    .status_cpl_consumer, .fault_read_valid, .fault_read_ready, .fault_read_queue, .fault_read_word,
    .fault_read_data,
    .ignored_pulse, .commit_refused_pulse
  );

  // -- global page --------------------------------------------------------------------------------
  sticky_t     sticky, sticky_now, sticky_mask;
  logic [31:0] irq_new, irq_pending, irq_mask;
  logic [1:0]  fence_kind_bits;
  context_t    fence_ctx;
  logic        fence_leaf_only, advise_go, advise_refused_q;
  logic [63:0] advise_va, advise_bytes;
  logic [63:0] fence_va, fence_bytes;

  always_comb begin
    sticky = sticky_set;
    sticky[StickyCommitRefused] = sticky_set[StickyCommitRefused] || commit_refused_pulse;
    sticky[StickyCommandIgnored] = sticky_set[StickyCommandIgnored] || ignored_pulse;
    sticky[StickyLinkDead] = sticky_set[StickyLinkDead] || link_dead;
    for (int unsigned i = 0; i < 32; i++) irq_new[i] = irq_set[i] && i < Cfg.vectors;
    // as long as such a bit stands, so that no acknowledge can lose a later one
    if ((sticky_now & sticky_mask) != '0) irq_new[0] = 1'b1;
  end
  assign fence_kind = fence_kind_e'(fence_kind_bits);

  vmso_csr_global #(.Cfg(Cfg)) u_global (
    .clk, .rst_n,
    .write_en(global_write_en), .write_addr(global_addr), .write_data(global_write_data),
    .write_strb(global_write_strb), .read_addr(global_addr), .read_data(global_read_data),
    .control_soft_reset_pulse(soft_reset_pulse),
    .status_ready(clear_done && ready_status && !soft_reset_busy),
    .status_reset_busy(soft_reset_busy),
    .sticky_read_timeout(sticky_now[StickyReadTimeout]),
    .sticky_read_timeout_set(sticky[StickyReadTimeout]),
    .sticky_write_error(sticky_now[StickyWriteError]),
    .sticky_write_error_set(sticky[StickyWriteError]),
    .sticky_window(sticky_now[StickyWindow]),
    .sticky_window_set(sticky[StickyWindow]),
    .sticky_commit_refused(sticky_now[StickyCommitRefused]),
    .sticky_commit_refused_set(sticky[StickyCommitRefused]),
    .sticky_consumer_doorbell(sticky_now[StickyConsumerDoorbell]),
    .sticky_consumer_doorbell_set(sticky[StickyConsumerDoorbell]),
    .sticky_command_ignored(sticky_now[StickyCommandIgnored]),
    .sticky_command_ignored_set(sticky[StickyCommandIgnored]),
    .sticky_queue_error(sticky_now[StickyQueueError]),
    .sticky_queue_error_set(sticky[StickyQueueError]),
    .sticky_parity(sticky_now[StickyParity]),
    .sticky_parity_set(sticky[StickyParity]),
    .sticky_link_dead(sticky_now[StickyLinkDead]),
    .sticky_link_dead_set(sticky[StickyLinkDead]),
    .sticky_fault(sticky_now[StickyFault]), .sticky_fault_set(sticky[StickyFault]),
    .sticky_fault_overflow(sticky_now[StickyFaultOverflow]),
    .sticky_fault_overflow_set(sticky[StickyFaultOverflow]),
    .sticky_mask_bits(sticky_mask),
    .irq_pending_vectors(irq_pending), .irq_pending_vectors_set(irq_new),
    .irq_mask_vectors(irq_mask),
    .read_timeout_cycles(read_timeout), .read_window_beats(read_window),
    .store_limit_rows(store_limit), .rate_period_cycles(rate_period),
    .quarantined0_walk(quarantined_count[ReadWalk]),
    .quarantined0_slot(quarantined_count[ReadSlot]),
    .quarantined1_template(quarantined_count[ReadTemplate]),
    .quarantined1_payload(quarantined_count[ReadPayload]),
    .flag_mask0_first_flags(flag_masks[0][0]), .flag_mask0_middle_flags(flag_masks[0][1]),
    .flag_mask0_last_flags(flag_masks[0][2]),
    .flag_mask1_first_flags(flag_masks[1][0]), .flag_mask1_middle_flags(flag_masks[1][1]),
    .flag_mask1_last_flags(flag_masks[1][2]),
    .flag_mask2_first_flags(flag_masks[2][0]), .flag_mask2_middle_flags(flag_masks[2][1]),
    .flag_mask2_last_flags(flag_masks[2][2]),
    .flag_mask3_first_flags(flag_masks[3][0]), .flag_mask3_middle_flags(flag_masks[3][1]),
    .flag_mask3_last_flags(flag_masks[3][2]),
    .window0_base_page(windows[0].base), .window0_limit_page(windows[0].limit),
    .window1_base_page(windows[1].base), .window1_limit_page(windows[1].limit),
    .window2_base_page(windows[2].base), .window2_limit_page(windows[2].limit),
    .window3_base_page(windows[3].base), .window3_limit_page(windows[3].limit),
    .fence_what_kind(fence_kind_bits), .fence_what_leaf_only(fence_leaf_only),
    .fence_what_ctx(fence_ctx),
    .fence_va_addr(fence_va), .fence_bytes_bytes(fence_bytes),
    .fence_go_write_pulse(global_fence_go),
    .fence_go_fence(fence_last_number), .fence_go_refused(go_refused),
    .fence_done_fence(fence_done_number),
    .advise_what_ctx(advise.ctx), .advise_go_write_pulse(advise_go),
    .advise_go_pages(advise_present), .advise_go_refused(advise_refused_q),
    .advise_go_busy(advise_busy), .advise_va_addr(advise_va), .advise_bytes_bytes(advise_bytes),
    .fence_status_on_on(system_ring.status_on), .fence_status_addr(system_ring.status),
    .fault_base_addr(system_ring.base), .fault_shape_log2_records(system_ring.log2_records),
    .fault_consumer_index(system_ring.consumer), .fault_producer_index(fault_ring.producer),
    .fault_producer_writing(fault_ring.writing)
  );

  always_ff @(posedge clk) begin
    if (!rst_n) irq <= '0;
    else irq <= Vectors'(irq_pending & irq_mask);
  end

  // -- counters and fences ------------------------------------------------------------------------
  vmso_csr_counters u_counters (
    .clk, .rst_n, .counter_inc,
    .read_valid(counter_read_valid), .read_index(counter_read_index),
    .read_done(counter_read_done), .read_value(counter_read_value)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) advise_refused_q <= 1'b0;
    else if (advise_go) advise_refused_q <= global_write_data[0] && !advise_valid;
  end
  assign advise_valid = advise_go && global_write_data[0] && advise_ready && ready_status
                        && !soft_reset_busy;
  assign advise_stop  = advise_go && !global_write_data[0];
  vmso_csr_span u_advise (
    .clk, .va(advise_va), .bytes(advise_bytes), .first(advise.first), .last(advise.last)
  );
  vmso_csr_fence u_fence (
    .clk, .rst_n, .flush(soft_reset_busy && !ready_status),
    .what_kind(fence_kind), .what_leaf_only(fence_leaf_only), .what_ctx(fence_ctx),
    .va(fence_va), .bytes(fence_bytes),
    .request_valid(fence_request_valid), .request_ready(fence_request_ready),
    .request_commit(fence_request_commit), .request_ctx(fence_request_ctx),
    .request_cfg(fence_request_cfg), .next_number(fence_next_number),
    .last_number(fence_last_number),
    .fence_valid, .fence_ready, .fence
  );

`ifdef VMSO_CHECKS
  localparam int unsigned DoorbellWait = 32;  // cycles in which a doorbell has to be taken
  logic       doorbell_wait_q, fence_wait_q;
  logic [5:0] doorbell_waits_q;
  fence_t     fence_q;
  always_ff @(posedge clk) begin
    fence_q          <= fence;
    doorbell_wait_q  <= rst_n && doorbell_valid && !doorbell_ready;
    doorbell_waits_q <= doorbell_valid && !doorbell_ready ? doorbell_waits_q + 1'b1 : '0;
    fence_wait_q     <= rst_n && fence_valid && !fence_ready && !(soft_reset_busy && !ready_status);
  end
  `VMSO_IMPL_IF(DoorbellStands, doorbell_wait_q, doorbell_valid)
  `VMSO_INTG(DoorbellIsTakenSoon, 32'(doorbell_waits_q) < DoorbellWait)
  `VMSO_IMPL_IF(FenceStands, fence_wait_q, fence_valid && fence == fence_q)
`endif
endmodule : vmso_csr
