#!/usr/bin/perl
# What we write, in the eyes of somebody else: tshark's X.411 and X.420 dissectors find nothing malformed in the messages of
# p1_whole.t (every member, both encodings of extension types) and p1_vectors.t (written again), and see the right values.
use strict;
use warnings;
use File::Temp qw(tempdir);

my $builddir = $ENV{builddir} || '.';
my $n = 0;
sub point { my ($ok, $text) = @_; $n++; print $ok ? '' : 'not ', "ok $n - $text\n"; return $ok; }

if (system('tshark --version >/dev/null 2>&1') != 0) {
	if ($ENV{CI}) { print "1..1\nnot ok 1 - tshark not found: apt-get install tshark\n"; exit 1; }
	print "1..0 # SKIP tshark not found: apt-get install tshark\n";
	exit 0;
}
my $dir = tempdir(CLEANUP => 1);
{
	local $ENV{P1_WRITE_DIR} = $dir;
	for my $t ('p1_whole', 'p1_vectors') {
		point(system("$builddir/t/unit/$t.t >$dir/$t.tap 2>&1") == 0, "$t.t leaves its octets");
	}
}

# One pcap of link type USER0 a value, and a few lines that give such packets to the P1 dissector.
open(my $lua, '>', "$dir/p1.lua") or die;
print $lua <<'L';
local whole = DissectorTable.get("ber.syntax"):get_dissector("P1 Message")
local raw = Proto("mtsapdu", "MTS-APDU")
function raw.dissector(buffer, info, tree) whole:call(buffer, info, tree) end
DissectorTable.get("wtap_encap"):add(wtap_encaps and wtap_encaps.USER0 or 45, raw)
L
close $lua;

# The texts of several values, from one run.
sub dissect {
	open(my $f, '>:raw', "$dir/x.pcap") or die;
	print $f pack('VvvVVVV', 0xa1b2c3d4, 2, 4, 0, 0, 1 << 20, 147);
	print $f pack('VVVV', 0, 0, length $_, length $_), $_ for @_;
	close $f;
	my $all = `tshark -r $dir/x.pcap -X lua_script:$dir/p1.lua -V 2>/dev/null`;
	return grep { /\S/ } split /^(?=Frame \d+:)/m, $all;
}
sub slurp { my ($p) = @_; open(my $f, '<:raw', $p) or die "$p: $!"; local $/; return <$f>; }
sub malformed { return grep { /BER Error|\[Malformed|Group: Malformed|Exception occurred|Expert Info \(Error/ } split /\n/, $_[0]; }

# Values that must be seen in the full messages.
my %seen = (
	message => [ 'ACME-000001', 'CID-1', 'urgent', '42-acme', 'Alice Smith', 'Quarterly report', 'Robert Mueller', 'Gower Street',
		'bob\(a\)example.com', '441713877050', 'X-Mailer|1\.3\.6\.1\.7\.1\.3\.2' ],
	probe => [ 'ACME-000001', '210000000' ],
	receipt => [ '42-acme', 'displayed' ],
	'other-notification' => [ '42-acme', 'other-notification-type-fields' ],
	'non-receipt' => [ '42-acme', 'on leave' ],
	report => [ 'mailbox closed', 'unrecognised-OR-name', 'ACME-000001' ],
);
my @files = (sort(glob "$dir/*.ber"), sort(glob "$dir/*.hex"));
point(@files >= 20, scalar(@files) . ' values');
# The last one is damaged: the eye itself must see that.
my $broken = slurp("$dir/message-1999.ber");
substr($broken, index($broken, 'CID-1') - 2, 1) = "\x4b";
my %shown;
my @texts = dissect((map { slurp($_) } @files), $broken);
point(@texts == @files + 1, 'tshark shows them all');
for my $path (@files) {
	my ($name) = $path =~ m{([^/]+)$};
	my $text = shift @texts;
	$shown{$name} = $text;
	my @bad = malformed($text);
	point(scalar($text =~ /X\.411 Message Transfer Service|MTS-APDU|P1: /), "$name is an MTS-APDU to tshark");
	point(!@bad, "$name: nothing malformed") or print map { "# $_\n" } @bad[0 .. ($#bad < 4 ? $#bad : 4)];
	my ($kind) = $name =~ /^(.*)-(?:1988|1999)\.ber$/;
	for my $want (@{$seen{$kind || ''} || []}) {
		point(scalar($text =~ /$want/), "$name: $want");
	}
}
# Every standard extension that p1_whole.t puts there, by the name that tshark's X.411 has for its number.
my @extensions = qw(recipient-reassignment-prohibited originator-requested-alternate-recipient dl-expansion-prohibited
	conversion-with-loss-prohibited latest-delivery-time requested-delivery-method physical-forwarding-prohibited
	physical-forwarding-address-request physical-delivery-modes registered-mail-type recipient-number-for-advice
	physical-rendition-attributes originator-return-address physical-delivery-report-request originator-certificate message-token
	content-confidentiality-algorithm-identifier content-integrity-check message-origin-authentication-check
	message-security-label proof-of-submission-request proof-of-delivery-request content-correlator
	probe-origin-authentication-check redirection-history dl-expansion-history physical-forwarding-address recipient-certificate
	proof-of-delivery originator-and-DL-expansion-history reporting-DL-name reporting-MTA-certificate
	report-origin-authentication-check originating-MTA-certificate proof-of-submission forwarding-request trace-information
	internal-trace-information reporting-MTA-name multiple-originator-certificates blind-copy-recipients dl-exempted-recipients
	body-part-encryption-token forwarded-content-token certificate-selectors);
my $all = join '', @shown{qw(message-1999.ber probe-1999.ber report-1999.ber)};
for my $i (0 .. $#extensions) {
	my $number = $i + 1;
	point(scalar($all =~ /\Q$extensions[$i]\E \($number\)/), "extension $number, $extensions[$i]");
}
point(scalar(malformed($texts[0])) > 0, 'a damaged message is seen as such');
print "1..$n\n";
