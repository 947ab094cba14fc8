// SPDX-License-Identifier: Apache-2.0
#include "regress/mistake.hpp"

#include <bit>
#include <vector>

#include "regress/random_job.hpp"

namespace vmso::regress {
namespace {

using Slot = vmso_first_slot;

constexpr uint64_t kMostBytes = (1 << 24) - 1;  // of a job
constexpr uint64_t kTagAt = 12;                 // in a frame

bool segments(const JobSpec &s) {
  return s.kind == VMSO_KIND_TCP_SEG || s.kind == VMSO_KIND_UDP_SEG;
}
// The same in all configurations.
uint64_t longest_frame() { return config_info(Config::kDefault).max_frame; }

template <typename T, size_t N>
const T &one_that_fits(std::span<const T, N> all, const JobSpec &spec, Random &random) {
  std::vector<const T *> fitting;
  for (const T &one : all) {
    if (one.fits(spec)) fitting.push_back(&one);
  }
  return *fitting[random.below(fitting.size())];
}

bool is_csum(const JobSpec &s) { return s.kind == VMSO_KIND_CSUM; }
bool any(const JobSpec &) { return true; }
bool has_payload(const JobSpec &s) { return s.payload.size() >= 100; }
bool one_slot(const JobSpec &s) { return vmso_job_slots(s.cuts.size()) == 1; }

// ---- templates: a bit in a byte that is judged

uint8_t byte(const JobSpec &s, size_t at) { return s.header.bytes.at(at); }
bool is_ipv4(const JobSpec &s) { return byte(s, s.header.l3) >> 4 == 4; }
bool is_tcp(const JobSpec &s) { return s.kind == VMSO_KIND_TCP_SEG; }
bool has_tunnel(const JobSpec &s) { return s.header.outer_l3 != 0; }
bool has_inner_ethernet(const JobSpec &s) {
  return has_tunnel(s) && s.header.outer_l4 && (s.header.l3 - s.header.outer_l4) % 4 == 2;
}
// Protocol of an outer IPv4 header; 0: there is none, or none with an L4.
unsigned outer_protocol(const JobSpec &s) {
  if (!has_tunnel(s) || !s.header.outer_l4 || byte(s, s.header.outer_l3) >> 4 != 4) return 0;
  return byte(s, s.header.outer_l3 + 9u);
}
bool is_gre(const JobSpec &s) { return outer_protocol(s) == 47; }
bool is_geneve(const JobSpec &s) {
  const size_t port = s.header.outer_l4 + 2u;
  return outer_protocol(s) == 17 && (byte(s, port) << 8 | byte(s, port + 1)) == 6081;
}
// The routing header before an inner L4 whose pseudo header the engine computes; 0: there is none.
size_t routing_header(const JobSpec &s) {
  if (is_ipv4(s) || s.l4_mode != VMSO_L4_COMPUTE) return 0;
  unsigned type = byte(s, s.header.l3 + 6u);
  for (size_t at = s.header.l3 + 40u; at < s.header.l4; at += 8u + 8u * byte(s, at + 1)) {
    if (type == ExtensionHeader::kRouting) return at;
    type = byte(s, at);
  }
  return 0;
}

struct Flip {
  bool (*fits)(const JobSpec &spec);
  size_t (*at)(const JobSpec &spec);
  uint8_t bits;  // one of these
};
constexpr Flip kFlips[] = {
    {any, [](const JobSpec &s) -> size_t { return s.header.l3; }, 0x80},               // version
    {has_tunnel, [](const JobSpec &s) -> size_t { return s.header.outer_l3; }, 0x80},  // outer one
    {is_ipv4, [](const JobSpec &s) -> size_t { return s.header.l3; }, 0x08},           // length
    {is_ipv4, [](const JobSpec &s) -> size_t { return s.header.l3 + 6u; }, 0x20},      // MF
    {is_ipv4, [](const JobSpec &s) -> size_t { return s.header.l3 + 7u; }, 0x01},      // offset
    {is_ipv4, [](const JobSpec &s) -> size_t { return s.header.l3 + 9u; }, 0x80},      // protocol
    {is_tcp, [](const JobSpec &s) -> size_t { return s.header.l4 + 12u; }, 0x80},  // data offset
    {any,                                                                          // EtherType
     [](const JobSpec &s) -> size_t {
       return (has_tunnel(s) ? s.header.outer_l3 : s.header.l3) - 1u;
     },
     0x01},
    {has_inner_ethernet, [](const JobSpec &s) -> size_t { return s.header.l3 - 1u; }, 0x01},
    {is_gre, [](const JobSpec &s) -> size_t { return s.header.outer_l4; }, 0x4f},  // reserved
    {is_gre, [](const JobSpec &s) -> size_t { return s.header.outer_l4; }, 0x80},  // checksum
    {is_gre, [](const JobSpec &s) -> size_t { return s.header.outer_l4 + 1u; },
     0xff},  // and version
    {is_geneve, [](const JobSpec &s) -> size_t { return s.header.outer_l4 + 8u; },
     0x20},                                                    // options
    {[](const JobSpec &s) { return routing_header(s) != 0; },  // segments left
     [](const JobSpec &s) -> size_t { return routing_header(s) + 3; }, 0x01},
};

void spoil_template(JobSpec &spec, Random &random) {
  const Flip &flip = one_that_fits(std::span(kFlips), spec, random);
  unsigned bits = flip.bits;
  for (uint64_t n = random.below(unsigned(std::popcount(bits))); n > 0; n--) bits &= bits - 1;
  spec.header.bytes.at(flip.at(spec)) ^= uint8_t(bits & -bits);
}

// ---- slots

constexpr Mistake kMistakes[] = {
    {VMSO_STATUS_KIND, any,
     [](JobSpec &s, Random &r) {
       uint64_t kind = r.between(VMSO_KIND_ADVISE + 1, 15);
       s.spoil = [kind](Slot &slot) { vmso_first_slot_set_kind(&slot, kind); };
     }},
    {VMSO_STATUS_RESERVED_SET, any,
     [](JobSpec &s, Random &r) {
       uint64_t bit = uint64_t{1} << r.between(27, 63);
       bool both = r.below(2);  // a kind that is none is told behind it
       s.spoil = [bit, both](Slot &slot) {
         slot.word[7] |= bit;
         if (both) vmso_first_slot_set_kind(&slot, 15);
       };
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
       const uint64_t least = kLongestTemplate + 1 - (s.vlan ? kTag : 0);
       uint64_t bytes = r.below(2) ? least : r.between(least, 511);
       s.spoil = [bytes](Slot &slot) { vmso_first_slot_set_header_bytes(&slot, bytes); };
     }},
    {VMSO_STATUS_OFFSET_ORDER, segments,  // no room for the L4 header
     [](JobSpec &s, Random &r) {
       const uint64_t least = s.kind == VMSO_KIND_TCP_SEG ? 20 : 8;
       uint64_t l4 = s.header.bytes.size() - (r.below(2) ? least - 1 : r.below(least));
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
    {VMSO_STATUS_BAD_TEMPLATE, segments, spoil_template},
    {VMSO_STATUS_OFFSET_ORDER,  // an inner header in the GRE header, or in the IP header around it
     [](const JobSpec &s) { return segments(s) && s.header.outer_l3 != 0; },
     [](JobSpec &s, Random &r) {
       const uint64_t end = s.header.outer_l4 ? s.header.outer_l4 + 4u : s.header.outer_l3 + 20u;
       uint64_t l3 = end - (r.below(2) ? 2 : 2 * r.between(1, 4));
       s.spoil = [l3](Slot &slot) {
         vmso_first_slot_set_l3_offset(&slot, l3 & 0xff);
         vmso_first_slot_set_l3_offset_bit8(&slot, l3 >> 8);
       };
     }},
    {VMSO_STATUS_OFFSET_ORDER,  // an outer L4 without an outer L3
     [](const JobSpec &s) { return segments(s) && s.header.outer_l3 == 0; },
     [](JobSpec &s, Random &r) {
       uint64_t at = 2 * r.between(1, 127);
       s.spoil = [at](Slot &slot) { vmso_first_slot_set_outer_l4_offset(&slot, at); };
     }},
    {VMSO_STATUS_CSUM_FIELD, is_csum,  // behind the end
     [](JobSpec &s, Random &r) {
       const uint64_t least = s.header.bytes.size() + s.payload.size() - 1 - s.csum_start;
       uint64_t at = r.below(2) ? least : r.between(least, 0xffff);
       s.spoil = [at](Slot &slot) { vmso_first_slot_set_csum_offset(&slot, at); };
     }},
    {VMSO_STATUS_CSUM_FIELD, [](const JobSpec &s) { return is_csum(s) && s.vlan; },
     [](JobSpec &s, Random &r) {  // before the tag
       uint64_t at = r.below(2) ? kTagAt - 1 : r.below(kTagAt);
       s.spoil = [at](Slot &slot) { vmso_first_slot_set_mss(&slot, at); };
     }},
    {VMSO_STATUS_OPTION, segments,
     [](JobSpec &s, Random &) {
       s.spoil = [](Slot &slot) { vmso_first_slot_set_id_mode(&slot, 3); };
     }},
    {VMSO_STATUS_OPTION,  // IPv6 knows no UDP without a checksum
     [](const JobSpec &s) { return s.kind == VMSO_KIND_UDP_SEG && !is_ipv4(s); },
     [](JobSpec &s, Random &) {
       s.spoil = [](Slot &slot) { vmso_first_slot_set_l4_mode(&slot, VMSO_L4_NONE); };
     }},
    {VMSO_STATUS_MSS_ZERO, segments,
     [](JobSpec &s, Random &) { s.spoil = [](Slot &slot) { vmso_first_slot_set_mss(&slot, 0); }; }},
    {VMSO_STATUS_FRAME_TOO_LONG, [](const JobSpec &s) { return !is_csum(s); },
     [](JobSpec &s, Random &r) {
       const uint64_t least = longest_frame() + 1 - s.header.bytes.size() - (s.vlan ? kTag : 0);
       uint64_t bytes = r.below(2) ? least : r.between(least, kMostBytes);
       s.spoil = [bytes](Slot &slot) {
         vmso_first_slot_set_payload_bytes(&slot, bytes);
         vmso_first_slot_set_mss(&slot, 0xffff);
       };
     }},
    {VMSO_STATUS_FRAME_SHORT, [](const JobSpec &s) { return s.kind == VMSO_KIND_FRAME; },
     [](JobSpec &s, Random &r) {
       uint64_t bytes = r.below(2) ? 13 : r.below(14);
       s.spoil = [bytes](Slot &slot) {
         vmso_first_slot_set_header_bytes(&slot, 0);
         vmso_first_slot_set_payload_bytes(&slot, bytes);
       };
     }},
    {VMSO_STATUS_SUM_MISMATCH,
     [](const JobSpec &s) { return one_slot(s) && has_payload(s) && !is_csum(s); },
     [](JobSpec &s, Random &r) {
       uint64_t bytes = s.payload.size() - r.between(1, 60);
       s.spoil = [bytes](Slot &slot) { vmso_first_slot_set_payload_bytes(&slot, bytes); };
     }},
    {VMSO_STATUS_ADDR_WRAP, [](const JobSpec &s) { return !s.cuts.empty() && s.cuts.front() > 1; },
     [](JobSpec &s, Random &r) {
       const uint64_t most = s.cuts.front() - 2u;  // beyond the last byte of memory, less one
       uint64_t addr = ~uint64_t{0} - (r.below(2) ? most : r.below(most + 1));
       s.spoil = [addr](Slot &slot) { vmso_first_slot_set_buffer0_addr(&slot, addr); };
     }},
};

}  // namespace

std::span<const Mistake> mistakes() { return kMistakes; }

void make_mistake(JobSpec &spec, Random &random) {
  if (segments(spec) && random.below(2)) {  // there are more of them than of all others
    spoil_template(spec, random);
    spec.refused = VMSO_STATUS_BAD_TEMPLATE;
    return;
  }
  const Mistake &m = one_that_fits(mistakes(), spec, random);
  m.make(spec, random);
  spec.refused = m.status;
}

}  // namespace vmso::regress
