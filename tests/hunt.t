#!/bin/bash
# A race is planted, make hunt finds it, and the command that it prints repeats the failure, byte for byte.
. "$(dirname "$0")/lib/tap.sh"
scratch_tree "$T/tree"
for race in tests/races/*.patch; do
    ok "$(basename "$race") fits this tree" patch -p1 -F0 --dry-run -d "$T/tree" -i "$TOP/$race"
done
patch -s -p1 -F0 -d "$T/tree" < tests/races/check-before-use.patch
cd "$T/tree" || exit 2
ok 'the tree with a race builds' make -s CONFIG="$config" all
out=$(make -s CONFIG="$config" hunt CMD='usertests -q races fileraces' SEEDS=1..100 2>&1)
like "$out" '*hunt: seed * fails; * did not. To repeat it:*' 'make hunt finds it'
is "$(echo "$out" | grep -c 'parallel:')" 0 'without a word of parallel'
note "$(echo "$out" | grep '^hunt:')"
again=$(echo "$out" | sed -n 's/^ *make replay/make -s replay/p')
for run in one two; do
    bash -c "$again" > "$T/$run" 2>&1 < /dev/null
    is $? 2 "the printed command fails too, run $run"
done
ok 'and both print the same bytes' cmp "$T/one" "$T/two"
# What failed in the hunt is what fails in the repetition; the words of make and parallel are left out.
why=$(echo "$out" | sed -n '/^hunt: seed/q; /FAILED\|panic: \|^usertests: /p' | tail -n 1)
like "$why" '?*' 'the hunt shows how it failed'
ok "which is how the repetition ends: $why" grep -qF -e "$why" "$T/one"
finish
