// SPDX-License-Identifier: Apache-2.0
#include "check/super_packet.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/findings.hpp"

namespace vmso {
namespace {

constexpr unsigned kTcp = 6, kUdp = 17, kGre = 47;
constexpr unsigned kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd, kTypeEthernet = 0x6558;

using Bytes = std::span<uint8_t>;
using ConstBytes = std::span<const uint8_t>;

unsigned get16(ConstBytes b, size_t at) { return unsigned(b[at]) << 8 | b[at + 1]; }
void put16(Bytes b, size_t at, unsigned value) {
  b[at] = uint8_t(value >> 8);
  b[at + 1] = uint8_t(value);
}
bool is_ipv6(ConstBytes frame, size_t l3) { return frame[l3] >> 4 == 6; }

// Where the headers of a frame are, from the frame alone.
struct Layers {
  size_t l3 = 0, l4 = 0, outer_l3 = 0, outer_l4 = 0;
  unsigned protocol = 0;        // of the innermost IP
  unsigned outer_protocol = 0;  // 0: no tunnel
};

class Walk {
 public:
  // UDP is a tunnel if its header begins at `udp_tunnel`.
  Walk(ConstBytes frame, size_t udp_tunnel) : f_(frame), udp_tunnel_(udp_tunnel) { ethernet(); }
  Layers layers;

 private:
  void need(size_t bytes) const {
    if (at_ + bytes > f_.size()) throw Error("the frame ends in its headers");
  }

  void ethernet() {
    at_ += 12;
    need(4);
    while (get16(f_, at_) == 0x8100 || get16(f_, at_) == 0x88a8) {
      at_ += 4;
      need(4);
    }
    at_ += 2;
    type(get16(f_, at_ - 2));
  }

  void type(unsigned ether_type) {
    if (ether_type == kTypeEthernet) return ethernet();
    if (ether_type != kTypeIpv4 && ether_type != kTypeIpv6)
      throw Error(fmt::format("EtherType {:04x} is not IP", ether_type));
    ip();
  }

  void ip() {
    need(20);
    layers.l3 = at_;
    if (is_ipv6(f_, at_)) {
      need(40);
      layers.protocol = f_[at_ + 6];
      at_ += 40;
      while (layers.protocol == 0 || layers.protocol == 43 || layers.protocol == 60) {
        need(8);
        layers.protocol = f_[at_];
        at_ += (f_[at_ + 1] + 1u) * 8;
      }
    } else {
      unsigned header = (f_[at_] & 15u) * 4;
      if (header < 20) throw Error("the IPv4 header is shorter than 20 bytes");
      layers.protocol = f_[at_ + 9];
      at_ += header;
    }
    layers.l4 = at_;
    if (layers.protocol == 4 || layers.protocol == 41) {
      leave(0);
      ip();
    } else if (layers.protocol == kGre) {
      leave(at_);
      need(4);
      unsigned flags = f_[at_], type_at = unsigned(at_) + 2;
      at_ += 4;
      for (unsigned bit : {0x80u, 0x20u, 0x10u}) at_ += flags & bit ? 4 : 0;
      type(get16(f_, type_at));
    } else if (layers.protocol == kUdp && at_ == udp_tunnel_ && udp_tunnel_ > 0) {
      leave(at_);
      need(16);
      bool geneve = get16(f_, at_ + 2) == 6081;
      unsigned ether_type = geneve ? get16(f_, at_ + 10) : kTypeEthernet;
      at_ += 16 + (geneve ? (f_[at_ + 8] & 0x3fu) * 4 : 0);
      type(ether_type);
    }
  }

  void leave(size_t outer_l4) {
    layers.outer_l3 = layers.l3;
    layers.outer_l4 = outer_l4;
    layers.outer_protocol = layers.protocol;
  }

