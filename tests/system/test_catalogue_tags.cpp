// SPDX-License-Identifier: Apache-2.0
// VLN of the catalogue: VLAN tags in the template, and one to insert.
#include <algorithm>

#include "catalogue_run.hpp"

namespace vmso::test {
namespace {

constexpr uint16_t kTpids[] = {0x8100, 0x88a8};
constexpr size_t kTagAt = 12, kTag = 4, kLargestFrame = 9216;

Request tagged(unsigned tags, size_t bytes, unsigned mss = 1448) {
  TcpHeaders h = base_tcp();
  h.tags = tags;
  return tcp_request(h, bytes, mss);
}

// The same request with the tag that is to be inserted in its template already.
Request in_band(const Request &request) {
  Request r = request;
  const reference::VlanTag tag = *r.job.vlan;
  r.job.vlan.reset();
  const uint8_t bytes[] = {uint8_t(tag.tpid >> 8), uint8_t(tag.tpid), uint8_t(tag.tci >> 8),
                           uint8_t(tag.tci)};
  r.job.header.insert(r.job.header.begin() + kTagAt, std::begin(bytes), std::end(bytes));
  for (unsigned *at : {&r.job.l3, &r.job.l4, &r.job.outer_l3, &r.job.outer_l4}) {
    if (*at > 0) *at += kTag;
  }
  return r;
}

}  // namespace

TEST_CASE("VLN-01: a tag of each priority is copied and frames are four bytes longer",
          "[catalogue][vln]") {
  for (unsigned tci : {0x2005u, 0xe000u}) {
    Frames f = check_rows(fmt::format("VLN-01 {:04x}", tci)).at(0);
    CHECK(f.at(0).size() == 1518);
    for (const Frame &frame : f) {
      CHECK(get16(frame, 12) == 0x8100);
      CHECK(get16(frame, 14) == tci);
    }
  }
}

TEST_CASE("VLN-02: two and three tags, of 88a8 and of 8100, are copied", "[catalogue][vln]") {
  for (const char *id : {"VLN-02 2", "VLN-02 3"}) {
    for (const Frames &f : check_rows(id)) CHECK(f.size() == 3);
  }
}

TEST_CASE("VLN-03: a tag to insert gives the frames of a template that has it",
          "[catalogue][vln]") {
  std::vector<Request> inserted, written;
  for (unsigned tags = 0; tags <= 2; tags++) {
    for (uint16_t tpid : kTpids) {
      std::vector<Request> kinds = {tagged(tags, 4000), tagged(tags, 0), tagged(tags, 1)};
      UdpHeaders udp;
      udp.tags = tags;
      kinds.push_back(udp_request(udp, 5000));
      TunnelHeaders outer;
      outer.tags = tags;
      kinds.push_back(tunnel_request(outer, base_tcp(), true));
      for (Request &r : kinds) {
        r.job.vlan = reference::VlanTag{tpid, uint16_t(0xa123 + tags)};
        inserted.push_back(r);
        written.push_back(in_band(r));
      }
    }
  }
  for (const char *config : kEveryConfig) {
    CHECK(frames_of(inserted, config) == frames_of(written, config));
  }
}

TEST_CASE("VLN-04: with a tag a last segment of one byte is padded and its IP length stays",
          "[catalogue][vln]") {
  Frames f = check_rows("VLN-04").at(0);
  REQUIRE(f.size() == 2);
  CHECK(f[1].size() == 60);
  CHECK(get16(f[1], 18 + 2) == 41);
  TcpHeaders h;
  Request r = tcp_request(h, 1449);
  r.job.vlan = reference::VlanTag{};
  f = frames_of(r);
  CHECK(f[1].size() == 60);
  CHECK(f[1][58] == r.payload.back());
  CHECK(f[1][59] == 0);
  CHECK(get16(f[1], 18 + 2) == 41);
}

TEST_CASE("VLN-05: tags count for the largest frame", "[catalogue][vln]") {
  Request two = tagged(2, 20000);
  size_t most = kLargestFrame - two.job.header.size();
  Request largest = tagged(2, 20000, unsigned(most)), above = tagged(2, 20000, unsigned(most + 1));
  Request inserted = tagged(1, 20000, unsigned(most)), inserted_above = above;
  inserted.job.vlan = reference::VlanTag{};
  inserted_above = tagged(1, 20000, unsigned(most + 1));
  inserted_above.job.vlan = reference::VlanTag{};
  for (const char *config : kEveryConfig) {
    for (const Request &r : {largest, inserted}) {
      CHECK(frames_of(r, config).at(0).size() == kLargestFrame);
    }
    const BadJob bad[] = {{"in the template", job_of(above), VMSO_STATUS_FRAME_TOO_LONG},
                          {"to insert", job_of(inserted_above), VMSO_STATUS_FRAME_TOO_LONG}};
    check_bad_jobs(bad, config);
  }
}

}  // namespace vmso::test
