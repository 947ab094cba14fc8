// SPDX-License-Identifier: Apache-2.0
#include "sweeps.hpp"

#include "catalogue.hpp"

namespace vmso::referee {
namespace {

Request tcp_request(const TcpHeaders &h, size_t bytes, unsigned mss) {
  return request(VMSO_KIND_TCP_SEG, tcp_template(h), VMSO_L4_COMPUTE, bytes, mss);
}

}  // namespace

std::vector<Request> mss_sweep() {
  std::vector<Request> all;
  for (unsigned mss = 1; mss <= 65; mss++) {
    for (size_t bytes = 1; bytes <= 4 * mss + 1; bytes++) {
      size_t rest = bytes % mss;
      if (rest > 1 && rest < mss - 1 && bytes % 7 != 0) continue;
      all.push_back(tcp_request({}, bytes, mss));
    }
  }
  return all;
}

std::vector<Request> option_sweep() {
  std::vector<Request> all;
  for (auto [bytes, mss] : {std::pair{4000u, 1448u}, {1461u, 1460u}, {2001u, 667u}}) {
    for (unsigned ip = 0; ip <= 40; ip += 4) {
      for (unsigned tcp = 0; tcp <= 40; tcp += 4) {
        TcpHeaders h;
        h.ip_options.assign(ip, 1);
        h.tcp_options.assign(tcp, 1);
        all.push_back(tcp_request(h, bytes, mss));
      }
    }
  }
  return all;
}

Jumbogram jumbogram() {
  TcpHeaders h;
  h.ipv6 = true;
  Jumbogram j;
  j.request = tcp_request(h, 198504, 1428);
  SuperPacket &p = j.packet = super_packet(j.request);
  constexpr size_t kAt = 14 + 40, kBytes = 8;
  size_t behind = p.frame.size() - kAt + kBytes;  // of the IPv6 header, whose length field is 0
  const uint8_t jumbo[kBytes] = {6,               // TCP follows
                                 0,
                                 0xc2,
                                 4,
                                 uint8_t(behind >> 24),
                                 uint8_t(behind >> 16),
                                 uint8_t(behind >> 8),
                                 uint8_t(behind)};
  p.frame.insert(p.frame.begin() + kAt, std::begin(jumbo), std::end(jumbo));
  p.frame[14 + 6] = ExtensionHeader::kHopByHop;
  p.net.csum_start = uint16_t(p.net.csum_start + kBytes);
  p.net.hdr_len = uint16_t(p.net.hdr_len + kBytes);
  return j;
}

}  // namespace vmso::referee
