// SPDX-License-Identifier: Apache-2.0
// The frame store: rows as wide as the bus in two banks, even and odd, so that one rotated beat, which
// touches two neighbouring rows, is written in one cycle.
//
// write       valid-only; bank_en[b] enables the bytes of row bank_row[b] of bank b; both share data
// read        store_read_data of the row in cycle t stands in t+1 and holds while !store_read_en;
//             bytes written in cycle t are read from t+1 on
// rows        modulo their number
module vmso_read_store
  import vmso_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg),
  localparam int unsigned HalfW = $clog2(vmso_config_pkg::store_rows(Cfg) / 2)
) (
  input  logic                       clk,
  input  logic [1:0][BusBytes-1:0]   bank_en,
  input  logic [1:0][HalfW-1:0]      bank_row,
  input  logic [Cfg.data_bits-1:0]   data,
  input  logic                       store_read_en,
  input  row_t                       store_read_row,
  output logic [Cfg.data_bits-1:0]   store_read_data
);
  logic [1:0][Cfg.data_bits-1:0] bank_data;
  logic                          odd_q;
  logic                          unused_row;

  for (genvar b = 0; b < 2; b++) begin : gen_bank
    vmso_ram_1w1r #(.Depth(2**HalfW), .Lanes(BusBytes)) u_bank (
      .clk, .write_en(bank_en[b]), .write_addr(bank_row[b]), .write_data(data),
      .read_en(store_read_en && store_read_row[0] == 1'(b)),
      .read_addr(store_read_row[HalfW:1]), .read_data(bank_data[b])
    );
  end
  always_ff @(posedge clk) if (store_read_en) odd_q <= store_read_row[0];
  assign store_read_data = odd_q ? bank_data[1] : bank_data[0];
  assign unused_row      = ^store_read_row;
endmodule : vmso_read_store
