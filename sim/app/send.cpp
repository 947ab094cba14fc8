// SPDX-License-Identifier: Apache-2.0
// vmso send FILE: options, progress, summary, JSON. What is done is in sender.hpp.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "app/arguments.hpp"
#include "app/commands.hpp"
#include "app/file.hpp"
#include "app/sender.hpp"
#include "model/nearest.hpp"

namespace vmso {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments : HostArguments {
  std::string file, json;
  std::vector<std::string> format, pages;  // empty: x86_64, 4k
  std::string protocol = "tcp", tunnel = "none";
  std::optional<unsigned> vlan;                                              // TCI
  unsigned mss = 0, levels = 0, buffers = 0, job_bytes = 65160, queues = 1;  // mss 0: usual_mss
  unsigned clock_mhz = 250;
  bool ipv6 = false, outer_ipv6 = false, outer_checksum = false;
  bool quiet = false, explain = false;
  bool demand_paging = false;
  uint64_t fault_delay = 1000;
  unsigned map_ahead = 0;
  std::string policy = "park";
  double churn = 0;
  bool policy_given = false, delay_given = false, ahead_given = false;
  double error_rate = 0;
};

void must_lie(const char *option, uint64_t value, uint64_t first, uint64_t last) {
  if (value >= first && value <= last) return;
  throw Error(fmt::format("{}: {} is not in the range {} to {}", option, value, first, last), 2);
}

std::vector<std::string> formats_and_mix() {
  std::vector<std::string> names = format_names();
  names.push_back("mix");
  return names;
}

// The address spaces of the processes: as many as formats are named, or as there are queues if all
// formats are to be mixed. A list of page sizes goes with a list of formats, entry by entry.
std::vector<SpaceOptions> spaces_of(const Arguments &a, unsigned contexts) {
  if (a.levels && !a.format.empty()) {
    throw Error("--levels is short for --format x86_64 or x86_64_la57: give one of the two", 2);
  }
  std::vector<std::string> names = a.format;
  if (names.empty()) names = {a.levels == 5 ? "x86_64_la57" : "x86_64"};
  for (const std::string &name : names) {
    if (auto known = formats_and_mix(); std::ranges::find(known, name) == known.end()) {
      throw Error("--format: " + none_of(name, known), 2);
    }
  }
  unsigned most = std::min(a.queues, contexts - 1);  // one context is the kernel's
  std::vector<SpaceOptions> spaces;
  if (names.size() == 1 && names[0] == "mix") {
    if (!a.pages.empty()) {
      throw Error("--pages: with --format mix each process has a size of its own format", 2);
    }
    if (a.queues < 2) throw Error("--format mix: a process needs a queue, see --queues", 2);
    for (unsigned i = 0; i < most; i++) {
      const Format &f = formats()[i % formats().size()];
      SpaceOptions o{f.code};
      size_t round = i / formats().size();
      if (!f.pages.empty()) o.page = f.pages[round % f.pages.size()].size;
      spaces.push_back(o);
    }
    return spaces;
  }
  if (names.size() > most) {
    throw Error(fmt::format("--format: {} processes need as many queues: {} is the most here, see "
                            "--queues",
                            names.size(), most),
                2);
  }
  if (a.pages.size() > 1 && a.pages.size() != names.size()) {
    throw Error(fmt::format("--pages: {} sizes for {} formats", a.pages.size(), names.size()), 2);
  }
  for (size_t i = 0; i < names.size(); i++) {
    if (names[i] == "mix") throw Error("--format: mix stands alone, it is no part of a list", 2);
    const Format &f = format_named(names[i]);
    SpaceOptions o{f.code};
    if (!a.pages.empty()) o.page = page_named(f, a.pages[a.pages.size() == 1 ? 0 : i]);
    spaces.push_back(o);
  }
  return spaces;
}

// What is said about faults needs something that faults.
void must_fault(const Arguments &a, const std::vector<SpaceOptions> &spaces) {
  if (!a.demand_paging && a.churn <= 0) {
    const char *given = a.policy_given  ? "--policy"
                        : a.delay_given ? "--fault-delay"
                        : a.ahead_given ? "--map-ahead"
                                        : nullptr;
    if (!given) return;
    throw Error(fmt::format("{}: nothing faults without --demand-paging{}", given,
                            a.policy_given || a.delay_given ? " or --mm-churn" : ""),
                2);
  }
  const char *why = a.demand_paging ? "--demand-paging" : "--mm-churn";
  if (a.ahead_given && !a.demand_paging) {
    throw Error(
        "--map-ahead: --mm-churn takes single pages away, their neighbours are there; only with "
        "--demand-paging are there pages to map ahead",
        2);
  }
  if (std::ranges::all_of(spaces,
                          [](const SpaceOptions &s) { return s.format == VMSO_FORMAT_IDENTITY; })) {
    throw Error(fmt::format("{}: --format identity has no tables: nothing is absent, nothing can "
                            "be changed",
                            why),
                2);
  }
}

// IPv6 or not: as an option says, unless the tunnel's name has decided that, and then it agrees.
bool settle_family(const char *option, bool given, const TunnelChoice &tunnel, const char *where,
                   std::optional<bool> TunnelChoice::*ipv6) {
  std::optional<bool> decided = tunnel.*ipv6;
  if (!decided) return given;
  if (given && !*decided) {
    std::vector<const char *> others;
    for (const TunnelChoice &t : tunnel_choices()) {
      if (t.headers == tunnel.headers && t.*ipv6 == true) others.push_back(t.option);
    }
    throw Error(fmt::format("{}: the {} packet of --tunnel {} is IPv4; that of {} is IPv6", option,
                            where, tunnel.option, fmt::join(others, " and ")),
                2);
  }
  return *decided;
}

FlowHeaders headers_of(const Arguments &a) {
  FlowHeaders h;
  h.udp = a.protocol == "udp";
  h.ipv6 = a.ipv6;
  if (a.vlan) h.tag = uint16_t(*a.vlan);
  if (a.tunnel == "none") {
    const char *given = a.outer_ipv6       ? "--outer-ipv6"
                        : a.outer_checksum ? "--outer-checksum"
                                           : nullptr;
    if (given) throw Error(fmt::format("{}: there is no tunnel, see --tunnel", given), 2);
    return h;
  }
  h.tunnel = &tunnel_named(a.tunnel);
  h.ipv6 = settle_family("--ipv6", a.ipv6, *h.tunnel, "inner", &TunnelChoice::ipv6);
  h.outer_ipv6 =
      settle_family("--outer-ipv6", a.outer_ipv6, *h.tunnel, "outer", &TunnelChoice::outer_ipv6);
  h.outer_checksum = a.outer_checksum;
  if (a.outer_checksum && !h.tunnel->checksum) {
    std::vector<const char *> with;
    for (const TunnelChoice &t : tunnel_choices()) {
      if (t.checksum) with.push_back(t.option);
    }
    throw Error(
        fmt::format("--outer-checksum: --tunnel {} has no header with a checksum; {} have one",
                    a.tunnel, fmt::join(with, ", ")),
        2);
  }
  return h;
}

SendOptions options_of(const Arguments &a, const Program &program) {
  SendOptions o;
  o.system = system_options(a, program);
  const ConfigInfo &c = config_info(o.system.config);
  must_lie("--queues", a.queues, 1, c.queues);
  o.headers = headers_of(a);
  must_lie("--mss", a.mss, 1, c.max_frame - flow_header_bytes(o.headers));
  o.system.spaces = spaces_of(a, c.contexts);
  must_fault(a, o.system.spaces);
  o.system.processes = unsigned(o.system.spaces.size());
  o.system.queues = a.queues;
  o.system.read.error_rate = a.error_rate;
  o.system.clock_mhz = a.clock_mhz;
  o.mss = uint16_t(a.mss);
  o.buffers = a.buffers;
  o.job_bytes = a.job_bytes;
  o.explain = a.explain;
  o.demand_paging = a.demand_paging;
  o.system.park = (a.demand_paging || a.churn > 0) && a.policy == "park";
  o.churn = a.churn;
  o.pager.delay = a.fault_delay;
  o.pager.ahead = a.map_ahead;
  if (a.explain && (a.demand_paging || a.churn > 0)) {
    throw Error(
        "--explain shows how pages are mapped when a job is posted: not together with "
        "--demand-paging, where they are not, or --mm-churn, where they do not stay so",
        2);
  }
  return o;
}

// A line on stderr every few seconds; on a terminal it is written over.
class Progress {
 public:
  Progress(bool on, uint64_t all) : on_(on), terminal_(isatty(STDERR_FILENO)), all_(all) {}
  ~Progress() {
    if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
  }
  void operator()(uint64_t bytes, uint64_t cycles) {
    if (!on_) return;
    auto now = Clock::now();
    std::chrono::duration<double> since = now - last_, all = now - start_;
    if (since.count() < (terminal_ ? 0.5 : 5.0)) return;
    last_ = now;
    shown_ = true;
    fmt::print(stderr, "{}{:5.1f} % of {} bytes, {} cycles, {:.0f} k cycles/s{}",
               terminal_ ? "\r" : "", all_ ? 100.0 * double(bytes) / double(all_) : 100.0, all_,
               cycles, double(cycles) / 1000 / all.count(), terminal_ ? "\033[K" : "\n");
  }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  bool on_, terminal_, shown_ = false;
  uint64_t all_;
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

double ratio(uint64_t a, uint64_t b) { return b ? double(a) / double(b) : 0; }
double gbps(uint64_t bytes, uint64_t cycles, unsigned mhz) {
  return ratio(bytes * 8 * mhz, cycles * 1000);
}

// "Sv39 tables with 2 MiB pages", or how many formats there are.
std::string describe_spaces(System &system) {
  std::set<std::string> all;
  std::set<vmso_format> codes;
  for (unsigned i = 0; i < system.processes(); i++) {
    all.insert(system.process(i).describe());
    codes.insert(system.process(i).space().format().code);
  }
  if (all.size() == 1) return *all.begin();
  if (codes.size() > 1) return fmt::format("{} address formats", codes.size());
  return fmt::format("{} tables with pages of several sizes", format_of(*codes.begin()).words);
}

void print_summary(const Arguments &a, const SendResult &r, uint64_t file_bytes,
                   const std::string &spaces) {
  const Measured &m = r.measured;
  fmt::print("{}: {} bytes, {} job{} on {} queue{}, {}, {}, {}\n", a.file, file_bytes, r.jobs,
             r.jobs == 1 ? "" : "s", a.queues, a.queues == 1 ? "" : "s",
             describe(headers_of(a), a.mss), spaces, a.config);
  fmt::print("  stream       {}\n",
             r.good ? "identical, all checksums right" : "NOT RIGHT, see below");
  fmt::print("  wire         {} frames, {} bytes, {} beats\n", m.frames, m.bytes, m.wire_beats);
  fmt::print("  rate         {:.2f} Gb/s at {} MHz: {} cycles from the first to the last beat\n",
             gbps(m.bytes, m.cycles, a.clock_mhz), a.clock_mhz, m.cycles);
  fmt::print("  limit        {} cycles (wire beats {}, read beats {}), limit/measured {:.1f} %\n",
             m.limit(), m.wire_beats, m.read_beats, 100 * ratio(m.limit(), m.cycles));
  fmt::print(
      "  translation  {} lookups, {} TLB hits, {} walks; {} page-table reads for {} pages: {:.3f} "
      "a page\n",
      r.lookups, r.tlb_hits, r.walks, r.table_reads, r.pages, ratio(r.table_reads, r.pages));
  fmt::print("  trouble      {} translation faults met, {} bus errors made, {} resends\n", r.faults,
             r.reads.errors, r.resends);
  if (a.churn > 0) {
    const ChurnCounts &c = r.churn;
    std::string kinds;
    for (size_t i = 0; i < kChurns; i++) {
      if (c.done[i]) kinds += fmt::format(", {} {}", c.done[i], churn_name(Churn(i)));
    }
    uint64_t tables = 0;
    for (uint64_t n : c.tables) tables += n;
    fmt::print("  churn        {} actions{}; {} pages and {} tables freed\n", c.actions(), kinds,
               c.pages, tables);
    fmt::print("  churn rate   {:.0f} in a million cycles, asked {}\n", r.churn_rate(), a.churn);
    fmt::print(
        "  its fences   {} range ({} larger), {} context, {} all, {} commit; {} leaf_only; longest "
        "{} cycles\n",
        c.ranges, c.larger, c.contexts, c.alls, c.commits, c.leaf_only, c.longest_fence);
  }
  if ((a.demand_paging || a.churn > 0) && a.policy == "park") {
    const PagerCounts &p = r.paging;
    fmt::print(
        "  paging       queues parked {} times, {} pages mapped, {} retries, {} aborts; parked {} "
        "cycles in all, {:.0f} each\n",
        p.faults, p.pages, p.retries, p.aborts, p.parked, ratio(p.parked, p.faults));
  } else if (a.demand_paging || a.churn > 0) {
    fmt::print("  paging       {} jobs ended at a fault, {} pages mapped\n", r.paging.faults,
               r.paging.pages);
  }
  fmt::print("  CPU          touched payload bytes: {}, pins: {}; fences of the sender: {}\n",
             r.touched.payload_bytes, r.touched.pins, r.fences);
}

nlohmann::json json_of(const Arguments &a, const SendResult &r, uint64_t file_bytes, double seconds,
                       System &system) {
  const Measured &m = r.measured;
  FlowHeaders headers = headers_of(a);
  nlohmann::json j;
  j["file"] = a.file;
  j["good"] = r.good;
  j["findings"] = r.findings;
  j["options"] = {{"config", a.config},
                  {"mss", a.mss},
                  {"protocol", a.protocol},
                  {"ipv6", headers.ipv6},
                  {"tunnel", a.tunnel},
                  {"buffers", a.buffers},
                  {"job_bytes", a.job_bytes},
                  {"queues", a.queues},
                  {"latency", a.latency},
                  {"jitter", a.jitter},
                  {"reorder", a.reorder},
                  {"backpressure", a.backpressure},
                  {"error_rate", a.error_rate},
                  {"clock_mhz", a.clock_mhz},
                  {"seed", a.seed}};
  if (headers.tunnel) {
    j["options"]["outer_ipv6"] = headers.outer_ipv6;
    j["options"]["outer_checksum"] = headers.outer_checksum;
  }
  if (a.vlan) j["options"]["vlan"] = *a.vlan;
  for (unsigned i = 0; i < system.processes(); i++) {
    const Process &process = system.process(i);
    const AddressSpace &space = process.space();
    nlohmann::json o = {{"format", space.format().option}, {"pa_bits", space.pa_bits()}};
    if (space.tables()) o["pages"] = page_option(process.page());
    j["processes"].push_back(o);
  }
  j["payload_bytes"] = file_bytes;
  j["payload_bytes_right"] = r.payload_bytes;
  j["jobs"] = r.jobs;
  j["frames"] = m.frames;
  j["frame_bytes"] = m.bytes;
  j["cycles"] = {{"total", r.cycles}, {"first_to_last_beat", m.cycles}};
  j["gbps"] = gbps(m.bytes, m.cycles, a.clock_mhz);
  j["payload_gbps"] = gbps(r.payload_bytes, m.cycles, a.clock_mhz);
  j["limit"] = {{"cycles", m.limit()},
                {"wire_beats", m.wire_beats},
                {"read_beats", m.read_beats},
                {"limit_over_measured", ratio(m.limit(), m.cycles)}};
  j["translation"] = {{"lookups", r.lookups},
                      {"tlb_hits", r.tlb_hits},
                      {"walks", r.walks},
                      {"walk_cache_hits", r.pwc_hits},
                      {"table_reads", r.table_reads},
                      {"pages", r.pages},
                      {"table_reads_per_page", ratio(r.table_reads, r.pages)}};
  for (ReadClass cls :
       {ReadClass::kWalk, ReadClass::kSlot, ReadClass::kTemplate, ReadClass::kPayload}) {
    j["reads"][read_class_name(cls)] = {{"bursts", r.reads.bursts[size_t(cls)]},
                                        {"beats", r.reads.beats[size_t(cls)]}};
  }
  j["faults"] = r.faults;
  j["bus_errors_made"] = r.reads.errors;
  j["resends"] = r.resends;
  if (a.demand_paging || a.churn > 0) {
    const PagerCounts &p = r.paging;
    j["paging"] = {{"policy", a.policy},
                   {"fault_delay", a.fault_delay},
                   {"map_ahead", a.map_ahead},
                   {"faults", p.faults},
                   {"pages_mapped", p.pages},
                   {"retries", p.retries},
                   {"aborts", p.aborts},
                   {"records_from_ring", p.from_ring},
                   {"ring_overflows", p.overflows},
                   {"parked_cycles", p.parked},
                   {"parked_cycles_a_fault", ratio(p.parked, p.faults)}};
  }
  if (a.churn > 0) {
    const ChurnCounts &c = r.churn;
    auto &k = j["churn"];
    k["rate"] = a.churn;
    k["rate_reached"] = r.churn_rate();
    k["actions"] = c.actions();
    for (size_t i = 0; i < kChurns; i++) k["by_kind"][churn_name(Churn(i))] = c.done[i];
    k["fences"] = {{"range", c.ranges},
                   {"range_larger", c.larger},
                   {"range_narrow", c.narrow},
                   {"context", c.contexts},
                   {"all", c.alls},
                   {"commit", c.commits},
                   {"leaf_only", c.leaf_only},
                   {"by_register", c.by_register},
                   {"by_memory", c.by_memory},
                   {"longest_cycles", c.longest_fence},
                   {"most_at_once", c.most_at_once}};
    k["pages_freed"] = c.pages;
    k["tables_freed_by_level"] = c.tables;
  }
  j["fences"] = r.fences;
  j["cpu"] = {{"payload_bytes_touched", r.touched.payload_bytes}, {"pins", r.touched.pins}};
  j["host_frames_most"] = r.most_frames_of_memory;
  j["simulation"] = {{"seconds", seconds}, {"cycles_per_second", double(r.cycles) / seconds}};
  if (!a.explain) return j;
  auto &jobs = j["lineage"]["jobs"] = nlohmann::json::array();
  for (const LineageJob &job : r.lineage.jobs) {
    nlohmann::json buffers = nlohmann::json::array(), pages = nlohmann::json::array();
    for (const UserBuffer &b : job.posted.buffers)
      buffers.push_back({{"va", b.va}, {"bytes", b.bytes}});
    for (const LineagePage &p : job.pages) {
      nlohmann::json walk = nlohmann::json::array();
      for (const WalkRead &w : p.walk) {
        walk.push_back({{"level", w.level},
                        {"what", w.words},
                        {"entry", w.entry_at},
                        {"read_cycle", w.read_at}});
      }
      pages.push_back({{"va", p.va},
                       {"pa", p.pa},
                       {"format", p.format->option},
                       {"level", p.level},
                       {"walk", walk}});
    }
    jobs.push_back({{"cookie", job.posted.cookie},
                    {"queue", job.posted.queue},
                    {"file_byte", job.stream_first},
                    {"doorbell_cycle", job.doorbell_at},
                    {"slot", job.posted.slot},
                    {"slots", job.posted.slots},
                    {"slot_read_cycle", job.slot_read_at},
                    {"template", job.posted.template_pa},
                    {"template_bytes", job.posted.header_bytes},
                    {"template_read_cycle", job.template_read_at},
                    {"buffers", buffers},
                    {"pages", pages}});
  }
  auto &pieces = j["lineage"]["pieces"] = nlohmann::json::array();
  for (const LineagePiece &p : r.lineage.pieces) {
    pieces.push_back({{"job", p.job},
                      {"page", p.page},
                      {"buffer", p.buffer},
                      {"file_byte", p.file_byte},
                      {"bytes", p.bytes},
                      {"va", p.va},
                      {"pa", p.pa},
                      {"burst_id", p.burst_id},
                      {"burst_beats", p.burst_beats},
                      {"burst_cycles", {p.burst_at, p.burst_end}},
                      {"segment", p.segment},
                      {"frame", p.frame},
                      {"frame_byte", p.frame_byte},
                      {"wire_cycle", p.wire_at}});
  }
  return j;
}

// The line to paste; the program as it was called.
std::string reproduce(const Arguments &a, const std::string &name) {
  std::string t = fmt::format(
      "{} send {} --config {} --mss {} --job-bytes {} --queues {} --latency {} --jitter {} "
      "--backpressure {} --error-rate {} --seed {:#x}",
      name, a.file, a.config, a.mss, a.job_bytes, a.queues, a.latency, a.jitter, a.backpressure,
      a.error_rate, a.seed);
  if (!a.format.empty()) t += fmt::format(" --format {}", fmt::join(a.format, ","));
  if (!a.pages.empty()) t += fmt::format(" --pages {}", fmt::join(a.pages, ","));
  if (a.levels) t += fmt::format(" --levels {}", a.levels);
  if (a.buffers) t += fmt::format(" --buffers {}", a.buffers);
  if (a.protocol != "tcp") t += " --protocol " + a.protocol;
  if (a.ipv6) t += " --ipv6";
  if (a.tunnel != "none") t += " --tunnel " + a.tunnel;
  if (a.outer_ipv6) t += " --outer-ipv6";
  if (a.outer_checksum) t += " --outer-checksum";
  if (a.vlan) t += fmt::format(" --vlan {}", *a.vlan);
  if (a.reorder) t += " --reorder";
  if (a.demand_paging) {
    t += fmt::format(" --demand-paging --fault-delay {} --map-ahead {} --policy {}", a.fault_delay,
                     a.map_ahead, a.policy);
  }
  if (a.churn > 0) {
    t += fmt::format(" --mm-churn {}", a.churn);
    if (!a.demand_paging)
      t += fmt::format(" --fault-delay {} --policy {}", a.fault_delay, a.policy);
  }
  return t;
}

int send(const Arguments &a, const Program &program) {
  SendOptions options = options_of(a, program);
  FileBytes file(a.file);
  uint64_t bytes = file.bytes().size();
  if (bytes == 0) fmt::print("{} is empty: one frame with headers only is sent\n", a.file);
  std::ofstream json;
  if (!a.json.empty()) {
    json.open(a.json);
    if (!json) throw Error("--json: cannot write " + a.json);
  }
  Progress progress(!a.quiet, bytes);
  Sender sender(options, file.bytes());
  SendResult r = sender.run([&](uint64_t done) { progress(done, sender.system().now()); });
  double seconds = progress.seconds();
  if (a.explain) std::fputs(r.lineage.text(r.touched).c_str(), stdout);
  if (!a.quiet || !r.good) print_summary(a, r, bytes, describe_spaces(sender.system()));
  if (json.is_open()) {
    json << json_of(a, r, bytes, seconds, sender.system()).dump(1) << '\n';
    if (!json.flush()) throw Error("--json: cannot write " + a.json);
  }
  if (r.good) return 0;
  std::fflush(stdout);
  for (const std::string &text : r.findings) fmt::print(stderr, "{}\n", text);
  if (r.findings_count > r.findings.size()) {
    fmt::print(stderr, "and {} more\n", r.findings_count - r.findings.size());
  }
  fmt::print(stderr, "FAILED; again: {}\n", reproduce(a, program.name));
  return 1;
}

}  // namespace

void add_send(CLI::App &app, Program &program) {
  auto a = std::make_shared<Arguments>();
  CLI::App *s = app.add_subcommand(
      "send", "Sends FILE out of a simulated process's virtual memory and checks every frame");
  s->add_option("FILE", a->file, "what to send")->type_name(kInput)->required();
  auto *protocol = s->add_option("--protocol", a->protocol, "tcp or udp");
  one_of(protocol->capture_default_str(), program, {"tcp", "udp"});
  s->add_flag("--ipv6", a->ipv6, "IPv6 instead of IPv4, in a tunnel inside of it");
  std::vector<std::string> tunnels{"none"};
  for (const TunnelChoice &t : tunnel_choices()) tunnels.push_back(t.option);
  auto *tunnel =
      s->add_option("--tunnel", a->tunnel,
                    "around the packets: vxlan, geneve, gre (carries IP), gretap (GRE, carries "
                    "Ethernet), ipip (IPv4 in IPv4), sit (IPv6 in IPv4), 4in6, ip6ip6, or none");
  one_of(tunnel->capture_default_str(), program, tunnels);
  s->add_flag("--outer-ipv6", a->outer_ipv6, "IPv6 outside of a tunnel, instead of IPv4");
  s->add_flag("--outer-checksum", a->outer_checksum,
              "a checksum in the outer UDP or GRE header; else 0, and none in GRE");
  s->add_option("--vlan", a->vlan,
                "TCI (priority, DEI, VLAN id) of a tag 8100 that the engine inserts in each frame")
      ->check(in_range(0, 65535));
  s->add_option(
       "--mss", a->mss,
       "payload bytes of a frame (default: as many as make a frame of 1514 bytes; a tag to "
       "insert is not counted among them)")
      ->check(in_range(1, 65535));
  auto *format = s->add_option(
      "--format", a->format,
      "of the process's addresses: x86_32, x86_64 (default), x86_64_la57, sv39, sv48, "
      "sv57, aarch64, or identity, which has no tables; a list: a process each, queues "
      "take them in turn; mix: a process a queue, all formats and page sizes in turn");
  format->allow_extra_args(false);
  program.words[format] = formats_and_mix;
  auto *pages = s->add_option(
      "--pages", a->pages,
      "page size (default 4k): 4m of x86_32; 2m, 1g of the others; 64k of sv* and "
      "aarch64; 512g of sv48 and sv57; 256t of sv57; a list goes with one of --format");
  pages->allow_extra_args(false);
  program.words[pages] = page_names;
  s->add_option("--levels", a->levels, "short for --format: 4 is x86_64, 5 is x86_64_la57")
      ->check(in_range(4, 5));
  s->add_option("--buffers", a->buffers, "buffers of a job (default: 3 or 4, all of odd length)")
      ->check(in_range(1, 1022));
  s->add_option("--job-bytes", a->job_bytes, "payload bytes of a job")
      ->check(in_range(1, 16777215))
      ->capture_default_str();
  s->add_option("--queues", a->queues, "queues; FILE is cut into as many parts")
      ->check(in_range(1, 1024))
      ->capture_default_str();
  add_host_options(*s, *a, program);
  s->add_option("--error-rate", a->error_rate,
                "chance of a bus error in a read of a table, template or payload; failed jobs are "
                "sent again")
      ->check(in_range(0.0, 1.0))
      ->capture_default_str();
  s->add_flag("--demand-paging", a->demand_paging,
              "no page is mapped before the engine has asked for it: every first use is a fault "
              "that the kernel mends");
  s->add_option("--mm-churn", a->churn,
                "so many times in a million cycles a memory manager changes the process's memory "
                "under the jobs: maps, unmaps, moves, splits and joins pages, frees page tables, "
                "changes the root; at most four changes are under way, each until its fence is "
                "done: with one queue and --latency 100 about 9000 are reached, whatever is asked")
      ->check(in_range(0.0, 1e6));
  auto *delay =
      s->add_option("--fault-delay", a->fault_delay, "cycles from a fault seen to its page mapped");
  delay->check(in_range(0, 1000000))->capture_default_str();
  auto *ahead =
      s->add_option("--map-ahead", a->map_ahead,
                    "pages that --demand-paging maps with the one that faulted; "
                    "--mm-churn takes single pages away, there are none to map with them");
  ahead->check(in_range(0, 1024))->capture_default_str();
  auto *policy = s->add_option("--policy", a->policy,
                               "of the queues at a fault: park (the job waits, then goes on) or "
                               "abort (it ends, its rest is posted as a new job; --mm-churn takes "
                               "no page away then)");
  one_of(policy->capture_default_str(), program, {"park", "abort"});
  s->add_option("--clock-mhz", a->clock_mhz, "clock for Gb/s and time stamps")
      ->check(in_range(1, 2000))
      ->capture_default_str();
  s->add_option("--json", a->json, "write all figures to this file")->type_name(kFile);
  s->add_flag("--quiet", a->quiet, "no progress, no summary unless something is wrong");
  s->add_flag("--explain", a->explain, "print where every payload byte came from");
  s->footer(
      "Examples:\n"
      "  vmso send README.md --pcap out.pcap\n"
      "  vmso send movie.mkv --queues 16 --mss 8948 --pages 2m\n"
      "  vmso send README.md --protocol udp --tunnel vxlan --outer-checksum --vlan 5\n"
      "  vmso send README.md --tunnel sit --mss 1000 --queues 4\n"
      "  vmso send README.md --format sv39 --pages 64k --explain\n"
      "  vmso send README.md --format x86_32,aarch64,sv57 --pages 4m,1g,512g --queues 3\n"
      "  vmso send README.md --format mix --queues 16\n"
      "  vmso send README.md --config wide --latency 400 --reorder --backpressure random:0.3\n"
      "  vmso send README.md --demand-paging --fault-delay 2500 --map-ahead 3\n"
      "  vmso send README.md --demand-paging --policy abort --queues 16 --format mix\n"
      "  vmso send movie.mkv --mm-churn 500 --queues 16 --format mix\n"
      "  vmso send README.md --error-rate 0.1 --job-bytes 1000 --wave out.fst:0..20000");
  s->callback([a, policy, delay, ahead, &program, s] {
    check_arguments(*s);
    a->format = parse_list("--format", a->format);
    a->pages = parse_list("--pages", a->pages);
    a->policy_given = policy->count() > 0;
    a->delay_given = delay->count() > 0;
    a->ahead_given = ahead->count() > 0;
    if (a->mss == 0) a->mss = usual_mss(headers_of(*a));
    program.exit_code = send(*a, program);
  });
}

}  // namespace vmso
