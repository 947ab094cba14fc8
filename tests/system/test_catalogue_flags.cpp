// SPDX-License-Identifier: Apache-2.0
// FLG of the catalogue: which segments carry which TCP flags.
#include "catalogue_run.hpp"

namespace vmso::test {
namespace {

using Values = std::vector<unsigned>;

constexpr unsigned kAe = 0x100;  // accurate ECN, the lowest of the four bits beside the data offset

// 12 flags, the upper four beside the data offset.
Request with_flags(unsigned flags, size_t bytes, unsigned profile = 0) {
  TcpHeaders h = base_tcp(uint8_t(flags));
  h.reserved_flags = uint8_t(flags >> 8);
  Request r = tcp_request(h, bytes, 500);
  if (profile == 1) r.job.flag_masks = {0xff6, 0xff6, 0xfff};
  return r;
}

}  // namespace

TEST_CASE("FLG-01: each of the twelve flags alone passes the masks FF6, F76 and F7F",
          "[catalogue][flg]") {
  auto rows = check_rows("FLG-01");
  REQUIRE(rows.size() == 12);
  for (unsigned bit = 0; bit < 12; bit++) {
    unsigned flag = 1u << bit;
    CHECK(flags_of(rows[bit]) == Values{flag & 0xff6, flag & 0xf76, flag & 0xf76, flag & 0xf7f});
  }
}

TEST_CASE("FLG-02: of two segments the first has CWR", "[catalogue][flg]") {
  CHECK(flags_of(check_rows("FLG-02").at(0)) == Values{kAck | kCwr, kAck});
}

TEST_CASE("FLG-03: no segment in the middle has CWR", "[catalogue][flg]") {
  CHECK(flags_of(check_rows("FLG-03").at(0)) == Values{kAck | kCwr, kAck, kAck, kAck});
}

TEST_CASE("FLG-04: a single segment keeps CWR and all other flags", "[catalogue][flg]") {
  CHECK(flags_of(check_rows("FLG-04").at(0)) == Values{kAck | kCwr});
  for (unsigned profile : {0u, 1u}) {
    for (size_t bytes : {0u, 1u, 480u, 500u}) {
      CHECK(flags_of(frames_of(with_flags(0xfff, bytes, profile))) == Values{0xfff});
    }
  }
}

TEST_CASE("FLG-05: ECE, URG and the urgent pointer are in all segments, CWR in the first",
          "[catalogue][flg]") {
  Frames f = check_rows("FLG-05").at(0);
  unsigned all = kAck | kEce | kUrg;
  CHECK(flags_of(f) == Values{all | kCwr, all, all, all});
  CHECK(fields_of(f, 34 + 18) == Values(4, 5000));
}

TEST_CASE("FLG-06: AE and the reserved bits are in all segments", "[catalogue][flg]") {
  CHECK(flags_of(check_rows("FLG-06").at(0)) ==
        Values{0xf00 | kAck, 0xf00 | kAck, 0xf00 | kAck, 0xf00 | kAck | kPsh});
}

TEST_CASE("FLG-07: FIN and PSH, one, both or none, are in the last segment alone",
          "[catalogue][flg]") {
  auto rows = check_rows("FLG-07");
  const unsigned last[] = {0, kFin, kPsh, kFin | kPsh};
  REQUIRE(rows.size() == 4);
  for (size_t i = 0; i < 4; i++)
    CHECK(flags_of(rows[i]) == Values{kAck, kAck, kAck, kAck | last[i]});
}

TEST_CASE("FLG-08: with the masks of accurate ECN CWR, ECE and AE are in all segments",
          "[catalogue][flg]") {
  unsigned ecn = kAe | kCwr | kEce | kAck;
  for (const char *config : kEveryConfig) {
    Request r = with_flags(ecn | kFin | kPsh, 2000, 1);
    CHECK(flags_of(frames_of(r, config)) == Values{ecn, ecn, ecn, ecn | kFin | kPsh});
  }
}

TEST_CASE("FLG-09: jobs of different masks back to back have each its own", "[catalogue][flg]") {
  unsigned flags = kAck | kCwr | kEce | kPsh, every = kAck | kEce;
  const Request jobs[] = {with_flags(flags, 1500, 0), with_flags(flags, 1500, 1),
                          with_flags(flags, 1500, 0)};
  for (const char *config : kEveryConfig) {
    auto all = frames_of(jobs, config);
    for (size_t i : {0u, 2u}) CHECK(flags_of(all[i]) == Values{every | kCwr, every, every | kPsh});
    CHECK(flags_of(all[1]) == Values{every | kCwr, every | kCwr, every | kCwr | kPsh});
  }
}

TEST_CASE("FLG-10: SYN and RST are copied to all segments", "[catalogue][flg]") {
  auto rows = check_rows("FLG-10 SYN");
  CHECK(flags_of(rows.at(0)) == Values(3, kSyn));
  rows = check_rows("FLG-10 RST");
  CHECK(flags_of(rows.at(0)) == Values(3, kAck | kRst));
}

TEST_CASE("FLG-11: at a multiple of the MSS the fourth of four segments has FIN and PSH",
          "[catalogue][flg]") {
  CHECK(flags_of(check_rows("FLG-11").at(0)) ==
        Values{kAck | kCwr, kAck, kAck, kAck | kFin | kPsh});
}

}  // namespace vmso::test
