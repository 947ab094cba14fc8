// SPDX-License-Identifier: Apache-2.0
// One job whose runs go first. A segment needs all of its runs translated at once, and a fence makes them all
// wanted again: with many jobs beside each other and fence behind fence nobody would ever get there. So there
// is one, the elder, that does.
//
// becomes     while there is none: the first job of a mark that has runs to be asked for; not an end by itself,
//             so without fences there is none. The mark begins with the elder, or else behind the last one:
//             every job that is marked has its turn
// remains     until it has issued something that is not its template, or is gone, or was served: it was for
//             127 cycles without a run that is not answered, and has not issued. Then it is not for lack of
//             translations (a fault, a place in a row, the MAC, a slot of its chain, a job before it), and the
//             next mark makes another one elder. Every eighth one, by lot, is served after LongGrace
//             cycles: frames of others may hold seg's turn for longer than 127, in step with the fences
// left        runs that are not answered: those of the mark, and what the builder puts
// hold_fence  two fences have marked it and it was not served since: no batch begins. It waits for look-ups of
//             32 runs at most, each of which is answered by itself, and for those cycles; for nothing else
// mark        begin: pulse, scan_first combinational; then valid only, for each job, one cycle after its row
// answer, put valid only; an answer in the cycle of its row, after a mark of the cycle before
// issue       valid only, not during a mark; a kill is one. free: a job that was dying when it became elder
//             asks for nothing, and its entry is free when its walks have ended, whatever fences do
// reset       control
`include "vmso_assert.svh"
module vmso_run_elder
  import vmso_run_pkg::*;
#(
  parameter  int unsigned Jobs   = 64,
  parameter  int unsigned LongGrace = 1023,  // cycles: two largest frames, and seg's way
  localparam int unsigned JobW = vmso_math_pkg::index_width(Jobs)
) (
  input  logic            clk,
  input  logic            rst_n,
  input  logic            begin_valid,
  output logic [JobW-1:0] scan_first,
  input  logic            mark_valid,
  input  logic [JobW-1:0] mark_job,
  input  ptr_t            mark_left,
  input  logic            answer_valid,
  input  logic [JobW-1:0] answer_job,
  input  logic            put_valid,
  input  logic [JobW-1:0] put_job,
  input  logic            issue_valid,
  input  logic [JobW-1:0] issue_job,
  input  logic            free_valid,
  input  logic [JobW-1:0] free_job,
  output logic            elder_valid,
  output logic [JobW-1:0] elder_job,
  output logic            hold_fence
);
  logic              valid_q, tired_q, put_q, becomes, again, served, answered, puts, ends;
  logic [JobW-1:0]   job_q, job_d, put_job_q;
  ptr_t              left_q;
  localparam int unsigned ShortGrace = 127;
  localparam int unsigned GraceW = $clog2(LongGrace + 1);
  logic [GraceW-1:0] grace_q;
  logic              long_q;
  logic [6:0]        lot_q;  // x^7 + x^6 + 1: a step for each elder

  assign served     = grace_q == GraceW'(long_q ? LongGrace : ShortGrace);
  assign becomes    = mark_valid && !valid_q && mark_left != '0;
  assign again      = mark_valid && valid_q && mark_job == job_q;
  assign ends       = (issue_valid && issue_job == job_q) || (free_valid && free_job == job_q)
                      || (begin_valid && served);
  assign job_d      = becomes ? mark_job : job_q;
  assign scan_first = valid_q && !served ? job_q : job_q + 1'b1;
  // a mark has not seen the put of its cycle
  assign answered   = answer_valid && answer_job == job_d;
  assign puts       = put_q && put_job_q == job_d;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      valid_q <= 1'b0;
      put_q   <= 1'b0;
      job_q   <= '0;
    end else begin
      valid_q <= becomes || (valid_q && !ends);
      put_q   <= put_valid;
      job_q   <= job_d;
    end
  end
  always_ff @(posedge clk) begin
    if (!rst_n) lot_q <= '1;
    else if (becomes) lot_q <= {lot_q[5:0], lot_q[6] ^ lot_q[5]};
  end
  always_ff @(posedge clk) begin
    put_job_q <= put_job;
    if (becomes) long_q <= lot_q[2:0] == '0;
    tired_q   <= again || (tired_q && valid_q);
    left_q    <= (becomes || again ? mark_left : left_q) + ptr_t'(puts) - ptr_t'(answered);
    if (!valid_q || again) grace_q <= '0;
    else if (left_q == '0 && !served) grace_q <= grace_q + 1'b1;
  end
  assign elder_valid = valid_q;
  assign elder_job   = job_q;
  assign hold_fence  = valid_q && tired_q && !served;

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(AnswersWhatIsLeft, valid_q && answered, again || left_q + ptr_t'(puts) != '0)
  `VMSO_IMPL_IF(NoMoreThanPlaces, valid_q, left_q <= 6'd32)
  `VMSO_INTG(IssuesNotWhileMarked, !(issue_valid && (mark_valid || begin_valid)))
`endif
endmodule : vmso_run_elder
