// SPDX-License-Identifier: Apache-2.0
#include "regress/mistake.hpp"

#include <vector>

namespace vmso::regress {
namespace {

using Slot = vmso_first_slot;

constexpr uint64_t kMostBytes = (1 << 24) - 1;  // of a job

bool segments(const JobSpec &s) {
  return s.kind == VMSO_KIND_TCP_SEG || s.kind == VMSO_KIND_UDP_SEG;
}
bool any(const JobSpec &) { return true; }
bool has_payload(const JobSpec &s) { return s.payload.size() >= 100; }
bool one_slot(const JobSpec &s) { return vmso_job_slots(s.cuts.size()) == 1; }

constexpr Mistake kMistakes[] = {
    {VMSO_STATUS_KIND, any,
     [](JobSpec &s, Random &r) {
       uint64_t kind = r.between(VMSO_KIND_ADVISE + 1, 15);
       s.spoil = [kind](Slot &slot) { vmso_first_slot_set_kind(&slot, kind); };
     }},
    {VMSO_STATUS_RESERVED_SET, any,
     [](JobSpec &s, Random &r) {
       uint64_t bit = uint64_t{1} << r.between(27, 63);
       s.spoil = [bit](Slot &slot) { slot.word[7] |= bit; };
     }},
    {VMSO_STATUS_SPACE, has_payload,
     [](JobSpec &s, Random &r) {
       uint64_t space = r.between(2, 3);
       s.spoil = [space](Slot &slot) { vmso_first_slot_set_buffer0_space(&slot, space); };
     }},
    {VMSO_STATUS_HDR_ZERO, segments,
     [](JobSpec &s, Random &) {
       s.spoil = [](Slot &slot) { vmso_first_slot_set_header_bytes(&slot, 0); };
     }},
    {VMSO_STATUS_HDR_LONG, any,
     [](JobSpec &s, Random &r) {
       uint64_t bytes = r.between(257, 511);
       s.spoil = [bytes](Slot &slot) { vmso_first_slot_set_header_bytes(&slot, bytes); };
     }},
    {VMSO_STATUS_OFFSET_ORDER, segments,  // no room for the L4 header
     [](JobSpec &s, Random &r) {
       uint64_t l4 = s.header.bytes.size() - r.between(0, 7);
       s.spoil = [l4](Slot &slot) {
         vmso_first_slot_set_l4_offset(&slot, l4 & 0xff);
         vmso_first_slot_set_l4_offset_bit8(&slot, l4 >> 8);
       };
     }},
    {VMSO_STATUS_OFFSET_ODD,  // with room for an IP header behind it
     [](const JobSpec &s) {
       return segments(s) && s.header.l4 - s.header.l3 > 20 && s.header.l3 < 255;
     },
     [](JobSpec &s, Random &) {
       uint64_t l3 = s.header.l3 + 1u;
       s.spoil = [l3](Slot &slot) { vmso_first_slot_set_l3_offset(&slot, l3); };
     }},
    {VMSO_STATUS_BAD_TEMPLATE, segments,
     [](JobSpec &s, Random &r) {
       s.header.bytes.at(s.header.l3) ^= uint8_t(8 << 4 | r.below(8) << 4);  // the version
     }},
    {VMSO_STATUS_CSUM_FIELD, [](const JobSpec &s) { return s.kind == VMSO_KIND_CSUM; },
     [](JobSpec &s, Random &r) {
       uint64_t at = 0xffff - r.below(1000);
       s.spoil = [at](Slot &slot) { vmso_first_slot_set_csum_offset(&slot, at); };
     }},
    {VMSO_STATUS_OPTION, segments,
     [](JobSpec &s, Random &) {
       s.spoil = [](Slot &slot) { vmso_first_slot_set_id_mode(&slot, 3); };
     }},
    {VMSO_STATUS_MSS_ZERO, segments,
     [](JobSpec &s, Random &) { s.spoil = [](Slot &slot) { vmso_first_slot_set_mss(&slot, 0); }; }},
    {VMSO_STATUS_FRAME_TOO_LONG, [](const JobSpec &s) { return s.kind != VMSO_KIND_CSUM; },
     [](JobSpec &s, Random &r) {
       uint64_t bytes = kMostBytes - r.below(1000);
       s.spoil = [bytes](Slot &slot) {
         vmso_first_slot_set_payload_bytes(&slot, bytes);
         vmso_first_slot_set_mss(&slot, 0xffff);
       };
     }},
    {VMSO_STATUS_FRAME_SHORT, [](const JobSpec &s) { return s.kind == VMSO_KIND_FRAME; },
     [](JobSpec &s, Random &r) {
       uint64_t bytes = r.below(14);
       s.spoil = [bytes](Slot &slot) {
         vmso_first_slot_set_header_bytes(&slot, 0);
         vmso_first_slot_set_payload_bytes(&slot, bytes);
       };
     }},
    {VMSO_STATUS_SUM_MISMATCH,
     [](const JobSpec &s) { return one_slot(s) && has_payload(s) && s.kind != VMSO_KIND_CSUM; },
     [](JobSpec &s, Random &r) {
       uint64_t bytes = s.payload.size() - r.between(1, 60);
       s.spoil = [bytes](Slot &slot) { vmso_first_slot_set_payload_bytes(&slot, bytes); };
     }},
    {VMSO_STATUS_ADDR_WRAP, [](const JobSpec &s) { return !s.cuts.empty() && s.cuts.front() > 1; },
     [](JobSpec &s, Random &r) {
       uint64_t addr = ~uint64_t{0} - r.below(s.cuts.front() - 1u);
       s.spoil = [addr](Slot &slot) { vmso_first_slot_set_buffer0_addr(&slot, addr); };
     }},
};

}  // namespace

std::span<const Mistake> mistakes() { return kMistakes; }

void make_mistake(JobSpec &spec, Random &random) {
  std::vector<const Mistake *> fitting;
  for (const Mistake &m : kMistakes) {
    if (m.fits(spec)) fitting.push_back(&m);
  }
  const Mistake &m = *fitting[random.below(fitting.size())];
  m.make(spec, random);
  spec.refused = m.status;
}

}  // namespace vmso::regress
