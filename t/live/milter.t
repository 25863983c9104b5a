#!/usr/bin/perl
# milter.t - mixgate-milter against our own milter client, with an LMTP server of this test behind lmtp.screen; the last
# part with a private Postfix (needs root; left out without, but not in CI).
use strict;
use warnings;
use Cwd 'abs_path';
use File::Temp 'tempdir';
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ':sys_wait_h';
use Test::More;
use Time::HiRes qw(sleep time);
my ($srcdir, $builddir);
BEGIN { $srcdir = $ENV{srcdir} // '.'; $builddir = $ENV{builddir} // '.' }
use lib "$srcdir/t/lib";
use Milter;

$SIG{PIPE} = 'IGNORE';
my $dir = tempdir('/tmp/mixgate-milter.XXXXXX', CLEANUP => 1);
chmod 0755, $dir;
my $socket = "$dir/milter.sock";
my $screen = "$dir/screen.sock";
my %pids;
END {
	local $?;
	kill 'TERM', keys %pids if %pids;
	waitpid $_, 0 for keys %pids;
	system "$srcdir/t/lib/postfix.sh", 'destroy', "$dir/pf" if -e "$dir/pf/env";
}

sub put { my ($name, $text) = @_; open my $f, '>', "$dir/$name.new" or die $!; print $f $text; close $f; rename "$dir/$name.new", "$dir/$name" or die $! }
sub slurp { my ($name) = @_; open my $f, '<', "$dir/$name" or return ''; local $/; return scalar <$f> }

sub config {
	my (%o) = @_;
	my $lmtp = $o{screen} ? "screen = \"unix:$screen\";" : '';
	put('mixgate.conf', <<CONF);
local = { mta_name = "MIXGATE"; domain = "gw.example"; gdi = "/PRMD=MIXGATE/ADMD=ACME/C=GB/"; or_address = "/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"; };
lmtp = { socket = "unix:$dir/lmtp.sock"; $lmtp spooldir = "$dir"; };
milter = { socket = "unix:$socket"; domains = ["more.example"]; trusted = ["192.0.2.0/24", "2001:db8::/32"]; timeout = 3; on_error = "${\($o{on_error} // 'tempfail')}"; };
peers = ( { name = "sink"; host = "127.0.0.1"; port = 1; } );
routes = "$dir/routes";
mapping = { or2rfc = ["$dir/mapping1"]; rfc2or = ["$dir/mapping2"]; };
journal = { path = "$dir/journal.db"; };
log = { target = "stderr"; level = "info"; };
CONF
}

put('mapping1', "PRMD\$WIDGET.ADMD\$ACME.C\$GB#x400.example#\nPRMD\$LOST.ADMD\$ACME.C\$GB#lost.example#\n");
put('mapping2', "x400.example#PRMD\$WIDGET.ADMD\$ACME.C\$GB#\nlost.example#PRMD\$LOST.ADMD\$ACME.C\$GB#\nback.example#PRMD\$BACK.ADMD\$ACME.C\$GB#\n");
put('routes', "PRMD\$WIDGET.ADMD\$ACME.C\$GB : peer=sink\nPRMD\$LOST.ADMD\$ACME.C\$GB : reject 5.1.2 gone\nPRMD\$BACK.ADMD\$ACME.C\$GB : smtp\n");

sub start {
	my $pid = fork // die $!;
	if (!$pid) {
		open STDERR, '>>', "$dir/milter.log";
		exec "$builddir/mixgate-milter", '--config', "$dir/mixgate.conf", '--foreground', '--pid', "$dir/milter.pid" or die $!;
	}
	$pids{$pid} = 1;
	wait_for(sub { IO::Socket::UNIX->new(Peer => $socket) }) or die "mixgate-milter does not start: " . slurp('milter.log');
	return $pid;
}
sub wait_for { my ($what, $seconds) = @_; my $end = time + ($seconds // 10); until ($what->()) { return 0 if time > $end; sleep 0.05 } return 1 }
sub stop { my ($pid) = @_; kill 'TERM', $pid; waitpid $pid, 0; delete $pids{$pid}; return $? }

# An LMTP server with a worker's manners: answers each final reply from a list, writes what it was sent to $dir/seen.
sub lmtp_server {
	my (@final) = @_;
	unlink $screen, "$dir/seen";
	my $listen = IO::Socket::UNIX->new(Local => $screen, Listen => 5) or die $!;
	my $pid = fork // die $!;
	if (!$pid) {
		local $SIG{TERM} = 'DEFAULT';
		POSIX::_exit(0) if @final && $final[0] eq 'down';
		while (my $c = $listen->accept) {
			open my $seen, '>>', "$dir/seen";
			$seen->autoflush(1);
			if (@final && $final[0] eq 'silent') { sleep 30; POSIX::_exit(0) }
			print $c "220 worker LMTP\r\n";
			my ($rcpt, $data) = (0, 0);
			while (defined(my $line = <$c>)) {
				print $seen $line;
				if ($data) {
					next if $line ne ".\r\n";
					$data = 0;
					print $c map { ($final[$_] // '250 2.0.0 ok') . "\r\n" } 0 .. $rcpt - 1;
					$rcpt = 0;
				} elsif ($line =~ /^LHLO/) { print $c "250-worker\r\n250-PIPELINING\r\n250-DSN\r\n250-SIZE 1000000\r\n250 XFORWARD ADDR IDENT\r\n" }
				elsif ($line =~ /^RCPT/) { $rcpt++; print $c "250 2.1.5 ok\r\n" }
				elsif ($line =~ /^DATA/) { $data = 1; print $c "354 go\r\n" }
				elsif ($line =~ /^QUIT/) { print $c "221 bye\r\n"; last }
				else { print $c "250 ok\r\n" }
			}
		}
		POSIX::_exit(0);
	}
	close $listen;
	$pids{$pid} = 1;
	return $pid;
}
sub end_server { my ($pid) = @_; kill 'KILL', $pid; waitpid $pid, 0; delete $pids{$pid} }

sub session {
	my ($client, $steps) = @_;
	my $m = Milter->connect('unix', $socket) or die "no milter";
	$m->negotiate($steps) or die "no negotiation";
	$client eq 'local' ? $m->hello('U') : $m->client($client);
	return $m;
}
my @header = ([Subject => ' hello'], [To => " a\n\tb"]);

# ---- addresses, without a dry run ----
config();
my $milter = start();
like(slurp('milter.pid'), qr/^\Q$milter\E$/, 'the pid file has the pid that reloads and stops');
{
	my $m = Milter->connect('unix', $socket);
	my $n = $m->negotiate;
	is($n->[1], 0, 'no action is asked for: nothing is ever changed');
	is($n->[2] & (Milter::NOHELO | Milter::NOUNKNOWN | Milter::NODATA | Milter::NOHDRS | Milter::NOEOH | Milter::NOBODY),
		Milter::NOHELO | Milter::NOUNKNOWN | Milter::NODATA | Milter::NOHDRS | Milter::NOEOH | Milter::NOBODY, 'without a dry run only addresses are sent here');
	is($n->[2] & (Milter::NR_MAIL | Milter::NR_RCPT), 0, 'MAIL and RCPT are answered');
	is($m->client('198.51.100.1'), 'none', 'connect needs no answer');
	is($m->say('M', "<joe\@mail.example>\0SIZE=100\0"), 'c', 'MAIL');
	is($m->say('R', "<alice\@mail.example>\0"), 'c', 'a recipient that is not X.400 passes');
	is($m->say('R', "<Jo.Bloggs\@x400.example>\0NOTIFY=NEVER\0"), 'c', 'a mapped and routed one passes');
	is($m->say('R', "<\"/G=Jo/S=Bloggs/PRMD=WIDGET/ADMD=ACME/C=GB/\"\@gw.example>\0"), 'c', 'O/R text at the gateway passes');
	is($m->say('R', "<postmaster\@gw.example>\0"), 'c', 'postmaster of the gateway is the business of the MTA');
	like($m->say('R', "</G=Jo/S=Bloggs/XX=WIDGET/C=GB/\@gw.example>\0"), qr/^y 550 5\.1\.[13] /, 'mistyped O/R text: 550 5.1.x');
	like($m->say('R', "<jo\@lost.example>\0"), qr/^y 550 5\.1\.2 .*gone/, 'a route that rejects: 550 5.1.2 with its text');
	like($m->say('R', "<a..b\@lost.example>\0"), qr/^y 550 5\.1\.2 .*gone/, 'a local part that lacks its quotes is X.400 too');
	like($m->say('R', "<\@relay.example:jo\@lost.example>\0"), qr/^y 550 5\.1\.2 .*gone/, 'behind a source route as well');
	like($m->say('R', "<jo\@back.example>\0"), qr/^y 550 5\.4\.6 /, 'a route that leads back: 550 5.4.6');
	like($m->say('R', "<jo\@more.example>\0"), qr/^y 5\d\d 5\.\d\.\d /, 'a domain of milter.domains that no table maps');
	like($m->say('R', "</G=100%s%n/XX=1/C=GB/\@gw.example>\0"), qr/^y 550 5\.1\.\d [^%]+$/, 'no % goes back: the MTA might format it');
	is($m->say('E'), 'a', 'end of message is accepted');
	is($m->say('M', "<>\0"), 'c', 'a second message on the same connection, null sender');
	is($m->say('R', "<jo\@x400.example>\0"), 'c', 'may write to X.400');
	$m->command('A');
	is($m->say('M', "<jo\@x400.example>\0"), 'y 550 5.7.1 a sender of X.400 address space from a client that may not use one: <jo@x400.example>',
		'a sender of X.400 space from an untrusted client: 550 5.7.1');
}
{
	my $m = session('192.0.2.77');
	is($m->say('M', "<jo\@x400.example>\0"), 'c', 'a client of milter.trusted may use one');
	$m = session('2001:db8::25');
	is($m->say('M', "<jo\@x400.example>\0"), 'c', 'over IPv6 too');
	$m = session('local');
	is($m->say('M', "<jo\@x400.example>\0"), 'c', 'so may a local submission');
	$m = session('198.51.100.1');
	$m->macros('M', '{auth_authen}', 'jo');
	is($m->say('M', "<jo\@x400.example>\0"), 'c', 'and who has said who he is');
	$m = session('198.51.100.1');
	is($m->say('M', "<j\xc3\xb6\@mail.example>\0SMTPUTF8\0"), 'c', 'a sender without X.400 form may write to others');
	is($m->say('R', "<alice\@mail.example>\0"), 'c', 'as here');
	like($m->say('R', "<jo\@x400.example>\0"), qr/^y 553 5\.1\.7 /, 'but not to X.400: 553 5.1.7');
}

# ---- hostile (A-13) and old MTAs (A-15) ----
for my $case (['length 0', pack('N', 0)], ['length 2^31-1', pack('N', 0x7fffffff) . 'O'], ['negative length', pack('N', 0xffffffff) . 'O'],
	['unknown command', pack('N', 1) . '?'], ['end of message first', pack('N', 1) . 'E'], ['recipient first', pack('N', 5) . "R<a>\0"],
	['header without NUL', pack('N', 13) . 'O' . pack('NNN', 6, 0x1ff, Milter::ALL) . pack('N', 4) . 'Labc']) {
	my $m = Milter->connect('unix', $socket);
	$m->raw($case->[1]);
	$m->{socket}->shutdown(1);
	1 while defined $m->octets(1);
	my $next = session('192.0.2.1');
	is($next->say('M', "<a\@mail.example>\0"), 'c', "after $case->[0] the next session is served");
}
{
	my $m = Milter->connect('unix', $socket);
	my $n = $m->negotiate(0x7f, 2, 0x3f);
	ok(!$n || $n->[0] <= 2, 'an MTA with protocol 2 gets version 2 or a clean end');
	if ($n) {
		is($m->hello('4', '198.51.100.1'), 'c', 'there connect has an answer');
		is($m->say('M', "<joe\@mail.example>\0"), 'c', 'and MAIL');
		like($m->say('R', "<jo\@lost.example>\0"), qr/^y 550 5\.1\.2/, 'and addresses are refused');
	}
}
{
	my @idle = map { session('192.0.2.1') } 1 .. 200;
	my $from = time;
	is(session('192.0.2.1')->say('M', "<a\@mail.example>\0"), 'c', 'with 200 idle connections one more is served');
	cmp_ok(time - $from, '<', 1, 'in less than a second (A-14)');
}

# ---- reload ----
put('mapping2', "x400.example#PRMD\$WIDGET.ADMD\$ACME.C\$GB#\nnot a rule\n");
kill 'HUP', $milter;
ok(wait_for(sub { slurp('milter.log') =~ /reload-failed.*mapping2:2/ }), 'a broken table is named with its line (A-17)');
is(session('198.51.100.1')->say('M', "<jo\@x400.example>\0") =~ /^y 550/, 1, 'and the last good set stays');
put('mapping2', "new.example#PRMD\$WIDGET.ADMD\$ACME.C\$GB#\n");
kill 'HUP', $milter;
ok(wait_for(sub { slurp('milter.log') =~ /: info reloaded/ }), 'a good one is taken');
{
	my $m = session('198.51.100.1');
	$m->say('M', "<joe\@mail.example>\0");
	is($m->say('R', "<jo\@new.example>\0"), 'c', 'the new domain is known');
	is(session('198.51.100.1')->say('M', "<jo\@new.example>\0") =~ /^y 550 5\.7\.1/, 1, 'to MAIL too');
}
put('mapping2', "x400.example#PRMD\$WIDGET.ADMD\$ACME.C\$GB#\n");

# ---- a child that dies ----
my ($child) = map { /^(\d+)$/ ? $1 : () } split /\n/, qx(ps -o pid= --ppid $milter | tr -d ' ');
kill 'KILL', $child;
ok(wait_for(sub { my $m = Milter->connect('unix', $socket) or return; $m->negotiate }), 'a child that crashed is started again');
like(slurp('milter.log'), qr/child-died/, 'and it is said');
my $from = time;
is(stop($milter), 0, 'it stops with status 0 (A-16)');
cmp_ok(time - $from, '<=', 10, 'within 10 s');
ok(!-e "$dir/milter.pid", 'the pid file is gone');

# ---- the dry run ----
config(screen => 1);
$milter = start();
{
	my $server = lmtp_server('250 2.1.5 could');
	my $m = session('192.0.2.9');
	is($m->{steps} & (Milter::NODATA | Milter::NOHDRS | Milter::NOBODY), 0, 'with a dry run the message is asked for');
	$m->say('M', "<joe\@mail.example>\0SIZE=10\0RET=HDRS\0ENVID=e+2B1\0AUTH=<>\0");
	$m->say('R', "<jo\@x400.example>\0NOTIFY=SUCCESS\0ORCPT=rfc822;jo\@x400.example\0");
	$m->macros('E', i => '4ZqK3z');
	is($m->message(\@header, ".dot\r\nbody\r\n"), 'a', 'what the worker could translate is accepted');
	wait_for(sub { slurp('seen') =~ /QUIT/ });
	is(slurp('seen'), join("\r\n", 'LHLO gw.example', 'XFORWARD ADDR=192.0.2.9 IDENT=4ZqK3z', 'MAIL FROM:<joe@mail.example> SIZE=41 RET=HDRS ENVID=e+2B1',
			'RCPT TO:<jo@x400.example> NOTIFY=SUCCESS ORCPT=rfc822;jo@x400.example', 'DATA', 'Subject: hello', 'To: a', "\tb", '', '..dot', 'body', '.', 'QUIT', ''),
		'the worker was shown envelope and message as they came');
	unlink "$dir/seen";
	$m->say('M', "<joe\@mail.example>\0");
	$m->say('R', "<jo\@x400.example>\0");
	$m->say('R', "<alice\@mail.example>\0");
	is($m->message(\@header, "x\r\n"), 'a', 'with a recipient that is not X.400 the message is let go at DATA');
	is(slurp('seen'), '', 'and nobody is asked');
	end_server($server);
}
{
	my $server = lmtp_server('554 5.6.0 no body part can carry it', '554 5.6.0 neither');
	my $m = session('192.0.2.9');
	$m->say('M', "<>\0");
	$m->say('R', "<jo\@x400.example>\0");
	is($m->message(\@header, "x\r\n"), 'y 554 5.6.0 no body part can carry it', 'what can never go is refused with the reason of the worker');
	end_server($server);
	$server = lmtp_server('554 5.6.0 no', '250 ok');
	$m->say('M', "<>\0");
	$m->say('R', "<jo\@x400.example>\0");
	$m->say('R', "<jim\@x400.example>\0");
	is($m->message(\@header, "x\r\n"), 'a', 'one recipient can have it: the other is for the MTA to bounce');
	end_server($server);
	$server = lmtp_server('451 4.4.1 peer is down');
	$m->say('M', "<>\0");
	$m->say('R', "<jo\@x400.example>\0");
	is($m->message(\@header, "x\r\n"), 'a', 'not now is no refusal: the queue of the MTA can wait');
	end_server($server);
}
{
	unlink $screen;
	my $m = session('192.0.2.9');
	$m->say('M', "<>\0");
	$m->say('R', "<jo\@x400.example>\0");
	like($m->message(\@header, "x\r\n"), qr/^y 451 4\.4\.1 /, 'no worker: on_error = tempfail says 451');
	my $server = lmtp_server('silent');
	$m->say('M', "<>\0");
	$m->say('R', "<jo\@x400.example>\0");
	my $start = time;
	like($m->message(\@header, "x\r\n"), qr/^y 451 4\.4\.2 /, 'a worker that says nothing: 451 at the deadline (A-4)');
	cmp_ok(time - $start, '<', 6, 'of milter.timeout');
	end_server($server);
	config(screen => 1, on_error => 'accept');
	kill 'HUP', $milter;
	wait_for(sub { (() = slurp('milter.log') =~ /: info reloaded/g) >= 2 });
	unlink $screen;
	$m->say('M', "<>\0");
	$m->say('R', "<jo\@x400.example>\0");
	is($m->message(\@header, "x\r\n"), 'a', 'on_error = accept lets it pass');
}
{
	my $server = lmtp_server();
	my $m = session('192.0.2.9');
	for my $n (1 .. 50) {
		$m->say('M', "<s$n\@mail.example>\0");
		$m->say('R', "<r$n\@x400.example>\0");
		$n % 5 ? $m->message([[Subject => " mark$n"]], "body$n" x 1000 . "\r\n") : $m->command('A');
	}
	my $seen = slurp('seen');
	my @mails = split /LHLO/, $seen;
	my $mixed = grep { my %n = map { $_ => 1 } /(?:<s|<r|mark|body)(\d+)/g; keys %n > 1 } @mails;
	is(scalar(@mails) - 1, 40, '50 messages on one connection, ten of them aborted: 40 dry runs');
	is($mixed, 0, 'nothing of one is in another (A-7)');
	my @left = glob "$dir/mixgate*";
	is(scalar(grep { !/mixgate\.conf$/ } @left), 0, 'no temporary file is left');
	end_server($server);
}
stop($milter);

# ---- Postfix ----
SKIP: {
	my $why = $> != 0 ? 'needs root' : !-x '/usr/sbin/postfix' ? 'needs Postfix' : undef;
	BAIL_OUT($why) if $why && ($ENV{CI} // '') eq 'true';
	skip $why, 8 if $why;
	config(screen => 1);
	put('mapping2', "x400.example#PRMD\$WIDGET.ADMD\$ACME.C\$GB#\nlost.example#PRMD\$LOST.ADMD\$ACME.C\$GB#\n");
	$milter = start();
	my $server = lmtp_server('250 2.1.5 could');
	my $pf = "$srcdir/t/lib/postfix.sh";
	mkdir "$dir/pf";
	chmod 0755, "$dir/pf";
	$ENV{PF_MILTER} = "unix:$socket";
	$ENV{PF_TRANSPORT} = "x400.example discard:\ngw.example discard:\nlost.example discard:";
	is(system($pf, 'create', "$dir/pf") | system($pf, 'start', "$dir/pf"), 0, 'a private Postfix with this milter');
	my ($port) = slurp('pf/env') =~ /PF_SUBMIT_PORT=(\d+)/;
	my $smtp = sub {
		my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10) or return 'no connection';
		my $last = '';
		<$s>;
		for my $line (@_) {
			print $s "$line\r\n";
			do { $last = <$s> // 'closed' } while $last =~ /^\d+-/;
			last if $last !~ /^[23]/;
		}
		$last =~ s/\r?\n//;
		return $last;
	};
	like($smtp->('EHLO x', 'MAIL FROM:<joe@mail.example>', 'RCPT TO:<jo@x400.example>', 'DATA', "Subject: x\r\n\r\nhello\r\n."), qr/^250 2\.0\.0 /, 'Postfix: passes');
	like(slurp('seen'), qr/^XFORWARD ADDR=127\.0\.0\.1 IDENT=\w+\r$/m, 'the worker is told client and queue id');
	like(slurp('seen'), qr/\r\n\r\nhello\r\n\.\r\n/, 'and shown the message');
	like($smtp->('EHLO x', 'MAIL FROM:<joe@mail.example>', 'RCPT TO:<jo@lost.example>'), qr/^550 5\.1\.2 .*gone/, 'Postfix: a route that rejects');
	like($smtp->('EHLO x', 'MAIL FROM:<joe@mail.example>', 'RCPT TO:<100%d@lost.example>'), qr/^550 5\.1\.2 .*lost\.example/, 'Postfix: what only encapsulation could carry has no route');
	like($smtp->('EHLO x', 'MAIL FROM:<joe@mail.example>', 'RCPT TO:</G=Jo/S=100%d/XX=1/C=GB/@gw.example>'), qr/^550 5\.1\.\d [^%]*$/, 'Postfix: a bad address is refused at RCPT');
	like($smtp->('EHLO x', 'MAIL FROM:<jo@x400.example>', 'RCPT TO:<alice@mail.example>'), qr/^550 5\.7\.1 /, 'Postfix: and a stranger who calls himself an X.400 user');
	unlike(slurp('pf/mail.log'), qr/warning: milter|fatal/, 'Postfix has no complaint about the milter');
	end_server($server);
	stop($milter);
}
my $reply = qx($builddir/mixgate-milter --help);
like($reply, qr/--config.*--foreground.*--pid/s, '--help names the options');
unlike(slurp('milter.log'), qr/ERR_BUG|Sanitizer|runtime error/, 'no bug was seen');
put('mixgate.conf', "milter = { socket = \"x\"; };\nnonsense = 1;\n");
isnt(system("$builddir/mixgate-milter --config $dir/mixgate.conf --check 2>$dir/check.out"), 0, '--check refuses a bad file');
like(slurp('check.out'), qr/mixgate\.conf:\d+/, 'and names the line');
done_testing;
