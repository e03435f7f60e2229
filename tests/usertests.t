#!/bin/sh
# The suite that users run, on machines of several sizes; and what its runner says of tests that fail.
. "$(dirname "$0")/lib/tap.sh"
suite() { # suite NAME [NAME=value...] COMMAND
    name=$1
    shift
    image
    guest "$@"
    case $status$(printf '%s\n' "$out" | tail -n 1) in
    0'ALL TESTS PASSED') pass "$name" ;;
    *) fail "$name" "status $status" "$(printf '%s\n' "$out" | grep -v ': OK ')" ;;
    esac
    fsck_clean "$name: e2fsck -fn finds nothing afterwards"
}
suite 'one after the other, two harts' CPUS=2 usertests
suite 'four at a time, four harts, shuffled' CPUS=4 'usertests -q -j 4 -s 7'
suite 'one hart, 64 MiB, multilevel feedback' CPUS=1 MEM=64M APPEND=sched=mlfq 'usertests -q'
finish
