// SPDX-License-Identifier: Apache-2.0
#include "check/frame.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso {
namespace {

constexpr unsigned kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd, kTypeEthernet = 0x6558;
constexpr unsigned kPortVxlan = 4789, kPortGeneve = 6081;

// Adds bytes to a checksum the slow, obvious way: every byte by its parity.
void add(uint64_t &sum, std::span<const uint8_t> bytes) {
  uint64_t even = 0, odd = 0;
  for (size_t i = 0; i < bytes.size(); i++) (i % 2 ? odd : even) += bytes[i];
  sum += even * 256 + odd;
}
// RFC 1071: the complement of a sum that is not 0, so it is never FFFF.
uint16_t complement(uint64_t sum) {
  return uint16_t(sum % 0xffff == 0 ? 0 : 0xffff - sum % 0xffff);
}

bool extension(unsigned protocol) { return protocol == 0 || protocol == 43 || protocol == 60; }

// Goes through the headers of one frame, from the outside in. Each step begins at `at_`, the packet
// or frame that it belongs to ends at `end_`, and it tells whether there is more to look at.
class Parser {
 public:
  Parser(std::span<const uint8_t> bytes, ParsedFrame &result)
      : b_(bytes), p_(result), end_(bytes.size()) {}

  void run() {
    p_.layers.reserve(10);
    p_.varying.reserve(16);
    if (b_.size() < 60) bad(fmt::format("frame has {} bytes, should have at least 60", b_.size()));
    next_ = Next::kEthernet;
    while (next_ != Next::kNothing) {
      Next step = next_;
      next_ = Next::kNothing;
      switch (step) {
        case Next::kEthernet:
          ethernet();
          break;
        case Next::kIpv4:
          ipv4();
          break;
        case Next::kIpv6:
          ipv6();
          break;
        default:
          break;
      }
    }
    // Only now is it known what was around what.
    for (size_t i = 0; i < p_.layers.size(); i++) p_.layers[i].which = which(layer_depths_[i]);
    for (size_t i = 0; i < p_.varying.size(); i++) p_.varying[i].which = which(field_depths_[i]);
    for (auto &[depth, text] : faults_) p_.faults.push_back(which(depth) + std::move(text));
  }

 private:
  enum class Next { kNothing, kEthernet, kIpv4, kIpv6 };
  static constexpr int kTunnelHeader = -1;  // neither inside nor outside

  unsigned u8(size_t at) const { return b_[at]; }
  unsigned u16(size_t at) const { return unsigned(b_[at]) << 8 | b_[at + 1]; }
  uint32_t u32(size_t at) const { return uint32_t(u16(at)) << 16 | u16(at + 2); }
  const char *which(int depth) const {
    if (depth_ == 0 || depth == kTunnelHeader) return "";
    return depth < depth_ ? "outer " : "inner ";
  }
  void bad(std::string text) { faults_.emplace_back(depth_, std::move(text)); }
  void bad_tunnel(std::string text) { faults_.emplace_back(kTunnelHeader, std::move(text)); }
  void bad_checksum(int depth, const char *name, const Checksum &c) {
    faults_.emplace_back(
        depth, fmt::format("{} checksum is {:04x}, should be {:04x}", name, c.is, c.right));
  }
  bool room(size_t bytes) const { return at_ + bytes <= end_; }

  void layer(const char *name, size_t bytes, int depth) {
    p_.layers.push_back({at_, bytes, "", name});
    layer_depths_.push_back(depth);
  }
  void varies(size_t at, size_t bytes, const char *name, int depth) {
    p_.varying.push_back({at_ + at, bytes, "", name});
    field_depths_.push_back(depth);
  }

  bool ip_type(unsigned type) {
    if (type == kTypeIpv4) next_ = Next::kIpv4;
    if (type == kTypeIpv6) next_ = Next::kIpv6;
    return next_ != Next::kNothing;
  }
  // What a tunnel carries.
  void protocol_type(const char *tunnel, unsigned type) {
    p_.inner_ethernet = type == kTypeEthernet;
    if (p_.inner_ethernet) {
      next_ = Next::kEthernet;
    } else if (!ip_type(type)) {
      bad_tunnel(
          fmt::format("{} protocol type is {:04x}, should be 0800, 86dd or 6558", tunnel, type));
    }
  }

