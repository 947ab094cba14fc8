// SPDX-License-Identifier: Apache-2.0
// Is this template a TCP header as the job says, and what do its parts sum to?
//
// Windows of 16 bytes, one a cycle: the first ends right before L3 and holds tags and type, the others
// follow it to the end of the header. L3 is 2 modulo 4 and L4 lies a multiple of 4 behind it, so places
// are counted in words: word w is the template's bytes 4w + 2 .. 4w + 5, and a window has words 0..3 of
// two halfwords each. IPv6 and its extension headers are built of 8 bytes, hence of half a window:
//
//   word     0            1            2            3
//   tags     .., tag      .., tag      .., tag      .., type
//   IPv4 +0  .., length   id, frag     .., csum     source
//        +16 destination  options ..
//   IPv6 +0  ..           length, ..   source
//        +16 source                    destination
//        +32 destination               extension or TCP, from here on at words 0 and 2
//   TCP      ports        sequence     ack          flags, ..  | csum, ..  options ..
//
// queue       valid/ready: landed templates
// window      rows of both banks, data one cycle after the address
// parsed      valid only: the result and its template; 5 cycles after the last window
// throughput  one window per cycle, no gap between templates: 1 + ceil((header_bytes - l3) / 16)
//             cycles a template; 5 for IPv4 with timestamps
// bad         what docs/programmers_guide.md, Templates, does not accept: tags, type, version,
//             lengths that disagree with l3, l4 or header_bytes, fragments, protocol, unknown
//             extension headers, and a routing header that still has segments left when the
//             engine computes the pseudo header
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
  localparam int unsigned RowW = $clog2(vmso_config_pkg::bus_bytes(Cfg) / 4);  // words of a row
  localparam logic [15:0] EtherIpv4 = 16'h0800, EtherIpv6 = 16'h86dd;
  localparam logic [15:0] TagCustomer = 16'h8100, TagService = 16'h88a8;
  localparam logic [7:0]  HopByHop = 8'd0, Tcp = 8'd6, Routing = 8'd43, Destination = 8'd60;
  // one-hot number of a window; those that follow have none
  localparam int unsigned Tags = 0, AtL3 = 1, AtL3Plus16 = 2, AtL3Plus32 = 3;

  // -- issue: one window a cycle, and what the job alone says about it -----------------------------
  typedef struct packed {
    parse_job_t job;
    logic [3:0] nth;
    logic [7:0] word;  // place of the window; the first may begin 2 bytes early: word -1
  } issue_t;
  typedef struct packed {
    template_t         tmpl;
    logic              compute;
    logic              refused;   // offsets that no header can have: not parsed at all
    logic              last;
    logic [3:0]        nth;
    logic [2:0]        l3;        // in words: 3, 4, 5 or 6
    logic [7:0]        ip_words;  // L4 - L3
    logic [9:0]        tcp_bytes;
    logic [7:0]        word;
    logic [3:0]        in_header; // words of the window that begin before the end of the header
    logic signed [8:0] l4;        // place of L4, in words from the window on
  } rows_t;
  logic        busy_q;
  issue_t      issue_q, start;
  rows_t       issued;
  logic [9:0]  ip_bytes, tcp_bytes, left;
  logic [8:0]  row, row_above;

  assign start = '{job: queue, nth: 4'b0001, word: 8'(queue.info.l3[8:2]) - 8'd4};
  assign ip_bytes  = 10'(issue_q.job.info.l4) - 10'(issue_q.job.info.l3);
  assign tcp_bytes = 10'(issue_q.job.info.header_bytes) - 10'(issue_q.job.info.l4);
  assign left      = 10'(issue_q.job.info.header_bytes) - {issue_q.word, 2'd2};
  always_comb begin
    issued.tmpl      = issue_q.job.tmpl;
    issued.compute   = issue_q.job.info.compute;
    // before any byte is looked at: places and room for the smallest headers
    issued.refused   = !(issue_q.job.info.l3 inside {9'd14, 9'd18, 9'd22, 9'd26})
                       || $signed(ip_bytes) < 10'sd20 || ip_bytes[1:0] != '0
                       || $signed(tcp_bytes) < 10'sd20;
    issued.last      = issued.refused || left <= 10'd16;
    issued.nth       = issue_q.nth;
    issued.l3        = issue_q.job.info.l3[4:2];
    issued.ip_words  = ip_bytes[9:2];
    issued.tcp_bytes = tcp_bytes;
    issued.word      = issue_q.word;
    for (int unsigned i = 0; i < 4; i++) issued.in_header[i] = left > 10'(4 * i);
    issued.l4        = 9'(issue_q.job.info.l4[8:2]) - {issue_q.word[7], issue_q.word};
  end
  assign queue_ready = !busy_q || issued.last;
  assign window_en   = busy_q;
  assign window_tmpl = issue_q.job.tmpl;
  // the window may run over into the next row, which lies in the other bank
  assign row           = 9'(issue_q.word) >> RowW;
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
      issue_q.nth  <= issue_q.nth << 1;
      issue_q.word <= issue_q.word + 8'd4;
    end
  end

  // -- rows: the RAM answers, 16 bytes are chosen; where the fields lie ----------------------------
  // The two rows are a ring of groups of 16 bytes: the window's group, then its place in that.
  localparam int unsigned Groups = 2**(RowW - 1);
  typedef struct packed {
    template_t  tmpl;
    logic       compute;
    logic       refused;
    logic       last;
    logic [3:0] nth;
    logic [2:0] tags;
    logic       v4_fits;   // an IPv4 header may be that long
    logic       v6_fits;
    logic [3:0] ip_words;
    logic       tcp_fits;
    logic [3:0] tcp_words;
    logic [3:0] behind;    // words behind L4, its first one among them
    logic [3:0] even;      // words whose first halfword is summed, by what TCP has there and IPv4
    logic [3:0] odd;
    logic [3:0] tail;      // words of the TCP header
    logic       l4_at0;    // L4 begins at word 0
    logic       l4_at2;
    logic       has_seq;
    logic       has_flags;
    logic       has_seed;
    logic [1:0] l4;        // place of L4 modulo 4
  } look_t;
  logic                           rows_valid_q, look_valid_q;
  rows_t                          rows_q;
  look_t                          look_q, look_d;
  logic [4*Cfg.data_bits-1:0]     ring;
  logic [Groups-1:0][223:0]       group_at;
  logic [3:0][127:0]              bytes_at;
  logic [223:0]                   group;
  logic [127:0]                   bytes_q;

  assign ring = {2{window_data[1], window_data[0]}};
  for (genvar i = 0; i < Groups; i++) begin : gen_group
    assign group_at[i] = ring[128*i+16 +: 224];
  end
  assign group = group_at[rows_q.word[RowW:2]];
  for (genvar i = 0; i < 4; i++) begin : gen_place
    assign bytes_at[i] = group[32*i +: 128];
  end

  always_comb begin
    look_d.tmpl      = rows_q.tmpl;
    look_d.compute   = rows_q.compute;
    look_d.refused   = rows_q.refused;
    look_d.last      = rows_q.last;
    look_d.nth       = rows_q.nth;
    look_d.tags      = {rows_q.l3 >= 3'd6, rows_q.l3 >= 3'd5, rows_q.l3 >= 3'd4};
    look_d.v4_fits   = rows_q.ip_words[7:4] == '0;
    look_d.v6_fits   = !rows_q.ip_words[0] && rows_q.ip_words >= 8'd10;
    look_d.ip_words  = rows_q.ip_words[3:0];
    look_d.tcp_fits  = rows_q.tcp_bytes[9:6] == '0 && rows_q.tcp_bytes[1:0] == '0;
    look_d.tcp_words = rows_q.tcp_bytes[5:2];
    for (int i = 0; i < 4; i++) begin
      look_d.behind[i] = rows_q.l4 <= 9'(i);
      look_d.tail[i]   = rows_q.l4 <= 9'(i) && rows_q.in_header[i];
      // not: sequence; flags, checksum
      look_d.odd[i]    = rows_q.l4 != 9'(i) - 9'sd1;
      look_d.even[i]   = look_d.odd[i] && rows_q.l4 != 9'(i) - 9'sd3
                         && rows_q.l4 != 9'(i) - 9'sd4;
    end
    if (rows_q.nth[AtL3]) begin
      look_d.even[1] = 1'b0;  // id
      look_d.odd[0]  = 1'b0;  // total length
      look_d.odd[2]  = 1'b0;  // header checksum
    end
    look_d.l4_at0    = rows_q.l4 == 9'sd0;
    look_d.l4_at2    = rows_q.l4 == 9'sd2;
    look_d.has_seq   = rows_q.l4 >= -9'sd1 && rows_q.l4 <= 9'sd2 && !rows_q.nth[Tags];
    look_d.has_flags = rows_q.l4 >= -9'sd3 && rows_q.l4 <= 9'sd0 && !rows_q.nth[Tags];
    look_d.has_seed  = rows_q.l4 >= -9'sd4 && rows_q.l4 <= -9'sd1 && !rows_q.nth[Tags];
    look_d.l4        = rows_q.l4[1:0];
  end

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
    rows_q  <= issued;
    look_q  <= look_d;
    bytes_q <= bytes_at[rows_q.word[1:0]];
  end

  // -- look: what the halfwords are, and whether they may be ---------------------------------------
  logic [7:0][15:0] half;
  logic [3:0][31:0] words;
  logic             bad_now, bad_d, bad_q, v6_q, v6_d, type_v4, type_v6;
  logic [7:0]       kind_q, kind_d;  // of the next IPv6 header
  logic [7:0]       skip_q, skip_d;  // units of 8 bytes from the window to where it begins
  logic [1:0]       begins;          // an IPv6 header begins in this half of the window
  logic [1:0][7:0]  kind;            // and is of this kind
  logic [15:0]      id_q, flags, flags_q, seed_q;
  logic [31:0]      seq_q;
  logic [1:0]       seq_word, flags_word;

  for (genvar i = 0; i < 8; i++) begin : gen_half
    assign half[i] = {bytes_q[16*i +: 8], bytes_q[16*i+8 +: 8]};  // network order
  end
  for (genvar i = 0; i < 4; i++) begin : gen_word
    assign words[i] = {half[2*i], half[2*i+1]};
  end
  assign type_v4 = half[7] == EtherIpv4;
  assign type_v6 = half[7] == EtherIpv6;
  assign v6_d    = look_q.nth[Tags] ? type_v6 : v6_q;
  assign seq_word   = look_q.l4 + 2'd1;
  assign flags_word = look_q.l4 + 2'd3;
  assign flags      = words[flags_word][31:16];

  function automatic logic is_tag(logic [15:0] tpid);
    return tpid == TagCustomer || tpid == TagService;
  endfunction
  function automatic logic bad_extension(logic [7:0] which, logic [7:0] segments_left,
                                         logic compute);
    return !(which inside {HopByHop, Routing, Destination})
           || (which == Routing && compute && segments_left != '0);
  endfunction

  always_comb begin
    begins[0] = skip_q == '0;
    begins[1] = begins[0] ? half[0][7:0] == '0 : skip_q == 8'd1;
    kind[0]   = kind_q;
    kind[1]   = begins[0] ? half[0][15:8] : kind_q;
    if (look_q.nth[AtL3]) begin  // 40 bytes: three units behind this window
      kind_d = half[3][15:8];
      skip_d = 8'd3;
    end else if (begins[1]) begin
      kind_d = half[4][15:8];
      skip_d = half[4][7:0];
    end else if (begins[0]) begin
      kind_d = half[0][15:8];
      skip_d = half[0][7:0] - 8'd1;
    end else begin
      kind_d = kind_q;
      skip_d = skip_q - 8'd2;
    end
  end

  always_comb begin
    bad_now = look_q.refused;
    if (look_q.nth[Tags]) begin
      // tags at 12, 16, 20; type right before L3
      if (!type_v4 && !type_v6) bad_now = 1'b1;
      for (int unsigned i = 0; i < 3; i++) begin
        if (look_q.tags[i] && !is_tag(half[5-2*i])) bad_now = 1'b1;
      end
    end else begin
      if (look_q.has_flags && (!look_q.tcp_fits || flags[15:12] != look_q.tcp_words)) begin
        bad_now = 1'b1;
      end
      if (look_q.nth[AtL3]) begin
        if (half[0][15:12] != (v6_q ? 4'd6 : 4'd4)) bad_now = 1'b1;
        if (v6_q ? !look_q.v6_fits
                 : !look_q.v4_fits || half[0][11:8] != look_q.ip_words || half[3][13:0] != '0
                   || half[4][7:0] != Tcp) begin
          bad_now = 1'b1;
        end
      end else if (v6_q) begin
        for (int unsigned i = 0; i < 2; i++) begin
          if (begins[i] && !look_q.behind[2*i]
              && bad_extension(kind[i], half[4*i+1][7:0], look_q.compute)) begin
            bad_now = 1'b1;
          end
          if ((i == 0 ? look_q.l4_at0 : look_q.l4_at2) && !(begins[i] && kind[i] == Tcp)) begin
            bad_now = 1'b1;
          end
        end
      end
    end
    bad_d = bad_now || (bad_q && !look_q.nth[Tags]);
  end

  always_ff @(posedge clk) begin
    if (look_valid_q) begin
      bad_q  <= bad_d;
      v6_q   <= v6_d;
      kind_q <= kind_d;
      skip_q <= skip_d;
      if (look_q.nth[AtL3]) id_q <= half[2];
      if (look_q.has_seq) seq_q <= words[seq_word];
      if (look_q.has_flags) flags_q <= flags;
      if (look_q.has_seed) seed_q <= words[look_q.l4][31:16];
    end
  end

  // -- sum: the window's share of each sum ---------------------------------------------------------
  // A word belongs to the IP header, to TCP or to nothing. The front is what is summed before L4: the
  // header of IPv4, the addresses of IPv6.
  logic             sum_valid_q, sum_first_q, sum_last_q, sum_bad_q, sum_v6_q;
  template_t        sum_tmpl_q;
  logic [3:0]       odd, front, v6_front;
  logic [3:0][16:0] word_sum;
  logic [16:0]      address, address_part_q;  // IPv4: source or destination
  logic [18:0]      front_part_q, l4_part_q;

  function automatic logic [18:0] masked_sum(logic [3:0][16:0] sums, logic [3:0] mask);
    return ((mask[0] ? 19'(sums[0]) : '0) + (mask[1] ? 19'(sums[1]) : '0))
           + ((mask[2] ? 19'(sums[2]) : '0) + (mask[3] ? 19'(sums[3]) : '0));
  endfunction

  always_comb begin
    odd      = look_q.odd;
    odd[2]   = odd[2] || (v6_q && look_q.nth[AtL3]);  // no checksum there, but the source
    v6_front = {{2{look_q.nth[AtL3] || look_q.nth[AtL3Plus16]}},
                {2{look_q.nth[AtL3Plus16] || look_q.nth[AtL3Plus32]}}};
    front    = v6_q ? v6_front : look_q.nth[Tags] ? '0 : ~look_q.behind;
    for (int unsigned i = 0; i < 4; i++) begin
      word_sum[i] = (look_q.even[i] ? 17'(half[2*i]) : '0) + (odd[i] ? 17'(half[2*i+1]) : '0);
    end
    address = '0;
    if (look_q.nth[AtL3]) address = word_sum[3];
    if (look_q.nth[AtL3Plus16]) address = word_sum[0];
  end

  always_ff @(posedge clk) begin
    if (!rst_n) sum_valid_q <= 1'b0;
    else sum_valid_q <= look_valid_q;
  end
  always_ff @(posedge clk) begin
    sum_first_q    <= look_q.nth[Tags];
    sum_last_q     <= look_q.last;
    sum_tmpl_q     <= look_q.tmpl;
    sum_bad_q      <= bad_d;
    sum_v6_q       <= v6_d;
    front_part_q   <= masked_sum(word_sum, front);
    l4_part_q      <= masked_sum(word_sum, look_q.tail);
    address_part_q <= address;
  end

  // -- add: running sums; with the last window they are the result ---------------------------------
  logic        done_valid_q, done_bad_q, done_v6_q;
  template_t   done_tmpl_q;
  logic [15:0] front_sum_q, address_sum_q, l4_sum_q, front_before;

  assign front_before = !sum_first_q ? front_sum_q : sum_v6_q ? 16'(Tcp) : '0;
  always_ff @(posedge clk) begin
    if (!rst_n) done_valid_q <= 1'b0;
    else done_valid_q <= sum_valid_q && sum_last_q;
  end
  always_ff @(posedge clk) begin
    done_tmpl_q <= sum_tmpl_q;
    done_bad_q  <= sum_bad_q;
    done_v6_q   <= sum_v6_q;
    if (sum_valid_q) begin
      front_sum_q   <= fold20(20'(front_part_q) + 20'(front_before));
      address_sum_q <= fold20(20'(address_part_q)
                              + (sum_first_q ? 20'(Tcp) : 20'(address_sum_q)));
      l4_sum_q      <= fold20(20'(l4_part_q) + (sum_first_q ? '0 : 20'(l4_sum_q)));
    end
  end

  assign parsed_valid = done_valid_q;
  assign parsed_tmpl  = done_tmpl_q;
  // id, seq, flags and seed are not touched by the first window of the next template
  assign parsed = '{
    bad: done_bad_q, v6: done_v6_q, ip_sum: front_sum_q,
    pseudo_sum: done_v6_q ? front_sum_q : address_sum_q, l4_sum: l4_sum_q, id: id_q, seq: seq_q,
    flags: flags_q, seed: seed_q
  };

  logic unused_bits;  // the bank is the lowest bit of a row; of the job, what its window says
  assign unused_bits = ^{row, row_above, issue_q, ring};
endmodule : vmso_out_parse
