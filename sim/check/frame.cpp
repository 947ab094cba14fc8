// SPDX-License-Identifier: Apache-2.0
#include "check/frame.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso {
namespace {

// Adds bytes to a checksum the slow, obvious way: every byte by its parity.
void add(uint64_t &sum, std::span<const uint8_t> bytes) {
  uint64_t even = 0, odd = 0;
  for (size_t i = 0; i < bytes.size(); i++) (i % 2 ? odd : even) += bytes[i];
  sum += even * 256 + odd;
}
bool all_ones(uint64_t sum) { return sum != 0 && sum % 0xffff == 0; }

bool extension(unsigned protocol) { return protocol == 0 || protocol == 43 || protocol == 60; }

// Goes through the headers of one frame, from the outside in. Each step begins at `at_`, the packet
// or frame that it belongs to ends at `end_`, and it tells whether there is more to look at.
class Parser {
 public:
  Parser(std::span<const uint8_t> bytes, ParsedFrame &result)
      : b_(bytes), p_(result), end_(bytes.size()) {}

  void run() {
    if (b_.size() < 60) bad(fmt::format("{} bytes: shorter than 60", b_.size()));
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
  }

 private:
  enum class Next { kNothing, kEthernet, kIpv4, kIpv6 };

  unsigned u8(size_t at) const { return b_[at]; }
  unsigned u16(size_t at) const { return unsigned(b_[at]) << 8 | b_[at + 1]; }
  uint32_t u32(size_t at) const { return uint32_t(u16(at)) << 16 | u16(at + 2); }
  void bad(const std::string &text) {
    p_.faults.push_back((p_.tunnel ? "in the tunnel: " : "") + text);
  }
  bool room(size_t bytes) const { return at_ + bytes <= end_; }

  void ether_type(unsigned type) {
    if (type == 0x0800) {
      next_ = Next::kIpv4;
    } else if (type == 0x86dd) {
      next_ = Next::kIpv6;
    } else if (type == 0x6558 && p_.tunnel) {
      next_ = Next::kEthernet;
    } else {
      bad(fmt::format("EtherType {:04x} is not IP", type));
    }
  }

  void ethernet() {
    at_ += 12;
    while (room(4) && (u16(at_) == 0x8100 || u16(at_) == 0x88a8)) at_ += 4;
    if (!room(2)) return bad("no EtherType");
    unsigned type = u16(at_);
    at_ += 2;
    ether_type(type);
  }

  // The packet at at_ has `bytes` bytes. The frame that carries it may pad to 60, a tunnel not.
  bool ip_end(size_t bytes) {
    size_t end = at_ + bytes;
    if (end > end_) {
      bad(fmt::format("IP length says {} bytes, frame has {}", end, end_));
      return false;
    }
    if (end < end_) {
      if (p_.tunnel || b_.size() > 60)
        bad(fmt::format("{} bytes behind the IP packet", end_ - end));
      if (std::ranges::any_of(b_.subspan(end, end_ - end), [](uint8_t x) { return x != 0; })) {
        bad("padding is not zero");
      }
    }
    end_ = end;
    return true;
  }

  void ipv4() {
    if (!room(20) || u8(at_) >> 4 != 4) return bad("no IPv4 header");
    size_t header = (u8(at_) & 15) * 4;
    if (header < 20 || !room(header)) return bad("IPv4 header length");
    uint64_t sum = 0;
    add(sum, b_.subspan(at_, header));
    if (!all_ones(sum)) bad("IPv4 header checksum is wrong");
    if (!ip_end(u16(at_ + 2))) return;
    if (!room(header)) return bad("IPv4 total length is below the header's");
    p_.ipv6 = false;
    p_.l3 = at_;
    p_.ip_id = u16(at_ + 4);
    pseudo_ = 0;
    add(pseudo_, b_.subspan(at_ + 12, 8));
    unsigned protocol = u8(at_ + 9);
    at_ += header;
    behind_ip(protocol);
  }

  void ipv6() {
    if (!room(40) || u8(at_) >> 4 != 6) return bad("no IPv6 header");
    if (!ip_end(40 + u16(at_ + 4))) return;
    p_.ipv6 = true;
    p_.l3 = at_;
    p_.ip_id = 0;
    pseudo_ = 0;
    add(pseudo_, b_.subspan(at_ + 8, 32));
    unsigned protocol = u8(at_ + 6);
    at_ += 40;
    while (extension(protocol) && room(8)) {
      protocol = u8(at_);
      at_ += (u8(at_ + 1) + 1) * 8;
    }
    behind_ip(protocol);
  }

