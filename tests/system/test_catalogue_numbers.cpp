// SPDX-License-Identifier: Apache-2.0
// SEQ and IPID of the catalogue: sequence numbers and IPv4 identifications.
#include <cstdlib>

#include "app/captures.hpp"
#include "catalogue_run.hpp"
#include "debug/pcap_reader.hpp"

namespace vmso::test {
namespace {

using Values = std::vector<unsigned>;
using Numbers = std::vector<uint32_t>;

Request with_id(unsigned id, vmso_id_mode mode, size_t bytes, bool dont_fragment = true) {
  TcpHeaders h = base_tcp();
  h.ip_id = uint16_t(id);
  h.dont_fragment = dont_fragment;
  Request r = tcp_request(h, bytes);
  r.job.id_mode = mode;
  return r;
}

}  // namespace

TEST_CASE("SEQ-01: behind sequence number ffffff00 comes 4a8", "[catalogue][seq]") {
  CHECK(seqs_of(check_rows("SEQ-01").at(0)) == Numbers{0xffffff00, 0x4a8, 0xa50});
}

TEST_CASE("SEQ-02: a sequence number that ends at 2^32 goes on at 0", "[catalogue][seq]") {
  CHECK(seqs_of(check_rows("SEQ-02").at(0)) == Numbers{uint32_t(-1000), 0, 1000, 2000});
}

TEST_CASE("SEQ-03: behind sequence number ffffffff comes the MSS less one", "[catalogue][seq]") {
  CHECK(seqs_of(check_rows("SEQ-03").at(0)) == Numbers{0xffffffff, 1447, 2895});
}

TEST_CASE("SEQ-04: in 500000 bytes sequence numbers go on beyond 16 bits", "[catalogue][seq]") {
  Numbers expected;
  for (uint32_t i = 0; i < 346; i++) expected.push_back(1000 + i * 1448);
  CHECK(seqs_of(check_rows("SEQ-04").at(0)) == expected);
}

TEST_CASE("IPID-01: identification fffe goes on at ffff, 0 and ends at 19 with 28 segments",
          "[catalogue][ipid]") {
  Values ids = ids_of(check_rows("IPID-01").at(0));
  CHECK(ids == counting(0xfffe, 28));
  CHECK(ids.back() == 0x19);
}

TEST_CASE("IPID-02: identifications ffff, 0 and 1", "[catalogue][ipid]") {
  CHECK(ids_of(check_rows("IPID-02").at(0)) == Values{0xffff, 0, 1});
}

TEST_CASE("IPID-03: the identification counts without DF as well", "[catalogue][ipid]") {
  Frames f = check_rows("IPID-03").at(0);
  CHECK(ids_of(f) == counting(0x1234, 28));
  CHECK((f.at(0)[20] & 0x40) == 0);
}

TEST_CASE("IPID-04: a fixed identification 77 is in all segments, with DF and without",
          "[catalogue][ipid]") {
  for (bool dont_fragment : {false, true}) {
    Frames f = frames_of(with_id(0x77, VMSO_ID_FIXED, 10000, dont_fragment));
    CHECK(ids_of(f) == Values(7, 0x77));
    CHECK((f[0][20] & 0x40) == (dont_fragment ? 0x40 : 0));
  }
}

TEST_CASE("IPID-05: a fixed identification may be 0", "[catalogue][ipid]") {
  CHECK(ids_of(frames_of(with_id(0, VMSO_ID_FIXED, 10000))) == Values(7, 0));
}

TEST_CASE("IPID-06: in 15 bits 7ffe and 7fff go on at 0 and 1", "[catalogue][ipid]") {
  CHECK(ids_of(frames_of(with_id(0x7ffe, VMSO_ID_WRAP15, 5792))) == Values{0x7ffe, 0x7fff, 0, 1});
}

TEST_CASE("IPID-07: inner and outer identification are fixed or count each by itself",
          "[catalogue][ipid]") {
  TunnelHeaders outer;
  outer.ip_id = 0x4321;
  TcpHeaders inner = base_tcp();
  inner.ip_id = 0x7000;
  for (const char *config : kEveryConfig) {
    Request r = tunnel_request(outer, inner, true);
    r.job.id_mode = VMSO_ID_FIXED;
    Frames f = frames_of(r, config);
    CHECK(ids_of(f) == Values(8, 0x7000));
    CHECK(outer_ids_of(f) == counting(0x4321, 8));
    r.job.id_mode = VMSO_ID_INCREMENT;
    r.job.outer_id_mode = VMSO_ID_FIXED;
    f = frames_of(r, config);
    CHECK(ids_of(f) == counting(0x7000, 8));
    CHECK(outer_ids_of(f) == Values(8, 0x4321));
  }
}

// A Linux host counts the identifications that its super-packets will use: the capture was taken
// before offload.
TEST_CASE("IPID-08: a host's next identification is the one behind those of the frames made",
          "[catalogue][ipid]") {
  const char *source = std::getenv("VMSO_SOURCE_DIR");
  REQUIRE(source);
  CaptureOptions capture;
  PcapReader reader(std::string(source) + "/tests/data/before_offload_tcp.pcapng");
  std::vector<SuperPacket> packets;
  while (auto packet = reader.next()) {
    CaptureRequest r = request_of(capture, packet->bytes);
    packets.push_back({decode_virtio(r.vnet), r.packet});
  }
  unsigned next = 0, source_port = 0, cut = 0, followed = 0;
  for (const Answer &a : answers(packets, options(0x1d08))) {
    REQUIRE(!a.frames.empty());
    ParsedFrame p = parse_frame(a.frames[0]);
    if (p.ipv6 || p.destination_port != 5001) continue;  // of the sender alone
    if (p.source_port == source_port) {
      CHECK(p.ip_id == next);
      followed++;
    }
    source_port = p.source_port;
    next = unsigned(p.ip_id + a.frames.size()) & 0xffff;
    if (a.frames.size() > 1) cut++;
  }
  CHECK(cut == 2);
  CHECK(followed >= 5);
}

}  // namespace vmso::test
