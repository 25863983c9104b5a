#!/bin/bash
# failures.t - failures that a message, a peer, the SMTP server or the journal can have, one row of err.def each: what SMTP or P1
# is told, the line of the log, what the journal knows, and whether the mail moves when it comes again.
# t/vectors/errors.tsv names the rows that are shown here; the exact texts are errors.t's.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-failures.XXXXXX)
trap 'house_small_destroy' EXIT
trap 'exit 1' INT TERM
HOUSE_CONF='limits = { recipients = 3; header_fields = 20; header_size = "4k"; parts = 5; message_size = "100k"; received = 5; passages = 2; };'
house_small "$dir"
run_ok "the sink" house_sink
run_ok "mixgated" house_mixgated

cat >"$HOUSE/say.pl" <<'PERL'
# say.pl PORT LINE...: an LMTP dialogue; prints the last reply ("closed"), the first 4xx or 5xx without GO_ON; \xNN in a line is an octet, @FILE its content behind DATA
use strict; use warnings; use IO::Socket::INET; $SIG{PIPE} = 'IGNORE';
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => shift) or die; my $last = '';
sub reply { do { $last = <$s> // 'closed' } while $last =~ /^\d+-/; $last =~ s/\r?\n//; }
$s->autoflush(1); reply();
for my $line (@ARGV) { my $c = $line; $c =~ s/\\x(..)/chr hex $1/ge;
    if ($c =~ /^\@(.*)/) { open my $f, '<', $1 or die; local $/; $c = <$f> . "\r\n." } print $s "$c\r\n"; reply(); last if $last eq 'closed' || ($last !~ /^[23]/ && !$ENV{GO_ON}) }
print "$last\n";
PERL
say() { perl "$HOUSE/say.pl" "$LMTP_PORT" "LHLO x" "$@"; }
mail() { say "MAIL FROM:<alice@mail.example>" "RCPT TO:<bob@x400.example>" DATA "@$HOUSE/$1.eml"; } # FILE
track() { "$house_bin/mixgate" track --config "$HOUSE/mixgate.conf" "<$1@mail.example>" 2>/dev/null; }
lines() { grep -c "error=$1 " "$HOUSE/mixgated.log"; }
make() { printf 'Received: by here; id 1\r\nFrom: <alice@mail.example>\r\nMessage-ID: <%s@mail.example>\r\n%b\r\n%b' "$1" "${2:-}" "${3:-body}" >"$HOUSE/$1.eml"; }
long() { perl -e 'print $ARGV[0] x $ARGV[1]' -- "$1" "$2"; }

# ---- what a command is told: there is no message yet, nothing is logged but refused recipients, the connection goes on ----
while read -r id reply command; do
    like "$id" "$(say "MAIL FROM:<alice@mail.example>" RSET "$command")" "^$reply "
done <<EOF
ERR_SMTP_COMMAND 500.5\.5\.2 FOO
ERR_SMTP_NOT_IMPLEMENTED 502.5\.5\.1 EXPN list
ERR_SMTP_SEQUENCE 503.5\.5\.1 RCPT TO:<bob@x400.example>
ERR_SMTP_SYNTAX 501.5\.5\.4 VRFY
ERR_SMTP_PARAMETER 555.5\.5\.4 MAIL FROM:<alice@mail.example> FOO=1
ERR_SMTP_SENDER_SYNTAX 553.5\.1\.7 MAIL FROM:<alice
ERR_SMTP_TOO_BIG 552.5\.3\.4 MAIL FROM:<alice@mail.example> SIZE=999999999
ERR_SMTP_LINE_LENGTH 500.5\.5\.2 $(long x 9000)
EOF
like "ERR_SMTP_TOO_MANY_RECIPIENTS: the MTA sends the others in a transaction of their own" \
    "$(say "MAIL FROM:<alice@mail.example>" "RCPT TO:<a@x400.example>" "RCPT TO:<b@x400.example>" "RCPT TO:<c@x400.example>" "RCPT TO:<d@x400.example>")" "^452 4\.5\.3 "
like "ERR_SMTP_TOO_MANY_ERRORS: the connection ends" "$(GO_ON=1 say FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO FOO)" "^(421 4\.7\.0 .*|closed)$"

# ---- what a recipient is told at RCPT: for good ----
while read -r id reply to; do
    like "$id" "$(say "MAIL FROM:<alice@mail.example>" "RCPT TO:<$to>")" "^$reply "
    case $id in ERR_SMTP_*) continue ;; esac
    ok "$id: logged" house_logged "info rcpt-refused .*error=$id "
done <<EOF
ERR_SMTP_RCPT_SYNTAX 553.5\.1\.3 a..b@x400.example
ERR_SMTP_UTF8_ADDRESS 553.5\.6\.7 \xc3\xbc@x400.example
ERR_OR_SYNTAX 550.5\.1\.3 "/S=x/FOO=y/C=GB/"@gw.example
ERR_OR_GATEWAY_LOOP 550.5\.1\.1 x@gw.example
ERR_ADDR_TOO_LONG 553.5\.1\.3 $(long x 600)@gw.example
ERR_RELAY_ROUTE_BACK 550.5\.4\.6 x@elsewhere.example
EOF

# ---- what a message is told, for good: whenever it comes it is the same, and nothing of it leaves ----
make header_size "X-Long: $(long 'x' 900)\r\nX-Long: $(long x 900)\r\nX-Long: $(long x 900)\r\nX-Long: $(long x 900)\r\nX-Long: $(long x 900)\r\n"
make header_fields "$(long 'X-Many: x\r\n' 30)"
make parts "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n" "$(long '--b\r\n\r\nx\r\n' 10)--b--\r\n"
make hops "$(long 'Received: by there; id 1\r\n' 8)"
make big "" "$(long "$(long x 70)\r\n" 2000)"
make bare "" 'one\ntwo'
while read -r id file reply; do
    for n in 1 2; do
        like "$id: time $n" "$(mail "$file")" "^$reply "
    done
    is "$id: not in the journal" "$(track "$file" | grep -c MTS-identifier)" 0
    case $id in ERR_SMTP_*) continue ;; esac
    is "$id: logged each time" "$(lines "$id")" 2
