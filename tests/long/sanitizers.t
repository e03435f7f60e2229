#!/bin/sh
# Each instrumented build: the whole of usertests, and stress, without a report.
builds=${BUILDS:-"kasan lockdep race ubsan"} stress=${STRESS:-60} harts=${CPUS:-"2 4"}
. "$(dirname "$0")/../lib/tap.sh"
LIMIT=3000
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
for config in $builds; do
    ok "CONFIG=$config builds" make -s CONFIG="$config" all
    for cpus in $harts; do
        image
        guest CONFIG="$config" CPUS="$cpus" MEM=512M 'usertests -t 600 > /log; s=$?; grep -v ": OK" /log; exit $s'
        like "$status$out" "0*ALL TESTS PASSED" "CONFIG=$config: usertests, CPUS=$cpus"
        guest CONFIG="$config" CPUS="$cpus" MEM=512M "stress -t $stress -s $cpus"
        like "$status$out" "0*nothing wrong*" "CONFIG=$config: stress -t $stress, CPUS=$cpus"
    done
done
finish
