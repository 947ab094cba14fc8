// SPDX-License-Identifier: Apache-2.0
// Records that stay inside the room `out`, and its 16-bit ones'-complement arithmetic.
package vmso_out_pkg;
  import vmso_pkg::*;
  import vmso_rec_pkg::*;

  // What the parser has to know of a job; kept from job_load to the landing of its template.
  typedef struct packed {
    logic       udp;
    logic       compute;       // the engine computes the pseudo header
    logic       tunnel;
    logic       outer_has_l4;
    logic       outer_csum;
    logic       tag;           // stands in front of the template's own
    logic [8:0] end_at;        // header bytes in the frame
    logic [8:0] l3;
    logic [8:0] l4;
    logic [8:0] outer_l3;
    logic [8:0] outer_l4;
  } tmpl_info_t;
  // A landed template on its way to the parser.
  typedef struct packed {
    template_t  tmpl;
    tmpl_info_t info;
  } parse_job_t;
  // What the parser found in one layer. Sums leave out the fields that each segment gets anew.
  typedef struct packed {
    logic        bad;          // StatusBadTemplate, of any layer: nothing else means anything then
    logic        v6;
    logic        gre;          // L4 of the outer layer is GRE, else UDP
    logic [15:0] ip_sum;       // IP header with options and extension headers, without length,
                               // id and checksum
    logic [15:0] pseudo_sum;   // source, destination, protocol
    logic [15:0] l4_sum;       // from L4 to the end of the layer, without each segment's fields
    logic [15:0] id;
    logic [31:0] seq;
    logic [15:0] flags;        // data offset, reserved bits, flags
    logic [15:0] seed;         // checksum field as it came
  } parse_t;
  // How the landing of a template went.
  typedef struct packed {
    logic        failed;
    status_e     status;
    cause_e      cause;
    logic [63:0] va;           // lowest byte that did not arrive well
  } tmpl_fail_t;

  // Header values of one layer of a segment. A sum of 17 bits is one of 16 that has not been folded.
  typedef struct packed {
    logic        v6;
    logic [15:0] len;          // IPv4 total length or IPv6 payload length
    logic [15:0] id;
    logic [15:0] ip_csum;
    logic [31:0] seq;
    logic [15:0] flags;
    logic [15:0] l4_len;       // of UDP
    logic [16:0] used;         // what stands for the pseudo header
    logic [16:0] own;          // L4 header with these values, its checksum 0
    logic [16:0] ip;           // all of the IP header: 0 for IPv4, whose checksum sees to that
  } patch_t;

  // Up to four halfwords of a header, to be written at pos, pos + 2, pos + 8 and pos + 12: that are the
  // fields of an IP header from its length on, of TCP from the sequence number and of UDP from the length.
  typedef struct packed {
    pos_t             pos;     // odd: `half[0]` alone
    logic [3:0]       en;
    logic [3:0][15:0] half;    // values, high byte first on the wire
  } fields_t;

  // The rows of a frame whose fields can be written: row 0, and `first` and those behind it.
  typedef logic [9:0] frame_row_t;

  // One order after its judgement, as the stream carries it out.
  typedef struct packed {
    logic        send;         // a frame goes out; else only what is said below happens
    queue_t      queue;
    slot_idx_t   slot;
    row_t        row;
    row_t        rows;
    logic        gather;
    template_t   tmpl;
    logic [8:0]  header_bytes; // bytes of the frame that the template fills
    pos_t        frame_bytes;
    logic        written;      // fields are written
    logic        side;         // on this side of the field rows
    frame_row_t  first_row;
    logic        late;         // `fields` are still to be written
    fields_t     fields;
    logic        tmpl_free;
    logic        ends;         // sends job_end
    job_end_t    job_end;
    logic        fails;        // sends queue_fail
    fold_t       fold;
  } item_t;

  // Bytes of a frame that its template fills, the gap for a tag among them.
  function automatic logic [8:0] header_end(logic [8:0] header_bytes, logic tag);
    return header_bytes + (tag && header_bytes > 9'(TagAt) ? 9'd4 : 9'd0);
  endfunction

  // Does an order come before another one? Numbers run modulo 2^16, far fewer orders are on their way.
  function automatic logic precedes(order_count_t number, order_count_t other);
    return order_count_t'(number - other) >= 16'h8000;
  endfunction

  // Sum of up to 16 halfwords, brought back to one. Twice, as the first fold may carry again.
  function automatic logic [15:0] fold20(logic [19:0] sum);
    logic [16:0] once;
    once = {1'b0, sum[15:0]} + 17'(sum[19:16]);
    return once[15:0] + 16'(once[16]);
  endfunction

  // The same with the last carry left where it is.
  function automatic logic [16:0] fold_once(logic [19:0] sum);
    return {1'b0, sum[15:0]} + 17'(sum[19:16]);
  endfunction

  // The checksum of a sum. 0 says "none" to UDP, which has FFFF for it (RFC 768).
  function automatic logic [15:0] checksum(logic [19:0] sum, logic udp);
    logic [15:0] csum;
    csum = ~fold20(sum);
    return udp && csum == '0 ? '1 : csum;
  endfunction

endpackage : vmso_out_pkg
