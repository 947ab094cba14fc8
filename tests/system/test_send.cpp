// SPDX-License-Identifier: Apache-2.0
// Whole files out of a process's memory, as `vmso send` does it: every frame compared with the
// reference, the stream put together again, every byte explained.
#include "app/sender.hpp"
#include "flow_kinds.hpp"
#include "system_test.hpp"

namespace vmso::test {
namespace {

struct Sent {
  std::vector<uint8_t> file;
  SendResult result;
  std::string report;
};

// `frames`: those that left, if it is wanted.
Sent send(const SendOptions &options, size_t bytes, std::vector<StreamFrame> *frames = nullptr) {
  Sent sent{pattern(bytes, options.system.seed), {}, {}};
  Sender sender(options, sent.file);
  if (frames) {
    sender.system().on_frame = [=, judge = sender.system().on_frame](const StreamFrame &frame) {
      frames->push_back(frame);
      judge(frame);
    };
  }
  sent.result = sender.run([](uint64_t) {});
  sent.report = sender.system().findings().report();
  return sent;
}

}  // namespace

#define VMSO_CHECK_SENT(sent)                                 \
  do {                                                        \
    CHECK((sent).report == "");                               \
    CHECK((sent).result.good);                                \
    CHECK((sent).result.payload_bytes == (sent).file.size()); \
    CHECK((sent).result.touched.payload_bytes == 0);          \
  } while (false)

TEST_CASE("A file of ten kilobytes arrives and every byte is explained once", "[send]") {
  for (const char *config : {"small", "default", "wide"}) {
    SendOptions o;
    o.system = options(0x10, config);
    o.explain = true;
    VMSO_SAY_HOW(o.system);
    Sent sent = send(o, 10007);
    VMSO_CHECK_SENT(sent);
    CHECK(sent.result.measured.frames == 7);
    uint64_t explained = 0;
    for (const LineagePiece &p : sent.result.lineage.pieces) explained += p.bytes;
    CHECK(explained == 10007);
    for (const LineageJob &job : sent.result.lineage.jobs) {
      CHECK(job.posted.buffers.size() >= 3);
      for (const UserBuffer &b : job.posted.buffers) CHECK(b.bytes % 2 == 1);
      CHECK(job.posted.buffers.front().va % kFrameBytes != 0);
      CHECK(job.posted.buffers.back().va % kFrameBytes != 0);
      CHECK(job.doorbell_at > 0);
      CHECK(job.slot_read_at > job.doorbell_at);
    }
  }
}

TEST_CASE("An empty file becomes one frame of headers", "[send]") {
  SendOptions o;
  o.system = options(0x11);
  VMSO_SAY_HOW(o.system);
  Sent sent = send(o, 0);
  VMSO_CHECK_SENT(sent);
  CHECK(sent.result.measured.frames == 1);
  CHECK(sent.result.measured.bytes == 66);
}

TEST_CASE("Files of few bytes arrive whatever the number of queues", "[send]") {
  for (size_t bytes : {1u, 2u, 3u, 5u, 60u}) {
    SendOptions o;
    o.system = options(0x12 + bytes);
    o.system.queues = 4;
    VMSO_SAY_HOW(o.system);
    INFO(bytes << " bytes");
    Sent sent = send(o, bytes);
    VMSO_CHECK_SENT(sent);
  }
}

TEST_CASE("Several jobs on several queues arrive in order with ids that go on", "[send]") {
  SendOptions o;
  o.system = options(0x13);
  o.system.queues = 3;
  o.job_bytes = 20000;
  VMSO_SAY_HOW(o.system);
  Sent sent = send(o, 250001);
  VMSO_CHECK_SENT(sent);
  CHECK(sent.result.jobs == 15);
}

TEST_CASE("Memory may be slower than the engine expects", "[send]") {
  for (unsigned jitter : {0u, 30000u}) {
    SendOptions o;
    o.system = options(0x18, "default");
    o.system.read.latency = 20000;  // a read is lost after 16384 cycles at reset
    o.system.read.jitter = jitter;
    VMSO_SAY_HOW(o.system);
    Sent sent = send(o, 70001);
    VMSO_CHECK_SENT(sent);
  }
}

TEST_CASE("Answers out of order and a slow MAC change nothing", "[send]") {
  for (ReadOrder order : {ReadOrder::kById, ReadOrder::kInterleaved}) {
    for (const char *pattern : {"random:0.4", "1of:3", "stall:200@50"}) {
      SendOptions o;
      o.system = options(0x14 + uint64_t(order));
      o.system.queues = 2;
      o.system.read.order = order;
      o.system.read.jitter = 300;
      o.system.read.ar_stall = 0.2;
      o.system.write.aw_stall = o.system.write.w_stall = 0.5;
      o.system.backpressure = pattern;
      VMSO_SAY_HOW(o.system);
      INFO(pattern);
      Sent sent = send(o, 100003);
      VMSO_CHECK_SENT(sent);
    }
  }
}

TEST_CASE("Every format arrives with every page size that it has", "[send][format]") {
  unsigned number = 0;
  for (const SpaceOptions &space : all_spaces()) {
    SendOptions o;
    o.system = options(0x1a + number);
    o.system.space = space;
    o.headers.ipv6 = number++ % 2;
    o.explain = true;
    VMSO_SAY_HOW(o.system);
    INFO(described(space));
    Sent sent = send(o, 70001);
    VMSO_CHECK_SENT(sent);
    CHECK(sent.result.faults == 0);
    for (const LineageJob &job : sent.result.lineage.jobs) {
      for (const LineagePage &page : job.pages) {
        CHECK(page.walk.empty() == (space.format == VMSO_FORMAT_IDENTITY));
        if (!page.walk.empty()) CHECK(page.level == page_level(space.page));
      }
    }
  }
  CHECK(number > 40);
}

TEST_CASE("Physical addresses of every width that a format can have arrive", "[send][format]") {
  for (const Format &f : formats()) {
    for (unsigned pa_bits : {32u, 39u, 46u, 48u, 52u, 56u}) {
      if (pa_bits > f.most_pa_bits || (f.pages.empty() && pa_bits < 46)) continue;
      SendOptions o;
      o.system = options(0x1e + pa_bits);
      o.system.space = {.format = f.code, .pa_bits = pa_bits};
      VMSO_SAY_HOW(o.system);
      INFO(f.option << " " << pa_bits);
      Sent sent = send(o, 20001);
      VMSO_CHECK_SENT(sent);
    }
  }
}

TEST_CASE("Eight processes of eight formats send at once", "[send][format]") {
  for (const char *config : {"default", "wide"}) {
    SendOptions o;
    o.system = options(0x1b, config);
    o.system.queues = o.system.processes = 8;
    for (const Format &f : formats()) {
      o.system.spaces.push_back({.format = f.code});
      if (!f.pages.empty()) o.system.spaces.back().page = f.pages.back().size;
    }
    if (config == std::string("default"))  // 4 KiB pages have more to fetch and to forget
      for (SpaceOptions &space : o.system.spaces) space.page = PageSize::k4K;
    o.system.read.order = ReadOrder::kInterleaved;
    o.system.read.jitter = 200;
    o.explain = true;
    VMSO_SAY_HOW(o.system);
    Sent sent = send(o, 500009);
    VMSO_CHECK_SENT(sent);
    uint64_t explained = 0;
    for (const LineagePiece &p : sent.result.lineage.pieces) explained += p.bytes;
    CHECK(explained == 500009);
  }
}

TEST_CASE("All formats and page sizes at once are fenced and used again", "[send][format][fence]") {
  SendOptions o;
  o.system = options(0x1c, "wide");
  o.system.queues = o.system.processes = 32;
  for (unsigned i = 0; i < 32; i++) {
    const Format &f = formats()[i % formats().size()];
    o.system.spaces.push_back({.format = f.code});
    if (!f.pages.empty())
      o.system.spaces.back().page = f.pages[i / formats().size() % f.pages.size()].size;
  }
  VMSO_SAY_HOW(o.system);
  Sent sent = send(o, Sender::kMapped + 5000001);
  VMSO_CHECK_SENT(sent);
  CHECK(sent.result.fences > 0);
}

// The first buffer lies on two large pages: two walks begin before either has cached anything, so
// what points at the leaves is read twice, each leaf once, and then nothing for the whole file.
TEST_CASE("Large pages of every format cost a table read for 256 small ones", "[send][format]") {
  unsigned sizes = 0;
  for (const SpaceOptions &space : all_spaces()) {
    if (page_level(space.page) == 0) continue;
    SendOptions o;
    o.system = options(0x1d, "default");
    o.system.space = space;
    VMSO_SAY_HOW(o.system);
    INFO(described(space));
    Sent sent = send(o, 1 << 20);
    VMSO_CHECK_SENT(sent);
    unsigned upper = format_of(space.format).levels - page_level(space.page) - 1;
    INFO(sent.result.table_reads << " table reads for " << sent.result.pages << " pages");
    CHECK(sent.result.table_reads <= (sent.result.pages + 255) / 256 + 2 * upper);
    sizes++;
  }
  CHECK(sizes == 32);
}

TEST_CASE("What a bus error cuts off is sent again and no byte twice", "[send][error]") {
  SendOptions o;
  o.system = options(0x16);
  o.system.queues = 2;
  o.system.read.error_rate = 0.01;
  o.job_bytes = 30000;
  VMSO_SAY_HOW(o.system);
  Sent sent = send(o, 400009);
  VMSO_CHECK_SENT(sent);
  CHECK(sent.result.reads.errors > 0);
  CHECK(sent.result.resends > 0);
}

TEST_CASE("A job that is to be sent again waits for room in its ring", "[send][error]") {
  for (bool pages : {false, true}) {
    SendOptions o;
    o.system = options(0x17);
    o.system.park = false;
    o.system.read.error_rate = pages ? 0 : 0.01;
    o.demand_paging = pages;
    o.job_bytes = 64;
    VMSO_SAY_HOW(o.system);
    Sent sent = send(o, 60007);  // more jobs than the ring has slots
    VMSO_CHECK_SENT(sent);
    CHECK(sent.result.resends > 10);
  }
}

// Few bytes each, in the three configurations by turns.
TEST_CASE("A file arrives over TCP and UDP in every tunnel and family", "[send][tunnel]") {
  constexpr const char *kConfigs[] = {"small", "default", "wide"};
  unsigned number = 0;
  for (const FlowHeaders &h : all_flow_headers()) {
    SendOptions o;
    o.system = options(0x40 + number, kConfigs[number / 2 % 3]);
    o.system.queues = 1 + number / 3 % 2;
    o.headers = h;
    o.job_bytes = 4000;
    o.explain = number % 5 == 0;
    number++;
    VMSO_SAY_HOW(o.system);
    INFO(describe(h, usual_mss(h)));
    std::vector<StreamFrame> frames;
    Sent sent = send(o, 9001, &frames);
    VMSO_CHECK_SENT(sent);
    uint64_t beats = 0, bus = config_info(o.system.config).bus_bytes(), longest = 0;
    for (const StreamFrame &f : frames) {
      beats += (f.bytes.size() + bus - 1) / bus;
      longest = std::max<uint64_t>(longest, f.bytes.size());
    }
    CHECK(longest == (h.tag ? 1518 : 1514));
    CHECK(sent.result.measured.wire_beats == beats);
    CHECK(sent.result.measured.limit() >= beats);
    CHECK(sent.result.measured.limit() <= sent.result.measured.cycles);
    for (const LineagePiece &p : sent.result.lineage.pieces) {
      const auto &bytes = frames.at(p.frame).bytes;
      CHECK(std::equal(bytes.begin() + p.frame_byte, bytes.begin() + p.frame_byte + p.bytes,
                       sent.file.begin() + long(p.file_byte)));
    }
  }
  CHECK(number == 76);
}

TEST_CASE("Datagrams come in the order of the file when jobs fail and are sent again",
          "[send][error]") {
  for (bool pages : {false, true}) {
    SendOptions o;
    o.system = options(0x41, "default");
    o.system.queues = 3;
    o.system.space.format = VMSO_FORMAT_SV48;
    o.system.read.error_rate = pages ? 0.002 : 0.03;
    o.system.park = false;
    o.demand_paging = pages;
    o.pager.delay = 200;
    o.headers = {.udp = true, .ipv6 = true, .tunnel = &tunnel_named("geneve"), .tag = 5};
    o.job_bytes = 7000;
    VMSO_SAY_HOW(o.system);
    Sent sent = send(o, 200003);
    VMSO_CHECK_SENT(sent);
    CHECK(sent.result.resends > 10);
  }
}

TEST_CASE("Datagrams in tunnels of many processes arrive with pages on demand under churn",
          "[send][park][churn]") {
  SendOptions o;
  o.system = options(0x42, "default");
  o.system.queues = o.system.processes = 8;
  for (const Format &f : formats()) o.system.spaces.push_back({.format = f.code});
  o.system.park = true;
  o.demand_paging = true;
  o.churn = 5000;
  o.pager.delay = 300;
  o.headers = {.udp = true, .tunnel = &tunnel_named("gre"), .outer_checksum = true};
  VMSO_SAY_HOW(o.system);
  Sent sent = send(o, 150001);
  VMSO_CHECK_SENT(sent);
  CHECK(sent.result.paging.retries > 0);
  CHECK(sent.result.churn.actions() > 0);
}

TEST_CASE("Every byte is explained once whatever the order and the errors", "[send][lineage]") {
  for (PageSize page : {PageSize::k4K, PageSize::k2M}) {
    SendOptions o;
    o.system = options(0x18, "default");
    o.system.queues = 4;
    o.system.space.page = page;
    o.system.read.order = ReadOrder::kInterleaved;
    o.system.read.jitter = 80;
    o.system.read.error_rate = 0.005;
    o.job_bytes = 9000;
    o.mss = 999;
    o.explain = true;
    VMSO_SAY_HOW(o.system);
    Sent sent = send(o, 300007);
    VMSO_CHECK_SENT(sent);
    uint64_t explained = 0;
    for (const LineagePiece &p : sent.result.lineage.pieces) explained += p.bytes;
    CHECK(explained == 300007);
  }
}

TEST_CASE("A file whose pages come on demand arrives whole in every format with either policy",
          "[send][park]") {
  for (const Format &f : formats()) {
    for (bool park : {true, false}) {
      SendOptions o;
      o.system = options(0x2d, "default");
      o.system.space.format = f.code;
      if (!f.pages.empty()) o.system.space.page = f.pages.back().size;
      o.system.queues = 3;
      o.system.park = park;
      o.system.read.error_rate = 0.002;
      o.demand_paging = true;
      o.pager.delay = 400;
      o.pager.ahead = park ? 0 : 2;
      VMSO_SAY_HOW(o.system);
      INFO(described(o.system.space) << (park ? " park" : " abort"));
      Sent sent = send(o, 150007);
      VMSO_CHECK_SENT(sent);
      const PagerCounts &p = sent.result.paging;
      CHECK((p.pages > 0) == !f.pages.empty());
      CHECK((p.retries > 0) == (park && !f.pages.empty()));
      if (park) CHECK(p.parked >= p.retries * 400);
    }
  }
}

TEST_CASE("A page is asked for once and with neighbours mapped ahead less often", "[send][park]") {
  uint64_t faults[2];
  for (unsigned ahead : {0u, 7u}) {
    SendOptions o;
    o.system = options(0x2e, "wide");
    o.system.queues = 2;
    o.system.park = true;
    o.demand_paging = true;
    o.pager.delay = 300;
    o.pager.ahead = ahead;
    VMSO_SAY_HOW(o.system);
    Sent sent = send(o, 300011);
    VMSO_CHECK_SENT(sent);
    faults[ahead > 0] = sent.result.paging.faults;
    if (ahead == 0) CHECK(sent.result.paging.faults == sent.result.pages);
  }
  CHECK(faults[1] * 3 < faults[0]);
}

TEST_CASE("A memory that always errs makes the sender give up with the reason", "[send][error]") {
  SendOptions o;
  o.system = options(0x19);
  o.system.read.error_rate = 1;
  VMSO_SAY_HOW(o.system);
  Sent sent = send(o, 1000);
  CHECK_FALSE(sent.result.good);
  CHECK(sent.result.resends == Sender::kResends);
  CHECK_THAT(sent.report, ContainsSubstring("failed 17 times"));
  CHECK(sent.report.find("has not ended") == std::string::npos);
}

TEST_CASE("Memory stays bounded and freed pages are never read", "[send][fence]") {
  SendOptions o;
  o.system = options(0x17, "default");
  o.system.queues = 4;
  VMSO_SAY_HOW(o.system);
  Sent sent = send(o, 2 * Sender::kMapped);
  VMSO_CHECK_SENT(sent);
  CHECK(sent.result.fences > 0);
  CHECK(sent.result.most_frames_of_memory * kFrameBytes < 2 * Sender::kMapped);
}

}  // namespace vmso::test
