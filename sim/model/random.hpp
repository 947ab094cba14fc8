// SPDX-License-Identifier: Apache-2.0
// Random numbers: one 64-bit seed for a run, one named stream for each component, so that adding a
// component reseeds nobody. xoshiro256**, seeded through splitmix64; the same everywhere.
#pragma once
#include <cstdint>
#include <string_view>

namespace vmso {

inline uint64_t mix64(uint64_t &state) {  // splitmix64
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

class Random {
 public:
  using result_type = uint64_t;

  Random(uint64_t seed, std::string_view name) {
    uint64_t state = seed;
    for (char c : name) state = (state ^ uint8_t(c)) * 0x100000001b3;
    for (uint64_t &word : s_) word = mix64(state);
  }
  uint64_t operator()() {
    uint64_t result = rotl(s_[1] * 5, 7) * 9, t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = rotl(s_[3], 45);
    return result;
  }
  // 0..n-1; n = 0 counts as 1. The bias of n / 2^64 does not matter here.
  uint64_t below(uint64_t n) { return uint64_t((unsigned __int128)(*this)() * (n ? n : 1) >> 64); }
  uint64_t between(uint64_t first, uint64_t last) { return first + below(last - first + 1); }
  bool chance(double p) { return p > 0 && double((*this)() >> 11) * 0x1p-53 < p; }

  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return ~uint64_t{0}; }

 private:
  static uint64_t rotl(uint64_t x, int k) { return x << k | x >> (64 - k); }
  uint64_t s_[4];
};

}  // namespace vmso
