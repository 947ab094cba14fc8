// SPDX-License-Identifier: Apache-2.0
// The harness judges the engine; these cases judge the harness, without an engine.
#include "check/frame.hpp"
#include "check/reassembler.hpp"
#include "check/walker.hpp"
#include "system_test.hpp"

namespace vmso::test {
namespace {

reference::Job reference_job(const TcpHeaders &headers, size_t bytes, unsigned mss) {
  Template t = tcp_template(headers);
  reference::Job job;
  job.header = t.bytes;
  job.l3 = t.l3;
  job.l4 = t.l4;
  job.mss = mss;
  job.l4_mode = headers.l4_mode;
  job.payload_bytes = bytes;
  return job;
}

std::vector<std::vector<uint8_t>> all_frames(const reference::Job &job,
                                             std::span<const uint8_t> payload) {
  std::vector<std::vector<uint8_t>> frames;
  for (uint64_t k = 0; k < reference::segments(job); k++) {
    frames.push_back(
        reference::frame(job, k, payload.subspan(k * job.mss, reference::segment_bytes(job, k))));
  }
  return frames;
}

}  // namespace

TEST_CASE("Frames of the reference segmenter are good frames in all forms", "[harness]") {
  for (bool ipv6 : {false, true}) {
    for (vmso_l4_mode mode : {VMSO_L4_COMPUTE, VMSO_L4_SEED_NO_LEN, VMSO_L4_SEED_FULL}) {
      for (size_t bytes : {0u, 1u, 7u, 100u, 101u, 70001u}) {
        TcpHeaders h;
        h.ipv6 = ipv6;
        h.tags = unsigned(bytes % 3);
        h.extension_headers = 2;
        h.ip_options = {1, 1, 1, 0};
        h.tcp_options = timestamp_option();
        h.l4_mode = mode;
        h.payload_bytes = uint32_t(bytes);
        auto payload = pattern(bytes);
        INFO("ipv6 " << ipv6 << " mode " << mode << " bytes " << bytes);
        std::vector<uint8_t> received;
        uint32_t seq = h.seq;
        for (const auto &frame : all_frames(reference_job(h, bytes, 100), payload)) {
          ParsedFrame p = parse_frame(frame);
          REQUIRE(p.faults == std::vector<std::string>{});
          REQUIRE(p.tcp);
          REQUIRE(p.seq == seq);
          seq += uint32_t(p.payload.size());
          received.insert(received.end(), p.payload.begin(), p.payload.end());
        }
        CHECK(received == payload);
      }
    }
  }
}

TEST_CASE("A changed byte anywhere in a frame is seen by the parser or as wrong payload",
          "[harness]") {
  auto payload = pattern(333);
  TcpHeaders h;
  auto job = reference_job(h, payload.size(), 1000);
  auto frame = reference::frame(job, 0, payload);
  Findings findings;
  for (size_t i = 14; i < frame.size();
       i++) {  // the Ethernet header has no checksum before the FCS
    auto bad = frame;
    bad[i] ^= 0x40;
    Reassembler r(findings);
    r.add_flow({h.source_port, false, h.seq, h.ip_id, 1000, 1000, kAck, kPsh, 0, payload});
    r.frame(bad);
    INFO("byte " << i);
    CHECK_FALSE(r.complete());
  }
  Reassembler r(findings);
  r.add_flow({h.source_port, false, h.seq, h.ip_id, 1000, 1000, kAck, kPsh, 0, payload});
  r.frame(frame);
  CHECK(r.complete());
  r.frame(frame);
  CHECK_FALSE(r.complete());  // twice
}

TEST_CASE("The difference of two frames names the field", "[harness]") {
  auto payload = pattern(100);
  auto job = reference_job({}, payload.size(), 1000);
  auto good = reference::frame(job, 0, payload);
  auto name = [&](size_t at) {
    auto bad = good;
    bad[at] ^= 1;
    return frame_difference(good, bad, job.l3, job.l4, job.header.size());
  };
  CHECK_THAT(name(18), ContainsSubstring("IPv4 id"));
  CHECK_THAT(name(24), ContainsSubstring("IPv4 header checksum"));
  CHECK_THAT(name(38), ContainsSubstring("TCP sequence number"));
  CHECK_THAT(name(50), ContainsSubstring("TCP checksum"));
  CHECK_THAT(name(22), ContainsSubstring("nothing changes"));
  CHECK_THAT(name(54 + 17), ContainsSubstring("payload byte 17"));
}

TEST_CASE("Flags follow the masks and a lone segment keeps them all", "[harness]") {
  TcpHeaders h;
  h.flags = kAck | kPsh | kFin | kCwr;
  auto payload = pattern(300);
  auto flags = [&](size_t bytes) {
    std::vector<unsigned> all;
    for (const auto &f :
         all_frames(reference_job(h, bytes, 100), std::span(payload).first(bytes))) {
      all.push_back(parse_frame(f).flags);
    }
    return all;
  };
  CHECK(flags(300) == std::vector<unsigned>{kAck | kCwr, kAck, kAck | kPsh | kFin});
  CHECK(flags(100) == std::vector<unsigned>{kAck | kPsh | kFin | kCwr});
}

TEST_CASE("The reference walker finds what the address space maps and names what it does not",
          "[harness]") {
  for (unsigned levels : {4u, 5u}) {
    for (PageSize size : {PageSize::k4K, PageSize::k2M, PageSize::k1G}) {
      PhysicalMemory memory;
      FrameAllocator frames(Random(1, "frames"));
      AddressSpace space(memory, frames,
                         {levels == 5 ? VMSO_FORMAT_X86_64_L5 : VMSO_FORMAT_X86_64_L4},
                         Random(2, "space"));
      uint64_t va =
          (levels == 5 ? uint64_t{0xa5} << 48 : 0) + (uint64_t{3} << 39) + (uint64_t{1} << 30);
      uint64_t pa = frames.take(unsigned(size));
      space.map(va, pa, size);
      reference::Context context;
      context.format = levels == 5 ? VMSO_FORMAT_X86_64_L5 : VMSO_FORMAT_X86_64_L4;
      context.root = space.root();
      std::vector<reference::Window> windows{{frame_zone(46).base, frame_zone(46).last}};
      uint64_t offset = page_bytes(size) - 1;
      auto cause = [&](uint64_t at) { return reference::walk(memory, context, windows, at).cause; };
      auto walk = reference::walk(memory, context, windows, va + offset);
      INFO("levels " << levels << " page " << unsigned(size));
      CHECK(walk.cause == VMSO_CAUSE_NONE);
      CHECK(walk.pa == pa + offset);
      CHECK(walk.level == page_level(size));
      CHECK(walk.steps.size() == levels - page_level(size));
      CHECK(cause(va + offset + 1) == VMSO_CAUSE_NOT_PRESENT);
      CHECK(cause(va | uint64_t{1} << 63) == VMSO_CAUSE_VA_RANGE);
      uint64_t at = *space.entry_at(va, page_level(size)), entry = memory.read_word(at);
      memory.write_word(at, entry & ~AddressSpace::kUser);
      CHECK(cause(va) == VMSO_CAUSE_NO_USER);
      memory.write_word(at, entry & ~AddressSpace::kAccessed);
      CHECK(cause(va) == VMSO_CAUSE_ACCESS_FLAG);
      memory.write_word(at, entry | uint64_t{1} << 48);
      CHECK(cause(va) == VMSO_CAUSE_ADDR_WIDTH);
      memory.write_word(at, entry);
      windows[0].last = pa - 1;
      CHECK(cause(va) != VMSO_CAUSE_NONE);
      space.unmap(va, size);
    }
  }
}

TEST_CASE("Buffers are cut odd and cover the bytes", "[harness]") {
  Random random(3, "cuts");
  for (unsigned i = 0; i < 2000; i++) {
    uint64_t bytes = 1 + random.below(i < 1000 ? 40 : 70000);
    unsigned count = 1 + unsigned(random.below(20));
    auto cuts = cut_odd(bytes, count, random);
    REQUIRE(std::accumulate(cuts.begin(), cuts.end(), uint64_t{0}) == bytes);
    REQUIRE(cuts.size() <= count);
    for (size_t k = 0; k + 1 < cuts.size(); k++) REQUIRE(cuts[k] % 2 == 1);
  }
}

TEST_CASE("A process gives and takes memory and reads back what it holds", "[harness]") {
  for (PageSize size : {PageSize::k4K, PageSize::k2M, PageSize::k1G}) {
    PhysicalMemory memory;
    FrameAllocator frames(Random(1, "frames"));
    Process process(memory, frames, {.page = size}, Random(4, "process"), 0);
    size_t tables = memory.frames_in_use();
    for (unsigned round = 0; round < 50; round++) {
      auto bytes = pattern(1 + round * 997, round);
      UserBuffer b = process.place(bytes);
      CHECK(b.va % 2 == 1);
      std::vector<uint8_t> back(bytes.size());
      process.read(b.va, back);
      REQUIRE(back == bytes);
      process.unmap(b);
      process.reclaim(b);
    }
    INFO("page " << unsigned(size));
    CHECK(memory.frames_in_use() < tables + 20);  // page tables only
  }
}

TEST_CASE("A buffer can be placed where nothing is, and nowhere else", "[harness]") {
  PhysicalMemory memory;
  FrameAllocator frames(Random(1, "frames"));
  Process process(memory, frames, {}, Random(4, "process"), 0);
  auto bytes = pattern(4098);
  constexpr uint64_t kAt = 0x7000'0000'0000;
  UserBuffer b = process.place_at(kAt + 0xfff, bytes);  // three pages
  CHECK(b.va == kAt + 0xfff);
  std::vector<uint8_t> back(bytes.size());
  process.read(b.va, back);
  CHECK(back == bytes);
  for (uint64_t at : {kAt - 4096, kAt, kAt + 0x1000, kAt + 0x2fff}) {
    INFO(at);
    CHECK_THROWS_WITH(process.place_at(at, bytes), ContainsSubstring("in use"));
  }
  CHECK_NOTHROW(process.place_at(kAt + 0x3000, bytes));
  CHECK_NOTHROW(process.place_at(kAt - 0x2000, bytes));  // its last byte is on the page before
  CHECK_THROWS_WITH(process.place_at(kAt, {}), ContainsSubstring("at least one byte"));
  Process big(memory, frames, {.page = PageSize::k2M}, Random(5, "process"), 1);
  CHECK_THROWS_WITH(big.place_at(kAt, bytes), ContainsSubstring("4 KiB"));
}

TEST_CASE("Patterns of back pressure that do not exist are refused by name", "[harness]") {
  for (const char *text : {"", "nono", "random:1", "random:-1", "random:x", "1of:0", "1of:3x",
                           "stall:3", "stall:3@0"}) {
    INFO(text);
    CHECK_THROWS_WITH(Backpressure::parse(text), ContainsSubstring("--backpressure"));
  }
  for (const char *text : {"none", "random:0.5", "1of:3", "stall:100@7"}) {
    CHECK_NOTHROW(Backpressure::parse(text));
  }
}

TEST_CASE("The scoreboard sees missing and wrong frames and completions that do not fit",
          "[harness]") {
  auto payload = pattern(300);
  auto job = reference_job({}, payload.size(), 100);
  auto frames = all_frames(job, payload);
  struct Board {
    Findings findings;
    Scoreboard board{4, findings};
    Board(const reference::Job &job, std::span<const uint8_t> payload, bool may_fail) {
      board.set_ring(2, 8);
      ExpectedJob e;
      e.cookie = 7;
      e.queue = 2;
      e.slot = 300;
      e.job = job;
      e.payload = {payload};
      e.may_fail = may_fail;
      board.post(e);
    }
    void frame(const std::vector<uint8_t> &bytes) {
      StreamFrame f;
      f.bytes = bytes;
      f.queue = 2;
      f.slot = 300;
      board.frame(f);
    }
    void end(vmso_status status, uint32_t segments, uint32_t bytes) {
      Completion c;
      c.cookie = 7;
      c.queue = 2;
      c.status = status;
      c.segments = segments;
      c.bytes = bytes;
      c.consumer = 301;
      board.completion(2, c);
      board.conclude();
    }
  };
  SECTION("all is well") {
    Board b(job, payload, false);
    for (auto &f : frames) b.frame(f);
    b.end(VMSO_STATUS_OK, 3, 300);
    CHECK(b.findings.report() == "");
    CHECK(b.board.idle());
  }
  SECTION("a frame is missing") {
    Board b(job, payload, false);
    b.frame(frames[0]);
    b.frame(frames[2]);
    CHECK(b.findings.count() == 1);
    b.end(VMSO_STATUS_OK, 3, 300);
    CHECK(b.findings.count() > 1);
  }
  SECTION("a frame too many") {
    Board b(job, payload, false);
    for (auto &f : frames) b.frame(f);
    b.frame(frames[2]);
    CHECK(b.findings.count() == 1);
  }
  SECTION("a sound job fails") {
    Board b(job, payload, false);
    b.frame(frames[0]);
    b.end(VMSO_STATUS_BUS, 1, 100);
    CHECK(b.findings.count() == 1);
  }
  SECTION("a job that may fail tells the truth") {
    Board b(job, payload, true);
    b.frame(frames[0]);
    b.end(VMSO_STATUS_BUS, 1, 100);
    CHECK(b.findings.report() == "");
  }
  SECTION("a job that may fail lies") {
    Board b(job, payload, true);
    b.frame(frames[0]);
    b.end(VMSO_STATUS_BUS, 2, 200);
    CHECK(b.findings.count() == 1);
  }
}

}  // namespace vmso::test
