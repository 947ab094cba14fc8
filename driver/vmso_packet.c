// SPDX-License-Identifier: Apache-2.0
#include "vmso_packet.h"

#include <string.h>

#define TYPE_CUSTOMER_TAG 0x8100u
#define TYPE_SERVICE_TAG 0x88a8u
#define TYPE_UNKNOWN 0x10000u  // no EtherType stands in front of the header
#define MOST_TAGS 3u
#define TAG_BYTES 4u

#define NEXT_HOP_BY_HOP 0u
#define NEXT_IPV4 4u
#define NEXT_IPV6 41u
#define NEXT_ROUTING 43u
#define NEXT_FRAGMENT 44u
#define NEXT_GRE 47u
#define NEXT_DESTINATION 60u
// extension headers that are not copied into every frame (IANA, IPv6 Extension Header Types)
#define NEXT_ESP 50u
#define NEXT_AUTHENTICATION 51u
#define NEXT_NONE 59u
#define NEXT_MOBILITY 135u
#define NEXT_HIP 139u
#define NEXT_SHIM6 140u
#define NEXT_EXPERIMENT 253u

// RFC 2784, 2890: each bit brings four bytes
#define GRE_BYTES 4u
#define GRE_CHECKSUM 0x8000u
#define GRE_KEY 0x2000u
#define GRE_SEQUENCE 0x1000u
#define GRE_KNOWN (GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE)

#define JUMBO_BYTES 8u     // the hop-by-hop header that holds it
#define JUMBO_OPTION 0xc2u  // RFC 2675, section 2

static uint32_t get16(const uint8_t *bytes) { return (uint32_t)bytes[0] << 8 | bytes[1]; }
static uint32_t get32(const uint8_t *bytes) { return get16(bytes) << 16 | get16(bytes + 2); }

int vmso_refusal_of_status(enum vmso_status status) {
  if (status == VMSO_STATUS_OK) return 0;
  return status == VMSO_STATUS_NOT_BUILT ? VMSO_REFUSED_NOT_BUILT
                                         : VMSO_REFUSED_STATUS - (int)status;
}

const char *vmso_refusal_name(int refusal) {
#define CASE_NAME(code, number, name, text) case code: return name;
  switch (refusal) {
    VMSO_REFUSAL_LIST(CASE_NAME)
    default: return vmso_status_name((unsigned)(VMSO_REFUSED_STATUS - refusal));
  }
}

const char *vmso_refusal_text(int refusal) {
#define CASE_TEXT(code, number, name, text) case code: return text;
  switch (refusal) {
    VMSO_REFUSAL_LIST(CASE_TEXT)
    default: return vmso_status_text((unsigned)(VMSO_REFUSED_STATUS - refusal));
  }
}

// Can bytes [at, at + bytes) be read? `beyond` if the packet ends before them.
static int readable(const struct vmso_packet *packet, uint32_t at, uint32_t bytes,
                    enum vmso_refusal beyond) {
  if (at > packet->bytes || bytes > packet->bytes - at) return beyond;
  if (at + bytes > packet->head_bytes) return vmso_refusal_of_status(VMSO_STATUS_HDR_LONG);
  return VMSO_OK;
}

int vmso_ethernet_find(const struct vmso_packet *packet, uint32_t at, uint32_t *type,
                       uint32_t *end) {
  at += VMSO_ETHERNET_BYTES;
  for (unsigned tags = 0;; tags++, at += TAG_BYTES) {
    int error = readable(packet, at - 2, 2, VMSO_REFUSED_NOT_IP);
    if (error != VMSO_OK) return error;
    *type = get16(packet->head + at - 2);
    if (*type != TYPE_CUSTOMER_TAG && *type != TYPE_SERVICE_TAG) break;
    if (tags == MOST_TAGS) return VMSO_REFUSED_NOT_IP;
  }
  *end = at;
  return VMSO_OK;
}

