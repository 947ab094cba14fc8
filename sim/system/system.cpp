// SPDX-License-Identifier: Apache-2.0
#include "system/system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "debug/capture.hpp"
#include "debug/retire_log.hpp"
#include "debug/timeline.hpp"

namespace vmso {
bool queue_shows(uint32_t word, enum vmso_queue_state state) {
#ifdef VMSO_REG_QUEUE_STATE_PENDING_bm
  if (word & VMSO_REG_QUEUE_STATE_PENDING_bm) return false;
#endif
  return (word & VMSO_REG_QUEUE_STATE_STATE_bm) == state;
}

std::vector<uint32_t> cut_odd(uint64_t bytes, unsigned count, Random &random) {
  std::vector<uint32_t> cuts;
  uint64_t left = bytes;
  for (unsigned i = 0; i < count && left > 0; i++) {
    uint64_t others = count - 1 - i;
    if (others == 0 || left <= others) {
      uint64_t n = others == 0 ? left : 1;
      cuts.push_back(uint32_t(n));
      left -= n;
      continue;
    }
    uint64_t share = std::max<uint64_t>(left / (others + 1), 1);
    uint64_t n = std::min(share / 2 + random.below(share + 1), left - others) | 1;
    if (n > left - others) n = n > 2 ? n - 2 : 1;
    cuts.push_back(uint32_t(n));
    left -= n;
  }
  return cuts;
}

std::vector<uint8_t> random_bytes(size_t count, Random &random) {
  std::vector<uint8_t> bytes(count);
  for (uint8_t &b : bytes) b = uint8_t(random());
  return bytes;
}

reference::Context context_of(const AddressSpace &space) {
  reference::Context c;
  c.format = space.format().code;
  c.root = space.root();
  c.limit = space.limit();
  c.pa_bits = space.pa_bits();
  const HostFeatures &host = space.features();
  c.gb = host.gb;
  c.xd = host.xd;
  c.pse = host.pse;
  c.rsw = host.rsw;
  c.napot = host.napot;
  c.pbmt = host.pbmt;
  c.hpd = host.hpd;
  return c;
}

// ---- parts
// -----------------------------------------------------------------------------------------

void System::Parts::sample(const DutOutputs &out, const DutInputs &in, uint64_t now) {
  if (out.retire_valid) s.take_retired(out.retire, now);
  for (auto &observer : s.observers_) observer->ports(out, in, now);
  s.reads.sample(out, now);
  s.writes.sample(out, now);
  s.axil.sample(out);
  s.bus.sample(now);
  s.sink.sample(out, now);
  s.watchdog.sample(out, in, now);
}

void System::Parts::drive(DutInputs &in, uint64_t now) {
  s.reads.drive(in, now);
  s.writes.drive(in, now);
  s.bus.drive(now);
  s.axil.drive(in);
  s.sink.drive(in);
}

void System::Parts::restart(DutInputs &in) {
  s.reads.restart(in);
  s.writes.restart(in);
  s.axil.restart(in);
  s.bus.restart();
  s.sink.restart(in);
}

// ---- construction
// -----------------------------------------------------------------------------------

WarmDut System::engine_of(const SystemOptions &o) {
  const DutOptions options = dut_options(o);
  return o.warm ? make_warm_dut(options) : WarmDut{make_dut(options)};
}

DutOptions dut_options(const SystemOptions &o) {
  return {o.config, o.seed, 1000000 / o.clock_mhz, o.wave};
}

System::System(const SystemOptions &options)
    : options_(options),
      allocator(Random(options.seed, "frames")),
      reads(memory, config_info(options.config).bus_bytes(), Random(options.seed, "axi read"),
            findings_),
      writes(memory, config_info(options.config).bus_bytes(), Random(options.seed, "axi write"),
             findings_),
      axil(findings_),
      sink(config_info(options.config).bus_bytes(), Random(options.seed, "axis"), findings_),
      scoreboard(config_info(options.config).queues, findings_),
      random_(options.seed, "system"),
      payload_random_(options.seed, "payload"),
      bench_(engine_of(options), findings_) {
  if (options.queues > config().queues) {
    throw Error(fmt::format("{} queues: configuration {} has {}", options.queues, config().name,
                            config().queues),
                2);
  }
  if (options.processes < 1 || options.processes + 1 > config().contexts) {
    throw Error(fmt::format("{} processes: configuration {} has {} contexts, one is the kernel's",
                            options.processes, config().name, config().contexts));
  }
  reads.knobs = options.read;
  writes.knobs = options.write;
  reads.record = writes.record = options.record;
  sink.pattern = Backpressure::parse(options.backpressure);
  watchdog.patience = 20000 + 10ull * options.read.latency + 4ull * options.read.jitter +
                      4 * sink.pattern.patience();
  scoreboard.with_retire_port = true;
  scoreboard.origin = [this](const Suspect &suspect) { return origin(suspect); };

  contexts_.push_back({VMSO_FORMAT_IDENTITY, kKernelBase, kKernelBase + kKernelBytes - 1, kPaBits});
  for (unsigned i = 0; i < options.processes; i++) add_process(i);
  place_windows();
  queues_.resize(options.queues);
  for (unsigned i = 0; i < options.queues; i++) {
    Queue &q = queues_[i];
    uint64_t ring_bytes = uint64_t{64} << options.log2_slots;
    uint64_t completion_bytes = uint64_t{32} << options.log2_completions;
    uint64_t template_bytes = (uint64_t{1} << options.log2_slots) * kTemplateStride;
    q.ring_pa = kernel_alloc(ring_bytes);
    q.completion_pa = kernel_alloc(completion_bytes);
    q.template_pa = kernel_alloc(template_bytes);
    q.slots = memory.make_contiguous(q.ring_pa, ring_bytes, FrameKind::kRing, i);
    q.records =
        memory.make_contiguous(q.completion_pa, completion_bytes, FrameKind::kCompletion, i);
    memory.make_contiguous(q.template_pa, template_bytes, FrameKind::kTemplate, i);
    size_t owner = i < options.owners.size() ? options.owners[i] : i % processes_.size();
    q.process = processes_.at(owner).get();
    scoreboard.set_ring(i, options.log2_slots);
  }
  add_notes();
  add_observers();
  if (options.churn) add_manager();
  began_ = now();
  if (options.warm) {
    bench_.join(parts_);
  } else {
    bench_.reset(parts_);
  }
  if (options.bring_up) bring_up();
}

System::~System() = default;

void System::add_observers() {
  const RecordFiles &files = options_.files;
  const unsigned mhz = options_.clock_mhz;
  if (!files.pcap.empty()) {
    observe(std::make_unique<CaptureObserver>(files.pcap, mhz));
  }
  if (!files.log.empty()) observe(std::make_unique<RetireLog>(files.log));
  if (!files.timeline.empty()) {
    Timeline::Host host{.bus_bytes = config().bus_bytes(),
                        .fence_status_address = fence_status_pa_,
                        .process = [this](unsigned queue) { return process_of(queue).id(); },
                        .frame = [this](uint64_t pa) { return memory.device(pa); }};
    observe(std::make_unique<Timeline>(files.timeline, mhz, std::move(host)));
  }
}

void System::observe(std::unique_ptr<Observer> observer) {
  observers_.push_back(std::move(observer));
  reads.on_answer = [this](const ReadRecord &read) {
    for (auto &observer : observers_) observer->answered(read);
  };
}

void System::flush_observers() {
  for (auto &observer : observers_) observer->flush();
}

void System::take_retired(Retired order, uint64_t now) {
  order.at = now;
  scoreboard.retired(order);
  for (auto &observer : observers_) observer->retired(order);
}

void System::add_process(unsigned index) {
  const SpaceOptions &o = index < options_.spaces.size() ? options_.spaces[index] : options_.space;
  processes_.push_back(make_process(index, o));
  contexts_.push_back(vmso::context_of(processes_.back()->space()));
}

std::unique_ptr<Process> System::make_process(unsigned index, const SpaceOptions &o) {
  std::string name = fmt::format("process {}", index);
  if (lives_) name += fmt::format(" {}", lives_);
  auto process =
      std::make_unique<Process>(memory, allocator, o, Random(options_.seed, name), index);
  process->on_demand = options_.demand_paging;
  return process;
}

void System::add_manager() {
  auto parks = [this](unsigned q) {
    return q < options_.parks.size() ? options_.parks[q] : options_.park;
  };
  MemoryManager::Host host{
      device_,
      memory,
      allocator,
      findings_,
      unsigned(processes_.size()),
      [this](unsigned i) -> Process & { return *processes_.at(i); },
      [this](unsigned i) { return context_of(*processes_.at(i)); },
      [this, parks](unsigned i) {
        bool all = pager_ != nullptr;
        for (unsigned q = 0; q < queues_.size(); q++) {
          all = all && (queues_[q].process != processes_.at(i).get() || parks(q));
        }
        return all;
      },
      [this](unsigned i) {
        return start_commit(i + 1, vmso::context_of(processes_.at(i)->space()));
      },
      [this](uint64_t first, uint64_t last) { return reads.open_in(first, last); },
      [this] { return now(); }};
  manager_ = std::make_unique<MemoryManager>(std::move(host), *options_.churn,
                                             Random(options_.seed, "memory manager"));
}

// What the engine writes for the kernel alone: fault records, the number of the last fence.
void System::add_notes() {
  constexpr uint32_t kNoQueue = ~0u;
  if (options_.log2_faults) {
    uint64_t bytes = uint64_t{VMSO_FAULT_RECORD_BYTES} << options_.log2_faults;
    fault_pa_ = kernel_alloc(bytes);
    fault_records_ = memory.make_contiguous(fault_pa_, bytes, FrameKind::kNotes, kNoQueue);
  }
  if (options_.fence_status) {
    fence_status_pa_ = kernel_alloc(VMSO_FAULT_RECORD_BYTES);
    fence_status_ = memory.make_contiguous(fence_status_pa_, VMSO_FAULT_RECORD_BYTES,
                                           FrameKind::kNotes, kNoQueue);
  }
  if (!options_.pager) return;
  pager_ = std::make_unique<Pager>(
      device_, options_.log2_faults ? &fault_ring_ : nullptr, *options_.pager,
      Random(options_.seed, "pager"),
      [this](unsigned context) {
        return context >= 1 && context <= processes_.size() ? processes_[context - 1].get()
                                                            : nullptr;
      },
      [this] { return now(); });
}

void System::place_windows() {
  windows_ = {{kKernelBase, kKernelBase + kKernelBytes - 1}};
  for (const FrameZone &zone : frame_zones()) {
    bool used = options_.open_all || std::ranges::any_of(processes_, [&](const auto &process) {
                  return frame_zone(process->space().pa_bits()).base == zone.base;
                });
    if (!used) continue;
    if (windows_.back().last + 1 == zone.base) {
      windows_.back().last = zone.last;
    } else {
      windows_.push_back({zone.base, zone.last});
    }
  }
}

uint64_t System::kernel_alloc(uint64_t bytes) {
  uint64_t pa = kernel_next_ + random_.below(4) * kFrameBytes;
  kernel_next_ = (pa + bytes + kFrameBytes - 1) / kFrameBytes * kFrameBytes;
  if (kernel_next_ > kKernelBase + kKernelBytes)
    throw Error("kernel memory is full: fewer or smaller rings");
  return pa;
}

void System::check(int error, const char *what) {
  if (error == VMSO_OK) return;
  const char *names[] = {"ok",        "wrong id",          "timeout",        "argument",
                         "ring full", "wrong queue state", "command pending"};
  throw Error(fmt::format("{}: {} ({})", what, error,
                          names[size_t(-error) < std::size(names) ? size_t(-error) : 0]));
}

vmso_io System::io() {
  return {this, [](void *s, uint32_t offset) { return static_cast<System *>(s)->read32(offset); },
          [](void *s, uint32_t offset, uint32_t value) {
            static_cast<System *>(s)->write32(offset, value);
          },
          [](void *s) { static_cast<System *>(s)->cycle(); }};
}

void System::bring_up() {
  vmso_io access = io();
  check(vmso_device_init(&device_, &access), "device init");
  device_.poll_limit = 50000;
  const ConfigInfo &c = config();
  if (device_.data_bits != c.data_bits || device_.queues != c.queues ||
      device_.contexts != c.contexts || device_.vectors != c.vectors ||
      device_.max_frame != c.max_frame) {
    findings_.add("capability registers do not fit the configuration");
  }
  for (unsigned i = 0; i < windows_.size(); i++) {
    check(vmso_window_set(&device_, i, windows_[i].first, windows_[i].last), "window");
  }
  for (unsigned i = 0; i < contexts_.size(); i++) commit_context(i, contexts_[i]);
  if (fault_records_) {
    check(vmso_fault_ring_init(&device_, &fault_ring_, fault_records_, fault_pa_,
                               options_.log2_faults),
          "fault ring");
  }
  if (fence_status_) {
    check(vmso_fence_status_set(&device_, fence_status_, fence_status_pa_), "fence status");
  }
  if (pager_) pager_->begin();
  for (unsigned i = 0; i < queues_.size(); i++) configure_queue(i);
}

void System::commit_context(unsigned index, const reference::Context &c) {
  check(vmso_fence_wait(&device_, start_commit(index, c)), "fence of a context");
}

uint16_t System::start_commit(unsigned index, const reference::Context &c) {
  vmso_context config{};
  config.format = c.format;
  config.pa_bits = c.pa_bits;
  config.root = c.root;
  config.limit = c.limit;
  config.flags = (c.af_ignore ? VMSO_CONTEXT_AF_IGNORE : 0) | (c.priv ? VMSO_CONTEXT_PRIV : 0) |
                 (c.gb ? VMSO_CONTEXT_GB : 0) | (c.xd ? VMSO_CONTEXT_XD : 0) |
                 (c.pse ? VMSO_CONTEXT_PSE : 0) | (c.rsw ? VMSO_CONTEXT_RSW : 0) |
                 (c.napot ? VMSO_CONTEXT_NAPOT : 0) | (c.pbmt ? VMSO_CONTEXT_PBMT : 0) |
                 (c.hpd ? VMSO_CONTEXT_HPD : 0);
  uint16_t fence = 0;
  check(vmso_context_set(&device_, index, &config, &fence), "context");
  contexts_.at(index) = c;
  return fence;
}

void System::replace_process(unsigned index, const SpaceOptions &next, bool stop) {
  double rate = std::exchange(manager_->knobs.rate, 0);
  run_until([&] { return !manager_->under_way(index); }, 1000000);
  Process &process = *processes_.at(index);
  std::vector<unsigned> its;
  for (unsigned q = 0; q < queues_.size(); q++) {
    if (queues_[q].process == &process) its.push_back(q);
  }
  for (unsigned q : its) {
    // A queue that is parked, or has just been, cannot be stopped.
    if (!stop || vmso_queue_stop(&device_, q) != VMSO_OK) {
      check(vmso_queue_reset(&device_, q), "queue RESET");
    }
  }
  if (pager_) pager_->leave(its);
  reference::Context off{};
  off.format = VMSO_FORMAT_OFF;
  off.pa_bits = 0;
  commit_context(index + 1, off);
  settle();  // what was completed before still counts
  manager_->bury(index, process.leave());
  manager_->counts.done[size_t(Churn::kExit)]++;
  lives_++;
  auto fresh = make_process(index, next);
  std::swap(processes_[index], fresh);  // the old one lives until its queues have moved
  for (unsigned q : its) queues_[q].process = processes_[index].get();
  commit_context(index + 1, vmso::context_of(processes_[index]->space()));
  for (unsigned q : its) restart_queue(q);
  manager_->knobs.rate = rate;
}

void System::configure_queue(unsigned index) {
  Queue &q = queues_.at(index);
  vmso_queue_config config{};
  config.ring_base = q.ring_pa;
  config.log2_slots = options_.log2_slots;
  config.completion_base = q.completion_pa;
  config.log2_completions = options_.log2_completions;
  config.vector = index % config_info(options_.config).vectors;
  config.contexts[kUserSpace] = uint16_t(context_of(*q.process));
  config.contexts[kKernelSpace] = kKernelContext;
  config.granted = 1u << kUserSpace | 1u << kKernelSpace;
  auto of = [&](const auto &list, auto missing) {
    return index < list.size() ? list[index] : missing;
  };
  config.weight = of(options_.weights, 1u);
  config.rate_bytes = of(options_.rate_bytes, 0u);
  config.rate_frames = of(options_.rate_frames, 0u);
  config.park = index < options_.parks.size() ? options_.parks[index] : options_.park;
  check(vmso_queue_configure(&device_, index, &config), "queue configuration");
  vmso_io access = io();
  vmso_ring_init(&q.ring, &access, VMSO_REG_DOORBELL(index), q.slots, options_.log2_slots,
                 q.records, options_.log2_completions);
  q.acked = 0;
  check(vmso_queue_command(&device_, index, VMSO_CMD_ENABLE), "queue ENABLE");
  check(vmso_queue_wait(&device_, index, VMSO_QUEUE_RUN), "queue RUN");
}

void System::restart_queue(unsigned index) {
  check(vmso_queue_reset(&device_, index), "queue RESET");
  renew_queue(index);
}

void System::renew_queue(unsigned index) {
  settle();  // what was completed before still counts
  // What leaves as the queue is reset was begun before, and a long frame takes its time.
  run_until([&] { return !sink.inside_of(index); }, kLongestFrame);
  scoreboard.forget(index);
  if (pager_) pager_->forget(index);
  configure_queue(index);
}

void System::leave_to_owner(unsigned queue) {
  queues_.at(queue).left_to_owner = true;
  scoreboard.ignore(queue);
}

void System::settle() {
  if (!writes.touched.empty()) reap();
  steps(judge_delay() + 1);
}

void System::soft_reset() {
  std::vector<Agent *> resting;
  std::swap(resting, agents);
  check(vmso_device_reset(&device_), "soft reset");
  settle();
  run_until([&] { return !sink.inside(); }, kLongestFrame);
  for (unsigned i = 0; i < queues_.size(); i++) scoreboard.forget(i);
  payloads_.clear();
  if (options_.bring_up) bring_up();
  for (Agent *agent : resting) agent->restart();
  std::swap(resting, agents);
}

void System::reset() {
  bench_.reset(parts_);
  seen_.clear();
  writes.touched.clear();
  scoreboard.restart();
  for (auto &observer : observers_) observer->restarted(now());
  payloads_.clear();
  if (options_.bring_up) bring_up();
}

void System::fence(const Process &process, const UserBuffer &buffer) {
  uint16_t number = 0;
  check(vmso_fence_start(&device_, VMSO_FENCE_RANGE, context_of(process), buffer.va, buffer.bytes,
                         &number),
        "fence");
  check(vmso_fence_wait(&device_, number), "fence");
}

uint16_t System::start_fence(std::span<const Unmapped> buffers) {
  uint64_t first = ~uint64_t{0}, end = 0;
  const Process &process = *buffers.front().process;
  vmso_fence_kind kind = VMSO_FENCE_RANGE;
  for (const Unmapped &u : buffers) {
    if (u.process != &process) kind = VMSO_FENCE_ALL;
    first = std::min(first, u.buffer.va);
    end = std::max(end, u.buffer.va + u.buffer.bytes);
  }
  uint16_t number = 0;
  check(vmso_fence_start(&device_, kind, context_of(process), first, end - first, &number),
        "fence");
  return number;
}

bool System::swap_out(const Posted &posted, Random &random) {
  if (posted.buffers.empty()) return false;
  const UserBuffer &b = posted.buffers[random.below(posted.buffers.size())];
  Process &process = process_of(posted.queue);
  if (b.bytes == 0 || !process.page_out(b.va + random.below(b.bytes))) return false;
  fence(process, b);
  return true;
}

void System::start_stopped() {
  for (unsigned q = 0; q < queues(); q++) {
    if (queues_[q].left_to_owner) continue;
    if (vmso_queue_state(&device_, q) == VMSO_QUEUE_STOPPED) vmso_queue_start(&device_, q);
  }
}

// ---- time
// ---------------------------------------------------------------------------------------------

void System::cycle() {
  for (Agent *agent : agents) agent->act(now());
  bench_.cycle(parts_);
  if (!measuring_ && sink.beats > 0) {
    measuring_ = true;
    read_beats_first_ = reads.counts.all_beats() - (reads.last_beat == sink.first_beat);
  }
  if (!sink.done.empty()) take_frames();
}

void System::take_frames() {
  read_beats_last_ = reads.counts.all_beats();
  for (StreamFrame &frame : sink.done) {
    scoreboard.frame(frame);
    if (!observers_.empty()) {
      const auto match = scoreboard.last_match();
      for (auto &observer : observers_) observer->left(frame, match ? &*match : nullptr);
    }
    if (manager_) manager_->look(frame.bytes, frame.number);
    if (on_frame) on_frame(frame);
    if (options_.keep_frames) frames_.push_back(std::move(frame));
  }
  sink.done.clear();
}

void System::step() {
  if (options_.stop && now() % 1024 == 0 && *options_.stop) throw Error("interrupted", 130);
  cycle();
  if (auto_reap && !writes.touched.empty()) reap();
  judge();
  if (manager_) manager_->act();
  if (!pager_) return;
  pager_->act(bench_.out().irq);
  if (pager_->busy()) watchdog.pet(now());
}

void System::steps(uint64_t n) {
  for (uint64_t i = 0; i < n; i++) step();
}

void System::reap() {
  std::vector<uint32_t> touched;
  std::swap(touched, writes.touched);
  for (uint32_t index : touched) {
    if (index >= queues_.size() || queues_[index].left_to_owner) continue;
    Queue &q = queues_[index];
    vmso_completion record;
    while (vmso_ring_reap(&q.ring, &record)) {
      Completion c = decode(record);
      c.at = now();
      seen_.push_back(c);
    }
    uint16_t owed = uint16_t(q.ring.seen - q.acked);
    if (auto_ack && owed >= 1u << options_.log2_completions >> 2) {
      q.acked = q.ring.seen;
      vmso_ring_ack(&q.ring);
    }
  }
}

// A job's end is reported when its last beat enters the output FIFO, up to four beats before the
// wire; so a completion is judged when those beats have had the time to leave a MAC that stalls.
void System::judge() {
  while (!seen_.empty() && seen_.front().at + judge_delay() <= now()) {
    const Completion &c = seen_.front();
    scoreboard.completion(c.queue, c);
    for (auto &observer : observers_) observer->completed(c);
    payloads_.erase(c.cookie);
    queues_[c.queue].completions.push_back(c);
    seen_.pop_front();
  }
}

bool System::give_up(uint64_t end) {
  report_hang(now() >= end ? "the budget of cycles is over" : "nothing moves any more");
  return false;
}

void System::report_hang(const std::string &why) {
  findings_.now = now();
  if (std::exchange(hung_, true)) return;
  findings_.add(fmt::format("{}\n{}", why, hang_report()));
}

bool System::drain(uint64_t budget) {
  bool ended = run_until([&] { return scoreboard.idle(); }, budget);
  return ended && run_until([&] { return reads.idle() && writes.idle(); }, budget);
}

// ---- registers
// -----------------------------------------------------------------------------------------

void System::access() {
  uint64_t end = now() + access_budget;
  while (bus.waiting(0) > 0) {
    if (now() >= end) {
      hung_ = true;
      findings_.now = now();
      findings_.add("a register access does not end");
      throw Error("a register access does not end:\n" + findings_.report());
    }
    cycle();
  }
}

uint32_t System::read32(uint32_t offset) {
  // The master itself may be at the next owner's access when we look.
  bus.read(0, offset, [this](uint32_t answer, uint64_t) { answer_ = answer; });
  access();
  return answer_;
}

void System::write32(uint32_t offset, uint32_t value, uint8_t strobes) {
  if (options_.record && offset >= VMSO_REG_DOORBELL(0) && offset % VMSO_REG_DOORBELL_STRIDE == 0) {
    doorbells_.push_back(
        {now(), (offset - VMSO_REG_DOORBELL(0)) / VMSO_REG_DOORBELL_STRIDE, uint16_t(value)});
  }
  bus.write(0, offset, value, strobes);
  access();
}

// ---- jobs
// -----------------------------------------------------------------------------------------------

uint64_t System::kernel_store(unsigned queue, std::span<const uint8_t> bytes) {
  Queue &q = queues_.at(queue);
  if (bytes.size() > kTemplateStride - 64) throw Error("kernel_store: at most 512 bytes");
  unsigned place = q.store_next++ & ((1u << options_.log2_slots) - 1);
  uint64_t pa = q.template_pa + place * kTemplateStride + random_.below(64);
  memory.kernel_write(pa, bytes);
  return pa;
}

reference::Job reference_job(const JobSpec &spec, uint64_t payload_bytes) {
  reference::Job job;
  job.kind = spec.kind;
  job.header = spec.header.bytes;
  job.l3 = spec.header.l3;
  job.l4 = spec.header.l4;
  job.mss = spec.mss;
  job.l4_mode = spec.l4_mode;
  job.id_mode = spec.id_mode;
  if (spec.flag_profile == 1) job.flag_masks = {0xff6, 0xff6, 0xfff};
  job.payload_bytes = payload_bytes;
  job.outer_l3 = spec.header.outer_l3;
  job.outer_l4 = spec.header.outer_l4;
  job.outer_id_mode = spec.outer_id_mode;
  job.outer_csum = spec.outer_csum;
  job.csum_start = spec.csum_start;
  job.csum_offset = spec.csum_offset;
  job.vlan = spec.vlan;
  return job;
}

std::optional<Posted> System::try_post(unsigned queue, const JobSpec &spec) {
  Queue &q = queues_.at(queue);
  std::span<const uint8_t> payload = spec.view.empty() ? std::span(spec.payload) : spec.view;
  std::vector<uint32_t> cuts = spec.cuts;
  if (spec.placed.empty() && cuts.empty())
    cuts = cut_odd(payload.size(), spec.buffers, payload_random_);
  size_t buffer_count = spec.placed.empty() ? cuts.size() : spec.placed.size();
  if (vmso_job_slots(buffer_count) > vmso_ring_free(&q.ring)) return std::nullopt;

  // The process: payload somewhere in its memory.
  Posted posted{next_cookie(),
                queue,
                q.ring.producer,
                vmso_job_slots(buffer_count),
                0,
                uint32_t(spec.header.bytes.size()),
                spec.placed};
  if (spec.placed.empty()) {
    size_t at = 0;
    for (uint32_t n : cuts) {
      posted.buffers.push_back(q.process->place(payload.subspan(at, n), spec.offset));
      at += n;
    }
  }

  // The driver: template and descriptors, no payload.
  std::vector<vmso_buffer_ref> refs;
  for (const UserBuffer &b : posted.buffers) refs.push_back({b.va, b.bytes, kUserSpace});
  if (!spec.header.bytes.empty()) posted.template_pa = kernel_store(queue, spec.header.bytes);
  vmso_job job{};
  job.kind = spec.kind;
  job.cookie = posted.cookie;
  job.completion_wanted = spec.completion_wanted;
  job.interrupt_wanted = spec.interrupt_wanted;
  job.header = {posted.template_pa, uint32_t(spec.header.bytes.size()), kKernelSpace};
  job.l3_offset = spec.header.l3;
  job.l4_offset = spec.header.l4;
  job.mss = spec.mss;
  bool segments = spec.kind == VMSO_KIND_TCP_SEG || spec.kind == VMSO_KIND_UDP_SEG;
  job.l4_mode = segments ? spec.l4_mode : VMSO_L4_NONE;
  job.id_mode = spec.id_mode;
  job.flag_profile = spec.flag_profile;
  job.csum_start = spec.csum_start;
  job.csum_offset = spec.csum_offset;
  job.outer_l3_offset = spec.header.outer_l3;
  job.outer_l4_offset = spec.header.outer_l4;
  job.outer_id_mode = spec.outer_id_mode;
  job.outer_csum = spec.outer_csum;
  if (spec.vlan) {
    job.vlan_insert = true;
    job.vlan_88a8 = spec.vlan->tpid == 0x88a8;
    job.vlan_tci = spec.vlan->tci;
  }
  job.buffers = refs.data();
  job.buffer_count = refs.size();
  check(vmso_ring_post(&q.ring, &job), "post");
  const unsigned place = posted.slot & ((1u << options_.log2_slots) - 1);
  uint8_t *words = q.slots + place * sizeof(vmso_first_slot);
  vmso_first_slot slot;
  std::memcpy(&slot, words, sizeof(slot));
  if (spec.spoil) {
    spec.spoil(slot);
    std::memcpy(words, &slot, sizeof(slot));
  }

  // The scoreboard: what has to come of it.
  ExpectedJob expected;
  expected.cookie = posted.cookie;
  expected.queue = queue;
  expected.slot = posted.slot;
  expected.slots = posted.slots;
  expected.job = reference_job(spec, payload.size());
  if (spec.view.empty()) {
    payload = payloads_[posted.cookie] = spec.payload;
  }
  expected.payload = {payload};
  expected.buffers = posted.buffers;
  expected.template_pa = posted.template_pa;
  // the driver asks for more of them than his caller: slots have to come back
  expected.completion_wanted =
      vmso_first_slot_completion_wanted(&slot) || vmso_first_slot_interrupt_wanted(&slot);
  expected.may_fail = spec.may_fail;
  expected.refused = spec.refused;
  expected.fault = spec.fault;
  for (auto &observer : observers_) observer->posted(expected, now());
  scoreboard.post(std::move(expected));

  if (spec.doorbell) doorbell(queue);
  return posted;
}

Posted System::post(unsigned queue, const JobSpec &spec) {
  std::optional<Posted> posted;
  run_until([&] { return (posted = try_post(queue, spec)).has_value(); }, 2000000);
  if (!posted) throw Error("post: no room in the ring:\n" + findings_.report());
  return *posted;
}

void System::post_raw(unsigned queue, std::span<const uint64_t> words, bool ring) {
  check(vmso_ring_post_raw(&queues_.at(queue).ring, words.data(), uint32_t(words.size() / 8)),
        "post_raw");
  if (ring) doorbell(queue);
}

void System::doorbell(unsigned queue) { vmso_ring_doorbell(&queues_.at(queue).ring); }

const std::vector<Completion> &System::completions(unsigned queue) const {
  return queues_.at(queue).completions;
}

std::vector<Completion> System::take_completions(unsigned queue) {
  return std::exchange(queues_.at(queue).completions, {});
}

// ---- ends
// -----------------------------------------------------------------------------------------------

Measured System::measured() const {
  Measured m;
  if (sink.beats == 0) return m;
  m.cycles = sink.last_beat - sink.first_beat + 1;
  m.wire_beats = sink.beats;
  m.read_beats = read_beats_last_ - read_beats_first_;
  m.frames = sink.frames;
  m.bytes = sink.bytes;
  return m;
}

std::string System::conclude() {
  findings_.now = now();
  flush_observers();
  scoreboard.conclude();
  if (memory.touched().payload_bytes > 0) {
    findings_.add(
        fmt::format("the driver touched {} bytes of payload", memory.touched().payload_bytes));
  }
  if (!hung_ && device_.queues > 0) {
    uint32_t sticky = read32(VMSO_REG_STICKY) & ~allowed_sticky;
    if (pager_) sticky &= ~(VMSO_REG_STICKY_FAULT_bm | VMSO_REG_STICKY_FAULT_OVERFLOW_bm);
    if (sticky) findings_.add(fmt::format("sticky bits {:#x} are set", sticky));
    auto same = [&](const char *name, uint32_t offset, uint64_t seen) {
      uint64_t count = vmso_counter(&device_, offset);
      if (count != seen)
        findings_.add(fmt::format("counter {} is {}, the bus had {}", name, count, seen));
    };
    same("FRAMES", VMSO_REG_COUNTER_FRAMES, sink.frames);
    same("FRAME_BYTES", VMSO_REG_COUNTER_FRAME_BYTES, sink.bytes);
    same("WIRE_BEATS", VMSO_REG_COUNTER_WIRE_BEATS, sink.beats);
    same("READ_BEATS", VMSO_REG_COUNTER_READ_BEATS, reads.counts.all_beats());
    same("TABLE_READS", VMSO_REG_COUNTER_TABLE_READS,
         reads.counts.bursts[size_t(ReadClass::kWalk)]);
  }
  return findings_.report();
}

}  // namespace vmso
