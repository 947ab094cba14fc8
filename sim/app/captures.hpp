// SPDX-License-Identifier: Apache-2.0
// `vmso segment --pcap-in`: a capture taken before offload, as tcpdump on a sending host sees it,
// becomes what the wire has carried.
//
// A capture says what was sent, not what was asked of the NIC, so the request is made up from the
// packet, as its stack would have made it:
//
//   TCP            cut at `mss`, or so that no IP packet exceeds `mtu`; also if that gives one
//                  frame: lengths and checksums are made anew, as they are those of before (a
//                  partial checksum). The same inside IP in IP, GRE, VXLAN (UDP ports 4789, 8472)
//                  and Geneve (6081).
//   UDP            checksum anew; cut at `udp_mss`. Checksum 0: none, as it is.
//   all else       as it is: no IP, fragments, other protocols, headers that contradict each other
//
// A packet ends where its IP header says: padding, FCS and trailers behind that are not payload. An
// IP length of 0 says nothing; `zero_lengths` takes such a packet as long as its capture. With
// several IP headers the innermost one counts. Outer UDP and GRE checksums are computed if the
// packet has one. Nothing is fragmented; a frame above the engine's largest is not sent, and
// counted.
//
// The time stamp of a packet is that of all its frames.
#pragma once
#include <functional>
#include <map>
#include <string>

#include "app/packet_engine.hpp"

namespace vmso {

struct CaptureOptions {
  std::string in, out;
  uint16_t mss = 1448, mtu = 0, udp_mss = 0;  // mtu 0: mss counts; udp_mss 0: UDP is not cut
  bool zero_lengths = false;
};

struct CaptureResult {
  uint64_t packets = 0, cut = 0, frames = 0;  // cut: packets that became more than one frame
  uint64_t as_they_are = 0;                   // packets that were not looked into, and were sent
  uint64_t zero_lengths = 0;                  // packets not looked into for their IP length of 0
  std::map<int, uint64_t> refused;            // packets that were not sent, by vmso_refusal
  std::string findings;                       // what the engine did wrong; empty if nothing
};

// A packet of a capture as a request: the packet with a partial checksum in place and 24 bytes of
// virtio_net_hdr in front of it.
struct CaptureRequest {
  std::vector<uint8_t> vnet, packet;
  bool as_it_is = false, zero_length = false;
};
CaptureRequest request_of(const CaptureOptions &options, std::span<const uint8_t> packet);

// `out` is written whole or not at all: under another name first (.part). Throws Error, exit code
// 2, if `in` is no capture of Ethernet frames, ends inside a packet or holds packets of which not
// all was captured. `progress` is called now and then with the packets read.
CaptureResult segment_capture(const CaptureOptions &options, const SystemOptions &system, bool pad,
                              const std::function<void(uint64_t)> &progress);

}  // namespace vmso
