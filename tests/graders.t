#!/usr/bin/perl
# Graders written for other teaching kernels: one that boots with make qemu-nox and types at the prompt; and one that starts
# make -s qemu-gdb, speaks gdb's remote protocol itself, stops at a function by its line in kernel/kernel.sym, types a
# command at each prompt, and ends make with SIGTERM.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use IPC::Open2;
use Time::HiRes qw(time);

chdir dirname(abs_path($0)) . '/..' or die;
delete @ENV{qw(CPUS MEM CPU APPEND RAM QEMUEXTRA ICOUNT CONSOLE KERNEL BLKDEBUG IMG MAKEFLAGS MAKELEVEL MFLAGS LAB TEST)};
$ENV{SNAPSHOT} = 1;
$ENV{IMG} = tempdir(CLEANUP => 1) . '/fs.img';
chomp(my $config = `cut -d' ' -f1 build/config`);
system('build/host/mkfs', $ENV{IMG}, glob "build/$config/disk/*") == 0 or exit 2;
$ENV{NO_INSTALL} = 1;
my $limit = $ENV{DRUPE_TIMEOUT} || 300;
my ($count, $bad) = (0, 0);
sub ok {
    my ($good, $name, @why) = @_;
    print $good ? '' : 'not ', 'ok ', ++$count, " - $name\n";
    return if $good;
    $bad++;
    for (@why) { print "# $_\n" for split /\n/ }
}

# ---- a machine under make: what it says is in $said
my ($make, $in, $out, $said, $seen);
sub start {
    $make = open2($out, $in, 'make', @_);
    ($said, $seen) = ('', 0);
}
sub await { # wait for text behind what has been waited for; whether it came
    my ($text) = @_;
    my $end = time + $limit;
    for (;;) {
        my $at = index $said, $text, $seen;
        if ($at >= 0) { $seen = $at + length $text; return 1 }
        return 0 if time > $end;
        next if !IO::Select->new($out)->can_read(1);
        sysread($out, $said, 4096, length $said) or return 0;
    }
}
sub type { syswrite $in, $_[0] }
sub children { # the processes that $make started
    my @found;
    for (glob '/proc/[0-9]*/stat') {
        open(my $f, '<', $_) or next;
        push @found, $1 if (<$f> // '') =~ /^(\d+) .*\) \S $make /;
    }
    return @found;
}
sub ended { # whether the process has ended, some time from now
    my ($pid) = @_;
    for (my $end = time + $limit; time < $end; select(undef, undef, undef, 0.05)) { return 1 if !kill 0, $pid }
    return 0;
}
END { kill 'KILL', children(), $make if $make }

start('-s', 'CPUS=1', 'qemu-nox');
ok(await("init: starting sh\n"), 'make CPUS=1 qemu-nox boots', $said);
ok(await('$ '), 'and prompts', $said);
type("echo one; echo two\n");
ok(await("one\ntwo\n\$ "), 'a typed command prints bare lines, and the prompt comes again', $said);
my ($qemu) = children();
type("\001x");
ok(ended($qemu), 'Ctrl-a x leaves');
waitpid $make, 0;
$make = 0;

# ---- gdb's remote protocol
my $gdb;
sub packet { my ($text) = @_; return sprintf '$%s#%02x', $text, unpack('%8C*', $text) }
sub reply { # the next packet, acknowledged
    my $text = '';
    while ($text !~ /\$([^#]*)#../) {
        IO::Select->new($gdb)->can_read($limit) && sysread($gdb, $text, 4096, length $text) or return 'nothing';
    }
    syswrite $gdb, '+';
    $text =~ /\$([^#]*)#../;
    return $1;
}
sub ask { syswrite $gdb, packet($_[0]); return reply() }

my %address;
open(my $sym, '<', 'kernel/kernel.sym') or die;
while (<$sym>) { $address{$2} = $1 if /^([0-9a-f]{16}) (\S+)$/ }
ok($address{sys_mkdir}, 'kernel/kernel.sym: 16 hex digits, a blank, a name');

chomp(my $port = `make -s print-gdbport`);
ok($port =~ /^\d+$/, 'make print-gdbport prints a number', $port);
start('-s', 'CPUS=1', 'qemu-gdb');
for (my $end = time + $limit; !$gdb && time < $end; select(undef, undef, undef, 0.05)) {
    $gdb = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
}
ok($gdb, "make -s qemu-gdb listens at port $port");
if ($gdb) {
    my $stop = ask('?');
    ok($stop =~ /^[ST]/, 'the machine is stopped', $stop);
    my $set = ask("Z1,$address{sys_mkdir},2");
    ok($set eq 'OK', 'a breakpoint at a function of the kernel', $set);
    syswrite $gdb, packet('c');
    ok(await('$ '), 'it goes on, to the prompt', $said);
    type("echo fir''st\n");
    ok(await("first\n\$ "), 'commands are typed and run', $said);
    type("mkdir /made\n");
    my $hit = reply();
    ok($hit =~ /^[ST]05/, 'one that gets to the function stops the machine', $hit);
    my $registers = ask('g');
    my $pc = unpack 'H*', reverse pack 'H*', substr $registers, 32 * 16, 16;
    ok($pc eq $address{sys_mkdir}, 'there', "pc $pc, $address{sys_mkdir} wanted");
    ask("z1,$address{sys_mkdir},2");
    syswrite $gdb, packet('c');
    ok(await('$ '), 'and it goes on', $said);
}
($qemu) = children();
kill 'TERM', $make;
waitpid $make, 0;
ok($qemu && ended($qemu), 'SIGTERM to make ends the machine');
$make = 0;
print "1..$count\n";
exit($bad > 0);
