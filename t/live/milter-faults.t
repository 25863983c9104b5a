#!/usr/bin/perl
# milter-faults.t - what a broken, old or crowded MTA does to mixgate-milter: REL-013, REL-014, REL-015 of the fault table.
use strict;
use warnings;
use File::Temp 'tempdir';
use IO::Socket::UNIX;
use Test::More;
use Time::HiRes qw(sleep time);
my ($srcdir, $builddir);
BEGIN { $srcdir = $ENV{srcdir} // '.'; $builddir = $ENV{builddir} // '.' }
use lib "$srcdir/t/lib";
use Milter;

# 4,000 descriptors here and in the milter
if (!$ENV{FAULTS_LIMIT}) {
	$ENV{FAULTS_LIMIT} = 1;
	exec 'sh', '-c', 'ulimit -n 9000 2>/dev/null; exec "$0" "$@"', $^X, $0 or die $!;
}
$SIG{PIPE} = 'IGNORE';
my $dir = tempdir('/tmp/mixgate-faults.XXXXXX', CLEANUP => 1);
my $socket = "$dir/milter.sock";
sub put { my ($name, $text) = @_; open my $f, '>', "$dir/$name" or die $!; print $f $text; close $f }
sub slurp { my ($name) = @_; open my $f, '<', $name or return ''; local $/; return scalar <$f> }
put('mapping2', "x400.example#PRMD\$WIDGET.ADMD\$ACME.C\$GB#\n");
put('mixgate.conf', <<CONF);
local = { mta_name = "MIXGATE"; domain = "gw.example"; gdi = "/PRMD=MIXGATE/ADMD=ACME/C=GB/"; or_address = "/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"; };
lmtp = { socket = "unix:$dir/lmtp.sock"; carry = "unix:$dir/carry.sock"; spooldir = "$dir"; };
milter = { socket = "unix:$socket"; carry = "all"; timeout = 3; };
peers = ( { name = "sink"; host = "127.0.0.1"; port = 1; } );
mapping = { compiled = "$dir/tables.tbl"; rfc2or = ["$dir/mapping2"]; };
journal = { path = "$dir/journal.db"; };
log = { target = "stderr"; level = "info"; };
CONF
my $pid = fork // die $!;
if (!$pid) {
	open STDERR, '>>', "$dir/milter.log";
	exec "$builddir/mixgate-milter", '--config', "$dir/mixgate.conf", '--foreground' or die $!;
}
END { if ($pid) { local $?; kill 'TERM', $pid; waitpid $pid, 0 } }
for (1 .. 200) { last if IO::Socket::UNIX->new(Peer => $socket); sleep 0.05 }

sub child { my ($c) = split ' ', slurp("/proc/$pid/task/$pid/children"); return $c }
sub resident { return slurp('/proc/' . child() . '/status') =~ /VmRSS:\s+(\d+)/ ? $1 : 0 }
sub session { my $m = Milter->connect('unix', $socket) or return; $m->negotiate or return; return $m }
sub serves {
	my ($what) = @_;
	my $start = time;
	my $m = session() or return fail("$what: a new session is served: $! " . slurp("$dir/milter.log"));
	$m->client('192.0.2.1');
	my $answer = $m->say('M', "<joe\@mail.example>\0");
	return ok($answer eq 'c' && time - $start < 1, "$what: a new session is served in less than a second") || diag "answer $answer after " . (time - $start);
}

serves('at first');
my $child = child();
# ---- REL-013 ----
my %broken = (
	'length 0' => pack('N', 0) . 'O', 'length 2^31-1' => pack('N', 0x7fffffff) . 'O', 'negative length' => pack('N', 0xffffffff) . 'O',
	'2 GB announced' => pack('N', 2**31) . 'B' . 'x' x 1000, 'garbage' => join('', map { chr int rand 256 } 1 .. 5000),
	'commands in the wrong order' => pack('N', 1) . 'E' . pack('N', 1) . 'N', 'an unknown command' => pack('N', 1) . '!',
	'a header without NUL' => pack('N', 5) . 'Labcd',
);
my $before = resident();
for my $name (sort keys %broken) {
	my @all = map { my $m = $name =~ /header|order/ ? session() : Milter->connect('unix', $socket); $m->raw($broken{$name}) if $m; $m } 1 .. 20;
	serves("REL-013 $name");
}
is(child(), $child, 'REL-013: the process is the same');
cmp_ok(resident() - $before, '<', 20000, 'REL-013: and has not grown');
# ---- REL-015 ----
{
	my $m = Milter->connect('unix', $socket);
	my $n = $m->negotiate(Milter::ALL, 6, 0x1FF & ~0x08);
	ok($n, 'REL-015: an MTA without DELRCPT gets an answer') or diag 'closed';
	is($n && $n->[1], 0, 'REL-015: no action is asked for');
	like(slurp("$dir/milter.log"), qr/cannot-carry missing=SMFIF_DELRCPT/, 'REL-015: and the log names what is missing');
	$m->client('192.0.2.1');
	is($m->say('M', "<joe\@mail.example>\0"), 'c', 'REL-015: mail is taken');
	is($m->say('R', "<jo\@x400.example>\0"), 'c', 'REL-015: for X.400 too');
	is($m->message([['Message-ID', ' <a@b>']], "x\r\n"), 'a', 'REL-015: and left to the queue');
	my $old = Milter->connect('unix', $socket);
	my $v = $old->negotiate(0x7f, 2, 0x3f);
	ok($v, 'REL-015: an MTA of protocol 2 is answered');
	is($v && $v->[0], 2, 'REL-015: in version 2');
}
# ---- REL-014 ----
my $calm = resident();
my @idle = grep { defined } map { session() } 1 .. 4000;
is(scalar @idle, 4000, 'REL-014: 4,000 connections that say nothing more');
serves('REL-014');
cmp_ok(resident() - $calm, '<', 40000, 'REL-014: in less than 10 kB each') or diag resident() - $calm;
diag 'REL-014: ' . (resident() - $calm) . ' kB for 4,000 connections';
@idle = ();
# ---- REL-016 ----
my $start = time;
kill 'TERM', $pid;
waitpid $pid, 0;
is($?, 0, 'REL-016: stops with status 0');
cmp_ok(time - $start, '<', 12, 'REL-016: within ten seconds');
undef $pid;
done_testing;
