// SPDX-License-Identifier: Apache-2.0
// The window check, all windows and pages: a page is inside if all its bytes are inside one window.
module prove_axi_window
  import vmso_pkg::*;
(
  input logic     clk,
  input windows_t windows,
  input ppn_t     page
);
  logic       inside_window;
  logic       started_q = 1'b0;
  logic [3:0] first_in, last_in;

  vmso_axi_window u_dut (.windows, .page, .inside_window);
  for (genvar w = 0; w < 4; w++) begin : gen_window
    assign first_in[w] = {page, 12'h000} >= {windows[w].base, 12'h000}
                         && {page, 12'h000} <= {windows[w].limit, 12'hfff};
    assign last_in[w]  = {page, 12'hfff} >= {windows[w].base, 12'h000}
                         && {page, 12'hfff} <= {windows[w].limit, 12'hfff};
  end
  always_ff @(posedge clk) begin
    started_q <= 1'b1;
    inside_agrees: assert (!started_q || inside_window == ((first_in & last_in) != '0));
    reach_first_page: cover (inside_window && page == windows[2].base && first_in == 4'b0100);
    reach_last_page: cover (inside_window && page == windows[3].limit && first_in == 4'b1000);
    reach_empty: cover (!inside_window && windows[1].base == windows[1].limit + 1'b1);
  end
endmodule : prove_axi_window
