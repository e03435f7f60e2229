#!/bin/sh
# Random programs of system calls for a long time: other seeds, other numbers of harts, both schedulers.
minutes=${MINUTES:-120} seed=${SEED:-$(date +%s)}
. "$(dirname "$0")/../lib/tap.sh"
each=300 # seconds a machine, of the guest's time
LIMIT=3000
rounds=$((minutes * 60 / each))
for round in $(seq "$rounds"); do
    set -- 1 2 4 8
    shift $((round % 4))
    case $((round / 4 % 2)) in 0) sched=rr ;; *) sched=mlfq ;; esac
    image -s 64
    guest CPUS="$1" APPEND=sched=$sched "free | head -n 3; stress -t $each -s $seed -j 6"
    like "$out" "*stress: seed $seed: nothing wrong*" "stress -t $each -s $seed, CPUS=$1, $sched"
    fsck_clean "and e2fsck -fn finds nothing"
    seed=$((seed + 1))
done
finish
