// SPDX-License-Identifier: Apache-2.0
// The driver library against the registers of vmso_csr, and its rings against plain memory.
#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "Vcsr_small.h"
#include "csr_bench.hpp"
#include "vmso.h"

using namespace vmso::unit;

namespace {

using Small = CsrBench<Vcsr_small>;

vmso_io io_of(Small &bench) {
  return {&bench, [](void *b, uint32_t offset) { return static_cast<Small *>(b)->read(offset); },
          [](void *b, uint32_t offset, uint32_t value) {
            static_cast<Small *>(b)->write(offset, value);
          },
          nullptr};
}

TEST_CASE("The driver finds the device and its capabilities", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  CHECK(device.queues == 4);
  CHECK(device.contexts == 8);
  CHECK(device.vectors == 1);
  CHECK(device.data_bits == 128);
  CHECK(device.max_frame == 9216);
  CHECK(device.template_bytes == 256);
  CHECK(device.jobs == 32);
  b.bench->ready_status = 0;
  device.poll_limit = 10;
  CHECK(vmso_queue_wait(&device, 0, VMSO_QUEUE_RUN) == VMSO_ERR_TIMEOUT);
}

TEST_CASE("The driver opens windows and never opens more on the way", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  CHECK(vmso_window_set(&device, 2, 0x100000, 0x8fffff) == VMSO_OK);
  CHECK(vmso_read64(&device, VMSO_REG_WINDOW2_BASE) == 0x100000);
  CHECK(vmso_read64(&device, VMSO_REG_WINDOW2_LIMIT) == 0x8ff000);
  CHECK(vmso_window_close(&device, 2) == VMSO_OK);
  CHECK(vmso_read64(&device, VMSO_REG_WINDOW2_BASE) > vmso_read64(&device, VMSO_REG_WINDOW2_LIMIT));
  CHECK(vmso_window_set(&device, 4, 0, 1) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_window_set(&device, 0, 2, 1) == VMSO_ERR_ARGUMENT);
}

TEST_CASE("The driver configures a queue and a context and waits for its fence", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  vmso_queue_config config{0x12340, 5, 0x56780, 4, 0, {1, 7, 0, 3}, 0xb, 9, 0, 0, true};
  config.ring_base = 0x1234000;
  config.completion_base = 0x5678020;
  REQUIRE(vmso_queue_configure(&device, 3, &config) == VMSO_OK);
  REQUIRE(b.configs.size() == 7);
  CHECK(b.configs[0] == QueueConfig{3, 0, 0x1234000});
  CHECK(b.configs[1] == QueueConfig{3, 1, 5 | VMSO_REG_QUEUE_RING_SHAPE_PARK_bm});
  CHECK(b.configs[2] == QueueConfig{3, 2, 0x5678020});
  CHECK(b.configs[3] == QueueConfig{3, 3, 4});
  CHECK(b.configs[4] == QueueConfig{3, 4, 1ull | 7ull << 12 | 3ull << 36 | 0xbull << 48});
  CHECK(b.configs[5] == QueueConfig{3, 5, 9});
  CHECK(b.configs[6] == QueueConfig{3, 6, 0});
  config.contexts[0] = 8;
  CHECK(vmso_queue_configure(&device, 3, &config) == VMSO_ERR_ARGUMENT);
  config.contexts[0] = 1;
  b.status[3].state = VMSO_QUEUE_RUN;
  CHECK(vmso_queue_configure(&device, 3, &config) == VMSO_ERR_STATE);
  CHECK(vmso_queue_command(&device, 3, VMSO_CMD_STOP) == VMSO_OK);
  CHECK(b.commands.back() == Command{3, VMSO_CMD_STOP});

  vmso_context context{VMSO_FORMAT_IDENTITY, 48, VMSO_REG_CONTEXT_FORMAT_PRIV_bm, 0x10000, 0x7ffff};
  uint16_t fence = 0;
  REQUIRE(vmso_context_set(&device, 2, &context, &fence) == VMSO_OK);
  CHECK(fence == 1);
  CHECK(!vmso_fence_done(&device, fence));
  b.cycles(4);
  CHECK(b.fences.at(0).root == 0x10);
  CHECK(b.fences.at(0).limit == 0x7f);
  CHECK(b.fences.at(0).flags == 2);
  CHECK(b.fences.at(0).pa_bits == 48);
  b.bench->fence_done_number = 1;
  CHECK(vmso_fence_wait(&device, fence) == VMSO_OK);
  REQUIRE(vmso_fence_start(&device, VMSO_FENCE_RANGE, 2, 0x5000, 0x2000, &fence) == VMSO_OK);
  CHECK(fence == 2);
  b.cycles(4);
  CHECK(b.fences.at(1).first == 5);
  CHECK(b.fences.at(1).last == 6);
  device.poll_limit = 5;
  for (int i = 0; i < 3; i++) {
    CHECK(vmso_fence_start(&device, VMSO_FENCE_ALL, 0, 0, 0, &fence) == VMSO_OK);
  }
  CHECK(vmso_fence_start(&device, VMSO_FENCE_ALL, 0, 0, 0, &fence) == VMSO_ERR_TIMEOUT);
}

TEST_CASE("The driver refuses a queue that the device would not enable", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  const vmso_queue_config good{0x1000, 2,   0x2000,   1,      0,    {0, 0, 0, 0},
                               0xf,    255, 0xffffff, 0xffff, false};
  const uint64_t end = 1ull << 56;
  struct Case {
    void (*change)(vmso_queue_config &);
    bool fits;
  };
  const std::vector<Case> cases = {
      {[](auto &) {}, true},
      {[](auto &c) { c.ring_base = end - 64; }, true},
      {[](auto &c) { c.ring_base = end; }, false},
      {[](auto &c) { c.ring_base = 0x1020; }, false},
      {[](auto &c) { c.ring_base = 0x1001; }, false},
      {[](auto &c) { c.completion_base = end - 32; }, true},
      {[](auto &c) { c.completion_base = end; }, false},
      {[](auto &c) { c.completion_base = 0x2020; }, true},
      {[](auto &c) { c.completion_base = 0x2010; }, false},
      {[](auto &c) { c.log2_slots = 1; }, false},
      {[](auto &c) { c.log2_slots = 15; }, true},
      {[](auto &c) { c.log2_slots = 16; }, false},
      {[](auto &c) { c.log2_completions = 0; }, false},
      {[](auto &c) { c.log2_completions = 15; }, true},
      {[](auto &c) { c.log2_completions = 16; }, false},
      {[](auto &c) { c.vector = 1; }, false},
      {[](auto &c) { c.weight = 256; }, false},
      {[](auto &c) { c.granted = 16; }, false},
      {[](auto &c) { c.contexts[3] = 7; }, true},
      {[](auto &c) { c.contexts[3] = 8; }, false},
      {[](auto &c) { c.rate_bytes = 1u << 24; }, false},
      {[](auto &c) { c.rate_frames = 1u << 16; }, false},
  };
  for (size_t i = 0; i < cases.size(); i++) {
    INFO("case " << i);
    vmso_queue_config config = good;
    cases[i].change(config);
    b.configs.clear();
    int result = vmso_queue_configure(&device, 2, &config);
    CHECK(result == (cases[i].fits ? VMSO_OK : VMSO_ERR_ARGUMENT));
    CHECK(b.configs.size() == (cases[i].fits ? 7 : 0));
    // the same, staged by somebody else
    uint32_t base = VMSO_REG_QUEUE(2);
    b.write64(base + VMSO_REG_QUEUE_RING_BASE, config.ring_base);
    b.write64(base + VMSO_REG_QUEUE_CPL_BASE, config.completion_base);
    b.write64(base + VMSO_REG_QUEUE_RING_SHAPE, config.log2_slots & 15);
    b.write64(base + VMSO_REG_QUEUE_CPL_SHAPE, config.log2_completions & 15);
    b.commands.clear();
    if (i >= 1 && i <= 14) {
      CHECK(vmso_queue_command(&device, 2, VMSO_CMD_ENABLE) == result);
      CHECK(b.commands.size() == (cases[i].fits ? 1 : 0));
    }
  }
  REQUIRE(vmso_queue_configure(&device, 2, &good) == VMSO_OK);
  CHECK(b.configs.back() == QueueConfig{2, 6, 0xffffull << 32 | 0xffffff});
  b.status[2].pending = true;
  CHECK(vmso_queue_configure(&device, 2, &good) == VMSO_ERR_BUSY);
  CHECK(vmso_queue_command(&device, 4, VMSO_CMD_STOP) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_queue_command(&device, 0, VMSO_CMD_NONE) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_queue_command(&device, 0, vmso_queue_cmd(7)) == VMSO_ERR_ARGUMENT);
}

TEST_CASE("The driver refuses a context before it writes and tells when the device does",
          "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  const uint32_t formats = device.formats;
  unsigned refused = 0, taken = 0;
  for (unsigned format = 0; format < 17; format++) {
    for (unsigned pa_bits : {0u, 31u, 32u, 33u, 48u, 49u, 52u, 53u, 56u, 57u, 63u}) {
      for (uint64_t root : {0x5000ull, 0x5008ull, 1ull << 31, 1ull << 32, 1ull << 47, 1ull << 48,
                            1ull << 51, 1ull << 52, 1ull << 55, 1ull << 56, 1ull << 63}) {
        INFO("format " << format << " pa_bits " << pa_bits << " root " << std::hex << root);
        vmso_context context{vmso_format(format), pa_bits, 0, root, root};
        uint16_t fence = 0;
        b.fences.clear();
        int result = vmso_context_set(&device, 5, &context, &fence);
        b.cycles(4);
        CHECK(b.fences.size() == (result == VMSO_OK));
        CHECK(b.read(VMSO_REG_STICKY) == 0);  // what the driver lets through the device takes
        if (result == VMSO_OK) {
          CHECK(b.fences[0].format == format);
          b.bench->fence_done_number = fence;
          taken++;
          continue;
        }
        CHECK(result == VMSO_ERR_ARGUMENT);
        refused++;
        if (format > 15) continue;
        // what the driver does not let through the device does not take either
        device.formats = 0xffff;
        uint32_t base = VMSO_REG_CONTEXT(5);
        b.write64(base + VMSO_REG_CONTEXT_ROOT, root);
        b.write(base + VMSO_REG_CONTEXT_FORMAT,
                format | pa_bits << VMSO_REG_CONTEXT_FORMAT_PA_BITS_bp);
        b.write(base + VMSO_REG_CONTEXT_COMMIT, 1);
        b.cycles(4);
        CHECK(b.read(VMSO_REG_STICKY) == VMSO_REG_STICKY_COMMIT_REFUSED_bm);
        REQUIRE(b.fences.size() == 1);
        CHECK(b.fences[0].format == VMSO_FORMAT_OFF);
        b.write(VMSO_REG_STICKY, 0x1ff);
        device.fences_started = uint16_t(b.fences[0].number);
        b.bench->fence_done_number = device.fences_started;
        device.formats = formats;
      }
    }
  }
  CHECK(refused > 900);
  CHECK(taken > 80);
  // a capability that the device does not have
  device.formats = 0xffff;
  vmso_context context{vmso_format(9), 40, 0, 0x5000, 0};
  uint16_t fence = 0, before = device.fences_started;
  CHECK(vmso_context_set(&device, 5, &context, &fence) == VMSO_ERR_STATE);
  CHECK(fence == uint16_t(before + 1));  // to wait for until the context is off
  context.flags = VMSO_REG_CONTEXT_FORMAT_PA_BITS_bm;
  CHECK(vmso_context_set(&device, 5, &context, &fence) == VMSO_ERR_ARGUMENT);
}

TEST_CASE("A fence or advice of what cannot be is refused before anything is written", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  uint16_t fence = 0;
  auto range = [&](uint64_t va) {
    return vmso_fence_start(&device, VMSO_FENCE_RANGE, 1, va, 4096, &fence);
  };
  for (uint64_t tag : {0x01ull, 0xa5ull, 0x7full, 0x80ull, 0xfeull}) {
    CHECK(range(tag << 56 | 0x7fff40000000) == VMSO_ERR_ARGUMENT);
    CHECK(vmso_advise_start(&device, 1, tag << 56 | 0x7fff40000000, 4096) == VMSO_ERR_ARGUMENT);
  }
  CHECK(vmso_fence_start(&device, vmso_fence_kind(3), 1, 0, 0, &fence) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_fence_start_leaf_only(&device, VMSO_FENCE_CONTEXT, device.contexts, 0, 0, &fence) ==
        VMSO_ERR_ARGUMENT);
  CHECK(b.fences.empty());
  CHECK(range(0x00ffffffffffffff) == VMSO_OK);
  CHECK(range(0xff00000000000000) == VMSO_OK);
  CHECK(vmso_fence_start(&device, VMSO_FENCE_CONTEXT, 1, ~0ull >> 1, 0, &fence) == VMSO_OK);
  uint64_t words[5];
  auto *odd = reinterpret_cast<uint8_t *>(words) + 4;
  CHECK(vmso_fence_status_set(&device, odd, 0x1000) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_window_set(&device, 0, 0, uint64_t{1} << 56) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_window_set(&device, 0, 0, (uint64_t{1} << 56) - 1) == VMSO_OK);
}

TEST_CASE("A place for a fence that another owner has taken is waited for", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  b.fences_taken = false;
  for (int i = 0; i < 4; i++) b.write(VMSO_REG_FENCE_GO, 0);
  device.poll_limit = 5;
  uint16_t fence = 0;
  CHECK(vmso_fence_start(&device, VMSO_FENCE_ALL, 0, 0, 0, &fence) == VMSO_ERR_TIMEOUT);
  vmso_context context{VMSO_FORMAT_OFF, 0, 0, 0, 0};
  CHECK(vmso_context_set(&device, 1, &context, &fence) == VMSO_ERR_TIMEOUT);
  device.poll_limit = 1000;
  uint64_t open_at = b.bench.now() + 500;
  b.on_cycle = [&] { b.fences_taken = b.bench.now() >= open_at; };
  CHECK(vmso_fence_start(&device, VMSO_FENCE_ALL, 0, 0, 0, &fence) == VMSO_OK);
  CHECK(fence == 5);
  CHECK(b.bench.now() >= open_at);
}

TEST_CASE("The driver tunes the read timeout and sets it", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  auto timeout = [&](uint32_t latency, bool reorders) {
    REQUIRE(vmso_tune(&device, latency, reorders, 1514) == VMSO_OK);
    return b.read(VMSO_REG_READ_TIMEOUT);
  };
  CHECK(timeout(0, false) == 4096);
  CHECK(timeout(256, false) == 4096);
  CHECK(timeout(257, false) == 4112);
  CHECK(timeout(256, true) == 5120);
  CHECK(timeout(16383, true) == 327648);
  vmso_read_timeout_set(&device, 0);
  CHECK(b.bench->read_timeout == 0);
}

// What a queue controller makes of commands: each is pending for a while; STOP for as long as the
// MAC stands still; RESET at any time. OFF is shown before the last write is home, so that a driver
// that does not look at DRAINED is found out.
struct Controller {
  struct Queue {
    unsigned command = VMSO_CMD_NONE;
    uint64_t due = 0, drained_at = 0;
  };
  explicit Controller(Small &bench) : b(bench) {
    b.on_command = [this](const Command &c) { take(c); };
    b.on_cycle = [this] { step(); };
  }
  void take(const Command &c) {
    Status &s = b.status[c.queue];
    commands++;
    if (s.pending && c.cmd != VMSO_CMD_RESET) {
      s.refused = true;
      return;
    }
    queues[c.queue] = {c.cmd, b.bench.now() + 1 + b.rng() % 300, 0};
    s.pending = true;
    s.refused = false;
  }
  void step() {
    for (unsigned i = 0; i < 4; i++) {
      Queue &q = queues[i];
      Status &s = b.status[i];
      s.drained = s.state == VMSO_QUEUE_OFF && b.bench.now() >= q.drained_at;
      bool waits = q.command == VMSO_CMD_STOP && s.state == VMSO_QUEUE_RUN && mac_stopped;
      if (q.command == VMSO_CMD_NONE || b.bench.now() < q.due || waits) continue;
      unsigned from = s.state;
      if (q.command == VMSO_CMD_ENABLE && (from == VMSO_QUEUE_OFF || from == VMSO_QUEUE_STOPPED)) {
        s.state = VMSO_QUEUE_RUN;
      } else if (q.command == VMSO_CMD_STOP && from == VMSO_QUEUE_RUN) {
        s.state = VMSO_QUEUE_STOPPED;
      } else if (q.command == VMSO_CMD_RESET) {
        s.state = VMSO_QUEUE_OFF;
        q.drained_at = b.bench.now() + 200;
      } else {
        s.refused = true;
      }
      s.drained = false;
      s.pending = false;
      q.command = VMSO_CMD_NONE;
    }
  }
  Small &b;
  std::array<Queue, 4> queues;
  bool mac_stopped = false;
  unsigned commands = 0;
};

void configure_all(Small &b, vmso_device &device) {
  const vmso_queue_config config{0x1000, 4, 0x2000, 4, 0, {0, 0, 0, 0}, 0xf, 1, 0, 0, false};
  for (unsigned i = 0; i < 4; i++) REQUIRE(vmso_queue_configure(&device, i, &config) == VMSO_OK);
  b.configs.clear();
}

TEST_CASE("The driver's waits end in the state they name for every order of commands",
          "[driver][queue]") {
  const vmso_queue_config config{0x1000, 4, 0x2000, 4, 0, {0, 0, 0, 0}, 0xf, 1, 0, 0, false};
  for (int seed : {1, 2, 3}) {
    Small b(seed);
    vmso_io io = io_of(b);
    vmso_device device;
    REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
    configure_all(b, device);
    Controller c(b);
    std::map<int, unsigned> results[8];
    for (int i = 0; i < 2000; i++) {
      unsigned queue = unsigned(b.rng() % 2), what = unsigned(b.rng() % 8);
      if (b.rng() % 20 == 0) c.mac_stopped = !c.mac_stopped;
      // a queue that fails, as seen by software: at any time
      if (b.rng() % 10 == 0 && b.status[queue].state == VMSO_QUEUE_RUN) {
        b.status[queue].state = VMSO_QUEUE_ERROR;
      }
      device.poll_limit = b.rng() % 4 ? 1000 : unsigned(b.rng() % 20);
      const Status &s = b.status[queue];
      Status was = s;
      unsigned commands = c.commands;
      size_t configs = b.configs.size();
      int result = 0;
      INFO("seed " << seed << " step " << i << " what " << what << " from " << was.state
                   << (was.pending ? " pending" : "") << (c.mac_stopped ? ", MAC stopped" : ""));
      if (what == 0) {
        result = vmso_queue_start(&device, queue);
        CHECK((result != VMSO_OK || (s.state == VMSO_QUEUE_RUN && !s.pending)));
        bool no_way = was.state == VMSO_QUEUE_ERROR && !was.pending;
        CHECK((!no_way || result == VMSO_ERR_STATE || result == VMSO_ERR_TIMEOUT));
      } else if (what == 1) {
        result = vmso_queue_stop(&device, queue);
        CHECK((result != VMSO_OK || (s.state == VMSO_QUEUE_STOPPED && !s.pending)));
        CHECK((result != VMSO_OK || !c.mac_stopped || was.pending ||
               was.state == VMSO_QUEUE_STOPPED));
      } else if (what == 2) {
        result = vmso_queue_reset(&device, queue);
        CHECK((result == VMSO_OK || result == VMSO_ERR_TIMEOUT));
        CHECK((device.poll_limit < 1000 || result == VMSO_OK));  // whatever the MAC does
        CHECK((result != VMSO_OK || (s.state == VMSO_QUEUE_OFF && !s.pending && s.drained)));
        if (result == VMSO_OK) {  // nothing that was asked for before comes to life
          b.cycles(400);
          CHECK(s.state == VMSO_QUEUE_OFF);
        }
      } else if (what == 3) {
        result = vmso_queue_configure(&device, queue, &config);
        if (was.pending && s.pending) CHECK(result == VMSO_ERR_BUSY);
        CHECK(b.configs.size() - configs == (result == VMSO_OK ? 7 : 0));
      } else if (what == 4) {
        auto state = vmso_queue_state(&device, queue) == VMSO_QUEUE_RUN ? VMSO_QUEUE_RUN
                                                                        : VMSO_QUEUE_STOPPED;
        result = vmso_queue_wait(&device, queue, state);
        CHECK((result != VMSO_OK || (s.state == state && !s.pending)));
      } else {
        auto command = vmso_queue_cmd(VMSO_CMD_ENABLE + what - 5);
        result = vmso_queue_command(&device, queue, command);
        if (result == VMSO_ERR_BUSY) {
          CHECK(c.commands == commands);
          CHECK(was.pending);
          CHECK(command != VMSO_CMD_RESET);
        } else {
          CHECK(c.commands == commands + 1);
        }
        if (command == VMSO_CMD_RESET) CHECK(result == VMSO_OK);
      }
      results[what][result]++;
    }
    for (unsigned what = 0; what < 8; what++) {
      INFO("what " << what);
      CHECK(results[what][VMSO_OK] > 20);
    }
    CHECK(results[0][VMSO_ERR_STATE] > 5);
    CHECK(results[1][VMSO_ERR_STATE] > 5);
    CHECK(results[1][VMSO_ERR_TIMEOUT] > 5);
    CHECK(results[5][VMSO_ERR_BUSY] > 5);
    CHECK(b.read(VMSO_REG_STICKY) == 0);  // the driver writes nothing that csr ignores
  }
}

TEST_CASE("ENABLE and RESET at once end OFF and STOP behind ENABLE is waited for",
          "[driver][queue]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  configure_all(b, device);
  Controller c(b);
  REQUIRE(vmso_queue_command(&device, 0, VMSO_CMD_ENABLE) == VMSO_OK);
  CHECK(vmso_queue_pending(&device, 0));
  REQUIRE(vmso_queue_reset(&device, 0) == VMSO_OK);
  CHECK(b.status[0].drained);
  b.cycles(1000);
  CHECK(b.status[0].state == VMSO_QUEUE_OFF);
  REQUIRE(vmso_queue_command(&device, 0, VMSO_CMD_ENABLE) == VMSO_OK);
  CHECK(vmso_queue_command(&device, 0, VMSO_CMD_STOP) == VMSO_ERR_BUSY);
  CHECK(vmso_queue_stop(&device, 0) == VMSO_OK);
  CHECK(b.status[0].state == VMSO_QUEUE_STOPPED);
  // a stopped MAC holds STOP of one queue and nothing else
  REQUIRE(vmso_queue_start(&device, 0) == VMSO_OK);
  REQUIRE(vmso_queue_start(&device, 1) == VMSO_OK);
  c.mac_stopped = true;
  device.poll_limit = 200;
  CHECK(vmso_queue_stop(&device, 0) == VMSO_ERR_TIMEOUT);
  CHECK(vmso_queue_start(&device, 0) == VMSO_ERR_TIMEOUT);
  CHECK(vmso_queue_pending(&device, 0));
  CHECK(vmso_queue_reset(&device, 1) == VMSO_OK);
  CHECK(vmso_queue_reset(&device, 0) == VMSO_OK);
  REQUIRE(vmso_queue_command_notify(&device, 0, VMSO_CMD_ENABLE) == VMSO_OK);
  CHECK(b.commands.back() == Command{0, VMSO_CMD_ENABLE, 1});
}

TEST_CASE("RETRY ABORT and ACK_FAULT are written only where they can be carried out",
          "[driver][fault]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  struct Case {
    int (*call)(vmso_device *, unsigned);
    unsigned command;
    bool needs_parked;
  };
  const Case cases[] = {{vmso_queue_retry, VMSO_CMD_RETRY, true},
                        {vmso_queue_abort, VMSO_CMD_ABORT, true},
                        {vmso_queue_ack, VMSO_CMD_ACK_FAULT, false}};
  for (const Case &c : cases) {
    CHECK(c.call(&device, 4) == VMSO_ERR_ARGUMENT);
    for (unsigned state = VMSO_QUEUE_OFF; state <= VMSO_QUEUE_ERROR; state++) {
      for (bool fault : {false, true}) {
        INFO("command " << c.command << " state " << state << " fault " << fault);
        Status &s = b.status[1];
        s = {.state = state, .fault = fault};
        uint64_t due = 0;
        b.commands.clear();
        b.on_command = [&](const Command &) {
          s.pending = true;
          due = b.bench.now() + 100;
        };
        b.on_cycle = [&] {
          if (!s.pending || b.bench.now() < due) return;
          s.pending = false;
          s.state = VMSO_QUEUE_FLUSH;  // and it fails again at once
        };
        bool can = c.needs_parked ? state == VMSO_QUEUE_PARKED : fault;
        CHECK(c.call(&device, 1) == (can ? VMSO_OK : VMSO_ERR_STATE));
        CHECK(!s.pending);
        REQUIRE(b.commands.size() == (can ? 1 : 0));
        if (can) CHECK(b.commands[0] == Command{1, c.command});
      }
    }
    Status &s = b.status[1];
    b.on_cycle = {};
    s = {.state = VMSO_QUEUE_PARKED, .fault = true};
    b.on_command = [&](const Command &) { s.refused = true; };  // somebody else was first
    CHECK(c.call(&device, 1) == VMSO_ERR_STATE);
    s = {.state = VMSO_QUEUE_PARKED, .pending = true, .fault = true};
    device.poll_limit = 5;
    CHECK(c.call(&device, 1) == VMSO_ERR_TIMEOUT);
    device.poll_limit = 1000;
  }
}

