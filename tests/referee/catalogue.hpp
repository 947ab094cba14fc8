// SPDX-License-Identifier: Apache-2.0
// Super-packets with names: the corners of segmentation, each with what is known about its frames
// beforehand. An id has a group: BAS lengths, FLG TCP flags, SEQ sequence numbers, IPID
// identification, CSM checksums, LEN lengths in the template, OPT options, V6 IPv6, VLN tags, USO
// UDP, TUN tunnels, VNH the virtio-net header.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "check/super_packet.hpp"
#include "host/template.hpp"
#include "model/random.hpp"

namespace vmso::referee {

struct Case {
  std::string id;
  SuperPacket packet;
  uint64_t frames = 0;      // that it becomes
  uint64_t last_bytes = 0;  // of payload in the last one
};
const std::vector<Case> &catalogue();

// What nobody may segment: the kernel sends nothing, request_of throws.
struct Refusal {
  std::string id;
  SuperPacket packet;
};
const std::vector<Refusal> &refusals();

// A job for a template; payload is bytes that tell where they belong.
Request request(vmso_kind kind, const Template &header, vmso_l4_mode l4_mode, size_t payload_bytes,
                unsigned mss);
SuperPacket super_packet(const Request &request);

// Any request that the kernel answers, tunnels among them; a tenth of the payloads are longer than
// 20 000 bytes.
Request random_request(Random &random);
// And what it has no words for: modes of identification, masks of flags, a tag to insert, GRE with
// checksum, UDP without, payload that would fit without TCP options.
Request random_request_of_any_kind(Random &random);

}  // namespace vmso::referee
