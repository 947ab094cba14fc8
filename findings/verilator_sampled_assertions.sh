#!/usr/bin/env bash
# Each signal of an `assert property` is copied in every eval() of a Verilator model, at both clock edges.
#
# Expected:    a concurrent assertion on posedge clk costs about what the same expression costs in a clocked
#              process.
# Happens:     Verilator 5.006 makes a __Vsampled copy of every signal that a concurrent assertion names and
#              refreshes all of them at the top of eval(), also when no clock has risen. The same
#              check as an immediate assertion in a clocked process has no copies.
# Consequence: many small assertions become an eighth of the run time of a model, without showing up under
#              any module in its profile: it is eval() itself. Where expressions are booleans of one cycle,
#              an assertion macro does better with an immediate assertion under Verilator.
# Versions:    Verilator 5.006-3 (Debian 12)
# Needs:       Debian 12 with apt-get; exits 1 if the copies are gone
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download verilator=5.006-3 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
export VERILATOR_ROOT=$work/debian/usr/share/verilator
design() {  # design NAME ASSERTION: 50 counters, each with the assertion
  cat <<EOT
module $1 (input logic clk, input logic [49:0] go);
  for (genvar i = 0; i < 50; i++) begin : gen_count
    logic [7:0] count_q;
    always_ff @(posedge clk) if (go[i] && count_q != 8'd200) count_q <= count_q + 8'd1;
    $2
  end
endmodule
EOT
}
design concurrent 'assert property (@(posedge clk) count_q <= 8'"'"'d200);' > concurrent.sv
design immediate 'always @(posedge clk) assert (count_q <= 8'"'"'d200);' > immediate.sv
copies() {  # copies NAME: assignments to sampled signals in eval()
  debian/usr/bin/verilator_bin --cc --assert --Mdir "obj_$1" "$1.sv"
  sed -n '/^void V.*___eval(/,/^}/p' "obj_$1"/*.cpp | grep -c '^ *vlSelf->__Vsampled' || true
}
concurrent=$(copies concurrent)
immediate=$(copies immediate)
echo "50 concurrent assertions on one signal each: $concurrent copies in eval()"
echo "50 immediate ones in clocked processes:      $immediate"
[ "$concurrent" -ge 50 ] && [ "$immediate" -eq 0 ]
