#!/bin/bash
# make replay: a seed is one interleaving, to the byte. make hunt: looks for the seed that fails.
. "$(dirname "$0")/lib/tap.sh"
for seed in 3 4; do
    for again in one two; do
        tools/replay $seed 'usertests -q; seq 1 9000 & seq 10000 19000; wait; uptime' < /dev/null > "$T/$seed.$again" 2>&1
        is $? 0 "seed $seed, run $again"
    done
    ok "two runs of seed $seed print the same bytes, times included" cmp "$T/$seed.one" "$T/$seed.two"
done
if cmp -s "$T/3.one" "$T/4.one"; then
    fail 'another seed is another run' "$(tail -n 3 "$T/3.one")"
else
    pass 'another seed is another run'
fi
out=$(tools/hunt 1..4 true 2>&1)
is "$?$out" '0hunt: 4 seeds, none failed' 'hunt: a command that works'
out=$(tools/hunt 5..9 'ls /nowhere' 2>&1)
is $? 1 'hunt: a command that fails'
like "$out" "*No such file*hunt: seed [5-9] fails*make replay SEED=[5-9]*CMD='ls /nowhere'" 'hunt says how to repeat it'
finish
