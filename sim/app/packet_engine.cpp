// SPDX-License-Identifier: Apache-2.0
#include "app/packet_engine.hpp"

#include <algorithm>

namespace vmso {
namespace {

constexpr unsigned kQueue = 0;
constexpr uint64_t kStillBudget = 200000000;  // cycles of one wait, at the very most
constexpr uint32_t kLatencies = 8;            // of memory, that a read may take before it is lost
constexpr uint32_t kHeadBytes = 512 + 8;      // longest template, and a header that is taken out

void put_le32(std::vector<uint8_t> &out, uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(uint8_t(value >> shift));
}

}  // namespace

void for_each_frame(const PacketAnswer &answer,
                    const std::function<void(std::span<const uint8_t>)> &use) {
  std::span<const uint8_t> left = answer.frames;
  while (!left.empty()) {
    uint32_t bytes = left[0] | left[1] << 8 | left[2] << 16 | uint32_t(left[3]) << 24;
    use(left.subspan(4, bytes));
    left = left.subspan(4 + bytes);
  }
}

PacketEngine::PacketEngine(const SystemOptions &options, bool pad,
                           std::function<void(const PacketAnswer &)> on_answer)
    : system_([&] {
        SystemOptions o = options;
        o.keep_frames = false;
        return std::make_unique<System>(o);
      }()),
      pad_(pad),
      on_answer_(std::move(on_answer)),
      random_(options.seed, "packets") {
  vmso_device &device = system_->device();
  uint32_t patience = kLatencies * (options.read.latency + options.read.jitter);
  if (patience > vmso_read32(&device, VMSO_REG_READ_TIMEOUT)) {
    vmso_read_timeout_set(&device, patience);
  }
  system_->on_frame = [this](const StreamFrame &frame) { take(frame); };
}

void PacketEngine::push(std::span<const uint8_t> vnet, std::vector<uint8_t> packet) {
  vmso_virtio_net net;
  int refusal = vmso_virtio_read(vnet.data(), uint32_t(vnet.size()), &net);
  if (refusal != VMSO_OK) return refuse(refusal);

  // What a driver has of a packet in its own memory: a copy of the beginning.
  std::vector<uint8_t> head(packet.begin(),
                            packet.begin() + std::min<size_t>(packet.size(), kHeadBytes));
  uint32_t head_bytes = uint32_t(head.size()), removed = 0;
  if ((net.gso_type & ~VMSO_VIRTIO_GSO_ECN) == VMSO_VIRTIO_GSO_TCPV6 &&
      net.hdr_len <= packet.size()) {
    removed = vmso_jumbo_remove(head.data(), &head_bytes);
    if (removed) vmso_virtio_shorten(&net, removed);
  }
  vmso_packet seen{head.data(), head_bytes, uint32_t(packet.size()) - removed};
  vmso_job job;
  refusal = vmso_virtio_job(&system_->device(), &net, &seen, &job);
  if (refusal != VMSO_OK) return refuse(refusal);
  post(job, std::span(head).first(job.header.bytes), std::move(packet), job.header.bytes + removed);
}

void PacketEngine::post(const vmso_job &job, std::span<const uint8_t> head,
                        std::vector<uint8_t> packet, uint32_t payload_at) {
  while (jobs_ > 0 && (jobs_ == kJobs || bytes_ + packet.size() > kBytes)) wait();
  JobSpec spec;
  spec.kind = job.kind;
  spec.header.bytes.assign(head.begin(), head.end());
  spec.header.l3 = job.l3_offset;
  spec.header.l4 = job.l4_offset;
  spec.header.outer_l3 = job.outer_l3_offset;
  spec.header.outer_l4 = job.outer_l4_offset;
  spec.mss = job.mss;
  spec.l4_mode = job.l4_mode;
  spec.id_mode = job.id_mode;
  spec.csum_start = job.csum_start;
  spec.csum_offset = job.csum_offset;
  spec.outer_id_mode = job.outer_id_mode;
  spec.outer_csum = job.outer_csum;
  spec.may_fail = true;  // what only the engine sees: the answer is its status

  Open open;
  open.packet = std::move(packet);
  spec.view = std::span(open.packet).subspan(payload_at);
  spec.placed = open.buffers = place(spec.view);
  spec.buffers = 0;
  open.header_bytes = job.header.bytes;
  open.payload_bytes = uint32_t(spec.view.size());
  open.piece = job.mss ? std::min<uint32_t>(job.mss, open.payload_bytes) : open.payload_bytes;
  std::optional<Posted> posted;
  while (!(posted = system_->try_post(kQueue, spec))) wait();
  open.cookie = posted->cookie;
  bytes_ += open.packet.size();
  jobs_++;
  open_.push_back(std::move(open));
}

void PacketEngine::refuse(int refusal) {
  while (open_.size() >= kAnswers) wait();
  Open open;
  open.ended = true;
  open.answer.count = refusal;
  open_.push_back(std::move(open));
  give_answers();
}

std::vector<UserBuffer> PacketEngine::place(std::span<const uint8_t> payload) {
  std::vector<UserBuffer> buffers;
  for (uint64_t count = random_.between(1, kMostBuffers); !payload.empty(); count--) {
    size_t bytes = count > 1 ? size_t(random_.between(1, payload.size())) : payload.size();
    unsigned offset = unsigned(random_.below(kFrameBytes));
    buffers.push_back(system_->process().place(payload.first(bytes), offset));
    payload = payload.subspan(bytes);
  }
  return buffers;
}

PacketEngine::Open *PacketEngine::find(uint64_t cookie) {
  auto it = std::ranges::find(open_, cookie, &Open::cookie);
  return it == open_.end() ? nullptr : &*it;
}

void PacketEngine::take(const StreamFrame &frame) {
  auto match = system_->scoreboard.last_match();
  Open *open = match ? find(match->cookie) : nullptr;
  if (!open) return;  // the scoreboard has said so
  uint64_t sent = match->segment * open->piece;
  size_t bytes = open->header_bytes + std::min<uint64_t>(open->piece, open->payload_bytes - sent);
  if (pad_) bytes = std::max(bytes, reference::kMinFrame);
  bytes = std::min(bytes, frame.bytes.size());
  std::vector<uint8_t> &out = open->answer.frames;
  put_le32(out, uint32_t(bytes));
  out.insert(out.end(), frame.bytes.begin(), frame.bytes.begin() + bytes);
  open->answer.count++;
}

void PacketEngine::look_at_completions() {
  for (const Completion &c : system_->take_completions(kQueue)) {
    Open *open = find(c.cookie);
    if (!open || open->ended) continue;  // the scoreboard has said so
    open->ended = true;
    jobs_--;
    if (!c.ok()) open->answer = {vmso_refusal_of_status(c.status), {}};
    for (const UserBuffer &b : open->buffers) {
      system_->process().unmap(b);
      unmapped_.push_back(b);
      retired_ += b.bytes;
    }
  }
  give_answers();
  if (retired_ > kRetired) retire();
}

void PacketEngine::give_answers() {
  for (; !open_.empty() && open_.front().ended; open_.pop_front()) {
    const Open &open = open_.front();
    bytes_ -= open.packet.size();
    frames_ += unsigned(std::max(open.answer.count, 0));
    on_answer_(open.answer);
  }
}

void PacketEngine::wait() {
  System &s = *system_;
  if (!s.run_until([&] { return !s.completions(kQueue).empty(); }, kStillBudget)) {
    throw Error("a packet's job does not end:\n" + s.findings().report());
  }
  look_at_completions();
}

void PacketEngine::finish() {
  while (jobs_ > 0) wait();
}

void PacketEngine::retire() {
  System &s = *system_;
  uint16_t fence = 0;
  unsigned context = s.context_of(s.process());
  s.check(vmso_fence_start(&s.device(), VMSO_FENCE_CONTEXT, context, 0, 0, &fence), "fence");
  s.check(vmso_fence_wait(&s.device(), fence), "fence");
  for (const UserBuffer &b : unmapped_) s.process().reclaim(b);
  unmapped_.clear();
  retired_ = 0;
}

std::string PacketEngine::conclude() {
  finish();
  system_->drain();
  return system_->conclude();
}

}  // namespace vmso