  void ethernet() {
    if (!room(14)) return bad("Ethernet header is not whole");
    layer("Ethernet", 12, depth_);
    at_ += 12;
    while (room(6) && (u16(at_) == 0x8100 || u16(at_) == 0x88a8)) {
      layer("VLAN tag", 4, depth_);
      if (depth_ == 0) p_.tags.push_back({uint16_t(u16(at_)), uint16_t(u16(at_ + 2))});
      at_ += 4;
    }
    layer("EtherType", 2, depth_);
    unsigned type = u16(at_);
    at_ += 2;
    if (!ip_type(type)) bad(fmt::format("EtherType is {:04x}, should be 0800 or 86dd", type));
  }

  // The packet at at_ has `bytes` bytes, and its field says so less `uncounted`. The frame that
  // carries it may pad to 60, a tunnel not.
  bool ip_end(size_t bytes, size_t uncounted, const char *field) {
    size_t end = at_ + bytes;
    auto wrong = [&] {
      bad(fmt::format("{} is {}, should be {}", field, bytes - uncounted, end_ - at_ - uncounted));
    };
    if (end > end_) {
      wrong();
      return false;
    }
    if (end < end_) {
      if (depth_ > 0 || b_.size() > 60) wrong();
      if (std::ranges::any_of(b_.subspan(end, end_ - end), [](uint8_t x) { return x != 0; })) {
        bad("padding is not zero");
      }
    }
    end_ = end;
    return true;
  }

  void ip(bool ipv6, unsigned id) {
    p_.ipv6 = ipv6;
    p_.l3 = at_;
    p_.ip_id = id;
    pseudo_ = 0;
    add(pseudo_, ipv6 ? b_.subspan(at_ + 8, 32) : b_.subspan(at_ + 12, 8));
  }

  void ipv4() {
    if (!room(20)) return bad("IPv4 header is not whole");
    if (u8(at_) >> 4 != 4) return bad(fmt::format("IPv4 version is {}, should be 4", u8(at_) >> 4));
    size_t header = (u8(at_) & 15) * 4;
    if (header < 20 || !room(header)) {
      return bad(fmt::format("IPv4 header length is {}, should be 20 to {}", header,
                             std::min<size_t>(60, end_ - at_)));
    }
    layer("IPv4", header, depth_);
    varies(2, 2, "IPv4 total length", depth_);
    varies(4, 2, "IPv4 id", depth_);
    varies(10, 2, "IPv4 header checksum", depth_);
    uint64_t sum = 0;
    add(sum, b_.subspan(at_, header));
    uint16_t is = uint16_t(u16(at_ + 10));
    Checksum checksum{is, complement(sum - is)};
    if (is != checksum.right) bad_checksum(depth_, "IPv4 header", checksum);
    if (!ip_end(u16(at_ + 2), 0, "IPv4 total length")) return;
    if (!room(header)) return bad("IPv4 total length is below that of the header");
    ip(false, u16(at_ + 4));
    unsigned protocol = u8(at_ + 9);
    at_ += header;
    behind_ip(protocol);
  }

  void ipv6() {
    if (!room(40)) return bad("IPv6 header is not whole");
    if (u8(at_) >> 4 != 6) return bad(fmt::format("IPv6 version is {}, should be 6", u8(at_) >> 4));
    layer("IPv6", 40, depth_);
    varies(4, 2, "IPv6 payload length", depth_);
    if (!ip_end(40 + u16(at_ + 4), 40, "IPv6 payload length")) return;
    ip(true, 0);
    unsigned protocol = u8(at_ + 6);
    at_ += 40;
    while (extension(protocol) && room(8)) {
      size_t bytes = (u8(at_ + 1) + 1) * 8;
      layer("IPv6 extension header", bytes, depth_);
      protocol = u8(at_);
      at_ += bytes;
    }
    behind_ip(protocol);
  }

  void behind_ip(unsigned protocol) {
    p_.l4 = at_;
    switch (protocol) {
      case 4:
        enter(TunnelKind::kIp);
        next_ = Next::kIpv4;
        return;
      case 41:
        enter(TunnelKind::kIp);
        next_ = Next::kIpv6;
        return;
      case 6:
        return tcp();
      case 17:
        return udp();
      case 47:
        return gre();
      default:
        return bad(fmt::format("protocol is {}, neither TCP nor UDP nor a tunnel", protocol));
    }
  }

  // What was parsed last is the outside of a tunnel.
  void enter(TunnelKind kind) {
    p_.tunnel = kind;
    p_.inner_ethernet = false;
    p_.outer_ipv6 = p_.ipv6;
    p_.outer_l3 = p_.l3;
    p_.outer_l4 = kind == TunnelKind::kIp ? 0 : at_;
    p_.outer_ip_id = p_.ip_id;
    p_.outer_checksum.reset();
    depth_++;
  }

