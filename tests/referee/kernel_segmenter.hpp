// SPDX-License-Identifier: Apache-2.0
// The Linux kernel as segmenter. Its software segmentation is what every driver without the
// feature gets, so it is what senders and receivers have been tested with.
//
// In a network namespace of their own stand two TAP devices, both ports of one bridge. A
// super-packet is written to the first one with its virtio-net header; the second one claims no
// offload at all, so the kernel has to segment and sum before it hands frames over. Forwarding is
// done inside the write, so whatever comes has come when it returns: no sleeping, no timeouts.
//
// virtio has no words for GRE and IP in IP. Where the kernel has BPF such a packet is written
// without its encapsulation, and a program at the first device puts that around it, as container
// networks do.
//
// Needs CAP_NET_ADMIN or user namespaces, and /dev/net/tun. Only valid requests are answered, and
// the frames are not padded. Known to be refused: payload longer than gso_size less the TCP
// options, but not longer than gso_size (nothing comes), and UDP in more than 128 segments.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "check/super_packet.hpp"

namespace vmso::referee {

// What kernels learnt at different times.
enum class Feature {
  kPlain,
  kUdp,
  kUdpTunnel,
  kEncapsulation
};  // VXLAN and Geneve; GRE and IP in IP
Feature feature_of(const SuperPacket &packet);

class KernelSegmenter {
 public:
  KernelSegmenter();  // throws Error that says what is missing
  ~KernelSegmenter();
  KernelSegmenter(const KernelSegmenter &) = delete;
  KernelSegmenter &operator=(const KernelSegmenter &) = delete;

  // Why this kernel is without it, in words; empty: it is not.
  const std::string &without(Feature feature) const;

  struct Answer {
    int error = 0;  // errno of the write
    std::vector<std::vector<uint8_t>> frames;
  };
  Answer segment(const SuperPacket &packet);

 private:
  struct Devices;
  std::unique_ptr<Devices> devices_;
};

// The one of this process, made when it is first asked for; null where there is none or it is
// without the feature, and why.
struct KernelAtHand {
  KernelSegmenter *kernel = nullptr;
  std::string missing;
};
KernelAtHand kernel_at_hand(Feature feature);

}  // namespace vmso::referee
