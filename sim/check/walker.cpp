// SPDX-License-Identifier: Apache-2.0
#include "check/walker.hpp"

#include <cstring>

#include "host/memory.hpp"

namespace vmso::reference {
namespace {

bool bit(uint64_t value, unsigned n) { return value >> n & 1; }
uint64_t ones(unsigned n) { return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1; }
// Bits high..low, still in their place.
uint64_t field(uint64_t value, unsigned high, unsigned low) {
  return value & ones(high + 1) & ~ones(low);
}
// Bits 63..low are all 0 or all 1.
bool extended(uint64_t value, unsigned low) {
  return value >> low == 0 || value >> low == ones(64 - low);
}

bool inside(const std::vector<Window> &windows, uint64_t first, uint64_t last) {
  for (const Window &w : windows) {
    if (w.first <= w.last && first >= w.first && last <= w.last) return true;
  }
  return false;
}

// What an entry says.
struct Entry {
  vmso_cause cause = VMSO_CAUSE_NONE;
  bool leaf = false;
  uint64_t address = 0;    // of the next table or of the page
  unsigned page_bits = 0;  // of a leaf: log2 of the page's bytes
};

Entry refuse(vmso_cause cause) { return {.cause = cause}; }

// Intel SDM volume 3A, 32-bit paging with CR4.PAE = 0; no PSE-36, so nothing is wider than 32 bits.
Entry x86_32(const Context &c, unsigned level, uint64_t e) {
  if (!bit(e, 0)) return refuse(VMSO_CAUSE_NOT_PRESENT);  // P
  bool large = level == 1 && c.pse && bit(e, 7);          // PS
  if (large && field(e, 21, 13)) return refuse(VMSO_CAUSE_RESERVED);
  if (!c.priv && !bit(e, 2)) return refuse(VMSO_CAUSE_NO_USER);  // U/S
  if (level == 1 && !large) return {.address = field(e, 31, 12)};
  if (!c.af_ignore && !bit(e, 5)) return refuse(VMSO_CAUSE_ACCESS_FLAG);  // A
  if (large) return {.leaf = true, .address = field(e, 31, 22), .page_bits = 22};
  return {.leaf = true, .address = field(e, 31, 12), .page_bits = 12};
}

// Intel SDM volume 3A, 4-level and 5-level paging.
Entry x86_64(const Context &c, unsigned level, uint64_t e) {
  if (!bit(e, 0)) return refuse(VMSO_CAUSE_NOT_PRESENT);  // P
  bool ps = bit(e, 7);                                    // at level 0 it is PAT
  if (level >= 3 && ps) return refuse(VMSO_CAUSE_RESERVED);
  if (level == 2 && ps && !c.gb) return refuse(VMSO_CAUSE_RESERVED);
  if (level == 2 && ps && field(e, 29, 13)) return refuse(VMSO_CAUSE_RESERVED);
  if (level == 1 && ps && field(e, 20, 13)) return refuse(VMSO_CAUSE_RESERVED);
  if (!c.xd && bit(e, 63)) return refuse(VMSO_CAUSE_RESERVED);  // EFER.NXE = 0
  if (field(e, 51, 12) >> c.pa_bits) return refuse(VMSO_CAUSE_ADDR_WIDTH);
  if (!c.priv && !bit(e, 2)) return refuse(VMSO_CAUSE_NO_USER);  // U/S
  bool leaf = level == 0 || ps;
  if (!leaf) return {.address = field(e, 51, 12)};
  if (!c.af_ignore && !bit(e, 5)) return refuse(VMSO_CAUSE_ACCESS_FLAG);  // A
  if (level == 2) return {.leaf = true, .address = field(e, 51, 30), .page_bits = 30};
  if (level == 1) return {.leaf = true, .address = field(e, 51, 21), .page_bits = 21};
  return {.leaf = true, .address = field(e, 51, 12), .page_bits = 12};
}

// RISC-V privileged architecture, Sv39 / Sv48 / Sv57: virtual address translation process; Svnapot,
// Svpbmt, Svrsw60t59b.
Entry riscv(const Context &c, unsigned level, uint64_t e) {
  bool r = bit(e, 1), w = bit(e, 2), x = bit(e, 3), u = bit(e, 4), a = bit(e, 6), d = bit(e, 7);
  uint64_t ppn = e >> 10 & ones(44);
  unsigned pbmt = unsigned(e >> 61 & 3);
  bool n = bit(e, 63), leaf = r || x;

  if (!bit(e, 0)) return refuse(VMSO_CAUSE_NOT_PRESENT);  // V
  if (!r && w) return refuse(VMSO_CAUSE_RESERVED);
  if (field(e, 58, 54)) return refuse(VMSO_CAUSE_RESERVED);
  if (field(e, 60, 59) && !c.rsw) return refuse(VMSO_CAUSE_RESERVED);
  if (!leaf && (u || a || d || pbmt || n)) return refuse(VMSO_CAUSE_RESERVED);
  if (leaf && pbmt && !c.pbmt) return refuse(VMSO_CAUSE_RESERVED);
  if (leaf && pbmt == 3) return refuse(VMSO_CAUSE_RESERVED);
  if (leaf && n && !c.napot) return refuse(VMSO_CAUSE_RESERVED);
  if (leaf && n && level != 0) return refuse(VMSO_CAUSE_RESERVED);
  if (leaf && n && (ppn & 15) != 8) return refuse(VMSO_CAUSE_RESERVED);  // 64 KiB, no other
  if (!leaf && level == 0) return refuse(VMSO_CAUSE_BAD_LEVEL);
  if (ppn << 12 >> c.pa_bits) return refuse(VMSO_CAUSE_ADDR_WIDTH);
  if (!leaf) return {.address = ppn << 12};
  if (ppn & ones(9 * level)) return refuse(VMSO_CAUSE_MISALIGNED);
  if (!c.priv && !u) return refuse(VMSO_CAUSE_NO_USER);
  if (!r) return refuse(VMSO_CAUSE_NO_READ);
  if (!c.af_ignore && !a) return refuse(VMSO_CAUSE_ACCESS_FLAG);
  if (n) return {.leaf = true, .address = (ppn & ~ones(4)) << 12, .page_bits = 16};
  return {.leaf = true, .address = ppn << 12, .page_bits = 12 + 9 * level};
}

// Arm ARM, VMSAv8-64 descriptors of stage 1 with the 4 KiB granule. The manual counts its levels
// the other way: 3 - level.
Entry aarch64(const Context &c, unsigned level, uint64_t e) {
  if (!bit(e, 0)) return refuse(VMSO_CAUSE_NOT_PRESENT);
  bool block = !bit(e, 1), table = !block && level > 0;
  if (block && (level == 3 || level == 0)) return refuse(VMSO_CAUSE_BAD_LEVEL);
  if (field(e, 47, 12) >> c.pa_bits) return refuse(VMSO_CAUSE_ADDR_WIDTH);
  if (table) {
    bool no_el0 = bit(e, 61) && !c.hpd;  // APTable[0]
    if (!c.priv && no_el0) return refuse(VMSO_CAUSE_NO_USER);
    return {.address = field(e, 47, 12)};
  }
  if (!c.priv && !bit(e, 6)) return refuse(VMSO_CAUSE_NO_USER);            // AP[1]
  if (!c.af_ignore && !bit(e, 10)) return refuse(VMSO_CAUSE_ACCESS_FLAG);  // AF
  if (level == 2) return {.leaf = true, .address = field(e, 47, 30), .page_bits = 30};
  if (level == 1) return {.leaf = true, .address = field(e, 47, 21), .page_bits = 21};
  return {.leaf = true, .address = field(e, 47, 12), .page_bits = 12};
}

struct Format {
  unsigned root_level;
  unsigned index_bits, entry_bytes;
  bool va_good;
  Entry (*judge)(const Context &, unsigned level, uint64_t entry);
};

Format format_of(const Context &c, uint64_t va) {
  switch (c.format) {
    case VMSO_FORMAT_X86_32:
      return {1, 10, 4, va >> 32 == 0, x86_32};
    case VMSO_FORMAT_X86_64_L4:
      return {3, 9, 8, extended(va, 47), x86_64};
    case VMSO_FORMAT_X86_64_L5:
      return {4, 9, 8, extended(va, 56), x86_64};
    case VMSO_FORMAT_SV39:
      return {2, 9, 8, extended(va, 38), riscv};
    case VMSO_FORMAT_SV48:
      return {3, 9, 8, extended(va, 47), riscv};
    case VMSO_FORMAT_SV57:
      return {4, 9, 8, extended(va, 56), riscv};
    case VMSO_FORMAT_AARCH64:
      return {3, 9, 8, va >> 48 == 0, aarch64};
    default:
      throw Error("reference walker: no such format");
  }
}

Walk fault(Walk w, vmso_cause cause, unsigned level) {
  w.cause = cause;
  w.level = level;
  return w;
}

Walk identity(const Context &c, const std::vector<Window> &windows, uint64_t va) {
  uint64_t page = va & ~ones(12);
  if (va >> c.pa_bits) return fault({}, VMSO_CAUSE_VA_RANGE, VMSO_LEVEL_NONE);
  bool good =
      page >= (c.root & ~ones(12)) && page <= c.limit && inside(windows, page, page + 0xfff);
  if (!good) return fault({}, VMSO_CAUSE_DATA_WINDOW, VMSO_LEVEL_NONE);
  return {.pa = va, .steps = {}};
}

}  // namespace

Walk walk(const ReadEntry &read, const Context &c, const std::vector<Window> &windows,
          uint64_t va) {
  if (c.format == VMSO_FORMAT_OFF) return fault({}, VMSO_CAUSE_CTX_OFF, VMSO_LEVEL_NONE);
  if (c.format == VMSO_FORMAT_IDENTITY) return identity(c, windows, va);
  const Format f = format_of(c, va);
  if (!f.va_good) return fault({}, VMSO_CAUSE_VA_RANGE, VMSO_LEVEL_NONE);
  Walk w;
  uint64_t table = c.root;
  for (unsigned level = f.root_level;; level--) {
    uint64_t index = va >> (12 + f.index_bits * level) & ones(f.index_bits);
    uint64_t at = table + index * f.entry_bytes, line = at & ~ones(6);
    if (!inside(windows, line, line + 63)) return fault(w, VMSO_CAUSE_TABLE_WINDOW, level);
    const EntryRead answer = read(at, f.entry_bytes);
    w.steps.push_back({level, at, answer.response == Response::kOkay ? answer.value : 0});
    if (answer.response == Response::kDecErr) return fault(w, VMSO_CAUSE_TABLE_DEC_ERR, level);
    if (answer.response == Response::kSlvErr) return fault(w, VMSO_CAUSE_TABLE_SLV_ERR, level);
    if (answer.response == Response::kNone) return fault(w, VMSO_CAUSE_BUS_TIMEOUT, level);
    const Entry e = f.judge(c, level, answer.value);
    if (e.cause != VMSO_CAUSE_NONE) return fault(w, e.cause, level);
    if (!e.leaf) {
      table = e.address;
      continue;
    }
    w.level = level;
    w.pa = e.address | (va & ones(e.page_bits));
    uint64_t page = w.pa & ~ones(12);
    if (!inside(windows, page, page + 0xfff)) return fault(w, VMSO_CAUSE_DATA_WINDOW, level);
    return w;
  }
}

Walk walk(PhysicalMemory &memory, const Context &context, const std::vector<Window> &windows,
          uint64_t va) {
  auto read = [&](uint64_t at, unsigned bytes) -> EntryRead {
    Frame *frame = memory.device(at);
    if (!frame) return {Response::kDecErr, 0};
    uint64_t value = 0;
    std::memcpy(&value, frame->data + at % kFrameBytes, bytes);
    return {Response::kOkay, value};
  };
  return walk(ReadEntry(read), context, windows, va);
}

}  // namespace vmso::reference
