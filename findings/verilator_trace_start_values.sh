#!/usr/bin/env bash
# The same seed gives a Verilator model other random start values once it is built with waves.
#
# Expected:    a run that fails from one random power-on state (--x-initial unique, +verilator+rand+reset+2
#              and a seed) fails again with the same seed when the model is built with --trace to look at it.
# Happens:     start values are drawn one after the other, in the order of the model's variables; tracing
#              keeps signals that are otherwise optimized away, which draw too, so the registers get
#              other values. Two builds without waves agree.
# Consequence: a seed found by a fast model does not reproduce in the traced one if the failure hangs on
#              start values. Search in the traced model too, or trace with the same build.
# Versions:    Verilator 5.006-3 (Debian 12)
# Needs:       Debian 12 with apt-get, g++ and make; exits 1 if the values agree
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download verilator=5.006-3 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
export VERILATOR_ROOT=$work/debian/usr/share/verilator
cat > start.sv <<'EOT'
module start (input logic clk, input logic [31:0] x, output logic [31:0] a, b, c);
  logic [31:0] count_q, a_q, b_q, c_q;
  always_ff @(posedge clk) begin
    count_q <= count_q + 32'd1;  // for debugging: nobody reads it
    a_q     <= x;
    b_q     <= a_q;
    c_q     <= b_q;
  end
  assign {a, b, c} = {a_q, b_q, c_q};
endmodule
EOT
cat > main.cpp <<'EOT'
#include <cstdio>
#include "Vstart.h"
int main() {
  VerilatedContext context;
  context.randReset(2);
  context.randSeed(7);
  Vstart model(&context);
  model.clk = 0;
  model.x = 0;
  model.eval();
  std::printf("%08x %08x %08x\n", model.a, model.b, model.c);
}
EOT
ask() {  # ask NAME OPTION...: the registers' start values
  local name=$1
  shift
  debian/usr/bin/verilator_bin --cc --exe --x-initial unique --Mdir "obj_$name" "$@" start.sv main.cpp
  make -s -C "obj_$name" -f Vstart.mk Vstart >/dev/null
  "obj_$name/Vstart"
}
plain=$(ask plain)
again=$(ask again)
traced=$(ask traced --trace)
echo "seed 7, without waves: $plain"
echo "once more:             $again"
echo "with --trace:          $traced"
[ "$plain" = "$again" ] && [ "$plain" != "$traced" ]
