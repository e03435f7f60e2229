#!/bin/bash
# One hart, four processes that compute: how many time slices go to others, from the newline of `echo hi` until its
# first byte has been read, counted by the scheduler (user/bin/latency.c). -icount, so each run counts the same.
. "$(dirname "$0")/lib/tap.sh"
while read -r sched limit; do
    for again in first second; do
        tools/run CPUS=1 ICOUNT=3 RAM=1 APPEND="sched=$sched" 'latency' < /dev/null > "$T/out" 2>&1
        n=$(sed -n 's/^slices //p' "$T/out")
        if [ "${n:-999}" -le "$limit" ]; then
            pass "$sched, $again run: $n slices, at most $limit"
        else
            fail "$sched: at most $limit slices" "$(cat "$T/out")"
        fi
    done
done << 'END'
mlfq 2
rr 12
END
finish
