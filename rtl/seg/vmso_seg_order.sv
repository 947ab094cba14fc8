// SPDX-License-Identifier: Apache-2.0
// Writes an order and its fetch.
//
// go          valid only, if fetch_room: `act` of this job is carried out
// order       valid only, one cycle later; every act but ActTmpl, ActSkip, ActKill and ActGather has one. An
//             ADVISE job's only one tells `present` as its segments
// frame_open  valid only: the slot of an order, or a frame of the gather lane with its first part
// fetch       valid/ready, from that cycle on: every act has one. Behind it, and so behind all reads of
//             the job, a job that fails or is killed is handed over to die
// tmpl_drop   valid only, one cycle after go: the template of a killed job
// fetch_idle  none waits here
// reset       control
module vmso_seg_order
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_seg_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic      clk,
  input  logic      rst_n,
  input  logic      go,
  input  act_e      act,
  input  queue_t    queue,
  input  job_t      job,
  input  seg_job_t  fields,
  input  progress_t progress,
  input  cut_t      cut,
  input  logic [17:0] present,
  input  frame_t    frame,
  input  row_t      row,
  input  logic      gathering,   // the segment goes to the gather lane
  input  pos_t      gathered,
  input  lane_frame_t lane_frame,
  input  row_t      lane_row,
  input  run_end_t  run_end,
  input  logic      no_lane,
  output logic      order_valid,
  output order_t    order,
  output frame_t    order_frame,
  output logic      frame_open_valid,
  output frame_t    frame_open,
  output logic      fetch_room,
  output logic      fetch_idle,
  output logic      fetch_valid,
  input  logic      fetch_ready,
  output fetch_t    fetch,
  output logic       tmpl_drop_valid,
  output tmpl_drop_t tmpl_drop
);
  // -- fetch --------------------------------------------------------------------------------------
  logic       fetch_go;
  frame_t     lane_frame_id;
  fetch_t     fetch_d;
  logic [1:0] count;

  assign fetch_go = go && act != ActNone;
  assign lane_frame_id = frame_t'(Cfg.frame_slots) + frame_t'(lane_frame);
  always_comb begin
    fetch_d = '{
      queue: queue, job: job, to_template: act == ActTmpl, discard: fields.kind == KindAdvise,
      tmpl: fields.tmpl, frame: gathering ? lane_frame_id : frame,
      row: gathering ? lane_row : row,
      pos: act == ActTmpl ? '0 : pos_t'(fields.header_bytes) + gathered,
      bytes: act inside {ActTmpl, ActFrame, ActSkip, ActGather} ? cut.want : '0,
      job_last: act == ActEnd || (act == ActFrame && cut.last),
      kill: act inside {ActFail, ActKill}
    };
  end
  vmso_fifo #(.Bits($bits(fetch_t)), .Depth(2)) u_fetch (
    .clk, .rst_n, .in_valid(fetch_go), .in_ready(fetch_room), .in(fetch_d),
    .out_valid(fetch_valid), .out_ready(fetch_ready), .out(fetch), .count
  );
  assign fetch_idle = count == '0;

  // -- order --------------------------------------------------------------------------------------
  function automatic order_t order_of_act();
    order_t order_d;
    order_d = '{
      kind: OrderFrame, queue: queue, last: 1'b1, slot: fields.slot, slots: fields.slots,
      cookie: fields.cookie, completion_wanted: fields.completion_wanted,
      interrupt_wanted: fields.interrupt_wanted, head: fields.head, tag: fields.tag,
      first: progress.segments == '0, job_bytes: fields.payload_bytes,
      segment: progress.segments, sent: progress.sent, bytes: '0,
      header_bytes: fields.header_bytes, tmpl: fields.tmpl, tmpl_fetched: progress.tmpl_fetched,
      row: row, rows: '0, gather: 1'b0, lane_frame: lane_frame, status: fields.status,
      cause: CauseNone, level: LevelNone,
      access: AccessPayload, va: '0, space: fields.header_space, fold: fields.fold
    };
    unique case (act)
      ActFrame: begin
        order_d.last  = cut.last;
        order_d.bytes = cut.total;
        order_d.rows  = row_t'(cut.rows);
        if (gathering) begin
          order_d.row    = lane_row;
          order_d.rows   = '0;
          order_d.gather = 1'b1;
        end
        if (fields.kind == KindAdvise) begin
          order_d.kind    = OrderEnd;
          order_d.bytes   = '0;
          order_d.segment = bytes_t'(present);
          order_d.sent    = progress.sent + bytes_t'(cut.want);
        end
      end
      ActEnd: order_d.kind = OrderEnd;
      ActFail: begin
        order_d.kind   = OrderFail;
        order_d.status = run_end.status;
        order_d.cause  = run_end.cause;
        order_d.level  = run_end.level;
        order_d.access = run_end.access;
        order_d.va     = run_end.va;
        order_d.space  = run_end.space;
        if (no_lane) begin
          order_d.status = StatusNotBuilt;
          order_d.cause  = CauseNone;
          order_d.level  = LevelNone;
          order_d.access = AccessPayload;
          order_d.va     = '0;
        end
      end
      default: ;
    endcase
    return order_d;
  endfunction
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      order_valid      <= 1'b0;
      frame_open_valid <= 1'b0;
      tmpl_drop_valid  <= 1'b0;
    end else begin
      order_valid      <= go && !(act inside {ActTmpl, ActKill, ActSkip, ActGather});
      frame_open_valid <= go && !(act inside {ActTmpl, ActKill, ActSkip})
                          && (act != ActGather || gathered == '0);
      tmpl_drop_valid  <= go && act == ActKill && has_template(fields.header_bytes, fields.head);
    end
  end
  always_ff @(posedge clk) begin
    if (go) begin
      order       <= order_of_act();
      order_frame <= frame;
      frame_open  <= act == ActGather ? lane_frame_id : frame;
      tmpl_drop   <= '{tmpl: fields.tmpl, fetched: progress.tmpl_fetched};
    end
  end

  logic unused_bits;
  assign unused_bits = ^{fields.mss, fields.skip_bytes, fields.skip_segments,
                         cut.beats};
endmodule : vmso_seg_order
