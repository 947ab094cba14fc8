// SPDX-License-Identifier: Apache-2.0
// What the run room shows of one job entry, and what seg has to make of a job.
//
// A job's bytes are its template, then its payload behind what was skipped. They lie in runs of
// random sizes; at most 32 are in the entry at once, filled in any order. Counts of bytes run on
// from job to job, modulo 2^18, as the real room's do. Sizes are bytes.
#pragma once
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace vmso::seg_test {

constexpr unsigned kNop = 0, kFrame = 1, kCsum = 2, kTcpSeg = 3;  // kinds
constexpr unsigned kAsIs = 0, kFields = 1, kTunnel = 2;           // what is done to headers
constexpr unsigned kOrderFrame = 0, kOrderEnd = 1, kOrderFail = 2;
constexpr unsigned kSumMismatch = 0x14, kNotBuilt = 0x19, kFault = 0x40;  // status codes
constexpr unsigned kLevelNone = 7;
constexpr unsigned kCountMask = 0x3ffff;

struct Job {
  unsigned queue = 0, kind = kTcpSeg, status = 0, slot = 0, slots = 1;
  uint64_t cookie = 0;
  unsigned payload = 0, mss = 1448, header = 0;
  unsigned skip_bytes = 0, skip_segments = 0;
  unsigned run_bytes = 4096;  // largest run
  int fault_run = -1;         // this run cannot be translated
  bool mismatch = false;      // the chain's sum is above payload: seen when all runs are built
  bool tag = false;           // is inserted
  bool tunnel = false;        // of a TCP job

  bool refused() const { return status != 0 || kind == kNop; }
  unsigned head() const {
    if (refused()) return kAsIs;
    if (kind == kTcpSeg && tunnel) return kTunnel;
    return kind == kTcpSeg || kind == kCsum || tag ? kFields : kAsIs;
  }
  bool has_template() const { return !refused() && (header != 0 || head() != kAsIs); }
};

struct End {
  unsigned status = 0, cause = 0, level = 0, access = 0;
  uint64_t va = 0;
};

class RunEntry {
 public:
  void load(const Job &job, std::mt19937_64 &rng) {
    sizes.clear();
    alloc = head = prefix = off = 0;
    ready_bytes = taken_bytes = 0;
    end_seen = job.refused();
    mismatch = job.mismatch;
    bad = size_t(-1);
    if (job.refused()) {
      filled.clear();
      return;
    }
    cut(job.header, 4096, rng);  // a template is one buffer
    cut(job.payload - job.skip_bytes, job.run_bytes, rng);
    if (job.fault_run >= 0 && size_t(job.fault_run) < sizes.size()) bad = size_t(job.fault_run);
    filled.assign(sizes.size(), false);
    end = {.status = kFault,
           .cause = unsigned(0x10 + job.cookie % 4),
           .level = unsigned(job.cookie % 5),
           .access = bad == 0 && job.header != 0 ? 1u : 0u,
           .va = job.cookie * 0x1234567};
    if (mismatch) end = {.status = kSumMismatch, .level = kLevelNone};
    build();
  }

  void build() {
    while (alloc < sizes.size() && alloc - head < 32) alloc++;
  }
  bool built() const { return alloc == sizes.size(); }
  bool can_fill() const {
    for (size_t i = prefix; i < alloc; i++) {
      if (!filled[i]) return true;
    }
    return false;
  }
  bool can_end() const {
    return built() && !end_seen && bad == size_t(-1) && (!mismatch || prefix == sizes.size());
  }
  // Fills one run; true: the status shows it.
  bool fill(bool in_order, std::mt19937_64 &rng) {
    std::vector<size_t> open;
    for (size_t i = prefix; i < alloc; i++) {
      if (!filled[i]) open.push_back(i);
    }
    filled[in_order ? open[0] : open[rng() % open.size()]] = true;
    return advance();
  }
  bool finish_chain() {
    end_seen = true;
    return true;
  }
  // The fence: translations are taken back, also of the part of the head that was read.
  void redo() {
    for (size_t i = head; i < alloc; i++) filled[i] = false;
    total_ready = (total_ready - (ready_bytes - taken_bytes) - off) & kCountMask;
    ready_bytes = taken_bytes - off;
    prefix = head;
  }
  void drop() {  // the job has died: the counts of ready and taken bytes become one
    total_ready = (total_ready - (ready_bytes - taken_bytes)) & kCountMask;
    sizes.clear();
    filled.clear();
    alloc = head = prefix = off = 0;
    ready_bytes = taken_bytes = 0;
    bad = size_t(-1);
    mismatch = false;
  }
  // Takes at most `bytes` from the run at the head; returns how many.
  unsigned take(unsigned bytes) {
    unsigned rest = sizes[head] - off;
    unsigned now = std::min(rest, bytes);
    off += now;
    taken_bytes += now;
    if (now == rest) {
      head++;
      off = 0;
      build();
    }
    return now;
  }

  unsigned available() const { return std::max(ready_bytes, taken_bytes) - taken_bytes; }
  bool at_bad() const { return bad != size_t(-1) && prefix == bad && bad < alloc && filled[bad]; }
  bool blocked() const { return at_bad() || (mismatch && end_seen && prefix == sizes.size()); }
  unsigned ready_runs() const { return unsigned(prefix - head); }
  bool full() const { return alloc - head == 32 && prefix == alloc; }
  bool chain_done() const { return end_seen && !mismatch; }

  unsigned total_ready = 0;                   // of all jobs of this entry, modulo 2^18
  unsigned ready_bytes = 0, taken_bytes = 0;  // of this job
  End end;

 private:
  void cut(unsigned bytes, unsigned largest, std::mt19937_64 &rng) {
    while (bytes > 0) {
      unsigned now = std::min(bytes, 1 + unsigned(rng() % largest));
      if (rng() % 4 == 0) now = std::min(bytes, largest);
      sizes.push_back(now);
      bytes -= now;
    }
  }
  bool advance() {
    bool moved = false;
    while (prefix < alloc && filled[prefix] && prefix != bad) {
      total_ready = (total_ready + sizes[prefix]) & kCountMask;
      ready_bytes += sizes[prefix];
      prefix++;
      moved = true;
    }
    return moved || at_bad();
  }

  std::vector<unsigned> sizes;
  std::vector<bool> filled;
  size_t alloc = 0, head = 0, prefix = 0, bad = size_t(-1);
  unsigned off = 0;
  bool end_seen = false, mismatch = false;
};

}  // namespace vmso::seg_test
