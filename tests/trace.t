#!/bin/bash
# The event trace: /dev/trace, trace in Drupe, and the JSON that tools/trace makes for Perfetto.
. "$(dirname "$0")/lib/tap.sh"

for cpus in 1 2 4; do
    guest CPUS=$cpus 'trace -e switch,wake,syscall,exit sh -c "cat /nothing; cat /etc/none; true" 2> /err; cat /err; dmesg | grep harts'
    is "$status" 0 "CPUS=$cpus: a command under trace"
    like "$out" '*cat[[]*] open(*
*cat[[]*] open = -2
*cat[[]*] exit(1...*cat[[]*] ends, value 1, signal 0
*No such file*' "CPUS=$cpus: it shows what cat did, and the error"
    disorder=$(echo "$out" | awk '/^ *[0-9]+[.][0-9]+ [0-7] / { if ($1 < last) print; last = $1 }')
    is "$disorder" '' "CPUS=$cpus: the events of all harts come in order of time"
    other=$(echo "$out" | awk '/^ *[0-9]+[.][0-9]+ [0-7] / { seen[$2] } /^harts: / { n = $2 + 0 }
        END { for (h in seen) if (h >= n) print h " of " n }')
    is "$other" '' "CPUS=$cpus: there are no other harts than the machine has"
done

# On one hart whose clock is its instructions, sh is always waiting before cat is at its end.
guest CPUS=1 ICOUNT=0 RAM=1 'trace -e switch,wake sh -c "cat /etc/none; true" 2>&1'
like "$out" '*runs; sh is blocked: wait*wakes sh[[]*' 'sh waits and is woken'

guest CPUS=2 'trace -e exit crash null 2>&1'
is "$status" 139 'trace exits with the status of a command that is killed'
like "$out" '*crash[[]*ends, value 0, signal 11*' 'a signal ends it'
guest CPUS=2 'trace -e nothing true 2>&1'
is "$status$out" '1trace: -e nothing: unknown events (trace --help)' 'unknown events are refused'
guest CPUS=2 'trace -e exit trace -e exit true 2>&1'
like "$out" '*trace: somebody else is tracing*' 'one trace at a time'
guest CPUS=2 'trace -o /x sh -c "ps | grep trace | cut -c 1-5 | xargs kill -9"; trace -e exit true'
like "$out" '*true[[]*ends, value 0*' 'the session of a tracer that is killed is over'
guest CPUS=2 APPEND=trace=switch,block 'trace > /x; grep -c "init.1. runs" /x; grep -c "disk read" /x'
like "$out" "[1-9]*
[1-9]*" 'trace= records from boot on'
guest CPUS=2 APPEND=trace=switch,nonsense 'true'
like "$out" '*panic: boot argument trace=switch,nonsense*' 'trace= with unknown names says so'

# ---- JSON: what must hold of any trace
cat > "$T/check.pl" <<'END'
use strict; use warnings; use JSON::PP;
my ($file) = @ARGV;
open my $in, '<', $file or die "$file: $!\n";
my $all = decode_json(do { local $/; <$in> })->{traceEvents};
my (%run, %of, %nested, %open, %label, %count);
for my $e (@$all) {
    $count{$e->{ph}}++;
    die "an event without its fields: $e->{name}\n" if grep { !defined $e->{$_} } qw(ph ts pid tid name);
    die "negative: $e->{name}\n" if ($e->{dur} // 0) < 0 || $e->{ts} < 0;
    $label{$e->{pid}}{$e->{tid}} = $e->{args}{name} if $e->{ph} eq 'M' && $e->{name} eq 'thread_name';
    if ($e->{ph} eq 'b') { $open{$e->{id}}++ and die "request $e->{id} begins twice\n" }
    if ($e->{ph} eq 'e') { $open{$e->{id}}-- or die "request $e->{id} ends without a beginning\n" }
    next if $e->{ph} ne 'X';
    push @{$nested{"$e->{pid} $e->{tid}"}}, $e;
    next if $e->{pid} != 1 || $e->{name} !~ /\[(\d+)\]$/;
    push @{$run{$e->{tid}}}, $e;
    push @{$of{$1}}, $e if $1;
}
# one thread at a time on a hart, and a thread on one hart at a time; in microseconds, with one digit
for my $list (values %run, values %of) {
    my $end = 0;
    for my $e (sort { $a->{ts} <=> $b->{ts} } @$list) {
        die "$e->{name} runs on hart $e->{tid} at $e->{ts}, before the last has left\n" if $e->{ts} < $end - 0.15;
        $end = $e->{ts} + $e->{dur};
    }
}
# slices of a track lie beside or in each other
for my $list (values %nested) {
    my @stack;
    for my $e (sort { $a->{ts} <=> $b->{ts} || $b->{dur} <=> $a->{dur} } @$list) {
        pop @stack while @stack && $stack[-1] <= $e->{ts} + 0.15;
        my $end = $e->{ts} + $e->{dur};
        die "$e->{name} at $e->{ts} ends after what it is in\n" if @stack && $end > $stack[-1] + 0.15;
        push @stack, $end;
    }
}
die "hart $_ ran something and has no track\n" for grep { ($label{1}{$_} // '') ne "hart $_" } keys %run;
die "no such process as seq\n" unless grep { $_ eq 'seq' } values %{$label{2}};
die "no read of the disk\n" unless $count{b} && $count{e};
die "no wake-up\n" unless $count{i};
print scalar(@$all), " events\n";
END
for cpus in 1 2 4; do
    tools/trace -o "$T/trace.json" CPUS=$cpus 'seq 1 2000 | xargs -n 100 echo | wc; ls -l / | cat & ls -l / | cat > /out; wait; sync' > "$T/out" 2>&1
    is $? 0 "CPUS=$cpus: tools/trace exits with the command's status"
    is "$(grep -c missing "$T/out")" 0 "CPUS=$cpus: no event is lost"
    ok "CPUS=$cpus: the JSON parses, and no hart runs two threads, no thread on two harts" perl "$T/check.pl" "$T/trace.json"
done
tools/trace -o "$T/trace.json" EVENTS=exit 'exit 7' > "$T/out" 2>&1
is $? 7 'tools/trace: the status of a command that fails'
fsck_clean
finish
