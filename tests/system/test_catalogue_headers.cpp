// SPDX-License-Identifier: Apache-2.0
// LEN and OPT of the catalogue: lengths that the template claims, options, header lengths.
#include <algorithm>

#include "catalogue_run.hpp"
#include "sweeps.hpp"
#include "vmso_virtio.h"

namespace vmso::test {
namespace {

constexpr size_t kTcpAt = 34, kLongestTemplate = 256;

// A template of exactly so many bytes: VXLAN or Geneve around TCP fills it with Geneve options.
Request with_header(size_t bytes) {
  TunnelHeaders outer;
  outer.kind = TunnelHeaders::Kind::kGeneve;
  size_t bare = tunnel_request(outer, base_tcp(), true).job.header.size();
  for (size_t at = bare; at < bytes; at += 4) {  // options without data
    for (unsigned b : {0xffu, 0xf0u, unsigned(at), 0u}) outer.geneve_options.push_back(uint8_t(b));
  }
  Request r = tunnel_request(outer, base_tcp(), true, 3000, 1000);
  REQUIRE(r.job.header.size() == bytes);
  return r;
}

JobSpec frame_with_header(size_t bytes) {
  JobSpec spec = frame_job(1000);
  spec.header.bytes = pattern(bytes, bytes);
  return spec;
}

// Templates up to the longest leave with their payload behind them.
void check_sent(const char *config) {
  SystemOptions o = options(0x09707, config);
  VMSO_SAY_HOW(o);
  EngineRun run(o);
  CHECK(run.system().device().template_bytes == kLongestTemplate);
  for (size_t bytes : {192u, 240u, 256u}) run.post(with_header(bytes));
  for (size_t bytes : {192u, 240u, 255u, 256u}) run.post(frame_with_header(bytes));
  for (const Outcome &outcome : run.finish()) CHECK(outcome.completion.ok());
}

}  // namespace

TEST_CASE("LEN-01: the IPv4 total length of the template is ignored", "[catalogue][len]") {
  for (const char *id : {"LEN-01 0", "LEN-01 4321", "LEN-01 65535"}) {
    CHECK(fields_of(check_rows(id).at(0), 16) == std::vector<unsigned>{1500, 1500, 1156});
  }
}

TEST_CASE("LEN-02: the IPv6 payload length of the template is ignored", "[catalogue][len]") {
  CHECK(fields_of(check_rows("LEN-02").at(0), 18) == std::vector<unsigned>{1460, 1460, 1176});
}

TEST_CASE(
    "LEN-03: the IPv6 payload length leaves the 40 bytes of the header out and counts what "
    "follows",
    "[catalogue][len]") {
  CHECK(fields_of(check_rows("LEN-03").at(0), 18).at(0) == 1460);
  CHECK(fields_of(check_rows("V6-03 of 1").at(0), 18).at(0) == 8 + 32 + 1400);
}

TEST_CASE("OPT-01: 363 mixes of IPv4 and TCP options", "[catalogue][opt]") {
  auto sweep = referee::option_sweep();
  REQUIRE(sweep.size() == 363);
  for (const char *config : kEveryConfig) {
    auto all = frames_of(sweep, config);
    for (size_t i = 0; i < sweep.size(); i++) {
      INFO(fmt::format("L4 at {}, header of {} bytes, {} of payload, {}", sweep[i].job.l4,
                       sweep[i].job.header.size(), sweep[i].payload.size(), config));
      if (config == kEveryConfig[0]) check_kernel(sweep[i], all[i]);
    }
  }
}

TEST_CASE("OPT-02: the timestamp option is the same in all segments", "[catalogue][opt]") {
  const auto option = timestamp_option();
  Request r = tcp_request(base_tcp(), 10000);
  Frames f = frames_of(r);
  CHECK(f.size() == 7);
  for (const Frame &frame : f)
    CHECK(std::equal(option.begin(), option.end(), frame.begin() + kTcpAt + 20));
  check_kernel(r, f);
}

TEST_CASE("OPT-03: 40 bytes of timestamp, SACK and padding stay as they are", "[catalogue][opt]") {
  Frames f = check_rows("OPT-03").at(0);
  for (const Frame &frame : f) {
    CHECK(parse_frame(frame).payload_at == kTcpAt + 60);
    CHECK(std::equal(frame.begin() + kTcpAt + 20, frame.begin() + kTcpAt + 60,
                     f[0].begin() + kTcpAt + 20));
  }
}

TEST_CASE("OPT-04: the longest IPv4 and TCP headers behind two tags with one byte each",
          "[catalogue][opt]") {
  Frames f = check_rows("OPT-04").at(0);
  REQUIRE(f.size() == 300);
  CHECK(std::ranges::all_of(f, [](const Frame &frame) { return frame.size() == 143; }));
}

TEST_CASE("OPT-05: header lengths below 20 bytes or beyond the data are an error",
          "[catalogue][opt]") {
  const int refusals[] = {VMSO_REFUSED_L4_HEADER, VMSO_REFUSED_IP_HEADER};
  check_refusals("OPT-05", refusals);
  auto spoilt = [](size_t at, uint8_t value) {
    JobSpec spec = job_of(tcp_request(base_tcp(), 4000));
    spec.header.bytes[at] = value;
    return spec;
  };
  const BadJob bad[] = {
      {"data offset 4", spoilt(kTcpAt + 12, 0x40), VMSO_STATUS_BAD_TEMPLATE},
      {"data offset beyond the template", spoilt(kTcpAt + 12, 0xf0), VMSO_STATUS_BAD_TEMPLATE},
      {"header length 4", spoilt(14, 0x44), VMSO_STATUS_BAD_TEMPLATE},
      {"header length beyond the template", spoilt(14, 0x4f), VMSO_STATUS_BAD_TEMPLATE}};
  for (const char *config : kEveryConfig) check_bad_jobs(bad, config);
  // To the driver the end of the packet is what a header may not pass.
  SuperPacket packet = referee::super_packet(tcp_request(base_tcp(), 4000));
  packet.frame.resize(60);
  packet.net.hdr_len = 0;
  packet.frame[14] = 0x4f;
  auto answer = answers(std::span(&packet, 1), options(0x09705)).front();
  CHECK(answer.refusal == VMSO_REFUSED_IP_HEADER);
}

TEST_CASE("OPT-06: hdr_len is a hint, but an error beyond the packet", "[catalogue][opt]") {
  for (const char *id : {"OPT-06 0", "OPT-06 20", "OPT-06 3000"}) check_rows(id);
  SuperPacket packet = referee::super_packet(tcp_request(base_tcp(), 4000));
  packet.net.hdr_len = uint16_t(packet.frame.size() + 1);
  auto answer = answers(std::span(&packet, 1), options(0x09706)).front();
  CHECK(answer.refusal == VMSO_REFUSED_HDR_LEN);
}

// Segmentation has headers of even lengths alone, so the odd one is that of a plain frame.
TEST_CASE("OPT-07: templates of 192, 240, 255 and 256 bytes are sent, longer ones are an error",
          "[catalogue][opt]") {
  for (const char *config : kEveryConfig) {
    check_sent(config);
    const BadJob bad[] = {{"frame of 257", frame_with_header(257), VMSO_STATUS_HDR_LONG},
                          {"tunnel of 260", job_of(with_header(260)), VMSO_STATUS_HDR_LONG},
                          {"frame of 511", frame_with_header(511), VMSO_STATUS_HDR_LONG}};
    check_bad_jobs(bad, config);
  }
  for (size_t bytes : {192u, 240u, 256u}) {
    Request r = with_header(bytes);
    check_kernel(r, frames_of(r));
  }
}

}  // namespace vmso::test