TEST_CASE("A queue that has parked again was started all the same", "[driver][fault]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  b.status[0].state = VMSO_QUEUE_STOPPED;
  b.on_command = [&](const Command &) { b.status[0].state = VMSO_QUEUE_PARKED; };
  CHECK(vmso_queue_start(&device, 0) == VMSO_OK);
  b.on_command = [&](const Command &) { b.status[0].refused = true; };
  CHECK(vmso_queue_start(&device, 0) == VMSO_ERR_STATE);
}

TEST_CASE("Pending faults are found in turn and read from the queue's registers",
          "[driver][fault]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  CHECK(vmso_fault_pending(&device, 0) == -1);
  b.status[1].fault = b.status[3].fault = true;
  CHECK(vmso_fault_pending(&device, 0) == 1);
  CHECK(vmso_fault_pending(&device, 1) == 1);
  CHECK(vmso_fault_pending(&device, 2) == 3);
  CHECK(vmso_fault_pending(&device, 4) == -1);

  vmso_fault fault;
  CHECK(vmso_queue_fault(&device, 0, &fault) == VMSO_ERR_STATE);
  CHECK(vmso_queue_fault(&device, 4, &fault) == VMSO_ERR_ARGUMENT);
  REQUIRE(vmso_queue_fault(&device, 3, &fault) == VMSO_OK);
  auto word = [](unsigned n) {  // 64 bit
    auto half = [](unsigned i) { return Small::fault_word(3, i) * 0x9e3779b9u; };
    return half(2 * n) | uint64_t{half(2 * n + 1)} << 32;
  };
  CHECK(fault.cookie == word(0));
  CHECK(fault.va == word(1));
  CHECK(fault.queue == (word(2) & 0xffff));
  CHECK(fault.context == (word(2) >> 16 & 0xffff));
  CHECK(unsigned(fault.cause) == (word(2) >> 32 & 0xff));
  CHECK(fault.level == (word(2) >> 40 & 7));
  CHECK(unsigned(fault.access) == (word(2) >> 43 & 3));
  CHECK(fault.space == (word(2) >> 45 & 3));
  CHECK(fault.number == 0);
  CHECK(fault.segment == (word(3) & 0xffffff));
  CHECK(fault.bytes_sent == (word(3) >> 24 & 0xffffff));
  CHECK(fault.slot == (word(3) >> 48 & 0x7fff));
}

