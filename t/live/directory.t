#!/bin/sh
# directory.t - mixgated with rules in DNS and users in LDAP (NSD, slapd): both directions, users who do not exist, sizes, and
# what becomes of mail when nobody answers (RFC 2156 4.2.1).
. "${srcdir:-.}/t/lib/tap.sh"
. "${srcdir:-.}/t/lib/servers.sh"
skip_unless_root_and perl nsd slapd ldapmodify
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-directory.XXXXXX)
cleanup() {
    for n in milter mixgated sink smtpd mute; do house_kill $n; done
    server_stop "$HOUSE/nsd"
    server_stop "$HOUSE/ldap"
    rm -rf "$HOUSE"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 6)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6
mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
house_tables
: >"$HOUSE/captured"
cat >"$HOUSE/zone" <<'ZONE'
*.dns.example.	PX	50	dns.example.	PRMD-WIDGET.ADMD-ACME.C-GB.
*.bad.example.	PX	50	bad.example.	PRMD-x-999-.ADMD-ACME.C-GB.
*.PRMD-dnsnet.ADMD-ACME.X42D.gb.	PX	50	dnsnet.example.	PRMD-dnsnet.ADMD-ACME.C-GB.
*.PRMD-badnet.ADMD-ACME.X42D.gb.	PX	50	badnet.example.	PRMD-x-999-.ADMD-ACME.C-GB.
ZONE
ok "NSD" nsd_start "$HOUSE/nsd" "$srcdir/etc/directory/px.zone" "$HOUSE/zone"
cat >"$HOUSE/people.ldif" <<'LDIF'

dn: cn=Max,ou=people,o=test
objectClass: person
objectClass: mixgateUser
cn: Max
sn: Max
mail: max@mail.example
mhsORAddresses: /S=Max/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/
mhsMaximumContentLength: 5000
mhsDeliverableEITs: 2.6.3.4.2

dn: cn=Tex,ou=people,o=test
objectClass: person
objectClass: mixgateUser
cn: Tex
sn: Tex
mail: tex@mail.example
mhsORAddresses: /S=Tex/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/
mhsDeliverableEITs: teletex
LDIF
ok "slapd" slapd_start "$HOUSE/ldap" "$srcdir/etc/directory/mcgam.ldif" "$HOUSE/people.ldif"
echo 'filed@x400.example#/S=filed/PRMD=WIDGET/ADMD=ACME/C=GB/#' >"$HOUSE/users"
echo 'zoe@mail.example#/S=Zoe/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/#' >>"$HOUSE/users"
echo 'narrow@x400.example#/S=narrow/PRMD=WIDGET/ADMD=ACME/C=GB/# size=5000 bodies=ia5' >>"$HOUSE/users"
echo 'slim@mail.example#/S=Slim/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/# size=5000' >>"$HOUSE/users"
echo 'voice@mail.example#/S=Voice/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/# bodies=voice,1.2.3' >>"$HOUSE/users"
# config HEADER_WAIT LDAP_URI DEADLINE
config() {
    house_conf | sed "s|^mapping = {|mapping = { sources = [\"text\", \"dns\"]; header_wait = $1; deadline = $3; dns = { server = [\"127.0.0.1@$NSD_PORT\"]; timeout = 2; }; ldap = { uri = \"$2\"; timeout = 2; }; users = { files = [\"$HOUSE/users\"]; ldap_base = \"ou=people,o=test\"; validated = [\"x400.example\", \"/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/\"]; };|" >"$HOUSE/mixgate.conf"
}
config 3600 "ldap://127.0.0.1:$LDAP_PORT" 30
KEEP_MAIL="$HOUSE/mail" KEEP_DSN="$HOUSE/dsn" house_spawn smtpd perl "$srcdir/t/lib/mta.pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured"
house_wait "$PF_REINJECT_PORT"
HOUSE_SINK=-v
run_ok "the sink" house_sink
run_ok "mixgated" house_mixgated || { diag "$(cat "$HOUSE/mixgated.log")"; done_testing; exit 1; }
run_ok "the milter" house_spawn milter "$house_bin/mixgate-milter" --config "$HOUSE/mixgate.conf" --foreground

