// SPDX-License-Identifier: Apache-2.0
// Turns pieces into read bursts and notes, by read id, where each will land.
//
// piece        valid/ready; inside one 4 KiB page, so always one burst
// *_req        requests of the classes template and payload; the id comes with ready
// note         valid only, in the cycle of the request's handshake
// latency      combinational; the read port registers the request
// throughput   one burst a cycle
module vmso_read_burst
  import vmso_pkg::*;
  import vmso_read_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic      piece_valid,
  output logic      piece_ready,
  input  piece_t    piece,
  output logic      tmpl_req_valid,
  input  logic      tmpl_req_ready,
  output read_req_t tmpl_req,
  input  read_id_t  tmpl_req_id,
  output logic      payload_req_valid,
  input  logic      payload_req_ready,
  output read_req_t payload_req,
  input  read_id_t  payload_req_id,
  output logic      note_valid,
  output land_key_t note_key,
  output land_t     note
);
  localparam int unsigned BusBytes = Cfg.data_bits / 8;
  localparam int unsigned BeatW    = $clog2(BusBytes);

  logic        to_template;
  logic [12:0] last_byte;  // from the start of the first beat
  read_req_t   req;

  assign to_template = piece.fetch.to_template;
  assign last_byte   = 13'(piece.addr[BeatW-1:0]) + piece.bytes - 13'd1;
  assign req         = '{addr: piece.addr, len: 8'(last_byte >> BeatW)};
  assign tmpl_req    = req;
  assign payload_req = req;
  assign tmpl_req_valid    = piece_valid && to_template;
  assign payload_req_valid = piece_valid && !to_template;
  assign piece_ready = to_template ? tmpl_req_ready : payload_req_ready;

  assign note_valid = piece_valid && piece_ready;
  assign note_key   = to_template ? {1'b1, tmpl_req_id} : {1'b0, payload_req_id};
  assign note = '{to_template: to_template, tmpl: piece.fetch.tmpl, frame: piece.fetch.frame,
                  row: piece.fetch.row, pos: piece.pos, bytes: piece.bytes, va: piece.va};

  logic unused_piece;
  assign unused_piece = ^{piece.fetch.job, piece.fetch.pos, piece.fetch.bytes, piece.fetch.job_last,
                          piece.last};
endmodule : vmso_read_burst
