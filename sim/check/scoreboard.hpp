// SPDX-License-Identifier: Apache-2.0
// Compares every frame with the reference segmenter and with what the rules let differ from its
// template, and every completion with the frames.
//
// Per queue, jobs are expected in posting order, their segments in order, each once. A job may end
// early (fault, bus error): then its successor's frames begin, and the completion has to say
// exactly how many segments and bytes were seen. A job without completion wanted leaves a record
// only if it fails. What a job holds is dropped when it has ended; payload is referred to, not
// copied: the owner keeps it until then.
//
// With a retire port, each frame is held against the order that left for it, and each end of a job
// against the order that ended it.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bus/axis_sink.hpp"
#include "check/frame.hpp"
#include "check/segmenter.hpp"
#include "host/process.hpp"

namespace vmso {

// What a completion record says.
struct Completion {
  uint64_t cookie = 0, va = 0;
  uint32_t segments = 0, bytes = 0;
  vmso_status status = VMSO_STATUS_OK;
  vmso_cause cause = VMSO_CAUSE_NONE;
  vmso_access access = VMSO_ACCESS_PAYLOAD;
  unsigned level = VMSO_LEVEL_NONE, queue = 0;
  uint16_t consumer = 0;
  uint64_t at = 0;  // cycle in which it was seen
  bool ok() const { return status == VMSO_STATUS_OK; }
};
Completion decode(const vmso_completion &record);
std::string describe(const Completion &completion);

// With which a job has to end when a segment reaches it.
struct ExpectedFault {
  vmso_cause cause = VMSO_CAUSE_NONE;
  unsigned level = VMSO_LEVEL_NONE;
  uint64_t va = 0;
};

struct ExpectedJob {
  uint64_t cookie = 0;
  unsigned queue = 0;
  uint16_t slot = 0;  // free-running index of its first slot
  uint32_t slots = 1;
  reference::Job job;
  std::vector<std::span<const uint8_t>> payload;  // pieces, in order
  std::vector<UserBuffer> buffers;                // where they lie
  uint64_t template_pa = 0;                       // where its template lies: for reports
  bool completion_wanted = true;
  bool may_fail = false;  // any status is fine; what it says is checked anyway
  // Not OK: it breaks a rule and has to end like this, without a frame; if it may fail, also of
  // that.
  vmso_status refused = VMSO_STATUS_OK;
  std::optional<ExpectedFault> fault = {};  // the same of memory that it cannot use
  // how far it is
  uint64_t segments = 0, next = 0, bytes = 0;
};

// A frame that is not what its job asks for, with all that is known where it was judged.
struct Suspect {
  const ExpectedJob &job;
  const StreamFrame &frame;
  uint64_t segment = 0;
  const Retired *retired = nullptr;  // the order that left for it
  FrameDifference difference;        // of the first wrong byte
  uint64_t job_byte = 0;             // kPayload: number of the byte in the job's payload,
  uint64_t va = 0;                   // and where it lies
};
// The room that handled the wrong byte last, with the part of it that makes such bytes.
std::string room_of(const Suspect &suspect);

class Scoreboard {
 public:
  Scoreboard(unsigned queues, Findings &findings);

  void set_ring(unsigned queue, unsigned log2_slots);
  void post(ExpectedJob job);
  void retired(const Retired &order);
  void frame(const StreamFrame &frame);
  void completion(unsigned queue, const Completion &completion);
  // Nothing is expected of this queue from now on: its frames are counted and not judged.
  void ignore(unsigned queue);
  // After RESET of a queue: nothing more is expected of it.
  void forget(unsigned queue);
  // After rst_n: nor of any, and nothing is on its way to the wire.
  void restart();
  // Findings for what is still expected; for the end of a test.
  void conclude();

  bool idle() const { return open_ == 0; }
  size_t open() const { return open_; }  // jobs that have not ended
  size_t open(unsigned queue) const { return queues_[queue].jobs.size(); }
  uint64_t frames() const { return frames_; }
  uint64_t judged() const { return judged_; }  // frames of jobs that were expected, and completions
  uint64_t mismatches() const { return mismatches_; }
  // Where the expectations stand: for the report of a hang.
  std::string describe(unsigned queue) const;
  // The segment of a frame that has just been checked: job's cookie and number.
  struct Match {
    uint64_t cookie, segment;
    uint64_t va;  // of its first payload byte; 0: it has none
  };
  std::optional<Match> last_match() const { return match_; }

  bool ring_errors_allowed = false;  // completions of framing errors are the test's concern
  bool with_retire_port = false;     // retired() is called before the frame of its order
  // More lines for the report of a wrong frame: where its bytes came from.
  std::function<std::string(const Suspect &)> origin;

 private:
  struct Queue {
    unsigned mask = 0xffff;
    std::deque<ExpectedJob> jobs;  // not ended
    size_t current = 0;            // jobs before it send nothing more
    bool ignored = false;
    std::deque<Retired> ends;  // orders that ended jobs which have not completed
  };
  using Complain = std::function<void(const std::string &)>;
  void compare(ExpectedJob &job, const StreamFrame &frame, const Retired *order);
  void compare_order(const ExpectedJob &job, const Retired &order, const Complain &complain) const;
  void compare_end(Queue &queue, const Completion &completion, const Complain &complain) const;
  std::string report(const Suspect &suspect) const;
  std::optional<Retired> order_of(const StreamFrame &frame);
  void end(Queue &queue);
  // It ends well and without a word.
  static bool silent_end(const ExpectedJob &job);

  Findings &findings_;
  std::vector<Queue> queues_;
  size_t open_ = 0;
  uint64_t frames_ = 0, mismatches_ = 0, judged_ = 0;
  std::optional<Match> match_;
  std::deque<Retired> leaving_;  // sent, and not on the wire yet
  std::vector<uint8_t> scratch_;
};

}  // namespace vmso
