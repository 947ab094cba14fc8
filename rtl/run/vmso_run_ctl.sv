// SPDX-License-Identifier: Apache-2.0
// Maintenance of the room: the walk that clears its tables after reset, mark, clear, and job_free.
//
// init        jobs cycles after reset; run_ready afterwards
// mark        valid/ready: jobs that may use the context, one row per cycle without a fill; ready pulses
//             when the last one is done, jobs + 4 cycles later if no fill comes
// clear       valid/ready: the builder drops the job, then its row is tried until nothing is wanted; ready
//             pulses with job_free. A mark passes it between two tries
// job_free    valid only: after a job's last fetch, or its clear
// reset       control
module vmso_run_ctl
  import vmso_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned JobW = vmso_math_pkg::index_width(Cfg.jobs)
) (
  input  logic            clk,
  input  logic            rst_n,
  output logic            init_valid,
  output logic [JobW-1:0] init_job,
  output logic            run_ready,
  input  logic            load_valid,
  input  logic [JobW-1:0] load_job,
  input  queue_contexts_t load_contexts,
  input  logic            mark_valid,
  output logic            mark_ready,
  input  logic            mark_all,
  input  context_t        mark_ctx,
  input  logic            clear_valid,
  output logic            clear_ready,
  input  job_t            clear_job,
  output logic            drop_active,  // the builder forgets clear_job
  input  logic            drop_busy,    // it has not yet (one cycle late)
  output logic            op_valid,
  input  logic            op_ready,
  output row_op_e         op,
  output logic [JobW-1:0] op_job,
  input  logic            op_done,
  input  logic            last_valid,
  input  logic [JobW-1:0] last_job,
  output logic            job_free_valid,
  output job_t            job_free
);
  localparam logic [JobW-1:0] LastJob = JobW'(Cfg.jobs - 1);

  // -- init --------------------------------------------------------------------------------------------
  vmso_clear_walk #(.Num(Cfg.jobs)) u_walk (
    .clk, .rst_n, .clearing(init_valid), .index(init_job)
  );
  assign run_ready = !init_valid;

  // -- mark --------------------------------------------------------------------------------------------
  typedef enum logic [2:0] {
    MarkIdle = 3'd0, MarkScan = 3'd1, MarkWrite = 3'd2, MarkRedo = 3'd3, MarkDone = 3'd4
  } mark_e;
  mark_e           mark_d, mark_q;
  logic [JobW-1:0] scan_q;
  logic            uses, mark_op, scan_on, clear_moves;
  queue_contexts_t contexts;

  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(queue_contexts_t))) u_contexts (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_contexts),
    .read_addr(scan_q), .read_data(contexts)
  );
  // an entry that was never loaded may match by chance: it has no runs
  always_comb begin
    uses = mark_all;
    for (int unsigned s = 0; s < 4; s++) begin
      if (contexts.valid[s] && contexts.id[s] == mark_ctx) uses = 1'b1;
    end
  end
  assign mark_op = mark_q == MarkScan && uses;
  assign scan_on = mark_q == MarkScan && (!uses || op_ready);
  always_comb begin
    mark_d = mark_q;
    unique case (mark_q)
      MarkIdle:  if (mark_valid && !clear_moves && !init_valid) mark_d = MarkScan;
      MarkScan:  if (scan_on && scan_q == LastJob) mark_d = MarkWrite;
      MarkWrite: mark_d = MarkRedo;
      MarkRedo:  mark_d = MarkDone;
      default:   mark_d = MarkIdle;
    endcase
  end
  assign mark_ready = mark_q == MarkDone;
  always_ff @(posedge clk) begin
    if (!rst_n) mark_q <= MarkIdle;
    else mark_q <= mark_d;
  end
  always_ff @(posedge clk) begin
    if (mark_q == MarkIdle) scan_q <= '0;
    else if (scan_on) scan_q <= scan_q + 1'b1;
  end

  // -- clear -------------------------------------------------------------------------------------------
  typedef enum logic [2:0] {
    ClearIdle = 3'd0, ClearDrop = 3'd1, ClearTry = 3'd2, ClearWrite = 3'd3, ClearAnswer = 3'd4,
    ClearFree = 3'd5
  } clear_e;
  clear_e clear_d, clear_q;
  logic   clear_op;
  // a mark must see the head that belongs to the row: they never overlap
  assign clear_moves = clear_q == ClearWrite || clear_q == ClearAnswer;
  assign clear_op    = clear_q == ClearTry && mark_q == MarkIdle && !mark_valid;
  assign drop_active = clear_q == ClearDrop;
  always_comb begin
    clear_d = clear_q;
    unique case (clear_q)
      ClearIdle:   if (clear_valid && !init_valid) clear_d = ClearDrop;
      ClearDrop:   if (!drop_busy) clear_d = ClearTry;
      ClearTry:    if (clear_op && op_ready) clear_d = ClearWrite;
      ClearWrite:  clear_d = ClearAnswer;
      ClearAnswer: clear_d = op_done ? ClearFree : ClearTry;
      ClearFree:   if (!last_valid) clear_d = ClearIdle;
      default:     clear_d = ClearIdle;
    endcase
  end
  assign clear_ready = clear_q == ClearFree && !last_valid;
  always_ff @(posedge clk) begin
    if (!rst_n) clear_q <= ClearIdle;
    else clear_q <= clear_d;
  end

  assign op_valid = mark_op || clear_op;
  assign op       = mark_op ? OpMark : OpClear;
  assign op_job   = mark_op ? scan_q : clear_job[JobW-1:0];

  assign job_free_valid = last_valid || clear_ready;
  assign job_free       = last_valid ? job_t'(last_job) : clear_job;

  logic unused_bits;
  assign unused_bits = ^contexts.reserved ^ (^clear_job);
endmodule : vmso_run_ctl
