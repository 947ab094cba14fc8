// SPDX-License-Identifier: Apache-2.0
#include "catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso::referee {
namespace {

using Kind = TunnelHeaders::Kind;

void put16(std::vector<uint8_t> &b, size_t at, unsigned value) {
  b[at] = uint8_t(value >> 8);
  b[at + 1] = uint8_t(value);
}
unsigned get16(const std::vector<uint8_t> &b, size_t at) {
  return unsigned(b[at]) << 8 | b[at + 1];
}

std::vector<uint8_t> payload_of(size_t bytes) {
  Random random(bytes, "payload");
  std::vector<uint8_t> b(bytes);
  for (uint8_t &x : b) x = uint8_t(random());
  return b;
}

TcpHeaders tcp(uint8_t flags = kAck | kPsh, bool ipv6 = false) {
  TcpHeaders h;
  h.ipv6 = ipv6;
  h.flags = flags;
  h.tcp_options = timestamp_option();
  return h;
}
TcpHeaders plain_tcp(bool ipv6 = false) {
  TcpHeaders h;
  h.ipv6 = ipv6;
  return h;
}
UdpHeaders udp(bool ipv6 = false) {
  UdpHeaders h;
  h.ipv6 = ipv6;
  return h;
}
TunnelHeaders tunnel(Kind kind, bool ipv6 = false) {
  TunnelHeaders h;
  h.kind = kind;
  h.ipv6 = ipv6;
  h.ip_id = 0x4321;
  h.dont_fragment = false;
  return h;
}

Request tcp_request(const TcpHeaders &h, size_t bytes, unsigned mss = 1448) {
  return request(VMSO_KIND_TCP_SEG, tcp_template(h), VMSO_L4_COMPUTE, bytes, mss);
}
Request udp_request(const UdpHeaders &h, size_t bytes, unsigned mss = 1472) {
  return request(VMSO_KIND_UDP_SEG, udp_template(h), VMSO_L4_COMPUTE, bytes, mss);
}
Request tunnel_request(const TunnelHeaders &h, const TcpHeaders &inner, bool outer_csum = false,
                       size_t bytes = 10000, unsigned mss = 1398) {
  Template t = tunnel_template(h, tcp_template(inner));
  Request r = request(VMSO_KIND_TCP_SEG, t, VMSO_L4_COMPUTE, bytes, mss);
  r.job.outer_csum = outer_csum;
  return r;
}
Request tunnel_request(const TunnelHeaders &h, const UdpHeaders &inner, bool outer_csum) {
  Template t = tunnel_template(h, udp_template(inner));
  Request r = request(VMSO_KIND_UDP_SEG, t, VMSO_L4_COMPUTE, 10000, 1398);
  r.job.outer_csum = outer_csum;
  return r;
}

// Payload whose every segment has an L4 checksum of the zero class: the last two bytes of each are
// what the checksum was without them. Segments of even length.
void make_zero_class(Request &r, size_t checksum_at) {
  for (uint64_t k = 0; k < reference::segments(r.job); k++) {
    size_t first = reference::segment_first(r.job, k), n = reference::segment_bytes(r.job, k);
    put16(r.payload, first + n - 2, 0);
    auto frame = reference::frame(r.job, k, std::span(r.payload).subspan(first, n));
    put16(r.payload, first + n - 2, get16(frame, checksum_at));
  }
}

class Catalogue {
 public:
  std::vector<Case> cases;

  void add(std::string id, const Request &r, uint64_t frames, uint64_t last) {
    cases.push_back({std::move(id), super_packet(r), frames, last});
  }
  SuperPacket &last() { return cases.back().packet; }
  // With its checksum asked for, and not to be cut.
  void add_whole(std::string id, const Request &r) {
    add(std::move(id), r, 1, 0);
    last().net.gso_type = VirtioHeader::kNone;
    last().net.gso_size = 0;
    cases.back().last_bytes = last().frame.size() - 14;  // all behind the Ethernet header
  }

