// SPDX-License-Identifier: Apache-2.0
// Ways to end a job, and what the engine has to tell of each: of completions in test_fault.cpp, of
// fault records in test_park.cpp.
#pragma once
#include "system_test.hpp"

namespace vmso::test {

// A record, field by field, in one line.
inline std::string told(vmso_status status, vmso_cause cause, uint64_t va, unsigned level,
                        vmso_access access, uint64_t cookie, uint32_t segments, uint32_t bytes,
                        unsigned consumer) {
  return fmt::format("{} {} va {:#x} level {} {} cookie {:#x}, {} segments, {} bytes, consumer {}",
                     vmso_status_name(status), vmso_cause_name(cause), va, level,
                     vmso_access_name(access), cookie, segments, bytes, consumer);
}

inline std::string told(const Completion &c) {
  return told(c.status, c.cause, c.va, c.level, c.access, c.cookie, c.segments, c.bytes,
              c.consumer);
}

// One way to end a job, and what the record has to tell then.
struct Ending {
  static constexpr uint16_t kMss = 1000;
  System &s;
  Posted posted = {};
  Completion expected = {};  // as far as a fault record says the same
  std::vector<std::function<void()>> undo = {};

  explicit Ending(System &system) : s(system) {}

  void post(JobSpec spec) {
    spec.may_fail = true;
    spec.doorbell = false;
    posted = s.post(0, spec);
  }
  void post_one_buffer(size_t bytes) {
    JobSpec spec = tcp_job(bytes, kMss);
    spec.buffers = 1;
    spec.offset = 0;
    post(spec);
  }
  // 26 buffers of one segment each: 7 slots, so the last ones are read by the chain itself.
  void post_chain() {
    JobSpec spec = tcp_job(26 * kMss, kMss);
    spec.cuts.assign(26, kMss);
    post(spec);
  }
  uint64_t slot_address(unsigned further) const {
    uint64_t mask = (uint64_t{1} << s.options().log2_slots) - 1;
    return s.ring_address(0) + ((posted.slot + further) & mask) * 64;
  }
  uint64_t place_address(unsigned buffer) const {
    return slot_address(1 + (buffer - 2) / 4) + (buffer - 2) % 4 * 16;
  }
  uint64_t va() const { return posted.buffers[0].va; }
  void change_entry(uint64_t va, unsigned level, uint64_t clear, uint64_t set) {
    uint64_t at = *s.process().space().entry_at(va, level), old = s.memory.read_word(at);
    s.memory.write_word(at, (old & ~clear) | set);
    undo.push_back([this, at, old] { s.memory.write_word(at, old); });
  }
  template <typename Spoil>
  void change_first_slot(Spoil &&spoil) {
    vmso_first_slot old;
    change_slot(s, posted, [&](vmso_first_slot &slot) {
      old = slot;
      spoil(slot);
    });
    undo.push_back([this, old] { change_slot(s, posted, [&](auto &slot) { slot = old; }); });
  }
  void switch_off() {
    reference::Context was = s.reference_context(1), off = was;
    off.format = VMSO_FORMAT_OFF;
    s.commit_context(1, off);
    undo.push_back([this, was] { s.commit_context(1, was); });
  }
  // Takes back what was done to make it fail, then forgets translations.
  void mend() {
    for (auto &step : undo) step();
    s.reads.scripts.clear();
    s.reads.release_withheld(s.now());
    s.fence(s.process(), posted.buffers.at(0));
  }
  void spoil_reads(ReadClass cls, uint64_t pa, std::optional<Resp> resp) {
    Script script;
    script.classes = 1u << unsigned(cls);
    script.first = script.last = pa;
    if (resp)
      script.resp = *resp;
    else
      script.act = Script::Act::kNever;
    s.reads.scripts.push_back(script);
  }

  // Of the whole job `segments` were sent, all of MSS bytes.
  std::string plain(vmso_status status, uint32_t segments, vmso_cause cause = VMSO_CAUSE_NONE,
                    uint64_t va = 0, unsigned level = 0, vmso_access access = VMSO_ACCESS_PAYLOAD) {
    expected = {};
    expected.status = status;
    expected.segments = segments;
    expected.bytes = segments * kMss;
    expected.cause = cause;
    expected.va = va;
    expected.level = level;
    expected.access = access;
    return told(status, cause, va, level, access, posted.cookie, segments, segments * kMss,
                uint16_t(posted.slot + posted.slots));
  }
  // The queue stops: nothing is said of what was sent.
  std::string framing(vmso_status status, uint64_t cookie, vmso_cause cause = VMSO_CAUSE_NONE,
                      uint64_t va = 0, unsigned level = 0,
                      vmso_access access = VMSO_ACCESS_PAYLOAD) const {
    s.scoreboard.forget(0);
    return told(status, cause, va, level, access, cookie, 0, 0, posted.slot);
  }
  static vmso_status status_of(std::optional<Resp> resp) {
    return resp ? VMSO_STATUS_BUS : VMSO_STATUS_TIMEOUT;
  }
  static vmso_cause cause_of(std::optional<Resp> resp, bool table = false) {
    if (!resp) return VMSO_CAUSE_BUS_TIMEOUT;
    bool slv = *resp == Resp::kSlvErr;
    if (table) return slv ? VMSO_CAUSE_TABLE_SLV_ERR : VMSO_CAUSE_TABLE_DEC_ERR;
    return slv ? VMSO_CAUSE_DATA_SLV_ERR : VMSO_CAUSE_DATA_DEC_ERR;
  }

