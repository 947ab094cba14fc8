// SPDX-License-Identifier: Apache-2.0
#include "host/formats.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/findings.hpp"
#include "model/nearest.hpp"

namespace vmso {
namespace {

constexpr uint64_t bit(unsigned n) { return uint64_t{1} << n; }
constexpr uint64_t bits(unsigned high, unsigned low) {  // both included
  return (high == 63 ? ~uint64_t{0} : bit(high + 1) - 1) & ~(bit(low) - 1);
}
using F = HostFeatures;

Format identity() {
  Format f{};
  f.code = VMSO_FORMAT_IDENTITY;
  f.option = "identity";
  f.words = "identity";
  f.pa_bits = 46;
  f.most_pa_bits = 56;
  return f;
}

// P 0, R/W 1, U/S 2, PWT 3, PCD 4, A 5, D 6, PS or PAT 7, G 8; 11:9 are the system's.
Format x86(vmso_format code, const char *option, const char *words, unsigned levels) {
  Format f{};
  f.code = code;
  f.option = option;
  f.words = words;
  f.pages = {{PageSize::k4K}, {PageSize::k2M}, {PageSize::k1G, &F::gb}};
  f.levels = levels;
  f.entry_bytes = 8;
  f.index_bits = 9;
  f.pa_bits = 46;
  f.most_pa_bits = 52;
  f.jump_pages = 1 << 20;
  f.frame_shift = 12;
  constexpr uint64_t kOwn = bits(62, 52);  // software, protection keys
  f.pointer = {bit(0) | bit(2), bit(1) | bits(6, 3) | bits(11, 8) | kOwn};
  f.page = {bit(0) | bit(2) | bit(5), bit(1) | bits(4, 3) | bits(11, 6) | kOwn};
  f.large = {bit(0) | bit(2) | bit(5) | bit(7), bit(1) | bits(4, 3) | bit(6) | bits(11, 8) | kOwn};
  f.large_free = bit(12);  // PAT
  f.leaf_mark = bit(7);    // PS
  f.leaf_if_marked = true;
  f.extras = {{&F::xd, true, bit(63), bit(63)}};
  f.hidden = bit(8);
  f.hidden_inverts = true;
  f.pointer_words = f.leaf_words = {"PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
  return f;
}

Format x86_64() {
  Format f = x86(VMSO_FORMAT_X86_64_L4, "x86_64", "x86-64", 4);
  f.first_va = uint64_t{0x7f} << 40;
  f.last_va = bits(46, 0);
  return f;
}

Format x86_64_la57() {
  Format f = x86(VMSO_FORMAT_X86_64_L5, "x86_64_la57", "x86-64 five-level", 5);
  f.first_va = uint64_t{0xa57f} << 40;
  f.last_va = bits(55, 0);
  return f;
}

Format x86_32() {
  Format f = x86(VMSO_FORMAT_X86_32, "x86_32", "x86-32", 2);
  f.pages = {{PageSize::k4K}, {PageSize::k4M, &F::pse}};
  f.entry_bytes = 4;
  f.index_bits = 10;
  f.pa_bits = f.most_pa_bits = 32;
  f.first_va = 0xa0000000;
  f.last_va = 0xbfffffff;  // above is the system
  f.jump_pages = 1 << 10;
  for (Format::Bits *b : {&f.pointer, &f.page, &f.large}) b->free &= bits(31, 0);
  f.extras = {{&F::pse, false, bit(7), 0}};  // without PSE nobody looks at PS
  return f;
}

// V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, RSW 9:8, PPN 53:10, PBMT 62:61, N 63.
Format riscv(vmso_format code, const char *option, const char *words, unsigned levels) {
  Format f{};
  f.code = code;
  f.option = option;
  f.words = words;
  f.pages = {{PageSize::k4K}, {PageSize::k64K, &F::napot}, {PageSize::k2M}, {PageSize::k1G}};
  if (levels > 3) f.pages.push_back({PageSize::k512G});
  if (levels > 4) f.pages.push_back({PageSize::k256T});
  f.levels = levels;
  f.entry_bytes = 8;
  f.index_bits = 9;
  f.pa_bits = f.most_pa_bits = 56;
  f.last_va = bits(levels * 9 + 10, 0);
  f.jump_pages = levels == 3 ? 1 << 14 : 1 << 20;
  f.frame_shift = 10;
  f.pointer = {bit(0), bit(5) | bits(9, 8)};
  f.page = f.large = {bit(0) | bit(1) | bit(4) | bit(6), bits(3, 2) | bit(5) | bits(9, 7)};
  f.leaf_mark = bit(1) | bit(3);
  f.leaf_if_marked = true;
  f.extras = {{&F::rsw, true, bits(60, 59), bits(60, 59)}, {&F::pbmt, true, 0, bits(62, 61)}};
  f.not_all = bits(62, 61);
  f.run = bit(63);
  f.run_in_frame = true;
  f.hidden = bit(5);
  f.pointer_words = f.leaf_words = {"PTE of level 0", "PTE of level 1", "PTE of level 2",
                                    "PTE of level 3", "PTE of level 4"};
  return f;
}

Format sv39() {
  Format f = riscv(VMSO_FORMAT_SV39, "sv39", "Sv39", 3);
  f.first_va = uint64_t{0x20} << 32;
  return f;
}

Format sv48() {
  Format f = riscv(VMSO_FORMAT_SV48, "sv48", "Sv48", 4);
  f.first_va = uint64_t{0x7e} << 40;
  return f;
}

Format sv57() {
  Format f = riscv(VMSO_FORMAT_SV57, "sv57", "Sv57", 5);
  f.first_va = uint64_t{0xfe81} << 40;
  return f;
}

// Type 1:0, AttrIndx 4:2, NS 5, AP 7:6, SH 9:8, AF 10, nG 11, OA 47:12, GP 50, DBM 51, Contiguous
// 52, PXN 53, UXN 54, software 58:55; tables: PXNTable 59, UXNTable 60, APTable 62:61, NSTable 63.
Format aarch64() {
  Format f{};
  f.code = VMSO_FORMAT_AARCH64;
  f.option = "aarch64";
  f.words = "AArch64";
  f.pages = {{PageSize::k4K}, {PageSize::k64K}, {PageSize::k2M}, {PageSize::k1G}};
  f.levels = 4;
  f.entry_bytes = 8;
  f.index_bits = 9;
  f.pa_bits = f.most_pa_bits = 48;
  f.first_va = uint64_t{0xff} << 40;
  f.last_va = bits(47, 0);
  f.jump_pages = 1 << 20;
  f.frame_shift = 12;
  constexpr uint64_t kAttributes = bits(5, 2) | bit(7) | bits(9, 8) | bit(11) | bits(63, 48);
  f.pointer = {bit(0) | bit(1), bits(11, 2) | (bits(63, 48) & ~bit(61))};
  f.page = {bit(0) | bit(1) | bit(6) | bit(10), kAttributes};
  f.large = {bit(0) | bit(6) | bit(10), kAttributes};
  f.large_free = bits(29, 12);  // nT and RES0
  f.leaf_mark = bit(1);         // of the type
  f.extras = {{&F::hpd, true, bit(61), 0}};
  f.run = bit(52);
  f.hidden = bit(11);
  f.pointer_words = {"", "level 2 table descriptor", "level 1 table descriptor",
                     "level 0 table descriptor", ""};
  f.leaf_words = {"level 3 page descriptor", "level 2 block descriptor", "level 1 block descriptor",
                  "", ""};
  return f;
}

std::string listed(const std::vector<std::string> &words) {
  std::string t;
  for (size_t i = 0; i < words.size(); i++) {
    t += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  return t;
}

struct SizeWords {
  PageSize size;
  const char *option, *words;
};
constexpr SizeWords kSizes[] = {
    {PageSize::k4K, "4k", "4 KiB"},       {PageSize::k64K, "64k", "64 KiB"},
    {PageSize::k2M, "2m", "2 MiB"},       {PageSize::k4M, "4m", "4 MiB"},
    {PageSize::k1G, "1g", "1 GiB"},       {PageSize::k512G, "512g", "512 GiB"},
    {PageSize::k256T, "256t", "256 TiB"},
};
const SizeWords &words_of(PageSize size) {
  return *std::ranges::find_if(kSizes, [&](const SizeWords &w) { return w.size == size; });
}

}  // namespace

std::string page_option(PageSize size) { return words_of(size).option; }
std::string page_words(PageSize size) { return words_of(size).words; }

bool Format::has(PageSize size, const HostFeatures &features) const {
  return std::ranges::any_of(pages, [&](const Page &page) {
    return page.size == size && (!page.needs || features.*page.needs);
  });
}

bool Format::points(uint64_t entry, unsigned level, const HostFeatures &features) const {
  bool leaf_can_be = std::ranges::any_of(pages, [&](const Page &page) {
    return page_level(page.size) == level && has(page.size, features);
  });
  bool marked = level == 0 || ((entry & leaf_mark) != 0) == leaf_if_marked;
  return !(leaf_can_be && marked);
}

std::string Format::sizes() const {
  std::vector<std::string> all;
  for (const Page &page : pages) all.push_back(page_option(page.size));
  return listed(all);
}

const std::vector<Format> &formats() {
  static const std::vector<Format> all = {identity(), x86_32(), x86_64(), x86_64_la57(),
                                          sv39(),     sv48(),   sv57(),   aarch64()};
  return all;
}

const Format &format_of(vmso_format code) {
  for (const Format &f : formats()) {
    if (f.code == code) return f;
  }
  throw Error(fmt::format("there is no address format of code {}", unsigned(code)));
}

const Format &format_named(const std::string &option) {
  std::vector<std::string> all;
  for (const Format &f : formats()) {
    if (option == f.option) return f;
    all.push_back(f.option);
  }
  throw Error("--format: " + none_of(option, all), 2);
}

PageSize page_named(const Format &format, const std::string &option) {
  for (const Format::Page &page : format.pages) {
    if (option == page_option(page.size)) return page.size;
  }
  if (format.pages.empty()) {
    throw Error(fmt::format("--pages: {} has no tables, hence no page size", format.option), 2);
  }
  std::vector<std::string> all;
  for (const Format::Page &page : format.pages) all.push_back(page_option(page.size));
  throw Error(fmt::format("--pages: {} has no pages of {}, but of {}{}", format.option, option,
                          format.sizes(), did_you_mean(option, all)),
              2);
}

}  // namespace vmso
