// SPDX-License-Identifier: Apache-2.0
// Which seeds a regression has, and which of them are one shard's: every Nth, so that the shards of
// a range take about the same time.
#pragma once
#include <cstdint>
#include <string>

namespace vmso::regress {

struct Seeds {
  uint64_t first = 1, last = 1, shard = 1, shards = 1;
  uint64_t count() const {
    uint64_t all = last - first + 1;
    return all / shards + (shard - 1 < all % shards);
  }
  uint64_t nth(uint64_t i) const { return first + i * shards + shard - 1; }
  std::string range() const;  // "1..200", "7"
  std::string share() const;  // "3/8"
};

// Of --seeds and --shard, which may be empty. Throws Error, exit code 2.
Seeds parse_seeds(const std::string &range, const std::string &share);

}  // namespace vmso::regress
