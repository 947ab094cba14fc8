// SPDX-License-Identifier: Apache-2.0
#include "debug/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "vmso.h"

namespace vmso {
namespace {

using nlohmann::json;

// Processes of the file, in the order in which they are shown: queues first, by their number.
enum : unsigned { kQueues = 1, kWalks = 10001, kReads = 10002, kWire = 10010, kFences = 10011 };
constexpr size_t kBurstsKept = 4096;  // of payload, for segments that have not retired

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

}  // namespace

Timeline::Timeline(const std::string &path, unsigned clock_mhz, unsigned bus_bytes,
                   uint64_t fence_status_address, Translate translate)
    : file_(path, clock_mhz),
      bus_bytes_(bus_bytes),
      fence_status_address_(fence_status_address),
      translate_(std::move(translate)) {}

Track Timeline::track(unsigned queue, unsigned thread, const std::string &name) {
  const Track track{kQueues + queue, thread};
  file_.name(track, fmt::format("queue {}", queue), name);
  return track;
}

void Timeline::posted(const ExpectedJob &job, uint64_t now) {
  posted_[job.cookie] = {{{"cookie", hex(job.cookie)},
                          {"kind", vmso_kind_name(job.job.kind)},
                          {"slot", job.slot},
                          {"slots", job.slots},
                          {"payload bytes", job.job.payload_bytes},
                          {"mss", job.job.mss},
                          {"posted in cycle", now}},
                         job.buffers};
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
  if (fence_status_address_ == 0) return;
  if (out.m_axi_awvalid && in.m_axi_awready) write_addresses_.push_back(out.m_axi_awaddr);
  if (!out.m_axi_wvalid || !in.m_axi_wready || write_addresses_.empty()) return;
  const uint64_t address = write_addresses_.front();
  if (address == fence_status_address_ && out.m_axi_wstrb & 1u) {
    end_fences(uint16_t(out.m_axi_wdata.bytes[0] | out.m_axi_wdata.bytes[1] << 8), now);
  }
  if (out.m_axi_wlast) write_addresses_.pop_front();
}

void Timeline::wrote(uint32_t offset, uint32_t data, uint64_t now) {
  if (offset == VMSO_REG_FENCE_GO) {
    fences_.push_back({now, "fence", {}});
  } else if (offset == VMSO_REG_CONTROL && data & VMSO_REG_CONTROL_SOFT_RESET_bm) {
    for (auto &[queue, state] : queues_) drop_jobs(queue, now, "soft reset");
    fences_.clear();
  } else if (offset >= VMSO_REG_DOORBELL(0)) {
    // doorbells are in the jobs' slots; there would be one instant for each job
  } else if (offset >= VMSO_REG_CONTEXT(0)) {
    if ((offset - VMSO_REG_CONTEXT(0)) % VMSO_REG_CONTEXT_STRIDE == VMSO_REG_CONTEXT_COMMIT) {
      unsigned context = (offset - VMSO_REG_CONTEXT(0)) / VMSO_REG_CONTEXT_STRIDE;
      fences_.push_back({now, fmt::format("commit of context {}", context), {}});
    }
  } else if (offset >= VMSO_REG_QUEUE(0)) {
    if ((offset - VMSO_REG_QUEUE(0)) % VMSO_REG_QUEUE_STRIDE == VMSO_REG_QUEUE_COMMAND) {
      command((offset - VMSO_REG_QUEUE(0)) / VMSO_REG_QUEUE_STRIDE,
              data & VMSO_REG_QUEUE_COMMAND_CMD_bm, now);
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
    const Track track{kFences, lane};
    file_.name(track, "fences", fmt::format("fences ({})", lane + 1));
    file_.slice(track, fmt::format("{} {}", fence.name, *fence.number), fence.from, now,
                {{"number", *fence.number}});
    fences_.pop_front();
  }
}

void Timeline::command(unsigned queue, unsigned code, uint64_t now) {
  const Track state = track(queue, kState, "state");
  file_.instant(state, command_name(code), now, json::object());
  auto it = queues_.find(queue);
  if (it == queues_.end()) return;
  std::optional<Retired> &failed = it->second.failed;
  if (failed && (code == VMSO_CMD_RETRY || code == VMSO_CMD_ABORT || code == VMSO_CMD_RESET)) {
    file_.slice(state, "parked", failed->at, now,
                {{"cookie", hex(failed->cookie)},
                 {"segment", failed->segment},
                 {"status", vmso_status_name(failed->status)},
                 {"va", hex(failed->va)},
                 {"until", command_name(code)}});
    failed.reset();
  }
  if (code == VMSO_CMD_RESET) drop_jobs(queue, now, "RESET");
}

// ---- jobs and segments

Timeline::Open &Timeline::open_job(const Retired &order, uint64_t from) {
  Queue &q = queues_[order.queue];
  auto [it, fresh] = q.open.try_emplace(order.cookie);
  if (fresh) it->second = {from, q.jobs.take(from, Lanes::kOpen)};
  return it->second;
}

void Timeline::end_job(const Retired &order, uint64_t to) {
  Queue &q = queues_[order.queue];
  auto it = q.open.find(order.cookie);
  if (it == q.open.end()) return;
  const Open open = it->second;
  q.open.erase(it);
  q.jobs.end(open.lane, to);
  auto job = posted_.find(order.cookie);
  json arguments =
      job == posted_.end() ? json{{"cookie", hex(order.cookie)}} : job->second.arguments;
  arguments["segments here"] = open.segments;
  arguments["status"] = vmso_status_name(order.status);
  file_.slice(track(order.queue, kJobs + open.lane, fmt::format("jobs ({})", open.lane + 1)),
              fmt::format("job {:#x}", order.cookie), open.from, to, arguments);
}

void Timeline::drop_jobs(unsigned queue, uint64_t now, const char *why) {
  Queue &q = queues_[queue];
  for (const auto &[cookie, open] : q.open) {
    q.jobs.end(open.lane, now);
    file_.slice(track(queue, kJobs + open.lane, fmt::format("jobs ({})", open.lane + 1)),
                fmt::format("job {:#x}", cookie), open.from, now,
                {{"cookie", hex(cookie)}, {"dropped by", why}});
  }
  q.open.clear();
  q.failed.reset();
}

// The bursts that brought an order's payload, in the order of their AR.
std::vector<Timeline::Burst> Timeline::bursts_of(const Retired &order) {
  std::vector<Burst> found;
  auto job = posted_.find(order.cookie);
  if (job == posted_.end()) return found;
  uint64_t at = 0;
  const uint64_t first = order.offset, end = first + order.bytes;
  for (const UserBuffer &b : job->second.buffers) {
    const uint64_t from = std::max(first, at), to = std::min(end, at + b.bytes);
    for (uint64_t n = from; n < to;) {
      const uint64_t va = b.va + (n - at);
      const auto pa = translate_(order.queue, va);
      auto it = !pa ? bursts_.end() : std::ranges::find_if(bursts_, [&](const Burst &burst) {
        return *pa >= burst.addr && *pa < burst.addr + burst.bytes;
      });
      if (it != bursts_.end()) {
        found.push_back(*it);
        bursts_.erase(it);
      }
      n += 4096 - va % 4096;
    }
    at += b.bytes;
  }
  std::ranges::sort(found, {}, &Burst::at);
  return found;
}

void Timeline::retired(const Retired &order) {
  Queue &q = queues_[order.queue];
  if (order.fate == Fate::kDropped) return;
  q.failed.reset();
  if (order.fate == Fate::kSent) {
    leaving_.push_back({order, bursts_of(order)});
    return;
  }
  open_job(order, order.at);
  end_job(order, order.at + 1);
  if (order.fate == Fate::kFailed) q.failed = order;
}

void Timeline::answered(const ReadRecord &read) {
  const auto cls = size_t(read.cls());
  Track track;
  if (read.cls() == ReadClass::kWalk) {
    track = {kWalks, read.id & 0xffu};
    file_.name(track, "walk slots", fmt::format("walk slot {}", track.thread));
  } else {
    track = {kReads + unsigned(cls), read_lanes_[cls].take(read.ar, read.last)};
    const char *name = read_class_name(read.cls());
    file_.name(track, fmt::format("{} reads", name),
               fmt::format("{} ({})", name, track.thread + 1));
  }
  const uint64_t bytes = uint64_t(read.beats) * bus_bytes_;
  file_.slice(track, fmt::format("{:#x}", read.addr), read.ar, read.last,
              {{"address", hex(read.addr)},
               {"id", hex(read.id)},
               {"beats", read.beats},
               {"first beat in cycle", read.first},
               {"last beat in cycle", read.last},
               {"error", read.error}});
  if (read.cls() != ReadClass::kPayload) return;
  bursts_.push_back({read.addr, bytes, read.ar, track});
  if (bursts_.size() > kBurstsKept) bursts_.pop_front();
}

void Timeline::left(const StreamFrame &frame, const Scoreboard::Match *) {
  const Track wire{kWire, 0};
  file_.name(wire, "wire", "frames");
  json of_frame = {{"frame", frame.number}, {"bytes", frame.bytes.size()}, {"queue", frame.queue}};
  if (leaving_.empty()) {  // it retired before the last rst_n
    file_.slice(wire, fmt::format("frame {}", frame.number), frame.first, frame.last + 1, of_frame);
    return;
  }
  const Leaving leaving = std::move(leaving_.front());
  leaving_.pop_front();
  const Retired &order = leaving.order;
  const uint64_t from =
      std::min(leaving.bursts.empty() ? order.at : leaving.bursts.front().at, frame.first);
  Open &job = open_job(order, from);
  job.segments++;
  const json arguments = {{"order", order.number},           {"segment", order.segment},
                          {"cookie", hex(order.cookie)},     {"slot", order.slot},
                          {"payload bytes", order.bytes},    {"va", hex(order.va)},
                          {"bursts", leaving.bursts.size()}, {"retired in cycle", order.at}};
  const unsigned lane = queues_[order.queue].segments.take(from, frame.last + 1);
  const Track segment =
      track(order.queue, kSegments + lane, fmt::format("segments ({})", lane + 1));
  file_.slice(segment, fmt::format("segment {}", order.segment), from, frame.last + 1, arguments);
  of_frame.update(arguments);
  file_.slice(wire, fmt::format("queue {}", order.queue), frame.first, frame.last + 1, of_frame);

  using Arrow = TraceFile::Arrow;
  const uint64_t arrow = arrows_++;
  file_.arrow(Arrow::kBegin, arrow, {kQueues + order.queue, kJobs + job.lane},
              std::max(from, job.from));
  file_.arrow(Arrow::kStep, arrow, segment, from);
  for (const Burst &b : leaving.bursts) file_.arrow(Arrow::kStep, arrow, b.track, b.at);
  file_.arrow(Arrow::kEnd, arrow, wire, frame.first);
  if (order.ends) end_job(order, frame.last + 1);
}

void Timeline::completed(const Completion &c) {
  file_.instant(track(c.queue, kState, "state"), "completion", c.at,
                {{"cookie", hex(c.cookie)},
                 {"status", vmso_status_name(c.status)},
                 {"segments", c.segments},
                 {"bytes", c.bytes}});
  posted_.erase(c.cookie);
}

Timeline::~Timeline() {
  for (auto &[queue, state] : queues_) drop_jobs(queue, now_, "the end of the run");
}

}  // namespace vmso