  // Of the header at at_ and all behind it; its field is at `field`.
  Checksum checksum(uint64_t start, size_t field) const {
    uint64_t sum = start;
    add(sum, b_.subspan(at_, end_ - at_));
    uint16_t is = uint16_t(u16(at_ + field));
    return {is, complement(sum - is)};
  }
  Checksum l4_checksum(unsigned protocol, size_t field) const {
    return checksum(pseudo_ + protocol + (end_ - at_), field);
  }
  void payload(const char *name, size_t header) {
    layer(name, header, depth_);
    p_.source_port = u16(at_);
    p_.destination_port = u16(at_ + 2);
    p_.payload_at = at_ + header;
    p_.payload = b_.subspan(p_.payload_at, end_ - p_.payload_at);
  }

  void tcp() {
    if (!room(20)) return bad("TCP header is not whole");
    size_t header = (u8(at_ + 12) >> 4) * 4;
    if (header < 20 || !room(header)) {
      return bad(fmt::format("TCP header length is {}, should be 20 to {}", header,
                             std::min<size_t>(60, end_ - at_)));
    }
    p_.checksum = l4_checksum(6, 16);
    bool right = p_.checksum.is % 0xffff == p_.checksum.right % 0xffff;  // FFFF is 0000, too
    if (!right) bad_checksum(depth_, "TCP", p_.checksum);
    varies(4, 4, "TCP sequence number", depth_);
    varies(12, 2, "TCP offset and flags", depth_);
    varies(16, 2, "TCP checksum", depth_);
    p_.tcp = true;
    payload("TCP", header);
    p_.seq = u32(at_ + 4);
    p_.ack = u32(at_ + 8);
    p_.flags = u16(at_ + 12) & 0xfff;
  }

  void udp() {
    if (!room(8)) return bad("UDP header is not whole");
    if (u16(at_ + 4) != end_ - at_) {
      bad(fmt::format("UDP length is {}, should be {}", u16(at_ + 4), end_ - at_));
    }
    unsigned port = u16(at_ + 2);
    bool vxlan = port == kPortVxlan, geneve = port == kPortGeneve;
    Checksum sum = l4_checksum(17, 6);
    if (sum.right == 0) sum.right = 0xffff;  // as 0 says that there is none (RFC 768)
    // Without one over IPv6 may only tunnels be (RFC 6935).
    bool none = sum.is == 0 && (!p_.ipv6 || vxlan || geneve);
    if (!none && sum.is != sum.right) bad_checksum(depth_, "UDP", sum);
    varies(4, 2, "UDP length", depth_);
    varies(6, 2, "UDP checksum", depth_);
    if (!vxlan && !geneve) {
      p_.checksum = sum;
      p_.udp = true;
      return payload("UDP", 8);
    }
    layer("UDP", 8, depth_);
    enter(vxlan ? TunnelKind::kVxlan : TunnelKind::kGeneve);
    p_.outer_checksum = sum;
    at_ += 8;
    if (!room(8)) return bad_tunnel("header of the tunnel is not whole");
    p_.vni = u32(at_ + 4) >> 8;
    vxlan ? vxlan_header() : geneve_header();
  }

  // RFC 7348 section 5. Linux drops what has another bit set.
  void vxlan_header() {
    layer("VXLAN", 8, kTunnelHeader);
    if (u32(at_) != 0x08000000)
      bad_tunnel(fmt::format("VXLAN flags are {:08x}, should be 08000000", u32(at_)));
    if (u8(at_ + 7) != 0)
      bad_tunnel(fmt::format("VXLAN last byte is {:02x}, should be 00", u8(at_ + 7)));
    at_ += 8;
    protocol_type("VXLAN", kTypeEthernet);
  }

  // RFC 8926 section 3.4. No control packet; options may be critical.
  void geneve_header() {
    size_t header = 8 + (u8(at_) & 0x3f) * 4;
    if (u8(at_) >> 6 != 0)
      bad_tunnel(fmt::format("Geneve version is {}, should be 0", u8(at_) >> 6));
    if ((u8(at_ + 1) & ~0x40u) != 0)
      bad_tunnel(fmt::format("Geneve flags are {:02x}, should be 00 or 40", u8(at_ + 1)));
    if (u8(at_ + 7) != 0)
      bad_tunnel(fmt::format("Geneve last byte is {:02x}, should be 00", u8(at_ + 7)));
    if (!room(header)) {
      return bad_tunnel(
          fmt::format("Geneve header length is {}, should be 8 to {}", header, end_ - at_));
    }
    layer("Geneve", header, kTunnelHeader);
    unsigned type = u16(at_ + 2);
    at_ += header;
    protocol_type("Geneve", type);
  }

