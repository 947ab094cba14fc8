// SPDX-License-Identifier: Apache-2.0
// The rooms ring and job with models of everything around them: a host that posts jobs and rings
// doorbells, memory with random latency and order, and stand-ins for run (pops chains, frees jobs),
// seg (issues in parts, turns jobs into discards), out (orders leave, some fail) and cpl.
//
// The rig checks, whatever the test does: jobs of a queue are loaded in posting order, each exactly
// once between unloads and from the right place with the right skip after one; further slots arrive
// in order with the right content; no job is loaded without a completion place; nothing of a queue
// is loaded while it is unloaded; no end of a queue is on its way when its indices are reset. Slot
// indices are 32 bit here and only their low 16 bits are compared.
#pragma once
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

#include "unit_bench.hpp"

namespace vmso::ring_test {

using Line = std::array<uint64_t, 8>;

enum State { kOff = 0, kRun = 1, kFlush = 2, kParked = 3, kStopped = 4, kError = 5 };
enum Cmd { kEnable = 1, kStop = 2, kReset = 3, kRetry = 4, kAbort = 5 };

// A first slot in words; fields as in the records page.
struct Slot {
  unsigned kind = 1, slots = 1, payload = 100, mss = 0, header = 0, template_space = 0, l3 = 0,
           l4 = 0;
  bool completion = true, irq = false;
  uint64_t template_addr = 0x1000, cookie = 0, addr0 = 0x10000, addr1 = 0x20000;
  unsigned bytes0 = 100, space0 = 0, bytes1 = 0, space1 = 0;
  unsigned l4_mode = 0, id_mode = 0;
  Line extra = {};  // or-ed in
  Line line() const {
    Line w = extra;
    w[0] |= kind | uint64_t(completion) << 4 | uint64_t(irq) << 5 | uint64_t(slots) << 8 |
            uint64_t(payload) << 24 | uint64_t(mss) << 48;
    w[1] |= header | uint64_t(template_space) << 9 | uint64_t(l3 >> 8) << 11 |
            uint64_t(l4 >> 8) << 12 | uint64_t(l3 & 255) << 16 | uint64_t(l4 & 255) << 24;
    w[2] |= template_addr;
    w[3] |= cookie;
    w[4] |= addr0;
    w[5] |= addr1;
    w[6] |= bytes0 | uint64_t(space0) << 24 | uint64_t(bytes1) << 32 | uint64_t(space1) << 56;
    w[7] |= uint64_t(l4_mode) << 18 | uint64_t(id_mode) << 20;
    return w;
  }
};

struct HostJob {
  uint32_t start;
  unsigned slots, payload;
  uint64_t cookie;
  bool wants;  // completion
};

struct Queue {
  uint64_t base = 0;
  unsigned log2 = 4, log2_entries = 4;
  // host
  uint32_t posted = 0, rung = 0, freed = 0;
  std::deque<HostJob> jobs;  // posted and not ended
  // what must be loaded next
  uint32_t next_load = 0;
  unsigned skip_bytes = 0, skip_segments = 0;
  std::optional<uint32_t> resume;
  bool unloading = false;
  // models
  std::vector<unsigned> loaded;  // job entries not issued whole, in order
  unsigned issued_bytes = 0, orders = 0, left = 0, ended = 0, outstanding = 0;
  unsigned produced = 0, consumer = 0, consumer_told = 0;
  bool flush = false, debt = false, resetting = false;
  uint64_t debt_until = 0;
  uint32_t size() const { return 1u << log2; }
  uint32_t entries() const { return 1u << log2_entries; }
};

struct JobEntry {
  bool active = false;
  unsigned queue = 0, slots = 0, payload = 0, issued = 0, segments = 0, popped = 0, status = 0;
  uint32_t start = 0;
  uint64_t cookie = 0;
  int tmpl = -1;
  bool wants = false;
};

struct Order {
  unsigned queue;
  bool last, discard;
  JobEntry job;
};
struct End {
  unsigned queue, slots, status;
  uint32_t start;
  bool wants;
};
struct Burst {
  unsigned id, beats, beat;
  uint64_t addr, due;
};
struct Load {
  unsigned job, queue, kind, status, slot, slots, payload, mss, header, tmpl, skip_bytes,
      skip_segments, template_ctx, buffer1_ctx, buffer1_bytes;
  uint64_t cookie, when;
};
struct RingEnd {
  unsigned queue, slot, status, cause, access;
  uint64_t cookie, va;
};

struct Knobs {
  unsigned latency = 20, jitter = 40;
  bool reorder = true;
  double ready = 0.7;  // slot_req_ready
  double issue = 0.3;  // chance per cycle that seg issues something
  double part = 0.3;   // chance that it is only a part
  double leave = 0.3;  // chance per cycle that an order leaves
  double fail = 0;     // chance that an order fails
  double end = 0.5;    // out_end_ready
  double pop = 0.5;
  double consume = 0.05;
  double debt = 0;
  unsigned free_delay = 20;
  bool free = true;  // job entries come home; else they wait until this is set
};

template <std::size_t N>
bool bit(const VlWide<N> &v, unsigned i) {
  return v[i / 32] >> (i % 32) & 1;
}
inline bool bit(uint64_t v, unsigned i) { return v >> i & 1; }

template <typename M, unsigned kBits, unsigned kQueues, unsigned kJobs>
class Rig : public unit::UnitBench<M> {
 public:
  using Bench = unit::UnitBench<M>;
  explicit Rig(int seed) : Bench(seed), rng(uint64_t(seed)) {
    auto &d = this->dut();
    d.doorbell_valid = d.config_valid = d.command_valid = d.rsp_valid = d.wake_valid = 0;
    d.ended_valid = d.write_failed_valid = d.tmpl_free_valid = d.chain_pop_valid = 0;
    d.job_free_valid = d.unload_ready = d.flush_set_ready = d.flush_clear_ready = 0;
    d.fail_valid = d.ring_end_ready = d.out_end_valid = d.out_end_ready = 0;
    d.queue_reset_ready = d.slot_req_ready = 0;
    d.status_queue = 0;
    this->reset();
    queues.resize(kQueues);
    jobs.resize(kJobs);
    id_used.resize(64);
    while (!d.ring_ready) this->tick();
  }

