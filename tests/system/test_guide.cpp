// SPDX-License-Identifier: Apache-2.0
// docs/programmers_guide.md is true where it can be read by a program.
//
// Its worked example is carried out line by line, with no driver and no other help: what stands
// there is what a driver has to write and will see.
//
//   write ADDRESS VALUE NAME        a register write; NAME is that of docs/registers.md, +4 its
//   high
//                                   half
//   read ADDRESS VALUE/MASK NAME    reads until the masked bits are that value
//   mem ADDRESS BYTES               the host writes memory
//   wire FRAME OFFSET BYTES         bytes of a frame; all of it stands there
//   find ADDRESS BYTES              waits until memory holds these bytes
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "system_test.hpp"

namespace vmso::test {
namespace {

constexpr uint64_t kBudget = 20000;  // cycles of one line

std::string page(const std::string &name) {
  const char *root = std::getenv("VMSO_SOURCE_DIR");  // set by ctest
  std::ifstream file(std::string(root ? root : ".") + "/docs/" + name);
  INFO("docs/" << name << " is read in the project's root or in $VMSO_SOURCE_DIR");
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE(!text.str().empty());
  return text.str();
}

// The lines between ```example and ```.
std::vector<std::string> example() {
  std::istringstream text(page("programmers_guide.md"));
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) {
      inside = line == "```example";
    } else if (inside && !line.starts_with("#")) {
      lines.push_back(line);
    }
  }
  return lines;
}

// Addresses by name, as the generated page tells them; CONTEXT1.ROOT for one of many.
std::map<std::string, uint32_t> registers() {
  std::istringstream text(page("registers.md"));
  std::map<std::string, uint32_t> found;
  std::string section;
  unsigned long base = 0, stride = 0;
  for (std::string line; std::getline(text, line);) {
    char name[64] = {};
    unsigned long offset = 0;
    if (line.starts_with("### ")) section = line.substr(4), stride = 0;
    if (std::sscanf(line.c_str(), "At 0x%lx + 0x%lx", &base, &stride) < 1 &&
        std::sscanf(line.c_str(), "| %3lx | %63[A-Z0-9_] |", &offset, name) == 2) {
      for (unsigned i = 0; i < (stride ? 4 : 1); i++) {
        std::string prefix = section == "Queue"           ? fmt::format("QUEUE{}.", i)
                             : section == "Context"       ? fmt::format("CONTEXT{}.", i)
                             : section == "Doorbell page" ? fmt::format("DOORBELL{}.", i)
                                                          : "";
        uint32_t at = uint32_t(base + i * stride + offset);
        found.emplace(prefix + name, at);
        found.emplace(prefix + name + "+4", at + 4);
      }
    }
  }
  return found;
}

std::vector<uint8_t> bytes_of(std::istringstream &words) {
  std::vector<uint8_t> bytes;
  for (unsigned byte; words >> std::hex >> byte;) bytes.push_back(uint8_t(byte));
  return bytes;
}

// An engine with its buses and nothing behind them but memory.
struct Example {
  explicit Example(Config config)
      : reads(memory, config_info(config).bus_bytes(), Random(1, "axi read"), findings),
        writes(memory, config_info(config).bus_bytes(), Random(1, "axi write"), findings),
        axil(findings),
        sink(config_info(config).bus_bytes(), Random(1, "axis"), findings),
        bench(make_dut({config, 1, 4000, {}}), findings) {
    for (uint64_t pa : {0x10000000, 0x10001000, 0x10002000, 0x20005000}) {
      memory.make(pa,
                  pa == 0x10000000   ? FrameKind::kRing
                  : pa == 0x10001000 ? FrameKind::kCompletion
                  : pa == 0x10002000 ? FrameKind::kTemplate
                                     : FrameKind::kUser,
                  0);
    }
    for (unsigned i = 0; i < 4; i++) memory.make(0x20000000 + i * 0x1000, FrameKind::kTable, 0);
    bench.reset(*this, 1);  // one cycle is enough
  }
  void sample(const DutOutputs &out, const DutInputs &, uint64_t now) {
    reads.sample(out, now), writes.sample(out, now), axil.sample(out), sink.sample(out, now);
  }
  void drive(DutInputs &in, uint64_t now) {
    reads.drive(in, now), writes.drive(in, now), axil.drive(in), sink.drive(in);
  }
  void restart(DutInputs &in) {
    reads.restart(in), writes.restart(in), axil.restart(in), sink.restart(in);
  }
  template <typename Condition>
  bool until(Condition &&condition) {
    for (uint64_t i = 0; i < kBudget && !condition(); i++) bench.cycle(*this);
    return condition();
  }
  uint32_t read(uint32_t at) {
    axil.start_read(at);
    REQUIRE(until([&] { return axil.done(); }));
    return axil.data();
  }

