// SPDX-License-Identifier: Apache-2.0
// Header values of one segment, all but the payload's share of the L4 checksum.
//
// order, parsed   stand still until the values are used
// patch           two cycles later; l4_csum is filled in by with_payload
// l4_before       sum of pseudo header and TCP header, 17 bits, same time
// IPv4 checksum, total length and id: RFC 791; TCP: RFC 9293, sums end-around (RFC 1071)
module vmso_out_patch
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_out_pkg::*;
(
  input  logic        clk,
  input  order_t      order,
  input  parse_t      parsed,
  input  flag_masks_t flag_masks,
  output patch_t      patch,
  output logic [16:0] l4_before
);
  // -- first cycle: lengths, id, sequence, flags ---------------------------------------------------
  // The full seed holds the length of the whole job, L4 header and payload. A segment's own length takes
  // its place: payload minus payload, as the headers are equal. Minus a 32-bit length is plus its
  // complement.
  logic        full;
  logic [15:0] ip_bytes, l4_bytes, old_low, old_high, id, base;
  logic [11:0] mask;
  logic [15:0] len_q, l4_bytes_q, id_q, flags_q;
  logic [16:0] known_q, old_q;
  logic [31:0] seq_q;

  assign full     = order.l4_mode == L4SeedFull;
  assign ip_bytes = 16'(order.header_bytes) - 16'(order.l3_offset) + 16'(order.bytes);
  assign l4_bytes = (full ? '0 : 16'(order.header_bytes) - 16'(order.l4_offset))
                    + 16'(order.bytes);
  assign old_low  = ~order.job_bytes[15:0];
  assign old_high = ~{8'd0, order.job_bytes[23:16]};
  always_comb begin
    unique case (order.id_mode)
      IdFixed:  id = parsed.id;
      IdWrap15: id = {parsed.id[15], parsed.id[14:0] + order.segment[14:0]};
      default:  id = parsed.id + order.segment[15:0];
    endcase
    if (order.first && order.last) mask = '1;
    else if (order.first) mask = flag_masks[order.flag_profile][0];
    else if (order.last) mask = flag_masks[order.flag_profile][2];
    else mask = flag_masks[order.flag_profile][1];
    base = order.l4_mode == L4Compute ? parsed.pseudo_sum : parsed.seed;
  end

  always_ff @(posedge clk) begin
    len_q      <= parsed.v6 ? ip_bytes - 16'd40 : ip_bytes;
    l4_bytes_q <= l4_bytes;
    id_q       <= id;
    known_q    <= 17'(parsed.l4_sum) + 17'(base);
    seq_q      <= parsed.seq + 32'(order.sent);
    flags_q    <= parsed.flags & {4'hf, mask};
    old_q      <= full ? 17'(old_low) + 17'(old_high) : '0;
  end

  // -- second cycle: sums --------------------------------------------------------------------------
  logic [19:0] l4_sum;
  assign l4_sum = 20'(known_q) + 20'(old_q) + 20'(l4_bytes_q) + 20'(flags_q)
                  + 20'(seq_q[31:16]) + 20'(seq_q[15:0]);

  always_ff @(posedge clk) begin
    patch.v6      <= parsed.v6;
    patch.len     <= len_q;
    patch.id      <= id_q;
    patch.ip_csum <= ~fold20(20'(parsed.ip_sum) + 20'(len_q) + 20'(id_q));
    patch.seq     <= seq_q;
    patch.flags   <= flags_q;
    patch.l4_csum <= '0;
    l4_before     <= 17'(l4_sum[15:0]) + 17'(l4_sum[19:16]);
  end

  logic unused_bits;  // an order says more than its header needs
  assign unused_bits = ^{order, parsed};
endmodule : vmso_out_patch
