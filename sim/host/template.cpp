// SPDX-License-Identifier: Apache-2.0
#include "host/template.hpp"

namespace vmso {
namespace {

void put16(std::vector<uint8_t> &v, unsigned value) {
  v.push_back(uint8_t(value >> 8));
  v.push_back(uint8_t(value));
}
void put32(std::vector<uint8_t> &v, uint32_t value) {
  put16(v, value >> 16);
  put16(v, value & 0xffff);
}
void put(std::vector<uint8_t> &v, std::initializer_list<unsigned> bytes) {
  for (unsigned b : bytes) v.push_back(uint8_t(b));
}

// Pseudo-header sum as a stack leaves it in the checksum field: not complemented.
uint16_t seed(const std::vector<uint8_t> &addresses, uint32_t l4_bytes) {
  uint64_t sum = 6 + l4_bytes;
  for (size_t i = 0; i + 1 < addresses.size(); i += 2) {
    sum += uint64_t(addresses[i]) << 8 | addresses[i + 1];
  }
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(sum);
}

}  // namespace

std::vector<uint8_t> timestamp_option() {
  return {1, 1, 8, 10, 0, 1, 0x86, 0xa0, 0, 3, 0x0d, 0x40};
}

Template tcp_template(const TcpHeaders &h) {
  constexpr unsigned kJunk = 0xbeef;
  Template t;
  std::vector<uint8_t> &v = t.bytes;
  put(v, {0x02, 0, 0x5e, 0, 0, 2, 0x02, 0, 0x5e, 0, 0, 1});
  for (unsigned i = 0; i < h.tags; i++) {
    put16(v, i + 1 < h.tags ? 0x88a8 : 0x8100);
    put16(v, 0x2064 + i);
  }
  put16(v, h.ipv6 ? 0x86dd : 0x0800);
  t.l3 = uint16_t(v.size());
  std::vector<uint8_t> addresses;
  if (h.ipv6) {
    for (unsigned host : {1u, 2u}) {
      put(addresses, {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
    }
    put(v, {0x60, 0x0a, 0xbc, 0xde});
    put16(v, kJunk);
    put(v, {h.extension_headers ? 60u : 6u, 64});
    v.insert(v.end(), addresses.begin(), addresses.end());
    for (unsigned i = 0; i < h.extension_headers; i++) {  // destination options: one PadN
      put(v, {i + 1 < h.extension_headers ? 60u : 6u, 0, 1, 4, 0, 0, 0, 0});
    }
  } else {
    put(addresses, {192, 0, 2, 1, 192, 0, 2, 2});
    put(v, {0x45 + unsigned(h.ip_options.size()) / 4, 0x02});
    put16(v, kJunk);
    put16(v, h.ip_id);
    put(v, {0x40, 0, 64, 6});
    put16(v, kJunk);
    v.insert(v.end(), addresses.begin(), addresses.end());
    v.insert(v.end(), h.ip_options.begin(), h.ip_options.end());
  }
  t.l4 = uint16_t(v.size());
  unsigned l4_header = 20 + unsigned(h.tcp_options.size());
  put16(v, h.source_port);
  put16(v, h.destination_port);
  put32(v, h.seq);
  put32(v, h.ack);
  put(v, {l4_header / 4 << 4 | (h.reserved_flags & 15u), h.flags});
  put16(v, h.window);
  switch (h.l4_mode) {
    case VMSO_L4_SEED_NO_LEN:
      put16(v, seed(addresses, 0));
      break;
    case VMSO_L4_SEED_FULL:
      put16(v, seed(addresses, l4_header + h.payload_bytes));
      break;
    default:
      put16(v, kJunk);
  }
  put16(v, h.urgent);
  v.insert(v.end(), h.tcp_options.begin(), h.tcp_options.end());
  return t;
}

}  // namespace vmso
