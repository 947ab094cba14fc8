// SPDX-License-Identifier: Apache-2.0
#include "catalogue_run.hpp"

#include <algorithm>
#include <iostream>
#include <set>

#include "app/packet_engine.hpp"

namespace vmso::test {
namespace {

using referee::Feature;

constexpr uint64_t kBudget = 20000000;  // cycles of all jobs of a run, at the very most
constexpr size_t kVirtioBytes = 24;     // with the offsets of a tunnel

const char *name_of(Feature feature) {
  switch (feature) {
    case Feature::kPlain:
      return "TCP and checksums";
    case Feature::kUdp:
      return "UDP segmentation";
    case Feature::kUdpTunnel:
      return "VXLAN and Geneve";
    case Feature::kEncapsulation:
      return "GRE and IP in IP";
  }
  return "?";
}

referee::KernelSegmenter *kernel(Feature feature) {
  static std::set<Feature> told;
  auto [kernel, missing] = referee::kernel_at_hand(feature);
  if (!kernel && told.insert(feature).second) {
    std::cout << "NOT ASKED: the kernel about " << name_of(feature) << ": " << missing << std::endl;
  }
  return kernel;
}

// The kernel sends nothing of a payload that fits into a frame, but not with the TCP options added.
bool is_dropped(const reference::Job &job) {
  if (job.kind != VMSO_KIND_TCP_SEG || job.payload_bytes == 0) return false;
  constexpr size_t kWithoutOptions = 20;
  size_t options = job.header.size() - job.l4 - kWithoutOptions;
  return job.payload_bytes <= job.mss && job.payload_bytes + options > job.mss;
}

bool is_row(std::string_view row, std::string_view id) {
  return row.starts_with(id) && (row.size() == id.size() || row[id.size()] == ' ');
}

template <typename Get>
auto of_each(const Frames &frames, Get &&get) {
  std::vector<decltype(get(ParsedFrame{}))> values;
  for (const Frame &f : frames) values.push_back(get(parse_frame(f)));
  return values;
}

// A frame that has nothing to do with those before and behind it.
SuperPacket bystander() { return referee::super_packet(tcp_request(base_tcp(), 3000)); }

}  // namespace

unsigned get16(std::span<const uint8_t> b, size_t at) { return unsigned(b[at]) << 8 | b[at + 1]; }
void put16(std::vector<uint8_t> &b, size_t at, unsigned value) {
  b.at(at) = uint8_t(value >> 8);
  b.at(at + 1) = uint8_t(value);
}

// ---- requests

TcpHeaders base_tcp(uint8_t flags) {
  TcpHeaders h;
  h.flags = flags;
  h.tcp_options = timestamp_option();
  return h;
}

Request tcp_request(const TcpHeaders &h, size_t bytes, unsigned mss) {
  TcpHeaders with_length = h;
  with_length.payload_bytes = uint32_t(bytes);
  return referee::request(VMSO_KIND_TCP_SEG, tcp_template(with_length), h.l4_mode, bytes, mss);
}

Request udp_request(const UdpHeaders &h, size_t bytes, unsigned mss) {
  UdpHeaders with_length = h;
  with_length.payload_bytes = uint32_t(bytes);
  return referee::request(VMSO_KIND_UDP_SEG, udp_template(with_length), h.l4_mode, bytes, mss);
}

Request tunnel_request(const TunnelHeaders &tunnel, const TcpHeaders &inner, bool outer_csum,
                       size_t bytes, unsigned mss) {
  Template t = tunnel_template(tunnel, tcp_template(inner));
  Request r = referee::request(VMSO_KIND_TCP_SEG, t, VMSO_L4_COMPUTE, bytes, mss);
  r.job.outer_csum = outer_csum;
  return r;
}

JobSpec job_of(const Request &r) {
  const reference::Job &job = r.job;
  JobSpec spec;
  spec.kind = job.kind;
  spec.header = {job.header, uint16_t(job.l3), uint16_t(job.l4), uint16_t(job.outer_l3),
                 uint16_t(job.outer_l4)};
  spec.payload = r.payload;
  spec.buffers = unsigned(std::min<size_t>(3, std::max<size_t>(1, r.payload.size())));
  spec.mss = uint16_t(job.mss);
  spec.l4_mode = job.l4_mode;
  spec.id_mode = job.id_mode;
  spec.outer_id_mode = job.outer_id_mode;
  spec.outer_csum = job.outer_csum;
  spec.csum_start = uint16_t(job.csum_start);
  spec.csum_offset = uint16_t(job.csum_offset);
  spec.vlan = job.vlan;
  if (job.flag_masks == std::array<uint16_t, 3>{0xff6, 0xff6, 0xfff}) {
    spec.flag_profile = 1;
  } else if (job.flag_masks != reference::Job{}.flag_masks) {
    throw Error("no profile has these masks of flags");
  }
  return spec;
}

// ---- jobs

EngineRun::EngineRun(const SystemOptions &options) {
  SystemOptions o = options;
  o.keep_frames = false;
  system_ = std::make_unique<System>(o);
  system_->on_frame = [this](const StreamFrame &frame) {
    auto match = system_->scoreboard.last_match();
    if (!match) return;  // the scoreboard has said so
    for (auto it = open_.rbegin(); it != open_.rend(); it++) {
      if (it->cookie == match->cookie) it->outcome.frames.push_back(frame.bytes);
    }
  };
}

Posted EngineRun::post(const JobSpec &spec, unsigned queue) {
  // A frame may leave before post() has returned, so its job has to be known by then.
  JobSpec silent = spec;
  silent.doorbell = false;
  std::optional<Posted> posted;
  system_->run_until([&] { return (posted = system_->try_post(queue, silent)).has_value(); },
                     kBudget);
  if (!posted) throw Error("no room in the ring:\n" + system_->findings().report());
  open_.push_back({posted->cookie, queue, {}});
  if (spec.doorbell) system_->doorbell(queue);
  return *posted;
}

std::vector<Outcome> EngineRun::finish() {
  System &s = *system_;
  s.drain(kBudget);
  CHECK(s.conclude() == "");
  std::vector<Outcome> outcomes;
  for (Open &open : open_) {
    const auto &completions = s.completions(open.queue);
    auto it = std::ranges::find(completions, open.cookie, &Completion::cookie);
    if (it != completions.end()) open.outcome.completion = *it;
    outcomes.push_back(std::move(open.outcome));
  }
  open_.clear();
  return outcomes;
}

std::vector<Frames> frames_of(std::span<const Request> requests, const char *config) {
  SystemOptions o = options(0xca7, config);
  VMSO_SAY_HOW(o);
  EngineRun run(o);
  for (const Request &r : requests) run.post(r);
  std::vector<Frames> all;
  for (Outcome &outcome : run.finish()) {
    CHECK(std::string(vmso_status_name(outcome.completion.status)) == "OK");
    all.push_back(std::move(outcome.frames));
  }
  return all;
}

Frames frames_of(const Request &request, const char *config) {
  return frames_of(std::span(&request, 1), config).front();
}

void check_bad_jobs(std::span<const BadJob> jobs, const char *config) {
  SystemOptions o = options(0xbad, config);
  VMSO_SAY_HOW(o);
  EngineRun run(o);
  for (const BadJob &job : jobs) {
    JobSpec spec = job.spec;
    spec.may_fail = true;
    spec.doorbell = false;
    Posted posted = run.post(spec);
    if (job.spoil) change_slot(run.system(), posted, job.spoil);
    run.post(tcp_job(3000));
  }
  auto outcomes = run.finish();
  REQUIRE(outcomes.size() == 2 * jobs.size());
  for (size_t i = 0; i < jobs.size(); i++) {
    INFO(jobs[i].what);
    const Outcome &bad = outcomes[2 * i], &good = outcomes[2 * i + 1];
    CHECK(std::string(vmso_status_name(bad.completion.status)) == vmso_status_name(jobs[i].status));
    CHECK(bad.completion.segments == 0);
    CHECK(bad.frames.empty());
    CHECK(good.completion.ok());
    CHECK(good.frames.size() == 3);
  }
}

// ---- super-packets

std::vector<Answer> answers(std::span<const SuperPacket> packets, const SystemOptions &options) {
  VMSO_SAY_HOW(options);
  std::vector<Answer> all;
  PacketEngine engine(options, true, [&](const PacketAnswer &answer) {
    Answer a;
    a.refusal = std::min(answer.count, 0);
    for_each_frame(answer,
                   [&](std::span<const uint8_t> f) { a.frames.emplace_back(f.begin(), f.end()); });
    all.push_back(std::move(a));
  });
  for (const SuperPacket &p : packets) engine.push(encode(p.net, kVirtioBytes), p.frame);
  CHECK(engine.conclude() == "");
  REQUIRE(all.size() == packets.size());
  return all;
}

std::vector<Frames> check_rows(std::string_view id) {
  std::vector<const referee::Case *> rows;
  std::vector<SuperPacket> packets;
  for (const referee::Case &c : referee::catalogue()) {
    if (!is_row(c.id, id)) continue;
    rows.push_back(&c);
    packets.push_back(c.packet);
  }
  INFO("rows of " << id);
  REQUIRE(!rows.empty());
  std::vector<Frames> all;
  for (const char *config : kEveryConfig) {
    auto from_engine = answers(packets, options(0xca7a, config));
    all.clear();
    for (size_t i = 0; i < rows.size(); i++) {
      const referee::Case &row = *rows[i];
      INFO(row.id << " of " << row.packet.frame.size() << " bytes, " << config);
      Frames &frames = from_engine[i].frames;
      REQUIRE(from_engine[i].refusal == 0);
      CHECK(frames.size() == row.frames);
      Request r = request_of(row.packet);
      CHECK(referee::disagreement(r, frames) == "");
      if (r.job.kind != VMSO_KIND_CSUM) {
        CHECK(parse_frame(frames.back()).payload.size() == row.last_bytes);
      }
      if (config == kEveryConfig[0]) check_kernel(row.packet, frames);
      all.push_back(std::move(frames));
    }
  }
  return all;
}

Frames check_packet(const SuperPacket &packet) {
  auto answer = answers(std::span(&packet, 1), options(0xca7b)).front();
  REQUIRE(answer.refusal == 0);
  CHECK(referee::disagreement(request_of(packet), answer.frames) == "");
  check_kernel(packet, answer.frames);
  return answer.frames;
}

void check_refusals(std::string_view id, std::span<const int> refusals) {
  std::vector<const referee::Refusal *> rows;
  std::vector<SuperPacket> packets;
  for (const referee::Refusal &r : referee::refusals()) {
    if (!is_row(r.id, id)) continue;
    rows.push_back(&r);
    packets.push_back(r.packet);
    packets.push_back(bystander());
  }
  REQUIRE(rows.size() == refusals.size());
  auto from_engine = answers(packets, options(0xca7c));
  for (size_t i = 0; i < rows.size(); i++) {
    INFO(rows[i]->id);
    CHECK(std::string(vmso_refusal_name(from_engine[2 * i].refusal)) ==
          vmso_refusal_name(refusals[i]));
    CHECK(from_engine[2 * i].frames.empty());
    CHECK(from_engine[2 * i + 1].frames.size() == 3);
    if (auto *k = kernel(Feature::kUdpTunnel)) CHECK(k->segment(rows[i]->packet).frames.empty());
  }
}

// ---- the kernel

bool check_kernel(const SuperPacket &packet, const Frames &frames) {
  auto *k = kernel(referee::feature_of(packet));
  if (!k) return false;
  reference::Job job = request_of(packet).job;
  if (is_dropped(job)) return false;
  auto answer = k->segment(packet);
  CHECK(answer.error == 0);
  CHECK(referee::difference(job, answer.frames, frames) == "");
  return true;
}

bool check_kernel(const Request &request, const Frames &frames) {
  return check_kernel(referee::super_packet(request), frames);
}

// ---- figures

std::vector<unsigned> ids_of(const Frames &frames) {
  return of_each(frames, [](const ParsedFrame &p) { return p.ip_id; });
}
std::vector<unsigned> outer_ids_of(const Frames &frames) {
  return of_each(frames, [](const ParsedFrame &p) { return p.outer_ip_id; });
}
std::vector<unsigned> flags_of(const Frames &frames) {
  return of_each(frames, [](const ParsedFrame &p) { return p.flags; });
}
std::vector<uint32_t> seqs_of(const Frames &frames) {
  return of_each(frames, [](const ParsedFrame &p) { return p.seq; });
}
std::vector<size_t> payloads_of(const Frames &frames) {
  return of_each(frames, [](const ParsedFrame &p) { return p.payload.size(); });
}
std::vector<unsigned> fields_of(const Frames &frames, size_t at) {
  std::vector<unsigned> values;
  for (const Frame &f : frames) values.push_back(get16(f, at));
  return values;
}
std::vector<unsigned> counting(unsigned first, size_t count, unsigned modulus) {
  std::vector<unsigned> values;
  for (size_t i = 0; i < count; i++) values.push_back(unsigned((first + i) % modulus));
  return values;
}

}  // namespace vmso::test
