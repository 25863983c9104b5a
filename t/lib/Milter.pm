# Milter.pm - the MTA's side of the milter protocol (version 6), enough to drive a milter octet by octet.
#
#   my $m = Milter->connect('inet', $port) or Milter->connect('unix', $path);
#   $m->negotiate(flags...)         returns [version, actions, steps]
#   $m->command('M', "<a\@b>\0")    sends, no reply read
#   $m->ask('M', "<a\@b>\0")        sends and returns the reply's letter and data
#   $m->macros('M', i => 'QID')
package Milter;
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;

use constant {
	NOCONNECT => 0x01, NOHELO => 0x02, NOMAIL => 0x04, NORCPT => 0x08, NOBODY => 0x10, NOHDRS => 0x20, NOEOH => 0x40, NR_HDR => 0x80,
	NOUNKNOWN => 0x100, NODATA => 0x200, SKIP => 0x400, RCPT_REJ => 0x800, NR_CONN => 0x1000, NR_HELO => 0x2000, NR_MAIL => 0x4000,
	NR_RCPT => 0x8000, NR_DATA => 0x10000, NR_UNKN => 0x20000, NR_EOH => 0x40000, NR_BODY => 0x80000, LEADSPC => 0x100000,
	ALL => 0x1FFFFF,
};

sub connect {
	my ($class, $kind, $where) = @_;
	my $s = $kind eq 'unix' ? IO::Socket::UNIX->new(Peer => $where) : IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $where);
	return unless $s;
	binmode $s;
	return bless { socket => $s }, $class;
}

sub raw { my ($m, $octets) = @_; $m->{socket}->syswrite($octets); return }

sub command { my ($m, $letter, $data) = @_; $data //= ''; $m->raw(pack('N', 1 + length $data) . $letter . $data); return }

sub octets {
	my ($m, $n) = @_;
	my $got = '';
	while (length $got < $n) {
		my $bits = '';
		vec($bits, fileno($m->{socket}), 1) = 1;
		select($bits, undef, undef, 15) or return;
		sysread($m->{socket}, $got, $n - length $got, length $got) or return;
	}
	return $got;
}

# (letter, data); () when the milter has closed the connection.
sub reply {
	my ($m) = @_;
	my $head = $m->octets(4) // return;
	my $body = $m->octets(unpack 'N', $head) // return;
	return (substr($body, 0, 1), substr($body, 1));
}

sub ask { my ($m, @c) = @_; $m->command(@c); return $m->reply }

# What a reply says, for tests: "c" continue, "a" accept, "y 550 5.1.1 text" ...
sub say {
	my ($m, @c) = @_;
	my ($letter, $data) = $m->ask(@c) or return 'closed';
	$data =~ tr/\0//d;
	return $data eq '' ? $letter : "$letter $data";
}

sub negotiate {
	my ($m, $steps, $version, $actions) = @_;
	my ($letter, $data) = $m->ask('O', pack 'NNN', $version // 6, $actions // 0x1FF, $steps // ALL);
	return unless defined $letter && $letter eq 'O';
	my @n = unpack 'NNN', $data;
	$m->{steps} = $n[2];
	return \@n;
}

sub macros { my ($m, $stage, @pairs) = @_; $m->command('D', $stage . join '', map { "$_\0" } @pairs); return }

# Is a reply expected for this step?
sub replies { my ($m, $no_reply) = @_; return !($m->{steps} & $no_reply) }

sub client {
	my ($m, $address) = @_;
	return $m->hello($address =~ /:/ ? '6' : '4', $address);
}

sub hello {
	my ($m, $family, $address) = @_;
	my $data = "client.example\0" . ($family eq 'U' ? 'U' : $family . pack('n', 4711) . "$address\0");
	$m->command('C', $data);
	return $m->replies(NR_CONN) ? ($m->reply)[0] : 'none';
}

# A whole message; returns what end of message says.
sub message {
	my ($m, $header, $body) = @_;
	my $data = $m->{steps} & NODATA ? 'c' : $m->say('T');
	return $data if $data ne 'c';
	for my $h (@$header) {
		$m->command('L', "$h->[0]\0$h->[1]\0");
		$m->reply if $m->replies(NR_HDR);
	}
	$m->command('N');
	$m->reply if $m->replies(NR_EOH);
	for my $piece ($body =~ /(.{1,65534})/gs) {
		$m->command('B', $piece);
		$m->reply if $m->replies(NR_BODY);
	}
	return $m->say('E');
}

1;
