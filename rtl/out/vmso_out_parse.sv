// SPDX-License-Identifier: Apache-2.0
// Is this template a TCP header as the job says, and what do its parts sum to?
//
// Windows of 16 bytes, one a cycle: the first ends right before L3 and holds tags and type, the others
// follow it to the end of the header. IPv6 and its extension headers are built of 8 bytes, so each
// begins at the start of one of the two parts of a window:
//
//   part     l3-16, l3-8 | l3+0 ...
//            tags, type  | IPv4: 0 version..frag, 8 ttl..src, 16 dst, options, TCP
//                        | IPv6: 0 version..next, 8..39 addresses, 40.. extension, TCP
//
// queue       valid/ready: landed templates
// window      rows of both banks, data one cycle after the address
// parsed      valid only: the result and its template; 5 cycles after the last window
// throughput  one window per cycle, no gap between templates: 1 + ceil((header_bytes - l3) / 16)
//             cycles a template; 5 for IPv4 with timestamps
// bad         everything that SEGMENTATION names: tags, type, version, lengths that disagree with
//             l3, l4 or header_bytes, fragments, protocol, unknown extension headers, and a routing
//             header that still has segments left when the engine computes the pseudo header
module vmso_out_parse
  import vmso_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned HalfW = $clog2((vmso_config_pkg::template_rows(Cfg) + 1) / 2)
) (
  input  logic                          clk,
  input  logic                          rst_n,
  input  logic                          queue_valid,
  output logic                          queue_ready,
  input  parse_job_t                    queue,
  output logic                          window_en,
  output template_t                     window_tmpl,
  output logic [1:0][HalfW-1:0]         window_row,
  input  logic [1:0][Cfg.data_bits-1:0] window_data,
  output logic                          parsed_valid,
  output template_t                     parsed_tmpl,
  output parse_t                        parsed
);
  localparam int unsigned OffW  = $clog2(vmso_config_pkg::bus_bytes(Cfg));
  localparam int unsigned Quads = vmso_config_pkg::bus_bytes(Cfg) / 4;
  localparam int unsigned Halves = 8;        // halfwords of a window
  localparam logic [15:0] EtherIpv4 = 16'h0800, EtherIpv6 = 16'h86dd;
  localparam logic [15:0] TagCustomer = 16'h8100, TagService = 16'h88a8;
  localparam logic [7:0]  HopByHop = 8'd0, Tcp = 8'd6, Routing = 8'd43, Destination = 8'd60;

  typedef struct packed {
    template_t  tmpl;
    tmpl_info_t info;
    logic       first;
    logic       last;
    logic       refused;  // offsets that no header can have: not parsed at all
    logic [9:0] pos;      // template position of the window; the first may begin 2 bytes early
  } window_t;

  // -- issue: one window a cycle -------------------------------------------------------------------
  logic        busy_q, issue_refused;
  window_t     issue_q, start;
  logic [10:0] row;

  assign start = '{
    tmpl: queue.tmpl, info: queue.info, first: 1'b1, last: 1'b0, refused: 1'b0,
    pos: 10'(queue.info.l3) - 10'd16
  };
  // before any byte is looked at: places and room for the smallest headers
  assign issue_refused = !(issue_q.info.l3 inside {9'd14, 9'd18, 9'd22, 9'd26})
                         || 10'(issue_q.info.l4) < 10'(issue_q.info.l3) + 10'd20
                         || 10'(issue_q.info.header_bytes) < 10'(issue_q.info.l4) + 10'd20
                         || issue_q.info.l4[1:0] != issue_q.info.l3[1:0];
  logic issue_last;
  assign issue_last  = issue_refused || issue_q.pos + 10'd16 >= 10'(issue_q.info.header_bytes);
  assign queue_ready = !busy_q || issue_last;
  assign row         = 11'(issue_q.pos) >> OffW;
  assign window_en   = busy_q;
  assign window_tmpl = issue_q.tmpl;
  // the window may run over into the next row, which lies in the other bank
  logic [10:0] row_above;
  assign row_above     = row + 1'b1;
  assign window_row[0] = row_above[HalfW:1];
  assign window_row[1] = row[HalfW:1];

  always_ff @(posedge clk) begin
    if (!rst_n) busy_q <= 1'b0;
    else busy_q <= queue_ready ? queue_valid : busy_q;
  end
  always_ff @(posedge clk) begin
    if (queue_ready) begin
      issue_q <= start;
    end else begin
      issue_q.first <= 1'b0;
      issue_q.pos   <= issue_q.pos + 10'd16;
    end
  end

  // -- rows: the RAM answers, 16 bytes are chosen -----------------------------------------------
  logic                        rows_valid_q, look_valid_q;
  window_t                     rows_q, look_q;
  logic [2*Cfg.data_bits-1:0]  both;
  logic [127:0]                bytes_q;
  logic [OffW-3:0]             quad;

  assign both = rows_q.pos[OffW] ? {window_data[0], window_data[1]}
                                 : {window_data[1], window_data[0]};
  assign quad = rows_q.pos[OffW-1:2];  // every window begins 2 bytes after a multiple of 4

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      rows_valid_q <= 1'b0;
      look_valid_q <= 1'b0;
    end else begin
      rows_valid_q <= busy_q;
      look_valid_q <= rows_valid_q;
    end
  end
  always_ff @(posedge clk) begin
    rows_q         <= issue_q;
    rows_q.last    <= issue_last;
    rows_q.refused <= issue_refused;
    look_q         <= rows_q;
    for (int unsigned i = 0; i < Quads; i++) begin
      if (32'(quad) == i) bytes_q <= both[32*i+16 +: 128];
    end
  end

  // -- look: what the halfwords are, and whether they may be ---------------------------------------
  logic [Halves-1:0][15:0] half;
  logic signed [10:0]      at, rest;        // window's first byte from L4 and from the end on
  logic [Halves-1:0]       in_ip, in_l4, in_pseudo;
  logic                    bad_now, bad_d, bad_q, v6_q, v6_d, type_v4, type_v6;
  logic [7:0]              chain_type_q, chain_type_d;
  logic [11:0]             chain_at_q, chain_at_d;  // where the next IPv6 header begins, from L3
  logic [9:0]              from_l3;
  logic [15:0]             id_q, flags_q, seed_q;
  logic [31:0]             seq_q;

  for (genvar i = 0; i < Halves; i++) begin : gen_half
    assign half[i] = {bytes_q[16*i +: 8], bytes_q[16*i+8 +: 8]};  // network order
  end
  // A halfword i stands 2 i bytes further; one subtraction serves all. L3 and L4 agree modulo 4, so
  // fields at a multiple of 4 are in the even halfwords of every window.
  assign at   = 11'(look_q.pos) - 11'(look_q.info.l4);
  assign rest = 11'(look_q.pos) - 11'(look_q.info.header_bytes);
  assign from_l3 = look_q.pos - 10'(look_q.info.l3);
  assign type_v4 = half[7] == EtherIpv4;
  assign type_v6 = half[7] == EtherIpv6;
  assign v6_d    = look_q.first ? type_v6 : v6_q;

  function automatic logic is_tag(logic [15:0] tpid);
    return tpid == TagCustomer || tpid == TagService;
  endfunction

  // Does halfword i lie before the place that the window is `offset` bytes behind?
  function automatic logic in_front(logic signed [10:0] offset, int unsigned i);
    return offset < -$signed(11'(2 * i));
  endfunction
  // Does halfword i stand `place` bytes behind that place?
  function automatic logic holds(logic [10:0] offset, logic [10:0] place, int unsigned i);
    return offset == place - 11'(2 * i);
  endfunction

  logic        has_seq_high, has_seq_low, has_flags, has_seed;
  logic [15:0] seq_high, seq_low, flags_half, seed_half;
  always_comb begin
    {has_seq_high, has_seq_low, has_flags, has_seed} = '0;
    {seq_high, seq_low, flags_half, seed_half}       = '0;
    for (int unsigned i = 0; i < Halves; i += 2) begin
      if (holds(at, 11'd4, i)) {has_seq_high, seq_high} |= {1'b1, half[i]};
      if (holds(at, 11'd6, i + 1)) {has_seq_low, seq_low} |= {1'b1, half[i+1]};
      if (holds(at, 11'd12, i)) {has_flags, flags_half} |= {1'b1, half[i]};
      if (holds(at, 11'd16, i)) {has_seed, seed_half} |= {1'b1, half[i]};
    end
  end

  always_comb begin
    bad_now      = look_q.refused;
    chain_type_d = chain_type_q;
    chain_at_d   = chain_at_q;
    in_ip        = '0;
    in_pseudo    = '0;
    in_l4        = '0;
    if (look_q.first) begin
      // tags at 12, 16, 20; type right before L3
      if (!type_v4 && !type_v6) bad_now = 1'b1;
      if (look_q.info.l3 >= 9'd18 && !is_tag(half[5])) bad_now = 1'b1;
      if (look_q.info.l3 >= 9'd22 && !is_tag(half[3])) bad_now = 1'b1;
      if (look_q.info.l3 >= 9'd26 && !is_tag(half[1])) bad_now = 1'b1;
    end else begin
      for (int unsigned i = 0; i < Halves; i++) begin
        if (in_front(at, i)) in_ip[i] = !v6_q;
        else in_l4[i] = in_front(rest, i) && !holds(at, 11'd4, i) && !holds(at, 11'd6, i)
                        && !holds(at, 11'd12, i) && !holds(at, 11'd16, i);
      end
      if (has_flags && (flags_half[15:12] < 4'd5
          || 10'(look_q.info.l4) + {4'd0, flags_half[15:12], 2'd0}
             != 10'(look_q.info.header_bytes))) begin
        bad_now = 1'b1;
      end
      if (!v6_q) begin
        if (from_l3 == 10'd0) begin
          in_ip[2:1] = 2'b00;                 // total length, id
          in_ip[5]   = 1'b0;                  // header checksum
          in_pseudo  = 8'b1100_0000;          // source
          if (half[0][15:12] != 4'd4 || half[0][11:8] < 4'd5 || half[3][13:0] != '0
              || half[4][7:0] != Tcp
              || 10'(look_q.info.l3) + {4'd0, half[0][11:8], 2'd0} != 10'(look_q.info.l4)) begin
            bad_now = 1'b1;
          end
        end else if (from_l3 == 10'd16) begin
          in_pseudo = 8'b0000_0011;           // destination
        end
      end else begin
        for (int unsigned part = 0; part < 2; part++) begin
          if (from_l3 + 10'(8 * part) inside {[10'd8:10'd32]}) in_pseudo[4*part +: 4] = '1;
          if (from_l3 + 10'(8 * part) == 10'd0) begin
            if (half[0][15:12] != 4'd6 || look_q.info.l4[2:0] != look_q.info.l3[2:0]
                || 10'(look_q.info.l4) < 10'(look_q.info.l3) + 10'd40) begin
              bad_now = 1'b1;
            end
            chain_type_d = half[3][15:8];
            chain_at_d   = 12'd40;
          end else if (12'(from_l3) + 12'(8 * part) == chain_at_d
                       && in_front(at, 4 * part)) begin
            if (!(chain_type_d inside {HopByHop, Routing, Destination})
                || (chain_type_d == Routing && look_q.info.compute
                    && half[4*part+1][7:0] != '0)) begin
              bad_now = 1'b1;
            end
            chain_type_d = half[4*part][15:8];
            chain_at_d   = chain_at_d + {1'b0, half[4*part][7:0], 3'd0} + 12'd8;
          end else if (holds(at, 11'd0, 4 * part)
                       && (chain_type_d != Tcp
                           || 12'(from_l3) + 12'(8 * part) != chain_at_d)) begin
            bad_now = 1'b1;
          end
        end
      end
    end
    bad_d = bad_now || (bad_q && !look_q.first);
  end

  always_ff @(posedge clk) begin
    if (look_valid_q) begin
      bad_q        <= bad_d;
      v6_q         <= v6_d;
      chain_type_q <= chain_type_d;
      chain_at_q   <= chain_at_d;
      if (from_l3 == '0) id_q <= half[2];
      if (!look_q.first) begin
        if (has_seq_high) seq_q[31:16] <= seq_high;
        if (has_seq_low) seq_q[15:0] <= seq_low;
        if (has_flags) flags_q <= flags_half;
        if (has_seed) seed_q <= seed_half;
      end
    end
  end

  // -- sum: the window's share of each sum ---------------------------------------------------------
  logic        sum_valid_q, sum_first_q, sum_last_q, sum_bad_q, sum_v6_q;
  template_t   sum_tmpl_q;
  logic [18:0] ip_part_q, pseudo_part_q, l4_part_q;

  function automatic logic [18:0] masked_sum(logic [Halves-1:0][15:0] halfwords,
                                             logic [Halves-1:0] mask);
    logic [18:0] sum;
    sum = '0;
    for (int unsigned i = 0; i < Halves; i++) sum = sum + (mask[i] ? 19'(halfwords[i]) : '0);
    return sum;
  endfunction

  always_ff @(posedge clk) begin
    if (!rst_n) sum_valid_q <= 1'b0;
    else sum_valid_q <= look_valid_q;
  end
  always_ff @(posedge clk) begin
    sum_first_q   <= look_q.first;
    sum_last_q    <= look_q.last;
    sum_tmpl_q    <= look_q.tmpl;
    sum_bad_q     <= bad_d;
    sum_v6_q      <= v6_d;
    ip_part_q     <= masked_sum(half, in_ip);
    pseudo_part_q <= masked_sum(half, in_pseudo);
    l4_part_q     <= masked_sum(half, in_l4);
  end

  // -- add: running sums; with the last window they are the result ---------------------------------
  logic        done_valid_q, done_bad_q, done_v6_q;
  template_t   done_tmpl_q;
  logic [15:0] ip_sum_q, pseudo_sum_q, l4_sum_q;

  always_ff @(posedge clk) begin
    if (!rst_n) done_valid_q <= 1'b0;
    else done_valid_q <= sum_valid_q && sum_last_q;
  end
  always_ff @(posedge clk) begin
    done_tmpl_q <= sum_tmpl_q;
    done_bad_q  <= sum_bad_q;
    done_v6_q   <= sum_v6_q;
    if (sum_valid_q) begin
      ip_sum_q     <= fold20(20'(ip_part_q) + (sum_first_q ? '0 : 20'(ip_sum_q)));
      pseudo_sum_q <= fold20(20'(pseudo_part_q) + (sum_first_q ? 20'(Tcp) : 20'(pseudo_sum_q)));
      l4_sum_q     <= fold20(20'(l4_part_q) + (sum_first_q ? '0 : 20'(l4_sum_q)));
    end
  end

  assign parsed_valid = done_valid_q;
  assign parsed_tmpl  = done_tmpl_q;
  // id, seq, flags and seed are not touched by the first window of the next template
  assign parsed = '{
    bad: done_bad_q, v6: done_v6_q, ip_sum: ip_sum_q, pseudo_sum: pseudo_sum_q,
    l4_sum: l4_sum_q, id: id_q, seq: seq_q, flags: flags_q, seed: seed_q
  };

  logic unused_bits;  // the bank is the lowest bit of a row
  assign unused_bits = ^{row, row_above};
endmodule : vmso_out_parse
