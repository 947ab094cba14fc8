// SPDX-License-Identifier: Apache-2.0
#include "vmso.h"

#include <stdatomic.h>
#include <string.h>

#define DEFAULT_POLL_LIMIT 1000000u
#define FENCES_AT_ONCE 4
#define WINDOWS 4u
#define MAX_LATENCY 16384u
#define TIMEOUT_LATENCIES \
  16u  // a read that waits behind a full window, in slow memory, is not lost
#define LEAST_TIMEOUT 4096u
#define ADDRESS_BITS 56u
#define LEAST_PA_BITS 32u
#define ISSUE_BEATS 24u  // on their way beside those in the memory; more only makes table reads wait
// A memory that reorders takes the beats that wait in it in any order: a long read among short ones
// is done so many times later than in order, and complete frames behind it stay in the store
// meanwhile.
#define TIMES_LATER 3u
#define ENGINE_ROWS 32u   // rows of the smallest frames on their way through the engine
#define FRAMES_BEHIND 5u  // frames complete, leaving or about to begin, beside those being read
#define SLOT_WORDS 8u
#define COMPLETION_WORDS 4u
#define BUFFER_MAX 0xffffffu
#define OFFSET_BITS 9u  // of L3 and L4, bit 8 of them apart

#define FIELD(word, field) (((word)&field##_bm) >> field##_bp)
#define PLACE(value, field) (((uint64_t)(value) << field##_bp) & field##_bm)

// ---- registers ---------------------------------------------------------------------------------

uint32_t vmso_read32(const struct vmso_device *device, uint32_t offset) {
  return device->io.read32(device->io.opaque, offset);
}

void vmso_write32(const struct vmso_device *device, uint32_t offset, uint32_t value) {
  device->io.write32(device->io.opaque, offset, value);
}

uint64_t vmso_read64(const struct vmso_device *device, uint32_t offset) {
  uint64_t low = vmso_read32(device, offset);
  return low | (uint64_t)vmso_read32(device, offset + 4) << 32;
}

void vmso_write64(const struct vmso_device *device, uint32_t offset, uint64_t value) {
  vmso_write32(device, offset, (uint32_t)value);
  vmso_write32(device, offset + 4, (uint32_t)(value >> 32));
}

// Reads until the masked bits have the value.
static int wait_for(const struct vmso_device *device, uint32_t offset, uint32_t mask,
                    uint32_t value) {
  for (uint32_t i = 0; i < device->poll_limit; i++) {
    if ((vmso_read32(device, offset) & mask) == value) return VMSO_OK;
  }
  return VMSO_ERR_TIMEOUT;
}

// ---- device ------------------------------------------------------------------------------------

static int wait_ready(const struct vmso_device *device) {
  return wait_for(device, VMSO_REG_STATUS, VMSO_REG_STATUS_READY_bm | VMSO_REG_STATUS_RESET_BUSY_bm,
                  VMSO_REG_STATUS_READY_bm);
}

int vmso_device_init(struct vmso_device *device, const struct vmso_io *io) {
  memset(device, 0, sizeof(*device));
  device->io = *io;
  device->poll_limit = DEFAULT_POLL_LIMIT;
  if (vmso_read32(device, VMSO_REG_ID) != VMSO_REG_ID_VALUE) return VMSO_ERR_ID;
  uint32_t version = vmso_read32(device, VMSO_REG_VERSION);
  if (FIELD(version, VMSO_REG_VERSION_MAJOR) != VMSO_REG_VERSION_MAJOR_VALUE) return VMSO_ERR_ID;

  uint32_t word = vmso_read32(device, VMSO_REG_CAP_QUEUES);
  device->queues = FIELD(word, VMSO_REG_CAP_QUEUES_QUEUES);
  device->contexts = FIELD(word, VMSO_REG_CAP_QUEUES_CONTEXTS);
  word = vmso_read32(device, VMSO_REG_CAP_BUS);
  device->data_bits = FIELD(word, VMSO_REG_CAP_BUS_DATA_BITS);
  device->vectors = FIELD(word, VMSO_REG_CAP_BUS_VECTORS);
  word = vmso_read32(device, VMSO_REG_CAP_FRAME);
  device->max_frame = FIELD(word, VMSO_REG_CAP_FRAME_MAX_FRAME);
  word = vmso_read32(device, VMSO_REG_CAP_TEMPLATE);
  device->template_bytes = FIELD(word, VMSO_REG_CAP_TEMPLATE_TEMPLATE_BYTES);
  word = vmso_read32(device, VMSO_REG_CAP_JOBS);
  device->jobs = FIELD(word, VMSO_REG_CAP_JOBS_JOBS);
  word = vmso_read32(device, VMSO_REG_CAP_FEATURES);
  device->kinds = FIELD(word, VMSO_REG_CAP_FEATURES_KINDS);
  device->formats = FIELD(word, VMSO_REG_CAP_FEATURES_FORMATS);
  int error = wait_ready(device);
  word = vmso_read32(device, VMSO_REG_FENCE_GO);
  device->fences_started = (uint16_t)FIELD(word, VMSO_REG_FENCE_GO_FENCE);
  return error;
}

