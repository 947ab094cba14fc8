// SPDX-License-Identifier: Apache-2.0
// The parser against a plain description of what a template of one layer has to be: tags, IPv4 with options
// or IPv6 with a chain of extension headers, TCP or UDP, with an inserted tag or without. For every content
// of a template of up to 80 bytes, and all offsets that the room job lets through: it is bad exactly if the
// description says so, and of a good one version, id, sequence number, flags and seed are those that stand
// there.
//
// SUMS: the sums of the pseudo header and of L4 too. They are sums of halfwords, so it is enough to know which halfword counts in which of
// them, and how often: all are 0 but one that the solver chooses and those that make a header what it is.
module prove_out_parse
  import vmso_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 2, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 4,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 1, runs_per_job: 32,
    walk_slots: 2, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256,
    max_frame: 9216
  }
) (
  input logic clk
);
  localparam int unsigned Bytes = 80;
  localparam int unsigned HalfW = $clog2((vmso_config_pkg::template_rows(Cfg) + 1) / 2);
  localparam int unsigned MostExtensions = 4;

  logic [1:0] start_q = '0;
  logic       rst_n;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  logic [Bytes-1:0][7:0] bytes;
  parse_job_t            job;
  tmpl_info_t            info;
  f_anyconst1 u_bytes [8*Bytes-1:0] (.y(bytes));
  f_anyconst1 u_job [$bits(parse_job_t)-1:0] (.y(job));
  assign info = job.info;

  // -- the template's rows -------------------------------------------------------------------------------
  logic                     queue_ready, window_en, parsed_valid, parsed_outer, parsed_last, given_q;
  template_t                window_tmpl, parsed_tmpl;
  logic [1:0][HalfW-1:0]    window_row;
  logic [1:0][127:0]        window_data;
  logic [2**HalfW-1:0][1:0][127:0] rows;
  parse_t                   parsed;
  assign rows = (2**(HalfW+8))'(bytes);
  always_ff @(posedge clk) begin
    given_q <= rst_n && (given_q || queue_ready);
    if (window_en) window_data <= {rows[window_row[1]][1], rows[window_row[0]][0]};
  end
  vmso_out_parse #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .queue_valid(rst_n && !given_q), .queue_ready, .queue(job), .window_en,
    .window_tmpl, .window_row, .window_data, .parsed_valid, .parsed_tmpl, .parsed_outer,
    .parsed_last, .parsed
  );

  // -- what it has to be: bytes from L3 on, and from L4 on ------------------------------------------------
  localparam int unsigned Left = Bytes - 14;
  logic [9:0]               l3, l4, ends_at, tags, ip_bytes;
  logic [Left-1:0][7:0]     ip;
  logic [19:0][7:0]         l4_header;
  logic [2:0][15:0]         tpids;  // nearest to L3 first
  logic [15:0]              ether_type;
  logic                     v6, bad;
  logic [7:0]               protocol;
  assign l3       = 10'(info.l3);
  assign l4       = 10'(info.l4);
  assign ends_at  = 10'(info.end_at);
  assign ip_bytes = l4 - l3;
  assign protocol = info.udp ? 8'd17 : 8'd6;
  assign tags     = (l3 - 10'd14 - (info.tag ? 10'd4 : 10'd0)) >> 2;
  // places that no header can have are bad, whatever stands there
  always_comb begin
    ip         = '0;
    ether_type = '0;
    tpids      = '0;
    l4_header  = '0;
    for (int unsigned from = 14; from <= 30; from += 4) begin
      if (l3 == 10'(from)) begin
        ether_type = {bytes[from-2], bytes[from-1]};
        for (int unsigned i = 0; i < Left; i++) ip[i] = from + i < Bytes ? bytes[from+i] : 8'd0;
        for (int unsigned i = 0; i < 3; i++) begin
          if (from >= 18 + 4 * i) tpids[i] = {bytes[from-6-4*i], bytes[from-5-4*i]};
        end
      end
    end
    for (int unsigned from = 20; from < Left; from += 4) begin
      if (ip_bytes == 10'(from)) begin
        for (int unsigned i = 0; i < 20; i++) l4_header[i] = from + i < Left ? ip[from+i] : 8'd0;
      end
    end
  end
  assign v6 = ether_type == 16'h86dd;

  // The chain of extension headers, in units of 8 bytes behind IPv6's own header.
  function automatic logic bad_chain();
    logic [9:0] unit, upto;
    logic [7:0] kind;
    bad_chain = 1'b0;
    unit      = '0;
    upto      = (ip_bytes - 10'd40) >> 3;
    kind      = ip[6];
    for (int unsigned i = 0; i < MostExtensions; i++) begin
      for (int unsigned u = 0; u < MostExtensions; u++) begin
        if (unit == 10'(u) && u >= i && unit < upto && 40 + 8 * u + 3 < Left) begin
          if (kind != 8'd0 && kind != 8'd43 && kind != 8'd60) bad_chain = 1'b1;
          if (kind == 8'd43 && info.compute && ip[40+8*u+3] != 8'd0) bad_chain = 1'b1;
        end
      end
      if (unit < upto) begin
        logic [15:0] next;
        next = '0;
        for (int unsigned u = 0; u < MostExtensions; u++) begin
          if (unit == 10'(u) && 40 + 8 * u + 1 < Left) next = {ip[40+8*u], ip[40+8*u+1]};
        end
        kind = next[15:8];
        unit = unit + 10'(next[7:0]) + 10'd1;
      end
    end
    if (unit != upto || kind != protocol) bad_chain = 1'b1;
  endfunction
  always_comb begin
    bad = 1'b0;
    if (!(l3 - (info.tag ? 10'd4 : 10'd0) inside {10'd14, 10'd18, 10'd22, 10'd26})) bad = 1'b1;
    if (ip_bytes[1:0] != '0) bad = 1'b1;
    if (info.udp ? ends_at - l4 != 10'd8
                 : ends_at - l4 != {4'd0, l4_header[12][7:4], 2'b00} || ends_at - l4 < 10'd20) begin
      bad = 1'b1;
    end
    for (int unsigned i = 0; i < 3; i++) begin
      if (10'(i) < tags && tpids[i] != 16'h8100 && tpids[i] != 16'h88a8) bad = 1'b1;
    end
    if (v6) begin
      if (ip[0][7:4] != 4'd6 || ip_bytes < 10'd40 || ip_bytes[2:0] != '0) bad = 1'b1;
      if (bad_chain()) bad = 1'b1;
    end else begin
      if (ether_type != 16'h0800 || ip[0][7:4] != 4'd4) bad = 1'b1;
      if (ip_bytes != {4'd0, ip[0][3:0], 2'b00}) bad = 1'b1;
      if ({ip[6][5:0], ip[7]} != '0 || ip[9] != protocol) bad = 1'b1;
    end
  end

  logic seen_q;
  always_ff @(posedge clk) seen_q <= rst_n && (seen_q || parsed_valid);
  always_comb begin
    one_layer: assume (!info.tunnel);
    // what vmso_job_check sees to
    l3_behind_ethernet: assume (l3 >= (info.tag ? 10'd18 : 10'd14) && !l3[0]);
    l4_behind_l3: assume (l4 >= l3 + 10'd20 && !l4[0]);
    header_is_long: assume (ends_at >= l4 + (info.udp ? 10'd8 : 10'd20) && ends_at <= 10'(Bytes));
  end

`ifdef SUMS
  // -- which halfwords count -----------------------------------------------------------------------------
  logic [9:0]  spot;
  logic [20:0] pseudo_all, l4_all;
  f_anyconst1 u_spot [9:0] (.y(spot));
  function automatic logic [15:0] folded(logic [20:0] sum);
    logic [16:0] once;
    once = 17'(sum[15:0]) + 17'(sum[20:16]);
    return once[15:0] + 16'(once[16]);
  endfunction
  logic sparse;
  always_comb begin
    sparse     = 1'b1;
    pseudo_all = 21'(protocol);
    l4_all     = '0;
    for (int unsigned i = 7; i < Bytes / 2; i++) begin
      logic [9:0]  place, in_ip, in_l4;
      logic [15:0] word, may;
      place = 10'(2 * i);
      in_ip = place - l3;
      in_l4 = place - l4;
      word  = {bytes[2*i], bytes[2*i+1]};
      may   = place == spot ? '1 : '0;
      if (place >= l3 && place < l4) begin
        if (in_ip == 10'd0) may |= 16'hff00;
        if (v6 ? in_ip == 10'd6 : in_ip == 10'd8) may |= 16'hffff;
        if (v6 && in_ip >= 10'd40 && in_ip[2:0] == 3'd0) may |= 16'hffff;  // next header, length
        if (v6 ? in_ip >= 10'd8 && in_ip < 10'd40 : in_ip >= 10'd12 && in_ip < 10'd20) begin
          pseudo_all += 21'(word);
        end
      end else if (place >= l4 && place < ends_at) begin
        if (!info.udp && in_l4 == 10'd12) may |= 16'hf000;
        if (info.udp ? in_l4 < 10'd4
                     : !(in_l4 inside {10'd4, 10'd6, 10'd12, 10'd16})) l4_all += 21'(word);
      end
      if (place >= l3 && (word & ~may) != '0) sparse = 1'b0;
    end
    only_one_counts: assume (sparse);
  end
  always_ff @(posedge clk) begin
    if (rst_n && parsed_valid && !parsed.bad) begin
      pseudo_sum_agrees: assert (parsed.pseudo_sum == folded(pseudo_all));
      l4_sum_agrees: assert (parsed.l4_sum == folded(l4_all));
    end
    reach_address: cover (rst_n && parsed_valid && !parsed.bad && parsed.v6 && spot == l3 + 10'd38
                          && parsed.pseudo_sum == 16'habcd);
    reach_option: cover (rst_n && parsed_valid && !parsed.bad && !parsed.v6 && parsed.l4_sum == 16'hffff
                         && spot == l4 + 10'd22);
  end
`else
  always_ff @(posedge clk) begin
    if (rst_n && parsed_valid) begin
      bad_agrees: assert (parsed.bad == bad);
      v6_agrees: assert (bad || parsed.v6 == v6);
      id_agrees: assert (bad || v6 || parsed.id == {ip[4], ip[5]});
      seq_agrees: assert (bad || info.udp || parsed.seq == {l4_header[4], l4_header[5],
                                                                   l4_header[6], l4_header[7]});
      flags_agree: assert (bad || info.udp || parsed.flags == {l4_header[12], l4_header[13]});
      seed_agrees: assert (bad || parsed.seed == (info.udp ? {l4_header[6], l4_header[7]}
                                                         : {l4_header[16], l4_header[17]}));
      told_once: assert (!seen_q && !parsed_outer && parsed_last && parsed_tmpl == job.tmpl);
    end
    reach_v4: cover (rst_n && parsed_valid && !parsed.bad && !v6 && info.tag && tags == 10'd1
                     && l4 == l3 + 10'd28);
    reach_chain: cover (rst_n && parsed_valid && !parsed.bad && v6 && info.udp
                        && l4 == l3 + 10'd56 && ip[41] == 8'd0);
    reach_routing: cover (rst_n && parsed_valid && parsed.bad && v6 && ip[43] == 8'd1
                          && ip[6] == 8'd43 && info.compute);
  end
`endif
endmodule : prove_out_parse
