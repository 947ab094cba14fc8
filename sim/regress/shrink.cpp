// SPDX-License-Identifier: Apache-2.0
#include "regress/shrink.hpp"

#include <cctype>
#include <regex>

#include "model/findings.hpp"

namespace vmso::regress {

std::string kind_of_finding(const std::string &text) {
  static const std::regex bytes(R"(\b[0-9a-f]{2}( [0-9a-f]{2})+\b)");  // as a report shows them
  std::string kind;
  bool number = false;
  for (char c : std::regex_replace(first_line(text), bytes, "0")) {
    bool digit = std::isdigit(uint8_t(c)) || (number && (std::isxdigit(uint8_t(c)) || c == 'x'));
    if (digit && !number) kind += '#';
    if (!digit) kind += c;
    number = digit;
  }
  return kind;
}

// Knob by knob, the simplest value first, then values nearer to it by halves; all knobs again as
// long as one has moved.
Shrunk shrink(const Scenario &failing, const std::function<bool(const Scenario &)> &same,
              unsigned most) {
  Shrunk result{failing};
  auto try_value = [&](Knob knob, uint64_t value) {
    Scenario next = result.scenario;
    next[knob] = value;
    settle(next);
    if (next == result.scenario || result.tries >= most) return false;
    result.tries++;
    if (!same(next)) return false;
    result.scenario = next;
    return true;
  };
  for (bool moved = true; moved && result.tries < most;) {
    moved = false;
    for (const KnobInfo &k : knobs()) {
      if (result.scenario[k.knob] == k.simplest) continue;
      if (try_value(k.knob, k.simplest)) {
        moved = true;
        continue;
      }
      if (!k.words.empty()) continue;
      uint64_t low = k.simplest;  // does not fail
      while (result.scenario[k.knob] > low + 1) {
        uint64_t middle = low + (result.scenario[k.knob] - low) / 2;
        if (try_value(k.knob, middle)) {
          moved = true;
        } else {
          low = middle;
        }
        if (result.tries >= most) break;
      }
    }
  }
  return result;
}

}  // namespace vmso::regress
