// SPDX-License-Identifier: Apache-2.0
// Records what this machine's kernel makes of the catalogue and of random super-packets, so that
// the reference can be held against a kernel where there is none to ask. The same kernel gives the
// same file.
#include <fmt/format.h>

#include <exception>

#include "catalogue.hpp"
#include "corpus.hpp"
#include "kernel_segmenter.hpp"
#include "model/findings.hpp"

namespace {

using namespace vmso;
using namespace vmso::referee;

// What keeps the file small enough for a repository.
constexpr size_t kMostFrames = 400, kMostBytes = 12000, kMostRandomBytes = 3000;
constexpr unsigned kRandomPackets = 600;

void record(const std::string &path) {
  KernelSegmenter kernel;
  for (auto f : {Feature::kPlain, Feature::kUdp, Feature::kUdpTunnel, Feature::kEncapsulation}) {
    if (!kernel.without(f).empty()) throw Error(kernel.without(f));
  }
  std::vector<Answered> corpus;
  auto ask = [&](const SuperPacket &packet, const std::string &what) {
    auto answer = kernel.segment(packet);
    if (answer.error != 0 || answer.frames.empty())
      throw Error(fmt::format("{}: the kernel refuses it", what));
    corpus.push_back({packet, std::move(answer.frames)});
  };
  for (const Case &c : catalogue()) {
    if (c.frames <= kMostFrames && c.packet.frame.size() <= kMostBytes) ask(c.packet, c.id);
  }
  Random random(0x636f7270, "corpus");
  for (unsigned i = 0; i < kRandomPackets;) {
    Request r = random_request(random);
    if (r.payload.size() > kMostRandomBytes) continue;
    ask(super_packet(r), fmt::format("random packet {}", i));
    i++;
  }
  write_corpus(path, corpus);
  fmt::print("{}: {} super-packets\n", path, corpus.size());
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: record_segments FILE\n");
    return 2;
  }
  try {
    record(argv[1]);
  } catch (const std::exception &e) {
    fmt::print(stderr, "record_segments: {}\n", e.what());
    return 1;
  }
}
