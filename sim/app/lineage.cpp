// SPDX-License-Identifier: Apache-2.0
#include "app/lineage.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso {

void Lineage::posted(System &system, const Posted &posted, uint64_t file_first) {
  LineageJob job;
  job.posted = posted;
  job.stream_first = file_first;
  if (!system.doorbells().empty()) job.doorbell_at = system.doorbells().back().at;  // its own
  const Process &process = system.process_of(posted.queue);
  reference::Context context = system.reference_context(system.context_of(process));
  for (const UserBuffer &b : posted.buffers) {
    for (uint64_t va = b.va; va < b.va + b.bytes; va = (va / kFrameBytes + 1) * kFrameBytes) {
      auto walk = reference::walk(system.memory, context, system.windows(), va);
      if (walk.cause != VMSO_CAUSE_NONE) {
        system.findings().add(fmt::format("lineage: {:#x} has no translation", va));
      }
      const Format &format = process.space().format();
      LineagePage page{va / kFrameBytes * kFrameBytes,
                       walk.pa / kFrameBytes * kFrameBytes,
                       walk.level,
                       &format,
                       process.page(),
                       {}};
      for (const auto &step : walk.steps) {
        bool leaf = step.level == walk.level;
        page.walk.push_back({step.level,
                             (leaf ? format.leaf_words : format.pointer_words)[step.level],
                             step.entry_at, 0});
      }
      job.pages.push_back(std::move(page));
    }
  }
  by_cookie_[posted.cookie] = jobs.size();
  jobs.push_back(std::move(job));
}

void Lineage::frame(const StreamFrame &frame, uint64_t cookie, uint64_t segment, uint32_t mss,
                    uint32_t header_bytes) {
  auto it = by_cookie_.find(cookie);
  if (it == by_cookie_.end()) return;
  const LineageJob &job = jobs[it->second];
  uint64_t at = 0, first = segment * mss, end = first + mss;  // bytes of the job
  size_t page = 0;
  for (unsigned buffer = 0; buffer < job.posted.buffers.size(); buffer++) {
    const UserBuffer &b = job.posted.buffers[buffer];
    for (uint64_t va = b.va; va < b.va + b.bytes; page++) {
      uint64_t stop = std::min((va / kFrameBytes + 1) * kFrameBytes, b.va + b.bytes);
      uint64_t from = std::max(first, at), to = std::min(end, at + (stop - va));
      if (from < to) {
        LineagePiece p;
        p.job = it->second;
        p.page = page;
        p.buffer = buffer;
        p.file_byte = job.stream_first + from;
        p.va = va + (from - at);
        p.pa = job.pages[page].pa + p.va % kFrameBytes;
        p.bytes = uint32_t(to - from);
        p.segment = segment;
        p.frame = frame.number;
        p.frame_byte = header_bytes + uint32_t(from - first);
        p.wire_at = frame.first;
        pieces.push_back(p);
      }
      at += stop - va;
      va = stop;
    }
  }
}

