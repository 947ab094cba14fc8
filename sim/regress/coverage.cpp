// SPDX-License-Identifier: Apache-2.0
#include "regress/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "attack/attacker.hpp"
#include "regress/mistake.hpp"

namespace vmso::regress {
namespace {

using Words = std::vector<std::string>;

// Every combination, the last word changing fastest.
Words combinations(std::initializer_list<Words> parts) {
  Words all = {""};
  for (const Words &part : parts) {
    Words longer;
    for (const std::string &begin : all) {
      for (const std::string &word : part) {
        longer.push_back(begin.empty() ? word : begin + " " + word);
      }
    }
    all = longer;
  }
  return all;
}

Words all_spaces() {
  Words all;
  for (const Format &f : formats()) {
    if (f.pages.empty()) all.push_back(space_words({.format = f.code}));
    for (const Format::Page &page : f.pages) {
      all.push_back(space_words({.format = f.code, .page = page.size}));
    }
  }
  return all;
}

const Words kKinds = {"tcp", "udp", "csum", "frame"}, kPolicies = {"abort", "park"},
            kOrders = {"in_order", "by_id", "interleaved"}, kFamilies = {"ipv4", "ipv6"};

Words headers() {
  Words all = combinations({kFamilies, {"none -"}});
  Words tunnels = combinations({kFamilies, {"vxlan", "geneve", "gre", "gretap", "ip"}, kFamilies});
  all.insert(all.end(), tunnels.begin(), tunnels.end());
  return all;
}

Words statuses() {
  Words all;
  for (const Mistake &m : mistakes()) {
    const std::string name = vmso_status_name(m.status);
    if (std::ranges::find(all, name) == all.end()) all.push_back(name);
  }
  return all;
}

std::vector<std::string> commands() {
  auto all = combinations({{"STOP", "RESET", "fence"}, {"idle", "busy", "parked"}});
  all.push_back(kResetOfError);
  return all;
}

std::vector<Cross> make_crosses() {
  return {
      {"jobs", "kind x format and page size x policy at a fault x order of read data",
       combinations({kKinds, all_spaces(), kPolicies, kOrders})},
      {"headers", "kind x family, tunnel and family around it",
       combinations({{"tcp", "udp"}, headers()})},
      {"faults", "cause x policy",
       combinations({{"NOT_PRESENT", "TABLE_SLV_ERR", "DATA_SLV_ERR", "BUS_TIMEOUT"}, kPolicies})},
      {"entries",
       "cause of a fault that a turned bit, or an address, makes",
       {"VA_RANGE", "NOT_PRESENT", "ACCESS_FLAG", "NO_USER", "NO_READ", "RESERVED", "BAD_LEVEL",
        "ADDR_WIDTH", "DATA_WINDOW"}},
      {"commands", "what a queue is told x what it does", commands()},
      {"mistakes", "status with which a job was refused", statuses()},
      {"hostile", "attack x configuration",
       combinations({attack_names(), {"small", "default", "wide"}})},
  };
}

}  // namespace

const std::vector<Cross> &crosses() {
  static const std::vector<Cross> all = make_crosses();
  return all;
}

bool Coverage::has(const char *name, const std::string &bin) {
  auto cross = std::ranges::find(crosses(), std::string(name), &Cross::name);
  return cross != crosses().end() && std::ranges::find(cross->bins, bin) != cross->bins.end();
}

void Coverage::hit(const char *cross, const std::string &bin, uint64_t times) {
  if (!has(cross, bin)) throw Error(fmt::format("coverage: cross {} has no bin {}", cross, bin));
  counts_[cross][bin] += times;
}

void Coverage::add(const Coverage &other) {
  for (const auto &[cross, bins] : other.counts_) {
    for (const auto &[bin, times] : bins) counts_[cross][bin] += times;
  }
}

uint64_t Coverage::hits(const std::string &cross, const std::string &bin) const {
  auto bins = counts_.find(cross);
  if (bins == counts_.end()) return 0;
  auto it = bins->second.find(bin);
  return it == bins->second.end() ? 0 : it->second;
}

std::vector<std::string> Coverage::holes(const Cross &cross) const {
  std::vector<std::string> all;
  for (const std::string &bin : cross.bins) {
    if (hits(cross.name, bin) == 0) all.push_back(bin);
  }
  return all;
}

const char *kind_word(vmso_kind kind) {
  switch (kind) {
    case VMSO_KIND_TCP_SEG:
      return "tcp";
    case VMSO_KIND_UDP_SEG:
      return "udp";
    case VMSO_KIND_CSUM:
      return "csum";
    default:
      return "frame";
  }
}

const char *order_word(ReadOrder order) {
  return order == ReadOrder::kInOrder ? "in_order"
         : order == ReadOrder::kById  ? "by_id"
                                      : "interleaved";
}

std::string space_words(const SpaceOptions &space) {
  const Format &f = format_of(space.format);
  return fmt::format("{} {}", f.option, f.pages.empty() ? "-" : page_option(space.page));
}

std::string headers_words(const Template &t) {
  auto family = [&](size_t at) { return t.bytes.at(at) >> 4 == 6 ? "ipv6" : "ipv4"; };
  if (t.outer_l3 == 0) return fmt::format("{} none -", family(t.l3));
  const char *tunnel = "ip";
  if (t.outer_l4 != 0) {
    auto halfword = [&](size_t at) { return t.bytes.at(at) << 8 | t.bytes.at(at + 1); };
    constexpr int kGre = 47, kVxlan = 4789;
    bool six = t.bytes.at(t.outer_l3) >> 4 == 6;
    // IPv6 may have extension headers: what stands right before L4 is then not the protocol, but a
    // GRE header has no ports of a tunnel either
    bool gre = !six && t.bytes.at(t.outer_l3 + 9u) == kGre;
    int type = halfword(t.outer_l4 + 2u);
    if (six) gre = type == 0x6558 || type == 0x0800 || type == 0x86dd;
    tunnel = gre ? type == 0x6558 ? "gretap" : "gre" : type == kVxlan ? "vxlan" : "geneve";
  }
  return fmt::format("{} {} {}", family(t.l3), tunnel, family(t.outer_l3));
}

const char *policy_word(bool parks) { return parks ? "park" : "abort"; }

const char *state_word(State state) {
  return state == State::kIdle ? "idle" : state == State::kBusy ? "busy" : "parked";
}

}  // namespace vmso::regress
