// SPDX-License-Identifier: Apache-2.0
// ADVISE: pages are translated before a job needs them, and nothing else happens.
#include "system_test.hpp"

using namespace vmso;
using namespace vmso::test;

namespace {

// A first slot of kind ADVISE with up to two buffers.
std::vector<uint64_t> advise_slot(uint64_t cookie, std::vector<UserBuffer> buffers) {
  std::vector<uint64_t> words(8);
  uint64_t bytes = 0;
  for (const UserBuffer &b : buffers) bytes += b.bytes;
  words[0] = VMSO_KIND_ADVISE | 1 << 4 | 1 << 8 | bytes << 24;
  words[3] = cookie;
  for (size_t i = 0; i < buffers.size(); i++) {
    words[4 + i] = buffers[i].va;
    words[6] |= uint64_t(buffers[i].bytes) << 32 * i;
  }
  return words;
}

// Posts it and lets the scoreboard expect its completion.
void post_advise(System &s, unsigned queue, const std::vector<uint64_t> &words) {
  ExpectedJob expected;
  expected.cookie = words[3];
  expected.queue = queue;
  expected.slot = s.ring(queue).producer;
  expected.job.kind = VMSO_KIND_ADVISE;
  expected.job.payload_bytes = words[0] >> 24 & 0xffffff;
  expected.may_fail = true;  // tests look at the status
  s.post_raw(queue, words, false);
  s.scoreboard.post(std::move(expected));
  s.doorbell(queue);
}

uint64_t counter(System &s, uint32_t offset) { return vmso_counter(&s.device(), offset); }

}  // namespace

TEST_CASE("An ADVISE job says how many pages are there and sends nothing", "[advise]") {
  for (const char *config : {"small", "default", "wide"}) {
    for (vmso_format format :
         {VMSO_FORMAT_X86_64_L4, VMSO_FORMAT_X86_32, VMSO_FORMAT_SV48, VMSO_FORMAT_AARCH64}) {
      auto o = options(0xad1, config);
      o.space.format = format;
      INFO(config << " " << unsigned(format) << " " << reproduce(o));
      System s(o);
      const std::vector<uint8_t> bytes = pattern(61 * 4096);
      UserBuffer a = s.process().place(bytes, 100), b = s.process().place(bytes, 4000);
      const uint64_t walks = counter(s, VMSO_REG_COUNTER_WALKS);
      post_advise(s, 0, advise_slot(0x77, {a, b}));
      REQUIRE(s.run_until([&] { return s.completions(0).size() == 1; }, 200000));
      Completion c = s.take_completions(0).front();
      CHECK(c.cookie == 0x77);
      CHECK(c.status == VMSO_STATUS_OK);
      CHECK(c.segments == 62 + 62);  // both cross one page more
      CHECK(c.bytes == 2 * bytes.size());
      CHECK(s.frames().empty());
      CHECK(counter(s, VMSO_REG_COUNTER_WALKS) > walks);
      CHECK(counter(s, VMSO_REG_COUNTER_FAULTS) == 0);
      // a job that follows reads no table
      const uint64_t tables = counter(s, VMSO_REG_COUNTER_TABLE_READS);
      JobSpec spec = tcp_job(a.bytes);
      spec.payload = bytes;
      spec.placed = {a};
      s.post(0, spec);
      REQUIRE(s.drain());
      CHECK(counter(s, VMSO_REG_COUNTER_TABLE_READS) <= tables + 3);  // the template's, at most
      CHECK(s.conclude() == "");
    }
  }
}

TEST_CASE("Pages that are not there are no fault of an ADVISE job", "[advise]") {
  for (const char *config : {"small", "wide"}) {
    auto o = options(0xad2, config);
    INFO(config << " " << reproduce(o));
    System s(o);
    const std::vector<uint8_t> bytes = pattern(64 * 4096);
    UserBuffer b = s.process().place(bytes, 0);
    for (uint64_t p : {0u, 7u, 8u, 40u, 63u}) {
      s.process().space().unmap(b.va + p * 4096, PageSize::k4K);
    }
    post_advise(s, 0, advise_slot(0x1001, {b}));
    post_advise(s, 0, advise_slot(0x1002, {{0x1000, 4096 * 100}}));     // nothing lies there
    post_advise(s, 0, advise_slot(0x1003, {{0xffff800000000000, 9}}));  // nor may it
    post_advise(s, 0, advise_slot(0x1004, {}));
    JobSpec spec = tcp_job(3000);
    s.post(0, spec);
    REQUIRE(s.drain());
    auto all = s.take_completions(0);
    REQUIRE(all.size() == 5);
    const unsigned there[] = {59, 0, 0, 0};
    for (unsigned i = 0; i < 4; i++) {
      CHECK(all[i].status == VMSO_STATUS_OK);
      CHECK(all[i].segments == there[i]);
    }
    CHECK(counter(s, VMSO_REG_COUNTER_FAULTS) == 0);
    CHECK(s.conclude() == "");
  }
}

TEST_CASE("ADVISE jobs of many pieces, of 16 MiB, stopped and enabled again", "[advise]") {
  auto o = options(0xad3, "default");
  INFO(reproduce(o));
  System s(o);
  // as much as a slot can say, of memory that is not there
  post_advise(s, 0, advise_slot(0x1001, {{0x10000000, 0x800000}, {0x20000000, 0x7fffff}}));
  REQUIRE(s.run_until([&] { return s.completions(0).size() == 1; }, 4000000));
  CHECK(s.take_completions(0).front().segments == 0);
  const std::vector<uint8_t> bytes = pattern(200 * 4096);
  UserBuffer b = s.process().place(bytes, 0);
  for (unsigned stop = 0; stop < 12; stop++) {
    post_advise(s, 0, advise_slot(0x1002 + stop, {b}));
    s.steps(300 + stop * 97);
    s.check(vmso_queue_stop(&s.device(), 0), "stop");
    s.check(vmso_queue_start(&s.device(), 0), "start");
    REQUIRE(s.run_until([&] { return s.completions(0).size() == 1; }, 400000));
    Completion c = s.take_completions(0).front();
    CHECK(c.status == VMSO_STATUS_OK);
    CHECK(c.segments == 200);
  }
  CHECK(s.conclude() == "");
}

