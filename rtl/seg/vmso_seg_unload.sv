// SPDX-License-Identifier: Apache-2.0
// Takes the jobs of a queue off its list for the controller, oldest first: each is killed between two orders of
// the others, who wait for nothing else of it.
//
// unload      valid/ready, one queue at a time; head_*: its oldest job that had not been issued whole, and how
//             far it was, in the cycle of ready; an ADVISE job begins anew
// due         it wants the scheduler's registers; start: it has them from the next cycle on, until `active` falls
// reads       its queue is to be addressed, until all loads are in their lists (load_idle)
// look_any    in the cycle after that: it has a job, whose record and account are there at `loads`
// kills       its job goes at act_go; ends: it has none, its account is written (visit_ready and written)
// busy        its queue has been begun and not handed over: that has no turn meanwhile
// others      somebody wants a turn: after a killed job it yields, until they have had an order (act_go), or at
//             least a try (turn_over)
// reset       control
module vmso_seg_unload
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_seg_pkg::*;
(
  input  logic      clk,
  input  logic      rst_n,
  input  logic      unload_valid,
  output logic      unload_ready,
  output logic      head_any,
  output slot_idx_t head_slot,
  output bytes_t    head_segments,
  output bytes_t    head_bytes,
  output fold_t     head_fold,
  input  logic      others,
  input  logic      turn_over,
  output logic      due,
  output logic      yields,
  input  logic      start,
  output logic      active,
  output logic      reads,
  input  logic      load_idle,
  input  logic      look_any,
  output logic      loads,
  output logic      kills,
  input  logic      act_go,
  output logic      ends,
  input  logic      visit_ready,
  input  logic      written,
  output logic      busy,
  input  seg_job_t  job,        // at work
  input  progress_t progress
);
  typedef enum logic [2:0] {
    Idle = 3'd0, Read = 3'd1, Look = 3'd2, Load = 3'd3, Kill = 3'd4, End = 3'd5
  } state_e;
  state_e state_q, state_d;
  logic   any_q;

  assign due    = unload_valid && !(yields && others);
  assign active = state_q != Idle;
  assign reads  = state_q == Read;
  assign loads  = state_q == Load;
  assign kills  = state_q == Kill;
  assign ends   = state_q == End;
  // The queue may be the next to have a turn: its account is written before that is read again.
  assign unload_ready = ends && visit_ready && written;
  always_comb begin
    state_d = state_q;
    unique case (state_q)
      Idle:    if (start) state_d = Read;
      Read:    if (load_idle) state_d = Look;
      Look:    state_d = Load;
      Load:    state_d = any_q ? Kill : End;
      Kill:    if (act_go) state_d = Idle;
      default: if (unload_ready) state_d = Idle;  // End: its debt has to be paid, jobs or not
    endcase
  end
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q  <= Idle;
      busy     <= 1'b0;
      yields   <= 1'b0;
      head_any <= 1'b0;
    end else begin
      state_q <= state_d;
      if (reads) busy <= 1'b1;
      else if (unload_ready) busy <= 1'b0;
      if (kills) yields <= 1'b1;
      else if (turn_over || act_go) yields <= 1'b0;
      if (unload_ready) head_any <= 1'b0;
      else if (kills) head_any <= 1'b1;
    end
  end
  always_ff @(posedge clk) begin
    if (state_q == Look) any_q <= look_any;
    if (kills && !head_any) begin
      head_slot     <= job.slot;
      head_segments <= job.kind == KindAdvise ? '0 : progress.segments;
      head_bytes    <= job.kind == KindAdvise ? '0 : progress.sent;
      head_fold     <= job.fold;
    end
  end

  logic unused_bits;
  assign unused_bits = ^{job, progress};
endmodule : vmso_seg_unload
