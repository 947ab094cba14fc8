// SPDX-License-Identifier: Apache-2.0
#include "example_paging.h"

#include <string.h>

#define KERNEL_CONTEXT 0u
#define BUS_TRIES 3u       // of a job that met a bus error
#define MANY_RANGES 8u     // more of them: the context as a whole
#define READ_LATENCY 250u  // cycles of the engine from an address to its data
#define FRAME_BYTES 1514u

// ---- hosts -------------------------------------------------------------------------------------

const struct paging_cpu paging_x86_64 = {
    .format = VMSO_FORMAT_X86_64_L4,             // CR4.LA57 is 0
    .pa_bits = 46,                               // CPUID 80000008h EAX 7:0
    .flags = VMSO_CONTEXT_XD | VMSO_CONTEXT_GB,  // EFER.NXE, CPUID 80000001h EDX 26
    .root_mask = UINT64_C(0x000ffffffffff000),   // CR3
    .address_mask = ~UINT64_C(0),                // without LAM
};

const struct paging_cpu paging_aarch64 = {
    .format = VMSO_FORMAT_AARCH64,                 // TCR_EL1: TG0 4 KiB, T0SZ 16, DS 0
    .pa_bits = 46,                                 // the smaller of TCR_EL1.IPS and PARange
    .flags = 0,                                    // HPD0 is 0
    .root_mask = UINT64_C(0x0000fffffffff000),     // TTBR0_EL1 without ASID and CnP
    .address_mask = UINT64_C(0x00ffffffffffffff),  // TBI0: the highest byte is the program's
};
// Neither has AF_IGNORE: nobody pins, so a page whose accessed flag is 0 has to fault, or the
// kernel would take it for unused.

// ---- bring-up ----------------------------------------------------------------------------------

int paging_start(struct paging_driver *driver, const struct paging_setup *setup) {
  memset(driver, 0, sizeof(*driver));
  driver->fault_in = setup->fault_in;
  struct vmso_device *device = &driver->device;
  int error = vmso_device_init(device, &setup->io);
  for (unsigned i = 0; error == VMSO_OK && i < setup->spans; i++) {
    error = vmso_window_set(device, i, setup->memory[i].first, setup->memory[i].last);
  }
  if (error == VMSO_OK) error = vmso_tune(device, READ_LATENCY, true, FRAME_BYTES);
  // Before the first fence: switching it is no fence.
  if (error == VMSO_OK) {
    error = vmso_fence_status_set(device, setup->fence_status.cpu, setup->fence_status.bus);
  }
  if (error != VMSO_OK) return error;

  const struct vmso_context kernel = {
      .format = VMSO_FORMAT_IDENTITY,
      .pa_bits = setup->kernel_pa_bits,
      .root = setup->kernel.first,
      .limit = setup->kernel.last,
  };
  uint16_t fence = 0;
  error = vmso_context_set(device, KERNEL_CONTEXT, &kernel, &fence);
  if (error == VMSO_OK) error = vmso_fence_wait_seen(device, fence);
  // Before the first queue runs: a ring drops the records of before.
  if (error == VMSO_OK) {
    error = vmso_fault_ring_init(device, &driver->faults, setup->faults.cpu, setup->faults.bus,
                                 setup->log2_faults);
  }
  if (error == VMSO_OK) vmso_fault_interrupt_set(device, true);
  return error;
}

// ---- processes and queues ----------------------------------------------------------------------

int paging_process_open(struct paging_driver *driver, struct paging_process *process) {
  unsigned place = 0;
  while (place < PAGING_PROCESSES && driver->processes[place] != NULL) place++;
  if (place == PAGING_PROCESSES || place + 1 >= driver->device.contexts) return VMSO_ERR_FULL;
  const struct paging_cpu *cpu = process->cpu;
  const struct vmso_context context = {
      .format = cpu->format,
      .pa_bits = cpu->pa_bits,
      .flags = cpu->flags,
      .root = process->root_register & cpu->root_mask,
  };
  uint16_t fence = 0;
  int error = vmso_context_set(&driver->device, place + 1, &context, &fence);
  // Until then the context is what it was: off.
  if (error == VMSO_OK) error = vmso_fence_wait_seen(&driver->device, fence);
  if (error != VMSO_OK) return error;
  driver->processes[place] = process;
  process->context = place + 1;
  process->changing = 0;
  return VMSO_OK;
}

