// SPDX-License-Identifier: Apache-2.0
// Carries judged orders out: header, payload and zeros as beats, then what else leaves with them.
//
//   issue   row addresses to the frame store, the template store and the rows of fields
//   merge   bytes chosen lane by lane: field, template, frame store or zero; into a FIFO of four
//
// item        valid/ready
// m_axis      registered but for the FIFO's read; user = {slot 15, queue 12, err 0}
// store       store_read_data is taken in the cycle after store_read_en, and only then
// late        valid/ready, first valid in the cycle behind the item's: the fields that came with it. That is
//             a cycle before the first row is merged, and no row has more than one cycle's worth of them
// over        of over_side, in the cycle it is asked for; over_clear: nobody will ask for that side any more
// job_end     when the last beat of its frame goes into the output FIFO (at most 4 beats from the wire)
// left        one cycle after the last row was read; left_told with it, if Retire
// latency     item to m_axis_valid: 3 cycles
// throughput  a beat per cycle, without a gap inside a frame or to the next item that is valid
// padding     zeros up to 60 bytes
// queue_fail  with job_end of the same job, in one cycle: each is offered when the other can be taken
// void        valid/ready: a frame of the queue that is being sent tells nothing any more
// end_none    of ctl_queue, one cycle later: no job_end of it waits here, see vmso_in_flight
// hold_frames no item begins, with or without a frame; what has begun goes on
// frames_whole  after this cycle no frame that has begun lacks a beat in the output FIFO
// reset       control only; ready by a walk over the queues. port_rst_n is that of the output FIFO alone: it
//             keeps its beats while rst_n is low, which may fall in the cycle after hold_frames and
//             frames_whole were high
`include "vmso_assert.svh"
module vmso_out_stream
  import vmso_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  parameter  bit          Retire   = 1'b0,
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg),
  localparam int unsigned IndexW   = $clog2(vmso_config_pkg::template_rows(Cfg))
) (
  input  logic                          clk,
  input  logic                          rst_n,
  input  logic                          port_rst_n,
  input  logic                          hold_frames,
  output logic                          frames_whole,
  input  logic                          item_valid,
  output logic                          item_ready,
  input  item_t                         item,
  // rows
  output logic                          store_read_en,
  output row_t                          store_read_row,
  input  logic [Cfg.data_bits-1:0]      store_read_data,
  output logic                          row_en,
  output template_t                     row_tmpl,
  output logic [4:0]                    row_index,
  input  logic [1:0][Cfg.data_bits-1:0] row_data,
  // fields
  output logic                          late_valid,
  input  logic                          late_ready,
  output fields_t                       late,
  output logic                          late_side,
  output frame_row_t                    late_first,
  output logic                          over_side,
  output logic [IndexW-1:0]             over_index,
  input  logic [BusBytes-1:0]           over_en,
  input  logic [Cfg.data_bits-1:0]      over_data,
  output logic                          over_clear,
  // out
  output logic [Cfg.data_bits-1:0]      m_axis_data,
  output logic [BusBytes-1:0]           m_axis_keep,
  output logic                          m_axis_last,
  output logic [27:0]                   m_axis_user,
  output logic                          m_axis_valid,
  input  logic                          m_axis_ready,
  output logic [7:0]                    m_axis_bytes,  // bytes of the beat, for the counters
  output logic                          left_valid,
  output left_t                         left,
  output left_told_t                    left_told,
  output logic                          tmpl_free_valid,
  output template_t                     tmpl_free,
  output logic                          end_valid,
  input  logic                          end_ready,
  output job_end_t                      job_end,
  output logic                          queue_fail_valid,
  input  logic                          queue_fail_ready,
  output queue_fail_t                   queue_fail,
  input  logic                          void_valid,
  output logic                          void_ready,
  input  queue_t                        void_queue,
  input  queue_t                        ctl_queue,
  output logic                          ctl_end_none,
  output logic                          ready
);
  localparam int unsigned QueueW    = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned OffW      = $clog2(BusBytes);
  localparam int unsigned FillW     = OffW + 1;       // 0..BusBytes
  localparam int unsigned StoreRows = vmso_config_pkg::store_rows(Cfg);
  localparam int unsigned MinFrame  = 60;             // without FCS
  localparam int unsigned OutDepth  = 4;
  localparam int unsigned EndDepth  = 8;
  typedef logic [FillW-1:0] fill_t;

  // Bytes of a row up to position `bytes`, counted from the row's first byte.
  function automatic fill_t clip(pos_t bytes);
    return bytes >= pos_t'(BusBytes) ? fill_t'(BusBytes) : fill_t'(bytes);
  endfunction

  // -- issue ---------------------------------------------------------------------------------------
  logic       valid_q, begun_q, go, issue, last, finish, credit;
  item_t      item_q;
  row_t       row_q;
  frame_row_t beat_q;
  pos_t       header_left_q, data_left_q, wire_left_q;
  logic       merge_valid_q;
  logic [vmso_math_pkg::count_width(OutDepth)-1:0]  out_count;
  logic [vmso_math_pkg::count_width(EndDepth)-1:0]  end_count;
  logic       end_room, voided, tells;

  assign credit     = 32'(out_count) + 32'(merge_valid_q) < OutDepth;
  assign go         = valid_q && (begun_q || !hold_frames);
  assign issue      = go && item_q.send && credit;
  assign last       = wire_left_q <= pos_t'(BusBytes);
  assign finish     = go && (!item_q.send || (issue && last));
  // room for the item that is here and for the one that comes
  assign end_room   = 32'(end_count) <= EndDepth - 2;
  assign item_ready = (!valid_q || finish) && end_room;

  assign store_read_en  = issue && data_left_q != '0;
  assign store_read_row = row_q;
  assign row_en         = issue && header_left_q != '0;
  assign row_tmpl       = item_q.tmpl;
  assign row_index      = beat_q[4:0];

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      valid_q <= 1'b0;
      begun_q <= 1'b0;
    end else begin
      valid_q <= (item_valid && item_ready) || (valid_q && !finish);
      if (issue) begun_q <= !last;
    end
  end
  assign frames_whole = !begun_q;  // a last beat in the merge stage is pushed in this cycle
  always_ff @(posedge clk) begin
    if (item_valid && item_ready) begin
      item_q        <= item;
      row_q         <= item.row;
      beat_q        <= '0;
      header_left_q <= pos_t'(item.header_bytes);
      data_left_q   <= item.frame_bytes;
      wire_left_q   <= item.frame_bytes < pos_t'(MinFrame) ? pos_t'(MinFrame) : item.frame_bytes;
    end else begin
      if (voided) item_q.ends <= 1'b0;
    end
    if (issue && !(item_valid && item_ready)) begin
      row_q         <= row_q == row_t'(StoreRows - 1) ? row_t'(Cfg.gather_rows) : row_q + 1'b1;
      beat_q        <= beat_q + 1'b1;
      header_left_q <= header_left_q - pos_t'(clip(header_left_q));
      data_left_q   <= data_left_q - pos_t'(clip(data_left_q));
      wire_left_q   <= wire_left_q - pos_t'(clip(wire_left_q));
    end
  end

  // -- fields: the late ones are written, and the place of a row's ----------------------------------
  logic              late_q, written_q, side_q, kept, over_clear_q;
  logic [IndexW-1:0] index_q;
  frame_row_t        behind;

  assign late_valid = valid_q && late_q;
  assign late       = item_q.fields;
  assign late_side  = item_q.side;
  assign late_first = item_q.first_row;
  assign behind     = beat_q - item_q.first_row;
  assign kept       = beat_q == '0 || 32'(behind) < 2**IndexW - 1;
  always_ff @(posedge clk) begin
    if (!rst_n) late_q <= 1'b0;
    else if (item_valid && item_ready) late_q <= item.send && item.late;
    else late_q <= late_q && !late_ready;
  end
  always_ff @(posedge clk) begin
    written_q <= item_q.written && kept;
    index_q   <= beat_q == '0 ? '0 : IndexW'(behind) + 1'b1;
    side_q    <= item_q.side;
  end
  always_ff @(posedge clk) begin
    if (!rst_n) over_clear_q <= 1'b0;
    else over_clear_q <= finish && item_q.send && item_q.written;
  end
  assign over_side  = side_q;
  assign over_index = index_q;
  assign over_clear = over_clear_q;

  // -- merge ---------------------------------------------------------------------------------------
  fill_t                    header_fill_q, data_fill_q, wire_fill_q;
  logic                     last_q, odd_row_q;
  logic [BusBytes-1:0]      from_header, from_data, from_over;
  logic [27:0]              user_q;
  logic [Cfg.data_bits-1:0] beat, tmpl_row;
  logic [BusBytes-1:0]      keep;
  logic                     out_in_ready, end_in_ready;

  always_ff @(posedge clk) begin
    if (!rst_n) merge_valid_q <= 1'b0;
    else merge_valid_q <= issue;
  end
  always_ff @(posedge clk) begin
    header_fill_q <= clip(header_left_q);
    data_fill_q   <= clip(data_left_q);
    wire_fill_q   <= clip(wire_left_q);
    last_q        <= last;
    odd_row_q     <= beat_q[0];
    user_q        <= {item_q.slot[14:0], item_q.queue, 1'b0};
  end

  assign tmpl_row = row_data[odd_row_q];
  // Lanes before `fill`: in groups of eight lanes, of which one may be cut.
  function automatic logic [BusBytes-1:0] lanes_before(fill_t fill);
    logic [BusBytes-1:0] lanes;
    logic [7:0]          cut;
    for (int unsigned i = 0; i < 8; i++) cut[i] = 3'(i) < fill[2:0];
    for (int unsigned i = 0; i < BusBytes / 8; i++) begin
      lanes[8*i +: 8] = {8{fill[FillW-1:3] > (FillW-3)'(i)}}
                        | (cut & {8{fill[FillW-1:3] == (FillW-3)'(i)}});
    end
    return lanes;
  endfunction
  assign from_header = lanes_before(header_fill_q);
  assign from_data   = lanes_before(data_fill_q);
  assign keep        = lanes_before(wire_fill_q);
  assign from_over   = written_q ? over_en : '0;

  always_comb begin
    for (int unsigned i = 0; i < BusBytes; i++) begin
      beat[8*i +: 8] = from_over[i] ? over_data[8*i +: 8]
                       : from_header[i] ? tmpl_row[8*i +: 8]
                       : from_data[i] ? store_read_data[8*i +: 8] : 8'h00;
    end
  end

  typedef struct packed {
    logic [7:0]               bytes;
    logic [27:0]              user;
    logic                     last;
    logic [BusBytes-1:0]      keep;
    logic [Cfg.data_bits-1:0] data;
  } beat_t;
  beat_t in_beat, out_beat;
  assign in_beat = '{bytes: 8'(wire_fill_q), user: user_q, last: last_q, keep: keep, data: beat};
  vmso_fifo #(.Bits($bits(beat_t)), .Depth(OutDepth)) u_beats (
    .clk, .rst_n(port_rst_n),
    .in_valid(merge_valid_q), .in_ready(out_in_ready), .in(in_beat),
    .out_valid(m_axis_valid), .out_ready(m_axis_ready), .out(out_beat), .count(out_count)
  );
  assign m_axis_data  = out_beat.data;
  assign m_axis_keep  = out_beat.keep;
  assign m_axis_last  = out_beat.last;
  assign m_axis_user  = out_beat.user;
  assign m_axis_bytes = out_beat.bytes;

  // -- what leaves with the order ------------------------------------------------------------------
  typedef struct packed {
    logic     fails;
    fold_t    fold;
    job_end_t job_end;
  } told_t;
  told_t tell, told;
  logic  told_valid, told_ready, void_hits;
  assign tells = finish && item_q.ends && !voided;
  assign tell  = '{fails: item_q.fails, fold: item_q.fold, job_end: item_q.job_end};
  vmso_fifo #(.Bits($bits(told_t)), .Depth(EndDepth)) u_ends (
    .clk, .rst_n,
    .in_valid(tells), .in_ready(end_in_ready), .in(tell),
    .out_valid(told_valid), .out_ready(told_ready), .out(told), .count(end_count)
  );
  assign end_valid        = told_valid && (!told.fails || queue_fail_ready);
  assign queue_fail_valid = told_valid && told.fails && end_ready;
  assign told_ready       = end_ready && (!told.fails || queue_fail_ready);
  assign job_end          = told.job_end;
  assign queue_fail       = '{
    queue: told.job_end.queue, parks: may_park(told.job_end.status), slot: told.job_end.slot,
    slots: told.job_end.slots, segments: told.job_end.segments, bytes: told.job_end.bytes,
    fold: told.fold
  };

  // In flight from the item's handshake to that of the job_end; a voided one ends in a cycle without one.
  logic leaves;
  assign leaves     = told_valid && told_ready;
  assign void_ready = !leaves;
  assign void_hits  = void_valid && valid_q && item_q.ends && item_q.queue == void_queue;
  assign voided     = void_hits && void_ready;
  vmso_in_flight #(.Num(Cfg.queues), .Bits(5)) u_in_flight (
    .clk, .rst_n, .ready, .begins_valid(item_valid && item_ready && item.ends),
    .begins(item.queue[QueueW-1:0]), .ends_valid(leaves || voided),
    .ends(voided ? void_queue[QueueW-1:0] : told.job_end.queue[QueueW-1:0]),
    .look(ctl_queue[QueueW-1:0]), .none(ctl_end_none)
  );

  logic unused_bits;  // of the slot
  assign unused_bits = ^{item_q, void_queue, ctl_queue};

  logic      left_valid_q, tmpl_free_valid_q;
  left_t     left_q;
  template_t tmpl_free_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      left_valid_q      <= 1'b0;
      tmpl_free_valid_q <= 1'b0;
    end else begin
      left_valid_q      <= finish;
      tmpl_free_valid_q <= finish && item_q.tmpl_free;
    end
  end
  always_ff @(posedge clk) begin
    left_q      <= '{
      queue: item_q.queue, sent: item_q.send, rows: item_q.rows, gather: item_q.gather
    };
    tmpl_free_q <= item_q.tmpl;
  end
  assign left_valid      = left_valid_q;
  assign left            = left_q;
  assign tmpl_free_valid = tmpl_free_valid_q;
  assign tmpl_free       = tmpl_free_q;

  if (Retire) begin : gen_told
    always_ff @(posedge clk) begin
      left_told <= '{
        ends: tells, fails: item_q.fails, status: item_q.job_end.status, va: item_q.job_end.va
      };
    end
  end else begin : gen_not_told
    assign left_told = '0;
  end

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(BeatFindsRoom, merge_valid_q, out_in_ready)
  `VMSO_IMPL_IF(EndFindsRoom, tells, end_in_ready)
  `VMSO_INTG_IF(FailsWithAnEnd, item_valid && item.fails, item.ends)
  `VMSO_IMPL_IF(FieldsAreInTime, finish, !late_valid || late_ready)
`else
  logic unused_ready;  // credits see to it
  assign unused_ready = ^{out_in_ready, end_in_ready};
`endif
endmodule : vmso_out_stream
