// SPDX-License-Identifier: Apache-2.0
// What the tests of the catalogue (test_catalogue_*.cpp) share: requests through the engine, by the
// way of the driver's mapping of virtio-net requests or as jobs, and their judges.
//
// Each frame is judged up to four times: by the scoreboard (against the reference segmenter, and
// that only bytes changed which may), by the reference segmenter once more from the request as it
// was before the driver saw it, by this machine's kernel where it answers such a request, and by
// the figures that a test names. A kernel that is missing is told on stdout, once for each feature.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue.hpp"
#include "check/frame.hpp"
#include "comparison.hpp"
#include "kernel_segmenter.hpp"
#include "system_test.hpp"

namespace vmso::test {

using Frame = std::vector<uint8_t>;
using Frames = std::vector<Frame>;

inline constexpr const char *kEveryConfig[] = {"small", "default", "wide"};

unsigned get16(std::span<const uint8_t> bytes, size_t at);
void put16(std::vector<uint8_t> &bytes, size_t at, unsigned value);

// ---- requests

// The headers that the catalogue starts from: IPv4, TCP with a timestamp option, sequence number
// 1000, identification 0x1234.
TcpHeaders base_tcp(uint8_t flags = kAck | kPsh);
Request tcp_request(const TcpHeaders &h, size_t bytes, unsigned mss = 1448);
Request udp_request(const UdpHeaders &h, size_t bytes, unsigned mss = 1472);
Request tunnel_request(const TunnelHeaders &tunnel, const TcpHeaders &inner, bool outer_csum,
                       size_t bytes = 10000, unsigned mss = 1398);
// As a job; masks of flags have to be those of profile 0 or 1.
JobSpec job_of(const Request &request);

// ---- jobs

// What became of a job.
struct Outcome {
  Completion completion;
  Frames frames;
};

class EngineRun {
 public:
  explicit EngineRun(const SystemOptions &options);
  System &system() { return *system_; }

  Posted post(const JobSpec &spec, unsigned queue = 0);
  Posted post(const Request &request) { return post(job_of(request)); }
  // Until all jobs have ended, in the order of posting. Whatever the harness has found wrong fails
  // the test.
  std::vector<Outcome> finish();

 private:
  struct Open {
    uint64_t cookie;
    unsigned queue;
    Outcome outcome;
  };
  std::unique_ptr<System> system_;
  std::vector<Open> open_;
};

// Requests through a new engine.
std::vector<Frames> frames_of(std::span<const Request> requests, const char *config = "small");
Frames frames_of(const Request &request, const char *config = "small");

// Jobs of which each has to end before its first frame, and the status that it has to end with.
// Between them go good ones, which have to be sent.
struct BadJob {
  std::string what;
  JobSpec spec;
  vmso_status status;
  void (*spoil)(vmso_first_slot &) = nullptr;  // changes the slot behind the driver's back
};
void check_bad_jobs(std::span<const BadJob> jobs, const char *config = "small");

// ---- super-packets

// How the driver and the engine have answered: frames, or why there are none (a vmso_refusal).
struct Answer {
  int refusal = 0;
  Frames frames;  // padded
};
std::vector<Answer> answers(std::span<const SuperPacket> packets, const SystemOptions &options);

// All rows of the catalogue with this id, in every configuration: numbers of frames, bytes of the
// last one, the reference, the kernel. Gives the frames of each row.
std::vector<Frames> check_rows(std::string_view id);
// One super-packet likewise.
Frames check_packet(const SuperPacket &packet);

// The refusals of the catalogue whose id begins so: each has to be refused by the driver, for one
// reason each, and by the kernel; good packets between them are sent.
void check_refusals(std::string_view id, std::span<const int> refusals);

// ---- the kernel

// Frames that the engine has made of a request, against those of this machine's kernel. False:
// there is none, or it is known to drop such a request, and nobody was asked.
bool check_kernel(const Request &request, const Frames &frames);
bool check_kernel(const SuperPacket &packet, const Frames &frames);

// ---- figures

std::vector<unsigned> ids_of(const Frames &frames);
std::vector<unsigned> outer_ids_of(const Frames &frames);
std::vector<unsigned> flags_of(const Frames &frames);
std::vector<uint32_t> seqs_of(const Frames &frames);
std::vector<size_t> payloads_of(const Frames &frames);             // bytes
std::vector<unsigned> fields_of(const Frames &frames, size_t at);  // 16 bits each
std::vector<unsigned> counting(unsigned first, size_t count, unsigned modulus = 0x10000);

}  // namespace vmso::test
