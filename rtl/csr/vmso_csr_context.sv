// SPDX-License-Identifier: Apache-2.0
// Can a staged context be? Collects its words when COMMIT reads them and judges the whole.
//
// part     valid-only; words 0..4 of the context in order: root, limit, format. `legal` and `cfg` hold
//          from the cycle after the fifth until the next part
// legal    the rules are those of docs/registers.md, section "Rules of contexts"
// cfg      what was staged; of an illegal context all zero, which is off
// Formats  bit n: format code n is built; others are not legal
module vmso_csr_context
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter logic [15:0] Formats = 16'h01ff
) (
  input  logic            clk,
  input  logic            part_valid,
  input  logic [31:0]     part,
  output logic            legal,
  output context_config_t cfg
);
  if (Formats >> 9 != '0 || Formats[1:0] != 2'b11) begin : gen_bad_formats
    $error("vmso_csr_context: Formats = %0h, but it must be codes 0..8 with 0 and 1", Formats);
  end

  localparam logic [5:0] LeastPaBits = 6'd32;  // x86-32: the only one

  logic [4:0][31:0] part_q;
  context_format_t  format_word;
  format_e          format;
  logic [5:0]       pa_bits, most;
  logic [51:0]      root;     // address bits 63:12
  logic             beyond, aligned, built;
  logic             unused;

  always_ff @(posedge clk) if (part_valid) part_q <= {part, part_q[4:1]};

  assign format_word = part_q[4];
  assign format      = format_e'(format_word.format);
  assign pa_bits     = format_word.pa_bits;
  assign root        = {part_q[1], part_q[0][31:12]};
  assign aligned     = part_q[0][11:0] == '0;
  assign unused      = ^{format_word.reserved19, part_q[2][11:0], part_q[3][31:24]};

  always_comb begin
    beyond = ({root, 12'b0} & (~64'd0 << pa_bits)) != '0;
    built  = Formats[format];
    most   = 6'd56;  // what an entry, or an identity context, can hold
    unique case (format)
      FormatX86_32: most = 6'd32;
      FormatX86_64L4, FormatX86_64L5: most = 6'd52;
      FormatAArch64: most = 6'd48;
      default: ;
    endcase
    unique case (format)
      FormatOff: legal = 1'b1;
      FormatIdentity: legal = pa_bits >= LeastPaBits && pa_bits <= most && !beyond;
      default: legal = built && pa_bits >= LeastPaBits && pa_bits <= most && !beyond && aligned;
    endcase
    cfg           = '0;
    cfg.format    = format;
    cfg.pa_bits   = pa_bits;
    cfg.af_ignore = format_word.af_ignore;
    cfg.priv      = format_word.priv;
    cfg.gb        = format_word.gb;
    cfg.xd        = format_word.xd;
    cfg.pse       = format_word.pse;
    cfg.rsw       = format_word.rsw;
    cfg.napot     = format_word.napot;
    cfg.pbmt      = format_word.pbmt;
    cfg.hpd       = format_word.hpd;
    cfg.root      = root[43:0];
    cfg.limit     = {part_q[3][23:0], part_q[2][31:12]};
    if (!legal) cfg = '0;
  end
endmodule : vmso_csr_context
