// SPDX-License-Identifier: Apache-2.0
// Does a page lie in one of the RAM windows? Combinational. Also xlat asks it, when it fills a run.
module vmso_axi_window
  import vmso_pkg::*;
(
  input  windows_t windows,
  input  ppn_t     page,
  output logic     inside_window
);
  logic [3:0] hit;
  for (genvar i = 0; i < 4; i++) begin : gen_window
    assign hit[i] = page >= windows[i].base && page <= windows[i].limit;
  end
  assign inside_window = hit != '0;
endmodule : vmso_axi_window
