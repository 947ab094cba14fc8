// SPDX-License-Identifier: Apache-2.0
// Packets as a network stack hands them over, and where their headers lie: what every mapping of
// somebody else's transmit request to a job needs (vmso_virtio.h is one).
//
// The headers are found by reading the packet; what a request says about their lengths is compared
// with that, never believed. Offsets are bytes from the start of the frame.
#ifndef VMSO_PACKET_H
#define VMSO_PACKET_H

#include "vmso.h"

#ifdef __cplusplus
extern "C" {
#endif

// ---- why a packet is not sent ------------------------------------------------------------------
//
// Negative, one number a reason, in three groups: the engine lacks the feature (-1..-15), the
// request or the packet is wrong (-16..-999), the engine has refused or failed the job (-1000 minus
// the completion's status; a status that the packet alone shows is given without asking it).
#define VMSO_REFUSAL_LIST(X)                                                                     \
  X(VMSO_REFUSED_NOT_BUILT, -1, "NOT_BUILT", "this engine lacks a feature that the packet needs") \
  X(VMSO_REFUSED_UFO, -2, "UFO", "UDP fragmentation (gso_type 3): no engine has it")             \
  X(VMSO_REFUSED_VNET_BYTES, -16, "VNET_BYTES", "virtio_net_hdr not of 10, 12, 20 or 24 bytes")  \
  X(VMSO_REFUSED_HDR_LEN, -17, "HDR_LEN", "hdr_len beyond the packet")                           \
  X(VMSO_REFUSED_GSO_TYPE, -18, "GSO_TYPE", "a gso_type that does not exist")                    \
  X(VMSO_REFUSED_GSO_SIZE, -19, "GSO_SIZE", "segmentation with gso_size 0")                      \
  X(VMSO_REFUSED_GSO_FAMILY, -20, "GSO_FAMILY", "IPv4 where gso_type says IPv6, or the opposite") \
  X(VMSO_REFUSED_GSO_PROTOCOL, -21, "GSO_PROTOCOL", "not the TCP or UDP that gso_type says")     \
  X(VMSO_REFUSED_CSUM_START, -22, "CSUM_START",                                                  \
    "csum_start is not where L4 begins, or below 20 without segmentation")                       \
  X(VMSO_REFUSED_CSUM_OFFSET, -23, "CSUM_OFFSET",                                                \
    "csum_offset is not that of TCP (16) or UDP (6) with segmentation")                          \
  X(VMSO_REFUSED_CSUM_BEYOND, -24, "CSUM_BEYOND", "the checksum field reaches beyond the packet") \
  X(VMSO_REFUSED_UDP_NO_CSUM, -25, "UDP_NO_CSUM", "UDP segmentation without NEEDS_CSUM")         \
  X(VMSO_REFUSED_TUNNEL_BITS, -26, "TUNNEL_BITS", "both tunnel bits of gso_type are set")        \
  X(VMSO_REFUSED_TUNNEL_NO_CSUM, -27, "TUNNEL_NO_CSUM", "a tunnel without NEEDS_CSUM")           \
  X(VMSO_REFUSED_TUNNEL_VALID, -28, "TUNNEL_VALID", "a tunnel with DATA_VALID")                  \
  X(VMSO_REFUSED_TUNNEL_NO_GSO, -29, "TUNNEL_NO_GSO", "a tunnel without segmentation inside")    \
  X(VMSO_REFUSED_TUNNEL_CSUM, -30, "TUNNEL_CSUM", "UDP_TUNNEL_CSUM without a tunnel")            \
  X(VMSO_REFUSED_TUNNEL_FIELDS, -31, "TUNNEL_FIELDS",                                            \
    "a tunnel, but the virtio_net_hdr ends before outer_th_offset and inner_nh_offset")          \
  X(VMSO_REFUSED_TUNNEL_OUTER, -32, "TUNNEL_OUTER", "no outer UDP header at outer_th_offset")    \
  X(VMSO_REFUSED_TUNNEL_INNER, -33, "TUNNEL_INNER",                                              \
    "inner_nh_offset inside the outer headers or beyond the packet")                             \
  X(VMSO_REFUSED_NOT_IP, -34, "NOT_IP", "no IPv4 or IPv6 behind at most three 8100 or 88A8 tags") \
  X(VMSO_REFUSED_VERSION, -35, "VERSION", "the IP version is not that of the type in front of it") \
  X(VMSO_REFUSED_IP_HEADER, -36, "IP_HEADER", "an IP header below 20 bytes or beyond the packet") \
  X(VMSO_REFUSED_FRAGMENT, -37, "FRAGMENT", "an IP fragment")                                    \
  X(VMSO_REFUSED_EXTENSION, -38, "EXTENSION",                                                    \
    "an IPv6 extension header that is not hop-by-hop, routing or destination options")           \
  X(VMSO_REFUSED_ROUTING, -39, "ROUTING",                                                        \
    "an IPv6 routing header with segments left, and no checksum seed for it")                    \
  X(VMSO_REFUSED_L4_HEADER, -40, "L4_HEADER",                                                    \
    "a TCP or UDP header too short or beyond the packet")                                        \
  X(VMSO_REFUSED_GRE, -41, "GRE",                                                                \
    "a GRE header of another version, or with another payload than IP or Ethernet")

enum vmso_refusal {
#define VMSO_REFUSAL_ENUM(code, number, name, text) code = number,
  VMSO_REFUSAL_LIST(VMSO_REFUSAL_ENUM)
#undef VMSO_REFUSAL_ENUM
  VMSO_REFUSED_STATUS = -1000  // minus a vmso_status that is not OK
};
// The refusal that a completion's status is; 0 for OK.
int vmso_refusal_of_status(enum vmso_status status);
// "GSO_SIZE" and one sentence about it, of a status its own; "?" for unknown ones.
const char *vmso_refusal_name(int refusal);
const char *vmso_refusal_text(int refusal);

// ---- headers -----------------------------------------------------------------------------------

#define VMSO_ETHERNET_BYTES 14u
#define VMSO_IPV4_BYTES 20u  // without options
#define VMSO_IPV6_BYTES 40u
#define VMSO_TCP_BYTES 20u  // without options
#define VMSO_UDP_BYTES 8u
#define VMSO_TYPE_IPV4 0x0800u
#define VMSO_TYPE_IPV6 0x86ddu
#define VMSO_TYPE_ETHERNET 0x6558u  // in GRE, Geneve: an Ethernet frame follows
#define VMSO_PROTOCOL_TCP 6u
#define VMSO_PROTOCOL_UDP 17u
#define VMSO_TCP_CSUM 16u  // of the checksum field in its header
#define VMSO_UDP_CSUM 6u

// A packet of which the beginning can be read.
struct vmso_packet {
  const uint8_t *head;  // its first head_bytes bytes
  uint32_t head_bytes;  // all, or at least as many as a template may have (at most 512)
  uint32_t bytes;
};

struct vmso_ip {
  uint32_t at;  // offset of the header; 0: none
  bool ipv6;
  bool routing_left;  // an IPv6 routing header has segments left
  uint8_t protocol;   // behind the header and its extensions
  uint32_t end;       // of header, options and extensions: offset of what it carries
  uint32_t bytes;     // its own length field: header and all behind it; of a jumbogram (RFC 2675)
                      // that of the option; 0: the field is 0
};

struct vmso_headers {
  struct vmso_ip ip;     // that TCP or UDP belongs to: the inner one of a tunnel
  uint32_t end;          // of the TCP or UDP header, which begins at ip.end
  struct vmso_ip outer;  // around that, in a tunnel
  uint32_t outer_l4;     // UDP or GRE header between the two; 0: none, IP in IP
  bool outer_csum;       // GRE: it has a checksum (its C bit)
};

// The Ethernet header at `at` with its tags, at most three of 8100 or 88A8: *type is what follows
// them, at *end. VMSO_REFUSED_NOT_IP: more tags, or beyond the packet.
int vmso_ethernet_find(const struct vmso_packet *packet, uint32_t at, uint32_t *type,
                       uint32_t *end);
// Finds Ethernet, at most three tags, IP, and TCP or UDP; with IP in IP or GRE (RFC 2784, 2890,
// with IP or Ethernet in it) also what is around that. Else a refusal: no IP, headers that
// contradict each other or reach beyond the packet, fragments, other protocols; the status HDR_LONG
// if they go on behind head_bytes.
int vmso_headers_find(const struct vmso_packet *packet, struct vmso_headers *headers);
// The same for a UDP tunnel (VXLAN, Geneve, any other): its inner IP header lies at `inner`, and
// what is between that and the outer UDP header is not looked at.
int vmso_headers_find_in_udp(const struct vmso_packet *packet, uint32_t inner,
                             struct vmso_headers *headers);

// BIG TCP in IPv6: a stack may mark a packet above 64 KiB with a hop-by-hop header of 8 bytes that
// holds a jumbo payload option (RFC 2675). No frame may carry it, so a driver takes it out before
// it posts the packet. `head` is a copy of the packet's first *bytes bytes: the 8 are taken away and
// the next header is made TCP. Gives 8, or 0 if there is none and nothing was changed: it has to
// follow the IPv6 header, whose length has to be 0, with nothing but TCP behind it.
uint32_t vmso_jumbo_remove(uint8_t *head, uint32_t *bytes);

#ifdef __cplusplus
}
#endif
#endif  // VMSO_PACKET_H
