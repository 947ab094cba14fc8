// SPDX-License-Identifier: Apache-2.0
// virtio-net transmit requests as jobs: for a virtio-net back end (vhost, vDPA, a TAP's other side)
// or a driver whose stack speaks struct virtio_net_hdr.
//
// The rules, with their place in the virtio specification, 1.4 unless said, and what is ours.
// "5.1.6.2" is Packet Transmission, "5.1.6.2.2" its device requirements.
//
// 1. The header is 10 bytes (legacy), 12 (with num_buffers), 20 (hash report) or 24 (UDP tunnel
//    offsets); 5.1.6. Little endian. Fields that a driver does not own (num_buffers, hash) are
//    ignored.
// 2. Unknown bits of `flags` are ignored, RSC_INFO and, without a tunnel, DATA_VALID as well
//    (5.1.6.2.2). Bit ECN of gso_type is ignored: which frames keep CWR is decided by the flag.
// 3. gso_type NONE without NEEDS_CSUM: FRAME, bit for bit.
// 4. gso_type NONE with NEEDS_CSUM: CSUM. The sum goes from csum_start to the end of the packet,
//    whatever its protocol, with what stands in the field, the pseudo header's sum (5.1.6.2). A
//    field beyond the packet is refused, and, as by Linux, a csum_start that leaves no room for an
//    IPv4 header in front.
// 5. TCPV4, TCPV6: TCP_SEG; UDP_L4 (VIRTIO_NET_F_HOST_USO): UDP_SEG. MSS is gso_size, payload bytes
//    of a frame. A packet that fits one frame is one, with its headers made right. The headers are
//    found by reading the packet; hdr_len is a hint (5.1.6.2.2: a device must not rely on it) and
//    only refused beyond the packet. IP version and protocol have to be what gso_type says: the
//    innermost ones. The payload is what follows the headers to the end of the packet: IP lengths
//    may be anything, and are written anew.
// 6. NEEDS_CSUM with 5.: csum_start has to be where TCP or UDP begins, csum_offset its field. What
//    stands in the field is the sum of the pseudo header with the length of the whole packet: full
//    seed (VMSO_L4_SEED_FULL). As by Linux a wrong one makes wrong checksums.
// 7. Without NEEDS_CSUM a driver must not ask for segmentation (5.1.6.2.1). As by Linux TCP gets
//    right checksums all the same (VMSO_L4_COMPUTE), UDP is refused.
// 8. UDP tunnels (5.1.6.2, VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO): csum_start is in the inner L4 header,
//    outer_th_offset is the outer UDP header, inner_nh_offset the inner IP header. The two tunnel
//    bits exclude each other; what the chosen one says about families is not looked at, as
//    specification (the inner one) and Linux (the outer one) do not agree. Refused, as
//    5.1.6.2.2 wants it: both bits, a tunnel without NEEDS_CSUM, with DATA_VALID or without
//    segmentation, UDP_TUNNEL_CSUM without a tunnel. The outer UDP checksum is computed if
//    UDP_TUNNEL_CSUM is set, else it is 0, whatever stands there.
// 9. IP in IP and GRE need no bit, which virtio has not: TCPV4, TCPV6 and UDP_L4 mean the inner
//    packet. A GRE checksum is computed if the header has one.
// 10. Identification counts up in all IPv4 headers, outer and inner; flags go through profile 0.
// 11. UFO (gso_type 3) is refused: do not offer VIRTIO_NET_F_HOST_UFO.
//
// Refused besides: IP fragments (MF or an offset), an IP version that is not that of the EtherType,
// IPv6 extension headers but hop-by-hop, routing and destination options, a routing header with
// segments left if the engine computes the pseudo header (7.): see "Templates" in
// docs/segmentation.md; headers longer than a template, frames above the largest.
#ifndef VMSO_VIRTIO_H
#define VMSO_VIRTIO_H

#include "vmso_packet.h"

#ifdef __cplusplus
extern "C" {
#endif

// 5.1.6: struct virtio_net_hdr. Older systems' headers lack some of these, so they are ours.
#define VMSO_VIRTIO_LEGACY_BYTES 10u
#define VMSO_VIRTIO_BYTES 12u
#define VMSO_VIRTIO_HASH_BYTES 20u
#define VMSO_VIRTIO_TUNNEL_BYTES 24u

#define VMSO_VIRTIO_NEEDS_CSUM 0x01u  // flags
#define VMSO_VIRTIO_DATA_VALID 0x02u
#define VMSO_VIRTIO_RSC_INFO 0x04u
#define VMSO_VIRTIO_UDP_TUNNEL_CSUM 0x08u

#define VMSO_VIRTIO_GSO_NONE 0u  // gso_type
#define VMSO_VIRTIO_GSO_TCPV4 1u
#define VMSO_VIRTIO_GSO_UDP 3u
#define VMSO_VIRTIO_GSO_TCPV6 4u
#define VMSO_VIRTIO_GSO_UDP_L4 5u
#define VMSO_VIRTIO_GSO_TUNNEL_IPV4 0x20u
#define VMSO_VIRTIO_GSO_TUNNEL_IPV6 0x40u
#define VMSO_VIRTIO_GSO_ECN 0x80u

struct vmso_virtio_net {
  uint8_t flags, gso_type;
  uint16_t hdr_len, gso_size, csum_start, csum_offset;
  bool has_tunnel_fields;  // of 24 bytes
  uint16_t outer_th_offset, inner_nh_offset;
};

// Reads a struct virtio_net_hdr of `bytes` bytes. VMSO_REFUSED_VNET_BYTES: there is none of that
// size.
int vmso_virtio_read(const uint8_t *bytes, uint32_t count, struct vmso_virtio_net *net);

// A packet whose hop-by-hop header of a jumbogram was taken away (vmso_jumbo_remove) is shorter:
// moves hdr_len and csum_start along.
void vmso_virtio_shorten(struct vmso_virtio_net *net, uint32_t bytes);

// Makes a job of a packet. VMSO_OK: kind, mss, offsets and options of `job` are set, header.bytes
// tells how many of the packet's first bytes are the template (0 of FRAME and CSUM), the rest of
// the packet is its payload; all else is 0: cookie, header.addr, header.space, buffers and whether
// a completion is wanted are the caller's. Else a vmso_refusal, and `job` means nothing.
// `device`: whose kinds, largest template and largest frame are looked at.
int vmso_virtio_job(const struct vmso_device *device, const struct vmso_virtio_net *net,
                    const struct vmso_packet *packet, struct vmso_job *job);

#ifdef __cplusplus
}
#endif
#endif  // VMSO_VIRTIO_H
