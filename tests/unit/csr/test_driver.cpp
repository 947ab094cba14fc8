// SPDX-License-Identifier: Apache-2.0
// The driver library against the registers of vmso_csr, and its rings against plain memory.
#include <cstring>
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
          }};
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
  vmso_queue_config config{0x12340, 5, 0x56780, 4, 0, {1, 7, 0, 3}, 0xb, 9};
  config.ring_base = 0x1234000;
  config.completion_base = 0x5678020;
  REQUIRE(vmso_queue_configure(&device, 3, &config) == VMSO_OK);
  REQUIRE(b.configs.size() == 6);
  CHECK(b.configs[0] == QueueConfig{3, 0, 0x1234000});
  CHECK(b.configs[1] == QueueConfig{3, 1, 5});
  CHECK(b.configs[2] == QueueConfig{3, 2, 0x5678020});
  CHECK(b.configs[3] == QueueConfig{3, 3, 4});
  CHECK(b.configs[4] == QueueConfig{3, 4, 1ull | 7ull << 12 | 3ull << 36 | 0xbull << 48});
  CHECK(b.configs[5] == QueueConfig{3, 5, 9});
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
               }};
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
  std::vector<vmso_buffer_ref> many(2 + 4 * 3 + 1, buffer);  // 5 slots in a ring of 4
  job.buffers = many.data();
  job.buffer_count = many.size();
  CHECK(vmso_ring_post(&rig.ring, &job) == VMSO_ERR_ARGUMENT);
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
