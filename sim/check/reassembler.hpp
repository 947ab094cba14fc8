// SPDX-License-Identifier: Apache-2.0
// The receiving end: puts streams together again from frames alone and compares them with what was
// to be sent. Knows nothing of jobs beyond the rule by which a stream was cut: jobs of `job_bytes`,
// each cut at `mss`. From that follow, for every byte of the stream, the frame it has to be in,
// that frame's identifications and its PSH flag.
//
// TCP numbers its bytes, so its frames may arrive in any order (after a failure the rest of a job
// is sent behind its successors), but never twice. UDP does not: datagrams have to come in the
// order of the stream.
//
// Of every frame are judged: what parse_frame judges; tags, protocols and tunnel, which have to be
// those of the flow; and every header byte that no rule changes, which has to be that of the flow's
// first frame.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "check/frame.hpp"
#include "model/findings.hpp"

namespace vmso {

struct FlowRule {
  unsigned source_port = 0;
  bool udp = false;  // else TCP
  bool ipv6 = false;
  uint32_t first_seq = 0;  // TCP
  unsigned first_id = 0;
  uint64_t job_bytes = 65160, mss = 1448;
  unsigned flags = 0x10;       // TCP: on every frame
  unsigned last_flags = 0x08;  // and on the last of each job
  unsigned end_flags = 0;      // and on the last of the stream
  std::vector<FrameTag> tags = {};
  TunnelKind tunnel = TunnelKind::kNone;
  bool inner_ethernet = false;  // the tunnel carries Ethernet, else IP
  bool outer_ipv6 = false;
  bool outer_checksum = false;  // of UDP or GRE; else 0 or absent
  unsigned first_outer_id = 0;
  uint32_t vni = 0;  // VXLAN, Geneve
  std::span<const uint8_t> stream = {};
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
  uint64_t bad() const { return bad_; }  // things that were wrong

 private:
  struct Flow {
    FlowRule rule;
    std::map<uint64_t, uint64_t> have;  // first -> end, of bytes received; neighbours are joined
    uint64_t received = 0;              // end of the farthest byte received
    uint64_t next = 0;                  // UDP: first byte of the datagram that comes next
    bool empty_seen = false;
    std::vector<uint8_t> header;  // of the first frame, without what varies
  };
  struct Place {  // of a frame in its stream
    uint64_t first = 0, bytes = 0;
    uint64_t number = 0;  // of the frame, in the order of the stream
    bool ends_job = false, ends_stream = false;
  };
  static bool cover(Flow &flow, uint64_t first, uint64_t end);  // false: some byte came before
  // The frame that holds byte `at` of the stream.
  static Place place_of(const FlowRule &rule, uint64_t at);
  // Nothing: there is no such place, and that was said.
  std::optional<Place> find_tcp(const Flow &flow, const ParsedFrame &p);
  std::optional<Place> find_udp(const Flow &flow, const ParsedFrame &p);
  void check(Flow &flow, const ParsedFrame &p, std::span<const uint8_t> bytes);
  void check_layers(const FlowRule &rule, const ParsedFrame &p);
  void check_ids(const FlowRule &rule, const ParsedFrame &p, uint64_t number);
  void check_constant(Flow &flow, const ParsedFrame &p, std::span<const uint8_t> bytes);
  void check_payload(Flow &flow, const ParsedFrame &p, const Place &place);
  void complain(const std::string &text);

  Findings &findings_;
  std::map<unsigned, Flow> flows_;  // by source port
  uint64_t frames_ = 0, bytes_right_ = 0, bad_ = 0;
};

}  // namespace vmso
