// SPDX-License-Identifier: Apache-2.0
// The whole engine in its harness: every frame is compared with the reference segmenter by the
// scoreboard, protocol rules and RTL assertions are on. An empty report means all of that held.
#include "system/system.hpp"
#include "vmso_catch.hpp"

using namespace vmso;

namespace {

constexpr uint64_t kBudget = 400000;

SystemOptions options(Config config, uint64_t seed) {
  SystemOptions o;
  o.config = config;
  o.seed = seed;
  return o;
}

JobSpec tcp(System &system, size_t bytes, TcpHeaders headers = {}) {
  JobSpec spec;
  headers.payload_bytes = uint32_t(bytes);
  spec.header = tcp_template(headers);
  spec.l4_mode = headers.l4_mode;
  spec.payload = random_bytes(bytes, system.random());
  return spec;
}

// One line that reproduces a failure.
std::string again(const System &system) {
  return "system_tests \"" + Catch::getResultCapture().getCurrentTestName() + "\"  config " +
         system.config().name + ", seed " + std::to_string(system.options().seed);
}

#define REQUIRE_CLEAN(system)                  \
  do {                                         \
    INFO(again(system));                       \
    REQUIRE((system).drain(kBudget));          \
    std::string report_ = (system).conclude(); \
    INFO(report_);                             \
    REQUIRE(report_.empty());                  \
  } while (false)

}  // namespace

TEST_CASE("Segment counts around multiples of the MSS come out in all configurations", "[system]") {
  for (Config config : {Config::kSmall, Config::kDefault, Config::kWide}) {
    System system(options(config, 0x21));
    for (unsigned k : {1u, 2u, 4u}) {
      for (int d : {-1, 0, 1}) system.post(0, tcp(system, size_t(int(k * 1448) + d)));
    }
    system.post(0, tcp(system, 0));
    system.post(0, tcp(system, 65160));
    REQUIRE_CLEAN(system);
  }
}

TEST_CASE("Every payload start offset of a bus line is exact", "[system]") {
  for (Config config : {Config::kSmall, Config::kDefault, Config::kWide}) {
    System system(options(config, 0x22));
    for (unsigned offset = 0; offset < 64; offset++) {
      JobSpec spec = tcp(system, 1449 + offset % 5);
      spec.buffers = 1;
      spec.offset = offset;
      system.post(0, spec);
    }
    REQUIRE_CLEAN(system);
  }
}

TEST_CASE("Page edges hold at every byte around 4096", "[system]") {
  System system(options(Config::kWide, 0x23));
  for (unsigned offset = 4090; offset < 4096; offset++) {
    for (unsigned bytes : {1u, 6u, 7u, 4096u, 4097u, 8200u}) {
      JobSpec spec = tcp(system, bytes);
      spec.buffers = 1;
      spec.offset = offset;
      system.post(0, spec);
    }
  }
  REQUIRE_CLEAN(system);
}

TEST_CASE("Sequence numbers and ids wrap and flags follow the masks", "[system]") {
  System system(options(Config::kDefault, 0x24));
  for (uint8_t profile : {0, 1}) {
    TcpHeaders headers;
    headers.seq = 0xffffff00;
    headers.ip_id = 0xfffe;
    headers.flags = kAck | kPsh | kFin | kCwr | kEce;
    JobSpec spec = tcp(system, 10000, headers);
    spec.flag_profile = profile;
    system.post(0, spec);
    spec.id_mode = VMSO_ID_FIXED;
    system.post(0, spec);
    headers.ip_id = 0x7ffe;
    JobSpec wrap = tcp(system, 10000, headers);
    wrap.id_mode = VMSO_ID_WRAP15;
    system.post(0, wrap);
    system.post(0, tcp(system, 1000, headers));
  }
  REQUIRE_CLEAN(system);
}

TEST_CASE("Header shapes and seed modes equal the reference", "[system]") {
  System system(options(Config::kSmall, 0x25));
  for (bool ipv6 : {false, true}) {
    for (unsigned tags = 0; tags <= 3; tags++) {
      for (vmso_l4_mode mode : {VMSO_L4_COMPUTE, VMSO_L4_SEED_NO_LEN, VMSO_L4_SEED_FULL}) {
        TcpHeaders headers;
        headers.ipv6 = ipv6;
        headers.tags = tags;
        headers.l4_mode = mode;
        headers.tcp_options = timestamp_option();
        if (ipv6)
          headers.extension_headers = destination_options(tags);
        else
          headers.ip_options.assign(tags * 4, 1);
        headers.payload_bytes = 3001;
        system.post(0, tcp(system, 3001, headers));
      }
    }
  }
  REQUIRE_CLEAN(system);
}

TEST_CASE("Random traffic under disorder and back-pressure stays exact", "[system][random]") {
  for (Config config : {Config::kSmall, Config::kDefault, Config::kWide}) {
    for (uint64_t seed : {0x31, 0x32}) {
      SystemOptions o = options(config, seed);
      o.read.order = ReadOrder::kInterleaved;
      o.read.jitter = 60;
      o.backpressure = "random:0.7";
      o.queues = 4;
      System system(o);
      Random &random = system.random();
      for (int i = 0; i < 60; i++) {
        JobSpec spec = tcp(system, random.between(0, 9000));
        spec.buffers = unsigned(random.between(1, 8));
        spec.mss = uint16_t(random.between(64, 3000));
        system.post(unsigned(random.between(0, 3)), spec);
      }
      REQUIRE_CLEAN(system);
    }
  }
}

TEST_CASE("Bus errors end their job and the others go on", "[system][errors]") {
  for (Config config : {Config::kSmall, Config::kDefault, Config::kWide}) {
    SystemOptions o = options(config, 0x41);
    o.read.error_rate = 0.03;
    o.read.order = ReadOrder::kById;
    o.queues = 3;
    System system(o);
    for (int i = 0; i < 60; i++) {
      JobSpec spec = tcp(system, system.random().between(1, 12000));
      spec.may_fail = true;
      system.post(unsigned(i % 3), spec);
    }
    REQUIRE_CLEAN(system);
    unsigned failed = 0, ok = 0;
    for (unsigned q = 0; q < 3; q++) {
      for (const Completion &c : system.completions(q)) (c.ok() ? ok : failed)++;
    }
    CHECK(failed > 0);
    CHECK(ok > 0);
  }
}

TEST_CASE("An unmapped page is reported with its address and the next job is sent",
          "[system][faults]") {
  System system(options(Config::kDefault, 0x51));
  JobSpec spec = tcp(system, 20000);
  spec.buffers = 1;
  spec.offset = 100;
  UserBuffer buffer = system.process().place(spec.payload, 100);
  uint64_t hole = (buffer.va + 8192) & ~uint64_t{4095};
  system.process().space().unmap(hole, PageSize::k4K);
  spec.placed = {buffer};
  spec.may_fail = true;
  system.post(0, spec);
  system.post(0, tcp(system, 5000));
  REQUIRE_CLEAN(system);
  const auto &c = system.completions(0);
  REQUIRE(c.size() == 2);
  CHECK(c[0].status == VMSO_STATUS_FAULT);
  CHECK(c[0].cause == VMSO_CAUSE_NOT_PRESENT);
  CHECK(c[0].va == hole);
  CHECK(c[0].bytes == (hole - buffer.va) / 1448 * 1448);
  CHECK(c[1].ok());
}
