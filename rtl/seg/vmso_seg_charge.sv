// SPDX-License-Identifier: Apache-2.0
// What does a queue's account become? Combinational.
//
// act_go      `act` is carried out. It costs the cycles of the stage that it takes longest: a frame its
//             wire beats (padded to 60 bytes), R beats (least favourable alignment), or the cycles of an
//             order; a template its beats. Slots and page-table lines: see vmso_seg_debits
// lane_wait   it waits for the gather lane
// pay         one quantum is added; forgive: the queue has been unloaded
// paid_up     pay would leave something to spend; spends_all: this act leaves nothing
module vmso_seg_charge
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_seg_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic     act_go,
  input  act_e     act,
  input  cut_t     cut,
  input  logic     gathering,   // the frame is whole with this part of it
  input  bytes_t   rest,
  input  logic     job_over,
  input  logic     lane_wait,
  input  logic     pay,
  input  logic     forgive,
  input  seg_job_t job,
  input  logic     rate_pass,   // a period has passed
  input  rate_t    rate_passed,
  input  rate_t    rate_after,  // a frame
  input  balance_t quantum,
  input  account_t account,
  output logic     paid_up,
  output logic     spends_all,
  output account_t account_next
);
  localparam int unsigned BusBytes  = vmso_config_pkg::bus_bytes(Cfg);
  localparam int unsigned BeatW     = $clog2(BusBytes);
  localparam int unsigned PadBeats  = (60 + BusBytes - 1) / BusBytes;  // out pads to 60 bytes
  // cycles that seg and out take for an order, that out takes if it writes fields of one layer or of two,
  // seg for a killed job
  localparam int unsigned OrderCycles = 2, FieldCycles = 3, TunnelCycles = 7, KillCycles = 4;

  // -- cost ---------------------------------------------------------------------------------------
  logic [11:0] wire_beats, frame_beats, cycles;
  logic [10:0] tmpl_beats;
  cost_t       cost;
  balance_t    paid, charged;

  assign wire_beats   = cut.rows > 12'(PadBeats) ? cut.rows : 12'(PadBeats);
  assign frame_beats  = job.kind == KindAdvise ? '0
                        : gathering ? cut.beats
                        : wire_beats > cut.beats ? wire_beats : cut.beats;
  assign tmpl_beats   = (11'(job.header_bytes) + 11'(2 * BusBytes - 2)) >> BeatW;
  assign cycles       = act == ActKill ? 12'(KillCycles)
                        : job.head == HeadTunnel ? 12'(TunnelCycles)
                        : job.head == HeadFields ? 12'(FieldCycles) : 12'(OrderCycles);
  always_comb begin
    cost = cost_t'(cycles);
    if (act == ActTmpl) cost = cost_t'(tmpl_beats);
    else if (act == ActGather) cost = cost_t'(cut.beats);
    else if (act == ActFrame && frame_beats > cycles) cost = cost_t'(frame_beats);
  end
  assign paid         = account.balance + quantum;
  assign charged      = account.balance - $signed({6'b0, cost});
  assign paid_up      = paid > 0;
  assign spends_all   = charged <= 0;

  // -- account ------------------------------------------------------------------------------------
  always_comb begin
    account_next = account;
    if (lane_wait) account_next.waited = 1'b1;
    if (act_go) begin
      if (act inside {ActFrame, ActGather, ActFail, ActEnd}) account_next.waited = 1'b0;
      account_next.begun = !job_over && act != ActKill;
      if (!(act inside {ActTmpl, ActKill, ActSkip, ActGather})) begin
        account_next.orders = account.orders + 1'b1;
      end
      unique case (act)
        ActTmpl: account_next.progress.tmpl_fetched = 1'b1;
        ActFrame: begin
          account_next.progress.segments = account.progress.segments + 1'b1;
          account_next.progress.sent     = account.progress.sent + bytes_t'(cut.total);
          account_next.issued_bytes      = account.issued_bytes + 26'(cut.total);
          if (job.kind != KindAdvise) account_next.rate = rate_after;
        end
        ActSkip: begin
          account_next.progress.sent = account.progress.sent + bytes_t'(cut.want);
          account_next.issued_bytes  = account.issued_bytes + 26'(cut.want);
        end
        ActGather: ;
        default: account_next.issued_bytes = account.issued_bytes + 26'(rest);
      endcase
      if (act == ActFail) account_next.failed = 1'b1;
      account_next.balance = charged;
    end
    if (pay) account_next.balance = paid;
    if (rate_pass) account_next.rate = rate_passed;
    if (forgive) account_next.failed = 1'b0;
  end

  logic unused_bits;
  assign unused_bits = ^{job, cut.last};
endmodule : vmso_seg_charge
