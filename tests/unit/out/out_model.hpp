// SPDX-License-Identifier: Apache-2.0
// What a segment has to look like: a reference that works on whole frames, byte by byte.
//
// A template is built field by field here, so the model knows where everything is and parses
// nothing. Each segment is the template with fields overwritten, then summed over all its bytes;
// the RTL works by differences of sums and shares nothing with this.
#pragma once
#include <cstdint>
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

struct HeaderShape {
  unsigned tags = 0;  // 0..3
  bool v6 = false;
  unsigned ip_options = 0;                                     // IPv4: words 0..10
  std::vector<std::pair<unsigned, unsigned>> extensions = {};  // IPv6: type, 8-byte units - 1
  unsigned segments_left = 0;                                  // of every routing header
  unsigned tcp_options = 0;                                    // words 0..10
  size_t bytes() const {
    size_t n = 14 + 4 * tags + (v6 ? 40 : 20 + 4 * ip_options) + 20 + 4 * tcp_options;
    for (auto &[type, units] : extensions) n += 8 * (units + 1);
    return n;
  }
};

struct Template {
  Bytes bytes;
  size_t l3 = 0, l4 = 0;
  bool v6 = false;
};

// A template with random content; every field that is to be ignored holds junk.
inline Template build_template(Rng &rng, const HeaderShape &shape) {
  Template t;
  t.v6 = shape.v6;
  t.bytes.resize(shape.bytes());
  for (auto &b : t.bytes) b = uint8_t(rng());
  for (unsigned i = 0; i < shape.tags; i++) put16(t.bytes, 12 + 4 * i, rng() % 2 ? 0x8100 : 0x88a8);
  t.l3 = 14 + 4 * shape.tags;
  put16(t.bytes, t.l3 - 2, shape.v6 ? 0x86dd : 0x0800);
  if (!shape.v6) {
    t.l4 = t.l3 + 20 + 4 * shape.ip_options;
    t.bytes[t.l3] = uint8_t(0x45 + shape.ip_options);
    put16(t.bytes, t.l3 + 6, uint32_t(rng() % 4) << 14);  // reserved bit, DF
    t.bytes[t.l3 + 9] = 6;
  } else {
    t.bytes[t.l3] = uint8_t(0x60 | (t.bytes[t.l3] & 15));
    size_t next = t.l3 + 6, at = t.l3 + 40;
    for (auto &[type, units] : shape.extensions) {
      t.bytes[next] = uint8_t(type);
      t.bytes[at + 1] = uint8_t(units);
      if (type == 43) t.bytes[at + 3] = uint8_t(shape.segments_left);
      next = at;
      at += 8 * (units + 1);
    }
    t.bytes[next] = 6;
    t.l4 = at;
  }
  put16(t.bytes, t.l4 + 12, (5 + shape.tcp_options) << 12 | uint32_t(rng() % 0x1000));
  return t;
}

inline HeaderShape random_shape(Rng &rng, size_t limit) {
  for (;;) {
    HeaderShape s;
    s.tags = pick(rng, 0, 3);
    s.v6 = rng() % 2;
    s.tcp_options = rng() % 2 ? pick(rng, 0, 10) : 3 * pick(rng, 0, 1);
    if (!s.v6) {
      if (rng() % 3 == 0) s.ip_options = pick(rng, 0, 10);
    } else if (rng() % 2) {
      static const unsigned kTypes[] = {0, 43, 60};
      for (unsigned i = pick(rng, 1, 4); i > 0; i--) {
        s.extensions.emplace_back(kTypes[rng() % 3], pick(rng, 0, rng() % 4 ? 2 : 9));
      }
    }
    if (s.bytes() <= limit) return s;
  }
}

struct Masks {
  uint16_t first = 0xff6, middle = 0xf76, last = 0xf7f;
};

// Sum of addresses and protocol: what the seed of a template stands for.
inline uint64_t pseudo_sum(const Template &t) {
  return t.v6 ? sum_of(t.bytes, t.l3 + 8, t.l3 + 40) + 6
              : sum_of(t.bytes, t.l3 + 12, t.l3 + 20) + 6;
}

// Puts a seed over `pseudo` into the template.
inline void seed_template(Template &t, Seed seed, uint64_t pseudo, size_t payload) {
  if (seed == Seed::kNoLength) put16(t.bytes, t.l4 + 16, fold(pseudo));
  if (seed == Seed::kFull) {
    uint64_t length = t.bytes.size() - t.l4 + payload;
    put16(t.bytes, t.l4 + 16, fold(pseudo + (length >> 16) + (length & 0xffff)));
  }
}

struct Cut {
  size_t number, sent, bytes;
  bool first, last;
};

// The frame on the wire: segment `cut` of `payload`, padded. `pseudo` is what the seed stands for.
inline Bytes segment(const Template &t, uint64_t pseudo, const Bytes &payload, Cut cut,
                     IdMode id_mode, Masks masks) {
  Bytes frame = t.bytes;
  frame.insert(frame.end(), payload.begin() + long(cut.sent),
               payload.begin() + long(cut.sent + cut.bytes));
  size_t end = frame.size();
  uint32_t l4_length = uint32_t(end - t.l4);
  put32(frame, t.l4 + 4, get32(frame, t.l4 + 4) + uint32_t(cut.sent));
  uint32_t mask = 0xfff;
  if (!(cut.first && cut.last))
    mask = cut.first ? masks.first : cut.last ? masks.last : masks.middle;
  put16(frame, t.l4 + 12, get16(frame, t.l4 + 12) & (0xf000 | mask));
  if (t.v6) {
    put16(frame, t.l3 + 4, uint32_t(end - t.l3 - 40));
  } else {
    put16(frame, t.l3 + 2, uint32_t(end - t.l3));
    uint32_t id = get16(frame, t.l3 + 4), plus = id + uint32_t(cut.number);
    if (id_mode == IdMode::kIncrement) id = plus;
    if (id_mode == IdMode::kWrap15) id = (id & 0x8000) | (plus & 0x7fff);
    put16(frame, t.l3 + 4, id & 0xffff);
    put16(frame, t.l3 + 10, 0);
    put16(frame, t.l3 + 10, uint16_t(~fold(sum_of(frame, t.l3, t.l4))));
  }
  put16(frame, t.l4 + 16, 0);
  put16(frame, t.l4 + 16, uint16_t(~fold(pseudo + l4_length + sum_of(frame, t.l4, end))));
  if (frame.size() < 60) frame.resize(60);
  return frame;
}

}  // namespace vmso::unit
