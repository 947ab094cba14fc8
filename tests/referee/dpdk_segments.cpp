// SPDX-License-Identifier: Apache-2.0
// DPDK's librte_gso segments what the reference segmenter has segmented: TCP over IPv4, as it is,
// in VXLAN and in GRE. It shares nothing with the kernel and can keep the identification fixed,
// which the kernel cannot be asked for.
//
// It sets no checksums, so those are left out. CWR stays in all frames, as in the set of flag masks
// that copies it. Built and run by the script of the same name without .cpp.
#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_gso.h>
#include <rte_mbuf.h>
#include <rte_version.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>

#include "catalogue.hpp"
#include "check/changes.hpp"
#include "comparison.hpp"
#include "model/findings.hpp"

namespace {

using namespace vmso;
using namespace vmso::referee;

constexpr unsigned kMostFrames = 512, kRoom = 65000;
constexpr unsigned kPackets = 3000;

struct Free {
  void operator()(rte_mbuf *m) const { rte_pktmbuf_free(m); }
};
using Buffer = std::unique_ptr<rte_mbuf, Free>;

rte_mempool *pool(const char *name, unsigned count, unsigned room) {
  rte_mempool *p = rte_pktmbuf_pool_create(name, count, 0, 0, uint16_t(room), int(rte_socket_id()));
  if (!p) throw Error(fmt::format("DPDK has no pool: {}", rte_strerror(rte_errno)));
  return p;
}

class Dpdk {
 public:
  Dpdk()
      : whole_(pool("whole", 4, kRoom + RTE_PKTMBUF_HEADROOM)),
        direct_(pool("direct", 2 * kMostFrames, 512 + RTE_PKTMBUF_HEADROOM)),
        indirect_(pool("indirect", 2 * kMostFrames, 0)) {}

  std::vector<std::vector<uint8_t>> segment(const Request &r) {
    const reference::Job &job = r.job;
    Buffer packet(rte_pktmbuf_alloc(whole_));
    std::vector<uint8_t> bytes = super_packet(r).frame;
    char *data = packet ? rte_pktmbuf_append(packet.get(), uint16_t(bytes.size())) : nullptr;
    if (!data) throw Error("DPDK has no buffer");
    std::memcpy(data, bytes.data(), bytes.size());

    packet->ol_flags = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4;
    packet->l2_len = job.l3;
    if (job.outer_l3 > 0) {
      bool gre = bytes[job.outer_l3 + 9] == IPPROTO_GRE;
      packet->ol_flags |=
          RTE_MBUF_F_TX_OUTER_IPV4 | (gre ? RTE_MBUF_F_TX_TUNNEL_GRE : RTE_MBUF_F_TX_TUNNEL_VXLAN);
      packet->outer_l2_len = job.outer_l3;
      packet->outer_l3_len = job.outer_l4 - job.outer_l3;
      packet->l2_len = job.l3 - job.outer_l4;
    }
    packet->l3_len = job.l4 - job.l3;
    packet->l4_len = job.header.size() - job.l4;

    rte_gso_ctx context{};
    context.direct_pool = direct_;
    context.indirect_pool = indirect_;
    context.flag = job.id_mode == VMSO_ID_FIXED ? RTE_GSO_FLAG_IPID_FIXED : 0;
    context.gso_types = RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO |
                        RTE_ETH_TX_OFFLOAD_GRE_TNL_TSO;
    context.gso_size = uint16_t(job.header.size() + job.mss);  // of a frame

    rte_mbuf *out[kMostFrames];
    int count = rte_gso_segment(packet.get(), &context, out, kMostFrames);
    if (count < 0) throw Error(fmt::format("DPDK: {}", rte_strerror(-count)));
    std::vector<std::vector<uint8_t>> frames;
    for (int i = 0; i < count; i++) {
      Buffer owned(out[i]);
      std::vector<uint8_t> frame;
      for (const rte_mbuf *m = owned.get(); m; m = m->next) {
        const auto *first = rte_pktmbuf_mtod(m, const uint8_t *);
        frame.insert(frame.end(), first, first + m->data_len);
      }
      frames.push_back(std::move(frame));
    }
    return frames;
  }

