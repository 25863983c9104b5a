#!/bin/sh
# sendmail.t - the house with Sendmail in Postfix's place: etc/mixgate.m4 as written, LMTP with DSN parameters, the return
# port and the milter, both directions with their reports.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl m4 unshare dpkg
HOUSE_MTA=sendmail
sh "$srcdir/t/lib/sendmail.sh" unpack || exit 1
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-sendmail.XXXXXX)
trap 'house_destroy' EXIT
trap 'exit 1' INT TERM
HOUSE_SINK='-v'
house_start "$dir"
is "Sendmail, mixgated, milter and sink stand" $? 0

send() { perl "$srcdir/t/lib/send.pl" --port "$SUBMIT_PORT" --from alice@mail.example "$@"; }
p1() { "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ "$@"; }
alice='/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/'
gateway="127.0.0.1:$P1_PORT"
sunk() { [ "$(house_sunk)" -ge "$1" ]; }
mails() { [ "$(house_mails "$1")" -ge "$2" ]; }
in_mail() { grep -rqs -- "$1" "$PF_MAIL/alice/new"; }
last_sunk() { find "$HOUSE/sink" -name '*.p1' | sort | tail -1; }
dump() { "$house_bin/mixgate" dump "$(last_sunk)"; }
restart_sink() { house_kill sink; HOUSE_SINK=$*; house_sink; }

# ---- to X.400 ----
printf 'From: <alice@mail.example>\r\nTo: <bob@x400.example>\r\nSubject: dots\r\n\r\n.dot\r\nFrom here on\r\n' >"$dir/dots.eml"
run_ok "a mail for X.400 is taken" send --to bob@x400.example "$dir/dots.eml"
ok "and reaches the peer" wait_for 20 sunk 1
like "with a line that begins with From, and one with a dot" "$(dump | tr -d '\n')" '\.dot.*From here on'
run_ok "two recipients and DSN parameters" send --to bob@x400.example --to carol@x400.example --notify SUCCESS,FAILURE --envid here-1 --ret HDRS
ok "are one message" wait_for 20 sunk 2
like "with both recipients" "$(dump | tr -d '\n')" 'bob.*carol'
like "and the report request of NOTIFY" "$(dump)" 'report'
like "the LMTP transaction had the parameters" "$(cat "$PF_LOG")" 'ENVID=here-1'

# ---- reports of the peer become DSNs in the mailbox ----
restart_sink -v --report delivery --report-to "$gateway"
run_ok "a mail that asks for success" send --to bob@x400.example --notify SUCCESS --envid here-2 --subject asked
ok "is reported" wait_for 20 in_mail 'Action: delivered'
ok "with the envelope identifier" in_mail 'Original-Envelope-Id: here-2'
run_ok "one that wants no report" send --to bob@x400.example --notify NEVER --subject silent
restart_sink -v --report nondelivery:1/0 --report-to "$gateway"
run_ok "one that cannot be delivered there" send --to nobody@x400.example --subject refused
ok "comes back as failed" wait_for 20 in_mail 'Action: failed'
restart_sink -v

# ---- the milter says no on the line ----
like "an address that cannot be routed" "$(send --to '"/S=x/PRMD=NOWHERE/ADMD=Q/C=QQ/"@gw.example')" '^550 5\.'

# ---- from X.400 ----
run_ok "a message from X.400 is confirmed" p1 -t "$alice" -S from-x400 "$gateway"
ok "and lies in the mailbox" wait_for 20 in_mail 'Subject: from-x400'
before=$(house_sunk)
run_ok "one that asks for a delivery report" p1 -t "$alice" -R 2 "$gateway"
ok "is reported through Sendmail's DSN" wait_for 20 sunk $((before + 1))
like "as delivered" "$(dump)" 'message-delivery-time'
run_ok "one for a domain that nobody knows is confirmed" p1 -t '/DD.RFC-822=x(a)elsewhere.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/' "$gateway"
ok "and comes back as a report" wait_for 30 sunk $((before + 2))
like "of non-delivery" "$(dump)" 'non-delivery-reason-code'

# ---- neighbours down ----
house_kill sink
run_ok "a mail while the peer is down is taken by Sendmail" send --to bob@x400.example --subject later
sleep 1
count=$(house_sunk)
house_sink
ok "and goes when it is back" wait_for 40 sunk $((count + 1))
run_ok "the queue is empty" sh "$srcdir/t/lib/sendmail.sh" drain "$dir/pf" 30
sh "$srcdir/t/lib/sendmail.sh" stop "$dir/pf"
is "with Sendmail down a transfer is refused for now" "$(p1 -t "$alice" -S down "$gateway" >/dev/null 2>&1 && echo taken || echo refused)" refused
done_testing
