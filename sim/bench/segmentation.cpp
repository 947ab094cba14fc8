// SPDX-License-Identifier: Apache-2.0
#include "bench/segmentation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "bench/honest.hpp"
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

// Frames that eight queues of 64 KiB jobs send in a while beside a ninth of this load.
uint64_t frames_beside(const HonestLoad &ninth, const PlanOptions &options) {
  constexpr unsigned kOrdinary = 8;
  constexpr uint64_t kSettle = 20000, kCycles = 100000;
  SystemOptions so;
  so.config = Config::kWide;
  so.seed = options.seed;
  so.queues = kOrdinary + 1;
  so.read.latency = 100;
  so.keep_frames = false;
  so.stop = options.stop;
  so.log2_slots = so.log2_completions = 11;
  System s(so);
  s.check(vmso_tune(&s.device(), so.read.latency, false, 1514), "tune");
  std::vector<unsigned> ordinary(kOrdinary);
  std::iota(ordinary.begin(), ordinary.end(), 0u);
  HonestOwners owners(s, honest_loads().front(), ordinary), other(s, ninth, {kOrdinary});
  owners.warm();
  other.warm();
  uint64_t frames = 0;
  s.on_frame = [&](const StreamFrame &frame) { frames += frame.queue < kOrdinary; };
  auto run = [&](uint64_t cycles) {
    for (uint64_t end = s.now() + cycles; s.now() < end;) {
      s.step();
      owners.top_up();
      other.top_up();
    }
  };
  run(kSettle);
  frames = 0;
  run(kCycles);
  if (!s.findings().empty()) {
    throw Error("the run was wrong, so it has no figure:\n" + s.findings().report());
  }
  return frames;
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
      Workload w =
          load(Config::kWide,
               {shape(VMSO_KIND_TCP_SEG, tcp_of(66), 1448, 10 * 1448), frame,
                datagrams(1472, 10 * 1472), checksummed(1514), vxlan(1398, true, 10 * 1398)},
               queues);
      w.variants = 10;
      w.offset = 0;
      emit("alternating_kinds", "1514-byte frames", w);
    }
  }

  // Segments of 91 pieces of 16 bytes, each on a page of its own: the runs of a job cannot cover
  // them. Of the pages of four jobs some have to leave the TLB for others, and a walk takes longer
  // than the runs that are held.
  void gather() {
    constexpr uint32_t kPiece = 16, kBytes = 14480;
    JobShape pieces = shape(VMSO_KIND_TCP_SEG, tcp_of(66), 1448, kBytes);
    pieces.buffers = kBytes / kPiece;
    Workload w = load(Config::kWide, {pieces}, 1);
    w.frames = 300;
    for (unsigned jobs : {1u, 4u}) {
      w.variants = jobs;
      if (!wanted("gather_lane", w)) continue;
      Figure f =
          rate_figure("gather_lane", jobs == 1 ? "16-byte buffers" : "beyond the TLB", w, {}, {});
      if (jobs == 1) f.must = f.limit / 0.8;
      give(f);
    }
    w.queues = 9;
    if (!wanted("gather_beside", w)) return;
    HonestLoad ordinary = honest_loads().front(), other = ordinary;
    other.job_bytes = kBytes;
    other.piece = kPiece;
    other.log2_depth = 10;  // of slots: four jobs and more
    double fair = double(frames_beside(ordinary, plan_options()));
    double beside = double(frames_beside(other, plan_options()));
    Figure f;
    f.name = "gather_beside";
    f.variant = "what 8 others lose";
    f.config = config_info(w.config).name;
    f.latency = w.latency;
    f.queues = w.queues;
    f.unit = "%";
    f.measured = 100 * (1 - beside / fair);
    f.bound = "share";
    f.must = 2;
    give(f);
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
  plan.gather();
}

}  // namespace vmso::bench
