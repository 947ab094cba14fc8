// SPDX-License-Identifier: Apache-2.0
#include "debug/capture.hpp"

#include <fmt/format.h>

#include "debug/pcap_writer.hpp"
#include "debug/pcapng_writer.hpp"

namespace vmso {

std::unique_ptr<CaptureWriter> make_capture_writer(const std::string &path,
                                                   const std::string &name) {
  if (name.ends_with(".pcapng")) return std::make_unique<PcapngWriter>(path);
  return std::make_unique<PcapWriter>(path);
}

CaptureObserver::CaptureObserver(const std::string &path, unsigned clock_mhz)
    : writer_(make_capture_writer(path, path)), clock_mhz_(clock_mhz) {}

void CaptureObserver::left(const StreamFrame &frame, const Scoreboard::Match *match) {
  std::string comment = fmt::format("queue {}, slot {}", frame.queue, frame.slot);
  if (match) {
    comment += fmt::format(", job {:#x}, segment {}", match->cookie, match->segment);
    if (match->va) comment += fmt::format(", payload from {:#x}", match->va);
  }
  comment += fmt::format(", cycles {}..{}", frame.first, frame.last);
  writer_->write(frame.bytes, frame.last * 1000 / clock_mhz_, comment);
}

}  // namespace vmso