# mail RECIPIENT SUBJECT [HEADER ADDRESS] [RECEIVED DATE]: by LMTP
mail() {
    printf 'Received: from a by b with ESMTP id 1; %s\r\nFrom: <alice@mail.example>\r\nTo: <%s>\r\nSubject: %s\r\nMessage-ID: <%s@mail.example>\r\n\r\nbody\r\n' \
        "${4:-$(date -R)}" "${3:-$1}" "$2" "$2" >"$HOUSE/$2.eml"
    perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example --to "$1" "$HOUSE/$2.eml"
}
p1() { "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ "$@" 127.0.0.1:"$P1_PORT"; }
captured() { sort "$HOUSE/captured" | tr '\n' ';'; }
sink_saw() { grep -q -- "$1" "$HOUSE/sink.log"; }
logged() { grep -q -- "$1" "$HOUSE/mixgated.log"; }
quick() { # quick SECONDS TEXT COMMAND: it takes no longer
    began=$(date +%s)
    limit=$1 text=$2
    shift 2
    out=$("$@" 2>&1)
    took=$(($(date +%s) - began))
    ok "$text (took $took s)" test "$took" -le "$limit"
}

# ---- SMTP to X.400
run_ok "a domain whose rule is in DNS" mail bob@lab.dns.example by-dns
ok "reaches the peer" wait_for 10 sink_saw '/S=bob/O=lab/PRMD=widget/ADMD=acme/C=GB/'
run_ok "a user of LDAP" mail jo.doe@x400.example by-ldap
ok "reaches the peer under the address of the entry" wait_for 10 sink_saw '/G=Jo/S=Doe/O=sales/PRMD=WIDGET/'
run_ok "a user of the file" mail filed@x400.example by-file
like "an unknown user of a validated domain" "$(mail nobody@x400.example unknown)" '^550 5\.1\.1 '
head -c 150000 /dev/zero | tr '\0' x | fold -w 70 >"$HOUSE/large"
printf 'From: <alice@mail.example>\r\nTo: <jo.doe@x400.example>\r\nSubject: large\r\n\r\n' | cat - "$HOUSE/large" >"$HOUSE/large.eml"
echo >>"$HOUSE/large.eml"
like "a message that is too large for the user, after the dot" \
    "$(perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example --to jo.doe@x400.example "$HOUSE/large.eml")" '552 5\.3\.4 '
like "... and at RCPT when MAIL says so" "$(perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => shift) or die; $s->autoflush(1);
    sub r { my $l; do { $l = <$s> } while $l =~ /^\d{3}-/; $l } r();
    for ("LHLO x", "MAIL FROM:<a\@mail.example> SIZE=100001", "RCPT TO:<jo.doe\@x400.example>") { print {$s} "$_\r\n"; $last = r() } print $last' "$LMTP_PORT")" '^552 5\.3\.4 '
like "a recipient that DNS cannot say anything about" "$(mail bob@x.broken.test broken)" '^451 4\.4\.3 '
like "a wrong PX record is no wrong mapping" "$(mail bob@x.bad.example badpx)" '^451 4\.4\.3 '

# ---- what users can take, to X.400
deliver() { perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example "$@" 2>&1; }
body() { # body FILE CONTENT-TYPE TEXT
    printf 'From: <alice@mail.example>\r\nTo: <x@x400.example>\r\nSubject: body\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n' \
        "$2" "$(printf "$3" | base64)" >"$HOUSE/$1.eml"
}
body plain 'text/plain; charset=us-ascii' 'plain text\n'
body greek 'text/plain; charset=iso-8859-7' 'greek \341\342\n'
body file 'application/pdf; name=x.pdf' '%%PDF-1.4\n'
run_ok "bodies=ia5: plain text goes" deliver --to narrow@x400.example "$HOUSE/plain.eml"
like "... another character set does not" "$(deliver --to narrow@x400.example "$HOUSE/greek.eml")" '554 5\.6\.1 .*1\.0\.10021\.7\.1\.0\.'
like "... nor a file" "$(deliver --to narrow@x400.example "$HOUSE/file.eml")" '554 5\.6\.1 .*2\.6\.1\.12\.0'
like "size=5000: a large message does not" "$(deliver --to narrow@x400.example "$HOUSE/large.eml")" '552 5\.3\.4 '
mixed=$(deliver --to narrow@x400.example --to filed@x400.example "$HOUSE/file.eml")
like "who takes less does not stop the others: 554" "$mixed" '554 5\.6\.1 '
like "... and 250" "$mixed" '250 2\.'
run_ok "mhsDeliverableEITs ia5 and ftbp: a file goes" deliver --to jo.doe@x400.example "$HOUSE/file.eml"
like "... another character set does not" "$(deliver --to jo.doe@x400.example "$HOUSE/greek.eml")" '554 5\.6\.1 '
is "the dry run of the milter says so too" "$(perl "$srcdir/t/lib/send.pl" --port "$SCREEN_PORT" --lmtp --from alice@mail.example --to jo.doe@x400.example "$HOUSE/greek.eml" 2>&1 | grep -c '554 5\.6\.1 ')" 1
sunk=$(house_sunk)
like "a header address that DNS cannot say anything about: the message waits" "$(mail bob@lab.dns.example waits carol@x.broken.test)" '^451 4\.4\.3 '
is "nothing went to the peer" "$(house_sunk)" "$sunk"
run_ok "after mapping.header_wait it goes" mail bob@lab.dns.example late carol@x.broken.test "$(date -R -d '2 hours ago')"
ok "with the address encapsulated, which the log tells" logged header-encapsulated
like "... indeed" "$(strings -n 4 "$(find "$HOUSE/sink" -name '*.p1' | sort | tail -1)")" 'carol\(a\)x.broken.test'
run_ok "a dry run does not wait for header addresses" perl "$srcdir/t/lib/send.pl" --port "$SCREEN_PORT" --lmtp --from alice@mail.example --to bob@lab.dns.example "$HOUSE/waits.eml"

# ---- X.400 to SMTP
: >"$HOUSE/captured"
run_ok "a recipient whose rule is in DNS" p1 -t /S=al/PRMD=dnsnet/ADMD=ACME/C=GB/ -S dns-in
is "is delivered" "$(captured)" "dns-in;"
: >"$HOUSE/captured"
run_ok "a user of the file, by the O/R address" p1 -t /S=Zoe/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/ -S user-in
is "is delivered" "$(captured)" "user-in;"
out=$(p1 -t /S=al/PRMD=badnet/ADMD=ACME/C=GB/ -S bad-in 2>&1)
ok "nobody can say where it goes: the peer keeps it" [ $? -ne 0 ]
like "... refused for now" "$out" 'refused|temporary'
: >"$HOUSE/captured"
run_ok "an unknown O/R address of a validated domain is confirmed" p1 -R 2 -t /S=nobody/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/ -S nobody-in
is "... and reported" "$(captured)" "DSN failed;"
ok "as no such user" logged 'ERR_ADDR_NO_USER'

# A message from X.400 with a header address for which DNS has no answer: waits ID TRANSFER-TIME
waits() {
    cat >"$HOUSE/waits.txt" <<DUMP
kind: message
information-object: ipm
envelope.message-identifier: "[/PRMD=WIDGET/ADMD=ACME/C=GB/;$1]"
envelope.originator-name: "/S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/"
envelope.content-type: 22
envelope.trace-information[1].global-domain-identifier: "/PRMD=WIDGET/ADMD=ACME/C=GB/"
envelope.trace-information[1].arrival-time: $2
recipients[1].recipient-name: "/S=Zoe/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/"
recipients[1].originally-specified-recipient-number: 1
recipients[1].responsibility: responsible
recipients[1].originating-MTA-report: 1
recipients[1].originator-report: 1
heading.this-IPM.user-relative-identifier: "$1"
heading.subject: "$1"
heading.copy-recipients[1].formal-name: "/S=al/PRMD=badnet/ADMD=ACME/C=GB/"
body[1].body-part: ia5-text
body[1].data: "hello"
DUMP
    "$house_bin/mixgate" dump --parse --ber "$HOUSE/waits.txt" >"$HOUSE/waits.p1" && p1 --apdu "$HOUSE/waits.p1" 2>&1
}
: >"$HOUSE/captured"
before=$(grep -c header-encapsulated "$HOUSE/mixgated.log")
like "a header address that DNS cannot say anything about: the peer keeps the message" "$(waits wait-new "$(date -u +%Y-%m-%dT%H:%M:%S+00:00)")" 'refused|temporary'
is "... nothing is delivered or reported" "$(captured)" ""
like "... and its own trace tells for how long" "$(waits wait-59 "$(date -u -d '50 minutes ago' +%Y-%m-%dT%H:%M:%S+00:00)")" 'refused|temporary'
run_ok "after mapping.header_wait it goes" waits wait-old "$(date -u -d '2 hours ago' +%Y-%m-%dT%H:%M:%S+00:00)"
is "... is delivered" "$(captured)" "wait-old;"
is "... with the address encapsulated, which the log tells" "$(grep -c header-encapsulated "$HOUSE/mixgated.log")" $((before + 1))
like "... indeed" "$(cat "$HOUSE/mail")" '^Cc: .*/S=al/PRMD=badnet/ADMD=ACME/C=GB/.*@gw\.example'

# ---- what users can take, from X.400
ndr() { # ndr TEXT USER OPTIONS..: one DSN, its status and diagnostic in $dsn
    : >"$HOUSE/captured"
    : >"$HOUSE/dsn"
    text=$1 user=$2
    shift 2
    run_ok "$text: confirmed" p1 -R 2 -t "/S=$user/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/" -S never-seen "$@"
    is "... and reported" "$(captured)" "DSN failed;"
    dsn=$(tr -d '\r' <"$HOUSE/dsn")
}
taken() { # taken TEXT USER OPTIONS..
    : >"$HOUSE/captured"
    text=$1 user=$2
    shift 2
    run_ok "$text" p1 -t "/S=$user/O=checked/PRMD=MIXGATE/ADMD=ACME/C=GB/" -S taken "$@"
    is "... is delivered" "$(captured)" "taken;"
}
taken "size=5000: a small message" Slim -l 500
ndr "a large one" Slim -l 9000
like "... as 5.3.4" "$dsn" '^Status: 5\.3\.4$'
like "... content-too-long" "$dsn" '^Diagnostic-Code: x400; Reason 1 \(unable-to-transfer\); Diagnostic 7$'
ndr "bodies=voice,1.2.3: text" Voice -l 500
like "... as 5.6.1" "$dsn" '^Status: 5\.6\.1$'
like "... encoded-information-types-unsupported" "$dsn" '^Diagnostic-Code: x400; Reason 1 \(unable-to-transfer\); Diagnostic 6$'
taken "mhsMaximumContentLength, mhsDeliverableEITs: a small text" Max -l 500
ndr "a large one for the user in LDAP" Max -l 9000
like "... as 5.3.4" "$dsn" '^Status: 5\.3\.4$'
ndr "text for teletex alone" Tex -l 500
like "... as 5.6.1" "$dsn" '^Status: 5\.6\.1$'
ndr "a probe that says how large" Slim --probe -l 9000
like "... as 5.3.4" "$dsn" '^Status: 5\.3\.4$'
like "A-296: the log has the address, the rule and where it stands" "$(cat "$HOUSE/mixgated.log")" 'mapped .*as=recipient from="?/S=Slim/O=checked/.* to=slim@mail\.example how=personal rule=4\.2 at=users:'

# ---- the milter: the same answers while the sender is on the line
milter() { # milter RECIPIENT: what it says at RCPT
    perl -I"$srcdir/t/lib" -MMilter -e '
        my $m = Milter->connect("inet", shift) or die "no milter"; $m->negotiate(0) or die "no negotiation";
        $m->client("127.0.0.1"); $m->ask("M", "<alice\@mail.example>\0"); print $m->say("R", "<$ARGV[0]>\0"), "\n"' "$MILTER_PORT" "$1" 2>&1
}
house_wait "$MILTER_PORT"
like "the milter takes a domain whose rule is in DNS" "$(milter bob@lab.dns.example)" '^(c|continue)'
like "... refuses who does not exist" "$(milter nobody@x400.example)" '550 5\.1\.1 '
like "... takes a user of LDAP" "$(milter jo.doe@x400.example)" '^(c|continue)'
like "... and says not now when nobody can say" "$(milter bob@x.broken.test)" '451 4\.4\.3 '

# ---- slapd goes and comes
server_stop "$HOUSE/ldap"
quick 3 "slapd is gone: an answer at once" mail jo.doe@x400.example gone
like "451 4.4.3" "$out" '^451 4\.4\.3 '
ok "slapd is back" slapd_again "$HOUSE/ldap"
sleep 2.2
run_ok "mail flows again, on a new connection" mail jo.doe@x400.example back

# ---- a server that takes connections and says nothing: nobody is held
perl "$srcdir/t/lib/mute.pl" mute >"$HOUSE/mute.port" &
echo $! >"$HOUSE/mute.pid"
wait_for 5 test -s "$HOUSE/mute.port"
config 3600 "ldap://127.0.0.1:$(cat "$HOUSE/mute.port")" 4
kill -HUP "$(cat "$HOUSE/mixgated.pid")"
ok "reload" wait_for 10 logged reloaded
quick 4 "a mute LDAP server: an answer in time" mail jo.doe@x400.example mute
like "... 451 4.4.3" "$out" '^451 4\.4\.3 '
many() {
    # shellcheck disable=SC2046
    perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example $(for i in $(seq 1 50); do printf -- '--to u%d@x400.example ' "$i"; done)
}
quick 8 "50 recipients: the message has mapping.deadline, not 50 time-outs" many
is "... all are told to come again" "$(echo "$out" | grep -c '^451 4\.4\.3 ')" 50
done_testing
