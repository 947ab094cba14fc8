// SPDX-License-Identifier: Apache-2.0
#include "check/random_tables.hpp"

#include <algorithm>

namespace vmso {
namespace {

constexpr uint64_t kPage = 0x1000;

uint64_t bits(unsigned high, unsigned low) { return (~uint64_t{0} >> (63 - high + low)) << low; }
bool is_x86_64(vmso_format f) { return f == VMSO_FORMAT_X86_64_L4 || f == VMSO_FORMAT_X86_64_L5; }
bool is_riscv(vmso_format f) {
  return f == VMSO_FORMAT_SV39 || f == VMSO_FORMAT_SV48 || f == VMSO_FORMAT_SV57;
}

unsigned most_pa_bits(vmso_format f) {
  if (f == VMSO_FORMAT_X86_32) return 32;
  if (is_x86_64(f)) return 52;
  return f == VMSO_FORMAT_AARCH64 ? 48 : 56;
}

unsigned tables_on_a_path(vmso_format f) {
  if (f == VMSO_FORMAT_X86_32) return 2;
  if (f == VMSO_FORMAT_SV39) return 3;
  return f == VMSO_FORMAT_X86_64_L5 || f == VMSO_FORMAT_SV57 ? 5 : 4;
}

class Maker {
 public:
  Maker(vmso_format format, uint64_t seed, const RandomTablesKnobs &knobs)
      : format_(format),
        narrow_(format == VMSO_FORMAT_X86_32),
        knobs_(knobs),
        random_(seed, "tables") {}

  RandomTables make() {
    flags();
    uint64_t frames = uint64_t{1} << (context().pa_bits - 12);
    if (format_ == VMSO_FORMAT_IDENTITY) {
      identity(frames);
      return out_;
    }
    while (out_.pages.size() < 8) {
      uint64_t at = random_.below(frames) * kPage;
      if (std::ranges::none_of(out_.pages, [&](auto &p) { return p.at == at; })) {
        out_.pages.push_back({.at = at});
      }
    }
    context().root = out_.pages[0].at;
    fill();
    windows(frames);
    for (size_t i = 0; i < knobs_.vas; i++) out_.vas.push_back(va());
    if (knobs_.bus_errors && chance(50)) {
      for (uint64_t n = random_.between(3, 12); n > 0; n--) {
        uint64_t line = out_.pages[random_.below(8)].at + random_.below(64) * 64;
        if (!on_paths_.empty() && chance(50)) line = on_paths_[random_.below(on_paths_.size())];
        out_.bad[line] = reference::Response(1 + n % 3);
      }
    }
    return out_;
  }

 private:
  // What a path may do with an entry.
  struct Use {
    bool pointer = false, odd = false;
    unsigned to = 0;     // page
    unsigned level = 9;  // of a leaf
  };
  struct Hop {
    unsigned level, page, index;
  };

  vmso_format format_;
  bool narrow_;
  RandomTablesKnobs knobs_;
  Random random_;
  RandomTables out_;
  std::vector<Use> uses_;           // of all entries, a page behind the other
  std::vector<uint64_t> on_paths_;  // lines that good paths lead through

  reference::Context &context() { return out_.context; }
  bool chance(unsigned percent) { return random_.below(100) < percent; }
  unsigned entries() const { return narrow_ ? 1024 : 512; }
  unsigned index_bits() const { return narrow_ ? 10 : 9; }
  unsigned shift(unsigned level) const { return 12 + index_bits() * level; }

  void flags() {
    reference::Context &c = context();
    c.format = format_;
    unsigned most = most_pa_bits(format_);
    c.pa_bits = chance(15) ? 32 : chance(20) ? most : unsigned(random_.between(32, most));
    c.af_ignore = chance(30);
    c.priv = chance(30);
    c.gb = chance(60);
    c.xd = chance(60);
    c.pse = chance(70);
    c.rsw = chance(50);
    c.napot = chance(60);
    c.pbmt = chance(50);
    c.hpd = chance(40);
    if (knobs_.flags) knobs_.flags(c);
  }

  // -- entries

  uint64_t frame(unsigned level) {
    uint64_t pa = random_() & bits(context().pa_bits - 1, 12);
    return pa >> shift(level) << shift(level);
  }
  uint64_t maybe(uint64_t mask) { return random_() & mask; }  // bits that do not matter

  uint64_t pointer(uint64_t table) {
    const reference::Context &c = context();
    if (narrow_) return table | 1 | (c.priv ? maybe(4) : 4) | maybe(c.pse ? 0xf7a : 0xffa);
    if (is_x86_64(format_)) {
      return table | 1 | (c.priv ? maybe(4) : 4) | maybe(bits(62, 52) | 0xf7a) |
             (c.xd ? maybe(bits(63, 63)) : 0);
    }
    if (is_riscv(format_)) return table >> 2 | 1 | maybe(0x320 | (c.rsw ? bits(60, 59) : 0));
    return table | 3 | maybe(0xffc | bits(58, 48) | bits(60, 59) | bits(63, 62)) |
           (c.hpd || c.priv ? maybe(bits(61, 61)) : 0);
  }

