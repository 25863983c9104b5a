#!/bin/sh
# soak.t - mixgate-source to mixgate-sink for long: neither memory nor descriptors grow, on one association with many
# messages and on many associations at once.  make check takes a sample; make check-long sets SOAK_MESSAGES to 100000.
. "${srcdir:-.}/t/lib/tap.sh"
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-soak.XXXXXX)
trap 'house_kill source; house_kill sink; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
SINK_PORT=$(house_ports 1)
messages=${SOAK_MESSAGES:-4000} associations=64
to="127.0.0.1:$SINK_PORT"

children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }
descriptors() { find "/proc/$1/fd" -type l 2>/dev/null | wc -l; }
memory() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status" 2>/dev/null; }
# what both processes of the one association use: "source-kB source-fds sink-kB sink-fds"
use() { echo "$(memory "$1") $(descriptors "$1") $(memory "$2") $(descriptors "$2")"; }
field() { printf '%s' "$1" | cut -d' ' -f"$2"; }
received() { [ "$(tr '\r' '\n' <"$HOUSE/sink.log" | tail -1)" -ge "$1" ] 2>/dev/null; }
# received(), and keeps what the source used when it was last seen alive: it may end between two looks
received_watching() {
    kB=$(memory "$source")
    [ -z "$kB" ] || late=$kB/$(descriptors "$source")
    received "$1"
}

# ---- many messages on one association ----
house_spawn sink "$house_bin/mixgate-sink" -c "$to"
house_wait "$SINK_PORT"
# it lingers so that it can be looked at when all is done
house_spawn source "$house_bin/mixgate-source" -m "$messages" -l 2048 --linger 3 "$to"
ok "a tenth of $messages messages arrives" wait_for 60 received $((messages / 10))
source=$(children "$(cat "$HOUSE/source.pid")") source=${source%% *}
sink=$(children "$(cat "$HOUSE/sink.pid")") sink=${sink%% *}
early=$(use "$source" "$sink")
ok "all arrive" wait_for 600 received "$messages"
late=$(use "$source" "$sink")
diag "kB and descriptors of source and sink after a tenth: $early, after all: $late"
ok "the source's memory has not grown" [ "$(field "$late" 1)" -le $(($(field "$early" 1) + 256)) ]
is "nor have its descriptors" "$(field "$late" 2)" "$(field "$early" 2)"
ok "the sink's memory has not grown" [ "$(field "$late" 3)" -le $(($(field "$early" 3) + 256)) ]
is "nor have its descriptors" "$(field "$late" 4)" "$(field "$early" 4)"
wait "$(cat "$HOUSE/source.pid")"
is "the source ends well" $? 0
rm -f "$HOUSE/source.pid"

# ---- one association after the other ----
house_spawn source "$house_bin/mixgate-source" -m $((messages / 4)) -l 2048 --per-association 10 "$to"
ok "associations of 10 messages each: a few arrive" wait_for 60 received $((messages + messages / 40))
source=$(children "$(cat "$HOUSE/source.pid")") source=${source%% *}
early=$(memory "$source")/$(descriptors "$source")
late=
ok "most arrive" wait_for 300 received_watching $((messages + messages / 5))
diag "kB/descriptors of the source after a tenth: $early, when last seen: $late"
# descriptors differ by the connection that is just being made
ok "the source's memory has not grown" [ "${late%/*}" -le $((${early%/*} + 256)) ]
wait "$(cat "$HOUSE/source.pid")"
is "the source ends well" $? 0
rm -f "$HOUSE/source.pid"

# ---- many associations ----
parent=$(cat "$HOUSE/sink.pid")
before=$(descriptors "$parent") memory_before=$(memory "$parent")
i=0
while [ $i -lt 3 ]; do
    i=$((i + 1))
    out=$("$house_bin/mixgate-source" --json -s $associations -m $((messages / 4)) -l 2048 "$to" 2>&1)
    is "round $i: $associations associations at once, all confirmed" "$(printf '%s\n' "$out" | sed -n 's/.*"confirmed": \([0-9]*\).*/\1/p')" $((messages / 4))
done
gone() { [ -z "$(children "$parent")" ]; }
ok "their processes are gone" wait_for 10 gone
is "the sink has no more descriptors than before" "$(descriptors "$parent")" "$before"
ok "nor more memory" [ "$(memory "$parent")" -le $((memory_before + 256)) ]
done_testing
