// SPDX-License-Identifier: Apache-2.0
// driver/example_paging.c as the kernel of a host: it brings the engine up, and nothing but it
// reaches the registers. What it sends goes through the scoreboard like everything else.
#include <list>

#include "example_paging.h"
#include "system_test.hpp"

namespace vmso::test {
namespace {

constexpr uint64_t kKernelFirst = 0x40000000, kKernelLast = 0x7fffffff, kArea = 0x70000000;
constexpr unsigned kLog2Slots = 5, kLog2Completions = 5, kLog2Faults = 1;
constexpr uint64_t kTag = 0xa5ull << 56;  // of a pointer on a host with TBI

// Processes 0 and 2 are x86-64 ones, process 1 has AArch64 tables; two queues each.
SystemOptions host(uint64_t fixed_seed, const char *config) {
  SystemOptions o = options(fixed_seed, config);
  o.bring_up = false;
  o.queues = 4;
  o.processes = 3;
  o.spaces = {{.format = VMSO_FORMAT_X86_64_L4},
              {.format = VMSO_FORMAT_AARCH64},
              {.format = VMSO_FORMAT_X86_64_L4}};
  for (SpaceOptions &space : o.spaces) space.pa_bits = 46;
  o.demand_paging = true;
  o.log2_slots = kLog2Slots;
  return o;
}

struct Kernel {
  explicit Kernel(const SystemOptions &options) : s(options) {
    self = this;
    s.auto_reap = false;
    s.allowed_sticky = VMSO_REG_STICKY_FAULT_bm | VMSO_REG_STICKY_FAULT_OVERFLOW_bm;
    setup.io = {
        &s, [](void *s, uint32_t at) { return static_cast<System *>(s)->read32(at); },
        [](void *s, uint32_t at, uint32_t value) { static_cast<System *>(s)->write32(at, value); },
        [](void *s) { static_cast<System *>(s)->steps(1); }};
    for (const auto &window : s.windows()) spans.push_back({window.first, window.last});
    setup.memory = spans.data();
    setup.spans = unsigned(spans.size());
    setup.kernel = {kKernelFirst, kKernelLast};
    setup.kernel_pa_bits = 46;
    setup.faults = take(uint64_t{32} << kLog2Faults, FrameKind::kNotes, ~0u);
    setup.log2_faults = kLog2Faults;
    setup.fence_status = take(32, FrameKind::kNotes, ~0u);
    setup.fault_in = [](paging_process *process, uint64_t va, vmso_cause) {
      auto *owner = static_cast<Process *>(process->owner);
      return owner->page_in(va);
    };
    setup.wake = [](paging_driver *d) { of(d).woken = true; };
    // No spinlock is held while somebody sleeps, nor taken twice.
    setup.lock = [](paging_driver *d) { CHECK(!std::exchange(of(d).locked, true)); };
    setup.unlock = [](paging_driver *d) { CHECK(std::exchange(of(d).locked, false)); };
    s.check(paging_start(&driver, &setup), "paging_start");
    driver.device.poll_limit = 50000;
    s.device() = driver.device;  // for the checks at the end
    for (unsigned q = 0; q < 4; q++) {
      rings.push_back({take(64 << kLog2Slots, FrameKind::kRing, q),
                       take(32 << kLog2Completions, FrameKind::kCompletion, q), kLog2Slots,
                       kLog2Completions});
    }
  }

  paging_memory take(uint64_t bytes, FrameKind kind, uint32_t owner) {
    paging_memory m{s.memory.make_contiguous(next, bytes, kind, owner), next};
    next += (bytes + kFrameBytes - 1) / kFrameBytes * kFrameBytes;
    return m;
  }