  double chance() { return std::uniform_real_distribution<>(0, 1)(rng); }
  unsigned below(unsigned n) { return unsigned(rng() % n); }

  void config(unsigned q, unsigned index, uint64_t data) {
    auto &d = this->dut();
    d.config_valid = 1;
    d.config_queue = uint16_t(q);
    d.config_index = uint8_t(index);
    d.config_data = data;
    step();
    d.config_valid = 0;
  }
  // Ring and completion ring, all four spaces granted as contexts 1..4.
  void setup(unsigned q, unsigned log2, unsigned log2_entries) {
    Queue &u = queues[q];
    u.base = 0x100000ull * (q + 1) + 64 * (q % 7);
    u.log2 = log2;
    u.log2_entries = log2_entries;
    config(q, 0, u.base);
    config(q, 1, log2);
    config(q, 3, log2_entries);
    config(q, 4, 0xf004003002001ull);
  }
  void command(unsigned q, unsigned cmd) {
    auto &d = this->dut();
    d.command_valid = 1;
    d.command_queue = uint16_t(q);
    d.command_cmd = uint8_t(cmd);
    this->settle();
    while (!d.command_ready) step();
    step();
    d.command_valid = 0;
  }
  unsigned state(unsigned q) {
    auto &d = this->dut();
    d.status_queue = uint16_t(q);
    step(), step();
    this->settle();
    return d.status_state;
  }
  void wait_state(unsigned q, unsigned want, int limit = 500000) {
    while (state(q) != want) {
      if (limit-- == 0) FAIL("queue " << q << " stays in state " << state(q) << ", not " << want);
    }
  }
  // Posts a job and returns false if the ring has no room. The doorbell is rung separately.
  bool post(unsigned q, Slot s, bool track = true) {
    Queue &u = queues[q];
    unsigned n = track ? s.slots : 1;
    if (u.posted - u.freed + n > u.size()) return false;
    s.cookie = s.cookie ? s.cookie : ++cookies;
    memory[u.base + 64ull * (u.posted % u.size())] = s.line();
    for (unsigned i = 1; i < n; i++) {
      memory[u.base + 64ull * ((u.posted + i) % u.size())] = {s.cookie, i, ~s.cookie, 3,
                                                              4,        5, 6,         i};
    }
    if (track)
      u.jobs.push_back({u.posted, n, s.kind == 0 ? 0 : s.payload, s.cookie, s.completion || s.irq});
    u.posted += n;
    return true;
  }
  void ring(unsigned q) { doorbell(q, false, queues[q].rung = queues[q].posted); }
  void doorbell(unsigned q, bool consumer, uint32_t value) {
    bells.push_back({q, consumer, value});
  }

