// SPDX-License-Identifier: Apache-2.0
// Turns a beat so that each byte sits in the lane of its frame position: lane i goes to lane
// i + rot modulo the bus. A mask bit travels with each byte.
//
// latency     three cycles, each one 4:1 choice
// throughput  one beat per cycle, no stall
// reset       none: the enables are qualified by the effect of the same stage
module vmso_read_rotate #(
  parameter int unsigned BusBytes = 32  // 16, 32 or 64
) (
  input  logic                    clk,
  input  logic [5:0]              rot,     // below BusBytes
  input  logic [BusBytes-1:0]     in_mask,
  input  logic [BusBytes-1:0][7:0] in_data,
  output logic [BusBytes-1:0]     out_mask,
  output logic [BusBytes-1:0][7:0] out_data
);
  logic [BusBytes-1:0][8:0] in, coarse_q, middle_q, fine_q;
  logic [3:0]               rot_low_q;
  logic [1:0]               rot_fine_q;

  for (genvar i = 0; i < BusBytes; i++) begin : gen_lane
    assign in[i]       = {in_mask[i], in_data[i]};
    assign out_mask[i] = fine_q[i][8];
    assign out_data[i] = fine_q[i][7:0];
    always_ff @(posedge clk) begin
      unique case (rot[5:4])  // by 0, 16, 32 or 48 lanes
        2'd0:    coarse_q[i] <= in[i];
        2'd1:    coarse_q[i] <= in[(i + 4*BusBytes - 16) % BusBytes];
        2'd2:    coarse_q[i] <= in[(i + 4*BusBytes - 32) % BusBytes];
        default: coarse_q[i] <= in[(i + 4*BusBytes - 48) % BusBytes];
      endcase
      unique case (rot_low_q[3:2])  // by 0, 4, 8 or 12
        2'd0:    middle_q[i] <= coarse_q[i];
        2'd1:    middle_q[i] <= coarse_q[(i + BusBytes - 4) % BusBytes];
        2'd2:    middle_q[i] <= coarse_q[(i + BusBytes - 8) % BusBytes];
        default: middle_q[i] <= coarse_q[(i + BusBytes - 12) % BusBytes];
      endcase
      unique case (rot_fine_q)  // by 0, 1, 2 or 3
        2'd0:    fine_q[i] <= middle_q[i];
        2'd1:    fine_q[i] <= middle_q[(i + BusBytes - 1) % BusBytes];
        2'd2:    fine_q[i] <= middle_q[(i + BusBytes - 2) % BusBytes];
        default: fine_q[i] <= middle_q[(i + BusBytes - 3) % BusBytes];
      endcase
    end
  end
  always_ff @(posedge clk) begin
    rot_low_q  <= rot[3:0];
    rot_fine_q <= rot_low_q[1:0];
  end
endmodule : vmso_read_rotate
