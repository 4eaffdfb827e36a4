#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# LAVA: submit JOB with the boot arguments WORDS in place of its `run=quick`, and wait for its results.
#   lab/lava.sh lab/lava-u-boot.yaml 'run=boot.*'
#   tools/hotplate jobs board BY='lab/lava.sh lab/lava-u-boot.yaml' > jobs.txt
# Status 1: a test failed, or the board died; 3: there are no results; 4: LAVA did not run the job.
set -eu
job=${1:?which LAVA job?} words=${2:?which boot arguments?}
fail() { echo "lava.sh: $2" >&2; exit "$1"; }

grep -q run=quick "$job" || fail 4 "$job has no run=quick"
made=$(mktemp)
trap 'rm -f "$made"' EXIT
sed "s|run=quick|$words|; s|^job_name: .*|job_name: 'hotplate $words'|" "$job" > "$made"
id=$(lavacli jobs submit "$made") || fail 4 "LAVA did not accept $job with $words"
lavacli jobs wait "$id" > /dev/null || fail 4 "LAVA job $id: there is no answer"
health=$(lavacli jobs show "$id" | sed -n 's/^Health *: *//p')
lavacli results "$id" | sed -n 's/^\* [0-9]*_hotplate\.\(.*\)/\1/p' > "$made"
cat "$made"
case $health in
Complete) ;;
Incomplete) fail 1 "LAVA job $id did not end" ;;
*) fail 4 "LAVA job $id: ${health:-no health}" ;;
esac
[ -s "$made" ] || fail 3 "LAVA job $id has no results"
! grep '\[fail\]$' "$made" > /dev/null || fail 1 "LAVA job $id: $(grep -c '\[fail\]$' "$made") tests failed"
