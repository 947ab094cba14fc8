// SPDX-License-Identifier: Apache-2.0
// TUN of the catalogue: VXLAN, Geneve, GRE, IP in IP.
#include <algorithm>

#include "catalogue_run.hpp"
#include "vmso_virtio.h"

namespace vmso::test {
namespace {

using Kind = TunnelHeaders::Kind;
using Values = std::vector<unsigned>;

constexpr unsigned kOuterCheck = 34 + 6, kOuterCheck6 = 54 + 6;  // over IPv4, over IPv6

TunnelHeaders tunnel(Kind kind, bool ipv6 = false) {
  TunnelHeaders h;
  h.kind = kind;
  h.ipv6 = ipv6;
  h.ip_id = 0x4321;
  return h;
}

bool all_good(const Frames &frames) {
  return std::ranges::all_of(frames, [](const Frame &f) { return parse_frame(f).faults.empty(); });
}

JobSpec spoilt_job(void (*spoil)(JobSpec &)) {
  JobSpec spec = job_of(tunnel_request(tunnel(Kind::kVxlan), base_tcp(), true));
  spoil(spec);
  return spec;
}

}  // namespace

TEST_CASE("TUN-01: VXLAN without outer checksum, outer and inner identification count",
          "[catalogue][tun]") {
  Frames f = check_rows("TUN-01").at(0);
  CHECK(f.size() == 8);
  CHECK(outer_ids_of(f) == counting(0x4321, 8));
  CHECK(ids_of(f) == counting(0x7000, 8));
  CHECK(fields_of(f, kOuterCheck) == Values(8, 0));
}

TEST_CASE("TUN-02: an outer DF is copied and the outer identification counts", "[catalogue][tun]") {
  Frames f = check_rows("TUN-02").at(0);
  CHECK(outer_ids_of(f) == counting(0x4321, 8));
  for (const Frame &frame : f) CHECK((frame[14 + 6] & 0x40) == 0x40);
}

TEST_CASE("TUN-03: outer checksums that are computed, over both families", "[catalogue][tun]") {
  auto rows = check_rows("TUN-03");
  REQUIRE(rows.size() == 2);
  for (const Frames &f : rows) CHECK(all_good(f));
  for (const Frame &f : rows[0]) CHECK(get16(f, kOuterCheck) != 0);
  for (const Frame &f : rows[1]) CHECK(get16(f, kOuterCheck6) != 0);
}

TEST_CASE("TUN-04: VXLAN over IPv6 without outer checksum has 0 there", "[catalogue][tun]") {
  CHECK(fields_of(check_rows("TUN-04").at(0), kOuterCheck6) == Values(8, 0));
}

TEST_CASE("TUN-05: Geneve options are copied", "[catalogue][tun]") {
  Frames f = check_rows("TUN-05").at(0);
  const uint8_t option[] = {0x01, 0x02, 0x80, 0x01, 0xde, 0xad, 0xbe, 0xef};
  for (const Frame &frame : f)
    CHECK(std::equal(std::begin(option), std::end(option), frame.begin() + 34 + 16));
  CHECK(all_good(f));
}

TEST_CASE("TUN-06: TCP and UDP in VXLAN and Geneve in all mixes of families", "[catalogue][tun]") {
  for (const char *protocol : {"TCP", "UDP"}) {
    auto rows = check_rows(fmt::format("TUN-06 {}", protocol));
    CHECK(rows.size() == 16);
    for (const Frames &f : rows) CHECK(f.size() == 8);
  }
}

TEST_CASE("TUN-07: inner tags are copied", "[catalogue][tun]") {
  auto rows = check_rows("TUN-07");
  REQUIRE(rows.size() == 2);
  for (size_t i = 0; i < 2; i++) {
    for (const Frame &f : rows[i]) CHECK(parse_frame(f).l3 == 50 + 14 + 4 * (i + 1));
  }
}

TEST_CASE("TUN-08: outer checksums of the class of zero are ffff in all five frames",
          "[catalogue][tun]") {
  auto rows = check_rows("TUN-08");
  REQUIRE(rows.size() == 2);
  CHECK(fields_of(rows[0], kOuterCheck) == Values(5, 0xffff));
  CHECK(fields_of(rows[1], kOuterCheck6) == Values(5, 0xffff));
}

TEST_CASE("TUN-09: IP in IP and GRE, with key and sequence number, in all mixes of families",
          "[catalogue][tun]") {
  auto rows = check_rows("TUN-09");
  CHECK(rows.size() == 24);
  for (const Frames &f : rows) CHECK(all_good(f));
}

TEST_CASE("TUN-10: a GRE checksum is computed for each segment", "[catalogue][tun]") {
  for (bool outer : {false, true}) {
    for (Kind kind : {Kind::kGre, Kind::kGreEthernet}) {
      TunnelHeaders h = tunnel(kind, outer);
      h.gre_checksum = h.gre_sequence = true;
      for (const char *config : kEveryConfig) {
        Frames f = frames_of(tunnel_request(h, base_tcp(), true, 2500, 1000), config);
        Values checks = fields_of(f, (outer ? 54 : 34) + 4);
        REQUIRE(checks.size() == 3);
        CHECK(all_good(f));
        // What has a right checksum of its own adds nothing, so full segments have the same.
        CHECK(checks[0] == checks[1]);
        CHECK(checks[1] != checks[2]);
        // A header that has one which nobody asked for would leave with a wrong one.
        const BadJob bad[] = {{"not asked for",
                               job_of(tunnel_request(h, base_tcp(), false, 2500, 1000)),
                               VMSO_STATUS_BAD_TEMPLATE}};
        check_bad_jobs(bad, config);
      }
    }
  }
}

TEST_CASE("TUN-11: an outer checksum that nobody asked for is 0 and not the template's",
          "[catalogue][tun]") {
  for (bool outer : {false, true}) {
    Request r = tunnel_request(tunnel(Kind::kVxlan, outer), base_tcp(), false);
    unsigned at = outer ? kOuterCheck6 : kOuterCheck;
    put16(r.job.header, at, 0xbeef);
    CHECK(fields_of(frames_of(r), at) == Values(8, 0));
    SuperPacket packet = referee::super_packet(r);
    put16(packet.frame, at, 0xbeef);
    auto answer = answers(std::span(&packet, 1), options(0x711)).front();
    CHECK(fields_of(answer.frames, at) == Values(8, 0));
  }
}

TEST_CASE("TUN-12: contradictory requests for a tunnel are refused", "[catalogue][tun]") {
  const std::pair<const char *, int> rows[] = {
      {"TUN-12 both families", VMSO_REFUSED_TUNNEL_BITS},
      {"TUN-12 nothing to cut", VMSO_REFUSED_TUNNEL_NO_GSO},
      {"TUN-12 no checksum", VMSO_REFUSED_TUNNEL_NO_CSUM},
      {"TUN-12 beyond the frame", VMSO_REFUSED_TUNNEL_OUTER},
      {"TUN-12 order", VMSO_REFUSED_TUNNEL_INNER}};
  for (const auto &[id, refusal] : rows) check_refusals(id, std::span(&refusal, 1));
  // Linux takes no notice of this one.
  SuperPacket packet = referee::super_packet(tcp_request(base_tcp(), 4000));
  packet.net.flags |= VirtioHeader::kTunnelCsum;
  auto answer = answers(std::span(&packet, 1), options(0x712)).front();
  CHECK(answer.refusal == VMSO_REFUSED_TUNNEL_CSUM);

  JobSpec no_tunnel = job_of(tcp_request(base_tcp(), 4000));
  no_tunnel.outer_csum = true;
  const BadJob bad[] = {
      {"outer checksum without a tunnel", no_tunnel, VMSO_STATUS_OPTION},
      {"outer L4 behind inner L3", spoilt_job([](JobSpec &s) { s.header.outer_l4 = 66; }),
       VMSO_STATUS_OFFSET_ORDER},
      {"outer L3 behind inner L3", spoilt_job([](JobSpec &s) { s.header.outer_l3 = 70; }),
       VMSO_STATUS_OFFSET_ORDER},
      {"outer L3 not behind Ethernet",
       spoilt_job([](JobSpec &s) { s.header.outer_l3 = 16, s.header.outer_l4 = 36; }),
       VMSO_STATUS_BAD_TEMPLATE},
      {"outer protocol is neither", spoilt_job([](JobSpec &s) { s.header.bytes[14 + 9] = 6; }),
       VMSO_STATUS_BAD_TEMPLATE}};
  for (const char *config : kEveryConfig) check_bad_jobs(bad, config);
}

TEST_CASE("TUN-13: inner flags follow the masks", "[catalogue][tun]") {
  Values flags(8, kAck);
  flags.front() |= kCwr;
  flags.back() |= kFin;
  CHECK(flags_of(check_rows("TUN-13").at(0)) == flags);
}

TEST_CASE("TUN-14: a congestion mark of the outer header is copied, the inner one stays",
          "[catalogue][tun]") {
  Frames frames = check_rows("TUN-14").at(0);
  for (const Frame &f : frames) {
    CHECK(f[15] == 0x03);
    CHECK(f[65] == 0x02);
  }
}

}  // namespace vmso::test
