// SPDX-License-Identifier: Apache-2.0
// Packets of a capture file, pcap or pcapng, of Ethernet frames captured whole.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vmso {

class PcapReader {
 public:
  struct Packet {
    std::vector<uint8_t> bytes;
    uint64_t nanoseconds = 0;  // since 1970
  };
  // Throws Error, exit code 2: it cannot be read, or its link type is not Ethernet.
  explicit PcapReader(const std::string &path);
  ~PcapReader();
  PcapReader(const PcapReader &) = delete;
  PcapReader &operator=(const PcapReader &) = delete;
  // The next one; none at the end. Throws Error, exit code 2, if the file ends inside it or it is
  // longer than what was captured of it.
  std::optional<Packet> next();

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  std::string path_;
  uint64_t count_ = 0;
};

}  // namespace vmso
