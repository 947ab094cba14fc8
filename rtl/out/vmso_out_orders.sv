// SPDX-License-Identifier: Apache-2.0
// The order FIFO: which order leaves next?
//
// in          order_valid is never refused: seg counts the frame slots; order_frame runs 0, 1, ..
// out         next_valid/next_ready; next stands in the RAM's output until it is taken
// latency     an order that comes in cycle t stands at next in t+2
// throughput  one order per cycle
// reset       pointers only
`include "vmso_assert.svh"
module vmso_out_orders
  import vmso_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic   clk,
  input  logic   rst_n,
  input  logic   order_valid,
  input  order_t order,
  input  frame_t order_frame,
  output logic   next_valid,
  input  logic   next_ready,
  output order_t next,
  output frame_t next_frame,
  output logic   pending      // some order is here
);
  localparam int unsigned PtrW = vmso_math_pkg::index_width(Cfg.frame_slots);

  // one bit more than an index: full and empty differ
  logic [PtrW:0]   wr_ptr_q, rd_ptr_q;
  logic [PtrW-1:0] next_frame_q;
  logic            next_valid_q, fetch;

  assign next_valid = next_valid_q;
  assign next_frame = frame_t'(next_frame_q);
  assign pending    = next_valid_q || rd_ptr_q != wr_ptr_q;
  assign fetch      = (!next_valid_q || next_ready) && rd_ptr_q != wr_ptr_q;

  vmso_ram_1w1r #(.Depth(Cfg.frame_slots), .Lanes(1), .LaneBits($bits(order_t))) u_ram (
    .clk,
    .write_en(order_valid), .write_addr(wr_ptr_q[PtrW-1:0]), .write_data(order),
    .read_en(fetch), .read_addr(rd_ptr_q[PtrW-1:0]), .read_data(next)
  );

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      wr_ptr_q     <= '0;
      rd_ptr_q     <= '0;
      next_valid_q <= 1'b0;
    end else begin
      if (order_valid) wr_ptr_q <= wr_ptr_q + 1'b1;
      if (fetch) rd_ptr_q <= rd_ptr_q + 1'b1;
      next_valid_q <= fetch || (next_valid_q && !next_ready);
    end
  end
  always_ff @(posedge clk) if (fetch) next_frame_q <= rd_ptr_q[PtrW-1:0];

`ifdef VMSO_CHECKS
  logic [PtrW:0] held;
  assign held = wr_ptr_q - rd_ptr_q;
  `VMSO_INTG_IF(OrdersInFrameOrder, order_valid, order_frame == frame_t'(wr_ptr_q[PtrW-1:0]))
  `VMSO_INTG_IF(OrderFindsRoom, order_valid, 32'(held) < Cfg.frame_slots)
`else
  logic unused_frame;  // the pointers count the same
  assign unused_frame = ^order_frame;
`endif
endmodule : vmso_out_orders
