// SPDX-License-Identifier: Apache-2.0
// Orders to frames: segmentation, tunnels, tags and checksums against a model of whole frames,
// ends, burials, rates; three widths.
#include <cstdio>

#include "Vout0.h"
#include "Vout1.h"
#include "Vout2.h"
#include "out_bench.hpp"

using namespace vmso::unit;

namespace {

constexpr unsigned kStatusFault = 0x40, kStatusBus = 0x41, kStatusTimeout = 0x42, kLevelNone = 7;

Bytes random_bytes(Rng &rng, size_t n) {
  Bytes b(n);
  for (auto &x : b) x = uint8_t(rng());
  return b;
}

void random_names(Rng &rng, Job &job, unsigned queue) {
  job.queue = queue;
  job.slot = pick(rng, 0, 0xffff);
  job.slots = pick(rng, 1, 5);
  job.cookie = rng();
  job.completion = rng() % 2;
  job.interrupt = rng() % 4 == 0;
}

// Ids that wrap in the job, at 15 and at 16 bits.
void wrap_id(Rng &rng, Template &t, const Layer &layer) {
  if (!layer.v6 && rng() % 2)
    put16(t.bytes, layer.l3 + 4, uint32_t((rng() % 2 ? 0x8000 : 0) + 0x7fff - rng() % 3));
}

Job segment_job(Rng &rng, unsigned queue, HeaderShape shape, size_t payload, size_t mss,
                std::optional<TunnelShape> tunnel = {}) {
  Job job;
  random_names(rng, job, queue);
  job.kind = shape.udp ? Kind::kUdp : Kind::kTcp;
  job.seed = Seed(shape.udp && !shape.v6 ? pick(rng, 0, 3) : pick(rng, 1, 3));
  job.id_mode = IdMode(pick(rng, 0, 2));
  job.outer_id_mode = IdMode(pick(rng, 0, 2));
  job.profile = rng() % 8 ? 1 : 2;
  if (job.seed == Seed::kCompute) shape.segments_left = 0;
  if (tunnel) {
    job.outer_checksum = tunnel->kind == TunnelShape::kGreTunnel ? tunnel->gre_checksum
                                                                 : tunnel->has_l4() && rng() % 2;
    tunnel->outer.segments_left = job.outer_checksum ? 0 : unsigned(rng() % 2);
  }
  job.header = build_template(rng, shape, tunnel);
  wrap_id(rng, job.header, job.header.inner);
  if (tunnel) wrap_id(rng, job.header, *job.header.outer);
  job.payload = random_bytes(rng, payload);
  if (rng() % 16 == 0)
    std::fill(job.payload.begin(), job.payload.end(), uint8_t(rng() % 2 ? 0xff : 0));
  job.mss = mss;
  // software may seed with another address than the header's, as a routing header demands
  job.pseudo =
      job.seed == Seed::kCompute ? pseudo_sum(job.header, job.header.inner) : rng() % 0x1000000;
  seed_template(job.header, job.seed, job.pseudo, payload);
  return job;
}

constexpr size_t kTemplateBytes = 256;  // in all configurations

// TCP or UDP, in a tunnel or not.
Job random_segment_job(Rng &rng, unsigned queue) {
  std::optional<uint32_t> tag;
  if (rng() % 4 == 0) tag = uint32_t(rng());
  size_t limit = kTemplateBytes - (tag ? 4 : 0);
  bool udp = rng() % 2;
  HeaderShape shape = random_shape(rng, limit, udp);
  std::optional<TunnelShape> tunnel;
  if (rng() % 2) {
    do {
      shape = random_shape(rng, limit, udp);
      tunnel = random_tunnel(rng, limit);
    } while (tunnel->bytes(shape) > limit);
  }
  shape.segments_left = unsigned(rng() % 2);
  size_t mss = rng() % 4 ? pick(rng, 1, 200) : pick(rng, 500, 2000);
  size_t payload = rng() % 8 == 0   ? 0
                   : rng() % 4 == 0 ? mss * pick(rng, 1, 4)
                                    : pick(rng, 1, unsigned(mss * 5));
  Job job = segment_job(rng, queue, shape, payload, mss, tunnel);
  job.tag = tag;
  return job;
}

Job plain_job(Rng &rng, unsigned queue, size_t header, size_t payload) {
  Job job;
  random_names(rng, job, queue);
  job.kind = Kind::kPlain;
  job.seed = Seed::kNone;
  job.header.bytes = random_bytes(rng, header);
  job.told_header_bytes = header;
  job.told_l3 = rng() % 512;
  job.told_l4 = rng() % 512;
  job.payload = random_bytes(rng, payload);
  job.mss = std::max<size_t>(payload, 1);
  return job;
}

// A frame as it is, or with a checksum somewhere in it; perhaps with a tag.
Job random_plain_job(Rng &rng, unsigned queue) {
  size_t header = rng() % 2 ? 0 : rng() % 4 ? pick(rng, 1, 252) : pick(rng, 1, 20);
  size_t payload = rng() % 4 == 0 ? 0 : rng() % 2 ? pick(rng, 1, 130) : pick(rng, 1, 1600);
  if (header + payload < 14) payload = 14;
  Job job = plain_job(rng, queue, header, payload);
  if (rng() % 3 == 0) job.tag = uint32_t(rng());
  if (rng() % 2) return job;
  job.kind = Kind::kCsum;
  size_t bytes = header + payload;
  job.csum_from = pick(rng, job.tag ? 12 : 0, unsigned(bytes - 2));
  job.csum_offset = pick(rng, 0, unsigned(bytes - 2 - job.csum_from));
  if (rng() % 2 && job.csum_from + 8 <= bytes) job.csum_offset = 6;
  return job;
}

Job random_job(Rng &rng, unsigned queue) {
  return rng() % 3 ? random_segment_job(rng, queue) : random_plain_job(rng, queue);
}

// Breaks the version of one IP header: no template any more, whatever leads to that header.
void spoil_version(Rng &rng, Job &job) {
  const Template &t = job.header;
  job.header.bytes[t.outer && rng() % 2 ? t.outer->l3 : t.inner.l3] ^= 0x10;
  job.refused = kStatusBadTemplate;
}

Failure bus_error(Rng &rng, unsigned access) {
  return {rng() % 4 ? kStatusBus : kStatusTimeout, pick(rng, 0x42, 0x4f), kLevelNone, access,
          rng()};
}

// Runs jobs to their ends, strictly one after the other's orders.
template <typename Model>
void run_job(OutBench<Model> &bench, Job job) {
  for (unsigned i = 0; !bench.can_load(); i++) {
    REQUIRE(i < 10000);
    if (bench.chance(bench.knobs.land_percent)) bench.land();
    bench.step();
  }
  bench.load(job);
  bench.step();
  for (bool last = false; !last;) {
    if (bench.chance(bench.knobs.land_percent)) bench.land();
    if (bench.has_room(job)) last = bench.issue(job, kFrame);
    bench.step();
  }
}

// Four queues at once, orders mixed; failures of every kind, and STOP and RESET at any time.
template <typename Model>
void random_traffic(uint64_t seed, unsigned jobs, Knobs knobs, bool failures) {
  OutBench<Model> bench(seed, knobs);
  auto &rng = bench.rng;
  enum Phase { kRun, kUnload, kBury, kSettle };
  enum What { kStop, kReset, kFailure };
  struct Queue {
    std::deque<Job> jobs;  // loaded; orders of the first one only
    Phase phase = kRun;
    What what = kStop;
  };
  std::array<Queue, kQueues> queues;
  unsigned loaded = 0, idle = 0;
  auto finished = [&] {
    bool any = loaded < jobs;
    for (auto &queue : queues) any |= !queue.jobs.empty() || queue.phase != kRun;
    return !any;
  };
  auto on_chip = [&](unsigned q) {
    auto is_its = [&](auto &order) { return order.queue == q; };
    return std::ranges::any_of(bench.waiting, is_its) || std::ranges::any_of(bench.leaving, is_its);
  };
  auto transit = [&](unsigned q) {
    Queue &queue = queues[q];
    if (queue.phase == kRun) {
      queue.what = bench.failed[q] ? kFailure : rng() % 2 ? kReset : kStop;
      if (rng() % 4 == 0) queue.what = kReset;
      queue.phase = kUnload;
    } else if (queue.phase == kUnload) {
      if (queue.jobs.empty()) {
        queue.phase = queue.what == kStop ? kSettle : kBury;
      } else {
        bench.kill(queue.jobs.front());
        queue.jobs.pop_front();
      }
    } else if (queue.phase == kBury) {
      bench.bury_later(q, queue.what == kReset);
      queue.phase = kSettle;
    } else if (!bench.burying(q) && !bench.telling(q) && (queue.what != kStop || !on_chip(q))) {
      if (queue.what == kStop && bench.failed[q]) {
        queue.what = kFailure;
        queue.phase = kBury;
      } else {
        bench.failed[q] = false;
        queue.phase = kRun;
      }
    }
  };
  while (!finished()) {
    REQUIRE(idle++ < 20000);
    unsigned q = unsigned(rng() % kQueues);
    Queue &queue = queues[q];
    if (bench.chance(knobs.land_percent)) bench.land();
    if (queue.phase != kRun || (failures && (bench.failed[q] ? rng() % 4 : rng() % 96) == 0)) {
      transit(q);
    } else if (queue.jobs.empty() || (queue.jobs.size() < 3 && rng() % 4 == 0)) {
      if (loaded < jobs && bench.can_load()) {
        Job job = random_job(rng, q);
        if (failures && job.kind == Kind::kUdp && job.header.inner.v6 && rng() % 4 == 0) {
          job.seed = Seed::kNone;
          job.refused = kStatusOption;
        }
        if (failures && job.segments() && rng() % 12 == 0) spoil_version(rng, job);
        if (failures && rng() % 8 == 0) job.template_fails = bus_error(rng, 1);
        if (failures && rng() % 16 == 0) {  // refused by job: no template, one order
          job.not_checked = true;
          job.header.bytes.clear();
          job.told_header_bytes = 0;
        }
        bench.load(job);
        queue.jobs.push_back(job);
        loaded++;
        idle = 0;
      }
    } else if (bench.chance(knobs.order_percent) && bench.has_room(queue.jobs.front())) {
      idle = 0;
      Job &job = queue.jobs.front();
      bool last;
      if (job.not_checked) {
        Failure why = rng() % 4 ? Failure{pick(rng, 0x10, 0x32), 0, 0, 0, 0} : Failure{};
        last = bench.issue(job, kEnd, {}, why);
      } else if (failures && rng() % 32 == 0) {
        last = bench.issue(
            job, kFail, {},
            {kStatusFault, pick(rng, 1, 0x31), pick(rng, 0, 4), pick(rng, 0, 2), rng()});
      } else if (failures && job.told_header_bytes && !job.fetched && rng() % 8 == 0) {
        bench.fetch(job);
        last = false;
      } else {
        std::optional<Failure> poison;
        if (failures && rng() % 24 == 0) poison = bus_error(rng, 0);
        last = bench.issue(job, kFrame, poison);
      }
      if (last) queue.jobs.pop_front();
    }
    bench.step();
  }
  bench.drain();
  CHECK(bench.frames_out > 0);
}

// Eight small jobs of queues 0 and 1 in turn: frames of one or two beats and of many, ends without
// a frame, and failures that `scene` chooses. Queue 0 is buried `at` cycles after the first order,
// and its next life begins in the cycle after that.
template <typename Model>
void bury_at(OutBench<Model> &bench, unsigned at, unsigned scene, bool tells_nothing) {
  auto &rng = bench.rng;
  uint64_t begin = bench.now();
  bool asked = false;
  auto step = [&] {
    if (!asked && bench.now() >= begin + at) {
      asked = true;
      bench.bury_later(0, tells_nothing);
    }
    bench.land();
    bench.step();
  };
  auto order = [&](unsigned q, unsigned i) {
    Job job = plain_job(rng, q, 0, i % 3 == 2 ? 300 : 64);
    for (unsigned j = 0; !bench.has_room(job) || (q == 0 && bench.burying(0)); j++) {
      REQUIRE(j < 5000);
      step();
    }
    bool fails = q == 0 && scene == i;
    Failure why = bus_error(rng, 0);
    if (fails && scene % 2) {
      bench.issue(job, kFail, {}, why);
    } else if (fails) {
      bench.issue(job, kFrame, why);
    } else {
      bench.issue(job, i % 4 == 3 ? kEnd : kFrame);
    }
    step();
  };
  for (unsigned i = 0; i < 8 && !(asked && !bench.burying(0)); i++) {
    order(0, i);
    if (i % 2) order(1, i);
  }
  while (!asked || bench.burying(0)) step();
  for (unsigned i = 0; i < 3; i++) order(0, 8 + i);
  bench.drain();
}

Knobs random_knobs(Rng &rng) {
  Knobs k;
  k.land_percent = rng() % 2 ? 100 : pick(rng, 20, 90);
  k.order_percent = rng() % 2 ? 100 : pick(rng, 20, 90);
  k.ready_percent = rng() % 2 ? 100 : pick(rng, 20, 90);
  k.end_percent = rng() % 2 ? 100 : pick(rng, 10, 90);
  k.fail_percent = rng() % 2 ? 100 : pick(rng, 10, 90);
  k.state_registered = rng() % 2;
  return k;
}

struct Rate {
  double cycles_per_frame;
  uint64_t gaps;
  uint64_t beats;
};

// Many equal frames that are all complete before the first may leave (the MAC waits until then).
template <typename Model>
Rate rate_of(const HeaderShape *shape, size_t payload, size_t mss,
             std::optional<TunnelShape> tunnel = {}) {
  OutBench<Model> bench(
      77, {.land_percent = 100, .order_percent = 100, .end_percent = 100, .fail_percent = 100});
  auto &rng = bench.rng;
  unsigned frames = 0;
  std::vector<Job> jobs;
  if (shape) {
    Job j = segment_job(rng, 0, *shape, payload, mss, tunnel);
    frames = unsigned((payload + mss - 1) / mss);
    jobs.push_back(j);
  } else {
    frames = 40;
    for (unsigned i = 0; i < frames; i++) jobs.push_back(plain_job(rng, 0, 0, payload));
  }
  bench.knobs.ready_percent = 0;
  for (auto &j : jobs) {
    bench.load(j);
    bench.step();
    for (bool last = false; !last;) {
      REQUIRE(bench.has_room(j));
      last = bench.issue(j, kFrame);
      bench.step();
    }
  }
  while (!bench.landings.empty()) {
    bench.land();
    bench.step();
  }
  for (unsigned i = 0; i < 100; i++) bench.step();
  bench.ready_always = true;
  uint64_t start = bench.now();
  bench.gaps = 0;
  bench.first_beat = start;
  uint64_t beats = bench.beats_planned;
  bench.drain();
  return {double(bench.last_beat - start + 1) / frames, bench.gaps, beats};
}

// Cycles from the last landed byte (seen by frame_state in the next cycle) to the first beat.
template <typename Model>
uint64_t latency_of(Job (*make)(Rng &)) {
  OutBench<Model> bench(
      5, {.land_percent = 100, .order_percent = 100, .end_percent = 100, .fail_percent = 100});
  bench.ready_always = true;
  Job job = make(bench.rng);
  bench.load(job);
  bench.step();
  bench.issue(job, kFrame);
  bench.step();
  auto is_template = [&] {
    for (auto &l : bench.landings)
      if (l.frame < 0) return true;
    return false;
  };
  // the template first, and time to parse it
  auto payload = bench.landings.back();
  bench.landings.pop_back();
  while (is_template()) {
    bench.land();
    bench.step();
  }
  for (unsigned i = 0; i < 40; i++) bench.step();
  bench.landings.push_back(payload);
  while (!bench.landings.empty()) {
    bench.land();
    bench.step();
  }
  bench.drain();
  return bench.first_beat - bench.last_landing;
}

}  // namespace