  void open(unsigned process, unsigned first_queue) {
    const AddressSpace &space = s.process(process).space();
    bool arm = space.format().code == VMSO_FORMAT_AARCH64;
    paging_process &p = processes[process];
    p.cpu = arm ? &paging_aarch64 : &paging_x86_64;
    p.root_register = space.root() | (arm ? 0x1234ull << 48 | 1 : 0x8000000000000fff);
    p.owner = &s.process(process);
    s.check(paging_process_open(&driver, &p), "paging_process_open");
    for (unsigned q = first_queue; q < first_queue + 2; q++) {
      s.check(paging_queue_open(&driver, &queues[q], q, &p, &rings[q]), "paging_queue_open");
    }
  }
  Process &owner(unsigned queue) { return *static_cast<Process *>(queues[queue].process->owner); }

  // A job of memory that exists by now. `missing`: the job reaches so many bytes beyond it.
  uint64_t send(unsigned queue, UserBuffer b, std::vector<uint8_t> bytes, uint32_t missing = 0) {
    TcpHeaders headers;
    headers.payload_bytes = b.bytes + missing;
    Template header = tcp_template(headers);
    bool arm = queues[queue].process->cpu == &paging_aarch64;
    paging_packet packet{s.next_cookie(),
                         s.kernel_store(queue, header.bytes),
                         uint16_t(header.bytes.size()),
                         header.l3,
                         header.l4,
                         1448,
                         arm ? b.va | kTag : b.va,
                         b.bytes + missing};
    bytes.resize(b.bytes + missing);
    ExpectedJob expected;
    expected.job.header = header.bytes;
    expected.job.l3 = header.l3;
    expected.job.l4 = header.l4;
    expected.job.mss = 1448;
    expected.payload = {payloads.emplace_back(std::move(bytes))};
    expected.buffers = {b};
    expected.may_fail = missing > 0;
    expect(queue, packet.cookie, packet.bytes, expected);
    s.check(paging_send(&queues[queue], &packet), "paging_send");
    return packet.cookie;
  }
  uint64_t advise(unsigned queue, UserBuffer b) {
    ExpectedJob expected;
    expected.job.kind = VMSO_KIND_ADVISE;
    uint64_t cookie = s.next_cookie();
    expect(queue, cookie, b.bytes, expected);
    s.check(paging_advise(&queues[queue], cookie, b.va, b.bytes), "paging_advise");
    return cookie;
  }
  void expect(unsigned queue, uint64_t cookie, uint64_t bytes, ExpectedJob &expected) {
    expected.cookie = cookie;
    expected.queue = queue;
    expected.slot = queues[queue].ring.producer;
    expected.job.payload_bytes = bytes;
    s.scoreboard.post(std::move(expected));
  }

  // One cycle. The kernel looks at its interrupt when it has time.
  void step() {
    s.step();
    if ((s.irq() & 1) && s.now() >= look_at) {
      paging_interrupt(&driver);
      look_at = s.now() + random.below(1500);
    }
    if (woken && s.now() >= work_at) {
      woken = false;
      paging_work(&driver);
      work_at = s.now() + random.below(300);
    }
    if (s.now() % 64 == 0) reap();
  }
  void reap() {
    for (unsigned q = 0; q < 4; q++) {
      vmso_completion record;
      if (driver.queues[q] == nullptr) continue;
      while (vmso_ring_reap(&queues[q].ring, &record)) {
        Completion c = decode(record);
        c.at = s.now();
        seen.push_back(c);
        vmso_ring_ack(&queues[q].ring);
      }
    }
    // a frame may still be on its way to the wire when its job's end is told
    while (!seen.empty() && seen.front().at + 300 < s.now()) {
      s.scoreboard.completion(seen.front().queue, seen.front());
      done[seen.front().cookie] = seen.front();
      seen.pop_front();
    }
  }
  template <typename Condition>
  bool until(Condition &&condition, uint64_t budget = 2000000) {
    for (uint64_t end = s.now() + budget; !condition() && s.now() < end;) step();
    return condition();
  }
  bool drain() {
    return until([&] { return s.scoreboard.idle() && s.reads.idle() && s.writes.idle(); });
  }

