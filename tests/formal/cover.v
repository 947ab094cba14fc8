// SPDX-License-Identifier: Apache-2.0
// A cover is reached when the assertion of its contrary breaks.
(* techmap_celltype = "$cover" *)
module _cover_reached (input A, input EN);
  \$assert _TECHMAP_REPLACE_ (.A(!A), .EN(EN));
endmodule
