// SPDX-License-Identifier: Apache-2.0
// What the system tests share. Seeds are fixed per test; VMSO_SEED, VMSO_CONFIG and VMSO_WAVE in
// the environment take their place, and a failing check prints the line to paste.
#pragma once
#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <numeric>
#include <string>

#include "system/system.hpp"
#include "vmso_catch.hpp"

namespace vmso::test {

inline uint64_t seed(uint64_t fixed) {
  const char *text = std::getenv("VMSO_SEED");
  if (!text) return fixed;
  char *end = nullptr;
  errno = 0;
  const uint64_t value = std::strtoull(text, &end, 0);
  if (!std::isdigit(uint8_t(*text)) || *end || errno) {
    throw Error(fmt::format("VMSO_SEED: {} is no number of 64 bits", text));
  }
  return value;
}

inline SystemOptions options(uint64_t fixed_seed, const char *config = "small") {
  SystemOptions o;
  const char *name = std::getenv("VMSO_CONFIG"), *wave = std::getenv("VMSO_WAVE");
  o.config = config_named(name ? name : config);
  o.seed = seed(fixed_seed);
  if (wave) o.wave.path = wave;
  return o;
}

// Four queues of two processes beside a memory and a MAC at random.
inline void any_surroundings(SystemOptions &o, Random &r) {
  o.queues = 4;
  o.processes = 2;
  o.keep_frames = false;
  o.read.order = ReadOrder(r.below(3));
  o.read.latency = unsigned(r.between(1, 300));
  o.read.jitter = unsigned(r.below(200));
  o.backpressure = r.below(2) ? "random:0.3" : "none";
}

// Every format with each of its page sizes, on a host that has all features, and on one that has
// none but what the size needs. Identity once.
inline std::vector<SpaceOptions> all_spaces() {
  std::vector<SpaceOptions> all;
  for (const Format &f : formats()) {
    if (f.pages.empty()) all.push_back({.format = f.code});
    for (const Format::Page &page : f.pages) {
      all.push_back({.format = f.code, .page = page.size});
      HostFeatures none{false, false, false, false, false, false, true};
      if (page.needs) none.*page.needs = true;
      all.push_back({.format = f.code, .page = page.size, .features = none});
    }
  }
  return all;
}

inline std::string described(const SpaceOptions &o) {
  const Format &f = format_of(o.format);
  return fmt::format("{} {}, features {}", f.option, f.pages.empty() ? "" : page_option(o.page),
                     o.features.xd ? "all" : "least");
}

inline std::string reproduce(const SystemOptions &o) {
  return fmt::format("VMSO_SEED={:#x} VMSO_CONFIG={} {} \"{}\"", o.seed, config_info(o.config).name,
                     program_invocation_name, Catch::getResultCapture().getCurrentTestName());
}

// Bytes that tell where they belong: a shift by any number is seen.
inline std::vector<uint8_t> pattern(size_t count, uint64_t seed = 1) {
  Random random(seed, "pattern");
  return random_bytes(count, random);
}

// A TCP job as the reference segmenter takes it.
inline reference::Job reference_job(const TcpHeaders &headers, size_t bytes, unsigned mss) {
  Template t = tcp_template(headers);
  reference::Job job;
  job.header = t.bytes;
  job.l3 = t.l3;
  job.l4 = t.l4;
  job.mss = mss;
  job.l4_mode = headers.l4_mode;
  job.payload_bytes = bytes;
  return job;
}

inline JobSpec tcp_job(size_t bytes, uint16_t mss = 1448, TcpHeaders headers = {}) {
  headers.payload_bytes = uint32_t(bytes);
  JobSpec spec;
  spec.header = tcp_template(headers);
  spec.payload = pattern(bytes, bytes + mss);
  spec.mss = mss;
  spec.l4_mode = headers.l4_mode;
  return spec;
}

inline JobSpec frame_job(size_t bytes) {  // a plain frame, all of it payload
  JobSpec spec;
  spec.kind = VMSO_KIND_FRAME;
  spec.payload = pattern(bytes, bytes);
  spec.buffers = 1;
  return spec;
}

// Changes the first slot of a job that was posted, before the engine looks at it.
template <typename Spoil>
void change_slot(System &s, const Posted &posted, Spoil &&spoil) {
  uint64_t mask = (uint64_t{1} << s.options().log2_slots) - 1;
  uint64_t pa = s.ring_address(posted.queue) + (posted.slot & mask) * 64;
  vmso_first_slot slot;
  for (unsigned i = 0; i < 8; i++) slot.word[i] = s.memory.read_word(pa + 8 * i);
  spoil(slot);
  for (unsigned i = 0; i < 8; i++) s.memory.write_word(pa + 8 * i, slot.word[i]);
}

}  // namespace vmso::test

// The line to paste, printed by every failing check of the scope.
#define VMSO_SAY_HOW(options) INFO("again: " << vmso::test::reproduce(options))
// Everything has ended and nothing was wrong.
#define VMSO_CHECK_CLEAN(system)      \
  do {                                \
    (system).drain();                 \
    CHECK((system).conclude() == ""); \
  } while (false)
