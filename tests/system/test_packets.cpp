// SPDX-License-Identifier: Apache-2.0
// Packets with a virtio_net_hdr through the engine (app/packet_engine.hpp), and what a capture's
// packets are taken for (app/captures.hpp).
#include <unistd.h>

#include "app/captures.hpp"
#include "app/packet_engine.hpp"
#include "app/records.hpp"
#include "packets.hpp"

namespace vmso::test {
namespace {

using Bytes = std::vector<uint8_t>;

struct Run {
  SystemOptions options;
  bool pad;
  std::vector<PacketAnswer> answers;
  PacketEngine engine;

  explicit Run(const SystemOptions &options, bool pad = false)
      : options(options),
        pad(pad),
        engine(options, pad, [this](const PacketAnswer &answer) { answers.push_back(answer); }) {}
  void push(const Request &r) { engine.push(r.vnet(), r.packet); }
};

std::vector<Bytes> frames_of(const PacketAnswer &answer) {
  std::vector<Bytes> frames;
  for_each_frame(answer,
                 [&](std::span<const uint8_t> f) { frames.emplace_back(f.begin(), f.end()); });
  return frames;
}

unsigned get16(const Bytes &b, size_t at) { return unsigned(b[at]) << 8 | b[at + 1]; }

}  // namespace

TEST_CASE("Answers come in the order of the packets and each packet has one", "[packets]") {
  SystemOptions o = options(0x5e61);
  VMSO_SAY_HOW(o);
  Run run(o);
  std::vector<int> expected;
  for (unsigned i = 0; i < 60; i++) {
    unsigned payload = i % 7 * 500;
    Request r = Request::tcp4_seg(payload, 700);
    r.packet[19] = uint8_t(i);  // identification: which one it is
    if (i % 5 == 2) r.gso_size = 0;
    if (i % 11 == 3) {
      run.engine.refuse(-7777);
      expected.push_back(-7777);
    }
    run.push(r);
    expected.push_back(i % 5 == 2 ? int(VMSO_REFUSED_GSO_SIZE)
                                  : int(std::max(1u, (payload + 699) / 700)));
  }
  CHECK(run.engine.conclude() == "");
  REQUIRE(run.answers.size() == expected.size());
  unsigned packet = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    INFO("answer " << i);
    CHECK(run.answers[i].count == expected[i]);
    std::vector<Bytes> frames = frames_of(run.answers[i]);
    CHECK(frames.size() == size_t(std::max(expected[i], 0)));
    if (!frames.empty()) CHECK((get16(frames[0], 18) & 0xff) == packet);
    packet += expected[i] != -7777;
  }
}

TEST_CASE("Frames are as long as their headers say or padded to 60 bytes", "[packets]") {
  for (bool pad : {false, true}) {
    SystemOptions o = options(0x5e62);
    VMSO_SAY_HOW(o);
    Run run(o, pad);
    run.push(Request::tcp4_seg(1001, 1000));    // the last frame has 55 bytes
    run.push(Request{.packet = Bytes(14, 7)});  // a frame, not padded by its sender
    Bytes padded = tcp4(0);
    padded.resize(60);
    run.push(Request{.packet = padded});  // and one that was
    run.push(Request::tcp4_seg(0, 1000));
    CHECK(run.engine.conclude() == "");
    REQUIRE(run.answers.size() == 4);
    auto length = [&](size_t answer, size_t frame) {
      return frames_of(run.answers[answer])[frame].size();
    };
    CHECK(length(0, 0) == 1054);
    CHECK(length(0, 1) == (pad ? 60 : 55));
    CHECK(get16(frames_of(run.answers[0])[1], 16) == 41);
    CHECK(length(1, 0) == (pad ? 60 : 14));
    CHECK(length(2, 0) == 60);
    CHECK(length(3, 0) == (pad ? 60 : 54));
  }
}

