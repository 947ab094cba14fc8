// SPDX-License-Identifier: Apache-2.0
#include "bench/translation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/plan.hpp"

namespace vmso::bench {
namespace {

class Translation : public Plan {
 public:
  using Plan::Plan;

  // Every page in memory that nobody has looked at; the limit counts the table lines that were
  // read. Formats of as many levels as x86-64, or fewer, are no slower than that.
  void cold() {
    struct Size {
      const char *name;
      uint32_t bytes;
      uint64_t frames;
      double share;  // of the limit, on wide
    };
    constexpr Size kSizes[] = {{"cold_64k", 65160, 1800, 0.99},
                               {"cold_4k", 4096, 1800, 0.98},
                               {"cold_1448", 1448, 1200, 0.80}};
    for (const Size &size : kSizes) {
      double x86_64 = 0;  // cycles a frame of `wide`, one queue
      for (Config config : {Config::kWide, Config::kDefault, Config::kSmall}) {
        for (unsigned queues : {1u, 64u}) {
          queues = std::min(queues, config_info(config).queues);
          Workload w = cold_load(config, queues, VMSO_FORMAT_X86_64_L4, size.bytes, size.frames);
          auto f = cold_figure(size.name, w, config == Config::kWide ? size.share : 0);
          if (f && config == Config::kWide && queues == 1) x86_64 = f->measured;
        }
      }
      for (vmso_format format : {VMSO_FORMAT_X86_32, VMSO_FORMAT_X86_64_L5, VMSO_FORMAT_SV39,
                                 VMSO_FORMAT_SV48, VMSO_FORMAT_AARCH64}) {
        Workload w = cold_load(Config::kWide, 1, format, size.bytes, size.frames);
        if (format == VMSO_FORMAT_X86_32)
          w.frames = std::min<uint64_t>(w.frames, 600 * jobs(size.bytes));
        if (format == VMSO_FORMAT_X86_64_L5)
          cold_figure(size.name, w, 0);
        else
          cold_figure(size.name, w, size.share, x86_64 * 1.002);
      }
    }
  }

  // Latency of a lone frame, less that of one whose page is known: what a miss adds.
  void misses() {
    for (Config config : kConfigs) {
      for (unsigned latency : {10u, 100u, 250u}) {
        Workload w = Plan::load(config);
        w.latency = latency;
        w.kind = VMSO_KIND_FRAME;
        w.job_bytes = 1514;
        w.offset = 64;  // one page
        w.variants = 1;
        w.frames = 6;
        const unsigned line_beats = 64 / config_info(config).bus_bytes();
        const double more = line_beats - 1;  // a narrow bus brings a line in several beats
        for (bool cold : {false, true}) {
          const char *name = cold ? "walk_cold" : "walk_parent_cached";
          if (!wanted(name, w)) continue;
          const double known = measure_lone(w).cycles;
          const double missed = measure_lone(w, cold ? Known::kNothing : Known::kPointers).cycles;
          const unsigned reads = cold ? 4 : 1;
          Figure f = figure(name, "4 levels", w, "cycles", missed - known);
          f.limit = reads * latency;
          f.bound = cold ? "4 reads" : "1 read";
          f.must = reads * (latency + more) + (cold ? 20 : 10);
          give(f);
        }
      }
    }
  }

  // Table reads for 4 KiB of payload where pages are large.
  void large_pages() {
    for (const Format &format : formats()) {
      for (const Format::Page &page : format.pages) {
        if (unsigned(page.size) < unsigned(PageSize::k2M)) continue;
        Workload w = Plan::load(Config::kDefault);
        w.latency = 100;
        w.space = {.format = format.code, .page = page.size};
        w.variants = 96;
        w.frames = 96 * 45;
        if (!wanted("table_reads_large", w)) continue;
        Rates r = measure(w);
        const double pages = double(r.payload_bytes) / kFrameBytes;
        Figure f =
            figure("table_reads_large", fmt::format("{} {}", format.option, page_option(page.size)),
                   w, "reads/page", double(r.table_reads) / pages);
        f.must = 1.0 / 256 + 2.0 * (format.levels - 1) / pages;
        give(f);
      }
    }
  }

