// SPDX-License-Identifier: Apache-2.0
#include "bench/honest.hpp"

namespace vmso::bench {
namespace {

constexpr uint64_t kPage = 4096;

}  // namespace

const std::vector<HonestLoad> &honest_loads() {
  static const std::vector<HonestLoad> loads = {
      {"tcp_64k", VMSO_KIND_TCP_SEG, 65160, 1448, false, 0, 5},
      {"frame_1514", VMSO_KIND_FRAME, 1514, 0, false, 0, 7},
      {"frame_64", VMSO_KIND_FRAME, 64, 0, false, 0, 10},
      {"cold_4k", VMSO_KIND_FRAME, 4096, 0, true, 0, 7},
  };
  return loads;
}

HonestOwners::HonestOwners(System &system, const HonestLoad &load, std::vector<unsigned> queues)
    : system_(system),
      load_(load),
      queues_(std::move(queues)),
      random_(system.options().seed, "honest") {}

JobSpec HonestOwners::job() {
  JobSpec spec;
  spec.kind = load_.kind;
  if (load_.kind == VMSO_KIND_TCP_SEG) {
    TcpHeaders h;
    h.tcp_options = timestamp_option();
    spec.header = tcp_template(h);
    spec.mss = load_.mss;
  }
  spec.doorbell = false;
  return spec;
}

void HonestOwners::warm() {
  if (load_.cold) return;
  std::vector<unsigned> posted;
  for (unsigned q : queues_) {
    std::vector<Variant> &variants = variants_[&system_.process_of(q)];
    if (!variants.empty()) continue;  // another queue of this process does it
    for (unsigned i = 0; i < kVariants; i++) {
      JobSpec spec = job();
      spec.payload = random_bytes(load_.job_bytes, random_);
      spec.buffers = 1;
      for (uint32_t at = 0; load_.piece && at < load_.job_bytes; at += load_.piece) {
        spec.cuts.push_back(std::min(load_.piece, load_.job_bytes - at));
      }
      Posted p = system_.post(q, spec);
      variants.push_back({spec.payload, p.buffers});
    }
    system_.doorbell(q);
  }
  if (!system_.drain()) throw Error("warming up does not end:\n" + system_.findings().report());
}

// Lines of leaf entries that nobody has looked at: entries of the root that Process leaves alone,
// and a new 2 MiB region each time.
void HonestOwners::place_cold(unsigned queue, JobSpec &spec) {
  constexpr uint64_t kRootEntries = 247;
  uint64_t offset = random_.below(kPage / 2) * 2 + 1;
  uint64_t va = (1 + number_ % kRootEntries) << 39 | (number_ / kRootEntries) << 33 |
                random_.below(512) << 21 | offset;
  spec.placed = {system_.process_of(queue).place_at(va, spec.payload)};
}

bool HonestOwners::post_one(unsigned queue) {
  if (vmso_ring_free(&system_.ring(queue)) < 1) return false;
  JobSpec spec = job();
  if (load_.cold) {
    spec.payload = random_bytes(load_.job_bytes, random_);
    place_cold(queue, spec);
  } else {
    const std::vector<Variant> &variants = variants_.at(&system_.process_of(queue));
    const Variant &v = variants[number_ % variants.size()];
    spec.view = v.payload;
    spec.placed = v.buffers;
  }
  number_++;
  return system_.try_post(queue, spec).has_value();
}

void HonestOwners::top_up() {
  for (unsigned q : queues_) {
    if (skip == q) continue;
    const vmso_ring &ring = system_.ring(q);
    uint32_t depth = 1u << load_.log2_depth;
    auto jobs = [&] { return uint32_t(uint16_t(ring.producer - ring.consumer)); };  // a slot each
    if (jobs() > depth / 2) continue;
    while (jobs() < depth && post_one(q)) continue;
    system_.doorbell(q);
  }
}

}  // namespace vmso::bench
