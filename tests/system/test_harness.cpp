// SPDX-License-Identifier: Apache-2.0
// The harness judges the engine; these cases judge the harness, without an engine.
#include <deque>
#include <map>

#include "check/changes.hpp"
#include "check/frame.hpp"
#include "check/scoreboard.hpp"
#include "check/walker.hpp"
#include "system_test.hpp"

namespace vmso::test {
namespace {

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
        h.extension_headers = destination_options(2);
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

TEST_CASE("The difference of two frames names the field", "[harness]") {
  auto payload = pattern(100);
  auto name = [&](const reference::Job &job, size_t at) {
    auto good = reference::frame(job, 0, std::span(payload).first(50)), bad = good;
    bad[at] ^= 1;
    Changes c = changes_of(job);
    return frame_difference(good, bad, c.fields, c.header_bytes).text;
  };
  auto job = reference_job({}, payload.size(), 50);
  CHECK_THAT(name(job, 18), ContainsSubstring("(IPv4 id)"));
  CHECK_THAT(name(job, 24), ContainsSubstring("(IPv4 header checksum)"));
  CHECK_THAT(name(job, 38), ContainsSubstring("(TCP sequence number)"));
  CHECK_THAT(name(job, 46), ContainsSubstring("nothing changes"));
  CHECK_THAT(name(job, 47), ContainsSubstring("(TCP flags)"));
  CHECK_THAT(name(job, 50), ContainsSubstring("(TCP checksum)"));
  CHECK_THAT(name(job, 22), ContainsSubstring("nothing changes"));
  CHECK_THAT(name(job, 54 + 17), ContainsSubstring("payload byte 17"));
  job.flag_masks[1] = 0x0ff;
  CHECK_THAT(name(job, 46), ContainsSubstring("(TCP offset and flags)"));
  job.vlan = reference::VlanTag{};
  CHECK_THAT(name(job, 42), ContainsSubstring("(TCP sequence number)"));
  CHECK_THAT(name(job, 12), ContainsSubstring("nothing changes"));
  CHECK_THAT(name(job, 58 + 17), ContainsSubstring("payload byte 17"));

  Template t = tunnel_template({}, udp_template({}));
  job = reference::Job{.kind = VMSO_KIND_UDP_SEG, .header = t.bytes, .l3 = t.l3, .l4 = t.l4};
  job.payload_bytes = payload.size();
  job.mss = 50;
  job.outer_l3 = t.outer_l3;
  job.outer_l4 = t.outer_l4;
  CHECK_THAT(name(job, 16), ContainsSubstring("(outer IPv4 total length)"));
  CHECK_THAT(name(job, 38), ContainsSubstring("(outer UDP length)"));
  CHECK_THAT(name(job, 40), ContainsSubstring("(outer UDP checksum)"));
  CHECK_THAT(name(job, 42), ContainsSubstring("nothing changes"));
  CHECK_THAT(name(job, 50 + 18), ContainsSubstring("(inner IPv4 id)"));
  CHECK_THAT(name(job, 50 + 38), ContainsSubstring("(UDP length)"));
  CHECK_THAT(name(job, 50 + 40), ContainsSubstring("(UDP checksum)"));
}

TEST_CASE("The scoreboard holds every frame against its template too", "[harness]") {
  auto payload = pattern(100);
  Findings findings;
  Scoreboard board(1, findings);
  ExpectedJob expected;
  expected.job = reference_job({}, payload.size(), 50);
  expected.payload = {payload};
  board.post(expected);
  StreamFrame frame;
  frame.bytes = reference::frame(expected.job, 0, std::span(payload).first(50));
  board.frame(frame);
  CHECK(findings.report() == "");
  frame.bytes = reference::frame(expected.job, 1, std::span(payload).subspan(50));
  frame.bytes[22] ^= 1;
  board.frame(frame);
  CHECK(findings.count() == 2);
  CHECK_THAT(findings.report(), ContainsSubstring("header byte 22 is 41, the template has 40, and "
                                                  "no rule changes it"));
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

namespace {

std::vector<reference::Window> all_zones() {
  std::vector<reference::Window> windows;
  for (const FrameZone &zone : frame_zones()) windows.push_back({zone.base, zone.last});
  return windows;
}

struct Built {
  PhysicalMemory memory;
  FrameAllocator frames{Random(1, "frames")};
  AddressSpace space;
  reference::Context context;
  std::vector<reference::Window> windows = all_zones();

  explicit Built(const SpaceOptions &o)
      : space(memory, frames, o, Random(2, "space")), context(context_of(space)) {}
  reference::Walk walk(uint64_t va) { return reference::walk(memory, context, windows, va); }
};

}  // namespace

TEST_CASE("The reference walker finds what the address space maps in every format", "[harness]") {
  unsigned pages = 0;
  for (const SpaceOptions &o : all_spaces()) {
    if (o.format == VMSO_FORMAT_IDENTITY) continue;
    Built b(o);
    Random random(3, "addresses");
    const Format &f = b.space.format();
    INFO(described(o));
    std::map<uint64_t, uint64_t> mapped;
    uint64_t bytes = page_bytes(o.page), last = f.last_va / bytes * bytes;
    for (unsigned i = 0; i < 200; i++) {
      uint64_t va = random.below(f.last_va) / bytes * bytes;
      if (i == 0) va = 0;
      if (i == 1) va = last;
      if (i % 4 == 3) va = std::min(last, mapped.rbegin()->first + bytes);  // a neighbour
      if (mapped.contains(va)) continue;
      if (o.page == PageSize::k4M && mapped.size() > 60) break;
      if (o.page == PageSize::k256T && mapped.size() > 20) break;
      b.space.map(va, mapped[va] = b.space.take_frame(o.page), o.page);
    }
    for (auto [va, pa] : mapped) {
      for (uint64_t offset : {uint64_t{0}, bytes - 1, random.below(bytes), random.below(bytes)}) {
        auto walk = b.walk(va + offset);
        INFO(fmt::format("{:#x}", va + offset));
        REQUIRE(vmso_cause_name(walk.cause) == std::string("NONE"));
        REQUIRE(walk.pa == pa + offset);
        REQUIRE(walk.level == page_level(o.page));
        REQUIRE(walk.steps.size() == f.levels - page_level(o.page));
        for (const auto &step : walk.steps) {
          REQUIRE(step.entry_at == *b.space.entry_at(va + offset, step.level));
          REQUIRE(step.entry == b.space.read_entry(step.entry_at));
        }
      }
      if (va + bytes <= f.last_va && !mapped.contains(va + bytes))
        REQUIRE(b.walk(va + bytes).cause == VMSO_CAUSE_NOT_PRESENT);
    }
    CHECK_THROWS_WITH(b.space.map(mapped.begin()->first + 1, 0, o.page),
                      ContainsSubstring("aligned"));
    for (auto [va, pa] : mapped) {
      b.space.unmap(va, o.page);
      for (uint64_t at = va; at < va + bytes && o.page == PageSize::k64K; at += kFrameBytes)
        REQUIRE(b.walk(at).cause == VMSO_CAUSE_NOT_PRESENT);
      REQUIRE(b.walk(va).cause == VMSO_CAUSE_NOT_PRESENT);
      CHECK_THROWS_WITH(b.space.unmap(va, o.page), ContainsSubstring("no page"));
    }
    pages += unsigned(mapped.size());
  }
  CHECK(pages > 5000);
}

TEST_CASE("The bits that are nobody's business take both values and the others do not",
          "[harness]") {
  for (const SpaceOptions &o : all_spaces()) {
    if (o.format == VMSO_FORMAT_IDENTITY) continue;
    const Format &f = format_of(o.format);
    INFO(described(o));
    struct Seen {  // bits that were 1, bits that were 0
      uint64_t ones = 0, zeros = 0;
    };
    std::array<Seen, 5> seen;  // by level
    uint64_t bytes = page_bytes(o.page), va = f.last_va / bytes * bytes;
    for (unsigned i = 0; i < 60; i++) {
      PhysicalMemory memory;
      FrameAllocator frames(Random(i, "frames"));
      AddressSpace space(memory, frames, o, Random(i, "space"));
      space.map(va, space.take_frame(o.page), o.page);
      for (unsigned level = page_level(o.page); level < f.levels; level++) {
        uint64_t entry = space.read_entry(*space.entry_at(va, level));
        seen[level].ones |= entry;
        seen[level].zeros |= ~entry;
      }
    }
    uint64_t width = f.entry_bytes == 4 ? 0xffffffff : ~uint64_t{0};
    uint64_t number = ((uint64_t{1} << (f.most_pa_bits - 12)) - 1) << f.frame_shift;
    for (unsigned level = page_level(o.page); level < f.levels; level++) {
      bool leaf = level == page_level(o.page);
      const Format::Bits &bits = !leaf ? f.pointer : level ? f.large : f.page;
      uint64_t free = bits.free;
      if (leaf && o.page == PageSize::k64K) free &= ~f.run;
      for (const Format::Extra &e : f.extras) {
        if (o.features.*e.feature == e.on) free |= leaf ? e.leaf : e.pointer;
      }
      uint64_t both = seen[level].ones & seen[level].zeros;
      INFO(fmt::format("level {} free {:#x} both {:#x}", level, free, both));
      CHECK((free & ~both) == 0);
      CHECK((both & ~free & ~number & width) == 0);
      CHECK((seen[level].zeros & bits.ones) == 0);
    }
  }
}

TEST_CASE("Pages of every format are moved and split and joined", "[harness]") {
  for (const SpaceOptions &o : all_spaces()) {
    if (o.format == VMSO_FORMAT_IDENTITY) continue;
    Built b(o);
    const Format &f = b.space.format();
    INFO(described(o));
    uint64_t bytes = page_bytes(o.page), va = f.first_va / bytes * bytes;
    uint64_t pa = b.space.take_frame(o.page);
    auto check = [&](uint64_t where, unsigned level) {
      for (uint64_t offset = 0; offset < bytes; offset += bytes / 16) {
        auto walk = b.walk(va + offset + 5);
        REQUIRE(walk.cause == VMSO_CAUSE_NONE);
        REQUIRE(walk.pa == where + offset + 5);
        REQUIRE(walk.level == level);
      }
    };
    b.space.map(va, pa, o.page);
    check(pa, page_level(o.page));
    uint64_t other = b.space.take_frame(o.page);
    b.space.move(va, other, o.page);
    check(other, page_level(o.page));
    if (o.page == PageSize::k4K) {
      CHECK_THROWS_WITH(b.space.split(va, o.page), ContainsSubstring("below"));
      continue;
    }
    PageSize less = b.space.split(va, o.page);
    CHECK(less < o.page);
    check(other, page_level(less));
    if (o.page != PageSize::k64K)
      CHECK_THROWS_WITH(b.space.split(va, o.page), ContainsSubstring("no page"));
    auto table = b.space.join(va, other, o.page);
    CHECK(table.has_value() == (o.page != PageSize::k64K));
    check(other, page_level(o.page));
    if (!table) continue;
    b.memory.release(*table);
    b.frames.give(*table);
    check(other, page_level(o.page));
  }
}

TEST_CASE("The reference walker names what is wrong with an x86-64 entry", "[harness]") {
  for (vmso_format format : {VMSO_FORMAT_X86_64_L4, VMSO_FORMAT_X86_64_L5}) {
    for (PageSize size : {PageSize::k4K, PageSize::k2M, PageSize::k1G}) {
      Built b({.format = format, .page = size});
      uint64_t va = (format == VMSO_FORMAT_X86_64_L5 ? uint64_t{0xa5} << 48 : 0) +
                    (uint64_t{3} << 39) + (uint64_t{1} << 30);
      uint64_t pa = b.space.take_frame(size);
      b.space.map(va, pa, size);
      auto cause = [&](uint64_t at) { return b.walk(at).cause; };
      INFO("page " << unsigned(size));
      CHECK(cause(va) == VMSO_CAUSE_NONE);
      CHECK(cause(va | uint64_t{1} << 63) == VMSO_CAUSE_VA_RANGE);
      uint64_t at = *b.space.entry_at(va, page_level(size)), entry = b.memory.read_word(at);
      b.memory.write_word(at, entry & ~AddressSpace::kUser);
      CHECK(cause(va) == VMSO_CAUSE_NO_USER);
      b.memory.write_word(at, entry & ~AddressSpace::kAccessed);
      CHECK(cause(va) == VMSO_CAUSE_ACCESS_FLAG);
      b.memory.write_word(at, entry | uint64_t{1} << 48);
      CHECK(cause(va) == VMSO_CAUSE_ADDR_WIDTH);
      b.memory.write_word(at, entry);
      b.windows = {{frame_zone(46).base, pa - 1}};
      CHECK(cause(va) != VMSO_CAUSE_NONE);
    }
  }
}

TEST_CASE("What a format does not have is refused by its name", "[harness]") {
  PhysicalMemory memory;
  FrameAllocator frames(Random(1, "frames"));
  auto make = [&](const SpaceOptions &o) {
    AddressSpace space(memory, frames, o, Random(2, "space"));
  };
  CHECK_THROWS_WITH(make({.format = VMSO_FORMAT_X86_32, .page = PageSize::k2M}),
                    ContainsSubstring("x86-32 has no pages of 2 MiB"));
  CHECK_THROWS_WITH(make({.format = VMSO_FORMAT_SV39, .page = PageSize::k512G}),
                    ContainsSubstring("Sv39 has no pages of 512 GiB"));
  CHECK_THROWS_WITH(make({.format = VMSO_FORMAT_X86_64_L4, .page = PageSize::k64K}),
                    ContainsSubstring("x86-64 has no pages of 64 KiB"));
  HostFeatures host;
  host.napot = host.pse = host.gb = false;
  CHECK_THROWS(make({.format = VMSO_FORMAT_SV57, .page = PageSize::k64K, .features = host}));
  CHECK_THROWS(make({.format = VMSO_FORMAT_X86_32, .page = PageSize::k4M, .features = host}));
  CHECK_THROWS(make({.format = VMSO_FORMAT_X86_64_L5, .page = PageSize::k1G, .features = host}));
  CHECK_THROWS_WITH(make({.format = VMSO_FORMAT_AARCH64, .pa_bits = 49}),
                    ContainsSubstring("32 to 48 bits"));
  CHECK_THROWS_WITH(make({.format = VMSO_FORMAT_OFF}), ContainsSubstring("code 0"));
  CHECK_THROWS_WITH(format_named("sv32"), ContainsSubstring("sv57, aarch64; did you mean 'sv39'?"));
  CHECK_THROWS_WITH(page_named(format_named("sv39"), "512g"), ContainsSubstring("2m or 1g"));
  CHECK_THROWS_WITH(page_named(format_named("identity"), "4k"), ContainsSubstring("no page size"));
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
  for (const SpaceOptions &o : all_spaces()) {
    PhysicalMemory memory;
    FrameAllocator frames(Random(1, "frames"));
    Process process(memory, frames, o, Random(4, "process"), 0);
    reference::Context context = context_of(process.space());
    size_t tables = memory.frames_in_use();
    INFO(described(o));
    for (unsigned round = 0; round < 50; round++) {
      auto bytes = pattern(1 + round * 997, round);
      UserBuffer b = process.place(bytes);
      CHECK(b.va % 2 == 1);
      std::vector<uint8_t> back(bytes.size());
      process.read(b.va, back);
      REQUIRE(back == bytes);
      for (uint64_t va : {b.va, b.va + b.bytes / 2, b.va + b.bytes - 1}) {
        auto walk = reference::walk(memory, context, all_zones(), va);
        REQUIRE(walk.cause == VMSO_CAUSE_NONE);
        REQUIRE(walk.pa == process.physical(va));
      }
      process.unmap(b);
      process.reclaim(b);
    }
    CHECK(memory.frames_in_use() < tables + 20);  // page tables only
  }
}

TEST_CASE("A small memory is used again and again and never given twice", "[harness]") {
  for (SpaceOptions o : {SpaceOptions{.format = VMSO_FORMAT_X86_32},
                         SpaceOptions{.format = VMSO_FORMAT_X86_32, .page = PageSize::k4M},
                         SpaceOptions{.format = VMSO_FORMAT_IDENTITY}}) {
    PhysicalMemory memory;
    FrameAllocator frames(Random(1, "frames"));
    Process process(memory, frames, o, Random(4, "process"), 0);
    std::deque<UserBuffer> open;
    INFO(described(o));
    for (unsigned round = 0; round < 30000; round++) {  // 600 MiB through 3 MiB
      open.push_back(process.place(pattern(100, round), unsigned(round % 4000 + 1)));
      if (round % 5 == 0) open.push_back(process.place(pattern(70001, round)));
      while (open.size() > 150) {
        process.unmap(open.front());
        process.reclaim(open.front());
        open.pop_front();
      }
    }
    CHECK(memory.frames_most() < 2000);
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

TEST_CASE("What a model says of a failing assertion is told in words", "[harness]") {
  const std::string error = "[7] %Error: f.sv: Assertion failed in TOP.vmso_sim.u_top.u_a.NoLoss: ";
  using Texts = std::vector<std::string>;
  CHECK(broken_assertions(error + "TOP.vmso_sim.u_top.u_a.NoLoss broken: left_q <= 6'd32\n" +
                          "%Error: f.sv:0: Verilog $stop\n" + error +
                          "TOP.top.u_a.u_b.Unique broken: !(a && b)\n") ==
        Texts{"assertion NoLoss of u_a is broken: left_q <= 6'd32",
              "assertion Unique of TOP.top.u_a.u_b is broken: !(a && b)"});
  CHECK(broken_assertions("[7] first\n" + error + "TOP.top.u_a.Unique broken: !(a && b)\nlast\n") ==
        Texts{"assertion Unique of TOP.top.u_a is broken: !(a && b)",
              "assertion of the RTL: [7] first\nlast"});
  CHECK(broken_assertions("something else") == Texts{"assertion of the RTL: something else"});
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
      post(job, payload, may_fail, 7, 300);
    }
    void post(const reference::Job &job, std::span<const uint8_t> payload, bool may_fail,
              uint64_t cookie, uint16_t slot, vmso_status refused = VMSO_STATUS_OK) {
      ExpectedJob e;
      e.cookie = cookie;
      e.queue = 2;
      e.slot = slot;
      e.job = job;
      e.payload = {payload};
      e.may_fail = may_fail;
      e.refused = refused;
      board.post(e);
    }
    void frame(const std::vector<uint8_t> &bytes, uint16_t slot = 300) {
      StreamFrame f;
      f.bytes = bytes;
      f.queue = 2;
      f.slot = slot;
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
  SECTION("its slot is another job's before it was judged") {
    Board b(job, payload, false);
    b.post(job, payload, false, 8, 300 + 256);
    for (auto &f : frames) b.frame(f);
    for (auto &f : frames) b.frame(f, 300 + 256);
    CHECK(b.findings.report() == "");
    b.frame(frames[2], 300 + 256);
    CHECK(b.findings.count() == 1);
  }
  SECTION("a job that breaks a rule is refused") {
    Board b(job, payload, false);
    b.post(job, payload, false, 8, 301, VMSO_STATUS_MSS_ZERO);
    for (auto &f : frames) b.frame(f);
    b.board.completion(2, {.cookie = 7, .segments = 3, .bytes = 300, .queue = 2, .consumer = 301});
    Completion refused{.cookie = 8, .status = VMSO_STATUS_MSS_ZERO, .queue = 2, .consumer = 302};
    SECTION("as it should be") {
      b.board.completion(2, refused);
      b.board.conclude();
      CHECK(b.findings.report() == "");
    }
    SECTION("with another reason") {
      refused.status = VMSO_STATUS_KIND;
      b.board.completion(2, refused);
      CHECK(b.findings.count() == 1);
    }
    SECTION("not at all, it sends") {
      b.frame(frames[0], 301);
      CHECK(b.findings.count() == 1);
    }
    SECTION("without a word") {
      b.board.conclude();
      CHECK(b.findings.count() == 1);
    }
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
