// SPDX-License-Identifier: Apache-2.0
// Reference walker: what a {context, address} must give, from the format tables, one check after
// the other. Slow and plain on purpose; shares nothing with the RTL.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace vmso::xlat {

enum Cause : unsigned {
  kNone = 0x00,
  kCtxOff = 0x01,
  kVaRange = 0x08,
  kNotPresent = 0x10,
  kAccessFlag = 0x11,
  kNoUser = 0x12,
  kReserved = 0x20,
  kAddrWidth = 0x22,
  kTableWindow = 0x30,
  kDataWindow = 0x31,
  kTableSlvErr = 0x40,
  kTableDecErr = 0x41,
  kBusTimeout = 0x4f
};

// Format codes as in the context table.
enum Format : unsigned { kOff = 0, kIdentity = 1, kFourLevels = 3, kFiveLevels = 4 };

struct Context {
  unsigned format = kOff;
  unsigned pa_bits = 44;
  bool ignore_accessed = false, priv = false, gb = true, xd = true;
  uint64_t root = 0x10000;  // byte address; identity: first page
  uint64_t limit = 0;       // identity: last page
};

struct Window {
  uint64_t base, limit;  // pages, both inclusive
};

// What a read of a line gives instead of data.
enum class Bad { kNo, kSlvErr, kDecErr, kTimeout };

struct Memory {
  std::unordered_map<uint64_t, uint64_t> words;      // by byte address; else 0
  std::map<uint64_t, std::pair<Bad, unsigned>> bad;  // by line address; second: part in error, of 4
  std::array<Window, 4> windows{{{0, 0xfffffffffff}, {1, 0}, {1, 0}, {1, 0}}};

  uint64_t word(uint64_t addr) const {
    auto it = words.find(addr);
    return it == words.end() ? 0 : it->second;
  }
  bool readable(uint64_t page) const {
    for (auto w : windows) {
      if (page >= w.base && page <= w.limit) return true;
    }
    return false;
  }
};

struct Result {
  unsigned cause = kNone;
  unsigned level = 7;
  uint64_t pa = 0;                // page address, without fault
  std::vector<uint64_t> reads{};  // entries, in order
  bool same(const Result &r) const {
    return cause == r.cause && level == r.level && (cause != kNone || pa == r.pa);
  }
};

inline Result walk(const Context &ctx, uint64_t va, const Memory &memory) {
  Result r;
  auto fail = [&](unsigned cause) {
    r.cause = cause;
    return r;
  };
  if (ctx.format == kOff) return fail(kCtxOff);
  if (ctx.format == kIdentity) {
    if (va >> ctx.pa_bits) return fail(kVaRange);
    r.pa = va & ~0xfffull;
    bool inside = r.pa >= ctx.root && r.pa <= ctx.limit;
    return inside && memory.readable(va >> 12) ? r : fail(kDataWindow);
  }
  const int levels = ctx.format == kFiveLevels ? 5 : 4;
  const int va_bits = 12 + 9 * levels;
  const int64_t upper = int64_t(va) >> (va_bits - 1);
  if (upper != 0 && upper != -1) return fail(kVaRange);
  uint64_t table = ctx.root;
  for (int level = levels - 1; level >= 0; level--) {
    r.level = unsigned(level);
    const uint64_t addr = table + ((va >> (12 + 9 * level)) & 511) * 8;
    if (!memory.readable(addr >> 12)) return fail(kTableWindow);
    r.reads.push_back(addr);
    if (auto it = memory.bad.find(addr & ~63ull); it != memory.bad.end()) {
      switch (it->second.first) {
        case Bad::kSlvErr:
          return fail(kTableSlvErr);
        case Bad::kDecErr:
          return fail(kTableDecErr);
        case Bad::kTimeout:
          return fail(kBusTimeout);
        default:
          break;
      }
    }
    const uint64_t e = memory.word(addr);
    const bool large = e & 0x80;
    const bool leaf = level == 0 || (large && (level == 1 || level == 2));
    if (!(e & 1)) return fail(kNotPresent);
    if ((e >> 63) && !ctx.xd) return fail(kReserved);
    if (large && level >= 3) return fail(kReserved);
    if (leaf && level == 2 && !ctx.gb) return fail(kReserved);
    const uint64_t size = 1ull << (12 + 9 * level);
    if (leaf && level > 0 && (e & (size - 1) & ~0x1fffull)) return fail(kReserved);
    const uint64_t address = e & 0x000ffffffffff000ull;
    if (address >> ctx.pa_bits) return fail(kAddrWidth);
    if (!(e & 4) && !ctx.priv) return fail(kNoUser);
    if (!leaf) {
      table = address;
      continue;
    }
    if (!(e & 0x20) && !ctx.ignore_accessed) return fail(kAccessFlag);
    r.pa = ((address & ~(size - 1)) | (va & (size - 1))) & ~0xfffull;
    return memory.readable(r.pa >> 12) ? r : fail(kDataWindow);
  }
  return r;
}

}  // namespace vmso::xlat
