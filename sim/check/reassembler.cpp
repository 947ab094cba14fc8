// SPDX-License-Identifier: Apache-2.0
#include "check/reassembler.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso {

void Reassembler::add_flow(const FlowRule &rule) {
  flows_[rule.source_port] = {rule, {}, 0, false};
}

void Reassembler::complain(const std::string &text) {
  bad_++;
  findings_.add(fmt::format("received frame {}: {}", frames_, text));
}

bool Reassembler::cover(Flow &flow, uint64_t first, uint64_t end) {
  auto next = flow.have.lower_bound(first);
  if (next != flow.have.end() && next->first < end) return false;
  if (next != flow.have.begin()) {
    auto before = std::prev(next);
    if (before->second > first) return false;
    if (before->second == first) {
      before->second = end;
      if (next != flow.have.end() && next->first == end) {
        before->second = next->second;
        flow.have.erase(next);
      }
      return true;
    }
  }
  if (next != flow.have.end() && next->first == end) {
    end = next->second;
    flow.have.erase(next);
  }
  flow.have[first] = end;
  return true;
}

void Reassembler::check(Flow &flow, const ParsedFrame &p) {
  const FlowRule &rule = flow.rule;
  // Streams longer than 4 GiB wrap: the byte meant is the one nearest to what has come.
  uint64_t near = flow.received;
  uint64_t at = near + uint64_t(int64_t(int32_t(p.seq - (rule.first_seq + uint32_t(near)))));
  if (at > rule.stream.size())
    return complain(fmt::format("sequence number {} is not ours", p.seq));
  uint64_t job = at / rule.job_bytes, in_job = at % rule.job_bytes;
  uint64_t job_first = job * rule.job_bytes;
  uint64_t job_bytes = std::min<uint64_t>(rule.job_bytes, rule.stream.size() - job_first);
  uint64_t segment = in_job / rule.mss;
  if (in_job % rule.mss != 0) return complain(fmt::format("begins at byte {} of its job", in_job));
  uint64_t bytes = std::min(rule.mss, job_bytes - in_job);
  bool last = in_job + bytes == job_bytes;
  if (p.payload.size() != bytes) {
    return complain(fmt::format("{} payload bytes instead of {}", p.payload.size(), bytes));
  }
  if (p.ipv6 != rule.ipv6) complain("the other IP version");
  if (!p.ipv6) {
    uint64_t before = job * ((rule.job_bytes + rule.mss - 1) / rule.mss);
    unsigned id = unsigned(rule.first_id + before + segment) & 0xffff;
    if (p.ip_id != id) complain(fmt::format("IP id {:04x} instead of {:04x}", p.ip_id, id));
  }
  unsigned flags = rule.flags | (last ? rule.last_flags : 0);
  if (last && at + bytes == rule.stream.size()) flags |= rule.end_flags;
  if (p.flags != flags) complain(fmt::format("TCP flags {:03x} instead of {:03x}", p.flags, flags));
  if (bytes == 0) {
    if (flow.empty_seen) complain("a second empty frame");
    flow.empty_seen = true;
    return;
  }
  auto expected = rule.stream.subspan(at, bytes);
  if (!std::ranges::equal(p.payload, expected)) {
    size_t i = 0;
    while (p.payload[i] == expected[i]) i++;
    return complain(fmt::format("stream byte {} is {:02x}, should be {:02x}", at + i, p.payload[i],
                                expected[i]));
  }
  if (!cover(flow, at, at + bytes)) {
    return complain(fmt::format("stream bytes {}..{} came before", at, at + bytes - 1));
  }
  flow.received = std::max(flow.received, at + bytes);
  bytes_right_ += bytes;
}

void Reassembler::frame(std::span<const uint8_t> bytes) {
  ParsedFrame p = parse_frame(bytes);
  for (const std::string &fault : p.faults) complain(fault);
  if (p.tcp) {
    auto it = flows_.find(p.source_port);
    if (it == flows_.end()) {
      complain(fmt::format("no flow has source port {}", p.source_port));
    } else {
      check(it->second, p);
    }
  } else if (p.faults.empty()) {
    complain("it is not TCP");
  }
  frames_++;
}

bool Reassembler::complete() const {
  if (bad_ > 0) return false;
  return std::ranges::all_of(flows_, [](const auto &entry) {
    const Flow &f = entry.second;
    if (f.rule.stream.empty()) return f.empty_seen;
    return f.have.size() == 1 && f.have.begin()->first == 0 &&
           f.have.begin()->second == f.rule.stream.size();
  });
}

void Reassembler::conclude() {
  for (auto &[port, f] : flows_) {
    if (f.rule.stream.empty() && !f.empty_seen) {
      findings_.add(fmt::format("flow {}: its empty frame is missing", port));
    }
    uint64_t at = 0;
    auto missing = [&](uint64_t end) {
      if (at < end)
        findings_.add(fmt::format("flow {}: stream bytes {}..{} are missing", port, at, end - 1));
    };
    for (auto [first, end] : f.have) {
      missing(first);
      at = end;
    }
    missing(f.rule.stream.size());
  }
}

}  // namespace vmso