 private:
  rte_mempool *whole_, *direct_, *indirect_;
};

// What DPDK segments: TCP over IPv4, in nothing, VXLAN or GRE over IPv4.
bool can(const Request &r) {
  const reference::Job &job = r.job;
  if (job.kind != VMSO_KIND_TCP_SEG || job.header[job.l3] >> 4 != 4) return false;
  uint64_t frames = reference::segments(job);
  if (frames < 2 || frames > kMostFrames || r.payload.size() + 512 > kRoom) return false;
  if (job.outer_l3 == 0) return true;
  if (job.outer_l4 == 0 || job.header[job.outer_l3] >> 4 != 4) return false;
  bool gre = job.header[job.outer_l3 + 9] == IPPROTO_GRE;
  unsigned port = unsigned(job.header[job.outer_l4 + 2]) << 8 | job.header[job.outer_l4 + 3];
  return gre ? port == 0x0800 : port == 4789;  // GRE has its EtherType there
}

std::string disagreement_but_checksums(const Request &r, std::vector<std::vector<uint8_t>> frames) {
  auto ours = reference_frames(r);
  if (frames.size() != ours.size())
    return fmt::format("{} frames, the reference makes {}", frames.size(), ours.size());
  Changes changes = changes_of(r.job);
  for (size_t k = 0; k < frames.size(); k++) {
    frames[k].resize(std::max(frames[k].size(), reference::kMinFrame), 0);
    for (const Field &field : changes.fields) {
      if (!std::string_view(field.name).ends_with("checksum")) continue;
      for (auto *frame : {&frames[k], &ours[k]})
        std::fill_n(frame->begin() + long(field.at), field.bytes, uint8_t{0});
    }
    if (frames[k] != ours[k]) {
      return fmt::format(
          "frame {} of {}: {}", k, frames.size(),
          frame_difference(frames[k], ours[k], changes.fields, changes.header_bytes).text);
    }
  }
  return "";
}

int judge() {
  Dpdk dpdk;
  Random random(0x6470646b, "requests");
  unsigned bad = 0, tunnels = 0, fixed = 0;
  for (unsigned i = 0; i < kPackets;) {
    Request r = random_request(random);
    if (!can(r)) continue;
    r.job.flag_masks = {0xff6, 0xff6, 0xfff};
    r.job.id_mode = random.below(2) ? VMSO_ID_FIXED : VMSO_ID_INCREMENT;
    tunnels += r.job.outer_l3 > 0;
    fixed += r.job.id_mode == VMSO_ID_FIXED;
    std::string text = disagreement_but_checksums(r, dpdk.segment(r));
    if (!text.empty() && bad++ < 10)
      fmt::print("packet {}: {}\n  header {:02x}\n", i, text, fmt::join(r.job.header, " "));
    i++;
  }
  fmt::print("{}: {} super-packets, {} in tunnels, {} with fixed ids: {} disagreements\n",
             rte_version(), kPackets, tunnels, fixed, bad);
  return bad == 0 && tunnels > 100 && fixed > 1000 ? 0 : 1;
}

}  // namespace

int main(int, char **argv) {
  const char *arguments[] = {argv[0],       "--no-huge",         "--no-pci",
                             "--no-shconf", "--no-telemetry",    "-m",
                             "256",         "--log-level=error", "--lcores=0"};
  constexpr int kCount = sizeof arguments / sizeof arguments[0];
  try {
    if (rte_eal_init(kCount, const_cast<char **>(arguments)) < 0) {
      fmt::print("SKIPPED: DPDK does not start: {}\n", rte_strerror(rte_errno));
      return 77;
    }
    return judge();
  } catch (const std::exception &e) {
    fmt::print(stderr, "dpdk_segments: {}\n", e.what());
    return 1;
  }
}