  bool bells_rung() const { return bells.empty(); }
  bool busy() const {
    for (auto &u : queues) {
      if (!u.jobs.empty()) return true;
    }
    return !orders.empty() || !ends.empty();
  }

  // One cycle of everything.
  void step() {
    auto &d = this->dut();
    drive();
    this->settle();
    sample();
    this->tick();
    d.config_valid = 0;
  }
  void run(unsigned cycles) {
    for (unsigned i = 0; i < cycles; i++) step();
  }

  Knobs knobs;
  std::mt19937_64 rng;
  std::vector<Queue> queues;
  std::vector<JobEntry> jobs;
  std::unordered_map<uint64_t, Line> memory;
  std::map<uint64_t, unsigned> bad_lines;  // address: resp (3 window, 4 timeout: without data)
  std::vector<Load> loads;                 // log
  std::vector<RingEnd> ring_ends;
  std::vector<End> ended_log;
  bool check_loads = true;
  unsigned slot_reads = 0, slot_reads_slots = 0, sticky = 0, jobs_counted = 0, fails = 0,
           unloads = 0;

 private:
  struct Bell {
    unsigned queue;
    bool consumer;
    uint32_t value;
  };
  struct Timed {
    uint64_t due;
    unsigned what;
  };

  void drive() {
    auto &d = this->dut();
    uint64_t now = this->now();
    // axi
    if (!req_held || id_used[d.slot_req_id]) {
      unsigned id = below(64);  // some id at home, if there is one
      for (unsigned i = 0; i < 64 && id_used[id]; i++) id = (id + 1) % 64;
      d.slot_req_id = uint8_t(id);
    }
    d.slot_req_ready = !id_used[d.slot_req_id] && chance() < knobs.ready;
    d.rsp_valid = 0;
    std::vector<size_t> due;
    for (size_t i = 0; i < bursts.size(); i++) {
      if (bursts[i].due <= now) due.push_back(i);
      if (!knobs.reorder) break;
    }
    if (!due.empty()) {
      Burst &b = bursts[due[knobs.reorder ? below(unsigned(due.size())) : 0]];
      uint64_t addr = b.addr + uint64_t(b.beat) * (kBits / 8);
      auto bad = bad_lines.find(addr & ~63ull);
      unsigned resp = bad == bad_lines.end() ? 0 : bad->second;
      d.rsp_valid = 1;
      d.rsp_id = uint8_t(b.id);
      d.rsp_resp = uint8_t(resp);
      d.rsp_has_data = resp < 3;
      b.beat++;
      d.rsp_last = b.beat == b.beats || resp >= 3;
      auto line = memory.find(addr & ~63ull);
      for (unsigned i = 0; i < kBits / 32; i++) {
        uint64_t at = addr + 4 * i;
        uint64_t word = line == memory.end() ? 0xdeadbeefdeadbeefull : line->second[at % 64 / 8];
        d.rsp_data[i] = uint32_t(word >> (at % 8 * 8));
      }
      if (d.rsp_last) {
        id_used[b.id] = false;
        bursts.erase(bursts.begin() + (&b - bursts.data()));
      }
    }
    // queries: answers to the address of the cycle before
    d.query_issued_bytes = answer.issued & 0x3ffffff;
    d.query_in_debt = answer.debt;
    d.query_ended = uint16_t(answer.ended);
    d.query_backlog = uint16_t(answer.backlog);
    d.ctl_issued = uint16_t(ctl_issued);
    d.ctl_left = uint16_t(ctl_left);
    // csr
    if (bell_done) d.doorbell_valid = 0;
    bell_done = false;
    if (!d.doorbell_valid && !bells.empty()) {
      d.doorbell_valid = 1;
      d.doorbell_queue = uint16_t(bells.front().queue);
      d.doorbell_consumer = bells.front().consumer;
      d.doorbell_value = uint16_t(bells.front().value);
    }
    // seg: wake
    d.wake_valid = !wakes.empty();
    if (d.wake_valid) d.wake_queue = uint16_t(wakes.front());
    // frees
    d.job_free_valid = 0;
    for (size_t i = 0; i < frees.size() && knobs.free; i++) {
      if (frees[i].due <= now) {
        d.job_free_valid = 1;
        d.job_free = uint8_t(frees[i].what);
        frees.erase(frees.begin() + long(i));
        break;
      }
    }
    d.tmpl_free_valid = !tmpl_frees.empty();
    if (d.tmpl_free_valid) {
      d.tmpl_free = uint8_t(tmpl_frees.front());
      tmpl_frees.pop_front();
    }
    // run: pops
    d.chain_pop_valid = 0;
    if (!popping && chance() < knobs.pop) {
      unsigned j = below(kJobs);
      for (unsigned i = 0; i < kJobs; i++, j = (j + 1) % kJobs) {
        if (!jobs[j].active) continue;
        d.chain_look = uint8_t(j);
        this->settle();
        if (d.chain_avail) {
          d.chain_pop_valid = 1;
          d.chain_pop_job = uint8_t(j);
          popping = j;
          break;
        }
      }
    }
    // controller's partners
    d.unload_ready = d.unload_valid && !popping && unload_wait-- <= 0;
    if (d.unload_ready) {
      Queue &u = queues[d.unload_queue];
      d.head_any = !u.loaded.empty();
      d.head_slot = uint16_t(rng()), d.head_bytes = 1, d.head_segments = 1;
      if (d.head_any) {
        JobEntry &j = jobs[u.loaded.front()];
        d.head_slot = uint16_t(j.start);
        d.head_bytes = j.issued;
        d.head_segments = j.segments;
      }
    }
    d.flush_set_ready = chance() < 0.3;
    d.flush_clear_ready = chance() < 0.3;
    d.queue_reset_ready = chance() < 0.3;
    d.ring_end_ready = chance() < 0.3;
    d.fail_valid = failing.has_value();
    if (failing) {
      d.fail_queue = uint16_t(failing->first);
      d.fail_slot = uint16_t(failing->second);
    }
    // cpl
    d.out_end_valid = !ends.empty();
    d.out_end_ready = end_gap == 0 && chance() < knobs.end;
    d.ended_valid = ended_pulse.has_value();
    if (ended_pulse) d.ended_queue = uint16_t(*ended_pulse);
    ended_pulse.reset();
  }

