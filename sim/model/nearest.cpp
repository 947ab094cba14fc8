// SPDX-License-Identifier: Apache-2.0
#include "model/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace vmso {
namespace {

constexpr size_t kLeastBeginning = 3;  // letters that say which word they begin

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return out;
}

size_t common_beginning(std::string_view a, std::string_view b) {
  return size_t(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

size_t edit_distance(std::string_view from, std::string_view to) {
  const std::string a = lower(from), b = lower(to);
  // Row i: distances of the first i letters of `a` from each beginning of `b`.
  std::vector<std::vector<size_t>> rows(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); i++) {
    for (size_t j = 0; j <= b.size(); j++) {
      if (i == 0 || j == 0) {
        rows[i][j] = i + j;
        continue;
      }
      const bool same = a[i - 1] == b[j - 1];
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + !same});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.size()][b.size()];
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string> &words) {
  const std::string *best = nullptr;
  size_t best_distance = 0, best_beginning = 0;
  for (const std::string &one : words) {
    const size_t distance = edit_distance(word, one);
    if (distance > std::max<size_t>(std::max(word.size(), one.size()) / 3, 1)) continue;
    if (distance >= one.size()) continue;  // nothing is left of it
    const size_t beginning = common_beginning(lower(word), lower(one));
    if (best &&
        (distance > best_distance || (distance == best_distance && beginning <= best_beginning))) {
      continue;
    }
    best = &one;
    best_distance = distance;
    best_beginning = beginning;
  }
  if (!best && word.size() >= kLeastBeginning) {
    auto longer = std::ranges::find_if(
        words, [&](const std::string &one) { return lower(one).starts_with(lower(word)); });
    if (longer != words.end()) best = &*longer;
  }
  return best ? std::optional(*best) : std::nullopt;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string> &words) {
  auto near = nearest(word, words);
  return near ? fmt::format("; did you mean '{}'?", *near) : "";
}

std::string none_of(std::string_view word, const std::vector<std::string> &words) {
  return fmt::format("{} is none of {}{}", word, fmt::join(words, ", "), did_you_mean(word, words));
}

}  // namespace vmso