// A fence of everything makes a run anew of which a part is done with: bytes that are ready are
// below 0 then, and who is busy with others looks at the job just now.
TEST_CASE("Fences of everything in the middle of an ADVISE job neither end it nor hold it",
          "[advise]") {
  for (const char *config : {"small", "default"}) {
    auto o = options(0xad7, config);
    o.queues = 4;
    INFO(reproduce(o));
    System s(o);
    const std::vector<uint8_t> bytes = pattern(40 * 4096);
    UserBuffer b = s.process().place(bytes, 2866);
    for (unsigned round = 0; round < 40; round++) {
      post_advise(s, 0, advise_slot(0x10001 + round, {b, b}));
      for (unsigned q = 1; q < 4; q++) s.post(q, tcp_job(20000));
      for (unsigned fences = 0; !s.scoreboard.idle() && fences < 200; fences++) {
        s.steps(s.random().below(200));
        uint16_t number = 0;
        s.check(vmso_fence_start(&s.device(), VMSO_FENCE_ALL, 0, 0, 1, &number), "fence");
        s.check(vmso_fence_wait(&s.device(), number), "fence");
      }
      auto ended = s.take_completions(0);
      REQUIRE(ended.size() == 1);
      CHECK(ended[0].status == VMSO_STATUS_OK);
      CHECK(ended[0].segments <= 82);  // less where it gave up: the others need the walks
    }
    CHECK(s.conclude() == "");
  }
}

TEST_CASE("ADVISE is refused with its reason where it cannot be", "[advise]") {
  auto o = options(0xad4);
  INFO(reproduce(o));
  System s(o);
  auto refuse = [&](std::vector<uint64_t> words, unsigned status) {
    post_advise(s, 0, words);
    REQUIRE(s.run_until([&] { return s.completions(0).size() == 1; }, 20000));
    CHECK(s.take_completions(0).front().status == status);
  };
  auto slot = advise_slot(1, {{0x1000, 10}});
  auto with = [&](size_t word, uint64_t bits) {
    auto w = slot;
    w[word] ^= bits;
    return w;
  };
  refuse(with(1, 54), VMSO_STATUS_OPTION);       // a header
  refuse(with(7, 1 << 18), VMSO_STATUS_OPTION);  // a checksum
  refuse(with(7, 1 << 16), VMSO_STATUS_OPTION);  // a VLAN tag
  refuse(with(0, 1ull << 24), VMSO_STATUS_SUM_MISMATCH);
  refuse(with(6, 3ull << 24), VMSO_STATUS_SPACE);
  refuse(advise_slot(1, {{~0ull, 2}}), VMSO_STATUS_ADDR_WRAP);
  refuse(with(7, 1ull << 40), VMSO_STATUS_RESERVED_SET);
  CHECK(s.conclude() == "");
}

// Many queues that only advise, over cold tables, beside one that sends.
TEST_CASE("Advice of many queues does not keep another from sending", "[advise]") {
  auto o = options(0xad5, "default");
  o.queues = 16;
  o.processes = 2;
  o.owners = {0};
  for (unsigned q = 1; q < 16; q++) o.owners.push_back(1);
  INFO(reproduce(o));
  System s(o);
  for (unsigned q = 1; q < 16; q++) {
    for (unsigned i = 0; i < 8; i++) {
      post_advise(
          s, q,
          advise_slot(0x1000 + q * 100 + i, {{(uint64_t(q) << 36) + i * 0x40000000ull, 0x200000}}));
    }
  }
  for (unsigned i = 0; i < 20; i++) s.post(0, tcp_job(20000));
  REQUIRE(s.drain(8000000));
  CHECK(s.conclude() == "");
  for (unsigned q = 1; q < 16; q++) CHECK(s.completions(q).size() == 8);
}

TEST_CASE("The advise register translates ahead and counts", "[advise]") {
  auto o = options(0xad6, "default");
  INFO(reproduce(o));
  System s(o);
  const std::vector<uint8_t> bytes = pattern(32 * 4096);
  UserBuffer b = s.process().place(bytes, 0);
  s.process().space().unmap(b.va + 5 * 4096, PageSize::k4K);
  const unsigned context = s.context_of(s.process());
  s.write32(VMSO_REG_ADVISE_WHAT, context << VMSO_REG_ADVISE_WHAT_CTX_bp);
  vmso_write64(&s.device(), VMSO_REG_ADVISE_VA, b.va);
  vmso_write64(&s.device(), VMSO_REG_ADVISE_BYTES, b.bytes);
  s.write32(VMSO_REG_ADVISE_GO, 1);
  for (int i = 0; s.read32(VMSO_REG_ADVISE_GO) & VMSO_REG_ADVISE_GO_BUSY_bm; i++) {
    REQUIRE(i < 5000);
  }
  CHECK((s.read32(VMSO_REG_ADVISE_GO) & VMSO_REG_ADVISE_GO_PAGES_bm) == 31);
  CHECK(counter(s, VMSO_REG_COUNTER_FAULTS) == 0);
  CHECK(s.conclude() == "");
}
