#!/bin/sh
# The kernel's own sources on the host, under libFuzzer: what was found once is not found again, and ten seconds of
# fuzzing find nothing. FUZZ_TIME=1200: so many seconds for each target, for make test-long. The short form always draws
# the same inputs, so that who changes something else is not the one who finds what is new.
. "$(dirname "$0")/lib/tap.sh"

seconds=${FUZZ_TIME:-10}
if [ -z "${FUZZ_TIME:-}" ]; then
    export FUZZ_FLAGS="${FUZZ_FLAGS:--seed=1}" FUZZ_FOUND="$T/found"
fi
make -s fuzz-targets > "$T/make.out" 2>&1 || fail 'the targets are built' "$(cat "$T/make.out")"
targets=$(cd tests/fuzz && ls ./*.c | sed 's,^./,,; s/\.c$//')

# Two at a time: each replays what is kept, then goes on from there.
cat > "$T/one" << 'END2'
t=$1
tools/fuzz replay "$t" > "$T/$t.replay" 2>&1; echo $? > "$T/$t.replay.status"
rm -rf "$T/found/$t"; FUZZ_FOUND=${FUZZ_FOUND:+$FUZZ_FOUND/$t} tools/fuzz run "$t" "$seconds" > "$T/$t.run" 2>&1; echo $? > "$T/$t.run.status"
END2
export T seconds
# shellcheck disable=SC2086
printf '%s\n' $targets | xargs -P 2 -n 1 sh "$T/one"

result() { # result TARGET PART NAME
    if [ "$(cat "$T/$1.$2.status" 2> /dev/null)" = 0 ]; then
        pass "$3"
    else
        fail "$3" "$(grep -av 'NEW\|REDUCE\|pulse\|RELOAD\|^INFO\|^stat' "$T/$1.$2" | tail -n 60)" \
            "to repeat it: build/host/fuzz/$1 FILE, with the file that is named above"
    fi
}
for t in $targets; do
    kept=$(find "tests/fuzz/corpus/$t" "tests/fuzz/regress/$t" -type f 2> /dev/null | wc -l)
    result "$t" replay "$t: all $kept kept inputs do as they should"
    result "$t" run "$t: $seconds seconds of new ones as well"
done
finish
