// SPDX-License-Identifier: Apache-2.0
// Attacks by doorbells and commands. Their jobs are legal.
#include "attack/attacks.hpp"

namespace vmso {
namespace {

constexpr unsigned kSmallest = 64;

vmso_job frame_of(const vmso_buffer_ref *buffer) {
  vmso_job job{};
  job.kind = VMSO_KIND_FRAME;
  job.completion_wanted = true;
  job.buffers = buffer;
  job.buffer_count = 1;
  return job;
}

}  // namespace

DoorbellStorm::DoorbellStorm(System &system, unsigned queue, uint64_t seed)
    : Attacker(system, queue, seed), payload_(buffer(kSmallest)) {}

bool DoorbellStorm::post() {
  vmso_buffer_ref b{payload_.va, payload_.bytes, kUserSpace};
  return post_job(frame_of(&b));
}

void DoorbellStorm::behave(uint64_t) {
  if (random_.below(2)) {
    doorbell(ring_.producer);
  } else {
    consumer_doorbell(ring_.seen);
  }
}

ResetLoop::ResetLoop(System &system, unsigned queue, uint64_t seed)
    : Attacker(system, queue, seed), payload_(buffer(1514)) {}

void ResetLoop::restart() {
  off_ = false;
  Attacker::restart();
}

bool ResetLoop::post() {
  vmso_buffer_ref b{payload_.va, payload_.bytes, kUserSpace};
  return !off_ && post_job(frame_of(&b));
}

void ResetLoop::behave(uint64_t now) {
  if (now < next_) return;
  if (off_) {
    off_ = false;
    next_ = now + random_.below(600);
    return command(VMSO_CMD_ENABLE, VMSO_QUEUE_RUN);
  }
  off_ = true;
  next_ = 0;
  command(VMSO_CMD_RESET, VMSO_QUEUE_OFF);
}

NeverReaps::NeverReaps(System &system, unsigned queue, uint64_t seed)
    : Attacker(system, queue, seed), payload_(buffer(1514)) {
  acks_ = false;
}

bool NeverReaps::post() {
  vmso_buffer_ref b{payload_.va, payload_.bytes, kUserSpace};
  vmso_job job = frame_of(&b);
  if (jobs_posted() < 1u << ring_.log2_completions) {  // so the ring is full soon
    job.kind = VMSO_KIND_NOP;
    job.buffer_count = 0;
  }
  return post_job(job);
}

void StopLoop::restart() {
  stopped_ = false;
  Attacker::restart();
}

void StopLoop::behave(uint64_t now) {
  if (now < next_) return;
  next_ = now + random_.below(3000);
  if (stopped_) {
    command(VMSO_CMD_ENABLE, VMSO_QUEUE_RUN);
  } else {
    command(VMSO_CMD_STOP, VMSO_QUEUE_STOPPED);
  }
  stopped_ = !stopped_;
}

}  // namespace vmso
