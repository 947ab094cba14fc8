// SPDX-License-Identifier: Apache-2.0
#include "bus/axi_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

namespace vmso {

const char *read_class_name(ReadClass cls) {
  switch (cls) {
    case ReadClass::kWalk:
      return "walk";
    case ReadClass::kSlot:
      return "slot";
    case ReadClass::kTemplate:
      return "template";
    case ReadClass::kPayload:
      return "payload";
  }
  return "?";
}

AxiReadResponder::AxiReadResponder(PhysicalMemory &memory, unsigned bus_bytes, Random random,
                                   Findings &findings)
    : memory_(memory),
      bus_bytes_(bus_bytes),
      log2_bytes_(unsigned(std::countr_zero(bus_bytes))),
      random_(random),
      findings_(findings) {
  tail_.fill(kNone);
}

void AxiReadResponder::restart(DutInputs &in) {
  pool_.clear();
  free_.clear();
  tail_.fill(kNone);
  in_order_.clear();
  heap_.clear();
  ready_.clear();
  withheld_.clear();
  open_ = 0;
  current_ = kNone;
  offering_ = false;
  ar_ready_ = false;
  held_ = {};
  in.m_axi_arready = 0;
  in.m_axi_rvalid = 0;
}

uint16_t AxiReadResponder::take_place() {
  if (free_.empty()) {
    if (pool_.size() >= kNone) throw Error("more than 65534 reads are open");
    pool_.emplace_back();
    return uint16_t(pool_.size() - 1);
  }
  uint16_t index = free_.back();
  free_.pop_back();
  return index;
}

void AxiReadResponder::check(const DutOutputs &out, const Frame *frame) {
  uint64_t beats = out.m_axi_arlen + 1u;
  uint64_t first = out.m_axi_araddr & ~uint64_t(bus_bytes_ - 1);
  uint64_t last = first + beats * bus_bytes_ - 1;
  auto complain = [&](const char *what) {
    findings_.add(fmt::format("m_axi_ar: {} (id {:#x}, addr {:#x}, len {})", what, out.m_axi_arid,
                              out.m_axi_araddr, out.m_axi_arlen));
  };
  if (first / kFrameBytes != last / kFrameBytes) complain("burst crosses 4 KiB");
  if (out.m_axi_arsize != log2_bytes_) complain("size is not the width of the bus");
  if (out.m_axi_arburst != 1) complain("burst is not INCR");
  if (!frame) {
    counts.unbacked++;
    if (!allow_unbacked) complain("no memory is in use there");
    return;
  }
  if (!check_owners) return;
  FrameKind kind = frame->kind;
  bool good = false;
  switch (ReadClass(out.m_axi_arid >> 8 & 3)) {
    case ReadClass::kWalk:
      good = kind == FrameKind::kTable;
      break;
    case ReadClass::kSlot:
      good = kind == FrameKind::kRing;
      break;
    case ReadClass::kTemplate:
      good = kind == FrameKind::kTemplate || kind == FrameKind::kUser;
      break;
    case ReadClass::kPayload:
      good = kind == FrameKind::kUser;
      break;
  }
  if (!good) {
    complain(fmt::format("a {} read from a frame that is {}",
                         read_class_name(ReadClass(out.m_axi_arid >> 8 & 3)), frame_kind_name(kind))
                 .c_str());
  }
}

void AxiReadResponder::accept(const DutOutputs &out, uint64_t now) {
  Frame *frame = memory_.device(out.m_axi_araddr);
  check(out, frame);
  uint16_t index = take_place();
  Burst &b = pool_[index];
  b = {};
  b.addr = out.m_axi_araddr & ~uint64_t(bus_bytes_ - 1);
  b.data = frame ? frame->data : nullptr;
  b.ar = now;
  b.id = out.m_axi_arid & 1023;
  b.beats = uint16_t(out.m_axi_arlen + 1u);
  b.due =
      now + std::max(knobs.latency, 1u) + (knobs.jitter ? random_.below(knobs.jitter + 1ull) : 0);
  b.order = next_order_++;
  unsigned cls = b.id >> 8;
  counts.bursts[cls]++;
  if (frame && (knobs.early_classes >> cls & 1)) {
    const size_t bytes = size_t{b.beats} * bus_bytes_;
    b.early = std::make_unique<uint8_t[]>(bytes);
    std::memcpy(b.early.get(), frame->data + b.addr % kFrameBytes, bytes);
  }
  if (!frame) {
    b.all_bad = true;
    b.resp = Resp::kDecErr;
  } else if (knobs.error_rate > 0 && (knobs.error_classes >> cls & 1) &&
             random_.chance(knobs.error_rate)) {
    b.bad_beat = uint16_t(random_.below(b.beats));
    b.resp = random_.below(2) ? Resp::kSlvErr : Resp::kDecErr;
    counts.errors++;
    given_.push_back({ReadClass(cls), b.resp, b.addr, b.addr + uint64_t(b.beats) * bus_bytes_ - 1});
  }
  for (Script &s : scripts) {
    uint64_t end = b.addr + uint64_t(b.beats) * bus_bytes_ - 1;
    if (s.times == 0 || !(s.classes >> cls & 1) || s.last < b.addr || s.first > end) continue;
    s.times--;
    if (s.act == Script::Act::kNever) {
      b.withheld = true;
    } else {
      b.bad_beat = uint16_t((std::max(s.first, b.addr) - b.addr) / bus_bytes_);
      b.resp = s.resp;
      counts.errors++;
    }
    break;
  }
  if (knobs.lost_rate > 0 && (knobs.lost_classes >> cls & 1) && knobs.lost_most > 0 &&
      random_.chance(knobs.lost_rate)) {
    b.withheld = true;
    counts.lost++;
    knobs.lost_most--;
  }
  remember(b);
  open_++;
  if (b.withheld) {
    withheld_.push_back(index);
    return;
  }
  if (knobs.order == ReadOrder::kInOrder) {
    in_order_.push_back(index);
    return;
  }
  uint16_t before = tail_[b.id];
  tail_[b.id] = index;
  if (before != kNone) {
    pool_[before].next = index;
  } else {
    arm(index, now);
  }
}

void AxiReadResponder::remember(const Burst &b) {
  const ReadRecord r{b.addr, b.ar, 0, 0, b.id, b.beats, b.resp != Resp::kOkay};
  if (record || records.size() < kRecent) {
    records.push_back(r);
  } else {
    records[b.order % kRecent] = r;
  }
}

ReadRecord *AxiReadResponder::record_of(const Burst &b) {
  ReadRecord &r = records[record ? b.order : b.order % kRecent];
  return r.ar == b.ar ? &r : nullptr;  // one AR a cycle
}

const ReadRecord *AxiReadResponder::brought(ReadClass cls, uint64_t pa) const {
  const ReadRecord *found = nullptr;
  for (const ReadRecord &r : records) {
    if (r.cls() != cls || r.last == 0 || pa < r.addr || pa >= r.addr + r.beats * bus_bytes_)
      continue;
    if (!found || r.last > found->last) found = &r;
  }
  return found;
}

// The burst is the oldest of its id: from its due time on it may answer.
void AxiReadResponder::arm(uint16_t index, uint64_t) {
  heap_.emplace_back(pool_[index].due, index);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void AxiReadResponder::finish(uint16_t index, uint64_t now) {
  Burst &b = pool_[index];
  if (ReadRecord *r = record_of(b)) {
    r->last = now;
    if (on_answer) on_answer(*r);
  }
  if (tail_[b.id] == index) tail_[b.id] = kNone;
  if (b.next != kNone) arm(b.next, now);
  free_.push_back(index);
  open_--;
}

void AxiReadResponder::release_withheld(uint64_t now) {
  for (uint16_t index : withheld_) {
    pool_[index].withheld = false;
    pool_[index].due = now;
    if (knobs.order == ReadOrder::kInOrder) {
      in_order_.push_back(index);
    } else {
      arm(index, now);
    }
  }
  withheld_.clear();
}

void AxiReadResponder::sample(const DutOutputs &out, uint64_t now) {
  now_ = now;
  if (offering_ && out.m_axi_rready) {
    Burst &b = pool_[current_];
    if (first_beat == 0) first_beat = now;
    last_beat = now;
    counts.beats[b.id >> 8]++;
    if (b.beat == 0) {
      if (ReadRecord *r = record_of(b)) r->first = now;
    }
    offering_ = false;
    if (++b.beat == b.beats) {
      finish(current_, now);
      current_ = kNone;
    } else if (knobs.order == ReadOrder::kInterleaved) {
      ready_.push_back(current_);
      current_ = kNone;
    }
  }
  if (held_.valid && (!out.m_axi_arvalid || out.m_axi_araddr != held_.addr ||
                      out.m_axi_arid != held_.id || out.m_axi_arlen != held_.len)) {
    findings_.add("m_axi_ar: changed while it waited for ready");
  }
  held_.valid = out.m_axi_arvalid && !ar_ready_;
  if (out.m_axi_arvalid) {
    if (ar_ready_) {
      accept(out, now);
    } else {
      held_.addr = out.m_axi_araddr;
      held_.id = out.m_axi_arid;
      held_.len = out.m_axi_arlen;
    }
  }
}

// Which burst goes on now; `now` is the cycle in which the beat can be taken.
bool AxiReadResponder::choose(uint64_t now) {
  if (current_ != kNone) return true;  // finish what has begun
  if (knobs.order == ReadOrder::kInOrder && !in_order_.empty()) {
    if (pool_[in_order_.front()].due > now) return false;
    current_ = in_order_.front();
    in_order_.pop_front();
    return true;
  }
  while (!heap_.empty() && heap_.front().first <= now) {
    ready_.push_back(heap_.front().second);
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
  }
  if (ready_.empty()) return false;
  size_t i = random_.below(ready_.size());
  current_ = ready_[i];
  ready_[i] = ready_.back();
  ready_.pop_back();
  return true;
}

void AxiReadResponder::drive(DutInputs &in, uint64_t now) {
  ar_ready_ = !(knobs.ar_stall > 0 && random_.chance(knobs.ar_stall));
  in.m_axi_arready = ar_ready_;
  if (offering_) return;  // stands until it is taken
  offering_ = choose(now);
  in.m_axi_rvalid = offering_;
  if (!offering_) return;
  const Burst &b = pool_[current_];
  bool bad = b.all_bad || b.beat == b.bad_beat;
  if (b.data && !bad) {
    const uint64_t at = uint64_t(b.beat) * bus_bytes_;
    const uint8_t *bytes = b.early ? b.early.get() : b.data + b.addr % kFrameBytes;
    std::memcpy(in.m_axi_rdata.bytes.data(), bytes + at, bus_bytes_);
  } else {
    std::memset(in.m_axi_rdata.bytes.data(), 0xee, bus_bytes_);  // data of an error means nothing
  }
  in.m_axi_rid = b.id;
  in.m_axi_rresp = uint8_t(bad ? b.resp : Resp::kOkay);
  in.m_axi_rlast = b.beat + 1 == b.beats;
}

std::vector<bool> AxiReadResponder::home() const {
  std::vector<bool> home(pool_.size(), false);
  for (uint16_t index : free_) home[index] = true;
  return home;
}

size_t AxiReadResponder::open_in(uint64_t first, uint64_t last) const {
  std::vector<bool> home = this->home();
  size_t count = 0;
  for (size_t i = 0; i < pool_.size(); i++) {
    const Burst &b = pool_[i];
    if (home[i] || (b.withheld && now_ - b.ar >= given_up_after)) continue;
    uint64_t end = b.addr + uint64_t(b.beats) * bus_bytes_ - 1;
    count += b.addr <= last && end >= first;
  }
  return count;
}

bool AxiReadResponder::gave(ReadClass cls, Resp resp, std::optional<uint64_t> pa) const {
  return std::ranges::any_of(given_, [&](const GivenError &e) {
    return e.cls == cls && e.resp == resp && (!pa || (*pa >= e.first && *pa <= e.last));
  });
}

std::vector<ReadRecord> AxiReadResponder::open_reads() const {
  std::vector<ReadRecord> open;
  std::vector<bool> home = this->home();
  for (size_t i = 0; i < pool_.size(); i++) {
    const Burst &b = pool_[i];
    if (!home[i]) open.push_back({b.addr, b.ar, 0, 0, b.id, b.beats, b.resp != Resp::kOkay});
  }
  std::ranges::sort(open, {}, &ReadRecord::ar);
  return open;
}

std::string AxiReadResponder::describe(uint64_t now) const {
  std::array<size_t, 4> open{};
  uint64_t oldest = now;
  std::vector<bool> home = this->home();
  for (size_t i = 0; i < pool_.size(); i++) {
    if (home[i]) continue;
    open[pool_[i].id >> 8]++;
    oldest = std::min(oldest, pool_[i].due);
  }
  return fmt::format(
      "reads open: {} walk, {} slot, {} template, {} payload; {} withheld; oldest {} "
      "cycles past its due time",
      open[0], open[1], open[2], open[3], withheld_.size(), now - oldest);
}

}  // namespace vmso
