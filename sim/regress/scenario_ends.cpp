// SPDX-License-Identifier: Apache-2.0
// The ends of a scenario's jobs: what they say has to have happened, and their memory is used
// again.
#include <fmt/format.h>

#include "regress/scenario_run.hpp"

namespace vmso::regress {
namespace {

using K = Knob;

constexpr size_t kDeadBuffers = 24;

}  // namespace

void ScenarioRun::fault_seen(unsigned cause, bool parks) {
  const std::string bin = fmt::format("{} {}", vmso_cause_name(cause), policy_word(parks));
  if (Coverage::has("faults", bin)) outcome_.coverage.hit("faults", bin);
}

void ScenarioRun::look_at_completions() {
  for (unsigned q = 0; q < honest_; q++) {
    if (system_->completions(q).empty()) continue;
    for (const Completion &c : system_->take_completions(q)) ended(q, c);
  }
  if (dead_.size() >= kDeadBuffers) retire();
}

void ScenarioRun::ended(unsigned queue, const Completion &c) {
  auto it = open_[queue].find(c.cookie);
  if (it == open_[queue].end()) return;  // the scoreboard has said so
  const Open &open = it->second;
  const SystemOptions &o = system_->options();
  if (c.ok()) {
    const char *kind = kind_word(open.kind);
    const SpaceOptions &space = o.spaces.at(o.owners.at(queue));
    outcome_.coverage.hit("jobs", fmt::format("{} {} {} {}", kind, space_words(space),
                                              policy_word(parks(queue)), order_word(o.read.order)));
    if (!open.headers.empty()) {
      outcome_.coverage.hit("headers", fmt::format("{} {}", kind, open.headers));
    }
    Process &process = system_->process_of(queue);
    for (const UserBuffer &b : open.posted.buffers) {
      if (process.unmap(b)) {
        dead_.push_back({&process, b});
      } else {
        process.reclaim(b);
      }
    }
  } else if (open.refused != VMSO_STATUS_OK && c.status == open.refused) {
    outcome_.coverage.hit("mistakes", vmso_status_name(c.status));
  } else if (open.fault != VMSO_CAUSE_NONE && c.cause == open.fault) {
    const std::string bin = vmso_cause_name(c.cause);
    if (Coverage::has("entries", bin)) outcome_.coverage.hit("entries", bin);
  } else {
    fault_seen(c.cause, parks(queue));
    const std::string text = unfounded(queue, open.at, c.cause, c.access, c.va);
    if (!text.empty()) {
      system_->findings().add(fmt::format("completion of {}: {}", describe(c), text));
    }
  }
  open_[queue].erase(it);
}

bool ScenarioRun::was_out_since(const Process &process, uint64_t posted, uint64_t va) const {
  if (!process.was_out(va)) return false;
  if (!process.present(va)) return true;
  const auto back = back_at_.find({process.id(), va / kFrameBytes});
  return back == back_at_.end() || back->second >= posted;
}

std::string ScenarioRun::unfounded(unsigned queue, uint64_t posted, vmso_cause cause,
                                   vmso_access access, uint64_t va) {
  const AxiReadResponder &reads = system_->reads;
  const Process &process = system_->process_of(queue);
  const bool moves = knob(K::kChurn) || knob(K::kSwaps);  // where a page was is not known any more
  auto gave = [&](Resp resp) {
    if (access == VMSO_ACCESS_TEMPLATE) return reads.gave(ReadClass::kTemplate, resp, va);
    if (moves) return reads.gave(ReadClass::kPayload, resp);
    return reads.gave(ReadClass::kPayload, resp, process.physical(va));
  };
  bool founded = false;
  switch (cause) {
    case VMSO_CAUSE_NOT_PRESENT:
      founded = knob(K::kChurn) || was_out_since(process, posted, va);
      break;
    case VMSO_CAUSE_TABLE_SLV_ERR:
      founded = reads.gave(ReadClass::kWalk, Resp::kSlvErr);
      break;
    case VMSO_CAUSE_TABLE_DEC_ERR:
      founded = reads.gave(ReadClass::kWalk, Resp::kDecErr);
      break;
    case VMSO_CAUSE_DATA_SLV_ERR:
      founded = gave(Resp::kSlvErr);
      break;
    case VMSO_CAUSE_DATA_DEC_ERR:
      founded = gave(Resp::kDecErr);
      break;
    case VMSO_CAUSE_BUS_TIMEOUT:
      founded = reads.counts.lost > 0;
      break;
    default:
      break;
  }
  return founded ? "" : "nothing has happened that makes it fail like this";
}

void ScenarioRun::Reaper::act(uint64_t now) {
  system.auto_reap = now >= next;
  if (system.auto_reap) next = now + 1 + random.below(most);
}

// Memory of jobs that have ended is used again, after a fence.
void ScenarioRun::retire() {
  if (dead_.empty()) return;
  System &s = *system_;
  s.check(vmso_fence_wait(&s.device(), s.start_fence(dead_)), "fence");
  for (const Unmapped &u : dead_) u.process->reclaim(u.buffer);
  dead_.clear();
}

}  // namespace vmso::regress
