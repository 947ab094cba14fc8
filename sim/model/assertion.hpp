// SPDX-License-Identifier: Apache-2.0
// What a model says of the assertions of its RTL, in fewer words.
#pragma once
#include <string>
#include <vector>

namespace vmso {

// One text an assertion: "assertion NAME of u_run.u_elder is broken: EXPRESSION". Last
// what is not understood of it (rtl/common/vmso_assert.svh has the words), as it is.
std::vector<std::string> broken_assertions(const std::string &said);

}  // namespace vmso
