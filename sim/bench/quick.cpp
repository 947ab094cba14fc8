// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bench/fair.hpp"
#include "bench/plan.hpp"
#include "bench/segmentation.hpp"
#include "bench/translation.hpp"

namespace vmso::bench {
namespace {

class Quick : public Plan {
 public:
  using Plan::Plan;

  // 64 KiB jobs of 1514-byte frames, warm. At 24 beats a frame 24.2 is 99 %.
  void segments() {
    struct Bar {
      double must, aim;
    };
    constexpr Bar kBars[] = {{95.5, 95}, {48.3, 48}, {24.2, 24}};
    for (Config config : kConfigs) {
      Bar bar = kBars[size_t(config)];
      for (unsigned latency : {2u, 60u, 100u, 250u}) {
        for (bool reorder : {false, true}) {
          for (unsigned queues : {1u, 4u, 64u}) {
            if (queues > config_info(config).queues) continue;
            Workload w = load(config, latency, reorder, queues);
            w.frames = 540;
            emit("segment_1514", "", w, bar.must, bar.aim);
          }
        }
      }
    }
  }

  // The smallest frames, each a job: slot read included. Musts are for 512 bit; narrower buses have
  // the model's figures (docs/architecture.md) as aims.
  void small_frames(const char *name, unsigned offset, std::array<double, 3> aims, double must) {
    for (Config config : {Config::kWide, Config::kDefault, Config::kSmall}) {
      bool wide = config == Config::kWide;
      for (unsigned latency : {2u, 100u, 250u}) {
        if (!wide && latency != 100) continue;
        for (bool reorder : {false, true}) {
          for (unsigned queues : {1u, 64u}) {
            Workload w =
                load(config, latency, reorder, std::min(queues, config_info(config).queues));
            w.kind = VMSO_KIND_FRAME;
            w.job_bytes = 64;
            w.offset = offset;
            w.variants = 8;
            w.frames = 9000;
            emit(name, "", w, wide ? std::optional(must) : std::nullopt, aims[size_t(config)]);
          }
        }
      }
    }
  }

  // Frames of 1..6 buffers, at random: what a slot is shows only when it is read, and it is read
  // once.
  void mixed_buffers(const char *name, uint32_t bytes, uint64_t frames, double share) {
    for (Config config : {Config::kWide, Config::kDefault, Config::kSmall}) {
      for (unsigned latency : {100u, 250u}) {
        for (bool reorder : {false, true}) {
          for (unsigned queues : {1u, 4u, 64u}) {
            if (queues > config_info(config).queues) continue;
            if (config != Config::kWide && (latency != 250 || reorder != (queues == 4))) continue;
            Workload w = load(config, latency, reorder, queues);
            w.kind = VMSO_KIND_FRAME;
            w.job_bytes = bytes;
            w.fragments = 6;
            w.fewer_fragments = true;
            w.variants = std::max(2u, 64 / queues);
            w.frames = frames;
            if (!wanted(name, w)) continue;
            Figure f = rate_figure(name, "1..6 buffers", w, {}, {});
            f.must = f.limit / share;
            give(f);
          }
        }
      }
    }
  }

  void lone() {
    for (Config config : {Config::kWide, Config::kDefault, Config::kSmall}) {
      for (unsigned latency : {2u, 100u, 250u}) {
        lone(config, latency, "aligned", VMSO_KIND_FRAME, 0);
        lone(config, latency, "unaligned", VMSO_KIND_FRAME, 33);
        lone(config, latency, "tcp segment", VMSO_KIND_TCP_SEG, 33);
      }
    }
  }

  // Cycles of the whole harness a second: model, memory, driver, every frame checked.
  void speed(Config config) {
    Workload w = load(config, 100, false, 4);
    w.frames = 3600;
    if (!wanted("sim_speed", w)) return;
    Rates r = measure(w);
    Figure f;
    f.name = "sim_speed";
    f.config = config_info(w.config).name;
    f.latency = w.latency;
    f.queues = w.queues;
    f.unit = "cycles/s";
    f.measured = double(r.simulated_cycles) / r.seconds;
    f.limit = f.measured;
    f.bound = "host";
    if (config == Config::kDefault) {
      f.must = 60e3;
      f.aim = 100e3;
    }
    f.more_is_better = true;
    give(f);
  }

 private:
  Workload load(Config config, unsigned latency, bool reorder, unsigned queues) const {
    Workload w = Plan::load(config);
    w.latency = latency;
    w.reorder = reorder;
    w.queues = queues;
    return w;
  }

  void emit(const char *name, const char *variant, const Workload &w, std::optional<double> must,
            std::optional<double> aim) {
    if (!wanted(name, w)) return;
    give(rate_figure(name, variant, w, must, aim));
  }

  void lone(Config config, unsigned latency, const char *variant, vmso_kind kind, unsigned offset) {
    Workload w = load(config, latency, false, 1);
    w.kind = kind;
    w.job_bytes = kind == VMSO_KIND_FRAME ? 1514 : 1448;
    w.offset = offset;
    w.frames = 6;
    if (!wanted("lone_1514", w)) return;
    Lone r = measure_lone(w);
    Figure f;
    f.name = "lone_1514";
    f.variant = variant;
    f.config = config_info(config).name;
    f.latency = latency;
    f.queues = 1;
    f.unit = "cycles";
    f.measured = r.cycles;
    f.limit = 2.0 * latency + r.slot_beats + r.read_beats;
    f.bound = "2 reads";
    f.must = f.limit + 35;
    f.aim = f.limit + 23;
    f.read_beats = r.read_beats + r.slot_beats;
    give(f);
  }
};

}  // namespace

void run_quick(const PlanOptions &options, const Take &take) {
  Quick quick(options, take);
  quick.segments();
  quick.small_frames("plain_64_aligned", 0, {8.0, 4.0, 2.0}, 2.1);
  quick.small_frames("plain_64_unaligned", 33, {9.0, 5.0, 3.0}, 3.1);
  quick.mixed_buffers("mixed_buffers_1514", 1514, 3600, 0.99);
  quick.mixed_buffers("mixed_buffers_128", 128, 4000, 0.95);
  run_segmentation(options, take);
  run_translation(options, take);
  quick.lone();
  run_fair_heads(options, take);
  for (Config config : {Config::kDefault, Config::kWide}) quick.speed(config);
}

}  // namespace vmso::bench
