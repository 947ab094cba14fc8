// SPDX-License-Identifier: Apache-2.0
// Frames of the reference segmenter in a capture, for a foreign judge: those of the catalogue that
// are valid, and of random requests of every kind. With --spoil one bit of each is another, in a
// byte that some checksum covers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>

#include "catalogue.hpp"
#include "check/frame.hpp"
#include "comparison.hpp"
#include "debug/pcap_writer.hpp"
#include "model/findings.hpp"

namespace {

using namespace vmso;
using namespace vmso::referee;

constexpr size_t kMostFrames = 30;    // of one request
constexpr size_t kMostBytes = 65535;  // of a frame, in a capture

class Dump {
 public:
  Dump(const std::string &path, bool spoil) : writer_(path), spoil_(spoil) {}
  void request(const Request &r) {
    auto frames = reference_frames(r);
    frames.resize(std::min(frames.size(), kMostFrames));
    for (auto &frame : frames) {
      ParsedFrame p = parse_frame(frame);
      if (!p.faults.empty() || frame.size() > kMostBytes) return;
      // Of UDP without checksum nothing is covered.
      bool covered = p.tcp || frame[p.l4 + 6] != 0 || frame[p.l4 + 7] != 0;
      if (spoil_ && !covered) continue;
      if (spoil_) frame[p.l4 + 3] ^= 1;
      writer_.write(frame, frames_++ * 1000);
    }
  }
  uint64_t frames() const { return frames_; }

 private:
  PcapWriter writer_;
  bool spoil_;
  uint64_t frames_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
  CLI::App app{"frames of the reference segmenter in a capture"};
  std::string path;
  bool spoil = false;
  uint64_t seed = 1, requests = 500;
  app.add_option("file", path, "the capture")->required();
  app.add_option("--seed", seed, "of the random requests");
  app.add_option("--requests", requests, "how many of them");
  app.add_flag("--spoil", spoil, "one bit of each frame is wrong");
  CLI11_PARSE(app, argc, argv);
  try {
    Dump dump(path, spoil);
    for (const Case &c : catalogue()) dump.request(request_of(c.packet));
    Random random(seed, "segments");
    for (uint64_t i = 0; i < requests; i++) dump.request(random_request_of_any_kind(random));
    fmt::print("{}\n", dump.frames());
  } catch (const std::exception &e) {
    fmt::print(stderr, "dump_segments: {}\n", e.what());
    return 1;
  }
}
