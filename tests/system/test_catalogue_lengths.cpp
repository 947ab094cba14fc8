// SPDX-License-Identifier: Apache-2.0
// BAS of the catalogue: lengths of payload and MSS.
#include "catalogue_run.hpp"
#include "sweeps.hpp"
#include "vmso_virtio.h"

namespace vmso::test {
namespace {

using Sizes = std::vector<size_t>;
using Values = std::vector<unsigned>;

// Requests through one engine and, as far as it answers, the kernel.
void check_sweep(const std::vector<Request> &requests, const char *config) {
  auto all = frames_of(requests, config);
  for (size_t i = 0; i < requests.size(); i++) {
    const Request &r = requests[i];
    INFO(fmt::format("{} bytes, MSS {}, header of {}, {}", r.payload.size(), r.job.mss,
                     r.job.header.size(), config));
    CHECK(referee::disagreement(r, all[i]) == "");
    check_kernel(r, all[i]);
  }
}

// One frame is too long, so nothing is sent: by the driver's mapping and by the engine itself.
void check_too_long(std::string_view id) {
  for (const referee::Case &c : referee::catalogue()) {
    if (c.id != id) continue;
    auto answer = answers(std::span(&c.packet, 1), options(0xca71)).front();
    CHECK(answer.refusal == vmso_refusal_of_status(VMSO_STATUS_FRAME_TOO_LONG));
    CHECK(answer.frames.empty());
    const BadJob bad[] = {{c.id, job_of(request_of(c.packet)), VMSO_STATUS_FRAME_TOO_LONG}};
    for (const char *config : kEveryConfig) check_bad_jobs(bad, config);
    return;
  }
  FAIL("no such row");
}

}  // namespace

TEST_CASE("BAS-01: 40000 bytes become 28 segments, CWR on the first, PSH and FIN on the last",
          "[catalogue][bas]") {
  Frames f = check_rows("BAS-01").at(0);
  Sizes payloads(27, 1448);
  payloads.push_back(904);
  CHECK(payloads_of(f) == payloads);
  CHECK(ids_of(f) == counting(0x1234, 28));
  CHECK(ids_of(f).back() == 0x124f);
  Values flags(28, kAck);
  flags.front() |= kCwr;
  flags.back() |= kPsh | kFin;
  CHECK(flags_of(f) == flags);
}

TEST_CASE("BAS-02: four times the MSS is four full segments, PSH on the fourth, no empty fifth",
          "[catalogue][bas]") {
  Frames f = check_rows("BAS-02").at(0);
  CHECK(payloads_of(f) == Sizes{1448, 1448, 1448, 1448});
  CHECK(flags_of(f) == Values{kAck, kAck, kAck, kAck | kPsh});
}

TEST_CASE("BAS-03: one byte more than the MSS is a second frame of 67 bytes", "[catalogue][bas]") {
  Frames f = check_rows("BAS-03").at(0);
  CHECK(payloads_of(f) == Sizes{1448, 1});
  CHECK(f.at(1).size() == 67);
}

TEST_CASE("BAS-04: payload up to the MSS is one frame that keeps all flags", "[catalogue][bas]") {
  for (const Frames &f : check_rows("BAS-04")) {
    CHECK(flags_of(f) == Values{kAck | kPsh | kFin | kCwr});
  }
  size_t asked = 0;
  std::vector<Request> requests;
  for (size_t bytes = 1; bytes <= 1448; bytes++) {
    requests.push_back(tcp_request(base_tcp(kAck | kPsh | kFin | kCwr), bytes));
  }
  auto all = frames_of(requests, "default");
  for (size_t i = 0; i < all.size(); i++) {
    const Frames &f = all[i];
    INFO(i + 1 << " bytes");
    REQUIRE(f.size() == 1);
    CHECK(flags_of(f) == Values{kAck | kPsh | kFin | kCwr});
    CHECK(payloads_of(f) == Sizes{i + 1});
    asked += check_kernel(requests[i], f);
  }
  CHECK((asked == 0 || asked == 1448 - timestamp_option().size()));
}

TEST_CASE("BAS-05: no payload is one frame of headers, unchanged but for checksums",
          "[catalogue][bas]") {
  Frames f = check_rows("BAS-05").at(0);
  CHECK(f.at(0).size() == 66);
  CHECK(flags_of(f) == Values{kAck | kPsh});
}

TEST_CASE("BAS-06: a last frame of 55 bytes is padded to 60 and its IP length is 41",
          "[catalogue][bas]") {
  Frames f = check_rows("BAS-06").at(0);
  REQUIRE(f.size() == 2);
  CHECK(f[1].size() == 60);
  CHECK(get16(f[1], 16) == 41);
  CHECK(std::all_of(f[1].begin() + 55, f[1].end(), [](uint8_t b) { return b == 0; }));
}

TEST_CASE("BAS-07: the largest IPv4 packet is 45 segments, the last one of 1255 bytes",
          "[catalogue][bas]") {
  Frames f = check_rows("BAS-07").at(0);
  CHECK(f.size() == 45);
  CHECK(payloads_of(f).back() == 1255);
}

TEST_CASE("BAS-08: the largest IPv6 packet is 46 segments, the last one of 715 bytes",
          "[catalogue][bas]") {
  Frames f = check_rows("BAS-08").at(0);
  CHECK(f.size() == 46);
  CHECK(payloads_of(f).back() == 715);
}

TEST_CASE("BAS-09: an MSS of one byte makes 20 segments of one byte", "[catalogue][bas]") {
  Frames f = check_rows("BAS-09").at(0);
  CHECK(payloads_of(f) == Sizes(20, 1));
  CHECK(ids_of(f) == counting(0x1234, 20));
  CHECK(seqs_of(f).back() == 1019);
}

TEST_CASE("BAS-10: 2000 and 60000 segments of one byte, the identification wraps",
          "[catalogue][bas]") {
  Frames f = check_rows("BAS-10").at(1);
  CHECK(f.size() == 60000);
  CHECK(ids_of(f) == counting(0x1234, 60000));
}

TEST_CASE("BAS-11: MSS 536 cuts 65483 bytes into 123 segments, the last one of 91",
          "[catalogue][bas]") {
  Frames f = check_rows("BAS-11").at(0);
  CHECK(f.size() == 123);
  CHECK(payloads_of(f).back() == 91);
}

TEST_CASE("BAS-12: seven jumbo frames of 8948 bytes", "[catalogue][bas]") {
  CHECK(payloads_of(check_rows("BAS-12").at(0)) == Sizes(7, 8948));
}

TEST_CASE("BAS-13: an MSS of 60000 is above the largest frame", "[catalogue][bas]") {
  check_too_long("BAS-13");
}

TEST_CASE("BAS-14: an MSS of 65494 is above the largest frame", "[catalogue][bas]") {
  check_too_long("BAS-14");
}

TEST_CASE("BAS-15: every MSS up to 65 with lengths around its multiples", "[catalogue][bas]") {
  auto sweep = referee::mss_sweep();
  CHECK(sweep.size() > 1142);
  check_sweep(sweep, "small");
}

}  // namespace vmso::test