  void end_job(unsigned q, const JobEntry &j, unsigned status) {
    ends.push_back({q, j.slots, status, j.start, j.wants || status != 0});
  }

  void sample() {
    auto &d = this->dut();
    uint64_t now = this->now();
    req_held = d.slot_req_valid && !d.slot_req_ready;
    if (d.slot_req_valid && d.slot_req_ready) {
      unsigned beats = d.slot_req_len + 1u;
      uint64_t addr = d.slot_req_addr;
      if ((addr >> 12) != ((addr + beats * (kBits / 8) - 1) >> 12)) FAIL("burst crosses 4 KiB");
      bursts.push_back({d.slot_req_id, beats, 0, addr,
                        now + knobs.latency + (knobs.jitter ? below(knobs.jitter) : 0)});
      id_used[d.slot_req_id] = true;
      slot_reads_slots += beats / (512 / kBits);
    }
    slot_reads += d.count_slot_reads;
    jobs_counted += d.count_jobs;
    sticky |= d.sticky_set;
    // queries
    asked = d.query_queue;
    Queue &a = queues[asked];
    answer = {a.issued_bytes, a.debt, a.ended, a.produced - a.consumer};
    ctl_issued = queues[d.ctl_queue].orders;
    ctl_left = queues[d.ctl_queue].left;
    // doorbell
    if (d.doorbell_valid && d.doorbell_ready) {
      if (d.doorbell_consumer) consumed.push_back({now + 6, bells.front()});
      bells.pop_front();
      bell_done = true;
    }
    while (!consumed.empty() && consumed.front().first <= now) {
      queues[consumed.front().second.queue].consumer = consumed.front().second.value;
      consumed.pop_front();
    }
    if (d.wake_valid && d.wake_ready) wakes.pop_front();
    // loads
    if (d.load_valid) load();
    // further slots
    if (d.chain_pop_valid) {
      JobEntry &j = jobs[*popping];
      if (!j.active || j.popped + 1 >= j.slots) FAIL("avail of a job without further slots");
    }
    if (d.chain_slot_valid) {
      JobEntry &j = jobs[*popping];
      Queue &u = queues[j.queue];
      j.popped++;
      uint64_t addr = u.base + 64ull * ((j.start + j.popped) % u.size());
      auto bad = bad_lines.find(addr);
      if (u.resume && int32_t(*u.resume - j.start) > 0) {
        // a failed job: its completion gave the slots back, the host may have used them again
      } else if (bad != bad_lines.end()) {
        CHECK(d.chain_slot_resp == bad->second);
      } else {
        const Line &line = memory[addr];
        for (unsigned i = 0; i < 16; i++) {
          if (d.chain_slot[i] != uint32_t(line[i / 2] >> (i % 2 * 32))) {
            FAIL("further slot " << j.popped << " of job " << *popping << " is wrong");
          }
        }
        if (d.chain_slot_resp != 0) FAIL("error of a further slot without reason");
      }
      popping.reset();
    }
    // seg
    if (d.unload_valid && !queues[d.unload_queue].unloading) {
      queues[d.unload_queue].unloading = true;
      unload_wait = int(below(20));
    }
    if (d.unload_valid && d.unload_ready) unload(d.unload_queue);
    issue();
    if (d.flush_set_valid && d.flush_set_ready) {
      queues[d.flush_set].flush = queues[d.flush_set].resetting = true;
    }
    if (d.flush_clear_valid && d.flush_clear_ready) {
      Queue &u = queues[d.flush_clear];
      if (u.orders != u.left) FAIL("flush_clear before all orders have left");
      u.flush = false;
      u.unloading = false;
      if (u.resume) {
        u.next_load = *u.resume;
        u.skip_bytes = u.skip_segments = 0;
        u.resume.reset();
      }
    }
    if (d.ring_end_valid && d.ring_end_ready) {
      ring_ends.push_back({d.ring_end_queue, d.ring_end_slot, d.ring_end_status, d.ring_end_cause,
                           d.ring_end_access, d.ring_end_cookie, d.ring_end_va});
      queues[d.ring_end_queue].ended++;
      queues[d.ring_end_queue].produced++;
      ended_pulse = d.ring_end_queue;
    }
    if (d.queue_reset_valid && d.queue_reset_ready) {
      unsigned q = d.queue_reset_queue;
      for (auto &e : ends) {
        if (e.queue == q) FAIL("an end of queue " << q << " is on its way at its reset");
      }
      Queue &u = queues[q];
      u.produced = u.consumer = u.consumer_told = 0;
      u.posted = u.rung = u.freed = u.next_load = 0;
      u.skip_bytes = u.skip_segments = 0;
      u.outstanding = 0;
      u.resetting = false;
      u.jobs.clear();
      std::erase_if(bells, [&](auto &b) { return b.queue == q && &b != &bells.front(); });
      std::erase_if(consumed, [&](auto &c) { return c.second.queue == q; });
    }
    leave();
    if (end_gap) end_gap--;
    if (d.out_end_valid && d.out_end_ready) end();
    // host consumes
    for (unsigned q = 0; q < kQueues; q++) {
      Queue &u = queues[q];
      if (u.consumer_told != u.produced && !u.unloading && !u.resetting &&
          chance() < knobs.consume) {
        u.consumer_told = u.produced;
        doorbell(q, true, u.produced);
      }
      if (u.debt && u.debt_until <= now) {
        u.debt = false;
        wakes.push_back(q);
      }
    }
    if (chance() < knobs.debt) {
      Queue &u = queues[below(kQueues)];
      u.debt = true;
      u.debt_until = now + below(200);
    }
  }

