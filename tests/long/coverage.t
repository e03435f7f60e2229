#!/bin/sh
# tools/coverage tells the lines that ran from those that did not, and adds up.
. "$(dirname "$0")/../lib/tap.sh"
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
small() { # small COMMAND: a test that runs it
    printf '#!/bin/sh\necho 1..1\ntools/run RAM=1 "%s" > tests/said 2>&1 && echo ok 1\n' "$1" > tests/small.t
    chmod +x tests/small.t
}
missed() { grep -c "$1" build/coverage/report/missed; }

small true
ok 'one run' tools/coverage tests/small.t
is "$(missed 'boot/main.c:.*no device tree at')" 1 'a panic that did not come is missed'
is "$(missed 'trap/syscall.c:.*-ENOSYS')" 1 'so is a branch of one line'
is "$(missed 'trap/syscall.c:.*orig_a0')" 0 'what every program does is not'
is "$(missed 'sys_proc.c:.*sys_uname')" 1 'a system call that nobody made is missed'
before=$(sed -n 's/^all lines of kernel\/ *\([0-9]*\) of .*/\1/p' build/coverage/report/lines)
small uname
ok 'another run' tools/coverage --add tests/small.t
is "$(missed 'sys_proc.c:.*sys_uname')" 0 'now it is not'
after=$(sed -n 's/^all lines of kernel\/ *\([0-9]*\) of .*/\1/p' build/coverage/report/lines)
is "$((after > before && before > 1000))" 1 "the number grows: $before, $after"
is "$(grep -c '^DA:[0-9]*,1' build/coverage/report/lcov.info)" "$after" 'the lcov report says the same'
small false
tools/coverage tests/small.t > "$T/said" 2>&1
is "$(($? > 0))" 1 'a test that fails makes it fail'
finish
