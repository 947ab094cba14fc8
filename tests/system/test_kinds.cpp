// SPDX-License-Identifier: Apache-2.0
// All kinds of jobs through the whole engine: UDP, tunnels, generic checksums, tags to insert; what
// has to come out is the reference's business.
#include "system_test.hpp"

namespace vmso::test {
namespace {

constexpr size_t kLongestTemplate = 256, kTag = 4;

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

JobSpec segmented(Random &r, vmso_kind kind, bool tunnel) {
  JobSpec spec;
  spec.kind = kind;
  spec.mss = uint16_t(r.below(4) ? r.between(200, 3000) : r.between(1, 200));
  uint64_t n = r.below(8) == 0 ? 0 : r.below(4) == 0 ? spec.mss * r.between(1, 5) : r.below(9000);
  if (spec.mss < 100) n = std::min<uint64_t>(n, 40 * spec.mss);
  spec.payload = pattern(n, r());
  spec.l4_mode = vmso_l4_mode(kind == VMSO_KIND_UDP_SEG ? r.below(4) : r.between(1, 3));
  spec.id_mode = vmso_id_mode(r.below(3));
  spec.outer_id_mode = vmso_id_mode(r.below(3));
  spec.flag_profile = uint8_t(r.below(2));
  if (r.below(4) == 0) {
    spec.vlan = reference::VlanTag{uint16_t(r.below(2) ? 0x8100 : 0x88a8), uint16_t(r())};
  }
  do {
    spec.header = inner_template(kind, spec.l4_mode, uint32_t(n), r);
    if (!tunnel) continue;
    spec.outer_csum = r.below(2);
    spec.header = tunnel_template(tunnel_headers(r, spec.outer_csum), spec.header);
  } while (spec.header.bytes.size() + kTag > kLongestTemplate || spec.header.outer_l4 > 255);
  return spec;
}

// A frame with a checksum somewhere in it, in a header template, in the payload or across.
JobSpec with_checksum(Random &r) {
  JobSpec spec;
  spec.kind = VMSO_KIND_CSUM;
  size_t header = r.below(2) ? 0 : r.below(200);
  size_t bytes = std::max<size_t>(60, header) + r.below(r.below(4) ? 300 : 4000);
  auto all = pattern(bytes, r());
  spec.header.bytes.assign(all.begin(), all.begin() + long(header));
  spec.payload.assign(all.begin() + long(header), all.end());
  if (r.below(3) == 0) spec.vlan = reference::VlanTag{0x8100, uint16_t(r())};
  spec.csum_start = uint16_t(r.between(spec.vlan ? 12 : 0, bytes - 2));
  spec.csum_offset = uint16_t(r.below(bytes - 1 - spec.csum_start));
  if (r.below(4) == 0 && bytes - spec.csum_start > 8) spec.csum_offset = 6;
  return spec;
}

JobSpec any_job(Random &r) {
  switch (r.below(6)) {
    case 0:
      return segmented(r, VMSO_KIND_TCP_SEG, false);
    case 1:
      return segmented(r, VMSO_KIND_UDP_SEG, false);
    case 2:
      return segmented(r, VMSO_KIND_TCP_SEG, true);
    case 3:
      return segmented(r, VMSO_KIND_UDP_SEG, true);
    case 4:
      return with_checksum(r);
    default:
      break;
  }
  JobSpec spec = frame_job(r.between(14, 2000));
  if (r.below(2)) {
    spec.header.bytes = pattern(r.between(1, 252), r());
    spec.buffers = 2;
  }
  if (r.below(2)) spec.vlan = reference::VlanTag{0x88a8, uint16_t(r())};
  return spec;
}

}  // namespace

TEST_CASE("Random jobs of all kinds are the frames of the reference", "[kinds][random]") {
  for (const char *config : {"small", "default", "wide"}) {
    for (uint64_t fixed : {0x600, 0x601, 0x602}) {
      auto o = options(fixed, config);
      Random r(o.seed, "test");
      any_surroundings(o, r);
      VMSO_SAY_HOW(o);
      System s(o);
      for (unsigned i = 0; i < 150; i++) {
        JobSpec spec = any_job(r);
        if (spec.payload.size() > 8) spec.buffers = unsigned(r.between(1, 6));
        s.post(unsigned(i % 4), spec);
      }
      VMSO_CHECK_CLEAN(s);
    }
  }
}

}  // namespace vmso::test
