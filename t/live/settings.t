#!/bin/sh
# settings.t - settings that nothing else shows: peers.urgent_assoc, peers.lifetime, archive.enabled and keep_days,
# `mixgate prune`, reports.return_content, peers.body_parts.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
trap 'house_small_destroy' EXIT
trap 'exit 1' INT TERM
house_small "$(mktemp -d /tmp/mixgate-settings.XXXXXX)"
# mail NAME [FIELD]: a message from a trusted client; spawn_mail: in the background
mail() {
    printf 'From: <alice@mail.example>\r\nTo: <bob@x400.example>\r\nSubject: %s\r\nMessage-ID: <%s@mail.example>\r\n%b\r\nbody\r\n' "$1" "$1" "${2:-}" >"$HOUSE/$1.eml"
    perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --xforward 'ADDR=127.0.0.1' \
        --from alice@mail.example --to bob@x400.example "$HOUSE/$1.eml" >"$HOUSE/$1.reply" 2>&1
}
spawn_mail() { mail "$@" & echo $! >>"$HOUSE/mails"; }
wait_mails() { for p in $(cat "$HOUSE/mails"); do wait "$p"; done; : >"$HOUSE/mails"; }
order() { sed -n 's/.* transferred .*message_id=<\([a-z]*\).@.*/\1/p' "$HOUSE/mixgated.log" | tr '\n' ' '; }
opened() { grep -c 'association-open' "$HOUSE/mixgated.log"; }
has_opened() { [ "$(opened)" -ge "$1" ]; }
sunk() { [ "$(house_sunk)" -ge "$1" ]; }
p1() { "$builddir/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ \
    -t "/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/" --timeout 20 "$@" "127.0.0.1:$P1_PORT" 2>&1; }

# ---- one association of two is kept for urgent messages ----
HOUSE_SINK="-w 3" HOUSE_WORKERS=8 # whoever waits for an association has a worker
house_sink
for kept in 1 0; do
    HOUSE_PEER="max_assoc = 2; urgent_assoc = $kept;"
    ok "mixgated: max_assoc 2, urgent_assoc $kept" house_gate
    spawn_mail "first$kept"
    wait_for 10 has_opened 1
    spawn_mail "second$kept"
    [ $kept = 1 ] || wait_for 10 has_opened 2
    sleep 0.5 # the second has asked for an association
    spawn_mail "third$kept"
    sleep 0.3
    spawn_mail "urgent$kept" 'Priority: urgent\r\n'
    wait_mails
    is "all were taken" "$(cat "$HOUSE"/*$kept.reply | grep -c ^250)" 4
    case $kept in
    1)
        like "the urgent one had an association of its own" "$(order)" '^first urgent (second third|third second) $'
        is "others never had two" "$(opened)" 2
        ;;
    0) like "both are taken: the urgent one is the first that waits" "$(order)" '^(first second|second first) urgent third $|^(first second|second first) third urgent $' ;;
    esac
done

# ---- an idle association is kept for its lifetime, then released ----
house_kill sink
HOUSE_SINK=
house_sink
HOUSE_PEER="lifetime = 2;"
ok "mixgated: lifetime 2" house_gate
mail one
mail two
is "two messages, one association" "$(opened)" 1
ok "which is released when it has been idle" wait_for 15 house_logged 'association-closed.*how=released'
mail three
is "and the next message opens another" "$(opened)" 2

