// SPDX-License-Identifier: Apache-2.0
// Frames into a capture file with nanosecond time stamps: F.pcapng with a comment for each frame,
// any other name classic pcap without.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "debug/observer.hpp"

namespace vmso {

class CaptureWriter {
 public:
  virtual ~CaptureWriter() = default;  // closes, whatever happens
  virtual void write(std::span<const uint8_t> frame, uint64_t nanoseconds,
                     const std::string &comment = {}) = 0;
  virtual void flush() = 0;  // throws Error if the file does not hold everything
};
// `path` is written, in the format that `name` asks for. Throws Error if it cannot be opened.
std::unique_ptr<CaptureWriter> make_capture_writer(const std::string &path,
                                                   const std::string &name);

// What left, each frame with its job, segment, address and cycle as its comment.
class CaptureObserver : public Observer {
 public:
  CaptureObserver(const std::string &path, unsigned clock_mhz);
  void left(const StreamFrame &frame, const Scoreboard::Match *match) override;
  void flush() override { writer_->flush(); }

 private:
  std::unique_ptr<CaptureWriter> writer_;
  unsigned clock_mhz_;
};

}  // namespace vmso
