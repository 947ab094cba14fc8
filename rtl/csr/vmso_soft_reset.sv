// SPDX-License-Identifier: Apache-2.0
// Resets the engine while the bus and the stream live on: no read or write of before the reset is
// left in flight, no frame is cut on the wire, and none is lost of which a job's end was told.
//
// soft_reset_pulse  starts it; soft_reset_busy stands until the engine has started anew
// hold_reads        level: the read port accepts no request
// reads_idle        no read is in flight; write_* are the handshake and the answer of the write
//                   port, which takes no write while core_rst_n is low
// hold_frames       level: out begins no order any more; what it has begun goes on
// frames_whole      valid while hold_frames: after this cycle what out has begun is in its output
//                   FIFO
// core_rst_n        reset of all rooms but csr, axi and the output FIFO of out
// order             hold reads and new frames -> wait for reads, writes and the frame that has
//                   begun -> core_rst_n low for 8 cycles -> release
// A frame whose last beat is in the output FIFO needs no waiting: it leaves during the reset or
// after it, as the MAC takes it. A frame of which the FIFO holds the beginning only has to leave
// whole, so with a MAC that stands still the reset waits for the MAC then, and STATUS.reset_busy
// says so.
`include "vmso_assert.svh"
module vmso_soft_reset (
  input  logic clk,
  input  logic rst_n,
  input  logic soft_reset_pulse,
  output logic soft_reset_busy,
  output logic core_rst_n,
  output logic hold_reads,
  input  logic reads_idle,
  input  logic write_taken,
  input  logic write_done,
  output logic hold_frames,
  input  logic frames_whole
);
  typedef enum logic [1:0] {
    StRun = 2'd0, StDrain = 2'd1, StReset = 2'd2
  } state_e;
  localparam int unsigned ResetCycles = 8;

  state_e     state_q;
  logic [2:0] reset_count_q;
  logic [9:0] writes_q;     // in flight

  always_ff @(posedge clk) begin
    if (!rst_n) writes_q <= '0;
    else writes_q <= writes_q + 10'(write_taken) - 10'(write_done);
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q       <= StReset;
      reset_count_q <= '0;
    end else begin
      unique case (state_q)
        StRun: if (soft_reset_pulse) state_q <= StDrain;
        StDrain: begin
          if (reads_idle && writes_q == '0 && !write_taken && frames_whole) state_q <= StReset;
        end
        default: begin  // StReset
          reset_count_q <= reset_count_q + 1'b1;
          if (32'(reset_count_q) == ResetCycles - 1) state_q <= StRun;
        end
      endcase
    end
  end
  assign core_rst_n      = state_q != StReset && rst_n;
  assign hold_reads      = state_q != StRun;
  assign hold_frames     = state_q != StRun;
  assign soft_reset_busy = state_q != StRun;

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(WritesCounted, write_done, writes_q != '0)
`endif
endmodule : vmso_soft_reset
