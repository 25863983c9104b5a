#!/bin/sh
# big.t - an attachment of 20 MB (BIG=100 in make check-long: 100 MB) in each direction: octets arrive unchanged, and no process
# of mixgate needs more than 64 MB of anonymous memory.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and postfix perl
. "$srcdir/t/lib/house.sh"
size=$((${BIG:-20} * 1048576))
dir=$(mktemp -d /tmp/mixgate-big.XXXXXX)
trap 'house_destroy; rm -f "$dir".*' EXIT
HOUSE_SINK="--report delivery"
HOUSE=$dir
ok "the house starts" house_start "$dir" || { done_testing; exit 1; }

# anonymous memory of every process of ours, ten times a second: the largest value by name
cat >"$dir.watch" <<'E2'
my ($bin, $out) = @ARGV; my %max;
while (!-e "$out.stop") {
    for my $status (glob "/proc/[0-9]*/status") {
        (my $exe = $status) =~ s/status$/exe/;
        my $to = readlink $exe or next;
        next unless index($to, "$bin/mixgate") == 0;
        open my $f, "<", $status or next;
        my ($name, $anon) = ("", 0);
        while (<$f>) { $name = $1 if /^Name:\s+(\S+)/; $anon = $1 if /^RssAnon:\s+(\d+)/; }
        $max{$name} = $anon if $anon > ($max{$name} // 0);
    }
    select undef, undef, undef, 0.1;
}
open my $f, ">", $out or die; print $f "$_ $max{$_}\n" for sort keys %max; close $f;
E2
perl "$dir.watch" "$(cd "$builddir" && pwd)" "$dir.memory" &
watch=$!

perl -e 'my ($n, $path) = @ARGV; srand 7; open my $f, ">:raw", $path or die; my $block = join "", map { chr int rand 256 } 1 .. 65536;
    for (my $at = 0; $at < $n; $at += 65536) { print $f pack("N", $at), substr($block, 4) }' "$size" "$dir.bin"
perl -MMIME::Base64 -e 'my ($bin, $to) = @ARGV; print "From: alice\@mail.example\r\nTo: $to\r\nSubject: big\r\nMessage-ID: <big.$$\@client.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n--zz\r\n\r\nhere it is\r\n--zz\r\nContent-Type: application/octet-stream; name=big.bin\r\nContent-Disposition: attachment; filename=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    open my $f, "<:raw", $bin or die; while (read $f, my $piece, 57 * 1000) { print encode_base64($piece, "\r\n") } print "--zz--\r\n"' "$dir.bin" bob@sales.x400.example >"$dir.eml"
sunk() { find "$HOUSE/sink/" -name '*.p1' -size +1000k | grep -q .; }
mailed() { find "$PF_MAIL/alice/new" -type f -size +1000k 2>/dev/null | grep -q .; }
contains() { perl -e 'my ($whole, $part) = @ARGV; local $/; open my $w, "<:raw", $whole or die; open my $p, "<:raw", $part or die; exit(index(<$w>, <$p>) < 0)' "$1" "$2"; }

run_ok "Postfix takes the mail" perl "$srcdir/t/lib/send.pl" --port "$SUBMIT_PORT" --from alice@mail.example --to bob@sales.x400.example "$dir.eml"
ok "it reaches the X.400 MTA" house_until 240 sunk
apdu=$(find "$HOUSE/sink" -name '*.p1' -size +1000k | head -1)
ok "its attachment is in the APDU octet by octet" contains "$apdu" "$dir.bin"

# the same IPM back: an APDU for alice with the attachment as a file-transfer body part
to='"/RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"@x400.example'
{
    echo 'MAIL FROM:<Bob.Jones@sales.x400.example>'
    echo "RCPT TO:<$to>"
} >"$dir.env"
"$builddir/mixgate" convert --config "$HOUSE/mixgate.conf" --to x400 --envelope "$dir.env" "$dir.eml" >"$dir.p1" 2>"$dir.err"
tap_result $? "convert makes an APDU for alice" || diag "$(cat "$dir.err")"
run_ok "mixgated takes it" "$builddir/mixgate-source" --name SINK --timeout 240 "127.0.0.1:$P1_PORT" "$dir.p1"
ok "it reaches the mailbox" house_until 240 mailed
mail=$(find "$PF_MAIL/alice/new" -type f -size +1000k | head -1)
perl -MMIME::Base64 -e 'my $in = 0; while (<STDIN>) { if (/^Content-Transfer-Encoding: base64/i) { $in = 1 } elsif ($in == 1 && /^\r?$/) { $in = 2 } elsif ($in == 2 && /^--/) { last } elsif ($in == 2) { print decode_base64($_) } }' <"$mail" >"$dir.back"
run_ok "its attachment is the same octets" cmp "$dir.bin" "$dir.back"

touch "$dir.memory.stop"
wait "$watch"
diag "$(cat "$dir.memory")"
is "processes looked at: assoc, journal, worker at least" "$(grep -cE '^mixgate-(assoc|journal|worker) ' "$dir.memory")" 3
for line in $(awk '{ print $1 ":" $2 }' "$dir.memory"); do
    ok "${line%:*} stays under 64 MB of anonymous memory (${line#*:} kB)" test "${line#*:}" -lt 65536
done
done_testing
