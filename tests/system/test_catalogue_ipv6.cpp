// SPDX-License-Identifier: Apache-2.0
// V6 of the catalogue: IPv6, its extension headers, and packets above 64 KiB.
#include <algorithm>

#include "catalogue_run.hpp"
#include "sweeps.hpp"
#include "vmso_virtio.h"

namespace vmso::test {
namespace {

TcpHeaders base_ipv6() {
  TcpHeaders h = base_tcp();
  h.ipv6 = true;
  return h;
}

// Its one extension header is spoilt at a byte.
JobSpec with_extension(ExtensionHeader extension, size_t at, uint8_t value) {
  TcpHeaders h = base_ipv6();
  h.extension_headers = {extension};
  JobSpec spec = job_of(tcp_request(h, 4000, 1400));
  spec.header.bytes.at(at) = value;
  return spec;
}

constexpr size_t kNextHeader = 14 + 6, kExtension = 14 + 40;

}  // namespace

TEST_CASE("V6-01: 40000 bytes over IPv6 become 29 segments, the last one of 16 bytes",
          "[catalogue][v6]") {
  Frames f = check_rows("V6-01").at(0);
  CHECK(f.size() == 29);
  CHECK(payloads_of(f).back() == 16);
}

TEST_CASE("V6-02: traffic class 03 and flow label 12345 are copied", "[catalogue][v6]") {
  Frames frames = check_rows("V6-02").at(0);
  for (const Frame &f : frames) {
    CHECK(get16(f, 14) == 0x6031);
    CHECK(get16(f, 16) == 0x2345);
  }
}

TEST_CASE("V6-03: hop-by-hop, destination and routing headers and chains of them are copied",
          "[catalogue][v6]") {
  size_t rows = 0;
  for (const char *id : {"V6-03 of 1", "V6-03 of 2", "V6-03 of 4"}) {
    for (const Frames &f : check_rows(id)) {
      rows++;
      CHECK(f.size() == 3);
      CHECK(get16(f[0], 18) == f[0].size() - kExtension);
    }
  }
  CHECK(rows == 5);
}

TEST_CASE("V6-04: fragment, AH, ESP, no next header, mobility and others are an error",
          "[catalogue][v6]") {
  for (unsigned next : {44u, 50u, 51u, 59u, 135u, 139u, 253u}) {
    const int refusals[] = {next == 44 ? VMSO_REFUSED_FRAGMENT : VMSO_REFUSED_EXTENSION};
    check_refusals(fmt::format("V6-04 {}", next), refusals);
  }
  std::vector<BadJob> bad;
  for (unsigned next : {44u, 50u, 51u, 59u, 135u, 139u, 140u, 253u, 254u}) {
    bad.push_back({fmt::format("first header {}", next),
                   with_extension({ExtensionHeader::kDestination, 8}, kNextHeader, uint8_t(next)),
                   VMSO_STATUS_BAD_TEMPLATE});
    bad.push_back({fmt::format("second header {}", next),
                   with_extension({ExtensionHeader::kDestination, 8}, kExtension, uint8_t(next)),
                   VMSO_STATUS_BAD_TEMPLATE});
  }
  for (const char *config : kEveryConfig) check_bad_jobs(bad, config);
}

TEST_CASE("V6-05: an extension header of 2048 bytes is an error and nothing hangs",
          "[catalogue][v6]") {
  TcpHeaders h = base_ipv6();
  h.extension_headers = {{ExtensionHeader::kDestination, 2048}};
  SuperPacket packet = referee::super_packet(tcp_request(h, 4000, 1400));
  auto answer = answers(std::span(&packet, 1), options(0x605)).front();
  CHECK(answer.refusal == vmso_refusal_of_status(VMSO_STATUS_HDR_LONG));
  const BadJob bad[] = {
      {"length ff", with_extension({ExtensionHeader::kDestination, 8}, kExtension + 1, 0xff),
       VMSO_STATUS_BAD_TEMPLATE},
      {"length ff of hop-by-hop",
       with_extension({ExtensionHeader::kHopByHop, 64}, kExtension + 1, 0xff),
       VMSO_STATUS_BAD_TEMPLATE},
      {"eight bytes too long",
       with_extension({ExtensionHeader::kDestination, 16}, kExtension + 1, 2),
       VMSO_STATUS_BAD_TEMPLATE},
      {"eight bytes too short",
       with_extension({ExtensionHeader::kDestination, 16}, kExtension + 1, 0),
       VMSO_STATUS_BAD_TEMPLATE}};
  for (const char *config : kEveryConfig) check_bad_jobs(bad, config);
}

TEST_CASE(
    "V6-06: a routing header with segments left is an error where the engine computes the "
    "pseudo header",
    "[catalogue][v6]") {
  for (unsigned left : {0u, 1u}) {
    TcpHeaders h = base_ipv6();
    h.extension_headers = {{ExtensionHeader::kRouting, 24, uint8_t(left)}};
    for (vmso_l4_mode mode : {VMSO_L4_COMPUTE, VMSO_L4_SEED_NO_LEN, VMSO_L4_SEED_FULL}) {
      h.l4_mode = mode;
      Request r = tcp_request(h, 4000, 1400);
      INFO("segments left " << left << ", mode " << mode);
      if (left == 1 && mode == VMSO_L4_COMPUTE) {
        const BadJob bad[] = {{"computed", job_of(r), VMSO_STATUS_BAD_TEMPLATE}};
        for (const char *config : kEveryConfig) check_bad_jobs(bad, config);
      } else {
        CHECK(frames_of(r).size() == 3);
      }
    }
  }
}

TEST_CASE("V6-07: a jumbogram's hop-by-hop header is in no frame of its 198504 bytes",
          "[catalogue][v6]") {
  referee::Jumbogram jumbo = referee::jumbogram();
  for (const char *config : kEveryConfig) {
    auto answer = answers(std::span(&jumbo.packet, 1), options(0x607, config)).front();
    CHECK(referee::disagreement(jumbo.request, answer.frames) == "");
    CHECK(std::ranges::all_of(answer.frames, [](const Frame &f) {
      return f[kNextHeader] == 6 && parse_frame(f).faults.empty();
    }));
    if (config == kEveryConfig[0]) check_kernel(jumbo.packet, answer.frames);
  }
}

TEST_CASE("V6-08: 80000 bytes over IPv6 with payload length 0 become 62 segments",
          "[catalogue][v6]") {
  CHECK(check_rows("V6-08").at(0).size() == 62);
}

TEST_CASE("V6-09: 80000 bytes over IPv4 with a junk total length become 62 segments",
          "[catalogue][v6]") {
  CHECK(check_rows("V6-09").at(0).size() == 62);
}

}  // namespace vmso::test
