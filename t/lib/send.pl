#!/usr/bin/perl
# send.pl - one message by SMTP with DSN parameters; prints the reply that decided, exit status 0 when it was taken.
#   send.pl --port N --from A --to B [--to C] [--notify SUCCESS,FAILURE] [--envid X] [--ret FULL|HDRS] [--orcpt rfc822;X]
#           [--subject S] [--lmtp] [FILE]      (FILE: message with header; else a short one is made)
use strict;
use warnings;
use IO::Socket::INET;
use Getopt::Long;

my %o = (host => '127.0.0.1', from => '', subject => 'test');
GetOptions(\%o, 'host=s', 'port=i', 'from=s', 'to=s@', 'notify=s', 'envid=s', 'ret=s', 'orcpt=s', 'subject=s', 'lmtp', 'xforward=s', 'quiet')
	or exit 2;
my $s = IO::Socket::INET->new(PeerAddr => $o{host}, PeerPort => $o{port}, Timeout => 10) or die "connect: $!\n";
$s->autoflush(1);
my $last;
sub reply {
	my ($line, $text) = ('', '');
	do { $line = <$s>; defined $line or die "connection closed after: $text\n"; $text .= $line; } while $line =~ /^\d{3}-/;
	$text =~ s/\r//g;
	chomp $text;
	$last = $text;
	return substr($text, 0, 3);
}
sub fail { print "$last\n" unless $o{quiet}; print $s "QUIT\r\n"; exit 1; }
sub command { my ($c) = @_; print $s "$c\r\n"; return reply(); }
reply() eq '220' or fail();
command(($o{lmtp} ? 'LHLO' : 'EHLO') . ' client.example') eq '250' or fail();
if ($o{xforward}) { command("XFORWARD $o{xforward}") =~ /^2/ or fail(); }
my $mail = "MAIL FROM:<$o{from}>";
$mail .= " RET=$o{ret}" if $o{ret};
$mail .= " ENVID=$o{envid}" if $o{envid};
command($mail) =~ /^2/ or fail();
my $taken = 0;
for my $to (@{ $o{to} }) {
	my $c = "RCPT TO:<$to>";
	$c .= " NOTIFY=$o{notify}" if $o{notify};
	$c .= " ORCPT=$o{orcpt}" if $o{orcpt};
	if (command($c) =~ /^2/) { $taken++ } else { print "$last\n" unless $o{quiet} }
}
exit 1 unless $taken;
command('DATA') eq '354' or fail();
if (@ARGV) {
	open my $f, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
	while (<$f>) { s/\r?\n\z/\r\n/; s/^\./../; print $s $_; }
} else {
	my $id = time . ".$$." . int(rand(1e9));
	print $s "From: <$o{from}>\r\nTo: " . join(', ', map { "<$_>" } @{ $o{to} }) .
		"\r\nSubject: $o{subject}\r\nMessage-ID: <$id\@client.example>\r\nMIME-Version: 1.0\r\n\r\nHello from send.pl\r\n";
}
print $s ".\r\n";
my $bad = 0;
for (1 .. ($o{lmtp} ? $taken : 1)) {
	reply();
	print "$last\n" unless $o{quiet};
	$bad++ unless $last =~ /^2/;
}
print $s "QUIT\r\n";
exit($bad ? 1 : 0);
