// SPDX-License-Identifier: Apache-2.0
// Jobs in many pieces, so in chains of slots: places that are bad or empty wherever they stand, and
// everything else at once.
#include "bench/honest.hpp"
#include "park_test.hpp"

namespace vmso::test {
namespace {

// Where a buffer behind the first two stands: its slot, and its place in that.
struct Place {
  uint64_t slot, pa;  // bus addresses
  Place(const System &s, const Posted &posted, unsigned buffer) {
    uint64_t mask = (uint64_t{1} << s.options().log2_slots) - 1;
    slot = s.ring_address(posted.queue) + ((posted.slot + 1 + (buffer - 2) / 4) & mask) * 64;
    pa = slot + (buffer - 2) % 4 * 16;
  }
};

// Changes of a place that end a job there.
enum class Bad { kReserved, kSpace, kWrap, kSlot, kSum };
constexpr Bad kBads[] = {Bad::kReserved, Bad::kSpace, Bad::kWrap, Bad::kSlot};  // anywhere

vmso_status spoil(System &s, const Place &place, Bad bad) {
  vmso_buffer b{{s.memory.read_word(place.pa), s.memory.read_word(place.pa + 8)}};
  // an empty one is wrong in no space, one of a byte wraps nowhere
  if (vmso_buffer_bytes(&b) < 2) vmso_buffer_set_bytes(&b, 5);
  vmso_status status = VMSO_STATUS_OK;
  switch (bad) {
    case Bad::kReserved:
      b.word[1] |= uint64_t{1} << 63;
      status = VMSO_STATUS_RESERVED_SET;
      break;
    case Bad::kSpace:
      vmso_buffer_set_space(&b, 3);  // that no queue of the harness has
      status = VMSO_STATUS_SPACE;
      break;
    case Bad::kWrap:
      vmso_buffer_set_addr(&b, ~uint64_t{0} - vmso_buffer_bytes(&b) + 2);
      status = VMSO_STATUS_ADDR_WRAP;
      break;
    case Bad::kSum:  // of an empty one behind the payload: that is enough
      status = VMSO_STATUS_SUM_MISMATCH;
      break;
    case Bad::kSlot: {
      Script script;
      script.classes = 1u << unsigned(ReadClass::kSlot);
      script.first = script.last = place.slot;
      s.reads.scripts.push_back(script);
      status = VMSO_STATUS_BUS;
    }
  }
  s.memory.write_word(place.pa, b.word[0]);
  s.memory.write_word(place.pa + 8, b.word[1]);
  return status;
}

// Buffers with a payload in them; `gap` adds what stands before each and behind the last.
template <typename Gap>
void place_with(JobSpec &spec, Process &process, std::span<const uint32_t> cuts, Gap &&gap) {
  size_t at = 0;
  for (uint32_t bytes : cuts) {
    gap();
    spec.placed.push_back(process.place(std::span(spec.payload).subspan(at, bytes)));
    at += bytes;
  }
  gap();
}

// A frame of so many pieces, all sound, and a bad place behind them.
vmso_status post_bad_behind(System &s, unsigned queue, unsigned pieces, uint32_t bytes,
                            Bad bad = Bad::kReserved) {
  JobSpec spec = frame_job(pieces * bytes);
  place_with(spec, s.process_of(queue), std::vector<uint32_t>(pieces, bytes), [] {});
  spec.placed.push_back({0, 0});
  spec.may_fail = true;
  spec.doorbell = false;
  Posted posted = s.post(queue, spec);
  vmso_status status = spoil(s, Place(s, posted, pieces), bad);
  s.doorbell(queue);
  return status;
}

// Jobs in up to some hundred pieces of queues that park and of queues that do not. Pages of them
// are not there, or are taken away while they are read; places are spoiled; queues are stopped,
// started and reset; contexts are fenced; the period of the rate limits changes. All sound jobs of
// queues that park have to end well.
class Pieces {
 public:
  Pieces(const SystemOptions &o, bool resets)
      : s_(o), random_(o.seed, "pieces"), resets_(resets), posted_(o.queues) {
    s_.allowed_sticky = VMSO_REG_STICKY_COMMAND_IGNORED_bm;
    if (resets) s_.allowed_sticky |= VMSO_REG_STICKY_CONSUMER_DOORBELL_bm;
    mend_most(s_, random_);
  }

