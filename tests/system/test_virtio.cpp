// SPDX-License-Identifier: Apache-2.0
// driver/vmso_packet.h and driver/vmso_virtio.h: which job a packet with a virtio_net_hdr becomes,
// and why one becomes none. No engine is run; the device is one that has every kind.
#include <functional>

#include "packets.hpp"
#include "system_test.hpp"
#include "vmso_virtio.h"

namespace vmso::test {
namespace {

vmso_device whole_device() {
  vmso_device device{};
  device.kinds = 0x3f;
  device.template_bytes = 256;
  device.max_frame = 9216;
  return device;
}

struct Mapped {
  int refusal = 0;
  vmso_job job{};
};

Mapped map(const Request &r, vmso_device device = whole_device()) {
  Mapped m;
  vmso_virtio_net net;
  std::vector<uint8_t> vnet = r.vnet();
  m.refusal = vmso_virtio_read(vnet.data(), uint32_t(vnet.size()), &net);
  if (m.refusal != VMSO_OK) return m;
  vmso_packet packet{r.packet.data(), uint32_t(std::min<size_t>(r.packet.size(), 512)),
                     uint32_t(r.packet.size())};
  m.refusal = vmso_virtio_job(&device, &net, &packet, &m.job);
  return m;
}

struct Row {
  const char *what;
  int refusal;
  std::function<void(Request &)> change;
};

void check_rows(const Request &base, std::initializer_list<Row> rows) {
  REQUIRE(map(base).refusal == VMSO_OK);
  for (const Row &row : rows) {
    Request r = base;
    row.change(r);
    INFO(row.what << ": is " << vmso_refusal_name(map(r).refusal) << ", not "
                  << (row.refusal ? vmso_refusal_name(row.refusal) : "OK"));
    CHECK(map(r).refusal == row.refusal);
  }
}

const int kHdrLong = vmso_refusal_of_status(VMSO_STATUS_HDR_LONG);
const int kTooLong = vmso_refusal_of_status(VMSO_STATUS_FRAME_TOO_LONG);
const int kTooShort = vmso_refusal_of_status(VMSO_STATUS_FRAME_SHORT);

}  // namespace

TEST_CASE("A packet without requests is a frame as it is", "[virtio]") {
  Request r{.packet = tcp4(1000)};
  for (unsigned bytes : {10u, 12u, 20u, 24u}) {
    r.vnet_bytes = bytes;
    Mapped m = map(r);
    REQUIRE(m.refusal == VMSO_OK);
    CHECK(m.job.kind == VMSO_KIND_FRAME);
    CHECK(m.job.header.bytes == 0);
    CHECK(m.job.mss == 0);
    CHECK(m.job.l4_mode == VMSO_L4_NONE);
  }
  check_rows(r, {{"unknown flags, DATA_VALID and RSC_INFO", 0, [](auto &r) { r.flags = 0xf6; }},
                 {"csum fields without NEEDS_CSUM", 0,
                  [](auto &r) { r.csum_start = r.csum_offset = 0xffff; }},
                 {"gso_size without gso_type", 0, [](auto &r) { r.gso_size = 1; }},
                 {"ECN without segmentation", 0, [](auto &r) { r.gso_type = 0x80; }},
                 {"no IP at all", 0, [](auto &r) { r.packet.assign(14, 0xff); }},
                 {"13 bytes", kTooShort, [](auto &r) { r.packet.resize(13); }},
                 {"no bytes", kTooShort, [](auto &r) { r.packet.clear(); }},
                 {"the longest", 0, [](auto &r) { r.packet.resize(9216); }},
                 {"one more", kTooLong, [](auto &r) { r.packet.resize(9217); }},
                 {"hdr_len to the end", 0, [](auto &r) { r.hdr_len = r.packet.size(); }},
                 {"hdr_len beyond", VMSO_REFUSED_HDR_LEN,
                  [](auto &r) { r.hdr_len = r.packet.size() + 1; }}});
  for (unsigned bytes : {0u, 9u, 11u, 14u, 16u, 25u, 28u}) {
    r.vnet_bytes = bytes;
    CHECK(map(r).refusal == VMSO_REFUSED_VNET_BYTES);
  }
}

TEST_CASE("NEEDS_CSUM alone is a generic checksum", "[virtio]") {
  Request r = Request::csum(udp4(180), 35, 7);  // any parity, any protocol
  Mapped m = map(r);
  REQUIRE(m.refusal == VMSO_OK);
  CHECK(m.job.kind == VMSO_KIND_CSUM);
  CHECK(m.job.header.bytes == 0);
  CHECK(m.job.csum_start == 35);
  CHECK(m.job.csum_offset == 7);
  unsigned size = unsigned(r.packet.size());
  check_rows(
      r, {{"offset 0", 0, [](auto &r) { r.csum_offset = 0; }},
          {"the last field there is", 0, [&](auto &r) { r.csum_offset = size - 35 - 2; }},
          {"one byte beyond", VMSO_REFUSED_CSUM_BEYOND,
           [&](auto &r) { r.csum_offset = size - 35 - 1; }},
          {"start beyond", VMSO_REFUSED_CSUM_BEYOND, [](auto &r) { r.csum_start = 0xffff; }},
          {"a sum of both that wraps in 16 bits", VMSO_REFUSED_CSUM_BEYOND,
           [](auto &r) { r.csum_start = 0xfff0, r.csum_offset = 0x30; }},
          {"start right behind the smallest IP header", 0, [](auto &r) { r.csum_start = 20; }},
          {"start before", VMSO_REFUSED_CSUM_START, [](auto &r) { r.csum_start = 19; }},
          {"start at Ethernet's end", VMSO_REFUSED_CSUM_START, [](auto &r) { r.csum_start = 14; }},
          {"DATA_VALID beside it", 0, [](auto &r) { r.flags |= 2; }}});
}

TEST_CASE("TCP segmentation takes its headers from the packet", "[virtio]") {
  for (bool ipv6 : {false, true}) {
    for (unsigned tags = 0; tags <= 3; tags++) {
      TcpHeaders h;
      h.ipv6 = ipv6;
      h.tags = tags;
      h.tcp_options = timestamp_option();
      h.extension_headers = destination_options(ipv6 ? tags : 0);
      Template t = tcp_template(h);
      Request r = Request::tcp(packet_of(t, 4000), t, 1448);
      for (uint16_t hint : {0, 20, 3000}) {
        r.hdr_len = hint;
        Mapped m = map(r);
        INFO("IPv6 " << ipv6 << ", " << tags << " tags, hdr_len " << hint);
        REQUIRE(m.refusal == VMSO_OK);
        CHECK(m.job.kind == VMSO_KIND_TCP_SEG);
        CHECK(m.job.header.bytes == t.bytes.size());
        CHECK(m.job.l3_offset == t.l3);
        CHECK(m.job.l4_offset == t.l4);
        CHECK(m.job.mss == 1448);
        CHECK(m.job.l4_mode == VMSO_L4_SEED_FULL);
        CHECK(m.job.id_mode == VMSO_ID_INCREMENT);
        CHECK(m.job.flag_profile == 0);
        CHECK(m.job.outer_l3_offset == 0);
        r.flags = 0;
        CHECK(map(r).job.l4_mode == VMSO_L4_COMPUTE);
        r.flags = VMSO_VIRTIO_NEEDS_CSUM;
      }
    }
  }
}

TEST_CASE("TCP over IPv4 is refused for what is wrong with it", "[virtio]") {
  Request r = Request::tcp4_seg(4000, 1448);
  auto at = [](unsigned place, uint8_t value) {
    return [=](Request &r) { r.packet[place] = value; };
  };
  check_rows(r,
             {{"ECN", 0, [](auto &r) { r.gso_type |= 0x80; }},
              {"gso_size 1", 0, [](auto &r) { r.gso_size = 1; }},
              {"gso_size 0", VMSO_REFUSED_GSO_SIZE, [](auto &r) { r.gso_size = 0; }},
              {"frame of the largest size", 0,
               [](auto &r) { r.packet.resize(20000), r.gso_size = 9216 - 54; }},
              {"above", kTooLong, [](auto &r) { r.packet.resize(20000), r.gso_size = 9216 - 53; }},
              {"a huge gso_size with little payload", 0, [](auto &r) { r.gso_size = 65535; }},
              {"and no payload", 0, [](auto &r) { r.packet.resize(54), r.gso_size = 65535; }},
              {"payload above a job's", kTooLong, [](auto &r) { r.packet.resize((1 << 24) + 54); }},
              {"the largest payload", 0, [](auto &r) { r.packet.resize((1 << 24) + 53); }},
              {"gso_type 2", VMSO_REFUSED_GSO_TYPE, [](auto &r) { r.gso_type = 2; }},
              {"gso_type 0x11", VMSO_REFUSED_GSO_TYPE, [](auto &r) { r.gso_type = 0x11; }},
              {"UFO", VMSO_REFUSED_UFO, [](auto &r) { r.gso_type = 3; }},
              {"TCPV6", VMSO_REFUSED_GSO_FAMILY, [](auto &r) { r.gso_type = 4; }},
              {"UDP_L4", VMSO_REFUSED_GSO_PROTOCOL, [](auto &r) { r.gso_type = 5; }},
              {"protocol UDP", VMSO_REFUSED_GSO_PROTOCOL, at(23, 17)},
              {"protocol ICMP", VMSO_REFUSED_GSO_PROTOCOL, at(23, 1)},
              {"ARP", VMSO_REFUSED_NOT_IP, at(13, 6)},
              {"EtherType 0", VMSO_REFUSED_NOT_IP, at(12, 0)},
              {"EtherType of IPv6", VMSO_REFUSED_VERSION,
               [](auto &r) { r.packet[12] = 0x86, r.packet[13] = 0xdd; }},
              {"version 6", VMSO_REFUSED_VERSION, at(14, 0x65)},
              {"version 5", VMSO_REFUSED_VERSION, at(14, 0x55)},
              {"IP header of 16 bytes", VMSO_REFUSED_IP_HEADER, at(14, 0x44)},
              {"IP header beyond", VMSO_REFUSED_IP_HEADER,
               [](auto &r) { r.packet[14] = 0x4f, r.packet.resize(73), r.csum_start = 40; }},
              {"MF", VMSO_REFUSED_FRAGMENT, at(20, 0x20)},
              {"a fragment's offset", VMSO_REFUSED_FRAGMENT, at(21, 1)},
              {"no DF", 0, at(20, 0)},
              {"any total length", 0, [](auto &r) { r.packet[16] = r.packet[17] = 0xff; }},
              {"data offset of 16 bytes", VMSO_REFUSED_L4_HEADER, at(46, 0x40)},
              {"data offset beyond", VMSO_REFUSED_L4_HEADER,
               [](auto &r) { r.packet[46] = 0xf0, r.packet.resize(93); }},
              {"no TCP header", VMSO_REFUSED_L4_HEADER,
               [](auto &r) { r.packet.resize(53), r.csum_offset = 16; }},
              {"csum_start elsewhere", VMSO_REFUSED_CSUM_START, [](auto &r) { r.csum_start++; }},
              {"csum_offset of UDP", VMSO_REFUSED_CSUM_OFFSET, [](auto &r) { r.csum_offset = 6; }},
              {"both ignored without NEEDS_CSUM", 0,
               [](auto &r) { r.flags = 0, r.csum_start = 1, r.csum_offset = 0xffff; }},
              {"hdr_len beyond", VMSO_REFUSED_HDR_LEN, [](auto &r) { r.hdr_len = 4055; }},
              {"UDP_TUNNEL_CSUM without a tunnel", VMSO_REFUSED_TUNNEL_CSUM,
               [](auto &r) { r.flags |= 8; }},
              {"four tags", VMSO_REFUSED_NOT_IP,
               [](auto &r) {
                 for (int i = 0; i < 4; i++) insert(r.packet, 12, {0x81, 0, 0, 5});
               }},
              {"tag 9100", VMSO_REFUSED_NOT_IP, [](auto &r) {
                 insert(r.packet, 12, {0x91, 0, 0, 5});
               }}});
}

TEST_CASE("What an engine lacks is told apart from what is wrong", "[virtio]") {
  vmso_device device = whole_device();
  device.kinds = 1u << VMSO_KIND_FRAME;
  Request tcp = Request::tcp4_seg(4000, 1448);
  CHECK(map(tcp, device).refusal == VMSO_REFUSED_NOT_BUILT);
  CHECK(map(Request::csum(udp4(100), 34, 6), device).refusal == VMSO_REFUSED_NOT_BUILT);
  CHECK(map(Request{.packet = udp4(100)}, device).refusal == VMSO_OK);
  tcp.gso_size = 0;
  CHECK(map(tcp, device).refusal == VMSO_REFUSED_GSO_SIZE);
  CHECK(vmso_refusal_of_status(VMSO_STATUS_NOT_BUILT) == VMSO_REFUSED_NOT_BUILT);
  CHECK(vmso_refusal_of_status(VMSO_STATUS_OK) == 0);
  CHECK(std::string(vmso_refusal_name(kHdrLong)) == "HDR_LONG");
  CHECK(std::string(vmso_refusal_name(VMSO_REFUSED_GRE)) == "GRE");
  CHECK(std::string(vmso_refusal_name(-999)) == "?");
}

TEST_CASE("IPv6 extension headers are copied or refused", "[virtio]") {
  auto with = [](std::initializer_list<std::vector<uint8_t>> extensions, uint8_t first) {
    TcpHeaders h;
    h.ipv6 = true;
    Template t = tcp_template(h);
    std::vector<uint8_t> packet = packet_of(t, 3000);
    packet[20] = first;
    unsigned at = 54;
    for (const auto &e : extensions) {
      insert(packet, at, e);
      at += unsigned(e.size());
    }
    Request r{.packet = packet};
    r.gso_type = 4, r.gso_size = 1000, r.flags = 1;
    r.csum_start = uint16_t(at), r.csum_offset = 16;
    return r;
  };
  auto header = [](uint8_t next, unsigned bytes, uint8_t third = 1, uint8_t fourth = 4) {
    std::vector<uint8_t> e(bytes);
    e[0] = next, e[1] = uint8_t(bytes / 8 - 1), e[2] = third, e[3] = fourth;
    return e;
  };
  for (uint8_t good : {0, 60}) CHECK(map(with({header(6, 16)}, good)).refusal == VMSO_OK);
  Mapped chain = map(with({header(43, 8), header(60, 24, 2, 0), header(6, 16)}, 0));
  CHECK(chain.refusal == VMSO_OK);
  CHECK(chain.job.l4_offset == 14 + 40 + 48);
  CHECK(chain.job.header.bytes == 14 + 40 + 48 + 20);
  CHECK(map(with({header(6, 8)}, 44)).refusal == VMSO_REFUSED_FRAGMENT);
  for (uint8_t bad : {50, 51, 59, 135, 139, 140, 253, 254}) {
    INFO("extension header " << int(bad));
    CHECK(map(with({header(6, 8)}, bad)).refusal == VMSO_REFUSED_EXTENSION);
  }
  CHECK(map(with({header(6, 8)}, 58)).refusal == VMSO_REFUSED_GSO_PROTOCOL);
  CHECK(map(with({header(6, 2048)}, 60)).refusal == kHdrLong);
  CHECK(map(with({header(6, 184)}, 60)).refusal == kHdrLong);  // 258 bytes in all
  CHECK(map(with({header(6, 176)}, 60)).refusal == VMSO_OK);   // 250
  Request passed = with({header(6, 24, 2, 0)}, 43);
  passed.flags = 0;
  CHECK(map(passed).refusal == VMSO_OK);
  // segments left: a seed has the last destination already, the engine would not find it
  Request routed = with({header(6, 24, 2, 1)}, 43);
  CHECK(map(routed).refusal == VMSO_OK);
  routed.flags = 0;
  CHECK(map(routed).refusal == VMSO_REFUSED_ROUTING);
  // an extension header that says it ends beyond the packet
  Request cut = with({header(6, 16)}, 60);
  cut.packet[55] = 255, cut.packet.resize(200), cut.csum_start = 70;
  CHECK(map(cut).refusal == VMSO_REFUSED_L4_HEADER);
  cut.packet[54] = 60;
  CHECK(map(cut).refusal == VMSO_REFUSED_IP_HEADER);
}

TEST_CASE("Nothing is read behind what can be seen of a packet", "[virtio]") {
  Request r = Request::tcp4_seg(1000, 500);
  vmso_headers found;
  for (uint32_t seen = 0; seen < 54; seen++) {
    std::vector<uint8_t> head(r.packet.begin(), r.packet.begin() + seen);  // no byte more
    vmso_packet packet{head.data(), seen, uint32_t(r.packet.size())};
    CHECK(vmso_headers_find(&packet, &found) == kHdrLong);
    packet = {r.packet.data(), seen, uint32_t(r.packet.size())};
    CHECK(vmso_headers_find(&packet, &found) == kHdrLong);
  }
  vmso_packet packet{r.packet.data(), 54, uint32_t(r.packet.size())};
  CHECK(vmso_headers_find(&packet, &found) == VMSO_OK);
}

TEST_CASE("UDP segmentation has to have its seed", "[virtio]") {
  Request r = Request::udp4_seg(10000, 1472);
  Mapped m = map(r);
  REQUIRE(m.refusal == VMSO_OK);
  CHECK(m.job.kind == VMSO_KIND_UDP_SEG);
  CHECK(m.job.header.bytes == 42);
  CHECK(m.job.l4_offset == 34);
  CHECK(m.job.mss == 1472);
  CHECK(m.job.l4_mode == VMSO_L4_SEED_FULL);
  check_rows(
      r,
      {{"no NEEDS_CSUM", VMSO_REFUSED_UDP_NO_CSUM, [](auto &r) { r.flags = 0; }},
       {"csum_offset of TCP", VMSO_REFUSED_CSUM_OFFSET, [](auto &r) { r.csum_offset = 16; }},
       {"TCP", VMSO_REFUSED_GSO_PROTOCOL, [](auto &r) { r.packet[23] = 6, r.packet[46] = 0x50; }},
       {"TCPV4", VMSO_REFUSED_GSO_PROTOCOL, [](auto &r) { r.gso_type = 1; }},
       {"length and checksum 0", 0, [](auto &r) { std::fill_n(r.packet.begin() + 38, 4, 0); }}});
}

TEST_CASE("UDP tunnels", "[virtio]") {
  Request r = vxlan4_tcp4_seg(10000, 1398);
  Mapped m = map(r);
  REQUIRE(m.refusal == VMSO_OK);
  CHECK(m.job.kind == VMSO_KIND_TCP_SEG);
  CHECK(m.job.outer_l3_offset == 14);
  CHECK(m.job.outer_l4_offset == 34);
  CHECK(m.job.l3_offset == 64);
  CHECK(m.job.l4_offset == 84);
  CHECK(m.job.header.bytes == 104);
  CHECK_FALSE(m.job.outer_csum);  // whatever stands in the field
  r.flags |= VMSO_VIRTIO_UDP_TUNNEL_CSUM;
  CHECK(map(r).job.outer_csum);
  check_rows(
      r,
      {{"the other bit: families are read, not believed", 0, [](auto &r) { r.gso_type = 0x41; }},
       {"with ECN", 0, [](auto &r) { r.gso_type |= 0x80; }},
       {"both bits", VMSO_REFUSED_TUNNEL_BITS, [](auto &r) { r.gso_type = 0x61; }},
       {"nothing inside", VMSO_REFUSED_TUNNEL_NO_GSO, [](auto &r) { r.gso_type = 0x20; }},
       {"nothing inside but ECN", VMSO_REFUSED_TUNNEL_NO_GSO, [](auto &r) { r.gso_type = 0xa0; }},
       {"UFO inside", VMSO_REFUSED_UFO, [](auto &r) { r.gso_type = 0x23; }},
       {"no NEEDS_CSUM", VMSO_REFUSED_TUNNEL_NO_CSUM, [](auto &r) { r.flags = 8; }},
       {"DATA_VALID", VMSO_REFUSED_TUNNEL_VALID, [](auto &r) { r.flags |= 2; }},
       {"RSC_INFO is ignored", 0, [](auto &r) { r.flags |= 4; }},
       {"12 bytes", VMSO_REFUSED_TUNNEL_FIELDS, [](auto &r) { r.vnet_bytes = 12; }},
       {"outer_th_offset elsewhere", VMSO_REFUSED_TUNNEL_OUTER,
        [](auto &r) { r.outer_th_offset = 36; }},
       {"outer_th_offset beyond", VMSO_REFUSED_TUNNEL_OUTER,
        [](auto &r) { r.outer_th_offset = 0xffff; }},
       {"outer TCP", VMSO_REFUSED_TUNNEL_OUTER,
        [](auto &r) { r.packet[23] = 6, r.packet[46] = 0x50; }},
       {"inner_nh_offset before outer_th_offset", VMSO_REFUSED_TUNNEL_INNER,
        [](auto &r) { r.inner_nh_offset = 14; }},
       {"inner_nh_offset inside the outer UDP header", VMSO_REFUSED_TUNNEL_INNER,
        [](auto &r) { r.inner_nh_offset = 41; }},
       {"inner_nh_offset beyond", VMSO_REFUSED_TUNNEL_INNER,
        [](auto &r) { r.inner_nh_offset = 0xffff; }},
       {"inner_nh_offset elsewhere", VMSO_REFUSED_VERSION, [](auto &r) { r.inner_nh_offset = 65; }},
       {"inner IPv4, TCPV6", VMSO_REFUSED_GSO_FAMILY, [](auto &r) { r.gso_type = 0x24; }},
       {"inner TCP, UDP_L4", VMSO_REFUSED_GSO_PROTOCOL, [](auto &r) { r.gso_type = 0x25; }},
       {"csum_start of the outer header", VMSO_REFUSED_CSUM_START,
        [](auto &r) { r.csum_start = 34; }},
       {"an inner fragment", VMSO_REFUSED_FRAGMENT, [](auto &r) { r.packet[70] = 0x20; }},
       {"an outer fragment", VMSO_REFUSED_FRAGMENT, [](auto &r) { r.packet[20] = 0x20; }},
       {"no tunnel bit", VMSO_REFUSED_GSO_PROTOCOL, [](auto &r) { r.gso_type = 1, r.flags = 1; }}});
}

TEST_CASE("IP in IP and GRE need no bit", "[virtio]") {
  Template inner = tcp_template({});
  std::vector<uint8_t> inner_ip(inner.bytes.begin() + 14, inner.bytes.end());
  auto around = [&](uint8_t protocol, std::vector<uint8_t> between) {
    std::vector<uint8_t> packet(inner.bytes.begin(), inner.bytes.begin() + 34);
    packet[23] = protocol;
    packet.insert(packet.end(), between.begin(), between.end());
    unsigned l3 = unsigned(packet.size());
    packet.insert(packet.end(), inner_ip.begin(), inner_ip.end());
    packet.resize(packet.size() + 5000, 0xab);
    Request r{.packet = packet};
    r.flags = 1, r.gso_type = 1, r.gso_size = 1000;
    r.csum_start = uint16_t(l3 + 20), r.csum_offset = 16;
    return r;
  };
  Mapped ipip = map(around(4, {}));
  REQUIRE(ipip.refusal == VMSO_OK);
  CHECK(ipip.job.outer_l3_offset == 14);
  CHECK(ipip.job.outer_l4_offset == 0);
  CHECK(ipip.job.l3_offset == 34);
  CHECK(map(around(41, {})).refusal == VMSO_REFUSED_VERSION);
  Mapped gre = map(around(47, {0, 0, 8, 0}));
  REQUIRE(gre.refusal == VMSO_OK);
  CHECK(gre.job.outer_l4_offset == 34);
  CHECK(gre.job.l3_offset == 38);
  CHECK_FALSE(gre.job.outer_csum);
  Mapped all = map(around(47, {0xb0, 0, 8, 0, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9}));
  REQUIRE(all.refusal == VMSO_OK);
  CHECK(all.job.l3_offset == 50);
  CHECK(all.job.outer_csum);
  std::vector<uint8_t> tap = {0x20, 0, 0x65, 0x58, 0, 0, 0, 7};
  tap.resize(8 + 12, 2);
  tap.insert(tap.end(), {8, 0});
  CHECK(map(around(47, tap)).job.l3_offset == 56);
  CHECK(map(around(47, {0, 1, 8, 0})).refusal == VMSO_REFUSED_GRE);     // version 1: PPTP
  CHECK(map(around(47, {0x40, 0, 8, 0})).refusal == VMSO_REFUSED_GRE);  // source routes
  CHECK(map(around(47, {0, 0, 8, 6})).refusal == VMSO_REFUSED_GRE);
  Request twice = around(4, {});
  twice.packet[43] = 4;
  CHECK(map(twice).refusal == VMSO_REFUSED_GSO_PROTOCOL);
}

TEST_CASE("A jumbogram's hop-by-hop header goes away", "[virtio]") {
  TcpHeaders h;
  h.ipv6 = true;
  h.tags = 1;
  std::vector<uint8_t> head = tcp_template(h).bytes, plain = head;
  plain[18 + 4] = plain[18 + 5] = 0;  // payload length
  head = plain;
  head[18 + 6] = 0;
  insert(head, 18 + 40, {6, 0, 0xc2, 4, 0, 3, 0x0d, 0x40});
  std::vector<uint8_t> copy = head;
  uint32_t bytes = uint32_t(copy.size());
  CHECK(vmso_jumbo_remove(copy.data(), &bytes) == 8);
  CHECK(bytes == plain.size());
  copy.resize(bytes);
  CHECK(copy == plain);
  vmso_headers found;
  vmso_packet packet{head.data(), uint32_t(head.size()), uint32_t(head.size())};
  CHECK(vmso_headers_find(&packet, &found) == VMSO_OK);
  CHECK(found.ip.bytes == 40 + 0x30d40);

  auto stays = [&](const char *what, unsigned place, uint8_t value) {
    INFO(what);
    copy = head;
    copy[place] = value;
    std::vector<uint8_t> before = copy;
    bytes = uint32_t(copy.size());
    CHECK(vmso_jumbo_remove(copy.data(), &bytes) == 0);
    CHECK(bytes == before.size());
    CHECK(copy == before);
  };
  stays("a payload length", 18 + 5, 1);
  stays("another next header", 18 + 6, 60);
  stays("UDP behind it", 18 + 40, 17);
  stays("a longer header", 18 + 41, 1);
  stays("another option", 18 + 42, 5);
  stays("an option of another length", 18 + 43, 6);
  stays("IPv4", 17, 0);
  bytes = 18 + 47;  // and not one that can be seen in part only
  copy = head;
  CHECK(vmso_jumbo_remove(copy.data(), &bytes) == 0);

  vmso_virtio_net net{};
  net.hdr_len = 86, net.csum_start = 66;
  vmso_virtio_shorten(&net, 8);
  CHECK(net.hdr_len == 78);
  CHECK(net.csum_start == 58);
  net.hdr_len = 0;  // a hint that nobody gave
  vmso_virtio_shorten(&net, 8);
  CHECK(net.hdr_len == 0);
}

}  // namespace vmso::test
