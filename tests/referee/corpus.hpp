// SPDX-License-Identifier: Apache-2.0
// Super-packets and what a kernel made of them, in a file. Records one behind the other, compressed
// by gzip; integers are little endian:
//
//   u32 bytes of the virtio-net header, u32 bytes of the frame, the header, the frame,
//   i32 frames, and for each: u32 bytes, the frame (not padded)
#pragma once
#include <string>
#include <vector>

#include "check/super_packet.hpp"

namespace vmso::referee {

struct Answered {
  SuperPacket packet;
  std::vector<std::vector<uint8_t>> frames;
};
std::vector<Answered> read_corpus(const std::string &path);  // throws Error
void write_corpus(const std::string &path, const std::vector<Answered> &corpus);

}  // namespace vmso::referee
