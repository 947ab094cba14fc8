// SPDX-License-Identifier: Apache-2.0
// A file leaves a simulated process: its bytes lie in the process's virtual memory, scattered over
// physical memory and split over buffers at odd offsets. A driver posts jobs, the RTL sends. Every
// frame is compared with the reference segmenter (scoreboard), and the streams are put together
// again from the frames alone and compared with the file (reassembler). The program holds only the
// jobs in flight; the file is mapped, so its size does not matter.
#include "app/send.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>

#include "check/reassembler.hpp"
#include "system/system.hpp"

namespace vmso {
namespace {

struct SendOptions {
  std::string file, config = "default", pages = "4k", backpressure = "none", pcap, json, wave;
  unsigned mss = 1448, levels = 4, buffers = 3, queues = 1, latency = 100, jitter = 0;
  unsigned clock_mhz = 250;
  uint64_t job_bytes = 45 * 1448, seed = 1;
  double error_rate = 0;
  bool ipv6 = false, reorder = false, quiet = false, explain = false;
};

// The file's bytes, mapped read-only for the time of the run.
class MappedFile {
 public:
  explicit MappedFile(const std::string &path) {
    int fd = ::open(path.c_str(), O_RDONLY);
    struct stat info {};
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
      if (fd >= 0) ::close(fd);
      throw Error("cannot read " + path);
    }
    size_ = size_t(info.st_size);
    if (size_ > 0) {
      void *at = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
      ::close(fd);
      if (at == MAP_FAILED) throw Error("cannot read " + path);
      data_ = static_cast<const uint8_t *>(at);
    } else {
      ::close(fd);
    }
  }
  ~MappedFile() {
    if (data_) munmap(const_cast<uint8_t *>(data_), size_);
  }
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  std::span<const uint8_t> bytes() const { return {data_, size_}; }

 private:
  const uint8_t *data_ = nullptr;
  size_t size_ = 0;
};

// One job, or the unsent rest of one.
struct Piece {
  uint64_t from = 0, bytes = 0;  // of the part
  uint64_t first_frame = 0;      // frames of the part before it
  unsigned tries = 0;
};

// A queue's contiguous part of the file: one flow.
struct Part {
  std::span<const uint8_t> bytes;
  uint64_t next = 0, next_frame = 0;  // of new jobs
  std::deque<Piece> again;            // rests to be posted anew
  std::map<uint64_t, Piece> open;     // by cookie
  bool empty_posted = false;
};

constexpr unsigned kMaxTries = 16;
constexpr uint16_t kFirstPort = 49152;
constexpr uint32_t kFirstSeq = 0xfffff000;  // wraps early
constexpr unsigned kFirstId = 0xfff0;

class Sender {
 public:
  Sender(const SendOptions &options, std::span<const uint8_t> file)
      : options_(options), system_(system_options(options)), reassembler_(system_.findings()) {
    uint64_t share = (file.size() + options.queues - 1) / options.queues;
    for (unsigned q = 0; q < options.queues; q++) {
      uint64_t from = std::min<uint64_t>(q * share, file.size());
      uint64_t to = std::min<uint64_t>(from + share, file.size());
      parts_.push_back({.bytes = file.subspan(from, to - from), .again = {}, .open = {}});
      FlowRule rule;
      rule.source_port = kFirstPort + q;
      rule.ipv6 = options.ipv6;
      rule.first_seq = kFirstSeq;
      rule.first_id = kFirstId;
      rule.job_bytes = options.job_bytes;
      rule.mss = options.mss;
      rule.stream = parts_.back().bytes;
      reassembler_.add_flow(rule);
    }
    system_.on_frame = [this](const StreamFrame &frame) { reassembler_.frame(frame.bytes); };
  }

  int run() {
    uint64_t total = 0, progress = 0;
    for (const Part &part : parts_) total += part.bytes.size();
    while (!done()) {
      for (unsigned q = 0; q < parts_.size(); q++) {
        collect(q);
        while (post_next(q)) {
        }
      }
      if (!gave_up_.empty()) break;
      uint64_t before = system_.now();
      if (!system_.run_until([&] { return system_.now() >= before + 64 || done(); }, 1000)) break;
      if (!options_.quiet && system_.now() - progress > 200000) {
        progress = system_.now();
        fmt::print(
            stderr, "\r{:3.0f} % of {} bytes, cycle {}",
            100.0 * double(reassembler_.bytes_right()) / double(std::max<uint64_t>(total, 1)),
            total, system_.now());
        shown_ = true;
      }
    }
    if (shown_) fmt::print(stderr, "\r{:60}\r", "");
    system_.drain();
    for (unsigned q = 0; q < parts_.size(); q++) collect(q);
    reassembler_.conclude();
    std::string report = system_.conclude();
    summary(total, report);
    return report.empty() && gave_up_.empty() && reassembler_.complete() ? 0 : 1;
  }

