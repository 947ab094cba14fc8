// SPDX-License-Identifier: Apache-2.0
#include "check/segmenter.hpp"

#include <algorithm>

namespace vmso::reference {
namespace {

unsigned get16(std::span<const uint8_t> b, size_t at) { return unsigned(b[at]) << 8 | b[at + 1]; }
void put16(std::span<uint8_t> b, size_t at, unsigned value) {
  b[at] = uint8_t(value >> 8);
  b[at + 1] = uint8_t(value);
}
uint16_t fold(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(sum);
}

unsigned next_id(unsigned base, uint64_t segment, vmso_id_mode mode) {
  switch (mode) {
    case VMSO_ID_FIXED:
      return base;
    case VMSO_ID_WRAP15:
      return (base & 0x8000) | ((base + segment) & 0x7fff);
    default:
      return unsigned(base + segment) & 0xffff;
  }
}

}  // namespace

uint16_t sum16(std::span<const uint8_t> bytes, uint64_t start) {
  uint64_t sum = start;
  size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += get16(bytes, i);
  if (i < bytes.size()) sum += unsigned(bytes[i]) << 8;
  return fold(sum);
}

uint64_t segments(const Job &job) {
  if (job.kind == VMSO_KIND_FRAME) return 1;
  if (job.kind != VMSO_KIND_TCP_SEG) return 0;
  return job.payload_bytes == 0 ? 1 : (job.payload_bytes + job.mss - 1) / job.mss;
}

uint64_t segment_bytes(const Job &job, uint64_t segment) {
  if (job.kind == VMSO_KIND_FRAME) return job.payload_bytes;
  return std::min<uint64_t>(job.mss, job.payload_bytes - segment * job.mss);
}

std::vector<uint8_t> frame(const Job &job, uint64_t segment, std::span<const uint8_t> payload) {
  std::vector<uint8_t> f(job.header);
  f.insert(f.end(), payload.begin(), payload.end());
  if (job.kind == VMSO_KIND_TCP_SEG) {
    std::span<uint8_t> ip = std::span(f).subspan(job.l3), tcp = std::span(f).subspan(job.l4);
    bool v6 = ip[0] >> 4 == 6;
    uint64_t last = segments(job) - 1;

    // TCP: sequence number, flags
    uint32_t seq = uint32_t(get16(tcp, 4)) << 16 | get16(tcp, 6);
    seq += uint32_t(segment * job.mss);
    put16(tcp, 4, seq >> 16);
    put16(tcp, 6, seq & 0xffff);
    if (last > 0) {
      unsigned mask = job.flag_masks[segment == 0 ? 0 : segment == last ? 2 : 1];
      unsigned flags = get16(tcp, 12);
      put16(tcp, 12, (flags & 0xf000) | (flags & mask & 0xfff));
    }

    // IP
    if (v6) {
      put16(ip, 4, unsigned(ip.size() - 40));
    } else {
      size_t header = (ip[0] & 15u) * 4;
      put16(ip, 2, unsigned(ip.size()));
      put16(ip, 4, next_id(get16(ip, 4), segment, job.id_mode));
      put16(ip, 10, 0);
      put16(ip, 10, uint16_t(~sum16(ip.first(header))));
    }

    // TCP checksum
    uint64_t seed = get16(tcp, 16);
    uint64_t header_bytes = job.header.size() - job.l4;
    if (job.l4_mode == VMSO_L4_COMPUTE) {
      seed = sum16(v6 ? ip.subspan(8, 32) : ip.subspan(12, 8), 6);
    } else if (job.l4_mode == VMSO_L4_SEED_FULL) {
      uint64_t old = header_bytes + job.payload_bytes;
      seed += (~old & 0xffff) + (~(old >> 16) & 0xffff);
    }
    put16(tcp, 16, 0);
    put16(tcp, 16, uint16_t(~sum16(tcp, seed + tcp.size())));
  }
  if (f.size() < kMinFrame) f.resize(kMinFrame, 0);
  return f;
}

}  // namespace vmso::reference
