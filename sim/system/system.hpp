// SPDX-License-Identifier: Apache-2.0
// A host with the engine in it: memory, processes, the kernel side (which reaches the engine
// through driver/ only), buses and the checks that always run. Tests and the program post jobs
// here.
//
// Physical memory behind the RAM windows: kernel memory (rings, completion rings, templates),
// reached by the engine through identity context 0, and user memory with the page tables, scattered
// over the zones that the processes' address formats use. Process p is context p + 1; queue q
// belongs to process q modulo the number of processes. In a slot, space 0 is the process and space
// 1 kernel memory.
//
// Whatever the engine does wrong becomes a finding; conclude() adds what is still owed at the end.
// Times are cycles.
#pragma once
#include <csignal>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bus/axi_read.hpp"
#include "bus/axi_write.hpp"
#include "bus/axil_master.hpp"
#include "bus/axil_share.hpp"
#include "bus/axis_sink.hpp"
#include "check/scoreboard.hpp"
#include "check/walker.hpp"
#include "debug/observer.hpp"
#include "debug/watchdog.hpp"
#include "host/memory_manager.hpp"
#include "host/pager.hpp"
#include "host/process.hpp"
#include "host/template.hpp"
#include "model/bench.hpp"
#include "vmso.h"

namespace vmso {

constexpr unsigned kUserSpace = 0, kKernelSpace = 1;
constexpr unsigned kKernelContext = 0;

// Files in which a run is recorded, beside its waveform; empty: none.
struct RecordFiles {
  std::string pcap = {}, log = {}, timeline = {};
};

struct SystemOptions {
  Config config = Config::kSmall;
  uint64_t seed = 1;
  ReadKnobs read = {};
  WriteKnobs write = {};
  std::string backpressure = "none";
  SpaceOptions space = {};                // of the processes
  std::vector<SpaceOptions> spaces = {};  // by process; what is missing: `space`
  unsigned processes = 1;
  std::vector<unsigned> owners = {};  // process of each queue; what is missing: see above
  unsigned queues = 1;                // configured and enabled: 0..queues-1
  unsigned log2_slots = 8, log2_completions = 8;
  std::vector<unsigned> weights = {};  // by queue; what is missing: 1
  std::vector<uint32_t> rate_bytes = {},
                        rate_frames = {};  // in a RATE_PERIOD, likewise; missing: 0
  std::vector<bool> parks = {};            // by queue, likewise; missing: `park`
  bool park = false;                       // at a fault; else it ends the job
  unsigned log2_faults = 0;                // records of the fault ring; 0: none
  bool fence_status = false;               // fences are reported in memory too
  bool demand_paging = false;  // pages of the processes are mapped when they were asked for
  std::optional<PagerKnobs> pager = {};  // somebody who leads parked queues on
  std::optional<ChurnKnobs> churn = {};  // a memory manager beside the traffic
  bool open_all = false;                 // windows for processes of every format, see end_process
  unsigned clock_mhz = 250;
  WaveOptions wave = {};
  RecordFiles files = {};
  bool keep_frames = true;
  bool record = false;  // keep every read, write and doorbell: for --explain
  bool bring_up = true;
  bool warm = false;  // the engine has cleared its tables before anybody acts: see warm_dut.hpp
  const volatile std::sig_atomic_t *stop = nullptr;  // not 0: end the run with an Error
};

struct JobSpec {
  vmso_kind kind = VMSO_KIND_TCP_SEG;
  Template header;
  std::vector<uint8_t> payload;        // kept until the job has ended
  std::span<const uint8_t> view = {};  // or payload that the caller keeps
  std::vector<uint32_t> cuts = {};     // bytes of each buffer; empty: `buffers` odd, random ones
  unsigned buffers = 3;
  std::optional<unsigned> offset = {};  // of each buffer in its first 4 KiB; default odd, random
  std::vector<UserBuffer> placed = {};  // or buffers that exist already and hold the payload
  uint16_t mss = 1448;
  vmso_l4_mode l4_mode = VMSO_L4_COMPUTE;
  vmso_id_mode id_mode = VMSO_ID_INCREMENT;
  uint8_t flag_profile = 0;
  uint16_t csum_start = 0, csum_offset = 0;  // CSUM
  vmso_id_mode outer_id_mode = VMSO_ID_INCREMENT;
  bool outer_csum = false;
  std::optional<reference::VlanTag> vlan = {};  // to insert
  bool completion_wanted = true, interrupt_wanted = false;
  bool may_fail = false;  // see ExpectedJob
  bool doorbell = true;
  // A mistake on purpose: done to the first slot before the doorbell, and how the job ends then.
  std::function<void(vmso_first_slot &)> spoil = {};
  vmso_status refused = VMSO_STATUS_OK;
  std::optional<ExpectedFault> fault = {};  // likewise, of memory
};

// What the reference segmenter has to know of it.
reference::Job reference_job(const JobSpec &spec, uint64_t payload_bytes);

struct Posted {
  uint64_t cookie = 0;
  unsigned queue = 0;
  uint16_t slot = 0;
  uint32_t slots = 0;
  uint64_t template_pa = 0;
  uint32_t header_bytes = 0;
  std::vector<UserBuffer> buffers;
};

// Somebody who acts by himself in every cycle, also while the kernel waits for a register: an owner
// of a queue with his own line on the register bus. act() must not step.
class Agent {
 public:
  virtual ~Agent() = default;
  virtual void act(uint64_t now) = 0;
  // The engine and all queues were set up anew: what he had done is gone.
  virtual void restart() {}
};

// A buffer whose pages are in no table any more; a fence is to follow.
struct Unmapped {
  Process *process = nullptr;
  UserBuffer buffer;
};

struct Doorbell {
  uint64_t at = 0;
  unsigned queue = 0;
  uint16_t producer = 0;
};

// From the first to the last beat on the wire, both included.
struct Measured {
  uint64_t cycles = 0, wire_beats = 0, read_beats = 0, frames = 0, bytes = 0;
  uint64_t limit() const { return std::max(wire_beats, read_beats); }
};

// The engine that a system asks for.
DutOptions dut_options(const SystemOptions &options);

// The word of a STATE register says that the queue is in a state and no command of it is pending.
bool queue_shows(uint32_t word, enum vmso_queue_state state);

// Lengths of `count` buffers that hold `bytes`: all at least 1, odd as far as the sum allows.
std::vector<uint32_t> cut_odd(uint64_t bytes, unsigned count, Random &random);
std::vector<uint8_t> random_bytes(size_t count, Random &random);

// The context of an address space as its system sets it up.
reference::Context context_of(const AddressSpace &space);

class System {
 public:
  explicit System(const SystemOptions &options);
  ~System();
  System(const System &) = delete;
  System &operator=(const System &) = delete;

