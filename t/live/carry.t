#!/bin/sh
# carry.t - milter.carry none, urgent and all, last in a chain with other milters, with real Postfix and real Sendmail;
# CARRY_MTA names one of them.  Every test ends by counting what the X.400 side has: each message once.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl m4 unshare dpkg postfix
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-carry.XXXXXX)
chmod 755 "$dir"
HOUSE=
end_all() {
    [ -z "$HOUSE" ] || house_destroy
    for f in "$dir"/*.pid; do [ ! -e "$f" ] || kill "$(cat "$f")" 2>/dev/null; done
    rm -rf "$dir"
}
trap end_all EXIT
trap 'exit 1' INT TERM

send() { perl "$srcdir/t/lib/send.pl" --port "$SUBMIT_PORT" --from alice@mail.example "$@"; }
sunk() { [ "$(house_sunk)" -ge "$1" ]; }
# sunk_with TEXT: messages on the X.400 side with TEXT in them
sunk_with() { grep -la -- "$1" "$HOUSE"/sink/*.p1 2>/dev/null | wc -l; }
mailed() { grep -rqs -- "$1" "$PF_MAIL/alice/new"; }
in_log() { [ "$(grep -c -- "$2" "$HOUSE/$1.log")" -ge "${3:-1}" ]; }
drained() { sh "$srcdir/t/lib/$house_mta.sh" drain "$HOUSE/pf" "${1:-20}"; }
restart_sink() { house_kill sink; HOUSE_SINK=$*; house_sink; }
# settings LINES: the milter group with these; the milter and mixgated read them again
settings() {
    HOUSE_MILTER=$1
    house_conf >"$HOUSE/mixgate.conf"
    seen=$(grep -c ' reloaded' "$HOUSE/milter.log")
    kill -HUP "$(cat "$HOUSE/milter.pid")"
    wait_for 10 in_log milter ' reloaded' $((seen + 1))
}
# mail NAME EXTRA-HEADER...: a message with the Message-ID <NAME@client.example> and NAME in its text
mail() {
    name=$1
    shift
    {
        printf 'From: <alice@mail.example>\r\nTo: <bob@x400.example>\r\nSubject: %s\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n' "$name"
        printf 'Message-ID: <%s@client.example>\r\n' "$name"
        for line in "$@"; do printf '%s\r\n' "$line"; done
        printf '\r\nmark %s end\r\n' "$name"
    } >"$dir/$name.eml"
}
say() { printf '%s' "$2" >"$dir/$1.answer"; }
# through the MTA's queue, or carried?
carried() { grep "decision=carried" "$HOUSE/milter.log" | wc -l; }
queued() { grep -c 'stage=rcpt.*decision=pass\|decision=pass.*stage=rcpt' "$HOUSE/milter.log"; }

filters() {
    # shellcheck disable=SC2046 # two numbers
    set -- $(house_ports 2)
    for name in before after; do
        : >"$dir/$name.answer"
        perl "$srcdir/t/lib/filter.pl" "$1" "$dir/$name.answer" &
        echo $! >"$dir/$name.pid"
        [ $name = before ] && HOUSE_FILTER="inet:127.0.0.1:$1" || PF_MILTER_AFTER="inet:127.0.0.1:$1"
        house_wait "$1"
        shift
    done
    export PF_MILTER_AFTER
}

run() {
    house_mta=$1 mta=$1
    [ "$mta" = postfix ] || sh "$srcdir/t/lib/sendmail.sh" unpack || exit 1
    HOUSE_SINK=-v HOUSE_MILTER='timeout = 20;'
    house_start "$dir/$mta"
    is "$mta: the house stands, with a milter before ours and one behind it" $? 0

    # ---- none ----
    mail "none-$mta" 'Priority: urgent'
    run_ok "$mta, carry none: an urgent mail is taken" send --to bob@x400.example "$dir/none-$mta.eml"
    ok "$mta: and goes through the queue" wait_for 20 sunk 1
    is "$mta: nothing was carried" "$(carried)" 0

    # ---- urgent ----
    settings 'timeout = 20; carry = "urgent";'
    mail "calm-$mta"
    run_ok "$mta, carry urgent: a mail that is not urgent" send --to bob@x400.example "$dir/calm-$mta.eml"
    ok "$mta: goes through the queue" wait_for 20 sunk 2
    is "$mta: and is not carried" "$(carried)" 0
    run_ok "$mta: it was shown to the worker all the same (dry run)" in_log milter 'decision=pass stage=eom'
    n=0
    for mark in 'Priority: Urgent' 'Importance: high' 'X-Priority: 1 (Highest)' 'MT-Priority: 4'; do
        n=$((n + 1))
        mail "urgent-$n-$mta" "$mark"
        run_ok "$mta, carry urgent: $mark" send --to bob@x400.example "$dir/urgent-$n-$mta.eml"
        is "$mta: has been handed over when the client hears 250" "$(sunk_with "mark urgent-$n-$mta end")" 1
    done
    is "$mta: four were carried" "$(carried)" 4
    mail "bulk-$mta" 'Priority: non-urgent' 'X-Priority: 3'
    run_ok "$mta: neither is X-Priority 3" send --to bob@x400.example "$dir/bulk-$mta.eml"
    ok "$mta: which goes through the queue" wait_for 20 sunk 7
    is "$mta: four still" "$(carried)" 4

    # ---- all: REL-009 only X.400 recipients ----
    settings 'timeout = 20; carry = "all";'
    mail "all-$mta"
    run_ok "$mta, carry all (REL-009): a mail for X.400 alone" send --to bob@x400.example --to carol@x400.example "$dir/all-$mta.eml"
    is "$mta (REL-009): is one message there when 250 comes" "$(sunk_with "mark all-$mta end")" 1
    is "$mta (REL-009): and the MTA's queue is empty" "$(sh "$srcdir/t/lib/$mta.sh" queue "$HOUSE/pf")" 0
    like "$mta (REL-009): track knows it" "$("$house_bin/mixgate" track --config "$HOUSE/mixgate.conf" "<all-$mta@client.example>")" 'confirmed'
    run_ok "$mta: the same octets again (a retry whose answer was lost)" send --to bob@x400.example --to carol@x400.example "$dir/all-$mta.eml"
    is "$mta: are answered from the journal" "$(sunk_with "mark all-$mta end")" 1
    ok "$mta: which the log says" in_log mixgated ' duplicate '

    # ---- REL-008 mixed recipients ----
    mail "mixed-$mta"
    like "$mta (REL-008): X.400 and mail recipients, one X.400 address unmappable" \
        "$(send --to bob@x400.example --to alice@mail.example --to '"/S=x/XX=1/C=GB/"@gw.example' "$dir/mixed-$mta.eml" | tr '\n' ' ')" '^550 5\.1\..*250 2\.0\.0'
    ok "$mta (REL-008): the mailbox has it" wait_for 20 mailed "mark mixed-$mta end"
    ok "$mta: the queue is done" drained
    is "$mta (REL-008): X.400 has it once" "$(sunk_with "mark mixed-$mta end")" 1

    # ---- null sender, Message-ID missing, DSN parameters ----
    mail "null-$mta"
    run_ok "$mta: null sender" perl "$srcdir/t/lib/send.pl" --port "$SUBMIT_PORT" --from '' --to bob@x400.example "$dir/null-$mta.eml"
    is "$mta: is carried" "$(sunk_with "mark null-$mta end")" 1
    before=$(carried)
    grep -v Message-ID "$dir/all-$mta.eml" | sed "s/mark all/mark noid/" >"$dir/noid.eml"
    run_ok "$mta: a mail without Message-ID" send --to bob@x400.example "$dir/noid.eml"
    run_ok "$mta: and the same again" send --to bob@x400.example "$dir/noid.eml"
    ok "$mta: are delivered" wait_for 20 drained
    is "$mta: as two" "$(sunk_with "mark noid-$mta end")" 2
    is "$mta: through the queue, where they can be told apart" "$(carried)" "$before"
    sed "s/mark noid/mark envid/" "$dir/noid.eml" >"$dir/envid.eml"
    run_ok "$mta: with an ENVID it is carried" send --to bob@x400.example --envid "e1-$mta" "$dir/envid.eml"
    run_ok "$mta: and known again" send --to bob@x400.example --envid "e1-$mta" "$dir/envid.eml"
    is "$mta: one copy" "$(sunk_with "mark envid-$mta end")" 1
    run_ok "$mta: under another ENVID it is another message" send --to bob@x400.example --envid "e2-$mta" "$dir/envid.eml"
    is "$mta: two" "$(sunk_with "mark envid-$mta end")" 2

    # ---- a chain ----
    mail "before-$mta"
    say before '451 4.7.1 the one before says later'
    like "$mta: a milter before ours says 4xx" "$(send --to bob@x400.example "$dir/before-$mta.eml")" '^451 4\.7\.1 .*before'
    is "$mta: X.400 has nothing" "$(sunk_with "mark before-$mta end")" 0
    say before ''
    run_ok "$mta: the retry passes" send --to bob@x400.example "$dir/before-$mta.eml"
    is "$mta: one copy" "$(sunk_with "mark before-$mta end")" 1
    mail "after-$mta"
    say after '451 4.7.1 the one behind says later'
    send --to bob@x400.example --to alice@mail.example "$dir/after-$mta.eml" >"$dir/said"
    like "$mta: a milter behind ours says 4xx to what has a mail recipient too" "$(cat "$dir/said")" '^451 4\.7\.1 .*behind'
    is "$mta: X.400 has it already" "$(sunk_with "mark after-$mta end")" 1
    send --to bob@x400.example --to alice@mail.example "$dir/after-$mta.eml" >/dev/null
    send --to bob@x400.example --to alice@mail.example "$dir/after-$mta.eml" >/dev/null
    say after ''
    run_ok "$mta: the fourth attempt passes" send --to bob@x400.example --to alice@mail.example "$dir/after-$mta.eml"
    ok "$mta: the mailbox has it" wait_for 20 mailed "mark after-$mta end"
    ok "$mta: the queue is done" drained
    is "$mta: and X.400 has one copy" "$(sunk_with "mark after-$mta end")" 1

    # ---- what stays for the queue ----
    house_kill sink
    mail "down-$mta"
    run_ok "$mta: the peer is down: the mail is taken" send --to bob@x400.example "$dir/down-$mta.eml"
    ok "$mta: for the queue" in_log milter 'decision=queue'
    house_sink
    ok "$mta: which brings it when the peer is back" wait_for 60 sh -c "grep -qa 'mark down-$mta end' '$HOUSE'/sink/*.p1"
    ok "$mta: and is empty" drained 30
    is "$mta: one copy" "$(sunk_with "mark down-$mta end")" 1

    # ---- in doubt ----
    restart_sink -v --close aea
    mail "doubt-$mta"
    like "$mta: the peer's answer is lost: the client shall come again" "$(send --to bob@x400.example --to alice@mail.example "$dir/doubt-$mta.eml")" '^451 4\.4\.7 '
    is "$mta: nobody has it in a queue" "$(sh "$srcdir/t/lib/$mta.sh" queue "$HOUSE/pf")" 0
    house_kill sink
    like "$mta: while the peer is down, too, for it may have it" "$(send --to bob@x400.example --to alice@mail.example "$dir/doubt-$mta.eml")" '^451 4\.4\.7 '
    house_sink
    restart_sink -v
    wait_for 20 sh -c "perl '$srcdir/t/lib/send.pl' --port $SUBMIT_PORT --from alice@mail.example --to bob@x400.example --to alice@mail.example '$dir/doubt-$mta.eml'"
    is "$mta: the retry is taken" $? 0
    ok "$mta: the mailbox has it" wait_for 20 mailed "mark doubt-$mta end"
    ok "$mta: the queue is done" drained
    ids=$(for f in $(grep -la "mark doubt-$mta end" "$HOUSE"/sink/*.p1); do "$house_bin/mixgate" dump "$f" | grep -m 1 'local-identifier\|mts-identifier\|message-identifier'; done | sort -u | wc -l)
    is "$mta: copies on the wire have one identifier" "$ids" 1

    # ---- refused for good ----
    mail "bad-$mta"
    restart_sink -v
    house_destroy
    HOUSE=
}

filters
for mta in ${CARRY_MTA:-postfix sendmail}; do run "$mta"; done
done_testing
