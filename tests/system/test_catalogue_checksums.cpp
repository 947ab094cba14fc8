// SPDX-License-Identifier: Apache-2.0
// CSM of the catalogue: seeds, the class of zero, generic checksums.
#include <algorithm>

#include "catalogue_run.hpp"
#include "vmso_virtio.h"

namespace vmso::test {
namespace {

using Values = std::vector<unsigned>;

constexpr unsigned kTcpCheck = 34 + 16, kUdpCheck = 34 + 6, kIpCheck = 14 + 10;

// A CSUM job of a frame; how many of its bytes are a template is the caller's choice.
JobSpec checksum_job(const Frame &frame, unsigned start, unsigned offset, size_t header_bytes = 0) {
  JobSpec spec;
  spec.kind = VMSO_KIND_CSUM;
  spec.header.bytes.assign(frame.begin(), frame.begin() + long(header_bytes));
  spec.payload.assign(frame.begin() + long(header_bytes), frame.end());
  spec.csum_start = uint16_t(start);
  spec.csum_offset = uint16_t(offset);
  return spec;
}

bool all_good(const Frames &frames) {
  return std::ranges::all_of(frames, [](const Frame &f) { return parse_frame(f).faults.empty(); });
}

Frame bare_ack() {
  TcpHeaders h;
  h.flags = kAck;
  Frame frame = tcp_template(h).bytes;
  put16(frame, 16, 40);
  put16(frame, kIpCheck, 0);
  put16(frame, kIpCheck, uint16_t(~reference::sum16(std::span(frame).subspan(14, 20))));
  put16(frame, kTcpCheck, reference::sum16(std::span(frame).subspan(26, 8), 6 + 20));
  return frame;
}

}  // namespace

TEST_CASE("CSM-01: TCP checksums of the class of zero are 0000 in all segments",
          "[catalogue][csm]") {
  CHECK(fields_of(check_rows("CSM-01").at(0), kTcpCheck) == Values(3, 0));
}

TEST_CASE("CSM-02: UDP checksums of the class of zero are ffff in all datagrams",
          "[catalogue][csm]") {
  CHECK(fields_of(check_rows("CSM-02").at(0), kUdpCheck) == Values(3, 0xffff));
}

TEST_CASE("CSM-03: a single UDP datagram's checksum of the class of zero is ffff",
          "[catalogue][csm]") {
  CHECK(fields_of(check_rows("CSM-03").at(0), kUdpCheck) == Values{0xffff});
}

TEST_CASE("CSM-04: a single TCP segment's checksum of the class of zero is 0000",
          "[catalogue][csm]") {
  CHECK(fields_of(check_rows("CSM-04").at(0), kTcpCheck) == Values{0});
}

TEST_CASE("CSM-05: IPv4 header checksums 0000, fffe and 0156", "[catalogue][csm]") {
  CHECK(fields_of(check_rows("CSM-05").at(0), kIpCheck) == Values{0, 0xfffe, 0x0156});
}

// The first checksum is chosen, by the acknowledgement number; what follows from it is not.
TEST_CASE("CSM-06: payload of zeros and of ones, 316c 2c37 2702 26f9 and 326b 2d36 2801 27f8",
          "[catalogue][csm]") {
  auto rows = check_rows("CSM-06");
  REQUIRE(rows.size() == 4);
  const Values expected[] = {{0x316c, 0x2c37, 0x2702, 0x26f9},
                             {0x326b, 0x2d36, 0x2801, 0x27f8},
                             {0x316c, 0x2c37, 0x2702, 0x26f8},
                             {0x326b, 0x2d36, 0x2801, 0x26f8}};
  size_t row = 0;
  for (const referee::Case &c : referee::catalogue()) {
    if (!c.id.starts_with("CSM-06")) continue;
    SuperPacket packet = c.packet;
    const Values &wanted = expected[row];
    unsigned is = get16(rows[row++].at(0), kTcpCheck), ack = get16(packet.frame, 34 + 10);
    put16(packet.frame, 34 + 10, (ack + is + 0xffff - wanted[0]) % 0xffff);
    INFO(c.id << " of " << packet.frame.size() << " bytes");
    CHECK(fields_of(check_packet(packet), kTcpCheck) == wanted);
  }
}

TEST_CASE("CSM-07: segments of odd lengths have right checksums", "[catalogue][csm]") {
  for (const char *id : {"CSM-07", "CSM-07 long"}) {
    for (const Frames &f : check_rows(id)) CHECK(all_good(f));
  }
}

TEST_CASE("CSM-08: a junk seed gives the kernel's wrong checksums, without a seed they are right",
          "[catalogue][csm]") {
  for (const char *id : {"CSM-08 beef", "CSM-08 0000"}) {
    for (const Frames &f : check_rows(id)) CHECK_FALSE(all_good(f));
  }
  CHECK(all_good(check_rows("CSM-08 not asked for").at(0)));
  for (unsigned junk : {0xbeefu, 0u}) {
    Request r = tcp_request(base_tcp(), 4000);
    put16(r.job.header, kTcpCheck, junk);
    CHECK(all_good(frames_of(r)));
  }
}

TEST_CASE("CSM-09: a seed without length gives the bytes of a full one", "[catalogue][csm]") {
  for (bool ipv6 : {false, true}) {
    for (size_t bytes : {1u, 40000u, 200000u}) {
      TcpHeaders h;
      h.ipv6 = ipv6;
      h.l4_mode = VMSO_L4_SEED_NO_LEN;
      Request without = tcp_request(h, bytes, 1440);
      h.l4_mode = VMSO_L4_SEED_FULL;
      Frames f = frames_of(without);
      CHECK(f == frames_of(tcp_request(h, bytes, 1440)));
      CHECK(all_good(f));
      check_kernel(without, f);
    }
  }
}

TEST_CASE("CSM-10: a seed without length where a full one is meant gives the kernel's wrong sums",
          "[catalogue][csm]") {
  CHECK_FALSE(all_good(check_rows("CSM-10").at(0)));
}

TEST_CASE("CSM-11: what stands in the IPv4 header checksum does not matter", "[catalogue][csm]") {
  for (const char *id : {"CSM-11 0000", "CSM-11 beef"}) CHECK(all_good(check_rows(id).at(0)));
}

TEST_CASE("CSM-12: generic checksums from odd places into odd places", "[catalogue][csm]") {
  CHECK(check_rows("CSM-12").size() == 9);
  // Wherever the template ends: before, in and behind what is summed and what is written.
  Frame frame = pattern(214, 12);
  for (const char *config : kEveryConfig) {
    SystemOptions o = options(0xc12, config);
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    for (auto [start, offset] : {std::pair{35u, 6u}, {35u, 7u}, {35u, 0u}, {212u, 0u}}) {
      for (size_t header = 0; header < frame.size(); header++)
        run.post(checksum_job(frame, start, offset, header));
    }
    Frame first;
    size_t i = 0;
    for (const Outcome &outcome : run.finish()) {
      REQUIRE(outcome.frames.size() == 1);
      if (i++ % frame.size() == 0) first = outcome.frames[0];
      CHECK(outcome.frames[0] == first);
    }
  }
}

TEST_CASE("CSM-13: a checksum beyond the frame is an error and nothing is sent",
          "[catalogue][csm]") {
  const int refusals[] = {VMSO_REFUSED_CSUM_BEYOND};
  check_refusals("CSM-13", refusals);
  Frame frame = pattern(214, 13);
  const BadJob bad[] = {
      {"field half outside", checksum_job(frame, 35, 178), VMSO_STATUS_CSUM_FIELD},
      {"field outside", checksum_job(frame, 212, 2), VMSO_STATUS_CSUM_FIELD},
      {"start outside", checksum_job(frame, 214, 0), VMSO_STATUS_CSUM_FIELD},
      {"start far outside", checksum_job(frame, 0xfff0, 0xe), VMSO_STATUS_CSUM_FIELD},
      {"with a template", checksum_job(frame, 213, 0, 100), VMSO_STATUS_CSUM_FIELD}};
  for (const char *config : kEveryConfig) check_bad_jobs(bad, config);
}

TEST_CASE("CSM-14: the checksum of a bare ACK of 54 bytes leaves the padding out",
          "[catalogue][csm]") {
  Frame f = check_rows("CSM-14").at(0).at(0);
  CHECK(f.size() == 60);
  CHECK(parse_frame(f).faults.empty());
  EngineRun run(options(0xc14));
  run.post(checksum_job(bare_ack(), 34, 16));
  f = run.finish().at(0).frames.at(0);
  CHECK(f.size() == 60);
  CHECK(parse_frame(f).faults.empty());
}

TEST_CASE("CSM-15: seeds with lengths of 70000, 131072 and 500000 bytes", "[catalogue][csm]") {
  auto rows = check_rows("CSM-15");
  REQUIRE(rows.size() == 3);
  for (const Frames &f : rows) CHECK(all_good(f));
}

TEST_CASE("CSM-16: the sum of 60001 bytes of ff carries all the way", "[catalogue][csm]") {
  CHECK(check_rows("CSM-16").size() == 2);
  Request r = tcp_request(base_tcp(), 60001);
  std::ranges::fill(r.payload, uint8_t(0xff));
  for (const char *config : kEveryConfig) {
    Frames f = frames_of(r, config);
    CHECK(all_good(f));
    if (config == kEveryConfig[0]) check_kernel(r, f);
  }
}

TEST_CASE("CSM-17: UDP without checksum has 0 in the field, with a full seed the kernel's result",
          "[catalogue][csm]") {
  check_rows("CSM-17");
  for (unsigned before : {0u, 0xbeefu}) {
    UdpHeaders h;
    h.l4_mode = VMSO_L4_NONE;
    Request r = udp_request(h, 4000);
    put16(r.job.header, kUdpCheck, before);
    Frames f = frames_of(r);
    CHECK(fields_of(f, kUdpCheck) == Values(3, 0));
    CHECK(all_good(f));
  }
}

TEST_CASE("CSM-18: a packet without requests leaves bit by bit", "[catalogue][csm]") {
  SuperPacket packet = referee::super_packet(tcp_request(base_tcp(), 1000));
  packet.net = {};
  packet.frame[kTcpCheck] ^= 0x5a;  // right or not is nobody's business
  for (const char *config : kEveryConfig) {
    auto answer = answers(std::span(&packet, 1), options(0xc18, config)).front();
    CHECK(answer.frames == Frames{packet.frame});
  }
}

}  // namespace vmso::test
