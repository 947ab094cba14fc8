// SPDX-License-Identifier: Apache-2.0
// Does a 4 KiB page lie inside a RAM window? Combinational.
module vmso_xlat_window
  import vmso_pkg::*;
(
  input  windows_t windows,
  input  ppn_t     ppn,
  output logic     inside_window
);
  always_comb begin
    inside_window = 1'b0;
    for (int unsigned w = 0; w < 4; w++) begin
      if (ppn >= windows[w].base && ppn <= windows[w].limit) inside_window = 1'b1;
    end
  end
endmodule : vmso_xlat_window
