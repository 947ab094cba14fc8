// SPDX-License-Identifier: Apache-2.0
#include "host/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vmso {
namespace {

// Of x86-32's small memory a process takes no more 4 MiB pages than this holds; what it has given
// back is used again.
constexpr uint64_t kMost4M = 64 << 20;

uint64_t page_of(uint64_t va) { return va / kFrameBytes * kFrameBytes; }

}  // namespace

Process::Process(PhysicalMemory &memory, FrameAllocator &frames, const SpaceOptions &options,
                 Random random, uint32_t id)
    : memory_(memory),
      frames_(frames),
      page_(options.page),
      random_(random),
      id_(id),
      space_(memory, frames, options, random) {
  random_();
  if (!space_.tables()) {
    next_ = space_.root() + random_.below(64) * kFrameBytes;
    end_ = space_.limit() + 1;
    return;
  }
  next_ = space_.format().first_va;
  end_ = space_.format().last_va + 1;
  next_ += random_.below(std::min<uint64_t>(0x4000, (end_ - next_) / 4 >> 21)) << 21;
  if (page_ == PageSize::k4K) return;
  uint64_t bytes = page_bytes(page_);
  next_ = next_ / bytes * bytes + bytes - kFrameBytes * (1 + random_.below(3));
  if (page_ == PageSize::k4M) end_ = next_ + kMost4M;
}

std::string Process::describe() const {
  if (!space_.tables()) return "identity, no tables";
  return fmt::format("{} tables with {} pages", space_.format().words, page_words(page_));
}

uint64_t Process::take_used_addresses(uint64_t pages) {
  auto list = unused_.lower_bound(pages);
  while (list != unused_.end() && list->second.empty()) list++;
  if (list == unused_.end()) throw Error("a process is out of addresses");
  uint64_t first = list->second.back();
  list->second.pop_back();
  return first;
}

uint64_t Process::take_addresses(uint64_t pages) {
  bool again = page_ == PageSize::k4K || !space_.tables();
  if (auto list = unused_.find(pages); again && list != unused_.end() && !list->second.empty()) {
    return take_used_addresses(pages);
  }
  if (small_pages() && random_.below(64) == 0) {  // another table
    uint64_t hole = random_.below(space_.format().jump_pages) * kFrameBytes;
    if (hole < (end_ - next_) / 2) next_ += hole;
  }
  uint64_t bytes = pages * kFrameBytes;
  if (bytes >= end_ - next_) return take_used_addresses(pages);
  uint64_t first = next_;
  next_ += bytes + (again ? kFrameBytes : 0);  // and a guard page
  return first;
}

uint64_t Process::big_page(uint64_t va) {
  uint64_t first = va / page_bytes(page_) * page_bytes(page_);
  auto [it, fresh] = big_pages_.try_emplace(first);
  if (fresh) {
    it->second = {space_.take_frame(page_), !on_demand, false, {}};
    if (!on_demand) space_.map(first, it->second.pa, page_);
  }
  if (it->second.split) {
    uint64_t bytes = page_bytes(AddressSpace::size_below(page_)), part = va / bytes * bytes;
    auto moved = it->second.parts.find(part);
    if (moved != it->second.parts.end()) return moved->second + (va - part);
  }
  return it->second.pa + (va - first);
}

bool Process::page_in(uint64_t va) {
  if (!space_.tables()) return false;
  if (!small_pages()) {
    auto it = big_pages_.find(va / page_bytes(page_) * page_bytes(page_));
    if (it == big_pages_.end()) return false;
    if (!it->second.present) space_.map(it->first, it->second.pa, page_);
    it->second.present = true;
    return true;
  }
  auto [m, i] = small_page(va);
  if (!m) return false;
  if (!m->present[i]) space_.map(page_of(va), m->pa[i], page_);
  m->present[i] = true;
  return true;
}

bool Process::page_out(uint64_t va) {
  if (!small_pages()) return false;
  auto [m, i] = small_page(va);
  if (!m || !m->present[i]) return false;
  space_.unmap(page_of(va), page_);
  m->present[i] = false;
  once_out_.insert(va / page_bytes(page_));
  return true;
}

