# SPDX-License-Identifier: Apache-2.0
"""What the foreign walkers of page tables have in common: the dump that they read, when they agree
with the reference, and the report. unicorn_walks and qemu_walks bring the CPUs.

A CPU judges permissions at the end of the walk, the engine stops at the first entry that refuses.
So where the reference says "not for the user" the CPU is asked twice, the second time as somebody
who may read everything. If that gives an address, the first answer has to be a permission fault,
else it has to be the same fault as the second.

Verdicts that a CPU cannot judge are counted under the names in `LEFT_OUT`, with what still has to
hold. References that are wrong on purpose have to be found, too.
"""
from __future__ import annotations

import argparse
import collections
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import BinaryIO, Callable, Iterator, NamedTuple

FORMATS = {"x86_32": 2, "x86_64_l4": 3, "x86_64_l5": 4, "sv39": 5, "sv48": 6, "sv57": 7,
           "aarch64": 8}
RISCV = (5, 6, 7)
PAGE = 0x1000

# The engine's causes; all that a walk can end with where all memory is there and in a window.
NONE, VA_RANGE, NOT_PRESENT, ACCESS_FLAG, NO_USER, NO_READ = 0x00, 0x08, 0x10, 0x11, 0x12, 0x13
RESERVED, BAD_LEVEL, ADDR_WIDTH, MISALIGNED = 0x20, 0x21, 0x22, 0x23
CAUSES = {NONE: "NONE", VA_RANGE: "VA_RANGE", NOT_PRESENT: "NOT_PRESENT",
          ACCESS_FLAG: "ACCESS_FLAG", NO_USER: "NO_USER", NO_READ: "NO_READ", RESERVED: "RESERVED",
          BAD_LEVEL: "BAD_LEVEL", ADDR_WIDTH: "ADDR_WIDTH", MISALIGNED: "MISALIGNED"}

# Where a foreign walker is looser, or has no such thing: the manual's section, and what it does.
LEFT_OUT = {
    "x86-64: 1 GiB pages switched off":
        "Intel SDM vol. 3A 4.1.4; the emulator has them always",
    "x86-32: PSE-36":
        "Intel SDM vol. 3A 4.3, table 4-4; bits 20:13 of a 4 MiB leaf are address bits there",
    "x86-32: address above 4 GiB":
        "Intel SDM vol. 3A 4.3; its registers have 32 bits",
    "RISC-V: bits 63:54":
        "privileged ISA, Sv39, and Svnapot, Svpbmt; there bits of the page number",
    "RISC-V: U, A, D of a pointer":
        "privileged ISA, Sv39, Addressing and Memory Protection; ignored there",
    "RISC-V: width of a pointer":
        "privileged ISA, Virtual Address Translation Process, 2; reads zeros there: a page fault",
    "RISC-V: bits 60:54 beside an extension":
        "privileged ISA, Sv39; ignored there with Svnapot or Svpbmt",
    "RISC-V: memory type 3":
        "privileged ISA, Svpbmt; accepted there",
    "AArch64: block at the manual's level 0":
        "DDI 0487 D8.3.1; accepted there",
    "AArch64: low bits of a block":
        "DDI 0487 D8.3.1; ORed into the address there, which has to be right but for them",
    "AArch64: output width":
        "DDI 0487 D8, Address size fault; there an address beyond, or zeros are read: a fault",
    "AArch64: upper half":
        "DDI 0487 D8; VA 63:48 all ones is of TTBR1 there, which has other tables",
    "no memory at an address":
        "outside of the machine's memory are devices or nothing; a page must be no page fault",
}


# ---- the dump ------------------------------------------------------------------------------------

class Verdict(NamedTuple):
    va: int
    pa: int
    at: int  # of the last entry that was read
    cause: int
    level: int
    steps: int


