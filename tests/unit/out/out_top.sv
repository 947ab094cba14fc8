// SPDX-License-Identifier: Apache-2.0
// vmso_out with plain ports for its unit test.
module out_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  int unsigned Config = 1,
  localparam vmso_config_pkg::config_t Cfg = vmso_config_pkg::named(Config),
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg)
) (
  input  logic                clk,
  input  logic                rst_n,
  input  logic                port_rst_n,
  input  logic                hold_frames,
  output logic                frames_whole,
  output logic                out_ready,
  input  logic [11:0]         masks_first,
  input  logic [11:0]         masks_middle,
  input  logic [11:0]         masks_last,
  input  logic [1:0]          masks_profile,   // these masks; other profiles keep no flag
  input  logic                load_valid,
  input  logic [7:0]          load_tmpl,
  input  logic [1:0]          load_head,
  input  logic [8:0]          load_header_bytes,   // as they are read
  // positions without the tag
  input  logic                load_segments,
  input  logic                load_udp,
  input  logic [1:0]          load_l4_mode,
  input  logic [1:0]          load_id_mode,
  input  logic [1:0]          load_profile,
  input  logic [8:0]          load_l3,
  input  logic [8:0]          load_l4,
  input  logic [8:0]          load_outer_l3,
  input  logic [8:0]          load_outer_l4,       // 0: IP in IP
  input  logic [1:0]          load_outer_id_mode,
  input  logic                load_outer_csum,
  input  logic                load_tag,
  input  logic [31:0]         load_tag_word,
  input  logic                load_csum,
  input  logic                load_csum_udp,
  input  logic [13:0]         load_csum_from,
  input  logic [13:0]         load_csum_pos,
  input  logic                order_valid,
  input  logic [8:0]          order_frame,
  input  logic [1:0]          order_kind,
  input  logic [11:0]         order_queue,
  input  logic                order_last,
  input  logic [15:0]         order_slot,
  input  logic [15:0]         order_slots,
  input  logic [63:0]         order_cookie,
  input  logic                order_completion,
  input  logic                order_interrupt,
  input  logic [1:0]          order_head,
  input  logic                order_tag,
  input  logic                order_first,
  input  logic [23:0]         order_job_bytes,
  input  logic [23:0]         order_segment,
  input  logic [23:0]         order_sent,
  input  logic [13:0]         order_bytes,
  input  logic [8:0]          order_header_bytes,
  input  logic [7:0]          order_tmpl,
  input  logic                order_tmpl_fetched,
  input  logic [11:0]         order_row,
  input  logic [11:0]         order_rows,
  input  logic                order_gather,
  input  logic [1:0]          order_lane_frame,
  input  logic [7:0]          order_status,
  input  logic [7:0]          order_cause,
  input  logic [2:0]          order_level,
  input  logic [1:0]          order_access,
  input  logic [63:0]         order_va,
  output logic                left_valid,
  output logic [11:0]         left_queue,
  output logic [11:0]         left_rows,
  output logic                left_gather,
  output logic                left_sent,
  output logic                left_ends,
  output logic                left_fails,
  output logic [7:0]          left_status,
  output logic [63:0]         left_va,
  output logic                tmpl_free_valid,
  output logic [7:0]          tmpl_free,
  output logic                end_valid,
  input  logic                end_ready,
  output logic [11:0]         end_queue,
  output logic [15:0]         end_slot,
  output logic [15:0]         end_slots,
  output logic [63:0]         end_cookie,
  output logic                end_write,
  output logic                end_irq,
  output logic [7:0]          end_status,
  output logic [7:0]          end_cause,
  output logic [2:0]          end_level,
  output logic [1:0]          end_access,
  output logic [63:0]         end_va,
  output logic [1:0]          end_space,
  output logic [23:0]         end_segments,
  output logic [23:0]         end_bytes,
  output logic                queue_fail_valid,
  input  logic                queue_fail_ready,
  output logic [11:0]         queue_fail_queue,
  output logic                queue_fail_parks,
  output logic [15:0]         queue_fail_slot,
  output logic [15:0]         queue_fail_slots,
  output logic [23:0]         queue_fail_segments,
  output logic [23:0]         queue_fail_bytes,
  output logic [15:0]         queue_fail_fold,
  input  logic                bury_valid,
  output logic                bury_ready,
  input  logic [11:0]         bury_queue,
  input  logic                bury_void,
  output logic                buried,        // the orders that have come by now die
  output logic                taken,         // the oldest order was judged and begins to leave
  input  logic                tmpl_drop_valid,
  input  logic [7:0]          tmpl_drop_tmpl,
  input  logic                tmpl_drop_fetched,
  input  logic [11:0]         ctl_queue,
  output logic [15:0]         ctl_left,
  output logic                ctl_end_none,
  output logic                store_read_en,
  output logic [11:0]         store_read_row,
  input  logic [Cfg.data_bits-1:0] store_read_data,
  output logic [8:0]          state_frame,
  input  logic                state_poison,
  input  logic [7:0]          state_status,
  input  logic [7:0]          state_cause,
  input  logic [63:0]         state_va,
  input  logic [15:0]         state_sum,
  input  logic [13:0]         state_landed,
  input  logic                tmpl_write_valid,
  input  logic [7:0]          tmpl_write_tmpl,
  input  logic [BusBytes-1:0] tmpl_bank_en0,
  input  logic [BusBytes-1:0] tmpl_bank_en1,
  input  logic [3:0]          tmpl_bank_row0,
  input  logic [3:0]          tmpl_bank_row1,
  input  logic [Cfg.data_bits-1:0] tmpl_write_data,
  input  logic                tmpl_done_valid,
  input  logic [7:0]          tmpl_done_tmpl,
  input  logic [13:0]         tmpl_done_bytes,
  input  logic                tmpl_done_fail,
  input  logic [7:0]          tmpl_done_status,
  input  logic [7:0]          tmpl_done_cause,
  input  logic [63:0]         tmpl_done_va,
  input  logic [15:0]         tmpl_done_sum,
  output logic [Cfg.data_bits-1:0] m_axis_data,
  output logic [BusBytes-1:0] m_axis_keep,
  output logic                m_axis_last,
  output logic                m_axis_valid,
  input  logic                m_axis_ready,
  output logic [27:0]         m_axis_user,
  output logic                count_frames,
  output logic [7:0]          count_frame_bytes,
  output logic                count_wire_beats,
  output logic                count_dropped,
  output logic                count_out_busy,
  output logic                count_out_blocked,
  output logic                count_out_starved
);
  logic [2:0]   shift;
  assign shift = {load_tag, 2'b00};
  flag_masks_t  flag_masks;
  job_load_t    job_load;
  order_t       order;
  left_t        left;
  left_told_t   left_told;
  job_end_t     job_end;
  queue_fail_t  queue_fail;
  tmpl_drop_t   tmpl_drop;
  frame_state_t frame_state;

  always_comb begin
    flag_masks = '0;
    flag_masks[masks_profile] = {masks_last, masks_middle, masks_first};
    job_load              = '0;
    job_load.tmpl         = load_tmpl;
    job_load.header_bytes = load_header_bytes;
    job_load.head         = head_e'(load_head);
    job_load.tag          = load_tag;
    job_load.csum         = load_csum;
    job_load.csum_from    = load_csum_from;
    job_load.header       = '{
      segments: load_segments, udp: load_udp, l4_mode: l4_mode_e'(load_l4_mode),
      id_mode: id_mode_e'(load_id_mode), flag_profile: load_profile,
      l3: load_l3 + 9'(shift), l4: load_l4 + 9'(shift), outer_has_l4: load_outer_l4 != '0,
      outer_l3: load_outer_l3 + 9'(shift), outer_l4: load_outer_l4 + 9'(shift),
      outer_id_mode: id_mode_e'(load_outer_id_mode), outer_csum: load_outer_csum, tag: load_tag,
      tag_word: load_tag_word, csum: load_csum, csum_udp: load_csum_udp,
      csum_odd: load_csum_from[0], csum_pos: load_csum_pos + 14'(shift)
    };
    order = '{
      kind: order_kind_e'(order_kind), queue: order_queue, last: order_last, slot: order_slot,
      slots: order_slots, cookie: order_cookie, completion_wanted: order_completion,
      interrupt_wanted: order_interrupt, head: head_e'(order_head), tag: order_tag,
      first: order_first, job_bytes: order_job_bytes,
      segment: order_segment, sent: order_sent, bytes: order_bytes,
      header_bytes: order_header_bytes, tmpl: order_tmpl, tmpl_fetched: order_tmpl_fetched,
      row: order_row, rows: order_rows, gather: order_gather, lane_frame: order_lane_frame,
      status: status_e'(order_status), cause: cause_e'(order_cause), level: order_level,
      access: access_e'(order_access), va: order_va, space: order_cookie[1:0],
      fold: order_cookie[15:0]
    };
    tmpl_drop = '{tmpl: tmpl_drop_tmpl, fetched: tmpl_drop_fetched};
    frame_state = '{
      poison: state_poison, status: status_e'(state_status), cause: cause_e'(state_cause),
      va: state_va, space: state_va[1:0], sum: state_sum, landed: state_landed
    };
  end
  assign left_queue       = left.queue;
  assign left_rows        = left.rows;
  assign left_sent        = left.sent;
  assign left_gather      = left.gather;
  assign left_ends        = left_told.ends;
  assign left_fails       = left_told.fails;
  assign left_status      = left_told.status;
  assign left_va          = left_told.va;
  assign end_queue        = job_end.queue;
  assign end_slot         = job_end.slot;
  assign end_slots        = job_end.slots;
  assign end_cookie       = job_end.cookie;
  assign end_write        = job_end.write;
  assign end_irq          = job_end.irq;
  assign end_status       = job_end.status;
  assign end_cause        = job_end.cause;
  assign end_level        = job_end.level;
  assign end_access       = job_end.access;
  assign end_va           = job_end.va;
  assign end_space        = job_end.space;
  assign end_segments     = job_end.segments;
  assign end_bytes        = job_end.bytes;
  assign queue_fail_queue = queue_fail.queue;
  assign queue_fail_parks    = queue_fail.parks;
  assign queue_fail_slot     = queue_fail.slot;
  assign queue_fail_slots    = queue_fail.slots;
  assign queue_fail_segments = queue_fail.segments;
  assign queue_fail_bytes    = queue_fail.bytes;
  assign queue_fail_fold     = queue_fail.fold;
  assign buried           = u_out.u_bury.bury_now;
  assign taken            = u_out.item_valid && u_out.item_ready;

  vmso_out #(.Cfg(Cfg), .Retire(1'b1)) u_out (
    .clk, .rst_n, .port_rst_n, .hold_frames, .frames_whole,
    .out_ready, .flag_masks, .job_load_valid(load_valid), .job_load,
    .order_valid, .order, .order_frame, .left_valid, .left, .left_told, .tmpl_free_valid, .tmpl_free,
    .end_valid, .end_ready, .job_end, .queue_fail_valid, .queue_fail_ready, .queue_fail,
    .bury_valid, .bury_ready, .bury_queue, .bury_void, .tmpl_drop_valid, .tmpl_drop,
    .ctl_queue, .ctl_left, .ctl_end_none,
    .store_read_en, .store_read_row, .store_read_data, .state_frame, .frame_state,
    .tmpl_write_valid, .tmpl_write_tmpl, .tmpl_bank_en({tmpl_bank_en1, tmpl_bank_en0}),
    .tmpl_bank_row({tmpl_bank_row1, tmpl_bank_row0}), .tmpl_write_data,
    .tmpl_done_valid, .tmpl_done_tmpl, .tmpl_done_bytes, .tmpl_done_fail,
    .tmpl_done_status(status_e'(tmpl_done_status)), .tmpl_done_cause(cause_e'(tmpl_done_cause)),
    .tmpl_done_va, .tmpl_done_sum, .m_axis_data, .m_axis_keep, .m_axis_last, .m_axis_valid, .m_axis_ready,
    .m_axis_user, .count_frames, .count_frame_bytes, .count_wire_beats, .count_dropped,
    .count_out_busy, .count_out_blocked, .count_out_starved
  );
endmodule : out_top
