// SPDX-License-Identifier: Apache-2.0
// A pcapng file (draft-ietf-opsawg-pcapng): one section, one Ethernet interface with nanosecond
// time stamps, a comment (opt_comment) for each packet that has one. libpcap reads the format and
// does not write it.
#pragma once
#include <cstdio>
#include <vector>

#include "debug/capture.hpp"

namespace vmso {

class PcapngWriter : public CaptureWriter {
 public:
  explicit PcapngWriter(const std::string &path);  // throws Error
  ~PcapngWriter() override;
  PcapngWriter(const PcapngWriter &) = delete;
  PcapngWriter &operator=(const PcapngWriter &) = delete;
  void write(std::span<const uint8_t> frame, uint64_t nanoseconds,
             const std::string &comment = {}) override;
  void flush() override;

 private:
  void put(uint32_t type, const std::vector<uint8_t> &body);

  std::FILE *file_ = nullptr;
  std::string path_;
};

}  // namespace vmso
