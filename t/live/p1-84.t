#!/bin/sh
# p1-84.t - a peer of 1984 at both ends of mixgated: application protocol 1, quirk p1-84; messages and reports both ways, each in
# the P1 and P2 of 1984, in monologue and in two-way-alternate.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl postfix
PATH=$PATH:/usr/sbin
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-p1-84.XXXXXX)
trap 'house_destroy' EXIT
trap 'exit 1' INT TERM
HOUSE_PEER='mode = "x410-1984"; quirks = ["p1-84"];' HOUSE_SINK="-v --mode x410-1984"
house_start "$dir"
is "Postfix, mixgated, milter and a sink of 1984 stand" $? 0

send() { perl "$srcdir/t/lib/send.pl" --quiet --port "$SUBMIT_PORT" --from alice@mail.example "$@"; }
p1() { "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ --mode x410-1984 "$@" "127.0.0.1:$P1_PORT"; }
to() { echo "/DD.RFC-822=$1(a)$2/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"; }
sunk() { [ "$(house_sunk)" -ge "$1" ]; }
mails() { [ "$(house_mails alice)" -ge "$1" ]; }
newest() { find "$HOUSE/sink" -name '*.p1' -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2; }
dump() { "$house_bin/mixgate" dump "$@"; }
# A thing of 1984: to write it again by the rules of 1984 changes no octet.
of_1984() { dump "$1" | dump --parse --ber --p1-84 --p2 - | cmp -s - "$1"; }
sink() {
    house_kill sink
    HOUSE_SINK=$* house_sink
}

send --to bob@x400.example --subject "to 1984"
ok "a mail reaches the peer" wait_for 20 sunk 1
ok "in the P1 of 1984" of_1984 "$(newest)"
like "with P2" "$(dump "$(newest)")" "content-type: .*1984 .2."
like "its subject" "$(dump "$(newest)")" 'heading.subject: "to 1984"'
sink -v --mode x410-1984 --report delivery
send --to bob@x400.example --subject asked --notify SUCCESS,FAILURE
ok "a delivery report of 1984 comes to the mailbox" wait_for 20 mails 1
like "as a DSN" "$(cat "$PF_MAIL"/alice/new/*)" "Action: delivered"
sink -v --mode x410-1984 --report nondelivery:1/0
send --to nobody@x400.example --subject refused
ok "and a non-delivery report" wait_for 20 mails 2
like "as a DSN" "$(cat "$PF_MAIL"/alice/new/*)" "Action: failed"
sink -v --mode x410-1984
run_ok "a message of 1984 is confirmed" p1 -t "$(to alice mail.example)" -S from-1984
ok "and lies in the mailbox" wait_for 20 mails 3
before=$(house_sunk)
run_ok "one that asks for a delivery report" p1 -t "$(to alice mail.example)" -R 2
ok "is reported" wait_for 20 sunk $((before + 1))
ok "in the P1 of 1984" of_1984 "$(newest)"
like "as delivered" "$(dump "$(newest)")" "report-type: delivery"
run_ok "one for a domain that nobody knows" p1 -t "$(to x elsewhere.example)"
ok "is reported" wait_for 20 sunk $((before + 2))
ok "in the P1 of 1984" of_1984 "$(newest)"
like "as not delivered" "$(dump "$(newest)")" "non-delivery-reason-code"
run_ok "a probe of 1984" p1 --probe -t "$(to alice mail.example)" -R 2
is "nobody complained" "$(grep -E 'other-mode|protocol-swapped|bad-apdu|level=error' "$HOUSE/mixgated.log")" ""

# ---- two-way-alternate: the report comes back on the turn of the association that carried the message ----
house_kill mixgated
: >"$HOUSE/mixgated.log"
HOUSE_PEER='mode = "x410-1984"; quirks = ["p1-84"]; twa = true;' house_conf >"$HOUSE/mixgate.conf"
ok "mixgated in two-way-alternate" house_mixgated
# house_sink names a report-to; the last one counts
sink -v --mode x410-1984 --report delivery --report-to turn
count=$(house_mails alice)
send --to bob@x400.example --subject "asked on the turn" --notify SUCCESS,FAILURE
ok "the peer's report comes on its turn" wait_for 20 mails $((count + 1))
is "on one association in all" "$(grep -c association-open "$HOUSE/mixgated.log")" 1
like "in two-way-alternate" "$(grep association-open "$HOUSE/mixgated.log")" "two-way-alternate"
done_testing
