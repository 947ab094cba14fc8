// SPDX-License-Identifier: Apache-2.0
// A random job that a well-behaved driver could post: every kind, any headers in front, tunnels,
// tags; lengths as asked for. What has to come of it is the reference's business.
#pragma once
#include "model/random.hpp"
#include "regress/knobs.hpp"
#include "system/system.hpp"

namespace vmso::regress {

constexpr size_t kLongestTemplate = 256, kTag = 4;  // bytes; the first counts the second

struct JobShape {
  Kinds kind = kAnyKind;
  Tunnels tunnels = kSomeTunnels;
  Mss mss = kAnyMss;
  Payloads payload = kAnyPayload;
  unsigned buffers = 6;  // at most
  Pieces pieces = kAnyPieces;
  unsigned max_frame = 9216;  // of the engine
};
JobSpec random_job(const JobShape &shape, Random &random);
// Changes two bytes of a job so that a checksum of its first frame comes out as 0: of VXLAN or
// Geneve the outer one, if it is computed, else that of L4, or of CSUM. Nothing, if that frame has
// none or no room.
void make_checksum_zero(JobSpec &spec);

}  // namespace vmso::regress
