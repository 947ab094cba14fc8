// SPDX-License-Identifier: Apache-2.0
// Jobs that fail: pages that are not there, buses that err, descriptors that lie. The frames before
// the fault were sent, those from it on were not, and the next job goes on.
#include <set>

#include "endings.hpp"

namespace vmso::test {
namespace {

struct Faulty {
  Posted posted;
  uint64_t bad_va = 0;  // first byte of the page that was spoilt
};

// A job of one buffer from the middle of a page on; `spoil` changes the leaf entry of its page `n`.
template <typename Spoil>
Faulty post_spoilt(System &s, unsigned n, Spoil &&spoil) {
  JobSpec spec = tcp_job(20000);
  spec.buffers = 1;
  spec.offset = 1001;
  spec.may_fail = true;
  spec.doorbell = false;
  Faulty f{s.post(0, spec), 0};
  f.bad_va = f.posted.buffers[0].va / kFrameBytes * kFrameBytes + n * kFrameBytes;
  uint64_t at = *s.process().space().entry_at(f.bad_va, 0);
  s.memory.write_word(at, spoil(s.memory.read_word(at)));
  return f;
}

// Slots that are malformed, each in one way, of a job of 2000 bytes, MSS 1000 and one buffer.
struct Malformed {
  vmso_status status;
  void (*spoil)(vmso_first_slot &);
};

const Malformed kMalformed[] = {
    {VMSO_STATUS_KIND, [](vmso_first_slot &f) { vmso_first_slot_set_kind(&f, 9); }},
    {VMSO_STATUS_BAD_TEMPLATE,
     [](vmso_first_slot &f) { vmso_first_slot_set_kind(&f, VMSO_KIND_UDP_SEG); }},
    {VMSO_STATUS_CSUM_FIELD,
     [](vmso_first_slot &f) {
       vmso_first_slot_set_kind(&f, VMSO_KIND_CSUM);
       vmso_first_slot_set_l4_mode(&f, VMSO_L4_NONE);
       vmso_first_slot_set_csum_offset(&f, 2000);
     }},
    {VMSO_STATUS_RESERVED_SET, [](vmso_first_slot &f) { f.word[7] |= uint64_t{1} << 63; }},
    {VMSO_STATUS_SUM_MISMATCH,
     [](vmso_first_slot &f) { vmso_first_slot_set_payload_bytes(&f, 1999); }},
    {VMSO_STATUS_SPACE, [](vmso_first_slot &f) { vmso_first_slot_set_buffer0_space(&f, 3); }},
    {VMSO_STATUS_SPACE, [](vmso_first_slot &f) { vmso_first_slot_set_template_space(&f, 2); }},
    {VMSO_STATUS_ADDR_WRAP,
     [](vmso_first_slot &f) { vmso_first_slot_set_buffer0_addr(&f, ~uint64_t{0}); }},
    {VMSO_STATUS_HDR_ZERO, [](vmso_first_slot &f) { vmso_first_slot_set_header_bytes(&f, 0); }},
    {VMSO_STATUS_HDR_LONG, [](vmso_first_slot &f) { vmso_first_slot_set_header_bytes(&f, 300); }},
    {VMSO_STATUS_OFFSET_ORDER, [](vmso_first_slot &f) { vmso_first_slot_set_l4_offset(&f, 14); }},
    {VMSO_STATUS_OFFSET_ODD,
     [](vmso_first_slot &f) {
       vmso_first_slot_set_l3_offset(&f, 13 + 2);
       vmso_first_slot_set_l4_offset(&f, 36);
       vmso_first_slot_set_header_bytes(&f, 60);
     }},
    {VMSO_STATUS_MSS_ZERO, [](vmso_first_slot &f) { vmso_first_slot_set_mss(&f, 0); }},
    {VMSO_STATUS_OPTION, [](vmso_first_slot &f) { vmso_first_slot_set_l4_mode(&f, VMSO_L4_NONE); }},
    {VMSO_STATUS_OPTION, [](vmso_first_slot &f) { vmso_first_slot_set_id_mode(&f, 3); }},
    {VMSO_STATUS_OPTION, [](vmso_first_slot &f) { vmso_first_slot_set_outer_csum(&f, 1); }},
    {VMSO_STATUS_OFFSET_ORDER,
     [](vmso_first_slot &f) { vmso_first_slot_set_outer_l3_offset(&f, 14); }},
    {VMSO_STATUS_FRAME_TOO_LONG,
     [](vmso_first_slot &f) {
       vmso_first_slot_set_mss(&f, 10000);
       vmso_first_slot_set_payload_bytes(&f, 10000);
       vmso_first_slot_set_buffer0_bytes(&f, 10000);
     }},
    {VMSO_STATUS_FRAME_SHORT,
     [](vmso_first_slot &f) {
       vmso_first_slot_set_kind(&f, VMSO_KIND_FRAME);
       vmso_first_slot_set_l4_mode(&f, VMSO_L4_NONE);
       vmso_first_slot_set_header_bytes(&f, 0);
       vmso_first_slot_set_payload_bytes(&f, 13);
       vmso_first_slot_set_buffer0_bytes(&f, 13);
     }},
    {VMSO_STATUS_BAD_TEMPLATE,
     [](vmso_first_slot &f) {  // the EtherType does not stand before L3
       vmso_first_slot_set_l3_offset(&f, 16);
       vmso_first_slot_set_l4_offset(&f, 36);
       vmso_first_slot_set_header_bytes(&f, 56);
     }},
};

JobSpec malformed_job() {
  JobSpec spec = tcp_job(2000, 1000);
  spec.buffers = 1;
  spec.may_fail = true;
  spec.doorbell = false;
  return spec;
}

}  // namespace

TEST_CASE("A page that is not there ends the job at its segment and the next job goes on",
          "[fault]") {
  struct Case {
    vmso_cause cause;
    uint64_t clear, set;
  };
  const Case cases[] = {{VMSO_CAUSE_NOT_PRESENT, AddressSpace::kPresent, 0},
                        {VMSO_CAUSE_NO_USER, AddressSpace::kUser, 0},
                        {VMSO_CAUSE_ACCESS_FLAG, AddressSpace::kAccessed, 0},
                        {VMSO_CAUSE_ADDR_WIDTH, 0, uint64_t{1} << 46},
                        {VMSO_CAUSE_DATA_WINDOW, AddressSpace::kAddress, 0x1000}};
  for (const Case &c : cases) {
    auto o = options(0x30 + c.cause);
    VMSO_SAY_HOW(o);
    INFO(vmso_cause_name(c.cause));
    System s(o);
    s.post(0, tcp_job(3000));
    Faulty f = post_spoilt(s, 2, [&](uint64_t e) { return (e & ~c.clear) | c.set; });
    s.post(0, tcp_job(4000));
    VMSO_CHECK_CLEAN(s);
    REQUIRE(s.completions(0).size() == 3);
    const Completion &end = s.completions(0)[1];
    CHECK(end.status == VMSO_STATUS_FAULT);
    CHECK(end.cause == c.cause);
    CHECK(end.va == f.bad_va);
    CHECK(end.access == VMSO_ACCESS_PAYLOAD);
    CHECK(end.level == 0);
    // 3095 bytes lie on page 0, 4096 on page 1: the segment that reaches page 2 is number 4
    CHECK(end.segments == (2 * 4096 - 1001) / 1448);
    CHECK(s.completions(0)[2].ok());
  }
}

TEST_CASE("The walker of the engine and the reference agree whichever bit is turned",
          "[fault][walk][format]") {
  unsigned faults = 0, good = 0;
  for (const SpaceOptions &space : all_spaces()) {
    if (space.format == VMSO_FORMAT_IDENTITY) continue;
    auto o = options(0x40 + unsigned(space.format));
    o.space = space;
    VMSO_SAY_HOW(o);
    INFO(described(space));
    System s(o);
    s.reads.allow_unbacked = true;  // a table turned into a leaf points at who knows what
    s.reads.check_owners = false;
    JobSpec spec = tcp_job(900);
    UserBuffer buffer = s.process().place(spec.payload, 1001);
    AddressSpace &tables = s.process().space();
    spec.placed = {buffer};
    unsigned leaf = page_level(space.page);
    // Pointers of a format are alike whatever the page, and so are middle levels.
    bool least = !space.features.xd;
    std::set<unsigned> levels = {leaf};
    if (leaf == 0 && !least) levels.insert({1, tables.levels() - 1});
    for (unsigned level : levels) {
      uint64_t at = *tables.entry_at(buffer.va, level), entry = tables.read_entry(at);
      for (unsigned bit = 0; bit < 8 * tables.format().entry_bytes; bit++) {
        // Of the frame number that all formats have a few will do; features are about bit 7 and
        // high ones.
        if (bit >= 23 && bit < 45 && bit % 8) continue;
        if (least && bit < 45 && bit != 7) continue;
        INFO("level " << level << " bit " << bit);
        tables.write_entry(at, entry ^ uint64_t{1} << bit);
        auto walk = reference::walk(s.memory, s.reference_context(1), s.windows(), buffer.va);
        bool same = walk.cause == VMSO_CAUSE_NONE && walk.pa == s.process().physical(buffer.va);
        if (walk.cause == VMSO_CAUSE_NONE && !same) continue;  // to bytes of nobody
        spec.may_fail = !same;
        size_t before = s.completions(0).size();
        s.fence(s.process(), buffer);
        s.post(0, spec);
        s.drain();
        REQUIRE(s.findings().report() == "");
        REQUIRE(s.completions(0).size() == before + 1);
        const Completion &c = s.completions(0).back();
        REQUIRE(std::string(vmso_cause_name(c.cause)) == vmso_cause_name(walk.cause));
        (same ? good : faults)++;
        if (same) continue;
        CHECK(c.status == (walk.cause >> 4 == 4 ? VMSO_STATUS_BUS : VMSO_STATUS_FAULT));
        CHECK(c.level == walk.level);
        CHECK(c.va == buffer.va);
      }
      tables.write_entry(at, entry);
    }
  }
  CHECK(faults > 600);
  CHECK(good > 600);
}

TEST_CASE("A table that points at itself is a short walk in every format",
          "[fault][walk][format]") {
  for (const Format &f : formats()) {
    if (f.pages.empty()) continue;
    auto o = options(0x48);
    o.space.format = f.code;
    VMSO_SAY_HOW(o);
    INFO(f.option);
    System s(o);
    s.reads.check_owners = false;  // of a table as payload
    AddressSpace &tables = s.process().space();
    for (uint64_t at = tables.root(); at < tables.root() + kFrameBytes; at += f.entry_bytes) {
      tables.write_entry(at, tables.pointer_to(tables.root()));
    }
    Random random(o.seed, "addresses");
    unsigned good = 0, faults = 0;
    for (unsigned i = 0; i < 60; i++) {
      uint64_t va = random.below(f.last_va) / kFrameBytes * kFrameBytes + 11;
      auto walk = reference::walk(s.memory, s.reference_context(1), s.windows(), va);
      REQUIRE(walk.steps.size() == f.levels);
      JobSpec spec = tcp_job(900);
      spec.placed = {{va, 900}};
      spec.may_fail = walk.cause != VMSO_CAUSE_NONE;
      if (!spec.may_fail) s.memory.read(walk.pa, spec.payload);
      s.post(0, spec);
      s.drain();
      REQUIRE(s.completions(0).size() == i + 1);
      REQUIRE(std::string(vmso_cause_name(s.completions(0).back().cause)) ==
              vmso_cause_name(walk.cause));
      (spec.may_fail ? faults : good)++;
    }
    CHECK(s.findings().report() == "");
    // Of an x86 pointer A may be set or not; a pointer of RISC-V is no leaf; one of AArch64 is one
    // if the system gave it AP[1] and AF.
    bool riscv = f.words[0] == 'S';
    CHECK((faults > 0 && (good > 0) != riscv));
  }
}

TEST_CASE("A page that becomes present needs no fence", "[fault]") {
  auto o = options(0x50);
  VMSO_SAY_HOW(o);
  System s(o);
  uint64_t old = 0;
  Faulty f = post_spoilt(s, 0, [&](uint64_t e) { return old = e, e & ~AddressSpace::kPresent; });
  s.doorbell(0);
  s.drain();
  CHECK(s.completions(0).back().status == VMSO_STATUS_FAULT);
  s.memory.write_word(*s.process().space().entry_at(f.bad_va, 0), old);
  JobSpec again = tcp_job(20000);
  again.placed = f.posted.buffers;
  s.post(0, again);
  VMSO_CHECK_CLEAN(s);
  CHECK(s.completions(0).back().ok());
}

TEST_CASE("A bus error names class and address whatever was read", "[fault][error]") {
  for (Resp resp : {Resp::kSlvErr, Resp::kDecErr}) {
    for (ReadClass cls : {ReadClass::kWalk, ReadClass::kTemplate, ReadClass::kPayload}) {
      auto o = options(0x60);
      VMSO_SAY_HOW(o);
      INFO(read_class_name(cls));
      System s(o);
      JobSpec spec = tcp_job(20000);
      spec.buffers = 1;
      spec.may_fail = true;
      spec.doorbell = false;
      Posted posted = s.post(0, spec);
      uint64_t va = posted.buffers[0].va + 10000;
      Script script;
      script.classes = 1u << unsigned(cls);
      script.resp = resp;
      script.first = script.last = cls == ReadClass::kWalk ? *s.process().space().entry_at(va, 1)
                                   : cls == ReadClass::kTemplate ? posted.template_pa
                                                                 : s.process().physical(va);
      script.times = 1;
      s.reads.scripts.push_back(script);
      s.doorbell(0);
      s.drain();
      s.post(0, tcp_job(3000));  // not before: it may share a walk with the job that fails
      s.drain();
      CHECK(s.conclude() == "");
      REQUIRE(s.completions(0).size() == 2);
      const Completion &end = s.completions(0)[0];
      CHECK(end.status == VMSO_STATUS_BUS);
      bool slv = resp == Resp::kSlvErr;
      CHECK(end.cause == (cls == ReadClass::kWalk
                              ? slv ? VMSO_CAUSE_TABLE_SLV_ERR : VMSO_CAUSE_TABLE_DEC_ERR
                          : slv ? VMSO_CAUSE_DATA_SLV_ERR
                                : VMSO_CAUSE_DATA_DEC_ERR));
      CHECK(end.access ==
            (cls == ReadClass::kTemplate ? VMSO_ACCESS_TEMPLATE : VMSO_ACCESS_PAYLOAD));
      if (cls == ReadClass::kPayload) CHECK(end.segments == 10000 / 1448);
      if (cls == ReadClass::kTemplate) CHECK(end.segments == 0);
    }
  }
}

TEST_CASE("A read that never returns ends its job with TIMEOUT and the engine lives",
          "[fault][timeout]") {
  auto o = options(0x70);
  VMSO_SAY_HOW(o);
  System s(o);
  s.write32(VMSO_REG_READ_TIMEOUT, 2000);
  JobSpec spec = tcp_job(20000);
  spec.buffers = 1;
  spec.may_fail = true;
  spec.doorbell = false;
  Posted posted = s.post(0, spec);
  Script script;
  script.act = Script::Act::kNever;
  script.classes = 1u << unsigned(ReadClass::kPayload);
  script.first = script.last = s.process().physical(posted.buffers[0].va + 9000);
  script.times = 1;
  s.reads.scripts.push_back(script);
  s.post(0, tcp_job(3000));
  CHECK(s.run_until([&] { return s.scoreboard.idle(); }, 200000));
  REQUIRE(s.completions(0).size() == 2);
  CHECK(s.completions(0)[0].status == VMSO_STATUS_TIMEOUT);
  CHECK(s.completions(0)[0].cause == VMSO_CAUSE_BUS_TIMEOUT);
  CHECK(s.completions(0)[0].segments == 9000 / 1448);
  CHECK(s.completions(0)[1].ok());
  s.reads.release_withheld(s.now());  // what comes late is swallowed
  s.post(0, tcp_job(3000));
  s.drain();
  s.allowed_sticky = VMSO_REG_STICKY_READ_TIMEOUT_bm;
  CHECK(s.conclude() == "");
}

TEST_CASE("Each malformed job ends with its own code and the next job goes on", "[fault][slot]") {
  auto o = options(0x80);
  VMSO_SAY_HOW(o);
  System s(o);
  for (const Malformed &c : kMalformed) {
    Posted posted = s.post(0, malformed_job());
    change_slot(s, posted, c.spoil);
    s.post(0, tcp_job(1500));
    size_t have = s.completions(0).size();
    s.drain();
    INFO(vmso_status_name(c.status));
    CHECK(s.findings().report() == "");
    REQUIRE(s.completions(0).size() == have + 2);
    CHECK(vmso_status_name(s.completions(0)[have].status) ==
          std::string(vmso_status_name(c.status)));
    CHECK(s.completions(0)[have].segments == 0);
    CHECK(s.completions(0)[have + 1].ok());
  }
  CHECK(s.conclude() == "");
}

TEST_CASE("A framing error stops its queue alone and RESET brings it back", "[fault][ring]") {
  auto o = options(0x90);
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  s.scoreboard.ring_errors_allowed = true;
  s.allowed_sticky = VMSO_REG_STICKY_QUEUE_ERROR_bm;
  vmso_first_slot slot{};
  vmso_first_slot_set_kind(&slot, VMSO_KIND_NOP);
  vmso_first_slot_set_cookie(&slot, 0x4711);
  SECTION("slot count zero") { vmso_first_slot_set_slots(&slot, 0); }
  SECTION("a chain beyond the producer") { vmso_first_slot_set_slots(&slot, 2); }
  SECTION("a chain beyond the ring") { vmso_first_slot_set_slots(&slot, 257); }
  s.post_raw(0, slot.word);
  s.post(1, tcp_job(30000));
  CHECK(s.run_until([&] { return !s.completions(0).empty(); }, 100000));
  s.drain();
  CHECK(vmso_queue_state(&s.device(), 0) == VMSO_QUEUE_ERROR);
  CHECK(vmso_queue_state(&s.device(), 1) == VMSO_QUEUE_RUN);
  s.restart_queue(0);
  s.post(0, tcp_job(3000));
  VMSO_CHECK_CLEAN(s);
  CHECK(s.completions(0).back().ok());
}

TEST_CASE("A doorbell beyond the ring stops its queue and RESET brings it back", "[fault][ring]") {
  auto o = options(0x91);
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  s.scoreboard.ring_errors_allowed = true;
  s.allowed_sticky = VMSO_REG_STICKY_QUEUE_ERROR_bm;
  uint32_t producer = VMSO_REG_DOORBELL(0) + VMSO_REG_DOORBELL_PRODUCER;
  s.write32(producer, uint16_t(s.ring(0).producer + (1u << o.log2_slots) + 1));  // one too many
  s.post(1, tcp_job(30000));
  CHECK(s.run_until([&] { return !s.completions(0).empty(); }, 100000));
  s.drain();
  REQUIRE(s.completions(0).size() == 1);
  CHECK(s.completions(0)[0].status == VMSO_STATUS_DOORBELL);
  CHECK(vmso_queue_state(&s.device(), 0) == VMSO_QUEUE_ERROR);
  CHECK(vmso_queue_state(&s.device(), 1) == VMSO_QUEUE_RUN);
  s.restart_queue(0);
  s.post(0, tcp_job(3000));
  VMSO_CHECK_CLEAN(s);
  CHECK(s.completions(0).back().ok());
}

TEST_CASE("A ring outside the windows is never read and stops its queue", "[fault][ring]") {
  auto o = options(0x92);
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  s.scoreboard.ring_errors_allowed = true;
  s.allowed_sticky = VMSO_REG_STICKY_QUEUE_ERROR_bm | VMSO_REG_STICKY_WINDOW_bm;
  s.check(vmso_queue_reset(&s.device(), 0), "queue RESET");
  vmso_queue_config config{};
  config.ring_base = 0x1000;  // no window holds it
  config.log2_slots = o.log2_slots;
  config.completion_base = s.completion_address(0);
  config.log2_completions = o.log2_completions;
  s.check(vmso_queue_configure(&s.device(), 0, &config), "queue configuration");
  s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_ENABLE), "queue ENABLE");
  s.check(vmso_queue_wait(&s.device(), 0, VMSO_QUEUE_RUN), "queue RUN");
  s.write32(VMSO_REG_DOORBELL(0) + VMSO_REG_DOORBELL_PRODUCER, 1);
  s.post(1, tcp_job(30000));
  CHECK(s.run_until([&] { return !s.completions(0).empty(); }, 100000));
  s.drain();
  REQUIRE(s.completions(0).size() == 1);
  CHECK(s.completions(0)[0].status == VMSO_STATUS_FAULT);
  CHECK(s.completions(0)[0].cause == VMSO_CAUSE_DATA_WINDOW);
  CHECK(s.completions(0)[0].access == VMSO_ACCESS_SLOT);
  CHECK(s.completions(0)[0].va == 0x1000);
  CHECK(vmso_queue_state(&s.device(), 0) == VMSO_QUEUE_ERROR);
  s.restart_queue(0);
  s.post(0, tcp_job(3000));
  VMSO_CHECK_CLEAN(s);
  CHECK(s.completions(0).back().ok());
}

