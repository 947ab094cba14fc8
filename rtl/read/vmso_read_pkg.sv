// SPDX-License-Identifier: Apache-2.0
// Records inside the read room.
package vmso_read_pkg;
  import vmso_pkg::*;
  import vmso_rec_pkg::*;

  typedef logic [8:0] land_key_t;  // {template, read id}
  // Where a burst lands.
  typedef struct packed {
    logic        to_template;
    template_t   tmpl;
    frame_t      frame;
    row_t        row;    // row of frame position 0
    pos_t        pos;    // position of the burst's first byte
    logic [12:0] bytes;  // wanted bytes of the burst
    logic [63:0] va;     // of the first byte
  } land_t;
  // What one beat (or one burst that failed whole) brings.
  typedef struct packed {
    logic        to_template;
    template_t   tmpl;
    frame_t      frame;
    row_t        row;    // row of frame position 0
    pos_t        pos;    // position of the first byte
    logic [12:0] bytes;
    logic        has_data;
    logic        fail;
    status_e     status;
    cause_e      cause;
    logic [63:0] va;     // of the first byte
  } beat_t;
endpackage : vmso_read_pkg