# ---- archive ----
HOUSE_PEER=
is "nothing was archived" "$(find "$HOUSE/archive" -type f | wc -l)" 0
HOUSE_ARCHIVE="$HOUSE/archive"
archived() { find "$HOUSE_ARCHIVE" -type f -name "*.$1"; }
ok "mixgated: archive.enabled" house_gate 's/archive = {/archive = { enabled = true;/'
mail kept
is "a mail is kept as it came" "$(archived eml | wc -l)" 1
perl -0777 -pe 's/\r?\n/\r\n/g' "$HOUSE/kept.eml" | cmp - "$(archived eml)"
is "octet by octet" $? 0
like "in a folder of the day, by its digest" "$(archived eml)" "/archive/$(date -u +%Y-%m)-[0-3][0-9]/$(sha256sum "$(archived eml)" | cut -d' ' -f1).eml"
ok "which the log has with the message" house_logged "archived.*message_id=<kept@mail.example>.*archive=.*eml"
perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example "$HOUSE/kept.eml" >/dev/null
is "the same again: once" "$(archived eml | wc -l)" 1
perl "$srcdir/t/lib/send.pl" --port "$SCREEN_PORT" --lmtp --from alice@mail.example --to bob@x400.example >/dev/null
is "nothing of a dry run" "$(archived eml | wc -l)" 1
like "an APDU" "$(p1)" "^1 confirmed"
is "is kept" "$(archived p1 | wc -l)" 1
like "and is one" "$("$builddir/mixgate" dump "$(archived p1)" | head -1)" "^kind: message"
is "no half files" "$(find "$HOUSE/archive" -name '*.part' | wc -l)" 0
# what cannot be archived is not taken
mv "$HOUSE/archive" "$HOUSE/kept" && : >"$HOUSE/archive"
before=$(house_sunk)
mail unkept
like "the archive cannot be written: the mail stays" "$(cat "$HOUSE/unkept.reply")" "^451 4\.3\.0"
is "with nothing handed over" "$(house_sunk)" "$before"
like "the peer keeps its message" "$(p1)" "^0 confirmed"
ok "an alarm says so" house_logged 'archive-failed.*ERR_SYSTEM.*alarm=archive'
rm "$HOUSE/archive" && mv "$HOUSE/kept" "$HOUSE/archive"
mail unkept
like "mended: the mail passes" "$(cat "$HOUSE/unkept.reply")" "^250"
like "the message too" "$(p1)" "^1 confirmed"

# ---- prune: the journal and the archive ----
mkdir -p "$HOUSE/archive/2020-01-01" "$HOUSE/archive/2020-01-02" "$HOUSE/archive/bad"
perl -e 'for my $n (1 .. 1203) { open my $f, ">", "$ARGV[0]/2020-01-01/$n.eml" or die }' "$HOUSE/archive"
: >"$HOUSE/archive/bad/x.ber" && : >"$HOUSE/archive/2020-01-02/half.eml.part"
out=$("$builddir/mixgate" prune --config "$HOUSE/mixgate.conf" 2>&1)
like "prune beside a running mixgated: it has its journal for itself" "$out" "another mixgated runs with this journal"
house_kill mixgated
out=$("$builddir/mixgate" prune --config "$HOUSE/mixgate.conf" 2>&1)
like "prune: nothing of the journal is old" "$out" "^0 messages older than 30 days"
like "prune: all old files" "$out" "1204 archived files removed"
is "their folders too" "$(find "$HOUSE/archive" -maxdepth 1 -name '2020*' | wc -l)" 0
ok "archive/bad stays" [ -f "$HOUSE/archive/bad/x.ber" ]
ok "today's stay" [ "$(archived eml | wc -l)" -ge 2 ]
like "prune --days 0" "$(sleep 1; "$builddir/mixgate" prune --days 0 --config "$HOUSE/mixgate.conf" 2>&1)" "^[1-9][0-9]* messages older than 0 days removed"
"$builddir/mixgate" track --config "$HOUSE/mixgate.conf" '<kept@mail.example>' >/dev/null 2>&1
is "what was removed is unknown" $? 1

# ---- return of contents ----
for word in auto never; do
    rm -f "$HOUSE/sink"/*
    HOUSE_CONF="reports = { return_content = \"$word\"; };"
    ok "mixgated: return_content $word" house_gate
    mail "asks$word"
    case $word in auto) want=1 ;; *) want=0 ;; esac
    is "$word: the content is asked for" "$("$builddir/mixgate" dump "$(find "$HOUSE/sink" -name '*.p1')" | grep -c 'content-return-request: TRUE')" $want
done

# ---- what a peer takes: files go as bilaterally-defined, and the lost name is told ----
pdf='MIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=a.bin\r\n'
HOUSE_CONF="bodies = { image = \"bp15\"; };"
for parts in '' '"octet_stream=bp14"'; do
    rm -f "$HOUSE/sink"/*
    HOUSE_PEER="body_parts = [$parts];"
    ok "mixgated: body_parts [$parts]" house_gate
    mail "file${parts:+basic}" "$pdf"
    case $parts in '') want=file-transfer ;; *) want=bilaterally-defined ;; esac
    like "a file is $want" "$("$builddir/mixgate" dump "$(find "$HOUSE/sink" -name '*.p1')" | grep '^body\[1\].body-part')" "$want"
done
ok "and the log tells of the name" house_logged 'loss.*row=B-200.*why=a.bin.*message_id=<filebasic@mail.example>'
done_testing
