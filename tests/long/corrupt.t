#!/bin/sh
# tests/corrupt.t, the long form.
ROUNDS=${ROUNDS:-200} exec "$(dirname "$0")/../corrupt.t"
