// SPDX-License-Identifier: Apache-2.0
// vmso_job_resume against the reference segmenter: the frames of the rest are those that the failed
// job would have gone on with.
#include <array>
#include <random>
#include <vector>

#include "check/segmenter.hpp"
#include "host/template.hpp"
#include "vmso.h"
#include "vmso_catch.hpp"

using namespace vmso;

namespace {

using Masks = std::array<uint16_t, 3>;
constexpr Masks kRfc3168{0xff6, 0xf76, 0xf7f}, kAccEcn{0xff6, 0xff6, 0xfff};
constexpr uint64_t kBufferBase = 0x7f0000001000;

struct Failed {
  std::vector<uint8_t> header, payload;
  std::vector<vmso_buffer_ref> buffers;
  vmso_job job{};
  Masks masks = kRfc3168;

  reference::Job reference(const vmso_job &j, std::vector<uint8_t> bytes) const {
    reference::Job r;
    r.kind = j.kind;
    r.header = std::move(bytes);
    r.outer_l3 = j.outer_l3_offset;
    r.outer_l4 = j.outer_l4_offset;
    r.outer_id_mode = j.outer_id_mode;
    r.outer_csum = j.outer_csum;
    r.l3 = j.l3_offset;
    r.l4 = j.l4_offset;
    r.mss = j.mss;
    r.l4_mode = j.l4_mode;
    r.id_mode = j.id_mode;
    r.flag_masks = masks;
    for (size_t i = 0; i < j.buffer_count; i++) r.payload_bytes += j.buffers[i].bytes;
    return r;
  }
  // What the buffers of a job spell.
  std::vector<uint8_t> spelled(const vmso_job &j) const {
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i < j.buffer_count; i++) {
      const vmso_buffer_ref &b = j.buffers[i];
      REQUIRE(b.addr - kBufferBase + b.bytes <= payload.size());
      auto from = payload.begin() + long(b.addr - kBufferBase);
      bytes.insert(bytes.end(), from, from + b.bytes);
    }
    return bytes;
  }
  std::vector<std::vector<uint8_t>> frames(const vmso_job &j, std::vector<uint8_t> bytes) const {
    reference::Job r = reference(j, std::move(bytes));
    std::vector<uint8_t> all = spelled(j);
    std::vector<std::vector<uint8_t>> out;
    for (uint64_t k = 0; k < reference::segments(r); k++) {
      auto piece = std::span(all).subspan(k * r.mss, reference::segment_bytes(r, k));
      out.push_back(reference::frame(r, k, piece));
    }
    return out;
  }
};

vmso_completion failure(const vmso_job &job, uint64_t segments, uint64_t bytes) {
  vmso_completion c{};
  vmso_completion_set_cookie(&c, job.cookie);
  vmso_completion_set_status(&c, VMSO_STATUS_FAULT);
  vmso_completion_set_segments(&c, segments);
  vmso_completion_set_payload_bytes(&c, bytes);
  return c;
}

