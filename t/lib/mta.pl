#!/usr/bin/perl
# mta.pl - a stand-in MTA: a sender that behaves like an MTA's queue, and an SMTP server that keeps what it is given.
#   mta.pl lmtp PORT COUNT PARALLEL FROM TO    sends COUNT numbered messages by LMTP until each had its 250; a message that
#                                               was answered by 4xx, or not at all, comes again, octet for octet
#   mta.pl smtpd PORT FILE [nodsn]              accepts mail for ever; the first word of the Subject of each accepted message
#                                               is a line of FILE; DSNs are lines "DSN" with their Action fields.  A local
#                                               part "no..." is 550, "later..." is 450 at RCPT; a Subject "never..." is 554,
#                                               "hang..." waits 20 s at the dot, "slow..." 2 s; the 101st recipient of a
#                                               transaction ends the connection, as Postfix does in the end; nodsn: the extension is not offered
#                                               Whole DSNs are added to the file KEEP_DSN, other mail to KEEP_MAIL, if these are set
#   mta.pl children PID                        the pids of the children of PID
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;
use POSIX ();

sub reply {
	my ($s) = @_;
	my $code;
	while (defined(my $line = <$s>)) {
		return $1 if $line =~ /^(\d{3}) /;
	}
	return 0; # closed
}

sub send_one {
	my ($port, $from, $to, $n) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) or return 0;
	local $SIG{ALRM} = sub { close $s };
	alarm 30;
	# the Received field is what the MTA's queue file has: the same at each attempt
	my $text = "Received: by queue.example; id $n\r\nFrom: <$from>\r\nTo: <$to>\r\nSubject: mark-$n\r\nMessage-ID: <mark-$n\@queue.example>\r\n"
		. "Date: Tue, 05 Mar 2024 09:15:20 +0000\r\n\r\nThis is message mark-$n\r\n" . ("x" x 70 . "\r\n") x 20;
	my $code = 0;
	my @steps = ('', "LHLO queue.example\r\n", "MAIL FROM:<$from> ENVID=e$n\r\n", "RCPT TO:<$to> NOTIFY=FAILURE\r\n", "DATA\r\n", "$text.\r\n");
	my @want = (220, 250, 250, 250, 354, 250);
	for my $i (0 .. $#steps) {
		print $s $steps[$i] or last;
		$s->flush;
		$code = reply($s);
		last if $code != $want[$i];
	}
	alarm 0;
	print $s "QUIT\r\n" if $code;
	close $s;
	return $code == 250;
}

sub lmtp {
	my ($port, $count, $parallel, $from, $to) = @_;
	$SIG{PIPE} = 'IGNORE';
	for my $p (0 .. $parallel - 1) {
		next if fork;
		for (my $n = $p; $n < $count; $n += $parallel) {
			until (send_one($port, $from, $to, $n)) {
				select undef, undef, undef, 0.05;
			}
		}
		POSIX::_exit(0);
	}
	1 while wait > 0;
}

sub serve {
	my ($c, $out, $nodsn) = @_;
	my ($data, $mark, $from, $actions, $rcpts, $text) = (0, '', '', '', 0, '');
	print $c "220 capture ESMTP\r\n";
	while (defined(my $line = <$c>)) {
		if ($data) {
			if ($line =~ /^\.\r\n/) {
				sleep 20 if $mark =~ /^hang/;
				sleep 2 if $mark =~ /^slow/;
				if ($mark =~ /^never/) {
					print $c "554 5.6.0 never this\r\n";
				} else {
					syswrite $out, ($from eq '' ? "DSN$actions" : $mark) . "\n";
					my $keep = $from eq '' ? $ENV{KEEP_DSN} : $ENV{KEEP_MAIL};
					if ($keep) { open my $k, '>>', $keep or die "$keep: $!"; print $k $text }
					print $c "250 2.0.0 Ok: queued as CAPTURE\r\n";
				}
				($data, $mark, $actions, $text) = (0, '', '', '');
				next;
			}
			$text .= $line if $ENV{KEEP_DSN} || $ENV{KEEP_MAIL};
			if ($mark eq '' && $line =~ /^Subject: (\S+)/) {
				$mark = $1;
			} elsif ($line =~ /^Action: (\S+)/) {
				$actions .= " $1";
			}
		} elsif ($line =~ /^EHLO/i) { print $c "250-capture\r\n250-PIPELINING\r\n" . ($nodsn ? '' : "250-DSN\r\n") . "250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n";
		} elsif ($line =~ /^RCPT/i && ++$rcpts > 100) { print $c "421 4.7.0 too many recipients\r\n"; last;
		} elsif ($line =~ /^RCPT TO:<"?no/i) { print $c "550 5.1.1 no such user\r\n";
		} elsif ($line =~ /^RCPT TO:<"?later/i) { print $c "450 4.2.1 come later\r\n";
		} elsif ($line =~ /^MAIL FROM:<(.*?)>/i) { $from = $1; $rcpts = 0; print $c "250 2.1.0 Ok\r\n";
		} elsif ($line =~ /^DATA/i) { $data = 1; print $c "354 go\r\n";
		} elsif ($line =~ /^QUIT/i) { print $c "221 2.0.0 Bye\r\n"; last;
		} else { print $c "250 2.0.0 Ok\r\n"; }
	}
}

sub smtpd {
	my ($port, $file, $nodsn) = @_;
	my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 128, ReuseAddr => 1) or die "listen: $!\n";
	open my $out, '>>', $file or die "$file: $!\n";
	$SIG{CHLD} = 'IGNORE';
	setpgrp;
	$SIG{TERM} = sub { kill 'KILL', -$$ }; # with all its connections
	while (1) {
		my $c = $s->accept or next;
		if (!fork) { close $s; $c->autoflush(1); serve($c, $out, $nodsn); POSIX::_exit(0); }
		close $c;
	}
}

my $verb = shift // '';
if ($verb eq 'lmtp') { lmtp(@ARGV) }
elsif ($verb eq 'smtpd') { smtpd(@ARGV) }
elsif ($verb eq 'children') { print join("\n", grep { $_ } split ' ', do { local (@ARGV, $/) = "/proc/$ARGV[0]/task/$ARGV[0]/children"; <> }), "\n" }
else { die "mta.pl lmtp|smtpd|children ...\n" }
