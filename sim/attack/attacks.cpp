// SPDX-License-Identifier: Apache-2.0
// Attacks by what stands in the slots.
#include "attack/attacks.hpp"

#include <algorithm>

namespace vmso {
namespace {

constexpr uint64_t kEntry = AddressSpace::kPresent | AddressSpace::kWrite | AddressSpace::kUser |
                            AddressSpace::kAccessed | AddressSpace::kDirty;
// Entries of the root that no process of the harness uses: 1..kLastFree (Process places high).
constexpr unsigned kLastFree = 247;
constexpr unsigned kFrameOf64 = 64;

vmso_job frame_of(const vmso_buffer_ref *buffers, size_t count) {
  vmso_job job{};
  job.kind = VMSO_KIND_FRAME;
  job.completion_wanted = true;
  job.buffers = buffers;
  job.buffer_count = count;
  return job;
}

std::array<uint64_t, 8> first_slot(vmso_kind kind, unsigned slots, uint64_t payload_bytes) {
  vmso_first_slot first{};
  vmso_first_slot_set_kind(&first, kind);
  vmso_first_slot_set_completion_wanted(&first, 1);
  vmso_first_slot_set_slots(&first, slots);
  vmso_first_slot_set_payload_bytes(&first, payload_bytes);
  std::array<uint64_t, 8> words;
  std::copy_n(first.word, 8, words.begin());
  return words;
}

void must_be_x86_64(const Process &process) {
  if (process.space().format().code != VMSO_FORMAT_X86_64_L4)
    throw Error("this attack makes x86-64 tables by hand");
}

// A table of the process, made by hand.
uint64_t new_table(System &system, const Process &process) {
  uint64_t pa = system.allocator.take();
  system.memory.make(pa, FrameKind::kTable, process.id());
  for (unsigned i = 0; i < 512; i++) system.memory.write_word(pa + 8 * i, 0);
  return pa;
}

uint64_t new_page(System &system, const Process &process) {
  uint64_t pa = system.allocator.take();
  Frame &frame = system.memory.make(pa, FrameKind::kUser, process.id());
  std::fill_n(frame.data, kFrameBytes, kHostileByte);
  return pa;
}

}  // namespace

// ---- walks

ColdFragments::ColdFragments(System &system, unsigned queue, uint64_t seed)
    : Attacker(system, queue, seed) {
  Process &process = system.process_of(queue);
  must_be_x86_64(process);
  uint64_t below = new_page(system, process);
  for (unsigned level = 0; level < 3; level++) {
    uint64_t table = new_table(system, process);
    for (unsigned i = 0; i < 512; i++) system.memory.write_word(table + 8 * i, below | kEntry);
    below = table;
  }
  uint64_t root = process.space().root();
  for (unsigned i = 1; i <= kLastFree; i++) system.memory.write_word(root + 8 * i, below | kEntry);
}

uint64_t ColdFragments::cold_address() {
  uint64_t page = (1 + random_.below(kLastFree)) << 27 | random_.below(1 << 27);
  return page << 12 | random_.below(2000);
}

bool ColdFragments::post() {
  if (vmso_ring_free(&ring_) < vmso_job_slots(kPieces)) return false;
  std::array<vmso_buffer_ref, kPieces> pieces;
  for (vmso_buffer_ref &piece : pieces) piece = {cold_address(), 47, kUserSpace};
  if (faults_) pieces[0].addr = (kLastFree + 1 + random_.below(4)) << 39 | random_.below(1 << 20);
  return post_job(frame_of(pieces.data(), pieces.size()));
}

AllFault::AllFault(System &system, unsigned queue, uint64_t seed)
    : ColdFragments(system, queue, seed) {
  faults_ = true;
}

LoopingTables::LoopingTables(System &system, unsigned queue, uint64_t seed)
    : Attacker(system, queue, seed) {
  Process &process = system.process_of(queue);
  must_be_x86_64(process);
  uint64_t root = process.space().root(), page = new_page(system, process);
  for (unsigned i = 1; i < 128; i++) system.memory.write_word(root + 8 * i, root | kEntry);
  for (unsigned i = 128; i < 240; i++) system.memory.write_word(root + 8 * i, page | kEntry);
}

bool LoopingTables::post() {
  uint64_t page = 0;
  for (unsigned level = 3; level > 0; level--) page = page << 9 | (1 + random_.below(127));
  page = page << 9 | (random_.below(2) ? 128 + random_.below(112) : 240 + random_.below(8));
  vmso_buffer_ref b{page << 12 | random_.below(2000), 1000, kUserSpace};
  return post_job(frame_of(&b, 1));
}

// ---- orders

MssOne::MssOne(System &system, unsigned queue, uint64_t seed)
    : Attacker(system, queue, seed), payload_(buffer(65160)), header_(tcp_header()) {}

bool MssOne::post() {
  vmso_buffer_ref b{payload_.va, payload_.bytes, kUserSpace};
  return post_job(tcp_of(header_, b, 1));
}

bool NoOps::post() {
  vmso_job job{};
  job.kind = VMSO_KIND_NOP;
  return post_job(job);
}

bool RefusedJobs::post() {
  return post_slots(first_slot(vmso_kind(9), 1, 0));  // no such kind
}

EmptyChains::EmptyChains(System &system, unsigned queue, uint64_t seed)
    : Attacker(system, queue, seed), payload_(buffer(kFrameOf64)) {}

bool EmptyChains::post() {
  uint32_t slots = std::min(64u, 1u << ring_.log2_slots);
  if (vmso_ring_free(&ring_) < slots) return false;
  std::array<uint64_t, 8> first = first_slot(VMSO_KIND_FRAME, slots, payload_.bytes);
  std::vector<uint64_t> words(first.begin(), first.end());
  words.resize(8 * slots, 0);
  vmso_buffer last{};
  vmso_buffer_set_addr(&last, payload_.va);
  vmso_buffer_set_bytes(&last, payload_.bytes);
  vmso_buffer_set_space(&last, kUserSpace);
  std::copy_n(last.word, 2, words.end() - 2);
  return post_slots(words);
}

OneBytePieces::OneBytePieces(System &system, unsigned queue, uint64_t seed)
    : Attacker(system, queue, seed), payload_(buffer(1022)) {}

bool OneBytePieces::post() {
  const size_t slots = std::min(1u << ring_.log2_slots >> 2, 256u);
  std::vector<vmso_buffer_ref> pieces(2 + 4 * (slots - 1));
  if (vmso_ring_free(&ring_) < vmso_job_slots(pieces.size())) return false;
  for (size_t i = 0; i < pieces.size(); i++) pieces[i] = {payload_.va + i, 1, kUserSpace};
  if (faults_) pieces.back().addr = uint64_t{kLastFree + 1} << 39;
  faults_ = !faults_;
  return post_job(frame_of(pieces.data(), pieces.size()));
}

// ---- garbage

GarbageSlots::GarbageSlots(System &system, unsigned queue, uint64_t seed)
    : Attacker(system, queue, seed), payload_(buffer(9000)) {}

void GarbageSlots::restart() {
  off_ = false;
  last_seen_ = 0;
  Attacker::restart();
}

void GarbageSlots::garbage(std::array<uint64_t, 8> &words) {
  for (uint64_t &word : words) word = random_() & random_();
  vmso_first_slot first{};
  std::copy_n(words.begin(), 8, first.word);
  // What would do, each more often than not: the deeper checks are reached, too.
  if (random_.below(16)) vmso_first_slot_set_slots(&first, 1 + random_.below(4) / 3);
  if (random_.below(4)) vmso_first_slot_set_kind(&first, random_.below(6));
  if (random_.below(4)) {
    first.word[0] &= ~uint64_t{0xc0};
    first.word[1] &= ~uint64_t{0xe000} & (random_.below(2) ? 0xffffffff : ~uint64_t{0});
    first.word[6] &= 0x03ffffff03ffffff;
    first.word[7] &= 0x7ffffff;
  }
  if (random_.below(4)) {
    uint64_t bytes = 14 + random_.below(3000);
    vmso_first_slot_set_buffer0_addr(&first, payload_.va + random_.below(4000));
    vmso_first_slot_set_buffer0_bytes(&first, bytes);
    vmso_first_slot_set_buffer0_space(&first, kUserSpace);
    vmso_first_slot_set_buffer1_bytes(&first, 0);
    vmso_first_slot_set_payload_bytes(&first, bytes);
    vmso_first_slot_set_header_bytes(&first, 0);
    vmso_first_slot_set_template_space(&first, kUserSpace);
  }
  vmso_first_slot_set_completion_wanted(&first, 1);
  // No template of the others' (space 1 is kernel memory, which holds only templates and rings).
  vmso_first_slot_set_template_space(&first, kUserSpace);
  if (vmso_first_slot_buffer0_space(&first) == kKernelSpace) {
    vmso_first_slot_set_buffer0_space(&first, kUserSpace);
  }
  if (vmso_first_slot_buffer1_space(&first) == kKernelSpace) {
    vmso_first_slot_set_buffer1_space(&first, kUserSpace);
  }
  std::copy_n(first.word, 8, words.begin());
}

bool GarbageSlots::post() {
  if (off_) return false;
  std::array<uint64_t, 8> words;
  garbage(words);
  return post_slots(words);
}

void GarbageSlots::behave(uint64_t now) {
  if (off_) {
    off_ = false;
    return command(VMSO_CMD_ENABLE, VMSO_QUEUE_RUN);
  }
  if (random_.below(8) == 0) {  // a slot that may be read just now
    std::array<uint64_t, 8> words;
    garbage(words);
    uint64_t at = random_.below(1ull << ring_.log2_slots) * 8;
    std::copy_n(words.begin(), 8, ring_.slots + at);
  }
  if (now < look_at_) return;
  look_at_ = now + 1000;
  if (ring_.seen == last_seen_) {  // it stands still: in ERROR, most likely
    off_ = true;
    command(VMSO_CMD_RESET, VMSO_QUEUE_OFF);
  }
  last_seen_ = ring_.seen;
}

}  // namespace vmso
