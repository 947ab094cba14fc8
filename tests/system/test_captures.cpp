// SPDX-License-Identifier: Apache-2.0
// Captures for the referee (referee_tshark): what the engine sends where a checksum falls into the
// class of zero, which it has to write as 0000, and frames that no referee may pass.
//
// VMSO_CAPTURES names the folder to leave them in: good_*.pcap and bad_*.pcap. Without it the
// frames of the engine are judged by the harness alone.
#include <filesystem>

#include "check/frame.hpp"
#include "check/segmenter.hpp"
#include "debug/pcap_writer.hpp"
#include "system_test.hpp"

namespace vmso::test {
namespace {

using Bytes = std::vector<uint8_t>;

std::string capture(const std::string &name) {
  const char *folder = std::getenv("VMSO_CAPTURES");
  return folder ? std::string(folder) + "/" + name + ".pcap" : "";
}

uint16_t get16(const Bytes &frame, size_t at) { return uint16_t(frame[at] << 8 | frame[at + 1]); }
void put16(Bytes &frame, size_t at, unsigned value) {
  frame[at] = uint8_t(value >> 8);
  frame[at + 1] = uint8_t(value);
}

struct Shot {
  JobSpec spec;
  Bytes frame;  // the one of it whose checksum is 0000
  size_t l3 = 0, l4 = 0;
};

Shot shoot(const TcpHeaders &headers, size_t bytes, unsigned mss, uint64_t segment) {
  Shot s{tcp_job(bytes, uint16_t(mss), headers), {}, 0, 0};
  reference::Job job;
  job.header = s.spec.header.bytes;
  job.l3 = unsigned(s.l3 = s.spec.header.l3);
  job.l4 = unsigned(s.l4 = s.spec.header.l4);
  job.mss = mss;
  job.l4_mode = headers.l4_mode;
  job.payload_bytes = bytes;
  s.frame = reference::frame(
      job, segment,
      std::span(s.spec.payload).subspan(segment * mss, reference::segment_bytes(job, segment)));
  return s;
}

// A job whose frame `segment` has IPv4 header checksum 0000: the id before it makes up the sum.
Shot zero_ip(TcpHeaders h, size_t bytes, unsigned mss, uint64_t segment) {
  h.ip_id = 0;
  Shot s = shoot(h, bytes, mss, segment);
  h.ip_id = get16(s.frame, s.l3 + 10);
  return shoot(h, bytes, mss, segment);
}

// The same for TCP, by the acknowledgement number.
Shot zero_tcp(TcpHeaders h, size_t bytes, unsigned mss, uint64_t segment) {
  h.ack = 0;
  Shot s = shoot(h, bytes, mss, segment);
  h.ack = get16(s.frame, s.l4 + 16);
  return shoot(h, bytes, mss, segment);
}

void write_capture(const std::string &name, std::initializer_list<Bytes> frames) {
  if (capture(name).empty()) return;
  PcapWriter pcap(capture(name));
  for (const Bytes &frame : frames) pcap.write(frame, 0);
}

// The header checksum over whatever the IPv4 header says.
void sum_ip(Bytes &frame, size_t l3) {
  put16(frame, l3 + 10, 0);
  put16(frame, l3 + 10, uint16_t(~reference::sum16(std::span(frame).subspan(l3, 20))));
}

}  // namespace

TEST_CASE("Checksums in the class of zero are sent as 0000", "[captures]") {
  SystemOptions o = options(0x2e60);
  o.files.pcap = capture("good_zero");
  VMSO_SAY_HOW(o);
  System system(o);
  for (uint64_t segment : {0u, 1u, 2u}) {  // first, middle, last
    for (vmso_l4_mode mode : {VMSO_L4_COMPUTE, VMSO_L4_SEED_NO_LEN, VMSO_L4_SEED_FULL}) {
      for (bool ipv6 : {false, true}) {
        TcpHeaders h;
        h.ipv6 = ipv6;
        h.tags = unsigned(segment);
        h.l4_mode = mode;
        h.payload_bytes = 257;
        Shot tcp = zero_tcp(h, 257, 100, segment);
        INFO("segment " << segment << " mode " << mode << " ipv6 " << ipv6);
        REQUIRE(get16(tcp.frame, tcp.l4 + 16) == 0);
        size_t before = system.frames().size();
        system.post(0, tcp.spec);
        VMSO_CHECK_CLEAN(system);
        REQUIRE(system.frames().size() == before + 3);
        CHECK(system.frames()[before + segment].bytes == tcp.frame);
        if (ipv6) continue;
        Shot ip = zero_ip(h, 257, 100, segment);
        REQUIRE(get16(ip.frame, ip.l3 + 10) == 0);
        before = system.frames().size();
        system.post(0, ip.spec);
        VMSO_CHECK_CLEAN(system);
        REQUIRE(system.frames().size() == before + 3);
        CHECK(system.frames()[before + segment].bytes == ip.frame);
      }
    }
  }
}

TEST_CASE("Frames that a referee has to reject", "[captures][harness]") {
  TcpHeaders h;
  h.payload_bytes = 100;
  Shot ip = zero_ip(h, 100, 100, 0), tcp = zero_tcp(h, 100, 100, 0);
  const Bytes good = tcp.frame;
  size_t l3 = tcp.l3, l4 = tcp.l4;
  auto change = [](Bytes frame, auto &&how) {
    how(frame);
    return frame;
  };
  Bytes length_0 = change(good, [&](Bytes &f) { put16(f, l3 + 2, 0), sum_ip(f, l3); });
  Bytes trailer = change(good, [&](Bytes &f) { f.push_back(0); });
  Bytes cut = change(good, [&](Bytes &f) { f.pop_back(); });
  Bytes ip_ffff = change(ip.frame, [&](Bytes &f) { put16(f, l3 + 10, 0xffff); });
  Bytes tcp_ffff = change(good, [&](Bytes &f) { put16(f, l4 + 16, 0xffff); });
  Bytes tcp_wrong = change(good, [&](Bytes &f) { f.back() ^= 1; });
  h.ipv6 = true;
  Bytes six = shoot(h, 100, 100, 0).frame;
  Bytes six_trailer = change(six, [&](Bytes &f) { f.push_back(0); });
  CHECK(parse_frame(good).faults.empty());
  CHECK(parse_frame(six).faults.empty());
  for (const Bytes &frame : {length_0, trailer, cut, tcp_wrong, six_trailer}) {
    CHECK_FALSE(parse_frame(frame).faults.empty());
  }
  write_capture("good_frames", {good, ip.frame, six});
  write_capture("bad_length_0", {good, length_0});
  write_capture("bad_trailer", {good, trailer});
  write_capture("bad_cut", {good, cut});
  write_capture("bad_ip_ffff", {good, ip_ffff});
  write_capture("bad_tcp_ffff", {good, tcp_ffff});
  write_capture("bad_tcp_wrong", {good, tcp_wrong});
  write_capture("bad_trailer_ipv6", {good, six_trailer});
}

}  // namespace vmso::test
