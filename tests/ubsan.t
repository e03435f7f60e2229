#!/bin/bash
# CONFIG=ubsan: undefined behaviour in the kernel is a panic that names the place; the kernel as it is does none.
. "$(dirname "$0")/lib/tap.sh"
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
export CONFIG=ubsan
config=ubsan
ok 'CONFIG=ubsan builds' make -s all

# provoke NAME LINE-OF PATTERN: the place is where kernel/debug/provoke.c has the function LINE-OF
provoke() {
    line=$(grep -n "^static void $2(" kernel/debug/provoke.c | cut -d: -f1)
    guest CPUS=2 LIMIT=30 APPEND="provoke=$1" true
    like "$out" "*panic: undefined behaviour at kernel/debug/provoke.c:$line:*: $3*" "$1: the panic names it and its place"
}
provoke overflow-int overflow_int '2147483647 + 1 does not fit ?int?'
provoke shift-far shift_far '?int? 1 shifted by 40'
provoke index-outside index_outside 'index 4 is outside ?int \[4\]?'
provoke misaligned misaligned 'a misaligned pointer'
provoke divide-by-zero divide_by_zero '2147483647 / 0 does not fit ?int?'

guest CPUS=2 'usertests -q'
is "$status" 0 'usertests -q finds no undefined behaviour'
case $out in *'ALL TESTS PASSED') ;; *) note "$out" >&2 ;; esac
finish
