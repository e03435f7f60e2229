#!/bin/bash
# usertests under many orders of events, each of which can be repeated.
seeds=${SEEDS:-1..100}
. "$(dirname "$0")/../lib/tap.sh"
LIMIT=900
out=$(CONFIG=$config tools/hunt "$seeds" usertests 2>&1)
is "$?" 0 "usertests, seeds $seeds"
note "$(printf '%s\n' "$out" | tail -n 60)"
finish
