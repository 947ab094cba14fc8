// SPDX-License-Identifier: Apache-2.0
// The receiving end: puts TCP streams together again from frames alone and compares them with what
// was to be sent. Knows nothing of jobs beyond the rule by which a stream was cut: jobs of
// `job_bytes`, each cut at `mss`. From that follow, for every byte of the stream, the frame it has
// to be in, that frame's IP id and its PSH flag; so frames may arrive in any order (after a failure
// the rest of a job is sent behind its successors), but never twice.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "check/frame.hpp"
#include "model/findings.hpp"

namespace vmso {

struct FlowRule {
  unsigned source_port = 0;
  bool ipv6 = false;
  uint32_t first_seq = 0;
  unsigned first_id = 0;
  uint64_t job_bytes = 65160, mss = 1448;
  unsigned flags = 0x10;       // on every frame
  unsigned last_flags = 0x08;  // and on the last of each job
  unsigned end_flags = 0;      // and on the last of the stream
  std::span<const uint8_t> stream;
};

class Reassembler {
 public:
  explicit Reassembler(Findings &findings) : findings_(findings) {}
  void add_flow(const FlowRule &rule);
  void frame(std::span<const uint8_t> bytes);

  bool complete() const;  // every stream whole, nothing wrong
  // Adds what is missing to the findings.
  void conclude();
  uint64_t bytes_right() const { return bytes_right_; }
  uint64_t frames() const { return frames_; }
  uint64_t bad() const { return bad_; }  // frames with something wrong

 private:
  struct Flow {
    FlowRule rule;
    std::map<uint64_t, uint64_t> have;  // first -> end, of bytes received; neighbours are joined
    uint64_t received = 0;
    bool empty_seen = false;
  };
  bool cover(Flow &flow, uint64_t first, uint64_t end);  // false: some byte came before
  void check(Flow &flow, const ParsedFrame &p);
  void complain(const std::string &text);

  Findings &findings_;
  std::map<unsigned, Flow> flows_;  // by source port
  uint64_t frames_ = 0, bytes_right_ = 0, bad_ = 0;
};

}  // namespace vmso
