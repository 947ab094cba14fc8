// SPDX-License-Identifier: Apache-2.0
#include "debug/trace_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/findings.hpp"

namespace vmso {
namespace {

std::string microseconds(uint64_t nanoseconds) {
  return fmt::format("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000);
}

}  // namespace

TraceFile::TraceFile(const std::string &path, unsigned clock_mhz)
    : file_(path), path_(path), clock_mhz_(clock_mhz) {
  if (!file_) throw Error("--timeline: cannot write " + path);
  file_ << "[";
}

TraceFile::~TraceFile() { file_ << "\n]\n"; }

void TraceFile::put(const char *phase, const std::string &name, Track track,
                    const std::string &rest) {
  file_ << fmt::format("{}\n{{\"ph\":\"{}\",\"name\":\"{}\",\"pid\":{},\"tid\":{}{}}}",
                       first_ ? "" : ",", phase, name, track.process, track.thread, rest);
  first_ = false;
}

void TraceFile::name(Track track, const std::string &process, const std::string &thread) {
  auto tell = [&](const char *what, const Arguments &arguments) {
    put("M", what, track, ",\"args\":" + arguments.dump());
  };
  if (processes_.insert(track.process).second) {
    tell("process_name", {{"name", process}});
    tell("process_sort_index", {{"sort_index", track.process}});
  }
  if (!threads_.insert(track).second) return;
  tell("thread_name", {{"name", thread}});
  tell("thread_sort_index", {{"sort_index", track.thread}});
}

void TraceFile::slice(Track track, const std::string &name, uint64_t from, uint64_t to,
                      const Arguments &arguments) {
  const uint64_t begin = nanoseconds(from), end = nanoseconds(std::max(to, from + 1));
  put("X", name, track,
      fmt::format(",\"ts\":{},\"dur\":{},\"args\":{}", microseconds(begin),
                  microseconds(end - begin), arguments.dump()));
}

void TraceFile::instant(Track track, const std::string &name, uint64_t at,
                        const Arguments &arguments) {
  put("i", name, track,
      fmt::format(",\"s\":\"t\",\"ts\":{},\"args\":{}", microseconds(nanoseconds(at)),
                  arguments.dump()));
}

void TraceFile::arrow(Arrow what, uint64_t id, Track track, uint64_t at) {
  constexpr const char *kPhases[] = {"s", "t", "f"};
  put(kPhases[size_t(what)], "data", track,
      fmt::format(",\"cat\":\"data\",\"id\":{},\"ts\":{}{}", id, microseconds(nanoseconds(at)),
                  what == Arrow::kEnd ? ",\"bp\":\"e\"" : ""));  // ends in the slice around it
}

void TraceFile::flush() {
  if (!file_.flush()) throw Error("--timeline: cannot write " + path_);
}

}  // namespace vmso
