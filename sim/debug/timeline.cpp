// SPDX-License-Identifier: Apache-2.0
#include "debug/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "vmso.h"

namespace vmso {
namespace {

// Processes and their threads, in the order in which they are shown: what all queues share first,
// so that it is in sight however many there are. (Perfetto up to 52 shows first what has most in
// it, which is the same.) It shows a thread's number behind its name, and that with its process's
// number first.
enum : unsigned { kEngine = 800, kReads = 900, kQueues = 10000 };
enum : unsigned { kWire = 1, kFences = 2, kWalks = 101 };            // of the engine
enum : unsigned { kPayload = 1, kTemplates = 1001, kSlots = 2001 };  // of the reads
enum : unsigned { kState = 1, kJobs = 101, kSegments = 1001 };       // of a queue
constexpr const char *kEngineName = "engine", *kReadsName = "reads";
constexpr size_t kBurstsKept = 4096;  // of payload, for segments that have not retired
constexpr uint64_t kPage = 4096;      // no burst crosses it
constexpr unsigned kTagAt = 12;       // byte of a frame in front of which a VLAN tag is put

std::string hex(uint64_t value) { return fmt::format("{:#x}", value); }

const char *command_name(unsigned code) {
  switch (code) {
#define VMSO_CASE(code, name, text) \
  case code:                        \
    return name;
    VMSO_QUEUE_CMD_LIST(VMSO_CASE)
#undef VMSO_CASE
  }
  return "?";
}

std::pair<unsigned, const char *> read_row(ReadClass cls) {
  if (cls == ReadClass::kSlot) return {kSlots, "slots"};
  if (cls == ReadClass::kTemplate) return {kTemplates, "templates"};
  return {kPayload, "payload"};
}

}  // namespace

Timeline::Timeline(const std::string &path, unsigned clock_mhz, Host host)
    : file_(path, clock_mhz), host_(std::move(host)) {}

Track Timeline::track(unsigned queue, unsigned thread, const std::string &name) {
  const Track track{kQueues + queue, thread};
  file_.name(track, fmt::format("queue {}", queue), name);
  return track;
}

void Timeline::posted(const ExpectedJob &job, uint64_t now) {
  Posted &p = posted_[key(job.queue, job.slot)];
  p.arguments = {{"kind", vmso_kind_name(job.job.kind)},
                 {"slots", job.slots},
                 {"payload bytes", job.job.payload_bytes},
                 {"mss", job.job.mss},
                 {"posted in cycle", now}};
  p.buffers = job.buffers;
  // What a tag will part, or a sum begins with, is read apart; both count from the frame's first
  // byte.
  p.cuts.clear();
  const uint64_t header = job.job.header.size();
  for (uint64_t at :
       {job.job.vlan ? kTagAt : 0, job.job.kind == VMSO_KIND_CSUM ? job.job.csum_start : 0}) {
    if (at > header) p.cuts.push_back(at - header);
  }
  p.process = host_.process(job.queue);
  p.since = now;
}

// ---- registers

void Timeline::ports(const DutOutputs &out, const DutInputs &in, uint64_t now) {
  now_ = now;
  // One access of the register bus is under way at a time.
  if (in.s_axil_awvalid && out.s_axil_awready) access_.write_address = in.s_axil_awaddr;
  if (in.s_axil_wvalid && out.s_axil_wready) access_.write_data = in.s_axil_wdata;
  if (access_.write_address && access_.write_data) {
    wrote(*access_.write_address, *access_.write_data, now);
    access_.write_address.reset();
    access_.write_data.reset();
  }
  if (in.s_axil_arvalid && out.s_axil_arready) access_.read_address = in.s_axil_araddr;
  if (out.s_axil_rvalid && in.s_axil_rready && access_.read_address) {
    was_read(*access_.read_address, out.s_axil_rdata, now);
    access_.read_address.reset();
  }
  if (host_.fence_status_address == 0) return;
  if (out.m_axi_awvalid && in.m_axi_awready) write_addresses_.push_back(out.m_axi_awaddr);
  if (!out.m_axi_wvalid || !in.m_axi_wready || write_addresses_.empty()) return;
  const uint64_t address = write_addresses_.front();
  if (address == host_.fence_status_address && out.m_axi_wstrb & 1u) {
    end_fences(uint16_t(out.m_axi_wdata.bytes[0] | out.m_axi_wdata.bytes[1] << 8), now);
  }
  if (out.m_axi_wlast) write_addresses_.pop_front();
}

void Timeline::wrote(uint32_t offset, uint32_t data, uint64_t now) {
  if (offset == VMSO_REG_FENCE_GO) {
    fences_.push_back({now, "fence", {}});
  } else if (offset == VMSO_REG_CONTROL && data & VMSO_REG_CONTROL_SOFT_RESET_bm) {
    for (auto &[queue, state] : queues_) state.reset = {"soft reset", now};
    fences_.clear();
  } else if (offset >= VMSO_REG_DOORBELL(0)) {
    // doorbells are in the jobs' slots; there would be one instant for each job
  } else if (offset >= VMSO_REG_CONTEXT(0)) {
    if ((offset - VMSO_REG_CONTEXT(0)) % VMSO_REG_CONTEXT_STRIDE == VMSO_REG_CONTEXT_COMMIT) {
      unsigned context = (offset - VMSO_REG_CONTEXT(0)) / VMSO_REG_CONTEXT_STRIDE;
      fences_.push_back({now, fmt::format("commit of context {}", context), {}});
    }
  } else if (offset >= VMSO_REG_QUEUE(0)) {
    const unsigned queue = (offset - VMSO_REG_QUEUE(0)) / VMSO_REG_QUEUE_STRIDE;
    const unsigned what = (offset - VMSO_REG_QUEUE(0)) % VMSO_REG_QUEUE_STRIDE;
    if (what == VMSO_REG_QUEUE_RING_SHAPE) {
      queues_[queue].parks = data & VMSO_REG_QUEUE_RING_SHAPE_PARK_bm;
    } else if (what == VMSO_REG_QUEUE_COMMAND) {
      command(queue, data & VMSO_REG_QUEUE_COMMAND_CMD_bm, now);
    }
  }
}

void Timeline::was_read(uint32_t offset, uint32_t data, uint64_t now) {
  const uint16_t number = uint16_t(data & VMSO_REG_FENCE_GO_FENCE_bm);
  const bool commit =
      offset >= VMSO_REG_CONTEXT(0) && offset < VMSO_REG_DOORBELL(0) &&
      (offset - VMSO_REG_CONTEXT(0)) % VMSO_REG_CONTEXT_STRIDE == VMSO_REG_CONTEXT_COMMIT;
  if (offset == VMSO_REG_FENCE_DONE) {
    end_fences(number, now);
  } else if (offset >= VMSO_REG_QUEUE(0) && offset < VMSO_REG_CONTEXT(0) &&
             (offset - VMSO_REG_QUEUE(0)) % VMSO_REG_QUEUE_STRIDE == VMSO_REG_QUEUE_STATE) {
    const unsigned queue = (offset - VMSO_REG_QUEUE(0)) / VMSO_REG_QUEUE_STRIDE;
    if ((data & VMSO_REG_QUEUE_STATE_STATE_bm) == VMSO_QUEUE_STOPPED) {
      queues_[queue].parked.reset();  // it has failed as it stopped
    }
  } else if ((offset == VMSO_REG_FENCE_GO || commit) && !fences_.empty() &&
             !fences_.back().number) {
    if (data & VMSO_REG_FENCE_GO_REFUSED_bm) {
      fences_.pop_back();
    } else {
      fences_.back().number = number;
    }
  }
}

// Seen to be done: whoever waited has read it, or it was written for him.
void Timeline::end_fences(uint16_t number, uint64_t now) {
  while (!fences_.empty() && fences_.front().number &&
         uint16_t(number - *fences_.front().number) < 0x8000u) {
    const Fence &fence = fences_.front();
    const unsigned lane = fence_lanes_.take(fence.from, now);
    const Track track{kEngine, kFences + lane};
    file_.name(track, kEngineName, "fences");
    file_.slice(track, fence.name, fence.from, now, {{"number", *fence.number}});
    fences_.pop_front();
  }
}

void Timeline::command(unsigned queue, unsigned code, uint64_t now) {
  file_.instant(track(queue, kState, "state"), command_name(code), now, Arguments::object());
  if (code == VMSO_CMD_RETRY || code == VMSO_CMD_ABORT || code == VMSO_CMD_RESET) {
    end_parked(queue, now, command_name(code));
  }
  if (code == VMSO_CMD_RESET) queues_[queue].reset = {"RESET", now};
  if (code == VMSO_CMD_ENABLE) end_reset(queue);
}

// What was on its way as a queue was reset may retire until the queue begins anew.
void Timeline::end_reset(unsigned queue) {
  const auto reset = std::exchange(queues_[queue].reset, std::nullopt);
  if (reset) drop_jobs(queue, reset->at, reset->why);
}

void Timeline::end_parked(unsigned queue, uint64_t now, const char *until) {
  std::optional<Retired> &parked = queues_[queue].parked;
  if (!parked) return;
  const uint64_t to = std::max(now, parked->at + 1);  // it may have retired behind a reset
  file_.slice(track(queue, kState, "state"), "parked", parked->at, to,
              {{"cookie", hex(parked->cookie)},
               {"slot", parked->slot},
               {"segment", parked->segment},
               {"status", vmso_status_name(parked->status)},
               {"va", hex(parked->va)},
               {"until", until}});
  parked.reset();
}

// ---- jobs and segments

Timeline::JobPointer Timeline::job_of(const Retired &order) {
  JobPointer &job = queues_[order.queue].open[order.slot];
  if (job && job->cookie == order.cookie) return job;
  if (job) drop_job(*job, order.at, "another job in its slot");
  job = std::make_shared<Job>();
  job->queue = order.queue;
  job->cookie = order.cookie;
  job->from = job->to = order.at;
  job->arguments = {{"cookie", hex(order.cookie)}, {"slot", order.slot}};
  auto posted = posted_.find(key(order.queue, order.slot));
  if (posted != posted_.end()) job->arguments.update(posted->second.arguments);
  return job;
}

void Timeline::retired(const Retired &order) {
  Queue &q = queues_[order.queue];
  std::vector<Burst> bursts = take_bursts(order);
  if (order.fate == Fate::kDropped) return;
  const JobPointer job = job_of(order);
  job->to = std::max(job->to, order.at + 1);
  if (order.fate == Fate::kSent) {
    job->leaving++;
    leaving_.push_back({order, job, std::move(bursts)});
  }
  q.parked.reset();
  if (order.fate == Fate::kFailed) {
    if (q.parks) q.parked = order;
    auto posted = posted_.find(key(order.queue, order.slot));
    if (posted != posted_.end()) posted->second.since = order.at;
  }
  if (!order.ends) return;
  job->arguments["status"] = vmso_status_name(order.status);
  job->over = true;
  q.open.erase(order.slot);
  if (job->leaving == 0) put_job(*job);
}

void Timeline::drop_job(Job &job, uint64_t now, const char *why) {
  job.arguments["dropped by"] = why;
  job.over = true;
  job.to = std::max(job.to, now);
  if (job.leaving == 0) put_job(job);
}

void Timeline::drop_jobs(unsigned queue, uint64_t now, const char *why) {
  Queue &q = queues_[queue];
  for (auto &[slot, job] : q.open) drop_job(*job, now, why);
  q.open.clear();
  end_parked(queue, now, why);
}

// The bursts that brought an order's payload, in the order of their AR: one for each piece of a
// buffer in a page, or more.
std::vector<Timeline::Burst> Timeline::take_bursts(const Retired &order) {
  std::vector<Burst> found;
  auto posted = posted_.find(key(order.queue, order.slot));
  if (posted == posted_.end()) return found;
  const Posted &job = posted->second;
  uint64_t at = 0;
  const uint64_t first = order.offset, end = first + order.bytes;
  for (const UserBuffer &b : job.buffers) {
    const uint64_t last = std::min(end, at + b.bytes);
    for (uint64_t n = std::max(first, at); n < last;) {
      const uint64_t va = b.va + (n - at), beat = va / host_.bus_bytes * host_.bus_bytes;
      uint64_t next = std::min(last, n + kPage - va % kPage);
      for (uint64_t cut : job.cuts) {
        if (n < cut) next = std::min(next, cut);
      }
      auto it = std::ranges::find_if(bursts_, [&](const Burst &burst) {
        return burst.va == beat && burst.process == job.process && burst.at >= job.since;
      });
      if (it != bursts_.end()) {
        next = std::min(next, n + it->end - va);
        found.push_back(*it);
        bursts_.erase(it);
      }
      n = next;
    }
    at += b.bytes;
  }
  std::ranges::sort(found, {}, &Burst::at);
  return found;
}

void Timeline::answered(const ReadRecord &read) {
  const uint64_t to = read.last + 1;
  Track track;
  if (read.cls() == ReadClass::kWalk) {
    const unsigned slot = read.id & 0xffu;
    track = {kEngine, kWalks + slot};
    file_.name(track, kEngineName, fmt::format("walk slot {}", slot));
  } else {
    const auto [first, name] = read_row(read.cls());
    const unsigned lane = read_lanes_[size_t(read.cls())].take(read.ar, to);
    track = {kReads, first + lane};
    file_.name(track, kReadsName, name);
  }
  file_.slice(track, hex(read.addr), read.ar, to,
              {{"address", hex(read.addr)},
               {"bytes", uint64_t(read.beats) * host_.bus_bytes},
               {"id", hex(read.id)},
               {"beats", read.beats},
               {"first beat in cycle", read.first},
               {"error", read.error}});
  if (read.cls() != ReadClass::kPayload) return;
  const Frame *frame = host_.frame(read.addr);
  if (!frame || frame->kind != FrameKind::kUser) return;
  const uint64_t va = frame->va + read.addr % kPage;
  const uint64_t end = va + uint64_t(read.beats) * host_.bus_bytes;
  bursts_.insert(std::ranges::upper_bound(bursts_, read.ar, {}, &Burst::at),
                 {frame->owner, va, end, read.ar, track});
  if (bursts_.size() > kBurstsKept) bursts_.pop_front();
}

void Timeline::left(const StreamFrame &frame, const Scoreboard::Match *) {
  if (leaving_.empty()) {  // it retired before the last rst_n
    const Track wire{kEngine, kWire};
    file_.name(wire, kEngineName, "wire");
    file_.slice(wire, "?", frame.first, frame.last + 1, {{"frame", frame.number}});
    return;
  }
  const Leaving leaving = std::move(leaving_.front());
  leaving_.pop_front();
  put_segment(leaving, frame);
  Job &job = *leaving.job;
  if (--job.leaving == 0 && job.over) put_job(job);
}

// A segment and its frame.
void Timeline::put_segment(const Leaving &leaving, const StreamFrame &frame) {
  const Retired &order = leaving.order;
  const uint64_t to = frame.last + 1;
  const uint64_t from =
      leaving.bursts.empty() ? std::min(order.at, frame.first) : leaving.bursts.front().at;
  const Arguments arguments = {{"cookie", hex(order.cookie)},  {"slot", order.slot},
                               {"segment", order.segment},     {"offset", order.offset},
                               {"payload bytes", order.bytes}, {"va", hex(order.va)},
                               {"order", order.number},        {"retired in cycle", order.at}};
  const unsigned lane = queues_[order.queue].segments.take(from, to);
  const Track segment = track(order.queue, kSegments + lane, "segments");
  file_.slice(segment, fmt::format("segment {}", order.segment), from, to, arguments);

  const Track wire{kEngine, kWire};
  file_.name(wire, kEngineName, "wire");
  Arguments of_frame = {
      {"frame", frame.number}, {"bytes", frame.bytes.size()}, {"queue", frame.queue}};
  of_frame.update(arguments);
  file_.slice(wire, fmt::format("queue {}", order.queue), frame.first, to, of_frame);

  Job &job = *leaving.job;
  job.from = std::min(job.from, from);
  job.to = std::max(job.to, to);
  job.sent.push_back({from, frame.first, segment, leaving.bursts});
}

void Timeline::put_job(Job &job) {
  const unsigned lane = queues_[job.queue].jobs.take(job.from, job.to);
  const Track row = track(job.queue, kJobs + lane, "jobs");
  job.arguments["segments here"] = job.sent.size();
  file_.slice(row, "job " + hex(job.cookie), job.from, job.to, job.arguments);
  using Arrow = TraceFile::Arrow;
  const Track wire{kEngine, kWire};
  for (const Sent &s : job.sent) {
    file_.arrow(Arrow::kBegin, arrows_, row, s.from);
    file_.arrow(Arrow::kEnd, arrows_++, s.track, s.from);
    for (const Burst &b : s.bursts) {
      file_.arrow(Arrow::kBegin, arrows_, s.track, s.from);
      file_.arrow(Arrow::kStep, arrows_, b.track, b.at);
      file_.arrow(Arrow::kEnd, arrows_++, wire, s.wire_from);
    }
    if (!s.bursts.empty()) continue;
    file_.arrow(Arrow::kBegin, arrows_, s.track, s.from);
    file_.arrow(Arrow::kEnd, arrows_++, wire, s.wire_from);
  }
}

void Timeline::completed(const Completion &c) {
  file_.instant(track(c.queue, kState, "state"), "completion", c.at,
                {{"cookie", hex(c.cookie)},
                 {"status", vmso_status_name(c.status)},
                 {"segments", c.segments},
                 {"bytes", c.bytes}});
}

void Timeline::restarted(uint64_t now) {
  leaving_.clear();
  for (auto &[queue, state] : queues_) {
    for (auto &[slot, job] : state.open) job->leaving = 0;
    drop_jobs(queue, now, "rst_n");
  }
  fences_.clear();
  bursts_.clear();
  write_addresses_.clear();
  access_ = {};
}

Timeline::~Timeline() {
  const char *end = "the end of the run";
  for (const Leaving &leaving : leaving_) leaving.job->leaving = 0;
  for (auto &[queue, state] : queues_) {
    end_reset(queue);
    drop_jobs(queue, now_, end);
  }
}

}  // namespace vmso
