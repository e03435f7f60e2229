#!/bin/sh
# tests/corrupt.t, the long form: many disks, others each time.
export ROUNDS="${ROUNDS:-200}" SEED="${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}"
exec "$(dirname "$0")/../corrupt.t"