  uint64_t leaf(unsigned level) {
    const reference::Context &c = context();
    uint64_t pa = frame(level);
    if (narrow_ || is_x86_64(format_)) {
      uint64_t e = pa | 1 | (c.priv ? maybe(4) : 4) | (c.af_ignore ? maybe(32) : 32) | maybe(0xf5a);
      e |= level ? 0x80 | maybe(0x1000) : maybe(0x80);
      if (!narrow_) e |= maybe(bits(62, 52) | (c.xd ? bits(63, 63) : 0));
      return e;
    }
    if (is_riscv(format_)) {
      uint64_t e = pa >> 2 | 3 | (c.priv ? maybe(16) : 16) | (c.af_ignore ? maybe(64) : 64);
      e |= maybe(0x3ac | (c.rsw ? bits(60, 59) : 0));
      if (c.pbmt) e |= random_.below(3) << 61;
      if (c.napot && level == 0 && chance(40)) {
        e = (e & ~(uint64_t{15} << 10)) | uint64_t{1} << 63 | 8 << 10;
      }
      return e;
    }
    uint64_t e = pa | 1 | (c.priv ? maybe(64) : 64) | (c.af_ignore ? maybe(1024) : 1024);
    e |= maybe(0xbbc | bits(63, 48));
    return e | (level ? maybe(bits(shift(level) - 1, 12)) : 2);
  }

  // Levels that may have leaves; level 0 is the one that counts most.
  unsigned leaf_level() {
    if (chance(50)) return 0;
    if (narrow_) return context().pse;
    if (is_riscv(format_)) return unsigned(random_.below(tables_on_a_path(format_)));
    return is_x86_64(format_) && !context().gb ? 1 : unsigned(random_.between(1, 2));
  }

  // Half of them among the flags that every format has at the low end.
  unsigned flipped_bit() {
    if (chance(50)) return unsigned(random_.below(format_ == VMSO_FORMAT_AARCH64 ? 12 : 8));
    return unsigned(random_.below(narrow_ ? 32 : 64));
  }

  void fill() {
    unsigned n = entries();
    uses_.assign(8 * n, {});
    for (unsigned page = 0; page < 8; page++) {
      for (unsigned i = 0; i < n; i++) {
        Use use;
        uint64_t e;
        if (chance(50)) {
          use.pointer = true;
          use.to = unsigned(random_.below(8));
          e = pointer(out_.pages[use.to].at);
        } else {
          use.level = leaf_level();
          e = leaf(use.level);
        }
        unsigned kind = unsigned(random_.below(10));
        if (kind == 7) e ^= uint64_t{1} << flipped_bit();
        if (kind == 8) e = random_() & ~uint64_t{1};
        if (kind == 9) {  // half of them in their flags only, and present
          uint64_t random = chance(50) ? bits(63, 0) : is_riscv(format_) ? 0x3fe : 0xffe;
          e = (e & ~random) | maybe(random);
        }
        use.odd = kind == 7 || kind == 9;
        if (kind != 8) uses_[page * n + i] = use;
        if (narrow_) {
          out_.pages[page].words[i / 2] |= (e & 0xffffffff) << (i % 2 * 32);
        } else {
          out_.pages[page].words[i] = e;
        }
      }
    }
  }

  // -- windows: all memory less some holes

  void windows(uint64_t frames) {
    std::vector<std::pair<uint64_t, uint64_t>> holes;  // first frame, first behind
    if (chance(60)) {
      for (uint64_t n = random_.between(1, 3); n > 0; n--) {
        bool table = !out_.pages.empty() && chance(30);
        uint64_t first =
            table ? out_.pages[random_.below(out_.pages.size())].at / kPage : random_.below(frames);
        uint64_t size = table && chance(50) ? 1 : random_() >> random_.between(64 - 52, 63);
        size = std::clamp<uint64_t>(size, 1, frames / 16);
        uint64_t root = context().root / kPage;
        bool of_root = first <= root && root < first + size;
        if (of_root && format_ != VMSO_FORMAT_IDENTITY && chance(90)) continue;
        holes.push_back({first, first + size});
      }
    }
    std::ranges::sort(holes);
    uint64_t from = 0;
    for (auto [first, behind] : holes) {
      if (first > from) out_.windows.push_back({from * kPage, first * kPage - 1});
      from = std::max(from, behind);
    }
    uint64_t last = (chance(20) ? bits(55, 0) : frames * kPage - 1);
    if (from * kPage < last) out_.windows.push_back({from * kPage, last});
    while (out_.windows.size() < 4) out_.windows.push_back({kPage, kPage - 1});
    for (size_t i = 3; i > 0; i--) std::swap(out_.windows[i], out_.windows[random_.below(i + 1)]);
  }