  // ---- time
  uint64_t now() const { return bench_.now(); }
  // Since it was made: not those that a warm engine had behind it.
  uint64_t cycles() const { return now() - began_; }
  void step();  // one cycle, then what came in is looked at
  void steps(uint64_t n);
  // Steps until the condition holds; false (and a finding) if nothing moves or the budget is over.
  template <typename Condition>
  bool run_until(Condition &&condition, uint64_t budget) {
    uint64_t end = now() + budget;
    while (!condition()) {
      if (now() >= end || watchdog.barks(now())) return give_up(end);
      step();
    }
    return true;
  }
  // Until every posted job has ended and the buses are quiet.
  bool drain(uint64_t budget = 2000000);
  // The same; `tend` is called now and then, for what does not go on by itself. It may step.
  template <typename Tend>
  bool drain_with(Tend &&tend, uint64_t budget = 2000000) {
    for (uint64_t end = now() + budget; !scoreboard.idle() && now() < end && findings_.empty();) {
      tend();
      uint64_t next = now() + 1000;
      run_until([&] { return scoreboard.idle() || now() >= next; }, budget);
    }
    return drain();
  }

  // ---- jobs
  // Writes template and slots, expects what the reference says. Nothing if the ring is full.
  std::optional<Posted> try_post(unsigned queue, const JobSpec &spec);
  Posted post(unsigned queue, const JobSpec &spec);  // waits for room in the ring
  // Slots as they are, 8 words each. Nothing is expected: see Scoreboard::post.
  void post_raw(unsigned queue, std::span<const uint64_t> words, bool doorbell = true);
  void doorbell(unsigned queue);
  // The queue has an owner of its own: nothing is expected of it, nothing of it is looked at, and
  // its completions are left to him.
  void leave_to_owner(unsigned queue);
  // A cookie that no other job has.
  uint64_t next_cookie() { return ++cookie_; }
  // Bytes of kernel memory that the kernel wrote into the queue's area; physical address.
  uint64_t kernel_store(unsigned queue, std::span<const uint8_t> bytes);

