// SPDX-License-Identifier: Apache-2.0
// What surrounds xlat: a run room that asks, asks again and holds translations; the read port with
// its three cycles and two colours; memory with a latency per read; seg that holds when told to.
//
// A `Want` is a translation that a run asks for. A mark takes its answer away, as run does, and it
// is asked again; so at rest every want must agree with the tables as they are.
#pragma once
#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "unit_bench.hpp"
#include "xlat_model.hpp"

namespace vmso::xlat {

struct Want {
  unsigned ctx = 0, queue = 0;
  uint64_t va = 0;
  bool asked = false;   // taken by xlat, no answer yet
  bool queued = false;  // waits for the lookup port
  bool advice = false;
  std::optional<Result> result{};
  uint64_t taken_at = 0, filled_at = 0;
  int refusals = 0;
};

constexpr uint64_t kPageBits = (1ull << 45) - 1;  // of a page number: what a table can translate

constexpr unsigned kGaveUp = 0xff;  // as a cause

template <typename Model>
class Rig : public unit::UnitBench<Model> {
  using Base = unit::UnitBench<Model>;

 public:
  explicit Rig(int seed = 1) : Base(seed), random(uint64_t(seed)) {
    auto &d = this->dut();
    d.lookup_valid = d.rsp_valid = d.fence_valid = d.mark_ready = d.issue_held = 0;
    d.lookup_waits = d.share_queue = d.lookup_advise = 0;
    d.advise_valid = d.advise_stop = 0;
    d.walk_req_ready = 1;
    d.colour_busy = 0;
    if constexpr (requires { d.forget; }) d.forget = 0;
    drive_windows();
    this->reset();
    this->settle();
    beats = d.line_beats;
    max_keys = d.jobs * 32;
    slots = d.walk_slots;
    for (unsigned id = 0; id < slots; id++) ids.push_back(id);
    while (!d.xlat_ready) step();
  }

  // -- what tests set
  // ---------------------------------------------------------------------------------
  Memory memory;
  std::vector<Context> contexts = std::vector(8, off());  // as committed last
  std::function<unsigned(uint64_t)> latency = [](uint64_t) { return 20u; };
  bool out_of_order = false;                // beats of due reads come in any order
  unsigned stall = 0;                       // of 16: cycles without walk_req_ready
  uint64_t closed_until = 0;                // no walk_req_ready before that cycle
  unsigned mark_delay = 3, hold_delay = 1;  // cycles
  std::set<uint64_t> freed;                 // pages that nobody may read any more
  std::mt19937_64 random;

  // -- what tests read
  // --------------------------------------------------------------------------------
  std::vector<Want> wants;              // index = job * 32 + run
  std::vector<uint64_t> reads;          // lines asked for inside the windows, in order
  std::vector<uint64_t> read_at;        // and when
  std::vector<uint64_t> refused_reads;  // lines asked for outside: the read port answers DECERR
  uint64_t lookups = 0, hits = 0, walks = 0, table_reads = 0, pwc_hits = 0;
  unsigned gave_up = 0;
  unsigned number = 0;  // of the last fence
  unsigned beats = 1, max_keys = 0, slots = 0;

