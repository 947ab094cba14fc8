// SPDX-License-Identifier: Apache-2.0
// A bit that the solver chooses once; read with `read_verilog -formal`, because the slang front end
// drops (* anyconst *) without a word.
module f_anyconst1 (output y);
  assign y = $anyconst;
endmodule