int paging_queue_open(struct paging_driver *driver, struct paging_queue *queue, unsigned number,
                      struct paging_process *process, const struct paging_rings *rings) {
  if (number >= PAGING_QUEUES || process->context == 0) return VMSO_ERR_ARGUMENT;
  if (driver->queues[number] != NULL) return VMSO_ERR_STATE;
  memset(queue, 0, sizeof(*queue));
  queue->number = number;
  queue->process = process;
  struct vmso_queue_config config = {
      .ring_base = rings->slots.bus,
      .log2_slots = rings->log2_slots,
      .completion_base = rings->completions.bus,
      .log2_completions = rings->log2_completions,
      .granted = 1u << PAGING_USER_SPACE | 1u << PAGING_KERNEL_SPACE,
      .park = true,
  };
  config.contexts[PAGING_USER_SPACE] = (uint16_t)process->context;
  config.contexts[PAGING_KERNEL_SPACE] = KERNEL_CONTEXT;
  int error = vmso_queue_configure(&driver->device, number, &config);
  if (error != VMSO_OK) return error;
  vmso_ring_init(&queue->ring, &driver->device.io, VMSO_REG_DOORBELL(number), rings->slots.cpu,
                 rings->log2_slots, rings->completions.cpu, rings->log2_completions);
  driver->queues[number] = queue;  // first: its faults are told from the start on
  error = vmso_queue_start(&driver->device, number);
  if (error != VMSO_OK) driver->queues[number] = NULL;
  return error;
}

int paging_process_close(struct paging_driver *driver, struct paging_process *process) {
  if (process->context == 0) return VMSO_ERR_ARGUMENT;
  // RESET ends a queue in any state, parked ones too, and needs nothing of the MAC. STOP in front
  // of it would let out what is on its way, and would wait for the MAC.
  for (unsigned i = 0; i < PAGING_QUEUES; i++) {
    if (driver->queues[i] == NULL || driver->queues[i]->process != process) continue;
    int error = vmso_queue_reset(&driver->device, i);
    if (error != VMSO_OK) return error;
    driver->queues[i] = NULL;  // records of it that are in the fault ring are stale from here on
  }
  // Caches, and walks of the advise register, may still know the tables.
  const struct vmso_context off = {.format = VMSO_FORMAT_OFF};
  uint16_t fence = 0;
  int error = vmso_context_set(&driver->device, process->context, &off, &fence);
  if (error == VMSO_OK) error = vmso_fence_wait_seen(&driver->device, fence);
  if (error != VMSO_OK) return error;
  driver->processes[process->context - 1] = NULL;
  process->context = 0;
  return VMSO_OK;
}

// ---- jobs --------------------------------------------------------------------------------------

static int post(struct paging_queue *queue, const struct vmso_job *job) {
  int error = vmso_ring_post(&queue->ring, job);
  if (error == VMSO_OK) vmso_ring_doorbell(&queue->ring);
  return error;
}

static struct vmso_buffer_ref user_buffer(const struct paging_queue *queue, uint64_t va,
                                          uint32_t bytes) {
  const struct vmso_buffer_ref buffer = {va & queue->process->cpu->address_mask, bytes,
                                         PAGING_USER_SPACE};
  return buffer;
}

int paging_send(struct paging_queue *queue, const struct paging_packet *packet) {
  const struct vmso_buffer_ref buffer = user_buffer(queue, packet->va, packet->bytes);
  const struct vmso_job job = {
      .kind = VMSO_KIND_TCP_SEG,
      .cookie = packet->cookie,
      .completion_wanted = true,
      .header = {packet->header, packet->header_bytes, PAGING_KERNEL_SPACE},
      .l3_offset = packet->l3_offset,
      .l4_offset = packet->l4_offset,
      .mss = packet->mss,
      .l4_mode = VMSO_L4_COMPUTE,
      .buffers = &buffer,
      .buffer_count = 1,
  };
  return post(queue, &job);
}

int paging_advise(struct paging_queue *queue, uint64_t cookie, uint64_t va, uint32_t bytes) {
  const struct vmso_buffer_ref buffer = user_buffer(queue, va, bytes);
  const struct vmso_job job = {
      .kind = VMSO_KIND_ADVISE,
      .cookie = cookie,
      .completion_wanted = true,
      .buffers = &buffer,
      .buffer_count = 1,
  };
  return post(queue, &job);
}

int paging_advise_now(struct paging_driver *driver, const struct paging_process *process,
                      uint64_t va, uint64_t bytes, uint32_t *pages) {
  struct vmso_device *device = &driver->device;
  int error = vmso_advise_start(device, process->context, va & process->cpu->address_mask, bytes);
  if (error != VMSO_OK) return error;
  for (uint32_t i = 0; i < device->poll_limit; i++) {
    if (vmso_advise_poll(device, pages) == VMSO_OK) return VMSO_OK;
    if (device->io.relax != NULL) device->io.relax(device->io.opaque);
  }
  vmso_advise_stop(device);
  return VMSO_ERR_TIMEOUT;
}

// ---- faults ------------------------------------------------------------------------------------

enum answer { ANSWER_RETRY, ANSWER_ABORT, ANSWER_LATER };

