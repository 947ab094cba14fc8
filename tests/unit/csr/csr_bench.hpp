// SPDX-License-Identifier: Apache-2.0
// A register master and the smallest engine behind vmso_csr: it takes what it is told, writes it
// down, and answers status queries one a cycle, status_latency cycles later.
#pragma once
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "unit_bench.hpp"
#include "vmso_regs.h"

namespace vmso::unit {

struct Doorbell {
  unsigned queue, consumer, value;
  bool operator==(const Doorbell &) const = default;
};
struct QueueConfig {
  unsigned queue, index;
  uint64_t data;
  bool operator==(const QueueConfig &) const = default;
};
struct Command {
  unsigned queue, cmd, notify = 0;
  bool operator==(const Command &) const = default;
};
struct Fence {
  unsigned kind, ctx;
  uint64_t first, last;
  unsigned number, format, pa_bits, flags;
  uint64_t root, limit;
  bool leaf_only;
};
struct Status {
  unsigned state = VMSO_QUEUE_OFF, producer = 0, fetched = 0, cpl_produced = 0, cpl_consumer = 0;
  bool pending = false, refused = false, no_reads = false, drained = false, fault = false;
};
struct Answer {
  uint32_t data;
  unsigned resp;
};

template <typename Model>
class CsrBench {
 public:
  explicit CsrBench(int seed = 1) : bench(seed), rng(uint64_t(seed)) {
    auto &dut = bench.dut();
    dut.s_axil_awvalid = dut.s_axil_wvalid = dut.s_axil_arvalid = 0;
    dut.s_axil_bready = dut.s_axil_rready = 0;
    dut.fence_done_number = 0;
    dut.fault_ring = 0;
    dut.advise_ready = 1;
    dut.advise_busy = 0;
    dut.advise_present = 0;
    dut.fault_read_ready = 0;
    dut.soft_reset_busy = 0;
    dut.ready_status = 1;
    dut.sticky_set = 0;
    dut.link_dead = 0;
    dut.quarantined_count = 0;
    dut.irq_set = 0;
    for (auto &word : dut.counter_inc.m_storage) word = 0;
    drive_engine();
    bench.reset();
    dut.eval();
    late_queues.resize(dut.status_latency - 1u);
  }

  // What stands for a word of a queue's fault record; its register reads 0x9e3779b9 times it.
  static unsigned fault_word(unsigned queue, unsigned word) { return queue * 8 + word + 1; }

  // One cycle: the engine samples, the clock rises, the engine drives.
  void cycle() {
    auto &dut = bench.dut();
    dut.eval();
    if (dut.doorbell_valid && dut.doorbell_ready) {
      doorbells.push_back({dut.doorbell_queue, dut.doorbell_consumer, dut.doorbell_value});
    }
    if (dut.fault_read_valid && dut.fault_read_ready) {
      fault_read = fault_word(dut.fault_read_queue, dut.fault_read_word);
    }
    if (dut.advise_valid && dut.advise_ready) {
      advises.push_back({dut.advise_ctx, dut.advise_first, dut.advise_last});
    }
    advise_stops += dut.advise_stop;
    if (dut.queue_config_valid) {
      configs.push_back({dut.queue_config_queue, dut.queue_config_index, dut.queue_config_data});
    }
    if (dut.command_valid) {
      commands.push_back({dut.command_queue, dut.command_cmd, dut.command_notify});
      if (on_command) on_command(commands.back());
    }
    if (dut.fence_valid && dut.fence_ready) {
      fences.push_back({dut.fence_kind, dut.fence_ctx, dut.fence_first, dut.fence_last,
                        dut.fence_number, dut.cfg_format, dut.cfg_pa_bits, dut.cfg_flags,
                        dut.cfg_root, dut.cfg_limit, bool(dut.fence_leaf_only)});
    }
    soft_resets += dut.soft_reset_pulse;
    unsigned asked = dut.status_queue;
    bench.tick();
    late_queues.push_back(asked);
    answered = late_queues.front();
    late_queues.pop_front();
    if (on_cycle) on_cycle();
    drive_engine();
  }
  void cycles(int n) {
    for (int i = 0; i < n; i++) cycle();
  }

