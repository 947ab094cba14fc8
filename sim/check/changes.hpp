// SPDX-License-Identifier: Apache-2.0
// What a frame may have different from its template, and nothing else may: from the job alone, by
// the rules of segmentation, without a look at how frames are made.
//
// It is the second opinion beside the reference segmenter: a byte that both the engine and the
// reference spoil in the same way would still be found.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/frame.hpp"
#include "check/segmenter.hpp"

namespace vmso {

// In bytes of the frame on the wire, behind the tag if one is inserted.
struct Changes {
  std::vector<Field> fields;  // those that may differ in some frame of the job
  size_t header_bytes = 0;    // of the template, with the tag
  std::optional<size_t> tcp_checksum;
};
Changes changes_of(const reference::Job &job);

// The first header byte of a frame that differs from the template and may not; empty: none.
std::string forbidden_change(const reference::Job &job, std::span<const uint8_t> frame);

}  // namespace vmso
