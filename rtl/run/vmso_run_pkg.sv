// SPDX-License-Identifier: Apache-2.0
// Records inside the room run.
package vmso_run_pkg;
  import vmso_pkg::*;
  import vmso_rec_pkg::*;

  localparam int unsigned Runs = 32;  // run places of a job

  // Number of a run in its job modulo 64: its place (low bits) and a lap bit.
  typedef logic [5:0] ptr_t;
  typedef logic [Runs-1:0] run_mask_t;

  // What is wrong with a descriptor; the job ends where its bytes would begin.
  typedef enum logic [3:0] {
    BadNot      = 4'd0,
    BadReserved = 4'd1,
    BadSpace    = 4'd2,
    BadWrap     = 4'd3,
    BadSum      = 4'd4,
    BadSlvErr   = 4'd5,  // 5..8: its slot could not be read
    BadDecErr   = 4'd6,
    BadWindow   = 4'd7,
    BadTimeout  = 4'd8
  } bad_e;

  typedef struct packed {
    bad_e        bad;
    logic [63:0] addr;
    bytes_t      bytes;
    context_t    ctx;
    logic [1:0]  space;
  } desc_t;

  // What is known of a run before its translation.
  typedef struct packed {
    vpn_t        vpn;
    logic [11:0] offset;
    logic [12:0] bytes;  // 1..4096
    logic        tmpl;
    logic [1:0]  space;
    logic        advise; // of an ADVISE job: a fault of it is no fault
    logic        fresh;  // the job's first
    bad_e        bad;    // an error run, never translated
  } run_entry_t;

  // The first slot's buffers, as the builder needs them each time it takes the job up.
  typedef struct packed {
    queue_t      queue;
    buffer_ref_t buffer0;
    buffer_ref_t buffer1;
  } buffers_t;

  // Slots of a job that the builder has at once, and the place of one of them: its number modulo that.
  localparam int unsigned Banks = 4;
  typedef logic [$clog2(Banks)-1:0] bank_t;

  // How far the builder has come with a job.
  typedef struct packed {
    desc_t       cur;         // the rest of the descriptor in work; bytes 0: go on to the next
    logic        tmpl;        // it is the template
    logic        advise;      // of an ADVISE job
    logic        fresh;       // no run was made of it
    logic        todo0;       // buffer0, buffer1 are still to come
    logic        todo1;
    logic        chained;     // places of a further slot are in the place RAM
    logic [2:0]  place;       // the next of them
    bank_t       asked;       // further slots asked for, modulo Banks
    bank_t       taken;       // of them the builder has taken up; the last is in work
    slot_idx_t   slots_left;  // further slots that were not asked for
    bytes_t      left;        // payload bytes that no descriptor has covered so far
    logic        over;        // the descriptors cover more than the payload
    bytes_t      skip;        // payload bytes still to be skipped
  } cursor_t;

  // Why the builder puts a job aside.
  typedef enum logic [1:0] {AsideYield = 2'd0, AsideFull = 2'd1, AsideSlot = 2'd2} aside_e;

  // Maintenance of a job's row.
  typedef enum logic {OpMark = 1'b0, OpClear = 1'b1} row_op_e;

  // Where the bytes of a job's frames are cut: see vmso_pkg::job_load_t.
  typedef struct packed {
    logic tag;
    logic csum;
    pos_t csum_from;
  } cuts_t;

  // Where the pieces of a job have come to.
  typedef struct packed {
    ptr_t        head;   // run that the next piece comes from
    logic [11:0] off;    // bytes of it that were taken
    logic [17:0] taken;  // bytes taken ever, modulo 2^18
  } taken_t;

  // The runs lo .. hi - 1, 0..32 of them, as a mask of places. Places below hi and places below lo
  // differ in the wanted ones, or, if the range goes round the end, in all others.
  function automatic run_mask_t run_range(ptr_t lo, ptr_t hi);
    run_mask_t mask;
    for (int unsigned i = 0; i < Runs; i++) begin
      mask[i] = (hi[4:0] > 5'(i)) ^ (lo[4:0] > 5'(i)) ^ (hi[5] != lo[5]);
    end
    return mask;
  endfunction

endpackage : vmso_run_pkg
