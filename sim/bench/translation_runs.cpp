// SPDX-License-Identifier: Apache-2.0
// The runs behind the figures of fences and faults.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "bench/translation.hpp"

namespace vmso::bench {
namespace {

constexpr uint64_t kBudget = 2000000;  // cycles of one step of a run

void conclude(System &s) {
  std::string report = s.conclude();
  if (!report.empty()) throw Error("the run was wrong, so it has no figure:\n" + report);
}

template <typename Condition>
void until(System &s, Condition &&condition) {
  if (!s.run_until(condition, kBudget)) {
    throw Error("the load does not end:\n" + s.findings().report());
  }
}

JobSpec tcp_job(System &s, uint32_t bytes, unsigned offset) {
  JobSpec spec;
  spec.header = tcp_template(TcpHeaders{});
  spec.payload = random_bytes(bytes, s.random());
  spec.buffers = 1;
  spec.offset = offset;
  return spec;
}

SystemOptions options(Config config, unsigned latency, uint64_t seed) {
  SystemOptions o;
  o.config = config;
  o.seed = seed;
  o.read.latency = latency;
  o.keep_frames = false;
  o.record = true;
  return o;
}

// One fence of a page, from GO to the number in memory.
double fence_once(System &s, const UserBuffer &page, unsigned context) {
  const size_t records = s.writes.records.size();
  uint16_t fence = 0;
  s.check(vmso_fence_start_leaf_only(&s.device(), VMSO_FENCE_RANGE, context, page.va, 1, &fence),
          "fence");
  // GO was the last write; the read behind it told the number
  const uint64_t told = s.axil.taken_at();
  until(s, [&] { return vmso_fence_seen(&s.device(), fence); });
  uint64_t at = 0;
  for (size_t i = records; i < s.writes.records.size() && at == 0; i++) {
    if (s.writes.records[i].addr == s.fence_status_address()) at = s.writes.records[i].at;
  }
  return double(at - told);
}

}  // namespace

double fence_cycles(const Workload &w, std::string_view how, bool most) {
  SystemOptions o = options(w.config, w.latency, w.seed);
  o.queues = w.queues;
  o.fence_status = true;
  System s(o);
  std::vector<JobSpec> specs;
  std::vector<UserBuffer> pages;
  for (unsigned q = 0; q < w.queues; q++) {
    specs.push_back(tcp_job(s, 65160, 33));
    Posted posted = s.post(q, specs.back());
    specs.back().placed = posted.buffers;
    pages.push_back(posted.buffers[0]);
  }
  until(s, [&] { return s.scoreboard.idle(); });
  s.steps(2000);
  const unsigned context = s.context_of(s.process());
  std::vector<double> times;
  if (how == "idl") {
    for (int i = 0; i < 16; i++) {
      times.push_back(fence_once(s, pages[0], context));
      s.steps(200);
    }
  } else {
    auto feed = [&] {
      for (unsigned q = 0; q < w.queues; q++) {
        while (s.scoreboard.open(q) < 4) s.post(q, specs[q]);
      }
    };
    feed();
    s.steps(4000);
    s.sink.hold = how == "MAC";
    if (s.sink.hold) s.steps(3000);
    for (int i = 0; i < 48; i++) {
      if (!s.sink.hold) feed();
      times.push_back(fence_once(s, pages[unsigned(i) % w.queues], context));
      s.steps(100 + s.random().below(300));
    }
    s.sink.hold = false;
  }
  until(s, [&] { return s.scoreboard.idle(); });
  conclude(s);
  if (most) return *std::max_element(times.begin(), times.end());
  return std::accumulate(times.begin(), times.end(), 0.0) / double(times.size());
}

FaultWay measure_fault_way(Config config, unsigned latency, Known known, uint64_t seed) {
  constexpr unsigned kTimes = 8;
  SystemOptions o = options(config, latency, seed);
  o.park = true;
  o.log2_faults = 3;
  System s(o);
  s.allowed_sticky = VMSO_REG_STICKY_FAULT_bm;
  s.post(0, tcp_job(s, 3000, 33));  // upper levels and the kernel's pages are known
  until(s, [&] { return s.scoreboard.idle(); });
  FaultWay way;
  for (unsigned i = 0; i < kTimes; i++) {
    JobSpec spec = tcp_job(s, 1448, 33);
    spec.doorbell = false;
    Posted posted = s.post(0, spec);
    const uint64_t va = posted.buffers[0].va;
    s.process().page_out(va);
    s.doorbell(0);
    vmso_fault fault{};
    until(s, [&] { return vmso_fault_ring_next(&s.fault_ring(), &fault); });
    uint64_t entry = 0;
    for (const ReadRecord &r : s.reads.records) {
      if (r.cls() == ReadClass::kWalk) entry = r.last;
    }
    way.record += double(s.writes.records.back().at - entry) / kTimes;
    s.steps(500);
    s.process().page_in(va);
    if (known == Known::kNothing) {
      uint16_t fence = 0;
      s.check(vmso_fence_start(&s.device(), VMSO_FENCE_ALL, 0, 0, 0, &fence), "fence");
      s.check(vmso_fence_wait(&s.device(), fence), "fence");
      s.steps(200);
    }
    const uint64_t beats = s.sink.beats;
    s.write32(VMSO_REG_QUEUE(0) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_RETRY);
    const uint64_t told = s.axil.taken_at();
    until(s, [&] { return s.sink.beats > beats; });
    way.retry += double(s.now() - told) / kTimes;
    until(s, [&] { return s.scoreboard.idle(); });
    s.steps(200);
  }
  conclude(s);
  return way;
}

namespace {

// Frames of 63 honest queues of 64 within a time.
double honest_frames(Config config, bool parks, bool faulty, uint64_t seed) {
  constexpr unsigned kFaulty = 63;
  constexpr uint64_t kCycles = 150000;
  SystemOptions o = options(config, 100, seed);
  o.record = false;
  o.queues = 64;
  o.processes = 2;
  o.owners.assign(64, 0);
  o.owners[kFaulty] = 1;
  o.parks.assign(64, false);
  o.parks[kFaulty] = parks;
  o.log2_faults = 3;
  o.log2_slots = 5;
  o.pager = PagerKnobs{.delay = 10000};
  System s(o);
  s.pager().mend = [](const vmso_fault &) { return Pager::Answer::kRetry; };  // nothing is mended
  std::vector<JobSpec> honest(kFaulty);
  uint64_t frames = 0;
  s.on_frame = [&](const StreamFrame &f) { frames += f.queue < kFaulty; };
  uint64_t start = 0;
  while (start == 0 || s.now() < start + kCycles) {
    for (unsigned q = 0; q < kFaulty; q++) {
      while (s.scoreboard.open(q) < 3) {
        if (honest[q].payload.empty()) honest[q] = tcp_job(s, 20000, 33);
        honest[q].placed = s.post(q, honest[q]).buffers;
      }
    }
    while (faulty && s.scoreboard.open(kFaulty) < 8) {
      JobSpec spec = tcp_job(s, 20000, 33);
      spec.may_fail = true;
      spec.doorbell = false;
      Posted posted = s.post(kFaulty, spec);
      s.process_of(kFaulty).page_out(posted.buffers[0].va);
      s.doorbell(kFaulty);
    }
    if (start == 0 && frames > 2000) {  // all are under way
      start = s.now();
      frames = 0;
    }
    s.steps(100);
  }
  std::string report = s.findings().report();
  if (!report.empty()) throw Error("the run was wrong, so it has no figure:\n" + report);
  if (faulty && parks && s.pager().counts.retries < kCycles / 12000)
    throw Error("the faulty queue stood still, so the run has no figure");
  return double(frames);
}

}  // namespace

double measure_fault_loss(Config config, bool parks, uint64_t seed) {
  const double alone = honest_frames(config, parks, false, seed);
  return 100 * (alone - honest_frames(config, parks, true, seed)) / alone;
}

}  // namespace vmso::bench
