// SPDX-License-Identifier: Apache-2.0
// Packets with a virtio_net_hdr, as a stack hands them over.
#pragma once
#include "check/segmenter.hpp"
#include "system_test.hpp"
#include "vmso_virtio.h"

namespace vmso::test {

struct Request {
  std::vector<uint8_t> packet = {};
  uint8_t flags = 0, gso_type = 0;
  uint16_t hdr_len = 0, gso_size = 0, csum_start = 0, csum_offset = 0;
  uint16_t outer_th_offset = 0, inner_nh_offset = 0;
  unsigned vnet_bytes = VMSO_VIRTIO_BYTES;

  std::vector<uint8_t> vnet() const {
    std::vector<uint8_t> v = {flags, gso_type};
    auto put = [&](unsigned value) {
      v.push_back(uint8_t(value));
      v.push_back(uint8_t(value >> 8));
    };
    for (unsigned value : {hdr_len, gso_size, csum_start, csum_offset}) put(value);
    v.resize(20, 0x5a);  // num_buffers and hash: not the driver's
    put(outer_th_offset);
    put(inner_nh_offset);
    v.resize(vnet_bytes);
    return v;
  }

  static Request csum(std::vector<uint8_t> packet, uint16_t start, uint16_t offset) {
    Request r{std::move(packet)};
    r.flags = VMSO_VIRTIO_NEEDS_CSUM;
    r.csum_start = start;
    r.csum_offset = offset;
    return r;
  }
  static Request tcp(std::vector<uint8_t> packet, const Template &t, uint16_t mss) {
    Request r = csum(std::move(packet), t.l4, VMSO_TCP_CSUM);
    r.gso_type = r.packet[t.l3] >> 4 == 6 ? VMSO_VIRTIO_GSO_TCPV6 : VMSO_VIRTIO_GSO_TCPV4;
    r.gso_size = mss;
    return r;
  }
  static Request tcp4_seg(size_t payload, uint16_t mss);
  static Request udp4_seg(size_t payload, uint16_t size);
};

inline void insert(std::vector<uint8_t> &packet, size_t at, const std::vector<uint8_t> &bytes) {
  packet.insert(packet.begin() + long(at), bytes.begin(), bytes.end());
}

inline std::vector<uint8_t> packet_of(const Template &t, size_t payload) {
  std::vector<uint8_t> packet = t.bytes, data = pattern(payload, payload);
  packet.insert(packet.end(), data.begin(), data.end());
  return packet;
}

// Headers of a template with a full seed for so much payload.
inline Template seeded(TcpHeaders h, size_t payload) {
  h.l4_mode = VMSO_L4_SEED_FULL;
  h.payload_bytes = uint32_t(payload);
  return tcp_template(h);
}

inline std::vector<uint8_t> tcp4(size_t payload) { return packet_of(seeded({}, payload), payload); }

inline Request Request::tcp4_seg(size_t payload, uint16_t mss) {
  Template t = seeded({}, payload);
  return tcp(packet_of(t, payload), t, mss);
}

// UDP over IPv4; the checksum field holds the pseudo header's sum.
inline std::vector<uint8_t> udp4(size_t payload) {
  std::vector<uint8_t> packet = tcp_template({}).bytes;
  packet.resize(34);
  packet[23] = VMSO_PROTOCOL_UDP;
  size_t bytes = 8 + payload;
  unsigned seed = reference::sum16(std::span(packet).subspan(26, 8), 17 + bytes);
  insert(packet, 34,
         {0xc0, 0, 0x13, 0x89, uint8_t(bytes >> 8), uint8_t(bytes), uint8_t(seed >> 8),
          uint8_t(seed)});
  std::vector<uint8_t> data = pattern(payload, payload);
  packet.insert(packet.end(), data.begin(), data.end());
  return packet;
}

inline Request Request::udp4_seg(size_t payload, uint16_t size) {
  Request r = csum(udp4(payload), 34, VMSO_UDP_CSUM);
  r.gso_type = VMSO_VIRTIO_GSO_UDP_L4;
  r.gso_size = size;
  return r;
}

// TCP over IPv4 in VXLAN over IPv4, the outer UDP checksum is junk.
inline Request vxlan4_tcp4_seg(size_t payload, uint16_t mss) {
  Request r = Request::tcp4_seg(payload, mss);
  std::vector<uint8_t> outer = udp4(0);
  outer[36] = 0x12, outer[37] = 0xb5;  // port 4789
  outer[40] = 0xbe, outer[41] = 0xef;
  insert(r.packet, 0, {8, 0, 0, 0, 0, 0, 42, 0});
  insert(r.packet, 0, outer);
  r.gso_type |= VMSO_VIRTIO_GSO_TUNNEL_IPV4;
  r.csum_start += 50;
  r.outer_th_offset = 34;
  r.inner_nh_offset = 64;
  r.vnet_bytes = VMSO_VIRTIO_TUNNEL_BYTES;
  return r;
}

}  // namespace vmso::test