TEST_CASE("The fault ring gives each record once over many laps and its place back",
          "[driver][fault]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  std::vector<uint64_t> memory(4 * 8, ~0ull);
  vmso_fault_ring ring;
  CHECK(vmso_fault_ring_init(&device, &ring, memory.data(), 0x1000, 0) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_fault_ring_init(&device, &ring, memory.data(), 0x1000, 16) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_fault_ring_init(&device, &ring, memory.data(), 0x1010, 3) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_fault_ring_init(&device, &ring, memory.data(), 1ull << 56, 3) == VMSO_ERR_ARGUMENT);
  CHECK(b.read(VMSO_REG_FAULT_SHAPE) == 0);
  b.write(VMSO_REG_FAULT_CONSUMER, 7);
  b.write(VMSO_REG_FAULT_SHAPE, 4);
  b.bench->fault_ring = 1 << 16 | 5;  // a record of before is under way
  device.poll_limit = 10;
  CHECK(vmso_fault_ring_init(&device, &ring, memory.data(), 0x123450020, 3) == VMSO_ERR_TIMEOUT);
  CHECK(b.read(VMSO_REG_FAULT_SHAPE) == 0);
  CHECK(memory == std::vector<uint64_t>(4 * 8, ~0ull));
  b.bench->fault_ring = 0;
  device.poll_limit = 1000;
  REQUIRE(vmso_fault_ring_init(&device, &ring, memory.data(), 0x123450020, 3) == VMSO_OK);
  CHECK(b.read64(VMSO_REG_FAULT_BASE) == 0x123450020);
  CHECK(b.read(VMSO_REG_FAULT_SHAPE) == 3);
  CHECK(b.read(VMSO_REG_FAULT_CONSUMER) == 0);
  CHECK(memory == std::vector<uint64_t>(4 * 8, 0));

  vmso_fault fault;
  uint16_t produced = 0;
  for (unsigned burst = 0; burst < 40; burst++) {
    for (unsigned i = 0; i < burst % 9; i++, produced++) {
      vmso_fault_record r{};
      vmso_fault_record_set_cookie(&r, 0x1111111100000000 + produced);
      vmso_fault_record_set_va(&r, 0xffff800000000000 + produced);
      vmso_fault_record_set_queue(&r, 3);
      vmso_fault_record_set_ctx(&r, 5);
      vmso_fault_record_set_space(&r, 2);
      vmso_fault_record_set_cause(&r, VMSO_CAUSE_NO_USER);
      vmso_fault_record_set_level(&r, 4);
      vmso_fault_record_set_access(&r, VMSO_ACCESS_TEMPLATE);
      vmso_fault_record_set_record_number(&r, produced);
      vmso_fault_record_set_segment(&r, 0xabcdef);
      vmso_fault_record_set_payload_bytes(&r, 0x123456);
      vmso_fault_record_set_slot(&r, 0x7abc);
      vmso_fault_record_set_phase(&r, ~(produced >> 3) & 1);
      std::memcpy(&memory[4 * (produced % 8)], &r, sizeof(r));
    }
    for (unsigned i = 0; i < burst % 9; i++) {
      REQUIRE(vmso_fault_ring_next(&ring, &fault));
      uint16_t number = uint16_t(produced - burst % 9 + i);
      CHECK(fault.cookie == 0x1111111100000000u + number);
      CHECK(fault.va == 0xffff800000000000 + number);
      CHECK(fault.queue == 3);
      CHECK(fault.context == 5);
      CHECK(fault.space == 2);
      CHECK(fault.cause == VMSO_CAUSE_NO_USER);
      CHECK(fault.level == 4);
      CHECK(fault.access == VMSO_ACCESS_TEMPLATE);
      CHECK(fault.number == number);
      CHECK(fault.segment == 0xabcdef);
      CHECK(fault.bytes_sent == 0x123456);
      CHECK(fault.slot == 0x7abc);
      CHECK(b.read(VMSO_REG_FAULT_CONSUMER) == uint16_t(number + 1));
    }
    CHECK(!vmso_fault_ring_next(&ring, &fault));
  }
  b.bench->ready_status = 1;
  REQUIRE(vmso_device_reset(&device) == VMSO_OK);
  CHECK(b.read(VMSO_REG_FAULT_SHAPE) == 0);
}