done <<'EOF'
ERR_MIME_HEADER_SIZE header_size 554.5\.6\.0
ERR_MIME_HEADER_FIELDS header_fields 554.5\.6\.0
ERR_MIME_PARTS parts 554.5\.6\.0
ERR_MIXER_HOPS hops 554.5\.4\.6
ERR_SMTP_TOO_BIG big 552.5\.3\.4
ERR_SMTP_NEWLINE bare 554.5\.5\.2
EOF
is "the peer has seen none of them" "$(house_sunk)" 0

# ---- a peer that cannot, for now: the mail stays with its MTA, and goes under the same identifier when it comes again ----
again() { mail "$1" | grep -q '^250 '; }
sink() { house_kill sink; HOUSE_SINK="$*" house_sink; }
count=0
# (another attempt on the same message may already find the peer down: 4.4.1)
while read -r id reply fault; do
    file=peer_$id
    make "$file"
    case $fault in
    down) house_kill sink ;;
    *) sink $fault ;;
    esac
    house_gate
    like "$id" "$(mail "$file")" "^$reply "
    ok "$id: logged" house_logged "error=$id "
    first=$(track "$file" | grep MTS-identifier)
    ok "$id: the journal knows it, and what became of it" sh -c 'echo "$1" | grep -q MIXGATE && echo "$2" | grep -q failed' sh "$first" "$(track "$file")"
    [ "$fault" != down ] || like "ERR_RELAY_PEER_DOWN: while it is, RCPT is told" "$(mail "$file")" "^451 4\.4\.1 .*cannot be reached"
    [ "$fault" != down ] || ok "ERR_RELAY_PEER_DOWN: logged" house_logged "error=ERR_RELAY_PEER_DOWN "
    sink
    ok "$id: the same octets go when the peer is well" wait_for 30 again "$file"
    count=$((count + 1))
    is "$id: once" "$(house_sunk)" $count
    is "$id: under the same identifier" "$(track "$file" | grep MTS-identifier)" "$first"