  void carry_out(const std::string &line, const std::map<std::string, uint32_t> &named) {
    std::istringstream words(line);
    std::string verb, name, rest;
    uint64_t at = 0;
    words >> verb;
    if (verb == "write" || verb == "read") {
      uint32_t value = 0, mask = 0xffffffff;
      char slash;
      words >> std::hex >> at >> value;
      if (verb == "read") words >> slash >> mask;
      words >> name;
      CHECK((named.contains(name) && named.at(name) == at));
      if (verb == "write") {
        axil.start_write(uint32_t(at), value);
        REQUIRE(until([&] { return axil.done(); }));
        CHECK(axil.resp() == Resp::kOkay);
        return;
      }
      uint32_t is = 0;
      for (uint64_t end = bench.now() + kBudget; bench.now() < end;) {
        if (((is = read(uint32_t(at))) & mask) == value) return;
      }
      FAIL_CHECK(fmt::format("it stays {:08x}", is));
    } else if (verb == "mem") {
      words >> std::hex >> at;
      memory.write(at, bytes_of(words));
    } else if (verb == "wire") {
      size_t number = 0;
      words >> number >> std::hex >> at;
      wire.resize(std::max(wire.size(), number + 1));
      auto bytes = bytes_of(words);
      CHECK(at == wire[number].size());
      wire[number].insert(wire[number].end(), bytes.begin(), bytes.end());
    } else if (verb == "find") {
      words >> std::hex >> at;
      auto bytes = bytes_of(words);
      std::vector<uint8_t> is(bytes.size());
      until([&] { return memory.read(at, is), is == bytes; });
      CHECK(is == bytes);
    } else {
      FAIL_CHECK("no such line");
    }
  }

  Findings findings;
  PhysicalMemory memory;
  AxiReadResponder reads;
  AxiWriteResponder writes;
  AxilMaster axil;
  AxisSink sink;
  Bench bench;
  std::vector<std::vector<uint8_t>> wire;  // as the page shows it
};

}  // namespace

TEST_CASE("The worked example of the guide is what the engine does", "[system][example]") {
  auto named = registers();
  auto lines = example();
  REQUIRE(lines.size() > 50);
  for (Config config : {Config::kSmall, Config::kDefault, Config::kWide}) {
    Example e(config);
    uint64_t ready = 0;  // cycle in which the first line, which waits for READY, was done
    for (const std::string &line : lines) {
      INFO(config_info(config).name << ": " << line);
      e.carry_out(line, named);
      if (!ready) ready = e.bench.now();
    }
    CHECK(ready < (config == Config::kSmall ? 200u : config == Config::kDefault ? 1200u : 17000u));
    REQUIRE(e.until([&] { return e.reads.idle() && e.writes.idle() && e.sink.frames >= 2; }));
    REQUIRE(e.sink.done.size() == e.wire.size());
    for (size_t i = 0; i < e.wire.size(); i++) {
      INFO("frame " << i);
      CHECK(e.sink.done[i].bytes == e.wire[i]);
    }
    CHECK(e.findings.report() == "");
  }
}