int vmso_device_reset(struct vmso_device *device) {
  vmso_write32(device, VMSO_REG_CONTROL, VMSO_REG_CONTROL_SOFT_RESET_bm);
  device->fences_started = 0;
  int error = wait_ready(device);
  vmso_write32(device, VMSO_REG_FAULT_SHAPE, 0);
  if (device->fence_status != NULL) *device->fence_status = 0;
  return error;
}

int vmso_tune(struct vmso_device *device, uint32_t latency, bool reorders, uint32_t frame_bytes) {
  if (latency >= MAX_LATENCY || frame_bytes > device->max_frame) return VMSO_ERR_ARGUMENT;
  uint32_t behind_rows = 0;
  if (reorders) {
    uint32_t mean = latency + latency / 8;
    latency += latency / 4;  // the longest counts, not the mean
    behind_rows = TIMES_LATER * (latency + ISSUE_BEATS - mean);
  }
  uint32_t frame_rows = (frame_bytes * 8 + device->data_bits - 1) / device->data_bits;
  uint32_t rows = latency + ENGINE_ROWS + FRAMES_BEHIND * frame_rows + behind_rows;
  uint32_t most = VMSO_REG_STORE_LIMIT_ROWS_bm;
  vmso_write32(device, VMSO_REG_READ_WINDOW, latency + ISSUE_BEATS);
  vmso_write32(device, VMSO_REG_STORE_LIMIT, rows < most ? rows : most);
  uint32_t timeout = TIMEOUT_LATENCIES * latency;
  vmso_read_timeout_set(device, timeout > LEAST_TIMEOUT ? timeout : LEAST_TIMEOUT);
  return VMSO_OK;
}

void vmso_read_timeout_set(struct vmso_device *device, uint32_t cycles) {
  vmso_write32(device, VMSO_REG_READ_TIMEOUT, cycles);
}

int vmso_window_set(struct vmso_device *device, unsigned window, uint64_t first, uint64_t last) {
  if (window >= WINDOWS || first > last || last >> ADDRESS_BITS != 0) return VMSO_ERR_ARGUMENT;
  uint32_t stride = VMSO_REG_WINDOW1_BASE - VMSO_REG_WINDOW0_BASE;
  // The old and the new window never meet as a third one: it is empty while it changes.
  vmso_window_close(device, window);
  vmso_write64(device, VMSO_REG_WINDOW0_LIMIT + stride * window, last);
  vmso_write64(device, VMSO_REG_WINDOW0_BASE + stride * window, first);
  return VMSO_OK;
}

int vmso_window_close(struct vmso_device *device, unsigned window) {
  if (window >= WINDOWS) return VMSO_ERR_ARGUMENT;
  uint32_t stride = VMSO_REG_WINDOW1_BASE - VMSO_REG_WINDOW0_BASE;
  vmso_write64(device, VMSO_REG_WINDOW0_BASE + stride * window,
               VMSO_REG_WINDOW0_BASE_PAGE_bm);  // the last frame: behind every limit but itself
  vmso_write64(device, VMSO_REG_WINDOW0_LIMIT + stride * window, 0);
  return VMSO_OK;
}

// ---- contexts and fences -----------------------------------------------------------------------

// Writes FENCE_GO or a context's COMMIT as soon as there is a place, and gives what it reads then.
// Another owner of the device may have taken the place in between: the device says so.
static int start_fence(struct vmso_device *device, uint32_t offset, uint32_t *word) {
  for (uint32_t i = 0; i < device->poll_limit; i++) {
    uint16_t done = (uint16_t)vmso_read32(device, VMSO_REG_FENCE_DONE);
    uint16_t under_way = (uint16_t)(device->fences_started - done);  // far beyond: another owner's are done
    if (under_way >= FENCES_AT_ONCE && under_way < 0x8000u) continue;
    vmso_write32(device, offset, 1);
    *word = vmso_read32(device, offset);
    if ((*word & VMSO_REG_FENCE_GO_REFUSED_bm) != 0) continue;
    device->fences_started = (uint16_t)FIELD(*word, VMSO_REG_FENCE_GO_FENCE);
    return VMSO_OK;
  }
  return VMSO_ERR_TIMEOUT;
}
VMSO_STATIC_ASSERT(VMSO_REG_FENCE_GO_FENCE_bm == VMSO_REG_CONTEXT_COMMIT_FENCE_bm &&
                       VMSO_REG_FENCE_GO_REFUSED_bm == VMSO_REG_CONTEXT_COMMIT_REFUSED_bm,
                   "start_fence reads both");

// Physical address bits that entries of a format can hold.
static unsigned most_pa_bits(enum vmso_format format) {
  switch (format) {
    case VMSO_FORMAT_X86_32:
      return 32;
    case VMSO_FORMAT_X86_64_L4:
    case VMSO_FORMAT_X86_64_L5:
      return 52;
    case VMSO_FORMAT_AARCH64:
      return 48;
    default:  // identity, RISC-V
      return ADDRESS_BITS;
  }
}

