// SPDX-License-Identifier: Apache-2.0
#include "debug/retire_log.hpp"

#include <fmt/format.h>

#include "vmso.h"

namespace vmso {

std::string log_line(const Retired &o) {
  constexpr const char *kFates[] = {"sent", "ended", "failed", "dropped"};
  return fmt::format(
      "cycle={} order={} fate={} queue={} slot={} job={:#x} segment={} offset={} bytes={} va={:#x} "
      "end={}",
      o.at, o.number, kFates[size_t(o.fate) & 3], o.queue, o.slot, o.cookie, o.segment, o.offset,
      o.bytes, o.va, o.ends ? vmso_status_name(o.status) : "-");
}

RetireLog::RetireLog(const std::string &path) : file_(std::fopen(path.c_str(), "w")), path_(path) {
  if (!file_) throw Error("--log: cannot write " + path);
}

RetireLog::~RetireLog() { std::fclose(file_); }

void RetireLog::retired(const Retired &order) {
  std::fputs((log_line(order) + "\n").c_str(), file_);
}

void RetireLog::flush() {
  if (std::fflush(file_) != 0 || std::ferror(file_)) throw Error("--log: cannot write " + path_);
}

}  // namespace vmso
