// SPDX-License-Identifier: Apache-2.0
// Owners who obey the rules and always have work: their rings never run empty, every frame is
// compared with the reference. What they get is what the engine gives them.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "system/system.hpp"

namespace vmso::bench {

struct HonestLoad {
  std::string name;
  vmso_kind kind = VMSO_KIND_TCP_SEG;
  uint32_t job_bytes = 65160;  // payload of a job; a plain frame: the whole frame
  uint16_t mss = 1448;
  bool cold = false;        // each job on pages that nobody has looked at
  uint32_t piece = 0;       // bytes of each buffer; 0: one buffer
  unsigned log2_depth = 5;  // jobs that stand in a ring: a doorbell's delay does not empty it
  uint32_t frame_bytes() const { return kind == VMSO_KIND_FRAME ? job_bytes : mss + 66u; }
};
// 64 KiB TCP, 1514-byte frames, 64-byte frames, cold 4 KiB.
const std::vector<HonestLoad> &honest_loads();

class HonestOwners {
 public:
  // `load` on each of these queues; `system` has been brought up.
  HonestOwners(System &system, const HonestLoad &load, std::vector<unsigned> queues);
  // Every page of a warm load goes through the engine once; throws Error if that does not end.
  void warm();
  // One job, no doorbell; false if there is no room.
  bool post_one(unsigned queue);
  // Posts jobs where half of them have ended. Call it once a step.
  void top_up();
  const std::vector<unsigned> &queues() const { return queues_; }
  std::optional<unsigned> skip = {};  // a queue that gets nothing more

 private:
  struct Variant {
    std::vector<uint8_t> payload;
    std::vector<UserBuffer> buffers;
  };
  static constexpr unsigned kVariants = 4;
  JobSpec job();
  void place_cold(unsigned queue, JobSpec &spec);

  System &system_;
  HonestLoad load_;
  std::vector<unsigned> queues_;
  Random random_;
  std::map<const Process *, std::vector<Variant>> variants_;  // shared by the queues of a process
  uint64_t number_ = 0;
};

}  // namespace vmso::bench
