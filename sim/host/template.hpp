// SPDX-License-Identifier: Apache-2.0
// Header templates as a driver's network stack would write them: Ethernet, tags, IPv4 or IPv6 with
// options or extension headers, TCP. Fields that the engine rewrites hold junk on purpose.
#pragma once
#include <cstdint>
#include <vector>

#include "vmso.h"

namespace vmso {

constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32, kEce = 64,
                  kCwr = 128;

struct Template {
  std::vector<uint8_t> bytes;
  uint16_t l3 = 0, l4 = 0;
  uint16_t outer_l3 = 0, outer_l4 = 0;  // 0: no tunnel; IP in IP
};

struct TcpHeaders {
  bool ipv6 = false;
  unsigned tags = 0;                 // VLAN tags, 0..3
  std::vector<uint8_t> ip_options;   // IPv4: a multiple of 4 bytes, at most 40
  unsigned extension_headers = 0;    // IPv6: destination options of 8 bytes each
  std::vector<uint8_t> tcp_options;  // a multiple of 4 bytes, at most 40
  uint16_t source_port = 49152, destination_port = 5001;
  uint32_t seq = 1000, ack = 2000;
  uint16_t ip_id = 0x1234, window = 0x2000, urgent = 0;
  uint8_t flags = kAck | kPsh;
  uint8_t reserved_flags = 0;  // low nibble of byte 12: AE and reserved bits
  vmso_l4_mode l4_mode = VMSO_L4_COMPUTE;
  uint32_t payload_bytes = 0;  // of the job, for VMSO_L4_SEED_FULL
};
std::vector<uint8_t> timestamp_option();  // 12 bytes: NOP NOP timestamp
Template tcp_template(const TcpHeaders &headers);

}  // namespace vmso