  void lengths() {
    add("BAS-01", tcp_request(tcp(kAck | kPsh | kFin | kCwr), 40000), 28, 904);
    add("BAS-02", tcp_request(tcp(), 5792), 4, 1448);
    add("BAS-03", tcp_request(tcp(), 1449), 2, 1);
    for (size_t bytes : {1u, 2u, 100u, 1435u, 1436u})
      add("BAS-04", tcp_request(tcp(kAck | kPsh | kFin | kCwr), bytes), 1, bytes);
    add("BAS-05", tcp_request(tcp(), 0), 1, 0);
    add("BAS-06", tcp_request(plain_tcp(), 1461, 1460), 2, 1);
    add("BAS-07", tcp_request(plain_tcp(), 65495, 1460), 45, 1255);
    add("BAS-08", tcp_request(plain_tcp(true), 65515, 1440), 46, 715);
    add("BAS-09", tcp_request(tcp(), 20, 1), 20, 1);
    add("BAS-10", tcp_request(tcp(), 2000, 1), 2000, 1);
    add("BAS-10 long", tcp_request(tcp(), 60000, 1), 60000, 1);
    add("BAS-11", tcp_request(tcp(), 65483, 536), 123, 91);
    add("BAS-12", tcp_request(tcp(), 62636, 8948), 7, 8948);
    add("BAS-13", tcp_request(tcp(), 65000, 60000), 2, 5000);
    add("BAS-14", tcp_request(plain_tcp(), 65495, 65494), 2, 1);
  }

  void flags() {
    for (unsigned bit = 0; bit < 12; bit++) {
      TcpHeaders h = tcp(uint8_t(bit < 8 ? 1u << bit : 0));
      h.reserved_flags = uint8_t(bit < 8 ? 0 : 1u << (bit - 8));
      add(fmt::format("FLG-01 bit {}", bit), tcp_request(h, 4 * 500, 500), 4, 500);
    }
    add("FLG-02", tcp_request(tcp(kAck | kCwr), 1000, 500), 2, 500);
    add("FLG-03", tcp_request(tcp(kAck | kCwr), 1600, 500), 4, 100);
    add("FLG-04", tcp_request(tcp(kAck | kCwr), 480, 500), 1, 480);
    TcpHeaders urgent = tcp(kAck | kEce | kCwr | kUrg);
    urgent.urgent = 5000;
    add("FLG-05", tcp_request(urgent, 2000, 500), 4, 500);
    TcpHeaders reserved = tcp();
    reserved.reserved_flags = 0xf;
    add("FLG-06", tcp_request(reserved, 2000, 500), 4, 500);
    for (unsigned both : {0u, 1u, 8u, 9u})
      add(fmt::format("FLG-07 {:x}", both), tcp_request(tcp(uint8_t(kAck | both)), 1501, 500), 4,
          1);
    add("FLG-10 SYN", tcp_request(tcp(kSyn), 1500, 500), 3, 500);
    add("FLG-10 RST", tcp_request(tcp(kAck | kRst), 1500, 500), 3, 500);
    add("FLG-11", tcp_request(tcp(kAck | kFin | kPsh | kCwr), 2000, 500), 4, 500);
  }

  void numbers() {
    unsigned row = 0;
    for (auto [seq, mss] : {std::pair{0xffffff00u, 1448u}, {0u - 1000, 1000u}, {~0u, 1448u}}) {
      TcpHeaders h = tcp();
      h.seq = seq;
      add(fmt::format("SEQ-{:02}", ++row), tcp_request(h, 4000, mss), mss == 1000 ? 4 : 3,
          mss == 1000 ? 1000 : 1104);
    }
    row = 0;
    add("SEQ-04", tcp_request(tcp(), 500000), 346, 440);
    for (auto [id, bytes] : {std::pair{0xfffe, 40000}, {0xffff, 4000}}) {
      TcpHeaders h = tcp();
      h.ip_id = uint16_t(id);
      add(fmt::format("IPID-{:02}", ++row), tcp_request(h, size_t(bytes)), bytes == 4000 ? 3 : 28,
          bytes == 4000 ? 1104 : 904);
    }
    TcpHeaders fragments = tcp();
    fragments.dont_fragment = false;
    add("IPID-03", tcp_request(fragments, 40000), 28, 904);
  }

