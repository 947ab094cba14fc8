// SPDX-License-Identifier: Apache-2.0
// Frames into a capture file with nanosecond time stamps.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace vmso {

class PcapWriter {
 public:
  explicit PcapWriter(const std::string &path);  // throws Error
  ~PcapWriter();                                 // closes, whatever happens
  PcapWriter(const PcapWriter &) = delete;
  PcapWriter &operator=(const PcapWriter &) = delete;
  void write(std::span<const uint8_t> frame, uint64_t nanoseconds);
  void close();  // throws Error if the file does not hold everything

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace vmso
