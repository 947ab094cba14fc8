// SPDX-License-Identifier: Apache-2.0
// What the modules of the read port tell each other.
package vmso_axi_pkg;

  // A request on its way to AR.
  typedef struct packed {
    vmso_pkg::read_id_t  id;
    vmso_pkg::read_req_t req;
  } burst_t;

  // What happens to a read that is out.
  typedef enum logic [1:0] {
    NoteBeat = 2'd0,     // a beat came, more will come
    NoteEnd = 2'd1,      // nothing more will come: the id goes home
    NoteTimeout = 2'd2   // nobody waits any more, but beats may still come
  } note_e;

  // What the table of a class knows of an id.
  typedef struct packed {
    logic       out;          // a read with this id has not ended
    logic       quarantined;  // it timed out: its beats are for nobody
    logic       colour;
    logic [8:0] left;         // beats that have not come
  } look_t;

  // A request of a class that has no id left, until it is answered.
  typedef struct packed {
    vmso_pkg::read_id_t id;
    logic               colour;
  } dead_t;

  // Ages are told in eighths of the timeout; a read is old after AgeOld of them. An age wraps after
  // 4 timeouts: what is found within 2 is not missed.
  localparam int unsigned EpochBits = 5;
  localparam logic [EpochBits-1:0] AgeOld = 5'd9;

endpackage : vmso_axi_pkg
