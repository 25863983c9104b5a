#!/bin/sh
# tshark.t - a second opinion on a live association: bind, message, report and release, recorded on loopback, decode down to P22
# without a malformed packet or a BER error.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and postfix perl tshark
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-tshark.XXXXXX)
chmod 755 "$dir"
trap 'house_destroy; rm -f "$dir".*' EXIT
HOUSE_SINK="--report delivery"
HOUSE_PEER="lifetime = 2;"
HOUSE=$dir
ok "the house starts" house_start "$dir" || { done_testing; exit 1; }
tshark -i lo -f "tcp port $SINK_PORT or tcp port $P1_PORT" -w "$dir.pcap" >"$dir.tshark" 2>&1 &
shark=$!
ok "tshark records" wait_for 20 grep -q "Capturing on" "$dir.tshark"
sleep 1
sunk() { [ "$(house_sunk)" -ge "$1" ]; }
mailed() { [ "$(house_mails alice)" -ge "$1" ]; }
run_ok "a message to X.400" perl "$srcdir/t/lib/send.pl" --port "$SUBMIT_PORT" --from alice@mail.example --to Bob.Jones@sales.x400.example \
    --notify SUCCESS,FAILURE --envid shark1 --subject "Look at me"
ok "has arrived" house_until 30 sunk 1
ok "its delivery report has come back" house_until 30 mailed 1
run_ok "a message to mail" "$builddir/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -R 2 -S "And back" \
    -f "/G=Bob/S=Jones/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/" -t "/RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/" "127.0.0.1:$P1_PORT"
ok "has arrived" house_until 30 mailed 2
ok "Postfix's notice has gone back as a report" house_until 30 sunk 2
sleep 3 # the idle association is released after lifetime
kill -INT $shark
wait $shark
decoded=$(tshark -r "$dir.pcap" -d "tcp.port==$SINK_PORT,tpkt" -d "tcp.port==$P1_PORT,tpkt" -V 2>"$dir.err")
is "no malformed packet" "$(printf '%s\n' "$decoded" | grep -c 'Malformed')" 0
is "no BER error" "$(printf '%s\n' "$decoded" | grep -ciE 'BER Error|expert info \(error|not decoded yet|unknown BER')" 0
for word in MTABindArgument MTABindResult 'ISO 8073|COTP' 'MTS-APDU|MTSAPDU|Message \(' 'report-destination-name' PerRecipientReportTransferFields subject-identifier \
    '^ +ipm$' 'subject: teletexString|subject: ' 'Look at me' 'And back' '^ +rlrq' '^ +rlre'; do
    n=$(printf '%s\n' "$decoded" | grep -ciE -e "$word")
    ok "it reads: $word ($n)" test "$n" -gt 0
done
done_testing
