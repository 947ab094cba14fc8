// SPDX-License-Identifier: Apache-2.0
#include "regress/bad_memory.hpp"

namespace vmso::regress {
namespace {

constexpr unsigned kBitsTried = 16;  // until one does something

reference::Walk walk_of(System &s, const Process &process, uint64_t va) {
  return reference::walk(s.memory, s.reference_context(s.context_of(process)), s.windows(), va);
}

}  // namespace

void place(System &s, unsigned queue, JobSpec &spec) {
  std::span<const uint8_t> payload = spec.payload;
  for (size_t at = 0; uint32_t bytes : spec.cuts) {
    spec.placed.push_back(s.process_of(queue).place(payload.subspan(at, bytes), spec.offset));
    at += bytes;
  }
}

void turn_a_bit(System &s, unsigned queue, JobSpec &spec, Random &random) {
  Process &process = s.process_of(queue);
  AddressSpace &space = process.space();
  if (!space.tables() || process.page() != PageSize::k4K) return;
  if (spec.placed.empty() && !spec.payload.empty()) place(s, queue, spec);
  std::vector<uint64_t> pages;  // from their first byte to their last in a buffer
  for (const UserBuffer &b : spec.placed) {
    uint64_t first = (b.va + kFrameBytes - 1) / kFrameBytes * kFrameBytes;
    for (uint64_t va = first; va + kFrameBytes <= b.va + b.bytes; va += kFrameBytes) {
      pages.push_back(va);
    }
  }
  if (pages.empty()) return;
  const uint64_t va = pages[random.below(pages.size())];
  const auto at = space.entry_at(va, 0);
  if (!at) return;
  const uint64_t entry = space.read_entry(*at);
  const uint64_t pa = process.physical(va);
  for (unsigned i = 0; i < kBitsTried; i++) {
    const uint64_t bit = random.below(8u * space.format().entry_bytes);
    space.write_entry(*at, entry ^ uint64_t{1} << bit);
    const reference::Walk walk = walk_of(s, process, va);
    if (walk.cause == VMSO_CAUSE_NONE && walk.pa == pa) return;
    if (walk.cause != VMSO_CAUSE_NONE) {
      spec.fault = ExpectedFault{walk.cause, walk.level, va};
      return;
    }
    space.write_entry(*at, entry);  // those would be bytes of somebody else
  }
}

void send_nowhere(System &s, unsigned queue, JobSpec &spec, Random &random) {
  if (spec.payload.empty()) return;
  if (spec.placed.empty()) place(s, queue, spec);
  UserBuffer &b = spec.placed[random.below(spec.placed.size())];
  const uint64_t top = ~uint64_t{0} - b.bytes + 1;  // ends with the last byte of all
  const uint64_t bit = uint64_t{1} << random.between(31, 63);
  const uint64_t candidates[] = {top, top - random.below(kFrameBytes), bit,
                                 bit + (random() >> 1) % bit, ~bit};
  UserBuffer there{candidates[random.below(std::size(candidates))], b.bytes};
  there.va = std::min(there.va, top);
  const reference::Walk walk = walk_of(s, s.process_of(queue), there.va);
  const bool kernel_half = there.va >> 63;  // else somebody may map it yet
  if (walk.cause == VMSO_CAUSE_NONE) return;
  if (walk.cause == VMSO_CAUSE_NOT_PRESENT && !kernel_half) return;
  b = there;
  spec.fault = ExpectedFault{walk.cause, walk.level, there.va};
}

}  // namespace vmso::regress
