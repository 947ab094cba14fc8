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
  // Whole rows, not lane by lane: a simulator then moves words.
  typedef logic [BusBytes-1:0]      mask_t;
  typedef logic [BusBytes-1:0][7:0] data_t;

  function automatic mask_t turn_mask(mask_t row, int unsigned lanes);
    return (row << lanes % BusBytes) | (row >> (BusBytes - lanes % BusBytes));
  endfunction
  function automatic data_t turn(data_t row, int unsigned lanes);
    return (row << 8 * (lanes % BusBytes)) | (row >> 8 * (BusBytes - lanes % BusBytes));
  endfunction

  mask_t      coarse_mask_q, middle_mask_q, fine_mask_q;
  data_t      coarse_q, middle_q, fine_q;
  logic [3:0] rot_low_q;
  logic [1:0] rot_fine_q;

  assign out_mask = fine_mask_q;
  assign out_data = fine_q;

  always_ff @(posedge clk) begin
    unique case (rot[5:4])  // by 0, 16, 32 or 48 lanes
      2'd0:    coarse_q <= in_data;
      2'd1:    coarse_q <= turn(in_data, 16);
      2'd2:    coarse_q <= turn(in_data, 32);
      default: coarse_q <= turn(in_data, 48);
    endcase
    unique case (rot_low_q[3:2])  // by 0, 4, 8 or 12
      2'd0:    middle_q <= coarse_q;
      2'd1:    middle_q <= turn(coarse_q, 4);
      2'd2:    middle_q <= turn(coarse_q, 8);
      default: middle_q <= turn(coarse_q, 12);
    endcase
    unique case (rot_fine_q)  // by 0, 1, 2 or 3
      2'd0:    fine_q <= middle_q;
      2'd1:    fine_q <= turn(middle_q, 1);
      2'd2:    fine_q <= turn(middle_q, 2);
      default: fine_q <= turn(middle_q, 3);
    endcase
    rot_low_q  <= rot[3:0];
    rot_fine_q <= rot_low_q[1:0];
  end
  always_ff @(posedge clk) begin  // the masks alike
    unique case (rot[5:4])
      2'd0:    coarse_mask_q <= in_mask;
      2'd1:    coarse_mask_q <= turn_mask(in_mask, 16);
      2'd2:    coarse_mask_q <= turn_mask(in_mask, 32);
      default: coarse_mask_q <= turn_mask(in_mask, 48);
    endcase
    unique case (rot_low_q[3:2])
      2'd0:    middle_mask_q <= coarse_mask_q;
      2'd1:    middle_mask_q <= turn_mask(coarse_mask_q, 4);
      2'd2:    middle_mask_q <= turn_mask(coarse_mask_q, 8);
      default: middle_mask_q <= turn_mask(coarse_mask_q, 12);
    endcase
    unique case (rot_fine_q)
      2'd0:    fine_mask_q <= middle_mask_q;
      2'd1:    fine_mask_q <= turn_mask(middle_mask_q, 1);
      2'd2:    fine_mask_q <= turn_mask(middle_mask_q, 2);
      default: fine_mask_q <= turn_mask(middle_mask_q, 3);
    endcase
  end
endmodule : vmso_read_rotate