void Lineage::join(System &system, uint64_t file_bytes) {
  uint64_t lanes = system.config().bus_bytes();
  struct Place {
    std::vector<uint32_t> reads;  // in the order of their AR
    size_t next = 0;              // payload: the first that explains nothing yet
  };
  std::unordered_map<uint64_t, Place> places[4];  // by class, by address of the first beat
  const auto &records = system.reads.records;
  for (uint32_t i = 0; i < records.size(); i++) {
    places[size_t(records[i].cls())][records[i].addr].reads.push_back(i);
  }
  // The last read of a class that covers an address before a time, as far as its burst begins
  // within a few lines before: slots and templates are read in batches.
  auto before = [&](ReadClass cls, uint64_t addr, uint64_t time) -> uint64_t {
    uint64_t found = 0, line = addr / lanes * lanes;
    for (uint64_t back = 0; back <= 64; back++) {
      auto it = places[size_t(cls)].find(line - back * lanes);
      if (it == places[size_t(cls)].end()) continue;
      for (uint32_t i : it->second.reads) {
        if (records[i].ar <= time && back < records[i].beats)
          found = std::max(found, records[i].ar);
      }
    }
    return found;
  };

  for (LineagePiece &p : pieces) {
    uint64_t line = p.pa / lanes * lanes;
    uint64_t beats = ((p.pa + p.bytes - 1) / lanes * lanes - line) / lanes + 1;
    Place &place = places[size_t(ReadClass::kPayload)][line];
    for (size_t n = place.next; n < place.reads.size(); n++) {
      ReadRecord &r = system.reads.records[place.reads[n]];
      if (r.last == 0 || r.last > p.wire_at || r.beats != beats || r.error) continue;
      std::swap(place.reads[n], place.reads[place.next++]);
      p.burst_at = r.ar;
      p.burst_end = r.last;
      p.burst_id = r.id;
      p.burst_beats = r.beats;
      break;
    }
    if (p.burst_at == 0) {
      system.findings().add(
          fmt::format("lineage: no burst brought {} bytes from {:#x}", p.bytes, p.pa));
    }
    for (WalkRead &w : jobs[p.job].pages[p.page].walk) {
      if (w.read_at == 0) w.read_at = before(ReadClass::kWalk, w.entry_at, p.burst_at);
    }
  }
  uint64_t ring_bytes = uint64_t{64} << system.options().log2_slots;
  std::vector<uint64_t> first_use(jobs.size(), ~uint64_t{0}), first_frame = first_use;
  for (const LineagePiece &p : pieces) {
    if (p.burst_at > 0) first_use[p.job] = std::min(first_use[p.job], p.burst_at);
    first_frame[p.job] = std::min(first_frame[p.job], p.wire_at);
  }
  for (size_t i = 0; i < jobs.size(); i++) {
    LineageJob &job = jobs[i];
    const Posted &posted = job.posted;
    uint64_t slot = system.ring_address(posted.queue) + uint64_t(posted.slot) * 64 % ring_bytes;
    job.slot_read_at = before(ReadClass::kSlot, slot, first_use[i]);
    job.template_read_at = before(ReadClass::kTemplate, posted.template_pa, first_frame[i]);
  }

  // Every byte once.
  std::vector<std::pair<uint64_t, uint64_t>> covered;
  for (const LineagePiece &p : pieces) covered.emplace_back(p.file_byte, p.file_byte + p.bytes);
  std::ranges::sort(covered);
  uint64_t at = 0;
  for (auto [first, end] : covered) {
    if (first > at)
      system.findings().add(fmt::format("lineage: file bytes {}..{} have none", at, first - 1));
    if (first < at) system.findings().add(fmt::format("lineage: file byte {} has two", first));
    at = std::max(at, end);
  }
  if (at != file_bytes)
    system.findings().add(fmt::format("lineage: ends at byte {} of {}", at, file_bytes));
}

std::string Lineage::text(const Touched &touched) const {
  std::string t;
  size_t job = ~size_t{0}, page = ~size_t{0};
  for (const LineagePiece &p : pieces) {
    const LineageJob &j = jobs[p.job];
    const Posted &posted = j.posted;
    if (p.job != job) {
      job = p.job;
      page = ~size_t{0};
      t += fmt::format("job {:#x}: file byte {} on, queue {}\n", posted.cookie, j.stream_first,
                       posted.queue);
      t += fmt::format("  doorbell  cycle {}\n", j.doorbell_at);
      t += fmt::format("  slots     {}..{}, first read in cycle {}\n", posted.slot,
                       posted.slot + posted.slots - 1, j.slot_read_at);
      t += fmt::format("  template  {} bytes at physical {:#x} (kernel memory), read in cycle {}\n",
                       posted.header_bytes, posted.template_pa, j.template_read_at);
      for (size_t i = 0; i < posted.buffers.size(); i++) {
        t += fmt::format("  buffer {}  {} bytes at virtual {:#x}\n", i, posted.buffers[i].bytes,
                         posted.buffers[i].va);
      }
    }
    if (p.page != page) {
      page = p.page;
      const LineagePage &g = j.pages[p.page];
      t += fmt::format("  page      virtual {:#x} -> physical {:#x}, {}\n", g.va, g.pa,
                       g.walk.empty()
                           ? "no tables"
                           : fmt::format("{} page of {}", page_words(g.size), g.format->words));
      for (const WalkRead &w : g.walk) {
        t += fmt::format("    walk    {} at {:#x}, its line read in cycle {}\n", w.words,
                         w.entry_at, w.read_at);
      }
    }
    t += fmt::format(
        "    file {}..{}: buffer {}, virtual {:#x}, physical {:#x}; burst id {:#x} of {} beats, "
        "cycles {}..{}; "
        "segment {}, frame {} bytes {}..{}, on the wire in cycle {}\n",
        p.file_byte, p.file_byte + p.bytes - 1, p.buffer, p.va, p.pa, p.burst_id, p.burst_beats,
        p.burst_at, p.burst_end, p.segment, p.frame, p.frame_byte, p.frame_byte + p.bytes - 1,
        p.wire_at);
  }
  uint64_t bytes = 0;
  for (const LineagePiece &p : pieces) bytes += p.bytes;
  t += fmt::format("{} payload bytes in {} pieces, each explained once\n", bytes, pieces.size());
  t +=
      fmt::format("CPU touched payload bytes: {}, pins: {}\n", touched.payload_bytes, touched.pins);
  return t;
}

}  // namespace vmso
