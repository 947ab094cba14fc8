// SPDX-License-Identifier: Apache-2.0
#include "model/assertion.hpp"

#include <regex>
#include <sstream>

namespace vmso {

std::vector<std::string> broken_assertions(const std::string &said) {
  static const std::regex broken(R"((?:TOP\.vmso_sim\.u_top\.)?(\S+)\.(\w+) broken: (.*))");
  std::vector<std::string> all;
  std::string rest;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, broken)) {
      all.push_back("assertion " + match.str(2) + " of " + match.str(1) +
                    " is broken: " + match.str(3));
    } else if (!line.ends_with("Verilog $stop")) {  // every one that is broken stops, too
      rest += (rest.empty() ? "" : "\n") + line;
    }
  }
  if (!rest.empty() || all.empty()) all.push_back("assertion of the RTL: " + rest);
  return all;
}

}  // namespace vmso