std::pair<Process::Mapped *, uint64_t> Process::small_page(uint64_t va) {
  auto it = mapped_.upper_bound(page_of(va));
  if (it == mapped_.begin()) return {};
  Mapped &m = std::prev(it)->second;
  uint64_t i = (page_of(va) - m.first) / kFrameBytes;
  if (i >= m.frames || m.leaves) return {};
  return {&m, i};
}

UserBuffer Process::place(std::span<const uint8_t> bytes, std::optional<unsigned> offset) {
  if (bytes.empty()) throw Error("place: a buffer has at least one byte");
  unsigned at = offset.value_or(unsigned(random_.below(kFrameBytes / 2)) * 2 + 1);
  if (at >= kFrameBytes) throw Error("place: the offset lies in the first 4 KiB");
  uint64_t frames = (at + bytes.size() + kFrameBytes - 1) / kFrameBytes;
  return map_and_write(take_addresses(frames) + at, bytes);
}

UserBuffer Process::place_at(uint64_t va, std::span<const uint8_t> bytes) {
  if (bytes.empty()) throw Error("place_at: a buffer has at least one byte");
  if (!small_pages()) throw Error("place_at: 4 KiB pages only");
  auto behind = mapped_.upper_bound(page_of(va + bytes.size() - 1));
  if (behind != mapped_.begin()) {
    const Mapped &last = std::prev(behind)->second;
    if (last.first + last.frames * kFrameBytes > page_of(va)) {
      throw Error(fmt::format("place_at: a page of {:#x} + {} is in use", va, bytes.size()));
    }
  }
  return map_and_write(va, bytes);
}

UserBuffer Process::map_and_write(uint64_t va, std::span<const uint8_t> bytes) {
  uint64_t frames = (va % kFrameBytes + bytes.size() + kFrameBytes - 1) / kFrameBytes;
  Mapped m{page_of(va), frames, {}, {}};
  for (uint64_t i = 0; i < frames; i++) {
    uint64_t page = m.first + i * kFrameBytes;
    uint64_t pa = !space_.tables() ? page : small_pages() ? space_.take_frame() : big_page(page);
    if (small_pages() && !on_demand) space_.map(page, pa, page_);
    m.present.push_back(!on_demand);
    memory_.make(pa, FrameKind::kUser, id_).va = page;
    m.pa.push_back(pa);
  }
  UserBuffer buffer{va, uint32_t(bytes.size())};
  mapped_[m.first] = std::move(m);
  write(buffer.va, bytes);
  return buffer;
}

bool Process::unmap(const UserBuffer &buffer) {
  Mapped &m = mapped_.at(page_of(buffer.va));
  if (!small_pages()) return false;
  m.leaves = true;
  for (uint64_t i = 0; i < m.frames; i++) {
    if (m.present[i]) space_.unmap(m.first + i * kFrameBytes, page_);
    m.present[i] = false;
  }
  return true;
}

void Process::reclaim(const UserBuffer &buffer) {
  auto it = mapped_.find(page_of(buffer.va));
  if (it == mapped_.end()) throw Error(fmt::format("reclaim: no buffer at {:#x}", buffer.va));
  for (uint64_t pa : it->second.pa) {
    memory_.release(pa);
    if (small_pages()) frames_.give(pa);
  }
  unused_[it->second.frames].push_back(it->second.first);
  mapped_.erase(it);
}

uint64_t Process::physical(uint64_t va) const {
  auto it = mapped_.upper_bound(va);
  if (it == mapped_.begin()) throw Error(fmt::format("nothing is mapped at {:#x}", va));
  const Mapped &m = std::prev(it)->second;
  uint64_t frame = (va - m.first) / kFrameBytes;
  if (frame >= m.frames) throw Error(fmt::format("nothing is mapped at {:#x}", va));
  return m.pa[frame] + va % kFrameBytes;
}

