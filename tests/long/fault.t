#!/bin/sh
# tests/fault.t, the long form: every step of every walk, boots with every N, and storms of failures at random.
FAULT_LONG=1 exec "$(dirname "$0")/../fault.t"
