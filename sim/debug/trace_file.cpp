// SPDX-License-Identifier: Apache-2.0
#include "debug/trace_file.hpp"

#include <algorithm>

#include "model/findings.hpp"

namespace vmso {

TraceFile::TraceFile(const std::string &path, unsigned clock_mhz)
    : file_(path), path_(path), clock_mhz_(clock_mhz) {
  if (!file_) throw Error("--timeline: cannot write " + path);
  file_ << "[";
}

TraceFile::~TraceFile() { file_ << "\n]\n"; }

void TraceFile::put(nlohmann::json event) {
  file_ << (first_ ? "\n" : ",\n") << event.dump();
  first_ = false;
}

void TraceFile::name(Track track, const std::string &process, const std::string &thread) {
  auto tell = [&](const char *what, nlohmann::json arguments) {
    put({{"ph", "M"},
         {"name", what},
         {"pid", track.process},
         {"tid", track.thread},
         {"args", std::move(arguments)}});
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
                      const nlohmann::json &arguments) {
  put({{"ph", "X"},
       {"name", name},
       {"ts", microseconds(from)},
       {"dur", microseconds(std::max(to, from + 1) - from)},
       {"pid", track.process},
       {"tid", track.thread},
       {"args", arguments}});
}

void TraceFile::instant(Track track, const std::string &name, uint64_t at,
                        const nlohmann::json &arguments) {
  put({{"ph", "i"},
       {"s", "t"},
       {"name", name},
       {"ts", microseconds(at)},
       {"pid", track.process},
       {"tid", track.thread},
       {"args", arguments}});
}

void TraceFile::arrow(Arrow what, uint64_t id, Track track, uint64_t at) {
  constexpr const char *kPhases[] = {"s", "t", "f"};
  nlohmann::json event = {
      {"ph", kPhases[size_t(what)]}, {"name", "data"},       {"cat", "data"},      {"id", id},
      {"ts", microseconds(at)},      {"pid", track.process}, {"tid", track.thread}};
  if (what == Arrow::kEnd) event["bp"] = "e";  // ends in the slice around it
  put(std::move(event));
}

void TraceFile::flush() {
  if (!file_.flush()) throw Error("--timeline: cannot write " + path_);
}

}  // namespace vmso
