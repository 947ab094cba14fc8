// SPDX-License-Identifier: Apache-2.0
#include "regress/workers.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#include "model/findings.hpp"

namespace vmso::regress {
namespace {

constexpr int kLookEvery = 100;      // milliseconds
constexpr unsigned kRefusals = 100;  // looks until there is no hope for a process
constexpr int kInterrupted = 130;
constexpr int kFailed = 3;  // exit code of a task that threw; its text is the reason

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void write_all(int pipe, const std::string &text) {
  for (size_t at = 0; at < text.size();) {
    ssize_t n = write(pipe, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // nobody listens any more
    at += size_t(n);
  }
}

}  // namespace

Workers::~Workers() { end_all(); }

bool Workers::begin(uint64_t task) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  std::fflush(nullptr);  // else the child would write it again
  const pid_t parent = getpid();
  const int pid = fork();
  if (pid < 0) {
    const int why = errno;
    close(ends[0]);
    close(ends[1]);
    errno = why;
    return false;
  }
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody would look at it, nor at the clock
    if (getppid() != parent) _exit(kFailed);
    close(ends[0]);
    int code = 0;
    std::string text;
    try {
      text = task_(task);
    } catch (const Error &error) {
      text = error.what();
      code = error.exit_code == kInterrupted ? kInterrupted : kFailed;
    } catch (const std::exception &error) {
      text = error.what();
      code = kFailed;
    }
    write_all(ends[1], text);
    _exit(code);
  }
  close(ends[1]);
  running_[ends[0]] = {pid, ends[0], task, {}, seconds()};
  return true;
}

bool Workers::read(Process &process) {
  char buffer[65536];
  ssize_t n = ::read(process.pipe, buffer, sizeof(buffer));
  if (n > 0) process.text.append(buffer, size_t(n));
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

TaskEnd Workers::end(Process &process) {
  close(process.pipe);
  int status = 0;
  while (waitpid(process.pid, &status, 0) < 0 && errno == EINTR) continue;
  TaskEnd end{process.task, TaskEnd::How::kDone, std::move(process.text),
              seconds() - process.begun};
  if (process.killed) {
    end.how = TaskEnd::How::kHung;
    end.text = fmt::format("no end within {:.0f} s", limits_.patience);
  } else if (WIFSIGNALED(status)) {
    end.how = TaskEnd::How::kCrashed;
    end.text =
        fmt::format("ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  } else if (WEXITSTATUS(status) == kInterrupted) {
    end.how = TaskEnd::How::kInterrupted;
  } else if (WEXITSTATUS(status) != 0) {
    end.how = TaskEnd::How::kCrashed;
    if (end.text.empty()) end.text = fmt::format("exit code {}", WEXITSTATUS(status));
  }
  return end;
}

bool Workers::run(const std::function<std::optional<uint64_t>()> &next,
                  const std::function<void(const TaskEnd &)> &ended,
                  const std::function<void()> &idle) {
  bool more = true, told = false;  // told: a scheduler's signal has reached a task before us
  unsigned refused = 0;            // in a row, with nothing running
  std::vector<uint64_t> waiting;   // one at most: there was no process to be had for it
  while (!stopped() && !told) {
    while (more && running_.size() < limits_.at_once) {
      if (waiting.empty()) {
        const std::optional<uint64_t> task = next();
        more = task.has_value();
        if (!more) break;
        waiting.push_back(*task);
      }
      if (begin(waiting.front())) {
        waiting.clear();
        refused = 0;
        continue;
      }
      // Too many files or processes at once, of this user or of all: with fewer it goes on.
      if (running_.empty()) {
        const std::string why = std::strerror(errno);
        if (++refused > kRefusals) throw Error("no process: " + why);
        poll(nullptr, 0, kLookEvery);
        break;
      }
      limits_.at_once = unsigned(running_.size());
    }
    if (running_.empty() && !more) return true;
    std::vector<pollfd> polls;
    for (const auto &[pipe, process] : running_) polls.push_back({pipe, POLLIN, 0});
    poll(polls.data(), polls.size(), kLookEvery);
    for (const pollfd &p : polls) {
      Process &process = running_.at(p.fd);
      if (!process.killed && seconds() - process.begun > limits_.patience) {
        process.killed = true;
        kill(process.pid, SIGKILL);
      }
      if (p.revents == 0 || read(process)) continue;
      TaskEnd one = end(process);
      running_.erase(p.fd);
      told |= one.how == TaskEnd::How::kInterrupted;
      if (!stopped() && !told) ended(one);
    }
    idle();
  }
  end_all();
  return false;
}

void Workers::end_all() {
  for (auto &[pipe, process] : running_) kill(process.pid, SIGKILL);
  for (auto &[pipe, process] : running_) end(process);
  running_.clear();
}

std::optional<TaskEnd> Workers::one(uint64_t task) {
  std::optional<TaskEnd> result;
  bool begun = false;
  run(
      [&]() -> std::optional<uint64_t> {
        if (std::exchange(begun, true)) return std::nullopt;
        return task;
      },
      [&](const TaskEnd &end) { result = end; }, [] {});
  return result;
}

}  // namespace vmso::regress
