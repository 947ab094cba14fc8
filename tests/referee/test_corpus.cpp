// SPDX-License-Identifier: Apache-2.0
// The reference segmenter against what a kernel once answered: for machines without namespaces.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "comparison.hpp"
#include "corpus.hpp"
#include "model/findings.hpp"
#include "vmso_catch.hpp"

namespace vmso::referee {

TEST_CASE("The reference makes the frames that the kernel made in the recorded corpus",
          "[corpus]") {
  const char *source = std::getenv("VMSO_SOURCE_DIR");
  REQUIRE(source);
  auto corpus = read_corpus(std::string(source) + "/tests/data/kernel_segments.gz");
  CHECK(corpus.size() > 700);
  size_t frames = 0;
  for (size_t i = 0; i < corpus.size(); i++) {
    INFO("record " << i);
    CHECK(disagreement(request_of(corpus[i].packet), corpus[i].frames) == "");
    frames += corpus[i].frames.size();
  }
  CHECK(frames > 10000);
}

TEST_CASE("A corpus is read as it was written and a damaged one is refused", "[corpus]") {
  std::string path =
      fmt::format("{}/corpus_test.gz", std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp");
  SuperPacket packet{{.flags = 1, .gso_type = 0x21, .outer_th_offset = 34, .inner_nh_offset = 64},
                     {1, 2, 3}};
  write_corpus(path, {{packet, {{4, 5}, {}}}, {packet, {}}});
  auto back = read_corpus(path);
  REQUIRE(back.size() == 2);
  CHECK(back[0].packet.net == packet.net);
  CHECK(back[0].packet.frame == packet.frame);
  CHECK(back[0].frames == std::vector<std::vector<uint8_t>>{{4, 5}, {}});
  CHECK(back[1].frames.empty());
  std::ofstream(path) << "\x18"
                         "12";
  CHECK_THROWS_AS(read_corpus(path), Error);
  CHECK_THROWS_AS(read_corpus(path + ".none"), Error);
  std::remove(path.c_str());
}

}  // namespace vmso::referee
