#!/bin/sh
# tests/kill9.t, the long form.
KILLS=${KILLS:-100} exec "$(dirname "$0")/../kill9.t"
