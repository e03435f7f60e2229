#!/bin/bash
# CONFIG=release builds without a warning, boots, and costs what tests/bench/baseline.json says, counted in instructions;
# the same run prints the same numbers again.
. "$(dirname "$0")/lib/tap.sh"
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
ok 'CONFIG=release builds' make -s CONFIG=release all

bench() { # bench FILE: a whole run, console in a file
    tools/run CONFIG=release CPUS=1 ICOUNT=0 RAM=1 CONSOLE="$1" LIMIT=100 bench < /dev/null > "$T/said" 2>&1
}
ok 'bench runs on it' bench "$T/one"
ok 'and again' bench "$T/two"
ok 'two runs print the same bytes' cmp "$T/one" "$T/two"
ok 'no count is more than 10 % above tests/bench/baseline.json, nor above its budget without a reason there' \
    tools/bench --from "$T/one"
note "$(tools/bench --from "$T/one")"
sed 's/\("open": {"instructions": \)\([0-9]*\)/\11/' tests/bench/baseline.json > "$T/baseline" && cp "$T/baseline" tests/bench/baseline.json
tools/bench --from "$T/one" > "$T/worse"
is $? 1 'tools/bench fails when a count is above its baseline'
is "$(grep -c 'WORSE' "$T/worse")" 1 'and says which'

# The other tools work, with hardly anything to do: all that they measure is in their tables and JSON. No time is judged.
member() { perl -MJSON::PP -e 'undef $/; $x = decode_json(<STDIN>); eval "print scalar(@{[$ARGV[0]]}), qq(\\n)"' "$1" < "$2"; }
ok 'tools/bench-curves --quick' tools/bench-curves --quick
is "$(member 'grep { @{$_->{points}} >= 3 && defined $_->{exponent} && $_->{ratio} >= 1 } values %$x' build/bench/curves.json)" 13 \
    '13 curves with points, exponent and ratio'
# Harts on cores of their own: this taskset notes what the host says afterwards; this QEMU is a child of what was started.
mkdir "$T/bin" "$T/fail" "$T/without"
real=$(command -v taskset)
cat > "$T/bin/taskset" << END
#!/bin/sh
$real "\$@" && echo "\$(cat /proc/\$3/comm) \$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/\$3/status)" >> $T/pinned
END
cat > "$T/bin/qemu" << END
#!/bin/sh
${QEMU:-qemu-system-riscv64} "\$@"
END
printf '#!/bin/sh\necho "it is not allowed"\nexit 1\n' > "$T/fail/taskset"
chmod +x "$T"/bin/* "$T"/fail/*
for dir in $(echo "$PATH" | tr : ' '); do ln -s "$dir"/* "$T/without" 2> /dev/null; done
rm "$T/without/taskset"
two='CPUS=2 pinned to cores [0-9]* [0-9]*' most=2
[ "$(env -u OMP_NUM_THREADS nproc)" -ge 2 ] || { two='CPUS=2 not pinned: more harts than cores (1)' most=1; }
ok 'tools/bench-wall --quick' env PATH="$T/bin:$PATH" QEMU="$T/bin/qemu" SAMPLES=3 HARTS='1 2' LOCKS= tools/bench-wall --quick
like "$(sed -n 2p "$T/ok.out")" "Harts: CPUS=1 pinned to core [0-9]*; $two." 'it says that each hart has a core of its own'
said=$(cat "$T/ok.out")
is "$(tail -n $most "$T/pinned" | sort -u -k3 | grep -c '^CPU [0-9]*/TCG [0-9]*$')" $most 'so does the host'
is "$(member 'grep { $_->{1}{median} > 0 && @{$_->{2}{samples}} == 3 } values %{$x->{ns}}' build/bench/wall.json)" 11 \
    '11 operations in time, on 1 and 2 harts'
is "$(member 'grep { $_->{1}{1}{median} > 0 && $_->{2}{2}{median} > 0 } values %{$x->{work_a_second}}' build/bench/wall.json)" 7 \
    '7 kinds of work by one and by two at once'
is "$(member 'grep { $_ } $x->{pinned}{1}' build/bench/wall.json)" 1 'pinned, says the JSON'
cp build/bench/counts.txt "$T/counts"
ok 'tools/bench-wall --quick without taskset' env PATH="$T/without" SAMPLES=1 HARTS='1 2' LOCKS= tools/bench-wall --quick
like "$(sed -n 2p "$T/ok.out")" 'Harts: CPUS=1 not pinned: taskset is not installed; CPUS=2 not pinned: *' 'it says so'
if [ -s "$T/counts" ]; then
    ok 'instructions of all harts are the same in both runs' cmp "$T/counts" build/bench/counts.txt
    null=$(sed -n 's/^bench null \([0-9]*\) .*/\1/p' "$T/one")
    # two instructions are the loop's
    is "$(member "grep { abs(\$_ - 2 - $null) < 1 } \$x->{instructions}{null}{2}{1}" build/bench/wall.json)" 1 'a hart that idles adds none'
    is "$(member 'grep { $_->{1}{1} > 100 && $_->{2}{2} > 100 } values %{$x->{instructions}}' build/bench/wall.json)" 7 \
        '7 kinds of work in instructions'
else
    like "$said" '*No instructions here: QEMU [1-8].[0-9]* lets one hart run on*' 'no instructions of all harts: it says why'
    is "$(member 'grep { exists $_->{instructions} && !defined $_->{instructions} } $x' build/bench/wall.json)" 1 'so does the JSON'
fi
is "$(member 'grep { $_ } values %{$x->{pinned}}' build/bench/wall.json)" 0 'so does the JSON'
ok 'PIN=1 where it is not allowed' env PATH="$T/fail:$PATH" tools/run PIN=1 CONFIG=release CPUS=1 RAM=1 true
is "$(cat "$T/ok.out")" 'tools/run: harts not pinned: it is not allowed' 'it says so and goes on'
core=$(sed -n 's/^Cpus_allowed_list:.*[^0-9]//p' /proc/self/status)
ok 'PIN=1 where one core is allowed' taskset -c "$core" tools/run PIN=1 CONFIG=release CPUS=1 RAM=1 true
is "$(cat "$T/ok.out")" "tools/run: harts pinned to core $core" 'it is that one'
ok 'tools/bench-disk --quick' tools/bench-disk --quick
is "$(member 'grep { $_->{seconds} > 0 && $_->{reads} + $_->{writes} > 0 && $_->{most_in_flight} > 0 } values %$x' build/bench/disk.json)" 5 \
    '5 kinds of work on a disk, with its requests'
is "$(member 'grep { $_->{write_bytes} >= 4 << 20 } $x->{write}' build/bench/disk.json)" 1 'all 4 MiB were seen to go there'
is "$(member 'grep { $_->{read_bytes} >= 4 << 20 && $_->{reads} <= 45 } $x->{read}' build/bench/disk.json)" 1 \
    'and to come back, in large requests'
finish
