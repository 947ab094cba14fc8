// SPDX-License-Identifier: Apache-2.0
#include "check/walker.hpp"

#include <cstring>

namespace vmso::reference {
namespace {

bool inside(const std::vector<Window> &windows, uint64_t first, uint64_t last) {
  for (const Window &w : windows) {
    if (w.first <= w.last && first >= w.first && last <= w.last) return true;
  }
  return false;
}

bool bit(uint64_t value, unsigned n) { return value >> n & 1; }
uint64_t ones(unsigned n) { return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1; }

Walk fault(Walk w, vmso_cause cause, unsigned level) {
  w.cause = cause;
  w.level = level;
  return w;
}

}  // namespace

Walk walk(PhysicalMemory &memory, const Context &c, const std::vector<Window> &windows,
          uint64_t va) {
  Walk w;
  if (c.format == VMSO_FORMAT_OFF) return fault(w, VMSO_CAUSE_CTX_OFF, VMSO_LEVEL_NONE);
  uint64_t page = va & ~uint64_t{0xfff};
  if (c.format == VMSO_FORMAT_IDENTITY) {
    if (va & ~ones(c.pa_bits)) return fault(w, VMSO_CAUSE_VA_RANGE, VMSO_LEVEL_NONE);
    bool good = page >= (c.root & ~uint64_t{0xfff}) && page <= c.limit &&
                inside(windows, page, page + 0xfff);
    if (!good) return fault(w, VMSO_CAUSE_DATA_WINDOW, VMSO_LEVEL_NONE);
    w.pa = va;
    return w;
  }
  unsigned top = c.format == VMSO_FORMAT_X86_64_L5 ? 4 : 3;
  uint64_t high = va >> (12 + 9 * (top + 1) - 1);  // sign bit and above
  if (high != 0 && high != ones(64 - (12 + 9 * (top + 1) - 1))) {
    return fault(w, VMSO_CAUSE_VA_RANGE, VMSO_LEVEL_NONE);
  }
  uint64_t table = c.root;
  for (unsigned level = top;; level--) {
    uint64_t at = table + (va >> (12 + 9 * level) & 511) * 8;
    uint64_t line = at & ~uint64_t{63};
    if (!inside(windows, line, line + 63)) return fault(w, VMSO_CAUSE_TABLE_WINDOW, level);
    Frame *frame = memory.device(at);
    if (!frame) return fault(w, VMSO_CAUSE_TABLE_DEC_ERR, level);
    uint64_t entry;
    std::memcpy(&entry, frame->data + at % kFrameBytes, sizeof(entry));
    w.steps.push_back({level, at, entry});
    if (!bit(entry, 0)) return fault(w, VMSO_CAUSE_NOT_PRESENT, level);
    bool ps = bit(entry, 7);
    bool leaf = level == 0 || (ps && level <= 2);
    bool reserved = (level >= 3 && ps) || (level == 2 && ps && !c.gb) || (!c.xd && bit(entry, 63));
    if (leaf && level > 0) reserved |= (entry & ones(12 + 9 * level) & ~ones(13)) != 0;
    if (reserved) return fault(w, VMSO_CAUSE_RESERVED, level);
    if (entry & ones(52) & ~ones(c.pa_bits)) return fault(w, VMSO_CAUSE_ADDR_WIDTH, level);
    if (!c.priv && !bit(entry, 2)) return fault(w, VMSO_CAUSE_NO_USER, level);
    if (leaf) {
      if (!c.af_ignore && !bit(entry, 5)) return fault(w, VMSO_CAUSE_ACCESS_FLAG, level);
      uint64_t offset = ones(12 + 9 * level);
      w.pa = (entry & ones(52) & ~offset) | (va & offset);
      w.level = level;
      uint64_t pa_page = w.pa & ~uint64_t{0xfff};
      if (!inside(windows, pa_page, pa_page + 0xfff)) {
        return fault(w, VMSO_CAUSE_DATA_WINDOW, level);
      }
      return w;
    }
    table = entry & ones(52) & ~ones(12);
  }
}

}  // namespace vmso::reference
