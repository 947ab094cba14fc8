// SPDX-License-Identifier: Apache-2.0
// The burst picker: only who asked is granted, one at a time; a class that stands is granted within
// eight grants; and where nobody has waited long, the lowest class goes first.
module prove_axi_pick (
  input  logic       clk,
  input  logic [3:0] free_request,
  input  logic       advance
);
  logic [1:0]      start_q = '0;
  logic            rst_n;
  logic [3:0]      request, grant, stands_q;
  logic [3:0][3:0] waited_q;  // grants of others since the class stands
  logic [1:0]      watch;

  f_anyconst1 u_watch [1:0] (.y(watch));
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n   = start_q != '0;
  assign request = free_request | stands_q;  // a request stands until it is granted

  vmso_axi_pick u_dut (.clk, .rst_n, .request, .advance, .grant);
  for (genvar c = 0; c < 4; c++) begin : gen_class
    always_ff @(posedge clk) begin
      if (!rst_n) begin
        stands_q[c] <= 1'b0;
        waited_q[c] <= '0;
      end else begin
        stands_q[c] <= request[c] && !(advance && grant[c]);
        if (advance) waited_q[c] <= request[c] && !grant[c] ? waited_q[c] + 1'b1 : '0;
      end
    end
  end
  always_ff @(posedge clk) begin
    if (rst_n) begin
      only_who_asked: assert ((grant & ~request) == '0);
      one_is_served: assert ((request == '0) == (grant == '0));
      one_hot: assert ((grant & (grant - 1'b1)) == '0);
      bounded_wait: assert (watch == 2'd0 || waited_q[watch] < 4'd8);
      low_class_first: assert (!request[0] || grant[0] || waited_q[1] >= 4'd5
                               || waited_q[2] >= 4'd5 || waited_q[3] >= 4'd5);
      reach_longest_wait: cover (watch != 2'd0 && waited_q[watch] == 4'd7);
      reach_all_asked: cover (request == '1 && grant == 4'b1000);
    end
  end
endmodule : prove_axi_pick
