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

struct Field {
  size_t at = 0, bytes = 0;  // in the frame
  const char *which, *name;  // "outer ", "inner " or ""; "IPv4 id"
};

struct FrameTag {  // IEEE 802.1Q
  uint16_t tpid = 0x8100, tci = 0;
  bool operator==(const FrameTag &) const = default;
};

// What a receiver knows a tunnel by: IP protocol 4 or 41, GRE, and the UDP destination ports 4789
// (VXLAN) and 6081 (Geneve).
enum class TunnelKind : uint8_t { kNone, kIp, kGre, kVxlan, kGeneve };

struct Checksum {
  uint16_t is = 0;
  uint16_t right = 0;  // of these bytes; of UDP FFFF in place of 0
};

struct ParsedFrame {
  // What a receiver would object to, "inner IPv4 id is ..., should be ..."; empty: a good frame.
  std::vector<std::string> faults;
  std::vector<FrameTag> tags;     // of the outermost Ethernet header
  std::vector<Field> layers;      // every header, from the outside in
  std::vector<Field> varying;     // fields that differ from frame to frame of one job
  bool tcp = false, udp = false;  // what the innermost headers are; the fields below are valid
  bool ipv6 = false;
  size_t l3 = 0, l4 = 0, payload_at = 0;
  std::span<const uint8_t> payload;
  unsigned ip_id = 0;
  unsigned source_port = 0, destination_port = 0;
  Checksum checksum;          // of TCP or UDP
  uint32_t seq = 0, ack = 0;  // TCP
  unsigned flags = 0;         // TCP: 12 bits
  // Of the innermost tunnel.
  TunnelKind tunnel = TunnelKind::kNone;
  bool inner_ethernet = false;  // it carries Ethernet, else IP
  bool outer_ipv6 = false;
  size_t outer_l3 = 0, outer_l4 = 0;  // outer_l4: UDP or GRE; 0: IP in IP
  unsigned outer_ip_id = 0;
  std::optional<Checksum> outer_checksum;  // of UDP or GRE, if there is a field
  uint32_t vni = 0;                        // VXLAN, Geneve

  const char *inner() const { return tunnel == TunnelKind::kNone ? "" : "inner "; }
};
ParsedFrame parse_frame(std::span<const uint8_t> bytes);

// True if the frames are the same; a TCP checksum 0000 counts as FFFF, and its place is
// `tcp_checksum`.
bool same_frame(std::span<const uint8_t> expected, std::span<const uint8_t> is,
                std::optional<size_t> tcp_checksum);
// Where and how they differ.
struct FrameDifference {
  enum class Place : uint8_t { kLength, kField, kHeader, kPayload };
  // Of the first wrong byte that is in no checksum, if there is one: a wrong checksum follows from
  // it.
  Place place = Place::kLength;  // kLength: the common bytes agree
  size_t at = 0;                 // in the frame
  size_t wrong = 0;              // bytes
  std::string text;              // the first wrong field by its name, its bytes, how many are wrong
};
FrameDifference frame_difference(std::span<const uint8_t> expected, std::span<const uint8_t> is,
                                 std::span<const Field> fields, size_t header_bytes);

}  // namespace vmso
