#!/usr/bin/env bash
# GNU parallel: of a job that fails and is tried again nothing is left but its last try.
#
# Expected:    with --retries the output of every try is printed, and --joblog, "a list of the executed jobs", has a
#              line for each: each was executed.
# Happens:     what the failed tries have printed, to standard output and standard error, is dropped, and there is
#              one line, with time and exit status of the last try. If that is good, parallel ends with 0 and no
#              trace of the others is left. (--retries 3 is three tries in all, as the first sentence of the manual
#              says; its next, "retry it ... Do this n times", reads like four.) With --ungroup all of it is
#              printed; the joblog stays as it is. The manual says neither.
# Consequence: a job that fails two times of three looks like one that never does. A job has to keep its own log, in
#              a file of its own for each try.
# Versions:    parallel 20221122+ds-2 (Debian 12)
# Needs:       Debian 12 with apt-get, perl; exits 1 if there is more of the failed tries
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download parallel=20221122+ds-2 2>/dev/null
dpkg -x ./*.deb root
export HOME=$work
cat > job <<'EOT'
echo try >> tries
tries=$(wc -l < tries)
echo "this is try $tries"
echo "errors of try $tries" >&2
[ "$tries" -ge 3 ]
EOT
same=true
try() {  # try OPTION...: one job, which is good at its third try
  rm -f tries log said
  local code=0
  perl root/usr/bin/parallel --will-cite --retries 3 --joblog log "$@" sh job ::: '' > said 2>&1 < /dev/null || code=$?
  echo "exit code $code, $(wc -l < tries) tries; printed: $(sort said | paste -sd, | sed 's/,/, /g')"
  echo "joblog: $(($(wc -l < log) - 1)) line, exit status $(tail -n 1 log | cut -f 7)"
  [ "$code $(wc -l < tries) $(wc -l < log) $(tail -n 1 log | cut -f 7)" = '0 3 2 0' ] || same=false
}
try
[ "$(cat said)" = $'this is try 3\nerrors of try 3' ] || same=false
echo '--- with --ungroup'
try --ungroup
[ "$(wc -l < said)" = 6 ] || same=false
$same
