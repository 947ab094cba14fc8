// SPDX-License-Identifier: Apache-2.0
// Which pages does a range of bytes touch, of those that tables can translate?
//
// pages       first..last, both inclusive, one cycle behind va and bytes. bytes 0 counts as 1; a range that
//             would wrap ends at the last page. What lies between the halves (bits 63:57 unlike bit 56) is
//             left out; if that is all of it, the page above stands for it
module vmso_csr_span
  import vmso_pkg::*;
(
  input  logic        clk,
  input  logic [63:0] va,
  input  logic [63:0] bytes,
  output page_t       first,
  output page_t       last
);
  logic [13:0] end_low;   // of the last byte, within a page and a carry
  logic [52:0] end_high;
  vpn_t        end_page;
  page_t       first_d, last_d;
  logic        unused;

  assign end_low  = 14'(va[11:0]) + 14'(bytes[11:0]) - 14'(bytes != '0);
  assign end_high = 53'(va[63:12]) + 53'(bytes[63:12]) + {{51{end_low[13]}}, end_low[13:12]};
  assign end_page = end_high[52] ? '1 : end_high[51:0];
  assign unused   = ^end_low[11:0];

  // Do address bits 63:56 lie between the two halves?
  function automatic logic between(logic [7:0] high);
    return high != '0 && high != '1;
  endfunction
  assign first_d = between(va[63:56]) ? page_t'(1) << 44 : va[56:12];
  assign last_d  = between(end_page[51:44]) ? page_t'('1) >> 1 : end_page[44:0];
  always_ff @(posedge clk) begin
    first <= first_d;
    last  <= first_d > last_d ? first_d : last_d;
  end
endmodule : vmso_csr_span
