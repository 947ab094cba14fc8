// SPDX-License-Identifier: Apache-2.0
#include "check/frame.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmso {
namespace {

class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> b) : b_(b) {}
  size_t size() const { return b_.size(); }
  unsigned u8(size_t at) const { return b_[at]; }
  unsigned u16(size_t at) const { return unsigned(b_[at]) << 8 | b_[at + 1]; }
  uint32_t u32(size_t at) const { return uint32_t(u16(at)) << 16 | u16(at + 2); }

 private:
  std::span<const uint8_t> b_;
};

// Adds bytes to a checksum the slow, obvious way: every byte by its parity.
void add(uint64_t &sum, std::span<const uint8_t> bytes) {
  uint64_t even = 0, odd = 0;
  for (size_t i = 0; i < bytes.size(); i++) (i % 2 ? odd : even) += bytes[i];
  sum += even * 256 + odd;
}
bool all_ones(uint64_t sum) { return sum != 0 && sum % 0xffff == 0; }

}  // namespace

ParsedFrame parse_frame(std::span<const uint8_t> bytes) {
  ParsedFrame p;
  Bytes b(bytes);
  auto bad = [&](std::string text) { p.faults.push_back(std::move(text)); };
  if (b.size() < 60) bad(fmt::format("{} bytes: shorter than 60", b.size()));
  size_t at = 12;
  while (at + 4 <= b.size() && (b.u16(at) == 0x8100 || b.u16(at) == 0x88a8)) at += 4;
  if (at + 2 > b.size()) return bad("no EtherType"), p;
  unsigned type = b.u16(at);
  p.l3 = at + 2;
  size_t end = 0;
  uint64_t pseudo = 0;
  unsigned protocol = 0;
  if (type == 0x0800) {
    if (p.l3 + 20 > b.size() || b.u8(p.l3) >> 4 != 4) return bad("no IPv4 header"), p;
    size_t header = (b.u8(p.l3) & 15) * 4;
    if (header < 20 || p.l3 + header > b.size()) return bad("IPv4 header length"), p;
    end = p.l3 + b.u16(p.l3 + 2);
    p.l4 = p.l3 + header;
    p.ip_id = b.u16(p.l3 + 4);
    protocol = b.u8(p.l3 + 9);
    uint64_t sum = 0;
    add(sum, bytes.subspan(p.l3, header));
    if (!all_ones(sum)) bad("IPv4 header checksum is wrong");
    add(pseudo, bytes.subspan(p.l3 + 12, 8));
  } else if (type == 0x86dd) {
    if (p.l3 + 40 > b.size() || b.u8(p.l3) >> 4 != 6) return bad("no IPv6 header"), p;
    p.ipv6 = true;
    end = p.l3 + 40 + b.u16(p.l3 + 4);
    protocol = b.u8(p.l3 + 6);
    p.l4 = p.l3 + 40;
    while ((protocol == 0 || protocol == 43 || protocol == 60) && p.l4 + 8 <= b.size()) {
      protocol = b.u8(p.l4);
      p.l4 += (b.u8(p.l4 + 1) + 1) * 8;
    }
    add(pseudo, bytes.subspan(p.l3 + 8, 32));
  } else {
    return bad(fmt::format("EtherType {:04x} is not IP", type)), p;
  }
  if (end > b.size())
    return bad(fmt::format("IP length says {} bytes, frame has {}", end, b.size())), p;
  if (end < b.size()) {
    if (b.size() > 60) bad(fmt::format("{} bytes behind the IP packet", b.size() - end));
    if (std::ranges::any_of(bytes.subspan(end), [](uint8_t x) { return x != 0; })) {
      bad("padding is not zero");
    }
  }
  if (protocol != 6) return bad(fmt::format("protocol {} is not TCP", protocol)), p;
  if (p.l4 + 20 > end) return bad("no TCP header"), p;
  size_t header = (b.u8(p.l4 + 12) >> 4) * 4;
  if (header < 20 || p.l4 + header > end) return bad("TCP header length"), p;
  uint64_t sum = pseudo + 6 + (end - p.l4);
  add(sum, bytes.subspan(p.l4, end - p.l4));
  if (!all_ones(sum)) bad("TCP checksum is wrong");
  p.tcp = true;
  p.source_port = b.u16(p.l4);
  p.destination_port = b.u16(p.l4 + 2);
  p.seq = b.u32(p.l4 + 4);
  p.ack = b.u32(p.l4 + 8);
  p.flags = b.u16(p.l4 + 12) & 0xfff;
  p.payload_at = p.l4 + header;
  p.payload = bytes.subspan(p.payload_at, end - p.payload_at);
  return p;
}

bool same_frame(std::span<const uint8_t> expected, std::span<const uint8_t> is, size_t l4,
                bool tcp) {
  if (expected.size() != is.size()) return false;
  auto zero_class = [&](std::span<const uint8_t> f) {
    unsigned v = unsigned(f[l4 + 16]) << 8 | f[l4 + 17];
    return v == 0 || v == 0xffff;
  };
  if (std::ranges::equal(expected, is)) return true;
  if (!tcp || !zero_class(expected) || !zero_class(is)) return false;
  return std::equal(expected.begin(), expected.begin() + long(l4) + 16, is.begin()) &&
         std::equal(expected.begin() + long(l4) + 18, expected.end(), is.begin() + long(l4) + 18);
}

std::string frame_difference(std::span<const uint8_t> expected, std::span<const uint8_t> is,
                             size_t l3, size_t l4, size_t header_bytes) {
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
  struct Field {
    size_t at, bytes;
    const char *name;
  };
  bool v6 = l3 < n && expected[l3] >> 4 == 6;
  const Field v4_fields[] = {{l3 + 2, 2, "IPv4 total length"},
                             {l3 + 4, 2, "IPv4 id"},
                             {l3 + 10, 2, "IPv4 header checksum"}};
  const Field v6_fields[] = {{l3 + 4, 2, "IPv6 payload length"}};
  const Field tcp_fields[] = {{l4 + 4, 4, "TCP sequence number"},
                              {l4 + 12, 2, "TCP offset and flags"},
                              {l4 + 16, 2, "TCP checksum"}};
  std::string name;
  auto look = [&](std::span<const Field> fields) {
    for (const Field &f : fields) {
      if (first >= f.at && first < f.at + f.bytes) name = f.name;
    }
  };
  if (l3 > 0 && first < header_bytes) {
    look(v6 ? std::span<const Field>(v6_fields) : std::span<const Field>(v4_fields));
    if (l4 > l3) look(tcp_fields);
  }
  if (name.empty()) {
    name = first < header_bytes ? "header, a byte that nothing changes"
                                : fmt::format("payload byte {}", first - header_bytes);
  }
  size_t shown = std::min<size_t>(8, n - first);
  return text + fmt::format("{} bytes differ, first at byte {} ({}): is {:02x}, should be {:02x}",
                            wrong, first, name, fmt::join(is.subspan(first, shown), " "),
                            fmt::join(expected.subspan(first, shown), " "));
}

}  // namespace vmso