 private:
  static SystemOptions system_options(const SendOptions &options) {
    SystemOptions s;
    s.config = config_named(options.config);
    s.seed = options.seed;
    s.read.latency = options.latency;
    s.read.jitter = options.jitter;
    s.read.order = options.reorder ? ReadOrder::kInterleaved : ReadOrder::kInOrder;
    s.read.error_rate = options.error_rate;
    s.backpressure = options.backpressure;
    s.levels = options.levels;
    s.page = options.pages == "4k"   ? PageSize::k4K
             : options.pages == "2m" ? PageSize::k2M
                                     : PageSize::k1G;
    s.queues = options.queues;
    s.clock_mhz = options.clock_mhz;
    s.pcap = options.pcap;
    s.keep_frames = false;
    s.wave = parse_wave(options.wave);
    return s;
  }
  static WaveOptions parse_wave(const std::string &text) {
    WaveOptions wave;
    size_t colon = text.rfind(':'), dots = text.rfind("..");
    if (colon == std::string::npos || dots == std::string::npos || dots < colon) {
      wave.path = text;
      return wave;
    }
    wave.path = text.substr(0, colon);
    try {
      wave.from = std::stoull(text.substr(colon + 1, dots - colon - 1));
      wave.to = std::stoull(text.substr(dots + 2));
    } catch (const std::exception &) {
      throw Error("--wave: F or F:from..to with cycles, not " + text, 2);
    }
    return wave;
  }

  bool done() const {
    for (const Part &part : parts_) {
      if (part.next < part.bytes.size() || !part.again.empty() || !part.open.empty()) return false;
      if (parts_.size() == 1 && part.bytes.empty() && !part.empty_posted) return false;
    }
    return true;
  }

  // Posts the next job of a queue if there is one and it has room.
  bool post_next(unsigned q) {
    Part &part = parts_[q];
    if (part.open.size() >= 6) return false;  // memory stays bounded
    Piece piece;
    bool rest = !part.again.empty();
    if (rest) {
      piece = part.again.front();
    } else if (part.next < part.bytes.size()) {
      piece.from = part.next;
      piece.bytes = std::min<uint64_t>(options_.job_bytes, part.bytes.size() - part.next);
      piece.first_frame = part.next_frame;
    } else if (part.bytes.empty() && parts_.size() == 1 && !part.empty_posted) {
      piece.bytes = 0;
    } else {
      return false;
    }
    JobSpec spec;
    TcpHeaders headers;
    headers.ipv6 = options_.ipv6;
    headers.tcp_options = timestamp_option();
    headers.source_port = uint16_t(kFirstPort + q);
    headers.seq = uint32_t(kFirstSeq + piece.from);
    headers.ip_id = uint16_t(kFirstId + piece.first_frame);
    headers.payload_bytes = uint32_t(piece.bytes);
    spec.header = tcp_template(headers);
    spec.view = part.bytes.subspan(piece.from, piece.bytes);
    spec.buffers = options_.buffers;
    spec.mss = uint16_t(options_.mss);
    spec.may_fail = options_.error_rate > 0;
    std::optional<Posted> posted = system_.try_post(q, spec);
    if (!posted) return false;
    if (rest) {
      part.again.pop_front();
    } else {
      part.next += piece.bytes;
      part.next_frame += (piece.bytes + options_.mss - 1) / options_.mss;
      part.empty_posted = true;
    }
    part.open[posted->cookie] = piece;
    jobs_++;
    return true;
  }

  void collect(unsigned q) {
    Part &part = parts_[q];
    for (const Completion &c : system_.take_completions(q)) {
      auto it = part.open.find(c.cookie);
      if (it == part.open.end()) continue;
      Piece piece = it->second;
      part.open.erase(it);
      if (c.ok()) continue;
      faults_++;
      piece.from += c.bytes;
      piece.bytes -= c.bytes;
      piece.first_frame += c.segments;
      if (++piece.tries > kMaxTries) {
        gave_up_ = fmt::format("a job failed {} times: {}", kMaxTries + 1, describe(c));
      } else {
        resends_++;
        part.again.push_back(piece);
      }
    }
  }

