// SPDX-License-Identifier: Apache-2.0
// Ones'-complement sum of the masked bytes of a beat, each at its frame position's parity.
//
// The beat is summed as it stands on the bus, even lanes as high bytes; an odd rotation swaps the two
// bytes of the result instead of all bytes before (RFC 1071, section 2 (B)).
//
// sum         16 bits, end-around; 0 only if all bytes are 0
// latency     three cycles: groups of four, groups of four, fold
// throughput  one beat per cycle, no stall
module vmso_read_sum #(
  parameter int unsigned BusBytes = 32  // 16, 32 or 64
) (
  input  logic                     clk,
  input  logic                     odd,   // the rotation is odd
  input  logic [BusBytes-1:0]      mask,
  input  logic [BusBytes-1:0][7:0] data,
  output logic [15:0]              sum
);
  localparam int unsigned Groups = BusBytes / 8;                        // 2, 4 or 8
  localparam int unsigned Supers = Groups > 4 ? Groups / 4 : 1;         // 1, 1 or 2
  localparam int unsigned PerSuper = Groups / Supers;                   // 2, 4 or 4

  function automatic logic [15:0] half(logic [1:0] en, logic [1:0][7:0] bytes);
    return {en[0] ? bytes[0] : 8'd0, en[1] ? bytes[1] : 8'd0};
  endfunction

  logic [Groups-1:0][17:0] group_q;
  logic [Supers-1:0][19:0] super_d, super_q;
  logic [20:0]             all;
  logic [16:0]             fold;
  logic [15:0]             fold_once_more;
  logic                    odd_q, odd_q2;

  for (genvar g = 0; g < Groups; g++) begin : gen_group
    always_ff @(posedge clk) begin
      group_q[g] <= (18'(half(mask[8*g +: 2], data[8*g +: 2]))
                     + 18'(half(mask[8*g+2 +: 2], data[8*g+2 +: 2])))
                    + (18'(half(mask[8*g+4 +: 2], data[8*g+4 +: 2]))
                       + 18'(half(mask[8*g+6 +: 2], data[8*g+6 +: 2])));
    end
  end
  always_comb begin
    super_d = '0;
    for (int unsigned g = 0; g < Groups; g++) begin
      super_d[g / PerSuper] = super_d[g / PerSuper] + 20'(group_q[g]);
    end
    all = '0;
    for (int unsigned s = 0; s < Supers; s++) all = all + 21'(super_q[s]);
  end
  // the first fold gives at most ffff + 1f; with its carry the low half is below 1f
  assign fold           = 17'(all[15:0]) + 17'(all[20:16]);
  assign fold_once_more = fold[15:0] + 16'(fold[16]);

  always_ff @(posedge clk) begin
    odd_q   <= odd;
    odd_q2  <= odd_q;
    super_q <= super_d;
    sum     <= odd_q2 ? {fold_once_more[7:0], fold_once_more[15:8]} : fold_once_more;
  end
endmodule : vmso_read_sum
