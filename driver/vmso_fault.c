// SPDX-License-Identifier: Apache-2.0
// Faults of queues that park: the ring of their records, and the registers that hold each one.
#include <stdatomic.h>
#include <string.h>

#include "vmso.h"

#define RECORD_WORDS 4u
#define ADDRESS_BITS 56u
#define FIELD(word, field) (((word)&field##_bm) >> field##_bp)

static struct vmso_fault decode(const struct vmso_fault_record *record) {
  struct vmso_fault fault;
  fault.queue = (unsigned)vmso_fault_record_queue(record);
  fault.context = (unsigned)vmso_fault_record_ctx(record);
  fault.space = (unsigned)vmso_fault_record_space(record);
  fault.access = (enum vmso_access)vmso_fault_record_access(record);
  fault.cause = (enum vmso_cause)vmso_fault_record_cause(record);
  fault.level = (unsigned)vmso_fault_record_level(record);
  fault.cookie = vmso_fault_record_cookie(record);
  fault.va = vmso_fault_record_va(record);
  fault.segment = (uint32_t)vmso_fault_record_segment(record);
  fault.bytes_sent = (uint32_t)vmso_fault_record_payload_bytes(record);
  fault.slot = (uint16_t)vmso_fault_record_slot(record);
  fault.number = (uint16_t)vmso_fault_record_record_number(record);
  return fault;
}

int vmso_fault_ring_init(struct vmso_device *device, struct vmso_fault_ring *ring, void *memory,
                         uint64_t address, unsigned log2_records) {
  if (log2_records < 1 || log2_records > 15) return VMSO_ERR_ARGUMENT;
  if (address % VMSO_FAULT_RECORD_BYTES != 0 || address >> ADDRESS_BITS != 0) {
    return VMSO_ERR_ARGUMENT;
  }
  vmso_write32(device, VMSO_REG_FAULT_SHAPE, 0);
  // A record that is under way would count in the new ring; its memory is not free before.
  for (uint32_t i = 0; vmso_read32(device, VMSO_REG_FAULT_PRODUCER) != 0; i++) {
    if (i == device->poll_limit) return VMSO_ERR_TIMEOUT;
  }
  ring->io = device->io;
  ring->records = memory;
  ring->log2_records = log2_records;
  ring->seen = 0;
  memset(memory, 0, (size_t)VMSO_FAULT_RECORD_BYTES << log2_records);
  atomic_thread_fence(memory_order_seq_cst);  // zeroed before the first record
  vmso_write32(device, VMSO_REG_FAULT_CONSUMER, 0);
  vmso_write64(device, VMSO_REG_FAULT_BASE, address);
  vmso_write32(device, VMSO_REG_FAULT_SHAPE, log2_records);
  return VMSO_OK;
}

bool vmso_fault_ring_next(struct vmso_fault_ring *ring, struct vmso_fault *fault) {
  uint32_t place = ring->seen & ((1u << ring->log2_records) - 1);
  const volatile uint64_t *words = ring->records + (size_t)place * RECORD_WORDS;
  uint64_t lap = (uint64_t)(ring->seen >> ring->log2_records) & 1;
  struct vmso_fault_record record;
  // The phase stands in the word that is written last: read it first.
  record.word[3] = words[3];
  if (vmso_fault_record_phase(&record) == lap) return false;
  atomic_thread_fence(memory_order_acquire);
  for (size_t i = 0; i < 3; i++) record.word[i] = words[i];
  *fault = decode(&record);
  ring->seen++;
  atomic_thread_fence(memory_order_seq_cst);  // it was read before its place goes back
  ring->io.write32(ring->io.opaque, VMSO_REG_FAULT_CONSUMER, ring->seen);
  return true;
}

#define FAULT_BITS (VMSO_FAULT_RECORD | VMSO_FAULT_OVERFLOW)

void vmso_fault_interrupt_set(struct vmso_device *device, bool on) {
  uint32_t sticky = vmso_read32(device, VMSO_REG_STICKY_MASK) & ~FAULT_BITS;
  vmso_write32(device, VMSO_REG_STICKY_MASK, on ? sticky | FAULT_BITS : sticky);
  if (!on) return;  // the vector is not theirs alone
  vmso_write32(device, VMSO_REG_IRQ_MASK, vmso_read32(device, VMSO_REG_IRQ_MASK) | 1);
}

uint32_t vmso_fault_events(struct vmso_device *device) {
  uint32_t events = vmso_read32(device, VMSO_REG_STICKY) & (FAULT_BITS | VMSO_FAULT_LOST);
  vmso_write32(device, VMSO_REG_STICKY, events & FAULT_BITS);
  vmso_write32(device, VMSO_REG_IRQ_PENDING, 1);
  return events;
}

int vmso_fault_pending(const struct vmso_device *device, unsigned first) {
  for (unsigned base = first / 32 * 32; base < device->queues; base += 32) {
    uint32_t bits = vmso_read32(device, VMSO_REG_BITMAP_FAULT_PENDING(base / 32));
    if (base < first) bits &= ~0u << (first - base);
    for (unsigned i = 0; i < 32; i++) {
      if ((bits >> i & 1) != 0) return (int)(base + i);
    }
  }
  return -1;
}

int vmso_queue_fault(const struct vmso_device *device, unsigned queue, struct vmso_fault *fault) {
  if (queue >= device->queues) return VMSO_ERR_ARGUMENT;
  uint32_t base = VMSO_REG_QUEUE(queue);
  uint32_t state = vmso_read32(device, base + VMSO_REG_QUEUE_STATE);
  if ((state & VMSO_REG_QUEUE_STATE_FAULT_bm) == 0) return VMSO_ERR_STATE;
  // The registers are the record but for its number and phase.
  struct vmso_fault_record record;
  record.word[0] = vmso_read64(device, base + VMSO_REG_QUEUE_FAULT_COOKIE);
  record.word[1] = vmso_read64(device, base + VMSO_REG_QUEUE_FAULT_VA);
  record.word[2] = vmso_read64(device, base + VMSO_REG_QUEUE_FAULT_WHERE);
  record.word[3] = vmso_read64(device, base + VMSO_REG_QUEUE_FAULT_JOB);
  *fault = decode(&record);
  fault->number = 0;
  return VMSO_OK;
}
