// SPDX-License-Identifier: Apache-2.0
// vmso_seg with plain ports for its unit test.
module seg_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  int unsigned Config = 1,
  parameter  bit          Lane   = 1'b1,  // the gather lane is built
  localparam vmso_config_pkg::config_t Named = vmso_config_pkg::named(Config),
  localparam vmso_config_pkg::config_t Cfg =
      Lane ? Named : vmso_config_pkg::without_gather(Named)
) (
  input  logic        clk,
  input  logic        rst_n,
  output logic        seg_ready,
  input  logic        load_valid,
  input  logic [7:0]  load_job,
  input  logic [11:0] load_queue,
  input  logic [3:0]  load_kind,
  input  logic [7:0]  load_status,
  input  logic [15:0] load_slot,
  input  logic [15:0] load_slots,
  input  logic [63:0] load_cookie,
  input  logic [23:0] load_payload_bytes,
  input  logic [15:0] load_mss,
  input  logic [8:0]  load_header_bytes,
  input  logic [1:0]  load_head,
  input  logic        load_tag,
  input  logic [7:0]  load_tmpl,
  input  logic [23:0] load_skip_bytes,
  input  logic [23:0] load_skip_segments,
  input  logic        weight_valid,
  input  logic [11:0] weight_queue,
  input  logic [7:0]  weight,
  input  logic        event_valid,
  input  logic [7:0]  event_job,
  output logic [7:0]  status_job,
  input  logic [17:0] status_ready_total,
  input  logic        status_blocked,
  input  logic        status_full,
  input  logic [5:0]  status_ready_runs,
  input  logic        status_chain_done,
  output logic [7:0]  end_job,
  input  logic [7:0]  end_status,
  input  logic [7:0]  end_cause,
  input  logic [2:0]  end_level,
  input  logic [1:0]  end_access,
  input  logic [63:0] end_va,
  output logic        fetch_valid,
  input  logic        fetch_ready,
  output logic [11:0] fetch_queue,
  output logic [7:0]  fetch_job,
  output logic        fetch_to_template,
  output logic        fetch_discard,
  output logic [7:0]  fetch_tmpl,
  output logic [8:0]  fetch_frame,
  output logic [11:0] fetch_row,
  output logic [13:0] fetch_pos,
  output logic [13:0] fetch_bytes,
  output logic        fetch_job_last,
  output logic        fetch_kill,
  output logic        order_valid,
  output logic [1:0]  order_kind,
  output logic [11:0] order_queue,
  output logic        order_last,
  output logic [15:0] order_slot,
  output logic [15:0] order_slots,
  output logic [63:0] order_cookie,
  output logic [1:0]  order_flags,  // what comes from bits 1:0 of the cookie
  output logic [1:0]  order_head,
  output logic        order_tag,
  output logic        order_first,
  output logic [23:0] order_job_bytes,
  output logic [23:0] order_segment,
  output logic [23:0] order_sent,
  output logic [13:0] order_bytes,
  output logic [8:0]  order_header_bytes,
  output logic [7:0]  order_tmpl,
  output logic        order_tmpl_fetched,
  output logic [11:0] order_row,
  output logic [11:0] order_rows,
  output logic        order_gather,
  output logic [1:0]  order_lane_frame,
  output logic [7:0]  order_status,
  output logic [7:0]  order_cause,
  output logic [2:0]  order_level,
  output logic [1:0]  order_access,
  output logic [63:0] order_va,
  output logic [1:0]  order_space,
  output logic [15:0] order_fold,
  output logic [8:0]  order_frame,
  input  logic        left_valid,
  input  logic [11:0] left_queue,
  input  logic [11:0] left_rows,
  input  logic        left_gather,
  input  logic        lane_landed_valid,
  input  logic [13:0] lane_landed,
  output logic        tmpl_drop_valid,
  output logic [7:0]  tmpl_drop_tmpl,
  output logic        tmpl_drop_fetched,
  input  logic        unload_valid,
  output logic        unload_ready,
  input  logic [11:0] unload_queue,
  output logic        unload_head_any,
  output logic [15:0] unload_head_slot,
  output logic [23:0] unload_head_segments,
  output logic [23:0] unload_head_bytes,
  input  logic [11:0] query_queue,
  output logic [25:0] query_issued_bytes,
  output logic        query_in_debt,
  input  logic [11:0] ctl_queue,
  output logic [15:0] ctl_issued,
  input  logic        hold_issue,
  output logic        issue_held,
  input  logic        fetch_idle,
  input  logic [11:0] store_limit,
  output logic        wake_valid,
  input  logic        wake_ready,
  output logic [11:0] wake_queue,
  input  logic        entry_wanted,
  output logic        preempt_valid,
  output logic [11:0] preempt_queue,
  input  logic        slot_debit_valid,
  input  logic [11:0] slot_debit_queue,
  input  logic [5:0]  slot_debit_beats,
  input  logic        walk_debit_valid,
  input  logic [11:0] walk_debit_queue,
  input  logic        rate_valid,   // instead of weight_valid
  input  logic [63:0] rate,
  input  logic [15:0] rate_period,
  output logic [15:0] unload_head_fold,
  output logic        count_segments,
  output logic        count_seg_busy,
  output logic        count_seg_blocked,
  output logic        count_seg_starved
);
  // fields that are only carried come from the cookie
  job_load_t job_load;
  always_comb begin
    job_load                   = '0;
    job_load.job               = load_job;
    job_load.queue             = load_queue;
    job_load.kind              = kind_e'(load_kind);
    job_load.status            = status_e'(load_status);
    job_load.slot              = load_slot;
    job_load.slots             = load_slots;
    job_load.cookie            = load_cookie;
    job_load.completion_wanted = load_cookie[0];
    job_load.interrupt_wanted  = load_cookie[1];
    job_load.head              = head_e'(load_head);
    job_load.tag               = load_tag;
    job_load.payload_bytes     = load_payload_bytes;
    job_load.mss               = load_mss;
    job_load.header_bytes      = load_header_bytes;
    job_load.tmpl              = load_tmpl;
    job_load.skip_bytes        = load_skip_bytes;
    job_load.skip_segments     = load_skip_segments;
    job_load.fold              = load_cookie[31:16];
    job_load.template_ref.space = load_cookie[33:32];
  end
  queue_config_t queue_config;
  assign queue_config = '{queue: weight_queue, index: rate_valid ? 3'd6 : 3'd5,
                          data: rate_valid ? rate : 64'(weight)};
  run_status_t run_status;
  assign run_status = '{ready_total: status_ready_total, blocked: status_blocked,
                        full: status_full, ready_runs: status_ready_runs, chain_done: status_chain_done, present: status_ready_total};
  run_end_t run_end;
  assign run_end = '{status: status_e'(end_status), cause: cause_e'(end_cause), level: end_level,
                     access: access_e'(end_access), va: end_va, space: end_va[1:0]};
  logic        frame_open_valid;
  frame_t      frame_open;
  logic        unused_open;
  assign unused_open = ^{frame_open_valid, frame_open};
  left_t left;
  assign left = '{queue: left_queue, sent: left_rows != '0 || left_gather, rows: left_rows, gather: left_gather};

  fetch_t fetch;
  assign fetch_queue       = fetch.queue;
  assign fetch_job         = fetch.job;
  assign fetch_to_template = fetch.to_template;
  assign fetch_discard     = fetch.discard;
  assign fetch_tmpl        = fetch.tmpl;
  assign fetch_frame       = fetch.frame;
  assign fetch_row         = fetch.row;
  assign fetch_pos         = fetch.pos;
  assign fetch_bytes       = fetch.bytes;
  assign fetch_job_last    = fetch.job_last;
  assign fetch_kill        = fetch.kill;
  tmpl_drop_t tmpl_drop;
  assign tmpl_drop_tmpl    = tmpl_drop.tmpl;
  assign tmpl_drop_fetched = tmpl_drop.fetched;

  order_t order;
  assign order_kind         = order.kind;
  assign order_queue        = order.queue;
  assign order_last         = order.last;
  assign order_slot         = order.slot;
  assign order_slots        = order.slots;
  assign order_cookie       = order.cookie;
  assign order_flags        = {order.interrupt_wanted, order.completion_wanted};
  assign order_head         = order.head;
  assign order_tag          = order.tag;
  assign order_first        = order.first;
  assign order_job_bytes    = order.job_bytes;
  assign order_segment      = order.segment;
  assign order_sent         = order.sent;
  assign order_bytes        = order.bytes;
  assign order_header_bytes = order.header_bytes;
  assign order_tmpl         = order.tmpl;
  assign order_tmpl_fetched = order.tmpl_fetched;
  assign order_row          = order.row;
  assign order_rows         = order.rows;
  assign order_gather       = order.gather;
  assign order_lane_frame   = order.lane_frame;
  assign order_status       = order.status;
  assign order_cause        = order.cause;
  assign order_level        = order.level;
  assign order_access       = order.access;
  assign order_va           = order.va;
  assign order_space        = order.space;
  assign order_fold         = order.fold;

  vmso_seg #(.Cfg(Cfg)) u_seg (
    .clk, .rst_n, .seg_ready, .job_load_valid(load_valid), .job_load,
    .queue_config_valid(weight_valid || rate_valid), .queue_config, .ready_event_valid(event_valid),
    .ready_event(event_job), .status_job, .run_status, .end_job, .run_end, .fetch_valid,
    .fetch_ready, .fetch, .order_valid, .order, .order_frame, .frame_open_valid,
    .frame_open, .lane_landed_valid, .lane_landed, .left_valid, .left,
    .tmpl_drop_valid, .tmpl_drop, .unload_valid, .unload_ready, .unload_queue, .unload_head_any,
    .unload_head_slot, .unload_head_segments, .unload_head_bytes, .unload_head_fold, .query_queue,
    .query_issued_bytes, .query_in_debt, .ctl_queue, .ctl_issued, .hold_issue, .issue_held,
    .fetch_idle, .store_limit, .wake_valid, .wake_ready, .wake_queue, .entry_wanted,
    .preempt_valid, .preempt_queue, .slot_debit_valid,
    .slot_debit_queue, .slot_debit_beats, .walk_debit_valid, .walk_debit_queue, .rate_period,
    .count_segments,
    .count_seg_busy, .count_seg_blocked, .count_seg_starved
  );
endmodule : seg_top
