#!/bin/bash
# CONFIG=release builds without a warning, boots, and meets twice the budgets of DESIGN section 10, counted in
# instructions; the same run prints the same numbers again.
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
while read -r name limit; do
    value=$(tr -d '\r' < "$T/one" | sed -n "s/^bench $name //p")
    if [ "${value:-999999}" -le $((2 * limit)) ]; then
        pass "$name: $value instructions, goal $limit"
    else
        fail "$name: at most twice $limit instructions" "saw: ${value:-nothing}" "$(tail -n 5 "$T/one")"
    fi
done << 'END'
null 150
pipe1 2500
fork 25000
fork4m 80000
exec 70000
pipe4k 4000
sbrk 1600
write4k 3000
read4k 1800
open 1800
create 15000
END
finish