  uint64_t physical(unsigned process, uint64_t va) {
    return reference::walk(s.memory, context_of(s.process(process).space()), s.windows(), va).pa;
  }
  // The pages of a buffer get other frames, as compaction does; what was theirs is freed.
  void move_pages(unsigned process, UserBuffer b, size_t most_ranges) {
    AddressSpace &space = s.process(process).space();
    std::vector<paging_range> ranges;
    std::vector<uint64_t> old;
    paging_range_start(&driver, &processes[process]);
    for (uint64_t va = b.va / kFrameBytes * kFrameBytes; va < b.va + b.bytes; va += kFrameBytes) {
      std::vector<uint8_t> page(kFrameBytes);
      uint64_t from = physical(process, va), to = space.take_frame();
      s.memory.read(from, page);
      s.memory.make(to, FrameKind::kUser, process);
      s.memory.write(to, page);
      space.move(va, to, PageSize::k4K);
      old.push_back(from);
      if (ranges.size() < most_ranges) {
        ranges.push_back({va, kFrameBytes, false});
      } else {
        ranges.back().bytes += kFrameBytes;
      }
      s.steps(random.below(40));
    }
    s.check(paging_range_end(&driver, &processes[process], ranges.data(), ranges.size()),
            "paging_range_end");
    for (uint64_t pa : old) s.memory.release(pa), s.allocator.give(pa);
  }
  // The table that maps an address moves.
  void move_table(unsigned process, uint64_t va) {
    AddressSpace &space = s.process(process).space();
    uint64_t at = *space.entry_at(va, 1);
    uint64_t from = *space.entry_at(va, 0) / kFrameBytes * kFrameBytes, to = space.take_frame();
    std::vector<uint8_t> table(kFrameBytes);
    paging_range_start(&driver, &processes[process]);
    s.memory.read(from, table);
    s.memory.make(to, FrameKind::kTable, process);
    s.memory.write(to, table);
    space.write_entry(at, space.pointer_to(to));
    paging_range range{va >> 21 << 21, 1 << 21, true};
    s.check(paging_range_end(&driver, &processes[process], &range, 1), "paging_range_end");
    s.memory.release(from);
    s.allocator.give(from);
  }

