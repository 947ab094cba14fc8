// SPDX-License-Identifier: Apache-2.0
// What can the job at work do next? The cut is made and the job's runs are looked at in one cycle
// (`look`), the answer stands in the next and until the next look.
//
// rest        payload bytes that are left; needs_tmpl: the template comes first
// drained     no fetch is under way: what run says of a full FIFO is not about to change
// gathering   a part of the segment is in the gather lane: `gathered` bytes
// act, cut    the answer. relook: it was too early to tell, look again. no_lane: ActFail, as the segment would
//             need the gather lane that is not built
// advise      takes what is ready, at most MostAdvised bytes at once
module vmso_seg_look
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_seg_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic        clk,
  input  logic        look,
  input  seg_job_t    job,
  input  logic        needs_tmpl,
  input  bytes_t      rest,
  input  logic [17:0] taken,
  input  run_status_t run_status,
  input  logic        drained,
  input  logic        gathering,
  input  pos_t        gathered,
  input  logic        eager,        // as soon as there is something to gather
  output act_e        act,
  output logic        relook,
  output logic        no_lane,
  output cut_t        cut,
  output logic [5:0]  runs,         // ready ones
  output logic [17:0] present
);
  localparam pos_t MostAdvised = pos_t'(8191);
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg);
  localparam int unsigned BeatW    = $clog2(BusBytes);

  // -- cut ----------------------------------------------------------------------------------------
  // a frame is at most max_frame bytes: job has seen to that
  pos_t        payload;
  logic [14:0] frame_bytes, read_bytes;
  cut_t        cut_d, cut_q;
  assign payload     = rest > bytes_t'(job.mss) ? job.mss[13:0] : rest[13:0];
  assign frame_bytes = 15'(payload) + 15'(added_bytes(job.header_bytes, job.tag))
                       + 15'(BusBytes - 1);
  assign read_bytes  = 15'(payload) + 15'(2 * BusBytes - 2);
  always_comb begin
    cut_d.want  = needs_tmpl ? pos_t'(job.header_bytes) : payload - gathered;
    cut_d.total = payload;
    cut_d.last  = rest <= bytes_t'(job.mss);
    cut_d.rows  = 12'(frame_bytes >> BeatW);
    cut_d.beats = payload == '0 ? '0 : 12'(read_bytes >> BeatW);
  end

  // -- look ---------------------------------------------------------------------------------------
  // Bytes translated and not taken, less those that the cut wants. The status comes last and meets one
  // subtraction. What is not taken is below 0 for a while after a fence, by less than a page.
  logic signed [17:0] spare;
  logic               enough_q, blocked_q, full_q, chain_done_q, drained_q;
  logic               gathering_q, eager_q;
  logic [17:0]        ready_q, present_q;
  logic [5:0]         runs_q;
  assign spare = $signed(run_status.ready_total - (taken + 18'(cut_d.want)));
  always_ff @(posedge clk) begin
    if (look) begin
      cut_q        <= cut_d;
      enough_q     <= spare >= 0;
      blocked_q    <= run_status.blocked;
      full_q       <= run_status.full;
      chain_done_q <= run_status.chain_done;
      drained_q    <= drained;
      gathering_q  <= gathering;
      eager_q      <= eager;
      runs_q       <= run_status.ready_runs;
      ready_q      <= run_status.ready_total - taken;
      present_q    <= run_status.present;
    end
  end
  // what an ADVISE job is done with
  logic advise, advised;
  pos_t ready;
  assign advise  = job.kind == KindAdvise;
  assign ready   = ready_q > 18'(MostAdvised) ? MostAdvised : ready_q[13:0];
  assign advised = bytes_t'(ready) == rest && chain_done_q;  // all of it
  assign present = job.payload_bytes == '0 ? '0 : present_q;
  // All bytes of the last segment are here in as many runs as the job holds, but not whether anything follows
  // them: a bad place behind them needs a run, too. A part of it makes room.
  logic held_up;
  assign held_up = Cfg.gather_rows != 0 && full_q && enough_q && !needs_tmpl && cut_q.last
                   && !chain_done_q;
  // a part of a segment: each of its runs is a burst
  logic        any_ready, part;
  logic [11:0] part_beats;
  pos_t        part_bytes;
  assign runs       = runs_q;
  assign any_ready  = !ready_q[17] && ready_q != '0;
  assign part       = held_up || (!enough_q && !needs_tmpl);
  assign part_bytes = held_up ? cut_q.want - 1'b1 : part ? ready_q[13:0] : cut_q.want;
  assign part_beats = 12'(part_bytes >> BeatW) + 12'(runs_q);
  always_comb begin
    cut = cut_q;
    if (part) cut.want = part_bytes;
    if (part || gathering_q) cut.beats = part_beats;
    if (advise) cut = '{want: ready, total: ready, last: advised, rows: '0, beats: '0};
  end

  // -- decide -------------------------------------------------------------------------------------
  logic ended, whole;
  assign ended = job.status != StatusOk || job.kind == KindNop;
  assign whole = enough_q && (needs_tmpl || !cut_q.last || chain_done_q);
  always_comb begin
    relook  = 1'b0;
    no_lane = 1'b0;
    act     = ActNone;
    if (ended) act = ActEnd;
    else if (advise) begin
      if (advised) act = ActFrame;
      else if (ready != '0) act = ActSkip;
      else if (blocked_q) act = ActFail;
    end
    else if (whole) act = needs_tmpl ? ActTmpl : ActFrame;
    else if (blocked_q) act = ActFail;
    else if ((gathering_q || eager_q) && !held_up) begin
      if (part && any_ready) act = ActGather;
    end
    else if (full_q && (!enough_q || held_up)) begin
      no_lane = drained_q && Cfg.gather_rows == 0;
      if (drained_q) act = no_lane ? ActFail : ActGather;
      else relook = 1'b1;
    end
  end

  logic unused_bits;
  assign unused_bits = ^job;
endmodule : vmso_seg_look
