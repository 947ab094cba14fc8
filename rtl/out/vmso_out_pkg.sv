// SPDX-License-Identifier: Apache-2.0
// Records that stay inside the room `out`, and its 16-bit ones'-complement arithmetic.
package vmso_out_pkg;
  import vmso_pkg::*;
  import vmso_rec_pkg::*;

  // What the job says about its template; noted at job_load.
  typedef struct packed {
    logic       parse;         // segmentation kind: the template is parsed and checked
    logic       compute;       // the engine computes the pseudo header
    logic [8:0] header_bytes;
    logic [8:0] l3;
    logic [8:0] l4;
  } tmpl_info_t;
  // A landed template on its way to the parser.
  typedef struct packed {
    template_t  tmpl;
    tmpl_info_t info;
  } parse_job_t;
  // What the parser found. Sums leave out the fields that each segment gets anew.
  typedef struct packed {
    logic        bad;          // StatusBadTemplate; nothing else here means anything then
    logic        v6;
    logic [15:0] ip_sum;       // IPv4 header without total length, id and checksum
    logic [15:0] pseudo_sum;   // source, destination, protocol
    logic [15:0] l4_sum;       // TCP header without sequence, flags word and checksum
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

  // Header values of one segment.
  typedef struct packed {
    logic        v6;
    logic [15:0] len;          // IPv4 total length or IPv6 payload length
    logic [15:0] id;
    logic [15:0] ip_csum;
    logic [31:0] seq;
    logic [15:0] flags;
    logic [15:0] l4_csum;
  } patch_t;

  // One order after its judgement, as the stream carries it out.
  typedef struct packed {
    logic        send;         // a frame goes out; else only what is said below happens
    queue_t      queue;
    slot_idx_t   slot;
    row_t        row;
    row_t        rows;
    template_t   tmpl;
    logic [8:0]  header_bytes;
    pos_t        frame_bytes;  // header and payload
    logic        patched;      // header fields are replaced
    logic        l4_patched;   // also the L4 checksum
    logic [8:0]  l3;
    logic [8:0]  l4;
    patch_t      patch;
    logic        tmpl_free;
    logic        ends;         // sends job_end
    job_end_t    job_end;
    logic        fails;        // sends queue_fail
    fold_t       fold;
  } item_t;

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

endpackage : vmso_out_pkg
