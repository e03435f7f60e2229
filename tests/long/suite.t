#!/bin/sh
# The tests that `make test` makes on QEMU, all of their machines with four harts, many times: what depends on the
# moment shows sooner or later. Left out is what must have one hart (-icount) or builds trees of its own.
runs=${RUNS:-100} files=${FILES:-"bomb commands crash expect10 fault files kill9 links panic poweroff provoke session shell stress
    strace trace usertests writeback xv6 boot"}
. "$(dirname "$0")/../lib/tap.sh"
set --
for name in $files; do
    [ ! -e "tests/$name.t" ] || set -- "$@" "tests/$name.t"
done
echo "# at $(git describe --always --dirty 2> /dev/null)"
for run in $(seq "$runs"); do
    ok "run $run of $runs" env REAL_QEMU="${QEMU:-qemu-system-riscv64}" QEMU="$TOP/tests/lib/qemu-smp" SMP=4 prove -j2 "$@"
done
finish
