// SPDX-License-Identifier: Apache-2.0
// Writes random page tables and what the reference walker says of addresses in them, for a judge
// that is not ours (walks.py reads this file's format).
//
// What no judge could tell apart is kept out of the tables: the windows are open, RISC-V has no
// software bits at 60:59, AArch64 always wants the access flag. For unicorn x86-64 has 40 bits of
// physical address and RISC-V none of the extensions; for qemu RISC-V has 36 bits and all or none
// of the extensions, AArch64 32 or 36 bits, and no table lies where the machine has no memory.
//
// One record a table, little-endian, without gaps:
//   "WALK", u8 format, u8 pa_bits, u16 flags (bit 0 on: af_ignore, priv, gb, xd, pse, rsw, napot,
//   pbmt, hpd), u64 seed, u64 root, u32 pages, u32 addresses;
//   a page: u64 where, 4096 bytes. All other memory reads as zeros;
//   an address: u64 va, u64 pa, u64 where the last entry was read, u8 cause, u8 level, u8 entries
//   read, 5 bytes 0. pa is also there for ACCESS_FLAG: what it would be if the flag did not matter.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "check/random_tables.hpp"
#include "worked_examples.hpp"

namespace {

using vmso::RandomTables;
using vmso::reference::Context;
using vmso::reference::Walk;

const std::map<std::string, vmso_format> kFormats = {
    {"x86_32", VMSO_FORMAT_X86_32},  {"x86_64_l4", VMSO_FORMAT_X86_64_L4},
    {"sv39", VMSO_FORMAT_SV39},      {"x86_64_l5", VMSO_FORMAT_X86_64_L5},
    {"sv48", VMSO_FORMAT_SV48},      {"sv57", VMSO_FORMAT_SV57},
    {"aarch64", VMSO_FORMAT_AARCH64}};

// A walker that is wrong in one way, so that the judge can be seen to find it.
enum class Wrong { kNot, kUser, kAccess, kPresent, kPage };
const std::map<std::string, Wrong> kWrongs = {{"user", Wrong::kUser},
                                              {"access", Wrong::kAccess},
                                              {"present", Wrong::kPresent},
                                              {"page", Wrong::kPage}};

struct Judge {
  bool qemu = false, extensions = false;

  // What it can take of the flags and the width.
  void limit(Context &c) const {
    const bool riscv = c.format == VMSO_FORMAT_SV39 || c.format == VMSO_FORMAT_SV48 ||
                       c.format == VMSO_FORMAT_SV57;
    if (c.format == VMSO_FORMAT_X86_64_L4 || c.format == VMSO_FORMAT_X86_64_L5) c.pa_bits = 40;
    if (qemu && riscv) c.pa_bits = 36;
    if (qemu && c.format == VMSO_FORMAT_AARCH64) c.pa_bits = c.pa_bits % 2 ? 32 : 36;
    if (c.format == VMSO_FORMAT_AARCH64) c.af_ignore = false;
    c.rsw = false;
    c.napot = c.pbmt = extensions;
  }
  // Is there memory for tables?
  bool takes(const RandomTables &tables) const {
    const uint64_t first = tables.context.format == VMSO_FORMAT_AARCH64 ? 0x40210000 : 0x80210000;
    return !qemu || std::ranges::all_of(tables.pages, [&](auto &page) { return page.at >= first; });
  }
};

// Half of the AArch64 tables have blocks whose low address bits, which mean nothing, are 0.
void align_blocks(RandomTables &tables) {
  for (RandomTables::Page &page : tables.pages) {
    for (uint64_t &entry : page.words) {
      if ((entry & 3) == 1) entry &= ~uint64_t{0x3ffff000};
    }
  }
}

Walk reference_walk(RandomTables tables, uint64_t va, Wrong wrong) {
  if (wrong == Wrong::kUser) tables.context.priv = true;
  if (wrong == Wrong::kAccess) tables.context.af_ignore = true;
  Walk w = tables.walk(va);
  // Takes what it says of the address without the flag from the same walk.
  if (w.cause == VMSO_CAUSE_ACCESS_FLAG) {
    tables.context.af_ignore = true;
    w.pa = tables.walk(va).pa;
  }
  bool malformed = w.cause == VMSO_CAUSE_RESERVED || w.cause == VMSO_CAUSE_BAD_LEVEL;
  bool large = w.cause == VMSO_CAUSE_NONE && w.level > 0;
  if (wrong == Wrong::kPresent && malformed) w.cause = VMSO_CAUSE_NO_USER;
  if (wrong == Wrong::kPage && large) w.pa ^= 0x1000;
  return w;
}

class Writer {
 public:
  template <class T>
  void put(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);  // the host is little-endian
    out_.append(bytes, sizeof value);
  }
  void put_bytes(const void *from, size_t n) { out_.append(static_cast<const char *>(from), n); }
  bool flush() {
    bool good = std::fwrite(out_.data(), 1, out_.size(), stdout) == out_.size();
    out_.clear();
    return good;
  }

