// SPDX-License-Identifier: Apache-2.0
// What is said of a run in which nothing moves: ports, open accesses, and for each queue with open
// jobs its state and who waits for whom (debug/waits).
#include <fmt/format.h>

#include "debug/waits.hpp"
#include "system/system.hpp"

namespace vmso {

std::string System::hang_report() {
  std::string text =
      fmt::format("  cycle {}, nothing has moved for {} cycles\n  ports: {}\n  {}\n  {}\n", now(),
                  watchdog.still_since(now()), port_states(bench_.out(), bench_.in()),
                  reads.describe(now()), writes.describe());
  WaitFacts facts;  // of this cycle: reading registers takes some
  facts.now = now();
  const bool sighted = bench_.look(facts.sight);
  facts.reads = reads.open_reads();
  facts.writes_open = writes.open();
  facts.wire_waits = bench_.out().m_axis_tvalid && !bench_.in().m_axis_tready;
  bus.silence_others();
  bool alive = true;
  auto reg = [&](uint32_t offset) -> std::string {
    if (!alive) return "-";
    bus.read(0, offset);
    for (unsigned i = 0; i < 1000 && bus.waiting(0) > 0; i++) cycle();
    alive = bus.waiting(0) == 0;
    return alive ? fmt::format("{:#x}", axil.data()) : "no answer";
  };
  text += fmt::format("  STATUS {} STICKY {} FENCE_GO {} FENCE_DONE {}\n", reg(VMSO_REG_STATUS),
                      reg(VMSO_REG_STICKY), reg(VMSO_REG_FENCE_GO), reg(VMSO_REG_FENCE_DONE));
  std::unordered_map<unsigned, WaitFacts::Queue> known;
  facts.queue = [&](unsigned i) {
    auto [it, fresh] = known.try_emplace(i);
    if (!fresh) return it->second;
    WaitFacts::Queue &q = it->second;
    const uint32_t base = VMSO_REG_QUEUE(i);
    reg(base + VMSO_REG_QUEUE_STATE);
    q.state = axil.data() & VMSO_REG_QUEUE_STATE_STATE_bm;
    reg(base + VMSO_REG_QUEUE_INDICES);
    q.producer = uint16_t(axil.data());
    q.fetched = uint16_t(axil.data() >> 16);
    reg(base + VMSO_REG_QUEUE_CPL_INDICES);
    q.records = uint16_t(axil.data() - (axil.data() >> 16));
    q.completion_ring = 1u << options_.log2_completions;
    return q;
  };
  unsigned shown = 0;
  for (unsigned i = 0; i < queues_.size() && shown < 8; i++) {
    if (scoreboard.open(i) == 0 || !alive) continue;
    shown++;
    const WaitFacts::Queue q = facts.queue(i);
    text += fmt::format("  queue {}: {}, slots {} fetched of {}, {} records not taken; {}\n", i,
                        vmso_queue_state_name(q.state), q.fetched, q.producer, q.records,
                        scoreboard.describe(i));
    if (!sighted) continue;
    for (const std::string &step : who_waits(facts, i)) text += "    " + step + "\n";
  }
  return text;
}

}  // namespace vmso
