// SPDX-License-Identifier: Apache-2.0
#include "vmso_virtio.h"

#include <string.h>

#define TUNNEL_BITS (VMSO_VIRTIO_GSO_TUNNEL_IPV4 | VMSO_VIRTIO_GSO_TUNNEL_IPV6)
#define LEAST_CSUM_START VMSO_IPV4_BYTES  // Linux, virtio_net_hdr_to_skb
#define PAYLOAD_MAX ((1u << 24) - 1)      // of a job
#define OUTER_OFFSET_MAX 255u             // of the outer headers of a job

static uint16_t get_le16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

int vmso_virtio_read(const uint8_t *bytes, uint32_t count, struct vmso_virtio_net *net) {
  if (count != VMSO_VIRTIO_LEGACY_BYTES && count != VMSO_VIRTIO_BYTES &&
      count != VMSO_VIRTIO_HASH_BYTES && count != VMSO_VIRTIO_TUNNEL_BYTES) {
    return VMSO_REFUSED_VNET_BYTES;
  }
  memset(net, 0, sizeof(*net));
  net->flags = bytes[0];
  net->gso_type = bytes[1];
  net->hdr_len = get_le16(bytes + 2);
  net->gso_size = get_le16(bytes + 4);
  net->csum_start = get_le16(bytes + 6);
  net->csum_offset = get_le16(bytes + 8);
  if (count == VMSO_VIRTIO_TUNNEL_BYTES) {
    net->has_tunnel_fields = true;
    net->outer_th_offset = get_le16(bytes + 20);
    net->inner_nh_offset = get_le16(bytes + 22);
  }
  return VMSO_OK;
}

void vmso_virtio_shorten(struct vmso_virtio_net *net, uint32_t bytes) {
  net->hdr_len = (uint16_t)(net->hdr_len > bytes ? net->hdr_len - bytes : 0);
  net->csum_start = (uint16_t)(net->csum_start > bytes ? net->csum_start - bytes : 0);
}

// ---- what the request says by itself -----------------------------------------------------------

static int check_tunnel(const struct vmso_virtio_net *net) {
  unsigned bits = net->gso_type & TUNNEL_BITS;
  if (bits == 0) {
    bool csum = (net->flags & VMSO_VIRTIO_UDP_TUNNEL_CSUM) != 0;
    return csum ? VMSO_REFUSED_TUNNEL_CSUM : VMSO_OK;
  }
  if (bits == TUNNEL_BITS) return VMSO_REFUSED_TUNNEL_BITS;
  if ((net->gso_type & ~(TUNNEL_BITS | VMSO_VIRTIO_GSO_ECN)) == VMSO_VIRTIO_GSO_NONE) {
    return VMSO_REFUSED_TUNNEL_NO_GSO;
  }
  if ((net->flags & VMSO_VIRTIO_NEEDS_CSUM) == 0) return VMSO_REFUSED_TUNNEL_NO_CSUM;
  if ((net->flags & VMSO_VIRTIO_DATA_VALID) != 0) return VMSO_REFUSED_TUNNEL_VALID;
  return net->has_tunnel_fields ? VMSO_OK : VMSO_REFUSED_TUNNEL_FIELDS;
}

static int check_csum(const struct vmso_virtio_net *net, const struct vmso_packet *packet) {
  if ((net->flags & VMSO_VIRTIO_NEEDS_CSUM) == 0) return VMSO_OK;
  if ((uint32_t)net->csum_start + net->csum_offset + 2 > packet->bytes) {
    return VMSO_REFUSED_CSUM_BEYOND;
  }
  return net->csum_start < LEAST_CSUM_START ? VMSO_REFUSED_CSUM_START : VMSO_OK;
}

// ---- jobs --------------------------------------------------------------------------------------

static int check_size(const struct vmso_device *device, const struct vmso_packet *packet,
                      const struct vmso_job *job) {
  if ((device->kinds >> job->kind & 1) == 0) return VMSO_REFUSED_NOT_BUILT;
  uint32_t header = job->header.bytes, payload = packet->bytes - header;
  if (header > device->template_bytes) return vmso_refusal_of_status(VMSO_STATUS_HDR_LONG);
  uint32_t piece = job->mss != 0 && job->mss < payload ? job->mss : payload;
  if (payload > PAYLOAD_MAX || header + piece > device->max_frame) {
    return vmso_refusal_of_status(VMSO_STATUS_FRAME_TOO_LONG);
  }
  if (packet->bytes < VMSO_ETHERNET_BYTES) {
    return vmso_refusal_of_status(VMSO_STATUS_FRAME_SHORT);
  }
  return VMSO_OK;
}