class Tables(NamedTuple):
    format: int
    pa_bits: int
    af_ignore: bool
    priv: bool
    gb: bool
    xd: bool
    pse: bool
    napot: bool
    pbmt: bool
    hpd: bool
    seed: int
    root: int
    pages: dict[int, bytes]
    verdicts: list[Verdict]

    def entry(self, at: int) -> int:
        page = self.pages.get(at & -PAGE)
        if page is None:
            return 0
        return struct.unpack_from("<I" if self.format == FORMATS["x86_32"] else "<Q", page,
                                  at % PAGE)[0]


HEAD, ADDRESS = struct.Struct("<4sBBHQQII"), struct.Struct("<QQQBBB5x")


def read_dump(source: BinaryIO) -> Iterator[Tables]:
    while head := source.read(HEAD.size):
        magic, fmt, pa_bits, flags, seed, root, pages, addresses = HEAD.unpack(head)
        if magic != b"WALK":
            raise ValueError("this is not a dump of walks")
        frames = {}
        for _ in range(pages):
            (at,) = struct.unpack("<Q", source.read(8))
            frames[at] = source.read(PAGE)
        verdicts = [Verdict(*fields)
                    for fields in ADDRESS.iter_unpack(source.read(ADDRESS.size * addresses))]
        on = [bool(flags >> bit & 1) for bit in range(9)]
        yield Tables(fmt, pa_bits, on[0], on[1], on[2], on[3], on[4], on[6], on[7], on[8],
                     seed, root, frames, verdicts)


# ---- judging -------------------------------------------------------------------------------------

class Seen(NamedTuple):
    what: str  # address, or a class of fault
    pa: int = 0
    level: int = -1  # of the fault, in the engine's numbers, if it is known

    def __str__(self) -> str:
        if self.what == "address":
            return f"PA {self.pa:x}"
        return self.what + (f"@{self.level}" if self.level >= 0 else "")


class Cpu:
    """What a foreign walker has to offer."""

    cannot: frozenset[str] = frozenset()  # names of LEFT_OUT
    tables: Tables

    def place(self, tables: Tables) -> None:
        """Takes the tables in place of the last ones."""
        raise NotImplementedError

    def clashes(self, tables: Tables) -> bool:
        """Do they lie where the guest itself is?"""
        raise NotImplementedError

    def walk(self, va: int, everything: bool = False) -> Seen:
        """A user's load, or of who may read everything; of the kernel where the context is."""
        raise NotImplementedError

    def clear(self, at: int, flag: int) -> None:
        """Takes a flag below 1 << 8 out of the entry; walks may have set it or set it again."""
        raise NotImplementedError

    def has(self, at: int, flag: int) -> bool:
        raise NotImplementedError

    def expect(self, pa: int) -> bool:
        """The address that the next walk should give, for who has to know; no: not memory."""
        return True

    def has_memory(self, at: int) -> bool:
        """Is this memory, or zeros, as the reference takes it to be?"""
        return True


# Each answers "" (agrees), the name of a class that is left out, or "!" and what was seen instead.

def against(seen: Seen, expected: bool) -> str:
    return "" if expected else f"!{seen}"


def finds(cpu: Cpu, t: Tables, v: Verdict, flag: int) -> str:
    """The address, with or without an accessed flag: these CPUs set it themselves. That it is set
    tells that the leaf is the one that the reference has named."""
    if v.at & -PAGE not in t.pages:
        return "!zeros"
    known = cpu.expect(v.pa)
    cpu.clear(v.at, flag)
    seen = cpu.walk(v.va)
    if not known and seen.what != "page fault":
        return "no memory at an address"
    if seen.what != "address":
        return against(seen, False)
    if not cpu.has(v.at, flag):
        return f"!{seen}, by another leaf than the one at {v.at:x}"
    lacking = not t.af_ignore and not t.entry(v.at) & flag
    if lacking != (v.cause == ACCESS_FLAG):
        return f"!{seen}, accessed flag {'clear' if lacking else 'set or ignored'}"
    return against(seen, seen == Seen("address", v.pa))