  void checksums() {
    Request r = tcp_request(tcp(), 3000, 1000);
    make_zero_class(r, r.job.l4 + 16);
    add("CSM-01", r, 3, 1000);
    r = udp_request(udp(), 3000, 1000);
    make_zero_class(r, r.job.l4 + 6);
    add("CSM-02", r, 3, 1000);
    for (bool is_udp : {true, false}) {
      Request whole = is_udp ? udp_request(udp(), 500) : tcp_request(tcp(), 500);
      make_zero_class(whole, whole.job.l4 + (is_udp ? 6 : 16));
      add_whole(is_udp ? "CSM-03" : "CSM-04", whole);
    }
    add_whole("CSM-14", tcp_request(plain_tcp(), 0));
    TcpHeaders h = tcp();
    h.ip_id = 0;
    r = tcp_request(h, 4000);
    h.ip_id = uint16_t(get16(reference::frame(r.job, 0, std::span(r.payload).first(1448)), 24));
    add("CSM-05", tcp_request(h, 4000), 3, 1104);
    for (size_t bytes : {4000u, 4001u}) {
      for (unsigned fill : {0x00u, 0xffu}) {
        r = tcp_request(tcp(), bytes, 1333);
        std::ranges::fill(r.payload, uint8_t(fill));
        add(fmt::format("CSM-06 {:02x}", fill), r, 4, bytes - 3999);
      }
    }
    add("CSM-07", tcp_request(plain_tcp(), 20, 7), 3, 6);
    add("CSM-07 long", tcp_request(tcp(), 4001, 1333), 4, 2);
    for (unsigned seed : {0xbeefu, 0u, 0xffffu}) {
      add(fmt::format("CSM-08 {:04x}", seed), tcp_request(tcp(), 4000), 3, 1104);
      put16(last().frame, last().net.csum_start + 16u, seed);
      add(fmt::format("CSM-17 {:04x}", seed), udp_request(udp(), 4000), 3, 1056);
      put16(last().frame, last().net.csum_start + 6u, seed);
    }
    r = tcp_request(tcp(), 4000);
    h = tcp();
    h.l4_mode = VMSO_L4_SEED_NO_LEN;
    add("CSM-10", r, 3, 1104);
    put16(last().frame, last().net.csum_start + 16u, get16(tcp_template(h).bytes, r.job.l4 + 16));
    for (unsigned check : {0u, 0xbeefu}) {
      add(fmt::format("CSM-11 {:04x}", check), tcp_request(tcp(), 4000), 3, 1104);
      put16(last().frame, 24, check);
    }
    generic_checksums();
    for (size_t bytes : {70000u, 131072u, 500000u}) {
      bool v6 = bytes == 131072;
      uint64_t n = (bytes + 1427) / 1428;
      add("CSM-15", tcp_request(tcp(kAck, v6), bytes, 1428), n, bytes - (n - 1) * 1428);
    }
    for (unsigned seed : {0xffffu, 0u}) {
      r = tcp_request(tcp(), 60001);
      std::ranges::fill(r.payload, uint8_t(0xff));
      add(fmt::format("CSM-16 {:04x}", seed), r, 42, 633);
      put16(last().frame, last().net.csum_start + 16u, seed);
    }
    add("CSM-08 not asked for", tcp_request(tcp(), 4000), 3, 1104);  // nobody asked for a checksum
    last().net.flags = 0;
    put16(last().frame, last().net.csum_start + 16u, 0xbeef);
    last().net.csum_start = last().net.csum_offset = 0;
  }

  void generic_checksums() {
    const std::pair<unsigned, unsigned> places[] = {{34, 6}, {35, 6},  {35, 7},  {35, 0}, {34, 0},
                                                    {34, 1}, {34, 16}, {212, 0}, {211, 1}};
    for (auto [start, offset] : places) {
      Request r = tcp_request(plain_tcp(), 160);
      r.job.kind = VMSO_KIND_CSUM;
      r.job.csum_start = start;
      r.job.csum_offset = offset;
      add(fmt::format("CSM-12 start {} offset {}", start, offset), r, 1, 200);
    }
  }

