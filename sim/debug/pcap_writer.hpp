// SPDX-License-Identifier: Apache-2.0
// A classic pcap file, by libpcap. It has no place for comments.
#pragma once
#include "debug/capture.hpp"

namespace vmso {

class PcapWriter : public CaptureWriter {
 public:
  explicit PcapWriter(const std::string &path);  // throws Error
  ~PcapWriter() override;
  PcapWriter(const PcapWriter &) = delete;
  PcapWriter &operator=(const PcapWriter &) = delete;
  void write(std::span<const uint8_t> frame, uint64_t nanoseconds,
             const std::string &comment = {}) override;
  void flush() override;

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace vmso
