#!/usr/bin/env bash
# The CPU emulator unicorn takes the upper bits of a RISC-V page table entry for bits of the page number.
#
# Expected:    an Sv39 entry has its page number in bits 53:10; a hart raises a page fault for a set bit of
#              60:54, of 62:61 (memory type) without Svpbmt, and for bit 63 (N) without Svnapot, or with
#              Svnapot replaces four bits of the page number of a 64 KiB page by those of the address.
# Happens:     bit 54 moves the page by 2^56, and so on up to bit 61; bits 62 and 63 fall off at the
#              upper end. The sixteen pages of a NAPOT entry all lie at the address that stands in it, which is
#              the page in the middle. No fault.
# Consequence: a kernel or a walker that sets reserved bits passes here and faults on silicon; one that uses
#              Svnapot gets data of another page. As a referee of page walks it cannot judge these bits.
# Versions:    PyPI unicorn==2.1.4
# Needs:       python3-venv; exits 1 if it answers differently
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q --disable-pip-version-check install unicorn==2.1.4
cat > entries.py <<'EOT'
import struct
import sys
from unicorn import UC_ARCH_RISCV, UC_HOOK_INTR, UC_HOOK_MEM_READ_UNMAPPED, UC_MODE_RISCV64, Uc, UcError
from unicorn import riscv_const as riscv

def load(entry, address=0x5678):
    uc = Uc(UC_ARCH_RISCV, UC_MODE_RISCV64)
    uc.mem_map(0x10000, 0x4000)
    uc.mem_write(0x10000, struct.pack("<Q", 0x11000 >> 2 | 1))  # root; then one more pointer
    uc.mem_write(0x11000, struct.pack("<Q", 0x12000 >> 2 | 1))
    uc.mem_write(0x12000 + (address >> 12) * 8, struct.pack("<Q", entry))
    uc.mem_write(0x13000, struct.pack("<I", 0x0005C503))        # lbu a0, 0(a1)
    uc.reg_write(riscv.UC_RISCV_REG_MSTATUS, 1 << 17)           # M mode loads as U mode (MPRV)
    uc.reg_write(riscv.UC_RISCV_REG_SATP, 8 << 60 | 0x10)
    uc.reg_write(riscv.UC_RISCV_REG_A1, address)
    seen = []
    def fault(uc, number, data):
        seen.append("page fault" if number == 13 else number)
        uc.emu_stop()
    uc.hook_add(UC_HOOK_INTR, fault)
    uc.hook_add(UC_HOOK_MEM_READ_UNMAPPED, lambda uc, kind, pa, *_: seen.append(f"{pa:x}"))
    try:
        uc.emu_start(0x13000, 0x13004)
    except UcError:
        pass
    return seen[0]

page = 0x20000000 >> 2 | 0xD7
rows = [("plain", page, "20000678"), ("not valid", page & ~1, "page fault"),
        ("bit 54", page | 1 << 54, "100000020000678"),
        ("bit 61 (NC)", page | 1 << 61, "8000000020000678"),
        ("bit 62 (IO)", page | 1 << 62, "20000678"),
        ("N, 64 KiB at 20000000", page | 1 << 63 | 8 << 10, "20008678")]
wrong = 0
for name, entry, expected in rows:
    seen = load(entry)
    print(f"{name:22} entry {entry:016x}, VA 5678: {seen}")
    wrong |= seen != expected
sys.exit(wrong)
EOT
venv/bin/python3 entries.py