TEST_CASE("A record ends the payload whatever the IP length says", "[packets]") {
  SystemOptions o = options(0x5e63);
  VMSO_SAY_HOW(o);
  Run run(o);
  for (unsigned length : {0u, 4321u, 65535u, 540u}) {
    Request r = Request::tcp4_seg(3000, 1000);
    r.packet[16] = uint8_t(length >> 8), r.packet[17] = uint8_t(length);
    run.push(r);
  }
  CHECK(run.engine.conclude() == "");
  REQUIRE(run.answers.size() == 4);
  for (const PacketAnswer &a : run.answers) {
    CHECK(a.count == 3);
    CHECK(a.frames == run.answers[0].frames);
  }
}

TEST_CASE("A jumbogram leaves without its hop-by-hop header", "[packets]") {
  SystemOptions o = options(0x5e64, "wide");
  VMSO_SAY_HOW(o);
  Run run(o);
  constexpr size_t kPayload = 80000;
  TcpHeaders h;
  h.ipv6 = true;
  Template t = seeded(h, kPayload);
  Request plain = Request::tcp(packet_of(t, kPayload), t, 1300), jumbo = plain;
  plain.packet[18] = plain.packet[19] = jumbo.packet[18] = jumbo.packet[19] = 0;
  jumbo.packet[20] = 0;
  uint32_t length = kPayload + 28;
  insert(jumbo.packet, 54,
         {6, 0, 0xc2, 4, 0, uint8_t(length >> 16), uint8_t(length >> 8), uint8_t(length)});
  jumbo.csum_start += 8;
  jumbo.hdr_len = 82;
  run.push(plain);
  run.push(jumbo);
  CHECK(run.engine.conclude() == "");
  REQUIRE(run.answers.size() == 2);
  REQUIRE(run.answers[0].count == 62);
  REQUIRE(run.answers[1].frames == run.answers[0].frames);
  CHECK(frames_of(run.answers[1])[0][20] == 6);
}

TEST_CASE("A full seed that is wrong makes the checksums that a kernel makes of it", "[packets]") {
  SystemOptions o = options(0x5e65);
  VMSO_SAY_HOW(o);
  Run run(o);
  Request right = Request::tcp4_seg(2000, 1000), junk = right, computed = right;
  junk.packet[50] = 0xbe, junk.packet[51] = 0xef;
  computed.packet[50] = 0xbe, computed.packet[51] = 0xef, computed.flags = 0;
  for (const Request &r : {right, junk, computed}) run.push(r);
  CHECK(run.engine.conclude() == "");
  REQUIRE(run.answers.size() == 3);
  CHECK(run.answers[2].frames == run.answers[0].frames);
  Bytes good = frames_of(run.answers[0])[1], bad = frames_of(run.answers[1])[1];
  unsigned seed = get16(right.packet, 50);
  auto sum = [](unsigned a, unsigned b) { return (a + b) % 0xffff; };
  CHECK(sum(get16(good, 50), seed) == sum(get16(bad, 50), 0xbeef));
}

