#!/bin/sh
# Much at once: processes, pipes and files, at 1, 2 and 4 harts.
. "$(dirname "$0")/lib/tap.sh"
image -s 64

cat > "$T/work.sh" << 'END'
fswork -s 1 -n 600 /w1 > /dev/null &
fswork -s 2 -n 600 /w2 > /dev/null &
(seq 1 20000 | sort -r | sort -n | tail -n 1 > /r1) &
(seq 1 30000 | cat | cat | cat | cat | wc -l > /r2) &
(seq 1 60 | xargs -n 1 sh -c 'exit 0' ; echo done > /r3) &
(forkbomb 100 > /r4; forkbomb 100 > /r4) &
(yes | head -c 3000000 | wc -c > /r5) &
(cat /sh /fswork /ls > /copy; cat /sh /fswork /ls > /copy2; cmp /copy /copy2 && echo same > /r6) &
(spin 0.5 | spin 0.5; echo spun > /r7) &
manyfiles 300 /m > /dev/null &
wait
fswork -c /w1 > /dev/null && fswork -c /w2 > /dev/null && echo files are right
cat /r1 /r2 /r3 /r4 /r5 /r6 /r7 | tr -s ' '
ps | grep -c -e fswork -e spin -e forkbomb
rm -r /w1 /w2 /r1 /r2 /r3 /r4 /r5 /r6 /r7 /copy /copy2 /m 2> /dev/null
echo end
END
build/host/mkfs -a "$T/work.sh:/work.sh" "$IMG" || exit 2
for cpus in 1 2 4; do
    for sched in rr mlfq; do
        guest CPUS=$cpus APPEND=sched=$sched 'sh /work.sh'
        is "$(echo "$out" | sed 's/^ *//')" 'files are right
20000
30000
done
forkbomb: 100 processes, then: that is enough
3000000
same
spun
0
end' "CPUS=$cpus sched=$sched: everything at once comes out right"
    done
    guest CPUS=$cpus "stress -t 3 -s $cpus -j 5"
    like "$out" "*stress: seed $cpus: nothing wrong" "CPUS=$cpus: random programs see what they must"
    fsck_clean "CPUS=$cpus: e2fsck -fn finds nothing"
done

# The same under other interleavings: seed=N makes preemption come at other moments
for seed in 1 2 3; do
    guest CPUS=2 APPEND=seed=$seed 'sh /work.sh'
    like "$out" 'files are right*end' "seed=$seed"
done
fsck_clean
finish
