// SPDX-License-Identifier: Apache-2.0
// What a kernel has to do so that processes send out of memory that nobody pins: a complete small
// driver part, from bring-up to a process's exit. It shows the order of the calls and is no driver:
// tables of processes and queues have a fixed size. Everything goes through
// vmso.h; a test runs it against the model (tests/system/test_example_paging.cpp).
//
// What may sleep, and what may not. paging_range_start and paging_range_end come with the locks of
// page tables held: they do not sleep, they wait for the device at most, and call paging_setup.wake
// when somebody has to be answered. All others may sleep, are called under one mutex, and in the
// context of a thread: paging_interrupt in the thread of an interrupt, paging_work in that of a
// work item. What both sides use stands between paging_setup.lock and .unlock.
//
//   paging_start                      once
//   paging_process_open               a context a process
//   paging_queue_open                 a queue that parks at faults
//   paging_advise, paging_send        jobs, from the process's memory as it stands
//   paging_interrupt                  vector 0: pages that the engine has asked for
//   paging_range_start, paging_range_end    around each change of a process's tables
//   paging_work                       after wake: who waited for the end of a change
//   paging_process_close              at its exit
//
// Functions that can fail return VMSO_OK or a negative vmso_error.
#ifndef VMSO_EXAMPLE_PAGING_H
#define VMSO_EXAMPLE_PAGING_H

#include "vmso.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAGING_PROCESSES 7u  // process p is context p + 1; context 0 is the kernel's memory
#define PAGING_QUEUES 64u
#define PAGING_USER_SPACE 0u  // what `space` means in a buffer
#define PAGING_KERNEL_SPACE 1u

// How a CPU translates: what does not depend on the process. These are examples of hosts; a kernel
// asks its CPU: docs/programmers_guide.md, Formats and flags.
struct paging_cpu {
  enum vmso_format format;
  unsigned pa_bits;
  uint32_t flags;
  uint64_t root_mask;     // of the register that holds the root: no PCID, no ASID
  uint64_t address_mask;  // of a user address: no tag
};
extern const struct paging_cpu paging_x86_64;  // four levels, NX and 1 GiB pages, CR3
extern const struct paging_cpu
    paging_aarch64;  // 4 KiB granule, 48 bits, TTBR0_EL1, tagged pointers

// All zero before it is used for the first time, but for what is the kernel's.
struct paging_process {
  // the kernel's
  const struct paging_cpu *cpu;
  uint64_t root_register;
  void *owner;
  // this example's
  unsigned context;   // 0: it has none
  unsigned changing;  // range_start without its range_end
};

// Coherent memory of the kernel: where the CPU has it, and where the device.
struct paging_memory {
  void *cpu;
  uint64_t bus;
};

struct paging_span {
  uint64_t first, last;  // bytes, both included
};

struct paging_driver;

struct paging_setup {
  struct vmso_io io;                 // io.relax is called while a fence is waited for
  const struct paging_span *memory;  // that may be read and written at all: at most 4 spans
  unsigned spans;
  struct paging_span kernel;  // of it: rings and templates
  unsigned kernel_pa_bits;
  struct paging_memory faults;  // 32 bytes << log2_faults
  unsigned log2_faults;
  struct paging_memory fence_status;  // 32 bytes
  // What the kernel does at a fault of the CPU: a read by the user at `va`, for the cause that the
  // engine gives (NOT_PRESENT, ACCESS_FLAG, NO_USER, NO_READ). True: that read would find the page
  // now, present, readable, marked as accessed. False: it never will, and the job ends. It may
  // sleep, and it may change tables, with range_start and range_end around that.
  bool (*fault_in)(struct paging_process *process, uint64_t va, enum vmso_cause cause);
  // Asks for a call of paging_work, soon; does not sleep.
  void (*wake)(struct paging_driver *driver);
  // A lock that may be held where nobody may sleep: a spinlock. NULL: there is one thread.
  void (*lock)(struct paging_driver *driver);
  void (*unlock)(struct paging_driver *driver);
};

struct paging_queue {
  unsigned number;
  struct paging_process *process;
  struct vmso_ring ring;
  bool waits;  // its fault is not answered: the tables are changing, or a command was not taken
  uint64_t tried_cookie, tried_va;
  unsigned tries;  // of this job at this address
};

struct paging_counts {
  unsigned retries, aborts, late, stale, overflows, lost;
};

struct paging_driver {
  struct vmso_device device;
  struct vmso_fault_ring faults;
  bool no_ring;  // the next interrupt sets it up
  struct paging_setup setup;
  struct paging_process *processes[PAGING_PROCESSES];
  struct paging_queue *queues[PAGING_QUEUES];  // by number
  struct paging_counts counts;
};

int paging_start(struct paging_driver *driver, const struct paging_setup *setup);

// VMSO_ERR_FULL: no context is free.
int paging_process_open(struct paging_driver *driver, struct paging_process *process);
// No read of the process's memory or tables is on the bus when it returns VMSO_OK, and none comes:
// they may go. Its queues are off; their doorbell pages were taken from it before.
int paging_process_close(struct paging_driver *driver, struct paging_process *process);

struct paging_rings {
  struct paging_memory slots;        // 64 bytes << log2_slots
  struct paging_memory completions;  // 32 bytes << log2_completions
  unsigned log2_slots, log2_completions;
};
// On an error of the start the queue may be there all the same, until paging_process_close: its
// rings stay until then.
int paging_queue_open(struct paging_driver *driver, struct paging_queue *queue, unsigned number,
                      struct paging_process *process, const struct paging_rings *rings);

// A TCP job out of user memory behind a template in the kernel's.
struct paging_packet {
  uint64_t cookie;
  uint64_t header;  // on the bus
  uint16_t header_bytes, l3_offset, l4_offset, mss;
  uint64_t va;  // as the process has it, tag and all
  uint32_t bytes;
};
int paging_send(struct paging_queue *queue, const struct paging_packet *packet);
// Pages that soon will be sent, as a job: its completion tells in `segments` how many are there.
int paging_advise(struct paging_queue *queue, uint64_t cookie, uint64_t va, uint32_t bytes);
// The same by register, for the kernel: waits, and gives that number. VMSO_ERR_ARGUMENT: the
// process is not open.
int paging_advise_now(struct paging_driver *driver, const struct paging_process *process,
                      uint64_t va, uint64_t bytes, uint32_t *pages);

// Interrupt vector 0. Completion rings of that vector are looked at by whoever has them.
void paging_interrupt(struct paging_driver *driver);
// After a call of wake.
void paging_work(struct paging_driver *driver);

// What changes in a process's tables.
struct paging_range {
  uint64_t va, bytes;
  bool tables;  // a page of tables is freed or replaced; false: leaves alone
};
// Before the change. The engine may still use what stands in the tables: a fence now would be
// undone by the next walk. Faults of the process wait for the end instead of mapping pages that go.
void paging_range_start(struct paging_driver *driver, struct paging_process *process);
// After the change and before any page or table of the ranges is freed: that is where a kernel
// flushes its CPUs' TLBs, too. Nothing else changes memory that the engine may read. In Linux the
// call belongs into arch_invalidate_secondary_tlbs; its invalidate_range_end may be too late.
// VMSO_ERR_TIMEOUT: nothing may be freed yet, and the change is not over; call it again, with the
// same ranges and without a new start. A process that is not open has nothing to forget.
int paging_range_end(struct paging_driver *driver, struct paging_process *process,
                     const struct paging_range *ranges, size_t count);

#ifdef __cplusplus
}
#endif
#endif  // VMSO_EXAMPLE_PAGING_H
