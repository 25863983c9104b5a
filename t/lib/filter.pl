#!/usr/bin/perl
# filter.pl - a milter that does nothing but say yes or no at the end of each message, for tests of a chain.
#   filter.pl PORT FILE      FILE: "451 4.7.1 text" to say that; absent or empty: continue.  FILE.seen gets a line a message
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $file) = @ARGV;
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 50, ReuseAddr => 1) or die "listen: $!\n";
$SIG{CHLD} = 'IGNORE';

sub octets {
	my ($s, $n) = @_;
	my $got = '';
	while (length $got < $n) { sysread($s, $got, $n - length $got, length $got) or exit 0 }
	return $got;
}
sub say_to { my ($s, $letter, $data) = @_; syswrite $s, pack('N', 1 + length $data) . $letter . $data; return }
sub decide {
	my ($s) = @_;
	my $answer = '';
	if (open my $f, '<', $file) { $answer = <$f> // ''; chomp $answer }
	open my $seen, '>>', "$file.seen";
	print $seen ($answer eq '' ? "continue\n" : "$answer\n");
	close $seen;
	return $answer eq '' ? say_to($s, 'c', '') : say_to($s, 'y', "$answer\0");
}

while (my $s = $listen->accept) {
	next if fork;
	close $listen;
	for (;;) {
		my ($letter, $data) = octets($s, unpack 'N', octets($s, 4)) =~ /^(.)(.*)/s;
		if ($letter eq 'O') { say_to($s, 'O', pack 'NNN', 6, 0, 0x7f | 0x300 & (unpack 'NNN', $data)[2]) } # no step but the end of the message
		elsif ($letter eq 'E') { decide($s) }
		elsif ($letter eq 'Q') { exit 0 }
		elsif ($letter !~ /[ADK]/) { say_to($s, 'c', '') }
	}
}