static int find_ipv4(const struct vmso_packet *packet, struct vmso_ip *ip) {
  const uint8_t *header = packet->head + ip->at;
  uint32_t header_bytes = (header[0] & 15u) * 4;
  if (header_bytes < VMSO_IPV4_BYTES) return VMSO_REFUSED_IP_HEADER;
  int error = readable(packet, ip->at, header_bytes, VMSO_REFUSED_IP_HEADER);
  if (error != VMSO_OK) return error;
  if ((get16(header + 6) & 0x3fff) != 0) return VMSO_REFUSED_FRAGMENT;  // MF and offset; not DF
  ip->bytes = get16(header + 2);
  ip->protocol = header[9];
  ip->end = ip->at + header_bytes;
  return VMSO_OK;
}

// Is the hop-by-hop header of a jumbogram at `option`, nothing else in it?
static bool is_jumbo(const uint8_t *option) {
  return option[1] == 0 && option[2] == JUMBO_OPTION && option[3] == 4;
}

static int find_ipv6(const struct vmso_packet *packet, struct vmso_ip *ip) {
  int error = readable(packet, ip->at, VMSO_IPV6_BYTES, VMSO_REFUSED_IP_HEADER);
  if (error != VMSO_OK) return error;
  const uint8_t *header = packet->head + ip->at;
  uint32_t payload = get16(header + 4);
  ip->bytes = payload != 0 ? VMSO_IPV6_BYTES + payload : 0;
  ip->protocol = header[6];
  ip->end = ip->at + VMSO_IPV6_BYTES;
  while (ip->protocol == NEXT_HOP_BY_HOP || ip->protocol == NEXT_ROUTING ||
         ip->protocol == NEXT_DESTINATION) {
    error = readable(packet, ip->end, 8, VMSO_REFUSED_IP_HEADER);
    if (error != VMSO_OK) return error;
    const uint8_t *extension = packet->head + ip->end;
    if (ip->protocol == NEXT_ROUTING && extension[3] != 0) ip->routing_left = true;
    if (ip->protocol == NEXT_HOP_BY_HOP && payload == 0 && is_jumbo(extension) &&
        get32(extension + 4) <= UINT32_MAX - VMSO_IPV6_BYTES) {
      ip->bytes = VMSO_IPV6_BYTES + get32(extension + 4);
    }
    ip->protocol = extension[0];
    ip->end += (extension[1] + 1u) * 8;
  }
  switch (ip->protocol) {
    case NEXT_FRAGMENT: return VMSO_REFUSED_FRAGMENT;
    case NEXT_ESP:
    case NEXT_AUTHENTICATION:
    case NEXT_NONE:
    case NEXT_MOBILITY:
    case NEXT_HIP:
    case NEXT_SHIM6:
    case NEXT_EXPERIMENT:
    case NEXT_EXPERIMENT + 1: return VMSO_REFUSED_EXTENSION;
    default: return VMSO_OK;
  }
}

// The IP header at `at`, of the type that stands in front of it.
static int find_ip(const struct vmso_packet *packet, uint32_t at, uint32_t type,
                   struct vmso_ip *ip) {
  bool known = type != TYPE_UNKNOWN;
  if (known && type != VMSO_TYPE_IPV4 && type != VMSO_TYPE_IPV6) return VMSO_REFUSED_NOT_IP;
  int error = readable(packet, at, VMSO_IPV4_BYTES, VMSO_REFUSED_IP_HEADER);
  if (error != VMSO_OK) return error;
  memset(ip, 0, sizeof(*ip));
  unsigned version = packet->head[at] >> 4;
  ip->at = at;
  ip->ipv6 = version == 6;
  if ((version != 4 && version != 6) || (known && ip->ipv6 != (type == VMSO_TYPE_IPV6))) {
    return VMSO_REFUSED_VERSION;
  }
  return ip->ipv6 ? find_ipv6(packet, ip) : find_ipv4(packet, ip);
}

static int find_l4(const struct vmso_packet *packet, struct vmso_headers *headers) {
  uint32_t at = headers->ip.end, bytes = VMSO_UDP_BYTES;
  if (headers->ip.protocol == VMSO_PROTOCOL_TCP) {
    int error = readable(packet, at, VMSO_TCP_BYTES, VMSO_REFUSED_L4_HEADER);
    if (error != VMSO_OK) return error;
    bytes = (packet->head[at + 12] >> 4) * 4u;
    if (bytes < VMSO_TCP_BYTES) return VMSO_REFUSED_L4_HEADER;
  } else if (headers->ip.protocol != VMSO_PROTOCOL_UDP) {
    return VMSO_REFUSED_GSO_PROTOCOL;
  }
  headers->end = at + bytes;
  return readable(packet, at, bytes, VMSO_REFUSED_L4_HEADER);
}

