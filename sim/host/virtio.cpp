// SPDX-License-Identifier: Apache-2.0
#include "host/virtio.hpp"

#include <fmt/format.h>

#include "model/findings.hpp"

namespace vmso {
namespace {

constexpr size_t kTunnelSize = 24, kOuterThAt = 20, kInnerNhAt = 22;

void check_size(size_t size) {
  if (size == 10 || size == 12 || size == 20 || size == kTunnelSize) return;
  throw Error(fmt::format("a virtio-net header has 10, 12, 20 or 24 bytes, not {}", size));
}
void put16(std::vector<uint8_t> &b, size_t at, unsigned value) {
  b[at] = uint8_t(value);
  b[at + 1] = uint8_t(value >> 8);
}
uint16_t get16(std::span<const uint8_t> b, size_t at) { return uint16_t(b[at] | b[at + 1] << 8); }

}  // namespace

std::vector<uint8_t> encode(const VirtioHeader &h, size_t size) {
  check_size(size);
  std::vector<uint8_t> b(size, 0);
  b[0] = h.flags;
  b[1] = h.gso_type;
  put16(b, 2, h.hdr_len);
  put16(b, 4, h.gso_size);
  put16(b, 6, h.csum_start);
  put16(b, 8, h.csum_offset);
  if (size == kTunnelSize) {
    put16(b, kOuterThAt, h.outer_th_offset);
    put16(b, kInnerNhAt, h.inner_nh_offset);
  }
  return b;
}

VirtioHeader decode_virtio(std::span<const uint8_t> b) {
  check_size(b.size());
  VirtioHeader h;
  h.flags = b[0];
  h.gso_type = b[1];
  h.hdr_len = get16(b, 2);
  h.gso_size = get16(b, 4);
  h.csum_start = get16(b, 6);
  h.csum_offset = get16(b, 8);
  if (b.size() == kTunnelSize) {
    h.outer_th_offset = get16(b, kOuterThAt);
    h.inner_nh_offset = get16(b, kInnerNhAt);
  }
  return h;
}

}  // namespace vmso