  // RFC 2784, RFC 2890.
  void gre() {
    if (!room(4)) return bad_tunnel("GRE header is not whole");
    unsigned flags = u16(at_), type = u16(at_ + 2);
    if ((flags & ~0xb000u) != 0) {
      return bad_tunnel(
          fmt::format("GRE flags are {:04x}, should be {:04x}", flags, flags & 0xb000u));
    }
    size_t header = 4;
    for (unsigned bit : {0x8000u, 0x2000u, 0x1000u}) header += flags & bit ? 4 : 0;
    if (!room(header)) return bad_tunnel("GRE header is not whole");
    enter(TunnelKind::kGre);
    layer("GRE", header, kTunnelHeader);
    if (flags & 0x8000) {
      varies(4, 2, "GRE checksum", kTunnelHeader);
      p_.outer_checksum = checksum(0, 4);
      if (p_.outer_checksum->is != p_.outer_checksum->right)
        bad_checksum(kTunnelHeader, "GRE", *p_.outer_checksum);
    }
    at_ += header;
    protocol_type("GRE", type);
  }

  std::span<const uint8_t> b_;
  ParsedFrame &p_;
  size_t at_ = 0, end_;
  int depth_ = 0;        // tunnels around what is at at_
  uint64_t pseudo_ = 0;  // addresses of the last IP header
  Next next_ = Next::kNothing;
  std::vector<int> layer_depths_, field_depths_;
  std::vector<std::pair<int, std::string>> faults_;
};

}  // namespace

ParsedFrame parse_frame(std::span<const uint8_t> bytes) {
  ParsedFrame p;
  Parser(bytes, p).run();
  return p;
}

bool same_frame(std::span<const uint8_t> expected, std::span<const uint8_t> is,
                std::optional<size_t> tcp_checksum) {
  if (std::ranges::equal(expected, is)) return true;
  if (!tcp_checksum || expected.size() != is.size()) return false;
  size_t at = *tcp_checksum;
  auto zero_class = [&](std::span<const uint8_t> f) {
    unsigned v = unsigned(f[at]) << 8 | f[at + 1];
    return v == 0 || v == 0xffff;
  };
  return zero_class(expected) && zero_class(is) &&
         std::ranges::equal(expected.first(at), is.first(at)) &&
         std::ranges::equal(expected.subspan(at + 2), is.subspan(at + 2));
}

FrameDifference frame_difference(std::span<const uint8_t> expected, std::span<const uint8_t> is,
                                 std::span<const Field> fields, size_t header_bytes) {
  using Place = FrameDifference::Place;
  FrameDifference d;
  if (expected.size() != is.size()) {
    d.text = fmt::format("{} bytes instead of {}; ", is.size(), expected.size());
  }
  const size_t n = std::min(expected.size(), is.size());
  auto field_at = [&](size_t at) {
    auto field = std::ranges::find_if(
        fields, [&](const Field &f) { return at >= f.at && at < f.at + f.bytes; });
    return field == fields.end() ? nullptr : &*field;
  };
  auto is_checksum = [&](size_t at) {
    const Field *field = field_at(at);
    return field && std::string_view(field->name).ends_with("checksum");
  };
  size_t first = n;
  d.at = n;
  for (size_t i = 0; i < n; i++) {
    if (expected[i] == is[i]) continue;
    if (d.wrong++ == 0) first = i;
    if (d.at == n && !is_checksum(i)) d.at = i;
  }
  if (d.wrong == 0) {
    d.text += "the common bytes agree";
    return d;
  }
  if (d.at == n) d.at = first;
  auto words = [&](size_t at) {
    const Field *field = field_at(at);
    const std::string name = field ? std::string(field->which) + field->name
                             : at < header_bytes
                                 ? "header, a byte that nothing changes"
                                 : fmt::format("payload byte {}", at - header_bytes);
    const size_t shown = std::min<size_t>(8, n - at);
    return fmt::format("byte {} ({}): is {:02x}, should be {:02x}", at, name,
                       fmt::join(is.subspan(at, shown), " "),
                       fmt::join(expected.subspan(at, shown), " "));
  };
  d.place = field_at(d.at) ? Place::kField : d.at < header_bytes ? Place::kHeader : Place::kPayload;
  d.text += fmt::format("{} bytes differ, first at {}", d.wrong, words(first));
  if (d.at != first) d.text += fmt::format("; its cause is {}", words(d.at));
  return d;
}

}  // namespace vmso
