// SPDX-License-Identifier: Apache-2.0
#include "regress/results.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <pugixml.hpp>
#include <sstream>

namespace vmso::regress {
namespace {

nlohmann::json coverage_json(const Coverage &coverage) {
  nlohmann::json all = nlohmann::json::object();
  for (const Cross &cross : crosses()) {
    nlohmann::json hits = nlohmann::json::object();
    auto counts = coverage.counts().find(cross.name);
    if (counts != coverage.counts().end()) {
      for (const auto &[bin, times] : counts->second) hits[bin] = times;
    }
    all[cross.name] = {
        {"bins", cross.bins.size()}, {"hits", hits}, {"holes", coverage.holes(cross)}};
  }
  return all;
}

constexpr std::string_view kProgram = "vmso";  // what commands in reports begin with

// Not: a run without shards was stopped.
bool shards_miss(const Summary &s) { return !s.missing.empty() && s.missing.front() != "1/1"; }

}  // namespace

std::string json_text(const nlohmann::json &json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string as_called(const std::string &command, const std::string &program) {
  return command.starts_with(kProgram) ? program + command.substr(kProgram.size()) : command;
}

nlohmann::json to_json(const Outcome &o) {
  nlohmann::json hits = nlohmann::json::object();
  for (const auto &[cross, bins] : o.coverage.counts()) hits[cross] = bins;
  return {{"findings", o.findings},
          {"findings_count", o.findings_count},
          {"first_finding", o.first_finding},
          {"cycles", o.cycles},
          {"jobs", o.jobs},
          {"frames", o.frames},
          {"bytes", o.bytes},
          {"hits", hits}};
}

Outcome outcome_from(const nlohmann::json &j) {
  Outcome o;
  o.findings = j.at("findings");
  o.findings_count = j.at("findings_count");
  o.first_finding = j.at("first_finding");
  o.cycles = j.at("cycles");
  o.jobs = j.at("jobs");
  o.frames = j.at("frames");
  o.bytes = j.at("bytes");
  for (const auto &[cross, bins] : j.at("hits").items()) {
    for (const auto &[bin, times] : bins.items()) o.coverage.hit(cross.c_str(), bin, times);
  }
  return o;
}

void Summary::add(uint64_t seed, const Outcome &o, double seconds_of_it) {
  cycles += o.cycles;
  jobs += o.jobs;
  frames += o.frames;
  bytes += o.bytes;
  coverage.add(o.coverage);
  times[seed] = seconds_of_it;
}

nlohmann::json to_json(const Summary &s) {
  nlohmann::json failures = nlohmann::json::array();
  for (const Failure &f : s.failures) {
    failures.push_back({{"seed", f.seed},
                        {"again", f.again},
                        {"shrunk", f.shrunk},
                        {"findings", f.findings},
                        {"folder", f.folder}});
  }
  nlohmann::json times = nlohmann::json::object();
  for (const auto &[seed, seconds] : s.times) {
    times[std::to_string(seed)] = std::round(seconds * 1000) / 1000;
  }
  return {{"command", s.command},
          {"mix", s.mix},
          {"seeds", s.seeds.range()},
          {"shard", s.seeds.share()},
          {"missing", s.missing},
          {"times", times},
          {"asked", s.asked()},
          {"judged", s.judged()},
          {"failed", s.failures.size()},
          {"cycles", s.cycles},
          {"jobs", s.jobs},
          {"frames", s.frames},
          {"bytes", s.bytes},
          {"seconds", s.seconds},
          {"failures", failures},
          {"coverage", coverage_json(s.coverage)}};
}

Summary summary_from(const nlohmann::json &j) {
  Summary s;
  s.command = j.at("command");
  s.mix = j.at("mix");
  s.seeds = parse_seeds(j.at("seeds"), j.at("shard"));
  s.missing = j.at("missing");
  for (const auto &[seed, seconds] : j.at("times").items()) s.times[std::stoull(seed)] = seconds;
  s.cycles = j.at("cycles");
  s.jobs = j.at("jobs");
  s.frames = j.at("frames");
  s.bytes = j.at("bytes");
  s.seconds = j.at("seconds");
  for (const nlohmann::json &f : j.at("failures")) {
    s.failures.push_back(
        {f.at("seed"), f.at("again"), f.at("shrunk"), f.at("findings"), f.at("folder")});
  }
  for (const auto &[cross, counts] : j.at("coverage").items()) {
    for (const auto &[bin, times] : counts.at("hits").items()) {
      s.coverage.hit(cross.c_str(), bin, times);
    }
  }
  return s;
}

Summary merged(std::span<const Summary> shards) {
  if (shards.empty()) throw Error("there is no shard");
  const Summary &first = shards.front();
  std::map<uint64_t, const Summary *> by_number;
  for (const Summary &s : shards) {
    if (s.command != first.command || s.seeds.shards != first.seeds.shards) {
      throw Error(fmt::format("shard {} of '{}' and shard {} of '{}' do not add up",
                              first.seeds.share(), first.command, s.seeds.share(), s.command));
    }
    if (!by_number.insert({s.seeds.shard, &s}).second) {
      throw Error(fmt::format("shard {} is there twice", s.seeds.share()));
    }
  }
  Summary whole;
  whole.parts = shards.size();
  whole.command = first.command;
  whole.mix = first.mix;
  whole.seeds = parse_seeds(first.seeds.range(), "");
  Seeds at = first.seeds;
  for (at.shard = 1; at.shard <= at.shards; at.shard++) {
    auto there = by_number.find(at.shard);
    if (there == by_number.end()) {
      whole.missing.push_back(at.share());
      continue;
    }
    const Summary &s = *there->second;
    whole.missing.insert(whole.missing.end(), s.missing.begin(), s.missing.end());
    whole.times.insert(s.times.begin(), s.times.end());
    whole.cycles += s.cycles;
    whole.jobs += s.jobs;
    whole.frames += s.frames;
    whole.bytes += s.bytes;
    whole.seconds += s.seconds;
    whole.coverage.add(s.coverage);
    whole.failures.insert(whole.failures.end(), s.failures.begin(), s.failures.end());
  }
  std::ranges::sort(whole.failures, {}, &Failure::seed);
  return whole;
}

std::string junit(const Summary &s) {
  std::map<uint64_t, const Failure *> failed;
  for (const Failure &f : s.failures) failed[f.seed] = &f;

  pugi::xml_document document;
  pugi::xml_node suite = document.append_child("testsuites").append_child("testsuite");
  suite.append_attribute("name") = fmt::format("vmso regress {}", s.mix).c_str();
  const bool whole = s.judged() == s.asked() && s.missing.empty();
  suite.append_attribute("tests") = unsigned(s.judged() + !whole);
  suite.append_attribute("failures") = unsigned(s.failures.size());
  suite.append_attribute("errors") = unsigned(!whole);
  suite.append_attribute("time") = fmt::format("{:.3f}", s.seconds).c_str();
  for (const auto &[seed, seconds] : s.times) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = s.mix.c_str();
    test.append_attribute("name") = fmt::format("seed {}", seed).c_str();
    test.append_attribute("time") = fmt::format("{:.3f}", seconds).c_str();
    auto it = failed.find(seed);
    if (it == failed.end()) continue;
    const Failure &f = *it->second;
    pugi::xml_node failure = test.append_child("failure");
    failure.append_attribute("message") = first_line(f.findings.front()).c_str();
    failure.text().set(fmt::format("{}\n{}", f.again, fmt::join(f.findings, "\n")).c_str());
  }
  if (!whole) {  // who reads nothing else has to see that, too
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = s.mix.c_str();
    test.append_attribute("name") = "every seed was judged";
    std::string text = fmt::format("{} of {} seeds judged", s.judged(), s.asked());
    if (shards_miss(s)) text += fmt::format("; missing: {}", fmt::join(s.missing, ", "));
    test.append_child("error").append_attribute("message") = text.c_str();
  }
  std::ostringstream text;
  document.save(text, " ");
  return text.str();
}

std::string words(const Summary &s, size_t holes) {
  std::string text = fmt::format("seeds     {} of {} judged, {} failed\n", s.judged(), s.asked(),
                                 s.failures.size());
  if (shards_miss(s)) {
    text += fmt::format("missing   shards {}\n", fmt::join(s.missing, ", "));
  }
  text += fmt::format("engine    {} jobs, {} frames, {:.1f} MB in {} cycles\n", s.jobs, s.frames,
                      double(s.bytes) / 1e6, s.cycles);
  text += fmt::format("speed     {:.0f} s{}, {:.1f} seeds/s, {:.0f} cycles/s\n", s.seconds,
                      s.parts > 1 ? ", one shard after the other" : "",
                      double(s.judged()) / s.seconds, double(s.cycles) / s.seconds);
  for (const Cross &cross : crosses()) {
    auto missing = s.coverage.holes(cross);
    text += fmt::format("{:9} {} of {}: {}\n", cross.name, cross.bins.size() - missing.size(),
                        cross.bins.size(), cross.help);
    for (size_t i = 0; i < std::min(holes, missing.size()); i++) {
      text += fmt::format("          hole: {}\n", missing[i]);
    }
  }
  return text;
}

}  // namespace vmso::regress