  void templates() {
    for (unsigned length : {0u, 4321u, 65535u}) {
      add(fmt::format("LEN-01 {}", length), tcp_request(tcp(), 4000), 3, 1104);
      put16(last().frame, 16, length);
    }
    add("LEN-02", tcp_request(tcp(kAck, true), 4000, 1428), 3, 1144);
    put16(last().frame, 18, 0);
    add("LEN-03", tcp_request(tcp(kAck, true), 4000, 1428), 3, 1144);
    TcpHeaders sack = tcp();
    const uint8_t block[] = {1, 1, 5, 18, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0};
    sack.tcp_options.insert(sack.tcp_options.end(), std::begin(block), std::end(block));
    sack.tcp_options.resize(40, 1);
    add("OPT-03", tcp_request(sack, 4000), 3, 1104);
    TcpHeaders longest = plain_tcp();
    longest.ip_options.assign(40, 1);
    longest.tcp_options.assign(40, 1);
    longest.tags = 2;
    add("OPT-04", tcp_request(longest, 300, 1), 300, 1);
    for (unsigned hint : {0u, 20u, 3000u}) {
      add(fmt::format("OPT-06 {}", hint), tcp_request(tcp(), 4000), 3, 1104);
      last().net.hdr_len = uint16_t(hint);
    }
    for (unsigned bits : {4u, 0xf4u, 2u}) {
      add(fmt::format("VNH-02 {:02x}", bits), tcp_request(tcp(), 4000), 3, 1104);
      last().net.flags = uint8_t(last().net.flags | bits);
    }
  }

  void ipv6() {
    add("V6-01", tcp_request(tcp(kAck | kPsh, true), 40000, 1428), 29, 16);
    TcpHeaders h = tcp(kAck | kPsh, true);
    h.traffic_class = 0x03;
    h.flow_label = 0x12345;
    add("V6-02", tcp_request(h, 4000, 1428), 3, 1144);
    constexpr auto kHop = ExtensionHeader::kHopByHop;
    constexpr auto kRouting = ExtensionHeader::kRouting;
    constexpr auto kDestination = ExtensionHeader::kDestination;
    const std::vector<ExtensionHeader> chains[] = {
        {{kHop, 8}},
        {{kDestination, 16}},
        {{kRouting, 24, 0}},
        {{kHop, 8}, {kDestination, 24}},
        {{kHop, 16}, {kDestination, 8}, {kRouting, 40, 0}, {kDestination, 64}}};
    for (const auto &chain : chains) {
      h = tcp(kAck | kPsh, true);
      h.extension_headers = chain;
      add(fmt::format("V6-03 of {}", chain.size()), tcp_request(h, 4000, 1400), 3, 1200);
    }
    add("V6-08", tcp_request(plain_tcp(true), 80000, 1300), 62, 700);
    add("V6-09", tcp_request(tcp(), 80000, 1300), 62, 700);
    put16(last().frame, 16, 0xbeef);
  }

  void tags() {
    for (unsigned tci : {0x2005u, 0xe000u}) {
      TcpHeaders h = tcp();
      h.tags = 1;
      add(fmt::format("VLN-01 {:04x}", tci), tcp_request(h, 4000), 3, 1104);
      put16(last().frame, 14, tci);
    }
    for (unsigned tags : {2u, 3u}) {
      TcpHeaders h = tcp(kAck, tags == 3);
      h.tags = tags;
      add(fmt::format("VLN-02 {}", tags), tcp_request(h, 4000, 1428), 3, 1144);
      add(fmt::format("VLN-02 {} of 8100", tags), tcp_request(h, 4000, 1428), 3, 1144);
      put16(last().frame, 12, 0x8100);
      put16(last().frame, 16, 0x8100);
    }
    TcpHeaders h = plain_tcp();
    h.tags = 1;
    add("VLN-04", tcp_request(h, 1449), 2, 1);
  }

  void datagrams() {
    UdpHeaders h = udp();
    add("USO-01", udp_request(h, 10000), 7, 1168);
    h.dont_fragment = false;
    add("USO-01 no DF", udp_request(h, 10000), 7, 1168);
    add("USO-02", udp_request(udp(true), 10000, 1452), 7, 1288);
    for (bool v6 : {false, true}) {
      add("USO-03 equal", udp_request(udp(v6), 1000, 1000), 1, 1000);
      add("USO-03 + 1", udp_request(udp(v6), 1001, 1000), 2, 1);
      add("USO-03 + 8", udp_request(udp(v6), 1008, 1000), 2, 8);
      add("USO-03 + 9", udp_request(udp(v6), 1009, 1000), 2, 9);
      add("USO-03 less", udp_request(udp(v6), 999, 1000), 1, 999);
    }
    add("USO-04", udp_request(udp(), 128 * 100, 100), 128, 100);
    add("USO-05", udp_request(udp(), 65507), 45, 739);
    add("USO-06", udp_request(udp(), 20, 1), 20, 1);
  }

