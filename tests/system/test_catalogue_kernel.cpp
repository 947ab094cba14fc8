// SPDX-License-Identifier: Apache-2.0
// The engine against the Linux kernel, without the reference segmenter in between: random
// super-packets go through the driver's mapping and the engine, and to the kernel, and frames are
// compared byte by byte (padded to 60; a TCP checksum 0000 counts as FFFF). What another kernel has
// answered once is compared always. More, or others: VMSO_PACKETS and VMSO_SEED in the environment.
#include <cstdlib>
#include <iostream>

#include "catalogue_run.hpp"
#include "corpus.hpp"

namespace vmso::test {
namespace {

using referee::Feature;

constexpr size_t kBatch = 200;  // super-packets under way at a time

uint64_t packets_wanted() {
  const char *text = std::getenv("VMSO_PACKETS");
  return text ? std::strtoull(text, nullptr, 0) : 3000;
}

// Templates and frames of the kernel may be longer than those of an engine.
bool fits(const Request &r, const ConfigInfo &config) {
  size_t header = r.job.header.size(), piece = std::min<size_t>(r.job.mss, r.payload.size());
  return header <= config.template_bytes && header + piece <= config.max_frame;
}

// Compares what the engine makes of super-packets with frames of somebody else.
void compare(const std::vector<referee::Answered> &answered, const SystemOptions &options) {
  std::vector<SuperPacket> packets;
  for (const auto &a : answered) packets.push_back(a.packet);
  auto from_engine = answers(packets, options);
  for (size_t i = 0; i < packets.size(); i++) {
    const SuperPacket &p = packets[i];
    INFO(fmt::format(
        "super-packet {} of this batch: {} bytes, gso_type {:02x}, gso_size {}, header {:02x}", i,
        p.frame.size(), p.net.gso_type, p.net.gso_size,
        fmt::join(std::span(p.frame).first(std::min<size_t>(p.frame.size(), 256)), " ")));
    REQUIRE(from_engine[i].refusal == 0);
    REQUIRE(referee::difference(request_of(p).job, answered[i].frames, from_engine[i].frames) ==
            "");
  }
}

void compare_random(Feature feature, unsigned thousandths) {
  auto [kernel, missing] = referee::kernel_at_hand(feature);
  if (!kernel) {
    std::cout << "SKIPPED: " << Catch::getResultCapture().getCurrentTestName() << ": " << missing
              << std::endl;
    return;
  }
  uint64_t first_seed = seed(0x656e67), count = packets_wanted() * thousandths / 1000;
  Random random(first_seed, fmt::format("packets {}", int(feature)));
  unsigned batch = 0;
  for (uint64_t made = 0; made < count; batch++) {
    SystemOptions o = options(first_seed + batch, kEveryConfig[batch % 3]);
    std::vector<referee::Answered> answered;
    while (answered.size() < kBatch && made < count) {
      Request request = referee::random_request(random);
      if (!fits(request, config_info(o.config))) continue;
      SuperPacket packet = referee::super_packet(request);
      if (referee::feature_of(packet) != feature) continue;
      auto answer = kernel->segment(packet);
      REQUIRE(answer.error == 0);
      answered.push_back({std::move(packet), std::move(answer.frames)});
      made++;
    }
    o.read.order = ReadOrder(batch % 3);
    o.read.jitter = batch % 2 ? 50 : 0;
    o.backpressure = batch % 4 == 3 ? "random:0.3" : "none";
    compare(answered, o);
  }
}

}  // namespace

TEST_CASE("The engine makes the kernel's frames of random packets", "[kernel][plain]") {
  compare_random(Feature::kPlain, 450);
}
TEST_CASE("The engine makes the kernel's frames of random packets of UDP", "[kernel][udp]") {
  compare_random(Feature::kUdp, 200);
}
TEST_CASE("The engine makes the kernel's frames of random packets of VXLAN and Geneve",
          "[kernel][tunnel]") {
  compare_random(Feature::kUdpTunnel, 150);
}
TEST_CASE("The engine makes the kernel's frames of random packets of GRE and IP in IP",
          "[kernel][encapsulation]") {
  compare_random(Feature::kEncapsulation, 200);
}

TEST_CASE("E2E-06: the engine makes the frames that the kernel made in the recorded corpus",
          "[corpus]") {
  const char *source = std::getenv("VMSO_SOURCE_DIR");
  REQUIRE(source);
  auto corpus = referee::read_corpus(std::string(source) + "/tests/data/kernel_segments.gz");
  CHECK(corpus.size() > 700);
  for (const char *config : kEveryConfig) compare(corpus, options(0xc0f, config));
}

}  // namespace vmso::test
