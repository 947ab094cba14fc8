// SPDX-License-Identifier: Apache-2.0
#include "bench/cell.hpp"

#include <algorithm>
#include <optional>

#include "attack/attacker.hpp"

namespace vmso::bench {
namespace {

constexpr unsigned kRepeats = 3;  // of each command

unsigned beats(Config config, unsigned bytes) {
  unsigned bus = config_info(config).bus_bytes();
  return (bytes + bus - 1) / bus;
}

// Frames of one queue on the wire.
struct Seen {
  uint64_t frames = 0, last = 0, silence = 0;
  uint64_t first_turn = 0, last_turn = 0, at_first = 0, at_last = 0, turns = 0;

  void frame(uint64_t at, bool turn_starts) {
    silence = std::max(silence, at - last);
    last = at;
    if (turn_starts) {
      if (turns++ == 0) {
        first_turn = at;
        at_first = frames;
      }
      last_turn = at;
      at_last = frames;
    }
    frames++;
  }
  double rate(uint64_t from, uint64_t to) const {
    double whole = double(frames) / double(to - from);
    if (turns < 3) return whole;
    double turn = double(last_turn - first_turn) / double(turns - 1);
    if (double(to - last_turn) > 3 * turn) return whole;  // it got no turn for long
    return double(at_last - at_first) / double(last_turn - first_turn);
  }
};

class Run {
 public:
  explicit Run(const CellOptions &o)
      : o_(o), system_(options(o)), owners_(system_, o.honest, honest(o)), seen_(o.queues) {
    unsigned frame = std::max(o.honest.frame_bytes(), 1514u);
    system_.check(vmso_tune(&system_.device(), o.latency, false, frame), "tune");
    system_.access_budget = kNever;
  }

  Cell run() {
    Cell cell;
    cell.options = o_;
    owners_.warm();
    if (!o_.attacker.empty()) {
      attacker_ = make_attacker(o_.attacker, system_, o_.queues - 1, o_.seed);
      attacker_->start();
    }
    try {
      measure(cell);
      commands(cell.commands);
    } catch (const Error &error) {
      if (error.exit_code == 130) throw;
      system_.findings().add(error.what());
      for (double *one : {&cell.commands.stop, &cell.commands.enable, &cell.commands.reset,
                          &cell.commands.fence}) {
        if (*one == 0) *one = kInfinite;  // it was not come to
      }
    }
    uint64_t slowest = std::max(system_.bus.slowest, system_.bus.under_way(system_.now()));
    cell.register_access = slowest >= kNever ? kInfinite : double(slowest);
    system_.flush_observers();
    if (!system_.findings().empty()) cell.trouble = system_.findings().texts().front();
    return cell;
  }

 private:
  static std::vector<unsigned> honest(const CellOptions &o) {
    std::vector<unsigned> queues;
    for (unsigned q = 0; q + !o.attacker.empty() < o.queues; q++) queues.push_back(q);
    return queues;
  }

  static SystemOptions options(const CellOptions &o) {
    SystemOptions s;
    s.config = o.config;
    s.seed = o.seed;
    s.queues = o.queues;
    s.processes = 2;
    s.owners.assign(o.queues, 0);
    s.owners.back() = 1;
    s.read.latency = o.latency;
    s.keep_frames = false;
    s.stop = o.stop;
    s.wave = o.wave;
    s.files = o.files;
    s.log2_slots = s.log2_completions = 10;
    return s;
  }

  void step() {
    system_.step();
    owners_.top_up();
  }

  void measure(Cell &cell) {
    System &s = system_;
    for (uint64_t end = s.now() + 3000 + 20ull * o_.latency; s.now() < end;) step();
    uint64_t from = s.now(), any_last = from, any_silence = 0;
    unsigned before = ~0u;
    s.bus.slowest = 0;
    for (Seen &seen : seen_) seen.last = from;
    s.on_frame = [&](const StreamFrame &frame) {
      if (frame.queue >= o_.queues) return;
      seen_[frame.queue].frame(frame.last, frame.queue != before);
      before = frame.queue;
      if (attacker_ && frame.queue == o_.queues - 1) return;
      any_silence = std::max(any_silence, frame.last - any_last);
      any_last = frame.last;
    };
    auto sum_up = [&] {
      uint64_t to = s.now();
      any_silence = std::max(any_silence, to - any_last);
      double sum = 0, worst = kInfinite, silence = 0;
      for (unsigned q : owners_.queues()) {
        sum += double(seen_[q].frames) / double(to - from);
        worst = std::min(worst, seen_[q].rate(from, to));
        silence = std::max({silence, double(seen_[q].silence), double(to - seen_[q].last)});
      }
      cell.frames = sum / double(owners_.queues().size());
      cell.worst_frames = worst;
      cell.silence_any = double(any_silence);
      cell.silence_queue = silence;
    };
    try {
      while (s.now() < from + o_.window()) step();
    } catch (const Error &) {  // the registers are dead; what was sent until then still counts
      sum_up();
      s.on_frame = {};
      throw;
    }
    sum_up();
    s.on_frame = {};
  }

