// SPDX-License-Identifier: Apache-2.0
// Where each payload byte came from: doorbell, ring slot, buffer, page, walk reads, physical
// address, burst on the bus, segment, place in the frame. Every step is taken from what was seen:
// the bus monitors, the doorbell writes, the frames; only the cut of a page's part into one burst
// is matched by address, as the bus does not say which byte of a beat is wanted.
//
// Each piece of a frame that lies in one buffer and one 4 KiB page is one entry; a run of the
// program is good only if the entries cover the payload exactly once.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "system/system.hpp"

namespace vmso {

struct WalkRead {
  unsigned level = 0;
  const char *words = "";  // what the format's manual calls such an entry
  uint64_t entry_at = 0;   // physical
  uint64_t read_at = 0;    // cycle of the AR that read its line; 0: none seen
};

struct LineagePage {
  uint64_t va = 0, pa = 0;
  unsigned level = 0;  // of the leaf
  const Format *format = nullptr;
  PageSize size = PageSize::k4K;  // unless the format has no tables
  std::vector<WalkRead> walk;
};

struct LineageJob {
  Posted posted;
  uint64_t stream_first = 0;  // byte of the file at which it begins
  uint64_t doorbell_at = 0;   // cycle
  uint64_t slot_read_at = 0, template_read_at = 0;
  std::vector<LineagePage> pages;
};

struct LineagePiece {
  size_t job = 0, page = 0;
  unsigned buffer = 0;
  uint64_t file_byte = 0, va = 0, pa = 0;
  uint32_t bytes = 0;
  uint64_t segment = 0, frame = 0;
  uint32_t frame_byte = 0;
  uint64_t burst_at = 0, burst_end = 0;  // cycles of AR and of the last beat; 0: none found
  uint16_t burst_id = 0, burst_beats = 0;
  uint64_t wire_at = 0;  // cycle of the frame's first beat
};

class Lineage {
 public:
  std::vector<LineageJob> jobs;
  std::vector<LineagePiece> pieces;

  // A job was posted: its pages are walked by the reference, before anything is unmapped.
  void posted(System &system, const Posted &posted, uint64_t file_first);
  // A frame left; `segment` of the job with that cookie. `header_bytes`: in front of the payload.
  void frame(const StreamFrame &frame, uint64_t cookie, uint64_t segment, uint32_t mss,
             uint32_t header_bytes);
  // Joins pieces and reads. Adds to the findings what cannot be explained or is explained twice.
  void join(System &system, uint64_t file_bytes);
  std::string text(const Touched &touched) const;

 private:
  std::unordered_map<uint64_t, size_t> by_cookie_;
};

}  // namespace vmso
