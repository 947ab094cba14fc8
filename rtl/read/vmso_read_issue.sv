// SPDX-License-Identifier: Apache-2.0
// Makes one read request of each piece, and the record by which its beats will land.
//
// piece       valid/ready; ready is that of the class the piece belongs to, hence depends on the piece,
//             not on its valid. A piece lies inside one page, so it is one burst of at most 256 beats
// request     valid/ready, the same cycle; addresses are those of the first byte
// record      valid-only: written in the handshake cycle under the request's id
// latency     none; throughput one piece per cycle
// hold        1: nothing is taken
`include "vmso_assert.svh"
module vmso_read_issue
  import vmso_pkg::*;
  import vmso_read_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic      clk,
  input  logic      rst_n,
  input  logic      hold,
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
  output logic      record_valid,
  output logic      record_is_template,
  output read_id_t  record_id,
  output landing_t  record
);
  localparam int unsigned LaneW = $clog2(vmso_config_pkg::bus_bytes(Cfg));
  localparam int unsigned RowW  = $clog2(vmso_config_pkg::store_rows(Cfg));

  logic [LaneW-1:0] offset;
  logic [12:0]      last_byte;  // counted from lane 0 of the first beat
  logic [14:0]      aligned;
  row_t             up;
  read_req_t        request;

  // So many rows further on, or one back.
  function automatic row_t in_ring(row_t from, row_t rows, logic forward);
    logic [$bits(row_t):0] to;
    to = {1'b0, from} + {1'b0, rows};
    return forward && to[RowW] ? row_t'(to[RowW-1:0]) + row_t'(Cfg.gather_rows)
                               : to[$bits(row_t)-1:0];
  endfunction

  assign offset    = piece.addr[LaneW-1:0];
  assign last_byte = 13'(offset) + piece.bytes - 1'b1;
  assign aligned   = 15'(piece.pos) - 15'(offset);
  assign up        = {{($bits(row_t) - 15 + LaneW){aligned[14]}}, aligned[14:LaneW]};
  assign request   = '{addr: piece.addr, len: 8'(last_byte[12:LaneW])};

  assign tmpl_req_valid    = piece_valid && piece.fetch.to_template && !hold;
  assign payload_req_valid = piece_valid && !piece.fetch.to_template && !hold;
  assign tmpl_req          = request;
  assign payload_req       = request;
  assign piece_ready = (piece.fetch.to_template ? tmpl_req_ready : payload_req_ready) && !hold;

  assign record_valid       = piece_valid && piece_ready;
  assign record_is_template = piece.fetch.to_template;
  assign record_id          = piece.fetch.to_template ? tmpl_req_id : payload_req_id;
  assign record = '{
    queue:   piece.fetch.queue,
    dest:    piece.fetch.to_template ? frame_t'(piece.fetch.tmpl) : piece.fetch.frame,
    row:     piece.fetch.to_template ? up : in_ring(piece.fetch.row, up, !aligned[14]),
    aligned: aligned,
    offset:  6'(offset),
    tail:    6'(last_byte[LaneW-1:0]),
    bytes:   piece.bytes,
    page:    piece.va[63:12],
    line:    8'(piece.va[11:LaneW]),
    space:   piece.space,
    sums:    piece.sums
  };

`ifdef VMSO_CHECKS
  logic unused_piece;
  assign unused_piece = ^{piece.fetch, piece.last};
  `VMSO_INTG_IF(PieceHasBytes, piece_valid, piece.bytes >= 13'd1 && piece.bytes <= 13'd4096)
  `VMSO_INTG_IF(PieceStaysInPage, piece_valid, 32'(piece.addr[11:0]) + 32'(piece.bytes) <= 4096)
  `VMSO_INTG_IF(PageOffsetsAgree, piece_valid, piece.addr[11:0] == piece.va[11:0])
`else
  logic unused_piece;
  assign unused_piece = ^{clk, rst_n, piece.fetch, piece.last, piece.va[LaneW-1:0]};
`endif
endmodule : vmso_read_issue
