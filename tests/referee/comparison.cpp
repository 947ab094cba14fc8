// SPDX-License-Identifier: Apache-2.0
#include "comparison.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "check/changes.hpp"

namespace vmso::referee {
namespace {

std::vector<uint8_t> reference_frame(const Request &r, uint64_t segment) {
  auto payload = std::span(r.payload).subspan(reference::segment_first(r.job, segment),
                                              reference::segment_bytes(r.job, segment));
  return reference::frame(r.job, segment, payload);
}

}  // namespace

std::string difference(const reference::Job &job, std::span<const std::vector<uint8_t>> expected,
                       std::span<const std::vector<uint8_t>> is) {
  if (is.size() != expected.size())
    return fmt::format("{} frames instead of {}", is.size(), expected.size());
  Changes changes = changes_of(job);
  auto zero_class = changes.tcp_checksum;
  if (job.kind == VMSO_KIND_CSUM) zero_class = changes.fields.front().at;
  for (uint64_t k = 0; k < is.size(); k++) {
    std::vector<uint8_t> padded = is[k], padded_expected = expected[k];
    for (auto *f : {&padded, &padded_expected})
      f->resize(std::max(f->size(), reference::kMinFrame), 0);
    if (!same_frame(padded_expected, padded, zero_class)) {
      return fmt::format(
          "frame {} of {}: {}", k, is.size(),
          frame_difference(padded_expected, padded, changes.fields, changes.header_bytes).text);
    }
  }
  return "";
}

std::string disagreement(const Request &r, std::span<const std::vector<uint8_t>> frames) {
  std::string text = difference(r.job, reference_frames(r), frames);
  for (uint64_t k = 0; text.empty() && k < frames.size(); k++) {
    std::string forbidden = forbidden_change(r.job, frames[k]);
    if (!forbidden.empty()) text = fmt::format("frame {} of {}: {}", k, frames.size(), forbidden);
  }
  return text;
}

std::vector<std::vector<uint8_t>> reference_frames(const Request &r) {
  std::vector<std::vector<uint8_t>> frames;
  for (uint64_t k = 0; k < reference::segments(r.job); k++) frames.push_back(reference_frame(r, k));
  return frames;
}

}  // namespace vmso::referee
