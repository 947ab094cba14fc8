// SPDX-License-Identifier: Apache-2.0
// The gather lane: segments of more pieces than a job's runs hold are sent like any other, and only
// their own queue waits for them.
#include "bench/honest.hpp"
#include "system_test.hpp"

namespace vmso::test {
namespace {

// A job whose payload lies in buffers of `piece` bytes each.
JobSpec in_pieces(size_t bytes, uint32_t piece, uint16_t mss = 1448) {
  JobSpec spec = tcp_job(bytes, mss);
  spec.cuts.assign(bytes / piece, piece);
  if (bytes % piece) spec.cuts.push_back(uint32_t(bytes % piece));
  return spec;
}

}  // namespace

TEST_CASE("Segments of many pieces are the frames of the reference", "[gather]") {
  for (const char *config : {"small", "default", "wide"}) {
    auto o = options(0x700, config);
    o.log2_slots = 11;
    VMSO_SAY_HOW(o);
    System s(o);
    for (uint32_t piece : {1u, 7u, 16u, 40u, 47u}) s.post(0, in_pieces(3000, piece));
    s.post(0, in_pieces(1448, 1));
    s.post(0, in_pieces(9000, 200, 9000));  // 45 pieces in a jumbo frame
    s.post(0, tcp_job(3000));
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("The largest frame comes out of one-byte buffers", "[gather]") {
  for (const char *config : {"small", "wide"}) {
    auto o = options(0x701, config);
    o.log2_slots = 13;
    VMSO_SAY_HOW(o);
    System s(o);
    JobSpec spec = frame_job(9216);
    spec.cuts.assign(9216, 1);
    s.post(0, spec);
    s.post(0, in_pieces(9216 - 54, 2, 9216 - 54));
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("Queues take turns in the gather lane while others send", "[gather][random]") {
  for (uint64_t fixed : {0x710, 0x711, 0x712, 0x713}) {
    for (const char *config : {"small", "default", "wide"}) {
      auto o = options(fixed, config);
      Random r(o.seed, "test");
      any_surroundings(o, r);
      o.log2_slots = 10;
      VMSO_SAY_HOW(o);
      System s(o);
      for (unsigned i = 0; i < 48; i++) {
        JobSpec spec;
        uint64_t bytes = r.between(100, 6000);
        if (r.below(3)) {
          spec = in_pieces(bytes, uint32_t(r.between(8, 60)),
                           uint16_t(r.below(2) ? 1448 : r.between(600, 6000)));
          if (r.below(4) == 0) spec.vlan = reference::VlanTag{0x8100, 7};
        } else {
          spec = tcp_job(bytes);
        }
        s.post(i % 4, spec);
      }
      VMSO_CHECK_CLEAN(s);
    }
  }
}

TEST_CASE("Of more queues in need of the gather lane than job entries each gets its turn",
          "[gather][share]") {
  constexpr unsigned kQueues = 140;  // 128 entries
  auto o = options(0x720, "wide");
  o.config = Config::kWide;
  o.queues = kQueues;
  o.log2_slots = 7;
  o.keep_frames = false;
  VMSO_SAY_HOW(o);
  System s(o);
  bench::HonestLoad load{.name = "pieces", .job_bytes = 1448, .piece = 40, .log2_depth = 2};
  std::vector<unsigned> queues(kQueues);
  std::iota(queues.begin(), queues.end(), 0u);
  bench::HonestOwners owners(s, load, queues);
  owners.warm();
  std::vector<unsigned> frames(kQueues);
  s.on_frame = [&](const StreamFrame &frame) { frames[frame.queue]++; };
  for (uint64_t end = s.now() + 100000; s.now() < end; owners.top_up()) s.step();
  CHECK(*std::ranges::min_element(frames) >= 2);  // of five that are its share
  CHECK(s.findings().report() == "");
}

}  // namespace vmso::test
