// SPDX-License-Identifier: Apache-2.0
// Records inside the seg room.
package vmso_seg_pkg;
  import vmso_pkg::*;
  import vmso_rec_pkg::*;

  // What seg keeps of a loaded job.
  typedef struct packed {
    queue_t      queue;
    kind_e       kind;
    status_e     status;
    slot_idx_t   slot;
    slot_idx_t   slots;
    logic [63:0] cookie;
    logic        completion_wanted;
    logic        interrupt_wanted;
    bytes_t      payload_bytes;
    logic [15:0] mss;
    logic [8:0]  header_bytes;
    template_t   tmpl;
    l4_mode_e    l4_mode;
    id_mode_e    id_mode;
    logic [1:0]  flag_profile;
    logic [8:0]  l3_offset;
    logic [8:0]  l4_offset;
    bytes_t      skip_bytes;
    bytes_t      skip_segments;
  } seg_job_t;

  // How far a job has come.
  typedef struct packed {
    logic   tmpl_fetched;
    bytes_t segments;
    bytes_t sent;
  } progress_t;
endpackage : vmso_seg_pkg
