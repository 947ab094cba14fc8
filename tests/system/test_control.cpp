// SPDX-License-Identifier: Apache-2.0
// Fences, stop, reset, registers, credit of the completion ring, a stopped MAC.
#include "system_test.hpp"

namespace vmso::test {

TEST_CASE("After a fence the new page is read and never the old one", "[fence][format]") {
  for (const Format &f : formats()) {
    if (f.pages.empty()) continue;
    auto o = options(0xa0);
    o.space.format = f.code;
    VMSO_SAY_HOW(o);
    INFO(f.option);
    System s(o);
    JobSpec first = tcp_job(20000);
    Posted posted = s.post(0, first);
    s.drain();
    for (const UserBuffer &b : posted.buffers) {  // every page elsewhere, with other bytes in it
      for (uint64_t va = b.va / kFrameBytes * kFrameBytes; va < b.va + b.bytes; va += kFrameBytes) {
        uint64_t pa = s.process().space().take_frame();
        s.memory.make(pa, FrameKind::kUser, 0);
        s.process().space().move(va, pa, PageSize::k4K);
      }
    }
    Random random(o.seed, "new bytes");
    std::vector<uint8_t> bytes = random_bytes(20000, random);
    size_t at = 0;
    for (const UserBuffer &b : posted.buffers) {
      for (uint32_t i = 0; i < b.bytes; i++, at++) {
        auto walk = reference::walk(s.memory, s.reference_context(1), s.windows(), b.va + i);
        s.memory.write(walk.pa, std::span(bytes).subspan(at, 1));
      }
      s.fence(s.process(), b);
    }
    JobSpec second = tcp_job(20000);
    second.payload = bytes;
    second.placed = posted.buffers;
    s.post(0, second);
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("Pages of every size are moved and split and joined under a running queue",
          "[fence][format]") {
  for (const SpaceOptions &space : all_spaces()) {
    if (space.format == VMSO_FORMAT_IDENTITY || !space.features.xd) continue;
    auto o = options(0xae);
    o.space = space;
    VMSO_SAY_HOW(o);
    INFO(described(space));
    System s(o);
    JobSpec spec = tcp_job(9000);
    AddressSpace &tables = s.process().space();
    UserBuffer buffer = s.process().place(spec.payload, 77);
    spec.placed = {buffer};
    uint64_t bytes = page_bytes(space.page), va = (buffer.va + 4500) / bytes * bytes;
    uint64_t pa = s.process().physical(std::max(va, buffer.va)) - std::max(va, buffer.va) + va;
    auto send = [&] {
      s.fence(s.process(), buffer);
      for (unsigned i = 0; i < 3; i++) s.post(0, spec);
    };
    send();
    if (space.page != PageSize::k4K) {
      tables.split(va, space.page);
      send();
      auto table = tables.join(va, pa, space.page);
      send();
      if (table) {
        s.memory.release(*table);
        s.allocator.give(*table);
      }
    }
    s.drain();
    // The part of the page that the buffer uses, elsewhere.
    uint64_t to = tables.take_frame(space.page);
    for (uint64_t at = std::max(va, buffer.va) / kFrameBytes * kFrameBytes;
         at < std::min(va + bytes, buffer.va + buffer.bytes); at += kFrameBytes) {
      std::vector<uint8_t> page(kFrameBytes);
      s.memory.read(pa + (at - va), page);
      s.memory.make(to + (at - va), FrameKind::kUser, 0);
      s.memory.write(to + (at - va), page);
    }
    tables.move(va, to, space.page);
    send();
    s.drain();
    for (uint64_t at = std::max(va, buffer.va) / kFrameBytes * kFrameBytes;
         at < std::min(va + bytes, buffer.va + buffer.bytes); at += kFrameBytes) {
      s.memory.release(pa + (at - va));  // a read of it would be found
    }
    send();
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("Fences in any cycle of running traffic end and break nothing", "[fence]") {
  auto o = options(0xa1);
  o.queues = 4;
  o.processes = 2;
  o.read.order = ReadOrder::kInterleaved;
  o.keep_frames = false;
  VMSO_SAY_HOW(o);
  System s(o);
  Random random(o.seed, "fences");
  for (unsigned i = 0; i < 40; i++) {
    s.post(i % 4, tcp_job(10000 + i));
    s.steps(random.below(600));
    uint16_t number = 0;
    auto kind = vmso_fence_kind(random.below(3));
    s.check(vmso_fence_start(&s.device(), kind, unsigned(random.below(3)), 0, ~uint64_t{0} >> 1,
                             &number),
            "fence");
    if (random.below(2)) s.check(vmso_fence_wait(&s.device(), number), "fence");
  }
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("A fence ends though the MAC stands still", "[fence]") {
  auto o = options(0xa2);
  VMSO_SAY_HOW(o);
  System s(o);
  s.sink.hold = true;
  s.post(0, tcp_job(60000));
  s.steps(3000);
  uint16_t number = 0;
  s.check(vmso_fence_start(&s.device(), VMSO_FENCE_ALL, 0, 0, 0, &number), "fence");
  CHECK(vmso_fence_wait(&s.device(), number) == VMSO_OK);
  s.sink.hold = false;
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("STOP keeps the place in a job and ENABLE goes on there", "[queue]") {
  for (unsigned cycles : {10u, 200u, 500u, 1000u, 2000u}) {
    auto o = options(0xa3 + cycles);
    VMSO_SAY_HOW(o);
    INFO("STOP after " << cycles << " cycles");
    System s(o);
    for (unsigned i = 0; i < 3; i++) s.post(0, tcp_job(20000));
    s.steps(cycles);
    s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_STOP), "STOP");
    CHECK(vmso_queue_wait(&s.device(), 0, VMSO_QUEUE_STOPPED) == VMSO_OK);
    uint64_t frames = s.sink.frames;
    s.steps(3000);
    CHECK(s.sink.frames == frames);
    s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_ENABLE), "ENABLE");
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("RESET of a queue at any time leaves the others alone", "[queue]") {
  for (unsigned cycles : {0u, 50u, 300u, 700u, 1500u}) {
    auto o = options(0xb0 + cycles);
    o.queues = 2;
    VMSO_SAY_HOW(o);
    INFO("RESET after " << cycles << " cycles");
    System s(o);
    for (unsigned i = 0; i < 4; i++) s.post(i % 2, tcp_job(20000));
    s.steps(cycles);
    s.restart_queue(0);
    s.post(0, tcp_job(5000));
    VMSO_CHECK_CLEAN(s);
    CHECK(s.completions(1).size() == 2);
  }
}

TEST_CASE("Soft reset and rst_n in the middle of traffic start anew", "[reset]") {
  for (bool soft : {true, false}) {
    auto o = options(0xc0);
    o.queues = 4;
    VMSO_SAY_HOW(o);
    System s(o);
    for (unsigned i = 0; i < 8; i++) s.post(i % 4, tcp_job(20000));
    s.steps(1500);
    if (soft) {
      s.soft_reset();
    } else {
      s.reset();
    }
    for (unsigned i = 0; i < 8; i++) s.post(i % 4, tcp_job(9000));
    s.drain();
    CHECK(s.findings().report() == "");
    CHECK(s.scoreboard.idle());
  }
}

TEST_CASE("A soft reset asks for nothing more while it waits for what is out", "[reset]") {
  auto o = options(0xc1);
  o.read.latency = 400;
  VMSO_SAY_HOW(o);
  System s(o);
  for (unsigned i = 0; i < 8; i++) s.post(0, tcp_job(60000));
  s.steps(2000);
  s.write32(VMSO_REG_CONTROL, VMSO_REG_CONTROL_SOFT_RESET_bm);
  s.steps(10);  // what had been accepted reaches AR
  REQUIRE(!s.reads.idle());
  auto before = s.reads.counts.bursts;
  while (s.read32(VMSO_REG_STATUS) & VMSO_REG_STATUS_RESET_BUSY_bm) REQUIRE(s.now() < 10000);
  CHECK(s.reads.idle());
  CHECK(s.reads.counts.bursts == before);
}

TEST_CASE("No completion of before a soft reset is written after it", "[reset]") {
  // A job without a frame: in some cycle its completion meets the first cycle of the reset.
  unsigned before_reset = 0;
  constexpr unsigned kOffsets = 120;
  for (unsigned cycles = 0; cycles < kOffsets; cycles++) {
    auto o = options(0xc2);
    o.read.latency = 20;
    o.write.latency = 300;
    VMSO_SAY_HOW(o);
    System s(o);
    JobSpec nop;
    nop.kind = VMSO_KIND_NOP;
    s.post(0, nop);
    s.steps(cycles);
    s.write32(VMSO_REG_CONTROL, VMSO_REG_CONTROL_SOFT_RESET_bm);
    while (s.read32(VMSO_REG_STATUS) & VMSO_REG_STATUS_RESET_BUSY_bm) REQUIRE(s.now() < 10000);
    INFO("soft reset after " << cycles << " cycles");
    CHECK(s.writes.idle());
    before_reset += s.writes.writes != 0;
  }
  CHECK(before_reset > 0);
  CHECK(before_reset < kOffsets);
}

TEST_CASE("A frame whose completion says OK is on the wire whenever a soft reset comes",
          "[system][reset]") {
  for (Config config : {Config::kSmall, Config::kWide}) {
    unsigned said_ok = 0, late = 0, not_all = 0;
    constexpr unsigned kOffsets = 100, kJobs = 24;
    for (unsigned offset = 0; offset < kOffsets; offset++) {
      auto o = options(0xc5);
      o.config = config;
      o.read.latency = 20;
      o.write.latency = 1;
      o.backpressure = offset % 3 == 0 ? "1of:6" : offset % 3 == 1 ? "1of:2" : "stall:40@3";
      VMSO_SAY_HOW(o);
      System s(o);
      for (unsigned i = 0; i < kJobs; i++) {
        JobSpec spec = frame_job(64);
        spec.doorbell = false;
        s.post(0, spec);
      }
      s.doorbell(0);
      REQUIRE(s.run_until([&] { return s.sink.beats > 0; }, 5000));
      s.steps(offset);
      s.write32(VMSO_REG_CONTROL, VMSO_REG_CONTROL_SOFT_RESET_bm);
      uint64_t end = s.now() + 5000;
      while (s.read32(VMSO_REG_STATUS) & VMSO_REG_STATUS_RESET_BUSY_bm) REQUIRE(s.now() < end);
      size_t before = s.frames().size();
      s.steps(500);  // what the output FIFO kept leaves after the reset
      INFO("soft reset " << offset << " cycles after the first beat");
      std::vector<bool> left(kJobs);
      for (const StreamFrame &frame : s.frames()) {
        REQUIRE(frame.slot < kJobs);
        left[frame.slot] = true;
        CHECK(frame.bytes == frame_job(64).payload);
      }
      for (const Completion &c : s.completions(0)) {
        REQUIRE(c.ok());
        CHECK(left[c.consumer - 1u]);
        said_ok++;
      }
      late += s.frames().size() > before;
      not_all += s.completions(0).size() < kJobs;
      CHECK(s.findings().report() == "");
    }
    CHECK(said_ok > 100);
    CHECK(late > 5);
    CHECK(not_all > 50);
  }
}

TEST_CASE("Soft resets in any cycle of mixed traffic break nothing before or after",
          "[system][reset]") {
  for (Config config : {Config::kSmall, Config::kDefault}) {
    auto o = options(0xc7);
    o.config = config;
    o.queues = 4;
    o.processes = 2;
    o.read.order = ReadOrder::kInterleaved;
    o.read.jitter = 30;
    o.write.jitter = 40;
    o.keep_frames = false;
    VMSO_SAY_HOW(o);
    System s(o);
    Random random(o.seed, "soft resets");
    for (unsigned i = 0; i < 30; i++) {
      s.sink.pattern = Backpressure::parse(std::array{"none", "1of:5", "random:0.3"}.at(i % 3));
      for (unsigned j = 0; j < 12; j++) {
        size_t bytes = 60 + random.below(random.below(4) ? 100 : 9000);
        s.post(j % 4, random.below(2) ? tcp_job(bytes) : frame_job(std::min<size_t>(bytes, 1500)));
      }
      s.steps(random.below(1500));
      INFO("soft reset " << i);
      s.soft_reset();
      CHECK(s.findings().report() == "");
    }
    for (unsigned j = 0; j < 8; j++) s.post(j % 4, tcp_job(9000));
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("A soft reset needs no MAC for frames that are whole in the output FIFO",
          "[system][reset]") {
  auto o = options(0xc6, "wide");
  VMSO_SAY_HOW(o);
  System s(o);
  s.sink.hold = true;
  for (unsigned i = 0; i < 8; i++) s.post(0, frame_job(64));
  s.steps(5000);
  size_t said_ok = s.completions(0).size();
  CHECK(said_ok == 4);
  s.write32(VMSO_REG_CONTROL, VMSO_REG_CONTROL_SOFT_RESET_bm);
  uint64_t end = s.now() + 2000;
  while (s.read32(VMSO_REG_STATUS) & VMSO_REG_STATUS_RESET_BUSY_bm) REQUIRE(s.now() < end);
  CHECK(s.frames().empty());
  s.sink.hold = false;
  s.steps(200);
  CHECK(s.frames().size() == said_ok);
}

TEST_CASE("Two queues with work share the wire by weight", "[queue][fair][system]") {
  for (Config config : {Config::kSmall, Config::kDefault, Config::kWide}) {
    auto o = options(0xc3);
    o.config = config;
    o.queues = 2;
    o.weights = {1, 4};
    o.keep_frames = false;
    VMSO_SAY_HOW(o);
    System s(o);
    for (unsigned i = 0; i < 160; i++) {
      JobSpec spec = tcp_job(14480);
      spec.doorbell = false;
      s.post(i % 2, spec);
    }
    s.doorbell(0);
    s.doorbell(1);
    REQUIRE(s.run_until([&] { return s.completions(1).size() >= 72; }, 1000000));
    size_t others = s.completions(0).size();  // 18, and a turn more or less
    CHECK(others >= 16);
    CHECK(others <= 20);
    VMSO_CHECK_CLEAN(s);
  }
}

TEST_CASE("vmso_tune sets what a latency asks for and refuses what no engine has", "[driver]") {
  auto o = options(0xc4);
  VMSO_SAY_HOW(o);
  System s(o);
  auto tuned = [&] {
    return std::pair(s.read32(VMSO_REG_READ_WINDOW), s.read32(VMSO_REG_STORE_LIMIT));
  };
  unsigned longest = s.device().max_frame, bus = s.config().bus_bytes();
  auto frames = [&](unsigned bytes) { return 5 * ((bytes + bus - 1) / bus); };
  s.check(vmso_tune(&s.device(), 100, false, 1514), "tune");
  CHECK(tuned() == std::pair(124u, 132 + frames(1514)));
  s.check(vmso_tune(&s.device(), 100, true, 1514), "tune");
  CHECK(tuned() == std::pair(149u, 268 + frames(1514)));
  s.check(vmso_tune(&s.device(), 0, false, longest), "tune");
  CHECK(tuned() == std::pair(24u, 32 + frames(longest)));
  CHECK(vmso_tune(&s.device(), 100, false, longest + 1) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_tune(&s.device(), 16384, false, 1514) == VMSO_ERR_ARGUMENT);
  CHECK(tuned() == std::pair(24u, 32 + frames(longest)));
  s.check(vmso_tune(&s.device(), 16383, true, longest), "tune");
  CHECK(tuned() == std::pair(20502u, 4095u));  // all rows that the register can name
  s.post(0, tcp_job(60000));
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("A full completion ring holds jobs back and loses nothing", "[completion]") {
  auto o = options(0xd0);
  o.log2_completions = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  s.auto_ack = false;
  for (unsigned i = 0; i < 10; i++) s.post(0, tcp_job(1000));
  s.steps(20000);
  CHECK(s.completions(0).size() < 4);  // one place stays free for a ring error
  while (s.completions(0).size() < 10) {
    size_t have = s.completions(0).size();
    vmso_ring_ack(&s.ring(0));
    REQUIRE(s.run_until([&] { return s.completions(0).size() > have; }, 100000));
    s.steps(5000);
  }
  s.auto_ack = true;
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("A frame waits for a stopped MAC and leaves without a gap", "[stream]") {
  auto o = options(0xd1);
  VMSO_SAY_HOW(o);
  System s(o);
  s.sink.hold = true;
  for (unsigned i = 0; i < 4; i++) s.post(0, tcp_job(60000));
  s.steps(10000);
  CHECK(s.sink.frames == 0);
  s.sink.hold = false;
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("The ring wraps many times and indices run on", "[ring]") {
  auto o = options(0xd2);
  o.log2_slots = 2;
  o.log2_completions = 1;
  o.keep_frames = false;
  VMSO_SAY_HOW(o);
  System s(o);
  for (unsigned i = 0; i < 200; i++) {
    JobSpec spec = tcp_job(200 + i);
    spec.buffers = 1 + i % 9;
    s.post(0, spec);
  }
  VMSO_CHECK_CLEAN(s);
}

}  // namespace vmso::test
