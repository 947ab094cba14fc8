// SPDX-License-Identifier: Apache-2.0
// Tells the time in quarters of the read timeout, so that an age needs four bits and not 32.
//
// epoch       free-running; advances every read_timeout / 4 cycles, but not faster than MinEpoch, so
//             that the scan of all ids keeps up: a timeout below 4 x MinEpoch counts as that
// error       a read is found old after one to 1.25 timeouts, and once around the scan
// reset       0
module vmso_axi_epoch #(
  parameter int unsigned MinEpoch = 64  // cycles, >= 1
) (
  input  logic                                clk,
  input  logic                                rst_n,
  input  logic [31:0]                         read_timeout,
  output logic [vmso_axi_pkg::EpochBits-1:0]  epoch
);
  logic [29:0] cycles_q, length_q;  // length_q: cycles of an epoch, less one
  logic        tick;
  logic        unused_low;

  assign tick = cycles_q >= length_q;
  always_ff @(posedge clk) begin
    length_q <= (read_timeout[31:2] > 30'(MinEpoch) ? read_timeout[31:2] : 30'(MinEpoch)) - 1'b1;
    if (!rst_n) begin
      cycles_q <= '0;
      epoch    <= '0;
    end else begin
      cycles_q <= tick ? '0 : cycles_q + 1'b1;
      if (tick) epoch <= epoch + 1'b1;
    end
  end
  assign unused_low = ^read_timeout[1:0];
endmodule : vmso_axi_epoch
