#!/bin/sh
# poison.t - messages that end the process that reads them, from both sides: each is tried a second time, then kept for a person
# and refused or reported, and what comes behind it passes (DESIGN: an APDU or mail whose worker died twice).
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-poison.XXXXXX)
trap 'house_small_destroy' EXIT
trap 'exit 1' INT TERM
# A worker that may have little memory, and a header that needs much: it is not read to its end.
HOUSE_CONF='limits = { worker_memory = "128M"; header_size = "100M"; header_fields = 1000000; };'
HOUSE_WORKERS=2
house_small "$dir"
run_ok "the sink" house_sink
run_ok "mixgated" house_mixgated
send() { perl "$srcdir/t/lib/send.pl" --port "${PORT:-$LMTP_PORT}" --lmtp --from alice@mail.example --to "${TO:-bob@x400.example}" "$@" 2>&1; }
bad() { find "$HOUSE/archive/bad" -type f 2>/dev/null | wc -l; }
deaths() { grep -c 'child-died kind=worker' "$HOUSE/mixgated.log"; }
died() { [ "$(deaths)" -ge "$1" ]; }
good() { TO="$1@x400.example" send --quiet --subject good; }

perl -e 'print "From: <alice\@mail.example>\r\nTo: <bob\@x400.example>\r\nMessage-ID: <poison\@mail.example>\r\n";
    print "X-Poison: ", "x" x 900, "\r\n" for 1 .. 90000; print "\r\nbody\r\n"' >"$HOUSE/poison.eml"
like "the first worker dies, and says nothing" "$(send "$HOUSE/poison.eml")" "connection closed"
ok "which is logged" wait_for 10 died 1
run_ok "the next message passes" wait_for 10 good one
like "the second attempt is the same" "$(send "$HOUSE/poison.eml")" "connection closed"
ok "it was said that it is one" house_logged 'worker-died-before.*ERR_RELAY_WORKER_DIED'
ok "and another worker died" wait_for 10 died 2
is "nothing is kept yet" "$(bad)" 0
run_ok "the next message passes" wait_for 10 good two
like "the third time it is refused for good" "$(send "$HOUSE/poison.eml")" "^550 5\.6\.0 .*ends its process"
is "without another death" "$(deaths)" 2
is "it is kept for a person, octet by octet" "$(cat "$HOUSE"/archive/bad/*.eml | cksum)" "$(cksum <"$HOUSE/poison.eml")"
ok "with an alarm" house_logged 'error bad-mail .*alarm=content'
like "and so it is whenever it comes again" "$(send "$HOUSE/poison.eml")" "^550 5\.6\.0 "
is "kept once" "$(bad)" 1
kill -HUP "$(cat "$HOUSE/mixgated.pid")"
ok "a reload" wait_for 5 house_logged ' reloaded'
like "does not forget it" "$(send "$HOUSE/poison.eml")" "^550 5\.6\.0 "
run_ok "the next message passes" wait_for 10 good three
is "nothing but the good ones reached the peer" "$(house_sunk)" 3
is "the journal knows nothing of it: it was never handed over" \
    "$("$house_bin/mixgate" track --config "$HOUSE/mixgate.conf" '<poison@mail.example>' 2>/dev/null | grep -c MTS-identifier)" 0

# the dry run of the milter: what would kill a worker is refused there too
printf 'X-Way: screen\r\n' | cat - "$HOUSE/poison.eml" >"$HOUSE/screen.eml"
for n in 1 2; do
    like "a dry run, time $n: the connection ends" "$(PORT=$SCREEN_PORT send "$HOUSE/screen.eml")" "connection closed"
    ok "by a death" wait_for 10 died $((2 + n))
done
like "time 3: refused" "$(PORT=$SCREEN_PORT send "$HOUSE/screen.eml")" "^550 5\.6\.0 "

is "no bug was seen but those" "$(grep -c 'ERR_BUG' "$HOUSE/mixgated.log")" 0
done_testing