def judge_x86(cpu: Cpu, t: Tables, v: Verdict) -> str:
    narrow = t.format == FORMATS["x86_32"]
    entry = t.entry(v.at)
    if narrow and v.va >> 32:
        return "x86-32: address above 4 GiB" if v.cause == VA_RANGE else "!beyond 4 GiB"
    if v.cause in (NONE, ACCESS_FLAG):
        return finds(cpu, t, v, 1 << 5)
    seen = cpu.walk(v.va)
    large = bool(entry & 0x80)
    if v.cause == RESERVED and narrow and large and entry & 0x1FE000 and not entry & 0x200000:
        return "x86-32: PSE-36"
    if v.cause == RESERVED and not narrow and large and not t.gb and v.level == 2:
        return "x86-64: 1 GiB pages switched off"
    if v.cause == NO_USER:
        free = cpu.walk(v.va, everything=True)
        wanted = Seen("permission") if free.what == "address" else free
        return against(seen, seen == wanted and not entry & 4)
    wanted_class = {VA_RANGE: "range", NOT_PRESENT: "not present", RESERVED: "reserved",
                    ADDR_WIDTH: "reserved"}.get(v.cause)
    return against(seen, seen.what == wanted_class)


def judge_riscv(cpu: Cpu, t: Tables, v: Verdict) -> str:
    entry = t.entry(v.at)
    pointer = entry & 15 == 1
    if v.cause in (NONE, ACCESS_FLAG):
        return finds(cpu, t, v, 1 << 6)
    seen = cpu.walk(v.va)
    free = cpu.walk(v.va, everything=True)
    if v.cause in (NO_USER, NO_READ):
        bit = 16 if v.cause == NO_USER else 2
        denied = seen.what == "page fault" != free.what
        return against(free if seen.what != "address" else seen, denied and not entry & bit)
    if v.cause == RESERVED and entry >> 54 and "RISC-V: bits 63:54" in cpu.cannot:
        read_as = pointer or seen.what == "page fault" or seen.pa >> 56 == entry >> 54 & 0xFF
        return "RISC-V: bits 63:54" if read_as else against(seen, False)
    if v.cause == RESERVED and pointer and entry & 0xD0:
        if "RISC-V: U, A, D of a pointer" in cpu.cannot:
            return "RISC-V: U, A, D of a pointer"
    if v.cause == RESERVED and entry >> 54 & 0x7F and (t.napot or t.pbmt):
        return "RISC-V: bits 60:54 beside an extension"
    if v.cause == RESERVED and entry >> 61 & 3 == 3 and t.pbmt and not pointer:
        return "RISC-V: memory type 3"
    if v.cause == ADDR_WIDTH and pointer:
        return "RISC-V: width of a pointer" if free.what == "page fault" else against(free, False)
    if v.cause == ADDR_WIDTH and free.what != "page fault":
        return against(free, free.what == "access fault" or free.pa >> t.pa_bits != 0)
    known = v.cause in (VA_RANGE, NOT_PRESENT, RESERVED, BAD_LEVEL, ADDR_WIDTH, MISALIGNED)
    return against(free, known and seen.what == free.what == "page fault")


