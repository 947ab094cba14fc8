// SPDX-License-Identifier: Apache-2.0
// vmso_ring and vmso_job, joined, with plain ports for their unit test.
module ring_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  int unsigned Config = 1,
  localparam vmso_config_pkg::config_t Cfg = vmso_config_pkg::named(Config)
) (
  input  logic                     clk,
  input  logic                     rst_n,
  output logic                     ring_ready,
  input  logic                     doorbell_valid,
  output logic                     doorbell_ready,
  input  logic [11:0]              doorbell_queue,
  input  logic [15:0]              doorbell_value,
  input  logic                     config_valid,
  input  logic [11:0]              config_queue,
  input  logic [2:0]               config_index,
  input  logic [63:0]              config_data,
  input  logic                     command_valid,
  input  logic [11:0]              command_queue,
  input  logic [2:0]               command_cmd,
  input  logic                     command_notify,
  input  logic [11:0]              status_queue,
  output logic [2:0]               status_state,
  output logic                     status_pending,
  output logic                     status_refused,
  output logic                     status_no_reads,
  output logic                     status_drained,
  output logic         status_fault,
  output logic [15:0]              status_producer,
  output logic [15:0]              status_fetched,
  output logic                     notify_valid,
  output logic [11:0]              notify_queue,
  output logic                     count_jobs,
  output logic                     count_slot_reads,
  output logic [NumSticky-1:0]     sticky_set,
  output logic                     slot_req_valid,
  input  logic                     slot_req_ready,
  output logic [55:0]              slot_req_addr,
  output logic [7:0]               slot_req_len,
  input  logic [7:0]               slot_req_id,
  input  logic                     rsp_valid,
  input  logic [7:0]               rsp_id,
  input  logic                     rsp_has_data,
  input  logic                     rsp_last,
  input  logic [2:0]               rsp_resp,
  input  logic [Cfg.data_bits-1:0] rsp_data,
  output logic [11:0]              query_queue,
  input  logic [25:0]              query_issued_bytes,
  input  logic                     query_in_debt,
  input  logic [15:0]              query_ended,
  input  logic [15:0]              query_backlog,
  input  logic                     wake_valid,
  output logic                     wake_ready,
  input  logic [11:0]              wake_queue,
  output logic                     entry_wanted,
  input  logic                     preempt_valid,
  input  logic [11:0]              preempt_queue,
  input  logic                     ended_valid,
  input  logic [11:0]              ended_queue,
  input  logic                     consumed_valid,
  input  logic [11:0]              consumed_queue,
  input  logic                     write_failed_valid,
  input  logic [11:0]              write_failed_queue,
  output logic                     load_valid,
  output logic [7:0]               load_job,
  output logic [11:0]              load_queue,
  output logic [3:0]               load_kind,
  output logic [7:0]               load_status,
  output logic [15:0]              load_slot,
  output logic [15:0]              load_slots,
  output logic [63:0]              load_cookie,
  output logic [23:0]              load_payload_bytes,
  output logic [15:0]              load_mss,
  output logic [8:0]               load_header_bytes,
  output logic [7:0]               load_tmpl,
  output logic [23:0]              load_skip_bytes,
  output logic [23:0]              load_skip_segments,
  output logic [11:0]              load_template_ctx,
  output logic [11:0]              load_buffer1_ctx,
  output logic [23:0]              load_buffer1_bytes,
  output logic [1:0]               load_head,
  output logic                     load_tag,
  output logic                     load_csum,
  output logic [13:0]              load_csum_from,
  // what is written into its frames
  output logic                     load_header_segments,
  output logic                     load_header_udp,
  output logic [1:0]               load_header_l4_mode,
  output logic [1:0]               load_header_id_mode,
  output logic [1:0]               load_header_flag_profile,
  output logic [8:0]               load_header_l3,
  output logic [8:0]               load_header_l4,
  output logic                     load_header_outer_has_l4,
  output logic [8:0]               load_header_outer_l3,
  output logic [8:0]               load_header_outer_l4,
  output logic [1:0]               load_header_outer_id_mode,
  output logic                     load_header_outer_csum,
  output logic                     load_header_tag,
  output logic [31:0]              load_header_tag_word,
  output logic                     load_header_csum,
  output logic                     load_header_csum_udp,
  output logic                     load_header_csum_odd,
  output logic [13:0]              load_header_csum_pos,
  input  logic                     tmpl_free_valid,
  input  logic [7:0]               tmpl_free,
  input  job_t                     chain_look,
  output logic                     chain_avail,
  input  logic                     chain_pop_valid,
  input  logic [7:0]               chain_pop_job,
  output logic                     chain_slot_valid,
  output logic [511:0]             chain_slot,
  output logic [2:0]               chain_slot_resp,
  input  logic                     job_free_valid,
  input  logic [7:0]               job_free,
  output logic                     unload_valid,
  input  logic                     unload_ready,
  output logic [11:0]              unload_queue,
  input  logic                     head_any,
  input  logic [15:0]              head_slot,
  input  logic [23:0]              head_segments,
  input  logic [23:0]              head_bytes,
  input  logic [15:0]              head_fold,
  output logic [15:0]              load_fold,
  output logic                     slot_debit_valid,
  output logic [11:0]              slot_debit_queue,
  output logic [5:0]               slot_debit_beats,
  input  logic                     sent_valid,
  input  logic [11:0]              sent_queue,
  output logic [11:0]              ctl_queue,
  input  logic [15:0]              ctl_issued,
  input  logic [15:0]              ctl_left,
  input  logic                     ctl_end_none,
  input  logic                     ctl_idle,
  input  logic                     ctl_read_none,
  output logic                     bury_valid,
  input  logic                     bury_ready,
  output logic [11:0]              bury_queue,
  output logic                     bury_void,
  input  logic                     fail_valid,
  output logic                     fail_ready,
  input  logic [11:0]              fail_queue,
  input  logic         fail_parks,
  input  logic [15:0]              fail_slot,
  input  logic [15:0]  fail_slots,
  input  logic [23:0]  fail_segments,
  input  logic [23:0]  fail_bytes,
  input  logic [15:0]  fail_fold,
  output logic         fault_valid,
  output logic         abort_valid,
  output logic [11:0]  fault_queue,
  output logic                     ring_end_valid,
  input  logic                     ring_end_ready,
  output logic [11:0]              ring_end_queue,
  output logic [15:0]              ring_end_slot,
  output logic [63:0]              ring_end_cookie,
  output logic [7:0]               ring_end_status,
  output logic [7:0]               ring_end_cause,
  output logic [63:0]              ring_end_va,
  output logic [1:0]               ring_end_access,
  output logic                     queue_reset_valid,
  input  logic                     queue_reset_ready,
  output logic [11:0]              queue_reset_queue,
  // the controller's visits
  output logic                     visit_valid,  // one begins
  output logic [11:0]              visit_queue,
  output logic                     act_valid,    // it has decided
  output logic [3:0]               act,
  output logic [7:0]               act_life      // of the queue before that
);
  queue_status_t        status;
  logic                 slot_valid, slot_ready, ctl_arriving;
  vmso_ring_pkg::slot_t slot;
  job_t                 slot_job;
  logic [7:0]           job_home;
  job_load_t            job_load;
  read_req_t            slot_req;
  job_end_t             ring_end;
  further_slot_t        further;
  read_resp_e           further_resp;

  vmso_ring #(.Cfg(Cfg)) u_ring (
    .clk, .rst_n, .ring_ready, .doorbell_valid, .doorbell_ready,
    .doorbell('{queue: doorbell_queue, consumer: 1'b0, value: doorbell_value}),
    .queue_config_valid(config_valid),
    .queue_config('{queue: config_queue, index: config_index, data: config_data}),
    .command_valid,
    .command('{queue: command_queue, notify: command_notify, cmd: queue_cmd_e'(command_cmd)}),
    .status_queue, .status, .status_producer, .status_fetched, .notify_valid, .notify_queue,
    .count_jobs, .count_slot_reads, .slot_debit_valid, .slot_debit_queue, .slot_debit_beats,
    .sent_valid(sent_valid && ring_ready), .sent_queue, .sticky_set,
    .slot_req_valid, .slot_req_ready, .slot_req, .slot_req_id,
    .read_rsp_valid(rsp_valid),
    .read_rsp('{cls: ReadSlot, id: rsp_id, has_data: rsp_has_data, last: rsp_last,
                resp: read_resp_e'(rsp_resp)}),
    .read_data(rsp_data),
    .query_queue, .query_issued_bytes, .query_in_debt, .query_ended, .query_backlog,
    .wake_valid, .wake_ready, .wake_queue, .entry_wanted, .preempt_valid, .preempt_queue,
    .ended_valid, .ended_queue,
    .consumed_valid, .consumed_queue, .write_failed_valid, .write_failed_queue,
    .slot_valid, .slot_ready, .slot_job, .slot, .job_home, .job_load_valid(load_valid), .job_load,
    .chain_look, .chain_avail, .chain_pop_valid, .chain_pop_job, .chain_slot_valid, .chain_slot(further),
    .chain_slot_resp(further_resp), .job_free_valid, .job_free,
    .unload_valid, .unload_ready, .unload_queue, .unload_head_any(head_any),
    .unload_head_slot(head_slot), .unload_head_segments(head_segments),
    .unload_head_bytes(head_bytes), .unload_head_fold(head_fold), .ctl_queue, .ctl_arriving, .ctl_issued, .ctl_left,
    .ctl_end_none, .ctl_idle, .ctl_read_none, .bury_valid, .bury_ready, .bury_queue, .bury_void,
    .queue_fail_valid(fail_valid), .queue_fail_ready(fail_ready),
    .queue_fail('{queue: fail_queue, parks: fail_parks, slot: fail_slot, slots: fail_slots,
                  segments: fail_segments, bytes: fail_bytes, fold: fail_fold}),
    .ring_end_valid, .ring_end_ready, .ring_end, .fault_valid, .abort_valid, .fault_queue,
    .queue_reset_valid, .queue_reset_ready, .queue_reset_queue
  );
  vmso_job #(.Cfg(Cfg)) u_job (
    .clk, .rst_n, .slot_valid, .slot_ready, .slot_job, .slot, .job_home, .job_load_valid(load_valid),
    .job_load, .ctl_queue, .ctl_arriving, .job_free_valid, .job_free, .tmpl_free_valid, .tmpl_free
  );

  assign load_fold          = job_load.fold;
  assign load_head          = job_load.head;
  assign load_tag           = job_load.tag;
  assign load_csum          = job_load.csum;
  assign load_csum_from     = job_load.csum_from;
  assign load_header_segments      = job_load.header.segments;
  assign load_header_udp           = job_load.header.udp;
  assign load_header_l4_mode       = job_load.header.l4_mode;
  assign load_header_id_mode       = job_load.header.id_mode;
  assign load_header_flag_profile  = job_load.header.flag_profile;
  assign load_header_l3            = job_load.header.l3;
  assign load_header_l4            = job_load.header.l4;
  assign load_header_outer_has_l4  = job_load.header.outer_has_l4;
  assign load_header_outer_l3      = job_load.header.outer_l3;
  assign load_header_outer_l4      = job_load.header.outer_l4;
  assign load_header_outer_id_mode = job_load.header.outer_id_mode;
  assign load_header_outer_csum    = job_load.header.outer_csum;
  assign load_header_tag           = job_load.header.tag;
  assign load_header_tag_word      = job_load.header.tag_word;
  assign load_header_csum          = job_load.header.csum;
  assign load_header_csum_udp      = job_load.header.csum_udp;
  assign load_header_csum_odd      = job_load.header.csum_odd;
  assign load_header_csum_pos      = job_load.header.csum_pos;
  assign status_state       = status.state;
  assign status_pending     = status.pending;
  assign status_refused     = status.refused;
  assign status_no_reads    = status.no_reads;
  assign status_drained     = status.drained;
  assign status_fault       = status.fault;
  assign visit_valid        = u_ring.u_ctl.visit_valid && u_ring.u_ctl.u_commands.visit_ready;
  assign visit_queue        = queue_t'(u_ring.u_ctl.visit);
  assign act_valid          = u_ring.u_ctl.decide;
  assign act                = u_ring.u_ctl.act;
  assign act_life           = u_ring.u_ctl.load_q.life;
  assign slot_req_addr      = slot_req.addr;
  assign slot_req_len       = slot_req.len;
  assign load_job           = job_load.job;
  assign load_queue         = job_load.queue;
  assign load_kind          = job_load.kind;
  assign load_status        = job_load.status;
  assign load_slot          = job_load.slot;
  assign load_slots         = job_load.slots;
  assign load_cookie        = job_load.cookie;
  assign load_payload_bytes = job_load.payload_bytes;
  assign load_mss           = job_load.mss;
  assign load_header_bytes  = job_load.header_bytes;
  assign load_tmpl          = job_load.tmpl;
  assign load_skip_bytes    = job_load.skip_bytes;
  assign load_skip_segments = job_load.skip_segments;
  assign load_template_ctx  = job_load.template_ref.ctx;
  assign load_buffer1_ctx   = job_load.buffer1.ctx;
  assign load_buffer1_bytes = job_load.buffer1.bytes;
  assign chain_slot         = further;
  assign chain_slot_resp    = further_resp;
  assign ring_end_queue     = ring_end.queue;
  assign ring_end_slot      = ring_end.slot;
  assign ring_end_cookie    = ring_end.cookie;
  assign ring_end_status    = ring_end.status;
  assign ring_end_cause     = ring_end.cause;
  assign ring_end_va        = ring_end.va;
  assign ring_end_access    = ring_end.access;

  logic unused_bits;
  assign unused_bits = ^{job_load, ring_end};
endmodule : ring_top
