"""What the tests of scripts/farm share: a regression some of whose seeds fail, shards that die, and when
the report of shards is that of the whole.
"""
import json
import math
import os
import resource
import subprocess
import sys
import xml.etree.ElementTree as tree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77
ENDS_WITH_US = ["setpriv", "--pdeathsig", "TERM"]  # also if the test is killed

# All but the payload of these seeds is much the same: below 100 bytes a job, or, of three seeds, to 70000.
# Those three need some thirty times the CPU time of the others, and `limited` lets them fail.
SEEDS = "42196..42211"
FAIL = [42205, 42207, 42209]
OPTIONS = ["--mix", "send", "--config", "small", "--posted", "400", "--kind", "tcp", "--gap", "0",
           "--mss", "usual", "--buffers", "4", "--latency", "20", "--mac", "ready", "--rates", "none",
           "--no-shrink"]

# The program as the farm knows it. A line of the file DEATHS, a shard and a signal, is the end of a try
# of it, half a second after it began; with HANG it has none.
LIMITED = """#!/bin/bash
ulimit -S -t "$CPU_SECONDS"
[ -z "$VMSO_COVERAGE_DIR" ] || cp "$COUNTS" "$VMSO_COVERAGE_DIR/$$.dat"
while read -r shard signal; do
  case " $* " in *" --dry-run "*) break ;; esac
  case " $* " in *" --shard $shard/"*)
    sed -i "0,/^$shard $signal\\$/{//d}" "$DEATHS"
    [ "$signal" != HANG ] || exec sleep infinity
    exec timeout --preserve-status --signal "$signal" 0.5 "$PROGRAM" "$@" ;;
  esac
done <"$DEATHS"
exec "$PROGRAM" "$@"
"""

# What a model leaves with line coverage, if it has one line that was reached three times.
COUNTS = ("# SystemC::Coverage-3\n"
          "C '\1f\2{file}\1l\2{line}\1n\2{column}\1t\2line\1page\2v_line/vmso_top\1o\2block\1S\2{line}"
          "\1h\2TOP' 3\n")


def check(good, text):
    if not good:
        sys.exit(f"FAILED: {text}")


class Farm:
    """A folder in which regressions run."""

    def __init__(self, program, folder):
        self.folder = folder
        self.program = folder / "limited"
        self.deaths = folder / "deaths"
        self.deaths.touch()
        self.program.write_text(LIMITED)
        self.program.chmod(0o755)
        counts = folder / "counts.dat"
        counts.write_text(COUNTS.format(file=ROOT / "rtl/vmso_top.sv", line=100, column=1))
        self.environment = dict(os.environ, PROGRAM=str(Path(program).resolve()), COUNTS=str(counts),
                                DEATHS=str(self.deaths), CPU_SECONDS="600")
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        self.run([self.program, "regress", *OPTIONS, "--seeds", SEEDS.partition("..")[0], "--quiet"])
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        self.environment["CPU_SECONDS"] = str(math.ceil(5 * used))

    def run(self, command, code=0):
        """What it has said."""
        result = subprocess.run(list(map(str, command)), cwd=self.folder, env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, capture_output=True, check=False)
        text = result.stdout + result.stderr
        check(result.returncode == code, f"{command}: exit code {result.returncode}, not {code}\n{text}")
        return text

    def start(self, command):
        """The process; all that it says is in its stdout."""
        return subprocess.Popen(list(map(str, command)), cwd=self.folder, env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def whole(self):
        """The report without shards."""
        self.run([self.program, "regress", *OPTIONS, "--seeds", SEEDS, "--quiet", "--json", "whole.json",
                  "--junit", "whole.xml", "--failures", "whole.failures"], code=1)
        report = json.loads((self.folder / "whole.json").read_text())
        check([failure["seed"] for failure in report["failures"]] == FAIL, f"fail: {report['failures']}")
        return Report(self.folder, "whole")

    def command(self, out, shards, *options):
        return [*ENDS_WITH_US, ROOT / "scripts/farm", "--seeds", SEEDS, "--shards", str(shards), "--out", out,
                "--vmso", self.program, *options, "--", *OPTIONS]


class Report:
    """JSON and JUnit, less what differs from run to run: times, and folders of what was kept."""

    def __init__(self, folder, name):
        self.json = json.loads((folder / f"{name}.json").read_text())
        self.json["times"] = sorted(self.json["times"])
        del self.json["seconds"]
        for failure in self.json["failures"]:
            where = folder / failure.pop("folder")
            check((where / "report.txt").exists(), f"{where} has no report")
        suites = tree.parse(folder / f"{name}.xml").getroot()
        for node in suites.iter():
            node.attrib.pop("time", None)
        self.junit = tree.tostring(suites, encoding="unicode")

    def check_same(self, other):
        for key in sorted(self.json | other.json):
            ours, theirs = self.json.get(key), other.json.get(key)
            check(ours == theirs, f"'{key}' differs:\n{ours}\n{theirs}")
        check(self.junit == other.junit, f"JUnit differs:\n{self.junit}\n{other.junit}")
