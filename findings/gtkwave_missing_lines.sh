#!/usr/bin/env bash
# GTKWave says nothing of a line of a save file that it does not find in the trace.
#
# Expected:    a save file that names a signal that is not in the trace, because it was renamed or its width has
#              changed, is opened with a warning, as an argument file with a misspelled option would be.
# Happens:     the line is left out, without a word on the screen or at standard output, and the exit code is 0.
#              8 bits are found as wide[7:0], not as wide. One bit that is declared [0:0], because a parameter is 1,
#              is found as one[0] or one, but not as one[0:0], as the trace has it.
# Consequence: a saved view gets poorer with each renaming, and with each other size of a parameter, and nobody
#              sees it. Test save files: count what GTKWave shows (gtkwave::getTotalNumTraces).
# Versions:    GTKWave 3.3.118 (Debian 12)
# Needs:       Debian 12 with gtkwave and xvfb installed (they cannot be unpacked elsewhere); exits 1 if a line
#              that is lost here is shown, or anything is said of it
set -euo pipefail
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
dpkg-query -W -f='${Package} ${Version}\n' gtkwave
Xvfb -displayfd 3 -screen 0 800x600x24 -nolisten tcp 3>display 2>/dev/null &
until [ -s display ]; do sleep 0.1; done
DISPLAY=:$(<display)
export DISPLAY HOME=$work
cat > wave.vcd <<'EOT'
$timescale 1ns $end
$scope module top $end
$var wire 8 ! wide [7:0] $end
$var wire 1 " one [0:0] $end
$upscope $end
$enddefinitions $end
#0
b0 !
0"
#10
b11 !
1"
EOT
vcd2fst wave.vcd wave.fst
cat > count.tcl <<'EOT'
puts "shows [gtkwave::getTotalNumTraces]"
gtkwave::/File/Quit
EOT
shows() {  # shows LINE: 1, 0, and any other word that is said of it
  printf '@22\n%s\n' "$1" > view.gtkw
  gtkwave -S count.tcl wave.fst view.gtkw > said 2>&1
  sed -n 's/^shows //p' said
  grep -i "top\.\|warning\|not found\|cannot" said || true
}
expect() {  # expect NUMBER LINE
  local seen
  seen=$(shows "$2")
  echo "$2: shown $seen times"
  [ "$seen" = "$1" ]
}
expect 1 'top.wide[7:0]' && expect 0 'top.wide' && expect 0 'top.wide[8:0]' && expect 0 'top.renamed[7:0]' &&
  expect 1 'top.one[0]' && expect 1 'top.one' && expect 0 'top.one[0:0]'
