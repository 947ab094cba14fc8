// SPDX-License-Identifier: Apache-2.0
// Records inside the seg room.
package vmso_seg_pkg;
  import vmso_pkg::*;
  import vmso_rec_pkg::*;

  typedef logic signed [23:0] balance_t;  // beats; negative: debt
  typedef logic [17:0] cost_t;            // beats of one order

  // Debt of more than 2^bits beats, which no single frame leaves behind: then nothing more is loaded.
  function automatic logic deep_debt(balance_t balance, int unsigned bits);
    return balance < -(balance_t'(1) <<< bits);
  endfunction

  // What seg keeps of a loaded job.
  typedef struct packed {
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
    logic [1:0]  header_space;
    template_t   tmpl;
    head_e       head;
    logic        tag;
    bytes_t      skip_bytes;
    bytes_t      skip_segments;
    fold_t       fold;
  } seg_job_t;

  // How far a job has come.
  typedef struct packed {
    logic   tmpl_fetched;
    bytes_t segments;
    bytes_t sent;
  } progress_t;

  typedef logic [15:0] debit_t;  // beats, modulo 2^16
  typedef logic [7:0]  epoch_t;  // periods of the rate limits, modulo 2^8

  // Limits of a queue in a period; 0: none.
  typedef struct packed {
    logic [23:0] bytes;
    logic [15:0] frames;
  } limit_t;
  // What it has sent of them, in the period `epoch` and, beyond the limits, before.
  typedef struct packed {
    epoch_t      epoch;
    logic [23:0] bytes;
    logic [15:0] frames;
  } rate_t;

  // What seg keeps of a queue, and of the job at its head: no other job of it can have begun.
  typedef struct packed {
    logic         failed;    // a job ended with OrderFail: nothing more until the unload
    logic         begun;     // `progress` is the head's; else the head stands where it was loaded
    progress_t    progress;
    order_count_t orders;    // issued ever
    logic [25:0]  issued_bytes;
    balance_t     balance;
    logic         waited;    // for the gather lane, since its last order
    debit_t       debited;   // of its debits: is in the balance
    rate_t        rate;
  } account_t;

  // Bytes of a frame that are not payload.
  function automatic logic [9:0] added_bytes(logic [8:0] header_bytes, logic tag);
    return 10'(header_bytes) + (tag ? 10'd4 : 10'd0);
  endfunction

  // What a job can do next.
  typedef enum logic [2:0] {
    ActNone    = 3'd0,  // not ready
    ActTmpl    = 3'd1,  // fetch the template
    ActFrame   = 3'd2,  // open a segment
    ActEnd     = 3'd3,  // end without a frame: a no-op, a refused job
    ActFail    = 3'd4,  // the run behind the ready ones is an error
    ActGather  = 3'd5,  // fetch a part of a segment into the gather lane: runs cannot cover it
    ActKill    = 3'd6,  // unload: the job dies without an order
    ActSkip    = 3'd7   // advise: runs are done with, without an order; ActFrame is the last
  } act_e;

  // The next piece of the job at work.
  typedef struct packed {
    pos_t        want;   // bytes that are fetched: of the template, the segment, a part of it
    pos_t        total;  // bytes of the segment
    logic        last;   // the segment is the job's last
    logic [11:0] rows;   // of the frame store, for header and payload
    logic [11:0] beats;  // R beats of what is fetched, at the least favourable alignment
  } cut_t;

endpackage : vmso_seg_pkg
