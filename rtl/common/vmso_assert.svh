// SPDX-License-Identifier: Apache-2.0
// The one file that knows how each tool spells an assertion. Expressions are single-cycle booleans
// over `clk` and `rst_n` of the module; a property over several cycles compares with a register.
//
// VMSO_INTG  what the neighbours owe this module: on in every simulation
// VMSO_IMPL  what the module owes itself: on in our tests (VMSO_IMPL_ON) and in proofs; elsewhere only
//            read, so that what stands there for its sake is no lint finding of a user
`ifndef VMSO_ASSERT_SVH
`define VMSO_ASSERT_SVH
`ifdef FORMAL  // before SYNTHESIS: the slang front end defines that by itself
  `define VMSO_CHECKS
  `define VMSO_INTG(name, expr) always_ff @(posedge clk) if (rst_n) name: assert (expr);
  `define VMSO_IMPL(name, expr) always_ff @(posedge clk) if (rst_n) name: assert (expr);
`elsif SYNTHESIS
  `define VMSO_INTG(name, expr)
  `define VMSO_IMPL(name, expr)
`else
  `define VMSO_CHECKS
  // Power-on state is random: nothing is promised, and each assertion is silent, until its module has
  // seen a clock edge in reset (armed).
  `ifdef VERILATOR
    // An immediate assertion at the edge: Verilator 5.006 copies each signal that an `assert property`
    // names into a sampled one on every evaluation, an eighth of a run.
    `define VMSO_INTG(name, expr) \
      bit name``_armed; \
      initial name``_armed = 1'b0; \
      /* verilator lint_off BLKSEQ */ \
      always @(posedge clk) begin \
        if (!rst_n) name``_armed = 1'b1; \
        else if (!(expr) && name``_armed) begin \
          name: assert (1'b0) else $error("%m broken: %s", `"expr`"); \
        end \
      end \
      /* verilator lint_on BLKSEQ */
  `else
    `define VMSO_INTG(name, expr) \
      bit name``_armed; \
      initial name``_armed = 1'b0; \
      always @(posedge clk) if (!rst_n) name``_armed <= 1'b1; \
      name: assert property (@(posedge clk) disable iff (!rst_n || !name``_armed) (expr)) \
      else $error("%m broken: %s", `"expr`");
  `endif
  `ifdef VMSO_IMPL_ON
    `define VMSO_IMPL(name, expr) `VMSO_INTG(name, expr)
  `else
    `define VMSO_IMPL(name, expr) logic unused_``name; assign unused_``name = (expr) ? 1'b1 : 1'b0;
  `endif
`endif
`endif