// What the device refuses at COMMIT: docs/registers.md, Rules of contexts.
static bool context_fits(const struct vmso_device *device, const struct vmso_context *config) {
  const uint32_t not_flags = VMSO_REG_CONTEXT_FORMAT_FORMAT_bm | VMSO_REG_CONTEXT_FORMAT_PA_BITS_bm;
  if (config->pa_bits > 63 || (config->flags & not_flags) != 0) return false;
  if ((unsigned)config->format > 15 || (device->formats >> config->format & 1) == 0) return false;
  if (config->format == VMSO_FORMAT_OFF) return true;
  bool tables = config->format != VMSO_FORMAT_IDENTITY;
  if (config->pa_bits < LEAST_PA_BITS) return false;
  if (config->pa_bits > most_pa_bits(config->format)) return false;
  if (config->root >> config->pa_bits != 0) return false;
  return !tables || config->root % 4096 == 0;
}

int vmso_context_set(struct vmso_device *device, unsigned context,
                     const struct vmso_context *config, uint16_t *fence) {
  if (context >= device->contexts || !context_fits(device, config)) return VMSO_ERR_ARGUMENT;
  uint32_t base = VMSO_REG_CONTEXT(context);
  uint64_t format = PLACE(config->format, VMSO_REG_CONTEXT_FORMAT_FORMAT) |
                    PLACE(config->pa_bits, VMSO_REG_CONTEXT_FORMAT_PA_BITS);
  vmso_write64(device, base + VMSO_REG_CONTEXT_ROOT, config->root);
  vmso_write64(device, base + VMSO_REG_CONTEXT_LIMIT, config->limit);
  vmso_write32(device, base + VMSO_REG_CONTEXT_FORMAT, (uint32_t)format | config->flags);
  uint32_t word = 0;
  int error = start_fence(device, base + VMSO_REG_CONTEXT_COMMIT, &word);
  if (error != VMSO_OK) return error;
  *fence = device->fences_started;
  return (word & VMSO_REG_CONTEXT_COMMIT_CONFIG_REFUSED_bm) != 0 ? VMSO_ERR_STATE : VMSO_OK;
}

// Between the halves of every format's address space: such an address still has its tag.
static bool tagged(uint64_t va) {
  uint64_t high = va >> ADDRESS_BITS;
  return high != 0 && high != UINT64_MAX >> ADDRESS_BITS;
}

static int fence(struct vmso_device *device, enum vmso_fence_kind kind, bool leaf_only,
                 unsigned context, uint64_t va, uint64_t bytes, uint16_t *number) {
  if (kind != VMSO_FENCE_ALL && kind != VMSO_FENCE_CONTEXT && kind != VMSO_FENCE_RANGE) {
    return VMSO_ERR_ARGUMENT;
  }
  if (kind != VMSO_FENCE_ALL && context >= device->contexts) return VMSO_ERR_ARGUMENT;
  if (kind == VMSO_FENCE_RANGE && tagged(va)) return VMSO_ERR_ARGUMENT;
  vmso_write32(device, VMSO_REG_FENCE_WHAT,
               (uint32_t)(PLACE(kind, VMSO_REG_FENCE_WHAT_KIND) |
                          PLACE(leaf_only, VMSO_REG_FENCE_WHAT_LEAF_ONLY) |
                          PLACE(context, VMSO_REG_FENCE_WHAT_CTX)));
  if (kind == VMSO_FENCE_RANGE) {
    vmso_write64(device, VMSO_REG_FENCE_VA, va);
    vmso_write64(device, VMSO_REG_FENCE_BYTES, bytes);
  }
  uint32_t word = 0;
  int error = start_fence(device, VMSO_REG_FENCE_GO, &word);
  if (error != VMSO_OK) return error;
  *number = device->fences_started;
  return VMSO_OK;
}

int vmso_fence_start(struct vmso_device *device, enum vmso_fence_kind kind, unsigned context,
                     uint64_t va, uint64_t bytes, uint16_t *number) {
  return fence(device, kind, false, context, va, bytes, number);
}

int vmso_fence_start_leaf_only(struct vmso_device *device, enum vmso_fence_kind kind,
                               unsigned context, uint64_t va, uint64_t bytes, uint16_t *number) {
  return fence(device, kind, true, context, va, bytes, number);
}

bool vmso_fence_done(const struct vmso_device *device, uint16_t fence) {
  uint16_t done = (uint16_t)vmso_read32(device, VMSO_REG_FENCE_DONE);
  return (uint16_t)(done - fence) < 0x8000u;
}

int vmso_fence_wait(const struct vmso_device *device, uint16_t fence) {
  for (uint32_t i = 0; i < device->poll_limit; i++) {
    if (vmso_fence_done(device, fence)) return VMSO_OK;
  }
  return VMSO_ERR_TIMEOUT;
}

