// SPDX-License-Identifier: Apache-2.0
// Judges the oldest order: may it leave, and how? Orders pass strictly one after the other.
//
//   dead                   dropped: no beat, no job_end; a frame's bytes must have landed all the same
//   frame, poison          job_end with the error, the orders behind it die, queue_fail
//   frame, bad template    the same; the template comes first, as its bytes do
//   frame, good            sent; the last one of its job with job_end
//   end                    job_end with its status
//   fail                   job_end with its status, the orders behind it die, queue_fail
// An order whose template was read waits for the template's landing before it gives it back.
//
// next        valid/ready, order and frame slot
// item        valid/ready; item is made of registers and the frame's sum
// look        look_dead: one cycle after look_queue, for look_number of that cycle
// state       state_frame is a register: frame_state may answer in the same cycle or in the next one
// latency     next to item 2 cycles, with patched header 3
// throughput  an order per 2 cycles, with patched header per 3 cycles, at every bus width
`include "vmso_assert.svh"
module vmso_out_head
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic         clk,
  input  logic         rst_n,
  input  flag_masks_t  flag_masks,
  input  logic         next_valid,
  output logic         next_ready,
  input  order_t       next,
  input  frame_t       next_frame,
  output frame_t       state_frame,
  input  frame_state_t frame_state,
  output template_t    look_tmpl,
  input  logic         look_done,
  input  tmpl_fail_t   look_fail,
  input  logic         parsed_valid,
  input  template_t    parsed_tmpl,
  input  parse_t       parsed,
  output queue_t       look_queue,
  output order_count_t look_number,
  input  logic         look_dead,
  output logic         fail_valid,
  output queue_t       fail_queue,
  output logic         item_valid,
  input  logic         item_ready,
  output item_t        item,
  output logic         drop_pulse
);
  localparam int unsigned Templates = vmso_config_pkg::templates(Cfg);
  localparam int unsigned TmplW = vmso_math_pkg::index_width(Templates);

  // -- hold: the order and what is known of it -----------------------------------------------------
  logic       valid_q, looked_q, done_q, values_q, patch_ready_q;
  order_count_t number_q, next_number_q;
  order_t     order_q;
  frame_t     frame_q;
  tmpl_fail_t tmpl_fail_q;
  logic       take;
  parse_t     found;

  assign next_ready  = !valid_q || (item_valid && item_ready);
  assign take        = next_valid && next_ready;
  assign state_frame = frame_q;
  assign look_queue  = take ? next.queue : order_q.queue;
  assign look_number = number_q;
  // looked at while it is still `next`, so that a patched header costs one cycle less
  assign look_tmpl   = take ? next.tmpl : order_q.tmpl;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      valid_q       <= 1'b0;
      looked_q      <= 1'b0;
      done_q        <= 1'b0;
      values_q      <= 1'b0;
      patch_ready_q <= 1'b0;
    end else begin
      valid_q       <= take || (valid_q && !next_ready);
      // frame_state and look_dead are of this order; then the two cycles of the patch
      looked_q      <= valid_q && !next_ready;
      done_q        <= (take || valid_q) && look_done;     // tmpl_fail_q and `found` are final
      values_q      <= valid_q && !next_ready && done_q;
      patch_ready_q <= valid_q && !next_ready && values_q;
    end
  end
  always_ff @(posedge clk) begin
    if (take) begin
      order_q  <= next;
      frame_q  <= next_frame;
      number_q <= next_number_q;
    end
    tmpl_fail_q <= look_fail;
  end

  always_ff @(posedge clk) begin
    if (!rst_n) next_number_q <= '0;
    else next_number_q <= next_number_q + order_count_t'(take);
  end

  vmso_ram_1w1r #(.Depth(Templates), .LaneBits($bits(parse_t))) u_parsed (
    .clk,
    .write_en(parsed_valid), .write_addr(parsed_tmpl[TmplW-1:0]), .write_data(parsed),
    .read_en(1'b1), .read_addr(look_tmpl[TmplW-1:0]), .read_data(found)
  );

  // -- patch ---------------------------------------------------------------------------------------
  patch_t      patch;
  logic [16:0] l4_before;
  vmso_out_patch u_patch (.clk, .order(order_q), .parsed(found), .flag_masks, .patch, .l4_before);

  // -- judge ---------------------------------------------------------------------------------------
  logic     is_frame, has_tmpl, patched, landed, tmpl_needed, may_leave;
  logic     tmpl_failed, tmpl_bad, poisoned, failing;
  job_end_t job_end;

  assign is_frame    = order_q.kind == OrderFrame;
  assign has_tmpl    = order_q.header_bytes != '0;
  assign patched     = order_q.job_kind == KindTcpSeg;
  assign landed      = !is_frame || order_q.bytes == '0 || frame_state.landed == order_q.bytes;
  assign tmpl_needed = has_tmpl && order_q.tmpl_fetched
                       && (order_q.last || (is_frame && !look_dead));
  assign may_leave   = looked_q && landed && (!tmpl_needed || done_q)
                       && (!is_frame || !patched || look_dead || patch_ready_q);
  assign tmpl_failed = has_tmpl && tmpl_fail_q.failed;
  assign tmpl_bad    = patched && found.bad;
  assign poisoned    = order_q.bytes != '0 && frame_state.poison;
  assign failing     = order_q.kind == OrderFail
                       || (is_frame && (tmpl_failed || tmpl_bad || poisoned));

  always_comb begin
    job_end = '{
      queue: order_q.queue, slot: order_q.slot, slots: order_q.slots, cookie: order_q.cookie,
      write: 1'b0, irq: order_q.interrupt_wanted,
      status: order_q.status, cause: order_q.cause, level: order_q.level, access: order_q.access,
      va: order_q.va, space: order_q.space, segments: order_q.segment, bytes: order_q.sent
    };
    if (is_frame) begin
      job_end.status = StatusOk;
      job_end.cause  = CauseNone;
      job_end.level  = '0;
      job_end.access = AccessPayload;
      job_end.va     = '0;
      if (tmpl_failed) begin
        job_end.status = tmpl_fail_q.status;
        job_end.cause  = tmpl_fail_q.cause;
        job_end.level  = LevelNone;
        job_end.access = AccessTemplate;
        job_end.va     = tmpl_fail_q.va;
      end else if (tmpl_bad) begin
        job_end.status = StatusBadTemplate;
        job_end.access = AccessTemplate;
      end else if (poisoned) begin
        job_end.status = frame_state.status;
        job_end.cause  = frame_state.cause;
        job_end.level  = LevelNone;
        job_end.va     = frame_state.va;
        job_end.space  = frame_state.space;
      end else begin
        job_end.segments = order_q.segment + 1'b1;
        job_end.bytes    = order_q.sent + bytes_t'(order_q.bytes);
      end
    end
    job_end.write = order_q.completion_wanted || order_q.interrupt_wanted
                    || job_end.status != StatusOk;
  end

  logic [17:0] l4_sum;
  assign l4_sum = 18'(l4_before) + (order_q.bytes != '0 ? 18'(frame_state.sum) : '0);

  always_comb begin
    item = '{
      send: is_frame && !failing && !look_dead,
      queue: order_q.queue, slot: order_q.slot, row: order_q.row, rows: order_q.rows,
      tmpl: order_q.tmpl, header_bytes: order_q.header_bytes,
      frame_bytes: order_q.bytes + pos_t'(order_q.header_bytes),
      patched: patched, l4_patched: order_q.l4_mode != L4None,
      l3: order_q.l3_offset, l4: order_q.l4_offset, patch: patch,
      tmpl_free: order_q.last && has_tmpl,
      ends: !look_dead && (order_q.kind == OrderEnd || failing || (is_frame && order_q.last)),
      job_end: job_end,
      fails: !look_dead && failing,
      fold: order_q.fold
    };
    item.patch.l4_csum = ~fold20(20'(l4_sum));
  end

  assign item_valid = may_leave;
  assign fail_valid = item_valid && item_ready && item.fails;
  assign fail_queue = order_q.queue;
  assign drop_pulse = item_valid && item_ready && look_dead;

  logic unused_bits;  // index bits beyond this configuration
  assign unused_bits = ^{look_tmpl, parsed_tmpl};
`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(FrameWithTemplateFetchesIt, valid_q && is_frame && has_tmpl, order_q.tmpl_fetched)
  `VMSO_INTG_IF(LandsInsideTheFrame, looked_q && is_frame && order_q.bytes != '0,
                frame_state.landed <= order_q.bytes)
`endif
endmodule : vmso_out_head