template <typename Rng>
Failed random_job(Rng &rng) {
  Failed f;
  TcpHeaders h;
  h.ipv6 = rng() % 2;
  h.tags = unsigned(rng() % 3);
  if (rng() % 2) h.tcp_options = timestamp_option();
  if (h.ipv6) h.extension_headers = destination_options(unsigned(rng() % 2));
  h.seq = rng() % 4 ? uint32_t(rng()) : 0xffffff00;  // wraps now and then
  h.ip_id = uint16_t(rng() % 4 ? rng() : 0x7ffe + 0x8000 * (rng() % 2));
  h.urgent = uint16_t(rng());
  h.flags = uint8_t(rng());
  h.reserved_flags = uint8_t(rng() % 2);  // AE
  f.masks = rng() % 2 ? kRfc3168 : kAccEcn;
  vmso_job &job = f.job;
  job.kind = rng() % 3 ? VMSO_KIND_TCP_SEG : VMSO_KIND_UDP_SEG;
  job.cookie = rng();
  job.mss = uint16_t(1 + rng() % 300);
  job.id_mode = vmso_id_mode(rng() % 3);
  job.l4_mode = vmso_l4_mode(1 + rng() % 3);
  uint64_t total = 1 + rng() % (9 * job.mss);
  f.payload.resize(total + 700);
  for (uint8_t &byte : f.payload) byte = uint8_t(rng());
  uint64_t at = 0, spelt = 0;
  while (spelt < total) {  // pieces with gaps between them, and unused places
    uint64_t bytes = std::min<uint64_t>(rng() % 4 ? rng() % 700 : 0, total - spelt);
    if (f.buffers.size() == 5) bytes = total - spelt;
    f.buffers.push_back({kBufferBase + at, uint32_t(bytes), uint8_t(rng() % 4)});
    spelt += bytes;
    at += bytes + (f.buffers.size() < 6 ? rng() % 100 : 0);
  }
  h.l4_mode = job.l4_mode;
  h.payload_bytes = uint32_t(total);
  Template t = tcp_template(h);
  if (job.kind == VMSO_KIND_UDP_SEG) {
    UdpHeaders u;
    static_cast<L4Headers &>(u) = h;
    t = udp_template(u);
  }
  if (rng() % 3 == 0) {
    TunnelHeaders tunnel;
    tunnel.kind = TunnelHeaders::Kind(rng() % 5);
    tunnel.ipv6 = rng() % 3 == 0;
    tunnel.ip_id = uint16_t(rng());
    tunnel.gre_checksum = job.outer_csum = rng() % 2 && tunnel.kind != TunnelHeaders::Kind::kIp;
    t = tunnel_template(tunnel, t);
  }
  job.outer_l3_offset = t.outer_l3;
  job.outer_l4_offset = t.outer_l4;
  job.outer_id_mode = vmso_id_mode(rng() % 3);
  f.header = t.bytes;
  job.header = {0x1000, uint32_t(t.bytes.size()), 1};
  job.l3_offset = t.l3;
  job.l4_offset = t.l4;
  return f;
}

TEST_CASE("The rest of a failed job becomes the frames that were left, byte for byte", "[driver]") {
  std::mt19937_64 rng(5);
  unsigned single = 0, more = 0;
  for (int round = 0; round < 400; round++) {
    Failed f = random_job(rng);
    f.job.buffers = f.buffers.data();
    f.job.buffer_count = f.buffers.size();
    auto expect = f.frames(f.job, f.header);
    for (uint64_t k = 0; k < expect.size(); k++) {
      INFO("round " << round << " frame " << k << " of " << expect.size());
      std::vector<uint8_t> header = f.header;
      std::vector<vmso_buffer_ref> buffers(f.buffers.size());
      vmso_completion c = failure(f.job, k, k * f.job.mss);
      vmso_job rest{};
      REQUIRE(vmso_job_resume(&f.job, &c, f.masks.data(), header.data(), buffers.data(), &rest) ==
              VMSO_OK);
      auto got = f.frames(rest, header);
      REQUIRE(got.size() == expect.size() - k);
      for (size_t i = 0; i < got.size(); i++) {
        INFO("frame " << i << " of the rest");
        REQUIRE(got[i] == expect[k + i]);
      }
      CHECK(rest.cookie == f.job.cookie);
      CHECK(rest.header.addr == f.job.header.addr);
      CHECK(rest.mss == f.job.mss);
      // and a part of that rest fails again; this time in place
      uint64_t again = rng() % got.size();
      c = failure(rest, again, again * rest.mss);
      REQUIRE(vmso_job_resume(&rest, &c, f.masks.data(), header.data(), buffers.data(), &rest) ==
              VMSO_OK);
      auto third = f.frames(rest, header);
      REQUIRE(third.size() == got.size() - again);
      for (size_t i = 0; i < third.size(); i++) REQUIRE(third[i] == got[again + i]);
      single += got.size() == 1;
      more += got.size() > 1;
    }
  }
  CHECK(single > 300);
  CHECK(more > 1000);
}

