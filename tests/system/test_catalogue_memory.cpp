// SPDX-License-Identifier: Apache-2.0
// GEO of the catalogue: where payload and headers lie in memory. In every configuration, as the
// width of the bus makes the corners.
#include <algorithm>

#include "catalogue_run.hpp"

namespace vmso::test {
namespace {

constexpr unsigned kLine = 64;            // bytes of a cache line
constexpr unsigned kRuns = 32;            // pieces of a segment that need no gathering
constexpr unsigned kMostTlbLines = 2048;  // of the largest configuration, eight pages each

JobSpec in_one_buffer(size_t bytes, std::optional<unsigned> offset = {}) {
  JobSpec spec = job_of(tcp_request(base_tcp(), bytes));
  spec.buffers = 1;
  spec.offset = offset;
  return spec;
}

JobSpec cut_at(size_t bytes, std::vector<uint32_t> cuts) {
  JobSpec spec = in_one_buffer(bytes);
  spec.cuts = std::move(cuts);
  return spec;
}

// Jobs of the same request: each has the frames that the kernel makes of it.
void check_same(EngineRun &run, size_t bytes) {
  Request r = tcp_request(base_tcp(), bytes);
  Frames expected = referee::reference_frames(r);
  check_kernel(r, expected);
  for (const Outcome &outcome : run.finish()) {
    CHECK(outcome.completion.ok());
    CHECK(outcome.frames == expected);
  }
}

// A plain frame or one with a checksum, cut as asked for; what leaves is the same bytes.
void check_cut_frame(const char *config, std::vector<uint32_t> cuts) {
  Request r = tcp_request(base_tcp(), 900);
  SuperPacket whole = referee::super_packet(r);
  EngineRun run(options(0x6e05, config));
  for (vmso_kind kind : {VMSO_KIND_FRAME, VMSO_KIND_CSUM}) {
    JobSpec spec;
    spec.kind = kind;
    spec.payload = whole.frame;
    spec.cuts = cuts;
    spec.cuts.push_back(uint32_t(whole.frame.size()) -
                        std::accumulate(cuts.begin(), cuts.end(), 0u));
    spec.csum_start = 34;
    spec.csum_offset = 16;
    run.post(spec);
  }
  auto outcomes = run.finish();
  CHECK(outcomes.at(0).frames == Frames{whole.frame});
  CHECK(referee::disagreement(request_of(whole), outcomes.at(1).frames) == "");
}

// Two neighbouring pages of a size, mapped by hand, and a buffer across their common edge.
UserBuffer across_big_pages(System &s, PageSize size, std::span<const uint8_t> bytes,
                            size_t before) {
  AddressSpace &space = s.process().space();
  const uint64_t page = uint64_t{1} << unsigned(size), first = 3 * page;
  uint64_t pa[2];
  for (unsigned i = 0; i < 2; i++) {
    pa[i] = space.take_frame(size);
    space.map(first + i * page, pa[i], size);
  }
  auto put = [&](uint64_t at, std::span<const uint8_t> part) {
    for (uint64_t p = at / kFrameBytes; p <= (at + part.size() - 1) / kFrameBytes; p++)
      s.memory.make(p * kFrameBytes, FrameKind::kUser, s.process().id());
    s.memory.write(at, part);
  };
  put(pa[0] + page - before, bytes.first(before));
  put(pa[1], bytes.subspan(before));
  return {first + page - before, uint32_t(bytes.size())};
}

// A buffer that ends at an edge of the addresses, and some that go on behind it.
void check_edges(const char *config) {
  constexpr size_t kBytes = 9000;
  SystemOptions o = options(0x6e07, config);
  VMSO_SAY_HOW(o);
  EngineRun run(o);
  Process &process = run.system().process();
  uint64_t end = format_of(o.space.format).last_va + 1;
  for (uint64_t edge : {uint64_t{1} << 32, uint64_t{1} << 40, end}) {
    for (uint64_t beyond : {0u, 1u, 4500u}) {
      if (edge == end && beyond > 0) continue;
      JobSpec spec = in_one_buffer(kBytes);
      spec.placed = {process.place_at(edge + beyond - kBytes, spec.payload)};
      run.post(spec);
      check_same(run, kBytes);
      process.unmap(spec.placed[0]);
      run.system().fence(process, spec.placed[0]);
      process.reclaim(spec.placed[0]);
    }
  }
}

}  // namespace

TEST_CASE("GEO-01: payload from each byte of a cache line, of even and odd length",
          "[catalogue][geo]") {
  for (const char *config : kEveryConfig) {
    for (size_t bytes : {3000u, 3001u}) {
      SystemOptions o = options(0x6e01, config);
      VMSO_SAY_HOW(o);
      EngineRun run(o);
      for (unsigned at = 0; at < kLine; at++) run.post(in_one_buffer(bytes, kLine + at));
      check_same(run, bytes);
    }
  }
}

TEST_CASE("GEO-02: payload crosses a page at every byte of its first and of its last word",
          "[catalogue][geo]") {
  constexpr size_t kBytes = 3001;
  for (const char *config : kEveryConfig) {
    SystemOptions o = options(0x6e02, config);
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    for (unsigned at = 1; at <= run.system().config().bus_bytes(); at++) {
      run.post(in_one_buffer(kBytes, unsigned(kFrameBytes - at)));
      run.post(in_one_buffer(kBytes, unsigned(kFrameBytes + at - kBytes)));
    }
    check_same(run, kBytes);
  }
}

TEST_CASE("GEO-03: payload gathered from 1448 fragments of one byte", "[catalogue][geo]") {
  for (const char *config : kEveryConfig) {
    SystemOptions o = options(0x6e03, config);
    o.log2_slots = 11;
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    run.post(cut_at(1448, std::vector<uint32_t>(1448, 1)));
    check_same(run, 1448);
    for (unsigned fragment : {1u, 2u, 3u, 7u, 44u}) {  // the one in the middle alone
      std::vector<uint32_t> cuts = {1448};
      for (unsigned left = 1448; left > 0; left -= cuts.back())
        cuts.push_back(std::min(fragment, left));
      cuts.push_back(1500);
      run.post(cut_at(4396, cuts));
    }
    check_same(run, 4396);
  }
}

TEST_CASE("GEO-03: a segment of as many pieces as go without the gather lane, less and more",
          "[catalogue][geo]") {
  for (const char *config : kEveryConfig) {
    SystemOptions o = options(0x6e13, config);
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    for (uint32_t pieces = kRuns - 2; pieces <= kRuns + 2; pieces++) {
      std::vector<uint32_t> cuts(pieces - 1, 3);
      cuts.push_back(3000 - 3 * (pieces - 1));
      run.post(cut_at(3000, cuts));
    }
    check_same(run, 3000);
  }
}

TEST_CASE("GEO-04: payload on more pages than any TLB holds lines, none beside the other",
          "[catalogue][geo]") {
  constexpr size_t kPiece = 48, kPieces = 30, kStride = 8 * kFrameBytes;  // a line of its own
  for (const char *config : kEveryConfig) {
    SystemOptions o = options(0x6e04, config);
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    Request r = tcp_request(base_tcp(), kPiece * kPieces);
    std::vector<JobSpec> jobs;
    for (uint64_t page = 0, va = 1 << 30; page <= kMostTlbLines; page += kPieces) {
      JobSpec spec = job_of(r);
      for (size_t i = 0; i < kPieces; i++, va += kStride) {
        auto piece = std::span(r.payload).subspan(i * kPiece, kPiece);
        spec.placed.push_back(run.system().process().place_at(va + 5, piece));
      }
      jobs.push_back(spec);
    }
    for (unsigned again = 0; again < 2; again++) {
      for (const JobSpec &spec : jobs) run.post(spec);
    }
    Frames expected = referee::reference_frames(r);
    check_kernel(r, expected);
    for (const Outcome &outcome : run.finish()) CHECK(outcome.frames == expected);
  }
}

TEST_CASE("GEO-05: headers in one, two and three buffers and a template across a page",
          "[catalogue][geo]") {
  for (const char *config : kEveryConfig) {
    for (const std::vector<uint32_t> &cuts : {std::vector<uint32_t>{66},
                                              {70},
                                              {14, 52},
                                              {1, 65},
                                              {1, 1, 64},
                                              {14, 20, 32},
                                              {33, 1, 32},
                                              {65, 1, 1},
                                              {13, 2, 51},
                                              std::vector<uint32_t>(66, 1)}) {
      check_cut_frame(config, cuts);
    }
    SystemOptions o = options(0x6e15, config);
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    System &s = run.system();
    Request r = tcp_request(base_tcp(), 3000);
    for (size_t before = 1; before < r.job.header.size(); before++) {
      JobSpec spec = job_of(r);
      spec.doorbell = false;
      UserBuffer header = s.process().place(spec.header.bytes, unsigned(kFrameBytes - before));
      Posted posted = run.post(spec);
      change_slot(s, posted, [&](vmso_first_slot &slot) {
        vmso_first_slot_set_template_addr(&slot, header.va);
        vmso_first_slot_set_template_space(&slot, kUserSpace);
      });
      s.doorbell(0);
    }
    check_same(run, 3000);
  }
}

TEST_CASE("GEO-06: fragments of up to eight bytes at odd addresses, and such a last buffer",
          "[catalogue][geo]") {
  constexpr uint32_t kBytes = 3001;
  for (const char *config : kEveryConfig) {
    SystemOptions o = options(0x6e06, config);
    VMSO_SAY_HOW(o);
    EngineRun run(o);
    for (uint32_t fragment = 1; fragment <= 8; fragment++) {
      for (uint32_t last = 1; last <= 6; last++) {
        JobSpec spec = cut_at(kBytes, {700, fragment, 745 - fragment, fragment, fragment,
                                       kBytes - 1445 - 2 * fragment - last, last});
        spec.offset = 2 * fragment + 1;
        run.post(spec);
      }
    }
    check_same(run, kBytes);
  }
}

TEST_CASE("GEO-07: payload up to and across 4 GiB and 2^40, to the last address, and not beyond",
          "[catalogue][geo]") {
  for (const char *config : kEveryConfig) {
    check_edges(config);
    const BadJob wraps[] = {
        {"wraps", in_one_buffer(3000), VMSO_STATUS_ADDR_WRAP,
         [](vmso_first_slot &f) { vmso_first_slot_set_buffer0_addr(&f, 0 - uint64_t{2999}); }}};
    check_bad_jobs(wraps, config);
  }
}

TEST_CASE("GEO-08: a page that is missing in segment k, at its first or at its last byte",
          "[catalogue][geo]") {
  constexpr size_t kMss = 1448, kSegments = 10;
  for (const char *config : kEveryConfig) {
    for (size_t k : {size_t{0}, size_t{1}, size_t{5}, kSegments - 1}) {
      for (size_t at : {k * kMss, k * kMss + kMss - 1}) {
        SystemOptions o = options(0x6e08, config);
        VMSO_SAY_HOW(o);
        INFO(fmt::format("segment {}, payload byte {}", k, at));
        EngineRun run(o);
        System &s = run.system();
        JobSpec spec = in_one_buffer(kSegments * kMss);
        UserBuffer b = s.process().place(spec.payload, unsigned(-at % kFrameBytes));
        REQUIRE((b.va + at) % kFrameBytes == 0);
        REQUIRE(s.process().page_out(b.va + at));
        spec.placed = {b};
        spec.may_fail = true;
        run.post(spec);
        run.post(in_one_buffer(3000));
        auto outcomes = run.finish();
        const Completion &c = outcomes.at(0).completion;
        CHECK(c.status == VMSO_STATUS_FAULT);
        CHECK(c.cause == VMSO_CAUSE_NOT_PRESENT);
        CHECK(c.va == b.va + at);
        CHECK(c.segments == k);
        CHECK(c.bytes == k * kMss);
        CHECK(outcomes[0].frames.size() == k);
        CHECK(outcomes[1].completion.ok());
      }
    }
  }
}

TEST_CASE("GEO-09: a payload length that is not the sum of the buffers is an error",
          "[catalogue][geo]") {
  auto more = [](vmso_first_slot &f) { vmso_first_slot_set_payload_bytes(&f, 3001); };
  auto less = [](vmso_first_slot &f) { vmso_first_slot_set_payload_bytes(&f, 2999); };
  JobSpec one = in_one_buffer(3000), two = one, chain = one;
  two.buffers = 2;
  chain.buffers = 9;
  for (const char *config : kEveryConfig) {
    const BadJob bad[] = {{"one buffer, +1", one, VMSO_STATUS_SUM_MISMATCH, more},
                          {"one buffer, -1", one, VMSO_STATUS_SUM_MISMATCH, less},
                          {"two buffers, +1", two, VMSO_STATUS_SUM_MISMATCH, more},
                          {"two buffers, -1", two, VMSO_STATUS_SUM_MISMATCH, less}};
    check_bad_jobs(bad, config);
    SystemOptions o = options(0x6e09, config);
    VMSO_SAY_HOW(o);
    for (auto spoil : {+more, +less}) {  // of a chain frames may have been sent by then
      EngineRun run(o);
      chain.may_fail = true;
      chain.doorbell = false;
      change_slot(run.system(), run.post(chain), spoil);
      run.post(one);
      auto outcomes = run.finish();
      CHECK(outcomes.at(0).completion.status == VMSO_STATUS_SUM_MISMATCH);
      CHECK(outcomes.at(0).frames.size() < 3);
      CHECK(outcomes.at(1).completion.ok());
    }
  }
}

TEST_CASE("GEO-10: payload across the edge of two large pages of every size", "[catalogue][geo]") {
  constexpr size_t kBytes = 9001;
  size_t sizes = 0;
  for (const char *config : kEveryConfig) {
    for (const Format &format : formats()) {
      for (const Format::Page &page : format.pages) {
        if (page.size == PageSize::k4K || unsigned(page.size) > 30) continue;
        SystemOptions o = options(0x6e10, config);
        o.space = {.format = format.code, .page = page.size};
        VMSO_SAY_HOW(o);
        INFO(format.option << ' ' << page_option(page.size));
        EngineRun run(o);
        System &s = run.system();
        JobSpec spec = in_one_buffer(kBytes);
        spec.placed = {across_big_pages(s, page.size, spec.payload, 4321)};
        run.post(spec);
        check_same(run, kBytes);
        sizes++;
      }
    }
  }
  CHECK(sizes >= 3 * 8);
}

}  // namespace vmso::test
