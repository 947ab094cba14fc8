// SPDX-License-Identifier: Apache-2.0
#include "bench/segmentation.hpp"

#include <fmt/format.h>

#include "bench/plan.hpp"

namespace vmso::bench {
namespace {

constexpr uint32_t kJobBytes = 65160;
constexpr double kShare = 0.99;  // of the limit, at least

std::vector<uint8_t> no_operations(size_t bytes) { return std::vector<uint8_t>(bytes, 1); }

// A TCP template of so many bytes, IPv4 without tags: 54, with TCP options 58..94, then with IPv4
// options, then with tags, 142 at most with two of them.
Template tcp_of(size_t bytes) {
  TcpHeaders h;
  size_t more = bytes - 54;
  size_t tcp = std::min<size_t>(more, 40);
  size_t ip = std::min<size_t>(more - tcp, 40);
  h.tcp_options = no_operations(tcp);
  h.ip_options = no_operations(ip);
  h.tags = unsigned(more - tcp - ip) / 4;
  return tcp_template(h);
}

JobShape shape(vmso_kind kind, Template header, uint16_t mss, uint32_t bytes = kJobBytes) {
  JobShape s;
  s.kind = kind;
  s.header = std::move(header);
  s.mss = mss;
  s.bytes = bytes;
  return s;
}

JobShape datagrams(uint16_t mss, uint32_t bytes = kJobBytes) {
  return shape(VMSO_KIND_UDP_SEG, udp_template({}), mss, bytes);
}

JobShape vxlan(uint16_t mss, bool outer_csum, uint32_t bytes = kJobBytes) {
  TcpHeaders inner;
  inner.tcp_options = timestamp_option();
  TunnelHeaders tunnel;
  tunnel.kind = TunnelHeaders::Kind::kVxlan;
  JobShape s = shape(VMSO_KIND_TCP_SEG, tunnel_template(tunnel, tcp_template(inner)), mss, bytes);
  s.outer_csum = outer_csum;
  return s;
}

JobShape ipv6_in_ipv6(uint16_t mss) {
  TcpHeaders inner;
  inner.ipv6 = true;
  TunnelHeaders tunnel;
  tunnel.kind = TunnelHeaders::Kind::kIp;
  tunnel.ipv6 = true;
  return shape(VMSO_KIND_TCP_SEG, tunnel_template(tunnel, tcp_template(inner)), mss);
}

JobShape checksummed(uint32_t bytes) {
  JobShape s = shape(VMSO_KIND_CSUM, {}, 0, bytes);
  s.csum_start = 34;
  s.csum_offset = 16;
  return s;
}

class Segmentation : public Plan {
 public:
  using Plan::Plan;

  void templates() {
    for (Config config : kConfigs) {
      for (uint16_t mss : {1448, 8948}) {
        for (size_t header : {54, 66, 94, 142}) {
          emit("segment_template", fmt::format("{} B header, MSS {}", header, mss), config,
               {shape(VMSO_KIND_TCP_SEG, tcp_of(header), mss)});
        }
      }
    }
  }

  void others() {
    for (Config config : kConfigs) {
      emit("uso_1472", "IPv4", config, {datagrams(1472)});
      emit("vxlan_1398", "no outer checksum", config, {vxlan(1398, false)});
      emit("vxlan_1398", "outer checksum", config, {vxlan(1398, true)});
      emit("ipv6_in_ipv6", "MSS 1408", config, {ipv6_in_ipv6(1408)});
      JobShape tagged = shape(VMSO_KIND_TCP_SEG, tcp_of(66), 1448);
      tagged.vlan = reference::VlanTag{0x8100, 5};
      emit("tag_insert", "MSS 1448", config, {tagged});
    }
  }

  // Down to 512 bytes of payload the wire is the limit, below it 8 cycles a segment.
  void small_segments() {
    for (uint16_t mss : {536, 256, 64}) {
      uint32_t bytes = std::min<uint32_t>(kJobBytes, 100u * mss);
      for (bool tunnel : {false, true}) {
        JobShape s =
            tunnel ? vxlan(mss, true, bytes) : shape(VMSO_KIND_TCP_SEG, tcp_of(66), mss, bytes);
        Workload w = load(Config::kWide, {s}, 4);
        w.frames = 6000;
        std::string variant =
            fmt::format("{}, MSS {}", tunnel ? "VXLAN, outer checksum" : "TCP", mss);
        if (!wanted("small_segments", w)) continue;
        Figure f = rate_figure("small_segments", variant, w, {}, {});
        f.must = mss >= 512 ? f.limit / kShare : std::max(8.0, f.limit / kShare);
        give(f);
      }
    }
  }

  // All kinds in turn: a job of one kind leaves no gap before the next. Buffers begin at a page, so
  // that the wire is the limit and not what is read.
  void alternating() {
    for (unsigned queues : {1u, 16u}) {
      JobShape frame = shape(VMSO_KIND_FRAME, {}, 0, 1514);
      Workload w = load(Config::kWide,
                        {shape(VMSO_KIND_TCP_SEG, tcp_of(66), 1448, 10 * 1448), frame,
                         datagrams(1472, 10 * 1472), checksummed(1514), vxlan(1398, true, 10 * 1398)},
                        queues);
      w.variants = 10;
      w.offset = 0;
      emit("alternating_kinds", "1514-byte frames", w);
    }
  }

 private:
  Workload load(Config config, std::vector<JobShape> shapes, unsigned queues) const {
    Workload w = Plan::load(config);
    w.latency = 100;
    w.queues = std::min(queues, config_info(config).queues);
    w.shapes = std::move(shapes);
    w.frames = 540;
    return w;
  }

  void emit(const char *name, const std::string &variant, Config config,
            std::vector<JobShape> shapes) {
    emit(name, variant, load(config, std::move(shapes), 4));
  }

  void emit(const char *name, const std::string &variant, const Workload &w) {
    if (!wanted(name, w)) return;
    Figure f = rate_figure(name, variant, w, {}, {});
    f.must = f.limit / kShare;
    give(f);
  }
};

}  // namespace

void run_segmentation(const PlanOptions &options, const Take &take) {
  Segmentation plan(options, take);
  plan.templates();
  plan.others();
  plan.small_segments();
  plan.alternating();
}

}  // namespace vmso::bench