def judge_arm(cpu: Cpu, t: Tables, v: Verdict) -> str:
    entry = t.entry(v.at)
    if v.va >> 48 == 0xFFFF and "AArch64: upper half" in cpu.cannot:
        return "AArch64: upper half" if v.cause == VA_RANGE else "!the upper half"
    seen = cpu.walk(v.va)
    top_block = "AArch64: block at the manual's level 0"
    if v.cause == BAD_LEVEL and v.level == 3 and top_block in cpu.cannot:
        return top_block if entry & 3 == 1 else against(seen, False)
    if v.cause == ADDR_WIDTH and "AArch64: output width" in cpu.cannot:
        narrow = seen.what == "address" and not seen.pa >> t.pa_bits
        return against(seen, False) if narrow else "AArch64: output width"
    if v.cause == NONE:
        low = entry & ((1 << 12 + 9 * v.level) - PAGE)
        if "AArch64: low bits of a block" not in cpu.cannot:
            low = 0
        if seen != Seen("address", v.pa | low):
            return against(seen, False)
        return "AArch64: low bits of a block" if low & ~v.pa else ""
    if v.cause == NO_USER:
        free = cpu.walk(v.va, everything=True)
        leaf = entry & 3 == 1 or v.level == 0
        if leaf:  # the flag comes before the permission there
            flagless = not entry & 1 << 10
            wanted = Seen("access flag" if flagless else "permission", level=v.level)
            denied = not entry & 1 << 6 and (flagless or free.what == "address")
            return against(seen, seen == wanted and denied)
        denied = seen.what == "permission" if free.what == "address" else seen == free
        return against(seen, denied and bool(entry >> 61 & 1))
    wanted_class = {ACCESS_FLAG: "access flag", ADDR_WIDTH: "address size",
                    NOT_PRESENT: "translation", BAD_LEVEL: "translation",
                    VA_RANGE: "translation"}.get(v.cause)
    level = 3 if v.cause == VA_RANGE else v.level
    return against(seen, seen == Seen(wanted_class or "", level=level))


def judge(cpu: Cpu, t: Tables, v: Verdict) -> str:
    if v.steps and not cpu.has_memory(v.at):
        return "no memory at an address"
    if t.format in RISCV:
        return judge_riscv(cpu, t, v)
    return judge_arm(cpu, t, v) if t.format == FORMATS["aarch64"] else judge_x86(cpu, t, v)


# ---- the run and its report ----------------------------------------------------------------------

MakeCpu = Callable[[Tables, int], Cpu]  # for such tables; the second number has another place
WRONG = ("user", "access", "present", "page")  # see dump_walks
WRONG_TABLES = 200
# Options of dump_walks for what a judge can take.
KINDS = {"unicorn": (), "qemu": ("--qemu",), "qemu_extensions": ("--qemu", "--extensions")}


@dataclass
class Count:
    tables: int = 0
    agreed: collections.Counter[str] = field(default_factory=collections.Counter)
    left_out: collections.Counter[str] = field(default_factory=collections.Counter)
    disagreed: list[str] = field(default_factory=list)


class Job(NamedTuple):
    """What to dump."""
    name: str  # of the format
    seed: int
    tables: int
    vas: int
    kind: str = ""
    worked: bool = False  # the worked examples, from number `seed` on
    wrong: str = ""

    def options(self) -> list[str]:
        return (["--format", self.name, "--seed", str(self.seed), "--tables", str(self.tables),
                 "--vas", str(self.vas)] + ["--worked"] * self.worked
                + ["--wrong", self.wrong] * bool(self.wrong))


def dump_of(program: str, job: Job) -> Iterator[Tables]:
    command = [program, *job.options(), *KINDS[job.kind]]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as dump:
        assert dump.stdout
        yield from read_dump(dump.stdout)
    if dump.returncode:
        sys.exit(f"unicorn_walks: {' '.join(command)} failed")


