// SPDX-License-Identifier: Apache-2.0
#include "host/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace vmso {

const char *frame_kind_name(FrameKind kind) {
  switch (kind) {
    case FrameKind::kRing:
      return "ring";
    case FrameKind::kCompletion:
      return "completion ring";
    case FrameKind::kTemplate:
      return "kernel memory";
    case FrameKind::kTable:
      return "page table";
    case FrameKind::kUser:
      return "user memory";
  }
  return "?";
}

uint8_t *PhysicalMemory::storage() {
  if (free_.empty()) {
    constexpr size_t kBlockFrames = 256;
    blocks_.push_back(std::make_unique<uint8_t[]>(kBlockFrames * kFrameBytes));
    for (size_t i = 0; i < kBlockFrames; i++) {
      free_.push_back(blocks_.back().get() + i * kFrameBytes);
    }
  }
  uint8_t *data = free_.back();
  free_.pop_back();
  return data;
}

Frame &PhysicalMemory::make(uint64_t pa, FrameKind kind, uint32_t owner) {
  auto [it, fresh] = frames_.try_emplace(pa / kFrameBytes);
  if (!fresh) throw Error(fmt::format("physical frame {:#x} is in use", pa));
  it->second = {storage(), kind, owner};
  std::memset(it->second.data, kind == FrameKind::kTable ? 0 : kNeverWritten, kFrameBytes);
  most_ = std::max(most_, frames_.size());
  return it->second;
}

uint8_t *PhysicalMemory::make_contiguous(uint64_t pa, uint64_t bytes, FrameKind kind,
                                         uint32_t owner) {
  uint64_t frames = (bytes + kFrameBytes - 1) / kFrameBytes;
  blocks_.push_back(std::make_unique<uint8_t[]>(frames * kFrameBytes));
  uint8_t *data = blocks_.back().get();
  std::memset(data, kNeverWritten, frames * kFrameBytes);
  for (uint64_t i = 0; i < frames; i++) {
    auto [it, fresh] = frames_.try_emplace(pa / kFrameBytes + i);
    if (!fresh) throw Error(fmt::format("physical frame {:#x} is in use", pa + i * kFrameBytes));
    it->second = {data + i * kFrameBytes, kind, owner};
  }
  most_ = std::max(most_, frames_.size());
  return data;
}

void PhysicalMemory::release(uint64_t pa) {
  auto it = frames_.find(pa / kFrameBytes);
  if (it == frames_.end()) throw Error(fmt::format("physical frame {:#x} is not in use", pa));
  std::memset(it->second.data, kFreed, kFrameBytes);
  free_.push_back(it->second.data);
  frames_.erase(it);
}

const Frame &PhysicalMemory::must_find(uint64_t pa) const {
  auto it = frames_.find(pa / kFrameBytes);
  if (it == frames_.end()) throw Error(fmt::format("no memory at physical address {:#x}", pa));
  return it->second;
}

void PhysicalMemory::write(uint64_t pa, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    size_t offset = pa % kFrameBytes, n = std::min(bytes.size(), size_t(kFrameBytes) - offset);
    std::memcpy(must_find(pa).data + offset, bytes.data(), n);
    bytes = bytes.subspan(n);
    pa += n;
  }
}

void PhysicalMemory::read(uint64_t pa, std::span<uint8_t> bytes) const {
  while (!bytes.empty()) {
    size_t offset = pa % kFrameBytes, n = std::min(bytes.size(), size_t(kFrameBytes) - offset);
    std::memcpy(bytes.data(), must_find(pa).data + offset, n);
    bytes = bytes.subspan(n);
    pa += n;
  }
}

uint64_t PhysicalMemory::read_word(uint64_t pa) const {
  uint64_t value;
  std::memcpy(&value, must_find(pa).data + pa % kFrameBytes, sizeof(value));
  return value;
}

void PhysicalMemory::write_word(uint64_t pa, uint64_t value) {
  std::memcpy(must_find(pa).data + pa % kFrameBytes, &value, sizeof(value));
}

void PhysicalMemory::count_payload(uint64_t pa, size_t bytes) {
  for (uint64_t at = pa; at < pa + bytes; at = (at / kFrameBytes + 1) * kFrameBytes) {
    uint64_t end = std::min<uint64_t>((at / kFrameBytes + 1) * kFrameBytes, pa + bytes);
    if (must_find(at).kind == FrameKind::kUser) touched_.payload_bytes += end - at;
  }
}

void PhysicalMemory::kernel_write(uint64_t pa, std::span<const uint8_t> bytes) {
  count_payload(pa, bytes.size());
  write(pa, bytes);
}

void PhysicalMemory::kernel_read(uint64_t pa, std::span<uint8_t> bytes) {
  count_payload(pa, bytes.size());
  read(pa, bytes);
}

void PhysicalMemory::kernel_pin(uint64_t pa) {
  if (must_find(pa).kind == FrameKind::kUser) touched_.pins++;
}

// ---- allocator
// -----------------------------------------------------------------------------------

FrameAllocator::FrameAllocator(uint64_t base, uint64_t bytes, Random random)
    : base_(base),
      bytes_(bytes),
      random_(random),
      regions_{{12, base, bytes / 2 >> 12, {}, {}},
               {21, base + bytes / 2, bytes / 4 >> 21, {}, {}},
               {30, base + bytes / 4 * 3, bytes / 4 >> 30, {}, {}}} {}

FrameAllocator::Region &FrameAllocator::region(unsigned log2_bytes) {
  for (Region &r : regions_) {
    if (r.log2_bytes == log2_bytes) return r;
  }
  throw Error("frames are 4 KiB, 2 MiB or 1 GiB");
}

uint64_t FrameAllocator::take(unsigned log2_bytes) {
  Region &r = region(log2_bytes);
  bool full = r.used.size() * 2 >= r.blocks;
  if (!r.given.empty() && (full || random_.below(2) == 0)) {
    size_t i = random_.below(r.given.size());
    uint64_t pa = r.given[i];
    r.given[i] = r.given.back();
    r.given.pop_back();
    return pa;
  }
  if (full) throw Error("out of physical memory");
  for (;;) {
    uint64_t block = random_.below(r.blocks);
    if (r.used.try_emplace(block, true).second) return r.base + (block << log2_bytes);
  }
}

void FrameAllocator::give(uint64_t pa, unsigned log2_bytes) {
  region(log2_bytes).given.push_back(pa);
}

}  // namespace vmso
