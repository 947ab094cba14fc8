// SPDX-License-Identifier: Apache-2.0
#include "regress/seeds.hpp"

#include <fmt/format.h>

#include <charconv>

#include "model/findings.hpp"

namespace vmso::regress {
namespace {

constexpr uint64_t kMostSeeds = 1000000000, kMostShards = 1000000;

uint64_t number(const std::string &option, const std::string &text) {
  uint64_t value = 0;
  const char *end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) {
    throw Error(fmt::format("{}: '{}' is no number", option, text), 2);
  }
  return value;
}

}  // namespace

std::string Seeds::range() const {
  return first == last ? std::to_string(first) : fmt::format("{}..{}", first, last);
}

std::string Seeds::share() const { return fmt::format("{}/{}", shard, shards); }

Seeds parse_seeds(const std::string &range, const std::string &share) {
  Seeds s;
  size_t dots = range.find("..");
  s.first = number("--seeds", range.substr(0, dots));
  s.last = dots == std::string::npos ? s.first : number("--seeds", range.substr(dots + 2));
  if (s.last < s.first || s.last - s.first >= kMostSeeds) {
    throw Error(fmt::format("--seeds: {} is no range A..B of at most 10^9", range), 2);
  }
  if (share.empty()) return s;
  size_t slash = share.find('/');
  if (slash == std::string::npos) throw Error("--shard: it has the form I/N, such as 3/8", 2);
  s.shard = number("--shard", share.substr(0, slash));
  s.shards = number("--shard", share.substr(slash + 1));
  if (s.shards > kMostShards) {
    throw Error(fmt::format("--shard: {} are more than {} shards", s.shards, kMostShards), 2);
  }
  if (s.shard < 1 || s.shard > s.shards) {
    throw Error(
        fmt::format("--shard: {} is not one of 1/{} .. {}/{}", share, s.shards, s.shards, s.shards),
        2);
  }
  return s;
}

}  // namespace vmso::regress
