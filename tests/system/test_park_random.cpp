// SPDX-License-Identifier: Apache-2.0
// Parking among everything else: pages that come and go, kernels that take their time, buses that
// err, commands at any time. And what it costs the others.
#include <vector>

#include "bench/translation.hpp"
#include "park_test.hpp"

namespace vmso::test {
namespace {

// Queues that park and queues that do not, owners that post jobs on pages of which some are not
// there, a kernel that swaps pages out (table, fence, then the frame would be free) and in,
// spurious RETRY and ACK_FAULT, STOP and ENABLE, RESET. All jobs of queues that park have to end
// well.
class Chaos {
 public:
  Chaos(const SystemOptions &o, bool resets)
      : s_(o), random_(o.seed, "chaos"), resets_(resets), posted_(o.queues) {
    s_.allowed_sticky = kFaultBits | VMSO_REG_STICKY_COMMAND_IGNORED_bm;
    // A record that is seen while RESET is under way is acknowledged after it.
    if (resets) s_.allowed_sticky |= VMSO_REG_STICKY_CONSUMER_DOORBELL_bm;
    mend_most(s_, random_);
  }

  void run(uint64_t cycles) {
    uint64_t end = s_.now() + cycles;
    while (s_.now() < end && s_.findings().empty()) {
      act();
      s_.steps(random_.below(120));
    }
    end_all(s_);
  }
  System &system() { return s_; }
  unsigned swapped = 0, stops = 0;

 private:
  bool parks(unsigned queue) const { return s_.options().parks.at(queue); }

  void post(unsigned q) {
    size_t bytes = 1 + random_.below(random_.below(4) ? 6000 : 30000);
    JobSpec spec = random_.below(5) ? tcp_job(bytes, uint16_t(200 + random_.below(1300)))
                                    : frame_job(60 + random_.below(1400));
    spec.buffers = 1 + unsigned(random_.below(6));
    spec.may_fail = !parks(q);
    spec.doorbell = false;
    spec.completion_wanted = random_.below(4) != 0;
    auto posted = s_.try_post(q, spec);
    if (!posted) return;
    for (const UserBuffer &b : posted->buffers) {
      for (uint64_t va = b.va; va < b.va + b.bytes; va += kFrameBytes) {
        if (random_.below(6) == 0) s_.process_of(q).page_out(va);
      }
    }
    s_.doorbell(q);
    posted_[q] = *posted;
  }

