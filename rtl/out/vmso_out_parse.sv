// SPDX-License-Identifier: Apache-2.0
// Is this template what the job says, and what do its parts sum to?
//
// A template has one layer, or in a tunnel two: the outer one reaches to the inner IP header. They are
// parsed one after the other, each in windows of 16 bytes, one a cycle: the first ends right before L3 and
// holds tags and type, the others follow it to the end of the layer. L3 is even and L4 lies a multiple of 4
// behind it, so places are counted in words: word w is the template's bytes 4w .. 4w + 3, or 4w + 2 .. 4w + 5
// if L3 is 2 modulo 4, as it is behind an Ethernet header that begins the frame; and a window has words
// 0..3 of two halfwords each. IPv6 and its extension headers are built of 8 bytes, hence of half a window:
//
//   word     0            1            2            3
//   tags     .., tag      .., tag      .., tag      .., type
//   IPv4 +0  .., length   id, frag     .., csum     source
//        +16 destination  options ..
//   IPv6 +0  ..           length, ..   source
//        +16 source                    destination
//        +32 destination               extension or L4, from here on at words 0 and 2
//   TCP      ports        sequence     ack          flags, ..  | csum, ..  options ..
//   UDP      ports        length, csum
//   GRE      flags, type  csum, ..     (or key, ..)
//   Geneve   +8 length, type
//
// queue       valid/ready: landed templates
// window      rows of both banks, data one cycle after the address
// parsed      valid only: the result of a layer; parsed_last: and with it of its template. 5 cycles after
//             the last window
// stages      compute when a window is in them and keep what they have otherwise (simulation speed)
// throughput  one window per cycle, no gap between layers: 1 + ceil((its end - l3) / 16) cycles;
//             5 for IPv4 and TCP with timestamps
// bad         what docs/segmentation.md, Templates, does not accept: tags, type, version, lengths that
//             disagree with the offsets, fragments, protocol, unknown extension headers, a routing header
//             that still has segments left where the engine computes the pseudo header, and a tunnel
//             header that does not lead to the inner layer
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
  output logic                          parsed_outer,
  output logic                          parsed_last,
  output parse_t                        parsed
);
  localparam int unsigned RowW = $clog2(vmso_config_pkg::bus_bytes(Cfg) / 4);  // words of a row
  localparam logic [15:0] EtherIpv4 = 16'h0800, EtherIpv6 = 16'h86dd;
  localparam logic [15:0] EtherBridged = 16'h6558;  // an Ethernet frame inside, RFC 1701
  localparam logic [7:0]  HopByHop = 8'd0, InIpv4 = 8'd4, Tcp = 8'd6, Udp = 8'd17, InIpv6 = 8'd41,
                          Routing = 8'd43, Gre = 8'd47, Destination = 8'd60;
  localparam logic [15:0] PortVxlan = 16'd4789, PortGeneve = 16'd6081;  // RFC 7348, RFC 8926
  // one-hot number of a window; those that follow have none
  localparam int unsigned Tags = 0, AtL3 = 1, AtL3Plus16 = 2, AtL3Plus32 = 3;

  // -- issue: one window a cycle, and what the job alone says about it -----------------------------
  typedef struct packed {
    parse_job_t job;
    logic       outer;
    logic [3:0] nth;
    logic [7:0] word;  // place of the window; the first may begin 2 bytes early: word -1
  } issue_t;
  typedef struct packed {
    template_t         tmpl;
    logic              outer;
    logic              inner;     // of a tunnel
    logic              udp;       // inner L4
    logic              ends_at_ip;  // outer: no L4 but the inner IP header
    logic              csum;      // outer: its checksum is computed
    logic              compute;
    logic              refused;   // offsets that no header can have: not parsed at all
    logic              last;
    logic [3:0]        nth;
    logic              second;    // words begin at 2 modulo 4
    logic              bridged;   // an Ethernet header ends right before L3
    logic [2:0]        l3;        // in words: 3, 4, 5 or 6
    logic [7:0]        ip_words;  // L4 - L3
    logic [9:0]        l4_bytes;  // from L4 to the end of the layer
    logic [7:0]        word;
    logic [7:0]        in_header; // halfwords of the window that lie in the layer
    logic signed [8:0] l4;        // place of L4, in words from the window on
  } rows_t;
  logic        busy_q, goes_in;
  issue_t      issue_q, start;
  rows_t       rows_q, rows_d;
  logic        refused, last;
  tmpl_info_t  info;
  logic [8:0]  at_l3, at_l4, end_at;
  logic [9:0]  ip_bytes, l4_bytes, left;
  logic [8:0]  row, row_above;

  function automatic logic [7:0] before_l3(logic [6:0] word);
    return 8'(word) - 8'd4;
  endfunction
  assign start = '{job: queue, outer: queue.info.tunnel, nth: 4'b0001,
                   word: before_l3(queue.info.tunnel ? queue.info.outer_l3[8:2]
                                                     : queue.info.l3[8:2])};
  assign info     = issue_q.job.info;
  assign at_l3    = issue_q.outer ? info.outer_l3 : info.l3;
  assign at_l4    = issue_q.outer ? (info.outer_has_l4 ? info.outer_l4 : info.l3) : info.l4;
  // without an L4 the word behind the layer is looked at: a chain of IPv6 headers ends there
  assign end_at   = issue_q.outer ? info.l3 + (info.outer_has_l4 ? 9'd0 : 9'd2) : info.end_at;
  assign ip_bytes = 10'(at_l4) - 10'(at_l3);
  assign l4_bytes = 10'(end_at) - 10'(at_l4);
  assign left     = 10'(end_at) - {issue_q.word, at_l3[1], 1'b0};
  // before any byte is looked at: places and room for the smallest headers
  assign refused  = $signed(ip_bytes) < 10'sd20 || ip_bytes[1:0] != '0
                    || (!(info.tunnel && !issue_q.outer)
                        && !(at_l3 - (info.tag ? 9'd4 : 9'd0)
                             inside {9'd14, 9'd18, 9'd22, 9'd26}));
  assign last     = refused || left <= 10'd16;
  always_comb begin
    rows_d = rows_q;
    if (busy_q) begin
      rows_d.tmpl       = issue_q.job.tmpl;
      rows_d.outer      = issue_q.outer;
      rows_d.inner      = info.tunnel && !issue_q.outer;
      rows_d.udp        = info.udp;
      rows_d.ends_at_ip = issue_q.outer && !info.outer_has_l4;
      rows_d.csum       = info.outer_csum;
      rows_d.compute    = issue_q.outer ? info.outer_csum : info.compute;
      rows_d.refused    = refused;
      rows_d.last       = last;
      rows_d.nth        = issue_q.nth;
      rows_d.second     = at_l3[1];
      rows_d.bridged    = !rows_d.inner || !at_l3[1];
      rows_d.l3         = at_l3[4:2] - 3'(info.tag);
      rows_d.ip_words   = ip_bytes[9:2];
      rows_d.l4_bytes   = l4_bytes;
      rows_d.word       = issue_q.word;
      for (int unsigned i = 0; i < 8; i++) rows_d.in_header[i] = left > 10'(2 * i);
      rows_d.l4         = 9'(at_l4[8:2]) - {issue_q.word[7], issue_q.word};
    end
  end
  assign goes_in     = issue_q.outer && last;
  assign queue_ready = !busy_q || (last && !issue_q.outer);
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
    end else if (goes_in) begin
      issue_q.outer <= 1'b0;
      issue_q.nth   <= 4'b0001;
      issue_q.word  <= before_l3(info.l3[8:2]);
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
    logic       outer;
    logic       inner;
    logic       udp;
    logic       ends_at_ip;
    logic       csum;
    logic       compute;
    logic       refused;
    logic       last;
    logic       bridged;
    logic [3:0] nth;
    logic [2:0] tags;      // of a frame's own Ethernet header
    logic       v4_fits;   // an IPv4 header may be that long
    logic       v6_fits;
    logic [3:0] ip_words;
    logic       l4_fits;   // an L4 header may be that long
    logic [7:0] l4_words;
    logic       l4_bridged; // outer: L4 is followed by a tunnel header and Ethernet
    logic [3:0] behind;    // words behind L4, its first one among them
    logic [3:0] even;      // words whose first halfword is summed, by what L4 has there and IPv4
    logic [3:0] odd;
    logic [3:0] tail;      // words of L4 and what follows
    logic [3:0] gre_odd;   // words whose second halfword is summed if L4 is GRE
    logic       l4_at0;    // L4 begins at word 0
    logic       l4_at2;
    logic       has_l4;
    logic       has_seq;
    logic       has_geneve;
    logic       has_flags;
    logic       has_seed;
    logic [1:0] l4;        // place of L4 modulo 4
  } look_t;
  logic                           rows_valid_q, look_valid_q;
  look_t                          look_q, look_d;
  logic [4*Cfg.data_bits-1:0]     ring;
  logic [Groups-1:0][239:0]       group_at;
  logic [3:0][127:0]              bytes_at;
  logic [239:0]                   group;
  logic [223:0]                   words_at;
  logic [127:0]                   bytes_q, bytes_d;

  always_comb begin
    {ring, group_at, bytes_at, group, words_at} = 'x;
    bytes_d = bytes_q;
    if (rows_valid_q) begin
      ring = {2{window_data[1], window_data[0]}};
      for (int unsigned i = 0; i < Groups; i++) group_at[i] = ring[128*i +: 240];
      group    = group_at[rows_q.word[RowW:2]];
      words_at = rows_q.second ? group[239:16] : group[223:0];
      for (int unsigned i = 0; i < 4; i++) bytes_at[i] = words_at[32*i +: 128];
      bytes_d  = bytes_at[rows_q.word[1:0]];
    end
  end

  logic l4_long;  // what follows L4 is no options of TCP
  assign l4_long = rows_q.outer || rows_q.udp;
  always_comb begin
    look_d = look_q;
    if (rows_valid_q) begin
      look_d.tmpl       = rows_q.tmpl;
      look_d.outer      = rows_q.outer;
      look_d.inner      = rows_q.inner;
      look_d.udp        = rows_q.udp;
      look_d.ends_at_ip = rows_q.ends_at_ip;
      look_d.csum       = rows_q.csum;
      look_d.compute    = rows_q.compute;
      look_d.refused    = rows_q.refused;
      look_d.last       = rows_q.last;
      look_d.bridged    = rows_q.bridged;
      look_d.nth        = rows_q.nth;
      look_d.tags       = {rows_q.l3 >= 3'd6, rows_q.l3 >= 3'd5, rows_q.l3 >= 3'd4};
      look_d.v4_fits    = rows_q.ip_words[7:4] == '0;
      look_d.v6_fits    = !rows_q.ip_words[0] && rows_q.ip_words >= 8'd10;
      look_d.ip_words   = rows_q.ip_words[3:0];
      look_d.l4_fits    = rows_q.outer ? rows_q.ends_at_ip || $signed(rows_q.l4_bytes) >= 10'sd4
                          : rows_q.udp ? rows_q.l4_bytes == 10'd8
                          : rows_q.l4_bytes[9:6] == '0 && rows_q.l4_bytes >= 10'd20
                            && rows_q.l4_bytes[1:0] == '0;
      look_d.l4_words   = rows_q.l4_bytes[9:2];
      look_d.l4_bridged = rows_q.l4_bytes[1];
      for (int i = 0; i < 4; i++) begin
        look_d.behind[i] = rows_q.l4 <= 9'(i);
        look_d.tail[i]   = rows_q.l4 <= 9'(i);
        // not: sequence; flags, checksum. In UDP: length and checksum
        look_d.odd[i]    = rows_q.l4 != 9'(i) - 9'sd1 && rows_q.in_header[2*i+1];
        look_d.gre_odd[i] = rows_q.l4 == 9'(i) - 9'sd1 && rows_q.in_header[2*i+1];
        look_d.even[i]   = rows_q.l4 != 9'(i) - 9'sd1 && rows_q.in_header[2*i]
                           && (l4_long || (rows_q.l4 != 9'(i) - 9'sd3
                                           && rows_q.l4 != 9'(i) - 9'sd4));
      end
      if (rows_q.nth[AtL3]) begin
        look_d.even[1] = 1'b0;  // id, or IPv6's length
        look_d.odd[0]  = 1'b0;  // total length
        look_d.odd[2]  = 1'b0;  // header checksum
      end
      look_d.l4_at0     = rows_q.l4 == 9'sd0;
      look_d.l4_at2     = rows_q.l4 == 9'sd2;
      look_d.has_l4     = rows_q.l4 >= 9'sd0 && rows_q.l4 <= 9'sd3 && !rows_q.nth[Tags];
      look_d.has_seq    = rows_q.l4 >= -9'sd1 && rows_q.l4 <= 9'sd2 && !rows_q.nth[Tags];
      look_d.has_geneve = rows_q.l4 >= -9'sd2 && rows_q.l4 <= 9'sd1 && !rows_q.nth[Tags];
      look_d.has_flags  = rows_q.l4 >= -9'sd3 && rows_q.l4 <= 9'sd0 && !rows_q.nth[Tags];
      look_d.has_seed   = rows_q.l4 >= -9'sd4 && rows_q.l4 <= -9'sd1 && !rows_q.nth[Tags];
      look_d.l4         = rows_q.l4[1:0];
    end
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
    rows_q  <= rows_d;
    look_q  <= look_d;
    bytes_q <= bytes_d;
  end

  // -- look: what the halfwords are, and whether they may be ---------------------------------------
  logic [7:0][15:0] half;
  logic [3:0][31:0] words;
  logic             bad_now, bad_d, bad_q, v6_q, v6_now, v6_d, type_v4, type_v6;
  logic [7:0]       kind_q, kind_d;  // of the next IPv6 header
  logic [7:0]       skip_q, skip_d;  // units of 8 bytes from the window to where it begins
  logic [1:0]       begins;          // an IPv6 header begins in this half of the window
  logic [1:0][7:0]  kind;            // and is of this kind
  logic [15:0]      id_q, flags, flags_q, seed_q;
  logic [31:0]      seq_q;
  logic [1:0]       seq_word, geneve_word, flags_word;

  for (genvar i = 0; i < 8; i++) begin : gen_half
    assign half[i] = {bytes_q[16*i +: 8], bytes_q[16*i+8 +: 8]};  // network order
  end
  for (genvar i = 0; i < 4; i++) begin : gen_word
    assign words[i] = {half[2*i], half[2*i+1]};
  end
  assign type_v4 = half[7] == EtherIpv4;
  assign type_v6 = half[7] == EtherIpv6;
  assign seq_word    = look_q.l4 + 2'd1;
  assign geneve_word = look_q.l4 + 2'd2;
  assign flags_word  = look_q.l4 + 2'd3;
  assign flags       = words[flags_word][31:16];

  function automatic logic is_tag(logic [15:0] tpid);
    return tpid == TagCustomer || tpid == TagService;
  endfunction
  function automatic logic bad_extension(logic [7:0] which, logic [7:0] segments_left,
                                         logic compute);
    return !(which inside {HopByHop, Routing, Destination})
           || (which == Routing && compute && segments_left != '0);
  endfunction

  // -- look: where does a tunnel lead? Its header is known by GRE's flags, by VXLAN's and Geneve's ports and
  // Geneve's length; of other UDP ports only what lies inside is looked at
  typedef struct packed {
    logic [2:0] tags;   // of the inner Ethernet header
    logic       known;  // without that: the version is known
    logic       v6;
  } inner_t;
  inner_t     inner_q, inner_d;
  logic [7:0] protocol, known_words, spare_words;
  logic [15:0] tunnel_type;
  logic [31:0] l4_word, geneve;
  logic       is_l4, gre_now, gre_q, geneve_now, geneve_q, leads, misleads, lost;

  assign l4_word  = words[look_q.l4];
  assign geneve   = words[geneve_word];
  // the protocol of L4 stands in IPv4's header or in the last one of IPv6
  assign protocol = v6_now ? (look_q.l4_at0 ? kind[0] : kind[1]) : half[4][7:0];
  assign is_l4    = v6_now ? !look_q.nth[AtL3] && ((look_q.l4_at0 && begins[0])
                                                   || (look_q.l4_at2 && begins[1]))
                           : look_q.nth[AtL3];
  assign gre_now    = look_q.outer && (is_l4 ? protocol == Gre : gre_q);
  assign geneve_now = look_q.has_l4 ? !gre_now && l4_word[15:0] == PortGeneve : geneve_q;
  assign leads      = look_q.outer && !look_q.ends_at_ip
                      && (geneve_now ? look_q.has_geneve
                          : look_q.has_l4 && (gre_now || l4_word[15:0] == PortVxlan));
  always_comb begin
    known_words = 8'd4;
    tunnel_type = EtherBridged;
    if (geneve_now) begin
      known_words = 8'd4 + 8'(geneve[29:24]);
      tunnel_type = geneve[15:0];
    end else if (gre_now) begin
      known_words = 8'd1 + 8'(l4_word[31]) + 8'(l4_word[29]) + 8'(l4_word[28]);
      tunnel_type = l4_word[15:0];
    end
    // behind it: nothing, or 14 bytes and tags
    spare_words = look_q.l4_words - known_words - (look_q.l4_bridged ? 8'd3 : 8'd0);
    misleads    = leads && (look_q.l4_bridged
                            ? tunnel_type != EtherBridged || spare_words > 8'd3
                            : !(tunnel_type inside {EtherIpv4, EtherIpv6}) || spare_words != '0);
    // reserved flags, a version, a checksum that is not asked for or is asked for and has no place; or
    // no room for UDP
    lost        = look_q.outer && look_q.has_l4 && !look_q.ends_at_ip
                  && (gre_now ? {l4_word[30], l4_word[27:16]} != '0 || l4_word[31] != look_q.csum
                              : look_q.l4_words < (geneve_now ? 8'd4 : 8'd2));
    inner_d = inner_q;
    if (look_q.nth[Tags] && !look_q.inner) inner_d = '0;
    if (leads) begin
      inner_d = '{
        tags: {spare_words >= 8'd3, spare_words >= 8'd2, spare_words >= 8'd1}, known: 1'b1,
        v6: tunnel_type == EtherIpv6
      };
    end else if (look_q.ends_at_ip && is_l4) begin
      inner_d = '{tags: '0, known: 1'b1, v6: protocol == InIpv6};
    end
  end

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

  // a version that nothing told is what the header says
  assign v6_d   = !look_q.nth[Tags] ? v6_now
                  : look_q.bridged ? type_v6 : inner_q.v6;
  assign v6_now = look_q.nth[AtL3] && !look_q.bridged && !inner_q.known ? half[0][15:12] == 4'd6
                                                                        : v6_q;
  logic       wrong_protocol;
  logic [2:0] tags;
  assign wrong_protocol = !(look_q.ends_at_ip ? protocol inside {InIpv4, InIpv6}
                            : look_q.outer ? protocol inside {Udp, Gre}
                            : protocol == (look_q.udp ? Udp : Tcp));
  assign tags = look_q.inner ? inner_q.tags : look_q.tags;
  always_comb begin
    bad_now = look_q.refused || !look_q.l4_fits || misleads || lost;
    if (look_q.nth[Tags]) begin
      // tags at 12, 16, 20; type right before L3
      if (look_q.bridged) begin
        if (!type_v4 && !type_v6) bad_now = 1'b1;
        for (int unsigned i = 0; i < 3; i++) begin
          if (tags[i] && !is_tag(half[5-2*i])) bad_now = 1'b1;
        end
      end
    end else begin
      if (look_q.has_flags && !look_q.outer && !look_q.udp
          && {4'd0, flags[15:12]} != look_q.l4_words) begin
        bad_now = 1'b1;
      end
      if (look_q.nth[AtL3]) begin
        if (half[0][15:12] != (v6_now ? 4'd6 : 4'd4)) bad_now = 1'b1;
        if (v6_now ? !look_q.v6_fits
                   : !look_q.v4_fits || half[0][11:8] != look_q.ip_words || half[3][13:0] != '0
                     || wrong_protocol) begin
          bad_now = 1'b1;
        end
      end else if (v6_now) begin
        for (int unsigned i = 0; i < 2; i++) begin
          if (begins[i] && !look_q.behind[2*i]
              && bad_extension(kind[i], half[4*i+1][7:0], look_q.compute)) begin
            bad_now = 1'b1;
          end
        end
        if ((look_q.l4_at0 || look_q.l4_at2) && (!is_l4 || wrong_protocol)) bad_now = 1'b1;
      end
    end
    bad_d = bad_now || (bad_q && !(look_q.nth[Tags] && !look_q.inner));
  end

  always_ff @(posedge clk) begin
    if (look_valid_q) begin
      bad_q    <= bad_d;
      v6_q     <= v6_d;
      kind_q   <= kind_d;
      skip_q   <= skip_d;
      gre_q    <= gre_now;
      geneve_q <= geneve_now;
      inner_q  <= inner_d;
      if (look_q.nth[AtL3]) id_q <= half[2];
      if (look_q.has_seq) seq_q <= words[seq_word];
      if (look_q.has_flags) flags_q <= flags;
      if (look_q.udp ? look_q.has_seq : look_q.has_seed) begin
        seed_q <= look_q.udp ? words[seq_word][15:0] : l4_word[31:16];
      end
    end
  end

  // -- sum: the window's share of each sum ---------------------------------------------------------
  // A word belongs to the IP header, to L4 and what follows, or to nothing.
  logic             sum_valid_q, sum_first_q, sum_last_q, sum_bad_q, sum_v6_q, sum_gre_q;
  logic             sum_outer_q;
  template_t        sum_tmpl_q;
  logic [7:0]       sum_protocol_q;
  logic [3:0]       odd, front, address;
  logic [3:0][16:0] word_sum;
  logic [18:0]      front_part_q, address_part_q, l4_part_q;

  function automatic logic [18:0] masked_sum(logic [3:0][16:0] sums, logic [3:0] mask);
    return ((mask[0] ? 19'(sums[0]) : '0) + (mask[1] ? 19'(sums[1]) : '0))
           + ((mask[2] ? 19'(sums[2]) : '0) + (mask[3] ? 19'(sums[3]) : '0));
  endfunction

  always_comb begin
    odd = look_q.odd | (gre_now ? look_q.gre_odd : '0);
    if (v6_now && look_q.nth[AtL3]) begin  // no length and checksum, but flow label and source
      odd[0] = 1'b1;
      odd[2] = 1'b1;
    end
    front   = look_q.nth[Tags] ? '0 : ~look_q.behind;
    address = v6_now ? {{2{look_q.nth[AtL3] || look_q.nth[AtL3Plus16]}},
                        {2{look_q.nth[AtL3Plus16] || look_q.nth[AtL3Plus32]}}}
                     : {look_q.nth[AtL3], 2'b00, look_q.nth[AtL3Plus16]};
    for (int unsigned i = 0; i < 4; i++) begin
      word_sum[i] = (look_q.even[i] ? 17'(half[2*i]) : '0) + (odd[i] ? 17'(half[2*i+1]) : '0);
    end
  end

  always_ff @(posedge clk) begin
    if (!rst_n) sum_valid_q <= 1'b0;
    else sum_valid_q <= look_valid_q;
  end
  always_ff @(posedge clk) begin
    if (look_valid_q) begin
      sum_first_q    <= look_q.nth[Tags];
      sum_last_q     <= look_q.last;
      sum_tmpl_q     <= look_q.tmpl;
      sum_outer_q    <= look_q.outer;
      sum_bad_q      <= bad_d;
      sum_v6_q       <= v6_d;
      sum_gre_q      <= gre_now;
      sum_protocol_q <= look_q.outer || look_q.udp ? Udp : Tcp;
      front_part_q   <= masked_sum(word_sum, front);
      l4_part_q      <= masked_sum(word_sum, look_q.nth[Tags] ? '0 : look_q.tail);
      address_part_q <= masked_sum(word_sum, address);
    end
  end

  // -- add: running sums; with the last window they are the result ---------------------------------
  logic        done_valid_q, done_bad_q, done_v6_q, done_gre_q, done_outer_q;
  template_t   done_tmpl_q;
  logic [15:0] front_sum_q, address_sum_q, l4_sum_q;

  always_ff @(posedge clk) begin
    if (!rst_n) done_valid_q <= 1'b0;
    else done_valid_q <= sum_valid_q && sum_last_q;
  end
  always_ff @(posedge clk) begin
    if (sum_valid_q) begin
      done_tmpl_q   <= sum_tmpl_q;
      done_outer_q  <= sum_outer_q;
      done_bad_q    <= sum_bad_q;
      done_v6_q     <= sum_v6_q;
      done_gre_q    <= sum_gre_q;
      front_sum_q   <= fold20(20'(front_part_q) + (sum_first_q ? '0 : 20'(front_sum_q)));
      address_sum_q <= fold20(20'(address_part_q)
                              + (sum_first_q ? 20'(sum_protocol_q) : 20'(address_sum_q)));
      l4_sum_q      <= fold20(20'(l4_part_q) + (sum_first_q ? '0 : 20'(l4_sum_q)));
    end
  end

  assign parsed_valid = done_valid_q;
  assign parsed_tmpl  = done_tmpl_q;
  assign parsed_outer = done_outer_q;
  assign parsed_last  = !done_outer_q;
  // id, seq, flags and seed are not touched by the first window of the next layer
  assign parsed = '{
    bad: done_bad_q, v6: done_v6_q, gre: done_gre_q, ip_sum: front_sum_q,
    pseudo_sum: address_sum_q, l4_sum: l4_sum_q, id: id_q, seq: seq_q, flags: flags_q, seed: seed_q
  };

  logic unused_bits;  // the bank is the lowest bit of a row; of the job, what its window says
  assign unused_bits = ^{row, row_above, issue_q, ring, geneve};
endmodule : vmso_out_parse