int vmso_fence_status_set(struct vmso_device *device, void *memory, uint64_t address) {
  if (memory != NULL && (address % VMSO_FAULT_RECORD_BYTES != 0 || address >> ADDRESS_BITS != 0 ||
                         (uintptr_t)memory % sizeof(uint64_t) != 0)) {
    return VMSO_ERR_ARGUMENT;
  }
  vmso_write32(device, VMSO_REG_FENCE_STATUS_ON, 0);
  device->fence_status = memory;
  if (memory == NULL) return VMSO_OK;
  *device->fence_status = FIELD(vmso_read32(device, VMSO_REG_FENCE_DONE), VMSO_REG_FENCE_DONE_FENCE);
  atomic_thread_fence(memory_order_seq_cst);  // the last number before the device writes a later one
  vmso_write64(device, VMSO_REG_FENCE_STATUS, address);
  vmso_write32(device, VMSO_REG_FENCE_STATUS_ON, VMSO_REG_FENCE_STATUS_ON_ON_bm);
  return VMSO_OK;
}

bool vmso_fence_seen(const struct vmso_device *device, uint16_t fence) {
  if (device->fence_status == NULL) return false;
  uint16_t done = (uint16_t)*device->fence_status;
  atomic_thread_fence(memory_order_acquire);
  return (uint16_t)(done - fence) < 0x8000u;
}

int vmso_fence_wait_seen(const struct vmso_device *device, uint16_t fence) {
  if (device->fence_status == NULL) return VMSO_ERR_STATE;
  for (uint32_t i = 0; i < device->poll_limit; i++) {
    if (vmso_fence_seen(device, fence)) return VMSO_OK;
    if (device->io.relax != NULL) device->io.relax(device->io.opaque);
  }
  return VMSO_ERR_TIMEOUT;
}

// ---- advice ------------------------------------------------------------------------------------

int vmso_advise_start(struct vmso_device *device, unsigned context, uint64_t va, uint64_t bytes) {
  if (context >= device->contexts || tagged(va)) return VMSO_ERR_ARGUMENT;
  uint32_t word = vmso_read32(device, VMSO_REG_ADVISE_GO);
  if ((word & VMSO_REG_ADVISE_GO_BUSY_bm) != 0) return VMSO_ERR_BUSY;
  vmso_write32(device, VMSO_REG_ADVISE_WHAT, (uint32_t)PLACE(context, VMSO_REG_ADVISE_WHAT_CTX));
  vmso_write64(device, VMSO_REG_ADVISE_VA, va);
  vmso_write64(device, VMSO_REG_ADVISE_BYTES, bytes);
  vmso_write32(device, VMSO_REG_ADVISE_GO, 1);
  word = vmso_read32(device, VMSO_REG_ADVISE_GO);
  return (word & VMSO_REG_ADVISE_GO_REFUSED_bm) != 0 ? VMSO_ERR_BUSY : VMSO_OK;
}

int vmso_advise_poll(const struct vmso_device *device, uint32_t *pages) {
  uint32_t word = vmso_read32(device, VMSO_REG_ADVISE_GO);
  *pages = FIELD(word, VMSO_REG_ADVISE_GO_PAGES);
  return (word & VMSO_REG_ADVISE_GO_BUSY_bm) != 0 ? VMSO_ERR_BUSY : VMSO_OK;
}

void vmso_advise_stop(struct vmso_device *device) { vmso_write32(device, VMSO_REG_ADVISE_GO, 0); }

// ---- queues ------------------------------------------------------------------------------------

static uint32_t state_word(const struct vmso_device *device, unsigned queue) {
  return vmso_read32(device, VMSO_REG_QUEUE(queue) + VMSO_REG_QUEUE_STATE);
}

static bool rings_fit(uint64_t ring_base, uint64_t log2_slots, uint64_t completion_base,
                      uint64_t log2_completions) {
  if (log2_slots < 2 || log2_slots > 15) return false;
  if (log2_completions < 1 || log2_completions > 15) return false;
  if (ring_base % 64 != 0 || completion_base % 32 != 0) return false;
  return ring_base >> ADDRESS_BITS == 0 && completion_base >> ADDRESS_BITS == 0;
}

