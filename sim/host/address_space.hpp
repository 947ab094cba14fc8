// SPDX-License-Identifier: Apache-2.0
// An address space: real page tables of any of the formats, written into physical memory the way an
// operating system does.
//
// Bits that nobody may look at (software bits, memory types, keys, execute and write permission,
// PAT, Contiguous, ...) hold random values, and a part of the entries that are not present looks
// like swap entries: an engine that looks at one of them is found out. Pages are user, readable,
// accessed, unless a test changes the entry.
//
// An identity space has no tables: it is one block of physical memory, used by its physical
// addresses.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "host/formats.hpp"
#include "host/memory.hpp"

namespace vmso {

struct SpaceOptions {
  vmso_format format = VMSO_FORMAT_X86_64_L4;
  PageSize page = PageSize::k4K;  // of a process; identity has none
  unsigned pa_bits = 0;           // 0: what the harness uses for the format
  HostFeatures features = {};
};

class AddressSpace {
 public:
  // Throws Error for a page size or a width that the format does not have.
  AddressSpace(PhysicalMemory &memory, FrameAllocator &frames, const SpaceOptions &options,
               Random random);

  const Format &format() const { return format_; }
  const HostFeatures &features() const { return features_; }
  bool tables() const { return format_.levels > 0; }
  unsigned levels() const { return format_.levels; }
  unsigned pa_bits() const { return pa_bits_; }
  uint64_t root() const { return root_; }    // root table, or first byte of an identity space
  uint64_t limit() const { return limit_; }  // last byte of an identity space, else 0
  // A free block of memory that the format can address. It is the caller's.
  uint64_t take_frame(PageSize size = PageSize::k4K) {
    return frames_.take(unsigned(size), pa_bits_);
  }

  void map(uint64_t va, uint64_t pa, PageSize size);
  void unmap(uint64_t va, PageSize size);  // tables stay
  // Another frame behind a page that is mapped. The entry goes from old to new in one write.
  void move(uint64_t va, uint64_t pa, PageSize size);
  // The page becomes pages of the size below (a 4 MiB, 2 MiB or 64 KiB page: 4 KiB), of the same
  // memory. Gives that size.
  PageSize split(uint64_t va, PageSize size);
  // The opposite: pages that lie in a row become one. Gives the table that nobody needs any more:
  // the caller frees it, after a fence. None for a 64 KiB page.
  std::optional<uint64_t> join(uint64_t va, uint64_t pa, PageSize size);

  // The same changes as entries that somebody else puts into the tables: at once, or first out of
  // them (hold) and, when a fence is done, in again (settle). What is held counts as mapped for all
  // but the engine; settle() forgets what was unmapped or mapped anew in between.
  struct Write {
    uint64_t at = 0, entry = 0;
  };
  struct Table {
    uint64_t pa = 0;
    unsigned level = 0;  // of its entries
  };
  std::vector<Write> leaf_writes(uint64_t va, uint64_t pa, PageSize size);
  // Pages of the size below; `pa_of` tells where the one at an address lies.
  std::vector<Write> split_writes(uint64_t va, PageSize size,
                                  const std::function<uint64_t(uint64_t)> &pa_of);
  void put(const std::vector<Write> &writes);
  void hold(const std::vector<Write> &writes);
  void settle(const std::vector<Write> &writes);
  bool under_change(uint64_t va) const;  // an entry on the way to its page is held

  // The table with the entries of a level in which `va` is, below the root. One without a present
  // entry is taken out; of another one a copy is made, and its pointer is to be written.
  struct Replaced {
    Table old;
    uint64_t first = 0, last = 0;  // what it maps
    std::vector<Write> writes;     // none: it was taken out
  };
  std::optional<Replaced> replace_table(uint64_t va, unsigned level);
  std::vector<Table> tables_in_use() const;
  uint64_t table_of(uint64_t va, unsigned level) const {  // that holds its entry of the level
    return entry_at(va, level).value() / kFrameBytes * kFrameBytes;
  }
  // All tables anew. The old ones are in nobody's use, but for an engine that has the old root.
  void renew_root() { root_ = copy_tables(root_, levels() - 1); }
  // Makes a page that was a table look like one whose every entry leads to `pa`, for users too.
  void fill_table(const Table &table, uint64_t pa);
  static PageSize size_below(PageSize size);

  // Physical address of the entry of `va` at a level, or nothing if the tables end above it.
  std::optional<uint64_t> entry_at(uint64_t va, unsigned level) const;
  uint64_t read_entry(uint64_t at) const;  // of the format's size
  void write_entry(uint64_t at, uint64_t entry);

  // An entry that points at a table, as the system writes them.
  uint64_t pointer_to(uint64_t table);

  // Bits of x86 entries, for tests that spoil them.
  static constexpr uint64_t kPresent = 1, kWrite = 2, kUser = 4, kAccessed = 0x20, kDirty = 0x40;
  static constexpr uint64_t kLarge = 0x80, kAddress = 0x000ffffffffff000;

 private:
  unsigned index_of(uint64_t va, unsigned level) const;
  uint64_t frame_field(uint64_t pa) const;
  uint64_t frame_of(uint64_t entry) const;
  uint64_t new_table();
  uint64_t copy_tables(uint64_t table, unsigned level);
  unsigned entries_of_table() const { return unsigned(kFrameBytes / format_.entry_bytes); }
  uint64_t current(uint64_t at) const;  // the entry there, or the one that is held
  bool points(uint64_t entry, unsigned level) const {
    return (entry & kPresent) && format_.points(entry, level, features_);
  }
  uint64_t leaf(uint64_t pa, PageSize size);
  uint64_t absent(uint64_t entry);  // what may stand in the place of an entry that was there
  void must_be_mapped(const char *what, uint64_t va, PageSize size) const;
  // The leaf of a page, or all 16 of a 64 KiB page, `at` being the first.
  std::vector<Write> leaves(uint64_t at, uint64_t pa, PageSize size);
  void write_leaf(uint64_t at, uint64_t pa, PageSize size) { put(leaves(at, pa, size)); }
  static unsigned entries(PageSize size) { return size == PageSize::k64K ? 16 : 1; }

  PhysicalMemory &memory_;
  FrameAllocator &frames_;
  const Format &format_;
  HostFeatures features_;
  unsigned pa_bits_;
  uint64_t pointer_free_, leaf_free_;  // of the features
  Random random_;
  uint64_t root_ = 0, limit_ = 0;
  std::unordered_map<uint64_t, uint64_t> held_;  // entries that are out of their table, by place
};

}  // namespace vmso