  // Address `aw_late` and data `w_late` cycles after the start, B taken `b_late` cycles after it
  // came.
  unsigned write(uint32_t addr, uint32_t data, unsigned strb = 15, int aw_late = 0, int w_late = 0,
                 int b_late = 0) {
    auto &dut = bench.dut();
    bool aw_left = true, w_left = true;
    for (int now = 0; now < budget; now++) {
      dut.s_axil_awvalid = aw_left && now >= aw_late;
      dut.s_axil_awaddr = addr;
      dut.s_axil_wvalid = w_left && now >= w_late;
      dut.s_axil_wdata = data;
      dut.s_axil_wstrb = uint8_t(strb);
      dut.eval();
      bool comes = dut.s_axil_bvalid;
      dut.s_axil_bready = comes && b_late-- <= 0;
      bool aw_taken = dut.s_axil_awvalid && dut.s_axil_awready;
      bool w_taken = dut.s_axil_wvalid && dut.s_axil_wready;
      bool done = comes && dut.s_axil_bready;
      unsigned resp = dut.s_axil_bresp;
      cycle();
      aw_left = aw_left && !aw_taken;
      w_left = w_left && !w_taken;
      if (aw_taken) dut.s_axil_awvalid = 0;
      if (w_taken) dut.s_axil_wvalid = 0;
      if (done) {
        dut.s_axil_bready = 0;
        return resp;
      }
    }
    FAIL("no B for a write to " << std::hex << addr);
    return 0;
  }

  Answer read_answer(uint32_t addr, int r_late = 0) {
    auto &dut = bench.dut();
    dut.s_axil_arvalid = 1;
    dut.s_axil_araddr = addr;
    for (int now = 0; now < budget; now++) {
      dut.eval();
      bool comes = dut.s_axil_rvalid;
      dut.s_axil_rready = comes && r_late-- <= 0;
      bool taken = dut.s_axil_arvalid && dut.s_axil_arready;
      bool done = comes && dut.s_axil_rready;
      Answer answer{dut.s_axil_rdata, dut.s_axil_rresp};
      cycle();
      if (taken) dut.s_axil_arvalid = 0;
      if (done) {
        dut.s_axil_rready = 0;
        return answer;
      }
    }
    FAIL("no R for a read of " << std::hex << addr);
    return {};
  }
  uint32_t read(uint32_t addr) { return read_answer(addr).data; }
  uint64_t read64(uint32_t addr) {
    uint64_t low = read(addr);
    return low | uint64_t(read(addr + 4)) << 32;
  }
  void write64(uint32_t addr, uint64_t data) {
    write(addr, uint32_t(data));
    write(addr + 4, uint32_t(data >> 32));
  }
  void wait_ready() {
    while (!(read(VMSO_REG_STATUS) & VMSO_REG_STATUS_READY_bm)) {
    }
  }

  UnitBench<Model> bench;
  std::mt19937_64 rng;
  int budget = 40000;       // cycles of one access; longest: clearing of the RAM in `wide`
  unsigned ready_of_8 = 8;  // how often, of 8 cycles, the engine is ready
  bool fences_taken = true;
  unsigned doorbell_every = 0;  // cycles between the only ones that take a doorbell, 0: ready_of_8
  std::function<void(const Command &)> on_command;
  std::function<void()> on_cycle;  // behind the clock edge
  std::map<unsigned, Status> status;
  std::vector<Doorbell> doorbells;
  std::vector<QueueConfig> configs;
  std::vector<Command> commands;
  std::vector<Fence> fences;
  std::vector<std::array<uint64_t, 3>> advises;  // context, first and last page
  int advise_stops = 0;
  unsigned soft_resets = 0;

 private:
  void drive_engine() {
    auto &dut = bench.dut();
    dut.doorbell_ready =
        doorbell_every ? bench.now() % doorbell_every == 0 : rng() % 8 < ready_of_8;
    dut.fence_ready = fences_taken && rng() % 8 < ready_of_8;
    Status s = status[answered];
    dut.status = uint8_t(s.state | s.pending << 3 | s.refused << 4 | s.no_reads << 5 |
                         s.drained << 6 | s.fault << 7);
    dut.fault_read_ready = rng() % 8 < ready_of_8;
    dut.fault_read_data = uint32_t(fault_read * 0x9e3779b9u);
    fault_read = 0;
    dut.status_producer = uint16_t(s.producer);
    dut.status_fetched = uint16_t(s.fetched);
    dut.status_cpl_produced = uint16_t(s.cpl_produced);
    dut.status_cpl_consumer = uint16_t(s.cpl_consumer);
  }
  unsigned answered = 0;
  unsigned fault_read = 0;  // queue and word of the fault record that was asked for in this cycle
  std::deque<unsigned> late_queues;  // an answer stands status_latency cycles after its queue
};

}  // namespace vmso::unit