  size_t ask(unsigned ctx, uint64_t va, bool advice = false) {
    REQUIRE(wants.size() < max_keys);
    Want w;
    w.advice = advice;
    w.ctx = ctx;
    w.va = va;
    wants.push_back(w);
    queue(wants.size() - 1);
    return wants.size() - 1;
  }
  // Forgets all wants; nothing may be under way.
  void forget() {
    for (auto &w : wants) REQUIRE(!w.asked);
    wants.clear();
    to_ask.clear();
  }
  void fence(unsigned kind, unsigned ctx) {
    number++;
    fences.push_back({kind, ctx, number, off()});
  }
  // Pages first..last of a context, both inclusive.
  void fence_range(unsigned ctx, uint64_t first, uint64_t last, bool leaf_only = false) {
    number++;
    fences.push_back({2, ctx, number, {}, first & kPageBits, last & kPageBits, leaf_only});
  }
  void commit(unsigned ctx, const Context &to) {
    number++;
    if (ctx < contexts.size()) contexts[ctx] = to;
    fences.push_back({3, ctx, number, to});
  }
  bool fences_done() {
    return fences.empty() && this->dut().fence_done_number == (number & 0xffff);
  }
  bool all_filled() const {
    return std::all_of(wants.begin(), wants.end(), [](auto &w) { return bool(w.result); });
  }
  size_t walks_open() const { return in_flight.size(); }  // that read something
  size_t fences_waiting() const { return fences.size(); }
  bool quiet() { return fences_done() && all_filled() && in_flight.empty(); }
  // Until everything is answered and every fence is done.
  void run(uint64_t limit = 40000) {
    const uint64_t end = this->now() + limit;
    do {
      step();
      if (this->now() > end) FAIL("hangs: " << state());
    } while (!quiet());
    for (int i = 0; i < 16; i++) step();  // closing slots
  }
  void fence_all() {
    fence(0, 0);
    run();
  }
  // Every want agrees with the tables.
  void check() {
    for (size_t i = 0; i < wants.size(); i++) check(i);
  }
  void check(size_t i) {
    auto &w = wants[i];
    Result expected = walk(contexts[w.ctx & 7], w.va, memory);
    INFO("want " << i << " context " << w.ctx << " va " << std::hex << w.va << " expected cause "
                 << expected.cause << " level " << expected.level << " pa " << expected.pa
                 << " got " << w.result->cause << " level " << w.result->level << " pa "
                 << w.result->pa);
    REQUIRE(w.result->same(expected));
  }
  std::string state() {
    std::ostringstream s;
    size_t open = 0;
    for (auto &w : wants) open += !w.result;
    s << "cycle " << this->now() << ", " << open << " wants open, " << in_flight.size()
      << " reads, fence " << this->dut().fence_done_number << " of " << number;
    return s.str();
  }

  void step() {
    this->settle();
    sample();
    this->tick();
    drive();
  }

 protected:
  struct Fence {
    unsigned kind, ctx, number;
    Context cfg;
    uint64_t first = 0, last = 0;
    bool leaf_only = false;
  };
  struct Read {
    unsigned id;
    uint64_t addr;
    unsigned beats;
    uint64_t due;
    unsigned beat = 0;
    unsigned colour;
  };
  std::deque<size_t> to_ask, retry;
  std::deque<std::pair<uint64_t, size_t>> refused;  // come back into retry at that cycle
  std::deque<Fence> fences;
  std::deque<unsigned> ids;
  std::deque<std::pair<uint64_t, unsigned>> ids_home;
  std::deque<Read> in_flight;
  std::array<unsigned, 2> colours{};
  std::optional<unsigned> leaving;  // colour of the read whose last response is on the port
  unsigned held = 0, marked = 0;
  bool retrying = false, lookup_taken = false, fence_taken = false;

  void queue(size_t i) {
    wants[i].queued = true;
    to_ask.push_back(i);
  }
  std::deque<size_t> &asking() { return retrying ? retry : to_ask; }