TEST_CASE("Spoiled packets get an answer each and the engine agrees with the driver", "[packets]") {
  SystemOptions o = options(0x5e66);
  VMSO_SAY_HOW(o);
  Run run(o);
  Random random(o.seed, "spoil");
  constexpr unsigned kPackets = 3000;
  std::vector<bool> tunnel;
  for (unsigned i = 0; i < kPackets; i++) {
    TcpHeaders h;
    h.ipv6 = random.chance(0.5);
    h.tags = unsigned(random.below(4));
    h.extension_headers = destination_options(h.ipv6 ? unsigned(random.below(3)) : 0);
    if (random.chance(0.5)) h.tcp_options = timestamp_option();
    size_t payload = random.below(300);
    Template t = seeded(h, payload);
    Request r = Request::tcp(packet_of(t, payload), t, uint16_t(random.between(1, 100)));
    if (random.chance(0.1)) r = vxlan4_tcp4_seg(payload, 100);
    if (random.chance(0.1)) r = Request::udp4_seg(payload, 100);
    if (random.chance(0.5)) r.vnet_bytes = VMSO_VIRTIO_TUNNEL_BYTES;
    Bytes vnet = r.vnet();
    for (uint64_t n = random.below(3); n > 0; n--) {
      Bytes &spoiled = random.chance(0.3) ? vnet : r.packet;
      size_t most = std::min<size_t>(spoiled.size(), 110);
      spoiled[random.below(most)] =
          random.chance(0.5) ? uint8_t(random()) : uint8_t(random.below(8));
    }
    if (random.chance(0.05)) r.packet.resize(random.below(r.packet.size()));
    tunnel.push_back(vnet[1] & 0x60);
    run.engine.push(vnet, std::move(r.packet));
  }
  CHECK(run.engine.conclude() == "");
  REQUIRE(run.answers.size() == kPackets);
  unsigned sent = 0;
  for (size_t i = 0; i < kPackets; i++) {
    const PacketAnswer &a = run.answers[i];
    sent += a.count > 0;
    auto is = [&](vmso_status status) { return a.count == vmso_refusal_of_status(status); };
    bool by_driver = a.count > VMSO_REFUSED_STATUS || is(VMSO_STATUS_HDR_LONG) ||
                     is(VMSO_STATUS_FRAME_TOO_LONG) || is(VMSO_STATUS_FRAME_SHORT) ||
                     is(VMSO_STATUS_OFFSET_ODD);
    // what is between the headers of a UDP tunnel is the engine's business
    by_driver = by_driver || (tunnel[i] && is(VMSO_STATUS_BAD_TEMPLATE));
    INFO(vmso_refusal_name(a.count));
    CHECK(by_driver);
  }
  CHECK(sent > kPackets / 3);
  CHECK(sent < kPackets);
}

TEST_CASE("Memory is used again behind a fence", "[packets]") {
  SystemOptions o = options(0x5e67, "wide");
  for (PageSize page : {PageSize::k4K, PageSize::k2M}) {
    o.space.page = page;
    VMSO_SAY_HOW(o);
    Run run(o);
    for (unsigned i = 0; i < 150; i++) run.push(Request::tcp4_seg(65160, 8948));
    CHECK(run.engine.conclude() == "");
    CHECK(run.answers.size() == 150);
    // 9.8 MB were sent; with pages that are used in part and rings it is about a half
    CHECK(run.engine.system().memory.frames_most() * kFrameBytes < 8u << 20);
  }
}

TEST_CASE("A frame above the limit of records is passed over", "[packets]") {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  auto put = [&](uint32_t vnet, uint32_t packet) {
    Bytes bytes(8 + vnet + packet, 7);
    for (unsigned i = 0; i < 4; i++) {
      bytes[i] = uint8_t(vnet >> 8 * i);
      bytes[4 + i] = uint8_t(packet >> 8 * i);
    }
    REQUIRE(::write(pipe[1], bytes.data(), bytes.size()) == ssize_t(bytes.size()));
  };
  for (uint32_t packet : {100u, 101u, 5u}) put(12, packet);
  put(25, 6);
  ::close(pipe[1]);
  RecordReader reader(
      pipe[0], 100, [] {}, nullptr);
  for (auto [vnet, packet, too_long] :
       {std::tuple(12, 100, false), {12, 0, true}, {12, 5, false}, {0, 6, false}}) {
    std::optional<Record> record = reader.next();
    REQUIRE(record);
    CHECK(record->vnet.size() == size_t(vnet));
    CHECK(record->packet.size() == size_t(packet));
    CHECK(record->too_long == too_long);
  }
  CHECK_FALSE(reader.next());
  CHECK(reader.cut() == "");
  CHECK(reader.count() == 4);
  ::close(pipe[0]);
}

// ---- captures ----------------------------------------------------------------------------------

