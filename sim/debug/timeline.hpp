// SPDX-License-Identifier: Apache-2.0
// A run as a timeline (docs/debugging.md): what each queue does, job by job and segment by segment,
// what walk slots and read classes have on the bus, fences, and the wire. Arrows lead from a job to
// its segments, and from a segment over each burst that brought a part of it to the frame.
//
// All of it is seen at the ports, the retire port among them. Which burst brought a segment is
// matched by the virtual address of what lies where the burst has read; it was read after its job
// was posted, and after the job has failed, if it did.
//
// Segments, frames, reads, fences and parked spans are written as they end; a job's slice and its
// arrows with the job.
#pragma once
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "debug/observer.hpp"
#include "debug/trace_file.hpp"

namespace vmso {

class Timeline : public Observer {
 public:
  struct Host {
    unsigned bus_bytes;
    uint64_t fence_status_address;  // 0: fences are not reported in memory
    std::function<uint32_t(unsigned queue)> process;
    std::function<const Frame *(uint64_t pa)> frame;
  };
  Timeline(const std::string &path, unsigned clock_mhz, Host host);
  ~Timeline() override;
  Timeline(const Timeline &) = delete;
  Timeline &operator=(const Timeline &) = delete;

  void posted(const ExpectedJob &job, uint64_t now) override;
  void ports(const DutOutputs &out, const DutInputs &in, uint64_t now) override;
  void retired(const Retired &order) override;
  void answered(const ReadRecord &read) override;
  void left(const StreamFrame &frame, const Scoreboard::Match *match) override;
  void completed(const Completion &completion) override;
  void restarted(uint64_t now) override;
  void flush() override { file_.flush(); }

 private:
  using Arguments = TraceFile::Arguments;
  using Key = uint32_t;  // a job: queue, and its first slot, which is free-running
  static Key key(unsigned queue, uint16_t slot) { return queue << 16 | slot; }

  struct Burst {  // of payload
    uint32_t process;
    uint64_t va, end, at;  // of its beats, cycle of its AR
    Track track;
  };
  struct Posted {
    Arguments arguments;
    std::vector<UserBuffer> buffers;
    std::vector<uint64_t> cuts;  // bytes of the payload that begin a burst, whatever lies in front
    uint32_t process;
    uint64_t since;  // what was read before is not read for it
  };
  struct Sent {  // a segment of a job
    uint64_t from, wire_from;
    Track track;
    std::vector<Burst> bursts;
  };
  struct Job {  // from its first order on
    unsigned queue = 0;
    uint64_t cookie = 0, from = 0, to = 0;
    std::vector<Sent> sent;
    unsigned leaving = 0;  // segments whose frames are not on the wire yet
    bool over = false;     // no order of it will come
    Arguments arguments;
  };
  using JobPointer = std::shared_ptr<Job>;
  struct Leaving {  // an order whose turn on the wire has not come
    Retired order;
    JobPointer job;
    std::vector<Burst> bursts;
  };
  struct Reset {
    const char *why;
    uint64_t at;
  };
  struct Queue {
    Lanes jobs, segments;
    std::unordered_map<uint16_t, JobPointer> open;  // by slot
    bool parks = false;
    std::optional<Retired> parked;  // at this order
    std::optional<Reset> reset;     // and not enabled since
  };
  struct Fence {
    uint64_t from;
    std::string name;
    std::optional<uint16_t> number;  // known when FENCE_GO or COMMIT was read
  };

  Track track(unsigned queue, unsigned thread, const std::string &name);
  void wrote(uint32_t offset, uint32_t data, uint64_t now);
  void was_read(uint32_t offset, uint32_t data, uint64_t now);
  void command(unsigned queue, unsigned code, uint64_t now);
  void end_fences(uint16_t number, uint64_t now);
  void end_parked(unsigned queue, uint64_t now, const char *until);
  std::vector<Burst> take_bursts(const Retired &order);
  JobPointer job_of(const Retired &order);
  void put_segment(const Leaving &leaving, const StreamFrame &frame);
  void put_job(Job &job);
  void end_reset(unsigned queue);
  void drop_job(Job &job, uint64_t now, const char *why);
  void drop_jobs(unsigned queue, uint64_t now, const char *why);

  TraceFile file_;
  Host host_;
  std::unordered_map<Key, Posted> posted_;
  std::unordered_map<unsigned, Queue> queues_;
  std::array<Lanes, 4> read_lanes_;  // by class
  Lanes fence_lanes_;
  std::deque<Burst> bursts_;  // of payload, lately, and in no segment yet, by the cycle of their AR
  std::deque<Leaving> leaving_;
  std::deque<Fence> fences_;
  struct {  // what of an access has been taken
    std::optional<uint32_t> write_address, write_data, read_address;
  } access_;
  std::deque<uint64_t> write_addresses_;  // of memory, whose data has not come
  uint64_t arrows_ = 0, now_ = 0;
};

}  // namespace vmso
