#!/bin/sh
# The whole of usertests: on each size of machine, then many times over.
runs=${RUNS:-100} many=${CPUS:-4}
. "$(dirname "$0")/../lib/tap.sh"
LIMIT=900
suite() { # suite NAME NAME=value...
    name=$1
    shift
    image
    guest "$@" 'usertests -t 600 > /log; s=$?; grep -v ": OK" /log; exit $s'
    case $status$(printf '%s\n' "$out" | tail -n 1) in
    0'ALL TESTS PASSED') pass "$name" ;;
    *) fail "$name" "status $status" "$out" "$(in_image 'cat /log' | tail -n 3)" ;;
    esac
}
for mem in 64M 512M; do
    for cpus in 1 2 4 8; do
        suite "CPUS=$cpus MEM=$mem" CPUS=$cpus MEM=$mem
    done
done
for run in $(seq "$runs"); do
    suite "CPUS=$many, run $run of $runs" CPUS="$many"
done
finish