  void tunnels() {
    TcpHeaders inner = tcp();
    inner.ip_id = 0x7000;
    add("TUN-01", tunnel_request(tunnel(Kind::kVxlan), inner), 8, 214);
    TunnelHeaders h = tunnel(Kind::kVxlan);
    h.dont_fragment = true;
    add("TUN-02", tunnel_request(h, inner), 8, 214);
    for (bool v6 : {false, true})
      add("TUN-03", tunnel_request(tunnel(Kind::kVxlan, v6), inner, true), 8, 214);
    add("TUN-04", tunnel_request(tunnel(Kind::kVxlan, true), inner), 8, 214);
    h = tunnel(Kind::kGeneve);
    h.geneve_options = {0x01, 0x02, 0x80, 0x01, 0xde, 0xad, 0xbe, 0xef};
    add("TUN-05", tunnel_request(h, inner, true), 8, 214);
    for (unsigned mix = 0; mix < 16; mix++) {
      bool outer = mix & 1, v6 = mix & 2, csum = mix & 4;
      Kind kind = mix & 8 ? Kind::kGeneve : Kind::kVxlan;
      add(fmt::format("TUN-06 TCP mix {:x}", mix),
          tunnel_request(tunnel(kind, outer), tcp(kAck, v6), csum), 8, 214);
      add(fmt::format("TUN-06 UDP mix {:x}", mix),
          tunnel_request(tunnel(kind, outer), udp(v6), csum), 8, 214);
    }
    for (unsigned tags : {1u, 2u}) {
      inner.tags = tags;
      add("TUN-07", tunnel_request(tunnel(Kind::kVxlan), inner, true), 8, 214);
    }
    inner.tags = 0;
    for (bool v6 : {false, true}) {  // an outer checksum of the zero class in every frame
      h = tunnel(Kind::kVxlan, v6);
      h.vni = 0;
      Request r = tunnel_request(h, inner, true, 5000, 1000);
      auto frame = reference::frame(r.job, 0, std::span(r.payload).first(1000));
      h.vni = get16(frame, r.job.outer_l4 + 6) << 8;
      add("TUN-08", tunnel_request(h, inner, true, 5000, 1000), 5, 1000);
    }
    for (bool outer : {false, true}) {
      for (bool v6 : {false, true}) {
        std::string families = fmt::format("{} in {}", v6 ? 6 : 4, outer ? 6 : 4);
        for (Kind kind : {Kind::kIp, Kind::kGre, Kind::kGreEthernet}) {
          h = tunnel(kind, outer);
          h.gre_sequence = v6;
          h.gre_key = outer;
          std::string id = fmt::format("TUN-09 {} kind {}", families, int(kind));
          add(id + " TCP", tunnel_request(h, tcp(kAck | kPsh, v6)), 8, 214);
          add(id + " UDP", tunnel_request(h, udp(v6), false), 8, 214);
        }
      }
    }
    add("TUN-13", tunnel_request(tunnel(Kind::kVxlan), tcp(kAck | kCwr | kFin)), 8, 214);
    h = tunnel(Kind::kVxlan);
    h.traffic_class = 0x03;  // CE outside alone
    add("TUN-14", tunnel_request(h, inner), 8, 214);
  }
};

Request random_request(Random &random, bool for_kernel);

}  // namespace

Request request(vmso_kind kind, const Template &header, vmso_l4_mode l4_mode, size_t payload_bytes,
                unsigned mss) {
  Request r;
  r.job.kind = kind;
  r.job.header = header.bytes;
  r.job.l3 = header.l3;
  r.job.l4 = header.l4;
  r.job.outer_l3 = header.outer_l3;
  r.job.outer_l4 = header.outer_l4;
  r.job.mss = mss;
  r.job.l4_mode = l4_mode;
  r.job.payload_bytes = payload_bytes;
  r.payload = payload_of(payload_bytes);
  return r;
}

