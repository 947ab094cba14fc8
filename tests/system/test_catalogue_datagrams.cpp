// SPDX-License-Identifier: Apache-2.0
// USO of the catalogue: UDP segmentation, each piece a datagram of its own.
#include <algorithm>

#include "catalogue_run.hpp"

namespace vmso::test {
namespace {

using Sizes = std::vector<size_t>;
using Values = std::vector<unsigned>;

constexpr unsigned kLengthAt = 34 + 4;  // of UDP over IPv4 without tags or options

}  // namespace

TEST_CASE("USO-01: 10000 bytes over IPv4 become seven datagrams of 1472 and 1168 bytes",
          "[catalogue][uso]") {
  for (const char *id : {"USO-01", "USO-01 no DF"}) {
    Frames f = check_rows(id).at(0);
    CHECK(fields_of(f, kLengthAt) == Values{1480, 1480, 1480, 1480, 1480, 1480, 1176});
    CHECK(ids_of(f) == counting(0x1234, 7));
  }
}

TEST_CASE("USO-02: 10000 bytes over IPv6 become seven datagrams, the last one of 1288 bytes",
          "[catalogue][uso]") {
  Sizes sizes(6, 1452);
  sizes.push_back(1288);
  CHECK(payloads_of(check_rows("USO-02").at(0)) == sizes);
}

TEST_CASE("USO-03: lengths around the size of a datagram", "[catalogue][uso]") {
  const std::pair<const char *, Sizes> rows[] = {
      {"USO-03 equal", {1000}}, {"USO-03 +", {1000, 1}}, {"USO-03 less", {999}}};
  for (const auto &[id, sizes] : rows) {
    for (const Frames &f : check_rows(id)) {
      if (id != std::string("USO-03 +")) CHECK(payloads_of(f) == sizes);
      CHECK(f.size() == sizes.size());
    }
  }
}

TEST_CASE("USO-04: 128 datagrams, and 129, which no kernel makes", "[catalogue][uso]") {
  CHECK(check_rows("USO-04").at(0).size() == 128);
  for (const char *config : kEveryConfig) {
    CHECK(payloads_of(frames_of(udp_request({}, 12900, 100), config)) == Sizes(129, 100));
  }
}

TEST_CASE("USO-05: the largest UDP payload becomes 45 datagrams, the last one of 739 bytes",
          "[catalogue][uso]") {
  Frames f = check_rows("USO-05").at(0);
  CHECK(f.size() == 45);
  CHECK(payloads_of(f).back() == 739);
}

TEST_CASE("USO-06: datagrams of one byte are frames of 43 bytes, padded", "[catalogue][uso]") {
  Frames f = check_rows("USO-06").at(0);
  REQUIRE(f.size() == 20);
  for (const Frame &frame : f) {
    CHECK(frame.size() == 60);
    CHECK(std::all_of(frame.begin() + 43, frame.end(), [](uint8_t b) { return b == 0; }));
  }
  CHECK(fields_of(f, kLengthAt) == Values(20, 9));
}

TEST_CASE("USO-07: a UDP length of 0 in the template is written anew and checksums are right",
          "[catalogue][uso]") {
  for (bool ipv6 : {false, true}) {
    for (vmso_l4_mode mode : {VMSO_L4_COMPUTE, VMSO_L4_SEED_NO_LEN, VMSO_L4_SEED_FULL}) {
      UdpHeaders h;
      h.ipv6 = ipv6;
      h.l4_mode = mode;
      Request r = udp_request(h, 5000, 1000);
      put16(r.job.header, r.job.l4 + 4, 0);
      for (const Frame &f : frames_of(r)) {
        CHECK(get16(f, r.job.l4 + 4) == 1008);
        CHECK(parse_frame(f).faults.empty());
      }
    }
  }
}

}  // namespace vmso::test
