// SPDX-License-Identifier: Apache-2.0
#include "regress/random_job.hpp"

#include <algorithm>

namespace vmso::regress {
namespace {

constexpr size_t kShortestFrame = 14;
constexpr unsigned kVxlanPort = 4789, kGenevePort = 6081;
constexpr size_t kMostFrames = 100;  // of a job, about

std::vector<uint8_t> no_operations(uint64_t words) { return std::vector<uint8_t>(4 * words, 1); }

void shape_ip(IpHeaders &h, Random &r, unsigned most_tags) {
  h.ipv6 = r.below(2);
  h.tags = unsigned(r.below(most_tags + 1));
  h.ip_id = uint16_t(r.below(2) ? r() : 0xfffe);
  h.dont_fragment = r.below(2);
  if (h.ipv6 && r.below(3) == 0) {
    constexpr ExtensionHeader::Type kTypes[] = {
        ExtensionHeader::kHopByHop, ExtensionHeader::kRouting, ExtensionHeader::kDestination};
    for (uint64_t n = r.between(1, 3); n > 0; n--) {
      h.extension_headers.push_back({kTypes[r.below(3)], unsigned(8 * r.between(1, 4)), 0});
    }
  }
  if (!h.ipv6 && r.below(3) == 0) h.ip_options = no_operations(r.below(11));
}

Template inner_template(vmso_kind kind, vmso_l4_mode mode, uint32_t payload, Random &r) {
  if (kind == VMSO_KIND_UDP_SEG) {
    UdpHeaders h;
    shape_ip(h, r, 3);
    if (mode == VMSO_L4_NONE) h.ipv6 = false, h.extension_headers.clear();
    h.l4_mode = mode;
    h.payload_bytes = payload;
    return udp_template(h);
  }
  TcpHeaders h;
  shape_ip(h, r, 3);
  h.tcp_options = r.below(2) ? timestamp_option() : no_operations(r.below(11));
  h.seq = uint32_t(r());
  h.flags = uint8_t(r());
  h.reserved_flags = uint8_t(r.below(16));
  h.l4_mode = mode;
  h.payload_bytes = payload;
  return tcp_template(h);
}

TunnelHeaders tunnel_headers(Random &r, bool outer_csum) {
  using Kind = TunnelHeaders::Kind;
  constexpr Kind kKinds[] = {Kind::kVxlan, Kind::kGeneve, Kind::kGre, Kind::kGreEthernet,
                             Kind::kIp};
  TunnelHeaders t;
  shape_ip(t, r, 3);
  t.kind = kKinds[r.below(outer_csum ? 4 : 5)];
  t.vni = uint32_t(r.below(1 << 24));
  t.geneve_options = no_operations(r.below(4) ? r.below(4) : r.below(20));
  t.gre_checksum = outer_csum;
  t.gre_key = r.below(2);
  t.gre_sequence = r.below(2);
  return t;
}

// 2^n, and a bit beside it.
uint64_t near_power(Random &r, unsigned most_bits) {
  uint64_t power = uint64_t{1} << r.below(most_bits + 1);
  return power + r.between(0, 2) - 1;
}

uint16_t random_mss(const JobShape &shape, Random &r) {
  const uint64_t longest = shape.max_frame - kLongestTemplate;  // whatever the header
  switch (shape.mss) {
    case kUsualMss:
      return 1448;
    case kAnyMss:
      return uint16_t(r.below(4) ? r.between(200, 3000) : r.between(1, 200));
    case kCornerMss:
      break;
  }
  uint64_t mss = r.below(5) == 0 ? longest - r.below(2) : near_power(r, 13);
  return uint16_t(std::clamp<uint64_t>(mss, 1, longest));
}

// `unit`: what it is cut into.
size_t random_bytes_of(const JobShape &shape, uint64_t unit, Random &r) {
  switch (shape.payload) {
    case kShort:
      return r.below(100);
    case kAnyPayload:
      return r.below(8) == 0 ? 0 : r.below(4) == 0 ? unit * r.between(1, 5) : r.below(9000);
    case kLong:
      return r.between(9000, 70000);
    case kCornerPayload:
      break;
  }
  if (r.below(2)) return near_power(r, 16);
  return size_t(unit * r.between(1, 20) + r.between(0, 2) - 1);
}

JobSpec segmented(const JobShape &shape, vmso_kind kind, Random &r) {
  JobSpec spec;
  spec.kind = kind;
  spec.mss = random_mss(shape, r);
  uint64_t n = std::min<uint64_t>(random_bytes_of(shape, spec.mss, r), kMostFrames * spec.mss);
  spec.payload = random_bytes(n, r);
  spec.l4_mode = vmso_l4_mode(kind == VMSO_KIND_UDP_SEG ? r.below(4) : r.between(1, 3));
  spec.id_mode = vmso_id_mode(r.below(3));
  spec.outer_id_mode = vmso_id_mode(r.below(3));
  spec.flag_profile = uint8_t(r.below(2));
  if (r.below(4) == 0) {
    spec.vlan = reference::VlanTag{uint16_t(r.below(2) ? 0x8100 : 0x88a8), uint16_t(r())};
  }
  const bool tunnel = shape.tunnels == kAllTunnels || (shape.tunnels == kSomeTunnels && r.below(2));
  do {
    spec.header = inner_template(kind, spec.l4_mode, uint32_t(n), r);
    if (!tunnel) continue;
    spec.outer_csum = r.below(2);
    spec.header = tunnel_template(tunnel_headers(r, spec.outer_csum), spec.header);
  } while (spec.header.bytes.size() + kTag > kLongestTemplate || spec.header.outer_l4 > 255);
  return spec;
}

size_t frame_bytes(const JobShape &shape, size_t least, Random &r) {
  size_t most = shape.max_frame - kTag;
  return std::clamp<size_t>(random_bytes_of(shape, 1448, r), least, most);
}

// A frame with a checksum somewhere in it, in a header template, in the payload or across.
JobSpec with_checksum(const JobShape &shape, Random &r) {
  JobSpec spec;
  spec.kind = VMSO_KIND_CSUM;
  size_t header = r.below(2) ? 0 : r.below(200);
  size_t bytes = frame_bytes(shape, std::max<size_t>(60, header), r);
  auto all = random_bytes(bytes, r);
  spec.header.bytes.assign(all.begin(), all.begin() + long(header));
  spec.payload.assign(all.begin() + long(header), all.end());
  if (r.below(3) == 0) spec.vlan = reference::VlanTag{0x8100, uint16_t(r())};
  spec.csum_start = uint16_t(r.between(spec.vlan ? 12 : 0, bytes - 2));
  spec.csum_offset = uint16_t(r.below(bytes - 1 - spec.csum_start));
  if (r.below(4) == 0 && bytes - spec.csum_start > 8) spec.csum_offset = 6;
  return spec;
}

JobSpec plain_frame(const JobShape &shape, Random &r) {
  JobSpec spec;
  spec.kind = VMSO_KIND_FRAME;
  size_t header = r.below(2) ? 0 : r.between(1, kLongestTemplate - kTag);
  size_t bytes = frame_bytes(shape, std::max(kShortestFrame, header), r);
  spec.header.bytes = random_bytes(header, r);
  spec.payload = random_bytes(bytes - header, r);
  if (r.below(2)) spec.vlan = reference::VlanTag{0x88a8, uint16_t(r())};
  return spec;
}

// Where the payload is cut into buffers: about even, or one long and many short ones.
std::vector<uint32_t> random_cuts(size_t bytes, const JobShape &shape, Random &r) {
  constexpr uint64_t kTiny = 40;
  std::vector<uint32_t> cuts;
  uint64_t pieces = std::min<uint64_t>(bytes, r.between(1, shape.buffers));
  uint64_t longest = r.below(3) ? 2 * bytes / std::max<uint64_t>(pieces, 1) + 1 : kTiny;
  if (shape.pieces == kTinyPieces) {
    pieces = std::min<uint64_t>(bytes, shape.buffers);
    longest = kTiny;
  }
  size_t left = bytes;
  while (left > 0 && cuts.size() + 1 < pieces) {
    cuts.push_back(uint32_t(r.between(1, std::min<uint64_t>(left, longest))));
    left -= cuts.back();
  }
  if (left > 0) cuts.push_back(uint32_t(left));
  return cuts;
}

// VXLAN or Geneve: a VNI in bytes 4 to 6 of what follows UDP.
bool is_udp_tunnel(const JobSpec &spec) {
  const Template &h = spec.header;
  if (h.outer_l3 == 0 || h.outer_l4 == 0) return false;
  const unsigned port = h.bytes.at(h.outer_l4 + 2u) << 8 | h.bytes.at(h.outer_l4 + 3u);
  return port == kVxlanPort || port == kGenevePort;
}

}  // namespace

JobSpec random_job(const JobShape &shape, Random &r) {
  Kinds kind = shape.kind == kAnyKind ? Kinds(r.below(kAnyKind)) : shape.kind;
  JobSpec spec = kind == kTcp    ? segmented(shape, VMSO_KIND_TCP_SEG, r)
                 : kind == kUdp  ? segmented(shape, VMSO_KIND_UDP_SEG, r)
                 : kind == kCsum ? with_checksum(shape, r)
                                 : plain_frame(shape, r);
  spec.cuts = random_cuts(spec.payload.size(), shape, r);
  spec.buffers = 1;
  return spec;
}

void make_checksum_zero(JobSpec &spec) {
  const bool segments = spec.kind == VMSO_KIND_TCP_SEG || spec.kind == VMSO_KIND_UDP_SEG;
  const reference::Job job = reference_job(spec, spec.payload.size());
  const size_t bytes = segments ? reference::segment_bytes(job, 0) : spec.payload.size();
  // Where its checksum is, and a word that it counts, both in the template and payload.
  size_t field = 0, word = 0;
  if (segments && spec.outer_csum && is_udp_tunnel(spec)) {  // what is in it sums to 0 with its own
    field = spec.header.outer_l4 + 6u;
    word = spec.header.outer_l4 + 12u;  // of the VNI
  } else if (segments && spec.l4_mode != VMSO_L4_NONE && bytes >= 2) {
    field = spec.header.l4 + (spec.kind == VMSO_KIND_UDP_SEG ? 6u : 16u);
    word = spec.header.bytes.size();
  } else if (spec.kind == VMSO_KIND_CSUM) {
    const size_t first = spec.csum_start;
    field = first + spec.csum_offset;
    word = first + (spec.csum_offset < 2 ? spec.csum_offset + 2u + spec.csum_offset % 2u : 0u);
    if (word + 2 > spec.header.bytes.size() + bytes) return;
  } else {
    return;
  }
  const auto frame = reference::frame(job, 0, std::span(spec.payload).first(bytes));
  const uint8_t *checksum = &frame.at(field + (spec.vlan ? kTag : 0));
  auto byte = [&spec](size_t at) -> uint8_t & {
    const size_t header = spec.header.bytes.size();
    return at < header ? spec.header.bytes[at] : spec.payload.at(at - header);
  };
  // It is minus the sum of the others: they sum to 0 when it is added to one of them.
  uint32_t value = uint32_t(byte(word) << 8 | byte(word + 1));
  value += uint32_t(checksum[0] << 8 | checksum[1]);
  value = (value & 0xffff) + (value >> 16);
  byte(word) = uint8_t(value >> 8);
  byte(word + 1) = uint8_t(value);
}

}  // namespace vmso::regress