TEST_CASE("A fence of leaves says so and the number in memory ends a wait", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  uint64_t status[4] = {9, 0, 0, 0};
  unsigned relaxed = 0;
  struct Rig {
    Small &b;
    uint64_t *word;
    unsigned &relaxed;
  } rig{b, status, relaxed};
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  uint16_t fence = 0;
  REQUIRE(vmso_fence_start_leaf_only(&device, VMSO_FENCE_RANGE, 2, 0x5000, 1, &fence) == VMSO_OK);
  b.cycles(4);
  CHECK(b.fences.back().leaf_only);
  REQUIRE(vmso_fence_start(&device, VMSO_FENCE_CONTEXT, 2, 0, 0, &fence) == VMSO_OK);
  b.cycles(4);
  CHECK(!b.fences.back().leaf_only);

  CHECK(vmso_fence_wait_seen(&device, fence) == VMSO_ERR_STATE);
  CHECK(!vmso_fence_seen(&device, fence));
  CHECK(vmso_fence_status_set(&device, status, 0x1008) == VMSO_ERR_ARGUMENT);
  CHECK(vmso_fence_status_set(&device, status, 1ull << 56) == VMSO_ERR_ARGUMENT);
  CHECK(status[0] == 9);
  REQUIRE(vmso_fence_status_set(&device, status, 0x7ffe0) == VMSO_OK);
  CHECK(status[0] == 0);
  CHECK(b.read64(VMSO_REG_FENCE_STATUS) == 0x7ffe0);
  CHECK(b.read(VMSO_REG_FENCE_STATUS_ON) == 1);
  device.io.opaque = &rig;
  device.io.relax = [](void *r) {
    auto *the = static_cast<Rig *>(r);
    if (++the->relaxed == 5) *the->word = 2;
  };
  CHECK(vmso_fence_wait_seen(&device, fence) == VMSO_OK);
  CHECK(relaxed == 5);
  device.poll_limit = 10;
  CHECK(vmso_fence_wait_seen(&device, 3) == VMSO_ERR_TIMEOUT);
  status[0] = 0xfffe;  // numbers wrap
  CHECK(vmso_fence_seen(&device, 0xfffd));
  CHECK(!vmso_fence_seen(&device, 1));
  device.io = io;
  device.poll_limit = 1000;
  REQUIRE(vmso_device_reset(&device) == VMSO_OK);
  CHECK(status[0] == 0);
  REQUIRE(vmso_fence_status_set(&device, nullptr, 0) == VMSO_OK);
  CHECK(b.read(VMSO_REG_FENCE_STATUS_ON) == 0);
  CHECK(vmso_fence_wait_seen(&device, 1) == VMSO_ERR_STATE);
}

