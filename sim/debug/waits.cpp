// SPDX-License-Identifier: Apache-2.0
#include "debug/waits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "vmso.h"

namespace vmso {
namespace {

// Codes of vmso_seg and vmso_pkg.
constexpr unsigned kAct = 2, kOrderFrame = 0;

class Chain {
 public:
  explicit Chain(const WaitFacts &facts) : f_(facts) {}

  std::vector<std::string> of(unsigned queue) {
    queue_waits(queue);
    return std::move(steps_);
  }

 private:
  template <typename... Args>
  void say(fmt::format_string<Args...> text, Args &&...args) {
    steps_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  const ReadRecord *oldest(ReadClass cls) const {
    auto it = std::ranges::find(f_.reads, cls, &ReadRecord::cls);
    return it == f_.reads.end() ? nullptr : &*it;
  }
  // False if none is open.
  bool read_waits(ReadClass cls) {
    const ReadRecord *r = oldest(cls);
    if (!r) return false;
    const auto open = std::ranges::count(f_.reads, cls, &ReadRecord::cls);
    say("{} read id {:#x}, {} beats from {:#x}, was asked for in cycle {}, {} cycles ago, and has "
        "not "
        "been answered; {} of its class are open",
        read_class_name(cls), r->id, r->beats, r->addr, r->ar, f_.now - r->ar, open);
    return true;
  }
  // Channels between rooms that stand still.
  void rooms_wait(const char *instead) {
    std::string names;
    for (size_t i = 0; i < kSightChannels.size(); i++) {
      if (f_.sight.waiting >> i & 1)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", kSightChannels[i]);
    }
    if (names.empty()) {
      say("{}", instead);
    } else {
      say("channels with valid and without ready: {}", names);
    }
  }

  void queue_waits(unsigned queue) {
    if (std::ranges::find(seen_, queue) != seen_.end()) {
      say("that is where this began");
      return;
    }
    seen_.push_back(queue);
    const WaitFacts::Queue q = f_.queue(queue);
    if (q.state != VMSO_QUEUE_RUN) {
      say("queue {} is {}: {}", queue, vmso_queue_state_name(q.state), state_waits(q.state));
      return;
    }
    if (const auto orders = std::ranges::count(f_.sight.orders, queue); orders > 0) {
      say("queue {} has {} orders that have not left, of {} in line", queue, orders,
          f_.sight.orders.size());
      return head_waits();
    }
    for (const Sight::Job &job : f_.sight.jobs) {
      if (job.queue == queue) return job_waits(job);
    }
    if (uint16_t(q.producer - q.fetched) == 0) {
      say("queue {} holds no job entry and has asked for all {} slots that its doorbell names",
          queue, q.fetched);
      if (!read_waits(ReadClass::kSlot)) rooms_wait("its jobs have ended, or ring has lost them");
      return;
    }
    say("queue {} holds no job entry; slots {}..{} are not read", queue, q.fetched,
        uint16_t(q.producer - 1));
    entry_waits(q);
  }

  static const char *state_waits(unsigned state) {
    switch (state) {
      case VMSO_QUEUE_PARKED:
        return "it waits for RETRY or ABORT";
      case VMSO_QUEUE_STOPPED:
        return "it waits for ENABLE";
      case VMSO_QUEUE_ERROR:
        return "it waits for RESET";
      case VMSO_QUEUE_OFF:
        return "it was not enabled";
      default:
        return "a command or a failure of it is carried out";
    }
  }

  // Orders leave one after the other.
  void head_waits() {
    const Sight::Head &h = f_.sight.head;
    if (f_.wire_waits) {
      say("a frame is on m_axis and the MAC takes nothing: TREADY is low");
      return;
    }
    if (!h.valid) return rooms_wait("no order is first in line: out has lost them");
    say("first in line is segment {} of queue {}, slot {}", h.segment, h.queue, h.slot);
    if (h.kind == kOrderFrame && h.landed != h.bytes) {
      say("it waits for payload: {} of {} bytes have landed", h.landed, h.bytes);
      if (!read_waits(ReadClass::kPayload)) {
        rooms_wait("no payload read is open: read has lost the rest");
      }
    } else if (h.template_bytes != 0 && !h.template_known) {
      say("it waits for its template of {} bytes", h.template_bytes);
      if (!read_waits(ReadClass::kTemplate)) {
        rooms_wait("no template read is open: read or the parser of out has lost it");
      }
    } else {
      ends_wait();
    }
  }

  void ends_wait() {
    if (f_.writes_open > 0) {
      say("all of it is there; {} ends of jobs wait for cpl, and {} writes have no answer",
          f_.sight.head.ends_wait, f_.writes_open);
      return;
    }
    rooms_wait("all of it is there: out does not go on");
  }

  void job_waits(const Sight::Job &job) {
    const Sight::Segment &s = f_.sight.segment;
    say("queue {} holds job entry {} (slot {}): {} bytes of it are translated and not ordered{}",
        job.queue, job.entry, job.slot, job.ready_bytes,
        job.blocked ? ", behind them is a fault" : "");
    if (s.held) {
      say("a fence holds all segments");
      return fence_waits();
    }
    // seg stands before a segment that lacks something
    if (s.state == kAct && s.act != 0) {
      if (!s.slot_free || !s.rows_free) {
        say("seg is at queue {} and waits for {}: orders give them back when they leave", s.queue,
            s.slot_free ? "rows of the frame store" : "a frame slot");
        return head_waits();
      }
      if (!s.fetch_room) {
        say("seg is at queue {}, and what it orders is not fetched", s.queue);
        if (!read_waits(ReadClass::kPayload))
          rooms_wait("no payload read is open: run or read stand still");
        return;
      }
      if (!s.wake_room) {
        say("seg is at queue {} and waits for ring to take that it may load", s.queue);
        return rooms_wait("nothing waits between rooms");
      }
    }
    if (!f_.sight.walks.empty()) {
      const Sight::Walk &w = f_.sight.walks.front();
      say("{} page walks are under way{}; slot {} walks {:#x} of context {}", f_.sight.walks.size(),
          f_.sight.lookups_wait ? ", and look-ups wait for a slot" : "", w.slot, w.va, w.context);
      if (!read_waits(ReadClass::kWalk))
        rooms_wait("no page-table read is open: xlat stands still");
      return;
    }
    if (read_waits(ReadClass::kSlot) || read_waits(ReadClass::kTemplate)) return;
    rooms_wait("nothing is open for it: run or seg have lost it, or its rate limit holds it");
  }

  void fence_waits() {
    for (ReadClass cls : {ReadClass::kWalk, ReadClass::kPayload, ReadClass::kTemplate}) {
      if (read_waits(cls)) return;
    }
    rooms_wait("no read that it could wait for is open");
  }

  void entry_waits(const WaitFacts::Queue &q) {
    if (q.completion_ring != 0 && q.records + 1 >= q.completion_ring) {
      say("its completion ring is full: {} records of {} places were not taken", q.records,
          q.completion_ring);
      return;
    }
    if (read_waits(ReadClass::kSlot)) return;
    if (f_.sight.job_entries == 0 && !f_.sight.jobs.empty()) {
      std::map<unsigned, unsigned> by_queue;
      for (const Sight::Job &job : f_.sight.jobs) by_queue[job.queue]++;
      auto most = std::ranges::max_element(by_queue, {}, [](const auto &x) { return x.second; });
      say("no job entry is free; queue {} holds {} of {}", most->first, most->second,
          f_.sight.jobs.size());
      return queue_waits(most->first);
    }
    if (f_.sight.templates <= 2) {
      say("no place for a template is free: orders give them back when they leave");
      return head_waits();
    }
    rooms_wait("no slot read is open and entries are free: ring does not load");
  }

  const WaitFacts &f_;
  std::vector<std::string> steps_;
  std::vector<unsigned> seen_;
};

}  // namespace

std::vector<std::string> who_waits(const WaitFacts &facts, unsigned queue) {
  return Chain(facts).of(queue);
}

}  // namespace vmso
