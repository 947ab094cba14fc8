// SPDX-License-Identifier: Apache-2.0
// VNH of the catalogue: requests of virtio-net that contradict themselves or their packet; by the
// driver's mapping, and as jobs that a driver without any sense would post.
#include "catalogue_run.hpp"
#include "vmso_virtio.h"

namespace vmso::test {
namespace {

constexpr size_t kIp = 14, kEtherType = 12;

SuperPacket packet(size_t bytes = 4000, unsigned mss = 1448) {
  return referee::super_packet(tcp_request(base_tcp(), bytes, mss));
}

JobSpec spoilt(size_t at, uint8_t value) {
  JobSpec spec = job_of(tcp_request(base_tcp(), 4000));
  spec.header.bytes.at(at) = value;
  return spec;
}

void check_refused(const SuperPacket &p, int refusal) {
  auto answer = answers(std::span(&p, 1), options(0x7e4)).front();
  CHECK(std::string(vmso_refusal_name(answer.refusal)) == vmso_refusal_name(refusal));
  CHECK(answer.refusal == refusal);
  CHECK(answer.frames.empty());
}

void check_bad(std::initializer_list<BadJob> jobs) {
  for (const char *config : kEveryConfig)
    check_bad_jobs(std::span(jobs.begin(), jobs.size()), config);
}

}  // namespace

TEST_CASE("VNH-01: an MSS of 0 or above the largest frame is an error and never cut off",
          "[catalogue][vnh]") {
  const int refusals[] = {VMSO_REFUSED_GSO_SIZE};
  check_refusals("VNH-01", refusals);
  const int too_long = vmso_refusal_of_status(VMSO_STATUS_FRAME_TOO_LONG);
  check_refused(packet(20000, 9216 - 66 + 1), too_long);
  check_refused(packet(70000, 65535), too_long);
  CHECK(check_packet(packet(20000, 9216 - 66)).at(0).size() == 9216);

  check_bad({{"MSS 0", job_of(tcp_request(base_tcp(), 4000)), VMSO_STATUS_MSS_ZERO,
              [](vmso_first_slot &f) { vmso_first_slot_set_mss(&f, 0); }},
             {"one too many", job_of(tcp_request(base_tcp(), 20000, 9216 - 66 + 1)),
              VMSO_STATUS_FRAME_TOO_LONG},
             {"the largest that the field holds", job_of(tcp_request(base_tcp(), 70000, 65535)),
              VMSO_STATUS_FRAME_TOO_LONG},
             {"2^13 + 1448, of which 13 bits are a good one",
              job_of(tcp_request(base_tcp(), 20000, 8192 + 1448)), VMSO_STATUS_FRAME_TOO_LONG}});
}

TEST_CASE("VNH-02: unknown flags and RSC_INFO are ignored", "[catalogue][vnh]") {
  for (const char *id : {"VNH-02 04", "VNH-02 f4", "VNH-02 02"}) {
    CHECK(check_rows(id).at(0).size() == 3);
  }
}

TEST_CASE("VNH-03: segmentation that the headers contradict is an error", "[catalogue][vnh]") {
  const std::pair<const char *, int> rows[] = {{"VNH-03 family", VMSO_REFUSED_GSO_FAMILY},
                                               {"VNH-03 protocol", VMSO_REFUSED_GSO_PROTOCOL},
                                               {"VNH-03 ARP", VMSO_REFUSED_NOT_IP}};
  for (const auto &[id, refusal] : rows) check_refusals(id, std::span(&refusal, 1));
  JobSpec tcp_as_udp = job_of(udp_request({}, 4000)), udp_as_tcp = spoilt(0, 2);
  tcp_as_udp.kind = VMSO_KIND_TCP_SEG;
  tcp_as_udp.header.bytes.resize(tcp_as_udp.header.l4 + 20u);  // room for the smaller TCP header
  udp_as_tcp.kind = VMSO_KIND_UDP_SEG;
  check_bad({{"UDP in a TCP job", tcp_as_udp, VMSO_STATUS_BAD_TEMPLATE},
             {"TCP in a UDP job", udp_as_tcp, VMSO_STATUS_BAD_TEMPLATE},
             {"protocol UDP", spoilt(kIp + 9, 17), VMSO_STATUS_BAD_TEMPLATE},
             {"protocol ICMP", spoilt(kIp + 9, 1), VMSO_STATUS_BAD_TEMPLATE},
             {"ARP", spoilt(kEtherType + 1, 0x06), VMSO_STATUS_BAD_TEMPLATE}});
}

TEST_CASE("VNH-04: csum_offset 6 with TCP is an error", "[catalogue][vnh]") {
  const int refusals[] = {VMSO_REFUSED_CSUM_OFFSET};
  check_refusals("VNH-04", refusals);
}

TEST_CASE("VNH-05: an IPv4 fragment is an error", "[catalogue][vnh]") {
  for (unsigned fragment : {0x2000u, 0x6000u, 0x0001u, 0x1fffu, 0x4100u}) {
    SuperPacket p = packet();
    put16(p.frame, kIp + 6, fragment);
    INFO(fragment);
    check_refused(p, VMSO_REFUSED_FRAGMENT);
    JobSpec spec = job_of(tcp_request(base_tcp(), 4000));
    put16(spec.header.bytes, kIp + 6, fragment);
    check_bad({{"fragment", spec, VMSO_STATUS_BAD_TEMPLATE}});
  }
}

TEST_CASE("VNH-06: an IP version that is not that of the EtherType is an error",
          "[catalogue][vnh]") {
  SuperPacket p = packet();
  p.frame[kIp] = 0x65;
  check_refused(p, VMSO_REFUSED_VERSION);
  TcpHeaders h = base_tcp();
  h.ipv6 = true;
  JobSpec six = job_of(tcp_request(h, 4000, 1428));
  p = referee::super_packet(tcp_request(h, 4000, 1428));
  p.frame[kIp] = 0x45;
  check_refused(p, VMSO_REFUSED_VERSION);
  six.header.bytes[kIp] = 0x45;
  check_bad({{"6 behind 0800", spoilt(kIp, 0x65), VMSO_STATUS_BAD_TEMPLATE},
             {"4 behind 86dd", six, VMSO_STATUS_BAD_TEMPLATE},
             {"0 behind 0800", spoilt(kIp, 0x05), VMSO_STATUS_BAD_TEMPLATE}});
}

}  // namespace vmso::test