TEST_CASE("The number in memory tells of no fence before it is done", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  for (uint16_t done : {0, 1, 0x7fff, 0x8000, 0x9000, 0xffff}) {
    b.bench->fence_done_number = done;
    b.cycles(4);
    uint64_t status[4] = {9, 0, 0, 0};
    REQUIRE(vmso_fence_status_set(&device, status, 0x7ffe0) == VMSO_OK);
    CHECK(vmso_fence_seen(&device, done));
    CHECK(vmso_fence_seen(&device, uint16_t(done - 1)));
    CHECK(!vmso_fence_seen(&device, uint16_t(done + 1)));
    CHECK(!vmso_fence_seen(&device, uint16_t(done + 4)));
  }
}

TEST_CASE("Fences of another owner of the device keep no place of this one's", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device, other;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  REQUIRE(vmso_device_init(&other, &io) == VMSO_OK);
  uint16_t fence = 0;
  for (unsigned i = 1; i <= 9; i++) {
    REQUIRE(vmso_fence_start(&other, VMSO_FENCE_ALL, 0, 0, 0, &fence) == VMSO_OK);
    CHECK(fence == i);
    b.bench->fence_done_number = fence;
    b.cycles(4);
  }
  device.poll_limit = 3;
  CHECK(vmso_fence_start(&device, VMSO_FENCE_ALL, 0, 0, 0, &fence) == VMSO_OK);
  CHECK(fence == 10);
}