  // Until `done` says so; infinite if it never does.
  template <typename Done>
  double until(uint64_t from, Done &&done) {
    while (system_.now() < from + kNever) {
      if (done()) return double(system_.now() - from);
      step();
    }
    return kInfinite;
  }

  double command(vmso_queue_cmd command, enum vmso_queue_state state) {
    uint32_t base = VMSO_REG_QUEUE(0);
    system_.write32(base + VMSO_REG_QUEUE_COMMAND, uint32_t(command));
    return until(system_.axil.taken_at(),
                 [&] { return queue_shows(system_.read32(base + VMSO_REG_QUEUE_STATE), state); });
  }

  double fence() {
    unsigned context = system_.context_of(system_.process_of(0));
    system_.write32(VMSO_REG_FENCE_WHAT, VMSO_FENCE_CONTEXT << VMSO_REG_FENCE_WHAT_KIND_bp |
                                             context << VMSO_REG_FENCE_WHAT_CTX_bp);
    system_.write32(VMSO_REG_FENCE_GO, 1);
    uint64_t taken = system_.axil.taken_at();
    uint16_t number = uint16_t(system_.read32(VMSO_REG_FENCE_GO));
    return until(taken, [&] { return vmso_fence_done(&system_.device(), number); });
  }

  void commands(Commands &worst) {
    auto note = [](double &place, double value) { place = std::max(place, value); };
    for (unsigned i = 0; i < kRepeats; i++) {
      note(worst.fence, fence());
      note(worst.stop, command(VMSO_CMD_STOP, VMSO_QUEUE_STOPPED));
      note(worst.enable, command(VMSO_CMD_ENABLE, VMSO_QUEUE_RUN));
      for (unsigned k = 0; k < 1000; k++) step();
      owners_.skip = 0;
      note(worst.reset, command(VMSO_CMD_RESET, VMSO_QUEUE_OFF));
      if (worst.worst() == kInfinite) break;
      system_.renew_queue(0);
      owners_.skip.reset();
      for (unsigned k = 0; k < 1000; k++) step();
    }
  }

  CellOptions o_;
  System system_;
  HonestOwners owners_;
  std::unique_ptr<Attacker> attacker_;
  std::vector<Seen> seen_;
};

}  // namespace

uint64_t CellOptions::window() const {
  bool wide = config == Config::kWide;
  if (queues <= 2) return 20000;
  if (queues <= 8) return wide ? 24000 : 40000;
  // Jobs that are frames of their own take turns one by one: a round is as long as all of them.
  return (wide ? 60000 : 100000) *
         (honest.job_bytes > 64 && honest.kind == VMSO_KIND_FRAME ? 2 : 1);
}

double CellOptions::silence_bar() const { return 2.0 * latency + 1000; }

double CellOptions::turn_bar() const {
  unsigned largest = config_info(config).max_frame;
  return silence_bar() + (queues - 1.0) * (beats(config, largest) + beats(config, 1514));
}

// 2 L, five largest frames, and the reads of the queue itself, which the read window bounds
// (vmso_tune: the latency and 48).
double CellOptions::command_bar() const {
  return 2.0 * latency + 5.0 * beats(config, config_info(config).max_frame) + latency + 48;
}

Cell run_cell(const CellOptions &options) { return Run(options).run(); }

Loss loss(const Cell &attacked, const Cell &fair) {
  auto lost = [&](double rate) { return std::max(0.0, 100 * (1 - rate / fair.frames)); };
  double two_frames = 200 / (fair.frames * double(fair.options.window()));
  return {lost(attacked.frames), lost(attacked.worst_frames), lost(fair.worst_frames) + two_frames};
}

}  // namespace vmso::bench
