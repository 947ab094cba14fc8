// SPDX-License-Identifier: Apache-2.0
#include "app/sender.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso {
namespace {

constexpr uint32_t kLatencies = 8;  // of memory, that a read may take before it counts as lost
constexpr uint64_t kStillBudget = 20000000;  // cycles between two completions, at the very most
constexpr unsigned kLog2Faults = 6;          // a record of each of so many queues
constexpr unsigned kBatch = 4;               // jobs of one flow before the next has its turn

// What is left of buffers behind their first `sent` bytes.
std::vector<UserBuffer> behind(std::span<const UserBuffer> buffers, uint32_t sent) {
  std::vector<UserBuffer> rest;
  for (UserBuffer b : buffers) {
    uint32_t skip = std::min(b.bytes, sent);
    sent -= skip;
    if (b.bytes > skip) rest.push_back({b.va + skip, b.bytes - skip});
  }
  return rest;
}

}  // namespace

Sender::Sender(const SendOptions &options, std::span<const uint8_t> file)
    : options_(options),
      may_fail_(options.system.read.error_rate > 0 ||
                (options.demand_paging && !options.system.park)),
      header_bytes_(uint32_t(flow_header_bytes(options.headers))),
      file_(file),
      system_([&] {
        SystemOptions o = options.system;
        o.keep_frames = false;
        o.record = options.explain;
        o.demand_paging = options.demand_paging;
        if (options.churn > 0) {
          o.churn = ChurnKnobs{.rate = options.churn};
          o.fence_status = true;
        }
        if ((options.demand_paging || options.churn > 0) && o.park) {
          o.pager = options.pager;
          o.log2_faults = kLog2Faults;
        }
        return std::make_unique<System>(o);
      }()),
      reassembler_(system_->findings()) {
  if (options_.mss == 0) options_.mss = usual_mss(options_.headers);
  const ReadKnobs &read = options.system.read;
  uint32_t patience = kLatencies * (read.latency + read.jitter);
  vmso_device &device = system_->device();
  if (patience > vmso_read32(&device, VMSO_REG_READ_TIMEOUT)) {
    vmso_read_timeout_set(&device, patience);
  }
  Random random(options.system.seed, "flows");
  Random outer_random(options.system.seed, "tunnels");
  unsigned count = options.system.queues;
  flows_.resize(count);
  for (unsigned i = 0; i < count; i++) {
    uint64_t first = file.size() * i / count, end = file.size() * (i + 1) / count;
    Flow &f = flows_[i];
    f.stream = file.subspan(first, end - first);
    f.first.seq = uint32_t(random());
    f.first.ip_id = unsigned(random.below(0x10000));
    f.first.outer_ip_id = unsigned(outer_random.below(0x10000));
    f.first.source_port = 49152 + i;
    f.done = f.stream.empty() && !(i == 0 && file.empty());
    if (f.done) continue;
    FlowRule rule = flow_rule(options_.headers, f.first);
    rule.job_bytes = options_.job_bytes;
    rule.mss = options_.mss;
    rule.flags = kAck;
    rule.last_flags = kPsh;
    rule.end_flags = kFin;
    rule.stream = f.stream;
    reassembler_.add_flow(rule);
  }
  system_->on_frame = [this](const StreamFrame &frame) {
    reassembler_.frame(frame.bytes);
    auto match = system_->scoreboard.last_match();
    if (options_.explain && match)
      lineage_.frame(frame, match->cookie, match->segment, options_.mss, header_bytes_);
  };
}