// What a GRE header at `at` carries: an IP header at *inner, of *type.
static int find_in_gre(const struct vmso_packet *packet, uint32_t at, uint32_t *inner,
                       uint32_t *type, bool *csum) {
  int error = readable(packet, at, GRE_BYTES, VMSO_REFUSED_GRE);
  if (error != VMSO_OK) return error;
  uint32_t flags = get16(packet->head + at);
  if ((flags & ~GRE_KNOWN) != 0) return VMSO_REFUSED_GRE;
  *csum = (flags & GRE_CHECKSUM) != 0;
  *type = get16(packet->head + at + 2);
  *inner = at + GRE_BYTES;
  for (uint32_t bit = GRE_SEQUENCE; bit <= GRE_CHECKSUM; bit <<= 1) {
    if ((flags & bit) != 0) *inner += 4;
  }
  if (*type == VMSO_TYPE_ETHERNET) return vmso_ethernet_find(packet, *inner, type, inner);
  return *type == VMSO_TYPE_IPV4 || *type == VMSO_TYPE_IPV6 ? VMSO_OK : VMSO_REFUSED_GRE;
}

int vmso_headers_find(const struct vmso_packet *packet, struct vmso_headers *headers) {
  memset(headers, 0, sizeof(*headers));
  uint32_t type = 0, at = 0;
  int error = vmso_ethernet_find(packet, 0, &type, &at);
  if (error == VMSO_OK) error = find_ip(packet, at, type, &headers->ip);
  if (error != VMSO_OK) return error;
  uint8_t protocol = headers->ip.protocol;
  if (protocol == NEXT_IPV4 || protocol == NEXT_IPV6 || protocol == NEXT_GRE) {
    headers->outer = headers->ip;
    at = headers->outer.end;
    type = protocol == NEXT_IPV4 ? VMSO_TYPE_IPV4 : VMSO_TYPE_IPV6;
    if (protocol == NEXT_GRE) {
      headers->outer_l4 = at;
      error = find_in_gre(packet, at, &at, &type, &headers->outer_csum);
      if (error != VMSO_OK) return error;
    }
    error = find_ip(packet, at, type, &headers->ip);
    if (error != VMSO_OK) return error;
  }
  return find_l4(packet, headers);
}

int vmso_headers_find_in_udp(const struct vmso_packet *packet, uint32_t inner,
                             struct vmso_headers *headers) {
  int error = vmso_headers_find(packet, headers);
  if (error != VMSO_OK) return error;
  if (headers->outer.at != 0 || headers->ip.protocol != VMSO_PROTOCOL_UDP) {
    return VMSO_REFUSED_TUNNEL_OUTER;
  }
  if (inner < headers->end || inner >= packet->bytes) return VMSO_REFUSED_TUNNEL_INNER;
  headers->outer = headers->ip;
  headers->outer_l4 = headers->outer.end;
  error = find_ip(packet, inner, TYPE_UNKNOWN, &headers->ip);
  return error != VMSO_OK ? error : find_l4(packet, headers);
}

uint32_t vmso_jumbo_remove(uint8_t *head, uint32_t *bytes) {
  struct vmso_packet packet = {head, *bytes, *bytes};
  uint32_t type = 0, at = 0;
  if (vmso_ethernet_find(&packet, 0, &type, &at) != VMSO_OK || type != VMSO_TYPE_IPV6) return 0;
  uint32_t option = at + VMSO_IPV6_BYTES;
  if (option + JUMBO_BYTES > *bytes) return 0;
  if (head[at] >> 4 != 6 || get16(head + at + 4) != 0 || head[at + 6] != NEXT_HOP_BY_HOP) return 0;
  if (!is_jumbo(head + option) || head[option] != VMSO_PROTOCOL_TCP) return 0;
  head[at + 6] = VMSO_PROTOCOL_TCP;
  *bytes -= JUMBO_BYTES;
  memmove(head + option, head + option + JUMBO_BYTES, *bytes - option);
  return JUMBO_BYTES;
}