static int whole_frame(const struct vmso_virtio_net *net, struct vmso_job *job) {
  job->kind = VMSO_KIND_FRAME;
  if ((net->flags & VMSO_VIRTIO_NEEDS_CSUM) == 0) return VMSO_OK;
  job->kind = VMSO_KIND_CSUM;
  job->csum_start = net->csum_start;
  job->csum_offset = net->csum_offset;
  return VMSO_OK;
}

static int find_headers(const struct vmso_virtio_net *net, const struct vmso_packet *packet,
                        struct vmso_headers *headers) {
  if ((net->gso_type & TUNNEL_BITS) == 0) return vmso_headers_find(packet, headers);
  int error = vmso_headers_find_in_udp(packet, net->inner_nh_offset, headers);
  if (error != VMSO_OK) return error;
  return headers->outer_l4 == net->outer_th_offset ? VMSO_OK : VMSO_REFUSED_TUNNEL_OUTER;
}

// TCP_SEG and UDP_SEG.
static int segments(const struct vmso_virtio_net *net, const struct vmso_packet *packet,
                    unsigned gso, struct vmso_job *job) {
  bool udp = gso == VMSO_VIRTIO_GSO_UDP_L4, seed = (net->flags & VMSO_VIRTIO_NEEDS_CSUM) != 0;
  if (net->gso_size == 0) return VMSO_REFUSED_GSO_SIZE;
  if (udp && !seed) return VMSO_REFUSED_UDP_NO_CSUM;

  struct vmso_headers h;
  int error = find_headers(net, packet, &h);
  if (error != VMSO_OK) return error;
  if (!udp && h.ip.ipv6 != (gso == VMSO_VIRTIO_GSO_TCPV6)) return VMSO_REFUSED_GSO_FAMILY;
  if (udp != (h.ip.protocol == VMSO_PROTOCOL_UDP)) return VMSO_REFUSED_GSO_PROTOCOL;
  if (seed && net->csum_start != h.ip.end) return VMSO_REFUSED_CSUM_START;
  if (seed && net->csum_offset != (udp ? VMSO_UDP_CSUM : VMSO_TCP_CSUM)) {
    return VMSO_REFUSED_CSUM_OFFSET;
  }
  if (!seed && h.ip.routing_left) return VMSO_REFUSED_ROUTING;

  if (h.outer_l4 > OUTER_OFFSET_MAX) return vmso_refusal_of_status(VMSO_STATUS_HDR_LONG);
  bool udp_tunnel = (net->gso_type & TUNNEL_BITS) != 0;
  job->kind = udp ? VMSO_KIND_UDP_SEG : VMSO_KIND_TCP_SEG;
  job->header.bytes = h.end;
  job->l3_offset = (uint16_t)h.ip.at;
  job->l4_offset = (uint16_t)h.ip.end;
  job->mss = net->gso_size;
  job->l4_mode = seed ? VMSO_L4_SEED_FULL : VMSO_L4_COMPUTE;
  job->id_mode = VMSO_ID_INCREMENT;
  job->outer_l3_offset = (uint16_t)h.outer.at;
  job->outer_l4_offset = (uint16_t)h.outer_l4;
  job->outer_id_mode = VMSO_ID_INCREMENT;
  job->outer_csum = udp_tunnel ? (net->flags & VMSO_VIRTIO_UDP_TUNNEL_CSUM) != 0 : h.outer_csum;
  return VMSO_OK;
}

int vmso_virtio_job(const struct vmso_device *device, const struct vmso_virtio_net *net,
                    const struct vmso_packet *packet, struct vmso_job *job) {
  memset(job, 0, sizeof(*job));
  if (net->hdr_len > packet->bytes) return VMSO_REFUSED_HDR_LEN;
  int error = check_tunnel(net);
  if (error == VMSO_OK) error = check_csum(net, packet);
  if (error != VMSO_OK) return error;
  unsigned gso = net->gso_type & ~(TUNNEL_BITS | VMSO_VIRTIO_GSO_ECN);
  switch (gso) {
    case VMSO_VIRTIO_GSO_NONE: error = whole_frame(net, job); break;
    case VMSO_VIRTIO_GSO_TCPV4:
    case VMSO_VIRTIO_GSO_TCPV6:
    case VMSO_VIRTIO_GSO_UDP_L4: error = segments(net, packet, gso, job); break;
    case VMSO_VIRTIO_GSO_UDP: return VMSO_REFUSED_UFO;
    default: return VMSO_REFUSED_GSO_TYPE;
  }
  return error != VMSO_OK ? error : check_size(device, packet, job);
}
