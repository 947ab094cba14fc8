#!/usr/bin/env bash
# A byte-enable RAM in the style of the synthesis guides makes Verilator keep one pending write per lane.
#
# Expected:    a loop over the byte enables of one word costs something in the cycles in which the word is
#              written.
# Happens:     each lane of the unrolled loop becomes a pending write of its own: flag, address, offset and
#              data, whose flag is cleared and tested in every cycle, written or not. A RAM with 64 lanes has
#              64 of each; the same RAM that writes one merged word has one.
# Consequence: idle wide RAMs cost more than the logic around them (six banks of 64 lanes: a twentieth of
#              the run time of a NIC engine). Give the simulator the merged form and the synthesis
#              tool the loop, and prove both.
# Versions:    Verilator 5.006-3 (Debian 12)
# Needs:       Debian 12 with apt-get; exits 1 if the numbers differ
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download verilator=5.006-3 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
export VERILATOR_ROOT=$work/debian/usr/share/verilator
ram() {  # ram NAME PROCESS
  cat <<EOT
module $1 (
  input  logic clk, input logic [63:0] en, input logic [7:0] addr, input logic [511:0] data,
  output logic [511:0] q
);
  logic [511:0] mem [256];
  logic [511:0] word;
  always_comb begin
    word = mem[addr];
    for (int i = 0; i < 64; i++) if (en[i]) word[i*8 +: 8] = data[i*8 +: 8];
  end
  $2
  always_ff @(posedge clk) q <= mem[addr];
endmodule
EOT
}
ram lanes 'always_ff @(posedge clk)
    for (int i = 0; i < 64; i++) if (en[i]) mem[addr][i*8 +: 8] <= data[i*8 +: 8];' > lanes.sv
ram merged 'always_ff @(posedge clk) if (en != 0) mem[addr] <= word;' > merged.sv
pending() {  # pending NAME: flags of pending writes in the model
  debian/usr/bin/verilator_bin --cc --Mdir "obj_$1" "$1.sv"
  cat "obj_$1"/*.h "obj_$1"/*.cpp | grep -o '__Vdlyvset__[A-Za-z0-9_]*' | sort -u | wc -l
}
lanes=$(pending lanes)
merged=$(pending merged)
echo "a loop over 64 byte enables: $lanes pending writes to look after in every cycle"
echo "one write of the merged word: $merged"
[ "$lanes" -eq 64 ] && [ "$merged" -eq 1 ]
