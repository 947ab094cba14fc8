// SPDX-License-Identifier: Apache-2.0
// Takes a frame apart the way a receiver does, from its bytes alone, and judges it: lengths,
// padding, and every checksum of every header, through tunnels down to TCP or UDP. And tells in
// words where two frames differ.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vmso {

// Tunnels are known by what a receiver knows them by: IP protocol 4 or 41, GRE, and the UDP
// destination ports 4789 (VXLAN) and 6081 (Geneve).
struct ParsedFrame {
  std::vector<std::string> faults;  // what a receiver would object to; empty: a good frame
  bool tcp = false, udp = false;    // what the innermost headers are; the fields below are valid
  bool ipv6 = false;
  size_t l3 = 0, l4 = 0, payload_at = 0;
  std::span<const uint8_t> payload;
  unsigned ip_id = 0;
  unsigned source_port = 0, destination_port = 0;
  uint32_t seq = 0, ack = 0;  // TCP
  unsigned flags = 0;         // TCP: 12 bits
  // Of the innermost tunnel.
  bool tunnel = false;
  bool outer_ipv6 = false;
  size_t outer_l3 = 0, outer_l4 = 0;  // outer_l4: UDP or GRE; 0: IP in IP
  unsigned outer_ip_id = 0;
};
ParsedFrame parse_frame(std::span<const uint8_t> bytes);

struct Field {
  size_t at = 0, bytes = 0;  // in the frame
  const char *which, *name;  // "outer ", "inner " or ""; "IPv4 id"
};

// True if the frames are the same; a TCP checksum 0000 counts as FFFF, and its place is
// `tcp_checksum`.
bool same_frame(std::span<const uint8_t> expected, std::span<const uint8_t> is,
                std::optional<size_t> tcp_checksum);
// Where and how they differ: name of the first wrong field, its bytes, how many bytes are wrong.
std::string frame_difference(std::span<const uint8_t> expected, std::span<const uint8_t> is,
                             std::span<const Field> fields, size_t header_bytes);

}  // namespace vmso