  void run(uint64_t cycles) {
    for (uint64_t end = s_.now() + cycles; s_.now() < end && s_.findings().empty();) {
      act();
      s_.steps(random_.below(120));
    }
    s_.write32(VMSO_REG_RATE_PERIOD, 1);  // who is deep in debt to his limit would be slow to end
    end_all(s_);
  }
  System &system() { return s_; }
  unsigned spoiled = 0, swapped = 0;

 private:
  bool parks(unsigned queue) const { return s_.options().parks.at(queue); }

  void post(unsigned q) {
    size_t bytes = 60 + random_.below(random_.below(4) ? 4000 : 9000);
    JobSpec spec =
        random_.below(4) ? tcp_job(bytes, uint16_t(200 + random_.below(6000))) : frame_job(bytes);
    const uint64_t longest = random_.below(3) ? 60 : 2000, most = random_.below(3) ? 200 : 20;
    std::vector<uint32_t> cuts;
    for (size_t left = bytes; left > 0; left -= cuts.back()) {
      bool last = cuts.size() + 1 >= most;
      cuts.push_back(uint32_t(last ? left : std::min<size_t>(left, random_.between(1, longest))));
    }
    Process &process = s_.process_of(q);
    place_with(spec, process, cuts, [&] {  // empty ones, which lie nowhere
      while (random_.below(3) == 0) spec.placed.push_back({random_(), 0});
    });
    if (vmso_job_slots(spec.placed.size()) > vmso_ring_free(&s_.ring(q))) return;
    const bool spoils = spec.placed.size() > 2 && random_.below(6) == 0;
    spec.may_fail = spoils || !parks(q);
    spec.doorbell = false;
    spec.completion_wanted = random_.below(4) != 0;
    posted_[q] = s_.post(q, spec);
    if (spoils) {
      auto buffer = unsigned(random_.between(2, spec.placed.size() - 1));
      spoil(s_, Place(s_, posted_[q], buffer), kBads[random_.below(3)]);  // slots can be read
      spoiled++;
    }
    for (const UserBuffer &b : posted_[q].buffers) {
      if (b.bytes > 0 && random_.below(cuts.size() > 20 ? 60 : 8) == 0) process.page_out(b.va);
    }
    s_.doorbell(q);
  }

  void act() {
    unsigned q = unsigned(random_.below(s_.queues())), what = unsigned(random_.below(100));
    vmso_device *d = &s_.device();
    if (what < 60) return post(q);
    if (what < 72) {
      swapped += s_.swap_out(posted_[q], random_);
    } else if (what < 80) {
      vmso_queue_command(d, q, VMSO_CMD_STOP);
    } else if (what < 92) {
      vmso_queue_command(d, q, VMSO_CMD_ENABLE);
    } else if (what < 95) {
      vmso_queue_command(d, q, VMSO_CMD_RETRY);
    } else if (what < 97) {
      s_.write32(VMSO_REG_RATE_PERIOD, uint32_t(random_.below(3000)));
    } else if (resets_) {
      s_.restart_queue(q);
      posted_[q] = {};
    }
  }