TEST_CASE("The driver advises one range at a time and tells how far it is", "[driver]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  auto &dut = b.bench.dut();
  CHECK(vmso_advise_start(&device, 8, 0x1000, 1) == VMSO_ERR_ARGUMENT);
  CHECK(b.advises.empty());
  REQUIRE(vmso_advise_start(&device, 7, 0x7f0000001fff, 2) == VMSO_OK);
  REQUIRE(b.advises.size() == 1);
  CHECK(b.advises[0] == std::array<uint64_t, 3>{7, 0x7f0000001, 0x7f0000002});
  dut.advise_ready = 0;
  dut.advise_busy = 1;
  dut.advise_present = 5;
  uint32_t pages = 0;
  CHECK(vmso_advise_poll(&device, &pages) == VMSO_ERR_BUSY);
  CHECK(pages == 5);
  CHECK(vmso_advise_start(&device, 6, 0, 1) == VMSO_ERR_BUSY);
  CHECK(b.read(VMSO_REG_ADVISE_WHAT) == 7u << VMSO_REG_ADVISE_WHAT_CTX_bp);
  dut.advise_busy = 0;  // somebody else is faster
  CHECK(vmso_advise_start(&device, 6, 0, 1) == VMSO_ERR_BUSY);
  CHECK(b.advises.size() == 1);
  dut.advise_busy = 1;
  CHECK(b.advise_stops == 0);
  vmso_advise_stop(&device);
  CHECK(b.advise_stops == 1);
  dut.advise_ready = 1;
  dut.advise_busy = 0;
  dut.advise_present = 0xffffff;
  CHECK(vmso_advise_poll(&device, &pages) == VMSO_OK);
  CHECK(pages == 0xffffff);
  CHECK(vmso_advise_start(&device, 0, 0, 0) == VMSO_OK);
}

