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

std::string room_of(const Suspect &s) {
  using Place = FrameDifference::Place;
  const Retired *order = s.retired;
  if (order && (order->segment != s.segment || order->cookie != s.job.cookie)) {
    return "seg: another segment was ordered";
  }
  switch (s.difference.place) {
    case Place::kLength:
      return "out: length and padding of the frame (vmso_out_stream)";
    case Place::kField:
      return "out: header values (vmso_out_head, vmso_out_patch), their place "
             "(vmso_out_fields); a checksum also counts what read has summed";
    case Place::kHeader:
      return "out: the template (vmso_out_tmpl), as read has landed it";
    case Place::kPayload:
      break;
  }
  return "read: landing in the frame store (vmso_read_land, vmso_read_rotate), unless out took "
         "another row of it (vmso_out_stream)";
}

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

namespace {

bool has_to_fail(const ExpectedJob &job) { return job.refused != VMSO_STATUS_OK || job.fault; }

bool ends_as_expected(const ExpectedJob &job, const Completion &c) {
  if (!job.fault) return c.status == job.refused;
  return !c.ok() && c.cause == job.fault->cause && c.level == job.fault->level &&
         c.va == job.fault->va && c.access == VMSO_ACCESS_PAYLOAD;
}

std::string expected_end(const ExpectedJob &job) {
  if (!job.fault) {
    return fmt::format("the job should be refused with {}", vmso_status_name(job.refused));
  }
  return fmt::format("the job should end with {} at {:#x} level {}",
                     vmso_cause_name(job.fault->cause), job.fault->va, job.fault->level);
}

}  // namespace

Scoreboard::Scoreboard(unsigned queues, Findings &findings)
    : findings_(findings), queues_(queues) {}

void Scoreboard::set_ring(unsigned queue, unsigned log2_slots) {
  queues_.at(queue).mask = ((1u << log2_slots) - 1) & 0x7fff;
}

void Scoreboard::post(ExpectedJob job) {
  Queue &q = queues_.at(job.queue);
  job.segments = job.refused == VMSO_STATUS_OK ? reference::segments(job.job) : 0;
  q.jobs.push_back(std::move(job));
  open_++;
}

void Scoreboard::retired(const Retired &order) {
  if (order.fate == Fate::kSent) leaving_.push_back(order);
  if (order.ends && order.queue < queues_.size() && !queues_[order.queue].ignored) {
    queues_[order.queue].ends.push_back(order);
  }
}

// What the order says of its segment, against the job.
void Scoreboard::compare_order(const ExpectedJob &job, const Retired &order,
                               const Complain &complain) const {
  uint64_t at = reference::segment_first(job.job, job.next);
  uint64_t n = reference::segment_bytes(job.job, job.next);
  auto same = [&](const char *what, uint64_t is, uint64_t should) {
    if (is == should) return;
    complain(fmt::format("its order retired with {} {:#x}, should be {:#x}", what, is, should));
  };
  same("cookie", order.cookie, job.cookie);
  same("segment", order.segment, job.next);
  same("offset", order.offset, at);
  same("bytes", order.bytes, n);
  same("address", order.va, n ? address_of(job, at) : 0);
}

std::string Scoreboard::report(const Suspect &s) const {
  const ExpectedJob &job = s.job;
  std::string text = fmt::format(
      "\n  queue {}, job {:#x} in slots {}..{}, segment {} of {}, on the wire in cycles {}..{}",
      s.frame.queue, job.cookie, job.slot, uint16_t(job.slot + job.slots - 1), s.segment,
      job.segments, s.frame.first, s.frame.last);
  if (s.retired) {
    text += fmt::format("\n  its order {} retired in cycle {}: {} bytes from virtual {:#x}",
                        s.retired->number, s.retired->at, s.retired->bytes, s.retired->va);
  }
  if (s.difference.place == FrameDifference::Place::kPayload) {
    text += fmt::format("\n  byte {} of the frame is byte {} of the payload, virtual {:#x}",
                        s.difference.at, s.job_byte, s.va);
  }
  if (origin) text += origin(s);
  return text + "\n  last handled by " + room_of(s);
}

void Scoreboard::compare(ExpectedJob &job, const StreamFrame &frame, const Retired *order) {
  uint64_t at = reference::segment_first(job.job, job.next);
  uint64_t n = reference::segment_bytes(job.job, job.next);
  gather(job.payload, at, n, scratch_);
  std::vector<uint8_t> expected = reference::frame(job.job, job.next, scratch_);
  const uint64_t va = n ? address_of(job, at) : 0;
  auto complain = [&](const std::string &text) {
    mismatches_++;
    findings_.add(fmt::format("frame {} (queue {}, job {:#x}, segment {} of {}): {}", frame.number,
                              frame.queue, job.cookie, job.next, job.segments, text));
  };
  Changes changes = changes_of(job.job);
  if (!same_frame(expected, frame.bytes, changes.tcp_checksum)) {
    Suspect s{job, frame, job.next, order,
              frame_difference(expected, frame.bytes, changes.fields, changes.header_bytes)};
    if (s.difference.place == FrameDifference::Place::kPayload) {
      s.job_byte = at + s.difference.at - changes.header_bytes;
      s.va = address_of(job, s.job_byte);
    }
    complain(s.difference.text + report(s));
  }
  std::string forbidden = forbidden_change(job.job, frame.bytes);
  if (!forbidden.empty()) complain(forbidden);
  if (order) compare_order(job, *order, complain);
  match_ = Match{job.cookie, job.next, va};
  job.next++;
  job.bytes += n;
}

