#!/bin/bash
# CONFIG=release builds without a warning, boots, and costs what tests/bench/baseline.json says, counted in instructions;
# the same run prints the same numbers again.
. "$(dirname "$0")/lib/tap.sh"
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
ok 'CONFIG=release builds' make -s CONFIG=release all

bench() { # bench FILE: a whole run, console in a file
    tools/run CONFIG=release CPUS=1 ICOUNT=0 RAM=1 CONSOLE="$1" LIMIT=100 bench < /dev/null > "$T/said" 2>&1
}
ok 'bench runs on it' bench "$T/one"
ok 'and again' bench "$T/two"
ok 'two runs print the same bytes' cmp "$T/one" "$T/two"
ok 'no count is more than 10 % above tests/bench/baseline.json, nor above its budget without a reason there' \
    tools/bench --from "$T/one"
note "$(tools/bench --from "$T/one")"
sed 's/\("open": {"instructions": \)\([0-9]*\)/\11/' tests/bench/baseline.json > "$T/baseline" && cp "$T/baseline" tests/bench/baseline.json
tools/bench --from "$T/one" > "$T/worse"
is $? 1 'tools/bench fails when a count is above its baseline'
is "$(grep -c 'WORSE' "$T/worse")" 1 'and says which'
finish