TEST_CASE("Events of faults are taken once and leave other sticky bits and vectors alone",
          "[driver][fault]") {
  Small b;
  vmso_io io = io_of(b);
  vmso_device device;
  REQUIRE(vmso_device_init(&device, &io) == VMSO_OK);
  auto &dut = b.bench.dut();
  b.write(VMSO_REG_STICKY_MASK, VMSO_REG_STICKY_WRITE_ERROR_bm);
  b.write(VMSO_REG_IRQ_MASK, 0x10);
  vmso_fault_interrupt_set(&device, true);
  CHECK(b.read(VMSO_REG_STICKY_MASK) ==
        (VMSO_REG_STICKY_WRITE_ERROR_bm | VMSO_FAULT_RECORD | VMSO_FAULT_OVERFLOW));
  CHECK((b.read(VMSO_REG_IRQ_MASK) & 1) == 1);
  CHECK(vmso_fault_events(&device) == 0);
  auto set = [&](uint32_t bits) {
    dut.sticky_set = bits;
    b.cycle();
    dut.sticky_set = 0;
    b.cycles(2);
  };
  // A write that the bus refused is told, and left to whoever else looks for it.
  set(VMSO_FAULT_LOST | VMSO_FAULT_RECORD);
  CHECK(vmso_fault_events(&device) == (VMSO_FAULT_LOST | VMSO_FAULT_RECORD));
  CHECK(vmso_fault_events(&device) == VMSO_FAULT_LOST);
  b.write(VMSO_REG_STICKY, VMSO_FAULT_LOST);
  for (uint32_t bits : {VMSO_FAULT_RECORD, VMSO_FAULT_OVERFLOW, 0x600u}) {
    set(bits | VMSO_REG_STICKY_WINDOW_bm);
    CHECK((b.read(VMSO_REG_IRQ_PENDING) & 1) == 1);
    CHECK(vmso_fault_events(&device) == bits);
    CHECK((b.read(VMSO_REG_IRQ_PENDING) & 1) == 0);
    CHECK(b.read(VMSO_REG_STICKY) == VMSO_REG_STICKY_WINDOW_bm);
    CHECK(vmso_fault_events(&device) == 0);
  }
  vmso_fault_interrupt_set(&device, false);
  CHECK(b.read(VMSO_REG_STICKY_MASK) == VMSO_REG_STICKY_WRITE_ERROR_bm);
  CHECK((b.read(VMSO_REG_IRQ_MASK) & 1) == 1);
}

// Rings in plain memory; the doorbell page is two numbers.
struct RingRig {
  uint32_t producer_doorbell = 0, consumer_doorbell = 0;
  std::vector<uint64_t> slots, completions;
  vmso_ring ring;
  unsigned log2_slots, log2_completions;
  uint32_t produced = 0;  // completions written by "the device"

  RingRig(unsigned log2_slots, unsigned log2_completions)
      : slots(8u << log2_slots),
        completions(4u << log2_completions, ~0ull),
        log2_slots(log2_slots),
        log2_completions(log2_completions) {
    vmso_io io{this, [](void *, uint32_t) { return 0u; },
               [](void *rig, uint32_t offset, uint32_t value) {
                 auto *r = static_cast<RingRig *>(rig);
                 (offset & 4 ? r->consumer_doorbell : r->producer_doorbell) = value;
               },
               nullptr};
    vmso_ring_init(&ring, &io, VMSO_REG_DOORBELL(1), slots.data(), log2_slots, completions.data(),
                   log2_completions);
  }
  const vmso_first_slot &first(uint32_t index) const {
    return *reinterpret_cast<const vmso_first_slot *>(
        &slots[8 * (index & ((1u << log2_slots) - 1))]);
  }
  const vmso_further_slot &further(uint32_t index) const {
    return *reinterpret_cast<const vmso_further_slot *>(
        &slots[8 * (index & ((1u << log2_slots) - 1))]);
  }
  void complete(uint16_t consumer_index, uint64_t cookie) {
    vmso_completion c{};
    vmso_completion_set_cookie(&c, cookie);
    vmso_completion_set_consumer_index(&c, consumer_index);
    vmso_completion_set_phase(&c, ~(produced >> log2_completions) & 1);
    uint32_t place = produced++ & ((1u << log2_completions) - 1);
    std::memcpy(&completions[4 * place], &c, sizeof(c));
  }
};

TEST_CASE("A chain of any length wraps around the ring and reads back buffer by buffer",
          "[driver]") {
  RingRig rig(4, 3);
  uint32_t index = 0;
  for (unsigned count = 0; count <= 40; count++) {
    std::vector<vmso_buffer_ref> buffers;
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
      buffers.push_back({0x1000ull * i + count, 100 * i + 1, uint8_t(i % 4)});
      sum += 100 * i + 1;
    }
    vmso_job job{};
    job.kind = VMSO_KIND_TCP_SEG;
    job.cookie = 0xc000 + count;
    job.header = {0xaaaa, 66, 1};
    job.l3_offset = 14;
    job.l4_offset = 290;
    job.mss = 1448;
    job.l4_mode = VMSO_L4_COMPUTE;
    job.buffers = buffers.data();
    job.buffer_count = count;
    job.completion_wanted = true;
    REQUIRE(vmso_ring_post(&rig.ring, &job) == VMSO_OK);
    vmso_ring_doorbell(&rig.ring);
    uint32_t slots = count <= 2 ? 1 : 1 + (count - 2 + 3) / 4;
    const vmso_first_slot &s = rig.first(index);
    CHECK(vmso_first_slot_slots(&s) == slots);
    CHECK(vmso_first_slot_payload_bytes(&s) == sum);
    CHECK(vmso_first_slot_cookie(&s) == 0xc000 + count);
    CHECK(vmso_first_slot_l4_offset(&s) == (290 & 0xff));
    CHECK(vmso_first_slot_l4_offset_bit8(&s) == 1);
    CHECK(vmso_first_slot_completion_wanted(&s) == 1);
    CHECK(rig.producer_doorbell == ((index + slots) & 0xffff));
    for (unsigned i = 2; i < slots * 4 - 2; i++) {
      const vmso_buffer &place = rig.further(index + 1 + (i - 2) / 4).place[(i - 2) % 4];
      CHECK(vmso_buffer_addr(&place) == (i < count ? buffers[i].addr : 0));
      CHECK(vmso_buffer_bytes(&place) == (i < count ? buffers[i].bytes : 0));
      CHECK(vmso_buffer_space(&place) == (i < count ? buffers[i].space : 0));
      CHECK((place.word[1] & VMSO_BUFFER_RESERVED_bm) == 0);
    }
    index += slots;
    rig.complete(uint16_t(index), job.cookie);
    vmso_completion c;
    REQUIRE(vmso_ring_reap(&rig.ring, &c));
    CHECK(vmso_completion_cookie(&c) == job.cookie);
    CHECK(!vmso_ring_reap(&rig.ring, &c));
    vmso_ring_ack(&rig.ring);
    CHECK(rig.consumer_doorbell == count + 1);
    CHECK(vmso_ring_free(&rig.ring) == 16);
  }
}

