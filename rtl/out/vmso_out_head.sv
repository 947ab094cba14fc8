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
// Fields of a good frame, a tag, lengths, ids, checksums, are written as soon as they are known, layer by
// layer from outside; those that the payload decides go along with the item.
//
// next        valid/ready, order and frame slot
// fields      valid/ready: fields of the frame to come, on fields_side; fields_clear: it does not come. Not
//             before the second cycle of its order
// item        valid/ready; item is made of registers and the frame's sum
// look        look_dead: one cycle after look_queue, for look_number of that cycle
// state       state_frame is a register: frame_state may answer in the same cycle or in the next one
// latency     next to item 2 cycles, with fields 3, in a tunnel 6 or 7
// throughput  the same, at every bus width; and a cycle more where fields reach over the end of a row
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
  input  logic [15:0]  look_sum,
  input  logic         job_load_valid,
  input  job_load_t    job_load,
  input  logic         parsed_valid,
  input  template_t    parsed_tmpl,
  input  logic         parsed_outer,
  input  parse_t       parsed,
  output logic         fields_valid,
  input  logic         fields_ready,
  output fields_t      fields,
  output logic         fields_side,
  output logic         fields_clear,
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
  logic       valid_q, looked_q, done_q;
  order_count_t number_q, next_number_q;
  order_t     order_q;
  frame_t     frame_q;
  tmpl_fail_t tmpl_fail_q;
  logic [15:0] tmpl_sum_q;
  logic       take;

  assign next_ready  = !valid_q || (item_valid && item_ready);
  assign take        = next_valid && next_ready;
  assign state_frame = frame_q;
  assign look_queue  = take ? next.queue : order_q.queue;
  assign look_number = number_q;
  // looked at while it is still `next`, so that a patched header costs one cycle less
  assign look_tmpl   = take ? next.tmpl : order_q.tmpl;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      valid_q  <= 1'b0;
      looked_q <= 1'b0;
      done_q   <= 1'b0;
    end else begin
      valid_q  <= take || (valid_q && !next_ready);
      looked_q <= valid_q && !next_ready;             // frame_state and look_dead are of this order
      done_q   <= (take || valid_q) && look_done;     // tmpl_fail_q and `found` are final
    end
  end
  always_ff @(posedge clk) begin
    if (take) begin
      order_q  <= next;
      frame_q  <= next.gather ? frame_t'(Cfg.frame_slots) + frame_t'(next.lane_frame) : next_frame;
      number_q <= next_number_q;
    end
    tmpl_fail_q <= look_fail;
    tmpl_sum_q  <= look_sum;
  end

  always_ff @(posedge clk) begin
    if (!rst_n) next_number_q <= '0;
    else next_number_q <= next_number_q + order_count_t'(take);
  end

  // -- what is to be written, and what the parser found of the layer ---------------------------------
  header_t header;
  parse_t  found;
  logic    outer_q, goes_in, look_outer;
  vmso_ram_1w1r #(.Depth(Templates), .LaneBits($bits(header_t))) u_headers (
    .clk,
    .write_en(job_load_valid && has_template(job_load.header_bytes, job_load.head)),
    .write_addr(job_load.tmpl[TmplW-1:0]), .write_data(job_load.header),
    .read_en(1'b1), .read_addr(look_tmpl[TmplW-1:0]), .read_data(header)
  );
  assign look_outer = take ? next.head == HeadTunnel : outer_q && !goes_in;
  vmso_ram_1w1r #(.Depth(2 * Templates), .LaneBits($bits(parse_t))) u_parsed (
    .clk,
    .write_en(parsed_valid), .write_addr({parsed_outer, parsed_tmpl[TmplW-1:0]}),
    .write_data(parsed),
    .read_en(1'b1), .read_addr({look_outer, look_tmpl[TmplW-1:0]}), .read_data(found)
  );

  // -- values: two cycles behind the layer's record, a third for the outer checksum ------------------
  typedef enum logic [1:0] {Begin = 2'd0, Middle = 2'd1, Values = 2'd2, AllValues = 2'd3} age_e;
  age_e        age_q;
  logic        known, writes, landed, landed_q, layer_done;
  pos_t        frame_bytes;
  patch_t      patch;
  logic [15:0] frame_sum, outer_len_q, outer_csum_q;
  logic [16:0] outer_sum_q;
  logic        outer_gre_q;
  logic [19:0] outer_sum;

  assign known       = done_q || order_q.header_bytes == '0;
  assign writes      = order_q.kind == OrderFrame && order_q.head != HeadAsIs;
  assign frame_bytes = order_q.bytes + pos_t'(order_q.header_bytes)
                       + (order_q.tag ? pos_t'(4) : '0);
  assign frame_sum   = order_q.bytes != '0 ? frame_state.sum : '0;
  vmso_out_patch u_patch (
    .clk, .order(order_q), .header, .frame_bytes, .outer(outer_q), .parsed(found), .flag_masks,
    .patch
  );

  // An inner L4 with its checksum sums to minus what stood for the pseudo header; without one the payload
  // counts for the outer checksum. Minus a sum is plus its complement, of its carry too.
  assign outer_sum = 20'(outer_sum_q) + 20'(patch.ip)
                     + (header.l4_mode == L4None
                        ? 20'(patch.own) + 20'(frame_sum)
                        : 20'(16'(~patch.used[15:0])) + (patch.used[16] ? 20'hfffe : '0));
  always_ff @(posedge clk) begin
    if (outer_q) begin
      outer_gre_q <= found.gre;
      outer_len_q <= patch.l4_len;
      outer_sum_q <= fold_once(20'(patch.used) + 20'(patch.own));
    end
    outer_csum_q <= header.outer_csum ? checksum(outer_sum, !outer_gre_q) : '0;
  end

  // -- fields that are known before the payload has landed -------------------------------------------
  logic        side_q, tag_todo_q, ip_todo_q, l4_todo_q, tag_now, ip_now, l4_now, wrote;
  logic [2:0]  todo;  // after this cycle
  logic [8:0]  ip_at;
  assign tag_now      = tag_todo_q && age_q != Begin && !outer_q;
  assign ip_now       = ip_todo_q && age_q >= Values && !tag_now;
  assign l4_now       = l4_todo_q && age_q == AllValues && !outer_q && !tag_now && !ip_now
                        && (header.l4_mode != L4None || !header.outer_csum || landed_q);
  assign fields_valid = valid_q && writes && (tag_now || ip_now || l4_now);
  assign fields_side  = side_q;
  assign wrote        = fields_valid && fields_ready;
  assign goes_in      = outer_q && ip_now && wrote;
  assign todo         = {l4_todo_q && !(l4_now && wrote), ip_todo_q && !(ip_now && wrote),
                         tag_todo_q && !(tag_now && wrote)};
  assign ip_at        = outer_q ? header.outer_l3 : header.l3;
  assign layer_done   = !outer_q && todo == '0 && (age_q != Begin || !header.segments);
  always_comb begin
    fields = '{
      pos: pos_t'(ip_at) + pos_t'(2),
      en: patch.v6 ? 4'b0010 : 4'b0111,
      half: {16'd0, patch.ip_csum, patch.v6 ? patch.len : patch.id, patch.len}
    };
    if (l4_now) begin
      fields.pos     = pos_t'(header.outer_l4) + pos_t'(4);
      fields.en      = outer_gre_q ? {3'b000, header.outer_csum} : 4'b0011;
      fields.half[0] = outer_gre_q ? outer_csum_q : outer_len_q;
      fields.half[1] = outer_csum_q;
    end
    if (tag_now) begin
      fields.pos       = TagAt;
      fields.en        = 4'b0011;
      fields.half[1:0] = {header.tag_word[15:0], header.tag_word[31:16]};
    end
  end
  always_ff @(posedge clk) begin
    if (take) begin
      age_q      <= Begin;
      outer_q    <= next.head == HeadTunnel;
      tag_todo_q <= next.tag;
      ip_todo_q  <= next.head != HeadAsIs;
      l4_todo_q  <= next.head == HeadTunnel;
    end else begin
      tag_todo_q <= todo[0];
      ip_todo_q  <= todo[1];
      l4_todo_q  <= todo[2];
      // a job without segments has no IP header that is known, one without outer L4 no fields there
      if (!header.segments) ip_todo_q <= 1'b0;
      if (!header.outer_has_l4) l4_todo_q <= 1'b0;
      if (goes_in) begin
        age_q     <= Begin;
        outer_q   <= 1'b0;
        ip_todo_q <= 1'b1;
      end else if (known && age_q != AllValues) begin
        age_q <= age_e'(age_q + 1'b1);
      end
    end
    landed_q <= valid_q && looked_q && landed;
  end

  // -- judge ---------------------------------------------------------------------------------------
  logic     is_frame, has_tmpl, segments, tmpl_needed, may_leave;
  logic     tmpl_failed, tmpl_bad, bad_option, poisoned, failing;
  job_end_t job_end;

  assign is_frame    = order_q.kind == OrderFrame;
  assign has_tmpl    = order_q.header_bytes != '0;
  assign segments    = order_q.head != HeadAsIs && header.segments;
  assign landed      = !is_frame || order_q.bytes == '0 || frame_state.landed == order_q.bytes;
  assign tmpl_needed = has_tmpl && order_q.tmpl_fetched
                       && (order_q.last || (is_frame && !look_dead));
  assign may_leave   = looked_q && landed && (!tmpl_needed || done_q)
                       && (!writes || look_dead || (known && layer_done));
  assign tmpl_failed = has_tmpl && tmpl_fail_q.failed;
  assign tmpl_bad    = segments && found.bad;
  // IPv6 knows no UDP without a checksum (RFC 8200, 8.1): the version is the template's
  assign bad_option  = segments && header.udp && header.l4_mode == L4None && found.v6;
  assign poisoned    = order_q.bytes != '0 && frame_state.poison;
  assign failing     = order_q.kind == OrderFail
                       || (is_frame && (tmpl_failed || tmpl_bad || bad_option || poisoned));

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
      end else if (tmpl_bad || bad_option) begin
        job_end.status = tmpl_bad ? StatusBadTemplate : StatusOption;
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

  // the checksum that the payload decides
  logic [15:0] csum;
  fields_t     late;
  frame_row_t  csum_row;
  assign csum = checksum((segments ? 20'(patch.used) + 20'(patch.own)
                                   : has_tmpl ? 20'(tmpl_sum_q) : '0) + 20'(frame_sum),
                         segments ? header.udp : header.csum_udp);
  always_comb begin
    late = '{
      pos: pos_t'(header.l4) + pos_t'(4), en: 4'b1111,
      half: {csum, patch.flags, patch.seq[15:0], patch.seq[31:16]}
    };
    if (header.udp) begin
      late.en        = 4'b0011;
      late.half[1:0] = {header.l4_mode == L4None ? 16'd0 : csum, patch.l4_len};
    end
    if (!header.segments) begin
      late.pos     = header.csum_pos;
      late.en      = 4'b0001;
      late.half[0] = header.csum_odd ? {csum[7:0], csum[15:8]} : csum;
    end
  end

  assign csum_row = frame_row_t'(header.csum_pos >> $clog2(vmso_config_pkg::bus_bytes(Cfg)));
  always_comb begin
    item = '{
      send: is_frame && !failing && !look_dead,
      queue: order_q.queue, slot: order_q.slot, row: order_q.row, rows: order_q.rows,
      gather: order_q.gather,
      tmpl: order_q.tmpl, header_bytes: header_end(order_q.header_bytes, order_q.tag),
      frame_bytes: frame_bytes, written: writes, side: side_q,
      first_row: segments || csum_row == '0 ? frame_row_t'(1) : csum_row,
      late: writes && (header.segments || header.csum), fields: late,
      tmpl_free: order_q.last && has_template(order_q.header_bytes, order_q.head),
      ends: !look_dead && (order_q.kind == OrderEnd || failing || (is_frame && order_q.last)),
      job_end: job_end,
      fails: !look_dead && failing,
      fold: order_q.fold
    };
  end

  // what was written of a frame that is not sent
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      side_q       <= 1'b0;
      fields_clear <= 1'b0;
    end else begin
      side_q       <= side_q ^ (item_valid && item_ready && item.send && writes);
      fields_clear <= item_valid && item_ready && !item.send && writes;
    end
  end

  assign item_valid = may_leave;
  assign fail_valid = item_valid && item_ready && item.fails;
  assign fail_queue = order_q.queue;
  assign drop_pulse = item_valid && item_ready && look_dead;

  logic unused_bits;  // index bits beyond this configuration
  assign unused_bits = ^{look_tmpl, parsed_tmpl, job_load};
`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(FrameWithTemplateFetchesIt, valid_q && is_frame && has_tmpl, order_q.tmpl_fetched)
  `VMSO_INTG_IF(LandsInsideTheFrame, looked_q && is_frame && order_q.bytes != '0,
                frame_state.landed <= order_q.bytes)
`endif
endmodule : vmso_out_head
