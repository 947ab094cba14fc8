// SPDX-License-Identifier: Apache-2.0
#include "encapsulation.hpp"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "model/findings.hpp"

namespace vmso::referee {
namespace {

constexpr unsigned kAttachIngress = 46;      // BPF_TCX_INGRESS, Linux 6.6; older headers lack it
constexpr int kNextProgram = -1, kDrop = 2;  // TCX_NEXT, TCX_DROP

// The value of the map's only entry: what to put in front of the next packets.
struct Order {
  uint32_t bytes = 0;  // of headers; 0: leave packets alone
  uint32_t unused = 0;
  uint64_t flags = 0;                      // of bpf_skb_adjust_room
  uint8_t type_and_headers[2 + 256] = {};  // the EtherType, then the headers
  uint8_t fill[6] = {};
};

template <typename Attributes>
int bpf(int command, Attributes &attributes) {
  return int(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

bpf_insn insn(unsigned code, unsigned dst, unsigned src, int off, int imm) {
  bpf_insn i{};
  i.code = uint8_t(code);
  i.dst_reg = dst & 15;
  i.src_reg = src & 15;
  i.off = int16_t(off);
  i.imm = imm;
  return i;
}
bpf_insn move(unsigned dst, unsigned src) {
  return insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}
bpf_insn constant(unsigned dst, int value) {
  return insn(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value);
}
bpf_insn add(unsigned dst, int value) {
  return insn(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, value);
}
bpf_insn load(unsigned size, unsigned dst, unsigned src, int off) {
  return insn(BPF_LDX | size | BPF_MEM, dst, src, off, 0);
}
bpf_insn call(int helper) { return insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
// Skips `count` instructions if the register compares so with `value`.
bpf_insn skip_if(unsigned comparison, unsigned reg, int value, int count) {
  return insn(BPF_JMP | comparison | BPF_K, reg, 0, count, value);
}
bpf_insn leave() { return insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

constexpr int kEtherTypeAt = 12;

// r6 packet, r7 the order, r8 bytes of headers.
int load_program(int map) {
  const bpf_insn program[] = {
      move(6, 1),
      insn(BPF_ST | BPF_W | BPF_MEM, 10, 0, -4, 0),  // key 0
      insn(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map),
      insn(0, 0, 0, 0, 0),
      move(2, 10),
      add(2, -4),
      call(BPF_FUNC_map_lookup_elem),
      skip_if(BPF_JNE, 0, 0, 2),
      constant(0, kNextProgram),
      leave(),
      move(7, 0),
      load(BPF_W, 8, 7, offsetof(Order, bytes)),
      insn(BPF_ALU64 | BPF_AND | BPF_K, 8, 0, 0, 0xff),
      skip_if(BPF_JNE, 8, 0, 2),
      constant(0, kNextProgram),
      leave(),
      move(1, 6),
      move(2, 8),
      constant(3, BPF_ADJ_ROOM_MAC),
      load(BPF_DW, 4, 7, offsetof(Order, flags)),
      call(BPF_FUNC_skb_adjust_room),
      skip_if(BPF_JEQ, 0, 0, 2),
      constant(0, kDrop),
      leave(),
      move(1, 6),
      constant(2, kEtherTypeAt),
      move(3, 7),
      add(3, offsetof(Order, type_and_headers)),
      move(4, 8),
      add(4, 2),
      constant(5, 0),
      call(BPF_FUNC_skb_store_bytes),
      skip_if(BPF_JEQ, 0, 0, 2),
      constant(0, kDrop),
      leave(),
      constant(0, kNextProgram),
      leave(),
  };
  static const char licence[] = "GPL";  // the helpers ask for it
  bpf_attr a{};
  a.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  a.insns = uint64_t(uintptr_t(program));
  a.insn_cnt = sizeof program / sizeof program[0];
  a.license = uint64_t(uintptr_t(licence));
  return bpf(BPF_PROG_LOAD, a);
}

}  // namespace

Encapsulation::Encapsulation(unsigned device) {
  const char *step = "no BPF map";
  bpf_attr map{};
  map.map_type = BPF_MAP_TYPE_ARRAY;
  map.key_size = 4;
  map.value_size = sizeof(Order);
  map.max_entries = 1;
  map_ = bpf(BPF_MAP_CREATE, map);
  if (map_ >= 0) {
    step = "no BPF program";
    program_ = load_program(map_);
  }
  if (program_ >= 0) {
    step = "no BPF at the ingress of a device";
    bpf_attr link{};
    link.link_create.prog_fd = uint32_t(program_);
    link.link_create.target_ifindex = device;
    link.link_create.attach_type = kAttachIngress;
    link_ = bpf(BPF_LINK_CREATE, link);
  }
  if (link_ < 0) missing_ = std::string(step) + ": " + std::strerror(errno);
}

Encapsulation::~Encapsulation() {
  for (int fd : {link_, program_, map_}) {
    if (fd >= 0) close(fd);
  }
}

void Encapsulation::set(std::span<const uint8_t> headers, unsigned ether_type, bool gre,
                        unsigned inner_ethernet) {
  if (headers.size() > 255) throw Error("an encapsulation of more than 255 bytes");
  Order order;
  order.bytes = uint32_t(headers.size());
  order.type_and_headers[0] = uint8_t(ether_type >> 8);
  order.type_and_headers[1] = uint8_t(ether_type);
  std::ranges::copy(headers, order.type_and_headers + 2);
  order.flags = BPF_F_ADJ_ROOM_FIXED_GSO;  // the MSS is the payload's, not the link's
  order.flags |= ether_type == 0x86dd ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;
  if (gre) order.flags |= BPF_F_ADJ_ROOM_ENCAP_L4_GRE;
  if (inner_ethernet > 0) {
    order.flags |= BPF_F_ADJ_ROOM_ENCAP_L2(uint64_t{inner_ethernet}) | BPF_F_ADJ_ROOM_ENCAP_L2_ETH;
  }
  uint32_t key = 0;
  bpf_attr a{};
  a.map_fd = uint32_t(map_);
  a.key = uint64_t(uintptr_t(&key));
  a.value = uint64_t(uintptr_t(&order));
  if (bpf(BPF_MAP_UPDATE_ELEM, a) < 0) throw Error(std::string("BPF map: ") + std::strerror(errno));
}

}  // namespace vmso::referee