TEST_CASE("Spaces stay with their buffers and what was sent whole is left out", "[driver]") {
  std::vector<vmso_buffer_ref> buffers = {{0x1000, 100, 0}, {0x2000, 0, 1}, {0x3000, 150, 2},
                                          {0x4000, 50, 3},  {0x5000, 0, 0}, {0x6000, 300, 1}};
  std::vector<vmso_buffer_ref> left(buffers.size());
  std::vector<uint8_t> header(66, 0x45);
  vmso_job job{};
  job.kind = VMSO_KIND_TCP_SEG;
  job.header = {0, 66, 0};
  job.l3_offset = 14;
  job.l4_offset = 34;
  job.mss = 100;
  job.buffers = buffers.data();
  job.buffer_count = buffers.size();
  vmso_job rest{};
  auto resume = [&](uint64_t segments) {
    vmso_completion c = failure(job, segments, 100 * segments);
    return vmso_job_resume(&job, &c, kAccEcn.data(), header.data(), left.data(), &rest);
  };
  auto is = [&](std::vector<std::array<uint64_t, 3>> expect) {
    REQUIRE(rest.buffer_count == expect.size());
    REQUIRE(rest.buffers == left.data());
    for (size_t i = 0; i < expect.size(); i++) {
      CHECK(std::array<uint64_t, 3>{left[i].addr, left[i].bytes, left[i].space} == expect[i]);
    }
  };
  REQUIRE(resume(0) == VMSO_OK);
  CHECK(rest.buffer_count == 6);
  REQUIRE(resume(1) == VMSO_OK);
  is({{0x2000, 0, 1}, {0x3000, 150, 2}, {0x4000, 50, 3}, {0x5000, 0, 0}, {0x6000, 300, 1}});
  REQUIRE(resume(2) == VMSO_OK);
  is({{0x3000 + 100, 50, 2}, {0x4000, 50, 3}, {0x5000, 0, 0}, {0x6000, 300, 1}});
  REQUIRE(resume(3) == VMSO_OK);
  is({{0x5000, 0, 0}, {0x6000, 300, 1}});
  REQUIRE(resume(5) == VMSO_OK);
  is({{0x6000 + 200, 100, 1}});
}