void Process::read(uint64_t va, std::span<uint8_t> bytes) const {
  while (!bytes.empty()) {
    size_t n = std::min<size_t>(bytes.size(), kFrameBytes - va % kFrameBytes);
    memory_.read(physical(va), bytes.first(n));
    bytes = bytes.subspan(n);
    va += n;
  }
}

void Process::write(uint64_t va, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    size_t n = std::min<size_t>(bytes.size(), kFrameBytes - va % kFrameBytes);
    memory_.write(physical(va), bytes.first(n));
    bytes = bytes.subspan(n);
    va += n;
  }
}

// ---- changes
// -----------------------------------------------------------------------------------------

std::optional<uint64_t> Process::some_page(Random &random) const {
  if (mapped_.empty()) return std::nullopt;
  auto it = std::next(mapped_.begin(), long(random.below(mapped_.size())));
  for (size_t i = 0; it->second.leaves && i < mapped_.size(); i++) {  // the next one that stays
    if (++it == mapped_.end()) it = mapped_.begin();
  }
  return it->second.first + random.below(it->second.frames) * kFrameBytes;
}

bool Process::present(uint64_t va) const {
  if (!small_pages()) {
    auto it = big_pages_.find(va / page_bytes(page_) * page_bytes(page_));
    return it != big_pages_.end() && it->second.present;
  }
  auto it = mapped_.upper_bound(page_of(va));
  if (it == mapped_.begin()) return false;
  const Mapped &m = std::prev(it)->second;
  uint64_t i = (page_of(va) - m.first) / kFrameBytes;
  return i < m.frames && m.present[i];
}

std::pair<uint64_t, uint64_t> Process::reach(uint64_t va, bool all, std::optional<unsigned> level,
                                             bool table) const {
  unsigned top = space_.levels() - 1;
  unsigned bits = unsigned(page_);
  if (table) bits = std::max(bits, 12 + space_.format().index_bits * (level.value_or(top - 1) + 1));
  if (all || bits > 63) return {0, ~uint64_t{0}};
  uint64_t below = (uint64_t{1} << bits) - 1;
  return {va & ~below, va | below};
}

Process::BigPage *Process::find_big(uint64_t va) {
  if (!space_.tables() || small_pages()) return nullptr;
  auto it = big_pages_.find(va / page_bytes(page_) * page_bytes(page_));
  return it == big_pages_.end() || !it->second.present ? nullptr : &it->second;
}

template <typename PaOf>
void Process::copy_pages(uint64_t first, uint64_t last, PaOf &&pa_of, Change &change) {
  auto it = mapped_.upper_bound(first);
  if (it != mapped_.begin()) it--;
  for (; it != mapped_.end() && it->first <= last; it++) {
    Mapped &m = it->second;
    for (uint64_t i = 0; i < m.frames; i++) {
      uint64_t va = m.first + i * kFrameBytes;
      if (va < first || va > last) continue;
      uint64_t to = pa_of(va);
      if (to == m.pa[i]) continue;
      Frame &frame = memory_.make(to, FrameKind::kUser, id_);
      frame.va = va;
      memory_.read(m.pa[i], {frame.data, kFrameBytes});
      change.frames.push_back(std::exchange(m.pa[i], to));
    }
  }
}

std::optional<Change> Process::move_page(uint64_t va) {
  Change c;
  if (small_pages()) {
    auto [m, i] = small_page(va);
    if (!m || !m->present[i]) return std::nullopt;
    uint64_t to = space_.take_frame();
    c.first = page_of(va);
    c.last = c.first + kFrameBytes - 1;
    c.blocks.emplace_back(m->pa[i], PageSize::k4K);
    copy_pages(
        c.first, c.last, [&](uint64_t) { return to; }, c);
    c.writes = space_.leaf_writes(c.first, to, PageSize::k4K);
    return c;
  }
  BigPage *big = find_big(va);
  if (!big) return std::nullopt;
  PageSize size = big->split ? AddressSpace::size_below(page_) : page_;
  uint64_t to = space_.take_frame(size);
  c.first = va / page_bytes(size) * page_bytes(size);
  c.last = c.first + page_bytes(size) - 1;
  copy_pages(
      c.first, c.last, [&](uint64_t at) { return to + (at - c.first); }, c);
  if (!big->split) {
    c.blocks.emplace_back(std::exchange(big->pa, to), size);
  } else if (auto [it, fresh] = big->parts.try_emplace(c.first, to); !fresh) {
    c.blocks.emplace_back(std::exchange(it->second, to), size);
  }
  c.writes = space_.leaf_writes(c.first, to, size);
  c.one_leaf = size != PageSize::k64K || space_.format().run_in_frame;
  return c;
}

