// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "app/commands.hpp"

namespace vmso {

WaveOptions parse_wave(const std::string &text) {
  WaveOptions wave{text};
  size_t colon = text.rfind(':');
  if (colon == std::string::npos || text.find("..", colon) == std::string::npos) return wave;
  unsigned long long from = 0, to = 0;
  int used = 0;
  std::string range = text.substr(colon + 1);
  if (std::sscanf(range.c_str(), "%llu..%n", &from, &used) != 1 || used == 0) {
    throw Error("--wave: '" + range + "' is not a range FROM..TO of cycles", 2);
  }
  if (size_t(used) < range.size()) {
    int end = 0;
    if (std::sscanf(range.c_str() + used, "%llu%n", &to, &end) != 1 ||
        size_t(used + end) != range.size() || to < from) {
      throw Error("--wave: '" + range + "' is not a range FROM..TO of cycles", 2);
    }
    wave.to = to;
  }
  wave.path = text.substr(0, colon);
  wave.from = from;
  return wave;
}

}  // namespace vmso
