// SPDX-License-Identifier: Apache-2.0
// Random page tables of one context, for comparing whoever walks them: the engine, the reference
// walker, or a CPU.
//
// Eight table pages lie in random frames, and pointers lead from any to any, so that walks loop.
// Of the entries 70 % are good (a pointer, or a leaf for one of the levels where the format has
// leaves), 10 % good with one bit flipped, 10 % not present with junk in the other bits and 10 %
// random, half of these in their flags only. Of the addresses 60 % follow good entries to the end,
// 20 % leave such a path for another entry of a line, rather an odd one, 10 % are random and 10 %
// beyond the format's range or near its end. Flags, width and windows are random; so are flags that
// mean nothing to the format.
//
// The encodings are written down here a second time, from the maker's side: what a good entry looks
// like. Neither the walker nor the engine has a part in it. Equal seeds give equal tables.
#pragma once
#include <array>
#include <functional>
#include <map>
#include <vector>

#include "check/walker.hpp"
#include "model/random.hpp"

namespace vmso {

struct RandomTables {
  struct Page {
    uint64_t at = 0;
    std::array<uint64_t, 512> words{};  // little-endian; x86-32 has two entries in a word
  };
  reference::Context context;
  std::vector<reference::Window> windows;       // up to 4; some may be empty
  std::vector<Page> pages;                      // all other memory reads as zeros
  std::map<uint64_t, reference::Response> bad;  // lines of 64 bytes whose read fails
  std::vector<uint64_t> vas;

  uint64_t word(uint64_t at) const;  // the 8 bytes around `at`
  reference::EntryRead read(uint64_t at, unsigned bytes) const;
  reference::Walk walk(uint64_t va) const;  // what the reference says
};

struct RandomTablesKnobs {
  size_t vas = 64;
  bool bus_errors = false;  // half of the seeds have some bad lines
  // Has the last word on the flags and the width, before the tables are made.
  std::function<void(reference::Context &)> flags = {};
};

RandomTables random_tables(vmso_format format, uint64_t seed, const RandomTablesKnobs &knobs = {});

}  // namespace vmso
