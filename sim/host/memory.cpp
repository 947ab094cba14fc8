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
    case FrameKind::kNotes:
      return "notes for the kernel";
    case FrameKind::kTemplate:
      return "kernel memory";
    case FrameKind::kTable:
      return "page table";
    case FrameKind::kUser:
      return "user memory";
    case FrameKind::kFreed:
      return "freed, its fence is done";
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
  it->second = {storage(), kind, owner, 0};
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

const std::vector<FrameZone> &frame_zones() {
  constexpr uint64_t kTiB = uint64_t{1} << 40;
  // 2 TiB of 4 KiB frames, 1 TiB each of 2 MiB, 1 GiB and 64 KiB ones
  auto usual = [&](uint64_t base) -> std::vector<FrameRegion> {
    return {{12, base, 2 * kTiB},
            {21, base + 2 * kTiB, kTiB},
            {30, base + 3 * kTiB, kTiB},
            {16, base + 4 * kTiB, kTiB}};
  };
  static const std::vector<FrameZone> all = [&] {
    constexpr uint64_t kLow = uint64_t{1} << 31, kHigh = uint64_t{1} << 47,
                       kTop = uint64_t{1} << 55, kHuge = uint64_t{1} << 54;
    std::vector<FrameZone> zones{
        {32, kLow, (uint64_t{1} << 32) - 1, {{12, kLow, 0x20000000}, {22, 0xa0000000, 0x60000000}}},
        {46, kTiB, 6 * kTiB - 1, usual(kTiB)},
        {48, kHigh, kHigh + 5 * kTiB - 1, usual(kHigh)},
        {56, kTop, (uint64_t{1} << 56) - 1, usual(kTop)}};
    zones.back().regions.push_back({39, kTop + kHuge / 2, kHuge / 2});
    zones.back().regions.push_back({48, kTop + kHuge, kHuge});
    return zones;
  }();
  return all;
}

const FrameZone &frame_zone(unsigned bits) {
  const FrameZone *found = nullptr;
  for (const FrameZone &zone : frame_zones()) {
    if (zone.bits <= bits) found = &zone;
  }
  if (!found) throw Error(fmt::format("there is no memory below 2^{}", bits));
  return *found;
}

FrameAllocator::FrameAllocator(Random random) : random_(random) {
  for (const FrameZone &zone : frame_zones()) {
    for (const FrameRegion &place : zone.regions) regions_.push_back({place, zone.bits, {}, {}});
  }
}

uint64_t FrameAllocator::take(unsigned log2_bytes, unsigned bits) {
  const FrameZone &zone = frame_zone(bits);
  auto region = std::ranges::find_if(regions_, [&](const Region &r) {
    return r.bits == zone.bits && r.place.log2_bytes == log2_bytes;
  });
  if (region == regions_.end()) {
    throw Error(
        fmt::format("no blocks of 2^{} bytes where addresses have {} bits", log2_bytes, zone.bits));
  }
  Region &r = *region;
  uint64_t blocks = r.place.bytes >> log2_bytes;
  bool full = r.used.size() * 2 >= blocks;
  if (!r.given.empty() && (full || random_.below(2) == 0)) {
    size_t i = random_.below(r.given.size());
    uint64_t pa = r.given[i];
    r.given[i] = r.given.back();
    r.given.pop_back();
    return pa;
  }
  if (full) throw Error("out of physical memory");
  for (;;) {
    uint64_t block = random_.below(blocks);
    if (r.used.try_emplace(block, true).second) return r.place.base + (block << log2_bytes);
  }
}

void FrameAllocator::give(uint64_t pa, unsigned log2_bytes) {
  for (Region &r : regions_) {
    if (r.place.log2_bytes != log2_bytes || pa - r.place.base >= r.place.bytes) continue;
    r.given.push_back(pa);
    return;
  }
  throw Error(fmt::format("{:#x} is no block of 2^{} bytes", pa, log2_bytes));
}

}  // namespace vmso
