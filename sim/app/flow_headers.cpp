// SPDX-License-Identifier: Apache-2.0
#include "app/flow_headers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/findings.hpp"

namespace vmso {
namespace {

using Kind = TunnelHeaders::Kind;

constexpr size_t kUsualFrame = 1514, kTagBytes = 4;
constexpr uint16_t kTpid = 0x8100;

constexpr TunnelChoice kTunnels[] = {
    {"vxlan", "VXLAN in ", Kind::kVxlan, TunnelKind::kVxlan, true, true},
    {"geneve", "Geneve in ", Kind::kGeneve, TunnelKind::kGeneve, true, true},
    {"gre", "GRE in ", Kind::kGre, TunnelKind::kGre, false, true},
    {"gretap", "Ethernet in GRE in ", Kind::kGreEthernet, TunnelKind::kGre, true, true},
    {"ipip", "", Kind::kIp, TunnelKind::kIp, false, false, false, false},
    {"sit", "", Kind::kIp, TunnelKind::kIp, false, false, true, false},
    {"4in6", "", Kind::kIp, TunnelKind::kIp, false, false, false, true},
    {"ip6ip6", "", Kind::kIp, TunnelKind::kIp, false, false, true, true},
};

const char *family(bool ipv6) { return ipv6 ? "IPv6" : "IPv4"; }

TunnelHeaders tunnel_headers(const FlowHeaders &h, const FlowNumbers &n) {
  TunnelHeaders t;
  t.kind = h.tunnel->headers;
  t.ipv6 = h.outer_ipv6;
  t.ip_id = uint16_t(n.outer_ip_id);
  t.gre_checksum = h.outer_checksum;
  return t;
}

}  // namespace

std::span<const TunnelChoice> tunnel_choices() { return kTunnels; }

const TunnelChoice &tunnel_named(const std::string &option) {
  for (const TunnelChoice &t : kTunnels) {
    if (option == t.option) return t;
  }
  throw Error(fmt::format("no tunnel is called {}", option), 2);
}

Template flow_template(const FlowHeaders &h, const FlowNumbers &n) {
  auto shape = [&](L4Headers &l4) {
    l4.ipv6 = h.ipv6;
    l4.ip_id = uint16_t(n.ip_id);
    l4.source_port = uint16_t(n.source_port);
  };
  Template inner;
  if (h.udp) {
    UdpHeaders udp;
    shape(udp);
    inner = udp_template(udp);
  } else {
    TcpHeaders tcp;
    shape(tcp);
    tcp.tcp_options = timestamp_option();
    tcp.seq = n.seq;
    tcp.flags = n.flags;
    inner = tcp_template(tcp);
  }
  return h.tunnel ? tunnel_template(tunnel_headers(h, n), inner) : inner;
}

size_t flow_header_bytes(const FlowHeaders &headers) {
  return flow_template(headers, {}).bytes.size() + (headers.tag ? kTagBytes : 0);
}

uint16_t usual_mss(const FlowHeaders &headers) {
  return uint16_t(kUsualFrame - flow_template(headers, {}).bytes.size());
}

FlowRule flow_rule(const FlowHeaders &h, const FlowNumbers &first) {
  FlowRule rule;
  rule.source_port = first.source_port;
  rule.udp = h.udp;
  rule.ipv6 = h.ipv6;
  rule.first_seq = first.seq;
  rule.first_id = first.ip_id;
  if (h.tag) rule.tags = {{kTpid, *h.tag}};
  if (!h.tunnel) return rule;
  rule.tunnel = h.tunnel->parsed;
  rule.inner_ethernet = h.tunnel->ethernet;
  rule.outer_ipv6 = h.outer_ipv6;
  rule.outer_checksum = h.outer_checksum;
  rule.first_outer_id = first.outer_ip_id;
  rule.vni = tunnel_headers(h, first).vni;
  return rule;
}

std::string describe(const FlowHeaders &h, unsigned mss) {
  std::string text = family(h.ipv6);
  if (h.tunnel) text += fmt::format(" in {}{}", h.tunnel->words, family(h.outer_ipv6));
  text += fmt::format(", {} MSS {}", h.udp ? "UDP" : "TCP", mss);
  if (h.outer_checksum) text += ", outer checksum";
  if (h.tag)
    text +=
        *h.tag < 0x1000 ? fmt::format(", tag {}", *h.tag) : fmt::format(", tag {:#06x}", *h.tag);
  return text;
}

}  // namespace vmso
