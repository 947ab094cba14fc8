// SPDX-License-Identifier: Apache-2.0
// Segmentation of single jobs through the whole engine; what has to come out is the reference's
// business.
#include "check/frame.hpp"
#include "system_test.hpp"

namespace vmso::test {
namespace {

std::vector<unsigned> flags_of(const System &s) {
  std::vector<unsigned> flags;
  for (const StreamFrame &f : s.frames()) flags.push_back(parse_frame(f.bytes).flags);
  return flags;
}

}  // namespace

TEST_CASE("Payloads around the MSS become the frames of the reference", "[seg]") {
  auto o = options(0x20);
  VMSO_SAY_HOW(o);
  System s(o);
  for (size_t bytes :
       {0u, 1u, 2u, 6u, 7u, 1447u, 1448u, 1449u, 2895u, 2896u, 2897u, 5792u, 65160u, 65161u}) {
    s.post(0, tcp_job(bytes));
  }
  VMSO_CHECK_CLEAN(s);
  CHECK(s.completions(0).size() == 14);
}

TEST_CASE("Any MSS is cut right down to one byte", "[seg]") {
  auto o = options(0x21);
  o.keep_frames = false;
  VMSO_SAY_HOW(o);
  System s(o);
  for (uint16_t mss : {1, 2, 3, 13, 16, 63, 64, 65, 255, 536, 1460, 4095, 4096, 4097, 8948, 9140}) {
    JobSpec spec = tcp_job(mss < 16 ? 200 : mss < 1000 ? 5000 : 30000, mss);
    spec.buffers = 4;
    s.post(0, spec);
  }
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("Given 4 x MSS bytes when segmented then only frame 4 carries PSH and FIN",
          "[seg][flags]") {
  auto o = options(0x22);
  VMSO_SAY_HOW(o);
  System s(o);
  TcpHeaders h;
  h.flags = kAck | kPsh | kFin;
  s.post(0, tcp_job(4 * 1448, 1448, h));
  VMSO_CHECK_CLEAN(s);
  CHECK(flags_of(s) == std::vector<unsigned>{kAck, kAck, kAck, kAck | kPsh | kFin});
}

TEST_CASE("Each TCP flag alone passes the mask of its place", "[seg][flags]") {
  auto o = options(0x23);
  VMSO_SAY_HOW(o);
  System s(o);
  for (uint8_t profile : {0, 1, 2, 3}) {
    for (unsigned bit = 0; bit < 12; bit++) {
      TcpHeaders h;
      h.flags = uint8_t(bit < 8 ? 1u << bit : 0);
      h.reserved_flags = uint8_t(bit < 8 ? 0 : 1u << (bit - 8));
      JobSpec spec = tcp_job(400, 100, h);
      spec.flag_profile = profile;
      s.post(0, spec);
    }
  }
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("IPv4 ids count on wrap at 16 bits or at 15 or stand still", "[seg][id]") {
  auto o = options(0x24);
  VMSO_SAY_HOW(o);
  System s(o);
  for (vmso_id_mode mode : {VMSO_ID_INCREMENT, VMSO_ID_FIXED, VMSO_ID_WRAP15}) {
    for (unsigned id : {0u, 0x7ffeu, 0xfffeu, 0x1234u}) {
      TcpHeaders h;
      h.ip_id = uint16_t(id);
      JobSpec spec = tcp_job(5 * 500, 500, h);
      spec.id_mode = mode;
      s.post(0, spec);
    }
  }
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("All checksum seeds and header shapes give the frames of the reference", "[seg][csum]") {
  auto o = options(0x25);
  VMSO_SAY_HOW(o);
  System s(o);
  for (vmso_l4_mode mode : {VMSO_L4_COMPUTE, VMSO_L4_SEED_NO_LEN, VMSO_L4_SEED_FULL}) {
    for (unsigned shape = 0; shape < 16; shape++) {
      TcpHeaders h;
      h.ipv6 = shape & 1;
      h.tags = shape >> 1 & 3;
      if (shape & 8) {
        h.extension_headers = destination_options(h.ipv6 ? 1 + shape % 3 : 0);
        h.ip_options = std::vector<uint8_t>(h.ipv6 ? 0 : 4 * (shape % 10), 1);
        h.tcp_options = timestamp_option();
      }
      h.seq = 0xffffff00;
      h.l4_mode = mode;
      JobSpec spec = tcp_job(3001 + shape, 700 + shape, h);
      s.post(0, spec);
    }
  }
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("Plain frames of any size leave as they are and short ones are padded", "[frame]") {
  auto o = options(0x26);
  VMSO_SAY_HOW(o);
  System s(o);
  for (size_t bytes : {14u, 15u, 59u, 60u, 61u, 64u, 1514u, 4097u, 9216u})
    s.post(0, frame_job(bytes));
  JobSpec split = frame_job(1500);
  split.buffers = 16;
  s.post(0, split);
  JobSpec with_header = frame_job(101);
  with_header.header.bytes = pattern(33, 5);
  s.post(0, with_header);
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("Every offset of the payload gives the same frames", "[seg][offset]") {
  auto o = options(0x27);
  o.keep_frames = false;
  VMSO_SAY_HOW(o);
  System s(o);
  for (unsigned offset = 0; offset < 64; offset++) {
    JobSpec spec = tcp_job(3000);
    spec.buffers = 1;
    spec.offset = 4096 - 64 + offset;
    s.post(0, spec);
  }
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("A job of hundreds of buffers streams through its chain of slots", "[chain]") {
  auto o = options(0x28);
  VMSO_SAY_HOW(o);
  System s(o);
  JobSpec spec = tcp_job(60000);
  spec.buffers = 300;
  s.post(0, spec);
  s.post(0, tcp_job(5000));
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("The largest payload of a job, 2^24 - 1 bytes, arrives whole", "[limits]") {
  auto o = options(0x29, "wide");
  o.keep_frames = false;
  VMSO_SAY_HOW(o);
  System s(o);
  JobSpec spec = tcp_job((1u << 24) - 1, 8948);
  spec.buffers = 3;
  s.post(0, spec);
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("Random jobs on all queues with random memory and MAC", "[random]") {
  for (uint64_t fixed : {0x100, 0x101, 0x102, 0x103}) {
    auto o = options(fixed);
    Random r(o.seed, "test");
    any_surroundings(o, r);
    VMSO_SAY_HOW(o);
    System s(o);
    for (unsigned i = 0; i < 60; i++) {
      JobSpec spec;
      if (r.below(3) == 0) {
        spec = frame_job(r.between(14, 2000));
      } else {
        TcpHeaders h;
        h.ipv6 = r.below(2);
        h.tags = unsigned(r.below(4));
        h.flags = uint8_t(r());
        h.seq = uint32_t(r());
        h.ip_id = uint16_t(r());
        h.l4_mode = vmso_l4_mode(r.between(1, 3));
        spec =
            tcp_job(r.below(8) ? r.below(9000) : r.below(70000), uint16_t(r.between(200, 3000)), h);
        spec.id_mode = vmso_id_mode(r.below(3));
      }
      spec.buffers = unsigned(r.between(1, 6));
      spec.completion_wanted = r.below(4) != 0 || i >= 56;
      s.post(unsigned(i % 4), spec);
    }
    VMSO_CHECK_CLEAN(s);
  }
}

}  // namespace vmso::test
