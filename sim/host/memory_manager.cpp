// SPDX-License-Identifier: Apache-2.0
#include "host/memory_manager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace vmso {
namespace {

// 16 bytes, again and again: the marker, why the page was freed, 0, its number.
constexpr size_t kMarkerBytes = 16;
// How often each is tried; an exit is not ours.
constexpr unsigned kWeights[kChurns] = {4, 4, 6, 3, 3, 3, 1, 0};
constexpr unsigned kAllWeights = 24;
constexpr size_t kMostHuge = 8;             // blocks above 1 GiB in the grave: there are few
constexpr uint64_t kLookEvery = 40;         // cycles between two looks at a register
constexpr uint64_t kBesideLeaf = 64 << 10;  // bytes

// A range that names a leaf by a part of it: a byte, or what reaches into it from below or from
// above.
void part_of_leaf(uint64_t &first, uint64_t &last, Random &random) {
  uint64_t low = first, high = last, inside = random.below(std::min(high - low + 1, kBesideLeaf));
  uint64_t beside = 1 + random.below(kBesideLeaf);
  switch (random.below(3)) {
    case 0:
      first = last = low + random.below(high - low + 1);
      break;
    case 1:
      first = low - std::min(low, beside);
      last = low + inside;
      break;
    default:
      first = high - inside;
      last = high + beside;
  }
}

}  // namespace

const char *churn_name(Churn kind) {
  constexpr const char *names[kChurns] = {"map",  "unmap", "move", "split",
                                          "join", "table", "root", "exit"};
  return names[size_t(kind)];
}

uint64_t ChurnCounts::actions() const {
  uint64_t all = 0;
  for (uint64_t n : done) all += n;
  return all;
}

MemoryManager::MemoryManager(Host host, const ChurnKnobs &given, Random random)
    : knobs(given), host_(std::move(host)), random_(random), traps_(host_.processes) {
  for (uint8_t &byte : marker_) byte = uint8_t(random_());
  if (knobs.batch < 1 || knobs.batch > 4) throw Error("churn: one to four changes at once");
}

void MemoryManager::check(int error, const char *what) const {
  if (error != VMSO_OK) throw Error(fmt::format("memory manager: {}: {}", what, error));
}

bool MemoryManager::under_way(unsigned process) const {
  return std::ranges::any_of(under_way_, [&](const Action &a) { return a.process == process; });
}

// ---- one change
// --------------------------------------------------------------------------------------

std::optional<Change> MemoryManager::make(Churn kind, Process &process, uint64_t va) {
  switch (kind) {
    case Churn::kUnmap:
      return process.swap_out(va);
    case Churn::kMove:
      return process.move_page(va);
    case Churn::kSplit:
      return process.split_page(va);
    case Churn::kJoin:
      return process.join_page(va);
    case Churn::kTable: {
      unsigned levels = process.space().levels();
      if (levels < 2) return std::nullopt;
      return process.replace_table(va, knobs.level.value_or(unsigned(random_.below(levels - 1))));
    }
    case Churn::kRoot:
      return process.renew_root();
    default:
      return std::nullopt;
  }
}

bool MemoryManager::start(Churn kind, unsigned index) {
  Process &process = host_.process(index);
  if (!process.space().tables() || under_way_.size() >= 4) return false;
  auto va = process.some_page(random_);
  if (!va) return false;
  bool may_be_absent = host_.may_be_absent(index);
  if (kind == Churn::kMap) {
    bool can = may_be_absent && !process.present(*va) && process.page_in(*va);
    counts.done[size_t(kind)] += can;
    return can;
  }
  if (kind == Churn::kUnmap && !may_be_absent) return false;
  // One at a time at an address: the lock that a kernel would take. The reach of the change is
  // known only when it is made, so the largest that it can have is asked for.
  auto [first, last] = process.reach(*va, kind == Churn::kRoot, knobs.level, kind == Churn::kTable);
  for (const Action &a : under_way_) {
    if (a.process == index && a.change.first <= last && a.change.last >= first) return false;
  }
  auto change = make(kind, process, *va);
  if (!change) return false;
  Action a{kind, index, std::move(*change), 0, host_.now(), 0, false};
  if (kind == Churn::kRoot || !may_be_absent) {
    process.space().put(a.change.writes);
  } else {
    process.space().hold(a.change.writes);
  }
  a.by_memory = host_.device.fence_status && random_.below(2);
  (a.by_memory ? counts.by_memory : counts.by_register)++;
  fence(a);
  under_way_.push_back(std::move(a));
  counts.most_at_once = std::max(counts.most_at_once, uint64_t(under_way_.size()));
  // With the new tables alone a page that is mapped meanwhile is absent in the old ones.
  if ((kind == Churn::kRoot || kind == Churn::kTable) && !may_be_absent) {
    while (!under_way_.empty()) {
      Action &oldest = under_way_.front();
      check(oldest.by_memory ? vmso_fence_wait_seen(&host_.device, oldest.fence)
                             : vmso_fence_wait(&host_.device, oldest.fence),
            "fence of tables");
      finish(oldest);
      under_way_.pop_front();
    }
  }
  return true;
}