SuperPacket super_packet(const Request &request) {
  return vmso::super_packet(request.job, request.payload);
}

const std::vector<Case> &catalogue() {
  static const std::vector<Case> all = [] {
    Catalogue c;
    c.lengths();
    c.flags();
    c.numbers();
    c.checksums();
    c.templates();
    c.ipv6();
    c.tags();
    c.datagrams();
    c.tunnels();
    return std::move(c.cases);
  }();
  return all;
}

const std::vector<Refusal> &refusals() {
  static const std::vector<Refusal> all = [] {
    std::vector<Refusal> r;
    auto add = [&](std::string id, SuperPacket packet, auto &&spoil) {
      spoil(packet);
      r.push_back({std::move(id), std::move(packet)});
    };
    SuperPacket four = super_packet(tcp_request(tcp(), 4000));
    SuperPacket six = super_packet(tcp_request(tcp(kAck, true), 4000, 1428));
    SuperPacket vxlan = super_packet(tunnel_request(tunnel(Kind::kVxlan), tcp(), true));
    SuperPacket sum = four;
    sum.net.gso_type = VirtioHeader::kNone;
    add("CSM-13", sum, [](SuperPacket &p) { p.net.csum_start = uint16_t(p.frame.size() - 1); });
    add("OPT-05 data offset", four, [](SuperPacket &p) { p.frame[34 + 12] = 0x40; });
    add("OPT-05 header length", four, [](SuperPacket &p) { p.frame[14] = 0x44; });
    for (unsigned protocol : {44u, 50u, 51u, 59u, 135u, 139u, 253u}) {
      add(fmt::format("V6-04 {}", protocol), six,
          [&](SuperPacket &p) { p.frame[14 + 6] = uint8_t(protocol); });
    }
    add("VNH-01", four, [](SuperPacket &p) { p.net.gso_size = 0; });
    add("VNH-03 family", six, [](SuperPacket &p) { p.net.gso_type = VirtioHeader::kTcp4; });
    add("VNH-03 protocol", super_packet(udp_request(udp(), 4000)), [](SuperPacket &p) {
      p.net.gso_type = VirtioHeader::kTcp4;
      p.net.csum_offset = 16;
    });
    add("VNH-03 ARP", four, [](SuperPacket &p) { put16(p.frame, 12, 0x0806); });
    add("VNH-04", four, [](SuperPacket &p) { p.net.csum_offset = 6; });
    add("TUN-12 both families", vxlan,
        [](SuperPacket &p) { p.net.gso_type |= VirtioHeader::kTunnelIpv6; });
    add("TUN-12 nothing to cut", vxlan,
        [](SuperPacket &p) { p.net.gso_type = VirtioHeader::kTunnelIpv4; });
    add("TUN-12 no checksum", vxlan, [](SuperPacket &p) { p.net.flags = 0; });
    add("TUN-12 beyond the frame", vxlan,
        [](SuperPacket &p) { p.net.outer_th_offset = uint16_t(p.frame.size() + 1); });
    add("TUN-12 order", vxlan,
        [](SuperPacket &p) { p.net.inner_nh_offset = uint16_t(p.net.outer_th_offset - 2); });
    return r;
  }();
  return all;
}

