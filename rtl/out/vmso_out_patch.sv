// SPDX-License-Identifier: Apache-2.0
// Header values of one layer of a segment, all but the payload's share of the L4 checksum.
//
// layer       outer: of a tunnel's outer layer, where L4 is UDP or GRE (parsed.gre)
// order, header, parsed, outer   stand still until the values are used
// patch       two cycles later
// IPv4 checksum, total length and id: RFC 791; TCP: RFC 9293; UDP: RFC 768; GRE: RFC 2784, without a
// pseudo header; sums end-around (RFC 1071)
module vmso_out_patch
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_out_pkg::*;
(
  input  logic        clk,
  input  order_t      order,
  input  header_t     header,
  input  pos_t        frame_bytes,
  input  logic        outer,
  input  parse_t      parsed,
  input  flag_masks_t flag_masks,
  output patch_t      patch
);
  // -- first cycle: lengths, id, sequence, flags ---------------------------------------------------
  // The full seed holds the length of the whole job, L4 header and payload. A segment's own length takes
  // its place: payload minus payload, as the headers are equal. Minus a 32-bit length is plus its
  // complement.
  logic        full, none, udp;
  logic [8:0]  l3, l4;
  logic [15:0] ip_bytes, l4_bytes, old_low, old_high, id, base;
  logic [11:0] mask;
  id_mode_e    id_mode;
  logic [15:0] len_q, l4_len_q, pseudo_len_q, base_q, id_q, flags_q;
  logic [16:0] old_q;
  logic [31:0] seq_q;

  assign full     = !outer && header.l4_mode == L4SeedFull;
  assign none     = outer ? parsed.gre : header.l4_mode == L4None;  // no pseudo header
  assign udp      = outer ? !parsed.gre : header.udp;
  assign id_mode  = outer ? header.outer_id_mode : header.id_mode;
  assign l3       = outer ? header.outer_l3 : header.l3;
  assign l4       = outer ? header.outer_l4 : header.l4;
  assign ip_bytes = 16'(frame_bytes) - 16'(l3);
  assign l4_bytes = 16'(frame_bytes) - 16'(l4);
  assign old_low  = ~order.job_bytes[15:0];
  assign old_high = ~{8'd0, order.job_bytes[23:16]};
  always_comb begin
    unique case (id_mode)
      IdFixed:  id = parsed.id;
      IdWrap15: id = {parsed.id[15], parsed.id[14:0] + order.segment[14:0]};
      default:  id = parsed.id + order.segment[15:0];
    endcase
    if (order.first && order.last) mask = '1;
    else if (order.first) mask = flag_masks[header.flag_profile][0];
    else if (order.last) mask = flag_masks[header.flag_profile][2];
    else mask = flag_masks[header.flag_profile][1];
    base = outer || header.l4_mode == L4Compute ? parsed.pseudo_sum : parsed.seed;
  end

  always_ff @(posedge clk) begin
    len_q        <= parsed.v6 ? ip_bytes - 16'd40 : ip_bytes;
    l4_len_q     <= l4_bytes;
    pseudo_len_q <= none ? '0 : full ? 16'(order.bytes) : l4_bytes;
    base_q       <= none ? '0 : base;
    old_q        <= full ? 17'(old_low) + 17'(old_high) : '0;
    id_q         <= id;
    seq_q        <= parsed.seq + 32'(order.sent);
    flags_q      <= parsed.flags & {4'hf, mask};
  end

  // -- second cycle: sums --------------------------------------------------------------------------
  logic [19:0] own;
  assign own = 20'(parsed.l4_sum)
               + (outer || header.udp ? (udp ? 20'(l4_len_q) : '0)
                  : 20'(flags_q) + 20'(seq_q[31:16]) + 20'(seq_q[15:0]));

  always_ff @(posedge clk) begin
    patch.v6      <= parsed.v6;
    patch.len     <= len_q;
    patch.id      <= id_q;
    patch.ip_csum <= ~fold20(20'(parsed.ip_sum) + 20'(len_q) + 20'(id_q));
    patch.seq     <= seq_q;
    patch.flags   <= flags_q;
    patch.l4_len  <= l4_len_q;
    patch.used    <= fold_once(20'(base_q) + 20'(old_q) + 20'(pseudo_len_q));
    patch.own     <= fold_once(own);
    patch.ip      <= parsed.v6 ? 17'(parsed.ip_sum) + 17'(len_q) : '0;
  end

  logic unused_bits;  // an order says more than its header needs
  assign unused_bits = ^{order, header, parsed};
endmodule : vmso_out_patch
