// SPDX-License-Identifier: Apache-2.0
// Stands in for vmso_axi_window in a proof: one page, named by windows[0].base, is in no window; of all
// others it says what the solver likes. Whatever windows there are, they answer in one of these ways.
module vmso_axi_window
  import vmso_pkg::*;
(
  input  windows_t windows,
  input  ppn_t     page,
  output logic     inside_window
);
  logic any;
  f_anyseq1 u_any (.y(any));
  assign inside_window = page != windows[0].base && any;
endmodule : vmso_axi_window
