// SPDX-License-Identifier: Apache-2.0
#include "example_paging.h"

#include <string.h>

#define KERNEL_CONTEXT 0u
#define BUS_TRIES 3u       // at one address of a job that met a bus error
#define PAGE_TRIES 100u    // and of one whose page is away again each time
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

static void lock(struct paging_driver *driver) {
  if (driver->setup.lock != NULL) driver->setup.lock(driver);
}

static void unlock(struct paging_driver *driver) {
  if (driver->setup.unlock != NULL) driver->setup.unlock(driver);
}

// Where a register would be a long way, memory tells; where memory does not, the register.
static int wait_for_fence(const struct vmso_device *device, uint16_t fence) {
  int error = vmso_fence_wait_seen(device, fence);
  return error == VMSO_ERR_TIMEOUT && vmso_fence_done(device, fence) ? VMSO_OK : error;
}

// Of another fence: its registers are those of paging_range_end.
static int set_context(struct paging_driver *driver, unsigned number,
                       const struct vmso_context *context) {
  uint16_t fence = 0;
  lock(driver);
  int error = vmso_context_set(&driver->device, number, context, &fence);
  unlock(driver);
  return error == VMSO_OK ? wait_for_fence(&driver->device, fence) : error;
}

int paging_start(struct paging_driver *driver, const struct paging_setup *setup) {
  memset(driver, 0, sizeof(*driver));
  driver->setup = *setup;
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
  error = set_context(driver, KERNEL_CONTEXT, &kernel);
  // Before the first queue runs: a ring drops the records of before.
  if (error == VMSO_OK) {
    error = vmso_fault_ring_init(device, &driver->faults, setup->faults.cpu, setup->faults.bus,
                                 setup->log2_faults);
  }
  if (error != VMSO_OK) return error;
  const uint32_t mask = vmso_read32(device, VMSO_REG_STICKY_MASK);
  vmso_write32(device, VMSO_REG_STICKY_MASK, mask | VMSO_FAULT_LOST);
  vmso_fault_interrupt_set(device, true);
  return VMSO_OK;
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
  // Until that is done the context is what it was: off. Afterwards changes of the tables are told.
  int error = set_context(driver, place + 1, &context);
  if (error != VMSO_OK) return error;
  driver->processes[place] = process;
  lock(driver);
  process->context = place + 1;
  unlock(driver);
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
  // ENABLE may still be on its way: only RESET makes sure that nobody runs on these rings.
  if (error != VMSO_OK && vmso_queue_reset(&driver->device, number) == VMSO_OK) {
    driver->queues[number] = NULL;
  }
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
  int error = set_context(driver, process->context, &off);
  if (error != VMSO_OK) return error;
  driver->processes[process->context - 1] = NULL;
  lock(driver);
  process->context = 0;
  unlock(driver);
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
  if (process->context == 0) return VMSO_ERR_ARGUMENT;
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

static bool is_changing(struct paging_driver *driver, const struct paging_process *process) {
  lock(driver);
  bool changing = process->changing != 0;
  unlock(driver);
  return changing;
}

static enum answer mend(struct paging_driver *driver, struct paging_queue *queue,
                        const struct vmso_fault *fault) {
  struct paging_process *process = queue->process;
  if (queue->tried_cookie != fault->cookie || queue->tried_va != fault->va) queue->tries = 0;
  queue->tried_cookie = fault->cookie;
  queue->tried_va = fault->va;
  switch (fault->cause) {
    case VMSO_CAUSE_NOT_PRESENT:
    case VMSO_CAUSE_ACCESS_FLAG:
    case VMSO_CAUSE_NO_USER:
    case VMSO_CAUSE_NO_READ:
      // What a fault of the CPU would mend. A fence is not needed: what failed is kept nowhere.
      if (fault->context != process->context) return ANSWER_ABORT;  // memory of the kernel
      if (is_changing(driver, process)) return ANSWER_LATER;
      if (queue->tries++ == PAGE_TRIES) return ANSWER_ABORT;
      return driver->setup.fault_in(process, fault->va, fault->cause) ? ANSWER_RETRY : ANSWER_ABORT;
    case VMSO_CAUSE_TABLE_SLV_ERR:
    case VMSO_CAUSE_TABLE_DEC_ERR:
    case VMSO_CAUSE_DATA_SLV_ERR:
    case VMSO_CAUSE_DATA_DEC_ERR:
    case VMSO_CAUSE_BUS_TIMEOUT:
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
  queue->waits = false;
  switch (mend(driver, queue, fault)) {
    case ANSWER_LATER:  // paging_range_end asks for paging_work
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
  // Another command is in its way, or the device takes long: nobody else will lead the queue on.
  if (error == VMSO_ERR_BUSY || error == VMSO_ERR_TIMEOUT) {
    queue->waits = true;
    driver->setup.wake(driver);
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
  struct vmso_device *device = &driver->device;
  const struct paging_setup *setup = &driver->setup;
  uint32_t events = vmso_fault_events(device);  // first: what comes later interrupts again
  struct vmso_fault fault;
  while (!driver->no_ring && vmso_fault_ring_next(&driver->faults, &fault)) {
    answer_fault(driver, &fault);
  }
  bool lost = (events & VMSO_FAULT_LOST) != 0 || driver->no_ring;
  if (lost) {
    // Perhaps it was a record: then the ring stands still at its place. A queue in ERROR is for its
    // owner to RESET; in this example that is paging_process_close.
    vmso_write32(device, VMSO_REG_STICKY, VMSO_FAULT_LOST);
    driver->counts.lost++;
    // Not yet, while a record is under way: faults interrupt without a ring as well.
    driver->no_ring = vmso_fault_ring_init(device, &driver->faults, setup->faults.cpu,
                                           setup->faults.bus, setup->log2_faults) != VMSO_OK;
  }
  if ((events & VMSO_FAULT_OVERFLOW) != 0) driver->counts.overflows++;
  if (lost || (events & VMSO_FAULT_OVERFLOW) != 0) answer_pending(driver, false);
}

void paging_work(struct paging_driver *driver) { answer_pending(driver, true); }

// ---- changes of the tables ---------------------------------------------------------------------

void paging_range_start(struct paging_driver *driver, struct paging_process *process) {
  lock(driver);
  process->changing++;
  unlock(driver);
}

static int fence_ranges(struct vmso_device *device, const struct paging_process *process,
                        const struct paging_range *ranges, size_t count, uint16_t *fence) {
  if (count > MANY_RANGES) {
    return vmso_fence_start(device, VMSO_FENCE_CONTEXT, process->context, 0, 0, fence);
  }
  // Up to four are carried out together; a fifth waits for its place here.
  int error = VMSO_OK;
  for (size_t i = 0; error == VMSO_OK && i < count; i++) {
    uint64_t va = ranges[i].va & process->cpu->address_mask;
    error = (ranges[i].tables ? vmso_fence_start : vmso_fence_start_leaf_only)(
        device, VMSO_FENCE_RANGE, process->context, va, ranges[i].bytes, fence);
  }
  return error;
}

int paging_range_end(struct paging_driver *driver, struct paging_process *process,
                     const struct paging_range *ranges, size_t count) {
  uint16_t fence = 0;
  int error = VMSO_OK;
  lock(driver);
  bool fenced = process->context != 0 && count > 0;
  if (fenced) error = fence_ranges(&driver->device, process, ranges, count, &fence);
  unlock(driver);
  // They are done in order, so the last one tells of all.
  if (fenced && error == VMSO_OK) error = wait_for_fence(&driver->device, fence);
  if (error != VMSO_OK) return error;
  lock(driver);
  bool over = --process->changing == 0;
  unlock(driver);
  if (over) driver->setup.wake(driver);
  return VMSO_OK;
}
