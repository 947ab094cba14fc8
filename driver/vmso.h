// SPDX-License-Identifier: Apache-2.0
// A small C library that drives vmso: what docs/programmers_guide.md says, as functions.
//
// Two halves, as in a real system. The *device* half is privileged: windows, contexts, queues,
// fences. The *ring* half needs one doorbell page and the memory of its rings, nothing else: a
// process can use it. Neither allocates memory or takes locks; a ring has one owner at a time.
// Registers are reached through callbacks, ring memory through plain pointers: the memory has to be
// coherent, and the host little endian. Addresses handed to the device are 64-bit numbers.
// Functions that can fail return VMSO_OK or a negative vmso_error.
#ifndef VMSO_H
#define VMSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmso_regs.h"

#ifdef __cplusplus
extern "C" {
#endif

enum vmso_error {
  VMSO_OK = 0,
  VMSO_ERR_ID = -1,        // this is not a vmso, or one with another major version
  VMSO_ERR_TIMEOUT = -2,   // poll_limit reads did not see it
  VMSO_ERR_ARGUMENT = -3,  // out of range for this device or record
  VMSO_ERR_FULL = -4,      // no room in the ring: reap completions first
  VMSO_ERR_STATE = -5,     // the queue is not in the state that this needs
  VMSO_ERR_BUSY = -6       // a command of the queue is not carried out yet
};

// How to reach registers. `offset` is a byte offset, a multiple of 4; write32 may be posted, but
// writes and reads stay in order.
struct vmso_io {
  void *opaque;
  uint32_t (*read32)(void *opaque, uint32_t offset);
  void (*write32)(void *opaque, uint32_t offset, uint32_t value);
  // Called between two looks at memory by what waits for a change there; NULL: looks at once again.
  void (*relax)(void *opaque);
};

// ---- device ------------------------------------------------------------------------------------

struct vmso_device {
  struct vmso_io io;
  uint32_t poll_limit;  // register reads of one wait; the owner may change it
  // capabilities
  uint32_t queues, contexts, vectors, data_bits, max_frame, template_bytes, jobs;
  uint32_t kinds, formats;          // one bit a code that is built
  uint16_t fences_started;          // number of the last fence
  volatile uint64_t *fence_status;  // see vmso_fence_status_set; NULL: none
};

// Checks the id, waits for READY and reads the capabilities.
int vmso_device_init(struct vmso_device *device, const struct vmso_io *io);
// Drains and resets the engine; queues, contexts and fence numbers start anew. Windows stay, and so
// does the fence's word in memory, which is 0 again. The fault ring is off: init it again.
int vmso_device_reset(struct vmso_device *device);

uint32_t vmso_read32(const struct vmso_device *device, uint32_t offset);
void vmso_write32(const struct vmso_device *device, uint32_t offset, uint32_t value);
uint64_t vmso_read64(const struct vmso_device *device, uint32_t offset);
// Low half first: the high half commits both.
void vmso_write64(const struct vmso_device *device, uint32_t offset, uint64_t value);

// Physical memory that may be read and written: bytes first..last (the 4 KiB frames they lie in),
// below 2^56. VMSO_ERR_ARGUMENT: not so, or no such window; nothing is written.
int vmso_window_set(struct vmso_device *device, unsigned window, uint64_t first, uint64_t last);
int vmso_window_close(struct vmso_device *device, unsigned window);

// Sets READ_WINDOW, STORE_LIMIT and READ_TIMEOUT to a host's read latency: enough in flight to hide
// it, no more, because whatever waits in front of the memory or the wire delays the next queue's
// read. A read counts as lost after 16 latencies, never before 4096 cycles.
// `latency` in engine cycles from address to data, below 16384; `reorders`: answers overtake each
// other, a quarter later at most; `frame_bytes`: longest frame that will be sent. Out of range:
// VMSO_ERR_ARGUMENT, and nothing is written.
int vmso_tune(struct vmso_device *device, uint32_t latency, bool reorders, uint32_t frame_bytes);

// Another time until a read counts as lost: engine cycles, 0 = never; below 256 it counts as 256.
// From 4096 on a lost read is found after one to two times as long, at the read windows of reset
// and if memory gives a beat per cycle. A read that is answered later than this costs its job and,
// until the answer comes, one of the engine's read numbers: rather too long than too short.
void vmso_read_timeout_set(struct vmso_device *device, uint32_t cycles);

// What a context's `flags` may hold: docs/programmers_guide.md says what each is on a real host. A
// flag of another format means nothing.
#define VMSO_CONTEXT_AF_IGNORE VMSO_REG_CONTEXT_FORMAT_AF_IGNORE_bm  // any: A or AF may be 0
#define VMSO_CONTEXT_PRIV VMSO_REG_CONTEXT_FORMAT_PRIV_bm            // any: pages of the kernel too
#define VMSO_CONTEXT_GB VMSO_REG_CONTEXT_FORMAT_GB_bm                // x86-64: 1 GiB pages
#define VMSO_CONTEXT_XD VMSO_REG_CONTEXT_FORMAT_XD_bm                // x86-64: EFER.NXE
#define VMSO_CONTEXT_PSE VMSO_REG_CONTEXT_FORMAT_PSE_bm              // x86-32: CR4.PSE
#define VMSO_CONTEXT_RSW VMSO_REG_CONTEXT_FORMAT_RSW_bm              // RISC-V: Svrsw60t59b
#define VMSO_CONTEXT_NAPOT VMSO_REG_CONTEXT_FORMAT_NAPOT_bm          // RISC-V: Svnapot
#define VMSO_CONTEXT_PBMT VMSO_REG_CONTEXT_FORMAT_PBMT_bm            // RISC-V: Svpbmt
#define VMSO_CONTEXT_HPD VMSO_REG_CONTEXT_FORMAT_HPD_bm              // AArch64: TCR_EL1.HPD0

// An address space.
struct vmso_context {
  enum vmso_format format;
  unsigned pa_bits;  // physical address width; x86-32: 32
  uint32_t flags;    // VMSO_CONTEXT_*
  uint64_t root;     // root table; identity: first byte
  uint64_t limit;    // identity: last byte
};
// Stages and commits a context. Gives the number of the fence that switches it. VMSO_ERR_TIMEOUT:
// there was no place for that fence; the context is as it was.
// VMSO_ERR_ARGUMENT for what the device would refuse (docs/registers.md, Rules of contexts): the
// context is as it was. VMSO_ERR_STATE if the device refuses it all the same: the context is off
// when the fence is done.
int vmso_context_set(struct vmso_device *device, unsigned context,
                     const struct vmso_context *config, uint16_t *fence);

// Forgets translations: kind, context and byte range as far as the kind asks for them; bytes 0
// counts as 1. Waits, for poll_limit reads, while four fences are under way, as vmso_context_set
// does: VMSO_ERR_TIMEOUT, and none was started. Gives the number of the fence, which means
// something for the next 32767 fences: whoever keeps it for later asks before they have passed.
// VMSO_ERR_ARGUMENT: no such kind or context, or an address with its tag: bits 63:56 of `va` are
// all equal.
int vmso_fence_start(struct vmso_device *device, enum vmso_fence_kind kind, unsigned context,
                     uint64_t va, uint64_t bytes, uint16_t *fence);
// The same if no table was freed or replaced: pointers to tables may be kept, which saves reads.
// Only pages (leaves) of these addresses have changed, all of which the table still has a place
// for.
int vmso_fence_start_leaf_only(struct vmso_device *device, enum vmso_fence_kind kind,
                               unsigned context, uint64_t va, uint64_t bytes, uint16_t *fence);
bool vmso_fence_done(const struct vmso_device *device, uint16_t fence);
int vmso_fence_wait(const struct vmso_device *device, uint16_t fence);

// From now on the device writes the number of the last fence done into 32 bytes of memory:
// `memory`, aligned to 8, which it reaches at `address`, aligned to 32 and inside a window.
// NULL: no longer. Switching is no fence: wait for those under way first.
// VMSO_ERR_ARGUMENT: one of them is not aligned, or `address` is not below 2^56; nothing is
// written.
int vmso_fence_status_set(struct vmso_device *device, void *memory, uint64_t address);
// vmso_fence_done and vmso_fence_wait without a register access: they look at that memory,
// poll_limit times, with io.relax in between. Without such memory nothing is seen, and a wait is
// VMSO_ERR_STATE. VMSO_ERR_TIMEOUT: ask vmso_fence_done, too, as the bus may have refused the write
// (sticky write_error); the number is written again when it changes.
bool vmso_fence_seen(const struct vmso_device *device, uint16_t fence);
int vmso_fence_wait_seen(const struct vmso_device *device, uint16_t fence);

// Translates pages ahead, one range at a time, so that jobs find them in the caches: nothing is
// read but tables, nothing faults. bytes 0 counts as 1. VMSO_ERR_BUSY: another range is under way.
// VMSO_ERR_ARGUMENT: no such context, or an address with its tag.
int vmso_advise_start(struct vmso_device *device, unsigned context, uint64_t va, uint64_t bytes);
// Is it over? `pages`: those of the range that have a translation, so far; 2^24 - 1: or more.
// VMSO_ERR_BUSY: it is under way.
int vmso_advise_poll(const struct vmso_device *device, uint32_t *pages);
// Gives the range up; poll tells when that is done.
void vmso_advise_stop(struct vmso_device *device);

struct vmso_queue_config {
  uint64_t ring_base;         // aligned to 64, below 2^56
  unsigned log2_slots;        // 2..15
  uint64_t completion_base;   // aligned to 32, below 2^56
  unsigned log2_completions;  // 1..15
  unsigned vector;
  uint16_t contexts[4];              // what the spaces 0..3 of a slot mean
  unsigned granted;                  // one bit a space
  unsigned weight;                   // 1024 bytes of a turn, to 255; 0 counts as 1
  uint32_t rate_bytes, rate_frames;  // most in RATE_PERIOD, 0: no limit; below 2^24, 2^16
  bool park;  // a fault, bus error or lost read parks the queue; false: it ends the job
};
// VMSO_ERR_ARGUMENT: out of range, nothing is written. VMSO_ERR_STATE: the queue is not OFF.
// VMSO_ERR_BUSY: a command is pending.
int vmso_queue_configure(struct vmso_device *device, unsigned queue,
                         const struct vmso_queue_config *config);

// Commands. A device keeps one of each queue: it is pending from its write until it was carried
// out, which takes reads of the queue, and for STOP its frames, home. RESET is taken at any time
// and takes the place of what is pending.
//
// Hands a command over and does not wait for it. VMSO_ERR_BUSY: another one is pending, nothing is
// written. VMSO_ERR_ARGUMENT: ENABLE of a queue whose configuration cannot be, nothing is written.
// VMSO_ERR_STATE: the device has refused it already; one that is refused later shows in
// vmso_queue_wait.
int vmso_queue_command(struct vmso_device *device, unsigned queue, enum vmso_queue_cmd command);
// The same; the queue's interrupt vector becomes pending when it was carried out.
int vmso_queue_command_notify(struct vmso_device *device, unsigned queue,
                              enum vmso_queue_cmd command);
// State, whatever is pending.
enum vmso_queue_state vmso_queue_state(const struct vmso_device *device, unsigned queue);
bool vmso_queue_pending(const struct vmso_device *device, unsigned queue);
// Until no command is pending and the queue is in `state`. VMSO_ERR_STATE: none is pending, the
// last one was refused, and the state is another one.
int vmso_queue_wait(const struct vmso_device *device, unsigned queue, enum vmso_queue_state state);

// A command from start to end. They wait for an older one first; each wait ends after poll_limit
// reads with VMSO_ERR_TIMEOUT (a stopped MAC: STOP waits for it, RESET does not). A queue that is
// there already is left alone. VMSO_ERR_STATE: there is no way from the queue's state.
//
// OFF or STOPPED to RUN. A queue that parks may have left RUN again: VMSO_OK tells that it was
// there.
int vmso_queue_start(struct vmso_device *device, unsigned queue);
int vmso_queue_stop(struct vmso_device *device, unsigned queue);  // RUN to STOPPED
// RESET, whatever the state, until the queue is OFF and no read or write of it is on the bus: the
// memory of its rings and buffers may be freed.
int vmso_queue_reset(struct vmso_device *device, unsigned queue);

uint64_t vmso_counter(const struct vmso_device *device, uint32_t offset);

// ---- faults of queues that park ----------------------------------------------------------------
//
// A job of a queue with `park` that cannot be read goes no further: the queue shows PARKED and a
// record tells why, in the fault ring if that has room, and in the queue's registers in any case.
// Its kernel mends the cause and lets the job go on (retry) or ends it (abort). See "Faults that
// park" in docs/programmers_guide.md.

struct vmso_fault {
  unsigned queue, context;  // context: the one that `space` selects
  unsigned space;           // of the buffer or template; SLOT: 0, as context
  enum vmso_access access;
  enum vmso_cause cause;
  unsigned level;       // of the table; VMSO_LEVEL_NONE: a fault that no table caused
  uint64_t cookie;      // of the job
  uint64_t va;          // first byte in the order of sending that could not be read; SLOT: of the
                        // slot, on the bus
  uint32_t segment;     // that failed, from 0
  uint32_t bytes_sent;  // payload bytes of the job before it
  uint16_t slot;        // first slot of the job, free-running without its highest bit
  uint16_t number;      // of the record, free-running; 0 if read from registers
};

struct vmso_fault_ring {
  struct vmso_io io;
  const volatile uint64_t *records;
  unsigned log2_records;
  uint16_t seen;  // free-running index of the next record
};

// `memory`: 32 bytes << log2_records, zeroed here; the device reaches it at `address`, aligned to
// 32, inside a window and below 2^56. log2_records 1..15: if each record is taken before its queue
// is led on, a queue has at most one in it, and as many records as queues park hold all. Records of
// before are dropped, so begin with it before queues run; faults that nobody has acknowledged are
// found by vmso_fault_pending. VMSO_ERR_ARGUMENT: nothing is written. VMSO_ERR_TIMEOUT: a record of
// before is still under way after poll_limit reads; there is no ring, and the memory of the old one
// is not free.
int vmso_fault_ring_init(struct vmso_device *device, struct vmso_fault_ring *ring, void *memory,
                         uint64_t address, unsigned log2_records);
// Takes the next record, if there is one, and gives its place back to the device. The queue is
// PARKED, unless somebody has led it on since. A record that the bus refused leaves its place
// empty, and this waits there for ever: see VMSO_FAULT_LOST.
bool vmso_fault_ring_next(struct vmso_fault_ring *ring, struct vmso_fault *fault);

// Lets faults interrupt by vector 0, which other events have as well, or no longer.
void vmso_fault_interrupt_set(struct vmso_device *device, bool on);
// The first thing to do in that interrupt. Gives the sticky bits of faults that were set and clears
// them, then the vector: what comes later interrupts again. Then take all records of the ring, and
// with VMSO_FAULT_OVERFLOW go through vmso_fault_pending.
#define VMSO_FAULT_RECORD VMSO_REG_STICKY_FAULT_bm             // a queue has parked
#define VMSO_FAULT_OVERFLOW VMSO_REG_STICKY_FAULT_OVERFLOW_bm  // without a record
// The bus has refused a write of the device: the fences' word, or a completion or record, whose
// queue is in ERROR then. It may be that the ring stands still, so set it up anew
// (vmso_fault_ring_init), then go through vmso_fault_pending, as after an overflow. Not cleared
// here, nor unmasked by vmso_fault_interrupt_set: other writes have it as well.
#define VMSO_FAULT_LOST VMSO_REG_STICKY_WRITE_ERROR_bm
uint32_t vmso_fault_events(struct vmso_device *device);

// For sticky fault_overflow, and where there is no ring: the first queue from `first` on whose
// fault is pending, that is, no RETRY, ABORT, ACK_FAULT or RESET has followed it; -1: none. One
// register read per 32 queues. Queues whose record is in the ring are among them.
int vmso_fault_pending(const struct vmso_device *device, unsigned first);
// The queue's last fault, from its registers. VMSO_ERR_STATE: none is pending. VMSO_ERR_ARGUMENT:
// no such queue.
int vmso_queue_fault(const struct vmso_device *device, unsigned queue, struct vmso_fault *fault);

// PARKED to RUN; VMSO_OK: it was carried out, and the queue may have parked again since.
// VMSO_ERR_STATE: it is not PARKED. They wait as the commands above do.
int vmso_queue_retry(struct vmso_device *device, unsigned queue);  // on at the segment that failed
// The job ends with a completion that tells its fault; on with the next one. For a job at which a
// queue was STOPPED: vmso_queue_command with VMSO_CMD_ABORT.
int vmso_queue_abort(struct vmso_device *device, unsigned queue);
// The fault is not pending any more; the queue stays PARKED. VMSO_ERR_STATE: none was.
int vmso_queue_ack(struct vmso_device *device, unsigned queue);

// ---- ring --------------------------------------------------------------------------------------

struct vmso_buffer_ref {
  uint64_t addr;
  uint32_t bytes;  // below 2^24
  uint8_t space;
};

struct vmso_job {
  enum vmso_kind kind;
  uint64_t cookie;
  bool completion_wanted, interrupt_wanted;
  // header template
  struct vmso_buffer_ref header;  // bytes 0: none
  uint16_t l3_offset, l4_offset;
  // segmentation: MSS; L3 and L4 are those that the payload belongs to
  uint16_t mss;
  enum vmso_l4_mode l4_mode;
  enum vmso_id_mode id_mode;
  uint8_t flag_profile;
  // and around them, in a tunnel: outer L3 (0: no tunnel), outer UDP or GRE (0: IP in IP), at most
  // 255; what becomes of the outer header's identification and of the checksum of UDP or GRE
  uint16_t outer_l3_offset, outer_l4_offset;
  enum vmso_id_mode outer_id_mode;
  bool outer_csum;  // computed; else 0
  // CSUM: sum from byte csum_start of the frame to its end, into the two bytes csum_offset behind
  // that; both as in a frame without the tag that is inserted
  uint16_t csum_start, csum_offset;
  // VLAN tag to insert behind the addresses
  bool vlan_insert, vlan_88a8;  // TPID 8100, or 88A8
  uint16_t vlan_tci;
  // payload; buffers of 0 bytes are allowed
  const struct vmso_buffer_ref *buffers;
  size_t buffer_count;
};

struct vmso_ring {
  struct vmso_io io;
  uint32_t doorbell;  // offset of the doorbell page
  volatile uint64_t *slots;
  unsigned log2_slots;
  const volatile uint64_t *completions;
  unsigned log2_completions;
  uint16_t producer, consumer;  // free-running slot indices
  uint16_t seen;                // free-running index of the next completion
  uint16_t unsignalled;         // slots since the last job that wants a completion
};

// `slots` and `completions` are the queue's rings in this process' memory; completions are zeroed.
// Call it before ENABLE; call it again after RESET.
void vmso_ring_init(struct vmso_ring *ring, const struct vmso_io *io, uint32_t doorbell,
                    void *slots, unsigned log2_slots, void *completions, unsigned log2_completions);

// Slots that a job of so many buffers takes.
uint32_t vmso_job_slots(size_t buffer_count);
uint32_t vmso_ring_free(const struct vmso_ring *ring);

// Writes a job behind the others. The device sees it at the next vmso_ring_doorbell. Jobs that want
// no completion get one now and then, so that their slots come back. VMSO_ERR_FULL: reap first.
// VMSO_ERR_ARGUMENT: a field beyond its record's, or more slots than the ring has.
int vmso_ring_post(struct vmso_ring *ring, const struct vmso_job *job);
// The same for a job that stands ready as raw slots of 8 words.
int vmso_ring_post_raw(struct vmso_ring *ring, const uint64_t *words, uint32_t slots);
void vmso_ring_doorbell(struct vmso_ring *ring);

// Takes the next completion, if there is one, and frees the slots up to its consumer index.
bool vmso_ring_reap(struct vmso_ring *ring, struct vmso_completion *completion);
// Hands the places of all reaped completions back to the device.
void vmso_ring_ack(struct vmso_ring *ring);

// ---- after a failure ---------------------------------------------------------------------------

// Makes a new job of what a failed one has not sent: the frames that follow are those that the
// failed job would have gone on with, byte for byte. Post it when the cause is mended.
//
// `completion` is the one of `job`, whose buffers and template have not changed since. `header`:
// bytes of its template, or of a copy. They become the rest's: TCP sequence number, IPv4
// identifications (a tunnel's outer one, too), the length in a full checksum seed, and flags, which
// are what the middle frames have left of them (no second CWR). Checksums and lengths are the
// engine's. The urgent pointer is left alone, as in the frames of one job. `masks`: first, middle,
// last of the job's flag profile, see FLAG_MASK0_FIRST. `buffers` has room for as many as the job
// has, and may be the job's own.
// `rest` takes kind, cookie, spaces and all options from the job; its header address is the job's:
// change it if `header` is a copy that stands elsewhere, and unmended addresses in `buffers`. A job
// of which nothing was sent comes back as it is.
//
// VMSO_ERR_ARGUMENT, and nothing has changed: not a failure of this job, or counts that no such job
// has; or masks that no template can follow in more than one frame: a flag that the middle keeps
// and the first drops, or that the first and the last keep and the middle drops. The profiles that
// stand in the device after reset never do that.
int vmso_job_resume(const struct vmso_job *job, const struct vmso_completion *completion,
                    const uint16_t masks[3], uint8_t *header, struct vmso_buffer_ref *buffers,
                    struct vmso_job *rest);

// ---- words -------------------------------------------------------------------------------------

// Names of codes ("TCP_SEG") and one sentence about them; "?" for unknown ones.
const char *vmso_kind_name(unsigned code);
const char *vmso_status_name(unsigned code);
const char *vmso_status_text(unsigned code);
const char *vmso_cause_name(unsigned code);
const char *vmso_cause_text(unsigned code);
const char *vmso_queue_state_name(unsigned code);
const char *vmso_access_name(unsigned code);

#ifdef __cplusplus
}
#endif
#endif  // VMSO_H
