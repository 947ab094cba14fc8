// SPDX-License-Identifier: Apache-2.0
// The reference segmenter by itself: what no kernel can be asked for, and what is known without
// asking. Judges are the parser of frames, which knows nothing of jobs, and plain numbers.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "catalogue.hpp"
#include "check/changes.hpp"
#include "comparison.hpp"
#include "model/findings.hpp"
#include "vmso_catch.hpp"

namespace vmso::referee {
namespace {

using Kind = TunnelHeaders::Kind;
using Frame = std::vector<uint8_t>;

unsigned get16(std::span<const uint8_t> b, size_t at) { return unsigned(b[at]) << 8 | b[at + 1]; }

Request tcp_request(const TcpHeaders &h, size_t bytes, unsigned mss = 1000) {
  return request(VMSO_KIND_TCP_SEG, tcp_template(h), h.l4_mode, bytes, mss);
}
Request udp_request(const UdpHeaders &h, size_t bytes, unsigned mss = 1000) {
  return request(VMSO_KIND_UDP_SEG, udp_template(h), h.l4_mode, bytes, mss);
}
Request tunnel_request(const TunnelHeaders &h, bool ipv6, bool outer_csum, size_t bytes = 3000) {
  TcpHeaders inner;
  inner.ipv6 = ipv6;
  Template t = tunnel_template(h, tcp_template(inner));
  Request r = request(VMSO_KIND_TCP_SEG, t, VMSO_L4_COMPUTE, bytes, 1000);
  r.job.outer_csum = outer_csum;
  return r;
}
Request checksum_request(std::vector<uint8_t> frame, unsigned start, unsigned offset) {
  Request r;
  r.job.kind = VMSO_KIND_CSUM;
  r.job.header.assign(frame.begin(), frame.begin() + 14);
  r.payload.assign(frame.begin() + 14, frame.end());
  r.job.payload_bytes = r.payload.size();
  r.job.csum_start = start;
  r.job.csum_offset = offset;
  return r;
}
Frame single(const Request &r) {
  auto frames = reference_frames(r);
  REQUIRE(frames.size() == 1);
  return frames[0];
}

unsigned id_of(unsigned base, uint64_t frame, vmso_id_mode mode) {
  if (mode == VMSO_ID_FIXED) return base;
  unsigned next = unsigned(base + frame) & 0xffff;
  return mode == VMSO_ID_WRAP15 ? (base & 0x8000) + (next & 0x7fff) : next;
}

// Everything that a request says, in what a receiver sees.
void check_request(const Request &r) {
  const reference::Job &job = r.job;
  const auto &h = job.header;
  size_t tag = job.vlan ? 4 : 0;
  bool v6 = h[job.l3] >> 4 == 6, outer_v6 = h[job.outer_l3] >> 4 == 6;
  unsigned outer_port = job.outer_l4 > 0 ? get16(h, job.outer_l4 + 2) : 0;
  bool outer_is_udp = outer_port == 4789 || outer_port == 6081;  // no EtherType of a GRE header
  auto frames = reference_frames(r);
  std::vector<uint8_t> received;
  for (size_t i = 0; i < frames.size(); i++) {
    INFO("frame " << i << " of " << frames.size());
    const Frame &f = frames[i];
    ParsedFrame p = parse_frame(f);
    REQUIRE(p.faults == std::vector<std::string>{});
    REQUIRE(p.tcp == (job.kind == VMSO_KIND_TCP_SEG));
    REQUIRE(p.udp == (job.kind == VMSO_KIND_UDP_SEG));
    REQUIRE(p.l3 == job.l3 + tag);
    REQUIRE(p.l4 == job.l4 + tag);
    REQUIRE(p.payload_at == h.size() + tag);
    REQUIRE((p.tunnel != TunnelKind::kNone) == (job.outer_l3 > 0));
    REQUIRE(forbidden_change(job, f) == "");
    if (job.vlan) {
      REQUIRE(get16(f, 12) == job.vlan->tpid);
      REQUIRE(get16(f, 14) == job.vlan->tci);
    }
    if (!v6) REQUIRE(p.ip_id == id_of(get16(h, job.l3 + 4), i, job.id_mode));
    if (p.tunnel != TunnelKind::kNone) {
      REQUIRE(p.outer_l3 == job.outer_l3 + tag);
      if (!outer_v6)
        REQUIRE(p.outer_ip_id == id_of(get16(h, job.outer_l3 + 4), i, job.outer_id_mode));
    }
    if (p.tcp) {
      REQUIRE(p.seq == uint32_t((get16(h, job.l4 + 4) << 16 | get16(h, job.l4 + 6)) + i * job.mss));
      unsigned mask = frames.size() == 1       ? 0xfff
                      : i == 0                 ? job.flag_masks[0]
                      : i + 1 == frames.size() ? job.flag_masks[2]
                                               : job.flag_masks[1];
      REQUIRE(p.flags == (get16(h, job.l4 + 12) & mask));
    } else if (job.l4_mode == VMSO_L4_NONE) {
      REQUIRE(get16(f, p.l4 + 6) == 0);
    } else {
      REQUIRE(get16(f, p.l4 + 6) != 0);
    }
    if (p.outer_l4 > 0 && outer_is_udp) {
      REQUIRE((get16(f, p.outer_l4 + 6) != 0) == job.outer_csum);
    }
    received.insert(received.end(), p.payload.begin(), p.payload.end());
  }
  REQUIRE(received == r.payload);
}

std::set<size_t> bytes_of(const Changes &changes) {
  std::set<size_t> all;
  for (const Field &f : changes.fields) {
    for (size_t i = 0; i < f.bytes; i++) all.insert(f.at + i);
  }
  return all;
}

}  // namespace

TEST_CASE("The catalogue becomes as many frames as is known and receivers take them",
          "[reference]") {
  // Seeds that do not fit, and sums from or to places that no protocol has.
  auto not_valid = [](const std::string &id) {
    return std::ranges::any_of(std::vector{"CSM-08", "CSM-10", "CSM-12", "CSM-16", "CSM-17"},
                               [&](const char *prefix) { return id.starts_with(prefix); });
  };
  for (const Case &c : catalogue()) {
    INFO(c.id);
    Request r = request_of(c.packet);
    CHECK(reference::segments(r.job) == c.frames);
    CHECK(reference::segment_bytes(r.job, c.frames - 1) == c.last_bytes);
    size_t faults = 0;
    for (const Frame &f : reference_frames(r)) faults += parse_frame(f).faults.size();
    if (!not_valid(c.id)) CHECK(faults == 0);
  }
}

TEST_CASE("Random requests of any kind are what a receiver sees", "[reference]") {
  Random random(0x616e79, "requests");
  for (unsigned i = 0; i < 2000; i++) {
    Request r = random_request_of_any_kind(random);
    INFO(fmt::format("request {}: {} bytes, MSS {}, header {:02x}", i, r.payload.size(), r.job.mss,
                     fmt::join(r.job.header, " ")));
    check_request(r);
  }
}

TEST_CASE("What stands in rewritten fields of a template does not matter", "[reference]") {
  Random random(0x6a756e6b, "requests");
  for (unsigned i = 0; i < 300; i++) {
    Request r = random_request(random);
    INFO("request " << i);
    CHECK(disagreement(request_of(super_packet(r)), reference_frames(r)) == "");
  }
}

TEST_CASE("A super-packet is read back as the job that it was made of", "[reference]") {
  Random random(0x62616b, "requests");
  for (unsigned i = 0; i < 300; i++) {
    Request r = random_request(random), back = request_of(super_packet(r));
    INFO("request " << i);
    CHECK(back.payload == r.payload);
    CHECK(back.job.header.size() == r.job.header.size());
    CHECK(back.job.kind == r.job.kind);
    CHECK(back.job.mss == r.job.mss);
    CHECK(back.job.l3 == r.job.l3);
    CHECK(back.job.l4 == r.job.l4);
    CHECK(back.job.outer_l3 == r.job.outer_l3);
    CHECK(back.job.outer_l4 == r.job.outer_l4);
    CHECK(back.job.outer_csum == r.job.outer_csum);
  }
}

TEST_CASE("What nobody may segment is refused when a super-packet is read", "[reference]") {
  for (const Refusal &r : refusals()) {
    INFO(r.id);
    CHECK_THROWS_AS(request_of(r.packet), Error);
  }
}

TEST_CASE("VLN-03: a tag that is inserted equals one in the template", "[reference]") {
  TcpHeaders tagged;
  tagged.tags = 2;
  for (Request without : {tcp_request({}, 2001), tcp_request(tagged, 2001), udp_request({}, 2001),
                          tunnel_request({}, true, true)}) {
    Request with = without;
    without.job.vlan = reference::VlanTag{0x88a8, 0xe123};
    const uint8_t tag[] = {0x88, 0xa8, 0xe1, 0x23};
    with.job.header.insert(with.job.header.begin() + 12, std::begin(tag), std::end(tag));
    for (unsigned *at : {&with.job.l3, &with.job.l4, &with.job.outer_l3, &with.job.outer_l4}) {
      if (*at > 0) *at += 4;
    }
    CHECK(reference_frames(with) == reference_frames(without));
  }
}

TEST_CASE("VLN-04: a tag that is inserted counts for the padding", "[reference]") {
  Request r = tcp_request({}, 1);
  r.job.vlan = reference::VlanTag{};
  Frame f = single(r);  // 54 + 4 + 1 bytes
  CHECK(f.size() == 60);
  CHECK(f[58] == r.payload[0]);
  CHECK(f[59] == 0);
  CHECK(get16(f, 20) == 41);
  Request plain;
  plain.job.kind = VMSO_KIND_FRAME;
  plain.payload.assign(57, 0xa5);
  plain.job.payload_bytes = 57;
  plain.job.vlan = reference::VlanTag{0x8100, 0x0fff};
  f = single(plain);
  CHECK(f.size() == 61);
  CHECK(get16(f, 12) == 0x8100);
  CHECK(get16(f, 14) == 0x0fff);
  CHECK(std::ranges::count(f, 0xa5) == 57);
}

TEST_CASE("CSM-01 and CSM-02: a checksum of zero is 0000 for TCP and FFFF for UDP", "[reference]") {
  unsigned found = 0;
  for (const Case &c : catalogue()) {
    if (c.id != "CSM-01" && c.id != "CSM-02") continue;
    Request r = request_of(c.packet);
    bool tcp = r.job.kind == VMSO_KIND_TCP_SEG;
    for (const Frame &f : reference_frames(r)) {
      CHECK(get16(f, r.job.l4 + (tcp ? 16 : 6)) == (tcp ? 0 : 0xffff));
      found++;
    }
  }
  CHECK(found == 6);
}

TEST_CASE("CSM-12: a generic checksum covers start to end and is written where it belongs",
          "[reference]") {
  Random random(0x637375, "frames");
  for (unsigned i = 0; i < 2000; i++) {
    Frame frame(random.between(40, 300));
    for (uint8_t &b : frame) b = uint8_t(random());
    unsigned start = unsigned(random.between(14, frame.size() - 2));
    unsigned offset = unsigned(random.below(frame.size() - start - 1));
    Request r = checksum_request(frame, start, offset);
    if (random.below(2)) r.job.vlan = reference::VlanTag{};
    Frame f = single(r);
    if (r.job.vlan) f.erase(f.begin() + 12, f.begin() + 16);
    f.resize(frame.size());
    uint64_t sum = 0;  // of all but the field, each byte by its distance from the start
    for (size_t at = start; at < frame.size(); at++) sum += frame[at] << ((at - start) % 2 ? 0 : 8);
    unsigned expected = unsigned(~(sum % 0xffff) & 0xffff);
    unsigned is = get16(f, start + offset);
    INFO(fmt::format("{} bytes from {} to {}", frame.size(), start, start + offset));
    CHECK(is % 0xffff == expected % 0xffff);
    CHECK((offset == 6 ? is != 0 : is != 0xffff));
    f[start + offset] = frame[start + offset];
    f[start + offset + 1] = frame[start + offset + 1];
    CHECK(f == frame);
  }
}

TEST_CASE("CSM-03 and CSM-04: a generic checksum of zero is FFFF for UDP alone", "[reference]") {
  for (unsigned offset : {0u, 6u, 7u, 16u}) {
    Frame frame(100, 0);
    frame[60] = frame[61] = 0xff;  // all that is summed
    Frame f = single(checksum_request(frame, 34, offset));
    CHECK(get16(f, 34 + offset) == (offset == 6 ? 0xffff : 0));
  }
}

TEST_CASE("CSM-14: a generic checksum leaves padding out", "[reference]") {
  Template t = tcp_template({});
  Frame frame = t.bytes, longer = t.bytes;
  longer.resize(60, 0);
  Frame f = single(checksum_request(frame, 34, 16));
  CHECK(f.size() == 60);
  CHECK(f == single(checksum_request(longer, 34, 16)));
}

TEST_CASE("USO without L4 checksum has 0 in the field whatever the template says", "[reference]") {
  Request r = udp_request({}, 2500);
  r.job.l4_mode = VMSO_L4_NONE;
  for (const Frame &f : reference_frames(r)) {
    CHECK(get16(f, 40) == 0);
    CHECK(get16(f, 38) == f.size() - 34);
    CHECK(parse_frame(f).faults.empty());
  }
}

TEST_CASE("TUN-10: a GRE checksum is computed for each segment", "[reference]") {
  for (bool outer : {false, true}) {
    for (Kind kind : {Kind::kGre, Kind::kGreEthernet}) {
      TunnelHeaders h;
      h.kind = kind;
      h.ipv6 = outer;
      h.gre_checksum = h.gre_sequence = true;
      // What has a valid checksum of its own adds nothing: full segments have the same, the last
      // one another.
      std::vector<unsigned> checksums;
      for (const Frame &f : reference_frames(tunnel_request(h, false, true, 2500))) {
        ParsedFrame p = parse_frame(f);
        CHECK(p.faults == std::vector<std::string>{});
        CHECK(f[p.outer_l4] == 0x90);
        checksums.push_back(get16(f, p.outer_l4 + 4));
      }
      CHECK(checksums.size() == 3);
      CHECK(checksums[0] == checksums[1]);
      CHECK(checksums[1] != checksums[2]);
      Frame f = reference_frames(tunnel_request(h, false, false))[0];
      CHECK(get16(f, parse_frame(f).outer_l4 + 4) == 0);
    }
  }
}

TEST_CASE("TUN-11: an outer UDP checksum that nobody asked for is 0 and not the template's",
          "[reference]") {
  for (bool outer : {false, true}) {
    TunnelHeaders h;
    h.ipv6 = outer;
    Request r = tunnel_request(h, false, false);
    CHECK(get16(r.job.header, r.job.outer_l4 + 6) != 0);
    for (const Frame &f : reference_frames(r)) CHECK(get16(f, r.job.outer_l4 + 6) == 0);
  }
}

TEST_CASE("Which bytes of a template may change is what the rules say", "[reference]") {
  using Bytes = std::set<size_t>;
  Request tcp = tcp_request({}, 3000);
  const Bytes tcp_bytes{16, 17, 18, 19, 24, 25, 38, 39, 40, 41, 47, 50, 51};
  CHECK(bytes_of(changes_of(tcp.job)) == tcp_bytes);
  tcp.job.flag_masks = {0xeff, 0xfff, 0xfff};
  CHECK(bytes_of(changes_of(tcp.job)) == Bytes{16, 17, 18, 19, 24, 25, 38, 39, 40, 41, 46, 50, 51});
  CHECK(bytes_of(changes_of(tcp_request({}, 1000).job)) == Bytes{16, 17, 24, 25, 50, 51});
  tcp.job.id_mode = VMSO_ID_FIXED;
  tcp.job.vlan = reference::VlanTag{};
  CHECK(bytes_of(changes_of(tcp.job)) == Bytes{20, 21, 28, 29, 42, 43, 44, 45, 50, 54, 55});

  UdpHeaders six;
  six.ipv6 = true;
  CHECK(bytes_of(changes_of(udp_request(six, 3000).job)) == Bytes{18, 19, 58, 59, 60, 61});

  Bytes vxlan{16, 17, 18, 19, 24, 25, 38, 39, 40, 41};
  for (size_t at : tcp_bytes) vxlan.insert(at + 50);
  CHECK(bytes_of(changes_of(tunnel_request({}, false, false).job)) == vxlan);

  TunnelHeaders gre;
  gre.kind = Kind::kGre;
  gre.ipv6 = true;
  Bytes in_gre{18, 19};
  for (size_t at : tcp_bytes) in_gre.insert(at + 44);
  CHECK(bytes_of(changes_of(tunnel_request(gre, false, false).job)) == in_gre);
  gre.gre_checksum = true;
  in_gre = {18, 19, 58, 59};
  for (size_t at : tcp_bytes) in_gre.insert(at + 48);
  CHECK(bytes_of(changes_of(tunnel_request(gre, false, false).job)) == in_gre);

  CHECK(bytes_of(changes_of(checksum_request(Frame(60), 20, 5).job)) == Bytes{25, 26});
}

TEST_CASE("A forbidden change of any header byte is found", "[reference]") {
  Random random(0x626164, "requests");
  for (unsigned i = 0; i < 100; i++) {
    Request r = random_request_of_any_kind(random);
    Frame good = reference_frames(r).back();
    Changes changes = changes_of(r.job);
    auto allowed = bytes_of(changes);
    for (size_t at = 0; at < changes.header_bytes; at++) {
      Frame bad = good;
      bad[at] ^= uint8_t(1 << random.below(8));
      INFO("request " << i << ", byte " << at);
      CHECK((forbidden_change(r.job, bad) == "") == allowed.contains(at));
    }
  }
}

TEST_CASE("A changed byte anywhere in a tunnel with checksums is seen by the parser",
          "[reference]") {
  for (Kind kind : {Kind::kVxlan, Kind::kGeneve, Kind::kGre, Kind::kGreEthernet}) {
    for (bool ipv6 : {false, true}) {
      TunnelHeaders h;
      h.kind = kind;
      h.geneve_options.assign(8, 0x11);
      h.gre_checksum = h.gre_key = true;
      Frame good = reference_frames(tunnel_request(h, ipv6, true, 100))[0];
      CHECK(parse_frame(good).faults == std::vector<std::string>{});
      for (size_t at = 14; at < good.size(); at++) {
        Frame bad = good;
        bad[at] ^= 0x40;
        INFO(fmt::format("tunnel {}, IPv{}, byte {}", int(kind), ipv6 ? 6 : 4, at));
        CHECK_FALSE(parse_frame(bad).faults.empty());
      }
    }
  }
}

TEST_CASE("A changed byte anywhere behind Ethernet is seen by the parser", "[reference]") {
  TunnelHeaders h;
  h.kind = Kind::kIp;
  for (const Request &r :
       {tcp_request({}, 100), udp_request({}, 100), tunnel_request(h, false, false, 100)}) {
    Frame good = reference_frames(r)[0];
    CHECK(parse_frame(good).faults == std::vector<std::string>{});
    for (size_t at = 14; at < good.size(); at++) {
      Frame bad = good;
      bad[at] ^= 0x40;
      INFO(fmt::format("{} bytes, byte {}", good.size(), at));
      CHECK_FALSE(parse_frame(bad).faults.empty());
    }
  }
}

TEST_CASE("A UDP length that IP contradicts is seen without a checksum too", "[reference]") {
  Frame f = reference_frames(udp_request({}, 100))[0];
  f[40] = f[41] = 0;
  CHECK(parse_frame(f).faults.empty());
  f[39]--;
  CHECK(parse_frame(f).faults == std::vector<std::string>{"UDP length is 107, should be 108"});
}

TEST_CASE("A UDP datagram over IPv6 without checksum is no good frame", "[reference]") {
  UdpHeaders h;
  h.ipv6 = true;
  Frame f = reference_frames(udp_request(h, 100))[0];
  CHECK(parse_frame(f).faults.empty());
  unsigned right = get16(f, 60);
  f[60] = f[61] = 0;
  CHECK(parse_frame(f).faults ==
        std::vector{fmt::format("UDP checksum is 0000, should be {:04x}", right)});
}

TEST_CASE("A virtio-net header of each size holds what it has a place for", "[reference]") {
  VirtioHeader h{.flags = 0x09, .gso_type = 0x21, .hdr_len = 0x0102, .gso_size = 0x0304};
  h.csum_start = 0x0506;
  h.csum_offset = 0x0708;
  h.outer_th_offset = 0x090a;
  h.inner_nh_offset = 0x0b0c;
  auto bytes = encode(h, 24);
  CHECK(bytes == std::vector<uint8_t>{9, 0x21, 2, 1, 4, 3, 6, 5, 8,    7, 0,    0,
                                      0, 0,    0, 0, 0, 0, 0, 0, 0x0a, 9, 0x0c, 0x0b});
  CHECK(decode_virtio(bytes) == h);
  h.outer_th_offset = h.inner_nh_offset = 0;
  for (size_t size : {10u, 12u, 20u}) {
    CHECK(encode(h, size).size() == size);
    CHECK(decode_virtio(encode(h, size)) == h);
  }
  CHECK_THROWS_AS(encode(h, 11), Error);
  CHECK_THROWS_AS(decode_virtio(std::vector<uint8_t>(16)), Error);
}

}  // namespace vmso::referee
