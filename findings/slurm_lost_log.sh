#!/usr/bin/env bash
# Slurm: a job whose log cannot be written never runs, and nobody is told; a job that runs again empties its log.
#
# Expected:    sbatch says that the folder of --output is not there; or the job fails with a word of it where its
#              owner looks. A job that is requeued, because its node went down or was wanted for another, keeps the
#              log of its first run, as it keeps its number.
# Happens:     sbatch takes the job, exit code 0. The job is FAILED as soon as it starts, exit code 0:53, reason
#              JobLaunchFailure, in `scontrol show job`, which forgets it after five minutes (MinJobAge); the path
#              stands in slurmd's log alone, on the node. `sbatch --wait` ends with 1, without a word. The manual
#              says nothing of it.
#              The log of the first run is emptied when the second begins. That is documented, but elsewhere: sbatch
#              --open-mode refers to JobFileAppend in slurm.conf, whose default is to truncate; --requeue and the
#              reasons for which jobs are requeued do not speak of logs.
# Consequence: make the folder before sbatch, on the file system of the nodes, and use --open-mode=append: else what
#              a run has said that its node took away is lost, and it is the run whose end one wants to understand.
# Versions:    Slurm 22.05.8-4+deb12u3, munge 0.5.15-2+deb12u1 (Debian 12)
# Needs:       Debian 12 with apt-get; any user; nothing is installed, no service is touched: a Slurm of one node on
#              loopback out of a temporary folder; exits 1 if sbatch refuses the job, its owner is told, or the log
#              of the first run is kept
set -euo pipefail
version=22.05.8-4+deb12u3
work=$(mktemp -d)
clean_up() {
  # of this Slurm and no other
  [ "${SLURM_CONF-}" != "$work/slurm.conf" ] || scancel --user "$(id -un)" 2>/dev/null || true
  kill $(jobs -p) 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
chmod 711 "$work"  # munged insists that everybody can reach its socket
cd "$work"

mkdir debs state spool
(
  cd debs
  apt-get -qq download {slurm-client,slurmctld,slurmd,slurm-wlm-basic-plugins}=$version 2>/dev/null
  apt-get -qq download {munge,libmunge2}=0.5.15-2+deb12u1 2>/dev/null
  mapfile -t others < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances slurmctld=$version slurmd=$version | grep '^lib' |
    grep -v '^libc6\|^libgcc\|^libmunge\|debconf\|^libperl\|-perl$' | sort -u)
  apt-get -qq download "${others[@]}" 2>/dev/null
)
for deb in debs/*.deb; do dpkg -x "$deb" debian; done
lib=$work/debian/usr/lib/$(uname -m)-linux-gnu
unset "${!SBATCH_@}" "${!SLURM_@}"
export PATH=$work/debian/usr/bin:$work/debian/usr/sbin:$PATH SLURM_CONF=$work/slurm.conf
export LD_LIBRARY_PATH=$lib/slurm-wlm:$lib:${lib/usr\//}

mapfile -t ports < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for one in sockets:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets), sep="\n")')
cat > slurm.conf <<EOT
ClusterName=finding
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
# a requeued job waits for cred_expire
AuthInfo=socket=$work/munge.socket,cred_expire=5
PluginDir=$lib/slurm-wlm
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
NodeName=localhost NodeAddr=127.0.0.1 CPUs=2
PartitionName=one Nodes=localhost Default=YES State=UP
EOT
await() {  # await SECONDS COMMAND...: until it is true
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || { echo "not within the time: $*"; tail -n 5 ./*.out; exit 1; }
    sleep 0.2
  done
}
daemon() { setpriv --pdeathsig KILL "$@" > "${1##*/}.out" 2>&1 < /dev/null & }  # goes when this script goes
(umask 077 && head -c 128 /dev/urandom > key)
daemon munged --foreground --key-file="$work/key" --socket="$work/munge.socket" --pid-file="$work/munged.pid" \
  --log-file="$work/munged.log" --seed-file="$work/munged.seed"
await 20 test -S munge.socket
daemon slurmctld -D
daemon slurmd -D -N localhost -d "$work/debian/usr/sbin/slurmstepd-wlm"
idle() { [ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ]; }
await 60 idle
sinfo --version
same=true
expect() {  # expect WHAT SEEN EXPECTED
  echo "$1: $2"
  [ "$2" = "$3" ] || same=false
}
field() { scontrol show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"; }
is() { [ "$(field "$1" JobState)" = "$2" ]; }

echo '--- a folder that is not there'
code=0
said=$(sbatch --parsable --output="$work/nowhere/log" --wrap="touch $work/ran" 2>&1) || code=$?
expect 'sbatch, exit code' "$code" 0
await 20 is "$said" FAILED
expect 'state, exit code, reason' "$(field "$said" JobState) $(field "$said" ExitCode) $(field "$said" Reason)" \
  'FAILED 0:53 JobLaunchFailure'
expect 'the job has run' "$([ -e ran ] && echo yes || echo no)" no
expect 'words of the path in scontrol' "$(scontrol show job "$said" | grep -ci 'no such file' || true)" 0
expect 'lines of it in the log of slurmd' "$(grep -c 'nowhere/log: No such file' slurmd.log)" 1
code=0
said=$(sbatch --wait --quiet --output="$work/nowhere/log" --wrap=true 2>&1) || code=$?
expect 'sbatch --wait, exit code, words' "$code '$said'" "1 ''"

echo '--- a job that runs again'
twice() {  # twice OPTION...: lines of the log of a job that is requeued in its first run
  local job
  rm -f log
  job=$(sbatch --parsable --requeue --output="$work/log" "$@" --wrap='echo run $SLURM_RESTART_COUNT
    [ -n "$SLURM_RESTART_COUNT" ] || sleep 5')
  await 20 grep -qs run log
  scontrol requeue "$job"
  await 60 is "$job" COMPLETED
  grep -c '^run' log
}
expect 'runs in the log' "$(twice)" 1
expect 'runs in the log with --open-mode=append' "$(twice --open-mode=append)" 2
$same