void MemoryManager::fence(Action &a) {
  unsigned context = host_.context(a.process);
  if (a.kind == Churn::kRoot) {
    counts.commits++;
    a.fence = host_.commit(a.process);
    return;
  }
  uint64_t first = a.change.first, bytes = a.change.last - first + 1;
  vmso_fence_kind kind = VMSO_FENCE_RANGE;
  uint64_t how = knobs.exact ? 0 : random_.below(100);
  if (how >= 90) {
    kind = VMSO_FENCE_ALL;
    counts.alls++;
  } else if (how >= 75) {
    kind = VMSO_FENCE_CONTEXT;
    counts.contexts++;
  } else {
    counts.ranges++;
  }
  if (kind == VMSO_FENCE_RANGE && how >= 50) {
    uint64_t before = std::min(first, random_.below(uint64_t{1} << random_.between(12, 32)));
    first -= before;
    bytes += before + random_.below(uint64_t{1} << random_.between(12, 32));
    counts.larger++;
  } else if (kind == VMSO_FENCE_RANGE && how >= 25 && a.change.one_leaf && bytes > kFrameBytes) {
    uint64_t last = a.change.last;
    part_of_leaf(first, last, random_);
    bytes = last - first + 1;
    counts.narrow++;
  }
  bool leaf_only = a.change.tables.empty() && knobs.leaf_only.value_or(random_.below(2));
  counts.leaf_only += leaf_only;
  auto go = leaf_only ? vmso_fence_start_leaf_only : vmso_fence_start;
  check(go(&host_.device, kind, context, first, bytes, &a.fence), "fence");
}

bool MemoryManager::fence_done(Action &a) {
  if (a.by_memory) return vmso_fence_seen(&host_.device, a.fence);
  if (host_.now() < a.look_at) return false;
  bool done = vmso_fence_done(&host_.device, a.fence);
  a.look_at = host_.now() + kLookEvery;
  return done;
}

void MemoryManager::finish(const Action &a) {
  counts.longest_fence = std::max(counts.longest_fence, host_.now() - a.at);
  counts.done[size_t(a.kind)]++;
  host_.process(a.process).space().settle(a.change.writes);
  bury(a.process, a.change, a.kind);
}

void MemoryManager::act() {
  if (acting_) return;
  acting_ = true;
  while (!under_way_.empty() && fence_done(under_way_.front())) {
    Action a = std::move(under_way_.front());
    under_way_.pop_front();
    finish(a);
  }
  if (knobs.rate > 0 && (knobs.kinds & kOurs) && host_.now() >= next_) {
    uint64_t mean = uint64_t(1e6 / knobs.rate) + 1;
    next_ = host_.now() + 1 + random_.below(2 * mean);
    if (random_.below(8) == 0) {  // a few at once, and then a longer rest
      next_ += (knobs.batch - 1) * mean;
    }
    for (unsigned tries = 0; tries < 8 && under_way_.size() < knobs.batch; tries++) {
      Churn kind = draw();
      if (start(kind, unsigned(random_.below(host_.processes))) && random_.below(4)) break;
    }
  }
  acting_ = false;
}

