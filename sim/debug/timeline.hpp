// SPDX-License-Identifier: Apache-2.0
// A run as a timeline (docs/debugging.md): what each queue does, job by job and segment by segment,
// what walk slots and read classes have on the bus, fences, and the wire; arrows lead from a job to
// its segment, the bursts that brought it, and the frame.
//
// All of it is seen at the ports, the retire port among them. Which burst brought a segment is
// matched by address with the translation of the cycle in which it retired: while pages move, an
// arrow may miss.
#pragma once
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>

#include "debug/observer.hpp"
#include "debug/trace_file.hpp"

namespace vmso {

class Timeline : public Observer {
 public:
  // What a queue's virtual address translates to; nothing if it does not.
  using Translate = std::function<std::optional<uint64_t>(unsigned queue, uint64_t va)>;

  Timeline(const std::string &path, unsigned clock_mhz, unsigned bus_bytes,
           uint64_t fence_status_address, Translate translate);
  ~Timeline() override;
  Timeline(const Timeline &) = delete;
  Timeline &operator=(const Timeline &) = delete;

  void posted(const ExpectedJob &job, uint64_t now) override;
  void ports(const DutOutputs &out, const DutInputs &in, uint64_t now) override;
  void retired(const Retired &order) override;
  void answered(const ReadRecord &read) override;
  void left(const StreamFrame &frame, const Scoreboard::Match *match) override;
  void completed(const Completion &completion) override;
  void flush() override { file_.flush(); }

 private:
  struct Burst {
    uint64_t addr, bytes, at;
    Track track;
  };
  struct Job {  // that was posted and has not completed
    nlohmann::json arguments;
    std::vector<UserBuffer> buffers;
  };
  struct Open {  // a job's slice that has begun
    uint64_t from = 0;
    unsigned lane = 0;
    uint64_t segments = 0;
  };
  struct Leaving {  // retired, its frame is not on the wire yet
    Retired order;
    std::vector<Burst> bursts;
  };
  struct Queue {
    Lanes jobs, segments;
    std::unordered_map<uint64_t, Open> open;  // by cookie
    std::optional<Retired> failed;            // and no command or order since
  };
  struct Fence {
    uint64_t from;
    std::string name;
    std::optional<uint16_t> number;  // known when FENCE_GO or COMMIT was read
  };

  // Threads of a queue's process.
  enum : unsigned { kState = 0, kJobs = 1, kSegments = 100 };
  Track track(unsigned queue, unsigned thread, const std::string &name);
  void wrote(uint32_t offset, uint32_t data, uint64_t now);
  void was_read(uint32_t offset, uint32_t data, uint64_t now);
  void command(unsigned queue, unsigned code, uint64_t now);
  void end_fences(uint16_t number, uint64_t now);
  std::vector<Burst> bursts_of(const Retired &order);
  Open &open_job(const Retired &order, uint64_t from);
  void end_job(const Retired &order, uint64_t to);
  void drop_jobs(unsigned queue, uint64_t now, const char *why);

  TraceFile file_;
  unsigned bus_bytes_;
  uint64_t fence_status_address_;
  Translate translate_;
  std::unordered_map<uint64_t, Job> posted_;  // by cookie
  std::unordered_map<unsigned, Queue> queues_;
  std::array<Lanes, 4> read_lanes_;  // by class
  Lanes fence_lanes_;
  std::deque<Burst> bursts_;  // of payload, lately, and in no segment yet
  std::deque<Leaving> leaving_;
  std::deque<Fence> fences_;
  struct {  // what of an access has been taken
    std::optional<uint32_t> write_address, write_data, read_address;
  } access_;
  std::deque<uint64_t> write_addresses_;  // of memory, whose data has not come
  uint64_t arrows_ = 0, now_ = 0;
};

}  // namespace vmso
