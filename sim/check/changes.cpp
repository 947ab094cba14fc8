// SPDX-License-Identifier: Apache-2.0
#include "check/changes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso {
namespace {

constexpr size_t kTagAt = 12, kTagBytes = 4;

// A template may be short, or none: then payload has addresses, and the tag lies in it.
bool tag_in_header(const reference::Job &job) { return job.vlan && job.header.size() >= kTagAt; }

class FieldList {
 public:
  FieldList(const reference::Job &job, Changes &changes)
      : job_(job), several_(reference::segments(job) > 1), changes_(changes) {}

  void ip(size_t l3, vmso_id_mode id_mode, const char *which) {
    if (version(l3) == 6) return add(l3 + 4, 2, which, "IPv6 payload length");
    add(l3 + 2, 2, which, "IPv4 total length");
    if (several_ && id_mode != VMSO_ID_FIXED) add(l3 + 4, 2, which, "IPv4 id");
    add(l3 + 10, 2, which, "IPv4 header checksum");
  }

  void tcp(size_t l4) {
    if (several_) {
      add(l4 + 4, 4, "", "TCP sequence number");
      unsigned cleared = 0;
      for (unsigned mask : job_.flag_masks) cleared |= ~mask & 0xfff;
      if (cleared >> 8) add(l4 + 12, 1, "", "TCP offset and flags");
      if (cleared & 0xff) add(l4 + 13, 1, "", "TCP flags");
    }
    add(l4 + 16, 2, "", "TCP checksum");
    changes_.tcp_checksum = changes_.fields.back().at;
  }

  void udp(size_t l4, const char *which) {
    add(l4 + 4, 2, which, "UDP length");
    add(l4 + 6, 2, which, "UDP checksum");
  }

  void add(size_t at, size_t bytes, const char *which, const char *name) {
    changes_.fields.push_back({at + (job_.vlan ? kTagBytes : 0), bytes, which, name});
  }

  // What an IP header has next to the header at l4: the last extension header names it.
  unsigned protocol(size_t l3, size_t l4) const {
    const auto &h = job_.header;
    if (version(l3) == 4) return h[l3 + 9];
    size_t last = l3 + 40;
    if (last == l4) return h[l3 + 6];
    while (last + (h[last + 1] + 1u) * 8 < l4) last += (h[last + 1] + 1u) * 8;
    return h[last];
  }

 private:
  unsigned version(size_t l3) const { return job_.header[l3] >> 4; }

  const reference::Job &job_;
  bool several_;
  Changes &changes_;
};

}  // namespace

Changes changes_of(const reference::Job &job) {
  Changes c;
  c.fields.reserve(16);  // more than there are: one is made for every frame that is judged
  c.header_bytes = job.header.size() + (tag_in_header(job) ? kTagBytes : 0);
  FieldList list(job, c);
  switch (job.kind) {
    case VMSO_KIND_CSUM:
      list.add(job.csum_start + job.csum_offset, 2, "", "checksum");
      return c;
    case VMSO_KIND_TCP_SEG:
      list.tcp(job.l4);
      break;
    case VMSO_KIND_UDP_SEG:
      list.udp(job.l4, "");
      break;
    default:
      return c;
  }
  bool tunnel = job.outer_l3 > 0;
  list.ip(job.l3, job.id_mode, tunnel ? "inner " : "");
  if (!tunnel) return c;
  list.ip(job.outer_l3, job.outer_id_mode, "outer ");
  if (job.outer_l4 == 0) return c;
  if (list.protocol(job.outer_l3, job.outer_l4) == 17) {
    list.udp(job.outer_l4, "outer ");
  } else if (job.header[job.outer_l4] & 0x80) {
    list.add(job.outer_l4 + 4, 2, "", "GRE checksum");
  }
  return c;
}

std::string forbidden_change(const reference::Job &job, std::span<const uint8_t> frame) {
  std::vector<uint8_t> original = job.header;
  if (tag_in_header(job)) {
    const reference::VlanTag &tag = *job.vlan;
    uint8_t bytes[kTagBytes] = {uint8_t(tag.tpid >> 8), uint8_t(tag.tpid), uint8_t(tag.tci >> 8),
                                uint8_t(tag.tci)};
    original.insert(original.begin() + kTagAt, bytes, bytes + kTagBytes);
  }
  Changes changes = changes_of(job);
  for (size_t i = 0; i < original.size(); i++) {
    if (i >= frame.size()) return fmt::format("it ends in its header, at byte {}", i);
    if (frame[i] == original[i]) continue;
    bool allowed = std::ranges::any_of(
        changes.fields, [&](const Field &f) { return i >= f.at && i < f.at + f.bytes; });
    if (!allowed) {
      return fmt::format(
          "header byte {} is {:02x}, the template has {:02x}, and no rule changes it", i, frame[i],
          original[i]);
    }
  }
  return "";
}

}  // namespace vmso
