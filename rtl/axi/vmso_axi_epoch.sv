// SPDX-License-Identifier: Apache-2.0
// Tells the time in eighths of the read timeout, so that an age needs five bits and not 32.
//
// epoch       free-running; advances every read_timeout / 8 cycles, rounded up, but not faster than
//             every MinEpoch cycles: a timeout below 8 x MinEpoch counts as that
// error       a read is old after AgeOld changes of the epoch: never before the timeout has passed,
//             and at the latest 9 epochs after its handshake, which is 1.125 timeouts plus 9 cycles of
//             rounding. When it is found: vmso_axi_read
// change      a new read_timeout holds from the next epoch but one; ages of then are a mixture
// reset       0
module vmso_axi_epoch #(
  parameter int unsigned MinEpoch = 32  // cycles, >= 1
) (
  input  logic                                clk,
  input  logic                                rst_n,
  input  logic [31:0]                         read_timeout,
  output logic [vmso_axi_pkg::EpochBits-1:0]  epoch
);
  logic [28:0] cycles_q, length_q;  // length_q: cycles of an epoch, less one
  logic [28:0] eighth;              // of the timeout, rounded up, less one; not for a short one
  logic        tick, is_short;

  assign eighth   = read_timeout[31:3] - 29'(read_timeout[2:0] == '0);
  assign is_short = read_timeout[31:3] < 29'(MinEpoch);
  assign tick     = cycles_q >= length_q;
  always_ff @(posedge clk) begin
    length_q <= is_short ? 29'(MinEpoch - 1) : eighth;
    if (!rst_n) begin
      cycles_q <= '0;
      epoch    <= '0;
    end else begin
      cycles_q <= tick ? '0 : cycles_q + 1'b1;
      if (tick) epoch <= epoch + 1'b1;
    end
  end
endmodule : vmso_axi_epoch