TEST_CASE("A full ring refuses and takes again after completions", "[driver]") {
  RingRig rig(3, 3);
  vmso_job job{};
  job.kind = VMSO_KIND_NOP;
  for (unsigned lap = 0; lap < 20000; lap++) {  // indices wrap at 65536
    for (unsigned i = 0; i < 8; i++) REQUIRE(vmso_ring_post(&rig.ring, &job) == VMSO_OK);
    REQUIRE(vmso_ring_free(&rig.ring) == 0);
    REQUIRE(vmso_ring_post(&rig.ring, &job) == VMSO_ERR_FULL);
    // without any completion asked for, enough of them still ask
    unsigned wanted = 0;
    for (unsigned i = 0; i < 8; i++) {
      wanted += unsigned(vmso_first_slot_completion_wanted(&rig.first(8 * lap + i)));
    }
    REQUIRE(wanted == 2);
    rig.complete(uint16_t(8 * lap + 4), 1);
    rig.complete(uint16_t(8 * lap + 8), 2);
    vmso_completion c;
    REQUIRE(vmso_ring_reap(&rig.ring, &c));
    REQUIRE(vmso_ring_free(&rig.ring) == 4);
    REQUIRE(vmso_ring_reap(&rig.ring, &c));
    REQUIRE(!vmso_ring_reap(&rig.ring, &c));
    vmso_ring_ack(&rig.ring);
    REQUIRE(rig.consumer_doorbell == ((2 * lap + 2) & 0xffff));
  }
}

TEST_CASE("The driver refuses what a slot cannot say", "[driver]") {
  RingRig rig(2, 1);
  vmso_buffer_ref buffer{0, 1u << 24, 0};
  vmso_job job{};
  job.kind = VMSO_KIND_FRAME;
  job.buffers = &buffer;
  job.buffer_count = 1;
  CHECK(vmso_ring_post(&rig.ring, &job) == VMSO_ERR_ARGUMENT);
  buffer = {0, 100, 4};
  CHECK(vmso_ring_post(&rig.ring, &job) == VMSO_ERR_ARGUMENT);
  buffer.space = 3;
  job.header.bytes = 512;
  CHECK(vmso_ring_post(&rig.ring, &job) == VMSO_ERR_ARGUMENT);
  job.header.bytes = 0;
  CHECK(vmso_ring_post(&rig.ring, &job) == VMSO_OK);
  // each field above its last value; the value itself is told in the slot, for the engine to judge
  struct Field {
    const char *name;
    uint32_t most;
    void (*set)(vmso_job &, uint32_t);
  };
  for (const Field &f : std::initializer_list<Field>{
           {"kind", 15, [](vmso_job &j, uint32_t v) { j.kind = vmso_kind(v); }},
           {"header.bytes", 511, [](vmso_job &j, uint32_t v) { j.header.bytes = v; }},
           {"header.space", 3, [](vmso_job &j, uint32_t v) { j.header.space = uint8_t(v); }},
           {"l3_offset", 511, [](vmso_job &j, uint32_t v) { j.l3_offset = uint16_t(v); }},
           {"l4_offset", 511, [](vmso_job &j, uint32_t v) { j.l4_offset = uint16_t(v); }},
           {"l4_mode", 3, [](vmso_job &j, uint32_t v) { j.l4_mode = vmso_l4_mode(v); }},
           {"id_mode", 3, [](vmso_job &j, uint32_t v) { j.id_mode = vmso_id_mode(v); }},
           {"flag_profile", 3, [](vmso_job &j, uint32_t v) { j.flag_profile = uint8_t(v); }},
           {"outer_l3", 255, [](vmso_job &j, uint32_t v) { j.outer_l3_offset = uint16_t(v); }},
           {"outer_l4", 255, [](vmso_job &j, uint32_t v) { j.outer_l4_offset = uint16_t(v); }},
           {"outer_id", 3, [](vmso_job &j, uint32_t v) { j.outer_id_mode = vmso_id_mode(v); }}}) {
    INFO(f.name);
    RingRig one(2, 1);
    vmso_job with = job;
    f.set(with, f.most + 1);
    CHECK(vmso_ring_post(&one.ring, &with) == VMSO_ERR_ARGUMENT);
    f.set(with, f.most);
    CHECK(vmso_ring_post(&one.ring, &with) == VMSO_OK);
  }
  // two buffers that each could be, but not together
  std::array<vmso_buffer_ref, 2> sum{{{0, 0xffffff, 0}, {0, 1, 0}}};
  job.buffers = sum.data();
  job.buffer_count = 2;
  CHECK(vmso_ring_post(&rig.ring, &job) == VMSO_ERR_ARGUMENT);
  sum[1].bytes = 0;
  CHECK(vmso_ring_post(&rig.ring, &job) == VMSO_OK);
  std::vector<vmso_buffer_ref> many(2 + 4 * 3 + 1, buffer);  // 5 slots in a ring of 4
  job.buffers = many.data();
  job.buffer_count = many.size();
  CHECK(vmso_ring_post(&rig.ring, &job) == VMSO_ERR_ARGUMENT);
}

TEST_CASE("ADVISE is a job without a header", "[driver]") {
  RingRig rig(3, 2);
  const vmso_buffer_ref buffers[] = {{0x7f1234567890, 0x100000, 1}, {0x1000, 1, 0}};
  vmso_job job{};
  job.kind = VMSO_KIND_ADVISE;
  job.cookie = 0x1234;
  job.completion_wanted = true;
  job.buffers = buffers;
  job.buffer_count = 2;
  REQUIRE(vmso_ring_post(&rig.ring, &job) == VMSO_OK);
  const vmso_first_slot &s = rig.first(0);
  CHECK(s.word[0] == (VMSO_KIND_ADVISE | 1u << 4 | 1u << 8 | 0x100001ull << 24));
  CHECK(s.word[1] == 0);
  CHECK(s.word[2] == 0);
  CHECK(s.word[3] == 0x1234);
  CHECK(s.word[4] == 0x7f1234567890);
  CHECK(s.word[5] == 0x1000);
  CHECK(s.word[6] == (0x100000ull | 1ull << 24 | 1ull << 32));
  CHECK(s.word[7] == 0);
}

TEST_CASE("Codes have names and sentences", "[driver]") {
  CHECK(std::string(vmso_status_name(VMSO_STATUS_FRAME_TOO_LONG)) == "FRAME_TOO_LONG");
  CHECK(std::string(vmso_status_text(VMSO_STATUS_OK)) == "done");
  CHECK(std::string(vmso_status_name(0xff)) == "?");
  CHECK(std::string(vmso_cause_name(VMSO_CAUSE_NOT_PRESENT)) == "NOT_PRESENT");
  CHECK(std::string(vmso_cause_text(VMSO_CAUSE_TABLE_SLV_ERR)) == "SLVERR on a table read");
  CHECK(std::string(vmso_queue_state_name(VMSO_QUEUE_STOPPED)) == "STOPPED");
  CHECK(std::string(vmso_kind_name(VMSO_KIND_TCP_SEG)) == "TCP_SEG");
  CHECK(std::string(vmso_access_name(VMSO_ACCESS_TEMPLATE)) == "TEMPLATE");
}

}  // namespace