  ConstBytes f_;
  size_t udp_tunnel_, at_ = 0;
};

// Sum of the addresses and the protocol of a pseudo header, and of a length of 32 bits.
uint16_t pseudo(ConstBytes frame, size_t l3, unsigned protocol, uint64_t bytes) {
  ConstBytes addresses = is_ipv6(frame, l3) ? frame.subspan(l3 + 8, 32) : frame.subspan(l3 + 12, 8);
  return reference::sum16(addresses, protocol + bytes);
}

// Lengths of the whole, as far as 16 bits hold them; beyond, 0 as stacks write it (RFC 2675).
void put_length(Bytes frame, size_t at, size_t bytes) {
  put16(frame, at, bytes > 0xffff ? 0 : unsigned(bytes));
}
void fill_ip(Bytes frame, size_t l3) {
  if (is_ipv6(frame, l3)) return put_length(frame, l3 + 4, frame.size() - l3 - 40);
  put_length(frame, l3 + 2, frame.size() - l3);
  put16(frame, l3 + 10, 0);
  put16(frame, l3 + 10, uint16_t(~reference::sum16(frame.subspan(l3, (frame[l3] & 15u) * 4))));
}

// What section 5.1.6 lets no driver ask for.
void check_tunnel(const VirtioHeader &net, size_t frame_bytes) {
  bool v4 = net.gso_type & VirtioHeader::kTunnelIpv4, v6 = net.gso_type & VirtioHeader::kTunnelIpv6;
  if (net.flags & VirtioHeader::kTunnelCsum && !v4 && !v6)
    throw Error("a tunnel's checksum without a tunnel");
  if (!v4 && !v6) return;
  if (v4 && v6) throw Error("a tunnel in both families");
  if (net.protocol() == VirtioHeader::kNone) throw Error("a tunnel around nothing to cut");
  if (!(net.flags & VirtioHeader::kNeedsCsum)) throw Error("a tunnel without checksum");
  if (net.outer_th_offset >= frame_bytes || net.inner_nh_offset < net.outer_th_offset)
    throw Error("offsets of a tunnel out of order");
}

}  // namespace

SuperPacket super_packet(const reference::Job &job, std::span<const uint8_t> payload) {
  SuperPacket p;
  p.frame = job.header;
  p.frame.insert(p.frame.end(), payload.begin(), payload.end());
  p.net.flags = VirtioHeader::kNeedsCsum;
  if (job.kind == VMSO_KIND_CSUM) {
    p.net.csum_start = uint16_t(job.csum_start);
    p.net.csum_offset = uint16_t(job.csum_offset);
    return p;
  }
  bool udp = job.kind == VMSO_KIND_UDP_SEG;
  if (!udp && job.kind != VMSO_KIND_TCP_SEG) throw Error("no super-packet is of this kind");
  unsigned protocol = udp ? kUdp : kTcp;
  Bytes f = p.frame;
  size_t l4_bytes = f.size() - job.l4, field = job.l4 + (udp ? 6 : 16);
  fill_ip(f, job.l3);
  if (udp) put_length(f, job.l4 + 4, l4_bytes);
  switch (job.l4_mode) {
    case VMSO_L4_NONE:
      throw Error("no super-packet is without checksums");
    case VMSO_L4_COMPUTE:
      put16(f, field, pseudo(f, job.l3, protocol, l4_bytes));
      break;
    case VMSO_L4_SEED_NO_LEN:
      put16(f, field, reference::sum16({}, get16(f, field) + l4_bytes));
      break;
    case VMSO_L4_SEED_FULL:
      break;
  }
  p.net.gso_type = udp                  ? VirtioHeader::kUdp
                   : is_ipv6(f, job.l3) ? VirtioHeader::kTcp6
                                        : VirtioHeader::kTcp4;
  p.net.gso_size = uint16_t(job.mss);
  p.net.hdr_len = uint16_t(job.header.size());
  p.net.csum_start = uint16_t(job.l4);
  p.net.csum_offset = udp ? 6 : 16;
  if (job.outer_l3 == 0) return p;

  fill_ip(f, job.outer_l3);
  Layers layers = Walk(f, job.outer_l4).layers;
  if (layers.outer_protocol != kUdp) return p;
  // The bit tells the outer family, as Linux wants it.
  p.net.gso_type |=
      is_ipv6(f, job.outer_l3) ? VirtioHeader::kTunnelIpv6 : VirtioHeader::kTunnelIpv4;
  p.net.outer_th_offset = uint16_t(job.outer_l4);
  p.net.inner_nh_offset = uint16_t(job.l3);
  size_t outer_bytes = f.size() - job.outer_l4;
  put_length(f, job.outer_l4 + 4, outer_bytes);
  put16(f, job.outer_l4 + 6, job.outer_csum ? pseudo(f, job.outer_l3, kUdp, outer_bytes) : 0);
  if (job.outer_csum) p.net.flags |= VirtioHeader::kTunnelCsum;
  return p;
}

Request request_of(const SuperPacket &packet) {
  const VirtioHeader &net = packet.net;
  ConstBytes f = packet.frame;
  Request r;
  auto cut = [&](size_t header) {
    header = std::min(header, f.size());
    r.job.header.assign(f.begin(), f.begin() + long(header));
    r.payload.assign(f.begin() + long(header), f.end());
    r.job.payload_bytes = r.payload.size();
  };
  bool checksum = net.flags & VirtioHeader::kNeedsCsum;
  check_tunnel(net, f.size());
  if (net.gso_type == VirtioHeader::kNone) {
    r.job.kind = checksum ? VMSO_KIND_CSUM : VMSO_KIND_FRAME;
    if (checksum) {
      r.job.csum_start = net.csum_start;
      r.job.csum_offset = net.csum_offset;
      if (size_t{net.csum_start} + net.csum_offset + 2 > f.size())
        throw Error("the checksum lies beyond the frame");
    }
    cut(14);
    return r;
  }
  bool udp = net.protocol() == VirtioHeader::kUdp;
  if (!udp && net.protocol() != VirtioHeader::kTcp4 && net.protocol() != VirtioHeader::kTcp6)
    throw Error(fmt::format("gso_type {:02x} is not segmentation", net.gso_type));
  if (net.gso_size == 0) throw Error("gso_size is 0");
  Layers layers = Walk(f, net.tunnel() ? net.outer_th_offset : 0).layers;
  bool v6 = is_ipv6(f, layers.l3);
  if (layers.protocol != (udp ? kUdp : kTcp) ||
      (!udp && v6 != (net.protocol() == VirtioHeader::kTcp6)))
    throw Error("the headers are not those of the gso_type");
  size_t least = layers.l4 + (udp ? 8 : 20);
  if (least > f.size()) throw Error("the frame ends in its headers");
  if (checksum && (net.csum_start != layers.l4 || net.csum_offset != (udp ? 6 : 16)))
    throw Error("the checksum is not that of the L4 header");
  r.job.kind = udp ? VMSO_KIND_UDP_SEG : VMSO_KIND_TCP_SEG;
  r.job.mss = net.gso_size;
  r.job.l3 = unsigned(layers.l3);
  r.job.l4 = unsigned(layers.l4);
  r.job.outer_l3 = unsigned(layers.outer_l3);
  r.job.outer_l4 = unsigned(layers.outer_l4);
  r.job.l4_mode = checksum ? VMSO_L4_SEED_FULL : VMSO_L4_COMPUTE;
  r.job.outer_csum = net.flags & VirtioHeader::kTunnelCsum;
  size_t header = udp ? 8 : (f[layers.l4 + 12] >> 4) * 4u;
  if (!udp && header < 20) throw Error("the TCP header is shorter than 20 bytes");
  cut(layers.l4 + header);
  return r;
}

}  // namespace vmso
