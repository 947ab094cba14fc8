// SPDX-License-Identifier: Apache-2.0
// Reads the pieces of a fetch and lands their beats, in whatever order they return, where they will
// leave: payload in the frame store, header bytes in the template store of `out`.
//
// piece       valid/ready; piece_ready depends on the piece's destination (see vmso_read_issue)
// *_req       valid/ready, the cycle of the piece; read_rsp valid-only, one per cycle
// asked       valid only: a piece of this queue is coming. ctl_none: of ctl_queue, one cycle later, none has
//             come that was not read to its end, see vmso_in_flight
// frame_open  valid-only: clears the state of a frame slot, at or before its first piece
// store_read  data one cycle after the row
// state       frame_state of state_frame: in the same cycle; status, cause and va one cycle after
// tmpl_write  valid-only: rotated data, bank b takes the bytes of tmpl_bank_en[b] in its row
//             tmpl_bank_row[b] (row / 2). tmpl_done comes with it, also for beats that failed
// lane_landed valid only: bytes of the gather lane that have landed or failed
// latency     read_rsp to frame_state and store: 5 cycles; all of a response becomes visible at once
// throughput  one piece and one beat per cycle
// order       responses pass in order; a burst that ended without data passes the same stages
// reset       read_ready when walks over the read ids and the frame slots are done: no frame_open before
//             that, and no piece is taken
`include "vmso_assert.svh"
module vmso_read
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_read_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg)
) (
  input  logic                     clk,
  input  logic                     rst_n,
  output logic                     read_ready,
  input  logic                     piece_valid,
  output logic                     piece_ready,
  input  piece_t                   piece,
  input  logic                     asked_valid,
  input  queue_t                   asked_queue,
  input  queue_t                   ctl_queue,
  output logic                     ctl_none,
  output logic                     tmpl_req_valid,
  input  logic                     tmpl_req_ready,
  output read_req_t                tmpl_req,
  input  read_id_t                 tmpl_req_id,
  output logic                     payload_req_valid,
  input  logic                     payload_req_ready,
  output read_req_t                payload_req,
  input  read_id_t                 payload_req_id,
  input  logic                     read_rsp_valid,
  input  read_rsp_t                read_rsp,
  input  logic [Cfg.data_bits-1:0] read_data,
  input  logic                     frame_open_valid,
  input  frame_t                   frame_open,
  input  logic                     store_read_en,
  input  row_t                     store_read_row,
  output logic [Cfg.data_bits-1:0] store_read_data,
  input  frame_t                   state_frame,
  output frame_state_t             frame_state,
  output logic                     tmpl_write_valid,
  output template_t                tmpl_write_tmpl,
  output logic [1:0][BusBytes-1:0] tmpl_bank_en,
  output logic [1:0][3:0]          tmpl_bank_row,
  output logic [Cfg.data_bits-1:0] tmpl_write_data,
  output logic                     tmpl_done_valid,
  output template_t                tmpl_done_tmpl,
  output pos_t                     tmpl_done_bytes,
  output logic                     tmpl_done_fail,
  output status_e                  tmpl_done_status,
  output cause_e                   tmpl_done_cause,
  output logic [63:0]              tmpl_done_va,
  output logic [15:0]              tmpl_done_sum,
  output logic                     lane_landed_valid,
  output pos_t                     lane_landed
);
  localparam int unsigned LaneW = $clog2(BusBytes);
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues);
  localparam int unsigned HalfW = $clog2(vmso_config_pkg::store_rows(Cfg) / 2);

  // -- issue ---------------------------------------------------------------------------------------
  logic     clearing, state_ready, flight_ready, record_valid, record_is_template;
  read_id_t record_id;
  landing_t record;

  assign read_ready = state_ready && flight_ready && !clearing;
  vmso_read_issue #(.Cfg(Cfg)) u_issue (
    .clk, .rst_n, .hold(!read_ready), .piece_valid, .piece_ready, .piece,
    .tmpl_req_valid, .tmpl_req_ready, .tmpl_req, .tmpl_req_id,
    .payload_req_valid, .payload_req_ready, .payload_req, .payload_req_id,
    .record_valid, .record_is_template, .record_id, .record
  );

  // -- stage 1: where, and which lanes ---------------------------------------------------------------
  logic                     good;
  logic [LaneW-1:0]         first_lane, last_lane;
  logic [5:0]               rot;
  logic [BusBytes-1:0]      mask;
  logic [Cfg.data_bits-1:0] data_q;
  logic                     effect3_valid, effect4_valid, ends_valid;
  queue_t                   ends_queue;
  effect_t                  effect3, effect4;

  vmso_read_land #(.Cfg(Cfg)) u_land (
    .clk, .rst_n, .clearing, .record_valid, .record_is_template, .record_id, .record,
    .read_rsp_valid, .read_rsp, .good, .first_lane, .last_lane, .rot, .ends_valid, .ends_queue,
    .effect3_valid, .effect3, .effect4_valid, .effect4
  );
  always_ff @(posedge clk) data_q <= read_data;
  vmso_in_flight #(.Num(Cfg.queues)) u_in_flight (
    .clk, .rst_n, .ready(flight_ready), .begins_valid(asked_valid),
    .begins(asked_queue[QueueW-1:0]), .ends_valid, .ends(ends_queue[QueueW-1:0]),
    .look(ctl_queue[QueueW-1:0]), .none(ctl_none)
  );
  always_comb begin
    mask = '1;
    mask = (mask << first_lane) & (mask >> ~last_lane);
    if (!good) mask = '0;
  end

  // -- stages 1 to 3: rotate, and beside it sum --------------------------------------------------------
  logic [BusBytes-1:0]      mask4;
  logic [Cfg.data_bits-1:0] data4;
  logic [15:0]              sum4, counted4;
  vmso_read_rotate #(.BusBytes(BusBytes)) u_rotate (
    .clk, .rot, .in_mask(mask), .in_data(data_q), .out_mask(mask4), .out_data(data4)
  );
  vmso_read_sum #(.BusBytes(BusBytes)) u_sum (.clk, .odd(rot[0]), .mask, .data(data_q), .sum(sum4));

  assign counted4 = effect4.sums ? sum4 : '0;

  // -- stage 3: poison; stage 4: write and count --------------------------------------------------------
  function automatic status_e status_of(read_resp_e resp);
    unique case (resp)
      RespWindow:  return StatusFault;
      RespTimeout: return StatusTimeout;
      default:     return StatusBus;
    endcase
  endfunction
  function automatic cause_e cause_of(read_resp_e resp);
    unique case (resp)
      RespWindow:  return CauseDataWindow;
      RespTimeout: return CauseBusTimeout;
      RespDecErr:  return CauseDataDecErr;
      default:     return CauseDataSlvErr;
    endcase
  endfunction

  logic [BusBytes-1:0]      own_row;   // lanes that have not gone round into the next row
  logic [1:0][BusBytes-1:0] bank_lanes, bank_en;
  logic [1:0][$bits(row_t)-1:0] bank_row;  // row / 2
  row_t                     next_row;
  logic                     ring_ends;

  assign ring_ends   = 32'(effect4.row) == vmso_config_pkg::store_rows(Cfg) - 1
                       && !effect4.is_template;
  assign next_row    = ring_ends ? row_t'(Cfg.gather_rows) : effect4.row + 1'b1;
  assign bank_row[0] = next_row >> 1;     // an odd row's neighbour
  assign bank_row[1] = effect4.row >> 1;
  always_comb begin
    own_row = '1;
    own_row = own_row << effect4.rot;
    bank_lanes[0] = mask4 & (effect4.row[0] ? ~own_row : own_row);
    bank_lanes[1] = mask4 & (effect4.row[0] ? own_row : ~own_row);
  end
  assign bank_en = effect4_valid && !effect4.is_template ? bank_lanes : '0;
  vmso_read_store #(.Cfg(Cfg)) u_store (
    .clk, .bank_en, .bank_row({bank_row[1][HalfW-1:0], bank_row[0][HalfW-1:0]}), .data(data4),
    .store_read_en, .store_read_row, .store_read_data
  );
  vmso_read_state #(.Cfg(Cfg)) u_state (
    .clk, .rst_n, .ready(state_ready), .frame_open_valid, .frame_open,
    .fail_valid(effect3_valid && !effect3.is_template && effect3.fail), .fail_frame(effect3.dest),
    .fail_pos(effect3.pos), .fail_status(status_of(effect3.resp)),
    .fail_cause(cause_of(effect3.resp)), .fail_va(effect3.va), .fail_space(effect3.space),
    .land_valid(effect4_valid && !effect4.is_template), .land_frame(effect4.dest),
    .land_bytes(effect4.bytes), .land_sum(counted4), .state_frame, .frame_state
  );

  assign lane_landed_valid = effect4_valid && !effect4.is_template
                             && 32'(effect4.dest) >= Cfg.frame_slots;
  assign lane_landed       = effect4.bytes;

  assign tmpl_write_valid = effect4_valid && effect4.is_template;
  assign tmpl_write_tmpl  = template_t'(effect4.dest);
  assign tmpl_bank_en     = bank_lanes;
  assign tmpl_bank_row    = {bank_row[1][3:0], bank_row[0][3:0]};
  assign tmpl_write_data  = data4;
  assign tmpl_done_valid  = tmpl_write_valid;
  assign tmpl_done_tmpl   = template_t'(effect4.dest);
  assign tmpl_done_bytes  = effect4.bytes;
  assign tmpl_done_fail   = effect4.fail;
  assign tmpl_done_status = effect4.fail ? status_of(effect4.resp) : StatusOk;
  assign tmpl_done_cause  = effect4.fail ? cause_of(effect4.resp) : CauseNone;
  assign tmpl_done_va     = effect4.va;
  assign tmpl_done_sum    = counted4;

  logic unused_bits;
  assign unused_bits = ^{bank_row, effect4.pos, effect4.space, effect3.row, effect3.rot,
                         effect3.bytes, effect3.sums,
                         asked_queue, ctl_queue, ends_queue};
`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(NoFrameBeforeReady, frame_open_valid, read_ready)
`endif
endmodule : vmso_read
