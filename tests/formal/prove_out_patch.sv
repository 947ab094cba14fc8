// SPDX-License-Identifier: Apache-2.0
// Header values of a segment against their rules: lengths, id, sequence number and flags for any record and
// order; an IPv4 header with its checksum sums to 65535; and what stands for the pseudo header of a
// segment is the same, but for multiples of 65535, whichever way it came: computed here, as a seed without
// a length, or as one with the length of the whole job. That this is enough says out_sums.
//
// Three copies of the module: one is free, the other two are told the same pseudo header as seeds.
module prove_out_patch
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_out_pkg::*;
(
  input logic clk
);
  order_t      order;
  header_t     header, seeded_header, full_header;
  parse_t      parsed, seeded, full;
  flag_masks_t flag_masks;
  logic        outer;
  logic [8:0]  l4_header;     // bytes of the L4 header
  f_anyconst1 u_order [$bits(order_t)-1:0] (.y(order));
  f_anyconst1 u_header [$bits(header_t)-1:0] (.y(header));
  f_anyconst1 u_parsed [$bits(parse_t)-1:0] (.y(parsed));
  f_anyconst1 u_masks [$bits(flag_masks_t)-1:0] (.y(flag_masks));
  f_anyconst1 u_outer (.y(outer));
  f_anyconst1 u_l4_header [8:0] (.y(l4_header));

  // frame: up to the end of the payload, which begins behind the L4 header
  pos_t frame_bytes;
  assign frame_bytes = pos_t'(header.l4) + pos_t'(l4_header) + order.bytes;

  // the seeds that stand for parsed.pseudo_sum
  logic [32:0] whole;    // length of the whole job, as a 32-bit number
  logic [17:0] with_length;
  logic [16:0] with_length_once;
  assign whole            = 33'(order.job_bytes) + 33'(l4_header);
  assign with_length      = 18'(parsed.pseudo_sum) + 18'(whole[15:0]) + 18'(whole[31:16]);
  assign with_length_once = 17'(with_length[15:0]) + 17'(with_length[17:16]);
  always_comb begin
    seeded_header         = header;
    seeded_header.l4_mode = L4SeedNoLen;
    seeded                = parsed;
    seeded.seed           = parsed.pseudo_sum;
    full_header           = header;
    full_header.l4_mode   = L4SeedFull;
    full                  = parsed;
    full.seed             = with_length_once[15:0] + 16'(with_length_once[16]);
  end

  patch_t patch, seeded_patch, full_patch;
  vmso_out_patch u_dut (
    .clk, .order, .header, .frame_bytes, .outer, .parsed, .flag_masks, .patch
  );
  vmso_out_patch u_seeded (
    .clk, .order, .header(seeded_header), .frame_bytes, .outer(1'b0), .parsed(seeded), .flag_masks,
    .patch(seeded_patch)
  );
  vmso_out_patch u_full (
    .clk, .order, .header(full_header), .frame_bytes, .outer(1'b0), .parsed(full), .flag_masks,
    .patch(full_patch)
  );

  // -- the rules -----------------------------------------------------------------------------------------
  logic [1:0]  age_q = '0;
  logic        done, single;
  logic [8:0]  l3, l4;
  logic [15:0] id_low, id_all;
  id_mode_e    id_mode;
  logic [11:0] keeps;
  logic [19:0] ip_all;
  assign done    = age_q == 2'd2;
  assign l3      = outer ? header.outer_l3 : header.l3;
  assign l4      = outer ? header.outer_l4 : header.l4;
  assign single  = order.first && order.last;
  assign id_mode = outer ? header.outer_id_mode : header.id_mode;
  assign id_all  = 16'(24'(parsed.id) + order.segment);
  assign id_low  = {parsed.id[15], 15'(24'(parsed.id[14:0]) + order.segment)};
  always_comb begin
    for (int unsigned bit_at = 0; bit_at < 12; bit_at++) begin
      keeps[bit_at] = single || flag_masks[header.flag_profile]
                                          [order.first ? 0 : order.last ? 2 : 1][bit_at];
    end
  end
  assign ip_all     = 20'(parsed.ip_sum) + 20'(patch.len) + 20'(patch.id) + 20'(patch.ip_csum);
  // Minus the length of the job, 65535 twice beyond: once a time that the seed's sum was folded, and once
  // if the length's low half ran over.
  logic [1:0]  folds;
  logic        over;
  logic [20:0] seeded_sum, full_sum;
  assign folds      = with_length[17:16] + 2'(with_length_once[16]);
  assign over       = whole[31:16] != {8'd0, order.job_bytes[23:16]};
  assign seeded_sum = 21'(u_seeded.base_q) + 21'(u_seeded.old_q) + 21'(u_seeded.pseudo_len_q);
  assign full_sum   = 21'(u_full.base_q) + 21'(u_full.old_q) + 21'(u_full.pseudo_len_q);
  always_ff @(posedge clk) if (age_q != 2'd2) age_q <= age_q + 1'b1;

  always_comb begin
    // of any frame that the job check lets through
    in_frame: assume (header.outer_l3 <= header.outer_l4 && header.outer_l4 <= header.l3
                      && header.l3 >= 9'd14 && 10'(header.l4) >= 10'(header.l3) + 10'd20);
    frame_fits: assume (order.bytes <= 14'd9216 && l4_header <= 9'd60 && l4_header >= 9'd8);
    part_of_job: assume (24'(order.bytes) <= order.job_bytes);
  end
  always_ff @(posedge clk) begin
    len_agrees: assert (!done || 17'(patch.len) + (parsed.v6 ? 17'd40 : 17'd0) + 17'(l3) == 17'(frame_bytes)
                        || (parsed.v6 && frame_bytes < pos_t'(l3) + 14'd40));
    l4_len_agrees: assert (!done || 17'(patch.l4_len) + 17'(l4) == 17'(frame_bytes));
    id_agrees: assert (!done || patch.id == (id_mode == IdFixed ? parsed.id
                                             : id_mode == IdWrap15 ? id_low : id_all));
    seq_agrees: assert (!done || patch.seq - 32'(order.sent) == parsed.seq);
    flags_agree: assert (!done || patch.flags == {parsed.flags[15:12], parsed.flags[11:0] & keeps});
    // a header sums to 65535, or 0 if it were all zeros
    ip_csum_agrees: assert (!done || ip_all == 20'd65535 || ip_all == 20'd131070 || ip_all == 20'd196605);
    same_pseudo: assert (age_q == '0 || full_sum + 21'd65535 * 21'(3'(folds) + 3'(over))
                                        == seeded_sum + 21'd131070);
    used_is_folded: assert (!done || full_patch.used == 17'(full_sum[15:0]) + 17'(full_sum[20:16]));
    same_own: assert (!done || outer || (seeded_patch.own == full_patch.own
                                         && patch.own == full_patch.own));
    same_as_computed: assert (!done || outer || header.l4_mode != L4Compute
                              || patch.used == seeded_patch.used);
    none_is_none: assert (!done || outer || header.l4_mode != L4None || patch.used == '0);
    reach_wrap: cover (done && !outer && id_mode == IdWrap15 && patch.id == 16'h8000
                       && parsed.id == 16'hffff);
    reach_seq_wrap: cover (done && patch.seq == '0 && parsed.seq != '0);
    reach_long_job: cover (done && order.job_bytes == '1 && !order.last && patch.own[16]);
    reach_folds: cover (done && folds == 2'd2 && full_sum[16]);
    reach_over: cover (done && folds == 2'd1 && over && order.bytes != '0);
  end
endmodule : prove_out_patch