  void load() {
    auto &d = this->dut();
    loads.push_back({d.load_job, d.load_queue, d.load_kind, d.load_status, d.load_slot,
                     d.load_slots, d.load_payload_bytes, d.load_mss, d.load_header_bytes,
                     d.load_tmpl, d.load_skip_bytes, d.load_skip_segments, d.load_template_ctx,
                     d.load_buffer1_ctx, d.load_buffer1_bytes, d.load_cookie, this->now()});
    const Load &l = loads.back();
    Queue &u = queues[l.queue];
    JobEntry &j = jobs[l.job];
    if (j.active) FAIL("job entry " << l.job << " is loaded twice");
    j = {true,
         l.queue,
         l.slots,
         l.payload,
         l.skip_bytes,
         l.skip_segments,
         0,
         l.status,
         u.next_load,
         l.cookie,
         l.header ? int(l.tmpl) : -1,
         false};
    if (u.unloading) FAIL("queue " << l.queue << " loads while it is unloaded");
    if (check_loads) {
      const HostJob *host = nullptr;
      for (auto &h : u.jobs) {
        if (h.start == u.next_load) host = &h;
      }
      if (!host) FAIL("queue " << l.queue << " loads slot " << l.slot << ", but nothing is posted");
      INFO("queue " << l.queue << " slot " << l.slot << " at " << this->now());
      if (l.slot != uint16_t(host->start) || l.cookie != host->cookie || l.slots != host->slots ||
          l.skip_bytes != u.skip_bytes || l.skip_segments != u.skip_segments) {
        FAIL("loaded slot " << l.slot << " cookie " << l.cookie << " skip " << l.skip_bytes
                            << ", expected " << uint16_t(host->start) << " " << host->cookie << " "
                            << u.skip_bytes);
      }
      j.wants = host->wants;
      if (u.outstanding + (u.produced - u.consumer) >= u.entries() - 1) {
        FAIL("queue " << l.queue << " loads without a completion place");
      }
    }
    u.skip_bytes = u.skip_segments = 0;
    u.next_load += l.slots;
    u.outstanding++;
    u.loaded.push_back(l.job);
  }