  // ---- queues and memory
  unsigned queues() const { return unsigned(queues_.size()); }
  const std::vector<Completion> &completions(unsigned queue) const;
  std::vector<Completion> take_completions(unsigned queue);
  vmso_ring &ring(unsigned queue) { return queues_.at(queue).ring; }
  uint64_t ring_address(unsigned queue) const { return queues_.at(queue).ring_pa; }
  uint64_t completion_address(unsigned queue) const { return queues_.at(queue).completion_pa; }
  Process &process(unsigned index = 0) { return *processes_.at(index); }
  Process &process_of(unsigned queue) { return *queues_.at(queue).process; }
  unsigned context_of(const Process &process) const { return process.id() + 1; }
  const Process &process_of(unsigned queue) const { return *queues_.at(queue).process; }
  unsigned processes() const { return unsigned(processes_.size()); }
  reference::Context reference_context(unsigned index) const { return contexts_.at(index); }
  const std::vector<reference::Window> &windows() const { return windows_; }
  // RESET, rings anew, ENABLE. What was posted is forgotten.
  void restart_queue(unsigned queue);
  void renew_queue(unsigned queue);  // the same for a queue that is OFF by now
  void configure_queue(unsigned queue);
  // Gives a context its place in the engine (again) and waits for the fence.
  void commit_context(unsigned index, const reference::Context &context);
  // A process ends, as a kernel does it: its queues are stopped or reset, its context is switched
  // off, and when the fence is done tables and pages are free. Its jobs are forgotten. Another one,
  // with tables of another format, gets its number, its context and its queues.
  void replace_process(unsigned index, const SpaceOptions &next, bool stop = false);
  // A fence of one buffer, waited for.
  void fence(const Process &process, const UserBuffer &buffer);
  // One fence over all of them, begun: its number. A range, or everything if there are several
  // processes.
  uint16_t start_fence(std::span<const Unmapped> buffers);
  // Takes a page of a job away, as a kernel does: table, fence, then the frame is free. False: it
  // has no page there.
  bool swap_out(const Posted &posted, Random &random);
  // Those that are STOPPED go on. Queues with an owner of their own are his.
  void start_stopped();

  // ---- registers
  uint32_t read32(uint32_t offset);
  void write32(uint32_t offset, uint32_t value, uint8_t strobes = 15);
  Resp last_resp() const { return axil.resp(); }
  uint32_t irq() const { return bench_.out().irq; }  // the lines, one bit a vector
  vmso_device &device() { return device_; }
  vmso_fault_ring &fault_ring() { return fault_ring_; }
  uint64_t fence_status_address() const { return fence_status_pa_; }
  uint64_t fault_address() const { return fault_pa_; }  // of record 0
  Pager &pager() { return *pager_; }
  MemoryManager &memory_manager() { return *manager_; }
  void check(int error, const char *what);  // of a driver function: throws Error if negative
  // rst_n low, then everything from the start; `bring_up` as the options say.
  void reset();
  // The soft reset register, then everything from the start. Agents rest meanwhile.
  void soft_reset();
  void bring_up();

  // ---- what came out
  const std::vector<StreamFrame> &frames() const { return frames_; }
  Measured measured() const;
  Findings &findings() { return findings_; }
  // Adds what is owed at the end to the findings and returns the report: empty if all is well.
  std::string conclude();
  std::string hang_report();
  // A finding with that report, the first time.
  void report_hang(const std::string &why);
  // From now on he is told what is seen.
  void observe(std::unique_ptr<Observer> observer);
  // What was seen is in the files that the options ask for; throws Error if it is not.
  void flush_observers();
  uint64_t nanoseconds(uint64_t cycle) const { return cycle * 1000 / options_.clock_mhz; }
  const SystemOptions &options() const { return options_; }
  const ConfigInfo &config() const { return config_info(options_.config); }
  Random &random() { return random_; }
  const std::vector<Doorbell> &doorbells() const { return doorbells_; }

