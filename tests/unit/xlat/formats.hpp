// SPDX-License-Identifier: Apache-2.0
// The formats, and what can go wrong in each.
#pragma once
#include <map>
#include <set>
#include <string>

#include "vmso_regs.h"

namespace vmso::xlat {

constexpr vmso_format kFormats[] = {
    VMSO_FORMAT_IDENTITY, VMSO_FORMAT_X86_32, VMSO_FORMAT_X86_64_L4, VMSO_FORMAT_X86_64_L5,
    VMSO_FORMAT_SV39,     VMSO_FORMAT_SV48,   VMSO_FORMAT_SV57,      VMSO_FORMAT_AARCH64,
};

#define VMSO_NAMED(value, text, meaning) \
  if (code == value) return text;
inline std::string format_name(unsigned code) {
  VMSO_FORMAT_LIST(VMSO_NAMED)
  return "?";
}
inline std::string cause_name(unsigned code) {
  VMSO_CAUSE_LIST(VMSO_NAMED)
  return "?";
}
#undef VMSO_NAMED

// Answers that a context which is on can give.
inline std::set<unsigned> answers_of(vmso_format format) {
  std::set<unsigned> all{VMSO_CAUSE_NONE, VMSO_CAUSE_VA_RANGE, VMSO_CAUSE_DATA_WINDOW};
  if (format == VMSO_FORMAT_IDENTITY) return all;
  for (unsigned cause :
       {VMSO_CAUSE_NOT_PRESENT, VMSO_CAUSE_ACCESS_FLAG, VMSO_CAUSE_NO_USER, VMSO_CAUSE_TABLE_WINDOW,
        VMSO_CAUSE_TABLE_SLV_ERR, VMSO_CAUSE_TABLE_DEC_ERR, VMSO_CAUSE_BUS_TIMEOUT}) {
    all.insert(cause);
  }
  const bool x86 = format <= VMSO_FORMAT_X86_64_L5, aarch64 = format == VMSO_FORMAT_AARCH64;
  if (format != VMSO_FORMAT_X86_32) all.insert(VMSO_CAUSE_ADDR_WIDTH);
  if (!aarch64) all.insert(VMSO_CAUSE_RESERVED);
  if (!x86) all.insert(VMSO_CAUSE_BAD_LEVEL);
  if (!x86 && !aarch64) {
    all.insert(VMSO_CAUSE_NO_READ);
    all.insert(VMSO_CAUSE_MISALIGNED);
  }
  return all;
}

// How often each answer came.
using Seen = std::map<unsigned, uint64_t>;

// Those that never came and those that cannot come; empty if all is well.
inline std::string holes(vmso_format format, const Seen &seen) {
  std::string text;
  const std::set<unsigned> can = answers_of(format);
  for (unsigned cause : can) {
    if (!seen.contains(cause)) text += cause_name(cause) + " never seen; ";
  }
  for (auto [cause, n] : seen) {
    if (!can.contains(cause)) text += cause_name(cause) + " cannot be; ";
  }
  return text;
}

inline std::string told(const Seen &seen) {
  std::string text;
  for (auto [cause, n] : seen) text += " " + cause_name(cause) + " " + std::to_string(n);
  return text;
}

}  // namespace vmso::xlat
