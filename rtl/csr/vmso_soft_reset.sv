// SPDX-License-Identifier: Apache-2.0
// Resets the engine while the bus lives on: no read or write of before the reset is left in flight,
// and no frame is cut on the wire.
//
// soft_reset_pulse  starts it; soft_reset_busy stands until the engine has started anew
// hold_reads        level: the read port accepts no request
// reads_idle        no read is in flight; write_* are the handshake and the answer of the write port,
//                   which takes no write while core_rst_n is low
// stream            between out and the port: passes through, but holds back a frame that has not
//                   been offered yet
// core_rst_n        reset of all rooms but csr and axi
// order             hold reads and new frames -> wait for reads, writes and the frame on the wire ->
//                   core_rst_n low for 8 cycles -> release
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
  input  logic out_tvalid,
  output logic out_tready,
  input  logic out_tlast,
  output logic m_axis_tvalid,
  input  logic m_axis_tready
);
  typedef enum logic [1:0] {
    StRun = 2'd0, StDrain = 2'd1, StReset = 2'd2
  } state_e;
  localparam int unsigned ResetCycles = 8;

  state_e     state_q;
  logic [2:0] reset_count_q;
  logic [9:0] writes_q;     // in flight
  logic       in_frame_q;   // first beat taken, last not yet
  logic       offered_q;    // a first beat stands on the port, not taken
  logic       gate, stream_idle;

  assign stream_idle   = !in_frame_q && !offered_q;
  assign gate          = state_q != StRun && stream_idle;
  assign m_axis_tvalid = out_tvalid && !gate;
  assign out_tready    = m_axis_tready && !gate;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      in_frame_q <= 1'b0;
      offered_q  <= 1'b0;
      writes_q   <= '0;
    end else begin
      if (m_axis_tvalid && m_axis_tready) in_frame_q <= !out_tlast;
      offered_q <= m_axis_tvalid && !m_axis_tready;
      writes_q  <= writes_q + 10'(write_taken) - 10'(write_done);
    end
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q       <= StReset;
      reset_count_q <= '0;
    end else begin
      unique case (state_q)
        StRun: if (soft_reset_pulse) state_q <= StDrain;
        StDrain: begin
          if (reads_idle && writes_q == '0 && !write_taken && stream_idle) state_q <= StReset;
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
  assign soft_reset_busy = state_q != StRun;

`ifdef VMSO_CHECKS
  `VMSO_IMPL(WritesCounted, !write_done || writes_q != '0)
`endif
endmodule : vmso_soft_reset
