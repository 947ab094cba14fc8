// SPDX-License-Identifier: Apache-2.0
#include "host/template.hpp"

#include <initializer_list>
#include <span>

namespace vmso {
namespace {

using Bytes = std::vector<uint8_t>;
using Kind = TunnelHeaders::Kind;

constexpr unsigned kJunk = 0xbeef;  // in fields that the engine rewrites
constexpr unsigned kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd, kTypeEthernet = 0x6558;
constexpr unsigned kProtocolIpv4 = 4, kProtocolTcp = 6, kProtocolUdp = 17, kProtocolIpv6 = 41,
                   kProtocolGre = 47;
constexpr unsigned kPortVxlan = 4789, kPortGeneve = 6081;

void put16(Bytes &v, unsigned value) {
  v.push_back(uint8_t(value >> 8));
  v.push_back(uint8_t(value));
}
void put32(Bytes &v, uint32_t value) {
  put16(v, value >> 16);
  put16(v, value & 0xffff);
}
void put(Bytes &v, std::initializer_list<unsigned> bytes) {
  for (unsigned b : bytes) v.push_back(uint8_t(b));
}
void put(Bytes &v, std::span<const uint8_t> bytes) {
  v.insert(v.end(), bytes.begin(), bytes.end());
}

// Both addresses of an IP header; those of a tunnel are of another network.
Bytes addresses(bool ipv6, bool outer) {
  Bytes a;
  if (!ipv6) {
    for (unsigned host : {1u, 2u}) {
      if (outer) {
        put(a, {198, 51, 100, host});
      } else {
        put(a, {192, 0, 2, host});
      }
    }
    return a;
  }
  for (unsigned host : {1u, 2u}) {
    put(a, {0x20, 1, 0x0d, 0xb8, outer ? 0xffu : 0u, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
  }
  return a;
}

void put_ethernet(Bytes &v, const IpHeaders &h, bool outer) {
  unsigned last = outer ? 0x10 : 0;
  put(v, {0x02, 0, 0x5e, 0, 0, last + 2, 0x02, 0, 0x5e, 0, 0, last + 1});
  for (unsigned i = 0; i < h.tags; i++) {
    put16(v, i + 1 < h.tags ? 0x88a8 : 0x8100);
    put16(v, 0x2064 + i);
  }
  put16(v, h.ipv6 ? kTypeIpv6 : kTypeIpv4);
}

// PadN options (RFC 8200 section 4.2) that fill `bytes`, at least 2.
void put_padding(Bytes &v, size_t bytes) {
  while (bytes > 0) {
    size_t n = bytes <= 257 ? bytes : 256;  // an option has 2..257
    put(v, {1, unsigned(n - 2)});
    v.resize(v.size() + n - 2, 0);
    bytes -= n;
  }
}

void put_extension(Bytes &v, const ExtensionHeader &e, unsigned next) {
  put(v, {next, e.bytes / 8 - 1});
  if (e.type != ExtensionHeader::kRouting) return put_padding(v, e.bytes - 2);
  constexpr unsigned kMobile = 2, kExperiment = 253;  // RFC 6275 section 6.4, RFC 4727
  put(v, {e.bytes == 24 ? kMobile : kExperiment, e.segments_left, 0, 0, 0, 0});
  for (unsigned i = 8; i < e.bytes; i++) v.push_back(uint8_t(i * 37));  // addresses, nobody's
}

void put_ip(Bytes &v, const IpHeaders &h, unsigned protocol, bool outer) {
  if (h.ipv6) {
    const auto &extensions = h.extension_headers;
    put32(v, 6u << 28 | uint32_t(h.traffic_class) << 20 | (h.flow_label & 0xfffff));
    put16(v, kJunk);
    put(v, {extensions.empty() ? protocol : unsigned(extensions[0].type), h.hop_limit});
    put(v, addresses(true, outer));
    for (size_t i = 0; i < extensions.size(); i++) {
      bool last = i + 1 == extensions.size();
      put_extension(v, extensions[i], last ? protocol : unsigned(extensions[i + 1].type));
    }
    return;
  }
  put(v, {0x45 + unsigned(h.ip_options.size()) / 4, h.traffic_class});
  put16(v, kJunk);
  put16(v, h.ip_id);
  put(v, {h.dont_fragment ? 0x40u : 0u, 0, h.hop_limit, protocol});
  put16(v, kJunk);
  put(v, addresses(false, outer));
  put(v, h.ip_options);
}

// The checksum field as a stack leaves it: a pseudo-header sum, not complemented, or junk.
void put_seed(Bytes &v, const L4Headers &h, unsigned protocol, uint32_t l4_header) {
  if (h.l4_mode != VMSO_L4_SEED_NO_LEN && h.l4_mode != VMSO_L4_SEED_FULL) return put16(v, kJunk);
  uint64_t sum = protocol;
  if (h.l4_mode == VMSO_L4_SEED_FULL) sum += l4_header + h.payload_bytes;
  Bytes a = addresses(h.ipv6, false);
  for (size_t i = 0; i < a.size(); i += 2) sum += uint64_t(a[i]) << 8 | a[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  put16(v, unsigned(sum));
}

Template ip_template(const L4Headers &h, unsigned protocol) {
  Template t;
  put_ethernet(t.bytes, h, false);
  t.l3 = uint16_t(t.bytes.size());
  put_ip(t.bytes, h, protocol, false);
  t.l4 = uint16_t(t.bytes.size());
  put16(t.bytes, h.source_port);
  put16(t.bytes, h.destination_port);
  return t;
}

unsigned protocol_of(const TunnelHeaders &h, bool inner_ipv6) {
  switch (h.kind) {
    case Kind::kVxlan:
    case Kind::kGeneve:
      return kProtocolUdp;
    case Kind::kGre:
    case Kind::kGreEthernet:
      return kProtocolGre;
    default:
      return inner_ipv6 ? kProtocolIpv6 : kProtocolIpv4;
  }
}

void put_udp_tunnel(Bytes &v, const TunnelHeaders &h) {
  put16(v, 51234);
  put16(v, h.kind == Kind::kVxlan ? kPortVxlan : kPortGeneve);
  put16(v, kJunk);
  put16(v, kJunk);
  if (h.kind == Kind::kVxlan) {
    put(v, {0x08, 0, 0, 0});  // the VNI is valid
    return put32(v, h.vni << 8);
  }
  put(v, {unsigned(h.geneve_options.size()) / 4, 0});
  put16(v, kTypeEthernet);
  put32(v, h.vni << 8);
  put(v, h.geneve_options);
}

void put_gre(Bytes &v, const TunnelHeaders &h, bool inner_ipv6) {
  put(v,
      {(h.gre_checksum ? 0x80u : 0) | (h.gre_key ? 0x20u : 0) | (h.gre_sequence ? 0x10u : 0), 0});
  put16(v, h.kind == Kind::kGreEthernet ? kTypeEthernet : inner_ipv6 ? kTypeIpv6 : kTypeIpv4);
  if (h.gre_checksum) put32(v, kJunk << 16);
  if (h.gre_key) put32(v, 0xc0ffee01);
  if (h.gre_sequence) put32(v, 0x00fffffe);
}

}  // namespace

std::vector<ExtensionHeader> destination_options(unsigned count) {
  return std::vector<ExtensionHeader>(count);
}

std::vector<uint8_t> timestamp_option() {
  return {1, 1, 8, 10, 0, 1, 0x86, 0xa0, 0, 3, 0x0d, 0x40};
}

Template tcp_template(const TcpHeaders &h) {
  Template t = ip_template(h, kProtocolTcp);
  Bytes &v = t.bytes;
  unsigned header = 20 + unsigned(h.tcp_options.size());
  put32(v, h.seq);
  put32(v, h.ack);
  put(v, {header / 4 << 4 | (h.reserved_flags & 15u), h.flags});
  put16(v, h.window);
  put_seed(v, h, kProtocolTcp, header);
  put16(v, h.urgent);
  put(v, h.tcp_options);
  return t;
}

Template udp_template(const UdpHeaders &h) {
  Template t = ip_template(h, kProtocolUdp);
  put16(t.bytes, kJunk);
  put_seed(t.bytes, h, kProtocolUdp, 8);
  return t;
}

Template tunnel_template(const TunnelHeaders &h, const Template &inner) {
  bool inner_ipv6 = inner.bytes[inner.l3] >> 4 == 6;
  bool ethernet = h.kind != Kind::kGre && h.kind != Kind::kIp;
  Template t;
  put_ethernet(t.bytes, h, true);
  t.outer_l3 = uint16_t(t.bytes.size());
  put_ip(t.bytes, h, protocol_of(h, inner_ipv6), true);
  if (h.kind != Kind::kIp) {
    t.outer_l4 = uint16_t(t.bytes.size());
    if (h.kind == Kind::kVxlan || h.kind == Kind::kGeneve) {
      put_udp_tunnel(t.bytes, h);
    } else {
      put_gre(t.bytes, h, inner_ipv6);
    }
  }
  size_t from = ethernet ? 0 : inner.l3;
  size_t at = t.bytes.size();
  put(t.bytes, std::span(inner.bytes).subspan(from));
  t.l3 = uint16_t(at + inner.l3 - from);
  t.l4 = uint16_t(at + inner.l4 - from);
  return t;
}

}  // namespace vmso
