// SPDX-License-Identifier: Apache-2.0
// What the room run must make of a job, worked out byte by byte, and a page map that changes with
// fences.
//
// Every context has a version; a fence raises it. A page's physical place and its fault depend on
// {context, page, version}, so a stale translation is a wrong address. Units are bytes.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

namespace vmso::run_test {

using u128 = unsigned __int128;

struct Buffer {
  uint64_t addr = 0;
  uint32_t bytes = 0;
  unsigned space = 0;
  uint64_t reserved = 0;
};

struct Slot {
  std::array<Buffer, 4> places = {};
  // 0 okay, 1 SLVERR, 2 DECERR, 3 window, 4 timeout; then place 0 holds the address of the slot
  unsigned resp = 0;
};

struct Job {
  unsigned queue = 0, kind = 1, status = 0;
  std::array<unsigned, 4> contexts = {1, 2, 3, 4};
  std::array<bool, 4> granted = {true, true, true, true};
  uint32_t payload = 0, skip = 0, header = 0;
  // Where its frames are cut beside, in the frame without a tag: behind the addresses if a tag will
  // stand there, and where the checksum's part begins; with a tag never before it.
  bool tag = false, csum = false;
  uint32_t csum_from = 0;
  Buffer tmpl, buffer0, buffer1;
  std::vector<Slot> chain = {};
  bool refused() const { return status != 0 || kind == 0; }

  static constexpr uint32_t kTagAt = 12, kTagBytes = 4;
  // Bytes from position `at` of the frame on that are read together.
  uint32_t room(uint32_t at) const {
    uint32_t room = UINT32_MAX;
    if (tag && at < kTagAt) room = std::min(room, kTagAt - at);
    if (csum && at < csum_from) room = std::min(room, csum_from - at);
    return room;
  }
  uint32_t place(uint32_t at) const { return at + (tag && at >= kTagAt ? kTagBytes : 0); }
  bool sums(uint32_t at) const { return !csum || at >= csum_from; }
};

struct Run {
  unsigned ctx = 0;
  uint64_t va = 0;
  uint32_t bytes = 0;
  bool tmpl = false;
  unsigned space = 0;
};

// How a completion describes what could not be read.
struct End {
  unsigned status = 0, cause = 0, level = 7, access = 0;
  uint64_t va = 0;
  bool operator==(const End &) const = default;
};

struct Plan {
  std::vector<Run> runs;
  bool bad = false;
  End end;  // if bad
  uint64_t bytes = 0;
};

constexpr unsigned kReservedSet = 0x11, kSumMismatch = 0x14, kSpace = 0x15, kAddrWrap = 0x18;
constexpr unsigned kFault = 0x40, kBus = 0x41, kTimeout = 0x42;

inline Plan plan(const Job &job) {
  Plan p;
  if (job.refused()) return p;
  auto add = [&](unsigned space, uint64_t va, bool tmpl, bool fresh) {
    if (fresh || va % 4096 == 0) p.runs.push_back({job.contexts[space], va, 0, tmpl, space});
    p.runs.back().bytes++;
    p.bytes++;
  };
  for (uint32_t i = 0; i < job.header; i++) {
    add(job.tmpl.space, job.tmpl.addr + i, true, i == 0);
  }
  uint64_t seen = 0;
  auto stop = [&](unsigned status, unsigned cause, unsigned access, uint64_t va) {
    p.bad = true;
    p.end = {status, cause, 7, access, va};
  };
  auto cover = [&](const Buffer &b) {
    bool fresh = true;
    for (uint32_t i = 0; i < b.bytes && !p.bad; i++, seen++) {
      if (seen == job.payload) {
        stop(kSumMismatch, 0, 0, 0);
      } else if (seen >= job.skip) {
        add(b.space, b.addr + i, false, fresh);
        fresh = false;
      }
    }
  };
  cover(job.buffer0);
  cover(job.buffer1);
  for (const Slot &slot : job.chain) {
    if (p.bad) break;
    switch (slot.resp) {
      case 1:
        stop(kBus, 0x42, 2, slot.places[0].addr);
        break;
      case 2:
        stop(kBus, 0x43, 2, slot.places[0].addr);
        break;
      case 3:
        stop(kFault, 0x31, 2, slot.places[0].addr);
        break;
      case 4:
        stop(kTimeout, 0x4f, 2, slot.places[0].addr);
        break;
      default:
        break;
    }
    for (const Buffer &b : slot.places) {
      if (p.bad) break;
      if (b.reserved) {
        stop(kReservedSet, 0, 0, b.addr);
      } else if (b.bytes && !job.granted[b.space]) {
        stop(kSpace, 0, 0, b.addr);
      } else if (b.bytes && u128(b.addr) + b.bytes > u128(1) << 64) {
        stop(kAddrWrap, 0, 0, b.addr);
      } else {
        cover(b);
      }
    }
  }
  if (!p.bad && seen != job.payload) stop(kSumMismatch, 0, 0, 0);
  return p;
}

inline uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ x >> 27) * 0x94d049bb133111ebull;
  return x ^ x >> 31;
}

struct Page {
  uint64_t ppn = 0;
  bool fault = false;
  unsigned cause = 0, level = 0;
};

struct PageMap {
  std::array<unsigned, 64> version = {};
  unsigned fault_per_mille = 0;
  Page look(unsigned ctx, uint64_t vpn) const {
    static constexpr unsigned kCauses[] = {0x01, 0x08, 0x10, 0x12, 0x20, 0x31, 0x40, 0x41, 0x4f};
    uint64_t h = mix(mix(mix(ctx) + vpn) + version[ctx]);
    Page p;
    p.ppn = h >> 20;
    p.fault = h % 1000 < fault_per_mille;
    p.cause = kCauses[(h >> 10) % 9];
    p.level = unsigned(h >> 4) % 5;
    return p;
  }
};

inline End fault_end(const Page &page, uint64_t va, bool tmpl) {
  unsigned status = page.cause == 0x4f ? kTimeout : page.cause / 16 == 4 ? kBus : kFault;
  return {status, page.cause, page.level, tmpl ? 1u : 0u, va};
}

}  // namespace vmso::run_test
