// SPDX-License-Identifier: Apache-2.0
// Orders become frames on m_axis, ends of jobs and credits, strictly in the order of the order FIFO.
//
//   orders -> head (waits, judges, header values) -> stream (beats, then what leaves with them)
//   template landing -> tmpl (rows, landed bytes) -> parse -> head
//   head, stream -> fields (header fields of the frame that leaves and of the next) -> stream
//
// order       valid only; order_frame runs 0, 1, .. frame_slots - 1, 0 ..
// store_read  data one cycle after store_read_en
// state_frame a register; frame_state of it may come in the same cycle or registered one later
// tmpl_*      template landing: vmso_out_tmpl. tmpl_done not before the write of its bytes
// job_load    before anything of its template lands
// tmpl_free   at the order with `last` of a job with a template, after the last row was read
// left        every order; one cycle after its last row was read; left_told with it, if Retire
// end         job_end when the last beat of its frame enters the output FIFO of four beats
// queue_fail  with job_end of the same job; whoever takes it must not wait for an order to leave
// bury        valid/ready, within some cycles whatever the MAC does: the orders of the queue that have come
//             by now die; with bury_void a frame of it that is being sent tells nothing when it has left
// tmpl_drop   valid only: the template of a job that was unloaded
// ctl         one cycle after ctl_queue: orders of it that have left, modulo 2^16; no job_end of it is on
//             its way. Both as of two cycles before the address
// m_axis      user = {slot 15, queue 12, err 0}
// hold_frames no order begins to leave, so no end is told; frames_whole: what has begun is in the output
//             FIFO to the last beat
// latency     last byte seen in frame_state to m_axis_valid: 3 cycles
// throughput  a beat per cycle without gaps; an order per 2 cycles, with fields per 3, see vmso_out_head
// reset       out_ready when the tables of queues and templates are cleared: no job_load, no landing and
//             no order before that. The output FIFO and the counters of what leaves it are reset by
//             port_rst_n: a frame whose end was told survives rst_n, see vmso_soft_reset
`include "vmso_assert.svh"
module vmso_out
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  parameter  bit          Retire   = 1'b0,  // tells what the retire port asks for
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg)
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  logic                     port_rst_n,
  input  logic                     hold_frames,
  output logic                     frames_whole,
  output logic                     out_ready,
  input  flag_masks_t              flag_masks,
  input  logic                     job_load_valid,
  input  job_load_t                job_load,
  // orders
  input  logic                     order_valid,
  input  order_t                   order,
  input  frame_t                   order_frame,
  output logic                     left_valid,
  output left_t                    left,
  output left_told_t               left_told,
  output logic                     tmpl_free_valid,
  output template_t                tmpl_free,
  output logic                     end_valid,
  input  logic                     end_ready,
  output job_end_t                 job_end,
  // queue controller
  output logic                     queue_fail_valid,
  input  logic                     queue_fail_ready,
  output queue_fail_t              queue_fail,
  input  logic                     bury_valid,
  output logic                     bury_ready,
  input  queue_t                   bury_queue,
  input  logic                     bury_void,
  input  logic                     tmpl_drop_valid,
  input  tmpl_drop_t               tmpl_drop,
  input  queue_t                   ctl_queue,
  output order_count_t             ctl_left,
  output logic                     ctl_end_none,
  // frame store
  output logic                     store_read_en,
  output row_t                     store_read_row,
  input  logic [Cfg.data_bits-1:0] store_read_data,
  output frame_t                   state_frame,
  input  frame_state_t             frame_state,
  // template landing
  input  logic                     tmpl_write_valid,
  input  template_t                tmpl_write_tmpl,
  input  logic [1:0][BusBytes-1:0] tmpl_bank_en,
  input  logic [1:0][3:0]          tmpl_bank_row,    // row / 2
  input  logic [Cfg.data_bits-1:0] tmpl_write_data,
  input  logic                     tmpl_done_valid,
  input  template_t                tmpl_done_tmpl,
  input  pos_t                     tmpl_done_bytes,
  input  logic                     tmpl_done_fail,
  input  status_e                  tmpl_done_status,
  input  cause_e                   tmpl_done_cause,
  input  logic [63:0]              tmpl_done_va,
  input  logic [15:0]              tmpl_done_sum,
  // frames
  output logic [Cfg.data_bits-1:0] m_axis_data,
  output logic [BusBytes-1:0]      m_axis_keep,
  output logic                     m_axis_last,
  output logic                     m_axis_valid,
  input  logic                     m_axis_ready,
  output logic [27:0]              m_axis_user,
  // counters
  output logic                     count_frames,
  output logic [7:0]               count_frame_bytes,
  output logic                     count_wire_beats,
  output logic                     count_dropped,    // dead orders
  output logic                     count_out_busy,
  output logic                     count_out_blocked,
  output logic                     count_out_starved // orders wait, but no beat is ready
);
  localparam int unsigned Templates = vmso_config_pkg::templates(Cfg);
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned IndexW = $clog2(vmso_config_pkg::template_rows(Cfg));
  localparam int unsigned HalfW = $clog2((vmso_config_pkg::template_rows(Cfg) + 1) / 2);

  logic                          next_valid, next_ready, pending;
  order_t                        next;
  frame_t                        next_frame;
  logic                          left_ready, dead_ready, stream_ready, tmpl_ready, look_done,
                                 look_dead;
  logic                          fail_valid, drop_done;
  template_t                     drop_tmpl, look_tmpl, row_tmpl, window_tmpl, parsed_tmpl;
  tmpl_fail_t                    look_fail;
  queue_t                        look_queue, fail_queue;
  order_count_t                  look_number;
  logic                          queue_valid, queue_ready, window_en, row_en;
  logic                          parsed_valid, parsed_outer, parsed_last;
  logic [15:0]                   look_sum;
  parse_job_t                    parse_job;
  parse_t                        parsed;
  logic [1:0][HalfW-1:0]         window_row;
  logic [1:0][Cfg.data_bits-1:0] window_data, row_data;
  logic [4:0]                    row_index;
  logic                          early_valid, early_ready, early_side, early_clear;
  logic                          late_valid, late_ready, late_side, over_side, over_clear;
  logic [1:0]                    clear;
  fields_t                       early, late;
  frame_row_t                    late_first;
  logic [IndexW-1:0]             over_index;
  logic [BusBytes-1:0]           over_en;
  logic [Cfg.data_bits-1:0]      over_data;
  logic                          item_valid, item_ready, drop_pulse;
  item_t                         item;
  logic [7:0]                    m_axis_bytes;
  logic                          order_free_valid, void_valid, void_ready;
  template_t                     order_free;
  queue_t                        void_queue;

  vmso_out_orders #(.Cfg(Cfg)) u_orders (
    .clk, .rst_n, .order_valid, .order, .order_frame, .next_valid, .next_ready, .next, .next_frame,
    .pending
  );
  vmso_out_tmpl #(.Cfg(Cfg)) u_tmpl (
    .clk, .rst_n, .ready(tmpl_ready), .job_load_valid, .job_load,
    .tmpl_write_valid, .tmpl_write_tmpl, .tmpl_bank_en, .tmpl_bank_row, .tmpl_write_data,
    .tmpl_done_valid, .tmpl_done_tmpl, .tmpl_done_bytes, .tmpl_done_fail, .tmpl_done_status,
    .tmpl_done_cause, .tmpl_done_va, .tmpl_done_sum,
    .look_tmpl, .look_done, .look_fail, .look_sum, .drop_tmpl, .drop_done, .row_en, .row_tmpl,
    .row_index, .row_data, .queue_valid, .queue_ready, .queue(parse_job), .window_en,
    .window_tmpl, .window_row,
    .window_data, .parsed_valid(parsed_valid && parsed_last), .parsed_tmpl
  );
  vmso_out_parse #(.Cfg(Cfg)) u_parse (
    .clk, .rst_n, .queue_valid, .queue_ready, .queue(parse_job), .window_en, .window_tmpl,
    .window_row, .window_data, .parsed_valid, .parsed_tmpl, .parsed_outer, .parsed_last, .parsed
  );
  vmso_out_head #(.Cfg(Cfg)) u_head (
    .clk, .rst_n, .flag_masks, .next_valid, .next_ready, .next, .next_frame,
    .state_frame, .frame_state, .look_tmpl, .look_done, .look_fail, .look_sum,
    .job_load_valid, .job_load, .parsed_valid, .parsed_tmpl, .parsed_outer, .parsed,
    .fields_valid(early_valid), .fields_ready(early_ready), .fields(early),
    .fields_side(early_side), .fields_clear(early_clear), .look_queue, .look_number, .look_dead,
    .fail_valid,
    .fail_queue, .item_valid, .item_ready, .item, .drop_pulse
  );
  vmso_out_stream #(.Cfg(Cfg), .Retire(Retire)) u_stream (
    .clk, .rst_n, .port_rst_n, .hold_frames, .frames_whole, .item_valid, .item_ready, .item,
    .store_read_en, .store_read_row, .store_read_data, .row_en, .row_tmpl, .row_index, .row_data,
    .late_valid, .late_ready, .late, .late_side, .late_first, .over_side, .over_index, .over_en,
    .over_data, .over_clear, .m_axis_data, .m_axis_keep, .m_axis_last, .m_axis_user,
    .m_axis_valid, .m_axis_ready, .m_axis_bytes, .left_valid, .left, .left_told,
    .tmpl_free_valid(order_free_valid), .tmpl_free(order_free),
    .end_valid, .end_ready, .job_end, .queue_fail_valid, .queue_fail_ready, .queue_fail,
    .void_valid, .void_ready, .void_queue, .ctl_queue, .ctl_end_none, .ready(stream_ready)
  );

  vmso_out_fields #(.Cfg(Cfg)) u_fields (
    .clk, .rst_n, .early_valid, .early_ready, .early, .early_side, .late_valid, .late_ready, .late,
    .late_side, .late_first, .clear, .read_side(over_side), .read_index(over_index),
    .read_en(over_en), .read_data(over_data)
  );
  // nothing more is read of the frame that has left; nothing at all of one that is not sent
  assign clear[0] = (over_clear && !over_side) || (early_clear && !early_side);
  assign clear[1] = (over_clear && over_side) || (early_clear && early_side);

  assign out_ready = left_ready && dead_ready && stream_ready && tmpl_ready;

  // -- dead orders, and templates that nobody needs any more ----------------------------------------
  order_count_t come_q, gone_q;
  logic         drop_free_valid;
  template_t    drop_free;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      come_q <= '0;
      gone_q <= '0;
    end else begin
      come_q <= come_q + order_count_t'(order_valid);
      gone_q <= gone_q + order_count_t'(left_valid);
    end
  end
  vmso_tally #(.Num(Cfg.queues)) u_left (
    .clk, .rst_n, .ready(left_ready), .add_valid(left_valid), .add(left.queue[QueueW-1:0]),
    .look(ctl_queue[QueueW-1:0]), .count(ctl_left)
  );
  vmso_out_bury #(.Queues(Cfg.queues)) u_bury (
    .clk, .rst_n, .ready(dead_ready), .come(come_q), .gone(gone_q), .fail_valid, .fail_queue,
    .bury_valid, .bury_ready, .bury_queue, .bury_void, .void_valid, .void_ready, .void_queue,
    .look_queue, .look_number, .look_dead
  );
  vmso_out_drop #(.Templates(Templates)) u_drop (
    .clk, .rst_n, .come(come_q), .gone(gone_q), .drop_valid(tmpl_drop_valid), .drop(tmpl_drop),
    .look_tmpl(drop_tmpl), .look_done(drop_done), .free_valid(drop_free_valid),
    .free_ready(!order_free_valid), .free(drop_free)
  );
  assign tmpl_free_valid = order_free_valid || drop_free_valid;
  assign tmpl_free       = order_free_valid ? order_free : drop_free;

  logic unused_bits;  // index bits beyond this configuration
  assign unused_bits = ^ctl_queue;

  // -- counters ------------------------------------------------------------------------------------
  always_ff @(posedge clk) begin
    if (!port_rst_n) begin
      count_frames      <= 1'b0;
      count_frame_bytes <= '0;
      count_wire_beats  <= 1'b0;
      count_dropped     <= 1'b0;
      count_out_busy    <= 1'b0;
      count_out_blocked <= 1'b0;
      count_out_starved <= 1'b0;
    end else begin
      count_frames      <= m_axis_valid && m_axis_ready && m_axis_last;
      count_frame_bytes <= m_axis_valid && m_axis_ready ? m_axis_bytes : '0;
      count_wire_beats  <= m_axis_valid && m_axis_ready;
      count_dropped     <= drop_pulse;
      count_out_busy    <= m_axis_valid && m_axis_ready;
      count_out_blocked <= m_axis_valid && !m_axis_ready;
      count_out_starved <= !m_axis_valid && pending;
    end
  end

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(NoOrderBeforeReady, order_valid, out_ready)
`endif
endmodule : vmso_out
