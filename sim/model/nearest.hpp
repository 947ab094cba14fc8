// SPDX-License-Identifier: Apache-2.0
// Somebody has written a word that is none of those that would do: which one was meant?
//
// Distance is the number of slips of the hand from one word to the other: a letter left out, one
// too many, a wrong one, or two neighbours swapped (optimal string alignment, the form of
// Damerau-Levenshtein in which no letter is touched twice). Case does not count. A third of the
// letters may be wrong, one in any case; beyond that a guess helps nobody, unless the word is the
// beginning of one of the others.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vmso {

size_t edit_distance(std::string_view a, std::string_view b);

// Of several at the same distance the one that begins as `word` does for longer, then the first.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string> &words);

// "; did you mean 'sv39'?"; empty if nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string> &words);

// "sv38 is none of sv39, sv48, sv57; did you mean 'sv39'?"
std::string none_of(std::string_view word, const std::vector<std::string> &words);

}  // namespace vmso