  std::string fault(vmso_cause cause, unsigned level, uint64_t clear, uint64_t set,
                    unsigned named) {
    post_one_buffer(20000);
    uint64_t bad = level == 0 ? va() + 2 * kFrameBytes : va();
    change_entry(bad, level, clear, set);
    return plain(VMSO_STATUS_FAULT, level == 0 ? 2 * kFrameBytes / kMss : 0, cause, bad, named);
  }
  // Sends a part, stops; `change` makes the rest of the job end without another frame.
  template <typename Change>
  std::string in_part(vmso_status status, Change &&change) {
    post_one_buffer(60000);
    uint64_t before = s.sink.frames;
    s.doorbell(0);
    s.steps(2500);
    s.check(vmso_queue_stop(&s.device(), 0), "STOP");
    uint32_t segments = uint32_t(s.sink.frames - before);
    CHECK((segments > 0 && segments < 60));
    change();
    s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_ENABLE), "ENABLE");
    return plain(status, segments);
  }
};

using Make = std::function<std::string(Ending &)>;

// Reads that fail, of every kind and with every cause, so that the job ends, or parks.
inline std::vector<Make> failing_reads() {
  const std::optional<Resp> bad[] = {Resp::kSlvErr, Resp::kDecErr, std::nullopt};
  using A = AddressSpace;
  std::vector<Make> all;
  auto add = [&](Make make) { all.push_back(std::move(make)); };
  for (std::optional<Resp> resp : bad) {
    // A further slot. One that comes in a burst with the first slot cannot be lost alone: the third
    // one begins a burst, at the ring's begin.
    for (unsigned further : resp ? std::vector{1u, 2u, 3u, 4u, 5u, 6u} : std::vector{3u}) {
      add([resp, further](Ending &e) {
        e.post_chain();
        e.spoil_reads(ReadClass::kSlot, e.slot_address(further), resp);
        return e.plain(Ending::status_of(resp), 4 * further - 2, Ending::cause_of(resp),
                       e.slot_address(further), VMSO_LEVEL_NONE, VMSO_ACCESS_SLOT);
      });
    }
    add([resp](Ending &e) {
      e.post_one_buffer(20000);
      e.spoil_reads(ReadClass::kWalk, *e.s.process().space().entry_at(e.va(), 1), resp);
      return e.plain(Ending::status_of(resp), 0, Ending::cause_of(resp, true), e.va(), 1);
    });
    add([resp](Ending &e) {
      e.post_one_buffer(20000);
      e.spoil_reads(ReadClass::kTemplate, e.posted.template_pa, resp);
      return e.plain(Ending::status_of(resp), 0, Ending::cause_of(resp), e.posted.template_pa,
                     VMSO_LEVEL_NONE, VMSO_ACCESS_TEMPLATE);
    });
    add([resp](
            Ending &e) {  // of a read that is lost no byte is known, of one in error those before
      e.post_one_buffer(20000);
      e.spoil_reads(ReadClass::kPayload, e.s.process().physical(e.va() + 9024), resp);
      return e.plain(Ending::status_of(resp), 9, Ending::cause_of(resp),
                     e.va() + (resp ? 9024 : 9000), VMSO_LEVEL_NONE);
    });
  }
  // Translation.
  add([](Ending &e) { return e.fault(VMSO_CAUSE_NOT_PRESENT, 0, A::kPresent, 0, 0); });
  add([](Ending &e) { return e.fault(VMSO_CAUSE_NOT_PRESENT, 2, A::kPresent, 0, 2); });
  add([](Ending &e) { return e.fault(VMSO_CAUSE_NO_USER, 1, A::kUser, 0, 1); });
  add([](Ending &e) { return e.fault(VMSO_CAUSE_ACCESS_FLAG, 0, A::kAccessed, 0, 0); });
  add([](Ending &e) { return e.fault(VMSO_CAUSE_RESERVED, 3, 0, A::kLarge, 3); });
  add([](Ending &e) { return e.fault(VMSO_CAUSE_ADDR_WIDTH, 0, 0, uint64_t{1} << 46, 0); });
  add([](Ending &e) { return e.fault(VMSO_CAUSE_DATA_WINDOW, 0, A::kAddress, 0x1000, 0); });
  add([](Ending &e) { return e.fault(VMSO_CAUSE_TABLE_WINDOW, 2, A::kAddress, 0x1000, 1); });
  add([](Ending &e) {
    e.post_one_buffer(3000);
    uint64_t va = uint64_t{1} << 47;
    e.change_first_slot([&](vmso_first_slot &f) { vmso_first_slot_set_buffer0_addr(&f, va); });
    return e.plain(VMSO_STATUS_FAULT, 0, VMSO_CAUSE_VA_RANGE, va, VMSO_LEVEL_NONE);
  });
  add([](Ending &e) {
    e.post_one_buffer(3000);
    e.switch_off();
    return e.plain(VMSO_STATUS_FAULT, 0, VMSO_CAUSE_CTX_OFF, e.va(), VMSO_LEVEL_NONE);
  });
  add([](Ending &e) {
    e.post_one_buffer(3000);
    e.change_first_slot([](vmso_first_slot &f) { vmso_first_slot_set_template_addr(&f, 0x1000); });
    return e.plain(VMSO_STATUS_FAULT, 0, VMSO_CAUSE_DATA_WINDOW, 0x1000, VMSO_LEVEL_NONE,
                   VMSO_ACCESS_TEMPLATE);
  });
  return all;
}

}  // namespace vmso::test
