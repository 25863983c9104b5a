#!/usr/bin/perl
# badns.pl - a name server that does one thing wrong; badns.pl MODE prints its port and serves until it is killed.
#
#   mute      takes questions and says nothing (UDP and TCP)
#   tcp-mute  says "truncated" by UDP, then takes the TCP connection and says nothing
#   tcp-drip  the same, but sends an octet a second
#   spoof     first answers with another id, another question, another type and a name that points at itself, then a good one
#   garbage   1,000 datagrams of noise that carry the right id, then nothing
#   servfail, refused, nxdomain        that, always
#   long      by TCP, an answer of 65,535 octets with 2,000 good records (a name of one owner) and the rule among them
#   bogus     good answers without the AD bit; ad: with it
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
$| = 1;
my $mode = shift // 'mute';
my ($udp, $tcp);
for (1 .. 50) {
	$udp = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1', LocalPort => 0) or die "udp: $!";
	$tcp = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => $udp->sockport, ReuseAddr => 1) and last;
}
die "no port" unless $tcp;
print $udp->sockport, "\n";

sub name { my ($n) = @_; return join('', map { chr(length) . $_ } split /\./, $n) . "\0" }
sub question { my ($q) = @_; my $p = 12; $p += 1 + ord substr $q, $p, 1 while ord substr $q, $p, 1; return substr $q, 12, $p + 5 - 12 }
sub owner { my ($q) = @_; my ($p, @l) = (12); while (my $n = ord substr $q, $p, 1) { push @l, substr $q, $p + 1, $n; $p += 1 + $n } return join '.', @l }
# the rule at a wildcard of rule.test alone, and at the names of long.test
sub rdata { my ($key, $prmd) = @_; return pack('n', 50) . name($key) . name("PRMD-$prmd.ADMDb.C-xa") }
sub px { my ($rdata) = @_; return pack('n nnNn', 0xc00c, 26, 1, 60, length $rdata) . $rdata }
sub reply {
	my ($q, %o) = @_;
	my $id = $o{id} // unpack 'n', $q;
	my $flags = 0x8180 | ($o{rcode} // 0) | ($o{tc} ? 0x200 : 0) | ($o{ad} ? 0x20 : 0);
	my @rr = @{$o{rr} // []};
	return pack('n6', $id, $flags, 1, scalar @rr, 0, 0) . ($o{question} // question($q)) . join '', @rr;
}
sub good { my ($q, %o) = @_; return reply($q, %o, rr => owner($q) =~ /^\*\.rule\.test$/i ? [px(rdata('rule.test', 'good'))] : [], rcode => owner($q) =~ /^\*\.rule\.test$/i ? 0 : 3) }

my %by_udp = (
	mute => sub { () },
	'tcp-mute' => sub { reply($_[0], tc => 1) },
	'tcp-drip' => sub { reply($_[0], tc => 1) },
	long => sub { reply($_[0], tc => 1) },
	spoof => sub {
		my $q = shift;
		my $stolen = px(rdata('rule.test', 'stolen'));
		return (reply($q, id => (unpack('n', $q) + 1) % 65536, rr => [$stolen]),
			reply($q, question => name('victim.test') . pack('nn', 26, 1), rr => [$stolen]),
			reply($q, question => substr(question($q), 0, -4) . pack('nn', 15, 1), rr => [$stolen]),
			substr(reply($q, rr => [$stolen]), 0, 11),
			substr($q, 0, 12) . question($q), good($q));
	},
	garbage => sub { my $q = shift; return map { substr($q, 0, 2) . join '', map { chr int rand 128 } 1 .. 40 } 1 .. 1000 },
	servfail => sub { reply($_[0], rcode => 2) },
	refused => sub { reply($_[0], rcode => 5) },
	nxdomain => sub { reply($_[0], rcode => 3) },
	pointer => sub { my $r = pack('n', 50) . "\xc0\x2e" . "\xc0\x2e"; reply($_[0], rr => [px($r) x 1, pack('n nnNn', 0xc00c, 26, 1, 60, 0xfff0)]) },
	bogus => sub { good($_[0]) },
	ad => sub { good($_[0], ad => 1) },
);
sub by_tcp {
	my ($c) = @_;
	read($c, my $len, 2) == 2 or return;
	read($c, my $q, unpack 'n', $len) or return;
	if ($mode eq 'tcp-drip') { my $a = good($q); $a = pack('n', length $a) . $a; for (split //, $a) { print {$c} $_ or return; $c->flush; sleep 1 } return }
	return if $mode ne 'long';
	my $a = reply($q, rr => [(map { px(rdata('long.test', sprintf('p%04d', $_))) } 1 .. 1000), px(pack('n', 1) . substr(rdata('long.test', 'best'), 2))]);
	print {$c} pack('n', length $a) . $a;
	$c->flush;
}
my $select = IO::Select->new($udp, $tcp);
my @held;
$SIG{PIPE} = 'IGNORE';
while (1) {
	for my $s ($select->can_read) {
		if ($s == $udp) {
			my $from = recv($udp, my $q, 65535, 0) // next;
			send $udp, $_, 0, $from for $by_udp{$mode}->($q);
		} else {
			my $c = $tcp->accept or next;
			push @held, $c; # stays open
			by_tcp($c) if $mode =~ /long|drip/;
		}
	}
}