std::optional<Change> Process::swap_out(uint64_t va) {
  BigPage *big = find_big(va);
  if (big && big->split) return std::nullopt;
  std::optional<Change> c = move_page(va);
  if (!c) return c;
  c->writes.clear();
  space_.unmap(c->first, page_);
  if (big) {
    big->present = false;
  } else {
    auto [m, i] = small_page(va);
    m->present[i] = false;
  }
  return c;
}

std::optional<Change> Process::split_page(uint64_t va) {
  BigPage *big = find_big(va);
  if (!big || big->split) return std::nullopt;
  Change c;
  c.first = va / page_bytes(page_) * page_bytes(page_);
  c.last = c.first + page_bytes(page_) - 1;
  c.writes =
      space_.split_writes(c.first, page_, [&](uint64_t at) { return big->pa + (at - c.first); });
  big->split = true;
  c.one_leaf = page_ != PageSize::k64K || space_.format().run_in_frame;
  return c;
}

// In its place if no part of it lies elsewhere, and every second time; else in a new block.
std::optional<Change> Process::join_page(uint64_t va) {
  BigPage *big = find_big(va);
  if (!big || !big->split) return std::nullopt;
  Change c;
  c.first = va / page_bytes(page_) * page_bytes(page_);
  c.last = c.first + page_bytes(page_) - 1;
  unsigned level = page_level(page_);
  PageSize less = AddressSpace::size_below(page_);
  if (level > 0) c.tables.push_back({space_.table_of(c.first, level - 1), level - 1});
  if (!big->parts.empty() || random_.below(2)) {
    uint64_t to = space_.take_frame(page_);
    copy_pages(
        c.first, c.last, [&](uint64_t at) { return to + (at - c.first); }, c);
    for (auto &[at, pa] : big->parts) c.blocks.emplace_back(pa, less);
    c.blocks.emplace_back(std::exchange(big->pa, to), page_);
  }
  big->parts.clear();
  big->split = false;
  c.writes = space_.leaf_writes(c.first, big->pa, page_);
  return c;
}

std::optional<Change> Process::replace_table(uint64_t va, unsigned level) {
  if (!space_.tables()) return std::nullopt;
  auto replaced = space_.replace_table(va, level);
  if (!replaced) return std::nullopt;
  return Change{
      replaced->first, replaced->last, std::move(replaced->writes), {}, {replaced->old}, {}, false};
}

std::optional<Change> Process::renew_root() {
  if (!space_.tables()) return std::nullopt;
  Change c;
  c.last = ~uint64_t{0};
  c.tables = space_.tables_in_use();
  space_.renew_root();
  return c;
}

Change Process::leave() {
  Change c;
  c.last = ~uint64_t{0};
  c.tables = space_.tables_in_use();
  for (auto &[first, m] : mapped_) {
    c.frames.insert(c.frames.end(), m.pa.begin(), m.pa.end());
    for (uint64_t pa : m.pa) {
      if (small_pages()) c.blocks.emplace_back(pa, PageSize::k4K);
    }
  }
  for (auto &[first, big] : big_pages_) {
    for (auto &[at, pa] : big.parts) c.blocks.emplace_back(pa, AddressSpace::size_below(page_));
    c.blocks.emplace_back(big.pa, page_);
  }
  if (!space_.tables()) c.blocks.emplace_back(space_.root(), PageSize::k1G);
  mapped_.clear();
  big_pages_.clear();
  return c;
}

}  // namespace vmso