  void sample() {
    auto &d = this->dut();
    if (d.lookup_valid && d.lookup_ready) {
      size_t i = asking().front();
      asking().pop_front();
      auto &w = wants[i];
      REQUIRE(!w.asked);
      w.asked = true;
      w.queued = false;
      w.taken_at = this->now();
      lookup_taken = true;
    }
    if (d.fill_valid) {
      size_t i = d.fill_job * 32u + d.fill_run;
      REQUIRE(i < wants.size());
      auto &w = wants[i];
      INFO("fill of want " << i << " in cycle " << this->now());
      REQUIRE(w.asked);
      w.asked = false;
      w.filled_at = this->now();
      Result r;
      r.cause = d.fill_cause;
      r.level = d.fill_level;
      r.pa = uint64_t(d.fill_ppn) << 12;
      if (d.fill_fault && r.cause == VMSO_CAUSE_NONE) {  // advice that found no walk slot
        REQUIRE(w.advice);
        REQUIRE(w.refusals >= 1);
        r.cause = kGaveUp;
        gave_up++;
      }
      REQUIRE(bool(d.fill_fault) == (r.cause != VMSO_CAUSE_NONE));
      w.result = r;
    }
    if (d.busy_valid) {
      size_t i = d.busy_job * 32u + d.busy_run;
      REQUIRE(i < wants.size());
      INFO("refusal of want " << i << " in cycle " << this->now());
      REQUIRE(wants[i].asked);
      wants[i].asked = false;
      wants[i].queued = true;
      wants[i].refusals++;
      refused.push_back({this->now() + 4, i});
    }
    if (d.walk_req_valid && d.walk_req_ready) {
      // eight entries: a line, or half of one
      const bool line = d.walk_req_addr % 64 == 0 && d.walk_req_len == beats - 1;
      REQUIRE((line || (d.walk_req_addr % 32 == 0 && d.walk_req_len == (beats + 1) / 2 - 1)));
      INFO("read of a freed table, line " << std::hex << d.walk_req_addr);
      REQUIRE(freed.count(d.walk_req_addr >> 12) == 0);
      if (memory.readable(d.walk_req_addr)) {
        reads.push_back(d.walk_req_addr);
        read_at.push_back(this->now());
      } else {
        refused_reads.push_back(d.walk_req_addr);
      }
      in_flight.push_back({ids.front(), d.walk_req_addr, d.walk_req_len + 1u,
                           this->now() + 3 + latency(d.walk_req_addr), 0, d.read_colour});
      colours[d.read_colour]++;
      ids.pop_front();
    }
    if (leaving) {
      colours[*leaving]--;
      leaving.reset();
    }
    if (d.fence_valid && d.fence_ready) {
      fences.pop_front();
      fence_taken = true;
    }
    // run: what was translated before is asked again, what is under way stays
    if (d.mark_valid && d.mark_ready) {
      for (size_t i = 0; i < wants.size(); i++) {
        auto &w = wants[i];
        bool named = d.mark_all;
        for (unsigned c = 0; c < 4; c++) named |= (d.mark_named >> c & 1) && w.ctx == d.mark_ctx[c];
        if (named && w.result) {
          w.result.reset();
          queue(i);
        }
      }
    }
    lookups += d.count_lookups;
    hits += d.count_tlb_hits;
    walks += d.count_walks;
    table_reads += d.count_table_reads;
    pwc_hits += d.count_pwc_hits;
    held = d.hold_issue ? held + 1 : 0;
    marked = d.mark_valid && !d.mark_ready ? marked + 1 : 0;
  }

  void drive() {
    auto &d = this->dut();
    if (lookup_taken) d.lookup_valid = 0;
    if (fence_taken) d.fence_valid = 0;
    lookup_taken = fence_taken = false;
    this->settle();
    drive_windows();
    while (!refused.empty() && refused.front().first <= this->now()) {
      retry.push_back(refused.front().second);
      refused.pop_front();
    }
    if (!d.lookup_valid) {
      retrying = !retry.empty() && d.walk_free;
      if (!asking().empty()) {
        size_t i = asking().front();
        d.lookup_valid = 1;
        d.lookup_job = uint8_t(i / 32);
        d.lookup_run = uint8_t(i % 32);
        d.lookup_queue = uint16_t(wants[i].queue);
        d.lookup_ctx = uint16_t(wants[i].ctx);
        d.lookup_vpn = wants[i].va >> 12;
        d.lookup_again = retrying;
        d.lookup_advise = wants[i].advice;
      }
    }
    d.lookup_waits = !refused.empty() || !retry.empty() || (d.lookup_valid && retrying);
    d.walk_req_ready =
        !ids.empty() && this->now() >= closed_until && !(stall && random() % 16 < stall);
    d.walk_req_id = ids.empty() ? 0 : uint8_t(ids.front());
    drive_response();
    while (!ids_home.empty() && ids_home.front().first <= this->now()) {
      ids.push_back(ids_home.front().second);
      ids_home.pop_front();
    }
    d.colour_busy = uint8_t((colours[0] != 0) | (colours[1] != 0) << 1);
    if (!d.fence_valid && !fences.empty()) {
      auto &f = fences.front();
      d.fence_valid = 1;
      d.fence_kind = uint8_t(f.kind);
      d.fence_ctx = uint16_t(f.ctx);
      d.fence_first = f.first;
      d.fence_last = f.last;
      d.fence_leaf_only = f.leaf_only;
      d.fence_number = uint16_t(f.number);
      d.cfg_format = uint8_t(f.cfg.format);
      d.cfg_pa_bits = uint8_t(f.cfg.pa_bits);
      d.cfg_af_ignore = f.cfg.af_ignore;
      d.cfg_priv = f.cfg.priv;
      d.cfg_gb = f.cfg.gb;
      d.cfg_xd = f.cfg.xd;
      d.cfg_pse = f.cfg.pse;
      d.cfg_rsw = f.cfg.rsw;
      d.cfg_napot = f.cfg.napot;
      d.cfg_pbmt = f.cfg.pbmt;
      d.cfg_hpd = f.cfg.hpd;
      d.cfg_root = f.cfg.root >> 12;
      d.cfg_limit = f.cfg.limit >> 12;
    }
    d.issue_held = d.hold_issue && (d.issue_held || held >= hold_delay);
    d.mark_ready = d.mark_valid && marked >= mark_delay;
  }

