// SPDX-License-Identifier: Apache-2.0
// A super-packet as network stacks hand it to a driver: one frame too long for the wire, its
// lengths and checksum seed those of the whole, and a virtio-net header that tells how to cut it.
//
// A job and a super-packet say the same in two ways; here is each made from the other. What the
// virtio header cannot say (identification modes, flag masks, a tag to insert) has its default.
// GRE and IP in IP, for which virtio has no words, are found by walking the frame's headers.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "check/segmenter.hpp"
#include "host/virtio.hpp"

namespace vmso {

struct SuperPacket {
  VirtioHeader net;
  std::vector<uint8_t> frame;
};

// TCP_SEG, UDP_SEG and CSUM. Junk in lengths is replaced by what a stack would write, and so is
// the checksum field if its mode is not VMSO_L4_SEED_FULL.
SuperPacket super_packet(const reference::Job &job, std::span<const uint8_t> payload);

struct Request {
  reference::Job job;
  std::vector<uint8_t> payload;
};
// Without a checksum request TCP is VMSO_L4_COMPUTE; nothing requested is FRAME. Throws Error if
// the headers are not those that the virtio header tells of.
Request request_of(const SuperPacket &packet);

}  // namespace vmso
