#!/usr/bin/env bash
# Verilator computes all logic behind the inputs in every eval(), also if no input has changed.
#
# Expected:    eval() after a change of nothing but the clock evaluates what depends on the clock.
# Happens:     logic that depends on a top-level input is evaluated once per eval(), whatever has changed:
#              a clock that toggles ten times evaluates a function of a constant input twenty times. Once
#              the input passes a register, the function is evaluated when the register changes, and not
#              at the other edge.
# Consequence: a harness with the usual two evaluations a cycle computes everything between the inputs
#              and the first registers twice or thrice; a register in front of each input makes it once,
#              and lets one evaluation do a cycle (an eighth of the run time of a NIC engine).
# Versions:    Verilator 5.006-3 (Debian 12)
# Needs:       Debian 12 with apt-get, g++ and make; exits 1 if it evaluates otherwise
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download verilator=5.006-3 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
export VERILATOR_ROOT=$work/debian/usr/share/verilator
cat > bare.sv <<'EOT'
module bare (input logic clk, input logic [31:0] x, output logic [31:0] y, z);
  import "DPI-C" function int unsigned heavy(int unsigned v);
  assign y = heavy(x);
  always_ff @(posedge clk) z <= y;
endmodule
EOT
sed 's/module bare/module registered/; s/  assign y = heavy(x);/  logic [31:0] x_q;\n  always_ff @(posedge clk) x_q <= x;\n  assign y = heavy(x_q);/' bare.sv > registered.sv
cat > main.cpp <<'EOT'
#include <cstdio>
#include MODEL_H
static unsigned calls = 0;
extern "C" unsigned int heavy(unsigned int v) { calls++; return v * 2654435761u; }
int main() {
  VerilatedContext context;
  MODEL model(&context);
  model.clk = 0;
  model.x = 5;
  model.eval();
  calls = 0;
  for (int i = 0; i < 20; i++) {
    model.clk = !model.clk;
    model.eval();
  }
  std::printf("%u\n", calls);
}
EOT
ask() {  # ask MODULE: evaluations of `heavy` in 20 edges with a constant input
  "$work/debian/usr/bin/verilator_bin" --cc --exe --build-jobs 1 --Mdir "obj_$1" \
    -CFLAGS "-DMODEL=V$1 -DMODEL_H='\"V$1.h\"'" "$1.sv" main.cpp >/dev/null
  make -s -C "obj_$1" -f "V$1.mk" "V$1" >/dev/null
  "obj_$1/V$1"
}
bare=$(ask bare)
registered=$(ask registered)
echo "20 edges of the clock, constant input: $bare evaluations of the logic behind it"
echo "the same with a register in front:     $registered"
[ "$bare" -eq 20 ] && [ "$registered" -le 10 ]
