// SPDX-License-Identifier: Apache-2.0
// All kinds of frames that `vmso send` has options for.
#pragma once
#include <vector>

#include "app/flow_headers.hpp"

namespace vmso::test {

// Every tunnel with each pair of families that it has, and none; with and without outer checksum;
// of both protocols. Every third one has a tag.
inline std::vector<FlowHeaders> all_flow_headers() {
  std::vector<FlowHeaders> all;
  auto both = [&](FlowHeaders h) {
    for (bool udp : {false, true}) {
      h.udp = udp;
      h.tag.reset();
      if (all.size() % 3 == 1) h.tag = uint16_t(0x2005 + all.size());
      all.push_back(h);
    }
  };
  for (bool ipv6 : {false, true}) {
    both({.ipv6 = ipv6});
    for (const TunnelChoice &t : tunnel_choices()) {
      if (t.ipv6.value_or(ipv6) != ipv6) continue;
      for (bool outer : {false, true}) {
        if (t.outer_ipv6.value_or(outer) != outer) continue;
        both({.ipv6 = ipv6, .tunnel = &t, .outer_ipv6 = outer});
        if (t.checksum)
          both({.ipv6 = ipv6, .tunnel = &t, .outer_ipv6 = outer, .outer_checksum = true});
      }
    }
  }
  return all;
}

}  // namespace vmso::test