static enum answer mend(struct paging_driver *driver, struct paging_queue *queue,
                        const struct vmso_fault *fault) {
  struct paging_process *process = queue->process;
  switch (fault->cause) {
    case VMSO_CAUSE_NOT_PRESENT:
    case VMSO_CAUSE_ACCESS_FLAG:
    case VMSO_CAUSE_NO_USER:
    case VMSO_CAUSE_NO_READ:
      // What a fault of the CPU would mend. A fence is not needed: what failed is kept nowhere.
      if (fault->context != process->context) return ANSWER_ABORT;  // memory of the kernel
      if (process->changing != 0) return ANSWER_LATER;
      return driver->fault_in(process, fault->va) ? ANSWER_RETRY : ANSWER_ABORT;
    case VMSO_CAUSE_TABLE_SLV_ERR:
    case VMSO_CAUSE_TABLE_DEC_ERR:
    case VMSO_CAUSE_DATA_SLV_ERR:
    case VMSO_CAUSE_DATA_DEC_ERR:
    case VMSO_CAUSE_BUS_TIMEOUT:
      if (queue->tried_cookie != fault->cookie) queue->tries = 0;
      queue->tried_cookie = fault->cookie;
      return queue->tries++ < BUS_TRIES ? ANSWER_RETRY : ANSWER_ABORT;
    default:
      return ANSWER_ABORT;  // the tables, the flags or the windows are wrong: no page mends that
  }
}

// A record may be older than what its queue does now, which its registers tell. RETRY would do no
// harm then, ABORT would end another job.
static bool is_stale(const struct paging_driver *driver, const struct vmso_fault *fault) {
  struct vmso_fault now;
  if (vmso_queue_fault(&driver->device, fault->queue, &now) != VMSO_OK) return true;
  return now.cookie != fault->cookie || now.va != fault->va || now.cause != fault->cause;
}

static void answer_fault(struct paging_driver *driver, const struct vmso_fault *fault) {
  struct paging_queue *queue = fault->queue < PAGING_QUEUES ? driver->queues[fault->queue] : NULL;
  if (queue == NULL || is_stale(driver, fault)) {
    driver->counts.stale++;
    return;
  }
  int error = VMSO_OK;
  queue->waits = false;  // first: fault_in may change tables, whose end answers all that wait
  switch (mend(driver, queue, fault)) {
    case ANSWER_LATER:
      queue->waits = true;
      driver->counts.late++;
      return;
    case ANSWER_RETRY:  // on at the segment that failed, by a new walk
      error = vmso_queue_retry(&driver->device, queue->number);
      driver->counts.retries += error == VMSO_OK;
      break;
    case ANSWER_ABORT:  // the job's completion tells status, cause and address to its owner
      error = vmso_queue_abort(&driver->device, queue->number);
      driver->counts.aborts += error == VMSO_OK;
      break;
  }
}

// Queues whose fault has no record, or whose answer was put off.
static void answer_pending(struct paging_driver *driver, bool waiting_ones) {
  struct vmso_fault fault;
  for (int i = vmso_fault_pending(&driver->device, 0); i >= 0;
       i = vmso_fault_pending(&driver->device, (unsigned)i + 1)) {
    const struct paging_queue *queue =
        (unsigned)i < PAGING_QUEUES ? driver->queues[(unsigned)i] : NULL;
    if (queue == NULL || queue->waits != waiting_ones) continue;
    if (vmso_queue_fault(&driver->device, (unsigned)i, &fault) != VMSO_OK) continue;
    answer_fault(driver, &fault);
  }
}

void paging_interrupt(struct paging_driver *driver) {
  uint32_t events = vmso_fault_events(&driver->device);  // first: what comes later interrupts again
  struct vmso_fault fault;
  while (vmso_fault_ring_next(&driver->faults, &fault)) answer_fault(driver, &fault);
  if ((events & VMSO_FAULT_OVERFLOW) == 0) return;
  driver->counts.overflows++;
  answer_pending(driver, false);
}

// ---- changes of the tables ---------------------------------------------------------------------

void paging_range_start(struct paging_process *process) { process->changing++; }

int paging_range_end(struct paging_driver *driver, struct paging_process *process,
                     const struct paging_range *ranges, size_t count) {
  struct vmso_device *device = &driver->device;
  const unsigned context = process->context;
  uint16_t fence = 0;
  int error = VMSO_OK;
  if (count > MANY_RANGES) {
    error = vmso_fence_start(device, VMSO_FENCE_CONTEXT, context, 0, 0, &fence);
  } else {
    // Up to four are carried out together; a fifth waits for its place here.
    for (size_t i = 0; error == VMSO_OK && i < count; i++) {
      uint64_t va = ranges[i].va & process->cpu->address_mask;
      error = ranges[i].tables
                  ? vmso_fence_start(device, VMSO_FENCE_RANGE, context, va, ranges[i].bytes, &fence)
                  : vmso_fence_start_leaf_only(device, VMSO_FENCE_RANGE, context, va,
                                               ranges[i].bytes, &fence);
    }
  }
  // They are done in order, so the last one tells of all. It is a look at memory: this may be
  // called with the lock of a table held, where a register access is long.
  if (error == VMSO_OK && count > 0) error = vmso_fence_wait_seen(device, fence);
  if (error != VMSO_OK) return error;
  if (--process->changing == 0) answer_pending(driver, true);
  return VMSO_OK;
}
