// SPDX-License-Identifier: Apache-2.0
// The C header and the SystemVerilog packages must put every field at the same bits.
//
// Each field is set to all ones in a record of zeros through the C masks; then its own port must
// show all ones and every other port zero, which a sum over all ports shows.
#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "Vrec_top.h"
#include "verilated.h"
#include "vmso_catch.hpp"
#include "vmso_regs.h"

namespace {

struct Records {
  VerilatedContext context;
  Vrec_top top{&context};

  Records() { clear(); }
  ~Records() { top.final(); }
  void clear() {
    for (auto &word : top.first_slot_bits.m_storage) word = 0;
    for (auto &word : top.further_slot_bits.m_storage) word = 0;
    for (auto &word : top.completion_bits.m_storage) word = 0;
    for (auto &word : top.fault_record_bits.m_storage) word = 0;
    top.queue_bits = 0;
    top.context_bits = 0;
  }
};

template <typename Wide>
void put(Wide &bits, unsigned word, uint64_t value) {
  bits.m_storage[2 * word] = uint32_t(value);
  bits.m_storage[2 * word + 1] = uint32_t(value >> 32);
}

uint64_t ones(unsigned width) { return width == 64 ? ~0ull : (1ull << width) - 1; }

#define FIELD(record, bits, NAME, port)                                                 \
  {                                                                                     \
    INFO(#NAME);                                                                        \
    records.clear();                                                                    \
    put(records.top.bits, VMSO_##record##_##NAME##_word, VMSO_##record##_##NAME##_bm);  \
    records.top.eval();                                                                 \
    CHECK(uint64_t(records.top.port) == ones(VMSO_##record##_##NAME##_bw));             \
    put(records.top.bits, VMSO_##record##_##NAME##_word, ~VMSO_##record##_##NAME##_bm); \
    records.top.eval();                                                                 \
    CHECK(uint64_t(records.top.port) == 0);                                             \
    CHECK(VMSO_##record##_##NAME##_bm >> VMSO_##record##_##NAME##_bp ==                 \
          ones(VMSO_##record##_##NAME##_bw));                                           \
    covered[VMSO_##record##_##NAME##_word] |= VMSO_##record##_##NAME##_bm;              \
  }

#define REGISTER_FIELD(bits, NAME, port)                                                           \
  {                                                                                                \
    INFO(#NAME);                                                                                   \
    records.clear();                                                                               \
    records.top.bits = VMSO_REG_##NAME##_bm;                                                       \
    records.top.eval();                                                                            \
    CHECK(records.top.port == ones(VMSO_REG_##NAME##_bw));                                         \
    records.top.bits = std::remove_reference_t<decltype(records.top.bits)>(~VMSO_REG_##NAME##_bm); \
    records.top.eval();                                                                            \
    CHECK(records.top.port == 0);                                                                  \
  }

TEST_CASE("Given the first slot then C header and package agree bit by bit", "[regs]") {
  Records records;
  std::array<uint64_t, 8> covered{};
#define SLOT(NAME, port) FIELD(FIRST_SLOT, first_slot_bits, NAME, port)
  SLOT(KIND, s_kind)
  SLOT(COMPLETION_WANTED, s_completion_wanted)
  SLOT(INTERRUPT_WANTED, s_interrupt_wanted)
  SLOT(RESERVED0, s_reserved0)
  SLOT(SLOTS, s_slots)
  SLOT(PAYLOAD_BYTES, s_payload_bytes)
  SLOT(MSS, s_mss)
  SLOT(HEADER_BYTES, s_header_bytes)
  SLOT(TEMPLATE_SPACE, s_template_space)
  SLOT(L3_OFFSET_BIT8, s_l3_offset_bit8)
  SLOT(L4_OFFSET_BIT8, s_l4_offset_bit8)
  SLOT(RESERVED1, s_reserved1)
  SLOT(L3_OFFSET, s_l3_offset)
  SLOT(L4_OFFSET, s_l4_offset)
  SLOT(OUTER_L3_OFFSET, s_outer_l3_offset)
  SLOT(OUTER_L4_OFFSET, s_outer_l4_offset)
  SLOT(CSUM_OFFSET, s_csum_offset)
  SLOT(TEMPLATE_ADDR, s_template_addr)
  SLOT(COOKIE, s_cookie)
  SLOT(BUFFER0_ADDR, s_buffer0_addr)
  SLOT(BUFFER1_ADDR, s_buffer1_addr)
  SLOT(BUFFER0_BYTES, s_buffer0_bytes)
  SLOT(BUFFER0_SPACE, s_buffer0_space)
  SLOT(RESERVED6A, s_reserved6a)
  SLOT(BUFFER1_BYTES, s_buffer1_bytes)
  SLOT(BUFFER1_SPACE, s_buffer1_space)
  SLOT(RESERVED6B, s_reserved6b)
  SLOT(VLAN_TCI, s_vlan_tci)
  SLOT(VLAN_INSERT, s_vlan_insert)
  SLOT(VLAN_TPID, s_vlan_tpid)
  SLOT(L4_MODE, s_l4_mode)
  SLOT(ID_MODE, s_id_mode)
  SLOT(OUTER_ID_MODE, s_outer_id_mode)
  SLOT(OUTER_CSUM, s_outer_csum)
  SLOT(FLAG_PROFILE, s_flag_profile)
  SLOT(RESERVED7, s_reserved7)
  for (uint64_t word : covered) CHECK(word == ~0ull);
  CHECK(sizeof(vmso_first_slot) == 64);
}

TEST_CASE("Given a further slot then C header and package agree for each place", "[regs]") {
  Records records;
  for (unsigned place = 0; place < VMSO_FURTHER_SLOT_PLACES; place++) {
    INFO("place " << place);
    vmso_further_slot slot{};
    vmso_buffer_set_addr(&slot.place[place], 0x8123456789abcdefull);
    vmso_buffer_set_bytes(&slot.place[place], 0xfedcba);
    vmso_buffer_set_space(&slot.place[place], 3);
    slot.place[place].word[1] |= VMSO_BUFFER_RESERVED_bm;
    records.clear();
    for (unsigned k = 0; k < 4; k++) {
      put(records.top.further_slot_bits, 2 * k, slot.place[k].word[0]);
      put(records.top.further_slot_bits, 2 * k + 1, slot.place[k].word[1]);
    }
    records.top.eval();
    auto addr = [&](unsigned i) {
      return uint64_t(records.top.b_addr.m_storage[2 * i]) |
             uint64_t(records.top.b_addr.m_storage[2 * i + 1]) << 32;
    };
    for (unsigned i = 0; i < 4; i++) CHECK(addr(i) == (i == place ? 0x8123456789abcdefull : 0));
    CHECK(records.top.b_space == 3u << 2 * place);
    CHECK(std::popcount(records.top.b_reserved.m_storage[0]) +
              std::popcount(records.top.b_reserved.m_storage[1]) +
              std::popcount(records.top.b_reserved.m_storage[2]) +
              std::popcount(records.top.b_reserved.m_storage[3]) +
              std::popcount(records.top.b_reserved.m_storage[4]) ==
          38);
    unsigned bit = 24 * place;
    uint64_t pair =
        uint64_t(records.top.b_bytes.m_storage[bit / 32]) |
        (bit / 32 < 2 ? uint64_t(records.top.b_bytes.m_storage[bit / 32 + 1]) << 32 : 0);
    CHECK((pair >> bit % 32 & 0xffffff) == 0xfedcba);
  }
}

TEST_CASE("Given a completion then C header and package agree bit by bit", "[regs]") {
  Records records;
  std::array<uint64_t, 4> covered{};
#define CPL(NAME, port) FIELD(COMPLETION, completion_bits, NAME, port)
  CPL(COOKIE, c_cookie)
  CPL(PAYLOAD_BYTES, c_payload_bytes)
  CPL(SEGMENTS, c_segments)
  CPL(STATUS, c_status)
  CPL(CAUSE, c_cause)
  CPL(VA, c_va)
  CPL(QUEUE, c_queue)
  CPL(CONSUMER_INDEX, c_consumer_index)
  CPL(LEVEL, c_level)
  CPL(ACCESS, c_access)
  CPL(RESERVED3, c_reserved3)
  CPL(PHASE, c_phase)
  for (uint64_t word : covered) CHECK(word == ~0ull);
}

TEST_CASE("Given a fault record then C header and package agree bit by bit", "[regs]") {
  Records records;
  std::array<uint64_t, 4> covered{};
#define FAULT(NAME, port) FIELD(FAULT_RECORD, fault_record_bits, NAME, port)
  FAULT(COOKIE, f_cookie)
  FAULT(VA, f_va)
  FAULT(QUEUE, f_queue)
  FAULT(CTX, f_ctx)
  FAULT(CAUSE, f_cause)
  FAULT(LEVEL, f_level)
  FAULT(ACCESS, f_access)
  FAULT(SPACE, f_space)
  FAULT(RESERVED2, f_reserved2)
  FAULT(RECORD_NUMBER, f_record_number)
  FAULT(SEGMENT, f_segment)
  FAULT(PAYLOAD_BYTES, f_payload_bytes)
  FAULT(SLOT, f_slot)
  FAULT(PHASE, f_phase)
  for (uint64_t word : covered) CHECK(word == ~0ull);
}

TEST_CASE("Given queue and context registers then C header and package agree", "[regs]") {
  Records records;
  REGISTER_FIELD(queue_bits, QUEUE_RING_SHAPE_LOG2_SLOTS, q_log2_slots)
  REGISTER_FIELD(queue_bits, QUEUE_RING_SHAPE_PARK, q_park)
  REGISTER_FIELD(queue_bits, QUEUE_RING_SHAPE_VECTOR, q_vector)
  REGISTER_FIELD(queue_bits, QUEUE_CPL_SHAPE_LOG2_ENTRIES, q_log2_entries)
  REGISTER_FIELD(queue_bits, QUEUE_CONTEXTS_ID0, q_id0)
  REGISTER_FIELD(queue_bits, QUEUE_CONTEXTS_ID1, q_id1)
  REGISTER_FIELD(queue_bits, QUEUE_CONTEXTS_ID2, q_id2)
  REGISTER_FIELD(queue_bits, QUEUE_CONTEXTS_ID3, q_id3)
  REGISTER_FIELD(queue_bits, QUEUE_CONTEXTS_VALID, q_valid)
  REGISTER_FIELD(queue_bits, QUEUE_WEIGHT_WEIGHT, q_weight)
  REGISTER_FIELD(queue_bits, QUEUE_RATE_BYTES, q_rate_bytes)
  REGISTER_FIELD(queue_bits, QUEUE_RATE_FRAMES, q_rate_frames)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_FORMAT, x_format)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_PA_BITS, x_pa_bits)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_AF_IGNORE, x_af_ignore)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_PRIV, x_priv)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_GB, x_gb)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_XD, x_xd)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_PSE, x_pse)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_RSW, x_rsw)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_NAPOT, x_napot)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_PBMT, x_pbmt)
  REGISTER_FIELD(context_bits, CONTEXT_FORMAT_HPD, x_hpd)
}

TEST_CASE("Given the codes then C header and packages agree on the last of each kind", "[regs]") {
  Records records;
  records.top.eval();
  CHECK(records.top.status_aborted == VMSO_STATUS_ABORTED);
  CHECK(records.top.cause_bus_timeout == VMSO_CAUSE_BUS_TIMEOUT);
  CHECK(records.top.format_aarch64 == VMSO_FORMAT_AARCH64);
  CHECK(records.top.kind_tcp_seg == VMSO_KIND_TCP_SEG);
  CHECK(records.top.queue_error == VMSO_QUEUE_ERROR);
  CHECK(records.top.cmd_ack_fault == VMSO_CMD_ACK_FAULT);
  CHECK(records.top.level_none == VMSO_LEVEL_NONE);
  CHECK(records.top.fence_range == VMSO_FENCE_RANGE);
  CHECK(records.top.num_counters == VMSO_NUM_COUNTERS);
  CHECK(VMSO_REG_COUNTER_CYCLES + 8u * records.top.counter_window_stall ==
        VMSO_REG_COUNTER_WINDOW_STALL);
  CHECK(VMSO_REG_COUNTER_CYCLES + 8u * records.top.counter_table_reads ==
        VMSO_REG_COUNTER_TABLE_READS);
  CHECK(1u << records.top.sticky_parity == VMSO_REG_STICKY_PARITY_bm);
  CHECK(1u << records.top.sticky_command_ignored == VMSO_REG_STICKY_COMMAND_IGNORED_bm);
  CHECK(1u << records.top.sticky_link_dead == VMSO_REG_STICKY_LINK_DEAD_bm);
}

}  // namespace
