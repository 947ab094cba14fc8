// SPDX-License-Identifier: Apache-2.0
// What holds for every job that is cut, with examples that shrink: RapidCheck looks for the
// smallest payload, MSS and buffers that break it. Judged by the parser of frames alone, which
// knows no job.
//
// The seed is fixed; RC_PARAMS in the environment has others, and more examples:
// RC_PARAMS="seed=... max_success=1000".
#include <rapidcheck.h>

#include <cstdlib>

#include "catalogue_run.hpp"

namespace vmso::test {
namespace {

constexpr unsigned kMostPieces = 12, kMostBytes = 9000, kMostMss = 3000;

// A job with everything that an example can be made smaller by.
struct Example {
  bool udp = false, ipv6 = false;
  unsigned mss = 1;
  size_t bytes = 0;
  unsigned offset = 0;         // of each buffer in its page
  std::vector<uint32_t> cuts;  // bytes of buffers; the rest is the last one
};

void showValue(const Example &e, std::ostream &out) {
  out << fmt::format("{} over IPv{}, {} bytes, MSS {}, buffers at {} of {} and the rest",
                     e.udp ? "UDP" : "TCP", e.ipv6 ? 6 : 4, e.bytes, e.mss, e.offset,
                     fmt::join(e.cuts, ", "));
}

rc::Gen<Example> examples() {
  using rc::gen::inRange;
  auto cuts = rc::gen::resize(6, rc::gen::container<std::vector<uint32_t>>(inRange(1u, 2000u)));
  auto any =
      rc::gen::build<Example>(rc::gen::set(&Example::udp), rc::gen::set(&Example::ipv6),
                              rc::gen::set(&Example::mss, inRange(1u, kMostMss)),
                              rc::gen::set(&Example::offset, inRange(0u, unsigned(kFrameBytes))),
                              rc::gen::set(&Example::cuts, cuts));
  // Multiples of the MSS, and a byte more, as often as all other lengths together.
  auto rest = rc::gen::weightedOneOf<unsigned>(
      {{1, rc::gen::just(0u)}, {1, rc::gen::just(1u)}, {2, inRange(0u, kMostMss)}});
  auto pieces = inRange(0u, kMostPieces);
  return rc::gen::map(rc::gen::tuple(any, pieces, rest),
                      [](std::tuple<Example, unsigned, unsigned> t) {
                        auto [e, full, behind] = t;
                        full = std::min(full, kMostBytes / e.mss);
                        e.bytes = size_t{full} * e.mss + behind % e.mss;
                        return e;
                      });
}

JobSpec example_job(const Example &e) {
  Request r;
  if (e.udp) {
    UdpHeaders h;
    h.ipv6 = e.ipv6;
    r = udp_request(h, e.bytes, e.mss);
  } else {
    TcpHeaders h = base_tcp();
    h.ipv6 = e.ipv6;
    r = tcp_request(h, e.bytes, e.mss);
  }
  JobSpec spec = job_of(r);
  spec.offset = e.offset;
  size_t left = e.bytes;
  for (uint32_t n : e.cuts) {
    if (n >= left) break;
    spec.cuts.push_back(n);
    left -= n;
  }
  if (left > 0) spec.cuts.push_back(uint32_t(left));
  return spec;
}

// An engine for all examples until one has broken it. Every frame that leaves counts, whether
// somebody expects it or not.
class Examples {
 public:
  Frames frames_of(const JobSpec &spec) {
    if (!system_) system_ = std::make_unique<System>(options(0x9209));
    size_t before = system_->frames().size();
    system_->post(0, spec);
    system_->drain();
    Frames frames;
    for (size_t i = before; i < system_->frames().size(); i++)
      frames.push_back(system_->frames()[i].bytes);
    if (!system_->conclude().empty()) system_.reset();
    return frames;
  }

 private:
  std::unique_ptr<System> system_;
};

// Property: a function of an example, its job and the frames of that.
template <typename Property>
bool holds(const char *what, Property &&property) {
  setenv("RC_PARAMS", "seed=20250 max_success=300", 0);
  Examples examples_of_engine;
  return rc::check(what, [&] {
    Example e = *examples();
    JobSpec spec = example_job(e);
    property(e, spec, examples_of_engine.frames_of(spec));
  });
}

size_t frames_expected(const Example &e) {
  return e.bytes == 0 ? 1 : (e.bytes + e.mss - 1) / e.mss;
}

}  // namespace

TEST_CASE("Payloads of the frames one behind the other are the payload of the job", "[property]") {
  CHECK(holds("concatenated payloads",
              [](const Example &, const JobSpec &spec, const Frames &frames) {
                std::vector<uint8_t> received;
                for (const Frame &f : frames) {
                  auto payload = parse_frame(f).payload;
                  received.insert(received.end(), payload.begin(), payload.end());
                }
                RC_ASSERT(received == spec.payload);
              }));
}

TEST_CASE("A job has as many frames as its payload has pieces of an MSS", "[property]") {
  CHECK(holds("number of frames", [](const Example &e, const JobSpec &, const Frames &frames) {
    RC_ASSERT(frames.size() == frames_expected(e));
  }));
}

TEST_CASE("All frames but the last carry an MSS, and all are as long as they say or padded",
          "[property]") {
  CHECK(holds("lengths", [](const Example &e, const JobSpec &spec, const Frames &frames) {
    for (size_t i = 0; i < frames.size(); i++) {
      ParsedFrame p = parse_frame(frames[i]);
      RC_ASSERT(p.faults == std::vector<std::string>{});
      if (i + 1 < frames.size()) RC_ASSERT(p.payload.size() == e.mss);
      size_t bytes = spec.header.bytes.size() + p.payload.size();
      RC_ASSERT(frames[i].size() == std::max(bytes, reference::kMinFrame));
    }
  }));
}

TEST_CASE("Sequence numbers and identifications go on from frame to frame", "[property]") {
  CHECK(holds("sequence", [](const Example &e, const JobSpec &, const Frames &frames) {
    for (size_t i = 1; i < frames.size(); i++) {
      ParsedFrame before = parse_frame(frames[i - 1]), p = parse_frame(frames[i]);
      if (!e.udp) RC_ASSERT(p.seq == before.seq + uint32_t(before.payload.size()));
      if (!e.ipv6) RC_ASSERT(p.ip_id == ((before.ip_id + 1) & 0xffff));
    }
  }));
}

}  // namespace vmso::test
