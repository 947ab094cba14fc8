"""A Slurm of one node on loopback: its own key, sockets, ports and folders, no service, any user. All that it
starts ends with it, also if the test is killed.
"""
import contextlib
import ctypes
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time

DAEMONS = ("munged", "slurmctld", "slurmd")
TOOLS = (*DAEMONS, "sbatch", "scancel", "sinfo")
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"  # where daemons are
BECOMES_PARENT_OF_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER

CONFIGURATION = """
ClusterName=farm
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
KillWait=5
# more CPUs than the machine may have: a shard more has to wait for nothing
SlurmdParameters=config_overrides
NodeName=localhost NodeAddr=127.0.0.1 CPUs=4
PartitionName=one Nodes=localhost Default=YES State=UP
"""


def missing():
    return [tool for tool in TOOLS if not shutil.which(tool, path=PATH)]


def free_ports(number):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def children():
    """Of this process: {process: words of its command}."""
    found = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
            if parent == os.getpid():
                found[int(name)] = words(name)
    return found


def words(process):
    with contextlib.suppress(OSError):
        with open(f"/proc/{process}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\0").split("\0")
    return []


class Slurm:
    def __init__(self, folder):
        self.folder = folder
        self.up = False
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": PATH}

    def __enter__(self):
        ctypes.CDLL(None).prctl(BECOMES_PARENT_OF_ORPHANS, 1, 0, 0, 0)  # of daemons' steps, to end them
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: sys.exit("interrupted"))
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        self.folder.mkdir()
        for path in (self.folder, self.folder.parent):
            path.chmod(0o711)  # munged insists that everybody can reach its socket
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(128))
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            folder=self.folder, ports=free_ports(2), user=getpass.getuser()))
        self.daemon("munged", "--foreground", f"--key-file={key}", f"--socket={self.folder}/munge.socket",
                    f"--pid-file={self.folder}/munged.pid", f"--log-file={self.folder}/munged.log",
                    f"--seed-file={self.folder}/munged.seed")
        self.wait(lambda: (self.folder / "munge.socket").exists(), "munged has no socket")
        self.daemon("slurmctld", "-D")
        self.daemon("slurmd", "-D", "-N", "localhost")
        self.wait(lambda: self.say("sinfo", "--noheader", "--format=%t").strip() == "idle",
                  "the node does not become idle")
        self.up = True

    def daemon(self, *command):
        """It goes when the test goes, also if that is killed."""
        with open(self.folder / f"{command[0]}.out", "w", encoding="utf-8") as out:
            subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL,
                             stdout=out, stderr=out, env=os.environ | self.environment)

    def say(self, *command):
        return subprocess.run(command, env=os.environ | self.environment, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def wait(self, condition, complaint, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                for log in self.folder.glob("*.out"):
                    print(f"--- {log.name}\n{log.read_text()[-2000:]}")
                sys.exit(f"FAILED: {complaint}")
            time.sleep(0.1)

    def __exit__(self, *_):
        if self.up:
            self.say("scancel", "--user", getpass.getuser())
            end = time.monotonic() + 20
            while time.monotonic() < end and self.say("squeue", "--noheader").strip():
                time.sleep(0.2)
        while left := children():  # the children of those that go become ours
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(process, 0)
