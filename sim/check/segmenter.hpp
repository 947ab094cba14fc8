// SPDX-License-Identifier: Apache-2.0
// Reference segmenter: which frames a job has to become, byte for byte. It follows what the Linux
// kernel's software segmentation does; it shares no code and no idea with the RTL: each frame is
// made by itself, whole, from the inside out, and its checksums are taken over the finished bytes.
//
// Offsets are taken from the job and count in the template, without the tag that is inserted; a
// template that contradicts them is the caller's concern.
//
// Where the kernel leaves a choice:
// * a result of zero is FFFF in UDP fields and 0000 in TCP, IPv4 and GRE fields; CSUM, which knows
//   no protocol, takes csum_offset 6 for UDP
// * UDP without L4 checksum (VMSO_L4_NONE) has 0 in the field
// * the outer checksum is computed or 0, never what the template holds; a GRE header without bit C
//   has none
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vmso.h"

namespace vmso::reference {

struct VlanTag {
  uint16_t tpid = 0x8100, tci = 0;
};

struct Job {
  vmso_kind kind = VMSO_KIND_TCP_SEG;
  std::vector<uint8_t> header;
  unsigned l3 = 0, l4 = 0;  // those that the payload belongs to; in a tunnel the inner ones
  unsigned mss = 1448;
  vmso_l4_mode l4_mode = VMSO_L4_COMPUTE;
  vmso_id_mode id_mode = VMSO_ID_INCREMENT;
  std::array<uint16_t, 3> flag_masks{0xff6, 0xf76, 0xf7f};  // first, middle, last
  uint64_t payload_bytes = 0;
  unsigned outer_l3 = 0, outer_l4 = 0;  // 0: no tunnel; IP in IP
  vmso_id_mode outer_id_mode = VMSO_ID_INCREMENT;
  bool outer_csum = false;                   // computed; else 0
  unsigned csum_start = 0, csum_offset = 0;  // CSUM
  std::optional<VlanTag> vlan = {};          // inserted behind the addresses
};

constexpr size_t kMinFrame = 60;  // without FCS; shorter frames are padded with zeros

uint64_t segments(const Job &job);
// Payload bytes of a segment: where they begin in the job's, and how many they are.
uint64_t segment_first(const Job &job, uint64_t segment);
uint64_t segment_bytes(const Job &job, uint64_t segment);
// The frame of one segment; `payload` is that of the segment.
std::vector<uint8_t> frame(const Job &job, uint64_t segment, std::span<const uint8_t> payload);

// Ones'-complement sum, folded, of bytes as big-endian halfwords; an odd last byte is a high half.
uint16_t sum16(std::span<const uint8_t> bytes, uint64_t start = 0);

}  // namespace vmso::reference
