// SPDX-License-Identifier: Apache-2.0
#include "comparison.hpp"

#include <fmt/format.h>

#include "check/changes.hpp"

namespace vmso::referee {
namespace {

std::vector<uint8_t> reference_frame(const Request &r, uint64_t segment) {
  auto payload = std::span(r.payload).subspan(reference::segment_first(r.job, segment),
                                              reference::segment_bytes(r.job, segment));
  return reference::frame(r.job, segment, payload);
}

}  // namespace

std::string disagreement(const Request &r, std::span<const std::vector<uint8_t>> frames) {
  if (frames.size() != reference::segments(r.job)) {
    return fmt::format("{} frames, the reference makes {}", frames.size(),
                       reference::segments(r.job));
  }
  Changes changes = changes_of(r.job);
  // The kernel's generic checksum is never 0000, whatever the protocol.
  auto zero_class = changes.tcp_checksum;
  if (r.job.kind == VMSO_KIND_CSUM) zero_class = changes.fields.front().at;
  for (uint64_t k = 0; k < frames.size(); k++) {
    std::vector<uint8_t> padded = frames[k], ours = reference_frame(r, k);
    if (padded.size() < reference::kMinFrame) padded.resize(reference::kMinFrame, 0);
    if (!same_frame(padded, ours, zero_class)) {
      return fmt::format("frame {} of {}: {}", k, frames.size(),
                         frame_difference(padded, ours, changes.fields, changes.header_bytes));
    }
    std::string forbidden = forbidden_change(r.job, frames[k]);
    if (!forbidden.empty()) return fmt::format("frame {} of {}: {}", k, frames.size(), forbidden);
  }
  return "";
}

std::vector<std::vector<uint8_t>> reference_frames(const Request &r) {
  std::vector<std::vector<uint8_t>> frames;
  for (uint64_t k = 0; k < reference::segments(r.job); k++) frames.push_back(reference_frame(r, k));
  return frames;
}

}  // namespace vmso::referee