namespace {

void put16(Bytes &b, size_t at, size_t value) {
  b.at(at) = uint8_t(value >> 8);
  b.at(at + 1) = uint8_t(value);
}

// What a capture shows of a packet: its IP length as a stack sets it.
Bytes captured(Bytes packet, size_t l3 = 14) {
  bool ipv6 = packet[l3] >> 4 == 6;
  put16(packet, l3 + (ipv6 ? 4 : 2), packet.size() - l3 - (ipv6 ? 40 : 0));
  return packet;
}

Bytes captured_tunnel(const Template &t, size_t payload) {
  Bytes packet = captured(captured(packet_of(t, payload), t.l3), t.outer_l3);
  bool udp = packet[t.outer_l3 + (packet[t.outer_l3] >> 4 == 6 ? 6 : 9)] == VMSO_PROTOCOL_UDP;
  if (udp) put16(packet, t.outer_l4 + 4, packet.size() - t.outer_l4);
  return packet;
}

// An IP packet in Geneve, without an Ethernet header of its own.
Template ip_in_geneve(bool ipv6) {
  TunnelHeaders h;
  h.kind = TunnelHeaders::Kind::kGeneve;
  TcpHeaders inner;
  inner.ipv6 = ipv6;
  Template t = tunnel_template(h, tcp_template(inner));
  auto ip = t.bytes.begin() + t.l3;
  t.bytes.erase(ip - VMSO_ETHERNET_BYTES, ip);
  t.l3 = uint16_t(t.l3 - VMSO_ETHERNET_BYTES), t.l4 = uint16_t(t.l4 - VMSO_ETHERNET_BYTES);
  put16(t.bytes, t.outer_l4 + 8 + 2, ipv6 ? VMSO_TYPE_IPV6 : VMSO_TYPE_IPV4);
  return t;
}

vmso_virtio_net read(const CaptureRequest &r) {
  vmso_virtio_net net{};
  REQUIRE(vmso_virtio_read(r.vnet.data(), uint32_t(r.vnet.size()), &net) == VMSO_OK);
  return net;
}

}  // namespace

TEST_CASE("A captured TCP packet is a request with a seed in it", "[packets][captured]") {
  CaptureOptions o;
  o.mss = 1000;
  Bytes sent = captured(tcp4(4000)), seen = sent;
  seen[50] = seen[51] = 0x77;
  seen.resize(seen.size() + 4, 0xfc);  // FCS
  CaptureRequest r = request_of(o, seen);
  CHECK_FALSE(r.as_it_is);
  CHECK(r.packet == sent);
  vmso_virtio_net net = read(r);
  CHECK(net.flags == VMSO_VIRTIO_NEEDS_CSUM);
  CHECK(net.gso_type == VMSO_VIRTIO_GSO_TCPV4);
  CHECK(net.gso_size == 1000);
  CHECK(net.csum_start == 34);
  CHECK(net.csum_offset == 16);
  CHECK(net.hdr_len == 54);
  Bytes padded = captured(tcp4(1));
  Bytes bare = padded;
  padded.resize(60);
  CHECK(request_of(o, padded).packet == bare);
}

TEST_CASE("IP lengths of a capture", "[packets][captured]") {
  CaptureOptions o, zero;
  zero.zero_lengths = true;
  Bytes seen = captured(tcp4(4000));
  auto with = [&](unsigned length) {
    Bytes b = seen;
    b[16] = uint8_t(length >> 8), b[17] = uint8_t(length);
    return b;
  };
  CHECK(request_of(o, with(0)).as_it_is);
  CHECK(request_of(o, with(0)).zero_length);
  CHECK_FALSE(request_of(zero, with(0)).as_it_is);
  CHECK(request_of(zero, with(0)).packet.size() == seen.size());
  CHECK(request_of(o, with(4041)).as_it_is);  // more than there is
  CHECK(request_of(o, with(4041)).packet == with(4041));
  CHECK(request_of(o, with(39)).as_it_is);  // not even the headers
  CHECK(request_of(o, with(40)).packet.size() == 54);

  TcpHeaders h;
  h.ipv6 = true;
  Bytes six = packet_of(tcp_template(h), 3000);
  six[18] = six[19] = 0;
  CHECK(request_of(o, six).zero_length);
  CHECK(request_of(zero, six).packet.size() == six.size());
  six[20] = 0;  // a jumbogram says its length
  insert(six, 54, {6, 0, 0xc2, 4, 0, 0, uint8_t(3028 >> 8), uint8_t(3028 & 255)});
  six.push_back(0);
  CHECK_FALSE(request_of(o, six).as_it_is);
  CHECK(request_of(o, six).packet.size() == six.size() - 1);
}