done <<'EOF'
ERR_RELAY_CONNECT 451.4\.4\.1 down
ERR_OSI_TRANSPORT_REFUSED 451.4\.4\.1 --refuse transport:128
ERR_OSI_SESSION_REFUSED 451.4\.4\.1 --refuse session:0
ERR_OSI_PRESENTATION_REFUSED 451.4\.4\.1 --refuse presentation:0
ERR_OSI_ASSOCIATION_REFUSED 451.4\.4\.1 --refuse acse:1/1
ERR_OSI_BIND_REFUSED 451.4\.4\.1 --refuse bind:1
ERR_OSI_BUSY 451.4\.4\.[15] --refuse bind:0
ERR_OSI_TRANSFER_REFUSED 451.4\.4\.2 --refuse transfer:0
ERR_RELAY_BIND 451.4\.(7\.0|4\.1) --name STRANGER
EOF

# ---- a peer that takes its time ----
sink -w 6
house_gate 's/lmtp = {/lmtp = { answer_within = 2;/'
make slow
like "ERR_RELAY_DEADLINE: at lmtp.answer_within" "$(mail slow)" "^451 4\.4\.2 .*no answer in time"
like "ERR_RELAY_IN_FLIGHT: it comes again meanwhile" "$(mail slow)" "^451 4\.4\.5 .*on its way"
ok "logged" house_logged "error=ERR_RELAY_IN_FLIGHT "
ok "what the peer confirms late is known when it comes again" wait_for 30 again slow
count=$((count + 1))
is "and there is no copy" "$(house_sunk)" $count
sink

# ---- X.400 to SMTP ----
house_gate
p1() { "$house_bin/mixgate-source" --name "${NAME:-SINK}" --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ "$@" "127.0.0.1:$P1_PORT" 2>&1; }
while IFS='|' read -r id to; do
    : >"$HOUSE/captured"
    run_ok "$id: confirmed, for it would come for ever" p1 -t "$to/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"
    is "$id: and reported" "$(cat "$HOUSE/captured")" "DSN failed"
    ok "$id: logged" house_logged "not-delivered .*error=$id "
done <<'EOF'
ERR_ADDR_SYNTAX|/DD.RFC-822=nodomain
ERR_ADDR_CONTROL|/DD.RFC-822=a(013)b(a)c.example
ERR_OR_DDA|/DD.RFC822C2=mple/DD.RFC-822=a(a)b.exa
ERR_RELAY_SMTP_REFUSED|/DD.RFC-822=nobody(a)mail.example
EOF
: >"$HOUSE/captured"
ok "ERR_RELAY_SMTP_TEMPORARY: not confirmed, the peer keeps it" sh -c '! "$@" >/dev/null 2>&1' sh "$house_bin/mixgate-source" --name SINK \
    --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -t "/DD.RFC-822=later(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/" "127.0.0.1:$P1_PORT"
ok "ERR_RELAY_SMTP_TEMPORARY: logged" house_logged "refused .*error=ERR_RELAY_SMTP_TEMPORARY "
is "ERR_RELAY_SMTP_TEMPORARY: nothing is said" "$(cat "$HOUSE/captured")" ""
like "ERR_RELAY_BIND: a caller that is not known" "$(NAME=STRANGER p1 -t /S=x/)" "authentication"

