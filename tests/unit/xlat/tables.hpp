// SPDX-License-Identifier: Apache-2.0
// Small page tables of any format, built in fresh pages, for tests that change them.
#pragma once
#include "xlat_model.hpp"

namespace vmso::xlat {

constexpr unsigned kFenceAll = 0, kFenceContext = 1;
constexpr uint64_t kPage = 0x1000;

inline Context four() { return {.format = VMSO_FORMAT_X86_64_L4, .root = 0x10000}; }

struct Tables {
  Memory *memory;
  uint64_t root;
  int levels;
  uint64_t *next_page;  // of the pool for tables
  vmso_format format = levels == 5 ? VMSO_FORMAT_X86_64_L5 : VMSO_FORMAT_X86_64_L4;

  static int levels_of(vmso_format format) {
    switch (format) {
      case VMSO_FORMAT_X86_32:
        return 2;
      case VMSO_FORMAT_SV39:
        return 3;
      case VMSO_FORMAT_X86_64_L5:
      case VMSO_FORMAT_SV57:
        return 5;
      default:
        return 4;
    }
  }
  static Tables make(Memory &memory, int levels, uint64_t &next_page) {
    Tables t{&memory, next_page * kPage, levels, &next_page};
    next_page++;
    return t;
  }
  static Tables make(Memory &memory, vmso_format format, uint64_t &next_page) {
    Tables t{&memory, next_page * kPage, levels_of(format), &next_page, format};
    next_page++;
    return t;
  }

  bool riscv() const { return format >= VMSO_FORMAT_SV39 && format <= VMSO_FORMAT_SV57; }
  bool arm() const { return format == VMSO_FORMAT_AARCH64; }
  unsigned entry_bytes() const { return format == VMSO_FORMAT_X86_32 ? 4 : 8; }
  unsigned index_bits() const { return format == VMSO_FORMAT_X86_32 ? 10 : 9; }
  unsigned shift(int level) const { return 12 + index_bits() * unsigned(level); }  // log2 bytes

  uint64_t pointer(uint64_t table) const {
    return riscv() ? table >> 12 << 10 | 1 : arm() ? table | 3 : table | 0x67;
  }
  uint64_t leaf(uint64_t pa, int level) const {
    if (riscv()) return pa >> 12 << 10 | 0xdf;
    if (arm()) return pa | 0x441 | (level ? 0 : 2);
    return pa | 0x67 | (level ? 0x80 : 0);
  }
  uint64_t slot(uint64_t table, uint64_t va, int level) const {
    return table + ((va >> shift(level)) & ((1u << index_bits()) - 1)) * entry_bytes();
  }
  uint64_t get(uint64_t at) const { return memory->read(at, entry_bytes()).value; }
  void set(uint64_t at, uint64_t value) { memory->write(at, entry_bytes(), value); }

  // Address of the entry of `va` at `level`, with the tables above it.
  uint64_t entry(uint64_t va, int level) {
    uint64_t table = root;
    for (int l = levels - 1; l > level; l--) {
      uint64_t at = slot(table, va, l);
      if (!(get(at) & 1)) set(at, pointer((*next_page)++ * kPage));
      table = riscv() ? (get(at) >> 10 & 0xfffffffffff) << 12 : get(at) & 0xffffffffff000;
    }
    return slot(table, va, level);
  }
  void map(uint64_t va, uint64_t pa, int level = 0) { set(entry(va, level), leaf(pa, level)); }
  // A 64 KiB page of RISC-V: 16 entries that are all the same.
  void map_napot(uint64_t va, uint64_t pa) {
    for (uint64_t p = 0; p < 16; p++) {
      set(entry(va + p * kPage, 0), uint64_t{1} << 63 | leaf(pa, 0) | 8u << 10);
    }
  }
  Context context() const {
    Context c{.format = format, .root = root};
    c.pa_bits = format == VMSO_FORMAT_X86_32 ? 32 : arm() ? 48 : riscv() ? 56 : 52;
    c.napot = riscv();
    return c;
  }
};

}  // namespace vmso::xlat