TEST_CASE("An inner IP length of 0 means up to the outer one's end", "[packets][captured]") {
  CaptureOptions o, zero;
  zero.zero_lengths = true;
  Template t = tunnel_template({}, tcp_template({}));
  Bytes sent = captured_tunnel(t, 3000);
  put16(sent, t.l3 + 2, 0);
  Bytes seen = sent;
  seen.resize(seen.size() + 4, 0xfc);  // FCS
  CHECK(request_of(o, seen).zero_length);
  CHECK(request_of(zero, seen).packet.size() == sent.size());
  put16(sent, t.outer_l3 + 2, 0);
  CHECK(request_of(zero, sent).packet.size() == sent.size());
}

TEST_CASE("TCP of a capture fills the MTU, or is sent as it is where that leaves it nothing",
          "[packets][captured]") {
  CaptureOptions o;
  auto size_at = [&](unsigned mtu, const Bytes &seen) {
    o.mtu = uint16_t(mtu);
    return read(request_of(o, seen)).gso_size;
  };
  Bytes plain = captured(tcp4(4000)),
        tunnel = captured_tunnel(tunnel_template({}, tcp_template({})), 4000);
  CHECK(size_at(1500, plain) == 1460);
  CHECK(size_at(1500, tunnel) == 1500 - 20 - 8 - 8 - 14 - 40);  // all but the outer Ethernet
  for (auto [headers, seen] : {std::pair(40u, plain), {90u, tunnel}}) {
    CHECK(size_at(headers + 1, seen) == 1);
    for (unsigned mtu : {headers, headers - 1}) {
      CHECK(size_at(mtu, seen) == 0);
      CHECK(request_of(o, seen).as_it_is);
      CHECK(request_of(o, seen).packet == seen);
    }
  }
}

TEST_CASE("Of a capture's IPv6 the checksum is that of the last destination",
          "[packets][captured]") {
  for (bool left : {false, true}) {
    TcpHeaders h;
    h.ipv6 = true;
    h.extension_headers = {{ExtensionHeader::kRouting, 8, left}};
    Bytes seen = captured(packet_of(tcp_template(h), 3000));
    CaptureRequest r = request_of({}, seen);
    CHECK(r.as_it_is == left);  // the addresses to come are not looked for
    CHECK(read(r).gso_type == (left ? VMSO_VIRTIO_GSO_NONE : VMSO_VIRTIO_GSO_TCPV6));
    if (left) CHECK(r.packet == seen);
  }
}

TEST_CASE("Captured UDP is cut if it is asked for and keeps no checksum", "[packets][captured]") {
  CaptureOptions o;
  Bytes seen = captured(udp4(5000));
  CHECK(read(request_of(o, seen)).gso_type == VMSO_VIRTIO_GSO_UDP_L4);
  CHECK(read(request_of(o, seen)).gso_size == 5000);  // one datagram
  CHECK(request_of(o, seen).packet == seen);          // the seed is what stood there
  o.udp_mss = 1472;
  CHECK(read(request_of(o, seen)).gso_size == 1472);
  for (size_t bytes : {1472u, 1473u}) {
    CHECK(read(request_of(o, captured(udp4(bytes)))).gso_size == 1472);
  }
  CHECK(read(request_of(o, captured(udp4(1471)))).gso_size == 1471);
  CHECK(read(request_of(o, captured(udp4(0)))).gso_size == 1);
  Bytes without = seen;
  without[40] = without[41] = 0;
  CHECK(request_of(o, without).as_it_is);
  Bytes shorter = seen;
  shorter[39]--;
  CHECK(request_of(o, shorter).as_it_is);
}

