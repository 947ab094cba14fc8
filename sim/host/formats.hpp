// SPDX-License-Identifier: Apache-2.0
// Formats of page tables as an operating system that fills them in sees them: how a table is
// indexed, what an entry of each kind has to say, which bits are free for the system's own use.
//
// One builder (AddressSpace) works from these descriptions. They are written from the manuals of
// the architectures alone and share nothing with whoever walks the tables. Level n maps pages of
// 2^(12 + n x index bits) bytes; level 0 is the 4 KiB level, whatever the manual calls it.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "vmso.h"

namespace vmso {

enum class PageSize : unsigned {  // log2 bytes
  k4K = 12,
  k64K = 16,
  k2M = 21,
  k4M = 22,
  k1G = 30,
  k512G = 39,
  k256T = 48
};
inline uint64_t page_bytes(PageSize size) { return uint64_t{1} << unsigned(size); }
// Level of the leaf: a 64 KiB page is 16 leaves of level 0, 4 MiB pages are x86-32's level 1.
inline unsigned page_level(PageSize size) { return (unsigned(size) - 12) / 9; }
std::string page_option(PageSize size);  // "2m"
std::string page_words(PageSize size);   // "2 MiB"

// What a CPU has and its system has switched on; the format decides which of them mean anything.
struct HostFeatures {
  bool pse = true;    // x86-32: 4 MiB pages (CR4.PSE)
  bool gb = true;     // x86-64: 1 GiB pages
  bool xd = true;     // x86-64: bit 63 (EFER.NXE)
  bool rsw = true;    // RISC-V: software has bits 60:59 (Svrsw60t59b)
  bool napot = true;  // RISC-V: 64 KiB pages (Svnapot)
  bool pbmt = true;   // RISC-V: memory types in bits 62:61 (Svpbmt)
  bool hpd = false;   // AArch64: hierarchical permissions are off (TCR_EL1.HPD0)
};

struct Format {
  struct Page {
    PageSize size;
    bool HostFeatures::*needs = nullptr;
  };
  struct Bits {
    uint64_t ones = 0, free = 0;  // free: any value, the CPU does not look or it does not matter
  };
  struct Extra {  // free bits that depend on a feature being on, or off
    bool HostFeatures::*feature;
    bool on;
    uint64_t pointer, leaf;
  };

  vmso_format code;
  const char *option;  // of the command line
  const char *words;   // "Sv39"
  std::vector<Page> pages;
  unsigned levels, entry_bytes, index_bits;
  unsigned pa_bits, most_pa_bits;  // unless somebody chooses; the most that the format can hold
  uint64_t first_va, last_va;      // user addresses that a process of the harness has
  unsigned jump_pages;             // a process leaves at most such holes
  unsigned frame_shift;            // of the frame number in an entry
  Bits pointer, page, large;       // large: leaf above level 0
  uint64_t large_free;             // free too, below a large page's size
  uint64_t leaf_mark;              // where large pages can be: bits that tell a leaf
  bool leaf_if_marked;             // one of them is 1; else: all are 0
  std::vector<Extra> extras;
  uint64_t not_all = 0;         // bits of a leaf of which at least one is 0
  uint64_t run = 0;             // set in the 16 entries of a 64 KiB page
  bool run_in_frame = false;    // whose frame number ends in 1000
  uint64_t hidden = 0;          // present for the system, not for the CPU (PROT_NONE)
  bool hidden_inverts = false;  // the frame number is stored inverted then
  std::array<const char *, 5> pointer_words, leaf_words;  // by level

  bool has(PageSize size, const HostFeatures &features) const;
  // An entry of the builder that is present points at a table.
  bool points(uint64_t entry, unsigned level, const HostFeatures &features) const;
  std::string sizes() const;  // "4k, 2m or 1g"
};

// The formats that a context can have, in the order of their codes; identity has no tables.
const std::vector<Format> &formats();
const Format &format_of(vmso_format code);  // throws Error
// By name, and a page size among those that the format has. Throw Error with exit code 2.
const Format &format_named(const std::string &option);
PageSize page_named(const Format &format, const std::string &option);

}  // namespace vmso
