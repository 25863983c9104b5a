#!/usr/bin/perl
# fields.t - every member of the structs of the central message has a row in src/msg/fields.c, so that dump, JSON and parser
# know it.
use strict;
use warnings;

my $src = $ENV{srcdir} // '.';
my @tests;
sub check { my ($good, $text) = @_; push @tests, ($good ? "ok " : "not ok ") . (@tests + 1) . " - $text"; }
sub text { my $file = shift; local $/; open my $f, '<', "$src/$file" or die "$file: $!"; my $t = <$f>; $t =~ s{/\*.*?\*/}{}gs; $t }

# Values of their own, and the forms of lists.
my %leaf = map { $_ => 1 } qw(mx_oid mx_text or_row mx_extensions mx_extension_marks);
my $rows = text('src/msg/fields.c');
for my $file ('src/msg/oraddr.h', 'src/msg/msg.h', 'src/msg/octets.h') {
	my $header = text($file);
	$header =~ s/^#define.*?[^\\]$//gms;
	$header =~ s/struct\s*\{[^{}]*\}\s*(\w+);/LIST $1;/g; # an anonymous list
	while ($header =~ /^struct (\w+) \{\n(.*?)^\};/gms) {
		my ($struct, $body) = ($1, $2);
		next if $leaf{$struct};
		check($rows =~ /\bTABLE(?:_OF)?\($struct,/, "$struct has a table");
		for my $declaration (split /;/, $body) {
			next unless $declaration =~ /\S/;
			$declaration =~ s/MX_LIST\([^)]*\)/LIST/;
			$declaration =~ s/\[\w+\]//g;
			die "$file: $struct: $declaration" unless $declaration =~ /^\s*((?:const |struct |enum |unsigned )*\w+[\s*]+)((?:const\s*\*)?\s*\w+(?:\s*,\s*\**\w+)*)\s*$/s;
			for my $member (map { /(\w+)$/ } split /,/, $2) {
				check($rows =~ /\b(?:\w+\(|struct )$struct,\s*(?:\w+,\s*)?$member\b/, "$struct.$member has a row");
			}
		}
	}
}
print "$_\n" for @tests;
print '1..' . @tests . "\n";
exit(grep { /^not/ } @tests) ? 1 : 0;
