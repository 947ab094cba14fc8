// SPDX-License-Identifier: Apache-2.0
// What a segment has to look like: a reference that works on whole frames, byte by byte.
//
// A template is built field by field here, layer by layer in a tunnel, so the model knows where
// everything is and parses nothing. Each segment is the template with fields overwritten, then
// summed over all its bytes, inner layer first; the RTL works by differences of sums and shares
// nothing with this. A tag is inserted last, into the whole frame.
#pragma once
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace vmso::unit {

using Bytes = std::vector<uint8_t>;
using Rng = std::mt19937_64;

inline unsigned pick(Rng &rng, unsigned from, unsigned to) {
  return from + unsigned(rng() % (to - from + 1));
}

inline void put16(Bytes &b, size_t at, uint32_t value) {
  b.at(at) = uint8_t(value >> 8);
  b.at(at + 1) = uint8_t(value);
}
inline void put32(Bytes &b, size_t at, uint32_t value) {
  put16(b, at, value >> 16);
  put16(b, at + 2, value & 0xffff);
}
inline uint32_t get16(const Bytes &b, size_t at) { return uint32_t(b.at(at)) << 8 | b.at(at + 1); }
inline uint32_t get32(const Bytes &b, size_t at) { return get16(b, at) << 16 | get16(b, at + 2); }

// Plain sum of big-endian halfwords, the last one padded; folded by `fold`.
inline uint64_t sum_of(const Bytes &b, size_t from, size_t to) {
  uint64_t sum = 0;
  for (size_t i = from; i < to; i++) sum += (i - from) % 2 ? b[i] : uint32_t(b[i]) << 8;
  return sum;
}
inline uint16_t fold(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(sum);
}

enum class Seed { kNone = 0, kCompute = 1, kNoLength = 2, kFull = 3 };
enum class IdMode { kIncrement = 0, kFixed = 1, kWrap15 = 2 };

constexpr unsigned kTcp = 6, kUdp = 17, kGre = 47;
constexpr size_t kTcpBytes = 20, kUdpBytes = 8;

// One Ethernet or IP layer and, if it is the last one, its L4 header.
struct HeaderShape {
  unsigned tags = 0;  // 0..3
  bool v6 = false;
  unsigned ip_options = 0;                                     // IPv4: words 0..10
  std::vector<std::pair<unsigned, unsigned>> extensions = {};  // IPv6: type, 8-byte units - 1
  unsigned segments_left = 0;                                  // of every routing header
  unsigned tcp_options = 0;                                    // words 0..10
  bool udp = false;
  size_t ip_bytes() const {
    size_t n = v6 ? 40 : 20 + 4 * ip_options;
    for (auto &[type, units] : extensions) n += 8 * (units + 1);
    return n;
  }
  size_t l4_bytes() const { return udp ? kUdpBytes : kTcpBytes + 4 * tcp_options; }
  size_t bytes() const { return 14 + 4 * tags + ip_bytes() + l4_bytes(); }
};

// What lies around a header: an outer Ethernet and IP layer, and what leads from it to the inner
// one.
struct TunnelShape {
  enum Kind { kVxlan, kGeneve, kGreTunnel, kOtherUdp, kIpInIp };
  Kind kind = kVxlan;
  HeaderShape outer = {};  // without L4
  bool ethernet = true;    // inside; always in VXLAN, never in IP in IP
  unsigned options = 0;    // Geneve: words 0..63; of another UDP port: words behind the UDP header
  bool gre_checksum = false;  // GRE: which of the optional words are there
  bool gre_key = false, gre_sequence = false;
  bool has_l4() const { return kind != kIpInIp; }
  size_t l4_bytes() const {
    switch (kind) {
      case kVxlan:
        return kUdpBytes + 8;
      case kGeneve:
        return kUdpBytes + 8 + 4 * options;
      case kGreTunnel:
        return 4 + 4 * size_t(gre_checksum + gre_key + gre_sequence);
      case kOtherUdp:
        return kUdpBytes + 4 * options;
      default:
        return 0;
    }
  }
  size_t bytes(const HeaderShape &inner) const {
    return 14 + 4 * outer.tags + outer.ip_bytes() + l4_bytes() +
           (ethernet ? 14 + 4 * inner.tags : 0) + inner.ip_bytes() + inner.l4_bytes();
  }
};

struct Layer {
  size_t l3 = 0, l4 = 0;  // l4 of an outer layer without one: 0
  bool v6 = false;
  unsigned protocol = 0;
};

struct Template {
  Bytes bytes;
  Layer inner;
  std::optional<Layer> outer;
};

namespace detail {

// The builder's pieces: each appends random bytes and sets what is not free.
inline size_t append(Rng &rng, Bytes &b, size_t bytes) {
  size_t at = b.size();
  while (b.size() < at + bytes) b.push_back(uint8_t(rng()));
  return at;
}
inline void append_ethernet(Rng &rng, Bytes &b, unsigned tags, bool v6) {
  size_t at = append(rng, b, 14 + 4 * tags);
  for (unsigned i = 0; i < tags; i++) put16(b, at + 12 + 4 * i, rng() % 2 ? 0x8100 : 0x88a8);
  put16(b, at + 12 + 4 * tags, v6 ? 0x86dd : 0x0800);
}
inline Layer append_ip(Rng &rng, Bytes &b, const HeaderShape &shape, unsigned protocol) {
  Layer layer{append(rng, b, shape.ip_bytes()), b.size(), shape.v6, protocol};
  size_t l3 = layer.l3;
  if (!shape.v6) {
    b[l3] = uint8_t(0x45 + shape.ip_options);
    put16(b, l3 + 6, uint32_t(rng() % 4) << 14);  // reserved bit, DF
    b[l3 + 9] = uint8_t(protocol);
    return layer;
  }
  b[l3] = uint8_t(0x60 | (b[l3] & 15));
  size_t next = l3 + 6, at = l3 + 40;
  for (auto &[type, units] : shape.extensions) {
    b[next] = uint8_t(type);
    b[at + 1] = uint8_t(units);
    if (type == 43) b[at + 3] = uint8_t(shape.segments_left);
    next = at;
    at += 8 * (units + 1);
  }
  b[next] = uint8_t(protocol);
  return layer;
}
inline void append_tunnel(Rng &rng, Bytes &b, const TunnelShape &tunnel, bool inner_v6) {
  size_t at = append(rng, b, tunnel.l4_bytes());
  unsigned type = tunnel.ethernet ? 0x6558 : inner_v6 ? 0x86dd : 0x0800;
  switch (tunnel.kind) {
    case TunnelShape::kVxlan:
      put16(b, at + 2, 4789);
      break;
    case TunnelShape::kGeneve:
      put16(b, at + 2, 6081);
      b[at + 8] = uint8_t(tunnel.options);  // version 0
      put16(b, at + 10, type);
      break;
    case TunnelShape::kGreTunnel:
      put16(b, at,
            uint32_t(tunnel.gre_checksum) << 15 | uint32_t(tunnel.gre_key) << 13 |
                uint32_t(tunnel.gre_sequence) << 12);
      put16(b, at + 2, type);
      break;
    case TunnelShape::kOtherUdp:
      if (get16(b, at + 2) == 4789 || get16(b, at + 2) == 6081) b[at + 2] ^= 0x80;
      break;
    case TunnelShape::kIpInIp:
      break;
  }
}

}  // namespace detail

// A template with random content; every field that is to be ignored holds junk.
inline Template build_template(Rng &rng, const HeaderShape &shape,
                               const std::optional<TunnelShape> &tunnel = {}) {
  using namespace detail;
  Template t;
  if (tunnel) {
    unsigned protocol = tunnel->kind == TunnelShape::kIpInIp      ? (shape.v6 ? 41 : 4)
                        : tunnel->kind == TunnelShape::kGreTunnel ? kGre
                                                                  : kUdp;
    append_ethernet(rng, t.bytes, tunnel->outer.tags, tunnel->outer.v6);
    t.outer = append_ip(rng, t.bytes, tunnel->outer, protocol);
    append_tunnel(rng, t.bytes, *tunnel, shape.v6);
    if (!tunnel->has_l4()) t.outer->l4 = 0;
  }
  if (!tunnel || tunnel->ethernet) append_ethernet(rng, t.bytes, shape.tags, shape.v6);
  t.inner = append_ip(rng, t.bytes, shape, shape.udp ? kUdp : kTcp);
  append(rng, t.bytes, shape.l4_bytes());
  if (shape.udp) {
    if (rng() % 4 == 0) put16(t.bytes, t.inner.l4 + 2, rng() % 2 ? 4789 : 6081);  // means nothing
  } else {
    put16(t.bytes, t.inner.l4 + 12, (5 + shape.tcp_options) << 12 | uint32_t(rng() % 0x1000));
  }
  return t;
}

inline void random_ip(Rng &rng, HeaderShape &s) {
  s.v6 = rng() % 2;
  if (!s.v6) {
    if (rng() % 3 == 0) s.ip_options = pick(rng, 0, 10);
  } else if (rng() % 2) {
    static const unsigned kTypes[] = {0, 43, 60};
    for (unsigned i = pick(rng, 1, 4); i > 0; i--) {
      s.extensions.emplace_back(kTypes[rng() % 3], pick(rng, 0, rng() % 4 ? 2 : 9));
    }
  }
}
inline HeaderShape random_shape(Rng &rng, size_t limit, bool udp = false) {
  for (;;) {
    HeaderShape s;
    s.tags = pick(rng, 0, 3);
    s.udp = udp;
    s.tcp_options = rng() % 2 ? pick(rng, 0, 10) : 3 * pick(rng, 0, 1);
    random_ip(rng, s);
    if (s.bytes() <= limit) return s;
  }
}
// Of so many bytes at most around a bare IP header.
inline TunnelShape random_tunnel(Rng &rng, size_t limit) {
  for (;;) {
    TunnelShape t;
    t.kind = TunnelShape::Kind(pick(rng, 0, 4));
    t.outer.tags = pick(rng, 0, 3);
    random_ip(rng, t.outer);
    t.ethernet = t.kind == TunnelShape::kVxlan || (t.kind != TunnelShape::kIpInIp && rng() % 2);
    t.options = rng() % 2 ? pick(rng, 0, 4) : pick(rng, 0, 40);
    t.gre_checksum = rng() % 2;
    t.gre_key = rng() % 2;
    t.gre_sequence = rng() % 2;
    if (t.bytes({}) <= limit + HeaderShape{}.ip_bytes() + HeaderShape{}.l4_bytes()) return t;
  }
}

struct Masks {
  uint16_t first = 0xff6, middle = 0xf76, last = 0xf7f;
};

// Sum of addresses and protocol: what the seed of a template stands for.
inline uint64_t pseudo_sum(const Template &t, const Layer &layer) {
  size_t from = layer.l3 + (layer.v6 ? 8 : 12);
  return sum_of(t.bytes, from, from + (layer.v6 ? 32 : 8)) + layer.protocol;
}

inline size_t checksum_at(const Layer &layer) {
  return layer.l4 + (layer.protocol == kUdp ? 6 : 16);
}

// Puts a seed over `pseudo` into the template.
inline void seed_template(Template &t, Seed seed, uint64_t pseudo, size_t payload) {
  size_t at = checksum_at(t.inner);
  if (seed == Seed::kNoLength) put16(t.bytes, at, fold(pseudo));
  if (seed == Seed::kFull) {
    uint64_t length = t.bytes.size() - t.inner.l4 + payload;
    put16(t.bytes, at, fold(pseudo + (length >> 16) + (length & 0xffff)));
  }
}

struct Cut {
  size_t number, sent, bytes;
  bool first, last;
};
// What a job says about its frames. `pseudo` is what the inner checksum's seed stands for.
struct Rules {
  bool checksum = true;
  uint64_t pseudo = 0;
  IdMode id_mode = IdMode::kIncrement, outer_id_mode = IdMode::kIncrement;
  bool outer_checksum = false;
  Masks masks;
};

inline uint16_t udp_checksum(uint64_t sum) {
  auto csum = uint16_t(~fold(sum));
  return csum ? csum : 0xffff;
}

// Lengths, id and header checksum of a layer, in a frame without a tag of its own.
inline void finish_ip(Bytes &frame, const Layer &layer, size_t header_bytes, IdMode mode,
                      size_t number) {
  size_t l3 = layer.l3, end = frame.size();
  if (layer.v6) {
    put16(frame, l3 + 4, uint32_t(end - l3 - 40));
    return;
  }
  put16(frame, l3 + 2, uint32_t(end - l3));
  uint32_t id = get16(frame, l3 + 4), plus = id + uint32_t(number);
  if (mode == IdMode::kIncrement) id = plus;
  if (mode == IdMode::kWrap15) id = (id & 0x8000) | (plus & 0x7fff);
  put16(frame, l3 + 4, id & 0xffff);
  put16(frame, l3 + 10, 0);
  put16(frame, l3 + 10, uint16_t(~fold(sum_of(frame, l3, l3 + header_bytes))));
}

// The frame: segment `cut` of `payload`, without an inserted tag and padding.
inline Bytes segment(const Template &t, const Bytes &payload, Cut cut, const Rules &rules) {
  Bytes frame = t.bytes;
  frame.insert(frame.end(), payload.begin() + long(cut.sent),
               payload.begin() + long(cut.sent + cut.bytes));
  const Layer &in = t.inner;
  size_t end = frame.size(), csum = checksum_at(in);
  if (in.protocol == kTcp) {
    put32(frame, in.l4 + 4, get32(frame, in.l4 + 4) + uint32_t(cut.sent));
    uint32_t mask = 0xfff;
    if (!(cut.first && cut.last))
      mask = cut.first ? rules.masks.first : cut.last ? rules.masks.last : rules.masks.middle;
    put16(frame, in.l4 + 12, get16(frame, in.l4 + 12) & (0xf000 | mask));
  } else {
    put16(frame, in.l4 + 4, uint32_t(end - in.l4));
  }
  finish_ip(frame, in, in.l4 - in.l3, rules.id_mode, cut.number);
  put16(frame, csum, 0);
  if (rules.checksum) {
    uint64_t sum = rules.pseudo + (end - in.l4) + sum_of(frame, in.l4, end);
    put16(frame, csum, in.protocol == kUdp ? udp_checksum(sum) : uint16_t(~fold(sum)));
  }
  if (!t.outer) return frame;

  const Layer &out = *t.outer;
  size_t ip_bytes = (out.l4   ? out.l4
                     : out.v6 ? in.l3
                              : out.l3 + 4 * (frame[out.l3] & 15u)) -
                    out.l3;
  finish_ip(frame, out, ip_bytes, rules.outer_id_mode, cut.number);
  if (out.protocol == kUdp) {
    put16(frame, out.l4 + 4, uint32_t(end - out.l4));
    put16(frame, out.l4 + 6, 0);
    if (rules.outer_checksum) {
      uint64_t sum = pseudo_sum(t, out) + (end - out.l4) + sum_of(frame, out.l4, end);
      put16(frame, out.l4 + 6, udp_checksum(sum));
    }
  } else if (out.protocol == kGre && rules.outer_checksum) {
    put16(frame, out.l4 + 4, 0);
    put16(frame, out.l4 + 4, uint16_t(~fold(sum_of(frame, out.l4, end))));
  }
  return frame;
}

// One checksum over the frame from `from` on, written at `from + offset`; what stands there counts.
inline void write_checksum(Bytes &frame, size_t from, size_t offset) {
  uint64_t sum = sum_of(frame, from, frame.size());
  put16(frame, from + offset, offset == 6 ? udp_checksum(sum) : uint16_t(~fold(sum)));
}

constexpr size_t kTagAt = 12, kMinFrame = 60;

inline void insert_tag(Bytes &frame, uint32_t word) {
  Bytes tag(4);
  put32(tag, 0, word);
  frame.insert(frame.begin() + kTagAt, tag.begin(), tag.end());
}

}  // namespace vmso::unit
