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

constexpr unsigned kTcp = 6, kUdp = 17, kGre = 47;

bool is_segmentation(const Job &job) {
  return job.kind == VMSO_KIND_TCP_SEG || job.kind == VMSO_KIND_UDP_SEG;
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

bool is_ipv6(std::span<const uint8_t> ip) { return ip[0] >> 4 == 6; }

// Protocol of the header that lies `l4` bytes behind the start of an IP header (RFC 791; RFC 8200
// section 4.1: each extension header names the one behind it).
unsigned protocol_of(std::span<const uint8_t> ip, size_t l4) {
  if (!is_ipv6(ip)) return ip[9];
  unsigned protocol = ip[6];
  for (size_t at = 40; at < l4; at += (ip[at + 1] + 1u) * 8) protocol = ip[at];
  return protocol;
}

// `ip` reaches to the end of the packet.
void patch_ip(std::span<uint8_t> ip, uint64_t segment, vmso_id_mode id_mode) {
  if (is_ipv6(ip)) {
    put16(ip, 4, unsigned(ip.size() - 40));
    return;
  }
  size_t header = (ip[0] & 15u) * 4;
  put16(ip, 2, unsigned(ip.size()));
  put16(ip, 4, next_id(get16(ip, 4), segment, id_mode));
  put16(ip, 10, 0);
  put16(ip, 10, uint16_t(~sum16(ip.first(header))));
}

// Sequence number and flags (RFC 9293 section 3.1).
void patch_tcp(std::span<uint8_t> tcp, const Job &job, uint64_t segment) {
  uint32_t seq = uint32_t(get16(tcp, 4)) << 16 | get16(tcp, 6);
  seq += uint32_t(segment * job.mss);
  put16(tcp, 4, seq >> 16);
  put16(tcp, 6, seq & 0xffff);
  uint64_t last = segments(job) - 1;
  if (last == 0) return;
  unsigned mask = job.flag_masks[segment == 0 ? 0 : segment == last ? 2 : 1];
  unsigned flags = get16(tcp, 12);
  put16(tcp, 12, (flags & 0xf000) | (flags & mask & 0xfff));
}

// Checksum field of TCP or UDP: over the pseudo header (RFC 9293 section 3.1, RFC 768, RFC 8200
// section 8.1), whose addresses and protocol are in `seed`, and all of the L4 bytes.
void insert_l4_checksum(std::span<uint8_t> l4, unsigned protocol, uint64_t seed) {
  size_t field = protocol == kUdp ? 6 : 16;
  put16(l4, field, 0);
  uint16_t checksum = uint16_t(~sum16(l4, seed + l4.size()));
  if (protocol == kUdp && checksum == 0) checksum = 0xffff;
  put16(l4, field, checksum);
}

uint64_t pseudo_header(std::span<const uint8_t> ip, unsigned protocol) {
  return sum16(is_ipv6(ip) ? ip.subspan(8, 32) : ip.subspan(12, 8), protocol);
}

void patch_inner(std::span<uint8_t> frame, const Job &job, uint64_t segment) {
  std::span<uint8_t> ip = frame.subspan(job.l3), l4 = frame.subspan(job.l4);
  unsigned protocol = job.kind == VMSO_KIND_UDP_SEG ? kUdp : kTcp;
  if (protocol == kUdp) {
    put16(l4, 4, unsigned(l4.size()));
  } else {
    patch_tcp(l4, job, segment);
  }
  patch_ip(ip, segment, job.id_mode);

  uint64_t seed = get16(l4, protocol == kUdp ? 6 : 16);
  switch (job.l4_mode) {
    case VMSO_L4_NONE:
      return put16(l4, 6, 0);
    case VMSO_L4_COMPUTE:
      seed = pseudo_header(ip, protocol);
      break;
    case VMSO_L4_SEED_FULL: {
      uint64_t whole = job.header.size() - job.l4 + job.payload_bytes;
      seed += (~whole & 0xffff) + (~(whole >> 16) & 0xffff);
      break;
    }
    case VMSO_L4_SEED_NO_LEN:
      break;
  }
  insert_l4_checksum(l4, protocol, seed);
}

// The encapsulation: UDP (VXLAN, RFC 7348; Geneve, RFC 8926), GRE (RFC 2784, RFC 2890), or IP
// alone.
void patch_outer(std::span<uint8_t> frame, const Job &job, uint64_t segment) {
  std::span<uint8_t> ip = frame.subspan(job.outer_l3);
  patch_ip(ip, segment, job.outer_id_mode);
  if (job.outer_l4 == 0) return;
  std::span<uint8_t> l4 = frame.subspan(job.outer_l4);
  unsigned protocol = protocol_of(ip, job.outer_l4 - job.outer_l3);
  if (protocol == kUdp) {
    put16(l4, 4, unsigned(l4.size()));
    put16(l4, 6, 0);
    if (job.outer_csum) insert_l4_checksum(l4, kUdp, pseudo_header(ip, kUdp));
  } else if (protocol == kGre && (l4[0] & 0x80)) {
    put16(l4, 4, 0);
    if (job.outer_csum) put16(l4, 4, uint16_t(~sum16(l4)));
  }
}

void insert_checksum(std::span<uint8_t> frame, unsigned start, unsigned offset) {
  uint16_t checksum = uint16_t(~sum16(frame.subspan(start)));
  if (checksum == 0 && offset == 6) checksum = 0xffff;
  put16(frame, start + offset, checksum);
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
  if (job.kind == VMSO_KIND_FRAME || job.kind == VMSO_KIND_CSUM) return 1;
  if (!is_segmentation(job)) return 0;
  return job.payload_bytes == 0 ? 1 : (job.payload_bytes + job.mss - 1) / job.mss;
}

uint64_t segment_first(const Job &job, uint64_t segment) {
  return is_segmentation(job) ? segment * job.mss : 0;
}

uint64_t segment_bytes(const Job &job, uint64_t segment) {
  if (!is_segmentation(job)) return job.payload_bytes;
  return std::min<uint64_t>(job.mss, job.payload_bytes - segment * job.mss);
}

std::vector<uint8_t> frame(const Job &job, uint64_t segment, std::span<const uint8_t> payload) {
  std::vector<uint8_t> f(job.header);
  f.insert(f.end(), payload.begin(), payload.end());
  if (is_segmentation(job)) {
    patch_inner(f, job, segment);
    if (job.outer_l3 > 0) patch_outer(f, job, segment);
  } else if (job.kind == VMSO_KIND_CSUM) {
    insert_checksum(f, job.csum_start, job.csum_offset);
  }
  if (job.vlan) {
    uint8_t tag[4];
    put16(tag, 0, job.vlan->tpid);
    put16(tag, 2, job.vlan->tci);
    f.insert(f.begin() + 12, tag, tag + 4);
  }
  if (f.size() < kMinFrame) f.resize(kMinFrame, 0);
  return f;
}

}  // namespace vmso::reference
