// SPDX-License-Identifier: Apache-2.0
// vmso_read with plain ports for its unit test. Request channel 0 is template, 1 payload.
module read_top
  import vmso_pkg::*;
#(
  parameter  int unsigned Config = 1,
  localparam vmso_config_pkg::config_t Cfg = vmso_config_pkg::named(Config),
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg)
) (
  input  logic                     clk,
  input  logic                     rst_n,
  output logic                     read_ready,
  input  logic                     piece_valid,
  output logic                     piece_ready,
  input  logic                     piece_to_template,
  input  logic [7:0]               piece_tmpl,
  input  logic [8:0]               piece_frame,
  input  logic [11:0]              piece_row,
  input  logic [55:0]              piece_addr,
  input  logic [63:0]              piece_va,
  input  logic [13:0]              piece_pos,
  input  logic [12:0]              piece_bytes,
  input  logic                     piece_sums,
  input  logic [11:0]              piece_queue,
  input  logic                     asked_valid,
  input  logic [11:0]              asked_queue,
  input  logic [11:0]              ctl_queue,
  output logic                     ctl_none,
  output logic                     req_valid [2],
  input  logic                     req_ready [2],
  output logic [55:0]              req_addr [2],
  output logic [7:0]               req_len [2],
  input  logic [7:0]               req_id [2],
  input  logic                     rsp_valid,
  input  logic [1:0]               rsp_class,
  input  logic [7:0]               rsp_id,
  input  logic                     rsp_has_data,
  input  logic                     rsp_last,
  input  logic [2:0]               rsp_resp,
  input  logic [Cfg.data_bits-1:0] read_data,
  input  logic                     frame_open_valid,
  input  logic [8:0]               frame_open,
  input  logic                     store_read_en,
  input  logic [11:0]              store_read_row,
  output logic [Cfg.data_bits-1:0] store_read_data,
  input  logic [8:0]               state_frame,
  output logic                     state_poison,
  output logic [7:0]               state_status,
  output logic [7:0]               state_cause,
  output logic [63:0]              state_va,
  output logic [1:0]               state_space,
  output logic [15:0]              state_sum,
  output logic [13:0]              state_landed,
  output logic                     tmpl_write_valid,
  output logic [7:0]               tmpl_write_tmpl,
  output logic [BusBytes-1:0]      tmpl_bank_en [2],
  output logic [3:0]               tmpl_bank_row [2],
  output logic [Cfg.data_bits-1:0] tmpl_write_data,
  output logic                     tmpl_done_valid,
  output logic [7:0]               tmpl_done_tmpl,
  output logic [13:0]              tmpl_done_bytes,
  output logic                     tmpl_done_fail,
  output logic [7:0]               tmpl_done_status,
  output logic [7:0]               tmpl_done_cause,
  output logic [63:0]              tmpl_done_va,
  output logic [15:0]              tmpl_done_sum,
  output logic                     lane_landed_valid,
  output logic [13:0]              lane_landed
);
  piece_t                   piece;
  read_req_t                tmpl_req, payload_req;
  read_rsp_t                read_rsp;
  frame_state_t             frame_state;
  logic [1:0][BusBytes-1:0] bank_en;
  logic [1:0][3:0]          bank_row;

  always_comb begin
    piece                   = '0;
    piece.fetch.to_template = piece_to_template;
    piece.fetch.tmpl        = piece_tmpl;
    piece.fetch.frame       = piece_frame;
    piece.fetch.row         = piece_row;
    piece.fetch.queue       = piece_queue;
    piece.addr              = piece_addr;
    piece.va                = piece_va;
    piece.space             = piece_va[13:12];
    piece.pos               = piece_pos;
    piece.bytes             = piece_bytes;
    piece.sums              = piece_sums;
    read_rsp = '{
      cls: read_class_e'(rsp_class), id: rsp_id, has_data: rsp_has_data, last: rsp_last,
      resp: read_resp_e'(rsp_resp)
    };
  end
  assign req_addr[0]  = tmpl_req.addr;
  assign req_addr[1]  = payload_req.addr;
  assign req_len[0]   = tmpl_req.len;
  assign req_len[1]   = payload_req.len;
  assign state_poison = frame_state.poison;
  assign state_status = frame_state.status;
  assign state_cause  = frame_state.cause;
  assign state_va     = frame_state.va;
  assign state_space  = frame_state.space;
  assign state_sum    = frame_state.sum;
  assign state_landed = frame_state.landed;
  for (genvar b = 0; b < 2; b++) begin : gen_bank
    assign tmpl_bank_en[b]  = bank_en[b];
    assign tmpl_bank_row[b] = bank_row[b];
  end

  vmso_read #(.Cfg(Cfg)) u_read (
    .clk, .rst_n, .read_ready, .piece_valid, .piece_ready, .piece,
    .asked_valid, .asked_queue, .ctl_queue, .ctl_none,
    .tmpl_req_valid(req_valid[0]), .tmpl_req_ready(req_ready[0]), .tmpl_req,
    .tmpl_req_id(req_id[0]), .payload_req_valid(req_valid[1]), .payload_req_ready(req_ready[1]),
    .payload_req, .payload_req_id(req_id[1]), .read_rsp_valid(rsp_valid), .read_rsp, .read_data,
    .frame_open_valid, .frame_open, .store_read_en, .store_read_row, .store_read_data,
    .state_frame, .frame_state, .tmpl_write_valid, .tmpl_write_tmpl, .tmpl_bank_en(bank_en),
    .tmpl_bank_row(bank_row), .tmpl_write_data, .tmpl_done_valid, .tmpl_done_tmpl,
    .tmpl_done_bytes, .tmpl_done_fail, .tmpl_done_status, .tmpl_done_cause, .tmpl_done_va,
    .tmpl_done_sum, .lane_landed_valid, .lane_landed
  );
endmodule : read_top