int vmso_queue_configure(struct vmso_device *device, unsigned queue,
                         const struct vmso_queue_config *config) {
  if (queue >= device->queues || config->vector >= device->vectors) return VMSO_ERR_ARGUMENT;
  if (!rings_fit(config->ring_base, config->log2_slots, config->completion_base,
                 config->log2_completions)) {
    return VMSO_ERR_ARGUMENT;
  }
  if (config->weight > 255 || config->granted > 15) return VMSO_ERR_ARGUMENT;
  if (config->rate_bytes > 0xffffff || config->rate_frames > 0xffff) return VMSO_ERR_ARGUMENT;
  for (unsigned i = 0; i < 4; i++) {
    if ((config->granted >> i & 1) != 0 && config->contexts[i] >= device->contexts) {
      return VMSO_ERR_ARGUMENT;
    }
  }
  uint32_t word = state_word(device, queue);
  if ((word & VMSO_REG_QUEUE_STATE_PENDING_bm) != 0) return VMSO_ERR_BUSY;
  if (FIELD(word, VMSO_REG_QUEUE_STATE_STATE) != VMSO_QUEUE_OFF) return VMSO_ERR_STATE;
  uint32_t base = VMSO_REG_QUEUE(queue);
  vmso_write64(device, base + VMSO_REG_QUEUE_RING_BASE, config->ring_base);
  vmso_write64(device, base + VMSO_REG_QUEUE_RING_SHAPE,
               PLACE(config->log2_slots, VMSO_REG_QUEUE_RING_SHAPE_LOG2_SLOTS) |
                   PLACE(config->park, VMSO_REG_QUEUE_RING_SHAPE_PARK) |
                   PLACE(config->vector, VMSO_REG_QUEUE_RING_SHAPE_VECTOR));
  vmso_write64(device, base + VMSO_REG_QUEUE_CPL_BASE, config->completion_base);
  vmso_write64(device, base + VMSO_REG_QUEUE_CPL_SHAPE,
               PLACE(config->log2_completions, VMSO_REG_QUEUE_CPL_SHAPE_LOG2_ENTRIES));
  vmso_write64(device, base + VMSO_REG_QUEUE_CONTEXTS,
               PLACE(config->contexts[0], VMSO_REG_QUEUE_CONTEXTS_ID0) |
                   PLACE(config->contexts[1], VMSO_REG_QUEUE_CONTEXTS_ID1) |
                   PLACE(config->contexts[2], VMSO_REG_QUEUE_CONTEXTS_ID2) |
                   PLACE(config->contexts[3], VMSO_REG_QUEUE_CONTEXTS_ID3) |
                   PLACE(config->granted, VMSO_REG_QUEUE_CONTEXTS_VALID));
  vmso_write64(device, base + VMSO_REG_QUEUE_WEIGHT,
               PLACE(config->weight, VMSO_REG_QUEUE_WEIGHT_WEIGHT));
  vmso_write64(device, base + VMSO_REG_QUEUE_RATE,
               PLACE(config->rate_bytes, VMSO_REG_QUEUE_RATE_BYTES) |
                   PLACE(config->rate_frames, VMSO_REG_QUEUE_RATE_FRAMES));
  return VMSO_OK;
}

// Would the device take ENABLE? It tells no more than "ignored".
static bool configured(const struct vmso_device *device, unsigned queue) {
  uint32_t base = VMSO_REG_QUEUE(queue);
  uint32_t slots = vmso_read32(device, base + VMSO_REG_QUEUE_RING_SHAPE);
  uint32_t completions = vmso_read32(device, base + VMSO_REG_QUEUE_CPL_SHAPE);
  return rings_fit(vmso_read64(device, base + VMSO_REG_QUEUE_RING_BASE),
                   FIELD(slots, VMSO_REG_QUEUE_RING_SHAPE_LOG2_SLOTS),
                   vmso_read64(device, base + VMSO_REG_QUEUE_CPL_BASE),
                   FIELD(completions, VMSO_REG_QUEUE_CPL_SHAPE_LOG2_ENTRIES));
}

static int write_command(struct vmso_device *device, unsigned queue, enum vmso_queue_cmd command,
                         uint32_t options) {
  if (queue >= device->queues || command < VMSO_CMD_ENABLE || command > VMSO_CMD_ACK_FAULT) {
    return VMSO_ERR_ARGUMENT;
  }
  uint32_t word = state_word(device, queue);
  bool pending = (word & VMSO_REG_QUEUE_STATE_PENDING_bm) != 0;
  if (pending && command != VMSO_CMD_RESET) return VMSO_ERR_BUSY;
  if (command == VMSO_CMD_ENABLE && FIELD(word, VMSO_REG_QUEUE_STATE_STATE) == VMSO_QUEUE_OFF &&
      !configured(device, queue)) {
    return VMSO_ERR_ARGUMENT;
  }
  vmso_write32(device, VMSO_REG_QUEUE(queue) + VMSO_REG_QUEUE_COMMAND, (uint32_t)command | options);
  word = state_word(device, queue);
  pending = (word & VMSO_REG_QUEUE_STATE_PENDING_bm) != 0;
  if (!pending && (word & VMSO_REG_QUEUE_STATE_REFUSED_bm) != 0) return VMSO_ERR_STATE;
  return VMSO_OK;
}

int vmso_queue_command(struct vmso_device *device, unsigned queue, enum vmso_queue_cmd command) {
  return write_command(device, queue, command, 0);
}

int vmso_queue_command_notify(struct vmso_device *device, unsigned queue,
                              enum vmso_queue_cmd command) {
  return write_command(device, queue, command, VMSO_REG_QUEUE_COMMAND_NOTIFY_bm);
}

enum vmso_queue_state vmso_queue_state(const struct vmso_device *device, unsigned queue) {
  return (enum vmso_queue_state)FIELD(state_word(device, queue), VMSO_REG_QUEUE_STATE_STATE);
}

bool vmso_queue_pending(const struct vmso_device *device, unsigned queue) {
  return (state_word(device, queue) & VMSO_REG_QUEUE_STATE_PENDING_bm) != 0;
}

