// SPDX-License-Identifier: Apache-2.0
// The one symbol of a library models/vmso_*.so: makes its engine (VMSO_MODEL, by cmake's
// vmso_model).
#include VMSO_MODEL_HEADER
#include VMSO_MODEL_DPI_HEADER
#include "model/verilated_dut.hpp"

namespace vmso {
namespace {

class SightedDut final : public VerilatedDut<VMSO_MODEL> {
 public:
  using VerilatedDut::VerilatedDut;

  bool look(Sight &sight) override {
    if (!enter("TOP.vmso_sim.u_sight")) return false;
    sight = {};
    int queue = 0, slot = 0, ready = 0, blocked = 0;
    for (int j = 0; int seen = vmso_sight_job(j, &queue, &slot, &ready, &blocked); j++) {
      if (seen == 2) {
        sight.jobs.push_back(
            {unsigned(j), unsigned(queue), unsigned(slot), unsigned(ready), blocked != 0});
      }
    }
    int segment = 0, kind = 0, bytes = 0, landed = 0, template_bytes = 0, known = 0;
    int ends = 0;
    bool valid = vmso_sight_head(&queue, &slot, &segment, &kind, &bytes, &landed, &template_bytes,
                                 &known, &ends) != 0;
    sight.head = {valid,          unsigned(queue), unsigned(slot),   unsigned(segment),
                  unsigned(kind), unsigned(bytes), unsigned(landed), unsigned(template_bytes),
                  known != 0,     unsigned(ends)};
    for (int i = 0; (queue = vmso_sight_order(i)) >= 0; i++)
      sight.orders.push_back(unsigned(queue));
    int state = 0, act = 0, fetch = 0, wake = 0, slot_free = 0, rows = 0, held = 0;
    vmso_sight_seg(&state, &act, &queue, &fetch, &wake, &slot_free, &rows, &held);
    sight.segment = {unsigned(state), unsigned(act),  unsigned(queue), fetch != 0,
                     wake != 0,       slot_free != 0, rows != 0,       held != 0};
    int context = 0;
    unsigned long long va = 0;
    for (int w = 0; int seen = vmso_sight_walk(w, &context, &va); w++) {
      if (seen > 1) sight.walks.push_back({unsigned(w), unsigned(seen - 1), unsigned(context), va});
    }
    int entries = 0, templates = 0, lookups = 0, waiting = 0;
    vmso_sight_rooms(&entries, &templates, &lookups, &waiting);
    sight.job_entries = unsigned(entries);
    sight.templates = unsigned(templates);
    sight.lookups_wait = lookups != 0;
    sight.waiting = uint32_t(waiting);
    return true;
  }
};

}  // namespace
}  // namespace vmso

extern "C" __attribute__((visibility("default"))) vmso::Dut *vmso_make_dut(
    const vmso::DutOptions &options) {
  return new vmso::SightedDut(options);
}
