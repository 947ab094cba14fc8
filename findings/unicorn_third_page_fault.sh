#!/usr/bin/env bash
# The CPU emulator unicorn tells the hook of an x86 guest's first page fault only.
#
# Expected:    each load from an address that is not mapped calls the interrupt hook with 14, page fault,
#              if the program ends the run there, or maps the page, and starts the guest again.
# Happens:     the first calls it with 14, the second with 8 (double fault), and from the third on no hook is
#              called: emu_start() returns without an error at the faulting instruction, as if the guest had
#              come to its end. An exception that was told to a hook is never taken by the guest, so the
#              emulator believes that it is still being taken.
# Consequence: a fuzzer or a pager built on it loses all faults from the third on, and takes them for
#              runs that went well. Save a state (context_save) before and restore it after each fault.
# Versions:    PyPI unicorn==2.1.4
# Needs:       python3-venv; exits 1 if it answers differently
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q --disable-pip-version-check install unicorn==2.1.4
cat > faults.py <<'EOT'
import struct
import sys
from unicorn import UC_ARCH_X86, UC_HOOK_INTR, UC_MODE_64, Uc, UcError
from unicorn import x86_const as x86

def faults(restore):
    uc = Uc(UC_ARCH_X86, UC_MODE_64)
    uc.mem_map(0, 0x6000)
    for table in (0x1000, 0x2000, 0x3000, 0x4000):  # only the page at 0 is mapped, to 5000
        uc.mem_write(table, struct.pack("<Q", table + 0x1000 | 7))
    uc.mem_write(0x5000, b"\x8a\x03")                # mov al, [rbx]
    uc.reg_write(x86.UC_X86_REG_CR3, 0x1000)
    uc.reg_write(x86.UC_X86_REG_CR4, 0x20)
    uc.reg_write(x86.UC_X86_REG_CR0, 0x80000011)
    told = []
    def hook(uc, number, data):
        told.append(number)
        uc.emu_stop()
    uc.hook_add(UC_HOOK_INTR, hook)
    state = uc.context_save()
    seen = []
    for address in range(0x7000, 0xB000, 0x1000):
        told.clear()
        if restore:
            uc.context_restore(state)
        uc.reg_write(x86.UC_X86_REG_RBX, address)
        try:
            uc.emu_start(0, 2)
            error = ""
        except UcError as problem:
            error = str(problem)
        seen.append(error or (told[0] if told else "nothing"))
    return seen

again, restored = faults(False), faults(True)
print("exceptions told for four page faults:           ", *again)
print("the same with the state restored before each one:", *restored)
sys.exit(again != [14, 8, "nothing", "nothing"] or restored != [14] * 4)
EOT
venv/bin/python3 faults.py