  void act() {
    unsigned q = unsigned(random_.below(s_.queues()));
    unsigned what = unsigned(random_.below(100));
    vmso_device *d = &s_.device();
    if (what < 60) return post(q);
    if (what < 75) {
      swapped += s_.swap_out(posted_[q], random_);
    } else if (what < 83) {
      stops += vmso_queue_command(d, q, VMSO_CMD_STOP) == VMSO_OK;
    } else if (what < 92) {
      vmso_queue_command(d, q, VMSO_CMD_ENABLE);
    } else if (what < 95) {
      vmso_queue_command(d, q, VMSO_CMD_RETRY);
    } else if (what < 97) {
      // Not before he has seen it: without a record in the ring he would never know.
      if (s_.pager().knows(q)) vmso_queue_command(d, q, VMSO_CMD_ACK_FAULT);
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

SystemOptions chaos_options(uint64_t seed, const char *config) {
  auto o = options(seed, config);
  Random random(o.seed, "chaos options");
  bool small = o.config == Config::kSmall;
  o.queues = small ? 4 : 16;
  o.processes = small ? 2 : 5;
  for (unsigned q = 0; q < o.queues; q++) o.parks.push_back(random.below(3) != 0);
  o.log2_faults = unsigned(random.below(4));
  o.log2_slots = 5;
  o.log2_completions = 3;
  o.pager = PagerKnobs{
      .notice = random.below(3000), .delay = random.below(400), .jitter = random.below(3000)};
  if (seed % 4 == 1) {  // all park, two records, and a kernel that looks late: some find no room
    o.parks.assign(o.queues, true);
    o.log2_faults = 1;
    o.pager->notice = 3000;
  }
  const Format &format = formats()[random.below(formats().size())];
  if (!format.pages.empty()) o.space.format = format.code;
  o.read.latency = 20 + unsigned(random.below(200));
  o.read.jitter = unsigned(random.below(150));
  o.read.order = ReadOrder(random.below(3));
  o.read.error_rate = random.below(2) ? 0.002 : 0;
  o.read.ar_stall = random.below(3) ? 0 : 0.3;
  o.write.jitter = unsigned(random.below(300));
  if (random.below(3) == 0) o.backpressure = "random:0.4";
  return o;
}

void pages_come_and_go(uint64_t seeds) {
  for (const char *config : kConfigs) {
    uint64_t faults = 0, swapped = 0, stops = 0, overflows = 0;
    for (uint64_t seed = 0x7400; seed < 0x7400 + seeds; seed++) {
      auto o = chaos_options(seed, config);
      VMSO_SAY_HOW(o);
      INFO(config << " seed " << seed);
      Chaos chaos(o, seed % 3 == 0);
      chaos.run(40000);
      System &s = chaos.system();
      CHECK(s.conclude() == "");
      CHECK(s.pager().counts.aborts == 0);
      faults += s.pager().counts.faults;
      overflows += s.pager().counts.overflows;
      swapped += chaos.swapped;
      stops += chaos.stops;
    }
    INFO(config << ": " << faults << " faults, " << overflows << " overflows, " << swapped
                << " pages swapped out, " << stops << " STOPs");
    CHECK(faults > 300);
    CHECK(swapped > 50);
    CHECK(stops > 50);
    CHECK(overflows > 0);
  }
}

}  // namespace

TEST_CASE("Pages that come and go under all commands lose no frame of queues that park",
          "[park][random]") {
  pages_come_and_go(8);
}

TEST_CASE("Pages that come and go under all commands lose no frame with any of many seeds",
          "[.][park][long]") {
  pages_come_and_go(100);
}

TEST_CASE("A record follows its fault and frames follow RETRY within a few reads", "[park][rate]") {
  for (unsigned latency : {100u, 250u}) {
    auto o = parking(0x7600, "wide");
    o.read.latency = latency;
    o.record = true;
    VMSO_SAY_HOW(o);
    System s(o);
    s.allowed_sticky = kFaultBits;
    s.post(0, tcp_job(3000));  // upper levels and the kernel's pages are known
    s.drain();
    Absent a = post_absent(s, 0, 0, 1448);
    auto fault = next_fault(s);
    REQUIRE(fault);
    uint64_t entry = 0, record = s.writes.records.back().at;
    for (const ReadRecord &r : s.reads.records) {
      if (r.cls() == ReadClass::kWalk) entry = r.last;
    }
    s.steps(1000);
    mend(s, a);
    uint64_t beats = s.sink.beats;
    s.write32(VMSO_REG_QUEUE(0) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_RETRY);
    uint64_t told = s.axil.taken_at();
    REQUIRE(s.run_until([&] { return s.sink.beats > beats; }, 20000));
    uint64_t first = s.now() - told;
    fmt::print(
        "latency {}: from the entry that is not there to the record in memory {} cycles, from "
        "RETRY to the first beat {} cycles\n",
        latency, record - entry, first);
    CHECK(record - entry <= 150);
    CHECK(first <= 3 * latency + 150);  // slot, walk beside the template, payload
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("One of 64 queues that always faults costs the others little", "[park][share]") {
  for (bool parks : {true, false}) {
    const double loss = bench::measure_fault_loss(Config::kDefault, parks, 0x7500);
    fmt::print("one of 64 queues faults on every job, {}: the others lose {:.2f} %\n",
               parks ? "parked, RETRY after 10000 cycles" : "each job ends", loss);
    CHECK(loss <= 0.3);
  }
}

}  // namespace vmso::test