def judge_all(program: str, job: Job, make: MakeCpu, only: int | None = None) -> Count:
    count = Count()
    cpus: list[Cpu] = []
    for t in dump_of(program, job):
        cpu = next((cpu for cpu in cpus if not cpu.clashes(t)), None)
        if cpu is None:
            cpu = make(t, len(cpus))
            cpus.append(cpu)
        cpu.place(t)
        count.tables += 1
        for v in t.verdicts:
            if only is not None and v.va != only:
                continue
            answer = judge(cpu, t, v)
            said = CAUSES.get(v.cause, f"{v.cause:02x}")
            if not answer:
                count.agreed[said] += 1
            elif answer[0] != "!":
                count.left_out[answer] += 1
            else:
                said += f", PA {v.pa:x}" if v.cause == NONE else f"@{v.level}"
                again = " ".join(job._replace(seed=t.seed, tables=1).options())
                again += f" --kind {job.kind}"
                count.disagreed.append(
                    f"VA {v.va:x}: the reference says {said}, last entry {v.at:x}="
                    f"{t.entry(v.at):x}; the CPU: {answer[1:]};"
                    f" {t._replace(pages={}, verdicts=[])};"
                    f" again: {sys.argv[0]} {program} {again} --va 0x{v.va:x}")
    return count


def show(what: str, count: Count, seconds: float) -> None:
    agreed, left_out = count.agreed.total(), count.left_out.total()
    causes = ", ".join(f"{cause} {n}" for cause, n in count.agreed.most_common())
    print(f"{what}: {count.tables} tables, {agreed + left_out + len(count.disagreed)} addresses:"
          f" {agreed} agree ({causes}), {left_out} left out, {len(count.disagreed)} disagree;"
          f" {seconds:.1f} s")
    for why, n in count.left_out.most_common():
        print(f"    left out: {n} {why} ({LEFT_OUT[why]})")
    for line in count.disagreed[:10]:
        print(f"    DISAGREES: {line}")


def finds_mistakes(program: str, label: str, job: Job, make: MakeCpu) -> bool:
    """Is a reference that is wrong on purpose found? Else its agreement means nothing."""
    found = {wrong: len(judge_all(program, job._replace(wrong=wrong), make).disagreed)
             for wrong in WRONG}
    print(f"{label}: a reference that is wrong on purpose disagrees: "
          + ", ".join(f"{wrong} {n}" for wrong, n in found.items()))
    return all(found.values())


def run(about: str, make: MakeCpu, kinds: dict[str, tuple[str, ...]]) -> int:
    """The program. For each format there are one or more kinds of tables."""
    def number(text: str) -> int:
        return int(text, 0)

    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("dump", help="the program dump_walks")
    parser.add_argument("--format", choices=kinds, help="one instead of all")
    parser.add_argument("--tables", type=number, default=2000, help="of each format")
    parser.add_argument("--vas", type=number, default=16, help="addresses of each table")
    parser.add_argument("--seed", type=number, help="of the first table; only these tables")
    parser.add_argument("--kind", choices=KINDS, help="one kind of tables instead of all")
    parser.add_argument("--worked", action="store_true", help="only the worked examples")
    parser.add_argument("--va", type=number, help="only this address")
    parser.add_argument("--wrong", choices=WRONG, default="", help="a reference that is wrong")
    options = parser.parse_args()
    good = True
    for name, kind in ((name, kind) for name in kinds for kind in kinds[name]):
        if options.format not in (None, name) or options.kind not in (None, kind):
            continue
        random = Job(name, options.seed or 1, options.tables, options.vas, kind,
                     wrong=options.wrong)
        every = options.tables if options.seed is not None else 1 << 30
        worked = random._replace(seed=options.seed or 0, tables=every, worked=True)
        label = name if len(kinds[name]) == 1 else f"{name} ({kind})"
        jobs = {f"{label}, worked examples": worked}
        if not options.worked:
            jobs = {label: random} | (jobs if options.seed is None else {})
        for what, job in jobs.items():
            began = time.monotonic()
            count = judge_all(options.dump, job, make, options.va)
            if count.tables or not job.worked:  # there may be no examples of the kind
                show(what, count, time.monotonic() - began)
            good &= not count.disagreed and (count.tables > 0 or job.worked)
        if options.seed is None and not options.worked and not options.wrong:
            job = random._replace(tables=WRONG_TABLES)
            good &= finds_mistakes(options.dump, label, job, make)
    return 0 if good else 1
