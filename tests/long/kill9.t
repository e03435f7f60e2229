#!/bin/sh
# tests/kill9.t, the long form.
cd "$(dirname "$0")/../.." && make -s all >&2 || exit
KILLS=${KILLS:-100} exec tests/kill9.t
