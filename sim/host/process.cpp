// SPDX-License-Identifier: Apache-2.0
#include "host/process.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso {
namespace {

uint64_t page_of(uint64_t va) { return va / kFrameBytes * kFrameBytes; }

}  // namespace

Process::Process(PhysicalMemory &memory, FrameAllocator &frames, unsigned levels, PageSize page,
                 Random random, uint32_t id)
    : memory_(memory),
      frames_(frames),
      page_(page),
      random_(random),
      id_(id),
      space_(memory, frames, levels, random) {
  random_();
  // Somewhere high; with five levels above what four can reach.
  next_ = levels == 5 ? uint64_t{0x00a57f} << 40 : uint64_t{0x7f} << 40;
  next_ += random_.below(0x4000) << 21;
  if (page_ != PageSize::k4K) {
    uint64_t bytes = page_bytes(page_);
    next_ = next_ / bytes * bytes + bytes - kFrameBytes * (1 + random_.below(3));
  }
}

uint64_t Process::take_addresses(uint64_t pages) {
  if (page_ != PageSize::k4K) {
    uint64_t first = next_;
    next_ += pages * kFrameBytes;
    return first;
  }
  auto &list = unused_[pages];
  if (!list.empty()) {
    uint64_t first = list.back();
    list.pop_back();
    return first;
  }
  if (random_.below(64) == 0) next_ += random_.below(1 << 20) * kFrameBytes;  // another table
  uint64_t first = next_;
  next_ += (pages + 1) * kFrameBytes;  // and a guard page
  return first;
}

uint64_t Process::big_page(uint64_t va) {
  uint64_t first = va / page_bytes(page_) * page_bytes(page_);
  auto [it, fresh] = big_pages_.try_emplace(first);
  if (fresh) {
    it->second = frames_.take(unsigned(page_));
    space_.map(first, it->second, page_);
  }
  return it->second + (va - first);
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
  if (page_ != PageSize::k4K) throw Error("place_at: 4 KiB pages only");
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
  Mapped m{page_of(va), frames, {}};
  for (uint64_t i = 0; i < frames; i++) {
    uint64_t page = m.first + i * kFrameBytes;
    uint64_t pa = page_ == PageSize::k4K ? frames_.take() : big_page(page);
    if (page_ == PageSize::k4K) space_.map(page, pa, page_);
    memory_.make(pa, FrameKind::kUser, id_);
    m.pa.push_back(pa);
  }
  UserBuffer buffer{va, uint32_t(bytes.size())};
  mapped_[m.first] = std::move(m);
  write(buffer.va, bytes);
  return buffer;
}

bool Process::unmap(const UserBuffer &buffer) {
  const Mapped &m = mapped_.at(page_of(buffer.va));
  if (page_ != PageSize::k4K) return false;
  for (uint64_t i = 0; i < m.frames; i++) space_.unmap(m.first + i * kFrameBytes, page_);
  return true;
}

void Process::reclaim(const UserBuffer &buffer) {
  auto it = mapped_.find(page_of(buffer.va));
  if (it == mapped_.end()) throw Error(fmt::format("reclaim: no buffer at {:#x}", buffer.va));
  for (uint64_t pa : it->second.pa) {
    memory_.release(pa);
    if (page_ == PageSize::k4K) frames_.give(pa);
  }
  if (page_ == PageSize::k4K) unused_[it->second.frames].push_back(it->second.first);
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

}  // namespace vmso