int vmso_queue_wait(const struct vmso_device *device, unsigned queue, enum vmso_queue_state state) {
  if (queue >= device->queues) return VMSO_ERR_ARGUMENT;
  for (uint32_t i = 0; i < device->poll_limit; i++) {
    uint32_t word = state_word(device, queue);
    if ((word & VMSO_REG_QUEUE_STATE_PENDING_bm) != 0) continue;
    if (FIELD(word, VMSO_REG_QUEUE_STATE_STATE) == (uint32_t)state) return VMSO_OK;
    if ((word & VMSO_REG_QUEUE_STATE_REFUSED_bm) != 0) return VMSO_ERR_STATE;
  }
  return VMSO_ERR_TIMEOUT;
}

static int wait_free(const struct vmso_device *device, unsigned queue) {
  return wait_for(device, VMSO_REG_QUEUE(queue) + VMSO_REG_QUEUE_STATE,
                  VMSO_REG_QUEUE_STATE_PENDING_bm, 0);
}

// A command from its write until it was carried out, wherever the queue has gone since.
static int carry_out(struct vmso_device *device, unsigned queue, enum vmso_queue_cmd command) {
  int error = vmso_queue_command(device, queue, command);
  if (error == VMSO_OK) error = wait_free(device, queue);
  if (error != VMSO_OK) return error;
  bool refused = (state_word(device, queue) & VMSO_REG_QUEUE_STATE_REFUSED_bm) != 0;
  return refused ? VMSO_ERR_STATE : VMSO_OK;
}

int vmso_queue_start(struct vmso_device *device, unsigned queue) {
  if (queue >= device->queues) return VMSO_ERR_ARGUMENT;
  int error = wait_free(device, queue);
  if (error != VMSO_OK) return error;
  if (vmso_queue_state(device, queue) == VMSO_QUEUE_RUN) return VMSO_OK;
  return carry_out(device, queue, VMSO_CMD_ENABLE);
}

int vmso_queue_stop(struct vmso_device *device, unsigned queue) {
  if (queue >= device->queues) return VMSO_ERR_ARGUMENT;
  int error = wait_free(device, queue);
  if (error != VMSO_OK) return error;
  if (vmso_queue_state(device, queue) == VMSO_QUEUE_STOPPED) return VMSO_OK;
  error = vmso_queue_command(device, queue, VMSO_CMD_STOP);
  return error != VMSO_OK ? error : vmso_queue_wait(device, queue, VMSO_QUEUE_STOPPED);
}

// Only if STATE shows all bits of `value` under `mask`.
static int carry_out_in(struct vmso_device *device, unsigned queue, enum vmso_queue_cmd command,
                        uint32_t mask, uint32_t value) {
  if (queue >= device->queues) return VMSO_ERR_ARGUMENT;
  int error = wait_free(device, queue);
  if (error != VMSO_OK) return error;
  if ((state_word(device, queue) & mask) != value) return VMSO_ERR_STATE;
  return carry_out(device, queue, command);
}

int vmso_queue_retry(struct vmso_device *device, unsigned queue) {
  return carry_out_in(device, queue, VMSO_CMD_RETRY, VMSO_REG_QUEUE_STATE_STATE_bm,
                      VMSO_QUEUE_PARKED);
}

int vmso_queue_abort(struct vmso_device *device, unsigned queue) {
  return carry_out_in(device, queue, VMSO_CMD_ABORT, VMSO_REG_QUEUE_STATE_STATE_bm,
                      VMSO_QUEUE_PARKED);
}

int vmso_queue_ack(struct vmso_device *device, unsigned queue) {
  return carry_out_in(device, queue, VMSO_CMD_ACK_FAULT, VMSO_REG_QUEUE_STATE_FAULT_bm,
                      VMSO_REG_QUEUE_STATE_FAULT_bm);
}

int vmso_queue_reset(struct vmso_device *device, unsigned queue) {
  int error = vmso_queue_command(device, queue, VMSO_CMD_RESET);
  if (error != VMSO_OK) return error;
  return wait_for(device, VMSO_REG_QUEUE(queue) + VMSO_REG_QUEUE_STATE,
                  VMSO_REG_QUEUE_STATE_STATE_bm | VMSO_REG_QUEUE_STATE_PENDING_bm |
                      VMSO_REG_QUEUE_STATE_DRAINED_bm,
                  (uint32_t)VMSO_QUEUE_OFF | VMSO_REG_QUEUE_STATE_DRAINED_bm);
}

uint64_t vmso_counter(const struct vmso_device *device, uint32_t offset) {
  return vmso_read64(device, offset);
}

// ---- ring --------------------------------------------------------------------------------------

void vmso_ring_init(struct vmso_ring *ring, const struct vmso_io *io, uint32_t doorbell,
                    void *slots, unsigned log2_slots, void *completions,
                    unsigned log2_completions) {
  memset(ring, 0, sizeof(*ring));
  ring->io = *io;
  ring->doorbell = doorbell;
  ring->slots = slots;
  ring->log2_slots = log2_slots;
  ring->completions = completions;
  ring->log2_completions = log2_completions;
  memset(completions, 0, (size_t)COMPLETION_WORDS * sizeof(uint64_t) << log2_completions);
}

