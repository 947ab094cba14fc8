// SPDX-License-Identifier: Apache-2.0
// The rest of a job that has failed, as a job of its own.
//
// The engine makes each frame's header from the template and the frame's number, so a job that begins
// at frame k needs a template from which its frame 0 comes out as frame k would have. TCP's sequence
// number and the identifications, a tunnel's outer one too, count on with the frames; the length in a
// full checksum seed is that of the whole job; TCP's flags go through the mask of the first, a middle or
// the last frame, or, in a job of one frame, through none. Nothing else of a header depends on the number.
#include "vmso.h"

#define IPV4_BYTES 20u
#define TCP_BYTES 20u
#define TCP_CHECKSUM 16u
#define UDP_BYTES 8u
#define UDP_CHECKSUM 6u
#define FLAGS 0xfffu

static uint32_t get16(const uint8_t *bytes) { return (uint32_t)bytes[0] << 8 | bytes[1]; }

static void put16(uint8_t *bytes, uint32_t value) {
  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;
}

static uint32_t add_ones_complement(uint32_t sum, uint32_t value) {
  sum += value;
  return (sum & 0xffff) + (sum >> 16);
}

// The template's flags that make all frames of the rest right, or a bit above them if none do.
static uint32_t rest_flags(uint32_t flags, const uint16_t masks[3], bool single) {
  uint32_t first = masks[0], middle = masks[1], last = masks[2];
  if (single) return flags & last;
  uint32_t cleared = flags & first & ~middle;  // only the first frame of the old job had them
  if ((flags & middle & ~first) != 0 || (cleared & last) != 0) return FLAGS + 1;
  return flags & ~cleared;
}

static void move_id(uint8_t *ip, enum vmso_id_mode mode, uint32_t segments) {
  if (ip[0] >> 4 != 4) return;
  uint32_t id = get16(ip + 4);
  if (mode == VMSO_ID_INCREMENT) id += segments;
  if (mode == VMSO_ID_WRAP15) id = (id & 0x8000) | ((id + segments) & 0x7fff);
  put16(ip + 4, id);
}

static void move_tcp(uint8_t *tcp, uint32_t sent, uint32_t flags) {
  uint32_t seq = (get16(tcp + 4) << 16 | get16(tcp + 6)) + sent;
  put16(tcp + 4, seq >> 16);
  put16(tcp + 6, seq);
  put16(tcp + 12, (get16(tcp + 12) & ~FLAGS) | flags);
}

static void move_seed(uint8_t *field, uint32_t old, uint32_t now) {
  uint32_t sum = get16(field);
  sum = add_ones_complement(sum, ~old >> 16);
  sum = add_ones_complement(sum, ~old & 0xffff);
  sum = add_ones_complement(sum, now >> 16);
  sum = add_ones_complement(sum, now & 0xffff);
  put16(field, sum);
}

// Copies what stands behind the first `sent` bytes; gives the number of buffers.
static size_t move_buffers(const struct vmso_job *job, uint32_t sent,
                           struct vmso_buffer_ref *buffers) {
  size_t count = 0;
  for (size_t i = 0; i < job->buffer_count; i++) {
    struct vmso_buffer_ref buffer = job->buffers[i];
    uint32_t skip = buffer.bytes < sent ? buffer.bytes : sent;
    sent -= skip;
    buffer.addr += skip;
    buffer.bytes -= skip;
    if (buffer.bytes != 0 || (skip == 0 && sent == 0)) buffers[count++] = buffer;
  }
  return count;
}

int vmso_job_resume(const struct vmso_job *job, const struct vmso_completion *completion,
                    const uint16_t masks[3], uint8_t *header, struct vmso_buffer_ref *buffers,
                    struct vmso_job *rest) {
  uint32_t sent = (uint32_t)vmso_completion_payload_bytes(completion);
  uint32_t segments = (uint32_t)vmso_completion_segments(completion);
  uint64_t payload = 0;
  for (size_t i = 0; i < job->buffer_count; i++) payload += job->buffers[i].bytes;
  if (vmso_completion_cookie(completion) != job->cookie) return VMSO_ERR_ARGUMENT;
  if (vmso_completion_status(completion) == VMSO_STATUS_OK) return VMSO_ERR_ARGUMENT;
  if ((segments == 0) != (sent == 0)) return VMSO_ERR_ARGUMENT;
  if (sent != (uint64_t)segments * job->mss) return VMSO_ERR_ARGUMENT;

  if (segments != 0) {
    bool tcp = job->kind == VMSO_KIND_TCP_SEG;
    if (!tcp && job->kind != VMSO_KIND_UDP_SEG) return VMSO_ERR_ARGUMENT;
    if (sent >= payload) return VMSO_ERR_ARGUMENT;
    if (job->outer_l3_offset != 0 && job->outer_l3_offset + IPV4_BYTES > job->l3_offset) {
      return VMSO_ERR_ARGUMENT;
    }
    if (job->l3_offset + IPV4_BYTES > job->l4_offset) return VMSO_ERR_ARGUMENT;
    uint32_t l4_bytes = tcp ? TCP_BYTES : UDP_BYTES;
    if (job->l4_offset + l4_bytes > job->header.bytes) return VMSO_ERR_ARGUMENT;
    uint8_t *l4 = header + job->l4_offset;
    if (tcp) {
      uint32_t flags = rest_flags(get16(l4 + 12) & FLAGS, masks, payload - sent <= job->mss);
      if (flags > FLAGS) return VMSO_ERR_ARGUMENT;
      move_tcp(l4, sent, flags);
    }
    move_id(header + job->l3_offset, job->id_mode, segments);
    if (job->outer_l3_offset != 0) {
      move_id(header + job->outer_l3_offset, job->outer_id_mode, segments);
    }
    if (job->l4_mode == VMSO_L4_SEED_FULL) {
      uint32_t old = job->header.bytes - job->l4_offset + (uint32_t)payload;
      move_seed(l4 + (tcp ? TCP_CHECKSUM : UDP_CHECKSUM), old, old - sent);
    }
  }
  struct vmso_job made = *job;
  made.buffer_count = move_buffers(job, sent, buffers);
  made.buffers = buffers;
  *rest = made;
  return VMSO_OK;
}
