// SPDX-License-Identifier: Apache-2.0
// Requests of the catalogue that come in hundreds, and the one that is no job before its driver has
// changed it.
#pragma once
#include <vector>

#include "check/super_packet.hpp"

namespace vmso::referee {

// BAS-15: every MSS up to 65, payload up to four of it and a byte, most of it around its multiples.
std::vector<Request> mss_sweep();

// OPT-01: IPv4 options of 0 to 40 bytes with TCP options of 0 to 40 bytes, each in three lengths.
std::vector<Request> option_sweep();

// V6-07: BIG TCP, a super-packet above 64 KiB with a hop-by-hop header of a jumbo payload option
// (RFC 2675), which no frame may have.
struct Jumbogram {
  SuperPacket packet;
  Request request;  // what it means, without that header
};
Jumbogram jumbogram();

}  // namespace vmso::referee
