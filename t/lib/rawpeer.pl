#!/usr/bin/perl
# rawpeer.pl - an X.400 peer that says whatever it is told, in any order: octets with no state machine behind them.
#   rawpeer.pl PORT WORD...
# CN is that of the MTA "SINK" without password, normal mode, monologue.  What is said is kept and goes out in one write at "read", "send", "wait=S" and the end, so that several SPDUs can stand in one segment.
#   open              CR, CC, CN, AC; prints "open", or what came instead
#   cr, cn            just that
#   as[=N], ar, ae=N, mip=N, ad, ai, pt, gtc, gta, mia=N, fn, ab      an SPDU
#   apdu=FILE         one RTTR with the file's octets
#   part=FILE:FROM:TO a slice of its EXTERNAL in an RTTR
#   dt=HEX            a TSDU; hex=HEX: octets; times=N: what is kept, N times
#   twa, x410=FILE    before open: two-way-alternate; X.410 (1984) mode with the CN of that hex file, APDUs as they are
#   read              prints the name of the next SPDU, "closed" at the end of TCP, "silence" after 5 s
#   close, reset, wait=SECONDS
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;
use Socket qw(SOL_SOCKET SO_LINGER);

my ($port, @words) = @ARGV;
my $cr = pack 'H*', '0300000b06e00000000100';
my $cn = pack 'H*',
      '030000b002f0800da701190a06140453494e4b0b0f170d3236313132333233323335315a05091301001601031a0100140202'
    . '49c17b3179a003800101a27280020780a433300f020101060452010001300406025101300f02010306045600020c30040602'
    . '5101300f02010506045600020730040602510161373035020101a030602ea106060456000106be242822020103a01db01b80'
    . '0100810103820100a310a00eb00ca10a800453494e4ba1021600';
my %name = (9 => 'FN', 10 => 'DN', 12 => 'RF', 13 => 'CN', 14 => 'AC', 25 => 'AB', 26 => 'AA', 42 => 'AEA', 48 => 'ED', 49 => 'MIP', 50 => 'MIA', 58 => 'ADA',
	2 => 'PT', 21 => 'GTC', 22 => 'GTA', 45 => 'AS', 41 => 'AE', 57 => 'AD');
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) or die "connect: $!\n";
my ($kept, $in, $x410) = ('', '', 0);
$SIG{PIPE} = 'IGNORE';
$| = 1;

sub len { my $n = shift; $n < 128 ? chr $n : $n < 65536 ? pack('Cn', 0x82, $n) : pack('CN', 0x84, $n) }
sub tlv { my ($tag, $v) = @_; chr($tag) . len(length $v) . $v }
sub li { my $n = shift; $n < 255 ? chr $n : pack('Cn', 255, $n) }
sub pi { my ($code, $v) = @_; chr($code) . li(length $v) . $v }
sub spdu { my ($si, $v) = @_; $v //= ''; chr($si) . li(length $v) . $v }
sub tpkt { pack('CCn', 3, 0, 4 + length $_[0]) . $_[0] }
sub dt {
	my ($tsdu, $out) = (shift, '');
	while (length $tsdu > 60000) { $out .= tpkt("\x02\xf0\x00" . substr $tsdu, 0, 60000, '') }
	return $out . tpkt("\x02\xf0\x80$tsdu");
}
sub external { tlv(0x28, "\x02\x01\x05" . tlv(0xa0, $_[0])) }
sub rttr { dt("\x01\x00\x01\x00" . tlv(0x61, tlv(0x30, "\x02\x01\x03" . tlv(0xa0, tlv(4, $_[0]))))) }
sub slurp { open my $f, '<:raw', $_[0] or die "$_[0]: $!\n"; local $/; return scalar <$f> }
sub serial { my ($si, $n) = @_; dt("\x01\x00" . spdu($si, pi(42, $n))) }
sub flush_kept {
	while (length $kept) { my $n = syswrite $s, $kept; last if !$n; substr $kept, 0, $n, '' }
	$kept = '';
}
sub more { IO::Select->new($s)->can_read(5) or return 'silence'; return sysread($s, $in, 65536, length $in) ? '' : 'closed' }
sub next_tpdu {
	my $why;
	while (length $in < 4 || length $in < unpack 'x2n', $in) { return $why if ($why = more()) }
	return ('', substr $in, 0, unpack('x2n', $in), '');
}
sub next_spdu {
	flush_kept();
	my ($why, $tpdu) = next_tpdu();
	return $why if $why;
	my $code = ord substr $tpdu, 5, 1;
	return $code == 0xd0 ? 'CC' : sprintf 'TPDU-%02x', $code if $code != 0xf0;
	my $v = substr $tpdu, 7;
	$v = substr $v, 2 if length $v > 3 && $v =~ /^[\x01\x02]\x00/;
	return $name{ord $v} // sprintf 'SI-%d', ord $v;
}

my %say = (
	cr => sub { $cr }, cn => sub { $cn },
	as => sub { dt("\x01\x00" . spdu(45, pi(41, "\x02\x01" . chr($_[0] || 1)))) },
	ar => sub { dt("\x01\x00" . spdu(29, pi(33, pi(41, "\x02\x01\x01")) . pi(41, "\x02\x01\x02") . pi(42, '1'))) },
	ae => sub { serial(41, $_[0]) }, mip => sub { serial(49, $_[0]) }, mia => sub { dt("\x02\x00" . spdu(50, pi(42, $_[0]))) },
	ad => sub { dt("\x01\x00" . spdu(57, pi(50, "\0"))) }, ai => sub { dt("\x01\x00" . spdu(25, pi(50, "\1"))) },
	pt => sub { dt(spdu(2, pi(16, "\1"))) }, gtc => sub { dt("\x01\x00" . spdu(21)) }, gta => sub { dt(spdu(22)) },
	fn => sub { dt(spdu(9)) }, ab => sub { dt(spdu(25, pi(17, "\3"))) },
	apdu => sub { $x410 ? dt("\x01\x00\x01\x00" . slurp($_[0])) : rttr(external(slurp($_[0]))) },
	part => sub { my ($f, $from, $to) = split /:/, $_[0]; rttr(substr external(slurp($f)), $from, $to - $from) },
	dt => sub { dt(pack 'H*', $_[0]) }, hex => sub { pack 'H*', $_[0] },
);
for my $word (@words) {
	my ($verb, $value) = split /=/, $word, 2;
	if ($say{$verb}) { $kept .= $say{$verb}->($value) }
	elsif ($verb eq 'open') {
		$kept = $cr; next_spdu();
		$kept = $cn; my $got = next_spdu();
		print $got eq 'AC' ? "open\n" : "$got\n";
	}
	elsif ($verb eq 'twa') { $cn =~ s/\x82\x01\x00/\x82\x01\x01/ or die "no dialogue mode\n" }
	elsif ($verb eq 'x410') { $x410 = 1; $cn = slurp($value); $cn =~ s/^#.*\n//mg; $cn =~ s/^[0-9a-f]{6}\b//mg; $cn =~ s/\s//g; $cn = pack 'H*', $cn }
	elsif ($verb eq 'times') { $kept x= $value }
	elsif ($verb eq 'read') { print next_spdu(), "\n" }
	elsif ($verb eq 'send') { flush_kept() }
	elsif ($verb eq 'wait') { flush_kept(); select undef, undef, undef, $value }
	elsif ($verb eq 'close') { flush_kept(); close $s }
	elsif ($verb eq 'reset') { flush_kept(); setsockopt $s, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0); close $s }
	else { die "rawpeer.pl: $word?\n" }
}
flush_kept() if $s->opened;