uint32_t vmso_job_slots(size_t buffer_count) {
  size_t further = buffer_count > 2 ? buffer_count - 2 : 0;
  return (uint32_t)(1 + (further + VMSO_FURTHER_SLOT_PLACES - 1) / VMSO_FURTHER_SLOT_PLACES);
}

uint32_t vmso_ring_free(const struct vmso_ring *ring) {
  uint16_t used = (uint16_t)(ring->producer - ring->consumer);
  return (1u << ring->log2_slots) - used;
}

// The slot of a free-running index.
static volatile uint64_t *slot_at(const struct vmso_ring *ring, uint32_t index) {
  uint32_t place = index & ((1u << ring->log2_slots) - 1);
  return ring->slots + (size_t)place * SLOT_WORDS;
}

static void store_slot(const struct vmso_ring *ring, uint32_t index, const uint64_t *words) {
  volatile uint64_t *slot = slot_at(ring, index);
  for (size_t i = 0; i < SLOT_WORDS; i++) slot[i] = words[i];
}

static bool fits(const struct vmso_buffer_ref *buffer) {
  return buffer->bytes <= BUFFER_MAX && buffer->space < 4;
}

static struct vmso_first_slot first_slot(const struct vmso_job *job, uint32_t slots,
                                         uint64_t payload) {
  struct vmso_first_slot s = {{0}};
  vmso_first_slot_set_kind(&s, (uint64_t)job->kind);
  vmso_first_slot_set_completion_wanted(&s, job->completion_wanted || job->interrupt_wanted);
  vmso_first_slot_set_interrupt_wanted(&s, job->interrupt_wanted);
  vmso_first_slot_set_slots(&s, slots);
  vmso_first_slot_set_payload_bytes(&s, payload);
  vmso_first_slot_set_mss(&s, job->kind == VMSO_KIND_CSUM ? job->csum_start : job->mss);
  vmso_first_slot_set_header_bytes(&s, job->header.bytes);
  vmso_first_slot_set_template_addr(&s, job->header.addr);
  vmso_first_slot_set_template_space(&s, job->header.space);
  vmso_first_slot_set_l3_offset(&s, job->l3_offset);
  vmso_first_slot_set_l3_offset_bit8(&s, job->l3_offset >> 8);
  vmso_first_slot_set_l4_offset(&s, job->l4_offset);
  vmso_first_slot_set_l4_offset_bit8(&s, job->l4_offset >> 8);
  vmso_first_slot_set_cookie(&s, job->cookie);
  vmso_first_slot_set_l4_mode(&s, (uint64_t)job->l4_mode);
  vmso_first_slot_set_id_mode(&s, (uint64_t)job->id_mode);
  vmso_first_slot_set_flag_profile(&s, job->flag_profile);
  vmso_first_slot_set_outer_l3_offset(&s, job->outer_l3_offset);
  vmso_first_slot_set_outer_l4_offset(&s, job->outer_l4_offset);
  vmso_first_slot_set_outer_id_mode(&s, (uint64_t)job->outer_id_mode);
  vmso_first_slot_set_outer_csum(&s, job->outer_csum);
  vmso_first_slot_set_csum_offset(&s, job->csum_offset);
  vmso_first_slot_set_vlan_insert(&s, job->vlan_insert);
  vmso_first_slot_set_vlan_tpid(&s, job->vlan_88a8);
  vmso_first_slot_set_vlan_tci(&s, job->vlan_tci);
  if (job->buffer_count > 0) {
    vmso_first_slot_set_buffer0_addr(&s, job->buffers[0].addr);
    vmso_first_slot_set_buffer0_bytes(&s, job->buffers[0].bytes);
    vmso_first_slot_set_buffer0_space(&s, job->buffers[0].space);
  }
  if (job->buffer_count > 1) {
    vmso_first_slot_set_buffer1_addr(&s, job->buffers[1].addr);
    vmso_first_slot_set_buffer1_bytes(&s, job->buffers[1].bytes);
    vmso_first_slot_set_buffer1_space(&s, job->buffers[1].space);
  }
  return s;
}