TEMPLATE_TEST_CASE("Random jobs of all kinds of four queues leave as the model says", "[out]",
                   Vout0, Vout1, Vout2) {
  Rng rng(1001);
  for (unsigned round = 0; round < 12; round++)
    random_traffic<TestType>(rng(), 60, random_knobs(rng), false);
}

TEMPLATE_TEST_CASE(
    "With poison and bad bursts and tombstones and unloads each job ends once and in order",
    "[out]", Vout0, Vout1, Vout2) {
  Rng rng(2002);
  for (unsigned round = 0; round < 12; round++)
    random_traffic<TestType>(rng(), 120, random_knobs(rng), true);
}

TEMPLATE_TEST_CASE("Every IPv4 header length with every tag count is segmented", "[out]", Vout0,
                   Vout1, Vout2) {
  OutBench<TestType> bench(3003, {.land_percent = 100, .ready_percent = 100});
  for (unsigned tags = 0; tags <= 3; tags++) {
    for (unsigned options = 0; options <= 10; options++) {
      for (unsigned tcp = 0; tcp <= 11; tcp++) {  // 11: UDP
        HeaderShape shape{
            .tags = tags, .ip_options = options, .tcp_options = tcp % 11, .udp = tcp == 11};
        Job job = segment_job(bench.rng, 0, shape, pick(bench.rng, 1, 90), 30);
        if ((options + tcp) % 4 == 0) job.tag = uint32_t(bench.rng());
        run_job(bench, job);
      }
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("Every IPv6 extension type and length and chain is segmented", "[out]", Vout0,
                   Vout1, Vout2) {
  OutBench<TestType> bench(3004, {.land_percent = 100, .ready_percent = 100});
  for (unsigned tags = 0; tags <= 3; tags++) {
    for (unsigned type : {0u, 43u, 60u}) {
      for (unsigned units = 0; units < 21; units++) {
        HeaderShape shape{
            .tags = tags, .v6 = true, .extensions = {{type, units}}, .tcp_options = units % 4};
        shape.udp = (units + tags) % 2;
        if (shape.bytes() <= 256) run_job(bench, segment_job(bench.rng, 0, shape, 70, 30));
        shape.extensions = {{0, units % 3}, {60, units % 5}, {type, units}, {60, 0}};
        if (shape.bytes() <= 256) run_job(bench, segment_job(bench.rng, 0, shape, 70, 30));
      }
    }
  }
  bench.drain();
}

// All kinds of tunnels, with a frame or an IP packet inside.
std::vector<TunnelShape> all_tunnels() {
  std::vector<TunnelShape> all;
  for (auto kind : {TunnelShape::kVxlan, TunnelShape::kGeneve, TunnelShape::kGreTunnel,
                    TunnelShape::kOtherUdp, TunnelShape::kIpInIp}) {
    for (bool ethernet : {true, false}) {
      if (kind == TunnelShape::kVxlan && !ethernet) continue;
      if (kind == TunnelShape::kIpInIp && ethernet) continue;
      all.push_back({.kind = kind, .ethernet = ethernet});
    }
  }
  return all;
}

TEMPLATE_TEST_CASE("Every kind of tunnel with every pair of families and tags is segmented",
                   "[out][tunnel]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3103, {.land_percent = 100, .ready_percent = 100});
  unsigned made = 0;
  for (TunnelShape tunnel : all_tunnels()) {
    for (unsigned which = 0; which < 128; which++) {
      HeaderShape shape{.tags = which >> 3 & 3, .v6 = bool(which & 1), .udp = bool(which & 2)};
      tunnel.outer.v6 = which & 4;
      tunnel.outer.tags = which >> 5;
      tunnel.gre_checksum = bench.rng() % 2;
      Job job = segment_job(bench.rng, 0, shape, pick(bench.rng, 1, 90), 30, tunnel);
      if (which % 3 == 0) job.tag = uint32_t(bench.rng());
      INFO("kind " << tunnel.kind << ", ethernet " << tunnel.ethernet << ", which " << which);
      run_job(bench, job);
      made++;
    }
  }
  CHECK(made == 8 * 128);
  bench.drain();
}

TEMPLATE_TEST_CASE("Every pair of IPv4 header lengths of a tunnel is segmented", "[out][tunnel]",
                   Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3104, {.land_percent = 100, .ready_percent = 100});
  for (TunnelShape tunnel : all_tunnels()) {
    for (unsigned outer = 0; outer <= 10; outer++) {
      for (unsigned inner = 0; inner <= 10; inner++) {
        tunnel.outer.ip_options = outer;
        HeaderShape shape{.ip_options = inner,
                          .tcp_options = (outer + inner) % 11,
                          .udp = (outer ^ inner) % 2 == 0};
        run_job(bench, segment_job(bench.rng, 0, shape, pick(bench.rng, 1, 60), 30, tunnel));
      }
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("Every IPv6 extension of an outer and of an inner header is segmented",
                   "[out][tunnel]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3105, {.land_percent = 100, .ready_percent = 100});
  unsigned made = 0;
  for (TunnelShape tunnel : all_tunnels()) {
    for (unsigned type : {0u, 43u, 60u}) {
      for (unsigned units = 0; units < 18; units++) {
        std::vector<std::pair<unsigned, unsigned>> one{{type, units}},
            chain{{60, units % 2}, {type, units % 5}, {0, 0}}, none;
        for (auto &[outer, inner] : {std::pair{one, none}, {none, one}, {chain, chain}}) {
          tunnel.outer.v6 = true;
          tunnel.outer.extensions = outer;
          HeaderShape shape{.v6 = true, .extensions = inner, .udp = units % 3 == 0};
          if (tunnel.bytes(shape) > kTemplateBytes) continue;
          run_job(bench, segment_job(bench.rng, 0, shape, 50, 30, tunnel));
          made++;
        }
      }
    }
  }
  CHECK(made > 500);
  bench.drain();
}

TEMPLATE_TEST_CASE("Geneve options of every length and GRE with any of its words are segmented",
                   "[out][tunnel]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3106, {.land_percent = 100, .ready_percent = 100});
  unsigned longest = 0;
  for (bool ethernet : {true, false}) {
    for (unsigned tags = 0; tags <= (ethernet ? 3 : 0); tags++) {
      for (unsigned options = 0; options < 64; options++) {
        TunnelShape tunnel{.kind = TunnelShape::kGeneve, .ethernet = ethernet, .options = options};
        HeaderShape shape{.tags = tags, .udp = options % 2 == 0};
        if (tunnel.bytes(shape) > kTemplateBytes) break;
        longest = std::max(longest, options);
        run_job(bench, segment_job(bench.rng, 0, shape, 50, 30, tunnel));
      }
      for (unsigned words = 0; words < 8; words++) {
        for (unsigned which = 0; which < 8; which++) {
          TunnelShape tunnel{.kind = TunnelShape::kGreTunnel, .ethernet = ethernet};
          tunnel.gre_checksum = words & 4;
          tunnel.gre_key = words & 2;
          tunnel.gre_sequence = words & 1;
          tunnel.outer.v6 = which & 1;
          HeaderShape shape{.tags = tags, .v6 = bool(which & 2), .udp = bool(which & 4)};
          run_job(bench, segment_job(bench.rng, 0, shape, 50, 30, tunnel));
        }
      }
    }
  }
  CHECK(longest > 40);
  bench.drain();
}

TEMPLATE_TEST_CASE("A tag goes behind the addresses whatever template or payload stands there",
                   "[out][tag]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3107, {.land_percent = 100, .ready_percent = 100});
  for (unsigned header = 0; header <= 252; header += header < 80 ? 1 : 7) {
    for (unsigned payload : {0u, 1u, 4u, 12u, 17u, 64u, 300u}) {
      if (header + payload < 14) continue;
      Job job = plain_job(bench.rng, 1, header, payload);
      job.tag = uint32_t(bench.rng());
      run_job(bench, job);
    }
  }
  // in front of 0 to 3 of its own, in headers as long as a template may be
  for (unsigned tags = 0; tags <= 3; tags++) {
    for (unsigned options = 0; options <= 10; options++) {
      for (bool udp : {false, true}) {
        HeaderShape shape{.tags = tags, .tcp_options = options, .udp = udp};
        shape.v6 = options % 2;
        if (shape.v6) {
          size_t units = (kTemplateBytes - 4 - shape.bytes()) / 8;
          shape.extensions = {{0, unsigned(units - 1)}};
        }
        Job job = segment_job(bench.rng, 1, shape, 70, 30);
        job.tag = uint32_t(bench.rng());
        run_job(bench, job);
      }
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("A checksum from any byte to any field of a frame is the sum by definition",
                   "[out][csum]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3108, {.land_percent = 100, .ready_percent = 100});
  auto run = [&](size_t header, size_t payload, size_t from, size_t offset, bool tag) {
    Job job = plain_job(bench.rng, 1, header, payload);
    job.kind = Kind::kCsum;
    job.csum_from = from;
    job.csum_offset = offset;
    if (tag) job.tag = uint32_t(bench.rng());
    INFO("header " << header << ", payload " << payload << ", from " << from << ", field "
                   << from + offset << ", tag " << tag);
    run_job(bench, job);
  };
  // all in the template, all in the payload, and each across the border
  for (size_t header : {0, 1, 2, 11, 12, 13, 20, 33, 34, 59}) {
    for (size_t from = 0; from < 40; from++) {
      for (size_t offset : {0, 1, 6, 7, 16, 17}) {
        run(header, 60 - header, from, offset, from >= 12 && (from + offset) % 2);
      }
    }
  }
  // near the end of a frame, and the whole of it
  for (size_t bytes : {14, 15, 60, 61, 214}) {
    for (size_t from = 0; from + 2 <= bytes; from += from < 20 ? 1 : 13)
      run(0, bytes, from, 0, false);
    for (size_t back = 2; back <= 9 && back + 12 <= bytes; back++) {
      run(0, bytes, bytes - back, 0, true);
      run(13, bytes - 13, bytes - back, 0, true);
      run(13, bytes - 13, 0, bytes - 2, false);
    }
  }
  // a field in any row, on both sides of its end
  for (size_t row = 1; row * bench.kBus + 2 < 9000; row += 1 + row / 8) {
    for (size_t at = row * bench.kBus - 5; at <= row * bench.kBus + 1; at++) {
      size_t from = 14 + row % 2;
      if (at < from) continue;
      run(row % 3 ? 0 : 14, std::max<size_t>(at + 1 + row % 50, 20), from, at - from, row % 5 < 2);
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("A plain frame of any header and payload length leaves bit for bit", "[out]",
                   Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3005, {.land_percent = 100, .ready_percent = 100});
  for (unsigned header = 0; header <= 256; header += header < 70 ? 1 : 7) {
    for (unsigned payload : {0u, 1u, 15u, 16u, 17u, 60u, 64u, 65u, 1500u}) {
      if (header + payload < 14) continue;
      run_job(bench, plain_job(bench.rng, 1, header, payload));
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("A largest frame and a job beyond 64 KiB have right lengths and sums", "[out]",
                   Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3006, {.land_percent = 100, .ready_percent = 100});
  auto run = [&](Seed seed, HeaderShape shape, std::optional<TunnelShape> tunnel) {
    size_t header = tunnel ? tunnel->bytes(shape) : shape.bytes();
    for (size_t payload : {size_t(9216) - header, size_t(200'000)}) {
      Job job = segment_job(bench.rng, 0, shape, payload, 9216 - header, tunnel);
      job.seed = seed;
      job.pseudo = pseudo_sum(job.header, job.header.inner);
      seed_template(job.header, seed, job.pseudo, payload);
      run_job(bench, job);
    }
  };
  for (Seed seed : {Seed::kCompute, Seed::kNoLength, Seed::kFull}) {
    for (bool v6 : {false, true}) {
      run(seed, {.v6 = v6, .tcp_options = 3}, {});
      run(seed, {.v6 = v6, .udp = true}, {});
      run(seed, {.v6 = v6, .tcp_options = 3}, TunnelShape{.kind = TunnelShape::kVxlan});
      run(seed, {.v6 = v6, .udp = true},
          TunnelShape{
              .kind = TunnelShape::kGreTunnel, .outer = {.v6 = true}, .gre_checksum = true});
    }
  }
  run(Seed::kNone, {.udp = true}, {});
  run(Seed::kNone, {.udp = true}, TunnelShape{.kind = TunnelShape::kGeneve, .outer = {.v6 = true}});
  bench.drain();
}

TEMPLATE_TEST_CASE("Sums over nothing but ones and nothing but zeros are right", "[out]", Vout0,
                   Vout1, Vout2) {
  OutBench<TestType> bench(3009, {.land_percent = 100, .ready_percent = 100});
  auto run = [&](HeaderShape shape, std::optional<TunnelShape> tunnel, uint8_t byte, Seed seed) {
    Job job = segment_job(bench.rng, 0, shape, 2000, 701, tunnel);
    auto fill_addresses = [&](const Layer &layer) {
      size_t from = layer.l3 + (layer.v6 ? 8 : 12), n = layer.v6 ? 32 : 8;
      std::fill_n(job.header.bytes.begin() + long(from), n, byte);
    };
    fill_addresses(job.header.inner);
    if (tunnel) fill_addresses(*job.header.outer);
    std::fill(job.payload.begin(), job.payload.end(), byte);
    if (!shape.udp) put32(job.header.bytes, job.header.inner.l4 + 4, 0xfffffff0);
    job.seed = seed;
    job.pseudo = seed == Seed::kCompute ? pseudo_sum(job.header, job.header.inner) : byte * 0x101;
    // what stands for the pseudo header is all ones or all zeros, too
    if (seed != Seed::kCompute)
      put16(job.header.bytes, checksum_at(job.header.inner), byte * 0x101u);
    if (seed == Seed::kFull) {
      uint64_t length = job.header.bytes.size() - job.header.inner.l4 + job.payload.size();
      job.pseudo += 0xffff - length;
    }
    run_job(bench, job);
  };
  for (uint8_t byte : {0x00, 0xff}) {
    for (Seed seed : {Seed::kCompute, Seed::kNoLength, Seed::kFull}) {
      for (unsigned which = 0; which < 4; which++) {
        HeaderShape shape{.v6 = bool(which & 1), .udp = bool(which & 2)};
        run(shape, {}, byte, seed);
        run(shape, TunnelShape{.kind = TunnelShape::kGeneve, .outer = {.v6 = true}}, byte, seed);
        run(shape, TunnelShape{.kind = TunnelShape::kGreTunnel, .gre_checksum = true}, byte, seed);
      }
    }
  }
  bench.drain();
}

// Once folded it is 10000 then, with a carry that the outer checksum has to take out, too.
TEMPLATE_TEST_CASE("A seed that makes 65536 with a segment's length is right in both checksums",
                   "[out][tunnel]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(3011, {.land_percent = 100, .ready_percent = 100});
  const size_t bytes = 40, mss = 30;
  for (bool udp : {false, true}) {
    for (auto kind : {TunnelShape::kVxlan, TunnelShape::kGreTunnel}) {
      for (unsigned near = 0; near < 4; near++) {
        TunnelShape tunnel{.kind = kind, .outer = {.v6 = udp}, .gre_checksum = true};
        Job job = segment_job(bench.rng, 0, {.udp = udp}, bytes, mss, tunnel);
        job.outer_checksum = true;
        job.seed = Seed::kFull;
        // seed, the segment's bytes and minus those of the job: ffff each for what is taken away
        uint64_t seed = bytes - mss + near;
        job.pseudo = seed + 0xffff - (job.header.bytes.size() - job.header.inner.l4 + bytes);
        put16(job.header.bytes, checksum_at(job.header.inner), uint32_t(seed));
        run_job(bench, job);
      }
    }
  }
  bench.drain();
}

// A checksum of the zero class: the field is made to be what the rest of the frame sums to.
TEMPLATE_TEST_CASE("A zero checksum is FFFF in UDP and 0000 elsewhere", "[out]", Vout0, Vout1,
                   Vout2) {
  OutBench<TestType> bench(3010, {.land_percent = 100, .ready_percent = 100});
  auto frame_of = [&](const Job &job) {
    return bench.frame_of(job, {0, 0, job.payload.size(), true, true});
  };
  auto with_checksum = [](Job &job) {
    if (job.seed != Seed::kNone) return;
    job.seed = Seed::kCompute;
    job.pseudo = pseudo_sum(job.header, job.header.inner);
  };
  unsigned zeros = 0, ones = 0;
  // `free` is a word of the job that counts once for the checksum at `at`
  auto run = [&](Job &job, size_t at, uint8_t *free) {
    free[0] = free[1] = 0;
    uint32_t csum = get16(frame_of(job), at);
    free[0] = uint8_t(csum >> 8);
    free[1] = uint8_t(csum);
    uint32_t made = get16(frame_of(job), at);
    INFO("checksum " << std::hex << made);
    REQUIRE((made == 0 || made == 0xffff));
    zeros += made == 0;
    ones += made == 0xffff;
    run_job(bench, job);
  };
  for (bool v6 : {false, true}) {
    for (bool udp : {false, true}) {
      Job job = segment_job(bench.rng, 0, {.v6 = v6, .udp = udp}, 40, 40);
      with_checksum(job);
      run(job, checksum_at(job.header.inner), job.payload.data() + 8);
      for (auto kind : {TunnelShape::kVxlan, TunnelShape::kGreTunnel}) {
        TunnelShape tunnel{
            .kind = kind, .outer = {.v6 = v6}, .gre_checksum = true, .gre_key = true};
        job = segment_job(bench.rng, 0, {.v6 = !v6, .udp = udp}, 40, 40, tunnel);
        job.outer_checksum = true;
        with_checksum(job);
        size_t l4 = job.header.outer->l4;
        run(job, l4 + (kind == TunnelShape::kVxlan ? 6 : 4),
            job.header.bytes.data() + l4 + (kind == TunnelShape::kVxlan ? 12 : 8));
      }
    }
    for (size_t offset : {4, 6}) {  // of UDP, or of something else
      Job job = plain_job(bench.rng, 1, 20, 60);
      job.kind = Kind::kCsum;
      job.csum_from = v6 ? 15 : 14;
      job.csum_offset = offset;
      run(job, job.csum_from + offset, job.payload.data() + (v6 ? 1 : 2));
    }
  }
  CHECK(zeros == 2 + 4 + 2);
  CHECK(ones == 2 + 4 + 2);
  // no checksum asked for is none, whatever stands in the template
  Job none = segment_job(bench.rng, 0, {.udp = true}, 40, 40);
  none.seed = Seed::kNone;
  put16(none.header.bytes, checksum_at(none.header.inner), 0x1234);
  CHECK(get16(frame_of(none), checksum_at(none.header.inner)) == 0);
  run_job(bench, none);
  // ids that bring the IPv4 header checksum to 0000
  for (bool outer : {false, true}) {
    std::optional<TunnelShape> tunnel;
    if (outer) tunnel = TunnelShape{.kind = TunnelShape::kIpInIp, .ethernet = false};
    Job job = segment_job(bench.rng, 0, {}, 40, 40, tunnel);
    size_t l3 = outer ? job.header.outer->l3 : job.header.inner.l3;
    put16(job.header.bytes, l3 + 4, 0);
    put16(job.header.bytes, l3 + 4, get16(frame_of(job), l3 + 10));
    CHECK(get16(frame_of(job), l3 + 10) == 0);
    run_job(bench, job);
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("The ids go on within their modes over every carry", "[out]", Vout0, Vout1,
                   Vout2) {
  OutBench<TestType> bench(3007, {.land_percent = 100, .ready_percent = 100});
  const unsigned ids[] = {0, 0xfe, 0x7ffe, 0x7fff, 0x8000, 0xfffe, 0xffff};
  for (IdMode mode : {IdMode::kIncrement, IdMode::kFixed, IdMode::kWrap15}) {
    for (unsigned i = 0; i < 7; i++) {
      for (bool udp : {false, true}) {
        Job job = segment_job(bench.rng, 0, {.udp = udp}, 40, 10);  // four segments
        job.id_mode = mode;
        put16(job.header.bytes, job.header.inner.l3 + 4, ids[i]);
        run_job(bench, job);
      }
      for (IdMode outer : {IdMode::kIncrement, IdMode::kFixed, IdMode::kWrap15}) {
        Job job = segment_job(bench.rng, 0, {}, 40, 10,
                              TunnelShape{.kind = TunnelShape::kVxlan, .outer = {.tags = 1}});
        job.id_mode = mode;
        job.outer_id_mode = outer;
        put16(job.header.bytes, job.header.inner.l3 + 4, ids[i]);
        put16(job.header.bytes, job.header.outer->l3 + 4, ids[(i + unsigned(mode)) % 7]);
        run_job(bench, job);
      }
    }
  }
  bench.drain();
}

TEMPLATE_TEST_CASE("A template that contradicts the job fails with BAD_TEMPLATE", "[out]", Vout0,
                   Vout1, Vout2) {
  OutBench<TestType> bench(
      4004, {.land_percent = 100, .ready_percent = 100, .end_percent = 100, .fail_percent = 100});
  auto &rng = bench.rng;
  unsigned bad = 0, status = kStatusBadTemplate;
  auto run_bad = [&](Job job, auto damage) {
    job.tell();
    damage(job);
    job.refused = status;
    bad++;
    INFO("bad template number " << bad);
    run_job(bench, job);
    bench.drain();
    bench.bury(job.queue, false);
    // and the next good one goes through
    run_job(bench, segment_job(rng, job.queue, {}, 40, 30));
  };
  auto v4 = [&](unsigned tags) {
    return segment_job(rng, 2, {.tags = tags, .ip_options = 1, .tcp_options = 2}, 50, 30);
  };
  auto v6 = [&](Seed seed, unsigned left = 0) {
    Job job = segment_job(
        rng, 2, {.v6 = true, .extensions = {{0, 0}, {43, 1}, {60, 0}}, .tcp_options = 2}, 50, 30);
    job.header.bytes[14 + 40 + 8 + 3] = uint8_t(left);
    job.seed = seed;
    return job;
  };
  auto flip = [](size_t at, uint8_t bits) {
    return [=](Job &job) { job.header.bytes[at] ^= bits; };
  };
  // Ethernet
  run_bad(v4(0), [](Job &job) { put16(job.header.bytes, 12, 0x0806); });
  run_bad(v4(0), [](Job &job) { put16(job.header.bytes, 12, 0x8100); });
  run_bad(v4(0), [](Job &job) { put16(job.header.bytes, 12, 0x86dd); });
  run_bad(v6(Seed::kCompute), [](Job &job) { put16(job.header.bytes, 12, 0x0800); });
  for (unsigned tags = 1; tags <= 3; tags++) {
    for (unsigned tag = 0; tag < tags; tag++) run_bad(v4(tags), flip(12 + 4 * tag, 1));
    for (unsigned tag = 0; tag < tags; tag++)
      run_bad(v4(tags), [=](Job &job) { put16(job.header.bytes, 12 + 4 * tag, 0x0800); });
    run_bad(v4(tags), flip(12 + 4 * tags + 1, 1));
    run_bad(v4(tags), [](Job &job) { job.told_l3 -= 4; });
    run_bad(v4(tags), [](Job &job) { job.told_l3 += 4; });
  }
  run_bad(segment_job(rng, 2, {}, 50, 30), [](Job &job) { job.told_l3 = 16; });
  run_bad(segment_job(rng, 2, {}, 50, 30), [](Job &job) { job.told_l3 = 0; });
  run_bad(segment_job(rng, 2, {}, 50, 30), [](Job &job) { job.told_l3 = 30; });
  // IPv4
  for (uint8_t bits : {0x10, 0x20, 0x40}) run_bad(v4(0), flip(14, bits));  // version
  for (unsigned ihl : {0u, 4u, 5u, 7u, 15u}) {
    run_bad(v4(0), [=](Job &job) { job.header.bytes[14] = uint8_t(0x40 | ihl); });  // really 6
  }
  run_bad(v4(1), flip(18 + 6, 0x20));  // MF
  for (unsigned bit = 0; bit < 13; bit++) {
    run_bad(v4(1), [=](Job &job) {
      put16(job.header.bytes, 24, get16(job.header.bytes, 24) ^ 1u << bit);
    });
  }
  for (unsigned protocol : {0u, 1u, 4u, 7u, 17u, 0x86u, 255u}) {
    run_bad(v4(0), [=](Job &job) { job.header.bytes[23] = uint8_t(protocol); });
  }
  run_bad(v4(0), [](Job &job) { job.told_l4 -= 4; });
  run_bad(v4(0), [](Job &job) { job.told_l4 += 4; });
  run_bad(v4(0), [](Job &job) { job.told_l4 += 2; });
  // IPv6
  for (uint8_t bits : {0x10, 0x20, 0x40}) run_bad(v6(Seed::kCompute), flip(14, bits));
  for (unsigned type : {44u, 50u, 51u, 59u, 135u, 139u, 140u, 17u, 253u, 6u}) {
    run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[20] = uint8_t(type); });
    run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[54] = uint8_t(type); });
    if (type != 6)
      run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[78] = uint8_t(type); });
  }
  for (unsigned type : {0u, 43u, 60u}) {
    run_bad(v6(Seed::kNoLength),
            [=](Job &job) { job.header.bytes[78] = uint8_t(type); });  // into TCP
  }
  for (unsigned units : {3u, 4u, 5u, 255u}) {  // to TCP, into it, beyond it
    run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[55] = uint8_t(units); });
    run_bad(v6(Seed::kNoLength), [=](Job &job) { job.header.bytes[79] = uint8_t(units); });
  }
  run_bad(v6(Seed::kCompute, 1), [](Job &) {});
  run_bad(v6(Seed::kCompute, 0x80), [](Job &) {});
  run_bad(v6(Seed::kNoLength), [](Job &job) { job.told_l4 -= 8; });
  run_bad(v6(Seed::kNoLength), [](Job &job) { job.told_l4 += 4; });
  run_bad(segment_job(rng, 2, {.v6 = true}, 50, 30), [](Job &job) { job.header.bytes[20] = 60; });
  // TCP
  for (bool six : {false, true}) {
    auto make = [&] { return six ? v6(Seed::kNoLength) : v4(0); };
    for (unsigned doff : {0u, 4u, 5u, 6u, 8u, 15u}) {  // really 7
      run_bad(make(),
              [=](Job &job) { job.header.bytes[job.header.inner.l4 + 12] = uint8_t(doff << 4); });
    }
    for (int more : {-4, -2, -1, 1, 2, 4}) {
      run_bad(make(), [=](Job &job) {
        job.header.bytes.resize(job.header.bytes.size() + size_t(more));
        job.told_header_bytes = job.header.bytes.size();
      });
    }
  }
  run_bad(segment_job(rng, 2, {}, 50, 30),
          [](Job &job) { job.header.bytes.resize(job.told_header_bytes = 53); });
  run_bad(segment_job(rng, 2, {}, 50, 30),
          [](Job &job) { job.header.bytes.resize(job.told_header_bytes = 34); });
  // UDP
  for (bool six : {false, true}) {
    auto make = [&] {
      HeaderShape shape{.v6 = six, .udp = true};
      if (six)
        shape.extensions = {{0, 0}};
      else
        shape.ip_options = 1;
      return segment_job(rng, 2, shape, 50, 30);
    };
    for (unsigned protocol : {0u, 1u, 6u, 16u, 18u, 0x91u, 255u}) {
      run_bad(make(), [=](Job &job) { job.header.bytes[six ? 54 : 23] = uint8_t(protocol); });
    }
    for (int more : {-8, -4, -2, -1, 1, 2, 4, 8, 12}) {
      run_bad(make(), [=](Job &job) {
        job.header.bytes.resize(job.header.bytes.size() + size_t(more));
        job.told_header_bytes = job.header.bytes.size();
      });
    }
    run_bad(make(), [](Job &job) { job.kind = Kind::kTcp; });
    run_bad(make(), [](Job &job) { job.told_l4 += 4; });
    run_bad(make(), [](Job &job) { job.told_l4 -= 4; });
  }
  run_bad(v4(0), [](Job &job) { job.kind = Kind::kUdp; });
  // a tag to insert is none of the template
  Job tagged = segment_job(rng, 2, {.tags = 3}, 50, 30);
  tagged.tag = 0x81000001;
  run_bad(tagged, flip(20, 1));
  run_bad(tagged, [](Job &job) { job.told_l3 += 4; });
  run_bad(tagged, [](Job &job) { job.told_l3 -= 4; });
  tagged = segment_job(rng, 2, {}, 50, 30);
  tagged.tag = 0x88a80002;
  run_bad(tagged, flip(12, 1));
  run_bad(tagged, [](Job &job) { job.told_l3 += 4; });
  // IPv6 knows no UDP without a checksum, in a tunnel or not
  status = kStatusOption;
  run_bad(segment_job(rng, 2, {.v6 = true, .udp = true}, 50, 30),
          [](Job &job) { job.seed = Seed::kNone; });
  for (bool outer : {false, true}) {
    TunnelShape tunnel{.kind = TunnelShape::kVxlan, .outer = {.v6 = outer}};
    run_bad(segment_job(rng, 2, {.v6 = true, .udp = true}, 50, 30, tunnel),
            [](Job &job) { job.seed = Seed::kNone; });
  }
  CHECK(bad > 170);
  bench.drain();
}

TEMPLATE_TEST_CASE("A template that contradicts its tunnel fails with BAD_TEMPLATE",
                   "[out][tunnel]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(
      4104, {.land_percent = 100, .ready_percent = 100, .end_percent = 100, .fail_percent = 100});
  auto &rng = bench.rng;
  unsigned bad = 0;
  auto run_bad = [&](Job job, auto damage) {
    job.tell();
    damage(job);
    job.refused = kStatusBadTemplate;
    bad++;
    INFO("bad template number " << bad);
    run_job(bench, job);
    bench.drain();
    bench.bury(job.queue, false);
    // and the next good ones go through
    run_job(bench, segment_job(rng, job.queue, {}, 40, 30));
    run_job(bench, segment_job(rng, job.queue, {}, 40, 30, TunnelShape{}));
  };
  auto set8 = [](auto place, unsigned value) {
    return [=](Job &job) { job.header.bytes.at(place(job)) = uint8_t(value); };
  };
  auto set16 = [](auto place, unsigned value) {
    return [=](Job &job) { put16(job.header.bytes, place(job), value); };
  };
  auto flip16 = [](auto place, unsigned bits) {
    return [=](Job &job) {
      put16(job.header.bytes, place(job), get16(job.header.bytes, place(job)) ^ bits);
    };
  };
  auto outer_l3 = [](size_t more) {
    return [=](const Job &job) { return job.header.outer->l3 + more; };
  };
  auto outer_l4 = [](size_t more) {
    return [=](const Job &job) { return job.header.outer->l4 + more; };
  };
  auto inner_l3 = [](size_t more) {
    return [=](const Job &job) { return job.header.inner.l3 + more; };
  };
  auto inner_l4 = [](size_t more) {
    return [=](const Job &job) { return job.header.inner.l4 + more; };
  };
  auto type_of_inner = [](const Job &job) { return job.header.inner.l3 - 2; };

  for (TunnelShape tunnel : all_tunnels()) {
    bool gre = tunnel.kind == TunnelShape::kGreTunnel, udp = tunnel.has_l4() && !gre;
    auto make = [&](HeaderShape outer = {.ip_options = 1}, HeaderShape inner = {}) {
      TunnelShape t = tunnel;
      t.outer = outer;
      if (t.kind == TunnelShape::kOtherUdp) t.options = 3;
      return segment_job(rng, 2, inner, 50, 30, t);
    };
    HeaderShape six{.v6 = true, .extensions = {{60, 0}}};
    INFO("tunnel kind " << tunnel.kind << ", ethernet " << tunnel.ethernet);
    // outer Ethernet and IPv4
    run_bad(make(), set16(outer_l3(size_t(-2)), 0x86dd));
    run_bad(make(), set16(outer_l3(size_t(-2)), 0x0806));
    run_bad(make({.tags = 2}), flip16(outer_l3(size_t(-6)), 0x0100));
    run_bad(make({.tags = 2}), [](Job &job) { job.told_outer_l3 -= 4; });
    run_bad(make({.tags = 2}), [](Job &job) { job.told_outer_l3 += 4; });
    run_bad(make(), flip16(outer_l3(0), 0x1000));
    for (unsigned ihl : {0u, 4u, 5u, 7u, 15u}) run_bad(make(), set8(outer_l3(0), 0x40 | ihl));
    run_bad(make(), flip16(outer_l3(6), 0x2000));
    for (unsigned bit : {0u, 7u, 8u, 12u}) run_bad(make(), flip16(outer_l3(6), 1u << bit));
    for (unsigned protocol : {0u, 1u, 6u, 50u}) run_bad(make(), set8(outer_l3(9), protocol));
    if (tunnel.has_l4()) {
      run_bad(make(), set8(outer_l3(9), 4));
      run_bad(make(), set8(outer_l3(9), 41));
      run_bad(make(), [](Job &job) { job.told_outer_l4 += 4; });
      run_bad(make(), [](Job &job) { job.told_outer_l4 -= 4; });
      run_bad(make(), [](Job &job) { job.told_outer_l4 += 2; });
      // said to be IP in IP, whose protocol it is not
      run_bad(make(), [](Job &job) { job.told_outer_l4 = 0; });
    } else {
      run_bad(make(), set8(outer_l3(9), 17));
      run_bad(make(), set8(outer_l3(9), 47));
      run_bad(make(), set8(outer_l3(9), 41));  // it is 4
      run_bad(make({}, six), set8(outer_l3(9), 4));
    }
    // outer IPv6
    run_bad(make(six), flip16(outer_l3(0), 0x1000));
    for (unsigned type : {44u, 50u, 51u, 59u, 135u, 6u}) {
      run_bad(make(six), set8(outer_l3(6), type));
      run_bad(make(six), set8(outer_l3(40), type));
    }
    for (unsigned units : {1u, 2u, 255u}) run_bad(make(six), set8(outer_l3(41), units));
    if (tunnel.has_l4()) {
      run_bad(make({.v6 = true, .extensions = {{43, 0}}}), [&](Job &job) {
        job.header.bytes[job.header.outer->l3 + 43] = 1;  // segments left
        job.outer_checksum = true;
        if (gre) put16(job.header.bytes, job.header.outer->l4, 0x8000);
      });
      run_bad(make(six), set8(outer_l3(40), 41));
    } else {
      run_bad(make(six), set8(outer_l3(40), 17));
      run_bad(make(six), set8(outer_l3(40), 41));
    }
    // inner headers
    run_bad(make(), flip16(inner_l3(0), 0x1000));
    run_bad(make({}, six), flip16(inner_l3(0), 0x1000));
    run_bad(make({}, {.ip_options = 2}), set8(inner_l3(0), 0x45));
    run_bad(make(), flip16(inner_l3(6), 0x2000));
    run_bad(make(), flip16(inner_l3(6), 1));
    run_bad(make(), set8(inner_l3(9), 17));
    run_bad(make({}, {.udp = true}), set8(inner_l3(9), 6));
    run_bad(make({}, six), set8(inner_l3(6), 44));
    run_bad(make({}, six), set8(inner_l3(40), 17));
    run_bad(make({}, six), set8(inner_l3(41), 1));
    run_bad(make(), flip16(inner_l4(12), 0x1000));
    run_bad(make(), [](Job &job) { job.told_l4 += 4; });
    run_bad(make(), [](Job &job) { job.told_l4 += 2; });
    run_bad(make(), [](Job &job) {
      job.header.bytes.resize(job.header.bytes.size() + 4);
      job.told_header_bytes += 4;
    });
    // the way between them
    if (tunnel.ethernet) {
      run_bad(make(), set16(type_of_inner, 0x86dd));
      run_bad(make({}, six), set16(type_of_inner, 0x0800));
      run_bad(make(), set16(type_of_inner, 0x8100));
      if (tunnel.kind != TunnelShape::kOtherUdp) {
        for (unsigned tags = 1; tags <= 3; tags++) {
          for (unsigned tag = 0; tag < tags; tag++) {
            run_bad(make({}, {.tags = tags}),
                    flip16(inner_l3(size_t(-2) - 4 * (tags - tag)), 0x0100));
          }
        }
        run_bad(make({}, {.tags = 1}), [](Job &job) { job.told_l3 -= 4, job.told_l4 -= 4; });
      }
    }
    bool bridged = tunnel.ethernet;
    if (tunnel.kind == TunnelShape::kVxlan) {
      run_bad(make(), [](Job &job) { job.told_outer_l4 -= 8; });
    }
    if (tunnel.kind == TunnelShape::kGeneve) {
      for (unsigned options : {1u, 4u, 63u})
        run_bad(make(), set8(outer_l4(8), options));  // it is 0
      for (unsigned type : {0x0806u, 0x6559u, bridged ? 0x0800u : 0x6558u}) {
        run_bad(make(), set16(outer_l4(10), type));
      }
      if (!bridged) run_bad(make(), set16(outer_l4(10), 0x86dd));
    }
    if (gre) {
      // bits 14 and 11 to 0: routing, recursion, reserved, version
      for (unsigned bit : {14u, 11u, 10u, 9u, 8u, 7u, 3u, 2u, 1u, 0u}) {
        run_bad(make(), flip16(outer_l4(0), 1u << bit));
      }
      // a key or a sequence number that is not there
      run_bad(make(), flip16(outer_l4(0), 0x2000));
      run_bad(make(), flip16(outer_l4(0), 0x1000));
      // a checksum that is asked for, or said to be there, and has no place
      run_bad(make(), [&](Job &job) { job.outer_checksum = !job.outer_checksum; });
      run_bad(make(), flip16(outer_l4(0), 0x8000));
      // and one that is there, but not asked for
      TunnelShape with_checksum = tunnel;
      with_checksum.gre_checksum = true;
      run_bad(segment_job(rng, 2, {}, 50, 30, with_checksum),
              [](Job &job) { job.outer_checksum = false; });
      for (unsigned type : {0x0806u, 0x6559u, bridged ? 0x0800u : 0x6558u}) {
        run_bad(make(), set16(outer_l4(2), type));
      }
      if (!bridged) run_bad(make(), set16(outer_l4(2), 0x86dd));
    }
    if (tunnel.kind == TunnelShape::kOtherUdp && !bridged) {
      // no room for UDP in front of the inner header
      TunnelShape t = tunnel;
      Job job = segment_job(rng, 2, {}, 50, 30, t);
      size_t gap = job.header.outer->l4 + 4;
      job.header.bytes.erase(job.header.bytes.begin() + long(gap),
                             job.header.bytes.begin() + long(gap + 4));
      job.header.inner.l3 -= 4;
      job.header.inner.l4 -= 4;
      run_bad(job, [](Job &) {});
    }
    if (udp) run_bad(make(), [](Job &job) { job.told_l3 += 4; });
  }
  // a port of another tunnel than the one that follows
  TunnelShape other{.kind = TunnelShape::kOtherUdp, .ethernet = false, .options = 3};
  run_bad(segment_job(rng, 2, {}, 50, 30, other), set16(outer_l4(2), 4789));
  run_bad(segment_job(rng, 2, {}, 50, 30, TunnelShape{.kind = TunnelShape::kVxlan}),
          set16(outer_l4(2), 6081));
  CHECK(bad > 500);
  bench.drain();
}

TEMPLATE_TEST_CASE(
    "A burial in any cycle around the orders of its queue kills what has come and no more",
    "[out][bury]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(5005, {.land_percent = 100});
  for (unsigned mac : {100u, 35u}) {
    bench.knobs.ready_percent = bench.knobs.end_percent = bench.knobs.fail_percent = mac;
    for (unsigned scene = 0; scene < 9; scene++) {  // 8: nothing fails
      for (unsigned at = 0; at < 48; at++) {
        for (bool tells_nothing : {false, true}) {
          INFO("failure in order " << scene << ", burial " << at << " cycles after the first, void "
                                   << tells_nothing);
          bury_at(bench, at, scene, tells_nothing);
        }
      }
    }
  }
  CHECK(bench.dead_frames > 100);
  CHECK(bench.voided > 20);
}

TEMPLATE_TEST_CASE("A burial waits for no MAC and no completion and many lives wait in the FIFO",
                   "[out][bury]", Vout0, Vout1, Vout2) {
  for (bool tells_nothing : {false, true}) {
    OutBench<TestType> bench(5105, {.land_percent = 100, .ready_percent = 0});
    bench.knobs.end_percent = bench.knobs.fail_percent = 0;
    unsigned lives = 0;
    while (bench.frames_in_use + 4 <= bench.kFrameSlots) {
      for (unsigned q = 0; q < kQueues; q++) {
        Job job = segment_job(bench.rng, q, {}, 40, 40);
        bench.load(job);
        bench.land();
        bench.step();
        if (lives % 5 == q) {
          bench.issue(job, kFail, {}, bus_error(bench.rng, 1));
        } else {
          bench.issue(job, kFrame);
        }
        bench.land();
        bench.step();
      }
      bench.bury(lives % kQueues, tells_nothing);
      lives++;
    }
    for (unsigned i = 0; i < 300; i++) bench.land(), bench.step();
    CHECK(bench.beats_out == 0);
    CHECK(bench.bury_worst <= 4);
    bench.knobs.ready_percent = bench.knobs.end_percent = bench.knobs.fail_percent = 60;
    bench.drain();
    CHECK(bench.frames_out > 3);
    CHECK(bench.dead_frames > lives / 2);
  }
}

// Orders are numbered modulo 2^16. The scan that forgets looks at each of the four queues every
// fourth cycle, and here another queue is buried every fourth cycle, in each of the four phases.
TEST_CASE("A burial is forgotten before the numbers of orders come round", "[out][bury]") {
  for (unsigned phase = 0; phase < kQueues; phase++) {
    OutBench<Vout0> bench(5205 + phase, {.land_percent = 100});
    bench.knobs.end_percent = bench.knobs.fail_percent = bench.knobs.ready_percent = 100;
    Job job = plain_job(bench.rng, 0, 0, 64);
    for (unsigned i = 0; i < 4; i++) bench.issue(job, kEnd), bench.step();
    bench.bury(0, false);
    while (bench.orders < 0x10800) {
      if (bench.now() % kQueues == phase && bench.buries.empty()) bench.bury_later(1, false);
      job.queue = bench.orders % 4 ? 2 : 0;
      if (bench.frames_in_use < 16) bench.issue(job, kEnd);
      bench.step();
    }
    bench.drain();
    CHECK(bench.dropped <= 4);
  }
}

TEMPLATE_TEST_CASE("Templates of killed jobs come home once and hold up no other", "[out][drop]",
                   Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(5305, {.land_percent = 100, .ready_percent = 100});
  // the first ones never land, until the end
  std::vector<typename OutBench<TestType>::Landing> lost;
  for (unsigned i = 0; i < 4; i++) {
    Job job = segment_job(bench.rng, 1, {.tcp_options = i}, 60, 30);
    bench.load(job);
    bench.step();
    bench.fetch(job);
    lost.push_back(bench.landings.back());
    bench.landings.pop_back();
    bench.kill(job);
    bench.step();
  }
  for (unsigned i = 0; i < 3 * bench.kTemplates; i++) {
    for (unsigned j = 0; !bench.can_load(); j++) {
      REQUIRE(j < 5000);
      bench.land();
      bench.step();
    }
    Job job = segment_job(bench.rng, i % 2, {.tcp_options = i % 11}, 60, 30);
    if (i % 7 == 3) {
      job = segment_job(bench.rng, i % 2, {.udp = true}, 60, 30, random_tunnel(bench.rng, 150));
    } else if (i % 7 == 5) {  // a place without a template
      job = plain_job(bench.rng, i % 2, 0, 60);
      job.tag = uint32_t(bench.rng());
    }
    bench.load(job);
    bench.land();
    bench.step();
    unsigned orders = i % 3;
    if (i % 5 == 0 && job.told_header_bytes) bench.fetch(job);
    for (unsigned j = 0; j < orders;) {
      bool issues = bench.has_room(job);
      if (issues && bench.issue(job, kFrame)) j = 3;  // lives on
      j += issues;
      bench.land();
      bench.step();
    }
    if (job.sent < 60) bench.kill(job);
    bench.land();
    bench.step();
  }
  for (unsigned i = 0; i < 2000; i++) bench.land(), bench.step();
  CHECK(bench.drops.size() == 4);
  for (auto &landing : lost) bench.landings.push_back(landing);
  bench.drain();
  CHECK(bench.tmpl_home.size() == bench.kTemplates);
}

TEST_CASE("A template that lands 2^15 orders after its job was killed comes home", "[out][drop]") {
  for (unsigned orders : {0x7ff0u, 0x8010u, 0xfff0u, 0x10010u}) {
    OutBench<Vout0> bench(5405, {.land_percent = 100});
    bench.knobs.end_percent = bench.knobs.fail_percent = bench.knobs.ready_percent = 100;
    Job killed = segment_job(bench.rng, 1, {}, 60, 30), job = plain_job(bench.rng, 0, 0, 64);
    bench.load(killed);
    bench.step();
    bench.fetch(killed);
    bench.kill(killed);
    bench.step();
    while (bench.orders < orders) {
      if (bench.frames_in_use < 16) bench.issue(job, kEnd);
      bench.step();
    }
    for (unsigned i = 0; i < 100; i++) bench.step();
    CHECK(bench.drops.size() == 1);
    bench.drain(1000);
  }
}

// A template whose number the reset found half landed, landed, or in the parser is a new one behind
// it.
TEMPLATE_TEST_CASE("After a reset in the middle of traffic everything is new", "[out][reset]",
                   Vout0, Vout1, Vout2) {
  for (unsigned at = 1; at <= 40; at++) {
    OutBench<TestType> bench(6006 + at, {.land_percent = 100, .ready_percent = 100});
    for (unsigned i = 0; i < 3; i++) {
      Job job = random_segment_job(bench.rng, 0);
      bench.load(job);
      bench.step();
      bench.issue(job, kFrame);
      bench.step();
    }
    for (unsigned i = 0; i < at; i++) {
      bench.land();
      bench.step();
    }
    bench.forget();
    // the orders first, so that whatever is left of the old templates would let them go too early
    bench.knobs.land_percent = 0;
    Job job = segment_job(bench.rng, 0, {}, 30, 30, random_tunnel(bench.rng, 150));
    run_job(bench, job);
    for (unsigned i = 0; i < 4; i++) run_job(bench, random_job(bench.rng, i % 2));
    for (unsigned i = 0; i < 20; i++) bench.step();
    CHECK(bench.beats_out == 0);
    bench.knobs.land_percent = 100;
    bench.drain();
    CHECK(bench.frames_out >= 4);
  }
}

TEMPLATE_TEST_CASE("A soft reset in any cycle loses no frame whose end was told and cuts none",
                   "[out][reset]", Vout0, Vout1, Vout2) {
  uint64_t told = 0, whole_at_once = 0;
  for (unsigned at = 0; at < 160; at++) {
    INFO("soft reset " << at << " cycles after the MAC begins");
    unsigned ready = at % 4 == 0 ? 0 : at % 4 == 1 ? 100 : 30;  // 0: a MAC that stands still
    OutBench<TestType> bench(6100 + at, {.land_percent = 100, .ready_percent = 0});
    for (unsigned i = 0; i < 12; i++) {
      std::optional<TunnelShape> tunnel;
      if (i % 5 == 2) tunnel = random_tunnel(bench.rng, 150);
      run_job(bench,
              segment_job(bench.rng, i % 3, {.udp = i % 2 == 1}, i % 4 ? 10 : 300, 100, tunnel));
    }
    while (!bench.landings.empty()) bench.land(), bench.step();
    bench.knobs.ready_percent = ready ? ready : 60;
    for (unsigned i = 0; i < at; i++) bench.step();
    bench.soft_reset(ready);
    told += bench.told_beats;
    whole_at_once += bench.whole_at_once;
    bench.forget();
    run_job(bench, random_segment_job(bench.rng, 1));
    bench.drain();
  }
  CHECK(told > 100);
  CHECK(whole_at_once > 10);
}

// Loads beside landings and parsings of other templates, in the same cycles, with all numbers in
// use.
TEMPLATE_TEST_CASE("Template numbers come back while others land", "[out]", Vout0, Vout1, Vout2) {
  OutBench<TestType> bench(7007, {.land_percent = 100, .ready_percent = 100});
  unsigned loaded = 0;
  for (unsigned i = 0; loaded < 3 * bench.kTemplates; i++) {
    REQUIRE(i < 100000);
    if (bench.can_load() && bench.frames_in_use + 1 < bench.kFrameSlots) {
      HeaderShape shape{.tcp_options = unsigned(bench.rng() % 11)};
      Job job = segment_job(bench.rng, loaded % 2, shape, 6, 6);
      switch (bench.rng() % 4) {
        case 0:
          job = plain_job(bench.rng, loaded % 2, shape.bytes(), 6);
          break;
        case 1:
          job = segment_job(bench.rng, loaded % 2, {}, 6, 6, random_tunnel(bench.rng, 150));
          break;
        default:
          break;
      }
      bench.load(job);
      bench.land();
      bench.step();
      if (bench.has_room(job)) {
        if (bench.rng() % 8) {
          bench.issue(job, kFrame);
        } else {
          bench.issue(job, kEnd);  // never fetched
        }
      } else {
        bench.issue(job, kEnd);
      }
      loaded++;
    }
    if (bench.chance(90)) bench.land();
    bench.step();
  }
  bench.drain();
  CHECK(bench.frames_out > bench.kTemplates);
}

TEMPLATE_TEST_CASE("Rates: full beats without gaps and small frames in a few cycles", "[out][rate]",
                   Vout0, Vout1, Vout2) {
  constexpr unsigned kBus = OutBench<TestType>::kBus;
  HeaderShape plain{}, stamps{.tcp_options = 3}, udp{.udp = true};
  TunnelShape vxlan{.kind = TunnelShape::kVxlan},
      ip_in_ip{.kind = TunnelShape::kIpInIp, .ethernet = false};
  Rate one = rate_of<TestType>(nullptr, 60, 60);
  Rate bulk = rate_of<TestType>(&stamps, kBus == 64 ? 30 * 1448 : 15 * 1448, 1448);
  Rate small = rate_of<TestType>(&stamps, 40 * 64, 64);
  Rate tiny = rate_of<TestType>(&plain, 40 * 6, 6);
  Rate tiny_udp = rate_of<TestType>(&udp, 40 * 6, 6);
  Rate tiny_vxlan = rate_of<TestType>(&plain, 40 * 6, 6, vxlan);
  Rate tiny_ip = rate_of<TestType>(&plain, 40 * 6, 6, ip_in_ip);
  Rate bulk_vxlan = rate_of<TestType>(&stamps, kBus == 64 ? 30 * 1398 : 15 * 1398, 1398, vxlan);
  std::printf("%u bit: 60-byte plain %.2f, MSS 1448 %.2f, MSS 64 %.2f, MSS 6 %.2f cycles a frame\n",
              kBus * 8, one.cycles_per_frame, bulk.cycles_per_frame, small.cycles_per_frame,
              tiny.cycles_per_frame);
  std::printf("%u bit: MSS 6: UDP %.2f, VXLAN %.2f, IP in IP %.2f; MSS 1398: VXLAN %.2f\n",
              kBus * 8, tiny_udp.cycles_per_frame, tiny_vxlan.cycles_per_frame,
              tiny_ip.cycles_per_frame, bulk_vxlan.cycles_per_frame);
  CHECK(bulk.gaps == 0);
  CHECK(small.gaps == 0);
  CHECK(bulk_vxlan.gaps == 0);
  CHECK(one.cycles_per_frame <= std::max(2.0, 60.0 / kBus + 1) + 0.1);
  CHECK(tiny.cycles_per_frame <= (kBus == 64 ? 3.0 : kBus == 32 ? 4.0 : 8.0) + 0.1);
  CHECK(tiny_udp.cycles_per_frame <= (kBus == 64 ? 3.0 : kBus == 32 ? 4.0 : 8.0) + 0.1);
  CHECK(tiny_vxlan.cycles_per_frame <= (kBus == 16 ? 10.0 : 8.0) + 0.1);
  CHECK(tiny_ip.cycles_per_frame <= 8.0);
}

TEMPLATE_TEST_CASE("The first beat comes 4 cycles after the last byte is in frame_state",
                   "[out][rate]", Vout0, Vout1, Vout2) {
  struct Case {
    const char *what;
    Job (*make)(Rng &);
    unsigned most;
  };
  const Case cases[] = {
      {"TCP", [](Rng &rng) { return segment_job(rng, 0, {}, 200, 200); }, 4},
      {"UDP", [](Rng &rng) { return segment_job(rng, 0, {.udp = true}, 200, 200); }, 4},
      {"VXLAN", [](Rng &rng) { return segment_job(rng, 0, {}, 200, 200, TunnelShape{}); }, 4},
      {"plain", [](Rng &rng) { return plain_job(rng, 0, 54, 200); }, 4}};
  for (const Case &c : cases) {
    auto cycles = unsigned(latency_of<TestType>(c.make));
    std::printf("last landing to first beat: %s %u cycles\n", c.what, cycles);
    CHECK(cycles <= c.most);
  }
}
