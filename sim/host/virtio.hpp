// SPDX-License-Identifier: Apache-2.0
// The header that virtio-net (and Linux's TAP with IFF_VNET_HDR) has in front of a frame: what the
// sender wants done to it. Virtual I/O Device specification 1.x, section 5.1.6; the constants are
// here because a distribution's kernel headers may be older than UDP segmentation and tunnels.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vmso {

struct VirtioHeader {
  static constexpr uint8_t kNeedsCsum = 1, kTunnelCsum = 8;  // flags
  static constexpr uint8_t kNone = 0, kTcp4 = 1, kUdpFragments = 3, kTcp6 = 4,
                           kUdp = 5;                                             // gso_type
  static constexpr uint8_t kTunnelIpv4 = 0x20, kTunnelIpv6 = 0x40, kEcn = 0x80;  // and bits of it

  uint8_t flags = 0, gso_type = kNone;
  uint16_t hdr_len = 0;  // a hint
  uint16_t gso_size = 0;
  uint16_t csum_start = 0, csum_offset = 0;  // in the frame; behind csum_start
  uint16_t outer_th_offset = 0, inner_nh_offset = 0;

  bool operator==(const VirtioHeader &) const = default;
  unsigned protocol() const { return gso_type & 0x1f; }
  bool tunnel() const { return gso_type & (kTunnelIpv4 | kTunnelIpv6); }
};

// Sizes: 10 is the legacy one, 12 adds num_buffers (0), 20 a hash (0), 24 the tunnel's offsets; the
// shorter ones leave out what they have no place for. Little endian.
std::vector<uint8_t> encode(const VirtioHeader &header, size_t size);
VirtioHeader decode_virtio(std::span<const uint8_t> bytes);  // throws Error: no such size

}  // namespace vmso
