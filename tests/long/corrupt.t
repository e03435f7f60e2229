#!/bin/sh
# tests/corrupt.t, the long form: many disks, others each time.
cd "$(dirname "$0")/../.." && make -s all >&2 || exit
export ROUNDS="${ROUNDS:-200}" SEED="${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}"
exec tests/corrupt.t
