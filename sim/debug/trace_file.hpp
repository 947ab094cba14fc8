// SPDX-License-Identifier: Apache-2.0
// A file of Chrome trace events (the "Trace Event Format"), which Perfetto and chrome://tracing
// show. A JSON array, an event a line; both read it without its end, too, if a run is killed.
//
// Slices of one thread must not overlap but by one lying inside the other: who has overlapping ones
// spreads them over threads (Lanes). Times are cycles here and nanoseconds in the file, which is
// what Perfetto keeps of the format's microseconds: both ends of a slice are rounded alike, so that
// what does not overlap in cycles does not there. Above 1000 MHz a cycle may be nothing.
#pragma once
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace vmso {

// A thread of a process. Both are numbered from 1: Perfetto takes thread 0 for the thread that has
// its process's number (findings/perfetto_thread_zero.sh).
struct Track {
  unsigned process = 0, thread = 0;
  auto operator<=>(const Track &) const = default;
};

class TraceFile {
 public:
  using Arguments = nlohmann::ordered_json;  // an object, shown in this order

  TraceFile(const std::string &path, unsigned clock_mhz);  // throws Error
  ~TraceFile();
  // What a track is called; the first time counts. Order: by number, where a viewer asks for it.
  void name(Track track, const std::string &process, const std::string &thread);
  // From cycle `from` on, `to` is the first behind it; a slice of none is one long.
  void slice(Track track, const std::string &name, uint64_t from, uint64_t to,
             const Arguments &arguments);
  void instant(Track track, const std::string &name, uint64_t at, const Arguments &arguments);
  // An arrow from slice to slice: each call names a point in a slice, in the order of time.
  enum class Arrow { kBegin, kStep, kEnd };
  void arrow(Arrow what, uint64_t id, Track track, uint64_t at);
  void flush();  // throws Error if not all of it could be written

 private:
  // `rest`: the event's own members, each with a comma in front.
  void put(const char *phase, const std::string &name, Track track, const std::string &rest);
  uint64_t nanoseconds(uint64_t cycle) const { return cycle * 1000 / clock_mhz_; }

  std::ofstream file_;
  std::string path_;
  unsigned clock_mhz_;
  bool first_ = true;
  std::set<unsigned> processes_;
  std::set<Track> threads_;
};

// Rows for slices that overlap: each takes the first row that is free at its beginning.
class Lanes {
 public:
  unsigned take(uint64_t from, uint64_t to) {
    unsigned lane = 0;
    while (lane < ends_.size() && ends_[lane] > from) lane++;
    if (lane == ends_.size()) ends_.push_back(0);
    ends_[lane] = to;
    return lane;
  }

 private:
  std::vector<uint64_t> ends_;
};

}  // namespace vmso