TEST_CASE("Of two faults of a slot the one is told that the guide lists first", "[fault][slot]") {
  // The list, as far as a first slot of TCP_SEG that is new can show it.
  std::string text = page("programmers_guide.md");
  text = text.substr(text.find("### Order of the checks"));
  text = text.substr(text.find(": "), text.find("(`vmso_job_check`)") - text.find(": "));
  using Slot = vmso_first_slot;
  const std::map<std::string, void (*)(Slot &)> spoilers = {
      {"RESERVED_SET", [](Slot &f) { f.word[7] |= uint64_t{1} << 63; }},
      {"KIND", [](Slot &f) { vmso_first_slot_set_kind(&f, 9); }},
      {"SPACE", [](Slot &f) { vmso_first_slot_set_buffer0_space(&f, 3); }},
      {"HDR_ZERO", [](Slot &f) { vmso_first_slot_set_header_bytes(&f, 0); }},
      {"HDR_LONG", [](Slot &f) { vmso_first_slot_set_header_bytes(&f, 300); }},
      {"OFFSET_ORDER", [](Slot &f) { vmso_first_slot_set_l4_offset(&f, 14); }},
      {"OFFSET_ODD",
       [](Slot &f) {
         vmso_first_slot_set_l3_offset(&f, 15);
         vmso_first_slot_set_l4_offset(&f, 36);
         vmso_first_slot_set_header_bytes(&f, 60);
       }},
      {"OPTION", [](Slot &f) { vmso_first_slot_set_id_mode(&f, 3); }},
      {"MSS_ZERO", [](Slot &f) { vmso_first_slot_set_mss(&f, 0); }},
      {"FRAME_TOO_LONG",
       [](Slot &f) {
         vmso_first_slot_set_mss(&f, 10000);
         vmso_first_slot_set_payload_bytes(&f, 10000);
       }},
      {"SUM_MISMATCH", [](Slot &f) { vmso_first_slot_set_payload_bytes(&f, 1999); }},
      {"ADDR_WRAP", [](Slot &f) { vmso_first_slot_set_buffer0_addr(&f, ~uint64_t{0}); }},
  };
  std::vector<std::string> order;
  std::istringstream words(text.substr(2));
  for (std::string word; words >> word;) {
    if (word.back() == ',') word.pop_back();
    if (spoilers.contains(word)) order.push_back(word);
  }
  REQUIRE(order.size() == spoilers.size());

  auto o = options(0x81);
  VMSO_SAY_HOW(o);
  System s(o);
  for (size_t first = 0; first < order.size(); first++) {
    for (size_t second = first; second < order.size(); second++) {
      JobSpec spec = tcp_job(2000, 1000);
      spec.buffers = 1;
      spec.may_fail = true;
      spec.doorbell = false;
      Posted posted = s.post(0, spec);
      Slot slot;
      uint64_t pa = s.ring_address(0) + (posted.slot % 256) * 64;
      for (unsigned i = 0; i < 8; i++) slot.word[i] = s.memory.read_word(pa + 8 * i);
      spoilers.at(order[second])(slot);
      spoilers.at(order[first])(slot);
      for (unsigned i = 0; i < 8; i++) s.memory.write_word(pa + 8 * i, slot.word[i]);
      s.doorbell(0);
      s.drain();
      INFO(order[first] << " and " << order[second]);
      CHECK(vmso_status_name(s.completions(0).back().status) == order[first]);
    }
  }
  CHECK(s.conclude() == "");
}

TEST_CASE("Of a job that was sent in part its slot is compared before all else but ABORTED",
          "[fault][slot]") {
  std::string text = page("programmers_guide.md");
  text = text.substr(text.find("### Order of the checks"));
  CHECK(text.find("of: ABORTED, SLOT_CHANGED, RESERVED_SET,") != std::string::npos);
  const std::pair<const char *, void (*)(vmso_first_slot &)> changes[] = {
      {"a reserved bit", [](vmso_first_slot &f) { f.word[7] |= uint64_t{1} << 63; }},
      {"no such kind", [](vmso_first_slot &f) { vmso_first_slot_set_kind(&f, 9); }},
      {"NOP", [](vmso_first_slot &f) { vmso_first_slot_set_kind(&f, VMSO_KIND_NOP); }},
      {"a space", [](vmso_first_slot &f) { vmso_first_slot_set_buffer0_space(&f, 3); }},
      {"MSS 0", [](vmso_first_slot &f) { vmso_first_slot_set_mss(&f, 0); }},
  };
  for (bool aborts : {false, true}) {
    for (auto [what, change] : changes) {
      auto o = options(0x84);
      VMSO_SAY_HOW(o);
      INFO(what);
      System s(o);
      JobSpec spec = tcp_job(30000, 1000);
      spec.buffers = 1;
      spec.may_fail = true;
      Posted posted = s.post(0, spec);
      REQUIRE(s.run_until([&] { return s.sink.frames > 2; }, 20000));
      s.check(vmso_queue_stop(&s.device(), 0), "STOP");
      REQUIRE(s.completions(0).empty());
      if (aborts) {
        s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_ABORT), "ABORT");
        s.run_until([&] { return !vmso_queue_pending(&s.device(), 0); }, 10000);
      }
      vmso_first_slot slot;
      uint64_t pa = s.ring_address(0) + posted.slot * 64;
      for (unsigned i = 0; i < 8; i++) slot.word[i] = s.memory.read_word(pa + 8 * i);
      change(slot);
      for (unsigned i = 0; i < 8; i++) s.memory.write_word(pa + 8 * i, slot.word[i]);
      s.check(vmso_queue_command(&s.device(), 0, VMSO_CMD_ENABLE), "ENABLE");
      s.drain();
      REQUIRE(s.completions(0).size() == 1);
      CHECK(s.completions(0)[0].status ==
            (aborts ? VMSO_STATUS_ABORTED : VMSO_STATUS_SLOT_CHANGED));
    }
  }
}

