// SPDX-License-Identifier: Apache-2.0
#include "host/address_space.hpp"

#include <fmt/format.h>

namespace vmso {
namespace {

unsigned index_of(uint64_t va, unsigned level) { return unsigned(va >> (12 + 9 * level)) & 511; }

}  // namespace

AddressSpace::AddressSpace(PhysicalMemory &memory, FrameAllocator &frames, unsigned levels,
                           Random random)
    : memory_(memory), frames_(frames), levels_(levels), random_(random), root_(frames.take()) {
  if (levels != 4 && levels != 5) throw Error("an address space has 4 or 5 levels");
  memory_.make(root_, FrameKind::kTable, 0);
}

// docs/architecture.md: what a walk looks at is P, U/S, A of leaves, PS, and the address.
uint64_t AddressSpace::ignored_bits(bool large_leaf, bool leaf) {
  uint64_t may = 0xfff0000000000f5a;         // 63:52, 11:8, 6, 4, 3, 1
  if (leaf && !large_leaf) may |= 0x80;      // PAT of a 4 KiB page
  if (large_leaf) may |= uint64_t{1} << 12;  // PAT of a large page
  return random_() & may;
}

void AddressSpace::map(uint64_t va, uint64_t pa, PageSize size) {
  unsigned leaf = page_level(size);
  if ((va | pa) % page_bytes(size) != 0)
    throw Error("map: address is not aligned to its page size");
  uint64_t table = root_;
  for (unsigned level = levels_ - 1; level > leaf; level--) {
    uint64_t at = table + 8 * index_of(va, level);
    uint64_t entry = memory_.read_word(at);
    if (!(entry & kPresent)) {
      uint64_t next = frames_.take();
      memory_.make(next, FrameKind::kTable, 0);
      entry =
          next | kPresent | kWrite | kUser | (random_() & kAccessed) | ignored_bits(false, false);
      memory_.write_word(at, entry);
    } else if (entry & kLarge) {
      throw Error(fmt::format("map: a larger page lies at {:#x}", va));
    }
    table = entry & kAddress;
  }
  uint64_t entry = pa | kPresent | kUser | kAccessed | ignored_bits(leaf > 0, true);
  if (leaf > 0) entry |= kLarge;
  memory_.write_word(table + 8 * index_of(va, leaf), entry);
}

void AddressSpace::unmap(uint64_t va, PageSize size) {
  auto at = entry_at(va, page_level(size));
  if (!at) throw Error(fmt::format("unmap: nothing at {:#x}", va));
  // What stands in an entry that is not present is the operating system's business.
  memory_.write_word(*at, random_() & ~kPresent);
}

std::optional<uint64_t> AddressSpace::entry_at(uint64_t va, unsigned level) const {
  uint64_t table = root_;
  for (unsigned l = levels_ - 1; l > level; l--) {
    uint64_t entry = memory_.read_word(table + 8 * index_of(va, l));
    if (!(entry & kPresent) || (l < 3 && (entry & kLarge))) return std::nullopt;
    table = entry & kAddress;
  }
  return table + 8 * index_of(va, level);
}

}  // namespace vmso
