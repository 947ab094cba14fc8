// SPDX-License-Identifier: Apache-2.0
// Stands in for vmso_axi_epoch in a proof: time jumps as the solver likes, so what holds here holds
// for every clock, and a timeout fits into a short proof.
module vmso_axi_epoch #(
  parameter int unsigned MinEpoch = 64
) (
  input  logic                                clk,
  input  logic                                rst_n,
  input  logic [31:0]                         read_timeout,
  output logic [vmso_axi_pkg::EpochBits-1:0]  epoch
);
  f_anyseq1 u_epoch [vmso_axi_pkg::EpochBits-1:0] (.y(epoch));
endmodule : vmso_axi_epoch
