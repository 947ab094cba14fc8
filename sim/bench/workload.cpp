// SPDX-License-Identifier: Apache-2.0
#include "bench/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>

namespace vmso::bench {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kBudget = 50000000;  // cycles: far beyond what any load takes
constexpr unsigned kLog2MostSlots = 15;

uint64_t payload_of_frame(const JobShape &shape) {
  bool segments = shape.kind == VMSO_KIND_TCP_SEG || shape.kind == VMSO_KIND_UDP_SEG;
  return segments ? shape.mss : std::max(shape.bytes, 1u);
}

// What a Workload names by itself.
JobShape shape_of(const Workload &w) {
  JobShape shape;
  shape.kind = w.kind;
  shape.bytes = w.job_bytes;
  shape.mss = w.mss;
  shape.buffers = w.fragments;
  if (w.kind == VMSO_KIND_TCP_SEG) {
    TcpHeaders h;
    h.tcp_options = timestamp_option();
    shape.header = tcp_template(h);
  }
  return shape;
}

struct Snapshot {
  uint64_t frame_end, wire_beats, read_beats, walk_beats;
};

uint64_t beats_of(uint64_t address, uint64_t bytes, unsigned bus) {
  return bytes == 0 ? 0 : (address % bus + bytes + bus - 1) / bus;
}

// Beats that the payload of one job takes when it is read by segments: a burst ends at the end of a
// page, of a buffer and of a segment.
uint64_t payload_beats(const std::vector<UserBuffer> &buffers, uint64_t mss, unsigned bus) {
  uint64_t beats = 0, in_segment = 0;
  for (const UserBuffer &b : buffers) {
    uint64_t va = b.va, left = b.bytes;
    while (left > 0) {
      uint64_t n = std::min({left, kPage - va % kPage, mss - in_segment});
      beats += beats_of(va, n, bus);
      va += n;
      left -= n;
      in_segment = (in_segment + n) % mss;
    }
  }
  return beats;
}

class Run {
 public:
  explicit Run(const Workload &w)
      : w_(w),
        shapes_(w.shapes.empty() ? std::vector{shape_of(w)} : w.shapes),
        jobs_of_queue_(count_jobs()),
        random_(w.seed, "bench"),
        system_(options(w)) {
    System &s = system_;
    uint64_t longest = 0;
    for (const JobShape &shape : shapes_) longest = std::max(longest, shape.longest_frame());
    s.check(vmso_tune(&s.device(), w.latency, w.reorder, uint32_t(longest)), "tune");
    s.on_frame = [this](const StreamFrame &frame) {
      ends_.push_back({frame.last, system_.sink.beats, system_.reads.counts.all_beats(),
                       system_.reads.counts.beats[size_t(ReadClass::kWalk)]});
    };
  }

  System &system() { return system_; }
  const JobShape &shape(uint64_t number) const { return shapes_[number % shapes_.size()]; }

  // Every page of the warm load goes through the engine once.
  void warm() {
    for (unsigned q = 0; q < w_.queues; q++) {
      for (unsigned v = 0; v < variants(); v++) {
        JobSpec spec = fresh_job(v);
        Posted posted = system_.post(q, spec);
        variants_.push_back({spec.payload, posted.buffers});
      }
      system_.doorbell(q);
    }
    finish();
    ends_.clear();
  }

  Posted post(unsigned queue, uint64_t number) {
    JobSpec spec;
    if (w_.cold) {
      spec = fresh_job(number);
      place_cold(queue, spec);
    } else {
      size_t of_queue = variants_.size() / w_.queues;
      const Variant &v = variants_[queue * of_queue + number % of_queue];
      spec = job(number);
      spec.view = v.payload;
      spec.placed = v.buffers;
    }
    Posted posted = system_.post(queue, spec);
    unsigned bus = system_.config().bus_bytes();
    needed_read_beats_ += payload_beats(posted.buffers, payload_of_frame(shape(number)), bus);
    needed_read_beats_ += posted.slots * beats_of(0, 64, bus);
    needed_read_beats_ += beats_of(posted.template_pa, posted.header_bytes, bus);
    return posted;
  }

