// SPDX-License-Identifier: Apache-2.0
// The reference segmenter against the Linux kernel: the catalogue, sweeps, random super-packets.
// Each feature of the kernel is a test of its own, so that one that is missing is named. More, or
// others: VMSO_PACKETS and VMSO_SEED in the environment.
#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>

#include "catalogue.hpp"
#include "comparison.hpp"
#include "kernel_segmenter.hpp"
#include "model/findings.hpp"
#include "sweeps.hpp"
#include "vmso_catch.hpp"

namespace vmso::referee {
namespace {

uint64_t setting(const char *name, uint64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

// Null, and says so, if there is no kernel that can do it.
KernelSegmenter *kernel(Feature feature) {
  auto [kernel, missing] = kernel_at_hand(feature);
  if (kernel) return kernel;
  std::cout << "SKIPPED: " << Catch::getResultCapture().getCurrentTestName() << ": " << missing
            << std::endl;
  return nullptr;
}

// As the request was made, and as it is read back from the super-packet.
void compare(KernelSegmenter &kernel, const Request &request) {
  SuperPacket packet = super_packet(request);
  auto answer = kernel.segment(packet);
  REQUIRE(answer.error == 0);
  REQUIRE(disagreement(request, answer.frames) == "");
  REQUIRE(disagreement(request_of(packet), answer.frames) == "");
}

void compare_catalogue(Feature feature, size_t least) {
  KernelSegmenter *k = kernel(feature);
  if (!k) return;
  size_t asked = 0;
  for (const Case &c : catalogue()) {
    if (feature_of(c.packet) != feature) continue;
    INFO(c.id);
    auto answer = k->segment(c.packet);
    CHECK(answer.error == 0);
    CHECK(disagreement(request_of(c.packet), answer.frames) == "");
    asked++;
  }
  CHECK(asked >= least);
}

void compare_random(Feature feature, unsigned thousandths) {
  KernelSegmenter *k = kernel(feature);
  if (!k) return;
  uint64_t seed = setting("VMSO_SEED", 0x6e657473), count = setting("VMSO_PACKETS", 10000);
  Random random(seed, fmt::format("packets {}", int(feature)));
  for (uint64_t i = 0; i < count * thousandths / 1000;) {
    Request r = random_request(random);
    if (feature_of(super_packet(r)) != feature) continue;
    INFO(fmt::format("VMSO_SEED={:#x}, packet {}: {} bytes, MSS {}, header {:02x}", seed, i,
                     r.payload.size(), r.job.mss, fmt::join(r.job.header, " ")));
    compare(*k, r);
    i++;
  }
}

Request tcp_request(const TcpHeaders &h, size_t bytes, unsigned mss) {
  return request(VMSO_KIND_TCP_SEG, tcp_template(h), VMSO_L4_COMPUTE, bytes, mss);
}

}  // namespace

TEST_CASE("The kernel agrees in the catalogue", "[kernel][plain]") {
  compare_catalogue(Feature::kPlain, 110);
}
TEST_CASE("The kernel agrees in the catalogue of UDP", "[kernel][udp]") {
  compare_catalogue(Feature::kUdp, 20);
}
TEST_CASE("The kernel agrees in the catalogue of VXLAN and Geneve", "[kernel][tunnel]") {
  compare_catalogue(Feature::kUdpTunnel, 40);
}
TEST_CASE("The kernel agrees in the catalogue of GRE and IP in IP", "[kernel][encapsulation]") {
  compare_catalogue(Feature::kEncapsulation, 24);
}

TEST_CASE("The kernel agrees in random packets", "[kernel][plain]") {
  compare_random(Feature::kPlain, 450);
}
TEST_CASE("The kernel agrees in random packets of UDP", "[kernel][udp]") {
  compare_random(Feature::kUdp, 200);
}
TEST_CASE("The kernel agrees in random packets of VXLAN and Geneve", "[kernel][tunnel]") {
  compare_random(Feature::kUdpTunnel, 150);
}
TEST_CASE("The kernel agrees in random packets of GRE and IP in IP", "[kernel][encapsulation]") {
  compare_random(Feature::kEncapsulation, 200);
}

TEST_CASE("BAS-15: the kernel agrees in every MSS up to 65 and lengths around its multiples",
          "[kernel][plain]") {
  KernelSegmenter *k = kernel(Feature::kPlain);
  if (!k) return;
  auto sweep = mss_sweep();
  CHECK(sweep.size() > 1142);
  for (const Request &r : sweep) {
    INFO(fmt::format("MSS {}, {} bytes", r.job.mss, r.payload.size()));
    compare(*k, r);
  }
}

TEST_CASE("BAS-04: the kernel agrees in every length that fits into one frame", "[kernel][plain]") {
  KernelSegmenter *k = kernel(Feature::kPlain);
  if (!k) return;
  TcpHeaders h;
  h.flags = kAck | kPsh | kFin | kCwr;
  for (size_t bytes = 0; bytes <= 1448; bytes++) {
    INFO(bytes << " bytes");
    compare(*k, tcp_request(h, bytes, 1448));
  }
}

TEST_CASE("CSM-09: a seed without length gives the frames that the kernel makes of a full one",
          "[kernel][plain]") {
  KernelSegmenter *k = kernel(Feature::kPlain);
  if (!k) return;
  for (bool ipv6 : {false, true}) {
    for (size_t bytes : {1u, 40000u, 200000u}) {
      TcpHeaders h;
      h.ipv6 = ipv6;
      h.l4_mode = VMSO_L4_SEED_NO_LEN;
      INFO(bytes << " bytes, IPv" << (ipv6 ? 6 : 4));
      compare(*k, request(VMSO_KIND_TCP_SEG, tcp_template(h), h.l4_mode, bytes, 1440));
    }
  }
}

TEST_CASE("OPT-01: the kernel agrees in every length of IPv4 options and of TCP options",
          "[kernel][plain]") {
  KernelSegmenter *k = kernel(Feature::kPlain);
  if (!k) return;
  auto sweep = option_sweep();
  CHECK(sweep.size() == 363);
  for (const Request &r : sweep) {
    INFO(fmt::format("L4 at {}, header of {} bytes, {} of payload, MSS {}", r.job.l4,
                     r.job.header.size(), r.payload.size(), r.job.mss));
    compare(*k, r);
  }
}

TEST_CASE("V6-07: the kernel takes the jumbo option of a super-packet beyond 64 KiB out",
          "[kernel][plain]") {
  KernelSegmenter *k = kernel(Feature::kPlain);
  if (!k) return;
  Jumbogram jumbo = jumbogram();
  auto answer = k->segment(jumbo.packet);
  CHECK(answer.error == 0);
  CHECK(disagreement(jumbo.request, answer.frames) == "");
}

TEST_CASE("What nobody may segment is refused by the kernel and by the reading of super-packets",
          "[kernel][tunnel]") {
  KernelSegmenter *k = kernel(Feature::kUdpTunnel);
  if (!k) return;
  for (const Refusal &r : refusals()) {
    INFO(r.id);
    CHECK(k->segment(r.packet).frames.empty());
    CHECK_THROWS_AS(request_of(r.packet), Error);
  }
}

TEST_CASE("The kernel drops what would fit without TCP options", "[kernel][plain]") {
  KernelSegmenter *k = kernel(Feature::kPlain);
  if (!k) return;
  TcpHeaders h;
  h.tcp_options = timestamp_option();
  for (size_t bytes = 1435; bytes <= 1449; bytes++) {
    auto answer = k->segment(super_packet(tcp_request(h, bytes, 1448)));
    INFO(bytes << " bytes");
    CHECK(answer.error == 0);
    CHECK(answer.frames.empty() == (bytes > 1436 && bytes <= 1448));
  }
}

TEST_CASE("USO-04: the kernel refuses 129 datagrams and the reference makes them",
          "[kernel][udp]") {
  KernelSegmenter *k = kernel(Feature::kUdp);
  if (!k) return;
  for (unsigned datagrams : {128u, 129u}) {
    Request r = request(VMSO_KIND_UDP_SEG, udp_template({}), VMSO_L4_COMPUTE, datagrams * 100, 100);
    auto answer = k->segment(super_packet(r));
    CHECK(answer.frames.size() == (datagrams == 128 ? 128 : 0));
    CHECK(answer.error == (datagrams == 128 ? 0 : EINVAL));
    CHECK(reference::segments(r.job) == datagrams);
  }
}

TEST_CASE("TUN-12: the kernel takes no notice of a tunnel's checksum without a tunnel",
          "[kernel][tunnel]") {
  KernelSegmenter *k = kernel(Feature::kUdpTunnel);
  if (!k) return;
  Request r = tcp_request({}, 4000, 1448);
  SuperPacket packet = super_packet(r);
  packet.net.flags |= VirtioHeader::kTunnelCsum;
  CHECK(disagreement(r, k->segment(packet).frames) == "");
  CHECK_THROWS_AS(request_of(packet), Error);
}

}  // namespace vmso::referee
