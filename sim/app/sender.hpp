// SPDX-License-Identifier: Apache-2.0
// Sends the bytes of a file out of a process's virtual memory: what `vmso send` does, without its
// command line and its words.
//
// The file is cut into as many contiguous parts as there are queues, one flow each of TCP or UDP; a
// part into jobs; a job's bytes lie in buffers of odd lengths somewhere in the process's memory,
// the first and the last beginning in the middle of a page. Sequence numbers and IP ids go on from
// job to job. When a job fails because of the bus, what was not sent of it is posted again, at most
// kResends times.
//
// UDP has nothing that tells a receiver in which order datagrams were meant. Where jobs may fail, a
// flow of it waits for the end of each job before the next is posted, so that what is posted again
// comes where it belongs.
//
// With demand paging no page of a buffer is mapped before it was asked for. If the queues park, the
// kernel of the harness maps it and the job goes on; if they end such a job, we map it, a while
// later, and post what was not sent as a new job, from the same buffers.
//
// With churn a memory manager changes the process's memory under all that; see
// host/memory_manager.hpp.
//
// Memory is bounded: only about kMapped bytes of the file are in the process at any time. What is
// behind a completion is unmapped, a fence makes the engine forget it, and its frames are used
// again.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/flow_headers.hpp"
#include "app/lineage.hpp"
#include "system/system.hpp"

namespace vmso {

struct SendOptions {
  SystemOptions system;
  FlowHeaders headers = {};
  uint16_t mss = 0;      // 0: the usual one
  unsigned buffers = 0;  // of a job; 0: three or four, so that all can be odd
  uint32_t job_bytes = 65160;
  bool explain = false;
  bool demand_paging = false;  // with system.park as the policy
  PagerKnobs pager = {};       // of demand paging, whatever the policy
  double churn = 0;            // actions of a memory manager per million cycles
};

struct SendResult {
  Measured measured;
  uint64_t payload_bytes = 0, jobs = 0, cycles = 0, pages = 0, fences = 0, resends = 0;
  uint64_t lookups = 0, tlb_hits = 0, walks = 0, table_reads = 0, pwc_hits = 0, faults = 0;
  uint64_t most_frames_of_memory = 0;
  PagerCounts paging;
  ChurnCounts churn;
  Touched touched;
  ReadCounts reads;
  bool good = false;  // stream identical, checksums right, no findings
  std::vector<std::string> findings;
  size_t findings_count = 0;
  Lineage lineage;
  uint64_t churn_cycles = 0;  // from the first job on
  double churn_rate() const {
    return churn_cycles ? 1e6 * double(churn.actions()) / double(churn_cycles) : 0;
  }
};

class Sender {
 public:
  static constexpr unsigned kResends = 16;
  static constexpr uint64_t kMapped = 16 << 20;

  Sender(const SendOptions &options, std::span<const uint8_t> file);
  // `progress` is called now and then with the payload bytes that have arrived.
  SendResult run(const std::function<void(uint64_t)> &progress);
  System &system() { return *system_; }

 private:
  struct Work {  // a job, or what is left of one
    unsigned flow = 0;
    uint64_t first = 0;  // in the flow's part
    uint32_t bytes = 0;
    unsigned tries = 0;
    uint64_t due = 0;                    // not posted before this cycle
    std::vector<UserBuffer> whole = {};  // the job whose rest it is lies there
    uint32_t sent = 0;                   // bytes of `whole` that are not wanted any more
  };
  struct Next {
    Work work;
    bool again = false;  // it is the front of `again`
  };
  struct Flow {
    std::span<const uint8_t> stream;
    FlowNumbers first;
    uint64_t next = 0;  // byte of the next new job
    bool done = false;  // all jobs were posted at least once
    unsigned open = 0;  // jobs that have not ended
    std::deque<Work> again;
    std::vector<UserBuffer> held;  // of a failed job, where no fence follows
  };
  struct Open {
    Work work;
    Posted posted;
    unsigned flow = 0;
  };

  // The next job of a flow, if one may be posted now.
  std::optional<Next> next_work(unsigned flow) const;
  bool post_some();
  bool post(unsigned flow, const Work &work);
  void look_at_completions();
  // A job of `flow` failed at a page that exists: it is mapped, and the rest will be posted.
  bool page_in(unsigned flow, Process &process, const Open &open, const Completion &completion);
  uint64_t next_due() const;  // of work that waits for its time; ~0: none
  void ended(unsigned queue, const Completion &completion);
  void retire();
  void finish_fence(bool wait);
  SendResult result();

  SendOptions options_;
  bool may_fail_ = false;      // a job may end before it was sent whole
  uint32_t header_bytes_ = 0;  // in front of the payload of a frame
  std::span<const uint8_t> file_;
  std::unique_ptr<System> system_;
  Reassembler reassembler_;
  Lineage lineage_;
  std::vector<Flow> flows_;
  std::unordered_map<uint64_t, Open> open_;  // by cookie
  std::vector<Unmapped> unmapped_;           // wait for a fence to begin
  std::vector<Unmapped> fenced_;             // wait for one to end
  uint64_t mapped_ = 0, retired_ = 0;        // bytes in the process; of them unmapped
  uint16_t fence_ = 0;
  uint64_t jobs_ = 0, resends_ = 0, fences_ = 0, pages_ = 0;
  PagerCounts paging_;  // what was done without the harness's kernel
  uint64_t begun_ = 0;  // set-up was over
  bool given_up_ = false;
};

}  // namespace vmso