TEST_CASE("Captured tunnels are found by port and type", "[packets][captured]") {
  CaptureOptions o;
  o.mss = 500;
  Request tunnel = vxlan4_tcp4_seg(2000, 500);
  Bytes seen = tunnel.packet;
  auto lengths = [](Bytes &b, size_t trailer) {
    unsigned outer = unsigned(b.size() - 14), inner = unsigned(b.size() - 64 - trailer);
    b[16] = uint8_t(outer >> 8), b[17] = uint8_t(outer);
    b[38] = uint8_t((outer - 20) >> 8), b[39] = uint8_t(outer - 20);
    b[66] = uint8_t(inner >> 8), b[67] = uint8_t(inner);
  };
  lengths(seen, 0);
  vmso_virtio_net net = read(request_of(o, seen));
  CHECK(net.gso_type == (VMSO_VIRTIO_GSO_TCPV4 | VMSO_VIRTIO_GSO_TUNNEL_IPV4));
  CHECK(net.flags == (VMSO_VIRTIO_NEEDS_CSUM | VMSO_VIRTIO_UDP_TUNNEL_CSUM));
  CHECK(net.outer_th_offset == 34);
  CHECK(net.inner_nh_offset == 64);
  CHECK(net.csum_start == 84);
  CHECK(net.gso_size == 500);
  Bytes no_csum = seen;
  no_csum[40] = no_csum[41] = 0;
  CHECK(read(request_of(o, no_csum)).flags == VMSO_VIRTIO_NEEDS_CSUM);
  Bytes old_port = seen;
  old_port[36] = 8472 >> 8, old_port[37] = 8472 & 255;
  CHECK(read(request_of(o, old_port)).inner_nh_offset == 64);
  Bytes other = seen;
  other[37]++;  // some UDP
  CHECK(read(request_of(o, other)).gso_type == VMSO_VIRTIO_GSO_UDP_L4);
  Bytes padded = seen;  // an inner frame below 60 bytes was padded before it was wrapped
  padded.resize(64 + 46), lengths(padded, 5);
  CHECK(request_of(o, padded).packet.size() == 64 + 41);

  Bytes geneve = seen;
  insert(geneve, 50, {1, 2, 3, 1, 9, 9, 9, 9});  // an option
  geneve[36] = 6081 >> 8, geneve[37] = 6081 & 255;
  geneve[42] = 2, geneve[44] = 0x65, geneve[45] = 0x58;
  CHECK(read(request_of(o, geneve)).inner_nh_offset == 72);
  geneve[44] = 8, geneve[45] = 6;
  CHECK(read(request_of(o, geneve)).gso_type == VMSO_VIRTIO_GSO_UDP_L4);
}

TEST_CASE("Captured tunnels carry both IP versions and are carried by both",
          "[packets][captured]") {
  for (bool outer_v6 : {false, true}) {
    for (bool inner_v6 : {false, true}) {
      for (auto kind : {TunnelHeaders::Kind::kVxlan, TunnelHeaders::Kind::kGeneve}) {
        TunnelHeaders outer;
        outer.kind = kind;
        outer.ipv6 = outer_v6;
        TcpHeaders inner;
        inner.ipv6 = inner_v6;
        Template t = tunnel_template(outer, tcp_template(inner));
        vmso_virtio_net net = read(request_of({}, captured_tunnel(t, 3000)));
        CHECK(net.gso_type ==
              ((inner_v6 ? VMSO_VIRTIO_GSO_TCPV6 : VMSO_VIRTIO_GSO_TCPV4) |
               (outer_v6 ? VMSO_VIRTIO_GSO_TUNNEL_IPV6 : VMSO_VIRTIO_GSO_TUNNEL_IPV4)));
        CHECK(net.outer_th_offset == t.outer_l4);
        CHECK(net.inner_nh_offset == t.l3);
        CHECK(net.csum_start == t.l4);
      }
    }
  }
  for (bool ipv6 : {false, true}) {
    Template t = ip_in_geneve(ipv6);
    vmso_virtio_net net = read(request_of({}, captured_tunnel(t, 3000)));
    CHECK(net.gso_type ==
          ((ipv6 ? VMSO_VIRTIO_GSO_TCPV6 : VMSO_VIRTIO_GSO_TCPV4) | VMSO_VIRTIO_GSO_TUNNEL_IPV4));
    CHECK(net.inner_nh_offset == t.l3);
    CHECK(net.csum_start == t.l4);
  }
}

