// SPDX-License-Identifier: Apache-2.0
// Simulation only: keeps apart from masks and pointers which runs have a request outstanding and which
// are readable, and compares.
//
// A broken rule shows one cycle late: an assertion cannot sample arrays this wide in every simulator.
`include "vmso_assert.svh"
module vmso_run_check
  import vmso_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned JobW = vmso_math_pkg::index_width(Cfg.jobs)
) (
  input logic            clk,
  input logic            rst_n,
  input logic            put_valid,
  input logic [JobW-1:0] put_job,
  input run_t            put_run,
  input logic            put_bad,
  input logic            fill_valid,
  input logic [JobW-1:0] fill_job,
  input run_t            fill_run,
  input logic            fill_fault,
  input logic            busy_valid,  // it was refused
  input logic [JobW-1:0] busy_job,
  input run_t            busy_run,
  input logic            again_valid,  // it is asked for again
  input logic [JobW-1:0] again_job,
  input run_t            again_run,
  input logic            forget,      // refused ones of the job, so many, are not asked for again
  input logic [JobW-1:0] forget_job,
  input ptr_t            refused,
  input logic            cancel_valid,  // these are not asked for again
  input logic [JobW-1:0] cancel_job,
  input run_mask_t       cancel_mask,
  input logic            redo_valid,
  input logic [JobW-1:0] redo_job,
  input run_mask_t       redo_mask,
  input logic            read_valid,  // a piece is taken from this run
  input logic [JobW-1:0] read_job,
  input run_t            read_run,
  input logic            free_valid,
  input logic [JobW-1:0] free_job
);
  run_mask_t wanted [Cfg.jobs], readable [Cfg.jobs], refused_runs [Cfg.jobs];
  logic fill_q, redo_q, put_q, read_q, free_q, again_q, forget_q;

  // One process looks, then changes the arrays in place: with `<=` a simulator copies all of them in
  // every cycle.
  /* verilator lint_off BLKSEQ */
  always @(posedge clk) begin
    fill_q <= rst_n && fill_valid && !wanted[fill_job][fill_run];
    redo_q <= rst_n && redo_valid && (wanted[redo_job] & redo_mask) != '0;
    put_q  <= rst_n && put_valid && wanted[put_job][put_run];
    read_q <= rst_n && read_valid && !readable[read_job][read_run];
    free_q <= rst_n && free_valid && wanted[free_job] != '0;
    again_q <= rst_n && again_valid && !wanted[again_job][again_run];
    forget_q <= rst_n && forget && 32'(refused) != 32'($countones(refused_runs[forget_job]));
    if (!rst_n) begin
      for (int unsigned job = 0; job < Cfg.jobs; job++) begin
        wanted[job]       = '0;
        readable[job]     = '0;
        refused_runs[job] = '0;
      end
    end else begin
      if (redo_valid) begin
        wanted[redo_job]   |= redo_mask;
        readable[redo_job] &= ~redo_mask;
      end
      if (fill_valid) begin
        wanted[fill_job][fill_run]   = 1'b0;
        readable[fill_job][fill_run] = !fill_fault;
      end
      if (busy_valid) refused_runs[busy_job][busy_run] = 1'b1;
      if (again_valid) refused_runs[again_job][again_run] = 1'b0;
      if (forget) begin
        wanted[forget_job]      &= ~refused_runs[forget_job];
        refused_runs[forget_job] = '0;
      end
      if (cancel_valid) wanted[cancel_job] &= ~cancel_mask;
      if (put_valid) begin
        wanted[put_job][put_run]   = !put_bad;
        readable[put_job][put_run] = 1'b0;
      end
    end
  end
  /* verilator lint_on BLKSEQ */

`ifdef VMSO_CHECKS
  `VMSO_INTG(FillWasWanted, !fill_q)
  `VMSO_INTG(ReadIsTranslated, !read_q)
  `VMSO_IMPL(RedoIsNotWanted, !redo_q)
  `VMSO_IMPL(PutIntoFreePlace, !put_q)
  `VMSO_IMPL(FreeAfterAllFills, !free_q)
  `VMSO_IMPL(AskedAgainIsWanted, !again_q)
  `VMSO_IMPL(ForgetsWhatWaits, !forget_q)
`endif
endmodule : vmso_run_check
