// SPDX-License-Identifier: Apache-2.0
// Reads payload and templates and lands them: bursts, rotation, frame store, sums, poison.
//
// piece        valid/ready, from the head of a job's runs
// *_req        read requests; read_rsp is the broadcast of the read port
// frame_open   valid only: the slot's sum, landed bytes and poison start anew; before its first beat
// store_read   data one cycle after the address
// frame_state  of state_frame, registered one cycle; counts a byte only when store and sum have it
// tmpl_*       template rows by bank (row / 2 in each), and what has landed or failed, after its rows
// throughput   one burst issued and one beat landed per cycle, always
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
  input  logic                     piece_valid,
  output logic                     piece_ready,
  input  piece_t                   piece,
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
  output logic [63:0]              tmpl_done_va
);
  localparam int unsigned BeatW = $clog2(BusBytes);
  localparam int unsigned BankW = $clog2(vmso_config_pkg::store_rows(Cfg)) - 1;

  logic      note_valid, write_valid, land_valid;
  land_key_t note_key;
  land_t     note;
  beat_t     write, land;
  logic [Cfg.data_bits-1:0] write_data;
  logic [BusBytes-1:0]      write_en, write_next_en;
  logic [15:0]              land_sum;

  vmso_read_burst #(.Cfg(Cfg)) u_burst (
    .piece_valid, .piece_ready, .piece,
    .tmpl_req_valid, .tmpl_req_ready, .tmpl_req, .tmpl_req_id,
    .payload_req_valid, .payload_req_ready, .payload_req, .payload_req_id,
    .note_valid, .note_key, .note
  );
  vmso_read_land #(.Cfg(Cfg)) u_land (
    .clk, .rst_n, .note_valid, .note_key, .note, .read_rsp_valid, .read_rsp, .read_data,
    .write_valid, .write, .write_data, .write_en, .write_next_en, .land_valid, .land, .land_sum
  );
  vmso_read_state #(.Cfg(Cfg)) u_state (
    .clk, .rst_n, .open_valid(frame_open_valid), .open(frame_open),
    .land_valid(land_valid && !land.to_template), .land, .land_sum, .state_frame, .frame_state
  );

  // -- banks: even rows and odd rows; a beat touches one row of each at most ------------------------------
  logic [10:0]              row_in_frame, row, next_row;
  logic [1:0][BusBytes-1:0] bank_en, frame_bank_en;
  logic [1:0][10:0]         bank_row;
  logic [1:0][Cfg.data_bits-1:0] bank_data;
  logic                     odd, read_odd_q;

  assign row_in_frame = 11'(write.pos >> BeatW);
  assign row          = write.to_template ? row_in_frame : write.row + row_in_frame;
  assign next_row     = row + 1'b1;
  assign odd          = row[0];
  assign bank_row[0]  = odd ? next_row : row;
  assign bank_row[1]  = odd ? row : next_row;
  assign bank_en[0]   = odd ? write_next_en : write_en;
  assign bank_en[1]   = odd ? write_en : write_next_en;
  for (genvar b = 0; b < 2; b++) begin : gen_bank
    assign frame_bank_en[b] = write_valid && !write.to_template ? bank_en[b] : '0;
    vmso_ram_1w1r #(.Depth(1 << BankW), .Lanes(BusBytes), .LaneBits(8)) u_bank (
      .clk, .write_en(frame_bank_en[b]), .write_addr(bank_row[b][BankW:1]), .write_data,
      .read_en(store_read_en && store_read_row[0] == 1'(b)),
      .read_addr(store_read_row[BankW:1]), .read_data(bank_data[b])
    );
    assign tmpl_bank_en[b]  = bank_en[b];
    assign tmpl_bank_row[b] = bank_row[b][4:1];
  end
  always_ff @(posedge clk) if (store_read_en) read_odd_q <= store_read_row[0];
  assign store_read_data = bank_data[read_odd_q];

  assign tmpl_write_valid = write_valid && write.to_template;
  assign tmpl_write_tmpl  = write.tmpl;
  assign tmpl_write_data  = write_data;
  assign tmpl_done_valid  = land_valid && land.to_template;
  assign tmpl_done_tmpl   = land.tmpl;
  assign tmpl_done_bytes  = pos_t'(land.bytes);
  assign tmpl_done_fail   = land.fail;
  assign tmpl_done_status = land.status;
  assign tmpl_done_cause  = land.cause;
  assign tmpl_done_va     = land.va;

  logic unused_bits;
  assign unused_bits = ^{bank_row, store_read_row, land.row, land.has_data, write.frame, write.fail,
                         write.status, write.cause, write.va, write.bytes, write.has_data};
endmodule : vmso_read