TEST_CASE("The soft reset keeps and clears what the integration page says", "[reset]") {
  auto o = options(0x82);
  o.bring_up = false;  // nothing is written behind a reset but by this test
  VMSO_SAY_HOW(o);
  System s(o);
  const std::pair<const char *, uint32_t> kept[] = {
      {"WINDOW0_BASE", 0x10000000}, {"WINDOW0_LIMIT", 0x10003000},
      {"READ_WINDOW", 77},          {"STORE_LIMIT", 700},
      {"READ_TIMEOUT", 5000},       {"RATE_PERIOD", 100},
      {"FLAG_MASK2_LAST", 0x123},   {"IRQ_MASK", 1},
      {"STICKY_MASK", 0x40},        {"FENCE_WHAT", VMSO_FENCE_CONTEXT | 3u << 16},
      {"FENCE_VA", 0x12345000},     {"FENCE_BYTES", 0x2000},
  };
  auto named = registers();
  auto ready = [&] { return (s.read32(VMSO_REG_STATUS) & 3) == VMSO_REG_STATUS_READY_bm; };
  REQUIRE(s.run_until(ready, 20000));
  std::map<std::string, uint32_t> fresh;
  for (auto [name, value] : kept) {
    fresh[name] = s.read32(named.at(name));
    s.write32(named.at(name), value);
    if (name[0] == 'W' || name == std::string("FENCE_VA") || name == std::string("FENCE_BYTES")) {
      s.write32(named.at(name) + 4, 0);
    }
    INFO(name);
    CHECK(fresh[name] != value);
  }
  s.write32(named.at("QUEUE0.RING_BASE"), 0x10000000);
  s.write32(named.at("QUEUE0.RING_BASE+4"), 0);
  s.write32(named.at("CONTEXT1.ROOT"), 0x10000000);
  s.write32(named.at("CONTEXT1.ROOT+4"), 0);
  s.write32(named.at("QUEUE0.COMMAND"), VMSO_CMD_STOP);  // of a queue that is OFF: ignored, sticky
  s.write32(named.at("FENCE_GO"), 1);
  REQUIRE(s.run_until([&] { return s.read32(named.at("FENCE_DONE")) == 1; }, 20000));
  CHECK(s.read32(named.at("STICKY")) == VMSO_REG_STICKY_COMMAND_IGNORED_bm);
  uint32_t cycles = s.read32(named.at("CYCLES"));

  s.write32(VMSO_REG_CONTROL, VMSO_REG_CONTROL_SOFT_RESET_bm);
  REQUIRE(s.run_until(ready, 20000));
  for (auto [name, value] : kept) {
    INFO(name);
    CHECK(s.read32(named.at(name)) == value);
  }
  CHECK(s.read32(named.at("STICKY")) == VMSO_REG_STICKY_COMMAND_IGNORED_bm);
  CHECK(s.read32(named.at("CYCLES")) > cycles);
  for (const char *name : {"QUEUE0.RING_BASE", "CONTEXT1.ROOT", "FENCE_GO", "FENCE_DONE"}) {
    INFO(name);
    CHECK(s.read32(named.at(name)) == 0);
  }

  s.reset();
  REQUIRE(s.run_until(ready, 20000));
  for (auto [name, value] : kept) {
    INFO(name);
    CHECK(s.read32(named.at(name)) == fresh.at(name));
  }
  CHECK(s.read32(named.at("STICKY")) == 0);
  CHECK(s.read32(named.at("CYCLES")) < cycles);
  CHECK(s.findings().report() == "");
}

TEST_CASE("A completion ring of n entries takes n - 1 completions", "[completion]") {
  for (unsigned log2 : {1u, 2u, 4u}) {
    auto o = options(0x83);
    o.log2_completions = log2;
    VMSO_SAY_HOW(o);
    System s(o);
    s.auto_ack = false;
    size_t most = (size_t{1} << log2) - 1;
    for (size_t i = 0; i < most + 3; i++) s.post(0, frame_job(64));
    s.steps(5000);
    CHECK(s.completions(0).size() == most);
    CHECK(s.frames().size() == most);
    s.auto_ack = true;
    vmso_ring_ack(&s.ring(0));
    VMSO_CHECK_CLEAN(s);
  }
}

}  // namespace vmso::test
