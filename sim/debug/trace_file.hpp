// SPDX-License-Identifier: Apache-2.0
// A file of Chrome trace events (the "Trace Event Format"), which Perfetto and chrome://tracing
// show. A JSON array, an event a line; both read it without its end, too, if a run is killed.
//
// Slices of one thread must not overlap but by one lying inside the other: who has overlapping ones
// spreads them over threads (Lanes).
#pragma once
#include <cstdint>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace vmso {

struct Track {
  unsigned process = 0, thread = 0;
  auto operator<=>(const Track &) const = default;
};

class TraceFile {
 public:
  TraceFile(const std::string &path, unsigned clock_mhz);  // throws Error
  ~TraceFile();
  // What a track is called; the first time counts. Processes are shown by their number.
  void name(Track track, const std::string &process, const std::string &thread);
  // Times are cycles; a slice of none is one long.
  void slice(Track track, const std::string &name, uint64_t from, uint64_t to,
             const nlohmann::json &arguments);
  void instant(Track track, const std::string &name, uint64_t at, const nlohmann::json &arguments);
  // An arrow from slice to slice: each call names a point in a slice, in the order of time.
  enum class Arrow { kBegin, kStep, kEnd };
  void arrow(Arrow what, uint64_t id, Track track, uint64_t at);
  void flush();  // throws Error if not all of it could be written

 private:
  void put(nlohmann::json event);
  double microseconds(uint64_t cycle) const { return double(cycle) / clock_mhz_; }

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
  static constexpr uint64_t kOpen = std::numeric_limits<uint64_t>::max();
  unsigned take(uint64_t from, uint64_t to) {
    unsigned lane = 0;
    while (lane < ends_.size() && ends_[lane] > from) lane++;
    if (lane == ends_.size()) ends_.push_back(0);
    ends_[lane] = to;
    return lane;
  }
  void end(unsigned lane, uint64_t to) { ends_[lane] = to; }

 private:
  std::vector<uint64_t> ends_;
};

}  // namespace vmso