# ---- the journal ----
writer() { for p in $(perl "$srcdir/t/lib/mta.pl" children "$(cat "$HOUSE/mixgated.pid")"); do [ "$(cat "/proc/$p/comm")" = mixgate-journal ] && echo "$p"; done; }
stop_writer() { kill -KILL "$(writer)"; }
break_journal() { # KIND; the next writer, which is there at once, finds it
    rm -f "$HOUSE"/journal.db-*
    case $1 in
    ERR_JOURNAL_CORRUPT) perl -e 'print "no database, " x 1000' >"$HOUSE/journal.db" ;;
    ERR_JOURNAL_MISSING) rm "$HOUSE/journal.db"; mkdir "$HOUSE/journal.db" ;;
    ERR_JOURNAL_VERSION) perl -e 'open F, "+<", shift; seek F, 60, 0; print F pack "N", 999' "$HOUSE/journal.db" ;;
    esac
    stop_writer
}
mend_journal() { rm -rf "$HOUSE"/journal.db "$HOUSE"/journal.db-*; mv "$HOUSE/good.db" "$HOUSE/journal.db"; }
for id in ERR_JOURNAL_CORRUPT ERR_JOURNAL_MISSING ERR_JOURNAL_VERSION; do
    house_kill mixgated # in order: the journal is one file
    cp "$HOUSE/journal.db" "$HOUSE/good.db"
    house_gate
    make "$id"
    ok "$id: the writer" wait_for 10 house_logged ' ready '
    break_journal $id
    ok "$id: is said" wait_for 10 house_logged "error=$id "
    like "ERR_RELAY_JOURNAL: mail is not taken" "$(mail "$id")" "^45[12] 4\.3\.[0-9] "
    is "$id: nothing reached the peer" "$(house_sunk)" $count
    ok "$id: X.400 is not taken either" sh -c '! "$@" >/dev/null 2>&1' sh "$house_bin/mixgate-source" --name SINK --timeout 5 \
        --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -t "/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/" "127.0.0.1:$P1_PORT"
    mend_journal
    ok "$id: mended, it passes without a hand on mixgated" wait_for 60 again "$id"
    count=$((count + 1))
    is "$id: once" "$(house_sunk)" $count
done
# ---- settings: said at the start, or by the message that meets them; an operator's slip bounces no mail ----
house_gate
sed "s|$HOUSE/journal.db|$HOUSE/second.db|" "$HOUSE/mixgate.conf" >"$HOUSE/second.conf"
like "ERR_RELAY_LISTEN: a port that somebody has" "$("$house_bin/mixgated" --config "$HOUSE/second.conf" --foreground 2>&1)" "start-failed error=ERR_RELAY_LISTEN .*in use"
sed "s/carry = \"inet[^;]*;//; s/^milter = {/& carry = \"all\";/" "$HOUSE/mixgate.conf" >"$HOUSE/second.conf"
like "ERR_MILTER_SET: carry without its door" "$("$house_bin/mixgate-milter" --config "$HOUSE/second.conf" --check 2>&1)" "needs lmtp.carry"
sed -i '/^default/d' "$HOUSE/tables/routes"
house_gate
like "ERR_RELAY_ROUTE_NONE" "$(say "MAIL FROM:<alice@mail.example>" 'RCPT TO:<"/S=x/PRMD=Q/ADMD=Q/C=QQ/"@gw.example>')" "^550 5\.1\.2 no route"
ok "ERR_RELAY_ROUTE_NONE: logged" house_logged "rcpt-refused .*error=ERR_RELAY_ROUTE_NONE "
sed -i 's/peer=sink/peer=ghost/' "$HOUSE/tables/routes"
house_gate
like "ERR_RELAY_PEER_UNKNOWN: for now" "$(say "MAIL FROM:<alice@mail.example>" 'RCPT TO:<bob@x400.example>')" "^451 4\.3\.5 .*ghost"
ok "ERR_RELAY_PEER_UNKNOWN: logged" house_logged "rcpt-refused .*error=ERR_RELAY_PEER_UNKNOWN "
is "no bug was seen" "$(grep -c 'ERR_BUG\|ERR_JOURNAL_SQL' "$HOUSE/mixgated.log")" 0
done_testing
