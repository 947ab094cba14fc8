// SPDX-License-Identifier: Apache-2.0
// Edges of translation through the whole engine: the ends of the address space, a bus error at
// every level of every format, and a fence in any cycle around a park and a RETRY.
#include "host/memory_manager.hpp"
#include "park_test.hpp"

namespace vmso::test {
namespace {

// A buffer at the end of the lower half that is met at the end of the upper one as well: the root's
// last entry leads where its entry 255 does. Five formats have such a half.
struct AtTheTop {
  Posted posted;
  uint64_t page;  // last page of the buffer, where it was placed
};
AtTheTop post_at_the_top(System &s, vmso_format format, size_t bytes, bool may_fail) {
  const uint64_t end = format_of(format).last_va + 1;
  JobSpec spec = tcp_job(bytes);
  s.process().place_at(end - bytes, spec.payload);
  const AddressSpace &space = s.process().space();
  const uint64_t entry = *space.entry_at(end - bytes, space.levels() - 1);
  REQUIRE(entry == space.root() + 255 * 8);
  s.memory.write_word(space.root() + 511 * 8, s.memory.read_word(entry));
  spec.placed = {{0 - uint64_t(bytes), uint32_t(bytes)}};
  spec.may_fail = may_fail;
  return {post_quiet(s, 0, spec), end - kFrameBytes};
}

}  // namespace

TEST_CASE("A buffer that ends at 2^64 is sent, or faults where its page is absent",
          "[park][edge]") {
  enum class Way { kThere, kAbort, kPark, kParkAndFence };
  constexpr size_t kBytes = 9000;
  constexpr uint64_t kLastPage = 0 - kFrameBytes;
  for (const char *config : kConfigs) {
    for (vmso_format format : {VMSO_FORMAT_X86_64_L4, VMSO_FORMAT_X86_64_L5, VMSO_FORMAT_SV39,
                               VMSO_FORMAT_SV48, VMSO_FORMAT_SV57}) {
      for (Way way : {Way::kThere, Way::kAbort, Way::kPark, Way::kParkAndFence}) {
        auto o = parking(0x900, config);
        o.space.format = format;
        o.park = way == Way::kPark || way == Way::kParkAndFence;
        VMSO_SAY_HOW(o);
        INFO(format_of(format).option << " way " << int(way));
        System s(o);
        s.allowed_sticky = kFaultBits;
        AtTheTop top = post_at_the_top(s, format, kBytes, way == Way::kAbort);
        if (way != Way::kThere) s.process().page_out(top.page);
        s.doorbell(0);
        if (o.park) {
          auto fault = checked_fault(s);
          REQUIRE(fault);
          CHECK(fault->cause == VMSO_CAUSE_NOT_PRESENT);
          CHECK(fault->va == kLastPage);
          s.process().page_in(top.page);
          if (way == Way::kParkAndFence) {
            uint16_t fence = 0;
            s.check(vmso_fence_start(&s.device(), VMSO_FENCE_RANGE, s.context_of(s.process()),
                                     kLastPage, kFrameBytes, &fence),
                    "fence");
            CHECK(vmso_fence_wait(&s.device(), fence) == VMSO_OK);
          }
          CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
        }
        VMSO_CHECK_CLEAN(s);
        REQUIRE(s.completions(0).size() == 1);
        const Completion &c = s.completions(0)[0];
        CHECK(c.ok() == (way != Way::kAbort));
        if (way == Way::kAbort) {
          CHECK(c.va == kLastPage);
          CHECK(c.segments == (kBytes - kFrameBytes) / 1448);
        }
      }
    }
  }
}

TEST_CASE("A buffer across the end of an address space faults at its first byte beyond",
          "[park][edge]") {
  constexpr uint32_t kBytes = 9000, kInside = 5000;
  for (const Format &format : formats()) {
    if (format.pages.empty() || format.code == VMSO_FORMAT_X86_32) continue;
    auto o = parking(0x910);
    o.park = false;
    o.space.format = format.code;
    VMSO_SAY_HOW(o);
    INFO(format.option);
    System s(o);
    JobSpec spec = tcp_job(kBytes);
    UserBuffer b =
        s.process().place_at(format.last_va + 1 - kInside, std::span(spec.payload).first(kInside));
    spec.placed = {{b.va, kBytes}};
    spec.may_fail = true;
    s.post(0, spec);
    s.post(0, tcp_job(3000));
    VMSO_CHECK_CLEAN(s);
    REQUIRE(s.completions(0).size() == 2);
    const Completion &c = s.completions(0)[0];
    CHECK(c.cause == VMSO_CAUSE_VA_RANGE);
    CHECK(c.va == format.last_va + 1);
    CHECK(c.segments == kInside / 1448);
    CHECK(s.completions(0)[1].ok());
  }
}

TEST_CASE("A bus error at any level of any format ends the job or parks its queue",
          "[park][edge][error]") {
  enum class Fails { kSlvErr, kDecErr, kLost };
  for (const Format &format : formats()) {
    if (format.pages.empty()) continue;
    for (unsigned level = 0; level < format.levels; level++) {
      for (Fails fails : {Fails::kSlvErr, Fails::kDecErr, Fails::kLost}) {
        for (bool park : {false, true}) {
          const char *config = kConfigs[(level + unsigned(fails) + park) % 3];
          auto o = parking(0x920, config);
          o.park = park;
          o.queues = 2;
          o.processes = 2;
          o.space.format = format.code;
          VMSO_SAY_HOW(o);
          INFO(format.option << " level " << level << " fails " << int(fails) << " park " << park);
          System s(o);
          s.allowed_sticky = ~0u;
          if (fails == Fails::kLost) s.write32(VMSO_REG_READ_TIMEOUT, 1500);
          JobSpec spec = tcp_job(9000);
          spec.buffers = 1;
          spec.may_fail = !park;
          Posted posted = post_quiet(s, 0, spec);
          const uint64_t va = posted.buffers[0].va;
          Script script;
          script.classes = 1u << unsigned(ReadClass::kWalk);
          script.first = script.last = *s.process(0).space().entry_at(va, level);
          script.times = 1;
          vmso_cause cause = VMSO_CAUSE_BUS_TIMEOUT;
          if (fails == Fails::kLost) {
            script.act = Script::Act::kNever;
          } else {
            script.resp = fails == Fails::kSlvErr ? Resp::kSlvErr : Resp::kDecErr;
            cause = fails == Fails::kSlvErr ? VMSO_CAUSE_TABLE_SLV_ERR : VMSO_CAUSE_TABLE_DEC_ERR;
          }
          s.reads.scripts.push_back(script);
          s.post(1, tcp_job(20000));
          s.doorbell(0);
          if (park) {
            auto fault = checked_fault(s);
            REQUIRE(fault);
            CHECK(fault->cause == cause);
            CHECK(fault->level == level);
            CHECK(fault->va == va);
            CHECK(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
          }
          REQUIRE(s.run_until([&] { return s.scoreboard.idle(); }, 200000));
          s.reads.release_withheld(s.now());
          CHECK(s.findings().report() == "");
          REQUIRE(s.completions(0).size() == 1);
          const Completion &c = s.completions(0)[0];
          CHECK(c.ok() == park);
          if (!park) {
            CHECK(c.cause == cause);
            CHECK(c.level == level);
          }
          REQUIRE(s.completions(1).size() == 1);
          CHECK(s.completions(1)[0].ok());
        }
      }
    }
  }
}

namespace {

enum class Around { kPark, kRetry };
constexpr const char *kFences[] = {"all", "context", "range", "leaf_only", "commit"};

// A page of the job's buffer moves, and is fenced, `offset` cycles behind the doorbell of a job
// that parks, or behind its RETRY. The old page is marked and read by nobody from then on.
void move_at(System &s, Around around, unsigned kind, unsigned offset, unsigned page) {
  uint16_t fence = 0;
  s.check(vmso_fence_start(&s.device(), VMSO_FENCE_ALL, 0, 0, 0, &fence), "fence of all");
  REQUIRE(vmso_fence_wait(&s.device(), fence) == VMSO_OK);
  Absent a = post_absent(s, 0, 2, 13000);
  const uint64_t moved = a.posted.buffers[0].va + (page == 0 ? 0 : page * kFrameBytes - 1001);
  auto move = [&] {
    auto change = s.process().move_page(moved);
    REQUIRE(change);
    s.process().space().put(change->writes);
    const unsigned context = s.context_of(s.process());
    if (kind == 4) {
      s.commit_context(context, s.reference_context(context));
    } else {
      auto go = kind == 3 ? vmso_fence_start_leaf_only : vmso_fence_start;
      s.check(go(&s.device(), kind < 2 ? vmso_fence_kind(kind) : VMSO_FENCE_RANGE, context,
                 change->first, change->last - change->first + 1, &fence),
              "fence");
      REQUIRE(vmso_fence_wait(&s.device(), fence) == VMSO_OK);
    }
    s.memory_manager().bury(0, *change, Churn::kMove);
  };
  if (around == Around::kPark) {
    s.steps(offset);
    move();
  }
  auto fault = next_fault(s);
  REQUIRE(fault);
  REQUIRE(fault->va == a.va);
  REQUIRE(fault->segment == (2 * kFrameBytes - 1001) / 1448);
  mend(s, a);
  if (around == Around::kRetry) {
    s.write32(VMSO_REG_QUEUE(0) + VMSO_REG_QUEUE_COMMAND, VMSO_CMD_RETRY);
    s.steps(offset);
    move();
  } else {
    REQUIRE(vmso_queue_retry(&s.device(), 0) == VMSO_OK);
  }
  s.drain();
  REQUIRE(s.findings().report() == "");
  REQUIRE(s.completions(0).back().ok());
}

// Every `step`th offset of 0..600, each kind of fence; the page that moves is the first, the second
// (with what parks behind it) or the last.
void moves_around(std::initializer_list<const char *> configs, unsigned step) {
  constexpr unsigned kEnd = 601, kPages[] = {0, 1, 3};
  unsigned trials = 0;
  for (const char *config : configs) {
    for (vmso_format format : {VMSO_FORMAT_X86_64_L4, VMSO_FORMAT_SV39, VMSO_FORMAT_AARCH64}) {
      for (Around around : {Around::kPark, Around::kRetry}) {
        for (unsigned kind = 0; kind < std::size(kFences); kind++) {
          auto o = parking(0x940 + kind, config);
          o.space.format = format;
          o.read.latency = 60;
          o.churn = ChurnKnobs{};
          o.fence_status = true;
          o.keep_frames = false;
          VMSO_SAY_HOW(o);
          System s(o);
          s.allowed_sticky = kFaultBits;
          for (unsigned offset = trials % step; offset < kEnd; offset += step) {
            INFO(format_of(format).option << (around == Around::kPark ? ", park, " : ", RETRY, ")
                                          << kFences[kind] << " after " << offset << " cycles");
            move_at(s, around, kind, offset, kPages[trials++ % 3]);
          }
          CHECK(s.conclude() == "");
        }
      }
    }
  }
  fmt::print("{} fences around a park or a RETRY: nothing stale, nothing hangs\n", trials);
}

}  // namespace

TEST_CASE("A fence at many a cycle around a park and a RETRY leaves frames right",
          "[park][fence][edge]") {
  moves_around({"small", "default"}, 61);
}
TEST_CASE("A fence at each of 600 cycles around a park and a RETRY leaves frames right",
          "[.][long][park][fence][edge]") {
  moves_around({"small"}, 1);
  moves_around({"default", "wide"}, 7);
}

}  // namespace vmso::test