  void behind_ip(unsigned protocol) {
    p_.l4 = at_;
    switch (protocol) {
      case 4:
        enter(0);
        return ether_type(0x0800);
      case 41:
        enter(0);
        return ether_type(0x86dd);
      case 6:
        return tcp();
      case 17:
        return udp();
      case 47:
        return gre();
      default:
        return bad(fmt::format("protocol {} is neither TCP nor UDP", protocol));
    }
  }

  // What was parsed last is the outside of a tunnel.
  void enter(size_t outer_l4) {
    p_.tunnel = true;
    p_.outer_ipv6 = p_.ipv6;
    p_.outer_l3 = p_.l3;
    p_.outer_l4 = outer_l4;
    p_.outer_ip_id = p_.ip_id;
  }

  uint64_t l4_sum(unsigned protocol) const {
    uint64_t sum = pseudo_ + protocol + (end_ - at_);
    add(sum, b_.subspan(at_, end_ - at_));
    return sum;
  }
  void payload(size_t header) {
    p_.source_port = u16(at_);
    p_.destination_port = u16(at_ + 2);
    p_.payload_at = at_ + header;
    p_.payload = b_.subspan(p_.payload_at, end_ - p_.payload_at);
  }

  void tcp() {
    if (!room(20)) return bad("no TCP header");
    size_t header = (u8(at_ + 12) >> 4) * 4;
    if (header < 20 || !room(header)) return bad("TCP header length");
    if (!all_ones(l4_sum(6))) bad("TCP checksum is wrong");
    p_.tcp = true;
    payload(header);
    p_.seq = u32(at_ + 4);
    p_.ack = u32(at_ + 8);
    p_.flags = u16(at_ + 12) & 0xfff;
  }

  void udp() {
    if (!room(8)) return bad("no UDP header");
    if (u16(at_ + 4) != end_ - at_) {
      bad(fmt::format("UDP length is {}, IP leaves {}", u16(at_ + 4), end_ - at_));
    }
    unsigned port = u16(at_ + 2);
    bool tunnel = port == 4789 || port == 6081;
    if (u16(at_ + 6) == 0) {  // none; over IPv6 only tunnels may do without (RFC 6935)
      if (p_.ipv6 && !tunnel) bad("UDP over IPv6 has no checksum");
    } else if (!all_ones(l4_sum(17))) {
      bad("UDP checksum is wrong");
    }
    if (!tunnel) {
      p_.udp = true;
      return payload(8);
    }
    enter(at_);
    at_ += 8;
    if (!room(8)) return bad("no header of the tunnel");
    unsigned type = 0x6558;
    if (port == 6081) {
      type = u16(at_ + 2);
      at_ += (u8(at_) & 0x3f) * 4;
    }
    at_ += 8;
    ether_type(type);
  }

  void gre() {
    if (!room(4)) return bad("no GRE header");
    unsigned flags = u16(at_), type = u16(at_ + 2);
    if ((flags & ~0xb000u) != 0) return bad(fmt::format("GRE flags {:04x}", flags));
    enter(at_);
    size_t header = 4;
    for (unsigned bit : {0x8000u, 0x2000u, 0x1000u}) header += flags & bit ? 4 : 0;
    if (!room(header)) return bad("GRE header length");
    if (flags & 0x8000) {
      uint64_t sum = 0;
      add(sum, b_.subspan(at_, end_ - at_));
      if (!all_ones(sum)) bad("GRE checksum is wrong");
    }
    at_ += header;
    ether_type(type);
  }

  std::span<const uint8_t> b_;
  ParsedFrame &p_;
  size_t at_ = 0, end_;
  uint64_t pseudo_ = 0;  // addresses of the last IP header
  Next next_ = Next::kNothing;
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

std::string frame_difference(std::span<const uint8_t> expected, std::span<const uint8_t> is,
                             std::span<const Field> fields, size_t header_bytes) {
  std::string text;
  if (expected.size() != is.size()) {
    text = fmt::format("{} bytes instead of {}; ", is.size(), expected.size());
  }
  size_t n = std::min(expected.size(), is.size()), first = n, wrong = 0;
  for (size_t i = 0; i < n; i++) {
    if (expected[i] == is[i]) continue;
    if (wrong++ == 0) first = i;
  }
  if (wrong == 0) return text + "the common bytes agree";
  auto field = std::ranges::find_if(
      fields, [&](const Field &f) { return first >= f.at && first < f.at + f.bytes; });
  std::string name = field != fields.end()  ? std::string(field->which) + field->name
                     : first < header_bytes ? "header, a byte that nothing changes"
                                            : fmt::format("payload byte {}", first - header_bytes);
  size_t shown = std::min<size_t>(8, n - first);
  return text + fmt::format("{} bytes differ, first at byte {} ({}): is {:02x}, should be {:02x}",
                            wrong, first, name, fmt::join(is.subspan(first, shown), " "),
                            fmt::join(expected.subspan(first, shown), " "));
}

}  // namespace vmso