// Does the value have no bit that the field of a first slot has not?
#define HOLDS(field, value) \
  (((uint64_t)(value) & ~(VMSO_FIRST_SLOT_##field##_bm >> VMSO_FIRST_SLOT_##field##_bp)) == 0)

static bool holds_all(const struct vmso_job *job) {
  return HOLDS(KIND, job->kind) && HOLDS(HEADER_BYTES, job->header.bytes) &&
         HOLDS(TEMPLATE_SPACE, job->header.space) && HOLDS(L4_MODE, job->l4_mode) &&
         HOLDS(ID_MODE, job->id_mode) && HOLDS(FLAG_PROFILE, job->flag_profile) &&
         HOLDS(OUTER_L3_OFFSET, job->outer_l3_offset) &&
         HOLDS(OUTER_L4_OFFSET, job->outer_l4_offset) &&
         HOLDS(OUTER_ID_MODE, job->outer_id_mode) && job->l3_offset < 1u << OFFSET_BITS &&
         job->l4_offset < 1u << OFFSET_BITS;
}

int vmso_ring_post(struct vmso_ring *ring, const struct vmso_job *job) {
  if (!holds_all(job) || job->buffer_count > 4u * UINT16_MAX) return VMSO_ERR_ARGUMENT;
  uint64_t payload = 0;
  for (size_t i = 0; i < job->buffer_count; i++) {
    if (!fits(&job->buffers[i])) return VMSO_ERR_ARGUMENT;
    payload += job->buffers[i].bytes;
  }
  uint32_t slots = vmso_job_slots(job->buffer_count);
  if (payload > BUFFER_MAX || slots > 1u << ring->log2_slots) return VMSO_ERR_ARGUMENT;
  if (slots > vmso_ring_free(ring)) return VMSO_ERR_FULL;

  struct vmso_first_slot first = first_slot(job, slots, payload);
  bool wanted = vmso_first_slot_completion_wanted(&first) != 0;
  uint32_t unsignalled = ring->unsignalled + slots;
  if (unsignalled >= 1u << (ring->log2_slots - 1)) wanted = true;  // slots must come back
  vmso_first_slot_set_completion_wanted(&first, wanted);
  ring->unsignalled = wanted ? 0 : (uint16_t)unsignalled;

  size_t buffer = 2;
  for (uint32_t i = 1; i < slots; i++) {
    struct vmso_further_slot further;
    memset(&further, 0, sizeof(further));
    for (size_t k = 0; k < VMSO_FURTHER_SLOT_PLACES && buffer < job->buffer_count; k++, buffer++) {
      vmso_buffer_set_addr(&further.place[k], job->buffers[buffer].addr);
      vmso_buffer_set_bytes(&further.place[k], job->buffers[buffer].bytes);
      vmso_buffer_set_space(&further.place[k], job->buffers[buffer].space);
    }
    store_slot(ring, (uint32_t)ring->producer + i, further.place[0].word);
  }
  store_slot(ring, ring->producer, first.word);
  ring->producer = (uint16_t)(ring->producer + slots);
  return VMSO_OK;
}

int vmso_ring_post_raw(struct vmso_ring *ring, const uint64_t *words, uint32_t slots) {
  if (slots > 1u << ring->log2_slots) return VMSO_ERR_ARGUMENT;
  if (slots > vmso_ring_free(ring)) return VMSO_ERR_FULL;
  for (uint32_t i = 0; i < slots; i++) {
    store_slot(ring, (uint32_t)ring->producer + i, words + (size_t)i * SLOT_WORDS);
  }
  ring->producer = (uint16_t)(ring->producer + slots);
  return VMSO_OK;
}

void vmso_ring_doorbell(struct vmso_ring *ring) {
  atomic_thread_fence(memory_order_seq_cst);  // slots before the doorbell
  ring->io.write32(ring->io.opaque, ring->doorbell + VMSO_REG_DOORBELL_PRODUCER, ring->producer);
}

bool vmso_ring_reap(struct vmso_ring *ring, struct vmso_completion *completion) {
  uint32_t place = ring->seen & ((1u << ring->log2_completions) - 1);
  const volatile uint64_t *words = ring->completions + (size_t)place * COMPLETION_WORDS;
  uint64_t lap = (uint64_t)(ring->seen >> ring->log2_completions) & 1;
  // The phase stands in the word that is written last: read it first.
  completion->word[3] = words[3];
  if (vmso_completion_phase(completion) == lap) return false;
  atomic_thread_fence(memory_order_acquire);
  for (size_t i = 0; i < 3; i++) completion->word[i] = words[i];
  ring->seen++;
  ring->consumer = (uint16_t)vmso_completion_consumer_index(completion);
  return true;
}

void vmso_ring_ack(struct vmso_ring *ring) {
  atomic_thread_fence(memory_order_seq_cst);  // records were read before their places go back
  ring->io.write32(ring->io.opaque, ring->doorbell + VMSO_REG_DOORBELL_CONSUMER, ring->seen);
}

// ---- words -------------------------------------------------------------------------------------

#define CASE_NAME(code, name, text) \
  case code:                        \
    return name;
#define CASE_TEXT(code, name, text) \
  case code:                        \
    return text;
#define WORDS(function, list, pick)                    \
  const char *function(unsigned code) {                \
    switch (code) { list(pick) default : return "?"; } \
  }

WORDS(vmso_kind_name, VMSO_KIND_LIST, CASE_NAME)
WORDS(vmso_status_name, VMSO_STATUS_LIST, CASE_NAME)
WORDS(vmso_status_text, VMSO_STATUS_LIST, CASE_TEXT)
WORDS(vmso_cause_name, VMSO_CAUSE_LIST, CASE_NAME)
WORDS(vmso_cause_text, VMSO_CAUSE_LIST, CASE_TEXT)
WORDS(vmso_queue_state_name, VMSO_QUEUE_STATE_LIST, CASE_NAME)
WORDS(vmso_access_name, VMSO_ACCESS_LIST, CASE_NAME)
