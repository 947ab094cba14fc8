// SPDX-License-Identifier: Apache-2.0
// 64-bit event counters in a RAM: increments gather in a small accumulator per counter, which is
// swept into the RAM in turn, one counter a cycle.
//
// counter_inc    any 8-bit increment for every counter in every cycle
// read           read_valid and read_index stand until read_done; answered when the sweep passes, at
//                most NumCounters + 2 cycles later; holds all increments but those of the last 3
//                cycles
// reset          all counters 0: the first lap of the sweep takes what the RAM held as 0
module vmso_csr_counters
  import vmso_pkg::*;
(
  input  logic         clk,
  input  logic         rst_n,
  input  counter_inc_t counter_inc,
  input  logic         read_valid,
  input  logic [4:0]   read_index,
  output logic         read_done,   // one cycle, with read_value
  output logic [63:0]  read_value
);
  localparam int unsigned AccW = 8 + $clog2(NumCounters + 1);  // one lap of largest increments
  localparam logic [4:0]  Last = 5'(NumCounters - 1);

  if (NumCounters != 32) begin : gen_bad_num
    $error("vmso_csr_counters: NumCounters = %0d, but the register map has 32", NumCounters);
  end

  logic [AccW-1:0]                  acc_q [NumCounters];
  counter_inc_t                     inc_q;
  logic [4:0]                       sweep_q, add_index_q;
  logic                             first_lap_q, add_first_q, add_q;
  logic [AccW-1:0]                  add_acc_q;
  logic [63:0]                      old, sum;

  // -- stage 1: read the RAM, take the accumulator ------------------------------------------------
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      inc_q       <= '0;
      acc_q       <= '{default: '0};
      sweep_q     <= '0;
      first_lap_q <= 1'b1;
      add_q       <= 1'b0;
    end else begin
      inc_q <= counter_inc;
      for (int unsigned i = 0; i < NumCounters; i++) begin
        acc_q[i] <= (32'(sweep_q) == i ? '0 : acc_q[i]) + AccW'(inc_q[i]);
      end
      sweep_q <= sweep_q == Last ? '0 : sweep_q + 1'b1;
      if (sweep_q == Last) first_lap_q <= 1'b0;
      add_q <= 1'b1;
    end
  end
  always_ff @(posedge clk) begin
    add_index_q <= sweep_q;
    add_first_q <= first_lap_q;
    add_acc_q   <= acc_q[sweep_q];
  end

  // -- stage 2: add, write back, answer -----------------------------------------------------------
  assign sum = (add_first_q ? '0 : old) + 64'(add_acc_q);
  vmso_ram_1w1r #(.Depth(NumCounters), .Lanes(1), .LaneBits(64)) u_ram (
    .clk,
    .write_en(add_q), .write_addr(add_index_q), .write_data(sum),
    .read_en(1'b1), .read_addr(sweep_q), .read_data(old)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) read_done <= 1'b0;
    else read_done <= add_q && read_valid && !read_done && add_index_q == read_index;
    read_value <= sum;
  end

endmodule : vmso_csr_counters
