// SPDX-License-Identifier: Apache-2.0
#include "debug/pcapng_writer.hpp"

#include <algorithm>

namespace vmso {
namespace {

constexpr uint32_t kSectionHeader = 0x0a0d0d0a, kInterface = 1, kEnhancedPacket = 6;
constexpr uint32_t kByteOrder = 0x1a2b3c4d;
constexpr uint16_t kEthernet = 1;  // LINKTYPE_ETHERNET
constexpr uint16_t kEnd = 0, kComment = 1, kTimeResolution = 9;
constexpr uint8_t kNanoseconds = 9;  // 10^-9
constexpr size_t kLongestOption = 0xffff;

template <typename T>
void put(std::vector<uint8_t> &out, T value) {  // little endian
  for (size_t i = 0; i < sizeof(T); i++) out.push_back(uint8_t(uint64_t(value) >> 8 * i));
}

void pad(std::vector<uint8_t> &out) {
  while (out.size() % 4) out.push_back(0);
}

void put_option(std::vector<uint8_t> &out, uint16_t code, const std::string &value) {
  const size_t bytes = std::min(value.size(), kLongestOption);
  put(out, code);
  put(out, uint16_t(bytes));
  out.insert(out.end(), value.begin(), value.begin() + ptrdiff_t(bytes));
  pad(out);
}

void end_options(std::vector<uint8_t> &out) {
  put(out, kEnd);
  put(out, uint16_t{0});
}

}  // namespace

PcapngWriter::PcapngWriter(const std::string &path)
    : file_(std::fopen(path.c_str(), "wb")), path_(path) {
  if (!file_) throw Error("cannot write " + path);
  std::vector<uint8_t> section;
  vmso::put(section, kByteOrder);
  vmso::put(section, uint16_t{1});  // version 1.0
  vmso::put(section, uint16_t{0});
  vmso::put(section, ~uint64_t{0});  // length of the section: not said
  put(kSectionHeader, section);
  std::vector<uint8_t> interface;
  vmso::put(interface, kEthernet);
  vmso::put(interface, uint16_t{0});
  vmso::put(interface, uint32_t{0});  // no limit of a packet
  put_option(interface, kTimeResolution, std::string(1, char(kNanoseconds)));
  end_options(interface);
  put(kInterface, interface);
}

PcapngWriter::~PcapngWriter() { std::fclose(file_); }

void PcapngWriter::put(uint32_t type, const std::vector<uint8_t> &body) {
  std::vector<uint8_t> block;
  const uint32_t bytes = uint32_t(body.size() + 12);
  vmso::put(block, type);
  vmso::put(block, bytes);
  block.insert(block.end(), body.begin(), body.end());
  vmso::put(block, bytes);
  std::fwrite(block.data(), 1, block.size(), file_);  // flush() asks whether all went well
}

void PcapngWriter::write(std::span<const uint8_t> frame, uint64_t nanoseconds,
                         const std::string &comment) {
  std::vector<uint8_t> packet;
  packet.reserve(frame.size() + comment.size() + 64);
  vmso::put(packet, uint32_t{0});  // of the interface
  vmso::put(packet, uint32_t(nanoseconds >> 32));
  vmso::put(packet, uint32_t(nanoseconds));
  vmso::put(packet, uint32_t(frame.size()));  // captured,
  vmso::put(packet, uint32_t(frame.size()));  // and on the wire
  packet.insert(packet.end(), frame.begin(), frame.end());
  pad(packet);
  if (!comment.empty()) {
    put_option(packet, kComment, comment);
    end_options(packet);
  }
  put(kEnhancedPacket, packet);
}

void PcapngWriter::flush() {
  if (std::fflush(file_) != 0 || std::ferror(file_)) throw Error("cannot write " + path_);
}

}  // namespace vmso