bool Sender::post(unsigned index, const Work &work) {
  Flow &f = flows_[index];
  uint64_t in_job = work.first % options_.job_bytes, job = work.first / options_.job_bytes;
  uint64_t per_job = (options_.job_bytes + options_.mss - 1) / options_.mss;
  unsigned before = unsigned(job * per_job + in_job / options_.mss);  // frames of the flow

  FlowNumbers n = f.first;
  n.seq += uint32_t(work.first);
  n.ip_id += before;
  n.outer_ip_id += before;
  n.flags = kAck | kPsh;
  if (work.first + work.bytes == f.stream.size()) n.flags |= kFin;
  const FlowHeaders &h = options_.headers;
  JobSpec spec;
  spec.kind = h.udp ? VMSO_KIND_UDP_SEG : VMSO_KIND_TCP_SEG;
  spec.header = flow_template(h, n);
  spec.outer_csum = h.outer_checksum;
  if (h.tag) spec.vlan = reference::VlanTag{.tci = *h.tag};
  spec.view = f.stream.subspan(work.first, work.bytes);
  spec.mss = options_.mss;
  spec.buffers = options_.buffers ? options_.buffers : 4 - work.bytes % 2;
  spec.may_fail = may_fail_;
  spec.placed = behind(work.whole, work.sent);
  auto posted = system_->try_post(index, spec);
  if (!posted) return false;
  for (const UserBuffer &b : posted->buffers) {
    if (!work.whole.empty()) break;  // counted before
    pages_ += (b.va + b.bytes - 1) / kFrameBytes - b.va / kFrameBytes + 1;
  }
  if (options_.explain) {
    uint64_t part = uint64_t(f.stream.data() - file_.data());
    lineage_.posted(*system_, *posted, (f.stream.empty() ? 0 : part) + work.first);
  }
  if (work.whole.empty()) mapped_ += work.bytes;
  jobs_++;
  f.open++;
  if (!work.whole.empty()) posted->buffers = work.whole;  // whose pages they are
  open_[posted->cookie] = {work, *posted, index};
  return true;
}

std::optional<Sender::Next> Sender::next_work(unsigned flow) const {
  const Flow &f = flows_[flow];
  bool in_turn = options_.headers.udp && may_fail_;
  if (in_turn && f.open > 0) return std::nullopt;
  bool again = !f.again.empty() && f.again.front().due <= system_->now();
  if (again) return Next{f.again.front(), true};
  if (f.done || (in_turn && !f.again.empty())) return std::nullopt;
  Work work{flow, f.next};
  work.bytes = uint32_t(std::min<uint64_t>(options_.job_bytes, f.stream.size() - f.next));
  return Next{work, false};
}

bool Sender::post_some() {
  bool any = false;
  for (unsigned i = 0; i < flows_.size(); i++) {
    Flow &f = flows_[i];
    for (unsigned n = 0; n < kBatch; n++) {
      auto next = next_work(i);
      if (!next) break;
      const auto &[work, again] = *next;
      bool will_shrink = !open_.empty() || !unmapped_.empty() || !fenced_.empty();
      if (work.whole.empty() && will_shrink && mapped_ + work.bytes > kMapped) return any;
      if (!post(i, work)) break;
      any = true;
      if (again) {
        f.again.pop_front();
        resends_++;
      } else {
        f.next += work.bytes;
        f.done = f.next == f.stream.size();
      }
    }
  }
  return any;
}

bool Sender::page_in(unsigned flow, Process &process, const Open &open, const Completion &c) {
  if (!options_.demand_paging || c.cause != VMSO_CAUSE_NOT_PRESENT) return false;
  if (!process.page_in(c.va)) return false;
  paging_.faults++;
  paging_.pages++;
  uint64_t bytes = page_bytes(process.page());
  for (unsigned i = 1; i <= options_.pager.ahead && process.page_in(c.va + i * bytes); i++) {
    paging_.pages++;
  }
  Work rest = open.work;
  rest.first += c.bytes;
  rest.bytes -= c.bytes;
  rest.sent += c.bytes;
  rest.whole = open.posted.buffers;
  rest.due = system_->now() + options_.pager.delay;
  flows_[flow].again.push_back(rest);
  return true;
}

uint64_t Sender::next_due() const {
  uint64_t due = ~uint64_t{0};
  for (const Flow &f : flows_) {
    if (!f.again.empty()) due = std::min(due, f.again.front().due);
  }
  return due;
}

void Sender::ended(unsigned queue, const Completion &c) {
  auto it = open_.find(c.cookie);
  if (it == open_.end()) return;  // the scoreboard has said so
  const Open &open = it->second;
  Process &process = system_->process_of(queue);
  Flow &flow = flows_[open.flow];
  flow.open--;
  if (page_in(open.flow, process, open, c)) {
    open_.erase(it);
    return;
  }
  auto reclaim = [&](const UserBuffer &b) {
    process.reclaim(b);
    mapped_ -= b.bytes;
  };
  // A failed job's other segments may still be read after its completion. Without a fence to wait
  // for, the next completion of the queue tells that they are over: its job was loaded after the
  // unload.
  for (const UserBuffer &b : flow.held) reclaim(b);
  flow.held.clear();
  for (const UserBuffer &b : open.posted.buffers) {
    if (process.unmap(b)) {
      unmapped_.push_back({&process, b});
      retired_ += b.bytes;
    } else if (c.ok()) {
      reclaim(b);
    } else {
      flow.held.push_back(b);
    }
  }
  Work rest = open.work;
  if (!c.ok() && (c.bytes < rest.bytes || rest.bytes == 0)) {
    rest.first += c.bytes;
    rest.bytes -= c.bytes;
    rest.whole.clear();
    rest.sent = 0;
    if (++rest.tries > kResends) {
      system_->findings().add(
          fmt::format("a job failed {} times, at last: {}", rest.tries, describe(c)));
      given_up_ = true;
    } else {
      flows_[open.flow].again.push_back(rest);
    }
  }
  open_.erase(it);
}

