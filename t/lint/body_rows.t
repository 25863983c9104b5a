#!/usr/bin/perl
# body_rows.t - every rule of bodies B-001 .. B-423 is a row of `mixgate rules`, and every row is needed: in a build with
# --enable-row-switch a vector fails with it switched off.
#
# A row stands in a table of kinds or in the code by its own id, or is carried out by others (src/base/rule_carried.def), or
# says why there is nothing to do; of the last kind there are at most 9 (5 %).
use strict;
use warnings;

my $src = $ENV{srcdir} // '.';
my $build = $ENV{builddir} // '.';
my @programs = ("$src/t/unit/body_vectors.t", "$src/t/unit/body_more_vectors.t", map { "$build/t/unit/$_.t" } qw(mixer_body body_settings p1_whole mixer_vectors mime_parse capability));
my @tests;
sub check { my ($good, $text) = @_; push @tests, ($good ? "ok " : "not ok ") . (@tests + 1) . " - $text"; return $good; }

my %wanted;
open my $f, '<', "$src/t/vectors/mixer/body-rows.tsv" or die "body-rows.tsv: $!";
while (<$f>) { chomp; my ($id, $level, $text) = split /\t/; $wanted{$id} = $text; }
close $f;

my (%row, %all);
open my $p, '-|', "$build/mixgate", 'rules' or die "mixgate: $!";
while (<$p>) {
	chomp;
	my ($id, $table, undef, undef, undef, undef, $codec, undef, undef, $failure) = split /\t/;
	$all{$id} = 1;
	push @{$row{$id}}, {codec => $codec, failure => $failure} if $id =~ /^B-\d+$/;
}
close $p;
my @missing = grep { !$row{$_} } sort keys %wanted;
my @unknown = grep { !$wanted{$_} } sort keys %row;
check(keys %wanted == 191, "body-rows.tsv has the 191 rules");
check(!@missing, "every rule is a row" . (@missing ? ": not @missing" : ''));
check(!@unknown, "every row is a rule" . (@unknown ? ": not @unknown" : ''));
my @reason = grep { $row{$_}[0]{codec} eq 'none' } sort keys %row;
my @carried = grep { $row{$_}[0]{codec} =~ /^by / } sort keys %row;
check(@reason <= 9, scalar(@reason) . " rules with a reason instead: @reason");
check(!(grep { $row{$_}[0]{failure} !~ /^reason: \S/ } @reason), 'each of them says it');
for my $id (@carried) {
	my (undef, @by) = split ' ', $row{$id}[0]{codec};
	my @gone = grep { !$all{$_} || ($row{$_} && $row{$_}[0]{codec} =~ /^(none$|by )/) } @by;
	check(!@gone, "$id is carried by rows of their own" . (@gone ? ": not @gone" : ''));
}
my $own = keys(%row) - @reason - @carried;
print "# $own rules by their own row, " . @carried . " carried by others, " . @reason . " with a reason, of " . keys(%wanted) . "\n";

sub failing {
	for my $program (@programs) { return 1 if system("$program >/dev/null 2>&1") != 0; }
	return 0;
}
open my $m, '<', "$build/Makefile" or die "Makefile: $!";
if (grep { /^[^#].*-DMIXGATE_ROW_SWITCH/ } <$m>) {
	delete $ENV{MIXGATE_ROW_OFF};
	check(!failing(), 'with every row all pass');
	for my $id (sort grep { $row{$_}[0]{codec} ne 'none' } keys %row) {
		local $ENV{MIXGATE_ROW_OFF} = $id;
		check(failing(), "without $id a vector fails");
	}
}
print "$_\n" for @tests;
print "1.." . @tests . "\n";
exit(grep(/^not/, @tests) ? 1 : 0);