  // GO written to the number in memory; idle, beside bulk traffic, with a MAC that takes nothing.
  void fences() {
    for (Config config : kConfigs) {
      for (const char *variant : {"idle", "full rate, mean", "full rate, most", "MAC stopped"}) {
        Workload w = Plan::load(config);
        w.latency = 250;
        w.queues = 4;
        if (!wanted("fence_page", w)) continue;
        const bool most = std::string_view(variant).ends_with("most");
        Figure f = figure("fence_page", variant, w, "cycles",
                          fence_cycles(w, std::string_view(variant).substr(0, 3), most));
        if (std::string_view(variant) == "idle") f.must = 40 + 6;  // and its way to memory
        give(f);
      }
    }
  }

  // A fault's way to the kernel and back, on an idle engine.
  void faults() {
    for (Config config : kConfigs) {
      for (unsigned latency : {100u, 250u}) {
        Workload w = Plan::load(config);
        w.latency = latency;
        if (!wanted("fault_to_record", w) && !wanted("retry_to_beat", w)) continue;
        if (wanted("fault_to_record", w)) {
          FaultWay way = measure_fault_way(config, latency, Known::kPointers, w.seed);
          give(figure("fault_to_record", "", w, "cycles", way.record));
        }
        if (!wanted("retry_to_beat", w)) continue;
        Workload lone = w;
        lone.kind = VMSO_KIND_TCP_SEG;
        lone.job_bytes = 1448;
        lone.offset = 33;
        lone.frames = 6;
        for (Known known : {Known::kPointers, Known::kNothing}) {
          Figure f = figure("retry_to_beat", known == Known::kNothing ? "cold" : "parent cached", w,
                            "cycles", measure_fault_way(config, latency, known, w.seed).retry);
          f.limit = measure_lone(lone, known).cycles;
          f.bound = "lone, walk";
          f.must = f.limit + 20;
          give(f);
        }
      }
    }
  }

  void shares() {
    for (bool parks : {true, false}) {
      Workload w = Plan::load(Config::kDefault);
      w.latency = 100;
      w.queues = 64;
      if (!wanted("fault_share", w)) continue;
      Figure f = figure("fault_share", parks ? "park" : "abort", w, "% lost",
                        measure_fault_loss(Config::kDefault, parks, w.seed));
      f.must = 0.3;
      give(f);
    }
  }

 private:
  static uint64_t jobs(uint32_t bytes) { return (bytes + 1447) / 1448; }

  Workload cold_load(Config config, unsigned queues, vmso_format format, uint32_t bytes,
                     uint64_t frames) const {
    Workload w = Plan::load(config);
    w.latency = 250;
    w.queues = queues;
    w.cold = true;
    w.space.format = format;
    w.job_bytes = bytes;
    w.frames = frames;
    return w;
  }

  // `share`: of the limit, at least; `slowest`: cycles, at most; 0: no such must.
  std::optional<Figure> cold_figure(const char *name, const Workload &w, double share,
                                    double slowest = 0) {
    if (!wanted(name, w)) return {};
    Figure f = rate_figure(name, format_of(w.space.format).option, w, {}, {});
    if (share > 0) f.must = f.limit / share;
    if (slowest > 0) f.must = std::min(*f.must, slowest);
    give(f);
    return f;
  }

  static Figure figure(const char *name, const std::string &variant, const Workload &w,
                       const char *unit, double measured) {
    Figure f;
    f.name = name;
    f.variant = variant;
    f.config = config_info(w.config).name;
    f.latency = w.latency;
    f.queues = w.queues;
    f.unit = unit;
    f.measured = measured;
    return f;
  }
};

}  // namespace

void run_translation(const PlanOptions &options, const Take &take) {
  Translation plan(options, take);
  plan.cold();
  plan.misses();
  plan.large_pages();
  plan.fences();
  plan.faults();
  plan.shares();
}

}  // namespace vmso::bench
