// SPDX-License-Identifier: Apache-2.0
// The gather lane: segments of more pieces than a job's runs hold are sent like any other, and only
// their own queue waits for them.
#include <memory>

#include "attack/attacker.hpp"
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

// Many queues of a configuration that the test is about.
SystemOptions many_queues(uint64_t seed, Config config, unsigned queues) {
  auto o = options(seed);
  o.config = config;
  o.queues = queues;
  o.log2_slots = 10;
  o.keep_frames = false;
  return o;
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
  auto o = many_queues(0x720, Config::kWide, kQueues);
  o.log2_slots = 7;
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

// Who fills the lane may do so on credit, and pays before its next segment: beside many busy queues
// that takes long, and must not keep the lane.
TEST_CASE("Nobody waits for the gather lane while another one pays for it", "[gather][share]") {
  constexpr unsigned kQueues = 64, kAttackers = 3, kUser = kQueues - kAttackers - 1;
  auto o = many_queues(0x721, Config::kDefault, kQueues);
  VMSO_SAY_HOW(o);
  System s(o);
  s.allowed_sticky = ~0u;
  std::vector<unsigned> busy(kUser);
  std::iota(busy.begin(), busy.end(), 0u);
  bench::HonestOwners busy_owners(s, {.name = "busy", .job_bytes = 1448}, busy);
  bench::HonestOwners user(s, {.name = "pieces", .job_bytes = 1448, .piece = 40, .log2_depth = 2},
                           {kUser});
  busy_owners.warm();
  user.warm();
  std::vector<std::unique_ptr<Attacker>> attackers;
  for (unsigned q = kUser + 1; q < kQueues; q++) {
    attackers.push_back(make_attacker("one_byte_pieces", s, q, o.seed + q));
    attackers.back()->start();
  }
  uint64_t last = s.now(), silence = 0, frames = 0;
  s.on_frame = [&](const StreamFrame &frame) {
    if (frame.queue != kUser) return;
    silence = std::max(silence, frame.last - last);
    last = frame.last;
    frames++;
  };
  for (uint64_t end = s.now() + 200000; s.now() < end;) {
    s.step();
    busy_owners.top_up();
    user.top_up();
  }
  CHECK(std::max(silence, s.now() - last) < 40000);  // 19000 .. 32000, else 45000 and more
  CHECK(frames >= 20);                               // 24 .. 26, else 14 and less
  CHECK(s.findings().report() == "");
}

}  // namespace vmso::test
