// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "bench/plan.hpp"

namespace vmso::bench {
namespace {

class Sweeps : public Plan {
 public:
  using Plan::Plan;

  void latency() {
    for (Config config : kConfigs) {
      for (bool reorder : {false, true}) {
        for (unsigned latency : {2, 5, 10, 20, 40, 60, 100, 150, 200, 250, 300, 350, 400}) {
          Workload w = load(config);
          w.latency = latency;
          w.reorder = reorder;
          w.queues = 4;
          w.frames = 540;
          emit("segment_1514_by_latency", "latency", latency, w);
          emit("plain_64_by_latency", "latency", latency, small(w, 0));
          emit("plain_1514_by_latency", "latency", latency, plain(w, 1514, 1));
        }
      }
    }
  }

  void fragments() {
    for (Config config : kConfigs) {
      for (unsigned n = 1; n <= 16; n++) {
        emit("plain_1514_by_fragments", "fragments", n, plain(load(config), 1514, n));
      }
    }
  }

  void offsets() {
    for (Config config : kConfigs) {
      for (unsigned offset = 0; offset < 64; offset++) {
        Workload w = load(config);
        w.offset = offset;
        w.frames = 270;
        emit("segment_1514_by_offset", "offset", offset, w);
        emit("plain_64_by_offset", "offset", offset, small(w, offset));
      }
    }
  }

  void mss() {
    for (Config config : kConfigs) {
      for (unsigned mss : {64, 128, 256, 536, 1024, 1220, 1448, 2048, 4096, 8948}) {
        Workload w = load(config);
        w.mss = uint16_t(mss);
        w.job_bytes = 65160 / mss * mss;
        w.frames = std::min(2000u, 600000u / mss);
        emit("segment_by_mss", "MSS", mss, w);
      }
    }
  }

  void queues() {
    for (Config config : kConfigs) {
      for (unsigned queues = 1; queues <= config_info(config).queues; queues *= 4) {
        Workload w = load(config);
        w.queues = queues;
        w.variants = 1;
        w.job_bytes = queues > 64 ? 4 * 1448 : 65160;
        emit("segment_1514_by_queues", "queues", queues, w);
        Workload s = small(w, 0);
        s.variants = queues > 64 ? 1 : 4;
        s.frames = std::max<uint64_t>(s.frames, 16 * queues);  // the doorbells alone take a while
        emit("plain_64_by_queues", "queues", queues, s);
      }
    }
  }

  void cold() {
    for (Config config : kConfigs) {
      for (unsigned bytes : {1448, 4096, 16384, 65160}) {
        Workload w = load(config);
        w.latency = 250;
        w.queues = 4;
        w.cold = true;
        w.job_bytes = bytes;
        w.frames = bytes < 10000 ? 900 : 1800;
        emit("cold_by_job_bytes", "job bytes", bytes, w);
      }
    }
  }

 private:
  static Workload plain(Workload w, uint32_t bytes, unsigned fragments) {
    w.kind = VMSO_KIND_FRAME;
    w.job_bytes = bytes;
    w.fragments = fragments;
    w.frames = 900;
    return w;
  }
  static Workload small(Workload w, unsigned offset) {
    w = plain(w, 64, 1);
    w.offset = offset;
    w.frames = 3000;
    return w;
  }

  void emit(const char *name, const char *x_name, double x, const Workload &w) {
    if (!wanted(name, w)) return;
    Figure f = rate_figure(name, "", w, {}, {});
    f.x_name = x_name;
    f.x = x;
    give(f);
  }
};

}  // namespace

void run_sweeps(const PlanOptions &options, const Take &take) {
  Sweeps sweeps(options, take);
  sweeps.latency();
  sweeps.fragments();
  sweeps.offsets();
  sweeps.mss();
  sweeps.queues();
  sweeps.cold();
}

}  // namespace vmso::bench
