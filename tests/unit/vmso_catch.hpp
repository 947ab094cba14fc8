// SPDX-License-Identifier: Apache-2.0
// The one place that knows which Catch2 this is: 2.13 (Debian 12) or 3.x. Tests use what is named
// here without `Catch::`, as the two keep it in different places; of `Contains`, 3.x has another.
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
#else
#include <catch2/catch.hpp>  // Approx is global
inline auto ContainsSubstring(const std::string &part) { return Catch::Contains(part); }
#endif
