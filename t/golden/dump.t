#!/usr/bin/perl
# dump.t - every message of t/vectors and t/golden: its dump, read back, gives the same dump; JSON is JSON (for a reader of
# its own) and says the same before and after; --ber makes octets of the text whose dump is the text again.
use strict;
use warnings;
use Digest::MD5 'md5_hex';
use File::Find;
use File::Temp 'tempdir';
use JSON::PP;

my $src = $ENV{srcdir} // '.';
my $mixgate = ($ENV{builddir} // '.') . '/mixgate';
my $dir = tempdir(CLEANUP => 1);
my ($n, $bad) = (0, 0);
sub check { my ($good, $text) = @_; $n++; print $good ? 'ok' : 'not ok', " $n - $text\n"; $bad ||= !$good; return $good }
sub contents { my $file = shift; local $/; open my $f, '<:raw', $file or die "$file: $!"; return <$f> // '' }
sub run { my ($options, $file, $to) = @_; return system("'$mixgate' dump $options '$file' >'$dir/$to' 2>'$dir/err'") >> 8 }

# Re-encoded from the elements alone these say something else: several FileTransferData or compression, a contents-type
# that was left to its DEFAULT, an octet-aligned value of a type that we do not know.
my $not_from_elements = qr/ftbp-compressed|ftbp-two|ftbp-default-ctype|jpeg15-octet/;
my @files;
find(sub { push @files, $File::Find::name if /\.ber$/ || ($File::Find::dir =~ m{/(captures|p1)} && /\.hex$/) },
     "$src/t/vectors", "$src/t/golden");
my ($shown, %seen) = (0);
for my $file (sort @files) {
	next if $seen{md5_hex(contents($file))}++;
	(my $name = $file) =~ s{^\Q$src\E/}{};
	my $in = $file;
	if ($file =~ /\.hex$/) { # octets in hexadecimal digits, with comments
		(my $hex = contents($file)) =~ s/#.*|\s+//g;
		$in = "$dir/in";
		open my $f, '>:raw', $in or die $!;
		print $f pack 'H*', $hex;
		close $f;
	}
	for my $how ('', '--as-received') {
		check(run($how, $in, 'first') == 0, "$name: is shown $how") or next;
		$shown++;
		check(run("--parse $how", "$dir/first", 'second') == 0 && contents("$dir/first") eq contents("$dir/second"),
		      "$name: the dump $how read back gives an equal dump") or print '# ', contents("$dir/err");
		if ($how eq '' && $name !~ /$not_from_elements|\.bp\.ber$/ && contents("$dir/first") !~ /^kind: octets|^kind: .*^kind:/ms) {
			check(run('--parse --ber', "$dir/first", 'octets') == 0 && run('', "$dir/octets", 'second') == 0 &&
			      contents("$dir/first") eq contents("$dir/second"), "$name: --ber says the same") or print '# ', contents("$dir/err");
		}
		run("--json $how", $in, 'json1');
		run("--json --parse $how", "$dir/first", 'json2');
		my $json = contents("$dir/json1");
		my @values = eval { JSON::PP->new->utf8->incr_parse($json) };
		check(@values > 0 && ref $values[0] eq 'HASH', "$name: JSON $how is JSON") or print "# $@\n";
		check($json eq contents("$dir/json2"), "$name: JSON $how after reading back is the same");
	}
}
check($shown > 300, "$shown dumps");
print "1..$n\n";
exit $bad;