Churn MemoryManager::draw() {
  for (;;) {
    unsigned kind = 0;
    for (uint64_t at = random_.below(kAllWeights); at >= kWeights[kind]; kind++) {
      at -= kWeights[kind];
    }
    if (knobs.kinds >> kind & 1) return Churn(kind);
  }
}

// ---- what is freed
// -----------------------------------------------------------------------------------

void MemoryManager::mark(uint64_t pa, Churn why) {
  Frame *frame = host_.memory.device(pa);
  if (!frame) throw Error(fmt::format("memory manager: no frame at {:#x}", pa));
  frame->kind = FrameKind::kFreed;
  frame->owner = unsigned(why);
  uint64_t number = pa / kFrameBytes;
  for (size_t at = 0; at < kFrameBytes; at += kMarkerBytes) {
    std::memcpy(frame->data + at, marker_.data(), marker_.size());
    frame->data[at + 6] = uint8_t(why);
    frame->data[at + 7] = 0;
    std::memcpy(frame->data + at + 8, &number, sizeof(number));
  }
}

uint64_t MemoryManager::trap(Process &process) {
  uint64_t &pa = traps_.at(process.id());
  if (!pa) {
    pa = process.space().take_frame();
    host_.memory.make(pa, FrameKind::kUser, process.id());
    mark(pa, Churn::kTable);
  }
  return pa;
}

void MemoryManager::bury(unsigned index, Change change, Churn why) {
  Process &process = host_.process(index);
  auto must_be_home = [&](uint64_t pa, const char *what) {
    size_t open = host_.reads_open(pa, pa + kFrameBytes - 1);
    if (open == 0) return;
    host_.findings.add(
        fmt::format("{} reads of {} {:#x} of process {} are under way, and the fence of its {} is "
                    "done",
                    open, what, pa, index, churn_name(why)));
  };
  Buried b{std::move(change.frames), std::move(change.blocks)};
  counts.pages += b.frames.size();
  for (uint64_t pa : b.frames) {
    must_be_home(pa, "page");
    mark(pa, why);
  }
  for (const AddressSpace::Table &t : change.tables) {
    must_be_home(t.pa, "table");
    mark(t.pa, why);
    process.space().fill_table(t, trap(process));
    counts.tables.at(t.level)++;
    b.frames.push_back(t.pa);
    b.blocks.emplace_back(t.pa, PageSize::k4K);
  }
  if (why == Churn::kExit && traps_.at(index)) {
    b.frames.push_back(traps_[index]);
    b.blocks.emplace_back(std::exchange(traps_[index], 0), PageSize::k4K);
  }
  if (b.frames.empty() && b.blocks.empty()) return;
  grave_.push_back(std::move(b));
  auto huge = [](const auto &block) { return block.second > PageSize::k1G; };
  huge_buried_ += size_t(std::ranges::count_if(grave_.back().blocks, huge));
  while (grave_.size() > knobs.grave || huge_buried_ > kMostHuge) {
    const Buried &oldest = grave_.front();
    huge_buried_ -= size_t(std::ranges::count_if(oldest.blocks, huge));
    for (uint64_t pa : oldest.frames) host_.memory.release(pa);
    for (auto [pa, size] : oldest.blocks) host_.frames.give(pa, unsigned(size));
    grave_.pop_front();
  }
}

void MemoryManager::look(std::span<const uint8_t> frame, uint64_t number) {
  auto hit = std::search(frame.begin(), frame.end(), marker_.begin(), marker_.end());
  if (hit == frame.end()) return;
  auto rest = frame.subspan(size_t(hit - frame.begin()));
  std::string where = "a page that was freed";
  if (rest.size() >= kMarkerBytes) {
    uint64_t page;
    std::memcpy(&page, rest.data() + 8, sizeof(page));
    where = fmt::format("page {:#x}, freed by {}", page * kFrameBytes,
                        rest[6] < kChurns ? churn_name(Churn(rest[6])) : "?");
  }
  host_.findings.add(fmt::format("stale bytes: frame {} has at byte {} the marker of {}", number,
                                 hit - frame.begin(), where));
}

}  // namespace vmso