 private:
  std::string out_;
};

uint16_t flags(const Context &c) {
  const bool bits[] = {c.af_ignore, c.priv, c.gb, c.xd, c.pse, c.rsw, c.napot, c.pbmt, c.hpd};
  uint16_t value = 0;
  for (unsigned i = 0; i < std::size(bits); i++) value |= uint16_t(bits[i] << i);
  return value;
}

// Windows are open: memory is there, and zero where nothing was written.
void write_tables(Writer &out, RandomTables tables, uint64_t seed, Wrong wrong) {
  tables.windows = {{0, ~uint64_t{0}}};
  out.put_bytes("WALK", 4);
  out.put(uint8_t(tables.context.format));
  out.put(uint8_t(tables.context.pa_bits));
  out.put(flags(tables.context));
  out.put(seed);
  out.put(tables.context.root);
  out.put(uint32_t(tables.pages.size()));
  out.put(uint32_t(tables.vas.size()));
  for (const RandomTables::Page &page : tables.pages) {
    out.put(page.at);
    out.put_bytes(page.words.data(), sizeof page.words);
  }
  for (uint64_t va : tables.vas) {
    const Walk w = reference_walk(tables, va, wrong);
    out.put(va);
    out.put(w.pa);
    out.put(w.steps.empty() ? uint64_t{0} : w.steps.back().entry_at);
    out.put(uint8_t(w.cause));
    out.put(uint8_t(w.level));
    out.put(uint8_t(w.steps.size()));
    out.put_bytes("\0\0\0\0", 5);
  }
}

RandomTables random(const Judge &judge, vmso_format format, uint64_t seed, size_t vas) {
  const vmso::RandomTablesKnobs knobs = {.vas = vas, .flags = [&](Context &c) { judge.limit(c); }};
  RandomTables tables = vmso::random_tables(format, seed, knobs);
  if (format == VMSO_FORMAT_AARCH64 && seed % 2) align_blocks(tables);
  return tables;
}

// The tables of the worked examples, if the judge could be told of them; none: it could not.
std::vector<RandomTables> worked(const Judge &judge, vmso_format format) {
  std::vector<RandomTables> all;
  for (const vmso::WorkedExample &example : vmso::worked_examples()) {
    RandomTables tables;
    tables.context = example.context;
    judge.limit(tables.context);
    Context same = example.context;
    same.pa_bits = tables.context.pa_bits;
    const bool judged = flags(same) == flags(tables.context);
    if (example.context.format != format || !judged) continue;
    tables.pages.push_back({.at = tables.context.root});
    for (const vmso::WorkedExample::Read &read : example.reads) {
      const uint64_t at = read.at & ~uint64_t{0xfff};
      auto page = std::ranges::find(tables.pages, at, &RandomTables::Page::at);
      if (page == tables.pages.end()) page = tables.pages.insert(page, {.at = at});
      uint64_t &word = page->words[read.at % 0x1000 / 8];
      if (read.at & 4) word = (word & 0xffffffff) | read.value << 32;
      if (!(read.at & 4))
        word = example.entry_bytes() == 4 ? word >> 32 << 32 | read.value : read.value;
    }
    tables.vas.push_back(example.va);
    if (judge.takes(tables)) all.push_back(tables);
  }
  return all;
}

}  // namespace

int main(int argc, char **argv) {
  CLI::App app{"random page tables and the reference walker's answers, for a foreign judge"};
  vmso_format format = VMSO_FORMAT_X86_64_L4;
  uint64_t tables = 1, seed = 1;
  size_t vas = 16;
  bool of_worked = false;
  Judge judge;
  Wrong wrong = Wrong::kNot;
  app.add_option("--format", format, "of the tables")
      ->required()
      ->transform(CLI::Transformer(kFormats));
  app.add_option("--tables", tables, "how many; each has its own seed, one up from the last");
  app.add_option("--seed", seed, "of the first table");
  app.add_option("--vas", vas, "addresses a table");
  app.add_flag("--qemu", judge.qemu, "for qemu, not unicorn");
  app.add_flag("--extensions", judge.extensions, "Svnapot and Svpbmt");
  app.add_flag("--worked", of_worked, "the worked examples instead; seeds count them from 0");
  app.add_option("--wrong", wrong, "a way in which the reference is to be wrong")
      ->transform(CLI::Transformer(kWrongs));
  CLI11_PARSE(app, argc, argv);
  Writer out;
  if (of_worked) {
    const std::vector<RandomTables> examples = worked(judge, format);
    for (uint64_t i = seed; i < examples.size() && i - seed < tables; i++) {
      write_tables(out, examples[i], i, wrong);
      if (!out.flush()) return 1;
    }
    return 0;
  }
  for (uint64_t done = 0; done < tables; seed++) {
    const RandomTables next = random(judge, format, seed, vas);
    if (!judge.takes(next)) continue;
    write_tables(out, next, seed, wrong);
    if (!out.flush()) return 1;
    done++;
  }
  return 0;
}