  System s;
  Random random{7, "kernel"};
  std::vector<paging_span> spans;
  static inline Kernel *self = nullptr;  // one at a time
  static Kernel &of(paging_driver *driver) {
    REQUIRE(driver == &self->driver);
    return *self;
  }
  bool woken = false, locked = false;
  uint64_t next = kArea, look_at = 0, work_at = 0;
  paging_setup setup{};
  paging_driver driver{};
  paging_process processes[3] = {};
  paging_queue queues[4] = {};
  std::vector<paging_rings> rings;
  std::list<std::vector<uint8_t>> payloads;
  std::deque<Completion> seen;
  std::map<uint64_t, Completion> done;  // by cookie
};

}  // namespace

TEST_CASE("The example of paging maps pages when the engine asks for them", "[example][park]") {
  for (const char *config : {"small", "default", "wide"}) {
    auto o = host(0xe1, config);
    VMSO_SAY_HOW(o);
    Kernel k(o);
    k.open(0, 0);
    k.open(1, 2);
    // Pages that nobody has mapped, more faults at once than the fault ring has records.
    uint64_t lost = 0, hole = 0;
    for (unsigned i = 0; i < 8; i++) {
      unsigned q = i % 4;
      if (i == 5) {  // a buffer up to the end of a page, and no page behind it
        std::vector<uint8_t> bytes = pattern(5 * kFrameBytes - 100);
        UserBuffer b = k.owner(q).place(bytes, 100);
        hole = b.va + b.bytes;
        lost = k.send(q, b, bytes, 3000);
      } else {
        std::vector<uint8_t> bytes = pattern(20000 + 37 * i, i);
        k.send(q, k.owner(q).place(bytes), bytes);
      }
    }
    CHECK(k.drain());
    Completion aborted = k.done[lost];
    CHECK(aborted.status == VMSO_STATUS_FAULT);
    CHECK(aborted.cause == VMSO_CAUSE_NOT_PRESENT);
    CHECK(aborted.va == hole);
    CHECK(k.driver.counts.aborts == 1);
    CHECK(k.driver.counts.retries > 40);  // a page each, or one more
    CHECK(k.driver.counts.overflows > 0);
    CHECK(k.done.size() == 8);
    CHECK(k.s.conclude() == "");
  }
}

TEST_CASE("The example of paging brings a page in by changing tables", "[example][park]") {
  struct Seen {
    paging_driver *driver = nullptr;
    unsigned depth = 0, calls = 0;
  };
  static Seen seen;
  for (const char *config : {"small", "default", "wide"}) {
    auto o = host(0xe4, config);
    VMSO_SAY_HOW(o);
    Kernel k(o);
    seen = {.driver = &k.driver};
    // memory is short: another page goes first
    k.driver.setup.fault_in = [](paging_process *process, uint64_t va, vmso_cause cause) {
      CHECK(cause == VMSO_CAUSE_NOT_PRESENT);
      seen.calls++;
      REQUIRE(++seen.depth == 1);  // nobody is answered from within a change
      paging_range gone{0x10000, kFrameBytes, false};
      paging_range_start(seen.driver, process);
      paging_range_end(seen.driver, process, &gone, 1);
      seen.depth--;
      return static_cast<Process *>(process->owner)->page_in(va);
    };
    k.open(0, 0);
    std::vector<uint8_t> bytes = pattern(3000), others = pattern(5000, 1);
    UserBuffer b = k.owner(0).place(bytes, 5);
    paging_range_start(&k.driver, &k.processes[0]);
    k.send(0, b, bytes);
    k.send(1, k.owner(1).place(others), others);
    REQUIRE(k.until([&] { return k.driver.counts.late > 1; }));
    paging_range range{b.va, 1, false};
    k.s.check(paging_range_end(&k.driver, &k.processes[0], &range, 1), "paging_range_end");
    CHECK(k.drain());
    CHECK(seen.calls > 1);
    CHECK(k.done.size() == 2);
    CHECK(k.s.conclude() == "");
  }
}

TEST_CASE("The example of paging moves pages and tables under running queues", "[example][fence]") {
  for (const char *config : {"small", "default", "wide"}) {
    auto o = host(0xe2, config);
    VMSO_SAY_HOW(o);
    Kernel k(o);
    k.open(0, 0);
    k.open(1, 2);
    UserBuffer buffers[2];
    std::vector<uint8_t> bytes[2];
    for (unsigned p = 0; p < 2; p++) {
      bytes[p] = pattern(60000, p);
      buffers[p] = k.s.process(p).place(bytes[p]);
      k.send(2 * p, buffers[p], bytes[p]);
    }
    REQUIRE(k.drain());
    for (unsigned round = 0; round < 12; round++) {
      unsigned p = round % 2;
      for (unsigned q = 0; q < 4; q++) k.send(q, buffers[q / 2], bytes[q / 2]);
      k.s.steps(400 + k.random.below(800));
      if (round % 3 == 2) {
        k.move_table(p, buffers[p].va);
      } else {
        const size_t ranges[] = {1, 3, 8, 99};
        k.move_pages(p, buffers[p], ranges[round % 4]);
      }
    }
    CHECK(k.drain());
    CHECK(k.done.size() == 2 + 12 * 4);

    // A fault during a change waits for its end: the page would go again at once.
    UserBuffer late = k.s.process(1).place(bytes[1], 5);
    paging_range_start(&k.driver, &k.processes[1]);
    k.send(3, late, bytes[1]);
    CHECK(k.until([&] { return k.driver.counts.late > 0; }));
    k.s.steps(3000);
    CHECK(vmso_queue_state(&k.driver.device, 3) == VMSO_QUEUE_PARKED);
    paging_range range{buffers[1].va, 1, false};
    k.s.check(paging_range_end(&k.driver, &k.processes[1], &range, 1), "paging_range_end");
    CHECK(k.drain());
    CHECK(k.s.conclude() == "");
  }
}

TEST_CASE("The example of paging advises and lets a process go while its queues are parked",
          "[example][advise]") {
  for (const char *config : {"small", "default", "wide"}) {
    auto o = host(0xe3, config);
    VMSO_SAY_HOW(o);
    Kernel k(o);
    k.open(0, 0);
    k.open(1, 2);
    std::vector<uint8_t> bytes = pattern(50 * kFrameBytes);
    UserBuffer b = k.s.process(1).place(bytes, 0);
    for (unsigned i = 0; i < 50; i++) {
      if (i != 3 && i != 48) k.s.process(1).page_in(b.va + i * kFrameBytes);
    }
    uint64_t cookie = k.advise(2, b);
    REQUIRE(k.drain());
    CHECK(k.done[cookie].status == VMSO_STATUS_OK);
    CHECK(k.done[cookie].segments == 48);
    k.s.process(1).page_in(b.va + 3 * kFrameBytes);
    uint32_t pages = 0;
    k.s.check(paging_advise_now(&k.driver, &k.processes[1], b.va | kTag, 49 * kFrameBytes, &pages),
              "paging_advise_now");
    CHECK(pages == 48);
    k.s.process(1).page_in(b.va + 48 * kFrameBytes);
    k.s.check(paging_advise_now(&k.driver, &k.processes[1], b.va, b.bytes, &pages),
              "paging_advise_now");
    CHECK(pages == 50);
    const uint64_t reads = vmso_counter(&k.driver.device, VMSO_REG_COUNTER_TABLE_READS);
    k.send(2, b, bytes);
    REQUIRE(k.drain());
    CHECK(vmso_counter(&k.driver.device, VMSO_REG_COUNTER_TABLE_READS) == reads);
    CHECK(k.driver.counts.retries == 0);

    // Process 0 goes with one queue parked, one in the middle of a job, and advice under way.
    std::vector<uint8_t> mapped = pattern(60000, 2);
    UserBuffer m = k.s.process(0).place(mapped);
    for (uint64_t va = m.va; va < m.va + m.bytes + kFrameBytes; va += kFrameBytes) {
      k.s.process(0).page_in(va);
    }
    UserBuffer absent = k.s.process(0).place(mapped);
    k.send(0, absent, mapped);
    k.send(2, b, bytes);
    REQUIRE(k.s.run_until([&] { return k.s.irq() & 1; }, 100000));
    const uint64_t frames = k.s.sink.frames;
    k.send(1, m, mapped);
    REQUIRE(k.s.run_until([&] { return k.s.sink.frames > frames + 3; }, 100000));
    k.s.check(vmso_advise_start(&k.driver.device, k.processes[0].context, m.va, 1 << 24),
              "advise_start");
    k.s.check(paging_process_close(&k.driver, &k.processes[0]), "paging_process_close");
    k.s.steps(400);  // frames that had begun to leave
    k.s.scoreboard.forget(0);
    k.s.scoreboard.forget(1);
    CHECK(k.processes[0].context == 0);
    // Its memory and its tables go; a read of them would be a bus error.
    for (uint64_t va = m.va / kFrameBytes * kFrameBytes; va < m.va + m.bytes; va += kFrameBytes) {
      k.s.memory.release(k.physical(0, va));
    }
    std::vector<uint64_t> tables;
    for (unsigned level = 0; level < 4; level++) {
      tables.push_back(*k.s.process(0).space().entry_at(m.va, level) / kFrameBytes * kFrameBytes);
    }
    for (uint64_t table : tables) k.s.memory.release(table);
    // The fault of before is stale. Another process takes context and queues.
    k.open(2, 0);
    vmso_advise_stop(&k.driver.device);
    uint32_t advised = 0;
    CHECK(k.until([&] { return vmso_advise_poll(&k.driver.device, &advised) == VMSO_OK; }));
    CHECK(advised < 4096);
    UserBuffer other = k.s.process(2).place(mapped);
    k.send(0, other, mapped);
    k.send(1, other, mapped);
    CHECK(k.drain());
    CHECK(k.driver.counts.stale > 0);
    CHECK(k.driver.counts.aborts == 0);
    CHECK(k.s.conclude() == "");
  }
}

TEST_CASE("The example of paging outlives a lost record and pages that never come",
          "[example][park]") {
  for (const char *config : {"small", "default", "wide"}) {
    auto o = host(0xe5, config);
    VMSO_SAY_HOW(o);
    Kernel k(o);
    k.s.allowed_sticky |= VMSO_REG_STICKY_WRITE_ERROR_bm | VMSO_REG_STICKY_QUEUE_ERROR_bm;
    // Changes before a process is open, and those that are under way when it opens.
    CHECK(paging_range_end(&k.driver, &k.processes[0], nullptr, 0) == VMSO_OK);
    k.processes[0].changing = 0;
    paging_range_start(&k.driver, &k.processes[0]);
    paging_range_start(&k.driver, &k.processes[0]);
    paging_range early{0, kFrameBytes, false};
    const uint16_t fences = k.driver.device.fences_started;
    CHECK(paging_range_end(&k.driver, &k.processes[0], &early, 1) == VMSO_OK);
    CHECK(k.driver.device.fences_started == fences);  // nothing to forget, least of all context 0
    uint32_t pages = 0;
    CHECK(paging_advise_now(&k.driver, &k.processes[0], 0, 1, &pages) == VMSO_ERR_ARGUMENT);
    k.open(0, 0);
    CHECK(k.processes[0].changing == 1);
    CHECK(paging_range_end(&k.driver, &k.processes[0], &early, 1) == VMSO_OK);
    CHECK(k.driver.device.fences_started == fences + 2);

    // The bus refuses the first record. Its queue is in ERROR, and the ring is set up anew: the
    // faults of the others are found.
    k.open(1, 2);
    Script script;
    script.first = k.setup.faults.bus;
    script.last = script.first + 31;
    script.times = 1;
    k.s.writes.scripts.push_back(script);
    std::vector<uint8_t> bytes = pattern(20000);
    k.send(0, k.owner(0).place(bytes), bytes);
    REQUIRE(k.until([&] { return k.driver.counts.lost > 0; }));
    CHECK(vmso_queue_state(&k.driver.device, 0) == VMSO_QUEUE_ERROR);
    for (unsigned q = 1; q < 4; q++) k.send(q, k.owner(q).place(bytes), bytes);
    REQUIRE(k.until([&] { return k.done.size() == 3; }));
    CHECK(k.driver.counts.lost == 1);
    CHECK(k.driver.counts.retries > 10);

    // A kernel that says that the page is there, and it is not.
    k.driver.setup.fault_in = [](paging_process *, uint64_t, vmso_cause) { return true; };
    uint64_t never = k.send(1, k.owner(1).place(bytes), bytes, 1);  // may fail
    REQUIRE(k.until([&] { return k.done.contains(never); }));
    CHECK(k.done[never].status == VMSO_STATUS_FAULT);
    CHECK(k.driver.counts.aborts == 1);
    k.s.scoreboard.forget(0);
    k.s.check(paging_process_close(&k.driver, &k.processes[0]), "paging_process_close");
    CHECK(k.s.conclude() == "");
  }
}

}  // namespace vmso::test
