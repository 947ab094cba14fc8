// SPDX-License-Identifier: Apache-2.0
// Tasks in processes of their own, some at once: what one does, a crash or a hang too, it does to
// itself alone.
#pragma once
#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace vmso::regress {

struct TaskEnd {
  enum class How { kDone, kCrashed, kHung, kInterrupted };  // the last of them ends the run
  uint64_t task = 0;
  How how = How::kDone;
  std::string text;  // what the task has returned; of a crash or a hang, what happened
  double seconds = 0;
};

class Workers {
 public:
  using Task = std::function<std::string(uint64_t)>;  // in the process; an exception is a crash
  struct Limits {
    unsigned at_once = 1;
    double patience = 600;  // seconds of a task; then it is killed and counts as hung
    const volatile std::sig_atomic_t *stop = nullptr;
  };
  Workers(Task task, const Limits &limits) : task_(std::move(task)), limits_(limits) {}
  ~Workers();  // nothing that it has begun goes on
  Workers(const Workers &) = delete;
  Workers &operator=(const Workers &) = delete;

  // Asks `next` for tasks until it has none, calls `ended` for each end and `idle` about ten times
  // a second. False: it was interrupted, and what was under way is over, without an end. With
  // fewer at once if there are no more processes to be had; throws Error if there is not even one.
  bool run(const std::function<std::optional<uint64_t>()> &next,
           const std::function<void(const TaskEnd &)> &ended, const std::function<void()> &idle);
  // One task by itself; none if it was interrupted.
  std::optional<TaskEnd> one(uint64_t task);

 private:
  struct Process {
    int pid, pipe;
    uint64_t task;
    std::string text;
    double begun;
    bool killed = false;
  };
  bool begin(uint64_t task);    // false: errno says why not
  bool read(Process &process);  // false: that was the end of it
  TaskEnd end(Process &process);
  void end_all();
  bool stopped() const { return limits_.stop && *limits_.stop; }

  Task task_;
  Limits limits_;
  std::map<int, Process> running_;  // by pipe
};

}  // namespace vmso::regress
