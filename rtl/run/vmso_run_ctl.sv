// SPDX-License-Identifier: Apache-2.0
// Maintenance of the room: the walk that clears its tables after reset, and mark.
//
// init        jobs cycles after reset; run_ready afterwards
// mark        valid/ready: jobs that may use one of the contexts, one row per cycle without a fill, from
//             scan_first on, as it is in the cycle of scan_begin; ready pulses when the last one is done,
//             jobs + 4 cycles later if no fill comes, at once if no job is here
// reap        the reaper's op on a row: passed on unless a mark is under way; reap_moves: it has been taken
//             and its move is not done, so no mark begins
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
  input  mark_t           mark,
  input  logic            empty,         // no job is here
  output logic            scan_begin,
  input  logic [JobW-1:0] scan_first,
  input  logic            reap_valid,
  output logic            reap_ready,
  input  logic            reap_moves,
  input  logic [JobW-1:0] reap_job,
  output logic            op_valid,
  input  logic            op_ready,
  output row_op_e         op,
  output logic [JobW-1:0] op_job
);
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
  logic [JobW-1:0] scan_q, scan_last_q;
  logic            uses, mark_op, scan_on, reap_op;
  queue_contexts_t contexts;

  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(queue_contexts_t))) u_contexts (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_contexts),
    .read_addr(scan_q), .read_data(contexts)
  );
  // an entry that was never loaded may match by chance: it has no runs
  always_comb begin
    uses = mark.all && contexts.valid != '0;
    if (mark_q == MarkScan) begin
      for (int unsigned s = 0; s < 4; s++) begin
        for (int unsigned c = 0; c < FenceBatch; c++) begin
          if (contexts.valid[s] && mark.valid[c] && contexts.id[s] == mark.ctx[c]) uses = 1'b1;
        end
      end
    end
  end
  assign mark_op = mark_q == MarkScan && uses;
  assign scan_on = mark_q == MarkScan && (!uses || op_ready);
  always_comb begin
    mark_d = mark_q;
    unique case (mark_q)
      MarkIdle: if (mark_valid && !reap_moves && !init_valid) mark_d = empty ? MarkDone : MarkScan;
      MarkScan:  if (scan_on && scan_q == scan_last_q) mark_d = MarkWrite;
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
    if (mark_q == MarkIdle) begin
      scan_q      <= scan_first;
      scan_last_q <= scan_first - 1'b1;
    end else if (scan_on) begin
      scan_q <= scan_q + 1'b1;
    end
  end
  assign scan_begin = mark_q == MarkIdle && mark_d == MarkScan;

  // -- ops on rows -------------------------------------------------------------------------------------
  // a mark must see the head that belongs to the row: it and the reaper's moves never overlap
  assign reap_op    = reap_valid && mark_q == MarkIdle && !mark_valid;
  assign reap_ready = reap_op && op_ready;
  assign op_valid   = mark_op || reap_op;
  assign op         = mark_op ? OpMark : OpClear;
  assign op_job     = mark_op ? scan_q : reap_job;

  logic unused_bits;
  assign unused_bits = ^contexts.reserved;
endmodule : vmso_run_ctl
