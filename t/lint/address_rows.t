#!/usr/bin/perl
# address_rows.t - every address rule A-001 .. A-300 is a row of `mixgate rules`, and every row is needed: in a build with
# --enable-row-switch a test fails with it switched off.
#
# A row either stands in the code by its own id, or is carried out by others (src/base/rule_carried.def), or says why there
# is nothing to do; of the last kind there are at most 15 (5 %).
use strict;
use warnings;

my $src = $ENV{srcdir} // '.';
my $build = $ENV{builddir} // '.';
# Quick ones first: most rows fail there.
my @programs = map { "$build/t/unit/$_.t" }
	qw(address_vectors addr_source dir_dns p1_whole mixer_vectors addr_tables mixer_body mixer_report dir_values);
my @tests;
sub check { my ($good, $text) = @_; push @tests, ($good ? "ok " : "not ok ") . (@tests + 1) . " - $text"; return $good; }

my %wanted;
open my $f, '<', "$src/t/vectors/address/rules.tsv" or die "rules.tsv: $!";
while (<$f>) { chomp; my ($id, $level, $text) = split /\t/; $wanted{$id} = $text; }
close $f;

my (%row, %all);
open my $p, '-|', "$build/mixgate", 'rules' or die "mixgate: $!";
while (<$p>) {
	chomp;
	my ($id, $table, undef, undef, undef, undef, $codec, undef, undef, $failure) = split /\t/;
	$all{$id} = 1;
	next if $id !~ /^A-\d+$/;
	check(0, "$id stands twice") if $row{$id};
	$row{$id} = {codec => $codec, failure => $failure};
}
close $p;

my @missing = grep { !$row{$_} } sort keys %wanted;
my @unknown = grep { !$wanted{$_} } sort keys %row;
check(keys %wanted == 300, "rules.tsv has the 300 rules");
check(!@missing, "every rule is a row" . (@missing ? ": not @missing" : ''));
check(!@unknown, "every row is a rule" . (@unknown ? ": not @unknown" : ''));
my @reason = grep { $row{$_}{codec} eq 'none' } sort keys %row;
my @carried = grep { $row{$_}{codec} =~ /^by / } sort keys %row;
check(@reason <= 15, scalar(@reason) . " rules with a reason instead");
check(!(grep { $row{$_}{failure} !~ /^reason: \S/ } @reason), 'each of them says it');
for my $id (@carried) {
	my (undef, @by) = split ' ', $row{$id}{codec};
	my @gone = grep { !$all{$_} || ($row{$_} && $row{$_}{codec} =~ /^(none$|by )/) } @by;
	check(0, "$id is carried by what is no row of its own: @gone") if @gone;
}
my $own = keys(%row) - @reason - @carried;
print "# $own rules by their own row, " . @carried . " carried by others, " . @reason . " with a reason, of " . keys(%wanted) . "\n";

sub failing {
	for my $program (@programs) { return 1 if system("$program >/dev/null 2>&1") != 0; }
	return 0;
}
# All of them, always: most fail in the first program, and the whole takes some seconds.
my @try = grep { $row{$_}{codec} ne 'none' } sort keys %row;
open my $m, '<', "$build/Makefile" or die "Makefile: $!";
if (grep { /^[^#].*-DMIXGATE_ROW_SWITCH/ } <$m>) {
	delete $ENV{MIXGATE_ROW_OFF};
	check(!failing(), 'with all rows the tests pass');
	my @idle = grep { local $ENV{MIXGATE_ROW_OFF} = $_; !failing() } @try;
	check(!@idle, 'without any one row a test fails (' . @try . ' tried)' . (@idle ? ": but not without @idle" : ''));
}
print "$_\n" for @tests;
print '1..' . @tests . "\n";
exit(grep(/^not/, @tests) ? 1 : 0);
