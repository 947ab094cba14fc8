// SPDX-License-Identifier: Apache-2.0
#include "model/assertion.hpp"

#include <algorithm>
#include <regex>

namespace vmso {

std::vector<std::string> broken_assertions(const std::string &said) {
  static const std::regex broken(R"((?:TOP\.vmso_sim\.u_top\.)?(\S+)\.(\w+) broken: ([^\n]*))");
  std::vector<std::string> all;
  for (std::sregex_iterator it(said.begin(), said.end(), broken), end; it != end; ++it) {
    all.push_back("assertion " + it->str(2) + " of " + it->str(1) + " is broken: " + it->str(3));
  }
  if (all.empty()) all.push_back("assertion of the RTL: " + said);
  return all;
}

}  // namespace vmso
