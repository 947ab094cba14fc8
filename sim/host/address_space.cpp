// SPDX-License-Identifier: Apache-2.0
#include "host/address_space.hpp"

#include <fmt/format.h>

namespace vmso {
namespace {

uint64_t ones(unsigned n) { return (uint64_t{1} << n) - 1; }

}  // namespace

PageSize AddressSpace::size_below(PageSize size) {
  switch (size) {
    case PageSize::k256T:
      return PageSize::k512G;
    case PageSize::k512G:
      return PageSize::k1G;
    case PageSize::k1G:
      return PageSize::k2M;
    default:
      return PageSize::k4K;
  }
}

AddressSpace::AddressSpace(PhysicalMemory &memory, FrameAllocator &frames,
                           const SpaceOptions &options, Random random)
    : memory_(memory),
      frames_(frames),
      format_(format_of(options.format)),
      features_(options.features),
      pa_bits_(options.pa_bits ? options.pa_bits : format_.pa_bits),
      pointer_free_(0),
      leaf_free_(0),
      random_(random) {
  if (pa_bits_ < 32 || pa_bits_ > format_.most_pa_bits) {
    throw Error(fmt::format("{}: physical addresses have 32 to {} bits, not {}", format_.words,
                            format_.most_pa_bits, pa_bits_));
  }
  if (!tables()) {
    root_ = take_frame(PageSize::k1G);
    limit_ = root_ + page_bytes(PageSize::k1G) - 1;
    return;
  }
  if (!format_.has(options.page, features_)) {
    throw Error(fmt::format("{} has no pages of {}", format_.words, page_words(options.page)));
  }
  for (const Format::Extra &extra : format_.extras) {
    if (features_.*extra.feature != extra.on) continue;
    pointer_free_ |= extra.pointer;
    leaf_free_ |= extra.leaf;
  }
  root_ = new_table();
}

// ---- entries

unsigned AddressSpace::index_of(uint64_t va, unsigned level) const {
  return unsigned(va >> (12 + format_.index_bits * level) & ones(format_.index_bits));
}

uint64_t AddressSpace::frame_field(uint64_t pa) const { return pa >> 12 << format_.frame_shift; }

uint64_t AddressSpace::frame_of(uint64_t entry) const {
  return (entry >> format_.frame_shift & ones(format_.most_pa_bits - 12)) << 12;
}

uint64_t AddressSpace::read_entry(uint64_t at) const {
  if (format_.entry_bytes == 8) return memory_.read_word(at);
  uint64_t word = memory_.read_word(at & ~uint64_t{7});
  return word >> at % 8 * 8 & ones(32);
}

void AddressSpace::write_entry(uint64_t at, uint64_t entry) {
  if (format_.entry_bytes == 8) return memory_.write_word(at, entry);
  uint64_t word = memory_.read_word(at & ~uint64_t{7}), shift = at % 8 * 8;
  memory_.write_word(at & ~uint64_t{7}, (word & ~(ones(32) << shift)) | (entry & ones(32))
                                                                            << shift);
}

uint64_t AddressSpace::new_table() {
  uint64_t pa = take_frame();
  memory_.make(pa, FrameKind::kTable, 0);
  for (unsigned i = 0; i < kFrameBytes / format_.entry_bytes; i++) {
    if (random_.below(4) == 0) write_entry(pa + i * format_.entry_bytes, random_() & ~kPresent);
  }
  return pa;
}

uint64_t AddressSpace::pointer_to(uint64_t table) {
  return frame_field(table) | format_.pointer.ones |
         (random_() & (format_.pointer.free | pointer_free_));
}

uint64_t AddressSpace::leaf(uint64_t pa, PageSize size) {
  bool large = page_level(size) > 0;
  const Format::Bits &bits = large ? format_.large : format_.page;
  uint64_t free = bits.free | leaf_free_;
  if (large) free |= format_.large_free & ones(unsigned(size));
  uint64_t entry = frame_field(pa) | bits.ones | (random_() & free);
  if (uint64_t both = format_.not_all; both && (entry & both) == both) entry &= ~(both & -both);
  return entry;
}

uint64_t AddressSpace::absent(uint64_t entry) {
  switch (random_.below(3)) {
    case 0:
      return 0;
    case 1: {  // PROT_NONE
      uint64_t frame = frame_field(~uint64_t{0} & ones(format_.most_pa_bits));
      return ((entry ^ (format_.hidden_inverts ? frame : 0)) | format_.hidden) & ~kPresent;
    }
    default:  // swapped out, on its way elsewhere, ...
      return random_() & ~kPresent;
  }
}

// ---- pages

std::vector<AddressSpace::Write> AddressSpace::leaves(uint64_t at, uint64_t pa, PageSize size) {
  std::vector<Write> writes;
  for (unsigned i = 0; i < entries(size); i++) {
    uint64_t entry = 0;
    if (size != PageSize::k64K) {
      entry = leaf(pa, size);
    } else if (format_.run_in_frame) {
      entry = leaf(pa | 0x8000, PageSize::k4K) | format_.run;
    } else {
      entry = leaf(pa + i * kFrameBytes, PageSize::k4K) | format_.run;
    }
    writes.push_back({at + i * format_.entry_bytes, entry});
  }
  return writes;
}

void AddressSpace::map(uint64_t va, uint64_t pa, PageSize size) {
  if (!format_.has(size, features_)) {
    throw Error(fmt::format("map: {} has no pages of {}", format_.words, page_words(size)));
  }
  if ((va | pa) % page_bytes(size) != 0)
    throw Error("map: address is not aligned to its page size");
  if (va > format_.last_va) throw Error(fmt::format("map: {:#x} is no user address", va));
  if (pa >> pa_bits_ != 0)
    throw Error(fmt::format("map: {:#x} has more than {} bits", pa, pa_bits_));
  uint64_t table = root_;
  for (unsigned level = levels() - 1; level > page_level(size); level--) {
    uint64_t at = table + format_.entry_bytes * index_of(va, level), entry = current(at);
    if (!(entry & kPresent)) {
      entry = pointer_to(new_table());
      write_entry(at, entry);
    } else if (!format_.points(entry, level, features_)) {
      throw Error(fmt::format("map: a larger page lies at {:#x}", va));
    }
    table = frame_of(entry);
  }
  write_leaf(table + format_.entry_bytes * index_of(va, page_level(size)), pa, size);
}

void AddressSpace::must_be_mapped(const char *what, uint64_t va, PageSize size) const {
  auto at = entry_at(va, page_level(size));
  uint64_t entry = at ? current(*at) : 0;
  if (va % page_bytes(size) != 0 || !(entry & kPresent) || points(entry, page_level(size))) {
    throw Error(fmt::format("{}: no page of {} at {:#x}", what, page_words(size), va));
  }
}

void AddressSpace::unmap(uint64_t va, PageSize size) {
  must_be_mapped("unmap", va, size);
  uint64_t at = *entry_at(va, page_level(size));
  for (unsigned i = 0; i < entries(size); i++, at += format_.entry_bytes) {
    write_entry(at, absent(current(at)));
    held_.erase(at);
  }
}

void AddressSpace::move(uint64_t va, uint64_t pa, PageSize size) {
  must_be_mapped("move", va, size);
  write_leaf(*entry_at(va, page_level(size)), pa, size);
}

PageSize AddressSpace::split(uint64_t va, PageSize size) {
  must_be_mapped("split", va, size);
  uint64_t pa = frame_of(read_entry(*entry_at(va, page_level(size)))) & ~ones(unsigned(size));
  put(split_writes(va, size, [&](uint64_t part) { return pa + (part - va); }));
  return size_below(size);
}

std::optional<uint64_t> AddressSpace::join(uint64_t va, uint64_t pa, PageSize size) {
  if (!format_.has(size, features_) || (va | pa) % page_bytes(size) != 0)
    throw Error(fmt::format("join: no page of {} can be there", page_words(size)));
  auto at = entry_at(va, page_level(size));
  if (!at) throw Error(fmt::format("join: nothing at {:#x}", va));
  uint64_t entry = read_entry(*at);
  write_leaf(*at, pa, size);
  if (!(entry & kPresent) || !format_.points(entry, page_level(size), features_))
    return std::nullopt;
  return frame_of(entry);
}

std::optional<uint64_t> AddressSpace::entry_at(uint64_t va, unsigned level) const {
  if (level >= levels()) return std::nullopt;
  uint64_t table = root_;
  for (unsigned l = levels() - 1; l > level; l--) {
    uint64_t entry = current(table + format_.entry_bytes * index_of(va, l));
    if (!points(entry, l)) return std::nullopt;
    table = frame_of(entry);
  }
  return table + format_.entry_bytes * index_of(va, level);
}

// ---- changes in two steps
// ----------------------------------------------------------------------------

uint64_t AddressSpace::current(uint64_t at) const {
  auto held = held_.find(at);
  return held == held_.end() ? read_entry(at) : held->second;
}

void AddressSpace::put(const std::vector<Write> &writes) {
  for (const Write &w : writes) {
    held_.erase(w.at);
    write_entry(w.at, w.entry);
  }
}

void AddressSpace::hold(const std::vector<Write> &writes) {
  for (const Write &w : writes) {
    held_[w.at] = w.entry;
    write_entry(w.at, absent(read_entry(w.at)));
  }
}

void AddressSpace::settle(const std::vector<Write> &writes) {
  for (const Write &w : writes) {
    if (held_.erase(w.at)) write_entry(w.at, w.entry);
  }
}

bool AddressSpace::under_change(uint64_t va) const {
  for (unsigned level = 0; level < levels(); level++) {
    auto at = entry_at(va, level);
    if (at && held_.contains(*at)) return true;
  }
  return false;
}

std::vector<AddressSpace::Write> AddressSpace::leaf_writes(uint64_t va, uint64_t pa,
                                                           PageSize size) {
  auto at = entry_at(va, page_level(size));
  if (!at) throw Error(fmt::format("leaf_writes: no table for {:#x}", va));
  return leaves(*at, pa, size);
}

std::vector<AddressSpace::Write> AddressSpace::split_writes(
    uint64_t va, PageSize size, const std::function<uint64_t(uint64_t)> &pa_of) {
  must_be_mapped("split", va, size);
  if (size == PageSize::k4K) throw Error("split: there is nothing below 4 KiB");
  PageSize less = size_below(size);
  uint64_t at = *entry_at(va, page_level(size)), first = at;
  if (size != PageSize::k64K) first = new_table();
  std::vector<Write> writes;
  for (uint64_t i = 0; i < page_bytes(size) / page_bytes(less); i++) {
    auto some = leaves(first + i * format_.entry_bytes, pa_of(va + i * page_bytes(less)), less);
    writes.insert(writes.end(), some.begin(), some.end());
  }
  if (first == at) return writes;
  put(writes);  // nobody sees it yet
  return {{at, pointer_to(first)}};
}

std::optional<AddressSpace::Replaced> AddressSpace::replace_table(uint64_t va, unsigned level) {
  if (level + 1 >= levels()) return std::nullopt;
  auto at = entry_at(va, level + 1);
  if (!at || !points(current(*at), level + 1)) return std::nullopt;
  Replaced r;
  r.old = {frame_of(current(*at)), level};
  unsigned bits = 12 + format_.index_bits * (level + 1);
  r.first = va & ~ones(bits);
  r.last = va | ones(bits);
  bool empty = true;
  for (unsigned i = 0; i < entries_of_table(); i++) {
    empty &= !(current(r.old.pa + i * format_.entry_bytes) & kPresent);
  }
  if (empty) {
    write_entry(*at, absent(current(*at)));
    return r;
  }
  uint64_t copy = new_table();
  for (unsigned i = 0; i < entries_of_table(); i++) {
    write_entry(copy + i * format_.entry_bytes, read_entry(r.old.pa + i * format_.entry_bytes));
  }
  r.writes = {{*at, pointer_to(copy)}};
  return r;
}

uint64_t AddressSpace::copy_tables(uint64_t table, unsigned level) {
  uint64_t copy = new_table();
  for (unsigned i = 0; i < entries_of_table(); i++) {
    uint64_t entry = read_entry(table + i * format_.entry_bytes);
    if (points(entry, level)) entry = pointer_to(copy_tables(frame_of(entry), level - 1));
    write_entry(copy + i * format_.entry_bytes, entry);
  }
  return copy;
}

std::vector<AddressSpace::Table> AddressSpace::tables_in_use() const {
  std::vector<Table> all;
  if (!tables()) return all;
  all.push_back({root_, levels() - 1});
  for (size_t n = 0; n < all.size(); n++) {  // grows
    Table t = all[n];
    for (unsigned i = 0; i < entries_of_table(); i++) {
      uint64_t entry = current(t.pa + i * format_.entry_bytes);
      if (points(entry, t.level)) all.push_back({frame_of(entry), t.level - 1});
    }
  }
  return all;
}

void AddressSpace::fill_table(const Table &table, uint64_t pa) {
  for (unsigned i = 0; i < entries_of_table(); i++) {
    uint64_t entry = table.level == 0 ? leaf(pa, PageSize::k4K) : pointer_to(pa);
    write_entry(table.pa + i * format_.entry_bytes, entry);
  }
}

}  // namespace vmso
