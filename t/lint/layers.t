#!/usr/bin/perl
# layers.t - every #include of src/ against the table in ARCHITECTURE section 4.
use strict;
use warnings;

my $src = $ENV{srcdir} // '.';
my (%may, %outside, %owner);
open my $arch, '<', "$src/ARCHITECTURE" or die "ARCHITECTURE: $!";
my $in = 0;
while (<$arch>) {
	$in = 1 if /^  module\s+may include/;
	next if !$in || /^  (module|-)/;
	last if /^$/ && %may;
	my ($module, $may, $out) = /^  (\w+)\s\s+(\S.*?)\s\s+(\S.*)$/ or next;
	$may{$module} = { map { $_ => 1 } split ' ', $may };
	next if $out eq '-';
	$owner{$_} = $module for split ' ', $out;
}
close $arch;
my @tests;
sub check { my ($good, $text) = @_; push @tests, ($good ? "ok " : "not ok ") . (@tests + 1) . " - $text"; }

check(scalar(keys %may) >= 14, "the table of ARCHITECTURE has " . scalar(keys %may) . " modules");
# headers of outside libraries must be somebody's
my @free = qw(assert ctype dirent errno fcntl getopt grp inttypes libgen limits locale math netdb poll pthread pwd sched
	signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings syslog sysexits termios time unistd
	wchar wctype features endian byteswap netinet/in netinet/tcp arpa/inet linux/fs ucontext execinfo malloc);
my %free = map { ("$_.h" => 1) } @free;
my $files = 0;
for my $file (sort split /\n/, qx(find "$src/src" -name '*.[ch]' -o -name '*.def')) {
	my ($rel) = $file =~ m{\Q$src\E/src/(.*)};
	my $module = $rel =~ m{^(\w+)/} ? $1 : 'programs';
	$files++;
	open my $f, '<', $file or die "$file: $!";
	my @bad;
	while (<$f>) {
		if (/^\s*#\s*include\s+"([^"]+)"/) {
			my $inc = $1;
			next if $inc eq 'config.h';
			my ($to) = $inc =~ m{^(\w+)/};
			if (!defined $to) { push @bad, "line $.: \"$inc\" has no folder"; next }
			if ($to eq 'asn1gen') {
				push @bad, "line $.: generated types" unless $module eq 'ber' || ($module =~ /^(osi|p1)$/ && $rel =~ /\.c$/);
				next;
			}
			push @bad, "line $.: $module includes $to" unless $may{$module}{$to};
		} elsif (/^\s*#\s*include\s+<([^>]+)>/) {
			my $inc = $1;
			next if $free{$inc} || $inc eq 'config.h' || $inc =~ m{^sys/};
			my ($own) = grep { $inc eq $_ || (m{/$} && index($inc, $_) == 0) } keys %owner;
			if (!defined $own) { push @bad, "line $.: <$inc> belongs to no module"; next }
			push @bad, "line $.: <$inc> is $owner{$own}'s" unless $owner{$own} eq $module;
			push @bad, "line $.: <$inc> in a header" if $rel =~ /\.h$/ && $own =~ /^(gmime|glib)/;
		}
	}
	close $f;
	check(!@bad, "$rel keeps to its layer" . (@bad ? ": " . join('; ', @bad) : ''));
}
check($files > 20, "$files files looked at");
check(!-e "$src/src/$_", "no $_") for qw(base/common.h base/util.h base/util.c base/misc.c base/misc.h);
print "$_\n" for @tests;
print "1.." . @tests . "\n";
exit(grep(/^not/, @tests) ? 1 : 0);