// ---- what a completion tells, by status and cause

namespace {

std::vector<Make> endings() {
  const std::optional<Resp> bad[] = {Resp::kSlvErr, Resp::kDecErr, std::nullopt};
  std::vector<Make> all;
  auto add = [&](Make make) { all.push_back(std::move(make)); };
  add([](Ending &e) {
    e.post_one_buffer(3000);
    return e.plain(VMSO_STATUS_OK, 3);
  });
  for (const Malformed &c : kMalformed) {
    add([&c](Ending &e) {
      e.post(malformed_job());
      change_slot(e.s, e.posted, c.spoil);
      return e.plain(c.status, 0);
    });
  }
  // Places of further slots.
  add([](Ending &e) {
    e.post_chain();
    uint64_t at = e.place_address(5) + 8;
    e.s.memory.write_word(at, e.s.memory.read_word(at) | uint64_t{1} << 63);
    return e.plain(VMSO_STATUS_RESERVED_SET, 5);
  });
  add([](Ending &e) {
    e.post_chain();
    uint64_t at = e.place_address(24) + 8;
    e.s.memory.write_word(at, e.s.memory.read_word(at) | uint64_t{3} << 24);
    return e.plain(VMSO_STATUS_SPACE, 24);
  });
  add([](Ending &e) {
    e.post_chain();
    e.s.memory.write_word(e.place_address(9), ~uint64_t{0});
    return e.plain(VMSO_STATUS_ADDR_WRAP, 9);
  });
  for (int more : {-1, 1}) {
    add([more](Ending &e) {
      e.post_chain();
      uint64_t at = e.place_address(25) + 8;
      e.s.memory.write_word(at, e.s.memory.read_word(at) + uint64_t(int64_t(more)));
      return e.plain(VMSO_STATUS_SUM_MISMATCH, 25);
    });
  }
  // The queue stops.
  for (unsigned slots : {0u, 2u}) {
    add([slots](Ending &e) {
      e.post(malformed_job());
      change_slot(e.s, e.posted, [&](vmso_first_slot &f) { vmso_first_slot_set_slots(&f, slots); });
      return e.framing(slots ? VMSO_STATUS_CHAIN_BEYOND : VMSO_STATUS_SLOT_COUNT, e.posted.cookie);
    });
  }
  add([](Ending &e) {
    uint16_t loaded = e.posted.slot = e.s.ring(0).producer;
    e.s.write32(VMSO_REG_DOORBELL(0) + VMSO_REG_DOORBELL_PRODUCER,
                uint16_t(loaded + (1u << e.s.options().log2_slots) + 1));
    return e.framing(VMSO_STATUS_DOORBELL, 0);
  });
  for (std::optional<Resp> resp : bad) {
    add([resp](Ending &e) {
      e.post_one_buffer(3000);
      e.spoil_reads(ReadClass::kSlot, e.slot_address(0), resp);
      return e.framing(Ending::status_of(resp), 0, Ending::cause_of(resp), e.slot_address(0),
                       VMSO_LEVEL_NONE, VMSO_ACCESS_SLOT);
    });
  }
  for (Make &make : failing_reads()) add(std::move(make));
  // Between STOP and ENABLE.
  add([](Ending &e) {
    return e.in_part(VMSO_STATUS_ABORTED, [&] {
      e.s.check(vmso_queue_command(&e.s.device(), 0, VMSO_CMD_ABORT), "ABORT");
      e.s.run_until([&] { return !vmso_queue_pending(&e.s.device(), 0); }, 10000);
    });
  });
  add([](Ending &e) {
    return e.in_part(VMSO_STATUS_SLOT_CHANGED, [&] {
      change_slot(e.s, e.posted, [](vmso_first_slot &f) { vmso_first_slot_set_mss(&f, 999); });
    });
  });
  return all;
}

}  // namespace

