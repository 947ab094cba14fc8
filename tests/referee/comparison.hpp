// SPDX-License-Identifier: Apache-2.0
// Holds the reference segmenter against frames that somebody else has made of the same request.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "check/super_packet.hpp"

namespace vmso::referee {

// Where the reference differs; empty: nowhere. What comes from elsewhere need not be padded; a TCP
// checksum of 0000 counts as FFFF.
std::string disagreement(const Request &request, std::span<const std::vector<uint8_t>> frames);

// All frames of the reference.
std::vector<std::vector<uint8_t>> reference_frames(const Request &request);

}  // namespace vmso::referee
