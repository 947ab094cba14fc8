// SPDX-License-Identifier: Apache-2.0
// A user process that holds payload somewhere in its virtual memory.
//
// With 4 KiB pages every buffer has pages of its own and an unmapped guard page behind it; when the
// buffer is no longer needed its pages are unmapped, and after a fence its frames and its addresses
// are used again for something else. With larger pages buffers lie behind one another in them, the
// first across a page boundary; the mapping stays, only the 4 KiB of memory behind it goes. In an
// identity space buffers lie in a row in the space's physical memory, 4 KiB apart at least.
//
// On demand: a page holds its bytes, but is in no table before page_in.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "host/address_space.hpp"

namespace vmso {

struct UserBuffer {
  uint64_t va = 0;
  uint32_t bytes = 0;
};

// A change of a process's memory under way: made in its books, not yet in its tables.
struct Change {
  uint64_t first = 0, last = 0;             // addresses that a fence has to cover
  std::vector<AddressSpace::Write> writes;  // what the tables get; none: all was written
  std::vector<uint64_t> frames;             // what nobody needs after the fence: 4 KiB of payload,
  std::vector<AddressSpace::Table> tables;  // page tables,
  std::vector<std::pair<uint64_t, PageSize>> blocks;  // and what the allocator gets back with them
  bool one_leaf = false;  // the addresses were one leaf: any byte of it names it
};

class Process {
 public:
  Process(PhysicalMemory &memory, FrameAllocator &frames, const SpaceOptions &options,
          Random random, uint32_t id);

  // Copies bytes into memory that nobody else uses. `offset` in the first 4 KiB; default: odd,
  // random.
  UserBuffer place(std::span<const uint8_t> bytes, std::optional<unsigned> offset = {});
  // The same at an address of the caller's choice; 4 KiB pages only. Throws Error if a page of it
  // is in use.
  UserBuffer place_at(uint64_t va, std::span<const uint8_t> bytes);
  // Maps the page of an address if it exists and is not mapped. False: there is none, or no table.
  bool page_in(uint64_t va);
  // Takes a 4 KiB page of a buffer out of its table; what it holds stays. False: it was in none.
  bool page_out(uint64_t va);
  // The page of this address was taken out of its table once.
  bool was_out(uint64_t va) const { return once_out_.contains(va / page_bytes(page_)); }
  // Takes the translations of a buffer away. True if a fence has to follow before reclaim().
  bool unmap(const UserBuffer &buffer);
  // Gives frames (and addresses) back.
  void reclaim(const UserBuffer &buffer);

  // ---- what a kernel does with memory that is in use. Nothing, if there is no such page. The
  // bytes of a page are copied at once (the engine only reads them), the old ones stay until the
  // change's fence is done.
  std::optional<uint64_t> some_page(Random &random) const;  // an address of a buffer
  bool under_change(uint64_t va) const { return space_.tables() && space_.under_change(va); }
  bool present(uint64_t va) const;  // is in a table, or on its way there
  // The most that a change at an address can reach: all, the tables of a level (or of any), a page.
  std::pair<uint64_t, uint64_t> reach(uint64_t va, bool all, std::optional<unsigned> level,
                                      bool table) const;
  std::optional<Change> move_page(uint64_t va);
  std::optional<Change> swap_out(uint64_t va);  // the page comes back by page_in, elsewhere
  std::optional<Change> split_page(uint64_t va);
  std::optional<Change> join_page(uint64_t va);
  std::optional<Change> replace_table(uint64_t va, unsigned level);
  std::optional<Change> renew_root();
  Change leave();  // all that it has; it must not be used any more

  // What the process sees; throws Error where nothing is mapped.
  uint64_t physical(uint64_t va) const;
  void read(uint64_t va, std::span<uint8_t> bytes) const;
  void write(uint64_t va, std::span<const uint8_t> bytes);

  AddressSpace &space() { return space_; }
  const AddressSpace &space() const { return space_; }
  bool on_demand = false;                  // of pages that are made from now on
  PageSize page() const { return page_; }  // means nothing in an identity space
  // "Sv39 tables with 2 MiB pages"
  std::string describe() const;
  uint32_t id() const { return id_; }

 private:
  struct Mapped {
    uint64_t first;   // first byte of its first 4 KiB
    uint64_t frames;  // 4 KiB each
    std::vector<uint64_t> pa;
    std::vector<bool> present;  // is in a table; small pages only
    bool leaves = false;        // was unmapped for good: nobody maps a page of it again
  };
  struct BigPage {
    uint64_t pa = 0;
    bool present = false;
    bool split = false;                  // into pages of the size below
    std::map<uint64_t, uint64_t> parts;  // of these, by address: where they have moved to
  };
  BigPage *find_big(uint64_t va);
  // Copies all payload of the addresses to where `pa_of` says; the old frames go to `change`.
  template <typename PaOf>
  void copy_pages(uint64_t first, uint64_t last, PaOf &&pa_of, Change &change);
  // The 4 KiB page of an address, or null.
  std::pair<Mapped *, uint64_t> small_page(uint64_t va);
  UserBuffer map_and_write(uint64_t va, std::span<const uint8_t> bytes);
  // Every buffer has pages of its own, unmapped when it goes.
  bool small_pages() const { return space_.tables() && page_ == PageSize::k4K; }
  uint64_t take_addresses(uint64_t pages);
  uint64_t take_used_addresses(uint64_t pages);
  uint64_t big_page(uint64_t va);

  PhysicalMemory &memory_;
  FrameAllocator &frames_;
  PageSize page_;
  Random random_;
  uint32_t id_;
  AddressSpace space_;
  uint64_t next_, end_;                               // addresses that were never used
  std::map<uint64_t, BigPage> big_pages_;             // by first address, above 4 KiB
  std::map<uint64_t, std::vector<uint64_t>> unused_;  // 4 KiB pages -> first addresses
  std::map<uint64_t, Mapped> mapped_;                 // by first 4 KiB address
  std::set<uint64_t> once_out_;                       // numbers of pages, see was_out()
};

}  // namespace vmso