  Rates steady() {
    System &s = system_;
    if (!w_.cold) warm();
    for (uint64_t n = 0; n < jobs_of_queue_; n++) {
      for (unsigned q = 0; q < w_.queues; q++) post(q, n);
    }
    uint64_t jobs = jobs_of_queue_ * w_.queues, frames = 0;
    for (uint64_t n = 0; n < jobs_of_queue_; n++) frames += shape(n).frames() * w_.queues;
    uint64_t from = frames / 3, to = frames - frames / 3;
    auto start = std::chrono::steady_clock::now();
    uint64_t first_cycle = s.now(), walks_before = s.reads.counts.beats[size_t(ReadClass::kWalk)];
    for (unsigned q = 0; q < w_.queues; q++) s.doorbell(q);
    until([&] { return ends_.size() > from; });
    auto before = counters();
    until([&] { return ends_.size() > to; });
    auto after = counters();
    finish();

    Rates r;
    const Snapshot &a = ends_[from], &b = ends_[to];
    double n = double(to - from);
    r.frames = to - from;
    r.cycles = double(b.frame_end - a.frame_end) / n;
    r.wire_beats = double(b.wire_beats - a.wire_beats) / n;
    r.read_beats = double(b.read_beats - a.read_beats) / n;
    double walk_beats = double(ends_.back().walk_beats - walks_before);
    r.needed_read_beats = (double(needed_read_beats_) + walk_beats) / double(frames);
    r.table_reads_per_job = walk_beats / double(beats_of(0, 64, s.config().bus_bytes()) * jobs);
    r.table_reads = vmso_counter(&s.device(), VMSO_REG_COUNTER_TABLE_READS);
    r.payload_bytes = payload_bytes_;
    r.simulated_cycles = s.now() - first_cycle;
    r.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    r.stages = stages(before, after);
    conclude();
    return r;
  }

  Lone lone(Known known) {
    warm();
    System &s = system_;
    Lone lone;
    constexpr unsigned kTimes = 16;
    for (unsigned i = 0; i < kTimes; i++) {
      if (known != Known::kAll) forget(known);
      uint64_t before = needed_read_beats_;
      uint64_t had = ends_.size(), first = 0;
      auto keep = s.on_frame;
      s.on_frame = [&](const StreamFrame &frame) {
        first = frame.first;
        keep(frame);
      };
      Posted posted = post(0, i);
      s.doorbell(0);
      uint64_t rung = s.axil.taken_at();
      until([&] { return ends_.size() > had; });
      s.on_frame = keep;
      finish();
      s.steps(random_.below(64));  // no beat with the sweeps inside
      lone.cycles += double(first - rung) / kTimes;
      lone.slot_beats = unsigned(posted.slots * beats_of(0, 64, s.config().bus_bytes()));
      lone.read_beats = unsigned(needed_read_beats_ - before - lone.slot_beats);
    }
    conclude();
    return lone;
  }

 private:
  // Takes translations of the warm load out of the caches.
  void forget(Known known) {
    System &s = system_;
    uint16_t fence = 0;
    for (const Variant &v : variants_) {
      const bool leaves = known == Known::kPointers;
      for (const UserBuffer &b : v.buffers) {
        unsigned context = s.context_of(s.process_of(0));
        s.check(leaves ? vmso_fence_start_leaf_only(&s.device(), VMSO_FENCE_RANGE, context, b.va,
                                                    b.bytes, &fence)
                       : vmso_fence_start(&s.device(), VMSO_FENCE_ALL, 0, 0, 0, &fence),
                "fence");
      }
    }
    s.check(vmso_fence_wait(&s.device(), fence), "fence wait");
  }

  struct Variant {
    std::vector<uint8_t> payload;
    std::vector<UserBuffer> buffers;
  };

  uint64_t count_jobs() const {
    uint64_t frames = 0, jobs = 0;
    while (jobs < 3 || frames * w_.queues < w_.frames) frames += shape(jobs++).frames();
    return jobs;
  }
  // Each shape as often as the others.
  unsigned variants() const {
    uint64_t shapes = shapes_.size();
    return unsigned(std::min((w_.variants + shapes - 1) / shapes * shapes, jobs_of_queue_));
  }

  SystemOptions options(const Workload &w) const {
    SystemOptions o;
    o.config = w.config;
    o.seed = w.seed;
    o.space = w.space;
    o.queues = w.queues;
    o.read.latency = w.latency;
    o.read.order = w.reorder ? ReadOrder::kInterleaved : ReadOrder::kInOrder;
    o.read.jitter = w.reorder ? w.latency / 4 : 0;
    o.keep_frames = false;
    o.stop = w.stop;
    o.wave = w.wave;
    o.files = w.files;
    uint64_t slots = 0;
    for (const JobShape &shape : shapes_) {
      slots = std::max<uint64_t>(slots, vmso_job_slots(shape.buffers));
    }
    slots *= std::max<uint64_t>(jobs_of_queue_, w.variants + shapes_.size());
    o.log2_slots = std::clamp(unsigned(std::bit_width(slots)), 2u, kLog2MostSlots);
    o.log2_completions = o.log2_slots;
    return o;
  }

  JobSpec job(uint64_t number) {
    const JobShape &shape = this->shape(number);
    JobSpec spec;
    spec.kind = shape.kind;
    spec.header = shape.header;
    spec.mss = shape.mss;
    spec.outer_csum = shape.outer_csum;
    spec.vlan = shape.vlan;
    spec.csum_start = shape.csum_start;
    spec.csum_offset = shape.csum_offset;
    spec.doorbell = false;
    spec.offset = w_.offset;
    unsigned fragments =
        w_.fewer_fragments ? 1 + unsigned(random_.below(w_.fragments)) : shape.buffers;
    for (unsigned i = 0; i < fragments; i++) {
      uint32_t share = shape.bytes / fragments, rest = shape.bytes % fragments;
      spec.cuts.push_back(share + (i < rest));
    }
    return spec;
  }

