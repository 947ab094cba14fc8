// SPDX-License-Identifier: Apache-2.0
// Physical memory of the simulated host: 4 KiB frames that exist only where something lies, each
// with the reason why it exists. The reason is what makes a stray read visible: the payload reader
// has no business in a page table, and nobody has any in a frame that is free.
//
// A new frame is filled with a pattern, not with zeros, so that a byte that was never written and
// leaves anyway is seen. Storage of freed frames is poisoned and reused; it never goes back to the
// system while the memory lives, so a burst under way may keep its pointer.
//
// Who touches memory is told by the way in: device() for the bus, process() for the owner of the
// payload, kernel() for the driver side, which counts the payload bytes it touched: none, if the
// engine does what it is for.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/findings.hpp"
#include "model/random.hpp"

namespace vmso {

constexpr uint64_t kFrameBytes = 4096;

enum class FrameKind : uint8_t { kRing, kCompletion, kNotes, kTemplate, kTable, kUser, kFreed };
const char *frame_kind_name(FrameKind kind);

struct Frame {
  uint8_t *data = nullptr;  // 4096 bytes
  FrameKind kind = FrameKind::kUser;
  uint32_t owner = 0;  // process, or queue of a ring
  uint64_t va = 0;     // kUser: of its first byte, in its process
};

// What the CPU did to payload on behalf of the driver.
struct Touched {
  uint64_t payload_bytes = 0;
  uint64_t pins = 0;
};

class PhysicalMemory {
 public:
  static constexpr uint8_t kNeverWritten = 0xc5, kFreed = 0xdb;

  PhysicalMemory() = default;
  PhysicalMemory(const PhysicalMemory &) = delete;
  PhysicalMemory &operator=(const PhysicalMemory &) = delete;

  // The frame of an address, or null where no memory is in use.
  Frame *device(uint64_t pa) {
    auto it = frames_.find(pa / kFrameBytes);
    return it == frames_.end() ? nullptr : &it->second;
  }
  // Makes one frame; `pa` must not be in use.
  Frame &make(uint64_t pa, FrameKind kind, uint32_t owner);
  // Frames that lie one behind the other for the host too: what a ring needs.
  uint8_t *make_contiguous(uint64_t pa, uint64_t bytes, FrameKind kind, uint32_t owner);
  void release(uint64_t pa);

  // Copies by the owner of the memory (process or kernel part that made the frames). Throw Error
  // where no memory is.
  void write(uint64_t pa, std::span<const uint8_t> bytes);
  void read(uint64_t pa, std::span<uint8_t> bytes) const;
  uint64_t read_word(uint64_t pa) const;
  void write_word(uint64_t pa, uint64_t value);

  // The driver side: the same, and counted if it touches payload.
  void kernel_write(uint64_t pa, std::span<const uint8_t> bytes);
  void kernel_read(uint64_t pa, std::span<uint8_t> bytes);
  void kernel_pin(uint64_t pa);
  const Touched &touched() const { return touched_; }

  size_t frames_in_use() const { return frames_.size(); }
  size_t frames_most() const { return most_; }

 private:
  const Frame &must_find(uint64_t pa) const;
  uint8_t *storage();
  void count_payload(uint64_t pa, size_t bytes);

  std::unordered_map<uint64_t, Frame> frames_;
  std::vector<std::unique_ptr<uint8_t[]>> blocks_;
  std::vector<uint8_t *> free_;
  size_t most_ = 0;
  Touched touched_;
};

// Memory for processes, in zones: what an address format with few physical address bits can reach
// and what only those with many can. A block comes from the highest zone whose every address has at
// most as many bits as the asker says. Each block size has a region of its own.
struct FrameRegion {
  unsigned log2_bytes;
  uint64_t base, bytes;
};
struct FrameZone {
  unsigned bits;  // of its addresses
  uint64_t base, last;
  std::vector<FrameRegion> regions;
};
const std::vector<FrameZone> &frame_zones();  // lowest first
const FrameZone &frame_zone(unsigned bits);   // throws Error if nothing is that low

// Hands out physical frames that are neighbours only by chance: aligned blocks of the sizes that
// pages have. Half of the requests reuse an address that was given back, so that a stale
// translation meets somebody else's data.
class FrameAllocator {
 public:
  explicit FrameAllocator(Random random);
  // Throws Error if there is none. `bits`: most of an address.
  uint64_t take(unsigned log2_bytes = 12, unsigned bits = 46);
  void give(uint64_t pa, unsigned log2_bytes = 12);

 private:
  struct Region {
    FrameRegion place;
    unsigned bits;
    std::unordered_map<uint64_t, bool> used;
    std::vector<uint64_t> given;
  };

  Random random_;
  std::vector<Region> regions_;
};

}  // namespace vmso
