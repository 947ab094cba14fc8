"""Do the memories of the RTL become RAM? A look at three points of a Yosys run.

1. Behind the front end: every instance of the RAM modules in rtl/common owns a memory. The front end
   builds flip-flops, without a word, from an array that it cannot infer (a reset is enough).
2. Before mapping: size of each memory, as $mem_v2 cells.
3. The log of memory_libmap and memory_map: block RAM, LUT RAM or flip-flops.

A few bits are rightly flip-flops, and a few words LUT RAM; the limits below draw the line.
"""
import pathlib
import re

# Bits that may be flip-flops. The largest such memory is a FIFO of four narrow words.
MAX_FF_BITS = 64
# From this size on an instance of vmso_ram_1w1r must be block RAM: half a block of 18 Kbit, and deeper
# than two LUT RAM primitives (a wide memory of 32 or 64 words is cheaper in LUT RAM).
MIN_BLOCK_BITS = 9216
MIN_BLOCK_DEPTH = 256
WRAPPERS = ["vmso_ram_1w1r", "vmso_lutram"]


def look_at_instances(prefix):
    """Yosys commands for point 1."""
    owners = " ".join(f"w:*.read_data a:src=*/{module}.sv:* %i" for module in WRAPPERS)
    return [f"tee -q -o {prefix}.instances select -list {owners} %u",
            f"tee -q -o {prefix}.inferred select -list m:*"]


def look_at_sizes(prefix):
    """Yosys commands for point 2."""
    return [f"tee -q -o {prefix}.sizes dump t:$mem_v2"]


def lines(path):
    return [line.split("/", 1)[1] for line in path.read_text().split()]


def memories(prefix, log):
    """[{name, module, depth, width, bits, where}], and what is wrong with them as sentences."""
    inferred = set(lines(pathlib.Path(f"{prefix}.inferred")))
    wrong = [f"{path} is a RAM in the RTL, but the front end makes registers of it"
             for path in (wire.removesuffix(".read_data")
                          for wire in lines(pathlib.Path(f"{prefix}.instances")))
             if f"{path}.mem" not in inferred]
    where = {}
    for name, kind in re.findall(r"^mapping memory \w+\.(\S+) via \$__\w*?(BLOCKRAM|LUTRAM|DP16KD|"
                                 r"PDPW16KD|DPR16X4|TRELLIS\w*)", log, re.M):
        where[name] = "lutram" if re.search("LUTRAM|DPR16X4", kind) else "block"
    for name in re.findall(r"^Mapping memory \\(\S+) in module ", log, re.M):
        where[name] = "ff"
    rows = []
    cells = re.findall(r'attribute \\src "(\S*?)\.sv:.*"\n(?:\s*attribute .*\n)*\s*cell \$mem_v2 \\(\S+)'
                       r"\n.*\n\s*parameter \\WIDTH (\d+)\n.*\n\s*parameter \\SIZE (\d+)",
                       pathlib.Path(f"{prefix}.sizes").read_text())
    for source, name, width, depth in cells:
        bits = int(width) * int(depth)
        module = source.rsplit("/", 1)[-1]
        row = dict(name=name, module=module, depth=int(depth), width=int(width), bits=bits,
                   where=where.get(name, "unknown"))
        rows.append(row)
        text = f"{name} ({depth} x {width} = {bits} bit)"
        if row["where"] == "unknown":
            wrong.append(f"{text}: the log does not tell what became of it")
        elif row["where"] == "ff" and bits > MAX_FF_BITS:
            wrong.append(f"{text}: flip-flops")
        elif row["where"] == "lutram" and module == "vmso_ram_1w1r" and (
                bits >= MIN_BLOCK_BITS and int(depth) >= MIN_BLOCK_DEPTH):
            wrong.append(f"{text}: LUT RAM, expected block RAM")
    return sorted(rows, key=lambda row: -row["bits"]), wrong