  // -- addresses

  uint64_t in_range(uint64_t va) {
    unsigned used = shift(tables_on_a_path(format_));
    va &= bits(used - 1, 0);
    bool signed_va = is_x86_64(format_) || is_riscv(format_);
    return signed_va && va >> (used - 1) ? va | bits(63, used) : va;
  }

  // Good entries to the end, as far as there are some; what is below them is random.
  uint64_t good_path(std::vector<Hop> &hops) {
    uint64_t va = random_();
    unsigned page = 0;
    for (unsigned level = tables_on_a_path(format_) - 1;; level--) {
      bool deeper = level > 0 && chance(85);
      unsigned index = 0;
      for (unsigned tries = 0; tries < 100; tries++) {
        index = unsigned(random_.below(entries()));
        const Use &u = uses_[page * entries() + index];
        if (tries == 60) deeper = level > 0;  // no leaves here
        if (!u.odd && (deeper ? u.pointer : u.level == level)) break;
      }
      va = (va & ~(bits(index_bits() - 1, 0) << shift(level))) | uint64_t{index} << shift(level);
      hops.push_back({level, page, index});
      on_paths_.push_back((out_.pages[page].at + index * (narrow_ ? 4 : 8)) & ~uint64_t{63});
      const Use &u = uses_[page * entries() + index];
      if (level == 0 || !u.pointer) return in_range(va);
      page = u.to;
    }
  }

  uint64_t va() {
    uint64_t kind = random_.below(100);
    if (kind < 80) {
      std::vector<Hop> hops;
      uint64_t va = good_path(hops);
      if (kind < 60) return va;
      const Hop &hop = chance(70) ? hops.back() : hops[random_.below(hops.size())];
      uint64_t other = 0;
      for (int tries = 0; tries < 12; tries++) {  // rather one that is odd
        other = random_.between(1, narrow_ ? 15 : 7);
        if (uses_[hop.page * entries() + (hop.index ^ other)].odd) break;
      }
      return in_range(va ^ other << shift(hop.level));
    }
    if (kind < 90) return in_range(random_());
    return beyond(shift(tables_on_a_path(format_)));
  }
  // Anything, or one of the bits from the highest used one on is wrong, or all above it are.
  uint64_t beyond(unsigned used) {
    if (chance(40)) return random_();
    uint64_t va = in_range(random_()), wrong = random_.between(used - 1, 63);
    return va ^ (chance(20) ? bits(63, used) : bits(unsigned(wrong), unsigned(wrong)));
  }

  void identity(uint64_t frames) {
    uint64_t a = random_.below(frames), b = random_.below(frames);
    context().root = std::min(a, b) * kPage;
    context().limit = std::max(a, b) * kPage + kPage - 1;
    windows(frames);
    for (size_t i = 0; i < knobs_.vas; i++) {
      uint64_t kind = random_.below(100), va = random_();
      uint64_t inside = random_.between(context().root, context().limit);
      if (kind < 60) va = inside;
      if (kind >= 60 && kind < 75) va = (chance(50) ? context().root : context().limit + 1);
      if (kind >= 60 && kind < 75 && chance(50)) va--;
      if (kind >= 75 && kind < 90) va &= bits(context().pa_bits - 1, 0);
      if (kind >= 95) va = inside | uint64_t{1} << random_.between(context().pa_bits, 63);
      out_.vas.push_back(va);
    }
  }
};

}  // namespace

uint64_t RandomTables::word(uint64_t at) const {
  for (const Page &page : pages) {
    if (at - page.at < kPage) return page.words[(at - page.at) / 8];
  }
  return 0;
}

reference::EntryRead RandomTables::read(uint64_t at, unsigned bytes) const {
  auto it = bad.find(at & ~uint64_t{63});
  if (it != bad.end()) return {it->second, 0};
  uint64_t value = word(at);
  if (bytes == 4) value = value >> (at & 4 ? 32 : 0) & 0xffffffff;
  return {reference::Response::kOkay, value};
}

reference::Walk RandomTables::walk(uint64_t va) const {
  return reference::walk([this](uint64_t at, unsigned bytes) { return read(at, bytes); }, context,
                         windows, va);
}

RandomTables random_tables(vmso_format format, uint64_t seed, const RandomTablesKnobs &knobs) {
  return Maker(format, seed, knobs).make();
}

}  // namespace vmso
