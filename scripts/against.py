"""Another revision of this repository beside the tree, for comparisons in one run: A B A B, medians.

Used by scripts/simspeed and scripts/buildtime.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(command, where, **options):
    """Runs a command quietly; its output is shown if it fails, which ends the program."""
    done = subprocess.run(command, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} in {where} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def git(*args):
    return run(["git", *args], ROOT).strip()


def snapshot(folder, revision=None):
    """Fills `folder` with the files of a revision or, without one, with those of the tree."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    if revision:
        files = subprocess.run(["git", "archive", revision], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x", "-C", folder], input=files.stdout, check=True)
    else:
        names = git("ls-files", "-z").rstrip("\0").split("\0")
        for name in names:
            source = ROOT / name
            if source.exists():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
    return folder


class Pair:
    """Samples of the other revision (before) and of this tree (now), taken in turn."""

    def __init__(self, revision):
        self.names = {"before": git("rev-parse", "--short", revision), "now": "tree"}
        self.samples = {}

    def add(self, what, side, value):
        self.samples.setdefault(what, {"before": [], "now": []})[side].append(value)
        print(f"  {what}: {self.names[side]} {value:.4g}", file=sys.stderr, flush=True)

    def rows(self):
        for what, sides in self.samples.items():
            before, now = (statistics.median(sides[side]) for side in ("before", "now"))
            yield what, before, now, now / before if before else float("nan")

    def table(self, unit):
        """Lines of text: medians of both sides and now/before."""
        name = self.names["before"]
        yield f"{'':<34} {name:>12} {'now':>12} {'now/' + name:>14}   {unit}"
        for what, before, now, ratio in self.rows():
            yield f"{what:<34} {before:>12,.4g} {now:>12,.4g} {ratio:>13.2f}x"


def write_json(path, rounds, *pairs):
    """The rows of several pairs, for docs/data."""
    rows = [dict(zip(("what", "before", "now", "ratio"), row)) for pair in pairs for row in pair.rows()]
    data = {"against": pairs[0].names["before"], "rounds": rounds, "rows": rows}
    pathlib.Path(path).write_text(json.dumps(data, indent=1) + "\n")


def environment(cache):
    """Of a build with a compiler cache of its own."""
    return dict(os.environ, CCACHE_DIR=str(cache))
