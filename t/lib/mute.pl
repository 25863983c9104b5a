#!/usr/bin/perl
# mute.pl MODE - a TCP server that takes connections and then: says nothing (mute), sends noise (noise), sends an octet a
# second of a BER message that never ends (drip); prints its port and serves until it is killed.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
$| = 1;
$SIG{PIPE} = 'IGNORE';
my $mode = shift // 'mute';
my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1', LocalPort => 0) or die $!;
print $s->sockport, "\n";
my $select = IO::Select->new($s);
my @held;
while (1) {
	if ($select->can_read(1)) {
		my $c = $s->accept or next;
		$c->autoflush(1);
		push @held, $c;
		print {$c} join '', map { chr int rand 256 } 1 .. 5000 if $mode eq 'noise';
		print {$c} "\x30\x84\x7f\xff\xff\xff" if $mode eq 'drip';
	}
	if ($mode eq 'drip') { print {$_} "\x02" for @held }
}
