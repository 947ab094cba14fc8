// SPDX-License-Identifier: Apache-2.0
// Takes a frame apart the way a receiver does, from its bytes alone, and judges it: lengths,
// padding, IPv4 header checksum, TCP checksum. And tells in words where two frames differ.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vmso {

struct ParsedFrame {
  std::vector<std::string> faults;  // what a receiver would object to; empty: a good frame
  bool tcp = false;                 // the fields below are valid
  bool ipv6 = false;
  size_t l3 = 0, l4 = 0, payload_at = 0;
  std::span<const uint8_t> payload;
  unsigned ip_id = 0;
  unsigned source_port = 0, destination_port = 0;
  uint32_t seq = 0, ack = 0;
  unsigned flags = 0;  // 12 bits
};
ParsedFrame parse_frame(std::span<const uint8_t> bytes);

// True if the frames are the same; a TCP checksum 0000 counts as FFFF.
bool same_frame(std::span<const uint8_t> expected, std::span<const uint8_t> is, size_t l4,
                bool tcp);
// Where and how they differ: name of the first wrong field, its bytes, how many bytes are wrong.
std::string frame_difference(std::span<const uint8_t> expected, std::span<const uint8_t> is,
                             size_t l3, size_t l4, size_t header_bytes);

}  // namespace vmso
