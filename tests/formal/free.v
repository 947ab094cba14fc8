// SPDX-License-Identifier: Apache-2.0
// Bits that the solver chooses; read with `read_verilog -formal`, because the slang front end drops
// (* anyconst *) without a word.
module f_anyconst1 (output y);  // once, for the whole run
  assign y = $anyconst;
endmodule
module f_anyseq1 (output y);    // anew in every cycle
  assign y = $anyseq;
endmodule
