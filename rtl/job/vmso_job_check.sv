// SPDX-License-Identifier: Apache-2.0
// Is a first slot a job that can be sent? One status per reason; the first reason of the list at the
// end of this file wins. Framing (slot count, chain) was judged before, in the ring.
//
// latency     combinational, in two steps with a register between them: tests, then choice
module vmso_job_check
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic                 clk,
  input  logic                 valid,
  input  vmso_ring_pkg::slot_t slot,
  input  fold_t                fold,   // of the slot
  output status_e              status  // of the last valid slot, from the cycle after it
);
  localparam logic [8:0]  MaxHeader = 9'(Cfg.template_bytes > 511 ? 511 : Cfg.template_bytes);
  localparam logic [24:0] MaxFrame  = 25'(Cfg.max_frame);

  first_slot_t s;
  logic        nop, csum, tcp, udp, advise, segments, tunnel;
  assign s        = slot.data;
  assign nop      = s.kind == KindNop;
  assign csum     = s.kind == KindCsum;
  assign tcp      = s.kind == KindTcpSeg;
  assign udp      = s.kind == KindUdpSeg;
  assign advise   = s.kind == KindAdvise;
  assign segments = tcp || udp;
  assign tunnel   = s.outer_l3_offset != '0;

  function automatic logic wraps(logic [63:0] addr, logic [23:0] bytes);
    // the last byte is addr + bytes - 1; it lies beyond 2^64 if bytes - 1 > ~addr
    return bytes != '0 && {40'b0, bytes} - 64'd1 > ~addr;
  endfunction

  typedef struct packed {
    logic aborted, reserved, kind, space, hdr_zero, hdr_long, offset_order, offset_odd, csum_field,
          option, mss_zero, too_long, too_short, sum, wrap, changed;
  } tests_t;
  tests_t      test_q;
  logic [3:0]  granted;
  logic [9:0]  l3, l4, outer_l3, outer_l4, tunnel_end, header, added;
  logic [17:0] csum_end;
  logic [24:0] piece, frame_bytes, sum;

  assign granted = slot.contexts.valid;
  assign l3      = {1'b0, s.l3_offset_bit8, s.l3_offset};
  assign l4      = {1'b0, s.l4_offset_bit8, s.l4_offset};
  assign outer_l3 = 10'(s.outer_l3_offset);
  assign outer_l4 = 10'(s.outer_l4_offset);
  // where the inner IP header may begin: behind the smallest GRE header, or IP header
  assign tunnel_end = s.outer_l4_offset != '0 ? outer_l4 + 10'd4 : outer_l3 + 10'd20;
  assign header  = {1'b0, s.header_bytes};
  assign added   = header + (s.vlan_insert ? 10'd4 : 10'd0);
  assign piece   = {1'b0, segments && 24'(s.mss) < s.payload_bytes ? 24'(s.mss) : s.payload_bytes};
  assign frame_bytes = piece + 25'(header);  // without a tag
  assign csum_end    = 18'(s.mss) + 18'(s.csum_offset) + 18'd2;
  assign sum     = {1'b0, s.buffer0_bytes} + {1'b0, s.buffer1_bytes};

  function automatic tests_t tests_of_slot();
    tests_t test;
    test           = '0;
    test.aborted   = slot.abort_it;
    test.changed   = slot.skip_segments != '0
                     && (fold != slot.fold || s.payload_bytes <= slot.skip_bytes);
    test.reserved  = {s.reserved0, s.reserved1, s.reserved6a, s.reserved6b, s.reserved7} != '0;
    test.kind      = s.kind > KindAdvise;
    if (!nop) begin
      test.space = (header != '0 && !granted[s.template_space])
                   || (s.buffer0_bytes != '0 && !granted[s.buffer0_space])
                   || (s.buffer1_bytes != '0 && !granted[s.buffer1_space]);
      test.hdr_long = added > 10'(MaxHeader);
      // 14 bytes of Ethernet, 20 of IP, 20 of TCP or 8 of UDP are the least
      test.hdr_zero     = segments && header == '0;
      test.offset_order = segments && (l3 < 10'd14 || l4 < l3 + 10'd20
                                       || header < l4 + (tcp ? 10'd20 : 10'd8));
      if (segments && tunnel) begin
        if (outer_l3 < 10'd14 || l3 < tunnel_end
            || (s.outer_l4_offset != '0 && outer_l4 < outer_l3 + 10'd20)) begin
          test.offset_order = 1'b1;
        end
      end
      if (segments && !tunnel && s.outer_l4_offset != '0) test.offset_order = 1'b1;
      test.offset_odd   = segments && (l3[0] || l4[0] || outer_l3[0] || outer_l4[0]);
      test.csum_field   = csum && (25'(csum_end) > frame_bytes
                                   || (s.vlan_insert && s.mss < 16'(TagAt)));
      test.option       = s.id_mode == 2'd3 || s.outer_id_mode == 2'd3
                          || (tcp && s.l4_mode == L4None) || (!segments && s.l4_mode != L4None)
                          || (s.outer_csum && (!segments || s.outer_l4_offset == '0))
                          || (advise && (header != '0 || s.vlan_insert));
      test.mss_zero     = segments && s.mss == '0;
      test.too_long     = !advise && piece + 25'(added) > MaxFrame;
      test.too_short    = !advise && !segments && frame_bytes < 25'd14;
      test.sum          = s.slots == 16'd1 ? sum != {1'b0, s.payload_bytes}
                                           : sum > {1'b0, s.payload_bytes};
      test.wrap         = wraps(s.template_addr, 24'(s.header_bytes))
                          || wraps(s.buffer0_addr, s.buffer0_bytes)
                          || wraps(s.buffer1_addr, s.buffer1_bytes);
    end
    return test;
  endfunction
  always_ff @(posedge clk) if (valid) test_q <= tests_of_slot();

  always_comb begin
    status = StatusOk;
    if (test_q.wrap) status = StatusAddrWrap;
    if (test_q.sum) status = StatusSumMismatch;
    if (test_q.too_short) status = StatusFrameShort;
    if (test_q.too_long) status = StatusFrameTooLong;
    if (test_q.mss_zero) status = StatusMssZero;
    if (test_q.option) status = StatusOption;
    if (test_q.csum_field) status = StatusCsumField;
    if (test_q.offset_odd) status = StatusOffsetOdd;
    if (test_q.offset_order) status = StatusOffsetOrder;
    if (test_q.hdr_long) status = StatusHdrLong;
    if (test_q.hdr_zero) status = StatusHdrZero;
    if (test_q.space) status = StatusSpace;
    if (test_q.kind) status = StatusKind;
    if (test_q.reserved) status = StatusReservedSet;
    if (test_q.changed) status = StatusSlotChanged;
    if (test_q.aborted) status = StatusAborted;
  end

  logic unused_bits;
  assign unused_bits = ^{slot, s};
endmodule : vmso_job_check
