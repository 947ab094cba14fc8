// SPDX-License-Identifier: Apache-2.0
// The rooms ring and job with models of everything around them: a host that posts jobs and rings
// doorbells, memory with random latency and order, and stand-ins for run (pops chains, frees jobs),
// seg (issues in parts, takes the jobs of an unloaded queue off), out (orders leave one after the
// other, some fail, buried ones die), read (payload reads come home) and cpl (records are written,
// some in vain). What the controller is told of them is as old as the real rooms' answers.
//
// The rig checks, whatever the test does: jobs of a queue are loaded in posting order, each exactly
// once between unloads and from the right place with the right skip after one, and none of an
// earlier life; further slots arrive in order with the right content; no job is loaded without a
// completion place, while its queue is unloaded, or before the ends of the time before are told;
// jobs end in order, once; what the state of a queue says of its reads, orders, ends and records is
// true; a command is pending from the cycle after it on, or refused for one that is; the interrupt
// that it asks for comes once. Slot indices are 32 bit here and only their low 16 bits are
// compared.
#pragma once
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "Vring_default.h"
#include "Vring_small.h"
#include "Vring_wide.h"
#include "unit_bench.hpp"

namespace vmso::ring_test {

using Line = std::array<uint64_t, 8>;

enum State { kOff = 0, kRun = 1, kFlush = 2, kParked = 3, kStopped = 4, kError = 5 };
enum Cmd { kEnable = 1, kStop = 2, kReset = 3, kRetry = 4, kAbort = 5 };
// What the controller decided in a visit.
enum Act {
  kNothing = 0,
  kAgain = 1,
  kStart = 2,
  kUnload = 3,
  kDrain = 4,
  kTakeOver = 5,
  kShow = 6,
  kEnd = 7,
  kDoEnable = 8,
  kMark = 9,
  kIgnore = 10,
  kForget = 11
};

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

inline Slot tcp(unsigned payload) {
  Slot s;
  s.kind = 3;
  s.payload = s.bytes0 = payload;
  s.mss = 1448;
  s.header = 54;
  s.l3 = 14;
  s.l4 = 34;
  s.l4_mode = 1;
  return s;
}

struct HostJob {
  uint32_t start;
  unsigned slots, payload;
  uint64_t cookie;
  bool wants;  // completion
};

// What is under way of a queue, or was counted, as the rooms know it or as they show it.
struct Flow {
  unsigned orders = 0, left = 0;  // issued, have left
  unsigned telling = 0;           // orders with an end, from their start to the end's acceptance
  unsigned reads = 0;             // payload
  unsigned writes = 0;            // records
  unsigned ended = 0, produced = 0;
};

struct Queue {
  uint64_t base = 0;
  unsigned log2 = 4, log2_entries = 4;
  // host
  uint32_t posted = 0, rung = 0, freed = 0;
  std::deque<HostJob> jobs;  // posted and not ended
  bool spoiled = false;      // it is to end in ERROR
  // commands
  bool pending = false, resetting = false, notify = false;
  bool must = false;    // there is something to do for it
  bool others = false;  // another one was refused meanwhile
  unsigned cmd = 0;
  uint64_t since = 0;  // of the command
  unsigned line = 0;   // visits of others since its last one, if it awaits a notification
  unsigned resets = 0, notified = 0;
  // what must be loaded next
  uint32_t next_load = 0;
  unsigned skip_bytes = 0, skip_segments = 0;
  std::optional<uint32_t> resume;
  bool unloading = false, unloaded = false;
  // models
  std::vector<unsigned> loaded;  // job entries not issued whole, in order
  Flow flow, shown;
  unsigned issued_bytes = 0, outstanding = 0, held = 0, slot_reads = 0;
  unsigned written = 0, consumer = 0, consumer_told = 0;
  uint64_t accepted = 0;  // cycle of the last end that cpl took
  bool dying = false, debt = false;
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
  uint16_t fold = 0;
};

struct Order {
  unsigned queue;
  bool last;
  JobEntry job;
  bool dead = false;
  // of the one that is being sent
  bool ends = false, fails = false;
};
struct End {
  unsigned queue, slots, status;
  uint32_t start;
  bool wants, fails;
};
struct Burst {
  unsigned id, queue, beats, beat;
  uint64_t addr, due;
};
// What is written into a job's frames; positions are those of the frame with the tag.
struct Written {
  bool segments = false, udp = false;
  unsigned l4_mode = 0, id_mode = 0, flag_profile = 0, l3 = 0, l4 = 0;
  bool outer_has_l4 = false;
  unsigned outer_l3 = 0, outer_l4 = 0, outer_id_mode = 0;
  bool outer_csum = false, tag = false;
  uint32_t tag_word = 0;
  bool csum = false, csum_udp = false, csum_odd = false;
  unsigned csum_pos = 0;
  bool operator==(const Written &) const = default;
};
struct Load {
  unsigned job, queue, kind, status, slot, slots, payload, mss, header, tmpl, skip_bytes,
      skip_segments, template_ctx, buffer1_ctx, buffer1_bytes;
  uint64_t cookie, when;
  unsigned head;
  bool tag, csum;
  unsigned csum_from;
  Written written;
};
struct RingEnd {
  unsigned queue, slot, status, cause, access;
  uint64_t cookie, va;
};
struct Status {
  unsigned state = 0;
  bool pending = false, refused = false, no_reads = false, drained = false;
  unsigned producer = 0, fetched = 0;
};

struct Knobs {
  unsigned latency = 20, jitter = 40;
  bool reorder = true;
  double ready = 0.7;      // slot_req_ready
  double issue = 0.3;      // chance per cycle that seg issues something
  double part = 0.3;       // chance that it is only a part
  double leave = 0.3;      // chance per cycle that an order begins or ends to leave
  double fail = 0;         // chance that an order fails
  unsigned fail_from = 0;  // of queues from this one on
  double end = 0.5;        // ready of cpl
  double ring_end = 0.3;
  unsigned write = 10;  // cycles of a record
  double write_fail = 0;
  unsigned read = 20;  // cycles of a payload read, about
  double pop = 0.5;
  double consume = 0.05;
  double debt = 0;
  double unload = 0.1;  // unload_ready
  double preempt = 0;   // chance that seg names a queue that it served in part
  unsigned free_delay = 20;
  bool free = true;                // job entries come home; else they wait until this is set
  std::optional<unsigned> silent;  // memory gives no slot of this queue
  std::optional<unsigned> only;    // seg issues nothing but this queue's
  unsigned from = 0;               // nor anything of queues below
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
    d.ended_valid = d.consumed_valid = d.write_failed_valid = d.tmpl_free_valid = 0;
    d.preempt_valid = d.chain_pop_valid = d.job_free_valid = d.unload_ready = d.bury_ready = 0;
    d.fail_valid = d.ring_end_ready = d.queue_reset_ready = d.slot_req_ready = 0;
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
  }
  // Ring and completion ring, all four spaces granted as contexts 1..4.
  void setup(unsigned q, unsigned log2, unsigned log2_entries) {
    Queue &u = queues[q];
    u.base = 0x100000ull * (q + 1) + 64 * (q % 7);
    u.log2 = log2;
    u.log2_entries = log2_entries;
    config(q, 0, u.base);
    config(q, 1, log2);
    config(q, 2, 0x800000ull * (q + 1) + 32 * (q % 5));
    config(q, 3, log2_entries);
    config(q, 4, 0xf004003002001ull);
    used.insert(q);
  }
  // In the next step. The answer is judged two steps later; a second command may follow in two.
  void put_command(unsigned q, unsigned cmd, bool notify = false) {
    auto &d = this->dut();
    d.command_valid = 1;
    d.command_queue = uint16_t(q);
    d.command_cmd = uint8_t(cmd);
    d.command_notify = notify;
  }
  // True if it was taken.
  bool command(unsigned q, unsigned cmd, bool notify = false) {
    put_command(q, cmd, notify);
    step(), step(), step();
    return taken;
  }
  Status status(unsigned q) {
    watch = q;
    step(), step();
    while (seen_queue != q) step();
    watch.reset();
    return seen;
  }
  unsigned state(unsigned q) { return status(q).state; }
  // Until its command has been carried out: cycles since then.
  unsigned wait_done(unsigned q, unsigned limit = 500000) {
    uint64_t from = this->now();
    while (status(q).pending) {
      if (this->now() - from > limit) {
        FAIL("queue " << q << " has its command pending in state " << state(q));
      }
    }
    return unsigned(this->now() - from);
  }
  unsigned do_command(unsigned q, unsigned cmd, unsigned limit = 500000) {
    command(q, cmd);
    return wait_done(q, limit);
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
    if (u.resetting || u.spoiled || u.posted - u.freed + n > u.size()) return false;
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
  void ring(unsigned q) {
    Queue &u = queues[q];
    if (!u.spoiled && !u.resetting) doorbell(q, u.rung = u.posted);
  }
  void doorbell(unsigned q, uint32_t value) { bells.push_back({q, value}); }
  // A doorbell that is out of range: the queue ends in ERROR.
  void spoil(unsigned q) {
    Queue &u = queues[q];
    if (u.spoiled || u.resetting) return;
    u.spoiled = true;
    doorbell(q, u.posted + 0x4000);
  }
  // The host changes the slots of jobs that no frame was sent of. Only while the queue stands
  // still.
  void rewrite(unsigned q) {
    Queue &u = queues[q];
    uint32_t from = u.resume ? *u.resume : u.next_load;
    bool begun = !u.resume && u.skip_segments > 0;
    for (auto &h : u.jobs) {
      if (int32_t(h.start - from) < int32_t(begun)) continue;
      h.cookie = ++cookies;
      memory[u.base + 64ull * (h.start % u.size())][3] = h.cookie;
      for (unsigned i = 1; i < h.slots; i++) {
        Line &line = memory[u.base + 64ull * ((h.start + i) % u.size())];
        line[0] = h.cookie, line[2] = ~h.cookie;
      }
    }
  }
  // Seg names it in the next step.
  void preempt(unsigned q) { named = q; }
  void fail_write(unsigned q) { failing_writes.push_back(q); }

  bool sends(unsigned q) const { return sending && sending->queue == q && sending->ends; }
  bool bells_rung() const { return bells.empty(); }
  bool busy() const {
    for (auto &u : queues) {
      if (!u.jobs.empty() || u.flow.writes) return true;
    }
    return !orders.empty() || sending || !ends.empty();
  }

  // One cycle of everything.
  void step() {
    auto &d = this->dut();
    drive();
    this->settle();
    sample();
    this->tick();
    d.config_valid = d.command_valid = 0;
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
  bool check_loads = true, check_notify = true;
  unsigned slot_reads = 0, slot_reads_slots = 0, sticky = 0, jobs_counted = 0, fails = 0,
           unloads = 0, preempts = 0, voids = 0, buries = 0, write_fails = 0, visits = 0,
           longest_line =
               0;  // most visits of others between two of a queue that awaits a notification
  std::array<unsigned, 16> acts{};
  unsigned life = 0;              // of the queue visited last, as it was
  std::optional<unsigned> watch;  // queue whose status is asked for; else one at random
  Status seen;                    // the last status
  unsigned seen_queue = 0;
  bool taken = false;  // the last command

 private:
  struct Bell {
    unsigned queue;
    uint32_t value;
  };
  struct Timed {
    uint64_t due;
    unsigned what;
  };
  struct Change {
    uint64_t due;
    unsigned queue;
    unsigned Flow::*what;
    int by;
  };
  struct Asked {
    unsigned queue;
    uint64_t command = 0;  // cycle of the command that it is to tell of
  };

  // What happens in a cycle is shown by an answer three cycles later.
  void change(unsigned q, unsigned Flow::*what, int by) {
    queues[q].flow.*what += unsigned(by);
    changes.push_back({this->now() + 3, q, what, by});
  }

  void drive() {
    auto &d = this->dut();
    uint64_t now = this->now();
    while (!changes.empty() && changes.front().due <= now) {
      auto &c = changes.front();
      queues[c.queue].shown.*c.what += unsigned(c.by);
      changes.pop_front();
    }
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
      if (bursts[i].due <= now && knobs.silent != bursts[i].queue) due.push_back(i);
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
        queues[b.queue].slot_reads--;
        bursts.erase(bursts.begin() + (&b - bursts.data()));
      }
    }
    // out: frames of any queue leave, which lets its brake go
    d.sent_valid = chance() < 0.5;
    d.sent_queue = uint16_t(below(kQueues));
    // queries: answers to the address of the cycle before
    Queue &a = queues[asked];
    d.query_issued_bytes = a.issued_bytes & 0x3ffffff;
    d.query_in_debt = a.debt;
    d.query_ended = uint16_t(a.shown.ended);
    d.query_backlog = uint16_t(a.shown.produced - a.consumer);
    Queue &c = queues[ctl_asked];
    d.ctl_issued = uint16_t(c.shown.orders);
    d.ctl_left = uint16_t(c.shown.left);
    d.ctl_end_none = c.shown.telling == 0;
    d.ctl_read_none = c.shown.reads == 0;
    d.ctl_idle = c.shown.writes == 0 && (c.accepted == 0 || c.accepted + 2 < now);
    // csr
    if (bell_done) d.doorbell_valid = 0;
    bell_done = false;
    if (!d.doorbell_valid && !bells.empty()) {
      d.doorbell_valid = 1;
      d.doorbell_queue = uint16_t(bells.front().queue);
      d.doorbell_value = uint16_t(bells.front().value);
    }
    if (probe) {
      status_asked = {probe->queue, probe->command};
      probe.reset();
    } else {
      status_asked = {watch ? *watch : a_used_queue()};
    }
    d.status_queue = uint16_t(status_asked.queue);
    // seg: wake
    d.wake_valid = !wakes.empty();
    if (d.wake_valid) d.wake_queue = uint16_t(wakes.front());
    // frees
    d.job_free_valid = 0;
    for (size_t i = 0; i < frees.size() && knobs.free; i++) {
      if (frees[i].due <= now) {
        d.job_free_valid = 1;
        d.job_free = uint8_t(frees[i].what);
        queues[jobs[frees[i].what].queue].held--;
        frees.erase(frees.begin() + long(i));
        break;
      }
    }
    d.tmpl_free_valid = !tmpl_frees.empty();
    if (d.tmpl_free_valid) {
      d.tmpl_free = uint8_t(tmpl_frees.front());
      tmpl_frees.pop_front();
      tmpls_taken.erase(d.tmpl_free);
    } else if (!tmpl_drops.empty() && tmpl_drops.front().due <= gone) {
      d.tmpl_free_valid = 1;
      d.tmpl_free = uint8_t(tmpl_drops.front().what);
      tmpl_drops.pop_front();
      tmpls_taken.erase(d.tmpl_free);
    }
    // read
    for (size_t i = 0; i < reads.size(); i++) {
      if (reads[i].due > now) continue;
      change(reads[i].what, &Flow::reads, -1);
      reads.erase(reads.begin() + long(i));
      break;
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
    d.preempt_valid = named.has_value();
    if (named) d.preempt_queue = uint16_t(*named);
    preempts += d.preempt_valid && d.entry_wanted;
    named.reset();
    d.unload_ready = d.unload_valid && !popping && chance() < knobs.unload;
    if (d.unload_ready) {
      Queue &u = queues[d.unload_queue];
      d.head_any = !u.loaded.empty();
      d.head_slot = uint16_t(rng()), d.head_bytes = 1, d.head_segments = 1;
      if (d.head_any) {
        JobEntry &j = jobs[u.loaded.front()];
        d.head_slot = uint16_t(j.start);
        d.head_bytes = j.issued;
        d.head_segments = j.segments;
        d.head_fold = j.fold;
      }
    }
    d.bury_ready = chance() < 0.3;
    d.queue_reset_ready = chance() < 0.3;
    // cpl, and out's ends before it; one end a cycle, records wait for the write port
    bool cpl_ready = end_gap == 0 && writes.size() < 16;
    d.ring_end_ready = cpl_ready && chance() < knobs.ring_end;
    end_ready = cpl_ready && !(d.ring_end_ready && d.ring_end_valid) && !ends.empty() &&
                chance() < knobs.end;
    d.fail_valid = end_ready && ends.front().fails;
    if (d.fail_valid) {
      d.fail_queue = uint16_t(ends.front().queue);
      d.fail_slot = uint16_t(ends.front().start);
      d.fail_slots = uint16_t(ends.front().slots);
      d.fail_parks = 0;
    }
    d.write_failed_valid = 0;
    if (!writes.empty() && writes.front().due <= now) {
      unsigned q = writes.front().what;
      change(q, &Flow::writes, -1);
      if (chance() < knobs.write_fail)
        fail_write(q);
      else
        queues[q].written++;
      writes.pop_front();
    }
    if (!failing_writes.empty()) {
      unsigned q = failing_writes.front();
      failing_writes.pop_front();
      d.write_failed_valid = 1;
      d.write_failed_queue = uint16_t(q);
      queues[q].spoiled = true;
      write_fails++;
    }
    d.ended_valid = !ended_pulses.empty() && ended_pulses.front().due <= now;
    if (d.ended_valid) {
      d.ended_queue = uint16_t(ended_pulses.front().what);
      ended_pulses.pop_front();
    }
    d.consumed_valid = 0;
    if (!consumed.empty() && consumed.front().first <= now) {
      auto &b = consumed.front().second;
      queues[b.queue].consumer = b.value;
      d.consumed_valid = 1;
      d.consumed_queue = uint16_t(b.queue);
      consumed.pop_front();
    }
  }

  void sample() {
    auto &d = this->dut();
    uint64_t now = this->now();
    req_held = d.slot_req_valid && !d.slot_req_ready;
    judge_status();
    if (d.slot_req_valid && d.slot_req_ready) {
      unsigned beats = d.slot_req_len + 1u;
      uint64_t addr = d.slot_req_addr;
      unsigned q = unsigned(addr / 0x100000) - 1;
      if ((addr >> 12) != ((addr + beats * (kBits / 8) - 1) >> 12)) FAIL("burst crosses 4 KiB");
      bursts.push_back({d.slot_req_id, q, beats, 0, addr,
                        now + knobs.latency + (knobs.jitter ? below(knobs.jitter) : 0)});
      id_used[d.slot_req_id] = true;
      queues[q].slot_reads++;
      slot_reads_slots += beats / (512 / kBits);
    }
    slot_reads += d.count_slot_reads;
    jobs_counted += d.count_jobs;
    sticky |= d.sticky_set;
    asked = d.query_queue;
    ctl_asked = d.ctl_queue;
    if (d.visit_valid) visit(d.visit_queue);
    if (d.act_valid) acts[d.act]++, life = d.act_life;
    // doorbell
    if (d.doorbell_valid && d.doorbell_ready) {
      bells.pop_front();
      bell_done = true;
    }
    if (d.wake_valid && d.wake_ready) wakes.pop_front();
    // loads
    if (d.load_valid) load();
    // further slots
    if (d.chain_pop_valid) {
      JobEntry &j = jobs[*popping];
      if (!j.active || j.popped + 1 >= j.slots) FAIL("avail of a job without further slots");
    }
    if (d.chain_slot_valid) further_slot();
    // seg
    if (d.unload_valid) queues[d.unload_queue].unloading = true;
    if (d.unload_valid && d.unload_ready) unload(d.unload_queue);
    issue();
    // out
    if (d.bury_valid && d.bury_ready) bury(d.bury_queue, d.bury_void);
    leave();
    // cpl
    if (end_gap) end_gap--;
    if (d.ring_end_valid && d.ring_end_ready) {
      unsigned q = d.ring_end_queue;
      ring_ends.push_back({q, d.ring_end_slot, d.ring_end_status, d.ring_end_cause,
                           d.ring_end_access, d.ring_end_cookie, d.ring_end_va});
      if (check_loads && !queues[q].spoiled) FAIL("a framing error of queue " << q);
      accept(q, true);
    }
    if (end_ready && (!d.fail_valid || d.fail_ready)) end();
    if (d.queue_reset_valid && d.queue_reset_ready) queue_reset(d.queue_reset_queue);
    judge_commands();
    // host consumes
    for (unsigned q : used) {
      Queue &u = queues[q];
      if (u.consumer_told != u.written && !u.resetting && chance() < knobs.consume) {
        u.consumer_told = u.written;
        consumed.push_back({now + 6, {q, u.written}});
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

  // -- commands and states -----------------------------------------------------------------------
  void visit(unsigned of) {
    visits++;
    for (unsigned q : used) {
      Queue &u = queues[q];
      u.line = u.notify && q != of ? u.line + 1 : 0;  // notified: at once
      longest_line = std::max(longest_line, u.line);
    }
  }
  unsigned a_used_queue() {
    if (used.empty()) return 0;
    auto at = used.lower_bound(below(kQueues));
    return at == used.end() ? *used.begin() : *at;
  }

  void judge_commands() {
    auto &d = this->dut();
    if (d.notify_valid) {
      Queue &u = queues[d.notify_queue];
      u.notified++;
      if (check_notify && !u.notify) {
        FAIL("queue " << d.notify_queue << " is notified of nothing at " << this->now());
      }
      u.notify = false;
    }
    if (!d.command_valid) return;
    unsigned q = d.command_queue;
    probe = Asked{q, this->now()};
    cmd = d.command_cmd;
    cmd_notify = d.command_notify;
    if (cmd == kReset) {
      queues[q].resetting = true;
      while (bells.size() > 1 && bells.back().queue == q) bells.pop_back();
    }
  }

  // The status of the cycle before's status_queue.
  void judge_status() {
    auto &d = this->dut();
    uint64_t now = this->now();
    Asked of = std::exchange(status_was, status_asked);
    if (now < 2) return;
    Queue &u = queues[of.queue];
    seen = {d.status_state,          bool(d.status_pending), bool(d.status_refused),
            bool(d.status_no_reads), bool(d.status_drained), d.status_producer,
            d.status_fetched};
    seen_queue = of.queue;
    if (of.command) {
      if (!seen.pending)
        FAIL("command of queue " << of.queue << " in cycle " << of.command
                                 << " does not show as pending");
      taken = !seen.refused;
      if (!taken && (cmd == kReset || !u.pending)) {
        FAIL("command of queue " << of.queue << " in cycle " << of.command << " is refused");
      }
      if (taken) {
        u.pending = true;
        u.notify = cmd_notify;
        u.cmd = cmd;
        u.must = cmd == kReset;
        u.others = false;
        u.since = of.command;
        if (cmd == kReset) u.resets++;
      } else {
        u.others = true;
      }
    } else if (!seen.pending && !(probe && probe->queue == of.queue) &&
               !(d.command_valid && d.command_queue == of.queue) &&
               !(status_was.command && status_was.queue == of.queue)) {
      if (u.pending && u.notify && check_notify) {
        FAIL("queue " << of.queue << " was not notified of the end of its command");
      }
      if (std::exchange(u.pending, false)) judge_effect(of.queue);
      u.resetting = false;
    }
    auto claim = [&](bool truth, const char *what) {
      if (!truth) {
        FAIL("queue " << of.queue << " in state " << seen.state << (seen.drained ? " drained" : "")
                      << (seen.no_reads ? " no_reads" : "") << ": " << what << ", cycle " << now);
      }
    };
    bool still = seen.state == kOff || seen.state == kStopped || seen.state == kError;
    claim(still || !seen.drained, "drained");
    claim(still || seen.state == kFlush || !seen.no_reads, "no_reads");
    claim(seen.state != kOff || seen.drained, "not drained");
    if (seen.no_reads || seen.drained) {
      claim(u.slot_reads == 0, "a slot read is under way");
      claim(u.flow.reads == 0, "a payload read is under way");
      claim(u.held == 0, "a job is held");
    }
    if (seen.drained) {
      claim(u.flow.telling == 0, "an end is on its way");
      claim(u.flow.writes == 0, "a record is on its way");
      claim(!d.ring_end_valid || d.ring_end_queue != of.queue, "a record will come");
    }
    if (seen.state == kStopped) claim(u.flow.orders == u.flow.left, "an order has not left");
    if (check_loads && !u.spoiled && !u.resetting) {
      INFO("fetched " << seen.fetched << ", next load " << u.next_load << ", rung " << u.rung
                      << ", posted " << u.posted);
      claim(uint16_t(u.posted - seen.fetched) <= 2 * u.size(), "fetched is not of this life");
    }
  }

  // A command is not pending any more.
  void judge_effect(unsigned q) {
    Queue &u = queues[q];
    unsigned state = seen.state;
    bool refused = seen.refused && !u.others, good = true;
    if (u.cmd == kReset) good = state == kOff;
    if (u.cmd == kStop && !seen.refused) good = state == kStopped || state == kError || u.spoiled;
    if (u.cmd == kEnable && !seen.refused) {
      good = state == kRun || state == kFlush || state == kError;
    }
    if (!good || (u.must && refused && !u.spoiled)) {
      FAIL("command " << u.cmd << " of queue " << q << " is done in state " << state
                      << (seen.refused ? ", refused" : "") << ", cycle " << this->now());
    }
  }

  void queue_reset(unsigned q) {
    Queue &u = queues[q];
    if (u.flow.telling) FAIL("an end of queue " << q << " is on its way at its reset");
    if (u.flow.writes) FAIL("a record of queue " << q << " is on its way at its reset");
    if (u.slot_reads || u.flow.reads || u.held) FAIL("queue " << q << " is read at its reset");
    for (auto &c : changes) {
      if (c.queue == q && (c.what == &Flow::ended || c.what == &Flow::produced)) {
        FAIL("an end of queue " << q << " is in cpl at its reset");
      }
    }
    u.flow.produced = u.shown.produced = u.written = u.consumer = u.consumer_told = 0;
    u.posted = u.rung = u.freed = u.next_load = 0;
    u.skip_bytes = u.skip_segments = 0;
    u.outstanding = 0;
    u.unloading = u.unloaded = u.spoiled = false;
    u.resume.reset();
    u.jobs.clear();
    std::erase_if(bells, [&](auto &b) { return b.queue == q && &b != &bells.front(); });
    std::erase_if(consumed, [&](auto &c) { return c.second.queue == q; });
  }

  // -- jobs
  // ------------------------------------------------------------------------------------------
  Written written() {
    auto &d = this->dut();
    return {bool(d.load_header_segments),
            bool(d.load_header_udp),
            d.load_header_l4_mode,
            d.load_header_id_mode,
            d.load_header_flag_profile,
            d.load_header_l3,
            d.load_header_l4,
            bool(d.load_header_outer_has_l4),
            d.load_header_outer_l3,
            d.load_header_outer_l4,
            d.load_header_outer_id_mode,
            bool(d.load_header_outer_csum),
            bool(d.load_header_tag),
            d.load_header_tag_word,
            bool(d.load_header_csum),
            bool(d.load_header_csum_udp),
            bool(d.load_header_csum_odd),
            d.load_header_csum_pos};
  }
  void load() {
    auto &d = this->dut();
    loads.push_back(
        {d.load_job,          d.load_queue,       d.load_kind,          d.load_status,
         d.load_slot,         d.load_slots,       d.load_payload_bytes, d.load_mss,
         d.load_header_bytes, d.load_tmpl,        d.load_skip_bytes,    d.load_skip_segments,
         d.load_template_ctx, d.load_buffer1_ctx, d.load_buffer1_bytes, d.load_cookie,
         this->now(),         d.load_head,        bool(d.load_tag),     bool(d.load_csum),
         d.load_csum_from,    written()});
    const Load &l = loads.back();
    Queue &u = queues[l.queue];
    JobEntry &j = jobs[l.job];
    if (j.active) FAIL("job entry " << l.job << " is loaded twice");
    if (u.unloaded) {  // it runs again
      if (u.flow.telling || u.flow.writes)
        FAIL("queue " << l.queue << " loads before its ends are told");
      u.unloading = u.unloaded = false;
      u.outstanding = 0;
      if (u.resume) {
        u.next_load = *u.resume;
        u.skip_bytes = u.skip_segments = 0;
      }
      u.resume.reset();
    }
    if (u.unloading) FAIL("queue " << l.queue << " loads while it is unloaded");
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
         l.header || l.head ? int(l.tmpl) : -1,
         false,
         uint16_t(d.load_fold)};
    if (j.tmpl >= 0 && !tmpls_taken.insert(l.tmpl).second)
      FAIL("template " << l.tmpl << " is taken twice");
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
      if (u.outstanding + (u.flow.produced - u.consumer) >= u.entries() - 1) {
        FAIL("queue " << l.queue << " loads without a completion place");
      }
    }
    u.skip_bytes = u.skip_segments = 0;
    u.next_load += l.slots;
    u.outstanding++;
    u.held++;
    u.loaded.push_back(l.job);
  }

  void further_slot() {
    auto &d = this->dut();
    JobEntry &j = jobs[*popping];
    Queue &u = queues[j.queue];
    unsigned job = *popping;
    popping.reset();
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
          FAIL("further slot " << j.popped << " of job " << job << " is wrong");
        }
      }
      if (d.chain_slot_resp != 0) FAIL("error of a further slot without reason");
    }
  }

  void issue() {
    if (chance() >= knobs.issue) return;
    unsigned q = below(kQueues);
    for (unsigned i = 0; i < kQueues && (queues[q].loaded.empty() || q < knobs.from); i++)
      q = (q + 1) % kQueues;
    if (q < knobs.from) return;
    if (knobs.only) q = *knobs.only;
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
    change(q, &Flow::orders, 1);
    change(q, &Flow::reads, 1);
    reads.push_back({this->now() + 1 + below(2 * knobs.read + 1), q});
    orders.push_back({q, whole, j});
    come++;
    if (!whole && chance() < knobs.preempt) named = q;
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
    u.unloaded = true;
    if (!u.loaded.empty()) {
      JobEntry &j = jobs[u.loaded.front()];
      u.next_load = j.start;
      u.skip_bytes = j.issued;
      u.skip_segments = j.segments;
    }
    for (unsigned id : u.loaded) {
      if (jobs[id].tmpl >= 0) tmpl_drops.push_back({come, unsigned(jobs[id].tmpl)});
      retire(id);
    }
    u.loaded.clear();
  }

  // -- orders
  // ----------------------------------------------------------------------------------------
  void bury(unsigned q, bool voids_it) {
    buries++;
    for (auto &o : orders) {
      if (o.queue == q) o.dead = true;
    }
    queues[q].dying = false;
    if (voids_it && sending && sending->queue == q && sending->ends) {
      voids++;
      sending->ends = false;
      change(q, &Flow::telling, -1);
    }
  }
  void leave() {
    if (chance() >= knobs.leave) return;
    if (!sending) {
      if (orders.empty()) return;
      sending = orders.front();
      orders.pop_front();
      Order &o = *sending;
      Queue &u = queues[o.queue];
      bool live = !o.dead && !u.dying;
      o.fails = live && o.queue >= knobs.fail_from && chance() < knobs.fail;
      o.ends = live && (o.last || o.fails);
      if (o.fails) u.dying = true;
      fails += o.fails;
      if (o.ends) change(o.queue, &Flow::telling, 1);
      return;
    }
    if (ends.size() >= 15) return;  // so many at most may be between an order that has left and cpl
    Order &o = *sending;
    change(o.queue, &Flow::left, 1);
    gone++;
    if (o.last && o.job.tmpl >= 0) tmpl_frees.push_back(unsigned(o.job.tmpl));
    if (o.ends) {
      unsigned status = o.fails ? 0x41 : o.job.status;
      ends.push_back(
          {o.queue, o.job.slots, status, o.job.start, o.job.wants || status != 0, o.fails});
    }
    sending.reset();
  }

  // -- ends
  // ------------------------------------------------------------------------------------------
  void accept(unsigned q, bool wants) {
    Queue &u = queues[q];
    u.accepted = this->now();
    change(q, &Flow::ended, 1);
    ended_pulses.push_back({this->now() + 4, q});
    end_gap = 2;
    if (!wants) return;
    change(q, &Flow::produced, 1);
    change(q, &Flow::writes, 1);
    writes.push_back({this->now() + 1 + knobs.write, q});
    if (u.flow.produced - u.consumer > u.entries()) FAIL("completion ring overflows");
  }
  void end() {
    End e = ends.front();
    ends.pop_front();
    ended_log.push_back(e);
    Queue &u = queues[e.queue];
    change(e.queue, &Flow::telling, -1);
    if (u.outstanding) u.outstanding--;
    if (e.fails) u.resume = e.start + e.slots;
    accept(e.queue, e.wants);
    if (!check_loads) return;
    if (u.jobs.empty() || u.jobs.front().start != e.start) {
      FAIL("queue " << e.queue << ": job at " << e.start << " ends out of order");
    }
    u.freed = e.start + e.slots;
    u.jobs.pop_front();
  }

  unsigned asked = 0, ctl_asked = 0, end_gap = 0, cmd = 0;
  bool req_held = false, bell_done = false, end_ready = false, cmd_notify = false;
  Asked status_asked{0}, status_was{0};
  std::optional<Asked> probe;
  std::set<unsigned> used;
  std::deque<Change> changes;
  std::vector<bool> id_used;
  std::vector<Burst> bursts;
  std::deque<Bell> bells;
  std::deque<std::pair<uint64_t, Bell>> consumed;
  std::deque<unsigned> wakes, tmpl_frees, failing_writes;
  std::set<unsigned> tmpls_taken;
  std::vector<Timed> frees, reads;
  std::deque<Timed> writes, ended_pulses, tmpl_drops;  // due of tmpl_drops: orders gone
  std::optional<unsigned> popping, named;
  std::deque<Order> orders;
  std::optional<Order> sending;
  std::deque<End> ends;
  uint64_t come = 0, gone = 0;
  uint64_t cookies = 0;
};

using SmallRig = Rig<Vring_small, 128, 4, 32>;
using DefaultRig = Rig<Vring_default, 256, 64, 64>;
using WideRig = Rig<Vring_wide, 512, 1024, 128>;

// Until nothing is under way any more, in at most `limit` cycles.
template <typename R>
void drain(R &rig, unsigned limit = 4000000) {
  while (rig.busy()) {
    rig.step();
    if (limit-- == 0) {
      for (size_t q = 0; q < rig.queues.size(); q++) {
        auto &u = rig.queues[q];
        if (!u.jobs.empty()) {
          FAIL("queue " << q << " hangs in state " << rig.state(unsigned(q)) << ": "
                        << u.jobs.size() << " jobs, next load " << u.next_load << " of " << u.rung
                        << ", loaded " << u.loaded.size() << ", debt " << u.debt << ", backlog "
                        << u.flow.produced - u.consumer << ", cycle " << rig.now());
        }
      }
      FAIL("orders or ends remain");
    }
  }
}

}  // namespace vmso::ring_test
