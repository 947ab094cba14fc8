// SPDX-License-Identifier: Apache-2.0
// The headers that `vmso send` puts in front of a file's bytes: what the options name, as the
// template of a job, as the rule by which a receiver judges frames, and in words.
//
// `ipv6` is the family of the packet that TCP or UDP belongs to, in a tunnel the inner one;
// `outer_ipv6` that of the tunnel. IP in IP has a name for each pair of families, those of Linux.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "check/reassembler.hpp"
#include "host/template.hpp"

namespace vmso {

struct TunnelChoice {
  const char *option;  // what it is called on the command line
  const char *words;   // what is between the inner and the outer family; "": nothing
  TunnelHeaders::Kind headers;
  TunnelKind parsed;
  bool ethernet;                                   // it carries Ethernet, else IP
  bool checksum;                                   // its header has one, of UDP or GRE
  std::optional<bool> ipv6 = {}, outer_ipv6 = {};  // families that the name has decided
};
std::span<const TunnelChoice> tunnel_choices();
// Throws Error if there is none of that name.
const TunnelChoice &tunnel_named(const std::string &option);

struct FlowHeaders {
  bool udp = false;  // else TCP
  bool ipv6 = false;
  const TunnelChoice *tunnel = nullptr;
  bool outer_ipv6 = false;
  bool outer_checksum = false;       // computed; else 0, and none in GRE
  std::optional<uint16_t> tag = {};  // TCI of a tag that the engine inserts
};

// What differs from job to job and from flow to flow.
struct FlowNumbers {
  unsigned source_port = 0;
  uint32_t seq = 0;  // TCP
  unsigned ip_id = 0, outer_ip_id = 0;
  uint8_t flags = 0;  // TCP
};

Template flow_template(const FlowHeaders &headers, const FlowNumbers &numbers);
// Bytes in front of the payload, on the wire: template and tag.
size_t flow_header_bytes(const FlowHeaders &headers);
// Payload of a frame of 1514 bytes, an MTU of 1500; a tag to insert is not counted, as MTUs do not.
uint16_t usual_mss(const FlowHeaders &headers);
// A flow whose first job has these numbers; stream, job bytes, MSS and flags are left to the
// caller.
FlowRule flow_rule(const FlowHeaders &headers, const FlowNumbers &first);
// "IPv4 in VXLAN in IPv4, UDP MSS 1422, outer checksum, tag 5"
std::string describe(const FlowHeaders &headers, unsigned mss);

}  // namespace vmso
