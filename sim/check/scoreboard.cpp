// SPDX-License-Identifier: Apache-2.0
#include "check/scoreboard.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "check/changes.hpp"

namespace vmso {
namespace {

// Bytes [at, at + n) of pieces that lie one behind the other.
void gather(const std::vector<std::span<const uint8_t>> &pieces, uint64_t at, uint64_t n,
            std::vector<uint8_t> &out) {
  out.clear();
  for (std::span<const uint8_t> piece : pieces) {
    if (n == 0) return;
    if (at >= piece.size()) {
      at -= piece.size();
      continue;
    }
    auto part = piece.subspan(at, std::min<uint64_t>(n, piece.size() - at));
    out.insert(out.end(), part.begin(), part.end());
    n -= part.size();
    at = 0;
  }
}

uint64_t address_of(const ExpectedJob &job, uint64_t at) {
  for (const UserBuffer &b : job.buffers) {
    if (at < b.bytes) return b.va + at;
    at -= b.bytes;
  }
  return 0;
}

}  // namespace

Completion decode(const vmso_completion &r) {
  Completion c;
  c.cookie = vmso_completion_cookie(&r);
  c.va = vmso_completion_va(&r);
  c.segments = uint32_t(vmso_completion_segments(&r));
  c.bytes = uint32_t(vmso_completion_payload_bytes(&r));
  c.status = vmso_status(vmso_completion_status(&r));
  c.cause = vmso_cause(vmso_completion_cause(&r));
  c.access = vmso_access(vmso_completion_access(&r));
  c.level = unsigned(vmso_completion_level(&r));
  c.queue = unsigned(vmso_completion_queue(&r));
  c.consumer = uint16_t(vmso_completion_consumer_index(&r));
  return c;
}

std::string describe(const Completion &c) {
  std::string text = fmt::format("queue {} cookie {:#x}: {}, {} segments, {} bytes", c.queue,
                                 c.cookie, vmso_status_name(c.status), c.segments, c.bytes);
  if (c.cause != VMSO_CAUSE_NONE) {
    text += fmt::format(", {} ({}) at {:#x} level {} access {}", vmso_cause_name(c.cause),
                        vmso_cause_text(c.cause), c.va, c.level, vmso_access_name(c.access));
  }
  return text;
}

Scoreboard::Scoreboard(unsigned queues, Findings &findings)
    : findings_(findings), queues_(queues) {}

void Scoreboard::set_ring(unsigned queue, unsigned log2_slots) {
  queues_.at(queue).mask = ((1u << log2_slots) - 1) & 0x7fff;
}

void Scoreboard::post(ExpectedJob job) {
  Queue &q = queues_.at(job.queue);
  job.segments = reference::segments(job.job);
  q.jobs.push_back(std::move(job));
  open_++;
}

void Scoreboard::compare(ExpectedJob &job, const StreamFrame &frame) {
  uint64_t at = reference::segment_first(job.job, job.next);
  uint64_t n = reference::segment_bytes(job.job, job.next);
  gather(job.payload, at, n, scratch_);
  std::vector<uint8_t> expected = reference::frame(job.job, job.next, scratch_);
  auto complain = [&](const std::string &text) {
    mismatches_++;
    findings_.add(fmt::format(
        "frame {} (queue {}, job {:#x}, segment {} of {}, payload from va {:#x}): {}", frame.number,
        frame.queue, job.cookie, job.next, job.segments, address_of(job, at), text));
  };
  Changes changes = changes_of(job.job);
  if (!same_frame(expected, frame.bytes, changes.tcp_checksum)) {
    complain(frame_difference(expected, frame.bytes, changes.fields, changes.header_bytes));
  }
  std::string forbidden = forbidden_change(job.job, frame.bytes);
  if (!forbidden.empty()) complain(forbidden);
  match_ = Match{job.cookie, job.next};
  job.next++;
  job.bytes += n;
}

void Scoreboard::frame(const StreamFrame &frame) {
  frames_++;
  match_.reset();
  auto complain = [&](const std::string &text) {
    mismatches_++;
    findings_.add(fmt::format("frame {} (queue {}, slot {}, {} bytes): {}", frame.number,
                              frame.queue, frame.slot, frame.bytes.size(), text));
  };
  if (frame.error) complain("tuser.err is set");
  if (frame.queue >= queues_.size()) return complain("no such queue");
  Queue &q = queues_[frame.queue];
  if (q.ignored) return;
  size_t i = q.current;
  // A job that sends nothing may not have been judged when its slot is another job's already.
  while (i < q.jobs.size() &&
         (q.jobs[i].segments == 0 || ((q.jobs[i].slot ^ frame.slot) & q.mask) != 0)) {
    i++;
  }
  if (i == q.jobs.size()) return complain("no job at that slot is expected to send");
  q.current = i;
  if (q.jobs[i].next == q.jobs[i].segments) {
    return complain(fmt::format("job {:#x} has sent all its {} segments", q.jobs[i].cookie,
                                q.jobs[i].segments));
  }
  compare(q.jobs[i], frame);
}

void Scoreboard::end(Queue &q) {
  q.jobs.pop_front();
  if (q.current > 0) q.current--;
  open_--;
}

void Scoreboard::completion(unsigned queue, const Completion &c) {
  Queue &q = queues_.at(queue);
  auto complain = [&](const std::string &text) {
    findings_.add(fmt::format("completion of {}: {}", vmso::describe(c), text));
  };
  if (c.queue != queue) complain(fmt::format("it lies in the ring of queue {}", queue));
  size_t at = 0;
  while (at < q.jobs.size() && q.jobs[at].cookie != c.cookie) at++;
  if (at == q.jobs.size()) {
    if (!ring_errors_allowed) complain("no job has this cookie");
    return;
  }
  for (size_t i = 0; i < at; i++) {
    const ExpectedJob &silent = q.jobs.front();
    if (silent.completion_wanted) {
      complain(fmt::format("job {:#x} before it has not completed", silent.cookie));
    } else if (silent.next != silent.segments) {
      complain(fmt::format("job {:#x} before it sent {} of {} segments without a word",
                           silent.cookie, silent.next, silent.segments));
    }
    end(q);
  }
  const ExpectedJob &job = q.jobs.front();
  if (c.ok() && job.job.kind == VMSO_KIND_ADVISE) {  // its segments are pages that are there
    if (c.bytes != job.job.payload_bytes) complain("not all of it was advised");
  } else if (c.segments != job.next || c.bytes != job.bytes) {
    complain(fmt::format("{} segments with {} bytes were seen", job.next, job.bytes));
  }
  if (c.ok() && job.next != job.segments)
    complain(fmt::format("the job has {} segments", job.segments));
  if (!c.ok() && !job.may_fail) complain("the job is sound");
  if (c.consumer != uint16_t(job.slot + job.slots)) {
    complain(fmt::format("consumer index is {}, should be {}", c.consumer,
                         uint16_t(job.slot + job.slots)));
  }
  if (q.current == 0) q.current = 1;  // end() takes it back to the next job
  end(q);
}

void Scoreboard::ignore(unsigned queue) {
  forget(queue);
  queues_.at(queue).ignored = true;
}

void Scoreboard::forget(unsigned queue) {
  Queue &q = queues_.at(queue);
  open_ -= q.jobs.size();
  q.jobs.clear();
  q.current = 0;
}

bool Scoreboard::silent_end(const ExpectedJob &job) const {
  return !job.completion_wanted && job.next == job.segments;
}

void Scoreboard::conclude() {
  for (unsigned queue = 0; queue < queues_.size(); queue++) {
    for (const ExpectedJob &job : queues_[queue].jobs) {
      if (silent_end(job)) continue;
      findings_.add(fmt::format("queue {}: job {:#x} has not ended, {} of {} segments were seen",
                                queue, job.cookie, job.next, job.segments));
    }
  }
}

std::string Scoreboard::describe(unsigned queue) const {
  const Queue &q = queues_.at(queue);
  if (q.jobs.empty()) return "all jobs have ended";
  size_t i = std::min(q.current, q.jobs.size() - 1);
  const ExpectedJob &job = q.jobs[i];
  return fmt::format("{} jobs open; at job {:#x} (slot {}, {} slots), segment {} of {}",
                     q.jobs.size(), job.cookie, job.slot, job.slots, job.next, job.segments);
}

}  // namespace vmso
