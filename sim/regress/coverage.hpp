// SPDX-License-Identifier: Apache-2.0
// Functional coverage: which combinations were seen and judged. The crosses stand in one table
// (coverage.cpp); a bin that nothing has hit is a hole.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "system/system.hpp"

namespace vmso::regress {

struct Cross {
  const char *name, *help;
  std::vector<std::string> bins;  // "tcp sv39 2m park by_id"
};
const std::vector<Cross> &crosses();

class Coverage {
 public:
  static bool has(const char *cross, const std::string &bin);
  // A bin that the table does not have throws Error.
  void hit(const char *cross, const std::string &bin, uint64_t times = 1);
  void add(const Coverage &other);
  uint64_t hits(const std::string &cross, const std::string &bin) const;
  std::vector<std::string> holes(const Cross &cross) const;
  const std::map<std::string, std::map<std::string, uint64_t>> &counts() const { return counts_; }

 private:
  std::map<std::string, std::map<std::string, uint64_t>> counts_;  // by cross, bin
};

// Words that bins are made of.
const char *kind_word(vmso_kind kind);
const char *order_word(ReadOrder order);
std::string space_words(const SpaceOptions &space);  // "sv39 2m", "identity -"
std::string headers_words(const Template &header);   // "ipv4 vxlan ipv6", "ipv6 none -"
const char *policy_word(bool parks);
enum class State { kIdle, kBusy, kParked };  // of a queue that is told something
const char *state_word(State state);
constexpr const char *kResetOfError = "RESET error";  // of a queue that a lost record has stopped

}  // namespace vmso::regress