  void issue() {
    if (chance() >= knobs.issue) return;
    unsigned q = below(kQueues);
    for (unsigned i = 0; i < kQueues && queues[q].loaded.empty(); i++) q = (q + 1) % kQueues;
    Queue &u = queues[q];
    if (u.loaded.empty()) return;
    unsigned id = u.loaded.front();
    JobEntry &j = jobs[id];
    unsigned rest = j.payload - j.issued;
    bool whole = j.status != 0 || j.payload == 0 || j.popped + 1 == j.slots;
    if (whole && chance() < knobs.part) whole = false;
    if (!whole && rest < 2) {
      if (j.popped + 1 != j.slots) return;
      whole = true;
    }
    unsigned bytes = whole ? rest : 1 + below(rest - 1);
    j.issued += bytes;
    j.segments++;
    u.issued_bytes += bytes;
    u.orders++;
    orders.push_back({q, whole, false, j});
    if (whole) {
      u.loaded.erase(u.loaded.begin());
      retire(id);
    }
    wakes.push_back(q);
  }
  void retire(unsigned id) {
    jobs[id].active = false;
    frees.push_back({this->now() + 1 + (knobs.free_delay ? below(knobs.free_delay) : 0), id});
  }
  void unload(unsigned q) {
    unloads++;
    Queue &u = queues[q];
    bool first = true;
    for (unsigned id : u.loaded) {
      JobEntry &j = jobs[id];
      if (first) {
        u.next_load = j.start;
        u.skip_bytes = j.issued;
        u.skip_segments = j.segments;
        first = false;
      }
      u.issued_bytes += j.payload - j.issued;
      u.orders++;
      orders.push_back({q, true, true, j});
      retire(id);
    }
    u.loaded.clear();
  }
  void leave() {
    auto &d = this->dut();
    if (failing) {
      if (d.fail_valid && d.fail_ready) {
        queues[failing->first].left++;
        drop_order();
        failing.reset();
      }
      return;
    }
    if (orders.empty() || chance() >= knobs.leave) return;
    if (ends.size() >= 15) return;  // 16 at most may be between an order that has left and cpl
    Order &o = orders.front();
    Queue &u = queues[o.queue];
    if (!u.flush && !o.discard) {
      if (chance() < knobs.fail) {
        fails++;
        u.flush = true;
        end_job(o.queue, o.job, 0x41);
        failing = {o.queue, o.job.start + o.job.slots};
        u.resume = failing->second;
        return;  // leaves when the fail is taken
      }
      if (o.last) end_job(o.queue, o.job, o.job.status);
    } else if (o.last) {
      // dropped: no end, except of the job whose fail dropped it
      bool failed = u.resume && o.job.start + o.job.slots == *u.resume;
      if (u.outstanding && !failed) u.outstanding--;
    }
    u.left++;
    drop_order();
  }
  void drop_order() {
    if (orders.front().last && orders.front().job.tmpl >= 0) {
      tmpl_frees.push_back(unsigned(orders.front().job.tmpl));
    }
    orders.pop_front();
  }
  void end() {
    End e = ends.front();
    ends.pop_front();
    ended_log.push_back(e);
    end_gap = 2;
    Queue &u = queues[e.queue];
    u.ended++;
    if (u.outstanding) u.outstanding--;
    if (e.wants) {
      u.produced++;
      if (u.produced - u.consumer > u.entries()) FAIL("completion ring overflows");
    }
    ended_pulse = e.queue;
    if (!check_loads) return;
    if (u.jobs.empty() || u.jobs.front().start != e.start) {
      FAIL("queue " << e.queue << ": job at " << e.start << " ends out of order");
    }
    u.freed = e.start + e.slots;
    u.jobs.pop_front();
  }

  struct Answer {
    unsigned issued = 0;
    bool debt = false;
    unsigned ended = 0, backlog = 0;
  } answer;
  unsigned asked = 0, ctl_issued = 0, ctl_left = 0, end_gap = 0;
  int unload_wait = 0;
  bool req_held = false, bell_done = false;
  std::vector<bool> id_used;
  std::vector<Burst> bursts;
  std::deque<Bell> bells;
  std::deque<std::pair<uint64_t, Bell>> consumed;
  std::deque<unsigned> wakes, tmpl_frees;
  std::vector<Timed> frees;
  std::optional<unsigned> popping, ended_pulse;
  std::deque<Order> orders;
  std::deque<End> ends;
  std::optional<std::pair<unsigned, uint32_t>> failing;
  uint64_t cookies = 0;
};

}  // namespace vmso::ring_test
