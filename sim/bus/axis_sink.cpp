// SPDX-License-Identifier: Apache-2.0
#include "bus/axis_sink.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstdio>

namespace vmso {

Backpressure Backpressure::parse(const std::string &text) {
  Backpressure b;
  char rest = 0;
  unsigned long long n = 0, m = 0;
  if (text == "none") return b;
  if (std::sscanf(text.c_str(), "random:%lf%c", &b.p_, &rest) == 1 && b.p_ >= 0 && b.p_ < 1) {
    b.kind_ = Kind::kRandom;
    return b;
  }
  if (std::sscanf(text.c_str(), "1of:%llu%c", &n, &rest) == 1 && n >= 1 && n <= 100000) {
    b.kind_ = Kind::kOneOf;
    b.n_ = n;
    return b;
  }
  if (std::sscanf(text.c_str(), "stall:%llu@%llu%c", &n, &m, &rest) == 2 && n <= 100000 && m >= 1) {
    b.kind_ = Kind::kStall;
    b.n_ = n;
    b.m_ = m;
    return b;
  }
  throw Error(
      fmt::format("--backpressure: '{}' is none of: none, random:P (0 <= P < 1), 1of:N (N 1 to "
                  "100000), stall:N@M (N cycles, 0 to 100000, after each M beats, from 1)",
                  text),
      2);
}

bool Backpressure::ready(Random &random) {
  switch (kind_) {
    case Kind::kNone:
      return true;
    case Kind::kRandom:
      return !random.chance(p_);
    case Kind::kOneOf:
      return count_++ % n_ == 0;
    case Kind::kStall:
      if (left_ == 0) return true;
      left_--;
      return false;
  }
  return true;
}

void Backpressure::took_beat() {
  if (kind_ != Kind::kStall || ++count_ < m_) return;
  count_ = 0;
  left_ = n_;
}

AxisSink::AxisSink(unsigned bus_bytes, Random random, Findings &findings)
    : bus_bytes_(bus_bytes), random_(random), findings_(findings) {}

void AxisSink::restart(DutInputs &in) {
  inside_ = ready_ = waits_ = false;
  frame_ = {};
  in.m_axis_tready = 0;
}

void AxisSink::sample(const DutOutputs &out, uint64_t now) {
  if (waits_ && (!out.m_axis_tvalid || out.m_axis_tdata.bytes != held_.data.bytes ||
                 out.m_axis_tkeep != held_.keep || out.m_axis_tuser != held_.user ||
                 bool(out.m_axis_tlast) != held_.last)) {
    findings_.add(fmt::format("m_axis: changed while it waited for ready (frame {})", frames));
  }
  waits_ = out.m_axis_tvalid && !ready_;
  if (!out.m_axis_tvalid) {
    if (inside_ && ready_) findings_.add(fmt::format("m_axis: a gap inside frame {}", frames));
    return;
  }
  if (!ready_) {
    held_ = {out.m_axis_tdata, out.m_axis_tkeep, out.m_axis_tuser, bool(out.m_axis_tlast)};
    return;
  }
  pattern.took_beat();
  uint64_t full = bus_bytes_ == 64 ? ~uint64_t{0} : (uint64_t{1} << bus_bytes_) - 1;
  unsigned n = unsigned(std::popcount(out.m_axis_tkeep));
  if (n == 0 || (out.m_axis_tkeep & (out.m_axis_tkeep + 1)) != 0 ||
      (out.m_axis_tkeep & ~full) != 0) {
    findings_.add(
        fmt::format("m_axis: tkeep {:#x} has holes (frame {})", out.m_axis_tkeep, frames));
  }
  if (!out.m_axis_tlast && out.m_axis_tkeep != full) {
    findings_.add(
        fmt::format("m_axis: a beat that is not the last is not full (frame {})", frames));
  }
  if (beats++ == 0) first_beat = now;
  last_beat = now;
  if (!inside_) {
    frame_ = {};
    frame_.bytes.reserve(2048);
    frame_.first = now;
    frame_.queue = out.m_axis_tuser >> 1 & 0xfff;
    frame_.slot = out.m_axis_tuser >> 13 & 0x7fff;
  } else if ((out.m_axis_tuser >> 1 & 0xfff) != frame_.queue ||
             (out.m_axis_tuser >> 13 & 0x7fff) != frame_.slot) {
    findings_.add(fmt::format("m_axis: tuser changes inside frame {}", frames));
  }
  const uint8_t *data = out.m_axis_tdata.bytes.data();
  frame_.bytes.insert(frame_.bytes.end(), data, data + n);
  bytes += n;
  inside_ = !out.m_axis_tlast;
  if (inside_) return;
  frame_.last = now;
  frame_.error = out.m_axis_tuser & 1;
  frame_.number = frames++;
  done.push_back(std::move(frame_));
}

void AxisSink::drive(DutInputs &in) {
  ready_ = pattern.ready(random_) && !hold;
  in.m_axis_tready = ready_;
}

}  // namespace vmso
