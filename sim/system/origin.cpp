// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a wrong frame came from, for its report: process, page, physical address and
// the burst that brought them, as far as the bus monitor still has it. Pages are those of now.
#include <fmt/format.h>

#include "system/system.hpp"

namespace vmso {

std::string System::read_that_brought(ReadClass cls, uint64_t pa) const {
  const ReadRecord *r = reads.brought(cls, pa);
  if (!r) return fmt::format("\n  no {} burst of late has brought it", read_class_name(cls));
  return fmt::format(
      "\n  {} burst id {:#x} brought it: AR in cycle {}, {} beats in cycles {}..{}, it is in beat "
      "{}{}",
      read_class_name(cls), r->id, r->ar, r->beats, r->first, r->last,
      (pa - r->addr) / config().bus_bytes(), r->error ? "; a beat was in error" : "");
}

std::optional<uint64_t> System::translation(unsigned queue, uint64_t va) {
  if (queue >= queues()) return std::nullopt;
  const auto context = vmso::context_of(process_of(queue).space());
  const auto walk = reference::walk(memory, context, windows_, va);
  if (walk.cause != VMSO_CAUSE_NONE) return std::nullopt;
  return walk.pa;
}

std::string System::origin(const Suspect &s) {
  using Place = FrameDifference::Place;
  if (s.difference.place == Place::kHeader && s.job.template_pa) {
    const size_t tag = s.job.job.vlan ? 4 : 0;
    if (s.difference.at < tag) return "";
    const uint64_t pa = s.job.template_pa + s.difference.at - tag;
    return fmt::format("\n  the template's byte lies at physical {:#x}", pa) +
           read_that_brought(ReadClass::kTemplate, pa);
  }
  if (s.difference.place != Place::kPayload) return "";
  const Process &process = process_of(s.frame.queue);
  std::string text = fmt::format("\n  process {}: {}", process.id(), process.describe());
  const reference::Context context = vmso::context_of(process.space());
  const auto walk = reference::walk(memory, context, windows_, s.va);
  if (walk.cause != VMSO_CAUSE_NONE) {
    return text + fmt::format("\n  it has no translation now: {}", vmso_cause_name(walk.cause));
  }
  const char *leaf =
      process.space().tables() ? process.space().format().leaf_words[walk.level] : "no tables";
  uint8_t byte = 0;
  memory.read(walk.pa, {&byte, 1});
  return text +
         fmt::format(
             "\n  page {:#x} lies at physical {:#x} ({}); the byte at {:#x}, where memory "
             "holds {:02x}",
             s.va / kFrameBytes * kFrameBytes, walk.pa / kFrameBytes * kFrameBytes, leaf, walk.pa,
             byte) +
         read_that_brought(ReadClass::kPayload, walk.pa);
}

}  // namespace vmso
