#!/bin/sh
# addresses.t - addresses that have broken other gateways, end to end: a private Postfix, mixgated and a P1 sink that speaks.
# Faults of the field, after the knowledge base articles named in t/vectors/address/interop.tsv.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl postfix
PATH=$PATH:/usr/sbin
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-addresses.XXXXXX)
trap 'house_destroy' EXIT
trap 'exit 1' INT TERM
HOUSE_SINK="-v"
house_start "$dir"
is "Postfix, mixgated, milter and sink stand" $? 0

send() { perl "$srcdir/t/lib/send.pl" "$@"; }
sink_saw() { grep -q -- "$1" "$HOUSE/sink.log"; }
mails() { [ "$(house_mails "$1")" -ge "$2" ]; }
seen() { cat "$PF_MAIL/$1"/new/* 2>/dev/null | tr -d '\r'; }

# message ID O/R...: one message from Bob for several recipients, as P1
message() {
    id=$1 n=0
    shift
    {
        cat <<DUMP
kind: message
information-object: ipm
envelope.message-identifier: "[/PRMD=WIDGET/ADMD=ACME/C=GB/;$id]"
envelope.originator-name: "/G=Bob/S=Jones/PRMD=WIDGET/ADMD=ACME/C=GB/"
envelope.content-type: 22
envelope.trace-information[1].global-domain-identifier: "/PRMD=WIDGET/ADMD=ACME/C=GB/"
envelope.trace-information[1].arrival-time: $(date -u +%Y-%m-%dT%H:%M:%S+00:00)
DUMP
        for o in "$@"; do
            n=$((n + 1))
            cat <<DUMP
recipients[$n].recipient-name: "$o"
recipients[$n].originally-specified-recipient-number: $n
recipients[$n].responsibility: responsible
recipients[$n].originating-MTA-report: 1
recipients[$n].originator-report: 1
heading.primary-recipients[$n].formal-name: "$o"
DUMP
        done
        cat <<DUMP
heading.this-IPM.user-relative-identifier: "$id"
heading.subject: "$id"
body[1].body-part: ia5-text
body[1].data: "hello"
DUMP
    } >"$HOUSE/$id.txt"
    "$house_bin/mixgate" dump --parse --ber "$HOUSE/$id.txt" >"$HOUSE/$id.p1" &&
        "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ --apdu "$HOUSE/$id.p1" "127.0.0.1:$P1_PORT"
}
alice='/RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/'

# ---- one bad recipient must not fail the others, and its report reaches the originator (147093, 176148, 188597, 169860, 145986)
bad() { # bad ID TEXT O/R
    run_ok "$2: confirmed" message "$1" "$3" "$alice"
    ok "... the other recipient has it" wait_for 20 sh -c "cat '$PF_MAIL'/alice/new/* | grep -q '^Subject: $1'"
    ok "... and a report comes back" wait_for 20 sink_saw "subject-identifier.*;$1\\]"
}
bad adm17 "an ADMD of 17 characters" '/S=x/PRMD=p/ADMD=abcdefghijklmnopq/C=GB/'
bad c1 "a country of one character" '/S=x/PRMD=p/ADMD=a/C=G/'
bad forms "attributes of two forms" '/UA-ID=123/S=x/PRMD=p/ADMD=a/C=GB/'
bad ddabad "an RFC-822 attribute without a domain (a doubly coded one)" '/RFC-822=first(040)u(041)last(040)a(041)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/'
unrecognised() { [ "$(grep -A1 'non-delivery-reason-code: 1$' "$HOUSE/sink.log" | grep -c 'non-delivery-diagnostic-code: 0$')" -eq 4 ]; }
ok "four reports: unable to transfer, unrecognised O/R name" wait_for 10 unrecognised
run_ok "a numeric address: confirmed (158363)" message numeric '/UA-ID=123/ADMD=ACME/C=GB/' "$alice"
ok "... the other recipient has it" wait_for 20 sh -c "cat '$PF_MAIL'/alice/new/* | grep -q '^Subject: numeric'"

# ---- reply to all across the border (262691, 129746, 254998)
run_ok "a message with several recipients" message replyall "$alice" '/I=I/G=Given/S=Surname/O=area/PRMD=WIDGET/ADMD=ACME/C=GB/' '/S=Doe/O=far/PRMD=AWAY/ADMD=x/C=XZ/'
ok "reaches alice" wait_for 20 sh -c "cat '$PF_MAIL'/alice/new/* | grep -q '^Subject: replyall'"
to=$(seen alice | perl -ne 'BEGIN { $/ = "" } s/\n\s+/ /g; if (/^Subject: replyall/m && /^To: (.*)$/m) { print $1; last }')
is "the addresses that she sees: mapped, or at our own domain, none invented" "$to" \
    'alice@mail.example, Given.I.Surname@area.x400.example, /S=Doe/O=far/PRMD=AWAY/ADMD=x/C=XZ/@gw.example'
printf 'From: <alice@mail.example>\r\nTo: <Bob.Jones@x400.example>, %s\r\nSubject: answer\r\nMessage-ID: <answer@mail.example>\r\n\r\nyes\r\n' \
    "$(echo "$to" | sed 's/^[^,]*, //')" >"$HOUSE/answer.eml"
run_ok "her answer to all of them" send --port "$LMTP_PORT" --lmtp --from alice@mail.example --to Bob.Jones@x400.example --to Given.I.Surname@area.x400.example "$HOUSE/answer.eml"
ok "arrives" wait_for 20 sink_saw 'subject: "answer"'
for o in '/G=Bob/S=Jones/PRMD=WIDGET/ADMD=ACME/C=GB/' '/I=I/G=Given/S=Surname/O=area/PRMD=WIDGET/ADMD=ACME/C=GB/' '/S=Doe/O=far/PRMD=AWAY/ADMD=x/C=XZ/'; do
    ok "... with $o as it was" wait_for 10 sink_saw "formal-name: \"$o\""
done
# ---- envelope and content are mapped alike (255019)
ok "... in the envelope too" sink_saw 'recipient-name: "/I=I/G=Given/S=Surname/O=area/PRMD=WIDGET/ADMD=ACME/C=GB/"'

# ---- coded once, in the log too (249349, 118858)
like "the log has an attribute as it is coded, not coded again" "$(grep ' mapped ' "$HOUSE/mixgated.log")" 'RFC-822=alice\(a\)mail\.example/'
is "... nowhere else either" "$(grep ' mapped ' "$HOUSE/mixgated.log" | grep -v ddabad | grep -v 'first(040)' | grep -c '(040)a(041)')" 0
done_testing
