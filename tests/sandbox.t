#!/bin/bash
# tools/sandbox: what runs in it sees nothing, reaches nothing, and ends. No machine is started.
. "$(dirname "$0")/lib/tap.sh"
chmod 755 "$T"
mkdir "$T/seen" "$T/mine"
echo visible > "$T/seen/file"
cp "$T/seen/file" "$T/secret"
box() { timeout 600 tools/sandbox "$@" > "$T/out" 2> "$T/err"; status=$?; out=$(cat "$T/out") err=$(tail -n 1 "$T/err"); }

for way in bwrap unshare limits; do
    export SANDBOX=$way
    box true
    if [ "$status" = 125 ] || [ "$status" != 0 ]; then skip "$way" "does not work here: $err"; continue; fi

    box sh -c 'echo out; echo err >&2; exit 7'
    is "$out/$err/$status" out/err/7 "$way: output, errors and status come through"
    box sh -c 'kill -SEGV $$'
    is "$status" 139 "$way: the signal that ended it"
    box --read "$T/seen" --write "$T/mine" sh -c 'cat "$1/seen/file"; echo x > "$1/mine/new"' - "$T"
    is "$out $(cat "$T/mine/new")" 'visible x' "$way: what --read and --write name"
    rm -f "$T/mine/new"
    box id -u
    if [ "$(id -u)" = 0 ]; then ok "$way: not as root" [ "$out" != 0 ]; else pass "$way: not as root"; fi
    box sh -c 'grep CapEff /proc/self/status'
    is "${out##*[!0]}" "${out#*	}" "$way: without privileges"

    # limits
    box --wall 2 sh -c 'trap "" TERM HUP INT; sleep 1000'
    is "$status $err" '124 sandbox: time limit of 2 s' "$way: an end in time, though it ignores signals"
    box --wall 2 sh -c 'exec > /dev/null 2>&1; sleep 1000'
    is "$status" 124 "$way: or closes its output"
    box --cpu 1 --wall 600 sh -c 'while :; do :; done'
    is "$status" 152 "$way: an end after so much processor time"
    box --output 10000 sh -c 'yes 2> /dev/null'
    is "$status $(wc -c < "$T/out") $err" '123 10000 sandbox: more than 10000 bytes of output' "$way: an end to output"
    box --memory 50 perl -e '$x = "x" x 200_000_000; sleep 1000'
    is "$status $err" '122 sandbox: more than 50 MiB of memory' "$way: an end to memory"
    box --memory 150 perl -e 'for (1 .. 5) { last if !fork } $x = "x" x 40_000_000; sleep 1000'
    is "$status $err" '122 sandbox: more than 150 MiB of memory' "$way: of all processes together"
    box --processes 20 perl -e 'while () { fork }'
    is "$status $err" '121 sandbox: more than 20 processes' "$way: an end to processes"
    box --file 2 --write "$T/mine" sh -c 'head -c 5000000 /dev/zero > "$1/mine/long"; wc -c < "$1/mine/long"' - "$T"
    is "$out" 2097152 "$way: no file is longer"
    rm -f "$T/mine/long"

    # what it starts ends with it: the same command, which nobody else runs
    box perl -e 'for (1 .. 5) { if (!fork) { setpgrp; $0 = "'"drupe-left-$$"'"; close STDOUT; close STDERR; sleep 1000 } } sleep 1'
    ps -eo args > "$T/running" # who has been killed may take a moment to go
    for try in $(seq 600); do
        grep -q "^drupe-left-$$" "$T/running" || break
        sleep 0.1
        ps -eo args > "$T/running"
    done
    is "$(grep -c "^drupe-left-$$" "$T/running")" 0 "$way: nothing goes on running"

    [ $way != limits ] || continue
    box sh -c 'ls "$1" /home /root /srv 2> /dev/null; ls /; ls /tmp' - "$T"
    is "$(echo "$out" | grep -v -x -e bin -e dev -e etc -e lib -e 'lib[0-9]*' -e proc -e sbin -e sys -e tmp -e usr -e "$(basename "$T")" | paste -sd' ')" \
        '' "$way: it sees only the system"
    box --read "$T/seen" sh -c 'echo x > "$1/seen/file"; echo x > /usr/drupe-x; echo x > /etc/drupe-x; cat "$1/secret"' - "$T"
    is "$out$(cat "$T/seen/file")" visible "$way: --read is for reading only"
    box sh -c 'tail -n +3 /proc/net/dev | grep -v lo: | wc -l; ls -d /proc/[0-9]* | wc -l'
    is "$(echo "$out" | head -n 1)" 0 "$way: it has no network"
    ok "$way: it sees no processes but its own" [ "$(echo "$out" | tail -n 1)" -lt 10 ]
    box --tmp 5 sh -c 'for d in /tmp /dev/shm; do head -c 20000000 /dev/zero > $d/x; wc -c < $d/x; done'
    is "$(echo "$out" | awk '$1 > 5242880' | wc -l)" 0 "$way: /tmp is no larger than --tmp, nor is /dev/shm"
    box sh -c 'for d in / /dev /etc /sys /proc /dev/pts /usr; do touch $d/drupe-x 2> /dev/null && echo $d; done'
    is "$out" '' "$way: and nothing can be put anywhere else"
    box --read "$PWD/tools/sandbox" sh -c 'unset SANDBOX; "$1" --wall 5 sh -c "echo within; exit 3"' - "$PWD/tools/sandbox"
    # bubblewrap covers parts of /proc for root, and so there is no other within it: why root takes unshare
    if [ "$way$(id -u)" = bwrap0 ]; then pass "$way: a sandbox in a sandbox"; else is "$out $status" 'within 3' "$way: a sandbox in a sandbox"; fi
done
unset SANDBOX
SANDBOX=none box true
is "$status $err" '125 sandbox: SANDBOX=none is unknown' 'without a sandbox, nothing runs'
finish
