// SPDX-License-Identifier: Apache-2.0
#include "bus/axi_write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace vmso {

AxiWriteResponder::AxiWriteResponder(PhysicalMemory &memory, unsigned bus_bytes, Random random,
                                     Findings &findings)
    : memory_(memory),
      bus_bytes_(bus_bytes),
      log2_bytes_(unsigned(std::countr_zero(bus_bytes))),
      random_(random),
      findings_(findings) {}

void AxiWriteResponder::restart(DutInputs &in) {
  addresses_.clear();
  beats_.clear();
  answers_.clear();
  bursts_whole_ = 0;
  aw_ready_ = w_ready_ = offering_ = aw_waits_ = w_waits_ = false;
  in.m_axi_awready = in.m_axi_wready = in.m_axi_bvalid = 0;
}

void AxiWriteResponder::store(const Address &a, uint64_t now) {
  uint64_t first = a.addr & ~uint64_t(bus_bytes_ - 1);
  Resp resp = Resp::kOkay;
  Frame *frame = memory_.device(first);
  if (!frame) {
    findings_.add(fmt::format("m_axi_aw: no memory is in use at {:#x}", a.addr));
    resp = Resp::kDecErr;
  } else if (check_owners && frame->kind != FrameKind::kCompletion &&
             frame->kind != FrameKind::kNotes) {
    findings_.add(fmt::format("m_axi_aw: a write to {:#x}, a frame that is {}", a.addr,
                              frame_kind_name(frame->kind)));
  }
  if (random_.chance(knobs.error_rate)) resp = Resp::kSlvErr;
  for (Script &s : scripts) {
    uint64_t end = first + (a.len + 1u) * bus_bytes_ - 1;
    if (s.times == 0 || s.act != Script::Act::kError || s.last < first || s.first > end) continue;
    s.times--;
    resp = s.resp;
  }
  uint32_t bytes = 0;
  for (unsigned beat = 0; beat <= a.len && !beats_.empty(); beat++) {
    const Data d = beats_.front();
    beats_.pop_front();
    if (d.last != (beat == a.len)) findings_.add("m_axi_w: last does not fit the burst's length");
    for (unsigned lane = 0; lane < bus_bytes_; lane++) {
      if (!(d.strobes >> lane & 1)) continue;
      bytes++;
      uint64_t at = (first + beat * bus_bytes_ + lane) % kFrameBytes;
      if (resp == Resp::kOkay) frame->data[at] = d.beat.bytes[lane];
    }
    if (d.last) break;
  }
  bursts_whole_--;
  if (resp != Resp::kOkay) errors++;
  if (record) records.push_back({a.addr, now, bytes});
  writes++;
  if (frame) touched.push_back(frame->owner);
  uint64_t due = now + std::max(knobs.latency, 1u) + random_.below(knobs.jitter + 1ull);
  if (!answers_.empty()) due = std::max(due, answers_.back().due);
  answers_.push_back({due, a.addr, a.id, a.len, resp});
}

void AxiWriteResponder::join(uint64_t now) {
  while (!addresses_.empty() && bursts_whole_ > 0) {
    Address a = addresses_.front();
    addresses_.pop_front();
    store(a, now);
  }
}

void AxiWriteResponder::sample(const DutOutputs &out, uint64_t now) {
  if (offering_ && out.m_axi_bready) {
    answers_.pop_front();
    offering_ = false;
  }
  if (aw_waits_ && (!out.m_axi_awvalid || out.m_axi_awaddr != aw_held_.addr ||
                    out.m_axi_awlen != aw_held_.len)) {
    findings_.add("m_axi_aw: changed while it waited for ready");
  }
  if (w_waits_ &&
      (!out.m_axi_wvalid || out.m_axi_wstrb != w_held_.strobes ||
       out.m_axi_wdata.bytes != w_held_.beat.bytes || bool(out.m_axi_wlast) != w_held_.last)) {
    findings_.add("m_axi_w: changed while it waited for ready");
  }
  aw_waits_ = out.m_axi_awvalid && !aw_ready_;
  w_waits_ = out.m_axi_wvalid && !w_ready_;
  if (out.m_axi_awvalid) {
    Address a{out.m_axi_awaddr, out.m_axi_awid, out.m_axi_awlen};
    aw_held_ = a;
    if (aw_ready_) {
      uint64_t first = a.addr & ~uint64_t(bus_bytes_ - 1);
      if (first / kFrameBytes != (first + (a.len + 1u) * bus_bytes_ - 1) / kFrameBytes) {
        findings_.add(fmt::format("m_axi_aw: burst at {:#x} crosses 4 KiB", a.addr));
      }
      if (out.m_axi_awsize != log2_bytes_) findings_.add("m_axi_aw: size is not the bus width");
      if (out.m_axi_awburst != 1) findings_.add("m_axi_aw: burst is not INCR");
      addresses_.push_back(a);
    }
  }
  if (out.m_axi_wvalid) {
    w_held_ = {out.m_axi_wdata, out.m_axi_wstrb, bool(out.m_axi_wlast)};
    if (w_ready_) {
      beats_.push_back(w_held_);
      if (w_held_.last) bursts_whole_++;
    }
  }
  if (bursts_whole_ > 0) join(now);
}

void AxiWriteResponder::drive(DutInputs &in, uint64_t now) {
  aw_ready_ = !(knobs.aw_stall > 0 && random_.chance(knobs.aw_stall));
  w_ready_ = !(knobs.w_stall > 0 && random_.chance(knobs.w_stall));
  in.m_axi_awready = aw_ready_;
  in.m_axi_wready = w_ready_;
  if (offering_) return;
  offering_ = !knobs.hold && !answers_.empty() && answers_.front().due <= now;
  in.m_axi_bvalid = offering_;
  if (!offering_) return;
  in.m_axi_bid = answers_.front().id;
  in.m_axi_bresp = uint8_t(answers_.front().resp);
}

size_t AxiWriteResponder::open_in(uint64_t first, uint64_t last) const {
  auto touches = [&](const auto &burst) {
    uint64_t begin = burst.addr & ~uint64_t(bus_bytes_ - 1);
    return begin <= last && begin + (burst.len + 1u) * bus_bytes_ - 1 >= first;
  };
  return size_t(std::ranges::count_if(addresses_, touches) +
                std::ranges::count_if(answers_, touches));
}

std::string AxiWriteResponder::describe() const {
  return fmt::format("writes: {} addresses without data, {} beats without address, {} unanswered",
                     addresses_.size(), beats_.size(), answers_.size());
}

}  // namespace vmso