  System s_;
  Random random_;
  bool resets_;
  std::vector<Posted> posted_;  // by queue: the last one
};

SystemOptions pieces_options(uint64_t seed, const char *config) {
  auto o = options(seed, config);
  Random random(o.seed, "pieces options");
  bool small = o.config == Config::kSmall;
  o.queues = small ? 4 : 12;
  o.processes = small ? 2 : 3;
  for (unsigned q = 0; q < o.queues; q++) {
    o.parks.push_back(random.below(3) != 0);
    o.weights.push_back(unsigned(random.below(4)));  // 0 counts as 1
    o.rate_bytes.push_back(random.below(5) ? 0 : 200 + uint32_t(random.below(4000)));
  }
  o.log2_faults = 3;
  o.log2_slots = 6;
  o.log2_completions = 1 + unsigned(random.below(4));
  o.pager = PagerKnobs{.delay = random.below(400), .jitter = random.below(1000)};
  o.read.latency = unsigned(random.between(1, 200));
  o.read.jitter = unsigned(random.below(150));
  o.read.order = ReadOrder(random.below(3));
  o.read.error_rate = random.below(2) ? 0.001 : 0;
  if (random.below(3) == 0) o.backpressure = "random:0.4";
  o.keep_frames = false;
  return o;
}

void pieces_come_and_go(uint64_t first, uint64_t seeds) {
  unsigned spoiled = 0, swapped = 0;
  for (const char *config : kConfigs) {
    for (uint64_t seed = first; seed < first + seeds; seed++) {
      auto o = pieces_options(seed, config);
      VMSO_SAY_HOW(o);
      Pieces pieces(o, seed % 3 == 0);
      pieces.run(20000);
      CHECK(pieces.system().conclude() == "");
      spoiled += pieces.spoiled;
      swapped += pieces.swapped;
    }
  }
  CHECK(spoiled > 5 * seeds);
  CHECK(swapped > 5 * seeds);
}

}  // namespace

TEST_CASE("A bad place ends its job there wherever it stands in the chain", "[pieces][fault]") {
  constexpr unsigned kBuffers = 38;  // ten slots; more than the runs of a job
  constexpr uint32_t kPiece = 40;
  struct {
    const char *config;
    unsigned latency;
    uint16_t mss;  // segments of two or three pieces, or one for the gather lane
  } cases[] = {{"small", 3, 100}, {"default", 60, kBuffers * kPiece}, {"wide", 200, 100}};
  for (auto &c : cases) {
    auto o = options(0xa00, c.config);
    o.read.latency = c.latency;
    VMSO_SAY_HOW(o);
    System s(o);
    JobSpec spec = tcp_job(kBuffers * kPiece, c.mss), next = tcp_job(100);
    spec.cuts.assign(kBuffers, kPiece);
    spec.may_fail = true;
    spec.doorbell = false;
    for (unsigned buffer = 2; buffer < kBuffers; buffer++) {
      for (Bad bad : kBads) {
        INFO("buffer " << buffer << " bad " << int(bad));
        Posted posted = s.post(0, spec);
        vmso_status status = spoil(s, Place(s, posted, buffer), bad);
        s.doorbell(0);
        s.post(0, next);
        s.drain();
        s.reads.scripts.clear();
        auto completions = s.take_completions(0);
        REQUIRE(completions.size() == 2);
        unsigned good = bad == Bad::kSlot ? 2 + (buffer - 2) / 4 * 4 : buffer;
        CHECK(completions[0].status == status);
        CHECK(completions[0].segments == good * kPiece / c.mss);
      }
    }
    CHECK(s.conclude() == "");
  }
}

TEST_CASE("Chains of two to six slots are sent whichever of their places are used",
          "[pieces][random]") {
  for (uint64_t fixed = 0xa10; fixed < 0xa18; fixed++) {
    for (const char *config : kConfigs) {
      auto o = options(fixed, config);
      Random r(o.seed, "test");
      o.queues = unsigned(r.between(1, 4));
      o.read.latency = unsigned(r.between(1, r.below(2) ? 300 : 20));
      o.read.jitter = unsigned(r.below(100));
      o.read.order = ReadOrder(r.below(3));
      o.keep_frames = false;
      VMSO_SAY_HOW(o);
      System s(o);
      s.allowed_sticky = VMSO_REG_STICKY_COMMAND_IGNORED_bm;  // a STOP while one is pending
      for (unsigned job = 0; job < 40; job++) {
        unsigned q = unsigned(r.below(o.queues)), most = unsigned(r.between(1, 4));
        JobSpec spec = tcp_job(0, uint16_t(r.between(200, 3000)));
        if (r.below(4) == 0) {
          spec = frame_job(0);
          spec.kind = VMSO_KIND_ADVISE;
        }
        for (uint64_t slots = r.between(2, 6), place = 0; place < 4 * slots - 2; place++) {
          if (r.below(4) >= most) {
            spec.placed.push_back({r(), 0});
            continue;
          }
          auto bytes = random_bytes(r.between(1, r.below(3) ? 100 : 5000), r);
          spec.placed.push_back(s.process_of(q).place(bytes));
          spec.payload.insert(spec.payload.end(), bytes.begin(), bytes.end());
        }
        s.post(q, spec);
        if (r.below(10)) continue;
        vmso_queue_command(&s.device(), q, VMSO_CMD_STOP);
        s.steps(r.below(300));
        s.start_stopped();
      }
      s.drain_with([&] { s.start_stopped(); });
      CHECK(s.conclude() == "");
    }
  }
}

TEST_CASE("Jobs in many pieces survive faults and bad places and all commands",
          "[pieces][park][random]") {
  pieces_come_and_go(0xa20, 3);
}

TEST_CASE("Jobs in many pieces survive faults and bad places and all commands with many seeds",
          "[.][pieces][long]") {
  pieces_come_and_go(0xa40, 100);
}

// 32 runs are held at once: a payload that ends with the last of them, and a bad place behind it.
TEST_CASE("A bad place behind the last of 32 runs ends its job", "[pieces][fault]") {
  for (const char *config : kConfigs) {
    auto o = options(0xa30, config);
    VMSO_SAY_HOW(o);
    System s(o);
    for (unsigned pieces : {31u, 32u, 33u, 63u, 64u, 65u}) {
      for (Bad bad : {Bad::kReserved, Bad::kSpace, Bad::kWrap, Bad::kSum}) {
        INFO(pieces << " pieces, bad " << int(bad));
        vmso_status status = post_bad_behind(s, 0, pieces, 40, bad);
        s.drain();
        auto completions = s.take_completions(0);
        REQUIRE(completions.size() == 1);
        CHECK(completions[0].status == status);
        CHECK(completions[0].segments == 0);
      }
    }
    CHECK(s.conclude() == "");
  }
}

TEST_CASE("A bad place behind a frame in the gather lane gives the lane to others",
          "[pieces][fault]") {
  // the cycles before it are such that the last 32 runs are ready between two parts of the frame
  for (auto [fixed, before] : {std::pair{0x1bu, 5214u}, {0x24u, 3702u}}) {
    auto o = options(fixed, "default");
    o.queues = 3;
    o.log2_slots = 9;
    o.weights = {1, 1, 100};
    o.keep_frames = false;
    VMSO_SAY_HOW(o);
    System s(o);
    bench::HonestOwners bulk(s, bench::honest_loads().at(0), {2});
    bulk.warm();
    auto run_until = [&](uint64_t end, auto &&condition) {
      for (; s.now() < end && !condition(); bulk.top_up()) s.step();
      return condition();
    };
    INFO(before << " cycles before it");
    run_until(s.now() + before, [] { return false; });
    JobSpec honest = tcp_job(1440, 1440);
    honest.cuts.assign(36, 40);
    for (unsigned i = 0; i < 3; i++) {
      post_bad_behind(s, 0, 64, 60);
      s.post(1, honest);
    }
    CHECK(run_until(s.now() + 200000, [&] { return s.scoreboard.open(1) == 0; }));
    CHECK(run_until(s.now() + 100000, [&] { return s.scoreboard.open(0) == 0; }));
    CHECK(s.findings().report() == "");
  }
}

}  // namespace vmso::test