  JobSpec fresh_job(uint64_t number) {
    JobSpec spec = job(number);
    spec.payload = random_bytes(shape(number).bytes, random_);
    payload_bytes_ += shape(number).bytes;
    return spec;
  }

  // The user's half of a root has 256 entries (x86-32: all 1024). When they are used up, the next
  // lap lies a line of eight entries of the level below further.
  void place_cold(unsigned queue, JobSpec &spec) {
    const Format &format = format_of(w_.space.format);
    const unsigned index = format.index_bits, levels = format.levels;
    const uint64_t root_entries = levels == 2 ? 640 : 248;  // without those of the process itself
    Process &process = system_.process_of(queue);
    const unsigned root_shift = 12 + index * (levels - 1);
    uint64_t va = (1 + cold_ % root_entries) << root_shift;
    if (levels == 3) va |= cold_ / root_entries << (root_shift - index + 3);
    if (levels > 3) {
      va |= cold_ / root_entries << (root_shift - index + 3) | random_.below(512) << 21;
    }
    cold_++;
    size_t at = 0;
    for (uint32_t bytes : spec.cuts) {
      unsigned offset = spec.offset.value_or(unsigned(random_.below(kPage / 2)) * 2 + 1);
      UserBuffer b = process.place_at(va + offset, std::span(spec.payload).subspan(at, bytes));
      spec.placed.push_back(b);
      va += (offset + bytes + kPage - 1) / kPage * kPage + kPage;
      at += bytes;
    }
  }

  template <typename Condition>
  void until(Condition &&condition) {
    if (!system_.run_until(condition, kBudget)) {
      throw Error("the load does not end:\n" + system_.findings().report());
    }
  }

  void finish() {
    if (!system_.drain(kBudget)) {
      throw Error("the load does not end:\n" + system_.findings().report());
    }
  }

  void conclude() {
    std::string report = system_.conclude();
    if (!report.empty()) throw Error("the run was wrong, so it has no figure:\n" + report);
  }

  using Counters = std::vector<uint64_t>;
  struct StageCounters {
    const char *name;
    uint32_t busy, blocked, starved;
  };
  static const std::vector<StageCounters> &stage_counters() {
    static const std::vector<StageCounters> table = {
        {"load", VMSO_REG_COUNTER_LOAD_BUSY, VMSO_REG_COUNTER_LOAD_BLOCKED,
         VMSO_REG_COUNTER_LOAD_STARVED},
        {"xlat", VMSO_REG_COUNTER_XLAT_BUSY, VMSO_REG_COUNTER_XLAT_BLOCKED,
         VMSO_REG_COUNTER_XLAT_STARVED},
        {"seg", VMSO_REG_COUNTER_SEG_BUSY, VMSO_REG_COUNTER_SEG_BLOCKED,
         VMSO_REG_COUNTER_SEG_STARVED},
        {"read", VMSO_REG_COUNTER_READ_BUSY, VMSO_REG_COUNTER_READ_BLOCKED,
         VMSO_REG_COUNTER_READ_STARVED},
        {"out", VMSO_REG_COUNTER_OUT_BUSY, VMSO_REG_COUNTER_OUT_BLOCKED,
         VMSO_REG_COUNTER_OUT_STARVED},
    };
    return table;
  }

  Counters counters() {
    Counters c{vmso_counter(&system_.device(), VMSO_REG_COUNTER_CYCLES)};
    for (const StageCounters &stage : stage_counters()) {
      for (uint32_t offset : {stage.busy, stage.blocked, stage.starved}) {
        c.push_back(vmso_counter(&system_.device(), offset));
      }
    }
    return c;
  }

  std::vector<Stage> stages(const Counters &before, const Counters &after) const {
    std::vector<Stage> all;
    double cycles = double(after[0] - before[0]);
    size_t i = 1;
    for (const StageCounters &stage : stage_counters()) {
      auto share = [&] {
        double count = double(after[i] - before[i]);
        i++;
        return count / cycles;
      };
      Stage s{stage.name};
      s.busy = share();
      s.blocked = share();
      s.starved = share();
      all.push_back(s);
    }
    return all;
  }

  Workload w_;
  std::vector<JobShape> shapes_;
  uint64_t jobs_of_queue_;
  Random random_;
  System system_;
  std::vector<Snapshot> ends_;
  std::vector<Variant> variants_;
  uint64_t needed_read_beats_ = 0, cold_ = 0, payload_bytes_ = 0;
};

}  // namespace

uint64_t JobShape::frames() const {
  return std::max<uint64_t>((bytes + payload_of_frame(*this) - 1) / payload_of_frame(*this), 1);
}
uint64_t JobShape::longest_frame() const {
  return std::min<uint64_t>(bytes, payload_of_frame(*this)) + header.bytes.size() + (vlan ? 4 : 0);
}

Rates measure(const Workload &workload) { return Run(workload).steady(); }

Lone measure_lone(const Workload &workload, Known known) { return Run(workload).lone(known); }

}  // namespace vmso::bench
