// SPDX-License-Identifier: Apache-2.0
#include "regress/results.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <pugixml.hpp>

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

}  // namespace

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
  judged++;
  cycles += o.cycles;
  jobs += o.jobs;
  frames += o.frames;
  bytes += o.bytes;
  coverage.add(o.coverage);
  times.push_back({seed, seconds_of_it});
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
  return {{"command", s.command},
          {"mix", s.mix},
          {"asked", s.asked},
          {"judged", s.judged},
          {"failed", s.failures.size()},
          {"cycles", s.cycles},
          {"jobs", s.jobs},
          {"frames", s.frames},
          {"bytes", s.bytes},
          {"seconds", s.seconds},
          {"failures", failures},
          {"coverage", coverage_json(s.coverage)}};
}

void write_junit(const Summary &s, const std::string &path) {
  std::map<uint64_t, const Failure *> failed;
  for (const Failure &f : s.failures) failed[f.seed] = &f;
  std::map<uint64_t, double> times(s.times.begin(), s.times.end());

  pugi::xml_document document;
  pugi::xml_node suite = document.append_child("testsuites").append_child("testsuite");
  suite.append_attribute("name") = fmt::format("vmso regress {}", s.mix).c_str();
  suite.append_attribute("tests") = unsigned(times.size());
  suite.append_attribute("failures") = unsigned(s.failures.size());
  suite.append_attribute("time") = fmt::format("{:.3f}", s.seconds).c_str();
  for (const auto &[seed, seconds] : times) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = s.mix.c_str();
    test.append_attribute("name") = fmt::format("seed {}", seed).c_str();
    test.append_attribute("time") = fmt::format("{:.3f}", seconds).c_str();
    auto it = failed.find(seed);
    if (it == failed.end()) continue;
    const Failure &f = *it->second;
    pugi::xml_node failure = test.append_child("failure");
    failure.append_attribute("message") = f.findings.front().c_str();
    failure.text().set(fmt::format("{}\n{}", f.again, fmt::join(f.findings, "\n")).c_str());
  }
  if (!document.save_file(path.c_str(), " ")) throw Error("--junit: cannot write " + path);
}

std::string words(const Summary &s, size_t holes) {
  std::string text =
      fmt::format("seeds     {} of {} judged, {} failed\n", s.judged, s.asked, s.failures.size());
  text += fmt::format("engine    {} jobs, {} frames, {:.1f} MB in {} cycles\n", s.jobs, s.frames,
                      double(s.bytes) / 1e6, s.cycles);
  text += fmt::format("speed     {:.0f} s, {:.1f} seeds/s, {:.0f} cycles/s\n", s.seconds,
                      double(s.judged) / s.seconds, double(s.cycles) / s.seconds);
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