TEST_CASE("What is no failure of the job is refused and changes nothing", "[driver]") {
  std::mt19937_64 rng(6);
  Failed f = random_job(rng);
  while (f.frames(f.job, f.header).empty() || f.payload.size() < 5u * f.job.mss + 700) {
    f = random_job(rng);
    f.job.buffers = f.buffers.data();
    f.job.buffer_count = f.buffers.size();
  }
  uint64_t total = f.spelled(f.job).size();
  uint16_t mss = f.job.mss;
  std::vector<uint8_t> header = f.header;
  std::vector<vmso_buffer_ref> buffers(f.buffers.size());
  auto resume = [&](const vmso_job &job, const vmso_completion &c, Masks masks) {
    vmso_job rest{};
    int result = vmso_job_resume(&job, &c, masks.data(), header.data(), buffers.data(), &rest);
    CHECK((result == VMSO_OK || (header == f.header && rest.buffers == nullptr)));
    header = f.header;
    return result;
  };
  const vmso_job &job = f.job;
  CHECK(resume(job, failure(job, 2, 2u * mss), kRfc3168) == VMSO_OK);
  CHECK(resume(job, failure(job, 2, 2u * mss + 1), kRfc3168) == VMSO_ERR_ARGUMENT);
  CHECK(resume(job, failure(job, 0, 1), kRfc3168) == VMSO_ERR_ARGUMENT);
  uint64_t all = (total + mss - 1) / mss;
  CHECK(resume(job, failure(job, all - 1, (all - 1) * mss), kRfc3168) == VMSO_OK);
  CHECK(resume(job, failure(job, all, all * mss), kRfc3168) == VMSO_ERR_ARGUMENT);
  CHECK(resume(job, failure(job, all, total), kRfc3168) == VMSO_ERR_ARGUMENT);
  vmso_completion c = failure(job, 2, 2u * mss);
  vmso_completion_set_status(&c, VMSO_STATUS_OK);
  CHECK(resume(job, c, kRfc3168) == VMSO_ERR_ARGUMENT);
  c = failure(job, 2, 2u * mss);
  vmso_completion_set_cookie(&c, job.cookie + 1);
  CHECK(resume(job, c, kRfc3168) == VMSO_ERR_ARGUMENT);
  vmso_job other = job;
  other.kind = VMSO_KIND_FRAME;
  CHECK(resume(other, failure(job, 1, mss), kRfc3168) == VMSO_ERR_ARGUMENT);
  CHECK(resume(other, failure(job, 0, 0), kRfc3168) == VMSO_OK);
  other = job;
  other.mss = 0;
  CHECK(resume(other, failure(job, 1, 0), kRfc3168) == VMSO_ERR_ARGUMENT);
  other = job;
  uint32_t l4_bytes = job.kind == VMSO_KIND_TCP_SEG ? 20 : 8;
  other.header.bytes = job.l4_offset + l4_bytes - 1;
  CHECK(resume(other, failure(job, 1, mss), kRfc3168) == VMSO_ERR_ARGUMENT);
  other.header.bytes = job.l4_offset + l4_bytes;
  CHECK(resume(other, failure(job, 1, mss), kRfc3168) == VMSO_OK);
  other = job;
  other.l4_offset = uint16_t(job.l3_offset + 19);
  CHECK(resume(other, failure(job, 1, mss), kRfc3168) == VMSO_ERR_ARGUMENT);
  other = job;
  other.outer_l3_offset = uint16_t(job.l3_offset - 19);
  CHECK(resume(other, failure(job, 1, mss), kRfc3168) == VMSO_ERR_ARGUMENT);
}

TEST_CASE("Masks that no template can follow are refused when a flag would show it", "[driver]") {
  std::vector<uint8_t> header(54, 0);
  vmso_buffer_ref buffer{0, 500, 0}, left{};
  vmso_job job{};
  job.kind = VMSO_KIND_TCP_SEG;
  job.header = {0, 54, 0};
  job.l3_offset = 14;
  job.l4_offset = 34;
  job.mss = 100;
  job.buffers = &buffer;
  job.buffer_count = 1;
  for (unsigned bit = 0; bit < 12; bit++) {
    for (unsigned kept = 0; kept < 8; kept++) {  // by first, middle, last
      for (unsigned set : {0u, 1u}) {
        for (uint64_t segments : {1u, 4u}) {
          uint16_t at = uint16_t(1u << bit);
          Masks masks;
          for (unsigned i = 0; i < 3; i++) masks[i] = kept >> i & 1 ? 0xfff : uint16_t(0xfff & ~at);
          header[46] = uint8_t(0x50 | (set * at) >> 8);
          header[47] = uint8_t(set * at);
          vmso_completion c = failure(job, segments, 100 * segments);
          vmso_job rest{};
          std::vector<uint8_t> now = header;
          int result = vmso_job_resume(&job, &c, masks.data(), now.data(), &left, &rest);
          bool first = kept & 1, middle = kept & 2, last = kept & 4;
          bool impossible = (middle && !first) || (first && last && !middle);
          bool refused = set && impossible && segments == 1;
          INFO("bit " << bit << " kept by " << kept << " set " << set << " after " << segments);
          CHECK(result == (refused ? VMSO_ERR_ARGUMENT : VMSO_OK));
          if (result != VMSO_OK) continue;
          CHECK((now[46] & 0xf0) == 0x50);
          unsigned flags = (now[46] << 8 | now[47]) & 0xfffu;
          if (segments == 4) {
            CHECK(flags == (set && last ? at : 0));
          } else {
            CHECK((flags & masks[0]) == (set && middle ? at : 0u));
            CHECK((flags & masks[2]) == (set && last ? at : 0u));
          }
        }
      }
    }
  }
}

}  // namespace
