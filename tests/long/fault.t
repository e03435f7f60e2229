#!/bin/sh
# tests/fault.t, the long form: every step of every walk, boots with every N, and storms of failures at random.
cd "$(dirname "$0")/../.." && make -s all >&2 || exit
FAULT_LONG=1 exec tests/fault.t