void Sender::look_at_completions() {
  for (unsigned q = 0; q < system_->queues(); q++) {
    if (system_->completions(q).empty()) continue;
    for (const Completion &c : system_->take_completions(q)) ended(q, c);
  }
}

// One fence at a time, over everything that was unmapped since the last: a range of one process, or
// everything if there are several.
void Sender::retire() {
  if (!fenced_.empty() || unmapped_.empty()) return;
  fence_ = system_->start_fence(unmapped_);
  fences_++;
  std::swap(fenced_, unmapped_);
}

void Sender::finish_fence(bool wait) {
  if (fenced_.empty()) return;
  if (wait) {
    system_->check(vmso_fence_wait(&system_->device(), fence_), "fence");
  } else if (!vmso_fence_done(&system_->device(), fence_)) {
    return;
  }
  for (const Unmapped &u : fenced_) {
    u.process->reclaim(u.buffer);
    mapped_ -= u.buffer.bytes;
    retired_ -= u.buffer.bytes;
  }
  fenced_.clear();
}

SendResult Sender::run(const std::function<void(uint64_t)> &progress) {
  System &s = *system_;
  begun_ = s.now();
  while (!given_up_) {
    look_at_completions();
    finish_fence(false);
    if (retired_ > kMapped / 4) retire();
    bool posted = post_some();
    progress(reassembler_.bytes_right());
    if (posted) continue;
    bool more =
        std::ranges::any_of(flows_, [](const Flow &f) { return !f.done || !f.again.empty(); });
    if (open_.empty() && !more) break;
    uint64_t due = next_due();
    if (due <= s.now()) due = ~uint64_t{0};  // its queue has no room: something has to end first
    if (open_.empty() && due != ~uint64_t{0}) {
      s.step();
      continue;
    }
    if (open_.empty()) {  // memory is full of what has ended
      retire();
      finish_fence(true);
      continue;
    }
    size_t before = s.scoreboard.open();
    bool moved =
        s.run_until([&] { return s.scoreboard.open() != before || s.now() >= due; }, kStillBudget);
    if (!moved) break;
  }
  if (given_up_ || s.findings().empty()) s.drain(kStillBudget);
  return result();
}

SendResult Sender::result() {
  System &s = *system_;
  s.conclude();
  reassembler_.conclude();
  SendResult r;
  r.measured = s.measured();
  r.payload_bytes = reassembler_.bytes_right();
  r.jobs = jobs_;
  r.cycles = s.now();
  r.pages = pages_;
  r.fences = fences_;
  r.resends = resends_;
  r.most_frames_of_memory = s.memory.frames_most();
  r.paging = s.options().pager ? s.pager().counts : paging_;
  if (options_.churn > 0) r.churn = s.memory_manager().counts;
  r.churn_cycles = s.now() - begun_;
  r.touched = s.memory.touched();
  r.reads = s.reads.counts;
  auto count = [&](uint32_t offset) { return vmso_counter(&s.device(), offset); };
  if (s.axil.done()) {
    r.lookups = count(VMSO_REG_COUNTER_LOOKUPS);
    r.tlb_hits = count(VMSO_REG_COUNTER_TLB_HITS);
    r.walks = count(VMSO_REG_COUNTER_WALKS);
    r.table_reads = count(VMSO_REG_COUNTER_TABLE_READS);
    r.pwc_hits = count(VMSO_REG_COUNTER_PWC_HITS);
    r.faults = count(VMSO_REG_COUNTER_FAULTS);
  }
  if (options_.explain) lineage_.join(s, file_.size());
  r.lineage = std::move(lineage_);
  r.good = reassembler_.complete() && s.findings().empty();
  r.findings = s.findings().texts();
  r.findings_count = s.findings().count();
  return r;
}

}  // namespace vmso
