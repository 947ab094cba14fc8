// SPDX-License-Identifier: Apache-2.0
// An x86-64 address space: real page tables, four or five levels, written into physical memory the
// way an operating system does. Level n maps 2^(12+9n) bytes; level 0 is the 4 KiB level.
//
// Bits that the format ignores (software bits, PWT, PCD, PAT, D, G, XD, ...) hold random values: an
// engine that looks at one of them is found out. Pages are user, readable, accessed, unless a test
// changes the entry.
#pragma once
#include <cstdint>
#include <optional>

#include "host/memory.hpp"

namespace vmso {

enum class PageSize : unsigned { k4K = 12, k2M = 21, k1G = 30 };  // log2 bytes
inline uint64_t page_bytes(PageSize size) { return uint64_t{1} << unsigned(size); }
inline unsigned page_level(PageSize size) { return (unsigned(size) - 12) / 9; }

class AddressSpace {
 public:
  AddressSpace(PhysicalMemory &memory, FrameAllocator &frames, unsigned levels, Random random);

  uint64_t root() const { return root_; }
  unsigned levels() const { return levels_; }

  void map(uint64_t va, uint64_t pa, PageSize size);
  void unmap(uint64_t va, PageSize size);  // tables stay
  // Physical address of the entry of `va` at a level, or nothing if the tables end above it.
  std::optional<uint64_t> entry_at(uint64_t va, unsigned level) const;

  static constexpr uint64_t kPresent = 1, kWrite = 2, kUser = 4, kAccessed = 0x20, kDirty = 0x40;
  static constexpr uint64_t kLarge = 0x80, kAddress = 0x000ffffffffff000;

 private:
  uint64_t ignored_bits(bool large_leaf, bool leaf);

  PhysicalMemory &memory_;
  FrameAllocator &frames_;
  unsigned levels_;
  Random random_;
  uint64_t root_;
};

}  // namespace vmso