TEST_CASE("UDP at a tunnel's port that is no such tunnel is UDP", "[packets][captured]") {
  auto is_udp = [](const Bytes &seen, size_t l4) {
    vmso_virtio_net net = read(request_of({}, seen));
    CHECK(net.gso_type == VMSO_VIRTIO_GSO_UDP_L4);
    CHECK(net.csum_start == l4);
  };
  Template vxlan = tunnel_template({}, tcp_template({}));
  Bytes seen = captured_tunnel(vxlan, 1000);
  seen[vxlan.outer_l4 + 8] &= uint8_t(~8);  // RFC 7348: I has to be set
  is_udp(seen, vxlan.outer_l4);
  Template geneve = ip_in_geneve(false);
  seen = captured_tunnel(geneve, 1000);
  seen[geneve.outer_l4 + 8] |= 1 << 6;  // RFC 8926: version 0
  is_udp(seen, geneve.outer_l4);
  // shorter than a tunnel's header
  for (unsigned port : {4789u, 8472u, 6081u}) {
    for (size_t bytes : {0u, 7u}) {
      seen = captured(udp4(bytes));
      put16(seen, 36, port);
      is_udp(seen, 34);
    }
  }
}

TEST_CASE("A datagram of a tunnel is not cut if what it carries is nothing to cut",
          "[packets][captured]") {
  CaptureOptions o;
  o.udp_mss = 542;
  // one datagram of UDP, whose checksum is computed
  auto is_whole = [&](const Bytes &seen, size_t l4) {
    vmso_virtio_net net = read(request_of(o, seen));
    CHECK(net.gso_type == VMSO_VIRTIO_GSO_UDP_L4);
    CHECK(net.gso_size == seen.size() - l4 - 8);
    CHECK(net.csum_start == l4);
  };
  const Template vxlan = tunnel_template({}, tcp_template({}));
  Bytes seen = captured_tunnel(vxlan, 4000);
  REQUIRE(read(request_of(o, seen)).gso_type != VMSO_VIRTIO_GSO_UDP_L4);
  Bytes icmp = seen, arp = seen, fragment = seen;
  icmp[vxlan.l3 + 9] = 1;
  put16(arp, vxlan.l3 - 2, 0x0806);
  fragment[vxlan.l3 + 6] = 0x20;
  for (const Bytes &bytes : {icmp, arp, fragment}) is_whole(bytes, vxlan.outer_l4);
  const Template geneve = ip_in_geneve(false);
  Bytes mpls = captured_tunnel(geneve, 4000);
  put16(mpls, geneve.outer_l4 + 8 + 2, 0x8847);
  is_whole(mpls, geneve.outer_l4);
  // a tunnel in a tunnel
  TunnelHeaders gre;
  gre.kind = TunnelHeaders::Kind::kGre;
  Template t = vxlan;
  t.l3 = vxlan.outer_l3, t.l4 = vxlan.outer_l4;
  t = tunnel_template(gre, t);
  seen = captured_tunnel(t, 1000);
  put16(seen, t.l4 + 4, seen.size() - t.l4);
  is_whole(seen, t.l4);
}

TEST_CASE("What is not looked into passes as it is", "[packets][captured]") {
  CaptureOptions o;
  Bytes arp(60, 1), fragment = captured(tcp4(4000)), icmp = fragment, six = fragment;
  arp[12] = 8, arp[13] = 6;
  fragment[20] = 0x20;
  icmp[23] = 1;
  six[14] = 0x65;
  for (const Bytes &seen : {arp, fragment, icmp, six, Bytes(3, 3), Bytes()}) {
    CaptureRequest r = request_of(o, seen);
    CHECK(r.as_it_is);
    CHECK(r.packet == seen);
    CHECK(read(r).gso_type == VMSO_VIRTIO_GSO_NONE);
    CHECK(read(r).flags == 0);
  }
}

}  // namespace vmso::test
