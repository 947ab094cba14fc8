// SPDX-License-Identifier: Apache-2.0
// Header templates as a driver's network stack would write them: Ethernet, tags, IPv4 or IPv6 with
// options or extension headers, TCP or UDP; and the same with a tunnel around it. Fields that the
// engine rewrites hold junk on purpose.
#pragma once
#include <cstdint>
#include <vector>

#include "vmso.h"

namespace vmso {

constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32, kEce = 64,
                  kCwr = 128;

struct Template {
  std::vector<uint8_t> bytes;
  uint16_t l3 = 0, l4 = 0;              // in a tunnel the inner ones
  uint16_t outer_l3 = 0, outer_l4 = 0;  // 0: no tunnel; IP in IP
};

// IPv6 (RFC 8200 section 4). Hop-by-hop and destination options hold padding alone.
struct ExtensionHeader {
  enum Type : uint8_t { kHopByHop = 0, kRouting = 43, kDestination = 60 };
  Type type = kDestination;
  unsigned bytes = 8;         // a multiple of 8, at most 2048; routing: 24 make it type 2
  uint8_t segments_left = 0;  // routing
};
std::vector<ExtensionHeader> destination_options(unsigned count);  // of 8 bytes each

struct IpHeaders {
  bool ipv6 = false;
  unsigned tags = 0;                // VLAN tags, 0..3
  std::vector<uint8_t> ip_options;  // IPv4: a multiple of 4 bytes, at most 40
  std::vector<ExtensionHeader> extension_headers;
  uint16_t ip_id = 0x1234;
  bool dont_fragment = true;
  uint8_t traffic_class = 0x02;  // IPv4: type of service
  uint32_t flow_label = 0xabcde;
  uint8_t hop_limit = 64;
};

struct L4Headers : IpHeaders {
  uint16_t source_port = 49152, destination_port = 5001;
  vmso_l4_mode l4_mode = VMSO_L4_COMPUTE;
  uint32_t payload_bytes = 0;  // of the job, for VMSO_L4_SEED_FULL
};

struct TcpHeaders : L4Headers {
  std::vector<uint8_t> tcp_options;  // a multiple of 4 bytes, at most 40
  uint32_t seq = 1000, ack = 2000;
  uint16_t window = 0x2000, urgent = 0;
  uint8_t flags = kAck | kPsh;
  uint8_t reserved_flags = 0;  // low nibble of byte 12: AE and reserved bits
};
std::vector<uint8_t> timestamp_option();  // 12 bytes: NOP NOP timestamp
Template tcp_template(const TcpHeaders &headers);

struct UdpHeaders : L4Headers {};
Template udp_template(const UdpHeaders &headers);

struct TunnelHeaders : IpHeaders {
  enum class Kind {
    kVxlan,        // RFC 7348: UDP, carries Ethernet
    kGeneve,       // RFC 8926: UDP, carries Ethernet
    kGre,          // RFC 2784: carries IP
    kGreEthernet,  // the same with Ethernet in it (EtherType 6558)
    kIp            // IP in IP: RFC 2003, RFC 4213, RFC 2473
  };
  Kind kind = Kind::kVxlan;
  uint32_t vni = 0x123456;              // VXLAN, Geneve: 24 bits
  std::vector<uint8_t> geneve_options;  // a multiple of 4 bytes, at most 252
  bool gre_checksum = false, gre_key = false, gre_sequence = false;  // RFC 2890
};
// A tunnel around `inner`, whose Ethernet header and tags go where the tunnel carries IP alone.
Template tunnel_template(const TunnelHeaders &headers, const Template &inner);

}  // namespace vmso