  void summary(uint64_t total, const std::string &report) {
    Measured m = system_.measured();
    auto counter = [&](uint32_t offset) { return vmso_counter(&system_.device(), offset); };
    uint64_t lookups = counter(VMSO_REG_COUNTER_LOOKUPS), hits = counter(VMSO_REG_COUNTER_TLB_HITS);
    uint64_t walks = counter(VMSO_REG_COUNTER_WALKS);
    uint64_t table_reads = counter(VMSO_REG_COUNTER_TABLE_READS);
    double gbps = m.cycles ? double(m.bytes) * 8 * options_.clock_mhz / 1000 / double(m.cycles) : 0;
    double ratio = m.cycles ? double(m.limit()) / double(m.cycles) : 0;
    double pages = double(total) / 4096;
    double per_page = pages > 0 ? double(table_reads) / pages : 0;
    bool good = report.empty() && gave_up_.empty() && reassembler_.complete();
    if (!options_.json.empty()) {
      nlohmann::json j = {{"file_bytes", total},
                          {"jobs", jobs_},
                          {"frames", m.frames},
                          {"frame_bytes", m.bytes},
                          {"cycles", m.cycles},
                          {"gbps", gbps},
                          {"clock_mhz", options_.clock_mhz},
                          {"wire_beats", m.wire_beats},
                          {"read_beats", m.read_beats},
                          {"limit", m.limit()},
                          {"efficiency", ratio},
                          {"walks", walks},
                          {"table_reads", table_reads},
                          {"table_reads_per_page", per_page},
                          {"lookups", lookups},
                          {"tlb_hits", hits},
                          {"faults", faults_},
                          {"resends", resends_},
                          {"identical", good}};
      std::ofstream(options_.json) << j.dump(1) << "\n";
    }
    if (!options_.quiet) {
      fmt::print("file      {} bytes, {} queue{}, {} jobs of up to {} bytes in {} buffers\n", total,
                 options_.queues, options_.queues == 1 ? "" : "s", jobs_, options_.job_bytes,
                 options_.buffers);
      fmt::print("frames    {}, {} bytes in {} cycles: {:.1f} Gb/s at {} MHz\n", m.frames, m.bytes,
                 m.cycles, gbps, options_.clock_mhz);
      fmt::print("limit     {} cycles ({} wire beats, {} R beats), limit / measured {:.3f}\n",
                 m.limit(), m.wire_beats, m.read_beats, ratio);
      fmt::print("pages     {} lookups, {} TLB hits, {} walks, {} table reads, {:.3f} a page\n",
                 lookups, hits, walks, table_reads, per_page);
      fmt::print("faults    {}, {} rests sent again\n", faults_, resends_);
      if (total == 0) fmt::print("the file is empty: one header-only frame\n");
    }
    if (!report.empty()) fmt::print("{}\n", report);
    if (!gave_up_.empty()) fmt::print("{}\n", gave_up_);
    if (!options_.quiet || !good) {
      fmt::print("{}\n", good
                             ? "identical: the received stream is the file, every checksum is right"
                             : "NOT identical");
    }
  }

  SendOptions options_;
  System system_;
  Reassembler reassembler_;
  std::vector<Part> parts_;
  uint64_t jobs_ = 0, faults_ = 0, resends_ = 0;
  std::string gave_up_;
  bool shown_ = false;
};

}  // namespace

void add_send(CLI::App &app, int &exit_code) {
  auto options = std::make_shared<SendOptions>();
  SendOptions &o = *options;
  CLI::App *send = app.add_subcommand("send", "send a file out of simulated user memory");
  send->footer("example: vmso send README.md --queues 4 --reorder --pcap out.pcap");
  send->add_option("FILE", o.file, "what to send")->required();
  send->add_option("--mss", o.mss, "payload bytes per frame")->check(CLI::Range(1u, 9000u));
  send->add_flag("--ipv6", o.ipv6, "TCP over IPv6");
  send->add_option("--levels", o.levels, "page-table levels")->check(CLI::Range(4u, 5u));
  send->add_option("--pages", o.pages, "page size")->check(CLI::IsMember({"4k", "2m", "1g"}));
  send->add_option("--buffers", o.buffers, "buffers per job")->check(CLI::Range(1u, 64u));
  send->add_option("--job-bytes", o.job_bytes, "payload bytes per job")
      ->check(CLI::Range(uint64_t{1}, uint64_t{(1 << 24) - 1}));
  send->add_option("--queues", o.queues, "queues, one flow each")->check(CLI::Range(1u, 1024u));
  send->add_option("--config", o.config, "engine")
      ->check(CLI::IsMember({"small", "default", "wide"}));
  send->add_option("--latency", o.latency, "read latency, cycles")->check(CLI::Range(1u, 100000u));
  send->add_flag("--reorder", o.reorder, "reads return in any order, interleaved");
  send->add_option("--jitter", o.jitter, "cycles added to the latency at random")
      ->check(CLI::Range(0u, 100000u));
  send->add_option("--backpressure", o.backpressure, "none, random:P, 1of:N or stall:N@M");
  send->add_option("--error-rate", o.error_rate, "chance that a read burst has an error")
      ->check(CLI::Range(0.0, 1.0));
  send->add_option("--clock-mhz", o.clock_mhz, "clock for Gb/s and time stamps")
      ->check(CLI::Range(1u, 10000u));
  send->add_option("--seed", o.seed, "of everything random");
  send->add_option("--pcap", o.pcap, "capture of the frames");
  send->add_option("--json", o.json, "the summary as JSON");
  send->add_option("--wave", o.wave, "waves: F or F:from..to (cycles)");
  send->add_flag("--quiet", o.quiet, "only failures");
  send->callback([options, &exit_code] {
    MappedFile file(options->file);
    exit_code = Sender(*options, file.bytes()).run();
  });
}

}  // namespace vmso
