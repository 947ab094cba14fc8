#!/usr/bin/env bash
# The CPU emulator unicorn accepts AArch64 page tables for which a CPU has faults.
#
# Expected:    4 KiB granule, 48 bits (no LPA2): a block descriptor at level 0 is a translation fault (DDI
#              0487, D8.3.1); an output address that does not fit TCR_EL1.IPS is an address size fault;
#              bits 20:12 of a 2 MiB block, below its address, are not part of the address.
# Happens:     a block at level 0 maps 512 GiB; with IPS of 32 bits a page at 2^40 is loaded from; and
#              bits 20:12 of a block are ORed into the address, so that pages of it become one.
# Consequence: tables that fault on silicon pass here. As a referee of page walks it can judge addresses,
#              presence, access flag and permissions, not these three.
# Versions:    PyPI unicorn==2.1.4
# Needs:       python3-venv; exits 1 if it answers differently
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q --disable-pip-version-check install unicorn==2.1.4
cat > tables.py <<'EOT'
import struct
import sys
from unicorn import UC_ARCH_ARM64, UC_HOOK_INTR, UC_HOOK_MEM_READ_UNMAPPED, UC_MODE_ARM, Uc, UcError
from unicorn import arm64_const as arm

VA, FLAGS = 0x2020_4567, 0x740  # index 0, 0, 257, 4; access flag, EL0 may read

def load(levels, entry):
    """The entry stands behind so many tables; code is in the upper half, with tables of its own."""
    uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
    uc.mem_map(0x10000, 0x20000)
    tables = [0x10000 + 0x1000 * level for level in range(4)]
    for level in range(levels):
        index = VA >> 39 - 9 * level & 511
        below = tables[level + 1] | 3 if level + 1 < levels else entry
        uc.mem_write(tables[level] + index * 8, struct.pack("<Q", below))
    for at in (0x20000, 0x21000, 0x22000):
        uc.mem_write(at, struct.pack("<Q", at + 0x1000 | 3))
    uc.mem_write(0x23000, struct.pack("<Q", 0x24000 | 0x703))
    uc.mem_write(0x24000, struct.pack("<I", 0x38400820))  # ldtrb w0, [x1]: as EL0
    def system(crn, crm, op1, op2, value):
        uc.reg_write(arm.UC_ARM64_REG_CP_REG, (crn, crm, 3, op1, op2, value))
    system(1, 1, 4, 0, 1 << 31)                           # HCR_EL2.RW
    system(1, 1, 6, 0, 0x431)                             # SCR_EL3: RW, NS
    system(10, 2, 0, 0, 0xFF)                             # MAIR_EL1
    system(2, 0, 0, 2, 16 | 16 << 16 | 2 << 30)           # TCR_EL1: 48 bits in, IPS 32 bits
    system(2, 0, 0, 0, 0x10000)                           # TTBR0_EL1
    system(2, 0, 0, 1, 0x20000)                           # TTBR1_EL1
    uc.reg_write(arm.UC_ARM64_REG_PSTATE, 0x3C5)          # EL1
    system(1, 0, 0, 0, 0x30D00805)                        # SCTLR_EL1.M
    uc.reg_write(arm.UC_ARM64_REG_X1, VA)
    seen = []
    def fault(uc, number, data):
        seen.append("data abort" if number == 4 else number)
        uc.emu_stop()
    uc.hook_add(UC_HOOK_INTR, fault)
    uc.hook_add(UC_HOOK_MEM_READ_UNMAPPED, lambda uc, kind, pa, *_: seen.append(f"{pa:x}"))
    try:
        uc.emu_start(0xFFFF_0000_0000_0000, 0xFFFF_0000_0000_0004)
    except UcError:
        pass
    return seen[0]

rows = [("page", 4, 0x40000000 | FLAGS | 3, "40000567"),
        ("not valid", 4, 0x40000000 | FLAGS, "data abort"),
        ("block at level 0", 1, 0x8000000000 | FLAGS | 1, "8020204567"),
        ("page beyond IPS", 4, 0x10000000000 | FLAGS | 3, "10000000567"),
        ("2 MiB block", 3, 0x40000000 | FLAGS | 1, "40004567"),
        ("2 MiB block, bit 13", 3, 0x40002000 | FLAGS | 1, "40006567")]
wrong = 0
for name, levels, entry, expected in rows:
    seen = load(levels, entry)
    print(f"{name:20} entry {entry:012x}, VA {VA:x}: {seen}")
    wrong |= seen != expected
sys.exit(wrong)
EOT
venv/bin/python3 tables.py