TEST_CASE("A completion tells what the register page says whatever ended the job",
          "[fault][completion]") {
  std::set<vmso_status> seen;
  unsigned number = 0;
  for (const Make &make : endings()) {
    auto o = options(0x93);
    o.log2_slots = 4;
    VMSO_SAY_HOW(o);
    INFO("ending " << number++);
    System s(o);
    s.scoreboard.ring_errors_allowed = true;
    s.allowed_sticky = ~0u;
    s.write32(VMSO_REG_READ_TIMEOUT, 2000);
    for (unsigned i = 0; i < 13; i++) s.post(0, frame_job(64));  // chains go round the ring's end
    s.drain();
    Ending ending(s);
    std::string want = make(ending);
    if (!ending.posted.buffers.empty()) s.fence(s.process(), ending.posted.buffers[0]);
    s.doorbell(0);
    REQUIRE(s.run_until([&] { return s.completions(0).size() > 13; }, 200000));
    s.reads.scripts.clear();
    s.reads.release_withheld(s.now());
    s.drain();
    CHECK(s.completions(0).size() == 14);
    CHECK(told(s.completions(0).back()) == want);
    CHECK(s.findings().report() == "");
    seen.insert(s.completions(0).back().status);
  }
  // what no build of a named configuration leaves out, and what is not given yet
#define VMSO_SEEN(code, name, text)                                  \
  if (code != VMSO_STATUS_NOT_BUILT && code != VMSO_STATUS_PARITY) { \
    INFO(name);                                                      \
    CHECK(seen.contains(code));                                      \
  }
  VMSO_STATUS_LIST(VMSO_SEEN)
#undef VMSO_SEEN
}

}  // namespace vmso::test
