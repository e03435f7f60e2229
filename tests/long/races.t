#!/bin/bash
# Three races that are known, each planted in a copy of the tree: after how many seeds does make hunt find it?
seeds=${SEEDS:-1..300}
. "$(dirname "$0")/../lib/tap.sh"
LIMIT=900
for race in tests/races/*.patch; do
    name=$(basename "$race" .patch)
    scratch_tree "$T/$name"
    patch -s -p1 -F0 -d "$T/$name" < "$race"
    cd "$T/$name" || exit 2
    make -s CONFIG="$config" all
    command=$(sed -n "s/.*make hunt CMD='\(.*\)'.*/\1/p" "$TOP/$race")
    out=$(make -s CONFIG="$config" hunt CMD="$command" SEEDS="$seeds" 2>&1)
    like "$out" '*hunt: seed * fails*' "$name is found: $(echo "$out" | sed -n 's/^hunt: \(.*\) To.*/\1/p')"
    cd "$TOP" || exit 2
    rm -rf "${T:?}/$name"
done
finish
