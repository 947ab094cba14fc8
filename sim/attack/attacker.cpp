// SPDX-License-Identifier: Apache-2.0
#include "attack/attacker.hpp"

#include <fmt/format.h>

#include "attack/attacks.hpp"

namespace vmso {
namespace {

template <typename Attack>
std::unique_ptr<Attacker> make(System &system, unsigned queue, uint64_t seed) {
  return std::make_unique<Attack>(system, queue, seed);
}

struct Entry {
  const char *name;
  std::unique_ptr<Attacker> (*make)(System &, unsigned, uint64_t);
};

constexpr Entry kAttacks[] = {
    {"all_fault", make<AllFault>},
    {"cold_32", make<ColdFragments>},
    {"mss_1", make<MssOne>},
    {"no_ops", make<NoOps>},
    {"refused", make<RefusedJobs>},
    {"empty_chains", make<EmptyChains>},
    {"doorbells", make<DoorbellStorm>},
    {"reset_loop", make<ResetLoop>},
    {"garbage", make<GarbageSlots>},
    {"table_loops", make<LoopingTables>},
    {"never_reaps", make<NeverReaps>},
    {"stop_cold_32", make<StopLoop>},
    {"one_byte_pieces", make<OneBytePieces>},
};

}  // namespace

Attacker::Attacker(System &system, unsigned queue, uint64_t seed)
    : system_(system),
      queue_(queue),
      random_(seed, fmt::format("attacker {}", queue)),
      owner_(system.bus.add_owner()) {}

void Attacker::start() {
  system_.leave_to_owner(queue_);
  ring_ = system_.ring(queue_);  // as the kernel has set it up
  ring_.io = {};                 // he rings by himself
  forget_ring();
  system_.agents.push_back(this);
}

void Attacker::restart() {
  waits_ = false;
  forget_ring();
}

void Attacker::forget_ring() {
  void *slots = const_cast<uint64_t *>(ring_.slots);
  void *records = const_cast<uint64_t *>(ring_.completions);
  vmso_io io = ring_.io;
  vmso_ring_init(&ring_, &io, ring_.doorbell, slots, ring_.log2_slots, records,
                 ring_.log2_completions);
  rung_ = acked_ = 0;
}

void Attacker::act(uint64_t now) {
  if (waits_) {
    if (system_.bus.waiting(owner_) == 0) poll();
    if (waits_ && now > give_up_at_) waits_ = false;
    return;
  }
  vmso_completion record;
  while (vmso_ring_reap(&ring_, &record)) completions_++;
  while (post()) posted_++;
  if (system_.bus.waiting(owner_) > 0) return;
  if (ring_.producer != rung_) {
    doorbell(ring_.producer);
  } else if (acks_ && uint16_t(ring_.seen - acked_) > (1u << ring_.log2_completions >> 2)) {
    acked_ = ring_.seen;
    consumer_doorbell(ring_.seen);
  } else {
    behave(now);
  }
}

UserBuffer Attacker::buffer(uint32_t bytes) {
  std::vector<uint8_t> fill(bytes, kHostileByte);
  return system_.process_of(queue_).place(fill);
}

Attacker::Header Attacker::tcp_header() {
  TcpHeaders headers;
  headers.tcp_options = timestamp_option();
  Template t = tcp_template(headers);
  return {system_.process_of(queue_).place(t.bytes), t.l3, t.l4};
}

vmso_job Attacker::tcp_of(const Header &header, const vmso_buffer_ref &payload, uint16_t mss) {
  vmso_job job{};
  job.kind = VMSO_KIND_TCP_SEG;
  job.completion_wanted = true;
  job.header = {header.at.va, header.at.bytes, kUserSpace};
  job.l3_offset = header.l3;
  job.l4_offset = header.l4;
  job.mss = mss;
  job.l4_mode = VMSO_L4_COMPUTE;
  job.buffers = &payload;
  job.buffer_count = 1;
  return job;
}

bool Attacker::post_job(const vmso_job &job) { return vmso_ring_post(&ring_, &job) == VMSO_OK; }

bool Attacker::post_slots(std::span<const uint64_t> words) {
  return vmso_ring_post_raw(&ring_, words.data(), uint32_t(words.size() / 8)) == VMSO_OK;
}

void Attacker::doorbell(uint16_t producer) {
  rung_ = producer;
  system_.bus.write(owner_, ring_.doorbell + VMSO_REG_DOORBELL_PRODUCER, producer);
}

void Attacker::consumer_doorbell(uint16_t consumer) {
  system_.bus.write(owner_, ring_.doorbell + VMSO_REG_DOORBELL_CONSUMER, consumer);
}

void Attacker::command(vmso_queue_cmd command, enum vmso_queue_state state, uint64_t patience) {
  system_.bus.write(owner_, VMSO_REG_QUEUE(queue_) + VMSO_REG_QUEUE_COMMAND, uint32_t(command));
  awaited_ = state;
  waits_ = true;
  give_up_at_ = system_.now() + patience;
}

void Attacker::poll() {
  system_.bus.read(owner_, VMSO_REG_QUEUE(queue_) + VMSO_REG_QUEUE_STATE,
                   [this](uint32_t word, uint64_t) {
                     if (!queue_shows(word, awaited_)) return;
                     if (!waits_) return;
                     waits_ = false;
                     commands_++;
                     if (awaited_ == VMSO_QUEUE_OFF) forget_ring();
                   });
}

const std::vector<std::string> &attack_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Entry &e : kAttacks) all.emplace_back(e.name);
    return all;
  }();
  return names;
}

std::unique_ptr<Attacker> make_attacker(const std::string &name, System &system, unsigned queue,
                                        uint64_t seed) {
  for (const Entry &e : kAttacks) {
    if (name == e.name) return e.make(system, queue, seed);
  }
  throw Error(fmt::format("no attack has the name {}", name), 2);
}

}  // namespace vmso
