#!/usr/bin/perl
# banned.t - calls that have a better way here, file and function sizes.  An exception stands in t/lint/exceptions with its
# reason.
use strict;
use warnings;

my $src = $ENV{srcdir} // '.';
my %exception;
open my $x, '<', "$src/t/lint/exceptions" or die "t/lint/exceptions: $!";
while (<$x>) {
	next if /^\s*(#|$)/;
	my ($what, $where, $why) = split ' ', $_, 3;
	die "t/lint/exceptions:$.: no reason\n" if !defined $why || length $why < 10;
	$exception{"$what $where"} = 1;
}
close $x;
my @banned = qw(strcpy strcat sprintf vsprintf atoi atol gets strtok alloca system popen);
my @heap = qw(malloc calloc realloc free strdup strndup asprintf);
my @tests;
sub check { my ($good, $text) = @_; push @tests, ($good ? "ok " : "not ok ") . (@tests + 1) . " - $text"; }
my @lengths;
for my $file (sort split /\n/, qx(find "$src/src" -name '*.[ch]')) {
	my ($rel) = $file =~ m{\Q$src\E/src/(.*)};
	open my $f, '<', $file or die "$file: $!";
	my @lines = <$f>;
	close $f;
	my $text = join '', @lines;
	$text =~ s{/\*.*?\*/}{ (my $c = $&) =~ s/[^\n]//g; $c }gse;
	$text =~ s{"(?:\\.|[^"\\\n])*"}{""}g;
	my @bad;
	my @code = split /\n/, $text, -1;
	for my $n (0 .. $#code) {
		for my $call (@banned) {
			push @bad, "$call at line " . ($n + 1) if $code[$n] =~ /(?<![\w.>])\Q$call\E\s*\(/;
		}
		next if $rel =~ m{^base/(arena|buf)\.c} || $exception{"heap $rel"};
		for my $call (@heap) {
			push @bad, "$call at line " . ($n + 1) if $code[$n] =~ /(?<![\w.>])\Q$call\E\s*\(/;
		}
	}
	check(!@bad, "$rel: no banned call" . (@bad ? ": " . join(', ', @bad) : ''));
	check(@lines <= 1000 || $exception{"lines $rel"}, "$rel has " . @lines . " lines");
	my ($start, $name);
	for my $n (0 .. $#code) {
		if ($code[$n] =~ /^\{/ && $n > 0) { $start = $n; ($name) = join(' ', @code[($n > 4 ? $n - 4 : 0) .. $n - 1]) =~ /.*?(\w+)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*$/; }
		if ($code[$n] =~ /^\}/ && defined $start) {
			my $len = $n - $start - 1;
			push @lengths, $len;
			$name //= '?';
			check($exception{"function $rel:$name"}, "$rel: $name has $len lines, more than 80") if $len > 80;
			undef $start;
		}
	}
}
@lengths = sort { $a <=> $b } @lengths;
my $median = $lengths[@lengths / 2];
check($median < 20, "median function has $median lines (of " . @lengths . ")");
print "$_\n" for @tests;
print "1.." . @tests . "\n";
exit(grep(/^not/, @tests) ? 1 : 0);
