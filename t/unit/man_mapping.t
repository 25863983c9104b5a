#!/usr/bin/perl
# man_mapping.t - the examples of mixgate-mapping(7) print what the page says.
use strict;
use warnings;

my $src = $ENV{srcdir} // '.';
my $build = $ENV{builddir} // '.';
my ($n, $bad) = (0, 0);
open my $page, '<', "$src/man/mixgate-mapping.7" or die "mixgate-mapping.7: $!";
my $text = do { local $/; <$page> };
while ($text =~ /^\.Bd -literal[^\n]*\n\$ mixgate addr ([^\n]*)\n(.*?)^\.Ed$/gms) {
	my ($args, $want) = ($1, $2);
	s/\\e/\\/g for $args, $want;
	my $got = `$build/mixgate addr --tables $src/t/vectors/address/tables/tutorial $args 2>/dev/null`;
	$n++;
	print $got eq $want ? "ok $n - mixgate addr $args\n" : "not ok $n - mixgate addr $args\n";
	next if $got eq $want;
	$bad = 1;
	print map { "# got: $_\n" } split /\n/, $got;
}
print $n >= 8 ? "1..$n\n" : "Bail out! only $n examples\n";
exit($bad || $n < 8);
