// SPDX-License-Identifier: Apache-2.0
// Memory and windows as the unit tests of xlat have them, and what the reference walker says of
// them.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check/walker.hpp"

namespace vmso::xlat {

using reference::Context;
using reference::Response;

constexpr uint64_t kEverywhere = 0xff'ffff'ffff'ffff;  // last byte of 56 bits

inline Context off() { return {.format = VMSO_FORMAT_OFF}; }

// Words of 8 bytes by address; what was never written is 0.
class Words {
 public:
  using Page = std::array<uint64_t, 512>;
  uint64_t &operator[](uint64_t addr) { return pages_[addr >> 12][addr / 8 % 512]; }
  uint64_t get(uint64_t addr) const {
    auto it = pages_.find(addr >> 12);
    return it == pages_.end() ? 0 : it->second[addr / 8 % 512];
  }
  void set_page(uint64_t addr, const Page &page) { pages_[addr >> 12] = page; }

 private:
  std::unordered_map<uint64_t, Page> pages_;
};

struct Memory {
  Words words;
  std::map<uint64_t, std::pair<Response, unsigned>> bad;  // by line; second: part in error, of 4
  std::vector<reference::Window> windows{{0, kEverywhere}, {1, 0}, {1, 0}, {1, 0}};

  uint64_t word(uint64_t addr) const { return words.get(addr); }
  bool readable(uint64_t addr) const {  // the page around it
    for (const auto &w : windows) {
      if (addr >= w.first && addr <= w.last) return true;
    }
    return false;
  }
  reference::EntryRead read(uint64_t at, unsigned bytes) const {
    auto it = bad.find(at & ~63ull);
    if (it != bad.end()) return {it->second.first, 0};
    const uint64_t value = word(at);
    return {Response::kOkay, bytes == 8 ? value : uint32_t(value >> (at & 4) * 8)};
  }
  void write(uint64_t at, unsigned bytes, uint64_t value) {
    uint64_t &word = words[at];
    const unsigned shift = unsigned(at & 4) * 8;
    word = bytes == 8 ? value : (word & ~(0xffffffffull << shift)) | value << shift;
  }
};

struct Result {
  unsigned cause = VMSO_CAUSE_NONE;
  unsigned level = VMSO_LEVEL_NONE;
  uint64_t pa = 0;                // page address, without fault
  std::vector<uint64_t> reads{};  // entries, in order
  bool same(const Result &r) const {
    return cause == r.cause && level == r.level && (cause != VMSO_CAUSE_NONE || pa == r.pa);
  }
};

inline Result walk(const Context &ctx, uint64_t va, const Memory &memory) {
  auto read = [&](uint64_t at, unsigned bytes) { return memory.read(at, bytes); };
  const reference::Walk w = reference::walk(reference::ReadEntry(read), ctx, memory.windows, va);
  Result r{.cause = w.cause, .level = w.level, .pa = w.pa & ~0xfffull};
  for (const auto &step : w.steps) r.reads.push_back(step.entry_at);
  return r;
}

}  // namespace vmso::xlat
