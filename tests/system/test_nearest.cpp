// SPDX-License-Identifier: Apache-2.0
// Which word was meant: distances by hand, and what every distance has to obey.
#include "model/nearest.hpp"
#include "model/random.hpp"
#include "system_test.hpp"

namespace vmso::test {

TEST_CASE("A slip of the hand is one step, whatever its kind", "[nearest]") {
  for (const char *slip : {"queus", "qeues", "queeues", "quexes", "quwues", "uqeues", "queuse"}) {
    INFO(slip);
    CHECK(edit_distance("queues", slip) == 1);
    CHECK(edit_distance(slip, "queues") == 1);
  }
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "mss") == 3);
  CHECK(edit_distance("MSS", "mss") == 0);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ca", "abc") == 3);  // no letter is touched twice
  CHECK(edit_distance("abcd", "badc") == 2);
}

TEST_CASE("Distances are symmetric, 0 for the same word alone, and at most the longer length",
          "[nearest]") {
  Random random(1, "words");
  auto word = [&] {
    std::string text(random.below(7), 'a');
    for (char &c : text) c = char('a' + random.below(3));
    return text;
  };
  for (int i = 0; i < 20000; i++) {
    const std::string a = word(), b = word();
    const size_t d = edit_distance(a, b);
    INFO(a << " " << b);
    REQUIRE(d == edit_distance(b, a));
    REQUIRE((d == 0) == (a == b));
    REQUIRE(d <= std::max(a.size(), b.size()));
    REQUIRE(d + std::min(a.size(), b.size()) >= std::max(a.size(), b.size()));
  }
}

TEST_CASE("A word is guessed when it is near, or a beginning, and else not", "[nearest]") {
  const std::vector<std::string> words = {"send", "segment", "bench", "regress"};
  CHECK(nearest("sned", words) == "send");
  CHECK(nearest("Benhc", words) == "bench");
  CHECK(nearest("seg", words) == "segment");
  CHECK(nearest("regression", words) == "regress");
  CHECK_FALSE(nearest("bogus", words));
  CHECK_FALSE(nearest("", words));
  CHECK_FALSE(nearest("re", words));
  CHECK_FALSE(nearest("x", {"y"}));
  CHECK(nearest("mtt", {"mss", "mtu"}) == "mtu");      // the first is too far
  CHECK(nearest("mxs", {"mys", "axs"}) == "mys");      // begins alike
  CHECK(nearest("stxp", {"step", "stop"}) == "step");  // the first of equals
  CHECK(did_you_mean("sv38", {"sv39"}) == "; did you mean 'sv39'?");
  CHECK(did_you_mean("sv38", {}).empty());
  CHECK(none_of("al", {"all", "plain"}) == "al is none of all, plain; did you mean 'all'?");
}

}  // namespace vmso::test
