// SPDX-License-Identifier: Apache-2.0
#include "check/reassembler.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso {

void Reassembler::add_flow(const FlowRule &rule) {
  Flow flow;
  flow.rule = rule;
  flows_[rule.source_port] = std::move(flow);
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

Reassembler::Place Reassembler::place_of(const FlowRule &rule, uint64_t at) {
  uint64_t job = at / rule.job_bytes, first = job * rule.job_bytes;
  uint64_t job_bytes = std::min<uint64_t>(rule.job_bytes, rule.stream.size() - first);
  uint64_t in_job = at - first, segment = in_job / rule.mss;
  Place p;
  p.first = first + segment * rule.mss;
  p.bytes = std::min(rule.mss, job_bytes - segment * rule.mss);
  p.number = job * ((rule.job_bytes + rule.mss - 1) / rule.mss) + segment;
  p.ends_job = p.first + p.bytes == first + job_bytes;
  p.ends_stream = p.first + p.bytes == rule.stream.size();
  return p;
}

std::optional<Reassembler::Place> Reassembler::find_tcp(const Flow &flow, const ParsedFrame &p) {
  const FlowRule &rule = flow.rule;
  // Streams longer than 4 GiB wrap: the byte meant is the one nearest to what has come.
  uint64_t near = flow.received;
  uint64_t at = near + uint64_t(int64_t(int32_t(p.seq - (rule.first_seq + uint32_t(near)))));
  if (at > rule.stream.size() || (at == rule.stream.size() && at > 0)) {
    complain(fmt::format("{}TCP sequence number is {}, should be {} to {}", p.inner(), p.seq,
                         rule.first_seq,
                         rule.first_seq + uint32_t(std::max<size_t>(rule.stream.size(), 1) - 1)));
    return std::nullopt;
  }
  Place place = place_of(rule, at);
  if (place.first != at) {
    complain(fmt::format("{}TCP sequence number is {}, should be {}", p.inner(), p.seq,
                         rule.first_seq + uint32_t(place.first)));
    return std::nullopt;
  }
  return place;
}

// The next datagram, or, if it is not that, the first from there on that it can be: what is missing
// between the two is told once.
std::optional<Reassembler::Place> Reassembler::find_udp(const Flow &flow, const ParsedFrame &p) {
  const FlowRule &rule = flow.rule;
  auto is = [&](const Place &place) {
    return std::ranges::equal(p.payload, rule.stream.subspan(place.first, place.bytes));
  };
  uint64_t bytes = rule.stream.size();
  bool over = bytes > 0 && flow.next >= bytes;
  Place next = place_of(rule, over ? 0 : flow.next), place = next;
  if (!over && is(next)) return next;
  for (uint64_t seen = 0; seen < bytes; seen += place.bytes) {
    if (is(place)) {
      complain(fmt::format("{}UDP datagram is that of stream byte {}, should be {}", p.inner(),
                           place.first,
                           over ? "none" : fmt::format("that of byte {}", next.first)));
      return place;
    }
    place = place_of(rule, place.ends_stream ? 0 : place.first + place.bytes);
  }
  if (!over) return next;
  complain(fmt::format("{}UDP datagram behind the end of the stream", p.inner()));
  return std::nullopt;
}

void Reassembler::check_layers(const FlowRule &rule, const ParsedFrame &p) {
  auto same = [&](const std::string &name, const auto &is, const auto &should) {
    if (is != should) complain(fmt::format("{} is {}, should be {}", name, is, should));
  };
  auto tags = [](const std::vector<FrameTag> &list) {
    std::string text;
    for (const FrameTag &t : list) text += fmt::format(" {:04x}.{:04x}", t.tpid, t.tci);
    return text.empty() ? "none" : text.substr(1);
  };
  auto version = [](bool ipv6) { return ipv6 ? "IPv6" : "IPv4"; };
  auto protocol = [](bool udp) { return udp ? "UDP" : "TCP"; };
  auto tunnel = [](TunnelKind kind, bool ethernet) {
    constexpr const char *kNames[] = {"none", "IP in IP", "GRE", "VXLAN", "Geneve"};
    return fmt::format("{}{}", kNames[size_t(kind)], ethernet ? " with Ethernet" : "");
  };
  same("VLAN tag", tags(p.tags), tags(rule.tags));
  same(fmt::format("{}IP version", p.inner()), std::string(version(p.ipv6)), version(rule.ipv6));
  same(fmt::format("{}protocol", p.inner()), std::string(protocol(p.udp)), protocol(rule.udp));
  if (p.udp && p.checksum.is == 0) {
    complain(fmt::format("{}UDP checksum is 0000, should be {:04x}", p.inner(), p.checksum.right));
  }
  same("tunnel", tunnel(p.tunnel, p.inner_ethernet), tunnel(rule.tunnel, rule.inner_ethernet));
  if (p.tunnel != rule.tunnel || p.tunnel == TunnelKind::kNone) return;
  same("outer IP version", std::string(version(p.outer_ipv6)), version(rule.outer_ipv6));
  bool udp = p.tunnel == TunnelKind::kVxlan || p.tunnel == TunnelKind::kGeneve;
  if (udp) same(p.tunnel == TunnelKind::kVxlan ? "VXLAN VNI" : "Geneve VNI", p.vni, rule.vni);
  const auto &sum = p.outer_checksum;
  bool has = sum && !(udp && sum->is == 0);
  if (has == rule.outer_checksum) return;
  complain(fmt::format("{} checksum is {}, should be {}", udp ? "outer UDP" : "GRE",
                       sum ? fmt::format("{:04x}", sum->is) : "absent",
                       rule.outer_checksum && sum ? fmt::format("{:04x}", sum->right)
                       : rule.outer_checksum      ? "present"
                       : udp                      ? "0000"
                                                  : "absent"));
}

void Reassembler::check_ids(const FlowRule &rule, const ParsedFrame &p, uint64_t number) {
  auto check = [&](const char *which, unsigned is, unsigned first) {
    unsigned id = unsigned(first + number) & 0xffff;
    if (is != id) complain(fmt::format("{}IPv4 id is {:04x}, should be {:04x}", which, is, id));
  };
  if (!p.ipv6) check(p.inner(), p.ip_id, rule.first_id);
  bool outer = p.tunnel != TunnelKind::kNone && !p.outer_ipv6;
  if (outer) check("outer ", p.outer_ip_id, rule.first_outer_id);
}

void Reassembler::check_constant(Flow &flow, const ParsedFrame &p, std::span<const uint8_t> bytes) {
  std::vector<uint8_t> header(bytes.begin(), bytes.begin() + long(p.payload_at));
  for (const Field &f : p.varying) std::fill_n(header.begin() + long(f.at), f.bytes, uint8_t{0});
  if (flow.header.empty()) flow.header = header;
  if (header == flow.header) return;
  if (header.size() != flow.header.size()) {
    return complain(fmt::format("headers have {} bytes, {} in the flow's first frame",
                                header.size(), flow.header.size()));
  }
  size_t at = size_t(std::ranges::mismatch(header, flow.header).in1 - header.begin());
  auto layer = std::ranges::find_if(
      p.layers, [&](const Field &f) { return at >= f.at && at < f.at + f.bytes; });
  complain(fmt::format("{}{} byte {} is {:02x}, {:02x} in the flow's first frame", layer->which,
                       layer->name, at - layer->at, header[at], flow.header[at]));
}

void Reassembler::check_payload(Flow &flow, const ParsedFrame &p, const Place &place) {
  if (p.payload.size() != place.bytes) {
    return complain(
        fmt::format("payload has {} bytes, should have {}", p.payload.size(), place.bytes));
  }
  if (place.bytes == 0) {
    if (flow.empty_seen) complain("a second empty frame");
    flow.empty_seen = true;
    return;
  }
  auto expected = flow.rule.stream.subspan(place.first, place.bytes);
  uint64_t end = place.first + place.bytes;
  if (!std::ranges::equal(p.payload, expected)) {
    size_t i = 0;
    while (p.payload[i] == expected[i]) i++;
    return complain(fmt::format("stream byte {} is {:02x}, should be {:02x}", place.first + i,
                                p.payload[i], expected[i]));
  }
  if (!cover(flow, place.first, end)) {
    return complain(fmt::format("stream bytes {}..{} came before", place.first, end - 1));
  }
  flow.received = std::max(flow.received, end);
  bytes_right_ += place.bytes;
}

void Reassembler::check(Flow &flow, const ParsedFrame &p, std::span<const uint8_t> bytes) {
  const FlowRule &rule = flow.rule;
  check_layers(rule, p);
  check_constant(flow, p, bytes);
  if (p.udp != rule.udp) return;
  auto place = p.udp ? find_udp(flow, p) : find_tcp(flow, p);
  if (!place) return;
  check_ids(rule, p, place->number);
  unsigned flags = rule.flags | (place->ends_job ? rule.last_flags : 0) |
                   (place->ends_stream ? rule.end_flags : 0);
  if (p.tcp && p.flags != flags) {
    complain(fmt::format("{}TCP flags are {:03x}, should be {:03x}", p.inner(), p.flags, flags));
  }
  check_payload(flow, p, *place);
  flow.next = place->first + place->bytes;
}

void Reassembler::frame(std::span<const uint8_t> bytes) {
  ParsedFrame p = parse_frame(bytes);
  for (const std::string &fault : p.faults) complain(fault);
  if (p.tcp || p.udp) {
    auto it = flows_.find(p.source_port);
    if (it == flows_.end()) {
      complain(fmt::format("{}{} source port is {}, no flow has it", p.inner(),
                           p.tcp ? "TCP" : "UDP", p.source_port));
    } else {
      check(it->second, p, bytes);
    }
  } else if (p.faults.empty()) {
    complain("it is neither TCP nor UDP");
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
    auto missing = [&, flow = port](uint64_t end) {
      if (at < end)
        findings_.add(fmt::format("flow {}: stream bytes {}..{} are missing", flow, at, end - 1));
    };
    for (auto [first, end] : f.have) {
      missing(first);
      at = end;
    }
    missing(f.rule.stream.size());
  }
}

}  // namespace vmso
