// SPDX-License-Identifier: Apache-2.0
// Holds the reference segmenter against frames that somebody else has made of the same request.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "check/super_packet.hpp"

namespace vmso::referee {

// Where frames that two segmenters made of the same job differ; empty: nowhere. Frames below 60
// bytes need not be padded; a TCP checksum of 0000 counts as FFFF, and so does that of CSUM, which
// the kernel never leaves 0000, whatever the protocol.
std::string difference(const reference::Job &job, std::span<const std::vector<uint8_t>> expected,
                       std::span<const std::vector<uint8_t>> is);

// Where the reference differs from frames that come from elsewhere, or they from their template.
std::string disagreement(const Request &request, std::span<const std::vector<uint8_t>> frames);

// All frames of the reference.
std::vector<std::vector<uint8_t>> reference_frames(const Request &request);

}  // namespace vmso::referee
