#!/bin/sh
# demo.sh [--stay] - what ./quickstart shows: a message and its delivery report in each direction, through real servers.
set -u
stay=${1:-}
. "${srcdir:-.}/t/lib/house.sh"
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m'); else bold='' dim='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s' "$dim"; sed 's/^/    /'; printf '%s' "$plain"; }
lost() {
    echo "quickstart: $*" >&2
    for log in mixgated milter sink; do echo "--- $log.log" >&2; tail -15 "$HOUSE/$log.log" >&2; done
    echo "--- Postfix" >&2; tail -15 "$PF_LOG" >&2
    trap - EXIT INT TERM
    house_stop
    echo "quickstart: everything is left in $HOUSE" >&2
    exit 1
}
newest() { find "$1" -type f -name "${2:-*}" -newer "$HOUSE/mark" | sort | tail -1; }
mark() { sleep 0.02; touch "$HOUSE/mark"; sleep 0.02; }
got() { [ -n "$(newest "$@")" ]; }
mixgate() { "$house_bin/mixgate" "$@" --config "$HOUSE/mixgate.conf"; }

dir=$(mktemp -d /tmp/mixgate-quickstart.XXXXXX)
trap 'house_destroy' EXIT
trap 'exit 130' INT TERM
HOUSE_SINK="--report delivery"
HOUSE=$dir
house_start "$dir" || lost "the house does not start"
cat <<TEXT

  alice@mail.example -- Postfix :$SUBMIT_PORT -- LMTP :$LMTP_PORT -- mixgated -- P1 :$SINK_PORT -- sink (peer MTA "SINK")
                        Postfix :$PF_REINJECT_PORT <-------------- mixgated -- P1 :$P1_PORT <- source
TEXT

say "1. Mail to X.400: alice@mail.example -> Bob.Jones@sales.x400.example, delivery report wanted"
mark
perl "$house_lib/send.pl" --port "$SUBMIT_PORT" --from alice@mail.example --to Bob.Jones@sales.x400.example --notify SUCCESS,FAILURE \
    --envid demo1 --subject "Tender 42" --quiet || lost "Postfix did not take the mail"
house_until 20 got "$HOUSE/sink" '*.p1' || lost "nothing reached the X.400 side"
apdu=$(newest "$HOUSE/sink" '*.p1')
echo "   the X.400 side got ($apdu):"
mixgate dump "$apdu" | grep -E "identifier|originator|recipient-name|this-IPM|subject|free-form|formal|rfc-822|data|priority" | grep -v trace | head -24 | show

say "2. Its delivery report comes back as a DSN in Alice's mailbox"
house_until 20 got "$PF_MAIL/alice/new" || lost "no delivery report for Alice"
sed -n '/^Subject/p;/^Content-Type: message\/delivery-status/,/^--/p' "$(newest "$PF_MAIL/alice/new")" | show

say "3. X.400 to mail: Bob -> alice@mail.example, delivery report wanted"
mark
"$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -R 2 -S "Re: Tender 42" \
    -f "/G=Bob/S=Jones/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/" \
    -t "/RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/" -l 200 "127.0.0.1:$P1_PORT" >"$HOUSE/source.log" 2>&1 ||
    { cat "$HOUSE/source.log"; lost "the message was not confirmed"; }
house_until 20 got "$PF_MAIL/alice/new" || lost "nothing reached Alice"
sed -n '1,/^$/p' "$(newest "$PF_MAIL/alice/new")" | grep -vE '^(Return-Path|Delivered-To)' | head -32 | show

say "4. Postfix's delivery notice goes back as a P1 report"
house_until 30 got "$HOUSE/sink" '*.p1' || lost "no report reached the X.400 side"
mixgate dump "$(newest "$HOUSE/sink" '*.p1')" | grep -E 'kind|identifier|destination|recipient-name|report-type|delivery|supplementary' | head -16 | show

say "5. The milter refuses what could never go, while the sender is on the line"
perl "$house_lib/send.pl" --port "$SUBMIT_PORT" --from alice@mail.example --to '"/X=1/S=/"@x400.example' | show

say "6. What the journal knows"
mixgate track demo1 | show

if [ "$stay" = --stay ]; then
    say "Running; Ctrl-C stops it.  Everything is in $HOUSE"
    echo "   perl t/lib/send.pl --port $SUBMIT_PORT --from alice@mail.example --to Bob.Jones@sales.x400.example --notify SUCCESS"
    echo "   build/mixgate check --config $HOUSE/mixgate.conf"
    while :; do sleep 3600 & wait $!; done
fi
say "Both directions work."
