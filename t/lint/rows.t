#!/usr/bin/perl
# rows.t - every row of heading, envelope, trace, identifiers and addresses is named by a case of t/vectors/mixer; in a build
# with --enable-row-switch, taking the row out makes a case fail.
#
# Rows that cannot be seen: codec "none" and failure "not-generated" say what never happens or is done before; codec "field"
# puts a field where unknown fields go anyway; codec "default" says what holds without it.
use strict;
use warnings;

my $src = $ENV{srcdir} // '.';
my $build = $ENV{builddir} // '.';
my @tests;
sub check { my ($good, $text) = @_; push @tests, ($good ? "ok " : "not ok ") . (@tests + 1) . " - $text"; }

my %named;
for my $file (glob "$src/t/vectors/mixer/*.txt") {
	open my $f, '<', $file or die "$file: $!";
	while (<$f>) {
		next unless /^\s*case (.*?) to (x400|822)/;
		$named{$_} = 1 for split ' ', $1;
	}
}
my (%rows, @order);
open my $p, '-|', "$build/t/unit/mixer_vectors.t", '--rows' or die "mixer_vectors.t: $!";
while (<$p>) {
	chomp;
	my ($id, $table, $codec, $failure) = split /\t/;
	push @order, $id unless $rows{$id};
	push @{$rows{$id}}, [$codec, $failure];
}
close $p or die "mixer_vectors.t --rows";
check(@order > 100, scalar(@order) . " rows");
my @seen = grep { my $id = $_; grep { $_->[0] ne 'none' && $_->[1] ne 'not-generated' } @{$rows{$id}} } @order;
my @unnamed = grep { !$named{$_} } @seen;
check(!@unnamed, "every row is named by a vector" . (@unnamed ? ": not @unnamed" : ''));

open my $make, '<', "$build/Makefile" or die "Makefile: $!";
if (grep { /^[^#].*-DMIXGATE_ROW_SWITCH/ } <$make>) {
	for my $id (@seen) {
		next if !grep { $_->[0] !~ /^(field|default)$/ } @{$rows{$id}};
		local $ENV{MIXGATE_ROW_OFF} = $id;
		check(system("$build/t/unit/mixer_vectors.t >/dev/null 2>&1") != 0, "without $id a vector fails");
	}
}
print "$_\n" for @tests;
print "1.." . @tests . "\n";
exit(grep(/^not/, @tests) ? 1 : 0);