std::optional<Retired> Scoreboard::order_of(const StreamFrame &frame) {
  if (leaving_.empty()) {
    if (with_retire_port) {
      findings_.add(fmt::format("frame {} (queue {}, slot {}): no order has left for it",
                                frame.number, frame.queue, frame.slot));
    }
    return std::nullopt;
  }
  Retired order = leaving_.front();
  leaving_.pop_front();
  if (order.queue != frame.queue || (order.slot & 0x7fff) != frame.slot) {
    findings_.add(fmt::format("frame {} (queue {}, slot {}): order {} of queue {}, slot {} left",
                              frame.number, frame.queue, frame.slot, order.number, order.queue,
                              order.slot));
  }
  return order;
}

void Scoreboard::frame(const StreamFrame &frame) {
  frames_++;
  match_.reset();
  const std::optional<Retired> order = order_of(frame);
  auto complain = [&](const std::string &text) {
    mismatches_++;
    findings_.add(fmt::format("frame {} (queue {}, slot {}, {} bytes): {}", frame.number,
                              frame.queue, frame.slot, frame.bytes.size(), text));
  };
  if (frame.error) complain("tuser.err is set");
  if (frame.queue >= queues_.size()) return complain("no such queue");
  Queue &q = queues_[frame.queue];
  if (q.ignored) return;
  // In a small ring a job that sends nothing, has sent all or has failed may not have been judged
  // when its slot is another job's already. One that had parked has its frames yet, though they may
  // be on their way to the wire when its slot is: then the order tells whose they are.
  auto at_slot = [&](size_t i) {
    while (i < q.jobs.size() &&
           (q.jobs[i].segments == 0 || ((q.jobs[i].slot ^ frame.slot) & q.mask) != 0)) {
      i++;
    }
    return i;
  };
  auto failed_before = [&](const ExpectedJob &job) {
    return order && order->cookie != job.cookie &&
           std::ranges::any_of(q.ends, [&](const Retired &end) {
             return end.fate == Fate::kFailed && end.cookie == job.cookie &&
                    end.number < order->number;
           });
  };
  size_t i = at_slot(q.current);
  if (i == q.jobs.size()) return complain("no job at that slot is expected to send");
  while (q.jobs[i].next == q.jobs[i].segments || failed_before(q.jobs[i])) {
    const size_t later = at_slot(i + 1);
    if (later == q.jobs.size()) break;
    i = later;
  }
  q.current = i;
  judged_++;
  if (q.jobs[i].next == q.jobs[i].segments) {
    return complain(fmt::format("job {:#x} has sent all its {} segments", q.jobs[i].cookie,
                                q.jobs[i].segments));
  }
  compare(q.jobs[i], frame, order ? &*order : nullptr);
}

void Scoreboard::end(Queue &q) {
  q.jobs.pop_front();
  if (q.current > 0) q.current--;
  open_--;
}

// The last order that ended the job, for it may have failed and gone on, against its completion.
void Scoreboard::compare_end(Queue &q, const Completion &c, const Complain &complain) const {
  if (!with_retire_port) return;
  auto last = std::find_if(q.ends.rbegin(), q.ends.rend(),
                           [&](const Retired &order) { return order.cookie == c.cookie; });
  if (last == q.ends.rend()) return complain("no order of it has retired with an end");
  if (last->status != c.status) {
    complain(
        fmt::format("its order {} retired with {}", last->number, vmso_status_name(last->status)));
  }
  q.ends.erase(q.ends.begin(), last.base());
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
    if (silent.completion_wanted || has_to_fail(silent)) {
      complain(fmt::format("job {:#x} before it has not completed", silent.cookie));
    } else if (silent.next != silent.segments) {
      complain(fmt::format("job {:#x} before it sent {} of {} segments without a word",
                           silent.cookie, silent.next, silent.segments));
    }
    end(q);
  }
  const ExpectedJob &job = q.jobs.front();
  judged_++;
  compare_end(q, c, complain);
  if (c.ok() && job.job.kind == VMSO_KIND_ADVISE) {  // its segments are pages that are there
    if (c.bytes != job.job.payload_bytes) complain("not all of it was advised");
  } else if (c.segments != job.next || c.bytes != job.bytes) {
    complain(fmt::format("{} segments with {} bytes were seen", job.next, job.bytes));
  }
  if (c.ok() && job.next != job.segments)
    complain(fmt::format("the job has {} segments", job.segments));
  if (has_to_fail(job)) {
    if (!ends_as_expected(job, c) && (c.ok() || !job.may_fail)) complain(expected_end(job));
  } else if (!c.ok() && !job.may_fail) {
    complain("the job is sound");
  }
  if (c.ok() && !job.completion_wanted) complain("nobody has asked for it");
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
  q.ends.clear();
}

void Scoreboard::restart() {
  for (unsigned queue = 0; queue < queues_.size(); queue++) forget(queue);
  leaving_.clear();
}

bool Scoreboard::silent_end(const ExpectedJob &job) {
  return !job.completion_wanted && !has_to_fail(job) && job.next == job.segments;
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
