// SPDX-License-Identifier: Apache-2.0
// What the modules of the landing tell each other. Lanes count bytes of one beat; widths are those of
// the widest bus.
package vmso_read_pkg;
  import vmso_pkg::*;

  // Where the beats of a burst go; one per read id.
  typedef struct packed {
    queue_t      queue;
    frame_t      dest;    // frame slot or template
    row_t        row;     // row of the position `aligned`; one less than row 0 for negative ones
    logic [14:0] aligned; // position of lane 0 of the first beat, may be negative
    logic [5:0]  offset;  // lane of the first byte in the first beat
    logic [5:0]  tail;    // lane of the last byte in the last beat
    logic [12:0] bytes;
    vpn_t        page;    // virtual address: page and beat of the page
    logic [7:0]  line;
    logic [1:0]  space;
    logic        sums;    // the bytes count for the checksum
  } landing_t;

  // What one response does, beside its data.
  typedef struct packed {
    logic        is_template;
    frame_t      dest;
    row_t        row;     // row of the rotated lanes >= rot; the other lanes are in the next one
    logic [5:0]  rot;     // lane 0 goes to this lane
    pos_t        pos;     // position of its first byte
    pos_t        bytes;   // landed or failed by it
    logic        fail;
    read_resp_e  resp;
    logic [63:0] va;      // of its first byte
    logic [1:0]  space;
    logic        sums;
  } effect_t;

endpackage : vmso_read_pkg
