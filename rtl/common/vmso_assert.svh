// SPDX-License-Identifier: Apache-2.0
// The one file that knows how each tool spells an assertion. Expressions are single-cycle booleans
// over `clk` and `rst_n` of the module; a property over several cycles compares with a register.
//
// VMSO_INTG     what the neighbours owe this module: on in every simulation
// VMSO_IMPL     what the module owes itself: on in our tests (VMSO_IMPL_ON) and in proofs; elsewhere
//               only read, so that what stands there for its sake is no lint finding of a user
// .._IF(.., when, expr)  the same of the cycles with `when`: elsewhere a simulator looks at nothing else
`ifndef VMSO_ASSERT_SVH
`define VMSO_ASSERT_SVH
`ifdef FORMAL  // before SYNTHESIS: the slang front end defines that by itself
  `define VMSO_CHECKS
  `define VMSO_INTG_IF(name, when, expr) \
    always_ff @(posedge clk) if (rst_n && (when)) name: assert (expr);
  `define VMSO_IMPL_IF(name, when, expr) `VMSO_INTG_IF(name, when, expr)
`elsif SYNTHESIS
  `define VMSO_INTG_IF(name, when, expr)
  `define VMSO_IMPL_IF(name, when, expr)
`else
  `define VMSO_CHECKS
  // Power-on state is random: nothing is promised, and each assertion is silent, until its module has
  // seen a clock edge in reset (armed).
  `ifdef VERILATOR
    // What is cheap in Verilator 5.006. At the edge: it copies each signal that an `assert property` names
    // into a sampled one on every evaluation, an eighth of a run. The reset as `else`: an `if` in an `if`
    // becomes one condition, and all of it is computed. The empty write: only what a branch itself prints
    // tells the compiler that it is not taken; with its message in line an assertion fills the
    // instruction cache.
    `define VMSO_INTG_IF(name, when, expr) \
      bit name``_armed; \
      initial name``_armed = 1'b0; \
      /* verilator lint_off BLKSEQ */ \
      always @(posedge clk) begin \
        if (rst_n && (when)) begin \
          if (!(expr) && name``_armed) begin \
            $write(""); \
            name: assert (1'b0) else $error("%m broken: %s", `"expr`"); \
          end \
        end else if (!rst_n) name``_armed = 1'b1; \
      end \
      /* verilator lint_on BLKSEQ */
  `else
    `define VMSO_INTG_IF(name, when, expr) \
      bit name``_armed; \
      initial name``_armed = 1'b0; \
      always @(posedge clk) if (!rst_n) name``_armed <= 1'b1; \
      name: assert property (@(posedge clk) disable iff (!rst_n || !name``_armed) (when) |-> (expr)) \
      else $error("%m broken: %s", `"expr`");
  `endif
  `ifdef VMSO_IMPL_ON
    `define VMSO_IMPL_IF(name, when, expr) `VMSO_INTG_IF(name, when, expr)
  `else
    `define VMSO_IMPL_IF(name, when, expr) \
      logic unused_``name; assign unused_``name = (when) && (expr) ? 1'b1 : 1'b0;
  `endif
`endif
`define VMSO_INTG(name, expr) `VMSO_INTG_IF(name, 1'b1, expr)
`define VMSO_IMPL(name, expr) `VMSO_IMPL_IF(name, 1'b1, expr)
`endif
