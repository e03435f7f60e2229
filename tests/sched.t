#!/bin/bash
# What the two policies promise, on one hart under -icount, so each run counts the same.
#
# One hart, four processes that compute: how many time slices go to others, from the newline of `echo hi` until its
# first byte has been read, counted by the scheduler (user/bin/latency.c).
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

# Processes that wake each other never use up a tick in one piece; they pay for it all the same.
for sched in mlfq rr; do
    tools/run CPUS=1 ICOUNT=3 RAM=1 APPEND="sched=$sched" \
        'yes | cat > /dev/null & yes | cat > /dev/null & time -p spin 0.3' < /dev/null > "$T/out" 2>&1
    real=$(sed -n 's/^real //p' "$T/out")
    if [ -n "$real" ] && awk "BEGIN { exit !($real < 2) }"; then
        pass "$sched: beside two busy pipelines a process gets its part: 0.3 s of work in $real s"
    else
        fail "$sched: 0.3 s of work done in less than 2 s beside two busy pipelines" "$(cat "$T/out")"
    fi
done
# Harts without work sleep: eight seconds of sleep cost next to no processor time of the host (boot takes half a second;
# one hart that never slept would take eight).
image
guest CPUS=3 CPULIMIT=4 'sleep 8'
is "$status" 0 'three idle harts take less than 4 s of processor time in 8 s'
finish