  // Parts, for knobs, scripts and counts. Declared in the order in which they depend on each other.
 private:
  SystemOptions options_;
  Findings findings_;

 public:
  PhysicalMemory memory;
  FrameAllocator allocator;
  AxiReadResponder reads;
  AxiWriteResponder writes;
  AxilMaster axil;
  AxilShare bus{axil, 1};  // owner 0: the kernel, that is this class
  AxisSink sink;
  Scoreboard scoreboard;
  Watchdog watchdog;
  bool auto_ack = true;             // hand places of seen completions back
  bool auto_reap = true;            // look at completions when one was written
  uint32_t allowed_sticky = 0;      // sticky bits that a test makes on purpose
  uint64_t access_budget = 100000;  // cycles of one register access; clearing RAM is the longest
  std::vector<Agent *> agents;      // act once a cycle, in this order
  // Called for each frame after it was checked.
  std::function<void(const StreamFrame &)> on_frame;

 private:
  struct Queue {
    vmso_ring ring{};
    uint64_t ring_pa = 0, completion_pa = 0, template_pa = 0;
    uint8_t *slots = nullptr, *records = nullptr;
    uint16_t acked = 0;
    unsigned store_next = 0;
    Process *process = nullptr;
    std::vector<Completion> completions;
    bool left_to_owner = false;
  };
  struct Parts {
    System &s;
    void sample(const DutOutputs &out, const DutInputs &in, uint64_t now);
    void drive(DutInputs &in, uint64_t now);
    void restart(DutInputs &in);
  };

  static constexpr uint64_t kKernelBase = 0x40000000, kKernelBytes = 0x40000000;
  static constexpr unsigned kPaBits = 46;
  static constexpr uint64_t kLongestFrame = 200000;  // cycles on the wire, whatever the MAC does
  static constexpr unsigned kTemplateStride = 576;   // not a divisor of 4096: some cross a page

  static WarmDut engine_of(const SystemOptions &options);
  void add_process(unsigned index);
  void add_notes();
  void add_manager();
  std::unique_ptr<Process> make_process(unsigned index, const SpaceOptions &options);
  uint16_t start_commit(unsigned index, const reference::Context &context);
  // Opens the windows that kernel memory and the processes need: neighbours become one.
  void place_windows();
  void cycle();
  void take_frames();
  void add_observers();
  void take_retired(Retired order, uint64_t now);
  std::string origin(const Suspect &suspect);
  // What the tables of a queue's process say now.
  std::optional<uint64_t> translation(unsigned queue, uint64_t va);
  std::string read_that_brought(ReadClass cls, uint64_t pa) const;
  void reap();
  void judge();
  void settle();  // until all completions that are written were judged
  bool give_up(uint64_t end);
  uint64_t kernel_alloc(uint64_t bytes);
  void access();
  vmso_io io();

  Random random_, payload_random_;
  Bench bench_;
  Parts parts_{*this};
  std::vector<std::unique_ptr<Observer>> observers_;
  vmso_device device_{};
  vmso_fault_ring fault_ring_{};
  uint64_t fault_pa_ = 0, fence_status_pa_ = 0;
  uint8_t *fault_records_ = nullptr, *fence_status_ = nullptr;
  std::unique_ptr<Pager> pager_;
  std::unique_ptr<MemoryManager> manager_;
  uint64_t kernel_next_ = kKernelBase;
  std::vector<reference::Context> contexts_;
  std::vector<reference::Window> windows_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<Queue> queues_;
  std::vector<StreamFrame> frames_;
  std::vector<Doorbell> doorbells_;
  // Cycles in which what has begun to leave has left, however the MAC stalls.
  uint64_t judge_delay() const { return 256 + 4 * sink.pattern.longest_stall(); }
  std::deque<Completion> seen_;                                  // reaped, not judged yet
  std::unordered_map<uint64_t, std::vector<uint8_t>> payloads_;  // by cookie
  uint64_t cookie_ = 0;
  unsigned lives_ = 0;   // processes that were replaced
  uint32_t answer_ = 0;  // of the last register read
  uint64_t began_ = 0;   // cycle
  bool measuring_ = false;
  uint64_t read_beats_first_ = 0, read_beats_last_ = 0;
  bool hung_ = false;
};

}  // namespace vmso