namespace {

Request random_request(Random &random, bool for_kernel) {
  auto one_in = [&](uint64_t n) { return random.below(n) == 0; };
  auto some_ip = [&](IpHeaders &h, unsigned most_tags, bool options) {
    h.ipv6 = random.below(2);
    h.tags = one_in(3) ? unsigned(random.between(1, most_tags)) : 0;
    h.ip_id = uint16_t(random());
    h.dont_fragment = random.below(2);
    h.traffic_class = uint8_t(random());
    h.flow_label = uint32_t(random());
    h.hop_limit = uint8_t(random.between(2, 255));
    if (!options || !one_in(3)) return;
    if (!h.ipv6) {
      h.ip_options.assign(4 * random.between(1, 10), 1);
      return;
    }
    auto headers = random.between(1, 3);
    if (random.below(2)) h.extension_headers.push_back({ExtensionHeader::kHopByHop, 8});
    while (h.extension_headers.size() < headers) {
      auto type = random.below(2) ? ExtensionHeader::kRouting : ExtensionHeader::kDestination;
      h.extension_headers.push_back({type, unsigned(8 * random.between(1, 4))});
    }
  };
  auto some_l4 = [&](L4Headers &h) {
    h.source_port = uint16_t(random.between(61000, 65535));       // of nobody, so that a foreign
    h.destination_port = uint16_t(random.between(61000, 65535));  // parser looks for no more
  };
  constexpr vmso_l4_mode kModes[] = {VMSO_L4_COMPUTE, VMSO_L4_SEED_NO_LEN, VMSO_L4_SEED_FULL};

  bool is_udp = one_in(3), in_tunnel = one_in(3);
  unsigned mss = unsigned(one_in(4) ? random.between(1, 100) : random.between(100, 9000));
  uint64_t most = is_udp ? std::min<uint64_t>(60000, 128 * mss) : one_in(10) ? 90000 : 20000;
  most = std::min<uint64_t>(most, 400 * mss);
  uint64_t bytes = random.below(most + 1);
  if (one_in(3)) bytes = mss * random.between(1, std::max<uint64_t>(most / mss, 1));
  if (one_in(4)) bytes += random.below(3);
  bytes = std::min(bytes, most);
  vmso_l4_mode mode = kModes[random.below(3)];
  if (for_kernel && in_tunnel) bytes = std::max<uint64_t>(bytes, mss + 1);

  Template t;
  if (is_udp) {
    UdpHeaders h;
    some_ip(h, in_tunnel ? 2 : 3, true);
    some_l4(h);
    h.l4_mode = mode;
    h.payload_bytes = uint32_t(bytes);
    t = udp_template(h);
  } else {
    TcpHeaders h;
    some_ip(h, in_tunnel ? 2 : 3, true);
    some_l4(h);
    h.seq = uint32_t(random());
    h.ack = uint32_t(random());
    h.window = uint16_t(random());
    h.urgent = uint16_t(random());
    h.flags = uint8_t(random());
    h.reserved_flags = uint8_t(random());
    h.tcp_options.assign(4 * random.below(11), 1);
    // The kernel drops a payload that would fit without the options.
    if (for_kernel && bytes <= mss && bytes + h.tcp_options.size() > mss) bytes = mss + 1;
    h.l4_mode = mode;
    h.payload_bytes = uint32_t(bytes);
    t = tcp_template(h);
  }
  bool outer_csum = false;
  if (in_tunnel) {
    TunnelHeaders h;
    h.kind = Kind(random.below(5));
    bool in_udp = h.kind == Kind::kVxlan || h.kind == Kind::kGeneve;
    some_ip(h, in_udp ? 2 : 1, in_udp);
    h.vni = uint32_t(random.below(1 << 24));
    for (auto n = random.below(10); n > 0; n--) {  // options without data
      for (unsigned b : {0xffu, 0xf0u, unsigned(random.below(256)), 0u})
        h.geneve_options.push_back(uint8_t(b));
    }
    h.gre_key = random.below(2);
    h.gre_sequence = random.below(2);
    h.gre_checksum = !for_kernel && random.below(2);
    outer_csum = in_udp ? random.below(2) : h.gre_checksum;
    t = tunnel_template(h, t);
  }
  Request r = request(is_udp ? VMSO_KIND_UDP_SEG : VMSO_KIND_TCP_SEG, t, mode, bytes, mss);
  r.job.outer_csum = outer_csum;
  return r;
}

}  // namespace

Request random_request(Random &random) { return random_request(random, true); }

Request random_request_of_any_kind(Random &random) {
  Request r = random_request(random, false);
  reference::Job &job = r.job;
  job.id_mode = vmso_id_mode(random.below(3));
  job.outer_id_mode = vmso_id_mode(random.below(3));
  if (random.below(2)) {
    for (uint16_t &mask : job.flag_masks) mask = uint16_t(random.below(1 << 12));
  }
  if (random.below(2)) {
    job.vlan = reference::VlanTag{uint16_t(random.below(2) ? 0x8100 : 0x88a8), uint16_t(random())};
  }
  bool ipv6 = job.header[job.l3] >> 4 == 6;
  if (job.kind == VMSO_KIND_UDP_SEG && !ipv6 && random.below(4) == 0) job.l4_mode = VMSO_L4_NONE;
  return r;
}

}  // namespace vmso::referee