  void drive_response() {
    auto &d = this->dut();
    d.rsp_valid = 0;
    std::vector<size_t> due;
    for (size_t i = 0; i < in_flight.size(); i++) {
      if (in_flight[i].due <= this->now()) due.push_back(i);
      if (!out_of_order) break;
    }
    if (due.empty()) {
      // somebody else's beat
      d.rsp_valid = random() % 4 == 0;
      d.rsp_class = uint8_t(1 + random() % 3);
      d.rsp_id = uint8_t(random());
      d.rsp_has_data = 1;
      d.rsp_last = random() & 1;
      d.rsp_resp = uint8_t(random() % 3);
      return;
    }
    const size_t at = due[random() % due.size()];
    Read &r = in_flight[at];
    d.rsp_valid = 1;
    d.rsp_class = 0;
    d.rsp_id = uint8_t(r.id);
    d.rsp_has_data = 1;
    d.rsp_resp = 0;
    bool last = r.beat == r.beats - 1;
    const unsigned words = 8 / beats;
    const uint64_t first = r.addr / (8 * words) * (8 * words);  // lanes follow aligned addresses
    for (unsigned i = 0; i < words; i++) {
      const uint64_t word = memory.word(first + 8 * (r.beat * words + i));
      d.rsp_data[2 * i] = uint32_t(word);
      d.rsp_data[2 * i + 1] = uint32_t(word >> 32);
    }
    if (!memory.readable(r.addr)) {
      d.rsp_has_data = 0;
      d.rsp_resp = 3;
      last = true;
    } else if (auto it = memory.bad.find(r.addr & ~63ull); it != memory.bad.end()) {
      const unsigned part = it->second.second % r.beats;
      if (it->second.first == Response::kNone) {
        if (r.beat == part) {
          d.rsp_has_data = 0;
          d.rsp_resp = 4;
          last = true;
        }
      } else if (r.beat == part) {
        d.rsp_resp = it->second.first == Response::kSlvErr ? 1 : 2;
      } else if (r.beat > part) {
        d.rsp_resp = uint8_t(random() % 3);  // the first one decides
      }
    }
    d.rsp_last = last;
    r.beat++;
    if (last) {
      leaving = r.colour;
      ids_home.push_back({this->now() + 2, r.id});
      in_flight.erase(in_flight.begin() + long(at));
    }
  }

  void drive_windows() {
    auto &d = this->dut();
    for (unsigned w = 0; w < 4; w++) {
      const auto &window = memory.windows[w];
      const bool empty = window.first > window.last;
      d.window_base[w] = empty ? 1 : window.first >> 12;
      d.window_limit[w] = empty ? 0 : window.last >> 12;
    }
  }
};

}  // namespace vmso::xlat
